"""Daily counts of the panel as arrays, and their sums over any months. Counting itself is the panel's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import month_start
from atlarge.errors import QuestionError
from atlarge.explain.areas import seat_of
from atlarge.explain.periods import Months
from atlarge.panel import measure as measure_of
from atlarge.panel import sparse

if TYPE_CHECKING:
    from atlarge.records.store import Store

Floats = NDArray[np.float64]
MIN_TOTAL = 12


@dataclass(frozen=True)
class Daily:
    """Counts [units x days] from the day `first` on, NaN where no release covers; `keys` name the rows."""

    values: NDArray[np.float32]
    keys: tuple[str, ...]
    first: dt.date

    @cached_property
    def _running(self) -> tuple[NDArray[np.float32], NDArray[np.int32] | None]:
        """Running totals [units x days + 1] and running numbers of days not covered (None: all are).

        Whole counts below 2^24 are exact in single precision.
        """
        missing = ~np.isfinite(self.values)
        shape = (self.values.shape[0], self.values.shape[1] + 1)
        total = np.zeros(shape, dtype=np.float32)
        if not missing.any():
            np.cumsum(self.values, axis=1, out=total[:, 1:])
            return total, None
        np.cumsum(np.where(missing, 0.0, self.values), axis=1, out=total[:, 1:])
        holes = np.zeros(shape, dtype=np.int32)
        np.cumsum(missing, axis=1, out=holes[:, 1:])
        return total, holes

    @cached_property
    def capped(self) -> Daily:
        """The same counts with bursts of a week capped (see `effects.cap_bursts`)."""
        from atlarge.effects import cap_bursts

        weeks = self.values.shape[1] // 7
        factor = np.ones_like(self.values)
        if weeks >= 4 and len(self.keys):
            days = self.values[:, : weeks * 7]
            weekly = days.reshape(len(days), weeks, 7).sum(2, dtype=np.float64)
            some = np.nan_to_num(weekly).max(1) >= 3  # less is no burst at any level
            kept = weekly.copy()
            kept[some] = cap_bursts(weekly[some])[0]
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(weekly > 0, kept / weekly, 1.0)
            factor[:, : weeks * 7] = np.repeat(share, 7, axis=1)
        return Daily(self.values * factor, self.keys, self.first)

    @property
    def last(self) -> dt.date:
        """Last day."""
        return self.first + dt.timedelta(days=self.values.shape[1] - 1)

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
        """Sums over [start, stop) of each pair; NaN where any day is not covered or lies outside."""
        n_days = self.values.shape[1]
        a = np.array([(day - self.first).days for day in start])
        b = np.array([(day - self.first).days for day in stop])
        inside = (a >= 0) & (b <= n_days)
        a, b = np.clip(a, 0, n_days), np.clip(b, 0, n_days)
        total, holes = self._running
        value = (total[:, b] - total[:, a]).astype(np.float64)
        value[:, ~inside] = np.nan
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


@lru_cache(maxsize=12)
def _daily(key: str, source: _Source, by: str, measures: tuple[str, ...], scheme: str) -> dict[str, Daily]:
    counts, covered = sparse(source.store, by=by, every="day", measures=measures, scheme=scheme)
    first, last = min(c.start for c, _ in covered), max(c.end for c, _ in covered)
    places = counts["place"].unique().sort().to_list()
    index = {place: k for k, place in enumerate(places)}
    reported = np.zeros((len(places), (last - first).days + 1), dtype=bool)
    for release, inside in covered:
        days = slice((release.start - first).days, (release.end - first).days + 1)
        reported[[index[p] for p in inside], days] = True
    order = pl.DataFrame(
        {"place": places, "row": range(len(places))}, schema={"place": pl.String, "row": pl.Int64}
    )
    rows = counts.join(order, on="place", how="left", maintain_order="left")["row"].to_numpy()
    columns = (counts["period"] - first).dt.total_days().to_numpy()
    found = {}
    for measure in measures:
        values = np.where(reported, np.float32(0), np.float32(np.nan))
        values[rows, columns] = counts[measure].to_numpy()
        until = measure_of(measure).unmeasured_from
        if until is not None and until <= last:
            values[:, max(0, (until - first).days) :] = np.nan
        found[measure] = Daily(values, tuple(places), first)
    return found


class _Source:
    """Carries a store past the cache, which knows it by its path and manifest alone."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source)

    def __hash__(self) -> int:
        return 0


def daily(
    store: Store, by: str, measures: Sequence[str] = ("at_large", "handoffs"), scheme: str = "ddp"
) -> dict[str, Daily]:
    """Daily counts of the units of a level, by measure; the last few questions are kept in memory.

    A level that no record names gives no rows. Raises what the panel does.
    """
    return _daily(_stamp(store), _Source(store), by, tuple(measures), scheme)


def _stamp(store: Store) -> str:
    """What identifies a store: its path and manifest."""
    return f"{store.path}:{sorted(store.manifest.items(), key=str)}"


@lru_cache(maxsize=4)
def _all_localities(
    key: str, source: _Source, measures: tuple[str, ...], scheme: str
) -> dict[str, Localities]:
    county, office = (daily(source.store, by, measures, scheme) for by in ("county", "office"))
    return localities(county, office)


def all_localities(
    store: Store, measures: Sequence[str] = ("at_large", "handoffs"), scheme: str = "ddp"
) -> dict[str, Localities]:
    """`localities` of a store with no place in question, kept in memory as `daily` is."""
    return _all_localities(_stamp(store), _Source(store), tuple(measures), scheme)


@dataclass(frozen=True)
class Localities:
    """Counties and the office areas seated in them, row by row: the county's own records, those of its office
    area (zero where it has none), and both together."""

    county: Daily
    around: Daily
    both: Daily


def localities(
    counties: dict[str, Daily], offices: dict[str, Daily], target: tuple[str, str] | None = None
) -> dict[str, Localities]:
    """Counties joined with the office area that has its seat there; the rest of the counties as they are.

    `target` (county, office) is joined too, by whatever rule it was found, and comes first; the units that
    share its county or its office are left out, so that no record is on both sides of a comparison. Units
    with fewer than a dozen records of every measure are left out. All measures have the same rows.
    """
    county, office = next(iter(counties.values())), next(iter(offices.values()))
    index = {key: k for k, key in enumerate(county.keys)}
    seats: dict[str, list[int]] = {}
    for k, code in enumerate(office.keys):
        seat = seat_of(code)
        if seat is not None:
            seats.setdefault(seat, []).append(k)
    taken = office.row(target[1]) if target is not None else None
    units: list[tuple[str, list[int], str]] = []
    if target is not None:
        units.append((target[0], [] if taken is None else [taken], f"{target[0]}+{target[1]}"))
    for fips in sorted({*index, *seats}):
        rows = seats.get(fips, [])
        if target is None or (fips != target[0] and taken not in rows):
            units.append((fips, rows, fips + "".join(f"+{office.keys[k]}" for k in rows)))
    kept = np.any([_records(counties[m], offices[m], units, index) >= MIN_TOTAL for m in counties], axis=0)
    if target is not None:
        kept[0] = True
    some = [units[k] for k in np.flatnonzero(kept)]
    keys = tuple(key for _, _, key in some)
    found = {}
    for m in counties:
        own, near = _joined(counties[m], offices[m], some, index)
        found[m] = Localities(*(Daily(values, keys, county.first) for values in (own, near, own + near)))
    return found


def _records(
    county: Daily, office: Daily, units: list[tuple[str, list[int], str]], index: dict[str, int]
) -> Floats:
    """Records of each unit and its offices over the days on which all of them are covered [units]."""
    own = np.nansum(county.values, axis=1)
    total = np.array([own[index[fips]] if fips in index else 0.0 for fips, _, _ in units])
    for k, (fips, rows, _) in enumerate(units):
        if rows:
            near = office.values[rows].sum(0)
            total[k] = np.nansum(near + county.values[index[fips]] if fips in index else near)
    return total


def _joined(
    county: Daily, office: Daily, units: list[tuple[str, list[int], str]], index: dict[str, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Records of each unit's county and of its offices, [units x days] each."""
    known = county if county.keys else office
    covered = np.isfinite(known.values).any(0) if known.keys else np.zeros(county.values.shape[1], dtype=bool)
    zero = np.where(covered, 0.0, np.nan).astype(np.float32)
    own, near = np.tile(zero, (len(units), 1)), np.tile(zero, (len(units), 1))
    named = [k for k, (fips, _, _) in enumerate(units) if fips in index]
    own[named] = county.values[[index[units[k][0]] for k in named]]
    for k, (_, rows, _) in enumerate(units):
        if rows:
            near[k] = office.values[rows].sum(0)
    return own, near
