"""Panels from any dataframe: one row a unit and period becomes an array of units x periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    def row(self, unit: Any) -> int:
        """Index of a unit; QuestionError where there is none."""
        try:
            return self.units.index(unit)
        except ValueError:
            raise QuestionError(f"no unit {unit!r}; there are {len(self.units)}") from None

    def column(self, time: Any) -> int:
        """Index of the first period at or after a time; QuestionError where there is none."""
        for k, label in enumerate(self.times):
            if label >= time:
                return k
        raise QuestionError(f"{time} lies after the last period ({self.times[-1]})")


def panel_of(
    data: Any, *, unit: str | None = None, time: str | None = None, value: str | None = None
) -> Panel:
    """An array as it is, or a long dataframe (Polars, pandas, PyArrow, ...) with one row a unit and period.

    Parameters
    ----------
    data : array [N, T] or dataframe
        Counts or rates.
    unit, time, value : str
        Column names of a dataframe.

    Raises
    ------
    QuestionError
        A column is missing, or a unit has two rows for one period.

    Examples
    --------
    >>> import polars as pl
    >>> from atlarge.effects import panel_of
    >>> frame = pl.DataFrame({"place": ["a", "a", "b"], "month": [1, 2, 1], "n": [3, 4, 5]})
    >>> panel_of(frame, unit="place", time="month", value="n").values.tolist()
    [[3.0, 4.0], [5.0, nan]]
    """
    if unit is None and time is None and value is None:
        values = np.asarray(data, dtype=np.float64)
        if values.ndim != 2:
            raise ValueError(f"expected an array of units x periods, got {values.ndim} dimension(s)")
        return Panel(values, tuple(range(len(values))), tuple(range(values.shape[1])))
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True)
    if missing := [name for name in (unit, time, value) if name is None or name not in frame.columns]:
        raise QuestionError(
            f"unit, time and value must name columns; missing: {', '.join(map(str, missing))}; there are: "
            f"{', '.join(frame.columns)}"
        )
    rows, columns = frame[str(unit)].to_list(), frame[str(time)].to_list()
    units, times = sorted(set(rows)), sorted(set(columns))
    if len(set(zip(rows, columns, strict=True))) < len(rows):
        raise QuestionError(f"a {unit} has more than one row for a {time}: add them up first")
    at = {name: k for k, name in enumerate(units)}
    when = {name: k for k, name in enumerate(times)}
    out = np.full((len(units), len(times)), np.nan)
    out[[at[r] for r in rows], [when[c] for c in columns]] = frame[str(value)].cast(nw.Float64).to_numpy()
    return Panel(out, tuple(units), tuple(times))
