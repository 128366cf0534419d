"""Numbers in a sentence with their unit and the word before them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from atlarge.claims.drafting.article import vocabulary
from atlarge.claims.words import word_names

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"]
_SPELLED = dict(zip(_ONES, range(20), strict=True)) | dict(zip(_TENS, range(20, 101, 10), strict=True))
_FRACTIONS = {
    "two-thirds": "two thirds", "two thirds": "two thirds", "one-third": "a third", "a third": "a third",
    "one third": "a third", "one-quarter": "a quarter", "a quarter": "a quarter", "one quarter": "a quarter",
    "half": "half", "the majority": "majority", "a majority": "majority", "most of": "most",
    "the vast majority": "vast majority",
}  # fmt: skip
_BARE = ("dozens", "hundreds", "thousands", "a handful")
_SCALES = {"million": 1e6, "billion": 1e9, "thousand": 1e3}
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = "|".join(sorted(_SPELLED, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w$€£.,-])(?P<value>{_DIGITS}|\b(?:{_WORDS})(?:-(?:{_WORDS}))?\b)"
    rf"(?P<scale>\s+(?:million|billion|thousand)\b)?"
    rf"(?P<percent>\s*%|\s+(?:percent|per cent|percentage points?)\b)?",
    re.IGNORECASE,
)
_NOT_COUNTS = re.compile(
    r"\b(?:SB|HB|H\.B\.|S\.B\.|AB|Section|section|Title|Interstate|I|Route|Highway|No\.|Article|Chapter|Rule)"
    r"[- ]?\d[\w()]*"
    r"|\b(?:\d{1,3}|[A-Za-z]+)-(?:year|day|month|hour|week|page|member|point)s?\b(?:-old)?"
    r"|\b\d{1,2}:\d{2}\b|\b\d{3}-\d{4}\b|\b287\(g\)|\bI-\d+\w*|\b\d+(?:st|nd|rd|th)\b"
    r"|[$€£]\s?[\d,.]+(?:\s+(?:million|billion|thousand))?|\bage[ds]?\s+\d+|, \d{1,2},(?=\s)",
)
_DURATION = re.compile(r"\s*(?:years?|months?|weeks?|days?|hours?|minutes?|miles?|p\.m|a\.m|dollars)\b")


@dataclass(frozen=True)
class Number:
    """A number as said: its value, ledger unit, and the tolerance word before it."""

    value: float | None
    unit: str
    word: str | None
    text: str


@cache
def _tolerance() -> re.Pattern[str]:
    """The words that may stand before a number, longest first."""
    names = {w for kind in ("count", "share") for w in word_names(kind)}
    wanted = sorted((n for n in names if n not in ("no", "all", "most", "none")), key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(map(re.escape, wanted)) + r")\s+(?:the\s+|a\s+)?$", re.IGNORECASE)


@cache
def _units() -> dict[str, str]:
    """Ledger unit by noun."""
    return {noun: unit for unit, nouns in vocabulary()["units"].items() for noun in nouns}


def _unit(after: str, before: str) -> str:
    """Unit from the first known noun after a number, or from one just before it."""
    for raw in re.findall(r"[A-Za-z-]+|[.;:,]", after)[:7]:
        if raw in ".;:,":
            break
        noun = raw.lower()
        if noun in _units():
            return _units()[noun]
    last = re.findall(r"[A-Za-z-]+", before)[-4:]
    return next((_units()[w.lower()] for w in reversed(last) if w.lower() in _units()), "count")


def find_numbers(text: str) -> list[Number]:
    """Numbers of a sentence whose dates are blanked out; ages, money, bills and the like are not counts."""
    text = _NOT_COUNTS.sub(lambda m: " " * len(m.group()), text)
    found: list[tuple[int, Number]] = []
    for phrase, word in _FRACTIONS.items():
        for match in re.finditer(rf"\b{phrase}\b", text, re.IGNORECASE):
            if not any(abs(at - match.start()) < 8 for at, _ in found):
                found.append((match.start(), Number(None, "percent", word, match.group())))
        text = re.sub(rf"\b{phrase}\b", lambda m: " " * len(m.group()), text, flags=re.IGNORECASE)
    for phrase in _BARE:
        for match in re.finditer(rf"\b{phrase}\b", text, re.IGNORECASE):
            found.append((match.start(), Number(None, _unit(text[match.end() :], ""), phrase, match.group())))
    for match in _NUMBER.finditer(text):
        number = _read(match, text)
        if number is not None:
            found.append((match.start(), number))
    return [number for _, number in sorted(found, key=lambda pair: pair[0])]


def _read(match: re.Match[str], text: str) -> Number | None:
    """One number of a sentence, or None when it is an idiom rather than a count."""
    written = match.group("value").lower().replace(",", "")
    before, after = text[: match.start()], text[match.end() :]
    if written[0].isdigit():
        value = float(written)
    else:
        if written == "one" and not match.group("percent"):
            return None  # "one of them", "no one"
        value = float(sum(_SPELLED[part] for part in written.split("-")))
    scale = (match.group("scale") or "").strip().lower()
    percent = (match.group("percent") or "").strip().lower()
    if percent:
        unit = "percentage_points" if "point" in percent else "percent"
    elif scale in ("million", "thousand"):
        unit = scale
    else:
        value *= _SCALES.get(scale, 1.0)
        unit = _unit(after, before)
        if re.match(r"\s*(?:times|-?fold)\b", after):
            unit = "times"
        elif _DURATION.match(after):
            return None
    said = _tolerance().search(before)
    if said and said.group(1).lower() == "some" and not written[0].isdigit():
        said = None  # "some two"
    word = " ".join(said.group(1).lower().split()) if said else None
    text_said = f"{said.group(1)} " if said else ""
    return Number(value, unit, word, text_said + match.group().strip())
