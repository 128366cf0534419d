"""Published rows that hold several figures, spread into one row a figure."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

_LINEAGE = ("release_id", "file", "sheet", "row")
Word = str | pl.Expr | None


def _as_expr(word: Word) -> pl.Expr:
    return word if isinstance(word, pl.Expr) else pl.lit(word, pl.String)


def figures(
    frame: pl.DataFrame,
    measures: Mapping[str, Word],
    *,
    date: pl.Expr,
    every: Word,
    place: Word,
    place_kind: Word,
    fiscal_year: pl.Expr | None = None,
    as_of: pl.Expr | None = None,
) -> pl.DataFrame:
    """One row a figure: date, every, place, place_kind, measure, value. Empty cells give no row.

    `fiscal_year` and `as_of` (the day up to which the figure counts) are null where they are not given.
    `measures` names each column's measure, in words or as an expression.
    """
    parts = [
        frame.select(
            *[pl.col(name) for name in _LINEAGE if name in frame.columns],
            date.cast(pl.Date).alias("date"),
            (pl.lit(None) if fiscal_year is None else fiscal_year).cast(pl.Int32).alias("fiscal_year"),
            (pl.lit(None) if as_of is None else as_of).cast(pl.Date).alias("as_of"),
            _as_expr(every).alias("every"),
            _as_expr(place).alias("place"),
            _as_expr(place_kind).alias("place_kind"),
            _as_expr(measure).alias("measure"),
            pl.col(column).cast(pl.Float64).alias("value"),
        ).filter(pl.col("value").is_not_null())
        for column, measure in measures.items()
        if column in frame.columns
    ]
    return pl.concat(parts).sort(
        ["sheet", "row", "measure"] if "sheet" in frame.columns else ["row", "measure"]
    )


def counties(frame: pl.DataFrame, county: str, state: str) -> pl.Expr:
    """FIPS codes of the counties named, as an expression; the words themselves where they name none."""
    from atlarge.releases.areas import county_code, state_code

    codes = county_code(frame[county], state_code(frame[state]))
    return pl.coalesce(pl.lit(codes), pl.concat_str([pl.col(county), pl.col(state)], separator=", "))


def states(frame: pl.DataFrame, state: str) -> pl.Expr:
    """Two-letter codes of the states named, as an expression; the words themselves where they name none."""
    from atlarge.releases.areas import state_code

    return pl.coalesce(pl.lit(state_code(frame[state])), pl.col(state))
