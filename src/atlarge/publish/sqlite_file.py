"""The published counts where people work: SQLite with metadata for Datasette, a Frictionless package."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

import atlarge
from atlarge.files import shipped_yaml
from atlarge.panel import measures
from atlarge.publish.i18n import Words
from atlarge.publish.search_data import people_of
from atlarge.publish.site_data import PlaceInfo, SiteData

_ABOUT = shipped_yaml("atlarge.publish", "download_columns.yaml")
COLUMNS: dict[str, tuple[str, str]] = {name: (kind, says) for name, (kind, says) in _ABOUT["counts"].items()}
"""Columns of the published counts: type and meaning."""
PLACE_COLUMNS: dict[str, tuple[str, str]] = {n: (kind, says) for n, (kind, says) in _ABOUT["places"].items()}


def place_rows(data: SiteData) -> list[tuple[Any, ...]]:
    """One row a place with a page."""
    some: list[PlaceInfo] = [data.places[c] for c in sorted(data.places)]
    return [
        (
            p.level,
            p.code,
            p.name,
            " ".join(f"{level}:{code}" for level, code in p.parents),
            p.fine,
            people_of(p) or None,
            f"{p.stem}.html",
        )
        for p in some
    ]


def sqlite_bytes(data: SiteData, frame: pl.DataFrame) -> bytes:
    """A SQLite database: counts, places, measures, releases. The same store gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "atlarge.sqlite"
        base = sqlite3.connect(path)
        base.execute(f"create table places ({_columns(PLACE_COLUMNS)}, primary key (level, place))")
        base.executemany(f"insert into places values ({_marks(PLACE_COLUMNS)})", place_rows(data))
        known = "foreign key (level, place) references places(level, place)"
        base.execute(f"create table counts ({_columns(COLUMNS)}, {known})")
        texts = frame.with_columns(pl.col("start", "end").cast(pl.String)).select(list(COLUMNS))
        base.executemany(f"insert into counts values ({_marks(COLUMNS)})", texts.iter_rows())
        base.execute("create index counts_place on counts (level, place, measure, period)")
        base.execute("create table measures (measure text primary key, label text, description text)")
        base.executemany("insert into measures values (?, ?, ?)", measure_rows(data))
        base.execute(
            "create table releases (id text primary key, file text, sha256 text, "
            "rows_read_about integer, rows_kept_about integer)"
        )
        rows = [
            tuple(r.get(k) for k in ("id", "file", "sha256", "rows_read", "rows_kept")) for r in data.releases
        ]
        base.executemany("insert into releases values (?, ?, ?, ?, ?)", rows)
        base.commit()
        base.execute("vacuum")
        base.close()
        return path.read_bytes()


def _columns(columns: dict[str, tuple[str, str]]) -> str:
    return ", ".join(
        f'"{name}" {"integer" if kind == "integer" else "text"}' for name, (kind, _) in columns.items()
    )


def _marks(columns: dict[str, tuple[str, str]]) -> str:
    return ", ".join("?" * len(columns))


def measure_rows(data: SiteData) -> list[tuple[str, str, str]]:
    """Name, label and meaning of each published measure."""
    known = measures()
    return [(m, known[m].label, known[m].description) for some in data.groups.values() for m in some]


def datasette_metadata(data: SiteData) -> str:
    """Titles, sources, units and meanings of tables and columns, as Datasette reads them."""
    w = Words("en")
    tables = {
        "counts": {
            "title": "Published counts",
            "description": w("dataset.description", threshold=data.threshold),
            "columns": {name: says for name, (_, says) in COLUMNS.items()},
            "units": {},
            "facets": ["level", "measure", "period", "mark"],
        },
        "places": {"title": "Places", "columns": {name: says for name, (_, says) in PLACE_COLUMNS.items()}},
        "measures": {"title": "Measures"},
        "releases": {"title": "Releases that the counts rest on"},
    }
    found = {
        "title": w("dataset.name_all"),
        "description": w("dataset.description", threshold=data.threshold),
        "source": "U.S. Immigration and Customs Enforcement, public records",
        "about": f"atlarge {atlarge.__version__}",
        "databases": {"atlarge": {"tables": tables}},
    }
    return json.dumps(found, indent=1) + "\n"


def data_package(data: SiteData, sizes: dict[str, tuple[int, str]]) -> str:
    """datapackage.json: each file with its size, hash, and the type and meaning of each column."""
    w = Words("en")

    def resource(name: str, path: str, kind: str, columns: dict[str, tuple[str, str]]) -> dict[str, Any]:
        size, digest = sizes[f"data/{path}"]
        fields = [{"name": n, "type": k, "description": says} for n, (k, says) in columns.items()]
        return {
            "name": name,
            "path": path,
            "format": path.rsplit(".", 1)[1],
            "mediatype": kind,
            "bytes": size,
            "hash": f"sha256:{digest}",
            "schema": {"fields": fields, "missingValues": [""]},
        }

    tabular = {"profile": "tabular-data-resource"}
    found = {
        "name": "atlarge-counts",
        "title": w("dataset.name_all"),
        "description": w("dataset.description", threshold=data.threshold),
        "version": atlarge.__version__,
        "sources": [{"title": str(r.get("file") or r["id"]), "name": str(r["id"])} for r in data.releases],
        "measures": [
            {"name": m, "title": label, "description": says} for m, label, says in measure_rows(data)
        ],
        "resources": [
            resource("counts", "all.csv", "text/csv", COLUMNS) | tabular,
            resource("counts-parquet", "all.parquet", "application/vnd.apache.parquet", COLUMNS),
            resource("places", "places.csv", "text/csv", PLACE_COLUMNS) | tabular,
        ],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
