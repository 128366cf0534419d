"""Pages of the registry of policies: a map by month, each state, each decision, and downloads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl

from atlarge.files import csv_text, parquet_bytes
from atlarge.policies import Policy, Registry, registry
from atlarge.policies.shipped import undated
from atlarge.publish import charts
from atlarge.publish.charts.choropleth import PATTERNS
from atlarge.publish.i18n import LANGUAGES, Words
from atlarge.publish.layout import page_of, path_of
from atlarge.publish.render import Link, Section, Table, list_page, render, source_link, static
from atlarge.publish.series_files import setting
from atlarge.publish.site_data import SiteData
from atlarge.reference import lookup, sidecar, states, table
from atlarge.regimes import county_regimes, monthly_totals, months_between, with_residents
from atlarge.wording import web_link

FIRST_MONTH = dt.date(2015, 1, 1)
CLASSES = ("jail", "task_force", "extends", "limits", "both", "none")
"""What the map shows of a county: its own agreements first, then what a law or decision says."""
_KINDS = {"jail": "q5", "task_force": "q3", "extends": "q1", "limits": "qx", "both": "q2", "none": "qn"}
DOWNLOADS = ("data/policies.csv", "data/policies.parquet", "data/policies.ics")


def as_of() -> dt.date:
    """The day on which the registry was last read."""
    return dt.date.fromisoformat(str(sidecar("policies")["accessed"]))


def last_month() -> dt.date:
    """The month of the newest list of agreements: later months would show agreements that may have ended."""
    newest = table("agreements_287g")["last_listed"].max()
    return dt.date.fromisoformat(str(newest)).replace(day=1)


def state_stem(state: str) -> str:
    """Path of a state's page."""
    return f"policies/{state.lower()}"


def policy_stem(name: str) -> str:
    """Path of a policy's page."""
    return f"policy/{name}"


def _decisions(known: Registry) -> list[Policy]:
    return [p for p in known if not p.is_agreement]


def states_shown(data: SiteData) -> list[str]:
    """States that have a page or a county with one."""
    counties = lookup("counties", "fips", "state")
    found = {code for level, code in data.places if level == "state"}
    found |= {counties[code] for level, code in data.places if level == "county" and code in counties}
    return sorted(found & set(states()))


def policy_links(data: SiteData, page: dict[str, Any]) -> tuple[list[tuple[str, str]], list[Link]]:
    """Text and address of the page of each state, and of each download, as seen from a page."""
    pages = sorted((states()[s], f"{page['home']}{state_stem(s)}.html") for s in states_shown(data))
    return pages, _files(page)


def _files(page: dict[str, Any]) -> list[Link]:
    """The downloads, as seen from a page."""
    return [Link(path.rsplit("/", 1)[1], f"{page['root']}{path}", is_file=True) for path in DOWNLOADS]


def policy_files(data: SiteData) -> Iterator[tuple[str, str | bytes]]:
    """Paths and contents of all pages of the registry, both languages, and of its downloads."""
    known, wanted = registry(), states_shown(data)
    if not wanted:
        return
    shown = [p for p in _decisions(known) if p.state in wanted]
    for language in LANGUAGES:
        w = Words(language)
        yield path_of("policies/map", w), _map_page(data, w)
        for state in wanted:
            yield path_of(state_stem(state), w), _state_page(data, w, known, state)
        for p in shown:
            yield path_of(policy_stem(p.id), w), _policy_page(data, w, known, p)
    yield "static/policymap.js", setting("atlargePolicies", _map_values()) + static("policymap.js")
    yield from downloads(known)


def downloads(known: Registry) -> Iterator[tuple[str, str | bytes]]:
    """The registry as CSV, Parquet and a calendar of its decisions' dates."""
    frame = known.to_frame()
    yield DOWNLOADS[0], csv_text(frame)
    yield DOWNLOADS[1], parquet_bytes(frame)
    yield DOWNLOADS[2], Registry(tuple(_decisions(known))).calendar(since=as_of())


def _page(data: SiteData, w: Words, stem: str, title: str, description: str) -> dict[str, Any]:
    """What the layout needs of a page of the registry, which names the registry as its source."""
    source = w("registry.source", day=w.day(as_of()), month=w.long_month(last_month()))
    return page_of(data, w, stem, title, description, nav="policies", source=source)


# ---- the map ---------------------------------------------------------------------------------------------


@cache
def _regimes() -> pl.DataFrame:
    """Regimes of every county in every month of the map."""
    return county_regimes(months_between(FIRST_MONTH, last_month()))


@cache
def _classes() -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Counties, and for each month the class of each county."""
    rows = _regimes()
    places = tuple(rows.filter(rows["month"] == rows["month"].min())["place"].to_list())
    found = []
    for (_,), part in rows.group_by(["month"], maintain_order=True):
        columns = part.select("agreement_jail", "agreement_task_force", "governing").iter_rows()
        found.append(
            tuple("jail" if jail else "task_force" if force else word for jail, force, word in columns)
        )
    return places, tuple(found)


def _map_values() -> dict[str, Any]:
    """The map's data: the changes of each county as month, class, month, class; how a class is drawn."""
    places, months = _classes()
    changes: dict[str, list[int]] = {}
    for fips, classes in zip(places, zip(*months, strict=True), strict=True):
        numbers = [CLASSES.index(name) for name in classes]
        steps = [(k, now) for k, now in enumerate(numbers) if k == 0 or now != numbers[k - 1]]
        changes[fips] = [number for step in steps for number in step]
    kinds = list(_KINDS.values())
    fills = [f"url(#{PATTERNS[kind]})" if kind in PATTERNS else "" for kind in kinds]
    return {"changes": changes, "kinds": kinds, "fills": fills}


def _map_page(data: SiteData, w: Words) -> str:
    places, months = _classes()
    axis = months_between(FIRST_MONTH, last_month())
    newest = {fips: _KINDS[name] for fips, name in zip(places, months[-1], strict=True)}
    title = w("registry.map_title", month=w.long_month(axis[-1]))
    description = w("registry.map_says", day=w.day(as_of()))
    return render(
        "policy_map.html.j2",
        w=w,
        page=_page(data, w, "policies/map", w("registry.map_heading"), description),
        drawing=charts.choropleth(newest).named(title, description),
        months=[w.long_month(m) for m in axis],
        legend=[
            {"swatch": charts.swatch(_KINDS[name]), "text": w(f"registry.class.{name}")} for name in CLASSES
        ],
        years=_year_table(w),
    )


@cache
def _each_may() -> pl.DataFrame:
    """Regimes of every county on 1 May of each year, with its residents."""
    rows = _regimes()
    return with_residents(rows.filter(rows["month"].dt.month() == 5))


def _year_table(w: Words, state: str | None = None) -> Table:
    """Counties and residents under each regime on 1 May of each year, of the nation or a state."""
    rows = _each_may()
    if state is not None:
        inside = table("counties").filter(table("counties")["state"] == state)["fips"].to_list()
        rows = rows.filter(rows["place"].is_in(inside))
    may = rows["month"].unique().sort().to_list()
    totals = monthly_totals(rows)
    names = ("agreement_any", "agreement_jail", "agreement_task_force", "local_limit")
    by_month = {(r["month"], r["regime"]): r for r in totals.iter_rows(named=True)}
    result = []
    for day in may:
        cells = [w.month(day)]
        for name in names:
            row = by_month[day, name]
            cells.append(f"{w.count(row['counties'])} ({w.count(row['residents'] / 1e6, 1)})")
        result.append(cells)
    head = [w("report.col.period"), *(w(f"registry.col.{name}") for name in names)]
    return Table(w("registry.years"), head, result, has_heading=True)


# ---- a state, a policy -----------------------------------------------------------------------------------


def _when(p: Policy, w: Words) -> str:
    first, last = p.spell.start_earliest, p.spell.start_latest
    return w.short_day(first) if first == last else w.days(first, last)


def _until(p: Policy, w: Words) -> str:
    first, last = p.spell.end_earliest, p.spell.end_latest
    if first is None or last is None:
        return "–"
    return w.short_day(last) if first == last else w.days(first, last)


def _row(p: Policy, w: Words, home: str) -> list[str | Link]:
    source = web_link(p.source_url)
    return [
        Link(p.title, f"{home}{policy_stem(p.id)}.html"),
        p.place_name,
        w(f"direction.{p.direction}"),
        _when(p, w),
        _until(p, w),
        w(f"registry.scope.{p.binds}"),
        p.confidence or "–",
        source_link(source),
    ]


def _table(policies: list[Policy], w: Words, home: str, caption: str) -> Table:
    head = [w(f"col.{k}") for k in ("policy", "place", "direction", "effective", "ended")]
    head += [w("registry.col.binds"), w("col.confidence"), w("col.source")]
    return Table(
        caption,
        head,
        [_row(p, w, home) for p in policies],
        is_stacked=True,
        texts=range(1, 8),
        has_heading=True,
    )


def _state_page(data: SiteData, w: Words, known: Registry, state: str) -> str:
    stem = state_stem(state)
    name = states()[state]
    page = _page(data, w, stem, w("registry.state_title", state=name), "")
    home, today = page["home"], as_of()
    history = [p for p in known.history(state=state) if not p.is_agreement]
    standing = [p for p in history if p.status(today) != "not in force"]
    agreements = known.in_force(last_month(), kind="287g", state=state)
    counties = {code for p in agreements for code in p.counties()}
    laws = {p.direction for p in standing if p.level == "state" and p.is_jail_rule and p.counties()}
    law = "both" if len(laws) == 2 else next(iter(laws), "none")
    says = [
        w(f"registry.law.{law}", state=name, day=w.day(today)),
        w("registry.agreements_says", month=w.long_month(last_month()), n=w.count(len(agreements)),
          counties=w.count(len(counties))),
    ]  # fmt: skip
    page["description"] = says[0]
    without_date = undated().select(state=state)
    conflicts = [c for c in known.conflicts(today, state=state) if not c.local.is_agreement]
    sections = []
    if standing:
        title = w("registry.in_force", day=w.day(today))
        sections.append(Section(title, table=_table(standing, w, home, title)))
    if conflicts:
        pairs = [
            w("registry.conflict", local=c.local.title, place=c.local.place_name, state=c.state.title)
            for c in conflicts
        ]
        sections.append(Section(w("registry.conflicts"), pairs))
    ended = [p for p in history if p.status(today) == "not in force"]
    if ended:
        title = w("registry.ended")
        sections.append(Section(title, table=_table(ended, w, home, title)))
    if without_date:
        texts = [f"{p.place_name}: {p.title}. {p.note}" for p in without_date]
        sections.append(Section(w("registry.undated"), texts))
    years = _year_table(w, state)
    if years.rows:
        sections.append(Section(w("registry.years"), table=years))
    if agreements:
        title = w("registry.agreements", month=w.long_month(last_month()))
        sections.append(Section(title, table=_agreement_table(agreements, w, title)))
    links = [*_files(page), Link(w("registry.map_heading"), f"{home}policies/map.html")]
    sections.append(Section(w("place.download"), links=links))
    return list_page(w, page, page["title"], says, sections)


def _agreement_table(agreements: list[Policy], w: Words, caption: str) -> Table:
    rows = [
        [p.agency, p.place_name, p.model, _when(p, w), p.confidence]
        for p in sorted(agreements, key=lambda p: (p.place_name, p.agency, p.model))
    ]
    keys = ("registry.col.agency", "col.place", "registry.col.model", "col.effective", "col.confidence")
    head = [w(key) for key in keys]
    return Table(caption, head, rows, is_stacked=True, texts=range(1, 5), has_heading=True)


def _policy_page(data: SiteData, w: Words, known: Registry, p: Policy) -> str:
    title = f"{p.place_name}: {p.title}"
    status = w(f"registry.status.{p.status(as_of()).replace(' ', '_')}", day=w.day(as_of()))
    says = w(
        "registry.policy_says", direction=w(f"direction.{p.direction}"), scope=w(f"registry.scope.{p.binds}")
    )
    page = _page(data, w, policy_stem(p.id), title, f"{says} {status}")
    source = web_link(p.source_url)
    facts: list[tuple[str, str | Link]] = [
        (w("registry.col.kind"), w(f"registry.kind.{p.kind}")),
        (w("registry.col.binds"), w(f"registry.scope.{p.binds}")),
        (w("col.announced"), w.day(p.announced) if p.announced else "–"),
        (w("col.effective"), _when(p, w)),
        (w("registry.col.deadline"), w.day(p.deadline) if p.deadline else "–"),
        (w("col.ended"), _until(p, w)),
        (w("registry.col.criteria"), p.criteria or "–"),
        (w("registry.col.note"), " ".join(x for x in (p.note, p.ended_reason) if x) or "–"),
        (w("col.confidence"), p.confidence or "–"),
        (w("registry.col.verified"), lookup("policies", "id", "verified").get(p.id) or "–"),
        (w("col.source"), Link(source, source, True) if source else "–"),
        ("id", p.id),
    ]
    name, head = w("registry.facts"), [w("registry.col.what"), w("registry.col.value")]
    sections = [Section(name, table=Table(name, head, facts, texts=(1,), has_heading=True))]
    home = page["home"]
    others = [q for q in known.history(state=p.state) if not q.is_agreement and q.id != p.id]
    same = [q for q in others if q.place == p.place or q.level == "state"]
    if same:
        name = w("registry.same_place")
        sections.append(Section(name, table=_table(same, w, home, name)))
    links = [Link(w("registry.state_all"), f"{home}{state_stem(p.state)}.html")]
    own = [data.places[c] for c in (("county", p.fips or ""), ("state", p.state)) if c in data.places]
    links += [Link(place.name, f"{home}{place.stem}.html") for place in own[:1]]
    sections.append(Section(w("registry.more"), links=links))
    return list_page(w, page, title, [says, status], sections)
