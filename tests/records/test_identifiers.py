"""Identifiers that cannot identify: words for nobody, numbers cut short, values in too many rows."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlarge.records.identifiers import too_frequent, usable


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a91f", "a91f"),
        ("123.0", "123"),
        ("1.23457E+12", None),
        ("1,23457E+12", None),
        ("1e+15", None),
        ("1234567890123450000", None),  # 15 digits and zeros after them
        ("1234567890123450001", "1234567890123450001"),
        ("123456789012345", "123456789012345"),
        ("123400000000000", "123400000000000"),
    ],
)
def test_a_number_that_a_spreadsheet_cut_short_is_no_identifier(value: str, kept: str | None) -> None:
    found, notes = usable(pl.Series([value, value, "b2", None]))
    assert found.to_list() == [kept, kept, "b2", None]
    assert len(notes) == (kept is None)
    assert all("cut short" in note and "in 2 rows" in note for note in notes)


@given(st.lists(st.sampled_from(["Mexico", "Honduras", "Guatemala", "Cuba", "Haiti", "India"]), min_size=24))
def test_words_that_many_rows_share_are_no_identifiers(words: list[str]) -> None:
    found, notes = usable(pl.Series(words))
    assert found.null_count() == len(words) or len(set(words)) < 3
    assert bool(notes) == bool(found.null_count())
    numbered = [f"{word}{i}" for i, word in enumerate(words)]
    assert usable(pl.Series(numbered))[0].null_count() == 0


def test_nothing_given_is_nothing_found() -> None:
    found, notes = usable(pl.Series([None, None], dtype=pl.String))
    assert (found.to_list(), notes) == ([None, None], [])


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(0, 40))
def test_an_identifier_in_too_many_rows_is_found_as_by_a_loop(people: list[int], often: int) -> None:
    """Eight rows and eight times the median; and a twentieth of all rows or 500 of them."""
    rows = [*people, *[99] * often]
    rows_of = {who: rows.count(who) for who in rows}
    ordered = sorted(rows_of.values())
    middle = len(ordered) // 2
    wrong = set()
    for who, n in rows_of.items():
        if len(rows_of) == 1:
            wrong |= {who} if n >= 8 else set()
            continue
        usual = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
        if n >= 8 and n >= 8 * usual and n >= min(len(rows) / 20, 500):
            wrong.add(who)
    mask = too_frequent(pl.Series([str(who) for who in rows], dtype=pl.String))
    assert mask.to_list() == [who in wrong for who in rows]


def test_one_identifier_beside_rows_without_any_is_too_frequent_at_a_twentieth() -> None:
    for n, rows, is_wrong in ((8, 160, True), (8, 161, False), (7, 7, False), (8, 8, True)):
        people = pl.Series(["x"] * n + [None] * (rows - n))
        assert too_frequent(people).to_list() == [is_wrong] * n + [False] * (rows - n)
