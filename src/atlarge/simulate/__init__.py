"""Simulated data whose answers are known: panels for studies, releases for tests of the whole tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.simulate.panels import Draw, Population, draw_world, draw_worlds
    from atlarge.simulate.records import Simulated, simulate
    from atlarge.simulate.world import World

__all__ = ["Draw", "Population", "Simulated", "World", "draw_world", "draw_worlds", "simulate"]

__getattr__ = lazy_names(
    __name__,
    {
        "Draw": "atlarge.simulate.panels",
        "Population": "atlarge.simulate.panels",
        "Simulated": "atlarge.simulate.records",
        "World": "atlarge.simulate.world",
        "draw_world": "atlarge.simulate.panels",
        "draw_worlds": "atlarge.simulate.panels",
        "simulate": "atlarge.simulate.records",
    },
)
