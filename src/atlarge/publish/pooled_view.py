"""The headline finding: what happened, on average, where places took such decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atlarge.errors import AtlargeError
from atlarge.messages import render
from atlarge.policies import registry
from atlarge.publish.charts.ratios import Ratios, ratios
from atlarge.publish.i18n import Words
from atlarge.publish.layout import page_of
from atlarge.publish.render import Figure, Table, figure
from atlarge.publish.render import render as page_from
from atlarge.publish.site_data import SiteData
from atlarge.records.store import Store, open_store

DIRECTIONS = ("limits", "extends")
MEASURES = ("at_large", "handoffs")


def pooled_finding(store: Store | Path | None, direction: str) -> dict[str, Any] | None:
    """The pooled answer for decisions of a direction and its words; None where too few can be pooled."""
    from atlarge.explain.elsewhere import headline, says
    from atlarge.explain.pooled_answer import pooled

    try:
        opened = open_store(store)
        found = pooled(opened, direction=direction, registry=registry())
    except AtlargeError:
        return None
    if any(found[m]["ratio"]["value"] is None for m in MEASURES):
        return None
    return {
        "direction": direction,
        "headline": headline(found),
        "says": says(found),
        "decisions": found["decisions"],
        "places": len(found["localities"]),
        **{m: {"ratio": found[m]["ratio"], "event_time": found[m]["event_time"]} for m in MEASURES},
    }


def findings(data: SiteData, w: Words) -> list[dict[str, Any]]:
    """The pooled answers as the front page shows them: a headline, a sentence, a chart, what to mind."""
    shown = []
    for found in data.pooled:
        shown.append(
            {
                "headline": render(found["headline"], w.language),
                "says": render(found["says"], w.language),
                "figure": _figure(found, w),
                "caveat": _caveat(found, w),
            }
        )
    return shown


def pooled_page(data: SiteData, w: Words) -> str:
    """The page of the pooled answers: headline, chart, what they rest on and what they do not show."""
    title, sections = w("pooled.title"), findings(data, w)
    description = str(sections[0]["headline"]) if sections else title
    page = page_of(data, w, "pooled", title, description, nav="policies")
    return page_from("pooled.html.j2", w=w, page=page, title=title, sections=sections)


def _figure(found: dict[str, Any], w: Words) -> Figure | None:
    series = []
    for m in MEASURES:
        rows = [r for r in found[m]["event_time"] if r["ratio"] is not None and r["low"] is not None]
        if len(rows) > 2:
            series.append(
                Ratios(
                    w(f"js.measure.{m}"),
                    tuple(r["month"] for r in rows),
                    tuple(r["ratio"] for r in rows),
                    tuple(r["low"] for r in rows),
                    tuple(r["high"] for r in rows),
                )
            )
    if not series:
        return None
    title = w(f"pooled_chart.title.{found['direction']}")
    sentence = w("pooled_chart.says", n=found["decisions"], places=found["places"])
    months = sorted({m for s in series for m in s.months})
    rows_of = [[str(m), *(_text(s, m) for s in series)] for m in months]
    table = Table(sentence, [w("pooled_chart.month"), *(s.label for s in series)], rows_of)
    return figure(
        ratios,
        series,
        w=w,
        title=title,
        sentence=sentence,
        table=table,
        id=f"pooled-{found['direction']}",
        is_half=True,
    )


def _text(s: Ratios, month: int) -> str:
    if month not in s.months:
        return "–"
    i = s.months.index(month)
    return f"{s.values[i]:.2f} ({s.low[i]:.2f}–{s.high[i]:.2f})"


def _caveat(found: dict[str, Any], w: Words) -> str:
    """Measures that had left what was expected, by the interval of the month before the decision."""
    left = []
    for m in MEASURES:
        before = [r for r in found[m]["event_time"] if r["month"] == -1 and r["low"] and r["high"]]
        if any(not r["low"] <= 1 <= r["high"] for r in before):
            left.append(w(f"measure.{m}").lower())
    return w("pooled_chart.left", list=w("pooled_chart.and").join(left)) if left else ""
