"""Names of a package that load on first use, so that importing the package is quick."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Build the `__getattr__` of a package whose modules are imported only when one of their names is used.

    Parameters
    ----------
    package : str
        Name of the package, as in `__name__`.
    homes : mapping of str to str
        The public names that each module defines, separated by spaces.

    Returns
    -------
    callable
        Returns the object of a name; raises AttributeError for a name that is not in `homes`.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}

    def named(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(home_of[name]), name)

    return named
