"""The shipped tables of policies and 287(g) agreements, as rows of one registry."""

from __future__ import annotations

import polars as pl

from atlarge.reference import sidecar, table


def policy_table() -> pl.DataFrame:
    """Every shipped policy, dated or not, and every 287(g) agreement, one row each.

    Columns: id, level, place_name, state, fips, direction, kind, title, announced, effective, precision,
    ended, criteria, confidence, source_url, note, then what newer rows have: ended_reason, deadline, scope,
    verified, agency, model, start_latest, end_earliest, end_latest, other_fips.

    Returns
    -------
    DataFrame
        The table.

    Examples
    --------
    >>> policy_table().filter(id="travis-tx-2017")["place_name"].item()
    'Travis County, TX'
    """
    agreements = agreement_rows()
    own = table("policies")
    standing = own.filter(~pl.col("id").is_in(agreements["id"].to_list()))
    return pl.concat([standing, agreements], how="diagonal")


def agreement_rows(spells: pl.DataFrame | None = None) -> pl.DataFrame:
    """Agreements in the columns of the registry; one that the registry names keeps that row's id and words.

    `spells`: a table in the columns of `agreements_287g`; left out, the shipped one.
    """
    names = table("counties").select("fips", pl.col("place_name").alias("county_name"))
    source = str(sidecar("agreements_287g")["url"])
    is_day = pl.col("start_earliest") == pl.col("start_latest")
    source_table = table("agreements_287g") if spells is None else spells
    if "policy_id" not in source_table.columns:
        source_table = source_table.with_columns(pl.lit(None, pl.String).alias("policy_id"))
    agreements = source_table.join(names, on="fips", how="left").select(
        "id",
        "level",
        pl.coalesce("county_name", pl.concat_str("agency", pl.lit(", "), "state")).alias("place_name"),
        "state",
        "fips",
        pl.lit("extends").alias("direction"),
        pl.lit("program_287g").alias("kind"),
        pl.concat_str(pl.lit("287(g) agreement of "), "agency", pl.lit(", "), "model").alias("title"),
        pl.when(is_day).then("signed").alias("announced"),
        pl.when(is_day).then("signed").otherwise("start_earliest").alias("effective"),
        pl.when(is_day).then(pl.lit("day")).otherwise(pl.lit("interval")).alias("precision"),
        "ended",
        pl.lit(None, pl.String).alias("criteria"),
        "confidence",
        pl.coalesce("source_url", pl.lit(source)).alias("source_url"),
        pl.concat_str(
            pl.lit("Day of signing, not of the first officer's service; on ICE's lists from "),
            pl.col("first_listed").cast(pl.String),
            pl.lit(" to "),
            pl.col("last_listed").cast(pl.String),
        ).alias("note"),
        "ended_reason",
        pl.lit(None, pl.Date).alias("deadline"),
        pl.lit(None, pl.String).alias("scope"),
        pl.lit("ICE's lists").alias("verified"),
        "agency",
        "model",
        "start_latest",
        "end_earliest",
        "end_latest",
        "other_fips",
        "policy_id",
    )
    kept = ("title", "source_url", "note", "confidence", "announced")
    own = table("policies").select(
        pl.col("id").alias("policy_id"), *(pl.col(k).alias(f"own_{k}") for k in kept)
    )
    joined = agreements.join(own, on="policy_id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("policy_id", "id").alias("id"), *(pl.coalesce(f"own_{k}", k).alias(k) for k in kept)
    ).drop("policy_id", *(f"own_{k}" for k in kept))
