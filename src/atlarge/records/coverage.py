"""The days and places that a release covers: those that its rows can be shown to cover, no others.

People cut files: to a state, a county, an area, a facility, a month. A place that a whole release would have
and this one has not is missing, never zero. What a whole release has is known from national releases
(`reference/usual_places.csv`): how many rows a place should have, given the rows of the file, and whether it
has none at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar

import polars as pl

from atlarge.errors import QuestionError
from atlarge.records.tables import EVENTS, PLACE_COLUMNS
from atlarge.reference import table

_Count = TypeVar("_Count", int, float)

LEVELS = ("nation", "aor", "state", "office", "county")

_GAP_DAYS = 62
"""A release without a row for longer than this is not taken to cover the time between."""
_SURE_ROWS = 60
"""Nor one without a row in days that by its own weekdays would have so many rows."""
_ALL = 0.98
"""Rows of a file cut to some places all name such a place; a whole release always has some that do not."""
_ABSENT_FINE, _ABSENT_STATE = 20, 12
"""Rows that the absent places of a level should have had together, for the file to be cut to the others."""
_ABSENT_SHARE = 0.25
"""And of all rows with such a place: facilities come and go, and differ between tables."""
_ALONE = {"aor": 20, "state": 30, "county": 400}
"""Rows that one absent place should have had, for a wide release to be one without it: jails close."""
_MANY, _STRAYS = 60, 0.08
"""An area or state that should have had so many rows and has under this share of them has strays alone: rows
that others recorded, or that name no area."""
_BLOCK_DAYS, _MOST_CLUMPED, _SURE_DAYS = 28, 0.4, 10
"""A file with rows on under this share of the days of four weeks on which so many rows would fall, and on so
many days less in all, was cut to days."""
_ROWS_OF_WEEKDAYS = 1000
"""Or one of so many rows, on four weeks of days or more, that has none on some weekday."""
_ENOUGH_ROWS = 50
_WIDE = 0.9
_WIDE_REACH, _FEW_STATES = 0.9, 10
"""Share of usual rows, by area and by state, that a release must reach not to be a cut to counties; that says
nothing in a scope of so few states."""
_MOST_LACKING = 0.35
_FEW_TEXTS = 3
_FEW_OF_PLACES = 0.5
"""A file with fewer texts of place than this share of the places that it should name was cut to the texts."""


def each_place(places: str) -> set[str]:
    """Places of one level ("state:IA,MN") one by one, as "state:IA"."""
    level, _, codes = places.partition(":")
    return {f"{level}:{code}" for code in codes.split(",")} if codes else {places}


@dataclass(frozen=True)
class Scope:
    """Places that a release covers: `places` ("nation", "aor:SEA,...", "county:48453"), `levels` of place
    at which it can (None: all), and `without` ("state:IA"), places inside that it lacks."""

    places: str
    levels: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """The level of its places."""
        return self.places.partition(":")[0]

    def each(self) -> set[str]:
        """Its places one by one, as "state:MN"."""
        return each_place(self.places)

    def to_dict(self) -> dict[str, Any]:
        """As in the manifest: `scope`, and `levels` and `without` where they say something."""
        document: dict[str, Any] = {"scope": self.places}
        if self.levels is not None:
            document["levels"] = list(self.levels)
        if self.without:
            document["without"] = list(self.without)
        return document


@dataclass
class Seen:
    """Rows of a release by its places; `is_real`: with the variety that records have in other columns."""

    frame: pl.DataFrame
    is_real: bool = False
    rows: int = field(init=False)

    def __post_init__(self) -> None:
        self.rows = int(self.frame["n"].sum())
        self._cells = {name: self.frame[name].to_list() for name in self.frame.columns}
        self._counts: dict[str, dict[str, int]] = {}

    def counts(self, level: str) -> dict[str, int]:
        """Rows by place of a level."""
        if level not in self._counts:
            places = self._cells.get(PLACE_COLUMNS[level], [])
            self._counts[level] = _tally(zip(places, self._cells["n"], strict=False))
        return self._counts[level]

    def named(self, level: str) -> int:
        """Rows that name a place of a level; all where none can."""
        return sum(self.counts(level).values()) if PLACE_COLUMNS[level] in self._cells else self.rows

    def areas(self, level: str) -> dict[str, int]:
        """Rows by area, of those that name a place of a level; none where most of them lack their area."""
        areas = self._cells.get("aor", [])
        places = self._cells.get(PLACE_COLUMNS[level], areas)
        known = [(area, n) for area, place, n in zip(areas, places, self._cells["n"], strict=False) if place]
        return _tally(known) if 2 * sum(area is None for area, _ in known) < len(known) else {}

    def known(self, *levels: str) -> float:
        """The share of rows that name a place of one of the levels."""
        columns = [self._cells[PLACE_COLUMNS[x]] for x in levels if PLACE_COLUMNS[x] in self._cells]
        if not columns or not self.rows:
            return 0.0
        named = (n for *places, n in zip(*columns, self._cells["n"], strict=True) if any(places))
        return float(sum(named)) / self.rows


def _tally(rows: Iterable[tuple[str | None, _Count]]) -> dict[str, _Count]:
    """Sums by name, in the order of the names; rows without one are left out."""
    found: dict[str, _Count] = {}
    for name, n in rows:
        if name is not None:
            found[name] = found[name] + n if name in found else n
    return dict(sorted(found.items()))


def short_scope(scope: str) -> str:
    """A scope in a few words: the first three places of a list and the number of the others.

    Examples
    --------
    >>> short_scope("state:AL,AZ,CA,CO,DE")
    'state:AL,AZ,CA and 2 more'
    """
    kind, _, codes = scope.partition(":")
    listed = codes.split(",")
    return scope if len(listed) <= 4 else f"{kind}:{','.join(listed[:3])} and {len(listed) - 3} more"


def parse_scope(words: str) -> list[Scope]:
    """Scopes as a user writes them: "nation", "state:MN", "aor:SEA,SPM state:TX".

    QuestionError if there is no such place.
    """
    scopes = []
    for word in words.replace(";", " ").split():
        kind, _, codes = word.partition(":")
        if word in ("nation", "US"):
            scopes.append(Scope("nation"))
            continue
        names = [code.strip().upper() for code in codes.split(",") if code.strip()]
        known = _codes(kind)
        wrong = [code for code in names if code not in known]
        if kind not in PLACE_COLUMNS or not names or wrong:
            why = f"{wrong[0]!r} is no {kind}" if wrong and known else f"{word!r} is not understood"
            raise QuestionError(
                f"--covers: {why}; write nation, or a level and codes: state:MN, aor:SEA,SPM, county:48453"
            )
        scopes.append(Scope(f"{kind}:{','.join(sorted(set(names)))}"))
    if not scopes:
        raise QuestionError("--covers: name the places: nation, state:MN, aor:SEA, county:48453")
    return scopes


def _codes(kind: str) -> set[str]:
    if kind == "county":
        return set(table("counties")["fips"].to_list())
    if kind == "state":
        return set(table("counties")["state"].to_list())
    if kind in ("aor", "office"):
        return set(table(f"{kind}s")[kind].drop_nulls().to_list())
    return set()


@dataclass(frozen=True, eq=False)
class Usual:
    """What a whole release of a family's scope has: rows in a million, by area and place of each level."""

    levels: dict[str, dict[tuple[str | None, str], int]]

    @cached_property
    def rows(self) -> dict[str, dict[str, int]]:
        """Rows in a million by level and place."""
        return {
            level: _tally((place, n) for (_, place), n in cells.items())
            for level, cells in self.levels.items()
        }

    @cached_property
    def shares(self) -> dict[str, dict[str, dict[str, float]]]:
        """The share of each place in the rows of an area, by level and area."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for level, cells in self.levels.items():
            whole = _tally((area, n) for (area, _), n in cells.items())
            of_level = found.setdefault(level, {})
            for (area, place), n in cells.items():
                if area is not None:
                    of_level.setdefault(area, {})[place] = n / max(whole[area], 1)
        return found


@cache
def _inside(scope: str) -> Usual:
    """What a whole release of a scope has; nothing is known of one of counties or of office areas."""
    kind, _, codes = scope.partition(":")
    usual = table("usual_places").filter(pl.col("table") == "arrests")
    if kind not in ("nation", *usual.columns):
        usual = usual.clear()
    elif kind != "nation":
        usual = usual.filter(pl.col(kind).is_in(codes.split(",")))
    levels: dict[str, dict[tuple[str | None, str], int]] = {level: {} for level in PLACE_COLUMNS}
    for area, state, kind, code, rows in usual.select(
        "aor", "state", "kind", "code", "per_million"
    ).iter_rows():
        for level, place in (("aor", area), ("state", state), (kind, code)):
            if level in levels and place is not None:
                levels[level][area, place] = levels[level].get((area, place), 0) + rows
    return Usual(levels)


def usual_share(scopes: list[Scope], whole: str) -> float:
    """What the places of some scopes usually have of the rows of a whole release, from 0 to 1."""
    usual = _inside(whole).rows
    rows = {f"{level}:{code}": n for level, places in usual.items() for code, n in places.items()}
    rows[whole] = sum(usual["aor"].values()) or 1
    counts = [
        sum(rows.get(place, 0) for place in scope.each()) - sum(rows.get(place, 0) for place in scope.without)
        for scope in scopes
    ]
    return max(counts, default=0) / rows[whole]


def _expected(usual: Usual, seen: Seen, level: str, by_area: bool = True) -> dict[str, float]:
    """Rows that each place of a level should have, given the rows of the areas of the file (all, if none)."""
    areas = seen.areas(level) if by_area and level != "aor" else {}
    if not areas:
        rows = usual.rows[level]
        each = seen.named(level) / (sum(rows.values()) or 1)
        return {place: n * each for place, n in rows.items()}
    shares = usual.shares[level]
    return _tally(
        (place, share * n) for area, n in areas.items() for place, share in shares.get(area, {}).items()
    )


def _absent(expected: dict[str, float], counts: dict[str, int]) -> float:
    """Rows that the places without any should have had."""
    return sum(rows for place, rows in expected.items() if not counts.get(place))


def _list(counts: dict[str, int], expected: dict[str, float]) -> list[str]:
    """Places of a level that the file was cut to; one with a stray row or two is not among them."""
    usual = {place: expected.get(place, 0.0) for place in counts}
    whole, rows = sum(usual.values()) or 1.0, sum(counts.values())
    return [
        place
        for place, count in counts.items()
        if not (usual[place] / whole * rows >= _ABSENT_FINE and count < 0.1 * usual[place] / whole * rows)
    ]


def _scope(level: str, places: list[str], levels: tuple[str, ...] | None = None) -> list[Scope]:
    return [Scope(f"{level}:{','.join(places)}", levels)] if places else []


def _small(seen: Seen, counts: dict[str, dict[str, int]]) -> list[Scope] | None:
    """Scopes of a file of few rows in few places: those places, and the state or area that it names."""
    level = "state" if seen.known("state") >= _ALL else "aor"
    wide = seen.counts(level)
    if not 0 < len(wide) <= 2:
        return None
    fine = [scope for x in ("county", "office") for scope in _scope(x, list(counts[x]))]
    return _scope(level, list(wide), (level,)) + fine


def _is_wide(seen: Seen, usual: Usual) -> bool:
    """Whether rows of few kinds, such as simulated ones, reach nearly every area and state.

    Such rows name a county each, in a list of counties; of real ones (`is_real`), that is a cut to the list.
    """
    if seen.is_real:
        return False
    reached = []
    for level in ("aor", "state"):
        rows, counts = usual.rows[level], seen.counts(level)
        reached.append(sum(rows[place] for place in counts if place in rows) / (sum(rows.values()) or 1.0))
    return len(usual.rows["state"]) > _FEW_STATES and min(reached) >= _WIDE_REACH


def _fine(seen: Seen, usual: Usual, texts: int | None) -> list[Scope] | None:
    """Scopes of a file cut to counties, office areas or facilities; None if it is not."""
    counts = {x: seen.counts(x) for x in ("county", "office")}
    expected = {x: _expected(usual, seen, x) for x in ("county", "office")}
    places = sum(rows >= _ABSENT_FINE for x in expected.values() for rows in x.values())
    if seen.known("county", "office") < _ALL and not (texts and texts < _FEW_OF_PLACES * places):
        return None
    absent = sum(_absent(expected[x], counts[x]) for x in ("county", "office"))
    total = sum(sum(expected[x].values()) for x in ("county", "office"))
    is_few = texts is not None and texts <= _FEW_TEXTS
    if seen.rows < _ENOUGH_ROWS and (is_few or absent >= _ABSENT_FINE):
        return _small(seen, counts)
    if absent < max(_ABSENT_FINE, _ABSENT_SHARE * total) or _is_wide(seen, usual):
        return None
    if texts is not None and texts <= _FEW_TEXTS and texts <= len(counts["county"]) + len(counts["office"]):
        return [Scope("facility")]
    rows = {x: sum(counts[x].values()) for x in ("county", "office")}
    level = "county" if rows["county"] >= rows["office"] else "office"
    return _scope(level, _list(counts[level], expected[level])) or None


def _states(seen: Seen, usual: Usual) -> list[Scope] | None:
    """Scopes of a file cut to states; None if it is not."""
    if seen.known("state") < _ALL or _is_wide(seen, usual):
        return None
    counts, expected = seen.counts("state"), _expected(usual, seen, "state")
    areas = seen.counts("aor")
    if _absent(expected, counts) < _ABSENT_STATE and (areas or len(counts) > 12):
        return None
    return _scope("state", _list(counts, expected))


def _lacking(seen: Seen, usual: Usual, levels: tuple[str, ...] | None) -> tuple[str, ...]:
    """Places that a release of many places lacks, though each alone should have had many rows.

    Only of the levels that its rows can name at all (None: every level).
    """
    lacks = []
    areas, of_areas = seen.counts("aor"), _expected(usual, seen, "aor")
    is_wide = _absent(of_areas, areas) <= _MOST_LACKING * sum(of_areas.values())
    for level in ("aor", "state", "county"):
        if levels is not None and level not in levels:
            continue
        counts, expected = seen.counts(level), _expected(usual, seen, level)
        if level == "state" and is_wide:  # if its own areas are missing as well, use the nation's rows
            alone = _expected(usual, seen, level, by_area=False)
            expected = {x: max(expected.get(x, 0.0), alone.get(x, 0.0)) for x in {*expected, *alone}}
        total = sum(expected.values())
        is_thin = level == "county" and _is_wide(seen, usual)  # though wide in its states
        if not counts or not total or (_absent(expected, counts) > _MOST_LACKING * total and not is_thin):
            continue
        has_strays = seen.is_real and level in ("aor", "state")
        lacks += [
            f"{level}:{place}"
            for place, rows in sorted(expected.items())
            if rows >= _ALONE[level]
            and (place not in counts or (has_strays and rows >= _MANY and counts[place] < _STRAYS * rows))
        ]
    return tuple(lacks)


def levels_of(frame: pl.DataFrame, has_text: bool, has_state: bool) -> tuple[str, ...] | None:
    """Levels of place that the rows can name at all; None for all of them.

    A state that only follows from an area of responsibility is no level of the file: most areas have several.
    """
    if has_text:
        return None
    seen = Seen(frame)
    named = [x for x in LEVELS if x != "nation" and seen.known(x) >= 0.5]
    return ("nation", *(x for x in named if x != "state" or has_state))


def places_of(
    frame: pl.DataFrame,
    scope: str,
    texts: int | None,
    has_text: bool,
    has_state: bool = True,
    is_real: bool = False,
) -> list[Scope]:
    """The places that rows of events cover.

    `frame`: distinct places (aor, state, office, county_fips, those there are) with `n` rows; `scope`: what a
    whole release of the family covers; `texts`: how many distinct texts of place, if known; `has_text`:
    whether rows have a text that can name a county; `has_state`: whether states are recorded, not only read
    from texts: an office area's text names none, and is lost when a file is cut by states so read;
    `is_real`: whether other columns have the variety that records have.
    """
    seen = Seen(frame, is_real)
    usual = _inside(scope)
    if not usual.levels["aor"] or not seen.rows:
        return [Scope(scope)]
    levels = levels_of(frame, has_text, has_state)
    cut = _fine(seen, usual, texts) if has_text else None
    if cut is None:
        cut = _states(seen, usual)
        if cut and levels is None and not has_state:
            levels = ("state", "county")
    if cut is not None:
        return [Scope(s.places, s.levels if s.levels else levels, s.without) for s in cut]
    lacks = _lacking(seen, usual, levels)
    if levels is None and not seen.counts("office"):
        offices = sum(_expected(usual, seen, "office").values())
        if offices >= _ABSENT_FINE:  # no text of this file names an office area, although many should
            levels = tuple(x for x in LEVELS if x != "office")
    areas, expected = seen.counts("aor"), _expected(usual, seen, "aor")
    if scope == "nation" and areas:
        present = sum(rows for place, rows in expected.items() if place in areas)
        if present < _WIDE * sum(expected.values()):
            kept = [p for p in _list(areas, expected) if p != "HQ"] or list(areas)
            lacks = tuple(x for x in lacks if not x.startswith("aor:"))
            return [Scope(f"aor:{','.join(kept)}", levels, lacks)]
    return [Scope(scope, levels, lacks)]


def spans_of(days: pl.DataFrame, is_of_events: bool = True) -> list[tuple[dt.date, dt.date]]:
    """First and last days of the stretches of days that a release covers: day, n (its rows).

    A stretch ends where no row follows for longer than two months, or where days are empty that, by the rows
    of the same weekdays on either side, would hold too many for that. Where events (`is_of_events`) lie on a
    few days of each month, or on some weekdays, only these are covered.
    """
    daily = days.drop_nulls("day").group_by("day").agg(pl.col("n").sum()).sort("day")
    if daily.is_empty():
        return []
    gap = daily["day"].diff().dt.total_days()
    is_cut = is_of_events and (_is_cut_to_days(daily) or _lacks_weekday(daily))
    is_start = (gap > (1 if is_cut else _GAP_DAYS)).fill_null(True)
    holes = daily.with_columns(gap.alias("gap")).filter((pl.col("gap") > 1) & (pl.col("gap") <= _GAP_DAYS))
    if not holes.is_empty():
        rates = _weekday_rates(daily)
        empty = [
            sum(rates[(end - dt.timedelta(days=back)).weekday()] for back in range(1, int(length)))
            for end, length in holes.select("day", "gap").iter_rows()
        ]
        cut = holes.filter(pl.Series(empty) >= _SURE_ROWS)["day"]
        is_start = is_start | daily["day"].is_in(cut.to_list())
    starts = daily["day"].filter(is_start)
    ends = daily["day"].filter(is_start.shift(-1).fill_null(True))
    return list(zip(starts.to_list(), ends.to_list(), strict=True))


def _is_cut_to_days(daily: pl.DataFrame) -> bool:
    """Whether the rows of every four weeks lie on few days, though so many would fall on many."""
    block = (pl.col("day") - pl.col("day").min()).dt.total_days() // _BLOCK_DAYS
    blocks = daily.group_by(block).agg(pl.len().alias("days"), pl.col("n").sum())
    expected = _BLOCK_DAYS * (1 - (pl.col("n").cast(pl.Float64) / -_BLOCK_DAYS).exp())
    days, usual = blocks.select(pl.col("days").sum(), expected.sum().alias("usual")).row(0)
    return bool(days < min(_MOST_CLUMPED * usual, usual - _SURE_DAYS))


def _lacks_weekday(daily: pl.DataFrame) -> bool:
    """Whether no row of many is of some day of the week: whole releases have a few on Sundays, too."""
    is_many = int(daily["n"].sum()) >= _ROWS_OF_WEEKDAYS and daily.height > _BLOCK_DAYS
    return is_many and daily["day"].dt.weekday().n_unique() < 7


def days_with_rows(frame: pl.DataFrame) -> list[tuple[Scope, dt.date, dt.date]]:
    """What a file of one or a few facilities covers: their counties and office areas, on days with a record.

    The county may have other facilities, so a day without a record is no day without arrests.
    """
    found = []
    for level in ("county", "office"):
        named = frame.select("day", pl.col(PLACE_COLUMNS[level]).alias("place")).drop_nulls().unique()
        for (place,), days in named.sort("day").group_by("place", maintain_order=True):
            day = days["day"]
            is_start = (day.diff().dt.total_days() > 1).fill_null(True)
            ends = day.filter(is_start.shift(-1).fill_null(True)).to_list()
            scope = Scope(f"{level}:{place}")
            found += [(scope, a, b) for a, b in zip(day.filter(is_start).to_list(), ends, strict=True)]
    return sorted(found, key=lambda x: (x[0].places, x[1]))


def _weekday_rates(daily: pl.DataFrame) -> list[float]:
    """Rows of each weekday (Monday first), a low number over the days that have any, less where few have.

    Few of the weeks with a row: those without one, as of months that were cut away, say nothing.
    """
    weeks = max(1, daily["day"].dt.truncate("1w").n_unique() - 1)
    by_day = daily.group_by(pl.col("day").dt.weekday().alias("w")).agg(
        pl.col("n").quantile(0.1).alias("low"), pl.len().alias("days")
    )
    rates = {w: float(low or 0) * min(1.0, days / weeks) for w, low, days in by_day.iter_rows()}
    return [rates.get(weekday, 0.0) for weekday in range(1, 8)]


def is_placed(name: str) -> bool:
    """Whether a table's rows are events in places."""
    return name in EVENTS and name != "stays"
