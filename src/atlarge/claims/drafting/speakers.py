"""Who says a sentence: a person, an office, or someone not named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from atlarge.claims.drafting.article import vocabulary


@dataclass(frozen=True)
class Speaker:
    """Name ("anonymous" where none is given), role, and whether a person or office is named."""

    name: str
    role: str | None
    is_named: bool


_TOLD = ("told", "tells")  # who comes after these is told, and does not tell
_NAME = r"(?:[A-Z][\w'’-]+|[A-Z]\.)(?:\s+(?:[A-Z][\w'’-]+|[A-Z]\.|de|la|del|van|von))*"


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = vocabulary()
    verbs = "|".join(sorted(words["verbs"], key=len, reverse=True))
    citing = "|".join(v for v in sorted(words["verbs"], key=len, reverse=True) if v not in _TOLD)
    titles = "|".join(
        re.escape(t).replace(r"\ ", r"\s+") for t in sorted(words["titles"], key=len, reverse=True)
    )
    places = r"(?:(?:U\.S\.|US|Texas|[A-Z][\w]+ (?:County|City)|[Ff]ederal|[Ff]ormer|[Ss]tate)\s+){0,3}"
    title = rf"(?P<role>{places}(?:(?i:{titles}))(?:\s+(?i:{titles}))?)\s+"
    bodies = "|".join(re.escape(o) for o in sorted(words["organizations"], key=len, reverse=True))
    office = r"[A-Z]\w+ County [Ss]heriff[’']s [Oo]ffice"
    anonymous = "|".join(words["anonymous"])
    kinds = r"(?:[a-z][\w-]+\s+|ICE\s+|DHS\s+|U\.S\.\s+|Trump\s+|[A-Z]\w+ County\s+){0,3}"
    before = "|".join(words["before_someone"])
    someone = rf"(?P<phrase>(?:\b(?i:{before})\s+)?{kinds}\b(?i:{anonymous}))\b"
    aside = r"(?:,[^,;]{2,80},)?(?:\s+(?:who|which|that)\b[^,;]{2,80}?)?"
    adverb = r"\s+(?:also |later |has |have |had )?"
    apposition = r"(?P<apposition>,\s+(?:an?|the|who|executive|director|spokes)\b[^.;“\"]{2,80})?"
    cited = r"(?:data|figures|report|analysis|study|statement) (?:from|by)"
    patterns = {
        "named_before": rf"(?:{title})?(?P<name>{_NAME})"
        rf"(?P<apposition>,[^,;“\"]{{3,80}},| of (?:the )?[A-Z][\w ]{{2,40}}?)?{adverb}(?:{verbs})\b",
        "named_after": rf"\b(?:{citing}|[Aa]ccording to)\s+(?:the\s+)?(?:{title})?"
        rf"(?P<name>{_NAME}){apposition}",
        "body_before": rf"\b(?:[Tt]he\s+)?(?P<name>(?:{bodies})|{office}|[A-Z]\w+ County)(?P<apposition>)"
        rf"{adverb}(?:{verbs})\b",
        "body_after": rf"\b(?:{citing}|[Aa]ccording to|estimates? (?:from|by)|{cited})\s+(?:the\s+|a\s+)?"
        rf"(?P<name>(?:{bodies})|{office})\b(?P<apposition>)",
        "someone_before": rf"{someone}{aside}{adverb}(?:{verbs})\b",
        "someone_after": rf"\b(?:{citing}|[Aa]ccording to)\s+{someone}",
        "told": rf"{someone}\s+(?:was|were|had been|have been)\s+told\b",
        "pronoun": rf"\b(?:he|she|they|He|She|They){adverb}(?:{verbs})\b|\b(?:{verbs})\s+(?:he|she|they)\b",
    }
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def _own_name(found: re.Match[str]) -> Speaker | None:
    """A named speaker from a match, or None when the capitals are no name."""
    name = found.group("name").strip()
    role = found.groupdict().get("role")
    first = name.split()[0].lower().rstrip(".")
    titles = vocabulary()["titles"]
    lowered = {t.rstrip(".") for t in titles}
    while first in lowered and len(name.split()) > 1:
        role = " ".join(part for part in (role, name.split()[0]) if part)
        name = name.split(maxsplit=1)[1]
        first = name.split()[0].lower().rstrip(".")
    if first in vocabulary()["not_names"] or (len(name.split()) == 1 and role is None):
        return None
    apposition = (found.group("apposition") or "").strip(" ,")
    return Speaker(name.rstrip("."), role or apposition or None, True)


def find_speaker(sentence: str, last: Speaker | None = None) -> Speaker | None:
    """Who says a sentence; `last` stands in for a pronoun. None when no one is quoted or cited.

    Words inside quotation marks are not searched: they name whom the speaker speaks of.
    """
    text = re.sub(r"“[^”]*”|\"[^\"]*\"", lambda m: "“" + " " * (len(m.group()) - 2) + "”", sentence)
    rules = _patterns()
    if found := rules["told"].search(text):
        return Speaker("anonymous", _phrase(found.group("phrase")), False)
    if (found := rules["named_before"].search(text)) and " of " in (found.group("apposition") or ""):
        speaker = _own_name(found)
        if speaker is not None and len(speaker.name.split()) > 1:
            return speaker
    for rule in ("body_before", "body_after"):
        if found := rules[rule].search(text):
            return Speaker(_body(found.group("name")), None, True)
    for rule in ("named_before", "named_after"):
        for found in rules[rule].finditer(text):
            speaker = _own_name(found)
            if speaker is not None:
                return speaker
    for rule in ("someone_before", "someone_after"):
        if found := rules[rule].search(text):
            return Speaker("anonymous", _phrase(found.group("phrase")), False)
    if rules["pronoun"].search(text):
        return last
    return None


def _phrase(words: str) -> str:
    """A role without its article."""
    return re.sub(r"^(?:an?|the|one|some|several|many)\s+", "", " ".join(words.split()), flags=re.IGNORECASE)


def _body(name: str) -> str:
    return " ".join(name.replace("’", "'").split())


def heard(sentence: str, speaker: Speaker | None) -> str | None:
    """How the words reached us, as the ledger names the ways; None when the sentence does not tell."""
    for way, patterns in vocabulary()["heard"].items():
        flags = re.IGNORECASE if way != "interview" else 0
        if any(re.search(pattern, sentence, flags) for pattern in patterns):
            return str(way)
    return None
