"""atlarge: what happens to immigration enforcement in a place when it changes how far it cooperates.

The public API is the dozen names below. They load on first use, so that `import atlarge` is quick.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atlarge.claims import check
    from atlarge.detainers import detainer_report
    from atlarge.explain import explain
    from atlarge.ingest import ingest
    from atlarge.panel import panel
    from atlarge.places import resolve
    from atlarge.publish import publish
    from atlarge.records.store import open_store
    from atlarge.simulate import simulate
    from atlarge.surges import find_surges

__version__ = "0.2.0"

_HOMES = {
    "open_store": "atlarge.records.store",
    "ingest": "atlarge.ingest",
    "resolve": "atlarge.places",
    "panel": "atlarge.panel",
    "detainer_report": "atlarge.detainers",
    "find_surges": "atlarge.surges",
    "explain": "atlarge.explain",
    "check": "atlarge.claims",
    "simulate": "atlarge.simulate",
    "publish": "atlarge.publish",
}

__all__ = [
    "__version__",
    "check",
    "detainer_report",
    "explain",
    "find_surges",
    "ingest",
    "open_store",
    "panel",
    "publish",
    "resolve",
    "simulate",
]


class _Package(types.ModuleType):
    """Keeps `atlarge.panel` and the like the function, although a package of that name is imported.

    Importing the five packages first and freeing their names would do the same, but then the three rooms that
    stand alone would load others with them.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


# Not by `atlarge._lazy`, as in the packages below: importing a room that stands alone imports this file too.
def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'atlarge' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
