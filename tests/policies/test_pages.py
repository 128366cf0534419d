"""Pages of the registry: every path once, links that lead somewhere, both languages, nothing of a person."""

from __future__ import annotations

import datetime as dt
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from atlarge.policies import registry
from atlarge.publish import policy_pages
from atlarge.publish.policy_pages import CLASSES, DOWNLOADS, policy_files, state_stem

pytestmark = pytest.mark.slow_file

STATES = ("TX", "NC")


@pytest.fixture(scope="module")
def pages() -> dict[str, str | bytes]:
    """The pages of two states' registry."""
    places = {("state", code): SimpleNamespace(name=code, stem=f"place/state/{code}") for code in STATES}
    data: Any = SimpleNamespace(
        places=places,
        base_url="",
        threshold=5,
        groups={},
        is_simulated=False,
        first_day=dt.date(2014, 10, 1),
        whole_months=lambda: (dt.date(2014, 10, 1), dt.date(2018, 5, 1)),
    )
    found: dict[str, str | bytes] = {}
    for path, content in policy_files(data):
        assert path not in found
        found[path] = content
    return found


def test_every_decision_of_the_states_has_a_page_in_both_languages(pages: dict[str, str | bytes]) -> None:
    decisions = [p.id for p in registry() if not p.is_agreement and p.state in STATES]
    for name in decisions:
        assert f"policy/{name}.html" in pages
        assert f"es/policy/{name}.html" in pages
    for state in STATES:
        assert f"{state_stem(state)}.html" in pages
    assert set(DOWNLOADS) <= set(pages)


def test_links_between_the_pages_lead_to_pages(pages: dict[str, str | bytes]) -> None:
    followed = 0
    for path, content in pages.items():
        if not path.endswith(".html"):
            continue
        assert isinstance(content, str)
        folder = path.split("/")[:-1]
        for href in re.findall(r'href="([^"#:]+)"', content):
            parts = [*folder, *href.split("/")]
            while ".." in parts:
                k = parts.index("..")
                parts = parts[: k - 1] + parts[k + 1 :]
            target = "/".join(parts)
            if re.match(r"policies/[^/]+$|policy/", target):
                assert target in pages, (path, target)
                followed += 1
    assert followed > 50


def test_a_state_page_shows_both_directions_and_what_conflicts(pages: dict[str, str | bytes]) -> None:
    page = str(pages[f"{state_stem('TX')}.html"])
    assert "extends cooperation" in page
    assert "limits cooperation" in page
    assert "SB 8: sheriffs must request and enter 287(g)" in page
    assert "Travis County, TX" in page
    assert "the state&#39;s law takes precedence" in page
    assert "amplía la cooperación" in str(pages[f"es/{state_stem('TX')}.html"])


def test_the_map_tells_changes_by_month_that_end_as_the_newest_month_does(
    pages: dict[str, str | bytes],
) -> None:
    script = str(pages["static/policymap.js"])
    reported = json.loads(re.search(r"^window.atlargePolicies=(.*);$", script, re.M)[1])["changes"]  # type: ignore[index]
    places, months = policy_pages._classes()
    assert set(reported) == set(places)
    for i, fips in enumerate(places):
        changes = reported[fips]
        assert changes[0] == 0
        assert changes[::2] == sorted(set(changes[::2]))
        assert CLASSES[changes[-1]] == months[-1][i]


def test_the_calendar_holds_dates_to_come_only(pages: dict[str, str | bytes]) -> None:
    text = str(pages["data/policies.ics"])
    days = re.findall(r"DTSTART;VALUE=DATE:(\d{8})", text)
    assert days
    assert min(days) >= policy_pages.as_of().strftime("%Y%m%d")
