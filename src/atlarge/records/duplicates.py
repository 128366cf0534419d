"""Find likely duplicates by one rule for each table, and compare them with published flags.

An episode is a run of records of one person with no gap over 24 hours. One row of an episode is always
kept; rows without an identifier are never dropped, since nothing shows whether they are the same person.
The rules are those documented by the Deportation Data Project (arrests, forms B and C; detainers, form C),
restated here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from atlarge.codes import is_text
from atlarge.records.identifiers import PERSON, too_frequent

_DAY = pl.duration(hours=24)
_SEED = 7
_MOMENT, _WHEN = pl.col("moment"), pl.col("moment").dt.date()
_REPROCESSED = pl.col("method").cast(pl.String).fill_null("").str.contains("(?i)reprocessed")
_FACTS = ("moment", "method", "landmark", "facility", "criminality")
"""What two rows of one event agree in, where both say it."""
_MANY_ROWS, _MOST_TIMES = 8, 20
_FEWEST, _MOST_DROPPED, _APART, _FEW_SEVERAL, _AGREED = 10, 0.4, 0.5, 0.1, 0.9
_TIMES = pl.col("^_fact_moment$").n_unique().name.map(lambda _: "_times")
_TEXTS = {"_who": "subject_key", "_type": "detainer_type", "_facility": "facility", "_code": "facility_code"}


@dataclass(frozen=True)
class Duplicates:
    """Masks over the rows given: `dropped`, and `likely` (every row of an episode or group of several).

    `unusable`: rows whose identifier stands in too many rows to be one person's; None if there is none.
    """

    dropped: pl.Series
    likely: pl.Series
    unusable: pl.Series | None = None

    def slice(self, at: int, height: int) -> Duplicates:
        """The masks of some rows in a row."""
        unusable = None if self.unusable is None else self.unusable.slice(at, height)
        return Duplicates(self.dropped.slice(at, height), self.likely.slice(at, height), unusable)


@dataclass(frozen=True)
class Rule:
    """Which rows are one: of one person (`_who`) and equal in `group`; one of them is kept.

    `order`: rows of a person stand by these, then as in the release; the first is kept, or the last.
    `group` may name the episode, if rows stand by the moment first.
    """

    group: tuple[str, ...]
    order: tuple[pl.Expr, ...] = ()
    keep_last: bool = False

    def looked_at(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The little that the rule looks at, row by row as given: numbers for texts, 64 bits of a hash.

        Narrow, so that a release too long for memory is compared on all its rows at once.
        """
        known = set(frame.columns)
        keys = [
            (key if set(key.meta.root_names()) <= known else pl.lit(None)).alias(f"_key{i}")
            for i, key in enumerate(self.order)
        ]
        wanted = [name for name in self.group if name not in ("_episode", "_day", "_key0")]
        texts = [_number(frame, _TEXTS[name], name) for name in ("_who", *wanted) if name in _TEXTS]
        days = [_WHEN.alias("_day")] if "_day" in self.group else []
        others = [_known(frame, name) for name in wanted if name not in _TEXTS]
        flags = [c for c in ("published_drop", "published_likely") if c in frame.columns][:1]
        published = [is_flagged(pl.col(name)).alias("_published") for name in flags]
        facts = [_number(frame, name, f"_fact_{name}") for name in _FACTS if name in frame.columns]
        person = [PERSON] if PERSON in frame.columns else []
        return frame.select(*texts, *days, *others, *keys, *facts, *person, *published)

    def judge(self, looked_at: pl.DataFrame) -> Duplicates:
        """Masks over all rows of a release, in the order given; rows without an identifier are apart."""
        flagged = self._flagged(looked_at).sort("_at")
        return Duplicates(flagged["_dropped"], flagged["_likely"])

    def _flagged(self, looked_at: pl.DataFrame) -> pl.DataFrame:
        """Rows in the order in which they are judged, and which of them are `_dropped` and `_likely`."""
        by = ["_who", *[f"_key{i}" for i in range(len(self.order))]]
        ordered = looked_at.with_row_index("_at").sort(by, nulls_last=True, maintain_order=True)
        if "_episode" in self.group:
            ordered = _episodes(ordered)
        same = pl.struct("_who", *self.group) if self.group != ("_episode",) else pl.col("_episode")
        kept = same.is_last_distinct() if self.keep_last else same.is_first_distinct()
        known = pl.col("_who").is_not_null()
        return ordered.with_columns(
            (known & ~kept).alias("_dropped"), (known & same.is_duplicated()).alias("_likely")
        )

    def _of_several(self, looked_at: pl.DataFrame) -> pl.Series:
        """Mask of rows whose identifier stands for several persons: a batch, a family, the start of a hash.

        Of an identifier that is right otherwise: those of which eight rows or more would be one, and most say
        another thing than the row kept, and those of more times than a person is arrested.
        """
        known = looked_at["_who"].is_not_null()
        counts = looked_at.drop_nulls("_who").group_by("_who").agg(pl.len().alias("rows"), _TIMES)
        if not (counts["rows"] > 1).any():
            return known & False
        flagged = self._flagged(looked_at)
        is_right = _is_right(looked_at, flagged)
        if is_right is None and counts.height >= _FEWEST and counts["rows"].median() >= _MOST_TIMES:  # type: ignore[operator]
            is_right = False
        likely = flagged.filter("_likely")
        group = ["_who", *self.group]
        facts = [pl.col(name) for name in likely.columns if name.startswith("_fact_")]
        kept = [(fact.last() if self.keep_last else fact.first()).over(group) for fact in facts]
        differs = [(fact != one).fill_null(False) for fact, one in zip(facts, kept, strict=True)]
        likely = likely.with_columns(pl.any_horizontal(pl.lit(False), *differs).alias("_apart"))
        dropped, apart = int(likely["_dropped"].sum()), int(likely["_apart"].sum())
        if is_right is None and counts.height >= _FEWEST and dropped >= _MOST_DROPPED * int(known.sum()):
            is_right = apart < max(_FEWEST, _APART * dropped)
        if is_right is not None:
            return known & (not is_right)
        many = likely.group_by(group).agg(pl.len().alias("rows"), pl.col("_apart").sum())
        many = many.filter((pl.col("rows") >= _MANY_ROWS) & (pl.col("_apart") >= _APART * pl.col("rows")))
        often = counts.filter((pl.col("_times") >= _MOST_TIMES) & ("stay_book_in" not in self.group))
        unusable = pl.concat([many["_who"], often["_who"]]).unique().implode()
        return looked_at["_who"].is_in(unusable).fill_null(False)

    def judge_release(self, looked_at: pl.DataFrame) -> Duplicates:
        """The same for a whole release: an identifier in more rows than a person can have, or of several
        persons, is no one's."""
        unusable = too_frequent(looked_at["_who"])
        unusable |= self._of_several(_without(looked_at, unusable))
        if not unusable.any():
            return self.judge(looked_at)
        return replace(self.judge(_without(looked_at, unusable)), unusable=unusable)


def is_flagged(published: pl.Expr) -> pl.Expr:
    """Whether a publisher's own flag, as text, says yes."""
    return published.cast(pl.String).str.to_lowercase().is_in(["true", "1", "t", "yes"])


def _is_right(looked_at: pl.DataFrame, flagged: pl.DataFrame) -> bool | None:
    """Whether the identifiers of a release are those of persons; None where nothing says so.

    They are if the published flags call the rows duplicates that would be dropped, or if nearly all of those
    that are repeated are of one birth year, say; they are not if most of these are of several.
    """
    if "_published" in flagged.columns:
        said = flagged.filter("_dropped")["_published"].drop_nulls()
        if len(said) and said.mean() >= _AGREED:  # type: ignore[operator]
            return True
    if PERSON not in looked_at.columns:
        return None
    people = looked_at.drop_nulls(["_who", PERSON]).group_by("_who").agg(pl.len(), pl.col(PERSON).n_unique())
    people = people.filter(pl.col("len") > 1)
    several = float((people[PERSON] > 1).mean() or 0)  # type: ignore[arg-type]
    fewest = _FEWEST if several else 2  # that they agree by chance is unlikely
    if people.height < fewest or _FEW_SEVERAL < several < _APART:
        return None
    return several < _APART


def _without(looked_at: pl.DataFrame, unusable: pl.Series) -> pl.DataFrame:
    """The rows, without identifiers that cannot be used."""
    return looked_at.with_columns(pl.when(~unusable).then(pl.col("_who")).alias("_who"))


def _known(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in frame.columns else pl.lit(None).alias(name)


def _number(frame: pl.DataFrame, name: str, alias: str) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, pl.UInt64).alias(alias)
    cells = pl.col(name).cast(pl.String) if is_text(frame[name]) else pl.col(name)
    return pl.when(cells.is_not_null()).then(cells.hash(_SEED)).alias(alias)


def _episodes(ordered: pl.DataFrame) -> pl.DataFrame:
    """Number the episodes: a new one starts with each person and after a gap of more than 24 hours."""
    gap = pl.col("_key0").diff()
    is_new = (
        pl.col("_who").is_null()
        | (pl.col("_who") != pl.col("_who").shift(1)).fill_null(True)
        | (gap > _DAY).fill_null(True)
    )
    return ordered.with_columns(is_new.cum_sum().alias("_episode"))


RULES: dict[str, Rule] = {
    # Arrests of one person in one episode: the first is kept; at equal times, reprocessed ones come last.
    "arrest_episodes": Rule(("_episode",), (_MOMENT, _REPROCESSED)),
    # Detainers for one person in one episode, of one type at one facility.
    "detainer_episodes": Rule(("_episode", "_type", "_facility"), (_MOMENT,)),
    # Detainers for one person on one day, of one type at one facility.
    "detainer_days": Rule(("_day", "_type", "_facility"), (_MOMENT,)),
    # Removals of one person on one day.
    "removal_days": Rule(("_day",), keep_last=True),
    # Encounters of one person at one recorded time.
    "encounter_days": Rule(("_key0",), (_MOMENT,)),
    # Stints of one person at one facility, with one book-in day and in one stay.
    "stints": Rule(("_code", "_day", "stay_book_in"), keep_last=True),
}


def agreement(frame: pl.DataFrame, found: Duplicates) -> dict[str, Any]:
    """How many rows the published flags, where a release has them, agree and differ in."""
    shares = {}
    for column, mask in (("published_likely", found.likely), ("published_drop", found.dropped)):
        if column in frame.columns:
            flag = frame.select(is_flagged(pl.col(column))).to_series()
            known = flag.is_not_null()
            same = int(((flag == mask) & known).sum())
            shares[column] = {
                "agree": same,
                "differ": int(known.sum()) - same,
                "not_flagged": int((~known).sum()),
            }
    return shares
