"""Cities: a name is only taken for a city where the words around it say so."""

from __future__ import annotations

from atlarge.places.case import Answer, Case, abstain, county
from atlarge.places.choose import DOMINANT, Pick, choose, in_area
from atlarge.places.fuzzy import near_city
from atlarge.places.scan import Hit
from atlarge.places.text import tokens

_OF = (["CITY", "OF"], ["TOWN", "OF"], ["VILLAGE", "OF"], ["TOWNSHIP", "OF"])
_CITY_SAID = frozenset({"CITY", "POLICE", "PD", "MUNICIPAL", "TOWN", "VILLAGE", "DISTRICT"})
COUNTY_BIGGER = 5.0
"""How many times bigger than its namesake city a county must be to be meant without the word county."""
TOWN_WORDS = frozenset({"TOWNSHIP", "TOWN", "VILLAGE", "BOROUGH", "BORO"})
_TYPE = TOWN_WORDS | {"CITY"}
WEAK_LEAST = 1000.0
"""A city without supporting words must have this weight."""
CLEARLY_LARGEST = 0.97
"""Share of the namesakes' weight from which a city is meant without much doubt."""
SPLIT = 20_000.0
"""A smaller city on a county line is no sure sign of the county that holds its middle."""
BIG_LEAST = 50_000.0
"""A city outside the area of responsibility, without a state named, must have this weight."""


def city_rule(case: Case) -> Answer | None:
    """Answer with the county of the best-supported city of the text, or of the release's city column."""
    failed: tuple[Hit, Pick] | None = None
    for role, _, hit, pick in _ranked(case):
        if pick.fips is None:
            here = _is_here(case, hit)
            if role >= 2 and failed is None and here and pick.how != "not in the state named":
                failed = (hit, pick)
        elif pick.how.startswith("outside") or _county_instead(case, hit, pick):
            continue
        elif (longer := _longer_misspelt(case, hit)) is not None:
            return longer
        elif _believed(role, hit, pick):
            return _beside_column(case, role, _answer(case, hit, pick, _level(case, role, hit, pick)))
    beside = column_city(case)
    if beside is not None or failed is None:
        return beside
    return abstain(case, f"city named: '{case.phrase(failed[0])}'", failed[1])


def city_outside(case: Case) -> Answer | None:
    """A city outside the area of responsibility: only if no other place has the name, or it is a big one."""
    for role, _, hit, pick in _ranked(case):
        weight = max((n.weight for n in hit.names if n.fips == pick.fips), default=0.0)
        if pick.fips and role >= 2 and (not pick.candidates or weight >= BIG_LEAST):
            return _answer(case, hit, pick, _level(case, role, hit, pick))
    return None


def _ranked(case: Case) -> list[tuple[int, int, Hit, Pick]]:
    hits = [
        (h, choose(case.gaz, h.names, case.styled("city", h))) for h in case.found.cities if _usable(case, h)
    ]
    # a longer name hides the shorter one inside it; not so 'GARLAND CITY', which is no place in Texas
    hiding = [h for h, _ in hits if case.words[h.end - 1] not in _TYPE or _is_here(case, h)]
    hits = [
        (h, pick) for h, pick in hits if not any(_inside(h, o) or _takes_city(case, o, h) for o in hiding)
    ]
    return sorted(
        ((_role(case, h), len(h.key), h, pick) for h, pick in hits), key=lambda r: (-r[0], -r[1], r[2].start)
    )


def _beside_column(case: Case, role: int, answer: Answer) -> Answer:
    """Weigh a city of the text against the release's city column: agreement adds, a weak name gives way."""
    column = column_city(case)
    if column is None or column.fips is None:
        return answer
    if column.fips == answer.fips:
        level = max(answer.confidence, case.gaz.confidence["city_and_column"])
        return answer._replace(confidence=level, basis=f"{answer.basis}; the city column agrees")
    if role == 3:
        return answer._replace(confidence=answer.confidence * 0.85)
    return column._replace(confidence=column.confidence * 0.9)


def _is_here(case: Case, hit: Hit) -> bool:
    code = case.context.aor
    return any(
        case.gaz.counties[n.fips].state in case.context.states
        or code is None
        or in_area(case.gaz, n.fips, code)
        for n in hit.names
    )


def _inside(hit: Hit, other: Hit) -> bool:
    longer = other.end - other.start > hit.end - hit.start
    return longer and other.start <= hit.start and hit.end <= other.end


def _takes_city(case: Case, first: Hit, hit: Hit) -> bool:
    """Say whether a name before makes CITY a type word: OAK FOREST CITY JAIL is not Forest City's."""
    overlaps = first.start < hit.start < first.end == hit.end - 1
    return overlaps and case.words[hit.end - 1] == "CITY" and _is_here(case, first)


def column_city(case: Case) -> Answer | None:
    """The release's own city column, where the text names no place."""
    if not case.query.city:
        return None
    key = "".join(w for w in tokens(case.query.city) if w != ",")
    names = case.gaz.cities.get(key, []) + case.gaz.city_counties.get(key, [])
    if not names:
        return None
    pick = choose(case.gaz, names, case.context)
    if pick.fips is None:
        return abstain(case, f"city column: '{case.query.city}'", pick)
    basis = f"city column: '{case.query.city}'; {pick.how}"
    return county(case, pick.fips, case.gaz.confidence["city_column"] * pick.factor, basis)


def _usable(case: Case, hit: Hit) -> bool:
    """A city's name counts if it is not an everyday word of these texts and no part of a longer name."""
    span = case.words[hit.start : hit.end]
    after = case.words[hit.end] if hit.end < len(case.words) else ""
    if len(span) == 1 and span[0] in case.gaz.words["never_city"]:
        whole = hit.start == 0 and any(
            _next_to(case.words, hit.end, start) for start, _ in case.found.state_spans
        )
        if not (whole and case.words[1:2] == [","]) and after not in ("PD", "POLICE", "TOWNSHIP"):
            return False
    if len(span) == 2 and span[0] in case.gaz.states and span[1] == "STATE":
        return False  # MS STATE is Mississippi, not its university's town
    if len(span) == 1 and len(hit.key) <= 3 and after not in ("PD", "POLICE", "CITY"):
        # a word of three letters is a city only where the whole text is the city and its state
        return hit.start == 0 and len(case.body) == 2 and len(case.found.state_spans) == 1
    if after in ("DIV", "DIVISION") or after in case.gaz.words["street"]:
        return False
    # WEST BATON ROUGE is a parish; the BATON ROUGE inside it is no city
    if any(
        b.start <= hit.start and hit.end <= b.end and b.end - b.start > len(span)
        for b in case.found.bare_counties
    ):
        return False
    if after in ("POLICE", "PD", "TOWNSHIP") and hit.start > 0:
        # EAST DONEGAL is a township: the DONEGAL inside it is no city
        longer = "".join([case.words[hit.start - 1], *span])
        if longer in case.gaz.townships and longer not in case.gaz.cities:
            return False
    return not case.is_state(hit)


def _next_to(words: list[str], end: int, start: int) -> bool:
    """Say whether a state that begins at `start` follows a name that ends at `end`, but for a comma."""
    return start == end or (start == end + 1 and words[end] == ",")


def _role(case: Case, hit: Hit) -> int:
    """Say how strongly the words around a name say that it is a city: 3 certain to 0 not at all."""
    words, n = case.words, len(case.words)
    end = hit.end + (1 if words[hit.end : hit.end + 1] and words[hit.end] in TOWN_WORDS else 0)
    after = words[end] if end < n else ""
    if after == "," and end + 2 < n and words[end + 1] in case.gaz.states:
        after = words[end + 2]
    state_next = any(_next_to(words, end, start) for start, _ in case.found.state_spans)
    if words[max(0, hit.start - 2) : hit.start] in _OF:
        return 3
    if state_next and (hit.start == 0 or words[hit.start - 1] in (",", "IN")):
        return 3
    if after in case.gaz.words["city_follows"] or end > hit.end or hit.end - hit.start == len(case.body):
        return 3
    if after == "DISTRICT" and "COURT" in words[end : end + 2]:
        return 3
    if state_next or (hit.end == n and hit.start > 0 and words[hit.start - 1] in (",", "IN")):
        return 2
    return 1 if after in case.gaz.words["facility"] else 0


def _believed(role: int, hit: Hit, pick: Pick) -> bool:
    if role >= 2:
        return True
    weight = max(n.weight for n in hit.names if n.fips == pick.fips)
    sure = pick.how.startswith(("only one in the area", "state named"))
    return (sure or (role == 1 and "style" in pick.how)) and weight >= WEAK_LEAST


def _level(case: Case, role: int, hit: Hit, pick: Pick) -> float:
    level = case.gaz.confidence[f"city_role_{role}"] * _partial(case, hit, str(pick.fips))
    if role < 2 and case.has("programme"):
        level = max(level, case.gaz.confidence["city_programme"])
    if role >= 2 and pick.how.startswith("only one in the area"):
        weight = max(n.weight for n in hit.names if n.fips == pick.fips)
        level *= 1.0 if weight >= WEAK_LEAST else 0.97
    names = case.gaz.county_names.get(hit.key)
    if not names:
        return level
    other = choose(case.gaz, names, case.context)
    if other.fips is None or not other.how.startswith(("only one in the area", "state named")):
        return level
    if other.fips == pick.fips:
        return max(level, case.gaz.confidence["city_and_county"] * _partial(case, hit, str(pick.fips)))
    # a county of the same name elsewhere: 'ORANGE JAIL' may be either, unless a state or the police is named
    sure = case.context.states or "POLICE" in case.words or "PD" in case.words or "CITY" in case.words
    return level if role == 3 and sure else level * 0.85


def _partial(case: Case, hit: Hit, fips: str) -> float:
    """Return a factor under 1 where the name may be a part of another: EAST DONEGAL, DONEGAL TOWNSHIP."""
    before = case.words[hit.start - 1] if hit.start > 0 else ""
    after = case.words[hit.end] if hit.end < len(case.words) else ""
    if part_of_longer(case, hit) < 1.0:
        return part_of_longer(case, hit)
    if after in ("CORRECTIONAL", "PRISON", "STATE") and hit.key in case.gaz.prisons:
        return 0.8  # a prison of that name stands elsewhere
    if after == "REGIONAL" or before in case.gaz.words["begins_name"]:
        return 0.8  # a regional police serves several towns
    town = any(n.source == "town" and n.fips == fips for n in hit.names)
    size = max((n.weight for n in hit.names if n.fips == fips), default=0.0)
    if (after in ("TOWNSHIP", "VILLAGE") and not town) or (
        (hit.key, fips) in case.gaz.split_cities and size < SPLIT
    ):
        return 0.92
    return 1.0


def part_of_longer(case: Case, hit: Hit) -> float:
    """Return a factor under 1 where an unknown word stands before a name: LEXINGTOS PARK is not Park."""
    before = case.words[hit.start - 1] if hit.start > 0 else ","
    unknown = before.isalpha() and len(before) > 1 and before not in case.gaz.known_words
    return 0.85 if unknown else 1.0


def _longer_misspelt(case: Case, hit: Hit) -> Answer | None:
    """A longer city's name whose first word is misspelt: MOUN LEBANON is not Lebanon."""
    if part_of_longer(case, hit) == 1.0 or (case.query.aor is None and not case.context.states):
        return None
    near = near_city(case.gaz, case.words[hit.start - 1 : hit.end], case.context, whole=True)
    if near is None:
        return None
    return county(case, near[0], case.gaz.confidence["city_fuzzy"], f"city named, misspelt: '{near[1]}'")


def _county_instead(case: Case, hit: Hit, pick: Pick) -> bool:
    """Say whether a much bigger county of the name, elsewhere, is likelier: RAMSEY ADC is Ramsey County's."""
    names = case.gaz.county_names.get(hit.key)
    if not names or not _CITY_SAID.isdisjoint(case.words) or hit.end == len(case.words):
        return False
    if case.words[hit.end] not in case.gaz.words["facility"]:
        return False
    other = choose(case.gaz, names, case.context)
    if other.fips is None or other.fips == pick.fips or other.how.startswith("outside"):
        return False
    style = case.styled("city", hit).style or {}
    if style.get(case.gaz.counties[pick.fips or other.fips].state, 0.0) >= DOMINANT * sum(style.values()) > 0:
        return False  # other texts of this style name cities
    size = max(n.weight for n in hit.names if n.fips == pick.fips)
    return case.gaz.counties[other.fips].weight > COUNTY_BIGGER * size


def _answer(case: Case, hit: Hit, pick: Pick, level: float) -> Answer:
    basis = f"city named: '{case.phrase(hit)}'; {pick.how}"
    level *= pick.factor
    if pick.candidates and (pick.factor < CLEARLY_LARGEST or "style" in pick.how):
        level = min(level, case.gaz.confidence["namesake_at_most"])
    return county(case, str(pick.fips), level, basis)
