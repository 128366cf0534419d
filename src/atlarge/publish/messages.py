"""The messages of an answer as a page words them: in its language, without what may not be shown.

A number knows the counts that it rests on. Where one of them is suppressed the pattern for that case
stands (`<key>.hidden`), or "<5" or "[withheld]" in the number's place.
"""

from __future__ import annotations

import re
from typing import Any

from atlarge.disclosure.table import SHOWN, SMALL
from atlarge.explain.answer import Area
from atlarge.messages import Message, Number, render
from atlarge.publish.answers import Shown
from atlarge.publish.i18n import Words


class MessageRenderer:
    """Renders the messages of one answer in one language, as disclosed."""

    def __init__(self, shown: Shown, w: Words) -> None:
        self._shown, self._w = shown, w

    def __call__(self, message: Message) -> str:
        """The message as text."""
        return render(message, self._w.language, self._hide)

    def _hide(self, number: Number) -> str | None:
        if self._shown.is_closed and number.kind in ("estimate", "difference"):
            return self._w("cell.hidden")
        marks = [self._shown.mark_of(key) for key in number.rests_on]
        if all(mark == SHOWN for mark in marks):
            return None
        if marks == [SMALL] and number.kind == "count":
            return self._w("cell.small", threshold=self._shown.table.threshold)
        return self._w("cell.hidden")


def area_name(area: Area, w: Words) -> str:
    """Name of an area in the page's language: its English name is its names in a pattern."""
    key = f"area_name.{area.level}"
    if w.language == "en" or not w.has(key):
        return area.name
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(w.english(key)))
    found = re.fullmatch(pattern, area.name)
    return w(key, **found.groupdict()) if found else area.name


def variant_name(row: dict[str, Any], w: Words) -> str:
    """What was done otherwise in a line of the sensitivity table, in the page's language."""
    name = "scheme" if str(row["variant"]).startswith("scheme_") else row["variant"]
    detail = re.search(r"\(([^)]*)\)", str(row["label"]))
    key = f"variant.{name}"
    return w(key, detail=detail.group(1) if detail else "") if w.has(key) else str(row["label"])
