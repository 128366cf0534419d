"""Official, sheriff's, press and recomputed figures side by side, with their status."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from atlarge.reference import table

_COLUMN_OF = {"ICE": "official", "Travis County Sheriff": "sheriff"}
_RECOMPUTED = ("detainers_issued", "detainers_declined")


def reconcile(
    detainers: pl.LazyFrame | None = None, covered: list[tuple[dt.date, dt.date]] | None = None
) -> pl.DataFrame:
    """The figures of the reference table, one row a place, period and measure.

    Columns: place, place_kind, measure, start, end, official, sheriff, other (press, records requests and
    TRAC, as "party: value"), recomputed, status, conflict (whether parties of record differ), notes and
    source_urls, and `nearby`: figures for an overlapping time. `recomputed` comes from the store's detainers
    where `covered` spans the whole period and is null elsewhere; it counts by day of issue, while the
    official report counts declines by day of decision.

    Parameters
    ----------
    detainers : LazyFrame, optional
        Detainers of a store.
    covered : list of (date, date), optional
        Times that the store's releases cover.

    Returns
    -------
    DataFrame
        The table.

    Examples
    --------
    >>> table = reconcile()
    >>> {"official", "sheriff", "recomputed", "conflict"} <= set(table.columns)
    True
    """
    figures = table("declined_detainer_figures").filter(pl.col("measure") != "listed_as_declining")
    near = figures.drop_nulls("value")
    rows = []
    keys = ["place", "place_kind", "place_code", "measure", "start", "end"]
    for key, group in figures.group_by(keys, maintain_order=True):
        row = _row(dict(zip(keys, key, strict=True)), group, detainers, covered or [])
        rows.append(row | {"nearby": _nearby(row, near)})
    return pl.DataFrame(rows, infer_schema_length=None).sort("start", "end", "measure", "place")


def _nearby(row: dict[str, Any], figures: pl.DataFrame) -> str | None:
    """Figures of the same measure and place for another, overlapping time, as "party: value (time)"."""
    same = (pl.col("place") == row["place"]) & (pl.col("measure") == row["measure"])
    overlapping = (pl.col("start") <= row["end"]) & (pl.col("end") >= row["start"])
    other = (pl.col("start") != row["start"]) | (pl.col("end") != row["end"])
    found = figures.filter(same & overlapping & other).sort("start", "end", "party")
    lines = [
        f"{f['party']}: {f['value']:g} ({f['start']} to {f['end']})" for f in found.iter_rows(named=True)
    ]
    return "; ".join(lines) or None


def _row(
    key: dict[str, Any],
    group: pl.DataFrame,
    detainers: pl.LazyFrame | None,
    covered: list[tuple[dt.date, dt.date]],
) -> dict[str, Any]:
    """One row of the reconciliation."""
    row: dict[str, Any] = {k: key[k] for k in ("place", "place_kind", "measure", "start", "end")}
    row |= {"official": None, "sheriff": None}
    other = []
    for figure in group.iter_rows(named=True):
        column = _COLUMN_OF.get(figure["party"])
        if column and figure["status"] != "variant" and row[column] is None:
            row[column] = figure["value"]
        elif figure["value"] is not None:
            other.append(f"{figure['party']}: {figure['value']:g}")
    row["other"] = "; ".join(other) or None
    recomputed = _recomputed(key, detainers, covered)
    row["recomputed"] = recomputed
    order = ["withdrawn", "disputed", "not recovered", "published", "variant"]
    row["status"] = min(group["status"].unique().to_list(), key=order.index)
    values = {v for v in (row["official"], row["sheriff"], recomputed) if v is not None}
    row["conflict"] = len(values) > 1
    row["notes"] = "; ".join(dict.fromkeys(group["note"].drop_nulls().to_list())) or None
    row["source_urls"] = " ".join(dict.fromkeys(group["source_url"].drop_nulls().to_list()))
    return row


def _recomputed(
    key: dict[str, Any], detainers: pl.LazyFrame | None, covered: list[tuple[dt.date, dt.date]]
) -> float | None:
    """The store's own count, where it covers the period and has the place."""
    if detainers is None or key["measure"] not in _RECOMPUTED:
        return None
    if not any(start <= key["start"] and key["end"] <= end for start, end in covered):
        return None
    if key["place_kind"] == "county":
        here = pl.col("county_fips") == key["place_code"]
    elif key["place_kind"] == "nation":
        here = pl.lit(True)
    else:
        return None
    declined = pl.col("outcome") == "declined" if key["measure"] == "detainers_declined" else pl.lit(True)
    inside = pl.col("date").is_between(key["start"], key["end"])
    return float(detainers.filter(inside & here & declined).select(pl.col("n").sum()).collect().item() or 0)
