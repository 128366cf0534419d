"""Changes of level found without a date, the one that is named first, and falls that are relabelling."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hand_facts import COUNTY, FIRST, LAST, steady

from atlarge.explain.changes import Change, changes_in, nearest, relabelled, strip_of
from atlarge.explain.daily import Daily

ONE_DAY = dt.timedelta(days=1)
DAYS = 1432


def _day(date: dt.date) -> int:
    return (date - FIRST).days


def test_a_step_is_found_to_the_week_and_a_flat_series_has_none() -> None:
    rng = np.random.default_rng(3)
    level = np.where(np.arange(DAYS) < _day(dt.date(2016, 10, 20)), 1.7, 0.6)
    level = np.where(np.arange(DAYS) >= _day(dt.date(2017, 10, 2)), 1.7, level)
    values = rng.poisson(np.vstack([level, np.full(DAYS, 1.7)])).astype(np.float32)
    counts = Daily(values, ("jail", "flat"), FIRST)
    found = changes_in(counts, "jail")
    assert len(found) == 2
    assert abs((found[0].date - dt.date(2016, 10, 20)).days) <= 14  # two weeks of chance
    assert found[0].low <= dt.date(2016, 10, 27)
    assert found[0].after < found[0].before
    assert abs((found[1].date - dt.date(2017, 10, 2)).days) <= 14
    assert changes_in(counts, "flat") == []


def test_a_series_too_short_for_changes_has_none() -> None:
    short = Daily(np.ones((1, 70), dtype=np.float32), ("a",), dt.date(2016, 1, 1))
    assert changes_in(short, "a") == []
    assert changes_in(short, "b") == []


def test_a_sparse_series_is_dated_to_the_month_and_a_full_one_to_the_week() -> None:
    """Nine a month then one are too few for weeks; ninety then ten are not. No chance in either."""
    turn = dt.date(2017, 3, 1)
    values = np.zeros((2, 1432), dtype=np.float32)
    before = (turn - FIRST).days
    values[0, 1:before:10] = 2.0
    values[0, before + 3 :: 30] = 1.0
    values[1, :before], values[1, before:] = 3.0, 1.0
    counts = Daily(values, ("few", "many"), FIRST)
    (few,) = changes_in(counts, "few")
    assert (few.date, few.date.day) == (turn, 1)
    assert few.before == pytest.approx(2 * 52 / 17, abs=0.5)
    assert few.low <= few.date <= few.high
    assert few.after == pytest.approx(1.0, abs=0.1)
    (many,) = changes_in(counts, "many")
    assert abs((many.date - turn).days) <= 6
    assert ((many.date - FIRST).days % 7, many.p < 0.05) == (0, True)
    assert (many.before, many.after) == (pytest.approx(3 * 30.4, rel=0.01), pytest.approx(30.4, rel=0.01))


def _change(day: dt.date, before: float, after: float) -> Change:
    return Change(day, day, day, before, after, 0.01)


def test_the_change_named_first_is_the_largest_from_a_year_before_to_the_end() -> None:
    day, end = dt.date(2017, 3, 10), dt.date(2018, 9, 10)
    early, first = day - dt.timedelta(days=367), day - dt.timedelta(days=366)
    largest, small = _change(first, 50.0, 10.0), _change(day, 10.0, 30.0)
    assert nearest([small, largest], day, end) == largest
    assert nearest([_change(early, 90.0, 1.0), small, _change(end, 90.0, 1.0)], day, end) == small
    last = _change(end - ONE_DAY, 30.0, 55.0)
    assert nearest([small, last], day, end) == last  # a rise counts as a fall does
    assert nearest([_change(early, 90.0, 1.0)], day, end) is None


def test_a_strip_names_the_change_or_the_level_up_to_the_policys_end() -> None:
    """Sixty a month, thirty from March 2017 on: the strip has the change that is found without any date."""
    turned = dt.date(2017, 3, 1)
    counts = steady({"48453": (2.0, 1.0), "48029": 2.0}, turned)
    day, end, shown = dt.date(2017, 3, 10), dt.date(2018, 1, 1), dt.date(2019, 1, 1)
    strip = strip_of(counts, "48453", COUNTY, "handoffs", day, end, shown)
    (found,) = changes_in(counts, "48453")
    assert strip is not None
    assert strip.date is not None
    assert abs((strip.date - turned).days) <= 6
    assert (strip.date, strip.low, strip.high, strip.p) == (found.date, found.low, found.high, found.p)
    months_before, months_after = 17, 30  # October 2015 to February 2017; March 2017 to August 2019
    assert strip.before == pytest.approx(2 * (turned - FIRST).days / months_before)
    assert strip.after == pytest.approx((dt.date(2019, 9, 1) - turned).days / months_after)
    assert strip.changes == [found.to_dict()]
    assert (strip.period[0], strip.period[-1]) == (dt.date(2015, 10, 1), dt.date(2018, 12, 1))
    assert (strip.value[0], strip.value[-1]) == (62.0, 31.0)
    assert (strip.label, strip.area, strip.measure) == ("Jail handoffs", COUNTY, "handoffs")
    flat = strip_of(counts, "48029", COUNTY, "handoffs", day, end, shown)
    assert flat is not None
    assert (flat.date, flat.low, flat.high, flat.after, flat.p) == (None, None, None, None, None)
    assert flat.before == pytest.approx(2 * (end - FIRST).days / 27)  # 27 months before the end
    assert flat.changes == []
    later = strip_of(counts, "48453", COUNTY, "handoffs", dt.date(2018, 6, 1), dt.date(2019, 1, 1), shown)
    assert later is not None
    assert (later.date, len(later.changes)) == (None, 1)  # more than a year before that policy
    assert strip_of(counts, "none", COUNTY, "handoffs", day, end, shown) is None


def test_a_change_prints_its_days_and_rounded_numbers() -> None:
    day = dt.date(2017, 3, 1)
    assert Change(day, day - ONE_DAY, day + ONE_DAY, 60.456, 30.123, 0.012345).to_dict() == {
        "date": "2017-03-01", "low": "2017-02-28", "high": "2017-03-02", "before": 60.46, "after": 30.12,
        "p": 0.0123,
    }  # fmt: skip


def test_relabelled_handoffs_are_recognised() -> None:
    rng = np.random.default_rng(5)
    day = _day(dt.date(2016, 11, 1))
    jail = rng.poisson(np.where(np.arange(DAYS) < day, 1.7, 0.6))
    moved = rng.poisson(np.where(np.arange(DAYS) < day, 0.3, 1.4))
    apart = rng.poisson(np.full(DAYS, 0.3))
    own = Daily(np.array([jail, jail], dtype=np.float32), ("a", "b"), FIRST)
    around = Daily(np.array([moved, apart], dtype=np.float32), ("a", "b"), FIRST)
    since, until = dt.date(2016, 11, 1), dt.date(2017, 9, 25)
    assert relabelled(own, around, "a", since, until).verdict == "fits"
    assert relabelled(own, around, "b", since, until).verdict == "does not fit"


def test_relabelling_compares_monthly_means_before_and_from_the_change() -> None:
    since, until = dt.date(2016, 11, 20), dt.date(2017, 9, 25)
    jail = steady({"48453": (3.0, 1.0)}, dt.date(2016, 11, 1))
    around = steady({"48453": (1.0, 2.0)}, dt.date(2016, 11, 1))
    found = relabelled(jail, around, "48453", since, until)
    # 13 months of 396 days before; from November to September, eleven of 334
    assert found.jail.value == pytest.approx(334 / 11 - 3 * 397 / 13, abs=0.3)
    assert found.around.value == pytest.approx(2 * 334 / 11 - 397 / 13, abs=0.3)
    spread = (3 * 397 / 13 / 13 + 334 / 11 / 11) ** 0.5  # no less than that of counts
    assert found.jail.high is not None
    assert found.jail.low is not None
    assert found.jail.high - found.jail.low == pytest.approx(2 * 1.645 * spread, rel=0.02)
    assert (found.verdict, found.since) == ("fits", since)
    printed = found.to_dict()
    assert (printed["verdict"], printed["since"]) == ("fits", "2016-11-20")
    assert printed["jail_change"]["value"] == pytest.approx(found.jail.value, abs=0.006)
    assert printed["general_area_change"]["value"] == pytest.approx(found.around.value, abs=0.006)


def test_relabelling_needs_three_months_before_and_two_after() -> None:
    jail = steady({"48453": 3.0})
    for since, until, is_known in [
        (dt.date(2015, 12, 31), dt.date(2017, 1, 1), False),  # October and November before
        (dt.date(2016, 1, 1), dt.date(2017, 1, 1), True),
        (dt.date(2016, 6, 10), dt.date(2016, 7, 1), False),  # June alone
        (dt.date(2016, 6, 10), dt.date(2016, 7, 2), True),
    ]:
        found = relabelled(jail, jail, "48453", since, until)
        assert (found.jail.value is not None) == (found.around.value is not None) == is_known
        assert found.verdict == ("does not fit" if is_known else "cannot be told")
    assert relabelled(jail, None, "48453", dt.date(2016, 6, 1), LAST).verdict == "cannot be told"
    assert relabelled(jail, jail, "none", dt.date(2016, 6, 1), LAST).verdict == "cannot be told"
