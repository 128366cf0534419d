"""Periods as people write them: days, months, quarters, calendar and fiscal years."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from atlarge.calendar import fiscal_year_end, fiscal_year_start, month_end, month_start

_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_YEAR = re.compile(r"^(\d{4})$")
_FISCAL = re.compile(r"^FY ?(\d{4})$", re.IGNORECASE)
_QUARTER = re.compile(r"^(\d{4})[- ]?Q([1-4])$", re.IGNORECASE)
_FISCAL_QUARTER = re.compile(r"^FY ?(\d{4})[- ]?Q([1-4])$", re.IGNORECASE)
_WEEK = re.compile(r"^(\d{4})-?W(\d{2})$", re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 1900, 2199  # a ledger is about records that someone kept
FORMS = (
    "2017-02-01, 2017-02, 2017, 2017-Q1, 2017-W05, FY2017 (October to September), FY2017-Q1 "
    "or 2017-02-01..2017-09-25"
)
_MONTH_NUMBER = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_NAME = rf"(?P<m>{'|'.join(sorted(_MONTH_NUMBER, key=len, reverse=True))})\.?"
_FY = r"(?:(?:federal\s+)?fiscal(?:\s+year)?|f?fy|f\.y\.)\s*[-']?\s*(?P<fy>\d{4}|\d{2})"
_ORDINAL = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_NTH = rf"(?P<n>{'|'.join(_ORDINAL)})"
_ANY_YEAR = rf"(?:{_FY}|(?:calendar\s+year\s+|cy\s*)?(?P<y>\d{{4}}))"
_SPOKEN = {
    "part": re.compile(
        rf"^(?:(?:q(?P<q>[1-4])|(?P<half>h)(?P<h>[12])|{_NTH}\s+(?P<what>quarter|half))[\s,/-]*"
        rf"(?:of\s+)?{_ANY_YEAR})$"
    ),
    "part_last": re.compile(rf"^{_ANY_YEAR}[\s,/-]*(?:q(?P<q>[1-4])|(?P<half>h)(?P<h>[12]))$"),
    "fiscal": re.compile(rf"^{_FY}$"),
    "calendar": re.compile(r"^(?:calendar\s+(?:year\s+)?|cy\s*|year\s+)(?P<y>\d{4})$"),
    "week": re.compile(r"^week\s+(?:of|from|starting|beginning)\s+(?P<day>.+)$"),
    "month": re.compile(rf"^{_NAME}[\s,/-]+'?(?P<y>\d{{4}})$"),
    "month_last": re.compile(rf"^(?P<y>\d{{4}})[\s,/-]+{_NAME}$"),
    "day": re.compile(rf"^{_NAME}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})$"),
    "day_first": re.compile(rf"^(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_NAME}[\s,-]+(?P<y>\d{{4}})$"),
    "us_day": re.compile(r"^(?P<a>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})$"),
    "us_month": re.compile(r"^(?P<a>\d{1,2})/(?P<y>\d{4})$"),
}
_BETWEEN = re.compile(r"\s*(?:\.\.+|\s+(?:to|through|thru|until|and)\s+|\s*[–—]\s*|\s+-+\s+)\s*")
_HYPHENS = re.compile(r"^([^-]+)-([^-]+)$")


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` to `end`, both inside."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return self.start <= other.end and other.start <= self.end

    def covers(self, other: Period) -> bool:
        """Whether every day of the other is inside."""
        return self.start <= other.start and other.end <= self.end

    def __str__(self) -> str:
        if self.start == self.end:
            return self.start.isoformat()
        return f"{self.start.isoformat()}..{self.end.isoformat()}"


def _single(text: str) -> Period:
    """One day, month, quarter, week, year or fiscal year."""
    found = _find_single(text)
    if not FIRST_YEAR <= found.start.year <= found.end.year <= LAST_YEAR:
        raise ValueError(f"{text!r} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _quarter(first: dt.date) -> Period:
    return Period(first, month_end(month_start(first, 2)))


def _find_single(text: str) -> Period:
    """The period that one form names, in whatever year."""
    if found := _DAY.match(text):
        day = dt.date(*map(int, found.groups()))
        return Period(day, day)
    if found := _MONTH.match(text):
        year, month = map(int, found.groups())
        return Period(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]))
    if found := _YEAR.match(text):
        year = int(text)
        return Period(dt.date(year, 1, 1), dt.date(year, 12, 31))
    if found := _FISCAL.match(text):
        year = int(found.group(1))
        return Period(fiscal_year_start(year), fiscal_year_end(year))
    if found := _QUARTER.match(text):
        year, quarter = map(int, found.groups())
        return _quarter(dt.date(year, 3 * quarter - 2, 1))
    if found := _FISCAL_QUARTER.match(text):
        year, quarter = map(int, found.groups())
        return _quarter(month_start(fiscal_year_start(year), 3 * (quarter - 1)))
    if found := _WEEK.match(text):
        monday = dt.date.fromisocalendar(int(found.group(1)), int(found.group(2)), 1)
        return Period(monday, monday + dt.timedelta(days=6))
    spoken = _spoken(text)
    if spoken is None:
        raise ValueError(f"{text!r} is not a period; write {FORMS}")
    return spoken


def _full_year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _spoken(text: str) -> Period | None:
    """A period in words: "fiscal year 2017", "Q3 FY2017", "first half of 2018", "Feb. 2017", "2/13/2017"."""
    words = re.sub(r"\s+", " ", text.strip().lower())
    for form, pattern in _SPOKEN.items():
        found = pattern.match(words)
        if found is None:
            continue
        part = found.groupdict()
        year = _full_year(part.get("fy") or part.get("y") or "0")
        fiscal = bool(part.get("fy"))
        first = fiscal_year_start(year) if fiscal else dt.date(max(year, 1), 1, 1)
        if form.startswith("part"):
            number = int(part.get("q") or part.get("h") or _ORDINAL[part["n"]])
            months = 6 if part.get("half") or part.get("what") == "half" else 3
            if (number - 1) * months >= 12:
                return None
            start = month_start(first, (number - 1) * months)
            return Period(start, month_end(month_start(start, months - 1)))
        if form in ("fiscal", "calendar"):
            return Period(first, month_end(month_start(first, 11)))
        if form == "week":
            day = _single(part["day"])
            return Period(day.start, day.start + dt.timedelta(days=6)) if day.days == 1 else None
        month = int(part.get("a") or _MONTH_NUMBER[part["m"]])
        if "d" in part:
            day_ = dt.date(year, month, int(part["d"]))
            return Period(day_, day_)
        start = dt.date(year, month, 1)
        return Period(start, month_end(start))
    return None


def _ends(text: str) -> tuple[str, str]:
    """The two ends of a written range; the second is empty for a single period."""
    text = re.sub(r"^(?:from|between)\s+", "", text.strip(), flags=re.IGNORECASE)
    if not _spoken(text):
        if re.fullmatch(r"\d{4}-\d{2}(-\d{2})?/\d{4}-\d{2}(-\d{2})?", text):
            text = text.replace("/", "..")
        head, *rest = _BETWEEN.split(text)
        if len(rest) == 1:
            return head.strip(), rest[0].strip()
        if rest:
            raise ValueError(f"{text!r} is not a period; write {FORMS}")
        both = _HYPHENS.match(text)
        if both and not (_MONTH.match(text) or _QUARTER.match(text) or _FISCAL_QUARTER.match(text)
                         or _WEEK.match(text)):  # fmt: skip
            return both.group(1).strip(), both.group(2).strip()
    return text, ""


def _range(head: str, tail: str) -> Period:
    """Two ends as one period; a year that the first leaves out is the second's ("May 2 to June 3, 2017")."""
    last_words = tail
    fiscal = re.match(r"(?i)^\s*(fy|fiscal year|cy|calendar year)", head)
    if re.fullmatch(r"\d{2}|\d{4}", tail) and fiscal:  # FY2016-18
        last_words = f"{fiscal.group(1)} {tail}"
    last = _single(last_words)
    try:
        first = _single(head)
    except ValueError:
        first = _single(f"{head}, {last.start.year}")
        if first.start > last.end:
            first = _single(f"{head}, {last.start.year - 1}")
    return Period(first.start, last.end)


def parse_period(written: object) -> Period:
    """Read a period. Accepts the forms of FORMS, a whole number (a year), or a mapping {from, to}.

    ValueError with the forms that are read when it cannot be.

    Examples
    --------
    >>> str(parse_period("FY2018-Q1"))
    '2017-10-01..2017-12-31'
    """
    if isinstance(written, dict):
        first, last = _single(str(written["from"])), _single(str(written["to"]))
    else:
        head, tail = _ends(str(written))
        try:
            first = last = _range(head, tail) if tail else _single(head)
        except ValueError as error:
            if "is outside the years" in str(error):
                raise
            raise ValueError(f"{str(written)!r} is not a period; write {FORMS}") from None
    if last.end < first.start:
        raise ValueError(f"the period {written!r} ends before it starts")
    return Period(first.start, last.end)
