"""No cut of a release of any family, in any dimension, makes a cell with records a zero."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import random
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from atlarge.errors import CoverageError
from atlarge.ingest import ingest
from atlarge.ingest.placing import Placer
from atlarge.panel import panel
from atlarge.records.control_totals import TABLE, by_place
from atlarge.records.prepare import prepare
from atlarge.records.store import Store, open_store
from atlarge.releases import read_release
from cuts import (
    AT_LARGE,
    CUTS,
    LATER,
    RELEASES,
    UW,
    Cells,
    cells,
    moved,
    of_file,
    others,
    places_of,
    release,
    rows_of,
    some_values,
    written,
)

pytestmark = pytest.mark.slow_file

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
FILES = {
    "detainers_2015.xlsx": "detainers", "pa_detainers.csv": "detainers", "bookins.csv.gz": "book_ins",
    "EROEncounters_FY2017.csv.gz": "encounters", "ICERemovals_FY2017.csv.gz": "removals",
    "EROArrests_FY2017.csv.gz": "arrests", "arrests_with_state.csv.gz": "arrests",
}  # fmt: skip
SAMPLED = ("every n-th row", "random rows", "two columns, saved again")
LARGE = ("national arrests", "encounters", "removals")


class Whole(NamedTuple):
    """A whole release: its rows, the column of their day, its store, and all that this shows."""

    name: str
    rows: pl.DataFrame
    day: str
    table: str
    store: Store
    cells: Cells


def _whole(name: str, rows: pl.DataFrame, day: str, table: str, folder: Path) -> Whole:
    ingest([written(rows, folder / "whole.csv")], folder / "store")
    store = open_store(folder / "store")
    return Whole(name, rows, day, table, store, cells(store, table, {}))


@pytest.fixture(scope="module", params=RELEASES)
def published(
    request: pytest.FixtureRequest, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Whole:
    return _whole(request.param, *release(request.param, data_dir / "raw"), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module", params=LATER)
def later(request: pytest.FixtureRequest, data_dir: Path) -> tuple[str, pl.DataFrame, str, str]:
    """Name, rows, column of their day and table of a later form."""
    return request.param, *release(request.param, data_dir / "raw", 20_000)


def _assert_no_false_zeros(given: Whole, folder: Path, kinds: list[str], seed: int) -> None:
    """No cell of a release becomes a false zero in cuts of these kinds, of which some have cells."""
    _, rows, day, table, _, whole = given
    known = {cell for cell, value in whole.items() if value}
    assert known
    tried, wrong = 0, list[tuple[object, ...]]()
    for kind in kinds:
        part = CUTS[kind](rows, day, random.Random(f"{kind} {seed}"))
        if part.is_empty() or part.height == rows.height:
            continue
        got = of_file(written(part, folder / f"{kind}.csv"), table, places_of(whole), folder / kind)
        if got is not None:
            tried += len(known)
            wrong += [(kind, *cell) for cell in known & got.keys() if got[cell] == 0]
    assert tried
    assert not wrong


@pytest.mark.parametrize("name", FILES)
def test_no_cut_of_a_sample_of_any_family_makes_a_false_zero(name: str, tmp_path: Path) -> None:
    rows, day = rows_of(SAMPLES / name)
    _assert_no_false_zeros(_whole(name, rows, day, FILES[name], tmp_path), tmp_path, list(CUTS), 1)


@pytest.mark.data
def test_no_cut_of_a_whole_release_of_any_family_makes_a_false_zero(published: Whole, tmp_path: Path) -> None:
    some = 3 if published.name in LARGE else len(CUTS) // 2
    _assert_no_false_zeros(published, tmp_path, random.Random(published.name).sample(list(CUTS), some), 2)


@pytest.mark.data
@pytest.mark.slow
def test_no_cut_of_a_later_form_makes_a_false_zero(
    later: tuple[str, pl.DataFrame, str, str], tmp_path: Path
) -> None:
    """Of every n-th row and of random ones where a form says which row of the agency's file each was."""
    name, rows, *_ = later
    kinds = [kind for kind in CUTS if "row_original" in rows.columns or kind not in SAMPLED]
    chosen = random.Random(name).sample(kinds, 3)
    _assert_no_false_zeros(_whole(*later, tmp_path), tmp_path, [*chosen, "month", "kind of place"], 2)


@pytest.mark.data
@pytest.mark.slow
def test_a_whole_later_form_keeps_its_zeros(
    later: tuple[str, pl.DataFrame, str, str], tmp_path: Path
) -> None:
    """Shuffled and without columns that say neither when, where nor how: those that its user says it has."""
    _, rows, _, table = later
    ingest([written(rows, tmp_path / "whole.csv")], tmp_path / "said", covers="nation")
    said = _asked(cells(open_store(tmp_path / "said"), table, {}))
    again = rows.sample(fraction=1.0, shuffle=True, seed=3).drop(others(rows))
    got = of_file(written(again, tmp_path / "again.csv"), table, places_of(said), tmp_path / "again")
    assert got
    assert len(_withheld(said, got)) <= 0.01 * sum(value == 0 for value in said.values())


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_two_or_three_cuts_together_count_each_row_once(data_dir: Path, seed: int, tmp_path: Path) -> None:
    """Of detainers, by values of columns drawn, that hold parts of each other, in two orders."""
    rows, _, table = release("NPR's detainers", data_dir / "raw")
    rows = rows.sort("_day", maintain_order=True).head(12_000).with_row_index("number")
    draw = random.Random(seed)
    columns = ("state", "city", "detainer_lift_reason", "detainer_type", "detainer_detention_facility")
    parts = [some_values(rows, draw.choice(columns), draw, 9) for _ in range(draw.choice([2, 3]))]
    paths = [written(part.drop("number"), tmp_path / f"{i}.csv") for i, part in enumerate(parts)]
    whole = pl.concat(parts)["number"].n_unique()
    found = []
    for number, order in enumerate((paths, paths[::-1])):
        for path in order:
            ingest([path], tmp_path / f"s{number}", allow_loss=True)
        stored = open_store(tmp_path / f"s{number}").scan(table)
        found.append(stored.group_by("date", "county_fips").len().sort(pl.all()).collect())
    assert found[0].equals(found[1])
    assert abs(found[0]["len"].sum() - whole) <= 0.001 * whole


@pytest.mark.parametrize("covers", [None, "nation"])
def test_a_method_in_a_newsrooms_wider_words_is_no_zero(covers: str | None, tmp_path: Path) -> None:
    """In two words, at large and custodial are counted, and no method of the agency's is distinguished."""
    rows, _ = rows_of(SAMPLES / "EROArrests_FY2017.csv.gz")
    recoded = rows.select(
        arrest_date="apprehension_date", apprehension_site_landmark="apprehension_landmark",
        arrest_street_custodial=AT_LARGE, bln_person_id=pl.int_range(pl.len()).cast(pl.String), _day="_day",
    )  # fmt: skip
    ingest([written(recoded, tmp_path / "recoded.csv")], tmp_path / "store", covers=covers)
    store = open_store(tmp_path / "store")
    at_large = rows.select(AT_LARGE.eq("At-large").sum()).item()
    counts = panel(store, measures=["at_large", "custodial"], by="nation").frame
    assert counts.filter(pl.col("measure") == "at_large")["value"].sum() == at_large
    assert counts["value"].sum() == rows.height
    for measure in ("handoffs", "program_287g", "at_large_agency", "other_methods"):
        with pytest.raises(CoverageError, match="recoded"):
            panel(store, measures=[measure])


@pytest.mark.data
def test_control_totals_are_of_the_places_as_they_are_read_now(data_dir: Path) -> None:
    """If this fails after a change of rules or tables: python tools/known_places.py FOLDER_OF_THE_DATA."""
    prepared = prepare(read_release(data_dir / "raw" / RELEASES["Pennsylvania's detainers"][0]))
    Placer().place(prepared)
    now = by_place(prepared.frame, "detainers", "date")
    totals = pl.read_parquet(str(files("atlarge").joinpath(TABLE)))
    known = totals.filter(pl.col("family") == "pa-detainers", pl.col("month").is_not_null())
    assert known["n"].sum() == prepared.audit.rows_kept
    assert_frame_equal(now, known.select(now.columns), check_row_order=False, check_dtypes=False)


def _asked(whole: Cells) -> Cells:
    """Cells of the places that can be asked for."""
    places = places_of(whole)
    return {cell: value for cell, value in whole.items() if cell[0] == "nation" or cell[1] in places[cell[0]]}


def _withheld(said: Cells, got: Cells) -> list[tuple[object, ...]]:
    months = {month for _, _, month, _ in got}
    return [c for c, value in said.items() if value == 0 and c[2] in months and got.get(c) is None]


@pytest.mark.data
def test_a_whole_release_saved_again_keeps_every_zero(published: Whole, tmp_path: Path) -> None:
    """In another order, without columns that say neither when, where nor how, and without its last month."""
    name, rows, _, table, store, whole = published
    assert all(not c.gaps and not c.without for c in store.coverage(table))
    if not rows["_day"].count():
        return
    last = rows["_day"].drop_nulls().dt.truncate("1mo").unique().sort()[-2]
    again = rows.sample(fraction=1.0, shuffle=True, seed=3).drop(others(rows))
    again = again.filter(pl.col("_day") < last)
    got = of_file(written(again, tmp_path / "again.csv"), table, places_of(whole), tmp_path / "again")
    assert got
    # the file may end before the last day of its last month
    before = {cell: value for cell, value in got.items() if cell[2] < last - dt.timedelta(days=31)}
    assert sum(value == 0 for value in before.values()) or name == "removals"
    assert not _withheld(_asked(whole), before)


@pytest.mark.data
@pytest.mark.slow
def test_a_cut_joined_to_a_whole_release_covers_the_whole_one(data_dir: Path, tmp_path: Path) -> None:
    """In one file a whole year, which keeps its zeros, and one cut to an area, which has no false one."""
    years = [rows_of(data_dir / "raw" / UW / f"EROArrests_FY{year}.csv.gz")[0] for year in (2016, 2017)]
    paths = [written(rows, tmp_path / f"{year}.csv") for year, rows in enumerate(years)]
    ingest(paths, tmp_path / "store")
    whole = _asked(cells(open_store(tmp_path / "store"), "arrests", {}))
    area = next(c for c in years[1].columns if "responsib" in c)
    cut = years[1].filter(pl.col(area).str.starts_with("Seattle"))
    joined = written(pl.concat([years[0], cut], how="diagonal"), tmp_path / "joined.csv")
    got = of_file(joined, "arrests", places_of(whole), tmp_path / "joined")
    assert got
    assert not [cell for cell, value in whole.items() if value and got.get(cell) == 0]
    first = {cell: value for cell, value in whole.items() if cell[2] < dt.date(2016, 10, 1)}
    assert not _withheld(first, got)


@pytest.mark.data
def test_a_release_of_later_days_is_judged_by_what_is_usual(data_dir: Path, tmp_path: Path) -> None:
    """Nothing is known of these days: the whole release is covered whole, and a cut to a weekday is not."""
    rows, day = rows_of(data_dir / "raw" / RELEASES["Seattle book-ins"][0])
    later = moved(rows, day)
    ingest([written(later, tmp_path / "later.csv")], tmp_path / "store")
    assert {c.scope for c in open_store(tmp_path / "store").coverage("book_ins")} == {"aor:SEA"}
    workdays = later.filter(pl.col("_day").dt.weekday() <= 5)
    ingest([written(workdays, tmp_path / "workdays.csv")], tmp_path / "cut")
    spans = {(c.start, c.end) for c in open_store(tmp_path / "cut").coverage("book_ins")}
    assert all((end - start).days < 5 for start, end in spans)


@pytest.mark.data
def test_control_totals_are_the_rows_that_the_files_have(data_dir: Path) -> None:
    """Counted here by the standard library, line by line."""
    path = data_dir / "raw" / UW / "EROArrests_FY2019.csv.gz"
    days: Counter[dt.date] = Counter()
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as stream:
        for row in csv.reader(stream, delimiter="|"):
            found = next((cell.split(" ")[0].split("/") for cell in row if cell.count("/") == 2), [])
            if len(found) == 3 and all(part.isdecimal() for part in found):
                month, day, year = map(int, found)
                days[dt.date(year, month, day)] += 1
    totals = pl.read_parquet(str(files("atlarge").joinpath(TABLE)))
    own = totals.filter(pl.col("family") == "ero-arrests", pl.col("day") >= min(days), pl.col("n") > 0)
    assert dict(own.select("day", "n").iter_rows()) == dict(days)


def test_a_file_of_few_rows_shows_no_zero_until_its_user_says_what_it_covers(tmp_path: Path) -> None:
    """Twenty rows of book-ins in Seattle, and the same file with the user's word for it."""
    rows = rows_of(SAMPLES / "bookins.csv.gz")[0].head(20)
    path = written(rows, tmp_path / "few.csv")
    audit = ingest([path], tmp_path / "store").releases[0]
    assert any("missing, not zero" in note and "--covers" in note for note in audit.notes)
    ask = {"by": "state", "measures": ["book_ins"], "places": ["WA", "OR", "AK"]}
    assert 0 not in panel(open_store(tmp_path / "store"), **ask).frame["value"].to_list()
    ingest([path], tmp_path / "declared", covers="aor:SEA")
    assert 0 in panel(open_store(tmp_path / "declared"), **ask).frame["value"].to_list()


@pytest.mark.data
@pytest.mark.parametrize("name", ["arrests, form a", "detainers, form b"])
def test_a_cut_saved_as_a_workbook_covers_what_the_text_covers(
    name: str, data_dir: Path, tmp_path: Path
) -> None:
    """So that what is shown of cuts as text holds of workbooks, whose days are cells of dates."""
    rows, day, _ = release(name, data_dir / "raw", 2000)
    for way in random.Random(name).sample(list(CUTS), 3):
        part = CUTS[way](rows, day, random.Random(7))
        if part.height < 5:
            continue
        found = []
        dated = part.drop("_day").with_columns(pl.col(day).str.to_datetime("%Y-%m-%d %H:%M:%S"))
        dated.write_excel(tmp_path / f"{way}.xlsx")
        for path in (written(part, tmp_path / f"{way}.csv"), tmp_path / f"{way}.xlsx"):
            account = ingest([path], tmp_path / path.name.replace(".", " "), allow_loss=True).releases[0]
            found.append((account.rows_kept, account.coverage, account.doubts and account.doubts[0]["kind"]))
        assert found[0] == found[1]
