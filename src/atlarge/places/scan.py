"""Find the names in the words of a text: counties, cities, facilities and states, and where they stand."""

from __future__ import annotations

from typing import NamedTuple

from atlarge.places.gazetteer import Gazetteer, Named, Prison, Site

COUNTY_WORDS = frozenset({"COUNTY", "PARISH", "BOROUGH", "MUNICIPIO", "CENSUS"})
STATE_OF_TYPE = {"PARISH": "LA", "BOROUGH": "AK", "MUNICIPIO": "PR", "CENSUS": "AK"}
"""Type words that are used in one state (or territory) alone."""
_NOT_A_STATE = frozenset({"CITY", "RIVER", "BORDER", "LINE", "TURNPIKE"})
"""Words that make the state's name before them a city, a river, a road or a border, as street words do."""
_MIXED_UP = frozenset({"CO", "IN", "OR", "ME", "LA", "DE", "OK", "HI", "DC", "MP", "AS"})
NO_COUNTIES = frozenset({"AS", "GU", "MP", "VI"})
"""Territories whose parts are no counties: the word county does not fit them."""
_AGENCY = frozenset({"DEPARTMENT", "DOC", "PROBATION", "PAROLE", "STATE", "HIGHWAY", "DISTRICT"})
_NEVER_INSIDE = frozenset({"CO", "IN", "OR", "ME", "LA", "DE", "OK", "HI", "DC", "AS", "SC", "MP"})


_STATE_AT_END = frozenset({"DE", "HI", "IN", "ME", "OK", "OR"})
"""Codes that are words too, but nothing else than a state after the last comma of a text."""


class Hit(NamedTuple):
    """A name found in words [start, end)."""

    start: int
    end: int
    key: str
    names: list[Named]


class SiteHit(NamedTuple):
    """A facility's name found in words [start, end)."""

    start: int
    end: int
    sites: list[Site]


class PrisonHit(NamedTuple):
    """A prison's name found in words [start, end)."""

    start: int
    end: int
    prisons: list[Prison]


class Found(NamedTuple):
    """All names found in a text, and the states it names."""

    counties: list[Hit]
    bare_counties: list[Hit]
    cities: list[Hit]
    sites: list[SiteHit]
    prisons: list[PrisonHit]
    states: frozenset[str]
    state_spans: list[tuple[int, int]]


NOTHING = Found([], [], [], [], [], frozenset(), [])


def scan(gaz: Gazetteer, words: list[str], area_states: frozenset[str]) -> Found:
    """Return the names in `words`; `area_states` are the states of the area of responsibility, if known."""
    found = Found([], [], [], [], [], frozenset(), [])
    named_states: list[tuple[int, int, str]] = []
    n = len(words)
    for i in range(n):
        if words[i] == ",":
            continue
        key, apart = "", False
        for j in range(i, min(n, i + gaz.longest)):
            word = words[j]
            if word == ",":
                apart = True
                continue
            key += word
            if key not in gaz.every_name:
                continue
            if key in gaz.sites:
                found.sites.append(SiteHit(i, j + 1, gaz.sites[key]))
            if apart or j - i > 5:
                continue
            if key in gaz.prisons:
                found.prisons.append(PrisonHit(i, j + 1, gaz.prisons[key]))
            if key in gaz.any_name:
                _named(gaz, words, i, j + 1, key, found, named_states)
    counties = _longest(found.counties)
    found = found._replace(counties=counties, bare_counties=_longest(found.bare_counties))
    states, spans = _states(gaz, words, named_states, found, area_states)
    return found._replace(states=states, state_spans=spans)


def _named(
    gaz: Gazetteer,
    words: list[str],
    start: int,
    end: int,
    key: str,
    found: Found,
    named_states: list[tuple[int, int, str]],
) -> None:
    """Note what the words [start, end) name: a county (with or without the word county), a city, a state."""
    if key in gaz.county_names:
        found.bare_counties.append(Hit(start, end, key, gaz.county_names[key]))
        reach = _type_word(words, start, end)
        if reach is not None:
            names = of_type(gaz, gaz.county_names[key], words[reach[2]])
            if names:
                found.counties.append(Hit(reach[0], reach[1], key, names))
    if key in gaz.cities or key in gaz.city_counties:
        names = gaz.cities.get(key, []) + gaz.city_counties.get(key, [])
        found.cities.append(Hit(start, end, key, names))
    if key in gaz.state_names:
        named_states.append((start, end, gaz.state_names[key]))


def _type_word(words: list[str], start: int, end: int) -> tuple[int, int, int] | None:
    """Return where a county's name with its type word begins and ends, and where the type word stands.

    The word follows the name (LINCOLN COUNTY; LINCOLN, COUNTY, MS) or stands before it (PARISH OF ORLEANS).
    """
    following = words[end] if end < len(words) else ""
    if following in COUNTY_WORDS:
        return start, end + 1, end
    if words[end : end + 3] == ["CITY", "AND", "BOROUGH"]:
        return start, end + 3, end + 2
    parted = following == "," and not COUNTY_WORDS.isdisjoint(words[end + 1 : end + 2])
    if parted and words[end + 2 : end + 3] in ([], [","], ["STATE"]):
        return start, end + 2, end + 1
    of = words[max(0, start - 3) : start]
    before = next((i for i, w in enumerate(of) if w in COUNTY_WORDS), len(of))
    if of[before + 1 :] in (["OF"], ["AREA", "OF"]):  # CENSUS AREA OF HOONAH-ANGOON
        at = start - len(of) + before
        return at, end, at
    return None


def of_type(gaz: Gazetteer, names: list[Named], word: str) -> list[Named]:
    """Keep the names that the legal word fits: parishes are Louisiana's, boroughs Alaska's."""
    where = STATE_OF_TYPE.get(word)
    if where is not None:
        return [n for n in names if gaz.counties[n.fips].state == where]
    named = [n for n in names if gaz.counties[n.fips].state not in NO_COUNTIES]
    return [n for n in named if gaz.counties[n.fips].state != "LA"] or named


def _longest(hits: list[Hit]) -> list[Hit]:
    if len(hits) < 2:
        return hits
    return [
        h
        for h in hits
        if not any(
            o is not h and o.start <= h.start and h.end <= o.end and len(o.key) > len(h.key) for o in hits
        )
    ]


def _states(
    gaz: Gazetteer,
    words: list[str],
    named: list[tuple[int, int, str]],
    found: Found,
    area_states: frozenset[str],
) -> tuple[frozenset[str], list[tuple[int, int]]]:
    """Return the states that a text names, and where.

    A word that belongs to a county's or a longer city's name is no state. The state at the end of a text
    binds before one inside it; inside, only a state of the area of responsibility is believed.
    """
    n = len(words)
    counties, cities = found.counties, found.cities
    # CAMP EAST MONTANA is in Texas
    hand_sites = [s for s in found.sites if any(site.source == "hand" for site in s.sites)]
    codes = [(i, i + 1, w) for i, w in enumerate(words) if len(w) == 2 and w in gaz.states]
    stated = [s for s in (*codes, *named) if _heads(gaz, words, s, found) or _ends(gaz, words, s, found)]
    spans = [
        s
        for s in codes
        if s in stated or _is_code(words, s[0], n, s[2], area_states) or _after_city(gaz, words, s, cities)
    ]
    spans += [
        (i, j, code)
        for i, j, code in named
        if not any(c.start <= i and j <= c.end for c in counties)
        and not any(c.start <= i and j <= c.end and c.end - c.start > j - i for c in cities)
        and not any(c.start < i and j <= c.end for c in hand_sites)
        and not _is_road(gaz, words, j)
        and (code != "WA" or not area_states or "WA" in area_states)
    ]
    final: list[tuple[int, int, str]] = []
    inside: list[tuple[int, int, str]] = []
    for i, j, code in spans:
        # a state before DEPARTMENT at the start of a text is the agency's, wherever the record is from
        agency = i == 0 and j < n and words[j] in _AGENCY
        ends = agency or j == n or (words[j] in ("STATE", "AREA") and j + 1 == n)
        (final if ends else inside).append((i, j, code))
    # 'ADELANTO, CA ICE FACILITY': a city of the state before the comma makes the state certain
    apart = [s for s in inside if words[s[0] - 1 : s[0]] == [","] and words[s[1] : s[1] + 1] == [","]]
    final += [s for s in inside if _after_city(gaz, words, s, cities) or s in stated] or apart
    if final:
        i, j, code = max(final, key=lambda s: (s[1], s[1] - s[0]))
        return frozenset({code}), [(i, j)]
    inside = [s for s in inside if not area_states or s[2] in area_states]
    return frozenset(s[2] for s in inside), [(s[0], s[1]) for s in inside]


def _is_road(gaz: Gazetteer, words: list[str], j: int) -> bool:
    """Say whether the word at `j` makes the state's name before it a road, a river or a border."""
    if j >= len(words):
        return False
    street = words[j] in gaz.words["street"] and words[j + 1 : j + 2] not in (
        ["ARREST"],
        ["ARRESTS"],
        ["PATROL"],
    )
    return street or words[j] in _NOT_A_STATE


def _after_city(gaz: Gazetteer, words: list[str], span: tuple[int, int, str], cities: list[Hit]) -> bool:
    start, _, code = span
    if start < 2 or words[start - 1] != ",":
        return False
    return any(h.end == start - 1 and _has_in(gaz, h, code) for h in cities)


def _heads(gaz: Gazetteer, words: list[str], span: tuple[int, int, str], found: Found) -> bool:
    """Say whether a state stands before a county or city of it: TX, COMANCHE COUNTY; NC BEAUFORT COUNTY."""
    start, end, code = span
    apart = words[end : end + 1] == [","]
    if not all(w == "," or len(w) == 1 or w in gaz.words["frame_before"] for w in words[:start]):
        return False
    if not apart and (code in _NEVER_INSIDE or end - start > 1 or words[start] not in gaz.states):
        return False
    return any(_has_in(gaz, h, code) for h in found.counties if h.start == end + apart)


def _ends(gaz: Gazetteer, words: list[str], span: tuple[int, int, str], found: Found) -> bool:
    """Say whether a code after a comma ends a text as its state: JACKSON JAIL, OR."""
    start, end, code = span
    if words[start - 1 : start] != [","] or words[end:] not in ([], ["STATE"]) or code in ("DC", "LA"):
        return False  # a detention center, Los Angeles
    before = (h for h in (*found.counties, *found.bare_counties) if h.end < start)
    return code in _STATE_AT_END or any(_has_in(gaz, h, code) for h in before)


def _has_in(gaz: Gazetteer, hit: Hit, code: str) -> bool:
    return any(gaz.counties[n.fips].state == code for n in hit.names)


def _is_code(words: list[str], i: int, n: int, code: str, area_states: frozenset[str]) -> bool:
    """Say whether a word of two letters is meant as a state: at the end, before STATE, or after a comma."""
    if i > 0 and words[i - 1] == "DIST":
        return True
    if code == "AL" and words[i + 1 : i + 2] == ["CANNON"]:
        return False
    following = words[i + 1] if i + 1 < n else ""
    if following in _NOT_A_STATE or following.isdigit():  # LA 90 is a road
        return False
    ends = (i + 1 == n and i > 0) or (i == 0 and following in _AGENCY)
    stated = i + 1 < n and words[i + 1] == "STATE"
    inside = 0 < i < n - 1 and code not in _NEVER_INSIDE
    typed = inside and words[i - 1] in COUNTY_WORDS  # JOHNSON COUNTY KS ADC
    before = words[i - 1] if i else ""
    bounded = inside and (before == "," or following in (",", "GENERAL", "PD", "POLICE", "JAIL"))
    bounded = bounded or typed
    if not (ends or stated or bounded):
        return False
    if inside and words[i - 1] == "," and words[i + 1] == ",":
        return True
    if bounded and not (ends or stated) and area_states:
        return code in area_states
    return code not in _MIXED_UP or not area_states or code in area_states
