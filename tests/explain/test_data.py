"""Daily counts summed over any months, and localities that count no record twice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hand_facts import steady
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.errors import QuestionError
from atlarge.explain.daily import Daily, Sparse
from atlarge.explain.data import daily, localities
from atlarge.panel import panel
from atlarge.records.store import open_store
from simulated_files import Span, counted_store

DAY = dt.date(2016, 1, 1)


def _drawn(seed: int, units: int = 4, days: int = 200) -> Daily:
    values = np.random.default_rng(seed).poisson(2.0, (units, days)).astype(np.float32)
    return Daily(values, tuple(f"4800{k}" for k in range(units)), DAY)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 190), st.integers(1, 60), st.booleans())
def test_sums_are_the_sums_of_days(seed: int, start: int, length: int, has_hole: bool) -> None:
    counts = _drawn(seed)
    if has_hole:
        counts.values[1, 100] = np.nan
    first, last = DAY + dt.timedelta(days=start), DAY + dt.timedelta(days=start + length)
    found = counts.sums([first], [last])[:, 0]
    if start + length > 200:
        assert np.isnan(found).all()
        return
    days = counts.values[:, start : start + length].astype(float)
    expected = days.sum(1)
    np.testing.assert_array_equal(found, expected)  # whole counts: exact, and NaN where a day is missing


def test_calendar_months_are_whole_ones_only() -> None:
    values, firsts = _drawn(0).calendar()
    assert firsts[0] == dt.date(2016, 1, 1)
    assert firsts[-1] == dt.date(2016, 6, 1)  # July has days without records
    assert values.shape == (4, 6)


def test_daily_counts_are_those_of_the_panel() -> None:
    store = open_store(None)
    counts = daily(store, "aor")["at_large"]
    counted = panel(store, by="aor", every="month", measures=["at_large"])
    expected, places, periods = counted.matrix("at_large", whole=True)
    found, firsts = counts.calendar()
    rows = [places.index(key) for key in counts.keys]
    columns = [periods.index(day) for day in firsts]
    np.testing.assert_array_equal(found, expected[np.ix_(rows, columns)])


def test_localities_count_every_record_of_the_target_once_and_none_of_it_elsewhere() -> None:
    store = open_store(None)
    county, office = daily(store, "county"), daily(store, "office")
    joined = localities(county, office, ("48453", "AUS"))["at_large"]
    own = county["at_large"].values[county["at_large"].keys.index("48453")].sum()
    near = office["at_large"].values[office["at_large"].keys.index("AUS")].sum()
    assert joined.both.values[0].sum() == own + near
    assert joined.county.values[0].sum() == own
    others = [key for key in joined.both.keys[1:] if "48453" in key.split("+") or "AUS" in key.split("+")]
    assert others == []


def test_a_county_has_the_offices_seated_in_it_and_units_of_few_records_are_left_out() -> None:
    """Real codes: AUS sits in Travis, SNA in Bexar, HOU in Harris County; HDF is no office."""
    county = steady({"48453": 2.0, "48113": 3.0, "37119": 0.0})
    office = steady({"AUS": 5.0, "HDF": 9.0, "HOU": 7.0})
    few = np.zeros_like(county.values)
    few[2, :11] = 1.0
    counts = {"at_large": county, "handoffs": Daily(few, county.keys, county.first)}
    offices = {"at_large": office, "handoffs": Daily(np.zeros_like(office.values), office.keys, office.first)}
    joined = localities(counts, offices)
    assert list(joined) == ["at_large", "handoffs"]
    one = joined["at_large"]
    assert one.both.keys == ("48113", "48201+HOU", "48453+AUS")  # 37119 has eleven records
    assert one.both.values[:, 0].tolist() == [3.0, 7.0, 7.0]
    assert one.county.values[:, 0].tolist() == [3.0, 0.0, 2.0]
    assert one.around.values[:, 0].tolist() == [0.0, 7.0, 5.0]
    assert joined["handoffs"].both.keys == one.both.keys
    few[2, 11] = 1.0
    counts["handoffs"] = Daily(few, county.keys, county.first)
    assert "37119" in localities(counts, offices)["at_large"].both.keys  # twelve
    assert one.both.first == county.first


def test_a_target_comes_first_and_takes_its_county_and_office_from_the_others() -> None:
    county = {"at_large": steady({"48453": 2.0, "48491": 3.0, "48029": 1.0})}
    office = {"at_large": steady({"AUS": 5.0, "SNA": 7.0})}
    found = localities(county, office, ("48491", "AUS"))["at_large"]
    assert found.both.keys == ("48491+AUS", "48029+SNA")  # Travis County shares the target's office
    assert found.both.values[:, 0].tolist() == [8.0, 8.0]
    quiet = localities({"at_large": steady({"48029": 1.0})}, office, ("48491", "ETX"))["at_large"]
    assert quiet.both.keys == ("48491+ETX", "48029+SNA", "48453+AUS")  # kept, though it has no record
    assert quiet.both.values[:, 0].tolist() == [0.0, 8.0, 5.0]


def test_days_that_no_release_covers_are_missing_in_every_unit() -> None:
    county, office = steady({"48113": 1.0}), steady({"AUS": 1.0})
    county.values[:, 5], office.values[:, 5] = np.nan, np.nan
    found = localities({"m": county}, {"m": office})["m"]
    assert np.isnan(found.both.values[:, 5]).all()
    assert np.isfinite(np.delete(found.both.values, 5, axis=1)).all()
    none = Daily(np.zeros((0, 1432), dtype=np.float32), (), county.first)
    alone = localities({"m": none}, {"m": office})["m"]
    assert alone.both.keys == ("48453+AUS",)
    assert np.flatnonzero(np.isnan(alone.both.values[0])).tolist() == [5]
    assert np.flatnonzero(np.isnan(alone.county.values[0])).tolist() == [5]


def test_counts_are_laid_on_the_days_and_places_that_releases_cover(tmp_path: Path) -> None:
    """Five days of the nation, a day that no release covers, then two days of one area alone; from 21 July
    2025 handoffs cannot be told from other custodial arrests."""
    day, nan = dt.timedelta(days=1), np.nan
    begin = dt.date(2025, 7, 14)
    rows = pl.DataFrame(
        [
            (begin, "SNA", "Located", 3),
            (begin, "SNA", "CAP Local Incarceration", 1),
            (begin + 4 * day, "HOU", "Located", 4),
            (begin + 6 * day, "SNA", "287(g) Program", 2),
            (begin + 7 * day, "SNA", "Located", 5),
            (begin + 7 * day, "SNA", "287(g) Program", 2),
        ],
        schema=["date", "aor", "method", "n"],
        orient="row",
    )
    spans = (
        Span("a", begin, begin + 4 * day),
        Span("b", begin + 6 * day, begin + 7 * day, "aor:SNA"),
    )
    found = daily(open_store(counted_store(tmp_path / "store", rows, *spans)), "aor")
    large, handoffs = found["at_large"], found["handoffs"]
    assert (large.keys, large.first, large.last) == (("HOU", "SNA"), begin, begin + 7 * day)
    np.testing.assert_array_equal(large.values, [[0, 0, 0, 0, 4, nan, nan, nan], [3, 0, 0, 0, 0, nan, 0, 5]])
    np.testing.assert_array_equal(
        handoffs.values, [[0, 0, 0, 0, 0, nan, nan, nan], [1, 0, 0, 0, 0, nan, 2, nan]]
    )


def test_records_without_a_whole_month_have_no_calendar() -> None:
    short = Daily(np.ones((1, 29), dtype=np.float32), ("a",), dt.date(2016, 1, 2))
    with pytest.raises(QuestionError, match="no whole month"):
        short.calendar()
    whole = Daily(np.ones((1, 31), dtype=np.float32), ("a",), dt.date(2016, 12, 1))
    values, firsts = whole.calendar()
    assert (values.tolist(), firsts) == ([[31.0]], [dt.date(2016, 12, 1)])
    less = Daily(np.ones((1, 30), dtype=np.float32), ("a",), dt.date(2016, 12, 1))
    with pytest.raises(QuestionError, match="no whole month"):
        less.calendar()


def test_days_before_the_records_are_not_covered() -> None:
    counts = _drawn(3)
    found = counts.sums([DAY - dt.timedelta(days=1), DAY], [DAY, DAY + dt.timedelta(days=200)])
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_array_equal(found[:, 1], counts.values.sum(1))
    assert (counts.row("48001"), counts.row("48009")) == (1, None)


def test_sparse_counts_are_those_of_an_array() -> None:
    rng = np.random.default_rng(8)
    dense = rng.poisson(0.05, (7, 400)).astype(np.float32)
    row, day = np.nonzero(dense)
    first = dt.date(2016, 1, 1)
    keys = tuple("abcdefg")
    mixed = rng.permutation(len(row))
    counts = Sparse(keys, first, 400, row[mixed], day[mixed], dense[row, day][mixed])
    plain = Daily(dense, keys, first)
    assert (counts.totals == dense.sum(1)).all()
    assert (counts.of_rows([4, 1, 1]) == dense[[4, 1, 1]]).all()
    assert (counts.of_rows(2) == dense[2]).all()
    months = [dt.date(2016, m, 1) for m in range(2, 13)]
    for start, stop in (
        (months[:-1], months[1:]),
        (months[:-2], months[2:]),  # overlapping
        ([months[0], months[4]], [months[1], months[4]]),  # with a gap, and an empty one
        ([dt.date(2015, 12, 1)], [dt.date(2016, 2, 1)]),  # begins before the records
    ):
        assert np.array_equal(counts.sums(start, stop), plain.sums(start, stop), equal_nan=True)
    both = counts.plus(plain)
    assert (both.values == 2 * dense).all()
    assert (both.totals == 2 * dense.sum(1)).all()
    assert np.array_equal(counts.capped.values, plain.capped.values)
