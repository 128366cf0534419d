"""County and state borders for the map: us-atlas 3.0.1, simplified by `tools/counties_map.py`.

The licence lies beside the file.

Source: https://github.com/topojson/us-atlas, version 3.0.1 (ISC licence, Copyright 2013-2019 Michael
Bostock), from the Census Bureau's cartographic boundary files, 2017 edition (public domain).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from atlarge.files import shipped_text

WIDTH, HEIGHT = 975, 610


@cache
def _shapes() -> dict[str, Any]:
    return dict(json.loads(shipped_text(__package__, "counties.json")))


def _ring(numbers: list[int], arcs: list[list[int]]) -> str:
    """One ring as relative path commands in half-units; a ring that has shrunk to nothing gives ""."""
    steps: list[int] = []
    start: tuple[int, int] | None = None
    for number in numbers:
        arc = arcs[number if number >= 0 else ~number]
        if number < 0:
            x = arc[0] + sum(arc[2::2])
            y = arc[1] + sum(arc[3::2])
            pairs = [(-arc[i], -arc[i + 1]) for i in range(len(arc) - 2, 0, -2)]
        else:
            x, y = arc[0], arc[1]
            pairs = [(arc[i], arc[i + 1]) for i in range(2, len(arc), 2)]
        start = start or (x, y)
        for pair in pairs:
            steps += pair
    if start is None or len(steps) < 6:
        return ""
    text = "".join(f" {v}" if v >= 0 and i else f"{v}" for i, v in enumerate(steps[:-2]))
    return f"m{start[0]} {start[1]}l{text}z".replace(" -", "-")


def _paths(kind: str) -> dict[str, str]:
    shapes = _shapes()
    paths = {}
    for code, rings in shapes[kind].items():
        pieces = [p for p in (_ring(ring, shapes["arcs"]) for ring in rings) if p]
        # Each ring starts anew from the origin: an absolute move undoes the relative one before it.
        paths[code] = "".join(p.replace("m", "M", 1) for p in pieces)
    return paths


@cache
def counties() -> dict[str, str]:
    """Path of each county by FIPS code, in half-units of a 975 x 610 drawing (scale by 0.5)."""
    return _paths("counties")


@cache
def states() -> dict[str, str]:
    """Path of each state by its two-digit FIPS code, in half-units."""
    return _paths("states")
