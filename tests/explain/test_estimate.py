"""The estimate of a place, its comparison places, spans and parts, against sums by hand and other engines."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hand_facts import steady_study

from atlarge.effects import counterfactual, minimum_detectable_effect
from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.explain.daily import Daily
from atlarge.explain.decomposition import _of_like_records, donors_of, parts_from, unknown_ratio
from atlarge.explain.estimate import (
    estimate,
    event_time_of,
    of_like_size,
    placebos_of,
    series_of,
    span_of,
)
from atlarge.explain.periods import months_of
from atlarge.policies import from_date

FIRST = dt.date(2015, 10, 1)
DAYS = 1432
POLICY = from_date(dt.date(2017, 2, 1), "99999", "Example County")
AREA = Area("county", "u00", "Example County")


def _drawn(seed: int = 0, units: int = 50, rate: float = 1.5) -> Daily:
    rng = np.random.default_rng(seed)
    level = rate * rng.uniform(0.5, 2.0, (units, 1))
    level[0] = rate
    trend = 1.0 + 0.4 * (np.arange(DAYS) > 480)
    values = rng.poisson(level * trend).astype(np.float32)
    return Daily(values, tuple(f"u{k:02d}" for k in range(units)), FIRST)


def _day(date: dt.date) -> int:
    return (date - FIRST).days


def test_the_estimate_recovers_an_added_rise_and_its_spans_add_up() -> None:
    counts = _drawn(7)
    days = _day(dt.date(2017, 2, 1))
    extra = np.zeros(DAYS, dtype=np.float32)
    extra[days:] = np.random.default_rng(8).poisson(1.5, DAYS - days)
    counts.values[0] += extra
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, set())
    total = found.totals["policy"]
    first, last = months.bounds(months.in_force)
    truth = extra[_day(first) : _day(last) + 1].sum()
    assert total.effect.low is not None
    assert total.effect.high is not None
    assert total.effect.low < truth < total.effect.high
    assert total.p <= 0.05
    assert total.p_high <= 0.02
    assert total.observed == counts.values[0, _day(first) : _day(last) + 1].sum()
    assert total.observed - total.expected == pytest.approx(total.effect.value)
    parts = found.totals["month"].observed + found.totals["rest"].observed
    assert parts == total.observed
    assert span_of(found, "policy").observed == total.observed  # type: ignore[union-attr]
    assert len(series_of(found).period) == len(months.start)
    assert len(event_time_of(found)) == np.isfinite(found.fitted).sum() >= len(months.start) - 6


def test_places_that_changed_are_no_comparison() -> None:
    counts = _drawn(9)
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, {"u01", "u02"})
    assert not {"u00", "u01", "u02"} & set(found.donor_keys)


def test_zeros_no_records_and_too_few_places_are_refused() -> None:
    counts = _drawn(11)
    months = months_of(POLICY, counts.first, counts.last)
    with pytest.raises(QuestionError, match="no at-large arrests are recorded there"):
        estimate(counts, "nowhere", AREA, "at_large", months, set())
    with pytest.raises(QuestionError, match="comparison units; at least 30 totals of 5 units"):
        estimate(counts, "u00", AREA, "at_large", months, {f"u{k:02d}" for k in range(4, 50)})
    counts.values[0] = 0
    zero = Daily(counts.values, counts.keys, FIRST)
    with pytest.raises(QuestionError, match="all values before the change are zero"):
        estimate(zero, "u00", AREA, "at_large", months, set())


def test_a_rate_that_is_not_known_spans_none_to_its_cap() -> None:
    ratio = unknown_ratio(7, 0.4)
    drawn = ratio.draw(np.random.default_rng(0), 4000)
    assert not ratio.is_known
    assert drawn.min() >= 0
    assert drawn.max() <= 0.4
    assert drawn.mean() == pytest.approx(ratio.value, abs=0.01)  # standard error 0.002


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


def _sizes(target: float, others: dict[float, int], months: int = 8) -> np.ndarray:
    """Constant monthly counts: the target's, then so many units of each level."""
    levels = [target, *(level for level, count in others.items() for _ in range(count))]
    return np.tile(np.array(levels)[:, None], (1, months))


def test_comparison_units_have_a_record_a_month_and_a_quarter_of_the_size() -> None:
    pre = _sizes(20.0, {5.0: 30, 30.0: 10, 4.9: 5})
    chosen = of_like_size([pre], 0, np.ones(46, dtype=bool))
    assert chosen.tolist() == [False, *[True] * 40, *[False] * 5]
    # below forty of like size, the forty that come nearest
    pre = _sizes(20.0, {5.0: 20, 2.0: 10, 4.0: 15, 1.0: 5, 0.9: 9})
    chosen = of_like_size([pre], 0, np.ones(60, dtype=bool))
    assert chosen.tolist() == [False, *[True] * 20, *[True] * 5, *[False] * 5, *[True] * 15, *[False] * 14]
    few = of_like_size([_sizes(2.0, {1.0: 3, 0.9: 9})], 0, np.ones(13, dtype=bool))
    assert few.tolist()[1:] == [True] * 3 + [False] * 9
    banned = np.ones(13, dtype=bool)
    banned[1] = False
    assert of_like_size([_sizes(2.0, {1.0: 3, 0.9: 9})], 0, banned).tolist()[1:4] == [False, True, True]


def test_of_two_measures_the_smaller_size_counts_and_gaps_leave_a_unit_out() -> None:
    one = _sizes(20.0, {20.0: 45})
    two = _sizes(40.0, {10.0: 44, 9.9: 1})
    one[3, 2] = np.nan
    chosen = of_like_size([one, two], 0, np.ones(46, dtype=bool))
    assert np.flatnonzero(~chosen).tolist() == [0, 3, 45]
    # a target below one record a month is taken for one
    small = _sizes(0.1, {1.0: 41})
    assert of_like_size([small], 0, np.ones(42, dtype=bool)).sum() == 41


def test_of_many_comparison_places_sixty_at_most_are_shown_evenly() -> None:
    counts = _drawn(13, units=60)
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, set())
    for many, wanted in [(59, 59), (60, 60), (61, 31), (120, 60), (121, 41)]:
        keys = tuple(f"k{k}" for k in range(many))
        gaps = np.arange(many + 1.0)[:, None] * np.ones(3)
        shown = placebos_of(replace(found, grid=None, donor_keys=keys, fixed_gaps=gaps), {"k0": "First"})
        assert len(shown) == wanted
        step = -(-many // 60)
        assert [p.place for p in shown] == [f"k{k}" for k in range(0, many, step)]
        assert [p.gap for p in shown] == [[k + 1.0] * 3 for k in range(0, many, step)]  # row 0 is the target
        assert (shown[0].place_name, shown[-1].place_name) == ("First", shown[-1].place)


def test_a_chart_has_gaps_and_bands_of_each_month() -> None:
    counts = _drawn(14)
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, set())
    size = len(months.start)
    drawn = replace(
        found, grid=None, observed=np.full(size, 9.0), fitted=np.full(size, 6.0),
        fixed_band=(np.full(size, 2.0), np.full(size, 13.0)),
    )  # fmt: skip
    drawn.observed[2] = np.nan
    points = event_time_of(drawn)
    assert len(points) == size - 1
    assert [p.month for p in points] == [m for k, m in enumerate(months.offset) if k != 2]
    assert {(p.effect.value, p.effect.low, p.effect.high) for p in points} == {(3.0, -4.0, 7.0)}
    series = series_of(drawn)
    assert (series.observed[1], series.observed[2]) == (9.0, None)
    assert (series.counterfactual[0], series.low[0], series.high[0]) == (6.0, 2.0, 13.0)
    assert (series.unit, series.days) == ("arrests", months.days)
    assert span_of(replace(found, totals={}), "month") is None
    whole = span_of(found, "policy", 0.5)
    assert whole is not None
    assert (whole.start, whole.end) == months.bounds(months.in_force)
    assert (whole.placebos, whole.burst_share) == (found.totals["policy"].placebos, 0.5)
    assert whole.p_placebo == found.totals["policy"].p


def test_weights_are_those_above_a_hundredth_the_largest_first() -> None:
    counts = _drawn(7)
    months = months_of(POLICY, counts.first, counts.last)
    weights = estimate(counts, "u00", AREA, "at_large", months, set(), method="ascm").weights
    sizes = [w for _, w in weights]
    assert 1 <= len(sizes) <= 8
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= 0.01


def test_the_parts_of_a_place_add_up_over_its_past_by_days() -> None:
    counts, lost = _drawn(16), _drawn(17)
    months = months_of(replace(POLICY, ended=dt.date(2017, 9, 25)), FIRST, dt.date(2019, 9, 1))
    day = _day(dt.date(2017, 2, 1))
    lost.values[0, day:] = 0
    known = unknown_ratio(9, 0.5)
    main, path = (
        estimate(series, "u00", AREA, measure, months, set())
        for series, measure in ((counts, "at_large"), (lost, "handoffs"))
    )
    found = parts_from(replace(steady_study(), around=None), main, path, known)
    before = counts.values[0, : _day(dt.date(2017, 2, 1))]
    days = (dt.date(2017, 9, 25) - dt.date(2017, 2, 1)).days
    assert found.baseline == pytest.approx(before.sum() / len(before) * days)
    seen = counts.values[0, day : day + days].sum()
    parts = [found.trend.value, found.substitution.value, found.residual.value]
    assert found.baseline + sum(v for v in parts if v is not None) == pytest.approx(seen)
    assert found.effect.value == pytest.approx(sum(v for v in parts[1:] if v is not None))
    assert found.trend.low is not None
    assert found.trend.high is not None
    assert found.trend.low <= found.trend.value <= found.trend.high  # type: ignore[operator]
    # 1.5 a day, and two fifths more from January 2017 on, for 236 days
    assert found.loss.value == pytest.approx(1.5 * 1.4 * days, rel=0.15)
    assert found.elsewhere is None
    assert found.ratio is known
    keys = counts.keys
    donors = donors_of([counts.binned(months)], 0, keys, months, {"u03"})
    assert not donors[[0, 3]].any()


def test_an_effect_is_never_above_what_was_observed() -> None:
    """None were arrested where some thirty were expected: the effect is below zero whatever chance gives."""
    counts = _drawn(21, rate=1.0)
    counts.values[0, _day(dt.date(2017, 2, 1)) :] = 0
    months = months_of(replace(POLICY, ended=dt.date(2017, 4, 1)), FIRST, dt.date(2019, 9, 1))
    found = estimate(counts, "u00", AREA, "at_large", months, set())
    assert list(found.totals) == ["month", "quarter", "rest", "policy"]
    for total in found.totals.values():
        assert total.observed == 0
        assert total.effect.value == pytest.approx(-total.expected)
        assert total.effect.low is not None
        assert total.effect.low < total.effect.value < total.effect.high <= 0  # type: ignore[operator]
        assert total.counterfactual.low is not None
        assert total.counterfactual.low >= 0
        assert total.p <= 0.05  # two-sided: as clear as can be
        assert total.p_high == pytest.approx(1.0, abs=0.01)  # one-sided: no excess at all
        assert total.placebo_units >= 49
        assert total.mde > 0
    month, whole = found.totals["month"], found.totals["policy"]
    assert month.expected + found.totals["rest"].expected == pytest.approx(whole.expected)
    one = months_of(replace(POLICY, ended=dt.date(2017, 2, 20)), FIRST, dt.date(2019, 9, 1))
    assert list(estimate(counts, "u00", AREA, "at_large", one, set()).totals) == [
        "month",
        "quarter",
        "policy",
    ]


def test_left_out_places_and_given_ones_are_the_comparison() -> None:
    counts = _drawn(22)
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, {"u01"}, leave_out={"u02"})
    assert set(found.donor_keys) == {f"u{k:02d}" for k in range(3, 50)}
    assert found.donors == 47
    given = np.zeros(50, dtype=bool)
    given[5:20] = True
    chosen = estimate(counts, "u00", AREA, "at_large", months, {"u06"}, donors=given)
    assert set(chosen.donor_keys) == {f"u{k:02d}" for k in range(5, 20) if k != 6}
    joined = Daily(counts.values, ("u00+X", *(f"{k}+Y{k}" for k in counts.keys[1:])), counts.first)
    apart = estimate(joined, "u00+X", AREA, "at_large", months, {"u01", "Yu02"})
    assert not {"u01+Yu01", "u02+Yu02"} & set(apart.donor_keys)
    assert len(apart.donor_keys) == 47


def test_every_span_of_one_fit_has_the_interval_of_a_study_of_that_span_alone() -> None:
    """The engine asked for the span itself: sizes of error differ from place to place."""
    counts = _drawn(23)
    counts.values[-1] = np.random.default_rng(24).poisson(40.0, DAYS)  # the last place is far the largest
    months = months_of(POLICY, counts.first, counts.last)
    found = estimate(counts, "u00", AREA, "at_large", months, set(), method="ascm")
    usable = of_like_size([counts.binned(months)[:, months.pre]], 0, np.ones(50, dtype=bool))
    assert set(found.totals) >= {"month", "policy"}
    for name, total in found.totals.items():
        mask = months.span(name)
        alone = counterfactual(counts.binned(months), 0, months.pre, mask, usable, tuning=found.tuning)
        assert total.effect.value == pytest.approx(alone.effect)
        assert total.effect.low == pytest.approx(alone.effect_low)
        assert total.effect.high == pytest.approx(alone.effect_high)
        assert total.scale == pytest.approx(float(alone.placebos.scale[0]))
        assert (total.p, total.p_high) == (pytest.approx(alone.p), pytest.approx(alone.p_high))
        assert total.mde == pytest.approx(minimum_detectable_effect(alone.placebos).total)
        assert total.placebos == 49
