"""One page at a time: what `site_data` gathered, as the context of a template."""

from __future__ import annotations

import datetime as dt
import math
import shlex
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import atlarge
from atlarge.calendar import add_months, fiscal_year, fiscal_year_start, period_end
from atlarge.disclosure.table import UNCOVERED, Counts
from atlarge.publish import charts
from atlarge.publish.agreements_view import agreements_here
from atlarge.publish.answer_figures import peak
from atlarge.publish.answer_pages import answer_sections, answered
from atlarge.publish.charts import Burst, PolicyMark, ReportMark
from atlarge.publish.charts.parts import cell as counts_cell
from atlarge.publish.dataset import dataset_jsonld
from atlarge.publish.detention_view import book_ins_figure, break_marks_of, detention_figure
from atlarge.publish.i18n import Words
from atlarge.publish.layout import crumbs, name_of, page_of
from atlarge.publish.lineage_view import lineage_of, measure_link, year_id
from atlarge.publish.live import live_place
from atlarge.publish.place_facts import residents_until
from atlarge.publish.render import (
    Figure,
    Link,
    Table,
    counts_table,
    figure,
    hidden_note,
    render,
    source_link,
)
from atlarge.publish.search_data import full_name, records_of
from atlarge.publish.series_files import policies_of
from atlarge.publish.site_data import SURGE_LEVELS, Code, PlaceInfo, SiteData, order
from atlarge.publish.surges_view import surges_table
from atlarge.publish.where_view import at_least, recovered_note, sides_of, where_of
from atlarge.wording import web_link

WHOLE, PARTS, REST = "arrests", ("at_large", "handoffs"), "rest"
"""All arrests, the two parts of them that are published, and what remains."""


def _named(counts: Counts, measure: str, w: Words) -> Counts:
    return counts.named(w.label("measure", measure, measure))


def _span(data: SiteData, w: Words) -> dict[str, str]:
    """First and last month of what is counted: of arrests, where there are any."""
    return dict(zip(("first", "last"), map(w.long_month, data.whole_months(WHOLE)), strict=True))


def in_sentence(place: PlaceInfo, w: Words) -> str:
    """Name of a place within a sentence."""
    if place.level in ("aor", "office"):
        return w(f"level.in.{place.level}", name=place.name, code=place.code)
    return w("place.nation") if place.level == "nation" else name_of(place, w)


def lede(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """What a place page says first."""
    totals = {}
    for m in (WHOLE, *PARTS):
        counts = data.series(place, m, "year")
        if counts is None:
            return w("place.lede_other", **_span(data, w))
        totals[m] = at_least(counts, w)
    return w("place.lede", place=in_sentence(place, w), **totals, **_span(data, w))


def year_series(data: SiteData, place: PlaceInfo, w: Words) -> dict[str, Counts]:
    """All arrests by fiscal year, at large, handed over by jails, and what remains: they add up."""
    found = {m: c for m in (WHOLE, *PARTS) if (c := data.series(place, m, "year")) is not None}
    if len(found) == 3:
        found[REST] = found[WHOLE].less(*(found[m] for m in PARTS))
    return {m: _named(c, m, w) for m, c in found.items()}


def adds(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """All arrests and their kinds in one sentence, where all of them are shown."""
    totals = {m: c.total for m, c in year_series(data, place, w).items()}
    if REST not in totals or None in totals.values():
        return ""
    counts = {m: w.count(n or 0) for m, n in totals.items()}
    until = add_months(data.parts_end, -1) if data.parts_end else None
    return w(
        "place.adds_merged" if until else "place.adds",
        until=w.long_month(until) if until else "",
        all=counts[WHOLE],
        at_large=counts["at_large"],
        handoffs=counts["handoffs"],
        rest=counts[REST],
    )


def policy_marks(rows: Sequence[dict[str, Any]]) -> list[PolicyMark]:
    """Policies with a date, as drawn."""
    return [
        PolicyMark(r["title"], r["announced"], r["effective"], r["ended"], r["direction"] == "limits")
        for r in rows
        if r["effective"]
    ]


def report_marks(rows: Sequence[dict[str, Any]], w: Words) -> list[ReportMark]:
    """The days that published reports are about, each once."""
    spans = sorted({(r["start"], r["end"]) for r in rows if r["start"] and r["end"]})
    return [ReportMark(a, b, w("chart.report", days=w.days(a, b))) for a, b in spans]


def bursts(rows: Sequence[dict[str, Any]], w: Words) -> list[Burst]:
    """Surges as drawn; their counts are disclosed ones."""
    return [
        Burst(
            r["start"],
            r["end"],
            w("chart.burst", count=r["observed"], days=w.days(r["start"], r["end"])),
            r["rank"],
        )
        for r in rows
        if r["observed"]
    ]


def finding_of(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """The title of a place's timeline: how a kind of arrests went between the first and last whole years.

    The kind is the one whose change stands out most from chance, of those whose counts are shown in both
    years; the plain name of the chart where there is none, or where most records around name no county.
    """
    name = in_sentence(place, w)
    if (place.level, place.code) in data.unrated:
        return w("place.timeline", place=name)
    part_years = set(data.partial_years())
    ends_in = fiscal_year_start(fiscal_year(data.parts_end)) if data.parts_end else None
    found = []
    for measure in PARTS:
        counts = data.series(place, measure, "year")
        cells = [] if counts is None else zip(counts.periods, counts.values, counts.marks, strict=True)
        part = part_years | ({ends_in} if measure == "handoffs" else set())
        whole = [(day, n) for day, n, mark in cells if day not in part and mark != UNCOVERED]
        if len(whole) < 2:
            continue
        (first, a), (last, b) = whole[0], whole[-1]
        if not a or b is None:
            continue
        found.append((abs(b - a) / math.sqrt(a + b), measure, first, a, last, b))
    if not found:
        return w("place.timeline", place=name)
    score, measure, first, a, last, b = max(found, key=lambda f: f[0])
    way = "steady" if score < 2 or abs(b - a) < 0.1 * a else "rose" if b > a else "fell"
    return w(
        f"place.finding_{way}",
        measure=w(f"measure.{measure}"),
        place=name,
        a=w.count(a),
        b=w.count(b),
        first=w.fiscal_year(first),
        last=w.fiscal_year(last),
    )


def timeline_of(
    data: SiteData, place: PlaceInfo, w: Words, home: str = "", own_page: str = ""
) -> Figure | None:
    """At-large arrests and jail handoffs by the finest period that the place is published by.

    `own_page`: address of the place's page, which says where the numbers come from; left out on that page.
    """
    every = place.fine
    series = [_named(c, m, w) for m in PARTS if (c := data.series(place, m, every)) is not None]
    if every == "year" or len(series) < 2 or len(series[0].periods) < 2:
        return None
    peaks = [f" {s.label}{highest}." for s in series if (highest := peak(s, w, every))]
    title = finding_of(data, place, w)
    covered = series[0].covered
    first, last = (w.period(covered[i], every) if covered else "–" for i in (0, -1))
    sentence = w(
        "place.timeline_says", every=w(f"every.{every}"), first=first, last=last, peaks="".join(peaks)
    )
    marks = policy_marks(policies_of(data, place))
    found = bursts(data.surges.get((place.level, place.code), []), w)
    figures = data.reports.get((place.level, place.code), [])
    report_notes = [
        mark
        for mark in report_marks(figures, w)
        if covered and covered[0] <= mark.end and mark.start <= period_end(covered[-1], every)
    ]
    dated = data.dated(PARTS, covered[0], covered[-1]) if covered else []
    series_breaks = break_marks_of(dated, w)
    notes = [hidden_note(series, w), w("chart.report_note") if report_notes else ""]
    notes += [mark.text for mark in series_breaks]
    return figure(
        charts.timeline,
        series,
        w=w,
        title=title,
        sentence=sentence,
        policies=marks,
        bursts=found,
        reports=report_notes,
        breaks=series_breaks,
        height=330,
        table=counts_table(
            series,
            w,
            sentence,
            every,
            heads=_heads(series, PARTS, home),
            lead=lambda day: f"{own_page}#{year_id(day)}",
        ),
        note=" ".join(n for n in notes if n),
        id="timeline",
    )


def _heads(series: Sequence[Counts], names: Sequence[str], home: str) -> list[str | Link]:
    """Heads of columns of counts, each leading to what is counted."""
    return [measure_link(name, s.label, home) for s, name in zip(series, names, strict=True)]


def years_of(data: SiteData, place: PlaceInfo, w: Words) -> Figure | None:
    """Fiscal years: all arrests, each year's bar divided into its kinds."""
    shown = year_series(data, place, w)
    if WHOLE not in shown:
        return None
    whole, parts = shown[WHOLE], [c for m, c in shown.items() if m != WHOLE]
    title = w("place.years", place=name_of(place, w))
    text = ", ".join(
        f"{w.fiscal_year(day)} {counts_cell(whole, i, w)}" for i, day in enumerate(whole.periods)
    )
    sentence = w("place.years_says", list=text)
    return figure(
        charts.years,
        whole,
        parts,
        w=w,
        title=title,
        sentence=sentence,
        partial=data.partial_years(),
        note=partial_note(data, w),
        id="years",
        is_half=True,
    )


def partial_note(data: SiteData, w: Words) -> str:
    """Which fiscal years are covered in part, from and to which months; and of handoffs, where these end."""
    texts = []
    for start in data.partial_years():
        months = [
            m
            for m, share in data.coverage["arrests"]
            if share >= 1 and fiscal_year_start(fiscal_year(m)) == start
        ]
        texts.append(f"{w.fiscal_year(start)}: {w.month(months[0])} – {w.month(months[-1])}")
    if data.parts_end:
        start = fiscal_year_start(fiscal_year(data.parts_end))
        last = add_months(data.parts_end, -1)
        span = f"{w.month(start)} – {w.month(last)}"
        texts.append(f"{w('measure.handoffs')}, {w.fiscal_year(start)}: {span}")
    return w("place.partial", list="; ".join(texts)) if texts else ""


def rates_table(data: SiteData, place: PlaceInfo, w: Words, home: str) -> Table:
    """Counts and rates by fiscal year; each year leads to its files, each head to what is counted."""
    shown = year_series(data, place, w)
    first = next(iter(shown.values()), None)
    names = [measure_link(m, c.label, home) if m != REST else c.label for m, c in shown.items()]
    head: list[str | Link] = [w("place.col.year"), *names]
    has_rate = place.level != "office" and (place.level, place.code) not in data.unrated
    rated = (WHOLE, PARTS[0]) if has_rate else ()  # nobody counts the residents of an office area
    head += [w("place.col.rate"), w("place.col.at_large_rate")] if rated else []
    rows: list[list[str | Link]] = []
    for i, day in enumerate(first.periods if first else ()):
        year = Link(w.fiscal_year(day), f"#{year_id(day)}")
        row: list[str | Link] = [year, *(counts_cell(c, i, w) for c in shown.values())]
        for m in rated:
            row.append(rate_text(data, place, m, day, w))
        rows.append(row)
    caption = w("place.rates_caption") if rated else w("place.counts_caption")
    if rated and first and fiscal_year(first.periods[-1]) > residents_until():
        caption += " " + w("place.residents_until", year=residents_until())
    return Table(caption, head, rows, is_stacked=True)


def rate_text(data: SiteData, place: PlaceInfo, measure: str, day: dt.date, w: Words) -> str:
    """A rate with its interval, or a dash where it is unknown."""
    rate = data.rates.get((place.level, place.code, measure, day))
    if rate is None:
        return "–"
    digits = 0 if rate.value >= 100 else 1
    low, high = w.count(rate.low, digits), w.count(rate.high, digits)
    return f"{w.count(rate.value, digits)} ({w('interval', low=low, high=high)})"


def coverage_of(data: SiteData, w: Words) -> Figure:
    """Which months the records of each table cover: the same strip on every page."""
    return _strip_of(tuple((name, tuple(cells)) for name, cells in data.coverage.items()), w.language)


def ends_says(data: SiteData, w: Words) -> str:
    """How far the end of the arrests is complete, where they still grow; empty where it is closed."""
    ends = data.ends
    if ends is None:
        return ""
    if ends.until is None:
        return w("ends.unknown", day=w.day(ends.as_of))
    if not ends.weeks:
        return w("ends.complete", day=w.day(ends.until))
    return w("ends.says", until=w.day(ends.until), as_of=w.day(ends.as_of))


def ends_of(data: SiteData, w: Words) -> Figure | None:
    """Share of the records that are in, of each of the last weeks that are not known to be complete."""
    if data.ends is None or not data.ends.weeks:
        return None
    weeks = [(d, round(100 * v), round(100 * lo), round(100 * hi)) for d, v, lo, hi in data.ends.weeks[-12:]]
    rows = [charts.Valued(w("ends.week", day=w.short_day(day)), v, lo, hi) for day, v, lo, hi in weeks]
    title, sentence = w("ends.title"), ends_says(data, w)
    head = [w("ends.col.week"), w("ends.col.share"), w("report.col.interval")]
    cells = [
        [w.short_day(day), w("ends.share", n=v), w("interval", low=lo, high=hi)] for day, v, lo, hi in weeks
    ]
    return figure(
        charts.forest,
        rows,
        w=w,
        title=title,
        sentence=sentence,
        strong=None,
        table=Table(sentence, head, cells),
        id="ends",
    )


@lru_cache(maxsize=4)
def _strip_of(coverage: tuple[tuple[str, tuple[tuple[dt.date, float], ...]], ...], language: str) -> Figure:
    """The strip of some tables, drawn once in each language: months with the share of days covered."""
    w, by_table = Words(language), dict(coverage)
    rows, texts = [], []
    for name in ("arrests", "detainers", "encounters", "removals"):
        label, cells = w(f"tables.{name}"), by_table.get(name, ())
        if cells:
            first, last = w.month(cells[0][0]), w.month(cells[-1][0])
            texts.append(w("coverage.span", table=label, first=first, last=last))
            rows.append((label, list(cells)))
        else:
            texts.append(w("coverage.nothing", table=label))
            months = next(c for c in by_table.values() if c)
            rows.append((label, [(m, 0.0) for m, _ in months]))
    sentence = w("place.coverage_says", list="; ".join(texts))
    title = w("place.coverage")
    return figure(charts.coverage, rows, w=w, title=title, sentence=sentence, id="coverage")


def policies_table(
    rows: Sequence[dict[str, Any]],
    w: Words,
    places: dict[Code, PlaceInfo] | None = None,
    home: str = "",
    answered: dict[str, str] | None = None,
) -> Table:
    """Dated policies; with `places`, a first column leads to each place's page.

    `answered`: paths of the answers by the id of their policy; their titles lead there.
    """
    keys = ["policy", "direction", "announced", "effective", "ended", "confidence", "source"]
    result = []
    for r in rows:
        link = web_link(r["source_url"])
        cells: list[Any] = [
            Link(r["title"], f"{home}{stem}.html") if (stem := (answered or {}).get(r["id"])) else r["title"],
            w(f"direction.{r['direction']}"),
            *(w.short_day(r[k]) if r[k] else "–" for k in ("announced", "effective", "ended")),
            w.label("confidence", str(r["confidence"]), str(r["confidence"])) if r["confidence"] else "–",
            source_link(link),
        ]
        if places is not None:
            code = ("state", r["state"]) if r["level"] == "state" else ("county", r["fips"])
            place = places.get(code)
            cells.insert(0, Link(r["place_name"], f"{home}{place.stem}.html") if place else r["place_name"])
        result.append(cells)
    head = [w(f"col.{k}") for k in (["place", *keys] if places is not None else keys)]
    texts = range(len(head))
    return Table(w("policies.lede"), head, result, is_stacked=True, texts=texts, has_heading=True)


def reports_table(rows: Sequence[dict[str, Any]], w: Words) -> Table:
    """Figures that published reports gave for a place."""
    result = []
    for r in rows:
        link = web_link(r["source_url"])
        result.append(
            [
                r["report"],
                w.label("measure", r["measure"], r["measure"].replace("_", " ")),
                w.days(r["start"], r["end"]) if r["start"] and r["end"] else "–",
                w.percent(r["value"] / 100) if r["unit"] == "percent" else f"{r['value']:,.10g}",
                source_link(link),
            ]
        )
    head = [w(f"col.{k}") for k in ("report", "measure", "when", "figure", "source")]
    return Table(w("place.reports"), head, result, is_stacked=True, texts=(1,), has_heading=True)


def detainers_table(data: SiteData, place: PlaceInfo, w: Words, home: str) -> Table | None:
    """Detainers by fiscal year and outcome, where the store holds them."""
    names = data.groups.get("detainers", [])
    shown = [(m, c) for m in names if (c := data.series(place, m, "year")) is not None]
    if not shown or all(m == UNCOVERED for _, c in shown for m in c.marks):
        return None
    series = [_named(c, m, w) for m, c in shown]
    heads = _heads(series, [m for m, _ in shown], home)
    return counts_table(
        series,
        w,
        w("place.detainers"),
        "year",
        heads=heads,
        lead=lambda day: f"#{year_id(day, 'detainers')}",
        has_heading=True,
    )


def entry(data: SiteData, place: PlaceInfo, w: Words) -> dict[str, str]:
    """A place in a list of places: its name, its page, how many arrests its page shows."""
    n = records_of(data, place)
    note = w.count(n) if n > 0 else f"<{data.threshold}" if n < 0 else w("places.none")
    key = f"{full_name(data, place, w)} {place.code}"
    return {"name": name_of(place, w), "href": f"{place.stem}.html", "key": key, "note": note}


def within(data: SiteData, place: PlaceInfo, w: Words) -> list[dict[str, str]]:
    """Places inside this one."""
    kids = place.children
    if place.level == "nation":
        kids = tuple(c for c in data.places if c[0] in ("state", "aor"))
    return [entry(data, p, w) for p in order(kids, data.places)]


def place_page(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """The page of one place."""
    if not place.fine:
        return blank_page(data, place, w)
    title = full_name(data, place, w)
    intro = lede(data, place, w)
    code = (place.level, place.code)
    page = page_of(data, w, place.stem, title, intro, image=image_path(place), nav="places", live=True)
    page["jsonld"] = dataset_jsonld(data, place, w)
    home = str(page["home"])
    drawn = timeline_of(data, place, w, home)
    return render(
        "place.html.j2",
        **_shared_context(data, place, w, home),
        page=page,
        title=title,
        lede=intro,
        adds=adds(data, place, w),
        sides=sides_of(data, place, w, home),
        recovered=recovered_note(data, place, w) if place.level == "aor" else "",
        timeline=live_place(data, place, drawn, w) if drawn else None,
        years=years_of(data, place, w),
        rates=rates_table(data, place, w, home),
        lineage=lineage_of(data, place, home, w),
        answers=answer_sections(data, code, w),
        ask=ask_command(data, place, policies_of(data, place)),
        since=book_ins_figure(w) if place.level == "nation" else None,
        surges=surges_table(data.surges.get(code, []), w),
        detainers=detainers_table(data, place, w, home),
        no_detainers=w(
            "place.no_detainers" if "detainers" not in data.groups else "place.detainers_not_covered"
        ),
        rest_note=w("place.rest_note_merged" if data.parts_end else "place.rest_note"),
        no_surges=no_surges(data, place, w),
        reports=reports_table(data.reports.get(code, []), w),
        within=within(data, place, w),
        how=w(f"place.how_{place.level}"),
        coverage=coverage_of(data, w),
        ends=ends_of(data, w),
        ends_says=ends_says(data, w),
        csv=f"data/{place.level}-{place.slug}.csv",
        parquet=f"data/{place.level}-{place.slug}.parquet",
        cite=cite(data, place, w),
    )


def blank_page(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """The page of a county that no record names: what that means, and the areas to read instead."""
    title = full_name(data, place, w)
    is_covered = data.covers((place.level, place.code)) or WHOLE not in data.groups
    says = w("where.none" if is_covered else "where.not_covered", place=place.name)
    page = page_of(data, w, place.stem, title, says, nav="places")
    shared = _shared_context(data, place, w, str(page["home"]))
    return render("blank_place.html.j2", **shared, page=page, title=title, says=says)


def _shared_context(data: SiteData, place: PlaceInfo, w: Words, home: str) -> dict[str, Any]:
    """What the page of a place shows whether or not records name it."""
    return {
        "w": w,
        "crumbs": crumbs(data, place, w),
        "where": where_of(data, place, w, home),
        "policies": policies_table(policies_of(data, place), w, home=home, answered=answered(data)),
        "agreements": agreements_here(place.level, place.code, w),
        "detention": detention_figure(place.level, place.code, name_of(place, w), data.last_month, w),
    }


BEFORE, AFTER = 7, 3
"""Months before and after a day that a question about it needs."""


def no_surges(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """Why no surge stands on a page: none was found, or none was looked for."""
    if place.level not in SURGE_LEVELS or WHOLE not in data.groups:
        return w("place.surges_not_sought")
    return w("place.no_surges")


def ask_command(data: SiteData, place: PlaceInfo, policies: Sequence[dict[str, Any]]) -> str:
    """The command that asks about a place: its first policy that the records can answer, the day of its
    state's, else its surges."""
    first, last = add_months(data.first_day, BEFORE), add_months(data.last_month, -AFTER)
    dated = [r for r in policies if r["effective"] and first <= r["effective"] <= last]
    code, store = shlex.quote(place.code), " --store STORE" if data.has_rows else ""
    for r in dated:
        if (r["level"] == "state") == (place.level == "state"):
            return f"atlarge explain {code} --policy {r['id']}{store}"
    if dated:
        return f"atlarge explain {code} --date {dated[0]['effective']}{store}"
    return f"atlarge surges --by {place.level} --place {code}{store}"


def cite(data: SiteData, place: PlaceInfo, w: Words) -> str:
    """How to cite the page: version, place, time, releases."""
    ids = ", ".join(str(r["id"]) for r in data.releases) or "–"
    return w(
        "place.cite", version=atlarge.__version__, place=name_of(place, w), releases=ids, **_span(data, w)
    )


def image_path(place: PlaceInfo) -> str:
    """Path of the share picture."""
    return f"img/{place.level}-{place.slug}.png"
