"""Compute all numbers of an answer. The main estimate must succeed; any other that fails is noted as
unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np
import polars as pl

from atlarge.calendar import add_months
from atlarge.effects.pooling import Ratio
from atlarge.errors import AtlargeError
from atlarge.explain.answer import Area, ChangeStrip
from atlarge.explain.areas import Where, aors_of, seat_of
from atlarge.explain.burst import bursts_of, surges_of
from atlarge.explain.changes import relabelled, strip_of
from atlarge.explain.concentration import concentration_of
from atlarge.explain.daily import Daily
from atlarge.explain.data import daily
from atlarge.explain.decomposition import learn_rate, parts_from, unknown_ratio
from atlarge.explain.estimate import Estimate, estimate_in
from atlarge.explain.facts import Facts
from atlarge.explain.lasting import lasting_of, left_before_of, two_sided_of
from atlarge.explain.periods import Months
from atlarge.explain.sensitivity import in_time_of, row_of, same_aor
from atlarge.explain.study import MEASURES, Study, outcome_under
from atlarge.explain.switches import method_switches, naming_shift
from atlarge.messages import Message, Month, say
from atlarge.panel.time_axis import breaks_of_store
from atlarge.policies import Policy, Registry, applies_to
from atlarge.records.completeness import LONGEST, Completeness, open_end
from atlarge.records.doubts import doubts_of
from atlarge.reference import lookup, table

SCHEMES = ("ddp", "biglocal")
DAYS_IN_MONTH = 365.25 / 12
SAME_STEP = dt.timedelta(days=31)
T = TypeVar("T")


def attempt(notes: dict[str, str], name: str, compute: Callable[[], T]) -> T | None:
    """Compute a value; if that fails, return None and keep the reason in `notes` under `name`."""
    try:
        return compute()
    except AtlargeError as error:
        notes[name] = str(error)
        return None


def gather(study: Study, policy: Policy, months: Months) -> Facts:
    """The numbers of an answer for the headline area of `study`.

    Raises QuestionError where arrests at large cannot be compared there at all.
    """
    facts = measure(study, policy, months)
    facts.is_simulated = study.store.is_simulated
    facts.surges = surges_of(
        _surge_series(study), "at_large", policy.known, months.bounds(months.in_force)[1]
    )
    _records(study, facts)
    facts.concentration = _concentration(study, facts)
    facts.completeness = _completeness(study, months)
    end, has_zeros = months.bounds(months.in_force)[1], bool((facts.main.observed == 0).any())
    facts.doubts = doubts_of(study.store, "arrests", months.start[0], end, has_zeros=has_zeros)
    facts.breaks = breaks_of_store(study.store, MEASURES, months.start[0], months.bounds(months.in_force)[1])
    facts.schemes = _schemes(study, facts.main, facts.notes)
    facts.others = other_policies(policy, study.registry, study.where, months.start[0], months.policy_end)
    facts.area_only_share = _area_only_share(study, months)
    inside = same_aor(study)
    facts.same_aor_donors = sum(bool(inside.intersection(k.split("+"))) for k in facts.main.donor_keys)
    return facts


def measure(study: Study, policy: Policy, months: Months) -> Facts:
    """Compute the estimates needed for the verdicts on singling out and substitution, from the counts alone.

    Raises QuestionError where arrests at large cannot be compared there at all.
    """
    notes: dict[str, str] = {}
    outcome, exposure = study.main["at_large"], study.exposure
    main = estimate_in(study, outcome, months)
    facts = Facts(policy, study.where, months, main, scheme=study.scheme, notes=notes)
    facts.handoffs = attempt(
        notes,
        "handoffs",
        lambda: estimate_in(study, exposure, months, measure="handoffs", area=study.exposure_area),
    )
    facts.jail_change, jail = _jail_change(study, months, policy.effective)
    if jail is not None and facts.jail_change is not None and facts.jail_change.date is not None:
        facts.relabel = relabelled(jail, study.around, study.key, facts.jail_change.date, months.policy_end)
    facts.naming = naming_shift(study, months.policy_end)
    ratio = attempt(notes, "parts", lambda: _bounded(rate_of(study, months), main, facts.handoffs))
    handoffs = facts.handoffs
    if ratio is not None and handoffs is not None and facts.naming is None:
        facts.parts = attempt(notes, "parts", lambda: parts_from(study, main, handoffs, ratio))
    facts.in_time = in_time_of(study, main)
    facts.bursts = bursts_of(outcome, study.key, study.area.level, policy, study.registry)
    facts.usual_month = facts.bursts.usual_month if facts.bursts else _usual_month(main)
    facts.lasting = lasting_of(study, main, facts.usual_month or 0.0)
    if policy.ended is not None:
        facts.two_sided = attempt(notes, "two_sided", lambda: two_sided_of(study, main, policy))
    facts.left_before = left_before_of(main)
    facts.method_switches = method_switches(study, policy, months)
    return facts


def _usual_month(main: Estimate) -> float:
    """A usual month's count at the level from which the forecast starts, if no watch for bursts provides
    one."""
    first = int(np.flatnonzero(main.months.pre)[-1]) + 1
    return float(main.fitted[first]) / main.months.days[first] * DAYS_IN_MONTH


def _jail_change(study: Study, months: Months, day: dt.date) -> tuple[ChangeStrip | None, Daily | None]:
    """The change in handoffs at the county's own jails (for an office, at those of its seat), otherwise in
    the area."""
    end, shown = months.policy_end, _shown(months)
    seat = seat_of(study.area.code) if study.area.level == "office" else None
    if study.jail is not None and study.where.county is not None:
        own = strip_of(study.jail, study.key, study.where.county, "handoffs", day, end, shown)
        if own is not None and any(own.value):
            return own, study.jail
    if seat is not None:
        counts = study.county["handoffs"]
        area = Area("county", seat, lookup("counties", "fips", "place_name").get(seat, seat))
        own = strip_of(counts, seat, area, "handoffs", day, end, shown)
        if own is not None and any(own.value):
            return own, None
    exposure = study.main["handoffs"]
    return strip_of(exposure, study.key, study.area, "handoffs", day, end, shown), exposure


def _shown(months: Months) -> dt.date:
    """Charts extend one year beyond the policy's end."""
    return add_months(months.policy_end, 12)


def strips(study: Study, months: Months, day: dt.date, first: ChangeStrip | None) -> list[ChangeStrip]:
    """Change strips of the jail, the office area and arrests at large."""
    found: list[ChangeStrip | None] = [first]
    end, shown = months.policy_end, _shown(months)
    office = study.where.office
    if study.area.level == "locality" and office is not None:
        found.append(strip_of(study.office["handoffs"], office.code, office, "handoffs", day, end, shown))
    found.append(strip_of(study.main["at_large"], study.key, study.area, "at_large", day, end, shown))
    return [strip for strip in found if strip is not None]


def rate_of(study: Study, months: Months) -> Ratio:
    """The substitution rate from the other localities; for an AOR or state, from those outside it."""
    outcome = {m: study.locality[m].both for m in ("at_large", "handoffs")}
    key = study.key if study.key in outcome["at_large"].keys else _seated_key(study, outcome["handoffs"])
    own = same_aor(study) if study.area.level in ("aor", "state") else set()
    counts = outcome["at_large"], outcome["handoffs"]
    return learn_rate(*counts, key, months, study.changed(months), study.registry, own)


def _seated_key(study: Study, handoffs: Daily) -> str:
    """The locality used for an office, AOR or state when the size of errors is estimated: the largest within
    it."""
    inside = [
        k
        for k, key in enumerate(handoffs.keys)
        if study.area.level != "office" or study.area.code in key.split("+")
    ]
    rows = inside or list(range(len(handoffs.keys)))
    return handoffs.keys[rows[int(np.argmax(handoffs.totals[rows]))]]


def _bounded(ratio: Ratio, main: Estimate, handoffs: Estimate | None) -> Ratio:
    """Bound an unknown rate: between none and all, and replacing no more than were arrested."""
    if ratio.is_known or handoffs is None:
        return ratio
    total, lost = main.totals["policy"], -(handoffs.totals["policy"].effect.value or 0.0)
    return unknown_ratio(ratio.n, min(1.0, total.observed / lost) if lost > 0 else 1.0)


def _surge_series(study: Study) -> list[tuple[Area, Daily]]:
    where = study.where
    found = [(where.office, study.office["at_large"])] if where.office is not None else []
    if where.county is not None:
        found.append((where.county, study.county["at_large"]))
    if not found:
        found = [(where.own, study.main["at_large"])]
    return [(area, counts) for area, counts in found if area is not None]


def _completeness(study: Study, months: Months) -> Completeness | None:
    """How complete the end of the records is, where these months reach it and the series still grows."""
    ends = [span.end for span in study.store.coverage("arrests")]
    reach = dt.timedelta(weeks=LONGEST)
    if not ends or months.bounds(months.in_force)[1] <= max(ends) - reach:
        return None
    return open_end(study.store)


def _concentration(study: Study, facts: Facts) -> dict[str, Any]:
    nation = daily(study.store, "nation", ("at_large", "handoffs"), study.scheme)["at_large"]
    start, end = facts.months.bounds(facts.months.in_force)
    unplaced = 0.0 if facts.placed_during is None else facts.aor_total * (1.0 - facts.placed_during)
    counts = study.county["at_large"], study.office["at_large"]
    main = study.main["at_large"] if study.area.level in ("aor", "state") else None
    return concentration_of(
        study.where, *counts, nation, start, end, "at_large", unplaced, main=main, store=study.store
    )


def _schemes(study: Study, main: Estimate, notes: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The numbers of the whole time in force under each reading of the method column."""
    found = {study.scheme: row_of(study.scheme, study.scheme, main)}
    for scheme in SCHEMES:
        if scheme not in found:
            other = attempt(notes, f"scheme {scheme}", partial(_under, study, scheme, main.months))
            if other is not None:
                found[scheme] = row_of(scheme, scheme, other)
    keys = ("value", "low", "high")
    return {
        name: {
            "observed": round(row["expected"] + row["value"], 1),
            "expected": row["expected"],
            "effect": {k: row[k] for k in keys},
            "p_placebo": row["p_placebo"],
        }
        for name, row in found.items()
    }


def _under(study: Study, scheme: str, months: Months) -> Estimate:
    return estimate_in(study, outcome_under(study, scheme), months, only_total=True)


def other_policies(
    policy: Policy, others: Registry, where: Where, first: dt.date, last: dt.date
) -> list[Message]:
    """Other policies of the place or its state that begin or end from `first` until before `last`.

    One whose first day is known only to lie between two days counts where these days hold all of them. What
    the policy itself ended (or was ended by) is no other decision: an agreement's end on the day that the
    county ended it is left out.
    """
    fips = where.county.code if where.county else None
    found = []
    for other in sorted(others, key=lambda o: o.effective):
        if other.id == policy.id or not applies_to(other, fips, where.state):
            continue
        is_ended = other.ended is not None and first <= other.ended < last and not _ends(policy, other)
        if first <= other.effective and other.latest < last and not _ends(other, policy):
            found.append(_said(other, is_ended=is_ended))
        elif is_ended:
            found.append(say("other.until", title=_titled(other), day=other.ended))
    return found


def _ends(policy: Policy, other: Policy) -> bool:
    """Whether a policy is the end of another one of the same place: of the other direction, in its stead."""
    *_, first, last = other.spell
    if first is None or last is None or policy.place != other.place or policy.direction == other.direction:
        return False
    return first - SAME_STEP <= policy.latest and policy.effective <= last + SAME_STEP


def _titled(other: Policy) -> Message:
    return say("other.agreement") if other.is_agreement else say("other.title", title=other.title)


def _said(other: Policy, *, is_ended: bool) -> Message:
    """Its title and first day, to the precision that is known, and its last where it ended as well."""
    title = _titled(other)
    if other.is_window:
        when = Month(other.effective) if other.precision == "month" else str(other.effective.year)
        started = say("other.since", title=title, when=when)
    else:
        started = say("other.from", title=title, day=other.effective)
    return say("other.between", started=started, last=other.ended) if is_ended else started


def _area_only_share(study: Study, months: Months) -> float | None:
    """Share of the locality's arrests at large in these months that name only the office area."""
    if study.area.level != "locality":
        return None
    both = study.locality["at_large"]
    row = both.both.row(study.key)
    if row is None:
        return None
    total = np.nansum(both.both.binned(months)[row])
    return float(np.nansum(both.around.binned(months)[row]) / total) if total > 0 else None


def _records(study: Study, facts: Facts) -> None:
    """How many arrests at large of the AOR (of all AORs of a state) name a county or office, before and
    during; and whose area of responsibility was read from the landmark."""
    aors = aors_of(study.where)
    if not aors or study.area.level == "aor":
        return
    months = facts.months
    inside = set(table("counties").filter(pl.col("aor").is_in(aors))["fips"].to_list())
    offices = {r["office"] for r in table("offices").iter_rows(named=True) if r["aor"] in aors}
    rows = [row for row in map(study.aor["at_large"].row, aors) if row is not None]
    shares = []
    for mask in (months.pre, months.in_force):
        first, last = months.bounds(mask)
        span = [first], [last + dt.timedelta(days=1)]
        whole = float(np.nansum(study.aor["at_large"].sums(*span)[rows])) if rows else 0.0
        placed = sum(
            float(np.nansum(counts.sums(*span)[[k for k, key in enumerate(counts.keys) if key in members]]))
            for counts, members in ((study.county["at_large"], inside), (study.office["at_large"], offices))
        )
        shares.append(min(1.0, placed / whole) if whole > 0 else None)
        facts.aor_total = whole
    facts.placed_before, facts.placed_during = shares
    facts.recovered = _recovered(study, months)


def _recovered(study: Study, months: Months) -> int:
    """Records of the headline area in these months whose AOR is blank in the release."""
    where = study.where
    scanned = study.store.scan("arrests")
    names = scanned.collect_schema().names()
    if "aor_basis" not in names:
        return 0
    days = (pl.col("date") >= months.start[0]) & (pl.col("date") < months.policy_end)
    kept = scanned.filter(where.rows() & days & (pl.col("aor_basis") == "landmark")).select(pl.col("n").sum())
    return int(kept.collect().item() or 0)
