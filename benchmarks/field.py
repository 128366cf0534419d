"""Situations that people meet: given files and generated variants, what is expected and what came.

Run: python benchmarks/field.py. Writes benchmarks/results/field.json and prints a line a situation. Data:
ATLARGE_DATA, else ../shared/data (its folder `field`; without it only the generated situations are tried).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from atlarge.errors import AtlargeError
from atlarge.ingest import ingest
from atlarge.records.store import open_store

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "field.json"
FIELD = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data")) / "field"

HEADER = (
    "apprehension_date_time,apprehension_aor,apprehension_method,apprehension_state,"
    "apprehension_site_landmark,unique_identifier"
)
AREA = "San Antonio Area of Responsibility"
START = dt.datetime(2025, 5, 1, 9, 30)
Situation = tuple[str, str, Callable[[Path], list[Path]]]

GIVEN = {
    "a00_base.csv": "40 kept", "a02b_hashNA_strings.csv": "40 kept", "a03_sci_ids.csv": "40 kept",
    "a05_subset_6cols.csv": "40 kept", "a06_no_identifier.csv": "40 kept", "a07_no_landmark.csv": "40 kept",
    "a14_dmy.csv": "refused", "a15_tab.tsv": "40 kept", "a25.feather": "40 kept", "p6.sav": "refused",
    "a32_formula_col.xlsx": "40 kept", "bc_bind_rows.csv": "80 kept", "d_T_Z.csv": "40 kept",
    "d_frac.csv": "40 kept", "e2_detainers_no_lift.csv": "40 kept", "j1_joined.csv": "40 kept",
    "k1_minnesota_cut.csv": "40 kept", "o1_B_with_landmark.csv": "48 kept", "p1_arrow_utc.parquet": "40 kept",
    "p2_arrow_naive.parquet": "40 kept", "q2_bln_form.csv": "30 kept",
    "r2_ancient_apprehension.csv": "2 kept",
    "s1_detentions_formA_clean.csv": "40 kept", "files/minnesota_rolling_averages.csv": "refused",
}  # fmt: skip
FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S.000", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S-05:00",
    "%Y-%m-%dT%H:%M:%S-0500", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S CDT", "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %H:%M", "%m/%d/%Y", "%m/%d/%y", "%d%b%Y",
    "%d%b%Y %H:%M:%S", "%d-%b-%Y", "%d-%b-%y", "%d-%b-%Y %H:%M:%S.00", "%b %d, %Y", "%B %d, %Y %I:%M %p",
    "%d %B %Y", "%A, %B %d, %Y", "%Y/%m/%d", "%Y%m%d", "%Y%m%dT%H%M%SZ", "%Y.%m.%d", "%d.%m.%Y",
    "%m/%d/%Y, %I:%M:%S %p", "%Y-%b-%d", "%a %b %d %Y %H:%M:%S GMT-0500 (Central Daylight Time)",
    "%a, %d %b %Y %H:%M:%S +0000", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S000", "{ts '%Y-%m-%d %H:%M:%S'}",
    "%Y-%m-%d %H:%M:%S.0000000 -05:00", "'%m/%d/%Y", "[%Y-%m-%d]", "%Y-%m-%dT%H:%M:%S-05:00[America/Chicago]",
    "%m/%d/%Y %H%M", "%d %b %Y %H%M hrs", "%Y\u2011%m\u2011%d", "%m\u2013%d\u2013%Y", "%Y-%m-%d 23:59:60",
    "%d%b%Y:%H:%M:%S", "%d%b%y:%H:%M:%S", "%Y-%m-%d %H:%M:%S Z", "%m/%d/%Y %I:%M%p", "%b. %d, %Y",
)  # fmt: skip
DAY_FIRST = (
    "%Y-%d-%m",
    "%Y/%d/%m %H:%M",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d-%m-%Y",
    "%d/%m/%y",
    "%d-%m-%Y %H:%M:%S",
)
NOBODY = (
    "#N/A", "N/A", "n/a", "NA", "null", "NULL", "<NA>", "NaN", "None", "(blank)", ".", "-", "--", "?", "\\N",
    "Unknown", "UNKNOWN", "REDACTED", "Withheld", "0", "000000", "xxxx", "1.23457E+12", "4.5E+09",
    "1234567890123450000", "X9-CONSTANT", "same for all", "(b)(6)", "b(6), b(7)c", "999999999",
    "d41d8cd98f00b204e9800998ecf8427e", "#REF!", "#NAME?", "[object Object]", "undefined", "TBD",
    "See remarks", "-1", "00000000-0000-0000-0000-000000000000", "\u2588\u2588\u2588\u2588", "*****", "FALSE",
)  # fmt: skip
PERSONS = (
    "RESIDENCE OF GARCIA, JUAN A191130615", "HOME OF JANE DOE", "TRAVIS COUNTY JAIL A-191-130-615",
    "BOOKED AS 123-45-6789", "SUBJECT: DOE, JANE", "A191130615", "JAIL, A# 191130615",
    "TRAVIS COUNTY JAIL FBI# 123456AB7", "PASSPORT G12345678 AUSTIN", "EARM CASE 1234567890 DOE",
    "1204 E 12TH ST APT 4, AUSTIN, TX", "30.2672, -97.7431", "SPOUSE OF JANE DOE, AUSTIN",
    "DOE-ROE, MARIA DEL CARMEN", "TX PLATE ABC1234",
)  # fmt: skip
COLUMNS = (
    "Last", "First", "Last Name", "Full Name", "Subject", "Nombre", "Apellido", "DOB", "D.O.B.", "Birth Date",
    "BirthDate", "Birth Dt", "Date of Birth", "Fecha Nacimiento", "Phone", "Cell Phone", "Passport No", "SSN",
    "A Number", "A#", "Alien File Number", "Alien ID", "Email", "Alias", "Driver License",
)  # fmt: skip


def arrests(
    path: Path, moments: list[str], who: list[str] | None = None, landmark: str = "X", between: str = ","
) -> list[Path]:
    """Write arrests with dates as given."""
    people = who or [f"{i:040x}" for i in range(len(moments))]
    rows = [
        [moment, AREA, "Located", "TEXAS", landmark, person]
        for moment, person in zip(moments, people, strict=True)
    ]
    lines = [between.join(f'"{cell}"' for cell in row) for row in rows]
    path.write_text("\n".join([HEADER.replace(",", between), *lines]) + "\n")
    return [path]


def days(form: str, count: int = 40) -> list[str]:
    """Days one after the other, written in a form."""
    return [(START + dt.timedelta(days=i)).strftime(form) for i in range(count)]


def _with_column(path: Path, name: str, cell: str) -> list[Path]:
    head = "Area of Responsibility|Apprehension Date|Apprehension Method|Apprehension Landmark|Operation"
    rows = [f"{AREA}|2/{14 + i}/2017|Located|TRAVIS COUNTY JAIL||{cell}" for i in range(5)]
    path.write_text("\n".join([f"{head}|{name}", *rows]) + "\n")
    return [path]


def situations() -> Iterator[Situation]:
    """Every situation: its name, what is expected, and what writes its files."""
    for name, expected in GIVEN.items():
        if (FIELD / name).exists():
            yield f"given: {name}", expected, lambda _, n=name: [FIELD / n]  # type: ignore[misc]
    for form in FORMS:
        yield f"dates as {form}", "40 kept, on their days", lambda p, f=form: arrests(p, days(f))  # type: ignore[misc]
    for form in DAY_FIRST:
        yield f"dates as {form}", "refused", lambda p, f=form: arrests(p, days(f))  # type: ignore[misc]
    for form in ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%y"):
        yield f"first days of months as {form}", "refused", lambda p, f=form: arrests(p, days(f, 10))  # type: ignore[misc]
    for word in NOBODY:
        for share in (2, 3, 4):
            people = [word if i % share == 0 else f"{i:040x}" for i in range(40)]
            yield (
                f"identifier {word!r} in one of {share} rows", "40 kept, on their days",
                lambda p, w=people: arrests(p, days("%Y-%m-%d"), w),  # type: ignore[misc]
            )  # fmt: skip
    for text in PERSONS:
        yield (
            f"landmark {text!r}", "40 kept, on their days, text not kept",
            lambda p, t=text: arrests(p, days("%Y-%m-%d"), landmark=t),  # type: ignore[misc]
        )  # fmt: skip
    for column in COLUMNS:
        yield f"column {column!r}, filled", "refused", lambda p, c=column: _with_column(p, c, "JANE X 1")  # type: ignore[misc]
        yield f"column {column!r}, redacted", "5 kept", lambda p, c=column: _with_column(p, c, "(b)(6)")  # type: ignore[misc]
    for between, name in ((",", "commas"), ("\t", "tabs"), (";", "semicolons"), ("|", "bars")):
        yield (
            f"cells between {name}", "40 kept, on their days",
            lambda p, b=between: arrests(p, days("%Y-%m-%d"), between=b),  # type: ignore[misc]
        )  # fmt: skip
    for name, (ending, write, expected) in strange_files().items():
        yield (
            name, "40 kept, on their days" if expected == "read" else "refused",
            lambda p, e=ending, w=write: _written(w, p.with_suffix(f".{e}")),  # type: ignore[misc]
        )  # fmt: skip
    for lost in range(21, 41, 4):
        moments = ["not known"] * lost + days("%Y-%m-%d", 40 - lost)
        yield f"{lost} of 40 dates unreadable", "refused", lambda p, m=moments: arrests(p, m)  # type: ignore[misc]


def strange_files() -> dict[str, tuple[str, Callable[[Path], object], str]]:
    """One table written by many programs, packed and damaged: those that the tests try too."""
    sys.path.insert(0, str(ROOT / "tests" / "releases"))
    from strange_files import SITUATIONS

    return SITUATIONS


def _written(write: Callable[[Path], object], path: Path) -> list[Path]:
    write(path)
    return [path]


def outcome(files: list[Path], store: Path) -> str:
    """What came of an ingest, in the words of the expectations."""
    try:
        audit = ingest(files, store).releases[0]
    except AtlargeError:
        return "refused"
    words = f"{audit.rows_kept} kept"
    rows = open_store(store).scan(audit.table).collect()
    true = [(START + dt.timedelta(days=i)).date() for i in range(40)]
    if "date" in rows.columns and rows["date"].sort().to_list() == true:
        words += ", on their days"
    texts = set(rows["landmark"].drop_nulls()) if "landmark" in rows.columns else {"X"}
    return words + (", text not kept" if not texts else "")


def main() -> int:
    """Try all, print a line each, save."""
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, expected, write) in enumerate(situations()):
            got = outcome(write(Path(folder) / f"{number}.csv"), Path(folder) / f"s{number}")
            is_right = got.startswith(expected)
            results.append({"situation": name, "expected": expected, "got": got, "right": is_right})
            print(f"{'right' if is_right else 'WRONG'}  {name}: expected {expected}; got {got}")
    right = sum(one["right"] for one in results)
    print(f"{right} of {len(results)} right")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"right": right, "of": len(results), "situations": results}, indent=1) + "\n")
    return 0 if right == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
