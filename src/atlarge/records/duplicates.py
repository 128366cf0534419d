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


_NUMBERED = {"_who": "subject", "_type": "detainer_type", "_facility": "facility", "_code": "facility_code"}
"""Texts that rows are grouped by: a number stands for each distinct one, quicker to sort and compare."""


def _ordered(frame: pl.DataFrame, *keys: pl.Expr) -> pl.DataFrame:
    """What the rules look at, by person, the keys, then as the rows stand in the release (`_at`)."""
    numbers = [
        pl.col(text).cast(pl.Categorical).to_physical().alias(name)
        for name, text in _NUMBERED.items()
        if text in frame.columns
    ]
    others = [pl.col(c) for c in ("moment", "stay_book_in") if c in frame.columns]
    named = [key.alias(f"_key{i}") for i, key in enumerate(keys)]
    looked_at = frame.select(*numbers, *others, *named, pl.col("moment").dt.date().alias("_day"))
    by = ["_who", *[f"_key{i}" for i in range(len(keys))]]
    return looked_at.with_row_index("_at").sort(by, nulls_last=True, maintain_order=True)


def _masks(ordered: pl.DataFrame, group: list[str], keep_last: bool = False) -> Duplicates:
    """Masks from groups of equal keys; rows without an identifier are their own group."""
    same = pl.struct(group) if len(group) > 1 else pl.col(group[0])
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


_MOMENT = pl.col("moment")


def arrest_episodes(frame: pl.DataFrame) -> Duplicates:
    """Arrests of one person in one episode: the first is kept; at one time, reprocessed ones stand last."""
    reprocessed = pl.col("method").fill_null("").str.contains("(?i)reprocessed")
    return _masks(_episodes(_ordered(frame, _MOMENT, reprocessed)), ["_episode"])


def detainer_episodes(frame: pl.DataFrame) -> Duplicates:
    """Detainers of one person in one episode, of one type at one facility: the first is kept."""
    return _masks(_episodes(_ordered(frame, _MOMENT)), ["_episode", "_type", "_facility"])


def detainer_days(frame: pl.DataFrame) -> Duplicates:
    """Detainers of one person of one day, type and facility: the first is kept."""
    return _masks(_ordered(frame, _MOMENT), ["_who", "_day", "_type", "_facility"])


def removal_days(frame: pl.DataFrame) -> Duplicates:
    """Removals of one person on one day: the last is kept."""
    return _masks(_ordered(frame), ["_who", "_day"], keep_last=True)


def encounter_days(frame: pl.DataFrame) -> Duplicates:
    """Encounters of one person at one time as recorded: the first is kept."""
    return _masks(_ordered(frame, _MOMENT), ["_who", "moment"])


def stints(frame: pl.DataFrame) -> Duplicates:
    """Stints of one person at one facility, of one book-in day and stay: the last is kept."""
    return _masks(_ordered(frame), ["_who", "_code", "_day", "stay_book_in"], keep_last=True)


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
