"""The answer in three sentences, and the reasons behind the verdicts; every number is the answer's own."""

from __future__ import annotations

import datetime as dt

from atlarge.explain.answer import Interval, Judgement, Said
from atlarge.explain.caveats import (
    Facts,
    area_said,
    count_said,
    fell_before,
    month_said,
    months_between,
    months_said,
)
from atlarge.explain.verdicts import is_early_rise

REPLACED = "that lost handoffs were replaced at large {verdict} ({rule})"
LIFE = (
    "over the policy's life, {life}, there were {whole_observed} where {whole_expected} were expected, "
    "{whole_effect}: {shape}."
)
PATTERNS = {
    "more": "{count} more",
    "fewer": "{count} fewer",
    "more_within": "{count} more (90 % interval {low} to {high})",
    "fewer_within": "{count} fewer (90 % interval {low} to {high})",
    "shape.burst_lasting": "a burst, and a lasting rise after it",
    "shape.burst_not_lasting": "a burst, not a lasting rise",
    "shape.burst_no_sign": "a burst, with no sign of a lasting rise",
    "shape.burst_unclear": "a burst; no lasting rise is clear",
    "shape.early_lasting": "an early rise, and a lasting rise after it",
    "shape.early_not_lasting": "an early rise, not a lasting rise",
    "shape.early_no_sign": "an early rise, with no sign of a lasting rise",
    "shape.early_unclear": "an early rise; no lasting rise is clear",
    "shape.lasting": "a lasting rise without a burst",
    "shape.neither": "neither a burst nor a lasting rise",
    "shape.untold": "no clear burst, and a lasting rise can be neither seen nor excluded",
    "first_burst": "In {area}, {burst_observed} arrests at large on {burst_days} stand out (about "
    "{burst_expected} would be usual; placebo p {burst_p}); " + LIFE,
    "first_month": "In {area}, in the first month {month_observed} arrests at large were recorded and "
    "{month_expected} expected (placebo p {month_p}); " + LIFE,
    "returned": ", and came back to {count} in {month}",
    "when.before_policy": "{months} before the policy",
    "when.first_month": "in the policy's first month",
    "when.after": "{months} after the policy began",
    "when.before": "{months} before the policy applied",
    "when.began": "as the policy began",
    "second_none": "No jail handoffs are recorded there, so " + REPLACED + ".",
    "second_flat": "Jail handoffs ({before} a month) show no change of level within a year of the policy; "
    + REPLACED
    + ".",
    "second_fell": "Jail handoffs fell from {before} to {after} a month in {month}, {when}{returned}; "
    + REPLACED
    + ".",
    "second_rose": "Jail handoffs rose from {before} to {after} a month in {month}, {when}{returned}; "
    + REPLACED
    + ".",
    "level_untold": "concentration cannot be told without an estimate of the unauthorized population",
    "level": "concentration {verdict} ({rate} arrests at large a year per 10,000 unauthorized residents, "
    "{rate_nation} in the nation)",
    "third": "That the place was singled out {verdict} ({rule}) and {level}; why officers went where they "
    "went is not in the records, and a change under about {mde} arrests over the policy's life could not "
    "have been seen.",
    "reason_singled": "First month {month_effect} than expected (placebo p {month_p}); whole life "
    "{whole_effect} (placebo p {whole_p}).",
    "reason_singled_burst": "First month {month_effect} than expected (placebo p {month_p}); whole life "
    "{whole_effect} (placebo p {whole_p}). Clearest days: {burst_observed} on {burst_days} against "
    "{burst_expected} by its own past (placebo p {burst_p}).",
    "reason_replaced": "Handoffs were {loss} than expected, arrests at large {rise}.",
    "reason_replaced_since": "Since handoffs fell: they were {loss} than expected, arrests at large {rise}.",
    "reason_level": "Share of the nation's arrests at large over share of its unauthorized population: "
    "{ratio} ({ratio_low} to {ratio_high}).",
}
"""Every sentence by its key: what another language must have a pattern for, too."""


def _said(key: str, **values: Said | str) -> Said:
    return Said.of(key, PATTERNS[key], **values)


def day_text(day: dt.date) -> str:
    """A day for a reader: 9 February 2017."""
    return f"{day.day} {day:%B %Y}"


def days_text(start: dt.date, end: dt.date) -> Said:
    """A run of days for a reader: 9 to 12 February 2017."""
    if start == end:
        text = day_text(start)
    elif (start.year, start.month) == (end.year, end.month):
        text = f"{start.day} to {day_text(end)}"
    else:
        text = f"{day_text(start)} to {day_text(end)}"
    return Said(text, "days", start=start, end=end)


def more_or_fewer(effect: Interval) -> Said:
    """The effect with its interval: "17 more (90 % interval -11 to 45)"."""
    value = effect.value or 0.0
    key = "more" if value >= 0 else "fewer"
    if effect.low is None or effect.high is None:
        return _said(key, count=count_said(abs(value)))
    within = {"low": count_said(effect.low), "high": count_said(effect.high)}
    return _said(f"{key}_within", count=count_said(abs(value)), **within)


def is_early(by_span: dict[str, str]) -> bool:
    """Whether a burst stands out, or the first month and the first quarter both do."""
    return by_span.get("burst") == "fits" or is_early_rise(by_span)


def shape(by_span: dict[str, str], rest_value: float | None = None) -> Said:
    """Burst, lasting rise, both or neither, in words."""
    rest = by_span.get("rest", by_span.get("policy"))
    if is_early(by_span):
        early = "burst" if by_span.get("burst") == "fits" else "early"
        if rest == "fits":
            return _said(f"shape.{early}_lasting")
        if rest == "does not fit":
            return _said(f"shape.{early}_not_lasting")
        is_below = rest_value is not None and rest_value <= 0
        return _said(f"shape.{early}_no_sign" if is_below else f"shape.{early}_unclear")
    if by_span.get("policy") == "fits":
        return _said("shape.lasting")
    return _said("shape.neither" if by_span.get("policy") == "does not fit" else "shape.untold")


def rest_value(facts: Facts) -> float | None:
    """The effect after the first month; None for a policy of one month."""
    rest = facts.main.totals.get("rest")
    return None if rest is None else rest.effect.value


def _judged(verdict: Judgement) -> dict[str, Said | str]:
    return {"verdict": Said(verdict.verdict, f"verdict.{verdict.verdict}"), "rule": verdict.rule}


def _burst(facts: Facts) -> dict[str, Said | str]:
    burst = facts.burst
    if burst is None:
        return {}
    return {
        "burst_observed": count_said(burst.observed),
        "burst_days": days_text(burst.start, burst.end),
        "burst_expected": count_said(burst.expected),
        "burst_p": f"{burst.p:.3f}",
    }


def first_sentence(facts: Facts, verdicts: dict[str, Judgement]) -> Said:
    """What happened at large: the clearest days or the first month, against the whole life."""
    main, whole = facts.main, facts.main.totals["policy"]
    by_span = verdicts["singling_out"].by_span
    month = main.totals["month"]
    told = {
        "area": area_said(main.area),
        "life": days_text(*main.months.bounds(main.months.life)),
        "whole_observed": count_said(whole.observed),
        "whole_expected": count_said(whole.expected),
        "whole_effect": more_or_fewer(whole.effect),
        "shape": shape(by_span, rest_value(facts)),
    }
    if facts.burst is not None and by_span.get("burst") == "fits":
        return _said("first_burst", **told, **_burst(facts))
    return _said(
        "first_month",
        **told,
        month_observed=count_said(month.observed),
        month_expected=count_said(month.expected),
        month_p=f"{month.p:.3f}",
    )


def _returned(facts: Facts) -> Said | str:
    """The next change the other way, where one follows within a year of the policy's end."""
    change = facts.jail_change
    if change is None or change.date is None or change.after is None or change.before is None:
        return ""
    latest = facts.months.policy_end + dt.timedelta(days=366)
    for later in change.changes:
        date = dt.date.fromisoformat(later["date"])
        is_back = (later["after"] - later["before"]) * (change.after - change.before) < 0
        if change.date < date < latest and is_back:
            return _said("returned", count=count_said(later["after"]), month=month_said(date))
    return ""


def _when(facts: Facts, date: dt.date) -> Said:
    gap = abs(months_between(date, facts.policy.effective))
    months = months_said(gap)
    if fell_before(facts):
        return _said("when.before_policy", months=months)
    if date >= facts.policy.effective.replace(day=1):
        return _said("when.first_month") if gap == 0 else _said("when.after", months=months)
    return _said("when.before", months=months) if gap else _said("when.began")


def second_sentence(facts: Facts, verdicts: dict[str, Judgement]) -> Said:
    """What happened to handoffs, when, and what that says of substitution."""
    change, judged = facts.jail_change, _judged(verdicts["substitution"])
    if change is None or change.before is None:
        return _said("second_none", **judged)
    if change.date is None or change.after is None:
        return _said("second_flat", before=count_said(change.before), **judged)
    return _said(
        "second_fell" if change.after < change.before else "second_rose",
        before=count_said(change.before),
        after=count_said(change.after),
        month=month_said(change.date),
        when=_when(facts, change.date),
        returned=_returned(facts),
        **judged,
    )


def third_sentence(facts: Facts, verdicts: dict[str, Judgement]) -> Said:
    """The verdicts on singling out and concentration, and what cannot be told."""
    about = facts.concentration
    if about.get("population") is None:
        level = _said("level_untold")
    else:
        level = _said(
            "level",
            verdict=_judged(verdicts["concentration"])["verdict"],
            rate=count_said(about["per_10k"]["value"]),
            rate_nation=count_said(about["per_10k_nation"]["value"]),
        )
    mde = count_said(facts.main.totals["policy"].mde)
    return _said("third", level=level, mde=mde, **_judged(verdicts["singling_out"]))


def sentences_of(facts: Facts, verdicts: dict[str, Judgement]) -> list[str]:
    """The three sentences."""
    return [rule(facts, verdicts) for rule in (first_sentence, second_sentence, third_sentence)]


def reasons(facts: Facts) -> dict[str, str]:
    """Why each verdict came out as it did, in one or two sentences of numbers."""
    total = facts.main.totals
    singled = _said(
        "reason_singled" if facts.burst is None else "reason_singled_burst",
        month_effect=more_or_fewer(total["month"].effect),
        month_p=f"{total['month'].p:.3f}",
        whole_effect=more_or_fewer(total["policy"].effect),
        whole_p=f"{total['policy'].p:.3f}",
        **_burst(facts),
    )
    return {"singling_out": singled, "substitution": _replaced(facts), "concentration": _level(facts)}


def _replaced(facts: Facts) -> str:
    """Loss and rise over the months in which handoffs were lost."""
    told = facts.parts_since_fall or facts.parts
    if told is None:
        return facts.notes.get("parts", "No handoffs are recorded.")
    loss = told.loss
    # A loss is counted downwards; a sentence says more or fewer.
    change = Interval(*(None if v is None else -v for v in (loss.value, loss.high, loss.low)))
    key = "reason_replaced_since" if facts.parts_since_fall else "reason_replaced"
    return _said(key, loss=more_or_fewer(change), rise=more_or_fewer(told.effect))


def _level(facts: Facts) -> str:
    about = facts.concentration
    if about.get("population") is None:
        return str(about.get("note", ""))
    ratio = about["share_ratio"]
    return _said(
        "reason_level",
        ratio=f"{ratio['value']:.2f}",
        ratio_low=f"{ratio['low']:.2f}",
        ratio_high=f"{ratio['high']:.2f}",
    )
