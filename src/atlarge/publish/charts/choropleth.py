"""The county map: one path a county; a small script of the site recolours it as the slider moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from atlarge.publish import geometry
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, tag


def choropleth(classes: Mapping[str, str], *, w: Words, title: str, sentence: str) -> Drawing:
    """Counties coloured by class ("q0".."q5", "qx" hidden, "qn" no data); thin state borders on top.

    `classes` maps the FIPS code to its class; counties left out have no data.
    """
    shapes = geometry.counties()
    counties = "".join(
        f'<path id="c{fips}" class="{classes.get(fips, "qn")}" d="{d}"/>' for fips, d in shapes.items() if d
    )
    borders = tag("path", d="".join(geometry.states().values()), class_="m-state")
    half = f'<g transform="scale(.5)"><g class="m-counties">{counties}</g>{borders}</g>'
    return Drawing(geometry.WIDTH, geometry.HEIGHT, half, title, sentence)


def cuts(values: Sequence[float]) -> list[float]:
    """Five round borders of classes for rates: fifths of the values, rounded to two figures, increasing."""
    ordered = sorted(v for v in values if v > 0)
    if not ordered:
        return [1.0, 2.0, 5.0, 10.0, 20.0]
    found: list[float] = []
    for k in range(1, 6):
        value = ordered[min(len(ordered) - 1, (k * len(ordered)) // 6)]
        rounded = float(f"{value:.2g}")
        found.append(max(rounded, found[-1] * 1.01 if found else 0.1))
    return [float(f"{v:.2g}") for v in found]
