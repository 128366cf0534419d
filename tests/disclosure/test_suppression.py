"""The search against tables small enough to see through, and against attackers of another kind."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from trial import believed, drawn, exactly_known

from atlarge.disclosure import suppression
from atlarge.disclosure.certificates import Certificates, proved_spread
from atlarge.disclosure.constraints import (
    COMPLEMENTARY,
    OPEN,
    PRIMARY,
    UNMARKED,
    UNPUBLISHED,
    ConstraintBuilder,
    LinearConstraints,
    sensitive,
)
from atlarge.disclosure.solver import PerturbationSolver, prices
from atlarge.disclosure.suppression import _Search

pytestmark = pytest.mark.slow_file

SMALL = 5

# Unless a test says otherwise, one other count is enough: what must be suppressed is then easily seen by
# hand.
search = partial(suppression.search, spread=1)
suppress = partial(suppression.suppress, spread=1)


def proved(*given: Any, **named: Any) -> np.ndarray:
    """Cells of which sound certificates have another count."""
    return proved_spread(*given, **named) > 0


def grid(values: np.ndarray) -> tuple[np.ndarray, LinearConstraints]:
    """A two-way table with its margins and total, as cells and sums."""
    n, m = values.shape
    cells = np.concatenate([values.ravel(), values.sum(1), values.sum(0), [values.sum()]])
    sums = ConstraintBuilder()
    for i in range(n):
        sums.add([i * m + j for j in range(m)], [n * m + i])
    for j in range(m):
        sums.add([i * m + j for i in range(n)], [n * m + n + j])
    sums.add([n * m + i for i in range(n)], [len(cells) - 1])
    sums.add([n * m + n + j for j in range(m)], [len(cells) - 1])
    return cells, sums.build()


def exact(cells: np.ndarray, status: np.ndarray, r: LinearConstraints) -> list[int]:
    """Small cells that a linear programme pins to one whole number. Marks are known to the attacker."""
    rest = np.flatnonzero(r.is_inequality)
    a = np.zeros((len(r.is_inequality), len(cells) + len(rest)))
    np.add.at(a, (r.row, r.cell), r.coefficient)
    a[rest, len(cells) + np.arange(len(rest))] = 1
    marks = {PRIMARY: (1, SMALL - 1), COMPLEMENTARY: (SMALL, None), UNMARKED: (1, None)}
    box = [marks.get(s, (v, v)) for v, s in zip(cells, status, strict=True)]
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


def every(cells: np.ndarray, status: np.ndarray, r: LinearConstraints, most: int) -> list[set[int]]:
    """All counts that each cell can have, by trying every table up to a greatest count."""
    choices = []
    for v, s in zip(cells, status, strict=True):
        low, high = {PRIMARY: (1, SMALL - 1), COMPLEMENTARY: (SMALL, most), UNMARKED: (1, most)}.get(
            s, (v, v)
        )
        choices.append(range(int(low), int(high) + 1))
    found: list[set[int]] = [set() for _ in cells]
    for table in itertools.product(*choices):
        sums = np.bincount(r.row, r.coefficient * np.array(table)[r.cell], len(r.is_inequality))
        if (np.where(r.is_inequality, sums <= 0, sums == 0)).all():
            for i, v in enumerate(table):
                found[i].add(v)
    return found


def test_a_lone_small_count_gets_company() -> None:
    """3 + 20 + 30 = 53: hiding 3 alone tells it; the cheaper of the others goes too."""
    cells = np.array([3, 20, 30, 53])
    status = suppress(cells, np.ones(4, bool), LinearConstraints.of([3, 3, 3], [0, 1, 2]))
    assert status.tolist() == [PRIMARY, COMPLEMENTARY, OPEN, OPEN]


def test_two_ones_that_add_up_to_two_are_known_together() -> None:
    """1 + 1 + 9 = 11: both hidden ones are at least 1 and add up to 2, so each is told: 9 must go."""
    status = suppress(np.array([1, 1, 9, 11]), np.ones(4, bool), LinearConstraints.of([3, 3, 3], [0, 1, 2]))
    assert status.tolist() == [PRIMARY, PRIMARY, COMPLEMENTARY, OPEN]


def test_the_mark_itself_can_tell() -> None:
    """Four parts of at least 1 in a whole of at most 4 are all 1, by their marks alone: one mark goes."""
    cells, r = np.array([1, 1, 1, 1, 4]), LinearConstraints.of([4] * 4, [0, 1, 2, 3])
    status = suppress(cells, np.ones(5, bool), r)
    assert status.tolist() == [PRIMARY, PRIMARY, PRIMARY, PRIMARY, UNMARKED]
    assert all(len(counts) > 1 for counts in every(cells, status, r, 9))


def test_a_complementary_count_is_known_not_to_be_small() -> None:
    """1 + x = 6 with x withheld, so 5 or more, leaves x = 5 and so 1: the whole must go."""
    cells, r = np.array([1, 5, 6]), LinearConstraints.of([2, 2], [0, 1])
    status = suppress(cells, np.ones(3, bool), r, cost=[1, 1, 9])
    assert status[2] == COMPLEMENTARY
    assert len(every(cells, status, r, 12)[0]) > 1


def test_what_is_hidden_in_vain_is_shown_again() -> None:
    """Two lone counts of 2 in a table of two rows: one rectangle of four hides both."""
    cells, r = grid(np.array([[2, 40, 30], [50, 2, 60]]))
    status = suppress(cells, np.ones(len(cells), bool), r)
    assert status[:6].reshape(2, 3).tolist() == [
        [PRIMARY, COMPLEMENTARY, OPEN],
        [COMPLEMENTARY, PRIMARY, OPEN],
    ]
    assert not status[6:].any()


def test_dear_counts_are_kept() -> None:
    """Of two counts either of which would do, the one that a reader would miss less is hidden."""
    cells, r = np.array([3, 20, 30, 53]), LinearConstraints.of([3, 3, 3], [0, 1, 2])
    status = suppress(cells, np.ones(4, bool), r, cost=[3, 9000, 30, 53])
    assert status.tolist() == [PRIMARY, OPEN, COMPLEMENTARY, OPEN]


def test_an_unsound_witness_proves_nothing() -> None:
    """Each way to be wrong: a sum broken, a mark left, a shown count or an uncovered cell moved."""
    cells, r = np.array([3, 20, 30, 53]), LinearConstraints.of([3, 3, 3], [0, 1, 2])
    status, covered = np.array([PRIMARY, COMPLEMENTARY, OPEN, OPEN]), np.ones(4, bool)

    def of(move: list[int], covered: np.ndarray = covered) -> list[int]:
        certificates = Certificates.empty(4)
        certificates.add(np.array(move), np.arange(4))
        sound = proved(certificates, cells, covered, status, r, threshold=SMALL)
        return np.flatnonzero(sound & (cells < SMALL)).tolist()

    assert of([1, -1, 0, 0]) == [0]
    assert of([1, 0, 0, 0]) == []  # the sum no longer holds
    assert of([2, -2, 0, 0]) == []  # 5 is not "<5"
    assert of([1, 0, -1, 0]) == []  # 30 is shown
    assert of([-1, 1, 0, 0], np.array([True, False, True, True])) == []
    assert of([0, 0, 0, 0]) == []


def test_a_rest_after_a_surge_is_protected_though_on_no_page() -> None:
    """Month 67, surge 65: the rest, 2, stands on no page but follows. One of the two must go."""
    sums = ConstraintBuilder()
    sums.add([1, 2], [0])
    cells = np.array([67, 65, 2])
    status = suppress(cells, np.ones(3, bool), sums.build(), published=[True, True, False])
    assert (status[:2] != OPEN).sum() == 1


def test_zeros_and_uncovered_cells_are_not_hidden() -> None:
    status = suppress(
        np.array([0, 7, 0, 7]), np.array([1, 1, 0, 1], bool), LinearConstraints.of([3, 3], [0, 1])
    )
    assert status.tolist() == [OPEN] * 4


def test_a_wrong_sum_is_an_error() -> None:
    with pytest.raises(ValueError, match="do not hold"):
        suppress(np.array([3, 20, 22]), np.ones(3, bool), LinearConstraints.of([2, 2], [0, 1]))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 10_000), st.sampled_from([0.8, 3.0, 8.0]))
def test_no_small_count_of_a_two_way_table_follows(n: int, m: int, seed: int, mean: float) -> None:
    """Tables with all margins published, against the linear programme."""
    values = np.random.default_rng(seed).poisson(mean, (n, m))
    cells, r = grid(values)
    status = suppress(cells, np.ones(len(cells), bool), r)
    assert not ((cells > 0) & (cells < SMALL) & (status == OPEN)).any()
    assert exact(cells, status, r) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.booleans())
def test_no_small_count_follows_by_trying_every_table(parts: list[int], has_rest: bool) -> None:
    """Whole numbers only, which a linear programme does not know: all every table is tried."""
    values = np.array(parts).reshape(2, 2)
    cells = np.array([*parts, *values.sum(1), values.sum() + 3 * has_rest])
    rows = [
        LinearConstraints.of([4, 4, 5, 5], [0, 1, 2, 3]),
        LinearConstraints.of([6, 6], [4, 5], is_inequality=has_rest),
    ]
    r = LinearConstraints.join(rows)
    status = suppress(cells, np.ones(7, bool), r)
    most = int(cells.max()) + 2
    sizes = {PRIMARY: SMALL - 1, COMPLEMENTARY: most, UNMARKED: most}
    assume(np.prod([sizes.get(s, 1) for s in status]) < 100_000)
    left = every(cells, status, r, most)
    assert all(len(left[i]) > 1 for i in np.flatnonzero((cells > 0) & (cells < SMALL)))


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
        LinearConstraints.sums(
            sets[1][1].row, sets[1][1].cell + size, sets[1][1].coefficient, sets[1][1].is_inequality
        ),
        LinearConstraints.of(np.arange(size) + size, np.arange(size), is_inequality=True),
    ]
    r = LinearConstraints.join(joined)
    cells = np.concatenate([s[0] for s in sets])
    status = suppress(cells, np.ones(len(cells), bool), r)
    assert exact(cells, status, r) == []


def test_the_naive_attacker_wins_where_only_small_counts_are_hidden() -> None:
    """The tests above mean something: without complementary suppression the attacker does tell counts."""
    cells, r = grid(np.array([[1, 9, 8], [12, 7, 30], [6, 15, 9]]))
    status = np.where(sensitive(cells, np.ones(len(cells), bool), SMALL), PRIMARY, OPEN).astype(np.int64)
    assert exact(cells, status, r) == [0]
    assert every(cells, status, r, 20)[0] == {1}


def test_a_whole_number_that_no_vertex_has_is_found() -> None:
    """Three pairs of cells with fixed sums in a triangle move by whole steps or not at all."""
    cells = np.array([2, 2, 2, 4, 4, 4])
    sums = ConstraintBuilder()
    for i, (a, b) in enumerate([(0, 1), (1, 2), (0, 2)]):
        sums.add([a, b], [3 + i])
    found = search(cells, np.ones(6, bool), sums.build())
    assert exact(cells, found.status, sums.build()) == []


P, H, S = PRIMARY, COMPLEMENTARY, OPEN


@pytest.mark.parametrize(
    ("values", "r", "status"),
    [
        # No small count: nothing is hidden.
        ([7, 20, 27], LinearConstraints.of([2, 2], [0, 1]), [S, S, S]),
        ([0, 20, 20], LinearConstraints.of([2, 2], [0, 1]), [S, S, S]),
        # Small counts that keep each other company need no other.
        ([2, 3, 20, 25], LinearConstraints.of([3] * 3, [0, 1, 2]), [P, P, S, S]),
        ([3, 3], LinearConstraints.of([1], [0]), [P, P]),
        ([3], LinearConstraints.none(), [P]),
        # A rest that is on no page keeps company: one of seven, or none, into which the count may fall.
        ([3, 20, 30], LinearConstraints.of([2, 2], [0, 1], is_inequality=True), [P, S, S]),
        ([3, 20, 23], LinearConstraints.of([2, 2], [0, 1], is_inequality=True), [P, S, S]),
        # But a one may not fall, and where there is no rest it may not rise.
        ([1, 20, 22], LinearConstraints.of([2, 2], [0, 1], is_inequality=True), [P, S, S]),
        ([1, 20, 21], LinearConstraints.of([2, 2], [0, 1], is_inequality=True), [P, H, S]),
        # The ends of "<5": a one moves up, a four down, and five, if withheld, not below itself.
        ([1, 20, 21], LinearConstraints.of([2, 2], [0, 1]), [P, H, S]),
        ([4, 30, 34], LinearConstraints.of([2, 2], [0, 1]), [P, H, S]),
        ([4, 5, 9], LinearConstraints.of([2, 2], [0, 1]), [P, H, S]),
        ([1, 5, 90, 96], LinearConstraints.of([3] * 3, [0, 1, 2]), [P, S, H, S]),
        # A zero is never hidden; the next is.
        ([3, 0, 50, 53], LinearConstraints.of([3] * 3, [0, 1, 2]), [P, S, H, S]),
        # Within the nearest sum where that will do.
        ([3, 40, 43, 60, 103], LinearConstraints.of([2, 2, 4, 4], [0, 1, 2, 3]), [P, H, S, S, S]),
        # One companion serves two sums: 3 in both, with 30 in both.
        (
            [3, 30, 9, 42, 8, 41],
            LinearConstraints.of([3] * 3 + [5] * 3, [0, 1, 2, 0, 1, 4]),
            [P, H, S, S, S, S],
        ),
    ],
)  # fmt: skip
def test_nothing_is_hidden_that_need_not_be(
    values: list[int], r: LinearConstraints, status: list[int]
) -> None:
    assert suppress(np.array(values), np.ones(len(values), bool), r).tolist() == status


def test_a_count_that_can_go_one_way_only_needs_no_company_whatever_the_seed() -> None:
    """3 + 20 <= 23 may fall and 3 + 20 <= 30 may do both; 4 = 4 and 1 = 1 move together, away from their
    end."""
    cells = np.array([3, 20, 23, 3, 20, 30, 4, 4, 1, 1])
    wholes, parts = [2, 2, 5, 5, 7, 9], [0, 1, 3, 4, 6, 8]
    r = LinearConstraints.of(wholes, parts, is_inequality=np.array([True, True, False, False]))
    small = sensitive(cells, np.ones(10, bool), SMALL)
    solver = PerturbationSolver(cells, np.ones(10, bool), r, threshold=SMALL)
    for seed in range(20):
        begun = _Search(solver, np.where(small, PRIMARY, OPEN), small, np.ones(10), seed)
        begun.move_freely()
        assert not len(begun.left)
        assert not (begun.status == COMPLEMENTARY).any()


def test_the_threshold_is_the_least_count_that_is_shown() -> None:
    for threshold in (1, 3, 5, 11):
        values = np.arange(13)
        status = suppress(values, np.ones(13, bool), LinearConstraints.none(), threshold=threshold)
        assert status.tolist() == [P if 0 < v < threshold else S for v in range(13)]
    assert suppress(values, values != 3, LinearConstraints.none()).tolist() == [S, P, P, S, P] + [S] * 8


def test_a_mark_that_only_one_count_bears_is_not_given() -> None:
    """Under two there is but one: "<2" would tell it, so that it is withheld without the mark."""
    one, r = np.array([1, 20, 21]), LinearConstraints.of([2, 2], [0, 1])
    assert suppress(one[:1], np.ones(1, bool), LinearConstraints.none(), threshold=2).tolist() == [UNMARKED]
    assert suppress(one, np.ones(3, bool), r, threshold=2).tolist() == [UNMARKED, COMPLEMENTARY, OPEN]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_no_hidden_count_of_any_table_can_be_worked_out(seed: int) -> None:
    """Small counts, also those on no page, and withheld ones: each has another whole number that fits.

    Thresholds of 3 to 6, sums with and without rests, cells that are on no page or not covered.
    """
    p = drawn(seed)
    found = search(p.values, p.covered, p.r, published=p.published, threshold=p.threshold)
    small = sensitive(p.values, p.covered, p.threshold)
    assert (found.small == small).all()
    assert np.isin(found.status[small & p.published], [PRIMARY, UNMARKED]).all()
    assert ((found.status == UNPUBLISHED) == ~p.published).all()
    assert not (found.status[(p.values == 0) | ~p.covered] == COMPLEMENTARY).any()
    hidden = small | np.isin(found.status, [COMPLEMENTARY, UNMARKED])
    assert exactly_known(p.values, p.covered, found.status, p.r, p.threshold, hidden) == []
    sound = proved(found.certificates, p.values, p.covered, found.status, p.r, threshold=p.threshold)
    assert (sound[small]).all()
    # What the marks let a reader believe is never false.
    bounds = believed(p.values, p.covered, found.status, p.threshold)
    seen = [low <= v <= high for v, (low, high) in zip(p.values, bounds, strict=True)]
    assert all(np.array(seen)[p.covered])
    again = suppress(p.values, p.covered, p.r, published=p.published, threshold=p.threshold)
    assert (again == found.status).all()


def test_what_is_hidden_is_nearly_always_the_cheapest_that_will_do() -> None:
    """All choices of what else to hide are tried, cheapest first, on tables of few counts.

    The search is no proof that it found the cheapest; it does in nineteen of twenty such tables.
    """
    dearer = []
    for seed in range(60):
        p = drawn(seed, whole=True)
        small = sensitive(p.values, p.covered, p.threshold)
        others = np.flatnonzero(p.published & (p.values >= p.threshold)).tolist()
        cost = p.values * np.random.default_rng(seed).choice([1.0, 1.0, 10.0], len(p.values))
        given = {"published": p.published, "threshold": p.threshold}
        status = suppress(p.values, p.covered, p.r, cost=cost, **given)
        if not small.any() or len(others) > 7 or (status == UNMARKED).any():
            continue
        price = prices(cost)
        plain = np.where(p.published, np.where(small, PRIMARY, OPEN), UNPUBLISHED)
        choices = (c for k in range(len(others) + 1) for c in itertools.combinations(others, k))
        paid = price[status == COMPLEMENTARY].sum()
        for choice in sorted(choices, key=lambda c: price[list(c)].sum()):
            if price[list(choice)].sum() > paid - 1e-9:
                dearer.append(1.0)
                break
            tried = plain.copy()
            tried[list(choice)] = COMPLEMENTARY
            if not exactly_known(p.values, p.covered, tried, p.r, p.threshold, small):
                dearer.append(paid / max(price[list(choice)].sum(), 0.1))
                break
    assert len(dearer) > 30
    assert np.mean(np.array(dearer) == 1.0) > 0.9
    assert max(dearer) < 2.5


def _searched(values: list[int], r: LinearConstraints) -> _Search:
    """A search that has begun, with the small counts marked and a price of one for each."""
    cells = np.array(values)
    small = sensitive(cells, np.ones(len(cells), bool), SMALL)
    solver = PerturbationSolver(cells, np.ones(len(cells), bool), r, threshold=SMALL)
    return _Search(solver, np.where(small, PRIMARY, OPEN), small, np.ones(len(cells)))


def test_a_search_hides_what_its_moves_change_and_goes_on_with_the_rest() -> None:
    begun = _searched([3, 4, 1, 20, 30, 2], LinearConstraints.none())
    assert begun.left.tolist() == [0, 1, 2, 5]
    begun._take(np.array([-1, 2, 0, 1, 0, 0]))
    assert begun.status.tolist() == [PRIMARY, UNMARKED, PRIMARY, COMPLEMENTARY, OPEN, PRIMARY]
    assert begun.left.tolist() == [2, 5]
    begun._take(np.array([0, 3, 3, -4, 0, 0]))  # a four is the most that "<5" allows
    assert begun.status.tolist() == [PRIMARY, UNMARKED, PRIMARY, COMPLEMENTARY, OPEN, PRIMARY]
    assert begun.left.tolist() == [5]
    begun._take(np.zeros(6, np.int64))
    assert (begun.left.tolist(), len(begun.certificates.cells)) == ([5], 2)


def test_a_count_at_an_end_of_its_mark_is_pushed_away_from_it() -> None:
    begun = _searched([1, 2, 3, 4] * 50, LinearConstraints.none())
    signs = begun._signs()
    assert (signs[0::4] == 1).all()
    assert (signs[3::4] == -1).all()
    for middle in (signs[1::4], signs[2::4]):
        assert set(middle.tolist()) == {-1, 1}


def test_a_search_that_may_hide_nothing_fails_and_leaves_what_it_began_with() -> None:
    begun = _searched([3, 20, 23, 2], LinearConstraints.of([2, 2], [0, 1]))
    begun.move_freely()
    assert begun.left.tolist() == [0]  # the lone count moves, the other does not
    with pytest.raises(ValueError, match="nothing else can be suppressed"):
        begun.suppress(np.zeros(4, bool))
    found = begun.suppress(np.array([False, True, False, False]))
    assert found.status.tolist() == [PRIMARY, COMPLEMENTARY, OPEN, PRIMARY]
    assert (begun.status.tolist(), begun.left.tolist()) == ([PRIMARY, OPEN, OPEN, PRIMARY], [0])


def test_one_by_one_each_count_gets_its_own_move() -> None:
    for rows in (1, 3):
        sums = ConstraintBuilder()
        for i in range(rows):
            sums.add([i, rows + i], [2 * rows + i])
        begun = _searched([1] * rows + [20] * rows + [21] * rows, sums.build())
        begun._one_by_one(np.arange(3 * rows) < 2 * rows)
        assert not len(begun.left)
        assert begun.status.tolist() == [PRIMARY] * rows + [COMPLEMENTARY] * rows + [OPEN] * rows
        assert len(begun.certificates.cells) == rows


def test_what_is_not_proved_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with the search: no witness, no table."""
    cells, covered, r = np.array([3, 2, 20, 25]), np.ones(4, bool), LinearConstraints.of([3] * 3, [0, 1, 2])
    assert suppress(cells, covered, r).tolist() == [PRIMARY, PRIMARY, OPEN, OPEN]
    for bad in ([False] * 4, [True, False, False, False]):
        monkeypatch.setattr(
            suppression, "proved_spread", lambda *given, bad=bad, **named: np.array(bad, np.int64)
        )
        with pytest.raises(ValueError, match=f"{2 - sum(bad)} small counts have no sound certificate"):
            suppress(cells, covered, r)


def test_many_small_counts_cost_one_other_each() -> None:
    """Twenty rows of 2 + 40 = 42, and the 40s add up to 800: one count of each row, and the sum stays."""
    sums = ConstraintBuilder()
    for i in range(20):
        sums.add([i, 20 + i], [40 + i])
    sums.add(list(range(20, 40)), [60])
    cells = np.array([2] * 20 + [40] * 20 + [42] * 20 + [800])
    status = suppress(cells, np.ones(61, bool), sums.build())
    assert status[:20].tolist() == [PRIMARY] * 20
    assert (status[20:60].reshape(2, 20) == COMPLEMENTARY).sum(axis=0).tolist() == [1] * 20
    assert status[60] == OPEN


@pytest.mark.parametrize("small", [1, 4])
def test_no_mark_is_lost_in_rounds_over_many_cells(small: int) -> None:
    """Forty lone counts at an end of "<5", each with a companion that can be hidden for it."""
    rows = np.arange(40)
    cells = np.repeat([small, 30, 30 + small], 40)
    status = suppress(cells, np.ones(120, bool), LinearConstraints.of(np.tile(rows + 80, 2), np.arange(80)))
    assert status.tolist() == [PRIMARY] * 40 + [COMPLEMENTARY] * 40 + [OPEN] * 40


def test_rounds_over_many_cells_cost_little_more_than_a_programme_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few cells go first, as cells that must all move at once get in each other's way and cost a third
    more."""

    def paid() -> float:
        spent = 0.0
        for seed in range(8):
            cells, r = grid(np.random.default_rng(seed).poisson(6, (6, 6)))
            status = suppress(cells, np.ones(len(cells), bool), r)
            spent += prices(cells.astype(float))[status == COMPLEMENTARY].sum()
        return spent

    together = paid()
    monkeypatch.setattr(suppression, "_SPARSE_ROUNDS", 0)
    assert paid() > 1.15 * together
    monkeypatch.setattr(suppression, "_JOINT_ROUNDS", 0)
    assert together < 1.2 * paid()  # a tenth by most seeds


def test_names_of_arguments_and_what_may_be_left_out() -> None:
    total = LinearConstraints.of(whole=[3, 3, 3], part=[0, 1, 2])
    cells = [2, 30, 40, 72]
    plain = suppress(cells, constraints=total).tolist()
    assert plain == suppress(cells, [True] * 4, total).tolist()
    assert plain == suppress(cells, covered=[True] * 4, r=total).tolist()  # older names go on
    assert plain == suppress(cells, is_counted=[True] * 4, constraints=total).tolist()
    assert suppress([2, 30]).tolist() == [1, 0]  # no sums: nothing else to suppress
    with pytest.raises(ValueError, match="as many entries of is_counted"):
        suppress(cells, [True] * 3, total)
    with pytest.raises(ValueError, match=r"not of shape \(2, 2\); `protect` takes a table"):
        suppress([cells[:2], cells[2:]])
    found = search(cells, constraints=total)
    assert found.to_frame()["status"].to_list() == plain
    assert "1 primary" in found.summary()


def test_cells_withheld_before_are_withheld_again() -> None:
    """Large and small ones alike; without them the same table shows the large one."""
    values = np.array([40, 30, 20, 3, 9])
    withheld = np.array([True, False, False, True, False])
    assert search(values).status[0] == OPEN
    found = search(values, withheld=withheld)
    assert (found.status[withheld] != OPEN).all()
    assert (found.status[~withheld] == OPEN).all()
