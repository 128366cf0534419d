"""What may be shown of an answer: all its counts go through disclosure control as one table.

The months of its charts, the spans, the surges, the two schemes and the nested areas are tied by sums and
differences; a count that is hidden in one of them must not follow from the others. Estimates are not
counts, but a count follows from "observed less expected" and "expected": where a count is hidden, the
differences built on it are withheld too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from atlarge.calendar import as_day, month_end
from atlarge.disclosure.table import SHOWN, SMALL, THRESHOLD, WITHHELD, Counts, Disclosed
from atlarge.explain.answer import Answer, Area, ChangeStrip, Series, Span
from atlarge.explain.numbers import CountKey
from atlarge.messages import Message, Number, members_of
from atlarge.publish.day_ranges import Daily, Window, count_between, daily_counts
from atlarge.publish.editions import Beside, read_edition
from atlarge.publish.estimates import is_closed, printable
from atlarge.publish.release_table import site_cells, window_cells
from atlarge.records.store import open_store

Key = tuple[str, str, dt.date, dt.date]
"""A count of an answer: measure (with its scheme), area, first and last day."""


def area_key(level: str, code: str) -> str:
    """Key of an area in the table; the level is part of it because an office and an AOR can share a code."""
    return f"{level}:{code}"


def key_of(window: Window) -> Key:
    """Key of a window in the table of an answer."""
    return window.name, area_key(window.level, window.place), window.start, window.end


def members(area: Area) -> tuple[tuple[str, str], ...]:
    """Levels and codes of the places that an area consists of."""
    return members_of(area.level, area.code)


def _periods(drawn: Series | ChangeStrip) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each period of a series, or month of a change strip."""
    if isinstance(drawn, ChangeStrip):
        return [(start, month_end(start)) for start in drawn.period]
    return [
        (start, start + dt.timedelta(days=max(n, 1) - 1))
        for start, n in zip(drawn.period, drawn.days, strict=True)
    ]


def _is_drawn(strip: ChangeStrip, days: tuple[dt.date, dt.date], drawn: set[tuple[dt.date, dt.date]]) -> bool:
    """Whether a month of a strip is shown. For localities, a second set of months that overlaps those of the
    chart would cause more suppression than it is worth.
    """
    return strip.area.level != "locality" or days in drawn


def shown_series(answer: Answer) -> list[Series]:
    """The series to draw: the first of each measure, beginning with that of the headline."""
    first: dict[str, Series] = {}
    for series in answer.series:
        is_main = series.measure != answer.measure or series.area.code == answer.area.code
        if is_main and len(series.period) > 1:
            first.setdefault(series.measure, series)
    return sorted(first.values(), key=lambda s: s.measure != answer.measure)


def drawn_spans(answer: Answer) -> list[Span]:
    """The spans of the drawn series; those of further areas would cause many months of the site to be
    suppressed."""
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
    return Window((member,), measure, as_day(surge["start"]), as_day(surge["end"]), answer.scheme)


def burst_window(answer: Answer) -> Window | None:
    """The days of the clearest burst, which the reasons mention."""
    if answer.burst is None:
        return None
    start, end = as_day(answer.burst["start"]), as_day(answer.burst["end"])
    return Window(members(answer.area), answer.measure, start, end, answer.scheme)


def _main_window(answer: Answer, scheme: str) -> Window:
    return Window(members(answer.area), answer.measure, answer.start, answer.end, scheme)


def entries(answer: Answer) -> Iterable[tuple[Window, float | None]]:
    """Every count that an answer shows, with its days; counts may be repeated."""
    for series in shown_series(answer):
        for days, value in zip(_periods(series), series.observed, strict=True):
            yield Window(members(series.area), series.measure, *days, answer.scheme), value
    for span in drawn_spans(answer):
        yield Window(members(span.area), span.measure, span.start, span.end, answer.scheme), span.observed
    yield _main_window(answer, answer.scheme), answer.observed
    for name, figures in answer.schemes.items():
        if figures.get("observed") is not None:
            yield _main_window(answer, name), figures["observed"]
    for surge in answer.surges:
        yield _surge_window(answer, surge), surge.get("observed")
    burst = burst_window(answer)
    if burst is not None and answer.burst is not None:
        yield burst, answer.burst["observed"]
    drawn = {days for series in shown_series(answer) for days in _periods(series)}
    for strip in drawn_strips(answer):
        for days, value in zip(_periods(strip), strip.value, strict=True):
            if not _is_drawn(strip, days, drawn):
                continue
            yield Window(members(strip.area), strip.measure, *days, answer.scheme), value


Days = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Shown:
    """An answer with its counts disclosed; everything drawn or printed of it comes from here."""

    answer: Answer
    table: Disclosed

    @cached_property
    def _by_key(self) -> dict[Key, tuple[int | None, str]]:
        columns = ("measure", "area", "start", "end", "value", "mark")
        return {row[:4]: (row[4], row[5]) for row in self.table.frame.select(columns).iter_rows()}

    def _cell(self, window: Window) -> tuple[int | None, str]:
        """Count and mark of a window; a count that is not in the table (a site may not have its place) is
        withheld."""
        return self._by_key.get(key_of(window), (None, WITHHELD))

    def counts(self, drawn: Series | ChangeStrip, label: str) -> Counts:
        """The counts of one drawn series or change strip."""
        window = Window(members(drawn.area), drawn.measure, dt.date.min, dt.date.min, self.answer.scheme)
        name, code, *_ = key_of(window)
        frame = pl.DataFrame(_periods(drawn), schema={"start": pl.Date, "end": pl.Date}, orient="row")
        keep = pl.struct("start", "end").is_in(frame.to_struct("w").implode())
        return self.table.counts(
            label, pl.col("measure") == name, pl.col("area") == code, keep, period="start"
        )

    def span(self, span: Span) -> tuple[int | None, str]:
        """Count and mark of one span."""
        return self._cell(Window(members(span.area), span.measure, span.start, span.end, self.answer.scheme))

    @property
    def has_burst(self) -> bool:
        """Whether the answer's burst stands out from the usual."""
        return self.answer.bursts is not None and self.answer.bursts.verdict == "fits"

    def burst(self) -> tuple[int | None, str]:
        """Count and mark of the answer's burst."""
        window = burst_window(self.answer)
        return self._cell(window) if window else (None, WITHHELD)

    def surge(self, surge: dict[str, Any]) -> tuple[int | None, str]:
        """Count and mark of one surge."""
        return self._cell(_surge_window(self.answer, surge))

    def scheme(self, name: str) -> tuple[int | None, str]:
        """Count and mark of the main span as another scheme counts it."""
        return self._cell(_main_window(self.answer, name))

    @cached_property
    def is_closed(self) -> bool:
        """Whether no estimate may be printed, since counts could follow from it."""
        return is_closed(self.answer, self.table.threshold)

    @cached_property
    def is_main_shown(self) -> bool:
        """Whether the main count may be published, and with it the differences built on it."""
        return self._cell(_main_window(self.answer, self.answer.scheme))[1] == SHOWN

    @cached_property
    def is_all_shown(self) -> bool:
        """Whether every span and surge may be published, so that ready sentences about them may be too."""
        spans = drawn_spans(self.answer)
        marks = [self.span(s)[1] for s in spans] + [self.surge(s)[1] for s in self.answer.surges]
        return self.is_main_shown and all(m == SHOWN for m in marks)

    def is_whole(self, counts: Counts, periods: int) -> bool:
        """Whether a statistic of so many periods may be shown: each of its counts is published."""
        return len(counts.marks) == periods and not {SMALL, WITHHELD} & set(counts.marks)

    def mark_of(self, key: CountKey) -> str:
        """Mark of a count behind a number: its own, or SHOWN where all periods that it is the sum of are."""
        window = Window(key.members, key.measure, key.start, key.end, key.scheme)
        found = self._by_key.get(key_of(window))
        if found is not None:
            return found[1]
        every: list[Series | ChangeStrip] = [*shown_series(self.answer), *drawn_strips(self.answer)]
        for drawn in every:
            if not _is_of(drawn, key):
                continue
            inside = [days for days in _periods(drawn) if key.start <= days[0] and days[1] <= key.end]
            if not inside or (inside[0][0], inside[-1][1]) != (key.start, key.end):
                continue
            windows = [Window(key.members, key.measure, *days, key.scheme) for days in inside]
            if all(self._cell(one)[1] == SHOWN for one in windows):
                return SHOWN
        return WITHHELD


def _is_of(drawn: Series | ChangeStrip, key: CountKey) -> bool:
    return (drawn.measure, drawn.area.level, drawn.area.code) == (key.measure, key.level, key.place)


def windows_of(answer: Answer) -> list[Window]:
    """Every count of an answer as a window of days, for a site that discloses it together with its other
    counts.

    Those that its tables and charts show and those that the numbers in its sentences rest on. What the first
    sentence and the table of numbers say weighs most, then the months of its chart.
    """
    found = dict.fromkeys(window for window, value in entries(answer) if value is not None)
    behind = dict.fromkeys(
        Window(key.members, key.measure, key.start, key.end, key.scheme)
        for number in _numbers_in(
            [answer.headline, answer.messages, answer.verdicts, answer.warnings, answer.corroboration]
        )
        for key in number.rests_on
    )
    burst, main = burst_window(answer), members(answer.area)
    headline = {(s.start, s.end) for s in answer.spans if s.area.code == answer.area.code}
    headline |= {(burst.start, burst.end)} if burst else set()
    weighed = []
    for window in found | behind:
        is_main = (window.members, window.measure, window.scheme) == (main, answer.measure, answer.scheme)
        is_headline = is_main and (window.start, window.end) in headline
        weight = 1000.0 if is_headline else 200.0 if window in behind else 20.0 if is_main else 1.0
        weighed.append(replace(window, weight=weight))
    return weighed


def _numbers_in(thing: Any) -> Iterator[Number]:
    """Every `Number` in messages, at any depth."""
    if isinstance(thing, Number):
        yield thing
    elif isinstance(thing, Message):
        yield from thing.numbers()
    elif is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            yield from _numbers_in(getattr(thing, field.name))
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from _numbers_in(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _numbers_in(value)


def show_with(answer: Answer, site: Disclosed) -> Shown:
    """An answer whose counts are those of a site's table, disclosed there together, with the estimates that
    may be printed."""
    area = pl.concat_str("level", pl.lit(":"), "place").alias("area")
    own = sorted({key_of(window)[1] for window in windows_of(answer)})
    shown = Shown(
        answer, site.filter(pl.col("every") == "window").with_columns(area).filter(pl.col("area").is_in(own))
    )
    marks = {s.measure: list(shown.counts(s, "").marks) for s in shown_series(answer)}
    return replace(shown, answer=printable(answer, marks, site.threshold))


def show(answer: Answer, *, threshold: int = THRESHOLD, beside: Beside = None) -> Shown:
    """Put the counts of an answer through disclosure control, as a site does with those of all its answers.

    `beside`: the folder of a site of the same records, or several, so that no suppressed count follows from
    all together.
    """
    windows = windows_of(answer)
    if answer.store is None:  # an answer built by hand
        return show_with(answer, window_cells(_assumed(answer, windows), threshold=threshold))
    store = open_store(answer.store)
    if not beside:
        return show_with(answer, window_cells((windows, daily_counts(store, windows)), threshold=threshold))
    shown = members(answer.area)
    before = read_edition(beside)
    cells = site_cells(store, windows, threshold=threshold, requested=shown, before=before, only_windows=True)
    return show_with(answer, cells.table)


def _assumed(answer: Answer, windows: Sequence[Window]) -> tuple[list[Window], Daily]:
    """Windows and daily counts of an answer without a store: each period's count spread over its days.

    Windows that these do not add up to are left out, and so withheld.
    """
    value: dict[Window, int] = {}
    for window, count in entries(answer):
        if count is not None:
            value.setdefault(window, round(count))
    days: dict[tuple[Any, str, str], dict[int, int]] = {}
    for series in shown_series(answer):
        member = (series.area.level, series.area.code)
        at = days.setdefault((member, series.measure, answer.scheme), {})
        for (start, end), observed in zip(_periods(series), series.observed, strict=True):
            n = (end - start).days + 1
            each, more = divmod(round(observed or 0), n)
            at.update({start.toordinal() + i: each + (i < more) for i in range(n)})
    daily: Daily = {}
    for key, counts in days.items():
        first, last = min(counts), max(counts)
        row = np.array([counts.get(day, 0) for day in range(first, last + 1)], np.int64)
        daily[key] = (first, np.concatenate([[0], row.cumsum()]))
    kept = []
    for window in windows:
        one = replace(window, members=((window.level, window.place),))
        span = one.start.toordinal(), one.end.toordinal() + 1
        if count_between(daily, (one.members[0], one.measure, one.scheme), *span) == value.get(window):
            kept.append(one)
    return kept, daily


__all__ = ["SMALL", "Shown", "show"]
