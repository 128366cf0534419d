"""observed = baseline + trend + substitution + residual, each part with an interval.

baseline      the unit's own level before the change, over as many periods
trend         what the comparison units say it would have become, less the baseline
substitution  the part of a loss in another series (the exposure) that turned up in this one: the loss times
              a rate learnt from other units that lost, never from the unit itself
residual      what remains

The intervals carry the errors of all steps: prediction errors of both series are drawn together from the
placebo units (the same unit's errors in both, so that their correlation is kept), the rate from its
distribution for a new unit, and the number that turned up given the rate from its binomial spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.effects.arrays import Periods, prepare
from atlarge.effects.counterfactual import Counterfactual, counterfactual
from atlarge.effects.placebo import PlaceboSpace, fit_setting
from atlarge.effects.pooling import Ratio, pool_ratio
from atlarge.errors import QuestionError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

USUAL_RELABELLED = (
    0.2  # chance, before looking, that a jail's handoffs came to be recorded under another name
)
LEAST_CHANCE = 0.05


@dataclass(frozen=True)
class Part:
    """A value with its interval, in the units of the outcome summed over the post-periods."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Decomposition:
    """What `decompose` gives. observed = baseline + trend + substitution + residual holds exactly.

    effect            trend-adjusted change: substitution + residual
    loss              what the exposure series lost (positive) against its own counterfactual; elsewhere:
    how much
                      of that loss was found recorded elsewhere and is not counted as lost
    ratio             the pooled rate and where it comes from
    p_residual        two-sided p-value of the residual; p_residual_high: of no excess (one-sided)
    outcome, exposure the two counterfactual studies
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
    outcome: Counterfactual
    exposure: Counterfactual


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
    method: str = "ascm",
    level: float = 0.9,
    draws: int = 4000,
    seed: int = 0,
) -> Decomposition:
    """Split the change of row `treated` of `outcome` [N, T] into trend, substitution and residual.

    `exposure` [N, T]: the series whose losses may turn up in the outcome. `starts` [N]: first period of
    each unit's own change, -1 for units without one; the substitution rate is pooled over them (the treated
    unit left out), unless `ratio` is given. `donors` [N]: default, all units without a change. `elsewhere`
    [N, T]: events of the exposure's kind recorded for the surroundings of each unit and not for it; a gain
    there that goes with the loss is taken for relabelling, not loss. Missing values are NaN. Raises
    QuestionError as `counterfactual` does.
    """
    y, x = np.asarray(outcome, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    begun = np.full(len(y), -1) if starts is None else np.asarray(starts, dtype=np.int64)
    mask = begun < 0 if donors is None else np.asarray(donors, dtype=bool)
    main = counterfactual(y, treated, pre, post, mask, method=method, level=level)
    path = counterfactual(x, treated, pre, post, mask, method=method, level=level)
    if ratio is None:
        ratio = transfer_ratio(y, x, begun, treated, mask, main, path, method=method, level=level)
    rng = np.random.default_rng(seed)
    shift = _relabelled(elsewhere, treated, pre, post, mask, path, method, level)
    parts = _draw_parts(rng, main, path, ratio, shift, draws)
    return _assemble(main, path, ratio, shift, parts, level)


def _draw_parts(
    rng: np.random.Generator,
    main: Counterfactual,
    path: Counterfactual,
    ratio: Ratio,
    shift: Surroundings | None,
    draws: int,
) -> dict[str, Floats]:
    errors = paired_errors(main.placebos, path.placebos)
    pick = errors[rng.integers(0, len(errors), draws)]
    effect = main.effect - pick[:, 0] * float(main.placebos.scale[0])
    gap = path.effect - pick[:, 1] * float(path.placebos.scale[0])
    moved = np.zeros(draws)
    if shift is not None:
        found = shift.gain - rng.choice(shift.errors, draws) * shift.size
        moved = np.clip(found, 0.0, np.maximum(-gap, 0.0))
        moved = np.where(rng.random(draws) < shift.chance(-path.effect), moved, 0.0)
    loss = -gap - moved
    rate = ratio.draw(rng, draws)
    lost = np.maximum(loss, 0.0)
    chance = np.sqrt(lost * rate * (1 - rate)) * rng.standard_normal(draws)
    substitution = np.clip(rate * lost + chance, 0.0, lost)
    return {
        "effect": effect, "loss": loss, "moved": moved, "substitution": substitution,
        "residual": effect - substitution,
    }  # fmt: skip


def _assemble(
    main: Counterfactual,
    path: Counterfactual,
    ratio: Ratio,
    shift: Surroundings | None,
    parts: dict[str, Floats],
    level: float,
) -> Decomposition:
    observed = float(main.observed[main.post].sum())
    baseline = main.pre_mean * int(main.post.sum())
    moved = float(parts["moved"].mean())
    loss = -path.effect - moved
    substitution = ratio.value * max(loss, 0.0)
    residual = main.effect - substitution
    n = main.placebos.n_placebos
    tail = _tail(n, level)
    # the draws repeat n placebo errors, so a p-value below 1 / (n + 1) cannot be claimed
    below = (1 + n * float((parts["residual"] <= 0).mean())) / (n + 1)
    above = (1 + n * float((parts["residual"] >= 0).mean())) / (n + 1)
    return Decomposition(
        observed=observed,
        baseline=baseline,
        trend=_part(observed - baseline - main.effect, observed - baseline - parts["effect"], tail),
        substitution=_part(substitution, parts["substitution"], tail),
        residual=_part(residual, parts["residual"], tail),
        effect=_part(main.effect, parts["effect"], tail),
        loss=_part(loss, parts["loss"], tail),
        elsewhere=None if shift is None else _part(moved, parts["moved"], tail),
        ratio=ratio,
        p_residual=min(1.0, 2 * min(below, above)),
        p_residual_high=below,
        outcome=main,
        exposure=path,
    )


def _tail(n: int, level: float) -> float:
    """Share of draws to leave out on each side, so that n exchangeable errors cover with at least `level`."""
    rank = math.ceil((n + 1) * (0.5 + level / 2))
    return max(n - rank + 0.5, 0.5) / n


def _part(value: float, draws: Floats, tail: float) -> Part:
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Part(value, min(float(low), value), max(float(high), value))


def paired_errors(one: PlaceboSpace, two: PlaceboSpace) -> Floats:
    """Standardised placebo errors [M, 2] of units that are placebos in both studies."""
    both, first, second = np.intersect1d(one.units[1:], two.units[1:], return_indices=True)
    if len(both) < 5:
        raise QuestionError(f"only {len(both)} comparison units have both series; at least 5 are needed")
    return np.column_stack([one.statistic[1:][first], two.statistic[1:][second]])


@dataclass(frozen=True)
class Surroundings:
    """What the surroundings of a unit gained as it lost: the gain, the size of its error, and errors [M] as
    they usually fall, in units of that size."""

    gain: float
    size: float
    errors: Floats

    def chance(self, loss: float) -> float:
        """Probability that any of a loss is only recorded elsewhere, given the gain.

        Before looking `USUAL_RELABELLED`; if so, any part of the loss is as likely to have moved, and the
        gain is that part plus the usual error (Bayes' rule for two hypotheses).
        """
        from scipy.stats import norm

        gain, most = self.gain / self.size, max(loss, 1e-9) / self.size
        moved = USUAL_RELABELLED * float(norm.cdf(gain) - norm.cdf(gain - most)) / most
        none = (1 - USUAL_RELABELLED) * float(norm.pdf(gain))
        return moved / max(moved + none, 1e-300)


def _relabelled(
    elsewhere: ArrayLike | None,
    treated: int,
    pre: Periods,
    post: Periods | None,
    donors: Bools,
    path: Counterfactual,
    method: str,
    level: float,
) -> Surroundings | None:
    """The surroundings where the unit lost and some of that may have turned up there; else None."""
    if elsewhere is None or path.effect >= 0:
        return None
    around = np.asarray(elsewhere, dtype=np.float64)
    try:
        shift = counterfactual(around, treated, pre, post, donors, method=method, level=level)
        found = Surroundings(shift.effect, float(shift.placebos.scale[0]), shift.placebos.statistic[1:])
    except QuestionError:  # nothing there before, or too few others with any: by its own months alone
        found = _own_gain(around[treated], path.pre, path.post)
    return found if found.chance(-path.effect) >= LEAST_CHANCE else None


def _own_gain(own: Floats, pre: Bools, post: Bools) -> Surroundings:
    """Gain of a row [T] after over before; its error from the spread of the months before, that of counts at
    least."""
    from scipy.stats import norm

    before, after = own[pre & np.isfinite(own)], own[post & np.isfinite(own)]
    if not len(before) or not len(after):
        return Surroundings(0.0, 1.0, np.zeros(1))
    mean = float(before.mean())
    spread = max(float(before.var()), mean)
    gain = float(after.sum()) - mean * len(after)
    size = math.sqrt(spread * len(after) * (1 + len(after) / len(before)) + max(gain, 1.0))
    return Surroundings(gain, size, norm.ppf((np.arange(200) + 0.5) / 200))


def transfer_ratio(
    outcome: Floats,
    exposure: Floats,
    starts: NDArray[np.int64],
    treated: int,
    donors: Bools,
    main: Counterfactual,
    path: Counterfactual,
    *,
    method: str = "ascm",
    level: float = 0.9,
) -> Ratio:
    """Pool gain in the outcome over loss in the exposure across all changed units but `treated`.

    Each unit is studied from its own start over as many periods as the treated one, with the same donors and
    tuning; the size of its errors follows from its level and fit as learnt from the placebos.
    """
    n_post = int(main.post.sum())
    rows = [int(k) for k in np.flatnonzero(starts >= 0) if k != treated]
    found = []
    for k in rows:
        start = int(starts[k])
        try:
            gain = _one_gap(outcome, k, start, n_post, donors, main, method)
            change = _one_gap(exposure, k, start, n_post, donors, path, method)
        except QuestionError:
            continue  # too little record of this unit around its own change
        found.append((gain[0], -change[0], gain[1], change[1], change[2]))
    if not found:
        return Ratio(0.5, float("nan"), float("nan"), 0.0, 1.0, 0, False)
    columns = np.array(found).T
    return pool_ratio(*columns, level=level)


def _one_gap(
    y: Floats, unit: int, start: int, n_post: int, donors: Bools, like: Counterfactual, method: str
) -> tuple[float, float, float]:
    """Gap of one unit after its start, the size of its error, and its level before (per n_post periods)."""
    mask = np.asarray(donors, dtype=bool).copy()
    mask[unit] = False
    setting = prepare(y, unit, start, slice(start, start + n_post), mask)
    n = int(setting.post.sum())
    if n < max(2, n_post // 2):
        raise QuestionError("too few periods after the change")
    fitted = fit_setting(setting, method, only_target=True, tuning=like.tuning)
    path = fitted.fitted[0] * setting.unit[0]
    gap = setting.y[0] - path
    pre_rmse = float(np.sqrt((gap[setting.pre] ** 2).mean()))
    size = float(like.placebos.model.predict(max(float(path[setting.post].mean()), 0.0), pre_rmse))
    share = n_post / n
    return float(gap[setting.post].sum()) * share, size, float(setting.y[0, setting.pre].mean()) * n_post
