"""Decide which caveats apply: one small rule for each `caveat.*` message, applied to the facts of an
answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from atlarge.explain.answer import Area, Interval, Warned
from atlarge.explain.areas import Where
from atlarge.explain.facts import (
    Facts,
    fell_before,
    is_mostly_office,
    key_between,
    months_between,
    people_of,
    whole_key,
)
from atlarge.explain.numbers import CountKey, Number, difference, key_of, members_of
from atlarge.explain.quantities import MethodSwitch
from atlarge.explain.verdicts import placing
from atlarge.messages import Message, Month, say
from atlarge.policies import HOUSING
from atlarge.records.doubts import TWICE, UNPROVEN
from atlarge.reference import sidecar, table

BRIEF_DAYS = 365
POOR_FIT = 0.35
FEW_PLACEBOS = 39
UNPLACED_SHARE = 0.05
LARGE_MDE = 0.25
MOST_NAMED = 2
OLD_POPULATION_YEARS = 5

Fields = dict[str, Any] | None


def _before(facts: Facts) -> tuple[CountKey, ...]:
    return (key_between(facts, *facts.months.bounds(facts.months.pre)),)


def _jails(facts: Facts) -> tuple[CountKey, ...]:
    change = facts.jail_change
    if change is None or not change.period:
        return whole_key(facts)
    last = facts.months.policy_end - dt.timedelta(days=1)
    return (key_of(change.area, change.measure, change.period[0], last, facts.scheme),)


def short_name(area: Area) -> str:
    """An area's name without "area of responsibility"."""
    return area.name.removesuffix(" area of responsibility")


RULES: dict[str, tuple[str, Callable[[Facts], Fields]]] = {}
"""For each id, in order of importance: the number that the caveat qualifies, and its rule."""


def _rule(about: str) -> Callable[[Callable[[Facts], Fields]], Callable[[Facts], Fields]]:
    """Register the rule of the caveat that has the function's name: a key that readers of `--json` know."""

    def register(function: Callable[[Facts], Fields]) -> Callable[[Facts], Fields]:
        RULES[function.__name__.removeprefix("_")] = about, function
        return function

    return register


@_rule("count")
def _counts_not_intent(_facts: Facts) -> Fields:
    return {}


@_rule("count")
def _simulated(facts: Facts) -> Fields:
    return {} if facts.is_simulated else None


@_rule("interval")
def _left_before(facts: Facts) -> Fields:
    """A placebo date before the policy shows an effect; if its date was found, the paragraph says so
    instead."""
    found = facts.in_time
    if facts.left_before is not None or not found or found.get("p_placebo") is None:
        return None
    if found["p_placebo"] > 0.1:
        return None
    effect = Interval(found["value"], found["low"], found["high"])
    return {"date": dt.date.fromisoformat(found["date"]), "difference": difference(effect, _before(facts))}


def _mix(facts: Facts, switch: MethodSwitch, *, before: bool) -> tuple[CountKey, ...]:
    """The counts from which the at-large share on one side of a switch was computed."""
    day = dt.timedelta(days=1)
    first, last = (switch.first, switch.date - day) if before else (switch.date, switch.last)
    if first is None or last is None:
        return whole_key(facts)
    return tuple(
        CountKey(level, code, measure, first, last, facts.scheme)
        for level, code in members_of("locality", switch.place)
        for measure in ("at_large", "handoffs")
    )


def _label(switch: MethodSwitch, where: Where) -> Message:
    """The place that a landmark label names, as a phrase for a sentence."""
    if "+" in switch.place:
        return say("switch.locality")
    if where.county is not None and switch.place == where.county.code:
        return say("switch.county", name=where.county.name)
    if where.office is not None and switch.place == where.office.code:
        return say("switch.office", name=where.office.name)
    return say("switch.area", name=switch.place_name)


@_rule("count")
def _method_switch(facts: Facts) -> Fields:
    near = [switch for switch in facts.method_switches if switch.near_policy]
    if not near:
        return None
    switch = near[0]
    return {
        "label": _label(switch, facts.where),
        "before": Number(switch.share_before, "share", _mix(facts, switch, before=True)),
        "after": Number(switch.share_after, "share", _mix(facts, switch, before=False)),
        "month": Month(switch.date),
        "difference": difference(switch.robust, whole_key(facts)),
    }


def _placed_in(facts: Facts) -> Message | None:
    """The areas of responsibility whose records may or may not name this place."""
    where = facts.where
    if where.aor is not None:
        return say("area.aor", name=short_name(where.aor))
    return say("area.aors_of", name=where.own.name) if where.own.level == "state" else None


@_rule("count")
def _placing_changed(facts: Facts) -> Fields:
    aor, before, during = _placed_in(facts), facts.placed_before, facts.placed_during
    if aor is None or placing(before, during) == "fits" or before is None or during is None:
        return None
    return {"aor": aor, "before": Number(before, "share"), "during": Number(during, "share")}


@_rule("policy")
def _larger_than_city(facts: Facts) -> Fields:
    county = facts.where.county
    if facts.policy.level != "city" or county is None:
        return None
    return {"city": facts.policy.place_name, "county": county.name}


@_rule("policy")
def _office_asked(facts: Facts) -> Fields:
    if facts.policy.kind == "date" or facts.where.own.level != "office":
        return None
    return {"place": facts.policy.place_name}


@_rule("count")
def _area_not_county(facts: Facts) -> Fields:
    share = facts.area_only_share
    if share is None or not is_mostly_office(facts) or facts.where.county is None:
        return None
    months = facts.months
    days = months.start[0], months.stop[-1] - dt.timedelta(days=1)
    whole = key_between(facts, *days)
    # Together with the sum, the share would reveal both of its parts.
    parts = (whole._replace(level=level, place=code) for level, code in whole.members)
    return {"share": Number(share, "share", (whole, *parts)), "county": facts.where.county.name}


@_rule("handoffs")
def _handoffs_fell_before(facts: Facts) -> Fields:
    change = facts.jail_change
    if not fell_before(facts) or change is None or change.date is None or facts.policy.kind == "date":
        return None
    months = months_between(change.date, facts.policy.effective)
    levels = {k: Number(getattr(change, k), "mean", _jails(facts)) for k in ("before", "after")}
    if levels["before"].text() == levels["after"].text():
        return None
    return {"month": Month(change.date), "n": months, **levels}


@_rule("count")
def _office_not_known(facts: Facts) -> Fields:
    where = facts.where
    return {"county": where.county.name} if where.county and where.office is None else None


@_rule("interval")
def _schemes_differ(facts: Facts) -> Fields:
    """The two readings disagree: one interval excludes zero and the other does not, or they have opposite
    signs."""

    def sign(about: dict[str, Any]) -> int:
        effect = about["effect"]
        return int((effect["low"] or 0) > 0) - int((effect["high"] or 0) < 0)

    found = {name: about for name, about in facts.schemes.items() if about.get("effect")}
    if len(found) < 2:
        return None
    pair = list(found.items())[:2]
    if sign(pair[0][1]) == sign(pair[1][1]):
        return None
    (key,) = whole_key(facts)
    one, two = (
        difference(Interval(about["effect"]["value"]), (key._replace(scheme=name),)) for name, about in pair
    )
    return {"a": pair[0][0], "one": one, "b": pair[1][0], "two": two}


@_rule("handoffs")
def _naming(facts: Facts) -> Fields:
    found = facts.naming
    if found is None:
        return None
    return {"before": Number(found.before, "share"), "after": Number(found.after, "share")}


@_rule("handoffs")
def _relabelled(facts: Facts) -> Fields:
    found = facts.relabel
    if found is None or found.verdict != "fits":
        return None
    keys = _jails(facts)
    return {
        "jail": Number(-(found.jail.value or 0.0), "difference", keys),
        "around": Number(found.around.value, "difference", keys),
    }


@_rule("policy")
def _other_policies(facts: Facts) -> Fields:
    if not facts.others:
        return None
    (listed, *named), rest = facts.others[:MOST_NAMED], len(facts.others) - MOST_NAMED
    for one in named:
        listed = say("other.and", first=listed, second=one)
    return {"ids": say("word.more_policies", first=listed, n=rest) if rest > 0 else listed}


@_rule("policy")
def _housing_policy(facts: Facts) -> Fields:
    return {} if facts.policy.kind == HOUSING else None


@_rule("policy")
def _policy_window(facts: Facts) -> Fields:
    if not facts.policy.is_window:
        return None
    policy = facts.policy
    precision = say(f"word.{policy.precision if policy.precision in ('month', 'year') else 'day'}")
    return {"precision": precision, "effective": policy.effective, "latest": policy.latest}


@_rule("interval")
def _short_life(facts: Facts) -> Fields:
    first, last = facts.months.bounds(facts.months.in_force)
    days = (last - first).days + 1
    return {"days": days} if not facts.months.is_cut and days < BRIEF_DAYS else None


@_rule("interval")
def _detectable(facts: Facts) -> Fields:
    total = facts.main.totals["policy"]
    if facts.lasting is not None and facts.lasting.verdict == "cannot be told":
        return None  # the paragraph says it
    if total.mde is None or total.expected <= 0 or total.mde < LARGE_MDE * total.expected:
        return None
    mde = Number(total.mde, "estimate", whole_key(facts))
    return {"mde": mde, "relative": Number(total.mde / total.expected, "share", whole_key(facts))}


@_rule("interval")
def _few_placebos(facts: Facts) -> Fields:
    total = facts.main.totals["policy"]
    places = total.placebos if total.placebo_units is None else total.placebo_units
    if places >= FEW_PLACEBOS:
        return None
    least = 1 / (places + 1) if total.p_least is None else total.p_least
    return {"places": places, "least": Number(least, "ratio", digits=3)}


@_rule("interval")
def _poor_fit(facts: Facts) -> Fields:
    relative = facts.main.relative_rmse
    if relative is None or relative <= POOR_FIT:
        return None
    keys = _before(facts)
    return {
        "rmse": Number(facts.main.pre_rmse, "mean", keys),
        "mean": Number(facts.main.pre_mean, "mean", keys),
    }


@_rule("burst")
def _same_week_elsewhere(facts: Facts) -> Fields:
    bursts = facts.bursts
    if bursts is None or bursts.elsewhere == 0 or bursts.verdict == "fits":
        return None  # the paragraph already says it about a burst that fits
    return {"count": bursts.elsewhere, "places": bursts.places}


@_rule("count")
def _unplaced(facts: Facts) -> Fields:
    aor, placed = _placed_in(facts), facts.placed_during
    if aor is None or placed is None or 1 - placed < UNPLACED_SHARE or facts.main.area.level == "aor":
        return None
    return {"aor": aor, "share": Number(1 - placed, "share")}


@_rule("level")
def _margin_unknown(facts: Facts) -> Fields:
    about = facts.concentration
    if not about.get("population_year") or about.get("is_margin_known"):
        return None
    return {"place": people_of(str(about["population_place"])), "year": str(about["population_year"])}


@_rule("policy")
def _extends_policy(facts: Facts) -> Fields:
    return {} if facts.policy.direction == "extends" else None


@_rule("policy")
def _policy_confidence(facts: Facts) -> Fields:
    confidence = facts.policy.confidence
    return {"confidence": say(f"word.{confidence}")} if confidence in ("low", "medium") else None


@_rule("count")
def _incomplete_end(facts: Facts) -> Fields:
    about = facts.completeness
    if about is None or about.complete_until is None or not about.weeks:
        return None
    if facts.months.bounds(facts.months.in_force)[1] <= about.complete_until:
        return None
    week = about.weeks[-1]
    shares = {name: Number(getattr(week, name), "share") for name in ("share", "low", "high")}
    return {"week": week.start, "until": about.complete_until, **shares}


@_rule("count")
def _unknown_end(facts: Facts) -> Fields:
    about = facts.completeness
    if about is None or about.is_known or about.as_of is None:
        return None
    return {"day": about.as_of}


@_rule("count")
def _zeros_unproven(facts: Facts) -> Fields:
    return facts.doubts.get(UNPROVEN)


@_rule("count")
def _maybe_twice(facts: Facts) -> Fields:
    return facts.doubts.get(TWICE)


@_rule("count")
def _led_elsewhere(facts: Facts) -> Fields:
    """The first operation during these months, in the place or its AOR, led by another agency."""
    where = facts.where
    codes = [area.code for area in (where.county, where.aor) if area is not None]
    last = facts.months.bounds(facts.months.in_force)[1]
    for row in table("operations_other_agencies").sort("start").iter_rows(named=True):
        is_here = row["place_code"] in codes or row["aor"] in codes
        if is_here and facts.months.start[0] <= row["start"] <= last:
            return {"name": row["name"], "place": row["place"], "day": row["start"]}
    return None


_END_OF_HANDOFFS = "cap-collapse"
"""The break from which on handoffs are no more recorded: it has caveats of its own."""


def _last_handoffs(facts: Facts) -> dt.date | None:
    return next((b.date for b in facts.breaks if b.id == _END_OF_HANDOFFS), None)


@_rule("handoffs")
def _handoffs_inferred(facts: Facts) -> Fields:
    total = None if facts.handoffs is None else facts.handoffs.totals["policy"]
    if total is None or total.inferred <= 0:
        return None
    keys = _jails(facts)
    return {
        "day": _last_handoffs(facts),
        "inferred": Number(total.inferred, "estimate", keys),
        "half": Number(max(1.0, total.inferred_half), "estimate", keys),
    }


@_rule("handoffs")
def _handoffs_end(facts: Facts) -> Fields:
    day = _last_handoffs(facts)
    return None if facts.handoffs is not None or day is None else {"day": day}


@_rule("count")
def _series_break(facts: Facts) -> Fields:
    """The first break within the months compared; the end of a series does not count as one."""
    inside = [b for b in facts.breaks if b.kind != "coverage" and b.id != _END_OF_HANDOFFS]
    if not inside:
        return None
    return {"day": inside[0].date, "what": inside[0].says}


@_rule("level")
def _population_modelled(facts: Facts) -> Fields:
    about = facts.concentration
    if not about.get("is_modelled"):
        return None
    checked = sidecar("unauthorized_modelled")["model"]
    return {
        "place": people_of(str(about["population_place"])),
        "inside": checked["areas_inside"],
        "areas": checked["areas"],
        "later": Number(checked["later_counties_inside"], "share"),
    }


@_rule("level")
def _population_brought(facts: Facts) -> Fields:
    about = facts.concentration
    if about.get("group") != "noncitizens":
        return None
    return {"place": people_of(str(about["population_place"])), "source": about["population_source"]}


@_rule("level")
def _population_wide(facts: Facts) -> Fields:
    about = facts.concentration
    if not about.get("is_margin_too_wide"):
        return None
    ends = {end: Number(about[f"population_{end}"], "count") for end in ("low", "high")}
    return {"place": people_of(str(about["population_place"])), **ends}


@_rule("level")
def _population_old(facts: Facts) -> Fields:
    about = facts.concentration
    if not about.get("population_year") or not about.get("start"):
        return None
    apart = int(about["start"][:4]) - int(about["population_year"])
    return {"year": str(about["population_year"]), "n": apart} if apart >= OLD_POPULATION_YEARS else None


@_rule("handoffs")
def _no_parts(facts: Facts) -> Fields:
    return {} if facts.parts is None else None


@_rule("handoffs")
def _rate_not_known(facts: Facts) -> Fields:
    ratio = facts.parts.ratio if facts.parts else None
    return {"n": ratio.n} if ratio is not None and not ratio.is_known and ratio.n else None


@_rule("handoffs")
def _rate_without_places(facts: Facts) -> Fields:
    return {} if facts.parts and not facts.parts.ratio.is_known and not facts.parts.ratio.n else None


@_rule("handoffs")
def _rate_unlike(facts: Facts) -> Fields:
    if facts.parts is None or not facts.parts.ratio.is_known:
        return None
    ratio = facts.parts.ratio
    return {"n": ratio.n, **{k: Number(getattr(ratio, k), "share") for k in ("value", "low", "high")}}


@_rule("handoffs")
def _relabelling_untold(facts: Facts) -> Fields:
    found = facts.relabel
    return {} if found is not None and found.verdict == "cannot be told" else None


@_rule("policy")
def _anticipation(facts: Facts) -> Fields:
    announced, effective = facts.policy.announced, facts.policy.effective
    if announced is None or announced >= effective:
        return None
    return {"announced": announced, "days": (effective - announced).days}


@_rule("policy")
def _life_cut(facts: Facts) -> Fields:
    if not facts.months.is_cut or facts.policy.kind == "date":
        return None
    return {"months": int(facts.months.in_force.sum()), "end": facts.months.bounds(facts.months.in_force)[1]}


@_rule("count")
def _office_by_rule(facts: Facts) -> Fields:
    office = facts.where.office
    if facts.where.county is None or office is None or not office.note:
        return None
    rule = "named" if "table" in office.note else "metro" if "metropolitan" in office.note else "seat"
    return {"office": office.name, "note": say(f"office.{rule}")}


@_rule("count")
def _aor_recovered(facts: Facts) -> Fields:
    return {"count": Number(facts.recovered, "count", whole_key(facts))} if facts.recovered > 0 else None


@_rule("interval")
def _officers_from_elsewhere(facts: Facts) -> Fields:
    return {"count": facts.same_aor_donors} if facts.same_aor_donors else None


def caveats_of(facts: Facts) -> list[Warned]:
    """All caveats that apply, the most important first."""
    found = []
    for name, (about, rule) in RULES.items():
        filled = rule(facts)
        if filled is not None:
            found.append(Warned(name, Message(f"caveat.{name}", filled), about))
    return found
