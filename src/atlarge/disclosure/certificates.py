"""Certificates that a small count is protected: other tables, equally possible, in which it differs.

A certificate is a perturbation, a whole number a cell. The counts and the counts moved by it agree in all
that is published, and both are allowed by the marks. Whoever knows nothing else cannot know which of the two
is true, by whatever method. Certificates are checked here by multiplication, in whole numbers, whatever
found them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from atlarge.disclosure.constraints import (
    Bools,
    Ints,
    Knowledge,
    LinearConstraints,
    constraint_matrix,
    limits,
)


@dataclass
class Certificates:
    """Perturbations, each with the cells that change in it; and how far each cell falls and rises in any."""

    lowest: Ints
    highest: Ints
    cells: list[Ints] = field(default_factory=list)
    steps: list[Ints] = field(default_factory=list)

    @staticmethod
    def empty(n: int) -> Certificates:
        """No certificates for n cells."""
        return Certificates(np.zeros(n, np.int64), np.zeros(n, np.int64))

    def __repr__(self) -> str:
        return f"Certificates({len(self.cells)} for {int((self.spread > 0).sum())} cells)"

    @property
    def spread(self) -> Ints:
        """Greatest less least count that each cell has in any of the tables."""
        return np.asarray(self.highest - self.lowest)

    def add(self, perturbation: Ints, targets: Ints) -> None:
        """Keep a perturbation in which some target goes further than in those before."""
        cells = np.flatnonzero(perturbation)
        steps = perturbation[cells]
        gains = (perturbation[targets] < self.lowest[targets]) | (
            perturbation[targets] > self.highest[targets]
        )
        if gains.any():
            self.cells.append(cells)
            self.steps.append(steps)
            self.lowest[cells] = np.minimum(self.lowest[cells], steps)
            self.highest[cells] = np.maximum(self.highest[cells], steps)


def proved_spread(
    certificates: Certificates,
    values: Ints,
    covered: Bools,
    status: Ints,
    r: LinearConstraints,
    *,
    threshold: int,
    known: Knowledge | None = None,
) -> Ints:
    """Greatest less least count that sound certificates leave each cell; 0: not protected by any."""
    matrix, fall, rise = constraint_matrix(values, covered, r)
    least, most = limits(status, values, threshold, known)
    lowest, highest = np.zeros(len(values), np.int64), np.zeros(len(values), np.int64)
    for cells, steps in zip(certificates.cells, certificates.steps, strict=True):
        moved = values[cells] + steps
        if not (covered[cells] & (least[cells] <= moved) & (moved <= most[cells])).all():
            continue
        perturbation = np.zeros(len(values), np.int64)
        perturbation[cells] = steps
        change = matrix @ perturbation
        if ((fall <= change) & (change <= rise)).all():
            np.minimum(lowest, perturbation, out=lowest)
            np.maximum(highest, perturbation, out=highest)
    return highest - lowest
