"""Build the control totals: the rows of every release at hand, by day, and by month and place.

python tools/control_totals.py FOLDER_OF_THE_DATA
"""

from __future__ import annotations

import datetime as dt
import sys
from importlib.resources import files
from pathlib import Path

import polars as pl

from atlarge.calendar import month_end
from atlarge.ingest.placing import Placer
from atlarge.records.control_totals import TABLE, by_place, daily
from atlarge.records.prepare import prepare
from atlarge.records.tables import DATE_COLUMN
from atlarge.releases import read_release

_RELEASES = (
    "raw/UWCHR__ice-enforce/ERO*_FY*.csv.gz", "raw/UWCHR__ice-enforce/ICERemovals_FY*.csv.gz",
    "raw/UWCHR__ice-enforce/arrests_with_state.csv.gz", "raw/UWCHR__ice-enforce/bookins.csv.gz",
    "raw/eads__geocode-pa-detainers/pa_detainers.csv", "raw/nprapps__sanctuary-cities/*.xlsx",
    "raw/UWCHR__i-213-sea-22-25/*.csv.gz", "field/files/sea_arrests.csv.gz",
    "raw/*/texas_jails_immigrant_detainer_*.csv",
)  # fmt: skip


def make(data: Path, out: Path) -> int:
    """Count the rows of every release and write the table; returns its rows."""
    placer, parts = Placer(), []
    for path in sorted(path for pattern in _RELEASES for path in data.glob(pattern)):
        prepared = prepare(read_release(path))
        assert not prepared.audit.rows_dropped.get("duplicate"), (
            f"{path.name}: rows counted once by identifier"
        )
        placer.place(prepared)
        table = prepared.audit.table
        day = DATE_COLUMN[table]
        assert day is not None
        days, places = daily(prepared.frame, day), by_place(prepared.frame, table, day)
        if day == "month":  # reports of a month are of all its days
            end = days["day"].max()
            assert isinstance(end, dt.date)
            later = pl.date_range(end, month_end(end), eager=True).slice(1).alias("day").to_frame()
            days = pl.concat([days, later], how="diagonal").with_columns(pl.exclude("day").fill_null(0))
        family = pl.lit(prepared.family.id).alias("family")
        parts += [days.with_columns(family), places.drop_nulls("month").with_columns(family)]
    table = pl.concat(parts, how="diagonal_relaxed").cast({pl.Int64: pl.Int32})
    first = ["family", "day", "month"]
    table = table.select(*first, pl.exclude(first)).sort(pl.exclude("n"), nulls_last=False)
    once = table.filter(pl.col("day").is_not_null()).group_by("family", "day").len()["len"]
    assert int(once.max()) == 1, "two releases of a family share days"  # type: ignore[arg-type]
    table.write_parquet(out, compression="zstd", compression_level=19)
    return table.height


def main(data: Path) -> None:
    """Write the table into the package."""
    target = Path(str(files("atlarge").joinpath(TABLE)))
    sys.stdout.write(f"{make(data, target):,} totals written to {target.name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
