"""Months and federal fiscal years, for every room that counts by them."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from typing import overload

from atlarge.errors import QuestionError

FISCAL_START_MONTH = 10


@overload
def as_day(value: dt.date | str) -> dt.date: ...
@overload
def as_day(value: dt.date | str | None) -> dt.date | None: ...
def as_day(value: dt.date | str | None) -> dt.date | None:
    """Convert a date, a date-time or an ISO string of either to a date; None stays None.

    Date-times of pandas and NumPy are such, and keep the day of their own clock. Raises QuestionError for
    anything else.

    Examples
    --------
    >>> as_day("2017-02-01")
    datetime.date(2017, 2, 1)
    """
    try:
        if value is not None and value != value:  # NaT of pandas
            raise ValueError
        if isinstance(value, dt.datetime):
            return value.date()
        if value is None or isinstance(value, dt.date):
            return value
        return dt.datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise QuestionError(f"{value!r} is not a date; write it as 2017-02-01") from None


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or that month's last day where it is shorter.

    Examples
    --------
    >>> add_months(dt.date(2017, 1, 31), 1)
    datetime.date(2017, 2, 28)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return dt.date(year, month, min(day.day, monthrange(year, month)[1]))


def month_start(day: dt.date, months_later: int = 0) -> dt.date:
    """The first day of a day's month, or of the month that many months later.

    Examples
    --------
    >>> month_start(dt.date(2016, 12, 24), 1)
    datetime.date(2017, 1, 1)
    """
    return add_months(day.replace(day=1), months_later)


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month.

    Examples
    --------
    >>> month_end(dt.date(2016, 2, 3))
    datetime.date(2016, 2, 29)
    """
    return day.replace(day=monthrange(day.year, day.month)[1])


def period_end(first: dt.date, every: str) -> dt.date:
    """The last day of the day, week, month, quarter, year or fiscal_year that begins on a day.

    Examples
    --------
    >>> period_end(dt.date(2016, 10, 1), "quarter")
    datetime.date(2016, 12, 31)
    """
    months = {"month": 1, "quarter": 3, "year": 12, "fiscal_year": 12}.get(every)
    if months is None:
        return first + dt.timedelta(days=6 if every == "week" else 0)
    return add_months(first, months) - dt.timedelta(days=1)


def months_apart(first: dt.date, last: dt.date) -> int:
    """Number of months from the month of one day to that of another; negative if it is earlier.

    Examples
    --------
    >>> months_apart(dt.date(2016, 12, 31), dt.date(2017, 2, 1))
    2
    """
    return (last.year - first.year) * 12 + last.month - first.month


def months_from(first: dt.date, count: int) -> list[dt.date]:
    """First days of `count` months, starting with the month of `first`."""
    return [month_start(first, k) for k in range(count)]


def months_through(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of all months from that of `first` through that of `last`.

    Examples
    --------
    >>> months_through(dt.date(2016, 12, 31), dt.date(2017, 1, 1))
    [datetime.date(2016, 12, 1), datetime.date(2017, 1, 1)]
    """
    return months_from(first, months_apart(first, last) + 1)


def fiscal_year(day: dt.date) -> int:
    """The federal fiscal year of a day: 2017 from 1 October 2016 to 30 September 2017.

    Examples
    --------
    >>> fiscal_year(dt.date(2016, 10, 1)), fiscal_year(dt.date(2016, 9, 30))
    (2017, 2016)
    """
    return day.year + (day.month >= FISCAL_START_MONTH)


def fiscal_year_start(year: int) -> dt.date:
    """The first day of a federal fiscal year: 1 October of the year before."""
    return dt.date(year - 1, FISCAL_START_MONTH, 1)


def fiscal_year_end(year: int) -> dt.date:
    """The last day of a federal fiscal year: 30 September."""
    return dt.date(year, FISCAL_START_MONTH - 1, 30)
