"""Likely duplicates: the project's rule for each table, and how far it agrees with published flags.

An episode is a run of records of one person with no gap over 24 hours. One row of an episode is always
kept; rows without an identifier are never dropped, since nothing tells whether they are the same person.
The rules are those documented by the Deportation Data Project (arrests, forms B and C; detainers, form C),
restated here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

_DAY = pl.duration(hours=24)


@dataclass(frozen=True)
class Duplicates:
    """Masks over the rows given: `dropped`, and `likely` (every row of an episode or group of several)."""

    dropped: pl.Series
    likely: pl.Series


def _ordered(frame: pl.DataFrame, *keys: str | pl.Expr) -> pl.DataFrame:
    """Rows by person (`_who`, a number for each identifier), the keys, then as they stand in the release."""
    who = pl.col("subject").cast(pl.Categorical).to_physical().alias("_who")
    by = [pl.col("_who"), *[pl.col(k) if isinstance(k, str) else k for k in keys]]
    numbered = frame.with_row_index("_at").with_columns(who)
    return numbered.sort(by, nulls_last=True, maintain_order=True)


def _masks(ordered: pl.DataFrame, group: list[str], keep_last: bool = False) -> Duplicates:
    """Masks from groups of equal keys; rows without an identifier are their own group."""
    same = pl.struct(group)
    kept = same.is_last_distinct() if keep_last else same.is_first_distinct()
    known = pl.col("_who").is_not_null()
    made = ordered.select(
        "_at", (known & ~kept).alias("_dropped"), (known & same.is_duplicated()).alias("_likely")
    ).sort("_at")
    return Duplicates(made["_dropped"], made["_likely"])


def _episodes(ordered: pl.DataFrame) -> pl.DataFrame:
    """Number the episodes: a new one starts with a person, or after more than 24 hours."""
    gap = pl.col("moment").diff()
    is_new = (
        pl.col("_who").is_null()
        | (pl.col("_who") != pl.col("_who").shift(1)).fill_null(True)
        | (gap > _DAY).fill_null(True)
    )
    return ordered.with_columns(is_new.cum_sum().alias("_episode"))


def arrest_episodes(frame: pl.DataFrame) -> Duplicates:
    """Arrests of one person in one episode: the first is kept; at one time, reprocessed ones stand last."""
    reprocessed = pl.col("method").fill_null("").str.contains("(?i)reprocessed")
    return _masks(_episodes(_ordered(frame, "moment", reprocessed)), ["_episode"])


def detainer_episodes(frame: pl.DataFrame) -> Duplicates:
    """Detainers of one person in one episode, of one type at one facility: the first is kept."""
    return _masks(_episodes(_ordered(frame, "moment")), ["_episode", "detainer_type", "facility"])


def detainer_days(frame: pl.DataFrame) -> Duplicates:
    """Detainers of one person of one day, type and facility: the first is kept."""
    day = frame.with_columns(pl.col("moment").dt.date().alias("_day"))
    return _masks(_ordered(day, "moment"), ["_who", "_day", "detainer_type", "facility"])


def removal_days(frame: pl.DataFrame) -> Duplicates:
    """Removals of one person on one day: the last is kept."""
    day = frame.with_columns(pl.col("moment").dt.date().alias("_day"))
    return _masks(_ordered(day), ["_who", "_day"], keep_last=True)


def encounter_days(frame: pl.DataFrame) -> Duplicates:
    """Encounters of one person at one time as recorded: the first is kept."""
    return _masks(_ordered(frame, "moment"), ["_who", "moment"])


def stints(frame: pl.DataFrame) -> Duplicates:
    """Stints of one person at one facility, of one book-in day and stay: the last is kept."""
    day = frame.with_columns(pl.col("moment").dt.date().alias("_day"))
    return _masks(_ordered(day), ["_who", "facility_code", "_day", "stay_book_in"], keep_last=True)


RULES: dict[str, Callable[[pl.DataFrame], Duplicates]] = {
    "arrest_episodes": arrest_episodes,
    "detainer_episodes": detainer_episodes,
    "detainer_days": detainer_days,
    "removal_days": removal_days,
    "removal_days_last": removal_days,
    "encounter_days": encounter_days,
    "stints": stints,
}


def agreement(frame: pl.DataFrame, found: Duplicates) -> dict[str, Any]:
    """How many rows the published flags, where a release has them, agree and differ in."""
    told = {}
    for column, mask in (("published_likely", found.likely), ("published_drop", found.dropped)):
        if column in frame.columns:
            flag = frame[column].str.to_lowercase().is_in(["true", "1", "t", "yes"])
            known = flag.is_not_null()
            same = int(((flag == mask) & known).sum())
            told[column] = {
                "agree": same,
                "differ": int(known.sum()) - same,
                "not_flagged": int((~known).sum()),
            }
    return told
