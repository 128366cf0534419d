"""Where a number comes from: the definition of its measure, the files, and the command that counts it again.

A number stands in a row (a time), under a head (a measure), on a page (a place). The row leads to the files,
the head to the rule, and the page says how a record gets its place; together they are its lineage.
"""

from __future__ import annotations

import datetime as dt
import shlex
from typing import Any

from atlarge.calendar import fiscal_year, month_end
from atlarge.panel import measures
from atlarge.publish.i18n import Words
from atlarge.publish.layout import heading
from atlarge.publish.lineage_data import Origin
from atlarge.publish.render import Link, Table, render
from atlarge.publish.site_data import PlaceInfo, SiteData
from atlarge.records.schemes import scheme

SCHEME = "ddp"


def measure_link(name: str, text: str, home: str) -> Link:
    """The name of a measure, leading to what it counts."""
    return Link(text, f"{home}lineage.html#m-{name}")


def year_id(day: dt.date, table: str = "arrests") -> str:
    """The name, on a place's page, of what says where the numbers of a day's fiscal year come from."""
    return f"from-{table}-{fiscal_year(day)}"


def origins_of(data: SiteData, table: str, start: dt.date, end: dt.date) -> list[Origin]:
    """The sheets that the counts of a table from start to end come from."""
    return [o for o in data.origins if o.table == table and o.covers(start, end)]


def _command(data: SiteData, place: PlaceInfo, start: dt.date, end: dt.date, names: list[str]) -> str:
    """What counts a place's numbers of some days again."""
    store = " --store STORE" if data.has_rows else ""
    where = "" if place.level == "nation" else f" --place {shlex.quote(place.code)}"
    listed = ",".join(names)
    return f"atlarge panel{store} --by {place.level}{where} --measure {listed} --from {start} --to {end}"


def lineage_of(data: SiteData, place: PlaceInfo, home: str, w: Words) -> dict[str, Any]:
    """The section of a place's page: one entry a fiscal year, with the files and the command."""
    years = []
    for table, names in data.groups.items():
        counts = data.series(place, names[0], "year")
        for start in counts.periods if counts else ():
            end = dt.date(start.year + 1, 9, 30)
            first, last = data.whole_months(table)
            days = max(start, first), min(end, month_end(last))
            found = origins_of(data, table, start, end)
            if not found:
                continue
            files = dict.fromkeys((o.release, o.file) for o in found)
            years.append(
                {
                    "id": year_id(start, table),
                    "title": f"{w.label('tables', table, table)}, {w.fiscal_year(start)}",
                    "files": [Link(name or r, f"{home}lineage.html#r-{r}") for r, name in files],
                    "command": _command(data, place, *days, names),
                }
            )
    return {"says": w("lineage.place_rows" if data.has_rows else "lineage.place_counts"), "years": years}


def lineage_page(data: SiteData, w: Words) -> str:
    """What each measure counts, every file and sheet, and the way back to a row."""
    return render(
        "lineage.html.j2",
        **heading(data, w, "lineage", nav="data"),
        steps=[w(f"lineage.step{i}") for i in (1, 2, 3, 4, 5)],
        measures=[_measure(name, w) for names in data.groups.values() for name in names],
        sheets=_sheets(data, w),
        kept=w("lineage.rows_kept" if data.has_rows else "lineage.counts_kept"),
        commands=_commands(data),
    )


def _measure(name: str, w: Words) -> dict[str, str]:
    """A measure and which records it counts."""
    about = measures()[name]
    rule = ""
    if about.category:
        description = scheme(SCHEME)
        rule = w(
            "lineage.rule", scheme=description.title, methods=", ".join(description.methods(about.category))
        )
    elif about.equals:
        kept = "; ".join(f"{column}: {', '.join(map(str, values))}" for column, values in about.equals)
        rule = w("lineage.rule_equals", kept=kept)
    return {
        "id": f"m-{name}",
        "name": w.label("measure", name, about.label),
        "says": w.label("measure_says", name, about.description),
        "rule": rule,
    }


def _sheets(data: SiteData, w: Words) -> Table:
    """Every file, with its sheets where the store knows them."""
    seen: set[str] = set()
    rows: list[list[str | Link]] = []
    for o in data.origins:
        name = Link(o.release, id="" if o.release in seen else f"r-{o.release}")
        seen.add(o.release)
        row: list[str | Link] = [name, w.label("tables", o.table, o.table), o.file or "–"]
        if data.has_rows:
            row.append(o.sheet or "–")
        rows.append([*row, w.days(o.start, o.end)])
    known = ("sheet",) if data.has_rows else ()
    head = [w(f"col.{k}") for k in ("release", "table", "file", *known, "covers")]
    texts = range(1, len(head))
    return Table(w("lineage.files"), head, rows, is_stacked=True, texts=texts, has_heading=True)


def _commands(data: SiteData) -> list[str]:
    """How to get back to single rows, for who holds the store."""
    if not data.has_rows:
        return ["atlarge ingest FILE... --store STORE", "atlarge publish --store STORE --out SITE"]
    table = next(iter(data.groups))
    return [f"atlarge audit --store STORE --trace {table} --place CODE --from DAY --to DAY"]
