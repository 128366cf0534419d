"""Counts by place and day, precomputed when a store is built.

The embedded records have them in `by_day/`, one Parquet file for each level and reading of the method column.
`counts.json` holds a hash of the records and definitions they were computed from; counts with another hash,
or files that have changed since, are ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.files import digest, write_atomically
from atlarge.records.store import Store

FOLDER = "by_day"
LEVELS = ("county", "office", "aor", "state", "nation")
MEASURES = ("at_large", "handoffs")
SCHEMES = ("ddp", "biglocal")
_LIST = "counts.json"


def _of(store: Store) -> str:
    """Hash of everything the counts of a store depend on: its records and the definitions of measures and
    schemes."""
    found = hashlib.sha256(json.dumps(store.manifest, sort_keys=True).encode())
    for name in ("measures.yaml", "records/schemes.yaml"):
        found.update(files("atlarge").joinpath(name).read_bytes())
    return found.hexdigest()


def write(store: Store, count: Callable[..., tuple[pl.DataFrame, Any, Any]]) -> None:
    """Compute the daily counts of a store with `count` (`panel.counting.sparse`) and save them in it."""
    folder = store.path / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / _LIST).unlink(missing_ok=True)  # so that they are counted instead of read
    written = {}
    for scheme in SCHEMES:
        for level in LEVELS:
            counts, *_ = count(store, by=level, every="day", measures=MEASURES, scheme=scheme)
            is_first = pl.col("place").is_first_distinct()  # also places with none of these
            kept = counts.filter(is_first | pl.any_horizontal(pl.col(MEASURES) > 0))
            kept = kept.cast(dict.fromkeys(MEASURES, pl.Int32))
            path = folder / f"{level}-{scheme}.parquet"
            kept.write_parquet(path, compression="zstd", compression_level=19, statistics=False)
            written[path.name] = digest(path)
    text = json.dumps({"of": _of(store), "files": written}, indent=1, sort_keys=True) + "\n"
    write_atomically(folder / _LIST, text.encode())


def read(store: Store, level: str, scheme: str, measures: Sequence[str]) -> pl.DataFrame | None:
    """Read precomputed counts: place, period and one column for each measure. Rows that are all zero are left
    out, except one for a place that has no others.

    Returns None if the store has no valid counts for these measures.
    """
    folder = Path(store.path) / FOLDER
    if not set(measures) <= set(MEASURES) or not (folder / _LIST).is_file():
        return None
    listed = json.loads((folder / _LIST).read_bytes())
    path = folder / f"{level}-{scheme}.parquet"
    kept = listed["files"].get(path.name)
    if kept is None or listed["of"] != _of(store) or digest(path) != kept:
        return None
    return pl.read_parquet(path, columns=["place", "period", *measures], glob=False).cast(
        dict.fromkeys(measures, pl.Int64)
    )
