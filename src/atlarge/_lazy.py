"""Names of a package that load on first use, so that importing the package is quick."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package whose public names live in modules that are imported on first use.

    Parameters
    ----------
    package
        Name of the package, as in `__name__`.
    homes
        For each public name the module that defines it.

    Returns
    -------
    callable
        Gives the object of a name; raises AttributeError for a name that is not in `homes`.
    """

    def named(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    return named
