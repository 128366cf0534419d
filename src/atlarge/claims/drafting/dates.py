"""Dates and periods in a sentence, as a ledger writes them."""

from __future__ import annotations

import datetime as dt
import re

_FULL = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SHORT = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTHS = {name.lower(): i for names in (_FULL, _SHORT) for i, name in enumerate(names, start=1)} | {
    "sept": 9
}
_MONTH = "(" + "|".join([*_FULL, "Sept", *_SHORT]) + r")\b\.?"
_YEAR = r"((?:19|20)\d{2})"
_RANGE = re.compile(
    rf"{_MONTH}\s+(\d{{1,2}})(?:,\s*{_YEAR})?\s*(?:to|through|until|and|[-–—])\s*"
    rf"(?:{_MONTH}\s+)?(\d{{1,2}})\b(?!,?\d)(?:,\s*{_YEAR})?"
)
_DAY = re.compile(rf"{_MONTH}\s+(\d{{1,2}})\b(?![,.]?\d)(?:st|nd|rd|th)?(?:,\s*{_YEAR})?")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})\s+{_MONTH}(?:\s+{_YEAR})?")
_MONTHS_RANGE = re.compile(rf"{_MONTH}(?:\s+{_YEAR})?\s*(?:to|through|[-–—])\s*{_MONTH}\s+{_YEAR}")
_MONTH_ONLY = re.compile(rf"\b(?:(mid|late|early)[- ])?{_MONTH}(?:(?:\s+of)?,?\s+{_YEAR})?(?!\s+\d{{1,2}}\b)")
_YEARS = re.compile(
    rf"\b(?:[Bb]etween|[Ff]rom)\s+{_YEAR}\s+(?:and|to|through|until)\s+{_YEAR}\b|\b{_YEAR}\s*[-–—]\s*{_YEAR}\b"
)
_FISCAL = re.compile(r"\b(?:fiscal year|fiscal|FY)\s*((?:19|20)\d{2})\b", re.IGNORECASE)
_YEAR_ONLY = re.compile(rf"\b{_YEAR}\b(?!,\d|\s+(?:people|immigrants|arrests|detainers|inmates))")
_RELATIVE = re.compile(
    r"\b(last|this|the previous|past) (week|month|year)\b|\b(yesterday|today)\b", re.IGNORECASE
)
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAY = re.compile(r"\bon (Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b")


def find_dates(sentence: str, published: dt.date | None = None) -> tuple[list[str], str]:
    """Periods named in a sentence, in their order, and the sentence with them blanked out.

    A day or month without a year is of the latest such date not after the publication; without that it is
    left out. "Last week", "on Monday" and the like are reckoned from the publication too.
    """
    found: list[tuple[int, str]] = []
    text = sentence
    for pattern, read in _READERS:
        for match in pattern.finditer(text):
            period = read(match, published)
            if period is not None:
                found.append((match.start(), period))
        text = pattern.sub(lambda m: " " * len(m.group()), text)
    return list(dict.fromkeys(period for _, period in sorted(found))), text


def _number(name: str) -> int:
    return _MONTHS[name.lower().rstrip(".")]


def _dated(month: int, day: int, year: str | None, published: dt.date | None) -> dt.date | None:
    """A day; without a year, the latest one not after the publication."""
    if year is None and published is None:
        return None
    try:
        if year is not None:
            return dt.date(int(year), month, day)
        assert published is not None
        made = dt.date(published.year, month, day)
        return made if made <= published else made.replace(year=published.year - 1)
    except ValueError:
        return None


def _range(m: re.Match[str], published: dt.date | None) -> str | None:
    first_month, first, first_year, last_month, last, last_year = m.groups()
    end = _dated(_number(last_month or first_month), int(last), last_year or first_year, published)
    start = _dated(
        _number(first_month), int(first), first_year or (str(end.year) if end else None), published
    )
    if start is None or end is None:
        return None
    if start > end:
        start = start.replace(year=start.year - 1)
    return f"{start}..{end}"


def _months(m: re.Match[str], published: dt.date | None) -> str | None:
    first, first_year, last, last_year = m.groups()
    return f"{first_year or last_year}-{_number(first):02d}..{last_year}-{_number(last):02d}"


def _day(m: re.Match[str], published: dt.date | None) -> str | None:
    made = _dated(_number(m.group(1)), int(m.group(2)), m.group(3), published)
    return made.isoformat() if made else None


def _day_first(m: re.Match[str], published: dt.date | None) -> str | None:
    made = _dated(_number(m.group(2)), int(m.group(1)), m.group(3), published)
    return made.isoformat() if made else None


def _month(m: re.Match[str], published: dt.date | None) -> str | None:
    part, name, year = m.groups()
    if (
        name == "May"
        and part is None
        and year is None
        and not re.search(r"\b(in|since|of|by|last|during)\s+$", m.string[: m.start()], re.I)
    ):
        return None  # the verb
    if name.lower() == "mar" and year is None:
        return None
    made = _dated(_number(name), 1, year, published)
    return f"{made:%Y-%m}" if made else None


def _fiscal(m: re.Match[str], published: dt.date | None) -> str | None:
    return f"FY{m.group(1)}"


def _years(m: re.Match[str], published: dt.date | None) -> str | None:
    years = [g for g in m.groups() if g]
    return f"{years[0]}..{years[1]}"


def _year(m: re.Match[str], published: dt.date | None) -> str | None:
    return m.group(1)


def _relative(m: re.Match[str], published: dt.date | None) -> str | None:
    if published is None:
        return None
    text = m.group().lower()
    if text in ("yesterday", "today"):
        return (published - dt.timedelta(days=text == "yesterday")).isoformat()
    back = 0 if text.startswith("this") else 1
    if text.endswith("week"):
        monday = published - dt.timedelta(days=published.weekday() + 7 * back)
        return f"{monday}..{monday + dt.timedelta(days=6)}"
    if text.endswith("month"):
        first = published.replace(day=1)
        return f"{first if back == 0 else first - dt.timedelta(days=1):%Y-%m}"
    return str(published.year - back)


def _weekday(m: re.Match[str], published: dt.date | None) -> str | None:
    if published is None:
        return None
    back = (published.weekday() - _WEEKDAYS.index(m.group(1).lower())) % 7
    return (published - dt.timedelta(days=back)).isoformat()


_READERS = (  # the longer form first, since what is read is blanked out
    (_RANGE, _range),
    (_MONTHS_RANGE, _months),
    (_DAY, _day),
    (_DAY_FIRST, _day_first),
    (_FISCAL, _fiscal),
    (_YEARS, _years),
    (_MONTH_ONLY, _month),
    (_YEAR_ONLY, _year),
    (_RELATIVE, _relative),
    (_WEEKDAY, _weekday),
)
