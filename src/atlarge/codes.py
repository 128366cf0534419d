"""Text columns as integer codes, which count and group faster than strings.

Columns of texts that repeat are read as categories (`Categorical`), and stay so until their rows are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
_MOST_CELLS = 2**22
LOOKED_AT = 4096
_NULL = pl.Series([None], dtype=pl.String)


class Coded(NamedTuple):
    """The distinct texts, and the index of each row's text among them (one past the last for a null)."""

    texts: pl.Series
    rows: Numbers

    def at(self, rows: Numbers) -> Coded:
        """The same for other rows, given by their positions among these."""
        return Coded(self.texts, self.rows[rows])

    def categories(self, name: str) -> pl.Series:
        """The column as categories, which are its texts in their order."""
        return self._spread(name, pl.Enum(self.texts))

    def column(self, name: str) -> pl.Series:
        """The column as categories to which others can be added."""
        return self._spread(name, pl.Categorical(pl.Categories.random()))

    @property
    def words(self) -> pl.Series:
        """The texts, and a null for the rows without one."""
        return self.texts.clone().append(_NULL)

    def _spread(self, name: str, kind: Any) -> pl.Series:
        return self.words.cast(kind).gather(pl.Series(self.rows.view(np.uint32))).alias(name)

    def read_as(self, values: pl.Series) -> Coded:
        """The same rows with other texts: one for each of `texts`, and one for rows without any."""
        texts, rows = code(values)
        return Coded(texts, rows[self.rows])


def is_text(column: pl.Series) -> bool:
    """Whether a column is of texts, or of categories, which are texts too."""
    kind = column.dtype
    return kind == pl.String or isinstance(kind, pl.Categorical)


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with its categories as texts: what a function needs that looks into them."""
    return frame.with_columns(cs.categorical().cast(pl.String))


def code(values: pl.Series) -> Coded:
    """Encode a column: its distinct texts, and the index of each row's text.

    Examples
    --------
    >>> texts, rows = code(pl.Series(["b", None, "b"]))
    >>> texts.to_list(), rows.tolist()
    (['b'], [0, 1, 0])
    """
    if not isinstance(values.dtype, pl.Categorical):
        values = values.cast(pl.String).cast(pl.Categorical(pl.Categories.random()))
    values = values.rechunk()
    numbers = values.to_physical().cast(pl.UInt32)
    width = 1 + int(numbers.max()) if numbers.count() else 0  # type: ignore[arg-type]
    rows = numbers.fill_null(width).to_numpy() if numbers.null_count() else numbers.to_numpy()
    places = _first_rows(rows, width)
    own = np.full(width + 1, len(places), np.int32)
    own[rows[places]] = np.arange(len(places), dtype=np.int32)  # as the rows stand, whoever read them first
    return Coded(values[places].cast(pl.String), own.take(rows))


def _first_rows(rows: NDArray[np.uint32], width: int) -> Numbers:
    """The first row of each number below `width` that occurs, in the order of the rows.

    In ever larger parts, since the first rows hold most numbers.
    """
    first = np.full(width + 1, -1, np.int32)
    first[width] = len(rows)
    at, size = 0, LOOKED_AT
    while at < len(rows) and (first < 0).any():
        part = rows[at : at + size]
        new = np.flatnonzero(first.take(part) < 0)[::-1]
        first[part[new]] = at + new
        at, size = at + size, 4 * size
    return np.sort(first[(first >= 0) & (first < len(rows))])


def as_categories(
    frame: pl.DataFrame, coded: dict[str, Coded], constants: dict[str, str] | None = None
) -> pl.DataFrame:
    """A frame with its text columns as categories, which are written faster, where they are coded or empty.

    `constants`: columns that have one text in every row.
    """
    texts = {column.name: column for column in frame.get_columns() if is_text(column)}
    empty = [name for name, column in texts.items() if column.null_count() == len(column)]
    same: dict[str, str | None] = {**dict.fromkeys(empty), **(constants or {})}
    return frame.with_columns(
        _repeated(name, same[name], frame.height)
        if name in same
        else (coded[name] if name in coded else code(column)).categories(name)
        for name, column in texts.items()
        if name in same or name in coded or column.dtype != pl.String
    )


def _repeated(name: str, text: str | None, height: int) -> pl.Series:
    """A column of categories that has one text, or none, in every row."""
    one = pl.Series(name, [text], dtype=pl.String)
    return one.cast(pl.Enum(one.drop_nulls())).new_from_index(0, height)


def repeats(values: pl.Series) -> bool:
    """Whether values repeat often enough among the first cells for encoding to save work."""
    first = values.head(LOOKED_AT)
    return len(first) < LOOKED_AT or first.n_unique() < LOOKED_AT // 2


def combine(columns: Iterable[Coded], height: int) -> tuple[Numbers, Numbers, Numbers]:
    """Distinct combinations of encoded columns: the combination of each row, and for each combination its
    last row and number of rows.

    Examples
    --------
    >>> own, last, rows = combine([code(pl.Series(["a", "b", "a"])), code(pl.Series(["x", "x", "x"]))], 3)
    >>> own.tolist(), last.tolist(), rows.tolist()
    ([0, 1, 0], [2, 1], [2, 1])
    """
    key: NDArray[np.int64] = np.zeros(height, np.int64)
    cells = 1
    for texts, codes in columns:
        width = len(texts) + 1
        key, cells = key * width + codes, cells * width
        if cells > _MOST_CELLS:
            distinct, key = np.unique(key, return_inverse=True)
            cells = len(distinct)
    counts = np.bincount(key, minlength=cells)
    present = np.flatnonzero(counts)
    place = np.empty(cells, np.int32)
    place[present] = np.arange(len(present), dtype=np.int32)
    own = place[key]
    last = np.empty(len(present), np.int32)
    last[own] = np.arange(height, dtype=np.int32)
    return own, last, counts[present].astype(np.int32)
