"""Readers under mutated files: read, or refused in one clear line; never another error, never a change."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import workbooks as wb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulated_files
from atlarge.errors import AtlargeError
from atlarge.records.prepare import prepare
from atlarge.releases.opening import open_release
from atlarge.releases.reading import read_parts

pytestmark = pytest.mark.slow_file

TEXT = "\n".join([simulated_files.ARRESTS_HEADER, *simulated_files.arrest_lines(12)]).encode() + b"\n"


def _parquet() -> bytes:
    rows = [line.split("|") for line in simulated_files.arrest_lines(12)]
    buffer = io.BytesIO()
    pl.DataFrame(rows, schema=simulated_files.ARRESTS_HEADER.split("|"), orient="row").write_parquet(buffer)
    return buffer.getvalue()


def _workbook() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return wb.workbook(Path(folder) / "a.xlsx", wb.ROW, wb.ROW).read_bytes()


def _same(content: bytes) -> bytes:
    return content


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


PARTS = wb.parts(wb.sheet_xml(wb.rows_xml(wb.HEADER, wb.ROW, wb.ROW)))


def _with_part(name: str) -> Callable[[bytes], bytes]:
    """Put a part into a workbook whose archive is sound, so that the part itself is read."""

    def pack(content: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for other, text in PARTS.items():
                archive.writestr(other, content if other == name else text.encode())
        return buffer.getvalue()

    return pack


# What is changed, the ending of the file, and what is done to it afterwards: a change within a packed file
# would else be found out by the checksum of the packing, and never reach the reader.
FORMS: dict[str, tuple[bytes, str, Callable[[bytes], bytes]]] = {
    "csv": (TEXT, "csv", _same),
    "csv.gz": (gzip.compress(TEXT, mtime=0), "csv.gz", _same),
    "csv within gz": (TEXT, "csv.gz", _packed),
    "xlsx": (_workbook(), "xlsx", _same),
    "parquet": (_parquet(), "parquet", _same),
    **{
        f"{name} within xlsx": (text.encode(), "xlsx", _with_part(name))
        for name, text in PARTS.items()
        if not name.endswith(".rels") or "workbook" in name
    },
}


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """Some bytes overwritten, a span cut out or repeated, the end cut off or something put in."""
    result = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(result) - 1)))
        kind = draw(st.sampled_from(["set", "cut", "repeat", "end", "put"]))
        length = draw(st.integers(1, 40))
        if kind == "set":
            result[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "cut":
            del result[at : at + length]
        elif kind == "repeat":
            result[at:at] = result[at : at + length] * draw(st.integers(1, 50))
        elif kind == "end":
            del result[max(1, at) :]
        else:
            result[at:at] = draw(
                st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b"|", b"\n", b"\r", b"="]))
            )
    return bytes(result)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
def test_mutated_files_are_read_or_refused(form: str, tmp_path: Path) -> None:
    whole, ending, finish = FORMS[form]
    path = tmp_path / f"mutated.{ending}"

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(mutated(whole))
    def check(content: bytes) -> None:
        path.write_bytes(finish(content))
        try:
            for part in read_parts(path, open_release(path)):
                result = prepare(part)
                account = result.audit
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
