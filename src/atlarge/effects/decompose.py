"""observed = baseline + trend + substitution + residual, each part with an interval.

baseline      the unit's own level before the change, over as many periods
trend         what the comparison units say it would have become, less the baseline
substitution  the part of a loss in another series (the exposure) that turned up in this one: the loss times
              a rate learnt from other units that lost, never from the unit itself
residual      what remains

The intervals carry the errors of all steps: prediction errors of both series are drawn together from the
placebos (the same unit's and date's errors in both, so that their correlation is kept), the rate from its
distribution for a new unit, and the number that turned up given the rate from its binomial spread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.effects.arrays import Periods, as_panel, check_level, pre_post
from atlarge.effects.cells import DEPARTURE_LAGS, PlaceboGrid, placebo_grid
from atlarge.effects.change import pearson_dispersion, scan_steps
from atlarge.effects.pooling import Ratio, pool_ratio
from atlarge.effects.prediction import Judged, root
from atlarge.effects.results import Result
from atlarge.effects.typing import Bools, Floats, Ints
from atlarge.errors import QuestionError

USUAL_RELABELLED = 0.35  # prior probability that a jail's handoffs came to be recorded under another name
MIN_SIDE = 2  # periods on each side of a rise
LEAST_CHANCE = 0.05
MIN_PAIRED = 5
CLEAR_DEPARTURE = 0.25


@dataclass(frozen=True, repr=False)
class Part(Result):
    """A value with its interval, in the units of the outcome summed over the post-periods.

    Attributes
    ----------
    value, low, high : float
        The value and the ends of its interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Decomposition(Result):
    """What `decompose` gives: observed = baseline + trend + substitution + residual holds exactly.

    Attributes
    ----------
    observed, baseline : float
        The outcome after the change, and what the unit's level before it would have given.
    trend, substitution, residual : Part
        What others gained or lost too; what replaces the loss of the exposure; what is left.
    effect : Part
        Trend-adjusted change: substitution + residual.
    loss : Part
        What the exposure lost (positive) against its own counterfactual.
    elsewhere : Part or None
        How much of that loss was found recorded elsewhere and is not counted as lost.
    ratio : Ratio
        The pooled substitution rate and where it comes from.
    p_residual, p_residual_high : float
        p-values of the residual: two-sided, and one-sided for an excess.
    outcome, exposure : Judged
        The two series, each compared with its placebos.
    periods : int array [K]
        Periods after the change with a record of both.
    """

    observed: float
    baseline: float
    trend: Part
    substitution: Part
    residual: Part
    effect: Part
    loss: Part
    elsewhere: Part | None
    ratio: Ratio
    p_residual: float
    p_residual_high: float
    outcome: Judged
    exposure: Judged
    periods: Ints


def decompose(
    outcome: ArrayLike,
    exposure: ArrayLike,
    treated: int,
    pre: Periods,
    post: Periods | None = None,
    donors: ArrayLike | None = None,
    *,
    starts: Sequence[int] | NDArray[np.int64] | None = None,
    ratio: Ratio | None = None,
    elsewhere: ArrayLike | None = None,
    group: ArrayLike | None = None,
    level: float = 0.9,
    draws: int = 4000,
    seed: int = 0,
) -> Decomposition:
    """Split the change of row `treated` of `outcome` [N, T] into trend, substitution and residual.

    Parameters
    ----------
    outcome, exposure : array [N, T]
        The counts in question, and the series whose losses may turn up in them; NaN where missing.
    treated : int
        Row that is studied.
    pre, post : int, slice, indices or mask [T]
        Periods before and after; `post` left out: all that follow.
    donors : bool array [N], optional
        Units that may be compared; left out: all, those with a start of their own away from it.
    starts : int array [N], optional
        First period of each unit's own change, -1 for none. The substitution rate is pooled over them (the
        treated unit left out), unless `ratio` is given.
    ratio : Ratio, optional
        The rate, where it is known from elsewhere.
    elsewhere : array [N, T], optional
        Events of the exposure's kind recorded for the surroundings of each unit and not for it; a gain there
        that goes with the loss is taken for relabelling, not loss.
    group : array [N], optional
        Labels of the units' groups (regions), whose own movement is followed in part.
    level : float
        Of the intervals.
    draws : int
        Number of joint draws from which intervals are read.
    seed : int
        Of the draws: the same seed gives the same intervals.

    Returns
    -------
    Decomposition
        Trend, substitution and residual, each with its interval, in units of the outcome.

    Raises
    ------
    QuestionError
        Too little record before or after, only zeros before, or too few comparison units.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import Ratio, decompose
    >>> rng = np.random.default_rng(1)
    >>> y, x = rng.poisson(20.0, (40, 30)), rng.poisson(30.0, (40, 30))
    >>> x[0, 20:] = rng.poisson(10.0, 10)
    >>> found = decompose(y, x, 0, 20, ratio=Ratio(0.2, 0.05, 0.05, 0.1, 0.3, 9, True))
    >>> found.loss.low < 200 < found.loss.high
    True
    """
    check_level(level)
    y, x = as_panel(outcome), as_panel(exposure)
    before, after = pre_post(pre, post, y.shape[1])
    here = int(np.flatnonzero(before)[-1]) + 1
    used = np.flatnonzero(after & np.isfinite(y[treated]) & np.isfinite(x[treated]))
    if not len(used):
        raise QuestionError("no period after the change has records of both series for this unit")
    ahead = used - here
    begun = np.full(len(y), -1) if starts is None else np.asarray(starts, dtype=np.int64)
    moved = np.zeros(y.shape, dtype=bool)
    inside = (begun >= 0) & (begun < y.shape[1])
    moved[np.flatnonzero(inside), begun[inside]] = True
    out = np.zeros(len(y), dtype=bool)
    if donors is not None:
        out = ~np.asarray(donors, dtype=bool) & (begun < 0)
    out[treated] = False

    def grid(values: Floats) -> PlaceboGrid:
        return placebo_grid(
            values, treated, here, int(ahead.max()) + 1 + max(DEPARTURE_LAGS), changed=moved, group=group,
            leave_out=out, calibrated_on=ahead, level=level,
        )  # fmt: skip

    main, path = grid(y), grid(x)
    if ratio is None:
        ratio = transfer_ratio(main, path, begun, treated, len(ahead), level=level)
    around: Surroundings | None = None
    if elsewhere is not None:
        values = np.asarray(elsewhere, dtype=np.float64)
        around = surroundings(lambda: grid(values), ahead, values[treated], before, after)
    own = y[treated, before]
    baseline = float(own[np.isfinite(own)].mean()) * len(ahead)
    return decompose_grids(main, path, ahead, ratio, baseline, around=around, draws=draws, seed=seed)


def decompose_grids(
    main: PlaceboGrid,
    path: PlaceboGrid,
    ahead: Ints,
    ratio: Ratio,
    baseline: float,
    *,
    around: Surroundings | None = None,
    draws: int = 4000,
    seed: int = 0,
) -> Decomposition:
    """The same from placebo grids that are at hand; `ahead`: the periods studied, counted from the date.

    Parameters
    ----------
    main, path : PlaceboGrid
        Of the outcome and of the exposure that may have been replaced.
    ahead : int array
        Periods studied, counted from the date.
    ratio : Ratio
        Gain in the outcome for each unit lost, learnt elsewhere (`transfer_ratio`).
    baseline : float
        Level of the outcome before, a total over the periods studied.
    around : Surroundings, optional
        The same of the place around, where records may have been relabelled into.
    draws, seed : int
        Of the simulation that adds up the parts' uncertainty.

    Returns
    -------
    Decomposition
        Baseline, trend, substitution and residual with intervals; they add up to what was observed.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects.pooling import Ratio
    >>> rng = np.random.default_rng(3)
    >>> handoffs, at_large = rng.poisson(30, (40, 48)).astype(float), rng.poisson(20, (40, 48)).astype(float)
    >>> main, path = (placebo_grid(y, 0, 36, 8) for y in (at_large, handoffs))
    >>> ratio = Ratio(value=0.5, se=0.1, between=0.1, low=0.2, high=0.8, n=6, is_known=True)
    >>> parts = decompose_grids(main, path, np.arange(8), ratio, baseline=160.0)
    >>> bool(np.isclose(parts.observed, at_large[0, 36:44].sum()))
    True
    """
    outcome, exposure = main.judge(ahead), path.judge(ahead)
    if around is not None and (exposure.effect >= 0 or around.chance(-exposure.effect) < LEAST_CHANCE):
        around = None
    rng = np.random.default_rng(seed)
    errors = paired_errors(main, path, ahead)
    pick = errors[rng.integers(0, len(errors), draws)]
    effect = outcome.observed - _draw(main, ahead, outcome, pick[:, 0])
    gap = exposure.observed - _draw(path, ahead, exposure, pick[:, 1])
    moved = np.zeros(draws)
    if around is not None:
        found = around.gain - rng.choice(around.errors, draws) * around.size
        moved = np.clip(found, 0.0, np.maximum(-gap, 0.0))
        moved = np.where(rng.random(draws) < around.chance(-exposure.effect), moved, 0.0)
    loss = -gap - moved
    rate, lost = ratio.draw(rng, draws), np.maximum(loss, 0.0)
    chance = np.sqrt(lost * rate * (1 - rate)) * rng.standard_normal(draws)
    substitution = np.clip(rate * lost + chance, 0.0, lost)
    tail = (1 - main.level) / 2
    shifted = float(moved.mean())
    point = -exposure.effect - shifted
    replaced = ratio.value * max(point, 0.0)
    residual, rest = outcome.effect - replaced, effect - substitution
    n = outcome.n_units
    below = (1 + n * float((rest <= 0).mean())) / (n + 1)
    above = (1 + n * float((rest >= 0).mean())) / (n + 1)
    total = outcome.observed - baseline
    lost_part = Part(point, -exposure.high, -exposure.low) if around is None else _part(point, loss, tail)
    return Decomposition(
        observed=outcome.observed,
        baseline=baseline,
        trend=Part(total - outcome.effect, total - outcome.high, total - outcome.low),
        substitution=_part(replaced, substitution, tail),
        residual=_part(residual, rest, tail),
        effect=Part(outcome.effect, outcome.low, outcome.high),
        loss=_since_departure(path, ahead, lost_part),
        elsewhere=None if around is None else _part(shifted, moved, tail),
        ratio=ratio,
        p_residual=min(1.0, 2 * min(below, above)),
        p_residual_high=below,
        outcome=outcome,
        exposure=exposure,
        periods=path.here + ahead,
    )


def _since_departure(path: PlaceboGrid, ahead: Ints, loss: Part) -> Part:
    """The loss with its interval reaching to that counted from before the unit left its comparison.

    A fall that set in before the date moves the level that the forecast starts from; what was lost by the
    change then lies anywhere from the one count to the other.
    """
    left = path.departure()
    if left is None or left.p > CLEAR_DEPARTURE or int(ahead.max()) + left.lag >= path.horizon:
        return loss
    try:
        early = path.judge(ahead + left.lag, start=left.start)
    except QuestionError:
        return loss
    return Part(loss.value, min(loss.low, -early.high), max(loss.high, -early.low))


def _draw(grid: PlaceboGrid, ahead: Ints, judged: Judged, z: Floats) -> Floats:
    model = grid.errors(ahead)
    return model.draw(judged.expected, float(grid.unsteady[grid.target, grid.at]), z)


def _part(value: float, draws: Floats, tail: float) -> Part:
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Part(value, min(float(low), value), max(float(high), value))


def paired_errors(one: PlaceboGrid, two: PlaceboGrid, ahead: Ints) -> Floats:
    """Standardised placebo errors [M, 2] of units and dates that are placebos in both studies."""
    first, second = one.standard_errors(ahead), two.standard_errors(ahead)
    units = np.intersect1d(one.rows[one.rows >= 0], two.rows[two.rows >= 0])
    a = first[np.searchsorted(one.rows[one.rows >= 0], units)]
    b = second[np.searchsorted(two.rows[two.rows >= 0], units)]
    _, left, right = np.intersect1d(one.starts, two.starts, return_indices=True)
    a, b = a[:, left], b[:, right]
    both = np.isfinite(a) & np.isfinite(b)
    if both.any(1).sum() < MIN_PAIRED:
        raise QuestionError(
            f"only {int(both.any(1).sum())} comparison units have both series; at least {MIN_PAIRED} are "
            "needed"
        )
    return np.column_stack([a[both], b[both]])


@dataclass(frozen=True)
class Surroundings:
    """What the surroundings of a unit gained as it lost: the gain, the size of its error, errors [M] as they
    usually fall, in units of that size, and the probability that the gain began as the unit changed."""

    gain: float
    size: float
    errors: Floats
    began: float = 1.0

    def chance(self, loss: float) -> float:
        """Probability that any of a loss is only recorded elsewhere, given the gain.

        Before looking `USUAL_RELABELLED`; if so, any part of the loss is as likely to have moved, and the
        gain is that part plus the usual error (Bayes' rule for two hypotheses). A gain that began at another
        time is that of another unit.
        """
        from scipy.special import ndtr

        gain, most = self.gain / self.size, max(loss, 1e-9) / self.size
        moved = USUAL_RELABELLED * float(ndtr(gain) - ndtr(gain - most)) / most
        none = (1 - USUAL_RELABELLED) * math.exp(-0.5 * min(gain**2, 1400.0)) / math.sqrt(2 * math.pi)
        return self.began * moved / max(moved + none, 1e-300)


def surroundings(
    grid: Callable[[], PlaceboGrid], ahead: Ints, own: Floats, before: Bools, after: Bools
) -> Surroundings:
    """What the surroundings gained, compared with placebos, or else with their own periods alone."""
    began = began_at(own, int(np.flatnonzero(after)[0]))
    try:
        placebos = grid()
        judged = placebos.judge(ahead)
    except QuestionError:  # no counts before, or too few other units with any
        return replace(_own_gain(own, before, after), began=began)
    z = placebos.standard_errors(ahead)
    usual = _draw(placebos, ahead, judged, z[np.isfinite(z)]) - judged.expected
    size = max(float(usual.std()), 1.0)
    return Surroundings(judged.effect, size, usual / size, began)


def began_at(own: ArrayLike, here: int) -> float:
    """Probability that counts rose at one period, where they may as well have risen at any other.

    Parameters
    ----------
    own : array [T]
        Counts; NaN is missing.
    here : int
        First period of the new level.

    Returns
    -------
    float
        Of two causes held as likely before: a rise at `here` (or a period beside it), and one at any time, by
        the likelihood of a step in Poisson means, scatter beyond Poisson taken off. One half where too few
        periods lie on either side.

    Examples
    --------
    >>> counts = [3.0] * 12 + [9.0] * 12
    >>> began_at(counts, 12) > 0.8, began_at(counts, 6) < 0.1
    (True, True)
    """
    series = np.asarray(own, dtype=np.float64)
    where = np.flatnonzero(np.isfinite(series))
    counts = series[where]
    split = np.arange(MIN_SIDE, len(counts) - MIN_SIDE + 1)
    near = np.abs(split - np.searchsorted(where, here)) <= 1
    if not near.any() or not counts.any():
        return 0.5
    gain, left, right = scan_steps(counts[None], np.ones(len(counts)), MIN_SIDE)
    best = int(gain[0].argmax())
    mean = np.where(np.arange(len(counts)) < split[best], left[0, best], right[0, best])
    rise = np.where(right[0] > left[0], gain[0], 0.0) / (2 * pearson_dispersion(counts, mean, 2))
    likely = np.exp(rise - rise.max())
    return float(likely[near].mean() / (likely[near].mean() + likely.mean()))


def _own_gain(own: Floats, pre: Bools, post: Bools) -> Surroundings:
    """Gain of a row [T] after over before; its error from the spread of the months before, that of counts at
    least."""
    from scipy.special import ndtri

    before, after = own[pre & np.isfinite(own)], own[post & np.isfinite(own)]
    if not len(before) or not len(after):
        return Surroundings(0.0, 1.0, np.zeros(1))
    mean = float(before.mean())
    spread = max(float(before.var()), mean)
    gain = float(after.sum()) - mean * len(after)
    size = math.sqrt(spread * len(after) * (1 + len(after) / len(before)) + max(gain, 1.0))
    return Surroundings(gain, size, ndtri((np.arange(200) + 0.5) / 200))


def transfer_ratio(
    main: PlaceboGrid, path: PlaceboGrid, starts: ArrayLike, treated: int, n_post: int, *, level: float = 0.9
) -> Ratio:
    """Pool gain in the outcome over loss in the exposure across all changed units but `treated`.

    Each unit is forecast from its own start over as many periods as the treated one; the size of its errors
    follows from its level and unsteadiness as learnt from the placebos.

    Parameters
    ----------
    main, path : PlaceboGrid
        Of the outcome and of the exposure, over the same units and periods.
    starts : int array [N]
        First period of each unit's change, -1 for none.
    treated : int
        Row that gives nothing.
    n_post : int
        Periods after the start that count.
    level : float
        Of the interval.

    Returns
    -------
    Ratio
        Gain in the outcome for each unit lost in the exposure.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> handoffs, at_large = rng.poisson(30, (40, 48)).astype(float), rng.poisson(20, (40, 48)).astype(float)
    >>> starts = np.full(40, -1)
    >>> starts[:6] = 36
    >>> handoffs[:6, 36:] -= np.minimum(handoffs[:6, 36:], 20)
    >>> at_large[:6, 36:] += 10
    >>> main, path = (
    ...     placebo_grid(y, 0, 36, 8, changed=(starts[:, None] >= 0) & (np.arange(48) >= starts[:, None]))
    ...     for y in (at_large, handoffs)
    ... )
    >>> 0.3 < transfer_ratio(main, path, starts, treated=0, n_post=8).value < 0.7
    True
    """
    check_level(level)
    begun = np.asarray(starts, dtype=np.int64)
    found = []
    for unit in np.flatnonzero(begun >= 0):
        if unit == treated:
            continue
        gain, change = (_own_change(grid, int(unit), int(begun[unit]), n_post) for grid in (main, path))
        if gain is not None and change is not None:
            found.append((gain[0], -change[0], gain[1], change[1], change[2]))
    if not found:
        return Ratio(0.5, float("nan"), float("nan"), 0.0, 1.0, 0, False)
    return pool_ratio(*np.array(found).T, level=level)


def _own_change(grid: PlaceboGrid, unit: int, start: int, n_post: int) -> tuple[float, float, float] | None:
    """Change of one unit after its own start, the size of its error, and its level before (per n_post
    periods); None where there is too little record."""
    row, date = np.flatnonzero(grid.rows == unit), np.flatnonzero(grid.starts == start)
    n = min(n_post, grid.y.shape[1] - start, grid.horizon)
    if not len(row) or not len(date) or n < max(2, n_post // 2):
        return None
    ahead = np.arange(n)
    try:
        model = grid.errors(ahead)
    except QuestionError:
        return None
    r, d = int(row[0]), int(date[0])
    seen = float(grid.y[r, start : start + n].sum())
    expected = float(grid.forecasts.of(row)[0, d, :n].sum()) * model.factor
    if not np.isfinite(seen) or not np.isfinite(expected):
        return None
    size = float(model.size(expected, grid.unsteady[r, d]))
    spread = 0.5 * (model.quantile(0.84) - model.quantile(0.16))
    share = n_post / n
    return (
        (seen - expected) * share, 2 * float(root(expected)) * size * spread * share,
        float(grid.size[r, d]) * n_post,
    )  # fmt: skip
