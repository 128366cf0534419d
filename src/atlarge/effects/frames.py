"""Panels from any dataframe: one row a unit and period becomes an array of units x periods."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.effects.results import frame_of
from atlarge.errors import QuestionError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """values [N, T] with the labels of its rows and columns; NaN where the frame has no row."""

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
        wanted = _like(time, self.times[0]) if self.times else time
        try:
            found = next((k for k, label in enumerate(self.times) if label >= wanted), None)
        except TypeError:
            raise QuestionError(f"{time!r} is no time like those of the data ({self.times[0]!r})") from None
        if found is None:
            raise QuestionError(
                f"{time} lies after the last of {len(self.times)} periods ({(self.times or ('none',))[-1]}); "
                "an array has a row for each unit and a column for each period"
            )
        return found


def _like(time: Any, label: Any) -> Any:
    """A day given as text or in another type, in the type of the labels."""
    if isinstance(label, dt.date) and isinstance(time, str):
        try:
            time = dt.datetime.fromisoformat(time)
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
    for (a, b), width in zip(pairwise(times), step, strict=True):
        if not usual / 1.5 < width < usual * 1.5:
            raise QuestionError(
                f"periods are not evenly spaced: from {a} to {b} it is not as far as between others; add the "
                "missing periods (empty where nothing was recorded, 0 where nothing happened)"
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


def panel_of(
    data: Any, *, unit: str | None = None, time: str | None = None, value: str | None = None
) -> Panel:
    """An array as it is, or a long dataframe (Polars, pandas, PyArrow, ...) with one row a unit and period.

    Every function of this package that takes an array [N, T] takes the panel in its place.

    Parameters
    ----------
    data : array [N, T] or dataframe
        Counts or rates.
    unit, time, value : str
        Column names of a dataframe.

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
        try:
            values = np.asarray(data, dtype=np.float64)
        except (TypeError, ValueError):
            raise QuestionError(
                "not all values are numbers; of a dataframe, name the columns by unit=, time= and value="
            ) from None
        if values.ndim != 2:
            raise QuestionError(f"expected an array of units x periods, got {values.ndim} dimension(s)")
        return Panel(values, tuple(range(len(values))), tuple(range(values.shape[1])))
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True)
    if missing := [name for name in (unit, time, value) if name is None or name not in frame.columns]:
        raise QuestionError(
            f"unit, time and value must name columns; missing: {', '.join(map(str, missing))}; there are: "
            f"{', '.join(frame.columns)}"
        )
    rows, columns = frame[str(unit)].to_list(), frame[str(time)].to_list()
    if any(v is None or v != v for v in (*rows, *columns)):  # NaN is not equal to itself
        raise QuestionError(f"{unit} or {time} is empty in some row: leave such rows out")
    units, times = sorted(set(rows)), sorted(set(columns))
    _check_even(times)
    if len(set(zip(rows, columns, strict=True))) < len(rows):
        raise QuestionError(f"a {unit} has more than one row for a {time}: add them up first")
    at = {name: k for k, name in enumerate(units)}
    when = {name: k for k, name in enumerate(times)}
    out = np.full((len(units), len(times)), np.nan)
    column = frame[str(value)]
    if not (column.dtype.is_numeric() or column.dtype == nw.Boolean):  # text: each entry by itself
        numbers = np.array(_numbers(column.to_list(), str(value)))
    else:
        numbers = column.cast(nw.Float64).to_numpy()
    out[[at[r] for r in rows], [when[c] for c in columns]] = numbers
    return Panel(out, tuple(units), tuple(times))
