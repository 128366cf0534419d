"""Find gaps: kinds of records that a complete release always has and a file lacks, so that their absence is
not a zero.

A file that was cut by apprehension method, citizenship, sex, facility or another column has rows of every day
and place, and still cannot show what was cut away. What a whole release always has is known from national
releases (`reference/usual_values.csv`): the least share of the rows of a place, an area or a month that a
value had. Where a file should have several rows of a value and has none, it has a gap there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from atlarge.calendar import month_end
from atlarge.codes import Coded, Numbers, code
from atlarge.files import shipped_yaml
from atlarge.records.coverage import each_place
from atlarge.records.schemes import WIDER, WIDER_WORDS, is_recoded, scheme
from atlarge.reference import table as reference

SEEN = {
    "citizenship": ("citizenship", "citizenship_country", "country_of_citizenship", "birth_country"),
    "gender": ("gender", "sex"),
    "charge": ("final_charge_section",),
    "program": ("final_program", "apprehension_final_program"),
    "criminality": (
        "criminality", "apprehension_criminality", "arrest_criminality", "encounter_criminality",
        "detainer_criminality", "detainer_prepared_criminality", "case_criminality", "book_in_criminality",
    ),
    "conviction": ("most_serious_conviction",),
}  # fmt: skip
"""Columns that are looked at for gaps though the store does not keep them, by their published names."""
_OWN = ("method", "disposition", "operation_mark", "outcome", "detainer_type", "landmark", "facility")
_MARK = "_seen_"
_RICH = 6
"""A file without a column of so many different values is recoded or simulated: shares say nothing of it."""
_RICH_TEXTS = 25
"""Or of so many texts of place that national releases have."""
_RICH_FACILITIES = 25
"""Or of so many facilities: the other columns of detainers and of files cut to one value have few values."""
_WORDS: dict[str, dict[str, float]] = shipped_yaml("atlarge.records", "place_words.yaml")
"""Words of texts of places, by column, and the least share of a national release's rows with such a text."""
_TEXTS = tuple(_WORDS)
SURE, _LIKELY = 3.0, 6.0
"""Rows of a value that the file, or one of its many places or months, should have had to have a gap there."""
_CLOSES_ROWS, _CLOSES_SHARE = 20.0, 0.05
"""Rows that are lacking, and their share of all, from which on the count itself is not reported."""
_COUNTED = (dt.date(2015, 10, 1), dt.date(2019, 9, 1))
_LATER = 0.3
_ALIKE = {
    "detainers": ["citizenship", "gender"], "book_ins": ["citizenship", "gender", "method", "conviction"],
    "stints": ["citizenship", "gender"],
}  # fmt: skip
_LIKE = {"detainers": "^US$|^aor:", "book_ins": "^US$|^aor:", "stints": "^US$"}
"""Tables of which no national releases were counted, and the units in which the people in them are expected
to be those of arrests, with a part of their shares."""
_LEAST_SHARE = 0.002
"""Shares change with the years: outside those that were counted, so much of a share is still expected."""
_MANY_AREAS, _FEW_PLACES = 15, 3
_MOST_NAMED = 4
_OUTCOMES = ("BOOKED", "DECLINED", "LIFTED", "TRANSFERRED", "CLOSED", "OTHER")
_MANY_DETAINERS, _FEWEST_OUTCOMES = 150, 4
"""So many detainers have so many outcomes in every release known, the commonest (booked) among them."""
_FEWEST_VALUES = {
    "citizenship": 6, "gender": 2, "method": 3, "disposition": 3, "detainer_type": 2, "charge": 4,
    "program": 3, "criminality": 2, "conviction": 3, "facility": 5, "landmark": 5,
}  # fmt: skip
_MANY_ROWS = 500
"""So many rows have so many different values in every release known; with fewer, the file is a cut."""
_NONE = "(NONE)"
"""Stands for no value, in columns of which a whole release always has rows without one."""
ANY = "any column"
NUMBERED = "numbered rows"
"""The value of a gap of rows that the publisher's numbers of rows show."""
_THIN, _TINY, _SMALL = 0.2, 0.005, 2000
"""A file with less than this share of the rows of its places and months shows no zero: one of few rows (under
the third) or with the variety that real records have, and another, which may be of a smaller world."""
_MOST_ROWS = 0.98
"""Months beyond those that hold so much of a file are strays."""
_MANY, _FEW, _SOME = 60, 0.08, 12
"""Nor does a place that should have so many rows and has under this share of them, or some and has none."""
_ROWS_A_YEAR = {
    "arrests": 100_000, "encounters": 300_000, "removals": 150_000, "detainers": 90_000, "stints": 250_000,
    "book_ins": 130_000,
}  # fmt: skip
_SCHEMA = {**dict.fromkeys(("column", "level", "unit", "value"), pl.Categorical), "n": pl.UInt32}


Named = tuple[list[str], Numbers]


@dataclass(frozen=True)
class Gap:
    """Values of a column that rows of a place ("aor:SEA", "county:48453", "" for all) and time have not.

    Places after "=" ("=state:IA,MN") are meant alone, not those in them or around them. `rows`: how many a
    whole release would have; `share`: of its rows there. `start`, `end`: None for all days.
    """

    column: str
    values: tuple[str, ...]
    rows: float
    share: float
    where: str = ""
    start: dt.date | None = None
    end: dt.date | None = None

    @property
    def closes(self) -> bool:
        """Whether so much is lacking that the counts themselves say too little."""
        is_all = self.column == ANY or self.where.startswith("=")
        return not is_all and self.rows >= _CLOSES_ROWS and self.share >= _CLOSES_SHARE

    def places(self) -> set[str]:
        """Each place that is meant alone, as "state:IA"."""
        return each_place(self.where.removeprefix("="))

    def to_dict(self) -> dict[str, Any]:
        """The gap as stored in the manifest."""
        days = {} if self.start is None or self.end is None else {
            "start": self.start.isoformat(), "end": self.end.isoformat()
        }  # fmt: skip
        return {
            "column": self.column, "values": list(self.values), "rows": round(self.rows, 1),
            "share": round(self.share, 3), "where": self.where, **days,
        }  # fmt: skip

    @classmethod
    def of(cls, about: dict[str, Any]) -> Gap:
        """A gap as the manifest has it."""
        start, end = about.get("start"), about.get("end")
        return cls(
            about["column"], tuple(about["values"]), float(about["rows"]), float(about["share"]),
            about["where"], dt.date.fromisoformat(start) if start else None,
            dt.date.fromisoformat(end) if end else None,
        )  # fmt: skip


def extra_columns(names: list[str]) -> dict[str, str]:
    """Published columns to be looked at for gaps, by the name under which they go through typing."""
    found = {}
    for name, published in SEEN.items():
        column = next((p for p in published if p in names), None)
        if column is not None:
            found[_MARK + name] = column
    return found


@cache
def _usual(table: str) -> pl.DataFrame:
    every = reference("usual_values")
    usual = every.filter(pl.col("table") == table).with_columns(pl.col("share") / 10_000)
    if table in _LIKE:
        like = every.filter(
            (pl.col("table") == "arrests") & pl.col("column").is_in(_ALIKE[table]),
            pl.col("unit").str.contains(_LIKE[table]),
        )
        usual = pl.concat([usual, like.with_columns(pl.col("share") * _LATER / 10_000)])
    return usual.with_columns(pl.col("column", "unit", "value").cast(pl.Categorical))


def shown(
    frame: pl.DataFrame, table: str, coded: dict[str, Coded] | None = None, row: Numbers | None = None
) -> pl.DataFrame:
    """Rows (`n`) by column, level, unit and value: the month, the area, the finest place that is known.

    Values that are not always there are one, "". Of the level "distinct", `n` counts the distinct values; of
    "word", the rows whose text of place has the word; of "all", the unit is the month of every row.
    `coded`: columns that are coded already; of those of places, `row` says which of their rows is each row's.
    """
    wanted = {"facility": [], **_wanted(table)}
    if "method" in wanted:
        wanted["method"] = [*dict.fromkeys([*wanted["method"], *WIDER_WORDS])]
    names = {c: c for c in _OWN if c in frame.columns}
    names |= {c.removeprefix(_MARK): c for c in frame.columns if c.startswith(_MARK)}
    names = {name: c for name, c in names.items() if name in wanted}
    if not names or frame.is_empty() or "date" not in frame.columns:
        return pl.DataFrame(schema=_SCHEMA)
    coded = dict(coded or {})
    for column in {*names.values(), "aor", "office", "county_fips"} & set(frame.columns) - set(coded):
        coded[column] = code(frame[column])
    levels = dict(zip(("month", "aor", "finest", "place"), _units(frame, table, coded, row), strict=True))
    levels["all"] = levels["month"]
    complete = _complete(list(names))
    rows = _Shown(levels, {name: wanted[name] for name in names})
    rows.add(complete, "all", np.full(frame.height, len(wanted[complete]), np.int32))
    for name, column in names.items():
        texts, codes = coded[column]
        width = len(wanted[name])
        index = _among(wanted[name], texts, column != name)
        value = index[codes]
        if _NONE in wanted[name]:
            value = np.where(value > width, np.int32(wanted[name].index(_NONE)), value)
        rows.add_one(name, "distinct", "", int((index <= width).sum()))
        if name in _TEXTS:
            n_of_text, upper = np.bincount(codes, minlength=len(texts) + 1)[:-1], texts.str.to_uppercase()
            for word in _WORDS[name]:
                has_word = upper.str.contains(word, literal=True).fill_null(False)
                rows.add_one(name, "word", word, int(n_of_text[has_word.to_numpy()].sum()))
        for level in ("month", "aor", "finest", "place"):
            if level == "place" and name == complete:
                rows.add(name, level, np.where(value > width, value, np.int32(width)))
            elif level != "place" and (level != "aor" or name not in _TEXTS):
                rows.add(name, level, value)
    return rows.frame()


class _Shown:
    """Rows by column, level, unit and value, as numbers until all are there: texts are slow to handle."""

    def __init__(self, levels: dict[str, Named], wanted: dict[str, list[str]]) -> None:
        self._names: dict[str, int] = {"": 0}
        self._levels = {level: (self._numbers(names), unit) for level, (names, unit) in levels.items()}
        self._wanted = {column: self._numbers([*names, ""]) for column, names in wanted.items()}
        self._parts: list[tuple[int, int, Numbers, Numbers, Numbers]] = []

    def _numbers(self, names: list[str]) -> Numbers:
        return np.array([self._names.setdefault(name, len(self._names)) for name in names], np.int32)

    def add(self, column: str, level: str, value: Numbers) -> None:
        """Count the rows of each unit of a level and value of a column; one beyond the last value is none."""
        units, unit = self._levels[level]
        values = self._wanted[column]
        height, width = len(units), len(values) + 1
        counts = np.bincount(unit * np.int32(width) + value, minlength=height * width)[: height * width]
        cells = np.flatnonzero(counts)
        cells = cells[cells % width < width - 1]
        row, at = np.divmod(cells, width)
        column_at, level_at = self._numbers([column, level])
        self._parts.append((column_at, level_at, units[row], values[at], counts[cells].astype(np.int32)))

    def add_one(self, column: str, level: str, value: str, n: int) -> None:
        """State one number: how many distinct values a column has, or rows a word."""
        column_at, level_at, *value_at = self._numbers([column, level, value])
        nothing = np.zeros(1, np.int32)
        self._parts.append((column_at, level_at, nothing, np.array(value_at), nothing + np.int32(n)))

    def frame(self) -> pl.DataFrame:
        """All rows, as `shown` gives them."""
        lengths = [len(part[4]) for part in self._parts]
        numbers = [np.repeat([part[i] for part in self._parts], lengths) for i in (0, 1)]
        numbers += [np.concatenate([part[i] for part in self._parts]) for i in (2, 3)]
        names = pl.Series(list(self._names), dtype=pl.Categorical)
        named = {name: names.gather(n) for name, n in zip(_SCHEMA, numbers, strict=False)}
        n = np.concatenate([part[4] for part in self._parts]).astype(np.uint32)
        return pl.DataFrame({**named, "n": n})


@cache
def _wanted(table: str) -> dict[str, list[str]]:
    """Values of each column to look for."""
    usual = (
        _usual(table).group_by("column", maintain_order=True).agg(pl.col("value").unique(maintain_order=True))
    )
    return {str(column): list(values) for column, values in usual.iter_rows()}


def _among(wanted: list[str], texts: pl.Series, is_published: bool) -> Numbers:
    """The index of each text among the wanted ones, one more where it is none of them, two more for null.

    `is_published`: the texts are as published, with their marks for nothing.
    """
    if is_published:
        from atlarge.releases.marks import bare_words  # imports the file readers, which questions do not need

        texts = bare_words(texts)
    index = {value: i for i, value in enumerate(wanted)}
    upper = texts.str.to_uppercase().to_list()
    found = [len(wanted) + 1 if text is None else index.get(text, len(wanted)) for text in upper]
    return np.array([*found, len(wanted) + 1], np.int32)


@cache
def _known_units(table: str) -> frozenset[str]:
    return frozenset(_usual(table)["unit"].unique())


def _units(frame: pl.DataFrame, table: str, coded: dict[str, Coded], row: Numbers | None) -> list[Named]:
    """The month, the area, the finest place whose usual values are known, and the place of each row."""
    days = frame["date"].to_physical().to_numpy()
    first = int(days.min())
    every = pl.Series(np.arange(first, int(days.max()) + 1, dtype=np.int32)).cast(pl.Date)
    months, month = code(every.dt.truncate("1mo").dt.to_string("%Y-%m-%d"))
    nowhere = np.zeros(frame.height if row is None else int(row.max()) + 1, np.int32)
    areas, area = coded.get("aor", Coded(pl.Series([], dtype=pl.String), nowhere))
    known = _known_units(table)
    named_areas = [f"aor:{a}" for a in areas]
    usual, units = [*named_areas, "US"], list[str]()
    finest, place = area, nowhere - 1
    for kind, column in (("office", "office"), ("county", "county_fips")):
        if column not in coded:
            continue
        named = [f"{kind}:{c}" for c in coded[column].texts]
        of_row = coded[column].rows
        at = {unit: len(usual) + i for i, unit in enumerate(unit for unit in named if unit in known)}
        own = np.array([*(at.get(unit, -1) for unit in named), -1], np.int32)[of_row]
        finest = np.where(own >= 0, own, finest)
        usual += at
        place = np.where(of_row < len(named), of_row + np.int32(len(units)), place)
        units += named
    place = np.where(place < 0, np.int32(len(units)), place)
    if row is not None:
        area, finest, place = area[row], finest[row], place[row]
    return [
        (months.to_list(), month[days - first]),
        (named_areas, area),
        (usual, finest),
        (units, place),
    ]


def added(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Combine what the parts of a release show."""
    same = ["column", "level", "unit", "value"]
    rows = pl.col("level") != "distinct"
    whole = pl.concat(parts)
    return pl.concat(
        [
            whole.filter(rows).group_by(same).agg(pl.col("n").sum()),
            whole.filter(~rows).group_by(same).agg(pl.col("n").max()),
        ]
    )


def gaps_of(seen: pl.DataFrame, table: str, scope: str = "nation") -> list[Gap]:
    """The gaps of a release, from what `shown` gives of its rows; none where shares say nothing of them.

    `scope`: what a whole release of the family covers; texts of place are the same only in national ones.
    """
    if seen.is_empty():
        return []
    rows_of = totals(seen)
    is_real = is_rich(seen)
    is_small = sum(rows_of["all"].values()) < _SMALL
    found = _thin(rows_of, table, _THIN if is_real or is_small else _TINY)
    if not is_real:
        return found
    if table == "detainers" or (scope == "nation" and table == "arrests"):
        found += _thin_places(rows_of, table)
    found += _cut_by_word(seen, rows_of)
    rows = seen.filter(pl.col("level").is_in(["month", "aor", "finest"]))
    found += _few_outcomes(rows)
    lacking = _lacking(rows, table)
    whole = _lacking_whole(lacking)
    sure = lacking.filter((pl.col("has") == 0) & (pl.col("rows") >= SURE)).partition_by(
        "column", as_dict=True
    )
    for about in _judged(rows, scope):
        own = sure.get((about["column"],), lacking.clear())
        gaps = _of_column(about, own.rows(named=True), whole.get(about["column"], []))
        gaps = [gap for gap in gaps if gap.share >= _LEAST_SHARE]
        if about["column"] in _OWN and about["column"] not in _TEXTS:
            gaps += _unseen_beside(gaps, about, table)
        found += gaps
    cut_by = {gap.column for gap in found if not gap.where and gap.start is None}
    return found + [gap for gap in _few_values(seen, table) if gap.column not in cut_by]


def totals(seen: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Rows by level and unit, at least those that have a value of the column in which most have one."""
    rows = seen.group_by("level", "unit", "column").agg(pl.col("n").sum())
    most = rows.group_by("level", "unit").agg(pl.col("n").max())
    found: dict[str, dict[str, int]] = {level: {} for level in ("all", "aor", "finest", "place")}
    for level, unit, n in most.iter_rows():
        found.setdefault(level, {})[unit] = n
    return found


@cache
def _usual_places(table: str) -> list[tuple[str | None, str, int, int]]:
    """Place, area, rows in a million of the nation's, least rows in a million of the area's."""
    place = pl.col("kind") + ":" + pl.col("code")
    usual = reference("usual_places").filter(pl.col("table") == table)
    return usual.select(place, "aor", "per_million", "least_of_area").rows()


def _thin(totals: dict[str, dict[str, int]], table: str, least: float) -> list[Gap]:
    """A gap of all columns, of a file with a tiny part of the rows that its places have in its months."""
    a_year = _ROWS_A_YEAR.get(table)
    if a_year is None:
        return []
    areas = {unit.removeprefix("aor:") for unit in totals["aor"]}
    is_named = all(unit.startswith(("county", "office")) for unit in totals["finest"])
    here = sum(
        per_million
        for place, aor, per_million, _ in _usual_places("arrests")
        if (place in totals["finest"] if is_named else aor in areas)
    )
    rows = sum(totals["all"].values())
    months, so_far = 0, 0
    for n in sorted(totals["all"].values(), reverse=True):
        months, so_far = months + (so_far < _MOST_ROWS * rows), so_far + n
    expected = a_year * (here or 1e6) / 1e6 * months / 12
    if rows >= least * expected:
        return []
    return [Gap(ANY, ("most rows",), expected, 1.0)]


def _thin_places(totals: dict[str, dict[str, int]], table: str) -> list[Gap]:
    """Gaps of all columns in places with a small part of the rows that they should have in their area."""
    expected: dict[str, float] = {}
    for place, aor, _, least in _usual_places(table):
        of_area = totals["aor"].get(f"aor:{aor}")
        if place is not None and of_area is not None:
            expected[place] = expected.get(place, 0.0) + least * of_area / 1e6
    found = []
    for place, rows in sorted(expected.items()) if totals["place"] else []:
        n = totals["place"].get(place, 0)
        if (rows >= _MANY and n < _FEW * rows) or (rows >= _SOME and n == 0):
            found.append(Gap(ANY, ("most rows",), rows, 1.0, place))
    return found


def _complete(columns: list[str]) -> str:
    """A column that every row has a value of, as far as there is one."""
    return next((c for c in ("method", "gender") if c in columns), columns[0])


def is_rich(seen: pl.DataFrame) -> bool:
    """Whether a column has the variety that records have; simulated ones have it in method and place."""
    if seen.is_empty():
        return False
    is_other = (pl.col("level") == "distinct") & ~pl.col("column").is_in(["method", *_TEXTS])
    is_text = pl.col("column").is_in(_TEXTS) & (pl.col("level") == "finest") & (pl.col("value") != "")
    is_facility = (pl.col("level") == "distinct") & (pl.col("column") == "facility")
    most, facilities, texts = seen.select(
        pl.col("n").filter(is_other).max().alias("most"),
        pl.col("n").filter(is_facility).max().alias("facilities"),
        pl.col("value").filter(is_text).n_unique(),
    ).row(0)
    return (facilities or 0) >= _RICH_FACILITIES or (most or 0) >= _RICH or texts >= _RICH_TEXTS


def _few_outcomes(rows: pl.DataFrame) -> list[Gap]:
    """A gap of the outcomes that many detainers have not, where they have so few that the others were cut."""
    finest = rows.filter((pl.col("column") == "outcome") & (pl.col("level") == "finest"))
    total = int(finest["n"].sum())
    here = set(finest["value"].cast(pl.String)) & set(_OUTCOMES)
    is_whole = len(here) >= _FEWEST_OUTCOMES and _OUTCOMES[0] in here
    if total < _MANY_DETAINERS or not here or is_whole:
        return []
    absent = tuple(outcome for outcome in _OUTCOMES if outcome not in here)
    return [Gap("outcome", absent, _CLOSES_SHARE * total, _CLOSES_SHARE)]


def _cut_by_word(seen: pl.DataFrame, rows_of: dict[str, dict[str, int]]) -> list[Gap]:
    """A gap of the texts of place with a word, or without it: of many different ones, all have it or none."""
    total, is_wide = sum(rows_of["all"].values()), len(rows_of["aor"]) >= _MANY_AREAS
    distinct = dict(seen.filter(pl.col("level") == "distinct").select("column", "n").iter_rows())
    words = seen.filter(pl.col("level") == "word").select("column", "value", "n")
    found = []
    for column, word, n in sorted(words.iter_rows()):
        if n == total >= _MANY_ROWS and distinct[column] >= _RICH_TEXTS:
            found.append(Gap(column, (f"texts without {word}",), 0.0, 0.0))
        elif n == 0 and is_wide and _WORDS[column][word] * total >= _CLOSES_ROWS:
            found.append(Gap(column, (f"texts with {word}",), 0.0, 0.0))
    return found


def _few_values(seen: pl.DataFrame, table: str) -> list[Gap]:
    """Gaps of columns in which many rows have fewer values than those of any release known."""
    is_month = pl.col("level") == "month"
    about = seen.group_by("column").agg(
        pl.col("n").filter(pl.col("level") == "distinct").max().alias("values"),
        pl.col("n").filter(is_month).sum().alias("rows"),
        pl.col("value").filter(is_month).unique().alias("words"),
    )
    found = []
    for column, values, rows, words in sorted(about.iter_rows()):
        is_few = rows >= _MANY_ROWS and (values or 0) < _FEWEST_VALUES.get(column, 0)
        if is_few and not (column == "method" and _recoded(set(words))):
            absent = _unseen(column, set(words), table) or ("other values",)
            found.append(Gap(column, absent, 0.0, 0.0))
    return found


def _unseen_beside(gaps: list[Gap], about: dict[str, Any], table: str) -> list[Gap]:
    """Beside a gap of a whole file, which is a cut in its column: all known values that no row has."""
    own = {value for gap in gaps if not gap.where and gap.start is None for value in gap.values}
    unseen = [value for value in _unseen(about["column"], set(about["words"]), table) if value not in own]
    return [Gap(about["column"], tuple(unseen), 0.0, 0.0)] if own and unseen else []


def _unseen(column: str, words: set[str], table: str) -> tuple[str, ...]:
    """The known values of a column that a file has no row of."""
    return tuple(word for word in _wanted(table).get(column, []) if word not in words)


def _judged(rows: pl.DataFrame, scope: str) -> list[dict[str, Any]]:
    """Columns whose shares say something (in others than the agency's words it is redacted or recoded), and
    of each: all its rows (`of`), its areas and places, and its words."""
    is_month, is_finest = pl.col("level") == "month", pl.col("level") == "finest"
    is_place = is_finest & (
        pl.col("unit").cat.starts_with("county") | pl.col("unit").cat.starts_with("office")
    )
    about = rows.group_by("column").agg(
        pl.col("n").filter(is_month).sum().alias("_rows"),
        pl.col("n").filter(is_month & (pl.col("value") != "")).sum().alias("_known"),
        pl.col("n").filter(is_finest).sum().alias("of"),
        pl.col("unit").filter(pl.col("level") == "aor").n_unique().alias("areas"),
        pl.col("unit").filter(is_place).n_unique().alias("places"),
        pl.col("value").filter(is_finest).unique().alias("words"),
    )
    is_text = pl.col("column").is_in(_TEXTS)
    is_same = (pl.col("column") == "facility") | (scope == "nation")
    is_told = pl.col("column") == "conviction"  # its usual value is none
    is_told |= (is_text & is_same) | (~is_text & (pl.col("_known") >= 0.5 * pl.col("_rows")))
    return sorted(about.filter(is_told).rows(named=True), key=lambda row: row["column"])


def _of_column(
    about: dict[str, Any], lacking: list[dict[str, Any]], whole: list[dict[str, Any]]
) -> list[Gap]:
    """Gaps of a column: of the whole file, of places and areas, of months."""
    column, words = about["column"], set(about["words"])
    is_text = column in _TEXTS
    recoded = _recoded(words) if whole else set()
    whole = [row for row in whole if row["value"] not in recoded]
    found = _gap(column, whole, about["of"], "") if not is_text else []
    if found and found[0].share < _LEAST_SHARE:  # too few in places of which much is known: see the months
        found, whole = [], []
    gone = {row["value"] for row in whole} | recoded
    least = SURE if about["places"] <= _FEW_PLACES else _LIKELY
    within: dict[str, list[dict[str, Any]]] = {}
    for row in lacking:
        is_place = row["level"] == "finest" and row["unit"].startswith(("county", "office"))
        is_place |= row["level"] == "aor" and about["areas"] > 1
        if is_place and row["rows"] >= least and (is_text or row["value"] not in gone):
            within.setdefault(row["unit"], []).append(row)
    for unit, rows in sorted(within.items()):
        found += _gap(column, rows, rows[0]["of"], unit)
    if about["areas"] >= _MANY_AREAS or not about["areas"]:
        months = [row for row in lacking if row["level"] == "month" and row["rows"] >= _LIKELY]
        found += _months([row for row in months if row["value"] not in gone], column)
    return found


def _factors(rows: pl.DataFrame, untils: list[dt.date | None]) -> pl.DataFrame:
    """By how much shares are multiplied, by column and their last month: less outside the months counted."""
    by_month: dict[str, dict[str, int]] = {}
    months = rows.filter(pl.col("level") == "month").group_by("column", "unit").agg(pl.col("n").sum())
    for column, month, n in months.iter_rows():
        by_month.setdefault(column, {})[month] = n
    first, last = (day.isoformat() for day in _COUNTED)
    factors = []
    for column, counts in by_month.items():
        total = sum(counts.values()) or 1
        for until in untils:
            usable = {m: n for m, n in counts.items() if until is None or m <= until.isoformat()}
            inside = sum(n for m, n in usable.items() if first <= m <= last)
            factors.append((column, until, (inside + _LATER * (sum(usable.values()) - inside)) / total))
    schema = {"column": pl.Categorical, "until": pl.Date, "factor": pl.Float64}
    return pl.DataFrame(factors, schema=schema, orient="row")


def _lacking(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Of each column, level, unit and value that it usually has: the rows expected, those it has (`has`) and
    all of the unit (`of`)."""
    usual = _usual(table).filter(pl.col("share") > 0)
    factors = _factors(rows, usual["until"].unique().to_list())
    scaled = usual.join(factors, on=["column", "until"], nulls_equal=True).select(
        "column", pl.col("unit").alias("_usual"), "value", "until",
        (pl.col("share") * pl.col("factor")).alias("share"),
    )  # fmt: skip
    is_month = pl.col("level") == "month"
    totals = rows.group_by("column", "level", "unit").agg(pl.col("n").sum().alias("of"))
    totals = totals.with_columns(
        pl.when(is_month).then(pl.lit("US", pl.Categorical)).otherwise("unit").alias("_usual"),
        pl.when(is_month).then("unit").cast(pl.String).str.to_date().alias("_month"),
    )
    expected = totals.join(scaled, on=["column", "_usual"])
    in_time = (pl.col("_month") <= pl.col("until")).fill_null(True)
    has = rows.select("column", "level", "unit", "value", pl.col("n").alias("has"))
    both = expected.filter(in_time).join(has, on=["column", "level", "unit", "value"], how="left")
    share = (pl.col("share") * pl.col("of")).alias("rows")
    return both.select("column", "level", "unit", "value", share, pl.col("has").fill_null(0), "of")


def _lacking_whole(lacking: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Values that no row of the file has, by column."""
    summed = lacking.group_by("column", "value", "level").agg(pl.col("rows", "has").sum())
    finest, areas = (summed.filter(pl.col("level") == level) for level in ("finest", "aor"))
    # what is usual in an area and in none of its places is looked for in the area
    areas = areas.join(finest.filter(pl.col("rows") >= SURE), on=["column", "value"], how="anti")
    whole = pl.concat([finest.join(areas, on=["column", "value"], how="anti"), areas])
    gone = whole.filter((pl.col("has") == 0) & (pl.col("rows") >= SURE)).sort("column", "value")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in gone.iter_rows(named=True):
        found.setdefault(row["column"], []).append(row)
    return found


def _recoded(words: set[str]) -> set[str]:
    """Methods that a file of these words writes in a wider word and none of them in its own: all, if it has
    no words but the wider ones."""
    if is_recoded(words) and all(words & set(wider) for _, *wider in WIDER.values()):
        return set(_wanted("arrests")["method"])
    found = set()
    for category, (first, *wider) in WIDER.items():
        methods = {method.upper() for method in scheme("ddp").methods(category)}
        own = {method for method in methods if method.startswith(first)} - set(wider)
        found |= methods if words & set(wider) and not words & own else set()
    return found


def _gap(
    column: str, lacking: list[dict[str, Any]], of: int, where: str,
    start: dt.date | None = None, end: dt.date | None = None,
) -> list[Gap]:  # fmt: skip
    if not lacking:
        return []
    ordered = sorted(lacking, key=lambda row: (-row["rows"], row["value"]))
    rows = float(sum(row["rows"] for row in ordered))
    # for a whole release, the rows in and outside the cut; for an extract only the rows it has
    share = rows / max(of, 1)
    return [Gap(column, tuple(row["value"] for row in ordered), rows, min(1.0, share), where, start, end)]


def _months(lacking: list[dict[str, Any]], column: str) -> list[Gap]:
    """Gaps of single months of a national release, runs of the same values joined."""
    by_month: dict[str, list[dict[str, Any]]] = {}
    for row in lacking:
        by_month.setdefault(row["unit"], []).append(row)
    found: list[Gap] = []
    for unit, rows in sorted(by_month.items()):
        start = dt.date.fromisoformat(unit)
        (one,) = _gap(column, rows, rows[0]["of"], "", start, month_end(start))
        last = found[-1] if found else None
        if last and last.end and set(last.values) == set(one.values) and (start - last.end).days == 1:
            share = (last.rows + one.rows) / max(last.rows / last.share + one.rows / one.share, 1e-9)
            found[-1] = Gap(column, last.values, last.rows + one.rows, share, "", last.start, one.end)
        else:
            found.append(one)
    return found


def notes_of(gaps: list[Gap]) -> list[str]:
    """Gaps in sentences, for the audit: those of the whole file one by one, those of places together."""
    notes = []
    for gap in (g for g in gaps if g.where == "=nation:US"):
        kind = "" if gap.column == ANY else f" of {_named(gap)}"
        notes.append(
            f"the file is a cut: {gap.rows:,.0f} of {gap.rows / gap.share:,.0f} published rows{kind} are not "
            "in it; where a place that lacks any has no row, its count is missing, not zero; if the file is "
            "whole, say so by --covers"
        )
    gaps = [gap for gap in gaps if not gap.where.startswith("=")]
    for gap in (g for g in gaps if not g.where):
        if gap.values == (NUMBERED,):
            time = f" from {gap.start} to {gap.end}" if gap.start else ""
            notes.append(
                f"by the publisher's numbers, {gap.rows:,.0f} of {gap.rows / gap.share:,.0f} rows{time} were "
                "cut out of the file: where there is no row a count is missing, not zero; if the file has "
                "all that you count, say so by --covers"
            )
            continue
        if gap.column == ANY:
            notes.append(
                f"a whole release of these places and months would have about {gap.rows:,.0f} rows: where "
                "there is no row a count is missing, not zero; if the file is whole, say so by --covers"
            )
            continue
        if not gap.rows:
            notes.append(
                f"the file is a cut by {gap.column.replace('_', ' ')}: where a measure that counts "
                f"{', '.join(gap.values[:_MOST_NAMED])} has no row, it is missing, not zero; if the file is "
                "whole, say so by --covers"
            )
            continue
        time = f" from {gap.start} to {gap.end}" if gap.start else ""
        notes.append(
            f"no row{time} has {_named(gap)}, though a whole release would have about {gap.rows:,.0f}: "
            f"{_result(gap.closes)}; if the file is whole, say so by --covers"
        )
    for closes in (True, False):
        within = [g for g in gaps if g.where and g.closes == closes]
        if within:
            first = max(within, key=lambda g: g.rows)
            lacks = f"no row of {first.where} has {_named(first)}"
            if first.column == ANY:
                lacks = f"{first.where} has hardly any row"
            places = len({g.where for g in within})
            others = f" (and others in {places - 1:,} more places)" if places > 1 else ""
            notes.append(
                f"{lacks}, though a whole release would have about {first.rows:,.0f}{others}: there, "
                f"{_result(closes)}"
            )
    return notes


def _named(gap: Gap) -> str:
    others = f" and {len(gap.values) - _MOST_NAMED} more" if len(gap.values) > _MOST_NAMED else ""
    return f"{gap.column.replace('_', ' ')} {', '.join(gap.values[:_MOST_NAMED])}{others}"


def _result(closes: bool) -> str:
    if closes:
        return "measures that count them are missing, not zero"
    return "a measure that counts them is missing, not zero, where it has no row"
