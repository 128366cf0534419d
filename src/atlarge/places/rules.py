"""The rules, in their order: one text in, one place out, with the words and the rule that decided."""

from __future__ import annotations

from typing import NamedTuple

from atlarge.places.choose import Context, Pick, choose, in_area
from atlarge.places.fuzzy import near_city, near_county
from atlarge.places.gazetteer import Gazetteer, Named, Site
from atlarge.places.scan import COUNTY_WORDS, Found, Hit, scan
from atlarge.places.text import fault, tokens


class Answer(NamedTuple):
    """A place for a text. `fips`, `office`, `aor` and `state` are None where the text does not say."""

    kind: str
    fips: str | None
    office: str | None
    aor: str | None
    state: str | None
    confidence: float
    basis: str
    name: str | None


class Query(NamedTuple):
    """A text with what is known beside it."""

    text: str | None
    aor: str | None
    state: str | None = None
    city: str | None = None
    code: str | None = None


def resolve_one(gaz: Gazetteer, query: Query) -> Answer:
    """Return the place of one text; never raises for bad text, but says in `basis` what is wrong with it."""
    if query.code and query.code in gaz.site_codes:
        fips = gaz.site_codes[query.code]
        return _county(gaz, query, fips, gaz.confidence["facility_code"], f"facility code {query.code}")
    wrong = fault(query.text)
    if wrong is not None:
        return _beside(gaz, query, wrong)
    words = tokens(str(query.text), query.aor)
    if not words:
        return _beside(gaz, query, "no words in the text")
    decided = _override(gaz, query, words)
    if decided is not None:
        return decided
    area_states = (
        frozenset(gaz.aors[query.aor]["states"].split())
        if query.aor in gaz.aors and query.aor != "HQ"
        else frozenset()
    )
    found = scan(gaz, words, area_states)
    states = frozenset({query.state}) if query.state in gaz.states else found.states
    context = Context(query.aor, states)
    case = _Case(gaz, query, words, found, context)
    for rule in (
        _site_first,
        _county_rule,
        _office_rule,
        _site_rule,
        _city_rule,
        _bare_county,
        _fuzzy,
        _state_rule,
        _nowhere,
    ):
        answer = rule(case)
        if answer is not None:
            return answer
    return _beside(gaz, query, "no rule found a place in the text")


class _Case(NamedTuple):
    gaz: Gazetteer
    query: Query
    words: list[str]
    found: Found
    context: Context


def _override(gaz: Gazetteer, query: Query, words: list[str]) -> Answer | None:
    key = "".join(w for w in words if w != ",")
    entry = gaz.overrides.get((query.aor or "", key)) or gaz.overrides.get(("*", key))
    if entry is None:
        return None
    basis = f"hand decision: {entry['reason']}"
    confidence = float(entry.get("confidence", gaz.confidence["hand"]))
    kind = entry["kind"]
    if kind == "county":
        return _county(gaz, query, str(entry["fips"]), confidence, basis)
    if kind == "office_area":
        return _office(gaz, query, entry["office"], confidence, basis)
    if kind == "state":
        return _state(gaz, query, entry["state"], confidence, basis)
    if kind == "aor":
        return _aor(gaz, query, confidence, basis)
    return _unresolved(gaz, query, basis)


def _pick_site(case: _Case) -> tuple[int, int, Site, float] | None:
    """Return the longest facility name whose county fits the area and the state named."""
    best: tuple[int, int, Site, float] | None = None
    for start, end, sites in case.found.sites:
        fits = [s for s in sites if s.aor in (None, case.query.aor) or case.query.aor is None]
        inside = fits
        if case.query.aor and case.query.aor != "HQ":
            inside = [s for s in fits if in_area(case.gaz, s.fips, case.query.aor)]
        if case.context.states:
            stated = [s for s in inside or fits if case.gaz.counties[s.fips].state in case.context.states]
            inside = [s for s in stated if s in inside] or stated
        factor = 1.0
        if not inside and not case.context.states:
            inside, factor = [s for s in fits if s.source == "hand"], 0.92
        if len({s.fips for s in inside}) != 1:
            continue
        if best is None or end - start > best[1] - best[0]:
            best = (start, end, inside[0], factor)
    return best


def _site_first(case: _Case) -> Answer | None:
    """A facility whose name contains the county's name, or that a person has decided on."""
    if _has(case, "docket"):
        return None
    picked = _pick_site(case)
    if picked is None:
        return None
    start, end, site, factor = picked
    covers = all(start <= c.start and c.end <= end for c in case.found.counties)
    if (site.source == "hand" or end - start == len(case.words)) and covers:
        return _from_site(case, site, factor)
    return None


def _site_rule(case: _Case) -> Answer | None:
    picked = _pick_site(case)
    if picked is None or _has(case, "docket"):
        return None
    return _from_site(case, picked[2], picked[3])


def _from_site(case: _Case, site: Site, factor: float) -> Answer:
    confidence = site.confidence * factor
    return _county(case.gaz, case.query, site.fips, confidence, f"facility '{site.label}' ({site.source})")


def _county_rule(case: _Case) -> Answer | None:
    """A county named with the word county, parish, borough or municipio."""
    if not case.found.counties:
        return None
    picks = [(hit, choose(case.gaz, hit.names, case.context)) for hit in case.found.counties]
    fips = {p.fips for _, p in picks if p.fips}
    hit, pick = max(picks, key=lambda p: (p[1].fips is not None, p[1].factor, len(p[0].key)))
    said = " ".join(case.words[hit.start : hit.end]).title()
    if pick.fips is None:
        helped = _by_city(case, pick, hit)
        if helped is not None:
            return helped
        return _abstain(case, f"county named: '{said}'", pick)
    confidence = case.gaz.confidence["county_named"] * pick.factor * (0.6 if len(fips) > 1 else 1.0)
    basis = f"county named: '{said}'; {pick.how}"
    if len(fips) > 1:
        basis += "; the text names several counties"
    return _county(case.gaz, case.query, pick.fips, confidence, basis)


def _by_city(case: _Case, pick: Pick, hit: Hit) -> Answer | None:
    """Tell namesake counties apart by a city beside the name, in the text or in the release's column."""
    wanted = {n.fips for n in hit.names}
    beside = [h for h in case.found.cities if h.start >= hit.end or h.end <= hit.start]
    cities = [n for h in beside for n in h.names if n.fips in wanted]
    if case.query.city:
        key = "".join(w for w in tokens(case.query.city) if w != ",")
        cities += [n for n in case.gaz.cities.get(key, []) if n.fips in wanted]
    if case.context.aor:
        cities = [n for n in cities if in_area(case.gaz, n.fips, case.context.aor)] or cities
    if len({n.fips for n in cities}) != 1:
        return None
    said = " ".join(case.words[hit.start : hit.end]).title()
    basis = f"county named: '{said}'; told from its namesakes by a city beside it"
    return _county(case.gaz, case.query, cities[0].fips, case.gaz.confidence["county_by_city"], basis)


def _has(case: _Case, kind: str) -> bool:
    text = " ".join(w for w in case.words if w != ",")
    padded = f" {text} "
    return any(f" {phrase} " in padded for phrase in case.gaz.words[kind])


def _office_rule(case: _Case) -> Answer | None:
    """An office area, an office, a docket or a team: never a county."""
    general = _has(case, "general_area")
    if general:
        city = _city_in_state_before(case, "GENERAL")
        if city is not None:
            return city
    if not (
        general or _has(case, "office") or _has(case, "docket") or _has(case, "team") or _is_code_only(case)
    ):
        return None
    office = _office_of(case)
    if office is not None:
        why = "office-area code" if office in case.words else "names an ICE office, docket or team"
        return _office(case.gaz, case.query, office, case.gaz.confidence["office"], f"{why}: {office}")
    if case.found.states:
        return _state(case.gaz, case.query, min(case.found.states), 0.9, "names an office or team of a state")
    return _aor(case.gaz, case.query, 0.9, "names an office, docket or team, but no place")


def _is_code_only(case: _Case) -> bool:
    words = [w for w in case.words if w != ","]
    return len(words) == 1 and words[0] in case.gaz.offices


def _office_of(case: _Case) -> str | None:
    gaz, words = case.gaz, [w for w in case.words if w != ","]
    if "GENERAL" in words or "GEN" in words:
        at = words.index("GENERAL") if "GENERAL" in words else words.index("GEN")
        before = [
            w for w in words[:at] if len(w) == 3 and w.isalpha() and w not in ("CAP", "THE", "ICE", "ERO")
        ]
        if before:
            return before[-1]
    for word in words:
        if word in gaz.offices and word not in gaz.words["not_code"]:
            return word
    text = "".join(words)
    best = [(len(key), codes) for key, codes in gaz.office_cities.items() if len(key) > 3 and key in text]
    for _, codes in sorted(best, key=lambda b: -b[0]):
        fit = [c for c in codes if case.query.aor is None or gaz.offices[c]["aor"] == case.query.aor]
        if fit:
            order = {"field office": 0, "office": 1}
            return min(fit, key=lambda c: (order.get(gaz.offices[c]["kind"], 2), c))
    return None


def _city_in_state_before(case: _Case, word: str) -> Answer | None:
    at = case.words.index(word) if word in case.words else len(case.words)
    if at < 2 or case.words[at - 1] not in case.gaz.states:
        return None
    state = case.words[at - 1]
    hits = [h for h in case.found.cities if h.end in (at - 1, at - 2) and h.start <= 1]
    if not hits:
        return None
    hit = max(hits, key=lambda h: len(h.key))
    pick = choose(case.gaz, hit.names, Context(case.query.aor, frozenset({state})))
    if pick.fips is None:
        return None
    return _city_answer(case, hit, pick, case.gaz.confidence["city_area"])


def _usable(case: _Case, hit: Hit) -> bool:
    """A city's name counts if it is not an everyday word of these texts and no part of a longer name."""
    span = case.words[hit.start : hit.end]
    before_state = any(start - hit.end in (0, 1) for start, _ in case.found.state_spans)
    if len(span) == 1 and span[0] in case.gaz.words["never_city"] and not (before_state and hit.start > 0):
        return False
    if any(
        start <= hit.start and hit.end <= end and end - start > 0 for start, end in case.found.state_spans
    ):
        return False
    longer = (o for o in case.found.cities if o.end - o.start > hit.end - hit.start)
    return not any(o.start <= hit.start and hit.end <= o.end for o in longer)


def _role(case: _Case, hit: Hit) -> int:
    """Say how strongly the words around a name say that it is a city: 3 certain to 0 not at all."""
    words, n = case.words, len(case.words)
    body = [w for w in words if w != ","]
    after = words[hit.end] if hit.end < n else ""
    before = words[max(0, hit.start - 2) : hit.start]
    state_next = any(start - hit.end in (0, 1) for start, _ in case.found.state_spans)
    if before == ["CITY", "OF"] or before == ["TOWN", "OF"] or before == ["VILLAGE", "OF"]:
        return 3
    if state_next and (hit.start == 0 or words[hit.start - 1] in (",", "IN")):
        return 3
    if after in case.gaz.words["city_follows"] or hit.end - hit.start == len(body):
        return 3
    if state_next or (hit.end == n and hit.start > 0 and words[hit.start - 1] == ","):
        return 2
    if after in case.gaz.words["facility"]:
        return 1
    return 0


def _city_rule(case: _Case) -> Answer | None:
    hits = [h for h in case.found.cities if _usable(case, h)]
    if not hits:
        return _column_city(case)
    ranked = sorted(((_role(case, h), len(h.key), h) for h in hits), key=lambda r: (-r[0], -r[1], r[2].start))
    for role, _, hit in ranked:
        pick = choose(case.gaz, hit.names, case.context)
        if pick.fips is None:
            continue
        weight = max(n.weight for n in hit.names if n.fips == pick.fips)
        if role <= 1 and (weight < 1000 or not pick.how.startswith(("only one in the area", "state named"))):
            continue
        level = case.gaz.confidence[f"city_role_{role}"]
        bare = _agreeing_county(case, hit, pick)
        if bare is False and role <= 2 and not case.context.states:
            level *= 0.8
        elif bare:
            level = max(level, case.gaz.confidence["city_and_county"])
        return _city_answer(case, hit, pick, level)
    role, _, hit = ranked[0]
    if role >= 2:
        return _abstain(case, f"city named: '{_said(case, hit)}'", choose(case.gaz, hit.names, case.context))
    return _column_city(case)


def _column_city(case: _Case) -> Answer | None:
    """The release's own city column, where the text names no place."""
    if not case.query.city:
        return None
    key = "".join(w for w in tokens(case.query.city) if w != ",")
    names = case.gaz.cities.get(key, []) + case.gaz.city_counties.get(key, [])
    if not names:
        return None
    pick = choose(case.gaz, names, case.context)
    if pick.fips is None:
        return _abstain(case, f"city column: '{case.query.city}'", pick)
    basis = f"city column: '{case.query.city}'; {pick.how}"
    return _county(case.gaz, case.query, pick.fips, case.gaz.confidence["city_column"] * pick.factor, basis)


def _agreeing_county(case: _Case, hit: Hit, pick: Pick) -> bool | None:
    """Say whether a county of the same name is the same county (True), another (False), or there is none."""
    names = case.gaz.county_names.get(hit.key)
    if not names:
        return None
    other = choose(case.gaz, names, case.context)
    return None if other.fips is None else other.fips == pick.fips


def _said(case: _Case, hit: Hit) -> str:
    return " ".join(case.words[hit.start : hit.end]).title()


def _city_answer(case: _Case, hit: Hit, pick: Pick, level: float) -> Answer:
    basis = f"city named: '{_said(case, hit)}'; {pick.how}"
    return _county(case.gaz, case.query, str(pick.fips), level * pick.factor, basis)


def _bare_county(case: _Case) -> Answer | None:
    """A county's name without the word county, before a word such as jail."""
    for hit in sorted(case.found.bare_counties, key=lambda h: -len(h.key)):
        span = case.words[hit.start : hit.end]
        if len(span) == 1 and span[0] in case.gaz.words["never_city"]:
            continue
        if any(start <= hit.start and hit.end <= end for start, end in case.found.state_spans):
            continue
        body = [w for w in case.words if w != ","]
        after = case.words[hit.end] if hit.end < len(case.words) else ""
        if after in case.gaz.words["facility"] or len(body) == hit.end - hit.start:
            pick = choose(case.gaz, hit.names, case.context)
            if pick.fips:
                basis = f"county's name without the word county: '{_said(case, hit)}'; {pick.how}"
                level = case.gaz.confidence["county_bare"] * pick.factor
                return _county(case.gaz, case.query, pick.fips, level, basis)
    return None


def _fuzzy(case: _Case) -> Answer | None:
    """A misspelt county before the word county, or a misspelt city before the word police or jail."""
    if case.query.aor is None and not case.context.states:
        return None
    for i, word in enumerate(case.words):
        if word in COUNTY_WORDS and i > 0:
            near = near_county(case.gaz, case.words[max(0, i - 3) : i], case.context)
            if near is not None:
                fips, said, score = near
                basis = f"county named, misspelt: '{said}' ({score:.0f} of 100 alike)"
                return _county(
                    case.gaz, case.query, fips, case.gaz.confidence["county_fuzzy"] * score / 100, basis
                )
    for i, word in enumerate(case.words):
        if word in case.gaz.words["city_follows"] and i > 0:
            near = near_city(case.gaz, case.words[max(0, i - 3) : i], case.context)
            if near is not None:
                fips, said, score = near
                basis = f"city named, misspelt: '{said}' ({score:.0f} of 100 alike)"
                return _county(
                    case.gaz, case.query, fips, case.gaz.confidence["city_fuzzy"] * score / 100, basis
                )
    return None


def _state_rule(case: _Case) -> Answer | None:
    if len(case.found.states) == 1:
        state = next(iter(case.found.states))
        return _state(
            case.gaz, case.query, state, 0.95, f"names no place within the state of {case.gaz.states[state]}"
        )
    return None


def _nowhere(case: _Case) -> Answer | None:
    if _has(case, "no_place"):
        return _aor(case.gaz, case.query, 0.9, "the text names no place")
    return None


def _county(gaz: Gazetteer, query: Query, fips: str, confidence: float, basis: str) -> Answer:
    county = gaz.counties[fips]
    aor = query.aor or county.aor
    return Answer("county", fips, None, aor, county.state, min(confidence, 0.99), basis, county.place_name)


def _office(gaz: Gazetteer, query: Query, office: str, confidence: float, basis: str) -> Answer:
    about = gaz.offices.get(office)
    aor = query.aor or (about["aor"] if about else None)
    name = about["name"] if about and about["name"] else None
    if about is None:
        basis += "; what the code stands for is not known"
    return Answer("office_area", None, office, aor, _only_state(gaz, aor), confidence, basis, name or office)


def _state(gaz: Gazetteer, query: Query, state: str, confidence: float, basis: str) -> Answer:
    return Answer("state", None, None, query.aor, state, confidence, basis, gaz.states[state])


def _aor(gaz: Gazetteer, query: Query, confidence: float, basis: str) -> Answer:
    if query.aor is None:
        return _unresolved(gaz, query, basis)
    name = gaz.aors[query.aor]["name"]
    return Answer("aor", None, None, query.aor, _only_state(gaz, query.aor), confidence, basis, name)


def _only_state(gaz: Gazetteer, aor: str | None) -> str | None:
    states = gaz.aors[aor]["states"].split() if aor in gaz.aors and gaz.aors[aor]["states"] else []
    return states[0] if len(states) == 1 else None


def _beside(gaz: Gazetteer, query: Query, why: str) -> Answer:
    """No usable text: the release's city column may still say where."""
    if query.city and query.city.strip():
        empty = Found([], [], [], [], frozenset(), [])
        states = frozenset({query.state}) if query.state in gaz.states else frozenset()
        answer = _column_city(_Case(gaz, query, [], empty, Context(query.aor, states)))
        if answer is not None:
            return answer
    return _unresolved(gaz, query, why)


def _unresolved(gaz: Gazetteer, query: Query, basis: str) -> Answer:
    state = query.state if query.state in gaz.states else _only_state(gaz, query.aor)
    return Answer("unresolved", None, None, query.aor, state, 0.0, basis, None)


def _abstain(case: _Case, what: str, pick: Pick) -> Answer:
    names = ", ".join(pick.candidates) if pick.candidates else "none known"
    return _unresolved(case.gaz, case.query, f"{what}; {pick.how}: {names}")


__all__ = ["Answer", "Named", "Query", "resolve_one"]
