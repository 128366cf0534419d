"""Surges in the area's own series in the months of a question, and how much of an excess they hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from atlarge.explain.answer import Area
from atlarge.explain.data import Daily
from atlarge.explain.estimate import Estimate

ALPHA = 0.05


def surges_of(
    series: list[tuple[Area, Daily]], measure: str, start: dt.date, end: dt.date
) -> list[dict[str, Any]]:
    """Surges of the areas' own series on the days `start` to `end`, the clearest first.

    The day-level scan of `atlarge.surges` with the whole of the records as baseline; its false-discovery
    rate is over the tests of these series alone.
    """
    from atlarge.surges import scan
    from atlarge.surges.holidays import day_classes, weekdays
    from atlarge.surges.scan import DAYS

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
