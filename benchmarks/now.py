"""From 2018 to 2026, as public records tell it: detention, populations by county, and the end of a series.

python benchmarks/now.py [--data FOLDER] [--only PART ...]

`detention` and `elsewhere` are counted from the tables that ship with the package, `completeness` is measured
on simulated vintages, `landmark_classes` on labelled texts, `handoffs_inferred` on embedded records whose
methods are hidden; `population_model` and `workbooks` need the folder of the data. A part that is not run
keeps the results that are saved. `section()` is the part of docs/findings.md on 2021 to 2026.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import _inferred
import _recent
from atlarge.calendar import fiscal_year
from atlarge.reference import table
from atlarge.surveillance import reporting_delays

HERE = Path(__file__).parent
OUT = HERE / "results" / "now.json"
BEFORE = dt.date(2024, 12, 1)
"""The last month before the year in which detention grew."""


def _held() -> pl.DataFrame:
    rows = table("detention_monthly")
    nation = rows.filter(pl.col("place") == "US", ~pl.col("is_partial"))
    return nation.pivot(on="measure", index="month", values="value").sort("month")


def detention() -> dict[str, Any]:
    """Book-ins by arresting agency and year, people held by month, and where that grew most."""
    wide = _held()
    booked = wide.drop_nulls("book_ins_ice")
    both_agencies = pl.col("book_ins_ice") + pl.col("book_ins_cbp")
    years = (
        booked.with_columns(pl.Series("fiscal_year", [fiscal_year(day) for day in booked["month"].to_list()]))
        .group_by("fiscal_year", maintain_order=True)
        .agg(pl.len().alias("months"), pl.col("book_ins_ice", "book_ins_cbp").sum())
        .with_columns(share_ice=(pl.col("book_ins_ice") / both_agencies).round(3))
    )
    held = wide.drop_nulls("population_at_midnight").select("month", "population_at_midnight")
    last = held["month"].max()
    counties = table("counties").select(place="fips", county="place_name")
    growth = grown("county").join(counties, on="place", how="left", maintain_order="left").head(15)
    return {
        "book_ins": years.to_dicts(),
        "population": {
            "first": str(held["month"].min()),
            "last": str(last),
            "december_2024": held.filter(pl.col("month") == BEFORE)["population_at_midnight"].item(),
            "latest": held.filter(pl.col("month") == last)["population_at_midnight"].item(),
            "highest": held["population_at_midnight"].max(),
            "highest_month": str(held.sort("population_at_midnight")["month"].last()),
        },
        "growth": growth.select("county", "place", "before", "after", "more").to_dicts(),
    }


def grown(level: str) -> pl.DataFrame:
    """People held in the last whole month and in December 2024 by county or AOR of the facility."""
    rows = table("detention_monthly").filter(
        pl.col("place_kind") == "county", pl.col("measure") == "population_at_midnight"
    )
    if level == "aor":
        areas = table("counties").select(place="fips", aor="aor")
        rows = rows.join(areas, on="place").with_columns(place=pl.col("aor")).drop("aor")
        rows = rows.group_by("place", "month").agg(pl.col("value").sum(), pl.col("is_partial").any())
    last = rows.filter(~pl.col("is_partial"))["month"].max()
    ends = {"before": BEFORE, "after": last}
    found = [
        rows.filter(pl.col("month") == day).select("place", pl.col("value").alias(n))
        for n, day in ends.items()
    ]
    return (
        found[0]
        .join(found[1], on="place", how="full", coalesce=True)
        .with_columns(pl.col("before", "after").fill_null(0.0))
        .with_columns(more=(pl.col("after") - pl.col("before")).round(1))
        .sort("more", "place", descending=[True, False])
    )


def elsewhere() -> dict[str, Any]:
    """What records of ERO cannot hold: book-ins after arrests by CBP, and operations that others led."""
    wide = _held().drop_nulls("book_ins_ice")
    ahead = wide.filter(
        pl.col("book_ins_ice") > pl.col("book_ins_cbp"), pl.col("month") >= dt.date(2022, 10, 1)
    )
    since = wide.filter(pl.col("month") > BEFORE)
    areas = grown("aor").join(table("aors").select(place="aor", name="name"), on="place", how="left")
    names = dict(table("aors").select("aor", "name").iter_rows())
    return {
        "first_month_ice_ahead": str(ahead["month"].min()),
        "since": str(since["month"].min()),
        "until": str(since["month"].max()),
        "ice": float(since["book_ins_ice"].sum()),
        "cbp": float(since["book_ins_cbp"].sum()),
        "highest_ice": float(wide["book_ins_ice"].max()),  # type: ignore[arg-type]
        "highest_ice_month": str(wide.sort("book_ins_ice")["month"].last()),
        "areas": [{**row, "name": names[row["place"]]} for row in areas.head(5).to_dicts()],
        "areas_more": float(areas["more"].sum()),
        "counties_up": int((grown("county")["more"] > 0).sum()),
        "counties_new": int(grown("county").filter((pl.col("before") == 0) & (pl.col("after") > 0)).height),
        "operations": [
            {key: str(value) if isinstance(value, dt.date) else value for key, value in row.items()}
            for row in table("operations_other_agencies").sort("start").iter_rows(named=True)
        ],
    }


def population(data: Path) -> dict[str, Any]:
    """Margins of the modelled unauthorized population, on areas and counties that the model has not seen."""
    spec = importlib.util.spec_from_file_location(
        "county_population", HERE.parent / "tools" / "county_population.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return dict(module.checks(data))


def completeness(worlds: int = 40) -> dict[str, Any]:
    """Delay distributions of known shape, seen in vintages at irregular times: errors and coverage."""
    shapes = {
        "geometric": 0.7 ** np.arange(13),
        "slow": 0.9 ** np.arange(13),
        "one late batch": np.r_[6.0, np.ones(5), 4.0],
    }
    cuts = {
        "every 13 weeks": [60, 73, 86, 99],
        "weekly": list(range(70, 100)),
        "irregular": [50, 80, 90, 97, 99],
    }
    found: dict[str, Any] = {}
    for shape, raw in shapes.items():
        truth = np.cumsum(raw / raw.sum())
        for name, at in cuts.items():
            inside, errors = [], []
            for seed in range(worlds):
                counts, delays = vintages(np.random.default_rng(seed), raw / raw.sum(), 100, at, 120)
                est = reporting_delays(counts, delays, longest=len(raw) - 1, draws=100, seed=seed)
                free = slice(0, len(raw) - 1)
                inside += ((est.low <= truth + 1e-9) & (truth - 1e-9 <= est.high))[free].tolist()
                errors += np.abs(est.share - truth)[free].tolist()
            found[f"{shape}, {name}"] = {
                "inside_90": round(float(np.mean(inside)), 3),
                "mean_error": round(float(np.mean(errors)), 4),
                "worst_error": round(float(np.max(errors)), 3),
            }
    return {"worlds": worlds, "cells": found}


def vintages(
    rng: np.random.Generator, probability: np.ndarray, weeks: int, at: list[int], mean: float
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of weeks at vintages, each record reported after a drawn delay; weeks differ in size."""
    counts = np.full((weeks, len(at)), np.nan)
    delays = np.full((weeks, len(at)), np.nan)
    for week in range(weeks):
        seen = np.cumsum(rng.multinomial(int(rng.poisson(mean * rng.gamma(8.0, 1 / 8.0))), probability))
        for v, vintage in enumerate(at):
            if vintage >= week:
                counts[week, v] = seen[min(vintage - week, len(seen) - 1)]
                delays[week, v] = vintage - week
    return counts, delays


def workbooks(data: Path) -> dict[str, Any]:
    """How later workbooks of a fiscal year revised the book-ins of whole months."""
    from atlarge.records.prepare import prepare
    from atlarge.releases import read_release

    parts = []
    for path in sorted(data.rglob("FY*etention*tats*.xlsx")):
        frame = prepare(read_release(path)).frame.filter(
            pl.col("measure").str.starts_with("initial book-ins")
        )
        parts.append(frame.select("date", "measure", "value", "as_of", "every"))
    rows = pl.concat(parts).unique().filter((pl.col("every") == "month") & pl.col("as_of").is_not_null())
    both = rows.join(rows, on=["date", "measure"], suffix="_later").filter(
        pl.col("as_of") < pl.col("as_of_later")
    )
    both = both.with_columns(ratio=pl.col("value") / pl.col("value_later"))
    months = (pl.col("as_of") - pl.col("date").dt.month_end()).dt.total_days()
    both = both.with_columns(age=pl.when(months <= 31).then(pl.lit("last month")).otherwise(pl.lit("older")))
    return {
        name: {
            "pairs": part.height,
            "median_ratio": round(float(part["ratio"].median()), 4),  # type: ignore[arg-type]
            "lowest": round(float(part["ratio"].min()), 4),  # type: ignore[arg-type]
            "highest": round(float(part["ratio"].max()), 4),  # type: ignore[arg-type]
        }
        for (name,), part in both.group_by("age", maintain_order=True)
    }


def section() -> str:
    """The part of docs/findings.md on 2021 to 2026; every number from the results file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    saved = json.loads(OUT.read_text(encoding="utf-8"))
    page = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters |= {
        "number": lambda value: f"{float(value):,.0f}",
        "pct": lambda share: f"{100 * float(share):.0f}",
        "month": lambda day: f"{dt.date.fromisoformat(day):%B %Y}",
        "day": lambda day: f"{dt.date.fromisoformat(day):%-d %B %Y}" if day else "",
    }
    return page.get_template("now.md.j2").render(**saved)


def main() -> None:
    """Run the parts, and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of the data; left out, parts that need it are not run"
    )
    parser.add_argument("--only", nargs="*", help="parts to run")
    parser.add_argument("--seeds", type=int, default=18, help="seeds of the simulated worlds")
    args = parser.parse_args()
    data: Path | None = args.data
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "detention": detention,
        "elsewhere": elsewhere,
        "completeness": completeness,
        "landmark_classes": _inferred.classes,
        "handoffs_inferred": _inferred.handoffs,
        "recent_worlds": lambda: _recent.worlds(args.seeds),
    }
    if data is not None:
        parts |= {"population_model": lambda: population(data), "workbooks": lambda: workbooks(data)}
    result = json.loads(OUT.read_text(encoding="utf-8")) if OUT.is_file() else {}
    for name, part in parts.items():
        if args.only and name not in args.only:
            continue
        found = part()
        result |= found if name == "detention" else {name: found}
    OUT.write_text(json.dumps(result, indent=1, default=str) + "\n")
    print(json.dumps(result, indent=1, default=str)[:6000])


if __name__ == "__main__":
    main()
