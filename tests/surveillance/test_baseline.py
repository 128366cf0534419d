"""The baseline and its calibration, part by part, against brute force, exact laws and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from atlarge.surveillance.baseline import Baseline, _cut_sd, _kept_share, fit_baseline
from atlarge.surveillance.calibration import Calibration, calibrate
from atlarge.surveillance.tails import scan_adjusted_p

ONE = np.ones(1)
LEVELS = np.array([0.004, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
"""Where the calibration is known; between them it is drawn straight over the logarithm of p."""


def _plain(n: int) -> dict[str, np.ndarray]:
    return {"cycle": np.zeros(n, dtype=np.int64), "classes": np.zeros(n, dtype=np.int64)}


def _law(mean: float, phi: float):  # type: ignore[no-untyped-def]
    return poisson(mean) if phi == 1.0 else nbinom(mean / (phi - 1.0), 1.0 / phi)


def _drawn(rng: np.random.Generator, mean: np.ndarray, phi: float) -> np.ndarray:
    return (rng.poisson(mean) if phi == 1.0 else rng.negative_binomial(mean / (phi - 1.0), 1.0 / phi)) * 1.0


def test_the_level_rests_on_the_times_around_but_not_on_the_nearest() -> None:
    """Without weekdays or holidays: (events + 5) over (times + 5 of the series' own mean), by brute force."""
    rng = np.random.default_rng(1)
    n, guard, reach = 120, 4, 15
    y = rng.poisson(np.array([[0.2], [3.0], [40.0]]), (3, n)).astype(float)
    y[1, 50:60] = np.nan
    aside = np.zeros(y.shape)
    aside[2, 70:80] = 1.0
    result = fit_baseline(y, **_plain(n), guard=guard, reach=reach, lengths=3, set_aside=aside)
    used = np.isfinite(y) & (aside == 0)
    assert np.array_equal(result.weights, used)
    for s, t in np.ndindex(y.shape):
        around = [i for i in range(n) if guard < abs(i - t) <= reach and used[s, i]]
        events = y[s, around].sum()
        mean = (y[s, used[s]].sum() + 5.0) / used[s].sum()
        assert result.support[s, t] == pytest.approx(events)
        assert result.expected[s, t] == pytest.approx((events + 5.0) / (len(around) + 5.0 / mean))


def test_weekdays_and_holidays_are_distinguished() -> None:
    """Counts that are level x weekday x holiday without chance are expected as they are."""
    n = 7 * 104
    cycle = np.arange(n) % 7
    classes = np.zeros(n, dtype=np.int64)
    classes[[31, 99, 150, 223, 300, 390, 460, 540, 610, 700]] = 1  # on several days of the week
    classes[[32, 151, 224, 301, 461, 611]] = 2
    weekday = np.array([1.3, 1.4, 1.4, 1.3, 1.1, 0.3, 0.2])
    level = np.array([[2000.0], [50_000.0]])
    y = np.round(level * weekday[cycle] * np.array([1.0, 0.1, 0.6])[classes])
    result = fit_baseline(y, cycle=cycle, classes=classes, guard=14, reach=56, lengths=2)
    np.testing.assert_allclose(result.expected, y, rtol=0.02)
    np.testing.assert_allclose(result.calendar, result.calendar[:1].repeat(2, axis=0), rtol=0.01)
    inside = result.calendar[1, classes == 0]
    np.testing.assert_allclose(inside, weekday[cycle[classes == 0]], rtol=0.01)
    ordinary = fit_baseline(y, cycle=cycle, classes=classes * 0, guard=14, reach=56, lengths=2)
    assert (ordinary.expected[:, classes == 1] > 5 * y[:, classes == 1]).all()


def test_a_thin_place_borrows_the_week_of_all_places() -> None:
    """A place with a handful of events is given the others' weekdays; one with many keeps its own."""
    rng = np.random.default_rng(4)
    n = 7 * 100
    cycle = np.arange(n) % 7
    week = np.array([1.4, 1.4, 1.4, 1.4, 1.2, 0.1, 0.1])
    y = rng.poisson(np.array([[20.0]] * 6 + [[0.02], [20.0]]) * week[cycle]).astype(float)
    y[7] = rng.poisson(20.0 * week[::-1][cycle])
    result = fit_baseline(y, cycle=cycle, classes=np.zeros(n, dtype=np.int64), guard=14, reach=56, lengths=2)
    share = result.calendar[:, cycle == 6].mean(axis=1) / result.calendar[:, cycle == 1].mean(axis=1)
    assert share[:6] == pytest.approx([0.1 / 1.4] * 6, rel=0.15)
    assert share[7] == pytest.approx(1.4 / 0.1, rel=0.15)
    pooled = (6 * 0.1 + 1.4) / (6 * 1.4 + 0.1)  # what all of them show together
    assert share[6] == pytest.approx(pooled, rel=0.35)  # its own 14 events move it a little


@pytest.mark.parametrize(
    ("mean", "phi"), [(0.5, 1.0), (0.5, 3.0), (4.0, 1.0), (4.0, 2.0), (4.0, 8.0), (60.0, 3.0)]
)
def test_scatter_is_that_of_the_world_and_bursts_do_not_add_to_it(mean: float, phi: float) -> None:
    """Variance over mean of sums of 1, 3 and 7 days, in 30 series of 1000 days; then with bursts put in."""
    rng = np.random.default_rng(11)
    y = _drawn(rng, np.full((30, 1000), mean), phi)
    fitted = fit_baseline(y, **_plain(1000), guard=14, reach=56, lengths=7).dispersion
    # The error of a level made from 84 days adds about L / 84 to the variance of a window of L days.
    for length in (1, 3, 7):
        share = fitted[:, length - 1].mean() / (phi * (1.0 + length / 84.0))
        if length * mean >= 3.0:
            assert share == pytest.approx(1.0, abs=0.07)
        else:  # windows that hold next to nothing lean on the largest scatter of any length
            assert 0.95 <= share <= 1.25
    y[:, ::100] += 12.0 * np.sqrt(phi * mean)
    y = np.floor(y)
    loud = fit_baseline(y, **_plain(1000), guard=14, reach=56, lengths=7).dispersion
    assert loud[:, 0].mean() == pytest.approx(fitted[:, 0].mean(), rel=0.25)


def test_scatter_of_a_short_record_is_drawn_to_that_of_all() -> None:
    """One place seen for 60 days among places seen for 1000 that scatter four times as much."""
    rng = np.random.default_rng(5)
    y = _drawn(rng, np.full((20, 1000), 5.0), 4.0)
    y[0] = rng.poisson(5.0, 1000)
    short = y.copy()
    short[0, 70:] = np.nan
    whole = fit_baseline(y, **_plain(1000), guard=14, reach=56, lengths=10).dispersion
    drawn = fit_baseline(short, **_plain(1000), guard=14, reach=56, lengths=10).dispersion
    assert whole[0, 0] < 1.25
    # Of windows of ten days it shows some seven, against a pull of twenty: nearer to all than to its own.
    assert drawn[0, 9] > (whole[0, 9] + whole[1:, 9].mean()) / 2.0
    assert whole[0, 9] < (1.0 + whole[1:, 9].mean()) / 2.0
    assert (drawn >= 1.0).all()


def test_where_next_to_nothing_is_known_scatter_is_not_taken_for_none() -> None:
    """A place seen every other day: of sums of two days nothing is known; they may scatter by half more."""
    y = np.ones((1, 120))
    y[0, ::2] = np.nan
    result = fit_baseline(y, **_plain(120), guard=14, reach=56, lengths=2).dispersion[0]
    assert result[0] == pytest.approx(1.0)
    assert 1.25 <= result[1] <= 1.75


def test_a_holiday_of_which_nothing_is_known_is_like_other_days() -> None:
    """A place of next to no events, of which hardly any fell due on holidays and none came."""
    y = np.zeros((1, 400))
    y[0, ::100] = 1.0
    classes = np.zeros(400, dtype=np.int64)
    classes[[51, 151, 251]] = 1  # less than a tenth of an event is due on them
    result = fit_baseline(y, cycle=classes * 0, classes=classes, guard=14, reach=56, lengths=2)
    assert 0.5 <= result.calendar[0, 51] <= 2.0
    assert (result.expected > 0).all()


def _realised(mean: float, phi: float, level: float) -> float:
    """Chance that the mid-p of a count is at most `level`, over `level`: summed over the law itself."""
    law = _law(mean, phi)
    counts = np.arange(0, int(law.ppf(1.0 - 1e-12)) + 2)
    mid = law.sf(counts) + 0.5 * law.pmf(counts)
    return float(law.pmf(counts)[mid <= level].sum() / level)


def _level_base(means: np.ndarray, phis: np.ndarray, n: int) -> Baseline:
    expected = np.repeat(means[:, None], n, axis=1)
    return Baseline(expected, np.ones(expected.shape), phis[:, None], expected, np.ones(expected.shape))


@pytest.mark.parametrize(
    ("mean", "phi"), [(0.1, 1.0), (0.4, 3.0), (1.0, 1.0), (4.0, 1.0), (5.0, 3.0), (50.0, 2.0)]
)
def test_calibration_is_the_rate_of_the_law_itself(mean: float, phi: float) -> None:
    """One window a start: what the null world shows is what the law says, between two thirds and three.

    80,000 times are simulated; four standard deviations of that are allowed.
    """
    result = calibrate(_level_base(np.full(4, mean), np.full(4, phi), 500), ONE, 1)
    for k, level in enumerate(LEVELS[:5]):
        want = float(np.clip(_realised(mean, phi, level), 2.0 / 3.0, 3.0))
        chance_error = 4.0 * np.sqrt(want / level / 80_000)
        assert result.ratio[:, k] == pytest.approx([want] * 4, abs=chance_error)


def test_thin_and_thick_places_are_calibrated_apart() -> None:
    """Each place by the places of its size: a tenth of an event a day and fifty in one world."""
    means = np.array([50.0, 0.1, 50.0, 0.1])
    result = calibrate(_level_base(means, np.ones(4), 500), ONE, 1)
    assert np.array_equal(result.ratio[0], result.ratio[2])
    assert np.array_equal(result.ratio[1], result.ratio[3])
    assert result.ratio[0, :6] == pytest.approx(np.ones(6), abs=0.2)
    assert result.ratio[1, 3] == pytest.approx(max(_realised(0.1, 1.0, 0.05), 2.0 / 3.0), rel=0.05)
    assert abs(result.ratio[1] - result.ratio[0])[:6].max() > 0.25


def test_calibration_leaves_out_starts_too_near_the_end_for_all_windows() -> None:
    """Half of 28 starts have fewer than 14 windows left: counted in, they would show too few false alarms."""
    result = calibrate(_level_base(np.full(2, 400.0), np.ones(2), 28), ONE, 14)
    assert result.ratio[0, 3:6] == pytest.approx(np.ones(3), abs=0.1)


def test_p_is_corrected_by_the_rate_at_its_own_level() -> None:
    """Between levels by the straight line over log p; below and above the levels known, by the nearest."""
    ratio = np.array([[3.0, 2.0, 1.0, 1.0, 0.8, 0.7, 0.9], [1.0] * 7])
    result = Calibration(ratio, ONE, 1)
    p = np.array([1e-30, 1e-6, 0.004, np.sqrt(0.004 * 0.01), 0.01, 0.03, 0.3, 0.5, 0.9])
    paid = scan_adjusted_p(p, ONE, 1)
    line = np.interp(np.log(paid), np.log(LEVELS), ratio[0])
    np.testing.assert_allclose(
        result.paid(p, np.zeros(9, dtype=np.int64)), np.minimum(paid * line, 1.0), rtol=1e-9
    )
    np.testing.assert_allclose(result.paid(p, np.ones(9, dtype=np.int64)), paid, rtol=1e-9)
    table = result.paid(np.stack([p, p]), np.arange(2))
    np.testing.assert_allclose(table[0], np.minimum(paid * line, 1.0), rtol=1e-9)
    np.testing.assert_allclose(table[1], paid, rtol=1e-9)
    assert Calibration(np.full((1, 7), 3.0), ONE, 1).paid(np.array([0.6]), np.zeros(1, dtype=np.int64)) == 1.0


def test_the_share_of_scatter_left_within_the_cut_is_that_of_a_truncated_negative_binomial() -> None:
    """Summed over every whole count within the cut by SciPy's law, and over no other."""
    log_mean, log_phi, share = _kept_share()
    for i, j in [(3, 4), (9, 8), (14, 2), (20, 11)]:
        mean, phi = np.exp(log_mean[i]), np.exp(log_phi[j])
        reach = float(_cut_sd(np.array(mean))) * np.sqrt(phi * mean)
        counts = [x for x in range(int(mean + reach) + 3) if abs(x - mean) <= reach]
        size = mean / (phi - 1)
        chance = nbinom.pmf(counts, size, 1 / phi)
        scatter = sum(p * (x - mean) ** 2 for p, x in zip(chance, counts, strict=True)) / chance.sum()
        assert share[i, j] == pytest.approx(scatter / (phi * mean), rel=1e-9)
