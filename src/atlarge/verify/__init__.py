"""Compare published figures with the same counts from the records.

A figure is counted by the measure and scheme that its publisher seems to use. Where it differs, other
definitions are computed too (areas as recorded, the agency's own at-large definition, other methods, wider
areas, other days, repeats, later completion), and the one that gives the published number is named. Where
none does that also serves the other figures of the publication, the figure is in a state of its own, "cannot
be told from these records", with what was tried, what it spans, what came nearest and what would decide it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.calendar import month_end
from atlarge.errors import PlaceError, QuestionError
from atlarge.messages import Message, render
from atlarge.panel import measures
from atlarge.places.find import place_name
from atlarge.records.store import Store, open_store
from atlarge.verify.candidate import EXCLUSION, Candidate
from atlarge.verify.candidates import REFUSALS, candidates, other_words, pace
from atlarge.verify.counting import (
    AS_RECORDED,
    RECOVERED,
    Counted,
    Counter,
    Query,
    agreements,
    canonical,
    counted,
    is_share,
    table_of,
    unauthorized,
)
from atlarge.verify.figure import AT_LEAST, AT_MOST, TOLERANCE, Figure, Spot
from atlarge.verify.figures import figures
from atlarge.verify.geography import NO_OTHER_COUNTY
from atlarge.verify.user_file import Unreadable, read_figures

EQUAL, WITHIN, DIFFERS, NOT_TESTABLE = "equal", "within tolerance", "differs", "not testable"
EXPLAINED, CANNOT_BE_TOLD = "explained", "cannot be told from these records"
STATES = (CANNOT_BE_TOLD, EXPLAINED, WITHIN, EQUAL, NOT_TESTABLE)
"""What is known of a figure, in the order of the list: a difference is explained or cannot be told."""
_MOST_OTHERS = 6
"""Figures of the same publication that an explanation is tried on."""
_MEANT = 1000
"""A figure this large is hardly met to the record by chance."""


@dataclass(frozen=True)
class Checked:
    """A published figure compared with the records.

    Attributes
    ----------
    published, ours
        The two numbers; `ours` is None where it cannot be counted, and `published`, `start` and `end` where
        the line of a user's file cannot be read.
    difference, difference_pct
        ours - published, and that as a percentage of the published figure.
    verdict
        "equal", "within tolerance", "differs" or "not testable".
    why
        What explains the difference, or why it cannot be tested.
    definition
        How `ours` was counted.
    counted_in
        The places that it was counted in, by name, level and code: what the text of `place` was read as.
    understood
        Whether the difference is explained by a definition that was computed, or by coverage; True for
        figures that agree.
    recorded, recovered
        For areas of responsibility: the count by the area that records name, and with those whose blank area
        is recovered from their landmark. None elsewhere.
    others
        Counts by other definitions, by name.
    candidates
        Every explanation that was computed, the nearest first: kind, label, value, low, high, difference_pct,
        reaches, rejected.
    search
        For a figure that cannot be told: how many `definitions` were tried, `low` and `high` of what they
        give, the `nearest` (label, value, difference_pct), the one that serves the publication's figures best
        (`joint`: label, figures, worst_pct), for a county the `most` that records give which name no other
        and how many must name another (`bound`), how often as many definitions hit such a figure by chance
        (`by_chance`), and what `would_decide` it. Empty elsewhere.
    """

    id: str
    publisher: str
    source: str
    measure: str
    place: str
    start: dt.date | None
    end: dt.date | None
    published: float | None
    ours: float | None
    verdict: str
    why: str
    definition: str
    understood: bool
    recorded: float | None = None
    recovered: float | None = None
    others: dict[str, float] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    search: dict[str, Any] = field(default_factory=dict)
    counted_in: str = ""

    @property
    def state(self) -> str:
        """The verdict or, where it differs, whether that is explained or cannot be told."""
        if self.verdict != DIFFERS:
            return self.verdict
        return EXPLAINED if self.understood else CANNOT_BE_TOLD

    @property
    def difference(self) -> float | None:
        """ours - published."""
        return None if self.ours is None or self.published is None else self.ours - self.published

    @property
    def difference_pct(self) -> float | None:
        """The difference in per cent of the published figure."""
        if self.difference is None or not self.published:
            return None
        return round(100.0 * self.difference / self.published, 2)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the difference included."""
        return {
            **asdict(self),
            "state": self.state,
            "difference": self.difference,
            "difference_pct": self.difference_pct,
        }


@dataclass(frozen=True, repr=False)
class Verification:
    """All figures checked; unexplained differences come first."""

    rows: list[Checked]

    def __repr__(self) -> str:
        return f"Verification({self.summary()})"

    def summary(self) -> str:
        """How many agree."""
        number = {v: sum(r.verdict == v for r in self.rows) for v in (EQUAL, WITHIN, DIFFERS, NOT_TESTABLE)}
        open_ = sum(not r.understood for r in self.rows)
        return (
            f"{len(self.rows)} published figures: {number[EQUAL]} equal, {number[WITHIN]} within tolerance, "
            f"{number[DIFFERS]} differ ({open_} of them cannot be told from these records), "
            f"{number[NOT_TESTABLE]} not testable"
        )

    def to_frame(self) -> pl.DataFrame:
        """One row for each figure."""
        rows = [
            {k: v for k, v in r.to_dict().items() if k not in ("others", "candidates", "search")}
            for r in self.rows
        ]
        return pl.DataFrame(rows, infer_schema_length=None)


def verify(store: Store | Path | str | None = None, figures: Path | str | None = None) -> Verification:
    """Set published figures beside the same counts from the records.

    Parameters
    ----------
    store : Store or path, optional
        Store, its folder, or None: the embedded records.
    figures : path, optional
        CSV with a measure, a place, a value, and start and end or a window (FY2017, 2017-Q2, 2017-03) in
        each row (and id, publisher, source, scheme, level, kind, tolerance, published_on, note); None: the
        project's own table `published_figures`.

    Returns
    -------
    Verification
        A row for each figure; those outside the store's coverage are "not testable".

    Raises
    ------
    QuestionError
        For a file of which no line can be read: it names the line and the column. A line among others that
        cannot be read is "not testable", with the reason.
    StoreError
        For a store of which a file was changed since it was written.

    Examples
    --------
    >>> done = verify()
    >>> next(r.verdict for r in done.rows if r.id == "ice-fy2017-arrests")
    'equal'
    """
    counter = Counter(open_store(store))
    for name in counter.store.tables():
        counter.store.files(name)  # a changed file stops everything; it is not one figure less to test
    rows_read = _figures() if figures is None else read_figures(figures)
    rows = _by_publication([_Checking(counter, figure) for figure in rows_read if isinstance(figure, Figure)])
    rows += [_unread(line) for line in rows_read if isinstance(line, Unreadable)]
    order = {DIFFERS: 0, WITHIN: 1, EQUAL: 2, NOT_TESTABLE: 3}
    return Verification(sorted(rows, key=lambda r: (r.understood, order[r.verdict], r.id)))


_figures = figures


def _unread(line: Unreadable) -> Checked:
    """The result for a line of a user's file that could not be read as a figure."""
    blank: dict[str, Any] = dict.fromkeys(("start", "end", "published", "ours"))
    return Checked(**asdict(line), **blank, verdict=NOT_TESTABLE, definition="", understood=True)


def agreement(ours: float, figure: Figure, *, is_percent: bool = False, slack: float = 0.0) -> str:
    """Compare two numbers: equal as printed, within tolerance, or different.

    Parameters
    ----------
    ours : float
        The number from the records.
    figure : Figure
        The published one: its value, printed decimals, kind and tolerance.
    is_percent : bool
        Whether it is a printed percentage, which half of its last digit cannot tell from its neighbours.
    slack : float
        Share of the figure by which ours is uncertain itself.

    Returns
    -------
    str
        equal, within tolerance or differs.

    Examples
    --------
    >>> from atlarge.verify.figure import Figure
    >>> import datetime as dt
    >>> day = dt.date(2017, 1, 1)
    >>> agreement(22.3, Figure("a", "share_at_large", "US", day, day, 22.0), is_percent=True)
    'equal'
    """
    published = figure.value
    decimals = max(figure.decimals, 0 if published == int(published) else 1)
    if round(ours, decimals) == published:
        return EQUAL
    tolerance = max(_tolerance(figure), slack)
    if figure.kind == AT_LEAST:
        return WITHIN if published <= ours <= published * (1 + tolerance) else DIFFERS
    if figure.kind == AT_MOST:
        return WITHIN if published * (1 - tolerance) <= ours <= published else DIFFERS
    return WITHIN if abs(ours - published) <= _room(figure, tolerance, is_percent=is_percent) else DIFFERS


def _room(figure: Figure, tolerance: float, *, is_percent: bool) -> float:
    """Largest difference that counts as agreement; for a printed percentage at least half of its last
    digit."""
    printed = 0.51 * 10.0 ** -max(figure.decimals, 0) if is_percent and figure.tolerance is None else 0.0
    return max(tolerance * abs(figure.value), printed)


def _tolerance(figure: Figure) -> float:
    return TOLERANCE[figure.kind] if figure.tolerance is None else figure.tolerance


class _Checking:
    """One figure against one store."""

    def __init__(self, counter: Counter, figure: Figure) -> None:
        self.counter = counter
        self.name = canonical(figure.measure)
        if figure.percent and self.name in measures():
            self.name = f"share_{self.name}"
        if self.name == "book_ins" and counter.days("book_ins") is None:
            self.name = "book_ins_ice_cbp"  # of the agency's workbooks, where the store has no stays
        is_ratio = "/" in self.name and bool(re.search(r"\bratio\b|\b(per|to)\b", figure.measure.lower()))
        is_fraction = is_share(self.name) and 0 < figure.value < (math.inf if is_ratio else 1)
        if is_fraction and not figure.percent:
            figure = replace(figure, value=round(100 * figure.value, 6), decimals=max(figure.decimals - 2, 0))
        self.figure = figure
        self.others: dict[str, float] = {}
        self.tried: list[Candidate] = []
        self.areas: dict[str, float | None] = {}
        self.query: Query | None = None
        self.ours = 0.0
        self.room = _room(figure, _tolerance(figure), is_percent=is_share(self.name))

    def explanations(self) -> list[Candidate]:
        """Every explanation that can be computed, whatever the verdict; computed once."""
        if not self.tried and self.query is not None:
            found = [*other_words(self.counter, self.name, self.query),
                     *candidates(self.counter, self.figure, self.name, self.query, self.ours)]  # fmt: skip
            judged = [c.judged(self.figure.value, self.room) for c in found]
            self.tried = sorted(
                judged, key=lambda c: (not c.reaches, c.low is not None, abs(c.value - self.figure.value))
            )
        return self.tried

    def agrees(self, label: str) -> bool | None:
        """Whether the figure is met under a definition; None where that cannot be computed."""
        found = next((c for c in self.explanations() if c.label == label), None)
        if found is None:
            return None
        is_met = agreement(found.value, self.figure, is_percent=is_share(self.name)) != DIFFERS
        return found.reaches or is_met

    def result(self) -> Checked:
        """The verdict."""
        figure = self.figure
        try:
            if self.name == "unauthorized":
                return self._judged(None, unauthorized(figure))
            query = Query(self.name, figure.spots, figure.start, figure.end, figure.scheme)
            return self._within_coverage(query)
        except REFUSALS as error:
            noted = (
                figure.note if isinstance(error, QuestionError) and not isinstance(error, PlaceError) else ""
            )
            return self._row(None, NOT_TESTABLE, "; ".join(filter(None, (str(error), noted))), "", True)

    def _within_coverage(self, query: Query) -> Checked:
        """Count on the days that the store covers."""
        name = table_of(self.name)
        if name is None:
            return self._judged(query, counted(self.counter, self.name, query))
        span = self.counter.days(name)
        if span is None:
            return self._row(None, NOT_TESTABLE, f"the store has no {name}", "", True)
        first, last = span
        if query.end < first or query.start > last:
            why = f"the store covers {self.name} from {first} to {last}"
            return self._row(None, NOT_TESTABLE, why, "", True)
        if self.counter.is_monthly(self.name):
            last = month_end(last)
        missing = (max(first - query.start, dt.timedelta()) + max(query.end - last, dt.timedelta())).days
        if missing:
            inside = replace(query, start=max(query.start, first), end=min(query.end, last))
            ours = counted(self.counter, self.name, inside)
            if self.name not in measures():
                why = f"the records lack {missing} of these days, which a share or mean does not bear"
                return self._row(ours.value, NOT_TESTABLE, why, ours.definition, True)
            return self._in_part(query, ours, missing)
        return self._judged(query, counted(self.counter, self.name, query))

    def _in_part(self, query: Query, ours: Counted, missing: int) -> Checked:
        """Verdict where the records lack days: could as many days like those nearby make up the
        difference?"""
        c = pace(self.counter, query, ours.value, missing).judged(self.figure.value, self.room)
        self.tried = [c]
        is_known = c.reaches or self.figure.tested == "tested"
        said = c.in_words(self.figure.value) + ("" if c.reaches else " does not reach it")
        lacks = f"window: the records lack {missing} of these days"
        why = "; ".join(filter(None, (lacks, said, self._offered())))
        row = self._row(ours.value, DIFFERS, why, ours.definition, is_known)
        return row if is_known else _cannot_be_told(row, self, [c], [])

    def _judged(self, query: Query | None, ours: Counted) -> Checked:
        """The verdict by the usual definition or, where that differs, by the one that gives the figure."""
        figure, published = self.figure, self.figure.value
        self.query, self.ours = query, ours.value
        is_percent = is_share(self.name)
        verdict = agreement(ours.value, figure, is_percent=is_percent, slack=ours.slack)
        words = list(other_words(self.counter, self.name, query)) if query else []
        words = [c.judged(published, self.room) for c in words]
        self.others = {c.label: c.value for c in words}
        recorded = next((c.value for c in words if c.label == AS_RECORDED), None)
        if recorded is not None:
            self.areas = {"recorded": recorded, "recovered": ours.value}
        if verdict == EQUAL:
            return self._row(ours.value, EQUAL, "", ours.definition, True)
        exact = next((c for c in words if agreement(c.value, figure) == EQUAL), None)
        if exact is not None:
            self.others[ours.definition] = ours.value
            return self._row(exact.value, EQUAL, f"counted as {exact.label}", exact.label, True)
        if "287g" in self.name and query and self.name not in measures():
            surely, possibly, definition = agreements(self.name, query)
            if surely <= published <= possibly:
                why = f"between {surely:,.0f} surely and {possibly:,.0f} possibly in force"
                return self._row(ours.value, WITHIN, why, definition, True)
        if verdict == WITHIN:
            return self._row(ours.value, WITHIN, self._offered(), ours.definition, True)
        near = next((c for c in words if agreement(c.value, figure) == WITHIN), None)
        if near is not None:
            self.others[ours.definition] = ours.value
            return self._row(near.value, WITHIN, f"counted as {near.label}", near.label, True)
        return self._differs(ours)

    def _differs(self, ours: Counted) -> Checked:
        self.others |= {c.label: c.value for c in self.explanations()}
        return self._row(
            ours.value, DIFFERS, self._offered(), ours.definition, self.figure.tested == "tested"
        )

    def _offered(self) -> str:
        """The note in the table of figures, and the explanation if it was tested by other means."""
        figure = self.figure
        said = figure.explanation if figure.tested == "tested" else ""
        return ": ".join(filter(None, (said, figure.note)))

    def _row(self, ours: float | None, verdict: str, why: str, definition: str, understood: bool) -> Checked:
        figure = self.figure
        if figure.window_fitted and verdict in (EQUAL, WITHIN):
            why = "; ".join(filter(None, (why, "the days were chosen because they agree: no evidence")))
        about = ("id", "publisher", "source", "place", "start", "end")
        return Checked(
            **{name: getattr(figure, name) for name in about},
            measure=self.name,
            published=figure.value,
            ours=ours if ours is None or ours == int(ours) else round(ours, 3),
            verdict=verdict,
            why=why,
            definition=definition,
            counted_in="" if ours is None or self.query is None else _named(self.query.spots),
            understood=understood,
            recorded=self.areas.get("recorded"),
            recovered=self.areas.get("recovered"),
            others=self.others,
            candidates=[c.to_dict(figure.value) for c in self.tried] if figure.value else [],
        )


def _named(spots: tuple[Spot, ...]) -> str:
    """Places by name, level and code: "Washington (area of responsibility WAS)"."""
    return "; ".join(
        f"{place_name(s.level, s.code)} ({_LEVEL_NAMES.get(s.level, s.level)} {s.code})"
        for s in spots
        if s.level != "nation"
    )


_LEVEL_NAMES = {"aor": "area of responsibility", "office": "office area"}


def _by_publication(checkings: list[_Checking]) -> list[Checked]:
    """Verdicts on all figures; an explanation is accepted only if it also holds for the publication's other
    figures."""
    rows = [checking.result() for checking in checkings]
    alike: dict[Any, list[_Checking]] = {}
    for checking, row in zip(checkings, rows, strict=True):
        if row.publisher and row.verdict != NOT_TESTABLE:
            alike.setdefault(_publication(row), []).append(checking)
    return [
        _explained(row, checking, alike.get(_publication(row), []))
        if row.verdict == DIFFERS and checking.query
        else row
        for checking, row in zip(checkings, rows, strict=True)
    ]


def _publication(row: Checked) -> tuple[str, str | None, bool]:
    """Key of the figures that presumably share one definition: publisher, table, and whether they are
    shares."""
    publisher = row.publisher.partition(" via ")[0].partition(" from ")[0]
    return publisher, table_of(row.measure), is_share(row.measure)


def _explained(row: Checked, checking: _Checking, alike: list[_Checking]) -> Checked:
    """Explain a figure that differs by its candidates, if one is accepted."""
    tried = [
        replace(c, rejected=_doubt(c, checking, alike)) if c.reaches else c for c in checking.explanations()
    ]
    best = next((c for c in tried if c.reaches and not c.rejected), None)
    published = checking.figure.value
    row = replace(row, candidates=[c.to_dict(published) for c in tried])
    if best is not None:
        said = f"explained by {best.kind}: {best.in_words(published)}"
        return replace(row, why="; ".join(filter(None, (said, row.why))), understood=True)
    return row if row.understood else _cannot_be_told(row, checking, tried, alike)


def _cannot_be_told(
    row: Checked, checking: _Checking, tried: list[Candidate], alike: list[_Checking]
) -> Checked:
    """Describe a figure that no definition gives: what was tried, what came nearest, and what would settle
    it."""
    published, found = checking.figure.value, _search(row, checking, tried, alike)
    reached = sorted((c for c in tried if c.reaches), key=lambda c: c.kind == EXCLUSION)
    n = f"{len(tried)} definitions tried" if len(tried) != 1 else "the one definition tried"
    if not tried:
        said = "no other definition can be computed"
    elif reached:
        these = "; ".join(f"{c.in_words(published)} reaches it, but {c.rejected}" for c in reached[:3])
        more = f"; so do {len(reached) - 3} more" if len(reached) > 3 else ""
        said = f"of {n} {len(reached)} reach it, none to be believed: {these}{more}"
    else:
        none = f"none of {n} gives it" if len(tried) > 1 else f"{n} does not give it"
        said = f"{none}; {found['nearest']['words']}"
    if "bound" in found:
        said += (
            f"; records that name no other county give at most {found['bound']['most']:,.0f}, so that at "
            f"least {found['bound']['elsewhere']:,.0f} of those counted name another"
        )
    if "joint" in found:
        joint = found["joint"]
        said += (
            f"; none serves all {joint['figures']} figures of the publication, the best "
            f"({joint['label']}) is off by up to {joint['worst_pct']:.1f}%"
        )
    decides = render(Message(f"decides.{found['would_decide']}"))
    why = f"{CANNOT_BE_TOLD}: {said}; what would decide it: {decides}"
    return replace(row, why="; ".join(filter(None, (why, row.why))), search=found)


def _search(
    row: Checked, checking: _Checking, tried: list[Candidate], alike: list[_Checking]
) -> dict[str, Any]:
    """Summarise the search over definitions for a figure that none of them gives."""
    published = checking.figure.value
    found: dict[str, Any] = {"definitions": len(tried), "would_decide": would_decide(checking)}
    if not tried or row.ours is None:
        return found
    ends = [row.ours, *(end for c in tried for end in (c.value, c.low, c.high) if end is not None)]
    usual = Candidate("usual", row.definition, row.ours)
    nearest = min((usual, *tried), key=lambda c: (abs(c.value - published), c.low is not None))
    is_usual = abs(nearest.value - published) >= abs(row.ours - published)
    nearest = usual if is_usual else nearest
    words = (
        "none comes nearer than the usual count" if is_usual else f"nearest is {nearest.in_words(published)}"
    )
    spread = max(ends) - min(ends)
    share = min(1.0, 2 * checking.room / spread) if spread else 0.0
    found |= {
        "low": min(ends),
        "high": max(ends),
        "nearest": {
            **{key: nearest.to_dict(published)[key] for key in ("label", "value", "difference_pct")},
            "words": words,
        },
        "by_chance": round(1 - (1 - share) ** len(tried), 3),
    }
    own = next((c.value for c in tried if c.label == NO_OTHER_COUNTY), None)
    if own is not None and published > own:
        found["bound"] = {"most": own, "elsewhere": published - own}
    group = [o for o in alike if o.name == checking.name and o.query is not None and o.figure.value]
    if len(group) > 1:
        errors = [
            {"the usual count": abs(o.ours / o.figure.value - 1)}
            | {c.label: abs(c.value / o.figure.value - 1) for c in o.explanations() if c.low is None}
            for o in group
        ]
        shared = set.intersection(*(set(e) for e in errors))
        worst = {label: max(e[label] for e in errors) for label in shared}
        label = min(sorted(worst), key=lambda one: worst[one])
        found["joint"] = {"label": label, "figures": len(group), "worst_pct": round(100 * worst[label], 2)}
    return found


def would_decide(checking: _Checking) -> str:
    """Key of what would settle a figure that cannot be told: its own, or else that of its kind."""
    figure, name = checking.figure, checking.name
    if figure.would_decide:
        return figure.would_decide
    if checking.query is None:
        return "days"
    is_county = any(s.level == "county" for s in checking.query.spots) and table_of(name) == "arrests"
    if name.startswith("counties_with_") or is_county:
        return "county_table"
    if "287g" in name and name not in measures():
        return "list"
    if table_of(name) is None:
        return "count_of_the_day"
    return "reports" if checking.counter.is_monthly(name) else "rows"


def _doubt(c: Candidate, checking: _Checking, alike: list[_Checking]) -> str:
    """Reason not to accept an explanation that reaches a figure; empty if it is accepted."""
    if c.kind == "duplicates":
        return "repeats cannot be told from people without an identifier"
    is_exact = agreement(c.value, checking.figure, is_percent=is_share(checking.name)) == EQUAL
    if c.kind == EXCLUSION and not (is_exact and checking.figure.value >= _MEANT):
        return "it is one of many values left out in turn, of which some come near by chance"
    is_wider = c.kind == "geography"  # a wider area must serve every place of the same measure
    if (c.low is not None and not is_wider) or c.kind == "slip":
        return ""
    others = [o for o in alike if o is not checking and (not is_wider or o.name == checking.name)]
    others.sort(key=lambda o: (o.query is None, o.figure.id))
    holds = {o.figure.id: o.agrees(c.label) for o in others[:_MOST_OTHERS]}
    if fails := [key for key, does in holds.items() if does is False]:
        return f"not {', '.join(fails[:3])}" + (f" and {len(fails) - 3} more" if len(fails) > 3 else "")
    if any(holds.values()) or (is_exact and checking.figure.value >= _MEANT):
        return ""
    return "one figure may be met by chance"


__all__ = [
    "AS_RECORDED",
    "CANNOT_BE_TOLD",
    "DIFFERS",
    "EQUAL",
    "EXPLAINED",
    "NOT_TESTABLE",
    "RECOVERED",
    "STATES",
    "TOLERANCE",
    "WITHIN",
    "Checked",
    "Verification",
    "agreement",
    "figures",
    "verify",
]
