"""Build the map's `counties.json` from us-atlas: `python tools/counties_map.py counties-albers-10m.json`.

Borders are simplified arc by arc (Visvalingam and Whyatt, 1993), so that neighbours keep one border, and
rounded to half a unit of the 975 x 610 Albers drawing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

GRID = 2
"""Steps a drawing unit: coordinates are whole half-units."""

LEAST_AREA = 1.6
"""Triangles smaller than this (square half-units) are flattened."""

Point = tuple[float, float]


def _decoded(topology: dict[str, Any]) -> list[list[Point]]:
    """Arcs as points in half-units."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append(((x * scale[0] + shift[0]) * GRID, (y * scale[1] + shift[1]) * GRID))
        arcs.append(points)
    return arcs


def _simplified(points: list[Point], least: float) -> list[Point]:
    """Drop the point of the smallest triangle until none is below `least`; the ends stay."""
    kept = list(points)
    while len(kept) > 2:
        areas = [
            abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2
            for a, b, c in zip(kept, kept[1:], kept[2:], strict=False)
        ]
        smallest = min(areas)
        if smallest >= least or (kept[0] == kept[-1] and len(kept) <= 5):
            break
        del kept[areas.index(smallest) + 1]
    return kept


def _rounded(points: list[Point]) -> list[int]:
    """Whole half-units: the first point, then steps; steps of nothing are left out."""
    x, y = (round(v) for v in points[0])
    out = [x, y]
    for px, py in points[1:]:
        nx, ny = round(px), round(py)
        if (nx, ny) != (x, y):
            out += [nx - x, ny - y]
            x, y = nx, ny
    return out


def _rings(geometry: dict[str, Any]) -> list[list[int]]:
    """Rings of arc numbers of a polygon or of several."""
    if geometry["type"] == "Polygon":
        return [list(ring) for ring in geometry["arcs"]]
    return [list(ring) for polygon in geometry["arcs"] for ring in polygon]


def make(topology: dict[str, Any]) -> dict[str, Any]:
    """The vendored form: arcs, and rings of arc numbers by county and state FIPS."""
    arcs = [_rounded(_simplified(arc, LEAST_AREA)) for arc in _decoded(topology)]
    objects = topology["objects"]
    return {
        "grid": GRID,
        "width": 975,
        "height": 610,
        "arcs": arcs,
        **{
            kind: {g["id"]: _rings(g) for g in sorted(objects[kind]["geometries"], key=lambda g: g["id"])}
            for kind in ("counties", "states")
        },
    }


def main() -> None:
    """Read the us-atlas file named on the command line; write `counties.json` beside this module."""
    topology = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    target = Path(__file__).resolve().parents[1] / "src/atlarge/publish/geometry/counties.json"
    target.write_text(json.dumps(make(topology), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
