"""Quasi-Poisson log-linear fits with block levels and a common trend, many at once.

The design (block indicators and time) makes the normal equations an arrow, which is solved in closed form, so
that one iteration for a whole batch is one exponential and one matrix product. Iterations start, stop and
are weighted as in R's `glm`, so that results agree with it to many digits, not only in the limit.
Iteratively reweighted least squares: McCullagh and Nelder (1989), section 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from atlarge.surveillance.validation import Bools, Floats, Ints

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
        member: Floats = (self.block[:, None] == np.arange(self.n_blocks)[None, :]).astype(np.float64)
        return member


@dataclass(frozen=True)
class Rows:
    """Counts of a batch [F, n] and what every fit to them starts from; a missing count is 0, `present` 0.

    R starts from means of y + 0.1: `start`, its logarithm, and the working response there, weighted.
    """

    y: Floats
    present: Floats
    start: Floats
    log_start: Floats
    x_log_x: Floats

    def take(self, rows: Ints) -> Rows:
        """Some of the rows."""
        return Rows(*[getattr(self, f.name)[rows] for f in fields(self)])


def rows_of(past: Floats) -> Rows:
    """Rows from counts with NaN where missing."""
    present = np.isfinite(past)
    y = np.where(present, past, 0.0)
    start = y + 0.1
    return Rows(y, present.astype(np.float64), start, np.log(start), y * np.log(np.maximum(y, 1.0)))


@dataclass(frozen=True)
class Fit:
    """A batch of fits: levels [F, G] and slope [F]; information of the last weighted step; what converged.

    `eta` [F, n] is the log mean, and `step_mean` [F, n] the mean at which the last step was weighted;
    `block_weight` [F, G], `centre` [F, G] and `time_weight` [F] are that step's weighted block sums, mean
    times and sum of squares of time within blocks.
    """

    level: Floats
    slope: Floats
    eta: Floats
    mean: Floats
    step_mean: Floats
    block_weight: Floats
    centre: Floats
    time_weight: Floats
    converged: Bools


def _dot(a: Floats, b: Floats) -> Floats:
    """Row sums of products."""
    result: Floats = np.einsum("ij,ij->i", a, b)
    return result


def _deviance_at_start(rows: Rows, weights: Floats, constant: Floats) -> Floats:
    return 2.0 * (constant - _dot(weights * rows.y, rows.log_start) + _dot(weights, rows.start))


def fit_levels(rows: Rows, weights: Floats, design: Design) -> Fit:
    """Block levels without a trend: every iteration is on block sums only. `weights` [F, n]."""
    indicator = design.indicator
    weight_sum, count_sum = weights @ indicator, (weights * rows.y) @ indicator
    constant = _dot(weights, rows.x_log_x) - count_sum.sum(axis=1)
    old = _deviance_at_start(rows, weights, constant)
    weighted = weights * rows.start
    information = np.maximum(weighted @ indicator, _SMALLEST_INFORMATION)
    level = ((weighted * rows.log_start - 0.1 * weights) @ indicator) / information
    settled = np.zeros(len(weights), dtype=bool)
    step = np.full(level.shape, np.nan)  # level that gave the last step its weights; NaN at the start
    for turn in range(_MOST_ITERATIONS):
        if turn:
            mean_sum = np.maximum(weight_sum * np.exp(level), _SMALLEST_INFORMATION)
            moved = level + (count_sum - mean_sum) / mean_sum
            step = np.where(settled[:, None], step, level)
            information = np.where(settled[:, None], information, mean_sum)
            level = np.where(settled[:, None], level, moved)
        now = 2.0 * (constant - _dot(count_sum, level) + _dot(weight_sum, np.exp(level)))
        settled |= np.abs(now - old) / (np.abs(now) + 0.1) < _TOLERANCE
        if settled.all():
            break
        old = np.where(settled, old, now)
    step_mean = np.exp(step)[:, design.block]
    at_start = np.isnan(step[:, 0])
    step_mean[at_start] = rows.start[at_start]
    zero = np.zeros(len(weights))
    eta, mean = level[:, design.block], np.exp(level)[:, design.block]
    return Fit(level, zero, eta, mean, step_mean, information, np.zeros_like(level), zero, settled)


def fit_trend(rows: Rows, weights: Floats, design: Design) -> Fit:
    """Block levels and one slope in time. `weights` [F, n]."""
    g, time = design.n_blocks, design.time
    indicator = design.indicator
    products = np.concatenate([indicator, indicator * time[:, None], (time**2)[:, None]], axis=1)
    counted = (weights * rows.y) @ products[:, : 2 * g]
    count_sum, count_time = counted[:, :g], counted[:, g:].sum(axis=1)
    constant = _dot(weights, rows.x_log_x) - count_sum.sum(axis=1)
    old = _deviance_at_start(rows, weights, constant)
    weighted = weights * rows.start
    step = _arrow(weighted @ products, g)
    block, centre, across = step
    weighted *= rows.log_start
    weighted -= 0.1 * weights
    first = weighted @ products[:, : 2 * g]
    slope = (first[:, g:].sum(axis=1) - _dot(centre, first[:, :g])) / across
    level = first[:, :g] / block - slope[:, None] * centre
    counts = (count_sum, count_time, constant)
    return _iterate(rows, weights, design, products, (level, slope), step, old, counts)


def _arrow(sums: Floats, g: int) -> tuple[Floats, Floats, Floats]:
    """Block weights, block mean times and the sum of squares of time within blocks."""
    block = np.maximum(sums[:, :g], _SMALLEST_INFORMATION)
    centre = sums[:, g : 2 * g] / block
    across = sums[:, 2 * g] - _dot(centre, sums[:, g : 2 * g])
    return block, centre, np.maximum(across, _SMALLEST_INFORMATION)


def _iterate(
    rows: Rows,
    weights: Floats,
    design: Design,
    products: Floats,
    at: tuple[Floats, Floats],
    step: tuple[Floats, Floats, Floats],
    old: Floats,
    counts: tuple[Floats, Floats, Floats],
) -> Fit:
    """Newton steps from the first one on; fits that have settled leave the batch."""
    g = design.n_blocks
    level, slope = at
    block, centre, across = step
    shown = np.concatenate([design.indicator, design.time[:, None]], axis=1).T
    eta, mean, step_mean = np.empty_like(weights), np.empty_like(weights), rows.start.copy()
    settled = np.zeros(len(weights), dtype=bool)
    active: Ints = np.arange(len(weights))
    for turn in range(_MOST_ITERATIONS):
        a, s = level[active], slope[active]
        now_eta = np.concatenate([a, s[:, None]], axis=1) @ shown
        now_mean = np.exp(now_eta)
        sums = (now_mean * weights[active]) @ products
        count_sum, count_time, constant = (part[active] for part in counts)
        fitted = _dot(count_sum, a) + count_time * s
        now = 2.0 * (constant - fitted + sums[:, :g].sum(axis=1))
        with np.errstate(invalid="ignore"):
            done = np.abs(now - old[active]) / (np.abs(now) + 0.1) < _TOLERANCE
        is_last = turn == _MOST_ITERATIONS - 1
        stopped = done | ~np.isfinite(now) | is_last
        settled[active[done]] = True
        eta[active[stopped]], mean[active[stopped]] = now_eta[stopped], now_mean[stopped]
        old[active] = now
        active, keep = active[~stopped], ~stopped
        if not active.size:
            break
        step_mean[active] = now_mean[keep]
        b, c, x = _arrow(sums[keep], g)
        block[active], centre[active], across[active] = b, c, x
        gap = count_sum[keep] - sums[keep][:, :g]
        gap_time = count_time[keep] - sums[keep][:, g : 2 * g].sum(axis=1)
        moved = (gap_time - _dot(c, gap)) / x
        slope[active] += moved
        level[active] += gap / b - moved[:, None] * c
    return Fit(level, slope, eta, mean, step_mean, block, centre, across, settled)


def working_residuals(rows: Rows, fit: Fit) -> Floats:
    """(y - mean) / mean, squared [F, n]."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # fits that did not converge
        squared = rows.y / fit.mean
        squared -= 1.0
        squared *= squared
    return squared


def pearson(squared: Floats, weights: Floats, fit: Fit, degrees: Floats) -> Floats:
    """Dispersion [F] from working residuals and the weights of the last step, as R's summary of a fit."""
    result: Floats = _dot(weights * fit.step_mean, squared) / degrees
    return result


def leverage(weights: Floats, fit: Fit, design: Design) -> Floats:
    """Diagonal of the hat matrix [F, n] at the last step."""
    share = 1.0 / fit.block_weight[:, design.block]
    if fit.time_weight.any():
        away = design.time - fit.centre[:, design.block]
        away *= away
        away /= fit.time_weight[:, None]
        share += away
    share *= fit.step_mean
    share *= weights
    return share


def anscombe(rows: Rows, fit: Fit, hat: Floats, phi: Floats) -> Floats:
    """Standardised Anscombe residuals [F, n] of a Poisson law (Davison and Snell 1991)."""
    sixth = np.exp(fit.eta / 6.0)
    raw = np.cbrt(rows.y)
    raw *= raw
    raw /= sixth
    raw -= sixth * sixth * sixth
    raw *= 1.5
    with np.errstate(divide="ignore", invalid="ignore"):
        raw /= np.sqrt(phi[:, None] * (1.0 - hat))
    return raw
