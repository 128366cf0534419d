"""Further evidence on a burst: other methods, surrounding places, the days before, the Operation mark.

None of this decides whether a burst is found. It separates a burst of arrests from a burst of data entry:
when an office enters a month of rows on one day, all methods swell by about the same factor, the places
around stay as they were, and the days before lack what that day has too many of.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.engines import compact
from atlarge.errors import CoverageError
from atlarge.panel import NATION, PLACE_COLUMN, Measure, panel
from atlarge.panel import measure as measure_of
from atlarge.panel.catalogue import only_counted
from atlarge.panel.levels import place_of
from atlarge.records.store import Store
from atlarge.reference import lookup
from atlarge.surveillance.baseline import fit_baseline
from atlarge.surveillance.holidays import day_classes, weekdays
from atlarge.surveillance.scan import DAYS
from atlarge.surveillance.tails import mid_tail
from atlarge.surveillance.validation import Floats, as_days
from atlarge.surveillance.windows import Windows, covered_by, sums_between

DAYS_BEFORE = 28
_RAISED_P = 0.01
_ONE_DAY_SHARE = 0.8
_SAME_FACTOR = 3.0
_QUIET_BEFORE = 0.6
_MAKES_UP = (0.5, 2.0)
_LEAST_BEFORE = 5.0


@dataclass(frozen=True)
class Corroboration:
    """Shares and ratios beside a burst; None where the records do not show it.

    `top_day_share`: share of the burst's rows on its busiest day. `other_methods_ratio` and `_p`: arrests by
    other methods in the same place and days, over what is expected of them, and the chance of as many.
    `surroundings_ratio` and `_p`: the measure in the rest of the area (the AOR of an office or county, the
    nation of an AOR or state). `before_ratio`: the measure in the 28 days before, over what is expected;
    `backlog_ratio`: the burst's excess over what those days lack (about 1: it makes up for them).
    `operation_share`: share of the burst's rows that carry an operation mark; `usual_operation_share`: of
    all the place's rows.
    """

    top_day_share: float | None = None
    other_methods_ratio: float | None = None
    other_methods_p: float | None = None
    surroundings_ratio: float | None = None
    surroundings_p: float | None = None
    before_ratio: float | None = None
    backlog_ratio: float | None = None
    ratio: float | None = None
    operation_share: float | None = None
    usual_operation_share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, rounded."""
        return {name: None if v is None else float(f"{v:.4g}") for name, v in vars(self).items()}


def flags_of(is_thin: bool, found: Corroboration) -> tuple[str, ...]:
    """Short names of what a reader must know of a burst; each is explained in the method page."""
    others_rise = _below(found.other_methods_p, _RAISED_P)
    around_rises = _below(found.surroundings_p, _RAISED_P)
    in_one_day = found.top_day_share is not None and found.top_day_share >= _ONE_DAY_SHARE
    same_factor = (
        found.ratio is not None
        and found.other_methods_ratio is not None
        and found.ratio <= _SAME_FACTOR * found.other_methods_ratio
    )
    quiet_before = _below(found.before_ratio, _QUIET_BEFORE)
    makes_up = found.backlog_ratio is not None and _MAKES_UP[0] <= found.backlog_ratio <= _MAKES_UP[1]
    like_typing = (others_rise and same_factor) or (quiet_before and makes_up)
    artefact = in_one_day and not around_rises and like_typing
    names = {
        "thin_baseline": is_thin,
        "in_one_day": in_one_day,
        "other_methods_rise_too": others_rise,
        "surroundings_rise_too": around_rises,
        "quiet_before": quiet_before,
        "possible_coding_artefact": artefact,
    }
    return tuple(name for name, holds in names.items() if holds)


def _below(value: float | None, bound: float) -> bool:
    return value is not None and value < bound


@dataclass(frozen=True)
class _Series:
    """Counts by day of some places, and what is expected of them."""

    places: list[str]
    counts: Floats
    expected: Floats
    dispersion: Floats

    def ratio_and_p(self, found: Windows) -> tuple[Floats, Floats]:
        """Observed over expected in each window, and the chance of as many."""
        seen, due = sums_between(self.counts, found), sums_between(self.expected, found)
        phi = self.dispersion[found.series, np.minimum(found.end - found.start, self.dispersion.shape[1] - 1)]
        return (seen + 0.5) / (due + 0.5), mid_tail(seen, np.maximum(due, 1e-6), phi)


def _series(places: list[str], counts: Floats, days: NDArray[np.datetime64], found: Windows) -> _Series:
    """Expectations with the bursts themselves left out."""
    base = fit_baseline(
        counts,
        cycle=weekdays(days),
        classes=day_classes(days),
        guard=DAYS.guard,
        reach=DAYS.reach,
        lengths=DAYS.lengths,
        set_aside=covered_by(found, counts.shape),
    )
    return _Series(places, counts, np.where(np.isfinite(counts), base.expected, 0.0), base.dispersion)


def region_of(by: str) -> tuple[str, dict[str, str]]:
    """The level of the surroundings, and the region of each place."""
    if by == "office":
        return "aor", lookup("offices", "office", "aor")
    if by == "county":
        return "aor", lookup("counties", "fips", "aor")
    return "nation", {}


def _windows(spans: list[tuple[str, dt.date, dt.date]], places: list[str], days: Any) -> Windows:
    """Spans (place, first and last day) as windows of the days covered."""
    row = {place: i for i, place in enumerate(places)}
    n = len(days)
    start = [int(np.clip(np.searchsorted(days, np.datetime64(a)), 0, n - 1)) for _, a, _ in spans]
    end = [int(np.clip(np.searchsorted(days, np.datetime64(b), "right") - 1, 0, n - 1)) for _, _, b in spans]
    first = np.array(start, dtype=np.int64)
    last = np.maximum(np.array(end, dtype=np.int64), first)
    return Windows(np.array([row[p] for p, _, _ in spans], dtype=np.int64), first, last, np.zeros(len(spans)))


def corroborations(
    store: Store,
    spans: list[tuple[str, dt.date, dt.date]],
    *,
    by: str,
    measure: str,
    scheme: str,
    engine: str = "polars",
) -> list[Corroboration]:
    """The corroboration of each burst, given as (place, first day, last day)."""
    if not spans:
        return []
    about = measure_of(measure)
    is_part = about.table == "arrests" and measure != "arrests"
    wanted = list(dict.fromkeys([measure, "arrests"] if is_part else [measure]))
    chosen = sorted({place for place, _, _ in spans})
    options: dict[str, Any] = {"scheme": scheme, "engine": engine}
    counted = panel(store, by=by, every="day", measures=wanted, places=chosen, **options)
    counts, places, periods = counted.matrix(measure)
    days = as_days(periods, counts.shape[1])
    found = _windows(spans, places, days)
    own = _series(places, counts, days, found)
    ratio, _ = own.ratio_and_p(found)
    columns: dict[str, Any] = {"ratio": ratio, "top_day_share": _top_day_share(counts, found)}
    columns["before_ratio"], columns["backlog_ratio"] = _before(own, found)
    if is_part:
        others = _series(places, counted.matrix("arrests")[0] - counts, days, found)
        columns["other_methods_ratio"], columns["other_methods_p"] = others.ratio_and_p(found)
    if by != "nation":
        around = _surroundings(store, own, found, days, by, measure, options)
        columns["surroundings_ratio"], columns["surroundings_p"] = around
    if about.table == "arrests":
        marks = _marks(store, about, by, options, spans, chosen)
        columns["operation_share"], columns["usual_operation_share"] = marks
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    return [Corroboration(**{k: _finite(v) for k, v in zip(names, row, strict=True)}) for row in rows]


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _top_day_share(counts: Floats, found: Windows) -> Floats:
    """Share of each window's events on its busiest day."""
    tops = [
        np.nanmax(np.append(counts[s, a : b + 1], 0.0))
        for s, a, b in zip(found.series, found.start, found.end, strict=True)
    ]
    share: Floats = np.array(tops) / np.maximum(sums_between(counts, found), 1.0)
    return share


def _before(own: _Series, found: Windows) -> tuple[Floats, Floats]:
    """The days before each window: observed over expected, and the window's excess over what they lack.

    NaN where the record does not reach back or little is expected.
    """
    start = np.maximum(found.start - DAYS_BEFORE, 0)
    before = Windows(found.series, start, np.maximum(found.start - 1, 0), found.p)
    due, seen = sums_between(own.expected, before), sums_between(own.counts, before)
    known = (found.start >= DAYS_BEFORE) & (due >= _LEAST_BEFORE)
    excess = sums_between(own.counts, found) - sums_between(own.expected, found)
    lack = due - seen
    ratio = np.where(known, seen / np.maximum(due, 1.0), np.nan)
    backlog = np.where(known & (lack > 0), excess / np.maximum(lack, 1e-9), np.nan)
    return ratio, backlog


def _surroundings(
    store: Store, own: _Series, found: Windows, days: Any, by: str, measure: str, options: dict[str, Any]
) -> tuple[Floats, Floats]:
    """The measure in the rest of the region: ratio to expected, and the chance of as many; NaN if unknown."""
    level, region = region_of(by)
    blank = np.full(found.p.shape, np.nan)
    try:
        counted = panel(store, by=level, every="day", measures=[measure], **options)
    except CoverageError:  # releases of some places do not cover the region around them
        return blank, blank
    counts, regions, periods = counted.matrix(measure)
    if len(periods) != days.size:
        return blank, blank
    row = {name: i for i, name in enumerate(regions)}
    home = np.array([row.get(region.get(p, NATION), -1) for p in own.places], dtype=np.int64)
    rest = _series(own.places, np.maximum(counts[home] - np.nan_to_num(own.counts), 0.0), days, found)
    ratio, p = rest.ratio_and_p(found)
    known = home[found.series] >= 0
    return np.where(known, ratio, np.nan), np.where(known, p, np.nan)


def _marks(
    store: Store,
    about: Measure,
    by: str,
    options: dict[str, Any],
    spans: list[tuple[str, dt.date, dt.date]],
    chosen: list[str],
) -> tuple[list[float | None], list[float | None]]:
    """Share of rows with an operation mark, in each burst and in its place over all days."""
    read = ["date", "method", "operation_mark", *(name for name, _ in about.equals)]
    read += [PLACE_COLUMN[by]] if PLACE_COLUMN[by] else []
    marked = pl.col("n").filter(pl.col("operation_mark").fill_null(False)).sum()
    rows = compact(store, "arrests", read, options["engine"])
    daily = (
        only_counted(rows.lazy(), about, options["scheme"])
        .with_columns(place_of(by).alias("place"))
        .filter(pl.col("place").is_in(chosen))
        .group_by("place", "date")
        .agg(pl.col("n").sum().cast(pl.Int64), marked.cast(pl.Int64).alias("marked"))
        .collect()
    )
    total = daily.group_by("place").agg(pl.col("n", "marked").sum())
    usual = {p: m / n if n else None for p, n, m in total.select("place", "n", "marked").iter_rows()}
    bursts = pl.DataFrame(
        {"place": [s[0] for s in spans], "first": [s[1] for s in spans], "last": [s[2] for s in spans]}
    ).with_row_index("i")
    inside = (
        bursts.join(daily, on="place", how="left")
        .filter(pl.col("date").is_between(pl.col("first"), pl.col("last")))
        .group_by("i")
        .agg(pl.col("n", "marked").sum())
    )
    share = {i: m / n if n else None for i, n, m in inside.select("i", "n", "marked").iter_rows()}
    return [share.get(i) for i in range(len(spans))], [usual.get(s[0]) for s in spans]
