"""Simulated releases of 2022 to 2026, from files to verdicts: is the known truth recovered?

A part of `benchmarks/now.py`. Each world is written as a release of form a, b or c, ingested, and asked about
every local decision, state law and agreement in it.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import atlarge
from atlarge.composition import composition
from atlarge.errors import AtlargeError
from atlarge.explain.answer import Answer
from atlarge.simulate import Recent, recent_world, simulate_recent
from atlarge.surges import find_surges

SETTINGS: dict[str, dict[str, float]] = {
    "nothing follows": {"substitution_rate": 0.0, "substitution_sigma": 0.0},
    "substitution": {"substitution_rate": 0.6},
    "a burst": {"substitution_rate": 0.0, "substitution_sigma": 0.0, "retaliation_share": 1.0,
                "retaliation_size": 8.0},
}  # fmt: skip
RECENT = Recent(agreement_rise=0.8, general_custody=0.0, sites=(0.0, 0.2, 0.4, 0.4, 0.0))
"""Agreements add 80% to handoffs; every arrest is under a label of its county, so its count is whole."""
SHORTEST = dt.timedelta(weeks=26)
"""Time before and after a decision that a form must cover for it to be asked about."""


def worlds(seeds: int = 18, places: int = 60, arrests: int = 50_000) -> dict[str, Any]:
    """Errors, coverage and verdicts over settings, forms and seeds."""
    rows: list[dict[str, Any]] = []
    surges, shares = [], []
    kinds = [(setting, form) for setting in SETTINGS for form in "abc"]
    for seed in range(seeds):  # a world of its own each time: one seed is one world in every form
        setting, form = kinds[seed % len(kinds)]
        with tempfile.TemporaryDirectory() as folder:
            found = one(Path(folder), setting, SETTINGS[setting], form, seed, places, arrests)
        rows += found["answers"]
        surges += found["operations"]
        shares.append(found["convicted"])
        print(seed, setting, form, [r.get("effects") for r in found["answers"]], flush=True)
    return {
        "worlds": seeds,
        "places": places,
        "arrests": arrests,
        "effects": effects(rows),
        "verdicts": verdicts(rows),
        "refused": sum("refused" in row for row in rows),
        "operations": {"planted": len(surges), "found": sum(surges)},
        "convicted_share": {"worlds": len(shares), "exact": sum(shares)},
    }


def one(
    folder: Path, setting: str, changes: dict[str, float], form: str, seed: int, places: int, arrests: int
) -> dict[str, Any]:
    """One world in one form."""
    world = recent_world(places=places, policies=6, **changes)
    simulated = simulate_recent(folder, form=form, seed=seed, world=world, recent=RECENT, arrests=arrests)
    atlarge.ingest([*simulated.arrests, simulated.detainers], folder / "store", covers="nation")
    store = atlarge.open_store(folder / "store")
    truth = json.loads(simulated.truth.read_text(encoding="utf-8"))
    panel = pl.read_parquet(simulated.truth_panel)
    span = [dt.date.fromisoformat(truth[name]) for name in ("form_start", "form_end")]
    laws = {row["from"]: row["state"] for row in truth["laws"]}
    of_law = {p["place"] for p in truth["policies"] if p["place_name"].endswith(tuple(laws.values()))}
    limited = {p["place"] for p in truth["policies"]}
    signed = {a["place"] for a in truth["agreements"]}
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("local", p["place"], p["effective"], p)
        for p in truth["policies"]
        if p["place"] not in of_law | signed
    ]
    asked += [
        ("agreement", a["place"], a["from"], a) for a in truth["agreements"] if a["place"] not in limited
    ]
    asked += [
        ("law", state, day, {"policies": [p for p in truth["policies"] if p["place"] in of_law]})
        for day, state in laws.items()
        if not of_law & signed
    ]
    table = folder / "policies.csv"
    lines = [
        f"sim-{k},{'' if kind == 'law' else place},{place if kind == 'law' else ''},{day},"
        f"{'extends' if kind == 'agreement' else 'limits'}"
        for k, (kind, place, day, _) in enumerate(asked)
    ]
    table.write_text("\n".join(["id,fips,state,effective,direction", *lines]) + "\n", encoding="utf-8")
    answers = []
    for k, (kind, place, text, about) in enumerate(asked):
        day = dt.date.fromisoformat(text)
        if not span[0] + SHORTEST <= day <= span[1] - SHORTEST:
            continue
        row: dict[str, Any] = {"setting": setting, "form": form, "kind": kind}
        try:
            answer = atlarge.explain(place, policy=f"sim-{k}", store=store, registry=table)
        except AtlargeError as error:
            answers.append({**row, "refused": str(error)})
            continue
        answers.append({**row, **compared(answer, kind, day, span[1], about, panel)})
    found = find_surges(store, by="aor", measure="at_large", start=dt.date(2025, 6, 1), end=span[1]).surges
    hits = [
        any(
            s.place == o["aor"] and s.start <= dt.date.fromisoformat(o["end"])
            and s.end >= dt.date.fromisoformat(o["start"])
            for s in found
        )
        for o in truth["operations"]
        if dt.date.fromisoformat(o["end"]) <= span[1]
    ]  # fmt: skip
    return {"answers": answers, "operations": hits, "convicted": is_share_exact(store, panel, span)}


def compared(
    answer: Answer, kind: str, day: dt.date, end: dt.date, about: dict[str, Any], panel: pl.DataFrame
) -> dict[str, Any]:
    """Effects beside the truth, and verdicts."""
    effect = {
        s.measure: s.effect
        for s in answer.spans
        if s.span == "policy" and s.measure in ("at_large", "handoffs") and s.area == answer.area
    }
    true: dict[str, float] = {}
    if kind == "agreement":
        mine = panel.filter(place=about["place"], measure="handoffs")
        before = mine.filter(pl.col("week") < day)
        first = panel["week"].min()
        assert isinstance(first, dt.date)
        weeks = (day - first).days / 7
        rate = RECENT.agreement_rise * float(before["value"].sum()) / weeks
        true = {"handoffs": rate * (end - day).days / 7, "at_large": 0.0}
    else:
        policies = about.get("policies") or [about]
        whole = sum(p["at_large_after"] - p["at_large_after_without_policy"] for p in policies)
        lost = sum(p["lost_handoffs"] for p in policies)
        # the truth runs to the end of the world; what the form covers is its share of the time
        world_end = dt.date(2026, 8, 2)
        share = (end - day).days / (world_end - day).days
        bursts = sum(p["burst"] for p in policies)
        true = {"handoffs": -lost * share, "at_large": (whole - bursts) * share + bursts}
    found = {
        measure: {
            "true": true[measure],
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "inside": None if e.low is None or e.high is None else bool(e.low <= true[measure] <= e.high),
        }
        for measure, e in effect.items()
        if e.value is not None
    }
    return {
        "effects": found,
        "verdicts": {name: v["verdict"] for name, v in answer.to_dict()["verdicts"].items()},
    }


def effects(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Coverage and total of the effects by kind of decision and measure."""
    found = []
    for kind in ("local", "law", "agreement"):
        for measure in ("at_large", "handoffs"):
            some = [
                row["effects"][measure]
                for row in rows
                if row["kind"] == kind and measure in row.get("effects", {})
            ]
            known = [e for e in some if e["inside"] is not None]
            if not known:
                continue
            found.append(
                {
                    "kind": kind,
                    "measure": measure,
                    "answers": len(known),
                    "inside_90": round(float(np.mean([e["inside"] for e in known])), 3),
                    "true_sum": round(sum(e["true"] for e in known)),
                    "estimated_sum": round(sum(e["value"] for e in known)),
                }
            )
    return found


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Verdicts on local decisions and laws by setting; which of them the truth contradicts."""
    wrong = {
        "nothing follows": {"singling_out": "fits", "substitution": "fits"},
        "substitution": {"substitution": "does not fit"},
        "a burst": {"singling_out": "does not fit", "substitution": "fits"},
    }
    found = []
    for setting in SETTINGS:
        some = [r for r in rows if r["setting"] == setting and r["kind"] != "agreement" and "verdicts" in r]
        for account in ("singling_out", "substitution"):
            counts = Counter(r["verdicts"][account] for r in some)
            found.append(
                {
                    "setting": setting,
                    "account": account,
                    "answers": len(some),
                    **{name: counts.get(name, 0) for name in ("fits", "does not fit", "cannot be told")},
                    "wrong": counts.get(wrong[setting].get(account, ""), 0),
                }
            )
    return found


def is_share_exact(store: Any, panel: pl.DataFrame, span: list[dt.date]) -> bool:
    """Whether the change of the convicted share, and the sum of its two parts, are those of the true rows."""
    middle = span[0] + (span[1] - span[0]) / 2
    middle -= dt.timedelta(days=middle.weekday())
    last = span[1] - dt.timedelta(days=(span[1].weekday() + 1) % 7)
    spans = [(span[0], middle - dt.timedelta(days=1)), (middle, last)]
    found = composition("US", store=store, before=spans[0], after=spans[1])
    shares = []
    for first, end in spans:
        inside = panel.filter(pl.col("week").is_between(first, end))
        counted = [float(inside.filter(measure=m)["value"].sum()) for m in ("convicted", "arrests")]
        shares.append(counted[0] / counted[1])
    parts = float(found.change.composition.value + found.change.within.value)
    return bool(
        np.allclose([found.change.before, found.change.after], shares)
        and np.isclose(parts, shares[1] - shares[0])
    )
