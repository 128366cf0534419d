"""Made panels: moments as the parameters say, seeds that repeat, identities that hold exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.simulate import Population, World, draw_world, draw_worlds


def test_same_seed_same_world_whatever_the_threads() -> None:
    world = World(places=30, weeks=60, policies=5, retaliation_share=0.5, missing_share=0.1)
    one = [d.at_large for d in draw_worlds(world, 4, 9, threads=1)]
    two = [d.at_large for d in draw_worlds(world, 4, 9, threads=3)]
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one[0], one[1])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    general=st.sampled_from([0.0, 0.3]),
    relabel=st.sampled_from([0.0, 1.0]),
    drift=st.sampled_from([0, 10]),
)
def test_identities(seed: int, general: float, relabel: float, drift: int) -> None:
    world = World(
        places=20, weeks=50, policies=6, retaliation_share=0.5, general_area_share=general,
        relabel_share=relabel, drift_weeks=drift, drift_share=0.5,
    )  # fmt: skip
    d = draw_world(world, seed)
    truth = d.at_large_base + d.substituted + d.burst
    np.testing.assert_array_equal(d.at_large + d.general_at_large, truth)
    np.testing.assert_array_equal(d.handoffs + d.general_handoffs, d.handoffs_true)
    assert (d.declined <= d.detainers - d.handoffs_true).all()
    never = d.effective < 0
    assert not d.lost[never].any()
    assert not d.substituted[never].any()
    assert not d.burst[never].any()
    for i in np.flatnonzero(~never):
        assert not d.lost[i, : max(0, d.effective[i] - drift)].any()
        assert not d.burst[i, : d.announced[i] + world.retaliation_delay_weeks].any()
        delay = world.substitution_delay_weeks
        # nobody is arrested in place of a handoff that was not lost the delay before
        assert (d.substituted[i, delay:] <= d.lost[i, :-delay]).all()


def test_means_are_those_of_the_parameters() -> None:
    world = World(
        places=400, weeks=100, policies=0, rate_sigma=0.0, trend_step=0.0, trend_sigma=0.0, area_sigma=0.0,
        place_sigma=0.0, season=0.0, trend_loading_sigma=0.0, overdispersion=0.1,
    )  # fmt: skip
    people = Population(np.full(400, 100_000.0), np.zeros(400, dtype=np.int64))
    d = draw_world(world, 1, population=people)
    # 40,000 cells of mean 7 and variance 7 + 0.1 x 49 = 11.9: standard error of the mean 0.017
    assert d.at_large_base.mean() == pytest.approx(7.0, abs=0.07)
    assert d.at_large_base.var() == pytest.approx(11.9, rel=0.05)
    # bookings 4 per 10,000, detainers 40% of them, 70% of those honored
    assert d.detainers.mean() == pytest.approx(16.0, rel=0.01)
    assert d.handoffs_true.mean() == pytest.approx(11.2, rel=0.01)
    # half of those not honored are recorded as declined
    assert d.declined.mean() == pytest.approx(2.4, rel=0.02)


def test_policy_cuts_honored_share_and_substitution_follows() -> None:
    world = World(places=300, weeks=200, policies=300, substitution_sigma=0.0, substitution_rate=0.25)
    d = draw_world(world, 2)
    after = np.arange(200)[None, :] >= d.effective[:, None]
    assert d.handoffs_true[after].sum() / d.detainers[after].sum() == pytest.approx(0.15, abs=0.01)
    assert d.handoffs_true[~after].sum() / d.detainers[~after].sum() == pytest.approx(0.7, abs=0.01)
    seen = d.lost[:, : 200 - world.substitution_delay_weeks].sum()
    assert d.substituted.sum() / seen == pytest.approx(0.25, abs=0.01)


def test_burst_has_its_size_and_decay() -> None:
    world = World(
        places=200, weeks=80, policies=200, retaliation_share=1.0, retaliation_size=8.0,
        retaliation_decay=0.5, rate_sigma=0.0,
    )  # fmt: skip
    d = draw_world(world, 3)
    usual = world.at_large_per_10k * d.unauthorized / 10_000
    first = d.burst[np.arange(200), d.burst_week].sum()
    second = d.burst[np.arange(200), d.burst_week + 1].sum()
    assert first == pytest.approx(8 * usual.sum(), rel=0.05)
    assert second == pytest.approx(first / 2, rel=0.1)


def test_concentration_is_an_elasticity() -> None:
    flat = World(places=2000, weeks=20, policies=0, rate_sigma=0.0, concentration=0.0, unauthorized_sigma=1.0)
    d = draw_world(flat, 4)
    # with elasticity 0 the rate does not go with the population at all
    assert np.corrcoef(np.log(d.unauthorized), d.at_large_base.mean(1))[0, 1] == pytest.approx(0, abs=0.08)
    d = draw_world(flat.but(concentration=1.5), 4)
    big = d.at_large_base.mean(1) > 1
    slope = np.polyfit(np.log(d.unauthorized[big]), np.log(d.at_large_base.mean(1)[big]), 1)[0]
    assert slope == pytest.approx(1.5, abs=0.15)


def test_missing_months_are_missing_and_not_zero() -> None:
    d = draw_world(World(places=100, weeks=80, missing_share=0.2), 5)
    hidden = np.isnan(d.at_large)
    assert hidden.mean() == pytest.approx(0.2, abs=0.03)
    np.testing.assert_array_equal(hidden, np.isnan(d.handoffs))
    # whole blocks of four weeks
    assert set(hidden.reshape(100, 20, 4).sum(2).ravel()) <= {0, 4}


def test_reporting_delay_takes_from_the_last_weeks() -> None:
    d = draw_world(World(places=300, weeks=100, policies=0, reporting_delay_weeks=3.0), 6)
    share = d.at_large.sum(0) / np.maximum(d.at_large_base.sum(0), 1)
    assert share[:80].min() > 0.98
    # after one week of delay 3: 1 - exp(-1/3) = 0.283
    assert share[-1] == pytest.approx(0.283, abs=0.04)


def test_drift_begins_before_the_policy() -> None:
    world = World(places=200, weeks=120, policies=200, drift_weeks=20, drift_share=0.8)
    d = draw_world(world, 7)
    rows = np.arange(200)
    late = sum(d.lost[rows, d.effective - k].sum() for k in range(1, 6))
    early = sum(d.lost[rows, d.effective - k].sum() for k in range(15, 20))
    assert late > 2 * early > 0
