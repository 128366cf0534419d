"""Two releases of the same events: found by their content, and counted once.

Releases of one table overlap where the days and places they cover do and most rows of one are matched, one
to one, by rows of the other. Inside the winner's days and places the loser's rows are set aside, not deleted.
What is found depends on the releases alone, not on the order they came in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

import polars as pl

# What rows are matched by: releases of one family in its own words; of two families in what both must share.
SAME_FAMILY: dict[str, tuple[str, ...]] = {
    "arrests": ("date", "method", "landmark"),
    "detainers": ("date", "facility", "outcome"),
    "encounters": ("date", "landmark", "disposition"),
    "removals": ("date", "aor", "disposition"),
    "book_ins": ("date", "facility", "method"),
    "stints": ("date", "facility_code", "subject_key"),
    "stays": ("date", "facility_code", "subject_key"),
}
TWO_FAMILIES: dict[str, tuple[str, ...]] = {
    "arrests": ("date", "method"),
    "detainers": ("date", "outcome"),
    "encounters": ("date",),
    "removals": ("date",),
    "book_ins": ("date", "method"),
    "stints": ("date", "facility_code"),
    "stays": ("date", "facility_code"),
}
_SHARE_SAME, _SHARE_TWO = 0.8, 0.5
"""The share of the loser's rows that must be matched. Within a family the key is fine, and halves of one
release share days and landmarks by chance; between families the key is coarse and wordings differ."""


@dataclass
class Held:
    """A release as the store holds it: its account and all its rows, `_aside` those already set aside."""

    audit: dict[str, Any]
    frame: pl.DataFrame
    rank: int

    @property
    def spans(self) -> list[tuple[dt.date, dt.date]]:
        """Stretches of days it covers."""
        return [
            (dt.date.fromisoformat(c["start"]), dt.date.fromisoformat(c["end"]))
            for c in self.audit["coverage"]
        ]

    @property
    def scope(self) -> str:
        """Places it covers."""
        return str(self.audit["coverage"][0]["scope"]) if self.audit["coverage"] else "nation"

    @property
    def precedence(self) -> tuple[float, int, int, str]:
        """Wider places first, then the better form, then more rows, then the id."""
        breadth = float("inf") if self.scope == "nation" else float(len(self.scope.split(",")))
        return (breadth, self.rank, self.frame.height, str(self.audit["id"]))


def inside(held: Held) -> pl.Expr:
    """Rows on the days and in the places that a release covers, as an expression over any release's rows."""
    days = [pl.col("date").is_between(start, end) for start, end in held.spans]
    told = reduce(or_, days) if days else pl.lit(False)
    kind, _, codes = held.scope.partition(":")
    if kind in ("aor", "state"):
        told = told & pl.col(kind).is_in(codes.split(","))
    return told.fill_null(False)


def _is_near(a: Held, b: Held) -> bool:
    return any(s1 <= e2 and s2 <= e1 for s1, e1 in a.spans for s2, e2 in b.spans)


def _keys(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """How often each key stands; texts in one spelling."""
    told = [
        pl.col(c).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").fill_null("")
        if frame[c].dtype == pl.String
        else pl.col(c)
        for c in columns
    ]
    return frame.select(told).group_by(columns).agg(pl.len().alias("rows"))


def _matched(a: pl.DataFrame, b: pl.DataFrame, columns: tuple[str, ...]) -> int:
    """Rows of `a` that rows of `b` match one to one."""
    both = _keys(a, columns).join(_keys(b, columns), on=list(columns), how="inner")
    return int(both.select(pl.min_horizontal("rows", "rows_right").sum()).item() or 0)


def _compare(winner: Held, loser: Held, table: str) -> Iterator[tuple[Held, pl.Expr, dict[str, Any]]]:
    """The release that loses, the rows it loses, and what is told of it; nothing if both are counted."""
    same = winner.audit["family"] == loser.audit["family"]
    columns = (SAME_FAMILY if same else TWO_FAMILIES)[table]
    share = _SHARE_SAME if same else _SHARE_TWO
    common = inside(winner) & inside(loser)
    ours, theirs = winner.frame.filter(common), loser.frame.filter(inside(winner))
    if ours.is_empty() or theirs.is_empty():
        return
    matched = _matched(theirs, ours, columns)
    for gains, loses, rows in ((winner, loser, theirs.height), (loser, winner, ours.height)):
        if matched >= share * rows:
            told = {
                "won": gains.audit["id"],
                "won_file": gains.audit["file"],
                "matched": matched,
                "compared": rows,
                "by": list(columns),
            }
            yield loses, inside(gains), told
            return


def overlaps(
    table: str, held: list[Held], fresh: set[str]
) -> dict[str, list[tuple[pl.Expr, dict[str, Any]]]]:
    """By id of each release that loses: the rows it loses to each winner, of pairs with a fresh release."""
    ordered = sorted(held, key=lambda h: h.precedence, reverse=True)
    lost: dict[str, list[tuple[pl.Expr, dict[str, Any]]]] = {}
    for winner, loser in combinations(ordered, 2):
        if not {winner.audit["id"], loser.audit["id"]} & fresh or not _is_near(winner, loser):
            continue
        for loses, rows, told in _compare(winner, loser, table):
            lost.setdefault(loses.audit["id"], []).append((rows, told))
    return lost
