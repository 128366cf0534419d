"""Time and check the detainer counts, the interval and the detector of days of mass review.

Run: python benchmarks/detainers.py. Writes benchmarks/results/detainers.json. Peers, in the same run:
pandas' crosstab for the counts (the usual way), the Wald interval for the rate, and, for the days, the mean
plus three standard deviations. The data are simulated here, so that the truth is known.
"""

from __future__ import annotations

import datetime as dt
import json
import timeit
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from atlarge.detainers import OUTCOMES, add_rates, find_batches, outcome_counts, wilson

OUT = Path(__file__).resolve().parent / "results" / "detainers.json"
START = dt.date(2016, 10, 1)


def timed(work: Callable[[], Any], times: int = 7) -> float:
    """Median seconds of a call."""
    return median(timeit.repeat(work, number=1, repeat=times))


def made_detainers(rows: int, rng: np.random.Generator) -> pl.DataFrame:
    """Detainers in 1,500 counties with the outcome shares of the national release of FY2015."""
    shares = np.array([0.201, 0.070, 0.056, 0.004, 0.006, 0.002, 0.661])
    return pl.DataFrame(
        {
            "date": pl.Series(np.array(START, dtype="datetime64[D]") + rng.integers(0, 300, rows)).cast(
                pl.Date
            ),
            "facility": rng.integers(0, 3000, rows).astype(str),
            "county_fips": np.char.zfill((rng.zipf(1.4, rows) % 1500 + 1000).astype(str), 5),
            "state": "TX",
            "outcome": rng.choice(OUTCOMES, rows, p=shares / shares.sum()),
            "n": np.ones(rows, dtype=np.uint32),
        }
    )


def counts() -> dict[str, Any]:
    """Counting 79,053 and 1,000,000 rows by county against pandas."""
    results = {}
    for rows in (79_053, 1_000_000):
        frame = made_detainers(rows, np.random.default_rng(1))
        other = frame.to_pandas()
        ours = add_rates(outcome_counts(frame.lazy(), "county"))
        theirs = pd.crosstab(other["county_fips"], other["outcome"], values=other["n"], aggfunc="sum").fillna(
            0
        )
        same = all(
            ours.sort("place")[name].to_list() == theirs.sort_index()[name].astype(int).to_list()
            for name in OUTCOMES
        )
        ours_s = timed(lambda f=frame: add_rates(outcome_counts(f.lazy(), "county")))  # type: ignore[misc]
        theirs_s = timed(
            lambda o=other: pd.crosstab(o["county_fips"], o["outcome"], values=o["n"], aggfunc="sum")  # type: ignore[misc]
        )
        results[f"{rows}_rows"] = {
            "same_counts": same,
            "seconds": round(ours_s, 4),
            "pandas_seconds": round(theirs_s, 4),
            "times_faster_than_pandas": round(theirs_s / ours_s, 2),
        }
    return results


def coverage() -> dict[str, Any]:
    """How often the 95% interval holds the true rate, against Wald's."""
    rng = np.random.default_rng(2)
    results = {}
    for n in (10, 40, 400):
        for rate in (0.01, 0.07, 0.2, 0.6):
            hits = rng.binomial(n, rate, 20_000).astype(float)
            low, high = wilson(hits, np.full_like(hits, n))
            share = hits / n
            half = 1.959964 * np.sqrt(share * (1 - share) / n)
            results[f"n={n}, rate={rate}"] = {
                "wilson": round(float(((low <= rate) & (rate <= high)).mean()), 3),
                "wald": round(float(((share - half <= rate) & (rate <= share + half)).mean()), 3),
            }
    return results


def flow(
    place: str, daily: float, days: int, rng: np.random.Generator
) -> list[tuple[str, dt.date, dt.date, int]]:
    """A Poisson number of decisions a day, each up to 45 days after the issue."""
    results = []
    for day, n in enumerate(rng.poisson(daily, days)):
        decided = START + dt.timedelta(days=day)
        results += [
            (place, decided - dt.timedelta(days=int(age)), decided, 1) for age in rng.integers(0, 45, n)
        ]
    return results


def naive_days(frame: pl.DataFrame) -> set[tuple[str, dt.date]]:
    """Days over the mean and three standard deviations of the place's days."""
    first, last = frame["decision_date"].min(), frame["decision_date"].max()
    days = pl.date_range(first, last, eager=True).alias("decision_date").to_frame()
    grid = frame.select("place").unique().join(days, how="cross")
    daily = grid.join(
        frame.group_by("place", "decision_date").agg(pl.col("n").sum()),
        on=["place", "decision_date"],
        how="left",
    ).with_columns(pl.col("n").fill_null(0))
    limit = pl.col("n").mean().over("place") + 3 * pl.col("n").std().over("place")
    return set(daily.filter(pl.col("n") > limit).select("place", "decision_date").iter_rows())


def batches() -> dict[str, Any]:
    """Share of simulated review days found, by size, and false days a place-year."""
    results: dict[str, Any] = {"by_size": {}, "runs": 100}
    wrong, wrong_naive, place_days = 0, 0, 0
    day = dt.date(2017, 2, 1)
    for size in (10, 20, 40, 140):
        found, found_naive = 0, 0
        for run in range(100):
            rng = np.random.default_rng(1000 * size + run)
            rows = [r for i, level in enumerate((0.2, 1.0, 4.0)) for r in flow(f"P{i}", level, 240, rng)]
            ages = rng.integers(5, 500, size)
            rows += [("P1", day - dt.timedelta(days=int(age)), day, 1) for age in ages]
            frame = pl.DataFrame(rows, schema=["place", "issue_date", "decision_date", "n"], orient="row")
            hit = set(find_batches(frame).select("place", "decision_date").iter_rows())
            naive = naive_days(frame)
            found += ("P1", day) in hit
            found_naive += ("P1", day) in naive
            wrong += len(hit - {("P1", day)})
            wrong_naive += len(naive - {("P1", day)})
            place_days += 3 * 240
        results["by_size"][str(size)] = {"found": found / 100, "naive_found": found_naive / 100}
    results["false_days_a_place_year"] = round(365 * wrong / place_days, 4)
    results["naive_false_days_a_place_year"] = round(365 * wrong_naive / place_days, 4)
    return results


def main() -> None:
    """Run all and save."""
    results = {"counts": counts(), "interval_coverage_of_95_percent": coverage(), "review_days": batches()}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
