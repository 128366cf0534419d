"""Conformal inference over time: does the target's own past make the values after the change surprising?

Chernozhukov, Wuethrich and Zhu (2021). Under a supposed effect, taken off the values after the change, the
unit is fitted on ALL periods; if the supposition holds, the residuals after the change are like those
before, and cyclic shifts of the residual series give a p-value. All suppositions of a grid are targets of
one batched fit. It needs no other unit to be like the target in noise, but the residuals must be stationary
over time; the placebo intervals of `counterfactual` need the reverse. See the benchmark for the coverage of
both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.effects.arrays import Periods, Setting, check_level, prepare
from atlarge.effects.fit import noise_penalty
from atlarge.effects.results import Result
from atlarge.effects.simplex import simplex_weights
from atlarge.effects.smooth import smooth_simplex_weights
from atlarge.effects.typing import Floats


@dataclass(frozen=True, repr=False)
class Conformal(Result):
    """A constant effect per period, judged by the unit's own past. Returned by `conformal_effect`.

    Attributes
    ----------
    p : float
        p-value of no effect at all.
    effect_low, effect_high : float
        Interval of the effect, summed over the post-periods; infinite where the grid ends inside it.
    grid, p_values : array [points + 1]
        Supposed effects per period, and the p-value of each.
    """

    p: float
    effect_low: float
    effect_high: float
    grid: Floats
    p_values: Floats


def conformal_effect(
    y: ArrayLike,
    treated: int | Sequence[int],
    pre: Periods,
    post: Periods | None = None,
    donors: ArrayLike | None = None,
    *,
    scale: str = "auto",
    level: float = 0.9,
    points: int = 81,
) -> Conformal:
    """Moving-block conformal p-value and interval for a constant effect per period.

    Parameters
    ----------
    y : array [N, T]
        Counts or rates of N units; NaN is missing.
    treated : int or sequence of int
        Row in question, or several whose sum is studied.
    pre : int, slice, indices or mask [T]
        Periods before the change; a number means the first ones.
    post : int, slice, indices or mask [T], optional
        Periods after it; left out: all after the last of `pre`.
    donors : bool array [N], optional
        Units that may serve as comparison; leave out all that changed themselves.
    scale : str
        As of `counterfactual`.
    level : float
        Of the interval.
    points : int
        Supposed effects tried, over five times the mean before (or the spread) around the estimate.

    Returns
    -------
    Conformal
        p of no effect, and the interval of the total effect in units of y.

    Raises
    ------
    QuestionError
        As `counterfactual`.

    Notes
    -----
    Chernozhukov, Wuethrich and Zhu (2021), J. Am. Stat. Assoc. 116; the fit is by simplex weights.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(7).poisson(20, (12, 36)).astype(float)
    >>> y[0, 24:] += 15
    >>> found = conformal_effect(y, 0, pre=24)
    >>> found.p < 0.05, found.effect_low < 12 * 15 < found.effect_high
    (True, True)
    """
    check_level(level)
    setting = prepare(y, treated, pre, post, donors, scale)
    used = setting.pre | setting.post
    after = setting.post[used]
    x = setting.scaled[:, used]
    size = setting.y[:, setting.pre].mean(1) if setting.is_relative else np.ones(len(x))
    first = x[0] - _weights(x[:1], x, size)[0] @ x[1:]
    reach = 2.5 * max(1.0, float(np.abs(first).max())) if setting.is_relative else 6 * float(first.std())
    centre = float(first[after].mean() * len(after) / max(1, (~after).sum()))
    grid = np.concatenate([[0.0], centre + np.linspace(-reach, reach, points)])
    supposed = x[0][None, :] - grid[:, None] * after[None, :]
    residual = supposed - _weights(supposed, x, size) @ x[1:]
    p_values = shift_p(residual, after)
    order = np.argsort(grid)
    return _interval(setting, grid[order], p_values[order], float(p_values[0]), level)


def _weights(targets: Floats, x: Floats, size: Floats) -> Floats:
    allowed = np.ones((len(targets), len(x) - 1), dtype=bool)
    cost = noise_penalty(size, x.shape[1])
    if cost is None:
        return simplex_weights(targets, x[1:], allowed)
    return smooth_simplex_weights(targets, x[1:], allowed, cost[1:])


def shift_p(residual: Floats, after: NDArray[np.bool_]) -> Floats:
    """Share of cyclic shifts of each residual row [G, T] with mean |residual| after the change as large as
    seen."""
    n = residual.shape[1]
    index = (np.arange(n)[None, :] + np.arange(n)[:, None]) % n
    shifted = np.abs(residual)[:, index][:, :, after].sum(2)
    return np.asarray((shifted >= shifted[:, :1] - 1e-12).mean(1))


def _interval(setting: Setting, grid: Floats, p_values: Floats, p: float, level: float) -> Conformal:
    unit = float(setting.unit[0])
    kept = np.flatnonzero(p_values > 1 - level)
    n = int(setting.post.sum())
    low = high = float("nan")
    if len(kept):
        low = -np.inf if kept[0] == 0 else float(grid[kept[0]]) * unit * n
        high = np.inf if kept[-1] == len(grid) - 1 else float(grid[kept[-1]]) * unit * n
    return Conformal(p, low, high, grid * unit, p_values)
