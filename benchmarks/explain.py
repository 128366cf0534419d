"""What the real records can and cannot tell: many places, the pooled estimate, and the time taken.

Runs on the records that ship with the package (FY2016 to FY2019). `python benchmarks/explain.py` prints a
table and writes results/explain.json; `--docs` also writes ../docs/findings.md from that file. `--speed N`
measures the processor time of a cold answer and of the answers of all registered policies.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from atlarge.effects import q_values
from atlarge.errors import AtlargeError
from atlarge.explain import explain, find_policy, pooled
from atlarge.policies import registry

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "explain.json"
WORLDS = HERE / "results" / "explain_worlds.json"
SPEED = HERE / "results" / "explain_speed.json"
FALSE = HERE / "results" / "explain_false_dates.json"
DOCS = HERE.parent / "docs" / "findings.md"

QUESTIONS = [
    ("Travis County, TX", "travis-tx-2017"),
    ("Mecklenburg County, NC", "mecklenburg-nc-2018"),
    ("Wake County, NC", "wake-nc-2018"),
    ("Denver County, CO", "denver-co-2017"),
    ("Suffolk County, NY", "suffolk-ny-2018"),
    ("New Jersey", "new-jersey-trust-directive-2019"),
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
    chosen = find_policy(policy)
    row: dict[str, Any] = {
        "place": place,
        "policy": policy,
        "direction": chosen.direction,
        "effective": chosen.effective.isoformat(),
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
        found = pooled(direction=direction, levels=levels)
        every[name] = found | {"localities": [entry["place"] for entry in found["localities"]]}
    return {
        "records": "embedded, FY2016 to FY2019",
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "places": rows,
        "pooled": every,
    }


def processor(command: list[str]) -> tuple[float, float, str]:
    """Processor and wall seconds of a command, from its start to its end, and what it printed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as the command line sets it
    ran = subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, text=True, env=environment
    )
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, ran.stdout


def every() -> dict[str, int]:
    """Answer every registered policy in this process: how many were answered, and refused."""
    found = {"answered": 0, "refused": 0}
    for policy in registry():
        try:
            explain(policy.fips or policy.state, policy=policy.id).to_dict()
            found["answered"] += 1
        except AtlargeError:
            found["refused"] += 1
    return found


def speed(repeats: int) -> dict[str, Any]:
    """Processor seconds of one cold answer beside those of importing its libraries, and of every answer.

    The least of some runs; bytecode is written by a run before. Policies that the records cannot answer are
    refused, and counted.
    """
    ask = ["-m", "atlarge", "explain", "48453", "--policy", "travis-tx-2017", "--json"]
    load = ["-c", "import numpy, polars, scipy.special, typer, yaml"]
    processor(ask)
    cold, libraries = (min(processor(command) for _ in range(repeats)) for command in (ask, load))
    used, wall, printed = processor([__file__, "--every"])
    counts = json.loads(printed)
    return {
        "machine": {"python": platform.python_version(), "processor": platform.machine()},
        "repeats": repeats,
        "cold_processor_seconds": round(cold[0], 2),
        "cold_wall_seconds": round(cold[1], 2),
        "libraries_processor_seconds": round(libraries[0], 2),
        "policies_answered": counts["answered"],
        "policies_refused": counts["refused"],
        "policies_processor_seconds": round(used, 1),
        "policies_wall_seconds": round(wall, 1),
    }


def answer_on(question: tuple[str, dt.date]) -> dict[str, Any]:
    """The verdicts on a place and a day."""
    from atlarge.explain.api import verdicts_of
    from atlarge.explain.areas import where_of
    from atlarge.explain.fit import measure
    from atlarge.explain.periods import months_of
    from atlarge.explain.study import study_of
    from atlarge.places import find_place
    from atlarge.policies import from_date
    from atlarge.records.store import open_store

    place, day = question
    row: dict[str, Any] = {"place": place, "date": day.isoformat()}
    found = find_place(place)
    world = study_of(open_store(None), where_of(found.kind, found.code, found.name), "ddp")
    counts, policy = world.main["at_large"], from_date(day, place, place)
    try:
        facts = measure(world, policy, months_of(policy, counts.first, counts.last))
    except AtlargeError as error:
        return row | {"refused": str(error)}
    judged = verdicts_of(facts)
    return row | {
        "fits": {name: verdict == "fits" for name, verdict in judged["singling_out"].by_span.items()},
        "verdicts": {account: one.verdict for account, one in judged.items()},
    }


def quiet_places() -> tuple[list[str], list[dt.date]]:
    """Localities that the registry leaves alone, with two arrests at large and two handoffs a month in the
    first year; and the months of the records."""
    from atlarge.explain.data import daily, localities
    from atlarge.policies import registry
    from atlarge.records.store import open_store

    store, measures = open_store(None), ("at_large", "handoffs")
    joined = localities(daily(store, "county", measures), daily(store, "office", measures))
    keys = joined["at_large"].both.keys
    outcome, months = joined["at_large"].both.calendar()
    exposure, _ = joined["handoffs"].both.calendar()
    clean = registry().starts(keys, months, "limits").clean
    large = (outcome[:, :12].mean(1) >= 2) & (exposure[:, :12].mean(1) >= 2)
    return [keys[k].split("+")[0] for k in np.flatnonzero(clean & large)], months


def false_dates(count: int, seed: int = 77) -> dict[str, Any]:
    """Ask about places and days with no dated policy: how often does each rule say "fits" all the same?

    Days: the first of a month drawn from October 2016 to December 2018.
    """
    usable, months = quiet_places()
    rng = np.random.default_rng(seed)
    questions = [(str(rng.choice(usable)), months[int(rng.integers(12, 39))]) for _ in range(count)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(answer_on, questions, chunksize=10))
    answered = [row for row in rows if "fits" in row]
    where = [row["place"] for row in answered]
    names = ("burst", "month", "quarter", "rest", "policy", "residual", "lasting")
    return {
        "answered": len(answered),
        "refused": len(rows) - len(answered),
        "places": len(set(where)),
        "rules_fit": {
            name: share(where, [row["fits"].get(name, False) for row in answered]) for name in names
        },
        "accounts_fit": {
            name: share(where, [row["verdicts"][name] == "fits" for row in answered])
            for name in ("singling_out", "substitution")
        },
    }


def share(where: list[str], hits: list[bool]) -> dict[str, Any]:
    """A share; its standard error lets the days of one place be alike (clusters)."""
    mean = sum(hits) / len(hits)
    off: dict[str, float] = {}
    for place, hit in zip(where, hits, strict=True):
        off[place] = off.get(place, 0.0) + hit - mean
    k = len(off)
    se = (sum(v**2 for v in off.values()) * k / max(k - 1, 1)) ** 0.5 / len(hits)
    return {"share": round(mean, 4), "se": round(se, 4)}


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


def leads(pool: dict[str, Any]) -> str:
    """Range of the ratios predicted for the six months before."""
    ratios = [e["ratio"] for e in pool.get("event_time", []) if e["month"] < 0]
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else "–"


def pct(rate: dict[str, Any]) -> str:
    """A share in a cell."""
    return "–" if rate["share"] is None else f"{100 * rate['share']:.1f}%"


def agreements_section() -> str:
    """The section on agreements and limits, which benchmarks/policies.py measures."""
    import runpy

    return str(runpy.run_path(str(HERE / "policies.py"))["section"]())


def now_section() -> str:
    """The section on 2021 to 2026, which benchmarks/now.py measures."""
    import runpy

    return str(runpy.run_path(str(HERE / "now.py"))["section"]())


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
    # each table shows many places: q-values over all tests of its column
    tested = [row["burst"] for row in rows if row["burst"]]
    for listed in (rows, tested):
        for row, q in zip(listed, q_values([row["p_placebo"] for row in listed]), strict=True):
            row["q"] = float(q)
    return page.get_template("findings.md.j2").render(
        rows=rows,
        refused=[row for row in found["places"] if "refused" in row],
        travis=rows[0],
        bursts=[row for row in rows if row["burst"] and row["burst"]["p_placebo"] <= 0.05],
        pooled=found["pooled"],
        counts=counts,
        unclear=dict(
            Counter(
                row["verdicts"]["concentration"]["rule"]
                for row in rows
                if row["verdicts"]["concentration"]["verdict"] == "cannot be told"
            ).most_common()
        ),
        near=near,
        fell=fell,
        known=sum(row["substitution_rate"].get("is_known") is True for row in rows),
        worlds=json.loads(WORLDS.read_text(encoding="utf-8")),
        quiet=json.loads(FALSE.read_text(encoding="utf-8")),
        with_rate=sum(bool(row["substitution_rate"]) for row in rows),
        agreements=agreements_section(),
        since=now_section(),
    )


def main() -> None:
    """Measure, print, save; with --docs write the page (with --docs-only from the saved file)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also write docs/findings.md")
    parser.add_argument(
        "--docs-only", action="store_true", help="write docs/findings.md from the saved results"
    )
    parser.add_argument(
        "--false-dates", type=int, metavar="N", help="only ask about N invented days, and save"
    )
    parser.add_argument("--speed", type=int, metavar="N", help="only measure processor time, N cold runs")
    parser.add_argument("--every", action="store_true", help="only answer every registered policy")
    args = parser.parse_args()
    if args.every:
        print(json.dumps(every()))
        return
    if args.speed:
        found = speed(args.speed)
        SPEED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(found, indent=1))
        return
    if args.false_dates:
        found = false_dates(args.false_dates)
        FALSE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(found, indent=1))
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
            shown = (
                row.get("refused")
                or f"{row['cpu_seconds']:6.1f} s CPU  {row['effect']['value']:+9.1f}  {change(row)}"
            )
            print(f"{row['place']:<26} {row['policy']:<34} {shown}")
    if args.docs or args.docs_only:
        DOCS.write_text(document(found), encoding="utf-8")


if __name__ == "__main__":
    main()
