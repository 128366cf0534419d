"""Pooled effects: exact without noise, equal to a Poisson regression, and in step with two other
libraries."""

from __future__ import annotations

import numpy as np
import pytest

from atlarge.effects import pool_estimates, pool_rates, pool_ratio, pooled_effect
from atlarge.effects.crosscheck import honest_bounds
from atlarge.errors import QuestionError

pytestmark = pytest.mark.slow_file


def _staggered(seed: int, ratio: float, noise: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n, periods = 60, 28
    starts = np.full(n, -1)
    starts[:12] = np.repeat([10, 14, 18], 4)
    mean = rng.lognormal(3, 0.5, n)[:, None] * np.exp(0.2 * np.sin(np.arange(periods)))
    mean = mean * np.where((starts[:, None] >= 0) & (np.arange(periods) >= starts[:, None]), ratio, 1.0)
    return (rng.poisson(mean).astype(float) if noise else mean), starts


def test_exact_without_noise() -> None:
    y, starts = _staggered(0, 1.3, noise=False)
    got = pooled_effect(y, starts, draws=50)
    assert got.ratio == pytest.approx(1.3, rel=1e-8)
    assert got.event_ratio == pytest.approx(np.where(got.event_time >= 0, 1.3, 1.0), rel=1e-8)
    inside = (np.arange(28) - starts[:, None] >= 0) & (np.arange(28) - starts[:, None] < 12)
    inside &= starts[:, None] >= 0
    assert got.extra == pytest.approx(float((y * inside).sum()) * (0.3 / 1.3), rel=1e-8)


def test_growing_effects_do_no_harm() -> None:
    # a two-way regression goes wrong here: units changed earlier serve as comparison while their effect grows
    y, starts = _staggered(1, 1.0, noise=False)
    since = np.where(starts[:, None] >= 0, np.arange(28) - starts[:, None], -1)
    y = y * np.where(since >= 0, 1 + 0.1 * since, 1.0)
    got = pooled_effect(y, starts, horizon=8, draws=50)
    post = got.event_time >= 0
    assert got.event_ratio[post] == pytest.approx(1 + 0.1 * got.event_time[post], rel=1e-8)


def test_one_cohort_equals_poisson_regression() -> None:
    # with one cohort and all its later periods counted, imputation and two-way Poisson have the same estimate
    y, starts = _staggered(2, 1.2)
    starts = np.where(starts >= 0, 14, -1)
    own = pooled_effect(y, starts, horizon=14, draws=300)
    peer = pooled_effect(y, starts, horizon=14, method="poisson")
    assert own.ratio == pytest.approx(peer.ratio, rel=1e-5)
    # bootstrap against clustered standard error, twelve changed units: the same size, not the same number
    assert own.log_se == pytest.approx(peer.log_se, rel=0.35)


def test_callaway_and_imputation_agree() -> None:
    y, starts = _staggered(3, 1.25)
    own, peer = pooled_effect(y, starts), pooled_effect(y, starts, method="callaway")
    assert own.low <= 1.25 <= own.high
    assert peer.low <= 1.25 <= peer.high
    assert own.ratio == pytest.approx(peer.ratio, abs=3 * peer.log_se)
    assert own.event_time.tolist() == peer.event_time.tolist() == list(range(-6, 12))
    # the reference period is 1 without an error, every other has one
    is_reference = peer.event_time == -1
    assert peer.event_ratio[is_reference] == pytest.approx(1.0)
    widths = peer.event_high - peer.event_low
    assert widths[is_reference] == pytest.approx(0.0)
    assert (widths[~is_reference] > 0).all()


def test_honest_bounds_widen_with_m() -> None:
    y, starts = _staggered(4, 2.0)
    got = honest_bounds(y, starts, m=[0.0, 1.0, 2.0])
    assert (np.diff(got.high - got.low) > 0).all()
    assert got.low[0] > 1
    flat = honest_bounds(*_staggered(4, 1.0), m=[0.0, 1.0])
    assert flat.breakdown_m == 0.0


def test_intervals_cover() -> None:
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y, starts = _staggered(seed, 1.0)
        y = rng.poisson(y * np.exp(np.cumsum(rng.normal(0, 0.04, y.shape), axis=1))).astype(float)
        got = pooled_effect(y, starts, draws=150)
        inside += got.low <= 1.0 <= got.high
    assert inside >= 47  # 90% of 60 is 54, standard error 2.3: three of them


def test_missing_cells_are_not_zeros() -> None:
    y, starts = _staggered(0, 1.3, noise=False)
    y[0, 3] = y[2, 20] = y[40, 9] = np.nan
    assert pooled_effect(y, starts, draws=20).ratio == pytest.approx(1.3, rel=1e-8)


def test_too_few_units_are_refused() -> None:
    y, starts = _staggered(0, 1.0)
    with pytest.raises(QuestionError, match="1 changed and 48 unchanged"):
        pooled_effect(y[11:], starts[11:])


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyfixest", None)
    monkeypatch.setitem(sys.modules, "diff_diff", None)
    y, starts = _staggered(0, 1.0)
    for method in ("poisson", "callaway"):
        with pytest.raises(QuestionError, match=r"the extra `effects`.*atlarge\[effects\]"):
            pooled_effect(y, starts, method=method)


def test_random_effects_by_hand() -> None:
    # estimates 1, 3, 5 with standard error 1: Q = 8, tau^2 = (8 - 2) / 2 = 3, mean 3
    got = pool_estimates([1.0, 3.0, 5.0], [1.0, 1.0, 1.0])
    assert got.mean == pytest.approx(3.0)
    assert got.between == pytest.approx(np.sqrt(3.0))
    # each is pulled a quarter of the way: keep = 3 / (3 + 1)
    assert got.shrunk == pytest.approx([1.5, 3.0, 4.5])


def test_alike_units_are_pooled_wholly() -> None:
    got = pool_estimates([2.0, 2.1, 1.9], [1.0, 1.0, 1.0])
    assert got.between == 0
    assert got.shrunk == pytest.approx(np.full(3, 2.0))


def test_rates_shrink_small_units_most() -> None:
    events, people = np.array([0, 2, 500, 900]), np.array([10.0, 10.0, 5000.0, 5000.0])
    got = pool_rates(events, people)
    raw = events / people
    pull = np.abs(got.rate - raw)
    assert pull[:2].min() > pull[2:].max()
    assert ((got.low <= got.rate) & (got.rate <= got.high)).all()


def test_pooled_ratio_finds_the_truth_despite_noise() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    values = []
    for _ in range(200):
        level = rng.uniform(50, 300, 15)
        true_loss = 0.7 * level
        share = rng.beta(9, 27, 15)  # mean 0.25
        gain = share * true_loss + rng.normal(0, 15, 15)
        loss = true_loss + rng.normal(0, 20, 15)
        got = pool_ratio(gain, loss, np.full(15, 15.0), np.full(15, 20.0), level)
        values.append(got.value)
        new = rng.beta(9, 27)
        covered += got.low <= new <= got.high
    assert np.mean(values) == pytest.approx(0.25, abs=0.01)
    assert covered / 200 >= 0.84


def test_a_ratio_from_too_few_is_marked_as_not_known() -> None:
    got = pool_ratio([5.0, 6.0], [10.0, 12.0], [1.0, 1.0], [1.0, 1.0], [20.0, 20.0])
    assert not got.is_known
    assert (got.low, got.high) == (0.0, 1.0)
