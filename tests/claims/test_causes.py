"""Claims of cause and denials: a fit is never a cause."""

from __future__ import annotations

from typing import Any

import pytest

from atlarge.claims import Verdict, check_claims

pytestmark = pytest.mark.slow_file

TRAVIS = "Travis County, TX"


def _one(**fields: Any) -> Verdict:
    return check_claims([{"id": "x", "text": "x", **fields}])[0]


def _implied(word: str) -> dict[str, Any]:
    return {
        "kind": "timing",
        "measure": "arrests",
        "where": "United States",
        "when": "FY2017",
        "against": {"when": "FY2016"},
        "expected": {"word": word},
    }


@pytest.mark.parametrize(
    ("implies", "verdict", "fits"),
    [
        ([_implied("rose")], "not testable", "fits"),
        ([_implied("fell")], "contradicted", "does not fit"),
        ([_implied("rose"), _implied("fell")], "depends", "fits in part"),
        ([], "not testable", "cannot be told"),
    ],
)
def test_a_fit_is_never_a_cause(implies: list[dict[str, Any]], verdict: str, fits: str) -> None:
    more = {"implies": implies} if implies else {}
    for kind in ("cause", "denial"):
        result = _one(kind=kind, needs="the orders", **more)
        assert (result.verdict, result.fits) == (verdict, fits)
        assert result.verdict != "supported"


@pytest.mark.parametrize(("kind", "fits"), [("cause", "fits"), ("denial", "does not fit")])
def test_an_explanation_that_fits_speaks_for_the_cause_and_against_its_denial(
    kind: str, fits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from atlarge.claims import verdicts as room
    from atlarge.claims.linked import Linked

    monkeypatch.setattr(room, "explained", lambda *_: Linked("fits", "because of a burst", "singled out"))
    result = _one(kind=kind, explanation="retaliation", policy="travis-tx-2017", where=TRAVIS)
    assert result.fits == fits
    assert result.answers[-1]["verdict"] == "fits"


def test_an_unknown_policy_is_reported_and_no_crash() -> None:
    result = _one(kind="cause", explanation="retaliation", policy="no-such-policy", where=TRAVIS)
    assert result.verdict == "not testable"
    assert any("no-such-policy" in note for note in result.notes)
