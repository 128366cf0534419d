"""What truly happened in a simulated world: a document for people and tests, and a panel."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlarge.simulate.landmarks import Places
from atlarge.simulate.panels import Draw
from atlarge.simulate.world import World


def truth_panel(draw: Draw, places: Places, start: dt.date) -> pl.DataFrame:
    """Place by week: what was recorded under its name, and what truly happened."""
    n, weeks = draw.at_large_base.shape
    monday = pl.Series([start + dt.timedelta(days=7 * week) for week in range(weeks)])
    columns = {
        "at_large_recorded": draw.at_large, "handoffs_recorded": draw.handoffs,
        "detainers_recorded": draw.detainers, "declined_recorded": draw.declined,
    }  # fmt: skip
    truths = {
        "at_large_base": draw.at_large_base, "substituted": draw.substituted, "burst": draw.burst,
        "handoffs_true": draw.handoffs_true, "lost": draw.lost,
    }  # fmt: skip
    frame = pl.DataFrame(
        {
            "place": pl.Series(places.fips).gather(np.repeat(np.arange(n), weeks)),
            "week": monday.gather(np.tile(np.arange(weeks), n)),
            **{name: values.ravel() for name, values in {**columns, **truths}.items()},
        }
    )
    whole = [pl.col(name).fill_nan(None).cast(pl.Int64) for name in columns]
    return frame.with_columns(*whole, *[pl.col(name).cast(pl.Int64) for name in truths]).sort("place", "week")


def write_truth(folder: Path, panel: pl.DataFrame, document: dict[str, Any]) -> tuple[Path, Path]:
    """Write the truth into a folder: its document and its panel, in this order."""
    written = folder / "truth.json", folder / "truth_panel.parquet"
    written[0].write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    panel.write_parquet(written[1], compression="zstd", statistics=False)
    return written


def truth_document(
    world: World, draw: Draw, places: Places, start: dt.date, seed: int, rows: dict[str, int]
) -> dict[str, Any]:
    """The truth of a world as a JSON document: parameters, totals, policies and what followed them,
    places."""

    def day(week: int) -> str | None:
        return str(start + dt.timedelta(days=7 * week)) if week >= 0 else None

    policies = [_policy(draw, places, int(i), day) for i in np.flatnonzero(draw.effective >= 0)]
    others = [i for i in np.flatnonzero(draw.relabel_week >= 0) if draw.effective[i] < 0]
    return {
        "note": "Simulated data: what truly happened in a simulated world.",
        "seed": seed,
        "world": world.to_dict(),
        "start": str(start),
        "end": str(start + dt.timedelta(days=7 * world.weeks - 1)),
        "rows": rows,
        "totals": {
            "at_large": int((draw.at_large_base + draw.substituted + draw.burst).sum()),
            "handoffs": int(draw.handoffs_true.sum()),
            "lost_handoffs": int(draw.lost.sum()),
            "substituted": int(draw.substituted.sum()),
            "burst": int(draw.burst.sum()),
        },
        "policies": policies,
        "relabelled_without_policy": [
            {"place": places.fips[i], "place_name": places.name[i], "from": day(int(draw.relabel_week[i]))}
            for i in others
        ],
        "places": [
            {
                "place": fips,
                "place_name": name,
                "aor": aor,
                "office": office,
                "unauthorized": round(float(people)),
            }
            for fips, name, aor, office, people in zip(
                places.fips, places.name, places.aor, places.office, draw.unauthorized, strict=True
            )
        ],
    }


def _policy(draw: Draw, places: Places, i: int, day: Callable[[int], str | None]) -> dict[str, Any]:
    """What one policy place announced, and what followed."""
    after = slice(int(draw.effective[i]), None)
    truth = draw.at_large_base[i] + draw.substituted[i] + draw.burst[i]
    return {
        "place": places.fips[i],
        "place_name": places.name[i],
        "aor": places.aor[i],
        "announced": day(int(draw.announced[i])),
        "effective": day(int(draw.effective[i])),
        "lost_handoffs": int(draw.lost[i].sum()),
        "substitution_rate": round(float(draw.substitution[i]), 6),
        "substituted": int(draw.substituted[i].sum()),
        "burst": int(draw.burst[i].sum()),
        "burst_start": day(int(draw.burst_week[i])),
        "relabelled_from": day(int(draw.relabel_week[i])),
        "at_large_after": int(truth[after].sum()),
        "at_large_after_without_policy": int(draw.at_large_base[i, after].sum()),
    }
