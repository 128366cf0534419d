"""A user's name for a place, turned into one place or into suggestions."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from atlarge.errors import PlaceError
from atlarge.places.gazetteer import Gazetteer, gazetteer, state_code
from atlarge.places.text import squash
from atlarge.reference import table

NATION_NAMES = frozenset({"NATION", "US", "USA", "UNITEDSTATES", "UNITEDSTATESOFAMERICA"})


class Place(NamedTuple):
    """A place: its kind (county, office, aor, state, nation), its code and its printed name."""

    kind: str
    code: str
    name: str


def find_place(name: str, kind: str | None = None) -> Place:
    """The place that a user names.

    Parameters
    ----------
    name : str
        "Travis County, TX", 48453, AUS, "San Antonio", "TX". A three-letter code of an area of
        responsibility stands before an office of the same code.
    kind : str, optional
        county, office, aor or state: narrows the search.

    Returns
    -------
    Place
        Kind, code and printed name.

    Raises
    ------
    PlaceError
        If nothing or more than one place has the name; the message names the nearest.

    Examples
    --------
    >>> find_place("Travis County, TX").code
    '48453'
    """
    gaz = gazetteer()
    text = str(name).strip()
    if not text:
        raise PlaceError(
            "no place named: give a county with its state, a FIPS code, an office or an area code"
        )
    found = [p for p in _candidates(gaz, text) if kind is None or p.kind == kind]
    best = _strongest(found)
    if len(best) == 1:
        return best[0]
    if best:
        listed = ", ".join(sorted(f"{p.name} ({p.code})" for p in best)[:12])
        raise PlaceError(f"'{text}' names {len(best)} places: {listed}; add the state or give the code")
    city = _city_hint(gaz, text)
    if city is not None:
        raise PlaceError(f"'{text}' is a city, and places are counties: it lies in {city}")
    near = _near(gaz, text)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise PlaceError(f"no place is called '{text}'{hint}")


def place_name(kind: str, code: str) -> str:
    """The printed name of a place code.

    Parameters
    ----------
    kind : str
        county, office, aor, state or nation.
    code : str
        Its code.

    Returns
    -------
    str
        The name, or the code itself where it has none.

    Examples
    --------
    >>> place_name("county", "48453")
    'Travis County, TX'
    """
    gaz = gazetteer()
    if kind == "county":
        county = _all_counties().get(code)
        return county[0] if county else code
    if kind == "office":
        about = gaz.offices.get(code)
        return str(about["name"]) if about and about["name"] else code
    if kind == "aor":
        return str(gaz.aors[code]["name"]) if code in gaz.aors else code
    if kind == "state":
        return gaz.states.get(code, code)
    return "United States" if kind == "nation" else code


@cache
def _all_counties() -> dict[str, tuple[str, str, str]]:
    """Return every code, of both vintages, with its printed name, plain name and state."""
    rows = table("counties").select("fips", "place_name", "name", "state").rows()
    return {fips: (place, name, state) for fips, place, name, state in rows}


@cache
def _county_index() -> dict[str, tuple[str, ...]]:
    """Codes of the counties by name as a key: printed, plain, and plain with the state written out."""
    states = gazetteer().states
    found: dict[str, dict[str, None]] = {}
    for fips, (printed, plain_name, state) in _all_counties().items():
        for name in (printed, plain_name, f"{plain_name} {states[state]}"):
            found.setdefault(squash(name), {})[fips] = None
    return {key: tuple(codes) for key, codes in found.items()}


def _candidates(gaz: Gazetteer, text: str) -> list[Place]:
    """Return all places with this name; earlier kinds bind before later ones (see _strongest)."""
    key = squash(text)
    upper = text.upper()
    counties = _all_counties()
    out: list[Place] = []
    if text.isdigit() and text.zfill(5) in counties:
        out.append(Place("county", text.zfill(5), counties[text.zfill(5)][0]))
    if upper in gaz.aors:
        out.append(Place("aor", upper, gaz.aors[upper]["name"]))
    if upper in gaz.states:
        out.append(Place("state", upper, gaz.states[upper]))
    if upper in gaz.offices:
        out.append(Place("office", upper, place_name("office", upper)))
    if key in gaz.state_names:
        code = gaz.state_names[key]
        out.append(Place("state", code, gaz.states[code]))
    if key in gaz.aor_words and upper not in gaz.aors:
        code = gaz.aor_words[key]
        out.append(Place("aor", code, gaz.aors[code]["name"]))
    out += [Place("county", fips, counties[fips][0]) for fips in _county_index().get(key, ())]
    if key in NATION_NAMES:
        out.append(Place("nation", "US", "United States"))
    if not out:
        out = [Place("office", c, place_name("office", c)) for c in gaz.office_cities.get(key, [])]
    if not out:
        out = _bare(counties, key)
    return list(dict.fromkeys(out))


@cache
def _bare_index() -> dict[str, tuple[str, ...]]:
    """Codes of the used counties by name without the word county, alone and with the state."""
    gaz = gazetteer()
    found: dict[str, dict[str, None]] = {}
    for fips, county in gaz.counties.items():
        base = squash(county.base)
        for key in (base, base + squash(county.state), base + squash(gaz.states[county.state])):
            found.setdefault(key, {})[fips] = None
    return {key: tuple(codes) for key, codes in found.items()}


def _bare(counties: dict[str, tuple[str, str, str]], key: str) -> list[Place]:
    """Counties named without the word county: "Travis, TX" or, if one alone has the name, "Travis"."""
    return [Place("county", fips, counties[fips][0]) for fips in _bare_index().get(key, ())]


def _strongest(found: list[Place]) -> list[Place]:
    for kind in ("nation", "aor", "state", "county", "office"):
        of_kind = [p for p in found if p.kind == kind]
        if of_kind:
            return of_kind
    return found


def _city_hint(gaz: Gazetteer, text: str) -> str | None:
    """Return the county of a city that the user named with its state ("Round Rock, TX")."""
    name, _, state = text.rpartition(",")
    code = state_code(state)
    if not name or code is None:
        return None
    named = [n for n in gaz.cities.get(squash(name), []) if gaz.counties[n.fips].state == code]
    if not named:
        return None
    fips = max(named, key=lambda n: (n.weight, n.fips)).fips
    return f"{gaz.counties[fips].place_name} ({fips})"


def _near(gaz: Gazetteer, text: str) -> list[str]:
    from rapidfuzz import fuzz, process

    names = [printed for printed, _, _ in _all_counties().values()]
    names += [a["name"] for a in gaz.aors.values()] + list(gaz.states.values())
    upper = {name.upper(): name for name in names}
    best = process.extract(text.upper(), upper.keys(), scorer=fuzz.WRatio, score_cutoff=75, limit=4)
    return [upper[name] for name, _, _ in best]
