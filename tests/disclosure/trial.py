"""An attacker who tries whole numbers: bounds are drawn together along the sums, then values are tried one
by one.

No linear programme and nothing of the package's search: what he finds is another table, or none exists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.disclosure.constraints import (
    COMPLEMENTARY,
    PRIMARY,
    UNMARKED,
    UNPUBLISHED,
    ConstraintBuilder,
    LinearConstraints,
)

Bounds = list[tuple[int, int]]
Row = tuple[list[int], list[int], bool]


def rows_of(r: LinearConstraints) -> list[Row]:
    """Cells, signs and whether there may be a rest, sum by sum."""
    of = [np.flatnonzero(r.row == i) for i in range(len(r.is_inequality))]
    return [
        (r.cell[at].tolist(), r.coefficient[at].astype(int).tolist(), bool(rest))
        for at, rest in zip(of, r.is_inequality, strict=True)
    ]


def believed(values: np.ndarray, covered: np.ndarray, status: np.ndarray, threshold: int) -> Bounds:
    """What marks let a reader believe of each count; an end far above stands for none. Uncovered counts as
    0."""
    far = int(values.max(initial=0)) + 4 * threshold
    ends = {
        PRIMARY: (1, threshold - 1),
        COMPLEMENTARY: (threshold, far),
        UNMARKED: (1, far),
        UNPUBLISHED: (0, far),
    }
    reported = zip(values.tolist(), covered.tolist(), status.tolist(), strict=True)
    return [ends.get(mark, (v, v)) if seen else (0, 0) for v, seen, mark in reported]


def _drawn_together(rows: list[Row], bounds: Bounds) -> Bounds | None:
    """The bounds that the sums leave; None where they cannot all hold."""
    bounds, is_new = list(bounds), True
    while is_new:
        is_new = False
        for cells, signs, has_rest in rows:
            low = sum(s * bounds[c][s < 0] for c, s in zip(cells, signs, strict=True))
            high = sum(s * bounds[c][s > 0] for c, s in zip(cells, signs, strict=True))
            if low > 0 or (high < 0 and not has_rest):
                return None
            for c, s in zip(cells, signs, strict=True):
                least, most = bounds[c]
                # This term is at most what is left when all the others are least; at least so if no rest.
                top = s * bounds[c][s < 0] - low
                bottom = s * bounds[c][s > 0] - high
                if s > 0:
                    kept = (least if has_rest else max(least, bottom), min(most, top))
                else:
                    kept = (max(least, -top), most if has_rest else min(most, -bottom))
                if kept[0] > kept[1]:
                    return None
                if kept != bounds[c]:
                    bounds[c], is_new = kept, True
                    break
            if is_new:
                break
    return bounds


def a_table(rows: list[Row], bounds: Bounds) -> list[int] | None:
    """One table of whole numbers within the bounds in which all sums hold; None where there is none."""
    left = _drawn_together(rows, bounds)
    if left is None:
        return None
    free = [i for i, (low, high) in enumerate(left) if low < high]
    if not free:
        return [low for low, _ in left]
    first = min(free, key=lambda i: left[i][1] - left[i][0])
    for value in range(left[first][0], left[first][1] + 1):
        found = a_table(rows, [*left[:first], (value, value), *left[first + 1 :]])
        if found is not None:
            return found
    return None


def exactly_known(
    values: np.ndarray,
    covered: np.ndarray,
    status: np.ndarray,
    r: LinearConstraints,
    threshold: int,
    which: np.ndarray,
) -> list[int]:
    """Cells, of those asked about, that can have no other count than their own."""
    rows, bounds = rows_of(r), believed(values, covered, status, threshold)
    # A sum that does not hold among the covered cells is told by no one.
    counts = np.where(covered, values, 0)
    sums = [sum(s * counts[c] for c, s in zip(cells, signs, strict=True)) for cells, signs, _ in rows]
    rows = [row for row, total in zip(rows, sums, strict=True) if (total <= 0 if row[2] else total == 0)]
    found = []
    for i in np.flatnonzero(which).tolist():
        low, high = bounds[i]
        v = int(values[i])
        others = [(low, v - 1), (v + 1, high)]
        if all(a > b or a_table(rows, [*bounds[:i], (a, b), *bounds[i + 1 :]]) is None for a, b in others):
            found.append(i)
    return found


@dataclass(frozen=True)
class Problem:
    """A table drawn by chance, with its sums, and what is published and covered of it."""

    values: np.ndarray
    r: LinearConstraints
    covered: np.ndarray
    published: np.ndarray
    threshold: int


def drawn(seed: int, *, whole: bool = False) -> Problem:
    """A small table: one of two ways, sums at random, or days cut from months. `whole`: all of it covered."""
    rng = np.random.default_rng(seed)
    threshold = int(rng.integers(3, 7))
    sums = ConstraintBuilder()
    make = (_two_ways, _any_sums, _cut_months)[rng.integers(3)]
    values = np.array(make(rng, float(rng.choice([1.0, 3.0, 6.0, 12.0])), sums), np.int64)
    published, covered = np.ones(len(values), bool), np.ones(len(values), bool)
    if rng.random() < 0.4:
        published = rng.random(len(values)) > 0.15
    if rng.random() < 0.3 and not whole:
        covered = rng.random(len(values)) > 0.15
    return Problem(values, sums.build(), covered, published, threshold)


def _two_ways(rng: np.random.Generator, mean: float, sums: ConstraintBuilder) -> list[int]:
    """Places by months with all margins; the places exhaust the whole or do not."""
    n, m = rng.integers(2, 4, 2)
    inside, has_rest = rng.poisson(mean, (n, m)), bool(rng.random() < 0.5)
    top = inside.sum(0) + (rng.poisson(mean, m) if has_rest else 0)
    for i in range(n):
        sums.add([i * m + j for j in range(m)], [n * m + i])
    for j in range(m):
        sums.add([i * m + j for i in range(n)], [n * m + n + j], is_inequality=has_rest)
    total = n * m + n + m
    sums.add(list(range(n * m + n, total)), [total])
    sums.add(list(range(n * m, n * m + n)), [total], is_inequality=has_rest)
    return [*inside.ravel(), *inside.sum(1), *top, top.sum()]


def _any_sums(rng: np.random.Generator, mean: float, sums: ConstraintBuilder) -> list[int]:
    """Sums of any cells, of other sums too."""
    cells = list(rng.poisson(mean, rng.integers(3, 7)))
    for _ in range(rng.integers(1, 4)):
        parts = rng.choice(len(cells), rng.integers(1, 4), replace=False).tolist()
        has_rest = bool(rng.random() < 0.4)
        cells.append(sum(cells[p] for p in parts) + (rng.poisson(mean) if has_rest else 0))
        sums.add(parts, [len(cells) - 1], is_inequality=has_rest)
    return cells


def _cut_months(rng: np.random.Generator, mean: float, sums: ConstraintBuilder) -> list[int]:
    """Months made of three spans of days; one span of days reaches over two of them."""
    cells: list[int] = []
    for _ in range(rng.integers(1, 3)):
        first, days = len(cells), rng.poisson(mean, 3)
        cells += [*days, days.sum()]
        sums.add([first, first + 1, first + 2], [first + 3])
    sums.add([0, 1], [len(cells)])
    return [*cells, cells[0] + cells[1]]
