"""Holidays against the published calendars and a peer; weeks that hold days, on paper."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pandas.tseries.holiday import USFederalHolidayCalendar

from atlarge.surveillance.baseline import Baseline
from atlarge.surveillance.holidays import day_classes, federal_holidays, week_classes
from atlarge.surveillance.scan import Bursts, Scan
from atlarge.surveillance.series import read_counts
from atlarge.surveillance.weekly import _best_day, _candidates, _correction, _week_of, weeks_by_days

# Days kept, from the calendars that the US Office of Personnel Management publishes.
KEPT = {
    2015: "01-01 01-19 02-16 05-25 07-03 09-07 10-12 11-11 11-26 12-25",
    2016: "01-01 01-18 02-15 05-30 07-04 09-05 10-10 11-11 11-24 12-26",
    2018: "01-01 01-15 02-19 05-28 07-04 09-03 10-08 11-12 11-22 12-25",
    2019: "01-01 01-21 02-18 05-27 07-04 09-02 10-14 11-11 11-28 12-25",
    2020: "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25",
    2022: "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
    2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
}
NAMES = (
    "New Year's Day", "Birthday of Martin Luther King, Jr.", "Washington's Birthday", "Memorial Day",
    "Independence Day", "Labor Day", "Columbus Day", "Veterans Day", "Thanksgiving Day", "Christmas Day",
)  # fmt: skip


@pytest.mark.parametrize(("year", "days"), KEPT.items())
def test_holidays_kept_in_a_year(year: int, days: str) -> None:
    known = federal_holidays(year) | federal_holidays(year + 1)
    assert " ".join(f"{d:%m-%d}" for d in sorted(known) if d.year == year) == days


def test_holidays_bear_their_names() -> None:
    assert tuple(federal_holidays(2019).values()) == NAMES
    assert list(federal_holidays(2020).values()).count("Juneteenth") == 0
    assert federal_holidays(2021)[dt.date(2021, 6, 18)] == "Juneteenth"


def test_holidays_of_fifty_years_equal_those_of_a_peer() -> None:
    """Pandas knows the same law; every day of 1990 to 2040 is a holiday for both or for neither."""
    peer = USFederalHolidayCalendar().holidays(pd.Timestamp(1990, 1, 1), pd.Timestamp(2040, 12, 31))  # type: ignore[no-untyped-call]
    ours = {day for year in range(1990, 2042) for day in federal_holidays(year)}
    assert {day for day in ours if 1990 <= day.year <= 2040} == {day.date() for day in peer}


# O ordinary, L large holiday, S small one, B beside a large one; each string begins on the day named.
CLASSES = {
    "2016-12-22": "OOBBLBBBBBBLO",  # the 26th and the 2nd are kept; Thursday to Monday
    "2017-11-20": "OOOLBOO",  # Thanksgiving and the day after, not the one before
    "2018-12-31": "BLBO",
    "2021-12-23": "OLBBBBBBLBBO",  # the 24th and the 31st are kept
    "2017-01-13": "OOOSO",
    "2017-02-17": "OOOSO",
    "2017-05-26": "OOOLO",
    "2017-07-03": "OLO",
    "2017-09-01": "OOOLO",
    "2017-10-06": "OOOSO",
    "2017-11-09": "OSOOO",
    "2021-06-17": "OLO",
}
LETTERS = np.array(["O", "L", "S", "B"])


@pytest.mark.parametrize(("first", "classes"), CLASSES.items())
def test_classes_of_days_by_hand(first: str, classes: str) -> None:
    days = np.datetime64(first) + np.arange(len(classes))
    assert "".join(LETTERS[day_classes(days)]) == classes
    assert "".join(LETTERS[day_classes(days[-1:])]) == classes[-1]  # whatever the record's first day is
    assert "".join(LETTERS[day_classes(days[:1])]) == classes[0]


def test_a_week_has_the_class_of_the_largest_holiday_on_its_weekdays() -> None:
    mondays = np.datetime64("2017-10-02") + 7 * np.arange(16)
    assert "".join(LETTERS[week_classes(mondays)]) == "OSOOOSOLOOOOLLOS"
    assert LETTERS[week_classes(np.array(["2021-12-20"], dtype="datetime64[D]"))] == ["L"]
    # Saturday the 24th and Sunday the 25th are no weekdays.
    assert LETTERS[week_classes(np.array(["2022-12-19"], dtype="datetime64[D]"))] == ["O"]
    assert day_classes(np.array([], dtype="datetime64[D]")).size == 0


WEEKS = np.datetime64("2017-01-02") + 7 * np.arange(4)
DAYS = np.datetime64("2016-12-30") + np.arange(34)  # three days before the weeks to three after them


def test_days_lie_in_their_weeks() -> None:
    assert _week_of(DAYS, WEEKS).tolist() == [-1] * 3 + [w for w in range(4) for _ in range(7)] + [-1] * 3


def _bursts(*rows: tuple[int, int, int, float]) -> Bursts:
    series, start, end, p = zip(*rows, strict=True)
    one = np.ones(len(rows))
    whole = [np.array(column, dtype=np.int64) for column in (series, start, end)]
    return Bursts(*whole, one, one, one, one, one, np.array(p), one, one, one, one > 2)


def _scan(bursts: Bursts, p: np.ndarray, expected: np.ndarray) -> Scan:
    n, t = p.shape
    base = Baseline(expected, np.ones((n, t)), np.ones((n, 2)), np.full((n, t), 50.0), np.ones((n, t)))
    return Scan(bursts, p, base, np.zeros(n, dtype=bool), p.size, read_counts(np.zeros(p.shape)))


def test_the_best_day_of_a_week() -> None:
    p = np.linspace(0.9, 0.1, 34)[None, :].repeat(2, axis=0)
    p[1, 10:17] = np.nan
    best = _best_day(p, _week_of(DAYS, WEEKS), 4)
    assert best[0].tolist() == p[0, [9, 16, 23, 30]].tolist()
    assert best[1].tolist() == [p[1, 9], 1.0, p[1, 23], p[1, 30]]


def test_the_correction_for_two_tests_follows_the_size_of_the_place() -> None:
    """2.3 for the thinnest, 3.5 for the thickest, and between by the logarithm of the mean."""
    mean = np.array([0.1, 0.7, 2.1, np.sqrt(2.1 * 7.0), 7.0, 35.0, 900.0])
    scan = _scan(_bursts((0, 0, 0, 0.1)), np.ones((8, 4)), np.append(mean, np.nan)[:, None].repeat(4, axis=1))
    correction = _correction(scan)
    assert correction[:7] == pytest.approx([2.3, 2.3, 2.65, (2.65 + 3.3) / 2.0, 3.3, 3.5, 3.5])
    assert 2.3 <= correction[7] <= 3.5
    lone = _scan(_bursts((0, 0, 0, 0.1)), np.ones((1, 4)), np.array([[0.0, 2.8, 1.4, 4.2]]))
    assert _correction(lone) == pytest.approx([2.65])


def test_bursts_of_days_become_bursts_of_the_weeks_they_lie_in() -> None:
    weekly = _bursts((0, 1, 2, 0.01), (1, 0, 0, 0.5))
    daily = _bursts(
        (1, 3, 9, 0.02),
        (0, 9, 10, 0.03),
        (0, 0, 3, 0.04),
        (1, 30, 33, 0.05),
        (0, 0, 2, 0.06),
        (0, 31, 33, 0.07),
    )
    scans = _scan(weekly, np.ones((2, 4)), np.ones((2, 4))), _scan(daily, np.ones((2, 34)), np.ones((2, 34)))
    got = _candidates(*scans, np.array([2.0, 3.0]), _week_of(DAYS, WEEKS), 4)
    rows = list(zip(got.series.tolist(), got.start.tolist(), got.end.tolist(), got.p.tolist(), strict=True))
    # The last two lie before the first week and after the last.
    assert [row[:3] for row in rows] == [(0, 1, 2), (1, 0, 0), (1, 0, 0), (0, 0, 1), (0, 0, 0), (1, 3, 3)]
    assert [row[3] for row in rows] == pytest.approx([0.02, 1.0, 0.06, 0.06, 0.08, 0.15])


def test_a_week_takes_the_smaller_p_corrected_for_two_tests() -> None:
    """Counts of whole weeks; weeks not observed or not tested have no p."""
    by_week = np.array([[0.2, 1e-6, np.nan, 0.9]])
    by_day = np.full((1, 34), 0.5)
    by_day[0, 3:10], by_day[0, 4] = 0.3, 0.1
    by_day[0, 17:24] = 1e-9  # in the week that is not observed
    scans = (
        _scan(_bursts((0, 1, 1, 1e-6)), by_week, np.full((1, 4), 2.1)),
        _scan(_bursts((0, 18, 19, 1e-9), (0, 4, 5, 1e-7)), by_day, np.full((1, 34), 0.3)),
    )
    counts = np.array([[9.0, 20.0, np.nan, 3.0]])
    found = weeks_by_days(counts, scans[0], WEEKS, scans[1], DAYS)
    assert found.p[0] == pytest.approx([0.265, 2.65e-6, np.nan, 1.0], nan_ok=True)
    assert found.n_tests == 3
    assert found.bursts.start.tolist() == [0, 1]
    assert found.bursts.p == pytest.approx([2.65e-7, 2.65e-6])
    assert found.bursts.observed.tolist() == [9.0, 20.0]
    assert found.bursts.expected == pytest.approx([2.1, 2.1])
    query = np.array([False, True, True, True])
    part = weeks_by_days(counts, scans[0], WEEKS, scans[1], DAYS, tested=query)
    assert part.p[0] == pytest.approx([np.nan, 2.65e-6, np.nan, 1.0], nan_ok=True)
    assert part.bursts.start.tolist() == [1]
    assert part.n_tests == 2
