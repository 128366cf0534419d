"""When did a series change, found without being given the date.

One change: a likelihood scan over all split points. The counts before and after have their own mean; spread
beyond Poisson is carried by one dispersion factor. The p-value and the interval come from a parametric
bootstrap, so that they take account of the search over all dates. Several changes: the segmentation of least
penalised cost (PELT) with the same likelihood as cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.effects.arrays import as_series, check_level
from atlarge.effects.results import Result
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

MIN_PERIODS = 8


@dataclass(frozen=True, repr=False)
class ChangePoint(Result):
    """The level of a series changes once: when, and by how much. Returned by `change_point`.

    Attributes
    ----------
    index : int
        First period of the new level.
    low, high : int
        First and last index of its interval, both inside.
    before, after : float
        Mean per period; relative to `expected` where that was given, so that it is a factor.
    ratio : float or None
        after / before; None where before is 0.
    p : float
        Chance of as clear a change in a series without one.
    dispersion : float
        Variance over mean within the two segments.
    is_change : bool
        Whether p is at most `alpha`.
    """

    index: int
    low: int
    high: int
    before: float
    after: float
    ratio: float | None
    p: float
    dispersion: float
    is_change: bool


def change_point(
    y: ArrayLike,
    expected: ArrayLike | None = None,
    *,
    min_size: int = 3,
    level: float = 0.9,
    alpha: float = 0.05,
    draws: int = 499,
    seed: int = 0,
) -> ChangePoint:
    """Find the one most likely change in the level of a series of counts.

    Parameters
    ----------
    y : array [T]
        Counts; NaN is missing and not used.
    expected : array [T], optional
        What each period would hold at an unchanged level (season, trend of others), above 0; left out: 1.
    min_size : int
        Least number of periods on each side.
    level : float
        Of the interval of the date.
    alpha : float
        A change with p at most this is called one.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    ChangePoint
        First period of the new level, its interval, the levels and the p-value of no change.

    Raises
    ------
    QuestionError
        For fewer than 8 periods with records, or only zeros.

    Notes
    -----
    Likelihood scan of a step in Poisson means (Hawkins 2001) with a quasi-Poisson dispersion and a parametric
    negative binomial bootstrap.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> found = change_point(np.concatenate([rng.poisson(4, 20), rng.poisson(20, 20)]))
    >>> found.index, found.is_change
    (20, True)
    """
    check_level(level)
    counts, base, where = _inputs(y, expected, min_size)
    gain, left, right = scan_steps(counts[None], base, min_size)
    split = int(gain[0].argmax()) + min_size
    before, after = float(left[0, split - min_size]), float(right[0, split - min_size])
    mean = np.where(np.arange(len(counts)) < split, before, after) * base
    dispersion = pearson_dispersion(counts, mean, 2)
    rng = np.random.default_rng(seed)
    flat = base * counts.sum() / base.sum()
    flat_dispersion = pearson_dispersion(counts, flat, 1)
    none = _draw(rng, flat, min(flat_dispersion, max(dispersion, 1.0) * 1.5), draws)
    p = (1 + int((_top_gain(none, base, min_size) >= gain[0].max() / dispersion).sum())) / (draws + 1)
    low, high = _interval(rng, gain[0] / dispersion, mean, base, dispersion, split, min_size, level, draws)
    return ChangePoint(
        index=int(where[split]),
        low=int(where[low]),
        high=int(where[high]),
        before=before,
        after=after,
        ratio=after / before if before > 0 else None,
        p=p,
        dispersion=dispersion,
        is_change=p < alpha,
    )


def _inputs(
    y: ArrayLike, expected: ArrayLike | None, min_size: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    series = as_series(y, "y")
    base = np.ones_like(series) if expected is None else as_series(expected, "expected")
    if len(base) != len(series):
        raise QuestionError(f"y has {len(series)} periods and expected {len(base)}: they must be the same")
    where = np.flatnonzero(np.isfinite(series) & np.isfinite(base) & (base > 0))
    needed = max(MIN_PERIODS, 2 * min_size)
    if len(where) < needed:
        raise QuestionError(f"only {len(where)} of the periods have records: a change point needs {needed}")
    if not series[where].any():
        raise QuestionError("all values are zero: there is no change to find")
    return series[where], base[where], where


def scan_steps(counts: Floats, base: Floats, min_size: int) -> tuple[Floats, Floats, Floats]:
    """Twice the log-likelihood gain of each split, and the levels on both sides: [S, K] each, S series."""
    total = counts.cumsum(1)
    weight = base.cumsum()
    at = np.arange(min_size, counts.shape[1] - min_size + 1) - 1
    first, rest = total[:, at], total[:, -1:] - total[:, at]
    left, right = first / weight[at], rest / (weight[-1] - weight[at])
    whole = total[:, -1:] / weight[-1]
    gain = 2 * (_xlog(first, left) + _xlog(rest, right) - _xlog(total[:, -1:], whole))
    return gain, left, right


def _xlog(count: Floats, rate: Floats) -> Floats:
    return np.asarray(np.where(count > 0, count * np.log(np.maximum(rate, 1e-300)), 0.0))


def pearson_dispersion(counts: Floats, mean: Floats, n_levels: int) -> float:
    """Pearson dispersion, not below 1 (counts do not scatter less than Poisson here)."""
    good = mean > 0
    pearson = ((counts - mean)[good] ** 2 / mean[good]).sum()
    return max(1.0, float(pearson / max(1, good.sum() - n_levels)))


def _draw(rng: np.random.Generator, mean: Floats, dispersion: float, draws: int) -> Floats:
    """Counts [draws, T] with the given means and variance = dispersion x mean (negative binomial)."""
    shape = (draws, len(mean))
    if dispersion <= 1.0 + 1e-9:
        return rng.poisson(mean, shape).astype(np.float64)
    size = np.maximum(mean / (dispersion - 1.0), 1e-12)
    return rng.poisson(rng.gamma(size, dispersion - 1.0, shape)).astype(np.float64)


def _top_gain(sample: Floats, base: Floats, min_size: int) -> Floats:
    """Largest gain of each drawn series over its own dispersion."""
    gain, left, right = scan_steps(sample, base, min_size)
    best = gain.argmax(1)
    rows = np.arange(len(sample))
    split = best + min_size
    is_left = np.arange(sample.shape[1])[None, :] < split[:, None]
    mean = np.where(is_left, left[rows, best][:, None], right[rows, best][:, None]) * base
    pearson = np.where(mean > 0, (sample - mean) ** 2 / np.where(mean > 0, mean, 1.0), 0.0).sum(1)
    spread = np.maximum(1.0, pearson / (sample.shape[1] - 2))
    return np.asarray(gain[rows, best] / spread)


def _interval(
    rng: np.random.Generator,
    gain: Floats,
    mean: Floats,
    base: Floats,
    dispersion: float,
    split: int,
    min_size: int,
    level: float,
    draws: int,
) -> tuple[int, int]:
    """Range of splits whose likelihood is near enough to the best one, calibrated on redrawn series.

    In series drawn from the fitted step, the loss of likelihood at the true split against the best has a
    `level` quantile; the interval holds the splits that lose no more.
    """
    sample = _draw(rng, mean, dispersion, draws)
    drawn = scan_steps(sample, base, min_size)[0] / dispersion
    loss = drawn.max(1) - drawn[:, split - min_size]
    cut = float(np.quantile(loss, level))
    near = np.flatnonzero(gain.max() - gain <= cut + 1e-9)
    return int(near.min()) + min_size, int(near.max()) + min_size


def change_points(
    y: ArrayLike, expected: ArrayLike | None = None, *, min_size: int = 3, penalty: float | None = None
) -> list[int]:
    """First periods of the new levels where counts y [T] changed several times, by least penalised cost.

    Parameters
    ----------
    y : array [T]
        Counts; NaN where there is no record.
    expected : array [T], optional
        What each period would hold at an unchanged level.
    min_size : int
        Least number of periods of a level.
    penalty : float, optional
        Cost of a change in log-likelihood units; left out: 1.5 log(T) times the dispersion of neighbouring
        periods (a modified BIC: each change costs a level and a date).

    Returns
    -------
    list of int
        Empty where nothing changed. The segmentation is the exact optimum (Jackson and others 2005, which is
        what PELT finds too) under the Poisson likelihood.

    Examples
    --------
    >>> from atlarge.effects import change_points
    >>> change_points([5, 6, 4, 5, 6, 20, 22, 19, 21, 20])
    [5]
    """
    counts, base, where = _inputs(y, expected, min_size)
    rate = counts / base
    steps = np.diff(rate) ** 2 / np.maximum(rate[1:] + rate[:-1], 1e-12)
    dispersion = max(1.0, float(np.mean(steps)))
    each = 1.5 * np.log(len(counts)) * dispersion if penalty is None else penalty
    return [int(where[split]) for split in _optimal_splits(counts, base, min_size, float(each))]


def _optimal_splits(counts: Floats, base: Floats, least: int, penalty: float) -> list[int]:
    """Splits of least total cost, each segment at its own Poisson level; one vector step a period."""
    total = np.concatenate([[0.0], counts.cumsum()])
    weight = np.concatenate([[0.0], base.cumsum()])
    n = len(counts)
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.int64)
    best[0] = -penalty
    for end in range(least, n + 1):
        start = np.arange(0, end - least + 1)
        count, size = total[end] - total[start], weight[end] - weight[start]
        cost = best[start] + penalty - _xlog(count, count / size)
        last[end] = int(cost.argmin())
        best[end] = float(cost[last[end]])
    splits: list[int] = []
    at = int(last[n])
    while at > 0:
        splits.append(at)
        at = int(last[at])
    return splits[::-1]
