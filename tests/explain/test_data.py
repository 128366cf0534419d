"""Daily counts summed over any months, and localities that count no record twice."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.explain.data import Daily, daily, localities
from atlarge.panel import panel
from atlarge.records.store import open_store

DAY = dt.date(2016, 1, 1)


def _made(seed: int, units: int = 4, days: int = 200) -> Daily:
    values = np.random.default_rng(seed).poisson(2.0, (units, days)).astype(np.float32)
    return Daily(values, tuple(f"4800{k}" for k in range(units)), DAY)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 190), st.integers(1, 60), st.booleans())
def test_sums_are_the_sums_of_days(seed: int, start: int, length: int, has_hole: bool) -> None:
    counts = _made(seed)
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
    values, firsts = _made(0).calendar()
    assert firsts[0] == dt.date(2016, 1, 1)
    assert firsts[-1] == dt.date(2016, 6, 1)  # July has days without records
    assert values.shape == (4, 6)


def test_daily_counts_are_those_of_the_panel() -> None:
    store = open_store(None)
    counts = daily(store, "aor")["at_large"]
    made = panel(store, by="aor", every="month", measures=["at_large"])
    expected, places, periods = made.matrix("at_large", whole=True)
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
