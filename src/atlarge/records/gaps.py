"""Kinds of records that a whole release always has and a file has not: gaps, of which nothing is zero.

A file that was cut by apprehension method, citizenship, sex, facility or another column has rows of every day
and place, and still cannot show what was cut away. What a whole release always has is known from national
releases (`reference/usual_values.csv`): the least share of the rows of a place, an area or a month that a
value had. Where a file should have several rows of a value and has none, it has a gap there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from atlarge.calendar import month_end
from atlarge.records.schemes import scheme
from atlarge.reference import table as reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Coded = tuple[list[str], NDArray[np.int64]]

SEEN = {
    "citizenship": ("citizenship", "citizenship_country", "country_of_citizenship", "birth_country"),
    "gender": ("gender", "sex"),
    "charge": ("final_charge_section",),
    "program": ("final_program", "apprehension_final_program"),
    "criminality": ("apprehension_criminality", "criminality", "arrest_criminality", "encounter_criminality"),
}
"""Columns that are looked at for gaps though the store does not keep them, by their published names."""
_OWN = ("method", "disposition", "operation_mark", "outcome", "landmark", "facility")
_MARK = "_seen_"
_RICH = 6
"""A file without a column of so many different values is recoded or simulated: shares say nothing of it."""
_RICH_TEXTS = 25
"""Or of so many texts of place that national releases have."""
_TEXTS = ("landmark", "facility")
SURE, _LIKELY = 3.0, 6.0
"""Rows of a value that the file, or one of its many places or months, should have had to have a gap there."""
_CLOSES_ROWS, _CLOSES_SHARE = 20.0, 0.05
"""Rows that are lacking, and their share of all, from which on the count itself is not reported."""
_COUNTED = (dt.date(2015, 10, 1), dt.date(2019, 9, 1))
_LATER = 0.3
_LEAST_SHARE = 0.002
"""Shares change with the years: outside those that were counted, so much of a share is still expected."""
_MANY_AREAS, _FEW_PLACES = 15, 3
_MOST_NAMED = 4
_RECODED = {
    "at_large": ("AT-LARGE", "AT-LARGE ARREST"),
    "custodial": ("CUSTODIAL", "CUSTODIAL ARREST", "CRIMINAL ALIEN PROGRAM"),
}
_ANY = "any column"
_THIN = 0.005
"""A file with less than this share of the rows of its places and months shows no zero."""
_MANY, _FEW, _SOME = 60, 0.08, 12
"""Nor does a place that should have so many rows and has under this share of them, or some and has none."""
_ROWS_A_YEAR = {"arrests": 100_000, "encounters": 300_000, "removals": 150_000}
_SCHEMA = {"column": pl.String, "level": pl.String, "unit": pl.String, "value": pl.String, "n": pl.UInt32}


@dataclass(frozen=True)
class Gap:
    """Values of a column that rows of a place ("aor:SEA", "county:48453", "" for all) and time have not.

    `rows`: how many a whole release would have; `share`: of its rows there. `start`, `end`: None for all
    days.
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
        return self.column != _ANY and self.rows >= _CLOSES_ROWS and self.share >= _CLOSES_SHARE

    def to_dict(self) -> dict[str, Any]:
        """As in the manifest."""
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
    usual = reference("usual_values")
    return usual.filter(pl.col("table") == table).with_columns(pl.col("share") / 10_000)


def shown(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Rows (`n`) by column, level, unit and value: the month, the area, the finest place that is known.

    Values that are not always there are one, "". Of the level "distinct", `value` is each text of place that
    is always there, and "" counts the distinct values.
    """
    usual = _usual(table)
    names = {c: c for c in _OWN if c in frame.columns}
    names |= {c.removeprefix(_MARK): c for c in frame.columns if c.startswith(_MARK)}
    listed = set(usual["column"].unique())
    names = {name: c for name, c in names.items() if name in listed}
    if not names or frame.is_empty() or "date" not in frame.columns:
        return pl.DataFrame(schema=_SCHEMA)
    coded = {column: _coded(frame[column]) for column in {*names.values(), "aor"} & set(frame.columns)}
    levels = dict(zip(("month", "aor", "finest", "place"), _units(frame, usual, coded), strict=True))
    complete = _complete(list(names))
    parts = []
    for name, column in names.items():
        wanted = usual.filter(pl.col("column") == name)["value"].unique().to_list()
        texts, code = coded[column]
        index = _among(wanted, texts)
        value = index[code]
        parts.append(_counted(name, "distinct", ([""], np.zeros(1, np.int64)), [""], np.zeros(1, np.int64)))
        parts[-1] = parts[-1].with_columns(pl.lit(int((index <= len(wanted)).sum()), pl.UInt32).alias("n"))
        for level, units in levels.items():
            if level == "place" and name != complete:
                continue
            if name not in _TEXTS or level != "aor":
                parts.append(_counted(name, level, units, [*wanted, ""], value))
    return pl.concat(parts)


def _counted(
    column: str, level: str, units: Coded, values: list[str], value: NDArray[np.int64]
) -> pl.DataFrame:
    """Rows of each unit and value; one integer a row counts quicker than a grouping by texts."""
    named, unit = units
    counts = np.bincount(unit * (len(values) + 1) + value)
    cells = np.flatnonzero(counts)
    row, at = np.divmod(cells, len(values) + 1)
    known = (row < len(named)) & (at < len(values))
    row, at = row[known].tolist(), at[known].tolist()
    return pl.DataFrame(
        {
            "column": [column] * len(row),
            "level": [level] * len(row),
            "unit": [named[i] for i in row],
            "value": [values[i] for i in at],
            "n": counts[cells[known]].astype(np.uint32),
        },
        schema=_SCHEMA,
    )


def _coded(values: pl.Series) -> Coded:
    """The distinct texts, and for each row the index of its own; beyond the last where there is none."""
    texts = values.cast(pl.String)
    distinct = texts.unique().drop_nulls()
    codes = texts.cast(pl.Enum(distinct)).to_physical().cast(pl.Int64).fill_null(len(distinct))
    return distinct.to_list(), codes.to_numpy()


def _among(wanted: list[str], texts: list[str]) -> NDArray[np.int64]:
    """The index of each text among the wanted ones, one more where it is none of them, two more for null."""
    from atlarge.releases.marks import bare_words  # with what reads files, which a question needs not

    index = {value: i for i, value in enumerate(wanted)}
    bare = bare_words(pl.Series(texts, dtype=pl.String)).str.to_uppercase()
    found = [len(wanted) + 1 if text is None else index.get(text, len(wanted)) for text in bare.to_list()]
    return np.array([*found, len(wanted) + 1], np.int64)


def _units(frame: pl.DataFrame, usual: pl.DataFrame, coded: dict[str, Coded]) -> list[Coded]:
    """The month, the area, the finest place whose usual values are known, and the place of each row.

    `coded`: columns that are coded already.
    """
    date = frame["date"]
    first = date.min()
    assert isinstance(first, dt.date)
    month = (date.dt.year().cast(pl.Int64) * 12 + date.dt.month() - 1).to_numpy()
    start = first.year * 12 + first.month - 1
    months = [f"{m // 12}-{m % 12 + 1:02}-01" for m in range(start, int(month.max()) + 1)]
    empty: Coded = ([], np.zeros(frame.height, np.int64))
    areas, area = coded.get("aor", empty)
    named = set(usual["unit"].unique())
    units = [*(f"aor:{a}" for a in areas), "US"]
    finest, place = area.copy(), np.full(frame.height, -1, np.int64)
    for kind, column in (("office", "office"), ("county", "county_fips")):
        if column not in frame.columns:
            continue
        codes, code = _coded(frame[column])
        to = np.array([len(units) + i if f"{kind}:{c}" in named else -1 for i, c in enumerate(codes)] + [-1])
        finest = np.where(to[code] >= 0, to[code], finest)
        place = np.where(code < len(codes), code + len(units), place)
        units += [f"{kind}:{c}" for c in codes]
    named_areas = [f"aor:{a}" for a in areas]
    place = np.where(place < 0, len(units), place)
    return [(months, month - start), (named_areas, area), (units, finest), (units, place)]


def added(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """What the parts of a release show, as one."""
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
    found = _thin(seen, table, scope)
    if not is_rich(seen):
        return found
    found += _thin_places(seen, table, scope)
    for column in seen["column"].unique().sort().to_list():
        if column in _TEXTS and scope != "nation":
            continue
        rows = seen.filter(pl.col("column") == column)
        usual = _usual(table).filter(pl.col("column") == column)
        words = rows.filter(pl.col("level") == "month")
        known = int(words.filter(pl.col("value") != "")["n"].sum())
        if column not in _TEXTS and known < 0.5 * int(words["n"].sum()):
            continue  # other words than the agency's: redacted or recoded
        usual = usual.filter(pl.col("share") > 0)
        found += [gap for gap in _of_column(rows, usual, column) if gap.share >= _LEAST_SHARE]
    return found


def _thin(seen: pl.DataFrame, table: str, scope: str) -> list[Gap]:
    """A gap of all columns, of a file with a tiny part of the rows that its places have in its months."""
    a_year = _ROWS_A_YEAR.get(table)
    if a_year is None or scope != "nation" or seen.is_empty():
        return []
    one = seen.filter(pl.col("column") == _complete(seen["column"].unique(maintain_order=True).to_list()))
    areas = one.filter(pl.col("level") == "aor")["unit"].str.strip_prefix("aor:").unique()
    months = one.filter(pl.col("level") == "month")["unit"].n_unique()
    usual = reference("usual_places").with_columns((pl.col("kind") + ":" + pl.col("code")).alias("place"))
    finest = one.filter(pl.col("level") == "finest")["unit"].unique()
    is_named = finest.str.contains("^county|^office").all()
    inside = pl.col("place").is_in(finest.implode()) if is_named else pl.col("aor").is_in(areas.implode())
    here = float(usual.filter(inside)["per_million"].sum() or 1e6)
    expected = a_year * here / 1e6 * months / 12
    rows = int(one.filter(pl.col("level") == "month")["n"].sum())
    if rows >= _THIN * expected:
        return []
    return [Gap(_ANY, ("most rows",), expected, 1.0)]


def _thin_places(seen: pl.DataFrame, table: str, scope: str) -> list[Gap]:
    """Gaps of all columns in places with a small part of the rows that they should have in their area."""
    if scope != "nation" or table != "arrests" or "place" not in seen["level"]:
        return []
    one = seen.filter(pl.col("column") == _complete(seen["column"].unique(maintain_order=True).to_list()))
    areas = one.filter(pl.col("level") == "aor").group_by(
        pl.col("unit").str.strip_prefix("aor:").alias("aor")
    )
    usual = reference("usual_places").with_columns((pl.col("kind") + ":" + pl.col("code")).alias("unit"))
    expected = usual.join(areas.agg(pl.col("n").sum()), on="aor")
    least = (pl.col("least_of_area") * pl.col("n")).sum() / 1e6
    expected = expected.group_by("unit").agg(least.alias("rows"))
    has = one.filter(pl.col("level") == "place").group_by("unit").agg(pl.col("n").sum())
    both = expected.drop_nulls("unit").join(has, on="unit", how="left").with_columns(pl.col("n").fill_null(0))
    is_few = (pl.col("rows") >= _MANY) & (pl.col("n") < _FEW * pl.col("rows"))
    few = both.filter(is_few | ((pl.col("rows") >= _SOME) & (pl.col("n") == 0)))
    return [Gap(_ANY, ("most rows",), rows, 1.0, unit) for unit, rows, _ in few.sort("unit").iter_rows()]


def _complete(columns: list[str]) -> str:
    """A column that every row has a value of, as far as there is one."""
    return next((c for c in ("method", "gender") if c in columns), columns[0])


def is_rich(seen: pl.DataFrame) -> bool:
    """Whether a column has the variety that records have; simulated ones have it in method and place."""
    if seen.is_empty():
        return False
    others = seen.filter((pl.col("level") == "distinct") & ~pl.col("column").is_in(["method", *_TEXTS]))
    texts = seen.filter(pl.col("column").is_in(_TEXTS) & (pl.col("level") == "finest"))
    known = texts.filter(pl.col("value") != "")["value"].n_unique()
    return int(others["n"].max() or 0) >= _RICH or known >= _RICH_TEXTS  # type: ignore[arg-type]


def _of_column(rows: pl.DataFrame, usual: pl.DataFrame, column: str) -> list[Gap]:
    months = rows.filter(pl.col("level") == "month").with_columns(pl.col("unit").str.to_date().alias("month"))
    by_month = months.group_by("month").agg(pl.col("n").sum()).sort("month")
    scaled = _scaled(usual, by_month)
    finest, areas = (rows.filter(pl.col("level") == level) for level in ("finest", "aor"))
    lacking = _lacking(finest, scaled)
    of_all = int(finest["n"].sum())
    whole = lacking.group_by("value").agg(pl.col("rows").sum(), pl.col("has").sum())
    whole = whole.filter((pl.col("has") == 0) & (pl.col("rows") >= SURE) & ~_is_recoded(finest))
    gone = whole["value"].to_list()
    found = _gap(column, whole, of_all, "") if column not in _TEXTS else []
    places = finest.filter(pl.col("unit").str.contains("^county|^office"))
    least = SURE if places["unit"].n_unique() <= _FEW_PLACES else _LIKELY
    within = _lacking(places, scaled)
    if areas["unit"].n_unique() > 1:
        within = pl.concat([within, _lacking(areas, scaled)])
    within = within.filter((pl.col("has") == 0) & (pl.col("rows") >= least))
    if column not in _TEXTS:
        within = within.filter(~pl.col("value").is_in(gone))
    for (unit,), part in within.sort("unit").group_by("unit", maintain_order=True):
        found += _gap(column, part, int(part["of"][0]), str(unit))
    if areas["unit"].n_unique() >= _MANY_AREAS or areas.is_empty():
        found += _months(months, scaled, column, gone)
    return found


def _scaled(usual: pl.DataFrame, by_month: pl.DataFrame) -> pl.DataFrame:
    """Shares as they may be expected of rows of these months: less outside the months that were counted."""
    windows = usual.select("until").unique()
    factors = []
    total = int(by_month["n"].sum()) or 1
    for until in windows["until"].to_list():
        usable = by_month if until is None else by_month.filter(pl.col("month") <= until)
        inside = int(usable.filter(pl.col("month").is_between(*_COUNTED))["n"].sum())
        factors.append((inside + _LATER * (int(usable["n"].sum()) - inside)) / total)
    windows = windows.with_columns(pl.Series("factor", factors, pl.Float64))
    return usual.join(windows, on="until", nulls_equal=True).with_columns(pl.col("share") * pl.col("factor"))


def _lacking(units: pl.DataFrame, usual: pl.DataFrame) -> pl.DataFrame:
    """Of each unit and value that it usually has: the rows expected, those it has, and all it has (`of`)."""
    totals = units.group_by("unit").agg(pl.col("n").sum().alias("of"))
    expected = totals.join(usual.select("unit", "value", "share"), on="unit")
    has = units.select("unit", "value", pl.col("n").alias("has"))
    return expected.join(has, on=["unit", "value"], how="left").select(
        "unit", "value", (pl.col("share") * pl.col("of")).alias("rows"), pl.col("has").fill_null(0), "of"
    )


def _is_recoded(units: pl.DataFrame) -> pl.Expr:
    """Whether a method is one that the file writes in a wider word."""
    words = set(units["value"].unique().to_list())
    written = [
        method.upper()
        for category, wider in _RECODED.items()
        if words & set(wider)
        for method in scheme("ddp").methods(category)
    ]
    return pl.col("value").is_in(written)


def _gap(
    column: str, lacking: pl.DataFrame, of: int, where: str,
    start: dt.date | None = None, end: dt.date | None = None,
) -> list[Gap]:  # fmt: skip
    if lacking.is_empty():
        return []
    rows = float(lacking["rows"].sum())
    # of a whole release, the rows that are here and those that are not; a value cut to is all that is here
    share = rows / max(of, 1)
    values = tuple(lacking.sort("rows", "value", descending=[True, False])["value"].to_list())
    return [Gap(column, values, rows, min(1.0, share), where, start, end)]


def _months(months: pl.DataFrame, usual: pl.DataFrame, column: str, gone: list[str]) -> list[Gap]:
    """Gaps of single months of a national release, runs of the same values joined."""
    nation = usual.filter((pl.col("unit") == "US") & ~pl.col("value").is_in(gone))
    each = nation.drop("unit").join(months.select("unit").unique(), how="cross")
    until = pl.col("until").is_null() | (pl.col("unit").str.to_date() <= pl.col("until"))
    lacking = _lacking(months, each.filter(until))
    lacking = lacking.filter((pl.col("has") == 0) & (pl.col("rows") >= _LIKELY)).sort("unit", "value")
    found: list[Gap] = []
    for (unit,), part in lacking.group_by("unit", maintain_order=True):
        start = dt.date.fromisoformat(str(unit))
        (one,) = _gap(column, part, int(part["of"][0]), "", start, month_end(start))
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
    for gap in (g for g in gaps if not g.where):
        if gap.column == _ANY:
            notes.append(
                f"a whole release of these places and months would have about {gap.rows:,.0f} rows: where "
                "there is no row a count is missing, not zero; if the file is whole, say so by --covers"
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
            if first.column == _ANY:
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
