"""US federal holidays, by rule: the days on which offices work with few people or none.

Source of the rules: 5 U.S.C. 6103 (legal public holidays; observed on Friday or Monday when on a weekend).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import ArrayLike

from atlarge.surveillance.validation import Ints, days_of

ORDINARY = 0
# Classes of day. Large holidays empty an office, small ones do not; days beside a large one are quiet.
LARGE_HOLIDAY = 1
SMALL_HOLIDAY = 2
BESIDE_HOLIDAY = 3
N_DAY_CLASSES = 4

_JUNETEENTH_FROM = 2021


def _nth(year: int, month: int, weekday: int, n: int) -> dt.date:
    """The n-th such weekday of a month (Monday is 0); n = -1 is the last."""
    if n > 0:
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
    last = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
    return last - dt.timedelta(days=(last.weekday() - weekday) % 7)


def _observed(day: dt.date) -> dt.date:
    """The weekday on which a fixed-date holiday is kept."""
    shift = {5: -1, 6: 1}.get(day.weekday(), 0)
    return day + dt.timedelta(days=shift)


def federal_holidays(year: int) -> dict[dt.date, str]:
    """The federal holidays of a year by the day they are kept.

    Parameters
    ----------
    year : int
        Calendar year.

    Returns
    -------
    dict
        Name by day; a holiday that falls on a weekend stands on the weekday on which offices close.

    Examples
    --------
    >>> import datetime as dt
    >>> federal_holidays(2017)[dt.date(2017, 2, 20)]
    "Washington's Birthday"
    """
    fixed = {
        (1, 1): "New Year's Day",
        (7, 4): "Independence Day",
        (11, 11): "Veterans Day",
        (12, 25): "Christmas Day",
    }
    if year >= _JUNETEENTH_FROM:
        fixed[6, 19] = "Juneteenth"
    days = {_observed(dt.date(year, month, day)): name for (month, day), name in fixed.items()}
    days |= {
        _nth(year, 1, 0, 3): "Birthday of Martin Luther King, Jr.",
        _nth(year, 2, 0, 3): "Washington's Birthday",
        _nth(year, 5, 0, -1): "Memorial Day",
        _nth(year, 9, 0, 1): "Labor Day",
        _nth(year, 10, 0, 2): "Columbus Day",
        _nth(year, 11, 3, 4): "Thanksgiving Day",
    }
    return dict(sorted(days.items()))


_SMALL = {"Columbus Day", "Veterans Day", "Washington's Birthday", "Birthday of Martin Luther King, Jr."}


def day_classes(days: ArrayLike) -> Ints:
    """The class of each day: ordinary, large holiday, small holiday, or quiet beside a large one.

    Beside: the day after Thanksgiving, and 24 to 31 December and 1 to 2 January otherwise.

    Parameters
    ----------
    days : array_like [T]
        Days: dates, datetime64 or ISO strings.

    Returns
    -------
    int array [T]
        0 ordinary, 1 large holiday, 2 small holiday, 3 beside a large one.

    Examples
    --------
    >>> import numpy as np
    >>> day_classes(np.array(["2017-07-04", "2017-07-05"], "datetime64[D]"))
    array([1, 0])
    """
    dates = days_of(days).tolist()
    classes = np.full(len(dates), ORDINARY, dtype=np.int64)
    if not dates:
        return classes
    known: dict[dt.date, str] = {}
    for year in range(dates[0].year - 1, dates[-1].year + 2):
        known |= federal_holidays(year)
    for i, day in enumerate(dates):
        if day in known:
            classes[i] = SMALL_HOLIDAY if known[day] in _SMALL else LARGE_HOLIDAY
        elif (
            known.get(day - dt.timedelta(days=1)) == "Thanksgiving Day"
            or (day.month == 12 and day.day >= 24)
            or (day.month == 1 and day.day <= 2)
        ):
            classes[i] = BESIDE_HOLIDAY
    return classes


def weekdays(days: ArrayLike) -> Ints:
    """Day of the week of each day.

    Parameters
    ----------
    days : array_like [T]
        Days: dates, datetime64 or ISO strings.

    Returns
    -------
    int array [T]
        Monday 0 to Sunday 6.

    Examples
    --------
    >>> import numpy as np
    >>> weekdays(np.array(["2017-07-04"], "datetime64[D]"))
    array([1])
    """
    return (days_of(days).astype(np.int64) + 3) % 7


def week_classes(mondays: ArrayLike) -> Ints:
    """The class of each week: 0 ordinary, else the largest class of a weekday in it, 1 to 3.

    Parameters
    ----------
    mondays : datetime64 array [T]
        Mondays of the weeks.

    Returns
    -------
    int array [T]
        Classes as of `day_classes`.

    Examples
    --------
    >>> import numpy as np
    >>> week_classes(np.array(["2017-07-03", "2017-07-10"], "datetime64[D]"))
    array([1, 0])
    """
    offsets = np.arange(5).astype("timedelta64[D]")
    days = (days_of(mondays)[:, None] + offsets[None, :]).reshape(-1)
    order = np.argsort(days, kind="stable")
    classes = np.empty(days.size, dtype=np.int64)
    classes[order] = day_classes(days[order])
    inside = classes.reshape(-1, 5)
    first = np.where(inside == ORDINARY, N_DAY_CLASSES, inside).min(axis=1)
    return np.where(first == N_DAY_CLASSES, ORDINARY, first)
