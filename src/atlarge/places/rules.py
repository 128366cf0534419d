"""The rules, in their order: one text in, one place out, with the words and the rule that decided."""

from __future__ import annotations

from collections.abc import Callable

from atlarge.places.ambiguous_rule import generic_rule, shared_rule
from atlarge.places.case import Answer, Case, Query, abstain, aor, county, office, picked, state, unresolved
from atlarge.places.choose import OUTSIDE_BY_HAND, Context, Pick, choose, in_area
from atlarge.places.city_rule import (
    TOWN_WORDS,
    WEAK_LEAST,
    city_outside,
    city_rule,
    column_city,
    part_of_longer,
)
from atlarge.places.fuzzy import near_city, near_county, near_prison, near_site, one_letter_off
from atlarge.places.gazetteer import Gazetteer, Site
from atlarge.places.name_rule import (
    KNOWN_SIZE,
    WELL_KNOWN,
    core,
    county_first,
    is_here,
    jail_alone,
    name_alone,
    name_misspelt,
    police_alone,
)
from atlarge.places.office_rule import office_rule, team_rule
from atlarge.places.prison_rule import prison_rule
from atlarge.places.scan import COUNTY_WORDS, NOTHING, STATE_OF_TYPE, Hit, scan
from atlarge.places.spelling import corrected
from atlarge.places.text import SPELLINGS, fault, squash, tokens
from atlarge.places.township_rule import township_police, township_rule

_ONE_COUNTY = {"DC": "11001", "GU": "66010"}
_LONGEST_STREET = 5
_COMPASS = frozenset(word for words in SPELLINGS["compass"].values() for word in words) | {"CENTRAL"}
_PRISON = frozenset(
    {"CORRECTIONAL", "PRISON", "UNIT", "PENITENTIARY", "FCI", "USP", "CI", "CF", "INSTITUTION"}
)
_CAMPUS = frozenset({"UNIVERSITY", "COLLEGE"})
SURE = 0.9
"""Confidence from which an answer is taken for sure."""
_BY_FACILITY = ("facility ", "prison named: ")


def resolve_one(gaz: Gazetteer, query: Query) -> Answer:
    """Return the place of one text; never raises for bad text, but says in `basis` what is wrong with it."""
    states = frozenset({query.state}) if query.state in gaz.states and query.state else frozenset()
    blank = Case(gaz, query, [], NOTHING, Context(query.aor, states), [])
    if query.code and query.code in gaz.site_codes:
        fips = gaz.site_codes[query.code]
        return county(blank, fips, gaz.confidence["facility_code"], f"facility code {query.code}")
    wrong = fault(query.text)
    if wrong is not None:
        return _without_text(blank, wrong)
    words = corrected(tokens(str(query.text), query.aor))
    if not words:
        return _without_text(blank, "no words in the text")
    if " ".join(words) in gaz.words["missing"]:
        return _without_text(blank, "the text stands for a missing one")
    found = scan(gaz, words, _states_of(gaz, query.aor))
    body = [w for w in words if w != ","]
    case = Case(gaz, query, words, found, Context(query.aor, states or found.states), body)
    return _against_state(case, _first_answer(case)) if states else _first_answer(case)


def _first_answer(case: Case) -> Answer:
    for rule in RULES:
        answer = rule(case)
        if answer is not None:
            return answer
    return _without_text(case, "no rule found a place in the text")


def _against_state(case: Case, answer: Answer) -> Answer:
    """Return an answer that the recorded state contradicts as one that is not sure.

    The text stands where area and text agree on a place in another state, and nothing in the state recorded
    has its whole name: TWO RIVERS CORRECTIONAL under Seattle is in Oregon, whatever the release's state says.
    """
    recorded = str(case.query.state)
    if answer.kind != "county" or answer.confidence < SURE:
        query = case.query._replace(state=None)
        free = _first_answer(case._replace(query=query, context=Context(query.aor, case.found.states)))
        named = free.kind == "county" and free.confidence >= SURE and free.state != recorded
        inside = query.aor not in (None, "HQ") and named and in_area(case.gaz, str(free.fips), str(query.aor))
        if inside and (answer.kind != "county" or free.basis.startswith(_BY_FACILITY)):
            answer = free
    if answer.kind not in ("county", "state") or answer.state == recorded:
        return answer
    level = min(answer.confidence, case.gaz.confidence["other_state_recorded"])
    return answer._replace(confidence=level, basis=f"{answer.basis}; the state recorded is {recorded}")


def _states_of(gaz: Gazetteer, code: str | None) -> frozenset[str]:
    return frozenset(gaz.aors[code]["states"].split()) if code and code in gaz.aors else frozenset()


def _without_text(case: Case, why: str) -> Answer:
    """No usable text: the release's city column may still say where."""
    answer = column_city(case)
    return unresolved(case, why) if answer is None else answer


def _override(case: Case) -> Answer | None:
    key = "".join(case.body)
    entry = case.gaz.overrides.get((case.query.aor or "", key)) or case.gaz.overrides.get(("*", key))
    if entry is None:
        return None
    basis = f"hand decision: {entry['reason']}"
    confidence = float(entry.get("confidence", case.gaz.confidence["hand"]))
    kind = entry["kind"]
    if kind == "county":
        return county(case, entry["fips"], confidence, basis)
    if kind == "office_area":
        return office(case, entry.get("office"), entry.get("name"), confidence, basis)
    if kind == "state":
        return state(case, entry["state"], confidence, basis)
    return aor(case, confidence, basis) if kind == "aor" else unresolved(case, basis)


def _withdrawn(case: Case) -> Answer | None:
    """A landmark marked as not to be used says nothing of a place, whatever follows."""
    if case.body[:3] != ["DO", "NOT", "USE"]:
        return None
    return aor(case, 0.9, "a landmark marked as not to be used")


def _pick_site(case: Case) -> tuple[int, int, Site, float] | None:
    """Return the longest facility name whose county fits the area and the state named."""
    best: tuple[int, int, Site, float] | None = None
    code = case.query.aor
    for start, end, sites in case.found.sites:
        if best is not None and end - start <= best[1] - best[0]:
            continue
        after = case.words[end] if end < len(case.words) else ""
        before = case.words[start - 1] if start > 0 else ""
        if before in case.gaz.words["begins_name"]:  # SOUTH LOUISIANA PROCESSING is not LOUISIANA PROCESSING
            continue
        if any(
            c.start < end < c.end for c in case.found.bare_counties
        ):  # CAP - LEWIS AND CLARK is no CAP - LEWIS
            continue
        if end - start == 1 and after in ("SO", "SHERIFF") and case.words[start] in case.gaz.county_names:
            continue
        campus = not _CAMPUS.isdisjoint(case.words[start:end])
        if (
            _is_police(case.words[:start] + case.words[end:])
            and not campus
            and any(c.start < end and start < c.end for c in case.found.cities)
        ):
            continue
        fits = [s for s in sites if s.aor is None or code is None or code in (s.aor, "HQ")]
        inside, factor = fits, 1.0
        if code and code != "HQ":
            # a hand entry names its area: that area works the place, even if the map says otherwise
            inside = [s for s in fits if s.aor == code or in_area(case.gaz, s.fips, code)]
        if not inside:
            generic = "".join(w for w in case.words[start:end] if w != ",") in case.gaz.words["generic_site"]
            # MANSFIELD JAIL is not the one in Texas where a Mansfield lies in the area
            inner = (c for c in case.found.cities if c.start == start and c.end <= end)
            namesake = any(_weight_here(case, c) >= WELL_KNOWN for c in inner)
            no = generic or namesake or end - start < 2
            inside = [] if no else [s for s in sites if s.source == "hand"]
            factor = OUTSIDE_BY_HAND
        if case.context.states:
            inside = [s for s in inside if case.gaz.counties[s.fips].state in case.context.states]
        if len({s.fips for s in inside}) == 1:
            best = (start, end, inside[0], factor)
    return best


def _is_police(rest: list[str]) -> bool:
    """Say whether the words outside a facility's name speak of a police department, and so of a town."""
    return "POLICE" in rest or "PD" in rest


def _site_first(case: Case) -> Answer | None:
    """A facility whose name takes in the county's name, or that a person has decided on."""
    if not case.found.sites or case.has("docket") or case.has("general_area") or case.has("office"):
        return None
    picked = _pick_site(case)
    if picked is None:
        return None
    start, end, site, factor = picked
    if factor < 1.0 or (site.source != "hand" and case.found.counties):
        return None
    covers = all(start <= c.start and c.end <= end for c in case.found.counties)
    if covers and (site.source == "hand" or end - start == len(case.words)):
        return _from_site(case, site, factor, case.words[start:end])
    return None


def _site_rule(case: Case) -> Answer | None:
    if not case.found.sites:
        return None
    picked = _pick_site(case)
    if picked is None:
        return None
    start, end, site, factor = picked
    # a listed name must be most of the text: 'Department of Corrections' is also the name of a place in Guam
    first, last = core(case)
    of = sum(w != "," for w in case.words[min(first, start) : max(last, end)])
    whole = 3 * sum(w != "," for w in case.words[start:end]) >= 2 * of
    return _from_site(case, site, factor, case.words[start:end]) if site.source == "hand" or whole else None


def _from_site(case: Case, site: Site, factor: float, span: list[str]) -> Answer:
    level = site.confidence * factor
    names = case.gaz.county_names.get(span[0], ()) if len(span) == 1 else ()
    if any(n.fips != site.fips and in_area(case.gaz, n.fips, site.aor or "") for n in names):
        level = min(
            level, case.gaz.confidence["namesake_at_most"]
        )  # a county of that name lies in the area too
    return county(case, site.fips, level, f"facility '{site.label}' ({site.source})")


def _county_rule(case: Case) -> Answer | None:
    """A county named with the word county, parish, borough or municipio."""
    if not case.found.counties:
        return None
    picks = [(hit, choose(case.gaz, hit.names, _county_context(case, hit))) for hit in case.found.counties]
    hit, pick = max(picks, key=lambda p: (p[1].fips is not None, p[1].factor, len(p[0].key)))
    longer = _town_of_county(case, hit, pick) or _longer_misspelt(case, hit)
    if longer is not None:
        return longer
    if pick.candidates:
        helped = _by_city(case, hit)
        if helped is not None:
            return helped
    if pick.how.startswith("outside") and (nearer := _misspelt_here(case, hit)) is not None:
        return nearer
    if pick.fips is None:
        return _listed_jail(case, hit) or _county_elsewhere(case, hit, pick)
    basis = f"county named: '{case.phrase(hit)}'; {pick.how}"
    several = sorted({p.fips for h, p in picks if p.fips and h.key not in case.gaz.state_names})
    if len(several) > 1:
        names = ", ".join(case.gaz.counties[fips].place_name for fips in several)
        return unresolved(case, f"the text names several counties: {names}")
    # a line divides two counties: NORTH TO UVALDE COUNTY LINE
    line = case.words[hit.end : hit.end + 1] in (["LINE"], ["LINES"])
    return picked(case, pick, case.gaz.confidence["county_line" if line else "county_named"], basis)


def _town_of_county(case: Case, hit: Hit, pick: Pick) -> Answer | None:
    """A town whose name ends in a county's: BONNERS FERRY CO. JAIL is not Ferry County's.

    The words before the county's name would else mean nothing. Where they have a meaning of their own (WEST
    ORANGE COUNTY) and the county lies in the area too, the text is left open.
    """
    town = _longest_town(case, hit.end - 1)
    if town is None or town.start >= hit.start:
        return None
    before = [c for c in case.found.cities if (c.start, c.end) == (town.start, hit.start)]
    if any(n.fips == pick.fips for c in before for n in c.names):
        return None  # LAKEPORT LAKE COUNTY: a town and its own county
    chosen = choose(case.gaz, town.names, case.context)
    known = pick.fips is not None and not pick.how.startswith("outside")
    outside = chosen.how.startswith("outside")
    if chosen.fips in (None, pick.fips) or (outside and (known or pick.fips is None)):
        return None
    first = case.words[town.start]
    if known and (first in _COMPASS or len(first) == 1):
        labels = sorted(case.gaz.counties[str(f)].place_name for f in (chosen.fips, pick.fips))
        return unresolved(case, f"'{case.phrase(town)} County' fits a town and a county: {', '.join(labels)}")
    return _by_town(case, town, chosen)


def _longest_town(case: Case, end: int) -> Hit | None:
    """Return the longest name of a city that ends at a word for counties."""
    if end >= len(case.words) or case.words[end] not in ("COUNTY", "PARISH"):
        return None
    return min((t for t in case.found.cities if t.end == end), key=lambda t: t.start, default=None)


def _weight_here(case: Case, hit: Hit) -> float:
    return max((n.weight for n in hit.names if is_here(case, n.fips)), default=0.0)


def _by_town(case: Case, town: Hit, pick: Pick) -> Answer:
    level = case.gaz.confidence["county_by_town"] * pick.factor
    basis = f"county named by a town in it: '{case.phrase(town)}'; {pick.how}"
    return county(case, str(pick.fips), level, basis)


def _named_by_town(case: Case, least: float = WEAK_LEAST) -> Answer | None:
    """A county called by its town's name, where no county has that name: GRAND JUNCTION CO JAIL."""
    for at in (i for i, word in enumerate(case.words) if i > 0 and word in ("COUNTY", "PARISH")):
        town = _longest_town(case, at)
        if town is None or town.key in case.gaz.county_names or town.key in case.gaz.words["never_city"]:
            continue
        if town.start > 0 and case.words[town.start - 1] not in case.gaz.words["frame_before"] | {","}:
            continue
        pick = choose(case.gaz, town.names, case.context)
        weight = max((n.weight for n in town.names if n.fips == pick.fips), default=0.0)
        if pick.fips is not None and not pick.how.startswith("outside") and weight >= least:
            return _by_town(case, town, pick)
    return None


def _longer_misspelt(case: Case, hit: Hit) -> Answer | None:
    """A longer county's name whose first word is misspelt: GLDEN VALLEY COUNTY is not Valley County."""
    before = case.words[hit.start - 1] if hit.start > 0 else ","
    if (
        before == ","
        or before in case.gaz.known_words
        or len(before) < 3
        or case.words[hit.end - 1] not in COUNTY_WORDS
    ):
        return None
    word = case.words[hit.end - 1]
    span = case.words[hit.start - 1 : hit.end - 1]
    near = near_county(span, _of_type_context(case, word), word, whole=True)
    if near is None:
        return None
    return county(case, near[0], case.gaz.confidence["county_fuzzy"], f"county named, misspelt: '{near[1]}'")


def _misspelt_here(case: Case, hit: Hit) -> Answer | None:
    """A larger county of the area that a small one elsewhere is spelt like: STANLEY COUNTY for Stanly, NC."""
    span = case.words[hit.start : hit.end - 1]
    near = near_county(span, case.context, case.words[hit.end - 1], whole=True)
    if near is None or case.context.states:
        return None
    found, counties = case.gaz.counties[near[0]], case.gaz.counties
    if found.weight <= max(counties[n.fips].weight for n in hit.names) or found.base[0].upper() != span[0][0]:
        return None
    basis = f"county named, misspelt: '{near[1]}'; none of that spelling in the area"
    return county(case, near[0], case.gaz.confidence["namesake_at_most"], basis)


def _sheriff(case: Case) -> Answer | None:
    """A bare name before SHERIFF or SO is a county's: a sheriff is elected by one."""
    for hit in sorted(case.found.bare_counties, key=lambda h: -len(h.key)):
        after = case.words[hit.end : hit.end + 1]
        if after not in (["SHERIFF"], ["SO"]) or (hit.start > 0 and case.words[hit.start - 1] == "OF"):
            continue
        if case.is_state(hit):
            continue
        pick = choose(case.gaz, hit.names, case.styled("county", hit))
        here = [n for n in hit.names if case.query.aor and in_area(case.gaz, n.fips, case.query.aor)]
        longer = any(c.start < hit.start and c.end >= hit.end for c in case.found.cities)
        if longer or pick.how.startswith("outside") or pick.how == "not in the state named":
            continue
        if pick.fips is None and case.query.aor and not here:
            continue
        if pick.fips is None:
            return abstain(case, f"sheriff of '{case.phrase(hit)}'", pick)
        basis = f"sheriff of '{case.phrase(hit)}'; {pick.how}"
        return picked(case, pick, case.gaz.confidence["county_bare"], basis)
    return None


def _county_context(case: Case, hit: Hit) -> Context:
    """Return the context of a county's name: its type word decides the state before any state named."""
    word = next((w for w in case.words[hit.start : hit.end] if w in STATE_OF_TYPE), "COUNTY")
    return case.styled("county", hit) if word == "COUNTY" else _of_type_context(case, word)


def _of_type_context(case: Case, word: str) -> Context:
    """Return the context with the state in which alone a type word is used; the release's column binds."""
    where = STATE_OF_TYPE.get(word)
    if where is None or case.query.state in case.gaz.states:
        return case.context
    return case.context._replace(states=frozenset({where}))


def _listed_jail(case: Case, hit: Hit) -> Answer | None:
    """Of several namesakes, the one whose jail of just this name is on the facility list."""
    picked = _pick_site(case)
    if picked is None or picked[3] < 1.0 or picked[2].fips not in {n.fips for n in hit.names}:
        return None
    if picked[0] > hit.start or picked[1] < hit.end:
        return None
    how = f"of several, the one with '{picked[2].label}' on the facility list"
    basis = f"county named: '{case.phrase(hit)}'; {how}"
    return county(case, picked[2].fips, case.gaz.confidence["county_listed"], basis)


def _county_elsewhere(case: Case, hit: Hit, pick: Pick) -> Answer:
    """No county of that name in the state named: misspelt, or the state is wrong; else several namesakes."""
    if pick.how == "not in the state named":
        # LA's parishes are called counties too
        called = choose(case.gaz, case.gaz.county_names.get(hit.key, []), case.context)
        if called.fips is not None and not called.candidates:
            basis = f"county named: '{case.phrase(hit)}'; {called.how}"
            return county(case, called.fips, case.gaz.confidence["county_named"] * called.factor, basis)
        span, word = case.words[hit.start : hit.end - 1], case.words[hit.end - 1]
        near = near_county(span, case.context, word, whole=True)
        other = choose(case.gaz, hit.names, Context(case.context.aor, frozenset()))
        # a county of the area of just that name is likelier than a misspelt one of a state outside it
        fits = [f for f in (other.fips, near[0] if near else None) if f and _in_own_area(case, f)]
        if near is not None and fits != [other.fips]:
            basis = f"county named, misspelt: '{case.phrase(hit)}'; state named"
            close = one_letter_off(hit.key, squash(case.gaz.counties[near[0]].base))
            namesake = any(_in_own_area(case, n.fips) for n in hit.names) and not close
            level = case.gaz.confidence["namesake_at_most" if namesake else "county_fuzzy"]
            return county(case, near[0], level, basis)
        if other.fips is not None and not other.candidates:
            basis = f"county named: '{case.phrase(hit)}'; not in the state named, but {other.how}"
            level = case.gaz.confidence["other_state_recorded"] * other.factor
            return county(case, other.fips, level, basis)
    return abstain(case, f"county named: '{case.phrase(hit)}'", pick)


def _in_own_area(case: Case, fips: str) -> bool:
    """Say whether a county lies in the area of responsibility of the record, where one is known."""
    return case.query.aor not in (None, "HQ") and in_area(case.gaz, fips, str(case.query.aor))


def _by_city(case: Case, hit: Hit) -> Answer | None:
    """Tell namesake counties apart by a city beside the name, in the text or in the release's column."""
    wanted = {n.fips for n in hit.names}
    beside = [h for h in case.found.cities if h.start >= hit.end or h.end <= hit.start]
    beside = [h for h in beside if h.key not in case.gaz.words["never_city"] and len(h.key) > 3]
    cities = [n for h in beside for n in h.names if n.fips in wanted]
    if case.query.city:
        key = "".join(w for w in tokens(case.query.city) if w != ",")
        cities += [n for n in case.gaz.cities.get(key, []) if n.fips in wanted]
    if case.context.aor and case.context.aor != "HQ":
        cities = [n for n in cities if in_area(case.gaz, n.fips, case.context.aor)]
    if len({n.fips for n in cities}) != 1:
        return None
    basis = f"county named: '{case.phrase(hit)}'; told from its namesakes by a city beside it"
    return county(case, cities[0].fips, case.gaz.confidence["county_by_city"], basis)


def _bare_county(case: Case) -> Answer | None:
    """A county's name without the word county, before a word such as jail, or in a programme's name."""
    programme = case.has("programme")
    for hit in sorted(case.found.bare_counties, key=lambda h: -len(h.key)):
        span = case.words[hit.start : hit.end]
        if len(span) == 1 and span[0] in case.gaz.words["never_city"]:
            continue
        if case.is_state(hit):
            continue
        after = case.words[hit.end] if hit.end < len(case.words) else ""
        if (after == "STATE" and hit.key in case.gaz.state_names) or after in ("CITY", "DIV"):
            continue
        whole = len(case.body) == hit.end - hit.start
        if after in case.gaz.words["facility"] or whole or programme:
            pick = choose(case.gaz, hit.names, case.styled("county", hit))
            if pick.fips and not pick.how.startswith("outside"):
                basis = f"county's name without the word county: '{case.phrase(hit)}'; {pick.how}"
                level = case.gaz.confidence["county_bare" if not programme else "county_programme"]
                level *= part_of_longer(case, hit)
                towns = [n for c in case.found.cities if c.key == hit.key for n in c.names if programme]
                if any(
                    n.fips != pick.fips and n.weight >= KNOWN_SIZE and is_here(case, n.fips) for n in towns
                ):
                    level = min(level, case.gaz.confidence["namesake_at_most"])
                return picked(case, pick, level, basis)
    return None


def _county_misspelt(case: Case) -> Answer | None:
    """A misspelt name before the word county, within the area of responsibility or the state named."""
    if case.query.aor is None and not case.context.states:
        return None
    words = case.words
    for i, word in enumerate(words):
        if word in COUNTY_WORDS and i > 0:
            near = near_county(words[max(0, i - 3) : i], _of_type_context(case, word), word)
            if near is not None:
                # SOUTH BEND CO JAIL is not a misspelt Bond County's; PLAQUEMINE PARISH is Plaquemines'
                end_left_out = _letter_at_end(near[1], case.gaz.counties[near[0]].base)
                if not end_left_out and (large := _named_by_town(case, WELL_KNOWN)) is not None:
                    return large
                basis = f"county named, misspelt: '{near[1]}'"
                level = case.gaz.confidence["county_fuzzy"]
                town = _longest_town(case, i)
                if town is not None and _weight_here(case, town) >= WEAK_LEAST:
                    level = min(level, case.gaz.confidence["namesake_at_most"])
                return county(case, near[0], level, basis)
    return None


def _letter_at_end(phrase: str, name: str) -> bool:
    """Say whether a name is written with one letter too few or too many at its end."""
    short, long = sorted((squash(phrase), squash(name)), key=len)
    return len(long) - len(short) == 1 and long.startswith(short)


def _fuzzy(case: Case) -> Answer | None:
    """A misspelt facility, or a misspelt city before a word such as police or jail."""
    if case.query.aor is None and not case.context.states:
        return None
    words = case.words
    start, end = core(case)
    key = "".join(word for word in words[start:end] if word != ",")
    # a county's misspelt name is looked for among counties, not among the jails on a list
    untyped = COUNTY_WORDS.isdisjoint(words[start:end])
    site = near_site(key, case.query.aor, case.context.states) if untyped else None
    if site is not None:
        return county(case, site[0], case.gaz.confidence["site_fuzzy"], f"facility '{site[1]}', misspelt")
    for at, word in enumerate(words):
        if word in _PRISON and not case.has("no_prison") and not case.has("docket"):
            near = near_prison(words[max(0, at - 3) : at], case.context)
            if near is not None:
                basis = f"prison named, misspelt: '{near[1]}'"
                return county(case, near[0], case.gaz.confidence["site_fuzzy"], basis)
    ends = [
        i for i, w in enumerate(words) if i > 0 and (w in case.gaz.words["city_follows"] or w in TOWN_WORDS)
    ]
    ends += [
        start - 1 if words[start - 1] == "," else start for start, _ in case.found.state_spans if start > 0
    ]
    for end in ends:
        near = near_city(case.gaz, words[max(0, end - 3) : end], case.context)
        if near is None or _known_city(case.gaz, near[1]):
            continue
        # BONNERS FERRY PD is of a town elsewhere, and no misspelt Perry's
        whole = max((c.end - c.start for c in case.found.cities if c.end == end), default=0)
        if whole <= len(near[1].split()):
            basis = f"city named, misspelt: '{near[1]}'"
            return county(case, near[0], case.gaz.confidence["city_fuzzy"], basis)
    return None


def _street_alone(case: Case) -> Answer | None:
    """A street without its town: ORANGE GROVE AVE lies in no town called Orange, FRESNO ST not in Fresno."""
    is_street = case.body[-1] in case.gaz.words["street_ends"] and 2 <= len(case.body) <= _LONGEST_STREET
    if not is_street or "," in case.words or case.found.states or case.has("facility"):
        return None
    return _without_text(case, "names a street and no town")


def _several_counties(case: Case) -> Answer | None:
    """A nation's land or a planning region spreads over counties: NAVAJO NATION is not Navajo County."""
    if not case.has("several_counties"):
        return None
    why = "names an area of several counties"
    return state(case, min(case.found.states), 0.9, why) if case.found.states else aor(case, 0.9, why)


def _known_city(gaz: Gazetteer, phrase: str) -> bool:
    """Say whether the words are the right spelling of a city elsewhere, and so no misspelling of one here."""
    return any(n.weight >= WEAK_LEAST for n in gaz.cities.get(squash(phrase), []))


def _state_rule(case: Case) -> Answer | None:
    if len(case.found.states) != 1:
        return None
    code = next(iter(case.found.states))
    if code in _ONE_COUNTY:
        basis = f"names {case.gaz.states[code]}, which is one county equivalent"
        return county(case, _ONE_COUNTY[code], case.gaz.confidence["county_named"], basis)
    return state(case, code, 0.95, f"names no place within {case.gaz.states[code]}")


def _nowhere(case: Case) -> Answer | None:
    return aor(case, 0.9, "the text names no place") if case.has("no_place") else None


RULES: tuple[Callable[[Case], Answer | None], ...] = (
    _override,
    _withdrawn,
    generic_rule,
    shared_rule,
    _site_first,
    _county_rule,
    _county_misspelt,
    prison_rule,
    _several_counties,
    office_rule,
    _street_alone,
    name_alone,
    _site_rule,
    _sheriff,
    township_police,
    police_alone,
    jail_alone,
    township_rule,
    city_rule,
    _bare_county,
    _named_by_town,
    _fuzzy,
    name_misspelt,
    county_first,
    city_outside,
    team_rule,
    _state_rule,
    _nowhere,
)
"""In this order; the first that answers decides."""
