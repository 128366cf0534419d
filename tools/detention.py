"""Build the reference tables of detention by month, 2018 to 2026, from what ICE and others publish.

    python tools/detention.py FOLDER_OF_THE_DATA

Book-ins by arresting agency come from ICE's workbooks (the newest of a fiscal year wins; months that the
workbook's day does not close are marked partial), populations from daily counts by facility. County means
under five people are left out. A second table keeps what each workbook says, for figures that were published
from an older one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import fastexcel
import polars as pl

from atlarge.calendar import fiscal_year_end, fiscal_year_start, month_end, month_start
from atlarge.records.prepare import prepare
from atlarge.reference import table
from atlarge.releases import read_release

OUT = Path(__file__).parents[1] / "src" / "atlarge" / "reference" / "detention_monthly.csv"
WORKBOOKS = OUT.with_name("detention_workbooks.csv")
AGENCY = {"initial book-ins: ICE": "book_ins_ice", "initial book-ins: CBP": "book_ins_cbp"}
LEAST = 5.0
COLUMNS = ["place_kind", "place", "month", "measure", "value", "is_partial", "as_of", "source"]


def all_book_ins(data: Path) -> pl.DataFrame:
    """National book-ins by month and arresting agency, of every workbook."""
    parts = []
    for path in sorted(data.rglob("FY*etention*tats*.xlsx")):
        frame = prepare(read_release(path)).frame.filter(pl.col("measure").is_in(list(AGENCY)))
        parts.append(frame.with_columns(source=pl.lit(path.stem)))
    return pl.concat(parts).with_columns(pl.col("measure").replace(AGENCY))


def workbooks(data: Path) -> pl.DataFrame:
    """What each workbook says of the nation: book-ins by month, mean daily population by month and year."""
    rows = all_book_ins(data)
    parts = [
        rows.select(
            "as_of", "source", "measure", start="date", end=pl.col("date").dt.month_end(), value="value"
        )
    ]
    days = rows.group_by("source").agg(pl.col("as_of").last(), pl.col("fiscal_year").last())
    for source, as_of, year in days.iter_rows():
        [path] = data.rglob(f"{source}.xlsx")
        first = fiscal_year_start(year)
        ends = [(month_start(first, k), month_end(month_start(first, k))) for k in range(12)]
        ends.append((first, fiscal_year_end(year)))
        means = [float(text) for text in _total_row(path)]
        found = [(*days, mean) for days, mean in zip(ends, means, strict=True) if mean]
        named = pl.DataFrame(found, ["start", "end", "value"], orient="row")
        parts.append(
            named.select(
                as_of=pl.lit(as_of),
                source=pl.lit(source),
                measure=pl.lit("average_daily_population"),
                start="start",
                end="end",
                value=pl.col("value").round(2),
            )
        )
    kept = pl.concat(parts).filter(pl.col("value") > 0)
    kept = kept.filter(pl.col("start") <= pl.col("as_of"))
    return kept.unique().sort("measure", "start", "end", "as_of")


def _total_row(path: Path) -> list[str]:
    """Totals of the table of mean daily population by facility type: twelve months and the year."""
    book = fastexcel.read_excel(path)
    sheet = next(name for name in book.sheet_names if name.strip().startswith("Detention"))
    rows = [
        [str(cell) for cell in row if cell is not None]
        for row in book.load_sheet(sheet, header_row=None, dtypes="string").to_polars().iter_rows()
    ]
    title = next(
        i
        for i, row in enumerate(rows)
        if row and row[0].startswith("ICE Average Daily Population by") and "Agency" not in row[0]
    )
    return next(row[1:14] for row in rows[title:] if row and row[0].strip() == "Total")


def book_ins(data: Path) -> pl.DataFrame:
    """National book-ins by month and arresting agency, of the newest workbook of each fiscal year."""
    rows = all_book_ins(data)
    newest = rows.sort("as_of").group_by("fiscal_year", maintain_order=True).agg(pl.col("as_of").last())
    rows = rows.join(newest, on=["fiscal_year", "as_of"])
    rows = rows.unique(["date", "measure"], keep="any", maintain_order=True)
    closed = rows["date"].map_elements(month_end, return_dtype=pl.Date)
    return rows.select(
        place_kind=pl.lit("nation"),
        place=pl.lit("US"),
        month="date",
        measure="measure",
        value="value",
        is_partial=closed >= rows["as_of"],
        as_of="as_of",
        source="source",
    )


def populations(data: Path) -> pl.DataFrame:
    """Mean number of people held at midnight, by month, of the nation and of the county of the facility."""
    [path] = data.rglob("facilities-daily-population-latest.parquet")
    days = prepare(read_release(path)).frame
    where = (
        table("facilities")
        .select(pl.col("code").alias("facility_code"), "county_fips")
        .drop_nulls()
        .unique("facility_code")
    )
    days = days.join(where, on="facility_code", how="left").with_columns(
        month=pl.col("date").dt.truncate("1mo")
    )
    last = days["date"].max()
    length = pl.col("month").dt.days_in_month().cast(pl.Float64)
    midnights = pl.col("population_at_midnight").sum()
    nation = days.group_by("month").agg(midnights.alias("days"), pl.col("date").n_unique().alias("seen"))
    nation = nation.with_columns(place_kind=pl.lit("nation"), place=pl.lit("US"))
    county = days.drop_nulls("county_fips").group_by("month", "county_fips").agg(midnights.alias("days"))
    county = county.join(nation.select("month", "seen"), on="month").rename({"county_fips": "place"})
    county = county.with_columns(place_kind=pl.lit("county"))
    both = pl.concat([nation, county.select(nation.columns)])
    both = both.with_columns(value=(pl.col("days") / pl.col("seen")).round(1)).filter(
        pl.col("value") >= LEAST
    )
    return both.select(
        "place_kind",
        "place",
        "month",
        measure=pl.lit("population_at_midnight"),
        value="value",
        is_partial=pl.col("seen") < length,
        as_of=pl.lit(last),
        source=pl.lit("facility-days"),
    )


def main(data: Path) -> None:
    """Write both tables."""
    rows = pl.concat([book_ins(data), populations(data).with_columns(pl.col("value").cast(pl.Float64))])
    rows = rows.select(COLUMNS).sort(
        "place_kind", "place", "measure", "month", descending=[True, False, False, False]
    )
    rows.write_csv(OUT)
    print(f"{rows.height:,} rows written to {OUT.name}")
    said = workbooks(data)
    said.write_csv(WORKBOOKS)
    print(f"{said.height:,} rows written to {WORKBOOKS.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
