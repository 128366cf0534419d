"""Make the embedded store: published releases, ingested by the project's own code and counted.

    python tools/embed.py DATA [OUT]

DATA holds the releases that `embedded.yaml` lists (any folder below it); OUT is the package's own `embedded`
folder when left out. What is kept of a row is when, where and by what method: no attribute of a person, no
landmark text, no line of a release. Rows that agree in all of that become one row with their number, `n`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from atlarge.errors import ReleaseError
from atlarge.files import digest, write_atomically
from atlarge.ingest import ingest
from atlarge.panel import by_day
from atlarge.panel.counting import sparse
from atlarge.records.integrity import sealed
from atlarge.records.store import MANIFEST, Store, open_store
from atlarge.records.tables import conform


def recipe() -> dict[str, Any]:
    """Which releases are embedded, and which columns of each table are kept."""
    return dict(yaml.safe_load(Path(__file__).with_name("embedded.yaml").read_text(encoding="utf-8")))


def build(data: Path, out: Path) -> Path:
    """Make the embedded store in `out` from the releases below `data`; returns `out`.

    The same releases give the same bytes. ReleaseError if a release is not below `data`.
    """
    kept_parts = recipe()
    found = [_find(data, name) for name in kept_parts["releases"]]
    with tempfile.TemporaryDirectory() as folder:
        ingest(found, Path(folder) / "store")
        _count(open_store(Path(folder) / "store"), kept_parts["keep"], out)
    return out


def _find(data: Path, name: str) -> Path:
    matches = sorted(data.rglob(name))
    if not matches:
        raise ReleaseError(f"{data}: holds no {name}; give the folder of the published releases")
    return matches[0]


def _count(store: Store, keep: dict[str, list[str]], out: Path) -> None:
    """Write every release of a store as counts, and a manifest that says so."""
    releases = []
    for release in store.releases:
        tables = [e for e in release["tables"] if e["table"] in keep]
        entries = []
        for entry in tables:
            counted = _counted(
                pl.scan_parquet(store.path / entry["path"], glob=False), entry["table"], keep[entry["table"]]
            )
            path = f"{entry['table']}/{release['id']}.parquet"
            (out / entry["table"]).mkdir(parents=True, exist_ok=True)
            counted.write_parquet(out / path, compression="zstd", compression_level=19, statistics=True)
            entries.append({**entry, "path": path, "rows": counted.height})
        releases.append({**release, "tables": entries, "quarantine": None, "overlap": None})
    paths = [entry["path"] for release in releases for entry in release["tables"]]
    written = {path: digest(out / path) for path in paths}
    manifest = {**store.manifest, "releases": releases, "aggregated": True, "files": written}
    text = json.dumps(sealed(manifest), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_atomically(out / MANIFEST, text.encode())
    named = {entry["path"] for release in releases for entry in release["tables"]}
    for stale in out.glob("*/*.parquet"):
        if stale.relative_to(out).as_posix() not in named:
            stale.unlink()
    by_day.write(open_store(out), sparse)


def _counted(rows: pl.LazyFrame, table: str, keep: list[str]) -> pl.DataFrame:
    """Rows that agree in the columns kept become one, with their number."""
    kept = [column for column in keep if column != "release_id"]
    counted = (
        rows.group_by("release_id", *kept).agg(pl.col("n").sum()).sort("release_id", *kept, nulls_last=True)
    )
    return conform(counted.collect(), table)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) not in (1, 2):
        sys.stderr.write("usage: python tools/embed.py DATA [OUT]\n")
        return 2
    out = Path(given[1]) if len(given) == 2 else Path(str(files("atlarge").joinpath("embedded")))
    try:
        build(Path(given[0]), out)
    except ReleaseError as error:
        sys.stderr.write(f"atlarge: {error}\n")
        return 1
    sys.stderr.write(f"the embedded store is in {out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
