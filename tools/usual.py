"""Build the tables of what a whole release has: `usual_places` and `usual_values`.

python tools/usual.py FOLDER_OF_THE_DATA
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from atlarge.ingest.placing import Placer, Words, with_places
from atlarge.records.gaps import SURE
from atlarge.records.prepare import prepare
from atlarge.reference import table
from atlarge.releases import read_release

REFERENCE = Path(__file__).resolve().parents[1] / "src" / "atlarge" / "reference"
RELEASES = {
    "arrests": ["UWCHR__ice-enforce/EROArrests_FY*.csv.gz"],
    "encounters": ["UWCHR__ice-enforce/EROEncounters_FY*.csv.gz"],
    "removals": ["UWCHR__ice-enforce/ICERemovals_FY*.csv.gz"],
    "detainers": ["nprapps__sanctuary-cities/*.xlsx", "eads__geocode-pa-detainers/pa_detainers.csv"],
}  # fmt: skip
COLUMNS = {
    "method": "method", "disposition": "disposition", "operation_mark": "operation_mark",
    "landmark": "landmark", "facility": "facility", "outcome": "outcome", "detainer_type": "detainer_type",
    "_seen_citizenship": "citizenship", "_seen_gender": "gender",
    "_seen_charge": "charge",
}  # fmt: skip
LEAST = {"US": 0.003, "aor": 0.01, "county": 0.06, "office": 0.06}
"""Least share of the rows of every month (nation) or year for a value to be one that is always there."""
LEAST_TEXT = 0.08
TEXTS = ("landmark", "facility")
ONE_RELEASE = ("detainers",)
"""Tables of which there is one national release, of ten months: its quarters stand for years."""
NOT_KNOWN = "MISSING"  # an outcome not yet reported, of which a later release may have none
DETAINERS_UNTIL = "2015-09-01"
ROWS_OF_PLACE, ROWS_OF_YEAR, ROWS_OF_MONTH, ROWS_OF_WORD = 200, 30, 1000, 10
TEXTS_UNTIL = "2019-09-01"
CAP_UNTIL = "2025-06-30"
CRIMINALITY = {"1 CONVICTED CRIMINAL": 1500, "2 PENDING CRIMINAL CHARGES": 500,
               "3 OTHER IMMIGRATION VIOLATOR": 500}  # fmt: skip
"""Per 10,000 arrests or encounters, well under what the agency's yearly reports give for any year."""

WITHOUT_CONVICTION = 3000
"""Per 10,000 rows of the Seattle releases, under the share without a conviction in any of their years."""


def rows_of(data: Path, patterns: list[str]) -> pl.DataFrame:
    """Placed rows of releases, with the columns that are looked at and whether they are of a state alone."""
    placer, parts = Placer(), []
    for path in sorted(path for pattern in patterns for path in (data / "raw").glob(pattern)):
        prepared = prepare(read_release(path))
        words = Words(prepared.frame)
        own = placer.read_words(prepared.audit.table, [words.counted])
        assert own is not None
        frame, _ = with_places(prepared.frame, words, words.places(own))
        names = [c for c in ("aor", "aor_basis", "state", "office", "county_fips", "date", *COLUMNS)
                 if c in frame.columns]  # fmt: skip
        quarter = pl.format("{} {}", pl.col("date").dt.year(), pl.col("date").dt.quarter())
        year = quarter if prepared.audit.table in ONE_RELEASE else pl.lit(path.name[-11:-7])
        is_part = pl.lit(prepared.family.scope != "nation")
        parts.append(
            frame.select(names)
            .cast({pl.Enum: pl.String})
            .with_columns(year.alias("year"), is_part.alias("is_part"))
        )
    return pl.concat(parts, how="diagonal_relaxed")


def places(arrests: pl.DataFrame, table_of: str = "arrests") -> pl.DataFrame:
    """Rows per million by area, state and place, the least share of its area's rows that a place had in a
    year, and whether some rows there had no area recorded."""
    kind = (
        pl.when(pl.col("county_fips").is_not_null())
        .then(pl.lit("county"))
        .when(pl.col("office").is_not_null())
        .then(pl.lit("office"))
        .otherwise(pl.lit("none"))
    )
    known = arrests.drop_nulls("aor").with_columns(
        kind.alias("kind"), pl.coalesce("county_fips", "office").alias("code")
    )
    cells = ["aor", "state", "kind", "code"]
    known = known.with_columns((pl.col("year") + pl.col("is_part").cast(pl.String)).alias("year"))
    years = known.group_by(*cells, "year").agg(
        pl.len().alias("rows"), (pl.col("aor_basis") != "recorded").any().alias("unrecorded")
    )
    years = years.with_columns((pl.col("rows") / pl.col("rows").sum().over("aor", "year")).alias("share"))
    periods = known.group_by("aor").agg(pl.col("year").n_unique().alias("periods"))
    years = years.join(periods, on="aor")
    in_every = pl.len() == pl.col("periods").first()
    grouped = years.group_by(cells).agg(
        pl.col("rows").sum(), pl.col("unrecorded").any(),
        pl.when(in_every).then(pl.col("share").min()).otherwise(0.0).alias("least"),
    )  # fmt: skip
    homes = pl.concat(
        [
            table("counties").select(
                pl.lit("county").alias("kind"), pl.col("fips").alias("code"), pl.col("aor").alias("home")
            ),
            table("offices").select(
                pl.lit("office").alias("kind"), pl.col("office").alias("code"), pl.col("aor").alias("home")
            ),
        ]
    ).unique(["kind", "code"])
    grouped = grouped.join(homes, on=["kind", "code"], how="left", nulls_equal=True)
    is_shared = (pl.len() > 1) | pl.col("unrecorded").any() | (pl.col("aor") != pl.col("home")).any()
    is_shared = is_shared.over("kind", "code") & pl.col("code").is_not_null()
    kept = grouped.filter((pl.col("rows") >= 20) | is_shared.fill_null(False))
    per_million = (pl.col("rows") * 1e6 / known.height).round().cast(pl.Int64)
    return kept.select(
        pl.lit(table_of).alias("table"), "aor", "state", "kind", "code",
        pl.when(pl.col("rows") >= 20).then(per_million).otherwise(0).alias("per_million"),
        (pl.col("least") * 1e6).floor().cast(pl.Int64).alias("least_of_area"),
        pl.col("unrecorded").cast(pl.Int64),
    ).sort("table", "aor", "state", "kind", "code", nulls_last=False)  # fmt: skip


def least_shares(rows: pl.DataFrame, column: str, unit: pl.Expr, time: pl.Expr, least: int) -> pl.DataFrame:
    """The least share that each value had in any period of a unit with `least` rows; absent is none.

    A unit with fewer than three such periods shows nothing of what is always there, and a value that a
    shorter period lacks, though it should have had some rows of it, is not always there either.
    """
    cells = rows.select(
        unit.alias("unit"), time.alias("time"),
        pl.col(column).cast(pl.String).str.strip_chars().str.to_uppercase().alias("value"),
    ).drop_nulls()  # fmt: skip
    counted = cells.group_by("unit", "time", "value").len("n")
    every = counted.group_by("unit", "time").agg(pl.col("n").sum().alias("of"))
    periods = every.filter(pl.col("of") >= least)
    short = every.filter(pl.col("of") < least)
    seen_in_short = counted.join(short, on=["unit", "time"]).select("unit", "time", "value")
    counted = counted.join(periods, on=["unit", "time"])
    wanted = periods.group_by("unit").len("periods").filter(pl.col("periods") >= 2 + (least == ROWS_OF_YEAR))
    share = counted.group_by("unit", "value").agg(
        (pl.col("n") / pl.col("of")).min().alias("share"), pl.len().alias("seen")
    )
    share = share.join(wanted, on="unit").filter(pl.col("seen") == pl.col("periods"))
    lacked = share.join(short, on="unit").filter(pl.col("share") * pl.col("of") >= SURE)
    lacked = lacked.join(seen_in_short, on=["unit", "time", "value"], how="anti")
    return share.join(lacked, on=["unit", "value"], how="anti").select("unit", "value", "share")


def values(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Values that are always there, with their least share, of the nation, its areas and its places.

    Other values that the column has are named with the share 0: the words by which it is known.
    """
    found = []
    county = pl.lit("county:") + pl.col("county_fips")
    office = pl.lit("office:") + pl.col("office")
    for published, name in COLUMNS.items():
        if published not in rows.columns or not rows[published].count():
            continue
        kinds = (
            []
            if name in TEXTS
            else [
                ("US", pl.lit("US"), pl.col("date").dt.truncate("1mo"), ROWS_OF_MONTH),
                ("aor", pl.lit("aor:") + pl.col("aor"), pl.col("year"), 1),
            ]
        )
        if table != "removals":
            kinds += [
                (k, u, pl.col("year"), ROWS_OF_YEAR) for k, u in (("county", county), ("office", office))
            ]
        for kind, unit, time, least in kinds:
            inside = rows
            if kind in ("county", "office"):
                code = "county_fips" if kind == "county" else "office"
                inside = inside.filter(pl.len().over(code) >= ROWS_OF_PLACE)
            shares = least_shares(inside, published, unit, time, least)
            limit = LEAST_TEXT if name in TEXTS else LEAST[kind]
            shares = shares.filter((pl.col("share") >= limit) & (pl.col("value") != NOT_KNOWN))
            found.append(shares.with_columns(pl.lit(name).alias("column")))
        if name not in TEXTS:
            words = rows[published].drop_nulls().cast(pl.String).str.strip_chars().str.to_uppercase()
            seen = words.value_counts().filter(pl.col("count") >= ROWS_OF_WORD)[published]
            nation = pl.concat(found).filter((pl.col("unit") == "US") & (pl.col("column") == name))["value"]
            seen = seen.filter(~seen.is_in(nation.implode()))
            found.append(pl.DataFrame({"unit": "US", "value": seen, "share": 0.0, "column": name}))
    table_of = pl.concat(found).with_columns(
        pl.lit(table).alias("table"), (pl.col("share") * 10_000).floor().cast(pl.Int64),
        pl.when((pl.col("column") == "landmark") | (pl.col("column") == "operation_mark"))
        .then(pl.lit(TEXTS_UNTIL))
        .when(pl.lit(table in ONE_RELEASE) & (pl.col("column") != "outcome"))
        .then(pl.lit(DETAINERS_UNTIL))
        .when(pl.col("value").is_in(["CAP LOCAL INCARCERATION", "CAP STATE INCARCERATION",
                                     "CAP FEDERAL INCARCERATION"]))
        .then(pl.lit(CAP_UNTIL)).alias("until"),
    )  # fmt: skip
    return table_of.select("table", "unit", "column", "value", "share", "until")


def with_parts(rows: pl.DataFrame, own: pl.DataFrame, table: str) -> pl.DataFrame:
    """Values of national releases, and in the states of other releases those that are always in both."""
    states = rows.filter(pl.col("is_part"))["county_fips"].drop_nulls().unique().sort()
    units = ("county:" + states).to_list()
    is_theirs = (pl.col("column") == "facility") & pl.col("unit").is_in(units)
    theirs = values(rows.filter(pl.col("county_fips").is_in(states.implode())), table).filter(is_theirs)
    return pl.concat([values(own, table).filter(~is_theirs), theirs])


def main(data: Path) -> None:
    """Write both tables."""
    tables, usual_places = [], []
    for name, pattern in RELEASES.items():
        rows = rows_of(data, pattern)
        if name in ("arrests", "detainers"):
            of_table = places(rows, name)
            is_wanted = (pl.col("least_of_area") > 0) & pl.col("code").is_not_null()
            usual_places.append(of_table if name == "arrests" else of_table.filter(is_wanted))
        own = rows.filter(~pl.col("is_part"))
        tables.append(values(own, name) if own.height == rows.height else with_parts(rows, own, name))
    stated = [
        {"table": table, "unit": "US", "column": "criminality", "value": value, "share": share,
         "until": None}
        for table in ("arrests", "encounters", "detainers") for value, share in CRIMINALITY.items()
    ] + [
        {"table": "arrests", "unit": "aor:SEA", "column": "conviction", "value": "(NONE)",
         "share": WITHOUT_CONVICTION, "until": None}
    ]  # fmt: skip
    whole = pl.concat([*tables, pl.DataFrame(stated, schema=tables[0].schema)])
    whole = whole.sort(
        "table", "column", "unit", "share", "value", descending=[False, False, False, True, False]
    )
    whole.write_csv(REFERENCE / "usual_values.csv")
    pl.concat(usual_places).write_csv(REFERENCE / "usual_places.csv")
    sys.stdout.write(f"{whole.height:,} shares\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
