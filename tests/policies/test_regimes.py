"""Regimes by month and treatments, against a registry small enough to be counted by hand."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from atlarge.errors import QuestionError
from atlarge.policies import Policy, Registry, registry
from atlarge.reference import table
from atlarge.regimes import (
    county_regimes,
    event_time,
    monthly_totals,
    months_between,
    trace,
    treatments,
    with_residents,
)

FIRST, LAST = dt.date(2021, 1, 1), dt.date(2021, 12, 1)
JEM, TFM = "Jail Enforcement Model", "Task Force Model"


def agreement(
    name: str, fips: str, start: str, end: str | None = None, model: str = JEM, **more: object
) -> Policy:
    day, over = dt.date.fromisoformat(start), dt.date.fromisoformat(end) if end else None
    given: dict[str, object] = {"latest": day, "end_earliest": over, "end_latest": over, **more}
    return Policy(
        name, "county", fips, "TX", fips, "extends", "program_287g", name, day, day,
        given.pop("latest"), "day",  # type: ignore[arg-type]
        over, "high", "https://x", "", agency="Sheriff", model=model, **given,  # type: ignore[arg-type]
    )  # fmt: skip


def law(name: str, state: str, direction: str, start: str) -> Policy:
    day = dt.date.fromisoformat(start)
    return Policy(name, "state", state, state, None, direction, "state_law", name, day, day, day, "day", None,
                  "high", "https://x", "")  # fmt: skip


KNOWN = Registry(
    (
        agreement("travis", "48453", "2021-03-05"),
        agreement("bexar", "48029", "2020-03-05", "2021-06-10"),
        agreement("bexar-tfm", "48029", "2021-05-01", model=TFM),
        agreement("harris", "48201", "2019-01-01", "2021-02-02"),
        agreement("harris-again", "48201", "2021-08-15"),
        agreement("dallas", "48113", "2019-01-01"),
        agreement("collin", "48085", "2021-02-01", "2021-10-01"),
        agreement("hays", "48209", "2021-04-10", latest=dt.date(2021, 6, 20)),
        law("ca", "CA", "limits", "2021-07-01"),
    )
)


def test_regimes_are_those_of_the_first_of_the_month() -> None:
    rows = county_regimes((FIRST, LAST), KNOWN)
    assert rows.height == 12 * 3142
    travis = rows.filter(pl.col("place") == "48453")
    assert travis["agreement_jail"].to_list() == [False] * 3 + [True] * 9
    bexar = rows.filter(pl.col("place") == "48029")
    assert bexar["agreement_jail"].to_list() == [True] * 6 + [False] * 6
    assert bexar["agreement_task_force"].to_list() == [False] * 4 + [True] * 8
    los_angeles = rows.filter(pl.col("place") == "06037")
    assert los_angeles["governing"].to_list() == ["none"] * 6 + ["limits"] * 6


@pytest.mark.parametrize("day", [dt.date(2018, 1, 1), dt.date(2026, 3, 1)])
def test_all_counties_at_once_agree_with_one_place_at_a_time(day: dt.date) -> None:
    """By the shipped registry; a law and a local decision of the other direction are a conflict."""
    known = registry()
    rows = county_regimes([day], known)
    some = [code for p in known.in_force(day) if not p.is_agreement for code in p.counties()[:2]]
    assert len(set(some)) > 30
    assert set(rows.filter(pl.col("place").is_in(some))["governing"]) >= {"limits", "extends"}
    for row in rows.filter(pl.col("place").is_in(some) | (pl.col("place") < "01010")).iter_rows(named=True):
        regime = known.regime(row["place"], day)
        either = "both" if regime.limits and regime.extends else "none"
        assert row["governing"] == (regime.governing or either), row["place"]
        standing = [*regime.limits, *regime.extends]
        laws = {p.direction for p in standing if p.level == "state"}
        own = {p.direction for p in standing if p.level != "state"}
        assert row["conflict"] == (len(laws) == 1 and bool(own - laws)), row["place"]


def test_residents_add_up_to_the_counties_own() -> None:
    totals = monthly_totals(county_regimes([dt.date(2021, 9, 1)], KNOWN))
    state = totals.filter(pl.col("regime") == "state_limit").row(0, named=True)
    california = table("counties").filter((pl.col("state") == "CA") & pl.col("population_2019").is_not_null())
    assert (state["counties"], state["residents"]) == (58, california["population_2019"].sum())
    every = totals.filter(pl.col("regime").str.starts_with("governing"))
    assert every["counties"].sum() == 3142
    assert with_residents(county_regimes([dt.date(2012, 1, 1)], KNOWN))["residents"].sum() == int(
        table("counties")["population_2012"].sum()
    )


def test_what_dates_leave_open_is_the_difference_of_possible_and_sure() -> None:
    may = [dt.date(2021, 5, 1)]
    hays = pl.col("place") == "48209"
    assert county_regimes(may, KNOWN).filter(hays)["agreement_jail"].item()
    assert not county_regimes(may, KNOWN, possible=False).filter(hays)["agreement_jail"].item()


def test_a_cell_is_traced_to_its_policies() -> None:
    assert [row["id"] for row in trace("48029", "2021-05-15", KNOWN)] == ["bexar", "bexar-tfm"]
    assert [row["id"] for row in trace("06037", "2021-08-01", KNOWN)] == ["ca"]
    assert trace("06037", "2021-06-01", KNOWN) == []


def test_counties_adopt_leave_return_or_never_do() -> None:
    found = treatments(
        FIRST, LAST, known=KNOWN, units=["48453", "48029", "48201", "48113", "48085", "48209", "01001"]
    )
    roles = dict(found.select("unit", "role").iter_rows())
    assert roles == {
        "48453": "adopter", "48029": "always", "48201": "returner", "48113": "always",
        "48085": "adopter-leaver", "48209": "adopter", "01001": "never",
    }  # fmt: skip
    by = {row["unit"]: row for row in found.iter_rows(named=True)}
    assert by["48453"]["start_month"] == 3  # 5 March: April is the first whole month
    assert by["48085"]["start_month"] == 1  # 1 February is whole
    assert by["48085"]["end_month"] == 9
    assert (by["48201"]["end"], by["48201"]["start"]) == (dt.date(2021, 2, 2), dt.date(2021, 8, 15))
    assert (by["48209"]["start_earliest"], by["48209"]["start_latest"]) == (
        dt.date(2021, 4, 10),
        dt.date(2021, 6, 20),
    )


def test_models_narrow_and_joined_units_count_once() -> None:
    found = treatments(FIRST, LAST, known=KNOWN, units=["48029", "48453+48029"], models=[TFM])
    assert found["role"].to_list() == ["adopter", "adopter"]
    assert found["ids"].to_list() == [["bexar-tfm"], ["bexar-tfm"]]


def test_event_time_is_zero_in_the_first_whole_month_and_marks_what_is_open() -> None:
    found = treatments(FIRST, LAST, known=KNOWN, units=["48453", "48209", "01001"])
    rows = event_time(found, FIRST, LAST)
    travis = rows.filter(pl.col("unit") == "48453")
    assert travis["event_month"].to_list() == list(range(-3, 9))
    assert rows.filter(pl.col("unit") == "01001")["event_month"].null_count() == 12
    open_months = rows.filter((pl.col("unit") == "48209") & ~pl.col("is_certain"))["month"].to_list()
    assert open_months == [dt.date(2021, 5, 1), dt.date(2021, 6, 1)]


def test_months_run_over_years_and_never_backwards() -> None:
    assert months_between(dt.date(2020, 11, 5), dt.date(2021, 2, 1)) == [
        dt.date(2020, 11, 1), dt.date(2020, 12, 1), dt.date(2021, 1, 1), dt.date(2021, 2, 1),
    ]  # fmt: skip
    with pytest.raises(QuestionError, match="before they begin"):
        months_between(LAST, FIRST)
