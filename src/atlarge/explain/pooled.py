"""One estimate over all usable localities: what happened to handoffs and arrests at large, on average."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from atlarge.errors import AtlargeError, QuestionError
from atlarge.explain.answer import Interval
from atlarge.explain.data import daily, localities
from atlarge.explain.estimate import LEVEL
from atlarge.policies import DIRECTIONS, Policy, Registry, as_registry

if TYPE_CHECKING:
    from atlarge.effects import PooledEffect
    from atlarge.records.store import Store

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MIN_LEVEL = 2.0
MIN_BEFORE_MONTHS = 6
HORIZON_MONTHS = 12
LEVELS = ("county", "city", "state")


def pooled(
    store: Store | Path | str | None = None,
    *,
    direction: str = "limits",
    scheme: str = "ddp",
    method: str = "imputation",
    levels: tuple[str, ...] = LEVELS,
    registry: Registry | Sequence[Policy] | Path | str | None = None,
) -> dict[str, Any]:
    """Pool the change in jail handoffs and in arrests at large over every locality with a dated policy.

    A locality is usable with six months of records before its policy and two handoffs a month in them;
    localities with no policy of any direction are the comparison. `method`: see `effects.pooled_effect`.
    `levels`: whose policies count (county, city, state); `registry`: policies in place of the shipped ones.
    Counties under one state's law are no independent
    witnesses: they are added up to one. Ratios are observed over expected in the twelve months from the
    policy on. Raises QuestionError for an unknown direction, or too few usable localities.
    """
    from atlarge.records.store import open_store

    if direction not in DIRECTIONS:
        raise QuestionError(f"no direction {direction!r}; there are: {', '.join(DIRECTIONS)}")
    opened = open_store(store) if store is None or isinstance(store, str | Path) else store
    measures = ("at_large", "handoffs")
    joined = localities(daily(opened, "county", measures, scheme), daily(opened, "office", measures, scheme))
    outcome, months = joined["at_large"].both.calendar()
    exposure, _ = joined["handoffs"].both.calendar()
    keys = joined["at_large"].both.keys
    starts, clean, ids = as_registry(registry).starts(keys, months, direction, levels)
    before = np.arange(len(months))[None, :] < np.where(starts >= 0, starts, len(months))[:, None]
    with np.errstate(invalid="ignore"):
        level = np.nansum(np.where(before, exposure, 0.0), axis=1) / np.maximum(before.sum(1), 1)
    enough = (level >= MIN_LEVEL) & (before.sum(1) >= MIN_BEFORE_MONTHS)
    starts = np.where(enough, starts, -1)
    kept = (starts >= 0) | (clean & (level >= MIN_LEVEL))
    if (starts >= 0).sum() < 2:
        raise QuestionError(
            f"only {int((starts >= 0).sum())} localities with such a policy have records before and after; "
            "at least 2 are needed"
        )
    used = [keys[k] for k in np.flatnonzero(kept & (starts >= 0))]
    decisions = [ids[keys[k]] if starts[k] >= 0 else keys[k] for k in np.flatnonzero(kept)]
    handoffs, begun = by_decision(exposure[kept], starts[kept], decisions)
    at_large, _ = by_decision(outcome[kept], starts[kept], decisions)
    return {
        "direction": direction,
        "scheme": scheme,
        "method": method,
        "horizon_months": HORIZON_MONTHS,
        "localities": [{"place": key, "policy": ids[key]} for key in used],
        "decisions": int((begun >= 0).sum()),
        "comparison": int((kept & (starts < 0)).sum()),
        "handoffs": _told(handoffs, begun, method),
        "at_large": _told(at_large, begun, method),
    }


def by_decision(y: Floats, starts: Ints, decisions: list[str]) -> tuple[Floats, Ints]:
    """Rows of y [N, T] added up by decision, with the start of each: one witness a decision."""
    order = {name: k for k, name in enumerate(dict.fromkeys(decisions))}
    group = np.array([order[name] for name in decisions])
    total = np.zeros((len(order), y.shape[1]))
    np.add.at(total, group, y)
    begun = np.full(len(order), -1, dtype=np.int64)
    begun[group] = starts
    return total, begun


def _told(y: Floats, starts: Ints, method: str) -> dict[str, Any]:
    from atlarge.effects import pooled_effect

    try:
        found: PooledEffect = pooled_effect(y, starts, method=method, horizon=HORIZON_MONTHS, level=LEVEL)
    except AtlargeError as error:
        return {"ratio": Interval(None).to_dict(), "p": None, "note": str(error)}
    rows = zip(
        found.event_time, found.event_ratio, found.event_low, found.event_high, found.event_units, strict=True
    )
    return {
        "ratio": Interval(found.ratio, found.low, found.high).to_dict(),
        "p": round(found.p, 4),
        "extra": None if found.extra is None else round(found.extra, 1),
        "localities": found.n_treated,
        "comparison": found.n_never,
        "event_time": [
            {
                "month": int(t),
                "ratio": round(float(r), 3),
                "low": round(float(low), 3),
                "high": round(float(high), 3),
                "localities": int(n),
            }
            for t, r, low, high, n in rows
        ],
    }
