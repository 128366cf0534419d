"""Lists of participating agencies, one for each rule: what it tells apart, and what it must not."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from atlarge.agreements import AgencyList, AgreementSpell, read_list, read_lists
from atlarge.agreements.lines import mended_state, model_code
from atlarge.agreements.lists import list_day
from atlarge.agreements.places import agency_key, resolve
from atlarge.agreements.spells import make_spells
from atlarge.errors import ReleaseError

pytestmark = pytest.mark.slow_file

JEM, WSO, TFM = "Jail Enforcement Model", "Warrant Service Officer", "Task Force Model"
DAYS = [dt.date(2025, 3, 1) + dt.timedelta(days=15 * k) for k in range(8)]
STEADY = [
    ("TEXAS", f"{name} County Sheriff's Office", f"{name} County", JEM, "2025-02-10")
    for name in ("Bell", "Bexar", "Bowie", "Brazos", "Collin", "Ellis", "Hays", "Hunt", "Jasper", "Karnes",
                 "Kaufman", "Lamar", "Liberty", "Nueces", "Orange", "Parker", "Polk", "Potter", "Travis",
                 "Wise")
]  # fmt: skip
Row = tuple[str, str, str, str, str]


def agency_list(day: dt.date, rows: list[Row]) -> AgencyList:
    """A list of a day as it comes from `read_list`."""
    frame = pl.DataFrame(
        [
            {
                "state": s,
                "agency": a,
                "county": c,
                "model": m,
                "signed": dt.date.fromisoformat(d) if d else None,
            }
            for s, a, c, m, d in rows
        ],
        schema_overrides={"signed": pl.Date},
    )
    return AgencyList(day, f"list-{day}.xlsx", frame)


def spells(shown: dict[int, list[Row]], key: str = "lamb") -> list[AgreementSpell]:
    """Spells of the agencies named by `key`, from lists 0 to 7 that all show the steady twenty."""
    lists = [agency_list(day, [*STEADY, *shown.get(k, [])]) for k, day in enumerate(DAYS)]
    return [s for s in make_spells(lists).spells if key in s.agency_key]


def lamb(signed: str = "2025-03-20", model: str = JEM, name: str = "Lamb County Sheriff's Office") -> Row:
    return ("TEXAS", name, "Lamb County", model, signed)


def test_an_agreement_runs_from_its_signing_to_the_first_whole_list_without_it() -> None:
    (one,) = spells({k: [lamb()] for k in (2, 3, 4)})
    assert (one.start, one.start_earliest, one.start_latest) == (dt.date(2025, 3, 20),) * 3
    assert (one.end_earliest, one.end, one.end_latest) == (DAYS[4] + dt.timedelta(days=1), DAYS[5], DAYS[5])
    assert (one.fips, one.level, one.place_basis) == ("48279", "county", "agency's name")
    assert set(one.rules) == {"signed", "left"}


def test_an_agreement_on_the_newest_list_has_no_end() -> None:
    (one,) = spells({k: [lamb()] for k in range(2, 8)})
    assert (one.end, one.end_earliest, one.end_latest) == (None, None, None)


def test_a_new_day_of_signing_renews_and_does_not_begin_again() -> None:
    (one,) = spells({k: [lamb("2025-03-20" if k < 5 else "2025-05-12")] for k in range(2, 8)})
    assert one.start == dt.date(2025, 3, 20)
    assert "renewed" in one.rules
    assert len(one.signings) == 2


@pytest.mark.parametrize("other", ["2025-03-21", "2025-03-02", "2025-04-20"])
def test_a_day_that_moves_a_little_is_corrected_and_the_start_an_interval(other: str) -> None:
    (one,) = spells({k: [lamb("2025-03-20" if k < 5 else other)] for k in range(2, 8)})
    assert "redated" in one.rules
    assert one.start_earliest <= dt.date(2025, 3, 20) <= max(one.start_latest, DAYS[2])
    assert one.start_earliest == min(dt.date(2025, 3, 20), dt.date.fromisoformat(other))
    assert one.start_latest <= DAYS[2]


def test_one_list_without_it_is_a_slip_and_two_with_a_new_paper_are_an_end() -> None:
    (one,) = spells({k: [lamb()] for k in (2, 3, 5, 6, 7)})
    assert "slip" in one.rules
    assert one.end is None
    both = spells({k: [lamb("2025-03-20" if k < 4 else "2025-05-20")] for k in (2, 3, 6, 7)})
    assert [(s.start, s.end) for s in both] == [
        (dt.date(2025, 3, 20), DAYS[4]),
        (dt.date(2025, 5, 20), None),
    ]


def test_a_switch_of_model_is_no_exit_of_the_agency() -> None:
    both = spells({k: [lamb(model=JEM)] if k < 4 else [lamb("2025-04-20", WSO)] for k in range(2, 8)})
    ended = next(s for s in both if s.model == "jem")
    assert "switched" in ended.rules
    assert "left" not in ended.rules
    assert next(s for s in both if s.model == "wso").start == dt.date(2025, 4, 20)


@pytest.mark.parametrize(
    "name", ["LAMB COUNTY SHERIFFS OFFICE", "Lamb County Sheriff’s Office ", "Lamb County Sheriff's Dept.",
             "Lamb Co. Sheriff's Office", "Lambe County Sheriff's Office", "Lamb County Sherriff's Office"],
)  # fmt: skip
def test_another_spelling_is_the_same_agency(name: str) -> None:
    (one,) = spells({k: [lamb(name="Lamb County Sheriff's Office" if k < 5 else name)] for k in range(2, 8)})
    assert one.end is None
    assert one.fips == "48279"


def test_two_agencies_of_a_county_stay_two() -> None:
    rows = [lamb(), ("TEXAS", "Lamb City Police Department", "Lamb County", JEM, "2025-03-21")]
    assert len(spells(dict.fromkeys(range(2, 8), rows))) == 2
    apart = {k: [lamb()] if k < 5 else [lamb(name="Littlefield Police Department")] for k in range(2, 8)}
    found = spells(apart, "")
    assert {s.agency_key for s in found} >= {"lamb county sheriff", "littlefield police"}


def test_absence_from_a_partial_list_ends_nothing() -> None:
    lists = [agency_list(day, [*STEADY, lamb()]) for day in DAYS]
    lists[4] = agency_list(DAYS[4], STEADY[:12])
    table = make_spells(lists)
    assert [one["partial"] for one in table.lists] == [k == 4 for k in range(8)]
    assert all(s.end is None for s in table.spells)


def test_the_newest_list_is_partial_when_a_tenth_is_gone() -> None:
    lists = [agency_list(day, STEADY) for day in DAYS]
    lists[-1] = agency_list(DAYS[-1], STEADY[:16])
    table = make_spells(lists)
    assert table.lists[-1]["partial"]
    assert all(s.end is None for s in table.spells)


def test_a_printed_year_that_cannot_be_is_mended_or_the_start_is_an_interval() -> None:
    (one,) = spells({k: [lamb("2016-04-02")] for k in range(3, 8)})
    assert (one.start, one.rules) == (dt.date(2025, 4, 2), ("misprinted_year",))
    (none,) = spells({k: [lamb("2016-11-30")] for k in range(3, 8)})
    assert (none.start_earliest, none.start_latest) == (DAYS[2] + dt.timedelta(days=1), DAYS[3])
    (blank,) = spells({k: [lamb("")] for k in range(3, 8)})
    assert (blank.start_earliest, blank.start_latest) == (DAYS[2] + dt.timedelta(days=1), DAYS[3])


def test_a_wrong_state_is_joined_to_the_state_that_has_the_county() -> None:
    wrong: Row = ("OKLAHOMA", "Lamb County Sheriff's Office", "Lamb County", JEM, "2025-03-20")
    (one,) = spells({k: [wrong if k == 3 else lamb()] for k in range(2, 8)})
    assert (one.state, one.end) == ("TX", None)
    assert "wrong_state" in one.rules


def test_every_row_is_counted_once_whatever_happens_to_it() -> None:
    rng = random.Random(7)
    lists = []
    for day in DAYS:
        rows = [
            *STEADY,
            lamb(),
            ("ATLANTIS", "Sea Police", "", TFM, ""),
            ("TEXAS", "Nowhere Rangers", "", JEM, ""),
        ]
        rng.shuffle(rows)
        lists.append(agency_list(day, rows))
    table = make_spells(lists)
    parts = ("county found", "agency of the state, no county", "county not found", "no state", "no model")
    assert table.rows["rows"] == sum(len(one.rows) for one in lists)
    assert table.rows["rows"] == sum(table.rows[part] for part in parts)
    assert table.rows["no state"] == len(DAYS)
    assert "Nowhere Rangers, TX" in table.unresolved


def test_older_agreements_are_carried_on_or_ended_before_the_first_list() -> None:
    older: list[dict[str, Any]] = [
        {"agency": "Bell County Sheriff's Office", "state": "TX", "fips": "48027", "model": "jem",
         "signed": dt.date(2016, 6, 8), "last_seen": dt.date(2017, 8, 1), "ended": None},
        {"agency": "Lamb County Sheriff's Office", "state": "TX", "fips": "48279", "model": "jem",
         "signed": dt.date(2016, 6, 8), "last_seen": dt.date(2017, 8, 1), "ended": None},
        {"agency": "Lynn County Sheriff's Office", "state": "TX", "fips": "48305", "model": "jem",
         "signed": dt.date(2016, 6, 8), "last_seen": dt.date(2017, 8, 1), "ended": dt.date(2018, 5, 1)},
    ]  # fmt: skip
    found = {s.agency_key: s for s in make_spells([agency_list(day, STEADY) for day in DAYS], older).spells}
    bell, gone, known = (found[f"{name} county sheriff"] for name in ("bell", "lamb", "lynn"))
    assert (bell.start, bell.end) == (dt.date(2016, 6, 8), None)
    assert (gone.end_earliest, gone.end_latest) == (dt.date(2017, 8, 2), DAYS[0])
    assert (known.end_earliest, known.end, known.end_latest) == (dt.date(2018, 5, 1),) * 3


# ---- places


@pytest.mark.parametrize(
    ("agency", "state", "county", "kind", "level", "fips"),
    [
        ("Garland County Sheriff's Office", "AR", None, None, "county", "05051"),
        ("Berrian County Sheriff's Office", "MI", "Berrian County", "County", "county", "26021"),
        ("Bossier Parish Sheriff's Office", "LA", "Bossier Parish", "County", "county", "22015"),
        ("League City Police Department ", "TX", "Galveston County", "Municipality", "city", "48167"),
        ("League City Police Department", "TX", None, None, "city", "48167"),
        ("Apopka Police Department", "FL", "#NA", "Municipality", "city", "12095"),
        ("Nebraska Department of Correctional Services", "NE", "Lincoln County", "State Agency", "state",
         None),
        ("Department of Corrections", "AK", None, None, "state", None),
        ("Indian River Shores Department of Public Safety", "FL", "Indian River County", "Municipality",
         "city",
         "12061"),
        ("St. Johns County Sheriff's Office", "FL", "Saint Johns County", "County", "county", "12109"),
        ("Okaloosa County Board of County Commissioners", "FL", None, "County", "county", "12091"),
        ("Metro Police Authority of Genesee County", "MI", None, "Municipality", "county", "26049"),
        ("Rochester Borough Police Department", "PA", "Beaver County", "Municipality", "city", "42007"),
        ("Monroe Police Department", "GA", "Monroe County", "Municipality", "city", "13297"),
        ("Arkansas State Police Department", "AR", "Pulaski County", "Municipality", "state", None),
    ],
)  # fmt: skip
def test_an_agency_is_placed_by_name_column_or_gazetteer(
    agency: str, state: str, county: str | None, kind: str | None, level: str, fips: str | None
) -> None:
    found = resolve(agency, state, county, kind)
    assert (found.level, found.fips) == (level, fips)
    assert found.basis or found.reason


def test_what_names_no_place_gets_a_reason_and_no_guess() -> None:
    found = resolve("Coastal Rangers", "TX", "Ocean County", "County")
    assert found.fips is None
    assert "neither" in found.reason


def test_words_vary_and_mean_the_same() -> None:
    assert agency_key("Hardin County Sheriff’s Department") == agency_key("HARDIN CO. SHERIFFS OFFICE")
    assert agency_key("Hardin County Sheriff") != agency_key("Harding County Sheriff")
    printed = ("Warrant Services Officer", "Task Force Officer ", "JAIL enforcement", "", None)
    assert [model_code(w) for w in printed] == [
        "wso", "tfm", "jem", None, None,
    ]  # fmt: skip
    assert [mended_state(w) for w in ("UTAHJ", "NEW HAMPSHIRE ", "tx", "Atlantis")] == [
        "UT",
        "NH",
        "TX",
        None,
    ]


# ---- reading

HEADERS = [
    ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED", "MOA"],
    ["State", "Law Enforcement Agency", "Type", "County", "Support Type", "Date Signed", "MOA", "Addendum"],
    ["County", "STATE", "AGENCY", "AGENCY TYPE", "MODEL", "SIGNED", "Notes"],
]


def written(folder: Path, header: list[str], name: str = "list-2025-06-16.xlsx", lead: int = 0) -> Path:
    """A workbook with a header and three agreements under it, after `lead` rows of a title."""
    values = {
        "state": "Texas", "agency": "Lamb County SO",
        "law_enforcement_agency": "Lamb County Sheriff's Office",
        "support_type": JEM, "model": JEM, "signed": dt.date(2025, 3, 20), "date_signed": "3/20/2025",
        "county": "Lamb County", "type": "County", "agency_type": "County",
    }  # fmt: skip
    path = folder / name
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Sheet1")
    for k in range(lead):
        sheet.write(k, 0, f"Participating agencies, page {k}")
    for j, title in enumerate(header):
        sheet.write(lead, j, title)
        for i in range(3):
            value = values.get(title.lower().replace(" ", "_"), "link")
            if isinstance(value, dt.date):
                sheet.write_datetime(lead + 1 + i, j, dt.datetime.combine(value, dt.time()))
            else:
                sheet.write(lead + 1 + i, j, value)
    book.close()
    return path


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("lead", [0, 2])
def test_headers_vary_and_are_read(tmp_path: Path, header: list[str], lead: int) -> None:
    found = read_list(written(tmp_path, header, lead=lead))
    assert found.day == dt.date(2025, 6, 16)
    assert found.rows["signed"].to_list() == [dt.date(2025, 3, 20)] * 3
    assert found.rows["state"].to_list() == ["TX"] * 3


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2025-08-28 00:00:00", dt.date(2025, 8, 28)),
        ("8/28/2025", dt.date(2025, 8, 28)),
        ("05/082025", dt.date(2025, 5, 8)),
        ("August 28, 2025", dt.date(2025, 8, 28)),
        ("45897", dt.date(2025, 8, 28)),
        ("pending", None),
        ("5025-07-07", dt.date(5025, 7, 7)),
    ],
)
def test_days_of_signing_are_read_as_printed(tmp_path: Path, printed: str, day: dt.date | None) -> None:
    path = tmp_path / "participating_2025-09-01.csv"
    path.write_text(
        "STATE,LAW ENFORCEMENT AGENCY,SUPPORT TYPE,SIGNED\n"
        f'TEXAS,Lamb County Sheriff\'s Office,{JEM},"{printed}"\n'
    )
    assert read_list(path).rows["signed"].to_list() == [day]


def test_summary_sheets_are_noticed_and_named(tmp_path: Path) -> None:
    path = tmp_path / "participating-2025-07-01.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for name in (JEM, "Weekly_Agreements", "State_Percentages"):
        sheet = book.add_worksheet(name)
        for i, row in enumerate([("", 2025, "Total"), ("ALABAMA", 8, 8), ("Total", 8, 8)]):
            for j, cell in enumerate(row):
                sheet.write(i, j, cell)
    book.close()
    with pytest.raises(ReleaseError, match="holds no list of agencies"):
        read_list(path)
    good = written(tmp_path, HEADERS[0])
    lists, refused = read_lists([path, good])
    assert [one.file for one in lists] == [good.name]
    assert list(refused) == [path.name]


def test_rows_of_a_log_that_are_gone_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "participating_2025-07-16.csv"
    head = "STATE,LAW ENFORCEMENT AGENCY,SUPPORT TYPE,SIGNED,LAST SEEN,Status\n"
    rows = [
        f"TEXAS,Town {k} Police Department,{TFM},2025-03-01,2025/07/16,{'Absent' if k < 2 else 'Present'}\n"
        for k in range(5)
    ]
    path.write_text(head + "".join(rows))
    found = read_list(path)
    assert found.rows.height == 3
    assert any("2 rows marked" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("ice-287g-participating-2025-07-16.xlsx", dt.date(2025, 7, 16)),
        ("participatingAgencies07182025pm.xlsx", dt.date(2025, 7, 18)),
        ("agencies_20260518.csv", dt.date(2026, 5, 18)),
        ("list.xlsx", dt.date(2025, 3, 20)),
    ],
)
def test_the_day_of_a_list_is_in_its_name_or_its_newest_signing(name: str, day: dt.date) -> None:
    assert list_day(name, pl.DataFrame({"signed": [dt.date(2025, 3, 20)]}))[0] == day


# ---- the published lists


@pytest.mark.data
def test_every_row_of_the_published_lists_is_placed_or_counted_and_the_shipped_spells_are_theirs(
    data_dir: Path,
) -> None:
    from atlarge.agreements import agreements_of
    from atlarge.reference import table

    lists, refused = read_lists([data_dir / "raw" / "RelevantResearch__287g-DetentionData"])
    assert (len(lists), len(refused)) == (45, 5)
    found = agreements_of(lists)
    assert found.rows["rows"] == sum(one.rows.height for one in lists)
    assert found.rows["rows"] == found.rows["county found"] + found.rows["agency of the state, no county"]
    assert [one["day"].isoformat() for one in found.lists if one["partial"]] == ["2025-04-21"]
    assert set(found.frame()["id"]) == set(table("agreements_287g")["id"])


@pytest.mark.data
def test_a_list_left_out_agrees_with_the_spells_of_the_others(data_dir: Path) -> None:
    """Of each twentieth list, the rows that spells made without it have in force on its day, and the rest."""
    lists, _ = read_lists([data_dir / "raw" / "RelevantResearch__287g-DetentionData"])
    assert len(lists) > 20
    for one in lists[5:-1:20]:
        others = make_spells([other for other in lists if other.day != one.day])
        shown = {
            (mended_state(r["state"]), agency_key(r["agency"]), model_code(r["model"]))
            for r in one.rows.iter_rows(named=True)
        }
        standing: set[tuple[str, str, str]] = set()
        for s in others.spells:
            if s.start_earliest <= one.day and (s.end_latest is None or s.end_latest >= one.day):
                standing.update((s.state, agency_key(name), s.model) for name in s.spellings)
        assert len(shown) > 100
        missed = {row for row in shown if row not in standing}
        assert len(missed) <= 0.01 * len(shown), sorted(map(str, missed))[:5]
