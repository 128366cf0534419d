"""Counts by series and time, read from an array or from any dataframe, and results written back as one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.errors import QuestionError
from atlarge.surveillance.validation import Floats, as_counts

_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]")


@dataclass(frozen=True)
class CountSeries:
    """Counts of several series at the same times.

    Attributes
    ----------
    counts
        Counts, [series, T]; NaN where nothing was observed.
    units
        Name of each series, [series].
    times
        Label of each time, [T]: days, or positions from 0 where none were given.
    frame_library
        Module of the dataframe library that the counts came from; None for an array.
    """

    counts: Floats
    units: NDArray[Any]
    times: NDArray[Any]
    frame_library: ModuleType | None = None

    @property
    def has_days(self) -> bool:
        """Whether the times are days."""
        return bool(np.issubdtype(self.times.dtype, np.datetime64))

    @property
    def step(self) -> int | None:
        """Days between times, where they are days as far apart as each other; 0 where they are months."""
        if not self.has_days or self.times.size < 2:
            return None
        steps = np.unique(np.diff(self.times).astype(np.int64))
        return int(steps[0]) if steps.size == 1 else 0


def read_counts(
    data: Any, *, unit: str | None = None, time: str | None = None, value: str | None = None
) -> CountSeries:
    """Read counts from an array [series, T] or a dataframe with one row a series and time.

    Parameters
    ----------
    data : array or frame
        Array or nested list [series, T], or a pandas, polars or pyarrow frame.
    unit, time, value : str, optional
        Columns of a frame: the series (None: a single one), the time (dates, date-times, ISO strings or
        whole numbers) and the count. Times that a series lacks, or all of them, are NaN: not observed, not
        zero. Of a date-time with a zone the day is that of its own clock.

    Returns
    -------
    CountSeries
        Series in the order of their first row, times in ascending order.

    Raises
    ------
    QuestionError
        For columns that are not there, a series and time given twice, times that cannot be read or are not
        evenly spaced, rows without a series, and counts that are negative, fractional or infinite.

    Examples
    --------
    >>> read_counts([[3, 1, 4], [1, 5, 9]]).counts.shape
    (2, 3)
    """
    if not any(hasattr(type(data), name) for name in ("columns", "column_names")):
        if unit or time or value:
            raise QuestionError("unit, time and value name columns of a dataframe; an array has none")
        counts = as_counts(data)
        return CountSeries(counts, np.arange(len(counts)), np.arange(counts.shape[1]))
    if time is None or value is None:
        raise QuestionError(
            "a dataframe needs time= and value=, the columns of the times and counts (and unit= for several "
            "series), one row for each series and time; a column for each series is melt() in pandas and "
            "unpivot() in polars"
        )
    import narwhals.stable.v1 as nw

    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        raise QuestionError("give a pandas, polars or pyarrow frame; a lazy one, collected") from None
    for column in filter(None, (unit, time, value)):
        if column not in frame.columns:
            raise QuestionError(f"no column {column!r}; there are: {', '.join(map(str, frame.columns))}")
    names: list[Any] = [0] * len(frame) if unit is None else frame[unit].to_list()
    for row, name in enumerate(names):
        if name is None or name != name:
            raise QuestionError(f"column {unit!r}: row {row} names no series")
    units, of_unit = _in_order_of_appearance(names)
    given_times = _as_times(frame[time].to_list(), time)
    times = _every_time(np.unique(given_times), time)
    of_time = np.searchsorted(times, given_times)
    cell = of_unit * times.size + of_time
    if np.unique(cell).size < cell.size:
        ordered = np.sort(cell)
        twice = int(ordered[1:][ordered[1:] == ordered[:-1]][0])
        where = f"series {units[twice // times.size]}, time {times[twice % times.size]}"
        raise QuestionError(f"{where}: two rows; add them up first")
    counts = np.full(units.size * times.size, np.nan)
    missing = frame[value].is_null().to_list()
    given = [None if lacks else v for v, lacks in zip(frame[value].to_list(), missing, strict=True)]
    try:
        counts[cell] = np.array([np.nan if v is None else v for v in given], dtype=np.float64)
    except (TypeError, ValueError):
        raise QuestionError(
            f"column {value!r} holds no counts: {_no_number(given)!r} is not a number"
        ) from None
    library = nw.get_native_namespace(data)
    counts = as_counts(counts.reshape(units.size, times.size), units.tolist(), times.tolist())
    return CountSeries(counts, units, times, library)


def _no_number(values: list[Any]) -> Any:
    """The first value that is not a number, for a message."""
    for value in values:
        try:
            float(0 if value is None else value)
        except (TypeError, ValueError):
            return value
    return None


def _in_order_of_appearance(names: list[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    position: dict[Any, int] = {}
    of_unit = np.array([position.setdefault(name, len(position)) for name in names], dtype=np.int64)
    return np.array(list(position), dtype=object), of_unit


def _as_times(values: list[Any], column: str) -> NDArray[Any]:
    for row, value in enumerate(values):
        if value is None or (value != value) is not False:  # of pandas' NA neither is true
            raise QuestionError(f"column {column!r}: row {row} has no time")
    if all(isinstance(v, int | float) and not isinstance(v, bool) and v == round(v) for v in values):
        return np.array(values, dtype=np.int64)
    days = []
    for row, value in enumerate(values):
        try:
            days.append(np.datetime64(_own_day(value), "D"))
        except (ValueError, TypeError):
            raise QuestionError(
                f"column {column!r} holds no times: row {row} is {str(value)!r}; give dates, ISO strings "
                "such as 2018-06-30 or whole numbers (pandas.to_datetime reads most others)"
            ) from None
    return np.array(days, dtype="datetime64[D]")


def _own_day(value: Any) -> Any:
    """A time without its clock and zone, so that it stays on its own day."""
    if isinstance(value, str):
        text = value[:10] if _ISO_TIME.match(value) else value
        if re.fullmatch(r"\d{8}|\d{4}-?W\d\d(-?\d)?", text):  # NumPy takes 20180630 for a year
            return dt.date.fromisoformat(text)
        if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
            raise ValueError(text)
        return text
    return value.date() if isinstance(value, dt.datetime) else value


def _every_time(times: NDArray[Any], column: str) -> NDArray[Any]:
    """All times from the first to the last [T], those that no row has too.

    Days are as far apart as the nearest two of them; days that are the same day of their months, or the last,
    are months. QuestionError where the others lie between.
    """
    if times.size < 3:
        return times
    if not np.issubdtype(times.dtype, np.datetime64):
        months = times.min() >= 1900_01 and times.max() <= 2199_53 and (times % 100 - 1 < 53).all()
        if months and np.diff(times // 100).any():
            raise QuestionError(
                f"column {column!r} holds a year and a month or week in one number ({times[0]}): give dates"
            )
        if times.min() >= 1900_01_01 and ((times // 100 % 100 - 1 < 12) & (times % 100 - 1 < 31)).all():
            raise QuestionError(f"column {column!r} holds dates as numbers ({times[0]}): give dates or text")
        return np.arange(times[0], times[-1] + 1)
    for shift in (0, 1):  # the same day of every month, or the last one of each
        month = (times + shift).astype("datetime64[M]")
        into = np.unique(times + shift - month.astype("datetime64[D]"))
        if into.size == 1 and np.diff(times).astype(np.int64).min() > 27 and (shift == 0 or not into[0]):
            every = np.arange(month[0], month[-1] + 1).astype("datetime64[D]") + into[0] - shift
            return np.asarray(every)
    steps = np.diff(times).astype(np.int64)
    step, usual = int(steps.min()), int(np.median(steps))
    if usual > step and not (steps % step).any():
        raise QuestionError(
            f"the times are not evenly spaced: most are {usual} days apart, some {step}; add a row for each "
            f"time: 0 where nothing happened, empty where nothing was recorded"
        )
    if (steps % step).any():
        at = int(np.flatnonzero(steps % step)[0]) + 1
        raise QuestionError(
            f"the times are not evenly spaced: {times[at - 1]} to {times[at]} is {steps[at - 1]} days, "
            f"others are {step}; give each series the same days of the week"
        )
    return np.arange(times[0], times[-1] + np.timedelta64(1, "D"), np.timedelta64(step, "D"))


def to_frame(columns: dict[str, Any], library: ModuleType | None, like: Any = None) -> Any:
    """Columns as a frame of `like` (a module), else of the library the data came from, else polars or pandas.

    Raises QuestionError where no dataframe library is installed.
    """
    import narwhals.stable.v1 as nw

    chosen = like or library or _any_library()
    data = {name: np.asarray(column).tolist() for name, column in columns.items()}
    return nw.from_dict(data, native_namespace=chosen).to_native()


def _any_library() -> ModuleType:
    import importlib

    for name in ("polars", "pandas", "pyarrow"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise QuestionError("to_frame() needs a dataframe library: install polars, pandas or pyarrow")


def draw(
    series: CountSeries, at: Sequence[int] | NDArray[np.int64], unit: Any, lines: dict[str, Floats], ax: Any
) -> Any:
    """Draw one series, further lines at the times `at`, on axes that are given or new; returns the axes.

    Raises QuestionError without Matplotlib, and for a series that is not there.
    """
    row = position(series, unit)
    ax = new_axes(figsize=(8, 3)) if ax is None else ax
    ax.step(series.times, series.counts[row], where="mid", color="#6b6b6b", label="observed")
    for (label, values), colour in zip(lines.items(), ("#4269d0", "#d95f02", "#b30000"), strict=False):
        style = {"linestyle": "none", "marker": "v"} if label == "alarm" else {"linestyle": "-"}
        ax.plot(series.times[np.asarray(at)], values[row], color=colour, label=label, **style)
    ax.set_ylabel("count")
    ax.set_title(f"{series.units[row]}")
    ax.legend(frameon=False)
    return ax


def new_axes(**size: Any) -> Any:
    """New axes of Matplotlib; QuestionError where it is not installed."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise QuestionError("plot() needs Matplotlib: pip install matplotlib") from None
    return plt.subplots(**size)[1]


def count_alarms(alarm: NDArray[np.bool_]) -> str:
    """Alarms and the series that they are in, for a summary."""
    word = "alarm" if alarm.sum() == 1 else "alarms"
    return f"{int(alarm.sum())} {word} in {int(alarm.any(axis=1).sum())} of {len(alarm)} series"


def position(series: CountSeries, unit: Any) -> int:
    """Row of a series by its name (None: the first); QuestionError if there is none of that name."""
    if unit is None:
        return 0
    found = [i for i, name in enumerate(series.units.tolist()) if name == unit]
    if not found:
        some = ", ".join(map(str, series.units[:5].tolist()))
        raise QuestionError(
            f"no series {unit!r}; there are: {some}{', ...' if series.units.size > 5 else ''}"
        )
    return found[0]


def too_short(counts: Floats, message: str, least: int) -> QuestionError:
    """The error for a past that is too short; says so where rows and columns look exchanged."""
    n_series, n_times = counts.shape
    hint = (
        f"; counts are [series, time], and here are {n_series} series of {n_times} times: "
        "transpose the array if its rows are times"
        if n_series >= least > n_times
        else ""
    )
    return QuestionError(message + hint)
