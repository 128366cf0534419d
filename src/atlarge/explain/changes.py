"""When did a series change, without being told the date; and was a fall only a change of label?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.effects import change_point
from atlarge.errors import QuestionError
from atlarge.explain.answer import Area, ChangeStrip, Interval
from atlarge.explain.data import Daily
from atlarge.panel import measure as measure_of

Floats = NDArray[np.float64]
Z = 1.645
RELABELLED_SHARE = 0.25


def strip_of(
    counts: Daily, key: str, area: Area, measure: str, until: dt.date, shown_until: dt.date
) -> ChangeStrip | None:
    """The monthly series of a unit up to `shown_until`, and the one change in it up to `until`.

    The date of no policy enters. None where the unit has no records at all; no date where there are too few
    months or nothing but zeros.
    """
    row = counts.row(key)
    if row is None:
        return None
    values, firsts = counts.calendar()
    series = values[row]
    shown = [k for k, day in enumerate(firsts) if day < shown_until]
    inside = np.array([day < until for day in firsts])
    # a month cut by the end of the policy still counts: only whole calendar months are in the series
    period, value = [firsts[k] for k in shown], [_told(series[k]) for k in shown]
    label = measure_of(measure).label
    try:
        found = change_point(series[inside])
    except QuestionError:
        return ChangeStrip(measure, label, area, period, value, None, None, None, None, None, None)
    told = found.is_change
    return ChangeStrip(
        measure=measure,
        label=label,
        area=area,
        period=period,
        value=value,
        date=firsts[found.index] if told else None,
        low=firsts[found.low] if told else None,
        high=firsts[found.high] if told else None,
        before=found.before if told else float(np.nanmean(series[inside])),
        after=found.after if told else None,
        p=found.p,
    )


def _told(value: float) -> float | None:
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
    before = np.array([day < since for day in firsts])
    after = np.array([since <= day < until for day in firsts])
    if before.sum() < 3 or after.sum() < 2:
        return Relabelled("cannot be told", since, nothing, nothing)
    own, other = (_difference(v[row], before, after) for v in (values, near))
    return Relabelled(relabel_verdict(own, other), since, own, other)


def _difference(series: Floats, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Interval:
    """Mean after less mean before, with a 90 % interval whose spread is that of the months themselves."""
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
