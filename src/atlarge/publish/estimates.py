"""What may be printed of an answer's estimates.

An expected count is the place's discounted share before the policy times what the comparison places had.
Whoever knows the one can work back to the other: in a store of few places to the total of the others, from
many places to a small count of the months just before the policy. Such estimates are not printed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atlarge.disclosure.suppression import SPREAD
from atlarge.disclosure.table import SHOWN
from atlarge.effects.shares import USUAL
from atlarge.explain.answer import Answer, Interval, Series

FEWEST_PLACES = 30
"""With fewer comparison places their total, and with it one of them, could follow from an expected count."""

PRECISION = 0.01
"""How well, relative to its size, a reader may know the discounted share behind an estimate: that well the
total of many places, which stands on no page."""

FEWEST_HIDDEN = 4
"""So many suppressed months that weigh in a share hide each other; of fewer, one could follow from it."""

_DIGIT = 0.1
"""What the last printed digit of a month's expected count is worth."""


def _influence(n: int) -> NDArray[np.float64]:
    """Weights of n past months, latest first, in the count expected for the next month; they sum to 1."""
    age = np.arange(n)
    each = [decay**age / (decay**age).sum() for decay in USUAL.decay]
    return np.asarray(np.mean(each, axis=0))


def _reach(threshold: int) -> int:
    """Number of past months in which a small count would change the last digit of an expected one."""
    return int((_influence(120) * (threshold - 1) >= _DIGIT).sum())


def gives_a_month_away(series: Series, start: dt.date, threshold: int) -> bool:
    """Whether a small count before the policy could be deduced from the counts expected after it."""
    past = [v for p, v in zip(series.period, series.observed, strict=True) if p < start and v is not None]
    counts = np.array(past[::-1], dtype=float)
    is_small = (counts > 0) & (counts < threshold)
    if not 0 < is_small[: _reach(threshold)].sum() < FEWEST_HIDDEN:
        return False
    age = np.arange(len(counts))
    weight = np.mean([decay**age / (decay**age @ counts) for decay in USUAL.decay], axis=0)
    return bool((is_small & (weight * SPREAD > PRECISION)).any())


def is_closed(answer: Answer, threshold: int) -> bool:
    """Whether no estimate of an answer may be printed."""
    if (answer.pre_fit.get("donors") or 0) < FEWEST_PLACES:
        return True
    main = [s for s in answer.series if s.measure == answer.measure and s.area == answer.area]
    return any(gives_a_month_away(s, answer.start, threshold) for s in main)


def printable(answer: Answer, marks: Mapping[str, Sequence[str]], threshold: int) -> Answer:
    """The answer with only those estimates that reveal no count. `marks`: those of each drawn series'
    periods, by measure.

    What was expected of a month before the policy follows the months just before it, one by one; it goes
    where one of these is suppressed and would move its last digit. The gaps of single comparison places never
    stay.
    """
    if is_closed(answer, threshold):
        return _without(answer)
    series, none, closed = [], Interval(None), set()
    for one in answer.series:
        found = marks.get(one.measure)
        if gives_a_month_away(one, answer.start, threshold):
            closed.add((one.measure, one.area))
            series.append(_blank(one))
        elif found is not None and len(found) == len(one.period):
            series.append(_masked(one, found, answer.start, _reach(threshold)))
        else:
            series.append(one)
    spans = [
        replace(s, counterfactual=none, effect=none, mde=None) if (s.measure, s.area) in closed else s
        for s in answer.spans
    ]
    main = [s for s in series if s.measure == answer.measure and s.area == answer.area]
    known = {p for s in main for p, v in zip(s.period, s.counterfactual, strict=True) if v is not None}
    points = [p if p.start in known else replace(p, effect=none) for p in answer.event_time]
    return replace(answer, series=series, spans=spans, event_time=points, placebos=[])


def _masked(series: Series, marks: Sequence[str], start: dt.date, reach: int) -> Series:
    """Without what was expected of a month before the policy that follows a suppressed one closely."""
    hidden = [mark != SHOWN for mark in marks]
    keep = [p >= start or not any(hidden[max(0, k - reach) : k]) for k, p in enumerate(series.period)]
    return _blank(series, keep)


def _blank(series: Series, keep: Sequence[bool] | None = None) -> Series:
    """A series with the estimates of some periods only; of none without `keep`."""
    stays = [False] * len(series.period) if keep is None else keep

    def of(values: list[float | None]) -> list[float | None]:
        return [v if stay else None for v, stay in zip(values, stays, strict=True)]

    kept = of(series.counterfactual), of(series.low), of(series.high)
    return replace(series, counterfactual=kept[0], low=kept[1], high=kept[2])


def _without(answer: Answer) -> Answer:
    """The answer with its counts and verdicts, but no estimate."""
    none = Interval(None)
    return replace(
        answer,
        counterfactual=none,
        effect=none,
        mde=None,
        parts={},
        baseline=None,
        spans=[replace(s, counterfactual=none, effect=none, mde=None) for s in answer.spans],
        series=[_blank(s) for s in answer.series],
        placebos=[],
        event_time=[],
        sensitivity=[],
        schemes={name: {**figures, "effect": {}} for name, figures in answer.schemes.items()},
    )
