"""Small cells: counts of people too few to print, and those that would give them away.

A cell over 0 and under the threshold is held back. So that it cannot be had by subtraction, cells of the
same row are held back too until at least two are and together they reach the threshold; then the same
down each column, since the column's total is printed. Where that is not enough, as in a table of a few
small places, the column's total is held back. Zeros are printed: they describe no one.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.detainers.outcomes import OUTCOMES

DEFAULT_THRESHOLD = 5
_MANY = 6  # hidden cells in a column from which on its total is safe to print
_HELD_BACK_LAST = "declined"  # the figure a reader comes for; another is held back first where one serves


def _protect_line(
    values: NDArray[np.int64], hidden: NDArray[np.bool_], rank: NDArray[np.int64], least: int
) -> bool:
    """Hide further cells of one row or column; True when it changed."""
    if not hidden.any():
        return False
    changed = False
    while hidden.sum() < 2 or values[hidden].sum() < least:
        left = np.flatnonzero(~hidden & (values > 0))
        if left.size == 0:
            break
        order = np.lexsort((values[left], rank[left]))
        hidden[left[order[0]]] = True
        changed = True
    return changed


def hidden_cells(values: NDArray[np.int64], threshold: int, rank: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which cells of a table (rows x outcomes, whose row and column totals are printed) to hold back."""
    hidden = (values > 0) & (values < threshold)
    hidden |= ((values.sum(axis=1) < threshold) & (values.sum(axis=1) > 0))[:, None]
    flat = np.zeros(values.shape[0], dtype=np.int64)
    for _ in range(values.size + 1):
        changed = False
        for row in np.flatnonzero(hidden.any(axis=1)):
            if values[row].sum() >= threshold:
                changed |= _protect_line(values[row], hidden[row], rank, threshold)
        for column in range(values.shape[1]):
            changed |= _protect_line(values[:, column], hidden[:, column], flat, threshold)
        if not changed:
            break
    return hidden


def small_cells(values: NDArray[np.int64], threshold: int) -> NDArray[np.bool_]:
    """`hidden_cells` of an outcome table, whose declined figures are held back last."""
    rank = np.array([1 if name == _HELD_BACK_LAST else 0 for name in OUTCOMES])
    return hidden_cells(values, threshold, rank)


def unsafe_totals(values: NDArray[np.int64], hidden: NDArray[np.bool_], threshold: int) -> NDArray[np.bool_]:
    """Columns whose total, if printed, would pin a hidden small cell.

    For every small cell in a column with few hidden ones, the least and largest value that agree with all
    that is printed are found by linear programming; where they are the same, the column's total is unsafe.
    With at least `_MANY` hidden cells in its column a cell is not audited: too much is free to pin it.
    """
    unsafe = np.zeros(values.shape[1], dtype=bool)
    few = (hidden.sum(axis=0) < _MANY) & hidden.any(axis=0)
    small = hidden & (values > 0) & (values < threshold) & few
    if not small.any():
        return unsafe
    # Only rows with a cell in such a column matter: the totals of columns with many hidden cells pin nothing.
    rows = np.flatnonzero((hidden & few).any(axis=1))
    part, shown = hidden[rows], values[rows]
    sums = values.sum(axis=1)[rows]
    is_told = (sums >= threshold) | (sums == 0)
    cells = [(int(i), int(j)) for i, j in np.argwhere(small[rows])]
    for _ in range(2 * values.shape[1]):
        ranges = _ranges(part, shown, is_told, few & ~unsafe, cells)
        pinned = [cell for cell, (low, high) in zip(cells, ranges, strict=True) if high - low < 1 - 1e-6]
        before = unsafe.copy()
        for i, j in pinned:
            # First its own column's total; then those of the cells it is printed in a row with.
            unsafe[np.array([j]) if not before[j] else np.flatnonzero(part[i])] = True
        if (unsafe == before).all():
            break
    return unsafe


def _ranges(
    hidden: NDArray[np.bool_],
    values: NDArray[np.int64],
    is_told: NDArray[np.bool_],
    columns: NDArray[np.bool_],
    cells: list[tuple[int, int]],
) -> list[tuple[float, float]]:
    """Least and largest value of each cell that agrees with the row and column totals that are printed."""
    from scipy.optimize import linprog

    places = np.argwhere(hidden)
    lines = [places[:, 0] == i for i in np.flatnonzero(is_told & hidden.any(axis=1))]
    lines += [places[:, 1] == j for j in np.flatnonzero(columns)]
    if not lines:
        return [(0.0, np.inf)] * len(cells)
    matrix = np.array(lines, dtype=float)
    totals = matrix @ values[hidden]
    made = []
    for i, j in cells:
        goal = ((places[:, 0] == i) & (places[:, 1] == j)).astype(float)
        low, high = (linprog(sign * goal, A_eq=matrix, b_eq=totals) for sign in (1, -1))
        made.append((low.fun if low.status == 0 else 0.0, -high.fun if high.status == 0 else np.inf))
    return made


def suppress(rows: pl.DataFrame, threshold: int = DEFAULT_THRESHOLD) -> pl.DataFrame:
    """Null the small cells of an outcome table and mark its rows (`suppressed`).

    Totals stay: `issued` is printed unless it is itself small. Rates that would give a hidden cell away are
    nulled with it. `threshold` 0 or 1 holds nothing back.
    """
    if threshold <= 1 or rows.is_empty():
        return rows.with_columns(pl.lit(False).alias("suppressed"))
    values = rows.select(OUTCOMES).to_numpy().astype(np.int64)
    hidden = small_cells(values, threshold)
    made = rows.with_columns(
        pl.when(pl.Series(hidden[:, i])).then(None).otherwise(pl.col(name)).alias(name)
        for i, name in enumerate(OUTCOMES)
    )
    small = pl.col("issued").is_between(1, threshold - 1)
    made = made.with_columns(
        pl.Series("suppressed", hidden.any(axis=1)),
        pl.when(small).then(None).otherwise("issued").alias("issued"),
    )
    tells_missing = pl.col("missing").is_null() | pl.col("issued").is_null()
    tells_declined = pl.col("declined").is_null() | pl.col("issued").is_null()
    told = {
        "known": tells_missing,
        "missing_share": tells_missing,
        "decline_rate": tells_missing | tells_declined,
        "rate_low": tells_missing | tells_declined,
        "rate_high": tells_missing | tells_declined,
        "best_case": tells_declined,
        "worst_case": tells_missing | tells_declined,
    }
    return made.with_columns(
        pl.when(condition).then(None).otherwise(pl.col(name)).alias(name)
        for name, condition in told.items()
        if name in made.columns
    )
