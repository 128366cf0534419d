"""The words that the drafting rules go by, for each language an article may be written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from atlarge.files import shipped_yaml

FILES = {"en": "english.yaml", "es": "spanish.yaml"}


@dataclass(frozen=True)
class Language:
    """One language's vocabulary, as sets and compiled patterns."""

    code: str

    @cached_property
    def data(self) -> dict[str, Any]:
        """The vocabulary as its file has it."""
        return vocabulary(self.code)

    def words(self, name: str) -> frozenset[str]:
        """A list of the vocabulary as a set of lower-case words."""
        return _words(self.code, name)

    def phrases(self, name: str) -> dict[str, list[tuple[str, ...]]]:
        """A list of phrases by their first word, the longest first; all in lower case."""
        return _phrases(self.code, name)

    def has(self, name: str, text: str) -> bool:
        """Whether any of the patterns of a list is in a text; case does not matter."""
        return any(pattern.search(text) for pattern in _patterns(self.code, name))

    def first(self, name: str, text: str) -> re.Match[str] | None:
        """The first match in a text, by position, of any of the patterns of a list."""
        found = [m for pattern in _patterns(self.code, name) if (m := pattern.search(text))]
        return min(found, key=lambda m: m.start(), default=None)

    def all(self, name: str, text: str) -> list[re.Match[str]]:
        """Every match in a text of the patterns of a list, by position, overlapping ones left out."""
        found = [m for pattern in _patterns(self.code, name) for m in pattern.finditer(text)]
        kept: list[re.Match[str]] = []
        for match in sorted(found, key=lambda m: (m.start(), -m.end())):
            if not kept or match.start() >= kept[-1].end():
                kept.append(match)
        return kept


@cache
def vocabulary(code: str = "en") -> dict[str, Any]:
    """What the drafting rules go by in a language."""
    return dict(shipped_yaml(__package__, FILES[code]))


@cache
def _lists() -> dict[str, Any]:
    return dict(shipped_yaml(__package__, "lists.yaml"))


def word_list(name: str) -> frozenset[str]:
    """A list of `lists.yaml`, as it is written there."""
    return frozenset(_lists()[name])


def word_table(name: str) -> dict[str, Any]:
    """A table of `lists.yaml`; a pair is a tuple."""
    return {key: tuple(v) if isinstance(v, list) else v for key, v in _lists()[name].items()}


@cache
def _words(code: str, name: str) -> frozenset[str]:
    return frozenset(str(word).lower() for word in vocabulary(code).get(name, []))


@cache
def _phrases(code: str, name: str) -> dict[str, list[tuple[str, ...]]]:
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for phrase in vocabulary(code).get(name, []):
        parts = tuple(str(phrase).lower().split())
        by_first.setdefault(parts[0], []).append(parts)
    return {first: sorted(group, key=len, reverse=True) for first, group in by_first.items()}


@cache
def _patterns(code: str, name: str) -> tuple[re.Pattern[str], ...]:
    return compiled(vocabulary(code).get(name, []))


def compiled(patterns: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Patterns that ignore case, with either apostrophe for the curly one."""
    return tuple(re.compile(re.sub(r"(?<!\[)’", "['’]", pattern), re.IGNORECASE) for pattern in patterns)


@cache
def language(code: str = "en") -> Language:
    """A language by its code."""
    return Language(code)


def language_of(text: str) -> Language:
    """The language whose small words a text has most of; English when it has none."""
    seen = re.findall(r"[^\W\d_]+", text.lower())[:2000]
    counts = {code: sum(word in _words(code, "function_words") for word in seen) for code in FILES}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    return language(best)
