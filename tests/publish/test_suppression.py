"""The solver against tables small enough to see through, and against a linear-programme attacker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from atlarge.publish.suppression import (
    BLURRED,
    HIDDEN,
    OPEN,
    PRIMARY,
    Relations,
    Sums,
    bounds,
    sensitive,
    suppress,
    told,
)

SMALL = 5


def grid(values: np.ndarray) -> tuple[np.ndarray, Relations]:
    """A two-way table with its margins and total, as cells and sums."""
    n, m = values.shape
    cells = np.concatenate([values.ravel(), values.sum(1), values.sum(0), [values.sum()]])
    sums = Sums()
    for i in range(n):
        sums.add([i * m + j for j in range(m)], [n * m + i])
    for j in range(m):
        sums.add([i * m + j for i in range(n)], [n * m + n + j])
    sums.add([n * m + i for i in range(n)], [len(cells) - 1])
    sums.add([n * m + n + j for j in range(m)], [len(cells) - 1])
    return cells, sums.relations()


def exact(cells: np.ndarray, status: np.ndarray, r: Relations) -> list[int]:
    """Small cells that a linear programme pins to one whole number. Marks are known to the attacker."""
    rest = np.flatnonzero(r.has_rest)
    a = np.zeros((len(r.has_rest), len(cells) + len(rest)))
    np.add.at(a, (r.row, r.cell), r.sign)
    a[rest, len(cells) + np.arange(len(rest))] = 1
    box = [
        (v, v) if s == OPEN else (1, SMALL - 1) if s == PRIMARY else (0, None)
        for v, s in zip(cells, status, strict=True)
    ]
    box += [(0, None)] * len(rest)
    found = []
    for i in np.flatnonzero((cells > 0) & (cells < SMALL)):
        cost = np.zeros(a.shape[1])
        cost[i] = 1
        low, high = (linprog(sign * cost, A_eq=a, b_eq=np.zeros(len(a)), bounds=box) for sign in (1, -1))
        if high.status == 3:  # without end
            continue
        assert low.status == high.status == 0
        if np.floor(-high.fun + 1e-6) - np.ceil(low.fun - 1e-6) < 1:
            found.append(int(i))
    return found


def test_a_lone_small_count_gets_company() -> None:
    """3 + 20 + 30 = 53: hiding 3 alone tells it; the cheaper of the others goes too."""
    cells = np.array([3, 20, 30, 53])
    status = suppress(cells, np.ones(4, bool), Relations.of([3, 3, 3], [0, 1, 2]))
    assert status.tolist() == [PRIMARY, HIDDEN, OPEN, OPEN]


def test_two_ones_that_add_up_to_two_are_told_together() -> None:
    """1 + 1 + 9 = 11: both hidden ones are at least 1 and add up to 2, so each is told: 9 must go."""
    status = suppress(np.array([1, 1, 9, 11]), np.ones(4, bool), Relations.of([3, 3, 3], [0, 1, 2]))
    assert status.tolist() == [PRIMARY, PRIMARY, HIDDEN, OPEN]


def test_the_mark_itself_can_tell() -> None:
    """Four parts of at least 1 in a whole of at most 4 are all 1, by their marks alone: one mark goes."""
    status = suppress(np.array([1, 1, 1, 1, 4]), np.ones(5, bool), Relations.of([4] * 4, [0, 1, 2, 3]))
    assert BLURRED in status
    assert OPEN not in status


def test_a_withheld_count_is_not_small_and_the_solver_knows() -> None:
    """3 + x = 6 with x marked as withheld would leave x = 5 and so 1: the whole must go."""
    status = suppress(np.array([1, 5, 6]), np.ones(3, bool), Relations.of([2, 2], [0, 1]), cost=[1, 1, 9])
    b = bounds(np.array([1, 5, 6]), np.ones(3, bool), status, Relations.of([2, 2], [0, 1]), threshold=SMALL)
    assert b.high[0] - b.low[0] >= 1


def test_a_rest_after_a_surge_is_protected_though_on_no_page() -> None:
    """Month 67, surge 65: the rest, 2, stands on no page but follows. One of the two must go."""
    sums = Sums()
    sums.add([1, 2], [0])
    cells = np.array([67, 65, 2])
    status = suppress(cells, np.ones(3, bool), sums.relations(), published=[True, True, False])
    assert (status[:2] != OPEN).sum() == 1


def test_zeros_and_uncovered_cells_are_not_hidden() -> None:
    status = suppress(np.array([0, 7, 0, 7]), np.array([1, 1, 0, 1], bool), Relations.of([3, 3], [0, 1]))
    assert status.tolist() == [OPEN] * 4


def test_a_wrong_sum_is_an_error() -> None:
    with pytest.raises(ValueError, match="do not hold"):
        suppress(np.array([3, 20, 22]), np.ones(3, bool), Relations.of([2, 2], [0, 1]))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 10_000), st.sampled_from([0.8, 3.0, 8.0]))
def test_no_small_count_of_a_two_way_table_follows(n: int, m: int, seed: int, mean: float) -> None:
    """Tables with all margins published, against the linear programme."""
    values = np.random.default_rng(seed).poisson(mean, (n, m))
    cells, r = grid(values)
    status = suppress(cells, np.ones(len(cells), bool), r)
    assert not ((cells > 0) & (cells < SMALL) & (status == OPEN)).any()
    assert exact(cells, status, r) == []


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_no_small_count_of_a_three_way_table_follows(seed: int) -> None:
    """Places x times x measures with a rest on the measures, against the linear programme."""
    rng = np.random.default_rng(seed)
    part, rest = rng.poisson(2.0, (3, 4)), rng.poisson(2.0, (3, 4))
    sets = [grid(part), grid(part + rest)]
    size = len(sets[0][0])
    joined = [
        sets[0][1],
        Relations(sets[1][1].row, sets[1][1].cell + size, sets[1][1].sign, sets[1][1].has_rest),
        Relations.of(np.arange(size) + size, np.arange(size), has_rest=True),
    ]
    r = Relations.join(joined)
    cells = np.concatenate([s[0] for s in sets])
    status = suppress(cells, np.ones(len(cells), bool), r)
    assert exact(cells, status, r) == []


def test_the_naive_attacker_wins_where_only_small_counts_are_hidden() -> None:
    """The tests above mean something: without complementary suppression the attacker does tell counts."""
    cells, r = grid(np.array([[1, 9, 8], [12, 7, 30], [6, 15, 9]]))
    covered = np.ones(len(cells), bool)
    small = sensitive(cells, covered, SMALL)
    status = np.where(small, PRIMARY, OPEN).astype(np.int64)
    assert exact(cells, status, r) == [0]
    assert told(bounds(cells, covered, status, r, threshold=SMALL), small).tolist()[0]
