"""atlarge: what happens to immigration enforcement in a place when it changes how far it cooperates.

The public API is the dozen names below. They load on first use, so that `import atlarge` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
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

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'atlarge' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
