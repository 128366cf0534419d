"""An attacker who has the published table and public knowledge only, and a linear-programme solver.

Written apart from the package: it reads `all.csv` as anyone would, writes down every sum that must hold
(months in a fiscal year, parts of a measure, places in places, days of a surge in its months) and asks
HiGHS how far each hidden count can move.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy import sparse
from scipy.optimize import linprog

FINE = ("month", "quarter")
PARTS = {"at_large": "arrests", "handoffs": "arrests"}


def fiscal_start(day: dt.date) -> dt.date:
    return dt.date(day.year - (day.month < 10), 10, 1)


@dataclass
class System:
    """A x = b over the hidden counts and whatever else is not published; bounds of each."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    rows: list[tuple[list[int], list[float], float]] = field(default_factory=list)

    def unknown(self, low: float = 0.0, high: float = np.inf) -> int:
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1


class Attacker:
    """Builds the system from the table; `moves` tells how far the hidden counts can move."""

    def __init__(
        self, table: pl.DataFrame, pairs: list[tuple[str, str, str, str]], threshold: int = 5
    ) -> None:
        self.s = System()
        self.rows = table.filter(pl.col("mark") != "uncovered").rows(named=True)
        self.term: list[tuple[int | None, float]] = []
        self.at: dict[tuple, int] = {}
        for i, row in enumerate(self.rows):
            self.at[tuple(row[k] for k in ("level", "place", "measure", "period", "start", "end"))] = i
            if row["mark"] == "shown":
                self.term.append((None, float(row["value"])))
            else:
                small = row["mark"] == "small"
                self.term.append(
                    (self.s.unknown(1.0 if small else 0.0, threshold - 1.0 if small else np.inf), 0.0)
                )
        self._times()
        self._measures()
        self._places(pairs)
        self._windows()

    def _sum(self, parts: list[int], wholes: list[int], extra: list[int] = (), rest: bool = False) -> None:
        """Rows `parts` and unknowns `extra` add up to rows `wholes`, with a remainder if `rest`."""
        columns, signs, known = list(extra), [1.0] * len(extra), 0.0
        for sign, group in ((1.0, parts), (-1.0, wholes)):
            for i in group:
                variable, value = self.term[i]
                if variable is None:
                    known += sign * value
                else:
                    columns.append(variable)
                    signs.append(sign)
        if not columns:
            return
        if rest:
            columns.append(self.s.unknown())
            signs.append(1.0)
        self.s.rows.append((columns, signs, -known))

    def _groups(self, key) -> dict:
        found = defaultdict(list)
        for i, row in enumerate(self.rows):
            name = key(row)
            if name is not None:
                found[name].append(i)
        return found

    def _times(self) -> None:
        fine = self._groups(
            lambda r: (
                (r["level"], r["place"], r["measure"], fiscal_start(r["start"]))
                if r["period"] in FINE
                else None
            )
        )
        for (level, place, measure, year), parts in fine.items():
            whole = [i for i in self._years.get((level, place, measure), []) if self.rows[i]["start"] == year]
            ends = max(self.rows[i]["end"] for i in parts)
            if whole and ends == self.rows[whole[0]]["end"]:
                self._sum(parts, whole)

    @property
    def _years(self) -> dict:
        if not hasattr(self, "_years_"):
            self._years_ = self._groups(
                lambda r: (r["level"], r["place"], r["measure"]) if r["period"] == "year" else None
            )
        return self._years_

    def _measures(self) -> None:
        for key, i in self.at.items():
            level, place, measure, *when = key
            if measure == "arrests":
                parts = [self.at.get((level, place, m, *when)) for m in PARTS]
                self._sum([p for p in parts if p is not None], [i], rest=True)

    def _places(self, pairs: list[tuple[str, str, str, str]]) -> None:
        kids = defaultdict(list)
        for child_level, child, parent_level, parent in pairs:
            kids[(parent_level, parent, child_level)].append(child)
        for (level, place, measure, period, start, end), i in list(self.at.items()):
            for child_level in ("state", "aor", "office", "county"):
                parts = [
                    self.at.get((child_level, child, measure, period, start, end))
                    for child in kids.get((level, place, child_level), [])
                ]
                found = [p for p in parts if p is not None]
                if found and period != "window":
                    self._sum(found, [i], rest=True)

    def _windows(self) -> None:
        windows = self._groups(
            lambda r: r["measure"] if r["period"] == "window" and "@" not in r["measure"] else None
        )
        for measure, found in windows.items():
            cuts: dict[tuple[str, str], set[int]] = defaultdict(set)
            for i in found:
                row = self.rows[i]
                for member in self._members(row):
                    cuts[member].update((row["start"].toordinal(), row["end"].toordinal() + 1))
            base = defaultdict(list)
            for i, row in enumerate(self.rows):
                member = (row["level"], row["place"])
                if row["measure"] == measure and row["period"] in (*FINE, "year") and member in cuts:
                    base[member].append(i)
            pieces = {member: self._pieces(member, edges, base[member]) for member, edges in cuts.items()}
            for i in found:
                row = self.rows[i]
                inside = [v for m in self._members(row) for v in self._inside(pieces[m], row)]
                self._sum([], [i], extra=inside)
            for member, rows in base.items():
                for i in rows:
                    inside = self._inside(pieces[member], self.rows[i])
                    span = self.rows[i]["end"].toordinal() + 1 - self.rows[i]["start"].toordinal()
                    if inside and self._length(pieces[member], self.rows[i]) == span:
                        self._sum([], [i], extra=inside)

    @staticmethod
    def _members(row: dict) -> list[tuple[str, str]]:
        if row["level"] == "locality":
            return list(zip(("county", "office"), row["place"].split("+"), strict=True))
        return [(row["level"], row["place"])]

    def _pieces(
        self, member: tuple[str, str], edges: set[int], base: list[int]
    ) -> list[tuple[int, int, int]]:
        for i in base:
            first, stop = self.rows[i]["start"].toordinal(), self.rows[i]["end"].toordinal() + 1
            edges.update((first, stop))
        ordered = sorted(edges)
        return [(a, b, self.s.unknown()) for a, b in itertools.pairwise(ordered)]

    @staticmethod
    def _inside(pieces: list[tuple[int, int, int]], row: dict) -> list[int]:
        first, stop = row["start"].toordinal(), row["end"].toordinal() + 1
        return [v for a, b, v in pieces if first <= a and b <= stop]

    @staticmethod
    def _length(pieces: list[tuple[int, int, int]], row: dict) -> int:
        first, stop = row["start"].toordinal(), row["end"].toordinal() + 1
        return sum(b - a for a, b, _ in pieces if first <= a and b <= stop)

    def hidden(self, mark: str = "small") -> dict[int, int]:
        """Unknown of each row of a mark."""
        return {i: self.term[i][0] for i, row in enumerate(self.rows) if row["mark"] == mark}

    def matrix(self) -> tuple[sparse.csr_matrix, np.ndarray, list[tuple[float, float]]]:
        row = np.repeat(np.arange(len(self.s.rows)), [len(c) for c, _, _ in self.s.rows])
        column = np.concatenate([c for c, _, _ in self.s.rows])
        value = np.concatenate([v for _, v, _ in self.s.rows])
        shape = (len(self.s.rows), len(self.s.low))
        known = np.array([b for _, _, b in self.s.rows])
        return (
            sparse.csr_matrix((value, (row, column)), shape=shape),
            known,
            list(zip(self.s.low, self.s.high, strict=True)),
        )

    def told(self, *, rounds: int = 2, seed: int = 1) -> list[int]:
        """Rows marked small of which the count follows: one whole number is left between the bounds."""
        matrix, known, bounds = self.matrix()
        target = self.hidden()
        low = dict.fromkeys(target, np.inf)
        high = dict.fromkeys(target, -np.inf)
        rng = np.random.default_rng(seed)

        def solve(cost: np.ndarray) -> None:
            found = linprog(cost, A_eq=matrix, b_eq=known, bounds=bounds, method="highs")
            assert found.status == 0, found.message
            for i, v in target.items():
                low[i], high[i] = min(low[i], found.x[v]), max(high[i], found.x[v])

        def open_to() -> list[int]:
            return [i for i in target if np.floor(high[i] + 1e-6) - np.ceil(low[i] - 1e-6) < 1]

        for _ in range(rounds):  # many counts at once: each that moved between two solutions is not told
            cost = np.zeros(matrix.shape[1])
            cost[list(target.values())] = rng.choice([-1.0, 1.0], len(target))
            solve(cost)
            solve(-cost)
        for i in open_to():  # the others one by one
            for sign in (1.0, -1.0):
                cost = np.zeros(matrix.shape[1])
                cost[target[i]] = sign
                solve(cost)
        return open_to()
