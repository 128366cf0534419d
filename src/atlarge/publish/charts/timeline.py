"""One timeline: counts over time, what was expected, policies in force, surges, and what is not covered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from atlarge.disclosure.table import SMALL, UNCOVERED, WITHHELD, Counts
from atlarge.publish.charts.parts import (
    NARROW,
    BreakMark,
    Burst,
    Estimate,
    PolicyMark,
    ReportMark,
    apart,
    break_marks,
    cell,
    hover,
    key_rows,
    lanes,
    text_width,
    time_axis,
    value_axis,
)
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing, Scale, area, days, line, number, path, tag, ticks, words

_STYLES = ("c-observed", "c-second", "c-third", "c-fourth", "c-fifth")


@dataclass(frozen=True)
class _Plot:
    """Where things stand in the drawing."""

    left: float
    right: float
    top: float
    bottom: float
    x: Scale
    y: Scale
    room: float = 0.0


def _middle(periods: Sequence[dt.date], index: int) -> float:
    """The middle of a period on the time scale; periods run to the start of the next."""
    here = days(periods[index])
    if index + 1 < len(periods):
        return (here + days(periods[index + 1])) / 2
    before = here - days(periods[index - 1]) if index else 30.0
    return here + before / 2


def _end(periods: Sequence[dt.date]) -> float:
    last = days(periods[-1])
    return last + (last - days(periods[-2]) if len(periods) > 1 else 30.0)


def _peak(series: Sequence[Counts], estimate: Estimate | None) -> float:
    values = [float(v) for s in series for v in s.values if v is not None]
    values += [float(s.threshold) for s in series if SMALL in s.marks]
    if estimate:
        values += [v for v in (*estimate.high, *estimate.expected) if v is not None]
    return max(values, default=1.0) or 1.0


def timeline(
    series: Sequence[Counts],
    *,
    w: Words,
    estimate: Estimate | None = None,
    policies: Sequence[PolicyMark] = (),
    bursts: Sequence[Burst] = (),
    reports: Sequence[ReportMark] = (),
    breaks: Sequence[BreakMark] = (),
    width: float = 720.0,
    height: float = 320.0,
) -> Drawing:
    """Draw one to five series of counts. `bursts` are labelled by rank, while there is room; `breaks` are
    days on which a series changes its meaning or source."""
    is_narrow = width <= NARROW
    labels = [s.label for s in series] + ([estimate.label] if estimate else [])
    room = 10.0 if is_narrow else min(190.0, max(text_width(t) for t in labels) + 14)
    label_lanes = 3 if is_narrow else 2
    head = 15.0 * label_lanes + 5 if policies or bursts or reports else 4.0
    key = 19.0 * (len(labels) + bool(estimate and estimate.band_label)) if is_narrow else 0.0
    periods = series[0].periods
    peak = _peak(series, estimate)
    steps = ticks(0, peak, 4)
    tick_room = text_width(w.count(steps[-1])) + 10
    plot = _Plot(
        tick_room,
        width - room,
        key + head + 8,
        height - 26,
        Scale(days(periods[0]), _end(periods), tick_room, width - room),
        Scale(0, max(steps[-1], 1), height - 26, key + head + 8),
        room,
    )
    marks = [
        _policy_marks(plot, policies),
        value_axis(plot.y, steps, plot.left, plot.right, w),
        time_axis(plot.x, plot.bottom, w),
        _uncovered(plot, series[0], w),
        break_marks(plot.x, plot.top, plot.bottom, breaks),
        _estimate_marks(plot, estimate),
    ]
    marks += [_count_marks(plot, s, kind) for s, kind in zip(series, _STYLES, strict=False)]
    marks.append(_annotations(plot, policies, bursts, reports, key + 12, label_lanes, w))
    marks.append(_key(series, estimate) if is_narrow else _end_labels(plot, series, estimate))
    marks.append(_hover(plot, series, estimate, w))
    return Drawing(width, height, "".join(marks))


def _policy_marks(plot: _Plot, policies: Sequence[PolicyMark]) -> str:
    marks = []
    for p in policies:
        start = max(plot.left, plot.x(days(p.effective)))
        end = plot.right if p.ended is None else min(plot.right, plot.x(days(p.ended)))
        if end <= plot.left or start >= plot.right:
            continue
        if p.limits:  # a thin bar above the plot: how long it was in force, without a fill behind the counts
            marks.append(tag("rect", x=start, width=end - start, class_="c-policy", y=plot.top - 3, height=3))
        marks.append(line(start, plot.top - 6, start, plot.bottom, "c-policy-line"))
        if p.announced and plot.left <= plot.x(days(p.announced)) <= plot.right:
            x = plot.x(days(p.announced))
            marks.append(line(x, plot.top - 6, x, plot.bottom, "c-policy-soft"))
    return "".join(marks)


def _annotations(
    plot: _Plot,
    policies: Sequence[PolicyMark],
    bursts: Sequence[Burst],
    reports: Sequence[ReportMark],
    top: float,
    most: int,
    w: Words,
) -> str:
    """Labels of policies and surges above the plot; a wedge a surge, a diamond a report."""
    marks, items = [], []
    for p in policies:
        x = plot.x(days(p.effective))
        if plot.left <= x <= plot.right:
            key = "chart.in_effect" if p.limits else "chart.extended" if p.name else "chart.day"
            items.append((x, w(key, day=w.short_day(p.effective)), "c-policy-t"))
        if p.ended and plot.left <= plot.x(days(p.ended)) <= plot.right:
            items.append((plot.x(days(p.ended)), w("chart.ended", day=w.short_day(p.ended)), "c-policy-t"))
    named = sorted(bursts, key=lambda b: b.rank)[: max(0, most - min(1, len(policies)))]
    for b in bursts:
        x = (plot.x(days(b.start)) + plot.x(days(b.end) + 1)) / 2
        if not plot.left <= x <= plot.right:
            continue
        y = plot.top - 4
        marks.append(
            tag("path", d=f"M{number(x - 5)} {number(y - 7)}h10l-5 8z", class_="c-surge")
            if b in named
            else tag("path", d=f"M{number(x - 3)} {number(y - 4)}h6l-3 5z", class_="c-surge")
        )
        if b in named:
            items.append((x, b.text, "c-surge-t"))
    for r in reports:
        x = (plot.x(days(r.start)) + plot.x(days(r.end) + 1)) / 2
        if plot.left <= x <= plot.right:
            note = tag("title", escape(r.text, quote=False))
            d = f"M{number(x)} {number(plot.top + 2)}l5 6l-5 6l-5-6z"
            marks.append(tag("path", note, d=d, class_="c-report"))
    return "".join(marks) + lanes(items, plot.right + min(60.0, plot.room - 2), top, most)


def _uncovered(plot: _Plot, counts: Counts, w: Words) -> str:
    marks, start = [], None
    for i, mark in enumerate([*counts.marks, ""]):
        if mark == UNCOVERED and start is None:
            start = i
        if mark != UNCOVERED and start is not None:
            x1 = plot.x(days(counts.periods[start]))
            x2 = plot.x(days(counts.periods[i])) if i < len(counts.periods) else plot.right
            tall = plot.bottom - plot.top
            marks.append(tag("rect", x=x1, width=x2 - x1, class_="c-uncovered", y=plot.top, height=tall))
            if x2 - x1 > text_width(w("chart.uncovered")):
                marks.append(words((x1 + x2) / 2, plot.top + 16, w("chart.uncovered"), "c-tick", "middle"))
            start = None
    return "".join(marks)


def _estimate_marks(plot: _Plot, estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    xs = [plot.x(_middle(estimate.periods, i)) for i in range(len(estimate.periods))]
    low = [plot.y.maybe(None if v is None else max(v, 0.0)) for v in estimate.low]
    high = [plot.y.maybe(v) for v in estimate.high]
    expected = [plot.y.maybe(None if v is None else max(v, 0.0)) for v in estimate.expected]
    return area(xs, low, high, "c-band") + path(zip(xs, expected, strict=True), "c-expected")


def _count_marks(plot: _Plot, counts: Counts, kind: str) -> str:
    xs = [plot.x(_middle(counts.periods, i)) for i in range(len(counts.periods))]
    marks = []
    for x, mark in zip(xs, counts.marks, strict=True):
        if mark == SMALL:  # somewhere between one and the threshold: drawn as that range
            marks.append(line(x, plot.y(1), x, plot.y(counts.threshold - 1), "c-hidden"))
        elif mark == WITHHELD:
            marks.append(tag("circle", cx=x, cy=plot.bottom - 4, r=2.6, class_="c-dot-other"))
    ys = [plot.y.maybe(v) for v in counts.values]
    return "".join(marks) + path(zip(xs, ys, strict=True), kind)


def _last(plot: _Plot, values: Sequence[float | None]) -> float:
    known = [v for v in values if v is not None]
    return plot.y(known[-1]) if known else plot.bottom


def _end_labels(plot: _Plot, series: Sequence[Counts], estimate: Estimate | None) -> str:
    """Names at the right end of the lines."""
    items = [(_last(plot, s.values), s.label, f"{k}-t") for s, k in zip(series, _STYLES, strict=False)]
    if estimate:
        items.append((_last(plot, estimate.expected), estimate.label, "c-expected-t"))
    places = apart([y + 4 for y, _, _ in items], 16, plot.top + 8, plot.bottom)
    return "".join(
        words(plot.right + 6, y, text, kind) for y, (_, text, kind) in zip(places, items, strict=True)
    )


def _key(series: Sequence[Counts], estimate: Estimate | None) -> str:
    """Names with samples above the plot, where there is no room at the right."""
    items = [(s.label, k) for s, k in zip(series, _STYLES, strict=False)]
    if estimate:
        items.append((estimate.label, "c-expected"))
        if estimate.band_label:
            items.append((estimate.band_label, "c-band"))
    return key_rows(items)


def _hover(plot: _Plot, series: Sequence[Counts], estimate: Estimate | None, w: Words) -> str:
    """An unseen strip a period whose title gives its values, for those who point."""
    counts = series[0]
    every = (
        "month" if len(counts.periods) > 1 and (counts.periods[1] - counts.periods[0]).days > 25 else "day"
    )
    marks = []
    for i, day in enumerate(counts.periods):
        texts = [f"{s.label}: {cell(s, i, w)}" for s in series if i < len(s.values)]
        if estimate and i < len(estimate.expected) and estimate.expected[i] is not None:
            texts.append(f"{estimate.label}: {w.count(estimate.expected[i] or 0.0, 1)}")
        x1 = plot.x(days(day))
        x2 = plot.x(days(counts.periods[i + 1])) if i + 1 < len(counts.periods) else plot.right
        marks.append(hover(x1, x2, plot.top, plot.bottom, " · ".join([w.period(day, every), *texts])))
    return "".join(marks)
