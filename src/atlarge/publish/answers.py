"""What of an answer may be shown: its counts, put through disclosure control as one table.

The months of its charts, the spans, the surges, the two schemes and the nested areas are tied by sums and
differences; a count that is hidden in one of them must not follow from the others. Estimates are not
counts, but a count follows from "observed less expected" and "expected": where a count is hidden, the
differences built on it are withheld too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from atlarge.disclosure.suppression import ConstraintBuilder
from atlarge.disclosure.table import SHOWN, SMALL, THRESHOLD, WITHHELD, Counts, Disclosed, disclose
from atlarge.explain.answer import Answer, Area, ChangeStrip, Series, Span
from atlarge.explain.numbers import CountKey
from atlarge.publish.day_ranges import Window
from atlarge.publish.svg import months_later

Key = tuple[str, str, dt.date, dt.date]
"""A count of an answer: measure (with its scheme), area, first and last day."""


def area_key(level: str, code: str) -> str:
    """Name of an area in the table: codes alone may stand for an office and an AOR."""
    return f"{level}:{code}"


def key_of(window: Window) -> Key:
    """Key of a window in the table of an answer."""
    return window.name, area_key(window.level, window.place), window.start, window.end


def members(area: Area) -> tuple[tuple[str, str], ...]:
    """Levels and codes of the places that an area is made of."""
    if area.level == "locality":
        county, _, office = area.code.partition("+")
        return ("county", county), ("office", office)
    return ((area.level, area.code),)


def _date(value: Any) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _periods(series: Series) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each period of a series."""
    return [
        (start, start + dt.timedelta(days=max(n, 1) - 1))
        for start, n in zip(series.period, series.days, strict=True)
    ]


def _is_drawn(strip: ChangeStrip, days: tuple[dt.date, dt.date], drawn: set[tuple[dt.date, dt.date]]) -> bool:
    """Whether a month of a strip is shown.

    For places counted together a second grid of months, across the chart's own, hides more than it shows.
    """
    return strip.area.level != "locality" or days in drawn


def _strip_periods(strip: ChangeStrip) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each month of a change strip."""
    return [(start, months_later(start, 1) - dt.timedelta(days=1)) for start in strip.period]


def shown_series(answer: Answer) -> list[Series]:
    """The series that are drawn: of each measure the first, that of the headline's measure before others."""
    first: dict[str, Series] = {}
    for series in answer.series:
        is_main = series.measure != answer.measure or series.area.code == answer.area.code
        if is_main and len(series.period) > 1:
            first.setdefault(series.measure, series)
    return sorted(first.values(), key=lambda s: s.measure != answer.measure)


def drawn_spans(answer: Answer) -> list[Span]:
    """The spans of the drawn series: those of further areas would cost many months of the site."""
    drawn = {(s.measure, s.area.code) for s in shown_series(answer)}
    drawn.add((answer.measure, answer.area.code))
    unique = {(s.measure, s.area.code, s.span): s for s in reversed(answer.spans)}
    return [
        s
        for s in answer.spans
        if (s.measure, s.area.code) in drawn and unique[(s.measure, s.area.code, s.span)] is s
    ]


def drawn_strips(answer: Answer) -> list[ChangeStrip]:
    """The change strips of the drawn series."""
    drawn = {(s.measure, s.area.code) for s in shown_series(answer)}
    return [s for s in answer.change_strips if (s.measure, s.area.code) in drawn]


def _surge_window(answer: Answer, surge: dict[str, Any]) -> Window:
    levels = {m[1]: m[0] for s in answer.spans for m in members(s.area)}
    levels |= {code: level for level, code in members(answer.area)}
    place = str(surge["place"])
    member = (levels.get(place, "office"), place)
    measure = str(surge.get("measure", answer.measure))
    return Window((member,), measure, _date(surge["start"]), _date(surge["end"]), answer.scheme)


def burst_window(answer: Answer) -> Window | None:
    """The clearest run of days that the reasons tell of."""
    if answer.burst is None:
        return None
    start, end = _date(answer.burst["start"]), _date(answer.burst["end"])
    return Window(members(answer.area), answer.measure, start, end, answer.scheme)


def _main_window(answer: Answer, scheme: str) -> Window:
    return Window(members(answer.area), answer.measure, answer.start, answer.end, scheme)


def entries(answer: Answer) -> Iterable[tuple[Window, float | None]]:
    """Every count that an answer shows, with its days; the same count may come twice."""
    for series in shown_series(answer):
        for days, value in zip(_periods(series), series.observed, strict=True):
            yield Window(members(series.area), series.measure, *days, answer.scheme), value
    for span in drawn_spans(answer):
        yield Window(members(span.area), span.measure, span.start, span.end, answer.scheme), span.observed
    yield _main_window(answer, answer.scheme), answer.observed
    for name, told in answer.schemes.items():
        if told.get("observed") is not None:
            yield _main_window(answer, name), told["observed"]
    for surge in answer.surges:
        yield _surge_window(answer, surge), surge.get("observed")
    burst = burst_window(answer)
    if burst is not None and answer.burst is not None:
        yield burst, answer.burst["observed"]
    drawn = {days for series in shown_series(answer) for days in _periods(series)}
    for strip in drawn_strips(answer):
        for days, value in zip(_strip_periods(strip), strip.value, strict=True):
            if not _is_drawn(strip, days, drawn):
                continue
            yield Window(members(strip.area), strip.measure, *days, answer.scheme), value


class _Cells:
    """The counts of an answer numbered, with the sums and differences that tie them."""

    def __init__(self, answer: Answer) -> None:
        self.values: dict[Key, int | None] = {}
        for window, value in entries(answer):
            key = key_of(window)
            if self.values.get(key) is None:
                self.values[key] = None if value is None else round(value)
        self.keys = list(self.values)
        self.number = {key: i for i, key in enumerate(self.keys)}
        self.headline = {area_key(answer.area.level, answer.area.code)}
        self.headline |= {key_of(_surge_window(answer, s))[1] for s in answer.surges}
        drawn = {(s.measure, s.area.code) for s in shown_series(answer)}
        told = [s for s in answer.spans if (s.measure, s.area.code) in drawn]
        self.told = {
            key_of(Window(members(s.area), s.measure, s.start, s.end, answer.scheme)) for s in told
        } | {key_of(_surge_window(answer, s)) for s in answer.surges}
        self.rest: list[int] = []
        self.sums = ConstraintBuilder()
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
            level, _, code = area.partition(":")
            if level != "locality":
                continue
            pair = zip(("county", "office"), code.split("+"), strict=False)
            parts = [self.number.get((measure, area_key(*p), span[0], span[1])) for p in pair]
            known = [n for n in parts if n is not None]
            if known:
                self._tie(known, [i])

    def _tie_schemes(self, answer: Answer) -> None:
        main = self.number[key_of(_main_window(answer, answer.scheme))]
        for name in answer.schemes:
            other = self.number.get(key_of(_main_window(answer, name)), main)
            if other != main:
                pair = sorted((main, other), key=lambda i: self.values[self.keys[i]] or 0)
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
        return disclose(frame, self.sums.build(), threshold=threshold, published=published, cost=self._cost())

    def _cost(self) -> list[float]:
        """Spans and surges that the answer speaks of are kept rather than months and other areas."""
        kept = []
        for key, value in self.values.items():
            weight = 100.0 if key[1] in self.headline else 1.0
            kept.append((value or 0) * weight * (1000.0 if key in self.told else 1.0))
        return kept + [0.0] * len(self.rest)


Days = tuple[dt.date, dt.date]


def _days(window: Days) -> int:
    return (window[1] - window[0]).days + 1


def _overlaps(a: Days, b: Days) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _tiles(members: list[int], window: dict[int, Any], whole: Days) -> list[int]:
    """Members that follow each other and together make the whole; empty if none do."""
    inside = sorted((window[j][0], _days(window[j]), j) for j in members if _within(window[j], whole))
    chosen, at = [], whole[0]
    for start, length, j in inside:
        if start == at and length < _days(whole):
            chosen.append(j)
            at = window[j][1] + dt.timedelta(days=1)
    return chosen if at == whole[1] + dt.timedelta(days=1) else []


def _within(inner: Days, outer: Days) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _cover(members: list[int], window: dict[int, Any], part: Days) -> list[int]:
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

    @cached_property
    def _by_key(self) -> dict[Key, tuple[int | None, str]]:
        columns = ("measure", "area", "start", "end", "value", "mark")
        return {row[:4]: (row[4], row[5]) for row in self.table.frame.select(columns).iter_rows()}

    def _cell(self, window: Window) -> tuple[int | None, str]:
        """Count and mark of a window; one that the table lacks, as a site may lack its place, is withheld."""
        return self._by_key.get(key_of(window), (None, WITHHELD))

    def _counts(self, measure: str, area: Area, days: list[Days], label: str) -> Counts:
        window = Window(members(area), measure, dt.date.min, dt.date.min, self.answer.scheme)
        name, code, *_ = key_of(window)
        frame = pl.DataFrame(days, schema={"start": pl.Date, "end": pl.Date}, orient="row")
        keep = pl.struct("start", "end").is_in(frame.to_struct("w").implode())
        return self.table.counts(
            label, pl.col("measure") == name, pl.col("area") == code, keep, period="start"
        )

    def counts(self, series: Series, label: str) -> Counts:
        """The counts of one drawn series."""
        return self._counts(series.measure, series.area, _periods(series), label)

    def strip_counts(self, strip: ChangeStrip, label: str) -> Counts:
        """The counts of one change strip."""
        return self._counts(strip.measure, strip.area, _strip_periods(strip), label)

    def span(self, span: Span) -> tuple[int | None, str]:
        """Count and mark of one span."""
        return self._cell(Window(members(span.area), span.measure, span.start, span.end, self.answer.scheme))

    def told(self, name: str) -> tuple[int | None, str]:
        """Count and mark of a span of the headline (month, quarter, rest, whole) or of its burst."""
        a = self.answer
        if name == "burst":
            window = burst_window(a)
            return self._cell(window) if window else (None, WITHHELD)
        wanted = "policy" if name == "whole" else name
        for s in a.spans:
            if (s.span, s.measure, s.area.code) == (wanted, a.measure, a.area.code):
                return self.span(s)
        return None, WITHHELD

    def surge(self, surge: dict[str, Any]) -> tuple[int | None, str]:
        """Count and mark of one surge."""
        return self._cell(_surge_window(self.answer, surge))

    def scheme(self, name: str) -> tuple[int | None, str]:
        """Count and mark of the main span as another scheme counts it."""
        return self._cell(_main_window(self.answer, name))

    @cached_property
    def is_main_shown(self) -> bool:
        """Whether the main count may be told, and with it the differences built on it."""
        return self._cell(_main_window(self.answer, self.answer.scheme))[1] == SHOWN

    @cached_property
    def is_all_shown(self) -> bool:
        """Whether every span and surge may be told, so that ready sentences about them may be too."""
        spans = drawn_spans(self.answer)
        marks = [self.span(s)[1] for s in spans] + [self.surge(s)[1] for s in self.answer.surges]
        return self.is_main_shown and all(m == SHOWN for m in marks)

    def mark_of(self, key: CountKey) -> str:
        """Mark of a count behind a number: its own, or SHOWN where all periods that it is the sum of are."""
        window = Window(key.members, key.measure, key.start, key.end, key.scheme)
        found = self._by_key.get(key_of(window))
        if found is not None:
            return found[1]
        runs = [_periods(s) for s in shown_series(self.answer) if _is_of(s, key)]
        runs += [_strip_periods(s) for s in drawn_strips(self.answer) if _is_of(s, key)]
        for run in runs:
            inside = [days for days in run if key.start <= days[0] and days[1] <= key.end]
            if not inside or (inside[0][0], inside[-1][1]) != (key.start, key.end):
                continue
            windows = [Window(key.members, key.measure, *days, key.scheme) for days in inside]
            if all(self._cell(one)[1] == SHOWN for one in windows):
                return SHOWN
        return WITHHELD


def _is_of(drawn: Series | ChangeStrip, key: CountKey) -> bool:
    return (drawn.measure, drawn.area.level, drawn.area.code) == (key.measure, key.level, key.place)


def windows_of(answer: Answer) -> list[Window]:
    """Every count of an answer as days of a place, for a site that discloses it with all its other counts.

    What the answer's first sentence and its table of numbers tell weighs most, then the months of its chart.
    """
    found = dict.fromkeys(window for window, value in entries(answer) if value is not None)
    burst, main = burst_window(answer), members(answer.area)
    headline = {(s.start, s.end) for s in answer.spans if s.area.code == answer.area.code}
    headline |= {(burst.start, burst.end)} if burst else set()
    made = []
    for window in found:
        is_main = (window.members, window.measure, window.scheme) == (main, answer.measure, answer.scheme)
        is_headline = is_main and (window.start, window.end) in headline
        made.append(replace(window, weight=1000.0 if is_headline else 20.0 if is_main else 1.0))
    return made


def show_with(answer: Answer, site: Disclosed) -> Shown:
    """An answer whose counts are those of a site's table, disclosed there together."""
    area = pl.concat_str("level", pl.lit(":"), "place").alias("area")
    return Shown(answer, site.filter(pl.col("every") == "window").with_columns(area))


def show(answer: Answer, *, threshold: int = THRESHOLD) -> Shown:
    """Put the counts of an answer through disclosure control."""
    return Shown(answer, _Cells(answer).disclosed(threshold))


__all__ = ["SMALL", "Shown", "show"]
