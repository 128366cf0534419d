"""Texts to places: traps by name, bad input, the shape of the answer."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.places import COLUMNS, resolve
from atlarge.places.spelling import corrected
from atlarge.reference import table

CERTAIN = 0.9


def place(text: str | None, aor: str | None = None, **columns: str | None) -> dict[str, object]:
    frame = pl.DataFrame(
        {"landmark": [text], "aor": [aor]} | {name: [value] for name, value in columns.items()},
        schema_overrides={"landmark": pl.String, "aor": pl.String},
    )
    named = {"city": "city" if "city" in columns else None, "state": "state" if "state" in columns else None}
    return resolve(frame, **named).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "aor", "fips"),
    [
        ("TRAVIS COUNTY JAIL, AUSTIN, TEXAS - TX2270000", "SNA", "48453"),
        ("TRAVIS CTY JAIL", None, "48453"),
        ("AUSTIN COUNTY JAIL, SEALY TX", "HOU", "48015"),
        ("AUSTIN, MN", "SPM", "27099"),
        ("CAP - WEST TENNESSEE DETENTION FACILITY (MASON) TN STATE", "NOL", "47167"),
        ("WASHINGTON, DC", "WAS", "11001"),
        ("DISTRICT OF COLUMBIA", "WAS", "11001"),
        ("SEATTLE, WASHINGTON", "SEA", "53033"),
        ("KANSAS CITY, KS", "CHI", "20209"),
        ("KANSAS CITY, MO", "CHI", "29095"),
        ("ST. LOUIS CITY JUSTICE CENTER", "CHI", "29510"),
        ("ST LOUIS COUNTY JAIL", "CHI", "29189"),
        ("ST LOUIS COUNTY JAIL", "SPM", "27137"),
        ("BALTIMORE CITY DETENTION CENTER", "BAL", "24510"),
        ("BALTIMORE COUNTY MD", "BAL", "24005"),
        ("FAIRFAX COUNTY JAIL - VA", "WAS", "51059"),
        ("FAIRFAX CITY JAIL", "WAS", "51600"),
        ("ROANOKE COUNTY JAIL", "WAS", "51161"),
        ("ROANOKE CITY JAIL-VA", "WAS", "51770"),
        ("RICHMOND CITY JAIL", "WAS", "51760"),
        ("RICHMOND COUNTY", "WAS", "51159"),
        ("DALLAS COUNTY GENERAL AREA", "DAL", "48113"),
        ("BROOKLYN CENTRAL BOOKING", "NYC", "36047"),
        ("RIKERS ISLAND", "NYC", "36005"),
        ("ST. TAMMANY PARISH JAIL", "NOL", "22103"),
        ("BAYAMON, PUERTO RICO", "MIA", "72021"),
        ("IOWA COUNTY, WI", "CHI", "55049"),
        ("NEVADA COUNTY JAIL", "SFR", "06057"),
        ("INDIANA, PA", "PHI", "42063"),
        ("FT. BEND CNTY JAIL", "HOU", "48157"),
        ("GELNN COUNTY JAIL", "SFR", "06021"),
        ("TDCJ - ESTELLE UNIT", "HOU", "48471"),
        ("ORANGE COUNTY JAIL", "LOS", "06059"),
        ("ORANGE COUNTY JAIL", "HOU", "48361"),
        ("WYOMING CORRECTIONAL FACILITY", "BUF", "36121"),
    ],
)
def test_texts_that_name_a_county_city_or_prison(text: str, aor: str | None, fips: str) -> None:
    answer = place(text, aor)
    assert answer["place_kind"] == "county"
    assert answer["county_fips"] == fips
    assert answer["place_confidence"] >= CERTAIN


@pytest.mark.parametrize(
    ("text", "aor", "office"),
    [
        ("AUS GENERAL AREA, NON-SPECIFIC", "SNA", "AUS"),
        ("AUS GENERAL AREA", None, "AUS"),
        ("SNA", "SNA", "SNA"),
        ("DET GENERAL AREA, NON-SPECIFIC", "DET", "DET"),
        ("OKLAHOMA CITY ICE ERO SUB-OFFICE", "DAL", "OKC"),
        ("HOUSTON ERO FIELD OFFICE", "HOU", "HOU"),
        ("NDD - 26 FEDERAL PLAZA NY, NY", "NYC", "NYC"),
        ("SEATTLE NON-DETAINED DOCKET", "SEA", "SEA"),
        ("ICE ERO NEWARK", "NEW", "NEW"),
        ("NORGEN", "WAS", "NOR"),
    ],
)
def test_offices_and_office_areas_never_get_a_county(text: str, aor: str | None, office: str) -> None:
    answer = place(text, aor)
    assert (answer["place_kind"], answer["office"], answer["county_fips"]) == ("office_area", office, None)


def test_an_unknown_office_code_is_still_an_office_area() -> None:
    answer = place("QQX GENERAL AREA, NON-SPECIFIC", "DAL")
    assert (answer["place_kind"], answer["office"], answer["county_fips"]) == ("office_area", "QQX", None)
    assert "not known" in str(answer["place_basis"])


@pytest.mark.parametrize("name", ["Franklin", "Montgomery", "Washington", "Jefferson", "Jackson", "Lincoln"])
def test_namesakes_with_their_state_named_are_distinguished(name: str) -> None:
    counties = table("counties").filter(
        (pl.col("name") == f"{name} County") | (pl.col("name") == f"{name} Parish"),
        pl.col("vintage") == "all",
    )
    assert counties.height >= 15
    texts = counties.select("aor", landmark=pl.col("name").str.to_uppercase() + " JAIL, " + pl.col("state"))
    answers = resolve(texts)
    assert answers["county_fips"].to_list() == counties["fips"].to_list()
    assert answers["place_confidence"].min() >= CERTAIN


@pytest.mark.parametrize("name", ["Franklin", "Montgomery", "Washington"])
def test_namesakes_without_a_state_are_sure_only_if_alone_in_the_area(name: str) -> None:
    counties = table("counties").filter(pl.col("name").is_in([f"{name} County"]), pl.col("vintage") == "all")
    by_area = dict(counties.group_by("aor").len().iter_rows())
    assert {count == 1 for count in by_area.values()} == {True, False}
    for aor, found in counties.group_by("aor"):
        answer = place(f"{name.upper()} COUNTY JAIL", str(aor[0]))
        if found.height == 1:
            assert answer["county_fips"] == found["fips"][0]
        else:
            assert answer["place_kind"] == "unresolved" or answer["place_confidence"] < CERTAIN
            if answer["place_kind"] == "unresolved":
                assert f"{name} County, " in str(answer["place_basis"])  # names the candidates


@pytest.mark.parametrize(
    ("name", "aor", "fips", "surer"),
    [
        ("EL PASO", "ELP", "48141", True),  # a county and, in it, a city of the name
        ("FRESNO", "SFR", "06019", True),
        ("ERIE", "PHI", "42049", True),
        ("SAN ANTONIO", "SNA", "48029", False),  # a city alone
        ("HOUSTON", "HOU", "48201", False),  # the city lies in Harris; Houston County is small
    ],
)
def test_a_county_and_a_city_in_it_that_bear_one_name_make_it_surer(
    name: str, aor: str, fips: str, surer: bool
) -> None:
    found = place(name, aor)
    assert found["county_fips"] == fips
    assert (round(found["place_confidence"], 3) >= 0.96) is surer


@pytest.mark.parametrize("before", [[], ["DALE"], ["DALE", "OLD"]])
def test_a_word_is_read_as_misspelt_but_not_where_it_names_a_county(before: list[str]) -> None:
    assert corrected([*before, "DETENTOIN"]) == [*before, "DETENTION"]
    assert corrected([*before, "DETENTOIN", "JAIL"]) == [*before, "DETENTION", "JAIL"]
    assert corrected([*before, "DETENTOIN", "COUNTY"]) == [*before, "DETENTOIN", "COUNTY"]


def test_every_county_with_its_state_is_found_without_an_area() -> None:
    counties = table("counties").filter(
        pl.col("vintage").is_in(["all", "to 2021", "from 2015"]), ~pl.col("state").is_in(["AS", "MP", "VI"])
    )
    answers = resolve(
        counties.select(landmark=pl.col("name").str.to_uppercase() + " JAIL, " + pl.col("state"))
    )
    wrong = answers.filter(answers["county_fips"].is_null() | (answers["county_fips"] != counties["fips"]))
    assert wrong.height == 0


def test_virginia_independent_cities_with_state() -> None:
    cities = table("counties").filter(pl.col("fips").str.slice(0, 3) == "515", pl.col("vintage") == "all")
    texts = cities.select(landmark=pl.col("name").str.to_uppercase() + " JAIL, VA", aor=pl.lit("WAS"))
    assert resolve(texts)["county_fips"].to_list() == cities["fips"].to_list()


@pytest.mark.parametrize("aor", ["San Antonio", "San Antonio Area of Responsibility", "sna", "SNA"])
def test_the_area_may_be_given_as_code_or_name(aor: str) -> None:
    answer = place("COMAL COUNTY JAIL", aor)
    assert (answer["county_fips"], answer["aor_resolved"]) == ("48091", "SNA")


def test_a_county_outside_the_area_is_not_a_sure_answer() -> None:
    answer = place("LOS ANGELES COUNTY GENERAL AREA, NON-SPECIFIC", "ATL")
    assert answer["place_confidence"] < CERTAIN
    assert "outside" in str(answer["place_basis"])


def test_a_blank_area_is_recovered_from_the_landmark() -> None:
    assert place("HARRIS COUNTY JAIL, HOUSTON, TX", None)["aor_resolved"] == "HOU"


def test_columns_of_the_release_are_used() -> None:
    # names and cities as the detainer release of 2015 prints them
    found = place("US MARSHALS SDTX", None, state="TEXAS", city="MCALLEN")
    assert found["county_fips"] == "48215"
    beside = place("KNOX COUNTY JAIL", None, state="TENNESSEE", city="KNOXVILLE")
    assert beside["county_fips"] == "47093"
    assert place(None, None, state="TX", city="AUSTIN")["county_fips"] == "48453"


def test_a_facility_code_binds() -> None:
    frame = pl.DataFrame({"landmark": ["?"], "code": ["ADAMSMS"]})
    assert resolve(frame, aor=None, facility_code="code")["county_fips"].to_list() == ["28001"]


BAD = {
    "": "empty text",
    "   ": "empty text",
    "A" * 10_000: "longer than",
    "奥斯汀": "not in Latin script",
    "\x00\x01TRAVIS\x02": "control characters",
    "12345 -- 99": "no letters",
    "NA": "missing",
}


@pytest.mark.parametrize("text", list(BAD))
def test_bad_input_is_unresolved_and_says_why(text: str) -> None:
    answer = place(text, "SNA")
    assert (answer["place_kind"], answer["county_fips"]) == ("unresolved", None)
    assert BAD[text] in str(answer["place_basis"])


def test_a_null_text_is_unresolved() -> None:
    assert place(None)["place_kind"] == "unresolved"


def test_no_rows_give_no_rows() -> None:
    empty = pl.DataFrame(schema={"landmark": pl.String, "aor": pl.String})
    assert resolve(empty).schema == pl.Schema(COLUMNS)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, "SNA", "HQ", "nowhere", "St. Paul"]))
def test_any_text_gives_one_answer_with_a_basis(text: str, aor: str | None) -> None:
    answer = place(text, aor)
    assert answer["place_kind"] in ("county", "office_area", "aor", "state", "unresolved")
    assert (answer["place_kind"] == "county") == (answer["county_fips"] is not None)
    assert 0.0 <= answer["place_confidence"] <= 1.0
    assert answer["place_basis"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["TRAVIS COUNTY JAIL", "AUSTIN, MN", "AUS GENERAL AREA", None, "x"]), max_size=12
    )
)
def test_rows_keep_their_order_and_answers_do_not_depend_on_the_others(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"landmark": texts}, schema={"landmark": pl.String})
    together = resolve(frame)
    alone = [resolve(frame[i : i + 1]).row(0) for i in range(len(texts))]
    assert together.rows() == alone
