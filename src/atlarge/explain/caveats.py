"""Which warnings apply: one small rule for each entry of warnings.yaml, over the facts of an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from atlarge.explain.answer import Area, ChangeStrip, Said, Warned
from atlarge.explain.areas import Where
from atlarge.explain.burst import Burst
from atlarge.explain.changes import Relabelled
from atlarge.explain.decomposition import Parts
from atlarge.explain.estimate import Estimate
from atlarge.explain.periods import Months
from atlarge.explain.verdicts import placing
from atlarge.policies import HOUSING, Policy

SHORT_LIFE_DAYS = 365
POOR_FIT = 0.35
FEW_PLACEBOS = 39
UNPLACED_SHARE = 0.05
LARGE_MDE = 0.25
FALL_MARGIN_DAYS = 31

Fields = dict[str, Any] | None


@dataclass
class Facts:
    """Everything that rules, verdicts and sentences read. `notes` holds reasons why something is not told."""

    policy: Policy
    where: Where
    months: Months
    main: Estimate
    handoffs: Estimate | None = None
    jail: Estimate | None = None
    jail_change: ChangeStrip | None = None
    relabel: Relabelled | None = None
    parts: Parts | None = None
    parts_since_fall: Parts | None = None
    in_time: dict[str, Any] = field(default_factory=dict)
    burst: Burst | None = None
    surges: list[dict[str, Any]] = field(default_factory=list)
    concentration: dict[str, Any] = field(default_factory=dict)
    schemes: dict[str, dict[str, Any]] = field(default_factory=dict)
    scheme: str = "ddp"
    others: list[str] = field(default_factory=list)
    is_own_policy: bool = True
    area_only_share: float | None = None
    placed_before: float | None = None
    placed_during: float | None = None
    aor_total: float = 0.0
    recovered: int = 0
    same_aor_donors: int = 0
    notes: dict[str, str] = field(default_factory=dict)


def count_text(value: float | None) -> str:
    """A count for a sentence: whole above ten, else one digit."""
    if value is None:
        return "an unknown number"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{round(value, 1):g}"


def count_said(value: float | None) -> Said:
    """A count as `count_text` words it."""
    return Said(count_text(value), "count", value=value)


def month_said(day: dt.date) -> Said:
    """A month for a reader: February 2017."""
    return Said(f"{day:%B %Y}", "month", date=day)


def months_said(n: int) -> Said:
    """A number of months: "1 month", "3 months"."""
    return Said(f"{n} month{'s' if n != 1 else ''}", "months", n=n)


def area_said(area: Area) -> Said:
    """The name of an area."""
    return Said(area.name, "area", level=area.level)


def share_text(value: float) -> str:
    """A share as whole percent."""
    return f"{100 * value:.0f} %"


def months_between(first: dt.date, second: dt.date) -> int:
    """Whole months from one day to a later one, rounded."""
    return round((second - first).days / 30.44)


def fell_before(facts: Facts) -> bool:
    """Whether handoffs fell, by the change found without the date, before the policy was announced."""
    change = facts.jail_change
    if change is None or change.date is None or change.high is None or change.after is None:
        return False
    known = facts.policy.known
    return change.after < (change.before or 0) and change.high < known.replace(day=1)


def has_fallen(facts: Facts) -> bool:
    """Whether handoffs fell at the policy or later in its life, by the change found without the date."""
    change = facts.jail_change
    if change is None or change.date is None or change.after is None or change.p is None:
        return False
    known = facts.policy.known
    is_fall = change.after < (change.before or 0) and change.p <= 0.05
    return is_fall and known - dt.timedelta(days=FALL_MARGIN_DAYS) <= change.date < facts.months.policy_end


RULES: dict[str, Callable[[Facts], Fields]] = {}


def _rule(function: Callable[[Facts], Fields]) -> Callable[[Facts], Fields]:
    """Register the rule of the warning that has the function's name."""
    RULES[function.__name__.removeprefix("_")] = function
    return function


@_rule
def _counts_not_intent(facts: Facts) -> Fields:
    return {}


@_rule
def _handoffs_fell_before(facts: Facts) -> Fields:
    change = facts.jail_change
    if not fell_before(facts) or change is None or change.date is None:
        return None
    months = months_between(change.date, facts.policy.effective)
    return {
        "date": month_said(change.date),
        "before": count_said(change.before),
        "after": count_said(change.after),
        "months": months_said(months),
    }


@_rule
def _anticipation(facts: Facts) -> Fields:
    announced, effective = facts.policy.announced, facts.policy.effective
    if announced is None or announced >= effective:
        return None
    return {"announced": announced, "days": (effective - announced).days}


@_rule
def _policy_window(facts: Facts) -> Fields:
    return facts.policy.to_dict() if facts.policy.is_window else None


@_rule
def _policy_confidence(facts: Facts) -> Fields:
    return facts.policy.to_dict() if facts.policy.confidence in ("low", "medium") else None


@_rule
def _short_life(facts: Facts) -> Fields:
    first, last = facts.months.bounds(facts.months.life)
    days = (last - first).days + 1
    return {"days": days} if not facts.months.is_cut and days < SHORT_LIFE_DAYS else None


@_rule
def _life_cut(facts: Facts) -> Fields:
    if not facts.months.is_cut:
        return None
    first, last = facts.months.bounds(facts.months.life)
    return {"months": max(1, months_between(first, last)), "end": last}


@_rule
def _area_not_county(facts: Facts) -> Fields:
    share = facts.area_only_share
    if share is None or share < 0.5 or facts.where.county is None:
        return None
    return {"share": share_text(share), "county": facts.where.county.name}


@_rule
def _office_not_known(facts: Facts) -> Fields:
    where = facts.where
    return {"county": where.county.name} if where.county and where.office is None else None


@_rule
def _office_by_rule(facts: Facts) -> Fields:
    office = facts.where.office
    return (
        {"office": office.name, "note": office.note}
        if facts.where.county and office and office.note
        else None
    )


@_rule
def _unplaced(facts: Facts) -> Fields:
    aor, placed = facts.where.aor, facts.placed_during
    if aor is None or placed is None or 1 - placed < UNPLACED_SHARE or facts.main.area.level == "aor":
        return None
    return {"aor": area_said(aor), "share": share_text(1 - placed)}


@_rule
def _placing_changed(facts: Facts) -> Fields:
    aor, before, during = facts.where.aor, facts.placed_before, facts.placed_during
    if aor is None or placing(before, during) == "fits" or before is None or during is None:
        return None
    return {"aor": area_said(aor), "before": share_text(before), "during": share_text(during)}


@_rule
def _aor_recovered(facts: Facts) -> Fields:
    return {"count": count_said(facts.recovered)} if facts.recovered > 0 else None


@_rule
def _few_placebos(facts: Facts) -> Fields:
    places = facts.main.totals["policy"].placebos
    return {"places": places, "least": round(1 / (places + 1), 3)} if places < FEW_PLACEBOS else None


@_rule
def _poor_fit(facts: Facts) -> Fields:
    relative = facts.main.relative_rmse
    if relative is None or relative <= POOR_FIT:
        return None
    return {"rmse": count_said(facts.main.pre_rmse), "mean": count_said(facts.main.pre_mean)}


@_rule
def _detectable(facts: Facts) -> Fields:
    total = facts.main.totals["policy"]
    if total.expected <= 0 or total.mde < LARGE_MDE * total.expected:
        return None
    return {"mde": count_said(total.mde), "relative": share_text(total.mde / total.expected)}


@_rule
def _left_before(facts: Facts) -> Fields:
    """A false date before the policy shows an effect: the place had left its comparison already."""
    told = facts.in_time
    if not told or told.get("p_placebo") is None or told["p_placebo"] > 0.1:
        return None
    return {
        "date": told["date"],
        "value": count_said(told["value"]),
        "low": count_said(told["low"]),
        "high": count_said(told["high"]),
        "p": f"{told['p_placebo']:.3f}",
    }


@_rule
def _rate_not_known(facts: Facts) -> Fields:
    return {"n": facts.parts.ratio.n} if facts.parts and not facts.parts.ratio.is_known else None


@_rule
def _rate_unlike(facts: Facts) -> Fields:
    if facts.parts is None or not facts.parts.ratio.is_known:
        return None
    ratio = facts.parts.ratio
    return {
        "n": ratio.n,
        "value": f"{ratio.value:.2f}",
        "low": f"{ratio.low:.2f}",
        "high": f"{ratio.high:.2f}",
    }


@_rule
def _no_parts(facts: Facts) -> Fields:
    return {"reason": facts.notes.get("parts", "no handoffs are recorded")} if facts.parts is None else None


@_rule
def _relabelled(facts: Facts) -> Fields:
    found = facts.relabel
    if found is None or found.verdict != "fits":
        return None
    return {"jail": count_said(-(found.jail.value or 0)), "around": count_said(found.around.value)}


@_rule
def _relabelling_untold(facts: Facts) -> Fields:
    found = facts.relabel
    return {} if found is not None and found.verdict == "cannot be told" else None


@_rule
def _margin_unknown(facts: Facts) -> Fields:
    about = facts.concentration
    if about.get("population") is None or about.get("is_margin_known"):
        return None
    return {"place": about["population_place"], "year": about["population_year"]}


@_rule
def _no_population(facts: Facts) -> Fields:
    return {"note": facts.concentration["note"]} if facts.concentration.get("population") is None else None


@_rule
def _schemes_differ(facts: Facts) -> Fields:
    """Where one reading's interval excludes zero and the other's does not, or the signs of both are clear."""

    def sign(about: dict[str, Any]) -> int:
        effect = about["effect"]
        return int((effect["low"] or 0) > 0) - int((effect["high"] or 0) < 0)

    told = {name: about for name, about in facts.schemes.items() if about.get("effect")}
    if len(told) < 2:
        return None
    (a, one), (b, two) = list(told.items())[:2]
    if sign(one) == sign(two):
        return None
    return {
        "a": a,
        "one": count_said(one["effect"]["value"]),
        "b": b,
        "two": count_said(two["effect"]["value"]),
    }


@_rule
def _other_policies(facts: Facts) -> Fields:
    return {"ids": ", ".join(facts.others)} if facts.others else None


@_rule
def _other_place(facts: Facts) -> Fields:
    if facts.is_own_policy or facts.policy.kind == "date":
        return None
    return {"place": facts.policy.place_name, "asked": facts.where.own.name}


@_rule
def _extends_policy(facts: Facts) -> Fields:
    return {} if facts.policy.direction == "extends" else None


@_rule
def _housing_policy(facts: Facts) -> Fields:
    return {} if facts.policy.kind == HOUSING else None


@_rule
def _same_week_elsewhere(facts: Facts) -> Fields:
    if facts.burst is None or facts.burst.elsewhere == 0:
        return None
    return {"count": facts.burst.elsewhere, "places": facts.burst.places}


@_rule
def _officers_from_elsewhere(facts: Facts) -> Fields:
    return {"count": facts.same_aor_donors} if facts.same_aor_donors else None


@cache
def texts() -> dict[str, str]:
    """Text of each warning by its id, in the order of the file."""
    loaded = yaml.safe_load(files(__package__).joinpath("warnings.yaml").read_text(encoding="utf-8"))
    return {name: str(about["text"]).strip() for name, about in loaded.items()}


def warnings_of(facts: Facts) -> list[Warned]:
    """All warnings that apply, in the order of the file."""
    found = []
    for name, text in texts().items():
        filled = RULES[name](facts)
        if filled is not None:
            found.append(Warned(name, text.format(**filled), dict(filled)))
    return found
