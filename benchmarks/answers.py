"""Every registered policy that the shipped records can answer, in one page, with the contradiction check.

`python benchmarks/answers.py` writes results/answers.json; `--docs` also writes ../docs/answers.md from it.
The q-values are over all accounts of all answers of the page.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from atlarge.errors import AtlargeError
from atlarge.explain import explain
from atlarge.explain.answer import ACCOUNTS, Answer
from atlarge.explain.consistency import contradictions
from atlarge.explain.verdicts import with_q_values
from atlarge.policies import policies
from atlarge.records.store import open_store

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "answers.json"
DOCS = HERE.parent / "docs" / "answers.md"
SHORT = {"singling_out": "Singled out", "substitution": "Replaced", "concentration": "More people"}


def measure() -> dict[str, Any]:
    """Ask of every policy what happened at its own place; keep what is refused, with the reason."""
    store = open_store(None)
    last = max(covered.end for covered in store.coverage("arrests"))
    asked = [p for p in policies() if p.is_jail_rule and p.effective <= last]
    answers: list[Answer] = []
    refused: list[dict[str, str]] = []
    begun = time.process_time()
    for policy in asked:
        try:
            answers.append(explain(policy.fips or policy.state, policy=policy.id, store=store))
        except AtlargeError as error:
            refused.append({"id": policy.id, "why": str(error)})
    spent = time.process_time() - begun
    rows = [row_of(answer) for answer in with_q_values(answers)]
    verdicts = {name: dict(Counter(r["verdicts"][name]["verdict"] for r in rows)) for name in ACCOUNTS}
    for part in ("burst", "lasting"):
        verdicts[part] = dict(Counter(r["verdicts"]["singling_out"][part] for r in rows))
    return {
        "asked": len(asked),
        "answered": len(rows),
        "contradictions": sum(len(r["contradictions"]) for r in rows),
        "seconds_each": round(spent / max(1, len(asked)), 2),
        "verdicts": verdicts,
        "answers": rows,
        "refused": refused,
    }


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
        "verdicts": {name: {k: v[k] for k in keys if k in v} for name, v in judged.items()},
        "caveats": [warned.id for warned in answer.main_caveats],
        "contradictions": contradictions(answer),
    }


def page(found: dict[str, Any]) -> str:
    """The page, as Markdown."""
    lines = [
        "# All answers",
        "",
        f"Each of the {found['asked']} registered policies that bear on jails and began before the shipped "
        f"records end was asked about, at its own place: {found['answered']} can be answered, the others are "
        "refused with the reason. Written by `benchmarks/answers.py`.",
        "",
        f"**Contradictions found: {found['contradictions']}.** The check reads each answer as a critical "
        "reader would: one number for one thing, words of direction that agree with the numbers beside "
        "them, verdicts that follow from theirs, headlines of at most 30 words, both languages. The same "
        "check runs over 2,000 random answers in the tests, and is itself tested on defects put into sound "
        "ones.",
        "",
        "| verdict on | fits | does not fit | cannot be told |",
        "| --- | ---: | ---: | ---: |",
    ]
    names = {**SHORT, "burst": "- as a burst", "lasting": "- as a lasting rise"}
    for name in ("singling_out", "burst", "lasting", "substitution", "concentration"):
        counts = found["verdicts"][name]
        row = " | ".join(str(counts.get(v, 0)) for v in ("fits", "does not fit", "cannot be told"))
        lines.append(f"| {names[name]} | {row} |")
    lines += [
        "",
        "The q-value holds each p against those of all accounts on this page: among verdicts with a q of "
        "0.05 or less, about one in twenty is expected to be chance. With so many places asked, read a "
        "verdict without a small q as one that chance may have given.",
        "",
        "| policy | what happened | singled out: burst; lasting (q) | replaced | more people |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in found["answers"]:
        v = row["verdicts"]
        singled, q = v["singling_out"], v["singling_out"]["q"]
        cells = (
            f"{row['place_name']}, `{row['id']}`",
            row["headline"],
            f"{singled['burst']}; {singled['lasting']} ({'-' if q is None else format(q, '.2f')})",
            v["substitution"]["verdict"],
            v["concentration"]["verdict"],
        )
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Refused", "", "| policy | why |", "| --- | --- |"]
    lines += [f"| `{row['id']}` | {row['why']} |" for row in found["refused"]]
    return "\n".join(lines) + "\n"


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
    print(
        json.dumps({k: found[k] for k in ("asked", "answered", "contradictions", "seconds_each", "verdicts")})
    )
    if given.docs or given.page_only:
        DOCS.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
