"""What a rule is given, what it answers, and the few ways of answering."""

from __future__ import annotations

import re
from typing import NamedTuple

from atlarge.places.choose import Context, Pick
from atlarge.places.gazetteer import Gazetteer
from atlarge.places.scan import Found, Hit

_SHORT = re.compile(r"\bCO\b", re.IGNORECASE)


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


class Case(NamedTuple):
    """A text under decision: its words, the names in them, what is beside it; `body` has no commas."""

    gaz: Gazetteer
    query: Query
    words: list[str]
    found: Found
    context: Context

    body: list[str]

    def has(self, kind: str) -> bool:
        """Say whether a word or phrase of a list of words.yaml stands in the text."""
        single, phrases = self.gaz.phrases[kind]
        if not single.isdisjoint(self.body):
            return True
        if not phrases:
            return False
        padded = f" {' '.join(self.body)} "
        return any(phrase in padded for phrase in phrases)

    def phrase(self, hit: Hit) -> str:
        """Return the words of a hit, for a basis."""
        return " ".join(w for w in self.words[hit.start : hit.end] if w != ",").title()

    def is_state(self, hit: Hit) -> bool:
        """Say whether a hit stands within the name of a state that the text names."""
        return any(start <= hit.start and hit.end <= end for start, end in self.found.state_spans)

    def styled(self, kind: str, hit: Hit) -> Context:
        """Return the context with what the text's style says of the state, where no state is named."""
        if self.context.states or self.context.aor is None:
            return self.context
        style = template(self.words, kind, hit, self.query.text or "")
        return self.context._replace(style=self.gaz.styles.get((self.context.aor, style)))


def template(words: list[str], kind: str, hit: Hit, text: str) -> str:
    """Return a text's style: its words with a place's name replaced by a star, under the kind of the name.

    Whether a text writes CO or COUNTY is a part of its style.
    """
    short = " (CO)" if kind == "county" and _SHORT.search(text) else ""
    return " ".join([f"{kind}{short}:", *words[: hit.start], "*", *words[hit.end :]])


def county(case: Case, fips: str, confidence: float, basis: str) -> Answer:
    """Answer with a county."""
    about = case.gaz.counties[fips]
    aor = case.query.aor or about.aor
    return Answer("county", fips, None, aor, about.state, min(confidence, 0.99), basis, about.place_name)


def picked(case: Case, pick: Pick, level: float, basis: str) -> Answer:
    """Answer with the county picked among those of a name; a likely namesake is never a sure answer."""
    level *= pick.factor
    if pick.candidates:
        level = min(level, case.gaz.confidence["namesake_at_most"])
    return county(case, str(pick.fips), level, basis)


def office(case: Case, code: str | None, name: str | None, confidence: float, basis: str) -> Answer:
    """Answer with an office area; `code` is None where the office has none that is known."""
    about = case.gaz.offices.get(code or "")
    aor = case.query.aor or (about["aor"] if about else None)
    printed = about["name"] if about and about["name"] else name or code
    return Answer("office_area", None, code, aor, _state_of(case, aor), confidence, basis, printed)


def state(case: Case, code: str, confidence: float, basis: str) -> Answer:
    """Answer with a state."""
    return Answer("state", None, None, case.query.aor, code, confidence, basis, case.gaz.states[code])


def aor(case: Case, confidence: float, basis: str) -> Answer:
    """Answer with the area of responsibility that the record carries, or with nothing."""
    code = case.query.aor
    if code is None:
        return unresolved(case, f"{basis}; no area of responsibility given")
    name = case.gaz.aors[code]["name"]
    return Answer("aor", None, None, code, _state_of(case, code), confidence, basis, name)


def unresolved(case: Case, basis: str) -> Answer:
    """Answer that the text cannot be placed."""
    known = case.query.state if case.query.state in case.gaz.states else _state_of(case, case.query.aor)
    return Answer("unresolved", None, None, case.query.aor, known, 0.0, basis, None)


def abstain(case: Case, what: str, pick: Pick) -> Answer:
    """Answer that the name fits several places, and name them."""
    return unresolved(case, f"{what}; {pick.how}: {', '.join(pick.candidates) or 'none known'}")


def _state_of(case: Case, aor: str | None) -> str | None:
    """The state that the text names, or the only state of the area."""
    if len(case.found.states) == 1:
        return next(iter(case.found.states))
    states = (case.gaz.aors[aor]["states"] or "").split() if aor in case.gaz.aors and aor else []
    return states[0] if len(states) == 1 else None
