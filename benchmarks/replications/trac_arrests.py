"""TRAC, 2018: how arrests were made, how many at local jails, and where, from the records of arrests.

Washington State is counted in a file of the Seattle area, whose compilers read a state from the landmark.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from atlarge.panel import panel
from atlarge.records.store import open_store

from .result import Result

TITLE = "Arrests by method (TRAC 2018)"
STUDY = "TRAC, arrests by method and place (2018)"
SHARES = "trac.syr.edu/whatsnew/email.180925.html"
COUNTIES = "trac.syr.edu/whatsnew/email.181024.html"


def _count(measure: str, start: dt.date, end: dt.date) -> float:
    frame = panel(by="nation", every="day", measures=[measure], start=start, end=end).frame
    return float(frame["value"].sum())


def replicate(data: Path) -> list[Result]:
    """Shares of FY2018 to June, and arrests from local jails in two months; the embedded records do."""
    start, end = dt.date(2017, 10, 1), dt.date(2018, 6, 30)
    whole = _count("arrests", start, end)
    results = []
    for name, measure, published in (
        ("at large", "at_large", 25.0),
        ("local jails", "local_jails", 41.0),
        ("state and federal prisons", "prisons", 22.0),
        ("the 287(g) program", "program_287g", 6.0),
    ):
        share = round(100 * _count(measure, start, end) / whole, 2)
        what = f"per cent of arrests: {name}, October 2017 to June 2018"
        results.append(Result(STUDY, what, SHARES, published, share, tolerance=0.5 / published))
    for month, published in ((dt.date(2017, 8, 1), 6_585), (dt.date(2018, 6, 1), 5_363)):
        last = (month + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        ours = _count("local_jails", month, last)
        results.append(Result(STUDY, f"arrests from local jails, {month:%B %Y}", SHARES, published, ours))
    return results + _counties() + _washington(data)


def _counties() -> list[Result]:
    """Counties named from October 2017 to May 2018, by methods: how many, of one arrest alone, the median.

    TRAC counts 1,467 counties that handed people over, 318 of them once and five at the median, and 574 with
    community arrests. A definition that is TRAC's would give all three of the first at once.
    """
    days = pl.col("date").is_between(pl.date(2017, 10, 1), pl.date(2018, 5, 31))
    rows = open_store(None).scan("arrests").filter(days, pl.col("county_fips").is_not_null())
    results = []
    for words, methods, published in (
        ("jails and prisons", ("CAP Local", "CAP State", "CAP Federal"), 1_467),
        ("jails, prisons and the 287(g) program", ("CAP Local", "CAP State", "CAP Federal", "287(g)"), None),
        ("local jails", ("CAP Local",), None),
        ("local jails and the 287(g) program", ("CAP Local", "287(g)"), None),
        ("local jails and state prisons", ("CAP Local", "CAP State"), None),
        ("at large", ("Located", "Non-Custodial", "Probation", "Worksite"), 574),
        ("located or non-custodial", ("Located", "Non-Custodial"), None),
        ("located", ("Located",), None),
        ("non-custodial", ("Non-Custodial",), None),
    ):
        of_methods = pl.any_horizontal(pl.col("method").str.starts_with(m) for m in methods)
        n = rows.filter(of_methods).group_by("county_fips").agg(pl.col("n").sum()).collect()["n"]
        what = f"counties with arrests, October 2017 to May 2018: {words}"
        note = f"{(n == 1).sum()} of one arrest, median {n.median():.0f}"
        results.append(Result(STUDY, what, COUNTIES, published, n.len(), note=note))
    return results


def _washington(data: Path) -> list[Result]:
    """Arrests in Washington State, October 2014 to May 2018; none where the file is not at hand."""
    results = []
    for path in sorted(data.rglob("arrests_with_state.csv.gz"))[:1]:
        rows = pl.read_csv(path, infer_schema=False)
        day = pl.date(*(pl.col(part).cast(pl.Int32) for part in ("year", "month", "day")))
        rows = rows.filter(day.is_between(pl.date(2014, 10, 1), pl.date(2018, 5, 31)))
        for label, states, published in (
            ("that name the state", ["WA"], None),
            ("with those that name none or more than one", ["WA", "AMBIGUOUS", "NA"], 7_139),
        ):
            ours = rows.filter(pl.col("state").is_in(states)).height
            what = f"arrests in Washington State, October 2014 to May 2018, {label}"
            results.append(Result(STUDY, what, "jsis.washington.edu", published, ours))
    return results
