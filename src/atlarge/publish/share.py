"""The picture of a place that a link carries along: name, numbers, a small chart; 600 x 315."""

from __future__ import annotations

from atlarge.publish import charts
from atlarge.publish.disclosure import Counts
from atlarge.publish.i18n import Words
from atlarge.publish.svg import plain_style, tag, words

WIDTH, HEIGHT = 600.0, 315.0
_STYLE = (
    'text.s-name{font:bold 30px "Liberation Sans",Arial,sans-serif;fill:#16202a}'
    'text.s-line{font:15px "Liberation Sans",Arial,sans-serif;fill:#53606c}'
    'text.s-brand{font:bold 14px "Liberation Sans",Arial,sans-serif;fill:#b23c00}'
)


def _fitted(name: str) -> str:
    return name if len(name) <= 36 else name[:35].rstrip() + "…"


def share_svg(name: str, line: str, series: list[Counts], w: Words) -> str:
    """The picture as SVG. `series` are disclosed counts by fiscal year; the first is drawn.

    Few words: a letter costs a tenth of a millisecond to draw, and there are thousands of pictures.
    """
    chart = ""
    if series:
        drawn = charts.years(
            series[:1], w=w, title=name, sentence=line, width=552.0, height=200.0, is_bare=True
        )
        chart = drawn.marks
    marks = (
        tag("rect", width=WIDTH, height=HEIGHT, fill="#ffffff")
        + tag("rect", width=WIDTH, height=6, fill="#b23c00")
        + words(24, 48, _fitted(name), "s-name")
        + words(24, 74, line, "s-line")
        + f'<g class="chart" transform="translate(24 80)">{chart}</g>'
        + words(24, 303, "atlarge", "s-brand")
    )
    style = (plain_style() + _STYLE).replace("<", "&lt;")
    size = f'width="{WIDTH:.0f}" height="{HEIGHT:.0f}" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>{marks}</svg>'
