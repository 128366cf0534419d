"""The registry of dated policies: who limits or extends cooperation, from when to when, and by which source.

One `Registry` holds state laws, local decisions and 287(g) agreements. It is passed explicitly to every
function that needs it; `registry()` is the one shipped with the package.
"""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import as_day, month_end
from atlarge.errors import QuestionError
from atlarge.files import write_by_ending
from atlarge.reference import sidecar, table
from atlarge.wording import is_web_address, printable, some

Ints = NDArray[np.int64]
Status = Literal["in force", "possible", "not in force"]

__all__ = ["Policy", "Registry", "as_registry", "find_policy", "policies", "policy_table", "registry"]

HOUSING = "jail_contract"
DIRECTIONS = ("limits", "extends")
LEVELS = ("nation", "state", "county", "city")
PRECISIONS = ("day", "month", "year", "none")
CONFIDENCES = ("high", "medium", "low")
KINDS: dict[str, str] = sidecar("policies")["kinds"]
"""What a policy may be about, by name."""
KIND_ALIASES = {"287g": "program_287g", "287(g)": "program_287g", "agreements": "program_287g"}
SCOPES: dict[str, str] = sidecar("policies")["scopes"]
"""Whom a policy may bind, by name."""
_SCOPE_OF_KIND = {
    "detainers": "jails",
    "court_ruling": "jails",
    "state_law": "local",
    "jail_contract": "housing",
    "local_law": "property",
    "entry_crime": "entry",
}
_NO_COOPERATION = frozenset({"jail_contract", "local_law", "entry_crime"})
_BINDING_SCOPES = frozenset({"jails", "local", "police"})
_MODEL_SCOPE = {"Task Force Model": "police"}


class Spell(NamedTuple):
    """The days a policy was in force: the first and last day it can have begun, and can have ended."""

    start_earliest: dt.date
    start_latest: dt.date
    end_earliest: dt.date | None
    end_latest: dt.date | None


@dataclass(frozen=True)
class Policy:
    """A dated decision. `effective` is the first day that it can have applied; `latest` the last day it can
    have begun (the same for a policy known to the day). `ended` is the first day without it, None while in
    force when last read; `end_earliest` and `end_latest` bound that day. `deadline`: day by which others must
    comply. `scope`: whom it binds, a name in `SCOPES`. `agency` and `model` are of 287(g) agreements.
    """

    id: str
    level: str
    place_name: str
    state: str
    fips: str | None
    direction: str
    kind: str
    title: str
    announced: dt.date | None
    effective: dt.date
    latest: dt.date
    precision: str
    ended: dt.date | None
    confidence: str
    source_url: str
    note: str
    criteria: str = ""
    agency: str = ""
    model: str = ""
    end_earliest: dt.date | None = None
    end_latest: dt.date | None = None
    ended_reason: str = ""
    deadline: dt.date | None = None
    scope: str = ""
    other_fips: str = ""

    def __repr__(self) -> str:
        return f"<Policy {self.id}: {self.place_name}, {self.direction} cooperation, {self.effective}>"

    def to_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)

    def to_row(self) -> dict[str, Any]:
        """The fields of a listing: those of the registry's table, then place, dates as intervals, source."""
        row = {k: v for k, v in self.to_dict().items() if k not in ("latest", "end_earliest", "end_latest")}
        return {**row, **_interval_fields(self)}

    @property
    def place(self) -> str:
        """FIPS code of its county, or the two letters of its state."""
        return self.fips or self.state

    @property
    def known(self) -> dt.date:
        """First day that the policy was known of: announced, or in effect unannounced."""
        return min(self.announced or self.effective, self.effective)

    @property
    def is_window(self) -> bool:
        """Whether the first day is known to a month, a year or an interval only."""
        return self.latest > self.effective

    @property
    def is_vague(self) -> bool:
        """Whether the first day is known only to more than two months: too little for a before and after."""
        return (self.latest - self.effective).days > 62

    @cached_property
    def spell(self) -> Spell:
        """Its first and last days as intervals."""
        return Spell(
            self.effective, self.latest, self.end_earliest or self.ended, self.end_latest or self.ended
        )

    @property
    def is_agreement(self) -> bool:
        """Whether it is a 287(g) agreement of one agency."""
        return self.kind == "program_287g" and bool(self.agency)

    @property
    def binds(self) -> str:
        """Whom it binds: its scope, or the usual one of its kind and level."""
        if self.scope:
            return self.scope
        if self.kind in ("program_287g", "ends_287g"):
            if self.level == "state":
                return "state" if self.agency else "local"
            return _MODEL_SCOPE.get(self.model, "police" if self.level == "city" else "jails")
        return _SCOPE_OF_KIND.get(self.kind, "local")

    @property
    def is_cooperation(self) -> bool:
        """Whether it changes how far a place cooperates: not housing, property rules or crimes of entry."""
        return self.kind not in _NO_COOPERATION

    @property
    def is_jail_rule(self) -> bool:
        """Whether it bears on who is handed over at a jail."""
        return self.is_cooperation and self.binds in ("jails", "local")

    def status(self, day: dt.date) -> Status:
        """Whether it was in force on a day; "possible" inside an interval in which it began or ended."""
        first, last, end_first, end_last = self.spell
        if day < first or (end_last is not None and day >= end_last):
            return "not in force"
        if day < last or (end_first is not None and day >= end_first):
            return "possible"
        return "in force"

    def counties(self) -> tuple[str, ...]:
        """FIPS codes of the counties it applies in: all of the state for a state's law that binds them."""
        if self.level == "state":
            return _members().get(self.state, ()) if self.binds in _BINDING_SCOPES else ()
        return tuple(code for code in (self.fips, *self.other_fips.split()) if code)


class Starts(NamedTuple):
    """Treatment starts of units: number of the month [N], -1 for none; whether no policy of any direction
    touched the unit in the months [N]; the policy's id by unit."""

    month: Ints
    clean: NDArray[np.bool_]
    ids: dict[str, str]


class Conflict(NamedTuple):
    """A local decision and a state's law of the other direction, both in force in a place."""

    place: str
    local: Policy
    state: Policy

    @property
    def why(self) -> str:
        """The conflict in one sentence."""
        verb = "requires" if self.state.direction == "extends" else "bars"
        return f"{self.local.id} {self.local.direction} cooperation, {self.state.id} of the state {verb} it"


class Regime(NamedTuple):
    """What governs a place on a day. `governing`: limits, extends or None; a state's law goes before a local
    decision, and where both directions stand at the state's level neither governs."""

    place: str
    day: dt.date
    limits: tuple[Policy, ...]
    extends: tuple[Policy, ...]
    governing: str | None
    conflicts: tuple[Conflict, ...]


# ---- from tables -----------------------------------------------------------------------------------------


def _interval_fields(policy: Policy) -> dict[str, Any]:
    first, last, end_first, end_last = policy.spell
    return {
        "place": policy.place,
        "start": policy.effective,
        "start_earliest": first,
        "start_latest": last,
        "end": policy.ended,
        "end_earliest": end_first,
        "end_latest": end_last,
        "source": policy.source_url,
    }


def _latest(effective: dt.date, precision: str) -> dt.date:
    """Last day of the month or year that a date stands for."""
    if precision == "month":
        return month_end(effective)
    if precision == "year":
        return dt.date(effective.year, 12, 31)
    return effective


_TEXTS = ("title", "confidence", "source_url", "note", "criteria", "agency", "model", "ended_reason", "scope",
          "other_fips")  # fmt: skip
_NAMES = tuple(f.name for f in fields(Policy))


def _policy(row: Mapping[str, Any]) -> Policy:
    latest = row.get("start_latest") or _latest(row["effective"], row["precision"])
    values: dict[str, Any] = {k: row[k] for k in _NAMES if k in row} | {"latest": latest}
    for key in _TEXTS:
        values[key] = row.get(key) or ""
    return Policy(**values)


def policy_table() -> pl.DataFrame:
    """Every shipped policy, dated or not, and every 287(g) agreement, one row each.

    Columns: id, level, place_name, state, fips, direction, kind, title, announced, effective, precision,
    ended, criteria, confidence, source_url, note, then what newer rows have: ended_reason, deadline, scope,
    verified, agency, model, start_latest, end_earliest, end_latest, other_fips.

    Returns
    -------
    DataFrame
        The table.

    Examples
    --------
    >>> policy_table().filter(id="travis-tx-2017")["place_name"].item()
    'Travis County, TX'
    """
    agreements = _agreement_rows()
    own = table("policies")
    standing = own.filter(~pl.col("id").is_in(agreements["id"].to_list()))
    return pl.concat([standing, agreements], how="diagonal")


def _agreement_rows(spells: pl.DataFrame | None = None) -> pl.DataFrame:
    """Agreements in the columns of the registry; one that the registry names keeps that row's id and words.

    `spells`: a table in the columns of `agreements_287g`; left out, the shipped one.
    """
    names = table("counties").select("fips", pl.col("place_name").alias("county_name"))
    source = str(sidecar("agreements_287g")["url"])
    is_day = pl.col("start_earliest") == pl.col("start_latest")
    source_table = table("agreements_287g") if spells is None else spells
    if "policy_id" not in source_table.columns:
        source_table = source_table.with_columns(pl.lit(None, pl.String).alias("policy_id"))
    agreements = source_table.join(names, on="fips", how="left").select(
        "id",
        "level",
        pl.coalesce("county_name", pl.concat_str("agency", pl.lit(", "), "state")).alias("place_name"),
        "state",
        "fips",
        pl.lit("extends").alias("direction"),
        pl.lit("program_287g").alias("kind"),
        pl.concat_str(pl.lit("287(g) agreement of "), "agency", pl.lit(", "), "model").alias("title"),
        pl.when(is_day).then("signed").alias("announced"),
        pl.when(is_day).then("signed").otherwise("start_earliest").alias("effective"),
        pl.when(is_day).then(pl.lit("day")).otherwise(pl.lit("interval")).alias("precision"),
        "ended",
        pl.lit(None, pl.String).alias("criteria"),
        "confidence",
        pl.coalesce("source_url", pl.lit(source)).alias("source_url"),
        pl.concat_str(
            pl.lit("Day of signing, not of the first officer's service; on ICE's lists from "),
            pl.col("first_listed").cast(pl.String),
            pl.lit(" to "),
            pl.col("last_listed").cast(pl.String),
        ).alias("note"),
        "ended_reason",
        pl.lit(None, pl.Date).alias("deadline"),
        pl.lit(None, pl.String).alias("scope"),
        pl.lit("ICE's lists").alias("verified"),
        "agency",
        "model",
        "start_latest",
        "end_earliest",
        "end_latest",
        "other_fips",
        "policy_id",
    )
    kept = ("title", "source_url", "note", "confidence", "announced")
    own = table("policies").select(
        pl.col("id").alias("policy_id"), *(pl.col(k).alias(f"own_{k}") for k in kept)
    )
    joined = agreements.join(own, on="policy_id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("policy_id", "id").alias("id"), *(pl.coalesce(f"own_{k}", k).alias(k) for k in kept)
    ).drop("policy_id", *(f"own_{k}" for k in kept))


@cache
def _members() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for fips, state in table("counties").select("fips", "state").iter_rows():
        found.setdefault(str(state), []).append(str(fips))
    return {state: tuple(codes) for state, codes in found.items()}


@cache
def _state_of() -> dict[str, str]:
    return {code: state for state, codes in _members().items() for code in codes}


_DAY_AT_END = re.compile(r"-(?:\d{4}-\d{2}-\d{2}(?:-\d)?|undated)$")


def _undated_id(name: str) -> str:
    """An agreement's id without its day and without small words, in which older editions differed."""
    return _DAY_AT_END.sub("", name).replace("-of-", "-") if "-287g-" in name else name


# ---- the registry ----------------------------------------------------------------------------------------


def kind_of(word: str) -> str:
    """The kind that a word names; QuestionError that lists the kinds for any other word."""
    kind = KIND_ALIASES.get(word.strip().lower(), word.strip().lower())
    if kind not in KINDS:
        raise QuestionError(f"no kind {word!r}; there are: {', '.join([*KINDS, '287g'])}")
    return kind


@dataclass(frozen=True)
class Registry:
    """Dated policies, and the ids of those for which no date was found.

    Examples
    --------
    >>> import datetime as dt
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
        rows = _agreement_rows(spells).filter(pl.col("effective").is_not_null()).sort("id")
        return cls(tuple(_policy(row) for row in rows.iter_rows(named=True)))

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
        """Policies narrowed by kind, state (two letters), place and direction.

        `place`: a county's FIPS code, which also finds the laws of its state, or a state's two letters.
        Raises QuestionError for a word that is no kind, state, place or direction.
        """
        if direction is not None and direction not in DIRECTIONS:
            raise QuestionError(f"no direction {direction!r}; there are: {', '.join(DIRECTIONS)}")
        wanted = kind_of(kind) if kind is not None else None
        code = state.strip().upper() if state is not None else None
        if code is not None and code not in _members():
            raise QuestionError(f"no state {state!r}; give two letters, as TX")
        if place is not None and place not in _state_of() and place not in _members():
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

        A state's law goes before a county's decision; two state laws of both directions leave `governing`
        None, as does the absence of any policy.
        """
        on = as_day(day)
        found = [p for p in self.in_force(on, place=place) if p.is_jail_rule]
        above = {p.direction for p in found if p.level == "state" and p.binds in _BINDING_SCOPES}
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
        """Write the policies as CSV, Parquet or iCalendar, by the ending .csv, .parquet or .ics; atomic.

        `since`: see `calendar`. QuestionError for another ending.
        """
        write_by_ending(path, self.to_frame(), ics=lambda: self.calendar(since).encode())

    def calendar(self, since: dt.date | None = None) -> str:
        """The registry's dates as an iCalendar (RFC 5545): a policy's start, deadline and end, a day each.

        `since`: only dates from this day on, for the dates to come; all if left out. Days known to an
        interval stand on its first day and say so.
        """
        from atlarge.policy_calendar import calendar_text

        return calendar_text(self.policies, since)


def _is_of(policy: Policy, place: str) -> bool:
    if place in _members():
        return policy.state == place
    if policy.level == "state":
        return policy.state == _state_of()[place]
    return place in policy.counties()


def _conflicts(found: Iterable[Policy]) -> list[Conflict]:
    policies = list(found)
    above: dict[tuple[str, str], list[Policy]] = {}
    for p in policies:
        if p.level == "state" and p.binds in _BINDING_SCOPES:
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


@cache
def registry() -> Registry:
    """The registry shipped with the package."""
    rows = policy_table()
    dated = rows.filter(pl.col("effective").is_not_null()).sort("id")
    undated = rows.filter(pl.col("effective").is_null())["id"].sort().to_list()
    return Registry(tuple(_policy(row) for row in dated.iter_rows(named=True)), tuple(undated))


def as_registry(given: Registry | Iterable[Policy] | Path | str | None) -> Registry:
    """Convert an argument to a registry.

    Parameters
    ----------
    given : Registry, policies, path of a CSV, or None
        None: the shipped registry.

    Returns
    -------
    Registry
        Itself if it is one.

    Raises
    ------
    QuestionError
        For a CSV with a row that is no policy; the line is named.

    Examples
    --------
    >>> only = as_registry([find_policy("travis-tx-2017")])
    >>> len(only.policies)
    1
    """
    if given is None:
        return registry()
    if isinstance(given, Registry):
        return given
    if isinstance(given, Path | str):
        return read_registry(given)
    return Registry(tuple(given))


def policies() -> tuple[Policy, ...]:
    """Every shipped policy that has a date, in the order of its id.

    Returns
    -------
    tuple of Policy
        287(g) agreements among them.

    Examples
    --------
    >>> {p.direction for p in policies()} == {"limits", "extends"}
    True
    """
    return registry().policies


def find_policy(name: str) -> Policy:
    """The shipped policy of an id.

    Parameters
    ----------
    name : str
        As `atlarge policies` lists it.

    Returns
    -------
    Policy
        The policy.

    Raises
    ------
    QuestionError
        With near ids if there is none of that id, or if the policy has no date.

    Examples
    --------
    >>> find_policy("travis-tx-2017").effective
    datetime.date(2017, 2, 1)
    """
    return registry().get(name)


# ---- reading an own table --------------------------------------------------------------------------------

_DATES = ("announced", "effective", "ended", "deadline", "start_latest", "end_earliest", "end_latest")


def read_registry(path: Path | str) -> Registry:
    """A registry from a CSV of its own columns; id, effective and fips (or state) must be there.

    `direction` left out means limits, `level` county (state where there is no fips), `precision` day; a row
    of precision none, without a day, is kept as undated. Raises QuestionError that names the file, the line
    and the mend.
    """
    dated, undated = _read(path)
    try:
        return Registry(tuple(dated), tuple(undated))
    except QuestionError as error:
        raise QuestionError(f"{Path(path).name}: {error}") from None


def _read(path: Path | str) -> tuple[list[Policy], list[str]]:
    name = Path(path).name
    if not Path(path).is_file():
        raise QuestionError(f"{path}: there is no such file; check the name")
    try:
        rows = pl.read_csv(path, infer_schema=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise QuestionError(
            f"{name}: cannot be read as a table of policies ({type(error).__name__})"
        ) from None
    if missing := {"id", "effective"} - set(rows.columns):
        raise QuestionError(f"{name}: no column {', '.join(sorted(missing))}; see: atlarge policies --json")
    dated, undated = [], []
    for number, texts in enumerate(rows.iter_rows(named=True), start=2):
        # A text is one line, without controls and marks of writing direction, wherever it is shown.
        row = {name: text and " ".join(printable(text).split()) for name, text in texts.items()}
        if row.get("precision") == "none" and not row.get("effective") and row.get("id"):
            undated.append(str(row["id"]).lower())
        else:
            dated.append(_from_row(name, number, row))
    return dated, undated


def _from_row(name: str, number: int, row: dict[str, Any]) -> Policy:
    where = f"{name}, line {number}"
    days = {column: _day(where, column, row.get(column)) for column in _DATES}
    if not row.get("id") or days["effective"] is None or not (row.get("fips") or row.get("state")):
        raise QuestionError(f"{where}: id, effective and fips (or state) are needed")
    fips = str(row["fips"]).zfill(5) if row.get("fips") else None
    if fips is not None and fips not in _state_of():
        raise QuestionError(f"{where}: fips {row['fips']!r} is no county; give five digits, as 48453")
    values: dict[str, Any] = {
        "id": str(row["id"]).lower(),
        "level": row.get("level") or ("county" if fips else "state"),
        "place_name": row.get("place_name") or fips or row.get("state"),
        "state": row.get("state") or "",
        "fips": fips,
        "direction": row.get("direction") or "limits",
        "kind": KIND_ALIASES.get(row.get("kind") or "", row.get("kind") or "detainers"),
        "precision": row.get("precision") or "day",
        **days,
        **{key: str(row.get(key) or "") for key in _TEXTS},
    }
    _check_words(where, values)
    return _policy(values)


def _day(where: str, column: str, value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        raise QuestionError(f"{where}: {column} {value!r} is no day; write 2017-02-01") from None


def _check_words(where: str, row: Mapping[str, Any]) -> None:
    """Refuse what the schema does not allow, naming the line; the shipped tables pass the same check."""
    allowed: tuple[tuple[str, Iterable[str]], ...] = (
        ("direction", DIRECTIONS),
        ("level", LEVELS),
        ("precision", (*PRECISIONS, "interval")),
        ("confidence", (*CONFIDENCES, "")),
        ("scope", (*SCOPES, "")),
    )
    for column, words in allowed:
        if row[column] not in words:
            listed = ", ".join(w for w in words if w)
            raise QuestionError(f"{where}: {column} {row[column]!r} is none of {listed}")
    if row["ended"] and row["ended"] < row["effective"]:
        raise QuestionError(f"{where}: ended {row['ended']} lies before effective {row['effective']}")
    url = row["source_url"]
    if url and not is_web_address(url):
        raise QuestionError(f"{where}: source_url {url!r} is no web address; it begins with https://")


def check_registry(path: Path | str) -> dict[str, int]:
    """Check a CSV of policies by the schema of the shipped one, strictly: every kind and source known.

    Returns counts of rows, dated and undated. Raises QuestionError that names the first faulty line.
    """
    dated, undated = _read(path)
    name = Path(path).name
    rows = pl.read_csv(path, infer_schema=False, glob=False)
    seen: dict[str, int] = {}
    for number, row in enumerate(rows.iter_rows(named=True), start=2):
        where = f"{name}, line {number}"
        word = str(row.get("id") or "").lower()
        if word in seen:
            raise QuestionError(f"{where}: id {word!r} stands in line {seen[word]} too")
        seen[word] = number
        kind = row.get("kind") or "detainers"
        if kind not in KINDS and kind not in KIND_ALIASES:
            raise QuestionError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
        if "source_url" in rows.columns and not row.get("source_url"):
            raise QuestionError(f"{where}: no source_url; name the page that the date was read on")
    return {"rows": rows.height, "dated": len(dated), "undated": len(undated)}


# ---- questions -------------------------------------------------------------------------------------------


def from_date(day: dt.date, place: str, place_name: str) -> Policy:
    """Represent a question about a day as a policy that began that day and is still in force."""
    about = {
        "id": f"date-{day}",
        "place_name": place_name,
        "fips": place if len(place) == 5 and place.isdigit() else None,
        "kind": "date",
        "title": f"The day {day}",
        "effective": day,
        "precision": "day",
        "note": "A day named in the question; no policy is claimed.",
    }
    return _policy(
        {**dict.fromkeys(("level", "state", "direction"), ""), "announced": None, "ended": None, **about}
    )


def applies_to(policy: Policy, fips: str | None, state: str) -> bool:
    """Whether a policy is one of the county, or of its state."""
    if policy.level == "state":
        return policy.state == state
    return fips is not None and fips in policy.counties()


def listed(
    *,
    state: str | None = None,
    direction: str | None = None,
    with_agreements: bool = False,
    kind: str | None = None,
    at: dt.date | str | None = None,
    place: str | None = None,
    given: Registry | None = None,
) -> list[dict[str, Any]]:
    """Rows of a listing in the order of their ids: the registry, or with `at` what was in force on a day.

    Agreements are listed where `with_agreements`, `at` or the kind 287g asks for them. Without `at`, policies
    without a date are listed too. With `at`, `status` is "in force" or "possible". Raises QuestionError
    for a direction, kind or state that there is none of.
    """
    found = given or registry()
    is_287g = kind is not None and kind_of(kind) == "program_287g"
    all_agreements = with_agreements or at is not None or is_287g or place is not None
    narrowed = found.select(kind=kind, state=state, direction=direction, place=place)
    if at is not None:
        on = as_day(at)
        return [{**p.to_row(), "status": p.status(on)} for p in narrowed if p.status(on) != "not in force"]
    own = None if given is not None else set(table("policies")["id"].to_list())
    rows = [p.to_row() for p in narrowed if all_agreements or own is None or p.id in own]
    if given is None:
        rows += _undated_rows(state, direction, kind, place)
    return sorted(rows, key=lambda row: str(row["id"]))


def _undated_rows(
    state: str | None, direction: str | None, kind: str | None, place: str | None
) -> list[dict[str, Any]]:
    rows = table("policies").filter(pl.col("effective").is_null())
    if place is not None:
        of_state = (pl.col("level") == "state") & (pl.col("state") == _state_of().get(place, place))
        rows = rows.filter((pl.col("fips") == place).fill_null(False) | of_state)
    if direction is not None:
        rows = rows.filter(pl.col("direction") == direction)
    if state is not None:
        rows = rows.filter(pl.col("state") == state.strip().upper())
    if kind is not None:
        rows = rows.filter(pl.col("kind") == kind_of(kind))
    out = []
    for row in rows.iter_rows(named=True):
        stand_in = _policy({**row, "effective": dt.date.min, "precision": "day"}).to_row()
        empty = dict.fromkeys(("effective", "start", "start_earliest", "start_latest"))
        out.append({**stand_in, **empty, "precision": row["precision"]})
    return out
