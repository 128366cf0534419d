"""TRAC's counties, 2014 to 2018: which rule puts an arrest into a county, by every companion number at once.

TRAC places arrests by a table of its own, in which a county "sometimes includes closely surrounding areas".
Rules of placing (the county that the landmark names; the county where the office sits; what names no place
with the area's main office; arrests at large with the nearest office; landmarks that earlier records had) are
tried on all numbers that TRAC and papers gave for October 2017 to May 2018 together. New Jersey's counties,
October 2014 to May 2018, show what TRAC does: their numbers for 44 months are below what the records of 32 of
these months name in most of them, and far above in Essex and Burlington, where the offices are. So records
that name one county stand in another at TRAC. Which ones cannot be told without its table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import polars as pl

from atlarge.records.store import open_store
from atlarge.reference import table
from atlarge.verify.geography import catchment

from .result import Result

TITLE = "Counties of arrests (TRAC 2018)"
STUDY = "TRAC, arrests by county (2018)"
SOURCES = "trac.syr.edu/immigration/reports/533, njspotlight.com, documentedny.com"
DAYS = (dt.date(2017, 10, 1), dt.date(2018, 5, 31))
NEW_JERSEY = {
    "34013": 4735, "34005": 1824, "34017": 774, "34025": 412, "34011": 363, "34003": 347, "34031": 346,
    "34037": 314, "34029": 311, "34021": 274, "34023": 264, "34027": 203, "34039": 195, "34001": 105,
    "34007": 85, "34033": 46, "34009": 44, "34019": 10, "34015": 8, "34035": 6,
}  # fmt: skip
"""TRAC's arrests by county, October 2014 to May 2018, as NJ Today printed them on 3 November 2018."""
STATE = 10_666
COMPANIONS = {
    "counties with custodial arrests": 1_467, "of these with one": 318, "median of these": 5,
    "counties with community arrests": 574, "per cent of community arrests in ten counties": 28,
    "counties with half of the community arrests": 24, "Essex, community": 676, "Essex, custodial": 1_026,
    "San Bernardino, community": 982, "Harris, custodial": 6_265, "New York, all": 1_113, "Erie, all": 580,
}  # fmt: skip
NEAR = 0.03
_COMMUNITY = pl.col("method").str.contains("Located|Non-Custodial|Probation|Worksite")
_CUSTODIAL = pl.col("method").str.contains("CAP |287")


def placed(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Rows with the county that a rule gives them, in `at`; null where it gives none."""
    offices = table("offices").filter(pl.col("kind").is_in(["office", "field office"]))
    seats = offices.select("office", seat="seat_county_fips").unique("office")
    main = offices.filter(pl.col("office") == pl.col("aor")).select("aor", main="seat_county_fips")
    near = pl.DataFrame(
        [(county, seat) for seat in set(seats["seat"].drop_nulls()) for county in catchment(seat)],
        schema=["county_fips", "near"],
        orient="row",
    ).unique("county_fips")
    wide = (
        rows.join(seats, on="office", how="left")
        .join(main.unique("aor"), on="aor", how="left")
        .join(near, on="county_fips", how="left")
    )
    named = pl.col("county_fips")
    at = {
        "the county named": named,
        "the county named, else the office's": pl.coalesce(named, "seat"),
        "the county named, else the office's, else the main office's": pl.coalesce(named, "seat", "main"),
        "at large the nearest office's, others as named": pl.when(_COMMUNITY)
        .then(pl.coalesce("near", "seat", "main"))
        .otherwise(pl.coalesce(named, "seat", "main")),
        "the nearest office's": pl.coalesce("near", "seat", "main"),
    }
    return wide.with_columns(at[rule].alias("at")).filter(pl.col("at").is_not_null())


RULES = (
    "the county named",
    "the county named, else the office's",
    "the county named, else the office's, else the main office's",
    "at large the nearest office's, others as named",
    "the nearest office's",
)
KEPT = ("every landmark", "landmarks of earlier records", "landmarks with two arrests in earlier records",
        "places at confidence 0.9 or more")  # fmt: skip


def kept(rows: pl.DataFrame, before: pl.DataFrame, which: str) -> pl.DataFrame:
    """Rows whose landmark a table of places may have held."""
    if which == "every landmark":
        return rows
    if which.startswith("places"):
        return rows.filter(pl.col("place_confidence") >= 0.9)
    least = 2 if "two" in which else 1
    known = before.group_by("landmark").agg(pl.col("n").sum()).filter(pl.col("n") >= least)
    return rows.join(known.select("landmark"), on="landmark", how="semi")


def companions(rows: pl.DataFrame) -> dict[str, float]:
    """The companion numbers of placed rows, in the order of `COMPANIONS`."""

    def by(which: pl.Expr) -> pl.DataFrame:
        return rows.filter(which).group_by("at").agg(pl.col("n").sum()).sort("n", descending=True)

    def of(county: str, which: pl.Expr) -> float:
        return float(rows.filter(which & (pl.col("at") == county))["n"].sum())

    custodial, community = by(_CUSTODIAL), by(_COMMUNITY)
    total = max(community["n"].sum(), 1)
    numbers = (
        custodial.height, (custodial["n"] == 1).sum(), custodial["n"].median() or 0.0, community.height,
        100 * community["n"].head(10).sum() / total,
        int((community["n"].cum_sum() < total / 2).sum()) + 1,
        of("34013", _COMMUNITY), of("34013", _CUSTODIAL), of("06071", _COMMUNITY), of("48201", _CUSTODIAL),
        of("36061", pl.lit(True)), of("36029", pl.lit(True)),
    )  # fmt: skip
    return dict(zip(COMPANIONS, map(float, numbers), strict=True))


def off(numbers: dict[str, float]) -> dict[str, float]:
    """How far each companion is off, as a share of TRAC's number."""
    return {name: abs(numbers[name] / said - 1) for name, said in COMPANIONS.items()}


def search(rows: pl.DataFrame, before: pl.DataFrame) -> Iterator[tuple[str, dict[str, float]]]:
    """Every rule with every choice of landmarks, and its companions."""
    for rule, which in product(RULES, KEPT):
        yield f"{rule}; {which}", companions(placed(kept(rows, before, which), rule))


def replicate(data: Path) -> list[Result]:
    """The rules tried, the one that meets most companions, and New Jersey; the embedded records do."""
    del data
    some = ("date", "method", "aor", "office", "county_fips", "landmark", "place_confidence", "n")
    every = open_store(None).scan("arrests").select(some).filter(pl.col("date") <= DAYS[1]).collect()
    rows, before = every.filter(pl.col("date") >= DAYS[0]), every.filter(pl.col("date") < DAYS[0])
    tried = dict(search(rows, before))
    met = {rule: sum(one <= NEAR for one in off(numbers).values()) for rule, numbers in tried.items()}
    best = max(met, key=lambda rule: (met[rule], -sum(off(tried[rule]).values())))
    one = f"of {len(COMPANIONS)} numbers at once, within {NEAR:.0%}"
    results = [
        Result(STUDY, "rules tried", SOURCES, None, float(len(tried)), note=one),
        Result(STUDY, "numbers met by the best of them", SOURCES, None, float(met[best]), note=best),
    ]
    for name, said in COMPANIONS.items():
        reach = sorted(numbers[name] for numbers in tried.values())
        note = f"of TRAC's {said:,}; {reach[0]:,.0f} to {reach[-1]:,.0f} under the {len(tried)} rules"
        results.append(
            Result(STUDY, f"{name}, by the best rule", SOURCES, None, round(tried[best][name], 1), note=note)
        )
    return results + _new_jersey(every)


def _new_jersey(every: pl.DataFrame) -> list[Result]:
    """TRAC's 44 months beside the 32 of them that the records have."""
    area = every.filter(pl.col("aor") == "NEW")
    ours = dict(area.group_by("county_fips").agg(pl.col("n").sum()).drop_nulls("county_fips").iter_rows())
    source = "njtoday.net/2018/11/03/essex-county-among-top-areas-for-immigration-arrests"
    fewer = {c: ours.get(c, 0) - said for c, said in NEW_JERSEY.items() if said < ours.get(c, 0)}
    moved = sum(fewer.values())
    whole, said = float(area["n"].sum()), NEW_JERSEY["34013"]
    months = "New Jersey, October 2014 to May 2018, records from October 2015 on"
    pace = "the area of responsibility; the interval adds twelve months at up to 1.5 times the pace"
    half = sorted((c for c, n in fewer.items() if n >= NEW_JERSEY[c]), key=lambda c: NEW_JERSEY[c])
    by_name = dict(table("counties").select("fips", "name").iter_rows())
    least = ", ".join(by_name[c] for c in half)
    return [
        Result(STUDY, f"{months}: arrests", source, float(STATE), whole,
               low=whole, high=round(whole * (1 + 1.5 * 12 / 32)), note=pace),
        Result(STUDY, f"{months}: of 20 counties, those where TRAC's 44 months have fewer than these 32 name",
               source, None, float(len(fewer)), note=f"half or less at TRAC: {least}"),
        Result(STUDY, f"{months}: arrests that name a county and stand in another at TRAC, at least",
               source, None, float(moved), note=f"Essex: {ours['34013']:,} by name, {said:,} at TRAC"),
    ]  # fmt: skip
