"""Parts of an answer from facts by hand: the split without handoffs, the fit, the rate, the method."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hand_facts import POLICY, estimate, facts, parts, steady_study, total

from atlarge.effects.pooling import Ratio
from atlarge.explain import api
from atlarge.explain.answer import Area, Interval
from atlarge.explain.areas import Where, seat_of, where_of
from atlarge.explain.daily import Daily
from atlarge.explain.decomposition import unknown_ratio
from atlarge.explain.narrative import at, headline
from atlarge.explain.quantities import NamingShift
from atlarge.explain.switches import naming_shift
from atlarge.messages import render
from atlarge.reference import table


def test_without_handoffs_the_effect_is_what_remains_and_the_trend_is_over_the_past() -> None:
    main = estimate({"policy": total(142.0, 120.0, low=-11.0, high=45.0)})
    laid = main.months
    found = api._parts(facts(main=main, parts=None))
    assert list(found) == ["trend", "substitution", "residual"]
    assert found["residual"] == main.totals["policy"].effect
    assert found["substitution"].value is None
    # five a month in the 17 months before, by the days of the policy
    days = (laid.policy_end - POLICY.effective).days
    past = 5.0 * 17 / (POLICY.effective - laid.start[0]).days * days
    assert main.baseline == pytest.approx(past)
    assert found["trend"].value == pytest.approx(120 - past)
    assert (found["trend"].low, found["trend"].high) == (
        pytest.approx(142 - 45 - past), pytest.approx(142 + 11 - past),
    )  # fmt: skip
    assert api._parts(facts()) == {n: getattr(parts(), n) for n in ("trend", "substitution", "residual")}
    bare = replace(total(), effect=Interval(1.0))
    nothing = api._parts(facts(main=estimate({"policy": bare}), parts=None))["trend"]
    assert (nothing.low, nothing.high) == (None, None)


@pytest.mark.parametrize("share", [None, 0.2, 0.5, 0.97, 1.0])
@pytest.mark.parametrize(("fips", "office"), [("48453", "AUS"), ("48491", "AUS"), ("15005", "HHW")])
def test_a_count_that_is_mostly_of_an_office_elsewhere_is_put_by_the_office(
    share: float | None, fips: str, office: str
) -> None:
    where = where_of("county", fips, f"{fips} County, ZZ")
    found = render(headline(facts(where=where, area_only_share=share)))
    is_elsewhere = seat_of(office) != fips and share is not None and share >= 0.5
    assert where.office is not None
    assert (f"in ICE's {where.office.name} office area and {fips} County" in found) == is_elsewhere
    assert (f"around {fips} County" in found) != is_elsewhere


@pytest.mark.slow
def test_a_headline_names_the_state_of_every_county_whose_name_another_state_has() -> None:
    """The shortest name that a headline falls back on is never that of two counties."""
    names = sorted(table("counties")["place_name"])
    said: dict[str, str] = {}
    for k, name in enumerate(names):
        where = Where(Area("county", "48453", name), Area("county", "48453", name), None, None, "TX")
        short = render(at(facts(where=where), is_short=True))
        assert said.setdefault(short, name) == name
        beside = [other.split(",")[0] for other in (names[k - 1], names[(k + 1) % len(names)])]
        assert (name in short) == (name.split(",")[0] in beside)


@pytest.mark.parametrize(("later", "is_shift"), [(0.8, False), (0.65, False), (0.5, True), (0.1, True)])
@pytest.mark.parametrize("level", ["county", "locality"])
def test_a_shift_in_how_handoffs_are_named_is_found_by_its_size(
    later: float, is_shift: bool, level: str
) -> None:
    days = 24 * 31
    share = np.repeat([0.8, later], days // 2)
    every = np.full((2, days), 50, np.float32)
    first = dt.date(2016, 1, 1)
    study = SimpleNamespace(
        exposure_area=SimpleNamespace(level=level),
        county={"handoffs": Daily((every * share).astype(np.float32), ("48453", "48201"), first)},
        aor={"handoffs": Daily(every, ("SNA", "HOU"), first)},
    )
    found = naming_shift(study, dt.date(2018, 1, 1))  # type: ignore[arg-type]
    assert (found is not None) == (is_shift and level == "county")
    if found is not None:
        assert (found.before, found.after) == (pytest.approx(0.8), pytest.approx(later))
    assert naming_shift(study, dt.date(2017, 1, 1)) is None  # type: ignore[arg-type]


def test_a_shift_in_naming_leaves_replacement_untold() -> None:
    fell = total(60.0, 100.0, low=-60.0, high=-20.0)
    rose = total(142.0, 100.0, low=20.0, high=60.0)
    clear = facts(main=estimate({"policy": rose}), handoffs=estimate({"policy": fell}, measure="handoffs"))
    clear.lasting = replace(clear.lasting, p=0.01)
    assert api.verdicts_of(clear)["substitution"].verdict == "fits"
    clear.naming = NamingShift(before=0.8, after=0.4)
    assert api.verdicts_of(clear)["substitution"].verdict == "cannot be told"
    assert api.settled(clear).lasting.withheld == "replaced"


def test_the_expected_count_is_never_below_none() -> None:
    assert total(10.0, 5.0, low=-3.0, high=12.0).counterfactual == Interval(5.0, 0.0, 13.0)
    assert total(10.0, 5.0, low=-3.0, high=9.0).counterfactual == Interval(5.0, 1.0, 13.0)
    assert replace(total(), effect=Interval(1.0)).counterfactual == Interval(90.0)


def test_what_an_answer_says_of_its_fit_and_rate() -> None:
    fit = api._pre_fit(estimate(pre_rmse=1.23456, pre_mean=5.0, donors=58))
    assert fit == {
        "rmse": 1.23, "mean": 5.0, "relative_rmse": 0.247, "periods": 17, "start": "2015-10-10",
        "end": "2017-03-09", "donors": 58,
    }  # fmt: skip
    assert api._pre_fit(estimate(pre_mean=0.0))["relative_rmse"] is None
    known = Ratio(0.25678, 0.1, 0.1, 0.05123, 0.44987, 14, True)
    rate = api._rate(facts(parts=parts(ratio=known, elsewhere=Interval(3.0, 1.0, 5.0))))
    assert rate == {
        "is_known": True, "value": 0.257, "low": 0.051, "high": 0.45, "places": 14,
        "lost_handoffs": {"value": 60.0, "low": -10.0, "high": 140.0},
        "elsewhere": {"value": 3.0, "low": 1.0, "high": 5.0},
    }  # fmt: skip
    unknown = api._rate(facts(parts=parts(ratio=unknown_ratio(7, 0.4))))
    assert (unknown["is_known"], unknown["value"], unknown["high"]) == (False, None, 0.4)
    assert unknown["elsewhere"] is None
    assert api._rate(facts(parts=None)) == {}


def test_the_method_names_its_places_and_what_cannot_be_known() -> None:
    main = estimate(weights=(("48201+HOU", 0.5), ("99999", 0.3)), donors=58)
    method = api._method(main, facts(notes={"parts": "too few"}), steady_study())
    assert [w["place_name"] for w in method["weights"]] == ["Harris County, TX and Houston", "99999"]
    assert [w["weight"] for w in method["weights"]] == [0.5, 0.3]
    assert (method["donors"], method["interval"], method["not_told"]) == (58, 0.9, {"parts": "too few"})
