"""Charts that a reader can work: what a page hands to `static/chart.js` beside the drawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from atlarge.publish.i18n import Words
from atlarge.publish.render import Figure
from atlarge.publish.series_files import key_of
from atlarge.publish.site_data import PlaceInfo, SiteData

MEASURES = ("parts", "stack", "arrests", "at_large", "handoffs", "rest")
"""What a live chart can show of a place: at large beside jails, all by kind, or one of them."""


@dataclass(frozen=True)
class Live:
    """A chart that a reader can work.

    `places`: keys of those drawn at first; `is_linked`: its state is kept in the address; `figure`: the
    drawing that stands until the script runs, and for those without it.
    """

    id: str
    title: str
    sentence: str
    places: Sequence[str]
    measure: str
    spans: tuple[list[tuple[str, str]], list[tuple[str, str]]]
    figure: Figure | None = None
    is_linked: bool = False
    can_compare: bool = True
    has_rates: bool = True
    height: int = 380
    measures: Sequence[str] = MEASURES


def spans_of(data: SiteData, w: Words) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Starts and ends to choose from: the first and last months, the Januaries and Decembers between."""
    return spans_between(data.first_day, data.last_day, w)


def spans_between(
    first: dt.date, last: dt.date, w: Words
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Starts and ends to choose from between two days."""
    starts = [dt.date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    ends = [dt.date(year, 12, 1) for year in range(first.year, last.year)]
    return (
        [("", w.month(first.replace(day=1))), *((d.isoformat()[:7], w.month(d)) for d in starts)],
        [("", w.month(last.replace(day=1))), *((d.isoformat()[:7], w.month(d)) for d in reversed(ends))],
    )


def live_place(data: SiteData, place: PlaceInfo, figure: Figure, w: Words, *, is_linked: bool = True) -> Live:
    """The live chart of one place."""
    return Live(
        id=figure.id,
        title=figure.wide.title,
        sentence=figure.wide.sentence,
        places=[key_of(place)],
        measure="parts",
        spans=spans_of(data, w),
        figure=figure,
        is_linked=is_linked,
    )


def script_words(w: Words) -> dict[str, Any]:
    """The words of the charts' script in one language, by their keys without `js.`."""
    return {key.removeprefix("js."): w(key) for key in w.keys("js.")} | {"months": w.short_months}
