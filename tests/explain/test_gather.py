"""What is gathered beside the estimates: on counts that are the same every day, so that sums are known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hand_made import (
    AOR,
    COUNTY,
    FIRST,
    HERE,
    LAST,
    OFFICE,
    POLICY,
    Records,
    change,
    estimate,
    facts,
    months,
    policy,
    steady,
    total,
    world,
)

from atlarge.effects.pooling import Ratio
from atlarge.errors import QuestionError
from atlarge.explain import fit as module
from atlarge.explain.answer import Area
from atlarge.explain.areas import Where
from atlarge.explain.fit import (
    _area_only_share,
    _bounded,
    _concentration,
    _is_own,
    _jail_change,
    _records,
    _recovered,
    _schemes,
    _seated_key,
    _surge_series,
    attempt,
    other_policies,
    strips,
)
from atlarge.messages import day_text
from atlarge.policies import Registry, from_date

LIFE_DAYS = 549  # 10 March 2017 to 9 September 2018
BY_OFFICE = Where(OFFICE, None, OFFICE, AOR, "TX")
BY_COUNTY = replace(HERE, office=None)
BY_AOR = Where(AOR, None, None, AOR, "")
STATE = Area("state", "TX", "Texas")
BY_STATE = Where(STATE, None, None, None, "TX")


def test_a_part_that_cannot_be_told_leaves_its_reason_and_other_errors_are_not_swallowed() -> None:
    def fails(error: Exception) -> int:
        raise error

    notes: dict[str, str] = {}
    assert attempt(notes, "good", lambda: 3) == 3
    assert attempt(notes, "bad", partial(fails, QuestionError("too few"))) is None
    assert notes == {"bad": "too few"}
    with pytest.raises(ZeroDivisionError):
        attempt(notes, "worse", partial(fails, ZeroDivisionError()))


def test_shares_of_records_that_name_a_place_are_of_the_aor_before_and_during() -> None:
    """Of 10 a day in San Antonio's area, 6 name its counties or offices before the policy and 8 during it."""
    made = world(
        county_at_large={"48453": (1.0, 3.0), "48029": 2.0, "48201": 7.0},
        office_at_large={"AUS": 2.0, "SNA": 1.0, "HOU": 11.0, "DAL": 5.0},
        aor_at_large={"SNA": 10.0, "HOU": 99.0},
        store=Records(date=[FIRST]),
    )
    told = facts()
    _records(made, told)
    assert told.placed_before == pytest.approx(0.6)
    assert told.placed_during == pytest.approx(0.8)
    assert told.aor_total == 10 * LIFE_DAYS


def test_shares_are_at_most_one_and_not_told_without_records_of_the_aor() -> None:
    many = world(aor_at_large={"SNA": 2.0}, store=Records(date=[FIRST]))
    told = facts()
    _records(many, told)
    assert (told.placed_before, told.placed_during) == (1.0, 1.0)
    none = world(aor_at_large={"SNA": 0.0}, store=Records(date=[FIRST]))
    _records(none, told)
    assert (told.placed_before, told.placed_during, told.aor_total) == (None, None, 0.0)
    named = world(replace(HERE, aor=replace(AOR, code="NYC")), Records(date=[FIRST]))
    _records(named, told)
    assert (told.placed_before, told.placed_during, told.aor_total) == (None, None, 0.0)


@pytest.mark.parametrize("where", [BY_AOR, BY_STATE])
def test_an_aor_or_a_state_asks_nothing_of_how_places_are_named(where: Where) -> None:
    told = facts(where=where)
    _records(world(where), told)
    assert (told.placed_before, told.placed_during, told.aor_total, told.recovered) == (None, None, 0.0, 0)


ROWS: list[tuple[dt.date, str | None, str | None, str, int]] = [
    # date, county, office, basis of the AOR, n
    (dt.date(2017, 5, 1), "48453", None, "landmark", 1),
    (dt.date(2017, 5, 1), None, "AUS", "landmark", 2),
    (dt.date(2017, 5, 1), "48029", None, "landmark", 4),
    (dt.date(2017, 5, 1), None, "SNA", "landmark", 8),
    (dt.date(2017, 5, 1), "48453", None, "recorded", 16),
    (months().start[0], "48453", None, "landmark", 32),
    (months().start[0] - dt.timedelta(days=1), "48453", None, "landmark", 64),
    (POLICY.ended - dt.timedelta(days=1), None, "AUS", "landmark", 128),  # type: ignore[operator]
    (POLICY.ended, None, "AUS", "landmark", 256),  # type: ignore[list-item]
    (dt.date(2017, 5, 1), None, None, "landmark", 512),
]
NAMES = ("date", "county_fips", "office", "aor_basis", "n")


@pytest.mark.parametrize(
    ("where", "count"), [(HERE, 1 + 2 + 32 + 128), (BY_COUNTY, 1 + 32), (BY_OFFICE, 2 + 128)]
)
def test_recovered_records_are_those_of_the_area_in_the_months_studied(where: Where, count: int) -> None:
    store = Records(**dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True)))
    assert _recovered(world(where, store), months()) == count
    told = facts(where=where)
    _records(world(where, store), told)
    assert told.recovered == count


def test_no_records_recovered_where_none_match_or_the_basis_is_not_kept() -> None:
    columns = dict(zip(NAMES, map(list, zip(*ROWS[2:4], strict=True)), strict=True))
    assert _recovered(world(HERE, Records(**columns)), months()) == 0
    del columns["aor_basis"]
    assert _recovered(world(HERE, Records(**columns)), months()) == 0


def test_the_share_that_names_only_the_office_area_is_of_all_months_studied() -> None:
    made = world(county_at_large={"48453": (3.0, 1.0)}, office_at_large={"AUS": (1.0, 4.0)})
    laid = months()
    before = (POLICY.effective - laid.start[0]).days
    later = (laid.stop[-1] - POLICY.effective).days
    expected = (before + 4 * later) / (4 * before + 5 * later)
    assert _area_only_share(made, laid) == pytest.approx(expected)
    assert _area_only_share(world(BY_COUNTY), laid) is None
    empty = world(county_at_large={"48453": 0.0}, office_at_large={"AUS": 0.0})
    assert _area_only_share(empty, laid) is None


@pytest.mark.parametrize(
    ("asked", "where", "code", "is_own"),
    [
        (POLICY, HERE, "48453", True),
        (replace(POLICY, fips="48029"), HERE, "48453", False),
        (replace(POLICY, fips=None), HERE, "48453", False),
        (POLICY, BY_OFFICE, "AUS", True),  # by the county of its seat
        (replace(POLICY, fips="48029"), BY_OFFICE, "AUS", False),
        (replace(POLICY, fips=None), Where(OFFICE, None, OFFICE, AOR, "TX"), "ETX", False),  # no seat known
        (POLICY, BY_AOR, "SNA", False),
        (replace(POLICY, level="state", fips=None), HERE, "48453", True),
        (replace(POLICY, level="state", state="CA"), HERE, "48453", False),
        (from_date(dt.date(2017, 3, 1), "06037", "Elsewhere"), HERE, "48453", True),
    ],
)
def test_whose_policy_it_is(asked: Any, where: Where, code: str, is_own: bool) -> None:
    assert _is_own(world(where), asked, code) == is_own


def test_other_policies_are_those_of_the_place_or_state_in_the_months_studied() -> None:
    laid = months()
    first, last, day = laid.start[0], laid.policy_end, dt.timedelta(days=1)

    def made(name: str, effective: dt.date, **changes: Any) -> Any:
        return policy(id=name, effective=effective, **{"ended": None, **changes})

    registry = [
        POLICY,
        made("a", first),
        made("b", first - day),
        made("c", last - day),
        made("d", last),
        made("e", first - day, ended=first),
        made("f", first - day, ended=last),
        made("g", first, fips="48029"),
        made("h", first, level="state", fips=None),
        made("i", first, level="state", fips=None, state="CA"),
    ]
    known = Registry(tuple(registry))
    found = other_policies(POLICY, known, HERE, first, last)
    a, c, e, h = (day_text(d, "en") for d in (first, last - day, first, first))
    assert sorted(str(one).partition(", ")[2] for one in found) == sorted(
        [f"from {a}", f"from {c}", f"until {e}", f"from {h}"]
    )
    assert other_policies(POLICY, known, BY_AOR, first, last) == []
    (own,) = other_policies(registry[1], known, BY_STATE, first, last)
    assert str(own) == f"{POLICY.title}, from {a}"


def test_a_rate_that_is_not_known_replaces_no_more_than_were_arrested() -> None:
    known = Ratio(0.25, 0.1, 0.1, 0.0, 0.5, 14, True)
    unknown = Ratio(0.5, 0.0, 0.0, 0.0, 1.0, 7, False)
    main = estimate({"policy": total(observed=30.0)})

    def lost(count: float) -> Any:
        return estimate({"policy": total(200.0 - count, 200.0)})

    assert _bounded(known, main, lost(100.0)) is known
    assert _bounded(unknown, main, None) is unknown
    for count, cap in [(100.0, 0.3), (30.0, 1.0), (20.0, 1.0), (0.0, 1.0), (-50.0, 1.0), (0.5, 1.0)]:
        bounded = _bounded(unknown, main, lost(count))
        assert (bounded.low, bounded.high, bounded.n) == (0.0, pytest.approx(cap), 7)
        assert not bounded.is_known


def test_errors_are_sized_on_the_largest_locality_of_an_office_else_of_all() -> None:
    made = world(BY_OFFICE, county_handoffs={"48453": 1.0, "48201": 9.0}, office_handoffs={"AUS": 2.0})
    joined = made.locality["handoffs"].both
    assert _seated_key(made, joined) == "48453+AUS"
    elsewhere = replace(made, where=replace(BY_OFFICE, own=replace(OFFICE, code="ETX")))
    assert _seated_key(elsewhere, joined) == "48201+HOU"
    assert _seated_key(world(BY_AOR, county_handoffs={"37119": 9.0}), joined) == "48201+HOU"


def test_handoffs_are_dated_on_the_jails_own_records_where_there_are_any() -> None:
    """The county's jail, else for an office the county of its seat, else the whole area."""
    laid, day = months(), POLICY.effective
    full = {"county_handoffs": {"48453": 2.0}}
    empty = {"county_handoffs": {"48453": 0.0}}
    seat = Area("county", "48453", "Travis County, TX")
    for where, rates, area in [
        (HERE, full, COUNTY),
        (HERE, empty, HERE.main),
        (BY_COUNTY, full, COUNTY),
        (BY_OFFICE, full, seat),
        (BY_OFFICE, empty, OFFICE),
        (BY_AOR, full, AOR),
        (BY_STATE, full, STATE),
    ]:
        found, counts = _jail_change(world(where, **rates), laid, day)
        assert found is not None
        assert found.area == area
        assert (counts is None) == (area == seat and where is BY_OFFICE)  # no area around a seat's jail


def test_charts_go_a_year_beyond_the_policy_and_show_each_series() -> None:
    laid, day = months(policy(ended=dt.date(2017, 9, 10))), POLICY.effective
    made = world()
    found = strips(made, laid, day, change())
    assert [(s.area.level, s.measure) for s in found] == [
        ("county", "handoffs"), ("office", "handoffs"), ("locality", "at_large"),
    ]  # fmt: skip
    assert (found[1].period[0], found[1].period[-1]) == (FIRST, dt.date(2018, 9, 1))
    assert [s.area.level for s in strips(world(BY_COUNTY), laid, day, None)] == ["county"]


def test_surges_are_sought_in_the_office_area_and_the_county_else_in_the_area_itself() -> None:
    def named(where: Where) -> list[str]:
        made = world(where)
        found = _surge_series(made)
        assert all(counts.row(area.code) is not None for area, counts in found)
        return [area.code for area, _ in found]

    assert named(HERE) == ["AUS", "48453"]
    assert named(BY_COUNTY) == ["48453"]
    assert named(BY_OFFICE) == ["AUS"]
    assert named(BY_AOR) == ["SNA"]


def test_the_level_counts_the_life_of_the_policy_and_what_names_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One arrest a day each of Travis County and the Austin office; 8 of 10 a day name a place."""
    nation = {"at_large": steady({"US": 400.0}), "handoffs": steady({"US": 1.0})}
    monkeypatch.setattr(module, "daily", lambda *_: nation)
    told = facts(placed_during=0.8, aor_total=10.0 * LIFE_DAYS)
    found = _concentration(world(), told)
    assert (found["arrests"], found["arrests_unplaced_in_aor"]) == (2 * LIFE_DAYS, 2 * LIFE_DAYS)
    assert (found["start"], found["end"]) == ("2017-03-10", "2018-09-09")
    assert found["measure"] == "at_large"
    assert _concentration(world(), facts())["arrests_unplaced_in_aor"] == 0


def test_each_reading_of_the_method_column_gives_its_own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def other(_: Any, scheme: str, *__: Any) -> Any:
        asked.append(scheme)
        return estimate({"policy": total(70.26, 60.24, low=1.0, high=20.0, p=0.123456)})

    monkeypatch.setattr(module, "_under", other)
    main = estimate({"policy": total(142.0, 120.0, low=-11.0, high=45.0, p=0.25)})
    found = _schemes(world(), main, months(), set(), {})
    assert asked == ["biglocal"]
    assert found == {
        "ddp": {
            "observed": 142.0, "expected": 120.0, "p_placebo": 0.25,
            "effect": {"value": 22.0, "low": -11.0, "high": 45.0},
        },
        "biglocal": {
            "observed": pytest.approx(70.2, abs=0.11), "expected": 60.2, "p_placebo": 0.1235,
            "effect": {"value": 10.02, "low": 1.0, "high": 20.0},
        },
    }  # fmt: skip

    def refused(*_: Any) -> Any:
        raise QuestionError("too few")

    monkeypatch.setattr(module, "_under", refused)
    notes: dict[str, str] = {}
    assert list(_schemes(replace(world(), scheme="biglocal"), main, months(), set(), notes)) == ["biglocal"]
    assert notes == {"scheme ddp": "too few"}


def test_sums_stay_within_the_records() -> None:
    assert months().stop[-1] <= LAST + dt.timedelta(days=1)
    assert not np.isnan(world().main["at_large"].binned(months())).any()
