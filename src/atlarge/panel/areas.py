"""Areas of responsibility as the records name them, and with those whose blank area is recovered.

The agency's own totals by area equal the column as recorded. The panel also counts rows whose area is blank
and is recovered from the landmark, so that its totals are a little higher: both are needed to compare.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from atlarge.panel.counting import measure as measure_of
from atlarge.panel.counting import rows_of

if TYPE_CHECKING:
    from atlarge.records.store import Store

SCHEMA = {"place": pl.String, "measure": pl.String, "recorded": pl.Int64, "recovered": pl.Int64}


def area_totals(
    store: Store,
    measures: Sequence[str] = ("arrests",),
    *,
    start: dt.date,
    end: dt.date,
    scheme: str = "ddp",
    places: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Totals by area of responsibility, as recorded and recovered.

    Parameters
    ----------
    store
        An open store.
    measures
        Names of measures; those whose table has no basis for its areas are left out.
    start, end
        First and last day.
    scheme
        Reading of apprehension methods.
    places
        Codes of areas; None: all.

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
    >>> from atlarge import open_store
    >>> year = dict(start=dt.date(2015, 10, 1), end=dt.date(2016, 9, 30))
    >>> area_totals(open_store(), places=["BOS"], **year).row(0)
    ('BOS', 'arrests', 1858, 1860)
    """
    parts = [pl.DataFrame(schema=SCHEMA)]
    for name in measures:
        about = measure_of(name)
        if "aor_basis" not in store.scan(about.table).collect_schema().names():
            continue
        inside = pl.col(about.date).is_between(start, end) & pl.col("aor").is_not_null()
        if places is not None:
            inside &= pl.col("aor").is_in(list(places))
        rows = rows_of(store, about, scheme, inside)
        value = pl.col(about.value).cast(pl.Int64)
        counted = rows.group_by(pl.col("aor").alias("place")).agg(
            value.filter(pl.col("aor_basis") == "recorded").sum().alias("recorded"),
            value.sum().alias("recovered"),
        )
        parts.append(counted.with_columns(pl.lit(name).alias("measure")).select(list(SCHEMA)).collect())
    return pl.concat(parts).sort("measure", "place")
