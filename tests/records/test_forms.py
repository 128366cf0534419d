"""Every form of the Deportation Data Project's releases is recognised, read whole and accounted for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import ddp_forms
import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.records.store import open_store
from atlarge.records.typed import type_release
from atlarge.releases import read_release


@pytest.mark.parametrize("family", ddp_forms.HEADERS)
def test_a_form_is_recognised_and_read_whole(family: str, tmp_path: Path) -> None:
    result = ddp_forms.make(tmp_path / "any name at all.xlsx", family, rows=40)
    release = read_release(result.path)
    assert release.family.id == family
    assert [sheet.name for sheet in release.sheets] == ["FY2023", "FY2024"]
    assert release.passed_sheets == ["Footnotes"]
    typed = type_release(release)
    assert typed.frame.height == release.rows_read == 40
    # dates written as cells and as text in two spellings all come back as they were drawn
    main = ddp_forms.main_date(family)
    assert typed.frame["moment"].to_list() == [row[main] for row in result.rows]
    # the header is on row 7, so the first row of data is row 8 of its sheet
    assert typed.frame["row"].to_list() == [*range(8, 28), *range(8, 28)]


@pytest.mark.parametrize("family", ddp_forms.HEADERS)
def test_a_form_saved_as_csv_gives_the_same_rows(family: str, tmp_path: Path) -> None:
    rows = ddp_forms.rows_of(family, 30, seed=5, people=9)
    book = ddp_forms.write(tmp_path / "a.xlsx", family, {"FY2023": rows}, preamble=False)
    names = ddp_forms.HEADERS[family].split("|")
    pl.DataFrame(
        [[None if row[n] is None else str(row[n]) for n in names] for row in rows],
        schema=dict.fromkeys(names, pl.String),
        orient="row",
    ).write_csv(tmp_path / "a.csv")
    one, other = type_release(read_release(book.path)), type_release(read_release(tmp_path / "a.csv"))
    lineage = ["release_id", "file", "sheet", "row"]
    assert one.frame.drop(lineage).equals(other.frame.drop(lineage))


@pytest.mark.parametrize("family", ["ddp-arrests-b", "ddp-detainers-c", "ddp-stints-b", "ddp-removals-a"])
def test_rows_of_a_form_reach_the_store(family: str, tmp_path: Path) -> None:
    result = ddp_forms.make(tmp_path / "r.xlsx", family, rows=50)
    audit = ingest([result.path], tmp_path / "store").releases[0]
    assert audit.rows_read == 50
    assert audit.rows_read == audit.rows_kept + sum(audit.rows_dropped.values())
    assert set(audit.rows_dropped) <= {"duplicate"}
    opened = open_store(tmp_path / "store").scan(audit.table).collect()
    assert opened.height == audit.rows_kept
    # no identifier as published, no birth year, no citizenship is kept
    reported = {
        name for row in result.rows for name, value in row.items() if name.endswith("Identifier") and value
    }
    published = {row[name] for row in result.rows for name in reported} - {None}
    cells = {cell for row in opened.select(pl.col(pl.String)).iter_rows() for cell in row}
    assert not published & cells
    assert not {"birth_year", "citizenship_country", "gender", "religion"} & set(opened.columns)


def test_cleaned_columns_are_read_too(tmp_path: Path) -> None:
    """Form B as cleaned: snake-cased, `apprehension_aor` for the duty area, flags added."""
    path = tmp_path / "arrests-latest.csv"
    path.write_text(
        "apprehension_date,apprehension_date_time,apprehension_type,apprehension_state_original,apprehension_aor,"
        "final_program,apprehension_method,apprehension_criminality,apprehension_site_landmark,operation,"
        "toa_current_duty_site,unique_identifier,duplicate_likely,duplicate_drop_row,file_original,row_original\n"
        "2025-01-20,2025-01-20 13:45:00,,TEXAS,San Antonio Area of Responsibility,x,Located,"
        '1 Convicted Criminal,TRAVIS COUNTY JAIL,,"AUSTIN, TX",abc,FALSE,FALSE,f.xlsx,8\n'
    )
    audit = ingest([path], tmp_path / "store").releases[0]
    assert (audit.family, audit.rows_kept) == ("ddp-arrests-b", 1)
    row = open_store(tmp_path / "store").scan("arrests").collect().row(0, named=True)
    assert (row["date"], row["aor"], row["aor_basis"], row["state"]) == (
        dt.date(2025, 1, 20), "SNA", "recorded", "TX",
    )  # fmt: skip
    assert audit.checks["published_flags"]["published_drop"] == {"agree": 1, "differ": 0, "not_flagged": 0}


def test_an_unredacted_birth_date_is_refused(tmp_path: Path) -> None:
    rows = ddp_forms.rows_of("ddp-arrests-a", 5, seed=1, people=3)
    rows[3]["Birth Date"] = dt.datetime(1980, 2, 3)
    result = ddp_forms.write(tmp_path / "r.xlsx", "ddp-arrests-a", {"FY2025": rows})
    with pytest.raises(ReleaseError, match="sheet 'FY2025', row 11: column 'birth_date' is not redacted"):
        ingest([result.path], tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_an_alien_number_is_refused(tmp_path: Path) -> None:
    rows = ddp_forms.rows_of("ddp-arrests-c", 5, seed=1, people=3)
    rows[0]["Alien File Number"] = "A012345678"
    result = ddp_forms.write(tmp_path / "r.xlsx", "ddp-arrests-c", {"FY2025": rows})
    with pytest.raises(ReleaseError, match="row 8: column 'alien_file_number' is not redacted in 1 row"):
        ingest([result.path], tmp_path / "store")


def test_bad_cells_go_to_quarantine_with_their_reason(tmp_path: Path) -> None:
    rows = ddp_forms.rows_of("ddp-arrests-c", 9, seed=2, people=400)
    rows[0]["Apprehension Date"] = "31/12/2023"
    rows[1]["Apprehension Date"] = None
    rows[2]["Apprehension Date"] = dt.datetime(2199, 1, 1)
    rows[3]["Event Landmark"] = "=cmd|' /C calc'!A0"
    result = ddp_forms.write(tmp_path / "r.xlsx", "ddp-arrests-c", {"FY2023": rows}, as_text=False)
    # xlsxwriter writes a text that begins with "=" as a formula unless told not to
    kept = ingest([result.path], tmp_path / "formulas").releases[0]
    assert any("no formula is run" in note for note in kept.notes)
    rows[3]["Event Landmark"] = None
    result = ddp_forms.write(tmp_path / "r.xlsx", "ddp-arrests-c", {"FY2023": rows}, as_text=False)
    audit = ingest([result.path], tmp_path / "store").releases[0]
    assert (audit.rows_read, audit.rows_kept, audit.rows_dropped) == (9, 6, {"quarantine": 3})
    kept = open_store(tmp_path / "store").quarantine().sort("row")
    assert kept["row"].to_list() == [8, 9, 10]
    assert kept["reason"].to_list() == [
        "Apprehension Date: not a date within bounds", "Apprehension Date: missing",
        "Apprehension Date: not a date within bounds",
    ]  # fmt: skip
    assert kept["value"].to_list() == ["31/12/2023", None, "2199-01-01 00:00:00"]
