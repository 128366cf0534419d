"""The path a unit would have taken without the change, with intervals from the placebos of all other
units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import Periods, Setting, as_panel, check_level, period_mask, prepare
from atlarge.effects.fit import Fit
from atlarge.effects.placebo import PlaceboSpace, ScaleModel, fit_setting, learn_scale, quantile_pair, space
from atlarge.effects.results import Paths, Result
from atlarge.effects.typing import Bools, Floats


@dataclass(frozen=True, repr=False)
class Counterfactual(Paths):
    """A unit's path without the change. Returned by `counterfactual`; values are in the units of y.

    Attributes
    ----------
    observed, fitted : array [T]
        The target, NaN where it has no record, and its path without the change.
    low, high : array [T]
        Prediction band around `fitted`.
    pre, post : bool array [T]
        The periods used before and after the change.
    effect, effect_low, effect_high : float
        Sum over the post-periods of observed - fitted, and its interval.
    effect_mean : float
        The same per post-period.
    relative : float or None
        effect / sum of fitted; None where that sum is not positive.
    p, p_high, p_ratio : float
        Placebo p-values: two-sided, one-sided for an increase, and of the RMSPE ratio.
    weights : array [N] or None
        Weight of each unit of the panel; None for a method without weights.
    pre_rmse, pre_rmse_relative : float
        Root mean squared gap before the change, and that over `pre_mean`.
    pre_mean : float
        Mean of the target before the change.
    n_donors, n_imputed, n_dropped : int
        Donors used, donor cells filled, donors left out.
    method : str
        As requested.
    level : float
        Of the intervals.
    tuning : float or None
        Ridge penalty as a share of the largest eigenvalue; infinity for none.
    placebos : PlaceboSpace
        The placebo statistics of all donors.
    """

    observed: Floats
    fitted: Floats
    low: Floats
    high: Floats
    pre: Bools
    post: Bools
    effect: float
    effect_low: float
    effect_high: float
    effect_mean: float
    relative: float | None
    p: float
    p_high: float
    p_ratio: float
    weights: Floats | None
    pre_rmse: float
    pre_rmse_relative: float
    pre_mean: float
    n_donors: int
    n_imputed: int
    n_dropped: int
    method: str
    level: float
    tuning: float | None
    placebos: PlaceboSpace


def counterfactual(
    y: ArrayLike,
    treated: int | Sequence[int],
    pre: Periods,
    post: Periods | None = None,
    donors: ArrayLike | None = None,
    *,
    method: str = "ascm",
    scale: str = "auto",
    level: float = 0.9,
    max_pre_ratio: float | None = None,
    tuning: float | None = None,
) -> Counterfactual:
    """Estimate the path of one row had nothing changed after the `pre` periods, from the other rows.

    Parameters
    ----------
    y : array [N, T]
        Counts or rates of N units; NaN is missing.
    treated : int or sequence of int
        Row in question, or several whose sum is studied.
    pre : int, slice, indices or mask [T]
        Periods before the change; a number means the first ones.
    post : int, slice, indices or mask [T], optional
        Periods after it; left out: all after the last of `pre`. Periods in neither, say between announcement
        and effect, are fitted but not counted.
    donors : bool array [N], optional
        Units that may serve as comparison; leave out all that changed themselves.
    method : str
        "ascm", ridge-augmented synthetic control; "sc", simplex weights alone; "did", mean path of the
        others.
    scale : str
        As of `prepare`.
    level : float
        Of the intervals, which are conformal over placebo units.
    max_pre_ratio : float, optional
        Leaves out placebos whose fit before, relative to their level, is worse than that many times the
        target's.
    tuning : float, optional
        Fixes the ridge penalty instead of choosing it.

    Returns
    -------
    Counterfactual
        Path, effect and interval in units of y, and placebo p-values.

    Raises
    ------
    QuestionError
        For fewer than 6 pre-periods or 5 donors with records, no post-period, or only zeros before.

    Notes
    -----
    Ben-Michael, Feller and Rothstein (2021), J. Am. Stat. Assoc. 116; Abadie, Diamond and Hainmueller (2010),
    J. Am. Stat. Assoc. 105.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(7).poisson(20, (12, 36)).astype(float)
    >>> y[0, 24:] += 15
    >>> found = counterfactual(y, 0, pre=24)
    >>> found.effect_low < 12 * 15 < found.effect_high
    True
    """
    check_level(level)
    setting = prepare(y, treated, pre, post, donors, scale)
    fitted = fit_setting(setting, method, tuning=tuning)
    placebos = space(setting, fitted, max_pre_ratio)
    return _result(as_panel(y), treated, setting, fitted, placebos, method, level)


def _result(
    panel: Floats,
    treated: int | Sequence[int],
    setting: Setting,
    fitted: Fit,
    placebos: PlaceboSpace,
    method: str,
    level: float,
) -> Counterfactual:
    path = fitted.fitted[0] * setting.unit[0]
    low, high = _band(setting, path, placebos, fitted.fitted * setting.unit[:, None], level)
    down, up = quantile_pair(placebos.statistic[1:], level)
    effect, size = float(placebos.effect[0]), float(placebos.scale[0])
    expected = float(path[setting.post].sum())
    pre_mean = float(setting.y[0, setting.pre].mean())
    seen = np.isfinite(panel[np.atleast_1d(np.asarray(treated))].sum(0))
    total = float(setting.y[0, setting.post].sum())
    # a path of counts cannot be below zero, so the effect cannot exceed what was observed
    most = max(total, effect) if np.nanmin(panel) >= 0 else np.inf
    return Counterfactual(
        observed=np.where(seen, setting.y[0], np.nan),
        fitted=path,
        low=low,
        high=high,
        pre=setting.pre,
        post=setting.post,
        effect=effect,
        effect_low=effect - up * size,
        effect_high=min(effect - down * size, most),
        effect_mean=effect / int(setting.post.sum()),
        relative=effect / expected if expected > 0 else None,
        p=placebos.p,
        p_high=placebos.p_high,
        p_ratio=placebos.p_ratio,
        weights=_panel_weights(setting, fitted.weights, len(panel)),
        pre_rmse=float(placebos.pre_rmse[0]),
        pre_rmse_relative=float(placebos.pre_rmse[0] / pre_mean) if pre_mean else float("nan"),
        pre_mean=pre_mean,
        n_donors=len(setting.rows) - 1,
        n_imputed=setting.imputed,
        n_dropped=setting.dropped,
        method=method,
        level=level,
        tuning=fitted.tuning,
        placebos=placebos,
    )


def _panel_weights(setting: Setting, weights: Floats | None, n_units: int) -> Floats | None:
    if weights is None:
        return None
    full = np.zeros(n_units)
    full[setting.rows[1:]] = weights[0, 1:]
    return full


def _band(
    setting: Setting, path: Floats, placebos: PlaceboSpace, fitted: Floats, level: float
) -> tuple[Floats, Floats]:
    """Prediction band [T]: per period, the placebo errors of that period, scaled to the target."""
    kept = np.isin(setting.rows, placebos.units)
    height = np.maximum(fitted[kept].T, 0.0)
    gaps = placebos.gaps.T
    model = learn_scale(gaps[:, 1:], height[:, 1:], placebos.pre_rmse[1:])
    size = ScaleModel(model.beta[:, None, :]).predict(height, placebos.pre_rmse)
    pairs = [quantile_pair(row, level) for row in gaps[:, 1:] / size[:, 1:]]
    reach = np.array(pairs) * size[:, :1]
    low, high = path + reach[:, 0], path + reach[:, 1]
    if setting.y.min() >= 0:
        low = np.maximum(low, 0.0)
    return low, high


def placebo_in_time(
    y: ArrayLike,
    treated: int | Sequence[int],
    pre: Periods,
    donors: ArrayLike | None = None,
    *,
    holdout: int | None = None,
    method: str = "ascm",
    scale: str = "auto",
    level: float = 0.9,
) -> Counterfactual:
    """Pretend that the change came earlier: the last pre-periods serve as post-periods.

    A clear "effect" there means that the unit had already left its comparison before the change.

    Parameters
    ----------
    y : array [N, T]
        Counts or rates of N units; NaN is missing.
    treated : int or sequence of int
        Row in question, or several whose sum is studied.
    pre : int, slice, indices or mask [T]
        Periods before the change; a number means the first ones.
    donors : bool array [N], optional
        Units that may serve as comparison.
    holdout : int, optional
        Number of pre-periods held out; left out: a third of them.
    method, scale : str
        As of `counterfactual`.
    level : float
        Of the intervals.

    Returns
    -------
    Counterfactual
        For the held-out periods.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(7).poisson(20, (12, 36)).astype(float)
    >>> before = placebo_in_time(y, 0, pre=24, holdout=8)
    >>> before.effect_low < 0 < before.effect_high
    True
    """
    check_level(level)
    n_periods = as_panel(y).shape[1]
    index = np.flatnonzero(period_mask(pre, n_periods))
    take = max(1, len(index) // 3) if holdout is None else holdout
    return counterfactual(
        y, treated, index[:-take], index[-take:], donors, method=method, scale=scale, level=level
    )


@dataclass(frozen=True, repr=False)
class Detectable(Result):
    """The smallest change that would be found. Returned by `minimum_detectable_effect`.

    Attributes
    ----------
    total, per_period : float
        In units of y: over all post-periods and per period (NaN where their number is unknown).
    relative : float or None
        total over the expected total, where that is known.
    power, alpha : float
        Chance of finding it, and size of the test.
    """

    total: float
    per_period: float
    relative: float | None
    power: float
    alpha: float


def minimum_detectable_effect(
    result: Counterfactual | PlaceboSpace, *, power: float = 0.8, alpha: float = 0.1, side: str = "two"
) -> Detectable:
    """The smallest effect that a design would find with a given power.

    Parameters
    ----------
    result : Counterfactual or PlaceboSpace
        Its placebo statistics give both the critical value and the scatter of estimates around a true effect.
    power : float
        Chance of finding the effect.
    alpha : float
        Size of the test.
    side : str
        "two", or "high" for an increase.

    Returns
    -------
    Detectable
        The total and the effect per period in units of y; with a Counterfactual also relative to the expected
        total.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(7).poisson(20, (12, 36)).astype(float)
    >>> 0 < minimum_detectable_effect(counterfactual(y, 0, pre=24)).relative < 1
    True
    """
    placebos = result.placebos if isinstance(result, Counterfactual) else result
    z = np.sort(placebos.statistic[1:])
    if side == "two":
        critical = quantile_pair(np.concatenate([z, -z]), 1.0 - alpha)[1]
    else:
        critical = quantile_pair(z, 1.0 - 2.0 * alpha)[1]
    needed = critical - float(np.quantile(z, 1.0 - power))
    total = float(needed * placebos.scale[0])
    relative, periods = None, None
    if isinstance(result, Counterfactual):
        periods = int(result.post.sum())
        expected = float(result.fitted[result.post].sum())
        relative = total / expected if expected > 0 else None
    return Detectable(total, total / periods if periods else float("nan"), relative, power, alpha)
