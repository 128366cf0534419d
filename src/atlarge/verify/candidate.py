"""A possible explanation of a difference, and the number it gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from atlarge.panel import measure
from atlarge.records.tables import TABLES
from atlarge.verify.counting import Query, StoreCounter
from atlarge.verify.figure import Figure

EXCLUSION = "exclusion"
"""Kind of what was left out in turn, one value of a column after the other: a search, not a definition."""


class Difference(NamedTuple):
    """A figure and the records' own number for it, which explanations start from.

    Attributes
    ----------
    counter : StoreCounter
        Counts of the store.
    figure : Figure
        As it was published.
    name : str
        Canonical name of its measure.
    query : Query
        What was counted.
    ours : float
        The number that was counted.
    """

    counter: StoreCounter
    figure: Figure
    name: str
    query: Query
    ours: float


@dataclass(frozen=True)
class Candidate:
    """A definition that may explain a difference, and its number.

    Attributes
    ----------
    kind
        areas, definition, exclusion, scheme, geography, window, duplicates, individuals, completion,
        vintage, coverage, list or slip.
    label
        The definition in words; the same for every figure that it is tried on.
    detail
        What it is for this figure, as its days.
    value
        The number under it; the nearer end of an interval.
    low, high
        Ends of the interval, where the number can only be bounded.
    reaches
        Whether the published figure is met within its tolerance, or lies in the interval.
    rejected
        Why it is not believed although it reaches the figure; empty where it is believed.
    """

    kind: str
    label: str
    value: float
    low: float | None = None
    high: float | None = None
    reaches: bool = False
    rejected: str = ""
    detail: str = ""

    def to_dict(self, published: float) -> dict[str, Any]:
        """Plain values, the difference from a figure included."""
        share = round(100 * (self.value / published - 1), 2) if published else None
        return {**asdict(self), "difference_pct": share}

    def in_words(self, published: float) -> str:
        """The definition and its number beside a figure."""
        digits = 0 if abs(self.value) >= 100 else 1
        if self.low is not None and self.high is not None and self.low != self.high:
            number = f"{self.low:,.{digits}f} to {self.high:,.{digits}f}"
        else:
            share = f", {100 * (self.value / published - 1):+.2f}%" if published else ""
            number = f"{self.value:,.{digits}f}{share}"
        return f"{self.label} ({self.detail}: {number})" if self.detail else f"{self.label} ({number})"

    def judged(self, published: float, room: float) -> Candidate:
        """Record whether it comes within `room` of a figure."""
        if self.low is not None and self.high is not None:
            inside = self.low <= published <= self.high
            return replace(self, value=min(max(published, self.low), self.high), reaches=inside)
        return replace(self, reaches=abs(self.value - published) <= room)


def columns(name: str) -> tuple[str, ...]:
    """Columns of the table that a measure counts; none where its rows have no place of their own."""
    found = TABLES[measure(name).table]
    return tuple(found) if "aor_basis" in found else ()
