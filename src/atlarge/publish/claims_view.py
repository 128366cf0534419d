"""The claims page: what was said, the verdict, and the counts behind it, as disclosed."""

from __future__ import annotations

from typing import Any

from atlarge.disclosure.table import mark_text
from atlarge.publish.answer_pages import answer_stem
from atlarge.publish.i18n import Words
from atlarge.publish.layout import heading, name_of
from atlarge.publish.render import Link, Table, render
from atlarge.publish.site_data import SiteData
from atlarge.wording import web_link

_KINDS = {"supported": "fits", "contradicted": "unfit"}


def claims_page(data: SiteData, w: Words) -> str:
    """The ledger: each claim with its verdict, its readings, and the figures behind them."""
    tally = {
        v: sum(c["verdict"] == v for c in data.claims)
        for v in dict.fromkeys(c["verdict"] for c in data.claims)
    }
    counts = "; ".join(f"{w.label('ledger', v, v)}: {n}" for v, n in tally.items())
    return render(
        "claims.html.j2",
        **heading(data, w, "claims"),
        tally=w("claims.tally", n=len(data.claims), list=counts) if data.claims else w("claims.none"),
        claims=[_view(c, data, w) for c in data.claims],
        verdicts=[(v, w.label("ledger", v, v)) for v in tally],
    )


def _view(c: dict[str, Any], data: SiteData, w: Words) -> dict[str, Any]:
    """One claim as the page shows it."""
    answers = [
        {
            "reading": a["reading"],
            "verdict": w.label("ledger", a["verdict"], a["verdict"]),
            "shown": a["shown"],
        }
        for a in c["answers"]
    ]
    is_compared = c["claimed"] and c["found"] and not answers
    return {
        "id": c["id"],
        "text": c["text"],
        "who": ", ".join(
            t for t in (c["speaker"], w.label("heard", c["heard"] or "", c["heard"] or "")) if t
        ),
        "verdict": w.label("ledger", c["verdict"], c["verdict"]),
        "kind": _KINDS.get(c["verdict"], ""),
        "ledger": c["verdict"],
        "meaning": w.label("ledger_says", c["verdict"], ""),
        "compared": w("claims.compared", claimed=c["claimed"], found=c["found"]) if is_compared else "",
        "fits": w("claims.fits", verdict=w.label("ledger", c["fits"], c["fits"])) if c["fits"] else "",
        "needs": c["needs"],
        "answers": answers,
        "hidden": "" if c["is_shown"] else w("claims.hidden"),
        "table": _table(c, data, w),
        "explained": _explained(c, data),
    }


def _explained(c: dict[str, Any], data: SiteData) -> list[str]:
    """Paths of the answers on this site that a verdict rests on."""
    ids = {str(s.answer.policy.get("id")): answer_stem(s.answer) for s in data.answers}
    return sorted({path for rows in c["explained"] for name, path in ids.items() if rows.endswith(name)})


def _table(c: dict[str, Any], data: SiteData, w: Words) -> Table | None:
    rows = []
    for e in c["evidence"]:
        place = data.places.get((e["level"], e["place"])) if e["is_counted"] else None
        counted = mark_text(e["value"], e["mark"], data.threshold, w("cell.withheld"), w("cell.uncovered"))
        link = web_link(e["url"])
        source = w("claims.records") if e["is_counted"] else e["party"] or w("link.source")
        rows.append(
            [
                w.label("measure", e["measure"], e["measure"].replace("_", " ")),
                Link(name_of(place, w), f"{place.stem}.html") if place else e["name"],
                w.days(e["start"], e["end"]) if e["start"] and e["end"] else "–",
                counted if e["is_counted"] else e["shown"],
                Link(source, "data.html")
                if e["is_counted"]
                else Link(source, link, True)
                if link
                else source,
            ]
        )
    head = [w(f"col.{k}") for k in ("measure", "place", "when", "figure", "source")]
    return (
        Table(w("claims.behind"), head, rows, is_stacked=True, texts=(1, 2, 4), has_heading=True)
        if rows
        else None
    )
