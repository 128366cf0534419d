"""Places side by side: one measure by month for up to five counties, areas or states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.calendar import month_end
from atlarge.disclosure.table import Counts, Disclosed
from atlarge.errors import QuestionError
from atlarge.files import write_by_extension
from atlarge.panel import measure, panel
from atlarge.panel.catalogue import measure as measure_of
from atlarge.panel.time_axis import Break, breaks_of_store
from atlarge.places import find_place
from atlarge.publish import charts
from atlarge.publish.day_ranges import Window, daily_counts
from atlarge.publish.detention_view import break_marks_of
from atlarge.publish.i18n import Words
from atlarge.publish.release_table import window_cells
from atlarge.publish.svg import Drawing
from atlarge.records.completeness import open_end
from atlarge.records.store import Store, open_store
from atlarge.wording import some

MOST = 5


@dataclass(frozen=True, repr=False)
class Comparison:
    """Counts of a few places by month.

    `places`: level, code and name of each, in the requested order. `frame`: the rows of the panel with a
    column `level`; undisclosed. `chart()` and `table()` are what may be passed on: small counts are
    suppressed. `breaks`: days at which its definition or releases change, or it is no more complete.
    `unplaced`: by level, how many of what is counted name no place of it, and so stand in no row.
    """

    places: tuple[tuple[str, str, str], ...]
    measure: str
    frame: pl.DataFrame
    disclosed: Disclosed
    breaks: tuple[Break, ...] = ()
    unplaced: dict[str, int] = field(default_factory=dict)

    def table(self) -> pl.DataFrame:
        """Published months: level, place, measure, start, end, value, mark."""
        frame: pl.DataFrame = self.disclosed.frame
        return frame.filter(pl.col("every") == "window").drop("every").sort("level", "place", "start")

    def series(self) -> list[Counts]:
        """One disclosed series a place, in the requested order."""
        return [
            self.disclosed.counts(
                name,
                pl.col("every") == "window",
                pl.col("level") == level,
                pl.col("place") == code,
                period="start",
            )
            for level, code, name in self.places
        ]

    def chart(self, language: str = "en") -> Drawing:
        """The lines of the places on one chart."""
        w = Words(language)
        series = self.series()
        longest = max(series, key=lambda s: len(s.periods))
        label = w.label("measure", self.measure, measure(self.measure).label)
        names = "; ".join(name for _, _, name in self.places)
        first, last = w.month(longest.periods[0]), w.month(longest.periods[-1])
        drawn = charts.timeline(series, w=w, breaks=break_marks_of(self.breaks, w), width=900, height=420)
        title = w("compare.cli_title", measure=label, places=names)
        return drawn.named(title, w("compare.cli_says", first=first, last=last))

    def write(self, path: Path | str, language: str = "en") -> None:
        """Write the chart (.svg, .png) or its published counts (.csv, .parquet); whole or not at all."""
        write_by_extension(
            path,
            self.table(),
            svg=lambda: self.chart(language).standalone().encode(),
            png=lambda: self.chart(language).png(),
        )

    def summary(self) -> str:
        """Which places, and over which months, in one line."""
        names = ", ".join(name for _, _, name in self.places)
        first, last = self.frame["period"].min(), self.frame["period"].max()
        return f"{self.measure} by month in {names}, {first!s} to {last!s}"

    __str__ = summary

    def __repr__(self) -> str:
        return f"<Comparison: {self.summary()}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `atlarge compare`."""
        return {
            "measure": self.measure,
            "places": [{"place": c, "place_name": n, "level": level} for level, c, n in self.places],
            "rows": self.frame.height,
            "unplaced": self.unplaced,
            "data": self.frame.to_dicts(),
        }


def compare(
    names: Sequence[str],
    store: Store | Path | str | None = None,
    *,
    measure: str = "at_large",
    start: dt.date | str | None = None,
    end: dt.date | str | None = None,
    scheme: str = "ddp",
) -> Comparison:
    """Count one measure by month in two to five places, of any levels.

    `names`: as for `find_place` (48453, "Travis County, TX", CHI, TX), or US. Raises PlaceError
    for a name that is unknown or ambiguous, QuestionError for fewer than two places or more than five,
    CoverageError where no release covers one of them.

    Examples
    --------
    >>> compare(["48453", "48201"], measure="handoffs").frame.columns[:3]
    ['level', 'place', 'place_name']
    """
    opened = open_store(store)
    found = list(dict.fromkeys(_find(name) for name in names))
    if not 2 <= len(found) <= MOST:
        again = ", one named again counted once" if len(found) < len(names) else ""
        raise QuestionError(f"{some(len(found), 'place')} named{again}; compare takes 2 to {MOST}")
    frames = []
    unplaced = {}
    for level, code, name in found:
        counted = panel(
            opened, by=level, measures=[measure], scheme=scheme, start=start, end=end, places=[code]
        )
        unplaced[level] = sum(scope["unplaced"].get(measure, 0) for scope in counted.coverage.values())
        named = (pl.lit(level).alias("level"), pl.lit(name).alias("place_name"))
        frames.append(counted.frame.with_columns(*named))
    frame = pl.concat(frames)
    frame = frame.select("level", *(c for c in frame.columns if c != "level"))
    whole = frame.filter(pl.col("days_covered") == pl.col("days_in_period")).drop_nulls("value")
    windows = [
        Window(((level, code),), measure, day, month_end(day), scheme)
        for level, code, day in whole.select("level", "place", "period").iter_rows()
    ]
    if not windows:
        raise QuestionError("no month of these places is covered whole: there is nothing to compare")
    disclosed = window_cells((windows, daily_counts(opened, windows)))
    first, last = min(window.start for window in windows), max(window.end for window in windows)
    ends = open_end(opened) if measure_of(measure).table == "arrests" else None
    dated = breaks_of_store(opened, [measure], first, last, ends.complete_until if ends else None)
    return Comparison(tuple(found), measure, frame, disclosed, tuple(dated), unplaced)


def _find(name: str) -> tuple[str, str, str]:
    """Level, code and name of a place as a user names it."""
    place = find_place(name)
    return place.kind, place.code, Words()(f"level.{place.kind}", name=place.name, code=place.code)
