"""Surges as tables: what was counted, what was expected, how sure it is, and what else a reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from atlarge.publish.i18n import Words
from atlarge.publish.layout import heading, name_of
from atlarge.publish.render import Link, Table, render
from atlarge.publish.site_data import SURGE_LEVELS, Code, PlaceInfo, SiteData
from atlarge.wording import web_link

MOST = 12
"""Surges of a level that stand open on the page; the rest is behind a button."""


def surges_table(
    rows: Sequence[dict[str, Any]], w: Words, places: dict[Code, PlaceInfo] | None = None, home: str = ""
) -> Table:
    """Surges; with `places`, a first column leads to each place's page."""
    result = []
    for r in rows:
        cells: list[Any] = [
            w.days(r["start"], r["end"]),
            r["observed"] or w("cell.withheld"),
            _expected(r["expected"], w),
            r["q_text"],
            _known(r, w),
        ]
        if places is not None:
            place = places.get((r["level"], r["place"]))
            cells.insert(0, Link(name_of(place, w), f"{home}{place.stem}.html") if place else r["place"])
        result.append(cells)
    keys = ["when", "observed", "expected", "q", "known"]
    head = [w(f"col.{k}") for k in (["place", *keys] if places is not None else keys)]
    return Table(
        w("surges.caption"),
        head,
        result,
        is_stacked=True,
        texts=(len(head) - 1,),
        is_sortable=places is not None,
    )


def _expected(value: float | None, w: Words) -> str:
    if value is None:
        return "–"
    return "<0.1" if value < 0.1 else w.count(value, 1)


def _known(r: dict[str, Any], w: Words) -> Any:
    """What else is known: its flags in words, and the operation that a source dates to its days."""
    flags = "; ".join(w.label("flag", name, name.replace("_", " ")) for name in r["flags"])
    label = r.get("label")
    if not label:
        return flags or "–"
    name = w("surges.label", name=label["name"], party=label["said_by"])
    text = f"{name}; {flags}" if flags else name
    link = web_link(label["source"])
    return Link(text, link, True) if link else text


def surges_page(data: SiteData, w: Words) -> str:
    """The catalogue of surges, by level and rank."""
    sections: list[dict[str, Any]] = []
    for level in SURGE_LEVELS:
        rows = sorted(
            (s for c, some in data.surges.items() if c[0] == level for s in some), key=lambda s: s["rank"]
        )
        if not rows:
            continue
        sections.append(
            {
                "title": w(f"levels.{level}"),
                "says": _says(level, rows, data, w),
                "table": surges_table(rows[:MOST], w, data.places),
                "more": surges_table(rows[MOST:], w, data.places) if len(rows) > MOST else None,
                "more_says": w("surges.more", n=len(rows) - MOST),
            }
        )
    flags = [(w(key), w(key.replace("flag.", "flag_says."))) for key in w.keys("flag.")]
    return render("surges.html.j2", **heading(data, w, "surges"), sections=sections, flags=flags)


def _says(level: str, rows: list[dict[str, Any]], data: SiteData, w: Words) -> str:
    """How many surges, in how many places, how many near the border; how many places were too thin."""
    text = w(
        "surges.says",
        n=w.count(len(rows)),
        places=w.count(len({r["place"] for r in rows})),
        borderline=w.count(sum("borderline" in r["flags"] for r in rows)),
    )
    thin = data.thin.get(level, 0)
    return f"{text} {w('surges.thin', n=w.count(thin))}" if thin else text
