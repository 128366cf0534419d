"""What all results offer: a frame, a few lines of text, and a short form."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from atlarge.errors import QuestionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 4


class Result:
    """Base of results: their single numbers as a frame of one row and as text."""

    def _numbers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if isinstance(value, bool | int | float | str | np.number) or value is None:
                found[one.name] = value.item() if isinstance(value, np.number) else value
            elif hasattr(value, "value") and hasattr(value, "low"):
                found |= {one.name: value.value, f"{one.name}_low": value.low, f"{one.name}_high": value.high}
        return found

    def to_frame(self) -> Any:
        """The result's numbers as a Polars frame of one row."""
        return frame_of({name: [value] for name, value in self._numbers().items()})

    def summary(self) -> str:
        """The result's numbers, one a line."""
        return "\n".join(f"{name}: {_short(value)}" for name, value in self._numbers().items())

    def _ranges(self) -> list[tuple[str, float | None, float | None, float | None]]:
        """What has an interval: name, value, low, high; every number by itself where nothing has one."""
        numbers = self._numbers()
        names = [name.removesuffix("_low") for name in numbers if name.endswith("_low")]
        found = [(n, numbers.get(n), numbers[f"{n}_low"], numbers.get(f"{n}_high")) for n in names]
        if "low" in numbers:
            own = next((n for n in ("effect", "value", "mean", "index") if n in numbers), "effect")
            value = numbers.get(own)
            if value is None and "expected" in numbers:
                value = numbers["observed"] - numbers["expected"]
            found.append((own, value, numbers["low"], numbers.get("high")))
        if found:
            return found
        return [(n, v, None, None) for n, v in numbers.items() if isinstance(v, int | float)]

    def plot(self, ax: Axes | None = None) -> Axes:
        """The result's values with their intervals, one a line (matplotlib)."""
        ax = ax if ax is not None else new_axes()
        ranges = self._ranges()
        for row, (_, value, low, high) in enumerate(ranges):
            if low is not None and high is not None:
                ax.plot([low, high], [row, row], color="C0")
            if value is not None:
                ax.plot([value], [row], "o", color="C0")
        ax.set_yticks(range(len(ranges)), [name for name, *_ in ranges])
        ax.invert_yaxis()
        return ax

    def __repr__(self) -> str:
        shown = list(self._numbers().items())[:SHOWN]
        return f"<{type(self).__name__}: {', '.join(f'{k} {_short(v)}' for k, v in shown)}>"


class EventTimes(Result):
    """Results by time since the change."""

    event_time: Any
    event_ratio: Any
    event_low: Any
    event_high: Any
    event_units: Any

    def to_frame(self) -> Any:
        """One row a time since the change (Polars): time, ratio, low, high, units."""
        names = ("time", "ratio", "low", "high", "units")
        return frame_of({name: getattr(self, f"event_{name}") for name in names})

    def plot(self, ax: Axes | None = None) -> Axes:
        """Ratio of observed to expected by time since the change (matplotlib)."""
        ax = ax if ax is not None else new_axes()
        spread = np.vstack([self.event_ratio - self.event_low, self.event_high - self.event_ratio])
        ax.errorbar(self.event_time, self.event_ratio, yerr=np.maximum(spread, 0), fmt="o", capsize=2)
        ax.axhline(1.0, color="grey", linewidth=1)
        ax.axvline(-0.5, color="grey", linestyle=":")
        ax.set_xlabel("periods since the change")
        return ax


class Paths(Result):
    """Results with an observed and a fitted path."""

    observed: Any
    fitted: Any
    low: Any
    high: Any
    post: Any

    def to_frame(self) -> Any:
        """One row a period (Polars): observed, fitted, low, high, is_after."""
        names = ("observed", "fitted", "low", "high")
        return frame_of({**{name: getattr(self, name) for name in names}, "is_after": self.post})

    def plot(self, ax: Axes | None = None) -> Axes:
        """Observed and fitted by period (matplotlib)."""
        return draw_paths(self.observed, self.fitted, self.low, self.high, "fitted", ax)


def draw_paths(observed: Any, fitted: Any, low: Any, high: Any, name: str, ax: Axes | None) -> Axes:
    """Observed values, and those fitted (by `name` in the legend) with their band, by period."""
    ax = ax if ax is not None else new_axes()
    axis = np.arange(len(observed))
    ax.fill_between(axis, low, high, alpha=0.2, linewidth=0)
    ax.plot(axis, fitted, label=name)
    ax.plot(axis, observed, label="observed", color="black", linewidth=1)
    ax.legend(frameon=False)
    return ax


def frame_of(columns: dict[str, Any]) -> Any:
    """A Polars frame, which only those need who ask for one."""
    import polars as pl

    return pl.DataFrame(columns)


def new_axes() -> Axes:
    """New axes of Matplotlib; QuestionError where it is not installed."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise QuestionError("plot() needs Matplotlib: pip install matplotlib") from None
    return plt.subplots()[1]


def _short(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return str(value)
    return f"{value:.4g}"
