"""Parts, each against a value got another way."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, nbinom, norm, poisson

from atlarge.errors import QuestionError
from atlarge.surveillance.fdr import benjamini_hochberg, q_at
from atlarge.surveillance.holidays import (
    LARGE_HOLIDAY,
    ORDINARY,
    SMALL_HOLIDAY,
    day_classes,
    federal_holidays,
    week_classes,
    weekdays,
)
from atlarge.surveillance.reference_windows import histories
from atlarge.surveillance.tails import level_of_window, mid_tail, quantile, scan_adjusted_p, upper_tail
from atlarge.surveillance.windows import Windows, merge, pick

DAY = st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_benjamini_hochberg_equals_scipy(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)
    np.testing.assert_allclose(q_at(np.array(p), np.array(p)), false_discovery_control(p), rtol=1e-12)


def test_benjamini_hochberg_passes_over_what_was_not_tested() -> None:
    q = benjamini_hochberg([0.01, np.nan, 0.04])
    np.testing.assert_allclose(q, [0.02, np.nan, 0.04])
    np.testing.assert_allclose(benjamini_hochberg([0.01], n_tests=50), [0.5])
    with pytest.raises(QuestionError):
        benjamini_hochberg([1.5])
    with pytest.raises(QuestionError):
        benjamini_hochberg([0.1, 0.2], n_tests=1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200), st.floats(0.01, 80.0), st.floats(1.0, 8.0))
def test_tails_equal_scipy(count: int, mean: float, phi: float) -> None:
    law = poisson(mean) if phi <= 1.0 + 1e-6 else nbinom(mean / (phi - 1.0), 1.0 / phi)
    got = upper_tail(np.array([float(count)]), np.array([mean]), np.array([phi]))[0]
    np.testing.assert_allclose(got, law.sf(count - 1), rtol=1e-7, atol=1e-290)
    half = mid_tail(np.array([float(count)]), np.array([mean]), np.array([phi]))[0]
    # log-gamma of large arguments (phi close to 1) cancels to some seven digits
    np.testing.assert_allclose(half, law.sf(count) + 0.5 * law.pmf(count), rtol=1e-5, atol=1e-290)
    bound = quantile(np.array([0.99]), np.array([mean]), np.array([phi]))[0]
    assert law.cdf(bound) >= 0.99 - 1e-9


def test_the_correction_for_many_windows_equals_simulation() -> None:
    """The chance that the best of 14 windows has p <= u, against 200,000 random walks a weekday."""
    profile = np.array([1.3, 1.4, 1.4, 1.3, 1.1, 0.3, 0.2])
    rng = np.random.default_rng(0)
    best = []
    for start in range(7):
        steps = np.resize(np.roll(profile, -start), 14)
        walk = np.cumsum(rng.normal(size=(100_000, 14)) * np.sqrt(steps), axis=1) / np.sqrt(np.cumsum(steps))
        best.append(walk.max(axis=1))
    p = norm.sf(np.concatenate(best))
    for u in (0.05, 0.01, 0.001):
        got = scan_adjusted_p(np.array([u]), profile, 14)[0]
        assert got == pytest.approx((p <= u).mean(), rel=0.06)  # simulation error at 0.001: about 2%
        assert level_of_window(got, profile, 14) == pytest.approx(u, rel=0.01)


def test_one_window_costs_nothing() -> None:
    got = scan_adjusted_p(np.array([0.2, 1e-4]), np.ones(1), 1)
    np.testing.assert_allclose(got, [0.2, 1e-4], rtol=1e-3)


# Days kept, from the calendars that the US Office of Personnel Management publishes for these years.
@pytest.mark.parametrize(
    ("year", "kept"),
    [
        (2017, ["01-02", "01-16", "02-20", "05-29", "07-04", "09-04", "10-09", "11-10", "11-23", "12-25"]),
        (2021, ["01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25",
                "12-24", "12-31"]),
    ],
)  # fmt: skip
def test_federal_holidays(year: int, kept: list[str]) -> None:
    days = federal_holidays(year) | federal_holidays(year + 1)
    assert [f"{d:%m-%d}" for d in sorted(days) if d.year == year] == kept


def test_classes_of_days_and_weeks() -> None:
    days = np.array(["2017-07-03", "2017-07-04", "2017-10-09", "2017-11-24"], dtype="datetime64[D]")
    classes = day_classes(days)
    assert classes[:3].tolist() == [ORDINARY, LARGE_HOLIDAY, SMALL_HOLIDAY]
    assert classes[3] not in (ORDINARY, LARGE_HOLIDAY, SMALL_HOLIDAY)
    weeks = np.array(["2017-06-26", "2017-07-03", "2017-10-09"], dtype="datetime64[D]")
    assert week_classes(weeks).tolist() == [ORDINARY, LARGE_HOLIDAY, SMALL_HOLIDAY]


@settings(max_examples=60, deadline=None)
@given(DAY)
def test_weekdays_equal_the_calendar(day: dt.date) -> None:
    assert weekdays(np.array([day], dtype="datetime64[D]"))[0] == day.weekday()


def test_history_by_hand() -> None:
    """Two years of 52 weeks, one week either side, three periods: counted on paper."""
    result = histories(
        np.array([120]), years=2, half_width=1, periods=3, left_out=1, frequency=52, days=None
    )[0]
    block = dict(zip((result.at[0] + result.offsets).tolist(), result.block.tolist(), strict=True))
    assert [t for t, b in sorted(block.items()) if b == 2] == [15, 16, 17, 67, 68, 69]
    # Between 17 and 67 lie 49 weeks: 25 and 24; 119 and 120 are left out.
    assert [t for t, b in sorted(block.items()) if b == 0] == [*range(18, 43), *range(70, 95)]
    assert [t for t, b in sorted(block.items()) if b == 1] == [*range(43, 67), *range(95, 119)]


def test_picking_and_merging() -> None:
    found = Windows(
        np.array([0, 0, 0, 1]), np.array([10, 12, 16, 10]), np.array([12, 14, 17, 11]),
        np.array([1e-6, 1e-4, 1e-5, 1e-6]),
    )  # fmt: skip
    kept = pick(found, (2, 30))
    assert sorted(zip(kept.series.tolist(), kept.start.tolist(), strict=True)) == [(0, 10), (0, 16), (1, 10)]
    quiet = np.zeros((2, 30), dtype=bool)
    assert merge(kept, quiet, 1, 1e-3).start.tolist() == [10, 16, 10]
    quiet[0, 13:15] = True
    joined = merge(kept, quiet, 1, 1e-3)
    assert (joined.start.tolist(), joined.end.tolist()) == ([10, 10], [17, 11])
    assert merge(kept, quiet, 1, 1e-7).start.size == 3


def test_chances_of_nought_and_one_are_chances_and_others_are_refused() -> None:
    assert benjamini_hochberg([0.0, 1.0]).tolist() == [0.0, 1.0]
    for wrong in (-1e-9, 1 + 1e-9):
        with pytest.raises(QuestionError):
            benjamini_hochberg([0.5, wrong])
