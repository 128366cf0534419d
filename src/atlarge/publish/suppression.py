"""Which cells to hide so that the small ones cannot be worked out: a small solver of our own.

Published cells are tied by sums: months add up to a year, counties to a state, measures to all arrests.
Each sum is one row of A x = 0 over the cells (and, where the parts do not exhaust the whole, one
unpublished remainder that is zero or more). An attacker who knows every shown cell, that a small cell
lies in 1..threshold-1 and that any other hidden cell is zero or not small can bound the hidden ones. `bounds`
is that attacker, by interval propagation over all sums at once, and `pinned` the one who solves the
equations. While either can tell a small cell exactly, one more cell is hidden in the sum that gave it away.

The idea is the usual one of complementary cell suppression (Willenborg and de Waal, Elements of Statistical
Disclosure Control, 2001, ch. 4); the linear programmes of the literature serve as the attacker in the tests.
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
class Relations:
    """Sums among cells: entry k says that cell `cell[k]` stands in sum `row[k]` with `sign[k]`.

    Parts have sign +1 and the whole -1. `has_rest[r]`: the parts of sum r need not exhaust the whole.
    """

    row: Ints
    cell: Ints
    sign: Floats
    has_rest: NDArray[np.bool_]

    @staticmethod
    def none() -> Relations:
        """No sums: cells stand alone."""
        empty = np.zeros(0, np.int64)
        return Relations(empty, empty, np.zeros(0), np.zeros(0, bool))

    @staticmethod
    def of(whole: Any, part: Any, *, has_rest: bool | NDArray[np.bool_] = False) -> Relations:
        """Sums from pairs (whole, part) of cell numbers; pairs of the same whole are one sum."""
        wholes, row = np.unique(np.asarray(whole, np.int64), return_inverse=True)
        n = len(wholes)
        rest = np.broadcast_to(np.asarray(has_rest, bool), (n,)).copy()
        return Relations(
            np.concatenate([row, np.arange(n)]).astype(np.int64),
            np.concatenate([np.asarray(part, np.int64), wholes]),
            np.concatenate([np.ones(len(row)), -np.ones(n)]),
            rest,
        )

    @staticmethod
    def join(parts: Sequence[Relations]) -> Relations:
        """All sums of several kinds together."""
        offsets = np.cumsum([0, *[len(p.has_rest) for p in parts]])
        return Relations(
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

    def relations(self) -> Relations:
        """All sums added so far."""
        if not self._entries:
            return Relations.none()
        row, cell, sign = zip(*self._entries, strict=True)
        return Relations(
            np.array(row, np.int64),
            np.array(cell, np.int64),
            np.array(sign, float),
            np.array(self._rest, bool),
        )


@dataclass(frozen=True)
class Bounds:
    """What an attacker can tell: each cell lies in low..high; the sums that narrowed it last (-1 none)."""

    low: Floats
    high: Floats
    by_low: Ints
    by_high: Ints


def start_bounds(
    values: Ints, covered: NDArray[np.bool_], status: Ints, threshold: int
) -> tuple[Floats, Floats]:
    """What the page itself says of each cell: its count, 1..threshold-1, or zero and more."""
    low = np.where(status == OPEN, values, np.where(status == PRIMARY, 1, 0)).astype(float)
    high = np.where(status == OPEN, values, np.where(status == PRIMARY, threshold - 1, np.inf)).astype(float)
    return np.where(covered, low, 0.0), np.where(covered, high, np.inf)


def _row_sums(
    r: Relations, low: Floats, high: Floats, rest_high: Floats
) -> tuple[Floats, Floats, Ints, Floats, Floats]:
    """Least and greatest of each sum's signed terms, with the number of terms that have no bound."""
    n = len(r.has_rest)
    up: Floats = np.where(r.sign > 0, high[r.cell], -low[r.cell])
    down: Floats = np.where(r.sign > 0, low[r.cell], -high[r.cell])
    free_up, free_down = np.isinf(up), np.isinf(down)
    top = np.bincount(r.row, np.where(free_up, 0, up), n).astype(float)
    bottom = np.bincount(r.row, np.where(free_down, 0, down), n).astype(float)
    count_up = np.bincount(r.row, free_up, n) + (r.has_rest & np.isinf(rest_high))
    count_down = np.bincount(r.row, free_down, n)
    return top, bottom, np.stack([count_up, count_down]).astype(np.int64), up, down


def bounds(
    values: Ints,
    covered: NDArray[np.bool_],
    status: Ints,
    r: Relations,
    *,
    threshold: int,
    rounds: int = 200,
) -> Bounds:
    """Bounds of every cell that follow from all sums, by propagating them until nothing narrows."""
    low, high = start_bounds(values, covered, status, threshold)
    n_cells = len(low)
    by_low, by_high = np.full(n_cells, -1, np.int64), np.full(n_cells, -1, np.int64)
    rest_high = np.where(r.has_rest, np.inf, 0.0)
    withheld = status == HIDDEN
    for _ in range(rounds):
        top, bottom, free, up, down = _row_sums(r, low, high, rest_high)
        others_top = np.where(np.isinf(up), 0, -up) + top[r.row]
        others_bottom = np.where(np.isinf(down), 0, -down) + bottom[r.row]
        free_top = free[0][r.row] - np.isinf(up) > 0
        free_bottom = free[1][r.row] - np.isinf(down) > 0
        most = np.where(free_bottom, np.inf, -others_bottom)  # of the signed term: term = -(others)
        least = np.where(free_top, -np.inf, -others_top)
        new_high = np.where(r.sign > 0, most, -least)
        new_low = np.where(r.sign > 0, least, -most)
        better_high = new_high < high[r.cell] - 1e-9
        better_low = new_low > low[r.cell] + 1e-9
        if not (better_high.any() or better_low.any()):
            break
        _take(high, by_high, r, new_high, better_high, -1.0)
        _take(low, by_low, r, new_low, better_low, 1.0)
        # A cell marked as withheld, not as small, is either zero or at least the threshold.
        high[withheld & (high < threshold)] = 0.0
        low[withheld & (low > 0) & (low < threshold)] = threshold
    return Bounds(low, high, by_low, by_high)


def _take(
    bound: Floats, by: Ints, r: Relations, new: Floats, better: NDArray[np.bool_], sense: float
) -> None:
    """Keep the tightest new bound of each cell, and the sum that it came from."""
    which = np.flatnonzero(better)
    order = which[np.lexsort((sense * new[which], r.cell[which]))]  # the tightest of a cell comes last
    bound[r.cell[order]] = new[order]
    by[r.cell[order]] = r.row[order]


def sensitive(values: Ints, covered: NDArray[np.bool_], threshold: int) -> NDArray[np.bool_]:
    """Cells whose exact count no one may learn, whether or not they stand on a page."""
    return covered & (values > 0) & (values < threshold)


def told(b: Bounds, small: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Small cells of which the attacker can tell the count: one whole number is left."""
    left: Floats = np.floor(b.high + 1e-6) - np.ceil(b.low - 1e-6)
    is_exact: NDArray[np.bool_] = np.logical_and(small, left < 1)
    return is_exact


def pinned(status: Ints, covered: NDArray[np.bool_], r: Relations, *, seed: int = 7) -> NDArray[np.bool_]:
    """Hidden cells that the equations alone determine, whatever the signs.

    A random vector is projected on the null space of the hidden part of A (by LSQR); where the
    projection is zero the cell cannot move, so that its count follows from the shown ones. A sum with an
    unpublished rest says nothing here: the rest can take up any move.
    """
    from scipy import sparse
    from scipy.sparse.linalg import lsqr

    result = np.zeros(len(status), bool)
    keep = ((status != OPEN) | ~covered)[r.cell] & ~r.has_rest[r.row]
    if not keep.any():
        return result
    cells, column = np.unique(r.cell[keep], return_inverse=True)
    rows, row = np.unique(r.row[keep], return_inverse=True)
    matrix = sparse.csr_matrix((r.sign[keep], (row, column)), shape=(len(rows), len(cells)))
    vector = np.random.default_rng(seed).standard_normal(len(cells))
    shadow = matrix.T @ lsqr(matrix.T, vector, atol=1e-12, btol=1e-12, iter_lim=4000)[0]
    result[cells] = np.abs(vector - shadow) < 1e-6
    result[status == OPEN] = False
    return result


_ROUNDS = 8
_ONE_BY_ONE = 60
_MOST_CELLS = 5000
"""Small cells up to which the programme is part of the search; past it takes too long."""


class _Programme:
    """The linear programme of an attacker: all counts that fit what is shown, and how far each has moved."""

    def __init__(self, values: Ints, free: Ints, bounds: tuple[Floats, Floats], r: Relations) -> None:
        from scipy import sparse

        rows = np.unique(r.row[np.isin(r.cell, free)])
        rest = np.flatnonzero(r.has_rest)
        rest = rest[np.isin(rest, rows)]
        self.column = np.full(len(values), -1, np.int64)
        self.column[free] = np.arange(len(free))
        row = np.full(len(r.has_rest), -1, np.int64)
        row[rows] = np.arange(len(rows))
        hidden = self.column[r.cell] >= 0
        known = ~hidden & (row[r.row] >= 0)
        self.size, self.width = len(free), len(free) + len(rest)
        entries = np.concatenate([r.sign[hidden], np.ones(len(rest))])
        across = np.concatenate([row[r.row[hidden]], row[rest]])
        down = np.concatenate([self.column[r.cell[hidden]], self.size + np.arange(len(rest))])
        self.matrix = sparse.csr_matrix((entries, (across, down)), shape=(len(rows), self.width))
        self.right = -np.bincount(row[r.row[known]], r.sign[known] * values[r.cell[known]], len(rows))
        self.box = np.zeros((self.width, 2))
        self.box[:, 1] = np.inf
        self.box[: self.size, 0], self.box[: self.size, 1] = bounds[0][free], bounds[1][free]
        # The counts themselves fit: a cell moves as soon as another solution differs there.
        self.least, self.most = values[free].astype(float), values[free].astype(float)

    def still(self, cells: Ints) -> Ints:
        """Those of some cells that have not moved by a whole count yet."""
        at = self.column[cells]
        return np.asarray(cells[np.floor(self.most[at] + 1e-6) - np.ceil(self.least[at] - 1e-6) < 1])

    def move(self, cells: Ints) -> None:
        """Push the sum of some cells down and up as far as it goes; see how far every cell went."""
        from scipy.optimize import linprog

        cost = np.zeros(self.width)
        cost[self.column[cells]] = 1.0
        for sense in (1.0, -1.0):
            found = linprog(sense * cost, A_eq=self.matrix, b_eq=self.right, bounds=self.box, method="highs")
            if found.status == 3:  # it can grow without end
                self.most[self.column[cells]] = np.inf
            elif found.status == 0:
                np.minimum(self.least, found.x[: self.size], out=self.least)
                np.maximum(self.most, found.x[: self.size], out=self.most)
            if not self.still(cells).size:
                return


def programme_told(
    values: Ints,
    covered: NDArray[np.bool_],
    status: Ints,
    r: Relations,
    small: NDArray[np.bool_],
    *,
    threshold: int,
) -> NDArray[np.bool_]:
    """Small cells that a linear programme over all sums at once tells: the strongest attacker here.

    Many cells are tried with one programme: each that moves between two solutions is not told. Those that
    never moved are tried one by one; past `_ONE_BY_ONE` of them they are taken as told. `small` may leave out
    cells that moved before: hiding more only gives room, so they can still move.
    """
    free = np.unique(r.cell[np.isin(r.cell, np.flatnonzero((status != OPEN) | ~covered))])
    left = free[small[free]]
    result = np.zeros(len(values), bool)
    if not left.size or left.size > _MOST_CELLS:
        return result
    programme = _Programme(values, free, start_bounds(values, covered, status, threshold), r)
    rng = np.random.default_rng(11)
    for _ in range(_ROUNDS if len(left) > _ONE_BY_ONE else 0):
        before = len(left)
        programme.move(left)
        left = programme.still(left)
        if len(left) > _ONE_BY_ONE:
            programme.move(left[rng.random(len(left)) < 0.5])
            left = programme.still(left)
        if len(left) <= _ONE_BY_ONE or len(left) > 0.95 * before:
            break
    if len(left) <= _ONE_BY_ONE:
        for cell in left:
            programme.move(np.array([cell]))
        left = programme.still(left)
    result[left] = True
    return result


def suppress(
    values: Any,
    covered: Any,
    r: Relations,
    *,
    published: Any = None,
    threshold: int = 5,
    cost: Any = None,
) -> Ints:
    """Status of every cell such that no attacker above can tell a small one.

    `values` are counts (any number where not covered). `published` is False for cells that stand on no
    page but follow from others by subtraction, such as the rest of a month after a surge: they are
    protected alike. Raises ValueError where the sums given do not hold in the counts: a wrong sum would
    make every promise here empty.
    """
    values, covered = np.asarray(values, np.int64), np.asarray(covered, bool)
    _check_sums(values, covered, r)
    on_page = np.ones(len(values), bool) if published is None else np.asarray(published, bool)
    price = np.asarray(values if cost is None else cost, float)
    small = sensitive(values, covered, threshold)
    status = np.where(on_page, np.where(small, PRIMARY, OPEN), UNPUBLISHED).astype(np.int64)
    doubted = small  # what moves in a programme moves in all that come after: hiding more only gives room
    while True:
        b = bounds(values, covered, status, r, threshold=threshold)
        open_to = told(b, small)
        if not open_to.any():
            open_to = pinned(status, covered, r) & small
        if not open_to.any():
            open_to = programme_told(values, covered, status, r, doubted, threshold=threshold)
            if not open_to.any():
                return status
            doubted = open_to
        if not _hide_more(values, covered, status, r, price, b, np.flatnonzero(open_to)):
            raise ValueError("a small count stands in a sum in which nothing else can be hidden")


def _check_sums(values: Ints, covered: NDArray[np.bool_], r: Relations) -> None:
    if not len(r.has_rest):
        return
    n = len(r.has_rest)
    sums = np.bincount(r.row, r.sign * values[r.cell], n)
    whole = np.bincount(r.row, ~covered[r.cell], n) == 0
    wrong = whole & np.where(r.has_rest, sums > 0, sums != 0)
    if wrong.any():
        raise ValueError(
            f"{int(wrong.sum())} sums do not hold among the cells (first: {int(wrong.argmax())})"
        )


def _hide_more(
    values: Ints,
    covered: NDArray[np.bool_],
    status: Ints,
    r: Relations,
    price: Floats,
    b: Bounds,
    open_to: Ints,
) -> bool:
    """Hide one more cell for each cell that is told; False if nothing is left to hide.

    A cell is told by a bound from below and one from above; it is enough to loosen one of them. Where the
    sums that gave the bounds hold nothing to hide, those that pinned their members are next.
    """
    best = _cheapest(values, covered, status, r, price)
    low, high = b.by_low[open_to], b.by_high[open_to]
    cost_low = np.where(low >= 0, best.price[low], np.inf)
    cost_high = np.where(high >= 0, best.price[high], np.inf)
    least = np.minimum(cost_low, cost_high)
    rows = np.unique(np.where(cost_low <= cost_high, low, high)[least < np.inf])
    stuck = open_to[least == np.inf]
    chosen = [best.cell[rows], *_farther(r, best, b, stuck)]
    cells = np.unique(np.concatenate(chosen))
    _hide(status, cells)
    return bool(cells.size)


_FEW = 8


def _farther(r: Relations, best: _Cheapest, b: Bounds, stuck: Ints) -> list[Ints]:
    """Cells to hide where the sums that told a cell hold nothing to hide: in those that told their members.

    One cell for each stuck one, where they are few; else one for each sum reached.
    """
    found = []
    groups = np.array_split(stuck, len(stuck)) if 0 < len(stuck) <= _FEW else [stuck] if len(stuck) else []
    for seeds in groups:
        rows = _blamed(b, seeds)
        rows = rows if rows.size else np.unique(r.row[np.isin(r.cell, seeds)])
        while not np.isfinite(best.price[rows]).any():
            members = np.unique(r.cell[np.isin(r.row, rows)])
            wider = np.union1d(rows, _blamed(b, members))
            if len(wider) == len(rows):  # all that bears on the cell is hidden: try whatever touches it
                wider = np.union1d(rows, r.row[np.isin(r.cell, members)])
            if len(wider) == len(rows):
                break
            rows = wider
        usable = rows[np.isfinite(best.price[rows])]
        if len(seeds) == 1 and usable.size:
            usable = usable[[np.argmin(best.price[usable])]]
        found.append(best.cell[usable])
    return found


def _blamed(b: Bounds, cells: Ints) -> Ints:
    """Sums that gave the cells their bounds."""
    rows = np.unique(np.concatenate([b.by_low[cells], b.by_high[cells]]))
    return rows[rows >= 0]


def _hide(status: Ints, cells: Ints) -> None:
    """Mark shown cells as withheld; small ones lose the mark that they are small."""
    status[cells] = np.where(status[cells] == OPEN, HIDDEN, BLURRED)


@dataclass(frozen=True)
class _Cheapest:
    """What could be hidden in each sum: the cell (-1 none) and its price (infinite where none)."""

    cell: Ints
    price: Floats


_BLUR_PRICE = 1e12
"""Added for a cell that is hidden already: its mark goes only where nothing else can."""


def _cheapest(
    values: Ints, covered: NDArray[np.bool_], status: Ints, r: Relations, price: Floats
) -> _Cheapest:
    """The cheapest cell to hide in each sum: a shown count, else the mark "small" of a small one.

    A shown zero is never hidden: marked as withheld it would be zero or at least the threshold, and so be
    told as soon as the sum is small. The mark "small" can itself tell: there a small cell is marked as
    withheld, the whole of a sum before its parts.
    """
    can_hide = (status[r.cell] == OPEN) & covered[r.cell] & (values[r.cell] > 0)
    can_blur = status[r.cell] == PRIMARY
    at = np.flatnonzero(can_hide | can_blur)
    cost = price[r.cell[at]] + np.where(can_blur[at], _BLUR_PRICE * (1 + (r.sign[at] > 0)), 0)
    order = at[np.lexsort((r.cell[at], cost, r.row[at]))]
    first = order[_first(r.row[order])]
    cell = np.full(len(r.has_rest), -1, np.int64)
    least = np.full(len(r.has_rest), np.inf)
    cell[r.row[first]] = r.cell[first]
    np.minimum.at(least, r.row[at], cost)
    return _Cheapest(cell, least)


def _first(keys: Ints) -> NDArray[np.bool_]:
    """Where a run of equal keys begins."""
    return np.concatenate([np.ones(min(1, len(keys)), bool), np.diff(keys) != 0])
