"""What a claim says its value is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from atlarge.claims.figures import plain
from atlarge.claims.words import READINGS, Band, band, find_word
from atlarge.periods import Period, parse_period

_SCALE = {"thousand": 1e3, "million": 1e6}


@dataclass(frozen=True)
class Expected:
    """A stated value with its unit, word and direction, as the ledger writes it."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    date: Period | None = None
    unit: str | None = None
    word: str | None = None
    direction: str | None = None

    @property
    def scale(self) -> float:
        """How many of the counted things one of the unit is."""
        return _SCALE.get(self.unit or "", 1.0)

    @property
    def stated(self) -> float | int | None:
        """The plain number that the claim states, if it does."""
        return plain(self.value)

    def band(self, kind: str, reading: str = "standard") -> Band:
        """The values that the claim allows under a reading of its word."""
        if self.low is not None or self.high is not None:
            return Band(
                float("-inf") if self.low is None else self.low,
                float("inf") if self.high is None else self.high,
            )
        entry = find_word(self.word, kind) if self.word else None
        if entry is not None and "direction" in entry and self.value is not None:
            entry = find_word("about")
        return band(entry, self.value, reading)

    def bands(self, kind: str) -> dict[str, Band]:
        """The band under each reading."""
        return {reading: self.band(kind, reading) for reading in READINGS}

    def heading(self, kind: str) -> str | None:
        """up, down or both, from the word or the field."""
        entry = find_word(self.word, kind) if self.word else None
        return self.direction or (entry or {}).get("direction")

    @property
    def is_range_of_ranks(self) -> bool:
        """Whether the word takes a rank or any better one."""
        entry = find_word(self.word, "rank") if self.word else None
        return bool((entry or {}).get("is_range", False))

    def order(self) -> str:
        """descending when rank 1 is the largest."""
        entry = find_word(self.word, "rank") if self.word else None
        return str((entry or {}).get("order", "descending"))


def expected(written: Any) -> Expected:
    """Read the field `expected`."""
    if written is None:
        return Expected()
    if not isinstance(written, dict):
        return Expected(value=float(written))
    return Expected(
        value=None if "value" not in written else float(written["value"]),
        low=written.get("low"),
        high=written.get("high"),
        date=parse_period(written["date"]) if "date" in written else None,
        unit=written.get("unit"),
        word=written.get("word"),
        direction=written.get("direction"),
    )
