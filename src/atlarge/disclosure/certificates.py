"""Proof that a small count cannot be told: another table, equally possible, in which it differs.

A witness is a move, a whole number a cell. Counts and counts moved by it agree in all that is published, and
both are allowed by the marks. Whoever knows nothing else cannot tell which of the two is true, by whatever
method. Certificates are checked here by multiplication, in whole numbers, whatever found them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from atlarge.disclosure.constraints import Ints, LinearConstraints, held, limits, sensitive


@dataclass
class Certificates:
    """Moves, each with the cells that change in it; and by which move each cell is proved (-1: by none)."""

    of: Ints
    cells: list[Ints] = field(default_factory=list)
    steps: list[Ints] = field(default_factory=list)

    def add(self, move: Ints) -> Ints:
        """Keep a move; the cells that had no witness and change in it."""
        cells = np.flatnonzero(move)
        fresh = cells[self.of[cells] < 0]
        if fresh.size:
            self.of[fresh] = len(self.cells)
            self.cells.append(cells)
            self.steps.append(move[cells])
        return np.asarray(fresh)


def proved(
    witnesses: Certificates,
    values: Ints,
    covered: NDArray[np.bool_],
    status: Ints,
    r: LinearConstraints,
    *,
    threshold: int,
) -> NDArray[np.bool_]:
    """Small cells that a sound witness stands for."""
    matrix, rest, has_rest = held(values, covered, r)
    least, most = limits(status, values, threshold)
    is_proved = np.zeros(len(values), bool)
    small = sensitive(values, covered, threshold)
    for number, (cells, steps) in enumerate(zip(witnesses.cells, witnesses.steps, strict=True)):
        moved = values[cells] + steps
        if not (covered[cells] & (least[cells] <= moved) & (moved <= most[cells])).all():
            continue
        move = np.zeros(len(values), np.int64)
        move[cells] = steps
        change = matrix @ move
        if (change[~has_rest] == 0).all() and (change[has_rest] <= rest[has_rest]).all():
            is_proved[cells[(witnesses.of[cells] == number) & (steps != 0)]] = True
    return is_proved & small
