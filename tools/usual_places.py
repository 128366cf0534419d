"""Count where a whole national release has its arrests, for `reference/usual_places.csv`.

Run: python tools/usual_places.py. Reads the embedded arrests; shares only, none of a place with under 20
arrests.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from atlarge.records.store import open_store

OUT = Path(__file__).resolve().parents[1] / "src" / "atlarge" / "reference" / "usual_places.csv"
KEYS = ["aor", "state", "kind", "code"]
LEAST = 20


def usual_places() -> pl.DataFrame:
    """One row an area of responsibility, state and place, with arrests per million of the nation's."""
    arrests = open_store().scan("arrests").collect()
    nation = int(arrests["n"].sum())
    kind = (
        pl.when(pl.col("county_fips").is_not_null())
        .then(pl.lit("county"))
        .when(pl.col("office").is_not_null())
        .then(pl.lit("office"))
        .otherwise(pl.lit("none"))
    )
    counts = (
        arrests.filter(pl.col("aor").is_not_null(), pl.col("aor") != "HQ")
        .with_columns(
            kind=kind,
            code=pl.coalesce("county_fips", "office", pl.lit("")),
            state=pl.col("state").fill_null(""),
        )
        .group_by(KEYS)
        .agg(pl.col("n").sum())
    )
    share = pl.when(pl.col("n") < LEAST).then(0.0).otherwise(pl.col("n") / nation * 1e6)
    several = counts.filter(pl.col("kind") != "none").filter(pl.len().over("kind", "code") > 1)
    is_kept = (pl.col("n") >= LEAST) | pl.struct("kind", "code").is_in(
        several.select("kind", "code").to_struct()
    )
    return (
        counts.filter(is_kept)
        .with_columns(share.round().cast(pl.Int64).alias("per_million"))
        .select(*KEYS, "per_million")
        .sort(KEYS)
    )


if __name__ == "__main__":
    usual_places().write_csv(OUT)
    print(f"{OUT.name}: {usual_places().height:,} rows")
