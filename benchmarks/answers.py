"""Every registered policy at every level the shipped records can answer, checked against itself.

`python benchmarks/answers.py` writes results/answers.json; `--docs` also writes ../docs/answers.md from it.
The page lists each policy at its own place; its office, and its day at the levels of county, office, area of
responsibility and state, are asked too and checked. q-values are over all accounts of the answers listed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import mean, median
from typing import Any

import textstat
from jinja2 import Environment, FileSystemLoader

from atlarge.errors import AtlargeError
from atlarge.explain import explain
from atlarge.explain.answer import ACCOUNTS, Answer
from atlarge.explain.verdicts import with_q_values
from atlarge.policies import Policy, policies
from atlarge.records.store import Store, open_store

HERE = Path(__file__).parent
for folder in ("", "explain", "publish"):
    sys.path.insert(0, str(HERE.parent / "tests" / folder))

from consistency import contradictions  # type: ignore[import-not-found]  # noqa: E402

RESULTS = HERE / "results" / "answers.json"
DOCS = HERE.parent / "docs" / "answers.md"
BEFORE = HERE / "answers_before.json"
SHORT = {"singling_out": "Singled out", "substitution": "Replaced", "concentration": "More people"}
KINDS = {"county": "counties", "office": "office areas", "aor": "areas of responsibility", "state": "states"}
RANDOM = 2000


def measure() -> dict[str, Any]:
    """Ask of every policy what happened at its own place; keep what is refused, with the reason."""
    store = open_store(None)
    last = max(covered.end for covered in store.coverage("arrests"))
    asked = [p for p in policies() if p.effective <= last]
    answers: list[Answer] = []
    refused: list[dict[str, str]] = []
    begun = time.process_time()
    for policy in asked:
        try:
            answers.append(explain(policy.fips or policy.state, policy=policy.id, store=store))
        except AtlargeError as error:
            refused.append({"id": policy.id, "why": str(error)})
    spent = time.process_time() - begun
    answers = with_q_values(answers)
    rows = [row_of(answer) for answer in answers]
    verdicts = {name: dict(Counter(r["verdicts"][name]["verdict"] for r in rows)) for name in ACCOUNTS}
    for part in ("burst", "lasting"):
        verdicts[part] = dict(Counter(r["verdicts"]["singling_out"][part] for r in rows))
    grades = [[textstat.flesch_kincaid_grade(text) for text in texts_of(answer)] for answer in answers]
    return {
        "asked": len(asked),
        "answered": len(rows),
        "contradictions": sum(len(r["contradictions"]) for r in rows),
        "seconds_each": round(spent / max(1, len(asked)), 2),
        "verdicts": verdicts,
        "grade": {
            "headline": round(mean(head for head, _ in grades), 1),
            "main_text": round(mean(whole for _, whole in grades), 1),
            "highest": round(max(whole for _, whole in grades), 1),
        },
        "longest_headline": max(len(r["headline"].split()) for r in rows),
        "reach": reach_of(answers),
        "charts": charts_of(answers),
        "levels": levels_of(store, asked),
        "random": random_answers(),
        "answers": rows,
        "refused": refused,
    }


def texts_of(answer: Answer) -> tuple[str, str]:
    """The headline, and all of the main text."""
    caveats = [warned.text for warned in answer.main_caveats]
    return str(answer.headline), " ".join([str(answer.headline), *answer.sentences, *caveats])


def reach_of(answers: list[Answer]) -> dict[str, Any]:
    """What could have been found or excluded: why a verdict is what it is."""
    bursts = [a.bursts for a in answers if a.bursts is not None]
    lasting = [a.lasting for a in answers if a.lasting is not None]
    both = [a for a in answers if a.bursts is not None and a.lasting is not None]
    large = [a for a in answers if (a.usual_month or 0.0) >= 20]
    return {
        "burst_power": round(median(b.power or 0.0 for b in bursts), 2),
        "burst_power_large": round(median((a.bursts.power or 0.0) for a in large if a.bursts), 2),
        "large": len(large),
        "lasting_power": round(median(one.power or 0.0 for one in lasting), 2),
        "lasting_mde": round(
            median(math.inf if one.mde is None else one.mde_relative or 0.0 for one in lasting), 2
        ),
        "few_places": sum(one.mde is None for one in lasting),
        "no_burst": sum(b.verdict == "does not fit" for b in bursts),
        "no_lasting": sum(one.verdict == "does not fit" for one in lasting),
        "neither": sum(a.bursts.verdict == a.lasting.verdict == "does not fit" for a in both),  # type: ignore[union-attr]
    }


def charts_of(answers: list[Answer]) -> dict[str, int]:
    """Charts of the reports, in two languages and widths, read back from their drawings."""
    from pictures import disagreements  # type: ignore[import-not-found]
    from test_pictures import figures_of  # type: ignore[import-not-found]

    charts = wrong = 0
    for answer in answers:
        for language in ("en", "es"):
            for figure in figures_of(answer, language):
                charts += 1
                found = disagreements(figure)
                wrong += bool(found)
                for line in found:
                    print(answer.policy["id"], language, line, file=sys.stderr)
    return {"charts": charts, "that_differ": wrong}


def levels_of(store: Store, asked: list[Policy]) -> dict[str, Any]:
    """Every question that a policy makes, at every level: how many answers, and contradictions in them."""
    from registered import questions_of  # type: ignore[import-not-found]

    counted: dict[str, Counter[str]] = {}
    seen = set()
    for policy in asked:
        for place, question in questions_of(policy)[1:]:
            if (place, *question.items()) in seen:
                continue
            seen.add((place, *question.items()))
            try:
                answer = explain(place, store=store, **question)
            except AtlargeError:
                counted.setdefault("refused", Counter())["questions"] += 1
                continue
            count = counted.setdefault(answer.place_kind, Counter())
            found = contradictions(answer)
            count["answers"] += 1
            count["contradictions"] += len(found)
            count[answer.verdicts["singling_out"].verdict] += 1
            for line in found:
                print(place, question, line, file=sys.stderr)
    return {kind: dict(count) for kind, count in counted.items()}


def random_answers() -> dict[str, int]:
    """Answers over random numbers of every shape."""
    import numpy as np
    from random_answers import answer_of, random_facts  # type: ignore[import-not-found]

    found = 0
    for seed in range(RANDOM):
        found += len(contradictions(answer_of(random_facts(np.random.default_rng(seed)))))
    return {"answers": RANDOM, "contradictions": found}


def row_of(answer: Answer) -> dict[str, Any]:
    """What the page holds of an answer."""
    keys = ("verdict", "rule", "p", "q", "burst", "lasting")
    judged = {name: v.to_dict() for name, v in answer.verdicts.items()}
    return {
        "id": answer.policy["id"],
        "place": answer.place,
        "place_name": answer.place_name,
        "direction": answer.policy["direction"],
        "effective": str(answer.policy["effective"]),
        "headline": str(answer.headline),
        "sentences": answer.sentences,
        "verdicts": {name: {k: v[k] for k in keys if k in v} for name, v in judged.items()},
        "caveats": [warned.id for warned in answer.main_caveats],
        "caveat_texts": [warned.text for warned in answer.main_caveats],
        "contradictions": contradictions(answer),
    }


def page(found: dict[str, Any]) -> str:
    """The page, as Markdown."""
    levels = {k: v for k, v in found["levels"].items() if k != "refused"}
    environment = Environment(loader=FileSystemLoader(HERE), trim_blocks=True, keep_trailing_newline=True)
    return environment.get_template("answers.md.j2").render(
        **found,
        kinds=KINDS,
        other_levels=levels,
        more=sum(v["answers"] for v in levels.values()),
        torn=found["contradictions"]
        + sum(v["contradictions"] for v in levels.values())
        + found["random"]["contradictions"],
        other_unfit=sum(v.get("does not fit", 0) for v in levels.values()),
        titles={**SHORT, "burst": "- as a burst", "lasting": "- as a lasting rise"},
        values=("fits", "does not fit", "cannot be told"),
        order=("singling_out", "burst", "lasting", "substitution", "concentration"),
        pairs=_before({row["id"]: row for row in found["answers"]}),
    )


def _before(rows: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Ten sentences as they were worded before, and as they are now."""
    pairs = []
    for case in json.loads(BEFORE.read_text(encoding="utf-8")):
        row, part = rows[case["policy"]], case["part"]
        if part == "headline":
            now = row["headline"]
        elif part in ACCOUNTS:
            now = row["sentences"][ACCOUNTS.index(part)]
        else:
            now = row["caveat_texts"][row["caveats"].index(part)] if part in row["caveats"] else "(not said)"
        pairs.append((case["before"], now))
    return pairs


def main() -> None:
    """Measure, print a summary, write the results and, if asked, the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="also write the page of the documentation")
    parser.add_argument("--page-only", action="store_true", help="write the page from the results at hand")
    given = parser.parse_args()
    if given.page_only:
        found = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        found = measure()
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in found.items() if k not in ("answers", "refused")}))
    if given.docs or given.page_only:
        DOCS.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
