"""Figures of a burst, zones, chances and the words of the catalogue, each got another way."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from atlarge.errors import QuestionError
from atlarge.panel import Panel
from atlarge.surges import Surge, SurgeList
from atlarge.surges.catalogue import _Axis, _check, _drafts, _is_outdone, _thin, _zone_drafts
from atlarge.surges.corroboration import Corroboration
from atlarge.surveillance.baseline import Baseline
from atlarge.surveillance.clusters import scan_clusters, zone_counts
from atlarge.surveillance.fdr import q_at
from atlarge.surveillance.reference_windows import histories
from atlarge.surveillance.scan import WEEKS, Bursts, Scan, Settings, describe, scan
from atlarge.surveillance.series import read_counts
from atlarge.surveillance.tails import (
    extremal_index,
    level_of_window,
    mid_tail,
    quantile,
    scan_adjusted_p,
    upper_tail,
)
from atlarge.surveillance.windows import Windows
from surveillance.worlds import null_world

pytestmark = pytest.mark.slow_file

D = dt.date
ONE = np.ones(1)


def _base(expected: np.ndarray, dispersion: np.ndarray, support: np.ndarray) -> Baseline:
    return Baseline(expected, np.ones(expected.shape), dispersion, support, np.ones(expected.shape))


def test_the_figures_of_a_burst_follow_from_the_law_of_its_window() -> None:
    """Expectation, threshold, range of the excess, score and the flag of a thin baseline, by scipy's laws."""
    y, expected = np.ones((3, 40)), np.ones((3, 40))
    y[0, 10:12], y[1, 20] = 15.0, 30.0
    expected[2], y[2, :] = 0.001, 0.0
    y[2, 5:8] = [4.0, np.nan, 3.0]
    support = np.full((3, 40), 10.0)
    support[1, 20], support[0, [9, 11]], support[2, [5, 7]] = 9.9, 0.0, 0.0  # judged at the middle
    dispersion = np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 1.0]])
    found = Windows(
        np.array([1, 0, 2]), np.array([20, 10, 5]), np.array([20, 11, 7]), np.array([1e-6, 1e-8, 1e-6])
    )
    p = np.full((3, 40), 0.5)
    p[1, 20], p[0, 10], p[2, 5] = 1e-6, 1e-8, 1e-6
    p[2, 30:] = np.nan
    settings = Settings(lengths=2)
    got = describe(y, _base(expected, dispersion, support), found, p, settings, 0.05, ONE)
    cut = level_of_window(0.05, ONE, 2)
    laws = [nbinom(2.0 / 2.0, 1.0 / 3.0), nbinom(1.0, 0.5), poisson(0.002)]
    mean, seen = [2.0, 1.0, 0.002], [30.0, 30.0, 7.0]
    # By p, then by excess: the second has 29 over its expectation, the third seven.
    assert got.series.tolist() == [0, 1, 2]
    assert list(zip(got.start.tolist(), got.end.tolist(), strict=True)) == [(10, 11), (20, 20), (5, 7)]
    assert got.observed.tolist() == seen
    assert got.expected == pytest.approx(mean)
    bound = [float(law.ppf(1.0 - cut)) for law in laws]
    assert got.threshold.tolist() == bound
    assert got.excess_low.tolist() == [n - float(law.ppf(0.975)) for n, law in zip(seen, laws, strict=True)]
    assert got.excess_high.tolist() == [n - float(law.ppf(0.025)) for n, law in zip(seen, laws, strict=True)]
    assert bound[2] < 0.5  # of next to nothing expected, half an event is the least that counts as one
    room = [bound[0] - 2.0, bound[1] - 1.0, 0.5]
    assert got.score == pytest.approx([(n - m) / r for n, m, r in zip(seen, mean, room, strict=True)])
    assert got.thin.tolist() == [False, True, False]
    assert got.q == pytest.approx([110 * 1e-8, 110 * 1e-6 / 3, 110 * 1e-6 / 3])
    separate = 110 * extremal_index(ONE, 2)
    assert got.q_burst == pytest.approx([separate * 1e-8, separate * 1e-6 / 3, separate * 1e-6 / 3])


def test_a_scan_rests_on_the_days_that_the_method_page_names() -> None:
    """15 to 56 days away on both sides; bursts up to 14 days; a day between two does not part them."""
    world = null_world(1, 400, mean=6.0, phi=1.0, season=0.0, seed=3)
    flat = Settings()
    plain = scan(world.counts, settings=replace(flat, rounds=1))
    y = world.counts[0]
    want = [sum(y[i] for i in range(400) if 15 <= abs(i - t) <= 56) for t in range(400)]
    assert plain.baseline.support[0] == pytest.approx(want)
    assert plain.baseline.dispersion.shape == (1, 14)
    for quiet, want in ((1, [(200, 228)]), (2, [(200, 213), (216, 229)])):
        counts = np.full((1, 400), 6.0)
        counts[0, 200 : 228 + quiet] += 20
        counts[0, 214 : 214 + quiet] = 0  # two bursts of as many days as a window may have
        found = scan(counts).bursts
        assert sorted(zip(found.start.tolist(), found.end.tolist(), strict=True))[-len(want) :] == want


def test_a_scan_of_weeks_rests_on_the_weeks_that_the_method_page_names() -> None:
    """3 to 8 weeks away on both sides, windows of one and two weeks, and bursts are not joined."""
    y = np.random.default_rng(5).poisson(20.0, 150).astype(float)
    base = scan(y[None, :], settings=replace(WEEKS, rounds=1)).baseline
    assert base.support[0] == pytest.approx(
        [sum(y[i] for i in range(150) if 3 <= abs(i - t) <= 8) for t in range(150)]
    )
    assert base.dispersion.shape == (1, 2)
    y[80:84] += 200  # a month: two windows of two weeks
    found = scan(y[None, :], settings=WEEKS).bursts
    spans = zip(found.start.tolist(), found.end.tolist(), found.p, strict=True)
    assert sorted((a, b) for a, b, p in spans if p < 1e-6) == [(80, 81), (82, 83)]


def test_a_place_is_too_thin_with_four_events_or_fifty_five_days() -> None:
    y = np.zeros((5, 200))
    y[0, 100:104] = 1
    y[1, 100:105] = 1
    y[2, [80, 93]] = [3, 2]
    y[3, [80, 94]] = [3, 2]  # five events, but no fourteen days hold them
    y[4] = np.nan
    y[4, :55] = 5
    assert scan(y).too_thin.tolist() == [True, False, False, True, True]
    y[4, 150] = 5
    found = scan(y)
    assert found.too_thin.tolist() == [True, False, False, True, False]
    assert np.isnan(found.p[[0, 3]]).all()
    assert np.isnan(found.baseline.expected[[0, 3]]).all()
    assert np.isfinite(found.baseline.expected[[1, 2, 4]]).all()
    assert found.n_tests == int(np.isfinite(found.p).sum()) == 200 + 200 + 56
    assert found.baseline.dispersion.shape == (5, 14)


def test_members_with_fifteen_hundredths_of_the_excess_take_part() -> None:
    world = null_world(6, 800, mean=5.0, phi=1.0, season=0.0, seed=8)
    day = 403
    world.counts[:, day] = [5, 5 + 60, 5 + 30, 5 + 8, 5 + 100, 5]
    found, took_part = scan_clusters(world.counts, [[3, 2, 1], [0, 5]])
    at = next(i for i in range(found.bursts.p.size) if found.bursts.start[i] <= day <= found.bursts.end[i])
    assert found.bursts.series[at] == 0
    assert took_part[at] == [1, 2]  # by excess; eight of 98 are too few
    gaps = world.counts.copy()
    gaps[1, 10] = np.nan
    joint = zone_counts(gaps, [[3, 2, 1], [0, 5]])
    assert np.isnan(joint[0, 10])
    assert np.nansum(np.abs(joint[1] - gaps[0] - gaps[5])) == 0


def test_the_chance_of_a_count_at_the_edges() -> None:
    """No event is always reached; a mean of next to nothing; a scatter next to none is a Poisson law's."""
    assert upper_tail(np.array([0.0]), np.array([3.0]), ONE)[0] == 1.0
    assert upper_tail(np.array([5.0]), np.array([1e-200]), ONE)[0] > 0.0
    near = np.array([1.0, 1.0 + 1e-7, 1.0 + 1e-5])
    count, mean = np.array([7.0]), np.array([3.5])
    assert mid_tail(count, mean, near) == pytest.approx(
        [poisson(3.5).sf(7) + 0.5 * poisson(3.5).pmf(7)] * 3, rel=1e-4
    )
    assert quantile(np.array([0.95]), mean, near).tolist() == [poisson(3.5).ppf(0.95)] * 3
    assert quantile(np.array([0.95, 0.05]), mean, np.array([4.0])).tolist() == [
        nbinom(3.5 / 3.0, 0.25).ppf(0.95), nbinom(3.5 / 3.0, 0.25).ppf(0.05),
    ]  # fmt: skip


def test_the_price_of_looking_goes_on_beyond_what_was_computed() -> None:
    """In proportion below; of two windows of equal steps, by the law of two normal sums that overlap."""
    far = scan_adjusted_p(np.array([1e-12, 1e-13, 1e-40, 0.0, np.nan, 0.9]), ONE, 2)
    assert far[1] / far[0] == pytest.approx(0.1)
    assert far[2] / far[0] == pytest.approx(1e-28)
    assert far[3] == 0.0
    assert np.isnan(far[4])
    assert far[5] <= 1.0
    assert level_of_window(float(far[0]), ONE, 2) == pytest.approx(1e-12, rel=1e-6)
    assert level_of_window(float(far[1]), ONE, 2) == pytest.approx(1e-13, rel=1e-6)
    from scipy.stats import multivariate_normal

    for u in (0.3, 0.05, 1e-3):
        z = norm.isf(u)
        law = multivariate_normal(cov=[[1.0, np.sqrt(0.5)], [np.sqrt(0.5), 1.0]])
        assert scan_adjusted_p(np.array([u]), ONE, 2)[0] == pytest.approx(1.0 - law.cdf([z, z]), rel=0.02)


def test_neighbouring_starts_exceed_together() -> None:
    """Separate bursts per start that exceeds: all of them for one window, few for fourteen."""
    assert extremal_index(ONE, 1) == pytest.approx(1.0, abs=0.01)
    rng = np.random.default_rng(1)
    n, lengths = 1_000_000, 7
    walk = np.concatenate([[0.0], np.cumsum(rng.normal(size=n + lengths))])
    best = np.max([(walk[k : k + n] - walk[:n]) / np.sqrt(k) for k in range(1, lengths + 1)], axis=0)
    far = np.nonzero(best > np.quantile(best, 0.998))[0]
    want = (1 + (np.diff(far) > lengths).sum()) / far.size
    assert extremal_index(ONE, lengths) == pytest.approx(want, rel=0.08)  # 800 and 2000 starts exceed
    assert extremal_index(np.array([1.0, 3.0, 0.5]), lengths) < 1.0


def test_q_among_all_tests_by_definition() -> None:
    """The least share of false discoveries, tests x p / rank, over every cut that takes the p in."""
    tests = np.array([0.001, 0.02, 0.02, 0.2, 0.5, 0.9])
    got = q_at(np.array([0.9, 0.001, 0.02, 0.2, 0.95]), tests)
    assert got == pytest.approx([0.9, 6 * 0.001, 6 * 0.02 / 3, 6 * 0.2 / 4, 1.0])
    assert np.isnan(q_at(np.array([0.1]), np.array([]))).all()


def _surge(**changed: Any) -> Surge:
    about: dict[str, Any] = {
        "place": "AUS", "place_name": "Austin", "start": D(2017, 2, 9), "end": D(2017, 2, 12), "observed": 65,
        "expected": 8.23456, "threshold": 19.0, "excess": 56.76544, "excess_low": 50.005,
        "excess_high": 62.98765,
        "p": 1e-7, "q": 1e-5, "q_burst": 1e-4, "score": 5.27191, "rank": 3,
    }  # fmt: skip
    return Surge(**about | changed)


def test_a_surge_is_written_as_it_is() -> None:
    plain = _surge(flags=("in_one_day",)).to_dict()
    assert plain == {
        "place": "AUS", "place_name": "Austin", "start": "2017-02-09", "end": "2017-02-12", "observed": 65,
        "expected": 8.23, "threshold": 19.0, "p": 1e-7, "q": 1e-5, "q_burst": 1e-4, "score": 5.272, "rank": 3,
        "excess": {"value": 56.77, "low": 50.01, "high": 62.99}, "flags": ["in_one_day"],
        "operation_share": None, "label": None,
    }  # fmt: skip
    reported = _surge(places=("AUS", "SNA"), corroboration=Corroboration(operation_share=0.123456)).to_dict()
    assert reported["operation_share"] == 0.123
    assert reported["places"] == ["AUS", "SNA"]
    assert reported["witness"]["operation_share"] == 0.1235
    assert _surge(corroboration=Corroboration()).to_dict()["operation_share"] is None


def _no_bursts(n: int = 0) -> Bursts:
    one, whole = np.ones(n), np.zeros(n, dtype=np.int64)
    return Bursts(whole, whole, whole, one, one, one, one, one, one, one, one, one, one > 2)


def _list(surges: list[Surge], values: np.ndarray, first: dt.date) -> SurgeList:
    shape = values.shape
    expected = np.arange(values.size).reshape(shape) / 7.0
    base = _base(expected, np.ones((shape[0], 14)), np.ones(shape))
    result = Scan(
        _no_bursts(), np.ones(shape), base, np.zeros(shape[0], dtype=bool), 1, read_counts(np.ones(shape))
    )
    periods = [first + dt.timedelta(days=i) for i in range(shape[1])]
    return SurgeList(surges, [], {}, result, values, ["AUS", "SNA", "WCT"], periods)


def test_the_series_around_a_surge_reach_the_margin() -> None:
    """Both ends inside, cut where the record ends; over neighbours the sums; not covered is not zero."""
    values = np.arange(300.0).reshape(3, 100)
    values[0, 40] = np.nan
    surges = [
        _surge(start=D(2017, 2, 9), end=D(2017, 2, 12)), _surge(place="SNA", places=("SNA", "WCT"), rank=4),
        _surge(start=D(2017, 1, 2), end=D(2017, 1, 2), rank=5),
    ]  # fmt: skip
    listed = _list(surges, values, D(2017, 1, 1))
    one, two, three = listed.figures(margin_days=2)
    assert one["series"]["period"] == [f"2017-02-{d:02}" for d in range(7, 15)]
    assert one["series"]["observed"] == [37, 38, 39, None, 41, 42, 43, 44]
    assert one["series"]["expected"] == [round(t / 7.0, 3) for t in range(37, 45)]
    assert two["series"]["observed"] == [300 + 2 * t for t in range(37, 45)]
    assert two["series"]["expected"] == [round((300 + 2 * t) / 7.0, 3) for t in range(37, 45)]
    assert three["series"]["period"] == [f"2017-01-{d:02}" for d in range(1, 5)]
    assert [f["rank"] for f in listed.figures(2)] == [3, 4]
    whole = listed.figures()[0]["series"]["period"]
    assert (whole[0], whole[-1]) == ("2017-01-01", "2017-03-26")  # 42 days after the last
    assert {k: v for k, v in one.items() if k != "series"} == surges[0].to_dict()
    assert listed.values is values
    assert listed.periods[-1] == D(2017, 4, 10)


def test_fifty_figures_are_given_by_default() -> None:
    listed = _list([_surge(rank=i) for i in range(60)], np.ones((3, 60)), D(2017, 1, 1))
    assert len(listed.figures()) == 50
    assert len(listed.figures(7)) == 7


QUESTION: dict[str, Any] = {
    "by": "office", "every": "day", "start": None, "end": None, "alpha": 0.05, "neighbours": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"by": "street"}, "no level 'street'; there are: county, office, aor, state, nation"),
        ({"every": "month"}, "by day or week, not by 'month'"),
        ({"alpha": 0.0}, "not 0"), ({"alpha": 1.0}, "not 1"), ({"alpha": 1.5}, "not 1.5"),
        ({"alpha": -0.1}, "-0.1"),
        ({"start": D(2018, 1, 2), "end": D(2018, 1, 1)}, "ends .2018-01-01. before it starts .2018-01-02"),
        ({"neighbours": True, "by": "aor"}, "by office, not by aor"),
    ],
)  # fmt: skip
def test_each_question_without_meaning_is_refused_with_a_reason(changed: dict[str, Any], word: str) -> None:
    with pytest.raises(QuestionError, match=word):
        _check(**QUESTION | changed)


def test_questions_with_a_meaning_pass() -> None:
    for by in ("county", "office", "aor", "state", "nation"):
        _check(**QUESTION | {"by": by, "every": "week"})
    _check(**QUESTION | {"start": D(2018, 1, 1), "end": D(2018, 1, 1), "neighbours": True})
    _check(**QUESTION | {"start": D(2018, 1, 1)})
    _check(**QUESTION | {"end": D(2018, 1, 1)})
    for alpha in (1e-6, 0.999):
        _check(**QUESTION | {"alpha": alpha})


MONDAYS = np.datetime64("2017-01-02") + 7 * np.arange(5)
DAYS = np.datetime64("2017-01-02") + np.arange(35)


def test_periods_are_those_with_a_day_in_the_time() -> None:
    def queried(days: np.ndarray, every: str, start: dt.date | None, end: dt.date | None) -> list[int]:
        return np.nonzero(_Axis(days, every, start, end).tested)[0].tolist()

    assert queried(MONDAYS, "week", None, None) == [0, 1, 2, 3, 4]
    assert queried(MONDAYS, "week", D(2017, 1, 9), D(2017, 1, 22)) == [1, 2]
    assert queried(MONDAYS, "week", D(2017, 1, 8), D(2017, 1, 23)) == [0, 1, 2, 3]  # a Sunday and a Monday
    assert queried(DAYS, "day", D(2017, 1, 9), D(2017, 1, 11)) == [7, 8, 9]
    assert queried(DAYS, "day", D(2017, 2, 5), None) == [34]
    assert queried(DAYS, "day", None, D(2017, 1, 2)) == [0]
    for start, end in ((D(2017, 2, 6), None), (None, D(2017, 1, 1))):
        with pytest.raises(QuestionError, match=r"no day of .* is covered"):
            queried(DAYS, "day", start, end)
    week, day = _Axis(MONDAYS, "week", None, None), _Axis(DAYS, "day", None, None)
    assert week.span(1, 2) == (D(2017, 1, 9), D(2017, 1, 22))
    assert day.span(1, 2) == (D(2017, 1, 3), D(2017, 1, 4))
    assert set(day.calendar()) == {"cycle", "classes", "settings"}
    assert set(week.calendar()) == {"classes", "settings"}
    assert week.calendar()["settings"].lengths == 2


def test_bursts_within_alpha_are_drafted() -> None:
    bursts = replace(
        _no_bursts(3), series=np.array([1, 0, 1]), start=np.array([3, 4, 5]), end=np.array([3, 6, 9]),
        observed=np.array([9.0, 8.0, 7.0]), expected=np.array([1.5, 2.0, 3.0]),
        q=np.array([0.05, 0.0501, 0.01]),
        thin=np.array([True, True, False]),
    )  # fmt: skip
    got = _drafts(bursts, [("A",), ("B", "C")], _Axis(DAYS, "day", None, None), 0.05)
    assert [(d["place"], d["places"], d["start"], d["end"]) for d in got] == [
        ("B", ("B", "C"), D(2017, 1, 5), D(2017, 1, 5)), ("B", ("B", "C"), D(2017, 1, 7), D(2017, 1, 11)),
    ]  # fmt: skip
    assert [(d["observed"], d["excess"], d["is_thin"]) for d in got] == [(9, 7.5, True), (7, 4.0, False)]
    assert _drafts(bursts, [("A",), ("B",)], _Axis(DAYS, "day", None, None), 0.05)[0]["places"] == ()


JOINT = {"places": ("A", "B"), "start": D(2017, 1, 5), "end": D(2017, 1, 7), "p": 1e-4}


@pytest.mark.parametrize(
    ("changed", "is_outdone"),
    [
        ({}, True),
        ({"place": "C"}, False),
        ({"p": 1.1e-4}, False),
        ({"p": 1e-5}, True),
        ({"start": D(2017, 1, 7), "end": D(2017, 1, 9)}, True),
        ({"start": D(2017, 1, 8), "end": D(2017, 1, 9)}, False),
        ({"start": D(2017, 1, 2), "end": D(2017, 1, 5)}, True),
        ({"start": D(2017, 1, 2), "end": D(2017, 1, 4)}, False),
    ],
)
def test_a_joint_burst_is_dropped_where_a_member_shows_as_much(
    changed: dict[str, Any], is_outdone: bool
) -> None:
    member = {"place": "B", "start": D(2017, 1, 5), "end": D(2017, 1, 6), "p": 1e-4} | changed
    assert _is_outdone(JOINT, [member]) is is_outdone
    assert _is_outdone(JOINT, [{**member, "place": "Z"}, member]) is is_outdone
    assert not _is_outdone(JOINT, [])


def test_offices_of_one_area_and_state_are_scanned_together() -> None:
    """Austin, San Antonio and Waco lie in one; Atlanta's office is in none with them."""
    world = null_world(4, 800, mean=1.5, phi=1.2, season=0.0, seed=8)
    day = int(np.nonzero(world.cycle == 2)[0][70])
    places = ["ATL", "AUS", "SNA", "WCT"]
    world.counts[1:, day : day + 3] += 4
    axis = _Axis(world.days, "day", None, None)
    alone = _drafts(axis.scan(world.counts, 0.05).bursts, [(p,) for p in places], axis, 0.05)
    got = _zone_drafts(world.counts, places, axis, 0.05, alone)
    assert len(got) >= 1
    assert set(got[0]["places"]) == {"AUS", "SNA", "WCT"}
    assert got[0]["place"] == got[0]["places"][0]
    assert got[0]["start"] <= world.days[day].astype(object) <= got[0]["end"]
    assert got[0]["p"] < min((d["p"] for d in alone), default=1.0)
    assert _zone_drafts(world.counts[:2], ["ATL", "AUS"], axis, 0.05, []) == []


def test_thin_places_are_distinguished_from_short_records() -> None:
    import polars as pl

    values = np.zeros((3, 100))
    values[1] = np.nan
    values[1, :55] = 9.0
    values[2, :56] = 0.0
    values[2, 56:] = np.nan
    result = Panel(
        pl.DataFrame({"place": ["A", "B", "C"], "place_name": ["a", "b", "c"]}), {}, "office", "day", "ddp"
    )
    base = _base(values, np.ones((3, 14)), values)
    found = Scan(
        _no_bursts(), values, base, np.array([True, True, True]), 0, read_counts(np.ones(values.shape))
    )
    few, short = (
        "too thin: no stretch of the length scanned holds 5 or more",
        "too thin: fewer than 56 days are covered",
    )
    reported = _thin(found, result, ["A", "B", "C"], values, "day")
    assert reported == [
        {"place": "A", "place_name": "a", "reason": few}, {"place": "B", "place_name": "b", "reason": short},
        {"place": "C", "place_name": "c", "reason": few},
    ]  # fmt: skip
    weeks = _thin(
        replace(found, too_thin=np.array([False, False, True])),
        result,
        ["A", "B", "C"],
        values[:, 49:],
        "week",
    )
    assert weeks == [{"place": "C", "place_name": "c", "reason": "too thin: fewer than 8 weeks are covered"}]


def test_history_of_leap_days_and_of_weeks_by_hand() -> None:
    """29 February is matched with 1 March; a week with the nearest week that begins on the same day."""
    days = np.datetime64("2012-01-01") + np.arange(1700)
    at = int((np.datetime64("2016-02-29") - days[0]).astype(int))
    reported: dict[str, Any] = {"years": 3, "half_width": 0, "periods": 1, "left_out": 0, "frequency": 365}
    result = histories(np.array([at]), days=days, **reported)[0]
    assert sorted(str(days[at + o]) for o in result.offsets) == ["2013-03-01", "2014-03-01", "2015-03-01"]
    weeks = np.datetime64("2012-01-02") + 7 * np.arange(260)
    for monday in ("2016-02-29", "2015-12-28", "2016-07-11", "2016-03-14"):
        at = int((np.datetime64(monday) - weeks[0]).astype(int)) // 7
        result = histories(np.array([at]), days=weeks, **reported)[0]
        got = sorted((weeks[at + o].astype(object) for o in result.offsets), reverse=True)
        for year, found in enumerate(got, start=1):
            day = D.fromisoformat(monday)
            try:
                same = day.replace(year=day.year - year)
            except ValueError:
                same = D(day.year - year, 3, 1)
            nearest = min((w.astype(object) for w in weeks), key=lambda w: abs((w - same).days))
            assert found == nearest


def test_a_time_with_just_enough_past_is_judged() -> None:
    reported: dict[str, Any] = {"periods": 1, "left_out": 0, "days": None}
    for half_width, years, first in ((0, 1, 10), (2, 1, 12), (0, 2, 20), (1, 3, 31)):
        result = histories(np.arange(40), years=years, half_width=half_width, frequency=10, **reported)
        assert sorted(np.concatenate([h.at for h in result]).tolist()) == list(range(first, 40))
    with pytest.raises(QuestionError, match="lower the number of newest times"):
        histories(np.arange(40), years=1, half_width=0, periods=1, left_out=10, frequency=10, days=None)
    result = histories(np.arange(40), years=1, half_width=1, periods=1, left_out=9, frequency=10, days=None)
    assert result[0].offsets.tolist() == [-11, -10]
