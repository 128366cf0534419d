"""What is counted by: level, period, scheme, engine, days and places, checked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from atlarge.arguments import one_of
from atlarge.errors import QuestionError
from atlarge.panel.levels import known_level
from atlarge.records.schemes import Scheme
from atlarge.records.schemes import scheme as scheme_of

TRUNCATE = {"day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True)
class Query:
    """A query of one table: level, period, scheme, engine, first and last day, places (None: all)."""

    by: str
    every: str
    scheme: Scheme
    engine: str
    start: dt.date | None
    end: dt.date | None
    places: tuple[str, ...] | None


def checked_query(
    by: str,
    every: str,
    scheme: str,
    engine: str,
    start: dt.date | None,
    end: dt.date | None,
    places: tuple[str, ...] | None = None,
) -> Query:
    """The query, once its arguments are checked; QuestionError if one is wrong."""
    known_level(by)
    one_of(every, TRUNCATE, "period")
    if start and end and start > end:
        raise QuestionError(f"the time ends ({end}) before it starts ({start})")
    return Query(by, every, scheme_of(scheme), engine, start, end, places)
