"""What happened, on average, where places took such a decision: beside every answer and on the front page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from atlarge.errors import AtlargeError
from atlarge.explain.numbers import Number
from atlarge.explain.pooled import pooled
from atlarge.messages import Message, say
from atlarge.policies import Registry

if TYPE_CHECKING:
    from atlarge.records.store import Store


@lru_cache(maxsize=8)
def _found(store: Store, direction: str, scheme: str, registry: Registry) -> dict[str, Any] | None:
    try:
        return pooled(store, direction=direction, scheme=scheme, registry=registry)
    except AtlargeError:
        return None


def elsewhere(store: Store, direction: str, scheme: str, registry: Registry) -> dict[str, Any]:
    """The pooled answer for the direction of a policy (limits, where a day was asked about).

    Keys direction, places, decisions, handoffs, at_large (ratio to what was expected in the first year, with
    its interval, and p), says; empty where too few places can be pooled.
    """
    wanted = "extends" if direction == "extends" else "limits"
    found = _found(store, wanted, scheme, registry)
    if (
        found is None
        or found["handoffs"]["ratio"]["value"] is None
        or found["at_large"]["ratio"]["value"] is None
    ):
        return {}
    return {
        "direction": wanted,
        "places": len(found["localities"]),
        "decisions": found["decisions"],
        "handoffs": {**found["handoffs"]["ratio"], "p": found["handoffs"]["p"]},
        "at_large": {**found["at_large"]["ratio"], "p": found["at_large"]["p"]},
        "says": says(found),
    }


def says(found: dict[str, Any]) -> Message:
    """The pooled answer as a sentence."""
    ratio = {name: Number(found[name]["ratio"]["value"], "ratio") for name in ("handoffs", "at_large")}
    return say(f"pooled.{found['direction']}.says", n=len(found["localities"]), **ratio)


def headline(found: dict[str, Any]) -> Message:
    """The pooled answer as a headline: percent above or below what was expected, where that is clear."""
    parts = {name: _way(found[name]["ratio"]) for name in ("handoffs", "at_large")}
    return say(f"pooled.headline.{found['direction']}", **parts)


def _way(ratio: dict[str, float | None]) -> Message:
    value, low, high = ratio["value"], ratio["low"], ratio["high"]
    if value is None or low is None or high is None or low <= 1.0 <= high:
        return say("pooled.unclear")
    return say("pooled.above" if value > 1 else "pooled.below", n=Number(abs(value - 1.0), "share"))
