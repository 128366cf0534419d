"""Places named in a sentence, as a ledger names them."""

from __future__ import annotations

import re
from functools import cache

from atlarge.claims.drafting.article import vocabulary
from atlarge.reference import table

_NOT_THE_NATION = (  # "U.S." as part of an office's name or of a phrase about its people
    "Immigration|Magistrate|District|Attorney|Customs|Rep|Sen|officials?|agents?|government|[Cc]itizen|House"
)
_NATION = re.compile(
    r"\b(the )?(United States|nationwide|Nationwide|nationally|the nation|the country|U\.S\.)"
    rf"(?!\s+(?:{_NOT_THE_NATION}))"
)
_SHAPE = re.compile(
    r"\b((?:[A-Z][\w.'-]+(?:[ -]|$)){0,2}[A-Z][\w'-]+) (County|counties|Counties)\b"
    r"(?:,? (?:in )?([A-Z][a-z]+(?: [A-Z][a-z]+)?|[A-Z]{2}))?"
)
_INSTITUTION = r"’s [A-Z]| (?:Police|Times|Post|Tribune|Chronicle|University|Statesman)"
_NOT_A_STATE = "Times|Tribune|Commission|University|Observer"


@cache
def _states() -> dict[str, str]:
    """Code by name and by code."""
    rows = table("counties").select("state", "state_name").unique().iter_rows()
    named = {str(name): str(code) for code, name in rows}
    return named | {code: code for code in named.values()}


@cache
def _counties() -> dict[str, list[str]]:
    """States that have a county of a name (without "County")."""
    made: dict[str, list[str]] = {}
    for name, state in table("counties").select("name", "state").iter_rows():
        made.setdefault(re.sub(r" (County|Parish|Borough)$", "", name), []).append(state)
    return made


@cache
def _cities() -> tuple[str, ...]:
    """City and metropolitan names that the reference tables know, longest first."""
    names = set(table("pew_cities")["place"].to_list())
    for name in table("pew_metros").filter(table("pew_metros")["place_kind"] == "metro")["place"].to_list():
        names.add(name.split(",")[0].split("-")[0])
    names |= {
        "San Antonio",
        "El Paso",
        "Fort Worth",
        "Oakland",
        "Sacramento",
        "Newark",
        "Baltimore",
        "Detroit",
    }
    names -= {"Washington", "Washington, D.C."}
    return tuple(sorted(names, key=lambda n: (-len(n), n)))


def find_places(sentence: str, known_states: list[str] | None = None) -> list[str]:
    """Places of a sentence in their order: counties, cities, states, the nation.

    A county of a common name takes its state from the words after it, else from `known_states` (those the
    article names); without either it stays as it was written. A place name that is a person's (after a
    title or a first name) is not a place.
    """
    found: list[tuple[int, str]] = []
    text = sentence
    for match in _SHAPE.finditer(text):
        county = _county(match, known_states or [])
        if county is not None:
            found.append((match.start(1) + match.group(1).rfind(county.split(" County")[0]), county))
            # the state written after a county is part of its name, and no place of its own
            end = match.end() if _states().get(match.group(3) or "") else match.end(1)
            text = text[: match.start(1)] + " " * (end - match.start(1)) + text[end:]
    for match in re.finditer(r"\bNew York City\b", text):
        found.append((match.start(), "New York"))
    text = text.replace("New York City", " " * 13)
    for name in _cities():
        for match in re.finditer(
            rf"(?<![\w-]){re.escape(name)}(?![\w-]|{_INSTITUTION})",
            text,
        ):
            if not _is_person(text, match.start(), match.end()):
                found.append((match.start(), name))
            text = text[: match.start()] + " " * len(name) + text[match.end() :]
    for name, code in sorted(_states().items(), key=lambda pair: -len(pair[0])):
        if len(name) == 2 or name == "Washington":
            continue
        for match in re.finditer(rf"\b{re.escape(name)}\b(?! (?:{_NOT_A_STATE}))", text):
            if not _is_person(text, match.start(), match.end()):
                found.append((match.start(), code))
            text = text[: match.start()] + " " * len(name) + text[match.end() :]
    found += [(match.start(), "United States") for match in _NATION.finditer(text)]
    return list(dict.fromkeys(place for _, place in sorted(found)))


def states_named(text: str) -> list[str]:
    """Codes of states that a text names, most often first."""
    counts = {
        code: len(re.findall(rf"\b{re.escape(name)}\b", text))
        for name, code in _states().items()
        if len(name) > 2
    }
    return [code for code, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if n]


def _county(match: re.Match[str], known: list[str]) -> str | None:
    """A county with its state, as written where the state cannot be told, or None if there is none."""
    words = match.group(1).split()
    state = _states().get(match.group(3) or "")
    for start in range(len(words)):
        name = " ".join(words[start:])
        states = _counties().get(name)
        if not states:
            continue
        if state in states:
            return f"{name} County, {state}"
        if len(states) == 1:
            return f"{name} County, {states[0]}"
        likely = [code for code in known if code in states]
        return f"{name} County, {likely[0]}" if likely else f"{name} County"
    return None


def _is_person(text: str, start: int, end: int) -> bool:
    """Whether the words before make a name out of a place: "Judge Andrew Austin"."""
    before = text[:start].rstrip().split()
    if not before:
        return False
    last = before[-1].strip('“"(')
    titles = {t.rstrip(".").lower() for t in vocabulary()["titles"]}
    if last.rstrip(".").lower() in titles:
        return True
    is_start = len(before) == 1 or before[-2].endswith((".", "?", "!", "”"))
    is_name = re.fullmatch(r"[A-Z][a-z]+|[A-Z]\.", last) is not None and not is_start
    joined = text[:start].endswith(" ")
    return is_name and joined and last not in _BEFORE_PLACES


_BEFORE_PLACES = {
    "In",
    "From",
    "Near",
    "And",
    "The",
    "Greater",
    "Central",
    "South",
    "North",
    "East",
    "West",
    "Southern",
    "Northern",
    "Downtown",
    "Metro",
    "County",
}
