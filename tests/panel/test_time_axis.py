"""Breaks and releases along the time axis."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from atlarge.ingest import ingest
from atlarge.messages import catalogue, render
from atlarge.panel import measures
from atlarge.panel.time_axis import (
    KINDS,
    Segment,
    all_breaks,
    breaks,
    breaks_of_store,
    release_changes,
    segments,
    time_axis,
)
from atlarge.records.store import open_store
from atlarge.reference import table
from simulated_files import arrests


def test_every_break_has_words_a_reason_a_source_and_measures_that_exist() -> None:
    known = set(measures()) | set(table("detention_monthly")["measure"])
    assert {one.kind for one in all_breaks()} == set(KINDS)
    for one in all_breaks():
        assert set(one.measures) <= known
        assert one.reason
        assert one.source
        assert set(catalogue()[f"break.{one.id}"]) == {"en", "es"}
        assert render(one.says, "es").endswith(".")
        assert one.until is None or one.until > one.date


def test_a_measure_that_ends_does_so_on_a_dated_break() -> None:
    """The day from which a measure is missing stands in two places: they must be one day."""
    days = {one.date for one in all_breaks() if one.kind == "definition"}
    ended = {m.unmeasured_from for m in measures().values() if m.unmeasured_from is not None}
    assert ended
    assert ended <= days


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2015-10-01", "2019-08-31", []),
        ("2019-01-01", "2023-01-01", ["shipped-arrests-end", "arrests-of-another-form"]),
        ("2025-01-01", "2026-01-01", ["cap-collapse"]),
        ("2025-07-21", "2026-01-01", []),  # a series that begins on the day has no break in it
    ],
)
def test_breaks_within_the_days_shown(start: str, end: str, found: list[str]) -> None:
    inside = breaks(["handoffs"], dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert [one.id for one in inside] == found


def test_a_gap_is_a_break_for_all_its_days() -> None:
    inside = breaks(["book_ins_ice"], dt.date(2021, 6, 1), dt.date(2024, 1, 1))
    assert [one.id for one in inside] == ["book-ins-missing"]


def test_a_store_of_two_releases_says_which_days_are_from_which(tmp_path: Path) -> None:
    first = arrests(tmp_path / "a.csv", 300, 1, dt.date(2017, 10, 1))
    second = arrests(tmp_path / "b.csv", 300, 2, dt.date(2022, 10, 1))
    ingest([first, second], tmp_path / "store")
    store = open_store(tmp_path / "store")
    parts = segments(store, "arrests")
    assert [part.file for part in parts] == ["a.csv", "b.csv"]
    assert parts[0].end < dt.date(2018, 10, 1) < dt.date(2022, 9, 30) < parts[1].start
    about = time_axis(store, ["at_large"])
    assert [b["id"] for b in about["breaks"]] == ["shipped-arrests-end", "arrests-of-another-form"]
    assert {"en", "es"} == set(about["breaks"][0]["says"])
    whole = breaks_of_store(store, ["at_large"], dt.date(2017, 10, 1), dt.date(2023, 6, 1))
    assert [b.id for b in whole] == ["shipped-arrests-end", "arrests-of-another-form"]  # files of one form
    assert breaks_of_store(store, ["at_large"], dt.date(2022, 10, 2), dt.date(2023, 6, 1)) == []
    inside = segments(store, "arrests", dt.date(2018, 1, 1), dt.date(2018, 1, 31))
    assert [part.file for part in inside] == ["a.csv"]
    assert segments(store, "detainers") == []


def _part(family: str, start: str, end: str) -> Segment:
    return Segment(family, family, family.upper(), f"{family}.csv", *map(dt.date.fromisoformat, (start, end)))


@pytest.mark.slow
def test_a_store_of_two_forms_breaks_where_the_other_form_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "records"))
    import ddp_forms

    older = arrests(tmp_path / "a.csv", 300, 1, dt.date(2017, 10, 1))
    newer = ddp_forms.make(tmp_path / "newer.xlsx", "ddp-arrests-c", rows=80)
    ingest([older, newer.path], tmp_path / "store")
    store = open_store(tmp_path / "store")
    [_, part] = segments(store, "arrests")
    found = breaks_of_store(store, ["at_large"], dt.date(2020, 1, 1), dt.date(2023, 6, 1))
    assert [(one.date, one.source) for one in found if one.kind == "release"] == [(part.start, "newer.xlsx")]


def test_a_change_of_form_is_a_break_and_a_later_file_of_the_same_form_is_none() -> None:
    parts = [
        _part("a", "2015-10-01", "2016-09-30"),
        _part("a", "2016-10-01", "2019-08-31"),
        _part("b", "2022-10-01", "2025-07-31"),
        _part("b", "2025-08-01", "2026-01-31"),
        _part("a", "2026-02-01", "2026-03-01"),
        _part("c", "2016-01-01", "2016-02-01"),  # within the days of another: it begins nothing
    ]
    found = release_changes(parts, ["at_large"])
    assert [(one.date.isoformat(), one.source) for one in found] == [
        ("2022-10-01", "b.csv"),
        ("2026-02-01", "a.csv"),
    ]
    assert "b.csv" in render(found[0].says, "en")
    assert "1 de octubre de 2022" in render(found[0].says, "es")


@pytest.mark.parametrize(
    ("families", "found"),
    [
        ({"ero-arrests"}, ["shipped-arrests-end", "arrests-of-another-form", "cap-collapse"]),
        ({"ddp-arrests-h", "ddp-arrests-c"}, ["cap-collapse"]),  # nothing of theirs ends in 2019
        (None, ["shipped-arrests-end", "arrests-of-another-form", "cap-collapse"]),
    ],
)
def test_the_end_of_what_ships_concerns_what_ships(families: set[str] | None, found: list[str]) -> None:
    inside = breaks(["handoffs"], dt.date(2015, 1, 1), dt.date(2026, 6, 1), families)
    assert [one.id for one in inside] == found
