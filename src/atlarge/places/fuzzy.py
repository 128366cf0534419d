"""Misspelt names: compared only with the names inside the area of responsibility or the state named."""

from __future__ import annotations

from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from atlarge.places.choose import Context, in_area
from atlarge.places.gazetteer import Gazetteer, gazetteer
from atlarge.places.scan import NO_COUNTIES

BIG_CITY = 2000.0
"""Only cities of this weight are looked for under a misspelt name."""


def edits_allowed(key: str) -> int:
    """Return how many single edits (a letter more, less, other, or two swapped) a misspelt name may have."""
    if len(key) < 5:
        return 0
    return 1 if len(key) < 8 else 2


@cache
def _by_state(kind: str) -> dict[str, list[tuple[str, str]]]:
    """Return the names of a kind (county or city), with the county, by state."""
    gaz = gazetteer()
    names = gaz.county_names if kind == "county" else gaz.cities
    out: dict[str, list[tuple[str, str]]] = {}
    for key, found in names.items():
        for name in found:
            state = gaz.counties[name.fips].state
            if name.weight >= BIG_CITY if kind == "city" else state not in NO_COUNTIES:
                out.setdefault(state, []).append((key, name.fips))
    return out


@cache
def _keys(kind: str, aor: str | None, states: frozenset[str]) -> dict[str, str]:
    """Return the names that one county alone has inside the states named, or else inside the area."""
    gaz = gazetteer()
    where = states or frozenset(gaz.aors[aor]["states"].split() if aor in gaz.aors and aor else ())
    found: dict[str, set[str]] = {}
    for state in sorted(where):
        for key, fips in _by_state(kind).get(state, []):
            if states or aor is None or in_area(gaz, fips, aor):
                found.setdefault(key, set()).add(fips)
    return {key: next(iter(fips)) for key, fips in found.items() if len(fips) == 1}


def near_county(before: list[str], context: Context) -> tuple[str, str] | None:
    """Return (fips, words) for a misspelt county name that ends `before`, or None."""
    return _near(before, _keys("county", context.aor, context.states), frozenset())


def near_city(gaz: Gazetteer, before: list[str], context: Context) -> tuple[str, str] | None:
    """Return (fips, words) for a misspelt city name that ends `before`, or None."""
    return _near(before, _keys("city", context.aor, context.states), gaz.words["never_city"])


def near_site(
    gaz: Gazetteer, words: list[str], aor: str | None, states: frozenset[str]
) -> tuple[str, str] | None:
    """Return (fips, name) of the facility whose whole name the text misspells, or None."""
    if aor is None:
        return None
    key = "".join(w for w in words if w != ",")
    if len(key) < 12:
        return None
    found = process.extract(key, _site_keys(aor).keys(), scorer=OSA.distance, score_cutoff=2, limit=2)
    if not found or (len(found) > 1 and found[0][1] == found[1][1]):
        return None
    fips, label = _site_keys(aor)[found[0][0]]
    return (fips, label) if not states or gaz.counties[fips].state in states else None


@cache
def _site_keys(aor: str) -> dict[str, tuple[str, str]]:
    gaz = gazetteer()
    out = {}
    for key, sites in gaz.sites.items():
        fit = {s.fips: s.label for s in sites if s.aor in (None, aor) and in_area(gaz, s.fips, aor)}
        if len(fit) == 1:
            out[key] = next(iter(fit.items()))
    return out


def _near(before: list[str], names: dict[str, str], never: frozenset[str]) -> tuple[str, str] | None:
    """Return the one name that the last one to three words of `before` misspell; the longer reading binds."""
    for size in range(min(3, len(before)), 0, -1):
        part = before[-size:]
        key = "".join(part)
        allowed = edits_allowed(key)
        if "," in part or not allowed or (size == 1 and key in never):
            continue
        found = process.extract(key, names.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=3)
        best = [f for f in found if f[1] == found[0][1]]
        if best and len({names[f[0]] for f in best}) == 1:
            return names[best[0][0]], " ".join(part).title()
    return None
