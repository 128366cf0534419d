"""Detect releases of the same events by their content, and count each event once.

Releases of one table overlap where the days and places they cover do and most rows of one are matched, one
to one, by rows of the other. The loser's rows are set aside, not deleted.
What is found depends on the releases alone, not on the order they came in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, product
from operator import or_
from typing import Any

import polars as pl

from atlarge.records.matching import MOVED_DAYS, SHARE_SAME, cut_apart, paired, pairs_by, spelled
from atlarge.records.tables import ONE_FAMILY, PLACE_COLUMNS, TWO_FAMILIES

GONE = "_gone"
"""The column of rows set aside that a later release no longer lists: they tell nothing of any row it has."""
_NEAR_DAYS = 62
_BREADTH = {"nation": 4, "aor": 3, "state": 2, "county": 1, "office": 1}
_SHARE_TWO = 0.5
"""The share of the loser's rows that must be matched by those of another family: wordings differ."""
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


def _is_later(one: Stored, other: Stored) -> bool:
    """Whether a release of the same family reaches beyond the other, and so came out after it."""
    ends = [max((end for _, end in release.spans), default=dt.date.min) for release in (one, other)]
    return ends[0] > ends[1]


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


def _compare(winner: Stored, loser: Stored, table: str) -> tuple[Stored, pl.DataFrame, dict[str, Any]] | None:
    """The release that loses, masks of its rows (`lost`, and of these `gone`), and the details; None if none.

    Of two files of one family the rows that both hold are set aside, and those that the later one no longer
    lists, if one holds most of the other; of two families all rows on the days and in the places that the
    winner covers, since a row worded otherwise is the same event all the same.
    """
    same = winner.audit["family"] == loser.audit["family"]
    share = SHARE_SAME if same else _SHARE_TWO
    both = inside(winner, loser)
    pairings = (paired, cut_apart) if same else (None,)
    for pairing, (gains, loses) in product(pairings, ((winner, loser), (loser, winner))):
        within = both & inside(gains, loses)
        rows = _numbered(loses.frame, within)
        others = _numbered(gains.frame, inside(gains, loses) & inside(loses, gains, MOVED_DAYS))
        if rows.is_empty() or others.is_empty():
            return None
        if not same and others.filter(within).height < _AS_MANY * rows.height:
            continue  # a cut of these events does not stand for those that it leaves out
        columns = () if same else shared_words(rows, others, table)
        pairs = pairing(rows, others, table) if pairing else pairs_by(rows, others, columns)
        if pairing is not cut_apart and pairs.height < share * rows.height:
            continue
        if pairs.is_empty():
            continue
        gone = rows.clear()["_at"]
        if same:
            if pairing is paired and _is_later(gains, loses):
                later = gains.frame.filter(inside(gains, loses) & inside(loses, gains))
                gone = _no_longer_listed(rows, pairs, later)
            # and rows that both hold in places that one or neither covers
            elsewhere = _numbered(loses.frame, _days(gains, dt.timedelta()) & ~within)
            unmatched = _numbered(gains.frame, _days(loses, dt.timedelta(days=MOVED_DAYS)))
            unmatched = unmatched.filter(~pl.col("_at").is_in(pairs["_at_right"].implode()))
            more = paired(elsewhere, unmatched, table)
            if more.is_empty():
                more = cut_apart(elsewhere, unmatched, table)
            pairs = pl.concat([pairs, more])
        details = {
            "won": gains.audit["id"],
            "won_file": gains.audit["file"],
            "rows": pairs.height + gone.len() if same else rows.height,
            "matched": pairs.height,
            "compared": rows.height,
            "by": [c for thing in ONE_FAMILY[table] for c in thing] if same else list(columns),
        }
        if gone.len():
            details["no_longer_listed"] = gone.len()
        lost = pl.concat([pairs["_at"], gone]) if same else rows["_at"]
        at = pl.int_range(loses.frame.height, dtype=pl.UInt32, eager=True)
        masks = {"lost": at.is_in(lost.implode()), "gone": at.is_in(gone.implode())}
        return loses, pl.DataFrame(masks), details
    return None


def shared_words(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> tuple[str, ...]:
    """What rows of two families are matched by: where one recodes some of it, whatever else both fill."""
    key = TWO_FAMILIES[table]
    kept = [c for c in key if not _is_recoded(rows[c], others[c])]
    if len(kept) == len(key):
        return key
    first = [
        columns[0] for columns in ONE_FAMILY[table][1:3] if columns[0] not in key
    ]  # words, and the place
    blank = {c: max(frame[c].null_count() / frame.height for frame in (rows, others)) for c in first}
    return (*kept, *(c for c in first if blank[c] <= _SHARE_TWO))


def _is_recoded(words: pl.Series, others: pl.Series) -> bool:
    """Whether two releases share no word of a column that both fill, as where a newsroom recodes methods."""
    if words.dtype != pl.String or not (words.count() and others.count()):
        return False
    own, theirs = (
        w.drop_nulls().unique().to_frame("w").select(spelled(pl.col("w")))["w"] for w in (words, others)
    )
    return not own.is_in(theirs.implode()).any()


Lost = dict[str, list[tuple[pl.DataFrame, dict[str, Any]]]]
"""By id of a release: masks of the rows that it loses to another (`lost`, and of these `gone`: those that the
other no longer lists), and which that is."""


def overlaps(table: str, stored: list[Stored], fresh: set[str]) -> Lost:
    """By id of each release that loses: the rows it loses to each winner, of pairs with a fresh release."""
    ordered = sorted(stored, key=lambda h: h.precedence, reverse=True)
    lost: Lost = {}
    for winner, loser in combinations(ordered, 2):
        if not {winner.audit["id"], loser.audit["id"]} & fresh or not _is_near(winner, loser):
            continue
        found = _compare(winner, loser, table)
        if found is not None:
            loses, rows, details = found
            lost.setdefault(str(loses.audit["id"]), []).append((rows, details))
    return lost
