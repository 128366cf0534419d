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
        "atlarge.simulate.panels": "Draw Population draw_world draw_worlds",
        "atlarge.simulate.recent": "Recent recent_world simulate_recent",
        "atlarge.simulate.records": "Simulated simulate",
        "atlarge.simulate.world": "World",
    },
)
