"""Schemes: how an apprehension method is read as at large, custodial or other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from atlarge.arguments import one_of
from atlarge.files import shipped_yaml

WIDER = {
    "at_large": ("LOCATED", "AT-LARGE", "AT-LARGE ARREST"),
    "custodial": ("CAP ", "CUSTODIAL", "CUSTODIAL ARREST", "CRIMINAL ALIEN PROGRAM"),
}
"""By category, how the agency's own words begin and the wider words that files have instead."""
WIDER_WORDS = frozenset(word for _, *words in WIDER.values() for word in words)
AS_RECORDED = "method_as_recorded"
"""What a file lacks whose methods are wider words alone: in them no method differs from another."""


@dataclass(frozen=True)
class Scheme:
    """One published reading of apprehension methods."""

    name: str
    title: str
    source: str
    unlisted: str
    categories: dict[str, tuple[str, ...]]

    def methods(self, category: str) -> tuple[str, ...]:
        """Methods listed under a category; empty if the scheme has none."""
        return self.categories.get(category, ())

    @property
    def listed(self) -> tuple[str, ...]:
        """Every method that the scheme lists, in its order."""
        return tuple(m for methods in self.categories.values() for m in methods)


@cache
def schemes() -> dict[str, Scheme]:
    """All schemes by name."""
    return {
        name: Scheme(
            name,
            about["title"],
            about["source"],
            about["unlisted"],
            {category: tuple(methods) for category, methods in about["categories"].items()},
        )
        for name, about in shipped_yaml(__package__, "schemes.yaml").items()
    }


def scheme(name: str) -> Scheme:
    """One scheme; QuestionError if there is none of that name."""
    return schemes()[one_of(name, schemes(), "scheme")]


def is_recoded(methods: set[str]) -> bool:
    """Whether a newsroom's wider words stand for every method."""
    return bool(methods) and {method.upper() for method in methods} <= WIDER_WORDS


def in_wider_words(method: pl.Expr) -> pl.Expr:
    """Methods as newsrooms recode them: custodial, or else at large; null stays null."""
    custodial = [one.upper() for one in scheme("biglocal").methods("custodial")]
    is_custodial = method.str.to_uppercase().is_in(custodial)
    return pl.when(is_custodial).then(pl.lit("CUSTODIAL")).when(method.is_not_null()).then(pl.lit("AT-LARGE"))


def _key(method: str) -> str:
    return "".join(c for c in method.casefold() if c.isalnum())


@cache
def _spellings() -> dict[str, str]:
    """The agency's spelling of every method known, by its letters and digits alone."""
    listed = [method for one in schemes().values() for method in one.listed]
    return {_key(method): method for method in [*shipped_yaml(__package__, "methods.yaml"), *listed]}


def spelled(methods: pl.Series, words: list[str]) -> tuple[pl.Series, dict[str, int]]:
    """Methods in the agency's spelling, whatever the capitals and blanks of a file, and the rows of each
    value that is none of its methods. `words`: the distinct ones."""
    found = {word: _spellings().get(_key(word)) for word in words}
    changed = {word: own for word, own in found.items() if own is not None and own != word}
    unknown = {word: int(methods.is_in([word]).sum()) for word, own in found.items() if own is None}
    return (methods.replace(list(changed), list(changed.values())) if changed else methods), unknown
