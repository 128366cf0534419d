"""A text that is nothing but a name: ST LANDRY, CALCASIEU AOR, CAP - LEWIS, LAWRENCE POLICE DEPT.

Such a text does not say whether a county, a city or a facility is meant. All that bear the name inside the
area of responsibility are weighed against each other, and the text is placed only where they agree or one
outweighs the rest.
"""

from __future__ import annotations

from typing import NamedTuple

from atlarge.places.case import Answer, Case, county, picked, unresolved
from atlarge.places.choose import DOMINANT, STATED_OUTSIDE, choose, in_area
from atlarge.places.fuzzy import near_name
from atlarge.places.gazetteer import Named
from atlarge.places.scan import NO_COUNTIES, Hit

CLEAR = 0.97
"""Share of the weight of all places of the name from which the largest is meant without much doubt."""
KNOWN_SIZE = 500.0
"""A place of less weight is known from a list of post offices or other names alone."""
WELL_KNOWN = 5000.0
"""A place of this weight is known beyond its area."""
JAILS = frozenset({"JAIL", "JAILS", "DETENTION", "LOCKUP", "ADC", "COURT", "COURTHOUSE", "LEC"})
_CITY_SAID = frozenset(
    {"CITY", "POLICE", "PD", "MUNICIPAL", "TOWN", "TOWNSHIP", "VILLAGE", "COUNTY", "PARISH"}
)
WHOLE_WORDS = 8
"""Fewest letters with which a facility's name must begin to be known by its beginning."""
WHOLE_NAME = 5
"""Fewest letters of a county's name that may stand before words that nothing explains."""
_NOT_COUNTY = frozenset({"CITY", "DIV", "DIVISION", "TUNNEL", "BRIDGE", "STATE", "TOWNSHIP", "TOWN"})
SHORTEST = 4
"""Fewest letters of a name that stands alone."""


class Core(NamedTuple):
    """The words [start, end) of a text without the words that frame a name."""

    start: int
    end: int


def core(case: Case) -> Core:
    """Return where the text's own name stands, without programme, state, or the word area around it."""
    words = case.words
    states = {i for a, b in case.found.state_spans for i in range(a, b)}
    start, end = 0, len(words)
    before, after = case.gaz.words["frame_before"], case.gaz.words["frame_after"]
    while start < end and (words[start] == "," or words[start] in before):
        start += 1
    if start in states and start + 1 < end and words[start + 1] in ("DOC", ","):  # LA DOC - RAYBURN
        start += 1
        while start < end and words[start] in ("DOC", ","):
            start += 1
    while start < end and (words[end - 1] == "," or words[end - 1] in after or end - 1 in states):
        end -= 1
    return Core(start, end) if start < end else Core(0, len(words))


def name_alone(case: Case) -> Answer | None:
    """Answer with the place that a name alone means, abstain where it fits several, or pass."""
    start, end = core(case)
    span = case.words[start:end]
    if not span or "," in span or (len(span) == 1 and span[0] in case.gaz.words["never_city"]):
        return None
    if all(word in case.gaz.words["generic"] for word in span):
        return None
    key = "".join(span)
    phrase = " ".join(span).title()
    if len(key) < SHORTEST or (key in case.gaz.state_names and key not in case.gaz.cities):
        return None
    if len(span) == 2 and span[0] in case.gaz.states and span[1] == "STATE":
        return None  # MS STATE is Mississippi, not its university's town
    listed = [s for s in case.gaz.sites.get(key, ()) if s.aor in (None, case.query.aor)]
    if any(is_here(case, site.fips) for site in listed):
        return None
    names = _places(case, key)
    if not names:
        return _facility_alone(case, key, phrase)
    if case.context.states and any(n.source == "city" and n.weight >= KNOWN_SIZE for n in names):
        return None  # a name with its state is a city's: that rule says so more surely
    # CAP - LEWIS: a prison of that name elsewhere has as good a claim as the county here
    full = "".join(word for word in case.words[:end] if word != ",")
    elsewhere = case.gaz.sites.get(full, ()) if full != key else ()
    claims = {site.fips for site in elsewhere if site.source == "hand"} - {n.fips for n in names}
    if claims and not case.context.states:
        labels = sorted(case.gaz.counties[f].place_name for f in claims | {n.fips for n in names})
        return unresolved(
            case, f"'{phrase}' names a place here and a facility elsewhere: {', '.join(labels[:6])}"
        )
    return weighed(case, names, phrase)


def _facility_alone(case: Case, key: str, phrase: str) -> Answer | None:
    """A facility without the word that says so: COYOTE RIDGE, OTAY MESA; no place here has the name."""
    if case.query.aor is None and not case.context.states:
        return None
    found = {p.fips for p in case.gaz.prisons.get(key, ()) if is_here(case, p.fips)}
    if not found and len(key) >= WHOLE_WORDS and not case.has("facility"):
        found = {fips for name, fips in case.gaz.hand_sites if name.startswith(key) and is_here(case, fips)}
    if len(found) != 1:
        return None
    level = case.gaz.confidence["facility_alone"]
    return county(case, next(iter(found)), level, f"name alone: '{phrase}'; a facility of the name")


def county_first(case: Case) -> Answer | None:
    """A county's name that begins a text, before words that nothing explains: BOSSIER MAX, GEAUGA SAFETY CTR.

    Only where one county of the area has the name and no city of another county there has it.
    """
    if case.query.aor in (None, "HQ") or case.has("docket") or case.has("team") or case.has("office"):
        return None
    start, end = core(case)
    hits = [h for h in case.found.bare_counties if h.start == start]
    if not hits or "," in case.words[start:end]:
        return None
    hit = max(hits, key=lambda h: h.end)
    if (
        len(hit.key) < WHOLE_NAME
        or hit.key in case.gaz.words["never_city"]
        or hit.key in case.gaz.state_names
    ):
        return None
    after = case.words[hit.end : hit.end + 1]
    longer = any(c.start <= hit.start and c.end > hit.end for c in case.found.cities)
    kinds = case.gaz.words["generic"] | case.gaz.words["type_words"] | case.gaz.words["never_city"]
    others = [c for c in case.found.cities if c.start >= hit.end and len(c.key) > 3 and c.key not in kinds]
    if longer or others or not after or after[0] in case.gaz.words["street"] or after[0] in _NOT_COUNTY:
        return None
    fits = {n.fips for n in _places(case, hit.key)}
    if len(fits) != 1:
        return None
    level = case.gaz.confidence["name_small"]
    basis = f"county's name before other words: '{case.phrase(hit)}'; the only place of the name in the area"
    return county(case, next(iter(fits)), level, basis)


def weighed(case: Case, names: list[Named], phrase: str, *, misspelt: bool = False) -> Answer:
    """Return the place that outweighs the others of a name, or abstain and name them."""
    weights: dict[str, float] = {}
    for name in names:
        # a county and a city in it that bear the name support each other
        weights[name.fips] = weights.get(name.fips, 0.0) + name.weight
    ranked = sorted(weights, key=lambda fips: (-weights[fips], fips))
    top, share = ranked[0], weights[ranked[0]] / sum(weights.values())
    labels = ", ".join(case.gaz.counties[fips].place_name for fips in ranked[:6])
    if share < DOMINANT:
        return unresolved(case, f"'{phrase}' fits several places: {labels}")
    confidence = case.gaz.confidence["name_alone"]
    how = "the only place of the name in the area" if len(ranked) == 1 else f"the largest of: {labels}"
    if misspelt:
        confidence, how = case.gaz.confidence["name_fuzzy"], f"misspelt; {how}"
    elif weights[top] < KNOWN_SIZE:
        confidence = case.gaz.confidence["name_small"]
    elif {n.source == "name" for n in names if n.fips == top} == {True, False}:
        confidence = case.gaz.confidence["city_and_county"]
    elif weights[top] < WELL_KNOWN and _one_letter_off(case, phrase):
        confidence = min(confidence, case.gaz.confidence["name_fuzzy"])
    if any(name.source == "name" and name.fips != top for name in names):  # another county has the name
        confidence = min(confidence, case.gaz.confidence["namesake_at_most"])
    if share < CLEAR:
        confidence = min(confidence * share, case.gaz.confidence["namesake_at_most"])
    outside = case.query.aor not in (None, "HQ") and not in_area(case.gaz, top, str(case.query.aor))
    if case.context.states and outside:
        confidence, how = confidence * STATED_OUTSIDE, f"{how}; outside the area of responsibility"
    return county(case, top, confidence, f"name alone: '{phrase}'; {how}")


def _one_letter_off(case: Case, phrase: str) -> bool:
    """Say whether a small place's name is one letter off the name of a county of the area."""
    near = near_name(phrase.upper().replace(" ", ""), case.context, counties_only=True)
    return near is not None


def name_misspelt(case: Case) -> Answer | None:
    """Answer with the place whose name a text that is nothing but a name misspells."""
    if case.query.aor is None and not case.context.states:
        return None
    start, end = core(case)
    span = case.words[start:end]
    generic = all(word in case.gaz.words["generic"] for word in span)
    if not span or "," in span or len(span) > 3 or generic:
        return None
    if len(span) == 1 and span[0] in case.gaz.words["never_city"]:
        return None
    key = "".join(span)
    if key in case.gaz.state_names:
        return None
    found = near_name(key, case.context)
    if found is None:
        return None
    return weighed(case, found, " ".join(span).title(), misspelt=True)


def _places(case: Case, key: str) -> list[Named]:
    """Return the counties and cities of a name that lie inside the area and the state named."""
    gaz = case.gaz
    counties = [
        Named(n.fips, n.weight, "name")
        for n in gaz.county_names.get(key, ())
        if gaz.counties[n.fips].state not in NO_COUNTIES
    ]
    cities = [*gaz.cities.get(key, ()), *gaz.city_counties.get(key, ())]
    return [
        n for n in [*counties, *(Named(c.fips, c.weight, "city") for c in cities)] if is_here(case, n.fips)
    ]


def is_here(case: Case, fips: str) -> bool:
    """Say whether a county lies in the state named, or else in the area of responsibility."""
    if case.context.states:
        return case.gaz.counties[fips].state in case.context.states
    code = case.query.aor
    return code is None or code == "HQ" or in_area(case.gaz, fips, code)


def police_alone(case: Case) -> Answer | None:
    """A police department without a state: abstain where a small town here and a namesake both fit.

    LAWRENCE POLICE DEPT under New Orleans: a post office of that name in Mississippi, four Lawrence Counties
    beside it and large Lawrences elsewhere.
    """
    if case.context.states or case.query.city:
        return None
    for start, end, key in _before(case, frozenset({"POLICE", "PD"})):
        if start > 0 and case.words[start - 1] == "OF":
            continue
        names = _places(case, key)
        if not names:
            continue
        phrase = " ".join(case.words[start:end]).title()
        cities = [n for n in names if n.source != "name"]
        others = {n.fips for n in names if n.source == "name"} - {n.fips for n in cities}
        largest = max((n.weight for n in cities), default=0.0)
        bigger = [n for n in case.gaz.cities.get(key, ()) if n.weight >= max(WELL_KNOWN, 10 * largest)]
        if cities and largest < KNOWN_SIZE and (others or bigger):
            return _fits_several(case, phrase, [*names, *bigger])
        if not cities and len(others) > 1:
            return _fits_several(case, phrase, names)
        return None
    return None


def jail_alone(case: Case) -> Answer | None:
    """A bare name before JAIL is the county's; if a city elsewhere bears it, the larger's, never surely."""
    if not _CITY_SAID.isdisjoint(case.words):
        return None
    for start, end, key in _before(case, JAILS):
        names = [n for n in _places(case, key) if n.source == "name" or n.weight >= KNOWN_SIZE]
        counties = {n.fips for n in names if n.source == "name"}
        cities = {n.fips for n in names if n.source != "name"}
        if (
            not counties
            or counties == cities
            or any(b.start < start and b.end >= end for b in case.found.cities)
        ):
            continue
        phrase = " ".join(case.words[start:end]).title()
        if cities:
            answer = weighed(case, names, phrase)
            level = min(answer.confidence, case.gaz.confidence["namesake_at_most"])
            return answer._replace(confidence=level)
        hit = Hit(start, end, key, [n for n in case.gaz.county_names[key] if n.fips in counties])
        pick = choose(case.gaz, hit.names, case.styled("county", hit))
        if pick.fips is None:
            return _fits_several(case, phrase, names)
        basis = f"county's name without the word county: '{phrase}'; {pick.how}"
        return picked(case, pick, case.gaz.confidence["county_bare"], basis)
    return None


def _before(case: Case, after: frozenset[str]) -> list[tuple[int, int, str]]:
    """Return the longest names that stand right before one of the words `after`, as start, end and key."""
    out: list[tuple[int, int, str]] = []
    # before POLICE even an everyday word is a town's name
    never = frozenset[str]() if "PD" in after else case.gaz.words["never_city"]
    hits = [*case.found.bare_counties, *case.found.cities]
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if case.words[hit.end : hit.end + 1] and case.words[hit.end] in after:
            single = hit.end - hit.start == 1 and case.words[hit.start] in never
            inside = any(o.end == hit.end and o.start < hit.start for o in hits)
            if not single and not inside and (hit.start, hit.end, hit.key) not in out:
                out.append((hit.start, hit.end, hit.key))
    return out


def _fits_several(case: Case, phrase: str, names: list[Named]) -> Answer:
    ranked = sorted({n.fips: n for n in names}.values(), key=lambda n: (-n.weight, n.fips))
    labels = ", ".join(case.gaz.counties[n.fips].place_name for n in ranked[:6])
    return unresolved(case, f"'{phrase}' fits several places: {labels}")
