"""An attack on tables of detainers laid beside each other: integer programmes over what they are sums of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from atlarge.detainers.outcomes import OUTCOMES
from atlarge.records.store import Store, open_store
from simulated_files import write_tables

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2016, 9, 30)
COUNTS = ("issued", *OUTCOMES)
SITE = ("issued", "booked", "declined", "missing")
Sum = tuple[np.ndarray, float, float]
"""Which of the finest counts are summed; least and most that a reader believes of the sum."""


def records(seed: int, n: int = 300) -> pl.DataFrame:
    """Detainers of a few counties of two states over a fiscal year."""
    rng = np.random.default_rng(seed)
    places = ["48453", "48491", "48021", "06037", "06059"]
    place = rng.choice(places, n, p=[0.45, 0.06, 0.04, 0.4, 0.05])
    days = rng.integers(0, (LAST - FIRST).days + 1, n)
    frame = pl.DataFrame(
        {
            "date": [FIRST + dt.timedelta(days=int(d)) for d in days],
            "county_fips": place,
            "state": ["TX" if p.startswith("48") else "CA" for p in place],
            "aor": ["SNA" if p.startswith("48") else "LOS" for p in place],
            "facility": [f"JAIL {p}" for p in place],
            "outcome": rng.choice(OUTCOMES, n, p=[0.3, 0.2, 0.1, 0.05, 0.05, 0.1, 0.2]),
            "charge": rng.choice(["THEFT", "DWI", "ASSAULT"], n, p=[0.6, 0.3, 0.1]),
            "n": np.ones(n, np.uint32),
        }
    )
    return frame.with_columns(pl.lit(None, pl.String).alias(c) for c in ("office", "city", "facility_code"))


def store_of(folder: Path, rows: pl.DataFrame, first: dt.date = FIRST, last: dt.date = LAST) -> Store:
    """The records as a store of one release that covers the nation."""
    write_tables(folder, {"detainers": rows}, first, last, family="detainers")
    return open_store(folder)


def half_month(date: pl.Expr) -> pl.Expr:
    """First day of the half of a month that a day lies in: the 1st or the 16th."""
    return date.dt.truncate("1mo") + pl.duration(days=pl.when(date.dt.day() > 15).then(15).otherwise(0))


class Joint:
    """The finest counts of the records: county, outcome and month (`halves`: half of a month); and what
    publications say of them. Their days must begin and end with one. `all_have_states`: no record may be of
    no state, as no publication says."""

    def __init__(self, rows: pl.DataFrame, *, halves: bool = False, all_have_states: bool = True) -> None:
        date = pl.col("date")
        month = (half_month(date) if halves else date.dt.truncate("1mo")).alias("month")
        here = rows.group_by("county_fips", "state", "aor", "outcome", month).agg(
            n=pl.col("n").sum().cast(pl.Int64)
        )
        # As far as a reader knows there may be some of each outcome in each month, and some of no county.
        places = here.select("county_fips", "state", "aor").unique()
        nowhere = [
            places.with_columns(pl.lit(None, pl.String).alias(c) for c in lacking).unique()
            for lacking in (["county_fips"], ["county_fips", "state", "aor"])[: 2 - all_have_states]
        ]
        each = pl.concat([places, *nowhere]).join(here.select("outcome").unique(), how="cross")
        each = each.join(here.select("month").unique(), how="cross")
        found = each.join(here, on=[c for c in here.columns if c != "n"], how="left", nulls_equal=True)
        self.base = found.with_columns(pl.col("n").fill_null(0)).sort(found.columns)
        self.sums: list[Sum] = []
        self.targets: list[Sum] = []

    def _add(
        self, keep: pl.Expr, value: int | None, hidden: tuple[float, float], *, is_target: bool = True
    ) -> None:
        inside = self.base.select(keep.alias("k"))["k"].fill_null(False).to_numpy()
        true = int(self.base["n"].to_numpy()[inside].sum())
        if not true:
            return
        low, high = hidden if value is None else (float(value), float(value))
        self.sums.append((inside, low, high))
        if value is None and true < 5 and is_target:
            self.targets.append(self.sums[-1])

    def report(self, report: Mapping[str, Any]) -> None:
        """A report of detainers by county: rows and totals. What is hidden is one or more, but for a place
        of which nothing is shown: its zeros are not either."""
        first, last = (dt.date.fromisoformat(str(report[n])) for n in ("from", "to"))
        days = pl.col("month").is_between(first, last)
        for row in [*report["rows"], {"place": None, **report["total"]}]:
            here = days if row["place"] is None else days & (pl.col("county_fips") == row["place"])
            is_bare = all(row[name] is None for name in COUNTS)
            for name in COUNTS:
                keep = here if name == "issued" else here & (pl.col("outcome") == name)
                self._add(keep, row[name], (0 if is_bare and name != "issued" else 1, np.inf))

    def site(self, rows: pl.DataFrame) -> None:
        """The record of a site."""
        columns = {"state": "state", "county": "county_fips", "aor": "aor"}
        for row in rows.filter(pl.col("mark") != "uncovered").iter_rows(named=True):
            keep = pl.col("month").is_between(row["start"], row["end"])
            if row["level"] in columns:
                keep &= pl.col(columns[row["level"]]) == row["place"]
            name = row["measure"].removeprefix("detainers_")
            if name != "issued":
                keep &= pl.col("outcome") == name
            self._add(
                keep, row["value"], (1, row["threshold"] - 1) if row["mark"] == "small" else (1, np.inf)
            )

    def month(self, first: dt.date) -> None:
        """Small counts of a month by county and outcome, which may follow by subtraction."""
        for county in self.base["county_fips"].drop_nulls().unique().sort():
            for name in COUNTS:
                keep = (pl.col("month") == first) & (pl.col("county_fips") == county)
                self._add(keep if name == "issued" else keep & (pl.col("outcome") == name), None, (0, np.inf))

    def known(self, width: int = 1) -> list[int]:
        """Small hidden counts that are known to within less than `width`, in whole numbers.

        Any whole numbers that fit all that is published show how far counts can go. So many counts are pushed
        at once, up or down by chance; those that did not move apart get programmes of their own.
        """
        rows = sparse.csr_matrix(np.array([s[0] for s in self.sums], float))
        low, high = (np.array([s[i] for s in self.sums]) for i in (1, 2))
        given, box, kinds = LinearConstraint(rows, low, high), Bounds(0, 1e5), np.ones(self.base.height)
        targets = np.array([s[0] for s in self._distinct(self.targets)], float)
        least, most = np.full(len(targets), np.inf), np.full(len(targets), -np.inf)

        def push(cost: np.ndarray, **options: float) -> None:
            x = milp(cost, constraints=given, bounds=box, integrality=kinds, options=options)
            assert x.x is not None, x.message
            counts = targets @ np.rint(x.x)
            np.minimum(least, counts, out=least)
            np.maximum(most, counts, out=most)

        rng = np.random.default_rng(0)
        for _ in range(12):
            signs = rng.choice([-1.0, 1.0], len(targets)) * (most - least < width)
            push(signs @ targets, mip_rel_gap=0.2)
        for i in np.flatnonzero(most - least < width):
            for sign in (1.0, -1.0):
                push(sign * targets[i])
        return [int(n) for n in least[most - least < width]]

    @staticmethod
    def _distinct(targets: Iterable[Sum]) -> list[Sum]:
        return list({s[0].tobytes(): s for s in targets}.values())
