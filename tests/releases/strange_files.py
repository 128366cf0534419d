"""One table of arrests as people hold it: written by other programs, packed, joined, titled, damaged.

Each situation says what a user expects of it: all rows on their days ("read"), or one clear line that names
what to do (its words).
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import gzip
import io
import json
import quopri
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

ROWS = 40
START = dt.datetime(2025, 5, 1, 9, 30)
MOMENTS = [START + dt.timedelta(days=i, minutes=7 * i) for i in range(ROWS)]
DAYS = [moment.date() for moment in MOMENTS]
EXCEL_EPOCH = dt.datetime(1899, 12, 30)
Write = Callable[[Path], object]


def base(**columns: Any) -> pd.DataFrame:
    """The table, with other values in some columns."""
    frame = pd.DataFrame(
        {
            "Apprehension Date": MOMENTS,
            "Apprehension State": ["TEXAS", "CALIFORNIA"] * (ROWS // 2),
            "Apprehension AOR": [
                f"{city} Area of Responsibility" for city in ("San Antonio", "Los Angeles") * (ROWS // 2)
            ],
            "Final Program": "ERO Criminal Alien Program",
            "Apprehension Method": ["Located", "CAP Local Incarceration"] * (ROWS // 2),
            "Case Status": "ACTIVE",
            "Departed Date": [
                m + dt.timedelta(days=20) if i % 3 == 0 else None for i, m in enumerate(MOMENTS)
            ],
            "Birth Year": [1980 + i % 20 for i in range(ROWS)],
            "Citizenship Country": ["MEXICO", "HONDURAS"] * (ROWS // 2),
            "Gender": ["Male", "Female"] * (ROWS // 2),
            "Apprehension Site Landmark": ["TRAVIS COUNTY JAIL, AUSTIN, TX", "LOS ANGELES COUNTY JAIL"]
            * (ROWS // 2),
            "Unique Identifier": [f"{i * 7919:040x}" for i in range(ROWS)],
        }
    )
    return frame.assign(**{name.replace("_", " "): value for name, value in columns.items()})


def named(change: Callable[[str], str], frame: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table under other column names."""
    frame = base() if frame is None else frame
    return frame.set_axis([change(name) for name in frame.columns], axis=1)


def clean() -> pd.DataFrame:
    """The table under the column names of the Deportation Data Project."""
    return named(lambda name: name.lower().replace(" ", "_"))


def text(frame: pd.DataFrame | None = None, **options: Any) -> str:
    """A table as delimited text."""
    frame = base() if frame is None else frame
    return str(frame.to_csv(**{"index": False, "date_format": "%Y-%m-%d %H:%M:%S", **options}))


def as_text(frame: Callable[[], pd.DataFrame] = base, encoding: str = "utf-8", **options: Any) -> Write:
    """Writes a table as delimited text."""
    return lambda path: path.write_bytes(text(frame(), **options).encode(encoding))


def changed(change: Callable[[str], str]) -> Write:
    """Writes the text of the table after a change."""
    return lambda path: path.write_bytes(change(text()).encode())


def members(files: dict[str, bytes | str]) -> Write:
    """Writes a zip archive of files by name."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    return write


def workbook(frame: pd.DataFrame | None = None, **options: Any) -> bytes:
    """A table as the bytes of an Excel workbook."""
    buffer = io.BytesIO()
    (base() if frame is None else frame).to_excel(buffer, **{"index": False, **options})
    return buffer.getvalue()


def cells(
    above: list[list[Any]], below: list[list[Any]], finish: Callable[[Any], None] | None = None
) -> Write:
    """Writes a workbook with rows above and below the table; `finish` changes it before it is saved."""

    def write(path: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        frame = base().astype(object)
        for row in [
            *above,
            list(frame.columns),
            *frame.where(frame.notna(), None).to_numpy().tolist(),
            *below,
        ]:
            sheet.append(row)
        if finish is not None:
            finish(book)
        book.save(path)

    return write


def _merge(book: Any) -> None:
    book.active.merge_cells("A1:L1")


def _hide(book: Any) -> None:
    book.active.auto_filter.ref = "A1:L41"
    for row in range(3, 42, 2):
        book.active.row_dimensions[row].hidden = True


FIRST = [name.split()[0] for name in base().columns]
REST = [name.partition(" ")[2] for name in base().columns]
GROUPS = [word if FIRST[i - 1 : i] != [word] else None for i, word in enumerate(FIRST)]
"""First words of names, each once where it is that of several columns in a row, as in merged cells."""


def _second_row(book: Any) -> None:
    """Leave the first words of names out of the header: they stand in the row above."""
    for column, words in enumerate(REST, 1):
        book.active.cell(2, column).value = words or None


def _merge_rows(book: Any) -> None:
    """Merge cells of the program, which is the same in all rows, and lose all but the first."""
    for first, last in ((2, 3), (10, 25), (40, 41)):
        book.active.merge_cells(f"D{first}:D{last}")


def _epoch_1904(book: Any) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book.epoch = CALENDAR_MAC_1904


def _sheets(**options: dict[str, Any]) -> Write:
    def write(path: Path) -> None:
        with pd.ExcelWriter(path) as book:
            for name, about in options.items():
                frame = about.pop("frame")()
                frame.to_excel(book, sheet_name=name, index=False, **about)

    return write


def _since_1970(unit: int) -> list[int]:
    return [int((moment - dt.datetime(1970, 1, 1)).total_seconds() * unit) for moment in MOMENTS]


def _of_lines(change: Callable[[list[str]], list[str]]) -> Write:
    return changed(lambda whole: "\n".join(change(whole.splitlines())) + "\n")


def _tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        content = text().encode()
        about = tarfile.TarInfo("arrests.csv")
        about.size = len(content)
        archive.addfile(about, io.BytesIO(content))


def _encrypted(path: Path) -> None:
    members({"a.csv": text()})(path)
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rfind(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)


def _zip_in_zip(path: Path) -> None:
    members({"a.csv": text()})(path)
    members({"a.csv": path.read_bytes()})(path)


def _database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        base().to_sql("arrests", connection, index=False)
    connection.close()


def _duckdb(path: Path, form: str) -> None:
    import duckdb

    arrests = base()  # noqa: F841, read by its name
    duckdb.sql(f"copy arrests to '{path}' ({form})")


def _polars(write: Callable[[Any, Path], object]) -> Write:
    import polars as pl

    return lambda path: write(pl.from_pandas(base()), path)


def _stata(version: int) -> Write:
    dates = {"apprehension_date": "tc", "departed_date": "tc"}
    return lambda path: clean().to_stata(path, write_index=False, convert_dates=dates, version=version)


def _spss(path: Path, **options: bool) -> None:
    import pyreadstat

    pyreadstat.write_sav(clean(), str(path), **options)


def _dots() -> pd.DataFrame:
    return named(lambda name: name.replace(" ", "."))


def _table_of_r(sep: str, names: Callable[[int], str]) -> Write:
    """Writes the table as R does with names of rows, for which the header has no name."""

    def write(path: Path) -> None:
        frame = _dots().set_axis([names(i) for i in range(ROWS)])
        header, rows = (
            sep.join(f'"{name}"' for name in frame.columns),
            text(frame, index=True, header=False, sep=sep, quoting=NONNUMERIC, na_rep="NA"),
        )
        path.write_text(f"{header}\n{rows}")

    return write


def _json(path: Path, orient: Any, within: Callable[[Any], Any] | None) -> None:
    content = json.loads(base().to_json(orient=orient, date_format="iso"))
    path.write_text(json.dumps(content if within is None else within(content)))


_TABLES_OF_R: list[tuple[str, str, Callable[[int], str]]] = [
    ("row numbers", " ", lambda i: str(i + 1)),
    ("numbers of a shuffled table", ",", lambda i: str(i * 37 % ROWS + 1)),
    ("names of rows", "\t", lambda i: f"TX.{i}"),
]
_WITHIN: dict[str, Callable[[Any], Any]] = {
    "data": lambda rows: {"meta": {"view": 1}, "data": rows},
    "a portal's answer": lambda rows: {"success": True, "result": {"total": ROWS, "records": rows}},
    "features of a map": lambda rows: {"features": [{"properties": r, "geometry": None} for r in rows]},
    "columns of R": lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
}
NONNUMERIC = csv.QUOTE_NONNUMERIC
ACCENTS = {"Citizenship_Country": "MÉXICO"}
MAC = b"\0\5\x16\7" + b"x" * 80

_ALL: list[tuple[str, Write, str]] = [
    (
        "R: write.csv with row names, csv",
        as_text(
            lambda: base().set_axis(range(1, ROWS + 1)),
            index=True,
            index_label="",
            quoting=NONNUMERIC,
            na_rep="NA",
        ),
        "read",
    ),
    (
        "R: names with dots, csv",
        as_text(lambda: named(lambda n: n.replace(" ", ".")), quoting=NONNUMERIC, na_rep="NA"),
        "read",
    ),
    (
        "R: write.csv2, csv",
        as_text(
            lambda: named(lambda n: n.replace(" ", ".")),
            sep=";",
            decimal=",",
            quoting=NONNUMERIC,
            na_rep="NA",
        ),
        "read",
    ),
    ("R: write.table, txt", as_text(_dots, sep=" ", quoting=NONNUMERIC, na_rep="NA"), "read"),
    *((f"R: write.table, {name}", _table_of_r(sep, rows), "read") for name, sep, rows in _TABLES_OF_R),
    ("R: fwrite, csv", as_text(clean, date_format="%Y-%m-%dT%H:%M:%SZ"), "read"),
    (
        "R: write_excel_csv, csv",
        as_text(clean, "utf-8-sig", date_format="%Y-%m-%dT%H:%M:%SZ", na_rep="NA"),
        "read",
    ),
    ("pandas: index as a first column, csv", as_text(clean, index=True), "read"),
    (
        "pandas: two index columns, csv",
        as_text(lambda: clean().reset_index(names="Unnamed: 0"), index=True),
        "read",
    ),
    ("pandas: JSON of rows, json", lambda p: base().to_json(p, orient="records", date_format="iso"), "read"),
    (
        "pandas: JSON of rows, times as numbers, json",
        lambda p: base().to_json(p, orient="records", date_format="epoch"),
        "read",
    ),
    (
        "pandas: JSON of lines, jsonl",
        lambda p: base().to_json(p, orient="records", lines=True, date_format="iso"),
        "read",
    ),
    *(
        (f"pandas: JSON by {form}, json", lambda p, f=form: _json(p, f, None), "read")
        for form in ("columns", "index", "split", "table")
    ),
    *(
        (f"JSON within {name}, json", lambda p, w=within: _json(p, "records", w), "read")
        for name, within in _WITHIN.items()
    ),
    ("pandas: names of two levels in one, csv", as_text(lambda: named(lambda n: str(("arrest", n)))), "read"),
    ("pandas: Parquet, parquet", lambda p: base().to_parquet(p), "read"),
    (
        "pandas: Parquet with a zone, parquet",
        lambda p: base(Apprehension_Date=pd.Series(MOMENTS).dt.tz_localize("UTC")).to_parquet(p),
        "read",
    ),
    (
        "pandas: Parquet with old times, parquet",
        lambda p: base().to_parquet(p, use_deprecated_int96_timestamps=True),
        "read",
    ),
    (
        "pandas: Parquet with categories, parquet",
        lambda p: base().astype({"Gender": "category"}).to_parquet(p),
        "read",
    ),
    ("pandas: Feather, feather", lambda p: base().to_feather(p), "read"),
    ("polars: CSV, csv", _polars(lambda t, p: t.write_csv(p)), "read"),
    ("polars: Parquet, parquet", _polars(lambda t, p: t.write_parquet(p)), "read"),
    ("polars: Arrow stream, arrows", _polars(lambda t, p: t.write_ipc_stream(p)), "read"),
    ("polars: Excel, xlsx", _polars(lambda t, p: t.write_excel(p)), "read"),
    ("DuckDB: CSV, csv", lambda p: _duckdb(p, "header"), "read"),
    ("DuckDB: Parquet, parquet", lambda p: _duckdb(p, "format parquet"), "read"),
    ("DuckDB: JSON, json", lambda p: _duckdb(p, "format json"), "read"),
    ("SQLite: database, db", _database, "export the table as CSV"),
    ("MySQL: tabs and backslash nulls, tsv", as_text(sep="\t", na_rep="\\N"), "read"),
    (
        "MySQL: quotes escaped by backslash, csv",
        as_text(
            lambda: base(Case_Status='ACTIVE "X"'), doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL
        ),
        "read",
    ),
    ("Stata 14, dta", _stata(118), "read"),
    ("Stata 10, dta", _stata(114), "read"),
    ("SPSS, sav", _spss, "read"),
    ("SPSS compressed, zsav", lambda p: _spss(p, compress=True), "read"),
    ("SAS: dates and times, csv", as_text(date_format="%d%b%Y:%H:%M:%S"), "read"),
    ("Excel: CSV of Windows, csv", as_text(lambda: base(**ACCENTS), "cp1252", lineterminator="\r\n"), "read"),
    (
        "Excel: quotation marks of Windows, csv",
        as_text(lambda: base(Case_Status="JUDGE’S “HOLD” – 2"), "cp1252"),
        "read",
    ),
    ("Excel: Unicode text, txt", as_text(encoding="utf-16", sep="\t"), "read"),
    ("Unicode text without a mark, txt", as_text(encoding="utf-16-le", sep="\t"), "read"),
    ("Unicode text of the other order, csv", as_text(lambda: base(**ACCENTS), encoding="utf-16-be"), "read"),
    ("Excel: CSV of old Macs, csv", as_text(lineterminator="\r"), "read"),
    ("Excel: accents of old Macs, csv", as_text(lambda: base(**ACCENTS), "mac_roman"), "is not in UTF-8"),
    (
        "Excel: separator named in the first line, csv",
        lambda p: p.write_text("sep=;\n" + text(sep=";")),
        "read",
    ),
    (
        "Excel: dates as numbers, csv",
        as_text(
            lambda: base(
                Apprehension_Date=[f"{(m - EXCEL_EPOCH).total_seconds() / 86400:.6f}" for m in MOMENTS]
            )
        ),
        "read",
    ),
    ("Excel: column too narrow, csv", as_text(lambda: base(Apprehension_Date="########")), "not a date"),
    ("Excel: minutes alone, csv", as_text(date_format="%M:%S.0"), "not a date"),
    ("Excel: titles in merged cells, xlsx", cells([["ICE ERO"], ["Arrests"], []], [], _merge), "read"),
    ("Excel: two header rows, xlsx", cells([["When", "Where", None, "What"]], []), "read"),
    ("Excel: names on two rows, xlsx", cells([FIRST], [], _second_row), "read"),
    ("Excel: names below those of groups, xlsx", cells([GROUPS], [], _second_row), "read"),
    ("names on two rows, csv", _of_lines(lambda ls: [",".join(FIRST), ",".join(REST), *ls[1:]]), "read"),
    ("Excel: filtered rows, xlsx", cells([], [], _hide), "read"),
    ("Excel: total below, xlsx", cells([], [["Grand Total", None, None, None, None, 40]]), "read"),
    ("Excel: days counted from 1904, xlsx", cells([], [], _epoch_1904), "read"),
    (
        "Excel: dates as text, xlsx",
        lambda p: p.write_bytes(
            workbook(base(Apprehension_Date=[m.strftime("%m/%d/%Y %I:%M:%S %p") for m in MOMENTS]))
        ),
        "read",
    ),
    (
        "Excel: two sheets, xlsx",
        _sheets(a={"frame": lambda: base()[:20]}, b={"frame": lambda: base()[20:]}),
        "read",
    ),
    (
        "Excel: second sheet without a header, xlsx",
        _sheets(a={"frame": lambda: base()[:20]}, b={"frame": lambda: base()[20:], "header": False}),
        "copy the header",
    ),
    ("Excel: cells merged over rows, xlsx", cells([], [], _merge_rows), "read"),
    ("Excel: the day of the table below it, xlsx", cells([], [[], [dt.datetime(2025, 7, 1)]]), "read"),
    (
        "Excel: another table below, xlsx",
        cells(
            [], [[], ["Detainer Prepare Date", "Detention Facility", "Facility AOR"], [MOMENTS[0], "X", "Y"]]
        ),
        "is the header of another table",
    ),
    (
        "Excel: two tables side by side, csv",
        as_text(lambda: pd.concat([base(), base()], axis=1)),
        "two tables stand side by side",
    ),
    (
        "Excel: second sheet with a misspelt date, xlsx",
        _sheets(
            May={"frame": lambda: base()[:31]},
            June={"frame": lambda: base()[31:].rename(columns={"Apprehension Date": "Aprehension Date"})},
        ),
        "none called 'apprehension_date'",
    ),
    (
        "Excel: a sheet that repeats rows of another, xlsx",
        _sheets(
            All={"frame": lambda: base().drop(columns="Unique Identifier")},
            Texas={"frame": lambda: base().drop(columns="Unique Identifier")[::2]},
        ),
        "take one of the two sheets out",
    ),
    (
        "Excel: a sentence that names columns above, xlsx",
        cells([["Apprehension Date", "Apprehension AOR", "and more"], []], []),
        "read",
    ),
    (
        "Excel: summary before the data, xlsx",
        _sheets(
            a={"frame": lambda: base().groupby("Gender").size().reset_index(name="n")}, b={"frame": base}
        ),
        "read",
    ),
    (
        "Excel: old workbook, xls",
        lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "save it as .xlsx",
    ),
    (
        "Excel: binary workbook, xlsb",
        members({"[Content_Types].xml": "<a/>", "xl/workbook.bin": b"\0"}),
        "save it as .xlsx",
    ),
    (
        "Excel: web page called a workbook, xls",
        lambda p: p.write_text(base().to_html(index=False)),
        "save it as .xlsx",
    ),
    (
        "LibreOffice: OpenDocument, ods",
        members({"mimetype": "application/x", "content.xml": "<a/>"}),
        "save it as .xlsx",
    ),
    ("LibreOffice: short years, csv", as_text(date_format="%m/%d/%y %H:%M"), "read"),
    ("Numbers, numbers", members({"Index/Document.iwa": b"\0"}), "export it as .xlsx"),
    ("Word, docx", members({"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}), "Word"),
    ("Google Sheets, csv", as_text(date_format="%-m/%-d/%Y %-H:%M:%S"), "read"),
    (
        "Google Sheets: a link, gsheet",
        lambda p: p.write_text('{"url": "https://docs.google.com/x", "doc_id": "1"}'),
        "known release",
    ),
    (
        "Tableau: crosstab, csv",
        as_text(encoding="utf-16", sep="\t", date_format="%-m/%-d/%Y %-I:%M:%S %p"),
        "read",
    ),
    ("days with dots, csv", as_text(sep=";", date_format="%d.%m.%Y %H:%M"), "read"),
    ("seconds since 1970, csv", as_text(lambda: base(Apprehension_Date=_since_1970(1))), "read"),
    ("milliseconds since 1970, csv", as_text(lambda: base(Apprehension_Date=_since_1970(1000))), "read"),
    ("separators of thousands, csv", as_text(lambda: base(Birth_Year="1,980")), "read"),
    ("headers in capitals, csv", as_text(lambda: named(str.upper)), "read"),
    ("headers without blanks, csv", as_text(lambda: named(lambda n: n.replace(" ", ""))), "read"),
    (
        "headers in camel case, csv",
        as_text(lambda: named(lambda n: n[0].lower() + n[1:].replace(" ", ""))),
        "read",
    ),
    (
        "headers with hard blanks, csv",
        as_text(lambda: named(lambda n: f" {n.replace(' ', chr(160))}  ")),
        "read",
    ),
    ("headers on two lines, csv", as_text(lambda: named(lambda n: n.replace(" ", chr(10), 1))), "read"),
    ("a header twice, csv", as_text(lambda: pd.concat([base(), base()[["Gender"]]], axis=1)), "read"),
    (
        "all columns and rows shuffled, csv",
        as_text(lambda: base().sample(frac=1, axis=1, random_state=1).sample(frac=1, random_state=2)),
        "read",
    ),
    (
        "header on row 7, csv",
        changed(lambda t: "ICE ERO\nFOIA 2025-1\nArrests\nData of 2025-07-01\n\n\n" + t),
        "read",
    ),
    ("total below, csv", changed(lambda t: t + "Total,40" + "," * 10 + "\n"), "read"),
    ("footnotes below, csv", changed(lambda t: t + "\nGrand Total,,,,,,,,,,,40\nSource: ICE\n"), "read"),
    ("commas at the end of lines, csv", _of_lines(lambda ls: [line + ",,," for line in ls]), "read"),
    (
        "a comma at the end of rows alone, csv",
        _of_lines(lambda ls: [ls[0], *(x + "," for x in ls[1:])]),
        "read",
    ),
    ("a comma at the end of the header alone, csv", _of_lines(lambda ls: [ls[0] + ",", *ls[1:]]), "read"),
    (
        "rows moved by one cell, csv",
        _of_lines(lambda ls: [ls[0], *("," + x for x in ls[1:])]),
        "do not have the",
    ),
    (
        "blanks after commas, csv",
        changed(lambda _: text(quoting=csv.QUOTE_ALL).replace('","', '", "')),
        "read",
    ),
    ("single quotation marks, csv", as_text(quotechar="'", quoting=csv.QUOTE_ALL), "read"),
    (
        "single quotation marks without need, csv",
        as_text(lambda: base(Apprehension_Site_Landmark="X"), quotechar="'", quoting=csv.QUOTE_ALL),
        "read",
    ),
    ("commas after backslashes, csv", as_text(quoting=csv.QUOTE_NONE, escapechar="\\"), "read"),
    ("a quotation mark within a cell, csv", changed(lambda t: t.replace("Located", 'Loc"ated', 1)), "read"),
    *((f"cells between {sep!r}, txt", as_text(sep=sep), "read") for sep in ("~", "^", "\x01", "\x1f")),
    (
        "a sentence that names columns above, csv",
        changed(lambda t: "Apprehension Date,Apprehension AOR,and more:\n\n" + t),
        "read",
    ),
    *(
        (f"headers with their table as {name.strip()}, csv", as_text(lambda n=name: named(n.__mod__)), "read")
        for name in ("dbo.arrests.%s", "Column1.%s", "Arrests - %s", "%s (arrests.csv)", "%s_y")
    ),
    ("commas alone below, csv", changed(lambda t: t + ("," * 11 + "\n") * 500), "read"),
    ("blank lines between, csv", _of_lines(lambda ls: [x for line in ls for x in (line, "")]), "read"),
    ("header again in the middle, csv", _of_lines(lambda ls: [*ls[:20], ls[0], *ls[20:]]), "read"),
    (
        "marks of a merge conflict, csv",
        _of_lines(lambda ls: [*ls[:20], "<<<<<<< HEAD", *ls[20:], ">>>>>>> x"]),
        "read",
    ),
    ("cut within a row, csv", changed(lambda t: t + t.splitlines()[-1][:37]), "read"),
    (
        "line ends in cells, csv",
        as_text(lambda: base(Apprehension_Site_Landmark="TRAVIS COUNTY JAIL\r\nAUSTIN, TX")),
        "read",
    ),
    ("every cell quoted, csv", as_text(quoting=csv.QUOTE_ALL), "read"),
    ("invisible letters, csv", as_text(lambda: base(Gender="\u200bMale\u00a0")), "read"),
    ("end mark of DOS, csv", changed(lambda t: t + "\x1a"), "read"),
    ("zeros at the end, csv", changed(lambda t: t + "\0" * 512), "zero byte"),
    (
        "two encodings in one, csv",
        lambda p: p.write_bytes(text(base(**ACCENTS)).encode() + text(base(**ACCENTS)).encode("cp1252")),
        "is not in UTF-8",
    ),
    (
        "zip: one table, zip",
        lambda p: base().to_csv(p, index=False, compression={"method": "zip", "archive_name": "a.csv"}),
        "read",
    ),
    (
        "zip: of a Mac, zip",
        members(
            {
                "arrests/": "",
                "arrests/a.csv": text(),
                "__MACOSX/arrests/._a.csv": MAC,
                "arrests/.DS_Store": "x",
            }
        ),
        "read",
    ),
    (
        "zip: with a page about it, zip",
        members({"a.csv": text(), "README.txt": "About", "dictionary.xlsx": workbook()}),
        "read",
    ),
    ("zip: of a workbook, zip", members({"a.xlsx": workbook()}), "read"),
    ("zip: of a packed table, zip", members({"a.csv.gz": gzip.compress(text().encode())}), "read"),
    (
        "zip: of several tables, zip",
        members({"a.csv": text(), "b.csv": text()}),
        "several tables (a.csv, b.csv)",
    ),
    ("zip: of no table, zip", members({"a.pdf": "%PDF-1.7"}), "without a table"),
    ("zip: within a zip, zip", _zip_in_zip, "archive within an archive"),
    ("zip: with a password, zip", _encrypted, "protected by a password"),
    ("gzip in gzip, csv.gz", lambda p: p.write_bytes(gzip.compress(gzip.compress(text().encode()))), "read"),
    ("tar, tar.gz", _tar, "tar archive"),
    (
        "mail: quoted-printable, csv",
        lambda p: p.write_bytes(quopri.encodestring(text().encode())),
        "not saved as published",
    ),
    (
        "mail: base64, csv",
        lambda p: p.write_bytes(base64.encodebytes(text().encode())),
        "no header of a known release",
    ),
    (
        "mail: page of an error, csv",
        lambda p: p.write_text("<!DOCTYPE html><html><body>404</body></html>"),
        "web page",
    ),
    (
        "columns of fixed width, txt",
        lambda p: p.write_text(base().to_string(index=False)),
        "no header of a known release",
    ),
]
SITUATIONS = {
    name.rpartition(", ")[0]: (name.rpartition(", ")[2], write, expected) for name, write, expected in _ALL
}
"""By name: the file's ending, what writes it, and what is expected."""
