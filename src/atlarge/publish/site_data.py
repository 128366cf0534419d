"""What a site shows, gathered once: disclosed counts, places, policies, surges, claims, coverage, sources."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from atlarge.calendar import fiscal_year, fiscal_year_start, month_end
from atlarge.disclosure.table import THRESHOLD, Counts, Disclosed
from atlarge.errors import CoverageError
from atlarge.explain.answer import Answer
from atlarge.panel import measure as measure_of
from atlarge.panel.levels import place_name
from atlarge.panel.time_axis import Break, breaks_within, release_changes, segments
from atlarge.policies import policy_table
from atlarge.publish.answers import Shown, members, show_with, windows_of
from atlarge.publish.claims_data import claim_windows, disclosed_claims
from atlarge.publish.day_ranges import Window
from atlarge.publish.editions import Edition, record_of
from atlarge.publish.lineage_data import Origin, origins, release_facts
from atlarge.publish.place_facts import (
    Home,
    areas_of,
    current_counties,
    homes,
    named_shares,
    population_table,
    recovered,
    residents_until,
    unplaced,
    unrated,
)
from atlarge.publish.release_table import LEVELS, SiteCells, site_cells, site_measures
from atlarge.records.completeness import NEARLY, open_end
from atlarge.records.store import Store
from atlarge.reference import table

Code = tuple[str, str]
"""Level and code of a place."""


@dataclass(frozen=True)
class PlaceInfo:
    """A place with a page. `fine`: the finest period it is published by; empty where no record names it."""

    level: str
    code: str
    name: str
    fine: str
    parents: tuple[Code, ...] = ()
    children: tuple[Code, ...] = ()

    @property
    def stem(self) -> str:
        """Path of its page without language and ending, such as place/county/48453."""
        return f"place/{self.level}/{self.slug}"

    @property
    def slug(self) -> str:
        """Its code as a file name: a code from the data is not trusted to be one."""
        if re.fullmatch(r"[A-Za-z0-9]{1,24}", self.code):
            return self.code
        return "x" + hashlib.sha256(self.code.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Rate:
    """A rate per 100,000 residents with its 90% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OpenEnd:
    """How complete the end of a growing series is. `weeks`: first day, and the share of the records that are
    in with its 90% interval, of the weeks not known to be complete; none where one vintage cannot tell."""

    as_of: dt.date
    until: dt.date | None
    weeks: tuple[tuple[dt.date, float, float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class SiteData:
    """Everything that pages are built from. It can be pickled; raw counts are not in it."""

    threshold: int
    groups: dict[str, list[str]]
    places: dict[Code, PlaceInfo]
    counts: dict[tuple[str, ...], Counts]
    rates: dict[tuple[str, str, str, dt.date], Rate]
    policies: dict[Code, list[dict[str, Any]]]
    reports: dict[Code, list[dict[str, Any]]]
    surges: dict[Code, list[dict[str, Any]]]
    coverage: dict[str, list[tuple[dt.date, float]]]
    releases: list[dict[str, Any]]
    hidden: dict[str, int]
    thin: dict[str, int] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Shown] = field(default_factory=list)
    base_url: str = ""
    editions: int = 0
    """Whether the site was built after an earlier edition (1) or not (0)."""
    unrated: dict[Code, str] = field(default_factory=dict)
    named_shares: dict[str, float] = field(default_factory=dict)
    unplaced: int = 0
    is_simulated: bool = False
    recovered: dict[str, int] = field(default_factory=dict)
    """Arrests of each area of responsibility whose area is recovered from the landmark, rounded."""
    pooled: list[dict[str, Any]] = field(default_factory=list)
    changes: list[Break] = field(default_factory=list)
    """Days from which on arrests are from a release of another family."""
    ends: OpenEnd | None = None
    """How complete the last weeks of the arrests are; None where nothing is added to them any more."""
    forecast: dict[str, Any] | None = None
    """A forecast from before the records end, and what came (`forecast_view.past_forecast`)."""

    def series(self, place: PlaceInfo, measure: str, every: str) -> Counts | None:
        """One disclosed series of a place, over the periods of all its measures: one that ends before others
        is not covered from there on."""
        found = self.counts.get((place.level, place.code, measure, every))
        return None if found is None else found.over(self._periods[place.level, place.code, every])

    def dated(self, measures: Sequence[str], first: dt.date, last: dt.date) -> list[Break]:
        """Days between two at which series of arrests change: definitions, releases, and the end of what is
        complete."""
        families = {str(release["family"]) for release in self.releases}
        until = self.ends.until if self.ends else None
        return breaks_within(measures, first, last, families, self.changes, until)

    @cached_property
    def _periods(self) -> dict[tuple[str, str, str], tuple[dt.date, ...]]:
        """Every period of a place, whichever measure it is known for."""
        found: dict[tuple[str, str, str], set[dt.date]] = {}
        for (level, code, _, every), counts in self.counts.items():
            if every != "window":
                found.setdefault((level, code, every), set()).update(counts.periods)
        return {key: tuple(sorted(days)) for key, days in found.items()}

    def covers(self, code: Code) -> bool:
        """Whether the scope of some file of arrests holds a place."""
        home = homes().get(code, Home())
        inside = {code, ("state", home.state), ("aor", home.aor)}
        for scope in {o.scope for o in self.origins if o.table == "arrests"}:
            level, _, codes = scope.partition(":")
            if level == "nation" or any((level, one) in inside for one in codes.split(",")):
                return True
        return False

    @property
    def has_rows(self) -> bool:
        """Whether the store knows the rows of releases, and not only counts of them."""
        return any(o.has_rows for o in self.origins)

    @property
    def first_day(self) -> dt.date:
        """First month that the records cover."""
        return min(m for cells in self.coverage.values() for m, share in cells if share > 0)

    @property
    def last_month(self) -> dt.date:
        """Last month that the records cover whole."""
        return self.whole_months()[1]

    def whole_months(self, table: str = "") -> tuple[dt.date, dt.date]:
        """First and last month that the records cover whole: months whose records are counted. Of one table,
        where it covers any; else of all."""
        of_all = {name: [m for m, share in cells if share >= 1] for name, cells in self.coverage.items()}
        months = of_all.get(table) or [m for some in of_all.values() for m in some]
        return min(months), max(months)

    @cached_property
    def parts_end(self) -> dt.date | None:
        """The day from which on the records no longer tell handoffs from other custody; None where they end
        before it."""
        until = measure_of("handoffs").unmeasured_from
        months = [m for m, share in self.coverage.get("arrests", []) if share]
        return until if until and months and until <= month_end(months[-1]) else None

    @property
    def last_day(self) -> dt.date:
        """Last day that the records cover, as far as months show."""
        last = max(m for cells in self.coverage.values() for m, share in cells if share > 0)
        return month_end(last)

    def partial_years(self, table: str = "arrests") -> list[dt.date]:
        """First days of the fiscal years of which some months are not covered whole."""
        years: dict[dt.date, int] = {}
        for month, share in self.coverage.get(table, []):
            start = fiscal_year_start(fiscal_year(month))
            years[start] = years.get(start, 0) + (share >= 1)
        return [start for start, whole in sorted(years.items()) if 0 < whole < 12]


@dataclass(frozen=True)
class Found:
    """Surges with their level, raw, and how many places of a level have too few records to be tested."""

    surges: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    thin: dict[str, int] = field(default_factory=dict)

    def add(self, other: Found) -> None:
        """Take in those of another level."""
        self.surges.extend(other.surges)
        self.thin.update(other.thin)


@dataclass(frozen=True)
class Findings:
    """What a site shows besides counts; raw, so that it must be disclosed before it reaches a page."""

    surges: Found = field(default_factory=Found)
    answers: list[Answer] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    pooled: list[dict[str, Any]] = field(default_factory=list)
    forecast: dict[str, Any] | None = None


def gather_site(
    store: Store,
    found: Findings | None = None,
    *,
    threshold: int = THRESHOLD,
    base_url: str = "",
    levels: Sequence[str] = LEVELS,
    before: Edition | None = None,
    every_county: bool = True,
) -> tuple[SiteData, Disclosed]:
    """All that a site shows, and its table of counts for the downloads. Raw counts stay inside.

    `found` left out is the surges, found here level by level. `before`: what earlier editions disclosed.
    `every_county`: counties that no record names get a place too.
    """
    if found is None:
        found = Findings()
        for level in surge_levels(levels):
            found.surges.add(raw_surges(store, level))
    measures = [m for some in site_measures(store).values() for m in some]
    windows = [
        Window(((level, s["place"]),), "at_large", s["start"], s["end"]) for level, s in found.surges.surges
    ]
    windows += [window for answer in found.answers for window in windows_of(answer)]
    windows += claim_windows(found.claims, measures, levels)
    requested = sorted({member for answer in found.answers for member in members(answer.area)})
    cells = site_cells(store, windows, threshold=threshold, levels=levels, requested=requested, before=before)
    places = _places(cells, every_county and "county" in levels)
    counts = cells.table.all_counts("level", "place", "measure", "every")
    no_rates = unrated(counts, places)
    data = SiteData(
        threshold=cells.table.threshold,
        groups=cells.groups,
        places=places,
        counts=counts,
        rates={key: rate for key, rate in _rates(cells.table).items() if key[:2] not in no_rates},
        unrated=no_rates,
        named_shares=named_shares(counts, places),
        unplaced=unplaced(counts, places),
        is_simulated=store.is_simulated,
        recovered=recovered(store, counts),
        pooled=found.pooled,
        changes=release_changes(segments(store, "arrests"), measures),
        ends=_open_end(store),
        forecast=found.forecast,
        policies=_policies(places, max(c.end for t in cells.groups for c in store.coverage(t))),
        reports=_reports(places),
        surges=_surges(found.surges.surges, cells.table),
        thin=found.surges.thin,
        origins=origins(store, list(cells.groups)),
        coverage={t: _covered_months(store, t) for t in cells.groups},
        releases=release_facts(store, cells.table, cells.groups),
        hidden=cells.table.suppressed,
        claims=disclosed_claims(found.claims, cells.table, measures, levels),
        answers=[show_with(answer, cells.table) for answer in found.answers],
        base_url=base_url,
        editions=int(_says_more(cells.table, before)),
    )
    return data, cells.table


def _open_end(store: Store) -> OpenEnd | None:
    """The end of the arrests, where they still grow: shares alone, without a count."""
    found = open_end(store)
    if found is None or found.as_of is None:
        return None
    weeks = [(k.start, k.share, k.low, k.high) for k in found.weeks if k.low < NEARLY]
    return OpenEnd(found.as_of, found.complete_until, tuple(weeks))


def _says_more(table: Disclosed, before: Edition | None) -> bool:
    """Whether earlier editions disclosed anything that this one does not say alike."""
    return before is not None and record_of(table, before).height > record_of(table).height


def _places(cells: SiteCells, every_county: bool) -> dict[Code, PlaceInfo]:
    """Places with a page, each with those that hold it, by its records or else by where it lies."""
    codes = cells.fine
    named = []
    for level in LEVELS:
        some = codes.filter(pl.col("level") == level)
        named.append(some.with_columns(place_name(pl.col("place"), level).alias("name")))
    rows = list(pl.concat(named).select("level", "place", "fine", "name").iter_rows())
    if every_county:
        seen = {code for level, code, _, _ in rows if level == "county"}
        rows += [("county", fips, "", name) for fips, name in current_counties().items() if fips not in seen]
    codes_here = {(level, code) for level, code, _, _ in rows}
    pairs = {((level, code), (above, parent)) for level, code, above, parent in cells.pairs.iter_rows()}
    pairs |= {(code, above) for code in codes_here for above in areas_of(code) if above in codes_here}
    parents: dict[Code, list[Code]] = {}
    children: dict[Code, list[Code]] = {}
    for child, parent in sorted(pairs):
        parents.setdefault(child, []).append(parent)
        children.setdefault(parent, []).append(child)
    return {
        (level, code): PlaceInfo(
            level,
            code,
            name,
            fine,
            tuple(parents.get((level, code), [])),
            tuple(children.get((level, code), [])),
        )
        for level, code, fine, name in sorted(rows)
    }


def _rates(shown: Disclosed) -> dict[tuple[str, str, str, dt.date], Rate]:
    """Rates per 100,000 residents by fiscal year, from shown counts alone.

    The interval is the exact Poisson one (Garwood 1936), 90%; residents are those of the fiscal year, or of
    the last year known.
    """
    from scipy.special import chdtri

    years = shown.frame.filter((pl.col("every") == "year") & pl.col("value").is_not_null())
    fiscal = (pl.col("start").dt.year() + 1).clip(upper_bound=residents_until()).cast(pl.Int32)
    joined = years.with_columns(fiscal.alias("year")).join(population_table(), on=["level", "place", "year"])
    value = joined["value"].to_numpy().astype(float)
    people = joined["people"].to_numpy() / 100_000
    low = chdtri(2 * value.clip(1), 0.95) / 2 * (value > 0) / people
    high = chdtri(2 * value + 2, 0.05) / 2 / people
    keys = joined.select("level", "place", "measure", "start").iter_rows()
    return {k: Rate(*r) for k, *r in zip(keys, value / people, low, high, strict=True)}


def _policies(places: dict[Code, PlaceInfo], last: dt.date) -> dict[Code, list[dict[str, Any]]]:
    """Policies and 287(g) agreements by place, to the end of the records; a city's stand with its county."""
    found: dict[Code, list[dict[str, Any]]] = {}
    known = policy_table().filter(pl.col("effective").is_null() | (pl.col("effective") <= last))
    for row in known.sort("effective", "id", nulls_last=True).iter_rows(named=True):
        code = ("state", row["state"]) if row["level"] == "state" else ("county", row["fips"])
        if code in places:
            found.setdefault(code, []).append(row)
    return found


def _reports(places: dict[Code, PlaceInfo]) -> dict[Code, list[dict[str, Any]]]:
    """Published figures that name a place, by place."""
    found: dict[Code, list[dict[str, Any]]] = {}
    for row in table("declined_detainer_figures").sort("start", "figure").iter_rows(named=True):
        code = (row["place_kind"], row["place_code"])
        if code in places and row["value"] is not None:
            found.setdefault(code, []).append(row)
    return found


SURGE_LEVELS = ("aor", "office", "county")


def surge_levels(levels: Sequence[str]) -> list[str]:
    """Levels whose surges a site lists."""
    return [level for level in SURGE_LEVELS if level in levels]


def raw_surges(store: Store, level: str) -> Found:
    """Surges of at-large arrests of a level, raw. Not for pages: `_surges` takes disclosed counts."""
    from atlarge.surges import find_surges

    if "arrests" not in store.tables():
        return Found()
    try:
        found = find_surges(store, by=level, measure="at_large")
    except CoverageError:  # a release may name no place of a level at all
        return Found()
    rows = []
    for s in found.surges:
        row = {"place": s.place, "start": s.start, "end": s.end, "expected": s.expected, "q": s.q}
        fields = {"rank": s.rank, "flags": list(s.flags), "score": s.score, "label": s.label}
        rows.append((level, {**row, **fields}))
    return Found(rows, {level: len(found.too_thin)})


def _surges(
    found: Sequence[tuple[str, dict[str, Any]]], shown: Disclosed
) -> dict[Code, list[dict[str, Any]]]:
    """Surges by place, their counts as disclosed: where one is withheld, q and the score go with it."""
    rows = shown.frame.filter(pl.col("every") == "window").select("level", "place", "start", "end", "value")
    value = {row[:4]: row[4] for row in rows.iter_rows()}
    by_place: dict[Code, list[dict[str, Any]]] = {}
    for level, s in found:
        observed = value.get((level, s["place"], s["start"], s["end"]))
        q = "" if observed is None else "<0.001" if s["q"] < 0.001 else f"{s['q']:.3f}"
        row = {
            **s,
            "level": level,
            "observed": "" if observed is None else f"{observed:,}",
            "q_text": q or "–",
        }
        del row["q"], row["score"]
        by_place.setdefault((level, s["place"]), []).append(row)
    return by_place


def _covered_months(store: Store, name: str) -> list[tuple[dt.date, float]]:
    """Share of the days of each month that some release of a table covers."""
    spans = store.coverage(name)
    if not spans:
        return []
    days = (
        pl.concat([pl.date_range(c.start, c.end, eager=True).alias("day") for c in spans]).unique().to_frame()
    )
    month = pl.col("day").dt.truncate("1mo")
    counted = days.group_by(month.alias("month")).agg(pl.len().alias("days")).sort("month")
    first, last = counted["month"].to_list()[0], counted["month"].to_list()[-1]
    axis = pl.select(pl.date_range(first, last, "1mo").alias("month"))
    length = (pl.col("month").dt.offset_by("1mo") - pl.col("month")).dt.total_days()
    joined = axis.join(counted, on="month", how="left").select("month", pl.col("days").fill_null(0) / length)
    return [(m, float(s)) for m, s in joined.iter_rows()]


def order(codes: Sequence[Code], places: dict[Code, PlaceInfo]) -> list[PlaceInfo]:
    """Places of some codes that have a page, by name."""
    return sorted((places[c] for c in codes if c in places), key=lambda p: (p.level, p.name, p.code))
