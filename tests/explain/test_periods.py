"""Months around a policy: nothing half before and half after, and clear refusals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.errors import CoverageError, QuestionError
from atlarge.explain.periods import add_months, months_of
from atlarge.explain.policies import Policy, find_policy, from_date

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2019, 9, 1)


def _policy(**changes: object) -> Policy:
    return replace(from_date(dt.date(2017, 2, 21), "48201", "Harris County, TX"), **changes)  # type: ignore[arg-type]


def test_months_keep_the_day_and_shorten_where_there_is_none() -> None:
    assert add_months(dt.date(2017, 1, 31), 1) == dt.date(2017, 2, 28)
    assert add_months(dt.date(2017, 1, 31), -11) == dt.date(2016, 2, 29)


@settings(max_examples=60, deadline=None)
@given(st.dates(dt.date(2016, 5, 1), dt.date(2019, 6, 1)), st.integers(10, 900))
def test_periods_tile_the_time_and_none_straddles_the_day(day: dt.date, life: int) -> None:
    policy = _policy(effective=day, latest=day, ended=day + dt.timedelta(days=life))
    months = months_of(policy, FIRST, LAST)
    assert all(a == b for a, b in zip(months.stop, months.start[1:], strict=False))
    assert sum(months.days) == (months.stop[-1] - months.start[0]).days
    for k, (start, stop) in enumerate(zip(months.start, months.stop, strict=True)):
        assert not start < day < stop
        assert int(months.pre[k]) + int(months.between[k]) + int(months.life[k]) + int(months.after[k]) == 1
    first, last = months.bounds(months.life)
    assert first == day
    assert last == min(policy.ended, LAST + dt.timedelta(days=1), add_months(day, 36)) - dt.timedelta(days=1)  # type: ignore[type-var, operator]


def test_days_between_announcement_and_effect_are_neither_before_nor_after() -> None:
    months = months_of(find_policy("travis-tx-2017"), FIRST, LAST)
    between = [str(months.start[k]) for k in range(len(months.start)) if months.between[k]]
    assert between == ["2017-01-01"]
    assert months.bounds(months.pre) == (dt.date(2015, 10, 1), dt.date(2016, 12, 31))
    assert months.bounds(months.life) == (dt.date(2017, 2, 1), dt.date(2017, 9, 24))
    assert months.bounds(months.span("month")) == (dt.date(2017, 2, 1), dt.date(2017, 2, 28))
    assert months.bounds(months.span("rest"))[0] == dt.date(2017, 3, 1)
    assert not months.is_cut


def test_a_policy_known_to_the_month_leaves_that_month_out() -> None:
    months = months_of(find_policy("ithaca-ny-2017"), FIRST, LAST)
    assert months.bounds(months.life)[0] == dt.date(2017, 3, 1)
    assert months.bounds(months.pre)[1] == dt.date(2017, 1, 31)


def test_too_short_a_past_and_days_outside_the_records_are_refused_with_what_is_needed() -> None:
    with pytest.raises(QuestionError, match=r"only 3 whole months.*records from 2015-07-04 on"):
        months_of(find_policy("philadelphia-pa-2016"), FIRST, LAST)
    with pytest.raises(CoverageError, match="before the records begin"):
        months_of(find_policy("washington-or-2014"), FIRST, LAST)
    with pytest.raises(CoverageError, match=r"after the records end.*2020-01-01 would be needed"):
        months_of(_policy(effective=dt.date(2019, 10, 1), latest=dt.date(2019, 10, 1)), FIRST, LAST)
    with pytest.raises(CoverageError, match="less than a week"):
        months_of(_policy(effective=dt.date(2019, 8, 30), latest=dt.date(2019, 8, 30)), FIRST, LAST)
