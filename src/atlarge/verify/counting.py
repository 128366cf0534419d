"""Count a figure from the records: the meaning of its measure, and how it is counted."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, reduce
from typing import NamedTuple

import polars as pl

from atlarge.calendar import month_start, months_apart, months_through
from atlarge.errors import CoverageError, QuestionError
from atlarge.files import shipped_yaml
from atlarge.panel import PLACE_COLUMN, measure, measures, panel
from atlarge.panel.catalogue import rows_of
from atlarge.policies import registry
from atlarge.records.store import Store
from atlarge.reference import table
from atlarge.verify.figure import Figure, Spot
from atlarge.wording import did_you_mean

AS_RECORDED, RECOVERED = "areas as recorded", "areas recovered from landmarks"
NAMES = shipped_yaml("atlarge.verify", "names.yaml")
_ALIASES = {alias: name for name, aliases in NAMES["measures"].items() for alias in aliases}
_AROUND = (
    r"^(?:total_)?(?:number|count|no)_of_",
    r"^total_",
    r"^(?:us_)?(?:ice_)?(?:ero_|enforcement_and_removal_operations_)",
    r"^ice_",
    r"_(?:made_)?(?:by_)?(?:ice|ero|ice_ero|immigration_and_customs_enforcement)$",
    r"_made$|_conducted$",
)
"""Words about the name of a measure that change nothing, each taken off where a measure is left."""
_RATE = re.compile(
    r"^(?P<of>.+)_(?:per|a|each|every)_(?P<unit>day|week|month|year)$"
    r"|^(?P<whole>.+)_(?P<rate>daily|weekly|monthly)$"
    r"|^(?:average_|mean_)*(?P<often>daily|weekly|monthly|annual|yearly)_(?:average_|mean_)*(?P<what>.+)$"
)
_OFTEN = {"daily": "day", "weekly": "week", "monthly": "month", "annual": "year", "yearly": "year"}
_RATIO = re.compile(r"^ratio_of_(.+)_to_(.+)$|^(.+)_(?:per|to)_(.+?)(?:_ratio)?$")
_SHARES = {"287g": "program_287g", "state_federal_prisons": "prisons", "community": "at_large"}
_MODELS = {
    "jail": "Jail Enforcement Model",
    "task_force": "Task Force Model",
    "warrant": "Warrant Service Officer",
}
BOOK_INS = {
    "book_ins_ice_cbp": ("book_ins_ice", "book_ins_cbp"),
    "book_ins_ice": ("book_ins_ice",),
    "book_ins_cbp": ("book_ins_cbp",),
}
_POPULATIONS = ("population", "noncitizen", "foreign_born", "unauthorized")
_WITHOUT = {
    "removals_interior": "removals carry no arresting agency",
    "operation_arrests": "records do not say which operation an arrest was made in, only that there was one",
}
_NOT_KEPT = "the store keeps no citizenship or convictions of the people removed"


class Counted(NamedTuple):
    """A number, its definition, and the relative difference that the method alone can make."""

    value: float
    definition: str
    slack: float = 0.0


@dataclass(frozen=True)
class Query:
    """What is counted: a measure's records in places on the days from start to end, under a scheme.

    `without` leaves methods out; `is_recorded` takes areas of responsibility as the records name them.
    """

    measure: str
    spots: tuple[Spot, ...]
    start: dt.date
    end: dt.date
    scheme: str = "ddp"
    without: tuple[str, ...] = ()
    is_recorded: bool = False


@cache
def canonical(name: str) -> str:
    """The canonical name of a measure that people write in several ways; other words are returned as they
    are.

    Examples
    --------
    >>> canonical("Community arrests"), canonical("287(g) agreements"), canonical("% at large")
    ('at_large', 'agreements_287g', 'share_at_large')
    """
    word = re.sub(r"[^a-z0-9/]+", "_", name.lower().replace("287(g)", "287g").replace("%", "share ")).strip(
        "_"
    )
    word = re.sub(r"_?/_?", "/", word)
    labels = {re.sub(r"[^a-z0-9]+", "_", m.label.lower()).strip("_"): m.name for m in measures().values()}
    if word in measures():
        return word
    if word in _ALIASES or word in labels:
        return _ALIASES.get(word) or labels[word]
    head, slash, tail = word.partition("/")
    if slash:
        return f"{canonical(head)}/{canonical(tail)}"
    if found := re.match(r"^(?:share|percent|percentage)_(?:of_)?(.+)$", word):
        part = found.group(1)
        return f"share_{_SHARES.get(part, canonical(part))}"
    if found := re.match(r"^(?:agreements_)?287g_(jail|task_force|warrant)", word):
        return f"agreements_287g_{found.group(1)}"
    if word.endswith("_share"):
        return canonical(f"share_{word.removesuffix('_share')}")
    if re.fullmatch(
        r"(?:ice_)?at_large(?:_arrests)?_(?:by_)?(?:the_)?(?:ice_|agency_?s?_)+(?:own_)?definition", word
    ):
        return "at_large_agency"
    if rate := _rate_or_ratio(word):
        return rate
    if not _is_known(word):
        for around in _AROUND:
            bare = re.sub(around, "", word)
            if bare != word and is_measure(bare):
                return canonical(bare)
    return word


def _rate_or_ratio(word: str) -> str:
    """Rates as X_a_day and ratios as X/Y: "arrests_per_day", "ratio_of_at_large_to_custodial"; else empty."""
    if rate := _RATE.match(word):
        of = canonical(rate["of"] or rate["what"] or rate["whole"])
        if of in measures():
            return f"{of}_a_{rate['unit'] or _OFTEN[rate['often'] or rate['rate']]}"
    if ratio := _RATIO.match(word):
        above, below = (canonical(part) for part in ratio.groups() if part)
        if {above, below} <= measures().keys():
            return f"{above}/{below}"
    return ""


def is_measure(text: str) -> bool:
    """Whether a measure has this name, one of its other names, or is made of measures.

    Examples
    --------
    >>> is_measure("Number of arrests by ICE"), is_measure("arrests per head")
    (True, False)
    """
    return _is_known(canonical(text))


def _is_known(name: str) -> bool:
    if name in measures() or name in _POPULATIONS:
        return True
    parts = re.sub(r"^(share|counties_with)_|_a_(day|week|month|year)$", "", name).split("/")
    return all(p in measures() for p in parts) or any(
        re.fullmatch(kind, name) for kind, count in _KINDS.items() if count in _OF_OTHER_TABLES
    )


def is_share(name: str) -> bool:
    """Whether a measure is a percentage."""
    return name.startswith("share_") or "/" in name


def _whole_of(part: str) -> str:
    """The measure that a part is usually stated as a share of."""
    found = measure(part)
    return {"arrests": "arrests", "detainers": "detainers_issued", "encounters": "encounters"}.get(
        found.table, part
    )


def table_of(name: str) -> str | None:
    """The records table that a measure counts; None for measures that no table of records counts."""
    known = measures()
    for part in re.sub(r"^(share|counties_with)_|_a_(day|week|month|year)$", "", name).split("/"):
        if part in known:
            return known[part].table
    return None


class StoreCounter:
    """Counts of one store, each computed once and cached."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._found: dict[Query, float] = {}
        self.first: dict[str, tuple[object, str, float]] | None = None

    def days(self, name: str) -> tuple[dt.date, dt.date] | None:
        """First and last day that the store covers for a records table; None where it has none."""
        covered = self.store.coverage(name)
        return (min(c.start for c in covered), max(c.end for c in covered)) if covered else None

    def is_monthly(self, name: str) -> bool:
        """Whether a measure is reported by the month, for which its first day stands."""
        found = table_of(name)
        return any(m.is_reported for m in measures().values() if m.table == found)

    def count(self, query: Query) -> float:
        """Records of a measure. CoverageError, StoreError or QuestionError where they cannot be counted."""
        if query not in self._found:
            self._found[query] = self._count(query)
        return self._found[query]

    def _count(self, query: Query) -> float:
        if not query.is_recorded and not query.without:
            return sum(self._placed(query, spot) for spot in query.spots)
        self.count(replace(query, is_recorded=False, without=()))  # raises if it is not covered
        if query.is_recorded:
            codes = [s.code for s in query.spots]
            inside = pl.col("aor").is_in(codes) & (pl.col("aor_basis") == "recorded")
        else:
            inside = reduce(lambda a, b: a | b, (_inside(s) for s in query.spots))
        if query.without:
            inside = inside & ~pl.col("method").is_in(query.without).fill_null(False)
        return self.rows(query, inside)

    def inside(self, query: Query) -> pl.Expr:
        """Rows of a query's places."""
        return reduce(lambda a, b: a | b, (_inside(s) for s in query.spots)).fill_null(False)

    def rows(self, query: Query, inside: pl.Expr) -> float:
        """Records of a measure that meet a condition, whatever the query's places."""
        return float(
            self.selected(query, inside).select(pl.col(measure(query.measure).value).sum()).collect().item()
        )

    def selected(self, query: Query, inside: pl.Expr) -> pl.LazyFrame:
        """Rows of a measure on its days that meet a condition."""
        counted = measure(query.measure)
        on_its_days = pl.col(counted.date).is_between(query.start, query.end)
        return rows_of(self.store, counted, query.scheme, on_its_days & inside)

    def _placed(self, query: Query, spot: Spot) -> float:
        if spot.level == "facility":
            raise QuestionError(
                f"{query.measure} is not counted by facility; people held are (measure detained)"
            )
        is_monthly = measure(query.measure).is_reported
        counted = panel(
            self.store,
            by=spot.level,
            every="month" if is_monthly else "day",
            measures=[query.measure],
            scheme=query.scheme,
            start=query.start,
            end=query.end,
            places=[spot.code],
        )
        value = counted.frame["value"]
        if is_monthly:  # a month without a report is not a zero, and not a reason to give up the others
            value = value.drop_nulls()
        if value.null_count() or value.is_empty():
            raise CoverageError(f"{value.null_count()} of {value.len()} periods are not covered there")
        return float(value.sum())


def _inside(spot: Spot) -> pl.Expr:
    """Rows of a place."""
    column = PLACE_COLUMN[spot.level]
    return pl.col(column) == spot.code if column else pl.lit(True)


def counted(counter: StoreCounter, name: str, query: Query) -> Counted:
    """The records' own number for a measure of any kind.

    Raises
    ------
    QuestionError, CoverageError, StoreError
        With the reason why there is none.
    """
    for kind, count in _KINDS.items():
        if re.fullmatch(kind, name):
            return count(counter, name, query)
    if name in measures():
        return Counted(counter.count(query), f"{name} ({query.scheme}), {RECOVERED}")
    raise QuestionError(_unknown(name))


def _unknown(name: str) -> str:
    if name in _WITHOUT:
        return _WITHOUT[name]
    if name.startswith("removals_"):
        return _NOT_KEPT
    if re.search(r"(^|_)(change|increase|decrease|growth|decline|rise|drop)(_|$)", name):
        return "changes between two periods are claims: atlarge check reads them"
    known = [*measures(), *_ALIASES, "share_at_large", "counties_with_at_large", *_POPULATIONS]
    hint = did_you_mean(name, known, likeness=0.7)
    return f"no measure counts {name.replace('_', ' ')}{'; ' if hint else ''}{hint}"


def _share(counter: StoreCounter, name: str, query: Query) -> Counted:
    part, _, whole = name.removeprefix("share_").partition("/")
    if part not in measures() or (whole and whole not in measures()):
        raise QuestionError(_unknown(part if part not in measures() else whole))
    whole = whole or _whole_of(part)
    if part == whole:
        raise QuestionError(f"a percentage of what? write the parts as {part}/arrests or share_at_large")
    above, below = (counter.count(replace(query, measure=m)) for m in (part, whole))
    if not below:
        raise QuestionError(f"there are no {whole} to take a share of")
    return Counted(
        100 * above / below, f"{above:,.0f} {part} of {below:,.0f} {whole} ({query.scheme}), per cent"
    )


def _a_period(counter: StoreCounter, name: str, query: Query) -> Counted:
    """Mean of a measure over the days, weeks, months or years of the window."""
    of, _, unit = name.rpartition("_a_")
    if of not in measures():
        raise QuestionError(_unknown(of))
    days = (query.end - query.start).days + 1
    months = months_apart(query.start, query.end) + 1
    n = {"day": days, "week": days / 7, "month": months, "year": months / 12}[unit]
    total = counter.count(replace(query, measure=of))
    return Counted(total / n, f"{of} of {n:,.10g} {unit}{'s' if n != 1 else ''}, {total:,.0f}, a {unit}")


def _counties(counter: StoreCounter, name: str, query: Query) -> Counted:
    of = name.removeprefix("counties_with_")
    if of not in measures():
        raise QuestionError(_unknown(of))
    counter.count(replace(query, measure=of))
    inside = reduce(lambda a, b: a | b, (_inside(s) for s in query.spots))
    rows = counter.selected(replace(query, measure=of), inside & pl.col("county_fips").is_not_null())
    n = rows.select(pl.col("county_fips").n_unique()).collect().item()
    return Counted(float(n), f"counties that records of {of} name")


def _agreements(counter: StoreCounter, name: str, query: Query) -> Counted:
    del counter
    surely, _, definition = agreements(name, query)
    return Counted(surely, definition)


def agreements(name: str, query: Query) -> tuple[float, float, str]:
    """287(g) agreements (or agencies) surely and possibly in force on the first day, and the definition."""
    what, _, model = name.partition("_287g")
    model = _MODELS.get(model.strip("_"), "")
    number = []
    for possible in (False, True):
        found = [
            p
            for spot in query.spots
            for p in registry().in_force(
                query.start,
                kind="287g",
                state=spot.code if spot.level == "state" else None,
                place=spot.code if spot.level == "county" else None,
                possible=possible,
            )
            if spot.level in ("nation", "state", "county") and (not model or model in p.model)
        ]
        number.append(float(len({(p.agency, p.state) for p in found} if what == "agencies" else found)))
    if any(s.level not in ("nation", "state", "county") for s in query.spots):
        raise QuestionError("agreements are counted for the nation, a state or a county")
    return number[0], max(number), f"{what} surely in force on {query.start}"


def _book_ins(counter: StoreCounter, name: str, query: Query) -> Counted:
    del counter
    is_daily = name.endswith("_a_day")
    wanted = BOOK_INS[name.removesuffix("_a_day")]
    rows = monthly(query, wanted)
    total, days = float(rows["value"].sum()), (query.end - query.start).days + 1
    definition = f"workbook {rows['source'].to_list()[-1]}"
    return Counted(total / days, f"{definition}, a day") if is_daily else Counted(total, definition)


def monthly(query: Query, wanted: tuple[str, ...]) -> pl.DataFrame:
    """Monthly detention figures for every month; raises CoverageError if one is missing."""
    months = months_through(query.start, query.end)
    codes = [s.code for s in query.spots]
    rows = table("detention_monthly").filter(
        pl.col("measure").is_in(wanted), pl.col("place").is_in(codes), pl.col("month").is_in(months)
    )
    if rows.height != len(months) * len(wanted) * len(codes):
        raise CoverageError(f"{query.measure.replace('_', ' ')}: not at hand there for all of these months")
    return rows.sort("month")


def _held(counter: StoreCounter, name: str, query: Query) -> Counted:
    """People held, by the store's counts of facilities and days, else by the means of months."""
    del name
    span = counter.days("facility_population")
    if span and span[0] <= query.start and query.end <= span[1]:
        return held(counter, query, "population_at_midnight")
    if query.start == query.end:
        return _held_between(query)
    rows = monthly(query, ("population_at_midnight",))
    days = pl.col("month").dt.days_in_month()
    mean = rows.select((pl.col("value") * days).sum() / days.sum()).item() * len(query.spots)
    return Counted(mean, "mean of people held at midnight, from means of months", 0.01)


def held(counter: StoreCounter, query: Query, column: str) -> Counted:
    """Mean number of people held over the days, from the store's facility counts."""
    rows = counter.store.scan("facility_population").filter(pl.col("date").is_between(query.start, query.end))
    if not any(s.level == "nation" for s in query.spots):
        codes = [c for s in query.spots for c in _facilities(s)]
        rows = rows.filter(pl.col("facility_code").is_in(codes))
    # of several releases of a day the one that reports midnight counts; a headcount without it is a headcount
    of_release = rows.group_by("date", "release_id").agg(
        pl.coalesce(column, "population").sum().alias("n"),
        pl.col("population_at_midnight").is_not_null().any().alias("has_midnight"),
    )
    by_day = of_release.sort("has_midnight", "n", descending=True).unique("date", keep="first").collect()
    days = (query.end - query.start).days + 1
    what = "at midnight" if column == "population_at_midnight" else "at any time of the day"
    return Counted(float(by_day["n"].sum()) / days, f"people held {what}, by facility and day")


def _facilities(spot: Spot) -> list[str]:
    if spot.level == "facility":
        return [spot.code]
    column = {"county": "county_fips", "state": "state"}.get(spot.level)
    if column is None:
        raise QuestionError("people held are counted for the nation, a state, a county or a facility")
    return table("facilities").filter(pl.col(column) == spot.code)["code"].drop_nulls().to_list()


def _held_between(query: Query) -> Counted:
    """People held on a day, between the means of two months about it."""
    middle = month_start(query.start) + dt.timedelta(days=14)
    other = month_start(query.start, -1 if query.start < middle else 1)
    first, last = sorted((month_start(query.start), other))
    wide = Query(query.measure, query.spots, first, last)
    rows = (
        monthly(wide, ("population_at_midnight",)).group_by("month").agg(pl.col("value").sum()).sort("month")
    )
    (low, high) = rows["value"]
    middles = [m + dt.timedelta(days=14) for m in (first, last)]
    weight = (query.start - middles[0]).days / (middles[1] - middles[0]).days
    return Counted(
        low + weight * (high - low), "people held at midnight, between the means of two months", 0.03
    )


def _population(counter: StoreCounter, name: str, query: Query) -> Counted:
    del counter
    total = sum(_people(name, s, query.start.year) for s in query.spots)
    return Counted(total, f"{name.replace('_', ' ')} of {query.start.year}")


def _people(name: str, spot: Spot, year: int) -> float:
    if name == "population":
        column = {"nation": None, "state": "state", "county": "fips", "aor": "aor"}.get(spot.level, "")
        counties = table("counties")
        if column == "" or f"population_{year}" not in counties.columns:
            raise CoverageError(
                "populations are at hand for counties, states, areas and the nation, 2010 to 2019"
            )
        rows = counties if column is None else counties.filter(pl.col(column) == spot.code)
        return float(rows[f"population_{year}"].sum())
    if name == "foreign_born" and spot.level == "county":
        found = table("county_foreign_born").filter(
            pl.col("fips") == spot.code, pl.lit(year).is_between("first_year", "last_year")
        )
        if found.height and found["foreign_born"][0] is not None:
            return float(found["foreign_born"][0])
    rows = table("populations").filter(
        pl.col("group") == name, pl.col("place") == spot.code, pl.col("year") == year
    )
    if rows.is_empty():
        raise CoverageError(f"no {name.replace('_', ' ')} population of {spot.code} in {year} is at hand")
    return float(rows["estimate"][0])


def unauthorized(figure: Figure) -> Counted:
    """Pew's estimate for a metropolitan area or city, else the modelled one; CoverageError where none is."""
    year, wanted = figure.start.year, figure.place.lower().strip()
    for name in ("pew_metros", "pew_cities"):
        for row in table(name).filter(pl.col("year") == year).to_dicts():
            known = [row["place"], row.get("cbsa_code"), *(row["aliases"] or "").split(";")]
            if wanted in [str(k).lower() for k in known if k]:
                return Counted(float(row["estimate"]), f"Pew's estimate of {year}, {row['place']}")
    rows = table("unauthorized_modelled").filter(pl.col("year") == year)
    for spot in figure.spots if rows.height else ():
        one = rows.filter(pl.col("place_kind") == spot.level, pl.col("place") == spot.code)
        if one.height and len(figure.spots) == 1:
            value, low, high = one.select("estimate", "low", "high").row(0)
            what = f"modelled for {year}, 90% interval {low:,.0f} to {high:,.0f}"
            return Counted(value, what, max(high / value - 1, 1 - low / value))
    raise CoverageError(f"no estimate of the unauthorized population of {figure.place} in {year} is at hand")


_KINDS: dict[str, Callable[[StoreCounter, str, Query], Counted]] = {
    r"share_.+|.+/.+": _share,
    r"counties_with_.+": _counties,
    r"(agreements|agencies)_287g(_.+)?": _agreements,
    r"book_ins_(ice|cbp|ice_cbp)(_a_day)?": _book_ins,
    r".+_a_(day|week|month|year)": _a_period,
    r"detained|average_daily_population": _held,
    r"population|noncitizen|foreign_born": _population,
}
_OF_OTHER_TABLES = (_agreements, _book_ins, _held, _population)
