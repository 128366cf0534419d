"""What every page needs to know of itself and of places: paths, names, the way up."""

from __future__ import annotations

from typing import Any

import atlarge
from atlarge.panel import NATION
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.site_data import Code, PlaceInfo, SiteData


def page_of(data: SiteData, w: Words, stem: str, title: str, description: str, **more: Any) -> dict[str, Any]:
    """What `base.html.j2` asks of every page. `stem` is its path without language and ending."""
    depth = stem.count("/") + (w.language != LANGUAGES[0])
    root = "../" * depth
    other = next(name for name in LANGUAGES if name != w.language)
    away = f"es/{stem}.html" if other == "es" else f"{stem}.html"
    return {
        "title": title,
        "description": description,
        "image": "",
        "live": False,
        "jsonld": "",
        "source": source_line(data, w),
        "simulated": w("site.simulated") if data.is_simulated else "",
        "base_url": data.base_url,
        "root": root,
        "home": root if w.language == LANGUAGES[0] else f"{root}{w.language}/",
        "other": other,
        "other_href": root + away,
        "nav": stem,
        "version": atlarge.__version__,
        "threshold": data.threshold,
        **more,
    }


def source_line(data: SiteData, w: Words) -> str:
    """What stands under a chart that is taken along: the agency, the records, their dates."""
    files = ", ".join(w.label("site.source_table", t, w.label("tables", t, t)) for t in data.groups)
    first, last = (w.long_month(day) for day in data.whole_months())
    simulated = f"{w('site.simulated')} " if data.is_simulated else ""
    return simulated + w(
        "site.source",
        files=files,
        first=first,
        last=last,
        threshold=data.threshold,
        version=atlarge.__version__,
    )


def heading(data: SiteData, w: Words, stem: str, lede: str = "", **more: Any) -> dict[str, Any]:
    """First part of the template context of a page without a place: words, page, title and lede."""
    title, lede = w(f"{stem}.title"), lede or w(f"{stem}.lede")
    return {"w": w, "page": page_of(data, w, stem, title, lede, **more), "title": title, "lede": lede}


def path_of(stem: str, w: Words) -> str:
    """Path of a page in the site."""
    return f"{stem}.html" if w.language == LANGUAGES[0] else f"{w.language}/{stem}.html"


def name_of(place: PlaceInfo, w: Words) -> str:
    """Name of a place as a heading."""
    return w(f"level.{place.level}", name=place.name, code=place.code)


def crumbs(data: SiteData, place: PlaceInfo, w: Words) -> list[dict[str, str]]:
    """The places that hold this one, largest first."""
    rank = {"nation": 0, "aor": 1, "state": 2}
    above = {c for c in place.parents if c in data.places}
    if place.level in ("county", "office", "state", "aor"):
        above.add(("nation", NATION))
    ordered = sorted(above, key=lambda c: (rank.get(c[0], 9), c))
    return [
        {"name": name_of(data.places[c], w), "href": f"{data.places[c].stem}.html"}
        for c in ordered
        if c in data.places
    ]


def crumbs_to(data: SiteData, code: Code, w: Words) -> list[dict[str, str]]:
    """The place itself as a crumb, where it has a page."""
    place = data.places.get(code)
    return [{"name": name_of(place, w), "href": f"{place.stem}.html"}] if place else []
