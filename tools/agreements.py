"""Build the reference table of 287(g) spells from a folder of ICE's lists of participating agencies.

Usage: python tools/agreements.py FOLDER
The lists are not shipped; the spells are. What could not be read or placed is printed, with counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from atlarge.agreements import agreements_of, read_lists
from atlarge.reference import sidecar, table

_OUT = Path(__file__).parents[1] / "src" / "atlarge" / "reference" / "agreements_287g.csv"


def with_registry(spells: pl.DataFrame) -> pl.DataFrame:
    """Join each agreement that the registry names to its row there, with the day of its end if that is told.

    A row of the registry is of an agreement where place, kind and the day of signing agree.
    """
    own = table("policies").filter(
        (pl.col("kind") == "program_287g")
        & (pl.col("direction") == "extends")
        & pl.col("announced").is_not_null()
    )
    found: dict[str, tuple[str, object]] = {}
    rows = spells.to_dicts()
    for policy in own.iter_rows(named=True):
        near = [
            row
            for row in rows
            if row["state"] == policy["state"]
            and row["fips"] == policy["fips"]
            and (policy["fips"] is not None or row["level"] == "state")
            and str(policy["announced"]) in row["signing_days"].split()
        ]
        if len(near) == 1:
            found[near[0]["id"]] = (policy["id"], policy["ended"])
    for row in rows:
        name, ended = found.get(row["id"], (None, None))
        row["policy_id"] = name
        if ended is not None:
            row["ended"] = row["end_earliest"] = row["end_latest"] = ended
    return pl.DataFrame(rows, schema={**spells.schema, "policy_id": pl.String})


def main() -> None:
    """Write the table and print its account."""
    lists, refused = read_lists([sys.argv[1]])
    spells = agreements_of(lists)
    made = with_registry(spells.frame())
    columns = list(sidecar("agreements_287g")["columns"])
    made.select(columns).write_csv(_OUT)
    print(f"{made.height} spells, {len(refused)} files without a list")
    for name, why in refused.items():
        print(f"  {name}: {why}")
    for name, count in sorted(spells.rows.items()):
        print(f"  {name}: {count:,}")
    for name, count in sorted(spells.rules.items()):
        print(f"  rule {name}: {count:,}")
    for name, why in sorted(spells.unresolved.items()):
        print(f"  {name}: {why}")


if __name__ == "__main__":
    main()
