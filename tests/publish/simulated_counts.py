"""A simulated store: counts drawn at random for a few places, so the truth is known and nothing is real."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from atlarge.ingest import ingest
from atlarge.records.store import Store, open_store
from atlarge.records.tables import TABLES
from atlarge.simulate import World, simulate
from simulated_files import write_tables

START, END = dt.date(2015, 10, 1), dt.date(2017, 9, 30)
METHODS = ["Located", "Non-Custodial Arrest", "CAP Local Incarceration", "CAP Federal Incarceration"]
COUNTIES = {
    "48453": ("TX", "SNA", 1.4),
    "48029": ("TX", "SNA", 0.6),
    "48491": ("TX", "SNA", 0.02),
    "48209": ("TX", "SNA", 0.015),
    "48021": ("TX", "SNA", 0.01),
    "22071": ("LA", "NOL", 0.5),
    "22051": ("LA", "NOL", 0.03),
    "22087": ("LA", "NOL", 0.008),
    "01073": ("AL", "NOL", 0.2),
    "01001": ("AL", "NOL", 0.006),
}
HOSTILE = "<script>alert('x')</script>"
OFFICES = {"AUS": ("SNA", 0.9), "SNA": ("SNA", 0.7), "NOL": ("NOL", 0.4), HOSTILE: ("NOL", 0.15)}


STORY_END = dt.date(2019, 8, 31)
STORY_COUNTIES = {
    **COUNTIES,
    "48201": ("TX", "HOU", 3.0),
    "13145": ("GA", "ATL", 0.02),
    "17031": ("IL", "CHI", 0.05),
}
STORY_OFFICES = {"AUS": ("SNA", 0.9), "SNA": ("SNA", 0.7), "NOL": ("NOL", 0.4), "CHI": ("CHI", 2.0)}
"""A longer store with Harris County in Texas, its namesake in Georgia, and a county that few records name."""


def arrests(
    seed: int = 3,
    end: dt.date = END,
    counties: Mapping[str, tuple[str, str, float]] = COUNTIES,
    offices: Mapping[str, tuple[str, float]] = OFFICES,
) -> pl.DataFrame:
    """Daily counts by place and method, with one burst in the office area AUS."""
    rng = np.random.default_rng(seed)
    days = pl.date_range(START, end, eager=True)
    rows = []
    for fips, (state, aor, rate) in counties.items():
        rows.append(_place(rng, days, rate, aor=aor, county_fips=fips, state=state))
    for office, (aor, rate) in offices.items():
        rows.append(_place(rng, days, rate, aor=aor, office=office))
    rows.append(_place(rng, days, 0.3, aor="SNA"))
    burst = pl.DataFrame({"date": [dt.date(2017, 2, 9), dt.date(2017, 2, 10)], "n": [31, 34]}).with_columns(
        pl.lit("Located").alias("method"), pl.lit("SNA").alias("aor"), pl.lit("AUS").alias("office")
    )
    return pl.concat([*rows, burst], how="diagonal_relaxed").with_columns(
        pl.col("n").cast(pl.UInt32),
        pl.lit(None, pl.Boolean).alias("operation_mark"),
        pl.lit("recorded").alias("aor_basis"),
    )


def _place(rng: np.random.Generator, days: pl.Series, rate: float, **where: str) -> pl.DataFrame:
    shares = np.array([0.25, 0.15, 0.45, 0.15])
    counts = rng.poisson(rate * shares, size=(len(days), 4))
    frame = pl.DataFrame(counts, schema=METHODS).with_columns(days.alias("date"))
    long = frame.unpivot(METHODS, index="date", variable_name="method", value_name="n").filter(
        pl.col("n") > 0
    )
    empty = [pl.lit(None, pl.String).alias(c) for c in ("county_fips", "state", "office") if c not in where]
    return long.with_columns(*[pl.lit(v).alias(c) for c, v in where.items()], *empty)


def simulated_store(folder: Path, seed: int = 3) -> Store:
    """Write the simulated arrests as a store of one release and open it."""
    return store_of(folder, arrests(seed), END)


def story_store(folder: Path) -> Store:
    """Write the longer store and open it."""
    return store_of(folder, arrests(5, STORY_END, STORY_COUNTIES, STORY_OFFICES), STORY_END)


def few_arrests() -> pl.DataFrame:
    """Arrests of a few places alone: what a site shows of them is gathered in two seconds."""
    counties = {fips: COUNTIES[fips] for fips in ("48453", "48029", "48491", "22071", "22051")}
    return arrests(7, END, counties, {office: OFFICES[office] for office in ("AUS", "NOL")})


def few_store(folder: Path) -> Store:
    """Write those and open them."""
    return store_of(folder, few_arrests(), END)


def store_of(folder: Path, rows: pl.DataFrame, end: dt.date) -> Store:
    """Write some arrests as a store of one release and open it."""
    rows = rows.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in TABLES["arrests"].items() if name not in rows.columns
    )
    write_tables(folder, {"arrests": rows}, START, end, name="made")
    return open_store(folder)


def ingested_world(folder: Path, seed: int, policies: int) -> Store:
    """A store of the releases of a simulated world: some large and many small counties, with detainers."""
    world = World(places=40, weeks=60, policies=policies, general_area_share=0.2)
    result = simulate(folder / "world", seed=seed, world=world)
    ingest([*result.arrests, result.detainers], folder / "store")
    return open_store(folder / "store")
