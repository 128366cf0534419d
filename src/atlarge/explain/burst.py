"""Did a week stand out, against the place's own past and against the same weeks of all other places?

A burst of a few days is lost in a month's total and drowned in a policy's whole life. For every place the
run of days with the clearest excess is sought from the day that the policy was known of; the rank of the
target's excess among those of all places is its p-value, so that a national operation, which lifts many
places in the same week, does not make one of them stand out. The excess is over the place's own daily rate
before, or over that of the other days looked at where it is higher: a rise that lasts is no burst.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.effects import watch_bursts
from atlarge.effects.placebo import rank_p
from atlarge.explain.answer import Area, Interval
from atlarge.explain.data import Daily
from atlarge.explain.estimate import Estimate
from atlarge.explain.periods import Months
from atlarge.explain.quantities import ALPHA_BURST, Bursts
from atlarge.explain.study import change_days
from atlarge.policies import Policy, Registry

Floats = NDArray[np.float64]
WINDOWS_DAYS = (2, 4, 7)
MIN_PER_MONTH = 1.0
WATCH_DAYS = 31
MOST_DAYS_BEFORE = 92  # a policy can be known of for long before it applies
ALPHA = 0.05
FAR_ABOVE = 4.0  # as rare by chance as 4 standard deviations


@dataclass(frozen=True)
class Burst:
    """The clearest run of days of a place: counts, what its own past leads one to expect, and the share of
    places whose clearest run in the same months is at least as clear. `elsewhere`: other places with a run of
    their own, far above chance, that touches these days."""

    start: dt.date
    end: dt.date
    observed: float
    expected: float
    score: float
    p: float
    places: int
    elsewhere: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "observed": self.observed,
            "expected": round(self.expected, 2),
            "score": round(self.score, 2),
            "p_placebo": round(self.p, 4),
            "places": self.places,
            "elsewhere": self.elsewhere,
        }


def watched(policy: Policy, months: Months) -> tuple[dt.date, dt.date]:
    """First and last day that a burst is looked for: from the day the policy was known of (at most three
    months before it applied) to the end of the third month of its life."""
    begin, last = months.bounds(months.span("quarter"))
    return max(min(policy.known, begin), begin - dt.timedelta(days=MOST_DAYS_BEFORE), months.start[0]), last


def find_burst(
    counts: Daily, key: str, months: Months, days: tuple[dt.date, dt.date], usable: NDArray[np.bool_]
) -> Burst | None:
    """The clearest run of 2, 4 or 7 days within `days` (first, last), with its placebo p-value over `usable`
    units.

    Excess is the signed root of the Poisson deviance over the place's own dispersion of weeks before the
    policy. None where the place has no records before, or days are missing.
    """
    row = counts.row(key)
    if row is None:
        return None
    start, stop = (days[0] - counts.first).days, (days[1] - counts.first).days + 1
    before = (months.start[0] - counts.first).days, (months.bounds(months.pre)[1] - counts.first).days + 1
    pre = counts.values[:, before[0] : before[1]].astype(np.float64)
    rate = pre.mean(1)
    kept = np.isfinite(rate) & usable & (rate * 365.25 / 12 >= MIN_PER_MONTH)
    kept &= np.isfinite(counts.values[:, start:stop]).all(1)
    if not np.isfinite(rate[row]) or rate[row] <= 0 or not np.isfinite(counts.values[row, start:stop]).all():
        return None
    order = np.concatenate([[row], np.flatnonzero(kept & (np.arange(len(kept)) != row))])
    window = counts.values[order, start:stop].astype(np.float64)
    spread = _dispersion(pre[order], rate[order])
    found = {w: _scores(window, rate[order], spread, w) for w in WINDOWS_DAYS if w <= stop - start}
    score = np.max([scores.max(1) for scores in found.values()], axis=0)
    width = max(found, key=lambda w: float(found[w][0].max()))
    at = int(found[width][0].argmax())
    touching = [
        scores[1:, max(0, at - w + 1) : at + width].max(1) >= FAR_ABOVE for w, scores in found.items()
    ]
    day = days[0] + dt.timedelta(days=at)
    return Burst(
        start=day,
        end=day + dt.timedelta(days=width - 1),
        observed=float(window[0, at : at + width].sum()),
        expected=float(rate[row] * width),
        score=float(score[0]),
        p=rank_p(score),
        places=len(order) - 1,
        elsewhere=int(np.any(touching, axis=0).sum()),
    )


def _scores(window: Floats, rate: Floats, spread: Floats, width: int) -> Floats:
    """Score of every run of `width` days [rows x starts]; zero where it holds no more than expected."""
    total = np.concatenate([np.zeros((len(window), 1)), window.cumsum(1)], axis=1)
    seen = total[:, width:] - total[:, :-width]
    others = (window.sum(1)[:, None] - seen) / max(window.shape[1] - width, 1)
    expected = np.maximum(np.maximum(rate[:, None], others) * width, 1e-9)
    deviance = 2 * (seen * np.log(np.maximum(seen, 1e-9) / expected) - (seen - expected))
    return np.where(seen > expected, np.sqrt(np.maximum(deviance, 0.0) / spread[:, None]), 0.0)


def _dispersion(pre: Floats, rate: Floats) -> Floats:
    """Variance over mean of the weeks before, not below one."""
    weeks = pre.shape[1] // 7
    sums = pre[:, : weeks * 7].reshape(len(pre), weeks, 7).sum(2)
    mean = np.maximum(rate * 7, 1e-9)
    return np.asarray(np.maximum(1.0, ((sums - mean[:, None]) ** 2 / mean[:, None]).mean(1)))


def surges_of(
    series: list[tuple[Area, Daily]], measure: str, start: dt.date, end: dt.date
) -> list[dict[str, Any]]:
    """Surges of the areas' own series on the days `start` to `end`, the clearest first.

    The day-level scan of `atlarge.surges` with the whole of the records as baseline; its false-discovery
    rate is over the tests of these series alone.
    """
    from atlarge.surveillance.holidays import day_classes, weekdays
    from atlarge.surveillance.scan import DAYS, scan

    rows = [(area, counts, counts.row(area.code)) for area, counts in series]
    rows = [(area, counts, row) for area, counts, row in rows if row is not None]
    if not rows:
        return []
    values = np.array([counts.values[row] for _, counts, row in rows])
    first = rows[0][1].first
    days = np.datetime64(first) + np.arange(values.shape[1])
    tested = (days >= np.datetime64(start)) & (days <= np.datetime64(end))
    found = scan(
        values, cycle=weekdays(days), classes=day_classes(days), settings=DAYS, alpha=ALPHA, tested=tested
    ).bursts
    kept = [i for i in np.argsort(-found.score, kind="stable") if found.q[i] <= ALPHA]
    return [
        {
            "place": rows[int(found.series[i])][0].code,
            "place_name": rows[int(found.series[i])][0].name,
            "measure": measure,
            "start": str(days[found.start[i]]),
            "end": str(days[found.end[i]]),
            "observed": int(found.observed[i]),
            "expected": round(float(found.expected[i]), 2),
            "threshold": float(found.threshold[i]),
            "p": float(found.p[i]),
            "q": float(found.q[i]),
            "score": round(float(found.score[i]), 3),
            "rank": rank + 1,
        }
        for rank, i in enumerate(kept)
    ]


def burst_shares(found: Estimate, surges: list[dict[str, Any]]) -> dict[str, float | None]:
    """For each span, the excess of its surges over the span's own positive excess; None where there is none.

    More than one means that the surges held more than the whole excess: the other days ran below what was
    expected.
    """
    shares: dict[str, float | None] = {}
    for name, total in found.totals.items():
        first, last = found.months.bounds(found.months.span(name))
        held = 0.0
        for surge in surges:
            a, b = dt.date.fromisoformat(surge["start"]), dt.date.fromisoformat(surge["end"])
            overlap = (min(b, last) - max(a, first)).days + 1
            if overlap > 0:
                held += (surge["observed"] - surge["expected"]) * overlap / ((b - a).days + 1)
        value = total.effect.value or 0.0
        shares[name] = held / value if value > 0 else None
    return shares


def watch_starts(policy: Policy) -> list[dt.date]:
    """First days of the watch for bursts: the day the policy was known, and its first day where that came
    more than a month later."""
    begin = [policy.known]
    if (policy.effective - policy.known).days > WATCH_DAYS:
        begin.append(policy.effective)
    return begin


def bursts_of(counts: Daily, key: str, level: str, policy: Policy, policies: Registry) -> Bursts | None:
    """The clearest run of days in the 31 days from the announcement (and from the first day, if later),
    judged by like watches of all places and dates. None where the place or its records do not allow it."""
    row = counts.row(key)
    if row is None:
        return None
    starts = watch_starts(policy)
    offsets = [(day - counts.first).days for day in starts]
    if offsets[-1] - offsets[0] > MOST_DAYS_BEFORE:
        offsets, starts = offsets[-1:], starts[-1:]
    changes = [(k, (day - counts.first).days) for k, day in change_days(level, counts.keys, policies)]
    moved = np.array(changes, dtype=np.int64).reshape(-1, 2)
    found = watch_bursts(counts.values, row, offsets, WATCH_DAYS, changed=moved, alpha=ALPHA_BURST)
    if found is None:
        return None

    def day(index: int) -> dt.date:
        return counts.first + dt.timedelta(days=index)

    return Bursts(
        observed=found.observed,
        expected=found.expected,
        effect=Interval(found.observed - found.expected, found.low, found.high),
        p=found.p,
        p_material=found.p_material,
        material=found.usual_month,
        power=found.power,
        mde=found.mde,
        mde_relative=found.mde / found.usual_month if found.usual_month > 0 else None,
        start=None if found.start is None else day(found.start),
        end=None if found.stop is None else day(found.stop - 1),
        watch_start=starts[0],
        watch_end=starts[-1] + dt.timedelta(days=WATCH_DAYS - 1),
        usual_month=found.usual_month,
        score=found.score,
        places=found.n_same_days,
        elsewhere=found.elsewhere,
    )
