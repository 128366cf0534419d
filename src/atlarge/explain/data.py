"""Daily counts of a store, by unit and by locality. Counting itself is the panel's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import month_end
from atlarge.effects.typing import Floats
from atlarge.explain.areas import seat_of
from atlarge.explain.daily import Daily, Inferred, Joined, Sparse
from atlarge.panel import measure as measure_of
from atlarge.panel.counting import sparse
from atlarge.panel.inferred import custodial_cells, daily_inference
from atlarge.panel.levels import place_of
from atlarge.records.store import Coverage, Store

MIN_TOTAL = 12


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
            found[measure] = Sparse(
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
    found = daily_inference(_cells(store), until, place_of(by))
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
def all_localities(store: Store, scheme: str) -> dict[str, Localities]:
    """`localities` of a store with no place in question, kept in memory as `daily` is."""
    county, office = (daily(store, by, scheme=scheme) for by in ("county", "office"))
    return localities(county, office)


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
            return Joined(self.keys, county.first, county.n_days, used, inferred)
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
