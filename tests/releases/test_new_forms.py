"""Forms of later and earlier releases: recognised by content, read with what they have."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.records.prepare import prepare
from atlarge.reference import table
from atlarge.releases import families, read_release, read_releases
from atlarge.releases.areas import area_code
from atlarge.releases.families.detention_statistics import last_month, stated_day

DAYS = ["2019-03-01", "2019-03-02", "2019-03-05"]


def _csv(path: Path, columns: dict[str, list[str]]) -> Path:
    pl.DataFrame(columns).write_csv(path)
    return path


@pytest.mark.parametrize(
    ("family", "columns", "table"),
    [
        (
            "ddp-stints-h",
            {
                "Stay Book In Date": DAYS,
                "Detention Book In Date": DAYS,
                "Detention Facility": ["A", "B", "C"],
                "Detention Book Out Date": ["2019-03-04"] * 3,
                "Anonymized Identifier": ["a1", "b2", "c3"],
            },
            "stints",
        ),
        (
            "ddp-stints-a",
            {
                "stay_book_in_date_time": [f"{d} 10:00:00" for d in DAYS],
                "book_in_date_time": [f"{d} 10:00:00" for d in DAYS],
                "detention_facility": ["A", "B", "C"],
                "detention_book_out_date_time": ["2019-03-09 08:00:00"] * 3,
            },
            "stints",
        ),
        (
            "ddp-removals-h",
            {
                "Departed Date": DAYS,
                "Apprehension Date": DAYS,
                "Current Program": ["x"] * 3,
                "Anonymized Identifer": ["a1", "b2", "c3"],
            },
            "removals",
        ),
        (
            "ddp-encounters-h",
            {"Event Date": DAYS, "Event Landmark": ["x"] * 3, "Anonymized Identifier": ["a1", "b2", "c3"]},
            "encounters",
        ),
        (
            "ddp-detainers-h",
            {
                "Detainer Prepare Date": DAYS,
                "Detainer Detention Facility": ["TRAVIS CTY JAIL"] * 3,
                "Detainer Lift Reason": ["Booked into Detention"] * 3,
                "Anonymized Identifier": ["a1", "b2", "c3"],
            },
            "detainers",
        ),
        (
            "ddp-arrests-stays",
            {
                "apprehension_date_time": [f"{d} 10:00:00" for d in DAYS],
                "apprehension_aor": ["San Antonio Area of Responsibility"] * 3,
                "apprehension_method": ["Located"] * 3,
                "event_landmark": ["x"] * 3,
                "has_detention_stay": ["TRUE"] * 3,
                "unique_identifier": ["a1", "b2", "c3"],
                "stay_ID": ["s1", "s2", "s3"],
            },
            "arrests",
        ),
    ],
)
def test_a_form_is_read_by_the_columns_it_has(
    family: str, columns: dict[str, list[str]], table: str, tmp_path: Path
) -> None:
    result = prepare(read_release(_csv(tmp_path / "file.csv", columns)))
    assert (result.audit.family, result.audit.table, result.audit.rows_kept) == (family, table, 3)
    assert result.frame["date"].to_list() == [dt.date.fromisoformat(day) for day in DAYS]
    if "book_out" in result.frame.columns:
        assert result.frame["book_out"].null_count() == 0


@pytest.mark.parametrize("column", ["MINNESOTA", "TEXAS"])
def test_moving_averages_are_no_counts(column: str, tmp_path: Path) -> None:
    days = pl.date_range(dt.date(2025, 9, 1), dt.date(2025, 12, 1), eager=True)
    counts = {name: ["3"] * len(days) for name in ("TEXAS", "WISCONSIN", "ILLINOIS", "MINNESOTA", "OREGON")}
    whole = {"apprehension_date": [str(day) for day in days], **counts}
    assert prepare(read_release(_csv(tmp_path / "counts.csv", whole))).audit.rows_kept == len(days)
    averages = [f"{i / 7:.12f}" for i in range(len(days))]  # every seventh is a whole number
    path = _csv(tmp_path / "averages.csv", {**whole, column: averages})
    with pytest.raises(ReleaseError, match="averages or rates and not counts"):
        read_release(path)


def test_the_day_of_a_workbook_is_that_of_its_source() -> None:
    line = "Data Source: ICE Integrated Decision Support (IIDS), 06/23/2025"
    assert stated_day(["ICE FACILITIES DATA, FY25", line]) == dt.date(2025, 6, 23)
    assert stated_day(["no source"]) is None


@pytest.mark.parametrize(
    ("as_of", "filled", "expected"),
    [
        (dt.date(2024, 12, 15), 3, (2, False)),
        (dt.date(2024, 12, 31), 3, (2, True)),
        (dt.date(2024, 11, 25), 3, (2, False)),  # the last month's beginning is counted after the day
        (dt.date(2025, 2, 10), 3, (4, False)),  # zeros up to the day are counts
        (dt.date(2025, 10, 6), 12, (11, True)),
        (None, 3, (2, False)),
        (None, 12, (11, True)),
    ],
)
def test_months_to_come_are_missing(as_of: dt.date | None, filled: int, expected: tuple[int, bool]) -> None:
    months = ["oct", "nov", "dec", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep"]
    rows = pl.DataFrame({m: [10 if i < filled else 0, 5 if i < filled else 0] for i, m in enumerate(months)})
    assert last_month(rows, 2025, as_of) == expected


@pytest.mark.slow
@pytest.mark.data
def test_a_workbook_of_several_families_gives_a_release_of_each(data_dir: Path) -> None:
    found = {r.family.id: r for r in read_releases(data_dir / "field" / "files" / "UWvDHS_LESA_FINAL.xlsx")}
    assert {name: r.rows_read for name, r in found.items()} == {
        "seattle-arrests-foia": 32_549,
        "seattle-book-ins": 36_811,
        "seattle-removals": 6_529 + 20_384,
    }


@pytest.mark.data
def test_joined_facilities_keep_year_and_day(data_dir: Path) -> None:
    path = data_dir / "field" / "files" / "detention_management_facilities.parquet"
    published = pl.read_parquet(path)
    frame = prepare(read_release(path)).frame.filter(pl.col("measure") == "average daily population")
    counted = frame.group_by("fiscal_year", "as_of").len().sort("fiscal_year", "as_of")
    levels = published.drop_nulls(["level_a", "level_b", "level_c", "level_d", "pull_date", "name"])
    expected = levels.group_by("fiscal_year", as_of="pull_date").len().sort("fiscal_year", "as_of")
    assert counted["fiscal_year"].to_list() == expected["fiscal_year"].to_list()
    assert counted["as_of"].to_list() == expected["as_of"].to_list()
    assert abs(counted["len"].sum() - expected["len"].sum()) <= 2  # two rows have no number where one must be


@pytest.mark.data
def test_a_sheet_of_facilities_saved_as_csv_keeps_its_year(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "raw" / "ICE__detention-statistics" / "FY25_detentionStats12122024.xlsx"
    (sheet,) = (s for s in read_release(path).sheets if str(s.name).startswith("Facilities"))
    names = [column for column in sheet.frame.columns if not column.startswith("unnamed")]
    sheet.frame.select(names).write_csv(tmp_path / "facilities.csv")
    prepared = [prepare(read_release(p)) for p in (path, tmp_path / "facilities.csv")]
    has_note = [any("states the day of the figures" in note for note in one.audit.notes) for one in prepared]
    assert has_note == [False, True]
    whole, saved = (one.frame for one in prepared)
    whole = whole.filter(pl.col("place_kind") == "facility")
    kept = ["date", "fiscal_year", "place", "measure", "value"]
    assert saved.select(kept).sort(kept).equals(whole.select(kept).sort(kept))
    assert saved["fiscal_year"].unique().to_list() == [2025]


def test_every_form_of_the_public_repository_has_an_address() -> None:
    names = {name for one in families().values() for name in one.latest}
    assert names >= {
        "arrests-latest",
        "detainers-latest",
        "detention-stays-latest",
        "detention-stints-latest",
    }


@pytest.mark.parametrize("has_office", [True, False])
def test_facilities_name_their_area_by_its_code(tmp_path: Path, has_office: bool) -> None:
    areas = table("aors").select("aor", "name").sort("aor").rows()
    head = "detention_facility_code,name,city,county_fips_code,state,latitude,longitude"
    lines = [head + ",field_office" * has_office]
    for k, (_, name) in enumerate(areas):
        lines.append(f"F{k:03d},JAIL {k},TOWN,48453,TX,30.1,-97.7" + f",{name}" * has_office)
    path = tmp_path / "facilities.csv"
    path.write_text("\n".join(lines) + "\n")
    found = prepare(read_release(path)).frame
    assert found.height == len(areas) > 20
    wanted = [code for code, _ in areas]
    assert ("aor" in found.columns) is has_office
    assert not has_office or found.sort("facility_code")["aor"].to_list() == wanted


@pytest.mark.parametrize("ending", ["", " Area of Responsibility", " AOR", " Field Office", " field office "])
def test_an_area_is_known_by_every_usual_way_to_write_its_name(ending: str) -> None:
    written = {"St Paul": "SPM", "St. Paul": "SPM", "Saint Paul": "SPM", "ST PAUL": "SPM", "New York": "NYC",
               "New York City": "NYC", "Salt Lake City": "SLC", "SNA": "SNA", "San Antonio": "SNA",
               "Paul": None, "San": None, "": None}  # fmt: skip
    for before in ("", "ERO ", "ICE ERO "):
        found = area_code(pl.Series([before + name + ending if name else name + ending for name in written]))
        assert found.to_list() == list(written.values())


@pytest.mark.parametrize("day", ["2021-06-01", "2025-06-16", "2026-05-01"])
def test_a_part_of_a_list_of_agencies_is_called_one(day: str, tmp_path: Path) -> None:
    at = dt.date.fromisoformat(day)
    ended = (pl.col("end_earliest") <= at).fill_null(False)
    whole = (
        table("agreements_287g")
        .filter(pl.col("start_latest") <= at, ~ended)
        .select(pl.col("state", "agency", "signed"), SUPPORT_TYPE="model")
        .rename({"state": "STATE", "agency": "LAW ENFORCEMENT AGENCY", "signed": "SIGNED"})
    )
    first = pl.int_range(pl.len()) == 0
    mistyped = whole.with_columns(SIGNED=pl.when(first).then(dt.date(5025, 7, 7)).otherwise("SIGNED"))
    parts = {
        "whole": (whole, None), "day mistyped": (mistyped, None),
        "nearly all": (whole.sample(fraction=0.97, seed=1), None),
        "state": (whole.filter(STATE="FL"), "all in FL"),
        "all states but one": (whole.filter(pl.col("STATE") != "TX"), "none in TX"),
        "half": (whole.sample(fraction=0.5, seed=1), " of "),
        "large": (whole.filter(pl.col("STATE").is_in(["FL", "TX"])), "all in FL, TX"),
    }  # fmt: skip
    for name, (frame, words) in parts.items():
        frame.rename({"SUPPORT_TYPE": "SUPPORT TYPE"}).write_csv(tmp_path / "list.csv")
        notes = [n for n in prepare(read_release(tmp_path / "list.csv")).audit.notes if "part of a list" in n]
        assert len(notes) == (words is not None), (name, notes)
        assert all(f"{frame.height:,} agreement" in note and words in note for note in notes if words), notes
