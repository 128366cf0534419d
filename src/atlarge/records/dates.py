"""Read dates and times for all release families, whatever program wrote the file.

Times are read as the wall clock that was written: records state local time, and programs label it UTC when
they write Parquet or ISO 8601, so a zone or an offset never moves a record to another day.

In a date written in numbers with the year last, the order of day and month is a fact of the file, not of the
cell: it is decided from all its date columns at once, and a file where it cannot be decided is refused.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from atlarge.codes import is_text
from atlarge.errors import ReleaseError
from atlarge.releases.marks import bare_words
from atlarge.wording import some

Order = Literal["month", "day"]

_FAST = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S%.f")
_SLASHED = r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$"
_NUMERIC = r"^(\d{1,2})([/.\-])(\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T,]|$)"
_ISO_DAY = r"^\d{4}-\d{2}-(\d{2})"
_YEAR_DAY = r"^\d{4}[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[ T]|$)"
_ZONE = (
    r"(?:Z|[A-Z]{1,4}T|[A-Z]{3}\d[A-Z]{3}|[A-Z]+/[A-Z_/]+|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT"
    r"|\((?:UTC|GMT)[^)]*\)[A-Z &()]*)(?:\s?[\[(][^\])]*[\])])?"
)
_CLOCK = (
    r"(?i)^(?P<date>.+?)(?:\s*[T,]\s*|\s+(?:at )?)(?P<h>\d{1,2}):(?P<mi>\d{2})"
    r"(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?"
    rf"\s*(?P<half>[ap]\.?\s?m\b\.?)?\s*(?:{_ZONE})?$"
)
_COMPACT_CLOCK = r"^(?P<date>\d{8})[T ](?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})?(?:[.,]\d{1,9})?Z?$"
_DATE_ZONE = r"\s*(?:Z|UTC|GMT|[+-]\d{2}:\d{2})$"
_WEEKDAY = (
    r"(?i)^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|lunes|martes|miercoles|jueves|viernes|sabado|domingo"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\.?,?\s+"
)
_YEAR_FIRST = r"^(?P<y>\d{4})[-/. ](?P<m>\d{1,2})[-/. ](?P<d>\d{1,2})$"
_EIGHT_DIGITS = r"^(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})$"
_YEAR_LAST = r"^(?P<a>\d{1,2})[/.\-](?P<b>\d{1,2})[/.\-](?P<y>\d{4}|\d{2})$"
_MONTH_FIRST_ALONE = r"^(?P<a>\d{1,2})[/.\-](?P<b>1[3-9]|2\d|3[01])[/.\-](?P<y>\d{4}|\d{2})$"
_DAY_MONTH_NAME = (
    r"^(?P<d>\d{1,2})(?:st|nd|rd|th|er|o)?[ \-/.]*(?P<m>[a-z]{3,10})\.?[ \-/,.]*(?P<y>\d{4}|\d{2})$"
)
_MONTH_NAME_DAY = r"^(?P<m>[a-z]{3,9})\.?[ \-]*(?P<d>\d{1,2})(?:st|nd|rd|th)?,?[ \-]+(?P<y>\d{4}|\d{2})$"
_YEAR_MONTH_NAME = r"^(?P<y>\d{4})[- ](?P<m>[a-z]{3,9})[- ](?P<d>\d{1,2})$"
_MONTHS = (
    "january february march april may june july august september october november december",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner februar mrz april mai juni juli august september oktober november dezember",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
)
"""In English, Spanish, French, German, Portuguese and Italian."""
_NAMED_MONTH = r"(?i)^\d{1,2}[^a-z\d:]*([a-z]{3,10})[^a-z\d:]+(?:\d{4}|\d{2})(?:\D|$)"
_SAS_CLOCK = r"(?i)^(\d{1,2}[-/]?[a-z]{3}[-/]?\d{2,4}):"
_OTHER_CLOCKS = (
    (r"^([A-Za-z]{3,9}) (\d{1,2}) (\d{1,2}:\d{2}:\d{2})(?: [A-Z]{2,4})? (\d{4})$", "${2} ${1} ${4} ${3}"),
    (r"([+-]\d{4}) [A-Z]{2,4}$", "${1}"),
    (r" (\d{1,2})\.(\d{2})\.(\d{2})(?:\.\d{1,9})?( ?[AaPp][Mm])?$", " ${1}:${2}:${3}${4}"),
    (r"^((?:19|20)\d{6})(\d{6}|\d{4})(?:\d{3})?$", "${1}T${2}"),
    (r"(?i)^(.*\d{4}) ([01]\d|2[0-3])([0-5]\d)(?: ?h(?:ou)?rs?)?$", "${1} ${2}:${3}"),
    (r"(?i)^(\d{1,2})o? de ([a-z]+) del? ", "${1} ${2} "),
    (r":60((?:\D.*)?)$", ":59${1}"),
    (r"^((?:19|20)\d{6})\.0+$", "${1}"),
)
"""Clocks as `date` on Unix, Go and Oracle, databases, the military and Spanish speakers write them, a leap
second, eight digits that pandas made a float, and how others write the same."""
_WRAPPED = r"""(?i)^(?:=?["']|\[|\{(?:ts|d) '|(?:date|timestamp) ?'|/date\()(.*?)["'\])}/]*$"""
_ODD = r"""(?i)[^\x20-\x7e]|^(?:["'=\[{/]|(?:date|timestamp) ?')"""
_COUNTED = r"^(\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.\d*)?$"
_COUNTED_WITHIN = (946_684_800, 1_893_456_000)
"""Seconds since 1970 of the years 2000 and 2030: the digits of a date written in one are never these."""
_SERIAL = r"^[1-6]\d{4}(?:[.,]\d+)?$"
_EPOCH = pl.datetime(1899, 12, 30)
_TO_1904 = 1462
"""Days from the first one of day numbers to that of workbooks from older Macintosh programs."""
_LATEST = dt.date(2026, 12, 31)
"""No record is of a later day, where its day is in question."""
_CLOSE_DAYS, _SURE, _FEWEST_WEEKS = 183, 3.0, 10
_FEWEST_DAYS, _FEWEST_MONTHS, _EXCHANGED = 10, 3, 0.95
_LOOKED_AT, _ENOUGH_TIMES = 2_000, 20
_EVENING = range(14, 24)
"""The hours at which midnight UTC falls in Hawaii, in the east in summer, and between; and midnight in Europe
by a clock of UTC."""
_NIGHT, _MORNING, _WORK = (0, 3), (5, 8), (10, 23)
"""Hours in which few records are made, many, and most; by a clock of UTC they are evening, night and day."""
_MOST_EARLY, _LEAST_WORK, _TIMES_NIGHT, _FEWEST_TIMES = 0.1, 0.7, 1.5, 12
_LAST_OF_2000S = 69
"""Two-digit years: 00 to 68 are of this century, as POSIX has it."""
_SEVERAL_DAYS, _NO_YEARS = 8, frozenset(range(27, 32))
"""Dates end in days, not in years of two digits, where they end in so many numbers, some of years to come."""
_FEW = 0.25
_ENOUGH = 10
_STRAYS = 0.01
"""So many of the cells that show an order may show the other one: they are mistyped, and quarantined."""
_MISTYPED = 0.1
"""The same of dates that begin with the year."""


@cache
def _names() -> dict[str, str]:
    """The number of each month by its names, and by their beginnings that no other month shares."""
    found: dict[str, set[int]] = {}
    for months in _MONTHS:
        for number, name in enumerate(months.split(), 1):
            for length in range(3, len(name) + 1):
                found.setdefault(name[:length], set()).add(number)
    return {name: str(*numbers) for name, numbers in found.items() if len(numbers) == 1}


def _in_ascii(word: str) -> str:
    kinds = [(unicodedata.category(c), c) for c in unicodedata.normalize("NFKD", word)]
    return "".join(
        "-" if kind == "Pd" else str(unicodedata.decimal(c, c)) for kind, c in kinds if kind != "Mn"
    )


def _plain(words: pl.Series) -> pl.Series:
    """Words without the marks by which programs keep them text and without accents, in plain digits and
    hyphens."""
    if not words.str.contains(_ODD).any():
        return words
    odd = words.filter(words.str.contains(_ODD).fill_null(False)).unique()
    plain = pl.Series([_in_ascii(word) for word in odd.to_list()], dtype=pl.String)
    plain = plain.str.replace(_WRAPPED, "${1}").str.strip_chars()
    return words.replace(odd, plain)


@dataclass
class DateOrder:
    """Evidence from a file's numeric dates on the order of day and month.

    `published`: the order that the family is published in, which decides where nothing in the file does.
    `from_1904`: whether its day numbers are counted from 1904, once that is known.
    """

    published: Order | None = None
    month_first: int = 0
    day_first: int = 0
    either: int = 0
    others: int = 0
    late_days: int = 0
    year_day: int = 0
    last: set[int] = field(default_factory=set)
    named: int = 0
    unnamed: int = 0
    dotted: bool = True
    decided: Order | None = None
    from_1904: bool | None = None

    @property
    def now(self) -> Order | None:
        """The order as determined so far."""
        return self.decided or self.published

    @property
    def doubtful(self) -> int:
        """Values that say something of the order, or cannot be read."""
        return self.numeric + self.year_day + self.unnamed

    @property
    def numeric(self) -> int:
        """Values that are numeric dates with the year last."""
        return self.month_first + self.day_first + self.either

    def look_at(self, words: pl.Series) -> None:
        """Count the distinct words of a column that show an order, or could be of either."""
        words = _plain(bare_words(words).drop_nulls())
        word = pl.col("w").str
        parts = (
            words.rename("w")
            .to_frame()
            .select(
                years=word.extract_groups(_YEAR_DAY),
                numeric=word.extract_groups(_NUMERIC),
                iso=word.extract(_ISO_DAY, 1).cast(pl.Int32, strict=False),
                month=word.extract(_NAMED_MONTH, 1).str.to_lowercase(),
            )
        )
        month, day = (pl.col("years").struct.field(part).cast(pl.Int32) for part in "12")
        first, second = (pl.col("numeric").struct.field(part).cast(pl.Int32) for part in "13")
        counts = parts.select(
            year_day=(month > 12) & (month <= 31) & (day <= 12),
            others=first.is_null(),
            late_days=pl.col("iso") > 12,
            named=pl.col("month").is_not_null(),
            unnamed=~pl.col("month").is_in([*_names()]),
            day_first=(first > 12) & (first <= 31) & (second <= 12),
            month_first=(second > 12) & (second <= 31) & (first <= 12),
            either=(first <= 12) & (second <= 12) & (first != second),
        ).sum()
        for name, count in counts.row(0, named=True).items():
            setattr(self, name, getattr(self, name) + count)
        parts = parts["numeric"].struct.unnest().drop_nulls()
        if parts.is_empty():
            return
        short = parts["4"].filter(parts["4"].str.len_chars() == 2)
        self.last |= set(short.cast(pl.Int32).to_list())
        self.dotted = self.dotted and bool((parts["2"] == ".").all())

    def decide(self, path: Path, columns: Iterable[str]) -> None:
        """Decide the order. ReleaseError where the cells contradict each other, or nothing shows it.

        A few numeric dates among many in another form are read month first, as US agencies write (a note says
        so if none shows it); if some of them can be day first alone, those that could be either go to
        quarantine.
        """
        named = ", ".join(repr(name) for name in columns)
        advice = "write dates as YYYY-MM-DD and try again"
        if self.unnamed > _MISTYPED * self.named:
            raise ReleaseError(
                f"{path}: the dates in {named} name months in a language that is not read, in "
                f"{some(self.unnamed, 'value')}; {advice}"
            )
        if self.year_day > _MISTYPED * (self.year_day + self.late_days):
            raise ReleaseError(
                f"{path}: the dates in {named} are year-day-month in {self.year_day:,} values, and others "
                f"cannot be told from year-month-day; {advice}"
            )
        if len(self.last) >= _SEVERAL_DAYS and max(self.last) <= 31 and self.last & _NO_YEARS:
            raise ReleaseError(
                f"{path}: the dates in {named} end in days, from {min(self.last)} to {max(self.last)}: their "
                f"year comes first and has two digits; {advice}"
            )
        if self.numeric <= _FEW * (self.numeric + self.others) and self.decided is None:
            if not self.day_first:  # US agencies write the month first
                self.decided = "month"
            return
        shown = self.month_first + self.day_first
        minority = min(self.month_first, self.day_first)
        if minority and minority > _STRAYS * shown:
            raise ReleaseError(
                f"{path}: the dates in {named} are month/day/year in {self.month_first:,} values and "
                f"day/month/year in {self.day_first:,}: a program has changed some of them; {advice}"
            )
        if shown:
            found: Order = "month" if self.month_first >= self.day_first else "day"
            if self.decided not in (None, found):
                raise ReleaseError(f"{path}: the order of day and month changes within {named}; {advice}")
            if found == "day" and not self.dotted:
                raise ReleaseError(
                    f"{path}: the dates in {named} are day/month/year (in {self.day_first:,} values they can "
                    f"be nothing else), and the release is not published so: the file was saved again with "
                    f"another country's dates, and some may have changed places; {advice}"
                )
            self.decided = found
            if not self.either and shown >= _ENOUGH and self.others >= _ENOUGH and not self.late_days:
                raise ReleaseError(
                    f"{path}: in {named} every date up to the 12th is a date and every later one is text: a "
                    f"program set to another country's dates has read day for month; {advice}"
                )
        elif self.either and self.decided is None:
            if self.published is None:
                raise ReleaseError(
                    f"{path}: in {named} no date shows whether day or month comes first; {advice}"
                )
            self.decided = self.published


def day_numbers(words: pl.Series) -> pl.Series:
    """The cells, text or numbers, that are days counted by a spreadsheet program; the others null."""
    words = words.cast(pl.String)
    return words.to_frame("w").select(pl.when(pl.col("w").str.contains(_SERIAL)).then("w")).to_series()


def from_1900(cells: pl.Series) -> pl.Series:
    """The cells of a column of day numbers counted from 1904, as text, with the numbers of most programs."""
    words, numbers = cells.cast(pl.String), day_numbers(cells).str.replace(",", ".", literal=True)
    usual = numbers.cast(pl.Float64, strict=False) + _TO_1904
    return usual.cast(pl.String).fill_null(words).alias(cells.name)


def is_from_1904(
    path: Path, name: str, numbers: pl.Series, others: pl.Series, bounds: Iterable[tuple[str, ...]]
) -> bool:
    """Whether day numbers are counted from 1904, as workbooks of older Macintosh programs do.

    `numbers`: of all rows. `others`: dates of the file that are written out. `bounds`: the first and the last
    day (ISO) that a date may have, then narrower ones; the first that only one count keeps decides. Where
    both do, dates that are written out decide, else the weekend: on its days there are fewer records than on
    Mondays. ReleaseError where nothing decides.
    """
    usual = read_dates(numbers).dt.date()
    later = usual + dt.timedelta(days=_TO_1904)
    for at, (first, last) in enumerate((*days, "")[:2] for days in bounds if days):
        ends = dt.date.fromisoformat(first), min(dt.date.fromisoformat(last or str(_LATEST)), _LATEST)
        inside = [float(days.is_between(*ends).mean() or 0) for days in (usual, later)]  # type: ignore[arg-type]
        if min(inside) <= _STRAYS and max(inside) >= 1 - _STRAYS:
            return inside[1] > inside[0]
        if at == 0 and max(inside) <= _STRAYS:
            if others.is_empty():
                _refuse_other_count(path, name, usual, ends)
            return False
    if len(others):
        apart = [abs(_middle(days) - _middle(others)) for days in (usual, later)]
        if min(apart) <= _CLOSE_DAYS:
            return apart[1] < apart[0]
    more = _more_on_mondays(usual)
    if abs(more) < _SURE:
        raise ReleaseError(
            f"{path}: the dates in {name!r} are numbers of days, from {usual.min()!s} to {usual.max()!s} as "
            f"most workbooks count them, {later.min()!s} to {later.max()!s} as those that count from 1904; "
            "nothing in the file shows which; write dates as YYYY-MM-DD and try again"
        )
    return more < 0


def _refuse_other_count(path: Path, name: str, usual: pl.Series, ends: tuple[dt.date, dt.date]) -> None:
    """Raise ReleaseError if day numbers are counted as statistics programs do.

    They are not read: of years that both counts reach nothing says which it is.
    """
    counts = []
    for year, programs in ((1960, "SAS and Stata"), (1970, "R")):
        days = usual + (dt.date(year, 1, 1) - dt.date(1899, 12, 30))
        if float(days.is_between(*ends).mean() or 0) >= 1 - _STRAYS:  # type: ignore[arg-type]
            counts.append(f"from {year}, as {programs} count, {days.min()!s} to {days.max()!s}")
    if counts:
        raise ReleaseError(
            f"{path}: the dates in {name!r} are numbers of days, and not those of spreadsheets ("
            f"{'; '.join(counts)}); write dates as YYYY-MM-DD and try again"
        )


def _middle(days: pl.Series) -> float:
    return float(days.cast(pl.Int32).median() or 0)  # type: ignore[arg-type]


def _more_on_mondays(days: pl.Series) -> float:
    """How many more records there are on Mondays than on the Saturdays before them, in standard errors.

    Days that are counted from 1904, read as if from 1900, are a weekday late: what reads as a Monday is a
    Sunday, and what reads as a Saturday a Friday.
    """
    day = pl.col("day")
    is_monday = day.dt.weekday() == 1
    counted = days.drop_nulls().to_frame("day").filter(is_monday | (day.dt.weekday() == 6))
    monday = pl.when(is_monday).then(day).otherwise(day + dt.timedelta(days=2))
    weeks = counted.group_by(monday.alias("week")).agg(more=pl.when(is_monday).then(1).otherwise(-1).sum())
    more = weeks["more"].to_numpy() if weeks.height >= _FEWEST_WEEKS else np.zeros(1)
    return float(more.sum() / max(1.0, np.sqrt((more**2).sum())))


def refuse_exchanged_days(path: Path, name: str, dates: pl.Series) -> None:
    """Raise ReleaseError if a program has read day for month where that gives a date.

    Dates up to the 12th then lie in months that have no later day, and exchanged in those that have.
    """
    days = dates.dt.date().unique().drop_nulls().to_frame("day")
    year, month, day = (getattr(pl.col("day").dt, part)().cast(pl.Int32) for part in ("year", "month", "day"))
    known = days.filter(day > 12).select(year * 12 + month).to_series().unique()
    early = days.filter(day <= 12)
    odd = early.filter(~(year * 12 + month).is_in(known.implode()))
    if odd.height < max(_FEWEST_DAYS, _MISTYPED * early.height):
        return
    months = int(odd.select((year * 12 + month).n_unique()).item())
    near = pl.concat([known, known - 1, known + 1]).unique()  # the first and the last month may be short
    exchanged = float(odd.select((year * 12 + day).is_in(near.implode()).mean()).item())
    if months >= _FEWEST_MONTHS and exchanged >= _EXCHANGED:
        raise ReleaseError(
            f"{path}: in {name!r} {odd.height:,} dates up to the 12th lie in {months} months that have no "
            "later day, and with day and month exchanged in or beside those that have: a program has read "
            "day for month; write dates as YYYY-MM-DD and try again"
        )


def refuse_moved_midnights(path: Path, name: str, cells: pl.Series, order: Order | None) -> None:
    """Raise ReleaseError if every time is midnight moved back by a zone: each day would be one too early.

    A date at midnight UTC, shown in a zone of the United States, is seven or eight in the evening before; one
    at midnight in Europe, written in UTC, is ten or eleven.
    """
    if not is_text(cells) and not isinstance(cells.dtype, pl.Datetime):
        return
    few = cells.head(_LOOKED_AT).unique()
    times = read_dates(bare_words(few.cast(pl.String)) if is_text(few) else few, order).drop_nulls().unique()
    if len(times) < _ENOUGH_TIMES or not (times.dt.truncate("1h") == times).all():
        return
    hours = times.dt.hour().unique().sort().to_list()
    if hours[0] in _EVENING and hours[-1] - hours[0] <= 1:
        seen = " or ".join(f"{hour}:00" for hour in hours)
        raise ReleaseError(
            f"{path}: every time in {name!r} is {seen}: a program has moved midnight to another time zone, "
            "and each day is one too early; write dates as YYYY-MM-DD and try again"
        )


def refuse_utc(path: Path, name: str, times: pl.Series) -> None:
    """Raise ReleaseError if the hours of a working day's records are those of UTC: evenings lie a day late.

    The day's work begins between five and nine in the morning, and little is done after midnight; by a clock
    of UTC it is the other way round. Times of midnight are days without a time, and say nothing.
    """
    hour = times.filter(times.dt.time() != dt.time()).dt.hour()
    night, early, work = (int(hour.is_between(*hours).sum()) for hours in (_NIGHT, _MORNING, _WORK))
    is_turned = night >= _TIMES_NIGHT * early and early <= _MOST_EARLY * len(hour)
    if night + early >= _FEWEST_TIMES and is_turned and work >= _LEAST_WORK * len(hour):
        raise ReleaseError(
            f"{path}: the times in {name!r} are UTC, not local: {night:,} lie between 0:00 and 4:00, and "
            f"only {early:,} between 5:00 and 9:00, when work begins; records of the evening would count on "
            "the next day; write local times, or local dates as YYYY-MM-DD, and try again"
        )


def bare_clock(values: pl.Series) -> pl.Series | None:
    """Dates that came typed (Parquet, Arrow, Stata) as wall-clock times; None if they are not dates."""
    kind = values.dtype
    if kind == pl.Date:
        return values.cast(pl.Datetime("us"))
    if isinstance(kind, pl.Datetime):
        clock = values.dt.replace_time_zone(None) if kind.time_zone else values
        return clock.cast(pl.Datetime("us"))
    return None


def read_dates(words: pl.Series, order: Order | None = "month") -> pl.Series:
    """Dates and times of words, as wall-clock Datetime("us"); null where a word is no date.

    `words`: text, trimmed, blanks null. `order`:
    what comes first in a numeric date with the year last; None: it
    is read only if it can be month/day/year alone.

    Examples
    --------
    >>> read_dates(pl.Series(["2025-06-06T07:30:00Z", "06jun2025", "6/6/25 7:30 AM"])).dt.date().n_unique()
    1
    """
    typed = bare_clock(words)
    if typed is not None:
        return typed
    tried = [pl.col("w").str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))]
    tried += [pl.col("w").str.to_datetime(form, time_unit="us", strict=False) for form in _FAST]
    year_first = pl.col("w").str.contains(r"^\d{4}-")  # the parser would also read 05 as a year
    year_first &= ~pl.col("w").str.contains(":60", literal=True)  # and a leap second as the next day
    iso = pl.when(year_first).then(pl.coalesce(tried))
    read: pl.Expr = iso
    if order is not None:
        form = "%m/%d/%Y" if order == "month" else "%d/%m/%Y"
        slashed = pl.col("w").str.to_date(form, strict=False).cast(pl.Datetime("us"))
        read = iso.when(pl.col("w").str.contains(_SLASHED)).then(slashed)
    dates = words.rename("w").to_frame().select(read).to_series()
    rest = words.filter(dates.is_null() & words.is_not_null()).unique()
    if rest.is_empty():
        return dates
    slow = words.replace_strict(rest, _any_form(rest, order), default=None, return_dtype=pl.Datetime("us"))
    return dates.fill_null(slow)


def _clocks(words: pl.Series) -> pl.DataFrame:
    """Words split into date (in lower case), hour, minute and second."""
    frame = words.rename("w").to_frame()
    parts = frame.select(
        pl.col("w").str.extract_groups(_CLOCK).alias("clock"),
        pl.col("w").str.extract_groups(_COMPACT_CLOCK).alias("compact"),
        "w",
    )

    def part(name: str) -> pl.Expr:
        own = pl.col("clock").struct.field(name)
        return own if name == "half" else pl.coalesce(own, pl.col("compact").struct.field(name))

    hour = part("h").cast(pl.Int32)
    half = part("half").str.to_lowercase().str.slice(0, 1)
    late = pl.when(half == "p").then(12).otherwise(0)
    return parts.select(
        pl.coalesce(part("date"), pl.col("w").str.replace(_DATE_ZONE, "")).str.to_lowercase().alias("date"),
        pl.when(half.is_null()).then(hour).when(hour.is_between(1, 12)).then(hour % 12 + late).alias("h"),
        hour.is_null().alias("no_clock"),
        part("mi").cast(pl.Int32).alias("mi"),
        part("s").cast(pl.Int32).alias("s"),
        "w",
    )


def _any_form(words: pl.Series, order: Order | None) -> pl.Series:
    """Dates of distinct words in any other form."""
    spaces = _plain(words.str.replace_all(r"[\s\u00a0\u202f]+", " ").str.strip_chars())
    spaces = spaces.str.replace(_WEEKDAY, "").str.replace(_SAS_CLOCK, "${1} ")
    for form, usual in _OTHER_CLOCKS:
        spaces = spaces.str.replace(form, usual)
    parts = _clocks(spaces)
    day, month = ("a", "b") if order == "day" else ("b", "a")
    forms = [
        (_YEAR_FIRST, "y", "m", "d"),
        (_EIGHT_DIGITS, "y", "m", "d"),
        (_YEAR_LAST if order else _MONTH_FIRST_ALONE, "y", month, day),
        (_DAY_MONTH_NAME, "y", "m", "d"),
        (_MONTH_NAME_DAY, "y", "m", "d"),
        (_YEAR_MONTH_NAME, "y", "m", "d"),
    ]
    groups = parts.with_columns(
        pl.col("date").str.extract_groups(form).alias(f"f{i}") for i, (form, *_) in enumerate(forms)
    )
    numbers = {
        what: pl.coalesce(pl.col(f"f{i}").struct.field(form[1 + at]) for i, form in enumerate(forms))
        for at, what in enumerate(("year", "month", "day"))
    }
    names = _names()
    month_number = numbers["month"].replace(list(names), list(names.values()))
    year = numbers["year"].cast(pl.Int32)
    short = pl.when(year < _LAST_OF_2000S).then(year + 2000).otherwise(year + 1900)
    whole = groups.select(
        pl.when(numbers["year"].str.len_chars() == 2).then(short).otherwise(year).alias("year"),
        month_number.cast(pl.Int32, strict=False).alias("month"),
        numbers["day"].cast(pl.Int32).alias("day"),
        "h", "mi", "s", "no_clock", "w",
    )  # fmt: skip
    written = pl.format(
        "{}-{}-{} {}:{}:{}",
        pl.col("year").cast(pl.String).str.zfill(4),
        *[pl.col(name).cast(pl.String).str.zfill(2) for name in ("month", "day")],
        pl.when("no_clock").then(0).otherwise(pl.col("h")).cast(pl.String).str.zfill(2),
        *[pl.col(name).fill_null(0).cast(pl.String).str.zfill(2) for name in ("mi", "s")],
    ).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    point = pl.col("w").str.replace(",", ".", literal=True)
    serial = pl.when(pl.col("w").str.contains(_SERIAL)).then(point).cast(pl.Float64, strict=False)
    seconds = (serial * 86400).round(0).cast(pl.Int64)
    counted = (_EPOCH + pl.duration(seconds=seconds)).cast(pl.Datetime("us"))
    return whole.select(pl.coalesce(written, counted, _since_1970(pl.col("w")))).to_series()


def _since_1970(words: pl.Expr) -> pl.Expr:
    """Times counted in seconds, thousandths, millionths or billionths, as databases and JSON write them."""
    digits = words.str.extract(_COUNTED, 1)
    count = digits.cast(pl.Int64, strict=False)
    length = digits.str.len_chars()
    count = pl.when(length <= 16).then(count).otherwise(count // 1_000)
    unit = pl.when(length <= 10).then(1).when(length <= 13).then(1_000).otherwise(1_000_000)
    is_time = (count // unit).is_between(*_COUNTED_WITHIN)
    return pl.when(is_time).then(pl.from_epoch(count * (1_000_000 // unit), "us")).cast(pl.Datetime("us"))
