"""Where the numbers of a claim come from: the panel over a store, or the figures that a party gave.

There is one way to each number: the panel's named measures, or the rows of the reference tables. A source
either gives an amount with the figures behind it, or a gap: why it cannot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from atlarge.claims.figures import Figure, figures, normal
from atlarge.errors import AtlargeError
from atlarge.periods import Period
from atlarge.places import find_place


@dataclass(frozen=True)
class Gap:
    """Why a source gives no number."""

    reason: str


@dataclass(frozen=True)
class Amount:
    """A number and the figures behind it."""

    value: float
    figures: tuple[Figure, ...] = field(default_factory=tuple)
    days: int = 0
    is_additive: bool = False

    @property
    def margin(self) -> float | None:
        """Margin of error of a sum whose parts are independent; None unless every part has one."""
        parts = [f.margin for f in self.figures]
        if not parts or any(p is None for p in parts):
            return None
        return float(sum(p * p for p in parts if p is not None) ** 0.5)


def _names(place: str) -> Iterator[str]:
    """The names to look for a place under: as written, its code, and as written without a state after it."""
    yield normal(place)
    code = _code(place)
    if code is not None:
        yield code
    head, comma, _ = place.rpartition(",")
    if comma:
        yield normal(head)


@cache
def _code(place: str) -> str | None:
    """Code of a place of the registry; None for a metropolitan area, a group or a name it does not know."""
    try:
        return normal(find_place(place).code)
    except AtlargeError:
        return None


class Source(Protocol):
    """A keeper of numbers."""

    name: str
    is_of_record: bool

    def kinds(self, measure: str, places: list[str]) -> list[str]:
        """Kinds of place under which all the names are known for the measure."""

    def amount(self, measure: str, place: str, kind: str | None, when: Period | None) -> Amount | Gap:
        """The measure at one place."""

    def all_places(self, measure: str, kind: str, when: Period | None) -> list[str]:
        """All places of a kind that the measure has a number for."""

    def series(
        self, measure: str, place: str, kind: str | None, when: Period | None, every: str
    ) -> list[Figure] | Gap:
        """The measure by period."""


class PartySource:
    """The figures that one party gave, from the reference tables."""

    def __init__(self, party: str, published: tuple[Figure, ...]) -> None:
        self.name = party
        self.published = published
        self.is_of_record = any(f.is_of_record for f in published)

    def _of(self, measure: str, kind: str | None = None) -> list[Figure]:
        return [
            f
            for f in self.published
            if f.measure == measure and (kind is None or f.place_kind in (kind, "nation"))
        ]

    def kinds(self, measure: str, places: list[str]) -> list[str]:
        """Kinds under which every name is known; a nation serves beside any kind."""
        if places and all(self._named(measure, place, "nation") for place in places):
            return ["nation"]
        found: list[str] = []
        for figure in self._of(measure):
            kind = figure.place_kind
            if kind not in found and all(self._named(measure, place, kind) for place in places):
                found.append(kind)
        return found

    def _named(self, measure: str, place: str, kind: str | None) -> list[Figure]:
        """Figures of a place: by its name or alias, else by its code, else by a name without its state."""
        published = self._of(measure, kind)
        for wanted in _names(place) if published else ():
            found = [f for f in published if wanted in f.names]
            if found:
                return found
        begun = [
            f
            for f in published
            if f.place_kind != "group" and any(name.startswith(normal(place) + " ") for name in f.names)
        ]
        return begun if len({f.place for f in begun}) == 1 else []

    def amount(self, measure: str, place: str, kind: str | None, when: Period | None) -> Amount | Gap:
        """The figure of exactly the period, or the sum of figures that fill it without a hole."""
        found = self._named(measure, place, kind)
        if not found:
            return Gap(f"{self.name} gives no figure of {measure} for {place}")
        if when is None:
            periods = sorted({f.period for f in found})
            if len(periods) > 1:
                return Gap(f"say when: {self.name} gives {measure} for {place} in {_list(periods)}")
            when = periods[0]
        exact = [f for f in found if f.period == when]
        if exact:
            # A variant is another count of the same report, so it never stands in for a printed figure.
            exact.sort(key=lambda f: (f.value is None, f.status == "variant", not f.is_of_record))
            if exact[0].value is None:
                return Gap(f"{place} is listed by {self.name}, but the figure was not recovered")
            return Amount(exact[0].value, (exact[0],), when.days, exact[0].is_additive)
        return self._tiled(measure, place, found, when)

    def _tiled(self, measure: str, place: str, found: list[Figure], when: Period) -> Amount | Gap:
        """Add up figures side by side, if they fill the period."""
        inside = sorted((f for f in found if f.is_additive and when.covers(f.period)), key=lambda f: f.period)
        day, used = when.start, []
        for figure in inside:
            if figure.period.start == day and figure.value is not None:
                used.append(figure)
                day = figure.period.end + dt.timedelta(days=1)
        if used and day == when.end + dt.timedelta(days=1):
            return Amount(float(sum(f.value or 0 for f in used)), tuple(used), when.days, True)
        if inside:
            missing = day if day <= when.end else when.end
            return Gap(
                f"{self.name} gives no figure of {measure} for {place} from {missing}, so {when} is not full"
            )
        return Gap(
            f"{self.name} gives {measure} for {place} only for {_list(sorted({f.period for f in found}))}"
        )

    def printed(self, measure: str, place: str, kind: str | None, when: Period | None) -> Figure | None:
        """The figure of a place for which the source prints a rank."""
        found = self._named(measure, place, kind)
        ranked = [f for f in found if f.rank is not None and (when is None or f.period == when)]
        return ranked[0] if len(ranked) == 1 else None

    def all_places(self, measure: str, kind: str, when: Period | None) -> list[str]:
        """Places of a kind with a printed figure for the period, in the order of the table."""
        found = [f for f in self._of(measure) if f.place_kind == kind and f.value is not None]
        return list(dict.fromkeys(f.place for f in found if when is None or f.period == when))

    def series(
        self, measure: str, place: str, kind: str | None, when: Period | None, every: str
    ) -> list[Figure] | Gap:
        """The printed figures inside the period, by date."""
        found = [
            f
            for f in self._named(measure, place, kind)
            if f.value is not None and f.status != "variant" and (when is None or when.covers(f.period))
        ]
        if not found:
            return Gap(f"{self.name} gives no figure of {measure} for {place} in {when or 'any period'}")
        return sorted(found, key=lambda f: f.period)


def _list(periods: list[Period]) -> str:
    """Periods for a person, the long lists cut."""
    shown = [str(p) for p in periods]
    return ", ".join(shown) if len(shown) <= 6 else f"{shown[0]} ... {shown[-1]} ({len(shown)} periods)"


def parties(wanted: list[str] | None = None) -> list[PartySource]:
    """Parties with figures, from all reference tables or only those named; those of record first."""
    by_party: dict[str, list[Figure]] = {}
    for figure in figures():
        if wanted is None or figure.source in wanted or "reference" in wanted:
            by_party.setdefault(figure.party, []).append(figure)
    sources = [PartySource(party, tuple(of)) for party, of in by_party.items()]
    return sorted(sources, key=lambda source: (not source.is_of_record, source.name))
