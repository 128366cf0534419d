"""Totals by area of responsibility (AOR), both as recorded and with blank areas recovered from landmarks.

The agency's own totals match the area column as recorded. The panel also counts rows whose blank area was
recovered from the landmark, so its totals are slightly higher; a comparison needs both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from atlarge.arguments import names_of
from atlarge.calendar import as_day
from atlarge.panel.catalogue import measure as measure_of
from atlarge.panel.catalogue import rows_of
from atlarge.panel.levels import place_codes
from atlarge.records.store import Store, open_store

SCHEMA = {"place": pl.String, "measure": pl.String, "recorded": pl.Int64, "recovered": pl.Int64}


def area_totals(
    store: Store | Path | str | None = None,
    measures: str | Sequence[str] = ("arrests",),
    *,
    start: dt.date | str,
    end: dt.date | str,
    scheme: str = "ddp",
    places: str | Sequence[str] | None = None,
) -> pl.DataFrame:
    """Totals by area of responsibility, as recorded and recovered.

    Parameters
    ----------
    store : Store or path, optional
        A store; left out: the embedded records.
    measures : str or sequence of str
        A measure's name, or several; those whose table has no basis for its areas are left out.
    start, end : date or ISO text
        First and last day; dates or ISO strings.
    scheme : str
        Reading of apprehension methods.
    places : str or sequence of str, optional
        An area, or several, by code or name; None: all.

    Returns
    -------
    polars.DataFrame
        place, measure, recorded (rows whose area column names it) and recovered (these and the rows whose
        blank area is recovered from the landmark).

    Raises
    ------
    QuestionError, StoreError
        For an unknown measure or scheme, and where the store lacks a table.

    Examples
    --------
    >>> area_totals(places=["BOS"], start="2015-10-01", end="2016-09-30").row(0)
    ('BOS', 'arrests', 1858, 1860)
    """
    store, start, end = open_store(store), as_day(start), as_day(end)
    parts = [pl.DataFrame(schema=SCHEMA)]
    chosen = None if places is None else place_codes(names_of(places, "place"), "aor")
    for name in names_of(measures, "measure"):
        about = measure_of(name)
        if "aor_basis" not in store.scan(about.table).collect_schema().names():
            continue
        inside = pl.col(about.date).is_between(start, end) & pl.col("aor").is_not_null()
        if chosen is not None:
            inside &= pl.col("aor").is_in(chosen)
        rows = rows_of(store, about, scheme, inside)
        value = pl.col(about.value).cast(pl.Int64)
        counted = rows.group_by(pl.col("aor").alias("place")).agg(
            value.filter(pl.col("aor_basis") == "recorded").sum().alias("recorded"),
            value.sum().alias("recovered"),
        )
        parts.append(counted.with_columns(pl.lit(name).alias("measure")).select(list(SCHEMA)).collect())
    return pl.concat(parts).sort("measure", "place")
