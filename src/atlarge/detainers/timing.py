"""Time from issue to outcome, and later at-large arrests, where the releases carry dates and identifiers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import narwhals as nw
import polars as pl

from atlarge.engines import collect, scans
from atlarge.errors import QuestionError
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Store


def time_to_outcome(detainers: pl.LazyFrame, by: str = "outcome") -> pl.DataFrame:
    """Days from issue to decision by `by`: n, without_date, median_days, q25_days, q75_days, over_30_days.

    Rows decided before they were issued are left out and counted in `out_of_order`.

    Parameters
    ----------
    detainers : LazyFrame
        Columns date, decision_date, n and `by`.
    by : str
        Column to group by.

    Returns
    -------
    DataFrame
        One row a group.

    Raises
    ------
    QuestionError
        Without the column decision_date: the FOIA releases of 2007-2015 and 2022 on date the issue alone.

    Examples
    --------
    >>> import datetime as dt
    >>> import polars as pl
    >>> issued = pl.LazyFrame({"date": [dt.date(2017, 1, 2)], "decision_date": [dt.date(2017, 1, 12)],
    ...                        "outcome": ["declined"], "n": [3]})
    >>> time_to_outcome(issued)["n", "median_days"].rows()
    [(3, 10.0)]
    """
    columns = detainers.collect_schema().names()
    if "decision_date" not in columns:
        raise QuestionError("time to outcome needs dates of decision, which the detainer releases here lack")
    days = (pl.col("decision_date") - pl.col("date")).dt.total_days()
    known = days.filter(days >= 0)
    return (
        detainers.group_by(by)
        .agg(
            pl.col("n").sum().cast(pl.Int64).alias("n"),
            pl.col("n").filter(days.is_null()).sum().cast(pl.Int64).alias("without_date"),
            pl.col("n").filter(days < 0).sum().cast(pl.Int64).alias("out_of_order"),
            known.median().alias("median_days"),
            known.quantile(0.25, "linear").alias("q25_days"),
            known.quantile(0.75, "linear").alias("q75_days"),
            (known > 30).mean().alias("share_over_30_days"),
        )
        .sort(by)
        .collect()
    )


def later_arrests(
    detainers: Any, arrests: Any, within_days: int = 365, engine: str = "polars"
) -> pl.DataFrame:
    """By outcome of the detainer, how many people were later arrested at large within some days of its issue.

    Parameters
    ----------
    detainers, arrests : lazy frames of one engine
        As `atlarge.engines.scans` gives them, or of Polars: detainers (date, outcome, subject_key, n) and
        at-large arrests (date, subject_key, n); the keys are hashed.
    within_days : int
        Days after the issue.
    engine : str
        polars, duckdb or spark.

    Returns
    -------
    DataFrame
        outcome, n, with_key, arrested_later, share and median_days (from issue to the first such arrest). A
        detainer without a key is counted apart, never as "not arrested".

    Raises
    ------
    QuestionError
        If a release has no identifiers.

    Examples
    --------
    >>> import datetime as dt
    >>> import polars as pl
    >>> day = dt.date(2017, 1, 2)
    >>> keys = ["x", None]
    >>> outcomes = ["declined", "declined"]
    >>> issued = pl.LazyFrame({"date": [day] * 2, "outcome": outcomes, "subject_key": keys, "n": [1, 1]})
    >>> arrests = pl.LazyFrame({"date": [dt.date(2017, 2, 1)], "subject_key": ["x"], "n": [1]})
    >>> later_arrests(issued, arrests).select("n", "with_key", "arrested_later", "median_days").rows()
    [(2, 1, 1, 30.0)]
    """
    issued, arrested = nw.from_native(detainers), nw.from_native(arrests)
    for name, frame in (("detainers", issued), ("arrests", arrested)):
        if "subject_key" not in frame.collect_schema().names():
            raise QuestionError(f"later arrests need identifiers, which the {name} here lack")
    n = nw.col("n").cast(nw.Int64).sum()
    issued = issued.group_by("date", "outcome", "subject_key").agg(n)
    keyed = issued.select("date", "subject_key").drop_nulls().unique()
    seen = arrested.select("subject_key", nw.col("date").alias("arrest_date")).drop_nulls().unique()
    # Only the first arrest after the issue matters: if it is too late, so are all later ones.
    first = (
        keyed.join(seen, on="subject_key", how="inner")
        .filter(nw.col("arrest_date") > nw.col("date"))
        .group_by("date", "subject_key")
        .agg(nw.col("arrest_date").min())
    )
    by_days = (
        issued.join(first, on=["date", "subject_key"], how="left")
        .with_columns((~nw.col("subject_key").is_null()).alias("has_key"))
        .group_by("outcome", "date", "arrest_date", "has_key")
        .agg(nw.col("n").sum())
    )
    return _counted(collect(by_days, engine), within_days)


def _counted(by_days: pl.DataFrame, within_days: int) -> pl.DataFrame:
    """Counts by outcome, of numbers by outcome, day of issue, day of arrest and whether there is a key."""
    days = (pl.col("arrest_date") - pl.col("date")).dt.total_days().alias("days")
    rows = by_days.with_columns(pl.col("n").cast(pl.Int64), days)
    found = rows.filter(pl.col("days") <= within_days)
    median = (
        found.select("outcome", pl.col("days").repeat_by("n"))
        .explode("days")
        .group_by("outcome")
        .agg(pl.col("days").median().alias("median_days"))
    )
    counts = rows.group_by("outcome").agg(
        pl.col("n").sum(),
        pl.col("n").filter("has_key").sum().alias("with_key"),
        pl.col("n").filter(pl.col("days") <= within_days).sum().alias("arrested_later"),
    )
    share = pl.col("arrested_later") / pl.when(pl.col("with_key") > 0).then(pl.col("with_key"))
    return (
        counts.join(median, on="outcome", how="left", nulls_equal=True)
        .with_columns(share.alias("share"))
        .select("outcome", "n", "with_key", "arrested_later", "share", "median_days")
        .sort("outcome")
    )


def between(frame: nw.LazyFrame[Any], first: dt.date, last: dt.date) -> nw.LazyFrame[Any]:
    """Rows of the days from `first` to `last`."""
    return frame.filter((nw.col("date") >= nw.lit(first)) & (nw.col("date") <= nw.lit(last)))


def has_keys(frame: nw.LazyFrame[Any], engine: str = "polars") -> bool:
    """Whether any row carries an identifier."""
    if "subject_key" not in frame.collect_schema().names():
        return False
    return bool(collect(frame.select(nw.col("subject_key").count()), engine).item())


def follow_up(
    store: Store, first: dt.date, last: dt.date, threshold: int, engine: str = "polars"
) -> pl.DataFrame:
    """`later_arrests` over a store's detainers of a time; empty where they or the arrests lack identifiers.

    Arrests are at large by the methods of the scheme ddp. Counts under the threshold are nulled, with what
    would give them away, and marked `suppressed`.
    """
    if "arrests" not in store.tables():
        return pl.DataFrame()
    detainers, arrests = scans(store, ["detainers", "arrests"], engine)
    inside = between(detainers, first, last)
    if not (has_keys(inside, engine) and has_keys(arrests, engine)):
        return pl.DataFrame()
    methods = list(scheme_of("ddp").methods("at_large"))
    at_large = arrests.filter(nw.col("method").is_in(methods))
    found = later_arrests(inside, at_large, engine=engine)
    small = pl.col("arrested_later").is_between(1, threshold - 1) | (
        (pl.col("with_key") - pl.col("arrested_later")).is_between(1, threshold - 1)
    )
    hidden = [
        pl.when(small).then(None).otherwise(pl.col(c)).alias(c)
        for c in ("arrested_later", "share", "median_days")
    ]
    return found.with_columns(*hidden, small.alias("suppressed"))
