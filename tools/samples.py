"""Draw the small samples of published releases that the tests ship with.

    python tools/samples.py FOLDER_OF_THE_DATA

A sample has the form of its release and a few hundred rows of it, drawn at random and shuffled; every
attribute of a person (birth, gender, citizenship, conviction, event number) is blanked.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import sys
from pathlib import Path

import fastexcel
import xlsxwriter

OUT = Path(__file__).parents[1] / "tests" / "samples"
PERSON = {
    "Birth Date",
    "Citizenship",
    "Gender",
    "date_of_birth",
    "gender",
    "country_of_citizenship",
    "event_number",
    "most_serious_conviction",
    "Date of Birth",
    "Country of Citizenship",
    "Most Serious Conviction",
}
# file below raw/, lines before the header, rows in the sample
TEXTS = [
    ("UWCHR__ice-enforce/EROArrests_FY2016.csv.gz", 5, 700),
    ("UWCHR__ice-enforce/EROArrests_FY2017.csv.gz", 5, 1500),
    ("UWCHR__ice-enforce/EROEncounters_FY2017.csv.gz", 5, 500),
    ("UWCHR__ice-enforce/ICERemovals_FY2017.csv.gz", 5, 300),
    ("UWCHR__ice-enforce/bookins.csv.gz", 6, 400),
    ("UWCHR__ice-enforce/arrests_with_state.csv.gz", 0, 600),
    ("eads__geocode-pa-detainers/pa_detainers.csv", 0, 800),
]
COUNTIES = {"travis", "harris", "dallas", "bexar", "el paso", "hidalgo", "tarrant", "loving"}


def sample_text(source: Path, header_at: int, rows: int, draw: random.Random) -> None:
    """Write a sample of a delimited release, gzipped if the release is."""
    raw = source.read_bytes()
    text = (gzip.decompress(raw) if source.suffix == ".gz" else raw).decode("utf-8")
    preamble = text.split("\n", header_at)[:header_at]
    separator = "|" if header_at else ","
    reader = csv.reader(io.StringIO("\n".join(text.split("\n")[header_at:])), delimiter=separator)
    header = next(reader)
    drawn = draw.sample([row for row in reader if len(row) == len(header)], rows)
    out = io.StringIO()
    out.write("".join(f"{line.rstrip(chr(13))}\n" for line in preamble))
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    blank = {i for i, name in enumerate(header) if name in PERSON}
    writer.writerows([["" if i in blank else cell for i, cell in enumerate(row)] for row in drawn])
    content = out.getvalue().encode()
    packed = gzip.compress(content, mtime=0) if source.suffix == ".gz" else content
    (OUT / source.name).write_bytes(packed)


def sample_jails(source: Path) -> None:
    """Write the reports of some Texas counties (counts by month; no person is in them)."""
    lines = source.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines[1:] if line.split(",")[0] in COUNTIES]
    (OUT / source.name).write_text("\n".join([lines[0], *kept]) + "\n", encoding="utf-8")


def sample_workbook(source: Path, rows: int, draw: random.Random) -> None:
    """Write a sample of the national detainers of fiscal 2015."""
    frame = fastexcel.read_excel(source).load_sheet(0, dtypes="string").to_polars()
    book = xlsxwriter.Workbook(OUT / "detainers_2015.xlsx", {"in_memory": True})
    sheet = book.add_worksheet(fastexcel.read_excel(source).sheet_names[0][:31])
    sheet.write_row(0, 0, frame.columns)
    for at, row in enumerate(draw.sample(frame.rows(), rows), 1):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write_string(at, column, cell)
    book.close()


def main(data: Path) -> None:
    """Draw every sample."""
    draw = random.Random(20_261_128)
    OUT.mkdir(exist_ok=True)
    for name, header_at, rows in TEXTS:
        sample_text(data / "raw" / name, header_at, rows, draw)
    sample_jails(next((data / "raw" / "jacobkap__texas_jails").glob("*.csv")))
    sample_workbook(next((data / "raw" / "nprapps__sanctuary-cities").glob("rif-FOIA*.xlsx")), 900, draw)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
