"""Files with figures side by side, and columns and measures by other words: read as the long file is."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.errors import QuestionError
from atlarge.verify import verify
from atlarge.verify.counting import canonical
from atlarge.verify.figure import Figure
from atlarge.verify.user_file import Unreadable, read_figures
from atlarge.verify.wide import long_form

pytestmark = pytest.mark.slow_file

AREAS = {"Atlanta": "ATL", "San Antonio": "SNA", "Dallas": "DAL", "Boston": "BOS"}
MEASURES = {
    "Administrative arrests": "arrests",
    "Total arrests": "arrests",
    "ICE arrests": "arrests",
    "At-large arrests": "at_large",
    "Removals": "removals",
    "Deportations": "removals",
}
COUNTS = st.integers(0, 99_999)


def _file(path: Path, rows: list[list[object]], separator: str = ",") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def _read(path: Path) -> set[tuple[str, str, str, float]]:
    found = read_figures(path)
    assert all(isinstance(f, Figure) for f in found)
    return {
        (canonical(f.measure), f.spots[0].code, str(f.start.year), f.value)
        for f in found
        if isinstance(f, Figure)
    }


@settings(max_examples=30, deadline=None)
@given(
    counts=st.dictionaries(
        st.tuples(st.sampled_from(sorted(AREAS)), st.integers(2012, 2024)), COUNTS, min_size=2
    ),
    words=st.sampled_from(["FY{}", "FY {}", "Fiscal year {}", "fiscal {}", "Arrests FY{}", "FY{} arrests"]),
    comma=st.booleans(),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_a_column_for_each_year(
    tmp_path_factory: pytest.TempPathFactory,
    counts: dict[tuple[str, int], int],
    words: str,
    comma: bool,
    separator: str,
) -> None:
    """Every cell is a figure; an empty one is none."""
    years = sorted({year for _, year in counts})
    has_measure = "rrests" not in words
    head = ["Field office", *(["Measure"] if has_measure else []), *(words.format(y) for y in years)]
    rows: list[list[object]] = [head]
    for area in sorted({area for area, _ in counts}):
        cells = [counts.get((area, y), "") for y in years]
        if comma:
            cells = [f"{n:,}" if n != "" else "" for n in cells]
        rows.append([area, *(["arrests"] if has_measure else []), *cells])
    path = _file(tmp_path_factory.mktemp("wide") / "a.csv", rows, separator)
    wanted = {("arrests", AREAS[a], str(y - 1), float(n)) for (a, y), n in counts.items()}
    if not (comma and separator == ";"):  # there a comma is a decimal point
        assert _read(path) == wanted


@settings(max_examples=30, deadline=None)
@given(
    measures=st.lists(
        st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4, unique_by=lambda m: MEASURES[m]
    ),
    cells=st.lists(
        st.tuples(st.sampled_from(sorted(AREAS)), st.integers(2012, 2024)), min_size=1, unique=True
    ),
    value=COUNTS,
    head=st.sampled_from(["Year", "FY", "Fiscal Year", "Period"]),
)
def test_a_column_for_each_measure(
    tmp_path_factory: pytest.TempPathFactory,
    measures: list[str],
    cells: list[tuple[str, int]],
    value: int,
    head: str,
) -> None:
    rows: list[list[object]] = [["AOR", head, *measures]]
    rows += [[a, y, *(value + k for k in range(len(measures)))] for a, y in cells]
    found = _read(_file(tmp_path_factory.mktemp("wide") / "a.csv", rows))
    back = 1 if head in ("FY", "Fiscal Year") else 0
    assert found == {
        (MEASURES[m], AREAS[a], str(y - back), float(value + k))
        for a, y in cells
        for k, m in enumerate(measures)
    }


def test_a_column_that_counts_what_no_measure_counts_is_not_lost(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.csv",
        [["Area", "FY", "Arrests", "Criminal arrests", "Notes"], ["Atlanta", 2017, 13551, 9, "x"]],
    )
    rows = {r.measure: r.verdict for r in verify(None, path).rows}
    assert rows == {"arrests": "equal", "criminal_arrests": "not testable"}


def test_a_bad_cell_names_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "a.csv", [["Area", "FY2016", "FY2017", "Measure"], ["Atlanta", "8866", "many", "arrests"]]
    )
    found = read_figures(path)
    bad = next(f for f in found if isinstance(f, Unreadable))
    assert "line 2" in bad.why
    assert "many" in bad.why
    assert [f.value for f in found if isinstance(f, Figure)] == [8866]


def test_a_table_without_places_says_so_by_its_own_heads(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.csv", [["month", "arrests"], ["2017-01", "9000"]])
    with pytest.raises(QuestionError, match=r"no column 'place'.*the file has month, arrests"):
        read_figures(path)


def test_other_heads_and_points_between_thousands(tmp_path: Path) -> None:
    """The agency's 8,510 of San Antonio in FY2017, as a European table has it."""
    path = tmp_path / "a.csv"
    path.write_text(
        "indicator;geography;period_start;period_end;reported_value\narrests;SNA;01/10/2016;30/09/2017;8.510\n"
    )
    frame = verify(None, path).to_frame()
    assert frame.select("published", "verdict").rows() == [(8510.0, "equal")]
    assert frame.filter(pl.col("ours") == 8510).height == 1


def test_a_table_with_a_column_of_values_is_wide_only_where_heads_name_periods() -> None:
    """A measure's name over a column beside values may be a note; with a year it is a figure."""
    plain = (["AOR", "Arrests", "Value"], [(2, ["SNA", "all", "5"])])
    assert long_form(*plain, {"value"}) == plain
    table = ["AOR", "Arrests FY2017", "FY2018", "Value"], [(2, ["SNA", "7", "8", ""])]
    heads, rows = long_form(*table, {"value"})
    assert heads == ["id", "measure", "window", "value", "AOR", "FY2018", "Value"]
    assert rows == [(2, ["line 2, Arrests FY2017", "Arrests", "FY2017", "7", "SNA", "8", ""])]
    short = (
        ["AOR", "Arrests FY2017", "Arrests FY2018"],
        [(2, ["SNA", "7"]), (3, ["DAL", "", "8", "x"]), (4, [])],
    )
    assert [(at, cells[1:]) for at, cells in long_form(*short, set())[1]] == [
        (2, ["Arrests", "FY2017", "7", "SNA"]),
        (3, ["Arrests", "FY2018", "8", "DAL", "x"]),
    ]
    whole = (["AOR", "Arrests FY2017"], [(2, ["SNA", "7"])])
    assert long_form(*whole, {"value", "window"}) == whole
