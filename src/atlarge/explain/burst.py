"""Bursts after a policy became known, and surges in an area's own series during the months studied."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from atlarge.effects import watch_bursts
from atlarge.effects.bursts import large_enough
from atlarge.explain.answer import Area, Interval
from atlarge.explain.daily import Daily
from atlarge.explain.estimate import Estimate
from atlarge.explain.quantities import ALPHA_BURST, Bursts, relative
from atlarge.explain.study import change_days
from atlarge.policies import Policy, Registry

WATCH_DAYS = 31
MOST_DAYS_BEFORE = 92  # a policy can be known long before it applies
ALPHA = 0.05


def surges_of(
    series: list[tuple[Area, Daily]], measure: str, start: dt.date, end: dt.date
) -> list[dict[str, Any]]:
    """Surges in the areas' own series between `start` and `end`, clearest first.

    Uses the daily scan of `atlarge.surges` with all records as baseline; the false-discovery rate covers the
    tests of these series only.
    """
    from atlarge.surveillance.holidays import day_classes, weekdays
    from atlarge.surveillance.scan import DAYS, scan

    found_rows = [(area, counts, counts.row(area.code)) for area, counts in series]
    rows = [(area, counts, row) for area, counts, row in found_rows if row is not None]
    if not rows:
        return []
    values = np.array([counts.of_rows(row) for _, counts, row in rows])
    first = rows[0][1].first
    days = np.datetime64(first) + np.arange(values.shape[1])
    tested = (days >= np.datetime64(start)) & (days <= np.datetime64(end))
    found = scan(
        values, cycle=weekdays(days), classes=day_classes(days), settings=DAYS, alpha=ALPHA, tested=tested,
        by_burst=False, wanted=ALPHA,
    ).bursts  # fmt: skip
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
    """For each span, the excess in surges as a share of the span's positive excess; None if it has none.

    A share above one means that the other days were below what was expected.
    """
    shares: dict[str, float | None] = {}
    for name, total in found.totals.items():
        first, last = found.months.bounds(found.months.span(name))
        previous = 0.0
        for surge in surges:
            a, b = dt.date.fromisoformat(surge["start"]), dt.date.fromisoformat(surge["end"])
            overlap = (min(b, last) - max(a, first)).days + 1
            if overlap > 0:
                previous += (surge["observed"] - surge["expected"]) * overlap / ((b - a).days + 1)
        value = total.effect.value or 0.0
        shares[name] = previous / value if value > 0 else None
    return shares


def watch_starts(policy: Policy) -> list[dt.date]:
    """Days on which the watch for bursts begins: when the policy became known, and when it took effect if
    that was more than a month later."""
    begin = [policy.known]
    if (policy.effective - policy.known).days > WATCH_DAYS:
        begin.append(policy.effective)
    return begin


def bursts_of(counts: Daily, key: str, level: str, policy: Policy, policies: Registry) -> Bursts | None:
    """The clearest run of days in the 31 days from the announcement (and from the first day, if later),
    tested against like watches of all places and dates. None where the place or its records do not allow
    it."""
    row = counts.row(key)
    if row is None:
        return None
    starts = watch_starts(policy)
    offsets = [(day - counts.first).days for day in starts]
    if offsets[-1] - offsets[0] > MOST_DAYS_BEFORE:
        offsets, starts = offsets[-1:], starts[-1:]
    changes = [
        (k, (day - counts.first).days)
        for k, day in change_days(level, counts.keys, policies, counts.first, counts.last)
    ]
    kept = large_enough(counts.totals, counts.n_days)
    kept[row] = True
    moved = np.array(changes, dtype=np.int64).reshape(-1, 2)
    moved = moved[kept[moved[:, 0]]]
    place = np.cumsum(kept) - 1  # position of each unit among those that are kept
    moved[:, 0] = place[moved[:, 0]]
    found = watch_bursts(
        counts.of_rows(np.flatnonzero(kept)),
        int(place[row]),
        offsets,
        WATCH_DAYS,
        changed=moved,
        alpha=ALPHA_BURST,
    )
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
        mde_relative=relative(found.mde, found.usual_month),
        start=None if found.start is None else day(found.start),
        end=None if found.stop is None else day(found.stop - 1),
        watch_start=starts[0],
        watch_end=starts[-1] + dt.timedelta(days=WATCH_DAYS - 1),
        usual_month=found.usual_month,
        score=found.score,
        places=found.n_same_days,
        elsewhere=found.elsewhere,
    )
