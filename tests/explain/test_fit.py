"""What stands beside the estimates: on counts that are the same every day, so that sums are known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hand_facts import (
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
    steady_study,
    total,
)

from atlarge.effects.pooling import Ratio
from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.explain.areas import Where
from atlarge.explain.fit import (
    _area_only_share,
    _bounded,
    _jail_change,
    _records,
    _recovered,
    _seated_key,
    _surge_series,
    attempt,
    other_policies,
    strips,
)
from atlarge.messages import day_text
from atlarge.policies import Registry

LIFE_DAYS = 549  # 10 March 2017 to 9 September 2018
BY_OFFICE = Where(OFFICE, None, OFFICE, AOR, "TX")
BY_COUNTY = replace(HERE, office=None)
BY_AOR = Where(AOR, None, None, AOR, "")
STATE = Area("state", "TX", "Texas")
BY_STATE = Where(STATE, None, None, None, "TX")


def test_a_part_that_cannot_be_known_leaves_its_reason_and_other_errors_are_not_swallowed() -> None:
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
    study = steady_study(
        county_at_large={"48453": (1.0, 3.0), "48029": 2.0, "48201": 7.0},
        office_at_large={"AUS": 2.0, "SNA": 1.0, "HOU": 11.0, "DAL": 5.0},
        aor_at_large={"SNA": 10.0, "HOU": 99.0},
        store=Records(date=[FIRST]),
    )
    about = facts()
    _records(study, about)
    assert about.placed_before == pytest.approx(0.6)
    assert about.placed_during == pytest.approx(0.8)
    assert about.aor_total == 10 * LIFE_DAYS


def test_shares_are_at_most_one_and_not_known_without_records_of_the_aor() -> None:
    many = steady_study(aor_at_large={"SNA": 2.0}, store=Records(date=[FIRST]))
    about = facts()
    _records(many, about)
    assert (about.placed_before, about.placed_during) == (1.0, 1.0)
    none = steady_study(aor_at_large={"SNA": 0.0}, store=Records(date=[FIRST]))
    _records(none, about)
    assert (about.placed_before, about.placed_during, about.aor_total) == (None, None, 0.0)
    named = steady_study(replace(HERE, aor=replace(AOR, code="NYC")), Records(date=[FIRST]))
    _records(named, about)
    assert (about.placed_before, about.placed_during, about.aor_total) == (None, None, 0.0)


def test_a_state_asks_how_places_are_named_in_all_areas_that_reach_into_it() -> None:
    """Texas lies in four areas: of 30 a day in two of them, 12 name a county or an office."""
    study = steady_study(
        BY_STATE,
        county_at_large={"48453": 1.0, "48201": 3.0, "48029": 2.0, "48113": 1.0, "37119": 50.0},
        office_at_large={"AUS": 2.0, "SNA": 1.0, "HOU": 1.0, "DAL": 1.0, "XXX": 50.0},
        aor_at_large={"SNA": 10.0, "HOU": 20.0, "NYC": 99.0},
        store=Records(date=[FIRST]),
    )
    about = facts(where=BY_STATE)
    _records(study, about)
    assert about.placed_before == about.placed_during == pytest.approx(12 / 30)
    assert about.aor_total == 30 * LIFE_DAYS


def test_an_aor_needs_nothing_of_how_places_are_named() -> None:
    about = facts(where=BY_AOR)
    _records(steady_study(BY_AOR), about)
    assert (about.placed_before, about.placed_during) == (None, None)
    assert (about.aor_total, about.recovered) == (0.0, 0)


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
    assert _recovered(steady_study(where, store), months()) == count
    about = facts(where=where)
    _records(steady_study(where, store), about)
    assert about.recovered == count


def test_no_records_recovered_where_none_match_or_the_basis_is_not_kept() -> None:
    columns = dict(zip(NAMES, map(list, zip(*ROWS[2:4], strict=True)), strict=True))
    assert _recovered(steady_study(HERE, Records(**columns)), months()) == 0
    del columns["aor_basis"]
    assert _recovered(steady_study(HERE, Records(**columns)), months()) == 0


def test_the_share_that_names_only_the_office_area_is_of_all_months_studied() -> None:
    study = steady_study(county_at_large={"48453": (3.0, 1.0)}, office_at_large={"AUS": (1.0, 4.0)})
    laid = months()
    before = (POLICY.effective - laid.start[0]).days
    later = (laid.stop[-1] - POLICY.effective).days
    expected = (before + 4 * later) / (4 * before + 5 * later)
    assert _area_only_share(study, laid) == pytest.approx(expected)
    assert _area_only_share(steady_study(BY_COUNTY), laid) is None
    empty = steady_study(county_at_large={"48453": 0.0}, office_at_large={"AUS": 0.0})
    assert _area_only_share(empty, laid) is None


def test_other_policies_are_those_of_the_place_or_state_in_the_months_studied() -> None:
    laid = months()
    first, last, day = laid.start[0], laid.policy_end, dt.timedelta(days=1)

    def dated(name: str, effective: dt.date, **changes: Any) -> Any:
        return policy(id=name, effective=effective, **{"ended": None, **changes})

    registry = [
        POLICY,
        dated("a", first),
        dated("b", first - day),
        dated("c", last - day),
        dated("d", last),
        dated("e", first - day, ended=first),
        dated("f", first - day, ended=last),
        dated("g", first, fips="48029"),
        dated("h", first, level="state", fips=None),
        dated("i", first, level="state", fips=None, state="CA"),
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
    study = steady_study(
        BY_OFFICE, county_handoffs={"48453": 1.0, "48201": 9.0}, office_handoffs={"AUS": 2.0}
    )
    joined = study.locality["handoffs"].both
    assert _seated_key(study, joined) == "48453+AUS"
    elsewhere = replace(study, where=replace(BY_OFFICE, own=replace(OFFICE, code="ETX")))
    assert _seated_key(elsewhere, joined) == "48201+HOU"
    assert _seated_key(steady_study(BY_AOR, county_handoffs={"37119": 9.0}), joined) == "48201+HOU"


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
        found, counts = _jail_change(steady_study(where, **rates), laid, day)
        assert found is not None
        assert found.area == area
        assert (counts is None) == (area == seat and where is BY_OFFICE)  # no area around a seat's jail


def test_charts_go_a_year_beyond_the_policy_and_show_each_series() -> None:
    laid, day = months(policy(ended=dt.date(2017, 9, 10))), POLICY.effective
    study = steady_study()
    found = strips(study, laid, day, change())
    assert [(s.area.level, s.measure) for s in found] == [
        ("county", "handoffs"), ("office", "handoffs"), ("locality", "at_large"),
    ]  # fmt: skip
    assert (found[1].period[0], found[1].period[-1]) == (FIRST, dt.date(2018, 9, 1))
    assert [s.area.level for s in strips(steady_study(BY_COUNTY), laid, day, None)] == ["county"]


def test_surges_are_sought_in_the_office_area_and_the_county_else_in_the_area_itself() -> None:
    def named(where: Where) -> list[str]:
        study = steady_study(where)
        found = _surge_series(study)
        assert all(counts.row(area.code) is not None for area, counts in found)
        return [area.code for area, _ in found]

    assert named(HERE) == ["AUS", "48453"]
    assert named(BY_COUNTY) == ["48453"]
    assert named(BY_OFFICE) == ["AUS"]
    assert named(BY_AOR) == ["SNA"]


def test_sums_stay_within_the_records() -> None:
    assert months().stop[-1] <= LAST + dt.timedelta(days=1)
    assert not np.isnan(steady_study().main["at_large"].binned(months())).any()
