"""Dates and periods in a sentence, as a ledger writes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from atlarge.calendar import add_months, month_end
from atlarge.claims.drafting.amounts import SMALL_NUMBERS
from atlarge.claims.drafting.language import word_table
from atlarge.messages import MONTHS, SHORT_MONTHS

_ENGLISH, _SPANISH = MONTHS["en"], MONTHS["es"]
_SHORT, _SPANISH_SHORT = SHORT_MONTHS["en"], SHORT_MONTHS["es"]
_MONTHS = {
    n.lower(): i for names in (_ENGLISH, _SHORT, _SPANISH, _SPANISH_SHORT) for i, n in enumerate(names, 1)
}
_MONTHS |= {"sept": 9, "setiembre": 9}
_CAPS = [name.upper() for name in _ENGLISH]
_MONTH = "(" + "|".join([*_ENGLISH, *_CAPS, "Sept", *_SHORT]) + r")\b\.?"
_MES = r"(?i:(" + "|".join([*_SPANISH, "setiembre"]) + r"))\b"
_YEAR = r"((?:19|20)\d{2})"
_DAY_NUMBER = r"(\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_DIAS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
_WEEKDAY = r"(Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_ANY_WEEKDAY = f"(?:{_WEEKDAY[1:-1]})"
_COUNT = r"(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1, "final": -1}
_SEASONS = {"winter": (12, 2), "spring": (3, 5), "summer": (6, 8), "fall": (9, 11), "autumn": (9, 11)}
_PARTS = word_table("dates.parts")
RECENT_DAYS = 31  # what "recently" is taken to mean, in days up to the publication


@dataclass(frozen=True)
class DateSpan:
    """A period as a ledger writes it, and where its words stand in the sentence."""

    start: int
    end: int
    period: str
    is_relative: bool = False  # relative to the day of publication


def find_dates(sentence: str, published: dt.date | None = None) -> tuple[list[str], str]:
    """Periods named in a sentence, in their order, and the sentence with them blanked out.

    A day or month takes the year that its words give; without one it is of the latest such date not after
    the publication, and without that it is left out. "Last week", "on Monday", "mid-February" and the like
    are reckoned from the publication too, as intervals of days.
    """
    spans, text = date_spans(sentence, published)
    return list(dict.fromkeys(span.period for span in spans)), text


def date_spans(sentence: str, published: dt.date | None = None) -> tuple[list[DateSpan], str]:
    """The same as `find_dates`, with the place of each period in the sentence."""
    found: list[DateSpan] = []
    text = sentence
    for pattern, read, is_relative in _READERS:
        for match in pattern.finditer(text):
            period = None if published is None and read in _RECKONED else read(match, published)
            if period is not None:
                found.append(DateSpan(match.start(), match.end(), period, is_relative))
            if period is not None or pattern in _ALWAYS_BLANK:
                text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return sorted(found, key=lambda span: span.start), text


def _number(name: str) -> int:
    return _MONTHS[name.lower().rstrip(".")]


_SMALL_IN_SPANISH = "cero un dos tres cuatro cinco seis siete ocho nueve diez"
_SMALL = SMALL_NUMBERS | {word: n for n, word in enumerate(_SMALL_IN_SPANISH.split())}


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _SMALL[word.lower()]


def _dated(month: int, day: int, year: str | int | None, published: dt.date | None) -> dt.date | None:
    """A day; without a year, the latest one not after the publication."""
    if year is None and published is None:
        return None
    try:
        if year is not None:
            return dt.date(int(year), month, day)
        assert published is not None
        day_found = dt.date(published.year, month, day)
        return day_found if day_found <= published else day_found.replace(year=published.year - 1)
    except ValueError:
        return None


def _year_beside(m: re.Match[str]) -> str | None:
    """The year that the words right after a date give ("of 2016"), or that the sentence opens with."""
    after = re.match(rf"\s*,?\s*(?:of|in|de|del|de ese año)?\s*{_YEAR}\b", m.string[m.end() :])
    if after:
        return after.group(1)
    opening = re.match(rf"^\W*(?:In|During|Back in|En|Durante) {_YEAR},?\s", m.string)
    return opening.group(1) if opening else None


def _span(start: dt.date | None, end: dt.date | None) -> str | None:
    if start is None or end is None:
        return None
    if start > end:
        try:
            start = start.replace(year=start.year - 1)
        except ValueError:
            return None
    return f"{start}..{end}" if start != end else f"{start}"


def _range(m: re.Match[str], published: dt.date | None) -> str | None:
    first_month, first, first_year, last_month, last, last_year = m.groups()
    year = last_year or first_year or _year_beside(m)
    end = _dated(_number(last_month or first_month), int(last), year, published)
    start = _dated(_number(first_month), int(first), first_year or (end.year if end else None), published)
    return _span(start, end)


def _range_day_first(m: re.Match[str], published: dt.date | None) -> str | None:
    """ "6 to 10 February 2017" and "del 6 al 10 de febrero"."""
    first, first_month, last, last_month, year = m.groups()
    end = _dated(_number(last_month), int(last), year or _year_beside(m), published)
    start = _dated(_number(first_month or last_month), int(first), end.year if end else None, published)
    return _span(start, end)


def _begun(m: re.Match[str], published: dt.date | None) -> str | None:
    """ "five days beginning Feb. 6"; "the five days that ended Feb. 10"."""
    count, unit, way, month, day, year = m.groups()
    days = _count(count) * (7 if unit.startswith("week") else 1)
    at = _dated(_number(month), int(day), year or _year_beside(m), published)
    return _reckoned(at, days, way)


def _reckoned(at: dt.date | None, days: int, way: str) -> str | None:
    if at is None:
        return None
    if re.search(r"\b(?:end|conclu|clos|through|until|to|termin)", way.lower()):
        return _span(at - dt.timedelta(days=days - 1), at)
    return _span(at, at + dt.timedelta(days=days - 1))


def _beside(m: re.Match[str], published: dt.date | None) -> str | None:
    """ "in the three months after the law took effect on May 28": from that day, or up to the day before."""
    count, unit, way, month, day, year = m.groups()
    at = _dated(_number(month), int(day), year or _year_beside(m), published)
    if at is None:
        return None
    n = _count(count) * (-1 if way in ("before", "preceding") else 1)
    if unit.startswith(("month", "year")):
        other = add_months(at, n * (12 if unit.startswith("year") else 1))
    else:
        other = at + dt.timedelta(days=n * (7 if unit.startswith("week") else 1))
    return _span(min(at, other), max(at, other) - dt.timedelta(days=1))


def _begun_weekday(m: re.Match[str], published: dt.date) -> str | None:
    """ "a five-day operation that ended Thursday"."""
    count, unit, way, name = m.groups()
    days = _count(count) * (7 if unit.startswith(("week", "semana")) else 1)
    return _reckoned(_last_weekday(name, published), days, way)


def _week_of(m: re.Match[str], published: dt.date | None) -> str | None:
    way, month, day, year = m.groups()
    at = _dated(_number(month), int(day), year or _year_beside(m), published)
    return _reckoned(at, 7, "ended" if "end" in way.lower() else "from")


def _months(m: re.Match[str], published: dt.date | None) -> str | None:
    first, first_year, last, last_year = m.groups()
    year = last_year or _year_beside(m)
    end = _dated(_number(last), 1, year, published)
    if end is None:
        return None
    start = _dated(_number(first), 1, first_year or end.year, published)
    if start is None:
        return None
    start = start if start <= end else start.replace(year=start.year - 1)
    return f"{start:%Y-%m}..{end:%Y-%m}"


def _day(m: re.Match[str], published: dt.date | None) -> str | None:
    date = _dated(_number(m.group(1)), int(m.group(2)), m.group(3) or _year_beside(m), published)
    return date.isoformat() if date else None


def _day_first(m: re.Match[str], published: dt.date | None) -> str | None:
    date = _dated(_number(m.group(2)), int(m.group(1)), m.group(3) or _year_beside(m), published)
    return date.isoformat() if date else None


def _part_of_month(part: str | None, name: str, year: str | None, published: dt.date | None) -> str | None:
    """A month, or a third of one: early is the 1st to the 10th, mid the 11th to the 20th, late the rest."""
    date = _dated(_number(name), 1, year, published)
    if date is None:
        return None
    if part is None:
        return f"{date:%Y-%m}"
    first, last = _PARTS[part.lower()]
    last = min(last, month_end(date).day)
    return f"{date.replace(day=first)}..{date.replace(day=last)}"


def _month(m: re.Match[str], published: dt.date | None) -> str | None:
    part, name, year = m.groups()
    before = m.string[: m.start()]
    if (
        name == "May"
        and part is None
        and year is None
        and not re.search(
            r"\b(in|since|of|by|last|during|until|between|and|late|early|through|from|to)\s+$", before, re.I
        )
    ):
        return None  # the verb
    if name.lower() in ("mar", "jun", "dec", "jan") and year is None and not m.group().endswith("."):
        return None
    if (
        name in ("April", "June", "August")
        and year is None
        and re.match(r"\s+(?:[A-Z][a-z]+\s+)?(?:said|told|who)\b", m.string[m.end() :])
    ):
        return None  # a first name
    return _part_of_month(part, name, year or _year_beside(m), published)


def _mes(m: re.Match[str], published: dt.date | None) -> str | None:
    part, name, year = m.groups()
    return _part_of_month(part, name, year or _year_beside(m), published)


def _fiscal(m: re.Match[str], _published: dt.date | None) -> str | None:
    return f"FY{m.group(1)}"


def _years(m: re.Match[str], _published: dt.date | None) -> str | None:
    years = [g for g in m.groups() if g]
    return f"{years[0]}..{years[1]}" if years[0] <= years[1] else None


def _year(m: re.Match[str], _published: dt.date | None) -> str | None:
    return m.group(1)


def _quarter(m: re.Match[str], published: dt.date | None) -> str | None:
    which, unit, year = m.groups()
    year = year or (str(published.year) if published else None)
    number = _ORDINALS[which.lower()]
    if year is None:
        return None
    if unit.lower() == "half":
        return f"{year}-01..{year}-06" if number == 1 else f"{year}-07..{year}-12"
    return f"{year}-Q{number if number > 0 else 4}"


def _first_months(m: re.Match[str], published: dt.date | None) -> str | None:
    which, count, year = m.groups()
    year = year or (str(published.year) if published else None)
    number = _count(count)
    if year is None or not 1 <= number <= 12:
        return None
    return (
        f"{year}-01..{year}-{number:02d}"
        if which.lower() == "first"
        else f"{year}-{13 - number:02d}..{year}-12"
    )


def _season(m: re.Match[str], published: dt.date | None) -> str | None:
    """ "the fall of 2016", "last spring"; a winter is of the year in which it ends."""
    last, name, year = m.groups()
    first_month, last_month = _SEASONS[name.lower()]
    if year is None:
        if published is None or not last:
            return None
        of_year = published.year
        if last.lower() == "this":
            begins = of_year - 1 if first_month > last_month else of_year
            return f"{begins}-{first_month:02d}..{of_year}-{last_month:02d}"
        while month_end(dt.date(of_year, last_month, 1)) >= published:
            of_year -= 1
    else:
        of_year = int(year)
    begins = of_year - 1 if first_month > last_month else of_year
    return f"{begins}-{first_month:02d}..{of_year}-{last_month:02d}"


def _relative(m: re.Match[str], published: dt.date) -> str | None:
    text = " ".join(m.group().lower().split())
    if text in ("yesterday", "ayer"):
        return (published - dt.timedelta(days=1)).isoformat()
    if text in ("today", "hoy"):
        return published.isoformat()
    if re.search(r"so far this year|this year|year to date|en lo que va de(?:l)? año|este año", text):
        return _span(dt.date(published.year, 1, 1), published)
    back = 0 if text.startswith(("this", "est")) else 1
    if "week" in text or "semana" in text:
        monday = published - dt.timedelta(days=published.weekday() + 7 * back)
        return f"{monday}..{monday + dt.timedelta(days=6)}" if back else _span(monday, published)
    if "month" in text or "mes" in text.split():
        first = published.replace(day=1)
        return f"{first if back == 0 else first - dt.timedelta(days=1):%Y-%m}"
    return str(published.year - back)


def _ago(m: re.Match[str], published: dt.date) -> str | None:
    """ "three weeks ago", "in the past five days"."""
    ago_count, ago_unit, past_count, past_unit = m.groups()
    count, unit = _count(ago_count or past_count), (ago_unit or past_unit).lower()
    if ago_count:
        if unit.startswith("year"):
            return str(published.year - count)
        if unit.startswith("month"):
            return f"{add_months(published, -count):%Y-%m}"
        if unit.startswith("week"):
            at = published - dt.timedelta(days=7 * count)
            return _span(at - dt.timedelta(days=3), at + dt.timedelta(days=3))
        return (published - dt.timedelta(days=count)).isoformat()
    days = count * {"d": 1, "w": 7, "m": 30, "y": 365}[unit[0]]
    return _span(published - dt.timedelta(days=days), published)


def _nth_weekday(m: re.Match[str], published: dt.date | None) -> str | None:
    """ "the first Tuesday in May"."""
    which, name, month, year = m.groups()
    first = _dated(_number(month), 1, year or _year_beside(m), published)
    if first is None:
        return None
    days = [first.replace(day=d) for d in range(1, month_end(first).day + 1)]
    fitting = [day for day in days if day.weekday() == _WEEKDAYS.index(name.lower())]
    return fitting[_ORDINALS[which.lower()] - (which.lower() != "last")].isoformat()


def _recent(_m: re.Match[str], published: dt.date) -> str | None:
    return _span(published - dt.timedelta(days=RECENT_DAYS - 1), published)


def _last_weekday(name: str, published: dt.date) -> dt.date:
    names = _WEEKDAYS if name.lower() in _WEEKDAYS else _DIAS
    return published - dt.timedelta(days=(published.weekday() - names.index(name.lower())) % 7)


def _weekday(m: re.Match[str], published: dt.date) -> str | None:
    return _last_weekday(m.group(1), published).isoformat()


def _weekdays(m: re.Match[str], published: dt.date) -> str | None:
    end = _last_weekday(m.group(2), published)
    return _span(_last_weekday(m.group(1), end), end)


_R = re.compile
_TO = r"\s*(?:to|through|until|and|thru|[-–—])\s*"
_UNIT = r"(days?|weeks?|day|week)"
_WAY = (
    r"(begin\w*|began|start\w*|from|that ended|ended|ending|end\w*|that began|that started"
    r"|concluded|through|until|to)"
)
_Reader = Callable[[re.Match[str], Any], "str | None"]
_RECKONED = (_begun_weekday, _relative, _ago, _recent, _weekday, _weekdays)
"""Readers that need the day of publication."""
# Longer forms first, since text is blanked out once read.
_READERS: tuple[tuple[re.Pattern[str], _Reader, bool], ...] = (
    (_R(rf"\b(?:[Ii]n|[Dd]uring|[Oo]ver|[Ww]ithin|[Ff]or)(?: the| its)?(?: first| last)? {_COUNT} "
        r"(days?|weeks?|months?|years?) (after|following|since|before|preceding)\b[^.;]{0,60}?"
        rf"(?:{_ANY_WEEKDAY},?\s+)?{_MONTH}\s+{_DAY_NUMBER}\b(?:,?\s*{_YEAR})?"), _beside, False),
    (_R(rf"\b{_COUNT}[- ]{_UNIT}\b[^.;,]{{0,30}}?\b{_WAY}\s+(?:on\s+)?"
        rf"(?:{_ANY_WEEKDAY},?\s+)?{_MONTH}\s+{_DAY_NUMBER}\b(?:,?\s*{_YEAR})?"), _begun, False),
    (_R(rf"\b{_COUNT}[- ]{_UNIT}\b[^.;,]{{0,30}}?\b{_WAY}\s+(?:on\s+)?{_WEEKDAY}\b"), _begun_weekday, True),
    (_R(r"\b(dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|\d{1,2}) (días|semanas) que (terminó|concluyó"
        r"|empezó|comenzó) el (lunes|martes|miércoles|jueves|viernes|sábado|domingo)"), _begun_weekday, True),
    (_R(rf"\b(week (?:of|beginning|starting|that began|ending|ended"
        rf"|that ended))\s+(?:on\s+)?{_MONTH}\s+{_DAY_NUMBER}\b(?!\s*(?:to|through"
        rf"|[-–—])\s*)(?:,\s*{_YEAR})?"), _week_of, False),
    (_R(rf"{_MONTH}\s+{_DAY_NUMBER}(?:,\s*{_YEAR})?{_TO}(?:{_MONTH}\s+)?{_DAY_NUMBER}\b(?!,?\d)"
        rf"(?:,\s*{_YEAR})?"), _range, False),
    (_R(rf"\b(\d{{1,2}})\s*(?:{_MONTH}\s*)?{_TO}(\d{{1,2}})\s+{_MONTH}"
        rf"(?:,?\s+{_YEAR})?"), _range_day_first, False),
    (_R(rf"\b(?:[Dd]el|[Ee]ntre el|[Dd]esde el|el)\s+(\d{{1,2}})(?:\s+de\s+{_MES})?\s+(?:al|y el|hasta el|a"
        rf"|y)\s+(\d{{1,2}})\s+de\s+{_MES}(?:\s+del?\s+{_YEAR})?"), _range_day_first, False),
    (_R(rf"{_MONTH}(?:\s+{_YEAR})?\s*(?:to|through|until"
        rf"|[-–—])\s*{_MONTH}(?:\s+{_YEAR})?(?!\s*\d)"), _months, False),
    (_R(rf"\b[Bb]etween\s+{_MONTH}(?:\s+{_YEAR})?\s+and\s+{_MONTH}(?:\s+{_YEAR})?(?!\s*\d)"), _months, False),
    (_R(rf"\b(?:[Ee]ntre|[Dd]e)\s+{_MES}(?:\s+de\s+{_YEAR})?\s+(?:y|a"
        rf"|hasta)\s+{_MES}(?:\s+del?\s+{_YEAR})?"), _months, False),
    (_R(rf"\b(first|second|third|fourth|last) {_WEEKDAY} (?:in"
        rf"|of) {_MONTH}(?:,?\s*{_YEAR}\b)?"), _nth_weekday, False),
    (_R(rf"(?:\b{_ANY_WEEKDAY},?\s+)?{_MONTH}\s+{_DAY_NUMBER}\b(?![,.]?\d)(?:,?\s*{_YEAR}\b)?"), _day, False),
    (_R(rf"\b(\d{{1,2}})\s+{_MONTH}(?:,?\s+{_YEAR})?"), _day_first, False),
    (_R(rf"\b(\d{{1,2}})º?\s+(?:de\s+)?{_MES}(?:,?\s+(?:del?\s+)?{_YEAR})?"), _day_first, False),
    (_R(r"\b(\d{1,2}) (" + "|".join(_SPANISH_SHORT) + rf")\.? {_YEAR}\b"), _day_first, False),
    (_R(r"\b(?:fiscal year|fiscal|FY|año fiscal)\s*((?:19|20)\d{2})\b", re.IGNORECASE), _fiscal, False),
    (_R(rf"\b(first|second|third|fourth|last|final) (quarter"
        rf"|half)(?: of)? {_YEAR}\b", re.IGNORECASE), _quarter, False),
    (_R(rf"\b(first|last) {_COUNT} months of(?: the year)? ?{_YEAR}\b", re.IGNORECASE), _first_months, False),
    (_R(rf"\b(?:(last|this past|this|the) )?(winter|spring|summer|fall"
        rf"|autumn)\b(?:(?: of)? {_YEAR})?", re.IGNORECASE), _season, True),
    (_R(rf"\b(?:[Bb]etween|[Ff]rom|[Ee]ntre|[Dd]e)\s+{_YEAR}\s+(?:and|to|through|until|y|a"
        rf"|hasta)\s+{_YEAR}\b|\b{_YEAR}\s*[-–—]\s*{_YEAR}\b|\b{_YEAR} through {_YEAR}\b"), _years, False),
    (_R(rf"\b(?:(mid|late|early|Mid|Late|Early)[- ])?{_MONTH}(?:(?:\s+of)?,?\s+{_YEAR}\b)?"
        rf"(?!\s+\d{{1,2}}\b)"), _month, False),
    (_R(rf"\b(?:a (principios|mediados|finales|comienzos|fines"
        rf"|inicios) de )?{_MES}(?:\s+(?:del?\s+)?{_YEAR})?"), _mes, False),
    (_R(rf"\b{_YEAR}\b(?!,\d|\s+(?:people|immigrants|arrests|detainers|inmates|personas))"), _year, False),
    (_R(rf"\b{_COUNT} (days?|weeks?|months?|years?) (?:ago|earlier)\b|\b(?:in|over|during|for) the (?:past"
        rf"|last) {_COUNT} (days?|weeks?|months?|years?)\b", re.IGNORECASE), _ago, True),
    (_R(r"\bso far this year\b|\b(?:last|this|the previous|the past|past) (?:week|month|year)\b"
        r"|\b(?:yesterday|today|ayer|hoy)\b"
        r"|\b(?:la semana|el mes|el año) pasad[oa]\b|\best[ea] (?:semana|mes|año)\b"
        r"|\ben lo que va del? año\b", re.IGNORECASE), _relative, True),
    (_R(rf"\b(?:[Bb]etween|[Ff]rom) {_WEEKDAY} (?:and|to|through) {_WEEKDAY}\b"), _weekdays, True),
    (_R(rf"\b(?:[Oo]n )?{_WEEKDAY}\b(?! (?:\w+ )?in [A-Z])"), _weekday, True),
    (_R(r"\b[Ee]l (lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b"), _weekday, True),
    (_R(r"\b(?:recently|in recent weeks|recientemente"
        r"|en las últimas semanas)\b", re.IGNORECASE), _recent, True),
)  # fmt: skip
_ALWAYS_BLANK = {pattern for pattern, read, _ in _READERS if read in (_day, _day_first, _mes)}
