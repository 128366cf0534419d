"""Trend, substitution and what remains; the rate of substitution is learnt from all other places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlarge.effects import counterfactual
from atlarge.effects.decompose import Decomposition, Part, decompose, transfer_ratio
from atlarge.effects.pooling import Ratio
from atlarge.explain.answer import Interval
from atlarge.explain.data import Daily
from atlarge.explain.estimate import LEVEL, of_like_size
from atlarge.explain.periods import Months
from atlarge.policies import Registry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MIN_RATE_MEAN = 2.0
MIN_LIKE_UNITS = 5
RATE_METHOD = "did"  # dozens of places are studied for the rate, each from its own start


@dataclass(frozen=True)
class Parts:
    """The decomposition of one span, as intervals, with the rate and the loss that it rests on."""

    trend: Interval
    substitution: Interval
    residual: Interval
    effect: Interval
    loss: Interval
    elsewhere: Interval | None
    ratio: Ratio
    p_residual: float
    p_residual_high: float
    baseline: float

    def as_dict(self) -> dict[str, Interval]:
        """trend, substitution, residual."""
        return {"trend": self.trend, "substitution": self.substitution, "residual": self.residual}


@dataclass(frozen=True)
class _Unknown(Ratio):
    """A rate of which nothing is known but that it lies between none and `cap`."""

    cap: float = 1.0

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Even draws from none to the cap."""
        return np.asarray(self.cap * rng.random(size))


def unknown_ratio(places: int, cap: float) -> Ratio:
    """A rate that `places` places could not tell, from none to `cap` (1: all)."""
    return _Unknown(0.5 * cap, float("nan"), float("nan"), 0.0, cap, places, False, cap)


def _interval(part: Part) -> Interval:
    return Interval(part.value, part.low, part.high)


def learn_rate(
    outcome: Daily,
    exposure: Daily,
    key: str,
    months: Months,
    changed: set[str],
    policies: Registry,
    own: set[str] | None = None,
) -> Ratio:
    """Share of lost handoffs that turned up at large, pooled over all other places that limited cooperation.

    Both series by calendar month over all the records, so that each place is studied from its own start. The
    place `key` itself gives nothing but the size of error to expect, and units of the codes `own` nothing at
    all. Raises QuestionError where the place itself cannot be studied.
    """
    y, firsts = outcome.calendar()
    x, _ = exposure.calendar()
    row = outcome.keys.index(key)
    first, last = months.bounds(months.life)
    pre = np.array([day < first.replace(day=1) for day in firsts])
    post = np.array([first.replace(day=1) <= day <= last for day in firsts])
    starts = policies.starts(outcome.keys, firsts, "limits").month
    donors = (starts < 0) & _not_in(outcome.keys, changed)
    donors = of_like_size([y[:, pre], x[:, pre]], row, donors)
    starts = np.where(np.nan_to_num(x[:, pre].mean(1)) >= MIN_RATE_MEAN, starts, -1)
    if own:
        starts = np.where(_not_in(outcome.keys, own), starts, -1)
    starts = _of_like_records(outcome.keys, row, starts)
    main = counterfactual(y, row, pre, post, donors, method=RATE_METHOD, level=LEVEL)
    path = counterfactual(x, row, pre, post, donors, method=RATE_METHOD, level=LEVEL)
    return transfer_ratio(y, x, starts, row, donors, main, path, method=RATE_METHOD, level=LEVEL)


def _of_like_records(keys: tuple[str, ...], row: int, starts: Ints) -> Ints:
    """Starts of the units that are recorded as unit `row` is: with an office area, or without one.

    Where records name office areas, a county alone holds but part of its arrests, and of those that replace
    lost handoffs. All units where fewer than `MIN_LIKE_UNITS` are alike.
    """
    has_office = np.array(["+" in key for key in keys])
    alike = np.where(has_office == has_office[row], starts, -1)
    return alike if (np.delete(alike, row) >= 0).sum() >= MIN_LIKE_UNITS else starts


def _not_in(keys: tuple[str, ...], changed: set[str]) -> NDArray[np.bool_]:
    return np.array([not changed.intersection(key.split("+")) for key in keys])


def donors_of(
    series: Sequence[Floats], row: int, keys: tuple[str, ...], months: Months, changed: set[str]
) -> NDArray[np.bool_]:
    """Comparison units [N] for all of the series [N, T] together: none that changed, none much smaller."""
    return of_like_size([y[:, months.pre] for y in series], row, _not_in(keys, changed))


def parts_of(
    outcome: Daily,
    exposure: Daily,
    around: Daily | None,
    key: str,
    months: Months,
    changed: set[str],
    ratio: Ratio | None,
    span: str = "policy",
) -> Parts:
    """Decompose the outcome of unit `key` over a span; all arrays have the same rows.

    `around`: handoffs recorded for the office area of each unit: a clear gain there is taken for
    relabelling, not for loss. Raises QuestionError as the estimates do.
    """
    y, x = outcome.binned(months), exposure.binned(months)
    row = outcome.keys.index(key)
    donors = donors_of([y, x], row, outcome.keys, months, changed)
    found: Decomposition = decompose(
        y,
        x,
        row,
        months.pre,
        months.span(span),
        donors,
        ratio=ratio,
        elsewhere=None if around is None else around.binned(months),
        level=LEVEL,
    )
    days = np.array(months.days, dtype=float)
    mask = months.span(span)
    # the engine's baseline counts periods as equal; the last one of a policy's life may be short
    baseline = float(y[row, months.pre].sum() / days[months.pre].sum() * days[mask].sum())
    shift = found.baseline - baseline
    return Parts(
        trend=Interval(*(v + shift for v in (found.trend.value, found.trend.low, found.trend.high))),
        substitution=_interval(found.substitution),
        residual=_interval(found.residual),
        effect=_interval(found.effect),
        loss=_interval(found.loss),
        elsewhere=None if found.elsewhere is None else _interval(found.elsewhere),
        ratio=found.ratio,
        p_residual=found.p_residual,
        p_residual_high=found.p_residual_high,
        baseline=baseline,
    )
