"""The counts of a question: which areas, which rows, which places changed themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import small_store
from hand_facts import AOR, COUNTY, HERE, OFFICE, POLICY, months, policy, steady_study
from small_store import FIRST, LARGE, OTHER

from atlarge.explain.answer import Area
from atlarge.explain.areas import Where
from atlarge.explain.study import changed_units, study_of
from atlarge.policies import Registry
from atlarge.records.store import open_store

BY_COUNTY = replace(HERE, office=None)
BY_OFFICE = Where(OFFICE, None, OFFICE, AOR, "TX")
BY_AOR = Where(AOR, None, None, AOR, "")
BY_STATE = Where(Area("state", "TX", "Texas"), None, None, None, "TX")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_store.write(tmp_path_factory.mktemp("small") / "store")


@pytest.mark.parametrize(
    ("where", "own"),
    [
        (HERE, [("county_fips", "48453"), ("office", "AUS")]),
        (BY_COUNTY, [("county_fips", "48453")]),
        (BY_OFFICE, [("office", "AUS")]),
        (BY_AOR, [("aor", "SNA")]),
        (BY_STATE, [("state", "TX")]),
    ],
)
@pytest.mark.parametrize(("scheme", "methods"), [("ddp", [LARGE]), ("biglocal", [LARGE, OTHER])])
def test_a_study_of_a_store_counts_the_headline_area_by_day(
    store: Path, where: Where, own: list[tuple[str, str]], scheme: str, methods: list[str]
) -> None:
    study = study_of(open_store(store), where, scheme)
    rows = small_store.rows().filter(pl.col("method").is_in(methods))
    inside = pl.any_horizontal(pl.col(column).eq_missing(code) for column, code in own)
    by_day = dict(rows.filter(inside).group_by("date").agg(pl.col("n").sum()).iter_rows())
    days = [FIRST + dt.timedelta(days=k) for k in range(small_store.DAYS)]
    counts = study.main["at_large"]
    assert counts.first == FIRST
    np.testing.assert_array_equal(
        counts.values[counts.keys.index(study.key)], [by_day.get(day, 0) for day in days]
    )
    assert (study.key, study.scheme, study.area) == (where.main.code, scheme, where.main)


def test_handoffs_that_a_policy_can_take_away_are_those_of_the_jail_where_it_has_any() -> None:
    study = steady_study()
    assert (study.exposure, study.exposure_area) == (study.jail, COUNTY)
    for rates in ({"48453": 0.0}, {"48453": (0.0, 1.0)}):
        one = steady_study(county_handoffs=rates)
        is_jail = rates["48453"] != 0.0
        assert one.exposure is (one.jail if is_jail else one.main["handoffs"])
        assert one.exposure_area == (COUNTY if is_jail else HERE.main)
    alone = steady_study(BY_COUNTY)
    assert (alone.exposure_area, alone.jail) == (COUNTY, alone.county["handoffs"])
    office = steady_study(BY_OFFICE)
    assert (office.jail, office.exposure_area) == (None, OFFICE)
    assert office.exposure is office.main["handoffs"]


def test_each_area_is_counted_at_its_level_and_named() -> None:
    study = steady_study()
    assert study.level(HERE.main) is study.main
    assert (study.level(COUNTY), study.level(OFFICE), study.level(AOR)) == (
        study.county,
        study.office,
        study.aor,
    )
    office = steady_study(BY_OFFICE)
    assert office.level(OFFICE) is office.main
    assert office.level(replace(OFFICE, code="SNA")) is office.office
    names = study.names()
    assert names["48453+AUS"] == "Travis County, TX and Austin"
    assert names["37119"] == "Mecklenburg County, NC"
    assert steady_study(BY_AOR).names() == {"HOU": "Houston", "SNA": "San Antonio"}
    assert steady_study(BY_STATE).main["at_large"].keys == ("NC", "TX")


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
