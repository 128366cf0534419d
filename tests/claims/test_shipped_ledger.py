"""The shipped ledger: every verdict traced, and every number that is changed flips its verdict."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from atlarge.claims import Verdict, check_claims
from atlarge.claims.schema import parse_ledger
from atlarge.claims.template import shipped

pytestmark = pytest.mark.slow_file


@pytest.fixture(scope="module")
def claims() -> list[dict[str, Any]]:
    return list(parse_ledger(shipped("sanctuary-cities-2017"))["claims"])


@pytest.fixture(scope="module")
def verdicts(claims: list[dict[str, Any]]) -> dict[str, Verdict]:
    return {v.id: v for v in check_claims(claims)}


def test_every_claim_of_the_shipped_ledger_has_a_traced_verdict(verdicts: dict[str, Verdict]) -> None:
    reported = {name: v.verdict for name, v in verdicts.items()}
    assert reported["sixty-percent-in-20-metros"] == "supported"
    assert reported["largest-populations"] == "supported"
    assert reported["seven-cities-ten-percent"] == "depends"
    assert reported["increasingly-gathering"] == "contradicted"
    assert reported["travis-worst-on-the-list"] == "supported"
    assert reported["travis-released-142"] == "contradicted"
    for name in ("judge-was-told", "agents-from-out-of-town", "meetings-since-2003"):
        assert reported[name] == "not testable"
    for v in verdicts.values():
        if v.verdict == "not testable":
            assert v.needs, v.id
        else:
            assert v.evidence, v.id
        for entry in v.evidence:
            assert entry["rows"], v.id
            assert entry.get("source"), v.id


def _number_changed(claim: dict[str, Any], factor: float) -> dict[str, Any] | None:
    """The claim with its stated number changed; None when it states none."""
    changed = copy.deepcopy(claim)
    written = changed.get("expected")
    if isinstance(written, dict) and "value" in written:
        written["value"] = round(written["value"] * factor, 3)
    elif isinstance(written, int | float):
        changed["expected"] = written * factor
    elif isinstance(written, dict) and claim["kind"] == "rank":
        written["value"] = 2
    elif isinstance(written, dict) and claim["kind"] == "share":
        changed["expected"] = {"value": 95, "unit": "percent"}
    elif isinstance(written, dict):
        written["word"] = {"increasingly": "fell"}[written["word"]]
    else:
        return None
    return changed


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_changed_number_flips_every_testable_verdict(
    claims: list[dict[str, Any]], verdicts: dict[str, Verdict], factor: float
) -> None:
    flipped = 0
    for claim in claims:
        if verdicts[claim["id"]].verdict == "not testable" or claim["kind"] in ("cause", "denial"):
            continue
        changed = _number_changed(claim, factor)
        assert changed is not None, claim["id"]
        before, after = verdicts[claim["id"]], check_claims([changed])[0]
        if before.verdict == "contradicted":
            # the claim of 142 released stays wrong at other numbers; it is right at the number found
            changed["expected"] = (
                {"value": before.value, "unit": "people"} if claim["kind"] == "count" else changed["expected"]
            )
            after = check_claims([changed])[0]
        assert after.verdict != before.verdict, claim["id"]
        flipped += 1
    assert flipped >= 20


def test_what_a_cause_implies_flips_too(claims: list[dict[str, Any]], verdicts: dict[str, Verdict]) -> None:
    opposite = {"rose": "fell", "fell": "rose", "unchanged": "doubled", "lower": "higher", "most": "minority"}
    turned = 0
    for claim in claims:
        if "implies" not in claim:
            continue
        changed = copy.deepcopy(claim)
        changed.pop("explanation", None)
        plain = check_claims([copy.deepcopy(changed)])[0]
        for implied in changed["implies"]:
            implied["expected"]["word"] = opposite[implied["expected"]["word"]]
        after = check_claims([changed])[0]
        before = [a["verdict"] for a in plain.answers]
        turned += before.count("supported")
        assert all(
            a["verdict"] != b for a, b in zip(after.answers, before, strict=True) if b == "supported"
        ), claim["id"]
    assert turned
