"""Small tables of facts, each a CSV with a YAML sidecar of the same name.

The sidecar says what a row is, where the facts are from, under which licence, when they were read,
what each column means and its type, and which faults are known.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from atlarge.files import shipped_yaml

_TYPES: dict[str, Any] = {
    "str": pl.String,
    "int": pl.Int64,
    "float": pl.Float64,
    "date": pl.Date,
    "bool": pl.Boolean,
}


@cache
def sidecar(name: str) -> dict[str, Any]:
    """Return the sidecar of a reference table.

    Raises FileNotFoundError if there is no such table.
    """
    return dict(shipped_yaml(__package__, f"{name}.yaml"))


@cache
def table(name: str) -> pl.DataFrame:
    """Return a reference table, its columns typed as its sidecar says; empty cells are null."""
    columns = sidecar(name)["columns"]
    path = files(__package__).joinpath(f"{name}.csv")
    schema = {column: _TYPES[about["type"]] for column, about in columns.items()}
    with path.open("rb") as stream:
        frame = pl.read_csv(stream.read(), schema_overrides=schema)
    if frame.columns != list(columns):
        raise ValueError(f"reference table {name}: columns differ from its sidecar")
    return frame


@cache
def lookup(name: str, key: str, value: str) -> dict[str, str]:
    """One column of a reference table by another; rows in which either is empty are left out."""
    return dict(table(name).select(key, value).drop_nulls().iter_rows())


@cache
def county_residents() -> pl.DataFrame:
    """Residents of each county in July of each year: fips, state, aor, year, people (null if not known)."""
    counties = table("counties")
    years = [c for c in counties.columns if c.startswith("population_")]
    long = counties.unpivot(years, index=["fips", "state", "aor"], variable_name="year", value_name="people")
    return long.with_columns(pl.col("year").str.extract(r"(\d+)$").cast(pl.Int32))


@cache
def states() -> dict[str, str]:
    """Name of each state by its two letters, in their order."""
    return dict(table("counties").select("state", "state_name").unique().sort("state").iter_rows())


@cache
def state_codes() -> dict[str, str]:
    """The two letters of each state, by these and by its name, in lower case."""
    return {word.lower(): code for code, name in states().items() for word in (code, name)}


def tables() -> list[str]:
    """Return the names of all reference tables."""
    found = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".csv") for name in found if name.endswith(".csv"))
