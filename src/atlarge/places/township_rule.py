"""Townships: a name beside the word township, of which a state may have many of one name."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA

from atlarge.places.case import Answer, Case, county, unresolved
from atlarge.places.fuzzy import edits_allowed
from atlarge.places.gazetteer import Named
from atlarge.places.name_rule import KNOWN_SIZE, is_here

_LONGEST = 4
POLICE = frozenset({"POLICE", "PD"})


def township_rule(case: Case) -> Answer | None:
    """Answer with the county of a township; of several of the name, with the one whose county is named too.

    MANHEIM TOWNSHIP lies around the borough of that name: where one of several townships has a town of its
    name in its county, it is likely, never sure. Else the text is left open.
    """
    at = next((i for i, word in enumerate(case.words) if word == "TOWNSHIP"), None)
    if at is None:
        return None
    named = _before(case, at) or _after(case, at)
    if named is None:
        return None
    phrase, names, level = named
    beside = {n.fips for hit in case.found.bare_counties for n in hit.names if hit.end != at}
    fits = [n for n in names if n.fips in beside] or names
    if len({n.fips for n in fits}) == 1:
        return county(case, fits[0].fips, level, f"township named: '{phrase}'")
    known = case.gaz.cities.get("".join(phrase.upper().split()), ())
    towns = {n.fips: n.weight for n in known if n.weight >= KNOWN_SIZE}
    likely = sorted((n.fips for n in fits if n.fips in towns), key=lambda fips: (-towns[fips], fips))
    if len(likely) == 1:
        level = min(level, case.gaz.confidence["township_by_town"])
        return county(
            case, likely[0], level, f"township named: '{phrase}'; of several, the one with a town of it"
        )
    labels = ", ".join(sorted(case.gaz.counties[n.fips].place_name for n in fits)[:6])
    return unresolved(case, f"township named: '{phrase}'; several of that name: {labels}")


def township_police(case: Case) -> Answer | None:
    """A township's police without the word township: EAST DONEGAL POLICE is not Donegal's.

    Only where no city of the area has the whole name; one word must be no other place's name anywhere.
    """
    for at in (i for i, word in enumerate(case.words) if word in POLICE):
        for start in range(max(0, at - _LONGEST), at):
            key = "".join(case.words[start:at])
            names = [] if "," in case.words[start:at] else _here(case, key)
            if not names or _is_place(case, key, single=at - start == 1):
                continue
            phrase = " ".join(case.words[start:at]).title()
            if len({n.fips for n in names}) == 1:
                level = case.gaz.confidence["township_police"]
                return county(case, names[0].fips, level, f"police of a township: '{phrase}'")
            labels = ", ".join(sorted(case.gaz.counties[n.fips].place_name for n in names)[:6])
            return unresolved(case, f"police of a township: '{phrase}'; several of that name: {labels}")
    return None


def _is_place(case: Case, key: str, *, single: bool) -> bool:
    """Say whether a city or county has a township's name too: of one word anywhere, else here."""
    if single:
        return key in case.gaz.any_name or key in case.gaz.words["never_city"]
    named = [n for source in (case.gaz.cities, case.gaz.county_names) for n in source.get(key, ())]
    return any(is_here(case, n.fips) for n in named)


def _before(case: Case, at: int) -> tuple[str, list[Named], float] | None:
    """Return the longest name that ends right before the word at `at`; one misspelt, if none is spelt so."""
    spans = [case.words[start:at] for start in range(max(0, at - _LONGEST), at)]
    for span in (s for s in spans if "," not in s):
        if names := _here(case, "".join(span)):
            return " ".join(span).title(), names, case.gaz.confidence["township"]
    if not case.context.states:
        return None
    known = [key for key in case.gaz.townships if _here(case, key)]
    for span in (s for s in spans if "," not in s):
        key = "".join(span)
        allowed = edits_allowed(key)
        if not allowed or key in case.gaz.cities:
            continue
        near = process.extract(key, known, scorer=OSA.distance, score_cutoff=allowed, limit=3)
        if near and (len(near) == 1 or near[0][1] < near[1][1]):
            return near[0][0].title(), _here(case, near[0][0]), case.gaz.confidence["name_fuzzy"]
    return None


def _after(case: Case, at: int) -> tuple[str, list[Named], float] | None:
    """Return the longest name after TOWNSHIP OF."""
    if case.words[at + 1 : at + 2] != ["OF"]:
        return None
    for end in range(min(len(case.words), at + 2 + _LONGEST), at + 2, -1):
        span = case.words[at + 2 : end]
        if "," not in span and (names := _here(case, "".join(span))):
            return " ".join(span).title(), names, case.gaz.confidence["township"]
    return None


def _here(case: Case, key: str) -> list[Named]:
    """Return the townships of a name inside the state named, or else inside the area."""
    return [n for n in case.gaz.townships.get(key, ()) if n.source == "township" and is_here(case, n.fips)]
