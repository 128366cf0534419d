"""A store of drawn counts: sixty counties, four offices, two ways in which methods are read.

Travis County's handoffs fall to a sixth on 20 October 2016, sixty arrests at large come on 16 to 18 March
2017, and its policy is in force from 10 March 2017 to 9 September 2018. What an answer says of it can be
counted from the rows.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from atlarge.policies import Policy
from atlarge.reference import table
from simulated_files import Span, counted_store

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2019, 8, 31)
DAYS = (LAST - FIRST).days + 1
FALL, BURST = dt.date(2016, 10, 20), dt.date(2017, 3, 16)
OFFICES = ("AUS", "SNA", "HOU", "DAL")
OFFICE_AOR = {"AUS": "SNA", "SNA": "SNA", "HOU": "HOU", "DAL": "DAL"}
LARGE, OTHER, JAIL, AGREEMENT = "Located", "Anti-Smuggling", "CAP Local Incarceration", "287(g) Program"
RATES = {LARGE: 1.0, OTHER: 0.3, JAIL: 1.5, AGREEMENT: 0.5}
POLICY = Policy(
    id="example-1", level="county", place_name="Travis County, TX", state="TX", fips="48453",
    direction="limits", kind="detainers", title="An example policy", announced=dt.date(2017, 2, 20),
    effective=dt.date(2017, 3, 10), latest=dt.date(2017, 3, 10), precision="day",
    ended=dt.date(2018, 9, 10), confidence="high", source_url="https://example.org/policy", note="",
)  # fmt: skip


@cache
def counties() -> pl.DataFrame:
    """Travis and Bexar County, both in San Antonio's area, and the most populous elsewhere."""
    known = (
        table("counties")
        .filter(pl.col("vintage") == "all")
        .sort("population_2017", descending=True, nulls_last=True)
    )
    own = known.filter(pl.col("fips").is_in(["48453", "48029"])).sort("fips", descending=True)
    return pl.concat([own, known.filter(pl.col("aor") != "SNA").head(58)]).select("fips", "aor", "state")


def rows(seed: int = 0) -> pl.DataFrame:
    """The rows of the store: date, method, place and n."""
    rng = np.random.default_rng(seed)
    days = pl.date_range(FIRST, LAST, "1d", eager=True)
    parts = []

    def add(method: str, counts: np.ndarray, **place: str) -> None:
        of_place = pl.DataFrame({"date": days, "n": counts}).filter(pl.col("n") > 0)
        parts.append(of_place.with_columns(method=pl.lit(method), **{k: pl.lit(v) for k, v in place.items()}))

    for fips, aor, state in counties().iter_rows():
        for method, rate in RATES.items():
            counts = rng.poisson(rate, DAYS)
            if fips == "48453" and method == JAIL:
                counts[(FALL - FIRST).days :] = rng.poisson(rate / 6, DAYS - (FALL - FIRST).days)
            if fips == "48453" and method == LARGE:
                counts[(BURST - FIRST).days :][:3] += 20
            add(method, counts, county_fips=fips, aor=aor, state=state)
    for office in OFFICES:
        for method in RATES:
            add(method, rng.poisson(0.4, DAYS), office=office, aor=OFFICE_AOR[office], state="TX")
    add(LARGE, rng.poisson(2.0, DAYS), aor="SNA")  # names neither a county nor an office
    return pl.concat(parts, how="diagonal")


def write(folder: Path) -> Path:
    """The store in a folder, of two releases."""
    turn = dt.date(2017, 9, 30)
    spans = Span("first", FIRST, turn), Span("second", turn + dt.timedelta(days=1), LAST)
    return counted_store(folder, rows(), *spans)
