"""Other evidence on the days of a burst, independent of the count itself.

Each line sets the burst's days against the place's own usual days before the policy was known. A line
"supports" an operation there, speaks "against" it (something wider happened), or is "neutral". No line
decides a verdict.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.explain.facts import Facts, key_between
from atlarge.explain.numbers import CountKey, Number, key_of
from atlarge.messages import Message, say
from atlarge.records.schemes import scheme as scheme_of

if TYPE_CHECKING:
    from atlarge.explain.study import Study

LEAST = 5
TWICE = 2.0
NEAR = (0.5, 2.0)
FEW_ELSEWHERE, MANY_ELSEWHERE = 0.25, 0.5
RETURN = "(?i)voluntary (?:return|departure)"


@dataclass(frozen=True)
class _Counts:
    """Arrests on the burst's days and on the usual days, by what a line needs."""

    frame: pl.DataFrame

    def of(self, when: str, *wanted: pl.Expr) -> float:
        """Sum of records of a time ("burst" or "usual") that meet all of some conditions."""
        return float(self.frame.filter(pl.col(when), *wanted)["n"].sum())

    def share(self, when: str, part: pl.Expr, *whole: pl.Expr) -> float | None:
        """Share of the records of a time that meet `part` as well; None where there are none."""
        total = self.of(when, *whole)
        return self.of(when, part, *whole) / total if total > 0 else None

    def behind(self, part: pl.Expr, *whole: pl.Expr) -> list[float]:
        """The counts that shares of both times give away: those that meet `part`, and the others."""
        found = []
        for when in ("burst", "usual"):
            seen = self.of(when, part, *whole)
            found += [seen, self.of(when, *whole) - seen]
        return found


HERE, MARKED, LARGE, AREA = pl.col("here"), pl.col("marked"), pl.col("large"), pl.col("area")


def corroborate(study: Study, facts: Facts) -> list[dict[str, Any]]:
    """Lines of evidence for a clear burst; empty if there is no clear burst or the store has no rows."""
    bursts = facts.bursts
    if bursts is None or bursts.verdict != "fits" or bursts.start is None or bursts.end is None:
        return []
    counts = _counted(study, facts, bursts.start, bursts.end)
    keys = (key_between(facts, bursts.start, bursts.end),)
    lines = [
        _marked(counts, keys),
        _marked_within(counts, keys, "aor") if facts.where.aor else None,
        _marked_within(counts, keys, "nation"),
        _others(bursts.elsewhere, bursts.places),
        _methods(counts, keys, facts, (bursts.end - bursts.start).days + 1),
        _returns(counts, keys),
        _encounters(study, facts, bursts.start, bursts.end),
    ]
    return [line for line in lines if line is not None]


def _counted(study: Study, facts: Facts, start: dt.date, end: dt.date) -> _Counts:
    where = study.where
    here = where.rows()
    if where.county is None and where.own.level in ("aor", "state"):
        here = pl.col(where.own.level) == where.own.code
    first, last = facts.months.bounds(facts.months.pre)
    scanned = study.store.scan("arrests")
    names = scanned.collect_schema().names()
    lacking = [pl.lit(None).alias(n) for n in ("operation_mark", "disposition") if n not in names]
    frame = (
        scanned.with_columns(lacking)
        .filter(pl.col("date").is_between(start, end) | pl.col("date").is_between(first, last))
        .group_by(
            pl.col("date").is_between(start, end).alias("burst"),
            pl.col("date").is_between(first, last).alias("usual"),
            here.fill_null(False).alias("here"),
            (pl.col("aor") == (where.aor.code if where.aor else "")).fill_null(False).alias("area"),
            pl.col("operation_mark").cast(pl.Boolean).alias("mark"),
            pl.col("method")
            .is_in(scheme_of(facts.scheme).methods("at_large"))
            .fill_null(False)
            .alias("large"),
            pl.col("disposition").cast(pl.String).str.contains(RETURN).alias("returned"),
        )
        .agg(pl.col("n").sum())
        .with_columns(pl.col("mark").fill_null(False).alias("marked"))
        .collect()
    )
    return _Counts(frame)


def _line(
    name: str, says: Message, points: str, value: float | None, usual: float | None, counts: list[float]
) -> dict[str, Any]:
    """A line; `counts` are those that it gives away: a page leaves it out where one of them is small."""
    return {
        "id": name,
        "says": says,
        "points": points,
        "value": None if value is None else round(value, 4),
        "usual": None if usual is None else round(usual, 4),
        "counts": counts,
    }


def _points(share: float, usual: float, seen: float) -> str:
    return "supports" if seen >= LEAST and share >= TWICE * usual else "neutral"


def _percent(share: float, keys: tuple[CountKey, ...]) -> Number:
    return Number(share, "share", keys, 1 if 0 < share < 0.095 else 0)


def _marked(counts: _Counts, keys: tuple[CountKey, ...]) -> dict[str, Any] | None:
    share, usual = (counts.share(when, MARKED, HERE, LARGE) for when in ("burst", "usual"))
    if share is None or usual is None or counts.of("usual", pl.col("mark").is_not_null()) == 0:
        return None
    seen = counts.of("burst", MARKED, HERE, LARGE)
    says = say("corroboration.marked", share=_percent(share, keys), usual=_percent(usual, ()))
    behind = counts.behind(MARKED, HERE, LARGE)
    return _line("marked", says, _points(share, usual, seen), share, usual, behind)


def _marked_within(counts: _Counts, keys: tuple[CountKey, ...], level: str) -> dict[str, Any] | None:
    inside = [MARKED] + ([AREA | HERE] if level == "aor" else [])
    share, usual = (counts.share(when, HERE, *inside) for when in ("burst", "usual"))
    if share is None or usual is None:
        return None
    seen, total = counts.of("burst", HERE, *inside), counts.of("burst", *inside)
    more: dict[str, Any] = {}
    if level == "aor":
        more = {"n": Number(seen, "count", keys), "total": Number(total, "count", keys)}
    says = say(
        f"corroboration.marked_{level}", share=_percent(share, keys), usual=_percent(usual, ()), **more
    )
    behind = counts.behind(HERE, *inside)
    return _line(f"marked_{level}", says, _points(share, usual, seen), share, usual, behind)


def _others(elsewhere: int, places: int) -> dict[str, Any] | None:
    if places < LEAST:
        return None
    share = elsewhere / places
    points = "supports" if share < FEW_ELSEWHERE else "against" if share > MANY_ELSEWHERE else "neutral"
    says = say("corroboration.offices", n=elsewhere, total=places)
    return _line("offices", says, points, share, None, [])


def _methods(counts: _Counts, keys: tuple[CountKey, ...], facts: Facts, days: int) -> dict[str, Any] | None:
    first, last = facts.months.bounds(facts.months.pre)
    seen = counts.of("burst", HERE, ~LARGE)
    usual = counts.of("usual", HERE, ~LARGE)
    due = usual / ((last - first).days + 1) * days
    if due < 1:
        return None
    ratio = seen / due
    points = "supports" if NEAR[0] <= ratio <= NEAR[1] else "against" if ratio > NEAR[1] else "neutral"
    says = say("corroboration.methods", ratio=Number(ratio, "ratio", keys))
    return _line("methods", says, points, ratio, 1.0, [seen, usual])


def _returns(counts: _Counts, keys: tuple[CountKey, ...]) -> dict[str, Any] | None:
    returned = pl.col("returned").fill_null(False)
    known = pl.col("returned").is_not_null()
    share, usual = (counts.share(when, returned, HERE, LARGE, known) for when in ("burst", "usual"))
    if share is None or usual is None:
        return None
    seen = counts.of("burst", returned, HERE, LARGE)
    says = say("corroboration.returns", share=_percent(share, keys), usual=_percent(usual, ()))
    behind = counts.behind(returned, HERE, LARGE, known)
    return _line("returns", says, _points(share, usual, seen), share, usual, behind)


def _encounters(study: Study, facts: Facts, start: dt.date, end: dt.date) -> dict[str, Any] | None:
    """Encounters of the area of responsibility on those days, where the store has any."""
    aor = facts.where.aor
    if aor is None or "encounters" not in study.store.tables():
        return None
    first, last = facts.months.bounds(facts.months.pre)
    frame = study.store.scan("encounters").filter(pl.col("aor") == aor.code)
    sums = frame.select(
        *(
            pl.col("n").filter(pl.col("date").is_between(*days)).sum().alias(name)
            for name, days in (("burst", (start, end)), ("usual", (first, last)))
        )
    ).collect()
    seen, usual = float(sums["burst"][0]), float(sums["usual"][0])
    due = usual / ((last - first).days + 1) * ((end - start).days + 1)
    if due < 1:
        return None
    ratio = seen / due
    points = "supports" if NEAR[0] <= ratio <= NEAR[1] else "against" if ratio > NEAR[1] else "neutral"
    key = key_of(aor, "encounters", start, end, facts.scheme)
    says = say("corroboration.encounters", ratio=Number(ratio, "ratio", (key,)))
    return _line("encounters", says, points, ratio, 1.0, [seen])
