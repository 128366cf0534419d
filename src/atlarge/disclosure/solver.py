"""Perturbations: how the suppressed counts could be otherwise while everything published stays as it is.

A linear programme by HiGHS perturbs many cells at once. Its vertices are nearly always whole numbers, as
constraints of this kind are nearly those of a network; where they are not, the parts that are not whole are
left out, or an integer programme is solved for one cell.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from atlarge.disclosure.constraints import (
    COMPLEMENTARY,
    OPEN,
    PRIMARY,
    UNMARKED,
    Bools,
    Floats,
    Ints,
    Knowledge,
    LinearConstraints,
    constraint_matrix,
    limits,
)

_SUPPRESSED_PRICE = 0.01
"""Price of moving a cell that is suppressed already: small, so that perturbations stay short."""

_UNMARK_PRICE = 3e4
"""Price of taking the mark "<5" from a small cell: more than any published count (`prices`)."""

_REWARD = 1e6
"""What a target's step is worth to a programme that may suppress cells: more than all it could cost."""

_DEAREST = 1e4
_FARTHEST = 10**6
_SHORT = 60
_FEW, _NEAR = 3000, 4
"""Fewer targets than this are moved together by cells at most so many constraints away, which is quick."""

_BOUNDED_FIRST = 30_000
"""Cells up to which the farthest that a target can move is computed before it is sought more than two
constraints away. In a larger table that takes seconds, and is computed only before a search everywhere."""

_CLOSE, _HOPS = 3, (2, 4, 8)
"""Constraints away at which cells are looked for to move one target: short ones first, then any, step by
step: eight reach half of a site that has all answers, where an integer programme takes seconds for each
target."""


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
    is_past: Bools


class PerturbationSolver:
    """Finds perturbations of the cells of a table. A cell moves by twice the threshold at most, until
    `widen`.

    Parameters
    ----------
    values, covered
        Counts of the n cells, and whether each is known at all.
    r
        Constraints among them.
    threshold
        Counts from 1 to threshold - 1 are small.
    spread
        How far apart the least and the greatest count that a reader can believe of a small cell shall be.
    known
        What a reader knows beforehand.
    is_marked
        Whether small counts bear the mark "<5". Without it there are more than two of "<3".
    """

    def __init__(
        self,
        values: Ints,
        covered: Bools,
        r: LinearConstraints,
        *,
        threshold: int,
        spread: int = 1,
        known: Knowledge | None = None,
        is_marked: bool = True,
    ) -> None:
        matrix, self.fall, self.rise = constraint_matrix(values, covered, r)
        self.matrix = matrix.tocsc()
        self.by_row = matrix
        self.size = abs(matrix)
        self.values, self.covered, self.threshold, self.known = values, covered, threshold, known
        self.reach = 2 * threshold
        # Within the mark "<3" there are only two counts, within "<2" one.
        self.is_marked = is_marked
        self.spread = max(min(spread, threshold - 2), 1) if is_marked else spread
        self.is_short = np.diff(matrix.indptr) <= _SHORT
        self.is_tight = (self.rise < self.reach) | (self.fall > -self.reach)

    def widen(self) -> None:
        """Let cells move further: where thousands of small parts make a whole, it has to move with all of
        them."""
        self.reach = min(8 * self.reach, _FARTHEST)

    def room(self, status: Ints) -> tuple[Ints, Ints]:
        """Least and greatest step of each cell."""
        least, most = limits(status, self.values, self.threshold, self.known)
        low = np.where(self.covered, np.maximum(least - self.values, -self.reach), 0)
        high = np.where(self.covered, np.minimum(most - self.values, self.reach), 0)
        return low, high

    def free(self, status: Ints, targets: Ints, signs: Ints) -> Ints:
        """A perturbation that suppresses nothing more and moves as many targets as it can up or down
        (`signs`)."""
        low, high = self.room(status)
        low[targets] = np.maximum(low[targets], -self.spread)
        high[targets] = np.minimum(high[targets], self.spread)
        cells = np.flatnonzero((low < high) & self._around(targets))
        cost = np.zeros(len(self.values))
        cost[targets] = -signs
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
        can_suppress: Bools,
        unmark: bool,
    ) -> Ints:
        """A perturbation that moves the targets up or down (`signs`) where it can, and else costs the least.

        Published counts that change in it have to be suppressed, small ones that leave their range unmarked.
        """
        columns = self._columns(status, price, can_suppress, unmark=unmark, near=self._around(targets))
        return self._priced(columns, targets, signs, self.spread, whole=False)

    def single(
        self,
        status: Ints,
        target: int,
        price: Floats,
        *,
        can_suppress: Bools,
        reached: tuple[int, int] = (0, 0),
    ) -> Ints | None:
        """The cheapest perturbation of one cell beyond what was `reached` (down, up), in whole numbers.

        None where there is none. It is sought near by, then everywhere; only where there is none, with marks
        lost as well. The whole spread is tried before a part of it.
        """
        steps = {reached[0] + self.spread, reached[1] - self.spread}
        steps = {s for s in steps if s < reached[0] or s > reached[1]}
        part = {s for s in range(-self.spread, self.spread + 1) if s < reached[0] or s > reached[1]} - steps
        near = (_CLOSE, *_HOPS)
        tries = [*itertools.product((steps, part), near), (steps, None), (part, None)]
        unbounded = near[:2] if len(self.values) <= _BOUNDED_FIRST else near
        within: tuple[float, float] | None = None
        _, high = self.room(status)
        with ThreadPoolExecutor(2) as pool:  # a step up and one down know nothing of each other
            for (wanted, hops), unmark in itertools.product(tries, (False, True)):
                if within is None and hops not in unbounded:
                    within = self._reach(status, target, price, can_suppress)
                possible = wanted if within is None else {s for s in wanted if within[0] <= s <= within[1]}
                if not possible:
                    continue
                around = self._near(target, hops)
                columns = self._columns(status, price, can_suppress, unmark=unmark, near=around)
                best, least = None, np.inf
                order = sorted(possible, reverse=True)
                moves = pool.map(partial(self._step, columns, target), order)
                for step, move in zip(order, moves, strict=True):
                    cost = _cost(move, status, price, high)
                    if move[target] * np.sign(step) >= abs(step) and cost < least:
                        best, least = move, cost
                if best is not None:
                    return best
        return None

    def _reach(self, status: Ints, target: int, price: Floats, can_suppress: Bools) -> tuple[float, float]:
        """How far a cell can fall and rise, up to the spread on both sides, if all that may be suppressed
        were: a bound by linear programmes, so that what cannot be had is not looked for far and wide."""
        everywhere = self._near(target, None)
        cell, sign, high, _, _ = self._columns(status, price, can_suppress, unmark=True, near=everywhere)
        matrix = self.matrix[:, cell].multiply(sign).tocsc()
        ends = []
        for direction in (-1, 1):
            is_aim = (cell == target) & (sign == direction)
            limit = np.where(cell == target, np.where(is_aim, 2.0 * self.spread, 0.0), np.inf)
            found = self._solve(
                matrix, -is_aim.astype(float), np.zeros(len(cell)), np.minimum(high, limit), whole=False
            )
            ends.append(direction * (0.0 if found is None else float(found[is_aim].sum()) + 1e-6))
        return ends[0], ends[1]

    def _step(self, columns: _Columns, target: int, step: int) -> Ints:
        """The cheapest perturbation that moves one cell by so much, in whole numbers."""
        return self._priced(columns, np.array([target]), np.array([np.sign(step)]), abs(step), whole=True)

    def _around(self, targets: Ints) -> Bools:
        """Cells that a joint perturbation may change: those near by of a few targets, all of many."""
        return self._near(targets, _NEAR if len(targets) < _FEW else None)

    def _near(self, targets: Ints | int, hops: int | None) -> Bools:
        """Cells reached from some through a few constraints that have little to spare; None: all cells."""
        if hops is None:
            return np.ones(len(self.values), bool)
        near = np.zeros(len(self.values), bool)
        near[targets] = True
        # Nearby, sums of very many cells are balanced among the cells reached through shorter sums.
        leads = self.is_tight & self.is_short if hops == _CLOSE else self.is_tight
        for _ in range(hops):
            rows = (self.size @ near.astype(np.int64) > 0) & leads
            near |= self.size.T @ rows.astype(np.int64) > 0
        return near

    def _columns(
        self, status: Ints, price: Floats, can_suppress: Bools, *, unmark: bool, near: Bools
    ) -> _Columns:
        """Steps up and down with what they cost: little where a cell is suppressed, else its price."""
        is_candidate = can_suppress & (status == OPEN)
        low, high = self.room(np.where(is_candidate, COMPLEMENTARY, status))
        _, beyond = self.room(np.where(status == PRIMARY, UNMARKED, status))
        step = np.where(is_candidate, price, _SUPPRESSED_PRICE)
        # Steps beyond the mark come last; steps within it come first, as they cost less.
        up, down = np.flatnonzero(near & (high > 0)), np.flatnonzero(near & (low < 0))
        past = np.flatnonzero(near & unmark & (status == PRIMARY) & (beyond > high))
        sizes = [len(up), len(past), len(down)]
        return _Columns(
            np.concatenate([up, past, down]),
            np.repeat([1, 1, -1], sizes),
            np.concatenate([high[up], (beyond - high)[past], -low[down]]).astype(float),
            np.concatenate([step[up], np.full(len(past), _UNMARK_PRICE), step[down]]),
            np.repeat([False, True, False], sizes) & (high[np.concatenate([up, past, down])] > 0),
        )

    def _priced(self, columns: _Columns, targets: Ints, signs: Ints, steps: int, *, whole: bool) -> Ints:
        """Solve for the cheapest joint perturbation of some targets, by `steps` each at most."""
        cell, sign, high, price, is_past = columns
        wanted = np.zeros(len(self.values), np.int64)
        wanted[targets] = signs
        # A target moves in its own direction only: up and down together would be paid for nothing. One that
        # goes past its mark alone, as the integer programme may, does so by the last column.
        is_aim = (wanted[cell] == sign) & (whole | ~is_past)
        found = self._solve(
            self.matrix[:, cell].multiply(sign).tocsc(),
            price - _REWARD * is_aim,
            np.zeros(len(cell)),
            np.where(wanted[cell] == 0, high, np.minimum(is_aim * float(steps), high)),
            whole=whole,
        )
        move = np.zeros(len(self.values))
        if found is not None:
            np.add.at(move, cell, sign * found)
        return self.whole(move)

    def _solve(self, matrix: Any, cost: Floats, low: Any, high: Any, *, whole: bool) -> Floats | None:
        """Least cost over all perturbations that leave what is published as it is; None where nothing can
        move."""
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        if not len(cost):
            return None
        rows = np.unique(matrix.indices)
        by_row = sparse.csr_matrix(matrix)[rows].astype(float)
        found = milp(
            cost,
            integrality=np.full(len(cost), int(whole)),
            bounds=Bounds(np.asarray(low, float), np.asarray(high, float)),
            constraints=[LinearConstraint(by_row, self.fall[rows], self.rise[rows])] if rows.size else (),
        )
        return None if found.x is None else np.asarray(found.x)

    def whole(self, move: Floats) -> Ints:
        """The parts of a perturbation that are whole numbers, without those that do not stand alone."""
        steps = np.rint(move).astype(np.int64)
        steps[np.abs(move - steps) > 1e-6] = 0
        while True:
            change = self.by_row @ steps
            wrong = np.flatnonzero((change < self.fall) | (change > self.rise))
            if not wrong.size:
                return steps
            # No constraint is broken without a step in it, so that each round takes some away.
            steps[self.size[wrong].sum(axis=0).A1 > 0] = 0


def _cost(move: Ints, status: Ints, price: Floats, high: Ints) -> float:
    """What a perturbation costs a reader; `high`: the greatest step of each cell as it is marked."""
    newly = (move != 0) & (status == OPEN)
    unmarked = (status == PRIMARY) & (move > high)
    return float(price[newly].sum() + _UNMARK_PRICE * unmarked.sum() + _SUPPRESSED_PRICE * np.abs(move).sum())
