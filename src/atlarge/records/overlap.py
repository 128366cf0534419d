"""Detect releases of the same events by their content, and count each event once.

Releases of one table overlap where the days and places they cover do and most rows of one are matched, one
to one, by rows of the other. The loser's rows are set aside, not deleted.
What is found depends on the releases alone, not on the order they came in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

import polars as pl

from atlarge.records.doubts import TWICE
from atlarge.records.matching import MOVED_DAYS, alike, paired
from atlarge.records.tables import PLACE_COLUMNS, THINGS

GONE = "_gone"
"""The column of rows set aside that a later release no longer lists: they tell nothing of any row it has."""
_NEAR_DAYS = 62
_BREADTH = {"nation": 4, "aor": 3, "state": 2, "county": 1, "office": 1}
_MOST = 0.5
"""A later release of which so many rows are matched says which rows are still listed."""
_AS_MANY = 0.95
"""A release lists what there is on days and in places if it has this share of another's rows."""
_KINDS = ("aor", "state", "office", "county_fips", "method", "outcome", "disposition", "facility_code")
_SEVERAL = 5
"""Unless it has no row of a kind of which it would leave out so many: then it was cut."""


@dataclass
class Stored:
    """A release in the store: its account and all its rows, `_aside` those already set aside."""

    audit: dict[str, Any]
    frame: pl.DataFrame
    rank: int

    @property
    def spans(self) -> list[tuple[dt.date, dt.date]]:
        """Stretches of days it covers anything of; those that follow each other within two months are one."""
        pairs = sorted(
            (dt.date.fromisoformat(c["start"]), dt.date.fromisoformat(c["end"]))
            for c in self.audit["coverage"]
        )
        joined: list[tuple[dt.date, dt.date]] = []
        for start, end in pairs:
            if joined and (start - joined[-1][1]).days <= _NEAR_DAYS:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        return joined

    @property
    def scopes(self) -> list[str]:
        """Places it covers."""
        return sorted({str(c["scope"]) for c in self.audit["coverage"]}) or ["nation"]

    @property
    def precedence(self) -> tuple[int, int, int, dt.date, int, str]:
        """Wider places first, then the better form, the later end, more rows, the id."""
        breadth, codes = max(
            (_BREADTH.get(scope.partition(":")[0], 0), scope.count(",") + 1) for scope in self.scopes
        )
        end = max((last for _, last in self.spans), default=dt.date.min)
        return (breadth, codes, self.rank, end, self.frame.height, str(self.audit["id"]))


def _days(stored: Stored, margin: dt.timedelta) -> pl.Expr:
    within = [pl.col("date").is_between(start - margin, end + margin) for start, end in stored.spans]
    return reduce(or_, within).fill_null(False) if within else pl.lit(False)


def _places(stored: Stored) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for scope in stored.scopes:
        kind, _, codes = scope.partition(":")
        found.setdefault(kind, set()).update(code for code in codes.split(",") if code)
    return found


def inside(winner: Stored, loser: Stored, margin: int = 0) -> pl.Expr:
    """Rows of either on the days (or so many days from them) and in the places that the winner covers.

    Rows without a place are inside if all places of the loser are among the winner's, or where the winner
    is of some counties or office areas alone: a row that names none may lie in them.
    """
    own, theirs = _places(winner), _places(loser)
    days = _days(winner, dt.timedelta(days=margin))
    if own.keys() & {"nation", "facility"}:
        return days
    within = all(kind in own and codes <= own[kind] for kind, codes in theirs.items())
    named = [pl.col(PLACE_COLUMNS[kind]).is_in(sorted(codes)) for kind, codes in own.items()]
    within = within or bool(own.keys() <= {"county", "office"})
    return days & pl.any_horizontal(named).fill_null(within)


def _is_near(a: Stored, b: Stored) -> bool:
    return any(s1 <= e2 and s2 <= e1 for s1, e1 in a.spans for s2, e2 in b.spans)


def _numbered(frame: pl.DataFrame, mask: pl.Expr) -> pl.DataFrame:
    """Rows of a mask with their number in the frame."""
    return frame.with_row_index("_at").filter(mask)


def _revises(one: Stored, other: Stored) -> bool:
    """Whether a release is of a better form than the other, or of the same and reaches beyond it, and so came
    out after it."""
    ends = [max((end for _, end in release.spans), default=dt.date.min) for release in (one, other)]
    return one.rank > other.rank or (one.audit["family"] == other.audit["family"] and ends[0] > ends[1])


def _no_longer_listed(rows: pl.DataFrame, pairs: pl.DataFrame, later: pl.DataFrame) -> pl.Series:
    """The numbers of rows that a later release of the same days and places has taken out.

    None where it has clearly fewer rows, or none at all of a kind (a place, a method, a month) of several
    rows that it would take out: what was cut away was not revised. A kind of which it has rows in other words
    was not.
    """
    gone = rows.join(pairs, on="_at", how="anti", maintain_order="left")
    if later.height < _AS_MANY * rows.height:
        return gone.clear()["_at"]
    month = pl.col("date").dt.truncate("1mo").cast(pl.String).alias("month")
    gone, rows, later = (frame.with_columns(month) for frame in (gone, rows, later))
    found = rows.join(pairs, on="_at", how="semi")
    for name in ("month", *(c for c in _KINDS if c in rows.columns and c in later.columns)):
        kinds = gone.group_by(name).len().filter(pl.col("len") >= _SEVERAL)[name]
        cut = sorted(set(kinds.drop_nulls()) - set(later[name].unique()) - set(found[name].unique()))
        gone = gone.filter(~pl.col(name).is_in(cut).fill_null(False))
    return gone["_at"]


def _compare(winner: Stored, loser: Stored, table: str) -> tuple[pl.DataFrame, dict[str, Any]] | None:
    """Masks of the rows that one release loses to another (`lost`, and of these `gone`), and the details.

    The rows that both hold are set aside, and those that the winner, if it came out later, no longer lists.
    """
    both = inside(winner, loser)
    near = _days(loser, dt.timedelta(days=MOVED_DAYS))  # the loser may have rows of places it does not cover
    rows = _numbered(loser.frame, both)
    others = _numbered(winner.frame, both & near)
    pairs = paired(rows, others, table)
    if pairs.is_empty():
        return None
    gone = rows.clear()["_at"]
    if _revises(winner, loser) and pairs.height >= _MOST * rows.height:
        gone = _no_longer_listed(rows, pairs, winner.frame.filter(both & inside(loser, winner)))
    # and rows that both hold in places that one or neither covers
    elsewhere = _numbered(loser.frame, _days(winner, dt.timedelta()) & ~both)
    unmatched = _numbered(winner.frame, near)
    unmatched = unmatched.filter(~pl.col("_at").is_in(pairs["_at_right"].implode()))
    pairs = pl.concat([pairs, paired(elsewhere, unmatched, table)])
    details = {
        "won": winner.audit["id"],
        "won_file": winner.audit["file"],
        "rows": pairs.height + gone.len(),
        "matched": pairs.height,
        "compared": rows.height,
        "by": [c for thing in THINGS[table] for c in thing],
    }
    if gone.len():
        details["no_longer_listed"] = gone.len()
    at = pl.int_range(loser.frame.height, dtype=pl.UInt32, eager=True)
    lost = pl.concat([pairs["_at"], gone])
    return pl.DataFrame({"lost": at.is_in(lost.implode()), "gone": at.is_in(gone.implode())}), details


Lost = dict[str, list[tuple[pl.DataFrame, dict[str, Any]]]]
"""By id of a release: masks of the rows that it loses to another (`lost`, and of these `gone`: those that the
other no longer lists), and which that is."""


def overlaps(table: str, stored: list[Stored], fresh: set[str]) -> Lost:
    """By id of each release that loses: the rows it loses to each winner, of pairs with a fresh release.

    Rows of which it cannot be told are a doubt in the account of the release that comes second.
    """
    ordered = sorted(stored, key=lambda h: h.precedence, reverse=True)
    lost: Lost = {}
    undecided = []
    for winner, loser in combinations(ordered, 2):
        if {winner.audit["id"], loser.audit["id"]} & fresh and _is_near(winner, loser):
            found = _compare(winner, loser, table)
            if found is not None:
                lost.setdefault(str(loser.audit["id"]), []).append(found)
                continue
            undecided.append((winner, loser))
        elif any(doubt.get("other") == winner.audit["id"] for doubt in loser.audit.get("doubts", ())):
            undecided.append((winner, loser))
    for winner, loser in undecided:
        _doubt(winner, loser, table, lost)
    return lost


def _doubt(winner: Stored, loser: Stored, table: str, lost: Lost) -> None:
    """Put into a release's account about how many of its rows that count may be another's, too."""
    both = inside(winner, loser) & inside(loser, winner)
    sides = []
    for release in (winner, loser):
        aside = [masks["lost"] for masks, _ in lost.get(str(release.audit["id"]), ())]
        counts = ~reduce(or_, aside, release.frame["_aside"])
        sides.append(release.frame.filter(both & counts))
    name, file = str(winner.audit["id"]), winner.audit["file"]
    doubts = [d for d in loser.audit.get("doubts", ()) if d.get("other") != name]
    first, second = sides
    rows = alike(first, second, table) if first.height and second.height else 0
    if rows:
        doubts.append({"kind": TWICE, "rows": rows, "other": name, "other_file": file})
    loser.audit.pop("doubts", None)
    if doubts:
        loser.audit["doubts"] = sorted(doubts, key=lambda d: (d["kind"], d.get("other", "")))
