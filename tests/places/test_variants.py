"""Landmarks as they are written now, made from the gazetteer in every style, and kinds to be left open."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
import variants

from atlarge.places import resolve
from atlarge.places.fuzzy import one_letter_off
from atlarge.places.gazetteer import gazetteer
from atlarge.places.spelling import corrected
from atlarge.places.text import squash

pytestmark = pytest.mark.slow_file

SURE = 0.9
CLEAR = (
    "287g", "agency and jail", "at large", "border", "brackets", "cap and state", "city, state", "commas",
    "directions", "jail", "jail misspelt", "mixed case", "name misspelt, state", "name without spaces",
    "plain", "police, state", "sheriff", "short type", "state first", "state name first",
    "team and sheriff", "type and aor", "type first", "worksite",
)  # fmt: skip


@pytest.fixture(scope="module")
def judged() -> pl.DataFrame:
    rng = random.Random(16)
    texts = pl.concat([variants.counties(rng, 0.25), variants.cities(rng, 400), variants.facilities(rng)])
    answers = pl.concat([texts, resolve(texts)], how="horizontal")
    return answers.with_columns(
        is_right=(pl.col("county_fips") == pl.col("truth")).fill_null(False),
        has_one_place=variants.fits_one_place(texts),
        sure=(pl.col("place_kind") == "county") & (pl.col("place_confidence") >= SURE),
    )


def test_texts_that_fit_one_place_are_found_and_sure_answers_are_right(judged: pl.DataFrame) -> None:
    reported = judged.filter("has_one_place")
    by_style = reported.group_by("style").agg(pl.col("is_right").mean(), of=pl.len())
    assert reported["is_right"].mean() >= 0.99
    assert by_style.filter(pl.col("is_right") < 0.9).rows() == []
    assert reported.filter("sure")["is_right"].mean() >= 0.998
    # where the county is named as one, or a city with its state, nothing is left to judge
    clear = reported.filter(pl.col("style").is_in(CLEAR))
    assert clear["style"].n_unique() == len(CLEAR)
    assert clear["is_right"].all()
    assert clear["sure"].all()


def test_texts_that_fit_several_places_are_never_guessed_above_nine_tenths(judged: pl.DataFrame) -> None:
    open_ones = judged.filter(~pl.col("has_one_place"))
    assert open_ones.height >= 500
    assert open_ones.filter("sure", ~pl.col("is_right")).height <= 0.01 * open_ones.height


def test_a_town_known_by_its_post_office_alone_is_no_sure_police_department() -> None:
    gaz, texts = gazetteer(), []
    for aor in ("NOL", "ATL", "CHI", "SPM", "DAL", "DEN", "BOS", "PHI", "DET"):
        of_area = {fips for fips, county in gaz.counties.items() if county.aor == aor}
        known = [
            key
            for key, names in gaz.cities.items()
            if all(n.weight < 500 for n in names if n.fips in of_area)
            and any(n.fips in of_area for n in names)
            and key in gaz.county_names
            and sum(n.fips in of_area for n in gaz.county_names[key]) > 1
        ]
        texts += [(f"{key} POLICE DEPT", aor) for key in sorted(known)[:40]]
    assert len(texts) > 20
    answers = resolve(pl.DataFrame(texts, schema=["landmark", "aor"], orient="row"))
    assert answers.filter(pl.col("place_confidence") >= SURE).height == 0


def test_a_city_name_that_no_county_outweighs_is_not_taken_for_the_largest() -> None:
    """Two or more counties of the area have the city, none with 55% of their weight, counted here."""
    gaz, texts = gazetteer(), []
    for aor in ("CHI", "DET", "ATL"):
        for key, names in gaz.cities.items():
            weights: dict[str, float] = {}
            for name in names:
                if gaz.counties[name.fips].aor == aor:
                    weights[name.fips] = weights.get(name.fips, 0.0) + name.weight
            is_tied = len(weights) > 1 and max(weights.values()) < 0.55 * sum(weights.values())
            if is_tied and key not in gaz.county_names:
                texts += [(f"{key} POLICE DEPARTMENT", aor), (key, aor)]
    assert len(texts) > 50
    answers = resolve(pl.DataFrame(texts, schema=["landmark", "aor"], orient="row"))
    assert answers["place_basis"].str.contains("fits several places").sum() > 20
    assert answers.filter(pl.col("place_basis").str.contains("the largest of", literal=True)).height == 0


@pytest.mark.parametrize("text", ["FEDERAL DETENTION CENTER (FDC)", "FDC", "FEDERAL PRISON", "CAP - FCI"])
def test_a_kind_of_federal_facility_is_left_open_where_the_area_has_several(text: str) -> None:
    for aor in ("SEA", "PHI", "HOU", "ATL"):
        answer = resolve(pl.DataFrame({"landmark": [text], "aor": [aor]})).row(0, named=True)
        assert answer["place_kind"] == "unresolved"
        assert answer["county_fips"] is None


def test_a_parish_is_louisianas_whatever_states_the_text_names() -> None:
    parishes = [c for c in gazetteer().counties.values() if c.state == "LA"]
    texts = [f"{c.base.upper()} PARISH N OF US 61 AND MISSISSIPPI RIVER" for c in parishes]
    texts += [f"{c.base.upper()} PARISH, NEAR TX LINE" for c in parishes]
    answers = resolve(pl.DataFrame({"landmark": texts, "aor": ["NOL"] * len(texts)}))
    assert answers["county_fips"].to_list() == [c.fips for c in parishes] * 2
    assert answers["place_confidence"].min() >= SURE


def test_a_county_that_the_state_named_lacks_is_never_surely_another() -> None:
    """WILKINSON COUNTY JAIL, MI under New Orleans: the state is wrong, or the name; Dickinson is a guess."""
    gaz, rng = gazetteer(), random.Random(8)
    own = [c for c in gaz.counties.values() if not c.is_city and c.state not in ("LA", "AK", "PR")]
    with_county = {(squash(c.base), c.state) for c in own}
    texts, truth = [], []
    for c in rng.sample(own, 600):
        near = set(gaz.aors[c.aor]["states"].split())
        others = sorted({o.state for o in own} - near - {c.state, "DC"})
        state = rng.choice([s for s in others if (squash(c.base), s) not in with_county])
        texts.append((f"{c.base.upper()} COUNTY JAIL, {state}", c.aor))
        truth.append(squash(c.base))
    answers = resolve(pl.DataFrame(texts, schema=["landmark", "aor"], orient="row"))
    named = [gaz.counties[fips].base if fips else None for fips in answers["county_fips"]]
    sure = answers["place_confidence"].ge(SURE) & (answers["place_kind"] == "county")
    judged = zip(texts, truth, [squash(str(name)) for name in named], sure, strict=True)
    assert [t for t, key, name, is_sure in judged if is_sure and not one_letter_off(key, name)] == []


def test_a_word_that_begins_longer_names_keeps_the_town_after_it_from_being_sure() -> None:
    gaz = gazetteer()
    texts = [
        (f"{first} {name}, {gaz.counties[named[0].fips].state}", gaz.counties[named[0].fips].aor)
        for first in ("FORT", "PORT", "MOUNT", "CAMP")
        for name, named in list(gaz.cities.items())[::300]
        if first + name not in gaz.any_name and len(name) > 4
    ]
    assert len(texts) > 200
    answers = resolve(pl.DataFrame(texts, schema=["landmark", "aor"], orient="row"))
    by_town = answers["place_basis"].str.contains("^(city named|name alone): '[A-Z][a-z]+'")
    assert not (by_town & answers["place_confidence"].ge(SURE) & (answers["place_kind"] == "county")).any()


@pytest.mark.parametrize("kind", ["DET CTR", "ADC", "JAIL", "LEC"])
def test_a_county_jail_is_not_a_prison_of_the_countys_name_elsewhere(kind: str) -> None:
    gaz, texts, truth = gazetteer(), [], []
    for key, prisons in sorted(gaz.prisons.items()):
        for county in gaz.county_names.get(key, ()):
            about = gaz.counties[county.fips]
            away = {p.fips for p in prisons if p.state == about.state} - {county.fips}
            if county.source == "name" and away and about.base.upper() == key and about.state != "LA":
                texts.append((f"{key} {kind}, {about.state}", about.aor))
                truth.append(county.fips)
    assert len(texts) > 10
    answers = resolve(pl.DataFrame(texts, schema=["landmark", "aor"], orient="row"))
    sure = answers["place_confidence"].ge(SURE) & (answers["place_kind"] == "county")
    assert [
        t for t, s, f, e in zip(texts, sure, answers["county_fips"], truth, strict=True) if s and f != e
    ] == []


def test_a_jail_of_two_counties_is_left_open() -> None:
    gaz = gazetteer()
    rng = random.Random(4)
    pairs = []
    for state in ("KS", "GA", "AL", "MN", "IA"):
        own = sorted(c.base.upper() for c in gaz.counties.values() if c.state == state and " " not in c.base)
        one, two = rng.sample(own, 2)
        aor = next(c.aor for c in gaz.counties.values() if c.state == state and c.base.upper() == one)
        pairs += [(f"{one}{mark}{two} COUNTY JAIL", aor) for mark in ("-", "/", " & ", " AND ")]
    answers = resolve(pl.DataFrame(pairs, schema=["landmark", "aor"], orient="row"))
    assert answers.filter(pl.col("place_confidence") >= SURE).height == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["DALE", "COUTY", "JAIL"], ["DALE", "COUNTY", "JAIL"]),
        (["DALE", "COUNTYJAIL"], ["DALE", "COUNTY", "JAIL"]),
        (["DALE", "COUTNYJAIL"], ["DALE", "COUNTY", "JAIL"]),
        (["ACADIA", "PARSIH"], ["ACADIA", "PARISH"]),
        (["ORANGE", "DETENTOIN", "CENTRE"], ["ORANGE", "DETENTION", "CENTRE"]),
        (["PARIS", "JAIL"], ["PARIS", "JAIL"]),
        (["JAL", "PD"], ["JAL", "PD"]),
        (["COUNTY", "JIAL"], ["COUNTY", "JAIL"]),
        (["WINN", "CORRCTNL", "CENTER"], ["WINN", "CORRECTIONAL", "CENTER"]),
        (["BATAVIA", "PRCSNG", "CENTER"], ["BATAVIA", "PROCESSING", "CENTER"]),
        (["SHRFF", "PRSN", "DTNTN"], ["SHERIFF", "PRISON", "DETENTION"]),
    ],
)
def test_words_for_kinds_are_put_right_and_names_left_alone(words: list[str], expected: list[str]) -> None:
    assert corrected(words) == expected


def test_every_single_edit_of_a_type_word_is_put_right_or_left() -> None:
    known = gazetteer().known_words
    for word in ("COUNTY", "PARISH", "SHERIFF", "DETENTION", "CORRECTIONAL"):
        for i in range(1, len(word)):
            for wrong in (
                word[:i] + word[i + 1 :],
                word[:i] + word[i] + word[i:],
                word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :],
            ):
                assert corrected([wrong]) == [word] or wrong in known or wrong == word


@pytest.mark.data
def test_landmarks_of_2025_and_2026(data_dir: Path) -> None:
    texts = pl.read_csv(data_dir / "field" / "pl_landmarks_2025_26.csv", infer_schema=False)
    answers = pl.concat([texts, resolve(texts)], how="horizontal")
    named = answers.filter(pl.col("truth").is_not_null())
    assert (named["county_fips"] == named["truth"]).mean() >= 0.95
    sure = answers.filter(pl.col("county_fips").is_not_null(), pl.col("place_confidence") >= SURE)
    assert (sure["county_fips"] == sure["truth"]).fill_null(False).all()


@pytest.mark.parametrize("kind", ["AVE", "ST", "BLVD", "ROAD", "DR", "LANE", "HWY", "PKWY", "FREEWAY"])
@pytest.mark.parametrize("before", ["", "1200 ", "N ", "300 W "])
def test_a_street_lies_in_no_town_of_its_name(kind: str, before: str) -> None:
    """Streets are named for towns and counties far and near: none says where it lies."""
    largest = gazetteer_of_areas()
    texts = pl.DataFrame(
        [(f"{before}{name} {kind}", aor) for aor, name in largest], schema=["landmark", "aor"], orient="row"
    )
    found = resolve(texts)
    assert set(found.filter(pl.col("place_kind") == "county")["place_confidence"].gt(0.9)) <= {False}
    assert found["place_kind"].is_in(["unresolved"]).mean() > 0.9  # type: ignore[operator]


def gazetteer_of_areas() -> list[tuple[str, str]]:
    """The names of some cities and counties of every area, and of streets that begin with them."""
    names = {
        "LOS": ("ORANGE", "ORANGE GROVE", "RIVERSIDE", "LOS ANGELES", "VENTURA"),
        "SFR": ("FRESNO", "TULARE", "KERN", "MERCED", "SACRAMENTO"),
        "CHI": ("LAKE", "COOK", "AUSTIN", "MADISON", "JEFFERSON PARK"),
        "SNA": ("TRAVIS", "HAYS", "SAN ANTONIO", "LAREDO"),
        "WAS": ("FAIRFAX", "ARLINGTON", "HENRICO", "LOUDOUN"),
        "MIA": ("ORANGE", "COLLIER", "MIAMI", "HIALEAH"),
    }
    return [(aor, name) for aor, words in names.items() for name in words]
