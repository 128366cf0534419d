"""Figures beside the estimates, by hand: levels, surges, changes, places pooled, what an answer lists."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hand_made import (
    AOR,
    CONCENTRATION,
    COUNTY,
    FIRST,
    HERE,
    LAST,
    OFFICE,
    POLICY,
    Records,
    burst,
    change,
    estimate,
    facts,
    months,
    parts,
    policy,
    relabel,
    steady,
    total,
    world,
)

from atlarge.effects.pooling import Ratio
from atlarge.errors import QuestionError
from atlarge.explain import api as core
from atlarge.explain import changes as changes_module
from atlarge.explain import concentration as level_module
from atlarge.explain import population as population_module
from atlarge.explain import sensitivity
from atlarge.explain import study as world_module
from atlarge.explain.answer import Area, Interval
from atlarge.explain.areas import Where
from atlarge.explain.burst import burst_shares, surges_of
from atlarge.explain.changes import Change, changes_in, nearest, relabelled, strip_of
from atlarge.explain.concentration import concentration_of, per_10k, share_ratio
from atlarge.explain.data import Daily, localities
from atlarge.explain.decomposition import unknown_ratio
from atlarge.explain.population import metro_population, nation_population
from atlarge.explain.sensitivity import failed, in_time_of, row_of, same_aor, sensitivity_of
from atlarge.explain.sources import sources_of
from atlarge.explain.study import changed_units
from atlarge.policies import Registry, Starts
from atlarge.reference import table

together = sys.modules["atlarge.explain.pooled_answer"]

BY_COUNTY = replace(HERE, office=None)
BY_OFFICE = Where(OFFICE, None, OFFICE, AOR, "TX")
BY_AOR = Where(AOR, None, None, AOR, "")
BY_STATE = Where(Area("state", "TX", "Texas"), None, None, None, "TX")
ONE_DAY = dt.timedelta(days=1)

METROS = pl.DataFrame(
    {
        "fips": ["48453", "48491", "48029", "37119", "36103"],
        "cbsa_code": ["12420", "12420", "41700", "16740", "99999"],
        "cbsa_name": ["Austin, TX", "Austin, TX", "San Antonio, TX", "Charlotte, NC", "Other, NY"],
    }
)
Row = tuple[str, str, str, str | None, int, float | None, float | None]
PEW: list[Row] = [
    # place, aliases, kind, cbsa, year, estimate, margin
    ("United States", "", "nation", None, 2016, 10_700_000.0, 200_000.0),
    ("United States", "", "nation", None, 2014, 11_100_000.0, 100_000.0),
    ("United States", "", "nation", None, 2017, 10_500_000.0, None),
    ("Austin, TX", "", "metro", "12420", 2014, 100_000.0, 15_000.0),
    ("Austin, TX", "", "metro", "12420", 2007, 80_000.0, 9_000.0),
    ("Austin, TX", "", "metro", "12420", 2016, 110_000.0, None),  # nearer, but without a margin
    ("Austin, TX", "", "metro", "12420", 2015, None, 9_000.0),
    ("Austin, TX", "", "group", "12420", 2016, 999.0, 9.0),
    ("San Antonio, TX", "", "metro", None, 2014, 60_000.0, None),
    ("Charlotte", "Charlotte, NC;Queen City", "metro", None, 2014, 5.0, 10.0),
]


@pytest.fixture
def pew(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("place", "aliases", "place_kind", "cbsa_code", "year", "estimate", "margin")
    rows = pl.DataFrame(PEW, schema=list(columns), orient="row", infer_schema_length=None)
    rows = rows.with_columns(pl.lit("https://example.org/pew").alias("source_url"))
    populations = pl.DataFrame(
        {
            "place": ["SNA", "SNA", "SNA", "HOU"],
            "group": ["noncitizen", "noncitizen", "foreign_born", "noncitizen"],
            "year": [2016, 2017, 2017, 2017],
            "estimate": [1, 20, 300, 4000],
            "low": [0, 18, 290, 3900],
            "high": [2, 22, 310, 4100],
        }
    )
    modelled = table("unauthorized_modelled").clear()
    born = table("county_foreign_born").clear()
    tables = {
        "metro_counties": METROS,
        "pew_metros": rows,
        "populations": populations,
        "unauthorized_modelled": modelled,
        "county_foreign_born": born,
    }
    for module in (population_module, level_module):
        monkeypatch.setattr(module, "table", tables.__getitem__)


@pytest.mark.usefixtures("pew")
def test_the_population_is_that_of_the_nearest_year_with_a_margin() -> None:
    for year, used, estimate_, low, high in [
        (2017, 2014, 100_000, 85_000, 115_000),
        (2008, 2007, 80_000, 71_000, 89_000),
    ]:
        people = metro_population("48491", year)
        assert people is not None
        assert (people.year, people.estimate, people.low, people.high) == (used, estimate_, low, high)
        assert (people.place, people.is_margin_known) == ("Austin, TX metropolitan area", True)
        assert people.counties == {"48453", "48491"}
        assert people.group == "unauthorized residents"
    assert metro_population("36103", 2017) is None
    assert metro_population("01001", 2017) is None


@pytest.mark.usefixtures("pew")
def test_a_margin_that_is_not_known_is_taken_as_fifteen_percent_and_names_are_found_by_alias() -> None:
    wide = metro_population("48029", 2017)
    assert wide is not None
    assert (wide.low, wide.high, wide.is_margin_known) == (51_000, 69_000, False)
    few = metro_population("37119", 2017)
    assert few is not None
    assert (few.low, few.high) == (1.0, 15.0)  # never below one


@pytest.mark.usefixtures("pew")
def test_the_nation_is_of_the_nearest_year_the_earlier_of_two() -> None:
    told = {year: nation_population(year) for year in (2014, 2015, 2016, 2020)}
    assert [p.year for p in told.values()] == [2014, 2014, 2016, 2016]
    assert (told[2014].low, told[2014].high) == (11_000_000, 11_200_000)
    assert (told[2014].place, told[2014].is_margin_known) == ("United States", True)


def _level(where: Where, **changes: Any) -> dict[str, Any]:
    county = steady({"48453": 1.0, "48491": 2.0, "48029": 50.0})
    office = steady({"AUS": 3.0, "SNA": 70.0})
    nation = steady({"US": 600.0})
    start, end = dt.date(2017, 3, 10), dt.date(2018, 3, 9)
    return concentration_of(where, county, office, nation, start, end, "at_large", **changes)


@pytest.mark.usefixtures("pew")
@pytest.mark.parametrize("where", [HERE, BY_COUNTY, BY_OFFICE])
def test_the_level_counts_the_metropolitan_area_and_the_offices_seated_in_it(where: Where) -> None:
    """Six a day for 365 days among 100,000 people, where the nation has 600 a day among 11.1 million."""
    found = _level(where)
    assert (found["arrests"], found["arrests_unplaced_in_aor"]) == (6 * 365, 0)
    assert found["per_10k"]["value"] == pytest.approx(2190 / 10 * 365.25 / 365, abs=0.01)
    assert found["per_10k_nation"]["value"] == pytest.approx(600 * 365.25 / 1110, abs=0.01)
    assert found["share_ratio"]["value"] == pytest.approx((6 / 600) / (1 / 111), abs=0.01)
    low = (2190 - 1.645 * 2190**0.5) / 11.5 * 365.25 / 365
    assert found["per_10k"]["low"] == pytest.approx(low, abs=0.01)
    assert (found["start"], found["end"]) == ("2017-03-10", "2018-03-09")
    named = {k: found[k] for k in ("population", "population_low", "population_high", "population_year")}
    assert list(named.values()) == [100_000, 85_000, 115_000, 2014]
    assert (found["measure"], found["source_url"]) == ("at_large", "https://example.org/pew")
    assert found["is_margin_known"]


@pytest.mark.usefixtures("pew")
def test_arrests_that_name_no_place_widen_the_upper_ends_alone() -> None:
    plain, unplaced = _level(HERE), _level(HERE, unplaced=500.4)
    assert unplaced["arrests_unplaced_in_aor"] == 500
    for key, per in [("per_10k", 8.5 * 365 / 365.25), ("share_ratio", 600 * 365 * 85_000 / 11_200_000)]:
        assert unplaced[key]["value"] == plain[key]["value"]
        assert unplaced[key]["low"] == plain[key]["low"]
        assert unplaced[key]["high"] - plain[key]["high"] == pytest.approx(500.4 / per, abs=0.02)


@pytest.mark.usefixtures("pew")
def test_without_an_estimate_noncitizens_of_the_aor_are_given_for_scale() -> None:
    nowhere = Where(COUNTY, replace(COUNTY, code="36103"), None, AOR, "NY")
    found = _level(nowhere)
    assert (found["population"], found["share_ratio"]["value"], found["measure"]) == (None, None, None)
    scale = (found["aor_noncitizens"], found["aor_noncitizens_low"], found["aor_noncitizens_high"])
    assert scale == (20, 18, 22)
    assert COUNTY.name in found["note"]
    assert "aor_noncitizens" not in _level(replace(nowhere, aor=None))
    assert "aor_noncitizens" not in _level(replace(nowhere, aor=replace(AOR, code="DAL")))
    assert _level(BY_AOR)["population"] is None
    empty = steady({"US": 0.0})
    none = concentration_of(HERE, empty, empty, empty, dt.date(2017, 3, 10), dt.date(2018, 3, 9), "at_large")
    assert none["population"] is None
    outside = _level_at(dt.date(2019, 8, 1), dt.date(2019, 9, 2))  # a day beyond the records
    assert outside["population"] is None


def _level_at(start: dt.date, end: dt.date) -> dict[str, Any]:
    county, office, nation = steady({"48453": 1.0}), steady({"AUS": 3.0}), steady({"US": 600.0})
    return concentration_of(HERE, county, office, nation, start, end, "at_large")


def test_a_rate_below_zero_is_none_and_the_ratio_carries_both_margins() -> None:
    people = metro_population("48453", 2017)
    assert people is not None
    assert per_10k(1.0, 365, people).low == 0.0
    nation = nation_population(2014)
    ratio = share_ratio(400.0, 40_000.0, people, nation)
    base = 40_000 / nation.estimate
    slack = 1.645 * 20
    assert ratio.low == pytest.approx((400 - slack) / people.high / base * nation.low / nation.estimate)
    assert ratio.high == pytest.approx((400 + slack) / people.low / base * nation.high / nation.estimate)
    assert share_ratio(1.0, 40_000.0, people, nation).low == 0.0


def _surge(start: str, end: str, observed: float, expected: float) -> dict[str, Any]:
    return {"start": start, "end": end, "observed": observed, "expected": expected}


def test_the_share_of_an_excess_that_lies_in_surges_is_by_the_days_they_share_with_a_span() -> None:
    spans = {"month": total(50.0, 30.0), "rest": total(90.0, 80.0), "policy": total(40.0, 50.0)}
    found = estimate(spans)
    surges = [
        _surge("2017-03-12", "2017-03-15", 12.0, 4.0),  # 8, all in the first month
        _surge("2017-04-06", "2017-04-11", 13.0, 1.0),  # 12 over six days: four and two
        _surge("2017-03-06", "2017-03-09", 99.0, 1.0),  # ends the day before the policy
    ]
    shares = burst_shares(found, surges)
    assert shares["month"] == pytest.approx((8 + 8) / 20)
    assert shares["rest"] == pytest.approx(4 / 10)
    assert shares["policy"] is None  # no excess to be held
    assert burst_shares(found, []) == {"month": 0.0, "rest": 0.0, "policy": None}
    edge = [_surge("2017-04-09", "2017-04-09", 5.0, 1.0)]  # the month's last day
    assert burst_shares(found, edge) == {"month": 0.2, "rest": 0.0, "policy": None}
    nothing = estimate({"month": replace(total(), effect=Interval(None)), "rest": total(30.0, 30.0)})
    assert burst_shares(nothing, surges) == {"month": None, "rest": None}


def test_surges_are_those_of_the_areas_own_series_on_the_days_asked() -> None:
    rng = np.random.default_rng(1)
    values = rng.poisson(2.0, (2, 1432)).astype(np.float32)
    start = (dt.date(2017, 3, 14) - FIRST).days
    values[1, start : start + 3] += 20
    values[0, start + 40 : start + 44] += 30
    counts = Daily(values, ("AUS", "48453"), FIRST)
    areas = [(OFFICE, counts), (COUNTY, counts), (replace(COUNTY, code="none"), counts)]
    found = surges_of(areas, "at_large", dt.date(2017, 3, 10), dt.date(2017, 6, 30))
    assert [s["rank"] for s in found] == list(range(1, len(found) + 1))
    found = found[:2]  # of those that chance makes, one of twenty may stand below them
    assert [(s["place"], s["place_name"]) for s in found] == [
        ("AUS", "Austin"), ("48453", "Travis County, TX"),
    ]  # fmt: skip
    assert [(s["start"], s["end"]) for s in found] == [
        ("2017-04-23", "2017-04-26"), ("2017-03-14", "2017-03-16"),
    ]  # fmt: skip
    assert found[0]["score"] > found[1]["score"]
    for told, row, days in [(found[0], 0, 4), (found[1], 1, 3)]:
        at = (dt.date.fromisoformat(told["start"]) - FIRST).days
        assert told["observed"] == values[row, at : at + days].sum()
        assert told["expected"] == pytest.approx(2.0 * days, rel=0.25)  # by weekday, some 200 days each: 10 %
        assert told["threshold"] <= told["observed"]
        assert told["p"] <= told["q"] <= 0.05
        assert told["measure"] == "at_large"
    only = surges_of(areas, "at_large", dt.date(2017, 4, 1), dt.date(2017, 6, 30))
    assert (only[0]["place"], min(s["start"] for s in only) >= "2017-04-01") == ("AUS", True)
    assert surges_of(areas[2:], "at_large", dt.date(2017, 3, 10), dt.date(2017, 6, 30)) == []


def _change(day: dt.date, before: float, after: float) -> Change:
    return Change(day, day, day, before, after, 0.01)


def test_the_change_named_first_is_the_largest_from_a_year_before_to_the_end() -> None:
    day, end = dt.date(2017, 3, 10), dt.date(2018, 9, 10)
    early, first = day - dt.timedelta(days=367), day - dt.timedelta(days=366)
    largest, small = _change(first, 50.0, 10.0), _change(day, 10.0, 30.0)
    assert nearest([small, largest], day, end) == largest
    assert nearest([_change(early, 90.0, 1.0), small, _change(end, 90.0, 1.0)], day, end) == small
    last = _change(end - ONE_DAY, 30.0, 55.0)
    assert nearest([small, last], day, end) == last  # a rise counts as a fall does
    assert nearest([_change(early, 90.0, 1.0)], day, end) is None


def test_a_strip_names_the_change_or_the_level_up_to_the_policys_end(monkeypatch: pytest.MonkeyPatch) -> None:
    turned = dt.date(2017, 3, 1)
    counts = steady({"48453": (2.0, 1.0)}, turned)
    found = [Change(turned, turned - ONE_DAY, turned + ONE_DAY, 60.456, 30.123, 0.012345)]
    monkeypatch.setattr(changes_module, "changes_in", lambda *_: found)
    day, end, shown = dt.date(2017, 3, 10), dt.date(2018, 1, 1), dt.date(2019, 1, 1)
    strip = strip_of(counts, "48453", COUNTY, "handoffs", day, end, shown)
    assert strip is not None
    assert (strip.date, strip.low, strip.high) == (turned, turned - ONE_DAY, turned + ONE_DAY)
    assert (strip.before, strip.after, strip.p) == (60.456, 30.123, 0.012345)
    assert strip.changes == [
        {
            "date": "2017-03-01", "low": "2017-02-28", "high": "2017-03-02", "before": 60.46, "after": 30.12,
            "p": 0.0123,
        }
    ]  # fmt: skip
    assert (strip.period[0], strip.period[-1]) == (dt.date(2015, 10, 1), dt.date(2018, 12, 1))
    assert (strip.value[0], strip.value[-1]) == (62.0, 31.0)
    assert (strip.label, strip.area, strip.measure) == ("Jail handoffs", COUNTY, "handoffs")
    monkeypatch.setattr(changes_module, "changes_in", lambda *_: [])
    flat = strip_of(counts, "48453", COUNTY, "handoffs", day, end, shown)
    assert flat is not None
    assert (flat.date, flat.low, flat.high, flat.after, flat.p) == (None, None, None, None, None)
    days = [(turned - FIRST).days, (end - turned).days]
    assert flat.before == pytest.approx((2 * days[0] + days[1]) / 27)  # 27 months before the end
    assert strip_of(counts, "none", COUNTY, "handoffs", day, end, shown) is None


def test_a_series_too_short_for_changes_has_none() -> None:
    short = Daily(np.ones((1, 70), dtype=np.float32), ("a",), dt.date(2016, 1, 1))
    assert changes_in(short, "a") == []
    assert changes_in(short, "b") == []


def test_a_sparse_series_is_dated_to_the_month_and_a_full_one_to_the_week() -> None:
    """Nine a month then one are too few for weeks; ninety then ten are not. No chance in either."""
    turn = dt.date(2017, 3, 1)
    values = np.zeros((2, 1432), dtype=np.float32)
    before = (turn - FIRST).days
    values[0, 1:before:10] = 2.0
    values[0, before + 3 :: 30] = 1.0
    values[1, :before], values[1, before:] = 3.0, 1.0
    counts = Daily(values, ("few", "many"), FIRST)
    (few,) = changes_in(counts, "few")
    assert (few.date, few.date.day) == (turn, 1)
    assert few.before == pytest.approx(2 * 52 / 17, abs=0.5)
    assert few.low <= few.date <= few.high
    assert few.after == pytest.approx(1.0, abs=0.1)
    (many,) = changes_in(counts, "many")
    assert abs((many.date - turn).days) <= 6
    assert ((many.date - FIRST).days % 7, many.p < 0.05) == (0, True)
    assert (many.before, many.after) == (pytest.approx(3 * 30.4, rel=0.01), pytest.approx(30.4, rel=0.01))


def test_relabelling_compares_monthly_means_before_and_from_the_change() -> None:
    since, until = dt.date(2016, 11, 20), dt.date(2017, 9, 25)
    jail = steady({"48453": (3.0, 1.0)}, dt.date(2016, 11, 1))
    around = steady({"48453": (1.0, 2.0)}, dt.date(2016, 11, 1))
    found = relabelled(jail, around, "48453", since, until)
    # 13 months of 396 days before; from November to September, eleven of 334
    assert found.jail.value == pytest.approx(334 / 11 - 3 * 397 / 13, abs=0.3)
    assert found.around.value == pytest.approx(2 * 334 / 11 - 397 / 13, abs=0.3)
    spread = (3 * 397 / 13 / 13 + 334 / 11 / 11) ** 0.5  # no less than that of counts
    assert found.jail.high is not None
    assert found.jail.low is not None
    assert found.jail.high - found.jail.low == pytest.approx(2 * 1.645 * spread, rel=0.02)
    assert (found.verdict, found.since) == ("fits", since)
    told = found.to_dict()
    assert (told["verdict"], told["since"]) == ("fits", "2016-11-20")
    assert told["jail_change"]["value"] == pytest.approx(found.jail.value, abs=0.006)
    assert told["general_area_change"]["value"] == pytest.approx(found.around.value, abs=0.006)


def test_relabelling_needs_three_months_before_and_two_after() -> None:
    jail = steady({"48453": 3.0})
    for since, until, is_told in [
        (dt.date(2015, 12, 31), dt.date(2017, 1, 1), False),  # October and November before
        (dt.date(2016, 1, 1), dt.date(2017, 1, 1), True),
        (dt.date(2016, 6, 10), dt.date(2016, 7, 1), False),  # June alone
        (dt.date(2016, 6, 10), dt.date(2016, 7, 2), True),
    ]:
        found = relabelled(jail, jail, "48453", since, until)
        assert found.jail.is_told == found.around.is_told == is_told
        assert found.verdict == ("does not fit" if is_told else "cannot be told")
    assert relabelled(jail, None, "48453", dt.date(2016, 6, 1), LAST).verdict == "cannot be told"
    assert relabelled(jail, jail, "none", dt.date(2016, 6, 1), LAST).verdict == "cannot be told"


def test_a_line_of_the_sensitivity_table_is_the_whole_life_rounded_for_print() -> None:
    found = estimate({"policy": total(142.236, 120.26, p=0.123456)}, donors=58)
    assert row_of("sc", "Label", found) == {
        "variant": "sc", "label": "Label", "measure": "at_large", "area": HERE.main.name, "value": 21.98,
        "low": 6.98, "high": 46.98, "expected": 120.3, "p_placebo": 0.1235, "donors": 58, "note": "",
    }  # fmt: skip
    none = failed("sc", "Label", QuestionError("too few"))
    assert set(none) == set(row_of("sc", "Label", found))
    assert (none["variant"], none["label"], none["note"], none["value"]) == ("sc", "Label", "too few", None)


def test_places_of_the_areas_own_aor_are_its_counties_or_the_offices_seated_in_them() -> None:
    own = same_aor(world())
    assert {"48453", "48029"} <= own
    assert not own & {"48201", "48113", "37119"}
    assert same_aor(world(BY_COUNTY)) == own
    assert same_aor(world(BY_OFFICE)) == {"AUS", "SNA"}
    assert same_aor(world(BY_AOR)) == same_aor(world(BY_STATE)) == set()
    assert same_aor(world(replace(HERE, aor=None))) == set()


def _variants(monkeypatch: pytest.MonkeyPatch, asked: Any, fall: dt.date | None, where: Where = HERE) -> Any:
    """The rows of the table with the arguments that each estimate was given."""
    calls: list[dict[str, Any]] = []

    def fake(counts: Any, key: str, area: Any, measure: str, laid: Any, banned: set[str], **more: Any) -> Any:
        calls.append({"months": laid, "banned": banned, "measure": measure, "key": key, **more})
        if more["method"] == "sdid":
            raise QuestionError("too few")
        return estimate({"policy": total()}, of=laid)

    monkeypatch.setattr(sensitivity, "estimate", fake)
    made = world(where, policies=Registry((POLICY,)))
    rows = sensitivity_of(made, asked, estimate(of=months(asked), tuning=2.5), fall)
    assert len(calls) == len(rows) - 1  # the main line is there already
    return rows, dict(zip([r["variant"] for r in rows[1:]], calls, strict=True))


def test_the_same_question_is_asked_by_other_methods_days_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = policy(announced=dt.date(2017, 2, 1))
    fall = dt.date(2016, 10, 20)
    rows, calls = _variants(monkeypatch, asked, fall)
    assert [r["variant"] for r in rows] == [
        "main", "sdid", "ascm", "announced", "before_fall", "other_aors",
    ]  # fmt: skip
    assert [r["note"] for r in rows] == ["", "too few", "", "", "", ""]
    assert [calls[k]["method"] for k in calls] == ["sdid", "ascm", "share", "share", "share"]
    then = calls["announced"]["months"]
    assert then.bounds(then.in_force)[0] == dt.date(2017, 2, 1)
    early = calls["before_fall"]["months"]
    assert early.bounds(early.in_force)[0] == POLICY.effective
    assert early.bounds(early.pre)[1] < fall <= early.bounds(early.pre)[1] + dt.timedelta(days=31)
    assert "(2016-10)" in rows[4]["label"]
    assert "2017-02-01" in rows[3]["label"]
    assert calls["ascm"]["banned"] == {"48453"}  # its own policy is the only one
    assert calls["other_aors"]["banned"] == same_aor(world())
    donors = dict(zip(world().main["at_large"].keys, calls["ascm"]["donors"], strict=True))
    assert donors["48029+SNA"]


def test_days_that_were_not_before_the_policy_make_no_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, fall, where, more in [
        (POLICY, None, HERE, ["other_aors"]),
        (policy(announced=POLICY.effective), POLICY.effective, HERE, ["other_aors"]),
        (POLICY, None, BY_STATE, []),
    ]:
        rows, _ = _variants(monkeypatch, asked, fall, where)
        assert [r["variant"] for r in rows] == ["main", "sdid", "ascm", *more]


def test_too_early_a_fall_is_a_line_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity, "estimate", lambda *_, **__: estimate({"policy": total()}))
    rows = sensitivity_of(world(), POLICY, estimate(), dt.date(2016, 2, 1))
    (row,) = [r for r in rows if r["variant"] == "before_fall"]
    assert "at least 6 are needed" in row["note"]
    assert row["value"] is None


def test_a_false_policy_is_put_into_the_last_third_of_the_months_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Any] = []

    def fake(*given: Any, **more: Any) -> Any:
        calls.append((given, more))
        return estimate({"policy": total()})

    monkeypatch.setattr(sensitivity, "estimate", fake)
    main = estimate(tuning=2.5)
    assert main.months.pre.sum() == 17
    row = in_time_of(world(), main, {"37119"})
    (given, more), false = calls[0], calls[0][0][4]
    assert (false.in_force.sum(), false.pre.sum(), false.after.any()) == (5, 12, False)
    assert false.bounds(false.in_force)[1] == POLICY.effective - ONE_DAY
    assert not (false.in_force & false.pre).any()
    assert row["date"] == "2016-10-10"
    assert (row["variant"], row["value"], given[5]) == ("in_time", 10.0, {"37119"})
    assert "donors" not in more

    def refused(*_: Any, **__: Any) -> Any:
        raise QuestionError("too few")

    monkeypatch.setattr(sensitivity, "estimate", refused)
    assert in_time_of(world(), main, set())["note"] == "too few"


def test_without_handoffs_the_effect_is_what_remains_and_the_trend_is_over_the_past() -> None:
    main = estimate({"policy": total(142.0, 120.0, low=-11.0, high=45.0)})
    laid = main.months
    found = core._parts(facts(main=main, parts=None))
    assert list(found) == ["trend", "substitution", "residual"]
    assert found["residual"] == main.totals["policy"].effect
    assert not found["substitution"].is_told
    # five a month in the 17 months before, by the days of the policy's life
    days = (laid.policy_end - POLICY.effective).days
    past = 5.0 * 17 / (POLICY.effective - laid.start[0]).days * days
    assert main.baseline == pytest.approx(past)
    assert found["trend"].value == pytest.approx(120 - past)
    assert (found["trend"].low, found["trend"].high) == (
        pytest.approx(142 - 45 - past), pytest.approx(142 + 11 - past),
    )  # fmt: skip
    assert core._parts(facts()) == parts().as_dict()
    untold = replace(total(), effect=Interval(1.0))
    nothing = core._parts(facts(main=estimate({"policy": untold}), parts=None))["trend"]
    assert (nothing.low, nothing.high) == (None, None)


def test_the_expected_count_is_never_below_none() -> None:
    assert total(10.0, 5.0, low=-3.0, high=12.0).counterfactual == Interval(5.0, 0.0, 13.0)
    assert total(10.0, 5.0, low=-3.0, high=9.0).counterfactual == Interval(5.0, 1.0, 13.0)
    assert replace(total(), effect=Interval(1.0)).counterfactual == Interval(90.0)


def test_what_an_answer_says_of_its_fit_and_rate() -> None:
    fit = core._pre_fit(estimate(pre_rmse=1.23456, pre_mean=5.0, donors=58))
    assert fit == {
        "rmse": 1.23, "mean": 5.0, "relative_rmse": 0.247, "periods": 17, "start": "2015-10-10",
        "end": "2017-03-09", "donors": 58,
    }  # fmt: skip
    assert core._pre_fit(estimate(pre_mean=0.0))["relative_rmse"] is None
    known = Ratio(0.25678, 0.1, 0.1, 0.05123, 0.44987, 14, True)
    rate = core._rate(facts(parts=parts(ratio=known, elsewhere=Interval(3.0, 1.0, 5.0))))
    assert rate == {
        "is_known": True, "value": 0.257, "low": 0.051, "high": 0.45, "places": 14,
        "lost_handoffs": {"value": 60.0, "low": -10.0, "high": 140.0},
        "elsewhere": {"value": 3.0, "low": 1.0, "high": 5.0},
    }  # fmt: skip
    unknown = core._rate(facts(parts=parts(ratio=unknown_ratio(7, 0.4))))
    assert (unknown["is_known"], unknown["value"], unknown["high"]) == (False, None, 0.4)
    assert unknown["elsewhere"] is None
    assert core._rate(facts(parts=None)) == {}


def test_the_sensitivity_table_ends_with_the_false_date_and_the_other_scheme(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def rows(_: Any, __: Any, ___: Any, fall: dt.date | None) -> list[Any]:
        asked.append(fall)
        return [{"variant": "main"}]

    monkeypatch.setattr(core, "sensitivity_of", rows)
    effect = {"value": 1.0, "low": 0.5, "high": 2.0}
    about = {"effect": effect, "expected": 9.0, "p_placebo": 0.3}
    for scheme, other in [("ddp", "biglocal"), ("biglocal", "ddp")]:
        told = facts(scheme=scheme, schemes={"ddp": about, "biglocal": about}, in_time={"variant": "in_time"})
        found = core._sensitivity(world(), told)
        assert [r["variant"] for r in found] == ["main", "in_time", f"scheme_{other}"]
        assert {k: found[2][k] for k in effect} == effect
        assert (found[2]["expected"], found[2]["p_placebo"], found[2]["area"]) == (9.0, 0.3, HERE.main.name)
        assert other in found[2]["label"]
    core._sensitivity(world(), facts(jail_change=change()))
    core._sensitivity(world(), facts(jail_change=change(high=dt.date(2017, 3, 1))))
    assert asked == [None, None, dt.date(2016, 10, 20), None]  # only a fall before the policy is left out


def test_the_other_areas_are_measured_too_but_the_headline_not_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(counts: Any, key: str, area: Area, measure: str, *_: Any, **__: Any) -> Any:
        if (area.level, measure) == ("office", "handoffs"):
            raise QuestionError("too few")
        assert counts.row(key) is not None
        return estimate(area=area, measure=measure)

    monkeypatch.setattr(core, "estimate", fake)

    def measured(where: Where) -> tuple[list[tuple[str, str]], dict[str, str]]:
        told = facts(where=where)
        return [(e.area.level, e.measure) for e in core._other_estimates(world(where), told)], told.notes

    county, office, aor = (
        [(level, m) for m in ("at_large", "handoffs")] for level in ("county", "office", "aor")
    )
    found, notes = measured(HERE)
    assert found == [*county, office[0], *aor]
    assert notes == {"office handoffs": "too few"}
    assert measured(BY_COUNTY)[0] == aor
    assert measured(BY_OFFICE)[0] == aor
    assert measured(BY_AOR)[0] == measured(BY_STATE)[0] == []


def test_spans_and_series_are_those_of_each_estimate_and_the_shares_of_the_main_one() -> None:
    main, handoffs = estimate(), estimate(measure="handoffs", area=COUNTY)
    other = estimate({"month": total(), "policy": total()}, area=AOR)
    told = facts(main=main, handoffs=handoffs)
    spans = core._spans(main, {"month": 0.5}, told, [other])
    names = ["month", "quarter", "rest", "policy"]
    assert [(s.area.level, s.measure, s.span) for s in spans] == [
        *[("locality", "at_large", n) for n in names], *[("county", "handoffs", n) for n in names],
        ("aor", "at_large", "month"), ("aor", "at_large", "policy"),
    ]  # fmt: skip
    assert [s.burst_share for s in spans] == [0.5, *[None] * 9]
    assert (spans[1].start, spans[1].end) == (dt.date(2017, 3, 10), dt.date(2017, 6, 9))
    assert [s.measure for s in core._series(main, told, [other])] == ["at_large", "handoffs", "at_large"]
    assert len(core._series(main, facts(main=main), [])) == 1


def test_the_method_names_its_places_and_what_is_not_told() -> None:
    main = estimate(weights=(("48201+HOU", 0.5), ("99999", 0.3)), donors=58)
    told = core._method(main, facts(notes={"parts": "too few"}), world())
    assert [w["place_name"] for w in told["weights"]] == ["Harris County, TX and Houston", "99999"]
    assert [w["weight"] for w in told["weights"]] == [0.5, 0.3]
    assert (told["donors"], told["interval"], told["not_told"]) == (58, 0.9, {"parts": "too few"})


def test_the_whole_answer_is_made_of_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_other_estimates", lambda *_: [])
    monkeypatch.setattr(core, "_sensitivity", lambda *_: [])
    monkeypatch.setattr(core, "strips", lambda *_: [])
    monkeypatch.setattr(core, "elsewhere", lambda *_: {})
    made = world(store=Records(date=[FIRST]))
    about = dict(CONCENTRATION)
    told = facts(burst=burst(), relabel=relabel("fits"), concentration=about, jail_change=change())
    answer = core._answer(told, made, "48453", "Travis County, TX", "county")
    assert (answer.start, answer.end) == (dt.date(2017, 3, 10), dt.date(2018, 9, 9))
    assert (answer.observed, answer.p_placebo, answer.mde) == (100.0, 0.4, 20.0)
    assert answer.baseline == 80.0  # that of the parts
    assert answer.concentration["verdict"] == "cannot be told"
    assert answer.change_point == told.jail_change
    assert answer.relabelling["verdict"] == "fits"
    assert answer.burst is not None
    assert (answer.burst["p_placebo"], answer.burst["expected"]) == (0.0123, 3.04)
    assert answer.coverage == {"start": FIRST, "end": LAST}
    bare = core._answer(facts(parts=None, concentration=about), made, "48453", "x", "county")
    assert bare.baseline == pytest.approx(estimate().baseline)
    assert (bare.burst, bare.relabelling) == (None, {"verdict": "cannot be told", "since": None})
    assert (bare.change_point.date, bare.change_point.area) == (None, HERE.main)
    assert bare.substitution_rate == {}


def test_sources_are_the_releases_the_policy_the_population_and_the_tables() -> None:
    store: Any = Records(date=[FIRST])
    found = sources_of(store, POLICY, {"source_url": "https://example.org/pew"})
    assert found[0] == {"title": "made (2015-10-01 to 2019-09-01)", "url": ""}
    assert found[1] == {"title": "Policy: A made policy", "url": "https://example.org/policy"}
    assert found[2]["url"] == "https://example.org/pew"
    assert len(found) == 6
    assert all(f["title"] for f in found)
    assert len(sources_of(store, replace(POLICY, source_url=""), {})) == 4


def test_handoffs_that_a_policy_can_take_away_are_those_of_the_jail_where_it_has_any() -> None:
    made = world()
    assert (made.exposure, made.exposure_area) == (made.jail, COUNTY)
    for rates in ({"48453": 0.0}, {"48453": (0.0, 1.0)}):
        one = world(county_handoffs=rates)
        is_jail = rates["48453"] != 0.0
        assert one.exposure is (one.jail if is_jail else one.main["handoffs"])
        assert one.exposure_area == (COUNTY if is_jail else HERE.main)
    alone = world(BY_COUNTY)
    assert (alone.exposure_area, alone.jail) == (COUNTY, alone.county["handoffs"])
    office = world(BY_OFFICE)
    assert (office.jail, office.exposure_area) == (None, OFFICE)
    assert office.exposure is office.main["handoffs"]


def test_each_area_is_counted_at_its_level_and_named() -> None:
    made = world()
    assert made.level(HERE.main) is made.main
    assert (made.level(COUNTY), made.level(OFFICE), made.level(AOR)) == (made.county, made.office, made.aor)
    office = world(BY_OFFICE)
    assert office.level(OFFICE) is office.main
    assert office.level(replace(OFFICE, code="SNA")) is office.office
    names = made.names()
    assert names["48453+AUS"] == "Travis County, TX and Austin"
    assert names["37119"] == "Mecklenburg County, NC"
    assert world(BY_AOR).names() == {"HOU": "Houston", "SNA": "San Antonio"}
    assert world(BY_STATE).main["at_large"].keys == ("NC", "TX")


@pytest.fixture
def pooled_world(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Twelve places whose records begin six months or fewer before their policies, and what is pooled."""
    keys = tuple(f"{k:05d}" for k in range(1, 11))
    rates = dict.fromkeys(keys, 0.5)
    rates["00003"] = 0.01  # treated, too few handoffs
    rates["00009"] = 0.01  # not treated, too few
    counts = {"at_large": steady(dict.fromkeys(keys, 1.0)), "handoffs": steady(rates)}
    empty = {m: steady({"ZZZ": 0.0}) for m in counts}
    monkeypatch.setattr(together, "all_localities", lambda *_: localities(counts, empty))
    starts = np.array([6, 5, 20, 30, 30, -1, -1, -1, -1, -1])
    clean = np.array([False] * 5 + [True, True, True, True, False])
    ids = {"00001": "a", "00002": "b", "00003": "c", "00004": "law", "00005": "law"}
    monkeypatch.setattr(Registry, "starts", lambda *_: Starts(starts, clean, ids))
    told: list[Any] = []

    def told_of(y: Any, begun: Any, method: str) -> dict[str, Any]:
        told.append((y, begun))
        return {}

    monkeypatch.setattr(together, "_pooled_effect", told_of)
    return told


def test_places_are_pooled_that_have_six_months_and_two_handoffs_a_month_before(
    pooled_world: list[Any],
) -> None:
    found = together.pooled(direction="limits")
    assert found["localities"] == [
        {"place": "00001", "policy": "a"}, {"place": "00004", "policy": "law"},
        {"place": "00005", "policy": "law"},
    ]  # fmt: skip
    assert (found["decisions"], found["comparison"]) == (2, 3)  # the law's two counties are one witness
    handoffs, begun = pooled_world[0]
    assert begun.tolist() == [6, 30, -1, -1, -1]
    np.testing.assert_allclose(handoffs[:, 0], [15.5, 31.0, 15.5, 15.5, 15.5])
    np.testing.assert_allclose(pooled_world[1][0][:, 0], [31.0, 62.0, 31.0, 31.0, 31.0])
    assert (found["direction"], found["scheme"], found["method"]) == ("limits", "ddp", "imputation")
    with pytest.raises(QuestionError, match="no direction 'sideways'"):
        together.pooled(direction="sideways")


def test_one_place_is_not_pooled(monkeypatch: pytest.MonkeyPatch, pooled_world: list[Any]) -> None:
    starts, clean = np.array([6] + [-1] * 9), np.array([False] + [True] * 9)
    monkeypatch.setattr(Registry, "starts", lambda *_: Starts(starts, clean, {"00001": "a"}))
    with pytest.raises(QuestionError, match="only 1 localities"):
        together.pooled(direction="limits")
    two = np.array([6, 7] + [-1] * 8)
    monkeypatch.setattr(Registry, "starts", lambda *_: Starts(two, clean, {"00001": "a", "00002": "b"}))
    assert together.pooled(direction="limits")["decisions"] == 2
    assert len(pooled_world) == 2


def test_places_that_changed_are_counties_offices_by_their_seat_or_whole_states() -> None:
    laid = months()
    dc = policy(id="dc", level="state", fips=None, state="DC", effective=dt.date(2017, 5, 1), ended=None)
    harris = policy(id="h", fips="48201", direction="extends")
    known = Registry((POLICY, dc, harris))
    for level in ("county", "locality"):
        assert changed_units(level, laid, (), known) == {"48453", "48201", "11001"}
    assert changed_units("office", laid, ("AUS", "SNA", "HOU", "HDF", "???"), known) == {"AUS", "HOU"}
    assert changed_units("state", laid, ("DC", "TX"), known) == {"DC"}  # Texas has other counties
    assert changed_units("aor", laid, ("SNA",), known) == set()
    outside = policy(effective=laid.policy_end, ended=None)
    assert changed_units("county", laid, (), Registry((outside,))) == set()


def _first_of_month(k: int) -> dt.date:
    return dt.date(2015 + (9 + k) // 12, (9 + k) % 12 + 1, 1)


def test_starts_are_the_first_whole_months_of_a_directions_own_policies() -> None:
    axis = [_first_of_month(k) for k in range(24)]

    def made(name: str, day: dt.date, fips: str | None, **more: Any) -> Any:
        return policy(id=name, effective=day, fips=fips, ended=None, **more)

    registry = [
        made("late", dt.date(2016, 6, 2), "48453"),
        made("early", dt.date(2016, 4, 1), "48453"),
        made("other", dt.date(2016, 2, 1), "48453", direction="extends"),
        made("edge", axis[0], "48029"),
        made("last", axis[-1], "48201"),
        made("beyond", axis[-1] + ONE_DAY, "48113"),
        made("year", dt.date(2016, 6, 2), "37119", latest=dt.date(2016, 12, 31), precision="year"),
        made("house", dt.date(2016, 6, 2), "36103", kind="jail_contract"),
        made("town", dt.date(2016, 6, 2), "06037", level="city"),
        made("law", dt.date(2016, 7, 1), None, level="state", state="DC"),
    ]
    keys = (
        "48453+AUS",
        "48029",
        "48201",
        "48113",
        "37119",
        "36103",
        "06037",
        "11001",
        "11001+48453",
        "01001",
    )
    known = Registry(tuple(registry))
    starts, clean, ids = known.starts(keys, axis, "limits")
    assert starts.tolist() == [6, -1, 23, -1, -1, -1, 9, 9, 6, -1]
    assert clean.tolist() == [False, True, False, True, True, True, False, False, False, True]
    assert ids == {
        "48453+AUS": "early", "48201": "last", "06037": "town", "11001": "law", "11001+48453": "early",
    }  # fmt: skip
    only, still, _ = known.starts(keys, axis, "limits", ("state",))
    assert only.tolist() == [-1] * 7 + [9, 9, -1]
    assert still.tolist() == clean.tolist()  # touched by any policy, whichever are studied
    assert known.starts(keys, axis, "extends").ids == {"48453+AUS": "other", "11001+48453": "other"}


def test_what_is_pooled_is_told_rounded_with_its_places(monkeypatch: pytest.MonkeyPatch) -> None:
    import atlarge.effects as effects

    found = SimpleNamespace(
        ratio=1.23456, low=1.0, high=1.5, p=0.123456, extra=12.345, n_treated=4, n_never=9,
        event_time=np.array([-1, 0]), event_ratio=np.array([1.0, 1.23456]),
        event_low=np.array([0.5, 1.00049]), event_high=np.array([2.0, 1.5]), event_units=np.array([4, 3]),
    )  # fmt: skip
    monkeypatch.setattr(effects, "pooled_effect", lambda *_, **__: found)
    told = together._pooled_effect(np.ones((2, 2)), np.array([1, -1]), "imputation")
    assert told == {
        "ratio": {"value": 1.23, "low": 1.0, "high": 1.5}, "p": 0.1235, "extra": 12.3, "localities": 4,
        "comparison": 9,
        "event_time": [
            {"month": -1, "ratio": 1.0, "low": 0.5, "high": 2.0, "localities": 4},
            {"month": 0, "ratio": 1.235, "low": 1.0, "high": 1.5, "localities": 3},
        ],
    }  # fmt: skip
    found.extra = None
    assert together._pooled_effect(np.ones((2, 2)), np.array([1, -1]), "imputation")["extra"] is None

    def refused(*_: Any, **__: Any) -> Any:
        raise QuestionError("too few")

    monkeypatch.setattr(effects, "pooled_effect", refused)
    none = together._pooled_effect(np.ones((2, 2)), np.array([1, -1]), "imputation")
    assert none == {"ratio": {"value": None, "low": None, "high": None}, "p": None, "note": "too few"}


@pytest.mark.parametrize(
    ("where", "more"), [(HERE, []), (BY_COUNTY, []), (BY_OFFICE, []), (BY_AOR, []), (BY_STATE, ["state"])]
)
def test_a_world_loads_the_levels_that_its_question_needs(
    monkeypatch: pytest.MonkeyPatch, where: Where, more: list[str]
) -> None:
    asked: list[str] = []

    def loaded(_: Any, level: str, measures: Any, scheme: str) -> dict[str, Daily]:
        asked.append(level)
        assert scheme == "biglocal"
        key = {"county": "48453", "office": "AUS", "aor": "SNA", "state": "TX"}[level]
        return {m: steady({key: 1.0}) for m in measures}

    monkeypatch.setattr(world_module, "daily", loaded)
    store: Any = Records(date=[FIRST])
    made = world_module.world_of(store, where, "biglocal")
    assert asked == ["county", "office", "aor", *more]
    assert made.main["at_large"].keys == (where.main.code,)
    assert (made.key, made.store, made.scheme) == (where.main.code, store, "biglocal")
