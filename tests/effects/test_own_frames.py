"""Periods as people write them, levels, groups by a column, and what is refused in one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from atlarge.effects import (
    change_point,
    conformal_effect,
    counterfactual,
    decompose,
    kitagawa,
    mix_switch,
    panel_of,
    pool_estimates,
    pool_rates,
    pooled_effect,
    q_values,
    share_effect,
)
from atlarge.errors import QuestionError

MONTHS = pd.date_range("2015-01-01", periods=48, freq="MS")
COLUMNS = {"unit": "state", "time": "month", "value": "jobs"}
FIRST, STOP = 36, 42
"""Of the change: January to June 2018."""


def _frame(months: Any = None) -> pd.DataFrame:
    """30 states by month; one gains from January to June 2018."""
    labels = MONTHS if months is None else months
    counts = np.random.default_rng(4).poisson(25, (30, len(MONTHS)))
    counts[3, FIRST:STOP] += 18
    states = [f"s{i:02}" for i in range(30)]
    return pd.DataFrame(
        {"state": np.repeat(states, len(MONTHS)), "month": list(labels) * 30, "jobs": counts.ravel()}
    )


WRITTEN: dict[str, Any] = {
    "timestamps": MONTHS,
    "dates": MONTHS.date,
    "in a zone": MONTHS.tz_localize("US/Eastern"),
    "periods": MONTHS.to_period("M"),
    "days as text": MONTHS.strftime("%Y-%m-%d"),
    "months as text": MONTHS.strftime("%Y-%m"),
}
NAMED: dict[str, tuple[Any, Any]] = {
    "days": ("2018-01-01", "2018-07-01"),
    "months": ("2018-01", "2018-07"),
    "dates": (dt.date(2018, 1, 1), dt.date(2018, 7, 1)),
    "datetimes": (dt.datetime(2018, 1, 1), dt.datetime(2018, 7, 1)),
    "timestamps": (pd.Timestamp("2018-01-01"), pd.Timestamp("2018-07-01")),
    "of NumPy": (np.datetime64("2018-01"), np.datetime64("2018-07-01T00")),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("named", NAMED)
def test_a_change_begins_in_the_period_that_is_named_however_it_is_written(written: str, named: str) -> None:
    panel = panel_of(_frame(WRITTEN[written]), **COLUMNS)
    assert [panel.column(day) for day in NAMED[named]] == [FIRST, STOP]


@pytest.mark.parametrize("form", ["%Y-Q{q}", "%YQ{q}", "%Y"])
def test_quarters_and_years_are_periods_too(form: str) -> None:
    every = 3 if "q" in form else 12
    labels = [day.strftime(form).format(q=(day.month + 2) // 3) for day in MONTHS[::every]]
    frame = pl.DataFrame({"state": ["a"] * len(labels), "month": labels, "jobs": range(len(labels))})
    panel = panel_of(frame, **COLUMNS)
    for k, day in enumerate(MONTHS[::every]):
        assert panel.column(day.date()) == panel.column(labels[k]) == k


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_an_interval_is_named_by_its_level(level: float) -> None:
    found = share_effect(_frame(), "s03", "2018-01", "2018-07", level=level, **COLUMNS)
    said = found.summary()
    assert f"{100 * level:g}% interval {found.total.low:.1f} to {found.total.high:.1f}" in said
    assert "2018-01-01 to 2018-06-01\n" in said


def test_intervals_widen_with_their_level() -> None:
    wide = [
        share_effect(_frame(), "s03", "2018-01", "2018-07", level=level, **COLUMNS).total
        for level in (0.5, 0.8, 0.95)
    ]
    assert [t.effect for t in wide] == [wide[0].effect] * 3
    assert sorted(t.high - t.low for t in wide) == [t.high - t.low for t in wide]


def test_groups_come_from_a_column_as_from_a_mapping() -> None:
    frame = _frame()
    region = {state: int(state[1:]) % 4 for state in frame["state"].unique()}
    named = frame.assign(region=frame["state"].map(region))
    by_column = share_effect(named, "s03", "2018-01", "2018-07", group="region", **COLUMNS)
    by_mapping = share_effect(frame, "s03", "2018-01", "2018-07", group=region, **COLUMNS)
    assert by_column.total == by_mapping.total
    both = named.assign(region=range(len(named)))
    for data, group, message in (
        (frame, "region", "no column 'region'"),
        (both, "region", "is in two groups"),
        (frame, ["a", "b"], "2 entries for 30 units"),
    ):
        with pytest.raises(QuestionError, match=message):
            share_effect(data, "s03", "2018-01", group=group, **COLUMNS)


ARRAY = np.random.default_rng(2).poisson(20, (12, 40)).astype(float)
LEVELS: dict[str, Callable[[float], Any]] = {
    "share_effect": lambda level: share_effect(ARRAY, 1, 24, level=level),
    "counterfactual": lambda level: counterfactual(ARRAY, 1, 24, level=level),
    "conformal": lambda level: conformal_effect(ARRAY, 1, 24, level=level),
    "pooled": lambda level: pooled_effect(ARRAY, [24, 24] + [-1] * 10, level=level),
    "change": lambda level: change_point(ARRAY[0], level=level),
    "estimates": lambda level: pool_estimates([1, 2, 3], [1, 1, 1], level=level),
    "rates": lambda level: pool_rates([3, 4], [100, 200], level=level),
}


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize("level", [90, 0, 1, -0.5, 1.5])
def test_a_level_beside_0_and_1_is_refused(name: str, level: float) -> None:
    with pytest.raises(QuestionError, match="level must lie between 0 and 1"):
        LEVELS[name](level)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: pool_estimates([1, 2], [1, -1]), "standard error -1 is negative"),
    (lambda: counterfactual(panel_of(_frame(), **COLUMNS), "s03", 36), r"panel.row\('s03'\)"),
    (lambda: panel_of(_frame(MONTHS.strftime("%Y%m").astype(int)), **COLUMNS), "in one number"),
    (lambda: panel_of(pd.concat([_frame(), _frame()[:1]]), **COLUMNS), "s00 for 2015-01-01: add them up"),
    (lambda: q_values([0.1, 1.1]), "outside 0 to 1"),
    (lambda: mix_switch([5.0] * 20, [4.0] * 20), "period 0: 5 of 4"),
    (lambda: mix_switch([5.0] * 20, [9.0] * 19), "part has 20 periods and whole 19"),
    (lambda: change_point(ARRAY), "y must be one series, not an array of 2 dimensions"),
    (lambda: counterfactual(ARRAY, 12, 24), "no row 12"),
    (lambda: counterfactual(ARRAY, 1, 24, method="scm"), "use ascm, sc or did"),
    (lambda: pooled_effect(ARRAY, [24]), "one entry a unit"),
    (lambda: pooled_effect(ARRAY, [24] * 12, method="cs"), "use imputation"),
    (lambda: pool_estimates([1, 2], [1]), "one of each"),
    (lambda: panel_of(pl.DataFrame({"state": ["a"]}).lazy(), **COLUMNS), "a lazy one, collected"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_cannot_be_answered_is_refused_in_one_line(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(QuestionError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


CALLS: dict[str, Callable[[Any], Any]] = {
    "change_point": change_point,
    "counterfactual": lambda given: counterfactual(given, 0, 1),
    "decompose": lambda given: decompose(given, given, 0, 1),
    "kitagawa": lambda given: kitagawa(given, group="a", period="b", size="c", cases="d"),
    "mix_switch": lambda given: mix_switch(given, given),
    "panel_of": lambda given: panel_of(given, **COLUMNS),
    "pool_estimates": lambda given: pool_estimates(given, given),
    "pool_rates": lambda given: pool_rates(given, given),
    "share_effect": lambda given: share_effect(given, 0, 1),
}
WRONG: dict[str, Any] = {
    "dict": {"a": 1}, "word": "abc", "nothing": None, "years": pd.DataFrame({2023: [3], 2024: [20]}),
    "lazy": pl.DataFrame({"a": [1]}).lazy(),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_what_holds_no_counts_is_refused_in_one_line_by_each_function(name: str, given: Any) -> None:
    with pytest.raises(QuestionError) as error:
        CALLS[name](given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("form", ["%b %Y", "%B %Y", "%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "month {}"])
@pytest.mark.parametrize("is_sorted", [False, True])
def test_text_without_an_order_in_time_is_refused(form: str, is_sorted: bool) -> None:
    text = [form.format(i) for i in range(48)] if "{}" in form else MONTHS.strftime(form)
    frame = _frame(text)
    if is_sorted and "{}" not in form:  # as a group-by leaves it
        frame = frame.sort_values(["state", "month"])
    with pytest.raises(QuestionError, match="no order in time"):
        share_effect(frame, "s03", text[FIRST], **COLUMNS)


@pytest.mark.parametrize(
    "write", [lambda m: f"{m.year}-{m.month}", lambda m: m.strftime("%Y%m"), lambda m: m]
)
def test_months_of_text_are_ordered_by_time(write: Callable[[Any], Any]) -> None:
    known = share_effect(_frame(), "s03", "2018-01", "2018-07", **COLUMNS)
    frame = _frame([write(month) for month in MONTHS]).sample(frac=1, random_state=1)
    assert share_effect(frame, "s03", "2018-01", "2018-07", **COLUMNS).total == known.total
    with pytest.raises(QuestionError, match="not evenly spaced"):
        panel_of(frame[frame["month"] != write(MONTHS[20])], **COLUMNS)


def test_a_wide_frame_is_read_by_its_labels() -> None:
    long = _frame(MONTHS.to_period("M"))
    wide = long.pivot(index="state", columns="month", values="jobs")
    known = share_effect(long, "s03", pd.Period("2018-01"), "2018-07", **COLUMNS)
    mixed = wide[list(wide.columns[::-1])].sample(frac=1, random_state=3)
    found = share_effect(mixed, "s03", "2018-01", pd.Period("2018-07"))
    assert found.observed.tolist() == known.observed.tolist()
    assert found.total.effect == pytest.approx(known.total.effect)
    with pytest.raises(QuestionError, match="no unit 's03'; there are 48: 2015-01"):
        share_effect(wide.T, "s03", "2018-01")


def test_masked_values_are_missing_and_starts_may_be_nan() -> None:
    masked = np.ma.masked_less(ARRAY, 12)
    missing = np.where(ARRAY < 12, np.nan, ARRAY)
    np.testing.assert_array_equal(panel_of(masked).values, missing)
    assert counterfactual(masked, 1, 24).effect == counterfactual(missing, 1, 24).effect
    starts = [24.0, 24.0] + [np.nan] * 10
    assert pooled_effect(ARRAY, starts).ratio == pooled_effect(ARRAY, [24, 24] + [-1] * 10).ratio
