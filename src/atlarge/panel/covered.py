"""Which places and days the releases of a store cover, and where no row does not prove a zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.errors import CoverageError
from atlarge.panel.catalogue import Measure
from atlarge.panel.query import TRUNCATE, Query
from atlarge.records.schemes import AS_RECORDED, WIDER, Scheme
from atlarge.records.store import Coverage, Store
from atlarge.reference import table

if TYPE_CHECKING:
    from atlarge.records.gaps import Gap

_OFTEN, _OFTEN_ZERO = 300, 1800
"""Records per million of the nation's under which a place has few enough for a stray one to matter; and for
a period without any to be no sure zero."""
_STRAY = 18
"""Records per million taken where the table of usual places says fewer than 20 in four years."""
_MOST_ELSEWHERE, _ROWS_A_DAY = 0.05, 3.7e-4
"""Records of other areas in a period from which on a zero is not sure; a day's rows by rows per million."""
_DAYS = {"day": 1, "week": 7, "month": 30}


def _needs(m: Measure) -> frozenset[str]:
    """Columns of its table that a measure counts by."""
    columns = {column for column, _ in m.equals}
    if m.category is not None:
        columns.add("method")
    if "method" in columns and m.category not in WIDER:
        columns.add(AS_RECORDED)
    return frozenset(columns)


def _narrowed(c: Coverage, columns: frozenset[str]) -> list[Coverage]:
    """The stretches of days in which a release reports every one of some columns; none if one is lacking."""
    if columns & set(c.lacks):
        return []
    limits = [days for name, days in c.reported if name in columns]
    if not limits:
        return [c]
    spans = [(c.start, c.end)]
    for days in limits:
        both = [(max(a, first), min(b, last)) for a, b in spans for first, last in days]
        spans = [(a, b) for a, b in both if a <= b]
    return [replace(c, start=a, end=b, reported=()) for a, b in spans]


def _concerns(gap: Gap, m: Measure, read_as: Scheme) -> bool:
    """Whether a measure counts rows of a value that is lacking, as one of all values of the column does."""
    equals = dict(m.equals)
    if gap.column in equals:
        counted = {str(value).upper() for value in equals[gap.column]}
        return any(value in counted for value in gap.values)
    if gap.column == "method" and m.category is not None:
        listed = {method.upper(): c for c in read_as.categories for method in read_as.methods(c)}
        return any(listed.get(value, read_as.unlisted) == m.category for value in gap.values)
    return True


def _gaps_in(c: Coverage, group: Sequence[Measure], read_as: Scheme) -> list[Gap]:
    """The gaps of a release that concern any of some measures."""
    return [gap for gap in c.gaps if any(_concerns(gap, m, read_as) for m in group)]


def _without_gaps(c: Coverage, gaps: Sequence[Gap]) -> list[Coverage]:
    """Coverage less some gaps: without the places and days of each."""
    parts = [c]
    for gap in gaps:
        if not gap.where and gap.start is None:
            return []
        cut = []
        for part in parts:
            start, end = gap.start or part.start, gap.end or part.end
            if start > part.end or end < part.start:
                cut.append(part)
                continue
            if part.start < start:
                cut.append(replace(part, end=start - dt.timedelta(days=1)))
            if gap.where and gap.where not in part.without:
                inside = replace(part, start=max(part.start, start), end=min(part.end, end))
                cut.append(replace(inside, without=tuple(sorted({*part.without, gap.where}))))
            if part.end > end:
                cut.append(replace(part, start=end + dt.timedelta(days=1)))
        parts = cut
    return parts


def _reporting(
    store: Store, group: Sequence[Measure], read_as: Scheme, *, is_zero: bool = False
) -> list[Coverage]:
    """The coverage of the releases that report every one of some measures, for the days on which they do.

    A column left empty reports nothing, nor does a release that lacks much of what a measure counts. Where
    `is_zero`, only the coverage in which an absent row means zero: of no release that lacks any of it.
    """
    needs = frozenset[str]().union(*(_needs(m) for m in group))
    found: list[Coverage] = []
    for c in store.coverage(group[0].table):
        gaps = [gap for gap in _gaps_in(c, group, read_as) if is_zero or gap.closes]
        for part in _narrowed(c, needs):
            found += [replace(cut, gaps=()) for cut in _without_gaps(part, gaps)] if gaps else [part]
    return found


def coverage_of_all(store: Store, group: list[Measure], read_as: Scheme) -> list[Coverage]:
    """The coverage of the releases that report every one of some measures. CoverageError if there is none."""
    found = _reporting(store, group, read_as)
    needs = frozenset[str]().union(*(_needs(m) for m in group))
    if not found and store.coverage(group[0].table):
        names = ", ".join(m.name for m in group)
        coverage = store.coverage(group[0].table)
        lacking = [gap for c in coverage for gap in _gaps_in(c, group, read_as) if gap.closes]
        if lacking and all(needs.isdisjoint(c.lacks) for c in coverage):
            most = max(lacking, key=lambda g: g.rows)
            raise CoverageError(
                f"no release in the store reports {names}: no row has {most.column.replace('_', ' ')} "
                f"{', '.join(most.values[:3])}, as a whole release would; ingest one, or say by "
                "`atlarge ingest --covers` what the file covers whole"
            )
        raise CoverageError(
            f"no release in the store reports {names}: the column it is counted by "
            f"({', '.join(sorted(needs - {AS_RECORDED}))}) is empty, missing or recoded"
        )
    return found


def measures_alike(store: Store, group: list[Measure], read_as: Scheme) -> list[list[Measure]]:
    """Measures of a table in groups that the same releases report."""
    found: dict[tuple[Any, ...], list[Measure]] = {}
    for m in group:
        covers = (tuple(_reporting(store, [m], read_as, is_zero=z)) for z in (False, True))
        found.setdefault(tuple(covers), []).append(m)
    return list(found.values())


def scope_of(covered: list[Coverage], unplaced: dict[str, int], outside: dict[str, int]) -> dict[str, Any]:
    """The coverage of measures of a table, as a document."""
    return {
        "start": min(c.start for c in covered).isoformat(),
        "end": max(c.end for c in covered).isoformat(),
        "releases": [
            {"id": c.release_id, "start": c.start.isoformat(), "end": c.end.isoformat(), "scope": c.scope}
            for c in covered
        ],
        "unplaced": unplaced,
        "outside_coverage": outside,
    }


def window(coverage: list[Coverage], name: str, query: Query) -> list[Coverage]:
    """The parts of the coverage that lie in the queried time; CoverageError if there are none."""
    kept = _clipped(coverage, query)
    start, end = query.start, query.end
    if not coverage:
        raise CoverageError(f"the store has no {name}")
    if not kept:
        spans = ", ".join(f"{start} to {end}" for start, end in _spans(coverage))
        wanted = f"{start or 'the beginning'} to {end or 'the end'}"
        raise CoverageError(f"the {name} in the store do not cover {wanted}; they cover {spans}")
    return kept


def _spans(coverage: list[Coverage]) -> list[tuple[dt.date, dt.date]]:
    """The days covered by any release, as runs in their order."""
    runs: list[tuple[dt.date, dt.date]] = []
    for first, last in sorted((c.start, c.end) for c in coverage):
        if runs and first <= runs[-1][1] + dt.timedelta(days=1):
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        else:
            runs.append((first, last))
    return runs


def _clipped(coverage: list[Coverage], query: Query) -> list[Coverage]:
    start, end = query.start, query.end
    return [
        replace(c, start=max(c.start, start or c.start), end=min(c.end, end or c.end))
        for c in coverage
        if (start is None or c.end >= start) and (end is None or c.start <= end)
    ]


def is_one_span(covered: list[Coverage]) -> bool:
    """Whether one scope is covered, on every day from the first to the last."""
    reached = min(c.start for c in covered)
    for part in sorted(covered, key=lambda c: c.start):
        if part.start > reached:
            return False
        reached = max(reached, part.end + dt.timedelta(days=1))
    return len({_covers(c) for c in covered}) == 1


def _covers(c: Coverage) -> tuple[str, tuple[str, ...] | None, tuple[str, ...]]:
    """The places of a release's coverage: those of one kind are the same whatever the days."""
    return c.scope, c.levels, c.without


def places_covered(c: Coverage, places: list[str], by: str, zero_days: int = 0) -> list[str]:
    """The places of one level that a release's coverage takes in.

    `zero_days`: only those in which no row in so many days means zero, other areas' rows considered.
    """
    scope, levels, without = _covers(c)
    if levels is not None and by not in levels:
        return []
    kind, _, codes = scope.partition(":")
    wide = [w for w in without if w.partition(":")[0] in ("aor", "state")]
    if kind != "nation":
        if by == "nation":  # a release of some places does not count the nation
            return []
        allowed = _members(kind, frozenset(codes.split(",")), by, zero_days)
        places = [p for p in places if p in allowed]
    elif by == "nation" and wide:
        return []
    if wide and by == "office":
        known = frozenset(table("offices")["office"])
        places = [p for p in places if p in known]
    for lacking in without:
        kind, _, code = lacking.partition(":")
        gone = _touched(kind, code, by, zero_days)
        places = [p for p in places if p not in gone]
    return places


@cache
def _members(kind: str, codes: frozenset[str], by: str, zero_days: int = 0) -> frozenset[str]:
    """Places of one level that lie wholly in places of another."""
    if kind == by:
        return codes
    if kind not in ("aor", "state"):  # others contain no place entirely
        return frozenset()
    if by in ("county", "office"):
        name = "counties" if by == "county" else "offices"
        own = frozenset(table(name).filter(pl.col(kind).is_in(list(codes)))["fips" if by == "county" else by])
        return own - _shared(kind, codes, by, zero_days)
    if kind == "state":  # no state is certain to contain a whole area
        return frozenset()
    counties = table("counties").group_by("state").agg(pl.col("aor").is_in(list(codes)).all())
    whole = frozenset(counties.filter("aor")["state"])
    return whole - _shared(kind, codes, by, zero_days) if zero_days else whole


@cache
def _touched(kind: str, code: str, by: str, zero_days: int = 0) -> frozenset[str]:
    """Places of one level of which a place that is lacking is a part, or which are parts of it."""
    if kind.startswith("="):  # these places alone
        return frozenset(code.split(",")) if kind == f"={by}" else frozenset()
    if kind == by:
        return frozenset([code])
    if kind in ("county", "office"):  # one missing county is no reason to give up its state
        return frozenset()
    if by == "nation":
        return frozenset(["US"])
    if by in ("county", "office"):
        name = "counties" if by == "county" else "offices"
        own = frozenset(table(name).filter(pl.col(kind) == code)["fips" if by == "county" else by])
        return own | _shared(kind, frozenset(_usual(by)[kind].drop_nulls()) - {code}, by, zero_days)
    return frozenset(table("counties").filter(pl.col(kind) == code)[by].drop_nulls())


def _usual(by: str) -> pl.DataFrame:
    usual = table("usual_places").filter(pl.col("table") == "arrests")
    if by == "state":
        return usual.drop_nulls("state").with_columns(pl.col("state").alias("code"))
    return usual.filter(pl.col("kind") == by)


@cache
def _shared(kind: str, codes: frozenset[str], by: str, zero_days: int) -> frozenset[str]:
    """Places, some of whose records are of other areas of responsibility than these.

    Who records an arrest is not always whose place it is in, and some records name no area. Of these places,
    those of few records are not counted without the others. For `zero_days`, the length of periods without a
    row, also those where such a period is not a sure zero.
    """
    if kind == "state":
        return frozenset()
    own = pl.col(kind).is_in(list(codes)).fill_null(False)
    usual = _usual(by).with_columns(own.alias("own"), pl.col("per_million").clip(_STRAY).alias("rows"))
    places = usual.group_by("code").agg(
        pl.col("rows").filter("own").sum().alias("here"),
        (pl.col("rows").filter(~pl.col("own")).sum() + _STRAY * (pl.col("own") * pl.col("unrecorded")).sum())
        .alias("elsewhere"),
    )  # fmt: skip
    is_unsure = pl.col("here") < (_OFTEN_ZERO if zero_days else _OFTEN)
    if zero_days:
        is_unsure = is_unsure | (pl.col("elsewhere") * _ROWS_A_DAY * zero_days > _MOST_ELSEWHERE)
    return frozenset(places.filter((pl.col("elsewhere") > 0) & is_unsure)["code"])


def covered_days(
    covered: list[Coverage], places: list[str], query: Query, is_zero: bool = False
) -> pl.DataFrame:
    """Days that any release covers, as place, period, days_covered: overlapping releases count once."""
    pieces = []
    if not covered:
        return pl.DataFrame(schema={"place": pl.String, "period": pl.Date, "days_covered": pl.Int64})
    alike: dict[Any, list[Coverage]] = {}
    for c in covered:
        alike.setdefault(_covers(c), []).append(c)
    for same in alike.values():
        inside = places_covered(same[-1], places, query.by, _DAYS[query.every] if is_zero else 0)
        spans = pl.DataFrame(_spans(same), schema=["start", "end"], orient="row")
        days = spans.select(pl.date_ranges("start", "end").explode().alias("day"))
        pieces.append((pl.DataFrame({"place": inside}, schema={"place": pl.String}), days))
    if len(pieces) == 1:
        ((people, days),) = pieces
        per_period = days.group_by(pl.col("day").dt.truncate(TRUNCATE[query.every]).alias("period")).agg(
            pl.len().cast(pl.Int64).alias("days_covered")
        )
        return people.unique().join(per_period, how="cross")
    every_day = pl.concat([people.join(days, how="cross") for people, days in pieces]).unique()
    return every_day.group_by("place", pl.col("day").dt.truncate(TRUNCATE[query.every]).alias("period")).agg(
        pl.len().cast(pl.Int64).alias("days_covered")
    )


def whole_periods(days: pl.DataFrame, every: str) -> pl.DataFrame:
    """Add the periods between the first and last that no release covers, with days_covered 0."""
    if days.is_empty():
        return days
    first, last = days["period"].min(), days["period"].max()
    axis = pl.select(pl.date_range(pl.lit(first), pl.lit(last), TRUNCATE[every]).alias("period"))
    grid = days.select("place").unique().join(axis, how="cross")
    return grid.join(days, on=["place", "period"], how="left").with_columns(
        pl.col("days_covered").fill_null(0)
    )


def unsure_zeros(
    store: Store, group: list[Measure], query: Query, covered: list[Coverage], days: pl.DataFrame
) -> pl.DataFrame | None:
    """Places and periods (of `days`) in which no row does not mean zero; None where it always does.

    On some day no release covers them that has all that the measures count; or a place has rows of areas that
    the releases lack.
    """
    if group[0].is_reported and not any(c.gaps for c in covered):  # a zero is printed
        return None
    places = doubtful_places(store, group[0], query, covered, days["place"].unique().to_list())
    if not places:
        return None
    whole = _clipped(_reporting(store, group, query.scheme, is_zero=True), query)
    sure = covered_days(whole, places, query, is_zero=True).rename({"days_covered": "sure"})
    doubtful = days.filter((pl.col("days_covered") > 0) & pl.col("place").is_in(places))
    joined = doubtful.join(sure, on=["place", "period"], how="left")
    return joined.filter(pl.col("sure").fill_null(0) < pl.col("days_covered")).select("place", "period")


def doubtful_places(
    store: Store, m: Measure, query: Query, covered: list[Coverage], places: list[str]
) -> list[str]:
    """Places of which some zero may be unsure: all, but for what national releases lack in some places."""
    if any(_covers(c) != ("nation", None, ()) for c in covered):
        return places
    gaps = {gap for c in store.coverage(m.table) for gap in _gaps_in(c, [m], query.scheme)}
    if any(not g.where for g in gaps):
        return places
    touched = {p for g in gaps for p in _touched(*g.where.split(":"), query.by, _DAYS[query.every])}
    return [p for p in places if p in touched]
