"""Small studies of drawn counts: thirty counties with arrests and handoffs every day.

In Travis County handoffs fall on a day that the test names, and sixty arrests at large come in three days.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
from hand_facts import DAYS, FIRST, HERE, POLICY, Records

from atlarge.explain.areas import Where
from atlarge.explain.daily import Daily
from atlarge.explain.study import MEASURES, Study, study_from
from atlarge.policies import Registry
from atlarge.reference import table

BURST = dt.date(2017, 3, 16)


@cache
def _codes(number: int) -> tuple[str, ...]:
    """Travis County and the most populous counties of other areas of responsibility."""
    rows = (
        table("counties")
        .filter(table("counties")["aor"] != "SNA")
        .sort("population_2017", descending=True, nulls_last=True)
    )
    return ("48453", *rows["fips"].unique(maintain_order=True).to_list()[: number - 1])


def _drawn(keys: tuple[str, ...], rate: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (len(keys), DAYS)).astype(np.float32)


def day_index(day: dt.date) -> int:
    return (day - FIRST).days


def drawn_study(
    fall: dt.date | None = None, *, places: int = 30, where: Where = HERE, jails: float = 2.0
) -> Study:
    """Counts of all levels; handoffs of Travis County fall to a sixth on `fall`."""
    counties = _codes(places)
    drawn = {"at_large": _drawn(counties, 1.0, 1), "handoffs": _drawn(counties, jails, 2)}
    if fall is not None:
        drawn["handoffs"][0, day_index(fall) :] = np.random.default_rng(3).poisson(
            jails / 6, DAYS - day_index(fall)
        )
    drawn["at_large"][0, day_index(BURST) : day_index(BURST) + 3] += 20
    keys = {"office": ("AUS", "HOU", "DAL"), "aor": ("HOU", "SNA", "DAL"), "state": ("NC", "TX")}
    levels: dict[str, dict[str, Daily]] = {
        level: {m: Daily(_drawn(names, 0.4, 5 + k), names, FIRST) for k, m in enumerate(MEASURES)}
        for level, names in keys.items()
    }
    levels["county"] = {m: Daily(drawn.get(m, _drawn(counties, 1.0, 4)), counties, FIRST) for m in MEASURES}
    return study_from(levels, where, Records(), policies=Registry((POLICY,)))
