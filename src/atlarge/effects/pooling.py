"""Partial pooling: what many units say together, and what that says of each.

`pool_estimates` random effects of estimates with standard errors (DerSimonian and Laird 1986), each unit
shrunk towards the mean; `pool_rates` counts over exposures with a gamma distribution of rates between units
(empirical Bayes); `pool_ratio` the ratio of two estimated changes, pooled over units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_series, check_level
from atlarge.effects.results import Result
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

USUAL_BETWEEN = 0.07  # prior scale of the spread of a share between units


@dataclass(frozen=True, repr=False)
class Pooled(Result):
    """Estimates of several units pooled by a random-effects model.

    Attributes
    ----------
    mean, se, low, high : float
        Mean over units, its standard error and interval.
    between : float
        Standard deviation of the true values between units.
    shrunk, shrunk_se : array [K]
        Each unit's own value after pooling, and its standard error.
    n : int
        Units used.
    heterogeneity_p : float
        p-value of no difference between units.
    """

    mean: float
    se: float
    low: float
    high: float
    between: float
    shrunk: Floats
    shrunk_se: Floats
    n: int
    heterogeneity_p: float


def pool_estimates(estimate: ArrayLike, se: ArrayLike, *, level: float = 0.9) -> Pooled:
    """Random-effects mean of estimates, and each estimate shrunk towards it.

    Parameters
    ----------
    estimate, se : array [K]
        Estimates and their standard errors, of units that are independent.
    level : float
        Of the interval.

    Returns
    -------
    Pooled
        Mean with interval, spread between units, and the shrunk estimates [K].

    Raises
    ------
    QuestionError
        For fewer than 2 usable estimates, and a negative standard error.

    Notes
    -----
    Variance between units by DerSimonian and Laird (1986); interval by Hartung and Knapp (2001), t with K - 1
    degrees of freedom.

    Examples
    --------
    >>> pool_estimates([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]).mean
    2.0
    """
    check_level(level)
    from scipy.stats import chi2, t

    value, error = as_series(estimate, "estimate"), as_series(se, "se")
    if value.shape != error.shape:
        raise QuestionError(
            f"{value.size} estimates and {error.size} standard errors: give one of each a unit"
        )
    if (error < 0).any():
        raise QuestionError(f"the standard error {error[error < 0][0]:g} is negative")
    good = np.isfinite(value) & np.isfinite(error) & (error > 0)
    if good.sum() < 2:
        raise QuestionError(f"only {int(good.sum())} units have an estimate: pooling needs at least 2")
    x, v = value[good], error[good] ** 2
    k = len(x)
    w = 1 / v
    fixed = float((w * x).sum() / w.sum())
    q = float((w * (x - fixed) ** 2).sum())
    between = max(0.0, (q - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    w = 1 / (v + between)
    mean = float((w * x).sum() / w.sum())
    spread = max(1.0, float((w * (x - mean) ** 2).sum()) / (k - 1))
    width = float(np.sqrt(spread / w.sum()))
    reach = float(t.ppf(0.5 + level / 2, k - 1)) * width
    keep = between / (between + v)
    shrunk, shrunk_se = np.full(len(value), mean), np.full(len(value), np.sqrt(between + width**2))
    shrunk[good] = mean + keep * (x - mean)
    shrunk_se[good] = np.sqrt(keep * v + (1 - keep) ** 2 * width**2)
    return Pooled(
        mean, width, mean - reach, mean + reach, float(np.sqrt(between)), shrunk, shrunk_se, k,
        float(chi2.sf(q, k - 1)),
    )  # fmt: skip


@dataclass(frozen=True, repr=False)
class PooledRates(Result):
    """Rates of units shrunk towards their mean. Returned by `pool_rates`.

    Attributes
    ----------
    rate, low, high : array [K]
        Shrunk rate of each unit, and its interval.
    mean : float
        Rate of the typical unit.
    shape : float
        Of the gamma distribution of rates between units: large where they are alike, infinite where they
        differ by chance alone.
    """

    rate: Floats
    low: Floats
    high: Floats
    mean: float
    shape: float

    def to_frame(self) -> Any:
        """One row a unit (Polars): rate, low, high."""
        import polars as pl

        return pl.DataFrame({"rate": self.rate, "low": self.low, "high": self.high})


def pool_rates(events: ArrayLike, exposure: ArrayLike, *, level: float = 0.9) -> PooledRates:
    """Shrink rates of units towards their common mean.

    Parameters
    ----------
    events : array [K]
        Counts.
    exposure : array [K]
        Above 0, in any unit (people, detainers); a unit without exposure gets the mean and its full spread.
    level : float
        Of the posterior intervals.

    Returns
    -------
    PooledRates
        Shrunk rates with intervals [K], their mean, and the shape of the gamma distribution between units.

    Raises
    ------
    QuestionError
        With fewer than 2 units that have exposure, or without an event.

    Notes
    -----
    Clayton and Kaldor (1987), Biometrics 43: gamma-Poisson, by moments.

    Examples
    --------
    >>> pool_rates([1, 4, 20], [100, 100, 400]).rate.round(3)
    array([0.033, 0.041, 0.047])
    """
    check_level(level)
    from scipy.stats import gamma

    count, base = as_series(events, "events"), as_series(exposure, "exposure")
    good = np.isfinite(count) & np.isfinite(base) & (base > 0)
    if good.sum() < 2 or count[good].sum() == 0:
        raise QuestionError("pooling of rates needs at least 2 units with exposure and one event")
    n, e = np.where(good, count, 0.0), np.where(good, base, 0.0)
    mean = float(n.sum() / e.sum())
    share = e / e.sum()
    rate = np.divide(n, e, out=np.zeros_like(n), where=e > 0)
    observed = float((share * (rate - mean) ** 2)[good].sum())
    chance = mean * (good.sum() - 1) / e.sum()
    variance = max(0.0, (observed - chance) / max(1e-12, 1 - float((share**2).sum())))
    if variance <= 0:
        flat = np.full(len(n), mean)
        tail = gamma.ppf([(1 - level) / 2, (1 + level) / 2], n.sum() + 0.5) / e.sum()
        return PooledRates(flat, np.full(len(n), tail[0]), np.full(len(n), tail[1]), mean, float("inf"))
    shape = mean**2 / variance
    a, b = shape + n, shape / mean + e
    low, high = gamma.ppf((1 - level) / 2, a) / b, gamma.ppf((1 + level) / 2, a) / b
    return PooledRates(a / b, low, high, mean, shape)


@dataclass(frozen=True, repr=False)
class Ratio(Result):
    """A pooled ratio, and how sure it is for a further unit.

    Attributes
    ----------
    value, se : float
        The ratio and its standard error.
    between : float
        Standard deviation of the ratio between units.
    low, high : float
        Interval for the ratio of a new unit: both kinds of uncertainty.
    n : int
        Units it is pooled over.
    is_known : bool
        False where the units do not identify it: value 0.5 and the interval [0, 1] then stand for ignorance.
    """

    value: float
    se: float
    between: float
    low: float
    high: float
    n: int
    is_known: bool

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draws of the ratio in a new unit, within [0, 1]."""
        if not self.is_known:
            return rng.random(size)
        spread = np.sqrt(self.se**2 + self.between**2)
        drawn = self.value + spread * rng.standard_t(max(2, self.n - 1), size)
        return np.asarray(np.clip(drawn, 0.0, 1.0))


def pool_ratio(
    gain: ArrayLike,
    loss: ArrayLike,
    gain_se: ArrayLike,
    loss_se: ArrayLike,
    weight: ArrayLike,
    *,
    level: float = 0.9,
) -> Ratio:
    """Ratio of estimated gains to estimated losses, pooled over units, with its spread between units.

    Parameters
    ----------
    gain, loss : array [K]
        Estimates.
    gain_se, loss_se : array [K]
        Their standard errors.
    weight : array [K]
        Known without looking at the loss (say the level before), so that noise in the losses does not pull
        the ratio to zero, as a regression on them would.
    level : float
        Of the interval for a new unit.

    Returns
    -------
    Ratio
        sum(a gain) / sum(a loss), where a = weight / variance. `is_known` only with 3 units or more whose
        pooled loss is at least 3 standard errors from zero.

    Notes
    -----
    Wald's grouping (Fuller 1987, Measurement Error Models); spread between units by moments; units that
    stand out by more than 2 standard deviations weigh less (Huber), since a gain may have other causes there.

    Examples
    --------
    >>> found = pool_ratio([5, 8, 6], [10, 20, 15], [2, 2, 2], [2, 2, 2], weight=[10, 20, 15])
    >>> round(found.value, 2), found.is_known
    (0.42, True)
    """
    check_level(level)
    g, lost, sg, sl, base = (np.asarray(v, dtype=np.float64) for v in (gain, loss, gain_se, loss_se, weight))
    good = np.isfinite(g) & np.isfinite(lost) & (sg > 0) & np.isfinite(sl) & (base > 0)
    g, lost, sg, sl, base = g[good], lost[good], sg[good], sl[good], base[good]
    unknown = Ratio(0.5, float("nan"), float("nan"), 0.0, 1.0, len(g), False)
    if len(g) < 3:
        return unknown
    ratio, between, trust = 0.25, 0.0, np.ones(len(g))
    for _ in range(30):
        noise = sg**2 + ratio**2 * sl**2
        variance = noise + between * lost**2
        a = trust * base / variance
        below = float((a * lost).sum())
        if below <= 3 * float(np.sqrt((a**2 * sl**2).sum())):
            return unknown
        ratio = float((a * g).sum() / below)
        rest = g - ratio * lost
        between = _between(rest, noise, lost)
        size = np.abs(rest) / np.sqrt(noise + between * lost**2)
        trust = np.minimum(1.0, 2.0 / np.maximum(size, 1e-12))
    se = float(np.sqrt((a**2 * (noise + between * lost**2)).sum())) / below
    return _with_interval(ratio, se, float(np.sqrt(between)), len(g), level)


def _between(rest: Floats, noise: Floats, lost: Floats) -> float:
    """Expected variance of the ratio between units given the residuals: half-normal prior on its root, of
    scale `USUAL_BETWEEN`.

    A point estimate is often zero with few units, and intervals for a new unit would then be too short. A
    unit that stands out counts as three standard deviations, so that it does not pass for ordinary spread.
    """
    grid = np.linspace(0.0, 5 * USUAL_BETWEEN, 61)
    variance = noise[None, :] + grid[:, None] ** 2 * lost[None, :] ** 2
    fit = -0.5 * (np.log(variance) + np.minimum(rest**2 / variance, 9.0)).sum(1)
    fit -= 0.5 * (grid / USUAL_BETWEEN) ** 2
    weight = np.exp(fit - fit.max())
    return float((weight * grid**2).sum() / weight.sum())


def _with_interval(ratio: float, se: float, between: float, n: int, level: float) -> Ratio:
    from scipy.special import stdtrit

    reach = float(stdtrit(max(2, n - 1), 0.5 + level / 2)) * float(np.hypot(se, between))
    value, low, high = (min(max(one, 0.0), 1.0) for one in (ratio, ratio - reach, ratio + reach))
    return Ratio(value, se, between, low, high, n, True)
