"""Bursts, change points, concentration and the estimate against numbers known another way."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from atlarge.errors import QuestionError
from atlarge.explain.answer import Area, Interval
from atlarge.explain.burst import find_burst, watched
from atlarge.explain.changes import changes_in, relabelled
from atlarge.explain.concentration import Population, metro_population, per_10k, share_ratio
from atlarge.explain.data import Daily
from atlarge.explain.estimate import estimate, event_time_of, series_of, span_of
from atlarge.explain.parts import _of_like_records, limit_starts, unknown_ratio
from atlarge.explain.periods import Months, months_of
from atlarge.explain.policies import Policy, from_date

FIRST = dt.date(2015, 10, 1)
DAYS = 1432
POLICY = from_date(dt.date(2017, 2, 1), "99999", "Made County")
AREA = Area("county", "u00", "Made County")


def _world(seed: int = 0, units: int = 50, rate: float = 1.5) -> Daily:
    rng = np.random.default_rng(seed)
    level = rate * rng.uniform(0.5, 2.0, (units, 1))
    level[0] = rate
    trend = 1.0 + 0.4 * (np.arange(DAYS) > 480)
    values = rng.poisson(level * trend).astype(np.float32)
    return Daily(values, tuple(f"u{k:02d}" for k in range(units)), FIRST)


def _day(date: dt.date) -> int:
    return (date - FIRST).days


def test_an_added_burst_is_found_to_the_day() -> None:
    counts = _world()
    start = _day(dt.date(2017, 2, 9))
    counts.values[0, start : start + 4] += 15
    months = months_of(POLICY, counts.first, counts.last)
    found = find_burst(counts, "u00", months, watched(POLICY, months), np.ones(50, dtype=bool))
    assert found is not None
    assert (found.start, found.end) == (dt.date(2017, 2, 9), dt.date(2017, 2, 12))
    assert found.observed == counts.values[0, start : start + 4].sum()
    assert found.p == pytest.approx(1 / 50)  # clearer than every one of the 49 others
    assert found.expected == pytest.approx(4 * 1.5, rel=0.1)  # mean of 488 days: sd 4 %


def test_a_burst_that_comes_everywhere_does_not_stand_out() -> None:
    counts = _world(1)
    start = _day(dt.date(2017, 2, 9))
    counts.values[:, start : start + 4] *= 9
    months = months_of(POLICY, counts.first, counts.last)
    found = find_burst(counts, "u00", months, watched(POLICY, months), np.ones(50, dtype=bool))
    assert found is not None
    assert found.p > 0.2


def test_a_rise_that_lasts_is_no_burst() -> None:
    counts = _world(2)
    before = find_burst(counts, "u00", *_looked(POLICY, counts))
    later = counts.values[0, _day(dt.date(2017, 2, 1)) :]
    later += np.random.default_rng(4).poisson(5.0, len(later)).astype(np.float32)
    after = find_burst(counts, "u00", *_looked(POLICY, counts))
    assert before is not None
    assert after is not None
    # four times as many arrests every day: the clearest week against the others is what chance gives (the
    # largest of 90 overlapping weeks rarely exceeds 4), not four times a usual week (a score of 13)
    assert after.score < 4.5
    assert after.p > 0.05


def test_a_burst_between_announcement_and_first_day_is_seen() -> None:
    policy = replace(POLICY, announced=dt.date(2017, 1, 10))
    counts = _world(3)
    start = _day(dt.date(2017, 1, 16))
    counts.values[0, start : start + 2] += 15
    found = find_burst(counts, "u00", *_looked(policy, counts))
    assert found is not None
    assert (found.start, found.end) == (dt.date(2017, 1, 16), dt.date(2017, 1, 17))
    assert found.p == pytest.approx(1 / 50)


def _looked(policy: Policy, counts: Daily) -> tuple[Months, tuple[dt.date, dt.date], np.ndarray]:
    months = months_of(policy, counts.first, counts.last)
    return months, watched(policy, months), np.ones(len(counts.keys), dtype=bool)


def test_a_step_is_found_to_the_week_and_a_flat_series_has_none() -> None:
    rng = np.random.default_rng(3)
    level = np.where(np.arange(DAYS) < _day(dt.date(2016, 10, 20)), 1.7, 0.6)
    level = np.where(np.arange(DAYS) >= _day(dt.date(2017, 10, 2)), 1.7, level)
    values = rng.poisson(np.vstack([level, np.full(DAYS, 1.7)])).astype(np.float32)
    counts = Daily(values, ("jail", "flat"), FIRST)
    found = changes_in(counts, "jail")
    assert len(found) == 2
    assert abs((found[0].date - dt.date(2016, 10, 20)).days) <= 14  # two weeks of chance
    assert found[0].low <= dt.date(2016, 10, 27)
    assert found[0].after < found[0].before
    assert abs((found[1].date - dt.date(2017, 10, 2)).days) <= 14
    assert changes_in(counts, "flat") == []


def test_relabelled_handoffs_are_recognised() -> None:
    rng = np.random.default_rng(5)
    day = _day(dt.date(2016, 11, 1))
    jail = rng.poisson(np.where(np.arange(DAYS) < day, 1.7, 0.6))
    moved = rng.poisson(np.where(np.arange(DAYS) < day, 0.3, 1.4))
    apart = rng.poisson(np.full(DAYS, 0.3))
    own = Daily(np.array([jail, jail], dtype=np.float32), ("a", "b"), FIRST)
    around = Daily(np.array([moved, apart], dtype=np.float32), ("a", "b"), FIRST)
    since, until = dt.date(2016, 11, 1), dt.date(2017, 9, 25)
    assert relabelled(own, around, "a", since, until).verdict == "fits"
    assert relabelled(own, around, "b", since, until).verdict == "does not fit"


def test_the_estimate_recovers_an_added_rise_and_its_spans_add_up() -> None:
    counts = _world(7)
    days = _day(dt.date(2017, 2, 1))
    extra = np.zeros(DAYS, dtype=np.float32)
    extra[days:] = np.random.default_rng(8).poisson(1.5, DAYS - days)
    counts.values[0] += extra
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, set())
    total = found.totals["policy"]
    first, last = months.bounds(months.life)
    truth = extra[_day(first) : _day(last) + 1].sum()
    assert total.effect.low is not None
    assert total.effect.high is not None
    assert total.effect.low < truth < total.effect.high
    assert total.p == pytest.approx(1 / (total.placebos + 1))
    assert total.observed == counts.values[0, _day(first) : _day(last) + 1].sum()
    assert total.observed - total.expected == pytest.approx(total.effect.value)
    parts = found.totals["month"].observed + found.totals["rest"].observed
    assert parts == total.observed
    assert span_of(found, "policy").observed == total.observed  # type: ignore[union-attr]
    assert len(series_of(found).period) == len(event_time_of(found)) == len(months.start)


def test_places_that_changed_are_no_comparison() -> None:
    counts = _world(9)
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, {"u01", "u02"})
    assert not {"u00", "u01", "u02"} & set(found.donor_keys)


def test_zeros_no_records_and_too_few_places_are_refused() -> None:
    counts = _world(11)
    months = months_of(POLICY, counts.first, counts.last)
    with pytest.raises(QuestionError, match="no at-large arrests are recorded there"):
        estimate(counts, "nowhere", AREA, "at_large", months, set())
    with pytest.raises(QuestionError, match="only 3 units can serve"):
        estimate(counts, "u00", AREA, "at_large", months, {f"u{k:02d}" for k in range(4, 50)})
    counts.values[0] = 0
    zero = Daily(counts.values, counts.keys, FIRST)
    with pytest.raises(QuestionError, match="all values before the change are zero"):
        estimate(zero, "u00", AREA, "at_large", months, set())


def _people(estimate: float, margin: float) -> Population:
    low, high = estimate - margin, estimate + margin
    return Population("x", "unauthorized residents", 2014, estimate, low, high, True, "", frozenset())


def test_rates_by_hand() -> None:
    place, nation = _people(100_000, 15_000), _people(11_100_000, 0)
    rate = per_10k(400.0, 365, place)
    assert rate.value == pytest.approx(400 / 10 * 365.25 / 365)
    assert rate.low == pytest.approx((400 - 1.645 * 20) / 11.5 * 365.25 / 365)
    assert rate.high == pytest.approx((400 + 1.645 * 20) / 8.5 * 365.25 / 365)
    ratio = share_ratio(400.0, 40_000.0, place, nation)
    assert ratio.value == pytest.approx((400 / 40_000) / (100_000 / 11_100_000))
    wide = share_ratio(400.0, 40_000.0, place, nation, unplaced=400.0)
    assert wide.low == ratio.low
    assert wide.high == pytest.approx((800 + 1.645 * 20) / 85_000 / (40_000 / 11_100_000))


def test_the_metropolitan_estimate_with_a_margin_is_preferred() -> None:
    found = metro_population("48453", 2017)
    assert found is not None
    assert (found.estimate, found.low, found.high, found.year) == (100_000, 85_000, 115_000, 2014)
    assert {"48453", "48491", "48209"} <= found.counties
    assert metro_population("48301", 2017) is None  # Loving County lies in no metropolitan area


def test_a_rate_that_cannot_be_told_spans_none_to_its_cap() -> None:
    ratio = unknown_ratio(7, 0.4)
    drawn = ratio.draw(np.random.default_rng(0), 4000)
    assert not ratio.is_known
    assert drawn.min() >= 0
    assert drawn.max() <= 0.4
    assert drawn.mean() == pytest.approx(ratio.value, abs=0.01)  # standard error 0.002


def test_starts_are_those_of_the_registry() -> None:
    months = [dt.date(2015 + k // 12, k % 12 + 1, 1) for k in range(9, 56)]
    starts = limit_starts(("48453+AUS", "37119", "48301", "06067+SAC"), months)
    assert months[starts[0]] == dt.date(2017, 2, 1)
    assert months[starts[1]] == dt.date(2019, 1, 1)  # 5 December 2018: the next whole month
    assert starts[2] == -1
    assert months[starts[3]] == dt.date(2018, 1, 1)  # a state law; a housing contract does not count


def test_an_interval_that_cannot_be_told_prints_as_nulls() -> None:
    assert Interval(None).to_dict() == {"value": None, "low": None, "high": None}


def test_the_pooled_estimate_finds_a_made_rise_and_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places of the registry get 1.5 times the arrests and half the handoffs from their own month on."""
    from atlarge.explain import together as module

    keys = tuple(f"{k:05d}" for k in range(1, 61))
    rng = np.random.default_rng(2)
    months = [dt.date(2015 + (9 + k) // 12, (9 + k) % 12 + 1, 1) for k in range(47)]
    chosen = {key: months[12 + 2 * k] for k, key in enumerate(keys[:12])}
    factor = {"at_large": 1.5, "handoffs": 0.5}
    counts = {}
    for measure, change in factor.items():
        rate = np.full((60, DAYS), 1.0)
        for k, key in enumerate(keys[:12]):
            rate[k, _day(chosen[key]) :] *= change
        counts[measure] = Daily(rng.poisson(rate).astype(np.float32), keys, FIRST)
    empty = {m: Daily(np.zeros((1, DAYS), dtype=np.float32), ("ZZZ",), FIRST) for m in counts}
    monkeypatch.setattr(module, "daily", lambda _s, by, *_: counts if by == "county" else empty)
    starts = np.array([months.index(chosen[key]) if key in chosen else -1 for key in keys])
    clean = starts < 0
    monkeypatch.setattr(module, "registry_starts", lambda *_: (starts, clean, {k: f"made-{k}" for k in keys}))
    found = module.pooled(direction="limits")
    for measure, change in factor.items():
        ratio = found[measure]["ratio"]
        assert ratio["low"] < change < ratio["high"]
        assert ratio["value"] == pytest.approx(change, rel=0.08)  # some 3,000 counts: 2 standard errors
    assert len(found["localities"]) == 12


def test_registry_starts_of_the_pooled_estimate() -> None:
    from atlarge.explain.together import registry_starts

    months = [dt.date(2015 + (9 + k) // 12, (9 + k) % 12 + 1, 1) for k in range(47)]
    keys = ("37119", "06067+SAC", "36103", "01001")
    _, clean, ids = registry_starts(keys, months, "limits")
    assert ids == {
        "37119": "mecklenburg-nc-2018",
        "06067+SAC": "california-sb54-2018",
        "36103": "suffolk-ny-2018",
    }
    assert clean.tolist() == [False, False, False, True]
    local, _, _ = registry_starts(keys, months, "limits", ("county",))
    assert (local >= 0).tolist() == [True, False, True, False]


def test_counties_under_one_law_are_one_witness() -> None:
    from atlarge.explain.together import by_decision

    y = np.arange(12.0).reshape(4, 3)
    total, begun = by_decision(y, np.array([2, 2, 1, -1]), ["law", "law", "sheriff", "quiet"])
    np.testing.assert_array_equal(total, [y[0] + y[1], y[2], y[3]])
    assert begun.tolist() == [2, 1, -1]


def test_the_rate_is_learnt_from_places_recorded_alike_where_there_are_enough() -> None:
    keys = ("a+OFF", *(f"o{k}+X" for k in range(5)), *(f"c{k}" for k in range(6)))
    starts = np.array([30, *[20] * 5, *[10] * 6])
    with_office = _of_like_records(keys, 0, starts)
    assert (with_office[1:6] == 20).all()
    assert (with_office[6:] == -1).all()
    alone = _of_like_records(keys, 6, starts)  # five counties alone besides itself
    assert (alone[:6] == -1).all()
    few = np.where(np.arange(12) == 1, -1, starts)  # only four with an office area are left
    assert (_of_like_records(keys, 0, few) == few).all()
