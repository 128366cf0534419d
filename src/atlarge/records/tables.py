"""The records tables: their columns, in order, and the types of these."""

from __future__ import annotations

from typing import Any

import polars as pl

from atlarge.errors import StoreError

Schema = dict[str, Any]

LINEAGE: Schema = {"release_id": pl.String, "file": pl.String, "sheet": pl.String, "row": pl.UInt32}

PLACE: Schema = {
    "aor": pl.String,
    "aor_basis": pl.String,
    "office": pl.String,
    "county_fips": pl.String,
    "state": pl.String,
    "place_kind": pl.String,
    "place_confidence": pl.Float32,
    "place_basis": pl.String,
}

TABLES: dict[str, Schema] = {
    "arrests": {
        "date": pl.Date,
        "method": pl.String,
        **PLACE,
        "landmark": pl.String,
        "landmark_class": pl.String,
        "operation_mark": pl.Boolean,
        "criminality": pl.String,
        "conviction": pl.String,
        "apprehension_type": pl.String,
        "arrest_type": pl.String,
        "arresting_agency": pl.String,
        "agency": pl.String,
        "duty_site": pl.String,
        "disposition": pl.String,
        "subject_key": pl.String,
    },
    "detainers": {
        "date": pl.Date,
        "facility": pl.String,
        "facility_code": pl.String,
        "city": pl.String,
        **PLACE,
        "detainer_type": pl.String,
        "request_type": pl.String,
        "lift_reason": pl.String,
        "outcome": pl.String,
        "criminality": pl.String,
        "charge": pl.String,
        "apprehension_date": pl.Date,
        "subject_key": pl.String,
    },
    "encounters": {
        "date": pl.Date,
        **PLACE,
        "landmark": pl.String,
        "operation_mark": pl.Boolean,
        "criminality": pl.String,
        "disposition": pl.String,
        "subject_key": pl.String,
    },
    "removals": {
        "date": pl.Date,
        **PLACE,
        "apprehension_date": pl.Date,
        "departed_date": pl.Date,
        "criminality": pl.String,
        "disposition": pl.String,
        "subject_key": pl.String,
    },
    "book_ins": {
        "date": pl.Date,
        **PLACE,
        "facility": pl.String,
        "method": pl.String,
        "subject_key": pl.String,
    },
    "stints": {
        "date": pl.Date,
        "book_in": pl.Datetime("us"),
        "book_out": pl.Datetime("us"),
        "stay_book_in": pl.Datetime("us"),
        "stay_book_out": pl.Datetime("us"),
        "facility": pl.String,
        "facility_code": pl.String,
        **PLACE,
        "release_reason": pl.String,
        "stay_release_reason": pl.String,
        "criminality": pl.String,
        "subject_key": pl.String,
    },
    "stays": {
        "date": pl.Date,
        "stay_book_in": pl.Datetime("us"),
        "stay_book_out": pl.Datetime("us"),
        "facility_code": pl.String,
        "facility": pl.String,
        "facility_code_longest": pl.String,
        "facility_code_last": pl.String,
        "facility_codes_all": pl.String,
        "stints": pl.Int64,
        "stay_release_reason": pl.String,
        "subject_key": pl.String,
    },
    "jail_counts": {
        "month": pl.Date,
        "county_fips": pl.String,
        "state": pl.String,
        "aor": pl.String,
        "office": pl.String,
        "facility": pl.String,
        "inmates": pl.Int64,
        "inmate_days": pl.Int64,
        "cost_dollars": pl.Float64,
    },
    "facility_population": {
        "date": pl.Date,
        "facility_code": pl.String,
        "facility": pl.String,
        "population": pl.Int64,
        "population_at_midnight": pl.Int64,
    },
    "facilities": {
        "facility_code": pl.String,
        "facility": pl.String,
        "city": pl.String,
        "state": pl.String,
        "county_fips": pl.String,
        "aor": pl.String,
        "latitude": pl.Float64,
        "longitude": pl.Float64,
    },
    "landmarks": {
        "landmark": pl.String,
        **PLACE,
        "arrests": pl.Int64,
    },
    "agreements": {
        "agency": pl.String,
        "agency_type": pl.String,
        "state": pl.String,
        "county": pl.String,
        "model": pl.String,
        "signed": pl.Date,
        "signed_printed": pl.String,
        "status": pl.String,
        "last_seen": pl.Date,
    },
    "aggregates": {
        "date": pl.Date,
        "fiscal_year": pl.Int32,
        "as_of": pl.Date,
        "every": pl.String,
        "place": pl.String,
        "place_kind": pl.String,
        "measure": pl.String,
        "value": pl.Float64,
    },
}

# The column that says when, per table; tables without one have no coverage.
DATE_COLUMN: dict[str, str | None] = {
    **dict.fromkeys(TABLES, "date"),
    "jail_counts": "month",
    "facilities": None,
    "landmarks": None,
    "agreements": None,
}

# Tables whose rows are events: two releases of the same events are counted once.
EVENTS = ("arrests", "detainers", "encounters", "removals", "book_ins", "stints", "stays")


def schema(table: str) -> Schema:
    """Columns of a table with `n` and lineage; StoreError if there is no such table."""
    if table not in TABLES:
        raise StoreError(f"no records table {table!r}; there are: {', '.join(TABLES)}")
    return {**TABLES[table], "n": pl.UInt32, **LINEAGE}


def conform(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """A frame in a table's columns, order and types; columns it lacks are null, others are left out."""
    wanted = schema(table)
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in wanted.items()
    )
