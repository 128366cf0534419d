"""Second opinions on pooled effects from libraries kept by others (the extra `effects`).

`poisson_event_study`  two-way Poisson regression by pyfixest
`callaway_santanna`    group-time effects by diff-diff
`honest_bounds`        how far the conclusion survives departures from parallel trends (Rambachan and Roth
2023)
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.event_study import PooledEffect, assemble, usable
from atlarge.effects.typing import Floats, Ints
from atlarge.errors import QuestionError


def _need(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise QuestionError(
            f"this needs the Python package {module.replace('_', '-')}, which the extra `effects` brings: "
            "install atlarge[effects]"
        ) from None


def _long(panel: Floats, begun: Ints) -> Any:
    """One row a unit and period that has a record."""
    pandas = _need("pandas")
    n, periods = panel.shape
    frame = pandas.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "period": np.tile(np.arange(periods), n),
            "y": panel.ravel(),
            "start": np.repeat(begun, periods),
        }
    )
    return frame[np.isfinite(frame["y"])].reset_index(drop=True)


def poisson_event_study(
    y: ArrayLike, starts: ArrayLike, *, horizon: int, leads: int, level: float
) -> PooledEffect:
    """Two-way Poisson event study with unit-clustered errors (pyfixest `fepois`).

    The period before the start is the reference; times beyond `leads` and `horizon` are binned at the ends
    and not reported. With staggered starts and effects that grow it is biased towards early changers; it is
    a check.
    """
    pyfixest = _need("pyfixest")
    panel, begun = usable(y, starts)
    frame = _long(panel, begun)
    since = frame["period"] - frame["start"]
    changed = frame["start"] >= 0
    frame["event"] = np.where(changed, np.clip(since, -leads - 1, horizon), -1).astype(int)
    frame["now"] = (changed & (since >= 0) & (since < horizon)).astype(int)
    frame["late"] = (changed & (since >= horizon)).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the library's own use of pandas
        late = " + late" if frame["late"].any() else ""
        whole = pyfixest.fepois(f"y ~ now{late} | unit + period", frame, vcov={"CRV1": "unit"}).tidy()
        each = pyfixest.fepois("y ~ i(event, ref=-1) | unit + period", frame, vcov={"CRV1": "unit"}).tidy()
    times = np.arange(-leads, horizon)
    log = np.array([0.0 if e == -1 else _cell(each, f"event::{e}", "Estimate") for e in times])
    spread = np.array([0.0 if e == -1 else _cell(each, f"event::{e}", "Std. Error") for e in times])
    units = np.array([_units_at(panel, begun, int(e)) for e in times])
    return assemble(
        float(whole.loc["now", "Estimate"]), float(whole.loc["now", "Std. Error"]), None, times, log, spread,
        units, begun, level, "poisson",
    )  # fmt: skip


def _cell(table: Any, row: str, column: str) -> float:
    return float(table.loc[row, column]) if row in table.index else float("nan")


def _units_at(panel: Floats, begun: Ints, event: int) -> int:
    period = begun + event
    inside = (begun >= 0) & (period >= 0) & (period < panel.shape[1])
    rows = np.flatnonzero(inside)
    return int(np.isfinite(panel[rows, period[rows]]).sum())


def _group_time(y: ArrayLike, starts: ArrayLike, level: float) -> tuple[Any, Any, Floats, Ints]:
    """diff-diff's group-time effects on values relative to each unit's mean before, and their event study."""
    diff_diff = _need("diff_diff")
    panel, begun = usable(y, starts)
    clean = np.where((begun[:, None] >= 0) & (np.arange(panel.shape[1]) >= begun[:, None]), np.nan, panel)
    mean = np.nanmean(clean, axis=1, keepdims=True)
    frame = _long(panel / mean, begun)
    # first_treat: 0 means never; periods are counted from 1
    frame["period"] += 1
    frame["start"] = np.where(frame["start"] >= 0, frame["start"] + 1, 0)
    model = diff_diff.CallawaySantAnna(
        base_period="universal", alpha=1.0 - level, allow_unbalanced_panel=bool(np.isnan(panel).any())
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about cohorts of one unit, which is what single places are
        result = model.fit(frame, outcome="y", unit="unit", time="period", first_treat="start")
        events = result.aggregate("event_study")
    return result, events, panel, begun


def callaway_santanna(
    y: ArrayLike, starts: ArrayLike, *, horizon: int, leads: int, level: float
) -> PooledEffect:
    """Callaway and Sant'Anna (2021) group-time effects by diff-diff, averaged by time since the start.

    Values are relative to each unit's own mean before its change, so that an effect of 0.2 is a ratio of
    1.2 and every unit counts the same (the imputation estimator weighs units by their counts).
    """
    _, events, panel, begun = _group_time(y, starts, level)
    at = {int(e): k for k, e in enumerate(events.event_time)}
    att, vcov = np.asarray(events.att, dtype=np.float64), np.asarray(events.vcov, dtype=np.float64)
    times = np.arange(-leads, horizon)
    value = np.array([att[at[int(e)]] if int(e) in at else np.nan for e in times])
    error = np.array([float(events.se[at[int(e)]]) if int(e) in at else np.nan for e in times])
    error = np.where(np.isfinite(value) & ~np.isfinite(error), 0.0, error)  # the reference period
    units = np.array([_units_at(panel, begun, int(e)) for e in times])
    index = {int(e): k for k, e in enumerate(events.vcov_index)}
    inside = [e for e in range(horizon) if e in at and e in index]
    share = np.array([_units_at(panel, begun, e) for e in inside], dtype=np.float64)
    share /= share.sum()
    rows = [index[e] for e in inside]
    mean = float(sum(w * att[at[e]] for w, e in zip(share, inside, strict=True)))
    spread = float(np.sqrt(share @ vcov[np.ix_(rows, rows)] @ share))
    log = np.log(np.maximum(1 + value, 1e-3))
    return assemble(
        float(np.log(max(1 + mean, 1e-3))), spread / max(1 + mean, 1e-3), None, times, log,
        error / np.maximum(1 + value, 1e-3), units, begun, level, "callaway",
    )  # fmt: skip


@dataclass(frozen=True)
class HonestBounds:
    """For each M: how far the ratio is identified if trends after the change depart from parallel by up to M
    times the worst departure before it. low, high [len(m)]; breakdown_m: the largest M at which the effect
    differs from none (0: not even under parallel trends; None: at every M tried)."""

    m: Floats
    low: Floats
    high: Floats
    breakdown_m: float | None


def honest_bounds(
    y: ArrayLike,
    starts: ArrayLike,
    *,
    m: ArrayLike = (0.0, 0.5, 1.0, 1.5, 2.0),
    horizon: int = 12,
    level: float = 0.9,
) -> HonestBounds:
    """Bounds on the mean ratio over the horizon under relative-magnitude departures from parallel trends.

    Rambachan and Roth (2023), by diff-diff, on the event study of `callaway_santanna`.
    """
    diff_diff = _need("diff_diff")
    _, events, _, _ = _group_time(y, starts, level)
    post = np.sort(np.asarray(events.event_time)[np.asarray(events.event_time) >= 0])
    weights = (post < horizon).astype(np.float64)
    grid = np.atleast_1d(np.asarray(m, dtype=np.float64))
    model = diff_diff.HonestDiD(method="relative_magnitude", alpha=1.0 - level, l_vec=weights / weights.sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library reports its own choice of variance
        found = model.sensitivity_analysis(events, M_grid=[float(v) for v in grid])
    intervals = np.asarray(found.robust_cis, dtype=np.float64)
    low, high = 1 + intervals[:, 0], 1 + intervals[:, 1]
    excludes_one = (low > 1) | (high < 1)
    if excludes_one.all():
        breakdown = None
    else:
        breakdown = float(found.breakdown_M) if excludes_one[0] and found.breakdown_M is not None else 0.0
    return HonestBounds(grid, low, high, breakdown)
