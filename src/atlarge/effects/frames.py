"""Panels from any dataframe: one row a unit and period becomes an array of units x periods."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from atlarge.effects.arrays import as_numbers, as_panel
from atlarge.effects.results import frame_of
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError


@dataclass(frozen=True)
class Panel:
    """An array of units x periods with its labels. Returned by `panel_of`.

    Attributes
    ----------
    values : array [N, T]
        Counts or rates; NaN where the frame has no row.
    units, times : tuple
        Labels of the N rows and of the T columns.
    """

    values: Floats
    units: tuple[Any, ...]
    times: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"<Panel: {len(self.units)} units x {len(self.times)} periods>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Floats:
        """The values, so that a panel serves wherever an array [N, T] does."""
        return np.array(self.values, dtype=dtype) if copy else np.asarray(self.values, dtype=dtype)

    def to_frame(self) -> Any:
        """One row a unit and period (Polars): unit, time, value."""
        units = [unit for unit in self.units for _ in self.times]
        times = list(self.times) * len(self.units)
        return frame_of({"unit": units, "time": times, "value": self.values.ravel()})

    def row(self, unit: Any) -> int:
        """Index of a unit; QuestionError where there is none."""
        try:
            return self.units.index(unit)
        except ValueError:
            near = ", ".join(map(str, self.units[:3]))
            raise QuestionError(f"no unit {unit!r}; there are {len(self.units)}: {near}, ...") from None

    def column(self, time: Any) -> int:
        """Index of the first period at or after a time; QuestionError where there is none."""
        wanted, labels = _alike(time, self.times)
        try:
            found = next((k for k, label in enumerate(labels) if label >= wanted), None)
        except TypeError:
            raise QuestionError(f"{time!r} is not a time as in the data ({self.times[0]!r})") from None
        if found is None:
            last = name_of(self.times[-1]) if self.times else "none"
            raise QuestionError(
                f"{time} lies after the last of {len(self.times)} periods ({last}); "
                "an array has a row for each unit and a column for each period"
            )
        return found


def name_of(label: Any) -> str:
    """A label as it is printed: of a moment at midnight, the day."""
    is_day = isinstance(label, dt.datetime) and label.time() == dt.time(0)
    return label.date().isoformat() if is_day else str(label)


_DAY = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?|(\d\d)(\d\d)?|-?Q([1-4])|-?W(\d\d))?")
_MONTH_NAME = re.compile(r"(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\b")
_YEAR_LAST = re.compile(r"\D\d{4}$")


def _day(text: Any) -> Any:
    """The first day of a date, month, week, quarter or year that is written out; anything else as it is."""
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return text
    year, *parts = (int(part) if part else None for part in found.groups())
    month, day, compact_month, compact_day, quarter, week = parts
    try:
        if week is not None:
            return dt.date.fromisocalendar(year or 1, week, 1)
        month = 3 * quarter - 2 if quarter else month or compact_month
        return dt.date(year or 1, month or 1, day or compact_day or 1)
    except ValueError:
        return text


def _alike(time: Any, labels: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """A time and the labels of periods in one type. "2018-06" is no day before "2018-06-01", but the same."""
    if labels and isinstance(labels[0], str):
        days = tuple(_day(label) for label in labels)
        if all(isinstance(day, dt.date) for day in days):
            labels = days
    return (_like(time, labels[0]) if labels else time), labels


def _like(time: Any, label: Any) -> Any:
    """A day given as text or in another type, in the type of the labels."""
    time = getattr(time, "start_time", time)  # a pandas period
    if hasattr(time, "astype") and not isinstance(time, dt.date):  # a NumPy type
        time = (
            time.astype("datetime64[us]").item() if np.issubdtype(time.dtype, np.datetime64) else time.item()
        )
    if isinstance(label, dt.date) and isinstance(time, str):
        time = _day(time)
        try:
            time = dt.datetime.fromisoformat(time) if isinstance(time, str) else time
        except ValueError:
            return time
    if isinstance(label, dt.datetime):
        if isinstance(time, dt.date) and not isinstance(time, dt.datetime):
            time = dt.datetime(time.year, time.month, time.day)
        return time.replace(tzinfo=label.tzinfo) if isinstance(time, dt.datetime) else time
    return time.date() if isinstance(label, dt.date) and isinstance(time, dt.datetime) else time


def _check_even(times: list[Any]) -> None:
    """QuestionError where periods are missing between others, for all units."""
    if len(times) < 3 or not isinstance(times[0], dt.date | int | float):
        return
    step = [(b - a).total_seconds() if isinstance(a, dt.date) else b - a for a, b in pairwise(times)]
    usual = sorted(step)[len(step) // 2]
    whole = [t for t in times if isinstance(t, int)]
    are_months = len(whole) == len(times) and all(190001 <= t <= 219912 and 1 <= t % 100 <= 12 for t in whole)
    if are_months and whole[0] // 100 != whole[-1] // 100:
        raise QuestionError(f"{times[0]} is a year and a month in one number: give dates or '2018-06'")
    for (a, b), width in zip(pairwise(times), step, strict=True):
        if not usual / 1.5 < width < usual * 1.5:
            raise QuestionError(
                f"periods are not evenly spaced: from {name_of(a)} to {name_of(b)} it is not as far as "
                "between others; add the missing periods (empty where nothing was recorded, 0 where nothing "
                "happened)"
            )


def _numbers(values: list[Any], name: str) -> list[float]:
    """Numbers written as text; QuestionError for what is none."""
    found = []
    for text in values:
        try:
            found.append(float("nan") if text is None else float(text))
        except (TypeError, ValueError):
            raise QuestionError(f"{name} is not a number everywhere: {text!r}") from None
    return found


def _in_order(times: list[Any], rows: list[Any], name: str) -> list[Any]:
    """Distinct times from the first to the last; QuestionError for text that cannot be put in order.

    Dates, months, weeks, quarters and years written from the year on are ordered by time. Other text
    ("wave 1") must follow its order in the rows of each unit (`rows`).
    """
    distinct = dict.fromkeys(times)
    try:
        ordered = sorted(distinct)
    except TypeError:
        raise QuestionError(f"column {name!r} holds times of several types: give all as dates") from None
    texts = [label for label in ordered if isinstance(label, str)]
    if not texts:
        _check_even(ordered)
        return ordered
    days = {label: _day(label) for label in texts}
    if all(isinstance(day, dt.date) for day in days.values()):
        if len(set(days.values())) < len(days):
            raise QuestionError(f"column {name!r} writes one time in several ways: write all in one way")
        ordered.sort(key=lambda label: days[label])
        _check_even([days[label] for label in ordered])
        return ordered
    position = {label: k for k, label in enumerate(ordered)}
    last: dict[Any, int] = {}
    for unit, label in zip(rows, times, strict=True):
        is_back = position[label] < last.get(unit, -1)
        if is_back or _MONTH_NAME.search(label) or _YEAR_LAST.search(label):
            raise QuestionError(
                f"column {name!r}: {label!r} has no order in time; give dates, or text such as '2018-06'"
            )
        last[unit] = position[label]
    return ordered


def _units_of(names: list[Any]) -> list[Any]:
    """Distinct units in order; those of several types in the order of their first row."""
    distinct = dict.fromkeys(names)
    try:
        return sorted(distinct)
    except TypeError:
        return list(distinct)


def _wide(data: Any) -> Panel:
    """An array [N, T], or a wide pandas frame: a row a unit and a column a period, by their labels."""
    try:
        numbers = as_numbers(data)
    except (TypeError, ValueError):
        raise QuestionError(
            "not all values are numbers; of a dataframe, name the columns by unit=, time= and value="
        ) from None
    values = np.array(as_panel(numbers))
    if not (hasattr(data, "index") and hasattr(data, "columns")):
        return Panel(values, tuple(range(len(values))), tuple(range(values.shape[1])))
    units, given = data.index.tolist(), data.columns.tolist()
    if len(set(units)) < len(units) or len(set(given)) < len(given):
        raise QuestionError("a wide frame has one row a unit and one column a period: some stand there twice")
    given = [getattr(label, "start_time", label) for label in given]  # pandas periods
    times = _in_order(given, [0] * len(given), "columns")
    place = {label: k for k, label in enumerate(given)}
    return Panel(values[:, [place[label] for label in times]], tuple(units), tuple(times))


def panel_of(
    data: Any, *, unit: str | None = None, time: str | None = None, value: str | None = None
) -> Panel:
    """An array as it is, or a long dataframe (Polars, pandas, PyArrow, ...) with one row a unit and period.

    Every function of this package that takes an array [N, T] takes the panel in its place.

    Parameters
    ----------
    data : array [N, T] or dataframe
        Counts or rates. A wide pandas frame has its units in the index and its periods in the columns.
    unit, time, value : str
        Column names of a dataframe.

    Returns
    -------
    Panel
        The values [N, T], NaN where a unit has no row, with the names of its units and its periods.

    Raises
    ------
    QuestionError
        A column is missing, a value is no number, a unit has two rows for one period, or periods are missing
        between others.

    Examples
    --------
    >>> import polars as pl
    >>> from atlarge.effects import panel_of
    >>> frame = pl.DataFrame({"place": ["a", "a", "b"], "month": [1, 2, 1], "n": [3, 4, 5]})
    >>> panel_of(frame, unit="place", time="month", value="n").values.tolist()
    [[3.0, 4.0], [5.0, nan]]
    """
    if unit is None and time is None and value is None:
        return _wide(data)
    import narwhals as nw

    frame = framed(data)
    if missing := [name for name in (unit, time, value) if name is None or name not in frame.columns]:
        raise QuestionError(
            f"unit, time and value must name columns; missing: {', '.join(map(str, missing))}; there are: "
            f"{', '.join(map(str, frame.columns))}"
        )
    rows, columns = frame[str(unit)].to_list(), frame[str(time)].to_list()
    columns = [v.start_time if hasattr(v, "start_time") else v for v in columns]  # pandas periods
    if any(v is None or v != v for v in (*rows, *columns)):  # NaN is not equal to itself
        raise QuestionError(f"{unit} or {time} is empty in some row: leave such rows out")
    units, times = _units_of(rows), _in_order(columns, rows, str(time))
    if len(set(zip(rows, columns, strict=True))) < len(rows):
        (twice, at_time), _ = Counter(zip(rows, columns, strict=True)).most_common(1)[0]
        raise QuestionError(
            f"a {unit} has more than one row for a {time}, {name_of(twice)} for {name_of(at_time)}: add them "
            "up first"
        )
    at = {name: k for k, name in enumerate(units)}
    when = {name: k for k, name in enumerate(times)}
    out = np.full((len(units), len(times)), np.nan)
    column = frame[str(value)]
    if not (column.dtype.is_numeric() or column.dtype == nw.Boolean):  # text: convert each entry
        numbers = np.array(_numbers(column.to_list(), str(value)))
    else:
        numbers = column.cast(nw.Float64).to_numpy()
    out[[at[r] for r in rows], [when[c] for c in columns]] = numbers
    return Panel(out, tuple(units), tuple(times))


def framed(data: Any, *needed: str) -> Any:
    """A dataframe of any library, by its common face; QuestionError for what is none or lacks a column."""
    import narwhals as nw

    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        raise QuestionError("give a pandas, Polars or PyArrow frame; a lazy one, collected") from None
    if missing := [name for name in needed if name not in frame.columns]:
        known = ", ".join(map(str, frame.columns))
        raise QuestionError(f"no column {', '.join(map(repr, missing))}; there are: {known}")
    return frame


def groups_of(data: Any, unit: str | None, group: str) -> dict[Any, Any]:
    """The group of each unit by a column of a dataframe; QuestionError where a unit has several."""
    if unit is None:
        raise QuestionError("group names a column of a dataframe; of an array, give one entry a unit")
    frame = framed(data, group)
    found: dict[Any, Any] = {}
    for name, label in zip(frame[unit].to_list(), frame[group].to_list(), strict=True):
        if found.setdefault(name, label) != label:
            raise QuestionError(f"{unit} {name} is in two groups: {found[name]} and {label}")
    return found
