"""Measure the registry of policies: coverage, agreement with lists held back, regimes by month.

Also what is undated, and where other public tables differ.

Run: python benchmarks/policies.py [--data FOLDER] [--docs-only]. Reads the published lists from the data
folder; writes benchmarks/results/policies.json and, from it, the section on agreements in docs/findings.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.agreements import AgencyList, SpellTable, agreements_of, read_list, read_lists
from atlarge.agreements.lines import mended_state, model_code
from atlarge.agreements.places import agency_key, resolve
from atlarge.agreements.spells import make_spells
from atlarge.policies import registry
from atlarge.reference import table
from atlarge.regimes import county_regimes, monthly_totals

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
OUT = HERE / "results" / "policies.json"
PAGE = ROOT / "docs" / "findings.md"
DATA = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data"))
FIRST, LAST = dt.date(2015, 1, 1), dt.date(2026, 5, 1)
Key = tuple[str | None, str, str | None]

# Totals that the Deportation Data Project's history of agreements states; it runs from 2002 and goes on after
# the last list read here, and counts every re-signing as an agreement of its own.
OTHER_HISTORY = {
    "agreements": 2931,
    "agencies": 2294,
    "source": "https://github.com/deportationdata/ice-287g",
}


def shown(one: AgencyList) -> set[Key]:
    """The agreements that a list shows."""
    return {
        (mended_state(r["state"]), agency_key(r["agency"]), model_code(r["model"]))
        for r in one.rows.iter_rows(named=True)
    }


def standing(found: SpellTable, day: dt.date, listed_by: dt.date | None = None) -> tuple[set[Key], set[Key]]:
    """Agreements that spells have surely, and possibly, in force on a day, under every spelling."""
    sure: set[Key] = set()
    maybe: set[Key] = set()
    for s in found.spells:
        if s.start_earliest > day or (s.end_latest is not None and day > s.end_latest):
            continue
        names = {(s.state, agency_key(name), s.model) for name in s.spellings}
        maybe |= names
        if s.start_latest <= day and (s.end_earliest is None or day < s.end_earliest):
            sure |= names
    return sure, maybe


def held_back(lists: list[AgencyList]) -> dict[str, Any]:
    """Each list against the spells of all others: rows not in force, and spells surely in force not shown."""
    rows, missed, extra, shown_spells = 0, 0, 0, 0
    worst: list[dict[str, Any]] = []
    for one in lists[1:-1]:
        others = make_spells([other for other in lists if other.day != one.day])
        _, maybe = standing(others, one.day)
        keys = shown(one)
        lost = keys - maybe
        sure = [
            s
            for s in others.spells
            if s.start_latest <= one.day and (s.end_earliest is None or one.day < s.end_earliest)
        ]
        absent = [
            s for s in sure if not {(s.state, agency_key(name), s.model) for name in s.spellings} & keys
        ]
        rows, missed = rows + len(keys), missed + len(lost)
        shown_spells, extra = shown_spells + len(sure), extra + len(absent)
        unlisted = sum(s.first_listed > one.day for s in absent)
        worst.append(
            {
                "day": one.day,
                "rows": len(keys),
                "missed": len(lost),
                "absent": len(absent),
                "not_yet_listed": unlisted,
            }
        )
    return {
        "lists": len(lists) - 2,
        "rows": rows,
        "rows_not_in_force": missed,
        "spells_in_force": shown_spells,
        "spells_not_shown": extra,
        "by_list": worst,
    }


def other_list(path: Path, found: SpellTable) -> dict[str, Any]:
    """A list that another project kept, not among those read: agreement with the spells."""
    one = read_list(path)
    _, maybe = standing(found, one.day)
    keys = shown(one)
    lost = sorted(f"{a}, {s}, {m}" for s, a, m in keys - maybe)
    return {"day": one.day, "rows": len(keys), "not_in_force": len(lost), "which": lost[:20]}


def newspaper_years(path: Path, found: SpellTable) -> dict[str, Any]:
    """Places that a newspaper's table marks in force by year, against spells: counts of both and each alone.

    The table is under a licence that keeps it out of the package; only counts are given.
    """
    named = table("counties").select("state_name", "state").unique().iter_rows()
    states = {str(name).upper(): str(code) for name, code in named}
    with path.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    by_year: dict[str, Any] = {}
    for year in range(2015, 2020):
        theirs: set[str] = set()
        for row in rows:
            if row[f"y{year}"].strip():
                state = states.get(row["State"].strip().upper(), row["State"].strip())
                theirs.add(resolve(row["agency"], state).fips or state)
        low, high = dt.date(year, 1, 1), dt.date(year, 12, 31)
        ours = {
            s.fips or s.state
            for s in found.spells
            if s.start_earliest <= high and (s.end_latest is None or s.end_latest > low)
        }
        names = dict(table("counties").select("fips", "place_name").iter_rows())
        by_year[str(year)] = {
            "theirs": len(theirs),
            "ours": len(ours),
            "both": len(theirs & ours),
            "only_theirs": sorted(str(names.get(code, code)) for code in theirs - ours),
            "only_ours": sorted(str(names.get(code, code)) for code in ours - theirs),
        }
    return by_year


def registry_counts() -> dict[str, Any]:
    """Rows of the registry by what is known of them."""
    rows = table("policies")
    day = pl.coalesce("effective", "announced")
    modern = rows.filter((day >= dt.date(2020, 1, 1)) | (day.is_null() & pl.col("verified").is_not_null()))
    undated = rows.filter(pl.col("effective").is_null())
    return {
        "rows": rows.height,
        "from_2020": modern.height,
        "states": modern["state"].n_unique(),
        "kinds": dict(Counter(modern["kind"].to_list()).most_common()),
        "directions": dict(Counter(modern["direction"].to_list())),
        "confidence": dict(Counter(modern["confidence"].to_list())),
        "verified": dict(Counter(modern["verified"].to_list()).most_common()),
        "precision": dict(Counter(modern["precision"].to_list())),
        "undated": undated["id"].to_list(),
        "joined_to_agreements": int(table("agreements_287g")["policy_id"].drop_nulls().len()),
    }


def by_month() -> dict[str, Any]:
    """Counties and residents under each regime by month, possibly and surely."""
    parts = {}
    for name, possible in (("possible", True), ("sure", False)):
        totals = monthly_totals(county_regimes((FIRST, LAST), possible=possible))
        parts[name] = {
            regime: {
                "counties": part["counties"].to_list(),
                "residents": part["residents"].to_list(),
            }
            for (regime,), part in totals.group_by(["regime"], maintain_order=True)
        }
        months = totals["month"].unique().sort().to_list()
    return {"months": [m.isoformat() for m in months], **parts}


def measured(data: Path) -> dict[str, Any]:
    """Everything, from the data folder and the shipped tables."""
    begun = time.perf_counter()
    lists, refused = read_lists([data / "raw" / "RelevantResearch__287g-DetentionData"])
    read = time.perf_counter() - begun
    begun = time.perf_counter()
    found = agreements_of(lists)
    spelled = time.perf_counter() - begun
    agencies = {(s.state, s.agency_key) for s in found.spells}
    reference = data / "reference"
    return {
        "lists": {
            "read": len(lists),
            "without_a_list": refused,
            "partial": [one["day"] for one in found.lists if one["partial"]],
            "rows": dict(found.rows),
            "unresolved": found.unresolved,
            "seconds_to_read": round(read, 1),
            "seconds_to_spells": round(spelled, 1),
        },
        "spells": {
            "spells": len(found.spells),
            "agencies": len(agencies),
            "standing_on_the_newest_list": sum(s.end is None for s in found.spells),
            "counties": len({s.fips for s in found.spells if s.fips}),
            "rules": dict(found.rules.most_common()),
            "signings": sum(len(s.signings) for s in found.spells),
        },
        "other_history": OTHER_HISTORY,
        "held_back": held_back(lists),
        "other_list": other_list(
            reference / "appelson__Tracking_287g" / "participatingAgencies07182025pm.xlsx", found
        ),
        "newspaper": newspaper_years(
            reference / "wpinvestigative__sheriffs_287g" / "wapo_287g_agency_years_2005_2019.csv", found
        ),
        "registry": registry_counts(),
        "conflicts": {
            str(year): [c.why for c in registry().conflicts(dt.date(year, 5, 1))]
            for year in (2018, 2022, 2026)
        },
        "by_month": by_month(),
    }


def section(found: dict[str, Any] | None = None) -> str:
    """The section of docs/findings.md; every number from the results file, its words in policies.md.j2."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    page = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters |= {
        "n": lambda v: f"{v:,}",
        "millions": lambda v: f"{v / 1e6:.1f}",
        "pct": lambda v: f"{100 * v:.1f}%",
    }
    figures = found or json.loads(OUT.read_text(encoding="utf-8"))
    return page.get_template("policies.md.j2").render(**figures)


def write_section(text: str) -> None:
    """Put the section into docs/findings.md in place of the one that is there, or at its end."""
    page = PAGE.read_text(encoding="utf-8")
    begun = page.find(text.split("\n", 1)[0])
    if begun < 0:
        PAGE.write_text(f"{page.rstrip()}\n\n{text}", encoding="utf-8")
        return
    after = page.find("\n## ", begun + 3)
    rest = page[after + 1 :] if after >= 0 else ""
    PAGE.write_text(f"{page[:begun]}{text.rstrip()}\n{chr(10) if rest else ''}{rest}", encoding="utf-8")


def main() -> None:
    """Measure, print, save and write the page; with --docs-only the page from the saved file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--docs-only", action="store_true")
    args = parser.parse_args()
    if not args.docs_only:
        found = measured(args.data)
        OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    saved = json.loads(OUT.read_text(encoding="utf-8"))
    write_section(section(saved))
    back, rows = saved["held_back"], saved["lists"]["rows"]
    print(f"{saved['lists']['read']} lists, {rows['rows']:,} rows: {rows}")
    print(f"{saved['spells']['spells']:,} spells of {saved['spells']['agencies']:,} agencies")
    print(
        f"lists held back: {back['rows_not_in_force']:,} of {back['rows']:,} rows not in force; "
        f"{back['spells_not_shown']:,} of {back['spells_in_force']:,} spells in force not shown"
    )
    print(f"another project's list of {saved['other_list']['day']}: {saved['other_list']['not_in_force']} of "
          f"{saved['other_list']['rows']:,} rows not in force")  # fmt: skip
    for year, figures in saved["newspaper"].items():
        print(
            f"newspaper {year}: {figures['theirs']} agencies, here {figures['ours']}, both {figures['both']}"
        )
    own = saved["registry"]
    print(f"registry: {own['rows']} rows, {own['from_2020']} from 2020 on, {len(own['undated'])} undated")


if __name__ == "__main__":
    main()
