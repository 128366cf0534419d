"""The placebo grid of a question: every unit forecast from every date, and the target compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.effects.arrays import as_panel, check_level
from atlarge.effects.prediction import (
    Judged,
    PredictionErrors,
    before,
    learn_errors,
    root,
    unroot,
    unsteadiness,
)
from atlarge.effects.results import Result, draw_paths, frame_of
from atlarge.effects.sdid import sdid_paths
from atlarge.effects.shares import USUAL, ShareForecast, ShareSettings
from atlarge.effects.typing import Bools, Floats, Ints
from atlarge.errors import QuestionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MIN_HISTORY = 6
CLEAR_PERIODS = 6
POOL_PERIODS = 4
SMALL_UNIT = 0.5
MIN_LEVEL = 1.0
LEVEL_PERIODS = 12
LIKE_SIZE = 4.0
MIN_LIKE_UNITS = 12
MIN_LIKE_CELLS = 100
DEPARTURE_LAGS = (3, 6, 9, 12)
BAND_STEPS = (0, 1, 2, 4, 7, 11, 17, 26)  # periods ahead at which the band's errors are learnt


@dataclass(frozen=True, repr=False)
class Departure(Result):
    """When a unit left its comparison before the date of the question.

    Attributes
    ----------
    start : int
        First period of the departure, as far as the lags show.
    lag : int
        Periods from it to the date.
    p : float
        Share of placebos with a departure as clear.
    judged : Judged
        The total from `start` to the date.
    """

    start: int
    lag: int
    p: float
    judged: Judged


def _is_run(index: Ints) -> bool:
    """Whether each number is one more than that before it."""
    return bool((np.diff(index) == 1).all())


class Forecasts:
    """Forecasts [N, D, H] of units, each worked out when it is first wanted: placebos of a question are of
    like size, so that most units never are."""

    def __init__(self, source: ShareForecast | Floats) -> None:
        self.shape: tuple[int, ...] = source.shape
        self._source = source if isinstance(source, ShareForecast) else None
        self._values = np.empty(self.shape) if isinstance(source, ShareForecast) else source
        self._known = np.full(self.shape[0], self._source is None)

    def of(self, rows: Ints, ahead: Ints | None = None) -> Floats:
        """Of some units [len(rows), D, H], or of some periods ahead alone [len(rows), D, len(ahead)]."""
        fresh = rows[~self._known[rows]]
        if self._source is not None and len(fresh):
            self._values[fresh] = self._source.of(fresh)
            self._known[fresh] = True
        if ahead is None:
            return np.asarray(self._values[rows])
        if _is_run(ahead):  # otherwise it is not needed
            return np.asarray(self._values[:, :, int(ahead[0]) : int(ahead[-1]) + 1][rows])
        return np.asarray(self._values[rows][:, :, ahead])

    def put(self, row: int, date: Ints, values: Floats) -> None:
        """Replace those of a unit from one date, by its index."""
        self.of(np.array([row]))
        self._values[row, date] = values

    def all(self) -> Floats:
        """Of all units; not to be written to."""
        self.of(np.arange(self.shape[0]))
        return self._values


@dataclass(frozen=True, repr=False)
class PlaceboGrid(Result):
    """Forecasts of every unit from every date, and which of them are placebos. Returned by `placebo_grid`.

    Attributes
    ----------
    y : array [N, T]
        Counts to compare; row `target` is the unit in question.
    forecasts : Forecasts
        Of each unit from each date, H periods ahead; `expected` has all of them [N, D, H].
    starts : array [D]
        The dates: first period that is forecast.
    here : int
        The date of the question, a value of `starts`.
    is_placebo : bool array [N, D, H]
        Whether nothing is known to have changed for the unit from a while before the date to that period.
    unsteady : array [N, D]
        `unsteadiness` before each date.
    size : array [N, D]
        Mean count a period before each date.
    level : float
        Of all intervals.
    target, rows : int, and int array [N]
        Row of the unit in question, and row of each unit in the caller's array (-1 for a sum of small ones).
    factor : float
        What expected counts are multiplied by, so that placebo totals are right on average.
    after : int
        Periods after the horizon that serve as history too.
    """

    y: Floats
    forecasts: Forecasts
    starts: Ints
    here: int
    target: int
    rows: Ints
    is_placebo: Bools
    unsteady: Floats
    size: Floats
    level: float
    factor: float
    after: int
    _known: dict[tuple[int, ...], PredictionErrors] = field(default_factory=dict, repr=False, compare=False)

    @property
    def at(self) -> int:
        """Index of the date of the question in `starts`."""
        return int(np.flatnonzero(self.starts == self.here)[0])

    @property
    def expected(self) -> Floats:
        """Forecasts of all units."""
        return self.forecasts.all()

    @property
    def horizon(self) -> int:
        """Periods forecast."""
        return self.forecasts.shape[2]

    def to_frame(self) -> Any:
        """The target by period (Polars): observed, expected, low, high."""
        low, high = self.band()
        return frame_of({"observed": self.y[self.target], "expected": self.path(), "low": low, "high": high})

    def summary(self) -> str:
        """Units, dates and horizon of the grid, and the placebos at the date of the question."""
        return (
            f"{len(self.y)} units forecast {self.horizon} periods ahead from {len(self.starts)} dates; "
            f"{len(self.others())} placebos at the date of the question"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The target's observed and expected counts by period (matplotlib)."""
        return draw_paths(self.y[self.target], self.path(), *self.band(), "expected", ax)

    def own(self) -> Floats:
        """The target's forecasts [D, H]."""
        return np.asarray(self.forecasts.of(np.array([self.target]))[0])

    def totals(self, ahead: ArrayLike, rows: Ints | None = None) -> tuple[Floats, Floats]:
        """Observed and expected totals [N, D] over the periods `ahead` (0: the first one forecast), of all
        units or of some rows."""
        index = np.atleast_1d(np.asarray(ahead, dtype=np.int64))
        rows = np.arange(len(self.y)) if rows is None else rows
        beyond = np.full((len(rows), int(index.max()) + 1), np.nan)
        own = np.hstack([self.y[rows], beyond])
        if _is_run(index) and _is_run(self.starts):
            first = int(self.starts[0] + index[0])
            windows = np.lib.stride_tricks.sliding_window_view(own, len(index), axis=1)
            seen = windows[:, first : first + len(self.starts)]
        else:
            seen = own[:, self.starts[:, None] + index[None, :]]
        return seen.sum(2), self.forecasts.of(rows, index).sum(2)

    def _recorded(self, index: Ints) -> Bools:
        """Whether all of the periods `index` ahead have a record [N, D] (or [1, D], alike for all units)."""
        missing = np.zeros((len(self.y), self.y.shape[1] + 1), dtype=bool)
        missing[:, :-1] = ~np.isfinite(self.y)
        missing[:, -1] = True  # periods beyond the end
        period = np.minimum(self.starts[:, None] + index[None, :], self.y.shape[1])
        if missing[:, :-1].any():
            return np.asarray(~missing[:, period].any(2))
        return np.asarray(~missing[0][period].any(1)[None])

    def _used(self, index: Ints) -> Bools:
        """Placebos [N, D] of like size with a record of all of the periods `index` ahead."""
        return self._of_like_size(self.is_placebo[:, :, int(index.max())] & self._recorded(index))

    def errors(self, ahead: ArrayLike, *, start: int | None = None) -> PredictionErrors:
        """What the placebos say of totals over the periods `ahead`, for a question of the date `start`."""
        index = np.atleast_1d(np.asarray(ahead, dtype=np.int64))
        date_of_question = self.here if start is None else start
        key = (date_of_question, *index.tolist())
        if key not in self._known:
            used = self._used(index)
            rows = np.flatnonzero(used.any(1))
            seen, expected = (total[used[rows]] for total in self.totals(index, rows))
            unit, date = np.nonzero(used)
            self._known[key] = learn_errors(
                seen, expected, self.unsteady[used], unit, self.starts[date],
                length=len(index), here=date_of_question, factor=self.factor or None,
            )  # fmt: skip
        return self._known[key]

    def _of_like_size(self, used: Bools) -> Bools:
        """Placebos between a quarter and four times the target's size; further where those are too few."""
        return np.asarray(used & self._within(self._reach(used)))

    def _within(self, reach: float) -> Bools:
        own = float(self.size[self.target, self.at])
        return np.asarray((self.size >= own / reach) & (self.size <= own * reach))

    def _reach(self, used: Bools) -> float:
        """Factor of size within which enough of the placebos `used` lie; infinite where none is enough."""
        reach = LIKE_SIZE
        while reach < 1e5:
            near = used & self._within(reach)
            if near.sum() >= MIN_LIKE_CELLS and near.any(1).sum() >= MIN_LIKE_UNITS:
                return reach
            reach *= 1.5
        return float("inf")

    def judge(
        self,
        ahead: ArrayLike,
        *,
        start: int | None = None,
        material: float | None = None,
        alpha: float = 0.05,
    ) -> Judged:
        """The target's total over the periods `ahead`, compared with the placebos.

        `start`: another date than that of the question, from which `ahead` is then counted.
        """
        seen, expected = self.totals(ahead, np.array([self.target]))
        model = self.errors(ahead, start=start)
        at = self.at if start is None else int(np.flatnonzero(self.starts == start)[0])
        return model.judge(
            float(seen[0, at]), float(expected[0, at]) * model.factor,
            float(self.unsteady[self.target, at]), material=material, level=self.level, alpha=alpha,
        )  # fmt: skip

    def standard_errors(self, ahead: ArrayLike) -> Floats:
        """Standardised errors [N, D] of placebo totals over the periods `ahead`; NaN where there is none."""
        index = np.atleast_1d(np.asarray(ahead, dtype=np.int64))
        return self._standardised(index, self.errors(index))

    def _standardised(self, index: Ints, model: PredictionErrors) -> Floats:
        used = self._used(index)
        rows = np.flatnonzero(used.any(1))
        found = np.full(used.shape, np.nan)
        found[rows] = np.where(used[rows], self._scores(index, model, rows), np.nan)
        return found

    def _scores(self, index: Ints, model: PredictionErrors, rows: Ints) -> Floats:
        """Standardised errors [len(rows), D] of some units."""
        seen, expected = self.totals(index, rows)
        total = expected * model.factor
        return np.asarray((root(seen) - root(total)) / model.size(total, self.unsteady[rows]))

    def departure(self, lags: Sequence[int] = DEPARTURE_LAGS) -> Departure | None:
        """Had the target left its comparison before the date? Its totals since some periods earlier, forecast
        from there, against the clearest such departure of every placebo. None with too little history."""
        found, own = [], []
        for lag in lags:
            start = self.here - lag
            if start not in self.starts or start < MIN_HISTORY or lag > self.horizon:
                continue
            ahead = np.arange(lag)
            try:
                model = self.errors(ahead, start=start)
            except QuestionError:
                continue
            z = self._standardised(ahead, model)
            own.append(float(self._scores(ahead, model, np.array([self.target]))[0, self.starts == start][0]))
            shifted = np.full((len(z), z.shape[1] + 1), np.nan)  # by the date that ends the lag
            shifted[:, lag:] = z[:, : z.shape[1] + 1 - lag]
            found.append((lag, shifted))
        if not found or not np.isfinite(own).all():
            return None
        clearest = int(np.argmax(np.abs(own)))
        scores = np.abs(np.stack([z for _, z in found]))
        worst = np.nanmax(np.where(np.isfinite(scores), scores, 0.0), axis=0)[np.isfinite(scores).all(0)]
        lag = found[clearest][0]
        p = (1 + float((worst >= abs(own[clearest])).sum())) / (len(worst) + 1)
        return Departure(self.here - lag, lag, p, self.judge(np.arange(lag), start=self.here - lag))

    def path(self) -> Floats:
        """The target's expected count in every period [T]; before the date, predicted one period ahead."""
        path, own = np.full(self.y.shape[1], np.nan), self.own()
        earlier = self.starts < self.here
        path[self.starts[earlier]] = own[earlier, 0]
        ahead = own[self.at]
        stop = min(self.here + len(ahead), len(path))
        path[self.here : stop] = ahead[: stop - self.here]
        return path * (self.factor or 1.0)

    def band(self) -> tuple[Floats, Floats]:
        """Interval of the target's count in every period [T], from placebo errors as far ahead."""
        path = self.path()
        low, high = np.full(len(path), np.nan), np.full(len(path), np.nan)
        unsteady = self.unsteady[self.target, self.at]
        steps = [h for h in BAND_STEPS if h < self.horizon]
        for k, ahead in enumerate(steps):
            try:
                model = self.errors([ahead])
            except QuestionError:
                break
            until = steps[k + 1] if k + 1 < len(steps) else self.horizon
            which = np.arange(self.here if ahead else 0, len(path))
            which = which[(which < self.here + until) & ((which >= self.here + ahead) | (which < self.here))]
            low[which], high[which] = model.interval(path[which], np.full(len(which), unsteady), self.level)
        missing = ~np.isfinite(path)
        low[missing], high[missing] = np.nan, np.nan
        return low, high

    def gaps(self, periods: int, kept: slice | None = None) -> Floats:
        """Gaps [1 + M, periods] of the target and, below it, of the placebos at the date of the question (or
        of some of them)."""
        d = self.at
        length = min(self.horizon, self.y.shape[1] - self.here)
        others = self.others()
        order = np.concatenate([[self.target], others if kept is None else others[kept]])
        fitted = np.full((len(order), self.y.shape[1]), np.nan)
        forecast = self.forecasts.of(order)
        earlier = self.starts < self.here
        fitted[:, self.starts[earlier]] = forecast[:, earlier, 0]
        fitted[:, self.here : self.here + length] = forecast[:, d, :length]
        gap = self.y[order] - fitted * (self.factor or 1.0)
        return np.asarray(gap[:, :periods])

    def others(self) -> Ints:
        """Rows of the placebos at the date of the question."""
        rows = np.flatnonzero(self.is_placebo[:, self.at, 0])
        return np.asarray(rows[rows != self.target])


def placebo_grid(
    y: ArrayLike,
    target: int,
    here: int,
    horizon: int,
    *,
    capped: ArrayLike | None = None,
    changed: ArrayLike | None = None,
    group: ArrayLike | None = None,
    leave_out: ArrayLike | None = None,
    after: int = 0,
    first: int = 0,
    calibrated_on: ArrayLike | None = None,
    level: float = 0.9,
    settings: ShareSettings = USUAL,
    only: int | None = None,
) -> PlaceboGrid:
    """Forecast every unit from every date, once with the question's own geometry.

    Parameters
    ----------
    y : array [N, T]
        Counts; NaN where there is no record.
    target : int
        Row in question.
    here : int
        First period forecast; periods before it are history.
    horizon : int
        Periods forecast.
    capped : array [N, T], optional
        Counts with bursts capped (see `cap_bursts`).
    changed : bool array [N, T], optional
        Periods in which a unit itself changed; it is not a placebo then, nor part of the whole.
    group : array [N], optional
        Labels of the units' groups.
    leave_out : bool array [N], optional
        Units that serve neither as placebo nor in the whole.
    after : int
        Periods after the horizon that serve as history too (for a change that ended).
    first : int
        First period of the target's history (dates of placebos keep the same length of history).
    only : int, optional
        Periods of the horizon that are needed: later ones are not computed. Not with `after`.
    calibrated_on : int array, optional
        Periods ahead over which placebo totals are to be right on average; all of the horizon if left out.
    level : float
        Of the intervals.
    settings : ShareSettings
        How shares are estimated and carried forward.

    Raises
    ------
    QuestionError
        Where the target has no records before, or there are too few placebos.

    Returns
    -------
    PlaceboGrid
        Expected counts of every unit from every date; `judge` compares a total with all placebos.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(2).poisson(20, (40, 48)).astype(float)
    >>> y[0, 36:] += 20
    >>> grid = placebo_grid(y, target=0, here=36, horizon=6)
    >>> total = grid.judge(np.arange(6))
    >>> total.low < 6 * 20 < total.high
    True
    """
    check_level(level)
    panel = as_panel(y)
    smooth = panel if capped is None else np.asarray(capped, dtype=np.float64)
    n, periods = panel.shape
    moved = np.zeros((n, periods), dtype=bool) if changed is None else np.asarray(changed, dtype=bool).copy()
    moved[target, here] = True
    out = np.zeros(n, dtype=bool) if leave_out is None else np.asarray(leave_out, dtype=bool)
    _check(panel[target], here, first)
    rows, panel, smooth, labels = _merge_small(panel, smooth, group, target)
    moved, out = _follow(moved, rows), np.append(out[rows[rows >= 0]], np.zeros((rows < 0).sum(), dtype=bool))
    target = int(np.flatnonzero(rows == target)[0])
    starts = np.arange(MIN_HISTORY, periods) if here >= MIN_HISTORY else np.arange(here, periods)
    starts = np.unique(np.append(starts, here))
    changes = _next_change(moved)
    until = np.minimum(starts + horizon, periods)
    pool = (changes[:, np.maximum(starts - POOL_PERIODS, 0)] >= until).T & ~out
    horizon = horizon if only is None or after else min(horizon, only)
    of_dates = partial(ShareForecast, panel, capped=smooth, group=labels, after=after, settings=settings)
    forecast = of_dates(starts, horizon, pool=pool)
    forecasts = Forecasts(forecast)
    if first:
        own = of_dates([here], horizon, pool=pool[starts == here], first=first)
        forecasts.put(target, np.flatnonzero(starts == here), own.of(np.array([target]))[0])
    level_before = before(panel, starts, LEVEL_PERIODS)[0]
    bar = min(MIN_LEVEL, 0.5 * float(level_before[target, starts == here][0]))
    usable = (level_before >= bar) & ~out[:, None] & (rows >= 0)[:, None]
    placebos = usable[:, :, None] & _quiet(changes, starts, horizon, after, periods)
    spread = unsteadiness(panel, starts)
    grid = PlaceboGrid(
        panel, forecasts, starts, here, target, rows, placebos, spread, level_before, level, 0.0, after
    )
    over = np.arange(horizon) if calibrated_on is None else np.asarray(calibrated_on)
    return replace(grid, factor=_factor(grid, over))


def _quiet(changes: Ints, starts: Ints, horizon: int, after: int, periods: int) -> Bools:
    """Where no change is near the periods from a date to an end, all recorded [units, dates, ends]."""
    ends = starts[:, None] + np.arange(1, horizon + 1)[None, :]
    stop = np.broadcast_to(starts[:, None] + horizon + after, ends.shape) if after else ends
    return (changes[:, np.maximum(starts - CLEAR_PERIODS, 0), None] >= stop) & (ends + after <= periods)


def _factor(grid: PlaceboGrid, over: Ints) -> float:
    """Placebo totals over their forecasts, over the longest part of `over` that has enough of them."""
    for stop in range(len(over), 0, -max(1, len(over) // 6)):
        try:
            return grid.errors(over[:stop]).factor
        except QuestionError as error:
            last = error
    raise last


def _check(own: Floats, here: int, first: int) -> None:
    history = own[first:here]
    if not np.isfinite(history).any():
        raise QuestionError("no period before the change has records: the records must start earlier")
    if not np.nansum(history) > 0:
        raise QuestionError(
            "all values before the change are zero: nothing to project from; ask for a larger unit or measure"
        )


def _next_change(moved: Bools) -> Ints:
    """First period from each one on in which a unit changed [N, T]; beyond all periods where it did not."""
    periods = moved.shape[1]
    found = np.where(moved, np.arange(periods), 2 * periods)
    return np.asarray(np.minimum.accumulate(found[:, ::-1], axis=1)[:, ::-1])


def _mean(values: Floats) -> Floats:
    seen = np.isfinite(values)
    return np.asarray(np.where(seen, values, 0.0).sum(1) / np.maximum(seen.sum(1), 1))


def _merge_small(
    y: Floats, smooth: Floats, group: ArrayLike | None, target: int
) -> tuple[Ints, Floats, Floats, NDArray[np.generic] | None]:
    """Units too small to be a placebo, added up by group: they only matter in the sums. Rows of these are
    -1."""
    small = _mean(y) < SMALL_UNIT
    small[target] = False
    labels = None if group is None else np.asarray(group)
    if small.sum() < 2:
        return np.arange(len(y)), y, smooth, labels
    key = np.zeros(len(y), dtype=np.int64) if labels is None else np.unique(labels, return_inverse=True)[1]
    kept = np.flatnonzero(~small)
    sums, sums_smooth, names = [], [], []
    for k in np.unique(key[small]):
        members = small & (key == k)
        sums.append(np.nansum(y[members], axis=0))
        sums_smooth.append(np.nansum(smooth[members], axis=0))
        names.append(None if labels is None else labels[members][0])
    seen = np.isfinite(y).any(0)
    added = np.where(seen, np.array(sums), np.nan)
    added_smooth = np.where(seen, np.array(sums_smooth), np.nan)
    rows = np.append(kept, np.full(len(sums), -1))
    merged = None if labels is None else np.append(labels[kept], np.array(names, dtype=labels.dtype))
    return rows, np.vstack([y[kept], added]), np.vstack([smooth[kept], added_smooth]), merged


def _follow(moved: Bools, rows: Ints) -> Bools:
    out = np.zeros((len(rows), moved.shape[1]), dtype=bool)
    out[rows >= 0] = moved[rows[rows >= 0]]
    return out


def sdid_grid(grid: PlaceboGrid, horizon: int, *, dates: int = 4) -> PlaceboGrid:
    """The same question by synthetic difference in differences on square roots, from a few of the dates.

    Parameters
    ----------
    grid : PlaceboGrid
        From `placebo_grid`.
    horizon : int
        Periods forecast (not more than of `grid`).
    dates : int
        Number of dates at most, that of the question among them.

    Returns
    -------
    PlaceboGrid
        Of the dates that were kept.

    Notes
    -----
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Am. Econ. Rev. 111.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.random.default_rng(2).poisson(20, (40, 48)).astype(float)
    >>> second = sdid_grid(placebo_grid(y, target=0, here=36, horizon=6), horizon=6, dates=2)
    >>> second.expected.shape
    (40, 2, 6)
    """
    possible = grid.starts[grid.is_placebo[:, :, horizon - 1].sum(0) >= MIN_LIKE_UNITS]
    picked = possible[np.linspace(0, len(possible) - 1, min(dates - 1, len(possible))).astype(int)]
    starts = np.unique(np.append(picked, grid.here)).astype(np.int64)
    scale = root(grid.y)
    whole: Bools = np.asarray(np.isfinite(scale).all(axis=1), dtype=bool)
    expected = np.full((len(grid.y), len(starts), horizon), np.nan)
    is_placebo = np.zeros(expected.shape, dtype=bool)
    for d, start in enumerate(starts):
        stop = min(int(start) + horizon, grid.y.shape[1])
        k = int(np.flatnonzero(grid.starts == start)[0])
        serving = np.all(grid.is_placebo[:, k, : stop - int(start)], axis=1) & whole
        serving[grid.target] = False
        is_placebo[serving, d, : stop - int(start)] = True
    kept = np.searchsorted(grid.starts, starts)
    result = replace(
        grid, forecasts=Forecasts(expected), starts=starts, is_placebo=is_placebo,
        unsteady=grid.unsteady[:, kept], size=grid.size[:, kept], factor=0.0, _known={},
    )  # fmt: skip
    like = result._within(result._reach(is_placebo[:, :, -1] & result._recorded(np.arange(horizon))))
    for d, start in enumerate(starts):
        stop = min(int(start) + horizon, grid.y.shape[1])
        usable = is_placebo[:, d, 0]
        targets = np.append(np.flatnonzero(usable & like[:, d]), grid.target)  # others' errors are not read
        path = sdid_paths(np.where(whole[:, None], scale, 0.0), int(start), stop, usable, targets)
        expected[targets, d, : stop - int(start)] = unroot(path)
    return replace(result, factor=_factor(result, np.arange(horizon)))
