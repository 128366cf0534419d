"""The panel: place x period x measure, zero only where a release covers it, missing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.panel.areas import area_totals
    from atlarge.panel.catalogue import Measure, measure, measures
    from atlarge.panel.counting import panel
    from atlarge.panel.levels import NATION, PLACE_COLUMN, place_codes
    from atlarge.panel.result import Panel

__all__ = [
    "NATION",
    "PLACE_COLUMN",
    "Measure",
    "Panel",
    "area_totals",
    "measure",
    "measures",
    "panel",
    "place_codes",
]

__getattr__ = lazy_names(
    __name__,
    {
        "atlarge.panel.catalogue": "Measure measure measures",
        "atlarge.panel.counting": "panel",
        "atlarge.panel.levels": "NATION PLACE_COLUMN place_codes",
        "atlarge.panel.result": "Panel",
        "atlarge.panel.areas": "area_totals",
    },
)
