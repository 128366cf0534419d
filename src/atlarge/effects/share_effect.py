"""The effect of a dated change on one unit, in one call: discounted share, pooled placebos, both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import check_level
from atlarge.effects.cells import MIN_HISTORY, Departure, PlaceboGrid, placebo_grid
from atlarge.effects.frames import Panel, groups_of, name_of, panel_of
from atlarge.effects.prediction import Judged
from atlarge.effects.results import draw_paths, frame_of
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class ShareEffect:
    """What `share_effect` gives. Counts are in the units of the data.

    Attributes
    ----------
    unit : Any
        The unit in question.
    times : tuple
        Labels of the periods.
    start, stop : int
        First period of the change, and the first after its end.
    observed, expected, low, high : array [T]
        The unit's counts, what was to be expected, and its prediction interval; before the change each period
        is predicted from those before it.
    total : Judged
        The time from the change to its end, compared with placebos.
    two_sided : Judged or None
        The same against the periods before and after, for a change that ended.
    departure : Departure or None
        Whether the unit had left its comparison before.
    grid : PlaceboGrid
        The placebos of the comparison.
    """

    unit: Any
    times: tuple[Any, ...]
    start: int
    stop: int
    observed: Floats
    expected: Floats
    low: Floats
    high: Floats
    total: Judged
    two_sided: Judged | None
    departure: Departure | None
    grid: PlaceboGrid = field(repr=False)

    def __repr__(self) -> str:
        t = self.total
        return f"<ShareEffect of {self.unit}: {t.effect:+.1f} ({t.low:.1f} to {t.high:.1f}), p {t.p:.3f}>"

    def to_frame(self) -> Any:
        """One row a period (Polars): time, observed, expected, low, high, in_force."""
        index = np.arange(len(self.times))
        paths = {name: getattr(self, name) for name in ("observed", "expected", "low", "high")}
        in_force = (index >= self.start) & (index < self.stop)
        return frame_of({"time": list(self.times), **paths, "in_force": in_force})

    def summary(self) -> str:
        """A few lines of text."""
        t, level = self.total, 100 * self.grid.level
        lines = [
            f"{self.unit}, {name_of(self.times[self.start])} to {name_of(self.times[self.stop - 1])}",
            f"observed {t.observed:.0f}, expected {t.expected:.1f}",
            f"effect {t.effect:+.1f}, {level:g}% interval {t.low:.1f} to {t.high:.1f}, p {t.p:.3f}",
            "too few placebos to distinguish any excess from chance"
            if t.mde is None
            else f"an excess of {t.mde:.1f} would be found with 80% power",
            f"{t.n_placebos} placebo totals of {t.n_units} units at {t.n_dates} dates",
        ]
        if self.two_sided is not None:
            two = self.two_sided
            lines.append(
                f"against both sides: {two.effect:+.1f} ({two.low:.1f} to {two.high:.1f}), if the effect"
                " ended with the change"
            )
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Observed and expected by period (matplotlib)."""
        ax = draw_paths(self.observed, self.expected, self.low, self.high, "expected", ax)
        ax.axvline(self.start - 0.5, linestyle=":", color="grey")
        ax.set_ylim(bottom=0)
        return ax


def share_effect(
    data: Any,
    target: Any,
    start: Any,
    end: Any = None,
    *,
    unit: str | None = None,
    time: str | None = None,
    value: str | None = None,
    group: Mapping[Any, Any] | ArrayLike | str | None = None,
    changed: ArrayLike | None = None,
    level: float = 0.9,
) -> ShareEffect:
    """Effect of a change on one unit's counts, against its discounted share of all units and of its group.

    Parameters
    ----------
    data : array [N, T] or dataframe
        Counts; NaN or no row where there is no record.
    target : int or label
        The unit: a row of the array, or a value of the column `unit`.
    start, end : int or label
        First period of the change, and the first one after it ended (None: it lasts).
    unit, time, value : str, optional
        Columns of a dataframe.
    group : mapping, array [N] or str, optional
        Each unit's group (region); or the column of a dataframe that has it.
    changed : bool array [N, T], optional
        Periods in which other units changed themselves: they are no placebos there.
    level : float
        Of the intervals.

    Returns
    -------
    ShareEffect

    Raises
    ------
    QuestionError
        Too little record before (fewer than 6 periods), only zeros before, no record in a period of the
        change, values that are no counts, or too few placebos.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import share_effect
    >>> y = np.random.default_rng(0).poisson(20, (40, 36)).astype(float)
    >>> y[3, 24:30] += 15
    >>> found = share_effect(y, 3, 24, 30)
    >>> found.total.low > 0, found.two_sided.low > 0
    (True, True)
    """
    check_level(level)
    panel = panel_of(data, unit=unit, time=time, value=value)
    row = panel.row(target)
    first = panel.column(start)
    stop = len(panel.times) if end is None else panel.column(end)
    _check(panel, row, first, stop)
    labels = None
    if isinstance(group, str):
        group = groups_of(data, unit, group)
    if isinstance(group, Mapping):
        labels = np.array([str(group.get(name)) for name in panel.units])
    elif group is not None:
        labels = np.asarray(group)
        if labels.shape != (len(panel.units),):
            raise QuestionError(f"group has {labels.size} entries for {len(panel.units)} units")
    horizon = stop - first
    question = partial(
        placebo_grid, panel.values, row, first, horizon, changed=changed, group=labels, level=level
    )
    grid = question()
    total = grid.judge(np.arange(horizon))
    after = len(panel.times) - stop
    two = question(after=min(after, 12)).judge(np.arange(horizon)) if after else None
    low, high = grid.band()
    return ShareEffect(
        target, panel.times, first, stop, panel.values[row], grid.path(), low, high, total, two,
        grid.departure(), grid,
    )  # fmt: skip


def _check(panel: Panel, row: int, first: int, stop: int) -> None:
    """QuestionError where a question cannot be answered from this panel."""
    wrong = np.argwhere((panel.values < 0) | np.isinf(panel.values))
    if len(wrong):
        unit, period = wrong[0]
        raise QuestionError(
            f"counts are 0 or more: {panel.units[unit]} has {panel.values[unit, period]:g} "
            f"in {name_of(panel.times[period])}"
        )
    if stop <= first:
        raise QuestionError("the change ends before its first period: `end` is the first period after it")
    before = int(np.isfinite(panel.values[row, :first]).sum())
    if 0 < before < MIN_HISTORY or first == 0:
        raise QuestionError(
            f"{panel.units[row]} has records in only {before} of the periods before the change; "
            f"at least {MIN_HISTORY} are needed"
        )
    lacking = np.flatnonzero(np.isnan(panel.values[row, first:stop]))
    if before and len(lacking):
        raise QuestionError(
            f"{panel.units[row]} has no record in {name_of(panel.times[first + lacking[0]])}: "
            "let `end` be a period before which it has"
        )
