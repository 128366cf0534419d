"""Scores of the drafting rules against the hand-marked sentences."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import yaml

from atlarge.claims.drafting import mark

FIELDS = ("speaker", "named", "heard", "numbers", "places", "dates")


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
    held = read_marked()
    tally = {field: {"hit": 0, "found": 0, "marked": 0} for field in FIELDS}
    differences = []
    for entry in held[group]:
        got = _found(entry["text"], held["published"], held["states"])
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
    made = {}
    for field, n in tally.items():
        precision = n["hit"] / n["found"] if n["found"] else 1.0
        recall = n["hit"] / n["marked"] if n["marked"] else 1.0
        total = precision + recall
        made[field] = {
            "precision": round(precision, 3),
            "recall": round(recall, 3),
            "f1": round(2 * precision * recall / total, 3) if total else 0.0,
            "marked": n["marked"],
        }
    return made, differences
