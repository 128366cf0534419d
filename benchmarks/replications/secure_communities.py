"""Secure Communities: how it spread over counties, and detainers in Pennsylvania around its start.

The table of activations gives a month for each county. Studies of its effects (on arrests, deportations, work
and health) need outcomes of 2008 to 2014 by county; detainers by facility are at hand for Pennsylvania alone.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import polars as pl

from atlarge.ingest import ingest
from atlarge.panel import panel

from .result import Result, poisson_did

TITLE = "Secure Communities, 2008 to 2013"
STUDY = "Secure Communities (2008 to 2013)"


def activations(data: Path) -> pl.DataFrame:
    """FIPS code, state and first month of each county."""
    import pyreadstat

    [file] = data.rglob("activation_dates*.dta")
    raw, _ = pyreadstat.read_dta(file)
    return pl.from_pandas(raw[["countyfips", "state", "activation_month", "activation_year"]]).select(
        pl.col("countyfips").cast(pl.Int64).cast(pl.String).str.zfill(5).alias("place"),
        "state",
        pl.date(pl.col("activation_year"), pl.col("activation_month"), 1).alias("began"),
    )


def pennsylvania(data: Path) -> pl.DataFrame:
    """Detainers by county and month, October 2007 to December 2012, with whether the program had begun."""
    [file] = data.rglob("pa_detainers.csv")
    with tempfile.TemporaryDirectory() as folder:
        ingest([file], Path(folder) / "store")
        frame = panel(
            Path(folder) / "store", by="county", every="month", measures=["detainers_issued"],
            start="2008-01-01", end="2012-12-31",
        ).frame  # fmt: skip
    counts = frame.filter(pl.col("place").str.starts_with("42")).select(
        "place", "period", pl.col("value").fill_null(0).alias("n")
    )
    joined = counts.join(activations(data), on="place")
    return joined.with_columns((pl.col("period") >= pl.col("began")).cast(pl.Int8).alias("treated"))


def replicate(data: Path) -> list[Result]:
    """Counts of counties by date, and the change of detainers."""
    begun = activations(data)

    def by(day: dt.date) -> pl.DataFrame:
        return begun.filter(pl.col("began") <= day)

    frame = pennsylvania(data)
    mean, low, high = poisson_did(frame)
    poster, may = "visual.ly/dignity-work", by(dt.date(2011, 5, 17))
    months = "months alone are known: counties of May count as begun"
    counties = Result(
        STUDY, "counties, 17 May 2011: nearly 1,300", poster, 1_300, may.height, 0.02, note=months
    )
    states = Result(
        STUDY, "states, 17 May 2011", poster, 42, may["state"].n_unique(), 0.03, note="one state fewer"
    )
    either = "; the interval holds no change" if low < 0 < high else ""
    detainers = Result(
        STUDY,
        "change of detainers in Pennsylvania's counties once the program began",
        "no number for these data",
        None,
        round(mean, 3),
        low=round(low, 3),
        high=round(high, 3),
        note=f"{frame['place'].n_unique()} counties, 2008 to 2012{either}",
    )
    return [counties, states, detainers]
