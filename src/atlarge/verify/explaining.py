"""Which definition explains a figure that differs: one that serves the publication's other figures too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from atlarge.verify.candidate import EXCLUSION, Candidate
from atlarge.verify.checking import Checking
from atlarge.verify.counting import is_share, table_of
from atlarge.verify.result import DIFFERS, EQUAL, NOT_TESTABLE, Checked, agreement
from atlarge.verify.undecided import cannot_be_told

_MOST_OTHERS = 6
"""Figures of the same publication that an explanation is tried on."""
_MEANT = 1000
"""A figure this large is hardly met to the record by chance."""


def by_publication(checkings: list[Checking]) -> list[Checked]:
    """Verdicts on all figures; an explanation is accepted only if it also holds for the publication's other
    figures."""
    rows = [checking.result() for checking in checkings]
    alike: dict[Any, list[Checking]] = {}
    for checking, row in zip(checkings, rows, strict=True):
        if row.publisher and row.verdict != NOT_TESTABLE:
            alike.setdefault(_publication(row), []).append(checking)
    return [
        _explained(row, checking, alike.get(_publication(row), []))
        if row.verdict == DIFFERS and checking.query
        else row
        for checking, row in zip(checkings, rows, strict=True)
    ]


def _publication(row: Checked) -> tuple[str, str | None, bool]:
    """Key of the figures that presumably share one definition: publisher, table, and whether they are
    shares."""
    publisher = row.publisher.partition(" via ")[0].partition(" from ")[0]
    return publisher, table_of(row.measure), is_share(row.measure)


def _explained(row: Checked, checking: Checking, alike: list[Checking]) -> Checked:
    """Explain a figure that differs by its candidates, if one is accepted."""
    tried = [
        replace(c, rejected=_doubt(c, checking, alike)) if c.reaches else c for c in checking.explanations()
    ]
    best = next((c for c in tried if c.reaches and not c.rejected), None)
    published = checking.figure.value
    row = replace(row, candidates=[c.to_dict(published) for c in tried])
    if best is not None:
        said = f"explained by {best.kind}: {best.in_words(published)}"
        return replace(row, why="; ".join(filter(None, (said, row.why))), understood=True)
    return row if row.understood else cannot_be_told(row, checking, tried, alike)


def _doubt(c: Candidate, checking: Checking, alike: list[Checking]) -> str:
    """Reason not to accept an explanation that reaches a figure; empty if it is accepted."""
    if c.kind == "duplicates":
        return "repeats cannot be told from people without an identifier"
    is_exact = agreement(c.value, checking.figure, is_percent=is_share(checking.name)) == EQUAL
    if c.kind == EXCLUSION and not (is_exact and checking.figure.value >= _MEANT):
        return "it is one of many values left out in turn, of which some come near by chance"
    is_wider = c.kind == "geography"  # a wider area must serve every place of the same measure
    if (c.low is not None and not is_wider) or c.kind == "slip":
        return ""
    others = [o for o in alike if o is not checking and (not is_wider or o.name == checking.name)]
    others.sort(key=lambda o: (o.query is None, o.figure.id))
    holds = {o.figure.id: o.agrees(c.label) for o in others[:_MOST_OTHERS]}
    if fails := [key for key, does in holds.items() if does is False]:
        return f"not {', '.join(fails[:3])}" + (f" and {len(fails) - 3} more" if len(fails) > 3 else "")
    if any(holds.values()) or (is_exact and checking.figure.value >= _MEANT):
        return ""
    return "one figure may be met by chance"
