"""What is expected of each series at each time: level around it x weekday x holiday, and how it scatters.

The level at a time is what the times around it show, on both sides, leaving out the nearest ones, so that a
burst does not raise its own yardstick. All series at once, by cumulated sums; nothing is fitted one by one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from atlarge.surveillance.validation import Floats, Ints, running_total, sums_from

PRIOR_EVENTS = 5.0  # shrinks the level to the mean of the series, with the weight of so many events
CALENDAR_PRIOR_EVENTS = 20.0  # shrinks a thin series' weekday pattern to the pattern of all
DISPERSION_PRIOR_WINDOWS = 20.0  # and its dispersion to the dispersion of all
_ROUNDS = 4
_TRUNCATE_AT_SD = 2.5
_SMALLEST_FACTOR = 1e-3


@dataclass(frozen=True)
class Baseline:
    """Expected counts and scatter.

    `expected` [series, T]; `calendar` [series, T]: the weekday and holiday factor in it; `dispersion`
    [series, L]: variance of a window of 1..L times over its mean, prediction error included, never below 1;
    `support` [series, T]: events in the times that the level rests on; `weights` [series, T]: 0 where not
    observed or excluded as part of a burst.
    """

    expected: Floats
    calendar: Floats
    dispersion: Floats
    support: Floats
    weights: Floats


def _around(values: Floats, guard: int, reach: int) -> Floats:
    """Sums over the times from guard + 1 to reach away on both sides, [series, T]."""
    n = values.shape[1]
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    t = np.arange(n)

    def between(low: Ints, high: Ints) -> Floats:
        low, high = np.clip(low, 0, n), np.clip(high, 0, n)
        sums: Floats = total[:, np.maximum(high, low)] - total[:, low]
        return sums

    return between(t - reach, t - guard) + between(t + guard + 1, t + reach + 1)


def _level(y: Floats, factor: Floats, weights: Floats, guard: int, reach: int) -> tuple[Floats, Floats]:
    """The local level per unit of calendar factor, and the events it rests on."""
    events = _around(y * weights, guard, reach)
    exposure = _around(factor * weights, guard, reach)
    all_events = (y * weights).sum(axis=1, keepdims=True)
    all_exposure = (factor * weights).sum(axis=1, keepdims=True)
    overall = (all_events + PRIOR_EVENTS) / np.maximum(all_exposure, 1e-9)
    return (events + PRIOR_EVENTS) / (exposure + PRIOR_EVENTS / overall), events


def _class_effect(y: Floats, fitted: Floats, weights: Floats, classes: Ints, n: int) -> Floats:
    """Observed over fitted by class [series, n], each series drawn to the ratio over all series."""
    member = np.zeros((classes.size, n))
    member[np.arange(classes.size), classes] = 1.0
    seen, due = (y * weights) @ member, (fitted * weights) @ member
    pooled = (seen.sum(axis=0) + 0.5) / (due.sum(axis=0) + 0.5)
    effect: Floats = (seen + CALENDAR_PRIOR_EVENTS * pooled) / (due + CALENDAR_PRIOR_EVENTS)
    return np.maximum(effect, _SMALLEST_FACTOR)


def _factors(y: Floats, weights: Floats, cycle: Ints, classes: Ints, guard: int, reach: int) -> Floats:
    """Weekday (cycle) and holiday (class) factors [series, T], found in turn with the level."""
    n_cycle, n_class = int(cycle.max()) + 1, int(classes.max()) + 1
    by_cycle = np.ones((len(y), n_cycle))
    by_class = np.ones((len(y), n_class))
    ordinary = weights * (classes == 0)
    for _ in range(_ROUNDS):
        factor = by_cycle[:, cycle] * by_class[:, classes]
        level, _ = _level(y, factor, weights, guard, reach)
        if n_cycle > 1:
            by_cycle = _class_effect(y, level, ordinary, cycle, n_cycle)
            by_cycle /= by_cycle.mean(axis=1, keepdims=True)
        if n_class > 1:
            fitted = level * by_cycle[:, cycle]
            by_class = _class_effect(y, fitted, weights, classes, n_class)
            by_class = by_class / by_class[:, :1]
            by_class[:, 0] = 1.0
    result: Floats = by_cycle[:, cycle] * by_class[:, classes]
    return result


def _cut_sd(mean: Floats) -> Floats:
    """Standard deviations beyond which a window says nothing of ordinary scatter; wider for skewed counts."""
    return _TRUNCATE_AT_SD + 3.0 / (1.0 + 0.5 * mean)


@cache
def _kept_share() -> tuple[Floats, Floats, Floats]:
    """Share of phi left in windows within the cut, under the law itself, at log means and log phis."""
    from scipy.special import gammaln

    log_mean, log_phi = np.linspace(np.log(0.02), np.log(2000.0), 24), np.linspace(0.0, np.log(60.0), 16)
    share = np.empty((log_mean.size, log_phi.size))
    for i, mean in enumerate(np.exp(log_mean)):
        for j, phi in enumerate(np.maximum(np.exp(log_phi), 1.0 + 1e-4)):
            reach = float(_cut_sd(np.array(mean)) * np.sqrt(phi * mean))
            x = np.arange(max(0, math.ceil(mean - reach)), math.floor(mean + reach) + 1)
            size = mean / (phi - 1.0)
            log_chance = gammaln(x + size) - gammaln(size) - gammaln(x + 1.0)
            log_chance += x * math.log1p(-1.0 / phi) - size * math.log(phi)
            chance = np.exp(log_chance)
            share[i, j] = ((x - mean) ** 2 / mean * chance).sum() / (chance.sum() * phi)
    return log_mean, log_phi, share


def _corrected(part: Floats, phi: Floats, typical: Floats) -> Floats:
    """The dispersion of which `part` is left within the cut at `phi`."""
    log_mean, log_phi, share = _kept_share()
    a = (np.log(np.clip(typical, 0.02, 2000.0)) - log_mean[0]) / (log_mean[1] - log_mean[0])
    b = (np.log(np.clip(phi, 1.0, 60.0)) - log_phi[0]) / (log_phi[1] - log_phi[0])
    i = np.clip(a.astype(np.int64), 0, len(log_mean) - 2)
    j = np.clip(b.astype(np.int64), 0, len(log_phi) - 2)
    u, v = np.clip(a - i, 0.0, 1.0), np.clip(b - j, 0.0, 1.0)
    left = share[i, j] * (1 - v) + share[i, j + 1] * v
    right = share[i + 1, j] * (1 - v) + share[i + 1, j + 1] * v
    result: Floats = np.maximum(part / np.maximum(left * (1 - u) + right * u, 0.05), 1.0)
    return result


def _dispersion(y: Floats, expected: Floats, weights: Floats, lengths: int) -> Floats:
    """Variance over mean of window sums [series, lengths], from windows that are not far out.

    Pearson's estimate over the windows within the cut, corrected for the part cut off under a
    negative binomial law, repeated until it agrees with its own cut; then drawn to the pooled value where
    windows are few, and never below 1.
    """
    columns: list[Floats] = []
    typicals: list[Floats] = []
    totals = [running_total(v) for v in (expected * weights, y * weights, (weights > 0).astype(float))]
    for length in range(1, lengths + 1):
        due, seen, n_days = (sums_from(total, length) for total in totals)
        whole = n_days == length
        ratio = np.where(whole, (seen - due) ** 2 / np.maximum(due, 1e-12), 0.0)
        # Windows with a small expected count say little about dispersion, so they count for less.
        trust = np.where(whole, np.minimum(due, 1.0), 0.0)
        total = np.maximum(trust.sum(1), 1e-12)
        typical = (due * trust).sum(1) / total
        bound = _cut_sd(due) ** 2
        phi = np.maximum((ratio * trust).sum(1) / total, 1.0)
        for _ in range(8):
            inside = trust * (ratio <= bound * phi[:, None])
            part = (ratio * inside).sum(1) / np.maximum(inside.sum(1), 1e-12)
            phi = _corrected(part, phi, typical)
        trusted = trust.sum(1) / length
        pooled = (phi * trusted).sum() / max(trusted.sum(), 1e-12) if trusted.sum() > 1.0 else 1.5
        phi = (phi * trusted + pooled * DISPERSION_PRIOR_WINDOWS) / (trusted + DISPERSION_PRIOR_WINDOWS)
        columns.append(phi)
        typicals.append(typical)
    every = np.stack(columns, axis=1)
    # If windows of a length have almost no events, use the largest dispersion of any length.
    share = np.minimum(np.stack(typicals, axis=1), 1.0)
    mixed: Floats = share * every + (1.0 - share) * every.max(axis=1, keepdims=True)
    return np.maximum(mixed, 1.0)


def fit_baseline(
    counts: Floats,
    *,
    cycle: Ints,
    classes: Ints,
    guard: int,
    reach: int,
    lengths: int,
    set_aside: Floats | None = None,
) -> Baseline:
    """Fit all series at once.

    `cycle` [T] is the place in a cycle (day of the week; all 0 for none), `classes` [T] the class of day (0
    ordinary). The level at a time rests on the times from `guard` + 1 to `reach` away. `set_aside` [series,
    T], 1 where a burst was found before, leaves those out.
    """
    observed = np.isfinite(counts)
    y = np.where(observed, counts, 0.0)
    weights = observed.astype(np.float64)
    if set_aside is not None:
        weights = weights * (1.0 - set_aside)
    calendar = _factors(y, weights, cycle, classes, guard, reach)
    level, support = _level(y, calendar, weights, guard, reach)
    expected = level * calendar
    dispersion = _dispersion(y, expected, weights, lengths)
    return Baseline(expected, calendar, dispersion, support, weights)
