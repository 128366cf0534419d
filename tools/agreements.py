"""Build the reference table of 287(g) spells from a folder of ICE's lists of participating agencies.

Usage: python tools/agreements.py FOLDER
The lists are not shipped; the spells are. What could not be read or placed is printed, with counts.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.agreements import agreements_of, read_lists
from atlarge.reference import sidecar, table

NEAR_DAYS = 62
LAG_DAYS = 120
_OUT = Path(__file__).parents[1] / "src" / "atlarge" / "reference" / "agreements_287g.csv"


def with_registry(spells: pl.DataFrame) -> pl.DataFrame:
    """Join each agreement that the registry names to its row there, with the day of its end if that is known.

    A row of the registry is of the agreement of the same place (and model, where its title names one) signed
    nearest to its day, within two months.
    """
    own = table("policies").filter(
        (pl.col("kind") == "program_287g")
        & (pl.col("direction") == "extends")
        & pl.coalesce("announced", "effective").is_not_null()
    )
    found: dict[str, tuple[str, object]] = {}
    rows = spells.to_dicts()
    for policy in own.iter_rows(named=True):
        near = [(gap, row["id"]) for row in rows if (gap := _gap(row, policy)) is not None]
        near = [(gap, name) for gap, name in near if name not in found]
        if near:
            found[min(near)[1]] = (policy["id"], policy["ended"])
    exits = table("policies").filter(
        (pl.col("kind") == "ends_287g") & (pl.col("level") != "state") & (pl.col("precision") == "day")
    )
    for row in rows:
        day = _exit_day(row, exits)
        if day is not None:
            row["ended"] = row["end_earliest"] = row["end_latest"] = day
            row["ended_reason"] = "ended by a decision of the registry"
    for row in rows:
        name, ended = found.get(row["id"], (None, None))
        row["policy_id"] = name
        if ended is not None:
            row["ended"] = row["end_earliest"] = row["end_latest"] = ended
    return pl.DataFrame(rows, schema={**spells.schema, "policy_id": pl.String})


def _gap(row: dict[str, Any], policy: dict[str, Any]) -> int | None:
    """Days between a signing of an agreement and a row of the registry; None if they are not of one paper."""
    if row["state"] != policy["state"] or row["fips"] != policy["fips"]:
        return None
    if policy["fips"] is None and row["level"] != "state":
        return None
    words = (policy["title"] or "").lower()
    models = [m for m in ("jail enforcement", "warrant service", "task force") if m in words]
    if models and not any(m in row["model"].lower() for m in models):
        return None
    named = policy["announced"] or policy["effective"]
    gaps = [abs((dt.date.fromisoformat(day) - named).days) for day in row["signing_days"].split()]
    return min((gap for gap in gaps if gap <= NEAR_DAYS), default=None)


def _exit_day(row: dict[str, Any], exits: pl.DataFrame) -> dt.date | None:
    """The day on which a decision of the registry ended an agreement that the lists show ending about then.

    Lists go on for some weeks: the decision may lie up to LAG_DAYS before the last list with the agreement.
    """
    if row["fips"] is None or row["end_latest"] is None:
        return None
    low = row["last_listed"] - dt.timedelta(days=LAG_DAYS)
    days = exits.filter(
        (pl.col("fips") == row["fips"]) & pl.col("effective").is_between(low, row["end_latest"])
    )["effective"].to_list()
    return max((day for day in days if day > row["signed"]), default=None)


def main() -> None:
    """Write the table and print its account."""
    lists, refused = read_lists([sys.argv[1]])
    spells = agreements_of(lists)
    spells_with_registry = with_registry(spells.frame())
    columns = list(sidecar("agreements_287g")["columns"])
    spells_with_registry.select(columns).write_csv(_OUT)
    print(f"{spells_with_registry.height} spells, {len(refused)} files without a list")
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
