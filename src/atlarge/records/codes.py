"""Texts of many rows as numbers: one integer a row counts and groups quicker than a text."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Coded = tuple[list[str], Numbers]
"""The distinct texts, and for each row the index of its own; beyond the last where there is none."""
_MOST_CELLS = 2**22


def code(values: pl.Series) -> Coded:
    """The distinct texts of a column, and of each row which is its own.

    Examples
    --------
    >>> code(pl.Series(["b", None, "b"]))
    (['b'], array([0, 1, 0], dtype=int32))
    """
    physical = values.cast(pl.String).cast(pl.Categorical).to_physical()
    numbers = physical.cast(pl.Int32).fill_null(-1).to_numpy()
    last = np.full(int(numbers.max(initial=-1)) + 2, -1, np.int32)
    last[numbers] = np.arange(len(numbers), dtype=np.int32)
    last[-1] = -1  # where there is no text
    present = np.flatnonzero(last >= 0)
    place = np.full(len(last), len(present), np.int32)
    place[present] = np.arange(len(present), dtype=np.int32)
    return values.gather(last[present]).cast(pl.String).to_list(), place[numbers]


def recode(coded: Coded, rows: Numbers) -> Coded:
    """The codes of rows that are given by their positions among those coded."""
    return coded[0], coded[1][rows]


def combine(columns: Iterable[Coded], height: int) -> tuple[Numbers, Numbers, Numbers]:
    """Distinct combinations of columns: of each row which is its own, and of each its last row and its rows.

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
