"""A second attack, written apart from the first: the records themselves are the unknowns.

Where `attacker` writes down sums among published cells, this one cuts all records into atoms (a place or
none, within a state and an area, over days between two published edges, of one kind) and lets every published
count be a sum of atoms. So no relation among cells can be forgotten: whatever the tables of one or more
publications give away together, these programmes find.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from simulated_counts import arrests, ingested_world, simulated_store
from test_editions import _windows as spans_of_answers

import atlarge
from atlarge.publish import monthly_ties
from atlarge.publish.day_ranges import Window
from atlarge.publish.editions import Edition, record_of
from atlarge.publish.release_table import SiteCells, site_cells
from atlarge.records.store import Store
from atlarge.simulate import recent_world, simulate_recent

pytestmark = pytest.mark.slow_file

KEY = ["level", "place", "measure", "start", "end"]
KINDS = {
    "at_large": {"Located", "Non-Custodial Arrest", "Probation and Parole", "Worksite Enforcement"},
    "handoffs": {"CAP Local Incarceration", "287(g) Program"},
}
Cell = tuple[str, str, str, dt.date, dt.date]
DAY = dt.timedelta(days=1)


@dataclass
class Table:
    """What one publication says: value and mark of each cell, its threshold."""

    cells: dict[Cell, tuple[int | None, str]]
    threshold: int

    @staticmethod
    def of(cells: SiteCells) -> Table:
        """The table of a site."""
        is_arrests = pl.col("measure").str.split("@").list.first().is_in(["arrests", *KINDS])
        frame = cells.table.frame.filter(pl.col("mark") != "uncovered", is_arrests)
        rows = frame.select(*KEY, "value", "mark").iter_rows()
        return Table({row[:5]: row[5:] for row in rows}, cells.table.threshold)


class Atoms:
    """The records that a reader has to think of, and how far each count can go.

    `homes`: state and area of each county, area of each office, where the pages give them. `truth`: the
    records, to know what has to be protected, and which withheld counts are small, which no reader knows.
    """

    def __init__(
        self, tables: Sequence[Table], homes: Mapping[tuple[str, str], dict[str, str]], truth: pl.DataFrame
    ) -> None:
        self.truth, self.tables, self.homes = truth, tables, homes
        self._counted: dict[Cell, int] = {}
        cells = list(dict.fromkeys(cell for t in tables for cell in t.cells))
        self.edges = sorted({c[3] for c in cells} | {c[4] + DAY for c in cells})
        self.units = list(self._units(cells, homes))
        self.kinds = [*KINDS, "other"]
        self.n = len(self.units) * len(self.kinds) * (len(self.edges) - 1)
        self.lowest = min(t.threshold for t in tables)
        self._write(cells)

    def _units(self, cells: Iterable[Cell], homes: Mapping[tuple[str, str], dict[str, str]]) -> Any:
        """(county, office, state, area): "" where a record names none."""
        named = {(level, place) for level, place, *_ in cells}
        states = sorted(
            {p for level, p in named if level == "state"}
            | {h["state"] for h in homes.values() if "state" in h}
        )
        areas = sorted(
            {p for level, p in named if level == "aor"} | {h["aor"] for h in homes.values() if "aor" in h}
        )
        yield from itertools.product([""], [""], ["", *states], ["", *areas])
        for level, place in sorted(named | set(homes)):
            home = homes.get((level, place), {})
            area = [home["aor"]] if "aor" in home else ["", *areas]
            if level == "county":
                yield from itertools.product(
                    [place], [""], [home["state"]] if "state" in home else states, area
                )
            elif level == "office":
                yield from itertools.product([""], [place], ["", *states], area)

    def _inside(self, cell: Cell) -> np.ndarray:
        """Numbers of the atoms that a cell counts."""
        level, place, measure, start, end = cell
        position = {"county": 0, "office": 1, "state": 2, "aor": 3}
        codes = place.split("+")
        if level == "nation":
            units = range(len(self.units))
        elif level == "locality":
            units = [i for i, u in enumerate(self.units) if u[0] in codes or u[1] in codes]
        else:
            units = [i for i, u in enumerate(self.units) if u[position[level]] == place]
        kinds = range(len(self.kinds)) if measure == "arrests" else [self.kinds.index(measure)]
        first, last = self.edges.index(start), self.edges.index(end + DAY)
        grid = np.arange(self.n).reshape(len(self.units), len(self.kinds), len(self.edges) - 1)
        return grid[np.ix_(list(units), list(kinds), range(first, last))].ravel()

    def count(self, cell: Cell) -> int:
        """The true count of a cell."""
        if cell not in self._counted:
            self._counted[cell] = self._count(cell)
        return self._counted[cell]

    def _count(self, cell: Cell) -> int:
        level, place, measure, start, end = cell
        rows = self.truth.filter(pl.col("date").is_between(start, end))
        column = {"county": "county_fips", "office": "office", "state": "state", "aor": "aor"}.get(level)
        if level == "locality":
            codes = place.split("+")
            rows = rows.filter(
                pl.col("county_fips").is_in(codes).fill_null(False)
                | pl.col("office").is_in(codes).fill_null(False)
            )
        elif column:
            rows = rows.filter(pl.col(column) == place)
        if measure in KINDS:
            rows = rows.filter(pl.col("method").is_in(list(KINDS[measure])))
        elif measure == "other":
            rows = rows.filter(~pl.col("method").is_in([m for some in KINDS.values() for m in some]))
        return int(rows["n"].sum())

    def _write(self, cells: Sequence[Cell]) -> None:
        """Rows low <= A x <= high, one a cell."""
        index, rows, low, high = [], [], [], []
        self.hidden = []
        for cell in cells:
            if "@" in cell[2]:
                continue
            least, most = 0.0, np.inf
            for table in self.tables:
                value, mark = table.cells.get(cell, (None, ""))
                if mark == "shown" and value is not None:
                    least, most = max(least, value), min(most, value)
                elif mark == "small":
                    least, most = max(least, 1), min(most, table.threshold - 1)
                elif mark == "withheld":
                    least = max(least, 1 if self.count(cell) < table.threshold else table.threshold)
            if most != least:
                self.hidden.append(cell)
            inside = self._inside(cell)
            index.append(inside)
            rows.append(np.full(len(inside), len(low)))
            low.append(least)
            high.append(most)
        entries = (np.ones(sum(map(len, index))), (np.concatenate(rows), np.concatenate(index)))
        self.matrix = sparse.csr_matrix(entries, shape=(len(low), self.n))
        self.low, self.high = np.array(low), np.array(high)

    def targets(self) -> list[Cell]:
        """Small counts that have to be protected: suppressed cells, and what a total counts beside its
        parts."""
        found = [c for c in self.hidden if 0 < self.count(c) < self.lowest]
        wholes = {c for t in self.tables for c in t.cells if c[2] == "arrests"}
        others = [(*c[:2], "other", *c[3:]) for c in sorted(wholes)]
        return [*found, *(c for c in others if 0 < self.count(c) < self.lowest)]

    def solve(self, cost: np.ndarray, *, whole: bool = False) -> np.ndarray | None:
        """Atoms that fit all that is published, of least cost."""
        found = milp(
            cost,
            integrality=np.full(self.n, int(whole)),
            bounds=Bounds(0, np.inf),
            constraints=LinearConstraint(self.matrix, self.low, self.high),
            options={"time_limit": 20.0},
        )
        return None if found.x is None else found.x

    def ranges(
        self, targets: Sequence[Cell], rounds: int = 30, stop: float = -1.0
    ) -> dict[Cell, tuple[float, float]]:
        """Least and greatest count of each target that fits. Many are pushed at once, over and over, since
        most solutions are no whole numbers; those that did not move apart by two get programmes of their
        own, up to the first that stays less than `stop` apart."""
        sums = sparse.csr_matrix(
            np.array([np.isin(np.arange(self.n), self._inside(c)) for c in targets], float).reshape(
                -1, self.n
            )
        )
        low, high = np.full(len(targets), np.inf), np.full(len(targets), -np.inf)
        rng = np.random.default_rng(0)

        def seen(x: np.ndarray | None) -> None:
            if x is not None and np.abs(x - np.rint(x)).max() < 1e-6:
                got = sums @ x
                np.minimum(low, got, out=low)
                np.maximum(high, got, out=high)

        for _ in range(rounds):
            left = high - low < 2
            if left.sum() < rounds / 4:  # each of them costs two programmes
                break
            cost = sums.T @ (rng.choice([-1.0, 1.0], len(targets)) * left)
            seen(self.solve(np.minimum(np.asarray(cost), 3.0) + 1e-3))
        tried = high - low >= 1.5
        for i in np.flatnonzero(~tried):
            tried[i] = True
            for sign in (1.0, -1.0):
                if high[i] - low[i] < 1.5:
                    cost = sign * sums[i].toarray().ravel() + 1e-5
                    x = self.solve(cost)
                    if x is not None and np.abs(x - np.rint(x)).max() > 1e-6:
                        x = self.solve(cost, whole=True)
                    seen(x)
            if high[i] - low[i] < stop:
                break
        return {c: (a, b) for c, a, b, ok in zip(targets, low, high, tried, strict=True) if ok}

    def known(self, width: int, most: int | None = None, *, first: bool = False) -> list[Cell]:
        """Targets whose least and greatest count are less than so much apart; of `most` of them; or the
        first alone."""
        targets = self.targets()[:most]
        assert len(targets) > 20
        assert self.solve(np.zeros(self.n)) is not None  # the records themselves fit all that is published
        ranges = self.ranges(targets, stop=width - 0.5 if first else -1.0)
        return [c for c, (a, b) in ranges.items() if b - a < width - 0.5]


def homes(cells: SiteCells, truth: pl.DataFrame) -> dict[tuple[str, str], dict[str, str]]:
    """State and area of places, as their pages have them; a county lies in the state of its number."""
    named = truth.select(pl.col("county_fips").str.head(2), "state").drop_nulls()
    states = dict(named.group_by("county_fips").agg(pl.col("state").mode().first()).rows())
    found: dict[tuple[str, str], dict[str, str]] = {}
    for level, place, above, parent in cells.pairs.iter_rows():
        if level in ("county", "office") and above in ("state", "aor"):
            found.setdefault((level, place), {})[above] = parent
    for (level, place), home in found.items():
        if level == "county":
            home.setdefault("state", states[place[:2]])
    return found


def editions(store: Store, *settings: dict[str, Any]) -> list[SiteCells]:
    """Publications one after the other, each of which knows those before it."""
    found: list[SiteCells] = []
    before: Edition | None = None
    for some in settings:
        found.append(site_cells(store, before=before, **some))
        before = Edition(record_of(found[-1].table, before), ("before",))
    return found


def attack(cells: Sequence[SiteCells], truth: pl.DataFrame | None = None) -> Atoms:
    """What the tables of some publications of some records (the random ones) give away together."""
    rows = arrests() if truth is None else truth
    return Atoms([Table.of(c) for c in cells], homes(cells[-1], rows), rows)


def records_of(store: Store) -> pl.DataFrame:
    """The arrests of a store, as the attack takes them."""
    keys = ["date", "method", "county_fips", "state", "office", "aor"]
    rows = store.scan("arrests")
    if "n" not in rows.collect_schema():
        rows = rows.with_columns(pl.lit(1).alias("n"))
    found = rows.group_by(keys).agg(pl.col("n").sum()).collect().with_columns(pl.col("method").fill_null(""))
    # A site counts whole months alone.
    days = store.coverage("arrests")
    first, last = min(c.start for c in days), max(c.end for c in days) + DAY
    begin = first if first.day == 1 else (first.replace(day=1) + 31 * DAY).replace(day=1)
    return found.filter(pl.col("date") >= begin, pl.col("date") < last.replace(day=1))


def reports(truth: pl.DataFrame, days: int = 40) -> list[Window]:
    """Spans of days of the places that most records name, as a report beside a site has them."""
    found = []
    first = truth["date"].min()
    assert isinstance(first, dt.date)
    for level, column in (("county", "county_fips"), ("office", "office"), ("aor", "aor")):
        sizes = truth.drop_nulls(column).group_by(column).agg(pl.col("n").sum()).sort("n", column)
        for k, place in enumerate(sizes[column].tail(4).to_list()):
            day = first + dt.timedelta(days=61 + 17 * k)
            for measure in KINDS:
                found.append(Window(((level, place),), measure, day, day + dt.timedelta(days=days + k)))
    return found


def part_of_the_embedded(folder: Path) -> Store:
    """An area of the embedded records, two years of it."""
    from area import area_rows, write_store

    rows = area_rows(counties=14, offices=6).filter(pl.col("date") < dt.date(2017, 10, 1))
    return write_store(folder / "area", rows, dt.date(2017, 9, 30))


def simulated(folder: Path) -> Store:
    """A simulated store of many small counties, read from releases."""
    return ingested_world(folder, seed=8, policies=2)


OTHER_STORES = {"part of the embedded": part_of_the_embedded, "simulated, ingested": simulated}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHER_STORES)
def test_a_report_beside_a_site_of_other_records_gives_nothing_away(name: str, tmp_path: Path) -> None:
    store = OTHER_STORES[name](tmp_path)
    truth = records_of(store)
    pair = editions(store, {}, {"windows": reports(truth), "only_windows": True})
    found = attack(pair, truth)
    assert found.known(width=2, most=60) == []


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return simulated_store(tmp_path_factory.mktemp("atoms") / "store")


SERIES: dict[str, list[dict[str, Any]]] = {
    "three editions with other answers": [{"windows": spans_of_answers(i)} for i in range(3)],
    "a lower threshold": [{"threshold": 9}, {"windows": spans_of_answers(1), "threshold": 4}],
    "other levels": [{"levels": ("nation", "state")}, {"levels": ("aor", "office", "county")}],
}


SLOW = "a lower threshold"


@pytest.mark.parametrize(
    "name", [n if n != SLOW else pytest.param(n, marks=pytest.mark.slow) for n in SERIES]
)
def test_no_small_count_is_known_to_within_one(name: str, store: Store) -> None:
    found = attack(editions(store, *SERIES[name]))
    assert any(c[2] == "other" for c in found.targets())
    assert found.known(width=2) == []


@pytest.mark.parametrize("threshold", [2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_no_small_count_follows_whatever_the_threshold(threshold: int, store: Store) -> None:
    found = attack([site_cells(store, threshold=threshold)])
    assert found.known(width=2 if threshold > 3 else 1) == []


@pytest.mark.slow
def test_months_give_counts_away_where_coarse_places_are_not_tied_to_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monthly_ties, "LOOSE", -1)
    assert attack([site_cells(store, threshold=3)]).known(width=1, first=True)


def test_the_attack_succeeds_where_only_small_counts_are_hidden(store: Store) -> None:
    found = attack([site_cells(store)])
    for table in found.tables:
        for cell in table.cells:
            n = found.count(cell)
            table.cells[cell] = (None, "small") if 0 < n < table.threshold else (n, "shown")
    assert attack_again(found).known(width=1, most=30, first=True)


def attack_again(found: Atoms) -> Atoms:
    """The same attack on tables that were changed."""
    return Atoms(found.tables, found.homes, found.truth)


def _remainders(cells: SiteCells) -> pl.DataFrame:
    """What all arrests are more than those of their parts that are published, wherever a reader can subtract
    these. A part of a fiscal year may end before it."""
    end = pl.when(pl.col("every") != "year").then(pl.col("end"))
    frame = cells.table.frame.with_columns(end)
    keys = ["level", "place", "every", "start", "end"]
    hidden = frame.filter(pl.col("measure") == "handoffs", pl.col("mark").is_in(["small", "withheld"]))
    open_to_all = frame.join(hidden, on=keys, how="anti", nulls_equal=True)
    wide = open_to_all.pivot("measure", index=keys, values="value").drop_nulls(["arrests", "at_large"])
    rest = pl.col("arrests") - pl.col("at_large") - pl.col("handoffs").fill_null(0)
    return wide.select(*keys, "handoffs", rest.alias("rest"))


def test_no_page_prints_what_a_total_counts_beside_its_parts_where_it_is_small(store: Store) -> None:
    rest = _remainders(site_cells(store, spans_of_answers(0)))
    assert rest.height > 100
    assert not rest["rest"].is_between(1, 4).any()


@pytest.mark.parametrize("form", ["b", "c"])
def test_no_page_prints_it_where_a_part_is_no_longer_recorded(form: str, tmp_path: Path) -> None:
    world = recent_world(places=12, policies=2)
    simulated = simulate_recent(tmp_path / "files", form=form, seed=4, world=world, arrests=20_000)
    atlarge.ingest([*simulated.arrests], tmp_path / "store")
    spans = [
        Window((("county", place),), measure, start, start + dt.timedelta(days=24))
        for place in ("06037", "17031", "04013", "48201")
        for measure in ("arrests", "at_large")
        for start in pl.date_range(dt.date(2025, 3, 3), dt.date(2025, 9, 20), "25d", eager=True)
    ]
    cells = site_cells(atlarge.open_store(tmp_path / "store"), spans)
    rest = _remainders(cells)
    assert rest.filter(pl.col("every") == "window").height > 10
    assert rest.filter(pl.col("handoffs").is_null()).height > 50
    assert rest.filter(pl.col("rest").is_between(1, 4)).is_empty()
