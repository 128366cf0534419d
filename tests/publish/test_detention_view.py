"""Detention to 2026 as pages show it: sums, gaps, breaks, and nothing that is left out."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from atlarge.disclosure import disclose
from atlarge.panel.time_axis import breaks
from atlarge.publish.charts import Line, lines_of, timeline
from atlarge.publish.detention_view import (
    book_ins_figure,
    book_ins_table,
    break_marks_of,
    detention_figure,
    detention_series,
)
from atlarge.publish.i18n import Words
from atlarge.reference import table


def test_an_area_is_the_sum_of_its_counties_that_are_shown() -> None:
    rows = table("detention_monthly").filter(pl.col("place_kind") == "county")
    counties = table("counties").select("fips", "aor")
    by_area = (
        rows.join(counties, left_on="place", right_on="fips")
        .filter(pl.col("month") == dt.date(2025, 6, 1))
        .group_by("aor")
        .agg(pl.col("value").sum())
    )
    assert by_area.height > 20
    for area, value in by_area.iter_rows():
        series = detention_series("aor", area)
        assert series is not None
        assert series.values[series.months.index(dt.date(2025, 6, 1))] == round(value)


def test_every_area_and_the_nation_reach_2026() -> None:
    for kind, codes in (("nation", ["US"]), ("aor", table("aors")["aor"].to_list())):
        for code in codes:
            series = detention_series(kind, code)
            if series is not None:
                assert series.months[-1] >= dt.date(2026, 1, 1), code
    assert detention_series("county", "48301") is None  # no facility in Loving County


def test_a_month_in_which_the_source_ends_is_no_fall() -> None:
    """April 2026: the workbook ends on the ninth; its 3,721 book-ins stand in no line."""
    series = detention_series("nation", "US", "book_ins_ice")
    assert series is not None
    assert series.partial[-1]
    assert series.whole[-1] is None
    assert series.values[-1] is not None


def test_a_gap_is_empty_and_its_break_is_drawn() -> None:
    series = detention_series("nation", "US", "book_ins_ice")
    assert series is not None
    assert series.values[series.months.index(dt.date(2021, 5, 1))] is None
    marks = break_marks_of(series.breaks, Words("en"))
    assert [mark.day for mark in marks] == [dt.date(2019, 9, 1), dt.date(2020, 10, 1)]
    drawn = lines_of(series.months, [Line("x", series.whole)], w=Words("en"), breaks=marks)
    assert drawn.marks.count('class="c-break"') == 2
    assert "NaN" not in drawn.marks


@pytest.mark.parametrize("language", ["en", "es"])
def test_figures_are_drawn_in_both_languages(language: str) -> None:
    w = Words(language)
    kept = detention_figure("county", "48141", "El Paso County, TX", dt.date(2019, 8, 1), w)
    booked = book_ins_figure(w)
    assert kept is not None
    assert booked is not None
    assert kept.table is not None
    assert len(kept.table.rows) == 42  # October 2022 to March 2026
    assert "FY2021" in str(book_ins_table(Words("en")).rows)
    assert detention_figure("county", "48301", "Loving County, TX", dt.date(2019, 8, 1), w) is None


def test_book_ins_of_a_year_are_those_of_its_workbook() -> None:
    """ICE's workbook of FY2024 prints 90,615 after arrests by ICE and 187,298 after arrests by CBP."""
    [row] = [row for row in book_ins_table(Words("en")).rows if row[0] == "FY2024"]
    assert list(row[1:]) == ["12", "90,615", "187,298"]


def test_a_timeline_that_spans_a_break_draws_it_with_its_words() -> None:
    periods = tuple(dt.date(2024 + (m // 12), m % 12 + 1, 1) for m in range(30))
    counts = disclose(pl.DataFrame({"period": periods, "value": range(30, 60)})).counts("Jail handoffs")
    w = Words("es")
    marks = break_marks_of(breaks(["handoffs"], periods[0], periods[-1]), w)
    assert [mark.day for mark in marks] == [dt.date(2025, 7, 21)]
    for width in (340.0, 720.0):
        drawn = timeline([counts], w=w, breaks=marks, width=width)
        assert drawn.marks.count('class="c-break"') == 1
        assert "cárceles locales" in drawn.marks
    plain = timeline([counts], w=w)
    assert "c-break" not in plain.marks
