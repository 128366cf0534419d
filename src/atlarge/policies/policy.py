"""One dated policy of a place: what it is about, whom it binds, and when it was in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

from atlarge.calendar import month_end
from atlarge.errors import QuestionError
from atlarge.reference import sidecar, state_codes, states, table
from atlarge.wording import did_you_mean

Status = Literal["in force", "possible", "not in force"]

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
BINDING_SCOPES = frozenset({"jails", "local", "police"})
_MODEL_SCOPE = {"Task Force Model": "police"}
JAIL_MODELS = ("Jail Enforcement Model", "Warrant Service Officer", "Hybrid Model")
"""Models of agreements under which officers serve in a jail."""


class Spell(NamedTuple):
    """The days a policy was in force: the first and last day it can have begun, and can have ended."""

    start_earliest: dt.date
    start_latest: dt.date
    end_earliest: dt.date | None
    end_latest: dt.date | None


@dataclass(frozen=True)
class Policy:
    """A dated decision of a place.

    Attributes
    ----------
    id, title, note : str
        Its name in the registry, what it is, and what a reader should know of it.
    level, place_name, state, fips : str
        nation, state, county or city; its place, the state's two letters, and the county's FIPS code (None
        for a state's).
    other_fips : str
        FIPS codes of further counties it applies in, separated by blanks.
    direction : str
        limits or extends cooperation.
    kind : str
        A name in `KINDS`.
    announced : date or None
        Day on which it was announced.
    effective, latest : date
        First day that it can have applied, and last day it can have begun; the same if known to the day.
    precision : str
        day, month, year, interval or none.
    ended, end_earliest, end_latest : date or None
        First day without it, None while in force when last read, and the interval of that day.
    ended_reason : str
        Why it ended.
    deadline : date or None
        Day by which others must comply.
    confidence, source_url, criteria : str
        high, medium or low; the page that the date was read on; what was still honored.
    scope : str
        Whom it binds, a name in `SCOPES`.
    agency, model : str
        Of a 287(g) agreement.
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
        first, last, end_first, end_last = self.spell
        return {
            **row,
            "place": self.place,
            "start": self.effective,
            "start_earliest": first,
            "start_latest": last,
            "end": self.ended,
            "end_earliest": end_first,
            "end_latest": end_last,
            "source": self.source_url,
        }

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
            return counties_of_states().get(self.state, ()) if self.binds in BINDING_SCOPES else ()
        return tuple(code for code in (self.fips, *self.other_fips.split()) if code)


def _latest(effective: dt.date, precision: str) -> dt.date:
    """Last day of the month or year that a date stands for."""
    if precision == "month":
        return month_end(effective)
    if precision == "year":
        return dt.date(effective.year, 12, 31)
    return effective


TEXTS = ("title", "confidence", "source_url", "note", "criteria", "agency", "model", "ended_reason", "scope",
          "other_fips")  # fmt: skip
_NAMES = tuple(f.name for f in fields(Policy))


def policy_from_row(row: Mapping[str, Any]) -> Policy:
    """A policy from a row in the columns of the registry's table; a text that is missing becomes empty."""
    latest = row.get("start_latest") or _latest(row["effective"], row["precision"])
    values: dict[str, Any] = {k: row[k] for k in _NAMES if k in row} | {"latest": latest}
    for key in TEXTS:
        values[key] = row.get(key) or ""
    return Policy(**values)


def from_date(day: dt.date, place: str, place_name: str) -> Policy:
    """Represent a question about a day as a policy that began that day and is still in force.

    Parameters
    ----------
    day : date
        The day in question.
    place, place_name : str
        FIPS code of a county, or the code of another level, and its name.

    Returns
    -------
    Policy
        Of kind "date" and of no direction; its `fips` is empty unless the place is a county.

    Examples
    --------
    >>> from_date(dt.date(2017, 2, 1), "48453", "Travis County, TX").id
    'date-2017-02-01'
    """
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
    return policy_from_row(
        {**dict.fromkeys(("level", "state", "direction"), ""), "announced": None, "ended": None, **about}
    )


def applies_to(policy: Policy, fips: str | None, state: str) -> bool:
    """Whether a policy is one of the county, or of its state.

    Parameters
    ----------
    policy : Policy
        The policy.
    fips : str or None
        FIPS code of the county; None for a place that is not a county, to which only state laws apply.
    state : str
        Two letters of the place's state.

    Returns
    -------
    bool
        True for every law of the state, whomever it binds.

    Examples
    --------
    >>> from atlarge.policies import find_policy
    >>> applies_to(find_policy("travis-tx-2017"), "48453", "TX")
    True
    """
    if policy.level == "state":
        return policy.state == state
    return fips is not None and fips in policy.counties()


@cache
def counties_of_states() -> dict[str, tuple[str, ...]]:
    """FIPS codes of the counties of each state, by its two letters."""
    grouped = table("counties").group_by("state", maintain_order=True).agg("fips")
    return {state: tuple(codes) for state, codes in grouped.iter_rows()}


def state_code(word: str) -> str:
    """The two letters of a state, from these or from its name. QuestionError for any other word."""
    code = state_codes().get(word.strip().lower())
    if code is None:
        near = did_you_mean(word.strip().title(), states().values())
        raise QuestionError(f"no state {word!r}; {near or 'give its name or two letters, as TX'}")
    return code


def kind_of(word: str) -> str:
    """The kind of policy that a word names.

    Parameters
    ----------
    word : str
        A name in `KINDS`, or 287g, 287(g) or agreements; in capitals or not.

    Returns
    -------
    str
        A name in `KINDS`.

    Raises
    ------
    QuestionError
        For any other word; lists the kinds.

    Examples
    --------
    >>> kind_of("287(g)")
    'program_287g'
    """
    kind = KIND_ALIASES.get(word.strip().lower(), word.strip().lower())
    if kind not in KINDS:
        raise QuestionError(f"no kind {word!r}; there are: {', '.join([*KINDS, '287g'])}")
    return kind
