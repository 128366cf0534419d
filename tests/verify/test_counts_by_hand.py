"""What a figure is set beside, counted from the rows by hand: other days, methods, places, people held."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

import simulated_files
from atlarge import ingest, open_store
from atlarge.errors import CoverageError, PlaceError, QuestionError
from atlarge.reference import table
from atlarge.verify.candidate import Difference
from atlarge.verify.candidates import candidates, first_counts, other_words, pace
from atlarge.verify.counting import Query, StoreCounter, agreements, counted, held, unauthorized
from atlarge.verify.figure import Figure, Spot, places, spot
from atlarge.verify.geography import geography, neighbours

pytestmark = pytest.mark.slow_file

D = dt.date
US = (Spot("nation", "US"),)
FY17 = (D(2016, 10, 1), D(2017, 9, 30))
AT_LARGE = ("Non-Custodial Arrest", "Located", "Probation and Parole", "Worksite Enforcement")
JAILS = ("CAP Local Incarceration", "CAP State Incarceration", "CAP Federal Incarceration")


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return open_store(None).scan("arrests").collect()


@pytest.fixture(scope="module")
def counter() -> StoreCounter:
    return StoreCounter(open_store(None))


def _number(rows: pl.DataFrame, start: D, end: D, *conditions: pl.Expr) -> float:
    return float(rows.filter(pl.col("date") >= start, pl.col("date") <= end, *conditions)["n"].sum())


def _tried(
    counter: StoreCounter, query: Query, ours: float, value: float = 999.0, **more: Any
) -> dict[str, Any]:
    figure = Figure("x", query.measure, "US", query.start, query.end, value, **more)
    found = candidates(counter, figure, query.measure, query, ours)
    return {c.label: c for c in found}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (*FY17, {
            "one month earlier": (D(2016, 9, 1), D(2017, 8, 31)),
            "one month later": (D(2016, 11, 1), D(2017, 10, 31)),
            "without the last month": (D(2016, 10, 1), D(2017, 8, 31)),
            "without the first month": (D(2016, 11, 1), D(2017, 9, 30)),
            "calendar year": (D(2017, 1, 1), D(2017, 12, 31)),
        }),
        (D(2017, 1, 1), D(2017, 12, 31), {
            "one month earlier": (D(2016, 12, 1), D(2017, 11, 30)),
            "one month later": (D(2017, 2, 1), D(2018, 1, 31)),
            "without the last month": (D(2017, 1, 1), D(2017, 11, 30)),
            "without the first month": (D(2017, 2, 1), D(2017, 12, 31)),
            "fiscal year": (D(2016, 10, 1), D(2017, 9, 30)),
        }),
        (D(2017, 3, 1), D(2017, 3, 31), {
            "one month earlier": (D(2017, 2, 1), D(2017, 2, 28)),
            "one month later": (D(2017, 4, 1), D(2017, 4, 30)),
        }),
        (D(2017, 2, 10), D(2017, 3, 20), {
            "ends a week earlier": (D(2017, 2, 10), D(2017, 3, 13)),
            "ends a week later": (D(2017, 2, 10), D(2017, 3, 27)),
            "starts a week earlier": (D(2017, 2, 3), D(2017, 3, 20)),
            "starts a week later": (D(2017, 2, 17), D(2017, 3, 20)),
        }),
        (D(2017, 2, 10), D(2017, 3, 2), {}),
    ],
)  # fmt: skip
def test_other_days_of_a_figure(
    rows: pl.DataFrame, counter: StoreCounter, start: D, end: D, expected: dict[str, tuple[D, D]]
) -> None:
    tried = _tried(counter, Query("arrests", (Spot("aor", "ATL"),), start, end), 1.0)
    windows = {label: c for label, c in tried.items() if c.kind == "window"}
    assert set(windows) == set(expected)
    for label, (first, last) in expected.items():
        assert windows[label].value == _number(rows, first, last, pl.col("aor") == "ATL"), label
        assert windows[label].detail == f"{first} to {last}"


def test_methods_and_values_are_left_out_one_by_one(rows: pl.DataFrame, counter: StoreCounter) -> None:
    dallas = pl.col("aor") == "DAL"
    total = _number(rows, *FY17, dallas)
    tried = _tried(counter, Query("arrests", (Spot("aor", "DAL"),), *FY17), total)
    for left in (["287(g) Program"], ["Other efforts"], ["ERO Reprocessed Arrest", "Other efforts"]):
        without = _number(rows, *FY17, dallas, ~pl.col("method").is_in(left))
        label = f"without {' and '.join(left)}"
        assert (label in tried) == (without < total)
        if without < total:
            assert (tried[label].value, tried[label].kind) == (without, "definition")
    inside = rows.filter(dallas, pl.col("date").is_between(*FY17))
    for column, words in (("landmark_class", "landmark class"), ("criminality", "criminality")):
        tally: Counter[str | None] = Counter()
        for value, n in inside.select(column, "n").rows():
            tally[value] += n
        for value, n in tally.items():
            label = f"without a blank {words}" if value is None else f"without {words} {value}"
            assert (label in tried) == (0 < n < total)
            if label in tried:
                assert (tried[label].value, tried[label].kind) == (total - n, "exclusion")


def test_a_share_is_taken_of_fewer_arrests_and_by_the_other_reading(
    rows: pl.DataFrame, counter: StoreCounter
) -> None:
    chicago = pl.col("aor") == "CHI"
    whole = _number(rows, *FY17, chicago)
    part = _number(rows, *FY17, chicago, pl.col("method").is_in(AT_LARGE))
    query = Query("share_at_large", (Spot("aor", "CHI"),), *FY17)
    found = counted(counter, "share_at_large", query)
    assert found.value == pytest.approx(100 * part / whole)
    assert found.definition == f"{part:,.0f} at_large of {whole:,.0f} arrests (ddp), per cent"
    tried = _tried(counter, query, found.value)
    for left in (["ERO Reprocessed Arrest"], ["Other efforts"], ["ERO Reprocessed Arrest", "Other efforts"]):
        below = _number(rows, *FY17, chicago, ~pl.col("method").is_in(left).fill_null(False))
        assert tried[f"of arrests without {' and '.join(left)}"].value == pytest.approx(100 * part / below)
    outside = ("Other Agency (turned over to INS)", "Criminal Alien Program", "287(g) Program", *JAILS)
    other = _number(rows, *FY17, chicago, ~pl.col("method").is_in(outside).fill_null(True))
    assert tried["biglocal"].value == pytest.approx(100 * other / whole, rel=1e-3)
    assert "ddp" not in tried


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> StoreCounter:
    folder = tmp_path_factory.mktemp("small")
    release = simulated_files.arrests(folder / "a.csv", rows=900)
    ingest([release], folder / "store", covers="aor:SNA,ATL,SEA")
    return StoreCounter(open_store(folder / "store"))


def test_records_alike_and_landmarks_of_a_store_with_rows(small: StoreCounter) -> None:
    rows = small.store.scan("arrests").collect()
    assert rows["landmark"].null_count() < rows.height
    start, end = rows["date"].min(), rows["date"].max()
    query = Query("arrests", (Spot("aor", "SNA"),), start, end)
    ours = small.count(query)
    inside = rows.filter(pl.col("aor") == "SNA")
    assert ours == inside["n"].sum()
    tried = _tried(small, query, ours)
    bound = tried["records alike in everything kept of them counted once, at most"]
    alike = [c for c in ("date", "method", "aor", "landmark", "operation_mark", "criminality", "disposition")
             if c in rows.columns]  # fmt: skip
    assert (bound.low, bound.high) == (len(inside.to_pandas().drop_duplicates(alike)), ours)
    keys = inside["subject_key"]
    people = tried.get("people, by the records' identifier")
    assert (people is not None) == (keys.null_count() == 0)
    assert people is None or people.value == keys.n_unique()
    # counties by landmarks that earlier records have
    middle = rows["date"].sort()[rows.height // 2]
    query = Query("counties_with_arrests", (Spot("aor", "SNA"), Spot("aor", "ATL")), middle, end)
    of = replace(query, measure="counties_with_handoffs")
    jails = pl.col("method").is_in(["CAP Local Incarceration", "287(g) Program"])
    later = rows.filter(jails, pl.col("date") >= middle, pl.col("county_fips").is_not_null())
    tried = _tried(small, of, 1.0)
    earlier: Counter[str] = Counter()
    for landmark, n in rows.filter(pl.col("date") < middle).select("landmark", "n").rows():
        earlier[landmark] += n
    for least in (1, 2, 3, 5):
        kept = {
            fips for fips, landmark in later.select("county_fips", "landmark").rows()
            if landmark is not None and earlier[landmark] >= least
        }  # fmt: skip
        label = f"counties of landmarks with {least} or more arrests before these days"
        assert tried[label].value == len(kept)
    assert later.height > 20


def test_one_landmark_without_a_county_that_makes_up_the_rest_is_named(small: StoreCounter) -> None:
    rows = small.store.scan("arrests").collect()
    days = (rows["date"].min(), rows["date"].max())
    open_ones = rows.filter(pl.col("county_fips").is_null(), pl.col("landmark").is_not_null())
    counties = table("counties")
    landmark, aor = open_ones.select("landmark", "aor").row(0)
    fips = counties.filter(pl.col("aor") == aor)["fips"][0]
    query = Query("arrests", (Spot("county", fips),), *days)
    figure = Figure("x", "arrests", "x", *days, 1.0)
    seat = next(
        c.value for c in geography(Difference(small, figure, "arrests", query, 1.0))
        if c.label == "the county and the office areas seated in it"
    )  # fmt: skip
    n = open_ones.filter(pl.col("landmark") == landmark, pl.col("aor") == aor)["n"].sum()
    exact = replace(figure, value=seat + n)
    details = [c.detail for c in geography(Difference(small, exact, "arrests", query, 1.0)) if c.detail]
    assert landmark in details


@pytest.mark.parametrize(("aor", "years"), [("LOS", 0), ("MIA", -1), ("MIA", 1)])
def test_the_number_of_another_year_or_area_is_named(
    rows: pl.DataFrame, counter: StoreCounter, aor: str, years: int
) -> None:
    days = (D(2016 + years, 10, 1), D(2017 + years, 9, 30))
    value = _number(rows, *days, pl.col("aor") == aor, pl.col("aor_basis") == "recorded")
    tried = _tried(counter, Query("arrests", (Spot("aor", "MIA"),), *FY17), 1.0, value)
    assert tried["the number of another area or year in its place"].detail.startswith(f"{aor}, {days[0]}")
    small = _tried(counter, Query("arrests", (Spot("aor", "MIA"),), *FY17), 1.0, value + 0.5)
    assert "the number of another area or year in its place" not in small


@pytest.mark.parametrize("missing", [10, 60])
def test_missing_days_are_made_up_at_the_pace_of_the_nearest_year(
    rows: pl.DataFrame, counter: StoreCounter, missing: int
) -> None:
    last = max(c.end for c in open_store(None).coverage("arrests"))
    query = Query("arrests", (Spot("aor", "BOS"),), D(2018, 10, 1), last + dt.timedelta(days=missing))
    found = pace(counter, query, 1000.0, missing)
    first = query.end - dt.timedelta(days=365 + missing)
    a_day: Counter[D] = Counter()
    for day, n in rows.filter(pl.col("aor") == "BOS", pl.col("date") >= first).select("date", "n").rows():
        a_day[day] += n
    days = [a_day[first + dt.timedelta(days=k)] for k in range((last - first).days + 1)]
    spans = [sum(days[k : k + missing]) for k in range(len(days) - missing + 1)]
    assert found.low == pytest.approx(1000 + max(0.0, min(spans) - 2 * np.sqrt(min(spans))))
    assert found.high == pytest.approx(1000 + max(spans) + 2 * np.sqrt(max(spans)))
    assert found.value == found.low
    early = Query(
        "arrests", (Spot("aor", "BOS"),), D(2015, 10, 1) - dt.timedelta(days=missing), D(2016, 3, 31)
    )
    sums = pace(counter, early, 0.0, missing)
    start = D(2015, 10, 1)
    n_days = (early.start + dt.timedelta(days=365 + missing) - start).days + 1
    a_day.clear()
    for day, n in rows.filter(pl.col("aor") == "BOS").select("date", "n").rows():
        a_day[day] += n
    days = [a_day[start + dt.timedelta(days=k)] for k in range(n_days)]
    spans = [sum(days[k : k + missing]) for k in range(len(days) - missing + 1)]
    assert sums.high == pytest.approx(max(spans) + 2 * np.sqrt(max(spans)))


def test_counties_are_counted_by_more_and_surer_records(rows: pl.DataFrame, counter: StoreCounter) -> None:
    days, aor = (D(2017, 10, 1), D(2018, 9, 30)), (Spot("nation", "US"),)
    query = Query("counties_with_at_large", aor, *days)
    inside = rows.filter(pl.col("date").is_between(*days), pl.col("method").is_in(AT_LARGE))
    named = inside.filter(pl.col("county_fips").is_not_null())
    n: Counter[str] = Counter()
    sure: dict[str, float] = {}
    for fips, k, level in named.select("county_fips", "n", "place_confidence").rows():
        n[fips] += k
        sure[fips] = max(sure.get(fips, 0.0), level or 0.0)
    assert counted(counter, query.measure, query).value == len(n)
    tried = _tried(counter, query, len(n))
    assert tried["counties with two records or more"].value == sum(k > 1 for k in n.values())
    assert tried["counties with three records or more"].value == sum(k > 2 for k in n.values())
    for least in (0.9, 0.95, 0.99):
        label = f"counties of a record placed at confidence {least:g} or more"
        assert tried[label].value == sum(level >= np.float32(least) for level in sure.values())
    classes = named["landmark_class"].drop_nulls().unique().to_list()
    assert len(classes) > 3
    for value in classes:
        others = {fips for fips, of in named.select("county_fips", "landmark_class").rows() if of != value}
        assert tried[f"counties without landmarks of class {value}"].value == len(others)
    assert "counties with at_large_agency" in tried
    custodial = _tried(counter, Query("counties_with_custodial", aor, *days), 1.0)
    jail = rows.filter(pl.col("date").is_between(*days), pl.col("method") == "CAP Local Incarceration")
    assert custodial["counties with local_jails"].value == jail["county_fips"].drop_nulls().n_unique()
    program = rows.filter(pl.col("date").is_between(*days), pl.col("method") == "287(g) Program")
    both = {*jail["county_fips"].drop_nulls(), *program["county_fips"].drop_nulls()}
    assert custodial["counties with handoffs"].value == len(both)


def test_areas_and_other_readings_are_offered_for_what_they_fit(
    rows: pl.DataFrame, counter: StoreCounter
) -> None:
    named = {
        "areas as recorded",
        "at_large_agency",
        "at_large_agency, areas as recorded",
        "at_large (biglocal)",
    }
    query = Query("at_large", (Spot("aor", "BOS"),), *FY17)
    assert {c.label for c in other_words(counter, "at_large", query)} == named
    recorded = next(c for c in other_words(counter, "at_large", query) if c.kind == "areas")
    inside = pl.col("aor") == "BOS"
    assert recorded.value == _number(
        rows, *FY17, inside, pl.col("aor_basis") == "recorded", pl.col("method").is_in(AT_LARGE)
    )
    county = Query("at_large", (Spot("county", "25025"),), *FY17)
    assert {c.label for c in other_words(counter, "at_large", county)} == {
        "at_large_agency", "at_large (biglocal)"
    }  # fmt: skip
    assert {c.label for c in other_words(counter, "arrests", Query("arrests", US, *FY17))} == set()
    assert list(other_words(counter, "share_at_large", query)) == []


def test_wider_areas_of_a_county_and_a_state_are_sums_over_rows(
    rows: pl.DataFrame, counter: StoreCounter
) -> None:
    figure = Figure("x", "arrests", "x", *FY17, 5.0)
    fips = "48029"  # Bexar, with San Antonio's office
    about = table("counties").filter(pl.col("fips") == fips).row(0, named=True)
    seated = set(table("offices").filter(pl.col("seat_county_fips") == fips)["office"])
    near = set(neighbours(fips))
    expected: Counter[str] = Counter()
    inside = rows.filter(pl.col("date").is_between(*FY17))
    for county, office, aor, state, n in inside.select("county_fips", "office", "aor", "state", "n").rows():
        is_own = county == fips
        is_seated = county is None and office in seated and aor == about["aor"]
        expected["the county and the office areas seated in it"] += n * (is_own or is_seated)
        blank = county is None and office is None and aor == about["aor"]
        expected["the county, the office areas seated in it and what its area records without either"] += (
            n * (is_own or is_seated or blank)
        )
        expected["the county and its neighbours"] += n * (is_own or county in near)
        expected["the county, its neighbours and the office areas seated in the county"] += n * (
            is_own or is_seated or county in near
        )
        expected["what its area of responsibility records without another county"] += n * (
            aor == about["aor"] and county in (None, fips)
        )
        expected["its area of responsibility"] += n * (aor == about["aor"])
        expected["the state"] += n * (state == about["state"])
    found = {
        c.label: c
        for c in geography(
            Difference(counter, figure, "arrests", Query("arrests", (Spot("county", fips),), *FY17), 1.0)
        )
    }
    for label, value in expected.items():
        assert found[label].value == value, label
    both = "the counties nearest to its offices, with up to all that its area records without a place"
    assert found[both].low == found["the counties nearest to its offices, with their office areas"].value
    blank = inside.filter(
        pl.col("county_fips").is_null(), pl.col("office").is_null(), pl.col("aor") == about["aor"]
    )
    assert found[both].high == found[both].low + blank["n"].sum()
    # without an office of its own a county has no counties nearest to it
    bare = Query("arrests", (Spot("county", "48031"),), *FY17)
    labels = [c.label for c in geography(Difference(counter, figure, "arrests", bare, 1.0))]
    assert not [one for one in labels if "nearest" in one]
    state = Query("arrests", (Spot("state", "NJ"),), *FY17)
    offices = set(table("offices").filter(pl.col("state") == "NJ")["office"])
    n = sum(
        k for st, office, aor, k in inside.select("state", "office", "aor", "n").rows()
        if st == "NJ" or (st is None and (office in offices or aor == "NEW"))
    )  # fmt: skip
    of_state = {c.label: c.value for c in geography(Difference(counter, figure, "arrests", state, 1.0))}
    assert of_state["the state with the offices and areas of responsibility in it alone"] == n
    assert of_state["the area of responsibility NEW"] == _number(rows, *FY17, pl.col("aor") == "NEW")
    assert list(geography(Difference(counter, figure, "arrests", Query("arrests", US, *FY17), 1.0))) == []


def test_agreements_are_counted_on_the_day_and_about_it(counter: StoreCounter) -> None:
    for name in ("agreements_287g", "agencies_287g", "agreements_287g_jail"):
        query = Query(name, (Spot("nation", "US"),), D(2018, 6, 1), D(2018, 6, 1))
        surely, possibly, definition = agreements(name, query)
        assert 0 < surely <= possibly
        assert definition == f"{name.partition('_')[0]} surely in force on 2018-06-01"
        tried = _tried(counter, query, surely)
        assert (tried["agreements surely to possibly in force"].low, possibly) == (
            surely, tried["agreements surely to possibly in force"].high
        )  # fmt: skip
        around = [
            agreements(name, Query(name, query.spots, day, day))[:2]
            for day in (query.start + dt.timedelta(days=k) for k in (-31, -21, -14, -7, 0, 7, 14, 21, 31))
        ]
        month = tried["lists of the month before and after"]
        assert (month.low, month.high) == (min(a for a, _ in around), max(b for _, b in around))
        assert ("agencies" in tried) == name.startswith("agreements")
    texas = Query("agreements_287g", (Spot("state", "TX"),), D(2018, 6, 1), D(2018, 6, 1))
    harris = Query("agreements_287g", (Spot("county", "48201"),), D(2018, 6, 1), D(2018, 6, 1))
    assert agreements("agreements_287g", texas)[0] >= agreements("agreements_287g", harris)[0]
    with pytest.raises(QuestionError, match="for the nation, a state or a county"):
        agreements("agreements_287g", Query("x", (Spot("aor", "SNA"),), D(2018, 6, 1), D(2018, 6, 1)))


def test_older_workbooks_give_their_own_number_and_its_mean_a_day(counter: StoreCounter) -> None:
    """July 2024 by the agency's workbooks: 15,428 book-ins by CBP in that of 5 August, as TRAC read it."""
    days = (D(2024, 7, 1), D(2024, 7, 31))
    whole = _tried(counter, Query("book_ins_cbp", US, *days), 1.0)
    a_day = _tried(counter, Query("book_ins_cbp_a_day", US, *days), 1.0)
    label = "the agency's workbook of 2024-08-05"
    assert whole[label].value == 15_428
    assert a_day[label].value == pytest.approx(15_428 / 31)
    assert {c for c in whole if c.startswith("the agency's")} == {
        c for c in a_day if c.startswith("the agency's")
    }
    texas = _tried(counter, Query("book_ins_cbp", (Spot("state", "TX"),), *days), 1.0)
    assert not [c for c in texas if c.startswith("the agency's")]


class _Held:
    """A store of people held by facility and day."""

    def __init__(self, rows: list[tuple[Any, ...]], start: D, end: D) -> None:
        schema = {
            "date": pl.Date, "release_id": pl.String, "facility_code": pl.String, "population": pl.Int64,
            "population_at_midnight": pl.Int64,
        }  # fmt: skip
        self.frame = pl.DataFrame(rows, schema=schema, orient="row")
        self.span = SimpleNamespace(start=start, end=end)

    def coverage(self, name: str) -> list[Any]:
        return [self.span] if name == "facility_population" else []

    def tables(self) -> list[str]:
        return ["facility_population"]

    def scan(self, name: str) -> pl.LazyFrame:
        assert name == "facility_population"
        return self.frame.lazy()


def _held_store() -> tuple[StoreCounter, list[D], dict[D, int], dict[D, int]]:
    days = [D(2023, 9, 1) + dt.timedelta(days=k) for k in range(426)]
    rng = np.random.default_rng(3)
    rows, midnight, ever = [], {}, {}
    for day in days:
        a, b = (int(n) for n in rng.integers(10_000, 20_000, 2))
        rows += [(day, "new", "ADAMSMS", a + 500, a), (day, "new", "BTV", b + 300, b)]
        # an older release with a headcount alone, larger: the one that reports midnight counts
        rows.append((day, "old", "ADAMSMS", 99_999, None))
        midnight[day], ever[day] = a + b, a + b + 800
    return StoreCounter(_Held(rows, days[0], days[-1])), days, midnight, ever  # type: ignore[arg-type]


def test_people_held_are_a_mean_over_days_of_the_release_that_reports_midnight() -> None:
    counter, days, midnight, ever = _held_store()
    start, end = days[30], days[59]
    query = Query("detained", US, start, end)
    inside = [d for d in days if start <= d <= end]
    mean = sum(midnight[d] for d in inside) / 30
    found = counted(counter, "detained", query)
    assert found.value == pytest.approx(mean)
    assert found.definition == "people held at midnight, by facility and day"
    assert (
        held(counter, query, "population").definition
        == "people held at any time of the day, by facility and day"
    )
    tried = _tried(counter, query, found.value)
    both = tried["people held at midnight to people held at any time of the day"]
    assert both.low == pytest.approx(mean)
    assert both.high == pytest.approx(sum(ever[d] for d in inside) / 30)
    one = Query("detained", US, days[40], days[40])
    around = _tried(counter, one, 1.0)["days of two weeks before and after"]
    near = [midnight[d] for d in days[26:55]]
    assert (around.low, around.high) == (min(near), max(near))
    edge = _tried(counter, Query("detained", US, days[3], days[3]), 1.0)["days of two weeks before and after"]
    assert (edge.low, edge.high) == (min(midnight[d] for d in days[:18]), max(midnight[d] for d in days[:18]))
    # the agency's own means of months that both have
    books = table("detention_workbooks").filter(pl.col("measure") == "average_daily_population")
    ratios = {}
    for first, last, value, as_of in books.select("start", "end", "value", "as_of").sort("as_of").rows():
        is_month = first.day == 1 and (last + dt.timedelta(days=1)).day == 1 and (last - first).days < 31
        if is_month and last <= as_of and days[0] <= first and last <= days[-1]:
            of_month = [midnight[d] for d in days if first <= d <= last]
            ratios[first] = value / (sum(of_month) / len(of_month))
    nearest = sorted(ratios, key=lambda first: (abs((first - start).days), first))[:12]
    label = "people held, raised by as much as the agency's own means exceed these counts"
    assert (label in tried) == (len(nearest) >= 6)
    if label in tried:
        some = [ratios[first] for first in nearest]
        assert tried[label].low == pytest.approx(mean * min(some))
        assert tried[label].high == pytest.approx(mean * max(some))


def test_people_held_in_a_place_are_those_of_its_facilities() -> None:
    counter, days, _, _ = _held_store()
    frame = counter.store.scan("facility_population").collect()
    of = frame.filter(
        pl.col("facility_code") == "ADAMSMS", pl.col("release_id") == "new", pl.col("date") == days[5]
    )
    n = of["population_at_midnight"][0]
    for place in (Spot("facility", "ADAMSMS"), Spot("county", "28001"), Spot("state", "MS")):
        assert counted(counter, "detained", Query("detained", (place,), days[5], days[5])).value == n, place
    with pytest.raises(QuestionError, match="for the nation, a state, a county or a facility"):
        counted(counter, "detained", Query("detained", (Spot("aor", "NOL"),), days[5], days[5]))


def test_without_facility_counts_people_held_come_from_means_of_months(counter: StoreCounter) -> None:
    means = table("detention_monthly").filter(
        pl.col("measure") == "population_at_midnight", pl.col("place") == "US"
    ).sort("month")  # fmt: skip
    (first, a), (second, b) = means.select("month", "value").rows()[10:12]
    last = second.replace(day=28) + dt.timedelta(days=4)
    last = last.replace(day=1) - dt.timedelta(days=1)
    n_a, n_b = (second - first).days, last.day
    both = counted(counter, "detained", Query("detained", US, first, last))
    assert both.value == pytest.approx((a * n_a + b * n_b) / (n_a + n_b))
    assert both.slack == 0.01
    day = first + dt.timedelta(days=20)  # between the middles of two months
    share = 6 / (second + dt.timedelta(days=14) - first - dt.timedelta(days=14)).days
    one = counted(counter, "detained", Query("detained", US, day, day))
    assert one.value == pytest.approx(a + share * (b - a))
    assert one.slack == 0.03
    early = second + dt.timedelta(days=9)  # before the middle: with the month before
    share = (second + dt.timedelta(days=9) - first - dt.timedelta(days=14)).days / (second - first).days
    assert counted(counter, "detained", Query("detained", US, early, early)).value == pytest.approx(
        a + share * (b - a)
    )
    tried = _tried(counter, Query("detained", US, second, last), b)
    three = means.filter(pl.col("month").is_between(first, last + dt.timedelta(days=1)))["value"]
    around = tried["means of the months about it"]
    assert (around.low, around.high) == (three.min(), three.max())


@pytest.mark.parametrize(
    ("name", "n"),
    [("arrests_a_day", 365), ("arrests_a_week", 365 / 7), ("arrests_a_month", 12), ("arrests_a_year", 1)],
)
def test_means_are_over_the_days_weeks_months_or_years(
    rows: pl.DataFrame, counter: StoreCounter, name: str, n: float
) -> None:
    total = _number(rows, *FY17)
    found = counted(counter, name, Query(name, US, *FY17))
    assert found.value == pytest.approx(total / n)
    unit = name.rpartition("_")[2]
    assert found.definition == f"arrests of {n:,.10g} {unit}{'' if n == 1 else 's'}, {total:,.0f}, a {unit}"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("persons_fed", "no measure counts persons fed"),
        ("arests", "did you mean arrests"),
        ("removals_interior", "no arresting agency"),
        ("removals_of_mexicans", "no citizenship"),
        ("arrests_increase", "atlarge check reads them"),
        ("share_nothing", "no measure counts nothing"),
        ("at_large/nothing", "no measure counts nothing"),
        ("share_arrests", "a percentage of what"),
        ("counties_with_nothing", "no measure counts nothing"),
        ("nothing_a_day", "no measure counts nothing"),
    ],
)
def test_what_no_measure_counts_is_refused_with_the_reason(
    counter: StoreCounter, name: str, why: str
) -> None:
    with pytest.raises(QuestionError, match=why):
        counted(counter, name, Query(name, US, *FY17))


def test_counts_of_facilities_and_of_days_without_records_are_refused(counter: StoreCounter) -> None:
    with pytest.raises(QuestionError, match="not counted by facility"):
        counted(counter, "arrests", Query("arrests", (Spot("facility", "ADAMSMS"),), *FY17))
    with pytest.raises(CoverageError):
        counted(counter, "arrests", Query("arrests", US, D(2030, 8, 20), D(2030, 9, 20)))
    nowhere = Query("x", (Spot("county", "23003"),), *FY17)
    with pytest.raises(QuestionError, match="no program_287g to take a share of"):
        counted(counter, "at_large/program_287g", nowhere)


def test_populations_are_sums_of_their_counties(counter: StoreCounter) -> None:
    counties = table("counties")
    for place, column, code in (
        (US[0], None, None), (Spot("state", "TX"), "state", "TX"), (Spot("county", "48453"), "fips", "48453"),
        (Spot("aor", "SNA"), "aor", "SNA"),
    ):  # fmt: skip
        rows = counties if column is None else counties.filter(pl.col(column) == code)
        total = sum(n for n in rows["population_2017"].to_list() if n is not None)
        found = counted(
            counter, "population", Query("population", (place,), *(D(2017, 1, 1), D(2017, 12, 31)))
        )
        assert found.value == total
        assert found.definition == "population of 2017"
    both = Query("population", (Spot("state", "TX"), Spot("state", "OK")), D(2017, 1, 1), D(2017, 12, 31))
    assert counted(counter, "population", both).value == sum(
        counties.filter(pl.col("state").is_in(["TX", "OK"]))["population_2017"].drop_nulls().to_list()
    )
    for place, year in ((Spot("office", "AUS"), 2017), (US[0], 2031)):
        with pytest.raises(CoverageError, match="2010 to 2019"):
            counted(counter, "population", Query("population", (place,), D(year, 1, 1), D(year, 12, 31)))
    row = table("county_foreign_born").filter(pl.col("foreign_born").is_not_null()).row(0, named=True)
    query = Query(
        "foreign_born", (Spot("county", row["fips"]),), D(row["last_year"], 1, 1), D(row["last_year"], 12, 31)
    )
    assert counted(counter, "foreign_born", query).value == row["foreign_born"]
    with pytest.raises(CoverageError, match="no noncitizen population of 48453 in 1901"):
        counted(
            counter,
            "noncitizen",
            Query("noncitizen", (Spot("county", "48453"),), D(1901, 1, 1), D(1901, 12, 31)),
        )


def test_modelled_estimates_have_the_room_of_their_interval() -> None:
    row = table("unauthorized_modelled").filter(pl.col("place_kind") == "county").row(5, named=True)
    figure = Figure("x", "unauthorized", row["place"], D(row["year"], 1, 1), D(row["year"], 12, 31), 1.0)
    found = unauthorized(figure)
    assert found.value == row["estimate"]
    wider = max(row["high"] - row["estimate"], row["estimate"] - row["low"]) / row["estimate"]
    assert found.slack == pytest.approx(wider)
    metro = table("pew_metros").row(0, named=True)
    days = (D(metro["year"], 1, 1), D(metro["year"], 12, 31))
    assert (
        unauthorized(Figure("x", "unauthorized", f" {metro['place'].upper()} ", *days, 1.0)).value
        == metro["estimate"]
    )
    with pytest.raises(CoverageError, match="no estimate of the unauthorized"):
        unauthorized(Figure("x", "unauthorized", "Travis County, TX", D(1950, 1, 1), D(1950, 12, 31), 1.0))


def test_first_counts_that_came_out_soon_are_kept_with_their_shortfall(counter: StoreCounter) -> None:
    found = first_counts(counter)
    shipped = table("published_figures").filter(pl.col("published_on").is_not_null())
    soon = shipped.filter((pl.col("published_on") - pl.col("end")).dt.total_days().is_between(0, 480))
    assert set(found) <= set(soon["id"])
    for key, (spots, kind, short) in found.items():
        assert 0 <= short < 0.1, key
        value = shipped.filter(pl.col("id") == key)["value"][0]
        if kind == "arrests" and len(spots[0]) == 1 and spots[0][0].level == "nation":
            row = shipped.filter(pl.col("id") == key).row(0, named=True)
            if row["measure"] == "arrests":
                ours = counter.count(Query("arrests", spots[0], row["start"], row["end"]))
                assert short == pytest.approx(1 - value / ours)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Harris and Travis counties, Texas", ["48201", "48453"]),
        ("Harris, Travis and Bexar counties, Texas", ["48201", "48453", "48029"]),
        ("Harris County and Travis County, TX", ["48201", "48453"]),
        ("TX + OK", ["TX", "OK"]),
        ("TX; OK; NM", ["TX", "OK", "NM"]),
        ("Dallas AOR & Houston AOR", ["DAL", "HOU"]),
        ("office:AUS", ["AUS"]),
        ("aor: SNA", ["SNA"]),
    ],
)
def test_several_places_in_a_cell(text: str, codes: list[str]) -> None:
    assert [one.code for one in places(text)] == codes


@pytest.mark.parametrize("text", ["Harris County, TX + Harris County, TX", "TX;TX", "SNA + San Antonio"])
def test_a_place_named_twice_is_refused(text: str) -> None:
    with pytest.raises(PlaceError, match="names one place twice"):
        places(text)


def test_a_facility_is_known_by_its_code_or_name() -> None:
    row = table("facilities").filter(pl.col("code").is_not_null()).row(7, named=True)
    assert (
        spot(row["name"], "facility")
        == spot(f"facility:{row['code'].lower()}")
        == Spot("facility", row["code"])
    )
    assert spot(row["code"]).code == row["code"]
    with pytest.raises(PlaceError):
        spot("NOSUCHCODE")
