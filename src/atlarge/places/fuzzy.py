"""Misspelt names: compared only with the names inside the area of responsibility or the state named."""

from __future__ import annotations

from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from atlarge.places.choose import Context, in_area
from atlarge.places.gazetteer import Gazetteer, Named, gazetteer
from atlarge.places.scan import NO_COUNTIES, STATE_OF_TYPE
from atlarge.places.text import squash

WELL_KNOWN = 1000.0
"""A name of a place of this weight, anywhere, hardly misspells another."""
CUT_SHORT = 16
"""Letters from which a facility's name may be cut short by the width of a field."""
BIG_CITY = 2000.0
"""Only cities of this weight are looked for under a misspelt name, where no state is named."""
TOWN = 300.0
"""Only towns of this weight are, where the state is named."""


def edits_allowed(key: str, shortest: int = 5) -> int:
    """Return how many single edits (a letter more, less, other, or two swapped) a misspelt name may have."""
    if len(key) < shortest:
        return 0
    return 1 if len(key) < 8 else 2


def one_letter_off(key: str, name: str) -> bool:
    """Say whether two names that begin alike differ by one edit: CLARK and CLARKE, not BACON and MACON."""
    return key[0] == name[0] and OSA.distance(key, name) <= 1


@cache
def _by_state(kind: str) -> dict[str, list[tuple[str, str]]]:
    """Return the names of a kind (county, city or town), with the county, by state."""
    gaz = gazetteer()
    names = gaz.county_names if kind == "county" else gaz.cities
    least = BIG_CITY if kind == "city" else TOWN
    out: dict[str, list[tuple[str, str]]] = {}
    for key, found in names.items():
        for name in found:
            state = gaz.counties[name.fips].state
            if state not in NO_COUNTIES if kind == "county" else name.weight >= least:
                out.setdefault(state, []).append((key, name.fips))
    return out


@cache
def _keys(kind: str, aor: str | None, states: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the names of a kind inside the states named, or else inside the area, with their counties."""
    gaz = gazetteer()
    where = states or frozenset(gaz.aors[aor]["states"].split() if aor in gaz.aors and aor else ())
    found: dict[str, set[str]] = {}
    for state in sorted(where):
        for key, fips in _by_state(kind).get(state, []):
            if states or aor is None or in_area(gaz, fips, aor):
                found.setdefault(key, set()).add(fips)
    return {key: frozenset(fips) for key, fips in found.items()}


def near_county(
    before: list[str], context: Context, word: str = "COUNTY", *, whole: bool = False
) -> tuple[str, str] | None:
    """Return (fips, words) for a misspelt county name that ends `before` and is followed by `word`, or None.

    The type word decides the state: a parish is looked for in Louisiana alone, a county never there. With
    `whole` all the words must belong to the name.
    """
    names = _county_keys(context.aor, context.states, STATE_OF_TYPE.get(word))
    return _near(before, names, frozenset(), len(before) if whole else 1, shortest=4)


@cache
def _county_keys(aor: str | None, states: frozenset[str], where: str | None) -> dict[str, frozenset[str]]:
    """Return the counties' names of _keys that lie in the state of a type word; without one, not in LA."""
    counties = gazetteer().counties
    fit = {
        key: frozenset(
            f for f in fips if (counties[f].state == where if where else counties[f].state != "LA")
        )
        for key, fips in _keys("county", aor, states).items()
    }
    return {key: fips for key, fips in fit.items() if fips}


def near_city(
    gaz: Gazetteer, before: list[str], context: Context, *, whole: bool = False
) -> tuple[str, str] | None:
    """Return (fips, words) for a misspelt city name that ends `before`, or None."""
    kind = "town" if context.states else "city"
    fewest = len(before) if whole else 1
    return _near(before, _keys(kind, context.aor, context.states), gaz.words["never_city"], fewest)


def near_prison(before: list[str], context: Context) -> tuple[str, str] | None:
    """Return (fips, words) for a misspelt prison's name that ends `before`, or None."""
    return _near(before, _prison_keys(context.aor, context.states), gazetteer().words["never_city"])


@cache
def _prison_keys(aor: str | None, states: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the prisons' names inside the states named, or else inside the area, with their counties."""
    gaz = gazetteer()
    found: dict[str, set[str]] = {}
    for key, prisons in gaz.prisons.items():
        for prison in prisons:
            if prison.state in states if states else aor is None or in_area(gaz, prison.fips, aor):
                found.setdefault(key, set()).add(prison.fips)
    return {key: frozenset(fips) for key, fips in found.items()}


def near_name(key: str, context: Context, *, counties_only: bool = False) -> list[Named] | None:
    """Return the places of the names, counties' or cities', nearest to a key; None if there is none near.

    A key that is itself the name of a larger place elsewhere may still be one letter off a county's here.
    """
    gaz = gazetteer()
    allowed = edits_allowed(key)
    known = [*gaz.county_names.get(key, ()), *gaz.cities.get(key, ())]
    counties = _keys("county", context.aor, context.states)
    cities = _keys("city", context.aor, context.states)
    if counties_only or any(n.weight >= WELL_KNOWN for n in known):
        allowed, cities = min(allowed, 1), {}
    if not allowed:
        return None
    names = counties.keys() | cities.keys()
    found = process.extract(key, names, scorer=OSA.distance, score_cutoff=allowed, limit=4)
    best = [name for name, distance, _ in found if distance == found[0][1]]
    near = [Named(f, gaz.counties[f].weight, "name") for n in best for f in counties.get(n, ())]
    for name in best:
        near += [n for n in gaz.cities.get(name, ()) if n.fips in cities.get(name, ())]
    return near or None


def near_site(key: str, aor: str | None, states: frozenset[str]) -> tuple[str, str] | None:
    """Return (fips, name) of the one facility whose whole name a key misspells or cuts short, or None."""
    if len(key) < 12 or (aor is None and not states):
        return None
    names = _site_keys(aor, states)
    allowed = 2 if len(key) < 20 else 3
    found = process.extract(key, names.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=4)
    best = [name for name, distance, _ in found if distance == found[0][1]]
    if not best and len(key) >= CUT_SHORT:
        best = [name for name, (_, label) in names.items() if name.startswith(key) and squash(label) == name]
    sites = {names[name] for name in best}
    return next(iter(sites)) if len({fips for fips, _ in sites}) == 1 else None


@cache
def _site_keys(aor: str | None, states: frozenset[str]) -> dict[str, tuple[str, str]]:
    """Return the facilities inside the states named, or else inside the area, whose name one county has."""
    gaz = gazetteer()
    out = {}
    for key, sites in gaz.sites.items():
        fit = {
            s.fips: s.label
            for s in sites
            if (s.aor in (None, aor) or states)
            and (gaz.counties[s.fips].state in states if states else in_area(gaz, s.fips, str(aor)))
        }
        if len(fit) == 1:
            out[key] = next(iter(fit.items()))
    return out


def _near(
    before: list[str],
    names: dict[str, frozenset[str]],
    never: frozenset[str],
    fewest: int = 1,
    *,
    shortest: int = 5,
) -> tuple[str, str] | None:
    """Return the one place whose name the last words of `before` misspell; the longer reading binds."""
    for size in range(min(4, len(before)), fewest - 1, -1):
        part = before[-size:]
        key = "".join(part)
        allowed = edits_allowed(key, shortest)
        named = key in gazetteer().state_names
        if "," in part or not allowed or named or (size == 1 and key in never):
            continue
        found = process.extract(key, names.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=4)
        best = [f for f in found if f[1] == found[0][1]]
        places = frozenset[str]().union(*(names[f[0]] for f in best))
        if len(places) == 1:
            return next(iter(places)), " ".join(part).title()
        if places:  # several places are as near: the shorter reading of the words would be a guess
            return None
    return None
