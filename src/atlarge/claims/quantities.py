"""A measure at one or more places in a period, whole or as a share of something."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from atlarge.claims.figures import Figure
from atlarge.claims.records import PanelSource
from atlarge.claims.sources import Amount, Gap, Source
from atlarge.periods import Period, parse_period


@dataclass(frozen=True)
class Side:
    """One side of a claim: what is counted, where and when."""

    measure: str
    places: tuple[str, ...]
    kind: str | None
    top: int | None
    when: Period | None
    of: Side | None = None
    given: float | None = None

    @property
    def label(self) -> str:
        """The side in a few words, for a gap or a note."""
        where = ", ".join(self.places) if self.places else f"all {self.kind} places"
        return f"{self.measure} at {where}" + (f" in {self.when}" if self.when else "")


@dataclass(frozen=True)
class Quantity:
    """The value of a side and the figures behind it."""

    value: float
    parts: tuple[Figure, ...]
    whole: tuple[Figure, ...]
    days: int
    is_additive: bool
    margin: float | None
    places: int

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure behind the value."""
        return (*self.parts, *self.whole)


def _where(written: Any) -> tuple[tuple[str, ...], str | None, int | None]:
    """Places, kind and top of a `where`."""
    if written is None:
        return (), None, None
    if isinstance(written, dict):
        places = written.get("places", [])
        named = places if isinstance(places, list) else [places]
        return tuple(_name(p) for p in named), written.get("kind"), written.get("top")
    if isinstance(written, list):
        return tuple(_name(p) for p in written), None, None
    return (_name(written),), None, None


def _name(place: Any) -> str:
    """A place as text; a FIPS code written as a number keeps its leading zero."""
    return f"{place:05d}" if isinstance(place, int) else str(place)


def side(written: dict[str, Any], base: Side | None = None) -> Side:
    """Read a side of a claim; what it leaves out is as in `base`."""
    places, kind, top = _where(written.get("where"))
    if "where" not in written and base is not None:
        places, kind, top = base.places, base.kind, base.top
    when = parse_period(written["when"]) if "when" in written else base.when if base else None
    measure = str(written.get("measure", base.measure if base else ""))
    here = Side(measure, places, kind, top, when, given=written.get("value"))
    if "of" in written:
        return replace(here, of=side(written["of"], here))
    if base is None or base.of is None:
        return here
    # The same denominator at the other place or time; what else `of` says is kept.
    of = replace(base.of, of=None)
    if of.places == base.places:
        of = replace(of, places=places, kind=kind, top=top)
    if of.when == base.when:
        of = replace(of, when=when)
    return replace(here, of=of)


def _chosen(source: Source, wanted: Side, kind: str | None) -> list[str] | Gap:
    """The places of a side, found by the source where they are not named."""
    if wanted.top is None and wanted.places:
        return list(wanted.places)
    of_kind = wanted.kind or kind
    if of_kind is None:
        return Gap(f"say where, or of which kind: {wanted.measure} is requested without a place")
    pool = list(wanted.places) or source.all_places(wanted.measure, of_kind, wanted.when)
    if not pool:
        return Gap(
            f"{source.name} gives no {of_kind} figures of {wanted.measure} in {wanted.when or 'any period'}"
        )
    if wanted.top is None:
        return pool
    if len(pool) < wanted.top:
        return Gap(f"{source.name} gives {len(pool)} {of_kind} figures of {wanted.measure}, not {wanted.top}")
    if isinstance(source, PanelSource) and not wanted.places:
        return pool[: wanted.top]  # already in order of size
    sized = []
    for place in pool:
        amount = source.amount(wanted.measure, place, of_kind, wanted.when)
        if isinstance(amount, Amount):
            sized.append((-amount.value, place))
    return [place for _, place in sorted(sized)[: wanted.top]]


def quantity(
    source: Source, wanted: Side, kind: str | None, others: tuple[Source, ...] = ()
) -> Quantity | Gap:
    """Add a measure up over the places of a side, and divide by its whole where it has one.

    `others` are used for the whole when the source itself has none. A value that is a share is a fraction.
    """
    if wanted.given is not None:
        return Quantity(wanted.given, (), (), wanted.when.days if wanted.when else 0, False, None, 0)
    level = wanted.kind or kind
    if isinstance(source, PanelSource) and not wanted.places and wanted.top is None and level is not None:
        everywhere = source.whole(wanted.measure, level, wanted.when)
        return (
            everywhere if isinstance(everywhere, Gap) else _summed(source, wanted, kind, others, [everywhere])
        )
    places = _chosen(source, wanted, kind)
    if isinstance(places, Gap):
        return places
    amounts = []
    for place in places:
        amount = source.amount(wanted.measure, place, level, wanted.when)
        if isinstance(amount, Gap):
            return amount
        amounts.append(amount)
    return _summed(source, wanted, kind, others, amounts)


def _summed(
    source: Source, wanted: Side, kind: str | None, others: tuple[Source, ...], amounts: list[Amount]
) -> Quantity | Gap:
    """The sum of amounts, over the whole of a share where there is one."""
    parts = tuple(figure for amount in amounts for figure in amount.figures)
    total = sum(amount.value for amount in amounts)
    margins = [amount.margin for amount in amounts]
    days = max((amount.days for amount in amounts), default=0)
    additive = all(amount.is_additive for amount in amounts)
    margin = (
        None if any(m is None for m in margins) else math.sqrt(sum(m * m for m in margins if m is not None))
    )
    if wanted.of is None:
        return Quantity(total, parts, (), days, additive, margin, len(amounts))
    whole = _whole(source, wanted.of, kind, others)
    if isinstance(whole, Gap):
        return whole
    if whole.value == 0:
        return Gap(f"the whole is 0: {wanted.of.label}")
    share_margin = None if margin is None else margin / whole.value
    return Quantity(total / whole.value, parts, whole.parts, days, False, share_margin, len(amounts))


def _whole(source: Source, of: Side, kind: str | None, others: tuple[Source, ...]) -> Quantity | Gap:
    """The whole of a share: from the same source if it has one, else from another of record."""
    first: Gap | None = None
    for keeper in (source, *(o for o in others if o is not source)):
        for of_kind in dict.fromkeys((of.kind or kind, "nation", None)):
            total = quantity(keeper, of, of_kind)
            if isinstance(total, Quantity):
                return total
            first = first or total
    return first or Gap(f"no source gives {of.label}")
