"""Ratios of what was observed to what was expected, by month from a decision, of several places together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atlarge.publish.charts.parts import NARROW, apart, hover, key_rows, text_width
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, area, line, path, ticks, words

_LINES = (("c-surge-line-strong", "c-surge-t", "c-band-surge"), ("c-second", "c-second-t", "c-band-second"))


@dataclass(frozen=True)
class Ratios:
    """One measure's ratios by month, with their intervals."""

    label: str
    months: tuple[int, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def ratios(series: Sequence[Ratios], *, w: Words, width: float = 720.0, height: float = 300.0) -> Drawing:
    """One line a measure around the line of one: as much as expected; bands are 90% intervals."""
    is_narrow = width <= NARROW
    key = 19.0 * len(series) if is_narrow else 0.0
    room = 12.0 if is_narrow else max(text_width(s.label) for s in series) + 16
    steps = [v for v in ticks(0, max(v for s in series for v in s.high), 4) if v >= 0]
    left, top, bottom = text_width("0.00×") + 8, key + 24, height - 42
    first, last = min(s.months[0] for s in series), max(s.months[-1] for s in series)
    x, y = Scale(first, last, left + 6, width - room), Scale(0, steps[-1], bottom, top)
    marks = []
    for value in steps:
        kind = "c-axis" if value == 0 else "c-grid"
        marks.append(line(left, y(value), width - room, y(value), kind))
        marks.append(words(left - 6, y(value) + 4, f"{value:g}×", "c-tick", "end"))
    marks.append(line(left, y(1), width - room, y(1), "c-whisker"))
    marks.append(line(x(0), top - 6, x(0), bottom, "c-policy-line"))
    marks.append(words(x(0) + 4, top - 10, w("pooled_chart.decision"), "c-policy-t"))
    for s, (stroke, _, band) in zip(series, _LINES, strict=False):
        xs = [x(m) for m in s.months]
        high = [y(min(v, steps[-1])) for v in s.high]
        marks.append(area(xs, [y(v) for v in s.low], high, band))
        marks.append(path(zip(xs, [y(v) for v in s.values], strict=True), stroke))
    months = sorted({m for s in series for m in s.months})
    step = 3 if not is_narrow else 6
    for m in months:
        if m % step == 0:
            text = f"+{m}" if m > 0 else f"\u2212{-m}" if m < 0 else "0"
            marks.append(line(x(m), bottom, x(m), bottom + 4, "c-axis"))
            marks.append(words(x(m), bottom + 17, text, "c-tick", "middle"))
    marks.append(words(left, height - 6, w("pooled_chart.months"), "c-tick"))
    if is_narrow:
        marks.append(key_rows([(s.label, kind) for s, (kind, *_) in zip(series, _LINES, strict=False)]))
    else:
        spots = apart([y(s.values[-1]) + 4 for s in series], 16, top, bottom)
        for spot, s, (_, kind, _) in zip(spots, series, _LINES, strict=False):
            marks.append(words(width - room + 8, spot, s.label, kind))
    marks += [_strip(m, series, x, top, bottom, months) for m in months]
    return Drawing(width, height, "".join(marks))


def _strip(
    month: int, series: Sequence[Ratios], x: Scale, top: float, bottom: float, months: Sequence[int]
) -> str:
    """An unseen strip whose title gives the values of a month."""
    labels = []
    for s in series:
        if month in s.months:
            i = s.months.index(month)
            labels.append(f"{s.label}: {s.values[i]:.2f}× ({s.low[i]:.2f}–{s.high[i]:.2f})")
    sign = "+" if month > 0 else "\u2212" if month < 0 else ""
    half = (x(1) - x(0)) / 2
    start = max(x(month) - half, x(months[0]))
    end = min(x(month) + half, x(months[-1]))
    return hover(start, end, top, bottom, f"{sign}{abs(month)} · " + " · ".join(labels))
