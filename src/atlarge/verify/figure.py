"""A published figure, and the places that it counts, by level and code."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import polars as pl

from atlarge.errors import PlaceError
from atlarge.places.find import find_place
from atlarge.reference import table

EXACT, ROUNDED, AT_LEAST, AT_MOST = "exact", "rounded", "at_least", "at_most"
KINDS = (EXACT, ROUNDED, AT_LEAST, AT_MOST)
TOLERANCE = {EXACT: 0.005, ROUNDED: 0.02, AT_LEAST: 0.05, AT_MOST: 0.05}
"""Relative difference taken as agreement: later completion of records, rounding in words, and how far
beyond a bound ("more than 5,300") the number may lie."""
LEVELS = ("nation", "aor", "office", "county", "state", "facility")
_JOINED = re.compile(r"\s*(?:\+|;|&|,?\s+and\b)\s*", re.IGNORECASE)


class Spot(NamedTuple):
    """A place by its level and code."""

    level: str
    code: str


@dataclass(frozen=True)
class Figure:
    """A figure as its publisher gave it, ready to be counted.

    Attributes
    ----------
    id, publisher, source
        Which figure, who gave it, where it was read.
    measure, place, level
        What it counts, where; the level is empty where the place says it.
    start, end
        First and last day.
    value, kind
        The figure, and whether it is exact, rounded, at_least or at_most.
    decimals
        Digits that were printed after the point, or -1 where that is not known.
    percent
        Whether it was written as a percentage.
    tolerance
        Relative difference taken as agreement; None: that of its kind.
    window_fitted
        Whether its days were chosen because they agree.
    explanation, tested, note
        What the table of figures says of it.
    published_on
        Day on which it came out, where known.
    would_decide
        What would settle it where it cannot be told, a key of the messages; empty: by what it counts.
    """

    id: str
    measure: str
    place: str
    start: dt.date
    end: dt.date
    value: float
    publisher: str = ""
    source: str = ""
    scheme: str = "ddp"
    level: str = ""
    kind: str = EXACT
    decimals: int = -1
    percent: bool = False
    tolerance: float | None = None
    window_fitted: bool = False
    explanation: str = ""
    tested: str = ""
    note: str = ""
    published_on: dt.date | None = None
    would_decide: str = ""

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Its places, several joined by +. PlaceError for a name that no place or more than one has."""
        return places(self.place, self.level)


@cache
def spot(text: str, level: str = "") -> Spot:
    """The place that a word names: a code, a name, or a level and a code as "office:AUS".

    Raises
    ------
    PlaceError
        If no place has the name, or more than one.

    Examples
    --------
    >>> spot("Travis County, TX"), spot("SNA").level, spot("office:SNA").level
    (Spot(level='county', code='48453'), 'aor', 'office')
    """
    head, colon, tail = text.partition(":")
    if colon and head.strip().lower() in LEVELS:
        level, text = head.strip().lower(), tail.strip()
    level = level.strip().lower()
    if level == "facility":
        return Spot("facility", _facility(text))
    try:
        found = find_place(text, level or None)
    except PlaceError:
        if level:
            raise
        code = _facility(text)
        if code not in set(table("facilities")["code"].drop_nulls()):
            raise
        return Spot("facility", code)
    return Spot(found.kind, found.code)


def places(text: str, level: str = "") -> tuple[Spot, ...]:
    """The place or places that a cell names, joined by +, semicolon, ampersand or "and".

    Raises
    ------
    PlaceError
        If a part of it names no place, more than one, or the same as another part.

    Examples
    --------
    >>> [spot.code for spot in places("Harris and Travis counties, Texas")]
    ['48201', '48453']
    """
    if "+" not in text and ";" not in text:
        try:
            return (spot(text.strip(), level),)
        except PlaceError:
            if not _JOINED.search(text):
                raise
    parts = [part.strip(" ,") for part in _JOINED.split(text) if part.strip(" ,")]
    of_counties = re.search(r"\bcounties\b", parts[-1], re.IGNORECASE)
    parts[-1] = re.sub(r"\s*\bcounties\b", "", parts[-1], flags=re.IGNORECASE)
    if of_counties:  # "Harris, Travis and Bexar counties"
        parts = [name.strip() for part in parts[:-1] for name in part.split(",") if name.strip()] + parts[-1:]
    state = parts[-1].rpartition(",")[2].strip() if "," in parts[-1] else ""
    if state:
        parts = [part if "," in part else f"{part}, {state}" for part in parts]
    if of_counties:
        head = [part.partition(",") for part in parts]
        parts = [
            f"{name}{'' if name.lower().endswith('county') else ' County'}{comma}{tail}"
            for name, comma, tail in head
        ]
    found = tuple(spot(part, level) for part in parts)
    if len(set(found)) < len(found):
        raise PlaceError(f"'{text}' names one place twice")
    return found


def _facility(text: str) -> str:
    """Code of a detention facility by its code or name; the text itself, in capitals, where none has it."""
    key = re.sub(r"[^A-Z0-9]", "", text.upper())
    rows = table("facilities").filter(pl.col("key") == key)
    return str(rows["code"][0]) if rows.height and rows["code"][0] else text.strip().upper()
