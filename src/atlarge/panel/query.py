"""What is counted by: level, period, scheme, engine, days and places, checked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from atlarge.arguments import one_of
from atlarge.errors import QuestionError
from atlarge.panel.levels import known_level
from atlarge.records.schemes import Scheme

TRUNCATE = {"day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True)
class Query:
    """A query of one table: level, period, scheme, engine, first and last day, places (None: all).

    QuestionError where one of them is wrong.
    """

    by: str
    every: str
    scheme: Scheme
    engine: str
    start: dt.date | None = None
    end: dt.date | None = None
    places: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        known_level(self.by)
        one_of(self.every, TRUNCATE, "period")
        if self.start and self.end and self.start > self.end:
            raise QuestionError(f"the time ends ({self.end}) before it starts ({self.start})")
