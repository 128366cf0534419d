"""Make the tables of checks that the site shows, from the results of benchmarks: `python tools/checks.py`.

`checks.csv` holds one number a row; `figures_checked.csv` the verdict on each published figure,
`replications_checked.csv` how many results of each study come out again, `forecasts_checked.csv` how each
case of the forecasts did. Equal and within tolerance are one verdict there: which of the two it is would let
a reader take small counts from the difference.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
REFERENCE = ROOT / "src" / "atlarge" / "reference"
VERDICTS = {
    "equal": "agrees",
    "within tolerance": "agrees",
    "differs": "differs",
    "not testable": "not_testable",
}


def read(name: str) -> Any:
    """Results of a benchmark."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def figures() -> list[dict[str, str]]:
    """The verdict on each published figure, whether a difference is understood, and what was tried."""
    rows = sorted(read("verify")["rows"], key=lambda row: row["figure"])
    return [
        {
            "id": r["figure"],
            "verdict": VERDICTS[r["verdict"]],
            "understood": str(r["understood"]).lower(),
            "definitions": str(r["search"].get("definitions", "")),
            "would_decide": r["search"].get("would_decide", ""),
        }
        for r in rows
    ]


def replications() -> list[dict[str, str]]:
    """How many published numbers of each study are met."""
    rows = []
    for study in read("replications")["studies"]:
        verdicts = [one["agrees"] for one in study["results"] if one["agrees"] is not None]
        rows.append({"study": study["key"], "of": str(len(verdicts)), "agree": str(sum(verdicts))})
    return rows


def forecasts() -> list[dict[str, str]]:
    """Coverage of each case, and the peer that does best in it with our skill against that one."""
    rows = []
    for case in read("forecast")["cases"]:
        skill, peer = min((found["skill"], name) for name, found in case["peers"].items())
        rows.append(
            {
                **{key: str(case[key]) for key in ("by", "measure", "every")},
                **{key: str(case["every_origin"][key]) for key in ("counts", "coverage_90")},
                "best_peer": peer,
                "skill": str(skill),
            }
        )
    return rows


def checks() -> list[dict[str, str]]:
    """Numbers of each check."""
    whole = read("verify")["whole"]
    results = [one for study in read("replications")["studies"] for one in study["results"]]
    compared = [one["agrees"] for one in results if one["agrees"] is not None]
    cells = [cell for rows in read("power")["widths"].values() for cell in rows["discounted share"]]
    false_dates = read("explain_false_dates")
    cases = read("forecast")["cases"]
    at_09 = read("places")["score"]["county_precision_at_0.9"]
    coverage = [case["every_origin"]["coverage_90"] for case in cases]
    numbers = {
        ("published", "testable"): whole["figures"] - whole["not_testable"],
        ("published", "agree"): whole["equal"] + whole["within_tolerance"],
        ("published", "open"): whole["not_understood"],
        ("replications", "of"): len(compared),
        ("replications", "agree"): sum(compared),
        ("placebos", "cells"): sum(cell["cells"] for cell in cells),
        ("placebos", "coverage"): sum(c["cells"] * c["coverage"] for c in cells)
        / sum(c["cells"] for c in cells),
        ("placebos", "lowest"): min(cell["coverage"] for cell in cells),
        ("placebos", "dates"): false_dates["answered"],
        ("placebos", "singled_out"): false_dates["accounts_fit"]["singling_out"]["share"],
        ("forecasts", "cases"): len(cases),
        ("forecasts", "coverage"): sum(coverage) / len(coverage),
        ("forecasts", "lowest"): min(coverage),
        ("forecasts", "won"): sum(
            all(peer["skill"] > 0 for peer in case["peers"].values()) for case in cases
        ),
        ("places", "of"): at_09["of"],
        ("places", "right"): at_09["right"],
        ("surges", "difference"): max(s["largest_relative_difference"] for s in read("surges")["speed"]),
    }
    return [{"check": c, "key": k, "value": f"{v:.6g}"} for (c, k), v in numbers.items()]


def main() -> None:
    """Write the tables."""
    tables = {
        "checks": checks(),
        "figures_checked": figures(),
        "replications_checked": replications(),
        "forecasts_checked": forecasts(),
    }
    for name, rows in tables.items():
        with (REFERENCE / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
