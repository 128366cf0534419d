"""Links by identifier, against plain loops and by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import ddp_forms
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.ingest import ingest
from atlarge.records.links import UNMATCHED, link, link_report, pairs
from atlarge.records.store import open_store

START = dt.date(2024, 1, 1)


def _side(rows: list[tuple[str | None, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(key, START + dt.timedelta(days=day)) for key, day in rows],
        schema={"subject_key": pl.String, "day": pl.Date},
        orient="row",
    )


def _by_loops(left: list, right: list, before: int, after: int) -> list[tuple[int, int, int]]:
    """Mutual nearest within the window: smallest distance, then earlier day, then earlier rows."""

    def options(i: int | None, j: int | None) -> list[tuple]:
        found = []
        for a, (key, day) in enumerate(left):
            for b, (other, then) in enumerate(right):
                if (i is None or a == i) and (j is None or b == j) and key is not None and key == other:
                    days = then - day
                    if -before <= days <= after:
                        found.append((abs(days), then, a, b, days))
        return sorted(found)

    rows = []
    for a in range(len(left)):
        best = options(a, None)
        if best and options(None, best[0][3])[0][2] == a:
            rows.append((a, best[0][3], best[0][4]))
    return rows


_ROWS = st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 30)), max_size=10)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(_ROWS, _ROWS, st.integers(0, 6), st.integers(0, 12))
def test_pairs_agree_with_loops(left: list, right: list, before: int, after: int) -> None:
    result = pairs(_side(left), _side(right), before, after)
    assert result.rows() == _by_loops(left, right, before, after)
    assert result["right_row"].n_unique() == result.height  # one to one


@settings(max_examples=60, deadline=None)
@given(_ROWS, _ROWS)
def test_linked_and_unmatched_add_up(left: list, right: list) -> None:
    reported = link(_side(left), _side(right), 5, 10)
    assert reported["rows"] == reported["linked"] + sum(reported["unmatched"].values()) == len(left)


def test_each_reason_by_hand() -> None:
    left = _side([("a", 10), (None, 10), ("b", 10), ("c", 10), ("a", 12)])
    right = _side([("a", 11), ("c", 40)])
    reported = link(left, right, 5, 10)
    # a at day 10 and a at day 12 are each one day off: the earlier row takes the book-in
    assert reported["linked"] == 1
    assert reported["unmatched"] == dict(zip(UNMATCHED, (1, 1, 1, 1), strict=True))


def test_the_window_is_that_of_the_documentation() -> None:
    """Arrest to stay: book-in from 5 days before to 10 days after."""
    for days, linked in ((-6, 0), (-5, 1), (0, 1), (10, 1), (11, 0)):
        assert link(_side([("a", 20)]), _side([("a", 20 + days)]), 5, 10)["linked"] == linked


@pytest.mark.slow
def test_a_report_of_a_store(tmp_path: Path) -> None:
    people = {"ddp-arrests-b": 3, "ddp-detainers-b": 3, "ddp-stints-b": 3}
    files = [
        ddp_forms.make(tmp_path / f"{form}.xlsx", form, rows=40, seed=seed, people=n).path
        for seed, (form, n) in enumerate(people.items())
    ]
    ingest(files, tmp_path / "store")
    reported = link_report(open_store(tmp_path / "store"))
    assert [t["link"] for t in reported] == [
        "detainer to arrest",
        "arrest to detention",
        "detainer to detention",
    ]
    for one in reported:
        assert one["rows"] == one["linked"] + sum(one["unmatched"].values())
    # the same identifier has the same key in every table
    keys = [
        set(open_store(tmp_path / "store").scan(t).select("subject_key").collect().to_series().drop_nulls())
        for t in ("arrests", "detainers", "stints")
    ]
    assert keys[0] == keys[1] == keys[2]
    assert len(keys[0]) == 3
