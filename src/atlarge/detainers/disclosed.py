"""The tables of a detainer report as one disclosed system: no suppressed count follows from any of them.

Counts by place and period, their totals, places by volume, declines by charge, the largest facility and what
an earlier report published are all sums of the same records. They are put through disclosure control
together; rates are computed from published counts alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from atlarge.detainers.outcomes import OUTCOMES, add_rates, charge_of, period_of, place_columns
from atlarge.detainers.published_earlier import (
    DEFAULT_THRESHOLD,
    add_differences_to_site,
    detainers_of_site,
    earlier_columns,
    edges_of,
    know_charges,
    know_report,
    know_site,
    site_places,
    threshold_of,
)
from atlarge.detainers.report_cells import COUNTS, Key, ReportCells
from atlarge.disclosure.suppression import ExposedError
from atlarge.errors import QuestionError

OTHER_CHARGES = "other charges"


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
        plain = rows.select(c for c in rows.columns if c not in RATES and c != "known")
        frame = plain.with_columns(pl.Series(name, values, dtype=pl.Int64) for name, values in at.items())
        return _with_rates(frame)

    def total(self) -> dict[str, int | None]:
        """The counts of all places together."""
        return {name: self.counts.get(("total", name), 0) for name in COUNTS}


RATES = ("decline_rate", "rate_low", "rate_high", "best_case", "worst_case", "missing_share")


def _with_rates(rows: pl.DataFrame) -> pl.DataFrame:
    """Rates from published counts alone; those of suppressed counts are null."""
    hidden = pl.any_horizontal(pl.col(name).is_null() for name in COUNTS)
    filled = rows.with_columns(pl.col(name).fill_null(0) for name in COUNTS)
    rated = add_rates(filled).select("known", *RATES)
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
    site = None if beside is None else detainers_of_site(beside, detainers.columns)
    if site is not None and site.height:
        threshold = max(threshold, int(site["threshold"].max()))  # type: ignore[arg-type]
    threshold = max([threshold, *map(threshold_of, after)])
    now = pl.col("date").is_between(first, last) if "date" in detainers.columns else pl.lit(True)
    detainers = detainers.with_columns(now.alias("now"))
    edges = [] if site is None else edges_of(site)
    base = _finest_counts(detainers, by, every, after, edges)
    cells = ReportCells(base.with_row_index("row"), is_finer=bool(edges))
    _add_tables(cells, detainers, by, every, largest=largest)
    for k, report in enumerate(after):
        know_report(cells, k, report)
        know_charges(cells, k, report, detainers)
    if site is not None:
        know_site(cells, site, edges)
        add_differences_to_site(cells, site, edges, by)
    if after:
        # What is in one report but not in another follows by subtraction, for each place and for all.
        inside = ["now", *(f"in{k}" for k in range(len(after)))]
        cells.outcomes("difference", ["place", *inside], pl.lit(True), shown=False)
        cells.outcomes("difference of all", inside, pl.lit(True), shown=False)
    return _solved_with_places_left_out(cells, threshold, has_earlier=bool(after) or site is not None)


def _key_columns(by: str, columns: Sequence[str]) -> list[str]:
    """Names of the columns that identify a place."""
    return [key.meta.output_name() for key in place_columns(by, list(columns))]


def _finest_counts(
    detainers: pl.DataFrame,
    by: str,
    every: str,
    after: Sequence[Mapping[str, Any]],
    edges: Sequence[dt.date],
) -> pl.DataFrame:
    """Records by all that this report, earlier ones and a site tell apart: no published count is finer."""
    columns = [*place_columns(by, detainers.columns), period_of(every).alias("period"), pl.col("now")]
    for k, report in enumerate(after):
        columns += earlier_columns(k, report, detainers.columns)
    if edges:
        at = np.searchsorted(np.array(edges, "M8[D]"), detainers["date"].to_numpy(), side="right")
        columns += [pl.lit(pl.Series("atom", at, dtype=pl.Int64)), *site_places(detainers.columns)]
    outcome = pl.col("outcome").fill_null("missing")
    grouped = detainers.select(*columns, outcome.alias("outcome"), pl.col("n").cast(pl.Int64))
    names = [c for c in grouped.columns if c != "n"]
    base = grouped.group_by(*names).agg(pl.col("n").sum()).sort(names, nulls_last=True)
    base = base.filter(pl.col("n") > 0)
    if not edges:
        return base
    fine = ["site_county", "site_office", *(f"place{k}" for k in range(len(after)))]
    if by in ("county", "facility"):
        fine = [*_key_columns(by, detainers.columns), *fine]
    return _with_possible(base, names, fine)


def _add_tables(cells: ReportCells, detainers: pl.DataFrame, by: str, every: str, *, largest: bool) -> None:
    """The counts of every table of the report."""
    is_now, keys = pl.col("now"), _key_columns(by, detainers.columns)
    cells.outcomes("total", [], is_now)
    cells.outcomes("rows", [*keys, "period"], is_now)
    if every != "all":
        cells.outcomes("volume", keys, is_now)
    named = detainers.filter(is_now).select(
        place_columns(by, detainers.columns)[0].alias("place"),
        charge_of(detainers.columns),
        _largest(by, largest, detainers.columns),
        pl.col("outcome").fill_null("missing"),
        pl.col("n").cast(pl.Int64),
    )
    cells.named("all charges", ["place"], is_now & (pl.col("outcome") == "declined"))
    cells.within("charge", named.filter(pl.col("outcome") == "declined"), "charge", "all charges")
    cells.outcomes("unplaced", [], is_now & pl.col("place").is_null(), shown=not cells.is_finer)
    if largest:
        cells.named("all facilities", ["place"], is_now)
        cells.within("facility", named.filter("is_largest"), None, "all facilities")


def _solved_with_places_left_out(cells: ReportCells, threshold: int, *, has_earlier: bool) -> Disclosed:
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
    cells = ReportCells(long.filter(pl.col("n") > 0).with_row_index("row"))
    cells.outcomes("total", [], pl.lit(True))
    cells.outcomes("rows", ["line"], pl.lit(True))
    found = Disclosed(cells.solved(threshold))
    return found.rows("rows", numbered, ["line"]).drop("line")
