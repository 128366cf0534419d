"""What the detectors say of bad or thin input: a clear error, or "too thin", never a number."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from atlarge.errors import QuestionError
from atlarge.surveillance.ears import ears
from atlarge.surveillance.farrington import (
    INSUFFICIENT,
    NO_HISTORY,
    NOT_ESTIMABLE,
    Options,
    farrington_flexible,
)
from atlarge.surveillance.scan import scan
from atlarge.surveillance.validation import as_counts, as_days

DETECTORS = {"scan": scan, "farrington": farrington_flexible, "ears": ears}


@pytest.mark.parametrize("detect", DETECTORS.values(), ids=DETECTORS)
@pytest.mark.parametrize(
    ("value", "word"), [(-1.0, "negative"), (2.5, "not a whole number"), (np.inf, "infinite")]
)
def test_impossible_counts_are_named(detect, value: float, word: str) -> None:  # type: ignore[no-untyped-def]
    counts = np.ones((2, 400))
    counts[1, 7] = value
    with pytest.raises(QuestionError, match=f"series 1, time 7.*{word}"):
        detect(counts)


@pytest.mark.parametrize("detect", DETECTORS.values(), ids=DETECTORS)
def test_no_counts_at_all(detect) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(QuestionError, match="no counts"):
        detect(np.zeros((0, 0)))


@pytest.mark.parametrize(
    "counts",
    [np.zeros((2, 500)), np.array([[5.0]]), np.full((1, 500), np.nan), np.full((1, 20), 40.0)],
    ids=["all zero", "one observation", "nothing observed", "three weeks"],
)
def test_too_thin_to_scan(counts: np.ndarray) -> None:
    found = scan(counts)
    assert found.too_thin.all()
    assert found.bursts.p.size == 0
    assert np.isnan(found.p).all()
    assert found.n_tests == 0


def test_times_out_of_order_are_named() -> None:
    days = [dt.date(2017, 1, 2), dt.date(2017, 1, 9), dt.date(2017, 1, 5)]
    with pytest.raises(QuestionError, match="2017-01-05 follows 2017-01-09"):
        as_days(days, 3)
    with pytest.raises(QuestionError, match="not evenly spaced"):
        as_days([dt.date(2017, 1, 2), dt.date(2017, 1, 9), dt.date(2017, 1, 23)], 3)
    with pytest.raises(QuestionError, match="2 times were given for 3"):
        as_days(days[:2], 3)


def test_the_first_time_out_of_order_or_step_is_named() -> None:
    """Days that follow each other by one are in order; the first step unlike the first is named."""
    daily = [dt.date(2017, 1, d) for d in (2, 3, 4, 4, 6)]
    with pytest.raises(QuestionError, match="2017-01-04 follows 2017-01-04"):
        as_days(daily, 5)
    weekly = [dt.date(2017, 1, 2), dt.date(2017, 1, 9), dt.date(2017, 1, 16), dt.date(2017, 1, 19)]
    with pytest.raises(QuestionError, match="2017-01-16 to 2017-01-19 is 3 days, not 7"):
        as_days(weekly, 4)
    with pytest.raises(QuestionError, match="2017-01-16 to 2017-01-25 is 9 days, not 7"):
        as_days([*weekly[:3], dt.date(2017, 1, 25), dt.date(2017, 1, 26)], 5)
    assert as_days(daily[:3], 3).tolist() == daily[:3]
    assert as_days(daily[:1], 1).tolist() == daily[:1]
    assert as_days([], 0).size == 0


def test_counts_are_series_by_time() -> None:
    assert as_counts([1, 2, 3]).shape == (1, 3)
    with pytest.raises(QuestionError, match="3 dimensions"):
        as_counts(np.ones((2, 2, 2)))
    given = np.array([[1.0, np.nan]])
    as_counts(given)[0, 0] = 9.0
    assert given[0, 0] == 1.0  # the caller's own array is left alone


def test_farrington_states() -> None:
    """Too few events, no past, not observed: each is said, and no bound is given."""
    rng = np.random.default_rng(0)
    y = rng.poisson(6.0, (3, 52 * 6)).astype(float)
    y[0] = 0.0
    y[1, -1] = np.nan
    reported = farrington_flexible(y, at=[100, 52 * 6 - 1], options=Options(years=5))
    assert reported.status[:, 0].tolist() == [NO_HISTORY] * 3
    assert reported.status[:, 1].tolist() == [INSUFFICIENT, NOT_ESTIMABLE, "ok"]
    assert np.isnan(reported.upper[:2]).all()
    assert np.isfinite(reported.upper[2, 1])
    assert not reported.alarm[:2].any()
    with pytest.raises(QuestionError, match="none of the 312 times has 7 years"):
        farrington_flexible(y, options=Options(years=7))


def test_farrington_weeks_are_matched_to_the_calendar() -> None:
    """With dates given, the same season is found across years of 52 and 53 weeks."""
    days = [dt.date(2010, 1, 4) + dt.timedelta(weeks=i) for i in range(7 * 53)]
    y = np.random.default_rng(1).poisson(20.0, len(days)).astype(float)
    reported = farrington_flexible(y, times=days, at=[len(days) - 1], options=Options(years=4, periods=4))
    assert reported.status[0, 0] == "ok"


@pytest.mark.parametrize(
    "options",
    [
        Options(years=0),
        Options(method="other"),  # type: ignore[arg-type]
        Options(power="3/4"),
        Options(alpha=0.7),
        Options(least=(5, 0)),
        Options(left_out=-1),
    ],
)
def test_options_are_checked(options: Options) -> None:
    with pytest.raises(QuestionError):
        farrington_flexible(np.ones((1, 400)), options=options)


def test_ears_options_are_checked() -> None:
    for bad in ({"method": "C4"}, {"baseline": 2}, {"min_sigma": -1.0}):
        with pytest.raises(QuestionError):
            ears(np.ones(30), **bad)  # type: ignore[arg-type]
    with pytest.raises(QuestionError, match="C1 needs 8 times, and there are 5"):
        ears(np.ones(5))
    y = np.random.default_rng(0).poisson(5.0, 30)
    ears(counts=y, method="C2", baseline=3, min_sigma=0.0)
    with pytest.raises(TypeError):  # a baseline is named, so that it is not taken for a lag
        ears(y, "C2", 7)  # type: ignore[misc]
