"""287(g) agreements and arrests at local jails, 2015 to 2019.

Studies of 287(g) agreements report what they add to arrests, removals, crime and movement. Removals and
encounters by agency are not at hand, arrests at local jails by county and month are: the change once an
agreement was in force, by the two-way Poisson model that the other replications use, for counties whose first
agreement began between April 2016 and March 2019 and that had none before. A rise of jail arrests (CAP Local
and 287(g) together) is the effect; a rise of arrests recorded under the program alone may be relabelling.
What was published for these years is a series: Stateline (Pew, January 2019), from TRAC's counts, had arrests
under the program rise from fewer than 300 a month in mid-2016 to 945 in January 2018.
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


def _by_month() -> list[Result]:
    """Arrests under the program by month, as Stateline gave them from TRAC's counts."""
    frame = panel(
        by="nation", every="month", measures=["program_287g"], start="2016-01-01", end="2018-07-31"
    ).frame
    n = dict(frame.select("period", "value").iter_rows())
    study, source = "Stateline (2019), from TRAC", "trac.syr.edu/tracatwork/detail/A3451.html"
    middle = [n[dt.date(2016, month, 1)] for month in (6, 7)]
    later = max(n[dt.date(2018, month, 1)] for month in range(2, 8))
    said = {dt.date(2018, 1, 1): 945, dt.date(2018, 2, 1): 816, dt.date(2018, 3, 1): 903}
    results = [
        Result(study, f"arrests under 287(g), {day:%B %Y}", source, value, float(n[day]))
        for day, value in said.items()
    ]
    what = "arrests under 287(g) a month, June and July 2016: fewer than 300"
    results.append(
        Result(study, what, source, 300.0, float(max(middle)), 0.1, note="the larger of the two months")
    )
    what = "most arrests under 287(g) in a month, February to July 2018: below January's 945"
    results.append(
        Result(study, what, source, 945.0, float(later), note="July 2018, the last month that TRAC had")
    )
    return results


def replicate(data: Path) -> list[Result]:
    """Agreements in force as reported, and the change of arrests once one began."""
    del data
    results = []
    for row in verify().rows:
        is_list = row.measure == "agreements_287g" and row.place == "US"
        if is_list and row.start and row.published is not None and row.ours is not None:
            what = f"agreements in force, {row.start:%-d %B %Y}"
            results.append(Result(row.publisher, what, row.source, row.published, row.ours, 0.02))
    results += _by_month()
    for measure, what in (
        ("handoffs", "change of arrests at local jails (CAP Local and 287(g)) once an agreement began"),
        ("at_large", "change of at-large arrests that name the county once an agreement began"),
    ):
        frame = county_months(measure)
        mean, low, high = poisson_did(frame)
        treated = frame.filter(pl.col("treated") == 1)["place"].n_unique()
        either = "; the interval holds no change" if low < 0 < high else ""
        note = f"{treated} counties with a first agreement among {frame['place'].n_unique()}{either}"
        results.append(
            Result(STUDY, what, "no number for these data", None, round(mean, 3), low=round(low, 3),
                   high=round(high, 3), note=note)
        )  # fmt: skip
    return results
