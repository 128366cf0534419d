"""More of the panel by hand: monthly figures, measures that end, scopes, edges of the queried time."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import polars as pl
import pytest
from test_panel import _rows

from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import Measure, measures, panel, place_codes
from atlarge.panel.counting import sparse
from atlarge.panel.covered import is_one_span
from simulated_files import HandStore, Span

D = dt.date


def _arrests(days: list[dt.date], method: str | None = "287(g) Program") -> pl.DataFrame:
    """One arrest a day in Travis County."""
    count = len(days)
    return pl.DataFrame(
        {
            "date": days,
            "method": pl.Series([method] * count, dtype=pl.String),
            "county_fips": ["48453"] * count,
            "office": ["AUS"] * count,
            "aor": ["SNA"] * count,
            "state": ["TX"] * count,
            "n": pl.Series([1] * count, dtype=pl.UInt32),
            "operation_mark": [False] * count,
        }
    )


def _series(frame: pl.DataFrame, name: str = "arrests") -> dict[dt.date, int | None]:
    return dict(frame.filter(pl.col("measure") == name).select("period", "value").iter_rows())


def test_monthly_figures_stand_for_whole_months_and_never_become_zero(tmp_path: Path) -> None:
    """Figures for December 2019 and February 2020: January has none, and none is not zero."""
    rows = pl.DataFrame({"month": [D(2019, 12, 1), D(2020, 2, 1)], "county_fips": ["48453"] * 2})
    rows = rows.with_columns(inmates=pl.Series([7, 9], dtype=pl.UInt32))
    store = HandStore(tmp_path, rows, [Span("a", D(2019, 12, 1), D(2020, 2, 1))])
    result = panel(store, by="county", every="month", measures=["jail_inmates_with_detainer"])
    assert result.frame["value"].to_list() == [7, None, 9]
    assert result.frame["days_covered"].to_list() == [31, 31, 29]  # 2020 is a leap year
    assert result.coverage["jail_counts"]["end"] == "2020-02-29"
    apart = HandStore(tmp_path, rows, [Span("a", *[D(2019, 12, 1)] * 2), Span("b", *[D(2020, 2, 1)] * 2)])
    result = panel(apart, by="county", every="month", measures=["jail_inmates_with_detainer"])
    assert result.frame["value"].to_list() == [7, None, 9]
    assert result.frame["days_covered"].to_list() == [31, 0, 29]
    with pytest.raises(QuestionError, match="reported by the month"):
        panel(store, by="county", every="week", measures=["jail_inmates_with_detainer"])


@pytest.mark.parametrize(
    ("every", "complete", "incomplete"),
    [
        ("day", [D(2025, 7, 19), D(2025, 7, 20)], [D(2025, 7, 21), D(2025, 7, 22)]),
        ("week", [D(2025, 7, 7), D(2025, 7, 14)], [D(2025, 7, 21), D(2025, 7, 28)]),
        ("month", [D(2025, 6, 1)], [D(2025, 7, 1)]),
    ],
)
def test_a_measure_that_ends_is_missing_from_its_last_day_on(
    tmp_path: Path, every: str, complete: list[dt.date], incomplete: list[dt.date]
) -> None:
    """Handoffs are measured through 20 July 2025, a Sunday; all arrests are measured after it too."""
    days = pl.date_range(D(2025, 6, 2), D(2025, 8, 3), eager=True).to_list()
    store = HandStore(tmp_path, _arrests(days), [Span("a", days[0], days[-1])])
    frame = panel(store, by="county", every=every, measures=["handoffs", "arrests"]).frame
    handoffs, arrests = _series(frame, "handoffs"), _series(frame)
    assert all(handoffs[day] == arrests[day] for day in complete)
    assert all(handoffs[day] is None for day in incomplete)
    assert all(value for value in arrests.values())
    assert sum(arrests.values()) == len(days)


def test_the_time_in_question_is_cut_at_both_ends_and_may_be_one_day(tmp_path: Path) -> None:
    days = pl.date_range(D(2017, 2, 1), D(2017, 2, 10), eager=True).to_list()
    store = HandStore(tmp_path, _arrests(days), [Span("a", days[0], days[-1])])

    def count(**queried: dt.date) -> tuple[list[int], list[int], str, str]:
        result = panel(store, by="county", every="month", **queried)
        reported = result.coverage["arrests"]
        return (
            result.frame["value"].to_list(),
            result.frame["days_covered"].to_list(),
            reported["start"],
            reported["end"],
        )

    assert count() == ([10], [10], "2017-02-01", "2017-02-10")
    assert count(start=D(2017, 2, 4)) == ([7], [7], "2017-02-04", "2017-02-10")
    assert count(end=D(2017, 2, 4)) == ([4], [4], "2017-02-01", "2017-02-04")
    assert count(start=D(2017, 2, 10)) == ([1], [1], "2017-02-10", "2017-02-10")
    assert count(start=D(2016, 1, 1), end=D(2017, 2, 1)) == ([1], [1], "2017-02-01", "2017-02-01")
    assert count(start=D(2017, 2, 3), end=D(2017, 2, 3)) == ([1], [1], "2017-02-03", "2017-02-03")
    with pytest.raises(CoverageError, match="2017-02-11 to the end; they cover 2017-02-01 to 2017-02-10"):
        count(start=D(2017, 2, 11))
    with pytest.raises(CoverageError, match="not cover the beginning to 2017-01-31; they"):
        count(end=D(2017, 1, 31))


@pytest.mark.parametrize(
    ("scope", "by", "queried", "inside"),
    [
        ("aor:SEA", "state", ["AK", "OR", "TX", "WA"], ["AK", "OR", "WA"]),
        # Texas lies in four areas of responsibility: all of them make the state, three do not.
        ("aor:DAL,ELP,HOU,SNA", "state", ["TX", "WA"], ["TX"]),
        ("aor:DAL,HOU,SNA", "state", ["TX"], []),
        ("state:TX", "aor", ["SNA"], []),
        ("state:TX", "office", ["AUS", "ATL"], ["AUS"]),
        ("aor:SNA", "office", ["AUS", "DAL"], ["AUS"]),
        ("aor:SNA,SEA", "aor", ["ATL", "SEA", "SNA"], ["SEA", "SNA"]),
        ("state:GA", "county", ["13121", "48453"], ["13121"]),
        ("aor:SNA", "county", ["13121", "48453"], ["48453"]),
        ("nation", "county", ["13121", "48453"], ["13121", "48453"]),
    ],
)
def test_a_scope_takes_in_the_places_that_lie_wholly_in_it(
    tmp_path: Path, scope: str, by: str, queried: list[str], inside: list[str]
) -> None:
    store = HandStore(tmp_path, _rows(), [Span("a", D(2017, 2, 1), D(2017, 2, 28), scope)])
    if not inside:
        with pytest.raises(CoverageError, match="nothing to count"):
            panel(store, by=by, every="month", places=queried)
        return
    frame = panel(store, by=by, every="month", places=queried).frame
    assert frame["place"].to_list() == inside
    assert frame["days_covered"].to_list() == [28] * len(inside)


def test_counts_not_filled_are_those_of_the_rows(tmp_path: Path) -> None:
    spans = [Span("a", D(2017, 1, 28), D(2017, 3, 3)), Span("b", D(2017, 2, 1), D(2017, 2, 2), "state:GA")]
    store = HandStore(tmp_path, _rows(), spans)
    counts, scopes, _ = sparse(store, by="county", every="week", measures=["arrests", "handoffs"])
    assert counts.rows() == [
        ("13121", D(2017, 2, 13), 11, 5),
        ("13121", D(2017, 2, 27), 7, 0),
        ("48453", D(2017, 1, 30), 3, 2),
    ]
    assert [places for _, places in scopes] == [["13121", "48453"], ["13121"]]
    with pytest.raises(QuestionError, match="one table"):
        sparse(
            HandStore(tmp_path, _rows(), spans), by="county", every="day", measures=["arrests", "removals"]
        )


def test_a_method_that_no_scheme_lists_counts_where_the_scheme_says(tmp_path: Path) -> None:
    days = [D(2017, 2, 1), D(2017, 2, 2)]
    for method in ("A method never seen", None):
        store = HandStore(tmp_path, _arrests(days, method), [Span("a", *days)])
        frame = panel(
            store, by="nation", every="month", measures=["at_large", "custodial", "other_methods", "arrests"]
        ).frame
        values = dict(frame.select("measure", "value").iter_rows())
        assert values == {"arrests": 2, "at_large": 0, "custodial": 0, "other_methods": 2}


def test_a_panel_is_written_as_it_is_and_names_its_places(tmp_path: Path) -> None:
    store = HandStore(tmp_path, _rows(), [Span("a", D(2017, 1, 28), D(2017, 3, 3))])
    result = panel(store, by="county", every="month")
    assert result.names() == {"13121": "Fulton County, GA", "48453": "Travis County, TX"}
    result.write(tmp_path / "out.v1.parquet")
    assert pl.read_parquet(tmp_path / "out.v1.parquet").equals(result.frame)
    result.write(tmp_path / "out.CSV")
    reported = pl.read_csv(tmp_path / "out.CSV", schema_overrides={"place": pl.String}, try_parse_dates=True)
    assert reported.select(result.frame.columns).rows() == result.frame.rows()
    for name in ("out.arrow", "out.json", "out.xlsx", "out", "csv.v1"):
        with pytest.raises(QuestionError, match=r"\.csv or \.parquet"):
            result.write(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_places_as_a_user_names_them() -> None:
    named = ["Travis County, TX", "13121", "Fulton County, GA", "48029"]
    assert place_codes(named, "county") == ["48453", "13121", "13121", "48029"]
    assert place_codes(["US"], "nation") == ["US"]
    typed = "county"  # as a command line gives it: equal, and not the same object
    assert place_codes(["Travis County, TX"], typed) == ["48453"]
    with pytest.raises(QuestionError, match="level county, not state"):
        place_codes(["Travis County, TX"], "state")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_month_covered_in_part_counts_its_covered_days_only(tmp_path: Path, engine: str) -> None:
    """Texas alone is reported for February, the nation for its third week; its count is of that week."""
    days = pl.date_range(D(2017, 2, 1), D(2017, 2, 28), eager=True).to_list()
    spans = [Span("a", days[0], days[-1], "state:TX"), Span("b", D(2017, 2, 13), D(2017, 2, 19))]
    store = HandStore(tmp_path, _arrests(days), spans)
    nation = panel(store, by="nation", every="month", engine=engine)
    assert nation.frame.select("value", "days_covered").rows() == [(7, 7)]
    assert nation.coverage["arrests"]["outside_coverage"] == {"arrests": 21}
    county = panel(store, by="county", every="month", engine=engine)
    assert county.frame.select("value", "days_covered").rows() == [(28, 28)]
    # Two releases with a gap of one day between them, of which a record is reported all the same.
    gap = [Span("a", days[0], days[9]), Span("b", days[11], days[-1])]
    result = panel(HandStore(tmp_path, _arrests(days), gap), by="nation", every="month", engine=engine)
    assert result.frame.select("value", "days_covered").rows() == [(27, 27)]
    # Releases that meet or overlap leave no gap.
    meet = [Span("a", days[5], days[20]), Span("b", days[10], days[12]), Span("c", days[21], days[-1])]
    result = panel(HandStore(tmp_path, _arrests(days), meet), by="nation", every="month", engine=engine)
    assert result.frame.select("value", "days_covered").rows() == [(23, 23)]


def test_a_measure_of_several_conditions_counts_what_meets_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = pl.date_range(D(2017, 2, 1), D(2017, 2, 8), eager=True).to_list()
    rows = _arrests(days).with_columns(
        method=pl.Series(["Located", "287(g) Program"] * 4),
        operation_mark=pl.Series([True, True, False, False, None, None, True, False]),
        state=pl.Series(["TX"] * 6 + ["GA"] * 2),
    )
    about = {"table": "arrests", "label": "", "unit": "", "description": ""}
    both = (("operation_mark", (True,)), ("state", ("TX", "WA")))
    named = {
        "marked_in_texas": Measure("marked_in_texas", equals=both, **about),
        "and_at_large": Measure("and_at_large", category="at_large", equals=both, **about),
        "at_large": measures()["at_large"],
    }
    monkeypatch.setattr(sys.modules["atlarge.panel.catalogue"], "measures", lambda: named)
    store = HandStore(tmp_path, rows, [Span("a", days[0], days[-1])])
    for engine in ("polars", "duckdb"):
        frame = panel(store, by="nation", every="month", measures=list(named), engine=engine).frame
        assert dict(frame.select("measure", "value").iter_rows()) == {
            "marked_in_texas": 2, "and_at_large": 1, "at_large": 4,
        }  # fmt: skip


def test_measures_and_places_named_twice_count_once_and_tables_stand_side_by_side(tmp_path: Path) -> None:
    """A place asked for without a record is zero; every table of the query states its coverage."""
    store = HandStore(tmp_path, _rows(), [Span("a", D(2017, 2, 1), D(2017, 2, 28))])
    arguments = ["encounters", "at_large", "arrests", "at_large"]
    result = panel(store, by="county", every="month", measures=arguments, places=["53033", "13121", "53033"])
    assert result.frame.select("measure", "place", "value").rows() == [
        ("arrests", "13121", 11), ("arrests", "53033", 0), ("at_large", "13121", 0), ("at_large", "53033", 0),
        ("encounters", "13121", 11), ("encounters", "53033", 0),
    ]  # fmt: skip
    release = {"id": "a", "start": "2017-02-01", "end": "2017-02-28", "scope": "nation"}
    for name in ("arrests", "encounters"):
        assert result.coverage[name]["releases"] == [release]
    assert result.coverage["arrests"]["unplaced"] == {"at_large": 7, "arrests": 7}
    assert result.coverage["arrests"]["outside_coverage"] == {"at_large": 0, "arrests": 0}
    with pytest.raises(QuestionError, match="no rows of the measure 'removals'"):
        result.matrix("removals")


def test_days_are_separate_only_where_a_period_may_be_covered_in_part() -> None:
    """Days in a row of one scope need no more than their periods, of which there are few."""

    def days(first: int, last: int, scope: str = "nation") -> Span:
        return Span("r", D(2017, 2, first), D(2017, 2, last), scope)

    assert is_one_span([days(3, 3)])
    assert is_one_span([days(1, 5), days(6, 9)])
    assert is_one_span([days(6, 9), days(1, 20), days(2, 3), days(21, 21)])
    assert not is_one_span([days(1, 5), days(7, 9)])
    assert not is_one_span([days(1, 9), days(2, 3), days(11, 12)])
    assert not is_one_span([days(1, 9), days(1, 9, "state:TX")])
