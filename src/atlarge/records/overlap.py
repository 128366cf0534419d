"""Detect releases of the same events by their content, and count each event once.

Releases of one table overlap where the days and places they cover do and most rows of one are matched, one
to one, by rows of the other. The loser's rows are set aside, not deleted.
What is found depends on the releases alone, not on the order they came in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache, reduce
from itertools import combinations
from operator import or_
from typing import Any

import numpy as np
import polars as pl

from atlarge.records.outcomes import MISSING
from atlarge.records.tables import ONE_FAMILY, PLACE_COLUMNS, TWO_FAMILIES

GONE = "_gone"
"""The column of rows set aside that a later release no longer lists: they tell nothing of any row it has."""
_NEAR_DAYS = 62
MOVED_DAYS = 31
"""A later vintage may put a person's date right by so many days."""
_BREADTH = {"nation": 4, "aor": 3, "state": 2, "county": 1, "office": 1}
_SHARE_SAME, _SHARE_TWO, _SHARE_BLANK = 0.8, 0.5, 0.95
"""The share of the loser's rows that must be matched. Within a family the key is fine, and halves of one
release share days and landmarks by chance; between families the key is coarse and wordings differ. The last
is of rows within a family where what one leaves blank may be anything."""
_BY_CHANCE = 0.25
"""Half of what the squares of differences come to, by row, between unrelated rows."""
_AS_MANY = 0.95
"""A later release lists what there is on days and in places if it has this share of an older one's rows."""
_MORE = ("criminality", "charge", "detainer_type")
"""What rows must also agree in where one of them leaves a column blank."""
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


def _spelled(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """The columns that rows are matched by, in one spelling, and `_place`: the row's among its equals."""
    texts = [
        pl.col(c).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").fill_null("").alias(c)
        if frame[c].dtype == pl.String
        else pl.col(c)
        for c in columns
    ]
    return frame.select(texts).with_columns(pl.int_range(pl.len()).over(columns).alias("_place"))


def _matched(rows: pl.DataFrame, others: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Mask of rows that have a one-to-one match among other rows."""
    theirs = _spelled(others, columns).with_columns(pl.lit(True).alias("_both"))
    both = _spelled(rows, columns).join(theirs, on=[*columns, "_place"], how="left", maintain_order="left")
    return both["_both"].fill_null(False)


def _revised(rows: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Mask of rows whose person and day others have too, in other words: a later vintage revised them."""
    if "subject_key" not in rows.columns or "subject_key" not in others.columns:
        return pl.Series([False] * rows.height, dtype=pl.Boolean)
    key = ("date", "subject_key")
    known = rows["subject_key"].is_not_null()
    found = _matched(rows, others.drop_nulls("subject_key"), key)
    return found & known


def moved(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """One-to-one pairs (_at, _at_right) of one person on near days: a later vintage put the date right.

    Both frames are what is left of two files of one family once rows of the same person and day are out.
    """
    if "subject_key" not in rows.columns or "subject_key" not in others.columns:
        return pl.DataFrame(schema={"_at": pl.UInt32, "_at_right": pl.UInt32})

    left, right = (frame.select("_at", "subject_key", "date").drop_nulls() for frame in (rows, others))
    days = (pl.col("date") - pl.col("date_right")).dt.total_days().abs()
    near = left.join(right, on="subject_key").filter(days <= MOVED_DAYS).sort(days, "_at", "_at_right")
    once = near.unique("_at", keep="first", maintain_order=True)
    return once.unique("_at_right", keep="first", maintain_order=True).select("_at", "_at_right")


def stated(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave blank what a release does not state: the outcome of a detainer without a lift reason."""
    if "outcome" not in frame.columns:
        return frame
    return frame.with_columns(pl.when(pl.col("outcome") != MISSING).then("outcome").alias("outcome"))


def _where_blank(
    rows: pl.DataFrame, others: pl.DataFrame, columns: tuple[str, ...], exact_first: bool
) -> pl.Series:
    """Mask of rows with a one-to-one match where what either leaves blank in a column may be anything.

    Rows that leave nothing blank are matched first, those that both leave blank last, so that as many as can
    be are; where `exact_first`, these at once, so that only what is left over is matched by less.
    """
    own, theirs = (pl.Series([False] * frame.height, dtype=pl.Boolean) for frame in (rows, others))
    more = [name for name in _MORE if all(name in f.columns and f[name].count() for f in (rows, others))]
    blanks = [
        frame.select(pl.any_horizontal(pl.col(columns).is_null())).to_series() for frame in (rows, others)
    ]
    every = (own | True, theirs | True, columns)
    steps = [every if exact_first else (~blanks[0], ~blanks[1], columns)]
    for name in columns[1:]:
        key = (*(c for c in columns if c != name), *more)
        mine, other = rows[name].is_null(), others[name].is_null()
        steps += [(~mine, other, key), (mine, ~other, key)]
    for mine, other, key in (*steps, every):
        mine, other = mine & ~own, other & ~theirs
        left, right = rows.filter(mine), others.filter(other)
        own |= _scattered(mine, _matched(left, right, key))
        theirs |= _scattered(other, _matched(right, left, key))
    return own


def _same_rows(
    rows: pl.DataFrame, others: pl.DataFrame, columns: tuple[str, ...], is_later: bool = False
) -> tuple[pl.Series, pl.Series]:
    """Masks of rows of a file that another of its family holds too, one to one: surely, and with those where
    one leaves blank what the other says.

    By person and day, by person where a later vintage moved the day, and the rest by the family's own words.
    `is_later`: whether the other came out later, so that a row that it lacks may have been taken out.
    """
    found, theirs = _revised(rows, others), _revised(others, rows)
    rows, others = rows.with_row_index("_at"), others.with_row_index("_at")
    pairs = moved(rows.filter(~found), others.filter(~theirs))
    found |= rows["_at"].is_in(pairs["_at"].implode())
    theirs |= others["_at"].is_in(pairs["_at_right"].implode())
    left, right = rows.filter(~found), others.filter(~theirs)
    sure = _matched(left, right, columns)
    # where both name persons, a row of a person that the other lacks is another event
    perhaps = sure
    if not (_names_persons(rows) and _names_persons(others)):
        if _agree_by_chance(left, right, columns):
            sure = perhaps = sure & False
        else:
            is_listed = is_later and sure.sum() >= _SHARE_SAME * left.height
            perhaps = _where_blank(left, right, columns, is_listed)
    return found | _scattered(~found, sure), found | _scattered(~found, perhaps)


def _agree_by_chance(rows: pl.DataFrame, others: pl.DataFrame, columns: tuple[str, ...]) -> bool:
    """Whether rows agree with others no better than two parts of one table do, of which many rows are alike.

    The other file then has fewer rows of a kind as often as more: of the squares of what it lacks the sum is
    half the number of rows. Of rows that it holds too it lacks few.
    """
    key = [c for c in columns if max(f[c].null_count() / max(f.height, 1) for f in (rows, others)) <= 0.5]
    counts = [frame.group_by(key).agg(pl.len().cast(pl.Int64)) for frame in (rows, others)]
    both = counts[0].join(counts[1], on=key, how="left", nulls_equal=True, suffix="_other").fill_null(0)
    own, theirs = both["len"].to_numpy(), both["len_other"].to_numpy()
    return bool((np.maximum(own - theirs, 0) ** 2).sum() > _BY_CHANCE * (own + theirs).sum())


def _names_persons(rows: pl.DataFrame) -> bool:
    return "subject_key" in rows.columns and rows["subject_key"].null_count() * 2 <= rows.height


def _strays(gains: Stored, loses: Stored, columns: tuple[str, ...]) -> pl.Series:
    """Mask of rows that two files of one family both hold in places that one or neither covers."""
    places = inside(gains, loses) & inside(loses, gains)
    margin = dt.timedelta(days=MOVED_DAYS)
    stray = loses.frame.select(_days(gains, dt.timedelta()) & ~places).to_series()
    rows = loses.frame.filter(stray)
    others = gains.frame.filter(_days(loses, margin) & ~places)
    if rows.is_empty() or others.is_empty():
        return stray & False
    return _scattered(stray, _same_rows(rows, others, columns)[1])


def _is_later(one: Stored, other: Stored) -> bool:
    """Whether a release of the same family reaches beyond the other, and so came out after it."""
    ends = [max((end for _, end in release.spans), default=dt.date.min) for release in (one, other)]
    return ends[0] > ends[1]


def _no_longer_listed(
    rows: pl.DataFrame, matched: pl.Series, later: pl.DataFrame, columns: tuple[str, ...]
) -> pl.Series:
    """Mask of rows that a later release of the same days and places has taken out, in whatever words.

    `matched`: rows that it still has. None where it has clearly fewer rows, or none at all of a kind (a
    place, a method, a month) of several rows that it would take out: what was cut away was not revised. But
    they were revised if it has as many new rows that leave the kind blank, or that are like them in all but
    one column.
    """
    gone = ~matched
    if later.height < _AS_MANY * rows.height:
        return gone & False
    month = pl.col("date").dt.truncate("1mo").cast(pl.String).alias("month")
    rows, later = (frame.with_columns(month) for frame in (rows, later))

    alike = {*columns, *({"aor"} & set(rows.columns) & set(later.columns))}

    @cache
    def new() -> pl.DataFrame:
        return later.filter(~_same_rows(later, rows, columns)[1])

    for name in ("month", *(c for c in _KINDS if c in rows.columns and c in later.columns)):
        kinds = rows.filter(gone).group_by(name).len().filter(pl.col("len") >= _SEVERAL)[name]
        cut = set(kinds.drop_nulls()) - set(later[name].unique())
        missing = gone & rows[name].is_in(sorted(cut)).fill_null(False)
        if missing.any() and missing.sum() > new()[name].null_count():
            absent = rows.filter(missing)
            revised = [_matched(absent, new(), tuple(alike - {c})) for c in columns[1:]]
            gone &= ~_scattered(missing, ~reduce(or_, revised))
    return gone


def _compare(winner: Stored, loser: Stored, table: str) -> tuple[Stored, pl.DataFrame, dict[str, Any]] | None:
    """The release that loses, masks of its rows (`lost`, and of these `gone`), and the details; None if none.

    Of two files of one family the rows that both hold are set aside, and those that the later one no longer
    lists; of two families all rows on the days and in the places that the winner covers, since a row worded
    otherwise is the same event all the same.
    """
    same = winner.audit["family"] == loser.audit["family"]
    key = (ONE_FAMILY if same else TWO_FAMILIES)[table]
    share = _SHARE_SAME if same else _SHARE_TWO
    both = inside(winner, loser)
    for gains, loses in ((winner, loser), (loser, winner)):
        within = loses.frame.select(both & inside(gains, loses)).to_series()
        rows = loses.frame.filter(within)
        others = gains.frame.filter(inside(gains, loses) & inside(loses, gains, MOVED_DAYS))
        if rows.is_empty() or others.is_empty():
            return None
        columns = key if same else _shared_words(rows, others, table)
        is_later = same and _is_later(gains, loses)
        if same:
            sure, matched = _same_rows(rows, others, columns, is_later)
        else:
            sure = matched = _matched(rows, others, columns)
        if sure.sum() >= share * rows.height or (same and matched.sum() >= _SHARE_BLANK * rows.height):
            gone = matched & False
            if is_later:
                later = gains.frame.filter(inside(gains, loses) & inside(loses, gains))
                gone = _no_longer_listed(rows, matched, later, columns)
            lost = _scattered(within, matched | gone) | _strays(gains, loses, columns) if same else within
            details = {
                "won": gains.audit["id"],
                "won_file": gains.audit["file"],
                "rows": int(lost.sum()),
                "matched": int((lost if same else matched).sum()) - int(gone.sum()),
                "compared": rows.height,
                "by": list(columns),
            }
            if gone.any():
                details["no_longer_listed"] = int(gone.sum())
            return loses, lost.to_frame("lost").with_columns(_scattered(within, gone).alias("gone")), details
    return None


def _shared_words(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> tuple[str, ...]:
    """What rows of two families are matched by: where one recodes some of it, whatever else both fill."""
    key = TWO_FAMILIES[table]
    kept = [c for c in key if not _is_recoded(rows[c], others[c])]
    if len(kept) == len(key):
        return key
    blank = {
        c: max(frame[c].null_count() / frame.height for frame in (rows, others)) for c in ONE_FAMILY[table]
    }
    return (*kept, *(c for c in blank if c not in key and blank[c] <= _SHARE_TWO))


def _is_recoded(words: pl.Series, others: pl.Series) -> bool:
    """Whether two releases share no word of a column that both fill, as where a newsroom recodes methods."""
    if words.dtype != pl.String or not (words.count() and others.count()):
        return False
    spelled = [_spelled(w.drop_nulls().unique().to_frame("w"), ("w",))["w"] for w in (words, others)]
    return not spelled[0].is_in(spelled[1].implode()).any()


def _scattered(within: pl.Series, matched: pl.Series) -> pl.Series:
    """A mask over the rows within, as a mask over all rows."""
    whole = within.to_numpy().copy()
    whole[whole] = matched.to_numpy()
    return pl.Series(whole)


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
