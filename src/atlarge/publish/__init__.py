"""Publish: a report of one answer, and a static site of a whole store, safe by construction."""

from __future__ import annotations

from typing import Any

__all__ = ["Disclosed", "disclose", "export_charts", "publish", "report"]

_HOME = {
    "Disclosed": "atlarge.disclosure.table",
    "disclose": "atlarge.disclosure.table",
    "export_charts": "atlarge.publish.reports",
    "publish": "atlarge.publish.site",
    "report": "atlarge.publish.reports",
}


def __getattr__(name: str) -> Any:
    """The public names, loaded on first use."""
    import importlib

    if name not in _HOME:
        raise AttributeError(f"module 'atlarge.publish' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
