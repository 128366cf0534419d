"""From a count back to rows of releases: which file, sheet and rows stand behind it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from atlarge.errors import QuestionError
from atlarge.records.tables import DATE_COLUMN, TABLES

if TYPE_CHECKING:
    from atlarge.records.store import Store

_PLACE = ("county_fips", "office", "aor", "state")


def lineage(
    store: Store,
    table: str,
    start: dt.date | None = None,
    end: dt.date | None = None,
    place: str | None = None,
) -> pl.DataFrame:
    """Rows of releases behind the records of a table, days and place: release_id, file, sheet, rows.

    `place` is a code: a county's five digits, an office, an area of responsibility or a state. `rows` lists
    row numbers as a spreadsheet shows them. QuestionError if the store's rows carry none (the embedded one
    holds counts), or the table knows no such place.
    """
    frame = store.scan(table)
    column = DATE_COLUMN[table]
    if column is not None:
        frame = frame.filter(pl.col(column) >= start) if start else frame
        frame = frame.filter(pl.col(column) <= end) if end else frame
    if place is not None:
        named = [pl.col(name) == place for name in _PLACE if name in TABLES[table]]
        if not named:
            raise QuestionError(f"the table {table} has no place to ask for")
        frame = frame.filter(pl.any_horizontal(named))
    rows = frame.select("release_id", "file", "sheet", "row", "n").collect()
    if rows.height and rows["row"].null_count() == rows.height:
        raise QuestionError("this store holds counts, not rows of releases; ask one made by `atlarge ingest`")
    return (
        rows.group_by("release_id", "file", "sheet")
        .agg(pl.col("row").sort().alias("rows"))
        .sort("release_id", "sheet", nulls_last=False)
    )


def ranges(numbers: list[int]) -> str:
    """Row numbers in short: `7-9, 12`."""
    told: list[list[int]] = []
    for number in numbers:
        if told and number == told[-1][1] + 1:
            told[-1][1] = number
        else:
            told.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in told)
