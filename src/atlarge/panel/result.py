"""A panel as it is returned: counts by place and period, with what they cover."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from atlarge.errors import QuestionError
from atlarge.files import write_by_extension
from atlarge.panel.catalogue import measure, measures
from atlarge.wording import notebook, some

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Panel:
    """A panel and what it covers. Returned by `panel`.

    Attributes
    ----------
    frame : DataFrame
        place, place_name, period (first day), measure, value (null where no release covers it), days_covered,
        days_in_period; sorted by measure, place, period. With an inferred measure also low, high and part
        (recorded, inferred, or "recorded and inferred").
    coverage : dict
        By table: the releases counted, with their days and places, and the rows left out.
    by, every, scheme : str
        Level, period and reading of methods.
    breaks : dict
        For each measure whose definition changes within the time, the day and what stands before and after.
    """

    frame: pl.DataFrame
    coverage: dict[str, Any]
    by: str
    every: str
    scheme: str
    breaks: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> str:
        """What is counted, where and when, and how many counts are missing."""
        counted = ", ".join(self.frame["measure"].unique(maintain_order=True))
        days = self.frame["period"].sort().to_list()
        periods = f"{days[0]} to {days[-1]}" if days else "no periods"
        missing = self.frame["value"].null_count()
        return (
            f"{counted or 'nothing'} by {self.by} and {self.every}, {periods}: "
            f"{some(self.frame['place'].n_unique(), 'place')}, {some(self.frame.height, 'count')}, "
            f"{missing:,} of them missing (not covered by a release)"
        )

    def __repr__(self) -> str:
        return f"<Panel: {self.summary()}>"

    def _repr_html_(self) -> str:
        return notebook(self.summary(), self.frame)

    __str__ = summary

    def matrix(
        self, name: str, *, whole: bool = False
    ) -> tuple[NDArray[np.float64], list[str], list[dt.date]]:
        """One measure as an array [places x periods], NaN where not covered, with its places and periods.

        `whole` makes periods that are covered only in part NaN too.
        """
        rows = self.frame.filter(pl.col("measure") == name)
        if rows.is_empty():
            raise QuestionError(f"the panel has no rows of the measure {name!r}")
        places = rows["place"].unique().sort().to_list()
        periods = rows["period"].unique().sort().to_list()
        usable = pl.col("days_covered") == pl.col("days_in_period") if whole else pl.lit(True)
        column = pl.when(usable).then(pl.col("value")).otherwise(None).cast(pl.Float64)
        values = rows.sort("place", "period").select(column.fill_null(float("nan"))).to_series().to_numpy()
        return values.reshape(len(places), len(periods)), places, periods

    def names(self) -> dict[str, str]:
        """Name of each place by its code."""
        named = self.frame.select("place", "place_name").unique("place", keep="any").sort("place")
        return dict(named.iter_rows())

    def plot(self, name: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw a measure by period, one line a place (matplotlib).

        Intervals are bands, and a dotted line stands at the day from which the measure is defined otherwise.

        Parameters
        ----------
        name : str, optional
            The measure; None where the panel has one only.
        ax : Matplotlib axes, optional
            Axes to draw on; None for new ones.

        Raises
        ------
        QuestionError
            Where the panel has no such measure, or several and none is named.
        """
        known = self.frame["measure"].unique().sort().to_list()
        if name is None and len(known) > 1:
            raise QuestionError(f"the panel has several measures; name one of {', '.join(known)}")
        name = name or known[0]
        rows = self.frame.filter(pl.col("measure") == name).sort("place", "period")
        if rows.is_empty():
            raise QuestionError(f"the panel has no rows of the measure {name!r}")
        from atlarge.effects.results import new_axes

        ax = new_axes() if ax is None else ax
        for (place,), of_place in rows.group_by("place_name", maintain_order=True):
            days, values = of_place["period"], of_place["value"].cast(pl.Float64)
            line = ax.plot(days, values, label=str(place))[0]
            if "low" in of_place.columns:
                low, high = (of_place[c].cast(pl.Float64) for c in ("low", "high"))
                ax.fill_between(days, low, high, alpha=0.2, linewidth=0, color=line.get_color())
        if name in self.breaks:
            day = dt.date.fromisoformat(self.breaks[name]["break"])
            word = self.breaks[name]["after"].partition(":")[0]
            ax.axvline(day, linestyle=":", color="grey")  # type: ignore[arg-type]
            ax.annotate(word, (day, 0.95), xycoords=("data", "axes fraction"))
        ax.set_ylim(bottom=0)
        ax.set_ylabel(measure(name).unit)
        ax.legend(frameon=False)
        return ax

    def write(self, path: Any) -> None:
        """Write the frame as CSV or Parquet, by the extension; atomic.

        QuestionError for another extension.
        """
        write_by_extension(path, self.frame)


def is_rowless() -> pl.Expr:
    """Whether a count of a panel is missing because there is no row, and no row does not prove a zero.

    Its days are covered, and its measure is still one: a sum with it is the sum of the rows that there are.
    """
    end = pl.col("period").dt.offset_by(pl.format("{}d", pl.col("days_in_period")))
    ends = {m.name: m.unmeasured_from for m in measures().values() if m.unmeasured_from is not None}
    until = pl.col("measure").replace_strict(
        list(ends), list(ends.values()), default=None, return_dtype=pl.Date
    )
    is_measured = (end <= until).fill_null(True)
    return pl.col("value").is_null() & (pl.col("days_covered") > 0) & is_measured
