"""Daily counts of the panel as arrays, and their sums over any months. Counting itself is the panel's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.errors import QuestionError
from atlarge.explain.areas import seat_of
from atlarge.explain.periods import Months
from atlarge.panel import panel

if TYPE_CHECKING:
    from atlarge.records.store import Store

Floats = NDArray[np.float64]
MIN_TOTAL = 6


@dataclass(frozen=True)
class Daily:
    """Counts [units x days] from the day `first` on, NaN where no release covers; `keys` name the rows."""

    values: Floats
    keys: tuple[str, ...]
    first: dt.date

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
        missing = ~np.isfinite(self.values)
        filled = np.where(missing, 0.0, self.values)
        zero = np.zeros((len(self.values), 1))
        total = np.concatenate([zero, filled.cumsum(1)], axis=1)
        holes = np.concatenate([zero, missing.cumsum(1)], axis=1)
        value = total[:, b] - total[:, a]
        return np.where((holes[:, b] - holes[:, a] > 0) | ~inside, np.nan, value)

    def calendar(self) -> tuple[Floats, list[dt.date]]:
        """Whole calendar months: sums and their first days."""
        starts = pl.date_range(self.first.replace(day=1), self.last, "1mo", eager=True).to_list()
        stops = [*starts[1:], _next_month(starts[-1])]
        end = self.last + dt.timedelta(days=1)
        whole = [k for k in range(len(starts)) if starts[k] >= self.first and stops[k] <= end]
        if not whole:
            raise QuestionError("the records cover no whole month")
        return self.sums([starts[k] for k in whole], [stops[k] for k in whole]), [starts[k] for k in whole]


def _next_month(day: dt.date) -> dt.date:
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _kept(store: Store, by: str, measures: tuple[str, ...], scheme: str, also: tuple[str, ...]) -> list[str]:
    """Units with at least a handful of records of any of the measures, and those asked for."""
    monthly = panel(store, by=by, every="month", measures=measures, scheme=scheme).frame
    totals = monthly.group_by("place").agg(pl.col("value").sum())
    kept = totals.filter(pl.col("value") >= MIN_TOTAL)["place"].to_list()
    return sorted({*kept, *(p for p in also if p in set(totals["place"].to_list()))})


@lru_cache(maxsize=24)
def _daily(
    key: str, held: _Held, by: str, measures: tuple[str, ...], scheme: str, also: tuple[str, ...]
) -> dict[str, Daily]:
    places = _kept(held.store, by, measures, scheme, also)
    if not places:
        raise QuestionError(f"the store has no records that name a {by}")
    made = panel(held.store, by=by, every="day", measures=measures, scheme=scheme, places=places)
    found = {}
    for measure in measures:
        values, keys, days = made.matrix(measure)
        found[measure] = Daily(values, tuple(keys), days[0])
    return found


class _Held:
    """Carries a store past the cache, which knows it by its path and manifest alone."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


def daily(
    store: Store,
    by: str,
    measures: Sequence[str] = ("at_large", "handoffs"),
    scheme: str = "ddp",
    also: Sequence[str] = (),
) -> dict[str, Daily]:
    """Daily counts of the units of a level, by measure; the last few questions are kept in memory.

    Units with fewer than 6 records in all are left out unless `also` names them. Raises what the panel does.
    """
    stamp = f"{store.path}:{hash(str(sorted(store.manifest.items(), key=str)))}"
    return _daily(stamp, _Held(store), by, tuple(measures), scheme, tuple(also))


def localities(county: Daily, office: Daily, target: tuple[str, str] | None = None) -> Daily:
    """Counties joined with the office area that has its seat there; the rest of the counties as they are.

    `target` (county, office) is joined too, by whatever rule it was found, and comes first; the units that
    share its county or its office are left out, so that no record is on both sides of a comparison.
    """
    index = {key: k for k, key in enumerate(county.keys)}
    seats: dict[str, list[int]] = {}
    for k, code in enumerate(office.keys):
        seat = seat_of(code)
        if seat is not None:
            seats.setdefault(seat, []).append(k)
    zero = np.where(np.isfinite(office.values[:1]), 0.0, np.nan)
    rows, keys = [], []

    def add(fips: str, offices: list[int], name: str) -> None:
        base = county.values[index[fips]] if fips in index else zero[0]
        rows.append(base + office.values[offices].sum(0) if offices else base)
        keys.append(name)

    taken_office = None
    if target is not None:
        taken_office = office.keys.index(target[1]) if target[1] in office.keys else None
        add(target[0], [] if taken_office is None else [taken_office], f"{target[0]}+{target[1]}")
    for fips in sorted({*index, *seats}):
        offices = seats.get(fips, [])
        if target is not None and (fips == target[0] or taken_office in offices):
            continue
        add(fips, offices, fips + "".join(f"+{office.keys[k]}" for k in offices))
    return Daily(np.array(rows), tuple(keys), county.first)
