"""Numbers inside sentences: each knows which counts of records it was computed from.

A page prints a number only where every count behind it may be published, so that no sentence gives away what
a table suppresses. Terminal and JSON output print the value itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from atlarge.explain.answer import Area

Kind = Literal["count", "difference", "mean", "rate", "ratio", "share", "estimate"]


class CountKey(NamedTuple):
    """A count of records: in which place, of which measure, over which days (both ends inside).

    `level` "locality" stands for a county and an office area counted together; `place` is then "48453+AUS".
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
    """Levels and codes of the places that a place is made of: itself, or a county and an office area.

    >>> members_of("locality", "48453+AUS")
    (('county', '48453'), ('office', 'AUS'))
    """
    if level == "locality":
        county, _, office = place.partition("+")
        return ("county", county), ("office", office)
    return ((level, place),)


@dataclass(frozen=True)
class Number:
    """A number and the counts that it was computed from.

    `rests_on` names every observed count of the place that the value could be worked back to; it is empty for
    what rests on none (a p-value, a number of placebos, a population).

    >>> day = dt.date(2017, 2, 1)
    >>> key = CountKey("county", "48453", "at_large", day, dt.date(2017, 2, 28))
    >>> Number(12.0, "count", (key,)).value
    12.0
    """

    value: float | None
    kind: Kind = "count"
    rests_on: tuple[CountKey, ...] = ()
    digits: int = 0


def key_of(area: Area, measure: str, start: dt.date, end: dt.date, scheme: str = "ddp") -> CountKey:
    """The key of a count in an area of an answer."""
    return CountKey(area.level, area.code, measure, start, end, scheme)
