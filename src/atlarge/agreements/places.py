"""The county of an agency with a 287(g) agreement: by its name, a list's own column, and the gazetteer."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

from rapidfuzz import fuzz, process

from atlarge.files import shipped_yaml
from atlarge.reference import states, table

_SHERIFF = r"(?:sh?[er]+i+f+'?[a-z]*)"
_STATE_WORDS = re.compile(
    r"\b(?:department of (?:adult )?corrections?|corrections? department|highway patrol"
    r"|state (?:police|patrol|troopers?)|bureau of investigations?|department of law enforcement"
    r"|department of (?:public )?safety|public safety department|national guard|military department"
    r"|fish (?:and|&) wildlife|wildlife (?:resources|conservation)"
    r"|attorney general|lottery|financial services|alcoholic beverages?|alcohol|department of agriculture"
    r"|agricultural law enforcement|department of environment|state fire marshal|department of wildlife"
    r"|department of correctional services|department of natural resources|state guard|department of revenue"
    r"|department of transportation|department of homeland security|office of state)\b"
)
_COUNTY_WORDS = r"count[yi]e?s?|county's|coounty|couty|counry|cnty"
_COUNTY_IN_NAME = {
    "AK": re.compile(r"(?P<name>[a-z'.\- ]+?) borough\b"),
    "LA": re.compile(rf"(?P<name>[a-z'.\- ]+?) (?:parish|{_COUNTY_WORDS})\b"),
    "": re.compile(rf"(?P<name>[a-z'.\- ]+?) (?:{_COUNTY_WORDS})\b"),
}
_CITY_IN_NAME = re.compile(
    r"^(?:the )?(?P<name>[a-z'.\- ]+?)"
    r"(?: (?:regional|metropolitan|metro))?"
    r"(?: police.*| department of public safety| public safety.*| marshal.*| dept.*| constable.*| pd)?$"
)
_SPLIT = re.compile(r"\s*(?:,|;|/|&|\band\b|\n)\s*", re.IGNORECASE)


class Resolved(NamedTuple):
    """Where an agency is. `level`: state, county or city; `fips` empty for a state's agency, or where no
    county could be found, `reason` then says why; `basis`: which words led there; `others`: further counties
    that the list's own column names."""

    level: str
    fips: str | None
    basis: str
    reason: str
    others: tuple[str, ...] = ()


def _squash(words: str) -> str:
    letters = re.sub(r"[^a-z]+", " ", words.lower().replace("ñ", "n").replace("’", "'").replace("'", ""))
    letters = re.sub(r"\bsaint\b", "st", letters)
    letters = re.sub(r"\bsainte\b", "ste", letters)
    return letters.replace(" ", "")


@cache
def _county_names() -> dict[str, dict[str, str]]:
    """By state, the squashed names of its counties, with and without the word county."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    rows = table("counties").select("fips", "name", "state").rows()
    for fips, name, state in rows:
        found[state].setdefault(_squash(name), fips)
    for fips, name, state in rows:
        bare = re.sub(r" (County|Parish|Borough|Census Area|Municipality|city|City and Borough)$", "", name)
        found[state].setdefault(_squash(bare), fips)
    return dict(found)


@cache
def _city_counties() -> dict[tuple[str, str], tuple[str, ...]]:
    """Counties of each city name of a state."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for state, city, fips, other in (
        table("cities").select("state", "city", "county_fips", "other_fips").rows()
    ):
        for code in [fips, *(str(other).split() if other else [])]:
            for one in re.split(r"[ ;,|]+", str(code)):
                if one and one not in found[state, _squash(city)]:
                    found[state, _squash(city)].append(one)
    return {key: tuple(codes) for key, codes in found.items()}


@cache
def _hand() -> dict[tuple[str, str], dict[str, Any]]:
    """Places of agencies whose names and columns name none, decided by hand."""
    rows = shipped_yaml("atlarge.reference", "agreement_places.yaml")["agencies"]
    return {(row["state"], agency_key(row["agency"])): row for row in rows}


def _county(name: str, state: str) -> tuple[str | None, str]:
    """FIPS of a county's name in a state and how it was found: exactly, or by the only near spelling."""
    names = _county_names().get(state, {})
    key = _squash(name)
    bare = re.sub(r"(county|parish|borough|coounty|couty|cnty|co)$", "", key)
    for one in (key, bare):
        if one in names:
            return names[one], "name"
    near = process.extract(bare, names.keys(), scorer=fuzz.ratio, limit=3, score_cutoff=84)
    codes = {names[found[0]] for found in near if found[1] >= near[0][1] - 6}
    if len(bare) >= 4 and len(codes) == 1:
        return codes.pop(), "misspelled name"
    return None, ""


def resolve(agency: str, state: str, county: str | None = None, agency_type: str | None = None) -> Resolved:
    """Find the county of an agency from its name, the list's column of counties, and the gazetteer.

    A sheriff's own name for the county goes before the column; for a city the column goes before the
    gazetteer. An agency of the state has no county, whatever the column says of its seat.
    """
    if state not in _county_names():
        return Resolved("county", None, "", f"no state is called {state!r}")
    by_hand = _hand().get((state, agency_key(agency)))
    if by_hand is not None:
        codes = tuple(str(by_hand["fips"]).split()) if by_hand.get("fips") else ()
        why = "" if codes else str(by_hand["reason"])
        return Resolved(by_hand["level"], codes[0] if codes else None, "by hand", why, codes[1:])
    name = re.sub(r"\s+", " ", agency.lower().replace("’", "'").replace("`", "'")).strip()
    kind = (agency_type or "").strip().lower()
    own, how = _named_county(name, state)
    column = _column(county, state)
    if own is None and _is_of_state(name, kind, state):
        return Resolved("state", None, "agency of the state", "agency of the whole state")
    if own is not None:
        return Resolved(
            "county" if not _is_city(name, kind) else "city", own, f"agency's {how}", "", column[1:]
        )
    bare = re.sub(rf" (?:{_SHERIFF}|correction|detention|jail|police).*$", "", name)
    is_sheriff = re.search(_SHERIFF, name) is not None
    if is_sheriff:
        own, how = _county(bare, state)
        if own is not None:
            return Resolved("county", own, f"agency's {how}", "", column[1:])
    level = "city" if _is_city(name, kind) else "county"
    city = _city_of(name, state) if level == "city" else ()
    if column and city and _repeats_name(name, county) and column[0] not in city:
        return Resolved(level, city[0], "city's county; the column repeats the city's name", "", city[1:])
    if column:
        return Resolved(level, column[0], "column of counties", "", column[1:])
    city = _city_of(name, state)
    if city:
        return Resolved(level, city[0], "city's county", "", city[1:])
    return Resolved(level, None, "", "neither name, column nor gazetteer names a county")


def _named_county(name: str, state: str) -> tuple[str | None, str]:
    """FIPS of the county that an agency's name names, and how: `Kane County ...`, `... of Kane County`."""
    named = _COUNTY_IN_NAME.get(state, _COUNTY_IN_NAME[""]).search(name)
    if named is None:
        return None, ""
    words = named.group("name").strip()
    code, how = _county(words, state)
    return (code, how) if code or " of " not in words else _county(words.rsplit(" of ", 1)[1], state)


def _column(county: str | None, state: str) -> tuple[str, ...]:
    """FIPS codes of the counties that the list's own column names, in its order."""
    if not county or not county.strip(" -.?"):
        return ()
    whole, _ = _county(county, state)
    if whole:
        return (whole,)
    found = (_county(part, state)[0] for part in _SPLIT.split(county) if part.strip())
    return tuple(dict.fromkeys(code for code in found if code))


def _repeats_name(name: str, county: str | None) -> bool:
    """Whether the column's county is but the first words of the agency's own name."""
    bare = re.sub(r"(county|parish)$", "", _squash(county or ""))
    return bool(bare) and _squash(name).startswith(bare)


def _is_of_state(name: str, kind: str, state: str) -> bool:
    if re.search(_SHERIFF, name) or "constable" in name:
        return False
    starts = name.startswith(states()[state].lower())
    if name.startswith(("city of", "town of")):
        return False
    if re.search(r"police dep|police$", name) and not (starts and "state" in name) and "state" not in kind:
        return False
    if kind.startswith(("mun", "county", "city")) and not starts:
        return False
    return kind.startswith("state") or _STATE_WORDS.search(name) is not None


def _is_city(name: str, kind: str) -> bool:
    if re.search(_SHERIFF, name) or re.search(r"\bcounty\b|\bparish\b", name):
        return False
    return (
        kind.startswith("mun")
        or kind in ("city", "town")
        or re.search(r"police|city of|town of", name) is not None
    )


def _city_of(name: str, state: str) -> tuple[str, ...]:
    found = _CITY_IN_NAME.match(name)
    words = found.group("name") if found else name
    words = re.sub(r"^(?:city|town|village|borough|township) of ", "", words)
    words = re.sub(r"^ft\.? ", "fort ", words)
    for one in (words, re.sub(r" (city|town|village|borough|township|twp|boro)$", "", words)):
        codes = _city_counties().get((state, _squash(one)))
        if codes:
            return codes
    return ()


_SAME_WORDS = (
    (rf"\b{_SHERIFF}\b", "sheriff"),
    (r"\bdep(?:artment|artent|artmet|ratment|atment|t)\b", "department"),
    (r"\boffi?ce\b|\bofffice\b", "office"),
    (r"\bco\b|\bcoounty\b|\bcouty\b|\bcnty\b", "county"),
    (r"\bsaint\b", "st"),
    (r"\bpolce\b|\bpd\b", "police"),
    (r"\bso\b", "sheriff office"),
    (r"\bbocc\b", "board county commissioners"),
    (r"\b(?:doc|dept corrections?|corrections?)\b", "corrections"),
)


@cache
def agency_key(agency: str) -> str:
    """An agency's name without what varies between spellings: case, points, office or department."""
    words = agency.lower().replace("’", "'").replace("`", "'")
    words = re.sub(
        r"[^a-z0-9 ]+", "", words.replace("-", " ").replace("/", " ").replace(",", " ").replace("&", " and ")
    )
    for pattern, word in _SAME_WORDS:
        words = re.sub(pattern, word, words)
    words = re.sub(r"\b(?:the|of|office|department|s)\b", " ", words)
    return re.sub(r"\s+", " ", words).strip()
