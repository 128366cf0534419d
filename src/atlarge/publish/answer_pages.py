"""The page of one answer, and what a place's page shows of it."""

from __future__ import annotations

import re
from typing import Any

from atlarge.explain.answer import Answer
from atlarge.publish.answer_view import context, headline
from atlarge.publish.answers import Shown, members
from atlarge.publish.i18n import Words
from atlarge.publish.layout import crumbs_to, page_of
from atlarge.publish.render import render
from atlarge.publish.reports import policy_line, title_of
from atlarge.publish.site_data import Code, SiteData

MOST = 6
"""Answers on the front page; all are on the page of policies."""


def answer_stem(answer: Answer) -> str:
    """Path of an answer's page, without language and ending."""
    name = str(answer.policy.get("id") or f"{answer.place}-{answer.start}")
    return "answers/" + re.sub(r"[^A-Za-z0-9-]+", "-", name)


def concerns(shown: Shown) -> list[Code]:
    """Places on whose pages an answer appears: the place in question and those counted with it."""
    return list(members(shown.answer.area))


def answered(data: SiteData) -> dict[str, str]:
    """Path of the answer, without language and ending, by the id of its policy."""
    return {
        str(s.answer.policy["id"]): answer_stem(s.answer) for s in data.answers if s.answer.policy.get("id")
    }


def answer_page(data: SiteData, shown: Shown, w: Words) -> str:
    """The whole answer."""
    parts = context(shown, w)
    title = title_of(shown, w)
    page = page_of(data, w, answer_stem(shown.answer), title, parts["headline"], nav="policies")
    return render(
        "answer_page.html.j2",
        **parts,
        page=page,
        title=title,
        policy_line=policy_line(shown, w),
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
            parts = context(shown, w)
            sections.append(
                {
                    "title": title_of(shown, w),
                    "sentences": [parts["headline"]],
                    "figure": parts["figures"][0] if parts["figures"] else None,
                    "href": f"{answer_stem(shown.answer)}.html",
                }
            )
    return sections
