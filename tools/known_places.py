"""Build the table of known places: every landmark of the national releases, resolved once.

python tools/known_places.py FOLDER_OF_THE_DATA
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import polars as pl

from atlarge.ingest.placing import combinations_of
from atlarge.known_places import QUERY, TABLE, fingerprint, resolve_queries
from atlarge.records.prepare import prepare
from atlarge.releases import read_release

_RELEASES = ("EROArrests_FY*.csv.gz", "EROEncounters_FY*.csv.gz")


def make(data: Path, out: Path) -> int:
    """Read every landmark of the national releases and write the table; returns its rows."""
    folder = data / "raw" / "UWCHR__ice-enforce"
    paths = sorted(path for pattern in _RELEASES for path in folder.glob(pattern))
    combinations = pl.concat(
        [combinations_of(prepare(read_release(path)).frame).select(QUERY) for path in paths]
    )
    table = resolve_queries(combinations.unique().sort(QUERY, nulls_last=False))
    table.write_parquet(
        out, compression="zstd", compression_level=19, metadata={"fingerprint": fingerprint()}
    )
    return table.height


if __name__ == "__main__":
    target = Path(str(files("atlarge").joinpath(TABLE)))
    sys.stdout.write(f"{make(Path(sys.argv[1]), target):,} texts read into {target.name}\n")
    import control_totals  # of the places as read now

    control_totals.main(Path(sys.argv[1]))
