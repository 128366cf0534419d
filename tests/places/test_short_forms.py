"""Short forms, townships and names without their type word, over the counties and townships there are."""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from atlarge.places import resolve
from atlarge.places.choose import in_area
from atlarge.places.gazetteer import gazetteer
from atlarge.reference import table


def _answers(texts: list[str], aors: list[str | None]) -> list[dict[str, object]]:
    frame = pl.DataFrame({"landmark": texts, "aor": aors}, schema={"landmark": pl.String, "aor": pl.String})
    return resolve(frame).to_dicts()


def test_a_township_alone_of_its_name_in_its_state_is_found_and_no_other_is_surely_placed() -> None:
    rows = table("civil_divisions").filter(pl.col("kind") == "township").sort("state", "name")[::23]
    counties = gazetteer().counties
    texts = [f"{name} TWP POLICE DEPT, {state}" for state, name, _, _ in rows.rows()]
    aors = [counties[fips.split()[0]].aor for fips in rows["county_fips"]]
    wrong = missed = alone = 0
    for fips, answer in zip(rows["county_fips"], _answers(texts, aors), strict=True):
        found = answer["county_fips"]
        if " " in fips:
            wrong += found is not None and answer["place_confidence"] >= 0.9
        else:
            alone += 1
            missed += found != fips
    assert wrong == 0
    assert missed <= 0.03 * alone


def test_a_state_right_after_the_word_county_decides() -> None:
    gaz = gazetteer()
    bearers = defaultdict(list)
    for county in gaz.counties.values():
        if not county.is_city and county.state not in (
            "LA",
            "AK",
            "PR",
            "CO",
            "OR",
            "IN",
            "DE",
            "ME",
            "OK",
            "HI",
        ):
            bearers[county.base.upper()].append(county)
    several = [c for named in bearers.values() if len(named) > 3 for c in named if c.base.isalpha()][::5]
    answers = _answers([f"{c.base.upper()} CO {c.state} ADC" for c in several], [c.aor for c in several])
    right = sum(a["county_fips"] == c.fips for a, c in zip(answers, several, strict=True))
    assert right >= 0.98 * len(several), (right, len(several))


def test_a_county_before_words_that_nothing_explains_is_likely_and_never_sure() -> None:
    gaz = gazetteer()
    some = [c for c in gaz.counties.values() if c.base.isalpha() and len(c.base) > 5 and not c.is_city][::11]
    answers = _answers([f"{c.base.upper()} JRDX" for c in some], [c.aor for c in some])
    found = [
        (a, c) for a, c in zip(answers, some, strict=True) if "before other words" in str(a["place_basis"])
    ]
    assert sum(a["county_fips"] == c.fips for a, c in found) >= 0.97 * len(found)
    assert len(found) > 0.3 * len(some)
    assert all(a["place_confidence"] < 0.9 for a, _ in found)


def test_courts_prisons_and_compass_words_are_written_out() -> None:
    pairs = {
        ("CHELSEA DISTRICT CT", "BOS"): "25025",
        ("FRAMINGHAM DIST CT", "BOS"): "25017",
        ("WASCO ST PRISON", "SFR"): "06029",
        ("SO DESERT CORR CTR", "SLC"): "32003",
        ("PALM BCH CO JAIL", "MIA"): "12099",
        ("S FULTON PD", "ATL"): "13121",
        ("SAC CO MAIN JAIL", "SFR"): "06067",
        ("SAC CO JAIL, IA", "SPM"): "19161",
        ("COYOTE RIDGE", "SEA"): "53021",
        ("CAMP EAST MONTANA", "ELP"): "48141",
        ("TEXAS DEPT OF CRIMINAL JUSTICE, WALKER CO", "HOU"): "48471",
        ("FLORIDA STATE UNIVERSITY POLICE DEPARTMENT", "MIA"): "12073",
    }
    answers = _answers([text for text, _ in pairs], [aor for _, aor in pairs])
    assert {key: a["county_fips"] for key, a in zip(pairs, answers, strict=True)} == pairs


def test_every_small_place_lies_in_a_county_of_its_state_and_area() -> None:
    gaz = gazetteer()
    rows = table("civil_divisions")
    assert rows.height == 10_208
    for state, fips in (
        rows.select("state", pl.col("county_fips").str.split(" ")).explode("county_fips").rows()
    ):
        assert gaz.counties[fips].state == state
        assert in_area(gaz, fips, gaz.counties[fips].aor)
