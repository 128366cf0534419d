"""Published figures against the records: verdicts on figures whose right counts are known another way."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import simulated_files
from atlarge import ingest, open_store
from atlarge.errors import QuestionError, StoreError
from atlarge.reference import table
from atlarge.verify import DIFFERS, EQUAL, NOT_TESTABLE, WITHIN, Verification, verify
from command_line import run

pytestmark = pytest.mark.slow_file

HEADER = "id,measure,place,start,end,value"


@pytest.fixture(scope="module")
def done() -> Verification:
    return verify()


def _mine(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_the_table_has_150_figures_of_many_kinds_each_with_its_page() -> None:
    figures = table("published_figures")
    assert figures.height >= 150
    assert figures["id"].n_unique() == figures.height
    assert figures["read_on"].null_count() == figures.filter(pl.col("read_on").is_null()).height <= 1
    assert figures["measure"].n_unique() > 10


def test_totals_of_the_agency_are_met_to_the_arrest(done: Verification) -> None:
    """110,104, 143,470 and 158,581 are the agency's own totals of three years."""
    rows = {r.id: r for r in done.rows}
    for year, total in ((2016, 110_104), (2017, 143_470), (2018, 158_581)):
        assert (rows[f"ice-fy{year}-arrests"].ours, rows[f"ice-fy{year}-arrests"].verdict) == (total, EQUAL)


def test_the_agencys_own_definition_is_found(done: Verification) -> None:
    row = next(r for r in done.rows if r.id == "ice-fy2017-at-large")
    assert (row.ours, row.verdict, row.definition) == (40_066, EQUAL, "at_large_agency")


def test_areas_are_equal_as_recorded(done: Verification) -> None:
    areas = [r for r in done.rows if r.definition == "areas as recorded" and r.verdict == EQUAL]
    assert len(areas) > 15
    for row in areas:
        recovered = next(v for k, v in row.others.items() if k.endswith("recovered from landmarks"))
        assert recovered > row.published


def test_what_is_not_understood_comes_first_and_differs(done: Verification) -> None:
    understood = [r.understood for r in done.rows]
    assert understood == sorted(understood)
    assert {r.verdict for r in done.rows if not r.understood} == {DIFFERS}


def test_figures_of_your_own(tmp_path: Path) -> None:
    """Arrests of one area as the lines of the file name it; a little off, doubled, and of other years."""
    release = simulated_files.arrests(tmp_path / "a.csv", rows=4000)
    lines = release.read_text().splitlines()
    n = sum(line.startswith("San Antonio Area") for line in lines)
    ingest([release], tmp_path / "store", covers="aor:SNA,ATL,SEA")
    covered = open_store(tmp_path / "store").coverage("arrests")
    span = f"{min(c.start for c in covered)},{max(c.end for c in covered)}"
    mine = _mine(
        tmp_path,
        f"same,arrests,SNA,{span},{n}",
        f"near,arrests,SNA,{span},{n + 1}",
        f"twice,arrests,SNA,{span},{2 * n}",
        "later,arrests,SNA,2020-01-01,2020-12-31,10",
        f"elsewhere,arrests,MIA,{span},10",
        f"removed,removals,SNA,{span},10",
        f"other,persons_fed,SNA,{span},10",
    )
    verdicts = {r.id: r.verdict for r in verify(tmp_path / "store", mine).rows}
    assert verdicts == {
        "same": EQUAL,
        "near": WITHIN,
        "twice": DIFFERS,
        "later": NOT_TESTABLE,
        "elsewhere": NOT_TESTABLE,
        "removed": NOT_TESTABLE,
        "other": NOT_TESTABLE,
    }


@pytest.mark.parametrize(
    ("rows", "header", "says"),
    [
        (["a,arrests,US,2017-13-01,2017-12-31,5"], HEADER, "line 2: start '2017-13-01' is not a date"),
        (["a,arrests,US,2017-12-31,2017-01-01,5"], HEADER, "line 2: ends .* before it starts"),
        (["a,arrests,US,2017-01-01,2017-12-31,many"], HEADER, "line 2: value 'many' is not a number"),
        ([",arrests,US,2017-01-01,2017-12-31,5"], HEADER, "line 2: id is empty"),
        (["a,arrests,5"], "id,measure,value", "no column 'place'"),
    ],
)
def test_a_file_that_cannot_be_read_names_its_line(
    rows: list[str], header: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(QuestionError, match=says):
        verify(None, _mine(tmp_path, *rows, header=header))


def test_the_command_gives_a_list_with_the_promised_keys(tmp_path: Path) -> None:
    mine = _mine(tmp_path, "a,arrests,US,2016-10-01,2017-09-30,143471")
    shown = run(["verify", "--figures", str(mine), "--json"])
    [row] = json.loads(shown.stdout)
    assert {"id", "published", "ours", "difference", "difference_pct", "verdict", "why"} <= set(row)
    assert (row["ours"], row["difference"], row["verdict"]) == (143_470, -1, WITHIN)


@pytest.mark.parametrize("column", ["method", "county_fips", "date", "disposition"])
def test_a_store_of_which_a_file_was_changed_ends_with_one_line(tmp_path: Path, column: str) -> None:
    ingest([simulated_files.arrests(tmp_path / "a.csv", rows=400)], tmp_path / "store")
    for path in (tmp_path / "store" / "arrests").glob("*.parquet"):
        pl.read_parquet(path).drop(column).write_parquet(path)
    done = run(["verify", "--store", str(tmp_path / "store")])
    assert done.exit_code == 1 or isinstance(done.exception, StoreError)
    with pytest.raises(StoreError, match=r"is not as it was written.*make the store again"):
        verify(tmp_path / "store")
