"""Change points against a plain scan, planted changes, and series without any."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from atlarge.effects import change_point, change_points
from atlarge.errors import QuestionError


def test_scan_equals_plain_likelihoods() -> None:
    rng = np.random.default_rng(0)
    y = np.concatenate([rng.poisson(12, 14), rng.poisson(18, 11)]).astype(float)
    best = max(
        range(3, len(y) - 2),
        key=lambda k: poisson.logpmf(y[:k], y[:k].mean()).sum() + poisson.logpmf(y[k:], y[k:].mean()).sum(),
    )
    got = change_point(y)
    assert got.index == best
    assert got.before == pytest.approx(y[:best].mean())
    assert got.after == pytest.approx(y[best:].mean())


@pytest.mark.parametrize(("given", "least"), [({}, 3), ({"min_size": 2}, 2), ({"min_size": 5}, 5)])
def test_each_side_has_its_least_number_of_periods(given: dict[str, int], least: int) -> None:
    """A step of the last two periods: found where two are enough, else the best split that leaves more."""
    y = np.array([12.0, 9, 11, 10, 13, 8, 10, 11, 9, 12, 10, 11, 60, 64])
    splits = range(least, len(y) - least + 1)
    gains = [
        poisson.logpmf(y[:k], y[:k].mean()).sum() + poisson.logpmf(y[k:], y[k:].mean()).sum() for k in splits
    ]
    assert change_point(y, **given).index == splits[int(np.argmax(gains))]  # type: ignore[arg-type]
    assert (change_point(y, **given).index == 12) == (least == 2)  # type: ignore[arg-type]


def test_a_clear_change_is_dated_to_the_period() -> None:
    y = np.concatenate([np.full(20, 20.0), np.full(20, 8.0)])
    got = change_point(y)
    assert (got.index, got.low, got.high) == (20, 20, 20)
    assert got.ratio == pytest.approx(0.4)
    assert got.is_change


def test_expected_path_is_taken_off() -> None:
    season = 10 + 5 * np.sin(np.arange(36) / 36 * 4 * np.pi)
    y = np.round(season * np.where(np.arange(36) < 22, 1.0, 2.0))
    got = change_point(y, season)
    assert got.index == 22
    assert got.ratio == pytest.approx(2.0, rel=0.05)


def test_missing_periods_keep_their_place() -> None:
    y = np.concatenate([np.full(20, 20.0), np.full(20, 8.0)])
    y[5:9] = np.nan
    assert change_point(y).index == 20


@pytest.mark.slow
def test_false_alarms_and_interval_coverage() -> None:
    alarms, kept = 0, 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        # overdispersed counts (variance three times the mean) without and with a change
        flat = rng.negative_binomial(10, 1 / 3, 40).astype(float)
        alarms += change_point(flat, draws=199, seed=seed).is_change
        step = np.concatenate([rng.negative_binomial(15, 1 / 3, 22), rng.negative_binomial(8, 1 / 3, 18)])
        got = change_point(step.astype(float), draws=199, seed=seed)
        kept += got.low <= 22 <= got.high
    # 5% of 120 is 6, standard error 2.4; 90% of 120 is 108, standard error 3.3: three of them allowed
    assert alarms <= 13
    assert kept >= 98


def test_several_changes_by_pelt() -> None:
    y = np.concatenate([np.full(15, 30.0), np.full(12, 10.0), np.full(14, 25.0)])
    assert change_points(y) == [15, 27]
    assert change_points(np.full(30, 7.0)) == []


def test_empty_and_short_series_are_refused() -> None:
    with pytest.raises(QuestionError, match="all values are zero"):
        change_point(np.zeros(20))
    with pytest.raises(QuestionError, match="only 5 of the periods"):
        change_point(np.ones(5))


def test_same_seed_same_answer() -> None:
    y = np.random.default_rng(2).poisson(9, 40)
    assert change_point(y) == change_point(y)
