"""The panel: place x period x measure, zero only where a release covers it, missing elsewhere.

Counting is written once against Narwhals (lazy) and runs on Polars, DuckDB or Spark. What comes back
is small (one row a place and period that has records); filling, coverage and order are done on that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.arguments import names_of
from atlarge.calendar import as_day, month_end
from atlarge.engines import collect, scan
from atlarge.errors import CoverageError, QuestionError
from atlarge.messages import render
from atlarge.panel import by_day
from atlarge.panel.catalogue import Measure, measure, rows_counted
from atlarge.panel.covered import (
    coverage_of_all,
    covered_days,
    doubtful_places,
    is_one_span,
    measures_alike,
    places_covered,
    scope_of,
    unsure_zeros,
    whole_periods,
    window,
)
from atlarge.panel.levels import NATION, PLACE_COLUMN, codes_in, place_name, place_names, place_of
from atlarge.panel.query import TRUNCATE, Query
from atlarge.panel.result import Panel
from atlarge.records.coverage import short_scope
from atlarge.records.doubts import doubts_of, sentence
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Coverage, Store, open_store


def panel(
    store: Store | Path | str | None = None,
    *,
    by: str = "county",
    every: str = "month",
    measures: str | Sequence[str] = ("arrests",),
    scheme: str = "ddp",
    engine: str = "polars",
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    places: str | Sequence[str] | None = None,
) -> Panel:
    """Count named measures by place and period.

    Parameters
    ----------
    store : Store or path, optional
        Store, its folder, or None: the embedded records.
    by : str
        Level: county, office, aor, state or nation.
    every : str
        Period: day, week (from Monday) or month.
    measures : str or sequence of str
        A measure's name, or several.
    scheme : str
        Reading of apprehension methods: ddp or biglocal.
    engine : str
        polars, duckdb or spark.
    start, end : date or ISO text, optional
        First and last day, dates or ISO text; None: all that the releases cover.
    places : str or sequence of str, optional
        A place of the level, or several, by code or name; None: every one with a record in that time.

    Returns
    -------
    Panel
        `frame` has a row for each place, period and measure; `value` is zero only where a release covers the
        place and time, and missing elsewhere.

    Raises
    ------
    QuestionError
        For an unknown level, period, measure, scheme or engine, or a place of another level.
    PlaceError
        For a place whose name is unknown or ambiguous.
    CoverageError
        Where no release covers the time.
    StoreError
        Where the store lacks a measure's table.

    Examples
    --------
    >>> year = panel(by="nation", every="month", start="2016-10-01", end="2017-09-30")
    >>> int(year.frame["value"].sum())
    143470
    """
    store = open_store(store)
    first, last = as_day(start), as_day(end)
    wanted = [measure(name) for name in names_of(measures, "measure")]
    query = Query(by, every, scheme_of(scheme), engine, first, last)
    if places is not None:
        tables = dict.fromkeys(m.table for m in wanted)
        query = replace(query, places=codes_in(store, tables, names_of(places, "place"), by))
    parts: list[pl.DataFrame] = []
    coverage: dict[str, Any] = {}
    breaks: dict[str, Any] = {}
    for name in dict.fromkeys(m.table for m in wanted):
        for group in measures_alike(
            store, [m for m in wanted if m.table == name and not m.is_inferred], query.scheme
        ):
            part, scope = _table_panel(store, name, group, query)
            parts.append(part)
            coverage[name] = _joined(coverage.get(name), scope)
            breaks |= _breaks(group, part)
        for m in wanted:
            if m.table == name and m.is_inferred:
                part, scope, about = _inferred_panel(store, m, query)
                breaks |= {m.name: about} if (part["part"] != "recorded").any() else {}
                parts.append(part)
                coverage[name] = _joined(coverage.get(name), scope)
    frame = pl.concat(parts, how="diagonal").sort("measure", "place", "period")
    if frame.is_empty():
        where = _listed(query.places, by) if query.places else f"the level {by}"
        scopes = {r["scope"] for scope in coverage.values() for r in scope["releases"]}
        scopes = {"the nation without some of its places" if s == by == "nation" else s for s in scopes}
        covered = ", ".join(map(short_scope, sorted(scopes)))
        is_of_areas = by in ("county", "office") and any(s.startswith("aor:") for s in scopes)
        shared = " (and of these areas no place of few records that others record too)" if is_of_areas else ""
        raise CoverageError(
            f"no release in the store covers {where}, only {covered}{shared}: "
            "there is nothing to count; if the files hold all of more than that, ingest them with --covers, "
            f"as --covers {'nation' if by == 'nation' else f'{by}:' + ','.join(query.places or ('CODE',))}"
        )
    for name, scope in coverage.items():
        of_table = frame.filter(pl.col("measure").is_in([m.name for m in wanted if m.table == name]))
        scope["caveats"] = _caveats(store, name, of_table)
    return Panel(frame, coverage, by, every, scheme, breaks)


def _caveats(store: Store, name: str, frame: pl.DataFrame) -> list[str]:
    """What the releases counted in a panel of a table cannot show."""
    days: list[dt.date] = frame["period"].sort().to_list()
    has_zeros = bool((frame["value"] == 0).any())
    found = doubts_of(store, name, days[0], days[-1], has_zeros=has_zeros) if days else {}
    return [render(sentence(kind, fields)) for kind, fields in found.items()]


def _listed(places: Sequence[str], by: str, most: int = 3) -> str:
    """Places by name and code; of many, the first few and the number of the others."""
    names = place_names(by)
    named = [f"{names[code]} ({code})" if code in names else code for code in places[:most]]
    others = len(places) - most
    return ", ".join(named) + (f" and {others} more" if others > 0 else "")


def _joined(before: dict[str, Any] | None, added: dict[str, Any]) -> dict[str, Any]:
    """The coverage of a table's measures, from that of groups of them."""
    if before is None:
        return added
    releases = [*before["releases"], *(r for r in added["releases"] if r not in before["releases"])]
    return {
        "start": min(before["start"], added["start"]),
        "end": max(before["end"], added["end"]),
        "releases": releases,
        "unplaced": before["unplaced"] | added["unplaced"],
        "outside_coverage": before["outside_coverage"] | added["outside_coverage"],
    }


def sparse(
    store: Store,
    *,
    by: str,
    every: str,
    measures: Sequence[str],
    scheme: str = "ddp",
    engine: str = "polars",
    ordered: bool = True,
) -> tuple[pl.DataFrame, list[tuple[Coverage, list[str]]], dict[str, pl.DataFrame]]:
    """The same counts, not filled: place, period and a column a measure, only where there are records.

    With them, what says where an absent row means zero: each release's coverage and the places that it takes
    in; and by measure, where there are any, the places and months that are covered and in which no row at
    all means missing, as in a panel by month. For those who put many places and days into an array, who need
    them in no order (`ordered`). The measures must be of one table. Raises as `panel` does.
    """
    group = [measure(name) for name in dict.fromkeys(measures)]
    tables = {m.table for m in group}
    if len(tables) != 1:
        raise QuestionError("sparse counts need measures of one table")
    query = Query(by, every, scheme_of(scheme), engine)
    name = tables.pop()
    covered = window(coverage_of_all(store, group, query.scheme), name, query)
    counts = None
    if every == "day" and engine == "polars" and not ordered:
        counts = by_day.read(store, by, query.scheme.name, [m.name for m in group])
    if counts is None:
        counts, _ = _count(store, group, query, covered, ordered=ordered)
    places = counts["place"].unique().sort().to_list()
    unsure: dict[str, pl.DataFrame] = {}
    for m in group:
        found = doubtful_places(store, m, query, covered, places)
        if found:
            monthly = replace(query, every="month")
            months = unsure_zeros(store, [m], monthly, covered, covered_days(covered, found, monthly))
            unsure |= {} if months is None or months.is_empty() else {m.name: months}
    return counts, [(c, places_covered(c, places, by)) for c in covered], unsure


def _table_panel(
    store: Store, name: str, group: list[Measure], query: Query
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The panel of the measures of one table, and its coverage."""
    reported = [m.name for m in group if m.is_reported]
    if reported and query.every != "month":
        raise QuestionError(
            f"{', '.join(reported)}: reported by the month; ask for it by month, not by {query.every}"
        )
    covered = window(coverage_of_all(store, group, query.scheme), name, query)
    if reported:  # a figure is for its whole month, and dated by its first day
        covered = [replace(c, end=month_end(c.end)) for c in covered]
    # Where a period may be covered in part, its records of other days must not count: days separate them.
    is_plain = is_one_span(covered)
    counted_by = query if is_plain else replace(query, every="day")
    counts, unplaced = _count(store, group, counted_by, covered)
    found = counts["place"].unique().to_list() if query.places is None else list(query.places)
    names = [m.name for m in group]
    days = covered_days(covered, found, query)
    counted_days = days if is_plain else covered_days(covered, found, counted_by)
    inside = counts.join(counted_days, on=["place", "period"], how="semi")
    if not is_plain:
        period = pl.col("period").dt.truncate(TRUNCATE[query.every])
        inside = inside.group_by("place", period).agg(pl.col(names).sum())
    days = whole_periods(days, query.every)
    outside = {n: int(counts[n].sum()) - int(inside[n].sum()) for n in names}
    unsure = unsure_zeros(store, group, query, covered, days)
    return _filled(days, inside, group, query, unsure), scope_of(covered, unplaced, outside)


def _breaks(group: list[Measure], part: pl.DataFrame) -> dict[str, Any]:
    """The days from which measures are missing because the records no longer tell them, within the time."""
    if part.is_empty():
        return {}
    last: dt.date = part["period"].sort()[-1]
    return {
        m.name: {"break": m.unmeasured_from.isoformat(), "after": f"missing: {m.unmeasured_reason}"}
        for m in group
        if m.unmeasured_from is not None and m.unmeasured_from <= last
    }


def _inferred_panel(
    store: Store, m: Measure, query: Query
) -> tuple[pl.DataFrame, dict[str, Any], dict[str, Any]]:
    """The panel of an inferred measure, its coverage and what stands on either side of its break."""
    from atlarge.panel.inferred import custodial_cells, definition, inferred_counts

    assert m.inferred_from is not None
    covered = window(coverage_of_all(store, [measure("handoffs")], query.scheme), m.table, query)
    cells = custodial_cells(store, query.engine)
    place = place_of(query.by)
    found = cells.select(place.alias("place")).to_series().drop_nulls().unique().to_list()
    # every place with an arrest has a row, as in the panels of counted measures
    counts, _ = _count(store, [measure("arrests")], query, covered)
    found = sorted({*found, *counts["place"].to_list()}) if query.places is None else list(query.places)
    days = covered_days(covered, found, query)
    counted = cells
    first, last = min(c.start for c in covered), max(c.end for c in covered)
    if not is_one_span(covered):
        by_day = covered_days(covered, found, replace(query, every="day"))
        here = by_day.select(pl.col("place").alias("_place"), pl.col("period").alias("date"))
        counted = (
            cells.with_columns(place.alias("_place"))
            .join(here, on=["_place", "date"], how="semi")
            .drop("_place")
        )
    inside = counted.filter(pl.col("date").is_between(first, last))
    period = pl.col("date").dt.truncate(TRUNCATE[query.every])
    # rates are learned from all records of the store; only those inside are counted
    rows, calibration = inferred_counts(cells, inside, m.inferred_from, place, period)
    unplaced = int(rows.filter(pl.col("place").is_null())["value"].sum())
    days = whole_periods(days, query.every)
    grid = days.join(rows.drop_nulls("place"), on=["place", "period"], how="left").with_columns(
        pl.when(pl.col("days_covered") > 0).then(pl.col("value", "low", "high").fill_null(0)).otherwise(None)
    )
    after = pl.col("period").dt.offset_by(TRUNCATE[query.every]) > m.inferred_from
    part = (
        pl.when(pl.col("period") >= m.inferred_from).then(pl.lit("inferred"))
        .when(after).then(pl.lit("recorded and inferred"))
        .otherwise(pl.lit("recorded"))
    )  # fmt: skip
    in_period = (pl.col("period").dt.offset_by(TRUNCATE[query.every]) - pl.col("period")).dt.total_days()
    frame = grid.select(
        "place", place_name(pl.col("place"), query.by).alias("place_name"), "period",
        pl.lit(m.name).alias("measure"), "value", "days_covered", in_period.alias("days_in_period"),
        "low", "high", part.alias("part"),
    )  # fmt: skip
    scope = scope_of(covered, {m.name: unplaced}, {m.name: 0})
    return frame, scope, definition(m.inferred_from, calibration)


def _count(
    store: Store, group: list[Measure], query: Query, covered: list[Coverage], *, ordered: bool = True
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Counts by place and period (only those with records), and rows without a place, per measure."""
    import narwhals as nw

    first, last = min(c.start for c in covered), max(c.end for c in covered)
    ((source, date),) = {(m.table, m.date) for m in group}
    column = PLACE_COLUMN[query.by]
    place = nw.col(column) if column else nw.lit(NATION)
    columns = {}
    for m in group:
        condition = rows_counted(m, query.scheme)
        value = nw.col(m.value).cast(nw.Int64)
        columns[m.name] = value if condition is None else nw.when(condition).then(value).otherwise(nw.lit(0))
    names = [m.name for m in group]
    # Narwhals has no weeks: they are summed from days, of which there are few once counted.
    grain = "1mo" if query.every == "month" else "1d"
    counted = collect(
        scan(store, source, query.engine)
        .filter((nw.col(date) >= nw.lit(first)) & (nw.col(date) <= nw.lit(last)))
        .with_columns(place.alias("place"), nw.col(date).dt.truncate(grain).alias("period"), **columns)
        .group_by("place", "period")
        .agg(*[nw.col(name).sum() for name in names]),
        query.engine,
    )
    period = pl.col("period").cast(pl.Date).dt.truncate(TRUNCATE[query.every])
    if query.every in ("day", "month"):
        counted = counted.with_columns(period, pl.col(names).cast(pl.Int64))
    else:
        counted = counted.group_by("place", period).agg(pl.col(names).sum().cast(pl.Int64))
    without = counted.filter(pl.col("place").is_null())
    placed = counted.filter(pl.col("place").is_not_null())
    if query.places is not None:
        placed = placed.filter(pl.col("place").is_in(list(query.places)))
    if ordered:
        placed = placed.sort("place", "period")
    return placed, {name: int(without[name].sum()) for name in names}


def _filled(
    days: pl.DataFrame,
    counts: pl.DataFrame,
    group: list[Measure],
    query: Query,
    unsure: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Put counts on the grid: zero where covered, null where not, null where a measure is not reported.

    `unsure`: where a measure without a row is missing, too.
    """
    names = [m.name for m in group]
    grid = days.join(counts, on=["place", "period"], how="left")
    if not any(m.is_reported for m in group):
        grid = grid.with_columns(
            pl.when(pl.col("days_covered") > 0).then(pl.col(names).fill_null(0)).otherwise(None)
        )
    if unsure is not None and unsure.height:
        grid = grid.join(
            unsure.with_columns(pl.lit(True).alias("_unsure")), on=["place", "period"], how="left"
        )
        is_known = pl.col("_unsure").is_null() | (pl.col(names) > 0)
        grid = grid.with_columns(pl.when(is_known).then(pl.col(names))).drop("_unsure")
    for m in group:
        if m.unmeasured_from is not None:
            unmeasured = pl.col("period").dt.offset_by(TRUNCATE[query.every]) > m.unmeasured_from
            grid = grid.with_columns(pl.when(unmeasured).then(None).otherwise(pl.col(m.name)).alias(m.name))
    long = grid.unpivot(
        names, index=["place", "period", "days_covered"], variable_name="measure", value_name="value"
    )
    in_period = (pl.col("period").dt.offset_by(TRUNCATE[query.every]) - pl.col("period")).dt.total_days()
    return long.with_columns(
        place_name(pl.col("place"), query.by).alias("place_name"), in_period.alias("days_in_period")
    ).select("place", "place_name", "period", "measure", "value", "days_covered", "days_in_period")
