"""Match rows of two files one to one: by person, else by what both say of the event.

Rows without an identifier are paired if they agree in all that both files say but two things at most: a later
file may leave one blank, rename it or put it right. That must show more than chance: two parts of one set of
records, which have no row in common, have many rows alike too. How many of such parts would lack a match
follows from the rows of both files taken together.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import and_, xor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.records.outcomes import MISSING
from atlarge.records.schemes import in_wider_words, is_recoded
from atlarge.records.tables import THINGS

MOVED_DAYS = 31
"""A later vintage may put a person's date right by so many days."""
_MOST_LEFT_OUT = 2
_SAME_PEOPLE = 0.5
"""Identifiers are the same if so many of those of either file are in both."""
_SAME_WORDS = 0.2
"""The words of a column are the same if so many rows of either file have some that the other has."""
_LESS, _LEAST, _LEAST_WITHOUT = 4, 10, 20
"""Rows agree beyond chance if so many times fewer lack a match than would in parts without a common row. So
many would have to lack one there; more where something is left out, which is tried in several ways."""
_FEW = 3
"""Of a small file, one row in so many."""
_CLEAR, _MANY, _SPARSE = 2.5, 50, 0.4
"""Half as many may lack one, by so many standard errors, of files known to have rows in common; or if so many
rows and such a share would lack one by chance, so that hardly any are paired by it."""
_SAME_RENAMED, _NEARLY_ALL = 0.8, 0.99
"""So many pairs must agree in each thing, or differ by a word of one file that stands for one of the other's;
for any, where so many rows match at once."""
_SURE = 3.0
"""Standard errors from which fewer rows lack a match than in parts without a common row."""

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
    """One-to-one pairs (_at, _at_right) of rows of two files that are the same events."""
    rows, others = stated(rows), stated(others)
    if not {"subject_key"} <= {*rows.columns} & {*others.columns}:
        return _by_words(rows, others, table)
    known, theirs = (frame.drop_nulls("subject_key") for frame in (rows, others))
    pairs = _by_person(known, theirs, table)
    left, right = without(rows, others, pairs)
    if pairs.is_empty():
        return _by_words(left, right, table)
    # both have the same identifiers, so two rows that have one each are of two persons
    nameless = right.filter(pl.col("subject_key").is_null())
    pairs = pl.concat([pairs, _by_words(left, nameless, table)])
    left, right = without(rows, others, pairs)
    return pl.concat([pairs, _by_words(left.filter(pl.col("subject_key").is_null()), right, table)])


def _by_person(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> pl.DataFrame:
    """Pairs of rows of one person, on one day or on near ones; none if the files do not have the same
    identifiers, as those of samples have if most pairs agree in all that both files say."""
    on_day = pairs_by(rows, others, ("date", "subject_key"))
    pairs = pl.concat([on_day, _on_near_days(*without(rows, others, on_day))])
    if pairs.height >= max(1.0, _SAME_PEOPLE * min(rows.height, others.height)):
        return pairs
    words = [c for said in _things(rows, others, table).values() for c in said if rows[c].dtype == pl.String]
    beside = others.select(pl.col("_at", *words).name.suffix("_right"))
    both = on_day.join(rows.select("_at", *words), on="_at").join(beside, on="_at_right")
    same = [(spelled(pl.col(c)) == spelled(pl.col(f"{c}_right"))).fill_null(True) for c in words]
    agree = both.select(pl.all_horizontal(pl.lit(True), *same).sum()).item()
    return on_day if agree >= max(_LEAST, _SAME_PEOPLE * on_day.height) else on_day.clear()


def _on_near_days(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """One-to-one pairs of one person on near days: a later vintage put the date right."""
    left, right = (frame.select("_at", "subject_key", "date").drop_nulls() for frame in (rows, others))
    days = (pl.col("date") - pl.col("date_right")).dt.total_days().abs()
    near = left.join(right, on="subject_key").filter(days <= MOVED_DAYS).sort(days, "_at", "_at_right")
    once = near.unique("_at", keep="first", maintain_order=True)
    return once.unique("_at_right", keep="first", maintain_order=True).select("_at", "_at_right")


@dataclass(frozen=True)
class _Side:
    """What each row of a file says of each thing, as numbers (`said`; 0 for nothing), and whether the other
    file has a row that says so too, or it says nothing (`shared`)."""

    said: dict[str, Keys]
    shared: dict[str, NDArray[np.bool_]]

    def keys(self, names: list[str], at: Rows) -> Keys:
        """One number for what some rows say of some things."""
        return reduce(xor, (self.said[name][at] for name in names))

    def comparable(self, names: list[str], at: Rows) -> Keys:
        """The numbers of those rows that the other file may have: it has each word that they say."""
        return self.keys(names, at)[reduce(and_, (self.shared[name][at] for name in names))]


def _sides(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> tuple[_Side, _Side]:
    """What the rows of two files say of the things that both fill, the day among them."""
    things = {"date": ["date"], **_things(rows, others, table)}
    files = [rows, others]
    if "method" in things and any(is_recoded(set(frame["method"].drop_nulls().unique())) for frame in files):
        files = [frame.with_columns(method=in_wider_words(pl.col("method"))) for frame in files]
    own, theirs = (_hashed(frame, things) for frame in files)
    first, second = (
        _Side(said, {name: _is_shared(said[name], other[name]) for name in things})
        for said, other in ((own, theirs), (theirs, own))
    )
    return first, second


def _is_shared(said: Keys, other: Keys) -> NDArray[np.bool_]:
    numbers = pl.Series(said)
    return ((numbers == 0) | numbers.is_in(pl.Series(other).unique().implode())).to_numpy()


def _by_words(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> pl.DataFrame:
    """Pairs of rows that agree in all that both files say, or in all but a thing or two, beyond chance."""
    left = [np.arange(frame.height) for frame in (rows, others)]
    found = [[side[:0] for side in left]]
    if rows.height and others.height:
        sides = _sides(rows, others, table)
        every = list(sides[0].said)
        names = [name for name in every if name == "date" or _is_common(*sides, name)]
        for out in _subsets(names[1:], _MOST_LEFT_OUT):
            kept = [name for name in names if name not in out]
            own, theirs = (side.comparable(kept, at) for side, at in zip(sides, left, strict=True))
            least = min(_LEAST_WITHOUT if out else _LEAST, min(map(len, left)) / _FEW)
            if not _is_beyond_chance(own, theirs, least, is_same=len(found) > 1):
                continue
            for finer in _subsets(out, len(out)):
                kept = [name for name in names if name not in finer]
                at = _equal(*(side.keys(kept, rows) for side, rows in zip(sides, left, strict=True)))
                found.append([side[i] for side, i in zip(left, at, strict=True)])
                left = [np.delete(side, i) for side, i in zip(left, at, strict=True)]
        own_at, their_at = (np.concatenate(side) for side in zip(*found, strict=True))
        said = [(sides[0].said[name][own_at], sides[1].said[name][their_at]) for name in every]
        at_once = len(found[1][0]) if len(found) > 1 else 0
        is_exact = at_once >= _NEARLY_ALL * rows.height
        if not all(_agree(*words, is_exact) for words in said):
            found = found[:1]
    pairs = [np.concatenate(side) for side in zip(*found, strict=True)]
    return pl.DataFrame({"_at": rows["_at"].gather(pairs[0]), "_at_right": others["_at"].gather(pairs[1])})


def alike(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> int:
    """Of two files of which no rows were paired, about how many may be in both: none where no more agree than
    in parts without a common row, nor a few; all that agree where such parts would agree as well."""
    sides = _sides(stated(rows), stated(others), table)
    names = [name for name in sides[0].said if name == "date" or _is_common(*sides, name)]
    keys = (side.comparable(names, np.arange(len(side.said["date"]))) for side in sides)
    own, theirs = sorted(keys, key=len)
    lacks, by_chance = _lacking(own, theirs)
    found = float(len(own) - lacks)
    if by_chance >= _LEAST:
        fewer = by_chance - lacks
        share = len(own) / (len(own) + len(theirs))
        # a row in both that no other is like makes this many fewer; of many alike rows it makes less
        each = 1 - 2 * share + 2 * share**2
        is_sure = fewer > _SURE * by_chance**0.5
        found = min(found, max(fewer / each, fewer / by_chance * len(own))) if is_sure else 0.0
    return round(found) if found >= _LEAST else 0


def _subsets(names: list[str] | tuple[str, ...], most: int) -> Iterator[tuple[str, ...]]:
    """Sets of up to so many of the names, the smallest first."""
    for size in range(min(most, len(names)) + 1):
        yield from combinations(names, size)


def _hashed(frame: pl.DataFrame, things: dict[str, list[str]]) -> dict[str, Keys]:
    """A number for what each row says of each thing, in one spelling; 0 where a column of it is blank.

    An area that was only read from a landmark is none of its own.
    """
    found = {}
    for thing, columns in things.items():
        said = []
        for seed, column in enumerate(columns):
            text = spelled(pl.col(column).cast(pl.String))
            if column == "aor" and "aor_basis" in frame.columns:
                text = pl.when(pl.col("aor_basis") == "recorded").then(text)
            said.append(pl.when(text != "").then(text.hash(seed)))
        numbers = frame.select(reduce(xor, said).fill_null(0)).to_series()
        found[thing] = (numbers * (zlib.crc32(thing.encode()) | 1)).to_numpy()
    return found


def _things(rows: pl.DataFrame, others: pl.DataFrame, table: str) -> dict[str, list[str]]:
    """The columns that say each thing that rows of a table are matched by, of those that both files fill."""
    found = {}
    for columns in THINGS[table]:
        filled = [c for c in columns if all(c in f.columns and f[c].count() for f in (rows, others))]
        if filled and columns != ["date"]:
            found[columns[0]] = filled
    return found


def _is_common(side: _Side, other: _Side, name: str) -> bool:
    """Whether two files say a thing in the same words."""
    shares = [
        one.shared[name][is_said].mean() for one in (side, other) if (is_said := one.said[name] != 0).any()
    ]
    return len(shares) > 1 and max(shares) >= _SAME_WORDS


def _agree(own: Keys, theirs: Keys, is_exact: bool) -> bool:
    """Whether paired rows say the same of a thing, but for a few, or in words of one file that each stand for
    one of the other's; of one cut away, for any.

    A single word may stand for several where `is_exact`: nearly all rows match.
    """
    both = pl.DataFrame({"own": own, "theirs": theirs})
    both = both.filter((pl.col("own") != 0) & (pl.col("theirs") != 0) & (pl.col("own") != pl.col("theirs")))
    if both.height <= (1 - _SAME_RENAMED) * len(own):
        return True
    if is_exact and 1 in (both["own"].n_unique(), both["theirs"].n_unique()):
        return True
    counts = both.group_by(pl.all()).len()
    most = [
        counts.group_by(word).agg(pl.col("len").max())["len"].sum()
        for word, other in (("own", "theirs"), ("theirs", "own"))
        if both[other].n_unique() > 1
    ]
    return not most or max(most) >= _SAME_RENAMED * both.height


def _is_beyond_chance(own: Keys, theirs: Keys, least: float, *, is_same: bool) -> bool:
    """Whether so few rows lack a match that both files must hold the same events.

    `is_same`: some are known to be the same already.
    """
    lacks, by_chance = _lacking(own, theirs)
    if by_chance >= least and _LESS * lacks < by_chance:
        return True
    is_clear = by_chance - lacks > max(_CLEAR * by_chance**0.5, by_chance / 2)
    is_sparse = by_chance >= max(_MANY, _SPARSE * min(len(own), len(theirs)))
    return is_clear and (is_same or is_sparse)


def _lacking(own: Keys, theirs: Keys) -> tuple[int, float]:
    """How many rows of the file with fewer have no one-to-one match, and how many would have none if it were
    chance in which of both files a row is."""
    from scipy.special import bdtrc  # questions need no matching

    own, theirs = sorted((own, theirs), key=len)
    keys, at = np.unique(np.concatenate([own, theirs]), return_inverse=True)
    both = np.bincount(at, minlength=len(keys))
    lacks = int(np.maximum(2 * np.bincount(at[: len(own)], minlength=len(keys)) - both, 0).sum())
    share = len(own) / max(len(at), 1)
    n, times = np.unique(both, return_counts=True)
    # of n alike rows k are in the first file by a binomial chance: 2k - n of them lack a match, if k > n / 2
    excess = n * (2 * share * bdtrc(n // 2 - 1, n - 1, share) - bdtrc(n // 2, n, share))
    return lacks, float((times * excess).sum())


def _equal(own: Keys, theirs: Keys) -> tuple[Rows, Rows]:
    """Positions of one-to-one matches in both."""
    left, right = (pl.DataFrame({"key": keys}).with_row_index("_at") for keys in (own, theirs))
    pairs = pairs_by(left, right, ("key",))
    return pairs["_at"].to_numpy(), pairs["_at_right"].to_numpy()
