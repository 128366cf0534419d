"""Effects and simulator against peers and against worlds whose answers are known.

    python benchmarks/effects.py [--parts speed,prop99,simulator,releases,power,conformal,coverage]
    [--worlds 500]

Prints tables and saves benchmarks/results/effects.json (parts that are not run keep their last result).
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import tempfile
import time
import timeit
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from atlarge.effects import conformal_effect, counterfactual, decompose, placebo_in_space, simplex_weights
from atlarge.simulate import World, draw_worlds, simulate

RESULTS = Path(__file__).parent / "results" / "effects.json"
HORIZON = 12  # four-week periods after the policy
BASE = World(places=120, policies=14)
SETTINGS: dict[str, World] = {
    "no substitution, no burst": BASE.but(substitution_rate=0.0),
    "substitution": BASE,
    "substitution and bursts": BASE.but(retaliation_share=0.3),
    "relabelling at the policy": BASE.but(relabel_share=0.5, relabel_at_policy=True),
    "pre-policy drift": BASE.but(drift_weeks=20, drift_share=0.5),
    "missing months and reporting delay": BASE.but(missing_share=0.03, reporting_delay_weeks=3.0),
}


def periods(weekly: np.ndarray) -> np.ndarray:
    """Four-week sums; a period with an unrecorded week is missing."""
    n, weeks = weekly.shape
    return weekly[:, : weeks // 4 * 4].reshape(n, -1, 4).sum(2).astype(np.float64)


def speed() -> dict[str, Any]:
    """All 150 places as their own placebo over 24 pre-periods, against a loop of pysyncon `Synth`."""
    import pandas as pd
    from pysyncon import Synth

    world = World(places=150, policies=0)
    y = periods(next(iter(draw_worlds(world, 1, 7))).at_large)[:, :24] + 1.0
    scaled = y / y.std(axis=0, ddof=1)  # Synth scales each predictor row so
    allowed = ~np.eye(len(y), dtype=bool)
    simplex_weights(scaled, scaled, allowed)
    own = min(timeit.repeat(lambda: simplex_weights(scaled, scaled, allowed), number=1, repeat=5))
    weights = simplex_weights(scaled, scaled, allowed)
    frame = pd.DataFrame(y.T)
    picks = np.linspace(0, len(y) - 1, 10).astype(int)
    uniform = np.full(24, 1 / 24)
    seconds, worst = [], -np.inf
    for i in picks:
        synth = Synth()
        others = frame.drop(columns=[i])
        begin = time.perf_counter()
        synth.fit(X0=others, X1=frame[i], Z0=others, Z1=frame[i], custom_V=uniform)
        seconds.append(time.perf_counter() - begin)
        theirs = _objective(scaled, i, np.asarray(synth.W), allowed[i])
        ours = _objective(scaled, i, weights[i][allowed[i]], allowed[i])
        worst = max(worst, ours / theirs - 1)
    loop = float(np.mean(seconds)) * len(y)
    return {
        "places": len(y), "pre_periods": 24, "own_seconds": own,
        "pysyncon_seconds_per_place": float(np.mean(seconds)), "pysyncon_places_timed": len(picks),
        "pysyncon_loop_seconds": loop, "times_faster": loop / own,
        "worst_relative_objective_excess": worst,
    }  # fmt: skip


def _objective(scaled: np.ndarray, i: int, w: np.ndarray, allowed: np.ndarray) -> float:
    return float(((scaled[i] - w @ scaled[allowed]) ** 2).sum())


def prop99() -> dict[str, Any]:
    """California's Proposition 99, with the data that the package synthdid-py carries."""
    from synthdid import load_california_prop99

    table = load_california_prop99().pivot(index="State", columns="Year", values="PacksPerCapita")
    y, row = table.to_numpy(), list(table.index).index("California")
    # Arkhangelsky et al. (2021), table 1: SC -19.6 (no covariates, no intercept), DID -27.3
    published = {"sc": -19.6, "did": -27.3}
    rows = {}
    for method in ("sc", "did", "ascm"):
        got = counterfactual(y, row, 19, method=method, scale="raw")
        rows[method] = {
            "mean_effect": got.effect_mean, "low": got.effect_low / 12, "high": got.effect_high / 12,
            "p": got.p, "p_ratio": got.p_ratio, "published": published.get(method),
        }  # fmt: skip
    return rows


def simulator() -> dict[str, Any]:
    """3,000 places x 200 weeks x 100 worlds, two threads."""
    world = World(
        places=3000, weeks=200, policies=100, retaliation_share=0.3, general_area_share=0.2,
        relabel_share=0.1, missing_share=0.02, reporting_delay_weeks=3.0,
    )  # fmt: skip
    begin, cpu = time.perf_counter(), time.process_time()
    arrests = sum(int(d.at_large_base.sum()) for d in draw_worlds(world, 100, 1, threads=2))
    return {
        "wall_seconds": time.perf_counter() - begin, "processor_seconds": time.process_time() - cpu,
        "worlds": 100, "arrests": arrests, "peak_memory_mb": _peak_mb(),
    }  # fmt: skip


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def releases(arrests: int) -> dict[str, Any]:
    """Record-level releases of 3,000 counties with about so many arrests: time, bytes and memory."""
    with tempfile.TemporaryDirectory() as folder:
        begin, cpu = time.perf_counter(), time.process_time()
        simulated = simulate(folder, seed=1, world=World(places=3000, policies=100), arrests=arrests)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        return {
            "arrests": simulated.rows["arrests"], "detainers": simulated.rows["detainers"],
            "wall_seconds": time.perf_counter() - begin, "processor_seconds": time.process_time() - cpu,
            "bytes": size, "peak_memory_mb": _peak_mb(),
        }  # fmt: skip


def coverage(worlds: int, only: str | None = None) -> dict[str, Any]:
    """Does the truth lie in the 90% intervals, and how often does a test at 5% reject without a burst?"""
    found = {}
    for name, world in SETTINGS.items():
        if only and not name.startswith(only):
            continue
        rows = [_one(world, k, d) for k, d in enumerate(draw_worlds(world, worlds, 20170201, threads=1))]
        found[name] = {key: float(np.nanmean([r[key] for r in rows])) for key in rows[0]} | {
            "worlds": len(rows)
        }
        _save({"coverage": found}, merge="coverage")
        print(name, json.dumps(found[name]), flush=True)
    return found


def _one(world: World, k: int, draw: Any) -> dict[str, float]:
    """One policy place of one world, chosen at random among those with a record to speak of."""
    y, x = periods(draw.at_large), periods(draw.handoffs)
    starts = np.where(draw.effective >= 0, draw.effective // 4, -1)
    rng = np.random.default_rng([20170201, k])
    levels = np.array([np.nanmean(y[i, :s]) if s > 0 else 0.0 for i, s in enumerate(starts)])
    i = int(rng.choice(np.flatnonzero(levels > 0.5)))
    s = int(starts[i])
    post = slice(s, s + HORIZON)
    around = None
    if world.relabel_share > 0:
        general = periods(draw.general_handoffs)
        around = np.stack([general[draw.area == draw.area[j]].sum(0) for j in range(len(y))])
    got = decompose(y, x, i, s, post, starts=starts, elsewhere=around)
    counted = got.periods  # periods with a record
    truth = {
        "substitution": float(periods(draw.substituted)[i, counted].sum()),
        "residual": float(periods(draw.burst)[i, counted].sum()),
        "loss": float(periods(draw.lost)[i, counted].sum()),
    }
    truth["effect"] = truth["substitution"] + truth["residual"]
    # observed = base + substituted + burst, as recorded
    truth["trend"] = got.observed - truth["effect"] - got.baseline
    row = {f"cover_{part}": float(_inside(getattr(got, part), value)) for part, value in truth.items()}
    row |= {
        "reject_residual": float(got.p_residual <= 0.05),
        "reject_residual_high": float(got.p_residual_high <= 0.05),
        "reject_effect": float(got.outcome.p <= 0.05),
        "true_effect_is_zero": float(truth["effect"] == 0),
        "ratio": got.ratio.value,
        "width_effect": (got.effect.high - got.effect.low) / (levels[i] * len(counted)),
    }
    return row


def _inside(part: Any, value: float) -> bool:
    return bool(part.low - 1e-9 <= value <= part.high + 1e-9)


def power(worlds: int) -> list[dict[str, Any]]:
    """Share of places in which an added 25, 50, 100 or 200% over twelve periods is found at 5%, by place
    size."""
    edges = [0.5, 2, 5, 10, 20, 50, np.inf]
    z, lift, level = [], [], []
    world = BASE.but(policies=0)
    for draw in draw_worlds(world, worlds, 99, threads=1):
        y = periods(draw.at_large)
        got = placebo_in_space(y, 0, 24, slice(24, 24 + HORIZON))
        expected = (y[got.units] - got.gaps)[:, 24 : 24 + HORIZON].sum(1)
        z.append(got.statistic[1:])
        lift.append((expected / got.scale)[1:])
        level.append(y[got.units][1:, :24].mean(1))
    z_, lift_, level_ = map(np.concatenate, (z, lift, level))
    critical = float(np.quantile(np.abs(z_), 0.95))
    table = []
    for low, high in itertools.pairwise(edges):
        group = (level_ >= low) & (level_ < high)
        row: dict[str, Any] = {"arrests_per_period": f"{low:g} to {high:g}", "places": int(group.sum())}
        for extra in (0.0, 0.25, 0.5, 1.0, 2.0):
            row[f"+{extra:.0%}"] = float((np.abs(z_[group] + extra * lift_[group]) >= critical).mean())
        table.append(row)
    return table


def conformal(worlds: int) -> dict[str, Any]:
    """Placebo against conformal intervals, in worlds without any effect: coverage and median width."""
    cover: list[tuple[bool, bool]] = []
    width = []
    world = BASE.but(substitution_rate=0.0)
    for k, draw in enumerate(draw_worlds(world, worlds, 5, threads=1)):
        y = periods(draw.at_large)
        starts = np.where(draw.effective >= 0, draw.effective // 4, -1)
        rng = np.random.default_rng(k)
        good = [i for i in np.flatnonzero(starts > 0) if y[i, : starts[i]].mean() > 0.5]
        i = int(rng.choice(good))
        s = int(starts[i])
        one = counterfactual(y, i, s, slice(s, s + HORIZON), starts < 0)
        two = conformal_effect(y, i, s, slice(s, s + HORIZON), starts < 0)
        cover.append((one.effect_low <= 0 <= one.effect_high, two.effect_low <= 0 <= two.effect_high))
        width.append((two.effect_high - two.effect_low) / (one.effect_high - one.effect_low))
    share = np.array(cover, dtype=float).mean(0)
    return {
        "worlds": worlds, "cover_placebo": float(share[0]), "cover_conformal": float(share[1]),
        "median_width_conformal_over_placebo": float(np.nanmedian(width)),
    }  # fmt: skip


def _save(found: dict[str, Any], merge: str | None = None) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    old = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if merge:
        found = {merge: old.get(merge, {}) | found[merge]}
    RESULTS.write_text(json.dumps(old | found, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", default="speed,prop99,simulator,releases,power,conformal,coverage")
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--arrests", type=int, default=5_000_000, help="for the part releases")
    parser.add_argument("--only", help="only the coverage settings whose name starts so")
    given = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)
    calls: dict[str, Any] = {
        "speed": speed,
        "prop99": prop99,
        "simulator": simulator,
        "releases": lambda: releases(given.arrests),
        "power": lambda: power(max(10, given.worlds // 10)),
        "conformal": lambda: conformal(max(20, given.worlds // 2)),
    }
    for part in given.parts.split(","):
        if part == "coverage":
            coverage(given.worlds, given.only)
            continue
        found = calls[part]()
        _save({part: found})
        print(part, json.dumps(found, indent=1), flush=True)


if __name__ == "__main__":
    main()
