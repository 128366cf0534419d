"""What the records can place: how many name a county, its office's area, its area of responsibility."""

from __future__ import annotations

from html import escape
from typing import Any

from atlarge.disclosure.table import Counts
from atlarge.publish.charts.parts import cell
from atlarge.publish.i18n import Words
from atlarge.publish.layout import name_of
from atlarge.publish.lineage_data import rounded
from atlarge.publish.place_facts import RECOVERED_UNIT, Home, homes, known_sum
from atlarge.publish.render import Link, Table
from atlarge.publish.series_files import key_of
from atlarge.publish.site_data import PlaceInfo, SiteData
from atlarge.publish.svg import number, tag
from atlarge.reference import lookup

WHOLE = "arrests"
MEASURES = (WHOLE, "at_large", "handoffs")
MOST = 5
"""Places that a chart compares."""
SLIGHT = 0.005
"""An office area with a smaller share of its area's arrests is left out of the bar."""


def at_least(counts: Counts, w: Words) -> str:
    """The sum of a series; where some of it is hidden, what is known at the least."""
    if counts.total is not None:
        return w.count(counts.total)
    known = known_sum(counts)
    return w("place.over", n=w.count(known)) if known else w("place.lede_hidden")


def _home(place: PlaceInfo) -> Home:
    return homes().get((place.level, place.code), Home())


def area_of(data: SiteData, place: PlaceInfo) -> PlaceInfo | None:
    """The area of responsibility that a county or an office area lies in, where it has a page."""
    return data.places.get(("aor", _home(place).aor)) or next(
        (data.places[c] for c in place.parents if c[0] == "aor" and c in data.places), None
    )


def offices_of(data: SiteData, place: PlaceInfo, least: float) -> list[PlaceInfo]:
    """Office areas with at least so many arrests whose office has its seat in a county."""
    some = [data.places[("office", o)] for o in _home(place).offices if ("office", o) in data.places]
    return [o for o in some if known_sum(data.series(o, WHOLE, "year")) >= max(least, 1)]


def where_of(data: SiteData, place: PlaceInfo, w: Words, home: str) -> dict[str, Any] | None:
    """The first section of a county's page: the bar, its parts with their pages, how to read it."""
    area = area_of(data, place)
    if place.level != "county" or area is None:
        return None
    own, whole = data.series(place, WHOLE, "year"), data.series(area, WHOLE, "year")
    k = known_sum(whole)
    if not k or whole is None:
        return None
    n = known_sum(own)
    short = place.name.rsplit(", ", 1)[0]
    offices = offices_of(data, place, SLIGHT * k)
    parts: list[tuple[str, int, str, str, str]] = []
    own_count = at_least(own, w) if own is not None else w.count(0)
    parts.append(("w-county", n, own_count, w("where.county", place=short), ""))
    for office in offices:
        counts = data.series(office, WHOLE, "year")
        if counts is None:
            continue
        text = w("where.office", office=office.name)
        parts.append(("w-office", known_sum(counts), at_least(counts, w), text, f"{home}{office.stem}.html"))
    rest = max(0, k - sum(p[1] for p in parts))
    parts.append(("w-rest", rest, w.count(rest), w("where.rest", aor=area.name), f"{home}{area.stem}.html"))
    listed = "; ".join(f"{count} {text}" for _, _, count, text, _ in parts)
    share = data.named_shares.get(area.code)
    values = {
        "place": short,
        "n": own_count,
        "k": at_least(whole, w),
        "aor": area.name,
        "share": w.percent(1 - share) if share is not None else "",
    }
    if own is None:
        says = [w("where.none", place=short)]
        if share is not None:
            says.append(w("where.none_share", k=values["k"], aor=area.name, share=w.percent(share)))
    elif (place.level, place.code) in data.unrated:
        says = [w("where.most_unnamed", **values), w("where.no_rate")]
    else:
        says = [w("where.some_unnamed", **values)]
    if offices:
        is_here = any(
            lookup("offices", "office", "seat_county_fips").get(o.code) == place.code for o in offices
        )
        key = "where.office_long" if is_here else "where.office_near"
        says.append(w(key, office=", ".join(o.name for o in offices)))
    if data.unplaced:
        says.append(w("where.unplaced", n=w.count(data.unplaced)))
    return {
        "bar": _bar([(kind, value) for kind, value, *_ in parts], w("where.bar", aor=area.name, list=listed)),
        "parts": [
            {
                "kind": kind,
                "n": count,
                "text": text,
                "href": href,
                "share": w.percent(value / k) if value else "",
            }
            for kind, value, count, text, href in parts
        ],
        "says": says,
    }


def _bar(parts: list[tuple[str, int]], label: str) -> str:
    whole = sum(n for _, n in parts) or 1
    marks, at = [], 0.0
    for kind, n in parts:
        wide = 1000 * n / whole
        if n:
            marks.append(tag("rect", x=at, width=max(wide, 4), y=0, height=30, class_=kind))
        at += wide
    box = f'viewBox="0 0 {number(1004)} 30" preserveAspectRatio="none" role="img"'
    return f'<svg class="where-bar" {box} aria-label="{escape(label)}">{"".join(marks)}</svg>'


def sides_of(data: SiteData, place: PlaceInfo, w: Words, home: str) -> dict[str, Any] | None:
    """A county, its office areas and its area of responsibility side by side; an office area and its area.

    `totals` and `years` are tables, `chart` the address of the same places on one chart, `note` how much of
    the area's total is recovered. None for other levels.
    """
    area = area_of(data, place)
    if place.level not in ("county", "office") or area is None:
        return None
    least = SLIGHT * known_sum(data.series(area, WHOLE, "year"))
    places = [place, *(offices_of(data, place, least) if place.level == "county" else []), area]
    series = [(p, c) for p in places if (c := data.series(p, WHOLE, "year")) is not None]
    if len(series) < 2:
        return None
    heads = [Link(name_of(p, w), f"{home}{p.stem}.html") for p, _ in series]
    totals: list[list[str | Link]] = []
    for measure in MEASURES:
        counts = [data.series(p, measure, "year") for p, _ in series]
        totals.append([w(f"measure.{measure}"), *("–" if c is None else at_least(c, w) for c in counts)])
    title = w(f"where.sides_{place.level}")
    return {
        "title": title,
        "totals": Table(title, [w("where.counted"), *heads], totals, is_wide=True, has_heading=True),
        "years": _years(series, heads, w),
        "chart": f"{home}compare.html?with={','.join(key_of(p) for p, _ in series[:MOST])}",
        "note": recovered_note(data, area, w),
    }


def recovered_note(data: SiteData, area: PlaceInfo, w: Words) -> str:
    """How much of an area's total ICE recorded under it, and how much is from landmarks; rounded."""
    whole = data.series(area, WHOLE, "year")
    if area.code not in data.recovered or whole is None:
        return ""
    n, k = data.recovered[area.code], known_sum(whole)
    values = {"aor": area.name, "n": w.count(n), "recorded": w.count(rounded(k - n, RECOVERED_UNIT))}
    return w("where.recovered" if n else "where.recovered_few", threshold=RECOVERED_UNIT // 2, **values)


def _years(series: list[tuple[PlaceInfo, Counts]], heads: list[Link], w: Words) -> Table:
    """All arrests by fiscal year of some places, in columns."""
    days = sorted({day for _, c in series for day in c.periods})
    rows: list[list[str | Link]] = []
    for day in days:
        row: list[str | Link] = [w.fiscal_year(day)]
        for _, c in series:
            row.append(cell(c, c.periods.index(day), w) if day in c.periods else "–")
        rows.append(row)
    return Table(w("where.beside"), [w("place.col.year"), *heads], rows, is_wide=True)
