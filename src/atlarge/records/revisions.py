"""Compare counts by place and month before and after a later release."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from functools import cache
from typing import Any

import polars as pl

from atlarge.records.store import Coverage, Store
from atlarge.records.tables import DATE_COLUMN, EVENTS, PLACE_COLUMNS
from atlarge.records.vintages import SERIES, figure_keys
from atlarge.reference import table as reference_table

_KEYS = ("measure", "every", "place_kind", "place", "date")


def revisions(before: Store, after: Store, tables: Iterable[str]) -> list[dict[str, Any]]:
    """Return the counts that differ between two states of a store, the largest change first.

    Parameters
    ----------
    before, after : Store
        The store before and after a release came in.
    tables : iterable of str
        The tables that the release may have changed.

    Returns
    -------
    list of dict
        `table`, `measure` (the table, or the figure's name), `every`, `place_kind`, `place`, `date` (first
        day of the period), `before`, `after` (records, or the figure), `change`. Of events only months and
        places that the store covered whole before are compared. A figure that is new, or was a count to
        date before, is no revision.

    Examples
    --------
    >>> from atlarge.records.store import open_store
    >>> revisions(open_store(), open_store(), ["arrests"])
    []
    """
    found: list[dict[str, Any]] = []
    for table in sorted(set(tables) & set(before.tables()) & set(after.tables())):
        if table in EVENTS:
            found += _of_events(before, after, table)
        elif table in SERIES:
            found += _of_figures(before, after, table)
    return sorted(found, key=lambda row: (-abs(row["change"]), row["table"], row["place"], str(row["date"])))


def _of_events(before: Store, after: Store, table: str) -> list[dict[str, Any]]:
    months = _months(before, table)
    if not months:
        return []
    old, new = _counted(before, table, months), _counted(after, table, months)
    both = old.join(new, on=list(_KEYS), how="full", coalesce=True, suffix="_new").with_columns(
        pl.col("value").fill_null(0), pl.col("value_new").fill_null(0)
    )
    spans = [(set(_whole_months(span.start, span.end)), span) for span in before.coverage(table)]
    return [
        row
        for row in _changed(both, table)
        if any(
            dt.date.fromisoformat(row["date"]) in whole and covers(span, row["place_kind"], row["place"])
            for whole, span in spans
        )
    ]


def covers(span: Coverage, kind: str, place: str) -> bool:
    """Say whether a release covers a place: itself, or the state or area that it lies in."""
    if span.levels is not None and kind not in span.levels:
        return False
    inside = {f"{kind}:{place}"}
    if kind == "county":
        state, aor = _counties().get(place, ("", ""))
        inside |= {f"state:{state}", f"aor:{aor}"}
    if inside & set(span.without):
        return False
    level, _, codes = span.scope.partition(":")
    return level == "nation" or any(f"{level}:{code}" in inside for code in codes.split(","))


@cache
def _counties() -> dict[str, tuple[str, str]]:
    """State and area of responsibility of each county."""
    rows = reference_table("counties").select("fips", "state", "aor").rows()
    return {fips: (state, aor) for fips, state, aor in rows}


def _months(store: Store, table: str) -> list[dt.date]:
    """First days of the months that some release covers whole."""
    found: set[dt.date] = set()
    for span in store.coverage(table):
        found.update(_whole_months(span.start, span.end))
    return sorted(found)


def _whole_months(start: dt.date, end: dt.date) -> list[dt.date]:
    """First days of the months that lie whole between two days."""
    found, day = [], start.replace(day=1)
    while day <= end:
        last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        if start <= day and last <= end:
            found.append(day)
        day = last + dt.timedelta(days=1)
    return found


def _counted(store: Store, table: str, months: list[dt.date]) -> pl.DataFrame:
    """Records of a table by place and month, at every level that its rows have."""
    rows = store.scan(table)
    names = rows.collect_schema().names()
    levels = {level: column for level, column in PLACE_COLUMNS.items() if column in names}
    month = pl.col(DATE_COLUMN[table] or "date").dt.truncate("1mo")
    counted = (
        rows.select(month.alias("date"), "n", *levels.values())
        .filter(pl.col("date").is_in(months))
        .group_by("date", *levels.values())
        .agg(pl.col("n").sum().cast(pl.Float64).alias("value"))
        .collect()
    )
    parts = [counted.with_columns(place_kind=pl.lit("nation"), place=pl.lit("US"))]
    parts += [
        counted.with_columns(place_kind=pl.lit(level), place=pl.col(column))
        for level, column in levels.items()
    ]
    return (
        pl.concat([part.select("date", "place_kind", "place", "value") for part in parts])
        .drop_nulls("place")
        .group_by("date", "place_kind", "place")
        .agg(pl.col("value").sum())
        .with_columns(measure=pl.lit(table), every=pl.lit("month"))
        .select(*_KEYS, "value")
    )


def _of_figures(before: Store, after: Store, table: str) -> list[dict[str, Any]]:
    to_date = pl.col("every").str.ends_with("to date").fill_null(False).alias("to_date")
    old, new = (
        store.scan(table)
        .select(*figure_keys(table), "value", to_date)
        .collect()
        .unique(list(SERIES[table]), keep="last", maintain_order=True)
        for store in (before, after)
    )
    old = old.filter(~pl.col("to_date"))
    both = old.join(new, on=list(SERIES[table]), how="inner", nulls_equal=True, suffix="_new")
    return _changed(both, table)


def _changed(both: pl.DataFrame, table: str) -> list[dict[str, Any]]:
    rows = both.filter((pl.col("value") - pl.col("value_new")).abs() > 1e-9)
    return [
        {
            "table": table,
            **{key: row[key] for key in ("measure", "every", "place_kind", "place")},
            "date": row["date"].isoformat() if row["date"] else None,
            "before": _plain(row["value"]),
            "after": _plain(row["value_new"]),
            "change": _plain(row["value_new"] - row["value"]),
        }
        for row in rows.iter_rows(named=True)
    ]


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else round(float(value), 6)
