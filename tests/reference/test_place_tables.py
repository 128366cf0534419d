"""The tables of places: codes that exist, sums that the Census published, both vintages."""

from __future__ import annotations

import polars as pl
import pytest

from atlarge.reference import sidecar, table

pytestmark = pytest.mark.slow_file

OURS = ["aors", "cities", "counties", "county_changes", "facilities", "landmark_styles", "offices"]


@pytest.mark.parametrize("name", OURS)
def test_every_table_states_its_source_and_licence(name: str) -> None:
    about = sidecar(name)
    assert all(about[field] for field in ("title", "source", "licence", "known_faults"))
    assert table(name).columns == list(about["columns"])


def test_counties_have_five_digits_and_one_row_a_code() -> None:
    counties = table("counties")
    assert counties["fips"].str.contains(r"^\d{5}$").all()
    assert counties["fips"].is_unique().all()
    assert set(counties["aor"].unique()) <= set(table("aors")["aor"])


def test_population_of_2017_sums_to_the_census_total() -> None:
    # Census Bureau, vintage 2019: resident population of the United States on 1 July 2017
    assert table("counties")["population_2017"].sum() == 324_985_539


def test_travis_county_is_in_the_san_antonio_area() -> None:
    row = table("counties").row(by_predicate=pl.col("fips") == "48453", named=True)
    assert (row["name"], row["state"], row["aor"], row["population_2017"]) == (
        "Travis County",
        "TX",
        "SNA",
        1_227_585,
    )


def test_connecticut_has_eight_old_counties_and_nine_planning_regions() -> None:
    counted = (
        table("counties").filter(pl.col("state") == "CT").group_by("vintage").len().sort("vintage").rows()
    )
    assert counted == [("from 2022", 9), ("to 2021", 8)]


def test_states_have_the_number_of_counties_they_have() -> None:
    # Census Bureau, counties and equivalents by state, 2020
    expected = {"TX": 254, "GA": 159, "VA": 133, "LA": 64, "DE": 3, "PR": 78, "DC": 1, "NV": 17, "HI": 5}
    counted = dict(
        table("counties").filter(pl.col("vintage").is_in(["all", "from 2015"])).group_by("state").len().rows()
    )
    assert {state: counted[state] for state in expected} == expected


def test_changes_and_offices_point_to_codes_that_exist() -> None:
    codes = set(table("counties")["fips"])
    assert set(table("county_changes")["new_fips"]) <= codes | {"51005", "12086", "02195", "02275"}
    assert set(table("offices")["seat_county_fips"].drop_nulls()) <= codes
    served = table("offices")["counties_known"].drop_nulls().str.split(" ").explode()
    assert set(served) <= codes


def test_a_part_of_a_divided_county_has_the_name_that_its_change_states() -> None:
    names = dict(table("counties").select("fips", "name").iter_rows())
    split = table("county_changes").filter(pl.col("kind") == "split")
    assert split.height
    for code, note in split.select("new_fips", "note").iter_rows():
        assert names[code].split()[0] in note.partition(";")[2].split(), code


def test_a_city_lies_in_a_county_of_its_state() -> None:
    counties = table("counties").select("fips", county_state="state")
    joined = table("cities").join(counties, left_on="county_fips", right_on="fips", how="left")
    assert (joined["state"] == joined["county_state"]).all()


def test_known_cities_lie_in_their_counties() -> None:
    wanted = {
        ("TX", "AUSTIN"): "48453",
        ("MN", "AUSTIN"): "27099",
        ("TX", "SEALY"): "48015",
        ("MO", "SAINT LOUIS"): "29510",
        ("MD", "BALTIMORE"): "24510",
        ("KS", "KANSAS CITY"): "20209",
        ("NY", "BROOKLYN"): "36047",
        ("DC", "WASHINGTON"): "11001",
    }
    rows = {
        (state, city): fips
        for state, city, fips in table("cities").select("state", "city", "county_fips").rows()
    }
    assert {key: rows[key] for key in wanted} == wanted
