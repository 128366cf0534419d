"""One check a kind of claim: the value that a source gives, against what the claim says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from atlarge.claims.expectations import Expected, expected
from atlarge.claims.figures import Figure, plain
from atlarge.claims.quantities import Quantity, Side, quantity, side
from atlarge.claims.records import PanelSource
from atlarge.claims.sources import Amount, Gap, Source
from atlarge.claims.words import Band

SUPPORTED, CONTRADICTED = "supported", "contradicted"
DISPUTED, DEPENDS, NOT_TESTABLE = "disputed", "depends", "not testable"


@dataclass(frozen=True)
class Outcome:
    """What one source says of a claim under one reading of its places."""

    verdict: str
    value: Any
    expected: Any
    unit: str
    evidence: list[dict[str, Any]]
    band: dict[str, Any] | None = None
    sensitivity: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""
    is_of_record: bool = True
    place_kind: str | None = None
    figures: tuple[Figure, ...] = ()


def run(
    test: dict[str, Any], source: Source, place_kind: str | None, others: tuple[Source, ...] = ()
) -> Outcome | Gap:
    """Run the check of a test's kind against one source."""
    wanted = side(test)
    says = expected(test.get("expected"))
    check = {
        "count": _count,
        "share": _share,
        "rank": _rank,
        "comparison": _comparison,
        "timing": _timing,
    }[test["kind"]]
    return check(test, wanted, says, source, place_kind, others)


def _judge(
    kind: str, says: Expected, value: float, margin: float | None = None, stated: float | None = None
) -> tuple[str, Band, list[dict[str, Any]]]:
    """Verdict, band and sensitivity of a value."""
    bands = says.bands(kind, stated)
    verdict = SUPPORTED if bands["standard"].holds(value) else CONTRADICTED
    rows = []
    for reading, allowed in bands.items():
        told = SUPPORTED if allowed.holds(value) else CONTRADICTED
        rows.append({"reading": reading, **allowed.to_dict(), "verdict": told})
    if margin:
        for name, end in (
            ("value less its margin of error", -margin),
            ("value plus its margin of error", margin),
        ):
            told = SUPPORTED if bands["standard"].holds(value + end) else CONTRADICTED
            rows.append({"reading": name, "value": plain(round(value + end, 6)), "verdict": told})
    return verdict, bands["standard"], rows


def _evidence(found: Quantity, role: str = "counted") -> list[dict[str, Any]]:
    """Evidence entries of a quantity, the whole of a share marked as such."""
    whole = "whole" if role == "counted" else f"{role} whole"
    return [f.to_dict(role) for f in found.parts] + [f.to_dict(whole) for f in found.whole]


def _outcome(
    verdict: str,
    value: float,
    says: Expected,
    unit: str,
    allowed: Band,
    rows: list[dict[str, Any]],
    evidence: list[dict[str, Any]],
    figures: tuple[Figure, ...],
    notes: list[str] | None = None,
) -> Outcome:
    rounded = plain(round(value, 6))
    return Outcome(
        verdict, rounded, says.stated, unit, evidence, allowed.to_dict(), rows, notes or [], figures=figures
    )


def _count(
    test: dict[str, Any],
    wanted: Side,
    says: Expected,
    source: Source,
    kind: str | None,
    others: tuple[Source, ...],
) -> Outcome | Gap:
    """A number of things."""
    found = quantity(source, wanted, kind, others)
    if isinstance(found, Gap):
        return found
    divisor = says.scale * (found.days if says.unit == "per_day" else 1)
    value = found.value / divisor
    margin = None if found.margin is None else found.margin / divisor
    verdict, allowed, rows = _judge("count", says, value, margin)
    unit = says.unit or found.parts[0].unit
    return _outcome(verdict, value, says, unit, allowed, rows, _evidence(found), found.figures)


def _share(
    test: dict[str, Any],
    wanted: Side,
    says: Expected,
    source: Source,
    kind: str | None,
    others: tuple[Source, ...],
) -> Outcome | Gap:
    """A part of a whole, in percent unless the claim states it as a share of 1."""
    found = quantity(source, wanted, kind, others)
    if isinstance(found, Gap):
        return found
    if wanted.of is None and found.parts[0].unit != "percent":
        return Gap(f"say of what: {wanted.measure} is a count, and a share needs `of`")
    percent = found.value if wanted.of is None else 100 * found.value
    margin = None if found.margin is None else found.margin * (1 if wanted.of is None else 100)
    by = 0.01 if says.unit == "share" else 1.0
    if by != 1.0 and says.value is None:  # words such as "most" are read in percent
        by = 1.0
    verdict, allowed, rows = _judge("share", says, percent * by, None if margin is None else margin * by)
    unit = "share" if by != 1.0 else "percent"
    notes = []
    if any(p.source != w.source and p.party != w.party for p in found.parts for w in found.whole):
        notes.append("The part and the whole are from different sources.")
    return _outcome(verdict, percent * by, says, unit, allowed, rows, _evidence(found), found.figures, notes)


def _pool(
    test: dict[str, Any], wanted: Side, source: Source, kind: str | None
) -> tuple[list[str], str | None]:
    """The places that a rank is among, and their kind."""
    if "among" in test:
        among = side({"where": test["among"]})
        if among.places:
            return list(among.places), among.kind or kind
        kind = among.kind or kind
    if kind is None or kind == "nation":
        kinds = [k for k in source.kinds(wanted.measure, list(wanted.places)) if k != "nation"]
        kind = kinds[0] if kinds else kind
    return (source.all_places(wanted.measure, kind, wanted.when) if kind else []), kind


def _rank(
    test: dict[str, Any],
    wanted: Side,
    says: Expected,
    source: Source,
    kind: str | None,
    others: tuple[Source, ...],
) -> Outcome | Gap:
    """The rank of one place, or the lowest rank of several, among all of their kind."""
    if not wanted.places:
        return Gap("say where: a rank needs the place or places that are ranked")
    if isinstance(source, PanelSource) and wanted.of is not None and wanted.of.places != wanted.places:
        wanted = replace(wanted, of=None)  # one whole for all places does not change their order
    pool, kind = _pool(test, wanted, source, kind)
    ranked = _values(wanted, source, kind, pool, others)
    if isinstance(ranked, Gap):
        return ranked
    values, found = ranked
    own = [quantity(source, _at(wanted, place), kind, others) for place in wanted.places]
    for one in own:
        if isinstance(one, Gap):
            return one
    held = [one for one in own if isinstance(one, Quantity)]
    if len(values) < 2:
        return Gap(f"{source.name} gives {wanted.measure} for {len(values)} place, and a rank needs others")
    sign = 1 if says.order() == "descending" else -1
    ranks = [1 + sum(1 for v in values if sign * v > sign * one.value + 1e-9) for one in held]
    value = max(ranks)
    stated = says.value if says.value is not None else float(len(held))
    is_range = len(held) > 1 or says.is_range_of_ranks
    allowed = Band(1 if is_range else stated, stated)
    verdict = SUPPORTED if allowed.holds(value) else CONTRADICTED
    notes = [f"Rank among {len(values)} places with a figure."]
    certain = _certain(wanted, source, values, held, verdict, sign)
    notes += [certain] if certain else []
    rows = [{"reading": "standard", **allowed.to_dict(), "verdict": verdict}]
    rows += [{"reading": f"rank of {p}", "value": r} for p, r in zip(wanted.places, ranks, strict=True)]
    evidence = [entry for one in held for entry in _evidence(one)]
    evidence += [f.to_dict("compared") for f in found if f not in {g for one in held for g in one.figures}][
        :25
    ]
    figures = tuple(f for one in held for f in one.figures)
    return Outcome(
        verdict, value, plain(stated), "rank", evidence, allowed.to_dict(), rows, notes, figures=figures
    )


def _at(wanted: Side, place: str) -> Side:
    """The same side at one place, its whole at that place too unless it is fixed elsewhere."""
    of = wanted.of
    if of is not None and of.places == wanted.places:
        of = Side(of.measure, (place,), of.kind, None, of.when, None, of.given)
    return Side(wanted.measure, (place,), wanted.kind, None, wanted.when, of)


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


def _certain(
    wanted: Side, source: Source, values: list[float], held: list[Quantity], verdict: str, sign: int
) -> str | None:
    """Whether places without a figure could change a first rank, told from the national figure."""
    if isinstance(source, PanelSource) or wanted.of is not None or sign < 0 or verdict != SUPPORTED:
        return None
    if all(f.is_of_the_largest for one in held for f in one.parts):
        return "The source lists the largest places, so those without a figure are smaller."
    whole = quantity(source, Side(wanted.measure, ("United States",), None, None, wanted.when), "nation")
    if isinstance(whole, Gap):
        return None
    left = whole.value - sum(values)
    if left < min(one.value for one in held):
        return (
            f"Places without a figure share {max(left, 0):g} between them, so none of them can rank higher."
        )
    return f"Places without a figure share {left:g} between them, so one of them could rank higher."


def _comparison(
    test: dict[str, Any],
    wanted: Side,
    says: Expected,
    source: Source,
    kind: str | None,
    others: tuple[Source, ...],
) -> Outcome | Gap:
    """One side against another: ratio, percent change or difference."""
    if "against" not in test:
        return Gap("say against what: a comparison needs `against`")
    against = side(test["against"], wanted)
    first = quantity(source, wanted, kind, others)
    if isinstance(first, Gap):
        return first
    second = quantity(source, against, kind, others)
    if isinstance(second, Gap) and against.places != wanted.places:
        second = quantity(source, against, None, others)  # a place of another kind
    if isinstance(second, Gap):
        for other in others:
            tried = quantity(other, against, kind)
            if isinstance(tried, Quantity):
                second = tried
                break
        else:
            return second
    a, b, notes = first.value, second.value, []
    uneven = (
        first.is_additive and second.is_additive and first.days != second.days and first.days and second.days
    )
    if uneven and abs(first.days - second.days) > 0.02 * max(first.days, second.days):
        a, b = a / first.days, b / second.days
        notes.append(f"Compared a day, since the periods have {first.days} and {second.days} days.")
    return _compared(says, a, b, first, second, notes, wanted.of is not None)


def _compared(
    says: Expected, a: float, b: float, first: Quantity, second: Quantity, notes: list[str], is_share: bool
) -> Outcome | Gap:
    """Judge two values against each other."""
    heading = says.heading("comparison")
    down = heading == "down"
    is_number = says.value is not None or says.low is not None or says.high is not None
    unit = says.unit or ("percent_change" if not is_number or heading else "times")
    if unit in ("times", "share", "percent_change", "percent") and b == 0:
        return Gap("the other side is 0, so a ratio cannot be told")
    if unit == "times":
        value = b / a if down and a else a / b
    elif unit in ("difference", "percentage_points", "per_day"):
        value = (a - b) * (100 if unit == "percentage_points" and is_share else 1)
        value = -value if down else value
    elif unit in ("percent_change", "percent"):
        value = 100 * (a / b - 1) * (-1 if down else 1)
    else:
        value = (a - b) * (-1 if down else 1) / says.scale
        unit = "difference" if unit in ("count", "people", "arrests", "detainers", "inmates") else unit
    verdict, allowed, rows = _judge("comparison", says, value)
    evidence = _evidence(first) + _evidence(second, "compared")
    if down:
        notes.append("The value is the size of the fall.")
    figures = (*first.figures, *second.figures)
    shown = [f"{100 * v:.3g} percent" if is_share else f"{v:,.6g}" for v in (a, b)]
    notes.append(f"{shown[0]} against {shown[1]}.")
    return _outcome(verdict, value, says, unit, allowed, rows, evidence, figures, notes)


def _timing(
    test: dict[str, Any],
    wanted: Side,
    says: Expected,
    source: Source,
    kind: str | None,
    others: tuple[Source, ...],
) -> Outcome | Gap:
    """Before and after, or the period in which a measure was highest, lowest, first or last above zero."""
    event = test.get("event")
    if event is None:
        if "against" not in test:
            return Gap("say against which period: a timing claim needs `against` or `event`")
        return _comparison(test, wanted, says, source, kind, others)
    if len(wanted.places) != 1:
        return Gap("an event is looked for at one place")
    found = source.series(
        wanted.measure, wanted.places[0], wanted.kind or kind, wanted.when, test.get("every", "month")
    )
    if isinstance(found, Gap):
        return found
    if len(found) < 2:
        return Gap(f"{source.name} gives one period of {wanted.measure}, and an event needs several")
    some = [f for f in found if f.value]
    if event in ("first", "last") and not some:
        return Gap(f"{wanted.measure} is 0 throughout {wanted.when}")
    pick = {
        "peak": lambda: max(found, key=lambda f: (f.value or 0, -f.period.start.toordinal())),
        "trough": lambda: min(found, key=lambda f: (f.value or 0, f.period.start.toordinal())),
        "first": lambda: some[0],
        "last": lambda: some[-1],
    }[event]()
    claimed = says.date
    if claimed is None:
        return Gap("say the date claimed: `expected: {date: 2017-02}`")
    verdict = SUPPORTED if claimed.overlaps(pick.period) else CONTRADICTED
    near = sorted(found, key=lambda f: -(f.value or 0))[:3] if event == "peak" else []
    rows = [{"reading": f"{event} by period", "value": str(pick.period), "verdict": verdict}]
    evidence = [pick.to_dict()] + [f.to_dict("compared") for f in near if f is not pick]
    return Outcome(
        verdict,
        pick.period.start.isoformat(),
        str(claimed),
        "date",
        evidence,
        None,
        rows,
        [],
        figures=(pick,),
    )
