"""Which cells to hide so that the small ones cannot be worked out: a search for witnesses.

Published cells are tied by sums. A small cell is safe when another table, equally possible, has another
count there: a witness (`witnesses`). The search looks for one for each small cell. First among the hidden
cells, many at a time; for those that nothing moves, the cheapest shown cells whose hiding lets them move are
found by a linear programme that pays for each cell it hides. What was hidden in vain is shown again at the
end, and every witness is checked before anything is returned: no page can skip it.

The idea is the usual one of complementary cell suppression (Willenborg and de Waal, Elements of Statistical
Disclosure Control, 2001, ch. 4; Fischetti and Salazar, Management Science 47, 2001).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.disclosure.certificates import Certificates, proved
from atlarge.disclosure.constraints import (
    BLURRED,
    HIDDEN,
    OPEN,
    PRIMARY,
    UNPUBLISHED,
    Floats,
    Ints,
    LinearConstraints,
    Sums,
    sensitive,
)
from atlarge.disclosure.solver import PerturbationSolver, prices

_FREE_ROUNDS = 24
_SPARSE_ROUNDS, _SPARSE = 3, 0.3
"""First rounds that hide, and the share of cells that each takes on."""
_JOINT_ROUNDS = 4
_WORTH = 0.98
_MANY = 500
"""Rounds over so many cells go on while each leaves less than this share of what was left. Those over fewer
are quick, and a round without a move may have tried the wrong directions."""
_SEED = 7


@dataclass(frozen=True)
class Suppression:
    """Status of every cell, and a checked witness for every small one."""

    status: Ints
    witnesses: Certificates
    small: NDArray[np.bool_]


class _Search:
    """From the small cells marked to a witness for each of them."""

    def __init__(
        self,
        mover: PerturbationSolver,
        status: Ints,
        small: NDArray[np.bool_],
        price: Floats,
        seed: int = _SEED,
    ) -> None:
        self.mover, self.status, self.price = mover, status.copy(), price
        self.rng = np.random.default_rng(seed)
        self.witnesses = Certificates(np.full(len(status), -1, np.int64))
        self.left = np.flatnonzero(small)

    def move_freely(self) -> None:
        """Certificates that need nothing hidden but the small cells themselves."""
        self._free(_FREE_ROUNDS)

    def hide(self, can_hide: NDArray[np.bool_]) -> _Search:
        """A copy that goes on to witnesses for all others, hiding what it must of the cells that it may.

        ValueError where a small cell cannot move whatever is hidden.
        """
        found = copy.deepcopy(self, {id(self.mover): self.mover})
        # A few at first: cells that must all move at once get in each other's way, and would cost more.
        for _ in range(_SPARSE_ROUNDS):
            some = found.left[found.rng.random(len(found.left)) < _SPARSE]
            if not len(some):  # of a handful, one
                some = found.left[:1]
            found._pay(some, found._signs(), can_hide, blur=False)
        for blur in (False, True):
            signs = np.ones_like(found.status) if blur else found._signs()
            for number in range(_JOINT_ROUNDS):
                found._pay(found.left, signs * (1 - 2 * (number % 2)), can_hide, blur=blur)
                if number % 2:
                    signs = found._signs()
        found._one_by_one(can_hide)
        return found

    def _pay(self, some: Ints, signs: Ints, can_hide: NDArray[np.bool_], *, blur: bool) -> None:
        """Move some cells together in the directions given, and hide what that needs."""
        if not len(some):
            return
        move = self.mover.cheapest(self.status, some, signs[some], self.price, can_hide=can_hide, blur=blur)
        self._take(move)
        self._free(3)

    def _free(self, rounds: int) -> None:
        for _ in range(rounds):
            before = len(self.left)
            if not before:
                return
            self._take(self.mover.free(self.status, self.left, self.rng))
            if before >= _MANY and len(self.left) > _WORTH * before:
                return

    def _signs(self) -> Ints:
        """Direction in which each cell is pushed first: away from the ends of "<5", else by chance."""
        signs = self.rng.choice(np.array([-1, 1]), len(self.status))
        values = self.mover.values
        signs[values == 1] = 1
        signs[values == self.mover.threshold - 1] = -1
        return np.asarray(signs, np.int64)

    def _one_by_one(self, can_hide: NDArray[np.bool_]) -> None:
        while len(self.left):
            move = self.mover.single(self.status, int(self.left[0]), self.price, can_hide=can_hide)
            if move is None:
                raise ValueError("a small count stands in a sum in which nothing else can be hidden")
            self._take(move)

    def _take(self, move: Ints) -> None:
        """Keep a move as a witness, and hide what it needs hidden."""
        _, high = self.mover.room(self.status)
        blurred = (self.status == PRIMARY) & (move > high)
        self.status[(self.status == OPEN) & (move != 0)] = HIDDEN
        self.status[blurred] = BLURRED
        self.witnesses.add(move)
        self.left = self.left[self.witnesses.of[self.left] < 0]


def search(
    values: Any,
    covered: Any,
    r: LinearConstraints,
    *,
    published: Any = None,
    threshold: int = 5,
    cost: Any = None,
) -> Suppression:
    """Status of every cell, with the witnesses that no small one can be told.

    `values` are counts (any number where not covered). `published` is False for cells that stand on no
    page but follow from others by subtraction, such as the rest of a month after a surge: they are
    protected alike. `cost` is what a reader loses with each cell. Raises ValueError where the sums given do
    not hold in the counts, or where a small cell cannot be protected.
    """
    values, covered = np.asarray(values, np.int64), np.asarray(covered, bool)
    on_page = np.ones(len(values), bool) if published is None else np.asarray(published, bool)
    price = prices(np.asarray(values if cost is None else cost, float))
    small = sensitive(values, covered, threshold)
    start = np.where(on_page, np.where(small, PRIMARY, OPEN), UNPUBLISHED).astype(np.int64)
    plain = _Search(PerturbationSolver(values, covered, r, threshold=threshold), start, small, price)
    plain.move_freely()
    first = plain.hide(on_page & covered & (values >= threshold))
    # Once more among what was hidden, so that what was hidden in vain is shown again.
    best = plain.hide(first.status == HIDDEN)
    is_safe = proved(best.witnesses, values, covered, best.status, r, threshold=threshold)
    if (small & ~is_safe).any():
        raise ValueError(f"{int((small & ~is_safe).sum())} small counts have no sound witness")
    return Suppression(best.status, best.witnesses, small)


def suppress(values: Any, covered: Any, r: LinearConstraints, **options: Any) -> Ints:
    """The status of every cell, as `search` finds it."""
    return search(values, covered, r, **options).status


__all__ = [
    "BLURRED",
    "HIDDEN",
    "OPEN",
    "PRIMARY",
    "UNPUBLISHED",
    "LinearConstraints",
    "Sums",
    "Suppression",
    "search",
    "sensitive",
    "suppress",
]
