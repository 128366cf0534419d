"""One text or more for each rule, placed by hand, with the confidence that its rule has in the hand file."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from atlarge.errors import PlaceError
from atlarge.places import find_place, place_name, resolve
from atlarge.places.find import Place
from atlarge.places.gazetteer import Gazetteer, gazetteer, hand
from atlarge.places.own import own_decisions
from atlarge.places.scan import COUNTY_WORDS
from atlarge.places.text import squash
from atlarge.reference import table

LEVEL = hand("confidence")
STATED_OUTSIDE, OUTSIDE, NO_AREA = 0.95, 0.75, 0.95


def _answer(text: str, aor: str | None, **more: str) -> dict[str, Any]:
    frame = pl.DataFrame({"landmark": [text], "aor": [aor]} | {k: [v] for k, v in more.items()},
                         schema_overrides={"aor": pl.String})  # fmt: skip
    named: dict[str, Any] = {k: k for k in more}
    return resolve(frame, **named).row(0, named=True)


COUNTIES = [
    # text, area, county, rule's confidence, factor
    ("TRAVIS COUNTY JAIL", "SNA", "48453", "county_named", 1),
    ("COUNTY OF TRAVIS", "SNA", "48453", "county_named", 1),
    ("TRAVIS COUNTRY JAIL", "SNA", "48453", "county_named", 1),
    ("LOS ANGELES COUNTY JAIL, CA", "ATL", "06037", "county_named", STATED_OUTSIDE),
    ("LOS ANGELES COUNTY JAIL", "ATL", "06037", "county_named", OUTSIDE),
    ("COBB COUNTY JAIL", None, "13067", "county_named", NO_AREA),
    ("TRAVIS COUNTY JAIL", "HQ", "48453", "county_named", NO_AREA),
    ("ORLEANS COUNTY JAIL, LA", "NOL", "22071", "county_named", 1),  # a parish that is called a county
    ("PARISH OF ORLEANS", "NOL", "22071", "county_named", 1),
    ("LINCOLN, COUNTY, MS", "NOL", "28085", "county_named", 1),
    ("JOHNSON COUNTY KS ADC", "CHI", "20091", "county_named", 1),
    ("MIAMI-DADE COUNTY JAIL", "MIA", "12086", "county_named", 1),
    ("HAYS JAIL", "SNA", "48209", "county_bare", 1),
    ("HAYS SHERIFF", "SNA", "48209", "county_bare", 1),
    ("COBB SO", "ATL", "13067", "county_bare", 1),
    ("WEST BATON ROUGE JAIL", "NOL", "22121", "county_bare", 1),  # no Baton Rouge stands in it
    ("TRAVSI COUNTY, TX", None, "48453", "county_fuzzy", 1),
    ("DALAS COUNTY, TX", None, "48113", "county_fuzzy", 1),
    ("GLDEN VALLEY COUNTY JAIL", "SLC", "30037", "county_fuzzy", 1),  # not Valley County
    ("GLDEN VALLEY COUNTY", "SPM", "38033", "county_fuzzy", 1),
    ("STANLEY COUNTY JAIL", "ATL", "37167", "namesake_at_most", 1),  # Stanly, NC; Stanley is in SD
    ("AUSTIN, TX", "SNA", "48453", "city_role_3", 1),
    ("CITY OF AUSTIN", "SNA", "48453", "city_role_3", 1),
    ("AUSTIN POLICE DEPT", "SNA", "48453", "city_role_3", 1),
    ("BATON ROUGE PD", "NOL", "22033", "city_role_3", 1),
    ("AURORA, CO", "DEN", "08005", "city_role_3", 1),
    ("OAK FOREST CITY JAIL", "CHI", "17031", "city_role_3", 1),  # not Forest City's
    ("NEVADA CITY JAIL", "SFR", "06057", "city_role_3", 1),
    ("ARREST IN AUSTIN", "SNA", "48453", "city_role_2", 1),
    ("EASTON, MD GENERAL AREA", "BAL", "24041", "city_area", 1),
    ("SALISBURY MD GENERAL AREA", "BAL", "24045", "city_area", 1),
    ("MOUN LEBANON POLICE, PA", "PHI", "42003", "city_fuzzy", 1),  # not Lebanon
    ("LEXINGTOS PARK POLICE", "BAL", "24037", "city_fuzzy", 1),
    ("TOWNSHIP OF EDISON", "NEW", "34023", "township", 1),
    ("EDISN TOWNSHIP, NJ", "NEW", "34023", "name_fuzzy", 1),
    ("MANHEIM TOWNSHIP, PA", "PHI", "42071", "township_by_town", 1),
    ("TOWNSHIP OF MANHEIM, PA", "PHI", "42071", "township_by_town", 1),
    ("CALCASIEU AOR", "NOL", "22019", "name_alone", 1),
    ("OTAY MESA", "SND", "06073", "facility_alone", 1),
    ("COYOTE RIDGE", "SEA", "53021", "facility_alone", 1),
    ("BOSSIER MAX", "NOL", "22015", "name_small", 1),
    ("GEAUGA SAFETY CTR", "DET", "39055", "name_small", 1),
    ("MISSISSIPPI STATE PENITENTIARY", "NOL", "28133", "prison", 1),
    ("WASCO ST PRISON", "SFR", "06029", "prison", 1),
    ("FCI", "BUF", "36031", "namesake_at_most", 1),  # the area has Ray Brook alone
    ("JUNEAU CITY AND BOROUGH", "SEA", "02110", "county_named", 1),
    ("CENSUS AREA OF HOONAH-ANGOON, AK", "SEA", "02105", "county_named", 1),
    ("DELTA COUNTY ADULT DETENTION CENTER CO STATE", "DEN", "08029", "county_named", 1),
    ("JEFFERSON COUNTY JAIL CO", "DEN", "08059", "county_named", 1),
    ("WINDHAM COUNTY CT STATE", None, "09015", "county_named", 1),
    ("GRANT PSH JUSTICE CENTER", "NOL", "22043", "county_named", 1),
    ("TX, COMANCHE CNTY JAIL", "DAL", "48093", "county_named", 1),  # a larger one in Oklahoma
    ("ARKANSAS - DESHA COUNTY DET CTR", "NOL", "05041", "county_named", 1),  # Arkansas is a county too
    ("JACKSON COUNTY JAIL, OR", "DAL", "41029", "county_named", STATED_OUTSIDE),  # not Oklahoma's
    ("CEIBA, PR", "MIA", "72037", "name_alone", 1),  # a ward of Vega Baja has the name too
    ("FUG OPS - PAMPA, TX", "DAL", "48179", "name_small", 1),
    ("US 83, NORTH TO UVALDE COUNTY LINE", "SNA", "48463", "county_line", 1),
    ("ICE/ERO - NAPLES PD", "MIA", "12021", "city_role_3", 1),
    ("WILKINSON COUNTY JAIL, MI", "NOL", "28157", "other_state_recorded", 1),  # or Dickinson, MI
    ("BEDFORD COUNTY JAIL, OR", "WAS", "51019", "other_state_recorded", 1),
]


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str | None], dict[str, Any]]:
    keys = [(text, aor) for text, aor, *_ in COUNTIES]
    frame = pl.DataFrame(keys, schema={"landmark": pl.String, "aor": pl.String}, orient="row")
    return dict(zip(keys, resolve(frame).to_dicts(), strict=True))


@pytest.mark.parametrize(("text", "aor", "fips", "rule", "factor"), COUNTIES)
def test_each_rule_places_its_text_as_surely_as_the_hand_file_says(
    answers: dict[Any, dict[str, Any]], text: str, aor: str | None, fips: str, rule: str, factor: float
) -> None:
    found = answers[text, aor]
    assert (found["place_kind"], found["county_fips"]) == ("county", fips)
    assert found["place_confidence"] == pytest.approx(LEVEL[rule] * factor, abs=6e-4)
    about = gazetteer().counties[fips]
    assert found["state_resolved"] == about.state
    assert found["aor_resolved"] == (aor or about.aor)
    assert found["place_name"] == about.place_name


@pytest.mark.parametrize(
    ("text", "aor", "kind", "code", "level"),
    [
        ("STATE OF TEXAS", "SNA", "state", "TX", 0.95),
        ("SEALY, CO", "DEN", "state", "CO", 0.95),  # no Sealy there
        ("MS STATE", "NOL", "state", "MS", 0.95),  # not the town of its university
        ("NEW JERSEY ERO OFFICE", "NEW", "state", "NJ", 0.9),  # no Newark
        ("PENNSYLVANIA FUG OPS", "PHI", "state", "PA", 0.9),
        ("NAVAJO NATION", "PHO", "aor", "PHO", 0.9),  # it spreads over several counties
        ("GREATER BRIDGEPORT PLANNING REGION, CT", "BOS", "state", "CT", 0.9),
        ("FUG OPS - LOS ANGELES, CA STATE", "LOS", "office_area", "LOS", LEVEL["office"]),
        ("DO NOT USE - OLD JAIL", "SNA", "aor", "SNA", 0.9),
        ("SAN ANTONIO ERO", "SNA", "office_area", "SNA", LEVEL["office"]),
        ("MOBILE AL ERO AT LARGE ARREST", "NOL", "office_area", "MOA", LEVEL["office"]),
        ("DALLAS FUGITIVE OPERATIONS", "DAL", "office_area", "DAL", LEVEL["office"]),
        ("XYZ, MD GENERAL AREA", "BAL", "office_area", "XYZ", LEVEL["office"]),
        # of another area: the office by its city, less surely; by its code, not at all
        ("DALLAS FUGITIVE OPERATIONS", "SEA", "office_area", "DAL", LEVEL["office"] * 0.9),
    ],
)
def test_states_areas_and_offices(text: str, aor: str, kind: str, code: str, level: float) -> None:
    found = _answer(text, aor)
    column = {"state": "state_resolved", "aor": "aor_resolved", "office_area": "office"}[kind]
    assert (found["place_kind"], found[column], found["county_fips"]) == (kind, code, None)
    assert found["place_confidence"] == pytest.approx(level, abs=6e-4)


@pytest.mark.parametrize(
    ("text", "aor", "said"),
    [
        ("HARRIS COUNTY AND DALLAS COUNTY", None, "several counties: Dallas County, TX, Harris County, TX"),
        ("TRAVIS COUNTY HAYS COUNTY", "SNA", "several counties: Hays County, TX, Travis County, TX"),
        ("RILEY-DICKINSON COUNTY JAIL", "CHI", "names two counties"),
        ("PIKE/AMITE COUNTY JAIL", "NOL", "names two counties"),
        ("HIDALGO-STARR COUNTY JAIL", "SNA", "names two counties"),  # the second has a jail on the hand list
        ("PIKE AMITE COUNTY", "NOL", ""),
        ("CLAY SO", "SEA", "no rule"),  # no Clay County there, and many elsewhere
        ("MADISON SHERIFF", "SEA", "no rule"),
        ("LAWRENCE POLICE DEPT", "NOL", "Lawrence County, TN"),
        ("CAP - LEWIS", "SEA", "Lewis County, WA, Maricopa County, AZ"),
        ("ORANGE GROVE AVE", "LOS", "street"),
        ("FEDERAL DETENTION CENTER", "NEW", "names no one facility"),
        ("COUNTY JAIL", "SNA", "no rule"),
        ("TEXAS RIVER", "SNA", "no rule"),
        ("LA 90 AND MAIN", "NOL", "no rule"),  # a road
        ("WASHINGTON COUNTY JAIL", None, "several of that name"),
        ("DO NOT USE - OLD JAIL", None, "no area of responsibility given"),
        (",", "SNA", "no letters"),
    ],
)
def test_what_fits_several_places_or_none_is_left_open_and_says_why(
    text: str, aor: str | None, said: str
) -> None:
    found = _answer(text, aor)
    if said:
        assert (found["place_kind"], found["county_fips"], found["place_confidence"]) == (
            "unresolved",
            None,
            0,
        )
    assert said in found["place_basis"]


def test_a_largest_namesake_is_as_sure_as_its_share_of_the_people() -> None:
    """Counties of one name in an area, one with nearly all of their people: its share, and never sure."""
    gaz = gazetteer()
    texts, expected = [], []
    for _, named in sorted(gaz.county_names.items()):
        for aor in sorted({gaz.counties[n.fips].aor for n in named} - {"HAL", "SNA", "HOU"}):
            here = {n.fips for n in named if aor in (gaz.counties[n.fips].aor, gaz.counties[n.fips].aor_2021)}
            states = {gaz.counties[fips].state for fips in here}
            people = {fips: gaz.counties[fips].weight for fips in here}
            share = max(people.values(), default=0) / max(sum(people.values()), 1)
            reached = any((aor, n.fips) in gaz.reach for n in named)
            if len(here) > 1 and not reached and not states & {"LA", "AK", "PR", "VI"} and share >= 0.97:
                texts.append((f"{gaz.counties[max(people, key=people.get)].base.upper()} COUNTY", aor))  # type: ignore[arg-type]
                expected.append((max(people, key=people.get), share))  # type: ignore[arg-type]
    assert len(texts) > 3
    found = resolve(pl.DataFrame(texts, schema=["landmark", "aor"], orient="row")).to_dicts()
    for (fips, share), one in zip(expected, found, strict=True):
        level = min(LEVEL["county_named"] * share, LEVEL["namesake_at_most"])
        assert (one["county_fips"], one["place_confidence"]) == (fips, pytest.approx(level, abs=6e-4))


@pytest.mark.parametrize(
    ("text", "city", "fips", "level"),
    [
        ("UNKNOWN FACILITY", "AUSTIN", "48453", LEVEL["city_column"]),
        ("AUSTIN POLICE DEPT", "AUSTIN", "48453", LEVEL["city_and_column"]),
        # the text's city is clear, the column's is another: the text, less surely
        ("AUSTIN POLICE DEPT", "SAN ANTONIO", "48453", LEVEL["city_role_3"] * 0.85),
        # the text's is not clear: the column's
        ("ARREST IN AUSTIN", "SAN ANTONIO", "48029", LEVEL["city_column"] * 0.9),
        ("AUSTIN POLICE DEPT", "NOWHEREVILLE", "48453", LEVEL["city_role_3"]),
    ],
)
def test_the_city_column_agrees_helps_or_weakens(text: str, city: str, fips: str, level: float) -> None:
    found = _answer(text, "SNA", city=city)
    assert found["county_fips"] == fips
    assert found["place_confidence"] == pytest.approx(level, abs=6e-4)


def test_a_city_beside_a_county_tells_it_from_its_namesakes() -> None:
    """Two Lake Counties of Chicago's area; Waukegan lies in that of Illinois, Crown Point in Indiana's."""
    for city, fips in (("WAUKEGAN", "17097"), ("CROWN POINT", "18089")):
        for found in (_answer(f"LAKE COUNTY JAIL {city}", "CHI"), _answer("LAKE COUNTY", "CHI", city=city)):
            assert found["county_fips"] == fips
            assert found["place_confidence"] == pytest.approx(LEVEL["county_by_city"], abs=6e-4)


def test_own_decisions_are_read_from_the_users_file_and_bind(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = set(gazetteer().counties)
    monkeypatch.delenv("ATLARGE_PLACES", raising=False)
    assert own_decisions(known) == []
    own = tmp_path / "mine.yaml"
    monkeypatch.setenv("ATLARGE_PLACES", str(own))
    own.write_text("", encoding="utf-8")
    assert own_decisions(known) == []
    good = (
        '- {texts: [A. B], kind: county, fips: "48453", reason: x}\n'
        "- {texts: [C], aor: NYC, kind: office_area, office: NYC, reason: y}\n"
        "- {texts: [D], kind: state, state: TX, reason: z}\n- {texts: [E, F], kind: aor, reason: w}\n"
    )
    own.write_text(good, encoding="utf-8")
    assert [e["kind"] for e in own_decisions(known)] == ["county", "office_area", "state", "aor"]
    fresh = Gazetteer().overrides
    assert fresh["*", "AB"]["fips"] == "48453"
    assert {("NYC", "C"), ("*", "D"), ("*", "E"), ("*", "F")} <= set(fresh)
    for content, said in (
        ("texts: [A]", "not a list"),
        ("- {texts: [A], kind: town, reason: x}", "decision 1: 'kind' must be one of county, office_area"),
        ("- just a word", "decision 1: 'kind' must be one of"),
        (good + "- {texts: [A], kind: county, reason: x}", "decision 5 lacks fips"),
        ("- {kind: state}", "lacks reason, state, texts"),
        ('- {texts: [A], kind: county, reason: x, fips: "99999"}', "no county has the code 99999"),
        ("- {texts: A, kind: aor, reason: x}", "must be a list"),
        ("- [", "while parsing"),
    ):
        own.write_text(content, encoding="utf-8")
        with pytest.raises(PlaceError, match=r"mine\.yaml") as refused:
            own_decisions(known)
        assert said in str(refused.value)
        assert "\n" not in str(refused.value)
    own.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlaceError, match=r"mine\.yaml"):
        own_decisions(known)


def test_every_area_office_and_state_is_found_by_the_ways_in_which_people_name_it() -> None:
    gaz = gazetteer()
    for code, about in gaz.aors.items():
        assert place_name("aor", code) == about["name"]
        if code == "HQ":
            continue
        for said in (
            about["name"], about["long_name"], f"{about['name']} field office", f"ERO {about['name']}",
            f"ICE {about['name']}", f"aor: {code}", f"AOR {code.lower()}", f"{about['name']} ({code})",
            f"the {about['name']} AOR",
        ):  # fmt: skip
            assert find_place(said, "aor") == Place("aor", code, about["name"]), said
    for code, name in gaz.states.items():
        assert place_name("state", code) == name
        for said in (code, code.lower(), name, f"State of {name}", f"the State of {name}"):
            assert find_place(said, "state").code == code, said
    named = table("offices").filter(pl.col("name").is_not_null(), pl.col("kind") != "X code")
    several = named.group_by("name").len().filter(pl.col("len") > 1)["name"].to_list()
    for code, name in named.select("office", "name").rows():
        assert place_name("office", code) == name
        assert find_place(code, "office").code == code
        if name not in several and gaz.office_cities[squash(name)] == [code]:
            assert code in find_place(name, "office").code, name
    assert place_name("nation", "US") == "United States"
    assert place_name("county", "00000") == place_name("office", "00000") == "00000"
    assert place_name("aor", "ZZZ") == place_name("state", "ZZ")[:1] * 3
    for said in ("US", "usa", "United States", "the United States", "nation"):
        assert find_place(said) == Place("nation", "US", "United States")


def test_every_county_is_found_by_other_ways_to_write_its_name_and_code() -> None:
    rows = table("counties").filter(pl.col("vintage") == "all").select("fips", "name", "place_name", "state")
    several = rows.group_by("name", "state").len().filter(pl.col("len") > 1)
    assert several.height == 0 or several["name"].str.contains("city").any()
    gaz = gazetteer()
    for fips, name, printed, state in rows.rows()[::37]:
        base = gaz.counties[fips].base
        ways = [
            fips, f"FIPS {fips}", f"fips code: {fips}", f"{fips}.0", f"0500000US{fips}", str(int(fips)),
            f"the {printed}", printed.upper(), f"{name}, {gaz.states[state]}", f" {name} {state} ",
            f"{name}, {'.'.join(state)}.",
        ]  # fmt: skip
        if name.endswith(" County"):
            ways += [f"County of {base}, {state}", f"county of {base}, {gaz.states[state]}"]
        for said in ways:
            assert find_place(said, "county") == Place("county", fips, printed), said
    for said in ("Washington, DC", "Washington, D.C.", "Washington D.C.", "Washington DC"):
        assert find_place(said).code in ("DC", "11001"), said
    assert find_place("Travis County, Tex.").code == "48453"
    for fips, name, _, state in rows.filter(pl.col("name").str.ends_with(" city")).rows():
        assert find_place(f"City of {name.removesuffix(' city')}, {state}").code == fips


@pytest.mark.parametrize("name", ["Washington County", "Polk County", "Nassau County", "Bristol County"])
def test_a_name_of_several_counties_counts_and_lists_them(name: str) -> None:
    rows = table("counties").filter(pl.col("name") == name, pl.col("vintage") == "all")
    n = rows.height
    assert n > 1
    with pytest.raises(PlaceError) as refused:
        find_place(name)
    said = str(refused.value)
    assert f"names {n} places: " in said
    listed = said.partition("places: ")[2].partition(";")[0]
    assert listed.count("(") == min(n, 12)
    assert (f"and {n - 12} more" in said) == (n > 12)
    assert said.endswith("add the state or give the code")
    every = [f"{place} ({fips})" for place, fips in rows.select("place_name", "fips").rows()]
    assert listed.split(" and ")[0].startswith(", ".join(sorted(every)[:12]))


def test_words_of_county_after_a_prisons_name_make_it_a_countys() -> None:
    """A prison of a county's name is that county where the word county follows it."""
    gaz = gazetteer()
    checked = 0
    for key, prisons in sorted(gaz.prisons.items()):
        counties = [
            n for n in gaz.county_names.get(key, ()) if gaz.counties[n.fips].state == prisons[0].state
        ]
        if len(counties) != 1 or counties[0].source != "name" or prisons[0].state in ("LA", "AK"):
            continue
        about = gaz.counties[counties[0].fips]
        found = _answer(f"{about.base.upper()} COUNTY PRISON, {about.state}", about.aor)
        assert found["county_fips"] == about.fips, key
        checked += 1
    assert checked > 10
    assert "COUNTY" in COUNTY_WORDS
