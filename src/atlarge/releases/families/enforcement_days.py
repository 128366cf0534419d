"""Encounters, arrests and removals by area of responsibility and day."""

from __future__ import annotations

import polars as pl

from atlarge.releases.spreads import figures


def spread(frame: pl.DataFrame) -> pl.DataFrame:
    """Encounters, arrests and removals, one row each."""
    names = {"n_encounters": "encounters", "n_arrests": "arrests", "n_removals": "removals"}
    return figures(frame, names, date=pl.col("date"), every="day", place=pl.col("place"), place_kind="aor")
