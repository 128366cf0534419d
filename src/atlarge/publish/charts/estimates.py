"""Charts of estimates: the parts of a change, the gap by month from the policy, variants of the estimate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from atlarge.disclosure.table import Counts
from atlarge.publish.charts.parts import NARROW, text_width, time_axis, value_axis, wrapped
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, area, days, line, path, tag, ticks, words


@dataclass(frozen=True)
class Valued:
    """A named estimate with its interval; None where it is unknown or suppressed."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def _span_of(values: Sequence[float | None]) -> tuple[float, float]:
    known = [v for v in values if v is not None]
    return min([0.0, *known]), max([0.0, *known])


def waterfall(
    start: Valued, parts: Sequence[Valued], end: Valued, *, w: Words, width: float = 720.0
) -> Drawing:
    """Waterfall from a start to an end: each signed part is a bar that begins where the last ended, with its
    interval."""
    rows = [start, *parts, end]
    is_narrow = width <= NARROW
    tall = 46.0 if is_narrow else 34.0
    left = 8.0 if is_narrow else min(300.0, max(text_width(r.label) for r in rows) + 12)
    positions, run = [], start.value or 0.0
    for part in parts:
        base = run
        run += part.value or 0.0
        positions.append((base, run))
    edges: list[float | None] = [start.value, end.value, *[v for pair in positions for v in pair]]
    for part, (base, _) in zip(parts, positions, strict=True):
        edges += [None if v is None else base + v for v in (part.low, part.high)]
    low, high = _span_of(edges)
    steps = ticks(low, high, 3 if is_narrow else 5)
    x = Scale(steps[0], steps[-1], left + 6, width - 50)
    bottom = 6 + tall * len(rows)
    marks = [_vertical(x, steps, bottom, w)]
    for i, row in enumerate(rows):
        y = 6 + tall * i + (16 if is_narrow else 0)
        is_end = i in (0, len(rows) - 1)
        base, tip = (0.0, row.value or 0.0) if is_end else positions[i - 1]
        kind = "c-bar" if is_end else "c-up" if tip >= base else "c-down"
        at = (8.0, y - 3, "start") if is_narrow else (left - 2, y + 17, "end")
        marks.append(words(at[0], at[1], row.label, "c-strong" if is_end else "c-tick", at[2]))
        if row.value is None:
            marks.append(words(x(0) + 6, y + 17, w("cell.unknown"), "c-tick"))
            continue
        first, last = sorted((x(base), x(tip)))
        marks.append(tag("rect", x=first, y=y + 5, width=max(last - first, 1.5), height=16, class_=kind))
        reach = max(last, *(x(base + v) for v in (row.high,) if v is not None), last)
        if row.low is not None and row.high is not None and not is_end:
            marks.append(whisker(x(base + row.low), x(base + row.high), y + 13))
        text = w.count(row.value) if is_end else w.signed(row.value)
        marks.append(words(min(reach + 6, width - 44), y + 18, text, "c-strong"))
    return Drawing(width, bottom + 26, "".join(marks))


def _vertical(x: Scale, steps: Sequence[float], bottom: float, w: Words) -> str:
    marks = []
    for value in steps:
        marks.append(line(x(value), 2, x(value), bottom, "c-axis" if value == 0 else "c-grid"))
        marks.append(
            words(x(value), bottom + 17, w.count(value, 0 if value == int(value) else 1), "c-tick", "middle")
        )
    return "".join(marks)


def whisker(x1: float, x2: float, y: float) -> str:
    """A horizontal interval with small ends."""
    return (
        line(x1, y, x2, y, "c-whisker")
        + line(x1, y - 3, x1, y + 3, "c-whisker")
        + line(x2, y - 3, x2, y + 3, "c-whisker")
    )


def event_time(
    points: Sequence[tuple[int, Valued]], *, w: Words, width: float = 720.0, height: float = 280.0
) -> Drawing:
    """The gap by month from the policy's day, with the band of the errors at places without one."""
    months = [m for m, _ in points]
    values = [v for _, p in points for v in (p.value, p.low, p.high)]
    low, high = _span_of(values)
    margin = (high - low) * 0.15 or 1.0
    steps = ticks(low - margin, high + margin, 4)
    left = max(text_width(w.count(s)) for s in steps) + 12
    x = Scale(months[0] - 0.5, months[-1] + 0.5, left, width - 8)
    top = 24
    y = Scale(steps[0], steps[-1], height - 42, top)
    marks = [line(x(-0.5), top - 4, x(-0.5), height - 42, "c-policy-line") if x.last > -0.5 else ""]
    marks.append(value_axis(y, steps, left, width - 8, w))
    xs = [x(m) for m in months]
    marks.append(
        area(xs, [y.maybe(p.low) for _, p in points], [y.maybe(p.high) for _, p in points], "c-band")
    )
    marks.append(path([(x(m), y.maybe(p.value)) for m, p in points], "c-observed"))
    marks += [
        tag("circle", cx=x(m), cy=y(p.value), r=2.6, class_="c-dot") for m, p in points if p.value is not None
    ]
    step = next(s for s in (1, 2, 3, 6, 12, 24, 48, 96) if s * abs(x(1) - x(0)) >= 30)
    for m in range((months[0] // step) * step, months[-1] + 1, step):
        if months[0] <= m <= months[-1]:
            marks.append(words(x(m), height - 24, w.signed(m) if m else "0", "c-tick", "middle"))
    marks.append(words(width - 8, height - 5, w("chart.months_from"), "c-tick", "end"))
    marks.append(words(left + 4, 14, w("chart.gap"), "c-observed-t"))
    return Drawing(width, height, "".join(marks))


def change_strip(
    counts: Counts,
    found: tuple[dt.date, dt.date, dt.date] | None,
    segments: Sequence[tuple[dt.date, dt.date | None, float]],
    policy: dt.date | None,
    *,
    w: Words,
    label: str = "chart.in_effect",
    width: float = 720.0,
    height: float = 170.0,
) -> Drawing:
    """A thin series with the change found in it: its date, its interval, and the level of each run of months.

    `found` is (date, low, high); `segments` are (first day, first day of the next or None, level).
    """
    known = [v for v in counts.values if v is not None]
    steps = ticks(0, max([*known, counts.threshold, *(level for _, _, level in segments)]), 3)
    left = text_width(w.count(steps[-1])) + 12
    last = days(counts.periods[-1]) + 30
    x = Scale(days(counts.periods[0]), last, left, width - 8)
    y = Scale(0, steps[-1], height - 26, 40)
    marks = []
    if found:
        a, b = x(days(found[1])), x(days(found[2]) + 1)
        marks.append(tag("rect", x=a, y=36, width=max(b - a, 3), height=height - 62, class_="c-band"))
    marks.append(value_axis(y, steps, left, width - 8, w) + time_axis(x, height - 26, w))
    middle = [x(days(p) + 15) for p in counts.periods]
    for xi, mark in zip(middle, counts.marks, strict=True):
        if mark == "small":
            marks.append(line(xi, y(1), xi, y(counts.threshold - 1), "c-hidden"))
    marks.append(path(zip(middle, [y.maybe(v) for v in counts.values], strict=True), "c-observed"))
    labels: list[tuple[float, str, str, float]] = []
    for start, end, level in segments:
        a = max(left, x(days(start)))
        b = min(width - 8, x(days(end)) if end else width - 8)
        if b > a:
            marks.append(line(a, y(level), b, y(level), "c-band-line"))
    if found and segments:
        at = x(days(found[0]))
        marks.append(line(at, 32, at, height - 26, "c-band-line"))
        labels.append((at, w("chart.change_found", day=w.month(found[0])), "c-expected-t", 13))
    if policy and x.first <= days(policy) <= x.last:
        at = x(days(policy))
        marks.append(line(at, 36, at, height - 26, "c-policy-line"))
        labels.append((at, w(label, day=w.short_day(policy)), "c-policy-t", 29))
    for at, text, kind, top in labels:
        fits = at + text_width(text) < width
        marks.append(words(at + (4 if fits else -4), top, text, kind, None if fits else "end"))
    return Drawing(width, height, "".join(marks))


def forest(rows: Sequence[Valued], *, w: Words, width: float = 720.0, strong: int | None = 0) -> Drawing:
    """Forest plot: one estimate per row, as a dot with its interval; the zero line is the axis.

    `strong`: the row that stands out, the main one of its variants; None where all are alike.
    """
    is_narrow = width <= NARROW
    left = 8.0 if is_narrow else min(330.0, max(text_width(r.label) for r in rows) + 12)
    labels = [wrapped(r.label, width - 24 if is_narrow else left - 8) for r in rows]
    tall = [(28.0 if is_narrow else 12.0) + 16 * len(text) for text in labels]
    low, high = _span_of([v for r in rows for v in (r.value, r.low, r.high)])
    steps = ticks(low, high, 3 if is_narrow else 5)
    x = Scale(steps[0], steps[-1], left + 10, width - 14)
    bottom = 4 + sum(tall)
    marks = [_vertical(x, steps, bottom, w)]
    for i, row in enumerate(rows):
        top, n = 4 + sum(tall[:i]), len(labels[i])
        y = top + (12 + 16 * n if is_narrow else tall[i] / 2)
        first = top + 16 if is_narrow else y + 4 - 8 * (n - 1)
        at = (8.0, "start") if is_narrow else (left - 2, "end")
        for k, text in enumerate(labels[i]):
            marks.append(words(at[0], first + 16 * k, text, "c-strong" if i == strong else "c-tick", at[1]))
        if row.value is None:
            marks.append(words(x(0) + 6, y + 4, w("cell.unknown"), "c-tick"))
            continue
        if row.low is not None and row.high is not None:
            marks.append(whisker(x(row.low), x(row.high), y))
        marks.append(tag("circle", cx=x(row.value), cy=y, r=4.5, class_="c-dot"))
    return Drawing(width, bottom + 26, "".join(marks))
