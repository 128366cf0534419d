"""Small decisions within the rules of places, which few texts depend on."""

from __future__ import annotations

import pytest

from atlarge.places.ambiguous_rule import _fits
from atlarge.places.case import Case, Query, template
from atlarge.places.choose import Context
from atlarge.places.gazetteer import gazetteer
from atlarge.places.name_rule import _one_letter_off
from atlarge.places.scan import Found, Hit


def _case(aor: str | None, *words: str) -> Case:
    gaz, found = gazetteer(), Found([], [], [], [], [], frozenset(), [])
    return Case(gaz, Query(" ".join(words), aor), list(words), found, Context(aor, frozenset()), list(words))


@pytest.mark.parametrize(
    ("kind", "text", "style"),
    [
        ("county", "SMITH CO JAIL", "county (CO): * CO JAIL"),
        ("county", "smith co jail", "county (CO): * CO JAIL"),
        ("county", "SMITH COUNTY JAIL", "county: * COUNTY JAIL"),
        ("city", "SMITH CO JAIL", "city: * CO JAIL"),
    ],
)
def test_the_style_of_a_text_says_whether_a_county_is_written_co(kind: str, text: str, style: str) -> None:
    assert template(text.upper().split(), kind, Hit(0, 1, "SMITH", []), text) == style


@pytest.mark.parametrize(("aor", "fits"), [(None, True), ("SNA", True), ("SEA", False)])
def test_a_facility_fits_where_its_county_is_in_the_area_or_no_area_is_known(
    aor: str | None, fits: bool
) -> None:
    travis = [site for sites in gazetteer().sites.values() for site in sites if site.fips == "48453"][:1]
    assert travis
    assert _fits(_case(aor), travis) is fits


@pytest.mark.parametrize(("aor", "name", "is_near"), [("SNA", "Travs", True), ("SEA", "Lynnview", False)])
def test_a_small_place_is_doubted_one_letter_off_a_county_not_near_a_city(
    aor: str, name: str, is_near: bool
) -> None:
    """Lynnview is two letters off a city of the Seattle area, and off no county."""
    assert _one_letter_off(_case(aor), name) is is_near
