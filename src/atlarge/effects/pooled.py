"""One effect from many units that changed at different times.

Own estimator: imputation (Borusyak, Jaravel and Spiess 2024) in its multiplicative form for counts. Unit and
period factors are fitted to the cells without a change alone (a two-way Poisson model, whose maximum
likelihood is iterative proportional fitting), the changed cells are imputed from them, and the effect is
observed over imputed. It does not compare changed units with units changed earlier, so staggered starts do no
harm. Uncertainty: Bayesian bootstrap over units, all draws fitted together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import check_level
from atlarge.effects.event_study import PooledEffect, assemble, since_start, usable
from atlarge.effects.typing import Bools, Floats, Ints
from atlarge.errors import QuestionError

ITERATIONS = 200


def pooled_effect(
    y: ArrayLike,
    starts: ArrayLike,
    *,
    method: str = "imputation",
    horizon: int = 12,
    leads: int = 6,
    level: float = 0.9,
    draws: int = 400,
    seed: int = 0,
) -> PooledEffect:
    """Pool the effect of a change over units that changed at different times.

    Parameters
    ----------
    y : array [N, T]
        Counts; NaN is missing.
    starts : int array [N]
        First period of each unit's change; -1 for none.
    method : str
        "imputation" (no extra needed); "poisson", a two-way Poisson event study by pyfixest; "callaway",
        group-time
        effects of values relative to each unit's mean before, by diff-diff. The last two need the extra
        `effects`.
    horizon : int
        Periods after the start that count.
    leads : int
        Periods before it that are tested.
    level : float
        Of the intervals.
    draws, seed : int
        Of the bootstrap over units.

    Returns
    -------
    PooledEffect
        Ratio of observed to expected with interval and p, and the same by event time.

    Raises
    ------
    QuestionError
        For fewer than 2 changed units with records on both sides, no unit without a change, or a missing
        extra.

    Notes
    -----
    Borusyak, Jaravel and Spiess (2024), Rev. Econ. Stud. 91; Callaway and Sant'Anna (2021), J. Econom. 225.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(7).poisson(20, (12, 36)).astype(float)
    >>> starts = np.array([24, 20] + [-1] * 10)
    >>> y[0, 24:] *= 2
    >>> y[1, 20:] *= 2
    >>> found = pooled_effect(y, starts, horizon=6)
    >>> found.low < 2 < found.high
    True
    """
    check_level(level)
    if method in ("poisson", "callaway"):
        from atlarge.effects import crosscheck

        run = crosscheck.poisson_event_study if method == "poisson" else crosscheck.callaway_santanna
        return run(y, starts, horizon=horizon, leads=leads, level=level)
    if method != "imputation":
        raise QuestionError(f"unknown method {method!r}: use imputation, poisson or callaway")
    panel, begun = usable(y, starts)
    post = _Fit.of(panel, begun, begun, draws, seed)
    early = np.where(begun >= 0, np.maximum(begun - leads, 0), -1)
    before = _Fit.of(panel, begun, early, draws, seed)
    since = since_start(begun, panel.shape[1])
    inside = (since >= 0) & (since < horizon) & np.isfinite(panel)
    log_ratio, spread, extra = post.log_ratio(inside)
    times = np.arange(-leads, horizon)
    rows = [(before if e < 0 else post).log_ratio((since == e) & np.isfinite(panel)) for e in times]
    units = [int(((since == e) & np.isfinite(panel)).any(1).sum()) for e in times]
    return assemble(
        log_ratio, spread, extra, times, np.array([r[0] for r in rows]), np.array([r[1] for r in rows]),
        np.array(units), begun, level, "imputation",
    )  # fmt: skip


@dataclass(frozen=True)
class _Fit:
    """Imputed paths of the changed units for the estimate (draw 0) and the bootstrap draws."""

    panel: Floats
    weight: Floats  # [1 + B, N]
    unit: Floats  # [1 + B, N]
    period: Floats  # [1 + B, T]

    @staticmethod
    def of(panel: Floats, begun: Ints, stop: Ints, draws: int, seed: int) -> _Fit:
        """Fit to the cells before `stop` (of units with one) and to all cells of the others."""
        mask = (since_start(stop, panel.shape[1]) < 0) & np.isfinite(panel)
        seen = np.where(mask, panel, 0.0)
        rng = np.random.default_rng(seed)
        weight = np.ones((draws + 1, len(panel)))
        for group in (begun >= 0, begun < 0):
            gamma = rng.standard_exponential((draws, int(group.sum())))
            weight[1:, group] = gamma / gamma.mean(1, keepdims=True)
        m = mask.astype(np.float64)
        total = seen.sum(1)
        whole = mask.all(1)  # a unit with every cell adds the same to every period: no matrix is needed
        some, part = m[~whole], weight[:, ~whole]
        mass = weight[:, whole] @ total[whole]
        counted = weight @ seen
        period = np.ones((draws + 1, panel.shape[1]))
        for _ in range(ITERATIONS):
            unit = total[~whole] / np.maximum(period @ some.T, 1e-300)
            shared = mass / np.maximum(period.sum(1), 1e-300)
            fresh = counted / np.maximum((part * unit) @ some + shared[:, None], 1e-300)
            change = np.abs(fresh - period).max()
            period = fresh
            if change < 1e-10:
                break
        return _Fit(panel, weight, total / np.maximum(period @ m.T, 1e-300), period)

    def log_ratio(self, cells: Bools) -> tuple[float, float, float]:
        """Log of observed over imputed in `cells` [N, T], its standard error, and observed minus imputed."""
        c = cells.astype(np.float64)
        observed = (self.weight * np.where(cells, self.panel, 0.0).sum(1)).sum(1)
        expected = (self.weight * self.unit * (self.period @ c.T)).sum(1)
        if not observed[0] > 0 or not expected[0] > 0:
            return float("nan"), float("nan"), float(observed[0] - expected[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(observed) - np.log(expected)
        spread = float(np.nanstd(ratio[1:][np.isfinite(ratio[1:])]))
        return float(ratio[0]), spread, float(observed[0] - expected[0])
