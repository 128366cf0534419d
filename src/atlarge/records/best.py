"""Combine overlapping releases: values that the counted release lacks are filled from the other.

A newer release may leave blank what an older one said, landmarks above all. Rows are matched one to one, by
identifier where both have it, else by what both must share; a value that is missing in the row that counts
is filled from the row set aside, and `filled_from` says which release, sheet and row gave what.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from atlarge.records.matching import MOVED_DAYS, paired, stated
from atlarge.records.outcomes import MISSING
from atlarge.records.overlap import GONE, Stored, inside

FILLED = "filled_from"
_PLACE = (
    "aor", "aor_basis", "office", "county_fips", "state", "place_kind", "place_confidence", "place_basis",
    "landmark",
)  # fmt: skip
_KEPT = ("release_id", "file", "sheet", "row", "n", "date", "_aside", GONE, "_at", FILLED)
_FINENESS = {"county": 4, "office_area": 3, "state": 2, "aor": 1}


def _fineness(name: str) -> pl.Expr:
    return pl.col(name).replace_strict(_FINENESS, default=0, return_dtype=pl.Int8)


def _agrees(name: str) -> pl.Expr:
    """Whether two rows agree wherever both have a value."""
    other = pl.col(f"{name}_right")
    return ((pl.col(name) == other) | pl.col(name).is_null() | other.is_null()).fill_null(True)


def _sources(taken: dict[str, pl.Expr]) -> pl.Expr:
    named = [pl.when(mask).then(pl.lit(name)) for name, mask in taken.items()]
    words = pl.concat_list(named).list.drop_nulls()
    where = pl.format(
        "{}#{}#{}: {}",
        pl.col("release_id_right"),
        pl.col("sheet_right").fill_null(""),
        pl.col("row_right"),
        words.list.join(", "),
    )
    return pl.when(words.list.len() > 0).then(where)


def filled(gains: Stored, loses: Stored, table: str) -> tuple[pl.DataFrame, int]:
    """Fill missing values in the rows of a counted release from matching rows that were set aside.

    Returns the rows and how many were filled.
    """
    frame = stated(gains.frame).with_row_index("_at")
    if FILLED not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(FILLED))
    same_events = pl.col("_aside") & ~pl.col(GONE) if GONE in loses.frame.columns else pl.col("_aside")
    aside = stated(loses.frame).filter(same_events & inside(gains, loses)).with_row_index("_at")
    counts = frame.filter(~pl.col("_aside") & inside(loses, gains, MOVED_DAYS))
    pairs = paired(aside, counts, table).select(_at="_at_right", _at_right="_at")
    if pairs.is_empty():
        return gains.frame, 0
    both = (
        frame.join(pairs, on="_at").join(
            aside.rename({c: f"{c}_right" for c in aside.columns}), on="_at_right"
        )
    ).sort("_at")
    names = [c for c in frame.columns if c in aside.columns and c not in _KEPT]
    place = [c for c in names if c in _PLACE]
    taken: dict[str, pl.Expr] = {
        c: pl.col(c).is_null() & pl.col(f"{c}_right").is_not_null() for c in names if c not in place
    }
    changes: dict[str, pl.Expr] = {c: pl.coalesce(c, f"{c}_right") for c in taken}
    if "place_kind" in place:
        own = _fineness("place_kind")
        finer = _fineness("place_kind_right") > own
        if "aor" in place:
            finer &= _agrees("aor")
        if "state" in place:  # that of a row with no place of its own is its area's
            finer &= _agrees("state") | (own < _FINENESS["state"])
        if {"landmark", "aor_basis"} <= set(place):  # the same words, read beside the area that they are of
            by_words = (pl.col("aor_basis_right") == "recorded") & pl.col("aor_basis").ne_missing("recorded")
            finer |= (
                by_words
                & (pl.col("landmark") == pl.col("landmark_right"))
                & (_fineness("place_kind_right") >= own)
            )
        finer = finer.fill_null(False)
        taken["place"] = finer
        changes |= {
            c: pl.when(finer).then(pl.coalesce(f"{c}_right", c)).otherwise(pl.col(c))
            for c in place
            if c != "aor_basis"
        }
        if "landmark" in place:
            changes["landmark"] = pl.coalesce("landmark", "landmark_right")
            taken["landmark"] = pl.col("landmark").is_null() & pl.col("landmark_right").is_not_null()
    both = both.with_columns(_sources(taken).alias("_source"))
    known = both.filter(pl.col("_source").is_not_null())
    if known.is_empty():
        return gains.frame, 0
    fresh = known.select(
        "_at",
        *[change.alias(name) for name, change in changes.items()],
        pl.concat_str([FILLED, "_source"], separator="; ", ignore_nulls=True).alias(FILLED),
    )
    updated = frame.update(fresh, on="_at", how="left", include_nulls=False).sort("_at").drop("_at")
    if "outcome" in updated.columns:
        updated = updated.with_columns(pl.col("outcome").fill_null(MISSING))
    return updated, known.height


def fill(table: str, everything: list[Stored], changed: set[str]) -> dict[str, pl.DataFrame]:
    """Filled rows of each release that counts, of those that changed or won from one that changed: by id.

    The frames of `everything` are as the releases say; older fills are repeated from them.
    """
    by_id: dict[str, Stored] = {str(source.audit["id"]): source for source in everything}
    frames: dict[str, pl.DataFrame] = {}
    for name, gains in sorted(by_id.items()):
        losers = [h for h in everything if any(o["won"] == name for o in h.audit["overlaps"])]
        if not losers or not ({name} | {str(h.audit["id"]) for h in losers}) & changed:
            continue
        best = Stored(gains.audit, gains.frame, gains.rank)
        details: list[dict[str, Any]] = []
        for loses in sorted(losers, key=lambda h: h.precedence, reverse=True):
            best.frame, rows = filled(best, loses, table)
            if rows:
                details.append({"from": loses.audit["id"], "file": loses.audit["file"], "rows": rows})
        gains.audit["filled"] = details
        if details:
            frames[name] = best.frame
    return frames
