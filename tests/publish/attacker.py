"""An attacker who has a published site and public knowledge only, and linear and integer programmes.

Written apart from the package: `read_site` takes every number that the files of a site give (downloads,
tables of pages, rates of pages and of the map, series of charts, sentences and coordinates of the pages of
answers, numbers of rows), `Attacker` writes down every sum that must hold among them (months in a fiscal
year, parts of a measure, places in places, days of a surge in its months, bounds from rounded numbers), and
HiGHS tells how far each hidden count can move, in real and in whole numbers.
"""

from __future__ import annotations

import calendar
import datetime as dt
import html
import itertools
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from prose import Page, Part, Statistic
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

KEYS = ["level", "place", "measure", "period", "start", "end"]
FINE = ("month", "quarter")
WHOLES = {
    "arrests": ("at_large", "handoffs"),
    "detainers_issued": ("detainers_booked", "detainers_declined", "detainers_missing"),
}
LABELS = {"All arrests": "arrests", "At-large arrests": "at_large", "Jail handoffs": "handoffs"}
RATES = {"Arrests per 100,000": "arrests", "At large per 100,000": "at_large"}
MONTHS = {name: i for i, name in enumerate(calendar.month_abbr) if name}

Cell = tuple[str, str, str, str, dt.date, dt.date]


def fiscal_start(day: dt.date) -> dt.date:
    """First day of the fiscal year of a day."""
    return dt.date(day.year - (day.month < 10), 10, 1)


@dataclass
class Published:
    """What a site tells: cells and marks, counts that any file gives, bounds from rates, the geography."""

    table: pl.DataFrame
    reported: dict[tuple[str, str, str, str, dt.date], int]
    between: dict[tuple[str, str, str, str, dt.date], tuple[float, float]]
    pairs: list[tuple[str, str, str, str]]
    statistics: list[Statistic] = field(default_factory=list)


def read_site(site: Path, residents: pl.DataFrame) -> Published:
    """Read a site. `residents`: fips, year, people, from the census, as anyone can have them."""
    table = pl.read_csv(
        site / "data" / "all.csv", try_parse_dates=True, schema_overrides={"place": pl.String}
    )
    parquet = pl.read_parquet(site / "data" / "all.parquet")
    assert table.equals(parquet), "the two files of all counts differ"
    reported = dict(_shown([table.select(*KEYS[:5], "value")]))
    downloads = [p for p in sorted((site / "data").iterdir()) if p.stem != "all"]
    for suffix, read in ((".csv", _read_csv), (".parquet", pl.read_parquet)):
        tables = [read(p) for p in downloads if p.suffix == suffix]
        counts = [t.select(*KEYS[:5], "value") for t in tables if {*KEYS[:5], "value"} <= set(t.columns)]
        reported |= dict(_shown(counts))
    people = {(row[0], row[1]): row[2] for row in residents.select("fips", "year", "people").iter_rows()}
    between: dict[Any, tuple[float, float]] = {}
    pairs = []
    for page in sorted(site.glob("place/*/*.html")):
        text = page.read_text(encoding="utf-8")
        here = (page.parent.name, page.stem)
        pairs += [(*here, *up) for up in _parents(text, here)]
        for key, cell in _cells(text):
            if isinstance(cell, int):
                reported[(*here, *key)] = cell
            elif here[0] == "county":
                _bound(between, (*here, *key), cell, people)
    reported |= _read_map(site) | _read_series(site) | _read_sqlite(site)
    statistics = [*_read_answers(site, table), *_read_rows(site)]
    return Published(table, reported, between, sorted(set(pairs)), statistics)


def _read_series(site: Path) -> dict[Any, int]:
    """Counts of the scripts that charts take their series from."""
    counts = {}
    step = {"month": 1, "quarter": 3, "year": 12}
    for path in sorted((site / "data" / "series").glob("*.js")):
        series = json.loads(
            path.read_text(encoding="utf-8").partition(",")[2].rstrip().rstrip(";").rstrip(")")
        )
        for period, measures in series.get("series", {}).items():
            first = dt.date.fromisoformat(f"{series['start'][period]}-01")
            for measure, values in measures.items():
                for i, value in enumerate(values):
                    months = first.year * 12 + first.month - 1 + i * step[period]
                    if value is not None and value >= 0:
                        day = dt.date(months // 12, months % 12 + 1, 1)
                        counts[(series["level"], series["code"], measure, period, day)] = value
    return counts


def _read_sqlite(site: Path) -> dict[Any, int]:
    """Counts of the database."""
    with sqlite3.connect(f"file:{site / 'data' / 'atlarge.sqlite'}?mode=ro", uri=True) as base:
        rows = base.execute("select level, place, measure, period, start, value from counts").fetchall()
    return {(*row[:4], dt.date.fromisoformat(row[4])): row[5] for row in rows if row[5] is not None}


def _read_answers(site: Path, table: pl.DataFrame) -> list[Statistic]:
    """What sentences, captions and charts of answers say, of the place whose days the table has."""
    found: list[Statistic] = []
    windows = table.filter(pl.col("period") == "window")
    for path in sorted(site.glob("answers/*.html")):
        text = path.read_text(encoding="utf-8")
        if "by period" not in text:
            continue
        days = Page(text, ("", "")).start
        some = windows.filter(pl.col("start") == days, pl.col("measure") == "at_large")
        names = (
            some.sort(pl.col("place").str.count_matches("+", literal=True) != 1)
            .select("level", "place")
            .rows()
        )
        if names:
            found += Page(text, names[0]).statistics()
    return found


def _read_rows(site: Path) -> list[Statistic]:
    """Numbers of rows of releases of the nation, as bounds on its arrests of the days that they cover."""
    text = (site / "data.html").read_text(encoding="utf-8")
    found = []
    pattern = r"<td[^>]*>([^<]*)</td>" * 2
    for read, kept, first, last in re.findall(
        pattern + r"<td[^>]*>[^<]*</td><td[^>]*>arrests (\S+) – (\S+), nation</td>", text
    ):
        if (rows := re.fullmatch(r"(about )?([\d,]+)", kept.strip())) is None:
            continue
        n = int(rows[2].replace(",", ""))
        half = (
            next(u for u in (500_000, 50_000, 5_000, 500, 50) if n % (2 * u) == 0 or u == 50)
            if rows[1]
            else 0
        )
        part = ("nation", "US", "arrests", dt.date.fromisoformat(first), dt.date.fromisoformat(last))
        found.append(Statistic(((part, 1.0),), n - half, n + max(half - 1, 0), f"{read} rows"))
    return found


def _read_csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, schema_overrides={"place": pl.String, "value": pl.Int64, "start": pl.Date})


def _shown(frames: list[pl.DataFrame]) -> Iterable[tuple[Any, int]]:
    for *key, value in pl.concat(frames).filter(pl.col("value").is_not_null()).iter_rows():
        yield tuple(key), value


def _parents(text: str, here: tuple[str, str]) -> list[tuple[str, str]]:
    """The places that a page says it lies in: the links above its heading."""
    above = text.split("<h1", 1)[0]
    links = re.findall(r'href="[./]*place/(\w+)/(\w+)\.html"', above) + re.findall(
        r'href="\.\./(nation|state|aor)/(\w+)\.html"', above
    )
    rank = {"nation": 0, "aor": 1, "state": 1, "office": 2, "county": 2}
    return [up for up in links if rank[up[0]] < rank[here[0]]]


def _cells(text: str) -> Iterable[tuple[tuple[str, str, dt.date], int | float]]:
    """Counts (whole) and rates (not) of the tables of a page."""
    for row in re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", text, re.S):
        name, _, rest = row.partition("</th>")
        period = _period(html.unescape(re.sub(r"<[^>]*>", "", name)).strip())
        if period is None:
            continue
        for label, cell in re.findall(r'<td data-label="([^"]*)"[^>]*>(.*?)</td>', rest, re.S):
            number = re.sub(r"<[^>]*>", "", cell).strip().split(" (")[0].replace(",", "")
            if label in LABELS and number.isdigit():
                yield (LABELS[label], *period), int(number)
            elif label in RATES and re.fullmatch(r"\d+\.\d", number):
                yield (RATES[label], *period), float(number)


def _period(name: str) -> tuple[str, dt.date] | None:
    if found := re.match(r"FY(\d{4})", name):
        return "year", dt.date(int(found[1]) - 1, 10, 1)
    if found := re.fullmatch(r"(\w{3})–\w{3} (\d{4})", name):
        return "quarter", dt.date(int(found[2]), MONTHS[found[1]], 1)
    if (found := re.fullmatch(r"(\w{3}) (\d{4})", name)) and found[1] in MONTHS:
        return "month", dt.date(int(found[2]), MONTHS[found[1]], 1)
    return None


def _bound(between: dict[Any, tuple[float, float]], key: Any, rate: float, people: dict[Any, int]) -> None:
    """A rate rounded to one place gives a count to within half a tenth per 100,000."""
    residents = people.get((key[1], key[4].year + 1))
    if residents:
        scale = residents / 100_000
        low, high = between.get(key, (0.0, np.inf))
        between[key] = (max(low, (rate - 0.05) * scale), min(high, (rate + 0.05) * scale))


def _read_map(site: Path) -> dict[Any, int]:
    """Counts of the map's script; a negative number stands for one that is suppressed."""
    text = (site / "static" / "mapdata.js").read_text(encoding="utf-8")
    map_data = json.loads(text.partition("=")[2].rstrip().rstrip(";"))
    counts = {}
    for level, shown in map_data["levels"].items():
        for measure, rows in shown["counts"].items():
            for name, row in zip(shown["periods"], rows, strict=True):
                every = "month" if len(name) > 4 else "year"
                day = dt.date.fromisoformat(f"{name}-01") if len(name) > 4 else dt.date(int(name) - 1, 10, 1)
                for place, count in zip(shown["codes"], row, strict=True):
                    if count is not None and count >= 0:
                        counts[(level, place, measure, every, day)] = count
    return counts


@dataclass
class System:
    """A x = b over the hidden counts and whatever else is not published; bounds of each."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    rows: list[tuple[list[int], list[float], float]] = field(default_factory=list)
    is_whole: list[int] = field(default_factory=list)

    def unknown(self, low: float = 0.0, high: float = np.inf, *, whole: bool = True) -> int:
        """A new unknown, a count unless it is not `whole`."""
        self.low.append(low)
        self.high.append(high)
        self.is_whole.append(int(whole))
        return len(self.low) - 1


class Attacker:
    """Builds the system from what is published; `recovered` tells the small counts that follow.

    `blurred` are withheld cells that are small after all. No reader knows which they are; an attacker who is
    told that all others are the threshold or more is stronger than any.
    """

    def __init__(self, published: Published, threshold: int = 5, blurred: Iterable[Cell] = ()) -> None:
        self.s = System()
        self.rows = published.table.filter(pl.col("mark") != "uncovered").rows(named=True)
        self.leaks: dict[int, int] = {}
        self.term: list[tuple[int | None, float]] = []
        self.at: dict[Cell, int] = {}
        self.groups: dict[Any, list[int]] = defaultdict(list)
        self.rows += self._days_of(published.statistics)
        known_small = set(blurred)
        for i, row in enumerate(self.rows):
            key = tuple(row[k] for k in KEYS)
            self.at[key] = i
            self.groups[(*key[:4],)].append(i)
            self.term.append(self._term(i, row, published, key in known_small, threshold))
        self._times()
        self._measures()
        self._places(published.pairs)
        self._windows(published.pairs)
        self._bounds(published.statistics)

    def _days_of(self, statistics: Iterable[Statistic]) -> list[dict[str, Any]]:
        """Rows for the days that statistics are of and the table does not have."""
        known = {tuple(row[k] for k in (*KEYS[:3], "start", "end")) for row in self.rows}
        wanted = dict.fromkeys(part for s in statistics for part, _ in s.parts if part not in known)
        return [
            dict(zip(KEYS, (*part[:3], "window", *part[3:]), strict=True)) | {"value": None, "mark": "said"}
            for part in wanted
        ]

    def _bounds(self, statistics: Iterable[Statistic]) -> None:
        """Rounded numbers as bounds on sums."""
        at: dict[Part, int] = {}
        for key, i in self.at.items():
            at.setdefault((*key[:3], *key[4:]), i)  # type: ignore[arg-type]
        for s in statistics:
            columns, signs, known = [], [], 0.0
            for part, sign in s.parts:
                variable, value = self.term[at[part]]
                if variable is None:
                    known += sign * value
                else:
                    columns.append(variable)
                    signs.append(sign)
            if columns:
                slack = self.s.unknown(s.low - known, s.high - known, whole=False)
                self.s.rows.append(([*columns, slack], [*signs, -1.0], 0.0))

    def _term(
        self, i: int, row: dict[str, Any], published: Published, is_small: bool, threshold: int
    ) -> tuple[int | None, float]:
        """A known count, or an unknown with its bounds."""
        key = tuple(row[k] for k in KEYS[:5])
        value = row["value"] if row["mark"] == "shown" else published.reported.get(key)
        if value is not None and row["period"] != "window":
            if row["mark"] != "shown" and 0 < value < threshold:
                self.leaks[i] = value
            return None, float(value)
        if row["mark"] == "shown":
            return None, float(row["value"])
        low, high = (1.0, threshold - 1.0) if row["mark"] == "small" else (float(threshold), np.inf)
        if is_small:
            low = 1.0
        if row["mark"] == "said":
            low = 0.0
        less, more = published.between.get((*key, row["end"]), published.between.get(key, (0.0, np.inf)))
        return self.s.unknown(max(low, np.ceil(less)), min(high, np.floor(more))), 0.0

    def _sum(
        self,
        parts: Iterable[int],
        wholes: Iterable[int],
        extra: Iterable[int] = (),
        rest: bool = False,
        less: Iterable[int] = (),
    ) -> None:
        """Rows `parts` and unknowns `extra`, less `less`, add up to `wholes`, with a remainder if `rest`."""
        columns = list(extra)
        signs, known = [1.0] * len(columns), 0.0
        for sign, group in ((1.0, parts), (-1.0, [*wholes, *less])):
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

    def _times(self) -> None:
        """Months or quarters add up to the fiscal year, as far as they reach."""
        for (level, place, measure, period), rows in list(self.groups.items()):
            if period not in FINE:
                continue
            years = {self.rows[i]["start"]: i for i in self.groups.get((level, place, measure, "year"), [])}
            parts = defaultdict(list)
            for i in rows:
                parts[fiscal_start(self.rows[i]["start"])].append(i)
            for start, inside in parts.items():
                whole = years.get(start)
                if whole is None:
                    continue
                ends = max(self.rows[i]["end"] for i in inside) == self.rows[whole]["end"]
                begins = period == "month" or min(self.rows[i]["start"] for i in inside) == start
                # A quarter that is covered in part is counted in the year and not told.
                self._sum(inside, [whole], rest=not (begins and ends))

    def _parts(self, key: Cell) -> list[int]:
        level, place, measure, *when = key
        found = [self.at.get((level, place, part, *when)) for part in WHOLES.get(measure, ())]
        return [i for i in found if i is not None]

    def _measures(self) -> None:
        for key, i in self.at.items():
            if parts := self._parts(key):
                self._sum(parts, [i], rest=True)

    def _places(self, pairs: list[tuple[str, str, str, str]]) -> None:
        """Counties in states; counties and offices, which share no record, in areas; both in the nation.

        So too for what is left of a whole without its parts: it is a count of records like any other.
        """
        families = {("state", "county"): 0, ("aor", "county"): 1, ("aor", "office"): 1}
        kids = defaultdict(list)
        for child_level, child, parent_level, parent in pairs:
            family = families.get((parent_level, child_level), child_level)
            if (child_level in ("county", "office")) != (parent_level == "nation"):
                kids[(parent_level, parent, family)].append((child_level, child))
        for (level, place, _), children in kids.items():
            for key, i in list(self._of((level, place))):
                found = [self.at.get((*child, *key[2:])) for child in children]
                parts = [p for p in found if p is not None]
                if not parts:
                    continue
                self._sum(parts, [i], rest=True)
                lesser = [p for j in parts for p in self._parts(tuple(self.rows[j][k] for k in KEYS))]
                own = self._parts(key)
                if own:
                    self._sum([*parts, *own], [i], rest=True, less=lesser)

    def _of(self, place: tuple[str, str]) -> Iterable[tuple[Cell, int]]:
        if not hasattr(self, "_by_place"):
            self._by_place: dict[Any, list[tuple[Cell, int]]] = defaultdict(list)
            for key, i in self.at.items():
                if key[3] != "window":
                    self._by_place[key[:2]].append((key, i))
        return self._by_place[place]

    def _windows(self, pairs: list[tuple[str, str, str, str]]) -> None:
        """Days that surges and answers cut out of months: pieces, which add up to both."""
        windows = [i for i, r in enumerate(self.rows) if r["period"] == "window" and "@" not in r["measure"]]
        cuts: dict[Any, set[int]] = defaultdict(set)
        for i in windows:
            row = self.rows[i]
            for member in self._members(row):
                cuts[(*member, row["measure"])].update((row["start"].toordinal(), row["end"].toordinal() + 1))
        base = {
            name: [i for period in (*FINE, "year") for i in self.groups.get((*name, period), [])]
            for name in cuts
        }
        pieces = {name: self._pieces(edges, base[name]) for name, edges in cuts.items()}
        for i in windows:
            row = self.rows[i]
            inside = [v for m in self._members(row) for v in self._inside(pieces[(*m, row["measure"])], row)]
            self._sum([], [i], extra=inside)
            if row["level"] == "aor":
                small = [
                    v
                    for level, place, up, parent in pairs
                    if (up, parent) == ("aor", row["place"])
                    for v in self._inside(pieces.get((level, place, row["measure"]), []), row)
                ]
                if small:
                    self._sum([], [i], extra=small, rest=True)
        for name, rows in base.items():
            for i in rows:
                inside = self._inside(pieces[name], self.rows[i])
                span = self.rows[i]["end"].toordinal() + 1 - self.rows[i]["start"].toordinal()
                if inside and self._length(pieces[name], self.rows[i]) == span:
                    self._sum([], [i], extra=inside)

    @staticmethod
    def _members(row: dict[str, Any]) -> list[tuple[str, str]]:
        if row["level"] == "locality":
            return [("county" if code.isdigit() else "office", code) for code in row["place"].split("+")]
        return [(row["level"], row["place"])]

    def _pieces(self, edges: set[int], base: list[int]) -> list[tuple[int, int, int]]:
        for i in base:
            edges.update((self.rows[i]["start"].toordinal(), self.rows[i]["end"].toordinal() + 1))
        return [(a, b, self.s.unknown()) for a, b in itertools.pairwise(sorted(edges))]

    @staticmethod
    def _inside(pieces: list[tuple[int, int, int]], row: dict[str, Any]) -> list[int]:
        first, stop = row["start"].toordinal(), row["end"].toordinal() + 1
        return [v for a, b, v in pieces if first <= a and b <= stop]

    @staticmethod
    def _length(pieces: list[tuple[int, int, int]], row: dict[str, Any]) -> int:
        first, stop = row["start"].toordinal(), row["end"].toordinal() + 1
        return sum(b - a for a, b, _ in pieces if first <= a and b <= stop)

    def targets(self) -> dict[int, int]:
        """Unknown of each row marked small, and of each blurred one."""
        return {
            i: v
            for i, (v, _) in enumerate(self.term)
            if v is not None
            and self.rows[i]["mark"] != "said"
            and (self.rows[i]["mark"] == "small" or self.s.low[v] == 1)
        }

    def solver(self, *, whole: bool = False) -> Callable[[np.ndarray], np.ndarray]:
        """Least cost over all counts that fit what is published, in real or in whole numbers."""
        row = np.repeat(np.arange(len(self.s.rows)), [len(c) for c, _, _ in self.s.rows])
        column = np.concatenate([c for c, _, _ in self.s.rows])
        value = np.concatenate([v for _, v, _ in self.s.rows])
        shape = (len(self.s.rows), len(self.s.low))
        known = np.array([b for _, _, b in self.s.rows])
        sums = LinearConstraint(sparse.csc_matrix((value, (row, column)), shape=shape), known, known)
        # No count of the store is near a million: an end keeps programmes bounded.
        box = Bounds(np.maximum(self.s.low, -1e6), np.minimum(self.s.high, 1e6))
        kinds = np.array(self.s.is_whole) * int(whole)

        def solve(cost: np.ndarray) -> np.ndarray:
            found = milp(cost, constraints=[sums], bounds=box, integrality=kinds)
            assert found.x is not None, found.message
            return np.asarray(found.x)

        return solve

    def range_of(self, part: Part) -> tuple[int, int]:
        """Least and greatest count of some days of a place, in whole numbers."""
        row = next(i for key, i in self.at.items() if (*key[:3], *key[4:]) == part)
        variable, value = self.term[row]
        if variable is None:
            return int(value), int(value)
        solve, cost = self.solver(whole=True), np.zeros(len(self.s.low))
        cost[variable] = 1.0
        return round(float(solve(cost)[variable])), round(float(solve(-cost)[variable]))

    def recovered(
        self, *, rounds: int = 40, singly: int = 400, seed: int = 1, whole: bool = False, width: int = 1
    ) -> dict[int, int | None]:
        """Rows of small counts that follow, with the count: given away by a file, or one whole number left.

        A count that differs by `width` or more between two tables that fit does not follow. Many are pushed
        at once, half up and half down; those that have not moved then one by one, as far as they go. What was
        not tried singly (past `singly`) counts as recovered without a number. `whole`: in whole numbers.
        """
        found: dict[int, int | None] = dict(self.leaks)
        target = self.targets()
        if not target:
            return found
        solve, rng = self.solver(whole=whole), np.random.default_rng(seed)
        index = np.array(list(target))
        at = np.array(list(target.values()))
        low, high = np.full(len(at), np.inf), np.full(len(at), -np.inf)

        def push(which: np.ndarray, signs: np.ndarray) -> None:
            cost = np.zeros(len(self.s.low))
            cost[at[which]] = signs
            x = solve(cost)[at]
            np.minimum(low, x, out=low)
            np.maximum(high, x, out=high)

        def still() -> np.ndarray:
            return np.flatnonzero(np.floor(high + 1e-6) - np.ceil(low - 1e-6) < width)

        left = np.arange(len(at))
        for _ in range(rounds):
            signs, before = rng.choice([-1.0, 1.0], len(left)), len(left)
            push(left, signs)
            push(left, -signs)
            left = still()
            if not len(left) or len(left) > 0.97 * before:
                break
        for i in left[:singly]:
            push(np.array([i]), np.array([1.0]))
            push(np.array([i]), np.array([-1.0]))
        tried = set(left[:singly].tolist())
        for i in still():
            found[int(index[i])] = round(float(low[i])) if i in tried else None
        return found
