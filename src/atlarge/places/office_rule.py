"""Office areas, offices, dockets and teams: a text that names one of these never gets a county."""

from __future__ import annotations

from atlarge.places.case import Answer, Case, aor, county, office, state
from atlarge.places.choose import Context, choose

_GENERAL = frozenset({"GENERAL", "GEN"})
_AGENCY = frozenset({"ERO", "ICE", "DRO", "USICE"})
_RANK = {"field office": 0, "office": 1}


def office_rule(case: Case) -> Answer | None:
    """Answer with an office area if the text is about an office and not about a place of arrest."""
    general = case.has("general_area")
    if general and not case.has("non_specific"):
        city = _city_in_state(case)
        if city is not None:
            return city
    bare = _bare_code(case)
    if bare is not None:
        return office(case, bare, None, case.gaz.confidence["office"], f"office-area code: {bare}")
    ends = not _AGENCY.isdisjoint((case.body[0], case.body[-1])) or case.body[-1] == "CAP"
    # MOBILE AL ERO AT LARGE ARREST: an arrest by the office there
    arrest = not _AGENCY.isdisjoint(case.body) and case.has("at_large")
    agency = (ends or arrest) and not case.has("facility")
    sure = general or agency or case.has("office") or case.has("docket")
    if not sure and (not case.has("team") or case.has("lockup")):
        return None
    return _office(case, general)


def team_rule(case: Case) -> Answer | None:
    """A team's text that speaks of a jail, but of none that is known."""
    return _office(case, general=False) if case.has("team") else None


def _office(case: Case, general: bool) -> Answer:
    town = _town_of_arrest(case)
    if town is not None:
        return town
    code, sure = _code(case)
    if code is not None:
        known = code in case.gaz.offices
        basis = f"office-area code: {code}" if code in case.words else f"an office, docket or team of {code}"
        basis += "" if known else "; what the code stands for is not known"
        return office(case, code, None, case.gaz.confidence["office"] * (1.0 if sure else 0.9), basis)
    named = [hit for hit in case.found.cities if hit.end - hit.start > 1 or len(hit.key) > 4]
    never = case.gaz.words["never_city"]
    named = [hit for hit in named if hit.key not in never and not case.is_state(hit)]
    if (general or case.has("office")) and named:
        hit = max(named, key=lambda h: (len(h.key), -h.start))
        return office(
            case, None, case.phrase(hit), 0.9, f"office area '{case.phrase(hit)}'; its code is not known"
        )
    if case.found.states:
        return state(case, min(case.found.states), 0.9, "names an office or team of a state")
    if general or case.has("office") or (case.has("docket") and (case.found.sites or case.found.prisons)):
        return office(case, None, None, 0.9, "an office area, but not which")
    return aor(case, 0.9, "names an office, docket or team, but no place")


def _town_of_arrest(case: Case) -> Answer | None:
    """A team's arrest in a town that is no office's: FUG OPS - PAMPA, TX; likely, never sure."""
    if case.has("office") or case.has("docket") or case.has("general_area"):
        return None
    offices = case.gaz.offices
    for hit in sorted(case.found.cities, key=lambda h: (h.start, -h.end)):
        ends = any(0 <= start - hit.end <= 1 for start, _ in case.found.state_spans)
        seat = {offices[code]["state"] for code in case.gaz.office_cities.get(hit.key, ())}
        if not ends or seat & case.found.states or case.words[hit.start] in case.gaz.words["frame_before"]:
            continue
        pick = choose(case.gaz, hit.names, case.context)
        if pick.fips is not None:
            level = case.gaz.confidence["name_small"] * pick.factor
            return county(
                case, pick.fips, level, f"a team's arrest in a town: '{case.phrase(hit)}'; {pick.how}"
            )
    return None


def _bare_code(case: Case) -> str | None:
    """Return the code if the text is nothing but an office code, or a code joined to GEN ('NORGEN')."""
    body = case.body
    if len(body) == 1:
        word = body[0]
        if word in case.gaz.offices or word in case.gaz.aors:
            return word
        if len(word) == 6 and word.endswith("GEN") and word[:3] in case.gaz.offices:
            return word[:3]
    if (
        len(body) == 2
        and body[0] in case.gaz.offices
        and body[1] in ("CAP", "VCAS", "ERO", "FOT", "AOR", "OFFICE")
    ):
        return body[0]
    return None


def _code(case: Case) -> tuple[str | None, bool]:
    """Return the office's code and whether it is sure: by the code itself, or by the city it is named for."""
    gaz, body = case.gaz, case.body
    at = next((i for i, w in enumerate(body) if w in _GENERAL), None)
    if at is not None:
        before = [w for w in body[:at] if len(w) == 3 and w.isalnum() and w not in gaz.words["not_office"]]
        if before:
            return before[-1], True
    in_state = {w for start, end in case.found.state_spans for w in case.words[start:end]}
    for word in body:
        if word in in_state:  # NEW JERSEY is no Newark
            continue
        fits = word in gaz.offices and (case.query.aor is None or gaz.offices[word]["aor"] == case.query.aor)
        if fits and word not in gaz.words["not_code"]:
            return word, True
    return _by_city(case)


def _by_city(case: Case) -> tuple[str | None, bool]:
    gaz, body = case.gaz, case.body
    found: list[tuple[int, list[str]]] = []
    for i in range(len(body)):
        key = ""
        for j in range(i, min(len(body), i + 5)):
            key += body[j]
            if len(key) > 3 and key in gaz.office_cities:
                found.append((len(key), gaz.office_cities[key]))
    found.sort(key=lambda f: -f[0])
    for _, codes in found:
        fit = [c for c in codes if case.query.aor is None or gaz.offices[c]["aor"] == case.query.aor]
        if fit:
            return min(fit, key=lambda c: (_RANK.get(gaz.offices[c]["kind"], 2), c)), True
    for _, codes in found:
        if len(codes) == 1:
            return codes[0], False
    return None, False


def _city_in_state(case: Case) -> Answer | None:
    """A city with its state before GENERAL AREA ('EASTON, MD GENERAL AREA') is a city, not an office."""
    at = next((i for i, w in enumerate(case.words) if w in _GENERAL), len(case.words))
    if at < 2 or case.words[at - 1] not in case.gaz.states:
        return None
    hits = [h for h in case.found.cities if h.end in (at - 1, at - 2) and h.start <= 1]
    if not hits:
        return None
    hit = max(hits, key=lambda h: len(h.key))
    pick = choose(case.gaz, hit.names, Context(case.query.aor, frozenset({case.words[at - 1]})))
    if pick.fips is None:
        return None
    basis = f"city named with its state: '{case.phrase(hit)}'; {pick.how}"
    return county(case, pick.fips, case.gaz.confidence["city_area"] * pick.factor, basis)
