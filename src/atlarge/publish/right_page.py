"""How right is this? Checks of the program by numbers from elsewhere.

Our own counts are not printed: a published figure beside ours would give small counts away as a difference.
A figure is said to agree (equal or within tolerance) or to differ.
"""

from __future__ import annotations

import math

import polars as pl

from atlarge.places.find import place_name
from atlarge.publish.forecast_view import forecast_section
from atlarge.publish.i18n import Words
from atlarge.publish.layout import page_of
from atlarge.publish.render import Link, Section, Table, list_page
from atlarge.publish.site_data import SiteData
from atlarge.reference import table
from atlarge.verify import figures
from atlarge.verify.counting import canonical, is_share, table_of
from atlarge.verify.figure import Figure

STEM = "how-right"
CHECKS = ("published", "replications", "placebos", "forecasts", "places", "surges")
LINKED = {"placebos": "methods.html", "surges": "surges.html", "places": "places.html"}
_SHARES = (
    "placebos.coverage",
    "placebos.lowest",
    "placebos.singled_out",
    "forecasts.coverage",
    "forecasts.lowest",
)
_KINDS = {
    "at_large": "at_large", "at_large_agency": "at_large", "handoffs": "jails", "local_jails": "jails",
    "detained": "held", "average_daily_population": "held",
}  # fmt: skip
_TABLES = {"arrests": "arrests", "removals": "removals", "detainers": "detainers", "jail_counts": "texas"}


def how_right_page(data: SiteData, w: Words) -> str:
    """The checks in one table, and every published figure with its verdict."""
    page = page_of(data, w, STEM, w("right.title"), w("right.lede"), nav="methods")
    past = forecast_section(data, w)
    below = {
        "replications": Section(w("right.replications"), [w("right.replications_list")], _replications(w)),
        "forecasts": Section(w("right.forecasts"), [w("right.forecasts_list")], _forecasts(w)),
        **({"past": past} if past else {}),
        "cannot_be_told": Section(
            w("right.cannot_be_told"), [w("right.cannot_be_told_says")], _cannot_be_told(w)
        ),
        "published": Section(w("right.figures"), [w("right.figures_says")], _figures(w)),
    }
    anchors = {check: f"#s{n}" for n, check in enumerate(below, start=2)}  # sections are numbered from 1
    sections = [
        Section(w("right.checks"), table=_checks(w, LINKED | anchors)),
        *below.values(),
        Section(w("right.limits"), [w("right.limits_says")]),
    ]
    return list_page(w, page, w("right.title"), [w("right.lede"), w("right.of_what")], sections)


def three_numbers(w: Words) -> list[dict[str, str]]:
    """The first checks in one number each, for the front."""
    found = _numbers(w)
    agree = w("right.of", n=found["published"]["agree"], all=found["published"]["testable"])
    numbers = (agree, found["placebos"]["coverage"], found["forecasts"]["coverage"])
    keys = ("published", "placebos", "forecasts")
    return [{"n": n, "says": w(f"right.card_{key}")} for n, key in zip(numbers, keys, strict=True)]


def _numbers(w: Words) -> dict[str, dict[str, str]]:
    """The numbers of each check as words of a language."""
    found: dict[str, dict[str, str]] = {}
    for check, key, value in table("checks").iter_rows():
        is_share_ = f"{check}.{key}" in _SHARES
        if key == "difference":
            key, value = "digits", math.floor(-math.log10(value))
        text = w.percent(value, is_fine=True) if is_share_ else w.count(value)
        found.setdefault(check, {})[key] = text
    return found


def _checks(w: Words, links: dict[str, str]) -> Table:
    numbers = _numbers(w)
    rows: list[list[str | Link]] = []
    for check in CHECKS:
        name = w(f"right.{check}")
        linked = Link(name, links[check]) if check in links else name
        rows.append([linked, w(f"right.{check}_asks"), w(f"right.{check}_says", **numbers[check])])
    head = [w("right.col.check"), w("right.col.asks"), w("right.col.result")]
    return Table(w("right.checks"), head, rows, is_stacked=True, texts=(0, 1, 2), has_heading=True)


def _replications(w: Words) -> Table:
    """How many numbers of each study come out again, the studies with the fewest first."""
    found = table("replications_checked").sort(pl.col("agree") / pl.col("of"), "study")
    rows: list[list[str | Link]] = [
        [w(f"right.study.{study}"), w("right.of", n=w.count(agree), all=w.count(of))]
        for study, of, agree in found.iter_rows()
    ]
    head = [w("right.col.study"), w("right.col.agree")]
    return Table(w("right.replications"), head, rows, is_stacked=True, texts=(0, 1), has_heading=True)


def _forecasts(w: Words) -> Table:
    """How each case of the forecasts did, those that a peer wins first."""
    rows: list[list[str | Link]] = [
        [
            f"{w(f'right.by.{by}')}, {w(f'right.kind.{_KINDS[measure]}')}, {w(f'right.every.{every}')}",
            w.count(counts),
            w.percent(coverage, is_fine=True),
            w("right.skill", peer=w(f"right.peer.{peer}"), skill=w.signed(100 * skill)),
        ]
        for by, measure, every, counts, coverage, peer, skill in table("forecasts_checked")
        .sort("skill", maintain_order=True)
        .iter_rows()
    ]
    head = [w(f"right.col.{name}") for name in ("case", "counts", "inside", "skill")]
    title = w("right.forecasts")
    return Table(title, head, rows, is_stacked=True, texts=(0, 3), has_heading=True, is_sortable=True)


def _kind(figure: Figure) -> str:
    """What a figure counts, in one of a dozen words."""
    name = canonical(figure.measure)
    if is_share(name):
        return "share"
    if name.startswith("counties_with_"):
        return "counties"
    if name.startswith("book_ins"):
        return "book_ins"
    if "287g" in name:
        return "agreements"
    if name.startswith("removals"):
        return "removals"
    return _KINDS.get(name) or _TABLES.get(table_of(name) or "", "arrests")


def _place(figure: Figure, w: Words) -> str:
    """Name of the places of a figure."""
    named = (w("place.nation") if s.level == "nation" else place_name(*s) for s in figure.spots)
    return ", ".join(named)


def _cells(figure: Figure, w: Words) -> list[str | Link]:
    """A figure as its publisher gave it."""
    return [
        figure.publisher,
        w(f"right.kind.{_kind(figure)}"),
        _place(figure, w),
        w.days(figure.start, figure.end),
        w.count(figure.value),
    ]


_FIGURE = ("publisher", "what", "where", "days", "published")


def _cannot_be_told(w: Words) -> Table:
    """Figures that cannot be told: how many definitions were tried, and what would decide each."""
    found = table("figures_checked").filter(pl.col("verdict") == "differs", ~pl.col("understood"))
    tried = {
        key: (n, decides) for key, n, decides in found.select("id", "definitions", "would_decide").iter_rows()
    }
    rows = [
        [*_cells(f, w), w.count(tried[f.id][0]), w(f"decides.{tried[f.id][1]}")]
        for f in sorted(figures(), key=lambda f: f.id)
        if f.id in tried
    ]
    head = [w(f"right.col.{name}") for name in (*_FIGURE, "tried", "decides")]
    title = w("right.cannot_be_told")
    return Table(
        title, head, rows, is_stacked=True, texts=(0, 1, 2, 3, 6), has_heading=True, is_sortable=True
    )


def _figures(w: Words) -> Table:
    """Figures that could be tested, those that differ without explanation first."""
    verdicts = {key: (verdict, known) for key, verdict, known, *_ in table("figures_checked").iter_rows()}
    order = {("differs", False): 0, ("differs", True): 1, ("agrees", True): 2}
    shown = [(f, verdicts[f.id]) for f in figures() if verdicts[f.id] in order]
    shown.sort(key=lambda one: (order[one[1]], one[0].id))
    rows = [
        [*_cells(f, w), w(f"right.verdict.{verdict}{'' if known else '_open'}")]
        for f, (verdict, known) in shown
    ]
    head = [w(f"right.col.{name}") for name in (*_FIGURE, "verdict")]
    texts = (0, 1, 2, 3, 5)
    title = w("right.figures")
    return Table(title, head, rows, is_stacked=True, texts=texts, has_heading=True, is_sortable=True)
