"""Which of several namesakes a name means, by the state and the area of responsibility beside it."""

from __future__ import annotations

from typing import NamedTuple

from atlarge.places.gazetteer import Gazetteer, Named

DOMINANT = 0.8
"""A namesake must hold this share of the namesakes' weight to be answered at all."""
STATED_OUTSIDE = 0.95
"""Factor for a name whose state is stated, but whose county lies outside the area: 30 of 30 right."""
OUTSIDE = 0.75
"""Factor for a name that only counties outside the area have: 6 of 6 right in building, too few to trust."""
OUTSIDE_BY_HAND = 0.88
"""Factor for a facility decided by hand that lies outside the area of responsibility of the record."""
OVERWHELMING = 0.97
"""From this share on, the size alone decides, and the style of the text does not count."""
STYLE_FLOOR = 0.3
"""Names added to every state of a style, so that one never seen there is unlikely, not impossible."""
STYLE_POWER = {"name": 0.5, "alias": 0.5}
"""Power of a population beside the style, which says more than a county's size does."""
STYLE_LEAST = 4.0
"""Fewest plain names of a style before it says anything about a state."""


class Context(NamedTuple):
    """What is known beside the text: the area of responsibility, states named, states its style suggests."""

    aor: str | None
    states: frozenset[str]
    style: dict[str, float] | None = None


class Pick(NamedTuple):
    """The outcome: a county or none, how it was chosen, a factor for the confidence, the candidates."""

    fips: str | None
    how: str
    factor: float
    candidates: tuple[str, ...] = ()


def in_area(gaz: Gazetteer, fips: str, aor: str) -> bool:
    """Say whether a county lies in an area of responsibility, before or after Harlingen was split off."""
    county = gaz.counties[fips]
    # the bounds of Harlingen are known only in part: its counties were San Antonio's
    if aor in (county.aor, county.aor_2021) or (aor == "HAL" and county.aor == "SNA"):
        return True
    return (aor, fips) in gaz.reach


def choose(gaz: Gazetteer, names: list[Named], context: Context) -> Pick:
    """Choose among counties that bear a name.

    A stated state binds. Else the counties inside the area of responsibility are looked at; outside it a
    name is believed only if no other county has it. Namesakes left over are told apart by the style of the
    text, where other texts of the same style name counties of one state; else they are abstained from,
    unless one of them outweighs the others (DOMINANT).
    """
    known = _best(names)
    if context.states:
        stated = [n for n in known if gaz.counties[n.fips].state in context.states]
        if not stated:
            return Pick(None, "not in the state named", 0.0, _labels(gaz, known))
        within = [n for n in stated if context.aor is None or in_area(gaz, n.fips, context.aor)]
        if within:
            return _one(gaz, within, "state named", 1.0, None)
        return _one(gaz, stated, "state named, but outside the area of responsibility", STATED_OUTSIDE, None)
    if context.aor and context.aor != "HQ":
        within = [n for n in known if in_area(gaz, n.fips, context.aor)]
        if within:
            return _one(gaz, within, "only one in the area of responsibility", 1.0, context.style)
        return _one(gaz, known, "outside the area of responsibility", OUTSIDE, None)
    return _one(gaz, known, "only one in the country", 0.95, None)


def _best(names: list[Named]) -> list[Named]:
    if len(names) == 1:
        return names
    best: dict[str, Named] = {}
    for name in names:
        if name.fips not in best or best[name.fips].weight < name.weight:
            best[name.fips] = name
    return list(best.values())


def _one(gaz: Gazetteer, names: list[Named], how: str, factor: float, style: dict[str, float] | None) -> Pick:
    if len(names) == 1:
        return Pick(names[0].fips, how, factor)
    weights = [n.weight for n in names]
    if max(weights) >= OVERWHELMING * sum(weights):
        style = None
    if style is not None and sum(style.values()) >= STYLE_LEAST:
        seen = sum(style.values()) + STYLE_FLOOR * len(names)
        weights = [
            n.weight ** STYLE_POWER.get(n.source, 0.85)
            * (style.get(gaz.counties[n.fips].state, 0.0) + STYLE_FLOOR)
            / seen
            for n in names
        ]
        how = how.replace("only one in", "likeliest by the style of the text in")
    share, top = max(
        ((w / sum(weights), n) for w, n in zip(weights, names, strict=True)), key=lambda p: (p[0], p[1].fips)
    )
    labels = _labels(gaz, names)
    if share >= DOMINANT:
        return Pick(top.fips, how.replace("only one in", "largest namesake in"), factor * share, labels)
    return Pick(None, "several of that name", 0.0, labels)


def _labels(gaz: Gazetteer, names: list[Named]) -> tuple[str, ...]:
    ranked = sorted(names, key=lambda n: (-n.weight, n.fips))
    return tuple(gaz.counties[n.fips].place_name for n in ranked[:6])
