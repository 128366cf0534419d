"""Classes that several measures, counted over the same days, divide the records into.

At-large, custodial, 287(g) and other arrests are together all arrests, and jail handoffs are custodial
arrests or some under 287(g): whoever has all but one of such counts has the last. So the records of those
days are cut into the finest classes that the measures tell apart. These stand on no page, but are protected
as if they did, and every measure is the sum of some of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from atlarge.panel import measure as measure_of
from atlarge.panel.catalogue import Measure, rows_counted
from atlarge.panel.levels import place_of
from atlarge.publish.day_ranges import Member, Window
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Store

Days = tuple[tuple[Member, ...], dt.date, dt.date]
"""The places and the first and last day of a window."""


@dataclass(frozen=True)
class RecordClass:
    """Records that the measures of one column do not tell apart, over some days.

    `column`: the column of the records that these measures read. `names`: those that count the class
    (`Window.name`).
    """

    column: str
    names: frozenset[str]
    count: int


def is_foreign(window: Window, beside: Collection[Window], site: Collection[str]) -> bool:
    """Whether a window counts what a site does not: another measure, or the same by another scheme alone."""
    if measure_of(window.measure).value != "n" or measure_of(window.measure).is_inferred:
        return False
    if window.measure not in site:
        return True
    return window.scheme != "ddp" and replace(window, scheme="ddp") not in beside


def companions(windows: Sequence[Window], site: Collection[str]) -> list[Window]:
    """The site's measures (`site`) over the days of windows that count others: what their classes make up
    there, on no page."""
    own = set(windows)
    found: dict[Window, None] = {}
    for window in windows:
        if is_foreign(window, own, site):
            table = measure_of(window.measure).table
            same = [name for name in site if measure_of(name).table == table]
            found |= dict.fromkeys(Window(window.members, name, window.start, window.end) for name in same)
    return [window for window in found if window not in own]


def with_companions(
    store: Store, windows: Sequence[Window], site: Collection[str]
) -> tuple[list[Window], dict[Days, list[RecordClass]]]:
    """The windows with their companions, and the classes of their days."""
    more = companions(windows, site)
    return [*windows, *more], record_classes(store, windows, more, site)


def record_classes(
    store: Store, windows: Sequence[Window], more: Sequence[Window], site: Collection[str]
) -> dict[Days, list[RecordClass]]:
    """Classes of the days of which some window counts what a site does not, with their counts; `more`: the
    companions of the windows.

    A class without a record there is one too, if the store has any: readers may know which there are at all.
    """
    own = set(windows)
    names: dict[tuple[str, Days], dict[str, tuple[Measure, str]]] = {}
    foreign = set()
    for window in (*windows, *more):
        m = measure_of(window.measure)
        key = (m.table, (window.members, window.start, window.end))
        names.setdefault(key, {})[window.name] = (m, window.scheme)
        if is_foreign(window, own, site):
            foreign.add(key)
    found: dict[Days, list[RecordClass]] = {}
    by_names: dict[tuple[str, tuple[str, ...]], list[Days]] = {}
    for table, days in sorted(foreign, key=str):
        by_names.setdefault((table, tuple(sorted(names[table, days]))), []).append(days)
    for (table, some), of_days in by_names.items():
        read = {name: names[table, of_days[0]][name] for name in some}
        for column in dict.fromkeys(_column(m) for m, _ in read.values()):
            counted = {name: one for name, one in read.items() if _column(one[0]) in (column, "")}
            if column and len(counted) > 1:
                for days, one in _counts(store, table, column, counted, of_days):
                    found.setdefault(days, []).append(one)
    return found


def _column(m: Measure) -> str:
    """The column that a measure reads; none for one that counts all records."""
    if m.category is not None:
        return "method"
    return m.equals[0][0] if m.equals else ""


def _inside(frame: pl.LazyFrame, read: Mapping[str, tuple[Measure, str]]) -> pl.LazyFrame:
    """The frame with a column for each measure: whether it counts the row."""
    import narwhals as nw

    conditions = {name: rows_counted(m, scheme_of(scheme)) for name, (m, scheme) in read.items()}
    flags = {name: nw.lit(True) if one is None else one for name, one in conditions.items()}
    native = nw.from_native(frame).with_columns(**flags).to_native()
    return native.with_columns(pl.col(list(read)).fill_null(False))


def _counts(
    store: Store, table: str, column: str, read: Mapping[str, tuple[Measure, str]], of_days: Sequence[Days]
) -> list[tuple[Days, RecordClass]]:
    """The classes of one column over some days, which the same measures are counted over."""
    rows = store.scan(table)
    if "n" not in rows.collect_schema():
        rows = rows.with_columns(pl.lit(1).alias("n"))
    rows = _inside(rows, read)
    spans = pl.DataFrame(
        [
            (number, level, code, start, end)
            for number, (members, start, end) in enumerate(of_days)
            for level, code in members
        ],
        schema={
            "number": pl.Int64, "level": pl.String, "place": pl.String, "start": pl.Date, "end": pl.Date,
        },
        orient="row",
    )  # fmt: skip
    first, last = spans["start"].min(), spans["end"].max()
    inside = rows.filter(pl.col("date").is_between(first, last))
    frames = []
    for (level,), some in spans.group_by(["level"], maintain_order=True):
        days = some.with_columns(pl.date_ranges("start", "end").alias("date")).explode("date")
        daily = inside.group_by(place_of(str(level)).alias("place"), "date", *read).agg(
            pl.col("n").cast(pl.Int64).sum()
        )
        frames.append(
            daily.collect().join(days.select("number", "place", "date"), on=["place", "date"])
            .group_by("number", *read).agg(pl.col("n").sum())
        )  # fmt: skip
    kinds = rows.select(list(read)).unique().collect()
    none = spans.select(pl.col("number").unique(), pl.lit(0, pl.Int64).alias("n")).join(kinds, how="cross")
    counted = pl.concat([*frames, none], how="diagonal")
    counted = counted.group_by("number", *read).agg(pl.col("n").sum()).sort("number", *read)
    return [
        (
            of_days[number],
            RecordClass(column, frozenset(name for name, is_in in zip(read, flags, strict=True) if is_in), n),
        )
        for number, *flags, n in counted.iter_rows()
    ]
