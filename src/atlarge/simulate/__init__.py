"""Simulated data whose answers are known: panels for studies, releases for tests of the whole tool."""

from __future__ import annotations

from atlarge.simulate.panels import Draw, Population, draw_world, draw_worlds
from atlarge.simulate.records import Simulated, simulate
from atlarge.simulate.world import World

__all__ = ["Draw", "Population", "Simulated", "World", "draw_world", "draw_worlds", "simulate"]
