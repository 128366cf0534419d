"""What a Disclosed table shows, and the parts of the search for witnesses, by hand."""

from __future__ import annotations

import datetime as dt
import pickle
from functools import partial

import numpy as np
import polars as pl
import pytest

from atlarge.disclosure import table as disclosure
from atlarge.disclosure.certificates import Certificates, proved_spread
from atlarge.disclosure.constraints import (
    COMPLEMENTARY,
    NO_END,
    OPEN,
    PRIMARY,
    UNMARKED,
    UNPUBLISHED,
    ConstraintBuilder,
    LinearConstraints,
    constraint_matrix,
    limits,
    sensitive,
)
from atlarge.disclosure.solver import _SUPPRESSED_PRICE, _UNMARK_PRICE, PerturbationSolver, _cost, prices
from atlarge.disclosure.table import Counts, Disclosed, mark_text, stack
from atlarge.errors import QuestionError

disclose = partial(disclosure.disclose, spread=1)

MONTHS = [dt.date(2017, m, 1) for m in (1, 2, 3)]


def _cells() -> pl.DataFrame:
    """Three months and their sum for one place (3 + 20 + 40 = 63), one month not covered for another."""
    return pl.DataFrame(
        {
            "place": ["A"] * 4 + ["B"] * 3,
            "period": [*MONTHS, dt.date(2017, 12, 31), *reversed(MONTHS)],
            "value": [3, 20, 40, 63, 0, 9, None],
        }
    )


def _disclosed(**options: object) -> Disclosed:
    return disclose(_cells(), LinearConstraints.of([3, 3, 3], [0, 1, 2]), **options)


def test_a_table_shows_what_its_marks_say() -> None:
    """3 is small; one of its three neighbours has to go with it, and 20 is what a reader misses least."""
    result = _disclosed()
    assert result.frame["mark"].to_list() == [
        "small", "withheld", "shown", "shown", "shown", "shown", "uncovered",
    ]  # fmt: skip
    assert result.frame["value"].to_list() == [None, None, 40, 63, 0, 9, None]
    assert result.suppressed == {"small": 1, "withheld": 1}
    assert result.frame.columns == ["place", "period", "value", "mark"]


def test_what_is_on_no_page_is_left_out_and_guarded() -> None:
    """The month of 20 is on no page: nothing else has to be hidden for the 3, and no row tells it."""
    published = [True, False, True, True, True, True, True]
    result = _disclosed(published=published)
    assert result.frame["period"].to_list()[:3] == [MONTHS[0], MONTHS[2], dt.date(2017, 12, 31)]
    assert result.frame["mark"].to_list() == ["small", "shown", "shown", "shown", "shown", "uncovered"]


def test_series_come_in_the_order_of_their_periods_and_add_up_only_where_nothing_is_hidden() -> None:
    result = _disclosed()
    one = result.counts("B", pl.col("place") == "B")
    assert one.periods == tuple(MONTHS)
    assert one.values == (None, 9, 0)
    assert one.marks == ("uncovered", "shown", "shown")
    assert one.total == 9  # what is not covered is no part of it
    assert one.named("other").label == "other"
    every = result.all_counts("place", period="period")
    assert every[("B",)] == one.named("")
    assert every[("A",)].total is None
    assert result.counts("A", pl.col("mark") != "small").total is None
    assert result.counts("A", pl.col("mark") != "withheld").total is None
    assert result.counts("", pl.lit(False)).total == 0
    assert result.counts("A", pl.col("place") == "A", pl.col("value") >= 40).total == 103


def test_many_series_come_in_the_order_of_their_keys() -> None:
    """As they are written into files, which are the same bytes each time."""
    keys = [(f"{i:03}", measure) for i in range(300) for measure in ("arrests", "at_large")]
    place, measure = (list(column) for column in zip(*reversed(keys), strict=True))
    cells = pl.DataFrame({"place": place, "measure": measure, "start": MONTHS[0], "value": 9})
    assert list(disclose(cells).all_counts("place", "measure")) == keys


def test_nothing_is_drawn_that_did_not_pass() -> None:
    for seal in (None, True, object(), "seal", _cells(), type(disclosure._SEAL)):
        with pytest.raises(TypeError, match="disclose"):
            Counts("x", (MONTHS[0],), (3,), ("shown",), 5, seal)
        with pytest.raises(TypeError, match="disclose"):
            Disclosed(_cells(), 5, seal)
    with pytest.raises(TypeError, match="disclose"):
        Counts("x", (MONTHS[0],), (3,), ("shown",), 5)


def test_what_passed_is_known_in_another_process_too() -> None:
    result = _disclosed()
    again = pickle.loads(pickle.dumps((result, result.counts("A", pl.col("place") == "A"))))
    assert again[0].filter(pl.col("place") == "A").frame.equals(result.frame.head(4))
    assert again[1].named("B").values == (None, None, 40, 63)


def test_a_small_count_whose_mark_would_tell_it_is_withheld_in_the_table() -> None:
    """Four ones make four: one mark goes; what is on no page is small as well, and bears no mark."""
    cells = pl.DataFrame({"place": list("abcds"), "value": [1, 1, 1, 1, 4]})
    result = disclose(cells, LinearConstraints.of([4] * 4, [0, 1, 2, 3]))
    assert result.frame["mark"].to_list() == ["small"] * 4 + ["withheld"]
    assert result.frame["value"].to_list() == [None] * 5
    assert result.suppressed == {"small": 4, "withheld": 1}
    some = disclose(
        cells, LinearConstraints.of([4] * 4, [0, 1, 2, 3]), published=[True, False, True, True, True]
    )
    assert some.frame["place"].to_list() == list("acds")
    assert not some.frame["value"].is_not_null().any()


def test_the_dearest_is_kept_and_other_columns_stay_as_they_were() -> None:
    """3 + 20 + 30 = 53 by place; `cost` says what a reader would miss; further columns may be made of
    keys."""
    cells = pl.DataFrame({"place": list("abcs"), "value": [3, 20, 30, 53], "year": [2016] * 4})
    r = LinearConstraints.of([3] * 3, [0, 1, 2])
    assert disclose(cells, r).frame["mark"].to_list() == ["small", "withheld", "shown", "shown"]
    result = disclose(cells, r, cost=[3, 900, 30, 53])
    assert result.frame["mark"].to_list() == ["small", "shown", "withheld", "shown"]
    named = result.with_columns((pl.col("place") + "!").alias("name"))
    assert named.frame["name"].to_list() == ["a!", "b!", "c!", "s!"]
    assert named.frame.select(result.frame.columns).equals(result.frame)
    assert set(result.frame.columns) == {"place", "year", "value", "mark"}
    assert result.frame["year"].to_list() == [2016] * 4
    assert (named.threshold, disclose(cells, r, threshold=4).threshold) == (5, 4)


def test_one_cell_is_published_or_refused() -> None:
    result = _disclosed()
    where = pl.col("place") == "A"
    assert result.cell(where, pl.col("period") == MONTHS[2]) == (40, "shown")
    assert result.cell(where, pl.col("period") == MONTHS[0]) == (None, "small")
    with pytest.raises(QuestionError, match="4 published cells"):
        result.cell(where)
    with pytest.raises(QuestionError, match="0 published cells"):
        result.filter(pl.col("place") == "B").cell(where)


def test_tables_are_stacked_with_the_strictest_threshold() -> None:
    a, b = disclose(_cells()), disclose(_cells(), threshold=10)
    result = stack([a, b])
    assert (result.frame.height, result.threshold) == (14, 10)
    assert result.suppressed == {"small": 3, "withheld": 0}  # 3 under five; 3 and 9 under ten
    with pytest.raises(QuestionError):
        stack([])


@pytest.mark.parametrize(
    ("value", "mark", "text"),
    [(1234, "shown", "1,234"), (0, "shown", "0"), (None, "small", "<7"), (None, "withheld", "w"),
     (None, "uncovered", "u"), (None, "shown", "u")],
)  # fmt: skip
def test_a_cell_as_a_reader_sees_it(value: int | None, mark: str, text: str) -> None:
    assert mark_text(value, mark, 7, "w", "u") == text


def test_what_a_status_lets_a_reader_believe() -> None:
    status = np.array([OPEN, PRIMARY, COMPLEMENTARY, UNPUBLISHED, UNMARKED])
    least, most = limits(status, np.array([17, 3, 30, 4, 2]), 5)
    assert least.tolist() == [17, 1, 5, 0, 1]
    assert most.tolist() == [17, 4, NO_END, NO_END, NO_END]


def test_small_is_above_zero_and_under_the_threshold() -> None:
    values = np.array([0, 1, 4, 5, 3])
    covered = np.array([True, True, True, True, False])
    assert sensitive(values, covered, 5).tolist() == [False, True, True, False, False]


def test_sums_are_the_same_however_they_are_put_in() -> None:
    """1 + 2 = 3 and 3 + 4 < 9, one at a time, as pairs, and joined."""
    values, covered = np.array([1, 2, 3, 4, 9]), np.ones(5, bool)
    one = ConstraintBuilder()
    assert len(one.build().is_inequality) == 0
    one.add([0, 1], [2])
    one.add([2, 3], [4], is_inequality=True)
    parts = [LinearConstraints.of([2, 2], [0, 1]), LinearConstraints.of([4, 4], [2, 3], is_inequality=True)]
    for r in (one.build(), LinearConstraints.join(parts)):
        matrix, fall, rise = constraint_matrix(values, covered, r)
        assert matrix.toarray().tolist() == [[1, 1, -1, 0, 0], [0, 0, 1, 1, -1]]
        assert (fall.tolist(), rise.tolist()) == ([0, -np.inf], [0, 2])


def test_sums_over_uncovered_cells_hold_where_they_hold_so() -> None:
    """1 + ? = 1 is told to be a sum of what is covered; 1 + ? = 3 says nothing; 1 + 1 = 3 is an error."""
    r = LinearConstraints.of([2, 2], [0, 1])
    gap = np.array([True, False, True])
    assert constraint_matrix(np.array([1, 7, 1]), gap, r)[0].shape[0] == 1
    assert constraint_matrix(np.array([1, 7, 3]), gap, r)[0].shape[0] == 0
    with pytest.raises(ValueError, match="1 constraints do not hold"):
        constraint_matrix(np.array([1, 1, 3]), np.ones(3, bool), r)
    two = LinearConstraints.of([2, 2, 4, 4], [0, 1, 2, 3])
    with pytest.raises(ValueError, match=r"1 constraints do not hold among the cells \(first: 1\)"):
        constraint_matrix(np.array([1, 2, 3, 4, 8]), np.ones(5, bool), two)
    with pytest.raises(ValueError, match=r"1 constraints do not hold among the cells \(first: 1\)"):
        constraint_matrix(np.array([1, 9, 3, 4, 8]), np.array([True, False, True, True, True]), two)
    with pytest.raises(ValueError, match=r"2 constraints do not hold among the cells \(first: 0\)"):
        constraint_matrix(np.array([1, 1, 3, 4, 8]), np.ones(5, bool), two)
    with pytest.raises(ValueError, match="do not hold"):
        constraint_matrix(
            np.array([3, 1, 3]), np.ones(3, bool), LinearConstraints.of([2, 2], [0, 1], is_inequality=True)
        )


def test_a_dear_count_is_dear_but_no_thousand_times_dearer() -> None:
    np.testing.assert_allclose(prices(np.array([0.0, 4.0, 100.0])), [0.1, 2.0, 10.0])
    # The root of 1e10 is scaled to the dearest price, and everything with it.
    np.testing.assert_allclose(prices(np.array([1e10, 1e8, -5.0])), [1e4, 1e3, 0.1])


def _two_sums() -> PerturbationSolver:
    """20 + 30 = 50 and 40 + 50 = 90."""
    values = np.array([20, 30, 50, 40, 50, 90])
    return PerturbationSolver(
        values, np.ones(6, bool), LinearConstraints.of([2, 2, 5, 5], [0, 1, 3, 4]), threshold=5
    )


def test_the_whole_part_of_a_move_stands_without_its_broken_part() -> None:
    solver = _two_sums()
    assert solver.whole(np.array([0.6, -0.6, 0, 1, -1, 0])).tolist() == [0, 0, 0, 1, -1, 0]
    assert solver.whole(np.array([1, -1, 0, 1.0, 0, 0])).tolist() == [1, -1, 0, 0, 0, 0]
    assert solver.whole(np.array([0, 0, 0, 0.5, 0, 0])).tolist() == [0] * 6
    # A broken part that is less than half a step takes nothing else away.
    assert solver.whole(np.array([0.4, -0.4, 0, 1, -1, 0])).tolist() == [0, 0, 0, 1, -1, 0]
    assert solver.whole(np.array([1.4, -1.4, 0, 1, -1, 0])).tolist() == [0, 0, 0, 1, -1, 0]
    # A solver's whole numbers are whole to within a millionth.
    assert solver.whole(np.array([1 - 1e-8, -1 + 1e-8, 0, 1 + 1e-4, -1, 0])).tolist() == [1, -1, 0, 0, 0, 0]


def test_what_a_step_breaks_is_left_out_however_far_it_goes() -> None:
    """20 + 30 = 50 and 50 + 9 <= 60: where the second sum cannot give, the first goes with it."""
    values = np.array([20, 30, 50, 9, 60])
    r = LinearConstraints.join(
        [LinearConstraints.of([2, 2], [0, 1]), LinearConstraints.of([4, 4], [2, 3], is_inequality=True)]
    )
    solver = PerturbationSolver(values, np.ones(5, bool), r, threshold=5)
    assert solver.whole(np.array([1.0, 0, 1, 0, 0])).tolist() == [1, 0, 1, 0, 0]  # the rest of 1 gives
    assert solver.whole(np.array([2.0, 0, 2, 0, 0])).tolist() == [0] * 5
    assert solver.whole(np.array([2.0, 0, 2, -1, 0])).tolist() == [2, 0, 2, -1, 0]
    assert solver.whole(np.array([2.0, 0, 2, -0.5, 0])).tolist() == [0] * 5
    assert solver.whole(np.array([-9.0, 0, -9, 0, 0])).tolist() == [-9, 0, -9, 0, 0]  # a rest may grow


def test_steps_stay_within_what_a_mark_allows_and_twice_the_threshold() -> None:
    solver = _two_sums()
    low, high = solver.room(np.array([COMPLEMENTARY, OPEN, COMPLEMENTARY, OPEN, UNPUBLISHED, OPEN]))
    assert low.tolist() == [-10, 0, -10, 0, -10, 0]
    assert high.tolist() == [10, 0, 10, 0, 10, 0]
    small = PerturbationSolver(np.array([3, 7]), np.ones(2, bool), LinearConstraints.none(), threshold=5)
    low, high = small.room(np.array([PRIMARY, COMPLEMENTARY]))
    assert (low.tolist(), high.tolist()) == ([-2, -2], [1, 10])


def test_a_cell_that_is_not_covered_does_not_move() -> None:
    solver = PerturbationSolver(
        np.array([3, 70, 3]), np.array([True, True, False]), LinearConstraints.none(), threshold=5
    )
    for status in (PRIMARY, COMPLEMENTARY, UNMARKED, UNPUBLISHED):
        low, high = solver.room(np.array([OPEN, OPEN, status]))
        assert (low.tolist(), high.tolist()) == ([0, 0, 0], [0, 0, 0])


def test_free_moves_push_some_up_and_some_down() -> None:
    """A hundred lone counts of 2 or 3 in any direction; the ends of the mark in the one that is left."""
    values = np.array([1] * 50 + [2, 3] * 50 + [4] * 50)
    solver = PerturbationSolver(values, np.ones(200, bool), LinearConstraints.none(), threshold=5)
    move = solver.free(np.full(200, PRIMARY), np.arange(200), np.random.default_rng(0).choice([-1, 1], 200))
    assert set(move[:50].tolist()) == {0, 1}
    assert set(move[50:150].tolist()) == {-1, 1}  # each moves, by one step
    assert 20 < (move[50:150] > 0).sum() < 80
    assert set(move[150:].tolist()) == {-1, 0}


def _chain(length: int, first: int) -> tuple[np.ndarray, LinearConstraints]:
    """A count, and sums of which each has 20 more than the one before, itself in the next; then the
    twenties."""
    counts = first + 20 * np.arange(length + 1)
    wholes = np.arange(1, length + 1)
    r = LinearConstraints.of(np.tile(wholes, 2), np.concatenate([wholes - 1, length + wholes]))
    return np.concatenate([counts, np.full(length, 20)]), r


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8, 9, 20])
def test_one_cell_is_moved_however_far_away_what_must_move_with_it_is(length: int) -> None:
    """No twenty may be hidden: the count moves with every whole above it, up from one and down from four."""
    for first, step in ((1, 1), (4, -1)):
        values, r = _chain(length, first)
        solver = PerturbationSolver(values, np.ones(len(values), bool), r, threshold=5)
        status = np.where(values < 5, PRIMARY, OPEN)
        can_suppress = np.arange(len(values)) <= length
        move = solver.single(status, 0, np.ones(len(values)), can_suppress=can_suppress)
        assert move is not None
        assert move.tolist() == [step] * (length + 1) + [0] * length
        can_suppress[length] = False  # the last whole must stay: nothing can move
        assert solver.single(status, 0, np.ones(len(values)), can_suppress=can_suppress) is None


@pytest.mark.parametrize("length", [1, 3, 8, 20])
def test_marks_go_where_nothing_else_can_move_however_far_away(length: int) -> None:
    """Equal counts of one under a threshold of two: "<2" is one, for each of them."""
    cells = np.arange(length)
    solver = PerturbationSolver(
        np.ones(length + 1, int),
        np.ones(length + 1, bool),
        LinearConstraints.of(cells + 1, cells),
        threshold=2,
    )
    status, price = np.full(length + 1, PRIMARY), np.ones(length + 1)
    move = solver.single(status, 0, price, can_suppress=np.zeros(length + 1, bool))
    assert move is not None
    assert move.tolist() == [1] * (length + 1)


@pytest.mark.parametrize("length", [1, 2])
def test_no_mark_is_lost_where_something_else_near_by_can_move(length: int) -> None:
    """4 + 4 = 8, and so on in a chain: one four falls with all wholes, or the other rises to five,
    unmarked."""
    chain, r = _chain(length, 8)
    one, other = len(chain), len(chain) + 1
    values = np.concatenate([chain, [4, 4]])
    r = LinearConstraints.join([r, LinearConstraints.of([0, 0], [one, other])])
    solver = PerturbationSolver(values, np.ones(len(values), bool), r, threshold=5)
    can_suppress = np.arange(len(values)) <= length
    move = solver.single(
        np.where(values < 5, PRIMARY, OPEN), one, np.full(len(values), 9.0), can_suppress=can_suppress
    )
    assert move is not None
    assert move.tolist() == [-1] * (length + 1) + [0] * length + [-1, 0]
    can_suppress[length] = False
    move = solver.single(
        np.where(values < 5, PRIMARY, OPEN), one, np.full(len(values), 9.0), can_suppress=can_suppress
    )
    assert move is not None
    assert move[one] == -move[other] != 0
    assert not move[:one].any()


def test_a_move_of_one_cell_is_the_cheapest_and_no_longer_than_it_must_be() -> None:
    """3 + 20 + 30 + 40 + 50 = 143; of what is hidden already one cell moves, by one step."""
    values = np.array([3, 20, 30, 40, 50, 143])
    solver = PerturbationSolver(
        values, np.ones(6, bool), LinearConstraints.of([5] * 5, [0, 1, 2, 3, 4]), threshold=5
    )
    price, shown = np.array([1.0, 9, 7, 8, 9, 9]), np.array([PRIMARY, OPEN, OPEN, OPEN, OPEN, OPEN])
    can_suppress = np.ones(6, bool)
    cheapest = solver.single(shown, 0, price, can_suppress=can_suppress)
    assert cheapest is not None
    assert np.flatnonzero(cheapest).tolist() == [0, 2]
    can_suppress[2] = False
    next_best = solver.single(shown, 0, price, can_suppress=can_suppress)
    assert next_best is not None
    assert np.flatnonzero(next_best).tolist() == [0, 3]
    hidden = np.array([PRIMARY, COMPLEMENTARY, OPEN, OPEN, COMPLEMENTARY, COMPLEMENTARY])
    among = solver.single(hidden, 0, price, can_suppress=can_suppress)
    assert among is not None
    assert abs(among).sum() == 2
    assert not among[2:4].any()


def test_one_cell_moves_in_whole_numbers_where_halves_would_be_cheaper() -> None:
    """4 + 20 + 20 = 44, the first twenty no more than the second, which is dear: each would rise by a
    half."""
    values = np.array([4, 20, 20, 44])
    r = LinearConstraints.join(
        [LinearConstraints.of([3] * 3, [0, 1, 2]), LinearConstraints.of([2], [1], is_inequality=True)]
    )
    solver = PerturbationSolver(values, np.ones(4, bool), r, threshold=5)
    can_suppress = np.array([False, True, True, False])
    move = solver.single(
        np.array([PRIMARY, OPEN, OPEN, OPEN]), 0, np.array([1.0, 1, 100, 1]), can_suppress=can_suppress
    )
    assert move is not None
    assert move.tolist() == [-1, 0, 1, 0]


def test_of_two_directions_the_cheaper_is_taken() -> None:
    """2 + 5 = 7 and 2 + 90 <= 92: down, only the 5 moves with it, up the 92 too; prices are of what is
    hidden.

    5, withheld, is five or more: the 2 cannot rise at its cost alone.
    """
    values = np.array([2, 5, 7, 90, 92])
    r = LinearConstraints.join(
        [LinearConstraints.of([2, 2], [0, 1]), LinearConstraints.of([4, 4], [0, 3], is_inequality=True)]
    )
    solver = PerturbationSolver(values, np.ones(5, bool), r, threshold=5)
    status, can_suppress = np.array([PRIMARY, OPEN, OPEN, OPEN, OPEN]), np.ones(5, bool)
    down = solver.single(status, 0, np.array([1.0, 8, 9, 1, 1]), can_suppress=can_suppress)
    assert down is not None
    assert down.tolist() == [-1, 1, 0, 0, 0]
    up = solver.single(status, 0, np.array([1.0, 80, 9, 1, 1]), can_suppress=can_suppress)
    assert up is not None
    assert np.flatnonzero(up).tolist() in ([0, 2], [0, 2, 3], [0, 2, 4])


def test_cells_near_by_are_those_reached_through_sums_that_have_little_to_spare() -> None:
    """A chain of five sums; and one with a rest of nine, or of ten, which is all that a step can be."""
    values, r = _chain(5, 3)
    solver = PerturbationSolver(values, np.ones(len(values), bool), r, threshold=5)
    for hops in range(7):
        reached = np.flatnonzero(solver._near(0, hops)).tolist()
        assert reached == [*range(min(hops, 5) + 1), *range(6, 6 + min(hops, 5))]
    assert solver._near(np.array([0, 5]), 1).tolist() == [True] * 2 + [False] * 2 + [True] * 3 + [
        False
    ] * 3 + [True]
    for spare, is_reached in ((0, True), (9, True), (10, False), (70, False)):
        tied = LinearConstraints.of([2, 2], [0, 1], is_inequality=True)
        beside = PerturbationSolver(np.array([3, 20, 23 + spare]), np.ones(3, bool), tied, threshold=5)
        assert beside._near(0, 3).tolist() == [True, is_reached, is_reached]
        assert beside._near(0, None).all()


def test_what_a_move_costs_is_what_is_newly_hidden_and_the_marks_lost() -> None:
    values = np.array([3, 4, 20, 30, 40])
    solver = PerturbationSolver(values, np.ones(5, bool), LinearConstraints.none(), threshold=5)
    status, price = np.array([PRIMARY, PRIMARY, OPEN, OPEN, COMPLEMENTARY]), np.array([1.0, 2, 4, 8, 16])

    def cost(*move: int) -> float:
        return _cost(np.array(move), status, price, solver.room(status)[1])

    assert cost(0, 0, 0, 0, 0) == 0
    assert cost(1, -1, 0, 0, -2) == pytest.approx(4 * _SUPPRESSED_PRICE)
    assert cost(0, 0, 1, 0, 0) == pytest.approx(4 + _SUPPRESSED_PRICE)
    assert cost(0, 0, -3, 1, 1) == pytest.approx(12 + 5 * _SUPPRESSED_PRICE)
    assert cost(2, 0, 0, 0, 0) == pytest.approx(_UNMARK_PRICE + 2 * _SUPPRESSED_PRICE)
    assert cost(2, 1, 0, 1, 0) == pytest.approx(8 + 2 * _UNMARK_PRICE + 4 * _SUPPRESSED_PRICE)


def test_columns_tell_each_step_that_may_be_taken_and_its_price() -> None:
    """By cell and direction: most steps, price; past a mark, the steps that the mark does not allow."""
    values = np.array([3, 4, 1, 20, 30, 40, 6, 7])
    covered = np.ones(8, bool)
    covered[7] = False
    solver = PerturbationSolver(values, covered, LinearConstraints.none(), threshold=5)
    status = np.array([PRIMARY, PRIMARY, PRIMARY, OPEN, OPEN, COMPLEMENTARY, COMPLEMENTARY, OPEN])
    price, can_suppress = np.arange(10.0, 18.0), status == OPEN
    can_suppress[4] = False
    kept = _SUPPRESSED_PRICE
    within = {
        (0, 1): (1, kept), (0, -1): (2, kept), (1, -1): (3, kept), (2, 1): (3, kept),
        (3, 1): (10, 13.0), (3, -1): (10, 13.0), (5, 1): (10, kept), (5, -1): (10, kept),
        (6, 1): (10, kept), (6, -1): (1, kept),
    }  # fmt: skip

    def changes_of(
        *, unmark: bool, near: np.ndarray = np.ones(8, bool)
    ) -> tuple[dict[object, object], list[object]]:
        columns = solver._columns(status, price, can_suppress, unmark=unmark, near=near)
        rows = list(zip(*(c.tolist() for c in columns), strict=True))
        inside = {(c, s): (high, paid) for c, s, high, paid, _ in rows if paid != _UNMARK_PRICE}
        return inside, [(c, s, high, past) for c, s, high, paid, past in rows if paid == _UNMARK_PRICE]

    assert changes_of(unmark=False) == (within, [])
    past = [(0, 1, 9, True), (1, 1, 10, False), (2, 1, 7, True)]
    assert changes_of(unmark=True) == (within, past)
    near = np.isin(np.arange(8), [1, 2, 3, 7])
    some = {key: value for key, value in within.items() if key[0] in (1, 2, 3)}
    assert changes_of(unmark=True, near=near) == (some, past[1:])
    assert changes_of(unmark=False, near=near) == (some, [])


def test_targets_take_one_step_in_their_own_direction_and_pay_for_no_mark_that_they_need_not_lose() -> None:
    values = np.array([3, 4, 2, 1, 20])
    solver = PerturbationSolver(values, np.ones(5, bool), LinearConstraints.none(), threshold=5)
    status = np.array([PRIMARY] * 4 + [OPEN])

    def moved(signs: list[int], targets: list[int], *, unmark: bool) -> list[int]:
        can_suppress = np.ones(5, bool)
        found = solver.cheapest(
            status, np.array(targets), np.array(signs), np.ones(5), can_suppress=can_suppress, unmark=unmark
        )
        return found.tolist()

    assert moved([1, 1, 1, 1, 1], [0, 1, 2, 3, 4], unmark=False) == [1, 0, 1, 1, 1]
    assert moved([1, 1, 1, 1, 1], [0, 1, 2, 3, 4], unmark=True) == [1, 1, 1, 1, 1]
    assert moved([-1, -1, -1, -1, -1], [0, 1, 2, 3, 4], unmark=True) == [-1, -1, -1, 0, -1]
    assert moved([1, -1], [0, 2], unmark=False) == [1, 0, -1, 0, 0]


def _spread(found: Certificates, values: np.ndarray, status: np.ndarray, r: LinearConstraints) -> list[int]:
    return proved_spread(found, values, np.ones(len(values), bool), status, r, threshold=5).tolist()


def test_a_sound_certificate_spreads_the_cells_that_it_moves() -> None:
    """3 + 20 + 40 = 63 with 3 and 20 suppressed: a step from one to the other; a step of three breaks
    "<5"."""
    values = np.array([3, 20, 40, 63])
    r, status = LinearConstraints.of([3, 3, 3], [0, 1, 2]), np.array([PRIMARY, COMPLEMENTARY, OPEN, OPEN])

    def spread(*steps: list[int]) -> list[int]:
        found = Certificates.empty(4)
        for step in steps:
            found.add(np.array(step), np.arange(4))
        return _spread(found, values, status, r)

    assert spread([1, -1, 0, 0]) == [1, 1, 0, 0]
    assert spread([-2, 2, 0, 0], [1, -1, 0, 0]) == [3, 3, 0, 0]
    assert spread([2, -2, 0, 0], [0, 0, 1, -1]) == [0] * 4
    assert not any(spread([2, -2, 0, 0]))  # five is not "<5"
    assert not any(spread([-3, 3, 0, 0]))  # nor is zero
    assert not any(spread([1, 0, 0, 0]))  # the sum is broken
    assert not any(spread([1, 0, -1, 0]))  # a published count moves


def test_no_certificate_is_kept_in_vain() -> None:
    found, targets = Certificates.empty(5), np.array([0, 2, 4])
    found.add(np.array([1, -1, 0, 0, 0]), targets)
    found.add(np.array([1, 2, 0, 1, 0]), targets)  # moves no target further
    found.add(np.array([0, 2, -2, 1, 0]), targets)
    assert [c.tolist() for c in found.cells] == [[0, 1], [1, 2, 3]]
    assert found.spread.tolist() == [1, 3, 2, 1, 0]


def test_an_unsound_certificate_takes_nothing_from_a_sound_one() -> None:
    values = np.array([3, 20, 23, 2, 30, 32])
    status = np.array([PRIMARY, OPEN, OPEN, PRIMARY, COMPLEMENTARY, OPEN])
    found = Certificates.empty(6)
    for step in ([1, 0, 0, 0, 0, 0], [0, 0, 0, 1, -1, 0]):
        found.add(np.array(step), np.arange(6))
    r = LinearConstraints.of([2, 2, 5, 5], [0, 1, 3, 4])
    assert _spread(found, values, status, r) == [0, 0, 0, 1, 1, 0]


def test_a_series_that_ends_before_others_is_not_covered_from_there_on() -> None:
    days = [dt.date(2025, month, 1) for month in (5, 6, 7, 8)]
    result = disclose(pl.DataFrame({"place": ["a"] * 4, "period": days, "value": [9, 8, 7, 6]}))
    whole, short = result.counts("whole"), result.counts("short", pl.col("period") < days[2])
    longer = short.over(whole.periods)
    assert longer.values == (9, 8, None, None)
    assert longer.marks == ("shown", "shown", "uncovered", "uncovered")
