"""The panel: place x period x measure, zero only where a release covers it, missing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.panel.areas import area_totals
    from atlarge.panel.counting import (
        NATION,
        PLACE_COLUMN,
        Measure,
        Panel,
        measure,
        measures,
        panel,
        place_codes,
    )

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
        "atlarge.panel.counting": "NATION PLACE_COLUMN Measure Panel measure measures panel place_codes",
        "atlarge.panel.areas": "area_totals",
    },
)
