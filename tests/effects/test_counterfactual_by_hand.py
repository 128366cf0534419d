"""Fits, placebos and bands of counterfactuals: every unit by itself, from the formulas of the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize, nnls

from atlarge.effects import (
    Counterfactual,
    conformal_effect,
    counterfactual,
    minimum_detectable_effect,
    placebo_in_space,
    placebo_in_time,
    sdid_paths,
)
from atlarge.effects.arrays import prepare
from atlarge.effects.fit import PENALTIES, fit
from atlarge.effects.placebo import learn_scale, quantile_pair
from atlarge.errors import QuestionError


def _counts(seed: int, n: int = 14, periods: int = 26) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.lognormal(2.5, 0.7, n)
    trend = np.exp(np.cumsum(rng.normal(0, 0.1, periods)))
    return rng.poisson(level[:, None] * trend).astype(float) + (rng.random((n, periods)) < 0.01)


def _simplex(target: np.ndarray, donors: np.ndarray, cost: np.ndarray | None) -> np.ndarray:
    """Weights of least squares plus cost, none negative, adding up to one; by another solver."""
    rows = [(donors - target).T] + ([] if cost is None else [np.diag(np.sqrt(cost))])
    size = float(np.abs(donors - target).max()) + 1.0
    matrix = np.vstack([*rows, np.full((1, len(donors)), size)])
    u, _ = nnls(matrix, np.append(np.zeros(len(matrix) - 1), size), maxiter=100_000)
    return u / u.sum()


def _augmented(x: np.ndarray, pre: np.ndarray, size: np.ndarray, row: int, share: float) -> np.ndarray:
    """Ridge-augmented synthetic control of one row, as Ben-Michael, Feller and Rothstein have it."""
    serve = [k for k in range(1, len(x)) if k != row]
    cost = 3.0 * pre.sum() / size
    w = _simplex(x[row, pre], x[serve][:, pre], cost[serve])
    path = w @ x[serve]
    if math.isinf(share):
        return path
    weight = size / (size + np.median(size))
    weight[0] = 0
    centred = x - weight @ x / weight.sum()
    own = weight[serve]
    gram = (centred[serve][:, pre] * own[:, None]).T @ centred[serve][:, pre]
    cross = (centred[serve][:, pre] * own[:, None]).T @ centred[serve]
    ridge = share * np.linalg.eigvalsh(gram)[-1]
    rest = x[row, pre] - w @ x[serve][:, pre]
    return path + np.linalg.solve(gram + ridge * np.eye(pre.sum()), rest) @ cross


@pytest.mark.parametrize("share", [1.0, 0.01, math.inf])
def test_an_augmented_control_is_the_ridge_of_the_paper(share: float) -> None:
    y = _counts(1)
    size = y[:, :16].mean(1)
    x, pre = y / size[:, None], np.arange(26) < 16
    found = fit(x, pre, size, "ascm", tuning=share).fitted
    for row in (0, 1, 7, 13):
        assert found[row] == pytest.approx(_augmented(x, pre, size, row, share), abs=1e-5)
    assert counterfactual(y, 0, 16, tuning=share).fitted == pytest.approx(found[0] * size[0])


def test_the_penalty_is_the_simplest_that_foretells_held_out_periods_as_well() -> None:
    for seed in range(4):
        y = _counts(seed, n=12, periods=24)
        size = y[:, :16].mean(1)
        x, pre = y / size[:, None], np.arange(24) < 16
        choices = [math.inf, *PENALTIES]
        error = np.zeros((len(choices), 11))
        for kept in (8, 12):  # the last half, and the last quarter, are foretold
            train, held = np.arange(24) < kept, pre & (np.arange(24) >= kept)
            for k, share in enumerate(choices):
                path = fit(x, train, size, "ascm", tuning=share).fitted
                error[k] += ((x - path)[1:, held] ** 2).sum(1) * size[1:]
        best = error.mean(1).argmin()
        excess = error - error[best]
        good = [k for k in range(14) if excess[k].mean() <= excess[k].std() / math.sqrt(11) + 1e-9]
        assert counterfactual(y, 0, 16).tuning == pytest.approx(choices[good[0]])


def test_simplex_weights_and_differences_are_those_of_each_row_by_itself() -> None:
    y = _counts(2)
    size = y[:, :16].mean(1)
    x, pre = y / size[:, None], np.arange(26) < 16
    sc, did = fit(x, pre, size, "sc"), fit(x, pre, size, "did")
    weight = size / (size + np.median(size))
    for row in range(14):
        serve = [k for k in range(1, 14) if k != row]
        w = _simplex(x[row, pre], x[serve][:, pre], None)
        assert sc.fitted[row] == pytest.approx(w @ x[serve], abs=1e-6)
        moved = np.average(x[serve] - x[serve][:, pre].mean(1, keepdims=True), axis=0, weights=weight[serve])
        assert did.fitted[row] == pytest.approx(x[row, pre].mean() + moved)
        share = np.zeros(14)
        share[serve] = weight[serve] / weight[serve].sum()
        assert did.weights is not None
        assert did.weights[row] == pytest.approx(share)
    with pytest.raises(QuestionError, match="unknown method 'ols'"):
        counterfactual(y, 0, 16, method="ols")


def _check(found: Counterfactual, y: np.ndarray, row: int, pre: int) -> None:
    p = found.placebos
    gaps = y[p.units] - p_fitted(found, y)
    assert p.gaps == pytest.approx(gaps)
    after = slice(pre, y.shape[1])
    effect = gaps[:, after].sum(1)
    assert p.effect == pytest.approx(effect)
    assert found.effect == pytest.approx(effect[0])
    assert found.effect_mean == pytest.approx(gaps[0, after].mean())
    assert found.relative == pytest.approx(effect[0] / found.fitted[after].sum())
    before = np.sqrt((gaps[:, :pre] ** 2).mean(1))
    ratio = np.sqrt((gaps[:, after] ** 2).mean(1)) / before
    assert p.ratio == pytest.approx(ratio)
    n = len(gaps)
    score = effect / p.scale
    assert p.statistic == pytest.approx(score)
    assert found.p == pytest.approx(sum(abs(score) >= abs(score[0])) / n)
    assert found.p_high == pytest.approx(sum(score >= score[0]) / n)
    assert found.p_ratio == pytest.approx(sum(ratio >= ratio[0]) / n)
    low, high = quantile_pair(score[1:], found.level)
    assert found.effect_low == pytest.approx(effect[0] - high * p.scale[0])
    most = y[row, after].sum()
    assert found.effect_high == pytest.approx(min(effect[0] - low * p.scale[0], max(most, effect[0])))
    assert found.pre_mean == pytest.approx(y[row, :pre].mean())


def p_fitted(found: Counterfactual, y: np.ndarray) -> np.ndarray:
    """What the placebos were fitted with: the observed less their gaps, the target's own from its path."""
    fitted = y[found.placebos.units] - found.placebos.gaps
    assert fitted[0] == pytest.approx(found.fitted)
    return fitted


@pytest.mark.parametrize("method", ["ascm", "sc", "did"])
@pytest.mark.parametrize("n", [14, 45])
def test_a_result_counts_placebos_as_its_words_say(method: str, n: int) -> None:
    y = _counts(n, n=n)
    found = counterfactual(y, 3, 16, method=method, level=0.8)
    _check(found, y, 3, 16)
    assert found.n_donors == n - 1
    assert found.placebos.n_placebos == n - 1
    assert found.weights is not None
    assert found.weights[3] == 0
    assert found.weights.sum() == pytest.approx(1)
    # the band of a period: its own errors, each over the size that goes with its level and fit before
    p = found.placebos
    height = np.maximum(y[p.units] - p.gaps, 0)
    for t in (2, 20, 25):
        model = learn_scale(p.gaps[1:, t], height[1:, t], p.pre_rmse[1:])
        size = model.predict(height[:, t], p.pre_rmse)
        low, high = quantile_pair(p.gaps[1:, t] / size[1:], 0.8)
        assert found.low[t] == pytest.approx(max(found.fitted[t] + low * size[0], 0.0), rel=1e-5, abs=1e-6)
        assert found.high[t] == pytest.approx(found.fitted[t] + high * size[0], rel=1e-5)


def test_with_few_placebos_the_size_goes_with_the_fit_before() -> None:
    rng = np.random.default_rng(0)
    gap, rmse = rng.normal(0, 5, 29), rng.uniform(1, 4, 29)
    size = learn_scale(gap, np.full(29, 10.0), rmse).predict([10.0, 99.0], [2.0, 6.0])
    ratio = math.sqrt((gap**2).mean() / (rmse**2).mean())
    assert size == pytest.approx([2 * ratio, 6 * ratio], rel=1e-4)
    flat = learn_scale(np.zeros(5), np.full(5, 10.0), np.ones(5)).predict([10.0], [3.0])
    assert flat == pytest.approx([3.0], rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_with_many_the_size_is_a_gamma_regression(seed: int) -> None:
    """Of the squared gaps on four features, none with a negative slope: the deviance by another solver."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(1, 60, 300)
    rmse = np.sqrt(level) * rng.uniform(0.8, 1.2, 300)
    gap = np.sqrt(3 + 1.5 * level + 0.02 * level**2) * rng.uniform(0.6, 1.4, 300) * rng.choice([-1, 1], 300)
    features = np.stack([np.ones(300), level, level**2, rmse**2], axis=1)
    usual = features.mean(0)

    def deviance(beta: np.ndarray) -> float:
        expected = features / usual @ beta
        return float((np.log(expected) + gap**2 / expected).sum())

    own = deviance(learn_scale(gap, level, rmse).beta * usual)
    start = np.full(4, (gap**2).mean() / 4)
    best = minimize(deviance, start, bounds=[(1e-4 * (gap**2).mean(), None)] + [(0, None)] * 3).fun
    assert own <= best + 0.5  # of some 1,500: the size is then right to a fiftieth
    assert own >= best - 1e-3


def test_one_wild_placebo_does_not_steer_the_size() -> None:
    rng = np.random.default_rng(1)
    level = rng.uniform(5, 60, 200)
    gap = rng.normal(size=200) * np.sqrt(2 * level)
    calm = learn_scale(gap, level, np.sqrt(level)).predict([30.0], [5.0])[0]
    gap[7] = 4000.0
    wild = learn_scale(gap, level, np.sqrt(level)).predict([30.0], [5.0])[0]
    # its square counts as 25 times what is expected there, an eighth of what all the others bring
    assert 1.0 <= (wild / calm) ** 2 < 1.25


@pytest.mark.parametrize("m", [4, 8, 18])
def test_the_widest_of_few_errors_is_stretched_as_student_has_it(m: int) -> None:
    errors = np.random.default_rng(m).normal(size=m)
    low, high = quantile_pair(errors, 0.9)
    stretch = stats.t(m).ppf(0.95) / max(stats.t(m).ppf(m / (m + 1)), 0.5)
    assert high == pytest.approx(np.abs(errors).max() * max(stretch, 1.0))
    assert low == -high


@pytest.mark.parametrize(("m", "level"), [(19, 0.9), (39, 0.9), (40, 0.8), (99, 0.5)])
def test_conformal_quantiles_leave_as_many_out_on_either_side(m: int, level: float) -> None:
    errors = np.random.default_rng(m).permutation(np.arange(1.0, m + 1))
    tail = (1 - level) / 2
    low, high = quantile_pair(errors, level)
    rank = math.ceil(round((m + 1) * (1 - tail), 9))
    assert (low, high) == (m + 1 - rank, rank)


@pytest.mark.parametrize("side", ["two", "high"])
@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0.1), (0.5, 0.2)])
def test_what_is_detectable_exceeds_the_critical_value_with_that_power(
    side: str, power: float, alpha: float
) -> None:
    y = _counts(8, n=60)
    result = counterfactual(y, 2, 16)
    found = minimum_detectable_effect(result, power=power, alpha=alpha, side=side)
    z = np.sort(result.placebos.statistic[1:])
    either = np.sort(np.concatenate([z, -z]))
    critical = either[math.ceil(119 * (1 - alpha / 2)) - 1] if side == "two" else (
        z[math.ceil(round(60 * (1 - alpha), 9)) - 1]
    )  # fmt: skip
    total = (critical - np.quantile(z, 1 - power)) * result.placebos.scale[0]
    assert found.total == pytest.approx(total)
    assert found.per_period == pytest.approx(total / 10)
    assert found.relative == pytest.approx(total / result.fitted[16:].sum())
    bare = minimum_detectable_effect(result.placebos, power=power, alpha=alpha, side=side)
    assert bare.total == pytest.approx(total)
    assert math.isnan(bare.per_period)
    assert bare.relative is None


@pytest.mark.parametrize(("holdout", "taken"), [(None, 5), (3, 3)])
def test_a_placebo_in_time_holds_out_the_last_periods_before(holdout: int | None, taken: int) -> None:
    y = _counts(3)
    found = placebo_in_time(y, 2, 16, holdout=holdout)
    same = counterfactual(y, 2, 16 - taken, slice(16 - taken, 16))
    assert found.post.tolist() == same.post.tolist()
    assert found.effect == same.effect


@pytest.mark.parametrize("bar", [1.5, 2.5])
def test_placebos_that_fit_worse_than_so_many_times_are_left_out(bar: float) -> None:
    y = _counts(4, n=30)
    whole, some = (placebo_in_space(y, 2, 16, max_pre_ratio=m) for m in (None, bar))
    relative = whole.pre_rmse / y[whole.units][:, :16].mean(1)
    kept = [int(u) for u, r in zip(whole.units, relative, strict=True) if r <= bar * relative[0] or u == 2]
    assert some.units.tolist() == kept
    assert some.n_excluded == 30 - len(kept) > 0
    with pytest.raises(QuestionError, match="none of 29 comparison units"):
        placebo_in_space(y, 2, 16, max_pre_ratio=0.01)


def test_gaps_of_donors_are_unit_level_times_period_level() -> None:
    y = _counts(5)
    y[4, 3], y[6, [10, 20]], y[7, :9], y[8, 25] = np.nan, np.nan, np.nan, np.nan
    y[9, :16] = 0  # no level: it cannot be compared
    setting = prepare(y, 0, 16)
    rows = [0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13]
    assert setting.rows.tolist() == rows
    assert (setting.imputed, setting.dropped) == (4, 2)
    donors = y[rows[1:]]
    unit = np.nanmean(donors, axis=1)
    for k, row in enumerate(rows[1:]):
        for t in np.flatnonzero(np.isnan(y[row])):
            seen = ~np.isnan(donors[:, t])
            assert setting.y[k + 1, t] == pytest.approx(unit[k] * donors[seen, t].sum() / unit[seen].sum())
    assert setting.unit == pytest.approx(setting.y[:, :16].mean(1))
    assert setting.scaled[:, :16].mean(1) == pytest.approx(np.ones(len(rows)))


def test_values_below_zero_are_fitted_on_one_scale() -> None:
    y = _counts(6) - 5.0
    setting = prepare(y, 2, 16)
    assert not setting.is_relative
    assert setting.unit == pytest.approx(np.full(14, setting.y[:, :16].std()))
    assert prepare(np.full((14, 26), 3.0), 0, 16, scale="raw").unit.tolist() == [1.0] * 14
    found = counterfactual(y, 2, 16)
    assert (found.low < 0).any()
    assert found.effect_high > found.effect  # what was observed is no bound for values that may be below zero


@pytest.mark.parametrize("missing", [6, 7])
def test_a_donor_may_miss_a_quarter(missing: int) -> None:
    y = _counts(7, periods=24)
    y[5, :missing] = np.nan
    assert prepare(y, 0, 16).dropped == (missing > 6)


@pytest.mark.parametrize(
    ("pre", "post", "before", "after"),
    [
        (8, None, range(8), range(8, 12)),
        (slice(2, 9), None, range(2, 9), range(9, 12)),
        ([0, 1, 2, 4, 5, 6], [6, 8, 10], [0, 1, 2, 4, 5, 6], [8, 10]),
        (np.arange(12) < 7, slice(8, 11), range(7), range(8, 11)),
        (np.int64(8), None, range(8), range(8, 12)),
    ],
)
def test_periods_are_a_number_a_slice_indices_or_a_mask(pre, post, before, after) -> None:  # type: ignore[no-untyped-def]
    setting = prepare(_counts(8, periods=12), 0, pre, post)
    assert np.flatnonzero(setting.pre).tolist() == list(before)
    assert np.flatnonzero(setting.post).tolist() == list(after)


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a period mask needs 26 entries"):
        prepare(_counts(1), 0, np.arange(20) < 9)
    with pytest.raises(QuestionError, match="27 periods before the change, but only 26"):
        prepare(_counts(1), 0, 27)


@pytest.mark.parametrize("seed", range(2))
def test_conformal_chances_are_shares_of_cyclic_shifts(seed: int) -> None:
    """Values as they are: each supposed effect is taken off and the unit fitted on all periods."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0, 1, (8, 3)) @ rng.normal(0, 1, (3, 20)) + rng.normal(0, 0.3, (8, 20))
    y[2, 15:] += 2
    found = conformal_effect(y, 2, 15, points=9, level=0.8)
    assert len(found.grid) == 10
    donors = y[[k for k in range(8) if k != 2]]
    for value, p in zip(found.grid, found.p_values, strict=True):
        own = y[2] - value * (np.arange(20) >= 15)
        rest = np.abs(own - _simplex(own, donors, None) @ donors)
        seen = [rest[(np.arange(15, 20) + k) % 20].sum() for k in range(20)]
        assert p == pytest.approx(sum(one >= seen[0] - 1e-9 for one in seen) / 20)
    assert found.p == found.p_values[np.flatnonzero(found.grid == 0)[0]]
    kept = [v for v, p in zip(found.grid, found.p_values, strict=True) if p > 0.2]
    if not kept:  # no supposed effect of so coarse a grid fits
        assert math.isnan(found.effect_low)
        return
    inside = kept[0] > found.grid[0], kept[-1] < found.grid[-1]
    assert found.effect_low == (pytest.approx(5 * kept[0]) if inside[0] else -math.inf)
    assert found.effect_high == (pytest.approx(5 * kept[-1]) if inside[1] else math.inf)


@pytest.mark.parametrize("seed", range(3))
def test_both_kinds_of_weights_of_synthetic_difference_in_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(5, 1, (9, 1)) + np.cumsum(rng.normal(0, 0.4, (9, 14)), axis=1)
    start, stop, serve = 10, 13, np.array([1, 2, 3, 5, 6, 8])
    donors = np.isin(np.arange(9), serve)
    found = sdid_paths(y, start, stop, donors, [0, 3])
    zeta = (stop - start) ** 0.25 * np.diff(y[serve, :start], axis=1).std()
    centred = y[:, :start] - y[:, :start].mean(1, keepdims=True)
    columns, after = y[serve, :start].T, y[serve, start:stop].mean(1)
    time = _simplex(after - after.mean(), columns - columns.mean(1, keepdims=True), np.full(start, 1e-6))
    for k, row in enumerate([0, 3]):
        own = [u for u in serve if u != row]
        w = _simplex(centred[row], centred[own], np.full(len(own), zeta**2 * start))
        level = time @ y[row, :start] - w @ y[own, :start] @ time
        assert found[k] == pytest.approx(level + w @ y[own, start:stop], abs=1e-3)


def test_synthetic_difference_in_differences_needs_five_units_and_two_periods() -> None:
    y = np.arange(24.0).reshape(6, 4) % 7
    assert sdid_paths(y, 2, 4, np.arange(6) > 0, [0]).shape == (1, 2)
    for start, donors in ((1, np.arange(6) > 0), (2, np.arange(6) > 1)):
        with pytest.raises(QuestionError, match="at least 5 and 2"):
            sdid_paths(y, start, 4, donors, [0])
