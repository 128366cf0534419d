"""What several sources say together, and what several implied tests say of a cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from atlarge.claims.linked import CANNOT_BE_TOLD, DOES_NOT_FIT, FITS
from atlarge.claims.outcomes import CONTRADICTED, DEPENDS, DISPUTED, NOT_TESTABLE, SUPPORTED, Outcome
from atlarge.claims.sources import Source

_SHAKY = ("withdrawn", "disputed")


def named(outcome: Outcome, source: Source, kind: str | None) -> Outcome:
    """The outcome with its source."""
    return replace(outcome, source=source.name, is_of_record=_of_record(outcome, source), place_kind=kind)


def _of_record(outcome: Outcome, source: Source) -> bool:
    """Whether every figure behind an outcome is of a party that keeps the records."""
    return all(f.is_of_record for f in outcome.figures) if outcome.figures else source.is_of_record


def merge(outcomes: list[Outcome]) -> Outcome:
    """What several sources say together of one reading.

    Parties of record decide; others decide only where there is none of record. A supported claim that rests
    on a figure withdrawn or disputed, or that another party of record contradicts, is disputed.
    """
    deciding = [o for o in outcomes if o.is_of_record] or outcomes
    verdicts = []
    for outcome in deciding:
        shaky = [f for f in outcome.figures if f.status in _SHAKY]
        verdicts.append(DISPUTED if outcome.verdict == SUPPORTED and shaky else outcome.verdict)
    shown = next((o for o in deciding if o.verdict == SUPPORTED), deciding[0])
    distinct = set(verdicts)
    verdict = distinct.pop() if len(distinct) == 1 else DISPUTED
    evidence = [*shown.evidence, *[e for o in deciding if o is not shown for e in o.evidence]]
    evidence += [{**e, "role": "context"} for o in outcomes if o not in deciding for e in o.evidence]
    rows = list(shown.sensitivity)
    rows += [
        {"reading": f"by {o.source}", "value": o.value, "verdict": o.verdict}
        for o in outcomes
        if len(outcomes) > 1
    ]
    status = [
        f"{f.place}: the figure of {f.party} is {f.status} ({f.note})"
        for f in shown.figures
        if f.status in _SHAKY
    ]
    notes = list(dict.fromkeys([*[n for o in outcomes for n in o.notes], *status]))
    return replace(shown, verdict=verdict, evidence=unique(evidence), sensitivity=rows, notes=notes)


def unique(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries without repeats, in order."""
    kept, seen = [], set()
    for entry in entries:
        key = tuple(sorted((k, str(v)) for k, v in entry.items() if k != "role"))
        if key not in seen:
            seen.add(key)
            kept.append(entry)
    return kept


def fit_of(verdicts: set[str]) -> tuple[str, str]:
    """Verdict and fit of a claim of cause from the verdicts on what it implies.

    What it implies being so fits the claim, which is not a cause shown: "not testable". That none of it is so
    contradicts the claim. Anything between depends.
    """
    if verdicts == {SUPPORTED}:
        return NOT_TESTABLE, FITS
    if verdicts == {CONTRADICTED}:
        return CONTRADICTED, DOES_NOT_FIT
    return (DEPENDS, "fits in part") if verdicts else (NOT_TESTABLE, CANNOT_BE_TOLD)
