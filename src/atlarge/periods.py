"""Periods as people write them: days, months, quarters, calendar and fiscal years."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from atlarge.calendar import fiscal_year_end, fiscal_year_start, month_end, month_start

_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_YEAR = re.compile(r"^(\d{4})$")
_FISCAL = re.compile(r"^FY ?(\d{4})$", re.IGNORECASE)
_QUARTER = re.compile(r"^(\d{4})[- ]?Q([1-4])$", re.IGNORECASE)
_FISCAL_QUARTER = re.compile(r"^FY ?(\d{4})[- ]?Q([1-4])$", re.IGNORECASE)
_WEEK = re.compile(r"^(\d{4})-?W(\d{2})$", re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 1900, 2199  # a ledger is about records that someone kept
FORMS = (
    "2017-02-01, 2017-02, 2017, 2017-Q1, 2017-W05, FY2017 (October to September), FY2017-Q1 "
    "or 2017-02-01..2017-09-25"
)


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` to `end`, both inside."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return self.start <= other.end and other.start <= self.end

    def covers(self, other: Period) -> bool:
        """Whether every day of the other is inside."""
        return self.start <= other.start and other.end <= self.end

    def __str__(self) -> str:
        if self.start == self.end:
            return self.start.isoformat()
        return f"{self.start.isoformat()}..{self.end.isoformat()}"


def _single(text: str) -> Period:
    """One day, month, quarter, week, year or fiscal year."""
    found = _find_single(text)
    if not FIRST_YEAR <= found.start.year <= found.end.year <= LAST_YEAR:
        raise ValueError(f"{text!r} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _quarter(first: dt.date) -> Period:
    return Period(first, month_end(month_start(first, 2)))


def _find_single(text: str) -> Period:
    """The period that one form names, in whatever year."""
    if found := _DAY.match(text):
        day = dt.date(*map(int, found.groups()))
        return Period(day, day)
    if found := _MONTH.match(text):
        year, month = map(int, found.groups())
        return Period(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]))
    if found := _YEAR.match(text):
        year = int(text)
        return Period(dt.date(year, 1, 1), dt.date(year, 12, 31))
    if found := _FISCAL.match(text):
        year = int(found.group(1))
        return Period(fiscal_year_start(year), fiscal_year_end(year))
    if found := _QUARTER.match(text):
        year, quarter = map(int, found.groups())
        return _quarter(dt.date(year, 3 * quarter - 2, 1))
    if found := _FISCAL_QUARTER.match(text):
        year, quarter = map(int, found.groups())
        return _quarter(month_start(fiscal_year_start(year), 3 * (quarter - 1)))
    if found := _WEEK.match(text):
        monday = dt.date.fromisocalendar(int(found.group(1)), int(found.group(2)), 1)
        return Period(monday, monday + dt.timedelta(days=6))
    raise ValueError(f"{text!r} is no period; write {FORMS}")


def parse_period(written: object) -> Period:
    """Read a period. Accepts the forms of FORMS, a whole number (a year), or a mapping {from, to}.

    ValueError with the forms that are read when it cannot be.

    Examples
    --------
    >>> str(parse_period("FY2018-Q1"))
    '2017-10-01..2017-12-31'
    """
    if isinstance(written, dict):
        first, last = _single(str(written["from"])), _single(str(written["to"]))
    else:
        text = str(written).strip().replace(" to ", "..").replace("/", "..")
        head, _, tail = text.partition("..")
        first = _single(head.strip())
        last = _single(tail.strip()) if tail else first
    if last.end < first.start:
        raise ValueError(f"the period {written!r} ends before it starts")
    return Period(first.start, last.end)
