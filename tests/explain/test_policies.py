"""The registry: every row has a source and a plain date; questions find policies or are told near ones."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hand_facts import policy

from atlarge.errors import QuestionError
from atlarge.policies import (
    Policy,
    Registry,
    applies_to,
    find_policy,
    from_date,
    listed,
    policies,
    policy_table,
    read_registry,
    registry,
)
from atlarge.reference import table

ONE_DAY = dt.timedelta(days=1)


def test_ids_are_unique_and_every_row_names_its_source() -> None:
    rows = policy_table()
    assert rows["id"].n_unique() == rows.height
    assert rows["source_url"].str.starts_with("http").all()
    assert set(rows["direction"]) == {"limits", "extends"}
    assert set(rows["precision"]) <= {"day", "month", "year", "none", "interval"}
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
    found = find_policy("ithaca-ny-2017")
    assert (found.effective, found.latest) == (dt.date(2017, 2, 1), dt.date(2017, 2, 28))
    assert found.is_window
    assert not find_policy("travis-tx-2017").is_window


def test_an_unknown_id_gets_near_ones() -> None:
    assert "travis-tx-2017" in registry().near("Travis County")
    with pytest.raises(QuestionError, match="travis-tx-2017"):
        find_policy("travis-2017")


def test_a_policy_without_a_date_says_what_is_missing() -> None:
    with pytest.raises(QuestionError, match="no date was found"):
        find_policy("king-wa-undated")


def test_changed_counties_takes_in_state_laws_and_leaves_housing_out() -> None:
    found = registry().changed_counties(dt.date(2018, 1, 1), dt.date(2018, 12, 31))
    assert {"06037", "37119", "36103"} <= found["limits"]  # SB 54, a sheriff, a court ruling
    assert "41039" not in found["limits"]  # a city ended housing only
    assert "48453" not in found["limits"] | found["extends"]


def test_the_end_of_a_policy_is_a_change_too() -> None:
    assert "48453" in registry().changed_counties(dt.date(2017, 9, 20), dt.date(2017, 9, 30))["limits"]


def test_listing_narrows_and_refuses_unknown_words() -> None:
    assert {row["state"] for row in listed(state="tx")} == {"TX"}
    assert len(listed(with_agreements=True)) > len(listed()) + 800
    with pytest.raises(QuestionError, match="limits, extends"):
        listed(direction="sideways")
    with pytest.raises(QuestionError, match="two letters"):
        listed(state="Atlantis")
    with pytest.raises(QuestionError, match="did you mean Texas"):
        listed(state="Texs")


def test_an_own_table_stands_for_the_registry_while_in_use(tmp_path: Path) -> None:
    table_of_two = tmp_path / "own.csv"
    table_of_two.write_text(
        "id,fips,state,effective,ended\nMade-1,1001,,2017-03-01,\nmade-2,,TX,2018-01-01,2018-06-01\n"
    )
    own = read_registry(table_of_two)
    assert [(p.id, p.level, p.fips, p.direction) for p in own] == [
        ("made-1", "county", "01001", "limits"),
        ("made-2", "state", None, "limits"),
    ]
    known = read_registry(table_of_two)
    assert known.get("made-1").effective == dt.date(2017, 3, 1)
    with pytest.raises(QuestionError, match="made-1"):
        known.get("travis-tx-2017")
    assert "01001" in known.changed_counties(dt.date(2017, 1, 1), dt.date(2017, 12, 31))["limits"]
    assert find_policy("travis-tx-2017").state == "TX"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,fips\na,48453\n", "no column 'effective'"),
        ("id,fips,effective\na,48453,2017-13-01\n", "line 2: effective '2017-13-01' is not a date"),
        ("id,fips,effective\na,,2017-01-01\n", "line 2: id, effective and fips"),
    ],
)
def test_a_faulty_table_is_refused_by_line(tmp_path: Path, text: str, words: str) -> None:
    faulty = tmp_path / "faulty.csv"
    faulty.write_text(text)
    with pytest.raises(QuestionError, match=words):
        read_registry(faulty)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="there is no such file"):
        read_registry(tmp_path / "none.csv")


def _read(text: str, tmp_path: Path) -> Policy:
    file = tmp_path / "own.csv"
    file.write_text(text)
    (policy,) = read_registry(file).policies
    return policy


def test_a_row_is_read_as_written_and_what_is_left_out_has_its_usual_value(tmp_path: Path) -> None:
    full = _read(
        "id,level,place_name,state,fips,direction,kind,title,announced,effective,precision,ended,confidence,"
        "source_url,note,criteria\n"
        "A,city,Town,TX,48453,extends,program_287g,T,2017-01-02,2017-02-03,month,2018-04-05,low,http://x,N,C\n",
        tmp_path,
    )
    reported = full.to_dict()
    assert {k: v for k, v in reported.items() if v not in ("", None)} == {
        "id": "a", "level": "city", "place_name": "Town", "state": "TX", "fips": "48453",
        "direction": "extends", "kind": "program_287g", "title": "T", "announced": dt.date(2017, 1, 2),
        "effective": dt.date(2017, 2, 3), "latest": dt.date(2017, 2, 28), "precision": "month",
        "ended": dt.date(2018, 4, 5), "confidence": "low", "source_url": "http://x", "note": "N",
        "criteria": "C",
    }  # fmt: skip
    bare = _read("id,fips,effective\nb,1001,2017-02-03\n", tmp_path)
    assert (bare.level, bare.place_name, bare.fips, bare.state) == ("county", "01001", "01001", "")
    assert (bare.direction, bare.kind, bare.precision) == ("limits", "detainers", "day")
    assert (bare.announced, bare.ended, bare.title, bare.latest) == (None, None, "", dt.date(2017, 2, 3))
    state = _read("id,state,effective\nc,TX,2017-02-03\n", tmp_path)
    assert (state.level, state.place_name, state.fips) == ("state", "TX", None)


@pytest.mark.parametrize(
    ("row", "latest"),
    [
        ("2016-02-01,month", dt.date(2016, 2, 29)),
        ("2016-12-01,month", dt.date(2016, 12, 31)),
        ("2016-11-15,month", dt.date(2016, 11, 30)),
        ("2016-03-01,year", dt.date(2016, 12, 31)),
        ("2016-03-01,day", dt.date(2016, 3, 1)),
    ],
)
def test_a_day_known_to_the_month_or_year_can_be_its_last(tmp_path: Path, row: str, latest: dt.date) -> None:
    policy = _read(f"id,fips,effective,precision\na,1001,{row}\n", tmp_path)
    assert policy.latest == latest
    assert policy.is_window == (latest > policy.effective)


def test_a_policy_is_known_from_its_announcement_but_never_later_than_its_effect(tmp_path: Path) -> None:
    for announced, known in [("2017-01-05", 5), ("2017-01-20", 10), ("", 10)]:
        text = f"id,fips,effective,announced\na,1001,2017-01-10,{announced}\n"
        assert _read(text, tmp_path).known == dt.date(2017, 1, known)


def test_a_policy_is_of_its_county_or_of_the_counties_of_its_state(tmp_path: Path) -> None:
    county = _read("id,fips,state,effective\na,48453,TX,2017-01-10\n", tmp_path)
    assert applies_to(county, "48453", "CA")
    assert not applies_to(county, "48029", "TX")
    assert not applies_to(county, None, "TX")
    state = _read("id,state,effective\na,TX,2017-01-10\n", tmp_path)
    assert applies_to(state, None, "TX")
    assert not applies_to(state, "48453", "CA")


def test_a_change_is_a_day_on_which_a_policy_began_or_ended(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "id,fips,state,effective,ended,direction,kind\n"
        "a,48453,,2017-03-01,2018-06-01,,\n"
        "b,48029,,2017-03-01,,extends,program_287g\n"
        "c,48201,,2017-03-01,,,jail_contract\n"
        "d,,DC,2017-05-01,,,city_law\n"
    )
    day = dt.timedelta(days=1)
    known = read_registry(file)
    first, ended = dt.date(2017, 3, 1), dt.date(2018, 6, 1)
    assert known.changed_counties(first, first + day) == {"limits": {"48453"}, "extends": {"48029"}}
    assert known.changed_counties(first - day, first) == {"limits": set(), "extends": set()}
    assert known.changed_counties(ended, ended + day) == {"limits": {"48453"}, "extends": set()}
    assert known.changed_counties(first + day, ended) == {"limits": {"11001"}, "extends": set()}
    chosen = known.changed_counties(first, ended, ["program_287g", "jail_contract"])
    assert chosen == {"limits": set(), "extends": {"48029"}}


def test_a_day_stands_for_a_policy_of_that_day() -> None:
    day = dt.date(2017, 6, 15)
    query = from_date(day, "48453", "Travis County, TX")
    assert (query.id, query.kind, query.fips) == ("date-2017-06-15", "date", "48453")
    assert (query.effective, query.latest, query.announced, query.ended) == (day, day, None, None)
    assert (query.known, query.is_window, query.confidence) == (day, False, "")
    assert from_date(day, "SNA", "San Antonio").fips is None
    assert from_date(day, "4845", "short").fips is None
    assert from_date(day, "ABCDE", "letters").fips is None


def test_agreements_are_policies_that_extend_from_the_day_of_their_signing() -> None:
    spells = table("agreements_287g")
    ids = spells.select(pl.coalesce("policy_id", "id"))["policy_id"].to_list()
    rows = policy_table().filter(pl.col("id").is_in(ids))
    assert rows.height == spells.height
    assert set(rows["direction"]) == {"extends"}
    assert set(rows["kind"]) == {"program_287g"}
    own = spells["policy_id"].drop_nulls().to_list()  # these keep the registry's day of announcement
    days = rows.filter((pl.col("precision") == "day") & ~pl.col("id").is_in(own))
    assert days["announced"].equals(days["effective"])
    assert set(rows["precision"]) == {"day", "interval"}
    assert rows["place_name"].null_count() == 0
    one = rows.filter(pl.col("fips") == "48007").row(0, named=True)
    assert one["place_name"] == "Aransas County, TX"


def test_listing_is_in_the_order_of_ids_and_of_one_direction() -> None:
    ids = [row["id"] for row in listed()]
    assert ids == sorted(ids)
    assert len(ids) == table("policies").height
    both = [{row["direction"] for row in listed(direction=d)} for d in ("limits", "extends")]
    assert both == [{"limits"}, {"extends"}]
    assert len(listed(direction="limits")) + len(listed(direction="extends")) == len(ids)


def test_near_ids_are_four_at_most_and_of_the_registry_in_use() -> None:
    assert len(registry().near("travis")) == 4
    assert registry().near("Travis County, TX", limit=1) == ["travis-tx-2017"]
    assert find_policy(" Travis-TX-2017 ").id == "travis-tx-2017"


def test_starts_are_those_of_the_registry() -> None:
    months = [dt.date(2015 + k // 12, k % 12 + 1, 1) for k in range(9, 56)]
    starts = registry().starts(("48453+AUS", "37119", "48301", "06067+SAC"), months, "limits").month
    assert months[starts[0]] == dt.date(2017, 2, 1)
    assert months[starts[1]] == dt.date(2019, 1, 1)  # 5 December 2018: the next whole month
    assert starts[2] == -1
    assert months[starts[3]] == dt.date(2018, 1, 1)  # a state law; a housing contract does not count


def test_starts_name_the_policy_and_what_is_no_comparison() -> None:
    months = [dt.date(2015 + (9 + k) // 12, (9 + k) % 12 + 1, 1) for k in range(47)]
    keys = ("37119", "06067+SAC", "36103", "01001")
    _, clean, ids = registry().starts(keys, months, "limits")
    assert ids == {
        "37119": "mecklenburg-nc-2018",
        "06067+SAC": "california-sb54-2018",
        "36103": "suffolk-ny-2018",
    }
    assert clean.tolist() == [False, False, False, True]
    local, _, _ = registry().starts(keys, months, "limits", ("county",))
    assert (local >= 0).tolist() == [True, False, True, False]


def _first_of_month(k: int) -> dt.date:
    return dt.date(2015 + (9 + k) // 12, (9 + k) % 12 + 1, 1)


def test_starts_are_the_first_whole_months_of_a_directions_own_policies() -> None:
    axis = [_first_of_month(k) for k in range(24)]

    def dated(name: str, day: dt.date, fips: str | None, **more: Any) -> Any:
        return policy(id=name, effective=day, fips=fips, ended=None, **more)

    listed_here = [
        dated("late", dt.date(2016, 6, 2), "48453"),
        dated("early", dt.date(2016, 4, 1), "48453"),
        dated("other", dt.date(2016, 2, 1), "48453", direction="extends"),
        dated("edge", axis[0], "48029"),
        dated("last", axis[-1], "48201"),
        dated("beyond", axis[-1] + ONE_DAY, "48113"),
        dated("year", dt.date(2016, 6, 2), "37119", latest=dt.date(2016, 12, 31), precision="year"),
        dated("house", dt.date(2016, 6, 2), "36103", kind="jail_contract"),
        dated("town", dt.date(2016, 6, 2), "06037", level="city"),
        dated("law", dt.date(2016, 7, 1), None, level="state", state="DC"),
    ]
    keys = (
        "48453+AUS",
        "48029",
        "48201",
        "48113",
        "37119",
        "36103",
        "06037",
        "11001",
        "11001+48453",
        "01001",
    )
    known = Registry(tuple(listed_here))
    starts, clean, ids = known.starts(keys, axis, "limits")
    assert starts.tolist() == [6, -1, 23, -1, -1, -1, 9, 9, 6, -1]
    assert clean.tolist() == [False, True, False, True, True, True, False, False, False, True]
    assert ids == {
        "48453+AUS": "early", "48201": "last", "06037": "town", "11001": "law", "11001+48453": "early",
    }  # fmt: skip
    only, still, _ = known.starts(keys, axis, "limits", ("state",))
    assert only.tolist() == [-1] * 7 + [9, 9, -1]
    assert still.tolist() == clean.tolist()  # touched by any policy, whichever are studied
    assert known.starts(keys, axis, "extends").ids == {"48453+AUS": "other", "11001+48453": "other"}


def test_starts_of_no_months_are_none() -> None:
    assert (Registry((policy(),)).starts(("48453",), [], "limits").month == -1).all()
