"""Sites of cut files: what is partly missing breaks no sum, and no zero stands where a month is missing."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import polars as pl
import pytest

from atlarge.calendar import month_end
from atlarge.errors import CoverageError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.publish.release_table import LEVELS, site_cells, site_measures
from atlarge.records.store import Store, open_store
from atlarge.releases import read_release

pytestmark = pytest.mark.slow_file

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
STORES = {
    "two years of the nation": ["EROArrests_FY2016.csv.gz", "EROArrests_FY2017.csv.gz"],
    "a year of the nation and eight of one area": ["EROArrests_FY2017.csv.gz", "arrests_with_state.csv.gz"],
    "detainers of the nation and of one state": ["detainers_2015.xlsx", "pa_detainers.csv"],
    "book-ins and removals": ["bookins.csv.gz", "ICERemovals_FY2017.csv.gz"],
}


def _cut(source: Path, to: Path, seed: int) -> Path:
    """Some rows of a file, without some values of a column."""
    draw = random.Random(seed)
    rows = pl.concat([s.frame.cast(pl.String) for s in read_release(source).sheets], how="diagonal")
    rows = rows.sample(min(rows.height, 80), seed=seed)
    column = draw.choice([c for c in rows.columns if 2 < rows[c].n_unique() < 0.3 * rows.height])
    gone = draw.sample(rows[column].drop_nulls().unique().sort().to_list(), 2)
    rows.filter(~pl.col(column).is_in(gone).fill_null(False)).write_csv(to, separator="|")
    return to


def _panels(store: Store) -> dict[tuple[str, str, str, dt.date], tuple[int | None, bool]]:
    """Counts of every month, and whether its days are all covered."""
    found = {}
    for level in LEVELS:
        for measures in site_measures(store).values():
            try:
                frame = panel(store, by=level, measures=measures).frame
            except CoverageError:
                continue
            for place, day, measure, value, covered, days in frame.select(
                "place", "period", "measure", "value", "days_covered", "days_in_period"
            ).iter_rows():
                found[level, place, measure, day] = value, covered == days
    return found


@pytest.mark.parametrize(("name", "seed"), list(zip(STORES, (0, 1, 2, 3), strict=True)))
def test_a_site_of_cut_files_shows_sums_of_what_is_there_and_no_zero_of_what_is_not(
    name: str, seed: int, tmp_path: Path
) -> None:
    files = [_cut(SAMPLES / f, tmp_path / f"{i}.csv", seed + i) for i, f in enumerate(STORES[name])]
    ingest(files, tmp_path / "store", allow_loss=True)
    store = open_store(tmp_path / "store")
    months = _panels(store)
    shown = site_cells(store).table.frame.filter(pl.col("mark") == "shown")
    zeros = 0
    for row in shown.iter_rows(named=True):
        day, values = row["start"], []
        while day <= row["end"]:
            values.append(months.get((row["level"], row["place"], row["measure"], day), (None, False)))
            day = month_end(day) + dt.timedelta(days=1)
        assert row["value"] == sum(value or 0 for value, is_whole in values if is_whole)
        zeros += row["value"] == 0
        assert row["value"] or all(value == 0 for value, is_whole in values if is_whole)
    assert shown.height > zeros
