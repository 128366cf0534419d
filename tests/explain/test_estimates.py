"""The estimates of an answer on small studies of drawn counts; what is expected is summed by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from drawn_study import BURST, day_index, drawn_study
from hand_facts import AOR, HERE, POLICY, months, policy
from scipy.stats import poisson

from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.explain.areas import Where
from atlarge.explain.daily import Daily
from atlarge.explain.estimate import counting_noise
from atlarge.explain.fit import measure
from atlarge.policies import Policy

STATE = Area("state", "TX", "Texas")


def _sum(counts: Daily, key: str, first: dt.date, last: dt.date) -> float:
    """A plain sum over days, both ends inside."""
    return float(counts.values[counts.keys.index(key), day_index(first) : day_index(last) + 1].sum())


def test_the_numbers_are_those_of_the_place_and_its_own_jails() -> None:
    study, laid = drawn_study(), months()
    found = measure(study, POLICY, laid)
    first, last = laid.bounds(laid.in_force)
    office, county = study.office["at_large"], study.county
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
def test_a_fall_is_dated_whether_it_comes_before_or_after_the_policy(fall: dt.date, is_before: bool) -> None:
    found = measure(drawn_study(fall), POLICY, months())
    change = found.jail_change
    assert change is not None
    assert change.date is not None
    assert abs((change.date - fall).days) <= 14
    assert change.before > 3 * change.after  # type: ignore[operator]
    assert found.parts is not None
    assert found.relabel is not None
    if not is_before:  # a sixth of 2 a day is left: the rest is missing, by the printed estimate
        first, last = months().bounds(months().in_force)
        missing = (2.0 - 2.0 / 6) * ((last - first).days + 1)
        effect = found.handoffs.totals["policy"].effect  # type: ignore[union-attr]
        assert -effect.high < missing < -effect.low  # type: ignore[operator]


def test_without_handoffs_to_compare_the_rest_stands_and_the_reason_is_kept() -> None:
    found = measure(drawn_study(jails=0.0), POLICY, months())
    assert found.handoffs is None
    assert found.parts is None
    assert "handoffs" in found.notes
    assert found.main.totals["policy"].observed > 0
    assert found.lasting is not None


def test_too_few_places_are_no_comparison() -> None:
    with pytest.raises(QuestionError, match="place"):
        measure(drawn_study(places=3), POLICY, months())


@pytest.mark.parametrize(
    "where", [HERE, Where(AOR, None, None, AOR, ""), Where(STATE, None, None, None, "TX")]
)
def test_bursts_are_sought_from_the_announcement_on(where: Where) -> None:
    early: Policy = policy(announced=dt.date(2017, 2, 20))
    study: Any = drawn_study(where=where)
    if where is HERE:
        found = measure(study, early, months(early))
        assert found.bursts is not None
        assert found.bursts.watch_start == dt.date(2017, 2, 20)
    else:  # three areas and two states are too few to compare with
        with pytest.raises(QuestionError):
            measure(study, early, months(early))


@pytest.mark.parametrize("expected", [0.01, 0.38, 1.0, 3.3, 7.0, 15.0, 19.9])
@pytest.mark.parametrize("observed", [0, 1, 5, 30, 200])
def test_a_small_number_is_never_surer_than_counting_allows(expected: float, observed: int) -> None:
    least, most, fewer, more = counting_noise(expected, observed)
    assert (least, most) == (poisson.ppf(0.05, expected), poisson.ppf(0.95, expected))
    assert fewer == pytest.approx(poisson.cdf(observed, expected), abs=1e-9)
    assert more == pytest.approx(poisson.sf(observed - 1, expected), abs=1e-9)
