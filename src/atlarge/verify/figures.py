"""Published figures: the project's own table, and files of a user's own.

A file of figures is read as people write them: other names for the columns, commas and percent signs in
numbers, ISO and US dates, fiscal years and quarters, places by name.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from atlarge.errors import PlaceError, QuestionError
from atlarge.periods import FORMS, parse_period
from atlarge.places.find import find_place
from atlarge.records.dates import DateOrder, read_dates
from atlarge.reference import table

EXACT, ROUNDED, AT_LEAST, AT_MOST = "exact", "rounded", "at_least", "at_most"
KINDS = (EXACT, ROUNDED, AT_LEAST, AT_MOST)
LEVELS = ("nation", "aor", "office", "county", "state", "facility")
_NAMES = {
    "id": ("figure", "figure_id", "key", "name"),
    "measure": ("what", "quantity", "metric", "series", "indicator", "variable"),
    "place": ("where", "place_code", "county", "fips", "aor", "area", "area_of_responsibility", "office",
              "state", "facility", "location", "geography", "jurisdiction"),
    "start": ("from", "first_day", "begin", "start_date", "date_from"),
    "end": ("to", "last_day", "until", "end_date", "date_to"),
    "window": ("period", "fiscal_year", "fy", "year", "quarter", "month", "date", "day", "time", "dates"),
    "value": ("published", "count", "number", "total", "n", "amount", "share", "percent"),
    "scheme": ("definition",),
    "level": ("place_kind", "place_level"),
    "publisher": ("who", "organization", "organisation"),
    "read_on": ("source", "source_url", "url", "quoted_in", "link"),
    "kind": (),
    "tolerance": ("tolerance_pct",),
    "published_on": ("date_published",),
    "note": ("notes",),
}  # fmt: skip
"""Names under which a column of a user's file is known, the first found counts."""
_NEEDED = ("measure", "place", "value")
_WORDS = {
    r"(more than|over|at least|above|>=?|≥)": AT_LEAST,
    r"(nearly|almost|under|fewer than|less than|up to|at most|<=?|≤)": AT_MOST,
    r"(about|around|roughly|approximately|approx\.?|some|circa|ca\.|~|≈)": ROUNDED,
}
_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6}
_NUMBER = re.compile(
    r"^\$?\s*(-?\d[\d, \u00a0\u202f]*(?:\.\d+)?)\s*(%|per ?cent|percent|thousand|million|[km])?$", re.I
)


class Spot(NamedTuple):
    """A place by its level and code."""

    level: str
    code: str


@dataclass(frozen=True)
class Figure:
    """A figure as its publisher gave it, ready to be counted.

    Attributes
    ----------
    id, publisher, source
        Which figure, who gave it, where it was read.
    measure, place, level
        What it counts, where; the level is empty where the place says it.
    start, end
        First and last day.
    value, kind
        The figure, and whether it is exact, rounded, at_least or at_most.
    decimals
        Digits that were printed after the point, or -1 where that is not known.
    percent
        Whether it was written as a percentage.
    tolerance
        Relative difference taken as agreement; None: that of its kind.
    window_fitted
        Whether its days were chosen because they agree.
    explanation, tested, note
        What the table of figures says of it.
    published_on
        Day on which it came out, where known.
    """

    id: str
    measure: str
    place: str
    start: dt.date
    end: dt.date
    value: float
    publisher: str = ""
    source: str = ""
    scheme: str = "ddp"
    level: str = ""
    kind: str = EXACT
    decimals: int = -1
    percent: bool = False
    tolerance: float | None = None
    window_fitted: bool = False
    explanation: str = ""
    tested: str = ""
    note: str = ""
    published_on: dt.date | None = None

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Its places, several joined by +. PlaceError for a name that no place or more than one has."""
        parts = [part.strip() for part in self.place.split("+")]
        return tuple(spot(part, self.level) for part in parts)


@cache
def spot(text: str, level: str = "") -> Spot:
    """The place that a word names: a code, a name, or a level and a code as "office:AUS".

    Raises
    ------
    PlaceError
        If no place has the name, or more than one.

    Examples
    --------
    >>> spot("Travis County, TX"), spot("SNA").level, spot("office:SNA").level
    (Spot(level='county', code='48453'), 'aor', 'office')
    """
    head, colon, tail = text.partition(":")
    if colon and head.strip().lower() in LEVELS:
        level, text = head.strip().lower(), tail.strip()
    level = level.strip().lower()
    if level == "facility":
        return Spot("facility", _facility(text))
    try:
        found = find_place(text, level or None)
    except PlaceError:
        if level:
            raise
        code = _facility(text)
        if code not in set(table("facilities")["code"].drop_nulls()):
            raise
        return Spot("facility", code)
    return Spot(found.kind, found.code)


def _facility(text: str) -> str:
    """Code of a detention facility by its code or name; the text itself, in capitals, where none has it."""
    key = re.sub(r"[^A-Z0-9]", "", text.upper())
    rows = table("facilities").filter(pl.col("key") == key)
    return str(rows["code"][0]) if rows.height and rows["code"][0] else text.strip().upper()


def figures(path: Path | str | None = None) -> list[Figure]:
    """The project's table of published figures, or those of a file.

    Parameters
    ----------
    path
        CSV with a measure, a place, a value and either start and end or a window (FY2017, 2017-Q2, 2017-03)
        in each row; None: the table `published_figures`.

    Returns
    -------
    list of Figure

    Raises
    ------
    QuestionError
        For a file that cannot be read: it names the line and the column.

    Examples
    --------
    >>> len(figures()) >= 150
    True
    """
    if path is None:
        return list(_shipped())
    frame = _read(path)
    columns = _columns(path, frame)
    dates = _dates(path, frame, columns)
    return [_figure(path, line, row, columns, dates) for line, row in enumerate(frame.to_dicts())]


@cache
def _shipped() -> tuple[Figure, ...]:
    known = set(Figure.__dataclass_fields__)
    rows = table("published_figures").with_columns(pl.col("read_on").alias("source")).to_dicts()
    return tuple(
        Figure(
            **{k: v for k, v in row.items() if k in known and v is not None}
            | {"scheme": row["scheme"] or "ddp"}
        )
        for row in rows
    )


def _read(path: Path | str) -> pl.DataFrame:
    """A file of figures as text; QuestionError where it is none."""
    try:
        head = Path(path).read_bytes()[:4096]
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read ({error.strerror})") from None
    if head.startswith(b"PK"):
        raise QuestionError(f"{path}: is a workbook; save the sheet with the figures as CSV")
    first = head.decode("utf-8-sig", errors="replace").partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    try:
        frame = pl.read_csv(
            path, infer_schema=False, separator=separator, encoding="utf8-lossy", truncate_ragged_lines=False
        )
    except pl.exceptions.PolarsError as error:
        raise QuestionError(f"{path}: cannot be read as CSV ({str(error).splitlines()[0]})") from None
    frame = frame.rename({name: name.strip().lstrip("\ufeff") for name in frame.columns})
    text = pl.all().cast(pl.String).str.strip_chars().replace("", None)
    return frame.select(text)


def _columns(path: Path | str, frame: pl.DataFrame) -> dict[str, str]:
    """The file's name of each column that is read; QuestionError if a needed one is not there."""
    given = {re.sub(r"\W+", "_", name.lower()).strip("_"): name for name in frame.columns}
    found: dict[str, str] = {}
    for column, others in _NAMES.items():
        name = next((given[name] for name in (column, *others) if name in given), None)
        if name is not None and name not in found.values():
            found[column] = name
    missing = [column for column in _NEEDED if column not in found]
    if "window" not in found:
        missing += [column for column in ("start", "end") if column not in found]
    if missing:
        raise QuestionError(
            f"{path}: no column {missing[0]!r}; figures need measure, place, value, and start and end or "
            f"window; the file has {', '.join(frame.columns[:12])}"
        )
    return found


def _dates(path: Path | str, frame: pl.DataFrame, columns: dict[str, str]) -> dict[str, list[Any]]:
    """Days of the columns of dates; None where a cell is none. US order unless the file shows the other."""
    named = [c for c in ("start", "end", "published_on") if c in columns]
    shown = DateOrder()
    for column in named:
        shown.look_at(frame[columns[column]].drop_nulls())
    if shown.day_first and shown.month_first:
        raise QuestionError(
            f"{path}: some dates are day/month/year and some month/day/year; write 2017-02-01"
        )
    order: Literal["day", "month"] = "day" if shown.day_first else "month"
    return {c: read_dates(frame[columns[c]], order).dt.date().to_list() for c in named}


def _figure(
    path: Path | str, at: int, row: dict[str, Any], columns: dict[str, str], dates: dict[str, list[Any]]
) -> Figure:
    """One row of a user's file, typed; QuestionError names its line."""
    where = f"{path}, line {at + 2}"
    cell = {column: row[name] for column, name in columns.items()}
    for column in _NEEDED:
        if cell[column] is None:
            raise QuestionError(f"{where}: {columns[column]} is empty")
    if "id" in cell and cell["id"] is None:
        raise QuestionError(f"{where}: {columns['id']} is empty")
    start, end = _window(where, at, cell, columns, dates)
    value, kind, decimals, percent = _value(where, columns["value"], cell["value"])
    place, level = cell["place"], cell.get("level") or ""
    if not level and ":" not in place:
        level = _hinted(place, columns["place"].lower())
    given = (cell.get("kind") or "").lower()
    return Figure(
        id=cell.get("id") or f"line {at + 2}",
        measure=cell["measure"],
        place=place,
        start=start,
        end=end,
        value=value,
        publisher=cell.get("publisher") or "",
        source=cell.get("read_on") or "",
        scheme=(cell.get("scheme") or "ddp").lower(),
        level=level,
        kind=given if given in KINDS else kind,
        decimals=decimals,
        percent=percent or "percent" in columns["value"].lower(),
        tolerance=_tolerance(where, cell.get("tolerance"), columns),
        note=cell.get("note") or "",
        published_on=dates["published_on"][at] if "published_on" in dates else None,
    )


def _hinted(place: str, column: str) -> str:
    """The level that the name of the column of places says, if they are places of it."""
    if column not in LEVELS:
        return ""
    try:
        spot(place, column)
    except PlaceError:
        return ""
    return column


def _window(
    where: str, at: int, cell: dict[str, Any], columns: dict[str, str], dates: dict[str, list[Any]]
) -> tuple[dt.date, dt.date]:
    """First and last day; QuestionError for what is no date, or ends before it starts."""
    if cell.get("window") is not None and (cell.get("start") is None or cell.get("end") is None):
        text = cell["window"]
        if columns["window"].lower() in ("fiscal_year", "fy", "fiscal year") and text.isdigit():
            text = f"FY{text}"
        try:
            period = parse_period(text)
            return period.start, period.end
        except ValueError:
            day = read_dates(pl.Series([text])).dt.date()[0]
            if day is None:
                raise QuestionError(
                    f"{where}: {columns['window']} {text!r} is no period; write {FORMS}"
                ) from None
            return day, day
    days = []
    for column in ("start", "end"):
        day = dates[column][at] if column in dates else None
        if day is None:
            shown = cell.get(column)
            raise QuestionError(f"{where}: {columns.get(column, column)} {shown!r} is no date (2017-02-01)")
        days.append(day)
    if days[0] > days[1]:
        raise QuestionError(f"{where}: ends ({days[1]}) before it starts ({days[0]})")
    return days[0], days[1]


def _value(where: str, column: str, text: str) -> tuple[float, str, int, bool]:
    """A number as people write it, its kind, its decimals, and whether it is a percentage."""
    rest, kind = text.strip(), EXACT
    for words, meaning in _WORDS.items():
        if found := re.match(rf"{words}\s*", rest, re.I):
            rest, kind = rest[found.end() :], meaning
            break
    found = _NUMBER.match(rest.strip().rstrip("*†"))
    if not found:
        raise QuestionError(f"{where}: {column} {text!r} is no number")
    digits = re.sub(r"[, \u00a0\u202f]", "", found.group(1))
    unit = (found.group(2) or "").lower()
    decimals = len(digits.partition(".")[2])
    if unit in _SCALES:
        return float(digits) * _SCALES[unit], ROUNDED if kind == EXACT else kind, -1, False
    return float(digits), kind, decimals, unit == "%" or unit.startswith("per")


def _tolerance(where: str, text: str | None, columns: dict[str, str]) -> float | None:
    """A tolerance as a share: "1%" and 0.01 are the same; a column of percentages says so in its name."""
    if text is None:
        return None
    try:
        number = float(text.rstrip("% "))
    except ValueError:
        raise QuestionError(f"{where}: {columns['tolerance']} {text!r} is no number") from None
    is_percent = text.endswith("%") or columns["tolerance"].lower().endswith("pct")
    return number / 100 if is_percent else number
