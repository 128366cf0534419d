"""Files about named or identifiable persons are refused whole; columns that only sound like it are not."""

from __future__ import annotations

import csv
import json
import random
from itertools import product
from pathlib import Path

import polars as pl
import pytest

from atlarge.errors import ReleaseError
from atlarge.ingest import ingest
from atlarge.reference import table
from atlarge.releases import families, read_release
from atlarge.releases.family import plain
from atlarge.releases.persons import how_named, persons_in, public_name
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
    "mark",
    ["(B)(6);(B)(7)(C) ", "b(6), b(7)c", "(b)(6),(b)(7)c)", "(b)(7)e)", "", "--", "NA", "REDACTED",
     "[Redacted - PII]", "Withheld under FOIA", "B6/b7C", "Exemption 6", "XXXXX", "xxx-xx-xxxx", "*****",
     "\u2588\u2588\u2588", "No", "Y", "0"],
)  # fmt: skip
def test_redaction_marks_are_let_through(mark: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f'{HEADER}|Birth Date\n{ROW}|"{mark}"\n')
    assert read_release(path).rows_read == 1


def test_an_unknown_column_of_names_is_refused(tmp_path: Path) -> None:
    people = ["Doe, Jane", "ROE, RICHARD", "O'Neil, Ann", "De la Cruz, Juan", "Smith, J", "Lopez, Maria A."]
    with pytest.raises(ReleaseError, match="unknown column 'remarks' seems to name persons"):
        read_release(_file(tmp_path / "r.csv", "Remarks", people))


@pytest.mark.parametrize(
    "form", ["A{:09}", "A {:08}", "512-555-{:04}", "({:03}) 555-0199", "123-45-{:04}", "u{}@mail.example"]
)
def test_an_unknown_column_of_persons_numbers_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="'number' seems to name persons or give") as raised:
        read_release(_file(tmp_path / "r.csv", "Number", [form.format(i) for i in range(200, 209)]))
    assert form.format(200) not in str(raised.value)


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
        "AXXX123456", "A XXX-456-789", "SS# ***-**-6789", "02/03/1981", "VIN 1HGCM82633A004352",
        "facebook.com/jane.doe", "@jane_doe88", "CASE US V GARCIA",
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


@pytest.mark.parametrize("form", ["parquet", "feather"])
@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum])
def test_persons_inside_the_categories_of_a_column_never_reach_the_store(
    kind: type[pl.DataType], form: str, tmp_path: Path
) -> None:
    """Factors of R, and categories of pandas and Polars."""
    names = ["Apprehension Date", "Area of Responsibility", "Apprehension Method", "Apprehension Landmark"]
    person = "RESIDENCE OF GARCIA, JUAN A191130615"
    places = [person, person, *["TRAVIS COUNTY JAIL"] * 8, None]
    rows = [[f"2017-02-{day + 1:02}", "San Antonio", f"Way {day % 2}", at] for day, at in enumerate(places)]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    categories = frame.with_columns(
        pl.col(name).cast(kind if kind is pl.Categorical else pl.Enum(frame[name].unique().drop_nulls()))
        for name in names[1:]
    )
    path = tmp_path / f"r.{form}"
    (categories.write_parquet if form == "parquet" else categories.write_ipc)(path)
    audit = ingest([path], tmp_path / "store").releases[0]
    assert any("in 2 rows" in note and "blanked" in note for note in audit.notes)
    assert "GARCIA" not in str(audit.to_dict())
    stored = [pl.read_parquet(file) for file in (tmp_path / "store").rglob("*.parquet")]
    assert b"GARCIA" not in b"".join(file.read_bytes() for file in (tmp_path / "store").rglob("*.*"))
    assert pl.concat(stored)["landmark"].value_counts(sort=True).rows() == [
        ("TRAVIS COUNTY JAIL", 8),
        (None, 3),
    ]


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
        "GEORGE ALLEN COURTS",
    ],
)
def test_texts_of_places_are_kept(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f'{HEADER}\nSan Antonio Area of Responsibility|2/14/2017|Located|"{text}"|\n')
    ingest([path], tmp_path / "store")
    (stored,) = (tmp_path / "store" / "arrests").glob("*.parquet")
    assert pl.read_parquet(stored)["landmark"].to_list() == [text]


@pytest.mark.parametrize(
    "column",
    ["Last", "First", "Subject", "Nombre", "Apellidos", "D.O.B.", "BirthDate", "Birth Dt", "Phone",
     "Cell Phone",
     "Passport No", "A Number", "Anumber", "Alien ID", "Email", "Fecha de Nacimiento", "Social Security No",
     "SS#", "USCIS #", "Subj Last", "LN", "Detenido"],
)  # fmt: skip
def test_other_spellings_of_columns_of_persons_are_refused(column: str, tmp_path: Path) -> None:
    path = _file(tmp_path / "r.csv", column, ["", "JANE X 1"])
    with pytest.raises(ReleaseError, match="refused"):
        ingest([path], tmp_path / "store")
    assert read_release(_file(tmp_path / "b.csv", column, ["", "(b)(6)", "NA"])).rows_read == 3


def test_a_column_called_name_may_hold_facilities(tmp_path: Path) -> None:
    path = _file(tmp_path / "r.csv", "Name", ["TRAVIS COUNTY JAIL", "STEWART DETENTION CENTER", ""])
    assert read_release(path).rows_read == 3


GIVEN = [
    "Juan",
    "María",
    "Nguyen",
    "Mohammed",
    "Oleksandr",
    "Xiaoming",
    "Jennifer",
    "Ngozi",
    "Łukasz",
    "Embuh",
]
FAMILY = [
    "Garcia",
    "Hernández-López",
    "Tran",
    "Al-Sayed",
    "Kovalenko",
    "Wang",
    "Okonkwo",
    "Quispe",
    "Purnawati",
]


def _names(draw: random.Random, rounds: int) -> list[str]:
    """Names in every form that people write, of given and family names drawn at random."""
    found = []
    for _ in range(rounds):
        first, last, other = draw.choice(GIVEN), draw.choice(FAMILY), draw.choice(FAMILY)
        found += [
            f"{last}, {first}",
            f"{first} {last}",
            f"{last} {first} {other[0]}",
            f"{first} {other[0]}. {last}-{other}",
            f"{last} {other}, {first} R.",
            f"{first} {last}".lower(),
            f"Mr. {first} {last}",
            f"{first} de la {last}",
            f"RES OF {first} {last}",
            f"S/B {last}",
            f"c/o {first} {last}",
            f'{first} {last} aka "{other}"',
            f"ARRESTED {first} {last}",
            f"TRAVIS COUNTY JAIL - {last}, {first}",
            f"{first} {last}, AUSTIN, TX",
        ]
    return [draw.choice([name, name.upper()]) for name in found]


def _numbers(draw: random.Random, rounds: int) -> list[str]:
    """Numbers of persons, papers, telephones, cars and homes, in the spellings of forms and notes."""
    found = []
    for _ in range(rounds):
        n = f"{draw.randrange(10**9):09}"
        a, b, c = n[:3], n[3:6], n[6:]
        found += [
            f"A{n}",
            f"A{n[:8]}",
            f"A {a}-{b}-{c}",
            f"A# {a} {b} {c}",
            f"A-{a} {b} {c}",
            f"ALIEN NO. {n}",
            f"{a}-{b}-{c}",
            n,
            f"{a}-{n[3:5]}-{n[5:]}",
            f"SSN {n}",
            f"DOB {int(n[0]) + 1}/1/19{n[1:3]}",
            f"BORN 19{n[:2]}",
            f"(512) 555-{n[:4]}",
            f"512.555.{n[:4]}",
            f"+52 1 {a} {b} {n[:4]}",
            f"j{n}@example.org",
            f"PASSPORT G{n[:8]}",
            f"FINS {n}0",
            f"TX DL {n[:8]}",
            f"TX PLATE ABC{n[:4]}",
            f"30.{n[:4]}, -97.{n[4:8]}",
            f"{a} E 12TH ST APT {n[3]}, AUSTIN, TX",
            f"FBI# {n[:6]}AB7",
        ]
    return found


EVENTS = [
    f
    for f in families().values()
    if f.table in ("arrests", "detainers", "encounters", "removals", "stints", "book_ins")
]


@pytest.mark.parametrize("family", EVENTS, ids=lambda family: family.id)
def test_persons_in_any_column_that_is_kept_never_reach_the_store(family, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Names and numbers in every text column of every family, each in one row of a file."""
    draw = random.Random(family.id)
    texts = [
        n for n, c in family.columns.items() if c.kind == "text" and n not in ("subject", "published_drop")
    ]
    secrets = _names(draw, 2) + _numbers(draw, 1)
    rows = [(name, secret) for name in texts for secret in draw.sample(secrets, 9)]
    rows += [(texts[0], "")] * 9
    with (tmp_path / "r.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=family.delimiters[0])
        writer.writerow([column.names[0] for column in family.columns.values()])
        for number, (at, secret) in enumerate(rows):
            day = f"{family.last[:4] if family.last < '2017' else '2017'}-02-{1 + number % 28:02}"
            plain = {"day": day, "moment": f"{day} 10:00:00", "count": "1", "number": "1"}
            cells = {
                n: plain.get(c.kind, f"h{number}" if n == "subject" else "")
                for n, c in family.columns.items()
            }
            writer.writerow((cells | {at: secret}).values())
    audit = ingest([tmp_path / "r.csv"], tmp_path / "store", allow_loss=True)
    kept = json.dumps(audit.to_dict(), default=str, ensure_ascii=False)
    for stored in (tmp_path / "store").rglob("*.*"):
        kept += str(pl.read_parquet(stored).to_dicts()) if stored.suffix == ".parquet" else stored.read_text()
    assert [row for row in rows if row[1] and row[1].casefold() in kept.casefold()] == []


def test_names_are_noticed_in_every_form() -> None:
    names = pl.Series(sorted({*_names(random.Random(7), 60)}))
    sure, of_unknown_words = persons_in(names)
    assert sorted({*names} - {*sure} - {*of_unknown_words}) == []


def test_names_with_initials_or_joined_by_signs_are_noticed() -> None:
    draw = random.Random(11)
    listed = {
        kind: [name for name in table("person_names").filter(kind=kind)["name"] if len(name) > 3]
        for kind in ("family", "given")
    }
    forms = (
        "{i}. {f}", "{i} {f}", "{f}, {i}.", "{i}.{j}. {f}", "{i}. {f} RESIDENCE", "{f}_{g}", "{f}/{g}/{i}",
        "{g}_{f}",
    )  # fmt: skip
    names = {
        form.format(
            f=draw.choice(listed["family"]),
            g=draw.choice(listed["given"]),
            i=draw.choice("ABCDFGJLMR"),
            j="P",
        )
        for form in forms
        for _ in range(100)
    }
    for is_code in (False, True):
        found = pl.concat(persons_in(pl.Series(sorted(names)), is_code))
        assert len(names - {*found}) <= 0.05 * len(names), names - {*found}


@pytest.mark.parametrize("prefix", ["O'", "D\u2019", "N'", "O\u2019"])
def test_surnames_with_an_apostrophe_are_noticed_beside_initials(prefix: str) -> None:
    draw = random.Random(prefix)
    family = [name for name in table("person_names").filter(kind="family")["name"] if len(name) > 4]
    names = {
        form.format(f=prefix + draw.choice(family), i=draw.choice("ABCDFGJLMR"))
        for form in ("{i}. {f}", "{i} {f}", "{f}, {i}.", "{f}, {i} {i}")
        for _ in range(50)
    }
    found = pl.concat(persons_in(pl.Series(sorted(names))))
    assert len(names - {*found}) <= 0.05 * len(names), names - {*found}


def test_towns_and_counties_beside_a_direction_are_no_persons() -> None:
    towns = table("cities").filter(pl.col("population") > 20_000, ~pl.col("city").str.contains(" "))["city"]
    names = (draw + town for town in towns for draw in ("N. ", "S ", "E. "))
    assert [name for name in names if how_named(name)] == []


@pytest.mark.parametrize(
    "number", ["PO BOX 4471", "P.O. Box 12, EL PASO", "P O BOX #778", "POB 9012", "POST OFFICE BOX 31"]
)
def test_boxes_of_the_post_office_are_addresses(number: str) -> None:
    assert persons_in(pl.Series([number]))[0].to_list() == [number]


def test_homes_are_noticed_by_whose_they_are_and_by_their_address() -> None:
    """A title, a possessive, a word of home before or after a house's number, a letter of a flat."""
    draw = random.Random(16)
    family = [name for name in table("person_names").filter(kind="family")["name"] if len(name) > 3]
    forms = (
        "{t}. {f}", "{t} {f}", "{t} {f}'S {h}", "{f}'S {h}", "{f} FAMILY {h}", "TGT: {f}",
        "{r}: {n} {s}", "{r} AT {n} {s}", "{n} {s} ({r})", "{n} {s} {r}", "HOME - {n} {s}",
        "HOME ADDRESS: {n} {s}", "{n} {s} APT {i}", "{n} {s} #{i}", "{n} {s} UNIT {i}, DES MOINES IA",
    )  # fmt: skip
    texts = {
        form.format(
            f=draw.choice(family).upper(),
            t=draw.choice(["MR", "MRS", "Sra"]),
            h=draw.choice(["HOUSE", "HOME", "RESIDENCE"]),
            r=draw.choice(["RES", "RESIDENCE", "Domicilio"]),
            s=draw.choice(["ELM ST", "W 5TH AVE", "OLD MILL RD", "NW 3RD CT"]),
            i=draw.choice("ABCDEF"),
            n=draw.randint(1, 9999),
        )
        for form in forms
        for _ in range(30)
    }
    found = persons_in(pl.Series(sorted(texts)))[0]
    assert sorted(texts - {*found}) == []
    public = [
        "CHILDREN'S HOME", "ST. JOSEPH'S HOUSE", "SINGLE FAMILY HOME", "MR TIRE AUTO", "HOME DEPOT 1423 ELM",
        "1200 BAKER ST COURT HOUSE", "VETERANS HOME 12 ELM ST", "500 BLOCK OF ELM ST", "RES AREA 12 BLOCK",
    ]  # fmt: skip
    assert pl.concat(persons_in(pl.Series(public))).to_list() == []


def test_public_names_are_not_taken_for_persons() -> None:
    """Agencies, townships, jails, and towns with their state."""
    agencies = table("agreements_287g")["agency"]
    towns = table("cities").sample(3_000, seed=5).select(pl.col("city") + ", " + pl.col("state")).to_series()
    divisions = table("civil_divisions").select(pl.col("name") + " TOWNSHIP, " + pl.col("state")).to_series()
    jails = table("counties").select(pl.col("name").str.to_uppercase() + " JAIL").to_series()
    for public in (agencies, towns, divisions, jails):
        sure, _ = persons_in(public.drop_nulls().unique())
        assert sure.to_list() == []


@pytest.mark.parametrize(
    "text",
    [
        "JOE CORLEY",
        "T. DON HUTTO",
        "JAMES A. MUSICK FACILITY",
        "D. RAY JAMES",
        "TULSA COUNTY JAIL - DAVID L. MOSS CENTER",
        "RJ DONOVAN CORREC FAC",
        "ANNE ARUNDEL CTY DET CNTR",
        "ST. PAUL",
        "SAN JUAN",
        "FED JOE CORLEY CONROE, TX",
        "MARY JANE SMITH DETENTION CENTER",
        "JUAN SEGUIN HIGHWAY CHECKPOINT",
        "NORFOLK, VIRGINIA",
        "Jackson, Madison County, TN",
        "MARTIN LUTHER KING JR BLVD, AUSTIN TX",
        "CORNER OF MLK AND CESAR CHAVEZ",
        "JOHN DEERE PLANT, WATERLOO IA",
        "Trader Joe's",
        "SAMS CLUB, LAREDO TX",
        "FRED MEYER, PORTLAND OR",
        "WALMART SUPERCENTER",
    ],
)
def test_places_named_for_persons_are_places(text: str) -> None:
    assert how_named(text) is None


def test_cells_that_cannot_be_read_are_kept_only_as_numbers_and_dates(tmp_path: Path) -> None:
    """What stands in a date's place by mistake may be a name."""
    path = tmp_path / "r.csv"
    cells = ["GARCIA, JUAN", "A191130615", "123-45-6789", "2/31/2017", "Feb 30 2017"]
    rows = [
        f"San Antonio Area of Responsibility|{day}|Located|TRAVIS COUNTY JAIL|"
        for day in [*cells, *["2/1/2017"] * 9]
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    ingest([path], tmp_path / "store")
    (stored,) = (tmp_path / "store" / "quarantine").glob("*.parquet")
    assert pl.read_parquet(stored)["value"].to_list() == ["(text not kept)"] * 3 + cells[3:]


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("EROArrests_FY2016.csv.gz", True),
        ("rif-FOIA 15-87693 _07262015_LESA.xlsx", True),
        ("jail_2017-02-01.csv", True),
        ("Sheet1", True),
        ("Garcia, Juan.xlsx", False),
        ("juan_garcia_detainers.csv", False),
        ("A191130615.csv", False),
    ],
)
def test_names_of_files_and_sheets_that_are_persons_are_not_kept(name: str, is_kept: bool) -> None:
    assert (public_name(name, "-") == name) == is_kept


def test_a_header_that_is_a_person_is_not_shown(tmp_path: Path) -> None:
    path = _file(tmp_path / "r.csv", "Juan Garcia", ["1", "2"])
    (note,) = (n for n in ingest([path], tmp_path / "store").releases[0].notes if "left unread" in n)
    assert "garcia" not in note


def test_headers_of_personal_columns_in_both_languages() -> None:
    """Whatever stands before or after the word; the same words of facilities, offices and events pass."""
    words = [
        "Last Name",
        "FirstName",
        "Full_Name",
        "Surname",
        "Nombre",
        "Apellido",
        "Alias",
        "AKA",
        "DOB",
        "Date of Birth",
        "F. Nac.",
        "Fecha de Nacimiento",
        "Phone",
        "Cell Phone",
        "Teléfono",
        "Email",
        "Passport No",
        "Pasaporte",
        "SSN",
        "A-Number",
        "Spouse",
        "Mother's Maiden Name",
        "Driver's License",
        "License Plate",
        "FINS",
        "FBI Number",
        "Home Address",
        "Attorney",
    ]
    around = product(("", "Inmate ", "Detainee_"), ("", " 1"))
    variants = [f"{before}{word}{after}" for before, after in around for word in words[:16]] + words
    assert [v for v in variants if not names_persons(frozenset({plain(v)}))] == []
    things = product(
        ("Facility", "County", "Agency", "Office", "Court", "Operation"),
        ("Name", "Full Name", "Phone", "Address"),
    )
    others = [
        "Birth Year",
        "Country of Birth",
        "pct_of_foreign_born",
        "Last Seen",
        "Subject to Final Order",
        "First Use",
    ]
    assert names_persons(frozenset(plain(v) for v in [*map(" ".join, things), *others])) == []


def test_a_known_column_most_of_whose_cells_name_persons_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    people = [f"San Antonio Area of Responsibility|2/1/2017|Located|Garcia {name}|" for name in GIVEN[:8]]
    path.write_text("\n".join([HEADER, *people, ROW, ROW]) + "\n")
    with pytest.raises(
        ReleaseError, match=r"'apprehension_landmark' seems to name persons .* 8 rows; refused"
    ):
        ingest([path], tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("cells", "becomes"),
    [
        ("Located|SUBJECT: DOE, JANE", "is blanked"),
        ("SUBJECT: DOE, JANE|TRAVIS COUNTY JAIL", "becomes 'unrecognised value'"),
    ],
)
def test_one_text_that_names_a_person_goes_however_many_rows_have_it(
    cells: str, becomes: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.csv"
    people = [f"San Antonio Area of Responsibility|2/1/2017|{cells}|"] * 40
    path.write_text("\n".join([HEADER, *people]) + "\n")
    audit = ingest([path], tmp_path / "store").releases[0]
    assert audit.rows_kept == 40
    assert any(f"in 40 rows: it {becomes}" in note for note in audit.notes)
