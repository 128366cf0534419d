"""Where the numbers of a claim come from: the panel over a store, or the figures that a party gave.

There is one way to each number: the panel's named measures, or the rows of the reference tables. A source
either gives an amount with the figures behind it, or a gap: why it cannot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from atlarge.claims.figures import Figure, figures, normal
from atlarge.claims.periods import Period
from atlarge.errors import AtlargeError

if TYPE_CHECKING:
    from atlarge.records.store import Store

PANEL_KINDS = {"county": "county", "office": "office_area", "aor": "aor", "state": "state"}
_NATION = {"us", "usa", "united states", "nation", "national", "nationwide"}


@dataclass(frozen=True)
class Gap:
    """Why a source gives no number."""

    reason: str


@dataclass(frozen=True)
class Amount:
    """A number and the figures it is made of."""

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
    from atlarge.places import find_place

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

    def __init__(self, party: str, held: tuple[Figure, ...]) -> None:
        self.name = party
        self.held = held
        self.is_of_record = any(f.is_of_record for f in held)

    def _of(self, measure: str, kind: str | None = None) -> list[Figure]:
        return [
            f
            for f in self.held
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
        held = self._of(measure, kind)
        for wanted in _names(place) if held else ():
            found = [f for f in held if wanted in f.names]
            if found:
                return found
        begun = [
            f
            for f in held
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


class PanelSource:
    """The panel over a store, under one scheme."""

    is_of_record = True

    def __init__(self, store: Store, scheme: str = "ddp") -> None:
        self.store = store
        self.scheme = scheme
        self.name = "the records"
        self._panels: dict[tuple[Any, ...], Any] = {}
        self._found: dict[str, tuple[str, str, str]] = {}

    def kinds(self, measure: str, places: list[str]) -> list[str]:
        """The level of the places; empty when they are unknown or of several levels."""
        found = {self.find(place)[0] for place in places}
        return [kind for kind in found if kind] if len(found) == 1 else []

    def find(self, place: str) -> tuple[str, str, str]:
        """Level, code and name of a place; a level of "" when it is not found, with the reason as name."""
        if place not in self._found:
            self._found[place] = self._look_up(place)
        return self._found[place]

    def _look_up(self, place: str) -> tuple[str, str, str]:
        from atlarge.places import find_place

        if normal(place) in _NATION:
            return "nation", "US", "United States"
        try:
            found = find_place(place)
        except AtlargeError as error:
            return "", "", str(error)
        level = {v: k for k, v in PANEL_KINDS.items()}.get(found.kind, found.kind)
        return level, found.code, found.name

    def amount(self, measure: str, place: str, kind: str | None, when: Period | None) -> Amount | Gap:
        """The measure's sum over the period, if releases cover every day of it."""
        level, code, name = self.find(place)
        if not level:
            return Gap(name)
        if kind is not None and kind not in (level, "nation") and level != "nation":
            return Gap(f"{place} is a {level} in the records, not a {kind}")
        if when is None:
            return Gap(f"say when: the records of {measure} need a period")
        made = self._panel(measure, level, when, [code], _grain(measure, when))
        if isinstance(made, Gap):
            return made
        total = self._sum(made, measure, name, when)
        if isinstance(total, Gap):
            return total
        return Amount(total, (self._figure(measure, level, code, name, when, total, made),), when.days, True)

    def _panel(self, measure: str, level: str, when: Period, places: list[str] | None, every: str) -> Any:
        """The panel, or the reason why there is none; kept, since claims ask for the same again."""
        key = (measure, level, when, tuple(places) if places else None, every)
        if key not in self._panels:
            self._panels[key] = self._counted(measure, level, when, places, every)
        return self._panels[key]

    def _counted(self, measure: str, level: str, when: Period, places: list[str] | None, every: str) -> Any:
        from atlarge.panel import measures, panel

        known = measures().get(measure)
        if known is None:
            return Gap(f"the panel has no measure {measure}")
        if known.table not in self.store.tables():
            return Gap(f"the store has no {known.table}; {measure} needs them for {when}")
        if known.is_reported and not _is_whole_months(when):
            return Gap(f"{measure} is reported by the month, and {when} is not whole months")
        try:
            return panel(
                self.store,
                by=level,
                every=every,
                measures=[measure],
                scheme=self.scheme,
                start=when.start,
                end=when.end,
                places=places,
            )
        except AtlargeError as error:
            return Gap(str(error))

    def _sum(self, made: Any, measure: str, name: str, when: Period) -> float | Gap:
        """The sum of a panel's one place, or a gap where a day is not covered."""
        frame = made.frame
        covered = int(frame.filter(frame["value"].is_not_null())["days_covered"].sum() or 0)
        reported = measure.startswith("jail_")
        missing = frame["value"].null_count()
        if frame.is_empty() or missing == frame.height:
            return Gap(f"no release in the store covers {measure} at {name} in {when}")
        if missing or (not reported and covered < when.days):
            return Gap(
                f"the releases cover {covered} of the {when.days} days of {when} for {measure} at {name}"
            )
        return float(frame["value"].sum())

    def _figure(
        self, measure: str, level: str, code: str, name: str, when: Period, value: float, made: Any
    ) -> Figure:
        from atlarge.panel import measures

        told = made.coverage[measures()[measure].table]
        releases = ", ".join(sorted({str(r["id"]) for r in told["releases"]}))
        unplaced = told["unplaced"].get(measure, 0)
        parts = []
        if measures()[measure].category:
            parts.append(f"methods read under the scheme {self.scheme}")
        if unplaced and level != "nation":
            parts.append(f"{unplaced:,} of the records in this time name no {level}")
        return Figure(
            measure=measure,
            place=name,
            place_kind=level,
            place_code=code,
            period=when,
            value=value,
            unit=measures()[measure].unit,
            party="ICE"
            if not measure.startswith("jail_")
            else "sheriffs, to the Texas Commission on Jail Standards",
            source="panel",
            row=f"{measures()[measure].table} of release {releases}",
            note="; ".join(parts) or None,
        )

    def all_places(self, measure: str, kind: str, when: Period | None) -> list[str]:
        """All places of a level with a whole count in the period."""
        return [place for place, _ in self.ranked(measure, kind, when)]

    def ranked(self, measure: str, kind: str, when: Period | None) -> list[tuple[str, float]]:
        """Every place of a level with its sum, in one pass over the records."""
        import polars as pl

        if when is None or kind not in (*PANEL_KINDS, "nation"):
            return []
        made = self._panel(measure, kind, when, None, _grain(measure, when))
        if isinstance(made, Gap):
            return []
        whole = made.frame.group_by("place").agg(
            pl.col("value").sum().alias("value"), pl.col("value").null_count().alias("gaps")
        )
        kept = whole.filter(pl.col("gaps") == 0).sort("value", "place", descending=[True, False])
        return [(str(place), float(value)) for place, value in kept.select("place", "value").iter_rows()]

    def series(
        self, measure: str, place: str, kind: str | None, when: Period | None, every: str
    ) -> list[Figure] | Gap:
        """The measure by day, week or month."""
        level, code, name = self.find(place)
        if not level:
            return Gap(name)
        if when is None:
            return Gap(f"say when: the records of {measure} need a period")
        if every == "year":
            return Gap("the panel counts by day, week or month, not by year")
        made = self._panel(measure, level, when, [code], every)
        if isinstance(made, Gap):
            return made
        rows = made.frame.filter(made.frame["days_covered"] == made.frame["days_in_period"]).drop_nulls(
            "value"
        )
        found = []
        for row in rows.iter_rows(named=True):
            last = row["period"] + dt.timedelta(days=int(row["days_in_period"]) - 1)
            period = Period(row["period"], last)
            found.append(self._figure(measure, level, code, name, period, float(row["value"]), made))
        return found or Gap(f"no release in the store covers {measure} at {name} in {when}")


def _grain(measure: str, when: Period) -> str:
    """The coarsest period of the panel that fits."""
    return "month" if measure.startswith("jail_") or _is_whole_months(when) else "day"


def _is_whole_months(when: Period) -> bool:
    """Whether a period is made of whole months."""
    return when.start.day == 1 and (when.end + dt.timedelta(days=1)).day == 1


def _list(periods: list[Period]) -> str:
    """Periods for a person, the long lists cut."""
    shown = [str(p) for p in periods]
    return ", ".join(shown) if len(shown) <= 6 else f"{shown[0]} ... {shown[-1]} ({len(shown)} periods)"


def parties(wanted: list[str] | None = None) -> list[PartySource]:
    """Parties with figures, from all reference tables or only those named; those of record first."""
    held: dict[str, list[Figure]] = {}
    for figure in figures():
        if wanted is None or figure.source in wanted or "reference" in wanted:
            held.setdefault(figure.party, []).append(figure)
    made = [PartySource(party, tuple(of)) for party, of in held.items()]
    return sorted(made, key=lambda source: (not source.is_of_record, source.name))
