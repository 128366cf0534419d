"""Publish a report of one answer or a static site of a whole store; nothing undisclosed can be rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.disclosure.table import Disclosed, disclose
    from atlarge.publish.reports import export_charts, report
    from atlarge.publish.site import publish

__all__ = ["Disclosed", "disclose", "export_charts", "publish", "report"]

__getattr__ = lazy_names(
    __name__,
    {
        "atlarge.disclosure.table": "Disclosed disclose",
        "atlarge.publish.reports": "export_charts report",
        "atlarge.publish.site": "publish",
    },
)
