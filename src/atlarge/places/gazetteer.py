"""The names that the rules look up, each list read once, when first needed."""

from __future__ import annotations

from functools import cache, cached_property
from importlib.resources import files
from typing import Any, NamedTuple

import polars as pl

from atlarge.files import read_yaml
from atlarge.places.own import own_decisions
from atlarge.places.text import SPELLINGS, plain, squash, squashed, tokens
from atlarge.reference import table

TOWN_WEIGHT = 5000.0
"""Weight of a town of the hand file against namesakes: about the median of such towns."""
TOWN_LISTED, PLACE_LISTED = 400.0, 100.0
"""Weights of a town and of a small place that the Census Bureau's list alone has."""
_TOWNS_ARE_CITIES = frozenset({"MA", "ME", "NH", "NY", "RI", "VT"})
"""States in which a town is what a city is elsewhere."""
USED = ("all", "to 2019", "to 2021", "from 2015")
_CITY_AS_COUNTY = {"24510", "29510", "32510"}
_LEGAL_TYPES = [f" {kind}" for kind in SPELLINGS["legal_types"]]


class County(NamedTuple):
    """A county or equivalent, as the rules need it; `weight` is its population of 2017 or 10,000."""

    fips: str
    base: str
    place_name: str
    state: str
    aor: str
    aor_2021: str
    weight: int
    is_city: bool


class Named(NamedTuple):
    """A county that a name may mean: with what weight against namesakes, and how the name is known."""

    fips: str
    weight: float
    source: str


class Site(NamedTuple):
    """A jail, prison or other facility in a county: the words that name it and where that is known from."""

    fips: str
    aor: str | None
    label: str
    source: str
    confidence: float


class Prison(NamedTuple):
    """A prison's name in a county; it counts only beside a word of the list `needs`."""

    fips: str
    state: str
    needs: str


@cache
def hand(name: str) -> Any:
    """Return a hand file (`places/hand/<name>.yaml`), read once a process."""
    return read_yaml(files(__package__).joinpath("hand", f"{name}.yaml").read_text(encoding="utf-8"))


def base_name(name: str) -> str:
    """Return a county's name without its legal type ("Travis County" gives "Travis")."""
    for kind in _LEGAL_TYPES:
        if name.endswith(kind) and name not in ("Carson City", "James City County", "Charles City County"):
            return name.removesuffix(kind)
    if name in ("James City County", "Charles City County"):
        return name.removesuffix(" County")
    return name


def _counties() -> dict[str, County]:
    frame = table("counties").filter(pl.col("vintage").is_in(USED))
    rows = frame.select("fips", "name", "place_name", "state", "aor", "aor_2021", "population_2017").rows()
    return {
        fips: County(
            fips,
            base_name(name),
            place_name,
            state,
            aor,
            aor_2021,
            population or 10_000,
            name.endswith(" city") or fips in _CITY_AS_COUNTY,
        )
        for fips, name, place_name, state, aor, aor_2021, population in rows
    }


def _county_names(
    counties: dict[str, County], aliases: list[dict[str, Any]]
) -> tuple[dict[str, list[Named]], dict[str, list[Named]]]:
    names: dict[str, list[Named]] = {}
    cities: dict[str, list[Named]] = {}
    for county in counties.values():
        into = cities if county.is_city else names
        into.setdefault(squash(county.base), []).append(Named(county.fips, county.weight, "name"))
    for alias in aliases:
        weight = counties[alias["fips"]].weight
        for name in alias["names"]:
            names.setdefault(squash(name), []).append(Named(alias["fips"], weight, "alias"))
    return names, cities


@cache
def _divisions() -> dict[tuple[str, str, str], list[str]]:
    """Return the counties of each township, town and small place, by key, state and kind."""
    out: dict[tuple[str, str, str], list[str]] = {}
    frame = table("civil_divisions").select("name", "state", "kind", "county_fips")
    keys = squashed(frame["name"])  # SAND CREEK and SANDCREEK are one key
    for key, (_, state, kind, fips) in zip(keys, frame.rows(), strict=True):
        out.setdefault((key, state, kind), []).extend(fips.split())
    return out


def _cities(counties: dict[str, County]) -> dict[str, list[Named]]:
    frame = table("cities").with_columns(
        pl.col("city").str.replace_all(" ", "").alias("key"),
        # a name without a population is taken to be small, an alias smaller still
        weight=pl.col("population")
        .cast(pl.Float64)
        .fill_null(pl.when(pl.col("source") == "zip").then(400.0).otherwise(100.0))
        .clip(lower_bound=50.0),
    )
    out: dict[str, list[Named]] = {}
    keys = frame["key"].to_list()
    columns = [frame[name].to_list() for name in ("county_fips", "weight", "source")]
    for key, city in zip(keys, map(Named._make, zip(*columns, strict=True)), strict=True):
        found = out.get(key)
        if found is None:
            out[key] = [city]
        else:
            found.append(city)
    listed = set(zip(keys, (counties[str(fips)].state for fips in columns[0]), strict=True))
    for (key, state, kind), found_in in _divisions().items():
        if kind == "place" or (kind == "town" and state in _TOWNS_ARE_CITIES and (key, state) not in listed):
            weight = TOWN_LISTED if kind == "town" else PLACE_LISTED
            out.setdefault(key, []).extend(Named(fips, weight, "census") for fips in found_in)
    for fips, towns in hand("towns")["towns"].items():
        for town in towns:
            named = out.setdefault(squash(town), [])
            if not any(n.fips == fips for n in named):
                named.append(Named(fips, TOWN_WEIGHT, "town"))
    return out


def _split_cities() -> frozenset[tuple[str, str]]:
    """Return key and county of each city that lies in more than one county."""
    frame = table("cities").drop_nulls("other_fips")
    return frozenset(frame.select(pl.col("city").str.replace_all(" ", ""), "county_fips").rows())


def _sites() -> tuple[dict[str, list[Site]], dict[str, str]]:
    out: dict[str, list[Site]] = {}
    codes: dict[str, str] = {}
    rows = table("facilities").select("key", "code", "county_fips", "name").rows()
    for key, code, fips, name in rows:
        out.setdefault(key, []).append(Site(fips, None, name, "facility list", 0.97))
        if code:
            codes[code] = fips
    for group in hand("facilities"):
        for entry in group["sites"]:
            site = Site(
                entry["fips"], entry.get("aor"), entry["name"], "hand", float(entry.get("confidence", 0.98))
            )
            for name in entry["words"]:
                found = out.setdefault(squash(name), [])
                # a human decision stands before the list
                found[:] = [other for other in found if other.source == "hand"] + [site]
    return out, codes


def _prisons(counties: dict[str, County]) -> dict[str, list[Prison]]:
    out: dict[str, list[Prison]] = {}
    for system in hand("prisons"):
        for fips, names in system["sites"].items():
            for name in names:
                out.setdefault(squash(name), []).append(Prison(fips, counties[fips].state, system["needs"]))
    return out


def _styles() -> dict[tuple[str, str], dict[str, float]]:
    out: dict[tuple[str, str], dict[str, float]] = {}
    for aor, template, state, names in (
        table("landmark_styles").select("aor", "template", "state", "names").rows()
    ):
        out.setdefault((aor, template), {})[state] = float(names)
    return out


def _aor_words(aors: dict[str, dict[str, Any]]) -> dict[str, str]:
    words: dict[str, str] = {}
    for code, about in aors.items():
        for name in (code, about["name"], about["long_name"], f"{about['name']} Field Office"):
            words[squash(name)] = code
    words[squash("New York Area of Responsibility")] = "NYC"
    words[squash("Saint Paul")] = "SPM"
    return words


def _offices(aliases: dict[str, str]) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Return the offices by code, and the codes by the words that name their city or the office itself."""
    offices = {row["office"]: row for row in table("offices").rows(named=True)}
    by_city: dict[str, list[str]] = {}
    for code, about in offices.items():
        if about["kind"] == "X code":  # an office is not named by these
            continue
        for name in {about["city"], about["name"]} - {None}:
            by_city.setdefault(squash(name), []).append(code)
    for name, code in aliases.items():
        by_city[squash(name)] = [code]
    return offices, by_city


def _own_cities(
    cities: dict[str, list[Named]],
    own: dict[str, list[Named]],
    names: dict[str, list[Named]],
    counties: dict[str, County],
) -> dict[str, list[Named]]:
    """Let an independent city be its own county, whatever the list of cities says of its edges.

    So too a municipio of Puerto Rico: it is the town of its name, not a ward of another that shares it.
    """
    for key, named in own.items():
        states = {counties[n.fips].state for n in named}
        cities[key] = [n for n in cities.get(key, []) if counties[n.fips].state not in states]
    for key, named in names.items():
        towns = {n.fips for n in named if counties[n.fips].state == "PR"}
        if towns and key in cities:
            cities[key] = [n for n in cities[key] if n.fips in towns or counties[n.fips].state != "PR"]
    return cities


def _phrases(words: dict[str, frozenset[str]]) -> dict[str, tuple[frozenset[str], tuple[str, ...]]]:
    """Part each list of words into single words and phrases, which are matched in different ways."""
    return {
        kind: (
            frozenset(w for w in found if " " not in w),
            tuple(sorted(f" {w} " for w in found if " " in w)),
        )
        for kind, found in words.items()
    }


def _known_words(
    counties: dict[str, County], words: dict[str, frozenset[str]], names: dict[str, Any]
) -> frozenset[str]:
    """Return every single word of a name or a list, none of which is a misspelling of another."""
    texts = [plain(county.base) for county in counties.values()]
    cities = table("cities").select(pl.col("city").str.split(" ").explode().unique())
    texts += [plain(name) for name in table("facilities")["name"].drop_nulls().to_list()]
    texts += [plain(name) for group in hand("facilities") for e in group["sites"] for name in e["words"]]
    texts += [
        plain(name) for system in hand("prisons") for found in system["sites"].values() for name in found
    ]
    known = {word for text in texts for word in tokens(text)}
    known |= {"COUNTY", "PARISH", "BOROUGH", "MUNICIPIO", "CENSUS"}
    known |= {word for found in words.values() for text in found for word in tokens(text)}
    return frozenset(known | names.keys() | set(cities["city"].to_list()))


class Gazetteer:
    """All names. Keys are squashed: capitals, written out, without spaces.

    Each list is read when it is first needed: to find the place that a user names takes few of them.
    """

    longest: int = 8

    @cached_property
    def counties(self) -> dict[str, County]:
        """Counties of the used vintages by code."""
        return _counties()

    @cached_property
    def aliases(self) -> dict[str, Any]:
        """Other names of counties, states and office cities, by hand."""
        return dict(hand("aliases"))

    @cached_property
    def _named(self) -> tuple[dict[str, list[Named]], dict[str, list[Named]]]:
        return _county_names(self.counties, self.aliases["counties"])

    @property
    def county_names(self) -> dict[str, list[Named]]:
        """Counties by name, without the independent cities."""
        return self._named[0]

    @property
    def city_counties(self) -> dict[str, list[Named]]:
        """Independent cities, which are counties of their own, by name."""
        return self._named[1]

    @cached_property
    def cities(self) -> dict[str, list[Named]]:
        """Cities by name, with the county in which they lie."""
        return _own_cities(_cities(self.counties), self.city_counties, self.county_names, self.counties)

    @cached_property
    def townships(self) -> dict[str, list[Named]]:
        """Townships, and towns, by name: to be read only beside the word."""
        out: dict[str, list[Named]] = {}
        for (key, _, kind), found_in in _divisions().items():
            if kind != "place":
                out.setdefault(key, []).extend(Named(fips, TOWN_LISTED, kind) for fips in found_in)
        return out

    @cached_property
    def _listed(self) -> tuple[dict[str, list[Site]], dict[str, str]]:
        return _sites()

    @property
    def sites(self) -> dict[str, list[Site]]:
        """Facilities by name."""
        return self._listed[0]

    @cached_property
    def hand_sites(self) -> list[tuple[str, str]]:
        """Names and counties of the facilities that a person has placed."""
        return [(key, s.fips) for key, sites in self.sites.items() for s in sites if s.source == "hand"]

    @property
    def site_codes(self) -> dict[str, str]:
        """Counties of facilities by the facility's code."""
        return self._listed[1]

    @cached_property
    def prisons(self) -> dict[str, list[Prison]]:
        """Prisons by name."""
        return _prisons(self.counties)

    @cached_property
    def states(self) -> dict[str, str]:
        """Names of states by code."""
        return dict(table("counties").select("state", "state_name").unique().rows())

    @cached_property
    def state_names(self) -> dict[str, str]:
        """Codes of states by name, other names included."""
        found = {squash(name): code for code, name in self.states.items()}
        return found | {squash(name): code for name, code in self.aliases["states"].items()}

    @cached_property
    def aors(self) -> dict[str, dict[str, Any]]:
        """Areas of responsibility by code."""
        filled = table("aors").with_columns(pl.col("states").fill_null(""))  # headquarters has none
        return {row["aor"]: row for row in filled.rows(named=True)}

    @cached_property
    def aor_words(self) -> dict[str, str]:
        """Codes of areas of responsibility by their names."""
        return _aor_words(self.aors)

    @cached_property
    def _seated(self) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
        return _offices(self.aliases["office_cities"])

    @property
    def offices(self) -> dict[str, dict[str, Any]]:
        """Offices by code."""
        return self._seated[0]

    @property
    def office_cities(self) -> dict[str, list[str]]:
        """Codes of offices by the words that name their city or the office itself."""
        return self._seated[1]

    @cached_property
    def any_name(self) -> frozenset[str]:
        """Every name of a city, county or state."""
        named = (self.county_names, self.city_counties, self.state_names)
        return frozenset(self.cities).union(*named)

    @cached_property
    def every_name(self) -> frozenset[str]:
        """Every name of a city, county, state, facility or prison."""
        return self.any_name.union(self.sites, self.prisons)

    @cached_property
    def overrides(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Decisions by hand on whole texts, by area of responsibility ("*" for any) and text."""
        return {
            (e.get("aor", "*"), squash(text)): e
            for e in [*hand("overrides"), *own_decisions(set(self.counties))]
            for text in e["texts"]
        }

    @cached_property
    def words(self) -> dict[str, frozenset[str]]:
        """Lists of words by what they mean."""
        return {kind: frozenset(plain(w) for w in found) for kind, found in hand("words").items()}

    @cached_property
    def phrases(self) -> dict[str, tuple[frozenset[str], tuple[str, ...]]]:
        """The same lists, single words and phrases apart."""
        return _phrases(self.words)

    @cached_property
    def confidence(self) -> dict[str, float]:
        """The confidence of each rule."""
        return {name: float(value) for name, value in hand("confidence").items() if name != "note"}

    @cached_property
    def styles(self) -> dict[tuple[str, str], dict[str, float]]:
        """States by area of responsibility and form of a landmark, with the number of names."""
        return _styles()

    @cached_property
    def reach(self) -> frozenset[tuple[str, str]]:
        """Counties that an area of responsibility reaches beyond its own."""
        return frozenset((entry["aor"], fips) for entry in hand("bounds") for fips in entry["fips"])

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Single words none of which is a misspelling of another."""
        names = self.state_names | self.county_names | self.office_cities
        return _known_words(self.counties, self.words, names)

    @cached_property
    def split_cities(self) -> frozenset[tuple[str, str]]:
        """Key and county of each city that lies in more than one county."""
        return _split_cities()


@cache
def gazetteer() -> Gazetteer:
    """Return the names, read once a process."""
    return Gazetteer()


def aor_code(text: str | None) -> str | None:
    """The code of an area of responsibility.

    Parameters
    ----------
    text : str or None
        Code, name or long name.

    Returns
    -------
    str or None
        Three letters; None if the text names none.

    Examples
    --------
    >>> aor_code("San Antonio")
    'SNA'
    """
    if text is None or not text.strip():
        return None
    return gazetteer().aor_words.get(squash(text))


def state_code(text: str | None) -> str | None:
    """Return the two letters of a state given as letters or name; None if it is no state."""
    if text is None or not text.strip():
        return None
    word = text.strip().upper()
    return word if word in gazetteer().states else gazetteer().state_names.get(squash(text))
