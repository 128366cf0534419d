"""Facts of an answer by hand: a quiet case, and what a test wants to be otherwise in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from atlarge.effects import Decomposition
from atlarge.effects.pooling import Ratio
from atlarge.explain.answer import Area, ChangeStrip, Interval
from atlarge.explain.areas import Where
from atlarge.explain.changes import Relabelled
from atlarge.explain.daily import Daily
from atlarge.explain.estimate import Estimate, Total
from atlarge.explain.facts import Facts
from atlarge.explain.periods import Months, months_of
from atlarge.explain.quantities import ALPHA_LASTING, MATERIAL, Bursts, Lasting
from atlarge.explain.study import MEASURES, Study, study_from
from atlarge.policies import Policy, Registry

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2019, 9, 1)
COUNTY = Area("county", "48453", "Travis County, TX")
OFFICE = Area("office", "AUS", "Austin")
AOR = Area("aor", "SNA", "San Antonio area of responsibility")
HERE = Where(COUNTY, COUNTY, OFFICE, AOR, "TX")
POLICY = Policy(
    id="example-1",
    level="county",
    place_name="Travis County, TX",
    state="TX",
    fips="48453",
    direction="limits",
    kind="detainers",
    title="An example policy",
    announced=None,
    effective=dt.date(2017, 3, 10),
    latest=dt.date(2017, 3, 10),
    precision="day",
    ended=dt.date(2018, 9, 10),
    confidence="high",
    source_url="https://example.org/policy",
    note="",
)


def policy(**changes: Any) -> Policy:
    """The policy; a new first day is its last possible first day too, unless that is given."""
    if "effective" in changes:
        changes = {"latest": changes["effective"], **changes}
    return replace(POLICY, **changes)


def months(of: Policy = POLICY) -> Months:
    """Months around a policy."""
    return months_of(of, FIRST, LAST)


def total(observed: float = 100.0, expected: float = 90.0, **changes: Any) -> Total:
    """A span's sums; by default nothing clear either way."""
    effect = observed - expected
    given: dict[str, Any] = {"p": 0.4, "p_high": 0.3, "mde": 20.0, "placebos": 60, "scale": 10.0}
    low, high = changes.pop("low", effect - 15.0), changes.pop("high", effect + 25.0)
    return Total(observed, expected, Interval(effect, low, high), **given | changes)


def estimate(totals: dict[str, Total] | None = None, of: Months | None = None, **changes: Any) -> Estimate:
    """An estimate of the four spans by hand."""
    laid = of or months()
    size = len(laid.start)
    given: dict[str, Any] = {
        "measure": "at_large",
        "area": HERE.main,
        "observed": np.full(size, 5.0),
        "fitted": np.full(size, 4.5),
        "fixed_band": (np.full(size, 2.0), np.full(size, 7.0)),
        "pre_rmse": 1.0,
        "pre_mean": 5.0,
        "donors": 60,
        "donor_keys": ("48201", "48113+DAL"),
        "fixed_gaps": np.zeros((3, size)),
        "weights": (("48201", 0.5),),
        "method": "ascm",
        "tuning": 1.0,
    }
    spans = {name: total() for name in ("month", "quarter", "rest", "policy")}
    return Estimate(months=laid, totals=spans if totals is None else totals, **given | changes)


def change(**changes: Any) -> ChangeStrip:
    """A fall of handoffs from 50 to 20 a month in October 2016, before the policy."""
    given: dict[str, Any] = {
        "measure": "handoffs",
        "label": "Jail handoffs",
        "area": COUNTY,
        "period": [],
        "value": [],
        "date": dt.date(2016, 10, 20),
        "low": dt.date(2016, 10, 1),
        "high": dt.date(2016, 11, 10),
        "before": 50.0,
        "after": 20.0,
        "p": 0.01,
    }
    return ChangeStrip(**given | changes)


def bursts(**changes: Any) -> Bursts:
    """Thirty arrests in four days where three would be usual, as often seen elsewhere."""
    given: dict[str, Any] = {
        "observed": 30.0,
        "expected": 3.04,
        "p": 0.2,
        "material": 23.0,
        "start": dt.date(2017, 4, 3),
        "end": dt.date(2017, 4, 6),
        "watch_start": dt.date(2017, 3, 10),
        "watch_end": dt.date(2017, 4, 9),
        "usual_month": 23.0,
        "places": 80,
    }
    merged = given | changes
    merged.setdefault("effect", Interval(merged["observed"] - merged["expected"]))
    return Bursts(**merged)


def lasting(**changes: Any) -> Lasting:
    """A hundred arrests where ninety were expected: nothing clear either way."""
    given: dict[str, Any] = {
        "observed": 100.0,
        "expected": 90.0,
        "p": 0.3,
        "p_low": 0.7,
        "material": 22.5,
        "mde": 20.0,
        "months": 18,
    }
    merged = given | changes
    effect = merged["observed"] - merged["expected"]
    merged.setdefault("effect", Interval(effect, effect - 15.0, effect + 25.0))
    return Lasting(**merged)


def parts(*, ratio: Ratio | None = None, **changes: Any) -> Decomposition:
    """Parts in which nothing is clear."""
    around_zero = Interval(1.0, -9.0, 30.0)
    given: dict[str, Any] = {
        "trend": around_zero,
        "substitution": around_zero,
        "residual": around_zero,
        "effect": around_zero,
        "loss": Interval(60.0, -10.0, 140.0),
        "elsewhere": None,
        "p_residual": 0.5,
        "p_residual_high": 0.4,
        "baseline": 80.0,
        **dict.fromkeys(("observed", "outcome", "exposure", "periods")),
    }
    return Decomposition(ratio=ratio or Ratio(0.25, 0.1, 0.1, 0.0512, 0.449, 14, True), **given | changes)


def relabel(verdict: str) -> Relabelled:
    """A jail that fell by 30 a month, an office area that rose by 12.4."""
    return Relabelled(verdict, dt.date(2016, 10, 1), Interval(-30.0, -40.0, -20.0), Interval(12.4, 5.0, 20.0))


CONCENTRATION: dict[str, Any] = {
    "population": 100_000,
    "population_place": "Example metropolitan area",
    "population_year": 2014,
    "is_margin_known": True,
    "per_10k": {"value": 24.5, "low": 21.3, "high": 28.8},
    "per_10k_nation": {"value": 33.04, "low": 32.5, "high": 33.5},
    "share_ratio": {"value": 0.744, "low": 0.641, "high": 0.869},
    "note": "",
}


def facts(**changes: Any) -> Facts:
    """A quiet case: its only warnings are that counts are not intent, and where the rate is from."""
    of = changes.pop("policy", POLICY)
    laid = changes.pop("months", None) or months(of)
    given: dict[str, Any] = {
        "where": HERE,
        "main": estimate(of=laid),
        "parts": parts(),
        "concentration": CONCENTRATION,
    }
    merged = given | changes
    if "lasting" not in merged and "policy" in merged["main"].totals:
        merged["lasting"] = lasting_like(merged["main"].totals["policy"], laid, 5.0)
    return Facts(of, months=laid, **merged)


def lasting_like(total: Any, months: Any, usual_month: float) -> Lasting:
    """From the sums over the whole time, bursts and all."""
    start, end = months.bounds(months.in_force)
    material = MATERIAL * total.expected
    high = total.effect.high
    return Lasting(
        observed=total.observed, expected=total.expected, effect=total.effect, p=total.p_high,
        p_low=total.p if (total.effect.value or 0) < 0 else None, material=material,
        p_material=ALPHA_LASTING if high is not None and high < material else None, mde=total.mde,
        mde_relative=total.mde / total.expected if total.expected > 0 else None, start=start, end=end,
        months=int(months.in_force.sum()), usual_month=usual_month, places=total.placebos,
    )  # fmt: skip


DAYS = (LAST - FIRST).days + 1


def steady(rates: dict[str, float | tuple[float, float]], turn: dt.date = POLICY.effective) -> Daily:
    """The same count every day; of a pair, the second from day `turn` on."""
    before = (turn - FIRST).days
    values = np.zeros((len(rates), DAYS), dtype=np.float32)
    for row, rate in zip(values, rates.values(), strict=True):
        first, second = rate if isinstance(rate, tuple) else (rate, rate)
        row[:before], row[before:] = first, second
    return Daily(values, tuple(rates), FIRST)


class Records:
    """Stands for a store: arrests as a frame, days covered."""

    path = None
    releases: tuple[dict[str, Any], ...] = ()

    def __init__(self, encounters: dict[str, Any] | None = None, **columns: Any) -> None:
        self.frames = {"arrests": pl.LazyFrame(columns)}
        if encounters is not None:
            self.frames["encounters"] = pl.LazyFrame(encounters)

    def tables(self) -> list[str]:
        """Names of its tables."""
        return sorted(self.frames)

    def scan(self, table: str) -> pl.LazyFrame:
        """One of its tables."""
        return self.frames[table]

    def coverage(self, table: str) -> list[Any]:
        """One release."""
        assert table == "arrests"
        return [SimpleNamespace(release_id="example", start=FIRST, end=LAST)]


COUNTIES = ("48453", "48029", "48201", "48113", "37119", "36103")
OFFICES = ("AUS", "SNA", "HOU", "DAL")


def steady_study(
    where: Where = HERE, store: Any = None, policies: Registry | None = None, **rates: dict[str, Any]
) -> Study:
    """Counts a day of each level and measure, as `county_handoffs={"48453": 2}`; what is left out is one."""
    named = {"county": COUNTIES, "office": OFFICES, "aor": ("HOU", "SNA"), "state": ("NC", "TX")}
    levels = {
        level: {m: steady(dict.fromkeys(keys, 1.0) | rates.get(f"{level}_{m}", {})) for m in MEASURES}
        for level, keys in named.items()
    }
    return study_from(levels, where, store, policies=policies)
