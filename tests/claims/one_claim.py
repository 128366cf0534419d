"""One claim of a count, checked against the embedded records."""

from __future__ import annotations

from typing import Any

from atlarge.claims import check_claims
from atlarge.claims.verdicts import Verdict


def checked(**fields: Any) -> Verdict:
    """The result for a claim with these fields."""
    return check_claims([{"id": "x", "text": "x", "kind": "count", **fields}])[0]


def verdict_of(**fields: Any) -> str:
    """Its verdict alone."""
    return checked(**fields).verdict
