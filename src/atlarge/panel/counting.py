"""The panel: place x period x measure, zero only where a release covers it, missing elsewhere.

Counting is written once against Narwhals (lazy) and runs on Polars, DuckDB or Spark. What comes back
is small (one row a place and period that has records); filling, coverage and order are done on that.
"""

from __future__ import annotations

import datetime as dt
import difflib
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from atlarge.arguments import names_of
from atlarge.calendar import as_day, month_end
from atlarge.engines import collect, scan
from atlarge.errors import CoverageError, QuestionError
from atlarge.files import shipped_yaml, write_by_ending
from atlarge.panel import by_day
from atlarge.records.coverage import short_scope
from atlarge.records.schemes import Scheme
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Coverage, Store, open_store
from atlarge.reference import states, table
from atlarge.wording import notebook, some

if TYPE_CHECKING:
    import narwhals as nw
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from atlarge.records.gaps import Gap

PLACE_COLUMN: dict[str, str] = {
    "county": "county_fips",
    "office": "office",
    "aor": "aor",
    "state": "state",
    "nation": "",
}
_TRUNCATE = {"day": "1d", "week": "1w", "month": "1mo"}
NATION = "US"
_OFTEN, _OFTEN_ZERO = 300, 1800
"""Records per million of the nation's under which a place has few enough for a stray one to matter; and for
a period without any to be no sure zero."""
_STRAY = 18
"""Records per million taken where the table of usual places says fewer than 20 in four years."""
_MOST_ELSEWHERE, _ROWS_A_DAY = 0.05, 3.7e-4
"""Records of other areas in a period from which on a zero is not sure; a day's rows by rows per million."""
_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True)
class Measure:
    """A named count: which table it counts, and which rows of it.

    `category` is read under a scheme; `equals` keeps rows whose column holds one of the values.
    `reported` tables hold figures that a source reports for a month: where no row is, none was reported,
    so nothing is filled with zero.
    """

    name: str
    table: str
    label: str
    unit: str
    description: str
    category: str | None = None
    equals: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    value: str = "n"
    date: str = "date"
    unmeasured_from: dt.date | None = None
    unmeasured_reason: str = ""
    inferred_from: dt.date | None = None

    @property
    def is_inferred(self) -> bool:
        """Whether a part of the counts is inferred, not counted."""
        return self.inferred_from is not None

    @property
    def is_reported(self) -> bool:
        """Whether the table holds monthly figures rather than records."""
        return self.date == "month"


@cache
def measures() -> dict[str, Measure]:
    """All measures by name, as `measures.yaml` states them."""
    catalogue = {}
    for name, about in shipped_yaml("atlarge", "measures.yaml").items():
        equals = tuple((column, tuple(values)) for column, values in about.pop("equals", {}).items())
        catalogue[name] = Measure(name=name, equals=equals, **about)
    return catalogue


def measure(name: str) -> Measure:
    """One measure by its name.

    Parameters
    ----------
    name : str
        As the data dictionary lists it.

    Returns
    -------
    Measure
        Which rows of which table it counts.

    Raises
    ------
    QuestionError
        That lists the names if there is none of that name.

    Examples
    --------
    >>> measure("at_large").table
    'arrests'
    """
    known = measures()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=2, cutoff=0.6)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise QuestionError(f"no measure {name!r}; {hint}there are: {', '.join(known)}")
    return known[name]


@dataclass(frozen=True)
class Panel:
    """A panel and what it covers.

    `frame`: place, place_name, period (first day), measure, value (null where no release covers it),
    days_covered, days_in_period; sorted by measure, place, period. With an inferred measure also low, high
    and part (recorded, inferred, or "recorded and inferred").
    `breaks`: of each measure whose definition changes within the time, the day and what stands before and
    after.
    """

    frame: pl.DataFrame
    coverage: dict[str, Any]
    by: str
    every: str
    scheme: str
    breaks: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> str:
        """What is counted, where and when, and how many counts are missing."""
        counted = ", ".join(self.frame["measure"].unique(maintain_order=True))
        days = self.frame["period"].sort().to_list()
        periods = f"{days[0]} to {days[-1]}" if days else "no periods"
        missing = self.frame["value"].null_count()
        return (
            f"{counted or 'nothing'} by {self.by} and {self.every}, {periods}: "
            f"{some(self.frame['place'].n_unique(), 'place')}, {some(self.frame.height, 'count')}, "
            f"{missing:,} of them missing (not covered by a release)"
        )

    def __repr__(self) -> str:
        return f"<Panel: {self.summary()}>"

    def _repr_html_(self) -> str:
        return notebook(self.summary(), self.frame)

    __str__ = summary

    def matrix(
        self, name: str, *, whole: bool = False
    ) -> tuple[NDArray[np.float64], list[str], list[dt.date]]:
        """One measure as an array [places x periods], NaN where not covered, with its places and periods.

        `whole` makes periods that are covered only in part NaN too.
        """
        rows = self.frame.filter(pl.col("measure") == name)
        if rows.is_empty():
            raise QuestionError(f"the panel has no rows of the measure {name!r}")
        places = rows["place"].unique().sort().to_list()
        periods = rows["period"].unique().sort().to_list()
        usable = pl.col("days_covered") == pl.col("days_in_period") if whole else pl.lit(True)
        column = pl.when(usable).then(pl.col("value")).otherwise(None).cast(pl.Float64)
        values = rows.sort("place", "period").select(column.fill_null(float("nan"))).to_series().to_numpy()
        return values.reshape(len(places), len(periods)), places, periods

    def names(self) -> dict[str, str]:
        """Name of each place by its code."""
        named = self.frame.select("place", "place_name").unique("place", keep="any").sort("place")
        return dict(named.iter_rows())

    def plot(self, name: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw a measure by period, one line a place (matplotlib).

        Intervals are bands, and a dotted line stands at the day from which the measure is defined otherwise.

        Parameters
        ----------
        name
            The measure; None where the panel has one only.
        ax
            Axes to draw on; None for new ones.

        Raises
        ------
        QuestionError
            Where the panel has no such measure, or several and none is named.
        """
        known = self.frame["measure"].unique().sort().to_list()
        if name is None and len(known) > 1:
            raise QuestionError(f"the panel has several measures; name one of {', '.join(known)}")
        name = name or known[0]
        rows = self.frame.filter(pl.col("measure") == name).sort("place", "period")
        if rows.is_empty():
            raise QuestionError(f"the panel has no rows of the measure {name!r}")
        if ax is None:
            try:
                import matplotlib.pyplot as plt
            except ImportError:
                raise QuestionError("plot() needs Matplotlib: pip install matplotlib") from None
            ax = plt.subplots()[1]
        for (place,), of_place in rows.group_by("place_name", maintain_order=True):
            days, values = of_place["period"], of_place["value"].cast(pl.Float64)
            line = ax.plot(days, values, label=str(place))[0]
            if "low" in of_place.columns:
                low, high = (of_place[c].cast(pl.Float64) for c in ("low", "high"))
                ax.fill_between(days, low, high, alpha=0.2, linewidth=0, color=line.get_color())
        if name in self.breaks:
            day = dt.date.fromisoformat(self.breaks[name]["break"])
            word = self.breaks[name]["after"].partition(":")[0]
            ax.axvline(day, linestyle=":", color="grey")  # type: ignore[arg-type]
            ax.annotate(word, (day, 0.95), xycoords=("data", "axes fraction"))
        ax.set_ylim(bottom=0)
        ax.set_ylabel(measure(name).unit)
        ax.legend(frameon=False)
        return ax

    def write(self, path: Any) -> None:
        """Write the frame as CSV or Parquet, by the ending; atomic.

        QuestionError for another ending.
        """
        write_by_ending(path, self.frame)


@dataclass(frozen=True)
class _Query:
    """A query of one table: level, period, scheme, engine, first and last day, places (None: all)."""

    by: str
    every: str
    scheme: Scheme
    engine: str
    start: dt.date | None
    end: dt.date | None
    places: tuple[str, ...] | None


def panel(
    store: Store | Path | str | None = None,
    *,
    by: str = "county",
    every: str = "month",
    measures: str | Sequence[str] = ("arrests",),
    scheme: str = "ddp",
    engine: str = "polars",
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    places: str | Sequence[str] | None = None,
) -> Panel:
    """Count named measures by place and period.

    Parameters
    ----------
    store
        Store, its folder, or None: the embedded records.
    by
        Level: county, office, aor, state or nation.
    every
        Period: day, week (from Monday) or month.
    measures
        A measure's name, or several.
    scheme
        Reading of apprehension methods: ddp or biglocal.
    engine
        polars, duckdb or spark.
    start, end
        First and last day, dates or ISO text; None: all that the releases cover.
    places
        A place of the level, or several, by code or name; None: every one with a record in that time.

    Returns
    -------
    Panel
        `frame` has a row for each place, period and measure; `value` is zero only where a release covers the
        place and time, and missing elsewhere.

    Raises
    ------
    QuestionError
        For an unknown level, period, measure, scheme or engine, or a place of another level.
    PlaceError
        For a place whose name is unknown or ambiguous.
    CoverageError
        Where no release covers the time.
    StoreError
        Where the store lacks a measure's table.

    Examples
    --------
    >>> year = panel(by="nation", every="month", start="2016-10-01", end="2017-09-30")
    >>> int(year.frame["value"].sum())
    143470
    """
    store = open_store(store)
    first, last = as_day(start), as_day(end)
    wanted = [measure(name) for name in names_of(measures, "measure")]
    query = _query(by, every, scheme, engine, first, last)
    if places is not None:
        tables = dict.fromkeys(m.table for m in wanted)
        query = replace(query, places=_codes(store, tables, names_of(places, "place"), by))
    parts: list[pl.DataFrame] = []
    coverage: dict[str, Any] = {}
    breaks: dict[str, Any] = {}
    for name in dict.fromkeys(m.table for m in wanted):
        for group in _alike(
            store, [m for m in wanted if m.table == name and not m.is_inferred], query.scheme
        ):
            part, scope = _table_panel(store, name, group, query)
            parts.append(part)
            coverage[name] = _joined(coverage.get(name), scope)
            breaks |= _breaks(group, part)
        for m in wanted:
            if m.table == name and m.is_inferred:
                part, scope, about = _inferred_panel(store, m, query)
                breaks |= {m.name: about} if (part["part"] != "recorded").any() else {}
                parts.append(part)
                coverage[name] = _joined(coverage.get(name), scope)
    frame = pl.concat(parts, how="diagonal").sort("measure", "place", "period")
    if frame.is_empty():
        where = _listed(query.places, by) if query.places else f"the level {by}"
        scopes = {r["scope"] for scope in coverage.values() for r in scope["releases"]}
        scopes = {"the nation without some of its places" if s == by == "nation" else s for s in scopes}
        raise CoverageError(
            f"no release in the store covers {where}, only {', '.join(map(short_scope, sorted(scopes)))}: "
            "there is nothing to count; if the files hold all of more than that, ingest them with --covers, "
            f"as --covers {'nation' if by == 'nation' else f'{by}:' + ','.join(query.places or ('CODE',))}"
        )
    return Panel(frame, coverage, by, every, scheme, breaks)


def _listed(places: Sequence[str], by: str, most: int = 3) -> str:
    """Places by name and code; of many, the first few and the number of the others."""
    names = _place_names(by)
    named = [f"{names[code]} ({code})" if code in names else code for code in places[:most]]
    others = len(places) - most
    return ", ".join(named) + (f" and {others} more" if others > 0 else "")


def _joined(before: dict[str, Any] | None, added: dict[str, Any]) -> dict[str, Any]:
    """The coverage of a table's measures, from that of groups of them."""
    if before is None:
        return added
    releases = [*before["releases"], *(r for r in added["releases"] if r not in before["releases"])]
    return {
        "start": min(before["start"], added["start"]),
        "end": max(before["end"], added["end"]),
        "releases": releases,
        "unplaced": before["unplaced"] | added["unplaced"],
        "outside_coverage": before["outside_coverage"] | added["outside_coverage"],
    }


def _needs(m: Measure) -> frozenset[str]:
    """Columns of its table that a measure counts by."""
    by_method = {"method"} if m.category is not None else set()
    return frozenset(by_method | {column for column, _ in m.equals})


def _narrowed(c: Coverage, columns: frozenset[str]) -> list[Coverage]:
    """The stretches of days in which a release reports every one of some columns; none if one is lacking."""
    if columns & set(c.lacks):
        return []
    limits = [days for name, days in c.reported if name in columns]
    if not limits:
        return [c]
    spans = [(c.start, c.end)]
    for days in limits:
        both = [(max(a, first), min(b, last)) for a, b in spans for first, last in days]
        spans = [(a, b) for a, b in both if a <= b]
    return [replace(c, start=a, end=b, reported=()) for a, b in spans]


def _concerns(gap: Gap, m: Measure, read_as: Scheme) -> bool:
    """Whether a measure counts rows of a value that is lacking, as one of all values of the column does."""
    equals = dict(m.equals)
    if gap.column in equals:
        counted = {str(value).upper() for value in equals[gap.column]}
        return any(value in counted for value in gap.values)
    if gap.column == "method" and m.category is not None:
        listed = {method.upper(): c for c in read_as.categories for method in read_as.methods(c)}
        return any(listed.get(value, read_as.unlisted) == m.category for value in gap.values)
    return True


def _gaps_in(c: Coverage, group: Sequence[Measure], read_as: Scheme) -> list[Gap]:
    """The gaps of a release that concern any of some measures."""
    return [gap for gap in c.gaps if any(_concerns(gap, m, read_as) for m in group)]


def _without_gaps(c: Coverage, gaps: Sequence[Gap]) -> list[Coverage]:
    """Coverage less some gaps: without the places and days of each."""
    parts = [c]
    for gap in gaps:
        if not gap.where and gap.start is None:
            return []
        cut = []
        for part in parts:
            start, end = gap.start or part.start, gap.end or part.end
            if start > part.end or end < part.start:
                cut.append(part)
                continue
            if part.start < start:
                cut.append(replace(part, end=start - dt.timedelta(days=1)))
            if gap.where and gap.where not in part.without:
                inside = replace(part, start=max(part.start, start), end=min(part.end, end))
                cut.append(replace(inside, without=tuple(sorted({*part.without, gap.where}))))
            if part.end > end:
                cut.append(replace(part, start=end + dt.timedelta(days=1)))
        parts = cut
    return parts


def _reporting(
    store: Store, group: Sequence[Measure], read_as: Scheme, *, is_zero: bool = False
) -> list[Coverage]:
    """The coverage of the releases that report every one of some measures, for the days on which they do.

    A column left empty reports nothing, nor does a release that lacks much of what a measure counts. Where
    `is_zero`, only the coverage in which an absent row means zero: of no release that lacks any of it.
    """
    needs = frozenset[str]().union(*(_needs(m) for m in group))
    found: list[Coverage] = []
    for c in store.coverage(group[0].table):
        gaps = [gap for gap in _gaps_in(c, group, read_as) if is_zero or gap.closes]
        for part in _narrowed(c, needs):
            found += [replace(cut, gaps=()) for cut in _without_gaps(part, gaps)] if gaps else [part]
    return found


def _coverage_of_all(store: Store, group: list[Measure], read_as: Scheme) -> list[Coverage]:
    """The coverage of the releases that report every one of some measures. CoverageError if there is none."""
    found = _reporting(store, group, read_as)
    needs = frozenset[str]().union(*(_needs(m) for m in group))
    if not found and store.coverage(group[0].table):
        names = ", ".join(m.name for m in group)
        coverage = store.coverage(group[0].table)
        lacking = [gap for c in coverage for gap in _gaps_in(c, group, read_as) if gap.closes]
        if lacking and all(needs.isdisjoint(c.lacks) for c in coverage):
            most = max(lacking, key=lambda g: g.rows)
            raise CoverageError(
                f"no release in the store reports {names}: no row has {most.column.replace('_', ' ')} "
                f"{', '.join(most.values[:3])}, as a whole release would; ingest one, or say by "
                "`atlarge ingest --covers` what the file covers whole"
            )
        raise CoverageError(
            f"no release in the store reports {names}: the column it is counted by "
            f"({', '.join(sorted(needs))}) is empty or missing"
        )
    return found


def _alike(store: Store, group: list[Measure], read_as: Scheme) -> list[list[Measure]]:
    """Measures of a table in groups that the same releases report."""
    found: dict[tuple[Any, ...], list[Measure]] = {}
    for m in group:
        covers = (tuple(_reporting(store, [m], read_as, is_zero=z)) for z in (False, True))
        found.setdefault(tuple(covers), []).append(m)
    return list(found.values())


def sparse(
    store: Store,
    *,
    by: str,
    every: str,
    measures: Sequence[str],
    scheme: str = "ddp",
    engine: str = "polars",
    ordered: bool = True,
) -> tuple[pl.DataFrame, list[tuple[Coverage, list[str]]], dict[str, pl.DataFrame]]:
    """The same counts, not filled: place, period and a column a measure, only where there are records.

    With them, what says where an absent row means zero: each release's coverage and the places that it takes
    in; and by measure, where there are any, the places and months that are covered and in which no row at
    all means missing, as in a panel by month. For those who put many places and days into an array, who need
    them in no order (`ordered`). The measures must be of one table. Raises as `panel` does.
    """
    group = [measure(name) for name in dict.fromkeys(measures)]
    tables = {m.table for m in group}
    if len(tables) != 1:
        raise QuestionError("sparse counts need measures of one table")
    query = _query(by, every, scheme, engine, None, None, None)
    name = tables.pop()
    covered = _window(_coverage_of_all(store, group, query.scheme), name, query)
    counts = None
    if every == "day" and engine == "polars" and not ordered:
        counts = by_day.read(store, by, query.scheme.name, [m.name for m in group])
    if counts is None:
        counts, _ = _count(store, group, query, covered, ordered=ordered)
    places = counts["place"].unique().sort().to_list()
    unsure: dict[str, pl.DataFrame] = {}
    for m in group:
        found = _doubtful(store, m, query, covered, places)
        if found:
            monthly = replace(query, every="month")
            months = _unsure_zeros(store, [m], monthly, covered, _covered_days(covered, found, monthly))
            unsure |= {} if months is None or months.is_empty() else {m.name: months}
    return counts, [(c, _scope_places(c, places, by)) for c in covered], unsure


def is_rowless() -> pl.Expr:
    """Whether a count of a panel is missing only since no row is there, which is no sure zero.

    Its days are covered, and its measure is still one: a sum with it is the sum of the rows that there are.
    """
    end = pl.col("period").dt.offset_by(pl.format("{}d", pl.col("days_in_period")))
    ends = {m.name: m.unmeasured_from for m in measures().values() if m.unmeasured_from is not None}
    until = pl.col("measure").replace_strict(
        list(ends), list(ends.values()), default=None, return_dtype=pl.Date
    )
    is_measured = (end <= until).fill_null(True)
    return pl.col("value").is_null() & (pl.col("days_covered") > 0) & is_measured


def _known_level(by: str) -> None:
    if by not in PLACE_COLUMN:
        raise QuestionError(f"no level {by!r}; there are: {', '.join(PLACE_COLUMN)}")


def _query(
    by: str,
    every: str,
    scheme: str,
    engine: str,
    start: dt.date | None,
    end: dt.date | None,
    places: tuple[str, ...] | None = None,
) -> _Query:
    """The query, once its arguments are checked; QuestionError if one is wrong."""
    _known_level(by)
    if every not in _TRUNCATE:
        raise QuestionError(f"no period {every!r}; there are: {', '.join(_TRUNCATE)}")
    if start and end and start > end:
        raise QuestionError(f"the time ends ({end}) before it starts ({start})")
    return _Query(by, every, scheme_of(scheme), engine, start, end, places)


def _table_panel(
    store: Store, name: str, group: list[Measure], query: _Query
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The panel of the measures of one table, and its coverage."""
    reported = [m.name for m in group if m.is_reported]
    if reported and query.every != "month":
        raise QuestionError(
            f"{', '.join(reported)}: reported by the month; ask for it by month, not by {query.every}"
        )
    covered = _window(_coverage_of_all(store, group, query.scheme), name, query)
    if reported:  # a figure is for its whole month, and dated by its first day
        covered = [replace(c, end=month_end(c.end)) for c in covered]
    # Where a period may be covered in part, its records of other days must not count: days separate them.
    is_plain = _is_one_span(covered)
    counted_by = query if is_plain else replace(query, every="day")
    counts, unplaced = _count(store, group, counted_by, covered)
    found = counts["place"].unique().to_list() if query.places is None else list(query.places)
    names = [m.name for m in group]
    days = _covered_days(covered, found, query)
    counted_days = days if is_plain else _covered_days(covered, found, counted_by)
    inside = counts.join(counted_days, on=["place", "period"], how="semi")
    if not is_plain:
        period = pl.col("period").dt.truncate(_TRUNCATE[query.every])
        inside = inside.group_by("place", period).agg(pl.col(names).sum())
    days = _whole_periods(days, query.every)
    outside = {n: int(counts[n].sum()) - int(inside[n].sum()) for n in names}
    unsure = _unsure_zeros(store, group, query, covered, days)
    return _filled(days, inside, group, query, unsure), _scope_of(covered, unplaced, outside)


def _breaks(group: list[Measure], part: pl.DataFrame) -> dict[str, Any]:
    """The days from which measures are missing because the records no longer tell them, within the time."""
    if part.is_empty():
        return {}
    last: dt.date = part["period"].sort()[-1]
    return {
        m.name: {"break": m.unmeasured_from.isoformat(), "after": f"missing: {m.unmeasured_reason}"}
        for m in group
        if m.unmeasured_from is not None and m.unmeasured_from <= last
    }


def _inferred_panel(
    store: Store, m: Measure, query: _Query
) -> tuple[pl.DataFrame, dict[str, Any], dict[str, Any]]:
    """The panel of an inferred measure, its coverage and what stands on either side of its break."""
    from atlarge.panel.inferred import custodial_cells, definition, inferred_counts

    assert m.inferred_from is not None
    covered = _window(_coverage_of_all(store, [measure("handoffs")], query.scheme), m.table, query)
    cells = custodial_cells(store, query.engine)
    column = PLACE_COLUMN[query.by]
    place = pl.col(column) if column else pl.lit(NATION)
    found = cells.select(place.alias("place")).to_series().drop_nulls().unique().to_list()
    # every place with an arrest has a row, as in the panels of counted measures
    counts, _ = _count(store, [measure("arrests")], query, covered)
    found = sorted({*found, *counts["place"].to_list()}) if query.places is None else list(query.places)
    days = _covered_days(covered, found, query)
    counted = cells
    first, last = min(c.start for c in covered), max(c.end for c in covered)
    if not _is_one_span(covered):
        by_day = _covered_days(covered, found, replace(query, every="day"))
        here = by_day.select(pl.col("place").alias("_place"), pl.col("period").alias("date"))
        counted = (
            cells.with_columns(place.alias("_place"))
            .join(here, on=["_place", "date"], how="semi")
            .drop("_place")
        )
    inside = counted.filter(pl.col("date").is_between(first, last))
    period = pl.col("date").dt.truncate(_TRUNCATE[query.every])
    # rates are learned from all records of the store; only those inside are counted
    rows, calibration = inferred_counts(cells, inside, m.inferred_from, place, period)
    unplaced = int(rows.filter(pl.col("place").is_null())["value"].sum())
    days = _whole_periods(days, query.every)
    grid = days.join(rows.drop_nulls("place"), on=["place", "period"], how="left").with_columns(
        pl.when(pl.col("days_covered") > 0).then(pl.col("value", "low", "high").fill_null(0)).otherwise(None)
    )
    after = pl.col("period").dt.offset_by(_TRUNCATE[query.every]) > m.inferred_from
    part = (
        pl.when(pl.col("period") >= m.inferred_from).then(pl.lit("inferred"))
        .when(after).then(pl.lit("recorded and inferred"))
        .otherwise(pl.lit("recorded"))
    )  # fmt: skip
    in_period = (pl.col("period").dt.offset_by(_TRUNCATE[query.every]) - pl.col("period")).dt.total_days()
    frame = grid.select(
        "place", place_name(pl.col("place"), query.by).alias("place_name"), "period",
        pl.lit(m.name).alias("measure"), "value", "days_covered", in_period.alias("days_in_period"),
        "low", "high", part.alias("part"),
    )  # fmt: skip
    scope = _scope_of(covered, {m.name: unplaced}, {m.name: 0})
    return frame, scope, definition(m.inferred_from, calibration)


def _scope_of(covered: list[Coverage], unplaced: dict[str, int], outside: dict[str, int]) -> dict[str, Any]:
    """The coverage of measures of a table, as a document."""
    return {
        "start": min(c.start for c in covered).isoformat(),
        "end": max(c.end for c in covered).isoformat(),
        "releases": [
            {"id": c.release_id, "start": c.start.isoformat(), "end": c.end.isoformat(), "scope": c.scope}
            for c in covered
        ],
        "unplaced": unplaced,
        "outside_coverage": outside,
    }


def _window(coverage: list[Coverage], name: str, query: _Query) -> list[Coverage]:
    """The parts of the coverage that lie in the queried time; CoverageError if there are none."""
    kept = _clipped(coverage, query)
    start, end = query.start, query.end
    if not coverage:
        raise CoverageError(f"the store has no {name}")
    if not kept:
        spans = ", ".join(f"{start} to {end}" for start, end in _spans(coverage))
        wanted = f"{start or 'the beginning'} to {end or 'the end'}"
        raise CoverageError(f"the {name} in the store do not cover {wanted}; they cover {spans}")
    return kept


def _spans(coverage: list[Coverage]) -> list[tuple[dt.date, dt.date]]:
    """The days covered by any release, as runs in their order."""
    runs: list[tuple[dt.date, dt.date]] = []
    for first, last in sorted((c.start, c.end) for c in coverage):
        if runs and first <= runs[-1][1] + dt.timedelta(days=1):
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        else:
            runs.append((first, last))
    return runs


def _clipped(coverage: list[Coverage], query: _Query) -> list[Coverage]:
    start, end = query.start, query.end
    return [
        replace(c, start=max(c.start, start or c.start), end=min(c.end, end or c.end))
        for c in coverage
        if (start is None or c.end >= start) and (end is None or c.start <= end)
    ]


def _is_one_span(covered: list[Coverage]) -> bool:
    """Whether one scope is covered, on every day from the first to the last."""
    reached = min(c.start for c in covered)
    for part in sorted(covered, key=lambda c: c.start):
        if part.start > reached:
            return False
        reached = max(reached, part.end + dt.timedelta(days=1))
    return len({_covers(c) for c in covered}) == 1


def rows_counted(m: Measure, read_as: Scheme) -> nw.Expr | None:
    """The rows that a measure counts, as an expression; None for all rows.

    QuestionError for a measure that is inferred: its values are no sums of rows.
    """
    import narwhals as nw

    if m.is_inferred:
        raise QuestionError(f"{m.name} is inferred, not counted: it is answered by `panel` alone")
    conditions = [nw.col(column).is_in(list(values)) for column, values in m.equals]
    if m.category is not None:
        inside = nw.col("method").is_in(list(read_as.methods(m.category)))
        if read_as.unlisted == m.category:
            inside = inside | ~nw.col("method").is_in(list(read_as.listed)) | nw.col("method").is_null()
        conditions.append(inside)
    return reduce(operator.and_, conditions) if conditions else None


def rows_of(store: Store, m: Measure, scheme: str, inside: pl.Expr) -> pl.LazyFrame:
    """The rows of its table that a measure counts and that meet a condition."""
    import narwhals as nw

    rows = store.scan(m.table).filter(inside)
    condition = rows_counted(m, scheme_of(scheme))
    return rows if condition is None else nw.from_native(rows).filter(condition).to_native()


def _count(
    store: Store, group: list[Measure], query: _Query, covered: list[Coverage], *, ordered: bool = True
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Counts by place and period (only those with records), and rows without a place, per measure."""
    import narwhals as nw

    first, last = min(c.start for c in covered), max(c.end for c in covered)
    ((source, date),) = {(m.table, m.date) for m in group}
    column = PLACE_COLUMN[query.by]
    place = nw.col(column) if column else nw.lit(NATION)
    columns = {}
    for m in group:
        condition = rows_counted(m, query.scheme)
        value = nw.col(m.value).cast(nw.Int64)
        columns[m.name] = value if condition is None else nw.when(condition).then(value).otherwise(nw.lit(0))
    names = [m.name for m in group]
    # Narwhals has no weeks: they are summed from days, of which there are few once counted.
    grain = "1mo" if query.every == "month" else "1d"
    counted = collect(
        scan(store, source, query.engine)
        .filter((nw.col(date) >= nw.lit(first)) & (nw.col(date) <= nw.lit(last)))
        .with_columns(place.alias("place"), nw.col(date).dt.truncate(grain).alias("period"), **columns)
        .group_by("place", "period")
        .agg(*[nw.col(name).sum() for name in names]),
        query.engine,
    )
    period = pl.col("period").cast(pl.Date).dt.truncate(_TRUNCATE[query.every])
    if query.every in ("day", "month"):
        counted = counted.with_columns(period, pl.col(names).cast(pl.Int64))
    else:
        counted = counted.group_by("place", period).agg(pl.col(names).sum().cast(pl.Int64))
    without = counted.filter(pl.col("place").is_null())
    placed = counted.filter(pl.col("place").is_not_null())
    if query.places is not None:
        placed = placed.filter(pl.col("place").is_in(list(query.places)))
    if ordered:
        placed = placed.sort("place", "period")
    return placed, {name: int(without[name].sum()) for name in names}


def _covers(c: Coverage) -> tuple[str, tuple[str, ...] | None, tuple[str, ...]]:
    """The places of a release's coverage: those of one kind are the same whatever the days."""
    return c.scope, c.levels, c.without


def _scope_places(c: Coverage, places: list[str], by: str, zero_days: int = 0) -> list[str]:
    """The places of one level that a release's coverage takes in.

    `zero_days`: only those in which no row in so many days means zero, other areas' rows considered.
    """
    scope, levels, without = _covers(c)
    if levels is not None and by not in levels:
        return []
    kind, _, codes = scope.partition(":")
    wide = [w for w in without if w.partition(":")[0] not in ("county", "office")]
    if kind != "nation":
        if by == "nation":  # a release of some places does not count the nation
            return []
        allowed = _members(kind, frozenset(codes.split(",")), by, zero_days)
        places = [p for p in places if p in allowed]
    elif by == "nation":
        return [] if wide else places
    if wide and by == "office":
        known = frozenset(table("offices")["office"])
        places = [p for p in places if p in known]
    for lacking in without:
        kind, _, code = lacking.partition(":")
        gone = _touched(kind, code, by, zero_days)
        places = [p for p in places if p not in gone]
    return places


@cache
def _members(kind: str, codes: frozenset[str], by: str, zero_days: int = 0) -> frozenset[str]:
    """Places of one level that lie wholly in places of another."""
    if kind == by:
        return codes
    if kind not in ("aor", "state"):  # others contain no place entirely
        return frozenset()
    if by in ("county", "office"):
        name = "counties" if by == "county" else "offices"
        own = frozenset(table(name).filter(pl.col(kind).is_in(list(codes)))["fips" if by == "county" else by])
        return own - _shared(kind, codes, by, zero_days)
    if kind == "state":  # no state is certain to contain a whole area
        return frozenset()
    counties = table("counties").group_by("state").agg(pl.col("aor").is_in(list(codes)).all())
    whole = frozenset(counties.filter("aor")["state"])
    return whole - _shared(kind, codes, by, zero_days) if zero_days else whole


@cache
def _touched(kind: str, code: str, by: str, zero_days: int = 0) -> frozenset[str]:
    """Places of one level of which a place that is lacking is a part, or which are parts of it."""
    if kind == by:
        return frozenset([code])
    if kind in ("county", "office"):  # one missing county is no reason to give up its state
        return frozenset()
    if by == "nation":
        return frozenset(["US"])
    if by in ("county", "office"):
        name = "counties" if by == "county" else "offices"
        own = frozenset(table(name).filter(pl.col(kind) == code)["fips" if by == "county" else by])
        return own | _shared(kind, frozenset(_usual(by)[kind].drop_nulls()) - {code}, by, zero_days)
    return frozenset(table("counties").filter(pl.col(kind) == code)[by].drop_nulls())


def _usual(by: str) -> pl.DataFrame:
    usual = table("usual_places").filter(pl.col("table") == "arrests")
    if by == "state":
        return usual.drop_nulls("state").with_columns(pl.col("state").alias("code"))
    return usual.filter(pl.col("kind") == by)


@cache
def _shared(kind: str, codes: frozenset[str], by: str, zero_days: int) -> frozenset[str]:
    """Places, some of whose records are of other areas of responsibility than these.

    Who records an arrest is not always whose place it is in, and some records name no area. Of these places,
    those of few records are not counted without the others. For `zero_days`, the length of periods without a
    row, also those where such a period is no sure zero.
    """
    if kind == "state":
        return frozenset()
    own = pl.col(kind).is_in(list(codes)).fill_null(False)
    usual = _usual(by).with_columns(own.alias("own"), pl.col("per_million").clip(_STRAY).alias("rows"))
    places = usual.group_by("code").agg(
        pl.col("rows").filter("own").sum().alias("here"),
        (pl.col("rows").filter(~pl.col("own")).sum() + _STRAY * (pl.col("own") * pl.col("unrecorded")).sum())
        .alias("elsewhere"),
    )  # fmt: skip
    is_unsure = pl.col("here") < (_OFTEN_ZERO if zero_days else _OFTEN)
    if zero_days:
        is_unsure = is_unsure | (pl.col("elsewhere") * _ROWS_A_DAY * zero_days > _MOST_ELSEWHERE)
    return frozenset(places.filter((pl.col("elsewhere") > 0) & is_unsure)["code"])


def _covered_days(
    covered: list[Coverage], places: list[str], query: _Query, is_zero: bool = False
) -> pl.DataFrame:
    """Days that any release covers, as place, period, days_covered: overlapping releases count once."""
    pieces = []
    if not covered:
        return pl.DataFrame(schema={"place": pl.String, "period": pl.Date, "days_covered": pl.Int64})
    for same in {_covers(c): c for c in covered}.values():
        inside = _scope_places(same, places, query.by, _DAYS[query.every] if is_zero else 0)
        alike = [c for c in covered if _covers(c) == _covers(same)]
        spans = [pl.date_range(c.start, c.end, eager=True) for c in alike]
        days = pl.concat(spans).unique().alias("day").to_frame()
        pieces.append((pl.DataFrame({"place": inside}, schema={"place": pl.String}), days))
    if len(pieces) == 1:
        ((people, days),) = pieces
        per_period = days.group_by(pl.col("day").dt.truncate(_TRUNCATE[query.every]).alias("period")).agg(
            pl.len().cast(pl.Int64).alias("days_covered")
        )
        return people.unique().join(per_period, how="cross")
    every_day = pl.concat([people.join(days, how="cross") for people, days in pieces]).unique()
    return every_day.group_by("place", pl.col("day").dt.truncate(_TRUNCATE[query.every]).alias("period")).agg(
        pl.len().cast(pl.Int64).alias("days_covered")
    )


def _whole_periods(days: pl.DataFrame, every: str) -> pl.DataFrame:
    """Add the periods between the first and last that no release covers, with days_covered 0."""
    if days.is_empty():
        return days
    first, last = days["period"].min(), days["period"].max()
    axis = pl.select(pl.date_range(pl.lit(first), pl.lit(last), _TRUNCATE[every]).alias("period"))
    grid = days.select("place").unique().join(axis, how="cross")
    return grid.join(days, on=["place", "period"], how="left").with_columns(
        pl.col("days_covered").fill_null(0)
    )


def _unsure_zeros(
    store: Store, group: list[Measure], query: _Query, covered: list[Coverage], days: pl.DataFrame
) -> pl.DataFrame | None:
    """Places and periods (of `days`) in which no row does not mean zero; None where it always does.

    On some day no release covers them that has all that the measures count; or a place has rows of areas that
    the releases lack.
    """
    if group[0].is_reported:
        return None
    places = _doubtful(store, group[0], query, covered, days["place"].unique().to_list())
    if not places:
        return None
    whole = _clipped(_reporting(store, group, query.scheme, is_zero=True), query)
    sure = _covered_days(whole, places, query, is_zero=True).rename({"days_covered": "sure"})
    doubtful = days.filter((pl.col("days_covered") > 0) & pl.col("place").is_in(places))
    joined = doubtful.join(sure, on=["place", "period"], how="left")
    return joined.filter(pl.col("sure").fill_null(0) < pl.col("days_covered")).select("place", "period")


def _doubtful(
    store: Store, m: Measure, query: _Query, covered: list[Coverage], places: list[str]
) -> list[str]:
    """Places of which some zero may be unsure: all, but for what national releases lack in some places."""
    if any(_covers(c) != ("nation", None, ()) for c in covered):
        return places
    gaps = {gap for c in store.coverage(m.table) for gap in _gaps_in(c, [m], query.scheme)}
    if any(not g.where for g in gaps):
        return places
    touched = {p for g in gaps for p in _touched(*g.where.split(":"), query.by, _DAYS[query.every])}
    return [p for p in places if p in touched]


def _filled(
    days: pl.DataFrame,
    counts: pl.DataFrame,
    group: list[Measure],
    query: _Query,
    unsure: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Put counts on the grid: zero where covered, null where not, null where a measure is not reported.

    `unsure`: where a measure without a row is missing, too.
    """
    names = [m.name for m in group]
    grid = days.join(counts, on=["place", "period"], how="left")
    if not any(m.is_reported for m in group):
        grid = grid.with_columns(
            pl.when(pl.col("days_covered") > 0).then(pl.col(names).fill_null(0)).otherwise(None)
        )
        if unsure is not None and unsure.height:
            grid = grid.join(unsure.with_columns(pl.lit(True).alias("_unsure")), on=["place", "period"],
                             how="left")  # fmt: skip
            is_known = pl.col("_unsure").is_null() | (pl.col(names) > 0)
            grid = grid.with_columns(pl.when(is_known).then(pl.col(names))).drop("_unsure")
    for m in group:
        if m.unmeasured_from is not None:
            unmeasured = pl.col("period").dt.offset_by(_TRUNCATE[query.every]) > m.unmeasured_from
            grid = grid.with_columns(pl.when(unmeasured).then(None).otherwise(pl.col(m.name)).alias(m.name))
    long = grid.unpivot(
        names, index=["place", "period", "days_covered"], variable_name="measure", value_name="value"
    )
    in_period = (pl.col("period").dt.offset_by(_TRUNCATE[query.every]) - pl.col("period")).dt.total_days()
    return long.with_columns(
        place_name(pl.col("place"), query.by).alias("place_name"), in_period.alias("days_in_period")
    ).select("place", "place_name", "period", "measure", "value", "days_covered", "days_in_period")


@cache
def _place_names(by: str) -> dict[str, str]:
    """Name by code, of the places of one level."""
    if by == "nation":
        return {NATION: "United States"}
    if by == "state":
        return states()
    name, code, label = {
        "county": ("counties", "fips", "place_name"),
        "office": ("offices", "office", "name"),
        "aor": ("aors", "aor", "name"),
    }[by]
    return {str(key): str(value) for key, value in table(name).select(code, label).iter_rows() if value}


def place_name(code: pl.Expr, by: str) -> pl.Expr:
    """Names of the place codes of a level; a code that no reference table names stands for itself."""
    names = _place_names(by)
    return code.replace_strict(list(names), list(names.values()), default=code, return_dtype=pl.String)


def _codes(store: Store, tables: Iterable[str], names: Sequence[str], by: str) -> tuple[str, ...]:
    """Codes of places, each once; one that the records have stands for itself, known to a table or not."""
    recorded: set[str] = set()
    column = PLACE_COLUMN[by]
    if column and not set(names) <= _place_names(by).keys():
        for name in tables:
            rows = store.scan(name)
            if column in rows.collect_schema():
                recorded.update(rows.select(pl.col(column).drop_nulls().unique()).collect().to_series())
    found = (name if name in recorded else place_codes([name], by)[0] for name in names)
    return tuple(dict.fromkeys(found))


def place_codes(names: Sequence[str], by: str) -> list[str]:
    """Codes of places as a user names them, each of the requested level.

    Parameters
    ----------
    names : sequence of str
        Names or codes.
    by : str
        county, office, aor, state or nation.

    Returns
    -------
    list of str
        Codes, in order.

    Raises
    ------
    PlaceError
        When a name is unknown or ambiguous.
    QuestionError
        When it is a place of another level.

    Examples
    --------
    >>> place_codes(["San Antonio"], "aor")
    ['SNA']
    """
    from atlarge.places import find_place

    _known_level(by)
    codes = []
    for name in names:
        if name in _place_names(by):
            codes.append(name)
            continue
        found = find_place(name)
        if found.kind != by:
            raise QuestionError(f"{name} is a place of the level {found.kind}, not {by}")
        codes.append(found.code)
    return codes
