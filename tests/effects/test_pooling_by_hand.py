"""What many units say together: formulas written out, loops over units and periods, and other libraries."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from atlarge.effects import (
    change_point,
    change_points,
    pool_estimates,
    pool_rates,
    pool_ratio,
    pooled_effect,
)
from atlarge.effects.bursts import large_enough
from atlarge.effects.event_study import usable
from atlarge.errors import QuestionError


@pytest.mark.parametrize("seed", range(4))
def test_random_effects_are_those_of_the_papers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, se = rng.normal(1.0, [0.1, 1.0, 2.0, 0.0][seed], 8), rng.uniform(0.2, 0.9, 8)
    level = 0.9 if seed else 0.5
    found = pool_estimates([*x, np.nan, 4.0, 3.0], [*se, 0.5, 0.0, np.nan], level=level)
    v = se**2
    fixed = np.average(x, weights=1 / v)
    q = sum((a - fixed) ** 2 / b for a, b in zip(x, v, strict=True))
    between = max(0.0, (q - 7) / (sum(1 / v) - sum(1 / v**2) / sum(1 / v)))  # DerSimonian and Laird
    mean = np.average(x, weights=1 / (v + between))
    assert found.n == 8
    assert found.mean == pytest.approx(mean)
    assert found.between == pytest.approx(math.sqrt(between))
    scatter = max(1.0, sum((x - mean) ** 2 / (v + between)) / 7)  # Hartung and Knapp
    error = math.sqrt(scatter / sum(1 / (v + between)))
    assert found.se == pytest.approx(error)
    reach = stats.t(7).interval(level)[1] * error
    assert (found.low, found.high) == pytest.approx((mean - reach, mean + reach))
    assert found.heterogeneity_p == pytest.approx(1 - stats.chi2(7).cdf(q))
    own = between / (between + v)
    assert found.shrunk[:8] == pytest.approx(own * x + (1 - own) * mean)
    assert found.shrunk_se[:8] == pytest.approx(np.sqrt(own * v + (1 - own) ** 2 * error**2))
    # a unit without an estimate of its own is a new one
    assert found.shrunk[8:] == pytest.approx(np.full(3, mean))
    assert found.shrunk_se[8:] == pytest.approx(np.full(3, math.sqrt(between + error**2)))


def test_two_estimates_are_needed() -> None:
    assert pool_estimates([1.0, 2.0], [1.0, 1.0]).n == 2
    for x, se in (([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0])):
        with pytest.raises(QuestionError, match="only 1 units"):
            pool_estimates(x, se)
    with pytest.raises(QuestionError, match="at least 2"):
        pool_rates([3], [10.0])
    with pytest.raises(QuestionError, match="one event"):
        pool_rates([0, 0], [10.0, 20.0])


@pytest.mark.parametrize("level", [0.9, 0.5])
def test_rates_have_gamma_posteriors_by_moments(level: float) -> None:
    events = np.array([1.0, 4, 20, 3, 40, np.nan, 5])
    people = np.array([100.0, 100, 400, 12, 300, 50, 0])
    found = pool_rates(events, people, level=level)
    n, e = events[:5], people[:5]
    mean = n.sum() / e.sum()
    observed = np.average((n / e - mean) ** 2, weights=e)
    variance = (observed - mean * 4 / e.sum()) / (1 - ((e / e.sum()) ** 2).sum())
    assert found.mean == pytest.approx(mean)
    assert found.shape == pytest.approx(mean**2 / variance)
    for k in range(7):
        own, base = (events[k], people[k]) if k < 5 else (0.0, 0.0)
        posterior = stats.gamma(found.shape + own, scale=1 / (found.shape / mean + base))
        assert found.rate[k] == pytest.approx(posterior.mean())
        assert (found.low[k], found.high[k]) == pytest.approx(posterior.interval(level))


def test_rates_that_do_not_differ_are_one() -> None:
    found = pool_rates([10, 20, 30, 0], [100.0, 200.0, 300.0, 0.0])
    assert found.shape == math.inf
    assert found.rate == pytest.approx(np.full(4, 0.1))
    ends = stats.gamma(60.5).interval(0.9)  # Jeffreys' prior
    assert found.low == pytest.approx(np.full(4, ends[0] / 600))
    assert found.high == pytest.approx(np.full(4, ends[1] / 600))


def _between(rest: np.ndarray, noise: np.ndarray, lost: np.ndarray) -> float:
    """Posterior mean of the variance of a ratio; half-normal prior of 0.07 on its root, up to 0.35."""
    weights = []
    for tau in np.linspace(0, 0.35, 61):
        log = -0.5 * (tau / 0.07) ** 2
        for r, s, x in zip(rest, noise, lost, strict=True):
            variance = s + tau**2 * x**2
            log -= 0.5 * (math.log(variance) + min(r**2 / variance, 9.0))
        weights.append(log)
    weights = np.exp(np.array(weights) - max(weights))
    return float(np.average(np.linspace(0, 0.35, 61) ** 2, weights=weights))


@pytest.mark.parametrize("seed", range(4))
def test_a_pooled_ratio_is_where_its_own_weights_lead(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 7
    weight = rng.uniform(50, 200, n)
    lost = 0.6 * weight + rng.normal(0, 5, n)
    gain = 0.3 * lost + rng.normal(0, 4, n)
    gain_se, loss_se = rng.uniform(0.5, 5, n), rng.uniform(0.5, 8, n)
    if seed > 1:
        gain[2] += 90  # one that gained for another reason weighs less
    level = 0.9 if seed % 2 else 0.6
    bad = [np.nan, 5.0], [9.0, np.nan], [1.0, 1.0], [1.0, 1.0], [9.0, 9.0]
    given = [np.append(a, b) for a, b in zip((gain, lost, gain_se, loss_se, weight), bad, strict=True)]
    found = pool_ratio(*given, level=level)
    assert (found.is_known, found.n) == (True, n)
    ratio = found.value
    noise = gain_se**2 + ratio**2 * loss_se**2
    rest = gain - ratio * lost
    between = _between(rest, noise, lost)
    size = np.abs(rest) / np.sqrt(noise + between * lost**2)
    a = np.minimum(1.0, 2 / size) * weight / (noise + between * lost**2)
    assert found.between == pytest.approx(math.sqrt(between), rel=1e-3)
    assert ratio == pytest.approx(sum(a * gain) / sum(a * lost), rel=1e-4)
    se = math.sqrt(sum(a**2 * (noise + between * lost**2))) / sum(a * lost)
    assert found.se == pytest.approx(se, rel=1e-3)
    reach = stats.t(n - 1).interval(level)[1] * math.hypot(se, found.between)
    assert found.low == pytest.approx(max(0.0, ratio - reach), rel=1e-3)
    assert found.high == pytest.approx(min(1.0, ratio + reach), rel=1e-3)


@pytest.mark.parametrize(("loss", "is_known"), [(5.0, False), (5.5, True)])
def test_a_ratio_is_known_where_the_loss_is_three_errors_from_none(loss: float, is_known: bool) -> None:
    # nine units alike, each with an error of 5: the sum of the losses has one of 15, three of which are 45
    nine = np.full(9, 1.0)
    found = pool_ratio(0.2 * loss * nine, loss * nine, 0.1 * nine, 5 * nine, nine)
    assert found.is_known is is_known
    if not is_known:
        assert (found.value, found.low, found.high, found.n) == (0.5, 0.0, 1.0, 9)


@pytest.mark.parametrize(("gain", "value", "low", "high"), [(-40.0, 0.0, 0.0, None), (500.0, 1.0, None, 1.0)])
def test_a_ratio_lies_between_nothing_and_all(
    gain: float, value: float, low: float | None, high: float | None
) -> None:
    some = np.full(6, 1.0)
    found = pool_ratio(gain * some, 100 * some, some, some, some)
    assert found.value == value
    assert low is None or found.low == low
    assert high is None or found.high == high
    assert 0 <= found.low <= found.high <= 1
    drawn = found.draw(np.random.default_rng(0), 500)
    assert ((drawn >= 0) & (drawn <= 1)).all()


def test_a_ratio_that_is_not_known_is_drawn_from_all_values_alike() -> None:
    drawn = pool_ratio([1.0], [1.0], [1.0], [1.0], [1.0]).draw(np.random.default_rng(0), 4000)
    assert stats.kstest(drawn, "uniform").pvalue > 0.001


def _scaled(y: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Unit times period factors of the cells in a mask, by fitting rows and columns in turn."""
    period = np.ones(y.shape[1])
    unit = np.ones(len(y))
    for _ in range(400):
        for u in range(len(y)):
            unit[u] = y[u][mask[u]].sum() / period[mask[u]].sum()
        for t in range(y.shape[1]):
            period[t] = y[mask[:, t], t].sum() / unit[mask[:, t]].sum()
    return unit[:, None] * period[None, :]


@pytest.mark.parametrize("seed", range(2))
def test_a_pooled_effect_compares_with_cells_without_a_change_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, periods, horizon, leads = 14, 16, 4, 3
    starts = np.array([7, 7, 9, 10, 13, 20] + [-1] * 8)  # the sixth begins after the last period
    y = rng.poisson(rng.lognormal(3, 0.5, n)[:, None] * np.ones(periods)).astype(float)
    y[:5, 9:] *= 1.5
    y[2, 11] = y[12, 3] = np.nan
    found = pooled_effect(y, starts, horizon=horizon, leads=leads, draws=60)
    begun = np.where(starts < periods, starts, -1)
    seen = ~np.isnan(y)
    time = np.arange(periods)
    since = np.where(begun[:, None] >= 0, time - begun[:, None], -999)
    fitted = _scaled(y, seen & (since < 0))
    inside = seen & (since >= 0) & (since < horizon)
    assert found.ratio == pytest.approx(y[inside].sum() / fitted[inside].sum(), rel=1e-6)
    assert found.extra == pytest.approx(y[inside].sum() - fitted[inside].sum(), rel=1e-5)
    early = np.where(begun >= 0, np.maximum(begun - leads, 0), -1)
    before = _scaled(y, seen & ((begun[:, None] < 0) | (time < early[:, None])))
    for k, e in enumerate(range(-leads, horizon)):
        cells = seen & (since == e)
        path = before if e < 0 else fitted
        assert found.event_ratio[k] == pytest.approx(y[cells].sum() / path[cells].sum(), rel=1e-6)
        assert found.event_units[k] == cells.any(1).sum()
    assert (found.n_treated, found.n_never) == (5, 9)
    reach = stats.t(4).interval(0.9)[1]
    assert found.low == pytest.approx(found.ratio * math.exp(-reach * found.log_se))
    assert found.high == pytest.approx(found.ratio * math.exp(reach * found.log_se))
    assert found.p == pytest.approx(2 * stats.t(4).sf(abs(math.log(found.ratio)) / found.log_se))


def test_units_with_nothing_before_their_change_are_left_out() -> None:
    y = np.full((6, 10), 5.0)
    y[0, :4] = 0  # nothing before its change
    y[5] = 0
    panel, begun = usable(y, [4, 4, 5, -1, 10, -1])
    assert begun.tolist() == [4, 5, -1, -1]
    assert panel.tolist() == y[1:5].tolist()
    for starts in ([4, 4, -1, -1, -1, -1], [1, 2, 3, 4, 5, 6]):
        with pytest.raises(QuestionError, match="at least 2 changed and 1 unchanged"):
            usable(y, starts)
    with pytest.raises(QuestionError, match="one entry a unit"):
        usable(y, [1, 2])


def _cost(y: np.ndarray, base: np.ndarray) -> float:
    total = y.sum()
    return -total * math.log(total / base.sum()) if total else 0.0


@pytest.mark.parametrize("seed", range(8))
def test_several_changes_are_the_best_of_all_ways_to_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, least = 13, 2 + seed % 2
    y = rng.poisson(rng.choice([3.0, 12.0, 25.0], 3).repeat(5)[:n]).astype(float)
    base = rng.uniform(0.5, 2.0, n) if seed % 3 else np.ones(n)
    penalty = [1.0, 4.0, None][seed % 3]
    each = penalty
    if penalty is None:
        rate = y / base
        steps = [(b - a) ** 2 / max(a + b, 1e-12) for a, b in pairwise(rate)]
        each = 1.5 * math.log(n) * max(1.0, float(np.mean(steps)))
    best, cut = math.inf, None
    for bits in range(2 ** (n - 1)):
        splits = [0, *(k + 1 for k in range(n - 1) if bits >> k & 1), n]
        if min(np.diff(splits)) >= least:
            parts = pairwise(splits)
            cost = each * (len(splits) - 2) + sum(_cost(y[a:b], base[a:b]) for a, b in parts)
            if cost < best - 1e-9:
                best, cut = cost, splits[1:-1]
    found = change_points(y, base if seed % 3 else None, min_size=least, penalty=penalty)
    assert found == cut


def test_the_places_of_periods_without_a_record_are_kept() -> None:
    y = np.array([5.0, 6, np.nan, 5, 6, np.nan, 21, 22, 19, 21, 20])
    assert change_points(y) == [6]
    base = np.ones(11)
    base[9] = 0  # nothing is expected there: not used
    assert change_points(y, base) == [6]


@pytest.mark.parametrize("seed", range(6))
def test_levels_and_scatter_of_a_change_are_those_of_its_sides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.5, 1.5, 30)
    y = rng.negative_binomial(6, 0.3, 30) * np.where(np.arange(30) < 14, 1.0, 2.0)
    found = change_point(y, base, draws=19)
    k = found.index
    before, after = y[:k].sum() / base[:k].sum(), y[k:].sum() / base[k:].sum()
    assert (found.before, found.after, found.ratio) == pytest.approx((before, after, after / before))
    mean = base * np.where(np.arange(30) < k, before, after)
    assert found.dispersion == pytest.approx(max(1.0, ((y - mean) ** 2 / mean).sum() / 28))
    assert found.low <= k <= found.high
    assert found.is_change == (found.p < 0.05)
    assert 20 * found.p == pytest.approx(round(20 * found.p))  # one of nineteen and itself
    calmer = change_point(y, base, draws=19, level=0.5)
    assert found.low <= calmer.low <= calmer.high <= found.high


def test_a_series_that_begins_with_nothing_has_no_ratio() -> None:
    found = change_point([0.0] * 10 + [8.0, 9, 7, 8, 9, 8, 7, 9])
    assert (found.index, found.before, found.ratio) == (10, 0.0, None)


@pytest.mark.parametrize(("count", "is_large"), [(7, False), (9, True)])
def test_a_unit_of_half_an_event_a_month_can_be_a_placebo(count: int, is_large: bool) -> None:
    days = 487  # sixteen months: eight events are one every other month
    assert large_enough(np.array([float(count)]), days).tolist() == [is_large]
