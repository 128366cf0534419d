"""Earlier publications of the same records: what they disclosed is known to every reader of the next.

A site carries a record of what it disclosed, marks and published counts alone (`RECORD`), of itself and of
the editions before it. The next edition is solved against it: a count that was published stays
known, a count that was suppressed must not follow from both together.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlarge.calendar import period_end
from atlarge.detainers.outcomes import OUTCOMES
from atlarge.disclosure.constraints import NO_END, ConstraintBuilder, Knowledge
from atlarge.disclosure.table import SHOWN, SMALL, THRESHOLD, UNCOVERED, WITHHELD, Disclosed, believed
from atlarge.errors import QuestionError
from atlarge.messages import members_of
from atlarge.publish.day_ranges import Window

Beside = Path | str | Sequence[Path | str] | None
"""A publication that another shall stand beside, or several: the folder of a site, or a table in a file."""

RECORD = "data/disclosed.parquet"
KEYS = ("level", "place", "measure", "period", "start", "end")
_SCHEMA = (
    dict.fromkeys(KEYS[:4], pl.String)
    | dict.fromkeys(KEYS[4:], pl.Date)
    | {"value": pl.Int64, "mark": pl.String, "threshold": pl.Int64}
)


@dataclass(frozen=True)
class Edition:
    """What earlier publications disclosed: KEYS, value (null where suppressed), mark and threshold.

    The same cell may come once for each edition. `sources`: the folders that they were read from.
    """

    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_SCHEMA))
    sources: tuple[str, ...] = ()

    @property
    def levels(self) -> set[str]:
        """Levels of the places that were published."""
        return set(self.rows["level"].to_list()) - {"locality"}

    @property
    def threshold(self) -> int:
        """The highest threshold of any edition."""
        return int(self.rows["threshold"].max() or 0)  # type: ignore[arg-type]

    def joined(self, other: Edition | None) -> Edition:
        """What either of two disclosed."""
        if other is None:
            return self
        rows = pl.concat([self.rows, other.rows]).unique(maintain_order=True)
        return Edition(rows, tuple(dict.fromkeys([*self.sources, *other.sources])))


def read_edition(site: Path | str | Sequence[Path | str]) -> Edition:
    """What a site disclosed, or a table that `--disclose --json` wrote to a file; of several, what all did.

    QuestionError where a folder is not a site or its record cannot be read, and for a file that is no such
    table.
    """
    if not isinstance(site, Path | str):
        return reduce(Edition.joined, map(read_edition, site), Edition())
    folder = Path(site)
    if folder.is_file():
        return _read_table(folder)
    if not folder.exists():
        raise QuestionError(f"{folder}: there is no such folder or file; check the name")
    record, table = folder / RECORD, folder / "data" / "all.parquet"
    if not record.is_file() and not table.is_file():
        raise QuestionError(
            f"{folder}: has no record of what it disclosed ({RECORD}); name the folder of a site written by "
            "atlarge publish"
        )
    try:
        rows = pl.read_parquet(record if record.is_file() else table, glob=False)
        if "threshold" not in rows.columns:  # a site from before there was a record
            rows = rows.with_columns(pl.lit(THRESHOLD).alias("threshold"))
        rows = rows.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
        if not set(rows["mark"].unique()) <= {SHOWN, SMALL, WITHHELD, UNCOVERED}:
            raise ValueError("unknown marks")
    except (OSError, ValueError, pl.exceptions.PolarsError):
        raise QuestionError(f"{record}: is damaged; take the site as it was published") from None
    return Edition(rows, (str(folder),))


def _read_table(path: Path) -> Edition:
    """What a table that was passed on disclosed: of `panel` or `surges`, or a report of `detainers`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["disclosed"] is not True:
            raise ValueError("not disclosed")
        threshold = int(document["threshold"])
        rows = list(_of_report(document)) if "by" in document else document["rows"]
        frame = pl.DataFrame(
            [
                (
                    *(str(row[k]) for k in KEYS[:3]),
                    "window",
                    *(dt.date.fromisoformat(str(row[k])) for k in KEYS[4:]),
                    row["value"],
                    row["mark"],
                    threshold,
                )
                for row in rows
            ],
            schema=_SCHEMA,
            orient="row",
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise QuestionError(
            f"{path}: is neither the folder of a site nor a table that --disclose --json wrote"
        ) from None
    if document.get("by") == "facility":
        raise QuestionError(
            f"{path}: is a report by facility, of which a site has no counts; publish the site first, and "
            "make the report beside it (detainers --beside)"
        )
    return Edition(frame.unique(maintain_order=True), (str(path),))


def _of_report(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The counts of a report of detainers as days of places; a suppressed one is withheld.

    The sum of a place's declined detainers that the charges make up stands in it as well, suppressed unless
    it is shown.
    """
    first, last = (dt.date.fromisoformat(str(document[name])) for name in ("from", "to"))
    by, every = document["by"], document["every"]
    whole = [{**row, "period": None} for row in document["highest_volume"]]
    seen = (
        {str(row["place"]) for row in whole}
        if every != "all"
        else {str(r["place"]) for r in document["rows"]}
    )
    charged = {str(row["place"]) for row in document["declined"] if row.get("place")} - seen
    whole += [{"place": place, "period": None, "declined": None} for place in sorted(charged)]
    rows = [(by, row) for row in [*document["rows"], *whole] if row.get("place")]
    for level, row in [*rows, ("nation", {**document["total"], "place": "US", "period": None})]:
        start, end = first, last
        if row["period"]:
            begin = dt.date.fromisoformat(str(row["period"]))
            start, end = max(first, begin), min(last, period_end(begin, every))
        for name in ("issued", *OUTCOMES):
            if name in row:
                yield {
                    **dict(zip(KEYS[:3], (level, row["place"], f"detainers_{name}"), strict=True)),
                    "start": start,
                    "end": end,
                    "value": row[name],
                    "mark": WITHHELD if row[name] is None else SHOWN,
                }


def earlier(target: Path | None, after: Sequence[Path | str] = ()) -> Edition | None:
    """What is known before a site is published into a folder: the site that is there, and those named."""
    known: Edition | None = None
    for site in after:
        known = read_edition(site).joined(known)
    if target and ((target / RECORD).is_file() or (target / "data" / "all.parquet").is_file()):
        known = read_edition(target).joined(known)
    return known


def record_of(table: Disclosed, before: Edition | None = None) -> pl.DataFrame:
    """The record of a table, with that of the editions before it; nothing in it is not on their pages."""
    rows = table.frame.rename({"every": "period"}).with_columns(
        pl.lit(table.threshold).cast(pl.Int64).alias("threshold")
    )
    now = Edition(rows.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items()))
    return now.joined(before).rows.unique().sort(*KEYS, "threshold", "mark", "value", nulls_last=True)


def windows_before(before: Edition, cells: pl.DataFrame, places: set[tuple[str, str]]) -> list[Window]:
    """Cells of earlier editions that the table lacks, as days of a place.

    Left out are places and measures that the records do not have: nothing ties them to what is published now.
    """
    own = cells.select("level", "place", "measure", pl.col("every").alias("period"), "start", "end")
    rows = before.rows.filter(pl.col("mark") != UNCOVERED).join(own, on=list(KEYS), how="anti")
    found = []
    for level, place, name, start, end in (
        rows.select(*KEYS[:3], *KEYS[4:]).unique(maintain_order=True).rows()
    ):
        measure, _, scheme = name.partition("@")
        members = members_of(level, place)
        if set(members) <= places:
            found.append(Window(members, measure, start, end, scheme or "ddp", weight=1.0))
    return found


@dataclass
class Prior:
    """What readers know of the cells of a table, and the cells and constraints that this adds."""

    known: Knowledge
    extra: list[int]
    constraints: ConstraintBuilder
    withheld: set[int]


def prior_of(cells: pl.DataFrame, before: Edition) -> Prior:
    """Match earlier editions to cells (level, place, measure, every, start, end, value).

    Where a published count has changed since, as a later release may make it, the change is a count of its
    own: a further cell (`extra` has its value) that stands on no page, tied to both.
    """
    numbered = cells.with_row_index("row").rename({"every": "period", "value": "now"})
    rows = before.rows.join(numbered.select("row", *KEYS, "now"), on=list(KEYS)).drop_nulls("now")
    least, most = np.zeros(cells.height, np.int64), np.full(cells.height, NO_END, np.int64)
    extra: list[int] = []
    withheld: set[int] = set()
    constraints = ConstraintBuilder()
    seen: set[tuple[int, int]] = set()
    columns = ("row", "now", "value", "mark", "threshold")
    for row, now, value, mark, threshold in rows.select(columns).iter_rows():
        if mark == SHOWN and value is not None and value != now:
            if (row, value) not in seen:
                seen.add((row, value))
                extra.append(abs(now - value))
                change = cells.height + len(extra) - 1
                sign = -1 if now > value else 1
                constraints.add_interval([row, change], low=value, high=value, coefficients=[1, sign])
            continue
        is_unchanged = now > 0 and (mark != SMALL or now < threshold)
        if (mark == SHOWN and value is not None) or (mark in (SMALL, WITHHELD) and is_unchanged):
            low, high = believed(mark, now, threshold)
            least[row], most[row] = max(least[row], low), min(most[row], high)
            if mark == WITHHELD:
                withheld.add(row)
    return Prior(Knowledge(least, most), extra, constraints, withheld)


def extra_rows(prior: Prior) -> pl.DataFrame:
    """The cells that stand for changes since an earlier edition."""
    n = len(prior.extra)
    day = dt.date(1, 1, 1)
    columns: dict[str, Any] = {name: [""] * n for name in ("level", "place", "measure")}
    columns |= {"every": ["change"] * n, "start": [day] * n, "end": [day] * n, "value": prior.extra}
    types = dict.fromkeys(("level", "place", "measure", "every"), pl.String)
    return pl.DataFrame(columns, schema=types | {"start": pl.Date, "end": pl.Date, "value": pl.Int64})
