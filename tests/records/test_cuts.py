"""No cut of a release of any family, by any columns and days, makes more than a few false zeros."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import AtlargeError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.records.store import Store, open_store
from atlarge.releases import read_release

pytestmark = pytest.mark.slow_file

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
MEASURES = {
    "detainers": ("detainers_issued", "detainers_declined", "detainers_booked"),
    "encounters": ("encounters",),
    "removals": ("removals",),
    "book_ins": ("book_ins",),
    "arrests": ("arrests", "at_large", "custodial", "handoffs", "program_287g"),
}
FILES = {
    "detainers_2015.xlsx": "detainers", "pa_detainers.csv": "detainers", "bookins.csv.gz": "book_ins",
    "EROEncounters_FY2017.csv.gz": "encounters", "ICERemovals_FY2017.csv.gz": "removals",
    "arrests_with_state.csv.gz": "arrests",
}  # fmt: skip
WHOLE = {
    "UWCHR__ice-enforce/bookins.csv.gz": "book_ins",
    "UWCHR__ice-enforce/arrests_with_state.csv.gz": "arrests",
    "eads__geocode-pa-detainers/pa_detainers.csv": "detainers",
    "nprapps__sanctuary-cities/rif-FOIA 15-87693 _07262015_LESA-STU_FINAL FY15YTD.xlsx": "detainers",
}  # fmt: skip
Cells = dict[tuple[str, str, dt.date, str], int | None]


def _rows(path: Path) -> pl.DataFrame:
    sheets = [sheet.frame.cast(pl.String) for sheet in read_release(path).sheets]
    return pl.concat(sheets, how="diagonal")


def _written(rows: pl.DataFrame, path: Path) -> Path:
    rows.write_csv(path, separator="|", quote_style="always")
    return path


def _cells(store: Store, table: str, places: dict[str, list[str]]) -> Cells:
    found: Cells = {}
    for by in ("nation", "aor", "state", "county"):
        for measure in MEASURES[table]:
            try:
                frame = panel(store, by=by, measures=[measure], places=places.get(by)).frame
            except AtlargeError:
                continue
            whole = pl.col("days_covered") == pl.col("days_in_period")  # others say that they are not
            cells = frame.filter(whole | (pl.col("value") > 0)).select("place", "period", "value").iter_rows()
            found |= {(by, place, period, measure): value for place, period, value in cells}
    return found


def _cut(rows: pl.DataFrame, draw: random.Random) -> pl.DataFrame:
    """Rows with a few values of one to three columns, or all but these; of dates one or a stretch."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        column = draw.choice([c for c in rows.columns if rows[c].n_unique() > 1] or rows.columns)
        counts = rows[column].drop_nulls().value_counts().sort(column)
        if counts.is_empty():
            continue
        words, n = counts[column].to_list(), counts["count"].to_list()
        values = draw.choices(words, n, k=draw.randint(1, 5))
        if "date" in column:
            at = words.index(values[0])
            values = words[at : at + draw.choice([1, 1, 30, 90])]
        inside = pl.col(column).is_in(values).fill_null(False)
        rows = rows.filter(inside if draw.random() < 0.6 else ~inside)
    return rows


def _false_zeros(path: Path, table: str, folder: Path, seeds: range) -> tuple[int, int]:
    """False zeros of cuts of a release, and the cells that it has rows in, of all cuts."""
    rows = _rows(path)
    ingest([_written(rows, folder / "whole.csv")], folder / "store")
    whole = _cells(open_store(folder / "store"), table, {})
    known = {cell for cell, value in whole.items() if value}
    assert known
    places = {
        by: sorted({place for level, place, _, _ in whole if level == by})
        for by in ("aor", "state", "county")
    }
    tried, wrong = 0, 0
    for seed in seeds:
        part = _cut(rows, random.Random(seed))
        if part.is_empty():
            continue
        try:
            ingest([_written(part, folder / f"cut{seed}.csv")], folder / f"store{seed}", allow_loss=True)
        except AtlargeError:
            continue
        cells = _cells(open_store(folder / f"store{seed}"), table, places)
        tried, wrong = tried + len(known), wrong + sum(cells[x] == 0 for x in known & cells.keys())
    return wrong, tried


@pytest.mark.parametrize("name", FILES)
def test_no_cut_of_a_sample_of_any_family_makes_many_false_zeros(name: str, tmp_path: Path) -> None:
    """A sample has one or two rows of most places: what a place lacks can be shown of few."""
    wrong, tried = _false_zeros(SAMPLES / name, FILES[name], tmp_path, range(4))
    assert tried
    assert wrong == 0


@pytest.mark.data
@pytest.mark.parametrize("name", WHOLE)
def test_no_cut_of_a_whole_release_of_any_family_makes_many_false_zeros(
    data_dir: Path, name: str, tmp_path: Path
) -> None:
    """What is left are counties' rows that name another state, and jails too small to be missed."""
    wrong, tried = _false_zeros(data_dir / "raw" / name, WHOLE[name], tmp_path, range(8))
    assert wrong <= 0.0005 * tried


@pytest.mark.data
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_release_of_any_family_has_no_gap(data_dir: Path, name: str, tmp_path: Path) -> None:
    audit = ingest([data_dir / "raw" / name], tmp_path / "store").releases[0]
    assert len(audit.coverage) == 1
    assert "gaps" not in audit.coverage[0]
    assert "without" not in audit.coverage[0]


def test_a_file_of_few_rows_shows_no_zero_until_its_user_says_what_it_covers(tmp_path: Path) -> None:
    """Twenty rows of book-ins in Seattle, and the same file with the user's word for it."""
    rows = _rows(SAMPLES / "bookins.csv.gz").head(20)
    path = _written(rows, tmp_path / "few.csv")
    audit = ingest([path], tmp_path / "store").releases[0]
    assert any("missing, not zero" in note and "--covers" in note for note in audit.notes)
    ask = {"by": "state", "measures": ["book_ins"], "places": ["WA", "OR", "AK"]}
    assert 0 not in panel(open_store(tmp_path / "store"), **ask).frame["value"].to_list()
    ingest([path], tmp_path / "declared", covers="aor:SEA")
    assert 0 in panel(open_store(tmp_path / "declared"), **ask).frame["value"].to_list()
