"""What else the records show of a burst: other methods, other places, the days before, the Operation mark.

None of this decides whether a burst is found. It tells a burst of arrests from a burst of typing: when an
office enters a month of rows on one day, every method swells by the same factor and the days before lack
what that day has too many of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atlarge.surges.scan import Scan

if TYPE_CHECKING:
    from atlarge.records.store import Store


@dataclass(frozen=True)
class Witness:
    """Shares and ratios beside a burst; None where the records do not tell.

    `operation_share`: share of the burst's rows that carry an operation mark.
    """

    operation_share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {}


def witnesses(store: Store, found: Scan, places: list[str], days: Any, **question: str) -> list[Witness]:
    """One witness a burst."""
    return [Witness() for _ in found.bursts.p]


def flags_of(is_thin: bool, told: Witness) -> tuple[str, ...]:
    """Short names of what a reader must know of a burst."""
    return ("thin_baseline",) if is_thin else ()
