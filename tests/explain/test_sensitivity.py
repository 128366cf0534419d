"""The table of the same question put in other ways."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from drawn_study import drawn_study
from hand_facts import AOR, FIRST, HERE, OFFICE, POLICY, estimate, months, steady_study, total

from atlarge.errors import QuestionError
from atlarge.explain.answer import Area
from atlarge.explain.areas import Where
from atlarge.explain.daily import Daily
from atlarge.explain.fit import measure
from atlarge.explain.sensitivity import failed, in_time_of, row_of, same_aor, sensitivity_of
from atlarge.explain.study import Study
from atlarge.policies import Registry

BY_COUNTY = replace(HERE, office=None)
BY_OFFICE = Where(OFFICE, None, OFFICE, AOR, "TX")
BY_AOR = Where(AOR, None, None, AOR, "")
BY_STATE = Where(Area("state", "TX", "Texas"), None, None, None, "TX")


def test_a_line_of_the_sensitivity_table_is_the_whole_life_rounded_for_print() -> None:
    found = estimate({"policy": total(142.236, 120.26, p=0.123456)}, donors=58)
    assert row_of("sc", "Label", found) == {
        "variant": "sc", "label": "Label", "measure": "at_large", "area": HERE.main.name, "value": 21.98,
        "low": 6.98, "high": 46.98, "expected": 120.3, "p_placebo": 0.1235, "donors": 58, "note": "",
    }  # fmt: skip
    none = failed("sc", "Label", QuestionError("too few"))
    assert set(none) == set(row_of("sc", "Label", found))
    assert (none["variant"], none["label"], none["note"], none["value"]) == ("sc", "Label", "too few", None)


def test_places_of_the_areas_own_aor_are_its_counties_or_the_offices_seated_in_them() -> None:
    own = same_aor(steady_study())
    assert {"48453", "48029"} <= own
    assert not own & {"48201", "48113", "37119"}
    assert same_aor(steady_study(BY_COUNTY)) == own
    assert same_aor(steady_study(BY_OFFICE)) == {"AUS", "SNA"}
    assert same_aor(steady_study(BY_AOR)) == same_aor(steady_study(BY_STATE)) == set()
    assert same_aor(steady_study(replace(HERE, aor=None))) == set()


@pytest.fixture(scope="module")
def drawn() -> Study:
    """Thirty counties of drawn counts, as in `drawn_study`."""
    return drawn_study()


def test_too_early_a_fall_is_a_line_with_its_reason(drawn: Study) -> None:
    main = measure(drawn, POLICY, months()).main
    rows = sensitivity_of(drawn, POLICY, main, dt.date(2016, 2, 1))
    (row,) = [r for r in rows if r["variant"] == "before_fall"]
    assert "at least 6 are needed" in row["note"]
    assert row["value"] is None


def test_a_method_that_cannot_be_fitted_is_a_line_with_its_reason() -> None:
    """Counts that are the same every day in few places: no estimate but the main one is at hand."""
    rows = sensitivity_of(steady_study(), POLICY, estimate(), None)
    assert [r["variant"] for r in rows] == ["main", "sdid", "ascm", "other_aors"]
    assert rows[0]["note"] == ""
    assert all(r["note"] and r["value"] is None for r in rows[1:])
    none = steady_study(county_at_large={"48453": 0.0}, office_at_large={"AUS": 0.0})
    assert "zero" in in_time_of(none, estimate())["note"]


def test_a_false_policy_finds_what_came_in_the_last_third_of_the_months_before() -> None:
    """Seventeen months before: the false policy is in the last five. Two a day more there are its effect."""
    first, last = dt.date(2016, 10, 10), POLICY.effective - dt.timedelta(days=1)
    rows = {}
    for more in (0.0, 2.0):
        study = drawn_study()
        at = study.main["at_large"].keys.index(study.key)
        study.main["at_large"].values[at, (first - FIRST).days : (last - FIRST).days + 1] += more
        fresh = replace(study, main={m: Daily(c.values, c.keys, c.first) for m, c in study.main.items()})
        main = measure(fresh, POLICY, months()).main
        assert main.months.pre.sum() == 17
        rows[more] = in_time_of(fresh, main)
    assert rows[2.0]["date"] == "2016-10-10"
    added = 2 * ((last - first).days + 1)
    assert rows[2.0]["value"] - rows[0.0]["value"] == pytest.approx(added, rel=0.02)
    assert rows[2.0]["p_placebo"] < 0.05 < rows[0.0]["p_placebo"]


def test_places_of_the_own_area_are_left_out_even_if_a_policy_of_theirs_has_a_date() -> None:
    """As if Travis County lay in the area of Houston, one of whose counties has a policy two years later."""
    drawn = drawn_study(where=replace(HERE, aor=Area("aor", "HOU", "Houston")))
    later = replace(
        POLICY, id="later", fips="48201", effective=dt.date(2019, 2, 1), latest=dt.date(2019, 2, 1)
    )
    study = replace(drawn, registry=Registry((POLICY, later)))
    main = measure(study, POLICY, months()).main
    far = [key for key in main.donor_keys if same_aor(study).isdisjoint(key.split("+"))]
    assert "48201+HOU" in set(main.donor_keys) - set(far)
    (row,) = [r for r in sensitivity_of(study, POLICY, main, None) if r["variant"] == "other_aors"]
    assert row["donors"] == len(far)
