"""Every unit as its own placebo: gaps, their scale, p-values and prediction intervals from them.

The gap of a placebo unit after the change is pure prediction error. Errors of large and small units differ in
size, so each is divided by the error that a unit of its level and pre-period fit should have (a gamma
regression over all placebos). What is left is comparable between units, and its empirical distribution gives
p-values (the rank of the target) and intervals (its quantiles times the target's own scale).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import Periods, Setting, prepare
from atlarge.effects.fit import Fit, fit
from atlarge.effects.results import Result, frame_of
from atlarge.effects.typing import Floats, Ints
from atlarge.errors import QuestionError

MIN_FOR_REGRESSION = 30
SCALE_STEPS = 60


@dataclass(frozen=True, repr=False)
class PlaceboSpace(Result):
    """The target and every placebo unit fitted alike. Returned by `placebo_in_space`.

    Row 0 is the target, rows 1 to M are the placebo units.

    Attributes
    ----------
    units : int array [1 + M]
        Row of each unit in the caller's panel; -1 for a sum of several.
    gaps : array [1 + M, T]
        Observed minus fitted, in the units of y.
    effect : array [1 + M]
        Sum of the gaps over the post-periods, in the units of y.
    scale : array [1 + M]
        Expected size (standard deviation) of such a sum without any effect.
    statistic : array [1 + M]
        effect / scale.
    model : ScaleModel
        How `scale` depends on level and pre-period fit, for use on other units.
    pre_rmse, post_rmse, ratio : array [1 + M]
        Root mean squared gaps before and after, and their ratio.
    p, p_high : float
        p-values of the target's statistic by its rank: two-sided, and one-sided for an increase.
    p_ratio : float
        p-value of the RMSPE ratio (Abadie, Diamond and Hainmueller 2010).
    n_excluded : int
        Placebos left out for a poor pre-period fit.
    """

    units: Ints
    gaps: Floats
    effect: Floats
    scale: Floats
    statistic: Floats
    model: ScaleModel
    pre_rmse: Floats
    post_rmse: Floats
    ratio: Floats
    p: float
    p_high: float
    p_ratio: float
    n_excluded: int

    @property
    def n_placebos(self) -> int:
        """Number of placebo units."""
        return len(self.units) - 1

    def to_frame(self) -> Any:
        """One row a unit (Polars), the target first: unit, effect, scale, statistic, ratio."""
        names = ("effect", "scale", "statistic", "ratio")
        return frame_of({"unit": self.units, **{name: getattr(self, name) for name in names}})


def placebo_in_space(
    y: ArrayLike,
    treated: int | Sequence[int],
    pre: Periods,
    post: Periods | None = None,
    donors: ArrayLike | None = None,
    *,
    method: str = "ascm",
    scale: str = "auto",
    max_pre_ratio: float | None = None,
) -> PlaceboSpace:
    """Fit the target and every donor as if it had changed at the same time, in one batch.

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
        Units that may serve; leave out all that changed themselves.
    method, scale : str
        As of `counterfactual`.
    max_pre_ratio : float, optional
        Leaves out placebos whose fit before, relative to their level, is worse than that many times the
        target's.

    Returns
    -------
    PlaceboSpace
        Gaps and statistics of the target (first) and of every placebo, and the p-values of the target's rank.

    Raises
    ------
    QuestionError
        Where there are too few periods or donors, the target is zero throughout, or `max_pre_ratio` leaves no
        placebo.

    Notes
    -----
    Abadie, Diamond and Hainmueller (2010), J. Am. Stat. Assoc. 105.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(7).poisson(20, (12, 36)).astype(float)
    >>> y[0, 24:] += 15
    >>> float(placebo_in_space(y, 0, pre=24).p_high)
    0.08333333333333333
    """
    setting = prepare(y, treated, pre, post, donors, scale)
    return space(setting, fit_setting(setting, method), max_pre_ratio)


def fit_setting(setting: Setting, method: str, *, tuning: float | None = None) -> Fit:
    """Fit a prepared problem; the fitted paths are in scaled units."""
    if setting.is_relative:
        size = np.maximum(setting.y[:, setting.pre].mean(1), 0.0)
    else:
        size = np.ones(len(setting.y))
    return fit(setting.scaled, setting.pre, size, method, tuning=tuning)


def space(setting: Setting, fitted: Fit, max_pre_ratio: float | None = None) -> PlaceboSpace:
    """Placebo statistics from a fitted problem."""
    gaps = setting.y - fitted.fitted * setting.unit[:, None]
    pre_rmse = np.sqrt((gaps[:, setting.pre] ** 2).mean(1))
    post_rmse = np.sqrt((gaps[:, setting.post] ** 2).mean(1))
    kept = np.ones(len(gaps), dtype=bool)
    if max_pre_ratio is not None:
        relative = pre_rmse / np.maximum(np.abs(setting.unit), 1e-12)
        kept = relative <= max_pre_ratio * relative[0]
        kept[0] = True
        if not kept[1:].any():
            raise QuestionError(
                f"none of {len(kept) - 1} comparison units fits before within {max_pre_ratio:g} times the "
                "error of the target: raise max_pre_ratio"
            )
    gaps, pre_rmse, post_rmse = gaps[kept], pre_rmse[kept], post_rmse[kept]
    effect = gaps[:, setting.post].sum(1)
    level = np.maximum(fitted.fitted[kept][:, setting.post].mean(1) * setting.unit[kept], 0.0)
    model = learn_scale(effect[1:], level[1:], pre_rmse[1:])
    size = model.predict(level, pre_rmse)
    statistic = effect / size
    ratio = post_rmse / np.maximum(pre_rmse, 1e-12 * np.maximum(np.abs(setting.unit[kept]), 1e-300))
    return PlaceboSpace(
        units=setting.rows[kept],
        gaps=gaps,
        effect=effect,
        scale=size,
        statistic=statistic,
        model=model,
        pre_rmse=pre_rmse,
        post_rmse=post_rmse,
        ratio=ratio,
        p=rank_p(np.abs(statistic)),
        p_high=rank_p(statistic),
        p_ratio=rank_p(ratio),
        n_excluded=int((~kept).sum()),
    )


def rank_p(statistic: Floats) -> float:
    """Share of all units, the target (entry 0) among them, at least as extreme as the target."""
    return float((statistic >= statistic[0]).mean())


@dataclass(frozen=True)
class ScaleModel:
    """E gap^2 = beta . (1, level, level^2, pre_rmse^2): a floor, noise of counts, common shocks, own
    unsteadiness.

    beta [..., 4]: one model, or one for each period.
    """

    beta: Floats

    def predict(self, level: ArrayLike, pre_rmse: ArrayLike) -> Floats:
        """Expected size (root mean square) of a gap without effect, in the units of the gaps learnt from."""
        return np.asarray(np.sqrt((_features(level, pre_rmse) * self.beta).sum(-1)))


def _features(level: ArrayLike, pre_rmse: ArrayLike) -> Floats:
    height = np.maximum(np.asarray(level, dtype=np.float64), 0.0)
    error = np.asarray(pre_rmse, dtype=np.float64)
    return np.stack(np.broadcast_arrays(1.0, height, height**2, error**2), axis=-1)


def learn_scale(gap: Floats, level: Floats, pre_rmse: Floats) -> ScaleModel:
    """Learn the size of gaps [..., M] from placebo units by gamma regression on level [..., M] and
    pre-period fit [M].

    The coefficients are not negative and found by multiplicative updates (as for the Itakura-Saito
    divergence, which is the gamma deviance; Fevotte, Bertin and Durrieu 2009). With fewer than 30 placebos
    the size only goes with the pre-period error, as in the usual RMSPE ratio. Leading dimensions are
    separate problems, solved together.
    """
    squared = gap**2
    features = _features(level, np.broadcast_to(pre_rmse, gap.shape))
    usual = np.maximum(features.mean(-2), 1e-100)
    mean = squared.mean(-1, keepdims=True)
    if gap.shape[-1] < MIN_FOR_REGRESSION:
        beta = np.zeros_like(usual)
        beta[..., 3] = np.where(mean[..., 0] > 0, mean[..., 0] / usual[..., 3], 1.0)
        beta[..., 0] = 1e-12 * (squared.max(-1) + usual[..., 3]) + 1e-100
        return ScaleModel(beta)
    scaled = features / usual[..., None, :]
    floor = np.maximum(1e-4 * mean, 1e-100)
    beta = np.repeat(np.maximum(mean / 4, floor), 4, axis=-1)
    turned = np.swapaxes(scaled, -1, -2)
    for _ in range(SCALE_STEPS):
        expected = (scaled @ beta[..., None])[..., 0]
        near = np.minimum(squared, 25.0 * expected)  # so that one extreme placebo does not dominate the fit
        up = (turned @ (near / expected**2)[..., None])[..., 0]
        down = (turned @ (1.0 / expected)[..., None])[..., 0]
        beta = beta * up / np.maximum(down, 1e-300)  # a feature may be zero for all units
        beta[..., :1] = np.maximum(beta[..., :1], floor)
    return ScaleModel(beta / usual)


def quantile_pair(errors: Floats, level: float) -> tuple[float, float]:
    """Lower and upper conformal quantiles of the placebo errors [M] for a two-sided interval.

    The k-th smallest of M exchangeable errors with k = ceil((M + 1) q) covers with probability at least q.
    With too few placebos for the level the extreme ones are widened in proportion.
    """
    ordered = np.sort(errors)
    tail = (1.0 - level) / 2.0
    rank = math.ceil((len(ordered) + 1) * (1.0 - tail))
    if rank <= len(ordered):
        return float(ordered[len(ordered) - rank]), float(ordered[rank - 1])
    from scipy.special import stdtrit

    stretch = float(
        stdtrit(len(ordered), 1.0 - tail)
        / max(stdtrit(len(ordered), len(ordered) / (len(ordered) + 1.0)), 0.5)
    )
    widest = float(np.abs(ordered).max()) * max(stretch, 1.0)
    return -widest, widest
