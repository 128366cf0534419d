"""Sizes and quantiles of placebo errors pooled over units and dates, and what follows from them.

The error of a placebo total is taken on the square-root scale, where counts of all sizes have like noise.
Its usual size is learnt by a regression on the expected count and on the unsteadiness before; standardised
errors of all units and dates together then give intervals, p-values and power for any one unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_panel
from atlarge.effects.results import Result
from atlarge.effects.typing import Floats, Ints
from atlarge.errors import QuestionError

MIN_CELLS = 30
MIN_UNITS = 5
# of log size on log expected count (0 where all noise is that of counts, 0.5 where errors are a share of the
# level) and on unsteadiness: the usual slopes, how many units they count for, and bounds
USUAL_SLOPES = (0.3, 0.1)
PRIOR_SPREAD = (0.05, 0.05)
PRIOR_UNITS = 20.0
SLOPE_BOUNDS = ((0.0, 0.5), (-0.2, 0.6))
SMALL_ERROR = 0.05
PRIOR_SAME = 10.0  # weight of the placebos of all dates, besides those of the date of the question
MATERIAL = 0.25
GOAL = 0.8  # the power at which an effect is called detectable
ROOT_SHIFT = 0.4


def root(value: ArrayLike) -> Floats:
    """Square-root scale of counts."""
    return np.asarray(np.sqrt(np.maximum(np.asarray(value, dtype=np.float64), 0.0) + ROOT_SHIFT))


def unroot(value: ArrayLike) -> Floats:
    """Counts from the square-root scale, never below zero."""
    return np.asarray(np.maximum(np.maximum(np.asarray(value, dtype=np.float64), 0.0) ** 2 - ROOT_SHIFT, 0.0))


def range_by_chance(
    low: float, high: float, p_low: float, p_high: float, level: float
) -> tuple[float, float]:
    """A range of an effect that leaves zero out just where the chance of so much without one is small enough.

    Parameters
    ----------
    low, high : float
        Ends of the range.
    p_low, p_high : float
        One-sided chances of a shortfall and of an excess as large where there is no effect.
    level : float
        Coverage of the range; a chance over half of what is left reaches zero.

    Returns
    -------
    tuple of float
        The ends, one of them at zero where it would leave zero out and must not.
    """
    bar = (1.0 - level) / 2
    return min(low, 0.0) if p_high > bar else low, max(high, 0.0) if p_low > bar else high


@dataclass(frozen=True, repr=False)
class Judged(Result):
    """A total against what was expected, compared with placebo errors. Counts, except p-values and power.

    Attributes
    ----------
    observed, expected : float
        The total, and what was to be expected without the change.
    effect, low, high : float
        observed - expected, with its interval.
    p, p_high, p_low : float
        Chance without an effect of a difference as large: two-sided; an excess; a shortfall.
    material : float
        The excess that counts as material.
    p_material : float
        Chance of so small an excess were a material one there.
    power : float
        Chance that a material excess would be found at `alpha`.
    mde : float or None
        Excess that would be found with 80% power; None where placebos are too few for a p of `alpha`.
    alpha : float
        Level of power and mde, one-sided.
    size : float
        Usual size of a prediction error, on the root scale.
    n_placebos, n_units, n_dates : int
        Placebo totals behind it; units and dates among them.
    p_least : float
        No chance below this can be shown with so many placebos.
    """

    observed: float
    expected: float
    effect: float
    low: float
    high: float
    p: float
    p_high: float
    p_low: float
    material: float
    p_material: float
    power: float
    mde: float | None
    alpha: float
    size: float
    n_placebos: int
    n_units: int
    n_dates: int
    p_least: float = 0.0


@dataclass(frozen=True, repr=False)
class PredictionErrors(Result):
    """What placebo totals say about the error of an expected total. Returned by `learn_errors`.

    Attributes
    ----------
    beta, centre, spread, base : arrays and float
        The regression of log size on standardised features.
    z : array [M]
        Standardised placebo errors, sorted.
    unsure : array [1 + K, K]
        Variance of the log size itself, which few units of a kind leave unsure (first row: of its mean).
    factor : float
        What expected counts are multiplied by, so that placebo totals are right on average.
    blocks : float
        Placebo totals that count as independent: units times the root of their spans without overlap.
    n_units, n_dates : int
        Units and dates among the placebo totals.
    same : array [K]
        The standardised errors of the date of the question, sorted. What befell all units at that date is no
        effect on one of them, so a chance is never less than among these and ten of all dates together.
    """

    beta: Floats
    centre: Floats
    spread: Floats
    base: float
    z: Floats
    unsure: Floats
    factor: float
    blocks: float
    n_units: int
    n_dates: int
    same: Floats = field(default_factory=lambda: np.empty(0))

    def size(self, expected: ArrayLike, unsteady: ArrayLike) -> Floats:
        """Usual size of the error on the square-root scale, for expected totals (already times `factor`)."""
        scaled = (_features(expected, unsteady) - self.centre) / self.spread
        unsure = self.unsure[0, 0] + ((scaled @ self.unsure[1:]) * scaled).sum(-1)
        return np.asarray(np.exp(self.base + scaled @ self.beta + 0.5 * np.minimum(unsure, 0.5)))

    def quantile(self, q: float) -> float:
        """Quantile of the standardised error, a little outward for the number of independent placebos."""
        n = max(self.blocks, 2.0)
        outward = min(1.0, max(0.0, 0.5 + (q - 0.5) * (n + 1) / n))
        at = (len(self.z) - 1) * outward  # the definition of np.quantile, which would sort again
        k, share = int(at), at - int(at)
        a, b = float(self.z[k]), float(self.z[min(k + 1, len(self.z) - 1)])
        return a + (b - a) * share if share < 0.5 else b - (b - a) * (1 - share)

    def interval(self, expected: ArrayLike, unsteady: ArrayLike, level: float) -> tuple[Floats, Floats]:
        """Interval of the count without a change, for expected totals (already times `factor`)."""
        size, centre, tail = self.size(expected, unsteady), root(expected), (1.0 - level) / 2
        low, high = self.quantile(tail), self.quantile(1 - tail)
        return unroot(centre + low * size), unroot(centre + high * size)

    def tail(self, z: float) -> tuple[float, float]:
        """Chance of a standardised error of at least z, and of at most z: the larger of those among all
        placebos and among those of the same date."""
        m, n = len(self.z), max(self.blocks, 2.0)
        at_least = float(m - np.searchsorted(self.z, z - 1e-12)) / m
        at_most = float(np.searchsorted(self.z, z + 1e-12, side="right")) / m
        high, low = (at_least * n + 1) / (n + 1), (at_most * n + 1) / (n + 1)
        if not len(self.same):
            return high, low
        k, below = len(self.same), int(np.searchsorted(self.same, z - 1e-12))
        until = int(np.searchsorted(self.same, z + 1e-12, side="right"))
        prior, size = PRIOR_SAME, len(self.same) + PRIOR_SAME
        return max(high, (k - below + prior * high) / size), max(low, (until + prior * low) / size)

    def draw(self, expected: float, unsteady: float, z: Floats) -> Floats:
        """Counts without a change for given standardised errors."""
        return unroot(root(expected) + float(self.size(expected, unsteady)) * z)

    def judge(
        self,
        observed: float,
        expected: float,
        unsteady: float,
        *,
        material: float | None = None,
        level: float = 0.9,
        alpha: float = 0.05,
    ) -> Judged:
        """Judge an observed total; `expected` is already times `factor`; `material` is 25% of it if left
        out."""
        size = float(self.size(expected, unsteady))
        centre = float(root(expected))
        least = MATERIAL * expected if material is None else material
        low, high = (float(v) for v in self.interval(expected, unsteady, level))
        p_high, p_low = self.tail((float(root(observed)) - centre) / size)
        # a share of the expected count is a share of the unknown count without a change, not of its estimate
        without = observed / (1 + MATERIAL) if material is None else max(observed - material, 0.0)
        p_material = self.tail((float(root(without)) - centre) / size)[1]
        # errors at the date of the question can make the p-value larger than the interval alone implies
        effect = observed - expected
        effect_low, effect_high = range_by_chance(
            min(observed - high, effect), max(observed - low, effect), p_low, p_high, level
        )
        nothing = unroot(centre + size * self.z)
        least_z = self._bar(alpha)
        bar_count = (centre + least_z * size) ** 2 - ROOT_SHIFT  # the least count that is found

        def power(effect: float) -> float:
            return float(((root(nothing + effect) - centre) / size >= least_z).mean())

        found_in_most = float(nothing[-math.ceil(GOAL * len(nothing) - 1e-9)])

        return Judged(
            observed=observed,
            expected=expected,
            effect=effect,
            low=effect_low,
            high=effect_high,
            p=min(1.0, 2 * min(p_high, p_low)),
            p_high=p_high,
            p_low=p_low,
            material=least,
            p_material=p_material,
            power=power(least),
            mde=max(0.0, bar_count - found_in_most) if math.isfinite(bar_count) else None,
            alpha=alpha,
            size=size,
            n_placebos=len(self.z),
            n_units=self.n_units,
            n_dates=self.n_dates,
            p_least=1 / (max(self.blocks, 2.0) + 1),
        )

    def _bar(self, alpha: float) -> float:
        """Least standardised error whose p_high is at most alpha; infinite where placebos are too few for
        that."""
        n = max(self.blocks, 2.0)
        share = (alpha * (n + 1) - 1) / n
        if share < 0:
            return math.inf
        most = min(math.floor(share * len(self.z)), len(self.z) - 1)  # placebos that may be as clear
        bar = float(self.z[-most - 1]) + 1e-9
        if not len(self.same):
            return bar
        possible = [bar, *(float(v) + 1e-9 for v in self.same if v >= bar)]
        return next((v for v in possible if self.tail(v)[0] <= alpha), math.inf)


def _features(expected: ArrayLike, unsteady: ArrayLike) -> Floats:
    level = np.log(np.maximum(np.asarray(expected, dtype=np.float64), 0.0) + 2.0)
    return np.stack(np.broadcast_arrays(level, np.asarray(unsteady, dtype=np.float64)), axis=-1)


def unsteadiness(y: ArrayLike, starts: ArrayLike, length: int = 12) -> Floats:
    """How much a unit varied before each start beyond what chance gives.

    Parameters
    ----------
    y : array [N, T]
        Counts; NaN is missing.
    starts : int array [D]
        Start dates.
    length : int
        Periods before each that are looked at.

    Returns
    -------
    array [N, D]
        log(1 + variance beyond that of chance, relative to the mean).

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[5, 5, 5, 5, 5, 5, 5, 5], [0, 40, 0, 40, 0, 40, 0, 40]], float)
    >>> steady, unsteady = unsteadiness(y, np.array([8]), length=8)[:, 0]
    >>> bool(steady < unsteady)
    True
    """
    mean, spread = before(as_panel(y), np.atleast_1d(np.asarray(starts, dtype=np.int64)), length)
    return np.asarray(np.log1p(np.maximum(spread / np.maximum(mean, 0.1) - 1.0, 0.0)))


def before(panel: Floats, starts: Ints, length: int) -> tuple[Floats, Floats]:
    """Mean and variance [N, D] of what is recorded in the `length` periods before each start."""
    seen = np.isfinite(panel)
    values = np.where(seen, panel, 0.0)
    running = np.zeros((3, len(panel), panel.shape[1] + 1))
    np.cumsum(np.stack([seen, values, values**2]), axis=2, out=running[:, :, 1:])
    count, total, squares = running[:, :, starts] - running[:, :, np.maximum(starts - length, 0)]
    count = np.maximum(count, 1)
    mean = total / count
    return mean, np.maximum(squares / count - mean**2, 0.0)


class TooFewPlacebos(QuestionError):
    """Too few comparison units are like the one in question."""


def learn_errors(
    observed: ArrayLike,
    expected: ArrayLike,
    unsteady: ArrayLike,
    units: ArrayLike,
    dates: ArrayLike,
    *,
    length: int = 1,
    here: int | None = None,
    factor: float | None = None,
) -> PredictionErrors:
    """Learn the errors of expected totals from placebos.

    Parameters
    ----------
    observed, expected, unsteady : arrays [M]
        Placebo totals, what was expected of them, and `unsteadiness` before; expected totals are not yet
        corrected.
    units, dates : int arrays [M]
        Which unit and which start date each belongs to.
    length : int
        Periods in a total: overlapping totals of one unit do not count as independent.
    here : int, optional
        Start date of the question: where placebo errors of that date are larger or smaller than usual, so is
        the size.

    factor : float, optional
        What expected totals are multiplied by; left out: so that placebo totals are right on average.

    Raises
    ------
    QuestionError
        With fewer than 30 placebo totals or 5 units.

    Returns
    -------
    PredictionErrors
        Gives intervals and p-values for other totals by level and unsteadiness.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> expected = rng.uniform(5, 50, 400)
    >>> units, dates = np.divmod(np.arange(400), 8)
    >>> errors = learn_errors(rng.poisson(expected), expected, np.zeros(400), units, dates)
    >>> 0.9 < errors.factor < 1.1
    True
    """
    y, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    u, where, when = np.asarray(unsteady, dtype=np.float64), np.asarray(units), np.asarray(dates)
    good = np.isfinite(y) & np.isfinite(e)
    y, e, u, where, when = y[good], e[good], u[good], where[good], when[good]
    n_units = _n_distinct(where)
    if len(y) < MIN_CELLS or n_units < MIN_UNITS:
        raise TooFewPlacebos(
            f"only {len(y)} placebo totals of {n_units} comparison units; at least {MIN_CELLS} totals "
            f"of {MIN_UNITS} units are needed"
        )
    if factor is None:
        factor = float(np.clip(y.sum() / max(float(e.sum()), 1e-9), 0.5, 2.0))
    e = e * factor
    error = root(y) - root(e)
    features = _features(e, u)
    centre, spread = features.mean(0), features.std(0) + 1e-9
    scaled = (features - centre) / spread
    log = np.log(np.abs(error) + SMALL_ERROR)
    base = float(log.mean())
    # totals of one unit are nearly the same, so the design counts as if each unit had one
    share = n_units / len(y)
    prior = np.array(USUAL_SLOPES) * spread
    gram = scaled.T @ scaled * share + PRIOR_UNITS * np.diag(1 / spread**2) * np.array(PRIOR_SPREAD)
    slopes = prior + np.linalg.solve(gram, scaled.T @ (log - base - scaled @ prior) * share)
    beta = np.clip(slopes / spread, *np.array(SLOPE_BOUNDS).T) * spread
    noise = float((log - base - scaled @ beta).var())
    unsure = np.vstack([np.full((1, len(beta)), noise / n_units), noise * np.linalg.inv(gram)])
    z = error / np.exp(base + scaled @ beta)
    same = np.empty(0)
    if here is not None:
        shift = _date_shift(z, when, here)
        z = np.where(when == here, z / np.exp(shift), z)
        base += shift
        same = np.sort(z[when == here])
    # spans of one unit are correlated even if they do not overlap: they count by their square root
    spans = max(1.0, (int(when.max() - when.min()) + length) / max(length, 1))
    blocks = n_units * math.sqrt(spans)
    return PredictionErrors(
        beta,
        centre,
        spread,
        base,
        np.sort(z),
        unsure,
        factor,
        min(float(len(y)), blocks),
        n_units,
        _n_distinct(when),
        same,
    )


def _n_distinct(values: Ints) -> int:
    """How many different numbers there are."""
    ordered = np.sort(values)
    return int((ordered[1:] != ordered[:-1]).sum()) + min(1, len(ordered))


def _median(values: Floats) -> float:
    """Median of values of which none is missing, as np.median has it, which looks for those."""
    middle = len(values) // 2
    ordered = np.partition(values, (middle - 1 + len(values) % 2, middle))
    return float(ordered[[middle - 1 + len(values) % 2, middle]].mean())


def _date_shift(z: Floats, when: Ints, here: int) -> float:
    """Log of how much larger errors are at the date of the question, shrunk by 30 usual placebos."""
    near = when == here
    if not near.any():
        return 0.0
    size = np.abs(z)
    usual, own = _median(size), _median(size[near])
    weight = near.sum() / (near.sum() + 30.0)
    return float(np.clip(weight * np.log(max(own, 1e-6) / max(usual, 1e-6)), -0.25, 0.7))
