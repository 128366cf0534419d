"""The pages that are not of one place: front, places, surges, policies, claims, methods, data."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from atlarge.files import shipped_yaml
from atlarge.panel import NATION
from atlarge.publish import charts
from atlarge.publish.agreements_view import agreements_figure
from atlarge.publish.answer_pages import answer_cards, answered
from atlarge.publish.charts.parts import cell
from atlarge.publish.claims_view import claims_page
from atlarge.publish.dataset import dataset_jsonld
from atlarge.publish.detention_view import detention_figure, since_2015_figure
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.layout import heading, name_of, page_of, path_of
from atlarge.publish.lineage_view import lineage_page
from atlarge.publish.live import Live, live_place, spans_of
from atlarge.publish.map_data import MEASURES as MAP_MEASURES
from atlarge.publish.map_data import first_classes, map_data
from atlarge.publish.pages import PARTS, WHOLE, entry, partial_note, policies_table, timeline_of
from atlarge.publish.policy_pages import policy_links
from atlarge.publish.pooled_view import findings, pooled_page
from atlarge.publish.render import Link, Section, Table, list_page, render
from atlarge.publish.right_page import STEM, how_right_page, three_numbers
from atlarge.publish.site_data import PlaceInfo, SiteData, order
from atlarge.publish.sqlite_file import COLUMNS
from atlarge.publish.surges_view import surges_page, surges_table
from atlarge.publish.svg import Drawing
from atlarge.records.coverage import short_scope


def front_page(data: SiteData, w: Words) -> str:
    """The front: find your place, the finding, the nation over time, the map, agreements, surges, claims."""
    nation = data.places.get(("nation", NATION))
    # A store without arrests says what it has records of.
    other = "" if "arrests" in data.groups else "_other"
    first, last = (w.long_month(day) for day in data.whole_months("arrests"))
    intro = w(f"front.lede{other}", first=first, last=last)
    title, jsonld = w(f"front.title{other}"), dataset_jsonld(data, None, w)
    page = page_of(data, w, "index", title, intro, nav="", live=True, jsonld=jsonld)
    home = str(page["home"])
    if nation:
        page["image"] = f"img/nation-{NATION}.png"
    counted = (s for rows in data.surges.values() for s in rows if s["observed"])
    ranked = sorted(counted, key=lambda s: (s["rank"], s["level"]))
    drawn = timeline_of(data, nation, w, home, f"{home}{nation.stem}.html") if nation else None
    return render(
        "front.html.j2",
        w=w,
        page=page,
        title=title,
        lede=intro,
        findings=findings(data, w),
        answers=answer_cards(data, w),
        says=_national(data, nation, w) if nation else "",
        nation=live_place(data, nation, drawn, w, is_linked=False) if nation and drawn else None,
        map=_map(data, w),
        since=since_2015_figure(data, nation, w) if nation else None,
        detention=detention_figure("nation", NATION, name_of(nation, w), data.last_month, w)
        if nation
        else None,
        numbers=three_numbers(w),
        agreements=agreements_figure(w),
        surges=surges_table(ranked[:6], w, data.places, home),
        claims=claims_lately(data, w),
    )


def _national(data: SiteData, nation: PlaceInfo, w: Words) -> str:
    """The national picture in a sentence: each fiscal year's arrests, and how many of them at large."""
    whole, part = (data.series(nation, m, "year") for m in (WHOLE, PARTS[0]))
    if whole is None or part is None:
        return ""
    text = "; ".join(
        w("front.year_says", year=w.fiscal_year(day), arrests=cell(whole, i, w), at_large=cell(part, i, w))
        for i, day in enumerate(whole.periods)
    )
    return w("front.nation_says", list=text) + (f" {note}" if (note := partial_note(data, w)) else "")


def map_drawing(counted: dict[str, Any], w: Words) -> Drawing:
    """The map before a reader works it, as a picture for pages without script: the last fiscal year."""
    year = counted["levels"]["county"]["periods"][-1]
    title = w("front.map_title", measure=w(f"measure.{MAP_MEASURES[0]}"), year=w("fiscal_year", year=year))
    return charts.choropleth(first_classes(counted)).named(title, w("front.map_says"))


def _map(data: SiteData, w: Words) -> dict[str, Any] | None:
    counted = map_data(data)
    if "county" not in counted["levels"]:
        return None
    own = counted["levels"]["county"]
    cuts = own["cuts"][MAP_MEASURES[0]]
    edges = [w.count(c, 0 if c >= 100 or c == int(c) else 1) for c in cuts]
    spans = [f"< {edges[0]}", *(f"{a} – {b}" for a, b in itertools.pairwise(edges)), f"{edges[-1]} +"]
    legend = [{"kind": "q0", "text": w("map.zero"), "step": 0}]
    legend += [{"kind": f"q{i}", "text": text, "step": i} for i, text in enumerate(spans, 1)]
    for kind, text in (("qs", "small"), ("qx", "withheld"), ("qr", "norate"), ("qn", "none")):
        legend.append({"kind": kind, "text": w(f"map.{text}", threshold=data.threshold), "step": 0})
    states = counted["levels"].get("state", {"codes": [], "names": []})
    for row in legend:
        row["swatch"] = charts.swatch(str(row["kind"]))
    return {
        "drawing": map_drawing(counted, w),
        "image": path_of("img/map", w).replace(".html", ".svg"),
        "patterns": charts.PATTERN_DEFS,
        "states": sorted(zip(states["codes"], states["names"], strict=True), key=lambda s: s[1]),
        "levels": [(name, w(f"map.level.{name}")) for name in counted["levels"]],
        "measures": [(m, w(f"measure.{m}")) for m in MAP_MEASURES],
        "last": len(own["periods"]) - 1,
        "when": w("fiscal_year", year=own["periods"][-1]),
        "legend": legend,
    }


def claims_lately(data: SiteData, w: Words) -> list[dict[str, Any]]:
    """A few claims of the ledger for the front: one of each verdict first, the contradicted before others."""
    order_of = ("contradicted", "supported", "depends")
    decided = [next((c for c in data.claims if c["verdict"] == v), None) for v in order_of]
    return [
        {
            "id": c["id"],
            "text": c["text"],
            "verdict": w.label("ledger", c["verdict"], c["verdict"]),
            "kind": {"supported": "fits", "contradicted": "unfit"}.get(c["verdict"], ""),
        }
        for c in [*(c for c in decided if c), *(c for c in data.claims if c not in decided)][:3]
    ]


def _list(data: SiteData, w: Words, name: str, paragraphs: list[str], sections: list[Section]) -> str:
    title = w(f"{name}.title")
    page = page_of(data, w, name, title, paragraphs[0])
    return list_page(w, page, title, paragraphs, sections)


def compare_page(data: SiteData, w: Words) -> str:
    """Up to five places on one chart, kept in the address."""
    title, says = w("compare.chart"), w("compare.says")
    chart = Live("compare", title, says, [], "at_large", spans_of(data, w), is_linked=True)
    store = " --store STORE" if data.has_rows else ""
    return render("compare.html.j2", **heading(data, w, "compare", live=True), chart=chart, store=store)


def embed_page(data: SiteData, w: Words) -> str:
    """One chart alone, for a frame on another page; which one, its address says."""
    page = page_of(data, w, "embed", w("embed.title"), w("compare.lede"), live=True)
    chart = Live("embed", w("compare.chart"), "", [], "at_large", spans_of(data, w), is_linked=True)
    return render("embed.html.j2", w=w, page=page, chart=chart)


def places_page(data: SiteData, w: Words) -> str:
    """Every place by level and name; counties under their state, closed until they are wanted."""
    groups: list[dict[str, Any]] = []
    some = order(list(data.places), data.places)
    for level in ("nation", "aor", "office", "state"):
        links = [entry(data, p, w) for p in some if p.level == level]
        if links:
            groups.append(
                {"title": w(f"levels.{level}"), "links": links, "is_open": level in ("nation", "aor")}
            )
    by_state: dict[str, list[PlaceInfo]] = {}
    for p in some:
        if p.level == "county":
            state = next((data.places[c].name for c in p.parents if c[0] == "state" and c in data.places), "")
            by_state.setdefault(state or w("places.unplaced"), []).append(p)
    for state, counties in sorted(by_state.items()):
        title = w("places.open", state=state, n=w.count(len(counties)))
        groups.append({"title": title, "links": [entry(data, p, w) for p in counties], "is_open": False})
    head = heading(data, w, "places", w("places.lede", n=w.count(len(data.places))))
    return render("places.html.j2", **head, groups=groups, n=w.count(len(some)))


def policies_page(data: SiteData, w: Words) -> str:
    """All dated policies of places with records, to filter and sort."""
    rows = [r for _, some in sorted(data.policies.items()) for r in some]
    rows.sort(key=lambda r: (r["state"] or "", r["place_name"] or "", str(r["effective"] or "")))
    table = policies_table(rows, w, data.places, answered=answered(data))
    table = replace(table, is_sortable=True)
    says = [w("policies.lede"), *([w("policies.answered", n=len(data.answers))] if data.answers else [])]
    head = heading(data, w, "policies", says[0])
    links, files = policy_links(data, head["page"])
    return render(
        "policies.html.j2",
        **head,
        paragraphs=says,
        rows=table,
        agreements=agreements_figure(w),
        n=w.count(len(rows)),
        links=links,
        files=files,
    )


COMMANDS = [
    ("atlarge panel", "atlarge panel --by county --every month --measure arrests,at_large,handoffs"),
    ("atlarge explain", "atlarge explain 48453 --policy travis-tx-2017"),
    ("atlarge surges", "atlarge surges --by aor"),
    ("atlarge verify", "atlarge verify"),
]
"""The program's commands behind the pages of places, answers, surges and checks."""


def commands_of(data: SiteData) -> list[tuple[str, str]]:
    """The same for the store of a site: one that is not embedded is named."""
    store = " --store STORE" if data.has_rows else ""
    return [(name, command + store) for name, command in COMMANDS]


def methods_page(data: SiteData, w: Words) -> str:
    """How the numbers are computed, and what is suppressed."""
    hidden = {name: w.count(n) for name, n in data.hidden.items()}
    text = w("methods.p5", most=data.threshold - 1, threshold=data.threshold, **hidden)
    edition = w("methods.edition_after" if data.editions else "methods.edition_first")
    sections = [
        Section(w("methods.hidden"), [text, edition]),
        Section(w("methods.words"), [w("methods.w1")]),
        Section(w("right.title"), [w("right.lede")], links=[Link(w("right.link"), f"{STEM}.html")]),
        Section(w("methods.repeat"), [w("methods.repeat_says")], code=commands_of(data)),
    ]
    return _list(data, w, "methods", [w(f"methods.p{i}") for i in (1, 2, 3, 4)], sections)


SNIPPETS = list(shipped_yaml("atlarge.publish", "snippets.yaml").items())
"""Three lines each that read the published counts; the tests run them."""


DOWNLOADS = {
    "all_csv": "all.csv",
    "all_parquet": "all.parquet",
    "sqlite": "atlarge.sqlite",
    "metadata": "metadata.json",
    "package": "datapackage.json",
}
"""Files of the whole site by the key of their text."""


def _columns(w: Words) -> Table:
    rows = [[name, kind, says] for name, (kind, says) in COLUMNS.items()]
    head = [w("data.col"), w("data.type"), w("data.meaning")]
    return Table(w("data.columns"), head, rows, is_stacked=True, texts=(1, 2), has_heading=True)


def _about(rows: int | None, release: dict[str, Any], w: Words) -> str:
    """A number of rows as it may be printed."""
    if rows is None:
        return "–"
    return w("data.about", n=w.count(rows)) if rows else w("data.fewer", n=w.count(release["unit"] // 2))


def data_page(data: SiteData, w: Words) -> str:
    """Releases with their audit, and the published counts as files."""
    root = "" if w.language == LANGUAGES[0] else "../"
    rows = []
    for r in data.releases:
        dropped = r["rows_dropped"]
        covers = "; ".join(
            f"{c['table']} {c['start']} – {c['end']}, {short_scope(c['scope'])}"
            for c in r.get("coverage") or []
        )
        rows.append(
            [
                str(r["id"]),
                str(r.get("file") or "–"),
                str(r.get("sha256") or "–")[:16] + "…",
                _about(r["rows_read"], r, w),
                _about(r["rows_kept"], r, w),
                "–"
                if dropped is None
                else ", ".join(f"{k}: {_about(v, r, w)}" for k, v in sorted(dropped.items()))
                or w("data.none"),
                covers,
            ]
        )
    columns = ("release", "file", "sha", "rows", "kept", "dropped", "covers")
    head = ["SHA-256" if name == "sha" else w(f"col.{name}") for name in columns]
    files = [Link(w(f"data.{key}"), f"{root}data/{name}", is_file=True) for key, name in DOWNLOADS.items()]
    title = w("data.releases")
    releases = Table(title, head, rows, is_stacked=True, texts=(1, 2, 5, 6), has_heading=True)
    sections = [
        Section(w("place.download"), links=files),
        Section(w("data.use"), code=SNIPPETS),
        Section(w("data.columns"), [w("data.columns_text")], _columns(w)),
        Section(w("lineage.title"), links=[Link(w("place.lineage"), "lineage.html")]),
        Section(title, [w("data.rounded")], releases),
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
        Section(
            words("missing.title") if words is not w else w("missing.go"),
            [words("missing.says")] if words is not w else [],
            links=[
                Link(words("nav.front"), f"{home}index.html"),
                Link(words("search.all"), f"{home}places.html"),
            ],
        )
        for words, home in ((w, top), (other, f"{top}{LANGUAGES[1]}/"))
    ]
    return list_page(w, page, w("missing.title"), [w("missing.says")], sections)


SINGLE = {
    "index": front_page,
    "places": places_page,
    "compare": compare_page,
    "embed": embed_page,
    "surges": surges_page,
    "policies": policies_page,
    "claims": claims_page,
    "methods": methods_page,
    STEM: how_right_page,
    "data": data_page,
    "lineage": lineage_page,
    "pooled": pooled_page,
}
"""Page makers by path."""
