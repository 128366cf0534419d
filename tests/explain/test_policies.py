"""The registry: every row has a source and a plain date; questions find policies or are told near ones."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import QuestionError
from atlarge.explain.policies import (
    changed_counties,
    find_policy,
    listed,
    near_ids,
    policies,
    policy_table,
    read_policies,
    using,
)
from atlarge.reference import table


def test_ids_are_unique_and_every_row_names_its_source() -> None:
    rows = policy_table()
    assert rows["id"].n_unique() == rows.height
    assert rows["source_url"].str.starts_with("http").all()
    assert set(rows["direction"]) == {"limits", "extends"}
    assert set(rows["precision"]) <= {"day", "month", "year", "none"}
    assert rows.filter(pl.col("effective").is_null())["precision"].eq("none").all()


def test_every_county_of_the_registry_exists() -> None:
    known = set(table("counties")["fips"])
    assert set(policy_table()["fips"].drop_nulls()) <= known


def test_the_statutes_and_contract_exits_are_in_it() -> None:
    assert find_policy("texas-sb4-2017").effective == dt.date(2017, 9, 25)
    assert find_policy("california-sb54-2018").effective == dt.date(2018, 1, 1)
    contracts = [p for p in policies() if p.kind == "jail_contract" and p.effective.year == 2018]
    assert {p.state for p in contracts} >= {"CA", "GA", "OR", "VA"}


def test_a_month_stands_for_its_last_day_too() -> None:
    policy = find_policy("ithaca-ny-2017")
    assert (policy.effective, policy.latest) == (dt.date(2017, 2, 1), dt.date(2017, 2, 28))
    assert policy.is_window
    assert not find_policy("travis-tx-2017").is_window


def test_an_unknown_id_gets_near_ones() -> None:
    assert "travis-tx-2017" in near_ids("Travis County")
    with pytest.raises(QuestionError, match="travis-tx-2017"):
        find_policy("travis-2017")


def test_a_policy_without_a_date_says_what_is_missing() -> None:
    with pytest.raises(QuestionError, match="no date was found"):
        find_policy("king-wa-undated")


def test_changed_counties_takes_in_state_laws_and_leaves_housing_out() -> None:
    found = changed_counties(dt.date(2018, 1, 1), dt.date(2018, 12, 31))
    assert {"06037", "37119", "36103"} <= found["limits"]  # SB 54, a sheriff, a court ruling
    assert "41039" not in found["limits"]  # a city ended housing only
    assert "48453" not in found["limits"] | found["extends"]


def test_the_end_of_a_policy_is_a_change_too() -> None:
    assert "48453" in changed_counties(dt.date(2017, 9, 20), dt.date(2017, 9, 30))["limits"]


def test_listing_narrows_and_refuses_unknown_words() -> None:
    assert {row["state"] for row in listed(state="tx")} == {"TX"}
    assert len(listed(with_agreements=True)) > len(listed()) + 800
    with pytest.raises(QuestionError, match="limits, extends"):
        listed(direction="sideways")
    with pytest.raises(QuestionError, match="two letters"):
        listed(state="Texas")


def test_an_own_table_stands_for_the_registry_while_in_use(tmp_path: Path) -> None:
    table_of_two = tmp_path / "own.csv"
    table_of_two.write_text(
        "id,fips,state,effective,ended\nMade-1,1001,,2017-03-01,\nmade-2,,TX,2018-01-01,2018-06-01\n"
    )
    own = read_policies(table_of_two)
    assert [(p.id, p.level, p.fips, p.direction) for p in own] == [
        ("made-1", "county", "01001", "limits"),
        ("made-2", "state", None, "limits"),
    ]
    with using(own):
        assert find_policy("made-1").effective == dt.date(2017, 3, 1)
        with pytest.raises(QuestionError, match="made-1"):
            find_policy("travis-tx-2017")
        assert "01001" in changed_counties(dt.date(2017, 1, 1), dt.date(2017, 12, 31))["limits"]
    assert find_policy("travis-tx-2017").state == "TX"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,fips\na,48453\n", "no column effective"),
        ("id,fips,effective\na,48453,2017-13-01\n", "line 2: effective '2017-13-01' is no day"),
        ("id,fips,effective\na,,2017-01-01\n", "line 2: id, effective and fips"),
    ],
)
def test_a_faulty_table_is_refused_by_line(tmp_path: Path, text: str, words: str) -> None:
    faulty = tmp_path / "faulty.csv"
    faulty.write_text(text)
    with pytest.raises(QuestionError, match=words):
        read_policies(faulty)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        read_policies(tmp_path / "none.csv")
