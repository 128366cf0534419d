"""The level of arrests for the people who live there, by hand on counts that are the same every day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hand_facts import AOR, COUNTY, HERE, OFFICE, facts, steady

from atlarge.explain.answer import Interval
from atlarge.explain.areas import Where
from atlarge.explain.concentration import concentration_of, per_10k, share_ratio
from atlarge.explain.narrative import level_paragraph
from atlarge.explain.population import (
    Population,
    metro_population,
    modelled_population,
    nation_population,
)
from atlarge.explain.verdicts import concentration
from atlarge.messages import render, say
from atlarge.reference import table

BY_COUNTY = replace(HERE, office=None)
BY_OFFICE = Where(OFFICE, None, OFFICE, AOR, "TX")
PEOPLE, LOW, HIGH = 100_000, 85_000, 115_000  # Austin, 2014, as Pew published it
NATION, NATION_MARGIN = 11_100_000, 170_000
DAYS = 365


def _level(where: Where, **more: Any) -> dict[str, Any]:
    """Travis and Williamson County and the Austin office have six a day, the nation 600."""
    county = steady({"48453": 1.0, "48491": 2.0, "48029": 50.0})
    office = steady({"AUS": 3.0, "SNA": 70.0})
    start, end = dt.date(2017, 3, 10), dt.date(2018, 3, 9)
    return concentration_of(where, county, office, steady({"US": 600.0}), start, end, "at_large", **more)


@pytest.mark.parametrize("where", [HERE, BY_COUNTY, BY_OFFICE])
def test_the_level_counts_the_metropolitan_area_and_the_offices_seated_in_it(where: Where) -> None:
    """Six a day for 365 days among 100,000 people, where the nation has 600 a day among 11.1 million."""
    found, count = _level(where), 6 * DAYS
    assert (found["arrests"], found["arrests_unplaced_in_aor"]) == (count, 0)
    yearly = 365.25 / DAYS * 10_000
    assert found["per_10k"]["value"] == pytest.approx(count / PEOPLE * yearly, abs=0.01)
    assert found["per_10k_nation"]["value"] == pytest.approx(600 * 365.25 / NATION * 10_000, abs=0.01)
    assert found["share_ratio"]["value"] == pytest.approx((6 / 600) / (PEOPLE / NATION), abs=0.01)
    low = (count - 1.645 * count**0.5) / HIGH * yearly
    assert found["per_10k"]["low"] == pytest.approx(low, abs=0.01)
    assert (found["start"], found["end"]) == ("2017-03-10", "2018-03-09")
    named = ("population", "population_low", "population_high", "population_year", "measure")
    assert [found[k] for k in named] == [PEOPLE, LOW, HIGH, 2014, "at_large"]
    assert found["is_margin_known"]
    assert found["source_url"].startswith("http")


def test_arrests_that_name_no_place_widen_the_upper_ends_alone() -> None:
    plain, unplaced = _level(HERE), _level(HERE, unplaced=500.4)
    assert unplaced["arrests_unplaced_in_aor"] == 500
    nation_high = NATION + NATION_MARGIN
    for key, per in [
        ("per_10k", LOW / 10_000 * DAYS / 365.25), ("share_ratio", 600 * DAYS * LOW / nation_high),
    ]:  # fmt: skip
        assert unplaced[key]["value"] == plain[key]["value"]
        assert unplaced[key]["low"] == plain[key]["low"]
        assert unplaced[key]["high"] - plain[key]["high"] == pytest.approx(500.4 / per, abs=0.02)


def test_without_an_estimate_noncitizens_of_the_aor_are_given_for_scale() -> None:
    without = next(
        fips
        for fips in table("counties").filter(pl.col("vintage") == "all")["fips"]
        if metro_population(fips, 2017) is None and modelled_population("county", fips, 2017) is None
    )
    nowhere = Where(COUNTY, replace(COUNTY, code=without), None, AOR, "NY")
    found = _level(nowhere)
    assert (found["population"], found["share_ratio"]["value"], found["measure"]) == (None, None, None)
    (row,) = (
        table("populations")
        .filter((pl.col("place") == "SNA") & (pl.col("group") == "noncitizen") & (pl.col("year") == 2017))
        .iter_rows(named=True)
    )
    assert found["aor_noncitizens"] == row["estimate"]
    assert (found["aor_noncitizens_low"], found["aor_noncitizens_high"]) == (row["low"], row["high"])
    assert COUNTY.name in found["note"]
    assert "aor_noncitizens" not in _level(replace(nowhere, aor=None))
    assert "aor_noncitizens" not in _level(replace(nowhere, aor=replace(AOR, code="???")))


def test_without_counts_there_is_no_level() -> None:
    empty = steady({"US": 0.0})
    none = concentration_of(HERE, empty, empty, empty, dt.date(2017, 3, 10), dt.date(2018, 3, 9), "at_large")
    assert none["population"] is None
    county, office, nation = steady({"48453": 1.0}), steady({"AUS": 3.0}), steady({"US": 600.0})
    beyond = dt.date(2019, 8, 1), dt.date(2019, 9, 2)  # a day after the records
    assert concentration_of(HERE, county, office, nation, *beyond, "at_large")["population"] is None


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


def test_a_rate_below_zero_is_none_and_the_ratio_carries_both_margins() -> None:
    people, nation = _people(100_000, 15_000), nation_population(2014)
    assert per_10k(1.0, 365, people).low == 0.0
    ratio = share_ratio(400.0, 40_000.0, people, nation)
    base = 40_000 / NATION
    low, high = ((NATION + sign * NATION_MARGIN) / NATION for sign in (-1, 1))
    assert ratio.low == pytest.approx((400 - 1.645 * 20) / 115_000 / base * low)
    assert ratio.high == pytest.approx((400 + 1.645 * 20) / 85_000 / base * high)
    assert share_ratio(1.0, 40_000.0, people, nation).low == 0.0


@pytest.mark.parametrize("missing", ["nation", "area", "population"])
def test_what_is_missing_is_what_is_reported(missing: str) -> None:
    """The nation, the area or the number of people; each by its own reason, rule and sentence."""
    where, gap = HERE, steady({"48453": np.nan})
    county, nation = steady({"48453": 1.0}), steady({"US": 600.0})
    if missing == "nation":
        nation = steady({"US": np.nan})
    elif missing == "area":
        county = gap
    else:
        where = Where(COUNTY, replace(COUNTY, code="00000"), None, AOR, "NY")
    days = dt.date(2017, 3, 10), dt.date(2018, 3, 9)
    found = concentration_of(where, county, steady({"AUS": 3.0}), nation, *days, "at_large")
    assert found["missing"] == missing
    assert ("number" in found["note"] or "estimate" in found["note"]) == (missing == "population")
    judged = concentration(Interval(None), say("level.none", at="there"), missing)
    said = {language: render(judged.rule, language) for language in ("en", "es")}
    assert ("population estimate" in said["en"], "población" in said["es"]) == (missing == "population",) * 2
    assert judged.verdict == "cannot be told"
    text = render(level_paragraph(replace(facts(concentration=found), where=where)))
    assert text.startswith("Without an estimate" if missing == "population" else "These records do not cover")
    assert _level(HERE)["missing"] is None
