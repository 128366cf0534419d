"""The panel on a store made by hand, where every count can be checked by eye."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import CoverageError, PlaceError, QuestionError
from atlarge.panel import covered, measures, panel
from simulated_files import HandStore, Span

ENGINES = ["polars", "duckdb"]


def _rows() -> pl.DataFrame:
    d = dt.date
    return pl.DataFrame(
        [
            # date, method, county, office, aor, state, n
            (d(2017, 1, 30), "Located", "48453", None, "SNA", "TX", 1),
            (d(2017, 1, 30), "CAP Local Incarceration", "48453", None, "SNA", "TX", 2),
            (d(2017, 2, 9), "Located", None, "AUS", "SNA", "TX", 3),
            (d(2017, 2, 12), "Non-Custodial Arrest", None, "AUS", "SNA", "TX", 4),
            (d(2017, 2, 13), "287(g) Program", "13121", None, "ATL", "GA", 5),
            (d(2017, 2, 13), "Other efforts", "13121", None, "ATL", "GA", 6),
            (d(2017, 3, 1), "Other Agency (turned over to INS)", "13121", None, None, "GA", 7),
        ],
        schema={
            "date": pl.Date,
            "method": pl.String,
            "county_fips": pl.String,
            "office": pl.String,
            "aor": pl.String,
            "state": pl.String,
            "n": pl.UInt32,
        },
        orient="row",
    ).with_columns(operation_mark=pl.lit(False))


@pytest.fixture
def store(tmp_path: Path) -> HandStore:
    spans = [
        Span("a", dt.date(2017, 1, 28), dt.date(2017, 2, 20)),
        Span("b", dt.date(2017, 2, 27), dt.date(2017, 3, 3)),
    ]
    return HandStore(tmp_path, _rows(), spans)


def _value(frame: pl.DataFrame, place: str, period: dt.date, name: str) -> int | None:
    cell = frame.filter(pl.col("place") == place, pl.col("period") == period, pl.col("measure") == name)
    assert cell.height == 1
    return cell["value"].item()


@pytest.mark.parametrize("engine", ENGINES)
def test_weeks_by_hand(store: HandStore, engine: str) -> None:
    result = panel(store, by="office", every="week", measures=["at_large", "handoffs"], engine=engine)
    frame = result.frame
    assert _value(frame, "AUS", dt.date(2017, 2, 6), "at_large") == 7
    assert _value(frame, "AUS", dt.date(2017, 2, 13), "at_large") == 0
    whole = frame.filter(pl.col("period") == dt.date(2017, 2, 6))
    assert whole["days_covered"].to_list() == [7, 7]
    first = frame.filter(pl.col("period") == dt.date(2017, 1, 23))
    assert first["days_covered"].to_list() == [2, 2]  # 28 and 29 January
    assert result.coverage["arrests"]["unplaced"] == {"at_large": 1, "handoffs": 7}


@pytest.mark.parametrize("engine", ENGINES)
def test_missing_is_not_zero(store: HandStore, engine: str) -> None:
    result = panel(store, by="county", every="day", measures=["arrests"], engine=engine)
    assert _value(result.frame, "48453", dt.date(2017, 2, 20), "arrests") == 0
    assert _value(result.frame, "48453", dt.date(2017, 2, 21), "arrests") is None
    assert _value(result.frame, "13121", dt.date(2017, 3, 1), "arrests") == 7


@pytest.mark.slow
def test_engines_agree(store: HandStore) -> None:
    rows = [
        panel(store, by=by, every=every, measures=list(_arrest_measures()), engine=engine).frame
        for engine in ENGINES
        for by, every in [("county", "month"), ("aor", "week"), ("state", "day"), ("nation", "month")]
    ]
    for by_polars, by_duckdb in zip(rows[:4], rows[4:], strict=True):
        assert by_polars.equals(by_duckdb)


def _arrest_measures() -> list[str]:
    """Measures of arrests by columns that the store made here has."""
    columns = {"method", "operation_mark"}
    arrests = [m for m in measures().values() if m.table == "arrests"]
    return [m.name for m in arrests if {column for column, _ in m.equals} <= columns]


@pytest.mark.parametrize("scheme", ["ddp", "biglocal"])
def test_schemes_part_all_arrests(store: HandStore, scheme: str) -> None:
    names = ["at_large", "custodial", "other_methods", "arrests"]
    names += ["program_287g"] if scheme == "ddp" else []
    frame = panel(store, by="nation", every="month", measures=names, scheme=scheme).frame
    totals = dict(frame.group_by("measure").agg(pl.col("value").sum()).iter_rows())
    assert totals["arrests"] == 28
    assert sum(totals.values()) == 2 * 28
    # By hand: ddp reads Located and Non-Custodial as at large; biglocal adds Other efforts.
    assert totals["at_large"] == (8 if scheme == "ddp" else 14)


def test_a_scope_covers_its_own_places_only(tmp_path: Path) -> None:
    spans = [
        Span("a", dt.date(2017, 2, 1), dt.date(2017, 2, 28), "aor:SNA"),
        Span("b", dt.date(2017, 2, 13), dt.date(2017, 2, 20)),
    ]
    store = HandStore(tmp_path, _rows(), spans)
    frame = panel(store, by="county", every="month", measures=["arrests"], places=["48453", "13121"]).frame
    days = dict(frame.select("place", "days_covered").iter_rows())
    assert days == {"48453": 28, "13121": 8}


def test_a_county_that_other_areas_record_too_is_refused_with_that_reason(tmp_path: Path) -> None:
    """York County, PA is of Philadelphia, and a few of its records are of other areas."""
    store = HandStore(tmp_path, _rows(), [Span("a", dt.date(2017, 2, 1), dt.date(2017, 2, 28), "aor:PHI")])
    with pytest.raises(CoverageError, match=r"aor:PHI \(and of these areas no place .* others record too\)"):
        panel(store, by="county", every="month", measures=["arrests"], places=["42133"])


def test_a_summary_names_first_and_last_period_places_and_what_is_missing(store: HandStore) -> None:
    text = panel(store, by="state", every="day", measures=["arrests", "at_large"]).summary()
    assert text.startswith("arrests, at_large by state and day, 2017-01-28 to 2017-03-03: 2 places, ")
    days = 35  # of which the six between the two releases have no count
    assert f"{2 * 2 * days} counts, {2 * 2 * 6} of them missing" in text


def test_what_no_release_covers_is_refused(store: HandStore) -> None:
    with pytest.raises(CoverageError, match="2017-01-28 to 2017-02-20"):
        panel(store, start=dt.date(2019, 1, 1), end=dt.date(2019, 2, 1))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"by": "town"}, "no level 'town'"),
        ({"every": "year"}, "no period 'year'"),
        ({"measures": ["raids"]}, "no measure 'raids'"),
        ({"measures": []}, "no measure was named"),
        ({"scheme": "mine"}, "no scheme 'mine'"),
        ({"engine": "abacus"}, "no engine 'abacus'"),
        ({"start": dt.date(2017, 2, 2), "end": dt.date(2017, 2, 1)}, "before it starts"),
    ],
)
def test_a_wrong_question_is_named(store: HandStore, question: dict[str, object], said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        panel(store, **question)


def test_a_code_that_only_the_records_know_may_be_named_and_no_other(tmp_path: Path) -> None:
    rows = _rows().with_columns(pl.col("office").replace("AUS", "QQQ"))
    store = HandStore(tmp_path, rows, [Span("a", dt.date(2017, 1, 28), dt.date(2017, 3, 3))])
    assert panel(store, by="office", measures=["arrests"], places="QQQ").frame["value"].sum() == 7
    with pytest.raises(PlaceError, match="no place is called 'QQX'"):
        panel(store, by="office", measures=["arrests"], places="QQX")


def test_matrix_leaves_out_partial_periods_on_demand(store: HandStore) -> None:
    result = panel(store, by="office", every="week", measures=["at_large"])
    some, places, periods = result.matrix("at_large")
    whole, _, _ = result.matrix("at_large", whole=True)
    assert places == ["AUS"]
    assert periods[0] == dt.date(2017, 1, 23)
    assert some[0, 0] == 0
    assert whole[0, 0] != whole[0, 0]  # NaN: two days of seven


def test_a_release_of_some_places_is_no_count_of_the_nation(tmp_path: Path) -> None:
    spans = [
        Span("a", dt.date(2017, 1, 28), dt.date(2017, 3, 3), "state:TX"),
        Span("b", dt.date(2017, 2, 13), dt.date(2017, 2, 20)),
    ]
    store = HandStore(tmp_path, _rows(), spans)
    result = panel(store, by="nation", every="day", measures=["arrests"])
    days = result.frame["period"]
    assert (days.min(), days.max()) == (dt.date(2017, 2, 13), dt.date(2017, 2, 20))
    assert result.frame["value"].sum() == 11
    assert result.coverage["arrests"]["outside_coverage"] == {"arrests": 17}  # 28 in all, by hand
    only_texas = HandStore(tmp_path, _rows(), spans[:1])
    with pytest.raises(CoverageError, match="nothing to count"):
        panel(only_texas, by="nation", every="day", measures=["arrests"])


@pytest.mark.parametrize("by", ["nation", "aor", "state", "office", "county"])
@pytest.mark.parametrize(
    ("kind", "code"), [("aor", "SNA"), ("state", "TX"), ("county", "48453"), ("office", "AUS")]
)
def test_a_place_that_lacks_records_touches_places_of_every_level(kind: str, code: str, by: str) -> None:
    """A gap of an area or state is one of the nation too; one of a county or office is its own alone."""
    touched = covered._touched(kind, code, by)
    if kind == by:
        assert touched == {code}
    elif by == "nation":
        assert touched == (set() if kind in ("county", "office") else {"US"})
    else:
        assert (not touched) == (kind in ("county", "office"))
