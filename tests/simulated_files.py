"""Releases made up for tests: the published form, invented rows, no person behind any of them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlarge.records.store import Coverage

ARRESTS_HEADER = (
    "Area of Responsibility|Apprehension Date|Apprehension Method|Apprehension Landmark|Operation|"
    "Processing Disposition|Citizenship|Gender|Birth Date"
)
_AREAS = [
    "San Antonio Area of Responsibility",
    "Atlanta Area of Responsibility",
    "Seattle Area of Responsibility",
]
_LANDMARKS = [
    "TRAVIS COUNTY JAIL, AUSTIN, TX",
    "AUS GENERAL AREA, NON-SPECIFIC",
    "COBB COUNTY JAIL",
    "KING COUNTY JAIL, SEATTLE, WA",
    "SOMEWHERE NOT KNOWN",
    "",
]
_METHODS = [
    "Located",
    "CAP Local Incarceration",
    "Non-Custodial Arrest",
    "287(g) Program",
    "CAP Federal Incarceration",
]
DETAINERS_HEADER = "date,lift_reason,det_facility,city,state,detainer_type"


def arrest_lines(
    rows: int, seed: int = 0, start: dt.date = dt.date(2016, 10, 1), days: int = 365
) -> list[str]:
    """Lines of an arrests release, in no order."""
    draw = np.random.default_rng(seed)
    area = draw.integers(0, len(_AREAS), rows)
    landmark = draw.integers(0, len(_LANDMARKS), rows)
    method = draw.integers(0, len(_METHODS), rows)
    day = draw.integers(0, days, rows)
    marked = draw.random(rows) < 0.1
    return [
        f"{'' if blank else _AREAS[a]}|{start + dt.timedelta(int(d)):%m/%d/%Y}|{_METHODS[m]}|{_LANDMARKS[w]}|"
        f"{'(B)(7)(E)' if k else ''}|Warrant of Arrest/Notice to Appear|MEXICO|Male|"
        for a, d, m, w, k, blank in zip(
            area, day, method, landmark, marked, draw.random(rows) < 0.05, strict=True
        )
    ]


def arrests(path: Path, rows: int = 500, seed: int = 0, start: dt.date = dt.date(2016, 10, 1)) -> Path:
    """Write an arrests release; gzipped if the name ends in .gz."""
    text = "\n".join([ARRESTS_HEADER, *arrest_lines(rows, seed, start)]) + "\n"
    content = text.encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def detainers(path: Path, rows: int = 300, seed: int = 0) -> Path:
    """Write a detainers release of Pennsylvania."""
    draw = np.random.default_rng(seed)
    reasons = ["Booked into Detention", "Detainer Declined by LEA", "Lifted", ""]
    facilities = [("PHILADELPHIA COUNTY JAIL", "PHILADELPHIA"), ("YORK COUNTY JAIL", "YORK"), ("", "")]
    lines = [DETAINERS_HEADER]
    for r, f, d in zip(
        draw.integers(0, 4, rows), draw.integers(0, 3, rows), draw.integers(0, 1290, rows), strict=True
    ):
        name, city = facilities[f]
        lines.append(f"{dt.date(2012, 1, 1) + dt.timedelta(int(d))},{reasons[r]},{name},{city},PA,")
    path.write_text("\n".join(lines) + "\n")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path from there; locks left out."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def counted(store: Path, table: str = "arrests") -> int:
    """Events held in a table of a store, counted without the project's code."""
    found = sorted((store / table).glob("*.parquet"))
    return int(pl.scan_parquet(found).select(pl.col("n").sum()).collect().item()) if found else 0


@dataclass(frozen=True)
class Span(Coverage):
    """What a release of a store made by hand covers: the nation, if nothing else is said."""

    scope: str = "nation"


class HandStore:
    """A store of a few rows, in the shape that panels and witnesses read."""

    releases: tuple[dict[str, Any], ...] = ()

    def __init__(self, folder: Path, rows: pl.DataFrame, spans: list[Span]) -> None:
        self._path = folder / "arrests.parquet"
        rows.write_parquet(self._path)
        self._spans = spans

    def tables(self) -> list[str]:
        return ["arrests"]

    def scan(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self._path)

    def files(self, name: str) -> list[Path]:
        return [self._path]

    def coverage(self, name: str) -> list[Span]:
        return self._spans


def counted_store(folder: Path, rows: pl.DataFrame, *spans: Span) -> Path:
    """Write a store of arrests that are counted by hand: `rows` have date, method, aor, office, county_fips,
    state and n; columns left out are empty. Each span is a release that covers those days; the rows of its
    days, and of the AORs that it names ("aor:SNA,HOU"), are its own."""
    from atlarge.records.tables import LINEAGE, TABLES

    schema = {**TABLES["arrests"], "n": pl.UInt32, **LINEAGE}
    whole = rows.with_columns(
        *(pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in rows.columns)
    ).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    (folder / "arrests").mkdir(parents=True)
    releases = []
    for span in spans:
        of_span = whole.filter(pl.col("date").is_between(span.start, span.end))
        kind, _, codes = span.scope.partition(":")
        if kind == "aor":
            of_span = of_span.filter(pl.col("aor").is_in(codes.split(",")))
        path = f"arrests/{span.release_id}.parquet"
        of_span.write_parquet(folder / path)
        covers = {
            "table": "arrests", "start": str(span.start), "end": str(span.end), "scope": span.scope,
        }  # fmt: skip
        releases.append(
            {
                "id": span.release_id, "family": "ero-arrests", "table": "arrests", "coverage": [covers],
                "tables": [{"table": "arrests", "path": path, "rows": of_span.height}],
                "rows_read": of_span.height, "sha256": "", "file": "", "faults": [],
            }
        )  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "releases": releases}))
    return folder


def write_tables(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    start: dt.date,
    end: dt.date,
    *,
    name: str = "part",
    family: str = "",
    **manifest: Any,
) -> Path:
    """Write a store of one release of these tables, which covers the nation from start to end."""
    folder.mkdir(parents=True)
    listed = []
    for table, rows in tables.items():
        (folder / table).mkdir()
        path = f"{table}/{name}.parquet"
        rows.write_parquet(folder / path)
        listed.append({"table": table, "path": path, "rows": rows.height})
    n = sum(int(rows["n"].sum()) for rows in tables.values())
    release = {
        "id": name,
        "file": f"{name}.csv",
        "family": family or name,
        "sha256": "0" * 64,
        "rows_read": n,
        "rows_kept": n,
        "rows_dropped": {},
        "table": next(iter(tables), "arrests"),
        "unresolved_places": 0,
        "tables": listed,
        "coverage": [{"table": t, "start": str(start), "end": str(end), "scope": "nation"} for t in tables],
    }
    (folder / "manifest.json").write_text(json.dumps({"format": 1, **manifest, "releases": [release]}))
    return folder
