"""Texts that fit two places: a kind of facility without its name, or a facility shared by two counties."""

from __future__ import annotations

import re

from atlarge.places.case import Answer, Case, county, unresolved
from atlarge.places.choose import in_area
from atlarge.places.gazetteer import Site
from atlarge.places.name_rule import core
from atlarge.places.scan import Hit

_JOINED = re.compile(r"(?<=\w)\s*(?:[-/&+]|\bAND\b)\s*(?=\w)", re.IGNORECASE)
"""What joins two names: RILEY-DICKINSON, PIKE/AMITE, FRANKLIN & HARDIN."""


def generic_rule(case: Case) -> Answer | None:
    """Abstain where a text says what kind of facility, but not which, and the area has several.

    FEDERAL DETENTION CENTER (FDC) under Seattle may be SeaTac or Sheridan. Where the area of responsibility
    has one alone, that one is answered, never surely.
    """
    start, end = core(case)
    body = [word for word in case.words[start:end] if word != ","]
    if case.context.states or not body or not all(word in case.gaz.words["generic"] for word in body):
        return None
    phrase = " ".join(body).title()
    key = "".join(body)
    code = case.query.aor
    listed = {s.fips: s for s in case.gaz.sites.get(key, ()) if s.aor is not None and s.aor == code}
    if case.gaz.words["generic_federal"].isdisjoint(body):
        if len(listed) == 1 and len(body) > 1:
            site = next(iter(listed.values()))
            level = case.gaz.confidence["namesake_at_most"]
            return county(
                case, site.fips, level, f"facility '{site.label}' ({site.source}), by its kind alone"
            )
        return None
    known = sorted(_federal(case))
    if len(known) == 1:
        level = case.gaz.confidence["namesake_at_most"]
        return county(case, known[0], level, f"'{phrase}': the area has one federal institution")
    names = ", ".join(case.gaz.counties[fips].place_name for fips in known[:6])
    return unresolved(
        case, f"'{phrase}' names no one facility; federal institutions of the area: {names or 'none'}"
    )


def _federal(case: Case) -> set[str]:
    """Return the counties of the area in which a federal institution stands."""
    code = case.query.aor
    found = {p.fips for prisons in case.gaz.prisons.values() for p in prisons if p.needs == "federal"}
    return {fips for fips in found if code is None or code == "HQ" or in_area(case.gaz, fips, code)}


def shared_rule(case: Case) -> Answer | None:
    """Abstain from a jail named for two counties, unless the facility list has it under just that name."""
    text = case.query.text or ""
    if not _JOINED.search(text):
        return None
    hits = sorted([h for h in case.found.bare_counties if _apart(h)], key=lambda h: (h.start, -h.end))
    for first in hits:
        for second in hits:
            gap = case.words[first.end : second.start]
            if second.start < first.end or gap not in ([], ["AND"], [","], [",", "AND"]):
                continue
            if (
                _one_name(case, first, second)
                or _state_of(case, first, second)
                or not _joined_in(text, case, first, second)
            ):
                continue
            follows = case.words[second.end : second.end + 1]
            facility = bool(follows) and (
                follows[0] in case.gaz.words["facility"] or follows[0] in ("COUNTY", "PARISH")
            )
            states = _states(case, first) & _states(case, second)
            if facility and states and not _same(first, second):
                phrase = " ".join(w for w in case.words[first.start : second.end] if w != ",").title()
                return unresolved(case, f"'{phrase}' names two counties")
    return None


def _apart(hit: Hit) -> bool:
    return hit.end - hit.start <= 3 and len(hit.key) >= 3


def _states(case: Case, hit: Hit) -> set[str]:
    """Return the states of the counties of a name inside the state named or the area."""
    gaz, code = case.gaz, case.query.aor
    states = {gaz.counties[n.fips].state for n in hit.names}
    if case.context.states:
        return states & case.context.states
    if code is None or code == "HQ":
        return states
    return {gaz.counties[n.fips].state for n in hit.names if in_area(gaz, n.fips, code)}


def _state_of(case: Case, first: Hit, second: Hit) -> bool:
    """Say whether the first name is the state of the second: ARKANSAS - DESHA COUNTY."""
    return case.gaz.state_names.get(first.key) in _states(case, second)


def _same(first: Hit, second: Hit) -> bool:
    return {n.fips for n in first.names} == {n.fips for n in second.names}


def _one_name(case: Case, first: Hit, second: Hit) -> bool:
    """Say whether both words together are one county's, city's or facility's name: MIAMI-DADE."""
    gaz = case.gaz
    key = first.key + second.key
    if key in gaz.county_names or key in gaz.cities or key in gaz.city_counties:
        return True
    return any(
        site.start <= first.start and second.end <= site.end and _fits(case, site.sites)
        for site in case.found.sites
    )


def _fits(case: Case, sites: list[Site]) -> bool:
    code = case.query.aor
    return any(code is None or in_area(case.gaz, s.fips, code) for s in sites)


def _joined_in(text: str, case: Case, first: Hit, second: Hit) -> bool:
    """Say whether the two names stand on both sides of a hyphen, a slash or an AND in the text as written."""
    one, two = case.words[first.end - 1], case.words[second.start]
    return (
        re.search(rf"{re.escape(one)}\.?\s*(?:-|/|&|\+|\bAND\b)\s*{re.escape(two)}", text.upper()) is not None
    )
