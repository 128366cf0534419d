"""Small charts of a place page: fiscal years side by side, and which months the records cover."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from atlarge.disclosure.table import SMALL, Counts
from atlarge.publish.charts.parts import NARROW, text_width, time_axis, value_axis
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, days, months_later, tag, ticks, words

_FILLS = ("c-year-a", "c-year-b", "c-year-c")


def years(
    series: Sequence[Counts],
    *,
    w: Words,
    title: str,
    sentence: str,
    width: float = 720.0,
    height: float = 230.0,
) -> Drawing:
    """Bars by fiscal year with their counts on top. A small count is an open box of its range."""
    periods = series[0].periods
    is_narrow = width <= NARROW
    top = 19.0 * len(series) + 12 if is_narrow else 32.0
    peak = max([float(v) for s in series for v in s.values if v is not None] + [float(series[0].threshold)])
    steps = ticks(0, peak, 3)
    left = text_width(w.count(steps[-1])) + 10
    y = Scale(0, steps[-1], height - 26, top + 14)
    slot = (width - left - 4) / len(periods)
    bar = min(46.0, slot * 0.86 / len(series))
    marks = [value_axis(y, steps, left, width, w)]
    for i, day in enumerate(periods):
        start = left + slot * i + (slot - bar * len(series)) / 2
        for k, s in enumerate(series):
            marks.append(_bar(start + bar * k, bar - 2, y, s, i, _FILLS[k], w))
        name = w.fiscal_year(day)
        marks.append(words(left + slot * (i + 0.5), height - 8, name, "c-strong", "middle"))
    at = 2.0
    for k, s in enumerate(series):
        x, row = (2.0, 14.0 + 19 * k) if is_narrow else (at, 14.0)
        marks.append(tag("rect", x=x, y=row - 10, width=12, height=12, class_=_FILLS[k]))
        marks.append(words(x + 18, row, s.label, "c-tick"))
        at += text_width(s.label) + 38
    return Drawing(width, height, "".join(marks), title, sentence)


def _bar(x: float, wide: float, y: Scale, s: Counts, i: int, fill: str, w: Words) -> str:
    value, mark = s.values[i], s.marks[i]
    middle, base = x + wide / 2, y(0)
    if mark == SMALL:
        high = y(s.threshold - 1)
        box = tag("rect", x=x, y=high, width=wide, height=max(base - high, 4), class_="c-missing")
        return box + words(middle, min(high, base - 4) - 4, f"<{s.threshold}", "c-tick", "middle")
    if value is None:
        return words(middle, base - 5, "–", "c-tick", "middle")
    text = words(middle, y(value) - 4, w.count(value), "c-tick", "middle")
    return tag("rect", x=x, y=y(value), width=wide, height=max(base - y(value), 0.5), class_=fill) + text


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


__all__ = ["coverage", "years"]
