"""Landmark classes on labelled texts, and handoffs inferred where the methods are known and hidden.

Parts of `benchmarks/now.py`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.panel import inferred
from atlarge.panel.inferred import ELSEWHERE, LOCAL, MERGED, PROGRAM, custodial_cells, inferred_counts
from atlarge.places.landmark_class import classes_of, landmark_classes
from atlarge.records.store import open_store

LABELLED = Path(__file__).parents[1] / "tests" / "places" / "truth" / "landmark_classes.csv"
HIDDEN = [(dt.date(2017, 7, 21), dt.date(2018, 7, 20)), (dt.date(2018, 7, 21), dt.date(2019, 7, 20))]
FEWEST = 300
"""States with fewer hidden arrests stand together."""
MONTH = pl.col("date").dt.truncate("1mo")
SIZES = [(1, 4), (5, 19), (20, 99), (100, None)]


def classes() -> dict[str, Any]:
    """Precision and recall of each class on the texts kept out of building the rules."""
    rows = pl.read_csv(LABELLED)
    rows = rows.with_columns(classes_of(rows["landmark"]).alias("read"))
    scored = rows.filter(part="score")
    right = pl.col("label") == pl.col("read")
    found = []
    for name in landmark_classes():
        hits = scored.filter(right, label=name).height
        read, labelled = scored.filter(read=name).height, scored.filter(label=name).height
        found.append(
            {
                "class": name,
                "labelled": labelled,
                "read": read,
                "precision": round(hits / read, 3) if read else None,
                "recall": round(hits / labelled, 3) if labelled else None,
            }
        )
    return {
        "texts_built_on": rows.filter(part="build").height,
        "texts_scored": scored.height,
        "right": round(float(scored.select(right.mean()).item()), 3),
        "right_built_on": round(float(rows.filter(part="build").select(right.mean()).item()), 3),
        "by_class": found,
    }


def hide(cells: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Cells up to a day, the three methods merged from another on, the true one kept beside."""
    merged = (pl.col("date") >= first) & pl.col("method").is_in([LOCAL, *ELSEWHERE])
    method = pl.when(merged).then(pl.lit(MERGED[0])).otherwise("method").alias("method")
    return cells.filter(pl.col("date") <= last).with_columns(pl.col("method").alias("true"), method)


def compare(hidden: pl.DataFrame, first: dt.date, place: pl.Expr) -> pl.DataFrame:
    """Inferred and true handoffs by place and month after the first day hidden."""
    found, _ = inferred_counts(hidden, hidden, first, place, MONTH)
    counted = hidden.with_columns(place.alias("place"), MONTH.alias("period"))
    truth = counted.group_by("place", "period").agg(
        pl.col("n").filter(pl.col("true").is_in([LOCAL, PROGRAM])).sum().alias("true"),
        pl.col("n").filter(pl.col("method") == MERGED[0]).sum().alias("merged"),
    )
    both = truth.join(found, on=["place", "period"]).drop_nulls("place").filter(pl.col("merged") > 0)
    is_inside = pl.col("true").is_between(pl.col("low"), pl.col("high"))
    return both.with_columns(is_inside.alias("inside"), (pl.col("value") - pl.col("true")).alias("off"))


def figures(rows: pl.DataFrame) -> dict[str, Any]:
    """Size, error and coverage of some rows."""
    merged = int(rows["merged"].sum())
    return {
        "periods": rows.height,
        "merged": merged,
        "error": round(int(rows["off"].abs().sum()) / merged, 4),
        "bias": round(int(rows["off"].sum()) / merged, 4),
        "coverage": round(float(rows.select(pl.col("inside").mean()).item()), 3),
        "width": round(int((rows["high"] - rows["low"]).sum()) / merged, 3),
    }


def by_size(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Figures by arrests of the month that were to be told apart."""
    found = []
    for low, high in SIZES:
        some = rows.filter(pl.col("merged") >= low, pl.col("merged") <= (high or 10**9))
        if some.height:
            found.append({"size": f"{low} to {high}" if high else f"{low} and more", **figures(some)})
    return found


def by_state(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Figures of each state with enough arrests, and of the others together."""
    sizes = rows.group_by("place").agg(pl.col("merged").sum()).sort("merged", descending=True)
    large = sizes.filter(pl.col("merged") >= FEWEST)["place"].to_list()
    found = [{"state": state, **figures(rows.filter(place=state))} for state in large]
    return [*found, {"state": "others", **figures(rows.filter(~pl.col("place").is_in(large)))}]


def handoffs(store: Path | None = None) -> dict[str, Any]:
    """A year's methods hidden, twice; errors by level, size and state, beside simpler ways.

    `store`: one of the same releases with their landmark texts; None: the embedded records, which have
    classes only.
    """
    cells = custodial_cells(open_store(store))
    levels = {
        "county": pl.col("county_fips"),
        "state": pl.col("state"),
        "aor": pl.col("aor"),
        "nation": pl.lit("US"),
    }
    rows: dict[str, list[pl.DataFrame]] = {level: [] for level in levels}
    simple: dict[str, list[pl.DataFrame]] = {}
    kept = inferred.LEVELS
    for first, last in HIDDEN:
        hidden = hide(cells, first, last)
        for level, place in levels.items():
            rows[level].append(compare(hidden, first, place))
        for name, groups in (
            (
                "place, without landmark",
                (("aor",), ("aor", "state"), ("aor", "state", "county_fips", "office")),
            ),
            ("the nation's share", ()),
        ):
            inferred.LEVELS = groups
            simple.setdefault(name, []).append(compare(hidden, first, levels["county"]))
            inferred.LEVELS = kept
    whole = {level: pl.concat(parts) for level, parts in rows.items()}
    error = figures(whole["county"])["error"]
    return {
        "records": "embedded" if store is None else "with landmark texts",
        "hidden": [f"{a} to {b}" for a, b in HIDDEN],
        "by_level": [{"level": level, **figures(part)} for level, part in whole.items()],
        "by_size": by_size(whole["county"]),
        "by_state": by_state(whole["state"]),
        "simpler": [
            {"way": name, "error": figures(pl.concat(parts))["error"],
             "ratio": round(error / figures(pl.concat(parts))["error"], 2)}
            for name, parts in simple.items()
        ],
    }  # fmt: skip
