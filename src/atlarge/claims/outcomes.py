"""The query of a check and what one source says: the terms that every check shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from atlarge.claims.expectations import Expected
from atlarge.claims.figures import Figure
from atlarge.claims.quantities import Quantity, Side, quantity
from atlarge.claims.sources import Gap, Source

SUPPORTED, CONTRADICTED = "supported", "contradicted"
DISPUTED, DEPENDS, NOT_TESTABLE = "disputed", "depends", "not testable"


@dataclass(frozen=True)
class Outcome:
    """What one source says about a claim under one reading of its places."""

    verdict: str
    value: Any
    expected: Any
    unit: str
    evidence: list[dict[str, Any]]
    band: dict[str, Any] | None = None
    sensitivity: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""
    is_of_record: bool = True
    place_kind: str | None = None
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class Query:
    """The query of a check: the test as written, its side and what it expects, the source to look in, the
    kind of place that names are read as, and the other sources (for a whole that this one lacks)."""

    test: dict[str, Any]
    wanted: Side
    expected: Expected
    source: Source
    kind: str | None
    others: tuple[Source, ...]

    def found(self) -> Quantity | Gap:
        """What the source gives for the side of the query."""
        return quantity(self.source, self.wanted, self.kind, self.others)


def evidence_of(found: Quantity, role: str = "counted") -> list[dict[str, Any]]:
    """Evidence entries of a quantity, the whole of a share marked as such."""
    whole = "whole" if role == "counted" else f"{role} whole"
    return [f.to_dict(role) for f in found.parts] + [f.to_dict(whole) for f in found.whole]
