"""Questions that a file cannot answer for lack of a column, and the days on which a column is reported."""

from __future__ import annotations

import datetime as dt

import polars as pl

from atlarge.files import shipped_yaml
from atlarge.records.schemes import AS_RECORDED, is_recoded
from atlarge.records.tables import DATE_COLUMN, TABLES
from atlarge.releases.family import Column, Family

_CLOSES: dict[str, str] = shipped_yaml("atlarge.records", "closed_questions.yaml")
_IN_PARTS = ("conviction", "arrest_type", "agency", "landmark_class")
"""Columns that measures count by and that a release may report for a part of its days only."""
_COUNTED_BY = ("method", "operation_mark", "outcome", "disposition", *_IN_PARTS)
"""Columns that measures count by."""
_BUCKET_DAYS, _BUCKET_ROWS, _IN_USE = (7, 28, 91), 20, 0.5
"""A column is in use where the share of rows filled is at least this part of that in its best stretch.
Stretches are as short as leaves them about so many rows."""
_ANYWAY = ("operation_mark", "state", "criminality")


def closed_questions(family: Family, header: set[str]) -> list[str]:
    """Notes of the columns that a file lacks and of the questions that this closes.

    `header`: its columns in plain form. A column that not every file of the family has is not missed, unless
    another that the family needs is.
    """
    lacking = {
        name: column for name, column in family.columns.items()
        if name in _CLOSES and not any(spelling in header for spelling in column.plain_names)
    }  # fmt: skip

    def is_missed(name: str, column: Column) -> bool:
        return column.is_needed or name == "subject"

    if not any(is_missed(name, column) for name, column in lacking.items()):
        return []
    return [
        f"no column {column.names[0]!r}: {_CLOSES[name]}"
        for name, column in lacking.items()
        if is_missed(name, column) or name not in _ANYWAY
    ]


Spans = list[tuple[dt.date, dt.date]]


def filled(table: str, columns: list[str]) -> list[pl.Expr]:
    """Rows in which each column that may be reported in parts is filled, as `_filled_` and its name."""
    names = [n for n in _IN_PARTS if n in TABLES[table] and n in columns]
    rows = pl.col("n") if "n" in columns else pl.lit(1)
    return [
        pl.when(pl.col(n).is_not_null()).then(rows).otherwise(0).sum().cast(pl.UInt32).alias(f"_filled_{n}")
        for n in names
    ]


def reported_days(frame: pl.DataFrame, table: str) -> dict[str, Spans]:
    """First and last days of the stretches in which a column is in use, of those that are not throughout.

    `frame`: rows of a release, or their digest. A column that no row fills is none of these: it is lacking.
    """
    date = DATE_COLUMN[table]
    if date is None:
        return {}
    if not any(name.startswith("_filled_") for name in frame.columns):
        frame = frame.group_by(date).agg(pl.col("n").sum(), *filled(table, frame.columns))
    names = [name for name in frame.columns if name.startswith("_filled_")]
    daily = (
        frame.group_by(pl.col(date).alias("day")).agg(pl.col("n", *names).sum()).drop_nulls("day").sort("day")
    )
    found = {}
    for name in names:
        total = int(daily[name].sum())
        if total and total < int(daily["n"].sum()):
            spans = _in_use(daily.select("day", "n", pl.col(name).alias("filled")))
            if spans is not None:
                found[name.removeprefix("_filled_")] = spans
    return found


def _in_use(daily: pl.DataFrame) -> Spans | None:
    """Stretches in which a column is in use, of `day`, `n` and `filled` rows; None where it is throughout."""
    first, last = daily["day"][0], daily["day"][-1]
    days = (last - first).days + 1
    rows = int(daily["n"].sum())
    length = next((k for k in _BUCKET_DAYS if rows * k / days >= _BUCKET_ROWS), days)
    bucket = ((pl.col("day") - pl.lit(first)).dt.total_days() // length).alias("bucket")
    buckets = (
        daily.group_by(bucket)
        .agg(
            pl.col("n", "filled").sum(),
            pl.col("day").min().alias("from"),
            pl.col("day").filter(pl.col("filled") > 0).min().alias("first"),
            pl.col("day").filter(pl.col("filled") > 0).max().alias("last"),
            pl.col("day").max().alias("to"),
        )
        .sort("bucket")
        .with_columns((pl.col("filled") / pl.col("n")).alias("share"))
    )
    usual = buckets.filter(pl.col("n") >= _BUCKET_ROWS)
    best = float((usual if usual.height else buckets)["share"].max())  # type: ignore[arg-type]
    used = (buckets["share"] >= _IN_USE * best).to_list()
    if all(used):
        return None
    spans: Spans = []
    rows_of = buckets.to_dicts()
    for i, is_used in enumerate(used):
        if not is_used:
            continue
        # at the edges of its use the column begins or ends with the first or last filled day
        start = rows_of[i]["from"] if i == 0 or used[i - 1] else rows_of[i]["first"]
        end = rows_of[i]["to"] if i == len(used) - 1 or used[i + 1] else rows_of[i]["last"]
        if i and used[i - 1] and spans:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def lacks(frame: pl.DataFrame, table: str) -> list[str]:
    """Columns of a table in which no row of a release says anything: nothing counted by them is zero."""
    names = [name for name in TABLES[table] if name in _COUNTED_BY]
    empty = {n for n in names if n not in frame.columns or frame[n].null_count() == frame.height}
    if "outcome" in names and ("lift_reason" not in frame.columns or not frame["lift_reason"].count()):
        empty.add("outcome")
    if "method" in names and "method" not in empty and is_recoded(set(frame["method"].drop_nulls().unique())):
        empty.add(AS_RECORDED)
    return sorted(empty)
