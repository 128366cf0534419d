"""The figures of an answer's page, each with its sentence and table. Everything comes from `Shown`, the
disclosed answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from atlarge.calendar import as_day
from atlarge.disclosure.table import SHOWN, SMALL, WITHHELD, Counts
from atlarge.explain.answer import ChangeStrip, Interval, Series
from atlarge.panel.time_axis import breaks
from atlarge.publish import charts
from atlarge.publish.answer_text import (
    cell_text,
    column_heads,
    count_in_sentence,
    count_text,
    interval_text,
    key_of_kind,
    p_text,
    span_name,
)
from atlarge.publish.answers import Shown, burst_window, drawn_spans, shown_series
from atlarge.publish.charts import BreakMark, Burst, Estimate, PolicyMark, Valued
from atlarge.publish.detention_view import break_marks_of
from atlarge.publish.i18n import Words
from atlarge.publish.messages import area_name, variant_name
from atlarge.publish.render import Figure, Table, counts_table, figure, hidden_note


def timelines(shown: Shown, w: Words) -> Iterator[Figure]:
    """The shown series over time, the main one first."""
    for i, series in enumerate(shown_series(shown.answer)):
        counts = shown.counts(series, w.label("measure", series.measure, series.label))
        if len(counts.periods) > 1:
            yield _timeline(shown, series, counts, w, is_main=i == 0)


def corroboration_rows(shown: Shown) -> list[dict[str, Any]]:
    """Lines of corroboration that reveal no small count."""
    least = shown.table.threshold
    return [row for row in shown.answer.corroboration if not any(0 < c < least for c in row["counts"])]


_SHARES = ("marked", "marked_aor", "marked_nation", "returns")


def corroboration_figure(shown: Shown, w: Words) -> Figure | None:
    """Shares on the days of the burst compared with the usual ones, in percent."""
    rows = [
        (w(f"corroborated.{row['id']}"), 100.0 * row["value"], 100.0 * row["usual"])
        for row in corroboration_rows(shown)
        if row["id"] in _SHARES and row["value"] is not None and row["usual"] is not None
    ]
    if not rows or not shown.has_burst or shown.burst()[1] != SHOWN:
        return None
    sentence = w("corroborated.says")
    valued = [Valued(name, value, min(value, usual), max(value, usual)) for name, value, usual in rows]
    cells = [[name, w.count(value, 1), w.count(usual, 1)] for name, value, usual in rows]
    head = [w("corroborated.share"), w("corroborated.then"), w("corroborated.usual")]
    return figure(
        charts.forest,
        valued,
        w=w,
        title=w("corroborated.title"),
        sentence=sentence,
        table=Table(sentence, head, cells),
        id="chart-corroboration",
    )


def policy_mark(shown: Shown) -> PolicyMark | None:
    """The policy's mark on a chart; without a name if the question was about a day only."""
    p = shown.answer.policy
    effective = p.get("effective") or p.get("date")
    if not effective:
        return None
    if p.get("kind") == "date":
        return PolicyMark("", None, as_day(effective), None, limits=False)
    announced, ended = (p.get(k) for k in ("announced", "ended"))
    return PolicyMark(
        str(p.get("title", "")), as_day(announced or None), as_day(effective), as_day(ended or None)
    )


def bursts_of(shown: Shown, series: Series, w: Words) -> list[Burst]:
    """The burst of an answer and the surges of its area, as marks on a chart."""
    rows = []
    named = burst_window(shown.answer)
    if named is not None and shown.answer.measure == series.measure and shown.has_burst:
        count = count_text(shown.burst(), shown, w)
        says = w("chart.burst", count=count, days=w.days(named.start, named.end))
        rows.append(Burst(named.start, named.end, says, 1))
    for rank, surge in enumerate(sorted(shown.answer.surges, key=lambda s: s.get("rank", 99)), 2):
        if str(surge.get("measure", "at_large")) != series.measure:
            continue
        start, end = as_day(surge["start"]), as_day(surge["end"])
        if named is not None and start <= named.end and named.start <= end:
            continue  # the same days under another rule: a page shows one count for them
        count = count_text(shown.surge(surge), shown, w)
        rows.append(Burst(start, end, w("chart.burst", count=count, days=w.days(start, end)), rank))
    return rows


def peak(counts: Counts, w: Words, every: str) -> str:
    """The highest published count and its period, as part of a sentence; empty where a higher one may be
    withheld."""
    shown = [(v, d) for v, d in zip(counts.values, counts.periods, strict=True) if v is not None]
    if WITHHELD in counts.marks or not (shown or SMALL in counts.marks):
        return ""
    if not shown or (max(shown)[0] == 0 and SMALL in counts.marks):
        small = next(d for d, m in zip(counts.periods, counts.marks, strict=True) if m == SMALL)
        few = w("chart.no_peak", threshold=counts.threshold)
        return w("chart.peak", peak=few, when=w.period(small, every))
    value = max(v for v, _ in shown)
    when = w.period(next(d for v, d in shown if v == value), every)
    return w("chart.peak", peak=w.count(value), when=when)


def every_of(series: Series) -> str:
    """The periods of an answer's series: months counted from the policy's day, or days."""
    days = sorted(series.days)[len(series.days) // 2]
    return "month_from" if 27 < days < 32 else "day"


def _timeline_sentence(shown: Shown, series: Series, counts: Counts, w: Words) -> str:
    """What the timeline says: its peak, and the longest span observed and expected."""
    every = every_of(series)
    covered = counts.covered
    first, last = (covered[0], covered[-1]) if covered else (series.period[0], series.period[-1])
    shared = {
        "measure": w.label("measure", series.measure, series.label),
        "area": area_name(series.area, w),
        "first": w.period(first, every),
        "last": w.period(last, every),
        "peak": peak(counts, w, every),
    }
    spans = [
        s
        for s in drawn_spans(shown.answer)
        if s.measure == series.measure and s.area.code == series.area.code
    ]
    if not spans or spans[-1].counterfactual.value is None:
        return w("chart.series_says", **shared)
    span = spans[-1]
    return w(
        "chart.timeline_says",
        **shared,
        span=span_name(span, shown.answer, w),
        observed=count_in_sentence(shown.span(span), shown, w),
        expected=w.count(span.counterfactual.value),
        low=w.count(span.counterfactual.low),
        high=w.count(span.counterfactual.high),
    )


def _estimate(series: Series, counts: Counts, w: Words) -> Estimate:
    """Expected counts for the periods whose counts are shown, for both the chart and its table."""
    at = {period: k for k, period in enumerate(series.period)}
    rows = [at[period] for period in counts.periods]

    def of(values: list[float | None]) -> tuple[float | None, ...]:
        return tuple(values[k] for k in rows)

    return Estimate(
        w("chart.expected"),
        tuple(counts.periods),
        of(series.counterfactual),
        of(series.low),
        of(series.high),
        w("chart.band"),
    )


def _expected_columns(estimate: Estimate, w: Words) -> list[tuple[str, list[str]]]:
    """The columns of the table beside the counts: expected, and its interval."""
    intervals = [
        "" if lo is None or hi is None else w("interval", low=w.count(max(lo, 0.0), 1), high=w.count(hi, 1))
        for lo, hi in zip(estimate.low, estimate.high, strict=True)
    ]
    expected = [cell_text(v, w) for v in estimate.expected]
    return [(w("report.col.expected"), expected), (w("report.col.interval"), intervals)]


def _break_marks(shown: Shown, series: Series, first: dt.date, last: dt.date, w: Words) -> list[BreakMark]:
    """Days on which the definition or the release changes, among the breaks listed in the answer."""
    known = {str(one["id"]) for one in shown.answer.breaks}
    dated = [b for b in breaks([series.measure], first, last) if not b.family or b.id in known]
    changes = [
        (dt.date.fromisoformat(one["date"]), str(one["says"][w.language]))
        for one in shown.answer.breaks
        if one["kind"] == "release"
    ]
    marks = [BreakMark(day, w.month(day), text) for day, text in changes if first < day < last]
    return sorted(break_marks_of(dated, w) + marks, key=lambda mark: mark.day)


def _timeline(shown: Shown, series: Series, counts: Counts, w: Words, *, is_main: bool) -> Figure:
    every = every_of(series)
    name = w.label("measure", series.measure, series.label)
    estimate = _estimate(series, counts, w)
    has_estimate = any(v is not None for v in estimate.expected)
    sentence = _timeline_sentence(shown, series, counts, w)
    policy = policy_mark(shown)
    extra = _expected_columns(estimate, w) if has_estimate else []
    observed = counts.named(w("chart.observed"))
    covered = counts.covered
    marks = _break_marks(shown, series, covered[0], covered[-1], w) if covered else []
    title = w("report.timeline_title", measure=name, area=area_name(series.area, w)) if has_estimate else name
    return figure(
        charts.timeline,
        [observed],
        w=w,
        title=title,
        sentence=sentence,
        estimate=estimate if has_estimate else None,
        policies=[policy] if policy else [],
        bursts=bursts_of(shown, series, w),
        breaks=marks,
        height=350 if is_main else 270,
        table=counts_table([observed], w, sentence, every, extra),
        note=" ".join(text for text in (hidden_note([counts], w), *(mark.text for mark in marks)) if text),
        id=f"chart-{series.measure}",
    )


def is_main_whole(shown: Shown) -> bool:
    """Whether every period of the answer's own series may be published."""
    main = next((s for s in shown_series(shown.answer) if s.measure == shown.answer.measure), None)
    return main is not None and shown.is_whole(shown.counts(main, ""), len(main.period))


def _valued(label: str, i: Interval) -> Valued:
    return Valued(label, i.value, i.low, i.high)


def waterfall(shown: Shown, w: Words) -> Figure | None:
    """The baseline, its parts and the observed count as bars; None where they would reveal a count."""
    a = shown.answer
    if not shown.is_all_shown or a.baseline is None or not a.parts:
        return None
    # The baseline is the mean of the months before, so it would reveal a month that is withheld.
    if not is_main_whole(shown):
        return None
    parts = [_valued(w.label("part", name, name), i) for name, i in a.parts.items()]
    sentence = w(
        "chart.waterfall_says",
        start=w.count(a.baseline),
        end=w.count(a.observed),
        **{n: w.signed(i.value) for n, i in a.parts.items()},
    )
    start, end = Valued(w("part.baseline"), a.baseline), Valued(w("part.observed"), a.observed)
    rows = [
        [start.label, w.count(start.value), ""],
        *([p.label, w.signed(p.value), interval_text(p, w)] for p in parts),
        [end.label, w.count(end.value), ""],
    ]
    head = column_heads(("variant", "value", "interval"), w)
    return figure(
        charts.waterfall,
        start,
        parts,
        end,
        w=w,
        title=w("chart.waterfall"),
        sentence=sentence,
        table=Table(sentence, head, rows),
        id="chart-parts",
    )


def event_figure(shown: Shown, w: Words) -> Figure | None:
    """Effects by month counted from the policy; None where there are too few."""
    a = shown.answer
    main = next((s for s in a.series if s.measure == a.measure and s.area.code == a.area.code), None)
    counts = shown.counts(main, "") if main else None
    marks = dict(zip(counts.periods, counts.marks, strict=True)) if counts else {}
    points = [
        (p.month, _valued("", p.effect if marks.get(p.start) == SHOWN else Interval(None)))
        for p in a.event_time
    ]
    after = [(m, v) for m, v in points if m >= 0 and v.value is not None]
    before = [(m, v) for m, v in points if m < 0 and v.value is not None]
    if not after or len(points) < 3:
        return None
    largest = max(after, key=lambda pair: abs(pair[1].value or 0.0))
    sentence = w(
        key_of_kind("chart.event_says", shown.answer),
        measure=w.label("measure", a.measure, a.measure).lower()
        if w.language == "en"
        else w.label("measure", a.measure, ""),
        largest=w.signed(largest[1].value or 0.0, 1),
        month=largest[0] + 1,
        out=sum(_is_out(v) for _, v in after),
        n=len(after),
        before=sum(_is_out(v) for _, v in before),
        m=len(before),
    )
    withheld = w("cell.withheld")
    rows = [
        [
            w.signed(m) if m else "0",
            withheld if v.value is None else w.signed(v.value, 1),
            interval_text(v, w),
        ]
        for m, v in points
    ]
    head = [w("chart.months_from"), w("chart.gap"), w("report.col.interval")]
    return figure(
        charts.event_time,
        points,
        w=w,
        title=w("chart.event"),
        sentence=sentence,
        table=Table(sentence, head, rows),
        id="chart-event",
    )


def _is_out(v: Valued) -> bool:
    return v.low is not None and v.high is not None and (v.low > 0 or v.high < 0)


def _segments(strip: ChangeStrip) -> list[tuple[dt.date, dt.date | None, float]]:
    """Segments of constant level, taken from the answer's JSON."""
    return [(as_day(s["start"]), as_day(s["end"] or None), float(s["level"])) for s in strip.segments]


def change_figure(shown: Shown, strip: ChangeStrip, w: Words) -> Figure | None:
    """A series with the change point found in it; None where it is too short."""
    counts = shown.counts(strip, strip.label)
    if len(counts.periods) < 3:
        return None
    found, is_whole = None, shown.is_whole(counts, len(strip.period))
    sentence = w("chart.strip_none")
    if strip.date:
        found = (strip.date, strip.low or strip.date, strip.high or strip.date)
        sentence = w(
            "chart.strip_says" if is_whole else "chart.strip_date",
            date=w.long_month(strip.date),
            low=w.month(found[1]),
            high=w.month(found[2]),
            before=cell_text(strip.before, w) if is_whole else "",
            after=cell_text(strip.after, w) if is_whole else "",
            p=p_text(strip.p, w),
        )
    name = w.label("measure", strip.measure, strip.label)
    title = w("chart.strip", measure=name, area=area_name(strip.area, w))
    policy = policy_mark(shown)
    return figure(
        charts.change_strip,
        counts,
        found,
        _segments(strip) if is_whole else [],
        policy.effective if policy else None,
        label="chart.in_effect" if policy and policy.name else "chart.day",
        w=w,
        title=title,
        sentence=sentence,
        table=counts_table([counts.named(name)], w, sentence, "month"),
        note=hidden_note([counts], w),
    )


def sensitivity_figure(shown: Shown, w: Words) -> Figure | None:
    """The estimate under other choices of method; None where it may not be shown."""
    rows = [r for r in shown.answer.sensitivity if r.get("value") is not None]
    if not shown.is_main_shown or not rows:
        return None
    values = [Valued(variant_name(r, w), r["value"], r.get("low"), r.get("high")) for r in rows]
    known = [r["value"] for r in rows]
    sentence = w("chart.sensitivity_says", n=len(rows), low=w.signed(min(known)), high=w.signed(max(known)))
    cells = [
        [v.label, w.signed(v.value), interval_text(v, w), p_text(r.get("p_placebo"), w)]
        for v, r in zip(values, rows, strict=True)
    ]
    head = column_heads(("variant", "difference", "interval", "p"), w)
    return figure(
        charts.forest,
        values,
        w=w,
        title=w("chart.sensitivity"),
        sentence=sentence,
        table=Table(sentence, head, cells, is_stacked=True),
    )
