# ruff: noqa: E501
"""Scores of a draft against the whole articles written for the tests, every claim of them marked by hand.

The articles of `articles/building` were looked at while the rules were written; those of `articles/scoring`
were marked before any rule had read them. Their first reading is kept in `benchmarks/results/claims_first_reading.json`;
faults of a general kind that it showed were corrected afterwards, so that later figures are no blind ones. A mark names the words by which its sentence is found, and what a
right reading gives: kind, speaker (any of the names), role words, named, how it was heard, numbers as value,
unit and word, places and dates. What a mark leaves out is not scored. Optional marks may be drafted or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from atlarge.claims.drafting import Drafted, draft_article

HERE = Path(__file__).with_name("articles")
FIELDS = ("speaker", "named", "heard", "kind", "numbers", "places", "dates")
_ALIKE = ({"comparison", "timing"}, {"cause", "assertion", "denial"})  # half right


@dataclass
class Score:
    """Tallies of one article."""

    name: str
    marked: int = 0
    found: int = 0
    drafted: int = 0
    spurious: int = 0
    advertising: int = 0
    right: dict[str, int] = field(default_factory=dict)
    looked_for: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    def rate(self, name: str) -> float:
        """Share right of a field, among the claims found."""
        return self.right.get(name, 0) / self.looked_for[name] if self.looked_for.get(name) else 1.0

    def row(self) -> dict[str, Any]:
        """Figures of the article as plain numbers."""
        return {
            "article": self.name,
            "claims": self.marked,
            "found": round(self.found / self.marked, 3),
            "spurious": round(self.spurious / max(1, self.drafted), 3),
            "advertising": self.advertising,
            **{name: round(self.rate(name), 3) for name in FIELDS},
        }


def names(part: str) -> list[Path]:
    """Files of the articles of a part."""
    return sorted((HERE / part).glob("*.yaml"))


def score_file(path: Path) -> Score:
    """Draft an article and hold it against its marks."""
    kept = yaml.safe_load(path.read_text(encoding="utf-8"))
    return score(path.stem, kept, draft_article(kept["text"], kept["published"]))


def score(name: str, marked: dict[str, Any], drafted: Drafted) -> Score:
    """Match every mark with one draft of its sentence, the likest first, and compare."""
    result = Score(name, drafted=len(drafted.drafts))
    free = list(range(len(drafted.drafts)))
    pairs: list[tuple[float, int, int]] = []
    for m, mark in enumerate(marked["claims"]):
        for d in free:
            likeness = _likeness(mark, drafted, d)
            if likeness > 0:
                pairs.append((likeness, m, d))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, m, d in sorted(pairs, key=lambda p: (-p[0], p[1], p[2])):
        if m not in taken and d not in used:
            taken[m] = d
            used.add(d)
    for m, mark in enumerate(marked["claims"]):
        is_optional = mark.get("optional", False)
        result.marked += not is_optional
        if m not in taken:
            if not is_optional:
                result.differences.append(f"not found: {mark['kind']}: {mark['words']}")
            continue
        result.found += not is_optional
        _compare(mark, drafted.drafts[taken[m]].claim, result)
    for d in free:
        if d not in used:
            result.spurious += 1
            claim = drafted.drafts[d].claim
            result.differences.append(f"not marked: {claim['kind']}: {claim.get('about') or claim['text']}")
    text = _plain(" ".join(d.claim["text"] for d in drafted.drafts))
    for gone in marked.get("left_out", []):
        if _plain(gone) in text:
            result.advertising += 1
            result.differences.append(f"advertising or boilerplate drafted: {gone}")
    return result


def _plain(text: str) -> str:
    return " ".join(
        text.replace("’", "'").replace("“", '"').replace("”", '"').replace("…", "...").split()
    ).lower()


def _likeness(mark: dict[str, Any], drafted: Drafted, d: int) -> float:
    """How well a draft fits a mark; 0 when it is of another sentence."""
    draft = drafted.drafts[d]
    words, text = _plain(mark["words"]), _plain(draft.claim["text"])
    if words not in text:
        return 0.0
    likeness = 1.0
    if draft.claim["kind"] == mark["kind"]:
        likeness += 3
    elif any({draft.claim["kind"], mark["kind"]} <= group for group in _ALIKE):
        likeness += 1
    wanted = [n[0] for n in mark.get("numbers", [])]
    likeness += 4 if wanted and any(v in wanted for v in _values(draft.claim)) else 0
    about = _plain(draft.claim.get("about", ""))
    likeness += 1 if about and (about in words or words in about) else 0
    shared = set(re.findall(r"\w+", words)) & set(re.findall(r"\w+", about))
    return likeness + len(shared) / 20


def _values(claim: dict[str, Any]) -> list[Any]:
    """Numbers that a claim states, on either side."""
    said = claim.get("expected", {})
    found = [said.get("value")] if said else []
    against = claim.get("against")
    return found + ([against["value"]] if isinstance(against, dict) and "value" in against else [])


def _compare(mark: dict[str, Any], claim: dict[str, Any], scored: Score) -> None:
    """Tally every field that the mark gives."""
    speaker = claim["speaker"]
    if "speaker" in mark:
        wanted = mark["speaker"]
        if "role" in mark:
            is_right = (
                speaker["name"] == "anonymous" and mark["role"].rstrip("s") in speaker.get("role", "").lower()
            )
        else:
            is_right = any(_same_name(name, speaker) for name in wanted)
        _tally(scored, "speaker", is_right, f"{wanted} {mark.get('role', '')}", speaker, mark)
    if "named" in mark:
        _tally(scored, "named", speaker["named"] == mark["named"], mark["named"], speaker, mark)
    if "heard" in mark:
        _tally(scored, "heard", speaker["heard"] == mark["heard"], mark["heard"], speaker["heard"], mark)
    alike = {claim["kind"], mark["kind"]} <= {"comparison", "timing"}
    _tally(scored, "kind", claim["kind"] == mark["kind"] or alike, mark["kind"], claim["kind"], mark)
    if "numbers" in mark:
        got = claim.get("expected", {})
        is_right = False
        for value, unit, word in mark["numbers"]:
            is_value = value in _values(claim) if value is not None else got.get("word") == word
            is_unit = (
                unit is None
                or value is None
                or _same_unit(got.get("unit"), unit)
                or value != got.get("value")
            )
            is_word = value is None or word == got.get("word") or value != got.get("value")
            is_right = is_right or (is_value and is_unit and is_word)
        _tally(scored, "numbers", is_right, mark["numbers"], (got, claim.get("against")), mark)
    if "places" in mark:
        where = claim.get("where")
        got_places = where if isinstance(where, list) else [where]
        _tally(scored, "places", any(p in got_places for p in mark["places"]), mark["places"], where, mark)
    if "dates" in mark:
        _tally(
            scored, "dates", str(claim.get("when")) in mark["dates"], mark["dates"], claim.get("when"), mark
        )


def _same_unit(got: Any, wanted: str) -> bool:
    """Whether units are the same; what single things are called makes no difference to a count."""
    things = {"count", "people", "arrests", "detainers", "inmates"}
    return got == wanted or {got, wanted} <= things


def _same_name(name: str, speaker: dict[str, Any]) -> bool:
    """Whether a speaker is one of that name: the same words, or the reporter."""
    if name == "reporter":
        return speaker["name"] == "anonymous" and speaker.get("role") == "reporter"
    if name == "anonymous":
        return speaker["name"] == "anonymous" and speaker.get("role") != "reporter"
    wanted = {w for w in re.findall(r"\w+", _plain(name)) if w != "the"}
    got = {w for w in re.findall(r"\w+", _plain(speaker["name"])) if w != "the"}
    role = {w for w in re.findall(r"\w+", _plain(speaker.get("role", ""))) if w != "the"}
    return bool(wanted and got) and (wanted <= got | role or got <= wanted)


def _tally(scored: Score, name: str, is_right: bool, wanted: Any, got: Any, mark: dict[str, Any]) -> None:
    scored.looked_for[name] = scored.looked_for.get(name, 0) + 1
    scored.right[name] = scored.right.get(name, 0) + bool(is_right)
    if not is_right:
        scored.differences.append(f"{name}: marked {wanted}, drafted {got}: {mark['words']}")


def score_part(part: str) -> list[Score]:
    """Scores of every article of a part."""
    return [score_file(path) for path in names(part)]


def summary(scores: list[Score]) -> dict[str, Any]:
    """Mean over the articles, and the worst article, of every figure."""
    rows = [one.row() for one in scores]
    kept = ("found", "spurious", "advertising", *FIELDS)
    return {
        "mean": {name: round(sum(row[name] for row in rows) / len(rows), 3) for name in kept},
        "worst": {
            name: (max if name in ("spurious", "advertising") else min)(row[name] for row in rows)
            for name in kept
        },
    }
