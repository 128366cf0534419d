"""The parts of an answer's page: sentences, figures, tables. Everything comes from `Shown`, the disclosed
answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from atlarge.calendar import as_day
from atlarge.disclosure.table import SHOWN, SMALL, UNCOVERED, WITHHELD, Counts, mark_text
from atlarge.explain.answer import (
    ACCOUNTS,
    QUIET,
    Answer,
    ChangeStrip,
    Interval,
    Judgement,
    Series,
    Span,
    Warned,
)
from atlarge.explain.narrative import level_keys, may_be_none
from atlarge.panel.time_axis import breaks
from atlarge.publish import charts
from atlarge.publish.answers import Shown, burst_window, drawn_spans, drawn_strips, shown_series
from atlarge.publish.charts import BreakMark, Burst, Estimate, PolicyMark, Valued
from atlarge.publish.detention_view import break_marks_of
from atlarge.publish.i18n import Words
from atlarge.publish.messages import MessageRenderer, area_name, variant_name
from atlarge.publish.render import Figure, Table, counts_table, figure, hidden_note, safe_link

_KINDS = {"fits": "fits", "does not fit": "unfit", "cannot be told": ""}


def _timelines(shown: Shown, w: Words) -> Iterator[Figure]:
    """The shown series over time, the main one first."""
    for i, series in enumerate(shown_series(shown.answer)):
        counts = shown.counts(series, _measure(series.measure, series.label, w))
        if len(counts.periods) > 1:
            yield _timeline(shown, series, counts, w, is_main=i == 0)


def main_figure(shown: Shown, w: Words) -> Figure | None:
    """The first figure of an answer, if it has any."""
    first = next(_timelines(shown, w), None)
    return first or next(iter(context(shown, w)["figures"]), None)


def context(shown: Shown, w: Words) -> dict[str, Any]:
    """The context of the template `answer.html.j2`."""
    a = shown.answer
    figures = list(_timelines(shown, w))
    figures += [f for f in (_waterfall(shown, w), _event(shown, w)) if f]
    figures += [f for strip in drawn_strips(a) if (f := _strip(shown, strip, w))]
    sensitivity = _sensitivity(shown, w)
    estimator = str(a.method.get("estimator", "discounted share"))
    named = w.label("estimator", estimator, estimator)
    how = w(_of_kind("report.how_text", a), estimator=named, scheme=a.scheme)
    return {
        "w": w,
        "headline": headline(shown, w),
        "sentences": sentences(shown, w),
        "cards": _cards(shown, w),
        "caveats": _texts(a.main_caveats, shown, w),
        "more_caveats": _texts(_minor_warnings(a), shown, w),
        "corroboration": _corroboration(shown, w),
        "corroboration_figure": _corroboration_figure(shown, w),
        "elsewhere": _elsewhere(shown, w),
        "figures": figures,
        "numbers": _numbers(shown, w),
        "verdicts": _verdicts(shown, w),
        "rates": _rates(shown, w),
        "how": how + (f" {w('report.no_estimates')}" if shown.is_closed else ""),
        "fit": _fit(shown, w),
        "areas": _areas(shown, w),
        "schemes": _schemes(shown, w),
        "method_figures": [sensitivity] if sensitivity else [],
        "warnings": _texts(a.warnings, shown, w),
        "sources": [
            {"title": s.get("title", ""), "url": safe_link(s.get("url")), "note": s.get("note", "")}
            for s in a.sources
        ],
        "coverage": w("report.coverage", **_covered(shown, w)),
    }


def _covered(shown: Shown, w: Words) -> dict[str, str]:
    scope = shown.answer.coverage
    periods = [p for s in shown.answer.series for p in s.period] or [shown.answer.start]
    first, last = scope.get("start") or min(periods), scope.get("end") or max(periods)
    return {"start": w.day(as_day(first)), "end": w.day(as_day(last))}


def _measure(name: str, default: str, w: Words) -> str:
    return w.label("measure", name, default)


def _text(cell: tuple[int | None, str], shown: Shown, w: Words) -> str:
    return mark_text(*cell, shown.table.threshold, w("cell.withheld"), w("cell.uncovered"))


def _in_sentence(cell: tuple[int | None, str], shown: Shown, w: Words) -> str:
    """A count as written within a sentence."""
    return w("cell.hidden") if cell[1] == WITHHELD else _text(cell, shown, w)


def _value(value: float | None, w: Words) -> str:
    return w("cell.unknown") if value is None else w.count(value)


def _signed(value: float | None, w: Words) -> str:
    return w("cell.unknown") if value is None else w.signed(value)


def _interval(i: Interval | Valued, w: Words) -> str:
    if i.low is None or i.high is None:
        return w("cell.unknown")
    return w("interval", low=w.signed(i.low), high=w.signed(i.high))


def _span_cells(span: Span, shown: Shown, w: Words) -> dict[str, str]:
    """Table cells for a span, by column; the effect is withheld with its count."""
    count, effect = shown.span(span), span.effect
    withheld = w("cell.withheld")
    is_shown = count[1] == SHOWN and effect.value is not None
    expected = span.counterfactual.value
    return {
        "observed": _text(count, shown, w),
        "expected": withheld if expected is None else w.count(expected),
        "difference": _signed(effect.value, w) if is_shown else withheld,
        "interval": _interval(effect, w) if is_shown else withheld,
        "p": p_text(span.p_placebo, w),
        "mde": _value(span.mde, w),
    }


def _heads(names: Iterable[str], w: Words) -> list[str]:
    return [w(f"report.col.{name}") for name in names]


def p_text(p: float | None, w: Words) -> str:
    """A p-value as print: two or three decimals."""
    if p is None:
        return w("cell.unknown")
    return "<0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def sentences(shown: Shown, w: Words) -> list[str]:
    """The answer in three sentences; a count that may not be published is left out of them."""
    as_text = MessageRenderer(shown, w)
    return [as_text(message) for message in shown.answer.messages]


def headline(shown: Shown, w: Words) -> str:
    """The one plain sentence of an answer."""
    return MessageRenderer(shown, w)(shown.answer.headline)


def _texts(warnings: Iterable[Warned], shown: Shown, w: Words) -> list[str]:
    as_text = MessageRenderer(shown, w)
    return [as_text(warned.message) for warned in warnings]


def _minor_warnings(answer: Answer) -> list[Warned]:
    """The warnings that are neither main caveats nor those that every answer has."""
    main = {warned.id for warned in answer.main_caveats} | set(QUIET)
    return [warned for warned in answer.warnings if warned.id not in main]


def _safe_rows(shown: Shown) -> list[dict[str, Any]]:
    """Lines of corroboration that reveal no small count."""
    least = shown.table.threshold
    return [row for row in shown.answer.corroboration if not any(0 < c < least for c in row["counts"])]


def _corroboration(shown: Shown, w: Words) -> list[dict[str, str]]:
    """What else the records show of the burst's days, and which way each points."""
    as_text = MessageRenderer(shown, w)
    return [
        {"says": as_text(row["says"]), "points": w(f"corroboration.{row['points']}"), "kind": row["points"]}
        for row in _safe_rows(shown)
    ]


_SHARES = ("marked", "marked_aor", "marked_nation", "returns")


def _corroboration_figure(shown: Shown, w: Words) -> Figure | None:
    """Shares on the days of the burst compared with the usual ones, in percent."""
    rows = [
        (w(f"corroborated.{row['id']}"), 100.0 * row["value"], 100.0 * row["usual"])
        for row in _safe_rows(shown)
        if row["id"] in _SHARES and row["value"] is not None and row["usual"] is not None
    ]
    if not rows or not _has_burst(shown) or shown.headline_count("burst")[1] != SHOWN:
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


def _elsewhere(shown: Shown, w: Words) -> str:
    """What happened, on average, in other places that took such a decision."""
    says = shown.answer.elsewhere.get("says")
    return MessageRenderer(shown, w)(says) if says is not None else ""


def _numbers(shown: Shown, w: Words) -> Table:
    a = shown.answer
    names = ("observed", "expected", "difference", "interval", "p", "mde")
    rows = []
    for s in drawn_spans(a):
        if s.measure == a.measure and s.area.code == a.area.code:
            cells = _span_cells(s, shown, w)
            days = f"{_span_name(s, a, w)} ({w.days(s.start, s.end)})"
            rows.append([days, *(cells[name] for name in names)])
    measure, area = _measure(a.measure, a.measure, w), area_name(a.area, w)
    caption = w(_of_kind("report.numbers_caption", a), measure=measure, area=area)
    return Table(caption, _heads(("span", *names), w), rows, is_stacked=True)


def _areas(shown: Shown, w: Words) -> Table | None:
    """Every span of every area and measure that was counted, one row each."""
    names = ("observed", "expected", "interval", "p")
    rows = []
    for s in drawn_spans(shown.answer):
        cells = _span_cells(s, shown, w)
        known = [area_name(s.area, w), _measure(s.measure, s.measure, w), _span_name(s, shown.answer, w)]
        rows.append([*known, *(cells[name] for name in names)])
    head = _heads(("area", "measure", "span", *names), w)
    return Table(w("report.areas_caption"), head, rows, is_wide=True) if rows else None


def _verdicts(shown: Shown, w: Words) -> list[dict[str, Any]]:
    cards, as_text = [], MessageRenderer(shown, w)
    for name in ACCOUNTS:
        v = shown.answer.verdicts.get(name)
        if v is None:
            continue
        cards.append(
            {
                "account": name,
                "title": as_text(v.title),
                "verdict": w(f"verdict.{v.verdict}"),
                "kind": _KINDS[v.verdict],
                "rule": as_text(v.rule),
                "reason": as_text(v.reason),
                "details": [*(as_text(message) for message in v.details), *_tested(v, w)],
            }
        )
    return cards


def _tested(judgement: Judgement, w: Words) -> list[str]:
    """The p-value behind a verdict, and its q-value among all those shown together."""
    if judgement.p is None or judgement.q is None:
        return []
    return [w("report.tested", p=p_text(judgement.p, w), q=p_text(judgement.q, w))]


_ABOUT = {"handoffs": "substitution", "level": "concentration"}


def _cards(shown: Shown, w: Words) -> list[dict[str, Any]]:
    """The three accounts in one layout: verdict, rule, numbers and the caveats that apply to them."""
    beside: dict[str, list[Warned]] = {}
    for warned in _minor_warnings(shown.answer):
        if warned.about in _ABOUT:
            beside.setdefault(_ABOUT[warned.about], []).append(warned)
    return [
        {**card, "beside": _texts(beside.get(card["account"], [])[:1], shown, w)}
        for card in _verdicts(shown, w)
    ]


def _of_kind(key: str, answer: Answer) -> str:
    """The key of a text that is worded otherwise where the question names a day and no policy."""
    return f"{key}_date" if answer.policy.get("kind") == "date" else key


def _span_name(span: Span, answer: Answer, w: Words) -> str:
    """What a span of an answer is called."""
    return w(_of_kind("span.policy", answer) if span.span == "policy" else f"span.{span.span}")


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
    if named is not None and shown.answer.measure == series.measure and _has_burst(shown):
        count = _text(shown.headline_count("burst"), shown, w)
        says = w("chart.burst", count=count, days=w.days(named.start, named.end))
        rows.append(Burst(named.start, named.end, says, 1))
    for rank, surge in enumerate(sorted(shown.answer.surges, key=lambda s: s.get("rank", 99)), 2):
        if str(surge.get("measure", "at_large")) != series.measure:
            continue
        start, end = as_day(surge["start"]), as_day(surge["end"])
        if named is not None and start <= named.end and named.start <= end:
            continue  # the same days under another rule: a page shows one count for them
        count = _text(shown.surge(surge), shown, w)
        rows.append(Burst(start, end, w("chart.burst", count=count, days=w.days(start, end)), rank))
    return rows


def _has_burst(shown: Shown) -> bool:
    return shown.answer.bursts is not None and shown.answer.bursts.verdict == "fits"


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
    covered = [d for d, m in zip(counts.periods, counts.marks, strict=True) if m != UNCOVERED]
    first, last = (covered[0], covered[-1]) if covered else (series.period[0], series.period[-1])
    shared = {
        "measure": _measure(series.measure, series.label, w),
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
        span=_span_name(span, shown.answer, w),
        observed=_in_sentence(shown.span(span), shown, w),
        expected=_value(span.counterfactual.value, w),
        low=_value(span.counterfactual.low, w),
        high=_value(span.counterfactual.high, w),
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
    expected = [_cell(v, w) for v in estimate.expected]
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
    name = _measure(series.measure, series.label, w)
    estimate = _estimate(series, counts, w)
    has_estimate = any(v is not None for v in estimate.expected)
    sentence = _timeline_sentence(shown, series, counts, w)
    policy = policy_mark(shown)
    extra = _expected_columns(estimate, w) if has_estimate else []
    observed = counts.named(w("chart.observed"))
    covered = [d for d, m in zip(counts.periods, counts.marks, strict=True) if m != UNCOVERED]
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


def _cell(value: float | None, w: Words) -> str:
    return "" if value is None else w.count(max(value, 0.0), 1)


def _is_main_whole(shown: Shown) -> bool:
    """Whether every period of the answer's own series may be published."""
    main = next((s for s in shown_series(shown.answer) if s.measure == shown.answer.measure), None)
    return main is not None and shown.is_whole(shown.counts(main, ""), len(main.period))


def _valued(label: str, i: Interval) -> Valued:
    return Valued(label, i.value, i.low, i.high)


def _waterfall(shown: Shown, w: Words) -> Figure | None:
    a = shown.answer
    if not shown.is_all_shown or a.baseline is None or not a.parts:
        return None
    # The baseline is the mean of the months before, so it would reveal a month that is withheld.
    if not _is_main_whole(shown):
        return None
    parts = [_valued(w.label("part", name, name), i) for name, i in a.parts.items()]
    sentence = w(
        "chart.waterfall_says",
        start=_value(a.baseline, w),
        end=_value(a.observed, w),
        **{n: _signed(i.value, w) for n, i in a.parts.items()},
    )
    start, end = Valued(w("part.baseline"), a.baseline), Valued(w("part.observed"), a.observed)
    rows = [
        [start.label, _value(start.value, w), ""],
        *([p.label, _signed(p.value, w), _interval(p, w)] for p in parts),
        [end.label, _value(end.value, w), ""],
    ]
    head = _heads(("variant", "value", "interval"), w)
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


def _event(shown: Shown, w: Words) -> Figure | None:
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
        _of_kind("chart.event_says", shown.answer),
        measure=_measure(a.measure, a.measure, w).lower()
        if w.language == "en"
        else _measure(a.measure, "", w),
        largest=w.signed(largest[1].value or 0.0, 1),
        month=largest[0] + 1,
        out=sum(_is_out(v) for _, v in after),
        n=len(after),
        before=sum(_is_out(v) for _, v in before),
        m=len(before),
    )
    withheld = w("cell.withheld")
    rows = [
        [w.signed(m) if m else "0", withheld if v.value is None else w.signed(v.value, 1), _interval(v, w)]
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


def _strip(shown: Shown, strip: ChangeStrip, w: Words) -> Figure | None:
    counts = shown.strip_counts(strip, strip.label)
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
            before=_cell(strip.before, w) if is_whole else "",
            after=_cell(strip.after, w) if is_whole else "",
            p=p_text(strip.p, w),
        )
    name = _measure(strip.measure, strip.label, w)
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


def _sensitivity(shown: Shown, w: Words) -> Figure | None:
    rows = [r for r in shown.answer.sensitivity if r.get("value") is not None]
    if not shown.is_main_shown or not rows:
        return None
    values = [Valued(variant_name(r, w), r["value"], r.get("low"), r.get("high")) for r in rows]
    known = [r["value"] for r in rows]
    sentence = w("chart.sensitivity_says", n=len(rows), low=w.signed(min(known)), high=w.signed(max(known)))
    cells = [
        [v.label, _signed(v.value, w), _interval(v, w), p_text(r.get("p_placebo"), w)]
        for v, r in zip(values, rows, strict=True)
    ]
    head = _heads(("variant", "difference", "interval", "p"), w)
    return figure(
        charts.forest,
        values,
        w=w,
        title=w("chart.sensitivity"),
        sentence=sentence,
        table=Table(sentence, head, cells, is_stacked=True),
    )


def _schemes(shown: Shown, w: Words) -> Table | None:
    rows = []
    for name, under_scheme in shown.answer.schemes.items():
        if under_scheme.get("observed") is None:
            continue
        cell = shown.scheme(name)
        effect = (under_scheme.get("effect") or {}).get("value")
        difference = _signed(effect, w) if cell[1] == SHOWN else w("cell.withheld")
        rows.append([name, _text(cell, shown, w), difference, p_text(under_scheme.get("p_placebo"), w)])
    head = _heads(("variant", "observed", "difference", "p"), w)
    return Table(w("report.schemes_caption"), head, rows, is_stacked=True) if rows else None


def _fit(shown: Shown, w: Words) -> str:
    fit = shown.answer.pre_fit
    if not fit or fit.get("rmse") is None or not _is_main_whole(shown):
        return ""
    return w(
        _of_kind("report.fit", shown.answer),
        rmse=w.count(fit["rmse"], 1),
        mean=w.count(fit.get("mean") or 0.0, 1),
        donors=fit.get("donors", 0),
        periods=fit.get("periods", 0),
    )


def _rates(shown: Shown, w: Words) -> str:
    c = shown.answer.concentration
    rate, nation = c.get("per_10k") or {}, c.get("per_10k_nation") or {}
    if not shown.is_main_shown or rate.get("value") is None or nation.get("value") is None:
        return ""
    if any(shown.mark_of(key) != SHOWN for key in level_keys(c, shown.answer.scheme)):
        return ""
    return w(
        "report.concentration_open" if may_be_none(c) else "report.concentration_text",
        group=w(f"report.group.{c.get('group') or 'unauthorized residents'}"),
        basis=w(f"report.population.{c.get('population_kind') or 'published'}"),
        rate=w.count(rate["value"], 1),
        low=_cell(rate.get("low"), w),
        high=_cell(rate.get("high"), w),
        nation=w.count(nation["value"], 1),
        population=w.count(c.get("population") or 0),
        place=c.get("population_place", ""),
    )
