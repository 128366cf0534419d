"""A part of the embedded records as a store: one area of responsibility, its larger counties and offices."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from atlarge.records.store import Store, open_store
from simulated_files import write_tables

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2018, 9, 30)


def area_rows(area: str = "SNA", counties: int = 16, offices: int = 10) -> pl.DataFrame:
    """Records of an area; those of its smaller counties and offices name none."""
    rows = (
        open_store(None).scan("arrests").filter(pl.col("aor") == area, pl.col("date").is_between(FIRST, LAST))
    )
    some = rows.select(
        "date", "method", "aor", "office", "county_fips", "state", "operation_mark", "n"
    ).collect()
    for column, most in (("county_fips", counties), ("office", offices)):
        sizes = some.drop_nulls(column).group_by(column).agg(pl.col("n").sum()).sort("n", column)
        kept = sizes.tail(most)[column].implode()
        some = some.with_columns(pl.when(pl.col(column).is_in(kept)).then(column).alias(column))
    keys = [c for c in some.columns if c != "n"]
    return some.group_by(keys).agg(pl.col("n").sum()).sort(keys)


def write_store(folder: Path, rows: pl.DataFrame, last: dt.date = LAST) -> Store:
    """A store of one release of these records, which covers the nation."""
    write_tables(folder, {"arrests": rows}, FIRST, last, family="ero-arrests", aggregated=True)
    return open_store(folder)
