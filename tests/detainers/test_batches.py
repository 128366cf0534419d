"""Days of mass review are found from issue dates against decision dates, and the flow is kept apart."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from atlarge.detainers import find_batches, split_flow, time_to_outcome
from atlarge.detainers.timing import later_arrests
from atlarge.errors import QuestionError

_START = dt.date(2016, 10, 1)


def _flow(
    place: str, daily: float, days: int, rng: np.random.Generator
) -> list[tuple[str, dt.date, dt.date, int]]:
    """Decisions a few days after issue, a Poisson number a day."""
    rows = []
    for day in range(days):
        for _ in range(rng.poisson(daily)):
            decided = _START + dt.timedelta(days=day)
            rows.append((place, decided - dt.timedelta(days=int(rng.integers(0, 12))), decided, 1))
    return rows


def _frame(rows: list[tuple[str, dt.date, dt.date, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["place", "issue_date", "decision_date", "n"], orient="row")


def _batch(
    place: str, day: dt.date, n: int, rng: np.random.Generator
) -> list[tuple[str, dt.date, dt.date, int]]:
    return [(place, day - dt.timedelta(days=int(rng.integers(5, 500))), day, 1) for _ in range(n)]


def test_a_review_of_everyone_held_is_found_and_nothing_else() -> None:
    rng = np.random.default_rng(7)
    day = dt.date(2017, 2, 1)
    rows = _flow("48453", 0.3, 180, rng) + _flow("06037", 5.0, 180, rng) + _flow("36061", 1.5, 180, rng)
    found = find_batches(_frame(rows + _batch("48453", day, 139, rng)))
    assert found["place"].to_list() == ["48453"]
    assert found["decision_date"].to_list() == [day]
    assert found["decided"][0] >= 139
    assert found["share_old"][0] > 0.8


def test_many_fresh_decisions_on_one_day_are_no_batch() -> None:
    rng = np.random.default_rng(8)
    day = dt.date(2017, 2, 1)
    fresh = [("48453", day - dt.timedelta(days=1), day, 1)] * 60
    found = find_batches(_frame(_flow("48453", 0.5, 180, rng) + _flow("06037", 5.0, 180, rng) + fresh))
    assert found.is_empty()


def test_no_false_alarm_in_plain_flow() -> None:
    alarms = sum(
        find_batches(_frame(_flow("A", 3.0, 365, np.random.default_rng(s)))).height for s in range(20)
    )
    assert alarms == 0  # 20 years of flow at a tail of 0.001 over the whole year: none is expected


def test_two_batches_do_not_hide_each_other() -> None:
    rng = np.random.default_rng(9)
    days = [dt.date(2016, 12, 1), dt.date(2017, 2, 1)]
    rows = _flow("A", 0.4, 180, rng) + _flow("B", 4.0, 180, rng)
    for day in days:
        rows += _batch("A", day, 60, rng)
    assert find_batches(_frame(rows))["decision_date"].to_list() == days


def test_flow_and_batch_add_up() -> None:
    rng = np.random.default_rng(10)
    frame = _frame(
        _flow("A", 0.4, 180, rng) + _flow("B", 4.0, 180, rng) + _batch("A", dt.date(2017, 2, 1), 60, rng)
    )
    weeks = split_flow(frame, find_batches(frame))
    assert weeks["flow"].sum() + weeks["batch"].sum() == frame["n"].sum()
    week = weeks.filter((pl.col("place") == "A") & (pl.col("batch") > 0))
    assert week["week"].to_list() == [dt.date(2017, 1, 30)]


def test_a_release_without_decision_dates_is_reported() -> None:
    with pytest.raises(QuestionError, match="decision"):
        find_batches(pl.DataFrame({"place": ["A"], "issue_date": [_START], "n": [1]}))


def test_days_to_outcome_by_hand() -> None:
    frame = pl.DataFrame(
        {
            "date": [dt.date(2017, 1, 1)] * 5,
            "decision_date": [
                dt.date(2017, 1, 3),
                dt.date(2017, 1, 11),
                dt.date(2017, 3, 2),
                None,
                dt.date(2016, 12, 1),
            ],
            "outcome": ["declined"] * 5,
            "n": [1] * 5,
        }
    )
    row = time_to_outcome(frame.lazy()).to_dicts()[0]
    assert (row["n"], row["without_date"], row["out_of_order"]) == (5, 1, 1)
    assert row["median_days"] == 10
    assert row["share_over_30_days"] == pytest.approx(1 / 3)


def test_later_arrests_count_people_without_a_key_apart() -> None:
    detainers = pl.DataFrame(
        {
            "date": [dt.date(2017, 1, 1)] * 4,
            "outcome": ["declined", "declined", "declined", "booked"],
            "n": [1, 1, 1, 1],
            "subject_key": ["a", "b", None, "c"],
        }
    )
    arrests = pl.DataFrame(
        {
            "date": [dt.date(2017, 2, 1), dt.date(2018, 6, 1), dt.date(2016, 12, 1)],
            "subject_key": ["a", "b", "c"],
        }
    )
    rows = {row["outcome"]: row for row in later_arrests(detainers.lazy(), arrests.lazy()).to_dicts()}
    assert rows["declined"]["n"] == 3
    assert rows["declined"]["with_key"] == 2
    assert rows["declined"]["arrested_later"] == 1
    assert rows["declined"]["median_days"] == 31
    assert rows["booked"]["arrested_later"] == 0
    with pytest.raises(QuestionError, match="identifiers"):
        later_arrests(detainers.drop("subject_key").lazy(), arrests.lazy())
