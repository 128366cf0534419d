"""Counterfactuals: known answers, published answers, invariances, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from atlarge.effects import (
    conformal_effect,
    counterfactual,
    minimum_detectable_effect,
    placebo_in_space,
    placebo_in_time,
)
from atlarge.effects.conformal import shift_p
from atlarge.effects.placebo import learn_scale, quantile_pair
from atlarge.errors import QuestionError
from atlarge.simulate import World, draw_world

METHODS = ["ascm", "sc", "did"]


def _counts(seed: int = 0, n: int = 60, periods: int = 36) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.lognormal(2.5, 0.7, n)
    trend = np.exp(np.cumsum(rng.normal(0, 0.05, periods)))
    return rng.poisson(level[:, None] * trend).astype(float)


def _prop99() -> tuple[np.ndarray, int]:
    from synthdid import load_california_prop99

    table = load_california_prop99().pivot(index="State", columns="Year", values="PacksPerCapita")
    return table.to_numpy(), list(table.index).index("California")


@pytest.mark.parametrize(("method", "published", "tolerance"), [("sc", -19.6, 0.15), ("did", -27.3, 0.06)])
def test_california_smoking(method: str, published: float, tolerance: float) -> None:
    # Arkhangelsky et al. (2021), table 1, printed to one decimal. Their SC stops its iterations early and
    # adds a tiny ridge, hence the wider tolerance; the exact optimum is -19.51.
    y, row = _prop99()
    got = counterfactual(y, row, 19, method=method, scale="raw")
    assert got.effect_mean == pytest.approx(published, abs=tolerance)


def test_california_is_the_most_extreme_state() -> None:
    # Abadie, Diamond and Hainmueller (2010) find California first of 39 placebo states: p = 1/39 = 0.026
    y, row = _prop99()
    assert counterfactual(y, row, 19, method="ascm", scale="raw").p == pytest.approx(1 / 39)


@pytest.mark.parametrize("method", METHODS)
def test_without_noise_the_effect_is_exact(method: str) -> None:
    level = np.array([4.0, 8.0, 10.0, 16.0, 30.0, 50.0, 3.0])
    trend = 1 + 0.3 * np.sin(np.arange(20))
    y = level[:, None] * trend
    y[2, 12:] += 5.0
    got = counterfactual(y, 2, 12, method=method)
    assert got.effect == pytest.approx(5.0 * 8, abs=1e-6)
    assert got.fitted == pytest.approx(10 * trend, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_scale_of_units_does_not_matter(method: str) -> None:
    # counts are compared relative to each unit's own mean: a unit's size is only a unit of measure. Did
    # and ascm weigh donors by size, so only the target is stretched.
    y = _counts()
    stretched = y.copy()
    stretched[4] *= 3.0
    one, two = counterfactual(y, 4, 24, method=method), counterfactual(stretched, 4, 24, method=method)
    assert two.effect == pytest.approx(3 * one.effect, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_order_of_units_does_not_matter(method: str) -> None:
    y = _counts(3)
    order = np.random.default_rng(0).permutation(len(y))
    one = counterfactual(y, 7, 24, method=method)
    two = counterfactual(y[order], int(np.flatnonzero(order == 7)[0]), 24, method=method)
    assert two.effect == pytest.approx(one.effect, rel=1e-5, abs=1e-6)
    assert two.p == pytest.approx(one.p)


def test_batched_placebos_equal_separate_fits() -> None:
    y = _counts(5, n=20)
    batch = placebo_in_space(y, 0, 24, method="sc")
    for k in (1, 7, 19):
        donors = np.ones(20, dtype=bool)
        donors[0] = False  # the target never serves a placebo
        alone = counterfactual(y, k, 24, donors=donors, method="sc")
        assert batch.effect[k] == pytest.approx(alone.effect, abs=1e-8)


def test_missing_periods_of_the_target_are_left_out() -> None:
    y = _counts()
    y[3, [5, 30]] = np.nan
    got = counterfactual(y, 3, 24)
    assert got.pre.sum() == 23
    assert got.post.sum() == 11
    assert np.isnan(got.observed[[5, 30]]).all()
    assert got.effect == pytest.approx(float(np.nansum((got.observed - got.fitted)[24:])))


def test_missing_cells_of_donors_are_filled_and_counted() -> None:
    y = _counts()
    y[8, 10:13] = np.nan
    y[9, :20] = np.nan  # missing too often: left out
    got = counterfactual(y, 3, 24)
    assert got.n_imputed == 3
    assert got.n_dropped == 1
    assert got.weights is not None
    assert got.weights[9] == 0


def test_filled_cells_are_unit_level_times_period_level() -> None:
    level = np.array([4.0, 8.0, 10.0, 16.0, 30.0, 50.0, 3.0])
    y = level[:, None] * (1 + 0.3 * np.sin(np.arange(20)))
    whole = counterfactual(y, 2, 12, method="did")
    y[4, 3] = y[5, 15] = np.nan
    # without noise the missing cells follow from the others, but for what the unit's mean loses by the gap
    assert counterfactual(y, 2, 12, method="did").fitted == pytest.approx(whole.fitted, rel=0.01)


def test_several_units_are_studied_as_their_sum() -> None:
    y = _counts()
    together = np.vstack([y[[0, 1]].sum(0), y[2:]])
    assert counterfactual(y, [0, 1], 24).effect == pytest.approx(counterfactual(together, 0, 24).effect)


def test_a_gap_between_announcement_and_effect_is_not_counted() -> None:
    y = _counts()
    y[3, 22:24] += 40  # only in the gap
    with_gap = counterfactual(y, 3, slice(0, 22), slice(24, 36))
    assert with_gap.pre.sum() == 22
    assert with_gap.post.sum() == 12
    assert with_gap.effect == pytest.approx(float((with_gap.observed - with_gap.fitted)[24:].sum()))


def test_placebo_in_time_sees_an_early_departure() -> None:
    y = _counts(1, n=80)
    y[3, 16:] *= 3
    assert placebo_in_time(y, 3, 24).p <= 0.05
    assert placebo_in_time(_counts(1, n=80), 3, 24).p > 0.05


def test_poorly_fitted_placebos_can_be_left_out() -> None:
    y = _counts()
    y[10] = np.where(np.arange(36) % 2, 100.0, 1.0)
    got = placebo_in_space(y, 3, 24, max_pre_ratio=3.0)
    assert 10 not in got.units
    assert got.n_excluded >= 1


def test_detectable_effect_by_hand() -> None:
    # 199 placebo statistics: the quantiles of -1.98, ..., 1.98 in steps of 0.02, scale 10 for the target
    from dataclasses import replace

    base = placebo_in_space(_counts(), 0, 24)
    z = np.concatenate([[0.0], np.linspace(-1.98, 1.98, 199)])
    result = replace(base, statistic=z, scale=np.full(200, 10.0))
    got = minimum_detectable_effect(result, power=0.8, alpha=0.1)
    # 90% of |z| lie below 1.80; 80% of estimates exceed that if the effect is 1.80 + 1.188 scales
    assert got.total == pytest.approx(10 * (1.80 + 1.188), abs=0.25)


def test_an_added_effect_of_twice_the_detectable_size_is_found() -> None:
    y = _counts(2, n=100)
    quiet = counterfactual(y, 5, 24)
    found = minimum_detectable_effect(quiet)
    y[5, 24:] += np.ceil(2 * found.per_period)
    assert counterfactual(y, 5, 24).p <= 0.05


def test_conformal_quantiles_are_order_statistics() -> None:
    errors = np.arange(1.0, 100.0)  # 99 errors: k = ceil(100 x 0.95) = 95
    assert quantile_pair(errors, 0.9) == (5.0, 95.0)


def test_few_placebos_widen_the_interval() -> None:
    low, high = quantile_pair(np.array([-1.0, 0.5, 1.0, 0.2, -0.3]), 0.9)
    assert low < -1.0
    assert high > 1.0


def test_scale_learns_count_noise_and_common_shocks() -> None:
    rng = np.random.default_rng(0)
    level = rng.uniform(1, 100, 4000)
    gap = rng.normal(size=4000) * np.sqrt(2 * level + 0.04 * level**2)
    got = learn_scale(gap, level, np.sqrt(level)).predict(np.array([4.0, 80.0]), np.array([2.0, 9.0]))
    # standard error of the learnt scale is about 2% here
    assert got == pytest.approx(np.sqrt([8.64, 416.0]), rel=0.1)


def test_shifts_of_a_block() -> None:
    # only shifts that bring the two large residuals back together reach the observed sum: 1 of 6
    residual = np.array([[0.1, 0.2, 0.1, 0.0, 5.0, 5.0]])
    after = np.array([False, False, False, False, True, True])
    assert shift_p(residual, after)[0] == pytest.approx(1 / 6)


def test_conformal_interval_holds_a_planted_effect() -> None:
    y = _counts(4)
    y[6, 24:] += 15
    got = conformal_effect(y, 6, 24)
    assert got.effect_low <= 15 * 12 <= got.effect_high
    assert got.p <= 0.1


@pytest.mark.parametrize(
    ("pre", "match"),
    [(0, "no period before"), (4, "at least 6 are needed"), (36, "after the end of the records")],
)
def test_too_few_periods_are_refused(pre: int, match: str) -> None:
    with pytest.raises(QuestionError, match=match):
        counterfactual(_counts(), 0, pre)


def test_too_few_donors_and_empty_targets_are_refused() -> None:
    y = _counts()
    donors = np.zeros(60, dtype=bool)
    donors[:4] = True
    with pytest.raises(QuestionError, match="only 4 units can serve"):
        counterfactual(y, 10, 24, donors=donors)
    y[10, :24] = 0
    with pytest.raises(QuestionError, match="all values before the change are zero"):
        counterfactual(y, 10, 24)
    y[11, 24:] = np.nan
    with pytest.raises(QuestionError, match="no period after the change has records"):
        counterfactual(y, 11, 24)


@pytest.mark.slow
def test_intervals_cover_and_tests_keep_their_size() -> None:
    covered, rejected = [], []
    for seed in range(12):
        draw = draw_world(World(places=80, policies=0), seed)
        y = draw.at_large[:, :200].reshape(80, 50, 4).sum(2)
        got = placebo_in_space(y, 0, 24, slice(24, 36))
        low, high = quantile_pair(got.statistic[1:], 0.9)
        covered.append(np.mean((got.statistic[1:] >= low) & (got.statistic[1:] <= high)))
        big = got.scale[1:] >= np.quantile(got.scale[1:], 0.8)
        rejected.append(np.mean(np.abs(got.statistic[1:][big]) > 1.96))
    # all units: by construction; the large ones alone: only if the scale is learnt well. 12 x 16 large units
    # with heavy common shocks: a standard error of about 2.5%
    assert np.mean(covered) == pytest.approx(0.9, abs=0.05)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.06)
