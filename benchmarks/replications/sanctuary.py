"""Hausman (2020), Sanctuary policies reduce deportations without increasing crime, PNAS 117(44).

Published: policies of 2010 to 2015 reduced deportations of people fingerprinted by states or counties by
about a third, and those of people without convictions by half. The records at hand begin in October 2015
and count removals by area of responsibility, without county or fingerprint. What they allow: arrests at
local jails by county and month around the policies of 2016 to 2019, by the same kind of model; and
removals by conviction around California's law of January 2018, by area. Needed for the study itself:
removals of 2008 to 2015 with the county of the fingerprint, and populations by county and ethnicity.
"""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from atlarge.panel import panel
from atlarge.policies import registry

from .removals import read
from .result import Result, poisson_did

TITLE = "Sanctuary policies and deportations (Hausman 2020)"
STUDY = "Hausman (2020), PNAS"
SOURCE = "pnas.org/content/117/44/27262"
KINDS = ("detainers", "ends_287g", "court_ruling")
FIRST, LAST = dt.date(2016, 4, 1), dt.date(2019, 3, 1)
LEAST = 1.0
"""Arrests a month at local jails under which a county is left out."""
CALIFORNIA = ("Los Angeles", "San Francisco", "San Diego")


def county_months(measure: str = "local_jails") -> pl.DataFrame:
    """Counts by county and month, with whether a policy that limits detainers was in force."""
    frame = panel(by="county", every="month", measures=[measure], start="2015-10-01", end="2019-08-31").frame
    counts = frame.select("place", "period", pl.col("value").alias("n"))
    often = counts.group_by("place").agg(pl.col("n").mean()).filter(pl.col("n") >= LEAST)["place"]
    begun: dict[str, dt.date] = {}
    other: set[str] = set()
    for policy in registry():
        for county in policy.counties():
            inside = FIRST <= policy.effective <= LAST
            if policy.level in ("county", "city") and policy.direction == "limits" and policy.kind in KINDS:
                if inside and not policy.is_vague and policy.ended is None:
                    begun[county] = min(policy.effective, begun.get(county, policy.effective))
                elif dt.date(2015, 10, 1) <= policy.effective <= dt.date(2019, 8, 31):
                    other.add(county)
            elif dt.date(2015, 10, 1) <= policy.effective <= dt.date(2019, 8, 31) and policy.is_cooperation:
                other.add(county)  # a law of its state or an agreement changed it too
    kept = counts.filter(pl.col("place").is_in(often.to_list()))
    kept = kept.filter(pl.col("place").is_in(list(begun)) | ~pl.col("place").is_in(list(other)))
    start = pl.col("place").replace_strict(begun, default=None, return_dtype=pl.Date)
    return kept.with_columns((pl.col("period") >= start).fill_null(False).cast(pl.Int8).alias("treated"))


def california(data: Path, convicted: bool) -> tuple[float, float]:
    """Relative change of removals after January 2018 in California's areas, and its rank among all threes."""
    rows = read(data).filter(
        pl.col("convicted") == convicted, pl.col("disposition") == "WA/NTA", pl.col("area").is_not_null()
    )
    half = pl.when(pl.col("day").is_between(pl.date(2018, 1, 1), pl.date(2019, 8, 31))).then(1).otherwise(0)
    by = (
        rows.with_columns(half.alias("after"), pl.col("area").str.extract(r"^(.*?) Area"))
        .group_by("area", "after")
        .len()
    )
    wide = by.pivot(on="after", index="area", values="len").drop_nulls().filter(pl.col("0") > 50)
    areas, before, after = wide["area"].to_list(), wide["0"].to_numpy(), wide["1"].to_numpy()

    def change(chosen: tuple[int, ...]) -> float:
        own = np.zeros(len(areas), bool)
        own[list(chosen)] = True
        return float(after[own].sum() / before[own].sum() / (after[~own].sum() / before[~own].sum()) - 1)

    theirs = tuple(areas.index(a) for a in CALIFORNIA)
    effect = change(theirs)
    others = np.array([change(c) for c in combinations(range(len(areas)), 3)])
    return effect, float((others <= effect).mean())


def replicate(data: Path) -> list[Result]:
    """The change at local jails, and removals by conviction in California."""
    frame = county_months()
    mean, low, high = poisson_did(frame)
    treated = frame.filter(pl.col("treated") == 1)["place"].n_unique()
    either = "; the interval also holds no change" if low < 0 < high else ""
    note = (
        f"{treated} counties with a policy of 2016 to 2019 among {frame['place'].n_unique()}; jails in place "
        f"of deportations, and other years{either}"
    )
    what = "change of deportations after local fingerprints; here arrests at local jails"
    third = Result(
        STUDY, what, SOURCE, -1 / 3, round(mean, 3), low=round(low, 3), high=round(high, 3), note=note
    )
    results = [third]
    for convicted, published in ((False, -0.5), (True, None)):
        effect, rank = california(data, convicted)
        what = (
            f"change of deportations of people {'with' if convicted else 'without'} convictions; here "
            "removals after an arrest and notice to appear, California's areas after January 2018"
        )
        note = (
            f"as low in {100 * rank:.0f}% of all threes of areas; removals after all kinds of arrest, not "
            "of those fingerprinted in jails"
        )
        results.append(Result(STUDY, what, SOURCE, published, round(effect, 3), tolerance=0.3, note=note))
    return results
