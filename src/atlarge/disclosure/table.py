"""Disclosure control as a type: what has not passed it cannot be drawn, tabled or downloaded.

`disclose` is the only way to make a `Disclosed`; everything that renders takes one. Counts under the
threshold are suppressed (primary), and further cells are suppressed until those cannot be worked out from
whatever else is published (complementary). The search for those further cells is in `suppression`.
"""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from atlarge.disclosure.audit import Audit, audit
from atlarge.disclosure.constraints import NO_END, OPEN, PRIMARY, UNPUBLISHED, Knowledge, LinearConstraints
from atlarge.disclosure.suppression import SPREAD, search
from atlarge.errors import QuestionError

THRESHOLD = 5

SHOWN, SMALL, WITHHELD, UNCOVERED = "shown", "small", "withheld", "uncovered"
"""Marks of published cells: the count, "<5", suppressed to protect another, and not covered by any
release."""


class _Seal:
    """Stands in what `disclose` returns; a class, so that it survives a trip to another process."""


_SEAL = _Seal


@dataclass(frozen=True)
class Counts:
    """One published series of counts: value None where it is suppressed or not covered.

    Built only by `Disclosed.counts`, so that a chart of counts cannot be drawn from raw ones.
    `threshold` says how small "small" is: such a count lies between 1 and threshold - 1.
    """

    label: str
    periods: tuple[dt.date, ...]
    values: tuple[int | None, ...]
    marks: tuple[str, ...]
    threshold: int
    seal: object = None

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("counts are published through disclose(), which suppresses the small ones")

    @property
    def covered(self) -> tuple[dt.date, ...]:
        """The periods that are covered, whether their counts are shown or not."""
        return tuple(day for day, mark in zip(self.periods, self.marks, strict=True) if mark != UNCOVERED)

    def named(self, label: str) -> Counts:
        """The same series under another label."""
        return replace(self, label=label)

    def over(self, periods: tuple[dt.date, ...]) -> Counts:
        """The same series over other periods; one that it lacks is not covered."""
        if self.periods == periods:
            return self
        known = dict(zip(self.periods, zip(self.values, self.marks, strict=True), strict=True))
        cells = [known.get(day, (None, UNCOVERED)) for day in periods]
        values, marks = tuple(v for v, _ in cells), tuple(m for _, m in cells)
        return replace(self, periods=periods, values=values, marks=marks)

    def less(self, *parts: Counts) -> Counts:
        """What remains of the series without some parts of it, from shown counts alone.

        A period is withheld where it or a part of it is hidden. Where some parts are not covered, what they
        would be is in what remains; where none is, or the series is not, nothing is known.
        """
        values: list[int | None] = []
        marks = []
        for i, whole in enumerate(self.values):
            known = [(p.values[i], p.marks[i]) for p in parts if p.marks[i] != UNCOVERED]
            some = [(whole, self.marks[i]), *known]
            shown = [v for v, _ in some if v is not None]
            is_bare = self.marks[i] == UNCOVERED or not known
            is_known = len(shown) == len(some) and not is_bare
            values.append(shown[0] - sum(shown[1:]) if is_known else None)
            marks.append(SHOWN if is_known else UNCOVERED if is_bare else WITHHELD)
        return replace(self, label="", values=tuple(values), marks=tuple(marks))

    @property
    def total(self) -> int | None:
        """Sum of the series, or None where any of it is suppressed."""
        if SMALL in self.marks or WITHHELD in self.marks:
            return None
        return sum(v for v in self.values if v is not None)


class Disclosed:
    """A table of counts that has passed disclosure control.

    Attributes
    ----------
    frame
        The key columns that were given, `value` (null where suppressed or not covered) and `mark` (shown,
        small, withheld, uncovered), as a frame of the library that they came in. Suppressed counts are not
        in it.
    threshold
        Counts from 1 to threshold - 1 are small.
    """

    def __init__(self, frame: Any, threshold: int, seal: object, system: _System | None = None) -> None:
        if seal is not _SEAL:
            raise TypeError("a Disclosed table is returned by disclose(), which suppresses the small counts")
        self.frame = frame
        self.threshold = threshold
        self._system = system

    def __repr__(self) -> str:
        shown = self.marks.count(SHOWN)
        s = self.suppressed
        return (
            f"Disclosed({len(self.marks):,} cells: {shown:,} published, "
            f"{s[SMALL]:,} small (<{self.threshold}), {s[WITHHELD]:,} withheld)"
        )

    @property
    def marks(self) -> list[str]:
        """The mark of every row."""
        import narwhals.stable.v1 as nw

        return [str(m) for m in nw.from_native(self.frame, eager_only=True)["mark"].to_list()]

    def to_frame(self) -> Any:
        """The table that may be passed on: keys, value, mark."""
        return self.frame

    def summary(self) -> str:
        """How many cells are published, small, withheld and not covered, in one line each."""
        names = {
            SHOWN: "published",
            SMALL: "primary suppression" + (f" (1 to {self.threshold - 1})" if self.threshold > 1 else ""),
            WITHHELD: "complementary suppression",
            UNCOVERED: "not covered",
        }
        marks = self.marks
        return "\n".join(f"{marks.count(mark):>10,}  {name}" for mark, name in names.items())

    def plot(self, ax: Any = None) -> Any:
        """Draw how many cells carry each mark, as bars; returns the axes (needs Matplotlib)."""
        from atlarge.disclosure.plots import bars

        marks = self.marks
        kinds = (SHOWN, SMALL, WITHHELD, UNCOVERED)
        return bars({mark: marks.count(mark) for mark in kinds}, "cells", ax)

    def audit(self) -> Audit:
        """Work out what a reader can infer of each suppressed cell, by linear and integer programmes.

        Only where the whole table is at hand as `disclose` returned it; QuestionError for a part of one.
        """
        if self._system is None:
            raise QuestionError("only a table as disclose() returned it can be audited, not a part of it")
        s = self._system
        return audit(s.public_values(), s.status, s.constraints, threshold=self.threshold, known=s.known)

    def filter(self, *conditions: Any) -> Disclosed:
        """Part of the table, by conditions of its own library; what was suppressed stays so."""
        return Disclosed(self.frame.filter(*conditions), self.threshold, _SEAL)

    def with_columns(self, *columns: Any) -> Disclosed:
        """The table with further columns computed from its keys (polars)."""
        return Disclosed(self.frame.with_columns(*columns), self.threshold, _SEAL)

    def counts(self, label: str, *conditions: Any, period: str = "period") -> Counts:
        """One series of the table, in the order of its periods (polars)."""
        rows = self.frame.filter(*conditions).sort(period)
        return Counts(
            label,
            tuple(rows[period].to_list()),
            tuple(rows["value"].to_list()),
            tuple(rows["mark"].to_list()),
            self.threshold,
            _SEAL,
        )

    def all_counts(self, *keys: str, period: str = "start") -> dict[tuple[str, ...], Counts]:
        """Every series of the table by its keys, each in the order of its periods; labels are empty
        (polars)."""
        lists = (
            self.frame.sort(*keys, period).group_by(*keys, maintain_order=True).agg(period, "value", "mark")
        )
        return {
            tuple(row[: len(keys)]): Counts(
                "", tuple(row[-3]), tuple(row[-2]), tuple(row[-1]), self.threshold, _SEAL
            )
            for row in lists.iter_rows()
        }

    def cell(self, *conditions: Any) -> tuple[int | None, str]:
        """Value and mark of one cell; QuestionError unless exactly one is meant (polars)."""
        rows = self.frame.filter(*conditions)
        if rows.height != 1:
            raise QuestionError(f"{rows.height} published cells match where one was expected")
        return rows["value"].item(), rows["mark"].item()

    @property
    def suppressed(self) -> dict[str, int]:
        """How many cells are suppressed, by mark."""
        marks = self.marks
        return {SMALL: marks.count(SMALL), WITHHELD: marks.count(WITHHELD)}


@dataclass(frozen=True)
class _System:
    """What a reader can reason with: marks and constraints. The suppressed counts are not in it."""

    values: Any
    status: Any
    constraints: LinearConstraints
    known: Knowledge | None

    def public_values(self) -> Any:
        """Published counts; 0 for all others."""
        return self.values


def framed(data: Any, *needed: str) -> Any:
    """A dataframe of any library, by its common face; QuestionError for what is none or lacks a column."""
    import narwhals.stable.v1 as nw

    try:
        frame = nw.from_native(data, eager_only=True)
    except TypeError:
        raise QuestionError("give a pandas, Polars or PyArrow frame; a lazy one, collected") from None
    for name in needed:
        if name not in frame.columns:
            known = ", ".join(map(str, frame.columns))
            raise QuestionError(f"the frame has no column {name!r}; it has {known}")
    return frame


def disclose(
    cells: Any,
    constraints: LinearConstraints | None = None,
    *,
    value: str = "value",
    threshold: int = THRESHOLD,
    cost: Any = None,
    published: Any = None,
    spread: int = SPREAD,
    known: Knowledge | None = None,
    withheld: Any = None,
    auxiliary: Any = None,
    is_strict: bool = False,
    is_marked: bool = True,
) -> Disclosed:
    """Suppress small counts, and what would give them away.

    Parameters
    ----------
    cells
        Any dataframe (polars, pandas, pyarrow): key columns and the counts, one row a cell; null where a
        count is not covered.
    constraints
        By row number, which cells add up to which; left out, cells stand alone.
    value
        Name of the column of counts.
    threshold
        Counts from 1 to threshold - 1 are suppressed.
    cost
        What a reader loses with each cell (larger is kept longer); the count itself by default.
    published
        Rows that are False are protected but left out of the table.
    spread
        How far apart the least and greatest possible count of a small cell shall be.
    known
        What readers know already.
    withheld
        Rows that an earlier publication withheld: they stay so.
    auxiliary
        Rows that are not published and only make up others: they are not protected themselves.
    is_strict
        Whether a small count that can only have a part of the spread is an error too.
    is_marked
        Whether the page says which of the suppressed counts are small.

    Returns
    -------
    Disclosed

    Raises
    ------
    ValueError
        Where the constraints do not hold, or a small cell cannot be protected.
    QuestionError
        For a column that is not there, values that are no counts, and a threshold that is not a whole number.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"county": ["A", "B", "C", "all"], "value": [2, 30, 40, 72]})
    >>> disclose(frame, LinearConstraints.of(whole=[3, 3, 3], part=[0, 1, 2]))
    Disclosed(4 cells: 2 published, 1 small (<5), 1 withheld)
    """
    table = framed(cells, value)
    if isinstance(threshold, bool) or not isinstance(threshold, int | np.integer) or threshold < 0:
        raise QuestionError(f"threshold is a whole number from 0, not {threshold!r}")
    raw = table[value].to_list()
    covered = np.array([v is not None and v == v for v in raw], bool)
    for row in np.flatnonzero(covered).tolist():
        if not isinstance(raw[row], numbers.Real) or raw[row] != round(float(raw[row])):
            raise QuestionError(f"column {value!r}: row {row} is {raw[row]!r}, not a count")
    counts = np.array([int(v) if ok else 0 for v, ok in zip(raw, covered, strict=True)], np.int64)
    if (counts < 0).any():
        raise QuestionError(f"column {value!r}: row {int((counts < 0).argmax())} is negative; counts are not")
    rows = constraints or LinearConstraints.none()
    found = search(
        counts,
        covered,
        rows,
        published=published,
        threshold=threshold,
        cost=cost,
        spread=spread,
        known=known,
        withheld=withheld,
        auxiliary=auxiliary,
        is_strict=is_strict,
        is_marked=is_marked,
    )
    marks = mark_of(found.status, covered)
    shown = [int(v) if m == SHOWN else None for v, m in zip(counts.tolist(), marks, strict=True)]
    frame = _marked(table, value, shown, marks)
    if published is not None and len(marks):
        frame = frame.filter([bool(p) for p in np.asarray(published, bool)])
    system = _System(np.where(found.status == OPEN, counts, 0), found.status, rows, known)
    return Disclosed(frame.to_native(), threshold, _SEAL, system if covered.all() else None)


def _marked(table: Any, value: str, shown: list[int | None], marks: list[str]) -> Any:
    """The key columns with `value` and `mark`, in the library that the table came in."""
    import narwhals.stable.v1 as nw

    names = [c for c in table.columns if c != value]
    native = nw.get_native_namespace(table)
    if native.__name__ == "pandas":  # its integer columns cannot hold nulls
        frame = table.to_native()[names].copy()
        frame["value"] = native.array(shown, dtype="Int64")
        frame["mark"] = marks
        return nw.from_native(frame, eager_only=True)
    columns = {
        "value": nw.new_series("value", shown, nw.Int64, native_namespace=native),
        "mark": nw.new_series("mark", marks, nw.String, native_namespace=native),
    }
    return table.select(*names).with_columns(**columns) if names else nw.from_dict(columns)


def mark_of(status: Any, covered: Any) -> list[str]:
    """Mark of each cell by its status."""
    by_status = np.where(status == PRIMARY, SMALL, np.where(status == OPEN, SHOWN, WITHHELD))
    return [str(m) for m in np.where(~covered & (status != UNPUBLISHED), UNCOVERED, by_status)]


def believed(mark: str, count: int, threshold: int) -> tuple[int, int]:
    """Least and greatest count that a reader believes of a published cell, from its mark.

    A shown count is itself, "<5" is 1 to 4. A withheld one is the threshold or more, as zeros are never
    suppressed and the rules are public; but a small one may be withheld without its mark, and then, as where
    no small count is marked as one (a report of detainers), it is 1 or more.

    Examples
    --------
    >>> believed("small", 2, 5)
    (1, 4)
    """
    if mark == SHOWN:
        return count, count
    if mark == SMALL:
        return 1, threshold - 1
    return threshold if count >= threshold else 1, NO_END


def mark_text(value: int | None, mark: str, threshold: int, withheld: str, uncovered: str) -> str:
    """A cell as a reader sees it: the count, "<5", or the words for withheld and not covered."""
    if mark == SHOWN and value is not None:
        return f"{value:,}"
    return {SMALL: f"<{threshold}", WITHHELD: withheld}.get(mark, uncovered)


def stack(tables: Sequence[Disclosed]) -> Disclosed:
    """Disclosed tables of the same columns one below the other; the strictest threshold is reported.

    Parameters
    ----------
    tables : sequence of Disclosed
        One or more.

    Returns
    -------
    Disclosed
        All rows in order.

    Raises
    ------
    QuestionError
        If there is no table.

    Examples
    --------
    >>> import polars as pl
    >>> year = disclose(pl.DataFrame({"county": ["A", "B", "C"], "value": [3, 9, 20]}))
    >>> len(stack([year, year]).to_frame())
    6
    """
    import narwhals.stable.v1 as nw

    if not tables:
        raise QuestionError("no disclosed table was given")
    frame = nw.concat([nw.from_native(t.frame, eager_only=True) for t in tables]).to_native()
    return Disclosed(frame, max(t.threshold for t in tables), _SEAL)
