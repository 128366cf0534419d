"""Small charts of a place page: fiscal years side by side, and which months the records cover."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from atlarge.disclosure.table import SMALL, Counts
from atlarge.publish.charts.parts import NARROW, BreakMark, break_marks, text_width, time_axis, value_axis
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, days, months_later, path, tag, ticks, words

_FILLS = ("c-observed-fill", "c-second-fill", "c-third-fill")


def years(
    whole: Counts,
    parts: Sequence[Counts],
    *,
    w: Words,
    title: str,
    sentence: str,
    width: float = 720.0,
    height: float = 250.0,
) -> Drawing:
    """One bar a fiscal year, of its parts on top of each other, with the count of all above it.

    Where the parts of a year are hidden the bar is an open box as tall as the whole; where the whole is
    hidden too, a mark says so.
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
        marks.append(_bar(x, bar, y, whole, parts, i, w))
        marks.append(words(left + slot * (i + 0.5), height - 8, w.fiscal_year(day), "c-strong", "middle"))
        cells = [f"{s.label}: {_cell(s, i, w)}" for s in (whole, *parts)]
        note = tag("title", f"{w.fiscal_year(day)} · " + " · ".join(cells).replace("<", "&lt;"))
        tall = height - 26 - top
        marks.append(tag("rect", note, x=left + slot * i, width=slot, class_="c-hit", y=top, height=tall))
    return Drawing(width, height, "".join(marks), title, sentence)


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


def _cell(s: Counts, i: int, w: Words) -> str:
    from atlarge.publish.charts.timeline import cell

    return cell(s, i, w)


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
    if any(p.values[i] is None for p in parts):
        return (
            tag("rect", x=x, y=y(value), width=wide, height=max(base - y(value), 0.5), class_="c-missing")
            + text
        )
    marks, at = [], 0.0
    for fill, p in zip(_FILLS, parts, strict=False):
        n = p.values[i] or 0
        if n:
            marks.append(
                tag("rect", x=x, y=y(at + n), width=wide, height=max(y(at) - y(at + n), 0.5), class_=fill)
            )
        at += n
    return "".join(marks) + text


def line_of(
    days_of: Sequence[dt.date],
    values: Sequence[int | None],
    *,
    w: Words,
    label: str,
    title: str,
    sentence: str,
    breaks: Sequence[BreakMark] = (),
    width: float = 720.0,
    height: float = 260.0,
) -> Drawing:
    """One line of public figures by month, its last value at its end; a strip a month shows its value.

    A month without a figure (None) leaves a gap.
    """
    known = [v for v in values if v is not None]
    steps = ticks(0, max(known), 4)
    left = text_width(w.count(steps[-1])) + 10
    right = width - text_width(w.count(known[-1])) - 12
    last = days(months_later(days_of[-1], 1))
    x, y = Scale(days(days_of[0]), last, left, right), Scale(0, steps[-1], height - 26, 14)
    spots = [
        (x((days(d) + days(months_later(d, 1))) / 2), None if v is None else y(v))
        for d, v in zip(days_of, values, strict=True)
    ]
    marks = [value_axis(y, steps, left, right, w), time_axis(x, height - 26, w), path(spots, "c-observed")]
    marks.append(break_marks(x, 14, height - 26, breaks))
    marks.append(words(right + 6, y(known[-1]) + 4, w.count(known[-1]), "c-observed-t"))
    for day, value in zip(days_of, values, strict=True):
        if value is None:
            continue
        note = tag("title", f"{w.month(day)} · {label}: {w.count(value)}")
        wide = x(days(months_later(day, 1))) - x(days(day))
        marks.append(tag("rect", note, x=x(days(day)), width=wide, class_="c-hit", y=14, height=height - 40))
    return Drawing(width, height, "".join(marks), title, sentence)


def coverage(
    rows: Sequence[tuple[str, Sequence[tuple[dt.date, float]]]],
    *,
    w: Words,
    title: str,
    sentence: str,
    width: float = 720.0,
) -> Drawing:
    """One strip a table of records: filled where a month is covered whole, pale in part, open where not.

    A row is (name, [(month, share of days covered)]).
    """
    is_narrow = width <= NARROW
    left = 4.0 if is_narrow else max(text_width(name) for name, _ in rows) + 14
    months = [m for _, cells in rows for m, _ in cells]
    first, last = min(months), months_later(max(months), 1)
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
    return Drawing(width, bottom + 46, "".join(marks), title, sentence)


def _runs(cells: Sequence[tuple[dt.date, float]]) -> list[tuple[dt.date, dt.date, float]]:
    """Months of one kind that follow each other, as one stretch."""
    runs: list[tuple[dt.date, dt.date, float]] = []
    for month, share in cells:
        kind = 1.0 if share >= 1 else 0.5 if share > 0 else 0.0
        if runs and runs[-1][2] == kind and runs[-1][1] == month:
            runs[-1] = (runs[-1][0], months_later(month, 1), kind)
        else:
            runs.append((month, months_later(month, 1), kind))
    return runs


__all__ = ["coverage", "line_of", "years"]
