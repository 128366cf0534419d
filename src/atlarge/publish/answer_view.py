"""The parts of an answer's page: sentences, figures, tables. Everything comes from `Shown`, the disclosed
answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from atlarge.calendar import as_day
from atlarge.disclosure.table import SHOWN
from atlarge.explain.answer import ACCOUNTS, QUIET, Answer, Judgement, Span, Warned
from atlarge.publish.answer_figures import (
    change_figure,
    corroboration_figure,
    corroboration_rows,
    event_figure,
    is_main_whole,
    sensitivity_figure,
    timelines,
    waterfall,
)
from atlarge.publish.answer_text import (
    column_heads,
    count_text,
    interval_text,
    key_of_kind,
    p_text,
    span_name,
)
from atlarge.publish.answers import Shown, drawn_spans, drawn_strips
from atlarge.publish.i18n import Words
from atlarge.publish.messages import MessageRenderer, area_name
from atlarge.publish.render import Figure, Table
from atlarge.wording import web_link

_ABOUT = {"handoffs": "substitution", "level": "concentration"}
_KINDS = {"fits": "fits", "does not fit": "unfit", "cannot be told": ""}


def main_figure(shown: Shown, w: Words) -> Figure | None:
    """The first figure of an answer, if it has any."""
    first = next(timelines(shown, w), None)
    return first or next(iter(context(shown, w)["figures"]), None)


def context(shown: Shown, w: Words) -> dict[str, Any]:
    """The context of the template `answer.html.j2`."""
    a = shown.answer
    figures = list(timelines(shown, w))
    figures += [f for f in (waterfall(shown, w), event_figure(shown, w)) if f]
    figures += [f for strip in drawn_strips(a) if (f := change_figure(shown, strip, w))]
    sensitivity = sensitivity_figure(shown, w)
    estimator = str(a.method.get("estimator", "discounted share"))
    named = w.label("estimator", estimator, estimator)
    how = w(key_of_kind("report.how_text", a), estimator=named, scheme=a.scheme)
    return {
        "w": w,
        "headline": headline(shown, w),
        "sentences": sentences(shown, w),
        "cards": _cards(shown, w),
        "caveats": _texts(a.main_caveats, shown, w),
        "more_caveats": _texts(_minor_warnings(a), shown, w),
        "corroboration": _corroboration(shown, w),
        "corroboration_figure": corroboration_figure(shown, w),
        "elsewhere": _elsewhere(shown, w),
        "elsewhere_title": w(key_of_kind("report.elsewhere", a)),
        "figures": figures,
        "numbers": _numbers(shown, w),
        "how": how + (f" {w('report.no_estimates')}" if shown.is_closed else ""),
        "fit": _fit(shown, w),
        "areas": _areas(shown, w),
        "schemes": _schemes(shown, w),
        "method_figures": [sensitivity] if sensitivity else [],
        "sources": [
            {"title": s.get("title", ""), "url": web_link(s.get("url")), "note": s.get("note", "")}
            for s in a.sources
        ],
        "coverage": w("report.coverage", **_covered(shown, w)),
    }


def _covered(shown: Shown, w: Words) -> dict[str, str]:
    scope = shown.answer.coverage
    periods = [p for s in shown.answer.series for p in s.period] or [shown.answer.start]
    first, last = scope.get("start") or min(periods), scope.get("end") or max(periods)
    return {"start": w.day(as_day(first)), "end": w.day(as_day(last))}


def _span_cells(span: Span, shown: Shown, w: Words) -> dict[str, str]:
    """Table cells for a span, by column; the effect is withheld with its count."""
    count, effect = shown.span(span), span.effect
    withheld = w("cell.withheld")
    is_shown = count[1] == SHOWN and effect.value is not None
    expected = span.counterfactual.value
    return {
        "observed": count_text(count, shown, w),
        "expected": withheld if expected is None else w.count(expected),
        "difference": w.signed(effect.value) if is_shown else withheld,
        "interval": interval_text(effect, w) if is_shown else withheld,
        "p": p_text(span.p_placebo, w),
        "mde": w.count(span.mde),
    }


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


def _corroboration(shown: Shown, w: Words) -> list[dict[str, str]]:
    """What else the records show of the burst's days, and which way each points."""
    as_text = MessageRenderer(shown, w)
    return [
        {"says": as_text(row["says"]), "points": w(f"corroboration.{row['points']}"), "kind": row["points"]}
        for row in corroboration_rows(shown)
    ]


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
            days = f"{span_name(s, a, w)} ({w.days(s.start, s.end)})"
            rows.append([days, *(cells[name] for name in names)])
    measure, area = w.label("measure", a.measure, a.measure), area_name(a.area, w)
    caption = w(key_of_kind("report.numbers_caption", a), measure=measure, area=area)
    return Table(caption, column_heads(("span", *names), w), rows, is_stacked=True)


def _areas(shown: Shown, w: Words) -> Table | None:
    """Every span of every area and measure that was counted, one row each."""
    names = ("observed", "expected", "interval", "p")
    rows = []
    for s in drawn_spans(shown.answer):
        cells = _span_cells(s, shown, w)
        known = [
            area_name(s.area, w),
            w.label("measure", s.measure, s.measure),
            span_name(s, shown.answer, w),
        ]
        rows.append([*known, *(cells[name] for name in names)])
    head = column_heads(("area", "measure", "span", *names), w)
    return Table(w("report.areas_caption"), head, rows, is_wide=True) if rows else None


def _cards(shown: Shown, w: Words) -> list[dict[str, Any]]:
    """The three accounts in one layout: verdict, rule, numbers and the caveats that apply to them."""
    beside: dict[str, list[Warned]] = {}
    for warned in _minor_warnings(shown.answer):
        if warned.about in _ABOUT:
            beside.setdefault(_ABOUT[warned.about], []).append(warned)
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
                "beside": _texts(beside.get(name, [])[:1], shown, w),
            }
        )
    return cards


def _tested(judgement: Judgement, w: Words) -> list[str]:
    """The p-value behind a verdict, and its q-value among all those shown together."""
    if judgement.p is None or judgement.q is None:
        return []
    return [w("report.tested", p=p_text(judgement.p, w), q=p_text(judgement.q, w))]


def _schemes(shown: Shown, w: Words) -> Table | None:
    rows = []
    for name, under_scheme in shown.answer.schemes.items():
        if under_scheme.get("observed") is None:
            continue
        cell = shown.scheme(name)
        effect = (under_scheme.get("effect") or {}).get("value")
        difference = w.signed(effect) if cell[1] == SHOWN else w("cell.withheld")
        rows.append([name, count_text(cell, shown, w), difference, p_text(under_scheme.get("p_placebo"), w)])
    head = column_heads(("variant", "observed", "difference", "p"), w)
    return Table(w("report.schemes_caption"), head, rows, is_stacked=True) if rows else None


def _fit(shown: Shown, w: Words) -> str:
    fit = shown.answer.pre_fit
    if not fit or fit.get("rmse") is None or not is_main_whole(shown):
        return ""
    return w(
        key_of_kind("report.fit", shown.answer),
        rmse=w.count(fit["rmse"], 1),
        mean=w.count(fit.get("mean") or 0.0, 1),
        donors=fit.get("donors", 0),
        periods=fit.get("periods", 0),
    )
