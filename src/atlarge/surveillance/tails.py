"""Tail probabilities: overdispersed counts, and the correction for many tested windows."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from atlarge.surveillance.validation import Floats

_POISSON_BELOW = 1.0 + 1e-6
_SMALLEST = 1e-300
_MANY = 1000
_TERMS = 3  # terms of the tail to sum before computing all of it
_GRID = 141  # points of the grid that carries a walk's density, and how far down it reaches
_GRID_SD = 5.0


def upper_tail(count: Floats, mean: Floats, phi: Floats) -> Floats:
    """P(X >= count) for a negative binomial of that mean and variance phi x mean (Poisson at phi = 1)."""
    from scipy.special import betainc, gammainc

    count, mean, phi = np.broadcast_arrays(count, mean, phi)
    tail = np.ones(count.shape)
    above = count > 0
    poisson = above & (phi <= _POISSON_BELOW)
    tail[poisson] = gammainc(count[poisson], mean[poisson])
    other = above & ~poisson
    excess = phi[other] - 1.0
    tail[other] = betainc(count[other], mean[other] / excess, excess / phi[other])
    return np.maximum(tail, _SMALLEST)


def mid_tail(
    count: Floats, mean: Floats, phi: Floats, enough: Floats | float = np.inf, worth: float = 1.0
) -> Floats:
    """Mid-p: P(X > count) + P(X = count) / 2, which is uniform on average for discrete counts.

    Where the first terms of the sum already exceed both `enough` and `worth`, they stand for it.
    """
    count, mean, phi = np.broadcast_arrays(count, mean, phi)
    chance = np.exp(_log_chance(count, mean, phi))
    term, found = chance, 0.5 * chance
    size = mean / np.maximum(phi - 1.0, _POISSON_BELOW - 1.0)
    poisson = phi <= _POISSON_BELOW
    has_poisson = bool(poisson.any())
    for k in range(_TERMS):
        more = (count + k + size) * mean / (size + mean)
        if has_poisson:
            more = np.where(poisson, mean, more)
        term = term * more / (count + k + 1.0)
        found = found + term
    exact = (found < enough) | (found <= worth)
    tail = upper_tail(count[exact] + 1.0, mean[exact], phi[exact])
    found[exact] = tail + 0.5 * chance[exact]
    return np.asarray(found)


def _log_chance(count: Floats, mean: Floats, phi: Floats) -> Floats:
    """log P(X = count) of the same law."""
    from scipy.special import gammaln

    size = mean / np.maximum(phi - 1.0, _POISSON_BELOW - 1.0)
    part = gammaln(count + size) - gammaln(size) - size * np.log1p(mean / size)
    chance: Floats = part + count * np.log(mean / (size + mean))
    poisson = phi <= _POISSON_BELOW
    if poisson.any():
        chance = np.where(poisson, count * np.log(mean) - mean, chance)
    if count.max(initial=0.0) < _MANY:  # whole numbers, most of which occur many times
        return np.asarray(chance - _log_factorials()[count.astype(np.int64)])
    return np.asarray(chance - gammaln(count + 1.0))


@cache
def _log_factorials() -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(np.arange(1.0, _MANY + 1)))


def quantile(level: Floats, mean: Floats, phi: Floats) -> Floats:
    """Smallest count whose distribution function reaches `level`."""
    from scipy.special import betainc, gammaincc, nbdtrik, pdtrik

    level, mean, phi = np.broadcast_arrays(level, np.maximum(mean, 1e-12), phi)
    excess = np.maximum(phi - 1.0, 1e-6)
    size, chance = mean / excess, 1.0 / (1.0 + excess)
    is_poisson = phi <= _POISSON_BELOW

    def reached(count: Floats) -> Floats:
        inside = np.maximum(count, 0.0) + 1.0
        found = np.where(is_poisson, gammaincc(inside, mean), betainc(size, inside, chance))
        return np.where(count < 0, 0.0, found)

    guess = np.where(is_poisson, pdtrik(level, mean), nbdtrik(level, size, chance))
    count = np.ceil(np.where(np.isfinite(guess), np.maximum(guess, 0.0), 0.0))
    count = np.where(reached(count - 1) >= level, count - 1, count)
    result: Floats = np.maximum(np.where(reached(count) < level, count + 1, count), 0.0)
    return result


_LEVELS = np.logspace(-12, np.log10(0.5), 24)


@lru_cache(maxsize=1024)
def _chance_at(profile: tuple[float, ...], lengths: int, k: int) -> float:
    """The chance that the best of the windows 1..lengths from one start has p <= u, for u = _LEVELS[k].

    The window sums of a null series are a random walk. The chance that it stays under its moving bound is
    found by stepping its density over a grid; steps have the variances of `profile` (expected counts over a
    cycle), and the chance is the mean over the starts in the cycle.
    """
    from scipy.special import ndtri

    steps = np.asarray(profile)
    z = float(-ndtri(_LEVELS[k]))
    chance = np.mean([_crossing(np.roll(steps, -s), lengths, z) for s in range(len(steps))])
    return min(float(chance), 1.0)


def _crossing(steps: Floats, lengths: int, z: float) -> float:
    """Chance that a Gaussian walk of those step variances exceeds z standard deviations within `lengths`."""
    from scipy.special import ndtr

    variance = np.resize(steps, lengths)
    total = np.cumsum(variance)
    crossed = float(ndtr(-z))
    even = np.linspace(-_GRID_SD, z, _GRID)
    ends = np.ones(_GRID)  # end weights of the trapezoidal rule
    ends[[0, -1]] = 0.5
    grid = even * np.sqrt(total[0])
    density = np.exp(-0.5 * grid**2 / total[0]) / np.sqrt(2.0 * np.pi * total[0])
    density *= ends * (grid[1] - grid[0])
    # with x, y the points in standard deviations, the chance of a step from one to the other is a factor of
    # x, one of y and one of x - y, so that each step of the walk is a convolution
    spread, sd = np.sqrt(total)[:, None], np.sqrt(variance)[1:, None]
    old, new, width = spread[:-1], spread[1:], even[1] - even[0]
    apart = width * np.arange(1 - _GRID, _GRID)
    by_step = np.exp(-0.5 * old * new * (apart / sd) ** 2)
    from_here = np.exp(0.5 * old / (old + new) * even**2)
    to_here = np.exp(-0.5 * new / (old + new) * even**2) * ends * (new * width / sd) / np.sqrt(2.0 * np.pi)
    beyond = ndtr((even * old - z * new) / sd)
    for k in range(lengths - 1):
        crossed += float(density @ beyond[k])
        density = np.convolve(density * from_here[k], by_step[k], "valid") * to_here[k]
    return crossed


def scan_adjusted_p(p: Floats, profile: Floats, lengths: int) -> Floats:
    """p of the best of the windows from one start, from the p of that window alone."""
    key = tuple(np.round(profile, 1))
    above = np.searchsorted(_LEVELS, p[np.isfinite(p)], side="right")
    needed = np.unique(np.concatenate([above - 1, above]).clip(0, _LEVELS.size - 1))
    if not needed.size:
        return np.full(p.shape, np.nan)
    levels = _LEVELS[needed]
    chance = np.array([_chance_at(key, lengths, int(k)) for k in needed])
    inside = np.exp(np.interp(np.log(np.maximum(p, _SMALLEST)), np.log(levels), np.log(chance)))
    paid = np.minimum(np.where(p < levels[0], chance[0] / levels[0] * p, inside), 1.0)
    result: Floats = np.where(np.isfinite(p), paid, np.nan)
    return result


def level_of_window(alpha: float, profile: Floats, lengths: int) -> float:
    """The p of one window at which the best of all windows from its start has p = alpha.

    The best of some windows is never less likely to pass than one of them, so the search starts at the level
    alpha itself and computes only the few levels below it.
    """
    key = tuple(np.round(profile, 1))
    above = min(int(np.searchsorted(_LEVELS, alpha)), _LEVELS.size - 1)
    below = above
    while below > 0 and _chance_at(key, lengths, below) > alpha:
        above, below = below, below - 1
    if below == 0 and alpha < _chance_at(key, lengths, 0):
        return float(alpha * _LEVELS[0] / _chance_at(key, lengths, 0))
    chance = [_chance_at(key, lengths, k) for k in (below, above)]
    if below == above:
        return float(_LEVELS[below])
    return float(np.exp(np.interp(np.log(alpha), np.log(chance), np.log(_LEVELS[[below, above]]))))


@lru_cache(maxsize=32)
def _clumping(profile: tuple[float, ...], lengths: int) -> float:
    rng = np.random.default_rng(20170209)
    n = 400_000
    steps = np.resize(np.asarray(profile), n + lengths)
    walk = np.concatenate([[0.0], np.cumsum(rng.normal(size=n + lengths) * np.sqrt(steps))])
    spread = np.concatenate([[0.0], np.cumsum(steps)])
    best = np.full(n, -np.inf)
    for k in range(1, lengths + 1):
        z = (walk[k : k + n] - walk[:n]) / np.sqrt(spread[k : k + n] - spread[:n])
        best = np.maximum(best, z)
    far = np.nonzero(best > np.quantile(best, 0.998))[0]
    bursts = 1 + int((np.diff(far) > lengths).sum())
    return bursts / far.size


def extremal_index(profile: Floats, lengths: int) -> float:
    """Separate bursts per start time that exceeds, under the null (the extremal index of the scan).

    One chance burst makes several neighbouring starts exceed; false discoveries are counted by burst. Found
    once per profile by a seeded simulation of a Gaussian walk, in the far tail.
    """
    return _clumping(tuple(np.round(profile, 1)), lengths)
