"""The families, found by listing the folder: a new family is one new file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from atlarge.errors import ReleaseError
from atlarge.releases import families as _folder
from atlarge.releases.family import Family


@cache
def families() -> dict[str, Family]:
    """All families by id, in the order of their ids."""
    found: dict[str, Family] = {}
    for module in pkgutil.iter_modules(_folder.__path__):
        loaded = importlib.import_module(f"{_folder.__name__}.{module.name}")
        made = getattr(loaded, "FAMILIES", None) or ([loaded.FAMILY] if hasattr(loaded, "FAMILY") else [])
        for one in made:
            if one.id in found:
                raise ValueError(f"two release families are called {one.id}")
            found[one.id] = one
    return dict(sorted(found.items()))


def family(name: str) -> Family:
    """One family; ReleaseError that lists them if there is none of that name."""
    known = families()
    if name not in known:
        raise ReleaseError(f"no release family {name!r}; there are: {', '.join(known)}")
    return known[name]


def recognise(header: frozenset[str]) -> Family | None:
    """The family that a header (in plain form) belongs to: the one that knows most of its columns."""
    matching = [one for one in families().values() if one.matches(header)]
    if not matching:
        return None
    return max(
        matching,
        key=lambda one: (
            len(header & one.plain_known),
            len(header & one.plain_known) / len(one.plain_known),
            one.id,
        ),
    )


def nearest(header: frozenset[str]) -> tuple[Family, list[str]] | None:
    """The family nearest to a header that is none's, and the columns it lacks; None if none is near."""
    scored = [
        (len(header & one.plain_known) / max(1, len(header | one.plain_known)), one.id, one)
        for one in families().values()
    ]
    share, _, one = max(scored)
    return (one, one.missing(header)) if share >= 0.3 else None
