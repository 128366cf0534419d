"""An audit of a published table: how far each suppressed count is bounded by everything that is published.

It knows nothing of how cells were chosen. For each suppressed cell the least and the greatest count that
agree with the marks and the constraints are found by linear programmes, in whole numbers on request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from atlarge.disclosure.constraints import (
    NO_END,
    PRIMARY,
    UNMARKED,
    Ints,
    Knowledge,
    LinearConstraints,
    limits,
)


@dataclass(frozen=True)
class Audit:
    """What a reader can infer.

    Attributes
    ----------
    cell
        Numbers of the cells that were audited: those marked small, and others on request.
    least, most
        Least and greatest count of each that agree with all that is published.
    """

    cell: Ints
    least: Ints
    most: Ints

    @property
    def exact(self) -> Ints:
        """Cells of which only one count is possible: they are not protected."""
        return np.asarray(self.cell[self.most == self.least])

    @property
    def within_one(self) -> Ints:
        """Cells of which the count is known to within one."""
        return np.asarray(self.cell[self.most - self.least <= 1])

    def __repr__(self) -> str:
        return (
            f"Audit({len(self.cell)} suppressed cells: {len(self.exact)} known exactly, "
            f"{len(self.within_one)} to within one)"
        )

    def summary(self) -> str:
        """The verdict in a sentence."""
        if not len(self.cell):
            return "No cell is suppressed."
        width = self.most - self.least
        return (
            f"{len(self.cell)} suppressed cells: {len(self.exact)} known exactly, {len(self.within_one)} to "
            f"within one; the narrowest range is {int(width.min())} wide."
        )

    def to_frame(self, like: Any = None) -> Any:
        """A frame of cell, least and most; of polars, or of the library named by `like` (a module)."""
        import narwhals.stable.v1 as nw

        columns = {"cell": self.cell.tolist(), "least": self.least.tolist(), "most": self.most.tolist()}
        if like is None:
            import polars as pl

            like = pl
        return nw.from_dict(columns, native_namespace=like).to_native()

    def plot(self, ax: Any = None) -> Any:
        """Draw how wide the ranges are, as bars; returns the axes (needs Matplotlib)."""
        from atlarge.disclosure.plots import bars

        widths, n = np.unique(np.minimum(self.most - self.least, 10), return_counts=True)
        return bars({str(w): int(k) for w, k in zip(widths, n, strict=True)}, "cells by width of range", ax)


def audit(
    values: Any,
    status: Any,
    constraints: LinearConstraints,
    *,
    threshold: int = 5,
    known: Knowledge | None = None,
    cells: Any = None,
    whole: bool = True,
) -> Audit:
    """Bound every suppressed count by what is published.

    Parameters
    ----------
    values
        Published counts of n cells; what stands for the suppressed ones is not looked at.
    status
        OPEN, PRIMARY, COMPLEMENTARY, UNPUBLISHED or UNMARKED, for each.
    constraints
        What a reader knows of how cells add up.
    threshold
        Counts from 1 to threshold - 1 are marked small.
    known
        What readers know beforehand.
    cells
        Numbers of the cells to audit; those marked small, and the unmarked small ones, by default.
    whole
        Solve in whole numbers, as counts are; else in real ones, which is quicker and bounds less.

    Returns
    -------
    Audit

    Examples
    --------
    Of three counties and their total one is small; withholding nothing else gives it away:

    >>> total = LinearConstraints.of(whole=[3, 3, 3], part=[0, 1, 2])
    >>> audit([0, 30, 40, 72], [1, 0, 0, 0], total)
    Audit(1 suppressed cells: 1 known exactly, 1 to within one)
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    values, status = np.asarray(values, np.int64), np.asarray(status, np.int64)
    is_small = (status == PRIMARY) | (status == UNMARKED)
    wanted = np.flatnonzero(is_small) if cells is None else np.asarray(cells, np.int64)
    least, most = limits(status, values, threshold, known)
    r = constraints
    matrix = sparse.csr_matrix((r.coefficient, (r.row, r.cell)), shape=(len(r), len(values)))
    rows = [LinearConstraint(matrix, r.lower, r.upper)] if len(r) else ()
    top = float(max(values.max(initial=0), threshold)) * 4 + 1000
    box = Bounds(least.astype(float), np.minimum(most, top).astype(float))
    kinds = np.full(len(values), int(whole))

    def end(cell: int, sign: float) -> int:
        cost = np.zeros(len(values))
        cost[cell] = sign
        found = milp(cost, integrality=kinds, constraints=rows, bounds=box)
        if found.x is None:
            raise ValueError("no counts agree with what is published: the marks or the constraints are wrong")
        at = float(found.x[cell])
        rounded = np.ceil(at - 1e-6) if sign > 0 else np.floor(at + 1e-6)
        return NO_END if sign < 0 and rounded >= top - 1 else int(rounded)

    low = np.array([end(int(c), 1.0) for c in wanted], np.int64)
    high = np.array([end(int(c), -1.0) for c in wanted], np.int64)
    return Audit(wanted, low, high)
