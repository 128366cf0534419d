"""Rows alike are paired if two files hold the same events, and not if each has a part of them."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.records.matching import _lacking, alike, paired

METHODS = ("Located", "CAP Local Incarceration", "CAP Federal Incarceration", "287(g) Program")
COUNTIES = ("TRAVIS", "BEXAR", "WEBB", "HIDALGO", "HARRIS", "DALLAS", "KING", "COBB")
JAILS = tuple(f"{name} COUNTY JAIL" for name in COUNTIES)
BLANKS = (0.0, 0.3, 0.6)
Row = dict[str, Any]


def _events(seed: int) -> list[Row]:
    """Arrests on 20 days; on some days many are in one place, as in an operation."""
    draw = random.Random(seed)
    found = []
    for day in range(20):
        usual, busy = draw.choices(range(1, 5), k=8), draw.choice(JAILS)
        for jail in draw.choices(JAILS, usual, k=60) + [busy] * draw.choice([0, 0, 25]):
            found.append(
                {"date": dt.date(2025, 3, 1) + dt.timedelta(days=day), "landmark": jail,
                 "method": draw.choices(METHODS, (5, 3, 1, 1))[0], "aor": draw.choice(["SNA", "DAL", "SEA"]),
                 "criminality": draw.choice(["1", "2", "3"]), "sex": draw.choices("MF", (8, 2))[0]}
            )  # fmt: skip
    return found


def _frame(rows: list[Row], blank: float, draw: random.Random) -> pl.DataFrame:
    """Rows as a file has them: in another order, some without their landmark, none with a sex."""
    said = [row | ({"landmark": None} if draw.random() < blank else {}) for row in rows]
    draw.shuffle(said)
    return pl.DataFrame(said, infer_schema_length=None).drop("sex").with_row_index("_at")


HALVES = {
    "by chance": lambda row, draw: draw.random() < 0.5,
    "a third": lambda row, draw: draw.random() < 0.33,
    "sex": lambda row, draw: row["sex"] == "M",
    "method": lambda row, draw: row["method"] in METHODS[:2],
    "area": lambda row, draw: row["aor"] == "SNA",
    "landmark": lambda row, draw: row["landmark"] in JAILS[::2],
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("by", HALVES)
def test_parts_of_one_set_of_events_have_no_pairs(by: str, blank: float, seed: int) -> None:
    """Though they share days, places and kinds; nor is any said to be in both, whichever is first."""
    draw = random.Random(f"{by} {blank} {seed}")
    first, second = [], []
    for row in _events(seed):
        (first if HALVES[by](row, draw) else second).append(row)
    sides = [_frame(first, blank, draw), _frame(second, blank / 2, draw)]
    assert paired(*sides, "arrests").is_empty()
    assert paired(*sides[::-1], "arrests").is_empty()
    if not blank:
        assert alike(*sides, "arrests") == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("by", ["all", "method", "area", "sex"])
def test_what_is_in_both_files_is_paired(by: str, blank: float, seed: int) -> None:
    """A copy, or a cut and the whole; where landmarks are blank, rows are paired by the other things."""
    draw = random.Random(f"{by} {blank} {seed}")
    every = _events(seed)
    part = [row for row in every if by == "all" or HALVES[by](row, draw)]
    sides = [_frame(part, 0.0, draw), _frame(every, blank, draw)]
    assert paired(*sides, "arrests").height == len(part)
    assert paired(*sides[::-1], "arrests").height == len(part)


@pytest.mark.parametrize("seed", range(3))
def test_of_samples_about_as_many_rows_are_alike_as_both_hold(seed: int) -> None:
    """Without identifiers nothing shows which they are, so they are counted, and the number is stated."""
    draw = random.Random(seed)
    every = _events(seed)
    drawn = [draw.random() for _ in every]
    first = [row for row, at in zip(every, drawn, strict=True) if at < 0.7]
    second = [row for row, at in zip(every, drawn, strict=True) if at > 0.3]
    sides = [_frame(first, 0.0, draw), _frame(second, 0.0, draw)]
    both = sum(0.3 < at < 0.7 for at in drawn)
    assert paired(*sides, "arrests").is_empty()
    assert alike(*sides, "arrests") == pytest.approx(both, rel=0.2)


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("kinds", [20, 100, 2000])
def test_the_rows_without_a_match_by_chance_are_those_of_files_drawn_by_chance(
    kinds: int, share: float
) -> None:
    """The formula against 200 draws."""
    draw = np.random.default_rng(kinds)
    every = draw.integers(0, kinds, 1000).astype(np.uint64)
    found = []
    for _ in range(200):
        is_first = draw.random(1000) < share
        lacks, by_chance = _lacking(every[is_first], every[~is_first])
        found.append((lacks, by_chance))
    lacks, by_chance = np.mean(found, axis=0)
    assert by_chance == pytest.approx(lacks, rel=0.1, abs=0.3)
