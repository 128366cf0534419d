"""Farrington flexible where the past is so short that its fit can be made on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from atlarge.errors import QuestionError
from atlarge.surveillance.farrington import INSUFFICIENT, NOT_ESTIMABLE, OK, Options, farrington_flexible

PLAIN = Options(
    years=1,
    half_width=1,
    left_out=1,
    frequency=10,
    reweight=False,
    trend=False,
    least=(0, 1),
    method="nbPlugin",
)
NOW = 20
STOPPED = 1e-4  # the fit stops, as R's does, once the deviance stands still to eight digits


def _judged(past: list[float], now: float, options: Options = PLAIN, **more: Any) -> Any:
    """Time 20 is compared with times 9 to 11, a year of ten times before, and 19 is left out."""
    y = np.full((1, 21), 500.0)
    y[0, 9:12], y[0, NOW] = past, now
    return farrington_flexible(y, at=[NOW], options=options, **more)


@pytest.mark.parametrize(
    ("past", "mean", "phi"),
    [
        ([2.0, 10.0, np.nan], 6.0, 32.0 / 6.0),  # (16 + 16) / 6, over one degree of freedom
        ([3.0, 5.0, 10.0], 6.0, (9.0 + 1.0 + 16.0) / 6.0 / 2.0),
        ([6.0, 6.0, 6.0], 6.0, 1.0),  # never below a Poisson law's
        ([5.0, 6.0, 7.0], 6.0, 1.0),
    ],
)
def test_mean_scatter_and_bound_of_two_or_three_past_times(
    past: list[float], mean: float, phi: float
) -> None:
    reported = _judged(past, 20.0)
    assert reported.status[0, 0] == OK
    assert reported.expected[0, 0] == pytest.approx(mean)
    assert reported.phi[0, 0] == pytest.approx(phi, rel=STOPPED)
    law = poisson(mean) if phi == 1.0 else nbinom(mean / (phi - 1.0), 1.0 / phi)
    assert reported.upper[0, 0] == law.ppf(0.95)
    assert reported.p[0, 0] == pytest.approx(law.sf(19), rel=10 * STOPPED)
    assert reported.score[0, 0] == pytest.approx((20.0 - mean) / (law.ppf(0.95) - mean))
    assert reported.alarm[0, 0] == (law.ppf(0.95) < 20.0)
    assert np.isnan(reported.slope[0, 0])


@pytest.mark.parametrize("power", ["2/3", "1/2", "none"])
def test_the_delta_bound_by_hand(power: str) -> None:
    """mean^e + z sd of the transformed count, turned back; its variance is phi mean and that of the mean."""
    reported = _judged([3.0, 5.0, 10.0], 20.0, Options(**vars(PLAIN) | {"method": "delta", "power": power}))
    mean, phi = 6.0, 26.0 / 12.0
    e = {"2/3": 2.0 / 3.0, "1/2": 0.5, "none": 1.0}[power]
    variance = phi * mean + phi * mean / 3.0
    sd = e * mean ** (e - 1.0) * np.sqrt(variance)
    assert reported.upper[0, 0] == pytest.approx((mean**e + norm.ppf(0.95) * sd) ** (1.0 / e), rel=STOPPED)
    assert reported.p[0, 0] == pytest.approx(norm.sf((20.0**e - mean**e) / sd), rel=10 * STOPPED)


def test_the_muan_bound_by_hand() -> None:
    """The negative binomial law at the upper limit of the mean."""
    reported = _judged([3.0, 5.0, 10.0], 20.0, Options(**vars(PLAIN) | {"method": "muan"}))
    phi = 26.0 / 12.0
    high = 6.0 * np.exp(norm.ppf(0.95) * np.sqrt(phi / 18.0))
    law = nbinom(high / (phi - 1.0), 1.0 / phi)
    assert reported.upper[0, 0] == law.ppf(0.95)
    assert reported.p[0, 0] == pytest.approx(law.sf(19), rel=10 * STOPPED)
    assert reported.expected[0, 0] == pytest.approx(6.0)


def test_what_cannot_be_judged_is_missing() -> None:
    """One past time leaves nothing to tell scatter by; none, or no present, leave nothing at all."""
    for past, now in (
        ([7.0, np.nan, np.nan], 5.0), ([np.nan] * 3, 5.0), ([3.0, 5.0, 10.0], np.nan),
        ([0.0, 0.0, 0.0], np.nan),
    ):  # fmt: skip
        reported = _judged(past, now)
        assert reported.status[0, 0] == NOT_ESTIMABLE
        assert np.isnan(reported.upper[0, 0])
        assert np.isnan(reported.expected[0, 0])
        assert not reported.alarm[0, 0]


def test_a_season_may_hold_one_time_if_others_tell_the_scatter() -> None:
    """Two blocks: the season's single time gives its mean, the times between give the scatter."""
    y = np.full((1, 21), np.nan)
    y[0, 10], y[0, NOW] = 8.0, 30.0
    y[0, 12:19] = [4.0, 8.0, 6.0, 4.0, 8.0, 6.0, 6.0]
    reported = farrington_flexible(y, at=[NOW], options=Options(**vars(PLAIN) | {"periods": 2}))
    assert reported.status[0, 0] == OK
    assert reported.expected[0, 0] == pytest.approx(8.0)
    assert reported.phi[0, 0] == 1.0
    wide = y.copy()
    wide[0, 12:19] = [1.0, 11.0, 6.0, 1.0, 11.0, 6.0, 6.0]
    reported = farrington_flexible(wide, at=[NOW], options=Options(**vars(PLAIN) | {"periods": 2}))
    assert reported.phi[0, 0] == pytest.approx(4 * 25.0 / 6.0 / 6.0, rel=STOPPED)  # eight times, two levels
    assert reported.upper[0, 0] == nbinom(8.0 / (100.0 / 36.0 - 1.0), 36.0 / 100.0).ppf(0.95)
    y[0, 10] = np.nan
    assert (
        farrington_flexible(y, at=[NOW], options=Options(**vars(PLAIN) | {"periods": 2})).status[0, 0]
        == NOT_ESTIMABLE
    )


def test_too_few_events_of_late_are_too_thin_for_an_alarm() -> None:
    """Fewer than so many events in so many newest times, the present among them."""
    options = Options(**vars(PLAIN) | {"least": (5, 3)})
    y = np.full((1, 21), 1.0)
    for late, status in (([0.0, 1.0, 3.0], INSUFFICIENT), ([1.0, 1.0, 3.0], OK), ([0.0, 0.0, 5.0], OK)):
        y[0, 17], y[0, 18:] = 50.0, late
        reported = farrington_flexible(y, at=[NOW], options=options)
        assert reported.status[0, 0] == status
        assert np.isnan(reported.upper[0, 0]) == (status == INSUFFICIENT)
        assert np.isfinite(reported.p[0, 0])


def test_a_past_outbreak_is_weighted_down() -> None:
    """With it at full weight the mean is ten; weighted down it is near the other times' five."""
    y = np.full((1, 61), 5.0)
    y[0, 20:41:2], y[0, 21:40:2] = 4.0, 6.0
    y[0, 30] = 110.0
    about: dict[str, Any] = {"years": 1, "half_width": 10, "left_out": 10, "frequency": 30, "trend": False}
    plain, less, never = (
        farrington_flexible(y, at=[60], options=Options(**about | changed))
        for changed in ({"reweight": False}, {}, {"weights_threshold": 1e9})
    )
    mean = (10 * 4.0 + 10 * 6.0 + 110.0) / 21.0
    assert plain.expected[0, 0] == pytest.approx(mean)
    assert 4.9 < less.expected[0, 0] < 0.8 * mean
    assert less.upper[0, 0] < plain.upper[0, 0]
    assert less.phi[0, 0] < plain.phi[0, 0]
    assert never.expected[0, 0] == pytest.approx(mean)


def test_a_trend_is_kept_only_over_three_years_and_not_beyond_the_largest_count() -> None:
    """Counts that double a year: kept over three years, not over two; never above what was ever seen."""
    n, reported = 12 * 5, {}
    growth = 10.0 * 2.0 ** (np.arange(n) / 12.0)
    y = np.round(growth)[None, :]
    falling = np.round(400.0 * 0.6 ** (np.arange(n) / 12.0))[None, :]
    for years in (2, 3, 4):
        options = Options(years=years, half_width=2, frequency=12)
        reported[years] = farrington_flexible(falling, at=[n - 1], options=options)
    assert np.isnan(reported[2].slope[0, 0])
    for years in (3, 4):
        assert reported[years].slope[0, 0] == pytest.approx(np.log(0.6) / 12.0, rel=0.02)
        assert reported[years].expected[0, 0] == pytest.approx(falling[0, -1], rel=0.05)
    rising = farrington_flexible(y, at=[n - 1], options=Options(years=4, half_width=2, frequency=12))
    assert np.isnan(rising.slope[0, 0])  # next year's value lies above every past count
    flat = farrington_flexible(
        falling, at=[n - 1], options=Options(years=4, half_width=2, frequency=12, trend=False)
    )
    assert np.isnan(flat.slope[0, 0])


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"alpha": 0.5}, "alpha"), ({"alpha": 0.0}, "alpha"), ({"alpha": -0.1}, "alpha"),
        ({"half_width": -1}, "half_width"),
        ({"periods": 0}, "periods"), ({"frequency": 0}, "frequency"), ({"least": (-1, 4)}, "least"),
        ({"least": (5, 0)}, "least"), ({"left_out": -1}, "left_out"), ({"years": 0}, "years"),
    ],
)  # fmt: skip
def test_each_option_at_fault_is_named(changed: dict[str, Any], word: str) -> None:
    with pytest.raises(QuestionError, match=word):
        Options(**changed).check()


def test_options_at_their_least_are_allowed() -> None:
    Options().check()
    Options(years=1, half_width=0, periods=1, left_out=0, frequency=1, least=(0, 1), alpha=0.49).check()
    assert Options().alpha == 0.05


def test_times_to_judge_must_exist() -> None:
    y = np.ones((1, 30))
    for at in (-1, 30):
        with pytest.raises(QuestionError, match="between 0 and 29"):
            farrington_flexible(y, at=[at], options=PLAIN)
    reported = farrington_flexible(y, at=[29, 0, 15], options=PLAIN)
    assert reported.at.tolist() == [29, 0, 15]
    assert reported.status[0].tolist() == [OK, "no history", OK]
    every = farrington_flexible(y, options=PLAIN)
    assert every.at.tolist() == list(range(11, 30))
