"""The county map: one path a county; a small script of the site recolours it as the slider moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from atlarge.files import shipped_text
from atlarge.publish import geometry
from atlarge.publish.svg import Drawing, tag

PATTERNS = {"qs": "p-small", "qx": "p-withheld", "qr": "p-norate"}
"""Classes that are drawn with a pattern, so that they stay apart in both themes and in print."""

PATTERN_DEFS = shipped_text("atlarge.publish", "static/patterns.svg")


def choropleth(classes: Mapping[str, str]) -> Drawing:
    """Counties coloured by class; thin state borders on top.

    `classes` maps the FIPS code to its class: q0 none, q1..q5 by rate, qs under the threshold, qx withheld,
    qr without a rate, qn no record. Counties left out are qn.
    """
    shapes = geometry.counties()
    counties = "".join(_county(fips, d, classes.get(fips, "qn")) for fips, d in shapes.items() if d)
    borders = tag("path", d="".join(geometry.states().values()), class_="m-state")
    inner = (
        f'<g class="m-zoom"><g transform="scale(.5)"><g class="m-counties">{counties}</g>{borders}</g></g>'
    )
    return Drawing(geometry.WIDTH, geometry.HEIGHT, PATTERN_DEFS + inner)


def shapes() -> dict[str, Any]:
    """What a page needs to draw the counties itself: size, paths by FIPS in half-units, state borders."""
    return {
        "size": [geometry.WIDTH, geometry.HEIGHT],
        "counties": {fips: d for fips, d in geometry.counties().items() if d},
        "borders": "".join(geometry.states().values()),
    }


def _county(fips: str, d: str, kind: str) -> str:
    fill = f' fill="url(#{PATTERNS[kind]})"' if kind in PATTERNS else ""
    return f'<path id="c{fips}" class="{kind}"{fill} d="{d}"/>'


def swatch(kind: str) -> str:
    """A sample of a class for the key of the map."""
    fill = f' fill="url(#{PATTERNS[kind]})"' if kind in PATTERNS else ""
    return (
        '<svg viewBox="0 0 36 24" width="18" height="12" aria-hidden="true">'
        f'<rect width="36" height="24" class="{kind}"{fill}/></svg>'
    )


def cuts(values: Sequence[float]) -> list[float]:
    """Four round borders of five classes: fifths of the values, rounded to two figures, increasing."""
    ordered = sorted(v for v in values if v > 0)
    if not ordered:
        return [1.0, 2.0, 5.0, 10.0]
    found: list[float] = []
    for k in range(1, 5):
        value = ordered[min(len(ordered) - 1, (k * len(ordered)) // 5)]
        rounded = float(f"{value:.2g}")
        found.append(max(rounded, found[-1] * 1.01 if found else 0.001))
    return [float(f"{v:.2g}") for v in found]
