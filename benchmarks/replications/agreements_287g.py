"""287(g) agreements and arrests at local jails, 2015 to 2019.

Studies of 287(g) agreements report what they add to arrests, removals, crime and movement. Removals and
encounters by agency are not at hand, arrests at local jails by county and month are: the change once an
agreement was in force, by the two-way Poisson model that the other replications use, for counties whose first
agreement began between April 2016 and March 2019 and that had none before. A rise of jail arrests (CAP Local
and 287(g) together) is the effect; a rise of arrests recorded under the program alone may be relabelling.
Needed for the published effects on removals: removals of 2005 to 2015 with the agency that handed over.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from atlarge.panel import panel
from atlarge.policies import registry
from atlarge.verify import verify

from .result import Result, poisson_did

TITLE = "287(g) agreements and arrests at local jails"
STUDY = "287(g), 2015 to 2019"
FIRST, LAST = dt.date(2016, 4, 1), dt.date(2019, 3, 1)
END = dt.date(2019, 8, 31)
LONGEST = 366
"""Days within which the start of an agreement must be known; the months between are left out."""
LEAST = 1.0
"""Arrests a month at local jails under which a county is left out."""


def county_months(measure: str) -> pl.DataFrame:
    """Counts by county and month, with whether a first 287(g) agreement was surely in force."""
    frame = panel(by="county", every="month", measures=["handoffs", measure], start="2015-10-01",
                  end=END.isoformat()).frame  # fmt: skip
    often = (
        frame.filter(pl.col("measure") == "handoffs").group_by("place").agg(pl.col("value").mean())
        .filter(pl.col("value") >= LEAST)["place"]
    )  # fmt: skip
    begun: dict[str, tuple[dt.date, dt.date]] = {}
    other: set[str] = set()
    for policy in registry():
        if policy.kind != "program_287g":
            continue
        for county in policy.counties():
            known = (policy.latest - policy.effective).days <= LONGEST
            lasted = policy.ended is None or policy.ended > END
            if policy.effective >= FIRST and policy.latest <= LAST and known and lasted:
                begun[county] = min((policy.effective, policy.latest), begun.get(county, (LAST, LAST)))
            elif policy.effective <= END:
                other.add(county)  # one before, one that ended, or one whose start is hardly known
    counts = frame.filter(pl.col("measure") == measure).select("place", "period", pl.col("value").alias("n"))
    kept = counts.filter(pl.col("place").is_in(often.to_list()), ~pl.col("place").is_in(list(other)))
    first, latest = (
        pl.col("place").replace_strict(
            {k: v[i] for k, v in begun.items()}, default=None, return_dtype=pl.Date
        )
        for i in (0, 1)
    )
    unsure = ((pl.col("period") >= first.dt.month_start()) & (pl.col("period") < latest)).fill_null(False)
    return kept.filter(~unsure).with_columns(
        (pl.col("period") >= latest).fill_null(False).cast(pl.Int8).alias("treated")
    )


def replicate(data: Path) -> list[Result]:
    """Agreements in force as reported, and the change of arrests once one began."""
    del data
    made = []
    for row in verify().rows:
        is_list = row.measure == "agreements_287g" and row.place == "US"
        if is_list and row.start and row.published is not None and row.ours is not None:
            what = f"agreements in force, {row.start:%-d %B %Y}"
            made.append(Result(row.publisher, what, row.source, row.published, row.ours, 0.02))
    for measure, what in (
        ("handoffs", "change of arrests at local jails (CAP Local and 287(g)) once an agreement began"),
        ("at_large", "change of at-large arrests that name the county once an agreement began"),
    ):
        frame = county_months(measure)
        mean, low, high = poisson_did(frame)
        treated = frame.filter(pl.col("treated") == 1)["place"].n_unique()
        either = "; the interval holds no change" if low < 0 < high else ""
        note = f"{treated} counties with a first agreement among {frame['place'].n_unique()}{either}"
        made.append(
            Result(STUDY, what, "no number for these data", None, round(mean, 3), low=round(low, 3),
                   high=round(high, 3), note=note)
        )  # fmt: skip
    return made
