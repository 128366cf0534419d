"""Counts over days of their own (surges, the spans and months of answers, what an earlier edition published),
tied to the periods of the site.

A surge of four days, together with its month, reveals the count of the rest of the month. So the days of a
place are cut wherever a published count begins or ends; the pieces stand on no page, but are protected as if
they did.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.detainers.outcomes import OUTCOMES
from atlarge.disclosure.constraints import ConstraintBuilder, LinearConstraints
from atlarge.errors import CoverageError, QuestionError
from atlarge.panel import measure as measure_of
from atlarge.panel import panel
from atlarge.records.store import Store

Member = tuple[str, str]
"""Level and code of a place."""


PARTS: dict[str, tuple[str, ...]] = {
    "arrests": ("at_large", "handoffs"),
    "detainers_issued": ("detainers_booked", "detainers_declined", "detainers_missing"),
}
"""Measures that are together no more than another."""

EXHAUSTIVE = {"detainers_issued": tuple(f"detainers_{name}" for name in OUTCOMES)}
"""Measures that make up another, as a report of detainers has them."""

OTHERS = "-others"
"""Ending of the name of what a measure counts beside its parts."""


@dataclass(frozen=True)
class Window:
    """A count of a measure in one place, or in several together, over days (both ends inside).

    `weight`: how much more than another window of like size a reader would lose with it.
    """

    members: tuple[Member, ...]
    measure: str
    start: dt.date
    end: dt.date
    scheme: str = "ddp"
    weight: float = field(default=1.0, compare=False)

    @property
    def place(self) -> str:
        """Codes of its places, joined by "+"."""
        return "+".join(code for _, code in self.members)

    @property
    def level(self) -> str:
        """Its level; "locality" where several places are counted together."""
        return self.members[0][0] if len(self.members) == 1 else "locality"

    @property
    def name(self) -> str:
        """The measure, with the scheme where it is not the site's."""
        return self.measure if self.scheme == "ddp" else f"{self.measure}@{self.scheme}"


Row = tuple[str, str, str, str, dt.date, dt.date, int]
"""Level, place, measure, kind, first day, last day, count."""

Daily = dict[tuple[Member, str, str], tuple[int, NDArray[np.int64]]]
"""(place, measure, scheme) -> ordinal of the first covered day, cumulative counts from zero."""

Pieces = dict[tuple[Member, str], list[tuple[int, int, int]]]
"""Place and measure -> first day, day after the last (ordinals), row."""


def weights(rows: pl.DataFrame, windows: Sequence[Window]) -> NDArray[np.float64]:
    """Weight of each row of `tie_windows`; of windows that are the same, the largest; of other rows, 1."""
    found: dict[tuple[object, ...], float] = {}
    for w in windows:
        key = (w.level, w.place, w.name, w.start, w.end)
        found[key] = max(w.weight, found.get(key, 0.0))
    keys = ("level", "place", "measure", "start", "end", "every")
    each = [found.get(row[:5], 1.0) if row[5] == "window" else 1.0 for row in rows.select(keys).iter_rows()]
    return np.array(each, dtype=np.float64)


def daily_counts(store: Store, windows: Sequence[Window]) -> Daily:
    """Cumulative daily counts of every place and measure that some window is about.

    QuestionError for a measure that is inferred: it is no sum of days, and cannot be disclosed as one.
    """
    for name in sorted({w.measure for w in windows if measure_of(w.measure).is_inferred}):
        raise QuestionError(f"{name} is inferred, not counted: it has no disclosed table; ask for `handoffs`")
    found: Daily = {}
    wanted: dict[tuple[str, str, str], set[str]] = {}
    for w in windows:
        for level, code in w.members:
            wanted.setdefault((level, w.measure, w.scheme), set()).add(code)
    for (level, measure, scheme), codes in sorted(wanted.items()):
        some = sorted(codes)
        try:
            counted = panel(store, by=level, every="day", measures=[measure], scheme=scheme, places=some)
        except CoverageError:  # the store covers none of these places: they have no counts to tie
            continue
        values, places, periods = counted.matrix(measure)
        until = measure_of(measure).unmeasured_from
        n = len(periods) if until is None else sum(day < until for day in periods)
        if n == 0:
            continue
        values = values[:, :n]  # days after the end of a measure are not covered: missing, not zero
        sums = np.concatenate([np.zeros((len(places), 1)), np.nan_to_num(values).cumsum(axis=1)], axis=1)
        for i, code in enumerate(places):
            found[((level, code), measure, scheme)] = (periods[0].toordinal(), sums[i].astype(np.int64))
    return found


def count_between(daily: Daily, key: tuple[Member, str, str], first: int, stop: int) -> int | None:
    """Count over the days first..stop-1 (ordinals); None where they are not all covered."""
    if key not in daily:
        return None
    begin, sums = daily[key]
    if first < begin or stop - begin >= len(sums) or stop < first:
        return None
    return int(sums[stop - begin] - sums[first - begin])


def is_covered(daily: Daily, window: Window) -> bool:
    """Whether all days of a window are covered, in each of its places."""
    span = (window.start.toordinal(), window.end.toordinal() + 1)
    keys = [(member, window.measure, window.scheme) for member in window.members]
    return all(count_between(daily, key, *span) is not None for key in keys)


def tie_windows(
    cells: pl.DataFrame,
    fine: pl.DataFrame,
    windows: Sequence[Window],
    daily: Daily,
    within: Sequence[pl.DataFrame] = (),
    classes: Mapping[tuple[Any, ...], Sequence[Any]] | None = None,
) -> tuple[pl.DataFrame, NDArray[np.bool_], LinearConstraints]:
    """Rows for the windows and for the unpublished pieces, which of them are published, and their sums.

    Row numbers of the sums count on from the rows of `cells`. `within`: families of places that are together
    no more than a parent (child_level, child, parent_level, parent). `classes`: what the measures of some
    days divide the records into (`record_classes`).
    """
    system = _DayRanges(cells, fine, daily)
    for window in sorted(set(windows), key=lambda w: (w.level, w.place, w.name, w.start, w.end)):
        system.add(window)
    return system.closed(within, classes or {})


class _DayRanges:
    """Collects windows, cuts the days, and writes the sums."""

    def __init__(self, cells: pl.DataFrame, fine: pl.DataFrame, daily: Daily) -> None:
        self.first_row = cells.height
        self.daily = daily
        self.windows: list[tuple[Window, int]] = []
        self.value: dict[int, int | None] = {}
        self.base = self._bases(cells, fine)

    def _bases(self, cells: pl.DataFrame, fine: pl.DataFrame) -> Pieces:
        """The site's own cells of the places concerned; their values are kept by row in `self.value`."""
        keys = {(m[0], m[1], measure) for m, measure, scheme in self.daily if scheme == "ddp"}
        if not keys:
            return {}
        about = pl.DataFrame(sorted(keys), schema=["level", "place", "measure"], orient="row")
        rows = cells.with_row_index("row").join(about, on=["level", "place", "measure"], how="semi")
        rows = rows.join(fine, on=["level", "place"]).filter(pl.col("every") == pl.col("fine"))
        found: Pieces = {}
        names = ["level", "place", "measure", "start", "end", "row", "value"]
        for level, place, measure, start, end, row, value in rows.sort(names).select(names).iter_rows():
            self.value[row] = value
            found.setdefault(((level, place), measure), []).append(
                (start.toordinal(), end.toordinal() + 1, row)
            )
        return found

    def add(self, window: Window) -> None:
        """Take a window in, where its days are covered."""
        span = (window.start.toordinal(), window.end.toordinal() + 1)
        parts = [count_between(self.daily, (m, window.measure, window.scheme), *span) for m in window.members]
        if None not in parts:
            self.windows.append((window, sum(p or 0 for p in parts)))

    def _cuts(self) -> dict[tuple[Member, str], list[int]]:
        """Where the days of each place and measure are cut: at the ends of windows and of their periods."""
        cuts: dict[tuple[Member, str], set[int]] = {}
        for window, _ in self.windows:
            span = (window.start.toordinal(), window.end.toordinal() + 1)
            for member in window.members:
                edges = cuts.setdefault((member, window.name), set())
                edges.update(span)
                for first, stop, _row in self.base.get((member, window.name), []):
                    if first < span[1] and span[0] < stop:
                        edges.update((first, stop))
        return {key: sorted(edges) for key, edges in cuts.items()}

    def closed(
        self, within: Sequence[pl.DataFrame], classes: Mapping[tuple[Any, ...], Sequence[Any]]
    ) -> tuple[pl.DataFrame, NDArray[np.bool_], LinearConstraints]:
        """The rows and sums of all windows taken in."""
        rows: list[Row] = [
            (w.level, w.place, w.name, "window", w.start, w.end, value) for w, value in self.windows
        ]
        sums = ConstraintBuilder()
        pieces: Pieces = {}
        for key, edges in self._cuts().items():
            pieces[key] = self._cut(key, edges, rows)
        for key, parts in pieces.items():
            for first, stop, row in self.base.get(key, []):
                inside = _inside(parts, first, stop)
                if inside:
                    self._tie_base(key, inside, row, rows, sums)
        for i, (window, _) in enumerate(self.windows):
            first, stop = window.start.toordinal(), window.end.toordinal() + 1
            inside = [n for m in window.members for n in _inside(pieces[(m, window.name)], first, stop)]
            sums.add(inside, [self.first_row + i])
        self._tie_schemes(rows, sums)
        self._tie_measures(pieces, rows, sums)
        self._tie_windows_of_parts(rows, sums)
        self._tie_classes(classes, rows, sums)
        for family in within:
            self._tie_family(family, pieces, sums)
        names = ["level", "place", "measure", "every", "start", "end", "value"]
        types = dict.fromkeys(names[:4], pl.String) | {"start": pl.Date, "end": pl.Date, "value": pl.Int64}
        frame = pl.DataFrame(rows, schema=types, orient="row")
        published = np.array([row[3] == "window" for row in rows], bool)
        return frame, published, sums.build()

    def _tie_family(self, family: pl.DataFrame, pieces: Pieces, sums: ConstraintBuilder) -> None:
        """Over the same days places are together no more than what contains them."""
        children: Pieces = {}
        names = sorted({name for _, name in pieces})
        for child_level, child, parent_level, parent in family.iter_rows():
            for name in names:
                parts = pieces.get(((child_level, child), name), [])
                children.setdefault(((parent_level, parent), name), []).extend(parts)
        spans = [
            ((w.members[0], w.name), w.start.toordinal(), w.end.toordinal() + 1, self.first_row + i)
            for i, (w, _) in enumerate(self.windows)
            if len(w.members) == 1
        ]
        spans += [(key, *piece) for key, parts in pieces.items() for piece in parts]
        for key, first, stop, row in spans:
            inside = _inside(children.get(key, []), first, stop)
            if inside:
                sums.add(inside, [row], is_inequality=True)

    def _tie_measures(self, pieces: Pieces, rows: list[Row], sums: ConstraintBuilder) -> None:
        """Over the same days parts of a measure are together no more than the whole; what else it counts,
        beside the parts that are counted on all of those days, is a count of its own."""
        for (member, name), wholes in pieces.items():
            some = PARTS.get(name, ())
            finest = [p for p in EXHAUSTIVE.get(name, ()) if (member, p) in pieces]
            if len(finest) > len(some):
                some = EXHAUSTIVE[name]
            inner = [pieces.get((member, part), []) for part in some]
            for first, stop, row in wholes:
                each = [[p for p in parts if first <= p[0] and p[1] <= stop] for parts in inner]
                inside = [number for parts in each for _, _, number in parts]
                if not inside:
                    continue
                whole_days = [sum(b - a for a, b, _ in parts) == stop - first for parts in each]
                if any(whole_days) and some != EXHAUSTIVE.get(name):
                    counted = [
                        n for parts, ok in zip(each, whole_days, strict=True) if ok for _, _, n in parts
                    ]
                    values = [rows[number - self.first_row][6] for number in (row, *counted)]
                    days = rows[row - self.first_row][4:6]
                    sums.add([*counted, self.first_row + len(rows)], [row])
                    rows.append((*member, name + OTHERS, "piece", *days, values[0] - sum(values[1:])))
                if not all(whole_days) or some == EXHAUSTIVE.get(name):
                    sums.add(inside, [row], is_inequality=not all(whole_days))

    def _tie_windows_of_parts(self, rows: list[Row], sums: ConstraintBuilder) -> None:
        """What a window counts beside the windows of its parts over the same days is a count of its own: it
        may be small where its pieces are together."""
        at = {(w.members, w.name, w.start, w.end): i for i, (w, _) in enumerate(self.windows)}
        for i, (window, value) in enumerate(self.windows):
            if window.name in EXHAUSTIVE:
                continue
            keys = [(window.members, p, window.start, window.end) for p in PARTS.get(window.name, ())]
            parts = [at[key] for key in keys if key in at]
            if not parts:
                continue
            sums.add([*(self.first_row + k for k in parts), self.first_row + len(rows)], [self.first_row + i])
            rest = value - sum(self.windows[k][1] for k in parts)
            days = window.start, window.end
            rows.append((window.level, window.place, window.name + OTHERS, "piece", *days, rest))

    def _tie_classes(
        self, classes: Mapping[tuple[Any, ...], Sequence[Any]], rows: list[Row], sums: ConstraintBuilder
    ) -> None:
        """Windows of several measures over the same days are sums of the classes that these tell apart."""
        at: dict[tuple[Any, ...], dict[str, int]] = {}
        for i, (window, _) in enumerate(self.windows if classes else ()):
            at.setdefault((window.members, window.start, window.end), {})[window.name] = i
        for days, numbers in at.items():
            counts: dict[tuple[str, frozenset[str]], int] = {}
            for one in classes.get(days, ()):
                key = (one.column, one.names.intersection(numbers))
                counts[key] = counts.get(key, 0) + one.count
            window = self.windows[next(iter(numbers.values()))][0]
            for column in dict.fromkeys(column for column, _ in counts):
                some = {names: n for (of, names), n in counts.items() if of == column and names}
                if not any(len(names) > 1 for names in some):
                    continue
                inside: dict[str, list[int]] = {}
                for k, (names, n) in enumerate(some.items()):
                    for name in names:
                        inside.setdefault(name, []).append(self.first_row + len(rows))
                    label = f"{column}-class-{k}"
                    rows.append((window.level, window.place, label, "piece", window.start, window.end, n))
                for name, parts in inside.items():
                    sums.add(parts, [self.first_row + numbers[name]])

    def _tie_base(
        self, key: tuple[Member, str], inside: list[int], row: int, rows: list[Row], sums: ConstraintBuilder
    ) -> None:
        """Pieces make up the site's count; days of months covered in part, which it lacks, are a
        remainder."""
        value = self.value[row]
        rest = 0 if value is None else sum(rows[n - self.first_row][6] for n in inside) - value
        if rest == 0:
            sums.add(inside, [row])
            return
        (level, place), name = key
        first, last = rows[inside[0] - self.first_row][4], rows[inside[-1] - self.first_row][5]
        rows.append((level, place, f"{name}-rest", "piece", first, last, abs(rest)))
        extra = self.first_row + len(rows) - 1
        if rest > 0:
            sums.add([row, extra], inside)
        else:
            sums.add([*inside, extra], [row])

    def _cut(self, key: tuple[Member, str], edges: list[int], rows: list[Row]) -> list[tuple[int, int, int]]:
        """The pieces between the cuts of one place and measure, as new rows."""
        member, name = key
        measure, _, scheme = name.partition("@")
        cut = []
        for first, stop in itertools.pairwise(edges):
            key_of_days = (member, measure, scheme or "ddp")
            begin, sums = self.daily[key_of_days]
            # A period may run past the last covered day: its count is of the covered ones.
            value = count_between(
                self.daily, key_of_days, max(first, begin), min(stop, begin + len(sums) - 1)
            )
            if value is None:
                continue
            cut.append((first, stop, self.first_row + len(rows)))
            days = dt.date.fromordinal(first), dt.date.fromordinal(stop - 1)
            rows.append((member[0], member[1], name, "piece", *days, value))
        return cut

    def _tie_schemes(self, rows: list[Row], sums: ConstraintBuilder) -> None:
        """Two schemes' counts over the same days differ by a count of their own."""
        at = {(w.place, w.name, w.start, w.end): i for i, (w, _) in enumerate(self.windows)}
        for i, (window, _) in enumerate(self.windows):
            other = at.get((window.place, window.measure, window.start, window.end))
            if window.scheme == "ddp" or other is None:
                continue
            less, more = sorted((i, other), key=lambda k: (self.windows[k][1], k))
            rest = abs(self.windows[more][1] - self.windows[less][1])
            row = self.first_row + len(rows)
            rows.append(
                (window.level, window.place, f"{window.name}-rest", "piece", window.start, window.end, rest)
            )
            sums.add([self.first_row + less, row], [self.first_row + more])


def _inside(pieces: list[tuple[int, int, int]], first: int, stop: int) -> list[int]:
    """Rows of the pieces that lie within some days."""
    return [row for a, b, row in pieces if first <= a and b <= stop]
