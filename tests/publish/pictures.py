"""Does a chart show what its table says? Values are read back from the drawing by its own axis.

The axis is read from the printed ticks, the marks from their coordinates; nothing is taken from the code that
drew them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from atlarge.publish.render import Figure, Table
from atlarge.publish.svg import Drawing

PIXEL = 0.11  # coordinates are printed with one decimal
_NUMBER = re.compile(r"[+\u2212-]?\d[\d,]*(?:\.\d+)?")
_LINE = r'<path d="M([\d.-]+) ([\d.-]+)L([\d.-]+) ([\d.-]+)" class="c-(?:axis|grid)"/>'
_ACROSS = re.compile(_LINE + r'<text x="[^"]+" y="[^"]+" class="c-tick" text-anchor="end">([^<]+)</text>')
_DOWN = re.compile(_LINE + r'<text x="[^"]+" y="[^"]+" class="c-tick" text-anchor="middle">([^<]+)</text>')


def value_of(text: str) -> float:
    """A printed number: 1,234.5, +12 or with a typographic minus."""
    return float(text.replace(",", "").replace("\u2212", "-").replace("+", "").rstrip("×"))


def numbers_in(cell: object) -> list[float]:
    """The numbers of a cell of a table, in their order; none where it is hidden or empty."""
    text = str(cell)
    return [] if text.startswith(("<", "[")) else [value_of(found) for found in _NUMBER.findall(text)]


def slack_of(cell: object) -> float:
    """Half a unit of the last printed digit of a cell."""
    found = _NUMBER.findall(str(cell))
    digits = max((len(text.partition(".")[2]) for text in found), default=0)
    return float(0.5 * 10.0**-digits + 1e-9)


@dataclass(frozen=True)
class Axis:
    """Pixels to values, from two printed ticks."""

    pixel: float
    value: float
    step: float

    def at(self, pixel: float) -> float:
        """The value at a pixel."""
        return self.value + (pixel - self.pixel) * self.step

    @property
    def slack(self) -> float:
        """What the rounding of coordinates amounts to."""
        return abs(self.step) * PIXEL * 2


def axis_of(drawing: Drawing) -> tuple[Axis, bool]:
    """The value axis of a drawing, and whether it runs upwards."""
    across = [(float(y), value_of(text)) for _, y, _, _, text in _ACROSS.findall(drawing.marks)]
    down = [(float(x), text) for x, _, _, _, text in _DOWN.findall(drawing.marks)]
    ticks = across if len(across) > 1 else [(x, value_of(text)) for x, text in down]
    (a, first), (b, last) = ticks[0], ticks[-1]
    return Axis(a, first, (last - first) / (b - a)), len(across) > 1


def curve(drawing: Drawing, kind: str) -> list[tuple[float, float]]:
    """The points of a line of that class, lone dots included, from left to right."""
    left = min((float(x) for x, *_ in _ACROSS.findall(drawing.marks)), default=0.0)
    points = []
    for d in re.findall(rf'<path d="([^"]+)" class="{kind}"/>', drawing.marks):
        found = [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", d)]
        points += found if found[0][0] >= left else []  # the sample of a key stands before the axis
    dots = re.findall(rf'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="2" class="{kind} dot"/>', drawing.marks)
    return sorted(points + [(float(x), float(y)) for x, y in dots])


def levels(drawing: Drawing) -> list[float]:
    """The levels of the flat lines of a strip, from left to right."""
    axis, _ = axis_of(drawing)
    flat = [(a, y) for (a, y), (_, z) in _pairs(curve_pairs(drawing)) if y == z]
    return [axis.at(y) for _, y in sorted(flat)]


def curve_pairs(drawing: Drawing) -> list[list[tuple[float, float]]]:
    """The two ends of each line of a strip's levels and dates."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", d)]
        for d in re.findall(r'<path d="([^"]+)" class="c-band-line"/>', drawing.marks)
    ]


def _pairs(
    lines: list[list[tuple[float, float]]],
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    for line in lines:
        yield line[0], line[1]


def disagreements(figure: Figure) -> list[str]:
    """What a chart shows otherwise than its table, a line each: in the wide drawing and in the narrow one."""
    if figure.table is None:
        return [f"{figure.wide.title}: no table"]
    found = []
    for drawing in (figure.wide, figure.narrow):
        axis, is_upright = axis_of(drawing)
        if is_upright:
            found += _upright(drawing, axis, figure.table)
        elif 'class="c-bar"' in drawing.marks:
            found += _bars(drawing, axis, figure.table)
        else:
            found += _dots(drawing, axis, figure.table)
    return found


def _compared(name: str, axis: Axis, drawn: list[float], cells: list[object], part: int = 0) -> Iterator[str]:
    wanted = [(numbers_in(cell)[part], cell) for cell in cells if len(numbers_in(cell)) > part]
    if len(drawn) != len(wanted):
        yield f"{name}: {len(drawn)} drawn, {len(wanted)} in the table"
        return
    for pixel, (value, cell) in zip(drawn, wanted, strict=True):
        if abs(axis.at(pixel) - value) > axis.slack + slack_of(cell):
            yield f"{name}: drawn at {axis.at(pixel):.2f}, {cell} in the table"


def _upright(drawing: Drawing, axis: Axis, table: Table) -> Iterator[str]:
    columns = list(zip(*table.rows, strict=True))
    observed = [y for _, y in curve(drawing, "c-observed")]
    yield from _compared(f"{drawing.title}, observed", axis, observed, list(columns[1]))
    if 'class="c-expected"' in drawing.marks:
        expected = [y for _, y in curve(drawing, "c-expected")]
        yield from _compared(f"{drawing.title}, expected", axis, expected, list(columns[2]))
    band = re.findall(r'<path d="(M[^"]+Z)" class="c-band"/>', drawing.marks)
    if band and len(columns) > 2:
        high, low = [], []
        for piece in "".join(band).split("Z")[:-1]:
            ys = [float(y) for _, y in re.findall(r"([\d.-]+) ([\d.-]+)", piece)]
            xs = [float(x) for x, _ in re.findall(r"([\d.-]+) ([\d.-]+)", piece)]
            one = len(ys) == 4 and xs[1] - xs[0] < 4  # a lone point, drawn as wide as a line
            high += ys[: 1 if one else len(ys) // 2]
            low += ys[:2:-1] if one else ys[: len(ys) // 2 - 1 : -1]
        yield from _compared(f"{drawing.title}, low", axis, low, list(columns[-1]), 0)
        yield from _compared(f"{drawing.title}, high", axis, high, list(columns[-1]), 1)


def _bars(drawing: Drawing, axis: Axis, table: Table) -> Iterator[str]:
    bars = re.findall(
        r'<rect x="([\d.-]+)" y="[^"]+" width="([\d.]+)" height="16" class="c-(bar|up|down)"/>', drawing.marks
    )
    rows = [row for row in table.rows if numbers_in(row[1])]
    if len(bars) != len(rows):
        yield f"{drawing.title}: {len(bars)} bars, {len(rows)} rows"
        return
    for (_, width, kind), row in zip(bars, rows, strict=True):
        value = numbers_in(row[1])[0]
        size = float(width) * abs(axis.step)
        if abs(size - abs(value)) > max(axis.slack, 1.6 * abs(axis.step)) + slack_of(row[1]):
            yield f"{drawing.title}: a bar of {size:.1f}, {row[1]} in the table"
        if (kind == "down" and value > 0) or (kind == "up" and value < 0):
            yield f"{drawing.title}: a bar {kind}, {row[1]} in the table"


def _dots(drawing: Drawing, axis: Axis, table: Table) -> Iterator[str]:
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.-]+)" [^>]*class="c-dot"/>', drawing.marks)]
    yield from _compared(drawing.title, axis, dots, [row[1] for row in table.rows])
    lines = re.findall(r'<path d="M([\d.-]+) ([\d.-]+)L([\d.-]+) \2" class="c-whisker"/>', drawing.marks)
    wanted = []
    for row in table.rows:
        ends = numbers_in(row[2])
        if len(ends) == 1:  # the usual value beside that of the days
            ends = sorted([*numbers_in(row[1]), *ends])
        if len(ends) == 2:
            wanted.append((ends, max(slack_of(row[1]), slack_of(row[2]))))
    if len(lines) != len(wanted):
        yield f"{drawing.title}: {len(lines)} ranges, {len(wanted)} in the table"
        return
    for (a, _, b), (ends, slack) in zip(lines, wanted, strict=True):
        drawn = sorted((axis.at(float(a)), axis.at(float(b))))
        if any(abs(x - y) > axis.slack + slack for x, y in zip(drawn, ends, strict=True)):
            yield f"{drawing.title}: a range {drawn[0]:.1f} to {drawn[1]:.1f}, {ends} in the table"
