"""What several charts share: the things they mark, and the axes they stand on."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from atlarge.calendar import month_start, months_apart
from atlarge.disclosure.table import SMALL, WITHHELD, Counts
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Scale, days, line, tag, words

CHARACTER = 6.6
"""Mean width of a character of chart text, in pixels."""
BOLD = 1.08
"""How much wider bold text is."""

NARROW, HALF, WIDE = 340.0, 540.0, 720.0


@dataclass(frozen=True)
class Estimate:
    """What would have been expected: one value a period, with its band. Missing values are None."""

    label: str
    periods: tuple[dt.date, ...]
    expected: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    band_label: str = ""


@dataclass(frozen=True)
class PolicyMark:
    """A dated decision of the place, as drawn on a time axis; a bar says how long it limits cooperation."""

    name: str
    announced: dt.date | None
    effective: dt.date
    ended: dt.date | None
    limits: bool = True


@dataclass(frozen=True)
class BreakMark:
    """A day on which a series changes its meaning or source; `label` in a word or two, `text` in full."""

    day: dt.date
    label: str
    text: str


@dataclass(frozen=True)
class Burst:
    """A surge, as drawn on a time axis; `text` says it in a few words and holds no hidden count."""

    start: dt.date
    end: dt.date
    text: str
    rank: int = 1


@dataclass(frozen=True)
class ReportMark:
    """The days that a published report is about, as drawn on a time axis."""

    start: dt.date
    end: dt.date
    text: str


def text_width(text: str) -> float:
    """Rough width of chart text, in pixels."""
    return len(text) * CHARACTER


def lanes(items: Sequence[tuple[float, str, str]], right: float, top: float, most: int) -> str:
    """Labels above the plot, each by its x: as few lanes as keep them apart; those past `most` are dropped.

    An item is (x, text, class). Labels start at their x, or end there when the plot's edge is near.
    """
    ends = [-1e9] * most
    marks = []
    for x, text, kind in sorted(items):
        wide = text_width(text) * BOLD
        start = x + 3 if x + 3 + wide <= right else max(2.0, min(x - 3, right) - wide)
        free = next((i for i, end in enumerate(ends) if start > end + 8), None)
        if free is None:
            continue
        ends[free] = start + wide
        marks.append(words(start, top + 15 * free, text, kind))
    return "".join(marks)


def value_axis(scale: Scale, values: Sequence[float], left: float, right: float, w: Words) -> str:
    """Light horizontal grid lines with their values at the left; the zero line is the axis."""
    marks = []
    for value in values:
        y = scale(value)
        marks.append(line(left, y, right, y, "c-axis" if value == 0 else "c-grid"))
        marks.append(words(left - 6, y + 4, w.count(value, 0 if value == int(value) else 1), "c-tick", "end"))
    return "".join(marks)


def time_axis(scale: Scale, y: float, w: Words) -> str:
    """Years, and months where there is room, under the plot."""
    first = dt.date.fromordinal(int(scale.first))
    last = dt.date.fromordinal(int(scale.last))
    months = max(1, months_apart(first, last))
    pixels = abs(scale.end - scale.start) / months
    step = next((s for s in (1, 2, 3, 6, 12, 24) if s * pixels >= 46), 24)
    start = dt.date(first.year, 1, 1)
    marks = []
    for index in range(0, months + 25, step):
        day = month_start(start, index)
        if not first <= day <= last:
            continue
        x = scale(days(day))
        is_year = day.month == 1
        marks.append(line(x, y, x, y + (7 if is_year else 4), "c-axis"))
        label = str(day.year) if is_year else w.month(day).split()[0]
        if x + text_width(label) / 2 <= scale.end + 4:
            marks.append(words(x, y + 20, label, "c-strong" if is_year else "c-tick", "middle"))
    return "".join(marks)


def break_marks(scale: Scale, top: float, bottom: float, breaks: Sequence[BreakMark]) -> str:
    """A broken line for each break within the plot, with its label beside it and its words on hover."""
    marks: list[str] = []
    taken: list[tuple[float, float]] = []
    for one in breaks:
        x = scale(days(one.day))
        if not scale.start < x < scale.end:
            continue
        wide = text_width(one.label)
        is_left = x + wide + 8 > scale.end
        at = (x - 4, "end") if is_left else (x + 4, "start")
        start = at[0] - wide if is_left else at[0]
        above = sum(start < b + 6 and start + wide > a - 6 for a, b in taken)
        taken.append((start, start + wide))
        title = tag("title", escape(one.text))
        marks.append(tag("g", title + line(x, top, x, bottom, "c-break"), class_="c-break-group"))
        marks.append(words(at[0], bottom - 6 - 15 * above, one.label, "c-tick", at[1]))
    return "".join(marks)


def apart(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Positions near those wanted but at least `gap` apart, within top..bottom; the order is kept."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    last = top - gap
    for i in order:
        last = max(wanted[i], last + gap)
        placed[i] = last
    limit = bottom
    for i in reversed(order):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - gap
    return placed


def wrapped(text: str, room: float) -> list[str]:
    """Wrap a text to lines no wider than the space available, as far as its words allow."""
    most = max(1, int(room / CHARACTER))
    return textwrap.wrap(text, most, break_long_words=False, break_on_hyphens=False) or [""]


def hover(x1: float, x2: float, top: float, bottom: float, text: str) -> str:
    """An invisible strip of a chart that shows a text on hover."""
    note = tag("title", escape(text, quote=False))
    return tag("rect", note, x=x1, width=x2 - x1, class_="c-hit", y=top, height=bottom - top)


def key_rows(items: Sequence[tuple[str, str]]) -> str:
    """A key above a narrow chart, one line a row."""
    return "".join(
        key_swatch(2, 14 + 19 * i, kind) + words(26, 14 + 19 * i, text, "c-tick")
        for i, (text, kind) in enumerate(items)
    )


def key_swatch(x: float, y: float, kind: str) -> str:
    """A short sample of a line or band, for a key."""
    if kind == "c-band":
        return tag("rect", x=x, y=y - 8, width=18, height=9, class_=kind)
    return line(x, y - 4, x + 18, y - 4, kind)


def cell(counts: Counts, index: int, w: Words) -> str:
    """One cell of a series as words."""
    value, mark = counts.values[index], counts.marks[index]
    if mark == SMALL:
        return f"<{counts.threshold}"
    if value is None:
        return w("cell.withheld") if mark == WITHHELD else w("cell.uncovered")
    return w.count(value)
