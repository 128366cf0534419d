"""A user's name for a place."""

from __future__ import annotations

import pytest

from atlarge.errors import PlaceError
from atlarge.places import Place, find_place


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Travis County, TX", Place("county", "48453", "Travis County, TX")),
        ("travis county texas", Place("county", "48453", "Travis County, TX")),
        ("Travis, TX", Place("county", "48453", "Travis County, TX")),
        ("48453", Place("county", "48453", "Travis County, TX")),
        ("1001", Place("county", "01001", "Autauga County, AL")),
        ("AUS", Place("office", "AUS", "Austin")),
        ("San Antonio", Place("aor", "SNA", "San Antonio")),
        ("SNA", Place("aor", "SNA", "San Antonio")),
        ("San Antonio Area of Responsibility", Place("aor", "SNA", "San Antonio")),
        ("TX", Place("state", "TX", "Texas")),
        ("Texas", Place("state", "TX", "Texas")),
        ("09110", Place("county", "09110", "Capitol Planning Region, CT")),
        ("Baltimore city, MD", Place("county", "24510", "Baltimore city, MD")),
        ("St. Louis County, MO", Place("county", "29189", "St. Louis County, MO")),
    ],
)
def test_names_that_mean_one_place(name: str, place: Place) -> None:
    assert find_place(name) == place


def test_a_number_is_a_fips_code() -> None:
    assert find_place(48453).code == "48453"  # type: ignore[arg-type]


def test_a_name_of_many_places_lists_them() -> None:
    with pytest.raises(PlaceError, match=r"names 2\d places.*Franklin County, AL \(01059\).*add the state"):
        find_place("Franklin County")


def test_a_misspelt_name_gets_suggestions() -> None:
    with pytest.raises(PlaceError, match="did you mean Travis County, TX"):
        find_place("Traviss County TX")


def test_no_name_is_an_error() -> None:
    with pytest.raises(PlaceError, match="no place named"):
        find_place("  ")


def test_the_kind_narrows_the_search() -> None:
    assert find_place("SNA").kind == "aor"
    assert find_place("SNA", kind="office").kind == "office"
    with pytest.raises(PlaceError, match="no place is called"):
        find_place("Texas", kind="county")
