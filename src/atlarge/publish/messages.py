"""The sentences, reasons and warnings of an answer in either language, with what may not be told left out.

`explain` makes its sentences in English, each as a `Said`: a key and the values that fill it. The catalogue
has the same keys in both languages. A count that disclosure control hides is put as "<5" or "[withheld]", and
so is what is built on it, so that a sentence is told as far as it may be.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from atlarge.disclosure.table import SHOWN, SMALL
from atlarge.explain.answer import Area, Said, Warned
from atlarge.publish.answers import Shown
from atlarge.publish.i18n import Words

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOTES = "note."


class Teller:
    """Tells the parts of one answer in one language."""

    def __init__(self, shown: Shown, w: Words) -> None:
        self._shown, self._w = shown, w
        self._notes = {w.english(key): w(key) for key in w.keys(_NOTES)}

    def __call__(self, text: Said | str) -> str:
        """A sentence or a reason. A text without a key is told as it is, where every count may be."""
        if isinstance(text, Said):
            return self._said("", text)
        if text in self._notes:
            return self._notes[text]
        return self._shown.text(text) if self._shown.is_all_shown else self._w("report.reason_withheld")

    def warning(self, warned: Warned) -> str:
        """A warning with its values."""
        key = f"warn.{warned.id}"
        if not self._w.has(key):
            return self._shown.text(warned.text)
        return self._w(key, **{name: self._value(name, v) for name, v in warned.values.items()})

    def _value(self, name: str, value: Any) -> str:
        """One value of a pattern."""
        hidden = self._hidden(name)
        if hidden is not None:
            return hidden
        if isinstance(value, Said):
            return self._said(name, value)
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            value = dt.date.fromisoformat(value)
        if isinstance(value, dt.date):
            return self._w.day(value)
        text = str(value)
        return self._notes.get(text, self._w.label("word", text, text))

    def _said(self, name: str, said: Said) -> str:
        maker = getattr(self, f"_as_{said.key}", None)
        if maker is not None:
            return str(maker(said))
        if said.key.startswith("verdict."):
            return self._w(said.key)
        return self._w(f"said.{said.key}", **{n: self._value(n, v) for n, v in said.values.items()})

    def _as_count(self, said: Said) -> str:
        value = said.values["value"]
        if value is None:
            return self._w("said.unknown_number")
        threshold = self._shown.table.threshold
        if 0 < value < threshold and float(value).is_integer():
            return self._w("cell.small", threshold=threshold)
        return self._w.count(value) if abs(value) >= 10 else f"{round(value, 1):g}".replace("-", "\u2212")

    def _as_days(self, said: Said) -> str:
        first, last = said.values["start"], said.values["end"]
        if first == last:
            return self._w.day(first)
        if (first.year, first.month) == (last.year, last.month):
            return self._w("said.days", first=first.day, last=self._w.day(last))
        return self._w("said.days", first=self._w.day(first), last=self._w.day(last))

    def _as_month(self, said: Said) -> str:
        return self._w.long_month(said.values["date"])

    def _as_months(self, said: Said) -> str:
        n = said.values["n"]
        return self._w("said.month_one") if n == 1 else self._w("said.month_many", n=n)

    def _as_area(self, said: Said) -> str:
        return _area_name(str(said), said.values["level"], self._w)

    def _hidden(self, name: str) -> str | None:
        """What stands for a value that may not be told; None where it may.

        A name tells what a value rests on: `month_`, `whole_` and `burst_` counts, and the effects built on
        them; `loss` and `rise` on any span; rates and their ratios on the main count.
        """
        stem, _, kind = name.partition("_")
        if kind in ("observed", "effect"):
            mark = self._shown.told(stem)[1]
            if mark == SHOWN:
                return None
            is_small = mark == SMALL and kind == "observed"
            return (
                self._w("cell.small", threshold=self._shown.table.threshold) if is_small else self._withheld
            )
        if stem in ("loss", "rise"):
            return None if self._shown.is_all_shown else self._withheld
        if stem in ("rate", "ratio") and kind != "nation":
            return None if self._shown.is_main_shown else self._withheld
        return None

    @property
    def _withheld(self) -> str:
        return self._w("said.withheld")


def area_name(area: Area, w: Words) -> str:
    """Name of an area in the page's language."""
    return _area_name(area.name, area.level, w)


def _area_name(name: str, level: str, w: Words) -> str:
    """An area's English name, which is its names in a pattern, with the page's own pattern."""
    key = f"area.{level}"
    if w.language == "en" or not w.has(key):
        return name
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(w.english(key)))
    found = re.fullmatch(pattern, name)
    return w(key, **found.groupdict()) if found else name


def variant_name(row: dict[str, Any], w: Words) -> str:
    """What was done otherwise in a line of the sensitivity table, in the page's language."""
    name = "scheme" if str(row["variant"]).startswith("scheme_") else row["variant"]
    detail = re.search(r"\(([^)]*)\)", str(row["label"]))
    key = f"variant.{name}"
    return w(key, detail=detail.group(1) if detail else "") if w.has(key) else str(row["label"])
