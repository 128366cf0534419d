"""The answer in words: a headline and a paragraph for each account, as messages from the catalogue.

Each number in a sentence is the one in the JSON, and each word of direction follows from the number beside
it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from atlarge.explain.answer import Area, Judgement
from atlarge.explain.areas import Where, seat_of
from atlarge.explain.estimate import Estimate
from atlarge.explain.facts import Facts, is_mostly_office, key_between, months_between, people_of, whole_key
from atlarge.explain.numbers import CountKey, Number, difference, is_same, key_of
from atlarge.explain.quantities import Bursts, Lasting
from atlarge.explain.verdicts import clear_way, lasting_rule
from atlarge.messages import Days, Message, Month, join, render, say
from atlarge.reference import table

MOST_WORDS = 30
MOST_OF = {"en": MOST_WORDS, "es": MOST_WORDS + 10}
IN_MONTHS = 1.5
CLOSE = 0.1
LEAST_LATER = 10.0
SOON_MONTHS = 6
ALL_PLACES = " area of responsibility"


def at(facts: Facts, *, is_short: bool = False) -> Message:
    """Where, as a sentence takes it up: "around Travis County, TX", or by the ICE office where most of what
    is counted names that alone and its seat is in another county. `is_short`: without the state, where
    another has no county of that name.
    """
    where = facts.where
    name = _short(where) if is_short else where.own.name.removesuffix(ALL_PLACES)
    if where.county is None:
        return say(f"at.{where.own.level}", name=name)
    if where.office is None:
        return say("at.county", name=name)
    if is_mostly_office(facts) and seat_of(where.office.code) != where.county.code:
        return say("at.office_and", name=name, office=where.office.name)
    return say("at.locality", name=name)


def area_said(area: Area, where: Where) -> Message:
    """The full name of an area."""
    if area.level == "locality" and where.county is not None and where.office is not None:
        return say("area.locality", county=where.county.name, office=where.office.name)
    return say(f"area.{area.level}", name=area.name.removesuffix(ALL_PLACES))


def when(facts: Facts) -> Message:
    """The time that is followed: as long as the policy was in force, or its first months, or from a day."""
    months = int(facts.months.in_force.sum())
    one = "_one" if months == 1 else ""
    if facts.policy.kind == "date":
        return say(f"when.date{one}", n=months, day=facts.policy.effective)
    if facts.months.is_cut:
        return say(f"when.first{one}", n=months)
    return say("when.policy")


def _lasting(facts: Facts) -> Lasting:
    assert facts.lasting is not None  # gather fills it wherever the main estimate succeeds
    return facts.lasting


def _burst_key(facts: Facts, bursts: Bursts) -> tuple[CountKey, ...]:
    if bursts.start is None or bursts.end is None:
        return ()
    return (key_between(facts, bursts.start, bursts.end),)


def _lasting_keys(facts: Facts) -> tuple[CountKey, ...]:
    """The whole time's count, and the burst's where it was taken out of it."""
    keys = whole_key(facts)
    if _lasting(facts).bursts_removed > 0 and facts.bursts is not None:
        keys += _burst_key(facts, facts.bursts)
    return keys


def headline(facts: Facts) -> Message:
    """One plain sentence of at most 30 words: what happened, and how certain it is."""
    place, short = at(facts), at(facts, is_short=True)
    tries = [
        (place, "", True),
        (short, "", True),
        (place, "", False),
        (short, "", False),
        (short, ".brief", False),
    ]
    if short.key == "at.office_and":
        office = say("at.office", name=short.params["office"], county=short.params["name"])
        tries.append((office, ".brief", False))
    for name, brief, is_led in tries:
        found = _headline(facts, name, brief, is_led=is_led)
        if all(len(render(found, language).split()) <= most for language, most in MOST_OF.items()):
            break
    return found


def _short(where: Where) -> str:
    """The place's own name, without its state where no other place is called the same."""
    return without_state(where.own.name.removesuffix(ALL_PLACES))


def without_state(name: str) -> str:
    """A county's name without its state, but with it where another state has a county of that name.

    Examples
    --------
    >>> without_state("Travis County, TX"), without_state("Teton County, WY")
    ('Travis County', 'Teton County, WY')
    """
    short = name.partition(",")[0]
    return name if short in _shared_names() else short


@cache
def _shared_names() -> frozenset[str]:
    """Names that counties of two or more states have."""
    found = Counter(name.partition(",")[0] for name in table("counties")["place_name"])
    return frozenset(name for name, states in found.items() if states > 1)


def _headline(facts: Facts, place: Message, brief: str, *, is_led: bool) -> Message:
    bursts, lasting = facts.bursts, _lasting(facts)
    rule = lasting_rule(lasting)
    if bursts is not None and bursts.verdict == "fits" and bursts.start and bursts.end:
        return _burst_headline(facts, bursts, place, rule, brief, is_led=is_led)
    if facts.handoffs is not None and (facts.policy.direction == "extends" or rule == "replaced"):
        return _handoff_headline(facts, facts.handoffs, place, rule, brief)
    later = later_surge(facts) if facts.policy.direction != "extends" else None
    if later is not None and not brief and _months_in(facts, later[1]) <= SOON_MONTHS:
        return _later_headline(facts, later, rule, is_led=is_led)
    kind = "apart" if lasting.bursts_removed > 0 else "lasting"
    same = {"apart": "apart_same", "lasting": "same"}
    is_alike = is_same(lasting.observed, lasting.expected)
    is_close = is_alike or abs(lasting.observed - lasting.expected) < CLOSE * lasting.expected
    tail = say(f"tail.{'explained' if rule in ('replaced', 'placing') else _plain(rule)}")
    if _plain(rule) == "cannot be told" and is_close:
        tail = say("tail.close")
    shared = {
        "o": Number(lasting.observed, "count", _lasting_keys(facts)),
        "at": place,
        "when": when(facts),
        "tail": tail,
    }
    if is_alike:
        return say(f"headline.{same[kind]}{brief}", **shared)
    return say(f"headline.{kind}{brief}", e=Number(lasting.expected, "estimate"), **shared)


def _plain(rule: str) -> str:
    return "cannot be told" if rule == "left" else rule


def _burst_headline(
    facts: Facts, bursts: Bursts, place: Message, rule: str, brief: str, *, is_led: bool
) -> Message:
    keys = _burst_key(facts, bursts)
    assert bursts.start is not None
    assert bursts.end is not None
    shared = {
        "n": Number(bursts.observed, "count", keys),
        "at": place,
        "days": Days(bursts.start, bursts.end),
        "then": say(f"then.{'explained' if rule in ('replaced', 'placing') else _plain(rule)}"),
        "lead": _lead(facts, bursts.start) if is_led else say("lead.none"),
    }
    usual, ratio = bursts.in_usual_months, bursts.ratio
    if ratio is None or (usual is not None and usual >= IN_MONTHS):
        return say(f"headline.burst{brief}", usual=Number(usual, "estimate", keys), **shared)
    return say(f"headline.burst_usual{brief}", ratio=Number(ratio, "estimate", keys), **shared)


def _months_in(facts: Facts, days: Days) -> int:
    return months_between(facts.policy.effective, days.start)


def _later_headline(facts: Facts, later: tuple[Number, Days, Area], rule: str, *, is_led: bool) -> Message:
    """A surge after the days watched for a burst that is too large to leave out of the headline."""
    n, days, area = later
    name = area.name.removesuffix(ALL_PLACES)
    after = say(f"then.{'explained' if rule in ('replaced', 'placing') else _plain(rule)}")
    return say(
        "headline.later_date" if facts.policy.kind == "date" else "headline.later",
        n=n,
        at=say(f"at.{area.level}", name=name if is_led else without_state(name)),
        days=days,
        m=max(1, _months_in(facts, days)),
        then=after,
    )


def _lead(facts: Facts, day: dt.date) -> Message:
    """How long after the policy's first day, as a sentence begins; nothing where it is not after it."""
    days = (day - facts.policy.effective).days
    is_plain = facts.policy.kind != "date" and not facts.policy.is_window
    return say("lead.days", n=days) if days > 0 and is_plain else say("lead.none")


_CLEAR = {(True, True): "both", (True, False): "first", (False, True): "second", (False, False): "neither"}


def _handoff_headline(facts: Facts, handoffs: Estimate, place: Message, rule: str, brief: str) -> Message:
    jails, whole = handoffs.totals["policy"], facts.main.totals["policy"]
    start, end = facts.months.bounds(facts.months.in_force)
    around, at_jails = say("around.there"), place
    if facts.main.area.level == "locality" and handoffs.area.level == "county":
        around, county = say("around.it"), place.params.get("county") or place.params["name"]
        if place.key != "at.locality":
            around = say("at.office", name=place.params.get("office") or place.params["name"])
        at_jails = say("at.county", name=county)
    shared = {
        "ho": Number(jails.observed, "count", (key_of(handoffs.area, "handoffs", start, end, facts.scheme),)),
        "he": Number(jails.expected, "estimate"),
        "o": Number(whole.observed, "count", whole_key(facts)),
        "e": Number(whole.expected, "estimate"),
        "jails": at_jails,
        "around": around,
    }
    if rule == "replaced" and facts.policy.direction != "extends":
        return say("headline.replaced", **shared)
    clear = clear_way(jails.effect) != "unclear", clear_way(whole.effect) != "unclear"
    return say(f"headline.extends{brief}", when=when(facts), tail=say(f"tail.{_CLEAR[clear]}"), **shared)


def burst_sentence(facts: Facts) -> Message | None:
    """Sentence about the clearest run of days."""
    bursts = facts.bursts
    if bursts is None:
        return None
    keys = _burst_key(facts, bursts)
    watch = {"first": bursts.watch_start, "last": bursts.watch_end}
    if bursts.verdict == "does not fit" and bursts.watch_start:
        return say(
            "burst.does not fit", material=Number(bursts.material, "estimate", whole_key(facts)), **watch
        )
    if bursts.start is None or bursts.end is None or bursts.observed <= bursts.expected:
        if not bursts.watch_start:
            return None
        if bursts.mde is None:
            return say("burst.flat_few", **watch)
        return say("burst.flat", mde=Number(bursts.mde, "estimate", whole_key(facts)), **watch)
    return say(
        f"burst.{'fits' if bursts.verdict == 'fits' else 'cannot be told'}",
        n=Number(bursts.observed, "count", keys),
        days=Days(bursts.start, bursts.end),
        e=Number(bursts.expected, "estimate"),
    )


def lasting_sentence(facts: Facts) -> Message:
    """The whole time in force without its bursts, against what was expected."""
    lasting, keys = _lasting(facts), _lasting_keys(facts)
    shared = {"when": when(facts), "o": Number(lasting.observed, "count", keys), **_removed(facts)}
    is_apart = lasting.bursts_removed > 0
    if is_same(lasting.observed, lasting.expected):
        key = "lasting.apart_same" if is_apart else "lasting.same"
        return say(key, difference=difference(lasting.effect, keys), **shared)
    return say(
        "lasting.apart" if is_apart else "lasting.says",
        e=Number(lasting.expected, "estimate"),
        difference=difference(lasting.effect, keys, is_brief=True),
        **shared,
    )


def smallest_sentence(facts: Facts) -> Message | None:
    """The smallest lasting rise that would have been found, where none was found or excluded."""
    lasting, keys = _lasting(facts), whole_key(facts)
    if lasting_rule(lasting) not in ("cannot be told", "more"):
        return None
    if lasting.mde is None:
        return say("lasting.few", places=lasting.places) if lasting.places else None
    if not lasting.mde or not lasting.mde_relative:
        return None
    relative = Number(lasting.mde_relative, "share", keys)
    return say("lasting.mde", mde=Number(lasting.mde, "estimate", keys), relative=relative)


def _removed(facts: Facts) -> dict[str, Number]:
    """Arrests of bursts that are not among those of the lasting excess."""
    removed = _lasting(facts).bursts_removed
    return {"removed": Number(removed, "count", _lasting_keys(facts))} if removed > 0 else {}


def later_surge(facts: Facts) -> tuple[Number, Days, Area] | None:
    """The clearest surge after the days watched for a burst, of a usual month or more: count, days, area."""
    bursts = facts.bursts
    if bursts is None or bursts.watch_end is None:
        return None
    levels = {a.code: a for a in (facts.where.county, facts.where.office, facts.where.own) if a is not None}
    for surge in facts.surges:
        start, end = (dt.date.fromisoformat(str(surge[k])[:10]) for k in ("start", "end"))
        large = float(surge["observed"]) >= max(LEAST_LATER, bursts.usual_month or 0.0)
        if start > bursts.watch_end and large and surge["place"] in levels:
            area = levels[surge["place"]]
            key = key_of(area, str(surge["measure"]), start, end, facts.scheme)
            return Number(float(surge["observed"]), "count", (key,)), Days(start, end), area
    return None


def later_sentence(facts: Facts) -> Message | None:
    """The clearest surge after the days that are watched for a burst."""
    found = later_surge(facts)
    return None if found is None else say("later.says", n=found[0], days=found[1])


def at_large_paragraph(facts: Facts) -> Message:
    """Arrests at large: the burst, later days that stand out, the whole time, an earlier departure."""
    left = None
    if facts.left_before is not None:
        left = say(
            "left_before.says",
            month=Month(facts.left_before.date),
            difference=difference(facts.left_before.estimate_from, whole_key(facts)),
        )
    excess = lasting_sentence(facts), smallest_sentence(facts)
    return join(burst_sentence(facts), later_sentence(facts), *excess, left)


def details(facts: Facts) -> dict[str, tuple[Message, ...]]:
    """Further details behind the paragraph of each account."""
    two, both = None, facts.two_sided
    if both is not None:
        key = key_between(facts, both.start, both.end)
        is_longer = both.end >= facts.months.policy_end
        two = say(
            "two_sided.long" if is_longer else "two_sided.says",
            difference=difference(both.effect, (key,)),
            **({"n": both.months} if is_longer else {}),
        )
    return {"singling_out": () if two is None else (two,)}


def handoffs_paragraph(facts: Facts) -> Message:
    """Jail handoffs: against what was expected, and when their level changed."""
    if facts.handoffs is None:
        return join(say("handoffs.none", at=at(facts)), _change(facts, None))
    area, total = facts.handoffs.area, facts.handoffs.totals["policy"]
    start, end = facts.months.bounds(facts.months.in_force)
    keys = (key_of(area, "handoffs", start, end, facts.scheme),)
    shared = {
        "area": area_said(area, facts.where),
        "when": when(facts),
        "o": Number(total.observed, "count", keys),
    }
    part = "_inferred" if total.inferred > 0 else ""
    if is_same(total.observed, total.expected):
        sentence = say(f"handoffs.same{part}", difference=difference(total.effect, keys), **shared)
    else:
        sentence = say(
            f"handoffs.says{part}",
            e=Number(total.expected, "estimate"),
            difference=difference(total.effect, keys, is_brief=True),
            **shared,
        )
    return join(sentence, _change(facts, total.effect.value))


def _change(facts: Facts, effect: float | None) -> Message | None:
    """When the monthly level changed, found without the policy's date.

    A level that moved one way while its difference from what was expected has the other sign is put without
    a word of direction: it rose, but elsewhere it rose more.
    """
    change = facts.jail_change
    if change is None or change.before is None:
        return None
    if change.date is None or change.after is None:
        return say("change.flat_date" if facts.policy.kind == "date" else "change.flat")
    fell = change.after < change.before
    is_opposed = effect is not None and (effect > 0) == fell
    is_opposed |= Number(change.before, "mean").text() == Number(change.after, "mean").text()
    keys = _change_keys(facts, change.date)
    elsewhere: dict[str, Message] = {}
    if facts.handoffs is not None and facts.handoffs.area != change.area:  # an office: its seat's jail
        elsewhere, is_opposed = {"area": area_said(change.area, facts.where)}, False
    way = "went" if is_opposed else "fell" if fell else "rose"
    return say(
        f"change.{way}{'_in' * bool(elsewhere)}",
        **elsewhere,
        before=Number(change.before, "mean", keys),
        after=Number(change.after, "mean", keys),
        month=Month(change.date),
        moment=_moment(facts, change.date),
    )


def _change_keys(facts: Facts, date: dt.date) -> tuple[CountKey, ...]:
    """The counts behind the levels before and after: the months shown on either side."""
    change = facts.jail_change
    if change is None or not change.period:
        return ()
    split = date.replace(day=1)
    first, last = change.period[0], facts.months.policy_end - dt.timedelta(days=1)
    if not first < split <= last:
        return (key_of(change.area, change.measure, first, last, facts.scheme),)
    before = key_of(change.area, change.measure, first, split - dt.timedelta(days=1), facts.scheme)
    return before, key_of(change.area, change.measure, split, last, facts.scheme)


def _moment(facts: Facts, date: dt.date) -> Message:
    """When the level changed, counted from the policy (or the day in question)."""
    gap, is_after = abs(months_between(date, facts.policy.effective)), date >= facts.policy.effective
    if facts.policy.kind == "date":
        way = "at" if gap == 0 else "after" if is_after else "before"
        return say(f"moment.date.{way}", **({"n": gap} if gap else {}))
    if gap:
        return say("moment.after" if is_after else "moment.before", n=gap)
    return say("moment.first_month" if is_after else "moment.began")


def level_keys(about: dict[str, Any], scheme: str) -> tuple[CountKey, ...]:
    """The count behind the rates: the area's counties and the offices seated there, an AOR or a state."""
    if not about.get("area"):
        return ()
    first, last = (dt.date.fromisoformat(about[name]) for name in ("start", "end"))
    return (CountKey(about["area_level"], about["area"], about["measure"], first, last, scheme),)


def may_be_none(about: dict[str, Any]) -> bool:
    """Whether the margin of the number of people reaches down to none, so that a rate has no upper end."""
    low = about.get("population_low")
    return low is not None and low <= 1.0


def level_paragraph(facts: Facts) -> Message:
    """Arrests a year for every 10,000 unauthorized residents, here and in the nation."""
    about = facts.concentration
    if about.get("population") is None:
        missing = about.get("missing") or "population"
        key = "level.none" if missing == "population" else f"level.none.{missing}"
        return say(key, at=at(facts))
    keys = (*whole_key(facts), *level_keys(about, facts.scheme))
    ratio = about["share_ratio"]
    group = say(f"level.group.{about.get('group') or 'unauthorized residents'}")
    sentences = [
        say(
            "level.says",
            rate=Number(about["per_10k"]["value"], "rate", keys),
            nation=Number(about["per_10k_nation"]["value"], "rate"),
            place=people_of(str(about["population_place"])),
            group=group,
        )
    ]
    if about.get("is_modelled"):
        low, high = about["population_low"], about["population_high"]
        people = [Number(about["population"], "count"), Number(low, "count"), Number(high, "count")]
        named = dict(zip(("people", "low", "high"), people, strict=True))
        sentences.append(say("level.modelled", year=str(about["population_year"]), **named))
    bounds = {name: Number(ratio[name], "ratio", keys) for name in ("low", "high")}
    if may_be_none(about):
        bounds.pop("high")
    key = "level.ratio" if "high" in bounds else "level.ratio.open"
    sentences.append(say(key, ratio=Number(ratio["value"], "ratio", keys), group=group, **bounds))
    return join(*sentences)


def verdict_sentence(judgement: Judgement) -> Message:
    """The verdict on an account as a sentence, with the rule that gave it."""
    verdict = say(f"verdict.{judgement.verdict}")
    return say("verdict.says", title=judgement.title, verdict=verdict, rule=judgement.rule)


def reasons(facts: Facts) -> dict[str, Message]:
    """The numbers by which each account is judged."""
    return {
        "singling_out": at_large_paragraph(facts),
        "substitution": handoffs_paragraph(facts),
        "concentration": level_paragraph(facts),
    }


def paragraphs(verdicts: Mapping[str, Judgement]) -> list[Message]:
    """The three paragraphs: the verdict on each account, then the numbers it rests on."""
    return [join(verdict_sentence(judgement), judgement.reason) for judgement in verdicts.values()]
