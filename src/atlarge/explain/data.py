"""Daily counts of the panel as arrays, and their sums over any months. Counting itself is the panel's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import month_end, month_start
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError
from atlarge.explain.areas import seat_of
from atlarge.explain.periods import Months
from atlarge.panel import NATION, PLACE_COLUMN
from atlarge.panel import measure as measure_of
from atlarge.panel.counting import sparse
from atlarge.panel.inferred import Calibration, custodial_cells, daily_inference
from atlarge.records.store import Coverage, Store

MIN_TOTAL = 12
MOST_KEPT = 6


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
            return _Joined(self.keys, self.first, self.n_days, both, inferred)
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
            if len(kept) >= MOST_KEPT:
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


class _Sparse(_Whole):
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


class _Joined(_Whole):
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


@lru_cache(maxsize=12)
def _daily(store: Store, by: str, measures: tuple[str, ...], scheme: str) -> dict[str, Daily]:
    counts, covered, unsure = sparse(
        store, by=by, every="day", measures=measures, scheme=scheme, ordered=False
    )
    first, last = min(c.start for c, _ in covered), max(c.end for c, _ in covered)
    places = counts["place"].unique().sort().to_list()
    index = {place: k for k, place in enumerate(places)}
    reported = _reported(covered, index, first, last)
    is_whole = bool(reported.all())
    rows = counts["place"].cast(pl.Enum(places)).to_physical().to_numpy()
    columns = (counts["period"] - first).dt.total_days().to_numpy()
    found: dict[str, Daily] = {}
    for measure in measures:
        until = measure_of(measure).unmeasured_from
        if until is not None and until > last:
            until = None
        if is_whole and measure not in unsure and until is None:
            count = counts[measure].to_numpy().astype(np.float32)
            some = np.flatnonzero(count)
            found[measure] = _Sparse(
                tuple(places),
                first,
                reported.shape[1],
                rows[some].astype(np.int64),
                columns[some],
                count[some],
            )
            continue
        # the counts of a day are contiguous, since sums over months take whole days
        total = np.zeros((reported.shape[1] + 1, len(places)), dtype=np.float32).T
        total[rows, columns + 1] = counts[measure].to_numpy()
        missing = None if is_whole else ~reported
        if measure in unsure:
            empty = _empty_months(unsure[measure], total[:, 1:], index, first)
            missing = empty if missing is None else missing | empty
        inferred = None
        if until is not None:
            inferred = _inferred(store, by, measure, until, last, index, first)
            day = max(0, (until - first).days)
            if inferred is not None:
                total[:, day + 1 :] += np.diff(inferred.mean, axis=1)
            else:
                missing = np.zeros(reported.shape, dtype=bool) if missing is None else missing.copy()
                missing[:, day:] = True
        found[measure] = _with_gaps(total, missing, tuple(places), first, inferred)
    return found


def _reported(
    covered: list[tuple[Coverage, list[str]]], index: dict[str, int], first: dt.date, last: dt.date
) -> NDArray[np.bool_]:
    """Whether a release covers each place and day [places x days]."""
    n = len(index)
    is_of_all = all(len(inside) == n for _, inside in covered)
    reported = np.zeros((1 if is_of_all else n, (last - first).days + 1), dtype=bool)
    for release, inside in covered:
        days = slice((release.start - first).days, (release.end - first).days + 1)
        reported[slice(None) if len(inside) == n else [index[p] for p in inside], days] = True
    return np.broadcast_to(reported, (n, reported.shape[1]))


def _with_gaps(
    total: NDArray[np.float32],
    missing: NDArray[np.bool_] | None,
    keys: tuple[str, ...],
    first: dt.date,
    inferred: Inferred | None,
) -> Daily:
    """Counts from those of each day, after a column of zeros, which become running totals in place."""
    holes = None
    if missing is not None:
        total[:, 1:][missing] = 0
        holes = np.zeros(total.shape, dtype=np.int32)
        np.cumsum(missing, axis=1, out=holes[:, 1:])
    np.cumsum(total.T, axis=0, out=total.T)
    return Daily.of_totals(total, holes, keys, first, inferred)


def _empty_months(
    months: pl.DataFrame, total: NDArray[np.float32], index: dict[str, int], first: dt.date
) -> NDArray[np.bool_]:
    """The days [place x day] of those months (place, period) in which a place has no row."""
    found = np.zeros(total.shape, dtype=bool)
    for place, month in months.iter_rows():
        days = slice(max(0, (month - first).days), (month_end(month) - first).days + 1)
        found[index[place], days] = not total[index[place], days].any()
    return found


_cells = lru_cache(maxsize=4)(custodial_cells)


def _inferred(
    store: Store, by: str, measure: str, until: dt.date, last: dt.date, index: dict[str, int], first: dt.date
) -> Inferred | None:
    """What goes on, inferred, where a measure ends; None where there is no such measure, or no ground for it.

    Days before `first` are no days of the counts, so the inferred part begins no earlier.
    """
    if measure != "handoffs":
        return None
    column = PLACE_COLUMN[by]
    place = pl.col(column) if column else pl.lit(NATION)
    found = daily_inference(_cells(store), until, place)
    if found is None:
        return None
    start = max(until, first)
    rows = found.sums.filter(pl.col("place").is_in(list(index)), pl.col("period").is_between(start, last))
    at = np.array([index[name] for name in rows["place"]], dtype=int)
    day = (rows["period"] - start).dt.total_days().to_numpy()
    sums = []
    for name in ("merged", "mean", "variance"):
        total = np.zeros((len(index), (last - start).days + 2))
        total[at, day + 1] = rows[name].to_numpy()
        sums.append(np.cumsum(total, axis=1))
    return Inferred(start, sums[0], sums[1], sums[2], found.calibration)


def daily(
    store: Store, by: str, measures: Sequence[str] = ("at_large", "handoffs"), scheme: str = "ddp"
) -> dict[str, Daily]:
    """Daily counts of the units of a level, by measure; the last few questions are kept in memory.

    A level that no record names gives no rows. Raises what the panel does.
    """
    return _daily(store, by, tuple(measures), scheme)


@lru_cache(maxsize=4)
def _all_localities(store: Store, measures: tuple[str, ...], scheme: str) -> dict[str, Localities]:
    county, office = (daily(store, by, measures, scheme) for by in ("county", "office"))
    return localities(county, office)


def all_localities(
    store: Store, measures: Sequence[str] = ("at_large", "handoffs"), scheme: str = "ddp"
) -> dict[str, Localities]:
    """`localities` of a store with no place in question, kept in memory as `daily` is."""
    return _all_localities(store, tuple(measures), scheme)


class Localities:
    """Counties and the office areas seated in them, row by row: the county's own records, those of its office
    area (zero where it has none), and both together; each is added up when first wanted."""

    def __init__(
        self, county: Daily, office: Daily, units: list[tuple[str, list[int], str]], index: dict[str, int]
    ) -> None:
        self._from = county, office
        self.keys = tuple(key for _, _, key in units)
        self._named = [k for k, (fips, _, _) in enumerate(units) if fips in index]
        self._taken = [index[units[k][0]] for k in self._named]
        self._seated = [(k, rows) for k, (_, rows, _) in enumerate(units) if rows]

    def _inferred(self, *, own: bool, near: bool) -> Inferred | None:
        county, office = (one.inferred for one in self._from)
        parts = []
        if own and county is not None:
            at = dict(zip(self._named, self._taken, strict=True))
            parts.append(county.joined([[at[k]] if k in at else [] for k in range(len(self.keys))]))
        if near and office is not None:
            seated = dict(self._seated)
            parts.append(office.joined([seated.get(k, []) for k in range(len(self.keys))]))
        return parts[0].plus(parts[1]) if len(parts) > 1 else parts[0] if parts else None

    @cached_property
    def county(self) -> Daily:
        """The county's own records."""
        return self._sum(own=True, near=False)

    @cached_property
    def around(self) -> Daily:
        """Those of its office area."""
        return self._sum(own=False, near=True)

    @cached_property
    def both(self) -> Daily:
        """Both together."""
        return self._sum(own=True, near=True)

    def _sum(self, *, own: bool, near: bool) -> Daily:
        county, office = self._from
        inferred = self._inferred(own=own, near=near) if self.keys else None
        if county.is_covered and office.is_covered and len(county.keys) > 0:
            seats = [(k, row) for k, rows in self._seated for row in rows]
            parts = [(county, np.array(self._named, dtype=np.int64), np.array(self._taken, dtype=np.int64))]
            parts += [(office, *np.array(seats, dtype=np.int64).reshape(-1, 2).T)]
            used = [part for part, is_used in zip(parts, (own, near), strict=True) if is_used]
            return _Joined(self.keys, county.first, county.n_days, used, inferred)
        found = np.zeros((len(self.keys), county.n_days), dtype=np.float32)
        found[:, ~(county if county.keys else office).covered()] = np.nan
        if own:
            found[self._named] = county.of_rows(self._taken)
        for k, rows in self._seated if near else ():
            found[k] += office.of_rows(rows).sum(0)
        return Daily(found, self.keys, county.first, inferred)


def localities(
    counties: dict[str, Daily],
    offices: dict[str, Daily],
    target: tuple[str, str] | None = None,
    measures: Sequence[str] | None = None,
) -> dict[str, Localities]:
    """Counties joined with the office area that has its seat there; the rest of the counties as they are.

    `target` (county, office) is joined too, by whatever rule it was found, and comes first; the units that
    share its county or its office are left out, so that no record is on both sides of a comparison. Units
    with fewer than a dozen records of every measure are left out. All measures have the same rows; those of
    `measures` (left out: all) are joined.
    """
    county, office = next(iter(counties.values())), next(iter(offices.values()))
    units, index = _units(county.keys, office.keys, target)
    kept = np.any([_records(counties[m], offices[m], units, index) >= MIN_TOTAL for m in counties], axis=0)
    if target is not None:
        kept[0] = True
    some = [units[k] for k in np.flatnonzero(kept)]
    found = {}
    for m in counties if measures is None else measures:
        found[m] = Localities(counties[m], offices[m], some, index)
    return found


@lru_cache(maxsize=16)
def _units(
    counties: tuple[str, ...], offices: tuple[str, ...], target: tuple[str, str] | None
) -> tuple[list[tuple[str, list[int], str]], dict[str, int]]:
    """County, rows of the offices seated there and key of each unit, the target first; rows of counties."""
    index = {key: k for k, key in enumerate(counties)}
    seats: dict[str, list[int]] = {}
    for k, code in enumerate(offices):
        seat = seat_of(code)
        if seat is not None:
            seats.setdefault(seat, []).append(k)
    taken = offices.index(target[1]) if target is not None and target[1] in offices else None
    units: list[tuple[str, list[int], str]] = []
    if target is not None:
        units.append((target[0], [] if taken is None else [taken], f"{target[0]}+{target[1]}"))
    for fips in sorted({*index, *seats}):
        rows = seats.get(fips, [])
        if target is None or (fips != target[0] and taken not in rows):
            units.append((fips, rows, fips + "".join(f"+{offices[k]}" for k in rows)))
    return units, index


def _records(
    county: Daily, office: Daily, units: list[tuple[str, list[int], str]], index: dict[str, int]
) -> Floats:
    """Records of each unit and its offices over the days on which all of them are covered [units]."""
    own = county.totals
    total = np.array([own[index[fips]] if fips in index else 0.0 for fips, _, _ in units])
    near_totals = office.totals
    is_covered = county.is_covered and office.is_covered
    for k, (fips, rows, _) in enumerate(units):
        if rows and is_covered:
            total[k] += near_totals[rows].sum()
        elif rows:
            near = office.of_rows(rows).sum(0)
            total[k] = np.nansum(near + county.of_rows(index[fips]) if fips in index else near)
    return total
