"""The words of a claim as numeric bands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from atlarge.files import shipped_yaml

READINGS = ("standard", "strict", "loose")


@dataclass(frozen=True)
class Band:
    """Values that a claim allows, in the claim's unit; an end may be open (the bound itself outside)."""

    low: float = -math.inf
    high: float = math.inf
    is_low_open: bool = False
    is_high_open: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value is inside. Comparisons allow for rounding in the last digits of a float."""
        slack = 1e-9 * max(1.0, abs(value))
        above = value > self.low + slack if self.is_low_open else value >= self.low - slack
        below = value < self.high - slack if self.is_high_open else value <= self.high + slack
        return above and below

    def to_dict(self) -> dict[str, Any]:
        """Plain bounds; None for an end without one."""
        return {
            "low": self.low if math.isfinite(self.low) else None,
            "high": self.high if math.isfinite(self.high) else None,
            "low_is_inside": not self.is_low_open,
            "high_is_inside": not self.is_high_open,
        }


@cache
def words() -> tuple[dict[str, Any], ...]:
    """The entries of words.yaml, in its order."""
    return tuple(shipped_yaml(__package__, "words.yaml"))


def word_names(kind: str | None = None) -> list[str]:
    """All words, or those that serve a kind of claim, sorted."""
    served = (entry for entry in words() if kind is None or kind in entry["for"])
    return sorted({str(word) for entry in served for word in entry["words"]})


def find_word(word: str, kind: str | None = None) -> dict[str, Any] | None:
    """The entry of a word (of a kind of claim, when given); None when it has no stated reading."""
    wanted = " ".join(str(word).lower().split())
    for entry in words():
        if wanted in [str(w) for w in entry["words"]] and (kind is None or kind in entry["for"]):
            return entry
    return None


def precision(value: float) -> float:
    """Half a unit of the last digit in which a number is written: 142 -> 0.5, 68.9 -> 0.05."""
    text = repr(float(value))
    if "e" in text or "." not in text or text.endswith(".0"):
        return 0.5
    return 0.5 * 10.0 ** -len(text.split(".")[1])


def band(entry: dict[str, Any] | None, value: float | None, reading: str = "standard") -> Band:
    """The band of a word for a stated value under a reading; no entry is "exactly".

    Both bounds of a negative value are turned round, so that "about -5" is from -5.5 to -4.5.
    """
    rule = {"exact": True} if entry is None else entry[reading]
    if "exact" in rule:
        stated = 0.0 if value is None else value
        return Band(stated - precision(stated), stated + precision(stated))
    if entry is None or value is None or not _is_multiple(rule):
        low = rule.get("at_least", rule.get("over", -math.inf))
        high = rule.get("at_most", rule.get("under", math.inf))
        return Band(low, high, "over" in rule, "under" in rule)
    low = rule.get("low", rule.get("above"))
    high = rule.get("high", rule.get("below"))
    ends = [
        (-math.inf if low is None else value * low, "above" in rule),
        (math.inf if high is None else value * high, "below" in rule),
    ]
    if value < 0 and low is not None and high is not None:
        ends.reverse()
    return Band(ends[0][0], ends[1][0], ends[0][1], ends[1][1])


def _is_multiple(rule: dict[str, Any]) -> bool:
    """Whether a rule's bounds are multiples of the stated value."""
    return any(key in rule for key in ("low", "high", "above", "below"))
