"""The catalogue on the embedded records, and its corroboration on simulated ones."""

from __future__ import annotations

import datetime as dt
import json
import re

import numpy as np
import polars as pl
import pytest

from atlarge.errors import CoverageError, QuestionError
from atlarge.records.store import open_store
from atlarge.reference import table
from atlarge.surges import SurgeList, find_surges
from atlarge.surges.corroboration import Corroboration, flags_of
from command_line import run

pytestmark = pytest.mark.slow_file

KEYS = {
    "place", "place_name", "start", "end", "observed", "expected", "threshold", "p", "q", "score", "rank",
}  # fmt: skip


@pytest.fixture(scope="module")
def offices() -> SurgeList:
    return find_surges(by="office")


@pytest.fixture(scope="module")
def areas() -> SurgeList:
    return find_surges(by="aor")


def test_the_austin_burst_of_february_2017_is_found(offices: SurgeList) -> None:
    """65 at-large arrests on 9 to 12 February 2017: counted in the published file by hand."""
    austin = [s for s in offices.surges if s.place == "AUS" and s.start.year == 2017]
    assert (austin[0].start, austin[0].end) == (dt.date(2017, 2, 9), dt.date(2017, 2, 12))
    assert austin[0].observed == 65
    assert austin[0].q <= 0.05
    area = set(table("offices").filter(pl.col("aor") == "SNA")["office"])
    of_year = [s.rank for s in offices.surges if s.place in area and s.start.year == 2017]
    assert austin[0].rank == min(of_year)


def test_a_burst_of_rows_that_name_no_area_is_found_at_the_area(areas: SurgeList) -> None:
    """The area-day with the most rows recovered from their landmark text is a surge of that area."""
    recovered = (
        open_store(None)
        .scan("arrests")
        .filter(pl.col("aor_basis") == "landmark")
        .group_by("aor", "date")
        .agg(pl.col("n").sum())
        .sort("n", "aor", "date", descending=[True, False, False])
        .head(1)
        .collect()
    )
    aor, day, rows = recovered.row(0)
    assert rows > 100
    assert any(s.place == aor and s.start <= day <= s.end and s.observed > rows for s in areas.surges)


def test_a_list_says_how_many_were_found_where_and_the_first_of_them(offices: SurgeList) -> None:
    head, *lines = offices.summary(3).splitlines()
    places = {s.place for s in offices.surges}
    numbers = [float(n) for n in re.findall(r"[\d.]+", head)]
    assert numbers == [len(offices.surges), offices.about["places"], 0.05, len(offices.too_thin)]
    assert len(places) <= offices.about["places"]
    assert lines == [s.summary() for s in offices.surges[:3]]
    assert len(str(offices).splitlines()) == 11
    assert [s.rank for s in offices.surges] == list(range(1, len(offices.surges) + 1))


def test_the_area_of_austin_shows_it_too(areas: SurgeList) -> None:
    found = [s for s in areas.surges if s.place == "SNA" and s.start.year == 2017]
    assert found[0].start <= dt.date(2017, 2, 9) <= dt.date(2017, 2, 12) <= found[0].end


def test_few_ordinary_weeks_are_flagged(areas: SurgeList) -> None:
    """Less than one area-week in ten, over all of FY2016-19."""
    weeks = {
        (s.place, (s.start + dt.timedelta(days=d)).isocalendar()[:2])
        for s in areas.surges
        for d in range((s.end - s.start).days + 1)
    }
    assert len(weeks) <= 0.1 * 25 * 208


def test_counts_are_those_of_the_records(areas: SurgeList) -> None:
    """Observed counts, recounted from the rows for the first ten surges."""
    methods = ["Non-Custodial Arrest", "Located", "Probation and Parole", "Worksite Enforcement"]
    rows = open_store(None).scan("arrests").filter(pl.col("method").is_in(methods)).collect()
    assert len(areas.surges) >= 10
    for s in areas.surges[:10]:
        inside = rows.filter((pl.col("aor") == s.place) & pl.col("date").is_between(s.start, s.end))
        assert inside["n"].sum() == s.observed
        marked = inside.filter(pl.col("operation_mark").fill_null(False))["n"].sum()
        assert s.operation_share == pytest.approx(marked / s.observed)


def test_figures_carry_the_series_and_its_baseline(areas: SurgeList) -> None:
    figures = areas.figures(5)
    assert [f["rank"] for f in figures] == [1, 2, 3, 4, 5]
    for figure in figures:
        series = figure["series"]
        lengths = {len(values) for values in series.values()}
        assert len(lengths) == 1
        inside = [
            seen
            for day, seen in zip(series["period"], series["observed"], strict=True)
            if figure["start"] <= day <= figure["end"]
        ]
        assert sum(inside) == figure["observed"]
    json.dumps(figures)


def test_a_shorter_question_is_answered_from_the_whole_record(areas: SurgeList) -> None:
    short = find_surges(by="aor", start=dt.date(2017, 2, 1), end=dt.date(2017, 2, 28))
    assert short.about["tests"] < areas.about["tests"] / 40
    whole = {(s.place, s.start): s.expected for s in areas.surges}
    for s in short.surges:
        assert s.end >= dt.date(2017, 2, 1)
        assert s.start <= dt.date(2017, 2, 28)
        if (s.place, s.start) in whole:
            assert s.expected == pytest.approx(whole[s.place, s.start], rel=0.5)


def test_labels_come_from_sources_or_stay_blank(areas: SurgeList) -> None:
    cited = {*table("operation_figures")["source_url"], *table("public_operations")["source_url"]}
    named = [s for s in areas.surges if s.label]
    assert named
    for s in named:
        assert s.label
        assert s.label["source"] in cited
    assert sum(s.label is None for s in areas.surges) > len(named)


def test_places_too_thin_are_named(offices: SurgeList) -> None:
    assert offices.too_thin
    assert all(entry["reason"].startswith("too thin") for entry in offices.too_thin)
    assert not {entry["place"] for entry in offices.too_thin} & {s.place for s in offices.surges}


@pytest.mark.parametrize(
    "question",
    [
        {"by": "street"}, {"every": "month"}, {"alpha": 0.0}, {"measure": "raids"}, {"neighbours": True},
        {"start": dt.date(2018, 1, 1), "end": dt.date(2017, 1, 1)},
        {"start": dt.date(2031, 1, 1)},
    ],
)  # fmt: skip
def test_questions_without_meaning(question: dict[str, object]) -> None:
    with pytest.raises((QuestionError, CoverageError)):
        find_surges(**question)  # type: ignore[arg-type]


def test_a_month_typed_on_one_day_is_not_taken_for_an_operation() -> None:
    typed = Corroboration(
        ratio=9.0, top_day_share=0.97, other_methods_ratio=8.0, other_methods_p=1e-9, surroundings_ratio=1.0,
        surroundings_p=0.5, before_ratio=0.1, backlog_ratio=1.1,
    )  # fmt: skip
    assert "possible_coding_artefact" in flags_of(False, typed)
    operation = Corroboration(
        ratio=9.0, top_day_share=0.4, other_methods_ratio=1.0, other_methods_p=0.5, surroundings_ratio=1.6,
        surroundings_p=1e-4, before_ratio=1.0,
    )  # fmt: skip
    assert flags_of(False, operation) == ("surroundings_rise_too",)
    raid = Corroboration(ratio=300.0, top_day_share=1.0, other_methods_ratio=1.2, other_methods_p=0.3)
    assert flags_of(True, raid) == ("thin_baseline", "in_one_day")


def test_the_command_answers_in_json() -> None:
    done = run(["surges", "--by", "aor", "--every", "week", "--json"])
    assert done.exit_code == 0
    listed = json.loads(done.stdout)
    assert [s["rank"] for s in listed] == list(range(1, len(listed) + 1))
    assert all(set(s) >= KEYS for s in listed)
    assert all(s["q"] <= 0.05 for s in listed)
    assert all(dt.date.fromisoformat(s["start"]).weekday() == 0 for s in listed)
    assert np.all(np.diff([s["p"] for s in listed]) >= 0)
