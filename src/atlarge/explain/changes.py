"""Find when a series changed without using any date, and whether a fall was only a change of label."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.calendar import month_start
from atlarge.effects import change_point, change_points
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError
from atlarge.explain.answer import Area, ChangeStrip, Interval, Plain
from atlarge.explain.daily import Daily
from atlarge.panel import measure as measure_of

Z = 1.645
RELABELLED_SHARE = 0.25
NEAR_DAYS = 366
MIN_WEEKS = 16
MIN_PER_WEEK = 2.0


@dataclass(frozen=True)
class Change(Plain):
    """A change of level: its first day with an interval, monthly means before and after, p of no change."""

    date: dt.date
    low: dt.date
    high: dt.date
    before: float
    after: float
    p: float


def changes_in(counts: Daily, key: str) -> list[Change]:
    """All changes of level in the record of a unit; no policy date is used.

    The months are cut into segments of one level each (PELT with a count cost); where a segment and its
    neighbour hold two records a week or more, the week of the change is then found by a likelihood scan. A
    change that cannot be dated is dropped and its neighbours are merged. The list is empty if there is no
    change, or too few months or no records.
    """
    row = counts.row(key)
    if row is None:
        return []
    values, firsts = counts.calendar()
    series = values[row]
    try:
        splits = change_points(series)
    except QuestionError:
        return []
    left_to_date = list(splits)
    known: dict[tuple[int, ...], Change | None] = {}
    while True:
        edges = [0, *left_to_date, len(firsts)]
        around = [tuple(edges[k - 1 : k + 2]) for k in range(1, len(edges) - 1)]
        for bounds in around:
            if bounds not in known:
                known[bounds] = _change(counts, row, series, firsts, *bounds)
        found = [known[bounds] for bounds in around]
        if None not in found:
            return [change for change in found if change is not None]
        del left_to_date[found.index(None)]


def _change(
    counts: Daily, row: int, series: Floats, firsts: list[dt.date], left: int, split: int, right: int
) -> Change | None:
    """Date one change between its neighbours, to the week if the records allow it, otherwise to the month."""
    before, after = float(np.nanmean(series[left:split])), float(np.nanmean(series[split:right]))
    start, stop = firsts[left], month_start(firsts[right - 1], 1)
    days = (stop - start).days
    try:
        if days >= MIN_WEEKS * 7 and np.nansum(series[left:right]) / (days / 7) >= MIN_PER_WEEK:
            weeks = [start + dt.timedelta(days=7 * k) for k in range(days // 7)]
            weekly = counts.sums(weeks, [w + dt.timedelta(days=7) for w in weeks])[row]
            found = change_point(weekly, min_size=4)
            return Change(weeks[found.index], weeks[found.low], weeks[found.high], before, after, found.p)
        found = change_point(series[left:right])
    except QuestionError:
        return None
    first, low, high = (firsts[left + k] for k in (found.index, found.low, found.high))
    return Change(first, low, high, before, after, found.p)


def nearest(changes: list[Change], day: dt.date, end: dt.date) -> Change | None:
    """The largest change from a year before the policy's first day to its end; None where there is none."""
    near = [c for c in changes if day - dt.timedelta(days=NEAR_DAYS) <= c.date < end]
    return max(near, key=lambda c: abs(c.after - c.before), default=None)


def strip_of(
    counts: Daily, key: str, area: Area, measure: str, day: dt.date, end: dt.date, shown_until: dt.date
) -> ChangeStrip | None:
    """The monthly series of a unit up to `shown_until`, its changes, and the one nearest to the policy.

    The changes are found without any date; `day` and `end` of the policy only choose which one is named
    first. None where the unit has no records at all. Of what is inferred no change of level is read.
    """
    counts = counts.recorded
    row = counts.row(key)
    if row is None or counts.n_days == 0:
        return None
    values, firsts = counts.calendar()
    series = values[row]
    shown = [k for k, month in enumerate(firsts) if month < shown_until]
    changes = changes_in(counts, key)
    main = nearest(changes, day, end)
    inside = np.array([month < end for month in firsts])
    return ChangeStrip(
        measure=measure,
        label=measure_of(measure).label,
        area=area,
        period=[firsts[k] for k in shown],
        value=[_finite(series[k]) for k in shown],
        date=main.date if main else None,
        low=main.low if main else None,
        high=main.high if main else None,
        before=main.before if main else _finite(float(np.nanmean(series[inside]))),
        after=main.after if main else None,
        p=main.p if main else None,
        changes=[change.to_dict() for change in changes],
    )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True)
class Relabelled:
    """Monthly change of jail handoffs from their own change on, and of those that name only the office area.

    `verdict` "fits": the area's gain is clear and makes up a quarter of the jail's fall or more; "does not
    fit": it is surely less than that; "cannot be told" otherwise, or where either is not recorded.
    """

    verdict: str
    since: dt.date | None
    jail: Interval
    around: Interval

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "verdict": self.verdict,
            "since": self.since.isoformat() if self.since else None,
            "jail_change": self.jail.to_dict(),
            "general_area_change": self.around.to_dict(),
            "note": "Handoffs a month from that month to the end of the policy, less those before it.",
        }


def relabelled(jail: Daily, around: Daily | None, key: str, since: dt.date, until: dt.date) -> Relabelled:
    """Compare the jail's own handoffs with those recorded for its office area, before and from `since`."""
    nothing = Interval(None)
    row = jail.row(key)
    if row is None or around is None:
        return Relabelled("cannot be told", since, nothing, nothing)
    values, firsts = jail.calendar()
    near, _ = around.calendar()
    month = since.replace(day=1)
    before = np.array([day < month for day in firsts])
    after = np.array([month <= day < until for day in firsts])
    if before.sum() < 3 or after.sum() < 2:
        return Relabelled("cannot be told", since, nothing, nothing)
    own, other = (_difference(v[row], before, after) for v in (values, near))
    return Relabelled(relabel_verdict(own, other), since, own, other)


def _difference(series: Floats, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Interval:
    """Mean after less mean before, with a 90% interval whose spread is that of the months themselves."""
    a, b = series[before], series[after]
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    value = float(b.mean() - a.mean())
    spread = [max(float(v.var(ddof=1)), float(v.mean())) / len(v) for v in (a, b)]
    reach = Z * float(np.sqrt(sum(spread)))
    return Interval(value, value - reach, value + reach)


def relabel_verdict(jail: Interval, around: Interval) -> str:
    """The rule of `Relabelled`; a jail that did not clearly fall has nothing to relabel."""
    if jail.high is None or around.low is None or around.high is None or jail.value is None:
        return "cannot be told"
    if jail.high >= 0:
        return "does not fit"
    needed = RELABELLED_SHARE * -jail.value
    if around.low > 0 and (around.value or 0.0) >= needed:
        return "fits"
    return "does not fit" if around.high < needed else "cannot be told"
