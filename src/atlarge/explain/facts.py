"""The facts of an answer, which its caveats, verdicts and sentences are decided by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from atlarge.effects import Decomposition
from atlarge.explain.answer import ChangeStrip
from atlarge.explain.areas import Where
from atlarge.explain.changes import Relabelled
from atlarge.explain.estimate import Estimate
from atlarge.explain.numbers import CountKey, key_of
from atlarge.explain.periods import Months
from atlarge.explain.quantities import Bursts, Lasting, LeftBefore, MethodSwitch, NamingShift, TwoSided
from atlarge.messages import Message, say
from atlarge.panel.time_axis import Break
from atlarge.policies import Policy
from atlarge.records.completeness import Completeness

MOSTLY_OFFICE = 0.5


@dataclass
class Facts:
    """All facts that the rules, verdicts and sentences use. `notes` holds the reasons why something is not
    reported."""

    policy: Policy
    where: Where
    months: Months
    main: Estimate
    handoffs: Estimate | None = None
    jail: Estimate | None = None
    jail_change: ChangeStrip | None = None
    relabel: Relabelled | None = None
    parts: Decomposition | None = None
    in_time: dict[str, Any] = field(default_factory=dict)
    bursts: Bursts | None = None
    lasting: Lasting | None = None
    two_sided: TwoSided | None = None
    left_before: LeftBefore | None = None
    method_switches: list[MethodSwitch] = field(default_factory=list)
    naming: NamingShift | None = None
    usual_month: float | None = None
    surges: list[dict[str, Any]] = field(default_factory=list)
    concentration: dict[str, Any] = field(default_factory=dict)
    completeness: Completeness | None = None
    breaks: list[Break] = field(default_factory=list)
    schemes: dict[str, dict[str, Any]] = field(default_factory=dict)
    scheme: str = "ddp"
    others: list[Message] = field(default_factory=list)
    area_only_share: float | None = None
    placed_before: float | None = None
    placed_during: float | None = None
    aor_total: float = 0.0
    recovered: int = 0
    is_simulated: bool = False
    doubts: dict[str, dict[str, Any]] = field(default_factory=dict)
    same_aor_donors: int = 0
    notes: dict[str, str] = field(default_factory=dict)


def key_between(facts: Facts, start: dt.date, end: dt.date) -> CountKey:
    """The count of the headline's measure in its area on some days."""
    return key_of(facts.main.area, facts.main.measure, start, end, facts.scheme)


def whole_key(facts: Facts) -> tuple[CountKey, ...]:
    """The same over the time in force, as what a number rests on."""
    return (key_between(facts, *facts.months.bounds(facts.months.in_force)),)


def months_between(first: dt.date, second: dt.date) -> int:
    """Whole months from one day to a later one, rounded."""
    return round((second - first).days / 30.44)


def changed_before(facts: Facts, *, rose: bool) -> bool:
    """Whether handoffs fell (or rose), by the change found without the date, before the policy was known."""
    change = facts.jail_change
    if change is None or change.date is None or change.high is None or change.after is None:
        return False
    is_way = change.after > (change.before or 0) if rose else change.after < (change.before or 0)
    return is_way and change.high < facts.policy.known.replace(day=1)


def fell_before(facts: Facts) -> bool:
    """Whether handoffs fell before the policy was known."""
    return changed_before(facts, rose=False)


def is_mostly_office(facts: Facts) -> bool:
    """Whether half or more of a county's arrests at large name only the area of its ICE office."""
    return facts.area_only_share is not None and facts.area_only_share >= MOSTLY_OFFICE


_PEOPLE = {"metro": " metropolitan area", "aor": " area of responsibility", "area": " area"}


def people_of(place: str) -> Message:
    """The area whose residents were counted, as a phrase for a sentence."""
    for kind, suffix in _PEOPLE.items():
        if place.endswith(suffix):
            return say(f"level.people.{kind}", name=place.removesuffix(suffix))
    return say("level.people.place", name=place)
