"""The pages that are not of one place: front, places, surges, policies, claims, methods, data."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlsplit

from atlarge.panel import NATION
from atlarge.publish import charts
from atlarge.publish.answer_pages import answer_cards, answered
from atlarge.publish.charts.timeline import cell
from atlarge.publish.claims_view import claims_page
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.lineage_view import lineage_page
from atlarge.publish.pages import (
    PARTS,
    WHOLE,
    name_of,
    page_of,
    partial_note,
    policies_table,
    rate_text,
    timeline_of,
)
from atlarge.publish.render import Link, Table, render
from atlarge.publish.site_data import PlaceInfo, SiteData, order
from atlarge.publish.surges_view import surges_page, surges_table

MAP_MEASURES = (WHOLE, *PARTS)
NAV = ("places", "surges", "policies", "claims", "methods", "data")


def front_page(data: SiteData, w: Words) -> str:
    """The front: the nation over time, the map, the largest surges."""
    nation = data.places.get(("nation", NATION))
    said = w("front.lede", first=w.long_month(data.first_day), last=w.long_month(data.last_month))
    page = page_of(data, w, "index", w("front.title"), said, nav="")
    if nation:
        page["image"] = f"img/nation-{NATION}.png"
    ranked = sorted((s for rows in data.surges.values() for s in rows), key=lambda s: (s["rank"], s["level"]))
    return render(
        "front.html.j2",
        w=w,
        page=page,
        lede=said,
        answers=answer_cards(data, w),
        says=_national(data, nation, w) if nation else "",
        nation=timeline_of(data, nation, w, page["home"]) if nation else None,
        map=_map(data, w),
        surges=surges_table(ranked[:6], w, data.places, page["home"]),
    )


def _national(data: SiteData, nation: PlaceInfo, w: Words) -> str:
    """The national picture in a sentence: each fiscal year's arrests, and how many of them at large."""
    whole, part = (data.series(nation, m, "year") for m in (WHOLE, PARTS[0]))
    if whole is None or part is None:
        return ""
    told = "; ".join(
        w("front.year_says", year=w.fiscal_year(day), arrests=cell(whole, i, w), at_large=cell(part, i, w))
        for i, day in enumerate(whole.periods)
    )
    return w("front.nation_says", list=told) + (f" {note}" if (note := partial_note(data, w)) else "")


def map_years(data: SiteData) -> list[Any]:
    """Fiscal years that the map can show: those with a count of the nation."""
    nation = data.places.get(("nation", NATION))
    counts = data.series(nation, WHOLE, "year") if nation else None
    if counts is None:
        return []
    return [day for day, v in zip(counts.periods, counts.values, strict=True) if v is not None]


def _counties(data: SiteData) -> list[PlaceInfo]:
    return [p for code, p in sorted(data.places.items()) if code[0] == "county"]


def _map(data: SiteData, w: Words) -> dict[str, Any] | None:
    years = map_years(data)
    counties = _counties(data)
    if not years or not counties:
        return None
    told = map_data(data)
    day, measure = years[-1], MAP_MEASURES[0]
    cuts, label = told["cuts"][measure], str(day.year + 1)
    rates = told["rates"][measure][label]
    classes = {fips: _class(rate, cuts) for fips, rate in zip(told["fips"], rates, strict=True)}
    names = {m: w(f"measure.{m}") for m in MAP_MEASURES}
    title = w("front.map_title", measure=names[measure], year=label)
    edges = [w.count(c, 0 if c >= 100 or c == int(c) else 1) for c in cuts]
    spans = [
        f"< {edges[0]}",
        *(f"{a} – {b}" for a, b in itertools.pairwise(edges)),
        f"{edges[-1]} +",
    ]
    legend = [{"kind": f"q{i}", "text": t} for i, t in enumerate(spans)]
    legend += [{"kind": "qx", "text": w("front.map_hidden")}, {"kind": "qn", "text": w("front.map_none")}]
    return {
        "drawing": charts.choropleth(classes, w=w, title=title, sentence=w("front.map_says")),
        "measures": [
            {"name": m, "label": names[m], "title": w("front.map_title", measure=names[m], year="#")}
            for m in MAP_MEASURES
        ],
        "years": [str(d.year + 1) for d in years],
        "at": len(years) - 1,
        "legend": legend,
        "table": _top(data, counties, day, w),
    }


def _class(rate: float | None, cuts: list[float]) -> str:
    """Class of a rate: q0..q5; qx where the count is hidden, qn where there is none."""
    if rate is None:
        return "qn"
    return "qx" if rate < 0 else f"q{sum(rate >= c for c in cuts)}"


def _top(data: SiteData, counties: list[PlaceInfo], day: Any, w: Words) -> Table:
    rates = [(r.value, p) for p in counties if (r := data.rates.get(("county", p.code, WHOLE, day)))]
    rates.sort(key=lambda pair: (-pair[0], pair[1].code))
    rows = [[Link(p.name, f"{p.stem}.html"), rate_text(data, p, WHOLE, day, w)] for _, p in rates[:20]]
    caption = w("front.map_table", year=w.fiscal_year(day))
    return Table(caption, [w("col.place"), w("col.rate")], rows)  # type: ignore[arg-type]


def map_data(data: SiteData) -> dict[str, Any]:
    """Rates by county for the map's script: -1 where the count is hidden, None where there is none."""
    counties = _counties(data)
    rates: dict[str, dict[str, list[float | None]]] = {}
    cuts = {}
    for m in MAP_MEASURES:
        rates[m] = {}
        for day in map_years(data):
            row: list[float | None] = []
            for p in counties:
                rate = data.rates.get(("county", p.code, m, day))
                counts = data.series(p, m, "year")
                marks = dict(zip(counts.periods, counts.marks, strict=True)) if counts else {}
                hidden = marks.get(day) in ("small", "withheld")
                row.append(round(rate.value, 1) if rate else -1 if hidden else None)
            rates[m][str(day.year + 1)] = row
        cuts[m] = charts.cuts([v for row in rates[m].values() for v in row if v is not None])
    return {
        "fips": [p.code for p in counties],
        "names": [p.name for p in counties],
        "cuts": cuts,
        "rates": rates,
    }


def script(name: str, value: Any) -> str:
    """A script file that sets one global to a value."""
    return f"window.{name}={json.dumps(value, separators=(',', ':'), ensure_ascii=False)};\n"


def search_index(data: SiteData, w: Words) -> list[list[str]]:
    """Every place with a page: its name, path, the cities that lead to it, and its state's name."""
    rows = []
    for p in order(list(data.places), data.places):
        cities = ";".join(data.cities.get(p.code, [])) if p.level == "county" else ""
        state = next((data.places[c].name for c in p.parents if c[0] == "state" and c in data.places), "")
        rows.append([name_of(p, w), f"{p.stem}.html", cities, state])
    return rows


def _list(data: SiteData, w: Words, name: str, paragraphs: list[str], sections: list[dict[str, Any]]) -> str:
    title = w(f"{name}.title")
    page = page_of(data, w, name, title, paragraphs[0])
    whole = [{"paragraphs": [], "table": None, "links": [], **s} for s in sections]
    return render("list.html.j2", w=w, page=page, title=title, paragraphs=paragraphs, sections=whole)


def places_page(data: SiteData, w: Words) -> str:
    """Every place by level and name; counties under their state."""
    sections: list[dict[str, Any]] = []
    for level in ("nation", "aor", "office", "state"):
        some = [p for p in order(list(data.places), data.places) if p.level == level]
        if some:
            sections.append({"title": w(f"levels.{level}"), "links": [_link(p, w) for p in some]})
    by_state: dict[str, list[PlaceInfo]] = {}
    for p in order(list(data.places), data.places):
        if p.level == "county":
            state = next((data.places[c].name for c in p.parents if c[0] == "state" and c in data.places), "")
            by_state.setdefault(state or w("places.unplaced"), []).append(p)
    for state, some in sorted(by_state.items()):
        title = f"{w('levels.county')}: {state}"
        sections.append({"title": title, "links": [_link(p, w) for p in some]})
    return _list(data, w, "places", [w("places.lede", n=w.count(len(data.places)))], sections)


def _link(p: PlaceInfo, w: Words) -> dict[str, Any]:
    return {"name": name_of(p, w), "href": f"{p.stem}.html", "download": False}


def policies_page(data: SiteData, w: Words) -> str:
    """All dated policies of places with records."""
    rows = [r for _, some in sorted(data.policies.items()) for r in some]
    rows.sort(key=lambda r: (r["state"] or "", r["place_name"] or "", str(r["effective"] or "")))
    table = policies_table(rows, w, data.places, answered=answered(data))
    says = [w("policies.lede"), *([w("policies.answered", n=len(data.answers))] if data.answers else [])]
    return _list(data, w, "policies", says, [{"title": w("policies.title"), "table": table}])


def methods_page(data: SiteData, w: Words) -> str:
    """How the numbers are made, and what is hidden."""
    hidden = {name: w.count(n) for name, n in data.hidden.items()}
    told = w("methods.p5", most=data.threshold - 1, threshold=data.threshold, **hidden)
    sections: list[dict[str, Any]] = [
        {"title": w("methods.hidden"), "paragraphs": [told]},
        {"title": w("methods.words"), "paragraphs": [w("methods.w1")]},
    ]
    return _list(data, w, "methods", [w(f"methods.p{i}") for i in (1, 2, 3, 4)], sections)


def data_page(data: SiteData, w: Words) -> str:
    """Releases with their audit, and the published counts as files."""
    root = "" if w.language == LANGUAGES[0] else "../"
    rows = []
    for r in data.releases:
        dropped = r.get("rows_dropped") or {}
        covers = "; ".join(
            f"{c['table']} {c['start']} – {c['end']}, {c['scope']}" for c in r.get("coverage") or []
        )
        rows.append(
            [
                str(r["id"]),
                str(r.get("file") or "–"),
                str(r.get("sha256") or "–")[:16] + "…",
                w.count(r.get("rows_read") or 0),
                w.count(r.get("rows_kept") or 0),
                ", ".join(f"{k}: {w.count(v)}" for k, v in sorted(dropped.items())) or w("data.none"),
                covers,
            ]
        )
    head = [
        w("col.release"),
        w("col.file"),
        "SHA-256",
        w("col.rows"),
        w("col.kept"),
        w("col.dropped"),
        w("col.covers"),
    ]
    files = [
        {"name": w("data.all_csv"), "href": f"{root}data/all.csv", "download": True},
        {"name": w("data.all_parquet"), "href": f"{root}data/all.parquet", "download": True},
    ]
    lineage = {"name": w("place.lineage"), "href": "lineage.html", "download": False}
    sections: list[dict[str, Any]] = [
        {"title": w("place.download"), "links": files, "paragraphs": []},
        {"title": w("data.columns"), "paragraphs": [w("data.columns_text")]},
        {"title": w("lineage.title"), "links": [lineage]},
        {
            "title": w("data.releases"),
            "paragraphs": [],
            "table": Table(
                w("data.releases"), head, rows, is_stacked=True, texts=(1, 2, 5, 6), has_heading=True
            ),
        },
    ]
    return _list(data, w, "data", [w("data.lede")], sections)


def missing_page(data: SiteData) -> str:
    """What a host shows for an address that is not a page: in both languages, from the site's own top."""
    w, other = Words(LANGUAGES[0]), Words(LANGUAGES[1])
    top = urlsplit(data.base_url).path or "/"
    top = top if top.endswith("/") else f"{top}/"
    page = page_of(data, w, "404", w("missing.title"), w("missing.says"))
    page |= {"root": top, "home": top, "other_href": f"{top}{LANGUAGES[1]}/index.html"}
    sections = [
        {
            "title": words("missing.title") if words is not w else w("missing.go"),
            "paragraphs": [words("missing.says")] if words is not w else [],
            "table": None,
            "links": [
                {"name": words("nav.front"), "href": f"{home}index.html", "download": False},
                {"name": words("search.all"), "href": f"{home}places.html", "download": False},
            ],
        }
        for words, home in ((w, top), (other, f"{top}{LANGUAGES[1]}/"))
    ]
    return render(
        "list.html.j2",
        w=w,
        page=page,
        title=w("missing.title"),
        paragraphs=[w("missing.says")],
        sections=sections,
    )


SINGLE = {
    "index": front_page,
    "places": places_page,
    "surges": surges_page,
    "policies": policies_page,
    "claims": claims_page,
    "methods": methods_page,
    "data": data_page,
    "lineage": lineage_page,
}
"""Page makers by path."""
