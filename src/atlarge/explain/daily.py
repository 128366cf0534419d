"""Counts by day as arrays [units x days], and their sums over any days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import month_start
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError
from atlarge.explain.periods import Months
from atlarge.panel.inferred import Calibration

_MOST_KEPT = 6


@dataclass(frozen=True)
class Inferred:
    """The part of counts that is inferred: from the day `start` on, running sums [units x days + 1] of the
    arrests to be divided, of the count inferred, and of its binomial variance."""

    start: dt.date
    merged: Floats
    mean: Floats
    variance: Floats
    calibration: Calibration

    def over(self, first: dt.date, stop: dt.date, row: int) -> tuple[float, float]:
        """The count inferred of a unit over [first, stop), and half of its interval."""
        days = self.mean.shape[1] - 1
        a, b = (min(max((day - self.start).days, 0), days) for day in (first, stop))
        merged, mean, variance = (
            float(total[row, b] - total[row, a]) for total in (self.merged, self.mean, self.variance)
        )
        return mean, float(self.calibration.half_width(np.array([merged]), np.array([variance]))[0])

    def joined(self, rows: Sequence[Sequence[int]]) -> Inferred:
        """Of units that are sums of these: `rows` lists those of each."""
        sums = [
            np.stack([total[list(of)].sum(0) if of else np.zeros(total.shape[1]) for of in rows])
            for total in (self.merged, self.mean, self.variance)
        ]
        return replace(self, merged=sums[0], mean=sums[1], variance=sums[2])

    def plus(self, other: Inferred) -> Inferred:
        """Both for the same units; the less certain of both calibrations stands for the sum."""
        a, b = self.calibration, other.calibration
        larger = Calibration(
            max(a.drift, b.drift), tuple(map(max, a.factor, b.factor)), min(a.periods, b.periods),
            a.hidden_from, None,
        )  # fmt: skip
        return replace(
            self,
            merged=self.merged + other.merged,
            mean=self.mean + other.mean,
            variance=self.variance + other.variance,
            calibration=larger,
        )


class Daily:
    """Counts [units x days] from the day `first` on, NaN where no release covers; `keys` name the rows.

    Running totals are what nearly every question reads, so counts by day are worked out only when wanted.
    Whole counts below 2^24 are exact in single precision. `inferred`: the part that is inferred, not
    recorded, if any.
    """

    def __init__(
        self,
        values: NDArray[np.float32],
        keys: tuple[str, ...],
        first: dt.date,
        inferred: Inferred | None = None,
    ) -> None:
        self.values, self.keys, self.first, self.inferred = values, keys, first, inferred

    @cached_property
    def _running(self) -> tuple[NDArray[np.float32], NDArray[np.int32] | None]:
        """Running totals [units x days + 1] and running numbers of days not covered (None: all are)."""
        total = np.zeros((self.values.shape[0], self.values.shape[1] + 1), dtype=np.float32)
        np.cumsum(self.values, axis=1, out=total[:, 1:])
        if np.isfinite(total[:, -1]).all():
            return total, None
        missing = ~np.isfinite(self.values)
        np.cumsum(np.where(missing, np.float32(0), self.values), axis=1, out=total[:, 1:])
        holes = np.zeros(total.shape, dtype=np.int32)
        np.cumsum(missing, axis=1, out=holes[:, 1:])
        return total, holes

    @classmethod
    def of_totals(
        cls,
        total: NDArray[np.float32],
        holes: NDArray[np.int32] | None,
        keys: tuple[str, ...],
        first: dt.date,
        inferred: Inferred | None = None,
    ) -> Daily:
        """From running totals [units x days + 1] and running numbers of days not covered (None: all are)."""
        found = cls.__new__(cls)
        found.keys, found.first, found._running, found.inferred = keys, first, (total, holes), inferred
        return found

    @property
    def n_days(self) -> int:
        """Number of days."""
        return int(self._running[0].shape[1]) - 1

    @cached_property
    def values(self) -> NDArray[np.float32]:
        """The counts by day."""
        return self.of_rows(slice(None))

    def of_rows(self, rows: slice | Sequence[int] | int | NDArray[np.int64]) -> NDArray[np.float32]:
        """The counts by day of some units."""
        total, holes = self._running
        found = np.diff(total[rows], axis=-1)
        if holes is not None:
            found[np.diff(holes[rows], axis=-1) > 0] = np.nan
        return np.asarray(found)

    def plus(self, other: Daily) -> Daily:
        """Both counts added up, for the same units and days; a day must be covered in both."""
        parts = [one for one in (self.inferred, other.inferred) if one is not None]
        inferred = parts[0].plus(parts[1]) if len(parts) > 1 else parts[0] if parts else None
        if self.is_covered and other.is_covered:
            every = np.arange(len(self.keys), dtype=np.int64)
            both = [(one, every, every) for one in (self, other)]
            return Joined(self.keys, self.first, self.n_days, both, inferred)
        return Daily(self.values + other.values, self.keys, self.first, inferred)

    @property
    def recorded(self) -> Daily:
        """The same up to the day from which it is inferred."""
        if self.inferred is None:
            return self
        total, holes = self._running
        until = max(0, (self.inferred.start - self.first).days) + 1
        cut = None if holes is None else holes[:, :until]
        return Daily.of_totals(total[:, :until], cut, self.keys, self.first)

    def covered(self) -> NDArray[np.bool_]:
        """Whether each day [days] is covered for any unit."""
        holes = self._running[1]
        if holes is None:
            return np.ones(self.n_days, dtype=bool)
        return np.asarray((np.diff(holes, axis=1) == 0).any(0))

    @property
    def totals(self) -> Floats:
        """All records of each unit [units], days that are not covered left out."""
        return np.asarray(self._running[0][:, -1], dtype=np.float64)

    @property
    def is_covered(self) -> bool:
        """Whether every day of every unit is covered."""
        return self._running[1] is None

    @cached_property
    def capped(self) -> Daily:
        """The same counts with bursts of a week capped (see `effects.cap_bursts`)."""
        from atlarge.effects import capped_share

        weeks = self.n_days // 7
        if weeks < 4 or not len(self.keys):
            return self
        edge = 7 * np.arange(weeks + 1)
        share = capped_share(self._between(edge[:-1], edge[1:]))
        rows = np.flatnonzero((share < 1).any(1))
        values = np.nan_to_num(self.of_rows(rows))
        values[:, : 7 * weeks] *= np.repeat(share[rows].astype(np.float32), 7, axis=1)
        total = np.zeros((len(rows), self.n_days + 1), dtype=np.float32)
        np.cumsum(values, axis=1, out=total[:, 1:])
        return _Replaced(self, rows, total)

    @property
    def last(self) -> dt.date:
        """Last day."""
        return self.first + dt.timedelta(days=self.n_days - 1)

    def row(self, key: str) -> int | None:
        """Index of a unit; None if it has no records."""
        try:
            return self.keys.index(key)
        except ValueError:
            return None

    def binned(self, months: Months) -> Floats:
        """Sums [units x periods]; NaN where any day of a period is not covered."""
        return self.sums(months.start, months.stop)

    def sums(self, start: Sequence[dt.date], stop: Sequence[dt.date]) -> Floats:
        """Sums over [start, stop) of each pair; NaN where any day is not covered or lies outside.

        The same sums are wanted again and again: those of the last few periods are kept, to be read only.
        """
        kept, key = self._kept, (tuple(start), tuple(stop))
        if key not in kept:
            if len(kept) >= _MOST_KEPT:
                del kept[next(iter(kept))]
            kept[key] = self._sums(start, stop)
            kept[key].flags.writeable = False
        return kept[key]

    @cached_property
    def _kept(self) -> dict[tuple[tuple[dt.date, ...], tuple[dt.date, ...]], Floats]:
        return {}

    def _sums(self, start: Sequence[dt.date], stop: Sequence[dt.date]) -> Floats:
        n_days = self.n_days
        a = np.array([(day - self.first).days for day in start])
        b = np.array([(day - self.first).days for day in stop])
        inside = (a >= 0) & (b <= n_days)
        value = self._between(np.clip(a, 0, n_days), np.clip(b, 0, n_days))
        value[:, ~inside] = np.nan
        return value

    def _between(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
        """Sums over the days [a, b) of each pair; NaN where any of them is not covered."""
        total, holes = self._running
        value = (total[:, b] - total[:, a]).astype(np.float64)
        if holes is not None:
            value[holes[:, b] > holes[:, a]] = np.nan
        return value

    def calendar(self) -> tuple[Floats, list[dt.date]]:
        """Whole calendar months: sums and their first days."""
        starts = pl.date_range(self.first.replace(day=1), self.last, "1mo", eager=True).to_list()
        stops = [*starts[1:], month_start(starts[-1], 1)]
        end = self.last + dt.timedelta(days=1)
        whole = [k for k in range(len(starts)) if starts[k] >= self.first and stops[k] <= end]
        if not whole:
            raise QuestionError("the records cover no whole month")
        return self.sums([starts[k] for k in whole], [stops[k] for k in whole]), [starts[k] for k in whole]


class _Whole(Daily):
    """Counts with a record of every day, added up for the units and days that are wanted: an array of all
    would be large."""

    _days: int

    @cached_property
    def _running(self) -> tuple[NDArray[np.float32], NDArray[np.int32] | None]:
        total = np.zeros((len(self.keys), self._days + 1), dtype=np.float32)
        np.cumsum(self.values, axis=1, out=total[:, 1:])
        return total, None

    @property
    def n_days(self) -> int:
        """Number of days."""
        return self._days

    @property
    def is_covered(self) -> bool:
        """Whether every day of every unit is covered."""
        return True


class Sparse(_Whole):
    """The same, most of them zero: row, day and count of the others [entries]."""

    def __init__(
        self,
        keys: tuple[str, ...],
        first: dt.date,
        n_days: int,
        row: NDArray[np.int64],
        day: NDArray[np.int64],
        count: NDArray[np.float32],
    ) -> None:
        self.keys, self.first, self.inferred, self._days = keys, first, None, n_days
        order = np.argsort(row, kind="stable")
        self._row, self._day, self._count = row[order], day[order], count[order]
        self._begin = np.searchsorted(self._row, np.arange(len(keys) + 1))

    @property
    def totals(self) -> Floats:
        """All records of each unit [units]."""
        found = np.bincount(self._row, weights=self._count, minlength=len(self.keys))
        return found.astype(np.float64)

    def of_rows(self, rows: slice | Sequence[int] | int | NDArray[np.int64]) -> NDArray[np.float32]:
        """The counts by day of some units."""
        index = np.arange(len(self.keys))[rows]
        wanted = np.atleast_1d(index)
        length = self._begin[wanted + 1] - self._begin[wanted]
        place = np.repeat(np.arange(len(wanted)), length)
        entry = np.arange(len(place)) + (self._begin[wanted] - np.cumsum(length) + length)[place]
        found = np.zeros((len(wanted), self._days), dtype=np.float32)
        found[place, self._day[entry]] = self._count[entry]
        return found if index.ndim else found[0]

    def _between(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
        if not ((b[:-1] <= a[1:]).all() and (a <= b).all()):  # they overlap or are out of order
            return super()._between(a, b)
        days = np.arange(self._days)
        period = np.searchsorted(a, days, side="right") - 1
        period[(period < 0) | (days >= b[period])] = -1
        of_entry = period[self._day]
        inside = np.flatnonzero(of_entry >= 0)
        where = self._row[inside] * len(a) + of_entry[inside]
        size = len(self.keys) * len(a)
        found = np.bincount(where, weights=self._count[inside], minlength=size)
        return found.astype(np.float64).reshape(len(self.keys), len(a))


class _Replaced(Daily):
    """Counts of which some units are replaced, by running totals of these alone [rows x days + 1]."""

    def __init__(self, of: Daily, rows: NDArray[np.int64], total: NDArray[np.float32]) -> None:
        self.keys, self.first, self.inferred = of.keys, of.first, of.inferred
        self._of, self._rows, self._total = of, rows, total

    @cached_property
    def _running(self) -> tuple[NDArray[np.float32], NDArray[np.int32] | None]:
        total, holes = self._of._running
        total = total.copy()
        total[self._rows] = self._total
        return total, holes

    @property
    def n_days(self) -> int:
        """Number of days."""
        return self._of.n_days

    @property
    def is_covered(self) -> bool:
        """Whether every day of every unit is covered."""
        return self._of.is_covered

    def _between(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
        value = self._of._between(a, b)
        own = (self._total[:, b] - self._total[:, a]).astype(np.float64)
        value[self._rows] = np.where(np.isnan(value[self._rows]), np.nan, own)
        return value


class Joined(_Whole):
    """Sums of units of one or two levels that are covered on every day, added up for the units and days that
    are wanted. `parts`: for each level its counts, the rows of this that have some there, and theirs in it
    (`own` [pairs], `theirs` [pairs])."""

    def __init__(
        self,
        keys: tuple[str, ...],
        first: dt.date,
        n_days: int,
        parts: list[tuple[Daily, NDArray[np.int64], NDArray[np.int64]]],
        inferred: Inferred | None = None,
    ) -> None:
        self.keys, self.first, self._days, self._parts = keys, first, n_days, parts
        self.inferred = inferred

    @property
    def totals(self) -> Floats:
        """All records of each unit [units]."""
        found = np.zeros(len(self.keys))
        for counts, own, theirs in self._parts:
            np.add.at(found, own, counts.totals[theirs])
        return found

    def of_rows(self, rows: slice | Sequence[int] | int | NDArray[np.int64]) -> NDArray[np.float32]:
        """The counts by day of some units."""
        index = np.arange(len(self.keys))[rows]
        wanted, which = np.unique(np.atleast_1d(index), return_inverse=True)
        at = np.full(len(self.keys), -1)
        at[wanted] = np.arange(len(wanted))
        found = np.zeros((len(wanted), self._days), dtype=np.float32)
        for counts, own, theirs in self._parts:
            pairs = np.flatnonzero(at[own] >= 0)
            values, row = counts.of_rows(theirs[pairs]), at[own[pairs]]
            first = np.zeros(len(row), dtype=bool)
            first[np.unique(row, return_index=True)[1]] = True
            found[row[first]] += values[first]
            np.add.at(found, row[~first], values[~first])
        found = found[which]
        return found if index.ndim else found[0]

    def _between(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
        found = np.zeros((len(self.keys), len(a)))
        for counts, own, theirs in self._parts:
            values = counts._between(a, b)[theirs]
            if len(np.unique(own)) == len(own):
                found[own] += values
            else:  # slower
                np.add.at(found, own, values)
        return found
