"""Match rows of two files one to one: by person, else by what both say of the event.

Rows without an identifier are paired if they agree in all that both files say but two things at most: a later
file may leave one blank, rename it or put it right. Leaving a thing out must show more than chance, which is
how well the rows match those of the same weekday of another week: these are other events.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import reduce
from itertools import combinations
from operator import xor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.records.outcomes import MISSING
from atlarge.records.tables import ONE_FAMILY

MOVED_DAYS = 31
"""A later vintage may put a person's date right by so many days."""
SHARE_SAME = 0.8
"""The share of the rows of one file that must be matched by those of another of its family."""
_MOST_LEFT_OUT = 2
_COMMON = 0.5
"""Identifiers are the same if so many of those of either file are in both, and the words of a column if those
of so many rows are."""
_LESS, _LEAST, _FEWEST = 4, 10, 0.1
"""Rows agree beyond chance if so many times fewer lack a match on their own day than in another week. There
so many must lack one; and where something is left out such a share of all rows, since the rest may say too
little."""
_NEARLY_ALL = 0.99
"""Unless so many rows match at once, words that one file alone has must be the other's by another name."""

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]


def stated(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave blank what a release does not state: the outcome of a detainer without a lift reason."""
    if "outcome" not in frame.columns:
        return frame
    return frame.with_columns(pl.when(pl.col("outcome") != MISSING).then("outcome").alias("outcome"))


def spelled(text: pl.Expr) -> pl.Expr:
    """Text without what differs between spellings of it; null stays null."""
    return text.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")


def pairs_by(rows: pl.DataFrame, others: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """One-to-one pairs (_at, _at_right) of rows with equal columns, nulls too, in order of appearance."""
    words = [spelled(pl.col(c)).alias(c) if rows[c].dtype == pl.String else pl.col(c) for c in columns]
    left, right = (
        frame.select("_at", *words).with_columns(pl.int_range(pl.len()).over(columns).alias("_nth"))
        for frame in (rows, others)
    )
    return left.join(right, on=[*columns, "_nth"], nulls_equal=True).select("_at", "_at_right")


def without(
    rows: pl.DataFrame, others: pl.DataFrame, pairs: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both sides without the rows already paired."""
    return (
        rows.join(pairs, on="_at", how="anti", maintain_order="left"),
        others.join(pairs, left_on="_at", right_on="_at_right", how="anti", maintain_order="left"),
    )


def paired(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> pl.DataFrame:
    """One-to-one pairs (_at, _at_right) of rows of two files of one family that are the same events."""
    rows, others = stated(rows), stated(others)
    if not {"subject_key"} <= {*rows.columns} & {*others.columns}:
        return _by_words(rows, others, table)
    known, theirs = (frame.drop_nulls("subject_key") for frame in (rows, others))
    pairs = pairs_by(known, theirs, ("date", "subject_key"))
    pairs = pl.concat([pairs, _on_near_days(*without(known, theirs, pairs))])
    left, right = without(rows, others, pairs)
    if not are_of_same_people(pairs, known, theirs):
        return pl.concat([pairs, _by_words(left, right, table)])
    # both have the same identifiers, so two rows that have one each are of two persons
    nameless = right.filter(pl.col("subject_key").is_null())
    pairs = pl.concat([pairs, _by_words(left, nameless, table)])
    left, right = without(rows, others, pairs)
    return pl.concat([pairs, _by_words(left.filter(pl.col("subject_key").is_null()), right, table)])


def are_of_same_people(pairs: pl.DataFrame, known: pl.DataFrame, theirs: pl.DataFrame) -> bool:
    """Whether rows with identifiers of two files have the same ones, by the pairs of one person."""
    return pairs.height >= max(1.0, _COMMON * min(known.height, theirs.height))


def cut_apart(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> pl.DataFrame:
    """One-to-one pairs of rows of two files that hold a part of each other: those of cuts by different
    columns that agree among the kinds that both hold; else those of one person on one day."""
    sides = [stated(rows), stated(others)]
    things = _things(sides[0], sides[1], table)
    said = [_hashed(frame, things) for frame in sides]
    kept = [np.ones(frame.height, bool) for frame in sides]
    for name in things:
        for own, theirs, mask in zip(said, said[::-1], kept, strict=True):
            mask &= (own[name] == 0) | np.isin(own[name], theirs[name])
    left, right = (frame.filter(pl.Series(mask)) for frame, mask in zip(sides, kept, strict=True))
    pairs = paired(left, right, table)
    if pairs.height >= SHARE_SAME * left.height:
        return pairs
    if not {"subject_key"} <= {*rows.columns} & {*others.columns}:
        return pairs.clear()
    left, right = (frame.drop_nulls("subject_key") for frame in sides)
    pairs = pairs_by(left, right, ("date", "subject_key"))
    words = [c for columns in things.values() for c in columns if rows[c].dtype == pl.String]
    beside = right.select(pl.col("_at", *words).name.suffix("_right"))
    both = pairs.join(left.select("_at", *words), on="_at").join(beside, on="_at_right")
    same = [(spelled(pl.col(c)) == spelled(pl.col(f"{c}_right"))).fill_null(True) for c in words]
    agree = both.select(pl.all_horizontal(pl.lit(True), *same).sum()).item()
    return pairs if agree >= max(_LEAST, _COMMON * pairs.height) else pairs.clear()


def _on_near_days(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """One-to-one pairs of one person on near days: a later vintage put the date right."""
    left, right = (frame.select("_at", "subject_key", "date").drop_nulls() for frame in (rows, others))
    days = (pl.col("date") - pl.col("date_right")).dt.total_days().abs()
    near = left.join(right, on="subject_key").filter(days <= MOVED_DAYS).sort(days, "_at", "_at_right")
    once = near.unique("_at", keep="first", maintain_order=True)
    return once.unique("_at_right", keep="first", maintain_order=True).select("_at", "_at_right")


def _by_words(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> pl.DataFrame:
    """Pairs of rows that agree in all that both files say, or in all but a thing or two, beyond chance."""
    sides = (rows, others)
    left = [np.arange(frame.height) for frame in sides]
    found = [[side[:0] for side in left]]
    if rows.height and others.height:
        things = _things(rows, others, table)
        said = [_hashed(frame, things) for frame in sides]
        names = tuple(name for name in things if _is_common(said[0][name], said[1][name]))
        days = [frame["date"].hash().to_numpy() for frame in sides]
        whole = [reduce(xor, (of[n] for n in names), day) for of, day in zip(said, days, strict=True)]
        week = days[1] ^ _another_week(others["date"]).hash().to_numpy()
        for out in _subsets(names, _MOST_LEFT_OUT):
            own, theirs = _without_things(whole, said, out, left)
            if not _is_beyond_chance(own, theirs, theirs ^ week[left[1]], _FEWEST if out else 0.0):
                continue
            for finer in _subsets(out, len(out)):
                own, theirs = _without_things(whole, said, finer, left)
                at = _equal(own, theirs)
                found.append([side[i] for side, i in zip(left, at, strict=True)])
                left = [np.delete(side, i) for side, i in zip(left, at, strict=True)]
        own, theirs = (np.concatenate(side) for side in zip(*found, strict=True))
        recoded = [(said[0][name][own], said[1][name][theirs]) for name in things if name not in names]
        at_once = len(found[1][0]) if len(found) > 1 else 0
        is_exact = at_once >= _NEARLY_ALL * rows.height
        if not all(_is_renaming(*words, is_exact) for words in recoded):
            found = found[:1]
    pairs = [np.concatenate(side) for side in zip(*found, strict=True)]
    return pl.DataFrame({"_at": rows["_at"].gather(pairs[0]), "_at_right": others["_at"].gather(pairs[1])})


def _without_things(
    whole: list[Keys], said: list[dict[str, Keys]], out: tuple[str, ...], left: list[Rows]
) -> list[Keys]:
    """The keys of the rows left over on either side, if some things are not looked at."""
    return [reduce(xor, (of[n] for n in out), key)[at] for key, of, at in zip(whole, said, left, strict=True)]


def _subsets(names: tuple[str, ...], most: int) -> Iterator[tuple[str, ...]]:
    """Sets of up to so many of the names, the smallest first."""
    for size in range(min(most, len(names)) + 1):
        yield from combinations(names, size)


def _hashed(frame: pl.DataFrame, things: dict[str, list[str]]) -> dict[str, Keys]:
    """A number for what each row says of each thing, in one spelling; 0 for nothing.

    An area that was only read from a landmark is none of its own.
    """
    found = {}
    for thing, columns in things.items():
        said = []
        for seed, column in enumerate(columns):
            text = spelled(pl.col(column).cast(pl.String))
            if column == "aor" and "aor_basis" in frame.columns:
                text = pl.when(pl.col("aor_basis") == "recorded").then(text)
            said.append(pl.when(text != "").then(text.hash(seed)).otherwise(pl.lit(0, pl.UInt64)))
        numbers = frame.select(reduce(xor, said)).to_series()
        found[thing] = (numbers * (zlib.crc32(thing.encode()) | 1)).to_numpy()
    return found


def _things(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> dict[str, list[str]]:
    """The columns that say each thing that rows of a table are matched by, of those that both files fill."""
    found = {}
    for columns in ONE_FAMILY[table]:
        filled = [c for c in columns if all(c in f.columns and f[c].count() for f in (rows, others))]
        if filled and columns != ["date"]:
            found[columns[0]] = filled
    return found


def _is_common(own: Keys, theirs: Keys) -> bool:
    """Whether two files say a thing in the same words."""
    own = own[own != 0]
    return len(own) > 0 and np.isin(own, theirs).mean() >= _COMMON


def _is_renaming(own: Keys, theirs: Keys, is_exact: bool) -> bool:
    """Whether a word of one file stands for one of the other's in paired rows; of one cut away, for any.

    A single word may stand for several where `is_exact`: nearly all rows match.
    """
    both = pl.DataFrame({"own": own, "theirs": theirs}).filter((pl.col("own") != 0) & (pl.col("theirs") != 0))
    counts = both.group_by(pl.all()).len()
    if is_exact and 1 in (both["own"].n_unique(), both["theirs"].n_unique()):
        return True
    most = [
        counts.group_by(word).agg(pl.col("len").max())["len"].sum()
        for word, other in (("own", "theirs"), ("theirs", "own"))
        if both[other].n_unique() > 1
    ]
    return not most or max(most) >= SHARE_SAME * both.height


def _another_week(dates: pl.Series) -> pl.Series:
    """The next day of the same weekday on which there are rows, of the last the first; the next day of any
    weekday where there is no other."""
    days = dates.unique().sort().to_frame("day").with_columns(weekday=pl.col("day").dt.weekday())
    after = pl.col("day").shift(-1).fill_null(pl.col("day").first())
    days = days.with_columns(of_weekday=after.over("weekday"), of_any=after)
    alone = pl.col("of_weekday") == pl.col("day")
    days = days.with_columns(pl.when(alone).then("of_any").otherwise("of_weekday").alias("moved"))
    return dates.to_frame("day").join(days, on="day", how="left", maintain_order="left")["moved"]


def _is_beyond_chance(own: Keys, theirs: Keys, another_week: Keys, fewest: float) -> bool:
    """Whether rows have matches that rows of other events would not have; of these a share must have none."""
    if not len(own) or not len(theirs):
        return False
    lacks = len(own) - _agreeing(own, theirs)
    by_chance = len(own) - _agreeing(own, another_week)
    return by_chance >= max(min(len(own), _LEAST), fewest * len(own)) and _LESS * lacks < by_chance


def _agreeing(own: Keys, theirs: Keys) -> int:
    """The number of one-to-one matches."""
    (a, n), (b, m) = (np.unique(keys, return_counts=True) for keys in (own, theirs))
    _, i, j = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return int(np.minimum(n[i], m[j]).sum())


def _equal(own: Keys, theirs: Keys) -> tuple[Rows, Rows]:
    """Positions of one-to-one matches in both."""
    left, right = (pl.DataFrame({"key": keys}).with_row_index("_at") for keys in (own, theirs))
    pairs = pairs_by(left, right, ("key",))
    return pairs["_at"].to_numpy(), pairs["_at_right"].to_numpy()
