"""One check for each kind of claim: the value from a source compared with what the claim says."""

from __future__ import annotations

from typing import Any

from atlarge.claims.expectations import Expected, expected
from atlarge.claims.figures import plain
from atlarge.claims.outcomes import CONTRADICTED, SUPPORTED, Outcome, Query, evidence_of
from atlarge.claims.quantities import Quantity, quantity, side
from atlarge.claims.ranks import rank
from atlarge.claims.sources import Gap, Source


def run(
    test: dict[str, Any], source: Source, place_kind: str | None, others: tuple[Source, ...] = ()
) -> Outcome | Gap:
    """Run the check of a test's kind against one source."""
    query = Query(test, side(test), expected(test.get("expected")), source, place_kind, others)
    return _CHECKS[test["kind"]](query)


def _judged(
    kind: str,
    expected: Expected,
    value: float,
    unit: str,
    sides: tuple[Quantity, ...],
    margin: float | None = None,
    notes: list[str] | None = None,
) -> Outcome:
    """The outcome for a value of the sides of a claim: verdicts by each reading and at the margins."""
    bands = expected.bands(kind)

    def verdict(at: float, reading: str = "standard") -> str:
        return SUPPORTED if bands[reading].holds(at) else CONTRADICTED

    rows = [
        {"reading": name, **band.to_dict(), "verdict": verdict(value, name)} for name, band in bands.items()
    ]
    for word, at in (("less", value - margin), ("plus", value + margin)) if margin else ():
        name = f"value {word} its margin of error"
        rows.append({"reading": name, "value": plain(round(at, 6)), "verdict": verdict(at)})
    return Outcome(
        verdict(value),
        plain(round(value, 6)),
        expected.stated,
        unit,
        [e for k, side in enumerate(sides) for e in evidence_of(side, "compared" if k else "counted")],
        bands["standard"].to_dict(),
        rows,
        notes or [],
        figures=tuple(figure for side in sides for figure in side.figures),
    )


def _count(query: Query) -> Outcome | Gap:
    """A number of things."""
    expected, found = query.expected, query.found()
    if isinstance(found, Gap):
        return found
    divisor = expected.scale * (found.days if expected.unit == "per_day" else 1)
    value = found.value / divisor
    margin = None if found.margin is None else found.margin / divisor
    return _judged("count", expected, value, expected.unit or found.parts[0].unit, (found,), margin)


def _share(query: Query) -> Outcome | Gap:
    """A part of a whole, in percent unless the claim states it as a share of 1."""
    wanted, expected, found = query.wanted, query.expected, query.found()
    if isinstance(found, Gap):
        return found
    if wanted.of is None and found.parts[0].unit != "percent":
        return Gap(f"say of what: {wanted.measure} is a count, and a share needs `of`")
    percent = found.value if wanted.of is None else 100 * found.value
    margin = None if found.margin is None else found.margin * (1 if wanted.of is None else 100)
    by = 0.01 if expected.unit == "share" else 1.0
    if by != 1.0 and expected.value is None:  # words such as "most" are read in percent
        by = 1.0
    unit = "share" if by != 1.0 else "percent"
    notes = []
    if any(p.source != w.source and p.party != w.party for p in found.parts for w in found.whole):
        notes.append("The part and the whole are from different sources.")
    margin = None if margin is None else margin * by
    return _judged("share", expected, percent * by, unit, (found,), margin, notes)


def _comparison(query: Query) -> Outcome | Gap:
    """One side against another: ratio, percent change or difference."""
    if "against" not in query.test:
        return Gap("say against what: a comparison needs `against`")
    wanted, source, others = query.wanted, query.source, query.others
    against = side(query.test["against"], wanted)
    first = query.found()
    if isinstance(first, Gap):
        return first
    second = quantity(source, against, query.kind, others)
    if isinstance(second, Gap) and against.places != wanted.places:
        second = quantity(source, against, None, others)  # a place of another kind
    if isinstance(second, Gap):
        for other in others:
            tried = quantity(other, against, query.kind)
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
    return _compared(query.expected, a, b, first, second, notes, wanted.of is not None)


def _compared(
    expected: Expected,
    a: float,
    b: float,
    first: Quantity,
    second: Quantity,
    notes: list[str],
    is_share: bool,
) -> Outcome | Gap:
    """Judge two values against each other."""
    heading = expected.heading("comparison")
    down = heading == "down"
    is_number = expected.value is not None or expected.low is not None or expected.high is not None
    unit = expected.unit or ("percent_change" if not is_number or heading else "times")
    if unit in ("times", "share", "percent_change", "percent") and b == 0:
        return Gap("the other side is 0, so there is no ratio")
    if unit == "times":
        value = b / a if down and a else a / b
    elif unit in ("difference", "percentage_points", "per_day"):
        value = (a - b) * (100 if unit == "percentage_points" and is_share else 1)
        value = -value if down else value
    elif unit in ("percent_change", "percent"):
        value = 100 * (a / b - 1) * (-1 if down else 1)
    else:
        value = (a - b) * (-1 if down else 1) / expected.scale
        unit = "difference" if unit in ("count", "people", "arrests", "detainers", "inmates") else unit
    if down:
        notes.append("The value is the size of the fall.")
    shown = [f"{100 * v:.3g} percent" if is_share else f"{v:,.6g}" for v in (a, b)]
    notes.append(f"{shown[0]} against {shown[1]}.")
    return _judged("comparison", expected, value, unit, (first, second), notes=notes)


def _timing(query: Query) -> Outcome | Gap:
    """Before and after, or the period in which a measure was highest, lowest, first or last above zero."""
    wanted, source = query.wanted, query.source
    event = query.test.get("event")
    if event is None:
        if "against" not in query.test:
            return Gap("say against which period: a timing claim needs `against` or `event`")
        return _comparison(query)
    if len(wanted.places) != 1:
        return Gap("an event is looked for at one place")
    every = query.test.get("every", "month")
    found = source.series(wanted.measure, wanted.places[0], wanted.kind or query.kind, wanted.when, every)
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
    claimed = query.expected.date
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


_CHECKS = {"count": _count, "share": _share, "rank": rank, "comparison": _comparison, "timing": _timing}
