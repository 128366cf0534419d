"""The page of one answer, and what a place's page shows of it."""

from __future__ import annotations

import re
from typing import Any

from atlarge.explain.answer import Answer, Series
from atlarge.publish.answer_figures import bursts_of, every_of, policy_mark
from atlarge.publish.answer_view import headline, main_figure
from atlarge.publish.answers import Shown, members, shown_series
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.layout import crumbs_to, page_of
from atlarge.publish.live import Live, spans_between
from atlarge.publish.messages import area_name
from atlarge.publish.render import Figure, render
from atlarge.publish.reports import policy_line, title_of
from atlarge.publish.series_files import number_of, script
from atlarge.publish.site_data import Code, SiteData

MOST = 6
"""Answers on the front page; all are on the page of policies."""


def answer_stem(answer: Answer) -> str:
    """Path of an answer's page, without language and ending."""
    name = str(answer.policy.get("id") or f"{answer.place}-{answer.start}")
    return "answers/" + re.sub(r"[^A-Za-z0-9-]+", "-", name)


def series_key(answer: Answer) -> str:
    """Name of an answer's series in addresses and of its file: answer-travis-tx-2017."""
    return "answer-" + answer_stem(answer).rpartition("/")[2]


def answer_series(shown: Shown) -> str:
    """The script of an answer's series: counts by its own periods, and what was expected of each."""
    a, drawn = shown.answer, shown_series(shown.answer)
    counts = {s.measure: shown.counts(s, "") for s in drawn}
    found = {
        "names": {name: area_name(a.area, Words(name)) for name in LANGUAGES},
        "level": "answer",
        "code": series_key(a),
        "page": f"{answer_stem(a)}.html",
        "threshold": shown.table.threshold,
        "every": every_of(drawn[0]) if drawn else "month_from",
        "at": {s.measure: [p.isoformat() for p in s.period] for s in drawn},
        "days": {s.measure: list(s.days) for s in drawn},
        "counts": {m: [number_of(c, i) for i in range(len(c.values))] for m, c in counts.items()},
        "expected": {s.measure: _expected(s) for s in drawn},
        "policies": _policy_marks(shown),
        "surges": _surge_marks(shown),
    }
    return script("atlargeSeries", series_key(a), found)


def _expected(series: Series) -> list[list[float] | None] | None:
    """Expected count and its interval by period, as the table gives them; None where nothing is expected."""
    cells = zip(series.counterfactual, series.low, series.high, strict=True)
    rows = [None if None in cell else [round(v or 0.0, 1) for v in cell] for cell in cells]
    return rows if any(rows) else None


def _policy_marks(shown: Shown) -> list[dict[str, Any]]:
    mark = policy_mark(shown)
    if mark is None:
        return []
    kind = str(shown.answer.policy.get("direction") or "limits")
    days = ((mark.announced, kind, True), (mark.effective, kind, False), (mark.ended, "ended", False))
    return [
        {"day": day.isoformat(), "kind": kind, "title": mark.name, "scope": "", "soft": is_soft}
        for day, kind, is_soft in days
        if day
    ]


def _surge_marks(shown: Shown) -> list[dict[str, Any]]:
    """Bursts of the answer's measure with their labels in both languages."""
    main = next((s for s in shown_series(shown.answer) if s.measure == shown.answer.measure), None)
    if main is None:
        return []
    by_language = {name: bursts_of(shown, main, Words(name)) for name in LANGUAGES}
    return [
        {
            "start": b.start.isoformat(),
            "end": b.end.isoformat(),
            "rank": b.rank,
            "labels": {name: some[i].text for name, some in by_language.items()},
        }
        for i, b in enumerate(by_language[LANGUAGES[0]])
    ]


def _live(shown: Shown, figure: Figure, w: Words) -> Live:
    """The answer's first chart, with measures, dates and places to lay beside it."""
    drawn = shown_series(shown.answer)
    ends = [s.period[-1] for s in drawn]
    return Live(
        id=figure.id,
        title=figure.wide.title,
        sentence=figure.wide.sentence,
        places=[series_key(shown.answer)],
        measure=drawn[0].measure,
        spans=spans_between(min(s.period[0] for s in drawn), max(ends), w),
        figure=figure,
        is_linked=True,
        has_rates=False,
        measures=[s.measure for s in drawn],
    )


def concerns(shown: Shown) -> list[Code]:
    """Places on whose pages an answer appears: the place in question and those counted with it."""
    return list(members(shown.answer.area))


def answered(data: SiteData) -> dict[str, str]:
    """Path of the answer, without language and ending, by the id of its policy."""
    return {
        str(s.answer.policy["id"]): answer_stem(s.answer) for s in data.answers if s.answer.policy.get("id")
    }


def answer_page(data: SiteData, shown: Shown, w: Words, parts: dict[str, Any]) -> str:
    """The whole answer, from its parts (`answer_view.context`)."""
    title = title_of(shown, w)
    stem = answer_stem(shown.answer)
    page = page_of(data, w, stem, title, parts["headline"], nav="policies", live=True)
    return render(
        "answer_page.html.j2",
        **parts,
        page=page,
        title=title,
        policy_line=policy_line(shown, w),
        chart=_live(shown, parts["figures"][0], w)
        if parts["figures"] and shown_series(shown.answer)
        else None,
        brief=answer_stem(shown.answer).rsplit("/", 1)[-1] + "-brief.html",
        crumbs=[c for code in concerns(shown) for c in crumbs_to(data, code, w)],
    )


def _rank(shown: Shown) -> tuple[bool, float, str]:
    a = shown.answer
    return not shown.is_main_shown, -a.observed if shown.is_main_shown else 0.0, a.place_name


def answer_cards(data: SiteData, w: Words) -> list[dict[str, Any]]:
    """Answers in the order of the front page: those whose count may be published first, then by its size."""
    cards = []
    for shown in sorted(data.answers, key=_rank)[:MOST]:
        says = headline(shown, w)
        cards.append({"title": title_of(shown, w), "says": says, "href": f"{answer_stem(shown.answer)}.html"})
    return cards


def answer_sections(data: SiteData, code: Code, w: Words) -> list[dict[str, Any]]:
    """Answers as a place's page shows them: the sentences, the chart, the way to the whole."""
    sections = []
    for shown in data.answers:
        if code in concerns(shown):
            sections.append(
                {
                    "title": title_of(shown, w),
                    "sentences": [headline(shown, w)],
                    "figure": main_figure(shown, w),
                    "href": f"{answer_stem(shown.answer)}.html",
                }
            )
    return sections
