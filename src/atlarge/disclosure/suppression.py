"""Complementary cell suppression: which counts to suppress so that the small ones cannot be worked out.

A small cell is protected when other tables, equally possible, have other counts there: certificates
(`certificates`). The search looks for them for each small cell. First among the suppressed cells, many at a
time; for those that nothing moves, the cheapest published cells whose suppression lets them move are found
by a linear programme that pays for each cell it suppresses. What was suppressed in vain is published again
at the end, and every certificate is checked before anything is returned: no page can skip it.

The idea is the usual one of complementary cell suppression (Willenborg and de Waal, Elements of Statistical
Disclosure Control, 2001, ch. 4; Fischetti and Salazar, Management Science 47, 2001).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlarge.disclosure.certificates import Certificates, proved_spread
from atlarge.disclosure.constraints import (
    COMPLEMENTARY,
    OPEN,
    PRIMARY,
    UNMARKED,
    UNPUBLISHED,
    Bools,
    Floats,
    Ints,
    Knowledge,
    LinearConstraints,
    sensitive,
)
from atlarge.disclosure.solver import PerturbationSolver, prices

SPREAD = 2
"""Default distance between the least and the greatest count that a reader can believe of a small cell: no
small count is known to within one."""

_FREE_ROUNDS = 24
_SPARSE_ROUNDS, _SPARSE = 3, 0.3
"""First rounds that suppress, and the share of cells that each takes on."""
_JOINT_ROUNDS = 4
_UNMARKED_ROUNDS, _FEW_LEFT = 16, 8
_WORTH = 0.98
_MANY = 100
"""Rounds over so many cells go on while each leaves less than this share of what was left. Those over fewer
are quick, and a round without a step may have tried the wrong directions."""
_TURN = 0.8
"""Share of the cells that went one way only which are pushed the other way next."""
_SOME, _STUCK = 100, 0.05
"""A round over so many cells that protects less than this share of them was held up by how far cells may
move."""
_SEED = 7


class ExposedError(ValueError):
    """Small counts that nothing protects, whatever is suppressed. `cells`: their numbers."""

    def __init__(self, cells: list[int]) -> None:
        super().__init__("a small count stands in a sum in which nothing else can be suppressed")
        self.cells = cells


@dataclass(frozen=True)
class Suppression:
    """The status of every cell, and a checked certificate for every small one.

    Attributes
    ----------
    status
        OPEN, PRIMARY, COMPLEMENTARY, UNPUBLISHED or UNMARKED, for each of the n cells.
    certificates
        Other tables that are equally possible.
    small
        Cells that are protected: from 1 to threshold - 1, and not known beforehand.
    spread
        Greatest less least count of each cell over the checked certificates.
    """

    status: Ints
    certificates: Certificates
    small: Bools
    spread: Ints

    def to_frame(self) -> Any:
        """One row a cell (Polars): status, is_small, spread."""
        import polars as pl

        return pl.DataFrame({"status": self.status, "is_small": self.small, "spread": self.spread})

    def summary(self) -> str:
        """How many cells are published, and how many are suppressed and why."""
        return repr(self)

    def plot(self, ax: Any = None) -> Any:
        """Draw how many cells are published and suppressed, as bars; returns the axes (needs Matplotlib)."""
        from atlarge.disclosure.plots import bars

        return bars(self._tally(), "cells", ax)

    def _tally(self) -> dict[str, int]:
        n = [int((self.status == status).sum()) for status in (OPEN, PRIMARY, COMPLEMENTARY, UNMARKED)]
        return {"published": n[0], "primary": n[1], "complementary": n[2] + n[3]}

    def __repr__(self) -> str:
        return f"Suppression({', '.join(f'{n} {kind}' for kind, n in self._tally().items())})"


class _Search:
    """From the small cells marked to certificates for each of them."""

    def __init__(
        self,
        solver: PerturbationSolver,
        status: Ints,
        small: Bools,
        price: Floats,
        seed: int = _SEED,
        *,
        is_strict: bool = False,
    ) -> None:
        self.is_strict = is_strict
        self.solver, self.status, self.price = solver, status.copy(), price
        self.rng = np.random.default_rng(seed)
        self.certificates = Certificates.empty(len(status))
        self.left = np.flatnonzero(small)

    def move_freely(self) -> None:
        """Certificates that need nothing suppressed but the small cells themselves."""
        self._free(_FREE_ROUNDS)

    def suppress(self, can_suppress: Bools) -> _Search:
        """A copy that goes on to certificates for all others, suppressing what it must of the cells that it
        may.

        ValueError where a small cell cannot move whatever is suppressed.
        """
        found = copy.deepcopy(self, {id(self.solver): self.solver})
        # A few at first: cells that must all move at once obstruct each other, and would cost more.
        for _ in range(_SPARSE_ROUNDS):
            some = found.left[found.rng.random(len(found.left)) < _SPARSE]
            if not len(some):  # at least one
                some = found.left[:1]
            found._pay(some, found._signs(), can_suppress, unmark=False)
        for unmark in (False, True):
            signs = np.ones_like(found.status) if unmark else found._signs()
            for _ in range(_JOINT_ROUNDS // 2):
                before = len(found.left)
                for direction in (1, -1):
                    found._pay(found.left, signs * direction, can_suppress, unmark=unmark)
                if before >= _MANY and len(found.left) > _WORTH * before:
                    break
                signs = found._signs()
        if not self.solver.is_marked:
            found._without_marks(can_suppress)
        found._one_by_one(can_suppress)
        return found

    def _without_marks(self, can_suppress: Bools) -> None:
        """Further joint rounds where no reader sees a mark, so that none is lost: in each, one cell of every
        row that is small as a whole gets its spread."""
        for _ in range(_UNMARKED_ROUNDS):
            if len(self.left) < _FEW_LEFT:
                return
            some = self.left[self.rng.random(len(self.left)) < 0.5]
            self._pay(some, np.ones_like(self.status), can_suppress, unmark=True)

    def _pay(self, some: Ints, signs: Ints, can_suppress: Bools, *, unmark: bool) -> None:
        """Move some cells together in the directions given, and suppress what that needs."""
        if not len(some):
            return
        step = self.solver.cheapest(
            self.status, some, signs[some], self.price, can_suppress=can_suppress, unmark=unmark
        )
        before = len(self.left)
        self._take(step)
        self._free(3)
        if len(some) >= _SOME and before - len(self.left) < _STUCK * len(some):
            self.solver.widen()

    def _free(self, rounds: int) -> None:
        for _ in range(rounds):
            before = len(self.left)
            if not before:
                return
            signs = self.rng.choice(np.array([-1, 1]), before)
            low, high = self.certificates.lowest[self.left], self.certificates.highest[self.left]
            turns = self.rng.random(before) < _TURN
            signs[turns & (low < 0) & (high == 0)] = 1
            signs[turns & (high > 0) & (low == 0)] = -1
            self._take(self.solver.free(self.status, self.left, signs))
            if before >= _MANY and len(self.left) > _WORTH * before:
                return

    def _signs(self) -> Ints:
        """Direction in which each cell is pushed first: where there is room for the whole spread, else by
        chance."""
        signs = self.rng.choice(np.array([-1, 1]), len(self.status))
        low, high = self.solver.room(self.status)
        goes_up, goes_down = high >= self.solver.spread, -low >= self.solver.spread
        signs[goes_up & ~goes_down] = 1
        signs[goes_down & ~goes_up] = -1
        return np.asarray(signs, np.int64)

    def _one_by_one(self, can_suppress: Bools) -> None:
        exposed = []
        while len(self.left):
            cell = int(self.left[0])
            reached = int(self.certificates.lowest[cell]), int(self.certificates.highest[cell])
            step = self.solver.single(
                self.status, cell, self.price, can_suppress=can_suppress, reached=reached
            )
            if step is not None:
                self._take(step)
            elif reached != (0, 0) and not self.is_strict:  # protected, though not by the whole spread
                self.left = self.left[1:]
            else:
                exposed.append(cell)
                self.left = self.left[1:]
        if exposed:
            raise ExposedError(exposed)

    def _take(self, step: Ints) -> None:
        """Keep a perturbation as a certificate, and suppress what it needs suppressed."""
        _, high = self.solver.room(self.status)
        unmarked = (self.status == PRIMARY) & (step > high)
        self.status[(self.status == OPEN) & (step != 0)] = COMPLEMENTARY
        self.status[unmarked] = UNMARKED
        self.certificates.add(step, self.left)
        self.left = self.left[self.certificates.spread[self.left] < self.solver.spread]


def search(
    values: Any,
    is_counted: Any = None,
    constraints: LinearConstraints | None = None,
    *,
    published: Any = None,
    threshold: int = 5,
    cost: Any = None,
    spread: int = SPREAD,
    known: Knowledge | None = None,
    withheld: Any = None,
    auxiliary: Any = None,
    is_strict: bool = False,
    is_marked: bool = True,
    covered: Any = None,
    r: LinearConstraints | None = None,
) -> Suppression:
    """Find the status of every cell, with certificates that no small one can be derived.

    Parameters
    ----------
    values
        Counts of n cells; any number where a cell was not counted.
    is_counted
        Whether each cell was counted at all; left out: all were. A missing count is not zero.
    constraints
        Sums that the cells make up; they must hold in the counts. Left out: none.
    published
        False for cells that stand on no page but follow from others by subtraction, such as the rest of a
        month after a surge: they are protected alike. All are published by default.
    threshold
        Counts from 1 to threshold - 1 are small.
    cost
        What a reader loses with each cell; the count itself by default.
    spread
        How far apart the least and the greatest possible count of a small cell shall be, where its mark
        allows.
    known
        What readers know already, such as from an earlier publication. Counts that are known exactly are
        neither protected nor of any use to suppress.
    withheld
        Cells that an earlier publication withheld: they stay so.
    auxiliary
        Cells that are on no page and only make up others, finer than anything published: they move, but are
        not protected themselves.
    is_strict
        Whether a small count that cannot have the whole spread, though a part of it, is an error too.
    is_marked
        Whether a page says which of the suppressed counts are small ("<5"). Where it does not, each is 1 or
        more to a reader; ranges that also hold for one who has heard which are small are tried first.
    covered, r
        Older names of `is_counted` and `constraints`.

    Returns
    -------
    Suppression

    Raises
    ------
    ValueError
        Where constraints do not hold in the counts, or a small cell cannot be protected.

    Examples
    --------
    >>> total = LinearConstraints.of(whole=[3, 3, 3], part=[0, 1, 2])
    >>> search([2, 30, 40, 72], constraints=total)
    Suppression(2 published, 1 primary, 1 complementary)
    """
    values = np.asarray(values, np.int64)
    if values.ndim != 1:
        raise ValueError(f"counts are one row of cells, not of shape {values.shape}; `protect` takes a table")
    given = covered if is_counted is None else is_counted
    counted = np.ones(len(values), bool) if given is None else np.asarray(given, bool)
    if len(counted) != len(values):
        raise ValueError(f"{len(values)} counts need as many entries of is_counted, not {len(counted)}")
    sums = r if constraints is None else constraints
    sums = LinearConstraints.of([], []) if sums is None else sums
    on_page = np.ones(len(values), bool) if published is None else np.asarray(published, bool)
    price = prices(np.asarray(values if cost is None else cost, float))
    is_small = sensitive(values, counted, threshold)
    small = is_small if known is None else is_small & ~known.is_exact
    if auxiliary is not None:
        small = small & ~(np.asarray(auxiliary, bool) & ~on_page)
    start = np.where(on_page, np.where(is_small, PRIMARY, OPEN), UNPUBLISHED).astype(np.int64)
    if withheld is not None:
        stays = np.asarray(withheld, bool) & on_page & counted & (values > 0)
        start[stays] = np.where(is_small[stays], UNMARKED, COMPLEMENTARY)
    solver = PerturbationSolver(
        values, counted, sums, threshold=threshold, spread=spread, known=known, is_marked=is_marked
    )
    plain = _Search(solver, start, small, price, is_strict=is_strict)
    plain.move_freely()
    can_suppress = on_page & counted & (values >= threshold)
    if known is not None:
        can_suppress &= ~known.is_exact
    first = plain.suppress(can_suppress)
    # Search again among the suppressed cells, to publish what was suppressed unnecessarily.
    best = plain.suppress((first.status == COMPLEMENTARY) & (start == OPEN))
    checked = proved_spread(
        best.certificates, values, counted, best.status, sums, threshold=threshold, known=known
    )
    if (small & (checked < 1)).any():
        raise ValueError(f"{int((small & (checked < 1)).sum())} small counts have no sound certificate")
    return Suppression(best.status, best.certificates, small, checked)


def suppress(
    values: Any,
    is_counted: Any = None,
    constraints: LinearConstraints | None = None,
    **options: Any,
) -> Ints:
    """The status of every cell, as `search` finds it.

    Parameters
    ----------
    values, is_counted, constraints
        As of `search`.
    **options
        Its other arguments.

    Returns
    -------
    int array [n]
        OPEN, PRIMARY or COMPLEMENTARY for each cell.

    Examples
    --------
    >>> total = LinearConstraints.of(whole=[2, 2], part=[0, 1])
    >>> suppress([2, 30, 32], constraints=total).tolist()
    [1, 2, 0]
    """
    return search(values, is_counted, constraints, **options).status
