"""Files about named or identifiable persons are refused whole; columns that only sound like it are not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.releases import read_release
from atlarge.releases.privacy import names_persons

HEADER = "Area of Responsibility|Apprehension Date|Apprehension Method|Apprehension Landmark|Operation"
ROW = "San Antonio Area of Responsibility|2/1/2017|Located|TRAVIS COUNTY JAIL|"


def _file(path: Path, column: str, cells: list[str]) -> Path:
    path.write_text("\n".join([f"{HEADER}|{column}", *[f"{ROW}|{cell}" for cell in cells]]) + "\n")
    return path


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Last Name", "DOE"),
        ("FIRST_NAME", "JANE"),
        ("Detainee Name", "DOE, JANE"),
        ("name", "Jane Doe"),
        ("Alias", "X"),
        ("Surname", "DOE"),
        ("Birth Date", "1/2/1980"),
        ("DOB", "1980"),
        ("Date of Birth", "1980-01-02"),
        ("Alien File Number", "A012345678"),
        ("A-Number", "012345678"),
        ("SSN", "1"),
    ],
)
def test_columns_of_persons_are_refused(column: str, cell: str, tmp_path: Path) -> None:
    """One filled cell is enough, and the message names the row and never the cell."""
    path = _file(tmp_path / "r.csv", column, ["", "(B)(6);(B)(7)(C) ", cell])
    with pytest.raises(ReleaseError, match=r"row 4: column .* refused") as raised:
        ingest([path], tmp_path / "store")
    assert cell not in str(raised.value).replace(str(path), "").split(":", 2)[-1].replace("row 4", "")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "mark", ["(B)(6);(B)(7)(C) ", "b(6), b(7)c", "(b)(6),(b)(7)c)", "(b)(7)e)", "", "--", "NA"]
)
def test_redaction_marks_are_let_through(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f'{HEADER}|Birth Date\n{ROW}|"{mark}"\n')
    assert read_release(path).rows_read == 1


def test_an_unknown_column_of_names_is_refused(tmp_path: Path) -> None:
    people = ["Doe, Jane", "ROE, RICHARD", "O'Neil, Ann", "De la Cruz, Juan", "Smith, J", "Lopez, Maria A."]
    with pytest.raises(ReleaseError, match="unknown column 'remarks' seems to name persons"):
        read_release(_file(tmp_path / "r.csv", "Remarks", people))


def test_places_are_no_persons(tmp_path: Path) -> None:
    """Landmarks and cities are written LAST, FIRST too; known columns are not judged by their cells."""
    path = tmp_path / "r.csv"
    rows = ["San Antonio Area of Responsibility|2/1/2017|Located|Jail, Austin|"] * 9
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    assert read_release(path).rows_read == 9


def test_names_of_things_are_no_persons() -> None:
    assert not names_persons(frozenset({"site_name", "county_name", "facility_name", "method", "birth_year"}))
    assert names_persons(frozenset({"inmate_name", "date_of_birth"})) == ["date_of_birth", "inmate_name"]


@pytest.mark.parametrize(
    "text",
    [
        "RESIDENCE OF GARCIA, JUAN A191130615", "HOME OF JANE DOE, AUSTIN, TX",
        "TRAVIS COUNTY JAIL A-191-130-615",
        "BOOKED AS 123-45-6789", "SUBJECT: DOE, JANE", "A191130615",
        "TRAVIS COUNTY JAIL FBI# 123456AB7", "PASSPORT G12345678 AUSTIN", "EARM CASE 1234567890",
        "1204 E 12TH ST APT 4, AUSTIN, TX", "30.2672, -97.7431", "SPOUSE OF JANE DOE, AUSTIN",
        "DOE-ROE, MARIA DEL CARMEN", "TX PLATE ABC1234",
        "CALL 512-555-0199 FIRST", "(512) 555-0199", "jane.doe@example.org, AUSTIN",
    ],
)  # fmt: skip
def test_persons_inside_a_text_never_reach_the_store(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    lines = [f'San Antonio Area of Responsibility|2/{day}/2017|Located|"{text}"|' for day in (1, 14)]
    path.write_text("\n".join([HEADER, f"{ROW}", *lines]) + "\n")
    audit = ingest([path], tmp_path / "store").releases[0]
    assert audit.rows_kept == 3
    assert any("in 2 rows" in note and "blanked" in note for note in audit.notes)
    assert text not in str(audit.to_dict())
    for file in (tmp_path / "store").rglob("*.parquet"):
        assert text not in str(pl.read_parquet(file).to_dicts())


@pytest.mark.parametrize(
    "text",
    [
        "MILWAUKEE COUNTY HOUSE OF CORRECTION",
        "I-95 MILE 123",
        "A1 TOWING, AUSTIN",
        "AUSTIN, TX",
        "SANTA MARIA, CALIFORNIA",
        "1010 E WHATLEY ROAD, OAKDALE",
        "UNIT 4, TDCJ HUNTSVILLE",
        "CASE COUNTY JAIL",
        "JOHN E POLK CORRECTIONAL FACILITY, SANFORD",
        "HOUSTON, DAVID WAYNE UNIT JAIL 2",
    ],
)
def test_texts_of_places_are_kept(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f'{HEADER}\nSan Antonio Area of Responsibility|2/14/2017|Located|"{text}"|\n')
    assert read_release(path).sheets[0].frame["apprehension_landmark"].to_list() == [text]


@pytest.mark.parametrize(
    "column",
    ["Last", "First", "Subject", "Nombre", "Apellidos", "D.O.B.", "BirthDate", "Birth Dt", "Phone",
     "Cell Phone",
     "Passport No", "A Number", "Anumber", "Alien ID", "Email", "Fecha de Nacimiento", "Social Security No"],
)  # fmt: skip
def test_other_spellings_of_columns_of_persons_are_refused(column: str, tmp_path: Path) -> None:
    path = _file(tmp_path / "r.csv", column, ["", "JANE X 1"])
    with pytest.raises(ReleaseError, match="refused"):
        ingest([path], tmp_path / "store")
    assert read_release(_file(tmp_path / "b.csv", column, ["", "(b)(6)", "NA"])).rows_read == 3


def test_a_column_called_name_may_hold_facilities(tmp_path: Path) -> None:
    path = _file(tmp_path / "r.csv", "Name", ["TRAVIS COUNTY JAIL", "STEWART DETENTION CENTER", ""])
    assert read_release(path).rows_read == 3
