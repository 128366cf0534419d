"""A user's name for a place."""

from __future__ import annotations

import pytest

from atlarge.errors import PlaceError
from atlarge.places import Place, find_place
from atlarge.places.gazetteer import gazetteer
from atlarge.places.text import squash
from atlarge.reference import table


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
        ("Denver, CO", Place("county", "08031", "Denver County, CO")),  # not short for county there
        ("Washington State", Place("state", "WA", "Washington")),
        ("State of Georgia", Place("state", "GA", "Georgia")),
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


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Travs County, TX", "Travis County, TX"),
        ("Mecklenberg County, NC", "Mecklenburg County, NC"),
        ("Bexer County TX", "Bexar County, TX"),
        ("Maricpoa, AZ", "Maricopa County, AZ"),
        ("Texsa", "Texas"),
        ("Dallas-Fort Worth", "Dallas"),
    ],
)
def test_the_nearest_name_comes_first_and_is_of_the_state_named(name: str, nearest: str) -> None:
    with pytest.raises(PlaceError) as refused:
        find_place(name)
    listed = str(refused.value).partition("did you mean ")[2]
    assert listed.startswith(nearest)
    if name[-3:-2] in " ,":
        assert all(part.endswith(name[-2:]) for part in listed.rstrip("?").split(", ")[1::2])


@pytest.mark.parametrize(
    ("name", "county"),
    [("Austin, TX", "48453"), ("Houston, TX", "48201"), ("Oakland", "06001"), ("Brooklyn", "36047")],
)
def test_a_city_is_not_taken_for_a_smaller_county_of_its_name(name: str, county: str) -> None:
    with pytest.raises(PlaceError, match=rf"a city.* lies in .*\({county}\)"):
        find_place(name)


def test_a_number_of_no_county_says_what_a_number_is() -> None:
    with pytest.raises(PlaceError, match="no county has the FIPS code '78701'"):
        find_place("78701")


@pytest.mark.slow
def test_a_user_s_name_needs_none_of_the_lists_for_landmarks() -> None:
    gazetteer.cache_clear()
    find_place("Travis County, TX")
    with pytest.raises(PlaceError):
        find_place("Travs County, TX")
    assert not {"_listed", "prisons", "known_words", "overrides", "styles"} & set(vars(gazetteer()))


def test_no_name_is_an_error() -> None:
    with pytest.raises(PlaceError, match="no place named"):
        find_place("  ")


def test_the_kind_narrows_the_search() -> None:
    assert find_place("SNA").kind == "aor"
    assert find_place("SNA", kind="office").kind == "office"
    with pytest.raises(PlaceError, match="no place is called"):
        find_place("Texas", kind="county")


def test_every_county_is_found_by_its_printed_name() -> None:
    """Names are looked up among those of their first letter: none is lost where a key spells words out."""
    rows = table("counties").select("fips", "place_name").rows()
    codes: dict[str, set[str]] = {}
    for fips, name in rows:
        codes.setdefault(name, set()).add(fips)
    for name, found in codes.items():
        if len(found) == 1:
            assert find_place(name, "county").code in found, name


def _answer(text: str) -> str:
    """The code that a name finds, or how it is refused, whatever the name was."""
    try:
        return find_place(text).code
    except PlaceError as error:
        return str(error).partition("'")[2].partition("'")[2].partition("did you mean")[0]


WRITTEN = [
    "{name} {code}",
    "{name}, {state}",
    "{name} {state}",
    "{name}, {code} 10001-1234",
    "{name}, {code}, USA",
]


@pytest.mark.parametrize("form", WRITTEN)
def test_a_city_with_the_name_of_a_county_is_not_the_county_however_it_is_written(form: str) -> None:
    """No comma, a state in full, a ZIP code or the country do not turn Houston into Houston County."""
    gaz = gazetteer()
    counties = table("counties").select("name", "state").rows()
    names = sorted({(n.removesuffix(" County"), s) for n, s in counties if n.endswith(" County")})
    names = [(name, code) for name, code in names if squash(name) in gaz.cities and code != "CO"]
    refused = 0
    for name, code in names:
        known = _answer(f"{name}, {code}")
        refused += "also a city" in known
        assert _answer(form.format(name=name, code=code, state=gaz.states[code])) == known, (name, code)
    assert refused > 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Springfield IL", r"lies in Sangamon County, IL \(17167\)"),
        ("Charleston West Virginia", "lies in Kanawha County"),
        ("City of Austin, TX", "names Austin County, TX .* lies in Travis County"),
        ("90210", "a ZIP code is none"),
        ("Navajo Nation", "give a county and state"),
    ],
)
def test_a_refusal_says_what_to_ask_instead(name: str, message: str) -> None:
    with pytest.raises(PlaceError, match=message):
        find_place(name)
