"""Moves: how the hidden counts could be otherwise while everything that is published stays as it is.

A linear programme by HiGHS gives a move of many cells at once. Its vertices are nearly always whole numbers,
as sums of this kind are nearly those of a network; where they are not, the parts that are not whole are left
out, or an integer programme is asked about one cell.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atlarge.disclosure.constraints import (
    BLURRED,
    HIDDEN,
    OPEN,
    PRIMARY,
    Floats,
    Ints,
    LinearConstraints,
    held,
    limits,
)

_HELD_PRICE = 0.01
"""Price of moving a cell that is hidden already: small, so that moves stay short."""

_BLUR_PRICE = 3e4
"""Price of taking the mark "<5" from a small cell: more than any shown count (`prices`)."""

_REWARD = 1e6
"""What a target's move is worth to a programme that may hide cells: more than all it could cost."""

_DEAREST = 1e4
_FEW, _HOPS = 500, 8
"""Fewer targets than this are moved by cells at most so many sums away, which is quick."""


def prices(cost: Floats) -> Floats:
    """Prices for the programme: the root of what a reader loses, so that one large count is not worth a
    whole row of middling ones, scaled into a range that a solver works well with."""
    root = np.sqrt(np.maximum(cost, 0.0))
    return np.asarray(np.maximum(root * (_DEAREST / root.max(initial=_DEAREST)), 0.1))


class _Columns(NamedTuple):
    """Variables of a programme: cells with a direction, the most steps in it, and the price of each step.

    `is_past`: steps past a mark within which the cell can move as well.
    """

    cell: Ints
    sign: Ints
    high: Floats
    price: Floats
    is_past: NDArray[np.bool_]


class PerturbationSolver:
    """Finds moves among the cells of a table. Steps are held to twice the threshold."""

    def __init__(
        self, values: Ints, covered: NDArray[np.bool_], r: LinearConstraints, *, threshold: int
    ) -> None:
        matrix, self.rest, self.has_rest = held(values, covered, r)
        self.matrix = matrix.tocsc()
        self.by_row = matrix
        self.values, self.covered, self.threshold = values, covered, threshold
        self.reach = 2 * threshold

    def room(self, status: Ints) -> tuple[Ints, Ints]:
        """Least and greatest step of each cell."""
        least, most = limits(status, self.values, self.threshold)
        low = np.where(self.covered, np.maximum(least - self.values, -self.reach), 0)
        high = np.where(self.covered, np.minimum(most - self.values, self.reach), 0)
        return low, high

    def free(self, status: Ints, targets: Ints, rng: np.random.Generator) -> Ints:
        """A move that hides nothing more and changes as many targets as it can, half up and half down."""
        low, high = self.room(status)
        low[targets], high[targets] = np.maximum(low[targets], -1), np.minimum(high[targets], 1)
        cells = np.flatnonzero((low < high) & self._around(targets))
        cost = np.zeros(len(self.values))
        cost[targets] = rng.choice([-1.0, 1.0], len(targets))
        found = self._solve(self.matrix[:, cells], cost[cells], low[cells], high[cells], whole=False)
        move = np.zeros(len(self.values))
        if found is not None:
            move[cells] = found
        return self.whole(move)

    def cheapest(
        self,
        status: Ints,
        targets: Ints,
        signs: Ints,
        price: Floats,
        *,
        can_hide: NDArray[np.bool_],
        blur: bool,
    ) -> Ints:
        """A move that takes the targets a step up or down (`signs`) where it can, and else costs the least.

        Shown counts that change in it have to be hidden, small ones that leave their range blurred.
        """
        columns = self._columns(status, price, can_hide, blur=blur, near=self._around(targets))
        return self._priced(columns, targets, signs, whole=False)

    def single(self, status: Ints, target: int, price: Floats, *, can_hide: NDArray[np.bool_]) -> Ints | None:
        """The cheapest move of one cell, in whole numbers; None where there is none.

        It is sought near by, then everywhere; only where there is none, with marks lost as well.
        """
        for blur, hops in itertools.product((False, True), (_HOPS, None)):
            columns = self._columns(status, price, can_hide, blur=blur, near=self._near(target, hops))
            best, least = None, np.inf
            for sign in (1, -1):
                move = self._priced(columns, np.array([target]), np.array([sign]), whole=True)
                cost = self._cost(move, status, price)
                if move[target] and cost < least:
                    best, least = move, cost
            if best is not None:
                return best
        return None

    def _around(self, targets: Ints) -> NDArray[np.bool_]:
        """Cells that a joint move of some may change: those near by of a few, all of many."""
        return self._near(targets, _HOPS if len(targets) < _FEW else None)

    def _near(self, targets: Ints | int, hops: int | None) -> NDArray[np.bool_]:
        """Cells reached from some through a few sums that have little to spare; None: all cells."""
        if hops is None:
            return np.ones(len(self.values), bool)
        near = np.zeros(len(self.values), bool)
        near[targets] = True
        is_tight = ~self.has_rest | (self.rest < self.reach)
        size = abs(self.by_row)
        for _ in range(hops):
            rows = (size @ near.astype(np.int64) > 0) & is_tight
            near |= size.T @ rows.astype(np.int64) > 0
        return near

    def _cost(self, move: Ints, status: Ints, price: Floats) -> float:
        _, high = self.room(status)
        newly = (move != 0) & (status == OPEN)
        blurred = (status == PRIMARY) & (move > high)
        return float(price[newly].sum() + _BLUR_PRICE * blurred.sum() + _HELD_PRICE * np.abs(move).sum())

    def _columns(
        self,
        status: Ints,
        price: Floats,
        can_hide: NDArray[np.bool_],
        *,
        blur: bool,
        near: NDArray[np.bool_],
    ) -> _Columns:
        """Steps up and steps down with what they cost: little where a cell is hidden, else its price."""
        is_candidate = can_hide & (status == OPEN)
        low, high = self.room(np.where(is_candidate, HIDDEN, status))
        _, beyond = self.room(np.where(status == PRIMARY, BLURRED, status))
        step = np.where(is_candidate, price, _HELD_PRICE)
        # Past the mark last; steps within it come first as they cost less.
        up, down = np.flatnonzero(near & (high > 0)), np.flatnonzero(near & (low < 0))
        past = np.flatnonzero(near & blur & (status == PRIMARY))
        sizes = [len(up), len(past), len(down)]
        return _Columns(
            np.concatenate([up, past, down]),
            np.repeat([1, 1, -1], sizes),
            np.concatenate([high[up], (beyond - high)[past], -low[down]]).astype(float),
            np.concatenate([step[up], np.full(len(past), _BLUR_PRICE), step[down]]),
            np.repeat([False, True, False], sizes) & (high[np.concatenate([up, past, down])] > 0),
        )

    def _priced(self, columns: _Columns, targets: Ints, signs: Ints, *, whole: bool) -> Ints:
        """Solve for the cheapest joint move of some targets."""
        cell, sign, high, price, is_past = columns
        wanted = np.zeros(len(self.values), np.int64)
        wanted[targets] = signs
        # A target takes one step, in its own direction only: up and down together would be paid for no move,
        # and a second step past its mark would be paid for as well.
        is_aim = (wanted[cell] == sign) & ~is_past
        found = self._solve(
            self.matrix[:, cell].multiply(sign).tocsc(),
            price - _REWARD * is_aim,
            np.zeros(len(cell)),
            np.where(wanted[cell] == 0, high, is_aim),
            whole=whole,
        )
        move = np.zeros(len(self.values))
        if found is not None:
            np.add.at(move, cell, sign * found)
        return self.whole(move)

    def _solve(self, matrix: Any, cost: Floats, low: Any, high: Any, *, whole: bool) -> Floats | None:
        """Least cost over all moves that leave what is published as it is; None where nothing can move."""
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        if not len(cost):
            return None
        rows = np.unique(matrix.indices)
        by_row = sparse.csr_matrix(matrix)[rows].astype(float)
        most = np.where(self.has_rest[rows], self.rest[rows], 0).astype(float)
        least = np.where(self.has_rest[rows], -np.inf, 0.0)
        found = milp(
            cost,
            integrality=np.full(len(cost), int(whole)),
            bounds=Bounds(np.asarray(low, float), np.asarray(high, float)),
            constraints=[LinearConstraint(by_row, least, most)] if rows.size else (),
        )
        return None if found.x is None else np.asarray(found.x)

    def whole(self, move: Floats) -> Ints:
        """The parts of a move that are whole numbers, without those that do not stand alone."""
        steps = np.rint(move).astype(np.int64)
        steps[np.abs(move - steps) > 1e-6] = 0
        while True:
            change = self.by_row @ steps
            wrong = np.flatnonzero(np.where(self.has_rest, change > self.rest, change != 0))
            if not wrong.size:
                return steps
            # No sum is wrong without a step in it, so that each round takes some away.
            steps[abs(self.by_row[wrong]).sum(axis=0).A1 > 0] = 0
