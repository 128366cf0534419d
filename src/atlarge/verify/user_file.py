"""Read a user's file of figures line by line, whatever its columns are called.

A line that cannot be read does not stop the others: it is kept with the reason.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from atlarge.errors import PlaceError, QuestionError
from atlarge.periods import FORMS, Period, parse_period
from atlarge.records.dates import DateOrder, read_dates
from atlarge.user_files import user_lines
from atlarge.verify.counting import NAMES, canonical, is_share
from atlarge.verify.figure import AT_LEAST, AT_MOST, EXACT, KINDS, LEVELS, ROUNDED, TOLERANCE, Figure, places
from atlarge.verify.wide import head_of, long_form

_NAMES = NAMES["columns"]
"""Names under which a column of a user's file is known, the first found counts."""
_PARTS = ("fiscal_year", "year", "quarter", "month")
_SCHEMES = {word: scheme for scheme, words in NAMES["schemes"].items() for word in (scheme, *words)}
_LEVEL_WORDS = {word: level for level, words in NAMES["levels"].items() for word in words}
_WORDS = {
    r"(more than|over|at least|above|upwards? of|no fewer than|exceeds?|>=?|≥)": AT_LEAST,
    r"(nearly|almost|under|fewer than|less than|below|up to|at most|no more than|just under|<=?|≤)": AT_MOST,
    r"(about|around|roughly|approximately|approx\.?|some|circa|ca\.|c\.|an estimated|~|≈)": ROUNDED,
}
_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6}
_UNIT = r"%|per ?cent|percent|pct\.?|thousand|million|mn|[km]"
_NUMBER = re.compile(
    rf"^[$]?\s*([+-]?\d[\d,. \u00a0\u202f'’]*|[+-]?\.\d+)\s*({_UNIT})?(?:\s+[a-z() -]+)?$", re.I
)
_GROUPED = re.compile(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d+(?:\.\d+)?$|^\.\d+$")
_GROUPED_POINT = re.compile(r"^\d{1,3}(?:\.\d{3})+(?:,\d+)?$|^\d+(?:,\d+)?$")
_RANGE = re.compile(r"^(?:between\s+|from\s+)?(.+?)\s*(?:-|–|—|\bto\b|\band\b)\s*([$]?\d.*)$", re.I)
_ONE_IN = re.compile(
    r"^(\d+|one|two|three)\s+(?:in|of|out of)\s+(?:every\s+)?(\d+|two|three|four|five|six|ten)$", re.I
)
_SMALL = {"one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_FRACTIONS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "tenth": 10}
_FRACTION = re.compile(rf"^(?:(a|one|two|three)[ -])?({'|'.join(_FRACTIONS)})s?$", re.I)
_SCIENTIFIC = re.compile(r"^[+-]?\d(?:\.\d+)?e\+?(0?\d)$", re.I)
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPOKEN = {
    **{word: n for n, word in enumerate(_UNITS.split())},
    **{word: 10 * n for n, word in enumerate(_TENS.split(), 2)},
    "a": 1, "dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000,
}  # fmt: skip
_BLANK = frozenset({"n/a", "na", "nan", "none", "null", "-", "--", "–", "—", "."})


@dataclass(frozen=True)
class Unreadable:
    """A line that could not be read as a figure, with the reason."""

    id: str
    measure: str
    place: str
    publisher: str
    source: str
    why: str


class _BadCellError(Exception):
    """What is wrong with a cell of a line."""


def read_figures(path: Path | str) -> list[Figure | Unreadable]:
    """Read the lines of a file as figures or, if that fails, with the reason; in order.

    Raises
    ------
    QuestionError
        Where no line can be read: the file is no CSV, lacks a column, has dates in both orders, or every
        line is wrong (the reason of the first).
    """
    lines, separator = user_lines(path, comments=True)
    names, body, columns = _table(path, lines)
    rows: list[tuple[int, dict[str, str | None]] | Unreadable] = []
    for at, cells in body:
        extra = [c for c in cells[len(names) :] if c.strip()]
        if extra:
            why = (
                f"{path}, line {at}: has {len(cells)} cells where the header has {len(names)}; put a number "
                "or place with a comma in quotation marks"
            )
            rows.append(Unreadable(f"line {at}", "", "", "", "", why))
            continue
        cells = [*cells, *[""] * (len(names) - len(cells))]
        texts = {name: _text(cells[i]) for name, i in columns.items()}
        rows.append((at, texts))
    if not rows:
        raise QuestionError(f"{path}: has no figures under its header")
    order = _order(path, [row[1] for row in rows if not isinstance(row, Unreadable)])
    shown = {name: names[i] for name, i in columns.items()}
    states = [i for i, name in enumerate(names) if _key(name) in ("state", "st", "state_code")]
    state_at = states[0] if states and columns["place"] != states[0] else None
    found: list[Figure | Unreadable] = []
    for (at, cells), row in zip(body, rows, strict=True):
        if isinstance(row, Unreadable):
            found.append(row)
            continue
        texts = row[1]
        state = _text(cells[state_at]) if state_at is not None and state_at < len(cells) else None
        line = _Line(f"{path}, line {at}", at, texts, shown, order, separator == ";", state)
        try:
            found.append(line.figure())
        except _BadCellError as error:
            found.append(
                Unreadable(
                    texts.get("id") or f"line {at}",
                    texts.get("measure") or "",
                    texts.get("place") or state or "",
                    texts.get("publisher") or "",
                    texts.get("read_on") or "",
                    f"{path}, line {at}: {error}",
                )
            )
    if all(isinstance(row, Unreadable) for row in found):
        first = found[0]
        raise QuestionError(first.why if isinstance(first, Unreadable) else "")
    return found


def _key(name: str) -> str:
    """A column name as lower-case words joined by underscores, without anything in brackets."""
    bare = re.sub(r"\(.*?\)", "", name).strip() or name
    return re.sub(r"\W+", "_", bare.lower().lstrip("\ufeff").replace("%", "pct")).strip("_")


def _text(cell: str) -> str | None:
    """A trimmed cell; None if it is blank."""
    text = re.sub(r"\s+", " ", cell.replace("\u00a0", " ")).strip()
    return None if text.lower() in _BLANK or not text else text


def _table(
    path: Path | str, lines: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]], dict[str, int]]:
    """Header, rows and column positions, taking as header the first line that names the required columns."""
    refused: QuestionError | None = None
    for k, (_, cells) in enumerate(lines[:20]):
        heads = [cell.strip() for cell in cells]
        names, body = long_form(heads, lines[k + 1 :], set(_found(heads)))
        try:
            return names, body, _columns(path, names, heads)
        except QuestionError as error:
            refused = refused or error
    raise refused or QuestionError(
        f"{path}: is empty; figures need measure, place, value, and start and end or window"
    )


def _found(names: list[str]) -> dict[str, int]:
    """Where each column stands, by its name or, for those that are needed, by a word of its name."""
    given: dict[str, int] = {}
    for at, name in enumerate(names):
        given.setdefault(_key(name), at)
    found: dict[str, int] = {}
    for column, others in _NAMES.items():
        free = [n for n in (column, *others) if n in given and given[n] not in found.values()]
        if free:
            found[column] = given[free[0]]
    for column in ("measure", "place", "start", "end", "window", "value"):
        words = {column, *_NAMES[column]}
        free = [n for n, at in given.items() if at not in found.values() and words & {*_ends(n)}]
        if column not in found and free and not any(head_of(names[given[free[0]]])):
            found[column] = given[free[0]]
    return found


def _ends(key: str) -> tuple[str, str]:
    """First and last word of the name of a column."""
    words = key.split("_")
    return words[0], words[-1]


def _columns(path: Path | str, names: list[str], heads: list[str]) -> dict[str, int]:
    """Where each column that is read stands; QuestionError, naming the heads, if a needed one is missing."""
    found = _found(names)
    missing = [column for column in ("measure", "place", "value") if column not in found]
    if "window" not in found and not {"fiscal_year", "year"} & found.keys():
        missing += [column for column in ("start", "end") if column not in found]
    if missing:
        raise QuestionError(
            f"{path}: no column {missing[0]!r}; figures need measure, place, value, and start and end or "
            f"window; the file has {', '.join(heads[:12])}"
        )
    return found


def _order(path: Path | str, rows: list[dict[str, str | None]]) -> Literal["day", "month"]:
    """Order of day and month in dates with slashes: the US order unless the file shows the other."""
    shown = DateOrder()
    for column in ("start", "end", "published_on", "window"):
        cells = [
            part for row in rows for part in re.split(r"\s*(?:\.\.|–|\bto\b|\s-\s)\s*", row.get(column) or "")
        ]
        shown.look_at(pl.Series(cells, dtype=pl.String).replace("", None).drop_nulls())
    if shown.day_first and shown.month_first:
        raise QuestionError(
            f"{path}: some dates are day/month/year and some month/day/year; write 2017-02-01"
        )
    return "day" if shown.day_first else "month"


@dataclass(frozen=True)
class _Line:
    """One line of a file."""

    where: str
    at: int
    cell: dict[str, str | None]
    shown: dict[str, str]
    order: Literal["day", "month"]
    has_decimal_comma: bool
    state: str | None

    def figure(self) -> Figure:
        """The figure that the line gives. _BadCellError says what is wrong with it."""
        cell = self.cell
        place, level = self._place()
        for column, text in (("measure", cell["measure"]), ("place", place), ("value", cell["value"])):
            if text is None:
                raise _BadCellError(f"{self.shown[column]} is empty")
        if "id" in cell and cell["id"] is None:
            raise _BadCellError(f"{self.shown['id']} is empty")
        start, end = self._window()
        value, kind, decimals, percent, tolerance, note = self._value()
        given = (cell.get("kind") or "").lower().replace(" ", "_")
        written = cell.get("scheme") or "ddp"
        scheme = _SCHEMES.get(_key(written), "")
        if not scheme:
            known = "ddp, biglocal or agency"
            raise _BadCellError(f"{self.shown['scheme']} {written!r} is not a scheme; write {known}")
        is_own = scheme == "agency" and canonical(str(cell["measure"])) == "at_large"
        notes = filter(None, (note, cell.get("note")))
        return Figure(
            id=cell.get("id") or f"line {self.at}",
            measure="at_large_agency" if is_own else str(cell["measure"]),
            place=str(place),
            start=start,
            end=end,
            value=value,
            publisher=cell.get("publisher") or "",
            source=cell.get("read_on") or "",
            scheme="ddp" if scheme == "agency" else scheme,
            level=level,
            kind=given if given in KINDS else kind,
            decimals=decimals,
            percent=percent,
            tolerance=self._tolerance(tolerance, value, is_percent=percent),
            note="; ".join(notes),
            published_on=self._day("published_on") if cell.get("published_on") else None,
        )

    def _place(self) -> tuple[str | None, str]:
        """The place and its level: a column named after a level says it where it can be one of its places."""
        place, name = self.cell["place"], _key(self.shown["place"])
        level = _key(self.cell.get("level") or "")
        level = _LEVEL_WORDS.get(level, level)
        if level and level not in LEVELS:
            raise _BadCellError(
                f"{self.shown['level']} {self.cell['level']!r} is not a level; write {', '.join(LEVELS)}"
            )
        if place is None:
            return self.state, level or ("state" if self.state else "")
        state = self.state
        if (
            state
            and level in ("", "county", "office", "facility")
            and "," not in place
            and not place.isdigit()
        ):
            for joined in (f"{place}, {state}", f"{place} County, {state}"):
                if _is_place(joined, "county"):
                    return joined, "county"
        column = _LEVEL_WORDS.get(name, name)
        if not level and ":" not in place and column in LEVELS and _is_place(place, column):
            level = column
        return place, level

    def _window(self) -> tuple[dt.date, dt.date]:
        """First and last day."""
        cell = self.cell
        if cell.get("start") is not None and cell.get("end") is not None:
            days = self._end_day("start").start, self._end_day("end").end
            if days[0] > days[1]:
                raise _BadCellError(f"ends ({days[1]}) before it starts ({days[0]})")
            return days
        column, text = self._written_window()
        if text is None:
            missing = "end" if cell.get("start") is not None else "start"
            if "window" in self.shown and missing == "start":
                missing = "window"
            raise _BadCellError(f"{self.shown.get(missing, missing)} is empty")
        try:
            period = parse_period(self._ordered(text))
        except ValueError:
            day = read_dates(pl.Series([text]), self.order).dt.date()[0]
            if day is None:
                raise _BadCellError(f"{column} {text!r} is not a period; write {FORMS}") from None
            return day, self._last_day(day)
        return period.start, period.end if period.start < period.end else self._last_day(period.end)

    def _last_day(self, first: dt.date) -> dt.date:
        """The last day of a period written as its first day, by its length where a column has it."""
        days = self.cell.get("days") or "1"
        if not re.fullmatch(r"[1-9]\d{0,2}", days):
            raise _BadCellError(f"{self.shown['days']} {days!r} is not a number of days")
        return first + dt.timedelta(days=int(days) - 1)

    def _end_day(self, column: str) -> Period:
        """A day, or the days of the month or year, that a start or an end names."""
        text = self.cell[column]
        day = read_dates(pl.Series([text]), self.order).dt.date()[0]
        if day is not None:
            return Period(day, day)
        try:
            return parse_period(self._ordered(str(text)))
        except ValueError:
            raise _BadCellError(f"{self.shown[column]} {text!r} is not a date (2017-02-01)") from None

    def _written_window(self) -> tuple[str, str | None]:
        """The period that is written, from one column or from columns of year and quarter or month."""
        cell = self.cell
        column, text = self.shown.get("window", "window"), cell.get("window")
        if text is not None:
            return column, text
        fiscal, year = cell.get("fiscal_year"), cell.get("year")
        year = None if fiscal else year
        whole = fiscal or year
        if whole is None:
            return column, None
        column = self.shown["fiscal_year" if fiscal else "year"]
        whole = re.sub(r"\.0$", "", whole)
        is_fiscal = fiscal is not None or bool(re.match(r"(?i)fy|fiscal", whole))
        if fiscal is not None and re.fullmatch(r"'?\d{2}|\d{4}|\d{4}\s*[-–]\s*\d{4}", whole):
            whole = "FY" + whole.strip("'").replace(" ", "")
        if quarter := cell.get("quarter"):
            number = re.search(r"[1-4]", quarter)
            if number is None or re.search(r"[05-9]", re.sub(r"\d{4}", "", quarter)):
                raise _BadCellError(f"{self.shown['quarter']} {quarter!r} is not a quarter")
            is_fiscal = is_fiscal or "fiscal" in self.shown["quarter"].lower()
            year_number = re.sub(r"\D", "", whole)
            return column, f"{'FY' if is_fiscal else ''}{year_number}-Q{number.group()}"
        if month := cell.get("month"):
            month = re.sub(r"\.0$", "", month)
            if re.search(r"\d{4}", month):
                return self.shown["month"], month
            number_year = re.sub(r"\D", "", whole)
            if is_fiscal:
                raise _BadCellError(f"{self.shown['month']} of a fiscal year: write the month as 2017-02")
            return self.shown[
                "month"
            ], f"{number_year}-{int(month):02d}" if month.isdigit() else f"{month} {number_year}"
        return column, whole

    def _ordered(self, text: str) -> str:
        """Dates with slashes in the US order, where the file shows that they are in the other."""
        if self.order == "day":
            return re.sub(r"\b(\d{1,2})/(\d{1,2})/(\d{2,4})\b", r"\2/\1/\3", text)
        return text

    def _day(self, column: str) -> dt.date:
        """A cell as a day."""
        text = self.cell[column]
        day: dt.date | None = read_dates(pl.Series([text]), self.order).dt.date()[0]
        if day is None:
            raise _BadCellError(f"{self.shown[column]} {text!r} is not a date (2017-02-01)")
        return day

    def _value(self) -> tuple[float, str, int, bool, float | None, str]:
        """Value, kind, decimals, whether it is a percentage, half the width of a range, a note."""
        column, text = self.shown["value"], str(self.cell["value"])
        unit = (self.cell.get("unit") or "").lower()
        in_percent = bool(re.search(r"percent|pct|%", column.lower())) or unit.startswith(("%", "per", "pct"))
        rest, kind = text.strip(), EXACT
        for words, meaning in _WORDS.items():
            if found := re.match(rf"{words}\s*", rest, re.I):
                rest, kind = rest[found.end() :], meaning
                break
        if rest.endswith("+") and kind == EXACT:
            rest, kind = rest[:-1], AT_LEAST
        rest = rest.rstrip("*†‡ ")
        if (share := _spoken_share(rest)) is not None:
            return share, kind if kind != EXACT else ROUNDED, 0, True, None, ""
        if to_one := re.fullmatch(r"(\d[\d.]*)\s*(?:to|:)\s*1", rest, re.I):
            rest = to_one.group(1) if "/" in canonical(self.cell["measure"] or "") else rest
        number = self._number(rest)
        if number is None and (two := _RANGE.match(rest)):
            low, high = self._number(two.group(1)), self._number(two.group(2))
            if low and high and low[1:] != high[1:] and low[2:] == (1.0, False):
                low = (low[0] * high[2], low[1], *high[2:])
            if low and high and low[0] < high[0]:
                middle = (low[0] + high[0]) / 2
                note = f"published as {low[0]:,.10g} to {high[0]:,.10g}"
                decimals = max(low[1], high[1]) + 1 if low[1] >= 0 else -1
                return middle, EXACT, decimals, in_percent or high[3], (high[0] - low[0]) / 2, note
        if number is None:
            raise _BadCellError(f"{column} {text!r} is not a number")
        value, decimals, scale, percent = number
        half = None
        if scale != 1 and kind == EXACT:  # "0.14 million" is known to its last digit
            kind = ROUNDED
            after = re.search(r"\.(\d+)", rest)
            half = scale / 2 / 10 ** (len(after.group(1)) if after else 0)
            is_finer = not rest[:1].isdigit() or half <= TOLERANCE[ROUNDED] * abs(value)
            half = None if is_finer else half
        return value, kind, decimals, percent or in_percent, half, ""

    def _number(self, text: str) -> tuple[float, int, float, bool] | None:
        """Value, printed decimals (-1 for scaled), scale and whether a percentage; None where it is none."""
        if spoken := _spoken_number(text):
            return float(spoken), -1, 1.0 if spoken < 100 else float(spoken), False
        if found := _SCIENTIFIC.match(text.strip()):
            return float(text), -1, 10.0 ** int(found.group(1)), False
        found = _NUMBER.match(text.strip())
        if not found:
            return None
        digits = re.sub(r"[ \u00a0\u202f'’]", "", found.group(1)).rstrip(".,")
        sign = -1.0 if digits.startswith("-") else 1.0
        digits = digits.lstrip("+-")
        is_grouped = "," in digits or digits.count(".") > 1 or self._counts_whole()
        if self.has_decimal_comma and _GROUPED_POINT.match(digits) and is_grouped:
            digits = digits.replace(".", "").replace(",", ".")
        elif not _GROUPED.match(digits):
            raise _BadCellError(
                f"{self.shown['value']} {text!r}: a comma stands before three digits; write 1234.5 or 1,234.5"
            )
        digits = digits.replace(",", "")
        unit = (found.group(2) or "").lower()
        if unit in _SCALES:
            return sign * float(digits) * _SCALES[unit], -1, _SCALES[unit], False
        return (
            sign * float(digits),
            len(digits.partition(".")[2]),
            1.0,
            unit == "%" or unit.startswith(("per", "pct")),
        )

    def _counts_whole(self) -> bool:
        """Whether the line's measure counts in whole numbers, so that 8.510 is 8,510."""
        name = canonical(self.cell["measure"] or "")
        return not is_share(name) and not re.search(r"_a_(day|month)$|average|detained", name)

    def _tolerance(self, half: float | None, value: float, *, is_percent: bool) -> float | None:
        """A tolerance as a share of the figure: "1%", "1 percent" and 0.01 are one; "±50" is a number."""
        text = self.cell.get("tolerance")
        if text is None:
            return abs(half / value) if half is not None and value else None
        column = self.shown["tolerance"]
        bare = re.sub(r"^(?:±|\+/-|\+-|within)\s*", "", text)
        is_share = bool(re.search(r"%|per ?cent|pct", bare, re.I)) or bool(
            re.search(r"pct|percent|%", column, re.I)
        )
        try:
            number = float(re.sub(r"\s*(?:%|per ?cent|pct\.?)$", "", bare, flags=re.I).replace(",", ""))
        except ValueError:
            raise _BadCellError(f"{column} {text!r} is not a number") from None
        if not 0 <= number < float("inf"):
            raise _BadCellError(f"{column} {text!r}: a tolerance is not below 0")
        if is_share:
            return number / 100
        if number < 1:
            return number
        if is_percent or not value:
            raise _BadCellError(f"{column} {text!r}: write 1% or 0.01")
        return number / abs(value)


def _is_place(text: str, level: str) -> bool:
    try:
        places(text, level)
    except PlaceError:
        return False
    return True


def _spoken_share(text: str) -> float | None:
    """ "a third", "two-thirds", "1 in 4" as percentages; None for anything else."""
    if found := _FRACTION.match(text):
        return round(100 * _SMALL[(found.group(1) or "one").lower()] / _FRACTIONS[found.group(2).lower()], 1)
    if found := _ONE_IN.match(text):
        above, below = (int(g) if g.isdigit() else _SMALL[g.lower()] for g in found.groups())
        return round(100 * above / below, 1) if below else None
    return None


def _spoken_number(text: str) -> int | None:
    """ "a dozen", "one hundred forty thousand" as numbers; None for anything else.

    >>> _spoken_number("one hundred and forty-two thousand"), _spoken_number("dozens")
    (142000, None)
    """
    words = [w for w in re.split(r"[\s-]+", text.strip().lower()) if w != "and"]
    if not words or any(w not in _SPOKEN for w in words) or words == ["a"]:
        return None
    total, part = 0, 0
    for word in words:
        n = _SPOKEN[word]
        if n >= 1_000:
            total, part = total + max(part, 1) * n, 0
        else:
            part = max(part, 1) * n if word in ("dozen", "hundred") else part + n
    return total + part
