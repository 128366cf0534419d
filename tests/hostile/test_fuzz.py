"""Readers under mutated files: read, or refused in one clear line; never another error, never a change."""

from __future__ import annotations

import gzip
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
import workbooks as wb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import making
from atlarge.errors import AtlargeError
from atlarge.records.prepare import prepare
from atlarge.releases import open_release, read_parts

TEXT = "\n".join([making.ARRESTS_HEADER, *making.arrest_lines(12)]).encode() + b"\n"


def _parquet() -> bytes:
    rows = [line.split("|") for line in making.arrest_lines(12)]
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema=making.ARRESTS_HEADER.split("|"), orient="row").write_parquet(buffer)
    return buffer.getvalue()


def _workbook() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return wb.workbook(Path(folder) / "a.xlsx", wb.ROW, wb.ROW).read_bytes()


FORMS = {"csv": TEXT, "csv.gz": gzip.compress(TEXT, mtime=0), "xlsx": _workbook(), "parquet": _parquet()}


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """Some bytes overwritten, a span cut out or repeated, the end cut off or something put in."""
    made = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(made) - 1)))
        kind = draw(st.sampled_from(["set", "cut", "repeat", "end", "put"]))
        length = draw(st.integers(1, 40))
        if kind == "set":
            made[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "cut":
            del made[at : at + length]
        elif kind == "repeat":
            made[at:at] = made[at : at + length] * draw(st.integers(1, 50))
        elif kind == "end":
            del made[max(1, at) :]
        else:
            made[at:at] = draw(
                st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b"|", b"\n", b"\r", b"="]))
            )
    return bytes(made)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
def test_mutated_files_are_read_or_refused(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"mutated.{form}"

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(mutated(FORMS[form]))
    def check(content: bytes) -> None:
        path.write_bytes(content)
        try:
            for part in read_parts(path, open_release(path)):
                made = prepare(part)
                account = made.audit
                assert account.rows_read == account.rows_kept + sum(account.rows_dropped.values())
        except AtlargeError as error:
            assert str(error).isprintable()  # noqa: PT017

    check()


CELLS = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=5, max_size=5), min_size=1, max_size=8))
def test_any_cells_are_accounted_for(rows: list[list[str]]) -> None:
    """Whatever stands in the cells of a well-formed file, every row is kept or counted as left out."""
    import csv

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.csv"
        text = io.StringIO()
        writer = csv.writer(text, delimiter="|", lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(wb.HEADER)
        writer.writerows([cell.replace("\r", " ") for cell in row] for row in rows)
        path.write_bytes(text.getvalue().encode())
        try:
            account = prepare(next(read_parts(path, open_release(path)))).audit
        except AtlargeError as error:
            assert str(error).isprintable()  # noqa: PT017
            return
        assert account.rows_read == account.rows_kept + sum(account.rows_dropped.values())
        assert account.rows_read <= len(rows)
