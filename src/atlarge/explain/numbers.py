"""The counts behind the numbers of an answer's sentences."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from atlarge.messages import CountKey, Kind, Message, Number, members_of, say

if TYPE_CHECKING:
    from atlarge.explain.answer import Area, Interval

__all__ = ["CountKey", "Kind", "Number", "difference", "is_same", "key_of", "members_of"]


def key_of(area: Area, measure: str, start: dt.date, end: dt.date, scheme: str = "ddp") -> CountKey:
    """The key of a count in an area of an answer."""
    return CountKey(area.level, area.code, measure, start, end, scheme)


NEAR = 0.5
"""A difference of less than this is worded as "about as many as expected"."""


def is_same(observed: float, expected: float) -> bool:
    """Whether a count is as expected to the nearest whole number, so that no difference is named."""
    return abs(observed - expected) < NEAR


def difference(effect: Interval, rests_on: tuple[CountKey, ...], *, is_brief: bool = False) -> Message:
    """More or fewer than expected, with its 90% interval; the words go by the numbers as printed.

    `is_brief`: "12 more" for where the expected number stands right before it.
    """

    def number(value: float) -> Number:
        return Number(abs(value), "difference", rests_on)

    value = effect.value or 0.0
    if abs(value) < NEAR:
        text = say("diff.none")
    else:
        text = say(f"diff.{'more' if value > 0 else 'fewer'}{'_brief' * is_brief}", n=number(value))
    low, high = effect.low, effect.high
    if low is None or high is None:
        return text
    if low >= 0:
        between = say("between.more", low=number(low), high=number(high))
    elif high <= 0:
        between = say("between.fewer", low=number(high), high=number(low))
    else:
        between = say("between.mixed", low=number(low), high=number(high))
    return say("diff.within", difference=text, between=between)
