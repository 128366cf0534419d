"""Minnesota aggregates from the March 2026 release: day counts and lift reasons."""

from __future__ import annotations

import polars as pl

from atlarge.releases.spreads import figures

_STATES = {"TEXAS": "TX", "WISCONSIN": "WI", "ILLINOIS": "IL", "MINNESOTA": "MN", "OREGON": "OR"}
_REASONS = {
    "booked": "Booked into Detention",
    "declined": "Detainer Declined by LEA",
    "gone": "No longer in State, Local, or Federal Custody",
    "missing": "NA",
    "total": "total",
    "other": "other",
}


def detainers(frame: pl.DataFrame) -> pl.DataFrame:
    """Detainers issued."""
    names = {"count": "detainers_issued"}
    return figures(frame, names, date=pl.col("date"), every="day", place="MN", place_kind="state")


def by_state(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrests of each state."""
    parts = [
        figures(frame, {name: "arrests"}, date=pl.col("date"), every="day", place=code, place_kind="state")
        for name, code in _STATES.items()
    ]
    return pl.concat(parts).sort("row", "place")


def collateral(frame: pl.DataFrame) -> pl.DataFrame:
    """Arrests that were collateral, and those that were not."""
    names = {"collateral": "arrests: collateral", "targeted": "arrests: targeted"}
    return figures(frame, names, date=pl.col("date"), every="day", place="MN", place_kind="state")


def reasons(frame: pl.DataFrame) -> pl.DataFrame:
    """Detainers of a facility by what became of them."""
    names = {name: f"detainers: {words}" for name, words in _REASONS.items()}
    return figures(
        frame, names, date=pl.lit(None, pl.Date), every=None, place=pl.col("place"), place_kind="facility"
    )
