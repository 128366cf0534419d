"""Templates, and the parts of a page that hold data: figures and tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jinja2

from atlarge.disclosure.table import SMALL, WITHHELD, Counts
from atlarge.files import shipped_text
from atlarge.publish.charts import HALF, NARROW, WIDE
from atlarge.publish.charts.parts import cell
from atlarge.publish.i18n import Words
from atlarge.publish.svg import Drawing


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere (`is_away`: off the site; `is_file`: to a download), or has an `id`."""

    text: str
    href: str = ""
    is_away: bool = False
    id: str = ""
    is_file: bool = False


@dataclass(frozen=True)
class Table:
    """A table as text. `is_stacked`: on a phone each row becomes a block; `is_wide`: it scrolls.

    `texts`: columns of words, which stand at the left; numbers stand at the right. `has_heading`: a heading
    above says what the caption says, so that it is there for screen readers only.
    `is_sortable`: heads sort rows.
    """

    caption: str
    head: Sequence[str | Link]
    rows: Sequence[Sequence[str | Link]]
    is_stacked: bool = False
    is_wide: bool = False
    texts: Sequence[int] = ()
    has_heading: bool = False
    is_sortable: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart in two widths, what it says, and the numbers behind it."""

    wide: Drawing
    narrow: Drawing
    table: Table | None = None
    note: str = ""
    id: str = ""
    kind: str = "wide"


def figure(
    chart: Callable[..., Drawing],
    *data: Any,
    title: str,
    sentence: str,
    table: Table | None = None,
    note: str = "",
    id: str = "",
    is_half: bool = False,
    **options: Any,
) -> Figure:
    """Draw a chart of some data for desktop and phone. `is_half`: something stands beside it."""
    wide, kind = (HALF, "wide half") if is_half else (WIDE, "wide")
    drawn, narrow = (chart(*data, width=width, **options).named(title, sentence) for width in (wide, NARROW))
    return Figure(drawn, narrow, table, note, id, kind)


@dataclass(frozen=True)
class Section:
    """A part of a page of lists; `code` are named snippets."""

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    links: Sequence[Link] = ()
    code: Sequence[tuple[str, str]] = ()
    figure: Figure | None = None


def list_page(
    w: Words, page: dict[str, Any], title: str, paragraphs: Sequence[str], sections: Sequence[Section]
) -> str:
    """A page of paragraphs, tables, links and snippets, one section below another."""
    return render("list.html.j2", w=w, page=page, title=title, paragraphs=paragraphs, sections=sections)


def counts_table(
    series: Sequence[Counts],
    w: Words,
    caption: str,
    every: str,
    extra: Sequence[tuple[str, list[str]]] = (),
    *,
    heads: Sequence[str | Link] | None = None,
    lead: Callable[[dt.date], str] | None = None,
    has_heading: bool = False,
) -> Table:
    """The table behind a chart of counts; `extra` adds named columns, one text a period.

    `heads` stand for the labels of the series; `lead` gives the address that a period leads to.
    """
    first = series[0]
    rows: list[list[str | Link]] = []
    for i, day in enumerate(first.periods):
        name = w.period(day, every)
        cells = [*(cell(s, i, w) for s in series), *(texts[i] for _, texts in extra)]
        rows.append([Link(name, lead(day)) if lead else name, *cells])
    named = heads if heads is not None else [s.label for s in series]
    head = [w("report.col.period"), *named, *(n for n, _ in extra)]
    return Table(caption, head, rows, has_heading=has_heading)


def hidden_note(series: Sequence[Counts], w: Words) -> str:
    """How hidden counts are drawn, where there are any."""
    if any(m in (SMALL, WITHHELD) for s in series for m in s.marks):
        return w("chart.small_note", most=series[0].threshold - 1)
    return ""


def static(name: str) -> str:
    """A text file of `static/`."""
    return shipped_text("atlarge.publish", f"static/{name}")


def source_link(address: str) -> Link | str:
    """The way to a source, under the name of its host."""
    return Link(str(urlsplit(address).hostname).removeprefix("www."), address, True) if address else "–"


@cache
def environment() -> jinja2.Environment:
    """Templates with every value escaped and every missing name an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("atlarge.publish", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def render(template: str, **context: Any) -> str:
    """A page as text."""
    return environment().get_template(template).render(**context)
