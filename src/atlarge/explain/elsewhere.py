"""What happened, on average, where places took such a decision: beside every answer and on the front page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from atlarge.errors import AtlargeError
from atlarge.explain.numbers import Number
from atlarge.explain.pooled_answer import pooled
from atlarge.messages import Message, say
from atlarge.policies import Registry
from atlarge.records.store import Store

MEASURES = ("handoffs", "at_large")


@lru_cache(maxsize=8)
def _found(store: Store, direction: str, scheme: str, registry: Registry) -> dict[str, Any] | None:
    try:
        return pooled(store, direction=direction, scheme=scheme, registry=registry)
    except AtlargeError:
        return None


def elsewhere(
    store: Store, direction: str, scheme: str, registry: Registry, *, has_reverse: bool = True
) -> dict[str, Any]:
    """The pooled answer for the direction of a policy (limits, where the question was about a day).

    Keys direction, places, decisions, handoffs, at_large (ratio to what was expected in the first year, with
    its interval, p, and the ratio by month), headline, says; `reverse` holds the same for the other
    direction (unless not `has_reverse`). Empty where too few places can be pooled.
    """
    wanted = "extends" if direction == "extends" else "limits"
    other = "limits" if wanted == "extends" else "extends"

    def found(way: str) -> dict[str, Any]:
        return _summary(_found(store, way, scheme, registry))

    own = found(wanted)
    return {**own, "reverse": found(other) if has_reverse else {}} if own else {}


def _summary(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None or any(found[name]["ratio"]["value"] is None for name in MEASURES):
        return {}
    return {
        "direction": found["direction"],
        "places": len(found["localities"]),
        "decisions": found["decisions"],
        **{
            name: {**found[name]["ratio"], "p": found[name]["p"], "event_time": found[name]["event_time"]}
            for name in MEASURES
        },
        "headline": headline(found),
        "says": says(found),
    }


def says(found: dict[str, Any]) -> Message:
    """The pooled answer as a sentence: percent of what was expected, with its interval."""
    shares = {
        name + end: Number(found[name]["ratio"][key], "share")
        for name in MEASURES
        for end, key in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    return say(f"pooled.{found['direction']}.says", n=len(found["localities"]), **shares)


def headline(found: dict[str, Any]) -> Message:
    """The pooled answer as a headline: percent above or below what was expected, where that is clear."""
    parts = {name: _way(found[name]["ratio"]) for name in ("handoffs", "at_large")}
    return say(f"pooled.headline.{found['direction']}", **parts)


def _way(ratio: dict[str, float | None]) -> Message:
    value, low, high = ratio["value"], ratio["low"], ratio["high"]
    if value is None or low is None or high is None or low <= 1.0 <= high:
        return say("pooled.unclear")
    return say("pooled.above" if value > 1 else "pooled.below", n=Number(abs(value - 1.0), "share"))
