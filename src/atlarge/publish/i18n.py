"""Interface words in English and Spanish, from one catalogue; dates as each language writes them."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from atlarge import messages
from atlarge.calendar import fiscal_year
from atlarge.errors import QuestionError
from atlarge.files import read_yaml, shipped_text

LANGUAGES = messages.LANGUAGES


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every interface text: key -> language -> text."""
    found: dict[str, dict[str, str]] = {}
    for name in ("words.yaml", "site_words.yaml"):
        text = shipped_text("atlarge.publish", name)
        some = {str(key): dict(value) for key, value in read_yaml(messages.unbroken(text)).items()}
        if twice := found.keys() & some.keys():
            raise ValueError(f"{name}: texts that another file has too: {', '.join(sorted(twice))}")
        found |= some
    return {**messages.catalogue(), **found}


@cache
def _texts_of(language: str) -> dict[str, str]:
    return {key: texts[language] for key, texts in catalogue().items()}


class Words:
    """The texts of one language: `words("front.title")`, `words.day(date)`, `words.count(1234)`."""

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise QuestionError(f"no interface in {language!r}; there are: {', '.join(LANGUAGES)}")
        self.language = language
        self._texts = _texts_of(language)
        self._short = messages.SHORT_MONTHS[language]

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key, its {names} filled in. KeyError for a key that the catalogue lacks."""
        text = self._texts[key]
        return text.format(**values) if values else text

    @property
    def short_months(self) -> str:
        """The twelve months as charts write them, separated by spaces."""
        return " ".join(self._short)

    def has(self, key: str) -> bool:
        """Whether the catalogue has the key."""
        return key in self._texts

    def keys(self, start: str) -> list[str]:
        """Keys of the catalogue with a prefix, sorted."""
        return sorted(key for key in self._texts if key.startswith(start))

    def english(self, key: str) -> str:
        """The English pattern of a key."""
        return catalogue()[key]["en"]

    def label(self, kind: str, name: str, default: str) -> str:
        """Display name of something listed in the data, such as a measure; `default` if the catalogue has
        none."""
        return self._texts.get(f"{kind}.{name}", default)

    def count(self, value: float | None, decimals: int = 0) -> str:
        """A number with thousands separators, 1,234.5 in both languages, as written in the United States; the
        word for unknown where there is none."""
        if value is None:
            return self("cell.unknown")
        text = f"{value:,.{decimals}f}"
        return "0" if text in ("-0", "0") else text.replace("-", "\u2212")

    def percent(self, share: float, *, is_fine: bool = False) -> str:
        """A share as a percentage: whole, or with a decimal under ten; never 0 or 100 where it is neither.

        `is_fine` keeps a decimal at every size.
        """
        value = 100 * share
        text = f"{value:.1f}" if is_fine or value < 9.95 or 99 <= value < 100 else f"{value:.0f}"
        return ("<0.1" if 0 < value < 0.1 else text.removesuffix(".0")) + messages.PERCENT[self.language]

    def signed(self, value: float | None, decimals: int = 0) -> str:
        """A difference, with its sign."""
        text = self.count(value, decimals)
        return text if value is None or text.startswith("\u2212") or text.strip("0.") == "" else f"+{text}"

    def day(self, day: dt.date) -> str:
        """9 February 2017; 9 de febrero de 2017."""
        return messages.day_text(day, self.language)

    def short_day(self, day: dt.date) -> str:
        """9 Feb 2017."""
        return f"{day.day} {self._short[day.month - 1]} {day.year}"

    def days(self, first: dt.date, last: dt.date) -> str:
        """9–12 Feb 2017, as short as possible."""
        if first == last:
            return self.short_day(first)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{self.short_day(last)}"
        if first.year == last.year:
            return f"{first.day} {self._short[first.month - 1]} – {self.short_day(last)}"
        return f"{self.short_day(first)} – {self.short_day(last)}"

    def month(self, day: dt.date) -> str:
        """Feb 2017."""
        return f"{self._short[day.month - 1]} {day.year}"

    def long_month(self, day: dt.date) -> str:
        """February 2017; febrero de 2017."""
        return messages.month_text(day, self.language)

    def fiscal_year(self, day: dt.date) -> str:
        """The federal fiscal year that starts on the day: FY2017 from October 2016."""
        return self("fiscal_year", year=fiscal_year(day))

    def period(self, day: dt.date, every: str) -> str:
        """A period by its first day: a day, week, month, quarter or fiscal year."""
        if every == "year":
            return self.fiscal_year(day)
        if every == "month":
            return self.month(day)
        if every == "month_from":  # months counted from a policy's day
            return self.month(day) if day.day == 1 else self("period.month_from", day=self.short_day(day))
        if every == "quarter":
            return f"{self._short[day.month - 1]}–{self._short[(day.month + 1) % 12]} {day.year}"
        return self.short_day(day)
