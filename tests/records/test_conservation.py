"""Rows read = kept + dropped by reason, for any release whatever its cells hold."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlarge.errors import ReleaseError
from atlarge.records.prepare import prepare
from atlarge.releases import families, read_release

pytestmark = pytest.mark.slow_file

_DAYS = st.sampled_from(
    ["2/1/2017", "2017-02-01", "2017-02-01 10:00:00", "13/45/2017", "", "--", "soon", "1/1/1800"]
)
_NUMBERS = st.sampled_from(["0", "3", "3.0", "-1", "2.5", "", "NA", "many", "1,204", "$5"])
_WORDS = st.one_of(
    st.sampled_from(
        ["", "NA", "TEXAS", "a,b", 'say "x"', "=1+1", "(B)(7)(E) ", "two\nlines", "Ñandú", "2017", "january"]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12),
)


def _cells(kind: str) -> st.SearchStrategy[str]:
    if kind in ("day", "moment"):
        return _DAYS
    return _NUMBERS if kind in ("count", "number") else _WORDS


@st.composite
def _releases(draw: st.DrawFn) -> tuple[str, bytes, int]:
    """A release of any family, in its published delimiter: its bytes and how many rows it holds."""
    family = families()[draw(st.sampled_from(sorted(families())))]
    columns = list(family.columns.values())
    rows = draw(st.lists(st.tuples(*[_cells(c.kind) for c in columns]), min_size=1, max_size=12))
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=family.delimiters[0], lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([c.names[0] for c in columns])
    writer.writerows(rows)
    text = stream.getvalue()
    short = draw(st.integers(0, 2)) if len(rows) > 5 else 0
    text += f'"cut{family.delimiters[0]}short"\n' * short if len(columns) > 2 else ""
    return family.id, text.encode(), len(rows) + (short if len(columns) > 2 else 0)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_releases())
def test_every_row_is_accounted_for(drawn: tuple[str, bytes, int]) -> None:
    name, content, rows = drawn
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.csv"
        path.write_bytes(content)
        release = read_release(path)
        try:
            done = prepare(release)
        except ReleaseError as error:
            if re.search("day or month comes first|day/month/year", str(error)):
                return
            raise
    audit = done.audit
    assert release.rows_read == audit.rows_read == rows
    assert audit.rows_read == audit.rows_kept + sum(audit.rows_dropped.values()), (name, audit)
    assert audit.rows_dropped.get("quarantine", 0) == done.quarantine.height
    assert sum(audit.quarantine_reasons.values()) == done.quarantine.height
    if release.family.spread is None:
        assert done.frame.height == audit.rows_kept
    # a row stands in one place only, and under the number it has in the file
    kept = set(done.frame["row"].to_list())
    stored = done.quarantine["row"].to_list()
    assert not kept & set(stored)
    assert len(stored) == len(set(stored))
    assert all(2 <= row <= rows + 1 for row in [*kept, *stored])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_byte_is_never_a_crash(at: int, value: int) -> None:
    """A release with one byte changed is read with every row accounted for, or refused in one line."""
    lines = ["Area of Responsibility|Apprehension Date|Apprehension Method|Apprehension Landmark|Operation"]
    lines += ['"San Antonio Area of Responsibility"|2/1/2017|"Located"|"TRAVIS COUNTY JAIL"|""'] * 6
    content = bytearray("\n".join(lines).encode())
    content[at % len(content)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "release.csv"
        path.write_bytes(bytes(content))
        refused = ""
        try:
            audit = prepare(read_release(path)).audit
        except ReleaseError as error:
            refused = str(error)
    if refused:
        assert str(path) in refused
        assert "\n" not in refused
        return
    assert audit.rows_read == audit.rows_kept + sum(audit.rows_dropped.values())


@pytest.mark.parametrize("blank", ["||||", '""|""|""|""|""', " | |\t| | "])
def test_blank_rows_are_counted_as_blank(blank: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    header = "Area of Responsibility|Apprehension Date|Apprehension Method|Apprehension Landmark|Operation"
    path.write_text(f"{header}\nx|2/1/2017|Located|A|\n{blank}\n{header}\nx|2/1/2017|Located|B|\n")
    audit = prepare(read_release(path)).audit
    assert (audit.rows_read, audit.rows_kept) == (4, 2)
    assert audit.rows_dropped == {"blank_row": 1, "repeated_header": 1}
