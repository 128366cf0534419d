"""Workbooks in the forms of the Deportation Data Project's raw releases: made up, no person behind any row.

Six lines of preamble, the header on line 7, several sheets, dates as cells and as text in one column,
redaction marks, blank columns. What is in them is returned too, so that a test can count it by hand.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

REDACTED = "b(6), b(7)c"
PREAMBLE = [
    "ERO-LESA Statistical Tracking Unit",
    "For Official Use Only (FOUO)/Pre-decisional",
    "2026-ICLI-00005",
    "",
    "Please see the last sheet for footnotes",
    "",
]

_HEADERS = yaml.safe_load(Path(__file__).with_name("ddp_headers.yaml").read_text())
HEADERS: dict[str, str] = {form: header.replace(" | ", "|") for form, header in _HEADERS.items()}

MAIN_DATE = {
    "arrests": "Apprehension Date", "detainers": "Detainer Prepare Date", "stints": "Book In Date Time",
    "encounters": "Event Date", "removals": "Departed Date",
}  # fmt: skip

_WORDS: dict[str, list[Any]] = {
    "Apprehension State": ["TEXAS", "WASHINGTON", None],
    "State": ["TEXAS", "WASHINGTON", None],
    "Facility State": ["TEXAS", "WASHINGTON"],
    "Apprehension AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility", None],
    "TOA Current Duty AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility"],
    "AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility", None],
    "Facility AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility"],
    "Responsible AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility"],
    "Docket AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility"],
    "Book In AOR": ["San Antonio Area of Responsibility", "Seattle Area of Responsibility"],
    "Apprehension Method": ["Located", "CAP Local Incarceration", "ERO Reprocessed Arrest", "287(g) Program"],
    "Apprehension Site Landmark": ["TRAVIS COUNTY JAIL", "KING COUNTY JAIL, SEATTLE, WA", None],
    "Event Landmark": ["TRAVIS COUNTY JAIL", "KING COUNTY JAIL, SEATTLE, WA", None],
    "Detention Facility": ["TRAVIS CTY JAIL", "KING COUNTY JAIL"],
    "Detainer Facility": ["TRAVIS CTY JAIL", "KING COUNTY JAIL"],
    "Detention Facility Code": ["TRVCJTX", "KNGCJWA"],
    "Detainer Facility Code": ["TRVCJTX", "KNGCJWA"],
    "Detainer Lift Reason": ["Booked into Detention", "Detainer Declined by LEA", None],
    "Detainer Lift Reason Code": ["A", None],
    "Detainer Type": [
        "I247A - Immigration Detainer - Notice of Action",
        "I247G - Request for Advance Notice",
    ],
    "Operation": [None, "OPERATION SOMETHING"],
    "Alien File Number": [REDACTED],
    "Birth Date": [REDACTED],
    "EID Case ID": [REDACTED],
    "EID Subject ID": [REDACTED],
    "EID DTA ID": [REDACTED],
}


@dataclass
class FormWorkbook:
    """A workbook and what is in it: rows by sheet, as cells by column."""

    path: Path
    family: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)


def _cell(name: str, draw: random.Random) -> Any:
    if name in _WORDS:
        return draw.choice(_WORDS[name])
    if name == "Birth Year":
        return draw.randrange(1950, 2005)
    if name.endswith(("Date", "Date Time")):
        return draw.choice([None, dt.datetime(2023, 1, 1) + dt.timedelta(minutes=draw.randrange(900_000))])
    return draw.choice([None, "YES", "Something"])


PERSON = ("Birth Year", "Citizenship Country", "Gender")
"""What is the same in all rows of a person."""


def rows_of(family: str, rows: int, seed: int, people: int) -> list[dict[str, Any]]:
    """Rows of a form: main dates always there, identifiers of a few people, so that episodes arise."""
    draw = random.Random(seed)
    names = HEADERS[family].split("|")
    main = main_date(family)
    found = []
    for _ in range(rows):
        row = {name: _cell(name, draw) for name in names}
        row[main] = dt.datetime(2023, 1, 1) + dt.timedelta(minutes=draw.randrange(60 * 24 * 20))
        for name in names:
            if name.endswith("Identifier"):
                row[name] = f"{draw.randrange(people):040x}" if draw.random() > 0.1 else None
                person = random.Random(row[name])
                row |= {n: _cell(n, person) for n in PERSON if row[name] and n in row}
        found.append(row)
    return found


def main_date(family: str) -> str:
    """The column that rows of a form count under."""
    table = family.split("-")[1]
    return "Detainer Prepared Date" if family == "ddp-detainers-c" else MAIN_DATE[table]


def write(
    path: Path,
    family: str,
    sheets: dict[str, list[dict[str, Any]]],
    as_text: bool = True,
    preamble: bool = True,
) -> FormWorkbook:
    """Write sheets of rows in a form. With `as_text`, every third date is text, in two spellings."""
    names = HEADERS[family].split("|")
    book = xlsxwriter.Workbook(path)
    shown = book.add_format({"num_format": "m/d/yyyy h:mm:ss"})
    result = FormWorkbook(path, family)
    for title, rows in sheets.items():
        sheet = book.add_worksheet(title)
        top = PREAMBLE if preamble else []
        for i, line in enumerate(top):
            sheet.write(i, 0, line)
        sheet.write_row(len(top), 0, names)
        for i, row in enumerate(rows):
            for j, name in enumerate(names):
                value = row.get(name)
                if isinstance(value, dt.datetime):
                    if as_text and i % 3 == 0:
                        form = "%m/%d/%Y %H:%M:%S" if i % 2 else "%Y-%m-%d %H:%M:%S"
                        sheet.write_string(len(top) + 1 + i, j, value.strftime(form))
                    else:
                        sheet.write_datetime(len(top) + 1 + i, j, value, shown)
                elif value is not None:
                    sheet.write(len(top) + 1 + i, j, value)
        result.rows += rows
        result.sheets.append(title)
    notes = book.add_worksheet("Footnotes")
    notes.write(0, 0, "Data are as of the day of the report and subject to change.")
    book.close()
    return result


def make(
    path: Path, family: str, rows: int = 60, seed: int = 0, people: int = 12, **options: Any
) -> FormWorkbook:
    """Write a workbook of two sheets in a form."""
    drawn = rows_of(family, rows, seed, people)
    half = rows // 2
    return write(path, family, {"FY2023": drawn[:half], "FY2024": drawn[half:]}, **options)
