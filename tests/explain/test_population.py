"""Which number of people an answer takes, and what it says of it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hand_facts import facts, steady

from atlarge.explain.answer import Area
from atlarge.explain.areas import Where, where_of
from atlarge.explain.concentration import concentration_of, population_of
from atlarge.explain.narrative import level_paragraph
from atlarge.explain.population import (
    born_abroad,
    brought_noncitizens,
    metro_population,
    modelled_population,
    nation_noncitizens,
    nation_population,
)
from atlarge.messages import render
from atlarge.reference import table

pytestmark = pytest.mark.slow_file

WAKE = where_of("county", "37183", "Wake County, NC")


def _store(rows: list[tuple[str, str, str, str, float]], year: int = 2019) -> Any:
    """A store that holds a Census table: release, kind of place, place, measure, value."""
    frame = pl.DataFrame(
        rows, schema=["release_id", "place_kind", "place", "measure", "value"], orient="row"
    ).with_columns(every=pl.lit("2015 to 2019"), as_of=pl.lit(dt.date(year, 12, 31)))
    return SimpleNamespace(tables=lambda: ["aggregates"], scan=lambda _: frame.lazy())


def _county(fips: str, people: float, margin: float | None, release: str = "r1") -> list[Any]:
    rows: list[Any] = [(release, "county", fips, "noncitizens", people)]
    return rows + ([(release, "county", fips, "noncitizens: margin", margin)] if margin is not None else [])


def test_every_county_has_a_number_where_ten_or_more_were_born_abroad() -> None:
    """All counties of 2014 but those in which the survey found next to nobody born abroad."""
    born = table("county_foreign_born")
    nobody = set(born.filter(pl.col("foreign_born") < 10)["fips"])
    without = set()
    for fips in born["fips"]:
        if metro_population(fips, 2017) is None and modelled_population("county", fips, 2017) is None:
            without.add(fips)
    assert without <= nobody


def _pew() -> list[dict[str, str]]:
    """Pew's rows, read without the project's code."""
    path = files("atlarge.reference").joinpath("pew_metros.csv")
    return [row for row in csv.DictReader(io.StringIO(path.read_text())) if row["estimate"]]


@pytest.mark.parametrize("year", [2006, 2008, 2010, 2011, 2015, 2017, 2024])
def test_the_published_number_is_of_the_nearest_year_with_a_margin_in_every_area(year: int) -> None:
    """Of two years as near the earlier; without any margin fifteen percent; areas by code, name or alias."""
    metros = table("metro_counties").unique("cbsa_code").select("fips", "cbsa_code", "cbsa_name")
    seen = set()
    for fips, code, name in metros.iter_rows():
        own = [
            row
            for row in _pew()
            if row["place_kind"] == "metro"
            and (row["cbsa_code"] == code or row["place"] == name or name in row["aliases"])
        ]
        found = metro_population(fips, year)
        if not own:
            assert found is None
            continue
        best = min(own, key=lambda r: (not r["margin"], abs(int(r["year"]) - year), int(r["year"])))
        people, margin = float(best["estimate"]), best["margin"]
        reach = float(margin) if margin else 0.15 * people
        assert found is not None
        assert (found.year, found.estimate) == (int(best["year"]), people), name
        assert (found.low, found.high) == (
            pytest.approx(max(1, people - reach)),
            pytest.approx(people + reach),
        )
        assert found.is_margin_known == bool(margin)
        assert (found.place, found.group) == (f"{name} metropolitan area", "unauthorized residents")
        assert fips in found.counties
        seen.add(found.is_margin_known)
    assert seen == {True, False}


def test_the_nation_is_of_the_nearest_year_the_earlier_of_two() -> None:
    assert [nation_population(year).year for year in (2006, 2014, 2015, 2016, 2020)] == [
        2014, 2014, 2014, 2016, 2016,
    ]  # fmt: skip
    then = nation_population(2014)
    assert (then.low, then.estimate, then.high) == (10_930_000, 11_100_000, 11_270_000)
    assert (then.place, then.is_margin_known) == ("United States", True)


def test_areas_outside_the_published_ones_have_no_published_number() -> None:
    austin = metro_population("48453", 2017)
    assert austin is not None
    assert {"48453", "48491", "48209"} <= austin.counties
    assert metro_population("48301", 2017) is None  # Loving County lies in no metropolitan area


def test_a_published_area_comes_before_a_modelled_one_and_each_says_what_it_is() -> None:
    travis = population_of(where_of("county", "48453", "Travis County, TX"), 2017)
    wake, loving = (
        population_of(WAKE, 2018),
        population_of(where_of("county", "48301", "Loving County, TX"), 2018),
    )
    assert travis is not None
    assert wake is not None
    assert loving is not None
    assert (travis.kind, wake.kind, loving.kind) == ("published", "modelled", "modelled")
    assert (wake.level, loving.level) == ("metro", "county")
    assert "37183" in wake.counties
    assert loving.is_too_wide
    assert not travis.is_too_wide


def test_an_interval_widens_with_the_years_between() -> None:
    at, later = (modelled_population("state", "NC", year) for year in (2014, 2023))
    assert at is not None
    assert later is not None
    assert at.estimate == later.estimate
    # nine years at 7.3% a root year: log SD 0.219, 90% interval wider by exp(1.645 x 0.219) = 1.434
    assert later.high / at.high == pytest.approx(1.434, rel=0.01)
    assert at.low / later.low == pytest.approx(1.434, rel=0.01)


def test_a_state_and_an_area_are_counted_by_their_own_records() -> None:
    counts = steady({"SNA": 10.0})
    where = Where(
        Area("aor", "SNA", "San Antonio AOR"), None, None, Area("aor", "SNA", "San Antonio AOR"), ""
    )
    nothing = steady({"48453": 1.0})
    start, end = dt.date(2017, 1, 1), dt.date(2017, 12, 31)
    found = concentration_of(
        where, nothing, nothing, steady({"US": 100.0}), start, end, "at_large", 99.0, main=counts
    )
    assert (found["arrests"], found["arrests_unplaced_in_aor"]) == (3650, 0)
    people = table("unauthorized_modelled").filter(pl.col("place") == "SNA")["estimate"][0]
    assert found["share_ratio"]["value"] == pytest.approx(0.1 / (people / 11_100_000), abs=0.01)
    assert found["is_modelled"] is True
    assert found["born_abroad"]["residents"] == born_abroad("aor", "SNA", frozenset())
    survey = table("county_foreign_born").select("first_year", "last_year").unique().rows()
    assert [tuple(found["born_abroad"]["years"])] == survey


def test_noncitizens_that_the_user_brought_come_first_with_the_margin_of_their_sum() -> None:
    loving = where_of("county", "48301", "Loving County, TX")
    found = population_of(loving, 2018, _store(_county("48301", 40, 12)))
    assert found is not None
    assert (found.kind, found.group, found.estimate, found.low, found.high) == (
        "measured", "noncitizens", 40, 28, 52,
    )  # fmt: skip
    two = _store(_county("48301", 300, 30) + _county("48303", 400, 40))
    both = brought_noncitizens(two, "county", frozenset({"48301", "48303"}))
    assert both is not None
    assert (both.estimate, both.low, both.high) == (700, 650, 750)  # the root of 30 and 40 squared is 50
    assert brought_noncitizens(two, "county", frozenset({"48301", "48305"})) is None  # one is missing
    bare = brought_noncitizens(_store(_county("48301", 100, None)), "county", frozenset({"48301"}))
    assert bare is not None
    assert (bare.is_margin_known, bare.low) == (False, 85)
    few = brought_noncitizens(_store(_county("48301", 5, 10)), "county", frozenset({"48301"}))
    assert few is not None
    assert (few.low, few.high) == (1.0, 15.0)  # never below one


def test_a_metropolitan_area_needs_all_its_counties_else_the_county_stands_alone() -> None:
    rows = _county("37183", 90_000, 4_000)
    one = population_of(WAKE, 2018, _store(rows))
    assert one is not None
    assert (one.kind, one.level, one.estimate, one.counties) == ("measured", "county", 90_000, {"37183"})
    for fips in ("37069", "37101"):  # Franklin and Johnston, the rest of the Raleigh area
        rows += _county(fips, 5_000, 3_000)
    whole = population_of(WAKE, 2018, _store(rows))
    assert whole is not None
    assert (whole.level, whole.estimate) == ("metro", 100_000)
    assert whole.high - whole.estimate == pytest.approx((4_000**2 + 2 * 3_000**2) ** 0.5)


def test_the_nation_is_of_the_same_table_where_it_has_it() -> None:
    rows = [*_county("48301", 40, 12), ("r1", "nation", "US", "noncitizens", 22_000_000.0)]
    store = _store(rows)
    like = brought_noncitizens(store, "county", frozenset({"48301"}))
    assert like is not None
    whole = nation_noncitizens(store, like)
    assert whole is not None
    assert whole.estimate == 22_000_000
    shipped = nation_noncitizens(_store(_county("48301", 40, 12)), like)
    assert shipped is not None
    assert 18_000_000 < shipped.estimate < 24_000_000  # ACS 2019: 21.9 million noncitizens


def test_the_paragraph_says_modelled_and_names_the_group() -> None:
    county, nation = steady({"37183": 1.0}), steady({"US": 600.0})
    start, end = dt.date(2017, 3, 10), dt.date(2018, 3, 9)
    about = concentration_of(WAKE, county, steady({"AUS": 0.0}), nation, start, end, "at_large")
    given = replace(facts(concentration=about), where=WAKE)
    for language, words in (("en", "modelled, not published"), ("es", "modelada, no publicada")):
        assert words in render(level_paragraph(given), language)
    brought = about | {"group": "noncitizens", "is_modelled": False}
    text = render(level_paragraph(replace(given, concentration=brought)))
    assert "10,000 noncitizens" in text
    assert "modelled" not in text


def test_caveats_of_operations_breaks_and_ends_come_where_they_apply() -> None:

    from atlarge.explain.caveats import RULES, caveats_of
    from atlarge.messages import render
    from atlarge.panel.time_axis import breaks
    from atlarge.records.completeness import Completeness, Week

    quiet = facts()
    doubts = {
        "zeros_unproven": {"files": "a.csv, b.csv"},
        "maybe_twice": {"n": 40, "file": "a.csv", "other": "b.csv"},
    }
    for name in ("led_elsewhere", "series_break", "incomplete_end", "unknown_end", *doubts):
        assert RULES[name][1](quiet) is None
    about = facts()
    about.breaks = breaks(["detainers_issued"], dt.date(2017, 1, 1), dt.date(2018, 1, 1))
    fields = RULES["series_break"][1](about)
    assert fields is not None
    assert fields["day"] == dt.date(2017, 4, 2)
    week = Week(dt.date(2018, 9, 3), 40, 0.6, 0.5, 0.7)
    about.completeness = Completeness(
        "arrests", dt.date(2018, 9, 9), dt.date(2018, 8, 12), (week,), ("a", "b")
    )
    fields = RULES["incomplete_end"][1](about)
    assert fields is not None
    assert (fields["until"], fields["share"].value) == (dt.date(2018, 8, 12), 0.6)
    about.completeness = Completeness("arrests", dt.date(2018, 9, 9), None, why="one vintage")
    assert RULES["unknown_end"][1](about) == {"day": dt.date(2018, 9, 9)}
    about.doubts = doubts
    assert {name: RULES[name][1](about) for name in doubts} == doubts
    said = {caveat.id: render(caveat.message) for caveat in caveats_of(about)}
    assert "rows were taken out of a.csv, b.csv" in said["zeros_unproven"]
    assert said["maybe_twice"].startswith("About 40 rows of a.csv may be in b.csv, too")
