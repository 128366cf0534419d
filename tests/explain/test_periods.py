"""Months around a policy: nothing half before and half after, and clear refusals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.calendar import add_months
from atlarge.errors import CoverageError, QuestionError
from atlarge.explain.periods import months_of
from atlarge.policies import Policy, find_policy, from_date

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
        assert (
            int(months.pre[k]) + int(months.between[k]) + int(months.in_force[k]) + int(months.after[k]) == 1
        )
    back = int((np.array(months.stop) <= day).sum())
    assert list(months.offset) == list(range(-back, len(months.start) - back))  # no month is left out
    first, last = months.bounds(months.in_force)
    assert first == day
    assert last == min(policy.ended, LAST + dt.timedelta(days=1), add_months(day, 36)) - dt.timedelta(days=1)  # type: ignore[type-var, operator]


def test_days_between_announcement_and_effect_are_neither_before_nor_after() -> None:
    months = months_of(find_policy("travis-tx-2017"), FIRST, LAST)
    between = [str(months.start[k]) for k in range(len(months.start)) if months.between[k]]
    assert between == ["2017-01-01"]
    assert months.bounds(months.pre) == (dt.date(2015, 10, 1), dt.date(2016, 12, 31))
    assert months.bounds(months.in_force) == (dt.date(2017, 2, 1), dt.date(2017, 9, 24))
    assert months.bounds(months.span("month")) == (dt.date(2017, 2, 1), dt.date(2017, 2, 28))
    assert months.bounds(months.span("rest"))[0] == dt.date(2017, 3, 1)
    assert not months.is_cut


def test_a_policy_known_to_the_month_leaves_that_month_out() -> None:
    months = months_of(find_policy("ithaca-ny-2017"), FIRST, LAST)
    assert months.bounds(months.in_force)[0] == dt.date(2017, 3, 1)
    assert months.bounds(months.pre)[1] == dt.date(2017, 1, 31)


def test_too_short_a_past_and_days_outside_the_records_are_refused_with_what_is_needed() -> None:
    with pytest.raises(QuestionError, match=r"only 3 whole months.*records from 2015-07-04 on"):
        months_of(find_policy("philadelphia-pa-2016"), FIRST, LAST)
    with pytest.raises(CoverageError, match=r"\d, when it was surely in force, is before the records begin"):
        months_of(find_policy("multnomah-or-2014"), FIRST, LAST)  # known to the month
    with pytest.raises(CoverageError, match=r": 2014-01-01 is before the records begin"):
        months_of(find_policy("california-trust-act-2014"), FIRST, LAST)
    with pytest.raises(CoverageError, match=r"after the records end.*2020-01-01 would be needed"):
        months_of(_policy(effective=dt.date(2019, 10, 1), latest=dt.date(2019, 10, 1)), FIRST, LAST)
    with pytest.raises(CoverageError, match="less than a week"):
        months_of(_policy(effective=dt.date(2019, 8, 30), latest=dt.date(2019, 8, 30)), FIRST, LAST)


def _ended(days: int) -> list[int]:
    """Lengths of the periods of a policy that ended so many days after the 21st of a month."""
    day = dt.date(2017, 2, 21)
    months = months_of(_policy(effective=day, latest=day, ended=day + dt.timedelta(days=days)), FIRST, LAST)
    return [d for d, is_life in zip(months.days, months.in_force, strict=True) if is_life]


def test_a_last_piece_of_less_than_a_week_is_added_to_the_month_before() -> None:
    assert _ended(28) == [28]
    assert _ended(28 + 6) == [34]
    assert _ended(28 + 7) == [28, 7]
    assert _ended(28 + 31) == [28, 31]
    assert _ended(28 + 31 + 1) == [28, 32]
    assert _ended(3) == [3]  # the only one stays as it is


def test_the_month_after_a_piece_that_was_added_takes_its_number() -> None:
    day = dt.date(2017, 2, 21)
    months = months_of(_policy(effective=day, latest=day, ended=dt.date(2017, 3, 27)), FIRST, LAST)
    assert [m for m, is_life in zip(months.offset, months.in_force, strict=True) if is_life] == [0]
    assert [m for m, is_after in zip(months.offset, months.after, strict=True) if is_after] == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]


def test_the_months_after_a_policy_are_six_and_whole_and_counted_on() -> None:
    day = dt.date(2017, 2, 21)
    months = months_of(_policy(effective=day, latest=day, ended=dt.date(2017, 5, 30)), FIRST, LAST)
    after = [k for k in range(len(months.start)) if months.after[k]]
    assert [str(months.start[k]) for k in after] == [f"2017-{m:02d}-30" for m in range(5, 11)]
    assert str(months.stop[-1]) == "2017-11-30"
    assert [months.offset[k] for k in after] == list(range(4, 10))  # four of life, the last of nine days
    assert months.offset[0] == -int(months.pre.sum())
    # the records end within the second month after
    short = months_of(_policy(effective=day, latest=day, ended=dt.date(2019, 7, 10)), FIRST, LAST)
    assert [str(short.start[k]) for k in range(len(short.start)) if short.after[k]] == ["2019-07-10"]
    edge = months_of(_policy(effective=day, latest=day, ended=dt.date(2019, 8, 2)), FIRST, LAST)
    assert str(edge.stop[-1]) == "2019-09-02"  # its one month after ends on the last day of the records
    over = months_of(_policy(effective=day, latest=day, ended=dt.date(2019, 8, 3)), FIRST, LAST)
    assert not over.after.any()  # its first month after would end a day later


def test_spans_are_the_first_the_first_three_and_what_follows_the_first() -> None:
    months = months_of(_policy(ended=dt.date(2017, 8, 21)), FIRST, LAST)
    assert [int(months.span(name).sum()) for name in ("month", "quarter", "rest", "policy")] == [1, 3, 5, 6]
    assert months.bounds(months.span("quarter")) == (dt.date(2017, 2, 21), dt.date(2017, 5, 20))


def test_a_policy_is_followed_three_years_and_looked_at_four_years_back() -> None:
    early = dt.date(2010, 1, 1)
    months = months_of(_policy(), early, LAST)
    assert (months.start[0], int(months.pre.sum())) == (dt.date(2013, 2, 21), 48)
    assert (months.policy_end, months.is_cut) == (dt.date(2019, 9, 2), True)  # the records end
    day = dt.date(2014, 3, 5)
    long = months_of(_policy(effective=day, latest=day), early, LAST)
    assert (long.policy_end, int(long.in_force.sum()), long.is_cut) == (dt.date(2017, 3, 5), 36, True)
    known = months_of(_policy(effective=day, latest=day, ended=dt.date(2017, 3, 5)), early, LAST)
    assert (known.policy_end, known.is_cut) == (dt.date(2017, 3, 5), False)
    later = months_of(_policy(effective=day, latest=day, ended=dt.date(2017, 3, 6)), early, LAST)
    assert later.is_cut


def test_six_months_before_are_enough_and_a_week_of_life_is() -> None:
    day = dt.date(2016, 4, 1)
    assert int(months_of(_policy(effective=day, latest=day), FIRST, LAST).pre.sum()) == 6
    late = day - dt.timedelta(days=1)
    with pytest.raises(QuestionError, match=r"only 5 whole months.*records from 2015-09-30 on"):
        months_of(_policy(effective=late, latest=late), FIRST, LAST)
    last = LAST - dt.timedelta(days=6)
    assert months_of(_policy(effective=last, latest=last), FIRST, LAST).days[-1] == 7
    late = last + dt.timedelta(days=1)
    with pytest.raises(CoverageError, match="less than a week"):
        months_of(_policy(effective=late, latest=late), FIRST, LAST)
    with pytest.raises(QuestionError, match="it ended"):
        months_of(_policy(ended=dt.date(2017, 2, 21)), FIRST, LAST)
    assert _ended(1) == [1]


def test_an_anchor_moves_the_first_day_and_what_was_known_ends_the_months_before() -> None:
    policy = _policy(announced=dt.date(2017, 1, 10))
    moved = months_of(policy, FIRST, LAST, anchor=dt.date(2017, 1, 10))
    assert moved.bounds(moved.in_force)[0] == dt.date(2017, 1, 10)
    assert not moved.between.any()
    reported = months_of(policy, FIRST, LAST)
    assert reported.bounds(reported.between) == (dt.date(2016, 12, 21), dt.date(2017, 2, 20))
    early = months_of(policy, FIRST, LAST, known=dt.date(2016, 10, 21))
    assert early.bounds(early.pre)[1] == dt.date(2016, 10, 20)
    assert early.bounds(early.between)[0] == dt.date(2016, 10, 21)
    window = _policy(effective=dt.date(2017, 2, 1), latest=dt.date(2017, 2, 28))
    after = months_of(window, FIRST, LAST)
    assert after.bounds(after.in_force)[0] == dt.date(2017, 3, 1)
    anchored = months_of(window, FIRST, LAST, anchor=dt.date(2017, 2, 10))
    assert anchored.bounds(anchored.in_force)[0] == dt.date(2017, 2, 10)
