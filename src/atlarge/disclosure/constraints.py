"""Linear constraints among the cells of a table, and what the status of a cell lets a reader know of it.

Months add up to a year, counties to a state, a rounded mean bounds the sum it was computed from: each is one
row of lower <= A x <= upper over the counts x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

OPEN, PRIMARY, COMPLEMENTARY, UNPUBLISHED, UNMARKED = range(_STATUSES := 5)
"""Status of a cell: published; suppressed and marked as small (primary suppression); suppressed to protect
another (complementary suppression); on no page at all, but following from others by subtraction; small, but
published as complementary because the mark "small" itself would reveal it (four counties of at least one
each in a state of at most four)."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_END = np.iinfo(np.int64).max // 4
"""Greatest count of a cell that nothing bounds from above."""


@dataclass(frozen=True)
class LinearConstraints:
    """Rows of lower <= A x <= upper: entry k puts `coefficient[k]` on cell `cell[k]` in row `row[k]`.

    A sum has coefficient +1 on its parts, -1 on its whole and both bounds 0; where the parts need not exhaust
    the whole, `lower` is minus infinity. Coefficients are whole numbers.
    """

    row: Ints
    cell: Ints
    coefficient: Floats
    lower: Floats
    upper: Floats

    @property
    def is_inequality(self) -> Bools:
        """Rows that are not an equation."""
        return np.asarray(self.lower != self.upper)

    def __len__(self) -> int:
        return len(self.lower)

    def __repr__(self) -> str:
        return f"LinearConstraints({len(self)} rows, {int(self.is_inequality.sum())} of them inequalities)"

    @staticmethod
    def none() -> LinearConstraints:
        """No constraints: cells stand alone."""
        empty = np.zeros(0, np.int64)
        return LinearConstraints(empty, empty, np.zeros(0), np.zeros(0), np.zeros(0))

    @staticmethod
    def sums(row: Any, cell: Any, coefficient: Any, is_inequality: Any) -> LinearConstraints:
        """Sums from entries; in those that are inequalities the parts need not exhaust the whole."""
        open_ended = np.asarray(is_inequality, bool)
        return LinearConstraints(
            np.asarray(row, np.int64),
            np.asarray(cell, np.int64),
            np.asarray(coefficient, float),
            np.where(open_ended, -np.inf, 0.0),
            np.zeros(len(open_ended)),
        )

    @staticmethod
    def of(whole: Any, part: Any, *, is_inequality: bool | Bools = False) -> LinearConstraints:
        """Sums from pairs (whole, part) of cell numbers; pairs of the same whole are one sum.

        Examples
        --------
        >>> LinearConstraints.of(whole=[2, 2], part=[0, 1])
        LinearConstraints(1 rows, 0 of them inequalities)
        """
        wholes, row = np.unique(np.asarray(whole, np.int64), return_inverse=True)
        n = len(wholes)
        return LinearConstraints.sums(
            np.concatenate([row, np.arange(n)]),
            np.concatenate([np.asarray(part, np.int64), wholes]),
            np.concatenate([np.ones(len(row)), -np.ones(n)]),
            np.broadcast_to(np.asarray(is_inequality, bool), (n,)),
        )

    @staticmethod
    def join(parts: Sequence[LinearConstraints]) -> LinearConstraints:
        """The rows of several systems over the same cells."""
        if not parts:
            return LinearConstraints.none()
        offsets = np.cumsum([0, *[len(p) for p in parts]])
        return LinearConstraints(
            np.concatenate([p.row + o for p, o in zip(parts, offsets, strict=False)]).astype(np.int64),
            np.concatenate([p.cell for p in parts]).astype(np.int64),
            np.concatenate([p.coefficient for p in parts]),
            np.concatenate([p.lower for p in parts]),
            np.concatenate([p.upper for p in parts]),
        )

    def relaxed(self, values: Ints, where: Bools) -> LinearConstraints:
        """The rows with a cell marked in `where` without the bound that does not hold among the values.

        Such a cell counts less than its row would need: a sum that it falls short of says only that its parts
        are no more than the whole.

        Examples
        --------
        >>> rows = LinearConstraints.of(whole=[2, 2, 3, 3], part=[0, 1, 0, 1])
        >>> rows.relaxed(np.array([2, 3, 5, 9]), where=np.array([False, False, False, True]))
        LinearConstraints(2 rows, 1 of them inequalities)
        """
        sums = np.bincount(self.row, self.coefficient * values[self.cell], len(self))
        is_partial = np.bincount(self.row, where[self.cell], len(self)) > 0
        return replace(
            self,
            lower=np.where(is_partial & (sums < self.lower), -np.inf, self.lower),
            upper=np.where(is_partial & (sums > self.upper), np.inf, self.upper),
        )


class ConstraintBuilder:
    """Collects constraints one at a time.

    Examples
    --------
    >>> rows = ConstraintBuilder()
    >>> rows.add([0, 1, 2], [3])                       # three months make a quarter
    >>> rows.add_interval([0, 1], low=11, high=12)     # a published mean of 5.8, rounded: 11.5 to 11.7 in all
    >>> rows.build()
    LinearConstraints(2 rows, 1 of them inequalities)
    """

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, float]] = []
        self._bounds: list[tuple[float, float]] = []

    def add(self, parts: Sequence[int], wholes: Sequence[int], *, is_inequality: bool = False) -> None:
        """The parts add up to the wholes; `is_inequality`: they need not exhaust them."""
        row = len(self._bounds)
        self._entries += [(row, cell, 1.0) for cell in parts] + [(row, cell, -1.0) for cell in wholes]
        self._bounds.append((-np.inf if is_inequality else 0.0, 0.0))

    def add_interval(
        self, cells: Sequence[int], *, low: float, high: float, coefficients: Sequence[int] | None = None
    ) -> None:
        """A published statistic: the sum of the cells, each times its coefficient (1), lies in low..high.

        A mean of k counts published as m, rounded to `unit`, bounds their sum by k (m - unit/2) and
        k (m + unit/2).
        """
        row = len(self._bounds)
        weights = [1] * len(cells) if coefficients is None else coefficients
        self._entries += [(row, cell, float(w)) for cell, w in zip(cells, weights, strict=True)]
        self._bounds.append((float(np.ceil(low - 1e-9)), float(np.floor(high + 1e-9))))

    def build(self) -> LinearConstraints:
        """All constraints added so far."""
        if not self._entries:
            return LinearConstraints.none()
        row, cell, coefficient = zip(*self._entries, strict=True)
        lower, upper = zip(*self._bounds, strict=True)
        return LinearConstraints(
            np.array(row, np.int64),
            np.array(cell, np.int64),
            np.array(coefficient, float),
            np.array(lower, float),
            np.array(upper, float),
        )


class Knowledge(NamedTuple):
    """What a reader knows of each cell beforehand: the least and the greatest count, such as from an earlier
    publication. Cells without any have 0 and `NO_END`; a count that is known has both ends equal."""

    least: Ints
    most: Ints

    @staticmethod
    def none(n: int) -> Knowledge:
        """No prior knowledge of n cells."""
        return Knowledge(np.zeros(n, np.int64), np.full(n, NO_END, np.int64))

    @property
    def is_exact(self) -> Bools:
        """Cells of which the count is known already."""
        return np.asarray(self.least == self.most)


def sensitive(values: Ints, covered: Bools, threshold: int) -> Bools:
    """Cells whose exact count no reader may learn, whether or not they stand on a page."""
    return covered & (values > 0) & (values < threshold)


def limits(status: Ints, values: Ints, threshold: int, known: Knowledge | None = None) -> tuple[Ints, Ints]:
    """Least and greatest count of each cell that a reader can believe, from its status; `NO_END` for no end.

    A published count is itself. "<5" is 1 to 4. Zeros are never suppressed and the rules are public, so that
    a reader knows a complementary cell to be the threshold or more; one that lost the mark "<5" is known to
    be 1 or more. A count on no page is zero or more. Prior knowledge narrows all of these.
    """
    floor, ceiling = np.zeros(_STATUSES, np.int64), np.full(_STATUSES, NO_END, np.int64)
    floor[[PRIMARY, UNMARKED, COMPLEMENTARY]] = 1, 1, threshold
    ceiling[PRIMARY] = threshold - 1
    is_open = status == OPEN
    least, most = floor[status], ceiling[status]
    least[is_open] = most[is_open] = values[is_open]
    if known is None:
        return least, most
    return np.maximum(least, known.least), np.minimum(most, known.most)


def constraint_matrix(values: Ints, covered: Bools, r: LinearConstraints) -> tuple[Any, Floats, Floats]:
    """The constraints as a matrix (CSR, integers), and by how much each row may fall and rise.

    A cell that is not covered counts as zero where the constraint holds so: the page says that the whole is
    of the other parts. Other rows with uncovered cells say nothing and are left out. Raises ValueError where
    constraints do not hold in the counts: a wrong one would make every guarantee empty.
    """
    from scipy import sparse

    counts = np.where(covered, values, 0)
    entries = (np.rint(r.coefficient).astype(np.int64), (r.row, r.cell))
    matrix = sparse.csr_matrix(entries, shape=(len(r), len(values)))
    now = matrix @ counts
    wrong = (now < r.lower) | (now > r.upper)
    is_open = np.zeros(len(r), bool)
    is_open[r.row[~covered[r.cell]]] = True
    if (wrong & ~is_open).any():
        first = int((wrong & ~is_open).argmax())
        raise ValueError(
            f"{int((wrong & ~is_open).sum())} constraints do not hold among the cells (first: {first})"
        )
    keep = np.flatnonzero(~wrong)
    return matrix[keep], (r.lower - now)[keep], (r.upper - now)[keep]
