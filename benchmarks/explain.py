"""What the real records can and cannot tell: many places, the pooled estimate, and the time taken.

Runs on the records that ship with the package (FY2016 to FY2019). `python benchmarks/explain.py` prints a
table and writes results/explain.json; `--docs` also writes ../docs/findings.md from that file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from atlarge.errors import AtlargeError
from atlarge.explain import explain, find_policy, pooled

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "explain.json"
MADE = HERE / "results" / "explain_made_worlds.json"
FALSE = HERE / "results" / "explain_false_dates.json"
DOCS = HERE.parent / "docs" / "findings.md"

QUESTIONS = [
    ("Travis County, TX", "travis-tx-2017"),
    ("Mecklenburg County, NC", "mecklenburg-nc-2018"),
    ("Wake County, NC", "wake-nc-2018"),
    ("Denver County, CO", "denver-co-2017"),
    ("Suffolk County, NY", "suffolk-ny-2018"),
    ("Hudson County, NJ", "new-jersey-trust-directive-2019"),
    ("Los Angeles County, CA", "california-sb54-2018"),
    ("Sacramento County, CA", "california-sb54-2018"),
    ("Harris County, TX", "harris-tx-2017"),
    ("Maricopa County, AZ", "maricopa-az-2017"),
    ("Kent County, MI", "kent-mi-2019"),
    ("El Paso County, CO", "el-paso-co-2018"),
    ("Fairfax County, VA", "fairfax-va-2018"),
    ("California", "california-sb54-2018"),
    ("Massachusetts", "massachusetts-lunn-2017"),
    ("Miami-Dade County, FL", "miami-dade-fl-2017"),
    ("Tarrant County, TX", "tarrant-tx-287g-2017"),
    ("Philadelphia County, PA", "philadelphia-pa-2016"),
]


def one(place: str, policy: str) -> dict[str, Any]:
    """The answer's headline numbers, or why there is none, and the seconds it took."""
    started, used = time.perf_counter(), time.process_time()
    asked = find_policy(policy)
    row: dict[str, Any] = {
        "place": place,
        "policy": policy,
        "direction": asked.direction,
        "effective": asked.effective.isoformat(),
    }
    try:
        found = explain(place, policy=policy).to_dict()
    except AtlargeError as error:
        return row | {"refused": str(error)}
    row |= {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - used, 2),
    }
    keys = (
        "place_name", "area", "start", "end", "observed", "counterfactual", "effect", "p_placebo", "mde",
        "parts", "burst", "substitution_rate", "sentences", "warning_ids", "pre_fit", "relabelling",
    )  # fmt: skip
    row |= {key: found[key] for key in keys}
    row["change_point"] = {k: v for k, v in found["change_point"].items() if k != "all"}
    row["verdicts"] = {k: {"verdict": v["verdict"], "rule": v["rule"]} for k, v in found["verdicts"].items()}
    row["month"] = next(s for s in found["spans"] if s["span"] == "month")
    return row | {
        "concentration": {k: found["concentration"].get(k) for k in ("per_10k", "share_ratio", "verdict")}
    }


def measured() -> dict[str, Any]:
    """All questions and the pooled estimates."""
    rows = [one(place, policy) for place, policy in QUESTIONS]
    every = {}
    for name, direction, levels in (
        ("limits", "limits", ("county", "city", "state")),
        ("limits_local", "limits", ("county", "city")),
        ("extends", "extends", ("county", "city", "state")),
    ):
        told = pooled(direction=direction, levels=levels)
        every[name] = told | {"localities": [entry["place"] for entry in told["localities"]]}
    return {
        "records": "embedded, FY2016 to FY2019",
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "places": rows,
        "pooled": every,
    }


def facts_only(store: Any, place: str, policy: Any) -> tuple[Any, Any]:
    """The facts and verdicts of a question, without what they do not rest on (surges, schemes, ...)."""
    from atlarge.explain import core, gather
    from atlarge.explain.areas import where_of
    from atlarge.explain.periods import months_of
    from atlarge.explain.world import world_of
    from atlarge.places import find_place

    gather.surges_of = lambda *_: []
    gather._schemes = lambda *_: {}
    found = find_place(place)
    world = world_of(store, where_of(found.kind, found.code, found.name), "ddp")
    counts = world.main["at_large"]
    facts = gather.gather(world, policy, months_of(policy, counts.first, counts.last), found.code)
    return facts, core.verdicts_of(facts)


def verdicts_only(store: Any, place: str, day: dt.date) -> dict[str, Any]:
    """The verdicts on a place and a day."""
    from atlarge.explain.policies import from_date

    facts, told = facts_only(store, place, from_date(day, place, place))
    return {
        "spans": told["singling_out"].by_span,
        "burst_p": facts.burst.p if facts.burst else None,
        "verdicts": {account: judged.verdict for account, judged in told.items()},
    }


def false_dates(count: int, seed: int = 1) -> dict[str, Any]:
    """Ask about places and days with no dated policy: how often does each rule say "fits" all the same?

    Places: localities that the registry leaves alone, with two arrests at large and two handoffs a month in
    the first year. Days: the first of a month drawn from October 2016 to December 2018.
    """
    from atlarge.explain.data import daily, localities
    from atlarge.explain.together import registry_starts
    from atlarge.records.store import open_store

    store, measures = open_store(None), ("at_large", "handoffs")
    joined = localities(daily(store, "county", measures), daily(store, "office", measures))
    keys = joined["at_large"].both.keys
    outcome, months = joined["at_large"].both.calendar()
    exposure, _ = joined["handoffs"].both.calendar()
    _, clean, _ = registry_starts(keys, months, "limits")
    large = (outcome[:, :12].mean(1) >= 2) & (exposure[:, :12].mean(1) >= 2)
    usable = [keys[k].split("+")[0] for k in np.flatnonzero(clean & large)]
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        place, month = str(rng.choice(usable)), months[int(rng.integers(12, 39))]
        row: dict[str, Any] = {"place": place, "date": month.isoformat()}
        try:
            rows.append(row | verdicts_only(store, place, month))
        except AtlargeError as error:
            rows.append(row | {"refused": str(error)})
    asked = [row for row in rows if "spans" in row]

    def share(hits: list[bool]) -> dict[str, Any]:
        n = len(hits)
        return {
            "share": round(sum(hits) / n, 3),
            "se": round((sum(hits) / n * (1 - sum(hits) / n) / n) ** 0.5, 3),
        }

    names = ("burst", "month", "quarter", "rest", "policy", "residual")
    return {
        "asked": len(asked),
        "refused": len(rows) - len(asked),
        "places": len(usable),
        "spans_fit": {name: share([row["spans"].get(name) == "fits" for row in asked]) for name in names},
        "accounts_fit": {
            name: share([row["verdicts"][name] == "fits" for row in asked])
            for name in ("singling_out", "substitution")
        },
        "rows": rows,
    }


WORLDS: dict[str, dict[str, float]] = {
    "no retaliation": {},
    "retaliation in half of the places": {"retaliation_share": 0.5, "retaliation_size": 15.0},
    "relabelling and drift": {
        "relabel_share": 0.3,
        "general_area_share": 0.3,
        "drift_weeks": 16,
        "drift_share": 0.5,
    },
}


def made_world(name: str, settings: dict[str, float], seed: int) -> list[dict[str, Any]]:
    """Make releases of a world, ingest them, ask about each of its policies, and set the truth beside it."""
    from atlarge.explain.policies import read_policies, using
    from atlarge.ingest import ingest
    from atlarge.records.store import open_store

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        told = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        made = Path(folder) / "made"
        command = [
            sys.executable,
            "-m",
            "atlarge",
            "simulate",
            "--seed",
            str(seed),
            "--out",
            str(made),
            *told,
        ]
        subprocess.run(command, check=True, capture_output=True)
        truth = json.loads((made / "truth.json").read_text(encoding="utf-8"))
        ingest(sorted(made.glob("EROArrests*.csv.gz")), Path(folder) / "store")
        store = open_store(Path(folder) / "store")
        table = Path(folder) / "policies.csv"
        lines = [
            f"made-{p['place']},{p['place']},{p['announced']},{p['effective']}" for p in truth["policies"]
        ]
        table.write_text("\n".join(["id,fips,announced,effective", *lines]) + "\n", encoding="utf-8")
        registry = read_policies(table)
        for policy, asked in zip(truth["policies"], registry, strict=True):
            try:
                with using(registry):
                    facts, told = facts_only(store, policy["place"], asked)
            except AtlargeError as error:
                rows.append({"world": name, "seed": seed, "refused": str(error)})
                continue
            rows.append({"world": name, "seed": seed} | against_truth(facts, told, policy))
    return rows


def against_truth(facts: Any, told: Any, policy: dict[str, Any]) -> dict[str, Any]:
    """What was estimated of one policy, and what was true."""
    change = facts.jail_change.date if facts.jail_change else None
    days = None if change is None else (change - dt.date.fromisoformat(policy["effective"])).days
    true = policy["substituted"] + policy["burst"]
    parts, by_span = facts.parts, told["singling_out"].by_span

    def covers(interval: Any, value: float) -> bool | None:
        return (
            None if interval is None or interval.low is None else bool(interval.low <= value <= interval.high)
        )

    return {
        "effect": covers(facts.main.totals["policy"].effect, true),
        "substitution": covers(parts.substitution if parts else None, policy["substituted"]),
        "residual": covers(parts.residual if parts else None, policy["burst"]),
        "loss": covers(parts.loss if parts else None, policy["lost_handoffs"]),
        "has_burst": policy["burst"] >= 10,
        "burst_fits": by_span.get("burst") == "fits",
        "singled_fits": told["singling_out"].verdict == "fits",
        "change_days": days,
        "rate_known": bool(parts and parts.ratio.is_known),
    }


def made_worlds(seeds: int) -> dict[str, Any]:
    """Coverage of the 90 % intervals and rates of the verdicts in made worlds, by setting."""
    rows = [
        row
        for name, settings in WORLDS.items()
        for seed in range(seeds)
        for row in made_world(name, settings, seed)
    ]
    told: dict[str, Any] = {}
    for name in WORLDS:
        inside = [row for row in rows if row["world"] == name and "effect" in row]

        def share(key: str, among: list[dict[str, Any]]) -> dict[str, Any]:
            values = [row[key] for row in among if row[key] is not None]
            mean = sum(values) / len(values) if values else None
            return {"share": None if mean is None else round(mean, 3), "of": len(values)}

        near = [{"near": row["change_days"] is not None and abs(row["change_days"]) <= 31} for row in inside]
        told[name] = {
            "policies": len(inside),
            "refused": sum(row["world"] == name and "refused" in row for row in rows),
            **{
                f"{key}_covered": share(key, inside) for key in ("effect", "substitution", "residual", "loss")
            },
            "change_within_31_days": share("near", near),
            "burst_fits_with_burst": share("burst_fits", [row for row in inside if row["has_burst"]]),
            "burst_fits_without": share("burst_fits", [row for row in inside if not row["has_burst"]]),
            "singled_fits_without": share("singled_fits", [row for row in inside if not row["has_burst"]]),
            "rate_known": share("rate_known", inside),
        }
    return {"seeds": seeds, "worlds": told}


def number(value: float | None) -> str:
    """A number for the page."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:g}"


def change(row: dict[str, Any]) -> str:
    """The change in handoffs in a cell."""
    point = row["change_point"]
    if point["date"] is None:
        return "none within a year"
    between = f"{point['date']} ({point['low']} to {point['high']})"
    return f"{between}: {number(point['before'])} to {number(point['after'])} a month"


def close(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """Of the limiting policies whose handoffs fell, how many fell within 45 days of the first day."""
    near, fell = 0, 0
    for row in rows:
        point = row["change_point"]
        if row["direction"] == "limits" and point["date"] and point["after"] < point["before"]:
            fell += 1
            gap = dt.date.fromisoformat(point["date"]) - dt.date.fromisoformat(row["effective"])
            near += abs(gap.days) <= 45
    return near, fell


def leads(told: dict[str, Any]) -> str:
    """Range of the ratios foretold for the six months before."""
    ratios = [e["ratio"] for e in told.get("event_time", []) if e["month"] < 0]
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else "–"


def pct(told: dict[str, Any]) -> str:
    """A share in a cell, and of how many."""
    return "–" if told["share"] is None else f"{100 * told['share']:.0f} % of {told['of']}"


def document(found: dict[str, Any]) -> str:
    """docs/findings.md, every number from the results file; its words are in findings.md.j2."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    rows = [row for row in found["places"] if "refused" not in row]
    verdicts = ("fits", "does not fit", "cannot be told")
    counts = {
        account: {v: sum(r["verdicts"][account]["verdict"] == v for r in rows) for v in verdicts}
        for account in ("singling_out", "substitution", "concentration")
    }
    page = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters |= {"number": number, "change": change, "leads": leads, "pct": pct}
    near, fell = close(rows)
    return page.get_template("findings.md.j2").render(
        rows=rows,
        refused=[row for row in found["places"] if "refused" in row],
        travis=rows[0],
        bursts=[row for row in rows if row["burst"] and row["burst"]["p_placebo"] <= 0.05],
        pooled=found["pooled"],
        counts=counts,
        near=near,
        fell=fell,
        known=sum(row["substitution_rate"].get("is_known") is True for row in rows),
        made=json.loads(MADE.read_text(encoding="utf-8")),
        quiet=json.loads(FALSE.read_text(encoding="utf-8")),
        with_rate=sum(bool(row["substitution_rate"]) for row in rows),
    )


def main() -> None:
    """Measure, print, save; with --docs write the page (with --docs-only from the saved file)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also write docs/findings.md")
    parser.add_argument(
        "--docs-only", action="store_true", help="write docs/findings.md from the saved results"
    )
    parser.add_argument(
        "--false-dates", type=int, metavar="N", help="only ask about N made-up days, and save"
    )
    parser.add_argument(
        "--made", type=int, metavar="N", help="only ask about N made worlds a setting, and save"
    )
    args = parser.parse_args()
    if args.made:
        found = made_worlds(args.made)
        MADE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(found, indent=1))
        return
    if args.false_dates:
        found = false_dates(args.false_dates)
        FALSE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print({k: v for k, v in found.items() if k != "rows"})
        return
    if args.docs_only:
        found = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        found = measured()
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(
            json.dumps(found, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
        )
        for row in found["places"]:
            told = (
                row.get("refused")
                or f"{row['cpu_seconds']:6.1f} s CPU  {row['effect']['value']:+9.1f}  {change(row)}"
            )
            print(f"{row['place']:<26} {row['policy']:<34} {told}")
    if args.docs or args.docs_only:
        DOCS.write_text(document(found), encoding="utf-8")


if __name__ == "__main__":
    main()
