"""What else the records show of a burst, on series and records made by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import nbinom, poisson

from atlarge.reference import table
from atlarge.surges.corroboration import (
    Corroboration,
    _before,
    _Series,
    _top_day_share,
    _windows,
    corroborations,
    flags_of,
)
from atlarge.surges.labels import labels
from atlarge.surveillance.windows import Windows
from simulated_files import HandStore, Span

D = dt.date
FIRST, DAYS, BURST = D(2017, 1, 1), 200, D(2017, 5, 10)

TYPED = Corroboration(
    ratio=9.0, top_day_share=0.8, other_methods_ratio=3.0, other_methods_p=0.009, surroundings_ratio=1.0,
    surroundings_p=0.01, before_ratio=1.0, backlog_ratio=9.0,
)  # fmt: skip
ARTEFACT = "possible_coding_artefact"


@pytest.mark.parametrize(
    ("changed", "is_artefact"),
    [
        ({}, True),
        ({"top_day_share": 0.79}, False),  # several days: no burst of typing
        ({"top_day_share": None}, False),
        ({"surroundings_p": 0.009}, False),  # the whole area rose
        ({"surroundings_p": None}, True),
        ({"other_methods_p": 0.01}, False),  # other methods did not rise
        ({"other_methods_p": None}, False),
        ({"ratio": 9.01}, False),  # by more than three times the factor of the others
        ({"ratio": None}, False),
        ({"other_methods_ratio": None}, False),
    ],
)
def test_an_artefact_is_one_day_in_which_all_methods_rise_alike(
    changed: dict[str, float | None], is_artefact: bool
) -> None:
    assert (ARTEFACT in flags_of(False, replace(TYPED, **changed))) is is_artefact


@pytest.mark.parametrize(
    ("before", "backlog", "is_artefact"),
    [
        (0.59, 1.0, True), (0.6, 1.0, False), (None, 1.0, False), (0.0, None, False), (0.0, 0.49, False),
        (0.0, 0.5, True), (0.0, 2.0, True), (0.0, 2.01, False),
    ],
)  # fmt: skip
def test_an_artefact_is_one_day_that_makes_up_for_a_quiet_month(
    before: float | None, backlog: float | None, is_artefact: bool
) -> None:
    reported = Corroboration(ratio=50.0, top_day_share=1.0, before_ratio=before, backlog_ratio=backlog)
    flags = flags_of(False, reported)
    assert (ARTEFACT in flags) is is_artefact
    assert ("quiet_before" in flags) is (before is not None and before < 0.6)


def test_each_flag_comes_from_its_own_evidence() -> None:
    assert flags_of(False, Corroboration()) == ()
    assert flags_of(True, Corroboration()) == ("thin_baseline",)
    assert flags_of(False, Corroboration(top_day_share=0.8)) == ("in_one_day",)
    assert flags_of(False, Corroboration(other_methods_p=0.0099)) == ("other_methods_rise_too",)
    assert flags_of(False, Corroboration(surroundings_p=0.0099)) == ("surroundings_rise_too",)
    assert flags_of(False, Corroboration(before_ratio=0.599)) == ("quiet_before",)
    just_not = Corroboration(top_day_share=0.799, other_methods_p=0.01, surroundings_p=0.01, before_ratio=0.6)
    assert flags_of(False, just_not) == ()


def _windows_of(*rows: tuple[int, int, int]) -> Windows:
    series, start, end = (np.array(column) for column in zip(*rows, strict=True))
    return Windows(series, start, end, np.zeros(len(rows)))


def test_the_days_before_and_what_the_burst_makes_up_for() -> None:
    """28 days of one expected event, none of which came; then 29 on a day of one: just the backlog."""
    counts, expected = np.ones((3, 80)), np.ones((3, 80))
    counts[0, 12:40], counts[0, 40] = 0.0, 29.0
    counts[1, 12:40:2], counts[1, 40] = 0.0, 57.0
    counts[1, 11] = 50.0  # no day of the 28
    expected[2] = 5.0 / 28.0 - 1e-9
    own = _Series(["A", "B", "C"], counts, expected, np.ones((3, 3)))
    at = _windows_of(
        (0, 40, 40), (1, 40, 40), (2, 40, 40), (0, 28, 28), (0, 27, 27), (0, 79, 79), (1, 12, 40)
    )
    ratio, backlog = _before(own, at)
    # B: half of the days lack 14, and its excess of 56 is four times that. C: less than five are expected.
    # Day 28 has 28 days before it, of which 12 to 27 are empty; day 27 has not. Day 79: an ordinary month.
    assert ratio == pytest.approx([0.0, 0.5, np.nan, 12 / 28, np.nan, 1.0, np.nan], nan_ok=True)
    assert backlog == pytest.approx([1.0, 4.0, np.nan, -1 / 16, np.nan, np.nan, np.nan], nan_ok=True)
    expected[2] = 5.0 / 28.0 + 1e-9
    assert _before(own, at)[0][2] == pytest.approx(28.0 / 5.0)


def test_the_busiest_day_of_each_burst() -> None:
    counts = np.array([[0.0, 5.0, np.nan, 15.0, 0.0, 40.0], [7.0, 0.0, 0.0, 0.0, np.nan, np.nan]])
    at = _windows_of((0, 1, 3), (0, 3, 5), (0, 1, 1), (1, 0, 5), (1, 1, 3), (1, 4, 5))
    assert _top_day_share(counts, at) == pytest.approx([0.75, 40 / 55, 1.0, 1.0, 0.0, 0.0])


def test_observed_over_expected_and_its_chance() -> None:
    """Half an event is added to both, so that nothing is divided by zero; a window beyond the lengths known
    takes the scatter of the longest."""
    expected = np.full((2, 30), 2.0)
    counts = expected.copy()
    counts[0, 10] = 12.0
    own = _Series(["A", "B"], counts, expected, np.array([[1.0, 1.0], [1.0, 4.0]]))
    ratio, p = own.ratio_and_p(_windows_of((0, 10, 10), (0, 10, 11), (0, 0, 0), (1, 0, 1), (1, 0, 9)))
    assert ratio == pytest.approx([12.5 / 2.5, 14.5 / 4.5, 1.0, 1.0, 1.0])
    laws = [(poisson(2.0), 12), (poisson(4.0), 14), (poisson(2.0), 2), (nbinom(4.0 / 3.0, 0.25), 4)]
    laws.append((nbinom(20.0 / 3.0, 0.25), 20))
    assert p == pytest.approx([law.sf(n) + 0.5 * law.pmf(n) for law, n in laws], rel=1e-6)
    empty = _Series(["A"], np.zeros((1, 30)), np.zeros((1, 30)), np.ones((1, 2)))
    ratio, p = empty.ratio_and_p(_windows_of((0, 3, 4)))
    assert ratio.tolist() == [1.0]
    assert 0.0 < p[0] <= 1.0


def test_spans_are_cut_to_the_days_covered() -> None:
    days = np.arange("2017-01-10", "2017-01-20", dtype="datetime64[D]")
    spans = [
        ("B", D(2017, 1, 12), D(2017, 1, 14)), ("A", D(2017, 1, 10), D(2017, 1, 10)),
        ("A", D(2017, 1, 1), D(2017, 1, 11)), ("B", D(2017, 1, 18), D(2017, 2, 1)),
        ("A", D(2017, 1, 19), D(2017, 1, 19)), ("A", D(2017, 2, 1), D(2017, 2, 2)),
        ("A", D(2016, 1, 1), D(2016, 1, 2)),
    ]  # fmt: skip
    got = _windows(spans, ["A", "B"], days)
    assert got.series.tolist() == [1, 0, 0, 1, 0, 0, 0]
    assert list(zip(got.start.tolist(), got.end.tolist(), strict=True)) == [
        (2, 4), (0, 0), (0, 1), (8, 9), (9, 9), (9, 9), (0, 0),
    ]  # fmt: skip


def _rows(days: int = DAYS) -> pl.DataFrame:
    """Every day: Austin 2 at large and 3 by other methods; San Antonio 5 and, at no office, 1; Atlanta 7.

    On the day of the burst Austin has 42 at large, 10 of them marked, and 30 by other methods, 5 marked.
    """
    found: list[tuple[Any, ...]] = []
    for day in (FIRST + dt.timedelta(days=i) for i in range(days)):
        here, other = (42, 30) if day == BURST else (2, 3)
        marked = 10 if day == BURST else 1 if day == D(2017, 3, 1) else 0
        found += [
            (day, "Located", "AUS", "SNA", marked, True),
            (day, "Located", "AUS", "SNA", here - marked, None if day.day % 2 else False),
            (day, "CAP Local Incarceration", "AUS", "SNA", 5 if day == BURST else 0, True),
            (day, "CAP Local Incarceration", "AUS", "SNA", other - 5 * (day == BURST), False),
            (day, "Located", "SNA", "SNA", 5, False),
            (day, "Located", None, "SNA", 1, False),
            (day, "Non-Custodial Arrest", "ATL", "ATL", 7, False),
        ]
    names = ["date", "method", "office", "aor", "n", "operation_mark"]
    rows = pl.DataFrame(found, schema=names, orient="row", infer_schema_length=None)
    return rows.filter(pl.col("n") > 0).with_columns(
        pl.col("n").cast(pl.UInt32), state=pl.lit("TX"), county_fips=pl.lit(None, pl.String)
    )


LAST = FIRST + dt.timedelta(days=DAYS - 1)


def _store(folder: Path, spans: list[Span] | None = None, rows: pl.DataFrame | None = None) -> Any:
    return HandStore(folder, _rows() if rows is None else rows, spans or [Span("a", FIRST, LAST)])


def _corroboration(store: Any, place: str, by: str, measure: str = "at_large", **more: Any) -> Corroboration:
    return corroborations(store, [(place, BURST, BURST)], by=by, measure=measure, scheme="ddp", **more)[0]


def test_a_burst_in_an_office_by_hand(tmp_path: Path) -> None:
    store = _store(tmp_path)
    reported = _corroboration(store, "AUS", "office")
    # What is expected of a place of two a day is two, up to the few events that its level is drawn by.
    assert reported.ratio == pytest.approx(42.5 / 2.5, rel=0.05)
    assert reported.top_day_share == 1.0
    assert reported.other_methods_ratio == pytest.approx(30.5 / 3.5, rel=0.05)
    assert reported.other_methods_p is not None
    assert reported.other_methods_p < 1e-9
    assert reported.surroundings_ratio == pytest.approx(1.0, abs=0.05)  # six in the rest of the area, as ever
    assert reported.surroundings_p is not None
    assert 0.3 < reported.surroundings_p < 0.7
    assert reported.before_ratio == pytest.approx(1.0, abs=0.05)
    assert reported.operation_share == pytest.approx(10 / 42)
    assert reported.usual_operation_share == pytest.approx(11 / (2 * 199 + 42))
    assert flags_of(False, reported) == ("in_one_day", "other_methods_rise_too", ARTEFACT)


def test_witnesses_of_an_area_and_of_the_nation(tmp_path: Path) -> None:
    store = _store(tmp_path)
    area = _corroboration(store, "SNA", "aor")
    assert area.ratio == pytest.approx(48.5 / 8.5, rel=0.05)
    assert area.surroundings_ratio == pytest.approx(1.0, abs=0.05)  # Atlanta's seven
    assert area.operation_share == pytest.approx(10 / 48)
    nation = _corroboration(store, "US", "nation")
    assert nation.ratio == pytest.approx(55.5 / 15.5, rel=0.05)
    assert nation.surroundings_ratio is None
    assert nation.surroundings_p is None
    assert nation.usual_operation_share == pytest.approx(11 / (15 * 199 + 55))
    whole = _corroboration(store, "AUS", "office", measure="arrests")
    assert whole.ratio == pytest.approx(72.5 / 5.5, rel=0.05)
    assert whole.other_methods_ratio is None  # there are no others
    assert whole.operation_share == pytest.approx(15 / 72)
    marked = _corroboration(store, "AUS", "office", measure="operation_marked")
    assert marked.operation_share == 1.0


def test_surroundings_that_rise_too(tmp_path: Path) -> None:
    """Thirty more in the rest of the area on that day: and none of Austin's own among them."""
    more = pl.DataFrame({"date": [BURST], "n": [30]}, schema={"date": pl.Date, "n": pl.UInt32}).with_columns(
        method=pl.lit("Located"), office=pl.lit("SNA"), aor=pl.lit("SNA"), operation_mark=pl.lit(False),
        state=pl.lit("TX"), county_fips=pl.lit(None, pl.String),
    )  # fmt: skip
    rows = _rows()
    reported = _corroboration(
        _store(tmp_path, rows=pl.concat([rows, more.select(rows.columns)])), "AUS", "office"
    )
    assert reported.surroundings_ratio == pytest.approx(36.5 / 6.5, rel=0.05)
    assert "surroundings_rise_too" in flags_of(False, reported)
    assert ARTEFACT not in flags_of(False, reported)


def test_surroundings_are_missing_where_the_records_lack_them(tmp_path: Path) -> None:
    area = "aor:SNA"
    no_nation = _corroboration(_store(tmp_path, [Span("a", FIRST, LAST, area)]), "SNA", "aor")
    short = [Span("a", FIRST, D(2017, 3, 31)), Span("b", FIRST, LAST, area)]
    part = _corroboration(_store(tmp_path, short), "SNA", "aor")
    unknown = "QQQ"  # a code of no office known
    rows = _rows().with_columns(pl.col("office").replace("AUS", unknown))
    homeless = _corroboration(_store(tmp_path, rows=rows), unknown, "office")
    for reported in (no_nation, part, homeless):
        assert reported.surroundings_ratio is None
        assert reported.surroundings_p is None
        assert reported.ratio is not None
        assert reported.ratio > 4.0
    assert homeless.operation_share == pytest.approx(10 / 42)


def test_each_burst_has_its_own_witness(tmp_path: Path) -> None:
    """In the order asked; a quiet span has no share of marks, and two bursts do not hide each other."""
    rows = _rows().filter(
        ~((pl.col("office") == "AUS") & pl.col("date").is_between(D(2017, 6, 1), D(2017, 6, 28)))
    )
    store = _store(tmp_path, rows=rows)
    spans = [
        ("ATL", D(2017, 3, 1), D(2017, 3, 2)), ("AUS", D(2017, 6, 5), D(2017, 6, 6)), ("AUS", BURST, BURST),
        ("AUS", D(2017, 2, 27), D(2017, 3, 1)), ("AUS", D(2017, 6, 29), D(2017, 6, 29)),
    ]  # fmt: skip
    got = corroborations(store, spans, by="office", measure="at_large", scheme="ddp")
    assert [w.operation_share for w in got] == pytest.approx([0.0, None, 10 / 42, 1 / 6, 0.0])
    assert [w.top_day_share for w in got] == pytest.approx([0.5, 0.0, 1.0, 1 / 3, 1.0])
    usual = 11 / (2 * (199 - 28) + 42)
    assert [w.usual_operation_share for w in got] == pytest.approx([0.0, usual, usual, usual, usual])
    assert got[4].before_ratio == 0.0
    assert corroborations(store, [], by="office", measure="at_large", scheme="ddp") == []


def test_marks_are_counted_among_the_rows_that_the_measure_counts(tmp_path: Path) -> None:
    """A method that no scheme lists, or none at all, is among other methods: marked as often as it says."""
    rows = pl.concat([
        _rows(),
        _rows().filter(pl.col("date") == BURST, pl.col("office") == "AUS").head(1).with_columns(
            method=pl.lit("A method of no list"), n=pl.lit(3, pl.UInt32)
        ),
        _rows().filter(pl.col("date") == BURST, pl.col("office") == "AUS").head(1).with_columns(
            method=pl.lit(None, pl.String), n=pl.lit(5, pl.UInt32), operation_mark=pl.lit(False)
        ),
    ])  # fmt: skip
    reported = _corroboration(_store(tmp_path, rows=rows), "AUS", "office", measure="other_methods")
    assert reported.operation_share == pytest.approx(3 / 8)
    large = _corroboration(_store(tmp_path, rows=rows), "AUS", "office")
    assert large.operation_share == pytest.approx(10 / 42)


def test_a_witness_is_written_with_four_digits() -> None:
    reported = Corroboration(ratio=12.34567, top_day_share=1.0, other_methods_p=1.23456e-9).to_dict()
    assert reported["ratio"] == 12.35
    assert reported["other_methods_p"] == 1.235e-9
    assert reported["top_day_share"] == 1.0
    assert reported["surroundings_p"] is None
    assert set(reported) == set(vars(Corroboration()))


def _operations() -> list[dict[str, Any]]:
    return [row for row in table("operation_figures").to_dicts() if row["measure"] == "operation_arrests"]


def test_a_label_names_the_operation_of_those_days_and_that_place() -> None:
    """Every dated operation of an area, state or the nation, on its first and last day and beside them."""
    dated = [
        row for row in _operations() if row["place_code"] and row["place_kind"] in ("aor", "state", "nation")
    ]
    assert {row["place_kind"] for row in dated} == {"aor", "state", "nation"}
    day = dt.timedelta(days=1)
    for row in dated:
        by, place = row["place_kind"], row["place_code"]
        alike = [r for r in dated if (r["place_kind"], r["place_code"]) == (by, place)]
        for span in (
            (row["start"], row["start"]), (row["end"], row["end"]), (row["start"] - 9 * day, row["start"]),
            (row["end"], row["end"] + 9 * day), (row["start"] - day, row["end"] + day),
            (row["start"] - 2 * day, row["start"] - day), (row["end"] + day, row["end"] + 2 * day),
        ):  # fmt: skip
            said = {
                (r["operation"], r["party"], r["source_url"])
                for r in alike
                if not (r["end"] < span[0] or r["start"] > span[1])
            }
            reported = labels([(place, *span)], by)[0]
            if not said:
                assert reported is None
            else:
                assert reported is not None
                assert (reported["name"], reported["said_by"], reported["source"]) in said


def test_offices_and_counties_are_labelled_by_their_area() -> None:
    """Austin and Travis County lie in the area of San Antonio; what is the state's is not theirs."""
    row = next(r for r in _operations() if r["place_code"] == "SNA")
    span = (row["start"], row["end"])
    area = labels([("SNA", *span)], "aor")
    assert area[0] is not None
    assert labels([("AUS", *span), ("NOWHERE", *span)], "office") == [area[0], None]
    assert labels([("48453", *span), ("00000", *span)], "county") == [area[0], None]
    assert labels([("SNA", *span)], "state") == [None]
    texas = next(r for r in _operations() if r["place_kind"] == "state")
    assert labels([("48453", texas["start"], texas["end"])], "county") == [None]
    assert labels([], "aor") == []
