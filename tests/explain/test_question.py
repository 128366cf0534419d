"""Questions that do not fit are refused in one line, before any record is read, with what to ask instead."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest
from hand_facts import months, policy

from atlarge.errors import AtlargeError, PlaceError, QuestionError
from atlarge.explain import explain
from atlarge.explain.question import check_enough, check_fit, requested_place
from atlarge.places import Place
from atlarge.policies import Policy, from_date, policies
from atlarge.reference import table

COUNTIES = [Place("county", "48453", "Travis County, TX"), Place("county", "48201", "Harris County, TX")]
OTHERS = [Place("aor", "SNA", "San Antonio"), Place("state", "TX", "Texas"), Place("office", "DAL", "Dallas")]


def _fits(of: Policy, place: Place) -> bool:
    try:
        check_fit(of, place)
    except QuestionError:
        return False
    return True


@pytest.mark.parametrize("fips", [f"09{n}" for n in range(110, 191, 10)])
def test_a_planning_region_is_led_to_the_counties_that_the_records_name(fips: str) -> None:
    with pytest.raises(QuestionError, match="same land") as error:
        explain(fips, date="2017-06-01")
    changes = table("county_changes")
    for older in changes.filter(pl.col("new_fips") == fips)["old_fips"]:
        assert f"atlarge explain {older} --date 2017-06-01" in str(error.value)


def test_a_policy_answers_for_its_own_place_only() -> None:
    own = policy(fips="48453")
    assert [_fits(own, p) for p in COUNTIES] == [True, False]
    assert [_fits(own, p) for p in OTHERS] == [False, False, False]
    assert _fits(own, Place("office", "AUS", "Austin"))  # the office has its seat in the county


def test_a_states_law_answers_for_the_state_only() -> None:
    law = policy(level="state", fips=None, state="TX")
    assert _fits(law, Place("state", "TX", "Texas"))
    assert not any(_fits(law, p) for p in [*COUNTIES, Place("aor", "SNA", "San Antonio")])
    assert not _fits(law, Place("state", "OK", "Oklahoma"))


def test_every_registered_policy_fits_its_own_place_and_no_larger_one() -> None:
    own = [p for p in policies() if p.level in ("county", "city", "state") and (p.fips or p.level == "state")]
    assert len(own) > 100
    for registered in own:
        name = registered.fips if registered.level != "state" else registered.state
        assert _fits(registered, requested_place(str(name))), registered.id
        assert not _fits(registered, Place("aor", "SNA", "San Antonio")), registered.id
        kind = "county" if registered.level == "state" else "state"
        assert not _fits(registered, Place(kind, registered.state, "")), registered.id


def test_a_day_serves_for_any_place() -> None:
    day = from_date(dt.date(2017, 2, 1), "48453", "Travis County, TX")
    assert all(_fits(day, p) for p in [*COUNTIES, *OTHERS])


def test_the_refusal_says_what_to_ask_instead() -> None:
    with pytest.raises(QuestionError, match=r"explain 48453 --policy .* explain SNA --date 2017-03-10"):
        check_fit(policy(), OTHERS[0])
    nation = dataclasses.replace(policy(), level="nation", fips=None)
    with pytest.raises(QuestionError, match="whole nation"):
        check_fit(nation, COUNTIES[0])


@pytest.mark.parametrize(("name", "code"), [("Washington", "WA"), ("New York", "NY"), ("new york", "NY")])
def test_a_name_of_a_state_and_of_a_city_is_refused_and_its_codes_are_not(name: str, code: str) -> None:
    with pytest.raises(QuestionError, match=f"ask for {code}"):
        requested_place(name)
    assert requested_place(code).kind == "state"


def test_of_counties_of_one_name_the_policys_own_is_meant() -> None:
    own = next(p for p in policies() if p.id == "montgomery-md-2019")
    assert requested_place("Montgomery County", own).code == "24031"
    with pytest.raises(PlaceError, match=r"names \d\d places"):
        requested_place("Montgomery County")
    with pytest.raises(PlaceError, match=r"names \d\d places"):
        requested_place("Washington County", own)


@pytest.mark.parametrize("name", ["Travs County, TX", "Trvis Cty TX", "Haris County, TX", "Maricopah"])
def test_a_misspelt_name_gets_the_nearest(name: str) -> None:
    with pytest.raises(PlaceError, match="did you mean"):
        explain(name, date=dt.date(2017, 2, 1), store="/nonexistent")


def test_a_question_that_does_not_fit_is_refused_before_the_store_is_opened() -> None:
    for place, name in (("48201", "travis-tx-2017"), ("SNA", "travis-tx-2017"), ("48453", "travs-tx-2017")):
        with pytest.raises(AtlargeError, match="travis-tx-2017"):
            explain(place, policy=name, store="/nonexistent")


def test_too_few_records_are_one_line() -> None:
    laid = months()
    few = np.zeros(len(laid.start))
    few[:11] = 1.0
    with pytest.raises(
        QuestionError, match=r"too few arrests at large .*: 11 in .* years; the nearest"
    ) as raised:
        check_enough(few, laid, "Somewhere", lambda: "its area (atlarge explain SNA --date DAY)")
    assert "\n" not in str(raised.value)
    few[-1] = 60.0  # a rise from nothing is an answer, not too few
    check_enough(few, laid, "Somewhere", lambda: None)
    check_enough(np.full(len(laid.start), 1.2), laid, "Somewhere", lambda: None)


def test_a_place_without_arrests_before_is_refused_with_the_nearest() -> None:
    laid = months()
    seen = np.where(laid.in_force, 30.0, 0.0)
    with pytest.raises(QuestionError, match=r"no arrest at large here in the months before.*its nearest"):
        check_enough(seen, laid, "X", lambda: "its nearest")
    with pytest.raises(QuestionError, match="too few"):
        check_enough(seen / 1000, laid, "X", lambda: None)
    check_enough(np.where(laid.in_force, 30.0, 1.0), laid, "X", lambda: None)
