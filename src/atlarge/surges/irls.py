"""Quasi-Poisson log-linear fits with block levels and a common trend, many at once.

The design (block indicators and time) makes the normal equations an arrow, which is solved in closed form, so
that one iteration for a whole batch is one exponential and one matrix product. Iterations start, stop and
are weighted as in R's `glm`, so that results agree with it to many digits, not only in the limit.
Iteratively reweighted least squares: McCullagh and Nelder (1989), section 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.surges.arrays import Bools, Floats, Ints

_TOLERANCE = 1e-8
_MOST_ITERATIONS = 25
_SMALLEST_INFORMATION = 1e-300


@dataclass(frozen=True)
class Design:
    """Blocks and centred time of the rows, shared by a batch: `block` [n], `time` [n], `n_blocks`."""

    block: Ints
    time: Floats
    n_blocks: int

    @property
    def indicator(self) -> Floats:
        """Block indicators [n, n_blocks]."""
        return (self.block[:, None] == np.arange(self.n_blocks)[None, :]).astype(np.float64)


@dataclass(frozen=True)
class Fit:
    """A batch of fits: levels [F, G] and slope [F]; information of the last weighted step; what converged.

    `step_mean` [F, n] is the mean at which the last step was weighted; `block_weight` [F, G], `centre`
    [F, G] and `time_weight` [F] are that step's weighted block sums, mean times and sum of squares.
    """

    level: Floats
    slope: Floats
    mean: Floats
    step_mean: Floats
    block_weight: Floats
    centre: Floats
    time_weight: Floats
    converged: Bools


def _x_log_x(y: Floats) -> Floats:
    positive = np.maximum(y, 1.0)
    result: Floats = y * np.log(positive)
    return result


def _first_response(y: Floats) -> tuple[Floats, Floats]:
    """Weights and weighted working response of the first step, from means of y + 0.1."""
    start = y + 0.1
    return start, start * np.log(start) - 0.1


def fit_levels(y: Floats, weights: Floats, design: Design) -> Fit:
    """Block levels without a trend: every iteration is on block sums only. `y`, `weights` [F, n]."""
    indicator = design.indicator
    weight_sum, count_sum = weights @ indicator, (weights * y) @ indicator
    start, response = _first_response(y)
    constant = (weights * _x_log_x(y)).sum(axis=1) - count_sum.sum(axis=1)
    old = 2.0 * (constant - (weights * y * np.log(start)).sum(axis=1) + (weights * start).sum(axis=1))
    information = np.maximum((weights * start) @ indicator, _SMALLEST_INFORMATION)
    level = ((weights * response) @ indicator) / information
    settled = np.zeros(len(y), dtype=bool)
    step = np.full(level.shape, np.nan)  # level at which the last step was weighted; NaN: the start
    for turn in range(_MOST_ITERATIONS):
        if turn:
            mean_sum = np.maximum(weight_sum * np.exp(level), _SMALLEST_INFORMATION)
            moved = level + (count_sum - mean_sum) / mean_sum
            step = np.where(settled[:, None], step, level)
            information = np.where(settled[:, None], information, mean_sum)
            level = np.where(settled[:, None], level, moved)
        now = 2.0 * (constant - (count_sum * level).sum(axis=1) + (weight_sum * np.exp(level)).sum(axis=1))
        settled |= np.abs(now - old) / (np.abs(now) + 0.1) < _TOLERANCE
        if settled.all():
            break
        old = np.where(settled, old, now)
    at_start = np.isnan(step[:, :1])
    step_mean = np.where(at_start, start, np.exp(step)[:, design.block])
    zero = np.zeros(len(y))
    mean = np.exp(level)[:, design.block]
    return Fit(level, zero, mean, step_mean, information, np.zeros_like(level), zero, settled)


def fit_trend(y: Floats, weights: Floats, design: Design) -> Fit:
    """Block levels and one slope in time. `y`, `weights` [F, n]."""
    g, time = design.n_blocks, design.time
    indicator = design.indicator
    products = np.concatenate([indicator, indicator * time[:, None], (time**2)[:, None]], axis=1)
    counted = (weights * y) @ products
    count_sum, count_time = counted[:, :g], counted[:, g : 2 * g].sum(axis=1)
    start, response = _first_response(y)
    constant = (weights * _x_log_x(y)).sum(axis=1) - count_sum.sum(axis=1)
    old = 2.0 * (constant - (weights * y * np.log(start)).sum(axis=1) + (weights * start).sum(axis=1))
    first = (weights * response) @ products[:, : 2 * g]
    sums = (weights * start) @ products
    block, centre, across = _arrow(sums, g)
    slope = (first[:, g:].sum(axis=1) - (centre * first[:, :g]).sum(axis=1)) / across
    level = first[:, :g] / block - slope[:, None] * centre
    return _iterate(
        y, weights, design, products, start, (level, slope), (block, centre, across), old,
        (count_sum, count_time, constant),
    )  # fmt: skip


def _arrow(sums: Floats, g: int) -> tuple[Floats, Floats, Floats]:
    """Block weights, block mean times and the sum of squares of time within blocks."""
    block = np.maximum(sums[:, :g], _SMALLEST_INFORMATION)
    centre = sums[:, g : 2 * g] / block
    across = sums[:, 2 * g] - (centre * sums[:, g : 2 * g]).sum(axis=1)
    return block, centre, np.maximum(across, _SMALLEST_INFORMATION)


def _iterate(
    y: Floats,
    weights: Floats,
    design: Design,
    products: Floats,
    start: Floats,
    at: tuple[Floats, Floats],
    step: tuple[Floats, Floats, Floats],
    old: Floats,
    counts: tuple[Floats, Floats, Floats],
) -> Fit:
    """Newton steps from the first one on; fits that have settled leave the batch."""
    g = design.n_blocks
    level, slope = at
    block, centre, across = (part.copy() for part in step)
    mean, step_mean = np.empty_like(y), start
    settled = np.zeros(len(y), dtype=bool)
    active = np.arange(len(y))
    for turn in range(_MOST_ITERATIONS):
        a, s = level[active], slope[active]
        now_mean = np.exp(a[:, design.block] + s[:, None] * design.time)
        weighted = now_mean * weights[active]
        sums = weighted @ products
        count_sum, count_time, constant = (part[active] for part in counts)
        fitted = (count_sum * a).sum(axis=1) + count_time * s
        now = 2.0 * (constant - fitted + sums[:, :g].sum(axis=1))
        mean[active] = now_mean
        with np.errstate(invalid="ignore"):
            done = np.abs(now - old[active]) / (np.abs(now) + 0.1) < _TOLERANCE
        done |= ~np.isfinite(now)
        settled[active[done & np.isfinite(now)]] = True
        old[active] = now
        keep = ~done
        active = active[keep]
        if not active.size or turn == _MOST_ITERATIONS - 1:
            break
        step_mean[active] = now_mean[keep]
        b, c, x = _arrow(sums[keep], g)
        block[active], centre[active], across[active] = b, c, x
        gap = count_sum[keep] - sums[keep][:, :g]
        gap_time = count_time[keep] - sums[keep][:, g : 2 * g].sum(axis=1)
        moved = (gap_time - (c * gap).sum(axis=1)) / x
        slope[active] += moved
        level[active] += gap / b - moved[:, None] * c
    return Fit(level, slope, mean, step_mean, block, centre, across, settled)


def pearson(y: Floats, weights: Floats, fit: Fit, degrees: Floats) -> Floats:
    """Dispersion [F] from working residuals and the weights of the last step, as R's summary of a fit."""
    residual = (y - fit.mean) / fit.mean
    result: Floats = (weights * fit.step_mean * residual**2).sum(axis=1) / degrees
    return result


def leverage(weights: Floats, fit: Fit, design: Design) -> Floats:
    """Diagonal of the hat matrix [F, n] at the last step."""
    share = 1.0 / fit.block_weight[:, design.block]
    if fit.time_weight.any():
        away = design.time - fit.centre[:, design.block]
        share = share + away**2 / fit.time_weight[:, None]
    hat: Floats = weights * fit.step_mean * share
    return hat


def anscombe(y: Floats, fit: Fit, hat: Floats, phi: Floats) -> Floats:
    """Standardised Anscombe residuals [F, n] of a Poisson law (Davison and Snell 1991)."""
    sixth = np.cbrt(np.sqrt(fit.mean))
    raw = 1.5 * (np.cbrt(y) ** 2 / sixth - sixth**3)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled: Floats = raw / np.sqrt(phi[:, None] * (1.0 - hat))
    return scaled
