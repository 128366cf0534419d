"""The arrays of one question: counts of each level, the rows of the main area, and who may be compared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.explain.answer import Area
from atlarge.explain.areas import Where, seat_of
from atlarge.explain.daily import Daily
from atlarge.explain.data import Localities, daily, localities
from atlarge.explain.periods import Months
from atlarge.policies import Registry, registry
from atlarge.records.store import Store
from atlarge.reference import lookup, table

MEASURES = ("at_large", "handoffs")
EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Study:
    """Counts by measure at each level; `main` those of the headline area and `key` its row there.

    `jail`, `around`: handoffs of the county itself and of its office area, on the rows of `main`; None where
    the headline area is not a locality.
    """

    store: Store
    scheme: str
    where: Where
    county: dict[str, Daily]
    office: dict[str, Daily]
    aor: dict[str, Daily]
    main: dict[str, Daily]
    key: str
    jail: Daily | None
    around: Daily | None
    locality: dict[str, Localities]
    registry: Registry = field(default_factory=registry)

    @property
    def area(self) -> Area:
        """The headline area."""
        return self.where.main

    @property
    def exposure(self) -> Daily:
        """Handoffs that a policy can take away: of the county's own jails where the area is a locality with
        any, else of the area; on the rows of `main`."""
        row = None if self.jail is None else self.jail.row(self.key)
        if self.jail is not None and row is not None and self.jail.totals[row] > 0:
            return self.jail
        return self.main["handoffs"]

    @property
    def exposure_area(self) -> Area:
        """The area that `exposure` counts."""
        is_jail = self.jail is not None and self.exposure is self.jail
        return self.where.county if is_jail and self.where.county is not None else self.area

    def changed(self, months: Months) -> set[str]:
        """Codes of the units of the headline level whose own cooperation changed in these months."""
        return changed_units(self.area.level, months, self.main[MEASURES[0]].keys, self.registry)

    def level(self, area: Area) -> dict[str, Daily]:
        """Counts of the level of an area."""
        if area.level == self.area.level and area.code == self.area.code:
            return self.main
        return {"county": self.county, "office": self.office, "aor": self.aor}[area.level]

    def names(self) -> dict[str, str]:
        """Printed names of the rows of `main`."""
        known = _known_names(self.area.level == "aor")
        return {
            key: " and ".join(known.get(code, code) for code in key.split("+"))
            for key in self.main[MEASURES[0]].keys
        }


@lru_cache(maxsize=2)
def _known_names(of_aors: bool) -> dict[str, str]:
    """Printed names of areas of responsibility, or of counties and offices, by code."""
    if of_aors:
        return lookup("aors", "aor", "name")
    return lookup("offices", "office", "name") | lookup("counties", "fips", "place_name")


def study_of(store: Store, where: Where, scheme: str, policies: Registry | None = None) -> Study:
    """Load what a question about these areas needs."""
    levels = {level: daily(store, level, MEASURES, scheme) for level in ("county", "office", "aor")}
    if where.main.level == "state":
        levels["state"] = daily(store, "state", MEASURES, scheme)
    return study_from(levels, where, store, scheme, policies)


def study_from(
    levels: dict[str, dict[str, Daily]],
    where: Where,
    store: Store,
    scheme: str = "ddp",
    policies: Registry | None = None,
) -> Study:
    """Lay out the counts of the levels county, office, aor (and state, for a state) for a question."""
    county, office, aor = levels["county"], levels["office"], levels["aor"]
    area = where.main
    joined = localities(county, office, _target(area, where))
    jail = around = None
    if area.level == "locality":
        main = {m: joined[m].both for m in MEASURES}
        jail, around = joined["handoffs"].county, joined["handoffs"].around
    else:
        main = levels[area.level]
    if area.level == "county":
        jail = county["handoffs"]
    return Study(
        store,
        scheme,
        where,
        county,
        office,
        aor,
        main,
        area.code,
        jail,
        around,
        joined,
        policies or registry(),
    )


def _target(area: Area, where: Where) -> tuple[str, str] | None:
    """County and office of the locality in question."""
    if area.level == "locality" and where.county and where.office:
        return where.county.code, where.office.code
    seat = seat_of(area.code) if area.level == "office" else None
    return (seat, area.code) if seat else None


def outcome_under(study: Study, scheme: str) -> Daily:
    """Arrests at large of the headline level as another reading of the method column has them."""
    measure, area = MEASURES[0], study.area
    if area.level != "locality":
        return daily(study.store, area.level, (measure,), scheme)[measure]
    county, office = (
        {measure: daily(study.store, level, (measure,), scheme)[measure], MEASURES[1]: own[MEASURES[1]]}
        for level, own in (("county", study.county), ("office", study.office))
    )
    return localities(county, office, _target(area, study.where), (measure,))[measure].both


def change_days(
    level: str, keys: tuple[str, ...], policies: Registry, start: dt.date, stop: dt.date
) -> list[tuple[int, dt.date]]:
    """Row and day of every dated change of a unit's own cooperation from `start` to before `stop`, as
    `changed_units` counts them."""
    rows, days = change_arrays(level, keys, policies, start, stop)
    return list(zip(rows.tolist(), days.tolist(), strict=True))


def change_arrays(
    level: str, keys: tuple[str, ...], policies: Registry, start: dt.date, stop: dt.date
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """The same as arrays of rows and of days."""
    rows, days = _all_changes(level, keys, policies)
    inside = (days >= np.datetime64(start)) & (days < np.datetime64(stop))
    return rows[inside], days[inside]


@lru_cache(maxsize=16)
def _all_changes(
    level: str, keys: tuple[str, ...], policies: Registry
) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    if level == "aor":
        return np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[D]")
    rows: dict[str, list[int]] = {}
    for k, key in enumerate(keys):
        for code in [seat_of(key) or ""] if level == "office" else key.split("+"):
            rows.setdefault(code, []).append(k)
    codes, days = _dated_codes(policies, of_states=level == "state")
    found = [(k, day) for code, day in zip(codes, days, strict=True) for k in rows.get(code, ())]
    return (
        np.array([k for k, _ in found], dtype=np.int64),
        np.array([day for _, day in found], dtype=np.int64).astype("datetime64[D]"),
    )


@lru_cache(maxsize=8)
def _dated_codes(policies: Registry, *, of_states: bool) -> tuple[list[str], list[int]]:
    """Counties whose cooperation changed (or states, by their own laws), and the days, counted from 1970."""
    codes: list[str] = []
    days: list[int] = []
    for policy in policies:
        if policy.is_cooperation:
            own = (policy.state,) if policy.level == "state" else ()
            for day in (policy.effective, policy.ended):
                if day is not None:
                    names = own if of_states else policy.counties()
                    codes += names
                    days += [day.toordinal() - EPOCH] * len(names)
    return codes, days


@lru_cache(maxsize=16)
def group_of(level: str, keys: tuple[str, ...]) -> NDArray[np.str_] | None:
    """The area of responsibility of each unit of a level; None where units are no smaller than that."""
    if level in ("aor", "state"):
        return None
    aors = lookup("counties", "fips", "aor")
    seats = [(seat_of(key) or "") if level == "office" else key.split("+")[0] for key in keys]
    return np.array([str(aors.get(seat) or "") for seat in seats])


def changed_units(level: str, months: Months, keys: tuple[str, ...], policies: Registry) -> set[str]:
    """Codes of the units of a level whose own cooperation changed, by a dated policy, in these months.

    An office counts by the county of its seat, a state by its own laws; an AOR is too large to count by one
    county, so none is left out there.
    """
    found = policies.changed_counties(months.start[0], months.policy_end)
    counties = found["limits"] | found["extends"]
    if level in ("county", "locality"):
        return counties
    if level == "office":
        return {key for key in keys if seat_of(key) in counties}
    if level == "state":
        rows = table("counties").group_by("state").agg(pl.col("fips").is_in(counties).all())
        return set(rows.filter(pl.col("fips"))["state"].to_list())
    return set()
