"""Batches: days on which a place decided on its whole jail population at once.

A policy that takes effect may be applied to everyone already in custody. A weekly count then shows a stock,
not a flow. Such a day is recognized by two things together: far more decisions than the place makes on other
days, and far more of them on detainers issued long before than decisions elsewhere and at other times have.
"""

from __future__ import annotations

import polars as pl

from atlarge.errors import QuestionError

_NEEDED = ("place", "issue_date", "decision_date", "n")


def find_batches(
    decisions: pl.DataFrame, *, old_after_days: int = 30, least: int = 10, alpha: float = 0.001
) -> pl.DataFrame:
    """Find batch days in decisions with columns place, issue_date, decision_date, n.

    A day is a batch when all hold: at least `least` decisions; more than a Poisson upper tail of `alpha`
    (Bonferroni over the days) allows at the place's usual level; and the share of decisions on detainers
    issued over `old_after_days` before exceeds the share on all other days and places by a one-sided
    binomial test at `alpha`. The usual level is the mean over the place's other days, zero days among them,
    its largest other day left out, so that a second batch does not hide the first.

    Parameters
    ----------
    decisions : DataFrame
        Columns place, issue_date, decision_date, n.
    old_after_days : int
        Age of a detainer from which it is old.
    least : int
        Fewest decisions of a batch day.
    alpha : float
        Of both tests.

    Returns
    -------
    DataFrame
        One row a batch day, by place and date: place, decision_date, decided, old, share_old, usual.

    Raises
    ------
    QuestionError
        If a column is missing.

    Examples
    --------
    >>> import datetime as dt
    >>> import polars as pl
    >>> days = pl.date_range(dt.date(2017, 1, 2), dt.date(2017, 3, 31), eager=True)
    >>> issued = days - dt.timedelta(2)
    >>> usual = pl.DataFrame({"place": "A", "issue_date": issued, "decision_date": days, "n": 2})
    >>> day = dt.date(2017, 2, 15)
    >>> review = usual.filter(decision_date=day).with_columns(issue_date=dt.date(2016, 6, 1), n=60)
    >>> find_batches(pl.concat([usual, review], how="vertical_relaxed"))["decision_date"].to_list()
    [datetime.date(2017, 2, 15)]
    """
    lacking = [c for c in _NEEDED if c not in decisions.columns]
    if lacking:
        raise QuestionError(f"batches need the column {lacking[0]}: the release has no dates of decision")
    dated = decisions.drop_nulls(["issue_date", "decision_date"])
    is_old = (pl.col("decision_date") - pl.col("issue_date")).dt.total_days() > old_after_days
    days = (
        dated.with_columns(is_old.alias("is_old"))
        .group_by("place", "decision_date")
        .agg(
            pl.col("n").sum().cast(pl.Int64).alias("decided"),
            pl.col("n").filter("is_old").sum().cast(pl.Int64).alias("old"),
        )
        .sort("place", "decision_date")
    )
    if days.is_empty():
        return days.with_columns(
            pl.lit(None, dtype=pl.Float64).alias("share_old"), pl.lit(None, dtype=pl.Float64).alias("usual")
        )
    return _test_days(days, least, alpha)


def _test_days(days: pl.DataFrame, least: int, alpha: float) -> pl.DataFrame:
    """Keep the days that pass both tests."""
    from scipy.stats import binom, poisson

    first, last = days["decision_date"].min(), days["decision_date"].max()
    span = (last - first).days + 1  # type: ignore[operator, union-attr]
    usual = days.group_by("place").agg(
        pl.col("decided").alias("counts"),
        pl.col("decided").sum().alias("place_total"),
        pl.len().alias("active"),
    )
    days = days.join(usual, on="place").sort("place", "decision_date")
    # Robust level of the other days: their mean without the day itself and without the largest other day.
    largest = pl.col("counts").list.sort(descending=True)
    top, second = largest.list.get(0), largest.list.get(1, null_on_oob=True).fill_null(0)
    other_top = pl.when(pl.col("decided") == top).then(second).otherwise(top)
    rest = pl.col("place_total") - pl.col("decided") - other_top
    days = days.with_columns((rest.clip(0) / max(span - 2, 1)).alias("usual"))
    total, old = int(days["decided"].sum()), int(days["old"].sum())
    others_old = (old - days["old"].to_numpy() + 0.5) / (total - days["decided"].to_numpy() + 1.0)
    decided = days["decided"].to_numpy()
    level = days["usual"].to_numpy().clip(0.05)  # for a place with no other decisions: one in 20 days
    many = poisson.sf(decided - 1, level) < alpha / span
    aged = binom.sf(days["old"].to_numpy() - 1, decided, others_old) < alpha
    alone = total == decided  # nothing to compare with: old if half of them are old
    aged = aged & ~alone | alone & (days["old"].to_numpy() * 2 > decided)
    keep = (decided >= least) & many & aged
    return (
        days.filter(pl.Series(keep))
        .with_columns((pl.col("old") / pl.col("decided")).alias("share_old"))
        .select("place", "decision_date", "decided", "old", "share_old", "usual")
        .sort("place", "decision_date")
    )


def split_flow(decisions: pl.DataFrame, batches: pl.DataFrame) -> pl.DataFrame:
    """Weekly decisions by place, the batch days apart from the flow: place, week, flow, batch.

    Parameters
    ----------
    decisions : DataFrame
        Columns place, issue_date, decision_date, n.
    batches : DataFrame
        As of `find_batches`.

    Returns
    -------
    DataFrame
        Sorted by place and week.

    Examples
    --------
    >>> import datetime as dt
    >>> import polars as pl
    >>> day = dt.date(2017, 2, 15)
    >>> decisions = pl.DataFrame({"place": ["A"], "issue_date": [day], "decision_date": [day], "n": [4]})
    >>> split_flow(decisions, pl.DataFrame({"place": ["A"], "decision_date": [day]}))["flow", "batch"].rows()
    [(0, 4)]
    """
    marked = decisions.drop_nulls(["decision_date"]).join(
        batches.select("place", "decision_date", pl.lit(True).alias("is_batch")),
        on=["place", "decision_date"],
        how="left",
    )
    is_batch = pl.col("is_batch").fill_null(False)
    return (
        marked.group_by("place", pl.col("decision_date").dt.truncate("1w").alias("week"))
        .agg(
            pl.col("n").filter(~is_batch).sum().cast(pl.Int64).alias("flow"),
            pl.col("n").filter(is_batch).sum().cast(pl.Int64).alias("batch"),
        )
        .sort("place", "week")
    )
