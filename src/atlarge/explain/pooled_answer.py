"""One estimate over all usable localities: what happened to handoffs and arrests at large, on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from atlarge.arguments import one_of
from atlarge.effects import PooledEffect, pooled_effect, q_values
from atlarge.effects.typing import Floats, Ints
from atlarge.errors import AtlargeError, QuestionError
from atlarge.explain.answer import Interval
from atlarge.explain.data import all_localities
from atlarge.explain.estimate import LEVEL
from atlarge.policies import DIRECTIONS, Policy, Registry, as_registry
from atlarge.records.store import Store, open_store

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
    of: Sequence[Policy] | None = None,
) -> dict[str, Any]:
    """Pool the change in jail handoffs and in arrests at large over every locality with a dated policy.

    A locality is usable with six months of records before its policy and two handoffs a month in them;
    localities
    with no policy of any direction are the comparison. Counties under one state's law are not independent
    evidence, so they are added up and count as one.

    Parameters
    ----------
    store : Store or path, optional
        Left out: the embedded records.
    direction : str
        "limits" or "extends".
    scheme : str
        How methods are read: "ddp" or "biglocal".
    method : str
        As of `effects.pooled_effect`.
    levels : tuple of str
        Whose policies count: county, city, state.
    registry : Registry, policies or path of a CSV, optional
        In place of the shipped policies.
    of : sequence of Policy, optional
        The only policies whose effect is pooled; all of the registry still say who is no comparison.

    Returns
    -------
    dict
        `handoffs` and `at_large`: ratios of observed to expected in the twelve months from the policy on,
        with interval and event times; `localities`, `decisions` and `comparison`: who they rest on.

    Raises
    ------
    QuestionError
        For an unknown direction, or too few usable localities.

    Examples
    --------
    >>> found = pooled()
    >>> found["handoffs"]["ratio"]["value"] < 1 < found["at_large"]["ratio"]["value"]
    True
    """
    one_of(direction, DIRECTIONS, "direction")
    opened = open_store(store)
    joined = all_localities(opened, scheme)
    outcome, months = joined["at_large"].both.calendar()
    exposure, _ = joined["handoffs"].both.calendar()
    keys = joined["at_large"].both.keys
    known = as_registry(registry)
    starts, clean, ids = known.starts(keys, months, direction, levels)
    if of is not None:
        starts, _, ids = Registry(tuple(of)).starts(keys, months, direction, levels)
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
        "handoffs": _pooled_effect(handoffs, begun, method),
        "at_large": _pooled_effect(at_large, begun, method),
    }


def kinds_of_change(registry: Registry | None = None) -> dict[str, tuple[str, list[Policy]]]:
    """Policies by kind of change, with their direction: agreements begun, agreements ended, state laws,
    decisions of a county or city."""
    known = as_registry(registry)
    agreements = [p for p in known if p.is_agreement]
    left = [
        replace(p, id=f"{p.id}-left", effective=p.ended, latest=p.ended, ended=None, direction="limits")
        for p in agreements
        if p.ended is not None
    ]
    left += [p for p in known if p.kind == "ends_287g" and p.level != "state"]
    others = [p for p in known if not p.is_agreement and p.kind != "ends_287g"]
    return {
        "agreements begun": ("extends", agreements),
        "agreements left": ("limits", left),
        "state laws that limit": ("limits", [p for p in others if p.level == "state"]),
        "state laws that extend": ("extends", [p for p in others if p.level == "state"]),
        "local decisions that limit": ("limits", [p for p in others if p.level in ("county", "city")]),
    }


def pooled_by_kind(
    store: Store | Path | str | None = None,
    *,
    scheme: str = "ddp",
    registry: Registry | None = None,
    method: str = "imputation",
) -> dict[str, dict[str, Any]]:
    """`pooled` for each kind of change by time since it, with q-values over all of them.

    Parameters
    ----------
    store : Store or path, optional
        Left out: the embedded records.
    scheme : str
        How methods are read.
    registry : Registry, optional
        In place of the shipped policies.
    method : str
        "callaway" or "poisson" gives the cross-check by a library kept by others.

    Returns
    -------
    dict
        By kind of change, as of `pooled`; a kind with fewer than two usable decisions has a `note` in place
        of numbers.

    Examples
    --------
    >>> by_kind = pooled_by_kind()
    >>> all("note" in found or 0 <= found["at_large"]["q"] <= 1 for found in by_kind.values())
    True
    """
    found: dict[str, dict[str, Any]] = {}
    for name, (direction, policies) in kinds_of_change(registry).items():
        try:
            found[name] = pooled(
                store, direction=direction, scheme=scheme, registry=registry, of=policies, method=method
            )
        except QuestionError as error:
            found[name] = {"direction": direction, "note": str(error)}
    cells = [(name, m) for name, row in found.items() for m in ("handoffs", "at_large") if m in row]
    p = [np.nan if found[n][m]["p"] is None else found[n][m]["p"] for n, m in cells]
    for (name, measure), q in zip(cells, q_values(p), strict=True):
        found[name][measure]["q"] = round(float(q), 4) if np.isfinite(q) else None
    return found


def by_decision(y: Floats, starts: Ints, decisions: list[str]) -> tuple[Floats, Ints]:
    """Rows of y [N, T] summed by decision, with the start of each."""
    order = {name: k for k, name in enumerate(dict.fromkeys(decisions))}
    group = np.array([order[name] for name in decisions])
    total = np.zeros((len(order), y.shape[1]))
    np.add.at(total, group, y)
    begun = np.full(len(order), -1, dtype=np.int64)
    begun[group] = starts
    return total, begun


def _pooled_effect(y: Floats, starts: Ints, method: str) -> dict[str, Any]:
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
