"""What estimators of one effect from many units share: usable units, times since the start, the result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_panel
from atlarge.effects.results import EventTimes
from atlarge.effects.typing import Floats, Ints
from atlarge.errors import QuestionError

MIN_TREATED = 2


@dataclass(frozen=True, repr=False)
class PooledEffect(EventTimes):
    """The effect over all treated units, and by time since the start.

    Effects are ratios: 1.2 is 20% above expected.

    Attributes
    ----------
    ratio, low, high : float
        Over all post-periods within the horizon, with its interval.
    p : float
        Two-sided p-value of ratio 1.
    log_se : float
        Standard error of the log ratio.
    extra : float or None
        Observed minus expected in those cells; None where the method has no such sum.
    event_time : int array [K]
        Periods since the start; below 0, before it.
    event_ratio, event_low, event_high : array [K]
        The same by time since the start. Times before it are predicted too, from a fit that has not seen
        them, so that they test the comparison.
    event_units : int array [K]
        Units behind each.
    n_treated, n_never : int
        Units with and without a change.
    method : str
        imputation, poisson or callaway.
    """

    ratio: float
    low: float
    high: float
    p: float
    log_se: float
    extra: float | None
    event_time: Ints
    event_ratio: Floats
    event_low: Floats
    event_high: Floats
    event_units: Ints
    n_treated: int
    n_never: int
    method: str


def usable(y: ArrayLike, starts: ArrayLike) -> tuple[Floats, Ints]:
    """Units with something before their change (and anything at all); QuestionError where too few are
    left."""
    panel = as_panel(y)
    try:
        begun = np.nan_to_num(np.asarray(starts, dtype=np.float64), nan=-1, posinf=-1).astype(np.int64)
    except (TypeError, ValueError):
        raise QuestionError("starts are column numbers, negative or NaN for units without a change") from None
    if panel.ndim != 2 or begun.shape != (len(panel),):
        raise QuestionError("y must be units x periods and starts one entry a unit")
    begun = np.where(begun >= panel.shape[1], -1, begun)
    clean = since_start(begun, panel.shape[1]) < 0
    kept = np.nansum(np.where(clean, panel, 0.0), axis=1) > 0
    panel, begun = panel[kept], begun[kept]
    treated, never = int((begun >= 0).sum()), int((begun < 0).sum())
    if treated < MIN_TREATED or never < 1:
        raise QuestionError(
            f"{treated} changed and {never} unchanged units have records before and after: "
            f"pooling needs at least {MIN_TREATED} changed and 1 unchanged"
        )
    return panel, begun


def since_start(begun: Ints, n_periods: int) -> Ints:
    """Periods since each unit's start [N, T]; a large negative number for units without one."""
    since = np.arange(n_periods)[None, :] - begun[:, None]
    return np.where(begun[:, None] >= 0, since, -(10**6))


def assemble(
    log_ratio: float,
    spread: float,
    extra: float | None,
    times: Ints,
    event_log: Floats,
    event_se: Floats,
    units: Ints,
    begun: Ints,
    level: float,
    method: str,
) -> PooledEffect:
    """Intervals by Student's t with one degree of freedom less than changed units (they are few)."""
    from scipy.special import stdtr, stdtrit

    treated = int((begun >= 0).sum())
    reach = float(stdtrit(max(1, treated - 1), 0.5 + level / 2))
    p = float(2 * stdtr(max(1, treated - 1), -abs(log_ratio) / spread)) if spread > 0 else float("nan")
    return PooledEffect(
        ratio=float(np.exp(log_ratio)),
        low=float(np.exp(log_ratio - reach * spread)),
        high=float(np.exp(log_ratio + reach * spread)),
        p=p,
        log_se=spread,
        extra=extra,
        event_time=times,
        event_ratio=np.exp(event_log),
        event_low=np.exp(np.clip(event_log - reach * event_se, -50, 50)),
        event_high=np.exp(np.clip(event_log + reach * event_se, -50, 50)),
        event_units=units,
        n_treated=treated,
        n_never=int((begun < 0).sum()),
        method=method,
    )
