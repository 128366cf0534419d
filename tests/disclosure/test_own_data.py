"""The room as someone meets it who has a table of counts and nothing else of this project."""

from __future__ import annotations

import doctest
import importlib
import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

import atlarge.disclosure as room
from atlarge.disclosure import ConstraintBuilder, Knowledge, LinearConstraints, audit, protect, search
from atlarge.disclosure.constraints import NO_END
from atlarge.errors import QuestionError

MODULES = ("constraints", "suppression", "table", "margins", "audit")


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"atlarge.disclosure.{name}"))
    assert found.attempted
    assert not found.failed


def test_every_public_name_is_there_and_documented() -> None:
    for name in room.__all__:
        thing = getattr(room, name)
        assert isinstance(thing, int) or thing.__doc__, name


def test_it_loads_nothing_of_the_project_and_no_frame_library() -> None:
    code = "import sys, atlarge.disclosure; print([m for m in sys.modules if m.startswith('atlarge.')], "
    code += "[m for m in ('polars', 'pandas', 'narwhals', 'scipy.optimize') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded, libraries = printed.replace("]", "]\n").splitlines()[:2]
    others = {m for m in loaded.split("'") if m.startswith("atlarge.") and "disclosure" not in m}
    faces = {f"atlarge.{name}" for name in ("explain", "ingest", "panel", "publish", "simulate")}
    assert others == faces | {"atlarge._lazy", "atlarge.errors"}  # the faces load nothing themselves
    assert libraries.strip() == "[]"


def _long(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(c, y, s) for c in "ABCDE" for y in (2021, 2022, 2023) for s in "xy"]
    return pl.DataFrame(rows, schema=["county", "year", "sex"], orient="row").with_columns(
        pl.Series("n", rng.poisson(4, len(rows)))
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_cell_of_a_table_with_margins_is_known_to_within_one(seed: int) -> None:
    """Audited by integer programmes that know nothing of the search; and every margin is there."""
    frame = _long(seed)
    result = protect(frame, by=["county", "year", "sex"], value="n")
    found = result.audit()
    assert len(found.cell) > 10
    assert len(found.exact) == len(found.within_one) == 0
    assert len(result.to_frame()) == 6 * 4 * 3
    rows = {row[:3]: row[3] for row in result.to_frame().iter_rows()}
    for (county, year, sex), value in rows.items():
        if value is not None:
            some = frame
            for name, key in (("county", county), ("year", year), ("sex", sex)):
                some = some.filter((pl.col(name).cast(pl.String) == key) | (key == "total"))
            assert value == some["n"].sum()


def test_the_audit_succeeds_where_only_small_counts_are_suppressed() -> None:
    sums = ConstraintBuilder()
    sums.add([0, 1, 2], [3])
    sums.add([0, 4], [5])
    values, status = np.array([2, 30, 40, 72, 3, 5]), np.array([1, 0, 0, 0, 1, 0])
    found = audit(values * (status == 0), status, sums.build())
    assert found.exact.tolist() == [0, 4]
    assert found.least.tolist() == found.most.tolist() == [2, 3]
    assert "2 known exactly" in found.summary()
    assert found.to_frame()["least"].to_list() == [2, 3]
    assert found.to_frame(like=pd)["least"].tolist() == [2, 3]


def test_frames_of_any_library_come_back_as_they_came() -> None:
    pa = pytest.importorskip("pyarrow")
    frame = _long(0)
    plain = protect(frame, by=["county", "year"], value="n").to_frame()
    for other in (frame.to_pandas(), pa.Table.from_pylist(frame.to_dicts())):
        result = protect(other, by=["county", "year"], value="n")
        assert type(result.to_frame()) is type(other)
        marks = result.to_frame()["mark"]
        as_list = list(marks) if isinstance(other, pd.DataFrame) else marks.to_pylist()
        assert as_list == plain["mark"].to_list()


@pytest.mark.slow
def test_results_are_short_to_look_at_and_can_be_drawn() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    result = protect(_long(1), by=["county", "year"], value="n")
    assert len(repr(result)) < 120
    assert "primary suppression" in result.summary()
    assert len(repr(result.audit())) < 120
    assert len(result.plot().patches) == 4
    assert result.audit().plot().patches
    found = search([2, 30, 40, 72], constraints=LinearConstraints.of(whole=[3, 3, 3], part=[0, 1, 2]))
    assert [bar.get_height() for bar in found.plot().patches] == [2, 1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"by": ["town"]}, "no column 'town'"),
        ({"value": "count"}, "no column 'count'"),
        ({"by": ["county"], "value": "sex"}, "not a count"),
        ({"total": "A"}, "Leave totals out"),
    ],
)
def test_what_cannot_be_protected_is_named(change: dict[str, object], message: str) -> None:
    given = {"by": ["county", "sex"], "value": "n"} | change
    with pytest.raises(QuestionError, match=message):
        protect(_long(0), **given)


@pytest.mark.parametrize("wrong", [float("nan"), -1.0, 0.5, None])
def test_what_is_no_count_is_named_with_its_row(wrong: float | None) -> None:
    frame = _long(0).with_columns(n=pl.col("n").cast(pl.Float64))
    frame[3, "n"] = wrong
    message = f"column 'n': row 3 is {wrong}, not a count"
    if wrong is None or wrong != wrong:
        message = "column 'n': row 3 has no count"
    with pytest.raises(QuestionError, match=message):
        protect(frame, by=["county", "sex"], value="n")


@pytest.mark.parametrize("spread", [1, 2, 3])
def test_the_spread_is_kept_where_the_mark_allows(spread: int) -> None:
    rng = np.random.default_rng(spread)
    values = rng.poisson(4, (5, 5))
    cells = np.concatenate([values.ravel(), values.sum(1), values.sum(0), [values.sum()]])
    sums = ConstraintBuilder()
    for i in range(5):
        sums.add([5 * i + j for j in range(5)], [25 + i])
        sums.add([5 * j + i for j in range(5)], [30 + i])
    sums.add(list(range(25, 30)), [35])
    sums.add(list(range(30, 35)), [35])
    found = search(cells, np.ones(36, bool), sums.build(), spread=spread)
    seen = audit(cells, found.status, sums.build())
    assert (seen.most - seen.least).min() >= spread


def test_a_rounded_mean_is_a_constraint() -> None:
    """Six months, of which one is 2: their mean, 4.8, and the other five give it away unless one of them
    goes."""
    months = np.array([2, 5, 6, 5, 6, 5])
    mean = ConstraintBuilder()
    mean.add_interval(range(6), low=6 * 4.75, high=6 * 4.85)
    naive = audit(months, np.array([1, 0, 0, 0, 0, 0]), mean.build())
    assert naive.exact.tolist() == [0]
    found = search(months, np.ones(6, bool), mean.build())
    assert not len(audit(months, found.status, mean.build()).within_one)
    wrong = ConstraintBuilder()
    wrong.add_interval([0, 1], low=8, high=9)
    with pytest.raises(ValueError, match="do not hold"):
        search(months, np.ones(6, bool), wrong.build())


def test_coefficients_weigh_the_cells() -> None:
    rows = ConstraintBuilder()
    rows.add_interval([0, 1], low=10, high=10, coefficients=[1, 2])
    found = audit(np.array([0, 3]), np.array([1, 0]), rows.build())
    assert (found.least.tolist(), found.most.tolist()) == ([4], [4])


def test_what_was_published_before_is_known() -> None:
    """Of 2 + 30 + 40 = 72 an earlier edition withheld the 30: now, with the 40 withheld, both would be of no
    use unless the same are withheld again."""
    values, r = np.array([2, 30, 40, 72]), LinearConstraints.of([3, 3, 3], [0, 1, 2])
    fresh = search(values, np.ones(4, bool), r, cost=[2, 300, 40, 72])
    assert fresh.status.tolist() == [1, 0, 2, 0]
    least, most = np.array([1, 5, 40, 72]), np.array([4, NO_END, 40, 72])
    again = search(values, np.ones(4, bool), r, cost=[2, 300, 40, 72], known=Knowledge(least, most))
    assert again.status.tolist() == [1, 2, 0, 0]


def test_a_small_count_that_was_published_before_is_not_protected_any_more() -> None:
    values, r = np.array([3, 30, 33]), LinearConstraints.of([2, 2], [0, 1])
    known = Knowledge(np.array([3, 0, 0]), np.array([3, NO_END, NO_END]))
    found = search(values, np.ones(3, bool), r, known=known)
    assert found.status.tolist() == [1, 0, 0]
    assert not found.small.any()


def test_a_mark_that_an_earlier_mark_would_complete_is_not_given() -> None:
    """Withheld at a threshold of 4, so 4 or more; "<5" now would say that it is 4."""
    known = Knowledge(np.array([4]), np.array([NO_END]))
    found = search([4], [True], LinearConstraints.none(), known=known)
    assert found.status.tolist() == [4]


@pytest.mark.parametrize("pair", list(itertools.permutations((3, 5, 8), 2)))
def test_pairs_of_editions_with_other_thresholds_keep_what_both_keep(pair: tuple[int, int]) -> None:
    """A table published twice: what follows from both together is bounded, for every small count of both."""
    first, second = pair
    rng = np.random.default_rng(first * second)
    values = rng.poisson(5, (4, 4))
    cells = np.concatenate([values.ravel(), values.sum(1), values.sum(0), [values.sum()]])
    sums = ConstraintBuilder()
    for i in range(4):
        sums.add([4 * i + j for j in range(4)], [16 + i])
        sums.add([4 * j + i for j in range(4)], [20 + i])
    sums.add(list(range(16, 20)), [24])
    r = sums.build()
    covered = np.ones(25, bool)
    one = search(cells, covered, r, threshold=first)
    least = np.select([one.status == 0, one.status == 2], [cells, first], 1)
    most = np.select([one.status == 0, one.status == 1], [cells, first - 1], NO_END)
    two = search(cells, covered, r, threshold=second, known=Knowledge(least, most))
    small = (cells > 0) & (cells < min(first, second))
    seen = audit(
        cells, two.status, r, threshold=second, known=Knowledge(least, most), cells=np.flatnonzero(small)
    )
    assert not len(seen.exact)
