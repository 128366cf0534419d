"""Ranks: printed ones where a source prints them, else counted, with what an incomplete list leaves open."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from atlarge.claims.figures import Figure, plain
from atlarge.claims.outcomes import CONTRADICTED, SUPPORTED, Outcome, Query, evidence_of
from atlarge.claims.quantities import Quantity, Side, quantity, side
from atlarge.claims.records import PanelSource
from atlarge.claims.sources import Amount, Gap, PartySource, Source
from atlarge.claims.words import Band

_SHOWN = 25  # places ranked against, in the evidence


def rank(query: Query) -> Outcome | Gap:
    """The rank of one place, or the lowest rank of several, among all of their kind.

    A rank that the source itself prints is taken as it is. A counted one is the least it can be when the list
    is not whole; where places without a figure leave the verdict open, the answer is a gap.
    """
    wanted, expected, source = query.wanted, query.expected, query.source
    if not wanted.places:
        return Gap("say where: a rank needs the place or places that are ranked")
    if isinstance(source, PanelSource) and wanted.of is not None and wanted.of.places != wanted.places:
        wanted = replace(wanted, of=None)  # a denominator common to all places does not change their order
        query = replace(query, wanted=wanted)
    stated = expected.value if expected.value is not None else float(len(wanted.places))
    is_range = len(wanted.places) > 1 or expected.is_range_of_ranks
    allowed = Band(1 if is_range else stated, stated)
    printed = _printed(query)
    if printed is not None:
        ranks = [figure.rank or 0 for figure in printed]
        notes = ["As the source itself ranks them."]
        return _ranked_outcome(
            wanted, ranks, allowed, stated, notes, [f.to_dict() for f in printed], tuple(printed)
        )
    return _counted(query, allowed, stated)


def _printed(query: Query) -> list[Figure] | None:
    """The figures of the places, if the source prints a rank from the top for every one."""
    wanted, source = query.wanted, query.source
    if not isinstance(source, PartySource) or query.expected.order() != "descending":
        return None
    if "among" in query.test or wanted.of is not None:
        return None
    found = [
        source.printed(wanted.measure, place, wanted.kind or query.kind, wanted.when)
        for place in wanted.places
    ]
    return None if any(f is None for f in found) else [f for f in found if f is not None]


def _counted(query: Query, allowed: Band, stated: float) -> Outcome | Gap:
    """The rank by counting the places above."""
    wanted, source, others = query.wanted, query.source, query.others
    pool, kind = _pool(query)
    ranked = _values(wanted, source, kind, pool, others)
    if isinstance(ranked, Gap):
        return ranked
    values, found = ranked
    quantities: list[Quantity] = []
    for place in wanted.places:
        one = quantity(source, _at(wanted, place), kind, others)
        if isinstance(one, Gap):
            return one
        quantities.append(one)
    if len(values) < 2:
        return Gap(f"{source.name} gives {wanted.measure} for {len(values)} place, and a rank needs others")
    sign = 1 if query.expected.order() == "descending" else -1
    ranks = [1 + sum(1 for v in values if sign * v > sign * one.value + 1e-9) for one in quantities]
    notes = [f"Rank among {len(values)} places with a figure."]
    higher, note = _unlisted(wanted, source, values, quantities, sign)
    notes += [note] if note else []
    value = max(ranks)
    if not allowed.holds(value) and any(allowed.holds(value + more) for more in range(1, higher + 1)):
        most = value + higher
        return Gap(f"{wanted.measure} is known for {len(values)} places only: the rank is {value} to {most}")
    evidence = [entry for one in quantities for entry in evidence_of(one)]
    own = {figure for one in quantities for figure in one.figures}
    evidence += [f.to_dict("compared") for f in found if f not in own][:_SHOWN]
    return _ranked_outcome(
        wanted, ranks, allowed, stated, notes, evidence, tuple(f for one in quantities for f in one.figures)
    )


def _ranked_outcome(
    wanted: Side,
    ranks: list[int],
    allowed: Band,
    stated: float,
    notes: list[str],
    evidence: list[dict[str, Any]],
    figures: tuple[Figure, ...],
) -> Outcome:
    """The outcome of ranks."""
    value = max(ranks)
    verdict = SUPPORTED if allowed.holds(value) else CONTRADICTED
    rows: list[dict[str, Any]] = [{"reading": "standard", **allowed.to_dict(), "verdict": verdict}]
    rows += [{"reading": f"rank of {p}", "value": r} for p, r in zip(wanted.places, ranks, strict=True)]
    return Outcome(
        verdict, value, plain(stated), "rank", evidence, allowed.to_dict(), rows, notes, figures=figures
    )


def _unlisted(
    wanted: Side, source: Source, values: list[float], listed: list[Quantity], sign: int
) -> tuple[int, str | None]:
    """How many places without a figure could rank higher, by the national figure; and a note on it."""
    if isinstance(source, PanelSource) or wanted.of is not None or sign < 0:
        return 0, None
    if all(f.is_of_the_largest for one in listed for f in one.parts):
        return 0, "The source lists the largest places, so those without a figure are smaller."
    whole = quantity(source, Side(wanted.measure, ("United States",), None, None, wanted.when), "nation")
    if isinstance(whole, Gap):
        return 0, None
    left, least = max(whole.value - sum(values), 0), min(one.value for one in listed)
    shared = f"Places without a figure share {left:g} between them"
    if left <= least:
        return 0, f"{shared}, so none of them can rank higher."
    return math.floor(left / (least + 1)), f"{shared}, so one of them could rank higher."


def _pool(query: Query) -> tuple[list[str], str | None]:
    """The places that a rank is among, and their kind."""
    wanted, source, kind = query.wanted, query.source, query.kind
    if "among" in query.test:
        among = side({"where": query.test["among"]})
        if among.places:
            return list(among.places), among.kind or kind
        kind = among.kind or kind
    if kind is None or kind == "nation":
        kinds = [k for k in source.kinds(wanted.measure, list(wanted.places)) if k != "nation"]
        kind = kinds[0] if kinds else kind
    return (source.all_places(wanted.measure, kind, wanted.when) if kind else []), kind


def _at(wanted: Side, place: str) -> Side:
    """The same side at one place, its whole at that place too unless it is fixed elsewhere."""
    of = wanted.of
    if of is not None and of.places == wanted.places:
        of = replace(of, places=(place,), top=None, of=None)
    return replace(wanted, places=(place,), top=None, of=of, given=None)


def _values(
    wanted: Side, source: Source, kind: str | None, pool: list[str], others: tuple[Source, ...]
) -> tuple[list[float], list[Figure]] | Gap:
    """The values of all places of a rank."""
    if isinstance(source, PanelSource) and kind is not None and wanted.when is not None:
        return _panel_values(wanted, source, kind, pool, others)
    values: list[float] = []
    figures: list[Figure] = []
    for place in dict.fromkeys((*pool, *wanted.places)):
        one = quantity(source, _at(wanted, place), kind, others)
        if isinstance(one, Quantity) and not any(set(one.parts) & {f} for f in figures):
            values.append(one.value)
            figures += list(one.parts)
    if not values:
        return Gap(
            f"{source.name} gives no figures of {wanted.measure} to rank in {wanted.when or 'any period'}"
        )
    return values, figures


def _panel_values(
    wanted: Side, source: PanelSource, kind: str, pool: list[str], others: tuple[Source, ...]
) -> tuple[list[float], list[Figure]] | Gap:
    """The values of all places of a level, counted in one pass, and figures of the five largest."""
    ranked = dict(source.ranked(wanted.measure, kind, wanted.when))
    if not ranked:
        gap = quantity(source, _at(wanted, wanted.places[0]), kind, others)
        return gap if isinstance(gap, Gap) else Gap(f"the records give no {kind} counts of {wanted.measure}")
    if wanted.of is not None and wanted.of.places == wanted.places:
        whole = dict(source.ranked(wanted.of.measure, kind, wanted.of.when))
        ranked = {place: value / whole[place] for place, value in ranked.items() if whole.get(place)}
    codes = {source.find(place)[1] for place in pool} if len(pool) < len(ranked) else set(ranked)
    kept = {place: value for place, value in ranked.items() if place in codes}
    largest = sorted(kept, key=lambda place: (-kept[place], place))[:5]
    amounts = [source.amount(wanted.measure, place, kind, wanted.when) for place in largest]
    return list(kept.values()), [f for a in amounts if isinstance(a, Amount) for f in a.figures]
