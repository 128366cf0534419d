"""Names that hold another place's name: a county's in a town's, a town's in a township's."""

from __future__ import annotations

import polars as pl
import pytest

from atlarge.places import resolve
from atlarge.places.choose import in_area
from atlarge.places.gazetteer import gazetteer
from atlarge.places.text import squash
from atlarge.reference import table

SURE = 0.9
COMPASS = ("NORTH", "SOUTH", "EAST", "WEST")


def _tail(words: list[str], names: dict[str, list], aor: str) -> set[str]:
    """Counties of the area that the last words of a name, but not the whole of it, name too."""
    gaz = gazetteer()
    tails = (squash(" ".join(words[i:])) for i in range(1, len(words)))
    return {n.fips for key in tails for n in names.get(key, ()) if in_area(gaz, n.fips, aor)}


def _namesakes(city: str, fips: str, aor: str) -> set[str]:
    """Other counties of the area with a city of the name."""
    gaz = gazetteer()
    return {n.fips for n in gaz.cities[city.replace(" ", "")] if in_area(gaz, n.fips, aor)} - {fips}


@pytest.fixture(scope="module")
def towns() -> pl.DataFrame:
    """Towns of two words and more that end in the name of a county of their area: name, aor, fips, other."""
    gaz = gazetteer()
    rows = []
    known = table("cities").filter(pl.col("population") >= 1000, pl.col("other_fips").is_null())
    for city, fips in known.select("city", "county_fips").rows():
        own, words = gaz.counties.get(fips), city.split()
        if own is None or len(words) < 2 or squash(city) in gaz.county_names or own.state == "PR":
            continue
        other = _tail(words, gaz.county_names, own.aor) - {fips}
        same = [
            n for n in gaz.cities[city.replace(" ", "")] if n.fips != fips and in_area(gaz, n.fips, own.aor)
        ]
        if other and not same:
            rows.append((city, own.aor, own.state, fips, sorted(other)))
    return pl.DataFrame(rows, schema=["city", "aor", "state", "fips", "other"], orient="row")


@pytest.mark.parametrize(
    "form", ["{city} CO. JAIL", "{city} COUNTY SHERIFF'S OFFICE", "CAP - {city} COUNTY JAIL", "{city} County"]
)
def test_a_town_that_ends_in_a_countys_name_is_not_that_county(towns: pl.DataFrame, form: str) -> None:
    assert towns.height > 150
    texts = [form.format(city=city) for city in towns["city"]]
    found = pl.concat([towns, resolve(towns.select("aor", landmark=pl.Series(texts)))], how="horizontal")
    compass = pl.col("city").str.split(" ").list.first().is_in(COMPASS)
    wrong = found.filter(pl.col("county_fips").is_in("other"))
    assert wrong.is_empty(), wrong["city", "aor", "place_name"]
    right = found.filter(pl.col("county_fips") == pl.col("fips"))
    assert right.filter(~compass).height >= 0.95 * found.filter(~compass).height
    by_town = right.filter(pl.col("place_basis").str.contains("by a town"))
    assert by_town.height
    assert by_town["place_confidence"].max() < SURE


@pytest.mark.parametrize("form", ["{name} POLICE", "{name} PD", "{name} POLICE DEPT, {state} STATE"])
def test_a_townships_police_is_not_that_of_a_town_named_in_it(form: str) -> None:
    gaz = gazetteer()
    states = {county.state: county.aor for county in gaz.counties.values()}
    rows = []
    townships = table("civil_divisions").filter(pl.col("kind") == "township")
    for name, state, fips in townships.select("name", "state", "county_fips").rows():
        aor, words = states[state], name.upper().split()
        if len(words) < 2 or " " in fips or any(n.fips in fips for n in gaz.cities.get(squash(name), ())):
            continue
        if other := _tail(words, gaz.cities, aor) - {fips}:
            rows.append((form.format(name=name.upper(), state=state), aor, fips, sorted(other)))
    texts = pl.DataFrame(rows, schema=["landmark", "aor", "fips", "other"], orient="row")
    assert texts.height > 100
    found = pl.concat([texts, resolve(texts)], how="horizontal")
    wrong = found.filter(pl.col("county_fips").is_in("other"), pl.col("place_confidence") >= 0.8)
    assert wrong.height <= 0.02 * found.height, wrong["landmark", "aor", "place_name"]
    assert found.filter(pl.col("county_fips") == pl.col("fips")).height >= 0.6 * found.height


def test_a_county_called_by_its_towns_name_is_found_but_never_surely() -> None:
    gaz = gazetteer()
    rows = []
    known = table("cities").filter(pl.col("population") >= 20_000, pl.col("other_fips").is_null())
    for city, fips in known.select("city", "county_fips").rows():
        own = gaz.counties.get(fips)
        if own is None or own.is_city or squash(city) in gaz.county_names:
            continue
        if not [
            n for n in gaz.cities[city.replace(" ", "")] if n.fips != fips and in_area(gaz, n.fips, own.aor)
        ]:
            rows.append((f"{city} CO JAIL", own.aor, fips))
    texts = pl.DataFrame(rows, schema=["landmark", "aor", "fips"], orient="row")
    found = pl.concat([texts, resolve(texts)], how="horizontal")
    placed = found.filter(pl.col("place_kind") == "county")
    wrong = placed.filter(pl.col("county_fips") != pl.col("fips"))
    assert placed.height >= 0.85 * found.height
    assert wrong.height <= 0.02 * placed.height, wrong["landmark", "aor", "place_name", "place_basis"]
    assert wrong.filter(pl.col("place_confidence") >= SURE).is_empty()
