"""Series of figures that are published repeatedly: each figure is counted from the newest release of its
family.

ICE's workbooks of one fiscal year repeat every month of it, each time a little different. What an older one
said is set aside with its release, not deleted, so that both can be compared.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from atlarge.records.overlap import Lost, Stored

SERIES: dict[str, tuple[str, ...]] = {"aggregates": ("place_kind", "place", "measure", "date", "every")}
"""Tables of figures, and the columns that say which figure a row is."""


def figure_keys(table: str) -> list[pl.Expr]:
    """The columns that say which figure a row is, in one spelling; a count to date is of its whole period."""
    spelled = {
        "place": pl.col("place").str.to_uppercase(),
        "every": pl.col("every").str.replace(" to date", "", literal=True),
    }
    return [spelled.get(name, pl.col(name)).alias(name) for name in SERIES[table]]


def vintage(stored: Stored) -> tuple[dt.date, dt.date, int, str]:
    """What orders releases of one family: the day of the figures, the last period, the size, the id."""
    first = dt.date.min
    days = [stored.frame[name].max() if name in stored.frame.columns else None for name in ("as_of", "date")]
    stated, last = (day if isinstance(day, dt.date) else first for day in days)
    return stated, last, stored.frame.height, str(stored.audit["id"])


def superseded(table: str, stored: list[Stored], fresh: set[str]) -> Lost:
    """Rows of each release, by id, whose figures a newer one of its family repeats, and the newer one."""
    lost: Lost = {}
    by_family: dict[str, list[Stored]] = {}
    for one in stored:
        by_family.setdefault(str(one.audit["family"]), []).append(one)
    for releases in by_family.values():
        ordered = sorted(releases, key=vintage, reverse=True)
        if len(ordered) < 2 or not fresh & {str(one.audit["id"]) for one in ordered}:
            continue
        for at, older in enumerate(ordered[1:], start=1):
            keys = older.frame.select(figure_keys(table))
            gone = pl.Series([False] * older.frame.height)
            for newer in ordered[:at]:
                theirs = newer.frame.select(figure_keys(table)).unique().with_columns(_both=pl.lit(True))
                both = keys.join(
                    theirs, on=list(SERIES[table]), how="left", nulls_equal=True, maintain_order="left"
                )
                rows = both["_both"].fill_null(False) & ~gone
                if rows.any():
                    masks = pl.DataFrame({"lost": rows, "gone": rows & False})
                    lost.setdefault(str(older.audit["id"]), []).append((masks, _details(newer, rows, older)))
                    gone = gone | rows
    return lost


def _details(newer: Stored, rows: pl.Series, older: Stored) -> dict[str, Any]:
    return {
        "won": newer.audit["id"],
        "won_file": newer.audit["file"],
        "rows": int(rows.sum()),
        "matched": int(rows.sum()),
        "compared": older.frame.height,
        "by": ["figure"],
    }
