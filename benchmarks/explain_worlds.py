"""The whole answer in worlds whose truth is known: coverage of its intervals, and how often its rules err.

Each world is drawn anew (`atlarge.simulate`), laid on real counties, counted by day as the records would be,
and asked about one of its policies, chosen at random, by the very functions that `atlarge explain` uses.

    python benchmarks/explain_worlds.py [--worlds 500] [--only SETTING]

Prints a table and saves benchmarks/results/explain_worlds.json (settings that are not run keep their result).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from atlarge.errors import AtlargeError
from atlarge.explain.api import settled, verdicts_of
from atlarge.explain.areas import office_of, where_of
from atlarge.explain.daily import Daily
from atlarge.explain.fit import measure
from atlarge.explain.periods import months_of
from atlarge.explain.study import study_from
from atlarge.policies import Policy, Registry
from atlarge.simulate import World, draw_worlds
from atlarge.simulate.landmarks import Places, real_places
from atlarge.simulate.panels import Draw
from atlarge.simulate.records import AT_LARGE_DAYS, FIRST_MONDAY, JAIL_DAYS, population_of

RESULTS = Path(__file__).parent / "results" / "explain_worlds.json"
BASE = World(places=250, policies=25, weeks=200)
SETTINGS: dict[str, World] = {
    "no substitution, no burst": BASE.but(substitution_rate=0.0),
    "substitution": BASE,
    "substitution and bursts": BASE.but(retaliation_share=0.5, retaliation_size=10.0),
    "relabelling at the policy": BASE.but(relabel_share=0.5, relabel_at_policy=True, general_area_share=0.3),
    "pre-policy drift": BASE.but(drift_weeks=20, drift_share=0.5),
    "most records name an office area": BASE.but(general_area_share=0.6),
    "most records name an office area, other worlds": BASE.but(general_area_share=0.6),
    "late records": BASE.but(reporting_delay_weeks=3.0),
    "strong local trends": BASE.but(place_sigma=0.3, area_sigma=0.02, trend_loading_sigma=0.4),
}
FIRST_SEED = {"most records name an office area, other worlds": 1000}  # else 1
MIN_PER_MONTH = 1.0
BURST = 8
ENOUGH = 5.0  # arrests a month: where there are fewer, a run of a month's worth is too few to count as one
SIZES = (0.5, 1.0, 2.0, 4.0)  # a week's extra arrests in usual months


def days_of(weekly: np.ndarray, shares: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
    """Weekly counts [places, weeks] spread over days [places, 7 weeks]."""
    counts = np.nan_to_num(weekly).astype(np.int64)
    return rng.multinomial(counts, shares).reshape(len(counts), -1).astype(np.float32)


def summed(values: np.ndarray, codes: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Rows added up by code, in the order of the codes."""
    names, row = np.unique(np.array(codes), return_inverse=True)
    found = np.zeros((len(names), values.shape[1]), np.float32)
    np.add.at(found, row, values)
    return found, tuple(str(name) for name in names)


def levels_of(draw: Draw, places: Places, seed: int) -> dict[str, dict[str, Daily]]:
    """The counts of a world by county, office area and area of responsibility, as records would give them."""
    rng = np.random.default_rng([seed, 3])
    found: dict[str, dict[str, Daily]] = {"county": {}, "office": {}, "aor": {}}
    parts = {
        "at_large": (draw.at_large, draw.general_at_large, AT_LARGE_DAYS),
        "handoffs": (draw.handoffs, draw.general_handoffs, JAIL_DAYS),
    }
    for name, (own, general, shares) in parts.items():
        named, area = days_of(own, shares, rng), days_of(general, shares, rng)
        order = np.argsort(places.fips)
        keys = tuple(np.array(places.fips)[order])
        found["county"][name] = Daily(named[order], keys, FIRST_MONDAY)
        found["office"][name] = Daily(*summed(area, places.office), FIRST_MONDAY)
        found["aor"][name] = Daily(*summed(named + area, places.aor), FIRST_MONDAY)
    return found


def registry_of(draw: Draw, places: Places) -> list[Policy]:
    """The world's policies as the registry would hold them."""

    def day(week: int) -> dt.date:
        return FIRST_MONDAY + dt.timedelta(days=7 * int(week))

    rows = np.flatnonzero(draw.effective >= 0)
    return [
        Policy(
            id=f"simulated-{places.fips[i]}", level="county", place_name=places.name[i], state="",
            fips=places.fips[i], direction="limits", kind="detainers", title="",
            announced=day(draw.announced[i]), effective=day(draw.effective[i]),
            latest=day(draw.effective[i]), precision="day", ended=None, confidence="", source_url="",
            note="",
        )
        for i in rows
    ]  # fmt: skip


def truth_of(world: World, draw: Draw, places: Places, i: int, office: str | None) -> dict[str, float]:
    """What truly happened in the locality of place `i` from the first day of its policy on.

    Records that name only the office area hold a share of those of every place that reports to it.
    """
    week = int(draw.effective[i])
    general = world.general_area_share
    share = np.zeros(len(places.fips))
    share[i] = 1.0 - general
    if office is not None:
        share[np.array(places.office) == office] += general
    replaced, burst = (part[:, week:].sum(1) @ share for part in (draw.substituted, draw.burst))
    return {
        "effect": float(replaced + burst),
        "substitution": float(replaced),
        "residual": float(burst),
        "loss": float(draw.lost[i, week:].sum()),
        "first_weeks": float(draw.burst[i, week : week + 5].sum()),
        "one_week": float((draw.burst[:, week : week + 5].T @ share).max(initial=0.0)),
    }


def served(places: Places) -> Places:
    """The same places, recorded under the office that serves them where that is known."""
    found = [office_of(fips, aor) for fips, aor in zip(places.fips, places.aor, strict=True)]
    office = [one[0] if one else other for one, other in zip(found, places.office, strict=True)]
    return replace(places, office=office)


def ask(world: World, seed: int) -> dict[str, Any]:
    """One world, one of its policies: what was estimated beside what was true."""
    places = served(real_places(world.places))
    draw = next(iter(draw_worlds(world, 1, seed, population=population_of(world, places, seed), threads=1)))
    registry = registry_of(draw, places)
    rng = np.random.default_rng([seed, 4])
    level = np.array(
        [np.nanmean(draw.at_large[i, :w]) if w > 0 else 0.0 for i, w in enumerate(draw.effective)]
    )
    i = int(rng.choice(np.flatnonzero(level * 4.35 >= MIN_PER_MONTH)))
    policy = next(p for p in registry if p.fips == places.fips[i])
    where = where_of("county", places.fips[i], places.name[i])
    levels = levels_of(draw, places, seed)
    truth = truth_of(world, draw, places, i, where.office.code if where.office else None)
    laid = study_from(levels, where, None, policies=Registry(tuple(registry)))  # type: ignore[arg-type]
    counts = laid.main["at_large"]
    try:
        facts = measure(laid, policy, months_of(policy, counts.first, counts.last))
    except AtlargeError as error:
        return {"refused": str(error)}
    facts = settled(facts)
    judged = verdicts_of(facts)
    return against(facts, judged, truth) | {
        "seed": seed,
        "area": laid.area.level,
        "relabelled": bool(draw.relabel_week[i] >= 0),
        "level": float(level[i] * 4.35),
    }


def against(facts: Any, judged: Any, truth: dict[str, float]) -> dict[str, Any]:
    """Whether each interval holds the truth, and what the rules said."""
    parts = facts.parts
    total = facts.main.totals["policy"]
    intervals = {
        "effect": total.effect,
        "substitution": parts.substitution if parts else None,
        "residual": parts.residual if parts else None,
        "loss": parts.loss if parts else None,
    }
    row: dict[str, Any] = {f"true_{name}": value for name, value in truth.items()}
    for name, interval in intervals.items():
        if interval is not None and interval.low is not None:
            row[f"covers_{name}"] = bool(interval.low - 1e-9 <= truth[name] <= interval.high + 1e-9)
            row[f"error_{name}"] = interval.value - truth[name]
            row[f"width_{name}"] = interval.high - interval.low
    row |= {"scale": total.scale, "expected": total.expected, "p": total.p, "p_high": total.p_high}
    row |= {"donors": facts.main.donors, "relative_rmse": facts.main.relative_rmse}
    row["p_residual_high"] = parts.p_residual_high if parts else None
    row["p_residual"] = parts.p_residual if parts else None
    row["fits"] = {name: v == "fits" for name, v in judged["singling_out"].by_span.items()}
    row["spans"] = {
        name: [one.effect.value, one.effect.low, one.effect.high, one.p_high]
        for name, one in facts.main.totals.items()
    }
    row["verdicts"] = {name: one.verdict for name, one in judged.items()}
    change = facts.jail_change.date if facts.jail_change else None
    row["change_days"] = None if change is None else (change - facts.policy.effective).days
    first = int(np.flatnonzero(facts.months.in_force)[0])
    row["usual_month"] = float(facts.main.fitted[first]) / facts.months.days[first] * 30.44
    row["rate_known"] = bool(parts and parts.ratio.is_known)
    return row


def study(name: str, worlds: int, workers: int) -> list[dict[str, Any]]:
    """All worlds of a setting; the same whatever the number of processes."""
    first = FIRST_SEED.get(name, 1)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(ask, [SETTINGS[name]] * worlds, range(first, first + worlds), chunksize=8))


def share(hits: list[bool]) -> dict[str, Any]:
    """A share with its standard error."""
    n = len(hits)
    if not n:
        return {"share": None, "se": None, "of": 0}
    mean = sum(hits) / n
    return {"share": round(mean, 4), "se": round((mean * (1 - mean) / n) ** 0.5, 4), "of": n}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Coverage of the 90% intervals; how often rules err where no place was singled out, and what they find.

    `quiet`: policies without a burst. `burst`: at least `BURST` extra arrests in the records of the area
    within one of five weeks from the first day, and half a usual month of that area or more; found by their
    size in such months, which is what `power.py` plants in three days.
    """
    answered = [row for row in rows if "refused" not in row]
    quiet = [row for row in answered if row["true_residual"] < 0.5]
    size = [row["true_one_week"] / max(row["usual_month"] or 0.0, 0.1) for row in answered]
    loud = [
        row
        for row, months in zip(answered, size, strict=True)
        if row["true_one_week"] >= BURST and months >= SIZES[0]
    ]
    found: dict[str, Any] = {"worlds": len(rows), "refused": len(rows) - len(answered)}
    for part in ("effect", "substitution", "residual", "loss"):
        found[f"cover_{part}"] = share([row[f"covers_{part}"] for row in answered if f"covers_{part}" in row])
    none = [row for row in answered if row["true_effect"] < 0.5]
    tests = {
        "p_effect": (none, "p"),
        "p_residual": (quiet, "p_residual"),
        "p_more": (quiet, "p_residual_high"),
    }
    for name, (among, key) in tests.items():
        found[f"reject_{name}"] = share([row[key] <= 0.05 for row in among if row[key] is not None])
    for name in ("burst", "month", "lasting"):
        found[f"quiet_{name}_fits"] = share([row["fits"].get(name, False) for row in quiet])
    found["quiet_singled_fits"] = share([row["verdicts"]["singling_out"] == "fits" for row in quiet])
    found["burst_found"] = share([row["fits"].get("burst", False) for row in loud])
    for low, high in zip(SIZES, [*SIZES[1:], float("inf")], strict=True):
        of = [
            row["fits"].get("burst", False)
            for row, months in zip(answered, size, strict=True)
            if low <= months < high and row["usual_month"] >= ENOUGH
        ]
        found[f"burst_found_{low:g}"] = share(of)
    found["burst_singled_fits"] = share([row["verdicts"]["singling_out"] == "fits" for row in loud])
    fell = [row for row in answered if row["true_loss"] >= 100]
    close = [row["change_days"] is not None and abs(row["change_days"]) <= 31 for row in fell]
    found["change_within_31_days"] = share(close)
    replaced = [row for row in fell if row["true_substitution"] >= 0.5]
    for verdict in ("fits", "does not fit", "cannot be told"):
        among = [row["verdicts"]["substitution"] == verdict for row in replaced]
        found[f"replaced_{verdict.replace(' ', '_')}"] = share(among)
    width = [row["width_effect"] / max(row["expected"], 1.0) for row in answered if "width_effect" in row]
    return found | {"median_width_over_expected": round(float(np.median(width)), 3)}


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500, help="worlds a setting")
    parser.add_argument("--only", help="only the settings whose name starts so")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    args = parser.parse_args()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    found = {name: found[name] for name in SETTINGS if name in found}
    for name in SETTINGS:
        if args.only and not name.startswith(args.only):
            continue
        begin = time.perf_counter()
        found[name] = summary(study(name, args.worlds, args.workers))
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        covers = {key: value["share"] for key, value in found[name].items() if key.startswith("cover_")}
        print(f"{name}: {covers} in {time.perf_counter() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
