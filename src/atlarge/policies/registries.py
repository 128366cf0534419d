"""A registry: policies by id, place, kind and day, what governs a place, and when units were treated."""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.arguments import one_of
from atlarge.calendar import as_day
from atlarge.errors import QuestionError
from atlarge.files import write_by_extension
from atlarge.policies.icalendar import calendar_text
from atlarge.policies.policy import (
    BINDING_SCOPES,
    DIRECTIONS,
    HOUSING,
    Policy,
    counties_of_states,
    kind_of,
    policy_from_row,
    state_code,
)
from atlarge.policies.tables import agreement_rows
from atlarge.reference import lookup
from atlarge.wording import some

Ints = NDArray[np.int64]


class Starts(NamedTuple):
    """When units were first treated.

    Attributes
    ----------
    month : int array [N]
        Number of the first whole month; -1 for none.
    clean : bool array [N]
        Whether no policy of either direction touched the unit in the months.
    ids : dict
        The policy's id, by unit.
    """

    month: Ints
    clean: NDArray[np.bool_]
    ids: dict[str, str]


class Conflict(NamedTuple):
    """A local decision and a state's law of the other direction, both in force in a place.

    Attributes
    ----------
    place : str
        FIPS code of the county, or the state's two letters.
    local, state : Policy
        The two.
    """

    place: str
    local: Policy
    state: Policy

    @property
    def why(self) -> str:
        """The conflict in one sentence."""
        verb = "requires" if self.state.direction == "extends" else "bars"
        return f"{self.local.id} {self.local.direction} cooperation, {self.state.id} of the state {verb} it"


class Regime(NamedTuple):
    """What governs a place on a day.

    Attributes
    ----------
    place, day : str and date
        FIPS code of a county or two letters of a state, and the day.
    limits, extends : tuple of Policy
        Policies in force that bear on jails, by direction.
    governing : str or None
        limits or extends. A state's law takes precedence over a local one; where both directions stand at the
        state's level, neither governs.
    conflicts : tuple of Conflict
        Local decisions against the state's law.
    """

    place: str
    day: dt.date
    limits: tuple[Policy, ...]
    extends: tuple[Policy, ...]
    governing: str | None
    conflicts: tuple[Conflict, ...]


_DAY_AT_END = re.compile(r"-(?:\d{4}-\d{2}-\d{2}(?:-\d)?|undated)$")


def _undated_id(name: str) -> str:
    """An agreement's id without its day and without small words, in which older editions differed."""
    return _DAY_AT_END.sub("", name).replace("-of-", "-") if "-287g-" in name else name


@dataclass(frozen=True)
class Registry:
    """Dated policies, and the ids of those for which no date was found.

    Attributes
    ----------
    policies : tuple of Policy
        Those with a date; no two have one id.
    undated : tuple of str
        Ids of the others.

    Examples
    --------
    >>> import datetime as dt
    >>> from atlarge.policies import registry
    >>> [p.id for p in registry().in_force(dt.date(2017, 3, 1), place="48453", direction="limits")]
    ['travis-tx-2017']
    """

    policies: tuple[Policy, ...]
    undated: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if twice := [name for name, n in Counter(p.id for p in self.policies).items() if n > 1]:
            raise QuestionError(f"two policies are called {twice[0]}")

    @classmethod
    def from_agreements(cls, spells: pl.DataFrame) -> Registry:
        """A registry of agreements alone, from a table of spells in the columns of `agreements_287g`."""
        rows = agreement_rows(spells).filter(pl.col("effective").is_not_null()).sort("id")
        return cls(tuple(policy_from_row(row) for row in rows.iter_rows(named=True)))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.policies, self.undated))

    def __iter__(self) -> Iterator[Policy]:
        return iter(self.policies)

    def __len__(self) -> int:
        return len(self.policies)

    def __repr__(self) -> str:
        agreed = sum(p.is_agreement for p in self.policies)
        return (
            f"<Registry: {some(len(self) - agreed, 'policy', 'policies')}, "
            f"{some(agreed, 'agreement')}, {len(self.undated)} undated>"
        )

    @cached_property
    def _by_id(self) -> dict[str, Policy]:
        return {policy.id: policy for policy in self.policies}

    @cached_property
    def _changes(self) -> tuple[list[dt.date], list[Policy]]:
        """Days on which a policy began or ended, in order, with the policy of each."""
        events = [(p.effective, k, p) for k, p in enumerate(self.policies)]
        events += [(p.ended, k, p) for k, p in enumerate(self.policies) if p.ended]
        events.sort(key=lambda event: event[:2])
        return [day for day, _, _ in events], [policy for _, _, policy in events]

    @cached_property
    def _by_older_id(self) -> dict[str, Policy]:
        """Agreements by their id without its day, if unambiguous, so that an id still works after its day was
        corrected."""
        found: dict[str, Policy | None] = {}
        for policy in self.policies:
            if policy.is_agreement:
                name = _undated_id(policy.id)
                found[name] = None if name in found else policy
        return {name: policy for name, policy in found.items() if policy is not None}

    @cached_property
    def _vague(self) -> tuple[Policy, ...]:
        return tuple(p for p in self.policies if p.is_vague and p.precision != "year")

    def _vague_within(self, start: dt.date, end: dt.date) -> list[Policy]:
        """Agreements that began at some time in an interval of more than two months that meets these days."""
        return [p for p in self._vague if p.effective < end and p.latest >= start]

    def ids(self) -> list[str]:
        """Ids of all policies, those without a date among them."""
        return sorted([*self._by_id, *self.undated])

    def near(self, name: str, limit: int = 4) -> list[str]:
        """The ids most similar to an unknown one."""
        from rapidfuzz import fuzz, process

        wanted = str(name).lower().replace(" ", "-").replace(",", "").replace("-county", "")
        ids = self.ids()
        decisions = [i for i in ids if i not in self._by_id or not self._by_id[i].is_agreement]
        found = process.extract(wanted, decisions or ids, scorer=fuzz.WRatio, limit=limit)
        return [one[0] for one in found]

    def get(self, name: str) -> Policy:
        """The policy of an id; QuestionError with near ids if there is none, or if it has no date."""
        wanted = str(name).strip().lower()
        if wanted in self._by_id:
            return self._by_id[wanted]
        if (older := self._by_older_id.get(_undated_id(wanted))) is not None:
            return older
        if wanted in self.undated:
            raise QuestionError(
                f"policy {wanted}: no date was found for it, so there is no before and after; "
                "name a day with --date, or add its date and source to reference/policies.csv"
            )
        raise QuestionError(
            f"no policy {name!r}; the nearest are {', '.join(self.near(name))} (all: atlarge policies)"
        )

    def select(
        self,
        *,
        kind: str | None = None,
        state: str | None = None,
        place: str | None = None,
        direction: str | None = None,
    ) -> list[Policy]:
        """Policies narrowed by kind, state (two letters or name), place and direction.

        `place`: a county's FIPS code, which also finds the laws of its state, or a state's two letters.
        Raises QuestionError for a word that is not a kind, state, place or direction.
        """
        if direction is not None:
            one_of(direction, DIRECTIONS, "direction")
        wanted = kind_of(kind) if kind is not None else None
        code = state_code(state) if state is not None else None
        state_of = lookup("counties", "fips", "state")
        if place is not None and place not in state_of and place not in counties_of_states():
            raise QuestionError(f"no place {place!r}; give a county's FIPS code or a state's two letters")
        return [
            p
            for p in self.policies
            if (wanted is None or p.kind == wanted)
            and (code is None or p.state == code)
            and (direction is None or p.direction == direction)
            and (place is None or _is_of(p, place))
        ]

    def in_force(
        self,
        day: dt.date | str,
        *,
        kind: str | None = None,
        state: str | None = None,
        place: str | None = None,
        direction: str | None = None,
        possible: bool = True,
    ) -> list[Policy]:
        """Policies in force on a day, narrowed as by `select`.

        `possible` False leaves out those whose first or last day is an interval that holds the day.
        """
        on = as_day(day)
        wanted = ("in force", "possible") if possible else ("in force",)
        found = self.select(kind=kind, state=state, place=place, direction=direction)
        return [p for p in found if p.status(on) in wanted]

    def history(self, *, place: str | None = None, state: str | None = None) -> list[Policy]:
        """Policies of a place and its state, or of all places of a state, by their first day."""
        return sorted(self.select(place=place, state=state), key=lambda p: (p.effective, p.id))

    def regime(self, place: str, day: dt.date | str) -> Regime:
        """What governs a county or a state on a day, among the policies that bear on jails.

        A state's law takes precedence over a county's; two state laws of both directions leave `governing`
        None, as does the absence of any policy.
        """
        on = as_day(day)
        found = [p for p in self.in_force(on, place=place) if p.is_jail_rule]
        above = {p.direction for p in found if p.level == "state" and p.binds in BINDING_SCOPES}
        local = {p.direction for p in found if p.level != "state"}
        deciding = above or local
        governing = next(iter(deciding)) if len(deciding) == 1 else None
        limits = tuple(p for p in found if p.direction == "limits")
        extends = tuple(p for p in found if p.direction == "extends")
        return Regime(place, on, limits, extends, governing, tuple(_conflicts(found)))

    def conflicts(
        self, day: dt.date | str, *, state: str | None = None, place: str | None = None
    ) -> list[Conflict]:
        """Local decisions in force on a day against a law of their state in the other direction."""
        found = [p for p in self.in_force(day, state=state, place=place) if p.is_cooperation]
        return _conflicts(found)

    def changed_counties(
        self, start: dt.date, end: dt.date, kinds: Sequence[str] | None = None
    ) -> dict[str, set[str]]:
        """Counties (FIPS) whose cooperation changed by a dated policy within the days, by direction.

        A change is the day a policy took effect or ended, `end` not among the days; a policy whose first day
        is known to more than two months counts in all of them. Housing contracts,
        property rules and crimes of entry say nothing of cooperation and are left out, unless `kinds` names
        the kinds to take (housing never counts).
        """
        found: dict[str, set[str]] = {"limits": set(), "extends": set()}
        days, changes = self._changes
        inside = changes[bisect.bisect_left(days, start) : bisect.bisect_left(days, end)]
        for policy in [*inside, *self._vague_within(start, end)]:
            wanted = policy.is_cooperation if kinds is None else policy.kind in kinds
            if wanted and policy.kind != HOUSING:
                found[policy.direction].update(policy.counties())
        return found

    def starts(
        self,
        keys: Sequence[str],
        months: Sequence[dt.date],
        direction: str = "limits",
        levels: Sequence[str] = ("county", "city", "state"),
    ) -> Starts:
        """First whole month of each unit's first policy of a direction, within calendar `months`.

        A unit is named by its codes joined with "+". A state's law that binds counties counts for each of
        them. Policies known only to the year or to more than two months, housing contracts, property rules
        and crimes of entry do not count.
        """
        first: dict[str, Policy] = {}
        touched: set[str] = set()
        days, changes = self._changes
        low, high = (months[0], months[-1]) if len(months) else (dt.date.max, dt.date.min)
        for policy in changes[bisect.bisect_right(days, low) : bisect.bisect_right(days, high)]:
            inside = low < policy.effective <= high and not policy.is_vague
            if not inside or not policy.is_cooperation:
                continue
            targets = policy.counties()
            touched.update(targets)
            if policy.direction == direction and policy.level in levels:
                for code in targets:
                    if code not in first or policy.effective < first[code].effective:
                        first[code] = policy
        for policy in self._vague_within(low, high):
            if policy.is_cooperation and policy.precision != "year":
                touched.update(policy.counties())
        axis = np.array(list(months), dtype="datetime64[D]")
        month, clean = np.full(len(keys), -1, dtype=np.int64), np.ones(len(keys), dtype=bool)
        ids: dict[str, str] = {}
        for k, key in enumerate(keys):
            codes = key.split("+")
            clean[k] = not touched.intersection(codes)
            own = [first[code] for code in codes if code in first]
            if own:
                earliest = min(own, key=lambda p: p.effective)
                month[k] = int(np.searchsorted(axis, np.datetime64(earliest.effective)))
                ids[key] = earliest.id
        return Starts(month, clean, ids)

    def to_frame(self) -> pl.DataFrame:
        """The dated policies as a table, in the columns of a listing."""
        return pl.DataFrame([p.to_row() for p in self.policies], infer_schema_length=None)

    def write(self, path: Path | str, since: dt.date | None = None) -> None:
        """Write the policies as CSV, Parquet or iCalendar, by the extension .csv, .parquet or .ics; atomic.

        `since`: see `calendar`. QuestionError for another extension.
        """
        write_by_extension(path, self.to_frame(), ics=lambda: self.calendar(since).encode())

    def calendar(self, since: dt.date | None = None) -> str:
        """The registry's dates as an iCalendar (RFC 5545): a policy's start, deadline and end, a day each.

        `since`: only dates from this day on, for the dates to come; all if left out. Days known to an
        interval stand on its first day and say so.
        """
        return calendar_text(self.policies, since)


def _is_of(policy: Policy, place: str) -> bool:
    if place in counties_of_states():
        return policy.state == place
    if policy.level == "state":
        return policy.state == lookup("counties", "fips", "state")[place]
    return place in policy.counties()


def _conflicts(found: Iterable[Policy]) -> list[Conflict]:
    policies = list(found)
    above: dict[tuple[str, str], list[Policy]] = {}
    for p in policies:
        if p.level == "state" and p.binds in BINDING_SCOPES:
            above.setdefault((p.state, p.direction), []).append(p)
    out = []
    for p in policies:
        if p.level == "state" or not p.is_cooperation:
            continue
        other = "extends" if p.direction == "limits" else "limits"
        out += [Conflict(p.place, p, law) for law in above.get((p.state, other), []) if _meet(p, law)]
    return out


def _meet(local: Policy, law: Policy) -> bool:
    """Whether a local decision and a state's law are on one matter: jails, police, or agreements."""
    if local.kind in ("program_287g", "ends_287g"):
        return law.kind in ("program_287g", "ends_287g", "state_law")
    return law.binds == "local" or law.binds == local.binds
