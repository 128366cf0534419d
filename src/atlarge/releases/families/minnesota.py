"""Minnesota aggregates from the March 2026 release: day counts and lift reasons."""

from __future__ import annotations

from typing import Any

import polars as pl

from atlarge.releases.family import Family, Spread, count, day, text
from atlarge.releases.spreads import figures

_WHO: dict[str, Any] = {
    "publisher": "alyssc, from the Deportation Data Project's March 2026 release (2026-ICLI-00005)",
    "url": "https://github.com/alyssc/mn-deportation-data",
    "table": "aggregates",
    "licence": "none stated",
}
_STATES = {"TEXAS": "TX", "WISCONSIN": "WI", "ILLINOIS": "IL", "MINNESOTA": "MN", "OREGON": "OR"}
_REASONS = {
    "booked": "Booked into Detention",
    "declined": "Detainer Declined by LEA",
    "gone": "No longer in State, Local, or Federal Custody",
    "missing": "NA",
    "total": "total",
    "other": "other",
}


def _days(measure: str, column: str) -> Spread:
    def spread(frame: pl.DataFrame) -> pl.DataFrame:
        return figures(
            frame, {column: measure}, date=pl.col("date"), every="day", place="MN", place_kind="state"
        )

    return spread


def _by_state(frame: pl.DataFrame) -> pl.DataFrame:
    parts = [
        figures(frame, {name: "arrests"}, date=pl.col("date"), every="day", place=code, place_kind="state")
        for name, code in _STATES.items()
    ]
    return pl.concat(parts).sort("row", "place")


def _collateral(frame: pl.DataFrame) -> pl.DataFrame:
    names = {"collateral": "arrests: collateral", "targeted": "arrests: targeted"}
    return figures(frame, names, date=pl.col("date"), every="day", place="MN", place_kind="state")


def _reasons(frame: pl.DataFrame) -> pl.DataFrame:
    names = {name: f"detainers: {words}" for name, words in _REASONS.items()}
    return figures(
        frame, names, date=pl.lit(None, pl.Date), every=None, place=pl.col("place"), place_kind="facility"
    )


FAMILIES = [
    Family(
        id="minnesota-detainer-days",
        is_exact=True,
        title="Minnesota detainers by day",
        covers="Minnesota, 2022-10-01 to 2026-03-10; only rows not flagged as likely duplicates.",
        columns={"date": day("detainer_prepare_date"), "count": count("count", filled=True)},
        scope="state:MN",
        spread=_days("detainers_issued", "count"),
        **_WHO,
    ),
    Family(
        id="minnesota-arrest-days",
        title="Arrests by day in Texas, Wisconsin, Illinois, Minnesota and Oregon",
        covers="Five states, 2025-08-02 to 2026-03-10; blank: none recorded.",
        columns={"date": day("apprehension_date"), **{name: count(name) for name in _STATES}},
        scope="state:IL,MN,OR,TX,WI",
        spread=_by_state,
        **_WHO,
    ),
    Family(
        id="minnesota-collateral-days",
        title="Minnesota arrests by day, collateral and targeted",
        covers="Minnesota, 2025-09-04 to 2026-03-10.",
        columns={
            "date": day("apprehension_date"),
            "collateral": count("Collateral"),
            "targeted": count("Targeted"),
        },
        scope="state:MN",
        spread=_collateral,
        **_WHO,
    ),
    Family(
        id="minnesota-lift-reasons",
        title="Minnesota facilities by detainer lift reason",
        covers="Minnesota facilities, a window set by the author, undated.",
        columns={
            "place": text("detention_facility", filled=True),
            **{name: count(words) for name, words in _REASONS.items()},
        },
        scope="state:MN",
        spread=_reasons,
        **_WHO,
    ),
]
