"""What an answer's numbers are made from, on small studies whose counts were drawn: no engine is replaced.

Thirty counties with arrests and handoffs every day; in Travis County handoffs fall at a known day, and sixty
arrests at large come within three days. What is expected is summed from the drawn counts by hand.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import numpy as np
import pytest
from hand_made import AOR, DAYS, FIRST, HERE, POLICY, Records, months, policy

from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.explain.areas import Where
from atlarge.explain.data import Daily
from atlarge.explain.fit import measure
from atlarge.explain.study import MEASURES, Study, world_from
from atlarge.policies import Policy, Registry
from atlarge.reference import table

BURST = dt.date(2017, 3, 16)
STATE = Area("state", "TX", "Texas")


@cache
def _codes(number: int) -> tuple[str, ...]:
    """Travis County and the most populous counties of other areas of responsibility."""
    rows = (
        table("counties").filter(table("counties")["aor"] != "SNA").sort("population_2017", descending=True)
    )
    return ("48453", *rows["fips"].unique(maintain_order=True).to_list()[: number - 1])


def _drawn(keys: tuple[str, ...], rate: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(rate, (len(keys), DAYS)).astype(np.float32)


def _at(day: dt.date) -> int:
    return (day - FIRST).days


def study(fall: dt.date | None = None, *, places: int = 30, where: Where = HERE, jails: float = 2.0) -> Study:
    """Counts of all levels; handoffs of Travis County fall to a sixth on `fall`."""
    counties = _codes(places)
    drawn = {"at_large": _drawn(counties, 1.0, 1), "handoffs": _drawn(counties, jails, 2)}
    if fall is not None:
        drawn["handoffs"][0, _at(fall) :] = np.random.default_rng(3).poisson(jails / 6, DAYS - _at(fall))
    drawn["at_large"][0, _at(BURST) : _at(BURST) + 3] += 20
    keys = {"office": ("AUS", "HOU", "DAL"), "aor": ("HOU", "SNA", "DAL"), "state": ("NC", "TX")}
    levels: dict[str, dict[str, Daily]] = {
        level: {m: Daily(_drawn(names, 0.4, 5 + k), names, FIRST) for k, m in enumerate(MEASURES)}
        for level, names in keys.items()
    }
    levels["county"] = {m: Daily(drawn.get(m, _drawn(counties, 1.0, 4)), counties, FIRST) for m in MEASURES}
    return world_from(levels, where, Records(), policies=Registry((POLICY,)))


def _sum(counts: Daily, key: str, first: dt.date, last: dt.date) -> float:
    """A plain sum over days, both ends inside."""
    return float(counts.values[counts.keys.index(key), _at(first) : _at(last) + 1].sum())


def test_the_numbers_are_those_of_the_place_and_its_own_jails() -> None:
    world, laid = study(), months()
    found = measure(world, POLICY, laid)
    first, last = laid.bounds(laid.in_force)
    office, county = world.office["at_large"], world.county
    whole = _sum(county["at_large"], "48453", first, last) + _sum(office, "AUS", first, last)
    assert found.main.totals["policy"].observed == whole  # the county and the office area that serves it
    assert found.handoffs is not None
    assert found.handoffs.area.code == "48453"
    assert found.handoffs.totals["policy"].observed == _sum(county["handoffs"], "48453", first, last)
    # nothing fell: no change of level is dated to the policy, nothing is lost beyond its interval
    effect = found.handoffs.totals["policy"].effect
    assert effect.low < 0 < effect.high  # type: ignore[operator]
    assert found.bursts is not None
    assert found.bursts.start is not None
    assert BURST <= found.bursts.start <= BURST + dt.timedelta(days=2)
    assert found.bursts.verdict == "fits"
    assert found.bursts.observed >= 60
    assert found.notes == {}


@pytest.mark.parametrize(
    ("fall", "is_before"), [(dt.date(2016, 10, 20), True), (dt.date(2017, 3, 10), False)]
)
def test_a_fall_is_dated_and_one_before_the_policy_is_studied_from_its_own_month_on(
    fall: dt.date, is_before: bool
) -> None:
    found = measure(study(fall), POLICY, months())
    change = found.jail_change
    assert change is not None
    assert change.date is not None
    assert abs((change.date - fall).days) <= 14
    assert change.before > 3 * change.after  # type: ignore[operator]
    assert found.parts is not None
    assert (found.parts_since_fall is not None) == is_before
    assert found.relabel is not None
    if not is_before:  # a sixth of 2 a day is left: the rest is missing, by the printed estimate
        first, last = months().bounds(months().in_force)
        missing = (2.0 - 2.0 / 6) * ((last - first).days + 1)
        effect = found.handoffs.totals["policy"].effect  # type: ignore[union-attr]
        assert -effect.high < missing < -effect.low  # type: ignore[operator]


def test_without_handoffs_to_compare_the_rest_stands_and_the_reason_is_kept() -> None:
    found = measure(study(jails=0.0), POLICY, months())
    assert found.handoffs is None
    assert found.parts is None
    assert "handoffs" in found.notes
    assert found.main.totals["policy"].observed > 0
    assert found.lasting is not None


def test_too_few_places_are_no_comparison() -> None:
    with pytest.raises(QuestionError, match="place"):
        measure(study(places=3), POLICY, months())


@pytest.mark.parametrize(
    "where", [HERE, Where(AOR, None, None, AOR, ""), Where(STATE, None, None, None, "TX")]
)
def test_bursts_are_sought_from_the_announcement_on(where: Where) -> None:
    early: Policy = policy(announced=dt.date(2017, 2, 20))
    world: Any = study(where=where)
    if where is HERE:
        found = measure(world, early, months(early))
        assert found.bursts is not None
        assert found.bursts.watch_start == dt.date(2017, 2, 20)
    else:  # three areas and two states are too few to compare with
        with pytest.raises(QuestionError):
            measure(world, early, months(early))
