"""Moves: how the hidden counts could be otherwise while everything that is published stays as it is.

A linear programme by HiGHS gives a move of many cells at once. Its vertices are nearly always whole numbers,
as sums of this kind are nearly those of a network; where they are not, the parts that are not whole are left
out, or an integer programme is asked about one cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.publish.sums import (
    BLURRED,
    HIDDEN,
    OPEN,
    PRIMARY,
    Floats,
    Ints,
    Relations,
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
    return np.asarray(np.maximum(root * min(1.0, _DEAREST / max(float(root.max(initial=0)), 1.0)), 0.1))


@dataclass(frozen=True)
class _Columns:
    """Variables of a programme: cells with the steps they may take and the price of each step."""

    cell: Ints
    low: Floats
    high: Floats
    price: Floats


class Mover:
    """Finds moves among the cells of a table. Steps are held to twice the threshold."""

    def __init__(self, values: Ints, covered: NDArray[np.bool_], r: Relations, *, threshold: int) -> None:
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
        if len(targets) < _FEW:
            near = self._near(targets, _HOPS)
            low, high = np.where(near, low, 0), np.where(near, high, 0)
        cells = np.flatnonzero(low < high)
        cost = np.zeros(len(self.values))
        cost[targets] = rng.choice([-1.0, 1.0], len(targets))
        found = self._solve(self.matrix[:, cells], cost[cells], low[cells], high[cells])
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
        near = self._near(targets, _HOPS) if len(targets) < _FEW else None
        up, down = self._both(status, price, can_hide, blur=blur, near=near)
        return self._priced(status, up, down, targets, signs, whole=False)

    def single(self, status: Ints, target: int, price: Floats, *, can_hide: NDArray[np.bool_]) -> Ints | None:
        """The cheapest move of one cell, in whole numbers; None where there is none.

        It is sought among the cells near by, then farther, then everywhere.
        """
        for hops, blur in ((3, False), (8, False), (3, True), (8, True), (None, True)):
            near = None if hops is None else self._near(target, hops)
            up, down = self._both(status, price, can_hide, blur=blur, near=near)
            best, least = None, np.inf
            for sign in (1, -1):
                move = self._priced(status, up, down, np.array([target]), np.array([sign]), whole=True)
                cost = self._cost(move, status, price)
                if move[target] and cost < least:
                    best, least = move, cost
            if best is not None:
                return best
        return None

    def _near(self, targets: Ints | int, hops: int) -> NDArray[np.bool_]:
        """Cells reached from some through a few sums that have little to spare."""
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

    def _both(
        self,
        status: Ints,
        price: Floats,
        can_hide: NDArray[np.bool_],
        *,
        blur: bool,
        near: NDArray[np.bool_] | None,
    ) -> tuple[_Columns, _Columns]:
        """Steps up and steps down with what they cost: little where a cell is hidden, else its price."""
        is_candidate = can_hide & (status == OPEN)
        low, high = self.room(np.where(is_candidate, HIDDEN, status))
        if near is not None:
            low, high = np.where(near, low, 0), np.where(near, high, 0)
        step = np.where(is_candidate, price, _HELD_PRICE)
        up, down = np.flatnonzero(high > 0), np.flatnonzero(low < 0)
        rise = _Columns(up, np.zeros(len(up)), high[up].astype(float), step[up])
        fall = _Columns(down, np.zeros(len(down)), -low[down].astype(float), step[down])
        if blur:
            _, beyond = self.room(np.where(status == PRIMARY, BLURRED, status))
            more = np.flatnonzero((status == PRIMARY) & self.covered & (near if near is not None else True))
            # Past the mark; steps within it come first as they cost less.
            rise = _Columns(
                np.concatenate([up, more]),
                np.zeros(len(up) + len(more)),
                np.concatenate([rise.high, (beyond - high)[more].astype(float)]),
                np.concatenate([rise.price, np.full(len(more), _BLUR_PRICE)]),
            )
        return rise, fall

    def _priced(
        self, status: Ints, up: _Columns, down: _Columns, targets: Ints, signs: Ints, *, whole: bool
    ) -> Ints:
        """Solve for the cheapest joint move of some targets."""
        wanted = np.zeros(len(self.values), np.int64)
        wanted[targets] = signs
        price_up = up.price - _REWARD * (wanted[up.cell] > 0)
        price_down = down.price - _REWARD * (wanted[down.cell] < 0)
        # A target takes one step, in its own direction only: up and down together would be paid for no move.
        most_up = np.where(wanted[up.cell] == 0, up.high, np.where(wanted[up.cell] > 0, 1.0, 0.0))
        most_down = np.where(wanted[down.cell] == 0, down.high, np.where(wanted[down.cell] < 0, 1.0, 0.0))
        from scipy import sparse

        matrix = sparse.hstack([self.matrix[:, up.cell], -self.matrix[:, down.cell]], format="csc")
        price = np.concatenate([price_up, price_down])
        most = np.concatenate([most_up, most_down])
        found = self._solve(matrix, price, np.zeros(len(most)), most, whole=whole)
        move = np.zeros(len(self.values))
        if found is not None:
            np.add.at(move, up.cell, found[: len(up.cell)])
            np.add.at(move, down.cell, -found[len(up.cell) :])
        return self.whole(move)

    def _solve(self, matrix: Any, cost: Floats, low: Any, high: Any, *, whole: bool = False) -> Floats | None:
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
