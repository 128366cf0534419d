"""The few parts that every chart is drawn with: escaped elements, scales, ticks, numbers and dates.

Colours and fonts come from classes in `static/charts.css`, so that a chart follows the page into dark
mode and print. `standalone` puts the same classes, with the light colours written out, into the file.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from importlib.resources import as_file, files
from pathlib import Path

from atlarge.files import shipped_text

LONE = 1.5
FONT = "Source Sans 3"  # in static/fonts, under the SIL Open Font License


def number(value: float) -> str:
    """A coordinate: at most one decimal, no trailing zero."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


@cache
def _named(key: str) -> str:
    """The name of an attribute from that of an argument: text_anchor gives text-anchor, class_ class."""
    return key.rstrip("_").replace("_", "-")


_SPECIAL = re.compile("[&<>\"']").search


def tag(name: str, content: str = "", **attributes: str | float | None) -> str:
    """One element. Attribute values are escaped; `content` is markup already. `_` stands for `-`."""
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        if isinstance(value, str):
            text = escape(value) if _SPECIAL(value) else value
        else:
            text = number(value)
        parts.append(f'{_named(key)}="{text}"')
    return f"<{' '.join(parts)}>{content}</{name}>" if content else f"<{' '.join(parts)}/>"


def words(x: float, y: float, text: str, kind: str, anchor: str | None = None) -> str:
    """A line of text; the text is escaped."""
    shown = escape(text, quote=False) if _SPECIAL(text) else text
    return tag("text", shown or " ", x=x, y=y, class_=kind, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return tag("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", class_=kind)


def path(points: Iterable[tuple[float, float | None]], kind: str) -> str:
    """A line through the points; a point without a y breaks it. A lone point becomes a dot."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    pieces, dots = [], []
    for run in runs:
        if len(run) == 1:
            dots.append(tag("circle", cx=run[0][0], cy=run[0][1], r=2, class_=f"{kind} dot"))
        elif run:
            pieces.append("M" + "L".join(f"{number(x)} {number(y)}" for x, y in run))
    return (tag("path", d="".join(pieces), class_=kind) if pieces else "") + "".join(dots)


def area(xs: Sequence[float], low: Sequence[float | None], high: Sequence[float | None], kind: str) -> str:
    """A band between two lines, broken where either is missing; a lone point has a band as wide as a line."""
    pieces, run = [], []
    for x, a, b in [*zip(xs, low, high, strict=True), (0.0, None, None)]:
        if a is not None and b is not None:
            run.append((x, a, b))
            continue
        if len(run) == 1:
            run = [(run[0][0] + shift, *run[0][1:]) for shift in (-LONE, LONE)]
        if run:
            there = "L".join(f"{number(x)} {number(b)}" for x, _, b in run)
            back = "L".join(f"{number(x)} {number(a)}" for x, a, _ in reversed(run))
            pieces.append(f"M{there}L{back}Z")
        run = []
    return tag("path", d="".join(pieces), class_=kind) if pieces else ""


@dataclass(frozen=True)
class Scale:
    """Data to pixels, straight."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value stands."""
        span = self.last - self.first or 1.0
        return self.start + (value - self.first) / span * (self.end - self.start)

    def maybe(self, value: float | None) -> float | None:
        """The pixel of a value that may be missing."""
        return None if value is None or not math.isfinite(value) else self(value)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round values that span low..high, near the requested number."""
    if high <= low:
        high = low + 1
    rough = (high - low) / max(about, 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= rough - 1e-12)
    if high - low >= 4 and step == 2.5:  # counts: no halves
        step = 5.0 if rough > 2.5 else 2.0
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def days(day: dt.date) -> float:
    """A date on the time scale."""
    return float(day.toordinal())


@cache
def style() -> str:
    """The chart style sheet as written, with its custom properties."""
    return shipped_text("atlarge.publish", "static/charts.css")


@cache
def plain_style() -> str:
    """The chart style sheet with the light colours written out, for files that stand alone."""
    text = re.sub(r"/\*.*?\*/", "", style(), flags=re.S)
    root = re.search(r":root\s*\{(.*?)\}", text, flags=re.S)
    colours = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", root.group(1))) if root else {}
    text = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", text)
    text = re.sub(r":root[^{]*\{[^}]*\}", "", text)
    text = re.sub(r"var\((--[\w-]+)\)", lambda m: colours[m.group(1)].strip(), text)
    return re.sub(r"\s+", " ", text).strip()


@dataclass(frozen=True)
class Drawing:
    """A finished chart: its marks and size, its title, and the sentence that says what it shows."""

    width: float
    height: float
    marks: str
    title: str = ""
    sentence: str = ""

    def named(self, title: str, sentence: str) -> Drawing:
        """The same chart under a title, with the sentence that says what it shows."""
        return replace(self, title=title, sentence=sentence)

    def _open(self, extra: str = "", size: bool = False) -> str:
        box = f'viewBox="0 0 {number(self.width)} {number(self.height)}"'
        wide = f' width="{number(self.width)}" height="{number(self.height)}"' if size else ""
        label = escape(f"{self.title}. {self.sentence}")
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box}{wide} role="img" aria-label="{label}"{extra}>'

    def inline(self, kind: str = "") -> str:
        """Markup for a page whose style sheet holds the chart classes; the templates call it."""
        name = f' class="chart {kind}"' if kind else ' class="chart"'
        return f"{self._open(name)}{self.marks}</svg>"

    def standalone(self) -> str:
        """A whole SVG file in light colours, with its heading, on white."""
        head = 34.0
        title, sentence, css = (escape(t, quote=False) for t in (self.title, self.sentence, plain_style()))
        body = (
            f"<title>{title}</title><desc>{sentence}</desc><style>{css}</style>"
            + tag("rect", width=self.width, height=self.height + head, fill="#ffffff")
            + words(4, 22, self.title, "c-title")
            + f'<g class="chart" transform="translate(0 {number(head)})">{self.marks}</g>'
        )
        tall = replace(self, height=self.height + head)
        return f"{tall._open(size=True)}{body}</svg>\n"

    def png(self, scale: float = 2.0) -> bytes:
        """The standalone chart as PNG, `scale` pixels a unit."""
        return to_png(self.standalone(), scale)


def font_file(weight: str) -> AbstractContextManager[Path]:
    """The file of the font that ships with the package, Regular or Bold."""
    return as_file(files("atlarge.publish").joinpath("static", "fonts", f"SourceSans3-{weight}.ttf"))


def to_png(svg: str, scale: float = 1.0) -> bytes:
    """An SVG file as PNG, its text in the font that ships with the package."""
    import resvg_py

    with font_file("Regular") as regular, font_file("Bold") as bold:
        picture = resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=scale,
            skip_system_fonts=True,
            font_files=[str(regular), str(bold)],
            font_family=FONT,
            sans_serif_family=FONT,
            serif_family=FONT,
        )
    return bytes(picture)
