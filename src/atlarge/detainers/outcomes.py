"""Outcomes of detainers: counts by outcome, the decline rate, and how much missing outcomes could change it.

A missing outcome is never read as "honored": it may be a person still in custody, one released, or a form not
filled in. So the decline rate is given twice: among detainers whose outcome is recorded, with a Wilson
interval; and among all that were issued, between the best case (no missing one was declined) and the worst
(every missing one was).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.arguments import one_of
from atlarge.errors import QuestionError
from atlarge.panel.levels import place_name

OUTCOMES = ("booked", "declined", "lifted", "transferred", "closed", "other", "missing")
LEVELS = ("nation", "state", "county", "facility")
PERIODS = {"all": None, "week": "1w", "month": "1mo", "quarter": "1q", "year": "1y", "fiscal_year": "1y"}
UNPLACED = "not placed"


def wilson(
    hits: NDArray[np.float64], trials: NDArray[np.float64], level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson score interval of a share; NaN where there are no trials.

    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.

    Parameters
    ----------
    hits, trials : float array
        Of one shape.
    level : float
        Of the interval.

    Returns
    -------
    low, high : float array
        Limits of the share.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = wilson(np.array([30.0]), np.array([100.0]))
    >>> low.round(3), high.round(3)
    (array([0.219]), array([0.396]))
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    safe = np.where(trials > 0, trials, np.nan)
    share = hits / safe
    centre = (share + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z / (1 + z * z / safe) * np.sqrt(share * (1 - share) / safe + z * z / (4 * safe * safe))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def place_columns(by: str, columns: list[str]) -> list[pl.Expr]:
    """The columns that identify a place at a level, its key first."""
    if by == "nation":
        return [pl.lit("US").alias("place")]
    if by == "state":
        return [pl.col("state").alias("place")]
    if by == "county":
        return [pl.col("county_fips").alias("place")]
    code = pl.col("facility_code") if "facility_code" in columns else pl.lit(None, dtype=pl.String)
    place = pl.coalesce(code, pl.col("facility"))
    extra = [pl.col(c) for c in ("city", "state", "county_fips") if c in columns]
    return [place.alias("place"), pl.col("facility").alias("place_name"), *extra]


def charge_of(columns: Sequence[str]) -> pl.Expr:
    """The most serious charge, "not in the release" where that has none."""
    charge = pl.col("charge") if "charge" in columns else pl.lit(None, dtype=pl.String)
    return charge.fill_null("not in the release").alias("charge")


def period_of(every: str) -> pl.Expr:
    """First day of the period of a date; null where all days are one period."""
    if PERIODS[every] is None:
        return pl.lit(None, dtype=pl.Date)
    if every == "fiscal_year":  # federal: from 1 October of the year before
        return pl.col("date").dt.offset_by("3mo").dt.truncate("1y").dt.offset_by("-3mo")
    return pl.col("date").dt.truncate(str(PERIODS[every]))


def outcome_counts(detainers: pl.LazyFrame, by: str = "county", every: str = "all") -> pl.DataFrame:
    """Detainers issued and their outcomes, by place and period of issue.

    Parameters
    ----------
    detainers : LazyFrame
        Columns date, facility, state, county_fips, outcome, n (and facility_code, city where present).
    by : str
        nation, state, county or facility.
    every : str
        Period of issue: all, week, month, quarter, year or fiscal_year.

    Returns
    -------
    DataFrame
        By place and period: place, place_name, period (null for `all`), issued and one column an outcome.
        Rows without a place have place null and place_name "not placed", so that the columns add up to the
        whole.

    Raises
    ------
    QuestionError
        For an unknown level, period or outcome.

    Examples
    --------
    >>> import datetime as dt
    >>> import polars as pl
    >>> jail = {"facility": "TRAVIS CO JAIL", "state": "TX", "county_fips": "48453"}
    >>> found = pl.DataFrame({"date": dt.date(2017, 1, 2), "outcome": ["declined", "booked"], "n": [3, 5]})
    >>> issued = found.with_columns(**{name: pl.lit(value) for name, value in jail.items()}).lazy()
    >>> outcome_counts(issued)["place_name", "issued", "declined"].rows()
    [('Travis County, TX', 8, 3)]
    """
    one_of(by, LEVELS, "level")
    one_of(every, PERIODS, "period")
    columns = detainers.collect_schema().names()
    keys = place_columns(by, columns)
    names = [key.meta.output_name() for key in keys]
    outcome = pl.col("outcome").fill_null("missing")
    long = (
        detainers.select(*keys, period_of(every).alias("period"), outcome.alias("outcome"), pl.col("n"))
        .group_by(*names, "period", "outcome")
        .agg(pl.col("n").sum().cast(pl.Int64))
        .collect()
    )
    unknown = sorted(set(long["outcome"].unique()) - set(OUTCOMES))
    if unknown:
        raise QuestionError(f"detainers hold an outcome that is not known: {', '.join(unknown)}")
    sums = [pl.col("n").filter(pl.col("outcome") == outcome).sum().alias(outcome) for outcome in OUTCOMES]
    wide = long.group_by(*names, "period").agg(pl.col("n").sum().alias("issued"), *sums)
    if "place_name" not in wide.columns:
        wide = wide.with_columns(place_name(pl.col("place"), by).alias("place_name"))
    named = pl.when(pl.col("place").is_null()).then(pl.lit(UNPLACED)).otherwise(pl.col("place_name"))
    wide = wide.with_columns(named.alias("place_name"))
    others = [n for n in names if n not in ("place", "place_name")]
    wide = wide.select("place", "place_name", *others, "period", "issued", *OUTCOMES)
    return wide.sort("place", "place_name", "period", *others, nulls_last=True)


def add_rates(counts: pl.DataFrame, level: float = 0.95) -> pl.DataFrame:
    """Add the decline rate to a table of outcome counts.

    `known` = issued less missing. `decline_rate` = declined / known, with its Wilson interval `rate_low`,
    `rate_high`. `best_case` = declined / issued; `worst_case` = (declined + missing) / issued: the rate
    among all that were issued lies between these two whatever became of the missing.

    Parameters
    ----------
    counts : DataFrame
        As of `outcome_counts`.
    level : float
        Of the interval.

    Returns
    -------
    DataFrame
        The table with these columns.

    Examples
    --------
    >>> import polars as pl
    >>> counts = pl.DataFrame({"issued": [100], "declined": [30], "missing": [20]})
    >>> add_rates(counts)["decline_rate", "best_case", "worst_case"].rows()
    [(0.375, 0.3, 0.5)]
    """
    declined = counts["declined"].to_numpy().astype(float)
    issued = counts["issued"].to_numpy().astype(float)
    missing = counts["missing"].to_numpy().astype(float)
    known = issued - missing
    low, high = wilson(declined, known, level)
    whole = np.where(issued > 0, issued, np.nan)
    rate = declined / np.where(known > 0, known, np.nan)
    rates = {
        "decline_rate": rate,
        "rate_low": low,
        "rate_high": high,
        "best_case": declined / whole,
        "worst_case": (declined + missing) / whole,
        "missing_share": missing / whole,
    }
    series = [pl.Series(name, np.round(values, 6)).fill_nan(None) for name, values in rates.items()]
    return counts.with_columns(pl.Series("known", known).cast(pl.Int64), *series)
