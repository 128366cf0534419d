"""Misspelt names: compared only with the names inside the area of responsibility or the state named."""

from __future__ import annotations

from functools import cache

from rapidfuzz import fuzz, process

from atlarge.places.choose import Context, in_area
from atlarge.places.gazetteer import Gazetteer, gazetteer

LEAST_ALIKE = 86.0
"""Least likeness (0 to 100, normalised edit distance) of a misspelt name to the one it is read as."""
CLEAR_BY = 4.0
"""The best name must be more alike than the second by this much."""


@cache
def _county_keys(aor: str | None, states: frozenset[str]) -> dict[str, str]:
    gaz = gazetteer()
    out = {}
    for key, names in gaz.county_names.items():
        fit = {n.fips for n in names if _fits(gaz, n.fips, aor, states)}
        if len(fit) == 1:
            out[key] = fit.pop()
    return out


@cache
def _city_keys(aor: str | None, states: frozenset[str]) -> dict[str, str]:
    gaz = gazetteer()
    out = {}
    for key, names in gaz.cities.items():
        fit = {n.fips for n in names if n.weight >= 2000 and _fits(gaz, n.fips, aor, states)}
        if len(fit) == 1:
            out[key] = fit.pop()
    return out


def _fits(gaz: Gazetteer, fips: str, aor: str | None, states: frozenset[str]) -> bool:
    if states and gaz.counties[fips].state not in states:
        return False
    return aor is None or aor == "HQ" or bool(states) or in_area(gaz, fips, aor)


def near_county(gaz: Gazetteer, before: list[str], context: Context) -> tuple[str, str, float] | None:
    """Return (fips, words, likeness) for a misspelt county name that ends `before`, or None."""
    return _near(gaz, before, _county_keys(context.aor, context.states))


def near_city(gaz: Gazetteer, before: list[str], context: Context) -> tuple[str, str, float] | None:
    """Return (fips, words, likeness) for a misspelt city name that ends `before`, or None."""
    return _near(gaz, before, _city_keys(context.aor, context.states))


def _near(gaz: Gazetteer, before: list[str], names: dict[str, str]) -> tuple[str, str, float] | None:
    best: tuple[str, str, float] | None = None
    for size in range(1, len(before) + 1):
        part = before[-size:]
        key = "".join(part)
        if "," in part or len(key) < 5 or (size == 1 and key in gaz.words["never_city"]):
            continue
        found = process.extract(key, names.keys(), scorer=fuzz.ratio, score_cutoff=LEAST_ALIKE, limit=2)
        if not found or (len(found) > 1 and found[0][1] - found[1][1] < CLEAR_BY):
            continue
        if best is None or found[0][1] > best[2]:
            best = (names[found[0][0]], " ".join(part).title(), found[0][1])
    return best
