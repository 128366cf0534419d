"""The scan against worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from atlarge.surveillance.clusters import scan_clusters
from atlarge.surveillance.fdr import benjamini_hochberg
from atlarge.surveillance.scan import WEEKS, scan
from atlarge.surveillance.weekly import weeks_by_days

from .worlds import World, null_world, world_with_bursts


def _scan(world: World, **more: object):  # type: ignore[no-untyped-def]
    return scan(world.counts, cycle=world.cycle, classes=world.classes, **more)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(("mean", "phi"), [(0.3, 1.0), (1.0, 2.0), (5.0, 2.0), (5.0, 4.0), (30.0, 4.0)])
def test_false_alarms_come_at_their_nominal_rate(mean: float, phi: float) -> None:
    """Season, weekdays, holidays, overdispersion and no burst: within 20% of nominal.

    30 series x 4 years hold some 2,000 independent stretches beyond p = 0.05, so that chance moves the rate
    by about 3%.
    """
    found = _scan(null_world(30, 1461, mean=mean, phi=phi, seed=5))
    p = found.p[np.isfinite(found.p)]
    for level in (0.1, 0.05):
        assert 0.8 <= (p <= level).mean() / level <= 1.2
    assert (found.bursts.q <= 0.05).sum() <= 2


def test_bursts_are_found_where_they_are() -> None:
    """Bursts of three times the usual weekday are found, and their days are named."""
    world = world_with_bursts(8, 1096, mean=5.0, phi=2.0, times_usual=3.0, seed=2)
    found = _scan(world).bursts
    listed = found.q <= 0.05
    spans = list(zip(found.series[listed], found.start[listed], found.end[listed], strict=True))
    covered = []
    for series, first, last, _ in world.bursts:
        days = {d for s, a, b in spans if s == series for d in range(a, b + 1)}
        covered.append(len(days & set(range(first, last + 1))) / (last - first + 1))
    assert np.mean([share > 0 for share in covered]) >= 0.95
    assert np.mean(covered) >= 0.85


@pytest.mark.slow
def test_false_discoveries_are_controlled_by_date_and_by_burst() -> None:
    """q over places and dates, and q over bursts, each against its own truth.

    The slack over 0.05: p is calibrated within 20%, and false dates come in clumps of up to 14, so that
    chance moves the share by about 0.01; and with a strong burst every two months, bursts lie in each other's
    baselines.
    """
    world = world_with_bursts(50, 1096, mean=5.0, phi=2.0, times_usual=3.0, seed=2)
    found = _scan(world)
    near_burst = np.zeros(world.counts.shape, dtype=bool)
    touches = np.zeros(world.counts.shape, dtype=bool)
    for series, first, last, _ in world.bursts:
        near_burst[series, max(first - 13, 0) : last + 1] = True
        touches[series, first : last + 1] = True
    q = benjamini_hochberg(found.p)
    assert (~near_burst)[q <= 0.05].mean() <= 0.08
    bursts = found.bursts
    listed = np.nonzero(bursts.q_burst <= 0.05)[0]
    true = [touches[bursts.series[i], bursts.start[i] : bursts.end[i] + 1].any() for i in listed]
    assert listed.size > 250
    assert 1.0 - np.mean(true) <= 0.1


def test_strong_bursts_outrank_weak_ones() -> None:
    world = null_world(3, 800, mean=4.0, phi=1.5, seed=1)
    world.counts[0, 400:403] += 15
    world.counts[1, 300:303] += 40
    found = _scan(world).bursts
    assert found.series[:2].tolist() == [1, 0]
    assert (found.start[0], found.end[0]) == (300, 302)
    assert found.observed[0] == world.counts[1, 300:303].sum()
    assert found.excess_low[0] < found.observed[0] - found.expected[0] < found.excess_high[0]
    assert found.observed[0] > found.threshold[0] > found.expected[0]


def test_a_burst_does_not_raise_its_own_yardstick() -> None:
    """The expectation inside a burst is what it would be without the burst."""
    world = null_world(1, 800, mean=6.0, phi=1.0, seed=3)
    quiet = _scan(world).baseline.expected[0, 500:505]
    world.counts[0, 500:505] += 200
    loud = _scan(world).baseline.expected[0, 500:505]
    np.testing.assert_allclose(loud, quiet, rtol=0.02)


def test_a_quiet_weekend_makes_no_alarm_of_one_event() -> None:
    """Where weekends hold next to nothing, a single weekend event is no surge."""
    world = null_world(1, 800, mean=6.0, phi=1.0, seed=4)
    world.counts[0, world.cycle >= 5] = 0
    saturday = int(np.nonzero(world.cycle == 5)[0][60])
    world.counts[0, saturday] = 1
    found = _scan(world)
    listed = found.bursts.q <= 0.05
    assert not ((found.bursts.start[listed] <= saturday) & (found.bursts.end[listed] >= saturday)).any()


def test_weeks_find_what_days_find() -> None:
    """Three strong days are found by week too, as the whole week that holds them."""
    world = null_world(6, 1096, mean=4.0, phi=2.0, seed=6)
    tuesday = int(np.nonzero(world.cycle == 1)[0][80])
    world.counts[2, tuesday : tuesday + 3] += 12
    counts, mondays = world.weeks()
    weekly = scan(counts, settings=WEEKS)
    joint = weeks_by_days(counts, weekly, mondays, _scan(world), world.days)
    assert joint.bursts.series[0] == 2
    assert mondays[joint.bursts.start[0]] == world.days[tuesday - 1]
    assert joint.bursts.observed[0] == world.counts[2, tuesday - 1 : tuesday + 6].sum()
    assert joint.bursts.q[0] <= 0.05


@pytest.mark.slow
def test_neighbours_together_show_what_none_shows_alone() -> None:
    world = null_world(6, 1096, mean=1.5, phi=1.2, seed=8)
    wednesday = int(np.nonzero(world.cycle == 2)[0][90])
    for series in (0, 1, 2):
        world.counts[series, wednesday : wednesday + 3] += 4
    alone = _scan(world).bursts
    found, took_part = scan_clusters(
        world.counts, [[0, 1, 2], [3, 4, 5]], cycle=world.cycle, classes=world.classes
    )
    assert found.bursts.series[0] == 0
    assert sorted(took_part[0]) == [0, 1, 2]
    assert found.bursts.p[0] < 0.01 * alone.p.min()


def test_only_the_time_in_question_is_tested_and_corrected_for() -> None:
    world = null_world(2, 800, mean=5.0, phi=1.0, seed=9)
    tested = np.zeros(800, dtype=bool)
    tested[300:330] = True
    found = _scan(world, tested=tested)
    assert found.n_tests == 60
    assert np.isfinite(found.p).sum(axis=1).tolist() == [30, 30]


def test_days_not_observed_are_neither_zero_nor_tested() -> None:
    world = null_world(1, 800, mean=5.0, phi=1.0, seed=10)
    whole = _scan(world).baseline.expected
    world.counts[0, 400:410] = np.nan
    found = _scan(world)
    assert np.isnan(found.p[0, 400:410]).all()
    np.testing.assert_allclose(found.baseline.expected[0, 430:440], whole[0, 430:440], rtol=0.15)


def test_the_same_input_gives_the_same_answer() -> None:
    world = world_with_bursts(4, 500, mean=3.0, phi=2.0, times_usual=3.0, seed=4, each=2)
    one, two = _scan(world), _scan(world)
    assert np.array_equal(one.p, two.p, equal_nan=True)
    assert np.array_equal(one.bursts.q, two.bursts.q)


@pytest.mark.parametrize("seed", range(12))
def test_a_scan_for_wanted_bursts_misses_none_of_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = rng.poisson(rng.uniform(0.05, 4.0), (2, 400)).astype(float)
    at = int(rng.integers(60, 300))
    days[0, at : at + 3] += rng.poisson(rng.choice([0.0, 1.5, 3.0, 6.0]) * days.mean() ** 0.5, 3)
    tested = np.arange(400) >= 50
    every, wanted = scan(days, tested=tested), scan(days, tested=tested, wanted=0.05)
    kept = every.bursts.q <= 0.05
    assert (wanted.bursts.q <= 0.05).sum() == kept.sum()
    if kept.any():
        assert np.array_equal(wanted.bursts.start, every.bursts.start)
        assert np.array_equal(wanted.p, every.p, equal_nan=True)
    else:  # a bound where none was simulated, the same where it was
        assert np.array_equal(np.isfinite(wanted.p), np.isfinite(every.p))
        assert (wanted.p <= every.p)[np.isfinite(every.p)].all()
