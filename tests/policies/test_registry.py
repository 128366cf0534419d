"""The registry: days and intervals, levels and conflicts, downloads, its schema and its command."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import QuestionError
from atlarge.policies import (
    KINDS,
    SCOPES,
    Policy,
    Registry,
    check_registry,
    listed,
    policy_table,
    read_registry,
    registry,
)
from atlarge.reference import __file__ as _reference
from atlarge.reference import table
from command_line import run

DAY = dt.date(2021, 5, 10)


def policy(name: str = "a", **changes: object) -> Policy:
    """A county's decision from one day on, with changes."""
    plain = Policy(
        name, "county", "Travis County, TX", "TX", "48453", "limits", "detainers", "T", None, DAY, DAY, "day",
        None, "high", "https://example.org", "",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def law(name: str, direction: str, **changes: object) -> Policy:
    given = {"level": "state", "fips": None, "kind": "state_law", "direction": direction, **changes}
    return policy(name, **given)


def test_a_policy_is_in_force_possible_or_not() -> None:
    day = dt.timedelta(days=1)
    known = policy(ended=dt.date(2022, 1, 1))
    assert [known.status(d) for d in (DAY - day, DAY, dt.date(2021, 12, 31), dt.date(2022, 1, 1))] == [
        "not in force", "in force", "in force", "not in force",
    ]  # fmt: skip
    loose = policy(
        latest=dt.date(2021, 5, 31),
        ended=dt.date(2022, 3, 1),
        end_earliest=dt.date(2022, 2, 1),
        end_latest=dt.date(2022, 3, 1),
    )
    days = [DAY, dt.date(2021, 5, 31), dt.date(2022, 1, 31), dt.date(2022, 2, 1), dt.date(2022, 3, 1)]
    assert [loose.status(d) for d in days] == ["possible", "in force", "in force", "possible", "not in force"]


def test_possible_policies_are_left_out_on_request() -> None:
    known = Registry((policy(latest=dt.date(2021, 5, 31)),))
    assert len(known.in_force("2021-05-15")) == 1
    assert known.in_force("2021-05-15", possible=False) == []


def test_a_county_is_under_its_own_decisions_and_its_states_laws() -> None:
    known = Registry((policy("own"), law("law", "extends"), law("other", "limits", state="CA")))
    assert [p.id for p in known.in_force(DAY, place="48453")] == ["own", "law"]
    assert [p.id for p in known.in_force(DAY, place="48029")] == ["law"]
    assert [p.id for p in known.in_force(DAY, state="ca")] == ["other"]
    with pytest.raises(QuestionError, match="no place"):
        known.in_force(DAY, place="99999")


def test_a_states_mandate_goes_before_a_countys_limit() -> None:
    known = Registry((policy("own"), law("law", "extends")))
    found = known.regime("48453", DAY)
    assert (found.governing, [c.local.id for c in found.conflicts]) == ("extends", ["own"])
    assert "requires" in found.conflicts[0].why
    assert known.regime("48029", DAY).governing == "extends"
    assert Registry((policy("own"),)).regime("48453", DAY).governing == "limits"
    both = Registry((law("a", "extends"), law("b", "limits")))
    assert both.regime("48453", DAY).governing is None
    assert Registry(()).regime("48453", DAY).governing is None


@pytest.mark.parametrize("scope", ["state", "courts", "property", "entry", "housing", "advice"])
def test_a_law_that_binds_no_local_agency_governs_no_county(scope: str) -> None:
    one = law("law", "extends", scope=scope)
    assert one.counties() == ()
    assert Registry((policy("own"), one)).regime("48453", DAY).governing == "limits"
    assert Registry((policy("own"), one)).conflicts(DAY) == []


def test_an_agreement_of_a_states_agency_is_no_agreement_of_its_counties() -> None:
    one = law("dps", "extends", kind="program_287g", agency="Texas Department of Public Safety")
    assert one.is_agreement
    assert one.counties() == ()
    starts = Registry((one,)).starts(["48453"], [dt.date(2021, k, 1) for k in range(1, 9)], "extends")
    assert starts.month.tolist() == [-1]
    assert starts.clean.tolist() == [True]


@pytest.mark.parametrize("kind", ["jail_contract", "local_law", "entry_crime"])
def test_kinds_that_are_no_cooperation_neither_treat_nor_spoil(kind: str) -> None:
    known = Registry((policy(kind=kind),))
    months = [dt.date(2021, k, 1) for k in range(1, 9)]
    assert known.changed_counties(months[0], months[-1])["limits"] == set()
    assert known.starts(["48453"], months).clean.tolist() == [True]


def test_an_agency_of_several_counties_counts_in_each() -> None:
    assert policy(other_fips="48491 48021").counties() == ("48453", "48491", "48021")


def test_two_policies_of_one_name_are_refused() -> None:
    with pytest.raises(QuestionError, match="two policies are called a"):
        Registry((policy(), policy()))


def test_an_agreement_goes_by_its_older_ids_too() -> None:
    shipped = registry()
    older = ["alachua-fl-287g-tfm-2025-02-26", "anderson-ks-287g-wso-2025-06-12",
             "arizona-of-corrections-az-287g-jem-2020-06-16"]  # fmt: skip
    assert [shipped.get(name).state for name in older] == ["FL", "KS", "AZ"]


# ---- the shipped tables


def test_shipped_rows_pass_the_schema_and_count_enough() -> None:
    path = Path(str(_reference)).parent / "policies.csv"
    found = check_registry(path)
    rows = table("policies")
    assert found["rows"] == rows.height == found["dated"] + found["undated"]
    modern = rows.filter(pl.coalesce("effective", "announced") >= dt.date(2020, 1, 1))
    assert modern.height >= 115
    assert (
        rows.filter(pl.coalesce("effective", "announced") >= dt.date(2020, 1, 1))["verified"].null_count()
        == 0
    )
    assert set(rows["kind"]) <= set(KINDS)
    assert set(rows["scope"].drop_nulls()) <= set(SCOPES)


def test_spells_are_in_order_and_their_ids_one_of_a_kind() -> None:
    rows = table("agreements_287g")
    assert rows["id"].n_unique() == rows.height
    assert (rows["start_earliest"] <= rows["start_latest"]).all()
    assert rows.filter(pl.col("signed").is_between("start_earliest", "start_latest").not_()).is_empty()
    ended = rows.filter(pl.col("ended").is_not_null())
    assert (ended["end_earliest"] <= ended["end_latest"]).all()
    assert (ended["signed"] <= ended["ended"]).all()
    assert rows.filter(pl.col("fips").is_null() & (pl.col("level") != "state")).is_empty()
    assert policy_table()["id"].n_unique() == policy_table().height


def test_no_agreement_of_the_registry_is_listed_twice() -> None:
    joined = table("agreements_287g")["policy_id"].drop_nulls()
    assert joined.n_unique() == len(joined)
    assert set(joined) <= set(table("policies")["id"])


# ---- downloads


def test_a_calendar_has_one_event_a_date_and_folds_its_lines() -> None:
    known = Registry(
        (
            policy("a", title="Räte; Zölle, und\nmehr " * 8, deadline=dt.date(2022, 1, 1)),
            policy("b", ended=dt.date(2023, 1, 1)),
        )
    )
    text = known.calendar()
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 4
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == ""
    assert max(len(line.encode()) for line in lines) <= 75
    whole = text.replace("\r\n ", "")
    assert "Räte\\; Zölle\\, und\\nmehr" in whole
    assert "DTSTART;VALUE=DATE:20220101" in whole
    assert known.calendar(since=dt.date(2022, 6, 1)).count("BEGIN:VEVENT") == 1


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_tables_read_back_as_written(tmp_path: Path, ending: str) -> None:
    known = Registry((policy("a"), law("b", "extends", deadline=dt.date(2022, 1, 1))))
    path = tmp_path / f"out{ending}"
    known.write(path)
    if ending == ".csv":
        again = read_registry(path)
        assert [p.to_dict() for p in again] == [p.to_dict() for p in known]
    else:
        assert pl.read_parquet(path)["place"].to_list() == ["48453", "TX"]
    with pytest.raises(QuestionError, match="must end in"):
        known.write(tmp_path / "out.docx")


# ---- the schema


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,48453,,2021-13-01,,,https://x", "line 3: effective '2021-13-01' is not a date"),
        ("a,99999,,2021-01-01,,,https://x", "line 3: fips '99999' is not a county"),
        (
            "a,48453,,2021-01-01,sideways,,https://x",
            "line 3: direction 'sideways' is none of limits, extends",
        ),
        ("a,48453,,2021-01-01,limits,zoning,https://x", "line 3: kind 'zoning' is none of"),
        ("a,48453,,2021-01-01,limits,detainers,x.org", "line 3: source_url 'x.org' is not a web address"),
        ("a,48453,,2021-01-01,limits,detainers,", "line 3: no source_url"),
        ("first,48453,,2021-01-01,,,https://x", "line 3: id 'first' stands in line 2 too"),
        ("a,,,2021-01-01,,,https://x", "line 3: id, effective and fips"),
    ],
)
def test_a_faulty_row_is_named_by_its_line(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "id,fips,state,effective,direction,kind,source_url\nfirst,48029,,2020-01-01,,,https://x\n"
        + row
        + "\n"
    )
    with pytest.raises(QuestionError) as caught:
        check_registry(path)
    assert words in str(caught.value)


def test_an_end_before_the_start_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("id,fips,effective,ended\na,48029,2020-01-01,2019-01-01\n")
    with pytest.raises(QuestionError, match="line 2: ended 2019-01-01 lies before"):
        read_registry(path)


# ---- the command

FIRST_EDITION = {"id", "level", "place_name", "state", "fips", "direction", "kind", "title", "announced",
                 "effective",
                 "precision", "ended", "criteria", "confidence", "source_url", "note"}  # fmt: skip
NEW = {
    "place",
    "agency",
    "model",
    "start",
    "start_earliest",
    "start_latest",
    "end",
    "end_earliest",
    "end_latest",
    "source",
}


def rows_of(*args: str) -> list[dict[str, object]]:
    result = run(["policies", *args, "--json"])
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def test_the_command_lists_with_all_fields_of_old_and_new() -> None:
    rows = rows_of()
    assert len(rows) == table("policies").height
    assert set(rows[0]) >= FIRST_EDITION | NEW
    assert {row["id"] for row in rows} == set(table("policies")["id"])


def test_the_command_tells_what_was_in_force_on_a_day() -> None:
    rows = rows_of("--at", "2017-03-01", "--state", "TX")
    ids = {row["id"] for row in rows}
    assert "travis-tx-2017" in ids
    assert "texas-sb4-2017" not in ids
    assert "travis-tx-2017" not in {row["id"] for row in rows_of("--at", "2017-10-01", "--state", "TX")}
    assert {row["status"] for row in rows} <= {"in force", "possible"}


def test_the_command_narrows_to_agreements() -> None:
    rows = rows_of("--at", "2025-12-29", "--kind", "287g")
    assert {row["kind"] for row in rows} == {"program_287g"}
    assert {row["direction"] for row in rows} == {"extends"}
    assert len(rows) > 1_200
    assert all(str(row["start_earliest"]) <= "2025-12-29" for row in rows)


@pytest.mark.parametrize(("code", "name"), [("TX", "Texas"), ("NY", " new york "), ("CA", "CALIFORNIA")])
def test_a_state_goes_by_its_name_or_its_letters(code: str, name: str) -> None:
    rows = rows_of("--state", name)
    assert rows == rows_of("--state", code.lower())
    assert {row["state"] for row in rows} == {code}


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--kind", "nonsense"], 1, "no kind 'nonsense'"),
        (["--state", "ZZ"], 1, "two letters"),
        (["--state", "Texs"], 1, "did you mean Texas?"),
        (["--at", "yesterday"], 2, "yesterday"),
        (["--place", "Nowhere County, TX"], 1, "Nowhere"),
    ],
)
def test_the_command_refuses_in_one_line(args: list[str], code: int, words: str) -> None:
    result = run(["policies", *args])
    assert result.exit_code == code
    assert words in result.output + str(result.exception)


def test_the_command_writes_a_calendar(tmp_path: Path) -> None:
    out = tmp_path / "dates.ics"
    assert run(["policies", "--state", "TX", "--out", str(out)]).exit_code == 0
    assert out.read_text().startswith("BEGIN:VCALENDAR")


@pytest.mark.parametrize(
    "args",
    [[], ["--state", "TX"], ["--state", "TX", "--agreements"], ["--at", "2018-01-01"], ["--kind", "287g"]],
)
def test_the_command_writes_what_it_lists(args: list[str], tmp_path: Path) -> None:
    found = run(["policies", *args, "--json", "--out", str(tmp_path / "out.csv")])
    dated = [row["id"] for row in json.loads(found.stdout) if row["effective"]]
    assert pl.read_csv(tmp_path / "out.csv")["id"].to_list() == dated


def test_listing_an_own_registry_lists_it_all() -> None:
    known = Registry(
        (policy("a"), policy("b", direction="extends", kind="program_287g", agency="S", model="W"))
    )
    assert [row["id"] for row in listed(given=known)] == ["a", "b"]
    assert [row["id"] for row in listed(given=known, kind="287g")] == ["b"]
