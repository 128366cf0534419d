"""Sums among published cells, and what a cell's status lets a reader know of it.

Months add up to a year, counties to a state, measures to all arrests. Each sum is one row of A x = 0 over the
cells; where the parts do not exhaust the whole, a remainder that is zero or more and on no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPEN, PRIMARY, HIDDEN, UNPUBLISHED, BLURRED = 0, 1, 2, 3, 4
"""Status of a cell: shown; marked as small; marked as withheld to protect another; on no page at all;
small, but marked as withheld because the mark "small" itself would tell (four counties of at least one
each in a state of at most four)."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearConstraints:
    """Sums among cells: entry k says that cell `cell[k]` stands in sum `row[k]` with `sign[k]`.

    Parts have sign +1 and the whole -1. `has_rest[r]`: the parts of sum r need not exhaust the whole.
    """

    row: Ints
    cell: Ints
    sign: Floats
    has_rest: NDArray[np.bool_]

    @staticmethod
    def none() -> LinearConstraints:
        """No sums: cells stand alone."""
        empty = np.zeros(0, np.int64)
        return LinearConstraints(empty, empty, np.zeros(0), np.zeros(0, bool))

    @staticmethod
    def of(whole: Any, part: Any, *, has_rest: bool | NDArray[np.bool_] = False) -> LinearConstraints:
        """Sums from pairs (whole, part) of cell numbers; pairs of the same whole are one sum."""
        wholes, row = np.unique(np.asarray(whole, np.int64), return_inverse=True)
        n = len(wholes)
        rest = np.broadcast_to(np.asarray(has_rest, bool), (n,)).copy()
        return LinearConstraints(
            np.concatenate([row, np.arange(n)]).astype(np.int64),
            np.concatenate([np.asarray(part, np.int64), wholes]),
            np.concatenate([np.ones(len(row)), -np.ones(n)]),
            rest,
        )

    @staticmethod
    def join(parts: Sequence[LinearConstraints]) -> LinearConstraints:
        """All sums of several kinds together."""
        offsets = np.cumsum([0, *[len(p.has_rest) for p in parts]])
        return LinearConstraints(
            np.concatenate([p.row + o for p, o in zip(parts, offsets, strict=False)]).astype(np.int64),
            np.concatenate([p.cell for p in parts]).astype(np.int64),
            np.concatenate([p.sign for p in parts]),
            np.concatenate([p.has_rest for p in parts]),
        )


class Sums:
    """Collects sums one at a time: `add(parts, wholes)` says that the parts add up to the wholes."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, float]] = []
        self._rest: list[bool] = []

    def add(self, parts: Sequence[int], wholes: Sequence[int], *, has_rest: bool = False) -> None:
        """One sum; `has_rest`: the parts need not exhaust the wholes."""
        row = len(self._rest)
        self._entries += [(row, cell, 1.0) for cell in parts] + [(row, cell, -1.0) for cell in wholes]
        self._rest.append(has_rest)

    def relations(self) -> LinearConstraints:
        """All sums added so far."""
        if not self._entries:
            return LinearConstraints.none()
        row, cell, sign = zip(*self._entries, strict=True)
        return LinearConstraints(
            np.array(row, np.int64),
            np.array(cell, np.int64),
            np.array(sign, float),
            np.array(self._rest, bool),
        )


def sensitive(values: Ints, covered: NDArray[np.bool_], threshold: int) -> NDArray[np.bool_]:
    """Cells whose exact count no one may learn, whether or not they stand on a page."""
    return covered & (values > 0) & (values < threshold)


def limits(status: Ints, values: Ints, threshold: int) -> tuple[Ints, Ints]:
    """Least and greatest count of each cell that its status allows a reader to believe; `NO_END` for none.

    A shown count is itself. "<5" is 1 to 4. Zeros are never hidden and the rules are public, so that a reader
    knows a withheld count to be the threshold or more; one that lost the mark "<5" is known to be 1 or more.
    A count on no page is zero or more.
    """
    least = np.select(
        [status == OPEN, (status == PRIMARY) | (status == BLURRED), status == HIDDEN],
        [values, 1, threshold],
        0,
    )
    most = np.select([status == OPEN, status == PRIMARY], [values, threshold - 1], NO_END)
    return least.astype(np.int64), most.astype(np.int64)


NO_END = np.iinfo(np.int64).max // 4
"""Greatest count of a cell that nothing bounds from above."""


def held(
    values: Ints, covered: NDArray[np.bool_], r: LinearConstraints
) -> tuple[Any, Ints, NDArray[np.bool_]]:
    """The sums as a matrix (CSR, integers), their remainders, and whether a sum may have one.

    A cell that is not covered counts as zero where the sum holds so: the page says that the whole is of the
    other parts. Other sums with uncovered cells say nothing and are left out. Raises ValueError where
    sums do not hold in the counts: a wrong sum would make every promise of safety empty.
    """
    from scipy import sparse

    n = len(r.has_rest)
    counts = np.where(covered, values, 0)
    matrix = sparse.csr_matrix((r.sign.astype(np.int64), (r.row, r.cell)), shape=(n, len(values)))
    rest = -(matrix @ counts)
    wrong = np.where(r.has_rest, rest < 0, rest != 0)
    is_open = np.zeros(n, bool)
    is_open[r.row[~covered[r.cell]]] = True
    if (wrong & ~is_open).any():
        first = int((wrong & ~is_open).argmax())
        raise ValueError(f"{int((wrong & ~is_open).sum())} sums do not hold among the cells (first: {first})")
    keep = np.flatnonzero(~wrong)
    return matrix[keep], rest[keep], r.has_rest[keep]
