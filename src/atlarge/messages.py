"""Sentences as data: a key, typed values, and one catalogue that words them in English and Spanish.

Functions return a `Message`, which is put into words only when it is shown. Each number carries the counts it
was computed from, so that a page can leave it out by reference instead of searching the text.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

from atlarge.files import read_yaml, shipped_text

LANGUAGES = ("en", "es")
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
MONTHS = {language: names.split() for language, names in _MONTHS.items()}
SHORT_MONTHS = {language: [name[:3] for name in names] for language, names in MONTHS.items()}
PERCENT = {"en": "%", "es": "\u202f%"}
"""The percent sign after a number: English sets it close, Spanish with a narrow space that does not break."""
Kind = Literal["count", "difference", "mean", "rate", "ratio", "share", "estimate"]


class CountKey(NamedTuple):
    """A count of records: its place, measure and days (both ends included).

    For counties and office areas counted together `level` is "locality" and `place` joins their codes:
    "48453+AUS".
    """

    level: str
    place: str
    measure: str
    start: dt.date
    end: dt.date
    scheme: str = "ddp"

    @property
    def members(self) -> tuple[tuple[str, str], ...]:
        """Levels and codes of the places that are counted together."""
        return members_of(self.level, self.place)


def members_of(level: str, place: str) -> tuple[tuple[str, str], ...]:
    """Levels and codes of the places that make up a place: itself, or several counties and office areas.

    >>> members_of("locality", "48453+AUS")
    (('county', '48453'), ('office', 'AUS'))
    """
    if level == "locality":
        return tuple(("county" if code.isdigit() else "office", code) for code in place.split("+"))
    return ((level, place),)


@dataclass(frozen=True)
class Number:
    """A number in a sentence, and the counts that it was computed from.

    `rests_on` lists every observed count of the place that could be deduced from the value; it is empty where
    none could (a p-value, a number of placebos, a population).

    >>> day = dt.date(2017, 2, 1)
    >>> key = CountKey("county", "48453", "at_large", day, dt.date(2017, 2, 28))
    >>> Number(12.0, "count", (key,)).text()
    '12'
    """

    value: float | None
    kind: Kind = "count"
    rests_on: tuple[CountKey, ...] = ()
    digits: int = 0

    def text(self) -> str:
        """As printed: whole from ten on, else with one digit at most; a share in percent, a ratio with two
        digits; an ASCII minus, and never minus zero."""
        if self.value is None:
            return "?"
        value = float(self.value)
        if self.kind == "share":
            return f"{_zero(round(100 * value, self.digits)):,.{self.digits}f}"
        if self.kind == "ratio" or self.digits:
            digits = self.digits or 2
            return f"{_zero(round(value, digits)):,.{digits}f}"
        if abs(value) >= 9.95:
            return f"{_zero(round(value)):,.0f}"
        return f"{_zero(round(value, 1)):g}"


Hide = Callable[[Number], str | None]
"""Returns what is printed instead of a number that must not be shown, or None if it may be shown."""


def _zero(value: float) -> float:
    return 0.0 if value == 0 else value


@dataclass(frozen=True)
class Days:
    """A run of days, both ends included; worded with its preposition ("on 9–12 February 2017")."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Month:
    """A month of a year, by any of its days."""

    day: dt.date


@dataclass(frozen=True)
class Message:
    """A sentence, or part of one: `key` names its pattern in the catalogue, `params` fill it."""

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self)

    def numbers(self) -> list[Number]:
        """All numbers in the message and its parts, in the order of `params`."""
        found: list[Number] = []
        for value in self.params.values():
            if isinstance(value, Number):
                found.append(value)
            elif isinstance(value, Message):
                found += value.numbers()
        return found


def say(key: str, **params: Any) -> Message:
    """A message."""
    return Message(key, params)


def join(*parts: Message | None) -> Message:
    """Join sentences into one message, leaving out None."""
    kept = [part for part in parts if part is not None]
    if len(kept) == 1:
        return kept[0]
    return Message("join", {f"part{k}": part for k, part in enumerate(kept)})


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every pattern: key -> language -> text."""
    text = shipped_text("atlarge", "messages.yaml")
    loaded = read_yaml(unbroken(text))
    return {str(key): dict(value) for key, value in loaded.items()}


def unbroken(text: str) -> str:
    r"""Keep a percent sign on the line of its number, in Spanish, where a space stands between them.

    >>> unbroken("90 % de 20 lugares")
    '90\\u202f% de 20 lugares'
    """
    return text.replace(" %", PERCENT["es"])


class _Formatter(string.Formatter):
    """`{n}`, `{n:arrest|arrests}` (the number and its noun) and `{n:=was|were}` (the word alone)."""

    def format_field(self, value: Any, spec: str) -> str:
        if "|" not in spec:
            return str(value)
        one, _, many = spec.removeprefix("=").partition("|")
        word = one if str(value) in ("1", "-1") else many
        return word if spec.startswith("=") else f"{value} {word}"


_FORMATTER = _Formatter()


class _Shown(str):
    """A rendered value; `hidden` is true if something in it was left out."""

    hidden: bool = False


def render(message: Message, language: str = "en", hide: Hide | None = None) -> str:
    """Render the message as text. If a number must not be shown, the pattern "<key>.hidden" is used where the
    catalogue has one; otherwise what `hide` returns is printed in its place."""
    return str(_render(message, language, hide))


def _render(message: Message, language: str, hide: Hide | None) -> _Shown:
    if message.key == "join":
        parts = [_render(part, language, hide) for part in message.params.values()]
        return _shown(" ".join(parts), any(part.hidden for part in parts))
    filled = {name: _value(value, language, hide) for name, value in message.params.items()}
    hidden = any(value.hidden for value in filled.values())
    texts = catalogue()[message.key]
    if hidden and f"{message.key}.hidden" in catalogue():
        texts = catalogue()[f"{message.key}.hidden"]
    text = _FORMATTER.vformat(texts[language], (), filled)
    return _shown(text[:1].upper() + text[1:] if text.endswith(".") else text, hidden)


def _shown(text: str, hidden: bool = False) -> _Shown:
    shown = _Shown(text)
    shown.hidden = hidden
    return shown


def _value(value: Any, language: str, hide: Hide | None) -> _Shown:
    if isinstance(value, Message):
        return _render(value, language, hide)
    if isinstance(value, Number):
        instead = hide(value) if hide is not None else None
        return _shown(instead, True) if instead is not None else _shown(value.text())
    if isinstance(value, Days):
        return _shown(days_text(value, language))
    if isinstance(value, Month):
        return _shown(month_text(value.day, language))
    if isinstance(value, dt.date):
        return _shown(day_text(value, language))
    if isinstance(value, bool | int):
        return _shown(f"{int(value):,}")
    return _shown(str(value))


def month_text(day: dt.date, language: str) -> str:
    """February 2017; febrero de 2017."""
    between = " " if language == "en" else " de "
    return f"{MONTHS[language][day.month - 1]}{between}{day.year}"


def day_text(day: dt.date, language: str) -> str:
    """9 February 2017; 9 de febrero de 2017."""
    between = " " if language == "en" else " de "
    return f"{day.day}{between}{month_text(day, language)}"


def days_text(days: Days, language: str) -> str:
    """On 9–12 February 2017; del 9 al 12 de febrero de 2017."""
    first, last = days.start, days.end
    if first == last:
        return ("on " if language == "en" else "el ") + day_text(last, language)
    if (first.year, first.month) == (last.year, last.month):
        start = str(first.day)
    elif first.year == last.year:
        start = f"{first.day}{' ' if language == 'en' else ' de '}{MONTHS[language][first.month - 1]}"
    else:
        start = day_text(first, language)
    end = day_text(last, language)
    if language == "en":
        return f"on {start}–{end}" if start.isdigit() else f"on {start} – {end}"
    return f"del {start} al {end}"
