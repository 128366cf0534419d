"""What is written is harmless in the program that opens it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.errors import QuestionError
from atlarge.files import csv_text
from atlarge.panel import Panel

pytestmark = pytest.mark.slow_file

FORMULAS = ["=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
FORMULAS += ["\n=1", "\uff1d1", "\uff0b1"]  # the last two are wide forms of = and +


def test_no_cell_of_a_written_panel_is_a_formula(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "place": FORMULAS,
            "place_name": ["Travis County, TX"] * len(FORMULAS),
            "value": [-1, *range(len(FORMULAS) - 1)],
        }
    )
    Panel(frame, {}, "county", "month", "ddp").write(tmp_path / "panel.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "panel.csv").read_bytes().decode(), newline="")))
    assert [row[0] for row in rows[1:]] == ["'" + cell for cell in FORMULAS]
    assert rows[1][1:] == ["Travis County, TX", "-1"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=6))
def test_no_text_is_a_formula(cells: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(csv_text(pl.DataFrame({"a": cells, "b": 1})), newline="")))
    assert len(rows) == len(cells) + 1
    for row, cell in zip(rows[1:], cells, strict=True):
        assert row[0] in (cell, "'" + cell)
        assert row[0][:1] not in ("=", "+", "-", "@", "\t", "\r")


def test_no_ending_but_csv_and_parquet(tmp_path: Path) -> None:
    result = Panel(pl.DataFrame({"place": ["a"]}), {}, "county", "month", "ddp")
    with pytest.raises(QuestionError, match="ending"):
        result.write(tmp_path / "panel.exe")
    assert not list(tmp_path.iterdir())
