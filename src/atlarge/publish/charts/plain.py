"""Small charts of a place page: fiscal years side by side, and which months the records cover."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from atlarge.calendar import month_start
from atlarge.disclosure.table import SMALL, Counts
from atlarge.publish.charts.parts import (
    NARROW,
    BreakMark,
    apart,
    break_marks,
    cell,
    hover,
    key_rows,
    text_width,
    time_axis,
    value_axis,
)
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, days, path, tag, ticks, words

_FILLS = ("c-observed-fill", "c-second-fill", "c-third-fill")


def years(
    whole: Counts,
    parts: Sequence[Counts],
    *,
    w: Words,
    partial: Collection[dt.date] = (),
    width: float = 720.0,
    height: float = 250.0,
) -> Drawing:
    """One bar a fiscal year, of its parts on top of each other, with the count of all above it.

    Where parts of a year are hidden, the others stand at the foot of a box that is open above them and as
    tall as the whole; where the whole is hidden too, a mark says so. Years in `partial` are covered in part:
    they stand on a shade.
    """
    periods = whole.periods
    is_narrow = width <= NARROW
    key = _key(parts, width, is_narrow)
    top = key[1] + 22
    peak = max([float(v) for v in whole.values if v is not None] + [float(whole.threshold)])
    steps = ticks(0, peak, 3)
    left = text_width(w.count(steps[-1])) + 10
    y = Scale(0, steps[-1], height - 26, top)
    slot = (width - left - 4) / len(periods)
    bar = min(84.0, slot * 0.7)
    marks = [key[0], value_axis(y, steps, left, width, w)]
    for i, day in enumerate(periods):
        x = left + slot * i + (slot - bar) / 2
        in_part = w("js.in_part") if day in partial else ""
        if in_part:
            shade = tag(
                "rect", x=left + slot * i, width=slot, class_="c-in-part", y=top, height=height - 26 - top
            )
            marks.append(shade)
        marks.append(_bar(x, bar, y, whole, parts, i, w))
        marks.append(words(left + slot * (i + 0.5), height - 8, w.fiscal_year(day), "c-strong", "middle"))
        texts = [w.fiscal_year(day), *(f"{s.label}: {cell(s, i, w)}" for s in (whole, *parts))]
        text = " · ".join([*texts, in_part] if in_part else texts)
        marks.append(hover(left + slot * i, left + slot * (i + 1), top, height - 26, text))
    return Drawing(width, height, "".join(marks))


def _key(parts: Sequence[Counts], width: float, is_narrow: bool) -> tuple[str, float]:
    """Swatches with the names of the parts, in as many rows as they need, and how tall they are."""
    marks, x, row = [], 2.0, 14.0
    for fill, s in zip(_FILLS, parts, strict=False):
        if x > 2 and (is_narrow or x + 18 + text_width(s.label) > width):
            x, row = 2.0, row + 19
        marks.append(tag("rect", x=x, y=row - 10, width=12, height=12, class_=fill))
        marks.append(words(x + 18, row, s.label, "c-tick"))
        x += text_width(s.label) + 38
    return "".join(marks), row + 4 if parts else 0.0


def _bar(x: float, wide: float, y: Scale, whole: Counts, parts: Sequence[Counts], i: int, w: Words) -> str:
    value, mark = whole.values[i], whole.marks[i]
    middle, base = x + wide / 2, y(0)
    if mark == SMALL:
        high = y(whole.threshold - 1)
        box = tag("rect", x=x, y=high, width=wide, height=max(base - high, 4), class_="c-missing")
        return box + words(middle, min(high, base - 4) - 4, f"<{whole.threshold}", "c-tick", "middle")
    if value is None:
        return words(middle, base - 5, "–", "c-tick", "middle")
    text = words(middle, y(value) - 5, w.count(value), "c-strong", "middle")
    marks, at = [], 0.0
    for fill, p in zip(_FILLS, parts, strict=False):
        n = p.values[i] or 0
        if n:
            marks.append(
                tag("rect", x=x, y=y(at + n), width=wide, height=max(y(at) - y(at + n), 0.5), class_=fill)
            )
        at += n
    if any(p.values[i] is None for p in parts):
        rest = max(y(at) - y(value), 0.5)
        marks.append(tag("rect", x=x, y=y(value), width=wide, height=rest, class_="c-missing"))
    return "".join(marks) + text


@dataclass(frozen=True)
class Line:
    """A line of public figures by month; a month without a figure breaks it."""

    label: str
    values: Sequence[float | None]


_STROKES = ("c-observed", "c-second", "c-third")


def lines_of(
    days_of: Sequence[dt.date],
    lines: Sequence[Line],
    *,
    w: Words,
    breaks: Sequence[BreakMark] = (),
    width: float = 720.0,
    height: float = 260.0,
) -> Drawing:
    """Lines of public figures by month; a strip a month shows the values; `breaks` are drawn as broken lines.

    One line ends in its last value; more are named at their ends, or in a key where the chart is narrow.
    """
    is_narrow, known = width <= NARROW, [v for s in lines for v in s.values if v is not None]
    steps = ticks(0, max(known), 4)
    left = text_width(w.count(steps[-1])) + 10
    ends = [_at_end(s) for s in lines]
    names = [w.count(v) for _, v in ends] if len(lines) == 1 else [s.label for s in lines]
    has_key = is_narrow and len(lines) > 1
    right = width - (10 if has_key else max(text_width(n) for n in names) + 14)
    key = 19.0 * len(lines) if has_key else 0.0
    top, bottom = key + 14, height - 26
    last = days(month_start(days_of[-1], 1))
    x, y = Scale(days(days_of[0]), last, left, right), Scale(0, steps[-1], bottom, top)
    middle = [x((days(d) + days(month_start(d, 1))) / 2) for d in days_of]
    marks = [value_axis(y, steps, left, right, w), time_axis(x, bottom, w)]
    marks.append(break_marks(x, top, bottom, breaks))
    spots = apart([y(v) + 4 for _, v in ends], 16, top, bottom)
    for i, s in enumerate(lines):
        marks.append(path(zip(middle, [y.maybe(v) for v in s.values], strict=True), _STROKES[i]))
        if not has_key:
            marks.append(words(right + 6, spots[i], names[i], f"{_STROKES[i]}-t"))
    if has_key:
        marks.append(key_rows([(s.label, stroke) for s, stroke in zip(lines, _STROKES, strict=False)]))
    for i, day in enumerate(days_of):
        texts = [f"{s.label}: {w.count(v)}" for s in lines if (v := s.values[i]) is not None]
        text = f"{w.month(day)} · " + (" · ".join(texts) or "–")
        marks.append(hover(x(days(day)), x(days(month_start(day, 1))), top, bottom, text))
    return Drawing(width, height, "".join(marks))


def _at_end(s: Line) -> tuple[int, float]:
    return max((i, v) for i, v in enumerate(s.values) if v is not None)


def coverage(
    rows: Sequence[tuple[str, Sequence[tuple[dt.date, float]]]], *, w: Words, width: float = 720.0
) -> Drawing:
    """One strip a table of records: filled where a month is covered whole, pale in part, open where not.

    A row is (name, [(month, share of days covered)]).
    """
    is_narrow = width <= NARROW
    left = 4.0 if is_narrow else max(text_width(name) for name, _ in rows) + 14
    months = [m for _, cells in rows for m, _ in cells]
    first, last = min(months), month_start(max(months), 1)
    x = Scale(days(first), days(last), left, width - 4)
    tall = 38.0 if is_narrow else 24.0
    marks = []
    for r, (name, cells) in enumerate(rows):
        y = 4 + tall * r + (16 if is_narrow else 0)
        at = (4.0, y - 3, "start") if is_narrow else (left - 8, y + 12, "end")
        marks.append(words(at[0], at[1], name, "c-tick", at[2]))
        for start, end, share in _runs(cells):
            kind = "c-covered" if share >= 1 else "c-partly" if share > 0 else "c-missing"
            x1, x2 = x(days(start)), x(days(end))
            marks.append(tag("rect", x=x1, y=y + 2, width=max(x2 - x1 - 0.6, 0.6), height=13, class_=kind))
    bottom = 6 + tall * len(rows)
    marks.append(time_axis(x, bottom, w))
    at_x = 4.0
    for kind, key in (("c-covered", "covered"), ("c-partly", "partly"), ("c-missing", "missing")):
        marks.append(tag("rect", x=at_x, y=bottom + 30, width=16, height=10, class_=kind))
        marks.append(words(at_x + 22, bottom + 39, w(f"coverage.{key}"), "c-tick"))
        at_x += text_width(w(f"coverage.{key}")) + 36
    return Drawing(width, bottom + 46, "".join(marks))


def _runs(cells: Sequence[tuple[dt.date, float]]) -> list[tuple[dt.date, dt.date, float]]:
    """Months of one kind that follow each other, as one stretch."""
    runs: list[tuple[dt.date, dt.date, float]] = []
    for month, share in cells:
        kind = 1.0 if share >= 1 else 0.5 if share > 0 else 0.0
        if runs and runs[-1][2] == kind and runs[-1][1] == month:
            runs[-1] = (runs[-1][0], month_start(month, 1), kind)
        else:
            runs.append((month, month_start(month, 1), kind))
    return runs
