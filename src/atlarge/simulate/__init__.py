"""Simulated data whose answers are known: panels for studies, releases for tests of the whole tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.simulate.panels import Draw, Population, draw_world, draw_worlds
    from atlarge.simulate.recent import Recent, recent_world, simulate_recent
    from atlarge.simulate.records import Simulated, simulate
    from atlarge.simulate.world import World

__all__ = [
    "Draw",
    "Population",
    "Recent",
    "Simulated",
    "World",
    "draw_world",
    "draw_worlds",
    "recent_world",
    "simulate",
    "simulate_recent",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Draw": "atlarge.simulate.panels",
        "Population": "atlarge.simulate.panels",
        "Recent": "atlarge.simulate.recent",
        "Simulated": "atlarge.simulate.records",
        "World": "atlarge.simulate.world",
        "draw_world": "atlarge.simulate.panels",
        "draw_worlds": "atlarge.simulate.panels",
        "recent_world": "atlarge.simulate.recent",
        "simulate": "atlarge.simulate.records",
        "simulate_recent": "atlarge.simulate.recent",
    },
)
