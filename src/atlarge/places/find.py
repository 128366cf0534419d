"""A user's name for a place, turned into one place or into suggestions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import polars as pl

from atlarge.errors import PlaceError
from atlarge.places.gazetteer import USED, Gazetteer, base_name, gazetteer, state_code
from atlarge.places.text import SPELLINGS, squash
from atlarge.reference import table

MOST_LISTED = 12
LARGE_CITY = 100_000
NEAREST = 4
_STATE_WORDS = re.compile(r"^state of\s+|\s+state$", re.IGNORECASE)
NATION_NAMES = frozenset({
    "NATION", "US", "USA", "UNITEDSTATES", "UNITEDSTATESOFAMERICA", "NATIONAL", "NATIONWIDE", "USTOTAL",
    "NATIONALTOTAL", "COUNTRY", "WHOLECOUNTRY", "ALLAORS", "ALLSTATES", "UNITEDSTATESTOTAL", "USNATIONAL",
})  # fmt: skip
_AREA = re.compile(
    r"^(?:aor|area of responsibility)[:\s]+|^(?:ice|ero)\s+|"
    r"\s*\(?\b(?:aor|area of responsibility|field office|area office|ero|ice field office)\b\)?$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"^(.+?)\s*\(([A-Za-z]{3})\)$")
_FIPS = re.compile(r"^(?:fips\s*(?:code)?[:\s]*|0500000US)?(\d{4,5})(?:\.0)?$", re.IGNORECASE)
_COUNTRY = re.compile(
    r"[,\s]+(?:\d{5}(?:-\d{4})?|USA?|U\.S\.(?:A\.)?|United States(?: of America)?)$", re.IGNORECASE
)
"""What an address has after its state: a ZIP code, the country."""
_SHORT_STATES = {short: code for code, forms in SPELLINGS["states"].items() for short in forms}


class _Unknown(PlaceError):
    """No place has the name, so that a plainer way to write it may be tried."""


class Place(NamedTuple):
    """A place. Returned by `find_place`.

    Attributes
    ----------
    kind : str
        county, office, aor, state or nation.
    code, name : str
        Its code (five digits for a county) and its printed name.
    """

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
    if _before_state(bare := _COUNTRY.sub("", text))[1]:
        text = bare
    if not text:
        raise PlaceError(
            "no place named: give a county with its state, a FIPS code, an office or an area code"
        )
    found = _candidates(gaz, text, kind)
    best = _strongest(found)
    if len(best) > 1 and (code := _before_state(text)[1]):  # "Cass, IA" is not Cassia County, Idaho
        best = [p for p in best if p.name.endswith(f", {code}")] or best
    if len(best) == 1:
        city = _larger_city(gaz, text, best[0])
        if city is not None:
            raise PlaceError(
                f"'{text}' names {best[0].name} ({best[0].code}), and also a city that lies in {city}; "
                "give the code"
            )
        return best[0]
    if best:
        listed = ", ".join(sorted(f"{p.name} ({p.code})" for p in best)[:MOST_LISTED])
        more = f" and {len(best) - MOST_LISTED} more" if len(best) > MOST_LISTED else ""
        states = {p.name.rpartition(", ")[2] for p in best}
        mend = "give the code" if len(states) == 1 else "add the state or give the code"
        raise PlaceError(f"'{text}' names {len(best)} places: {listed}{more}; {mend}")
    for plainer, of_kind in _plainer(text, kind):
        with contextlib.suppress(_Unknown):
            return find_place(plainer, of_kind)
    if text.isdigit():
        mend = (
            "a ZIP code is none: name the county" if len(text) == 5 else "give its five digits, or a county"
        )
        raise _Unknown(f"no county has the FIPS code '{text}'; {mend} and state")
    city = _city_hint(gaz, text)
    if city is not None:
        raise _Unknown(f"'{text}' is a city, and places are counties: it lies in {city}")
    near = _near(gaz, text)
    hint = f"did you mean {', '.join(near)}?" if near else "give a county and state, or an ICE area"
    raise _Unknown(f"no place is called '{text}'; {hint}")


def _plainer(text: str, kind: str | None) -> Iterator[tuple[str, str | None]]:
    """Other ways to write a name that no place has as it stands, each plainer than the text."""
    if found := _FIPS.match(text):
        if found.group(1) != text:
            yield found.group(1), kind
        return
    if kind in (None, "aor") and (bare := _AREA.sub("", text).strip(" ()")) not in ("", text):
        yield bare, "aor"
    if (found := _IN_BRACKETS.match(text)) and found.group(2).upper() in gazetteer().aors:
        yield found.group(1), kind or "aor"
    if (bare := re.sub(r"^the\s+", "", text, flags=re.IGNORECASE)) != text:
        yield bare, kind
    if found := re.match(r"^county of\s+([^,]+)(.*)$", text, re.IGNORECASE):
        yield f"{found.group(1).strip()} County{found.group(2)}", kind
    if found := re.match(r"^city of\s+([^,]+)(.*)$", text, re.IGNORECASE):
        for bare in (f"{found.group(1).strip()} city", found.group(1)):  # an independent city is a county
            yield f"{bare}{found.group(2)}", "county"
    if found := re.match(r"^([^,]+)\s+CO$", text, re.IGNORECASE):  # Colorado, which is short for county too
        yield f"{found.group(1)}, CO", kind
    head, comma, tail = text.rpartition(",")
    short = re.sub(r"[.\s]+", " ", tail).strip().upper()
    joined = short.replace(" ", "")
    code = _SHORT_STATES.get(short) or (joined if joined in gazetteer().states else None)
    if squash(text.replace(".", "")) == "WASHINGTONDC":
        yield "DC", kind
    elif code and (comma or kind in (None, "state")) and tail.strip() != code:
        yield f"{head}, {code}" if comma else code, kind


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
def _used() -> frozenset[str]:
    """Codes of the counties of the used vintages."""
    return frozenset(table("counties").filter(pl.col("vintage").is_in(USED))["fips"])


@cache
def _county_index(initial: str) -> dict[str, tuple[str, ...]]:
    """Codes of the counties whose key begins with a letter, by name as a key: printed, plain, and plain with
    the state written out."""
    states = gazetteer().states
    found: dict[str, dict[str, None]] = {}
    for fips, (printed, plain_name, state) in _all_counties().items():
        if _begins(plain_name, initial):
            for name in (printed, plain_name, f"{plain_name} {states[state]}"):
                found.setdefault(squash(name), {})[fips] = None
    return {key: tuple(codes) for key, codes in found.items()}


def _begins(name: str, initial: str) -> bool:
    """Whether the key of a name may begin with a letter: words are written out, but keep their first one."""
    return name[:1].upper() == initial or not name[:1].isascii()


def _candidates(gaz: Gazetteer, text: str, kind: str | None) -> list[Place]:
    """Return all places of a kind, or of any, with this name; earlier kinds bind before later ones (see
    _strongest)."""
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
    state = squash(_STATE_WORDS.sub("", text))
    if state in gaz.state_names:
        code = gaz.state_names[state]
        out.append(Place("state", code, gaz.states[code]))
    if key in gaz.aor_words and upper not in gaz.aors:
        code = gaz.aor_words[key]
        out.append(Place("aor", code, gaz.aors[code]["name"]))
    named = () if text.isdigit() else _county_index(key[:1]).get(key, ())
    out += [Place("county", fips, counties[fips][0]) for fips in named]
    if key in NATION_NAMES:
        out.append(Place("nation", "US", "United States"))
    if not any(kind in (None, p.kind) for p in out):
        out += [Place("office", c, place_name("office", c)) for c in gaz.office_cities.get(key, [])]
    if not out:
        out = _bare(counties, key)
    return [p for p in dict.fromkeys(out) if kind in (None, p.kind)]


@cache
def _bare_index(initial: str) -> dict[str, tuple[str, ...]]:
    """Codes of the used counties whose key begins with a letter, by name without the word county, alone and
    with the state."""
    states = gazetteer().states
    found: dict[str, dict[str, None]] = {}
    for fips, (_, name, state) in _all_counties().items():
        if not _begins(name, initial) or fips not in _used():
            continue
        base = base_name(name)
        # after a comma CO is Colorado, else short for county
        names = (base, f"{base}, {state}", f"{base} {state}", f"{base} {states[state]}")
        for key in map(squash, names):
            found.setdefault(key, {})[fips] = None
    return {key: tuple(codes) for key, codes in found.items()}


def _bare(counties: dict[str, tuple[str, str, str]], key: str) -> list[Place]:
    """Counties named without the word county: "Travis, TX" or, if one alone has the name, "Travis"."""
    return [Place("county", fips, counties[fips][0]) for fips in _bare_index(key[:1]).get(key, ())]


def _strongest(found: list[Place]) -> list[Place]:
    for kind in ("nation", "aor", "state", "county", "office"):
        of_kind = [p for p in found if p.kind == kind]
        if of_kind:
            return of_kind
    return found


def _before_state(text: str) -> tuple[str, str | None]:
    """A name without the state that follows it, with or without a comma, and the state, if it names one."""
    name, comma, last = text.rpartition(",")
    if comma:
        return name, state_code(last)
    words = text.split()
    for n in range(min(3, len(words) - 1), 0, -1):  # "West Virginia" before "Virginia"
        if code := state_code(" ".join(words[-n:])):
            return " ".join(words[:-n]), code
    return text, None


def _cities_named(gaz: Gazetteer, text: str) -> list[tuple[float, str]]:
    """Population and county of the cities that a user may mean, with the state they named if any."""
    name, code = _before_state(text)
    if "," in text and code is None:
        return []
    named = gaz.cities.get(squash(name), [])
    return sorted(
        ((n.weight, n.fips) for n in named if code is None or gaz.counties[n.fips].state == code),
        reverse=True,
    )


def _lies_in(gaz: Gazetteer, fips: str) -> str:
    return f"{gaz.counties[fips].place_name} ({fips})"


def _larger_city(gaz: Gazetteer, text: str, found: Place) -> str | None:
    """Return the county of a city that a bare name may as well mean: "Austin, TX" is not Austin County."""
    if found.kind != "county" or text.isdigit() or (key := squash(text)) not in _bare_index(key[:1]):
        return None
    county = gaz.counties.get(found.code)
    for people, fips in _cities_named(gaz, text)[:1]:
        is_large = people >= LARGE_CITY or (county is not None and people > county.weight)
        if fips != found.code and is_large:
            return _lies_in(gaz, fips)
    return None


def _city_hint(gaz: Gazetteer, text: str) -> str | None:
    """Return the county of a city that the user named with its state, or a large one without it."""
    for people, fips in _cities_named(gaz, text)[:1]:
        if _before_state(text)[1] or people >= LARGE_CITY:
            return _lies_in(gaz, fips)
    return None


def _near(gaz: Gazetteer, text: str) -> list[str]:
    """The names most like a text: of the state's counties where it ends in a state, else of all places."""
    from rapidfuzz import fuzz, process

    name, _, last = text.replace(",", " ").rpartition(" ")
    code = state_code(last) if name else None
    places = [(printed, state) for printed, _, state in _all_counties().values() if code in (None, state)]
    if code is None:
        other = [*(a["name"] for a in gaz.aors.values()), *gaz.states.values()]
        other += [str(about["name"]) for about in gaz.offices.values() if about["name"]]
        named = [(printed.partition(",")[0], printed) for printed, _ in places] + [(n, n) for n in other]
    else:
        named = [(printed, printed) for printed, _ in places]
        text = f"{name.strip()}, {code}"
    keys: dict[str, list[str]] = {}
    for key, printed in named:
        keys.setdefault(key.upper(), []).append(printed)
    for scorer, least in ((fuzz.ratio, 70), (fuzz.WRatio, 80)):
        best = process.extract(text.upper(), keys.keys(), scorer=scorer, score_cutoff=least, limit=NEAREST)
        if best:
            near = [
                printed for key, score, _ in best if score >= best[0][1] - 10 for printed in sorted(keys[key])
            ]
            return near[:MOST_LISTED]
    return []
