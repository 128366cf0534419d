"""Scores of the drafting rules against the hand-marked sentences."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from atlarge.claims.drafting.amounts import Number, find_numbers
from atlarge.claims.drafting.article import quotations, read_article
from atlarge.claims.drafting.context import measure_of
from atlarge.claims.drafting.dates import find_dates
from atlarge.claims.drafting.discourse import Discourse, Entity
from atlarge.claims.drafting.kinds import Split, split
from atlarge.claims.drafting.places import place_spans

FIELDS = ("speaker", "named", "heard", "numbers", "places", "dates")


@dataclass(frozen=True)
class Speaker:
    """Name ("anonymous" where none is given), role, and whether a person or office is named."""

    name: str
    role: str | None
    is_named: bool
    kind: str = "person"


@dataclass(frozen=True)
class Marked:
    """A sentence with what the rules found in it."""

    text: str
    speaker: Speaker | None
    heard: str | None
    quotes: tuple[str, ...]
    numbers: tuple[Number, ...]
    places: tuple[str, ...]
    dates: tuple[str, ...]
    kind: str | None
    measure: str | None


def mark(
    sentence: str,
    published: dt.date | None = None,
    last: Speaker | None = None,
    known_states: list[str] | None = None,
) -> Marked:
    """Mark one sentence. `last` is the speaker before, for a pronoun; `known_states` those of the article."""
    article = read_article(sentence, published=published)
    if not article.paragraphs:
        return Marked(sentence, None, None, (), (), (), (), None, None)
    discourse = Discourse(article)
    if last is not None:
        discourse.focus = Entity("person", last.name, last.role)
    spoken = discourse.read()
    splits = [split(one, published, article.language, discourse.narrator, set()) for one in spoken]
    return _marked(splits, sentence, published, discourse, known_states)


def _marked(
    splits: list[Split], text: str, published: dt.date | None, discourse: Discourse, states: list[str] | None
) -> Marked:
    dates, rest = find_dates(text, published)
    numbers = tuple(find_numbers(rest, discourse.lang))
    people = frozenset(name for name in discourse.finder.surnames if " " not in name)
    spans = [span for one in splits for span in one.spoken.spans if span.speaker is not discourse.narrator]
    parts = [part for one in splits for part in one.parts]
    span = next((s for s in spans if s.speaker.kind != "document"), None)
    speaker = None
    if span is not None:
        entity = span.speaker
        speaker = Speaker(entity.name, entity.role, entity.is_named, entity.kind)
    heard = next((s.heard for s in spans if s.heard), None) or _heard(discourse, text)
    return Marked(
        text=text,
        speaker=speaker,
        heard=heard,
        quotes=tuple(quotations(text)),
        numbers=numbers,
        places=tuple(dict.fromkeys(place for *_, place in place_spans(text, states, people))),
        dates=tuple(dates),
        kind=parts[0].kind if parts else None,
        measure=measure_of(text, None, discourse.lang),
    )


def _heard(discourse: Discourse, text: str) -> str | None:
    """How the words of a sentence without a speaker reached us."""
    for way, patterns in discourse.lang.data["heard"].items():
        flags = 0 if way == "interview" else re.IGNORECASE
        if any(re.search(pattern, text, flags) for pattern in patterns):
            return str(way)
    return None


def read_marked() -> dict[str, Any]:
    """The sentences and their marks."""
    return dict(yaml.safe_load(Path(__file__).with_name("marked_sentences.yaml").read_text(encoding="utf-8")))


def _found(sentence: str, published: dt.date, states: list[str]) -> dict[str, list[Any]]:
    """What the rules find, each field as a list of things found."""
    got = mark(sentence, published, None, states)
    return {
        "speaker": [got.speaker.name] if got.speaker else [],
        "named": [got.speaker.is_named] if got.speaker else [],
        "heard": [got.heard] if got.heard else [],
        "numbers": [(n.value, n.unit, n.word) for n in got.numbers],
        "places": list(got.places),
        "dates": list(got.dates),
    }


def score(group: str) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Precision, recall and F1 by field over a group, and a line for every difference."""
    kept = read_marked()
    tally = {field: {"hit": 0, "found": 0, "marked": 0} for field in FIELDS}
    differences = []
    for entry in kept[group]:
        got = _found(entry["text"], kept["published"], kept["states"])
        for field in FIELDS:
            if field in entry.get("skip", []):
                continue
            wanted = entry[field] if isinstance(entry[field], list) else [entry[field]]
            wanted = [tuple(w) if isinstance(w, list) else w for w in wanted if w is not None]
            hits = sum(1 for w in wanted if w in got[field])
            tally[field]["hit"] += hits
            tally[field]["found"] += len(got[field])
            tally[field]["marked"] += len(wanted)
            if hits != len(wanted) or hits != len(got[field]):
                differences.append(f"{field}: marked {wanted}, found {got[field]}: {entry['text']}")
    result = {}
    for field, n in tally.items():
        precision = n["hit"] / n["found"] if n["found"] else 1.0
        recall = n["hit"] / n["marked"] if n["marked"] else 1.0
        total = precision + recall
        result[field] = {
            "precision": round(precision, 3),
            "recall": round(recall, 3),
            "f1": round(2 * precision * recall / total, 3) if total else 0.0,
            "marked": n["marked"],
        }
    return result, differences
