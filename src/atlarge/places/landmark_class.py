"""What kind of site a landmark names: jail, prison, courthouse, office, workplace, home or street, unknown.

The rules are data (`hand/landmark_classes.yaml`), tried in order; the first that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from atlarge.files import read_yaml
from atlarge.places.text import fault, tokens

UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Rule:
    name: str
    words: re.Pattern[str]
    beside: re.Pattern[str] | None
    unless: re.Pattern[str] | None

    def matches(self, text: str) -> bool:
        return bool(
            self.words.search(text)
            and (self.beside is None or self.beside.search(text))
            and not (self.unless is not None and self.unless.search(text))
        )


def _joined(text: str) -> str:
    return " ".join(word for word in tokens(text) if word != ",")


def _pattern(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern of whole words; a star at the end of a phrase lets its last word go on."""
    parts = []
    for phrase in phrases:
        word = str(phrase).removesuffix("*")
        parts.append(
            re.escape(_joined(word) if word == phrase else word) + (r"\w*" if word != phrase else "")
        )
    return re.compile(rf"\b(?:{'|'.join(parts)})\b") if parts else None


@cache
def _catalogue() -> tuple[dict[str, str], tuple[_Rule, ...]]:
    text = files(__package__).joinpath("hand/landmark_classes.yaml").read_text(encoding="utf-8")
    about = read_yaml(text)
    rules = []
    for rule in about["rules"]:
        words = _pattern(rule["words"])
        assert words is not None
        rules.append(
            _Rule(rule["class"], words, _pattern(rule.get("beside", ())), _pattern(rule.get("unless", ())))
        )
    return dict(about["classes"]), tuple(rules)


def landmark_classes() -> dict[str, str]:
    """Every class of landmark with what it means.

    Examples
    --------
    >>> list(landmark_classes())[:3]
    ['jail', 'prison', 'courthouse']
    """
    return dict(_catalogue()[0])


def landmark_class(text: str | None) -> str | None:
    """What kind of site a landmark names.

    Parameters
    ----------
    text : str, optional
        A landmark as published, or None.

    Returns
    -------
    str or None
        One of `landmark_classes()`; "unknown" where the text names an area or says nothing of its kind; None
        for no text.

    Examples
    --------
    >>> landmark_class("TRAVIS COUNTY JAIL, AUSTIN, TX")
    'jail'
    >>> landmark_class("AUS GENERAL AREA, NON-SPECIFIC")
    'unknown'
    """
    if text is None or not text.strip():
        return None
    if fault(text):
        return UNKNOWN
    words = _joined(text)
    return next((rule.name for rule in _catalogue()[1] if rule.matches(words)), UNKNOWN)


def classes_of(landmarks: pl.Series) -> pl.Series:
    """Classes of a column of landmarks, each distinct text read once."""
    texts = landmarks.unique().drop_nulls()
    classes = pl.Series([landmark_class(text) for text in texts.to_list()], dtype=pl.String)
    return landmarks.replace_strict(texts, classes, default=None, return_dtype=pl.String)
