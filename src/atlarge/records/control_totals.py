"""Compare a file with the control totals of the releases it is from: how many rows they have, and where.

Of every release that is at hand as it was published, the rows of each day and those of each month and place
are known (`control_totals.parquet`). Where a file has the rows of a day it is whole, however it was saved
again; where it has fewer, it is a cut, and shows a zero only in places whose rows are all there.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.records.gaps import ANY, Gap
from atlarge.records.tables import PLACE_COLUMNS

TABLE = "control_totals.parquet"
KINDS = {"arrests": "method", "detainers": "outcome"}
"""The column that most measures of a table count by, whose values have totals of their own."""
_NAMED = ("with_text", "with_aor")
NATION = "US"
_EPOCH = dt.date(1970, 1, 1).toordinal()

Span = tuple[dt.date, dt.date]


def daily(frame: pl.DataFrame, day: str) -> pl.DataFrame:
    """Rows of each day: all (`n`), and those with a text of place and with an area of responsibility."""
    text = next((c for c in ("landmark", "facility") if c in frame.columns), None)
    named = zip(_NAMED, (text, "aor"), strict=True)
    frame = frame.filter(pl.col(day).is_not_null())
    days = frame[day].to_physical().to_numpy()
    if not len(days):
        return pl.DataFrame(schema={"day": pl.Date, "n": pl.Int64, **dict.fromkeys(_NAMED, pl.Int64)})
    first, n = int(days.min()), frame["n"].to_numpy()
    counts = {"n": n}
    for name, column in named:
        is_named = frame[column].is_not_null().to_numpy() if column else 0
        counts[name] = n * is_named
    sums = {k: np.bincount(days - first, weights=v).astype(np.int64) for k, v in counts.items()}
    return pl.DataFrame({"day": np.arange(first, first + len(sums["n"]), dtype=np.int32), **sums}).cast(
        {"day": pl.Date}
    )


def by_place(frame: pl.DataFrame, table: str, day: str) -> pl.DataFrame:
    """Rows of each month by the places that they name and by their kind (method, outcome)."""
    places = [c for c in PLACE_COLUMNS.values() if c in frame.columns]
    kind = KINDS.get(table)
    named = frame.select(
        pl.col(day).dt.truncate("1mo").alias("month"),
        *(pl.col(c).cast(pl.String) for c in places),
        (pl.col(kind).cast(pl.String) if kind in frame.columns else pl.lit(None, pl.String)).alias("kind"),
        "n",
    )
    return named.group_by("month", *places, "kind").agg(pl.col("n").sum().cast(pl.Int64))


def _published(family: str, time: str) -> pl.DataFrame:
    """Totals of a family by day or by month."""
    path = str(files("atlarge").joinpath(TABLE))
    known = pl.scan_parquet(path, glob=False).filter(pl.col("family") == family)
    return known.filter(pl.col(time).is_not_null()).collect()


@cache
def _days(family: str) -> tuple[int, dict[str, NDArray[np.int64]]] | None:
    """The first day that totals of a family are known of, and from then on the rows of each day."""
    known = _published(family, "day")
    if known.is_empty():
        return None
    days = known["day"].to_physical().to_numpy()
    found = {}
    for name in ("n", *_NAMED):
        found[name] = np.zeros(int(days[-1] - days[0]) + 1, np.int64)
        np.add.at(found[name], days - days[0], known[name].to_numpy())
    return int(days[0]), found


def split(family: str, counted: pl.DataFrame, spans: list[Span]) -> list[tuple[str, Span]]:
    """The spans of a file in runs of months: "whole" if it has every row that was published, "short" if not.

    Or "unknown", where nothing is known of what was published. `counted`: what `daily` gives of its rows.
    """
    known = _days(family)
    if known is None or counted.is_empty():
        return [("unknown", span) for span in spans]
    first, published = known
    begin = int(counted["day"].to_physical()[0])
    length = len(published["n"])
    lacks = np.zeros(length, bool)
    for name, wanted in published.items():
        own = np.zeros(length, np.int64)
        has = counted[name].to_numpy()
        low, high = max(begin, first), min(begin + len(has), first + length)
        if low < high:
            own[low - first : high - first] = has[low - begin : high - begin]
        if name == "n" or has.any():
            lacks |= own < wanted
    found: list[tuple[str, Span]] = []
    for start, end in spans:
        months = pl.date_range(start.replace(day=1), end, "1mo", eager=True).to_list()[1:]
        last = ""
        for a, after in pairwise([start, *months, end + dt.timedelta(days=1)]):
            at, to = (x.toordinal() - _EPOCH - first for x in (a, after))
            is_known = at >= 0 and to <= length
            how = ("short" if lacks[at:to].any() else "whole") if is_known else "unknown"
            b = after - dt.timedelta(days=1)
            if how == last:
                found[-1] = (how, (found[-1][1][0], b))
            else:
                found.append((how, (a, b)))
            last = how
    return found


def is_whole(family: str, counted: pl.DataFrame) -> bool:
    """Whether rows by day are all that were published from the first day to the last."""
    days = counted["day"]
    return bool(len(days)) and all(how == "whole" for how, _ in split(family, counted, [(days[0], days[-1])]))


def shortfalls(family: str, table: str, frame: pl.DataFrame, day: str, spans: list[Span]) -> list[Gap]:
    """What a cut lacks of the published rows in the months of some spans: a gap a level, of its places alone.

    If all rows of some kinds are there, only the others are lacking.
    """
    months = {m for a, b in spans for m in pl.date_range(a.replace(day=1), b, "1mo", eager=True).to_list()}
    published = _published(family, "month").filter(pl.col("month").is_in(sorted(months)))
    if published.is_empty():
        return []
    own = by_place(frame, table, day)
    column, values = ANY, ("rows",)
    if own["kind"].count():
        short = set(_short(published, own, ["month", "kind"])["kind"])
        if None not in short and short != set(published["kind"]):
            column, values = KINDS[table], tuple(sorted(kind.upper() for kind in short))
            published, own = (rows.filter(pl.col("kind").is_in(sorted(short))) for rows in (published, own))
    found: list[Gap] = []
    for level, name in {"nation": "nation", **PLACE_COLUMNS}.items():
        if name == "nation":
            lacking = _short(published, own, ["month"]).with_columns(nation=pl.lit(NATION))
        elif name in own.columns:
            lacking = _short(published.drop_nulls(name), own, ["month", name])
        else:
            continue
        if lacking.height:
            rows, of = int(lacking["lack"].sum()), int(lacking["n"].sum())
            places = lacking[name].unique().sort()
            where = f"={level}:{','.join(places)}"
            found.append(Gap(column, values, float(rows), rows / of, where))
    return found


def _short(published: pl.DataFrame, own: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The published sums (`n`) that a file falls short of, and by how much (`lack`)."""
    sums = [rows.group_by(by).agg(pl.col("n").sum()) for rows in (published, own)]
    both = sums[0].join(sums[1], on=by, how="left", nulls_equal=True, suffix="_own")
    lack = pl.col("n") - pl.col("n_own").fill_null(0)
    return both.with_columns(lack.alias("lack")).filter(pl.col("lack") > 0)
