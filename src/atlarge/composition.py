"""Decompose a change in the share with a conviction: a different mix of arrests, or different people within
each kind.

And, by counts: more of some, fewer of others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.arguments import one_of
from atlarge.calendar import as_day
from atlarge.disclosure.table import THRESHOLD
from atlarge.effects import ShareChange, count_contributions, kitagawa
from atlarge.engines import compact
from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import PLACE_COLUMN, panel
from atlarge.places import find_place
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Store, open_store

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BY", "KINDS", "Composition", "composition"]

KINDS = ("convicted", "pending", "no_charge")
BY = ("category", "landmark_class", "agency", "arrest_type", "method")
"""What arrests may be grouped by: category is the reading of the method (at large, custodial, ...)."""
_NEEDS = {"landmark_class": "at_jail", "agency": "arrested_by_ice", "arrest_type": "targeted"}
NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Composition:
    """The result of `composition`; undisclosed unless computed with `disclose`.

    Attributes
    ----------
    place, place_name, level : str
        Where.
    before, after : tuple of date
        First and last day of the two periods.
    of, by : str
        The kind whose share it is, and what arrests are grouped by.
    change : ShareChange
        The decomposition by groups.
    counts : DataFrame
        One row a kind: before, after (arrests), before_per_day, after_per_day, contribution.
    not_recorded : tuple of int
        Arrests without a criminality, left out of both.
    """

    place: str
    place_name: str
    level: str
    before: tuple[dt.date, dt.date]
    after: tuple[dt.date, dt.date]
    of: str
    by: str
    change: ShareChange
    counts: pl.DataFrame
    not_recorded: tuple[int, int]

    def to_frame(self) -> pl.DataFrame:
        """One row a group, as of `ShareChange.to_frame`."""
        frame: pl.DataFrame = self.change.to_frame()
        return frame

    def summary(self) -> str:
        """The change in words and numbers."""
        spans = [f"{a} to {b}" for a, b in (self.before, self.after)]
        lines = [f"{self.place_name}: {self.of} in arrests, {spans[0]} and {spans[1]}", self.change.summary()]
        for kind, a, b, part in self.counts.select(
            "kind", "before_per_day", "after_per_day", "contribution"
        ).iter_rows():
            lines.append(f"{kind}: {a:.2f} a day before, {b:.2f} after: {100 * part:+.1f} points")
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Contributions of each group, as of `ShareChange.plot`."""
        return self.change.plot(ax)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `atlarge composition`."""

        def period(span: tuple[dt.date, dt.date], share: float, left_out: int) -> dict[str, Any]:
            return {"start": span[0], "end": span[1], "share": share, "not_recorded": left_out}

        return {
            "place": self.place,
            "place_name": self.place_name,
            "place_kind": self.level,
            "of": self.of,
            "by": self.by,
            "before": period(self.before, self.change.before, self.not_recorded[0]),
            "after": period(self.after, self.change.after, self.not_recorded[1]),
            "change": self.change.change.to_dict(),
            "composition": self.change.composition.to_dict(),
            "within": self.change.within.to_dict(),
            "groups": self.to_frame().to_dicts(),
            "counts": self.counts.to_dicts(),
        }


def composition(
    place: str,
    *,
    before: tuple[dt.date | str, dt.date | str],
    after: tuple[dt.date | str, dt.date | str],
    store: Store | Path | str | None = None,
    of: str = "convicted",
    by: str = "category",
    scheme: str = "ddp",
    engine: str = "polars",
    disclose: bool = False,
) -> Composition:
    """Decompose the change of the convicted share of arrests in a place between two periods.

    Parameters
    ----------
    place : str
        As for `find_place`, or US.
    before, after : two dates or ISO texts each
        First and last day of each period, dates or ISO text.
    store : Store or path, optional
        Store, its folder, or None: the embedded records (which have no criminality).
    of : str
        convicted, pending or no_charge.
    by : str
        What arrests are grouped by: category (at large, custodial, ... by the scheme), landmark_class,
        agency, arrest_type or method.
    scheme : str
        Reading of apprehension methods: ddp or biglocal.
    engine : str
        polars, duckdb or spark.
    disclose : bool
        Refuse where a count under 5 is among those that the numbers follow from, so that they may be passed
        on.

    Returns
    -------
    Composition
        With intervals of chance (Poisson counts), not of how complete the records are.

    Raises
    ------
    QuestionError
        For an unknown kind or grouping, periods out of order or that overlap; for small counts with
        `disclose`.
    CoverageError
        Where no release reports criminality, or the grouping, on every day of both periods.
    PlaceError
        For a place that is unknown or ambiguous.

    Examples
    --------
    >>> composition("US", before=("2016-10-01", "2016-12-31"), after=("2017-10-01", "2017-12-31"))
    Traceback (most recent call last):
    atlarge.errors.CoverageError: no release in the store reports convicted: the column it is counted by ...
    """
    one_of(of, KINDS, "kind")
    if by not in BY:
        raise QuestionError(f"arrests cannot be grouped by {by!r}; by: {', '.join(BY)}")
    spans = [_span(before, "before"), _span(after, "after")]
    if spans[0][1] >= spans[1][0]:
        raise QuestionError(
            f"before ends on {spans[0][1]}, and after starts on {spans[1][0]}: they must not meet"
        )
    opened = open_store(store)
    level, code, name = find_place(place)
    parts = []
    for span in spans:
        _require_coverage(opened, level, code, span, by, engine)
        parts.append(_counted(opened, level, code, span, by, scheme, engine))
    rows = pl.concat([p.with_columns(pl.lit(k).alias("period")) for k, p in enumerate(parts)])
    known = rows.drop_nulls("conviction")
    for k, (first, last) in enumerate(spans):
        if known.filter(period=k).is_empty():
            raise QuestionError(
                f"{name}: no arrest from {first} to {last} has its criminality recorded, so that there is no "
                "share; take longer periods or a wider place"
            )
    if disclose:
        _refuse_small(rows, of)
    by_group = known.group_by("group", "period").agg(
        pl.col("n").sum().alias("size"), pl.col("n").filter(pl.col("conviction") == of).sum().alias("cases")
    )
    change = kitagawa(by_group, before=0, after=1)
    left_out = [int(rows.filter(pl.col("conviction").is_null(), period=k)["n"].sum()) for k in range(2)]
    return Composition(
        code,
        name,
        level,
        spans[0],
        spans[1],
        of,
        by,
        change,
        _by_kind(known, spans, of),
        (left_out[0], left_out[1]),
    )


def _span(days: tuple[dt.date | str, dt.date | str], name: str) -> tuple[dt.date, dt.date]:
    first, last = as_day(days[0]), as_day(days[1])
    if first is None or last is None or last < first:
        raise QuestionError(f"{name} needs a first day and a last day after it, as 2025-01-01:2025-06-30")
    return first, last


def _require_coverage(
    store: Store, level: str, code: str, span: tuple[dt.date, dt.date], by: str, engine: str
) -> None:
    """CoverageError unless a release reports criminality, and the grouping, on every day of a period."""
    for measure in ("convicted", *([_NEEDS[by]] if by in _NEEDS else [])):
        counted = panel(
            store, by=level, every="day", measures=[measure], places=[code], start=span[0], end=span[1],
            engine=engine,
        ).frame  # fmt: skip
        covered = int(counted["value"].count())
        days = (span[1] - span[0]).days + 1
        if covered < days:
            raise CoverageError(
                f"{measure} is reported on {covered} of the {days} days from {span[0]} to {span[1]}: "
                "take a period that is covered whole"
            )


def _counted(
    store: Store, level: str, code: str, span: tuple[dt.date, dt.date], by: str, scheme: str, engine: str
) -> pl.DataFrame:
    """Arrests of a place in a period by group and conviction: group, conviction, n."""
    column = PLACE_COLUMN[level]
    names = [column] if column else []
    source = "method" if by == "category" else by
    rows = compact(store, "arrests", [*names, "conviction", source], engine, span[0], span[1])
    if column:
        rows = rows.filter(pl.col(column) == code)
    group = pl.col(source).fill_null(NOT_RECORDED)
    if by == "category":
        read = scheme_of(scheme)
        known = {method: category for category, methods in read.categories.items() for method in methods}
        group = pl.col(source).replace_strict(known, default=read.unlisted, return_dtype=pl.String)
    return (
        rows.group_by(group.alias("group"), "conviction").agg(pl.col("n").sum()).sort("group", "conviction")
    )


def _by_kind(known: pl.DataFrame, spans: list[tuple[dt.date, dt.date]], of: str) -> pl.DataFrame:
    """Counts of each kind in both periods, and what each contributes to the change of the share."""
    counts = known.group_by("conviction", "period").agg(pl.col("n").sum())
    found = {(kind, k): int(n) for kind, k, n in counts.iter_rows()}
    kinds = sorted({*KINDS, *counts["conviction"].to_list()}, key=lambda k: (k not in KINDS, k))
    days = [(b - a).days + 1 for a, b in spans]
    per_day = [{kind: found.get((kind, k), 0) / days[k] for kind in kinds} for k in range(2)]
    parts = count_contributions(per_day[0], per_day[1], of)
    return pl.DataFrame(
        {
            "kind": kinds,
            "before": [found.get((kind, 0), 0) for kind in kinds],
            "after": [found.get((kind, 1), 0) for kind in kinds],
            "before_per_day": list(per_day[0].values()),
            "after_per_day": list(per_day[1].values()),
            "contribution": [parts[kind] for kind in kinds],
        }
    )


def _refuse_small(rows: pl.DataFrame, of: str) -> None:
    """QuestionError where a count from which the numbers follow is small."""
    kinds = rows.with_columns(pl.col("conviction").fill_null(NOT_RECORDED))
    by_group = kinds.filter(pl.col("conviction") != NOT_RECORDED).group_by(
        "group", "period", (pl.col("conviction") == of).alias("is_case")
    )
    counts = [
        int(n)
        for grouped in (by_group, kinds.group_by("conviction", "period"))
        for n in grouped.agg(pl.col("n").sum())["n"].to_list()
    ]
    small = sum(0 < n < THRESHOLD for n in counts)
    if small:
        raise QuestionError(
            f"{small} of the {len(counts)} counts behind the numbers are under {THRESHOLD}: they may not be "
            "passed on; take longer periods, a wider place or fewer groups"
        )
