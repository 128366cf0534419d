"""Find the names in the words of a text: counties, cities, facilities and states, and where they stand."""

from __future__ import annotations

from typing import NamedTuple

from atlarge.places.gazetteer import Gazetteer, Named, Site

COUNTY_WORDS = frozenset({"COUNTY", "PARISH", "BOROUGH", "MUNICIPIO"})
_MIXED_UP = frozenset(
    {"CO", "IN", "OR", "ME", "LA", "DE", "OK", "HI", "AL", "ID", "DC", "PA", "MA", "SC", "MO", "MP"}
)


class Hit(NamedTuple):
    """A name found in words [start, end)."""

    start: int
    end: int
    key: str
    names: list[Named]


class Found(NamedTuple):
    """All names found in a text, and the states it names."""

    counties: list[Hit]
    bare_counties: list[Hit]
    cities: list[Hit]
    sites: list[tuple[int, int, list[Site]]]
    states: frozenset[str]
    state_spans: list[tuple[int, int]]


def scan(gaz: Gazetteer, words: list[str], area_states: frozenset[str]) -> Found:
    """Return the names in `words`; `area_states` are the states of the area of responsibility, if known."""
    counties: list[Hit] = []
    bare: list[Hit] = []
    cities: list[Hit] = []
    sites: list[tuple[int, int, list[Site]]] = []
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
            if key in gaz.sites:
                sites.append((i, j + 1, gaz.sites[key]))
            if apart or j - i > 4:
                continue
            end = j + 1
            following = words[end] if end < n else ""
            if key in gaz.county_names:
                if following in COUNTY_WORDS:
                    counties.append(Hit(i, end + 1, key, gaz.county_names[key]))
                bare.append(Hit(i, end, key, gaz.county_names[key]))
            if key in gaz.cities or key in gaz.city_counties:
                names = gaz.cities.get(key, []) + gaz.city_counties.get(key, [])
                cities.append(Hit(i, end, key, names))
            if key in gaz.state_names:
                named_states.append((i, end, gaz.state_names[key]))
    counties = _longest(counties)
    states, spans = _states(gaz, words, named_states, counties, cities, area_states)
    return Found(counties, _longest(bare), cities, sites, states, spans)


def _longest(hits: list[Hit]) -> list[Hit]:
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
    counties: list[Hit],
    cities: list[Hit],
    area_states: frozenset[str],
) -> tuple[frozenset[str], list[tuple[int, int]]]:
    """Return the states that a text names, and where.

    A word that belongs to a county's or a longer city's name is no state. The state at the end of a text
    binds before one inside it; inside, only a state of the area of responsibility is believed.
    """
    n = len(words)
    codes = [
        (i, i + 1, w)
        for i, w in enumerate(words)
        if len(w) == 2 and w in gaz.states and _is_code(words, i, n, w, area_states)
    ]
    full = [
        (i, j, code)
        for i, j, code in named
        if not any(c.start <= i and j <= c.end for c in counties)
        and not any(c.start <= i and j <= c.end and c.end - c.start > j - i for c in cities)
        and not (j < n and words[j] == "CITY")
    ]
    final, inside = [], []
    for i, j, code in codes + full:
        ends = j == n or (words[j] == "STATE" and j + 1 == n) or (words[j] == "AREA" and j + 1 == n)
        (final if ends else inside).append((i, j, code))
    if final:
        i, j, code = max(final, key=lambda s: s[1] - s[0])
        return frozenset({code}), [(i, j)]
    inside = [s for s in inside if not area_states or s[2] in area_states]
    return frozenset(s[2] for s in inside), [(s[0], s[1]) for s in inside]


def _is_code(words: list[str], i: int, n: int, code: str, area_states: frozenset[str]) -> bool:
    ends = i + 1 == n and i > 0
    stated = i + 1 < n and words[i + 1] == "STATE"
    bounded = 0 < i < n - 1 and words[i - 1] == "," and words[i + 1] in (",", "GENERAL")
    before_area = 0 < i < n - 1 and words[i + 1] == "GENERAL"
    if not (ends or stated or bounded or before_area):
        return False
    return code not in _MIXED_UP or not area_states or code in area_states
