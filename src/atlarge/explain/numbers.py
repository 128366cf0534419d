"""The counts behind the numbers of an answer's sentences."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from atlarge.messages import CountKey, Kind, Message, Number, members_of, say

if TYPE_CHECKING:
    from atlarge.explain.answer import Area, Interval

__all__ = ["CountKey", "Kind", "Number", "difference", "key_of", "members_of"]


def key_of(area: Area, measure: str, start: dt.date, end: dt.date, scheme: str = "ddp") -> CountKey:
    """The key of a count in an area of an answer."""
    return CountKey(area.level, area.code, measure, start, end, scheme)


def difference(effect: Interval, rests_on: tuple[CountKey, ...]) -> Message:
    """More or fewer than expected, with its 90 % interval; the words go by the numbers as printed."""

    def number(value: float) -> Number:
        return Number(abs(value), "difference", rests_on)

    value = effect.value or 0.0
    if number(value).text() == "0":
        said = say("diff.none")
    else:
        said = say("diff.more" if value > 0 else "diff.fewer", n=number(value))
    low, high = effect.low, effect.high
    if low is None or high is None:
        return said
    if low >= 0:
        between = say("between.more", low=number(low), high=number(high))
    elif high <= 0:
        between = say("between.fewer", low=number(high), high=number(low))
    else:
        between = say("between.mixed", low=number(low), high=number(high))
    return say("diff.within", difference=said, between=between)
