"""The answer in three sentences, and the reasons behind the verdicts; every number is the answer's own."""

from __future__ import annotations

import datetime as dt

from atlarge.explain.answer import Interval, Judgement
from atlarge.explain.judge import is_early_rise
from atlarge.explain.warn import Facts, count_text, fell_before, months_between

WHAT = "arrests at large"


def day_text(day: dt.date) -> str:
    """A day for a reader: 9 February 2017."""
    return f"{day.day} {day:%B %Y}"


def days_text(start: dt.date, end: dt.date) -> str:
    """A run of days for a reader: 9 to 12 February 2017."""
    if start == end:
        return day_text(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day_text(end)}"
    return f"{day_text(start)} to {day_text(end)}"


def more_or_fewer(effect: Interval) -> str:
    """The effect with its interval: "17 more (90 % interval -11 to 45)"."""
    value = effect.value or 0.0
    told = f"{count_text(abs(value))} {'more' if value >= 0 else 'fewer'}"
    if effect.low is None or effect.high is None:
        return told
    return f"{told} (90 % interval {count_text(effect.low)} to {count_text(effect.high)})"


def is_early(by_span: dict[str, str]) -> bool:
    """Whether a burst stands out, or the first month and the first quarter both do."""
    return by_span.get("burst") == "fits" or is_early_rise(by_span)


def shape(by_span: dict[str, str], rest_value: float | None = None) -> str:
    """Burst, lasting rise, both or neither, in words."""
    rest = by_span.get("rest", by_span.get("policy"))
    if is_early(by_span):
        early = "a burst" if by_span.get("burst") == "fits" else "an early rise"
        if rest == "fits":
            return f"{early}, and a lasting rise after it"
        if rest == "does not fit":
            return f"{early}, not a lasting rise"
        is_below = rest_value is not None and rest_value <= 0
        return (
            f"{early}, with no sign of a lasting rise" if is_below else f"{early}; no lasting rise is clear"
        )
    if by_span.get("policy") == "fits":
        return "a lasting rise without a burst"
    if by_span.get("policy") == "does not fit":
        return "neither a burst nor a lasting rise"
    return "no clear burst, and a lasting rise can be neither seen nor excluded"


def rest_value(facts: Facts) -> float | None:
    """The effect after the first month; None for a policy of one month."""
    rest = facts.main.totals.get("rest")
    return None if rest is None else rest.effect.value


def first_sentence(facts: Facts, verdicts: dict[str, Judgement]) -> str:
    """What happened at large: the clearest days or the first month, against the whole life."""
    main, whole = facts.main, facts.main.totals["policy"]
    by_span = verdicts["singling_out"].by_span
    start, end = main.months.bounds(main.months.life)
    burst = facts.burst
    if burst is not None and by_span.get("burst") == "fits":
        early = (
            f"{count_text(burst.observed)} {WHAT} on {days_text(burst.start, burst.end)} stand out "
            f"(about {count_text(burst.expected)} would be usual; placebo p {burst.p:.3f})"
        )
    else:
        month = main.totals["month"]
        early = (
            f"in the first month {count_text(month.observed)} {WHAT} were recorded and "
            f"{count_text(month.expected)} expected (placebo p {month.p:.3f})"
        )
    return (
        f"In {main.area.name}, {early}; over the policy's life, {days_text(start, end)}, there were "
        f"{count_text(whole.observed)} where {count_text(whole.expected)} were expected, "
        f"{more_or_fewer(whole.effect)}: {shape(by_span, rest_value(facts))}."
    )


def _returned(facts: Facts) -> str:
    """The next change the other way, where one follows within a year of the policy's end."""
    change = facts.jail_change
    if change is None or change.date is None or change.after is None or change.before is None:
        return ""
    latest = facts.months.policy_end + dt.timedelta(days=366)
    for later in change.changes:
        date = dt.date.fromisoformat(later["date"])
        is_back = (later["after"] - later["before"]) * (change.after - change.before) < 0
        if change.date < date < latest and is_back:
            return f", and came back to {count_text(later['after'])} in {date:%B %Y}"
    return ""


def _when(facts: Facts, date: dt.date) -> str:
    gap = abs(months_between(date, facts.policy.effective))
    months = f"{gap} month{'s' if gap != 1 else ''}"
    if fell_before(facts):
        return f"{months} before the policy"
    if date >= facts.policy.effective.replace(day=1):
        return "in the policy's first month" if gap == 0 else f"{months} after the policy began"
    return f"{months} before the policy applied" if gap else "as the policy began"


def second_sentence(facts: Facts, verdicts: dict[str, Judgement]) -> str:
    """What happened to handoffs, when, and what that says of substitution."""
    change, judged = facts.jail_change, verdicts["substitution"]
    says = f"that lost handoffs were replaced at large {judged.verdict} ({judged.rule})"
    if change is None or change.before is None:
        return f"No jail handoffs are recorded there, so {says}."
    if change.date is None or change.after is None:
        monthly = f"{count_text(change.before)} a month"
        return f"Jail handoffs ({monthly}) show no change of level within a year of the policy; {says}."
    word = "fell" if change.after < change.before else "rose"
    return (
        f"Jail handoffs {word} from {count_text(change.before)} to {count_text(change.after)} a month in "
        f"{change.date:%B %Y}, {_when(facts, change.date)}{_returned(facts)}; {says}."
    )


def third_sentence(facts: Facts, verdicts: dict[str, Judgement]) -> str:
    """The verdicts on singling out and concentration, and what cannot be told."""
    about, level = facts.concentration, verdicts["concentration"].verdict
    if about.get("population") is None:
        told = "concentration cannot be told without an estimate of the unauthorized population"
    else:
        told = (
            f"concentration {level} ({count_text(about['per_10k']['value'])} {WHAT} a year per 10,000 "
            f"unauthorized residents, {count_text(about['per_10k_nation']['value'])} in the nation)"
        )
    singled = verdicts["singling_out"]
    total = facts.main.totals["policy"]
    return (
        f"That the place was singled out {singled.verdict} ({singled.rule}) and {told}; why officers went "
        f"where they went is not in the records, and a change under about {count_text(total.mde)} arrests "
        "over the policy's life could not have been seen."
    )


def sentences_of(facts: Facts, verdicts: dict[str, Judgement]) -> list[str]:
    """The three sentences."""
    return [rule(facts, verdicts) for rule in (first_sentence, second_sentence, third_sentence)]


def reasons(facts: Facts) -> dict[str, str]:
    """Why each verdict came out as it did, in one or two sentences of numbers."""
    total, burst = facts.main.totals, facts.burst
    singled = (
        f"First month {more_or_fewer(total['month'].effect)} than expected (placebo p "
        f"{total['month'].p:.3f}); whole life {more_or_fewer(total['policy'].effect)} (placebo p "
        f"{total['policy'].p:.3f})."
    )
    if burst is not None:
        singled += (
            f" Clearest days: {count_text(burst.observed)} on {days_text(burst.start, burst.end)} against "
            f"{count_text(burst.expected)} by its own past (placebo p {burst.p:.3f})."
        )
    return {"singling_out": singled, "substitution": _replaced(facts), "concentration": _level(facts)}


def _replaced(facts: Facts) -> str:
    """Loss and rise over the months in which handoffs were lost."""
    told = facts.parts_since_fall or facts.parts
    if told is None:
        return facts.notes.get("parts", "No handoffs are recorded.")
    loss = told.loss
    since = "Since handoffs fell: they" if facts.parts_since_fall else "Handoffs"
    # A loss is counted downwards; a sentence says more or fewer.
    change = Interval(*(None if v is None else -v for v in (loss.value, loss.high, loss.low)))
    return f"{since} were {more_or_fewer(change)} than expected, {WHAT} {more_or_fewer(told.effect)}."


def _level(facts: Facts) -> str:
    about = facts.concentration
    if about.get("population") is None:
        return str(about.get("note", ""))
    ratio = about["share_ratio"]
    return (
        f"Share of the nation's {WHAT} over share of its unauthorized population: {ratio['value']:.2f} "
        f"({ratio['low']:.2f} to {ratio['high']:.2f})."
    )
