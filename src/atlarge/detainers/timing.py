"""Time from issue to outcome, and later at-large arrests, where the releases carry dates and identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from atlarge.errors import QuestionError

if TYPE_CHECKING:
    from atlarge.records.store import Store


def time_to_outcome(detainers: pl.LazyFrame, by: str = "outcome") -> pl.DataFrame:
    """Days from issue to decision by `by`: n, without_date, median_days, q25_days, q75_days, over_30_days.

    Needs the column decision_date (QuestionError without it: the FOIA releases of 2007-2015 and 2022 on
    date the issue alone). Rows decided before they were issued are left out and counted in `out_of_order`.
    """
    columns = detainers.collect_schema().names()
    if "decision_date" not in columns:
        raise QuestionError("time to outcome needs dates of decision, which the detainer releases here lack")
    days = (pl.col("decision_date") - pl.col("date")).dt.total_days()
    told = days.filter(days >= 0)
    return (
        detainers.group_by(by)
        .agg(
            pl.col("n").sum().cast(pl.Int64).alias("n"),
            pl.col("n").filter(days.is_null()).sum().cast(pl.Int64).alias("without_date"),
            pl.col("n").filter(days < 0).sum().cast(pl.Int64).alias("out_of_order"),
            told.median().alias("median_days"),
            told.quantile(0.25, "linear").alias("q25_days"),
            told.quantile(0.75, "linear").alias("q75_days"),
            (told > 30).mean().alias("share_over_30_days"),
        )
        .sort(by)
        .collect()
    )


def later_arrests(detainers: pl.LazyFrame, arrests: pl.LazyFrame, within_days: int = 365) -> pl.DataFrame:
    """Of detainers by outcome, how many people were arrested at large within a time after the issue.

    Both frames need subject_key (hashed); `arrests` holds at-large arrests (date, subject_key). Gives
    outcome, n, with_key, arrested_later, share and median_days (from issue to the first such arrest). A
    detainer without a key is counted apart, never as "not arrested". QuestionError when a release has no
    identifiers.
    """
    for name, frame in (("detainers", detainers), ("arrests", arrests)):
        if "subject_key" not in frame.collect_schema().names():
            raise QuestionError(f"later arrests need identifiers, which the {name} here lack")
    keyed = detainers.with_row_index("_row").select("_row", "date", "outcome", "n", "subject_key")
    seen = arrests.select(pl.col("subject_key"), pl.col("date").alias("arrest_date")).drop_nulls().unique()
    after = (pl.col("arrest_date") - pl.col("date")).dt.total_days()
    found = (
        keyed.drop_nulls("subject_key")
        .join(seen, on="subject_key", how="inner")
        .filter((after > 0) & (after <= within_days))
        .group_by("_row")
        .agg(after.min().alias("days"))
    )
    is_found = pl.col("days").is_not_null()
    has_key = pl.col("subject_key").is_not_null()
    counts = (
        keyed.join(found, on="_row", how="left")
        .group_by("outcome")
        .agg(
            pl.col("n").sum().cast(pl.Int64).alias("n"),
            pl.col("n").filter(has_key).sum().cast(pl.Int64).alias("with_key"),
            pl.col("n").filter(is_found).sum().cast(pl.Int64).alias("arrested_later"),
            pl.col("days").median().alias("median_days"),
        )
    )
    share = pl.col("arrested_later") / pl.when(pl.col("with_key") > 0).then(pl.col("with_key"))
    return (
        counts.with_columns(share.alias("share"))
        .select("outcome", "n", "with_key", "arrested_later", "share", "median_days")
        .sort("outcome")
        .collect()
    )


def follow_up(store: Store, detainers: pl.LazyFrame, threshold: int, scheme: str = "ddp") -> pl.DataFrame:
    """`later_arrests` over a store whose detainers and arrests carry identifiers; empty where they do not.

    Arrests are at large by the scheme's methods. Counts under the threshold are nulled, with what would give
    them away, and marked `suppressed`.
    """
    from atlarge.records.schemes import scheme as scheme_of

    if "arrests" not in store.tables():
        return pl.DataFrame()
    arrests = store.scan("arrests")
    for frame in (detainers, arrests):
        names = frame.collect_schema().names()
        if "subject_key" not in names or not frame.select(pl.col("subject_key").count()).collect().item():
            return pl.DataFrame()
    methods = list(scheme_of(scheme).methods("at_large"))
    made = later_arrests(detainers, arrests.filter(pl.col("method").is_in(methods)))
    small = pl.col("arrested_later").is_between(1, threshold - 1) | (
        (pl.col("with_key") - pl.col("arrested_later")).is_between(1, threshold - 1)
    )
    hidden = [
        pl.when(small).then(None).otherwise(pl.col(c)).alias(c)
        for c in ("arrested_later", "share", "median_days")
    ]
    return made.with_columns(*hidden, small.alias("suppressed"))
