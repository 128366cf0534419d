"""Schemes: how an apprehension method is read as at large, custodial or other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from atlarge.errors import QuestionError
from atlarge.files import shipped_yaml


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
    known = schemes()
    if name not in known:
        raise QuestionError(f"no scheme {name!r}; there are: {', '.join(known)}")
    return known[name]
