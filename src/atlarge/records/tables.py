"""The records tables: their columns in order, with types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from atlarge.errors import StoreError
from atlarge.files import shipped_yaml

Schema = dict[str, Any]

LINEAGE: Schema = {"release_id": pl.String, "file": pl.String, "sheet": pl.String, "row": pl.UInt32}

_STATED = shipped_yaml("atlarge.records", "tables.yaml")
_TYPES = {column: kind for kind, columns in _STATED["types"].items() for column in columns}


def _typed(columns: list[Any]) -> Schema:
    """Columns with their types; a list among them stands for its columns."""
    names = [name for one in columns for name in (one if isinstance(one, list) else [one])]
    kinds = {name: getattr(pl, _TYPES.get(name, "String")) for name in names}
    return {name: kind("us") if kind is pl.Datetime else kind for name, kind in kinds.items()}


PLACE = _typed(_STATED["place"])

TABLES: dict[str, Schema] = {name: _typed(columns) for name, columns in _STATED["tables"].items()}

NOT_KEPT = frozenset(_STATED["not_kept"])
"""What a family may publish besides a table's columns, to work these out from."""
DERIVED: dict[str, dict[str, str]] = _STATED["derived"]
"""By table, the columns that are worked out, with the published column that each comes from."""
DATE_COLUMN: dict[str, str | None] = dict.fromkeys(TABLES, "date") | _STATED["dates"]
"""The column that says when, by table; tables without one have no coverage."""
PLACE_COLUMNS = {"aor": "aor", "state": "state", "office": "office", "county": "county_fips"}
"""The column that names the place of a row, by level."""
EVENTS = tuple(_STATED["events"])
"""Tables whose rows are events: two releases of the same events are counted once."""
THINGS: dict[str, list[list[str]]] = {
    table: [thing if isinstance(thing, list) else [thing] for thing in things]
    for table, things in _STATED["events"].items()
}
"""What rows of two releases are matched by: the things that they say, and the columns that say each."""


def schema(table: str) -> Schema:
    """Columns of a table with `n` and lineage; StoreError if there is no such table."""
    if table not in TABLES:
        raise StoreError(f"no records table {table!r}; there are: {', '.join(TABLES)}")
    return {**TABLES[table], "n": pl.UInt32, **LINEAGE}


def categories(kinds: Mapping[str, Any]) -> Schema:
    """The columns of a schema whose texts are numbered, which is faster; they are stored as texts."""
    return {name: kind for name, kind in kinds.items() if isinstance(kind, (pl.Categorical, pl.Enum))}


def conform(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """A frame in a table's columns, order and types; columns it lacks are null, others are left out.

    Texts may be categories.
    """
    numbered = categories(frame.schema)

    def column(name: str, kind: Any) -> pl.Expr:
        if name not in frame.columns:
            return pl.lit(None, kind).alias(name)
        return pl.col(name) if name in numbered else pl.col(name).cast(kind)

    return frame.select(column(name, kind) for name, kind in schema(table).items())
