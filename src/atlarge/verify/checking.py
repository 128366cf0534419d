"""One published figure counted from the records: by its own definition, and by others where it differs."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import replace

from atlarge.calendar import month_end
from atlarge.errors import PlaceError, QuestionError
from atlarge.panel import measures
from atlarge.places.find import place_name
from atlarge.verify.candidate import Candidate
from atlarge.verify.candidates import REFUSALS, candidates, other_words, pace
from atlarge.verify.counting import (
    AS_RECORDED,
    Counted,
    Query,
    StoreCounter,
    agreements,
    canonical,
    counted,
    is_share,
    table_of,
    unauthorized,
)
from atlarge.verify.figure import Figure, Spot
from atlarge.verify.result import (
    DIFFERS,
    EQUAL,
    NOT_TESTABLE,
    WITHIN,
    Checked,
    agreement,
    room_of,
    tolerance_of,
)
from atlarge.verify.undecided import cannot_be_told

_LEVEL_NAMES = {"aor": "area of responsibility", "office": "office area"}


class Checking:
    """One figure against one store."""

    def __init__(self, counter: StoreCounter, figure: Figure) -> None:
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
        self.room = room_of(figure, tolerance_of(figure), is_percent=is_share(self.name))

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
        return row if is_known else cannot_be_told(row, self, [c], [])

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
