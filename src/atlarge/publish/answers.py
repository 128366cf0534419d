"""What of an answer may be shown: its counts, put through disclosure control as one table.

The months of its charts, the spans, the surges, the two schemes and the nested areas are tied by sums and
differences; a count that is hidden in one of them must not follow from the others. Estimates are not
counts, but a count follows from "observed less expected" and "expected": where a count is hidden, the
differences built on it are withheld too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from atlarge.explain.answer import Answer, Area, ChangeStrip, Series, Span
from atlarge.publish.disclosure import SHOWN, SMALL, THRESHOLD, Counts, Disclosed, disclose
from atlarge.publish.suppression import Sums

Key = tuple[str, str, dt.date, dt.date]
"""A count of an answer: measure (with its scheme), area code, first and last day."""


def _surge_key(surge: dict[str, Any]) -> Key:
    start, end = (_date(surge[name]) for name in ("start", "end"))
    return (str(surge.get("measure", "at_large")), str(surge["place"]), start, end)


def _date(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _windows(series: Series) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each period of a series."""
    return [
        (start, start + dt.timedelta(days=max(n, 1) - 1))
        for start, n in zip(series.period, series.days, strict=True)
    ]


def _strip_windows(strip: ChangeStrip) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each period of a change strip: to the day before the next."""
    starts = strip.period
    step = starts[-1] - starts[-2] if len(starts) > 1 else dt.timedelta(days=30)
    ends = [*starts[1:], starts[-1] + step] if starts else []
    return [(a, b - dt.timedelta(days=1)) for a, b in zip(starts, ends, strict=True)]


def _entries(answer: Answer) -> Iterable[tuple[Key, float | None]]:
    """Every count that an answer shows, with its key; the same count may come twice."""
    for series in answer.series:
        for window, value in zip(_windows(series), series.observed, strict=True):
            yield (series.measure, series.area.code, *window), value
    for span in answer.spans:
        yield (span.measure, span.area.code, span.start, span.end), span.observed
    yield (answer.measure, answer.area.code, answer.start, answer.end), answer.observed
    for name, told in answer.schemes.items():
        if told.get("observed") is not None:
            yield (
                (_scheme_measure(answer, name), answer.area.code, answer.start, answer.end),
                told["observed"],
            )
    for surge in answer.surges:
        yield _surge_key(surge), surge.get("observed")
    for strip in answer.change_strips:
        for window, value in zip(_strip_windows(strip), strip.value, strict=True):
            yield (strip.measure, strip.area.code, *window), value


def _scheme_measure(answer: Answer, scheme: str) -> str:
    return answer.measure if scheme == answer.scheme else f"{answer.measure}@{scheme}"


class _Cells:
    """The counts of an answer numbered, with the sums and differences that tie them."""

    def __init__(self, answer: Answer) -> None:
        self.values: dict[Key, int | None] = {}
        for key, value in _entries(answer):
            if self.values.get(key) is None:
                self.values[key] = None if value is None else round(value)
        self.keys = list(self.values)
        self.number = {key: i for i, key in enumerate(self.keys)}
        self.rest: list[int] = []
        self.sums = Sums()
        self._tie_times()
        self._tie_areas()
        self._tie_schemes(answer)

    def _value(self, numbers: Sequence[int]) -> int | None:
        found = [self.values[self.keys[i]] for i in numbers]
        return None if any(v is None for v in found) else sum(v or 0 for v in found)

    def _tie(self, parts: Sequence[int], wholes: Sequence[int]) -> None:
        """Parts and an unpublished rest add up to the wholes, where both are told."""
        inner, outer = self._value(parts), self._value(wholes)
        if inner is None or outer is None or inner > outer:
            return
        if inner == outer and len(wholes) == 1 and len(parts) > 1:
            self.sums.add(parts, wholes)
            return
        self.rest.append(outer - inner)
        self.sums.add([*parts, len(self.keys) + len(self.rest) - 1], wholes)

    def _tie_times(self) -> None:
        groups: dict[tuple[str, str], list[int]] = {}
        for i, (measure, area, _, _) in enumerate(self.keys):
            groups.setdefault((measure, area), []).append(i)
        for members in groups.values():
            window = {i: self.keys[i][2:] for i in members}
            for i in members:
                inside = _tiles([j for j in members if j != i], window, window[i])
                if inside:
                    self._tie(inside, [i])
                    continue
                over = [j for j in members if j != i and _overlaps(window[j], window[i])]
                around = _cover([j for j in over if _days(window[j]) >= 25], window, window[i])
                if around:
                    self._tie([i], around)

    def _tie_areas(self) -> None:
        for i, (measure, area, *span) in enumerate(self.keys):
            for part in area.split("+") if "+" in area else []:
                key = (measure, part, span[0], span[1])
                if key in self.number:
                    self._tie([self.number[key]], [i])

    def _tie_schemes(self, answer: Answer) -> None:
        main = self.number[(answer.measure, answer.area.code, answer.start, answer.end)]
        for name in answer.schemes:
            key = (_scheme_measure(answer, name), answer.area.code, answer.start, answer.end)
            other = self.number.get(key, main)
            if other != main:
                pair = [main, other]
                pair.sort(key=lambda i: self.values[self.keys[i]] or 0)
                self._tie(pair[:1], pair[1:])

    def disclosed(self, threshold: int) -> Disclosed:
        """The table of counts, checked."""
        frame = pl.DataFrame(
            {
                "measure": [k[0] for k in self.keys] + [""] * len(self.rest),
                "area": [k[1] for k in self.keys] + [""] * len(self.rest),
                "start": [k[2] for k in self.keys] + [dt.date.min] * len(self.rest),
                "end": [k[3] for k in self.keys] + [dt.date.min] * len(self.rest),
                "value": [*self.values.values(), *self.rest],
            },
            schema_overrides={"value": pl.Int64},
        )
        published = [True] * len(self.keys) + [False] * len(self.rest)
        return disclose(frame, self.sums.relations(), threshold=threshold, published=published)


Window = tuple[dt.date, dt.date]


def _days(window: Window) -> int:
    return (window[1] - window[0]).days + 1


def _overlaps(a: Window, b: Window) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _tiles(members: list[int], window: dict[int, Any], whole: Window) -> list[int]:
    """Members that follow each other and together make the whole; empty if none do."""
    inside = sorted((window[j][0], _days(window[j]), j) for j in members if _within(window[j], whole))
    chosen, at = [], whole[0]
    for start, length, j in inside:
        if start == at and length < _days(whole):
            chosen.append(j)
            at = window[j][1] + dt.timedelta(days=1)
    return chosen if at == whole[1] + dt.timedelta(days=1) else []


def _within(inner: Window, outer: Window) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _cover(members: list[int], window: dict[int, Any], part: Window) -> list[int]:
    """The fewest members that follow each other and hold the part; empty if none do."""
    for start, _, j in sorted((window[j][0], _days(window[j]), j) for j in members):
        if start > part[0]:
            break
        run, at = [j], window[j][1]
        while at < part[1]:
            nexts = [k for k in members if window[k][0] == at + dt.timedelta(days=1)]
            if not nexts:
                break
            run.append(min(nexts, key=lambda k: window[k][1]))
            at = window[run[-1]][1]
        if at >= part[1] and window[j][1] >= part[0]:
            return run
    return []


@dataclass(frozen=True)
class Shown:
    """An answer with its counts disclosed; everything drawn or told of it is asked for here."""

    answer: Answer
    table: Disclosed

    def _mask(self, measure: str, area: Area, start: dt.date, end: dt.date) -> list[pl.Expr]:
        where = (pl.col("measure") == measure, pl.col("area") == area.code)
        return [*where, pl.col("start") == start, pl.col("end") == end]

    def counts(self, series: Series, label: str) -> Counts:
        """The counts of one series."""
        windows = pl.DataFrame(_windows(series), schema={"start": pl.Date, "end": pl.Date}, orient="row")
        keep = pl.struct("start", "end").is_in(windows.to_struct("w").implode())
        where = (pl.col("measure") == series.measure, pl.col("area") == series.area.code, keep)
        return self.table.counts(label, *where, period="start")

    def strip_counts(self, strip: ChangeStrip, label: str) -> Counts:
        """The counts of one change strip."""
        windows = pl.DataFrame(_strip_windows(strip), schema={"start": pl.Date, "end": pl.Date}, orient="row")
        keep = pl.struct("start", "end").is_in(windows.to_struct("w").implode())
        where = (pl.col("measure") == strip.measure, pl.col("area") == strip.area.code, keep)
        return self.table.counts(label, *where, period="start")

    def span(self, span: Span) -> tuple[int | None, str]:
        """Count and mark of one span."""
        return self.table.cell(*self._mask(span.measure, span.area, span.start, span.end))

    def surge(self, surge: dict[str, Any]) -> tuple[int | None, str]:
        """Count and mark of one surge."""
        measure, area, start, end = _surge_key(surge)
        where = (pl.col("measure") == measure, pl.col("area") == area)
        return self.table.cell(*where, pl.col("start") == start, pl.col("end") == end)

    def scheme(self, name: str) -> tuple[int | None, str]:
        """Count and mark of the main span as another scheme counts it."""
        a = self.answer
        return self.table.cell(*self._mask(_scheme_measure(a, name), a.area, a.start, a.end))

    @cached_property
    def is_main_shown(self) -> bool:
        """Whether the main count may be told, and with it the differences built on it."""
        a = self.answer
        return self.table.cell(*self._mask(a.measure, a.area, a.start, a.end))[1] == SHOWN

    @cached_property
    def is_all_shown(self) -> bool:
        """Whether every span and surge may be told, so that ready sentences about them may be too."""
        marks = [self.span(s)[1] for s in self.answer.spans] + [self.surge(s)[1] for s in self.answer.surges]
        return self.is_main_shown and all(m == SHOWN for m in marks)

    def text(self, text: str) -> str:
        """A ready sentence, with small whole counts put as "<5"; dates, shares and durations are left."""
        return _SMALL_COUNT.sub(f"<{self.table.threshold}", text)


_SMALL_COUNT = re.compile(
    r"(?<![\w.,/:–−-])[1-4](?=\s+(?:at-large|more|fewer|arrests?|handoffs?|detainers?|of\s+\d|were|was)\b)"
)


def show(answer: Answer, *, threshold: int = THRESHOLD) -> Shown:
    """Put the counts of an answer through disclosure control."""
    return Shown(answer, _Cells(answer).disclosed(threshold))


__all__ = ["SMALL", "Shown", "show"]
