"""The tables of a detainer report as one disclosed system: no suppressed count follows from any of them.

Counts by place and period, their totals, places by volume, declines by charge, the largest facility and what
an earlier report published are all sums of the same records. They are put through disclosure control
together; rates are computed from published counts alone.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from atlarge.detainers.outcomes import OUTCOMES, PERIODS, _period, add_rates, place_columns
from atlarge.disclosure.constraints import NO_END, ConstraintBuilder, Knowledge
from atlarge.disclosure.suppression import ExposedError
from atlarge.disclosure.table import SHOWN, UNCOVERED, WITHHELD, believed, disclose
from atlarge.errors import QuestionError

DEFAULT_THRESHOLD = 5
COUNTS = ("issued", *OUTCOMES)
OTHER_CHARGES = "other charges"
_WORTH = {"total": 1e6, "rows": 10.0, "volume": 10.0, "facility": 1.0, "charge": 1.0, "all charges": 50.0}
_DECLINED_WORTH = 10.0
"""How many times its count a cell is worth to a reader; the figure that a reader comes for is kept
longest."""

_OF_PLACES = ("rows", "volume", "all charges", "charge", "all facilities", "facility")
"""Sections of a report whose cells have the place after the name of the section."""
_BESIDE = "beside"
"""Section of the counts that follow from a report and a site by subtraction, by level and place."""

Key = tuple[Any, ...]


@dataclass
class _Cells:
    """Published counts, each the sum of some of the finest counts, which stand on no page.

    `is_finer`: the finest counts are finer than any that is published. `left_out`: places of which nothing
    is published, zeros included. `given`: counts that earlier publications leave known to within one without
    any of this report.
    """

    base: pl.DataFrame
    is_finer: bool = False
    keys: list[Key] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    published: list[bool] = field(default_factory=list)
    least: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)
    sums: ConstraintBuilder = field(default_factory=ConstraintBuilder)
    left_out: set[Any] = field(default_factory=set)
    given: set[int] = field(default_factory=set)

    def put(self, key: Key, value: int, parts: Sequence[int] | None, worth: float, *, shown: bool) -> int:
        """A further cell and the rows of the base that it is the sum of (None: of no rows); its number."""
        number = self.base.height + len(self.keys)
        self.keys.append(key)
        self.values.append(value)
        self.cost.append(value * worth)
        self.published.append(shown)
        if parts is not None:
            self.sums.add(parts, [number])
        return number

    def outcomes(self, section: str, keys: Sequence[str], keep: pl.Expr, *, shown: bool = True) -> None:
        """The counts of a table: issued and each outcome, by some columns of the base."""
        some = self.base.filter(keep)
        for name in COUNTS:
            rows = some if name == "issued" else some.filter(pl.col("outcome") == name)
            worth = _WORTH.get(section, 1.0) * (_DECLINED_WORTH if name in ("declined", "issued") else 1.0)
            for *key, numbers, value in self._grouped(rows, keys):
                # Records without a place have a row only if there are any.
                is_shown = shown and (value > 0 or not self.is_finer or None not in key[:1])
                self.put((section, *key, name), value, numbers, worth, shown=is_shown)

    def named(self, section: str, keys: Sequence[str], keep: pl.Expr) -> None:
        """One count by some columns of the base."""
        for *key, numbers, value in self._grouped(self.base.filter(keep), keys):
            is_shown = value > 0 or not self.is_finer
            self.put((section, *key), value, numbers, _WORTH.get(section, 1.0), shown=is_shown)

    def within(self, section: str, rows: pl.DataFrame, column: str | None, whole: str) -> None:
        """Counts that make up the count of a place (`column`: by its values), or one that is a part of it."""
        keys = ["place"] if column is None else ["place", column]
        grouped = rows.group_by(keys).agg(pl.col("n").sum()).sort(keys, nulls_last=True)
        number = {key: self.base.height + i for i, key in enumerate(self.keys)}
        parts: dict[Any, list[int]] = {}
        for *key, value in grouped.iter_rows():
            cell = self.put((section, *key), value, None, _WORTH.get(section, 1.0), shown=True)
            parts.setdefault(key[0], []).append(cell)
        for place, inside in parts.items():
            self.sums.add(inside, [number[(whole, place)]], is_inequality=column is None)

    @staticmethod
    def _grouped(rows: pl.DataFrame, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        if not rows.height:
            return []
        if not keys:
            return [(rows["row"].to_list(), int(rows["n"].sum()))]
        grouped = rows.group_by(*keys, maintain_order=True).agg("row", pl.col("n").sum())
        return grouped.rows()

    def leave_out(self, cells: Sequence[int]) -> bool:
        """Publish nothing of the places of these cells, or else of those that have none of some outcome;
        False where there are none such left."""
        numbers = [cell - self.base.height for cell in cells if cell >= self.base.height]
        places = {self.keys[n][1] for n in numbers if self.keys[n][0] in _OF_PLACES}
        places |= {self.keys[n][2] for n in numbers if self.keys[n][0] in ("site", _BESIDE)}
        own = {key[1] for key in self.keys if key[0] in _OF_PLACES}
        counted = {(key[1], key[-1]) for key in self.keys if key[0] == "rows"}
        with_zeros = {place for place in own if any((place, name) not in counted for name in OUTCOMES)}
        more = (places & own) - self.left_out or with_zeros - self.left_out
        self.left_out |= more
        for n, key in enumerate(self.keys):
            if key[0] in _OF_PLACES and key[1] in more:
                self.published[n] = False
        return bool(more)

    def know_what_is_given(self, threshold: int) -> None:
        """Find the counts that follow, or are known to within one, with nothing of this report published."""
        published, self.published = self.published, [False] * len(self.keys)
        try:
            self.solved(threshold)
        except ExposedError as exposed:
            self.given = {cell - self.base.height for cell in exposed.cells}
        finally:
            self.published = published

    def solved(self, threshold: int) -> dict[Key, int | None]:
        """Each published count by its key; None where it is suppressed."""
        n, m = self.base.height, len(self.keys)
        shown_here = [is_shown and i not in self.given for i, is_shown in enumerate(self.published)]
        frame = pl.DataFrame({"cell": range(n + m), "value": [*self.base["n"].to_list(), *self.values]})
        known = Knowledge.none(n + m)
        for cell, least in self.least.items():
            known.least[cell], known.most[cell] = least, self.most.get(cell, NO_END)
        for i, key in enumerate(self.keys):
            # Suppressed counts are not zero, and places without detainers have no row.
            is_row = key[0] == "rows" and key[1] in self.left_out and key[-1] == "issued"
            if is_row or (i in self.given and self.published[i]):
                known.least[n + i] = max(known.least[n + i], 1)
        table = disclose(
            frame,
            self.sums.build(),
            threshold=threshold,
            cost=[*([0.0] * n), *self.cost],
            published=[*([False] * n), *shown_here],
            known=known if self.least or self.given or self.left_out else None,
            auxiliary=[self.is_finer] * n + [i in self.given for i in range(m)],
            is_strict=self.is_finer,
            # A report does not say which suppressed counts are small; a site beside it does.
            is_marked=self.is_finer,
        )
        shown = {
            cell: value if mark == SHOWN else None
            for cell, value, mark in table.frame.select("cell", "value", "mark").iter_rows()
        }
        return {key: shown.get(n + i) for i, key in enumerate(self.keys) if self.published[i]}


@dataclass(frozen=True)
class Disclosed:
    """The published counts of a report; None where suppressed, and for all counts of a place left out.

    `threshold`: the highest of this report and those before it, which stays.
    """

    counts: Mapping[Key, int | None]
    left_out: Collection[Any] = ()
    threshold: int = DEFAULT_THRESHOLD

    def rows(self, section: str, rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
        """A table of outcome counts as published, with rates of what is shown."""
        at = {name: [] for name in COUNTS}  # type: dict[str, list[int | None]]
        for row in rows.select(keys).iter_rows() if keys else [()] * rows.height:
            for name in COUNTS:
                # A cell without records is zero: it describes no one.
                none = None if row and row[0] in self.left_out else 0
                at[name].append(self.counts.get((section, *row, name), none))
        plain = rows.select(c for c in rows.columns if c not in _RATES and c != "known")
        frame = plain.with_columns(pl.Series(name, values, dtype=pl.Int64) for name, values in at.items())
        return _with_rates(frame)

    def total(self) -> dict[str, int | None]:
        """The counts of all places together."""
        return {name: self.counts.get(("total", name), 0) for name in COUNTS}


_RATES = ("decline_rate", "rate_low", "rate_high", "best_case", "worst_case", "missing_share")


def _with_rates(rows: pl.DataFrame) -> pl.DataFrame:
    """Rates from published counts alone; those of suppressed counts are null."""
    hidden = pl.any_horizontal(pl.col(name).is_null() for name in COUNTS)
    filled = rows.with_columns(pl.col(name).fill_null(0) for name in COUNTS)
    rated = add_rates(filled).select("known", *_RATES)
    no_missing = pl.col("missing").is_null() | pl.col("issued").is_null()
    no_declined = pl.col("declined").is_null() | pl.col("issued").is_null()
    needs = {
        "known": no_missing,
        "missing_share": no_missing,
        "decline_rate": no_missing | no_declined,
        "rate_low": no_missing | no_declined,
        "rate_high": no_missing | no_declined,
        "best_case": no_declined,
        "worst_case": no_missing | no_declined,
    }
    joined = pl.concat([rows, rated], how="horizontal")
    return joined.with_columns(
        hidden.alias("suppressed"),
        *(pl.when(~needs[name]).then(pl.col(name)).alias(name) for name in needs),
    )


def disclose_report(
    detainers: pl.DataFrame,
    by: str,
    every: str,
    first: dt.date,
    last: dt.date,
    *,
    threshold: int,
    largest: bool = False,
    after: Sequence[Mapping[str, Any]] = (),
    beside: pl.DataFrame | None = None,
) -> Disclosed:
    """Put the tables of a report through disclosure control together.

    Parameters
    ----------
    detainers
        Records with the columns of the report and `n`, over all days of this report and of those before it.
    by, every
        Level and period of the table of places.
    first, last
        Days of this report, both inside.
    threshold
        Counts from 1 to threshold - 1 are suppressed.
    largest
        Whether the largest facility of each place is reported too.
    after
        Earlier disclosed reports, as their JSON documents.
    beside
        What a site of the same records disclosed (level, place, measure, period, start, end, value, mark,
        threshold); its threshold is kept where it is higher.

    Raises
    ------
    QuestionError
        Where small counts would follow from this and an earlier report or the site together, or one is not a
        report.
    """
    site = None if beside is None else _of_detainers(beside, detainers.columns)
    if site is not None and site.height:
        threshold = max(threshold, int(site["threshold"].max()))  # type: ignore[arg-type]
    for report in after:
        threshold = max(threshold, _threshold_of(report))
    now = pl.col("date").is_between(first, last) if "date" in detainers.columns else pl.lit(True)
    keys = [k.meta.output_name() for k in place_columns(by, detainers.columns)]
    period = pl.lit(None, dtype=pl.Date) if PERIODS[every] is None else _period(every)
    columns = [*place_columns(by, detainers.columns), period.alias("period"), now.alias("now")]
    for k, report in enumerate(after):
        columns += _earlier_columns(k, report, detainers.columns)
    edges = [] if site is None else _edges(site)
    if edges:
        at = np.searchsorted(np.array(edges, "M8[D]"), detainers["date"].to_numpy(), side="right")
        columns += [pl.lit(pl.Series("atom", at, dtype=pl.Int64)), *_site_places(detainers.columns)]
    outcome = pl.col("outcome").fill_null("missing")
    grouped = detainers.select(*columns, outcome.alias("outcome"), pl.col("n").cast(pl.Int64))
    names = [c for c in grouped.columns if c != "n"]
    base = grouped.group_by(*names).agg(pl.col("n").sum()).sort(names, nulls_last=True)
    base = base.filter(pl.col("n") > 0)
    if edges:
        fine = [*keys, "site_county", "site_office", *(f"place{k}" for k in range(len(after)))]
        base = _with_possible(base, names, fine if by in ("county", "facility") else fine[len(keys) :])
    cells = _Cells(base.with_row_index("row"), is_finer=bool(edges))
    is_now = pl.col("now")
    cells.outcomes("total", [], is_now)
    cells.outcomes("rows", [*keys, "period"], is_now)
    if every != "all":
        cells.outcomes("volume", keys, is_now)
    charge = pl.col("charge") if "charge" in detainers.columns else pl.lit(None, dtype=pl.String)
    named = detainers.filter(now).select(
        place_columns(by, detainers.columns)[0].alias("place"),
        charge.fill_null("not in the release").alias("charge"),
        _largest(by, largest, detainers.columns),
        outcome.alias("outcome"),
        pl.col("n").cast(pl.Int64),
    )
    cells.named("all charges", ["place"], is_now & (pl.col("outcome") == "declined"))
    cells.within("charge", named.filter(pl.col("outcome") == "declined"), "charge", "all charges")
    cells.outcomes("unplaced", [], is_now & pl.col("place").is_null(), shown=not edges)
    if largest:
        cells.named("all facilities", ["place"], is_now)
        cells.within("facility", named.filter("is_largest"), None, "all facilities")
    for k, report in enumerate(after):
        _know(cells, k, report)
        _know_charges(cells, k, report, detainers.with_columns(now.alias("now")), charge)
    if site is not None:
        _know_site(cells, site, edges)
        _differences_to_site(cells, site, edges, by)
    if after:
        # What is in one report but not in another follows by subtraction, for each place and for all.
        inside = ["now", *(f"in{k}" for k in range(len(after)))]
        cells.outcomes("difference", ["place", *inside], pl.lit(True), shown=False)
        cells.outcomes("difference of all", inside, pl.lit(True), shown=False)
    return _solved_with_places_left_out(cells, threshold, has_earlier=bool(after) or site is not None)


def _solved_with_places_left_out(cells: _Cells, threshold: int, *, has_earlier: bool) -> Disclosed:
    """The published counts, without those places whose zeros would give small counts away beside what was
    published before."""
    if cells.is_finer:
        cells.know_what_is_given(threshold)
    while True:
        try:
            return Disclosed(cells.solved(threshold), cells.left_out, threshold)
        except ValueError as exposed:
            if not has_earlier:
                raise
            if not isinstance(exposed, ExposedError) or not cells.leave_out(exposed.cells):
                raise QuestionError(
                    "small counts would follow from this report and what was published before together; ask "
                    "for the same places and days"
                ) from None


def _with_possible(base: pl.DataFrame, names: list[str], fine: Sequence[str]) -> pl.DataFrame:
    """The finest counts and others that are none, but may be some as far as a reader of a site knows.

    Those of every outcome where there is any, and of records that name no place finer than a state or area.
    """
    others = [c for c in names if c != "outcome"]
    here = base.select(others).unique()
    types = {c: here.schema[c] for c in fine if c in others}
    nowhere = here.with_columns(pl.lit(None, dtype=kind).alias(c) for c, kind in types.items())
    each = pl.concat([here, nowhere.select(others)]).unique()
    all_of = each.join(pl.DataFrame({"outcome": OUTCOMES}), how="cross")
    found = all_of.join(base, on=names, how="left", nulls_equal=True).with_columns(pl.col("n").fill_null(0))
    return found.select(*names, "n").sort(names, nulls_last=True)


def _largest(by: str, largest: bool, columns: Sequence[str]) -> pl.Expr:
    """Whether a record is of the facility that its place has most detainers to."""
    if not largest or "facility" not in columns:
        return pl.lit(False).alias("is_largest")
    place = place_columns(by, list(columns))[0].alias("place")
    per = pl.col("n").cast(pl.Int64).sum().over(place, "facility")
    # Among facilities with equal numbers, the first by name.
    name = pl.col("facility").sort_by([-per, pl.col("facility")]).first().over(place)
    return (pl.col("facility").eq_missing(name)).alias("is_largest")


def _earlier_columns(k: int, report: Mapping[str, Any], columns: Sequence[str]) -> list[pl.Expr]:
    """Place and period of a record in an earlier report; null where it lies outside of it."""
    try:
        by, every = str(report["by"]), str(report["every"])
        first, last = (dt.date.fromisoformat(str(report[name])) for name in ("from", "to"))
        place = place_columns(by, list(columns))[0]
    except (KeyError, ValueError):
        raise QuestionError("an earlier report is not the JSON of atlarge detainers --disclose") from None
    inside = pl.col("date").is_between(first, last)
    period = pl.lit(None, dtype=pl.Date) if PERIODS[every] is None else _period(every)
    return [
        inside.alias(f"in{k}"),
        pl.when(inside).then(place).alias(f"place{k}"),
        pl.when(inside).then(period).alias(f"period{k}"),
    ]


def _threshold_of(report: Mapping[str, Any]) -> int:
    """Counts of an earlier report from 1 to so many less one were suppressed."""
    return int(report.get("threshold") or DEFAULT_THRESHOLD)


def _know(cells: _Cells, k: int, report: Mapping[str, Any]) -> None:
    """Take in what an earlier report published: its counts are known, those it suppressed bear no mark."""
    then = _threshold_of(report)
    for section, keys, published in (
        ("rows", [f"place{k}", f"period{k}"], report.get("rows", [])),
        ("total", [], [report.get("total", {})]),
    ):
        start = len(cells.keys)
        cells.outcomes(f"{section}{k}", keys, pl.col(f"in{k}"), shown=False)
        by_key = {
            (row.get("place"), _day(row.get("period"))) if keys else (): row for row in published if row
        }
        for i in range(start, len(cells.keys)):
            _, *key, name = cells.keys[i]
            row = by_key.get(tuple(key))
            if row is None or name not in row:
                continue
            number, value = cells.base.height + i, row[name]
            if cells.values[i] > 0 and value in (None, cells.values[i]):
                mark = WITHHELD if value is None else SHOWN
                cells.least[number], cells.most[number] = believed(mark, cells.values[i], then)


def _know_charges(
    cells: _Cells, k: int, report: Mapping[str, Any], detainers: pl.DataFrame, charge: pl.Expr
) -> None:
    """Charges of declined detainers in an earlier report of the same level.

    What lies in one of the two reports alone is a count that must not be small and known either.
    """
    number = {key: cells.base.height + i for i, key in enumerate(cells.keys)}
    then = _earlier_columns(k, report, detainers.columns)[0].alias("then")
    place = place_columns(str(report["by"]), detainers.columns)[0].alias("place")
    named = detainers.filter(pl.col("outcome") == "declined").select(
        place, charge.fill_null("not in the release").alias("charge"), "now", then, pl.col("n").cast(pl.Int64)
    )
    # Days that only one report covers, if any record shows that there are such days.
    kinds = set(named.select("now", "then").unique().rows())
    possible = {name for name, kind in (("here", (True, False)), ("there", (False, True))) if kind in kinds}
    published = {
        (row.get("place"), row.get("charge")): row.get("declined") for row in report.get("declined", [])
    }
    n, is_now, is_then = pl.col("n"), pl.col("now"), pl.col("then")
    sums = named.group_by("place", "charge").agg(
        n.filter(is_now & is_then).sum().alias("both"),
        n.filter(is_now & ~is_then).sum().alias("here"),
        n.filter(~is_now & is_then).sum().alias("there"),
    )
    for where, what, both, here, there in sums.sort("place", "charge", nulls_last=True).iter_rows():
        earlier = published.get((where, what))
        if earlier != both + there or ("charge", where, what) not in number:
            continue
        shared = cells.put((f"both{k}", where, what), both, None, 0.0, shown=False)
        known = cells.put((f"charge{k}", where, what), earlier, None, 0.0, shown=False)
        cells.least[known] = cells.most[known] = earlier
        for name, alone, whole in (("here", here, number[("charge", where, what)]), ("there", there, known)):
            parts = [shared]
            if name in possible:
                parts.append(cells.put((f"{name}{k}", where, what), alone, None, 0.0, shown=False))
            cells.sums.add(parts, [whole])


_SITE_LEVELS = {"state": "state", "county": "county_fips", "aor": "aor", "office": "office"}
_SITE_PREFIX = "detainers_"


def _of_detainers(site: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The counts of detainers that a site published or suppressed, of levels that the records have."""
    levels = ["nation", *(level for level, column in _SITE_LEVELS.items() if column in columns)]
    names = [f"{_SITE_PREFIX}{name}" for name in COUNTS]
    return site.filter(
        pl.col("measure").is_in(names), pl.col("level").is_in(levels), pl.col("mark") != UNCOVERED
    ).sort("level", "place", "measure", "start", "end")


def _edges(site: pl.DataFrame) -> list[dt.date]:
    """Days on which a count of a site begins, or is over."""
    return sorted({*site["start"].to_list(), *(end + dt.timedelta(days=1) for end in site["end"].to_list())})


def _site_places(columns: Sequence[str]) -> list[pl.Expr]:
    """The places of a record at the levels of a site."""
    known = [
        pl.col(column).alias(f"site_{level}") for level, column in _SITE_LEVELS.items() if column in columns
    ]
    return [pl.lit("US").alias("site_nation"), *known]


def _know_site(cells: _Cells, site: pl.DataFrame, edges: Sequence[dt.date]) -> None:
    """Take in what a site published: its counts are known, those that it suppressed within their marks."""
    at = {day: i + 1 for i, day in enumerate(edges)}
    for (level,), rows in site.group_by(["level"], maintain_order=True):
        places = cells.base.select("row", "outcome", "atom", "n", pl.col(f"site_{level}").alias("place"))
        by_place = {key[0]: frame for key, frame in places.group_by("place")}
        for place, name, start, end, value, mark, threshold in rows.select(
            "place", "measure", "start", "end", "value", "mark", "threshold"
        ).iter_rows():
            if place not in by_place:
                continue
            first, stop = at[start], at[end + dt.timedelta(days=1)]
            inside = by_place[place].filter(pl.col("atom") >= first, pl.col("atom") < stop)
            outcome = name.removeprefix(_SITE_PREFIX)
            if outcome != "issued":
                inside = inside.filter(pl.col("outcome") == outcome)
            count = int(inside["n"].sum())
            if count == 0 or (mark == SHOWN and value != count):
                continue  # the records have changed since
            numbers = inside["row"].to_list()
            cell = cells.put(("site", level, place, name, start, end), count, numbers, 0.0, shown=False)
            cells.least[cell], cells.most[cell] = believed(mark, count, threshold)


def _differences_to_site(cells: _Cells, site: pl.DataFrame, edges: Sequence[dt.date], by: str) -> None:
    """What follows from a count of the report and those of a site by subtraction, which are cells too.

    Of the days that a row of the report counts: those within spans of the site, all others of the row, and
    those that these spans and the ones that the row only touches have beyond it. Once with the spans of which
    the site shows the count alone, once with all; the months of a place apart from its quarters and years.
    """
    at = {day: i + 1 for i, day in enumerate(edges)}
    level = "county" if by == "facility" else by
    spans: dict[tuple[str, str, str, str], list[tuple[int, int, bool]]] = {}
    for where, place, name, period, start, end, mark in site.select(
        "level", "place", "measure", "period", "start", "end", "mark"
    ).iter_rows():
        if where in (level, "nation"):
            days = (at[start], at[end + dt.timedelta(days=1)], mark == SHOWN)
            spans.setdefault((where, place, name.removeprefix(_SITE_PREFIX), period), []).append(days)
    periods = cells.base.filter("now")["period"].drop_nulls()
    # All days, and the periods that the report may cover in part: its first and last.
    windows = [
        pl.col("now"),
        *(
            pl.col("now") & (pl.col("period") == day)
            for day in dict.fromkeys((periods.min(), periods.max()))
            if day is not None
        ),
    ]
    base = cells.base.with_columns(w.alias(f"in{i}") for i, w in enumerate(windows))
    places = {
        where: {key[0]: rows for key, rows in base.group_by(f"site_{where}", maintain_order=True)}
        for where in {key[0] for key in spans}
    }
    seen: set[bytes] = set()
    for (where, place, outcome, period), found in spans.items():
        rows = places[where].get(place, base.clear())
        is_counted = (rows["outcome"] == outcome).to_numpy() | (outcome == "issued")
        atom, n, number = (rows[c].to_numpy() for c in ("atom", "n", "row"))
        for i, only_shown in itertools.product(range(len(windows)), (True, False)):
            now = rows[f"in{i}"].to_numpy()
            within, touched = np.zeros(rows.height, bool), np.zeros(rows.height, bool)
            for first, stop, is_shown in found:
                span = (atom >= first) & (atom < stop)
                if is_shown or not only_shown:
                    within |= span & bool(now[span].all())
                    touched |= span & bool(now[span].any())
            parts = [touched & ~now]
            if where != by or ((now & within & is_counted).any() and (now & ~within & is_counted).any()):
                parts += [now & within, now & ~within]
            for part in parts:
                inside = number[part & is_counted]
                total = int(n[part & is_counted].sum())
                if total and inside.tobytes() not in seen:
                    seen.add(inside.tobytes())
                    key = (_BESIDE, where, place, outcome, period, i, len(seen))
                    cells.put(key, total, inside.tolist(), 0.0, shown=False)


def _day(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(str(value)) if value else None


def suppress(rows: pl.DataFrame, threshold: int = DEFAULT_THRESHOLD) -> pl.DataFrame:
    """Null the small cells of an outcome table and what would give them away; mark its rows (`suppressed`).

    Rows and columns have printed totals. Rates of suppressed counts are nulled with them.

    Parameters
    ----------
    rows : DataFrame
        As `outcome_counts` gives them.
    threshold : int
        Counts from 1 to threshold - 1 are small; 0 or 1 suppresses nothing.

    Returns
    -------
    DataFrame
        The rows, with the column `suppressed`.

    Examples
    --------
    >>> import polars as pl
    >>> found = {"booked": [0, 20, 20], "declined": [3, 20, 30], "lifted": [0, 9, 8], "missing": [20, 20, 20]}
    >>> outcomes = {**dict.fromkeys(OUTCOMES, [0, 0, 0]), **found}
    >>> names = ["A", "B", "C"]
    >>> rows = pl.DataFrame({"place": names, "place_name": names, "period": [None] * 3, **outcomes})
    >>> suppress(rows.with_columns(issued=pl.sum_horizontal(*outcomes)))["declined"][0] is None
    True
    """
    if threshold <= 1 or rows.is_empty():
        return rows.with_columns(pl.lit(False).alias("suppressed"))
    numbered = rows.with_row_index("line")
    long = numbered.unpivot(OUTCOMES, index="line", variable_name="outcome", value_name="n")
    cells = _Cells(long.filter(pl.col("n") > 0).with_row_index("row"))
    cells.outcomes("total", [], pl.lit(True))
    cells.outcomes("rows", ["line"], pl.lit(True))
    found = Disclosed(cells.solved(threshold))
    return found.rows("rows", numbered, ["line"]).drop("line")
