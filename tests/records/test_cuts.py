"""No cut of a release of any family, by any column, makes more than a few false zeros."""

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

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
MEASURES = {
    "detainers": ("detainers_issued", "detainers_declined", "detainers_booked"),
    "encounters": ("encounters",),
    "removals": ("removals",),
    "book_ins": ("book_ins",),
}
FILES = {
    "detainers_2015.xlsx": "detainers", "pa_detainers.csv": "detainers", "bookins.csv.gz": "book_ins",
    "EROEncounters_FY2017.csv.gz": "encounters", "ICERemovals_FY2017.csv.gz": "removals",
}  # fmt: skip
Cells = dict[tuple[str, str, dt.date, str], int | None]


def _rows(name: str) -> pl.DataFrame:
    sheets = [sheet.frame.cast(pl.String) for sheet in read_release(SAMPLES / name).sheets]
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
            cells = frame.select("place", "period", "value").iter_rows()
            found |= {(by, place, period, measure): value for place, period, value in cells}
    return found


def _cut(rows: pl.DataFrame, draw: random.Random) -> pl.DataFrame:
    """Rows with a few values of one column, or all but these; dates are cut in one stretch by other tests."""
    columns = [c for c in rows.columns if 1 < rows[c].n_unique() < 0.3 * rows.height and "date" not in c]
    column = draw.choice(columns)
    counts = rows[column].drop_nulls().value_counts().sort(column)
    values = draw.choices(counts[column].to_list(), counts["count"].to_list(), k=draw.randint(1, 3))
    inside = pl.col(column).is_in(values).fill_null(False)
    return rows.filter(inside if draw.random() < 0.6 else ~inside)


@pytest.mark.parametrize("name", FILES)
def test_no_cut_of_a_sample_of_any_family_makes_many_false_zeros(name: str, tmp_path: Path) -> None:
    """A sample has one or two rows of most places: what a place lacks can be shown of few."""
    table, rows = FILES[name], _rows(name)
    ingest([_written(rows, tmp_path / "whole.csv")], tmp_path / "store")
    whole = _cells(open_store(tmp_path / "store"), table, {})
    known = {cell: value for cell, value in whole.items() if value}
    places = {
        by: sorted({place for level, place, _, _ in whole if level == by})
        for by in ("aor", "state", "county")
    }
    tried, wrong = 0, 0
    for seed in range(4):
        part = _cut(rows, random.Random(seed))
        try:
            ingest([_written(part, tmp_path / f"cut{seed}.csv")], tmp_path / f"store{seed}")
        except AtlargeError:
            continue
        cells = _cells(open_store(tmp_path / f"store{seed}"), table, places)
        false = [cell for cell, value in cells.items() if value == 0 and known.get(cell)]
        tried, wrong = tried + len(known), wrong + len(false)
    assert known
    assert wrong <= 0.04 * tried
