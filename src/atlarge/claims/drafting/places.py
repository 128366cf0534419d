"""Places named in a sentence, as a ledger names them."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from atlarge.claims.drafting.language import language, word_list, word_table
from atlarge.reference import states, table

_NOT_THE_NATION = (  # "U.S." as part of an office's name or of a phrase about its people
    "Immigration|Magistrate|District|Attorney|Customs|Rep|Sen|officials?|agents?|government|[Cc]itizen|House"
)
_NATION = re.compile(
    r"\b(the )?(United States|[Nn]ationwide|[Nn]ationally|[Tt]he nation|America(?=’s)|the country"
    r"|en todo el país|del país|U\.S\.)"
    rf"(?!\s+(?:{_NOT_THE_NATION}))"
)
_SHAPE = re.compile(
    r"\b((?:[A-Z][\w.'-]+(?:[ -]|$)){0,2}[A-Z][\w'-]+) (County|counties|Counties)\b"
    r"(?:,? (?:in )?([A-Z][a-z]+(?: [A-Z][a-z]+)?|[A-Z]{2}))?"
)
_COUNTIES_LIST = re.compile(
    r"\b((?:[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+)?(?:, (?:and )?"
    r"| and )){1,6}[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+)?) (?:[Cc]ounties)\b"
)
_CONDADO = re.compile(
    r"\b[Cc]ondado de ((?:(?:El|La|Los|San|Santa|Fort) )?[A-Z]\w+)(\b)(?:,? (?:en )?([A-Z][a-z]+(?:"
    r" [A-Z][a-z]+)?|[A-Z]{2})\b)?"
)
_INSTITUTION = r"’s [A-Z]| (?:Police|Times|Post|Tribune|Chronicle|University|Statesman)"
_LARGE = 120_000  # people; names of smaller cities are too often names of other things
_NOT_A_STATE = "Times|Tribune|Commission|University|Observer"


@cache
def _states() -> dict[str, str]:
    """Code by name and by code."""
    return {name: code for code, name in states().items()} | {code: code for code in states()}


@cache
def _counties() -> dict[str, list[str]]:
    """States that have a county of a name (without "County")."""
    by_name: dict[str, list[str]] = {}
    for name, state in table("counties").select("name", "state").iter_rows():
        by_name.setdefault(re.sub(r" (County|Parish|Borough)$", "", name), []).append(state)
    return by_name


@cache
def _cities() -> tuple[str, ...]:
    """City and metropolitan names that the reference tables know, longest first."""
    names = set(table("pew_cities")["place"].to_list())
    for name in table("pew_metros").filter(table("pew_metros")["place_kind"] == "metro")["place"].to_list():
        names.add(name.split(",")[0].split("-")[0])
    large = table("cities").filter(pl.col("population") >= _LARGE)["city"].unique().to_list()
    names |= {" ".join(w.capitalize() for w in name.replace("SAINT ", "St. ").split()) for name in large}
    names -= {"Washington", "Washington, D.C."}
    return tuple(sorted(names, key=lambda n: (-len(n), n)))


def place_spans(
    sentence: str, known_states: list[str] | None = None, people: frozenset[str] = frozenset()
) -> list[tuple[int, int, str]]:
    """Places of a sentence with where each stands: counties, cities, states, the nation.

    A county of a common name takes its state from the words after it, else from `known_states` (those the
    article names); without either it stays as it was written. A place name that is a person's (after a
    title or a first name, or the surname of one of `people` where no word says that it is a place) is none.
    """
    found: list[tuple[int, int, str]] = []
    text = sentence
    for match in _COUNTIES_LIST.finditer(text):
        found += _listed(match, known_states or [])
        text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    for match in (*_CONDADO.finditer(text), *_SHAPE.finditer(text)):
        county = _county(match, known_states or [])
        if county is not None:
            at = match.start(1) + match.group(1).rfind(county.split(" County")[0])
            found.append((at, match.end(), county))
            # a state written after a county is part of its name, not a separate place
            end = match.end() if _states().get(match.group(3) or "") else match.end(1)
            text = text[: match.start(1)] + " " * (end - match.start(1)) + text[end:]
    for match in re.finditer(r"\bNew York City\b", text):
        found.append((match.start(), match.end(), "New York"))
    text = text.replace("New York City", " " * 13)
    for name, place in _named():
        if name not in text or (name == "Washington" and not _is_washington_state(text)):
            continue
        for match in re.finditer(
            rf"(?<![\w-]){re.escape(name)}(?![\w-]|{_INSTITUTION})(?! (?:{_NOT_A_STATE}))", text
        ):
            if not _is_person(text, match.start(), match.end(), people):
                found.append((match.start(), match.end(), place))
            text = text[: match.start()] + " " * len(name) + text[match.end() :]
    found += [(m.start(), m.end(), "United States") for m in _NATION.finditer(text)]
    return sorted(found)


@cache
def _named() -> tuple[tuple[str, str], ...]:
    """Names of cities and states with what the ledger calls them, the longest first."""
    states = {name: code for name, code in _states().items() if len(name) > 2}
    both = {name: name for name in _cities() if name not in states} | states | {"New York": "New York"}
    return tuple(sorted(both.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _is_washington_state(text: str) -> bool:
    """Whether "Washington" in a text is the state rather than the capital."""
    return bool(re.search(r"\bWashington(?: has| state|’s)|, Washington\b", text)) and not re.search(
        r"Washington,? D\.?C", text
    )


def _listed(match: re.Match[str], known: list[str]) -> list[tuple[int, int, str]]:
    """The counties of a list: "King, Pierce and Snohomish counties"."""
    names = re.split(r",\s+(?:and\s+)?|\s+and\s+", match.group(1))
    codes, at = [], match.start(1)
    for name in names:
        at = match.string.index(name, at)
        words = name.split()
        county = next(
            (c for i in range(len(words)) if (c := _with_state(" ".join(words[i:]), None, known, names))),
            None,
        )
        if county:
            codes.append((at, at + len(name), county))
        at += len(name)
    return codes


def is_place_name(words: str) -> bool:
    """Whether words are the name of a county, city, state or country, so that they need not be a person's."""
    bare = words.replace("’s", "").replace("'s", "").strip()
    return bare in _every_name()


@cache
def _every_name() -> frozenset[str]:
    names = {
        *_counties(),
        *_cities(),
        *(n for n in _states() if len(n) > 2),
        *(f"{n} County" for n in _counties()),
    }
    return frozenset(names | _ABROAD)


def states_named(text: str) -> list[str]:
    """Codes of states that a text names, most often first."""
    counts: dict[str, float] = {}
    for name, code in _states().items():
        if len(name) > 2 and name in text:
            counts[code] = counts.get(code, 0) + len(re.findall(rf"\b{re.escape(name)}\b", text))
    for short, code in _SHORT_STATES.items():
        if short in text:
            counts[code] = counts.get(code, 0) + len(re.findall(rf"(?<=, ){re.escape(short)}(?!\w)", text))
    for code in re.findall(r"(?<=[a-z], )([A-Z]{2})\b(?= ?[—–-])", text):
        if code in _states():
            counts[code] = counts.get(code, 0) + 1
    named = {
        m.group(1).split()[-1]
        for m in (*_SHAPE.finditer(text), *_CONDADO.finditer(text))
        if m.group(2) in ("County", "")
    }
    for match in _COUNTIES_LIST.finditer(text):
        named |= {part.split()[-1] for part in re.split(r",\s+(?:and\s+)?|\s+and\s+", match.group(1))}
    if named:
        for code in {code for name in named for code in _counties().get(name, [])}:
            n_states = sum(code in _counties().get(name, []) for name in named)
            if len(named) > 1 and n_states > 1:
                counts[code] = counts.get(code, 0) + 3 * (n_states - 1)
    return [code for code, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if n]


_SHORT_STATES = word_table("places.short_states")


def _county(match: re.Match[str], known: list[str]) -> str | None:
    """A county with its state, as written where the state is unknown or it has no such county; or None."""
    words = match.group(1).split()
    state = _states().get(match.group(3) or "")
    for start in range(len(words)):
        county = _with_state(" ".join(words[start:]), state, known, [])
        if county:
            return county
    # misspelt, perhaps: whoever confirms the claim is told so, and the state alone would be another place
    name = [word for word in words if word.lower() not in _PLACE_PREPOSITIONS]
    return f"{' '.join(name)} County, {state}" if state and name else None


def _with_state(name: str, state: str | None, known: list[str], beside: list[str]) -> str | None:
    """A county's name with its state: written, the only one, named by the article, or its neighbors'."""
    states = _counties().get(name)
    if not states:
        return None
    if state in states:
        return f"{name} County, {state}"
    if len(states) == 1:
        return f"{name} County, {states[0]}"
    shared = [code for other in beside if len(codes := _counties().get(other, [])) == 1 for code in codes]
    likely = [code for code in [*shared, *known] if code in states]
    return f"{name} County, {likely[0]}" if likely else f"{name} County"


def _is_person(text: str, start: int, end: int, people: frozenset[str] = frozenset()) -> bool:
    """Whether the words around make a name out of a place: "Judge Andrew Austin", or a surname met before."""
    before = text[:start].rstrip().split()
    surname = text[start:end].rsplit(maxsplit=1)[-1].lower()
    last = before[-1].strip('“"(').lower() if before else ""
    if surname in people and last not in _PLACE_PREPOSITIONS:
        after = text[end:].lstrip()
        if _STATE_AFTER.match(text[end:]):
            return False
        if not re.match(r"(?:County|city|metro|area|residents|police|jail|suburb)\b", after, re.IGNORECASE):
            return True
    if not before:
        return False
    last = before[-1].strip('“"(')
    titles = {t.rstrip(".").lower() for code in ("en", "es") for t in language(code).words("titles")}
    if last.rstrip(".").lower() in titles - {"chief", "senior"}:
        return True
    is_start = len(before) == 1 or before[-2].endswith((".", "?", "!", "”"))
    is_name = re.fullmatch(r"[A-Z][a-z]+|[A-Z]\.", last) is not None and not is_start
    joined = text[:start].endswith(" ")
    return is_name and joined and last not in _BEFORE_PLACES


_STATE_AFTER = re.compile(
    r",? (?:Texas|[A-Z][a-z]+(?: [A-Z][a-z]+)?|[A-Z]{2})(?:,| metro| area|\b(?= (?:metro|area)))"
)
_ABROAD = word_list("places.abroad")
_PLACE_PREPOSITIONS = word_list("places.place_prepositions")
_BEFORE_PLACES = word_list("places.before_places")
