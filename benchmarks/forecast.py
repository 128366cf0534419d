"""Forecasts of the embedded records from rolling origins: coverage, and skill against simpler forecasts.

    python benchmarks/forecast.py

Nothing from the origin on is used for a forecast. AutoETS of statsforecast is a peer where it is installed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from atlarge.forecast import PERIODS_A_YEAR, _series, pinball, quantiles, seasonal_naive
from atlarge.records.store import open_store

OUT = Path(__file__).parent / "results" / "forecast.json"
CASES = [
    (by, measure, every, horizon)
    for every, horizon in (("week", 12), ("month", 6))
    for by in ("aor", "office", "state", "county")
    for measure in ("at_large", "handoffs")
]
ORIGINS = 4


def flat(counts: np.ndarray, origin: int, horizon: int) -> np.ndarray:
    """Quantiles of the level of the last year, with the spread of that year."""
    before = counts[:, max(0, origin - 12) : origin]
    spread = np.nanquantile(before, (0.05, 0.25, 0.5, 0.75, 0.95), axis=1).T
    return np.repeat(spread[:, None, :], horizon, axis=1)


def one(by: str, measure: str, every: str, horizon: int) -> dict[str, object]:
    """Scores of one level, measure and period over all origins."""
    found = _series(open_store(None), measure, by, every, "ddp")
    year, n = PERIODS_A_YEAR[every], found.counts.shape[1]
    origins = np.linspace(max(int(n * 0.6), year + horizon + 10), n - horizon, ORIGINS).astype(int)
    rows = []
    for origin in origins.tolist():
        recent = np.nanmean(found.counts[:, max(0, origin - 60) : origin], axis=1)
        counts = found.counts[recent >= 1.0]
        if len(counts) < 6:
            continue
        ours, _ = quantiles(counts, horizon, every, origin=origin)
        later = counts[:, origin : origin + horizon]
        peers = {
            "naive": seasonal_naive(counts, origin, horizon, year),
            "flat": flat(counts, origin, horizon),
        }
        seen = np.isfinite(later) & np.isfinite(peers["naive"]).all(2)
        y = later[seen]
        rows.append(
            {
                "n": len(y),
                "inside": int(((y >= ours[seen][:, 0]) & (y <= ours[seen][:, 4])).sum()),
                "ours": float(pinball(y, ours[seen]).sum()),
                **{name: float(pinball(y, q[seen]).sum()) for name, q in peers.items()},
            }
        )
    total = {key: sum(row[key] for row in rows) for key in ("n", "inside", "ours", "naive", "flat")}
    return {
        "by": by,
        "measure": measure,
        "every": every,
        "horizon": horizon,
        "counts": total["n"],
        "coverage_90": round(total["inside"] / total["n"], 3),
        "skill_against_seasonal_naive": round(1 - total["ours"] / total["naive"], 3),
        "skill_against_flat": round(1 - total["ours"] / total["flat"], 3),
    }


def main() -> None:
    """Run every case and save the table."""
    table = [one(*case) for case in CASES]
    OUT.write_text(json.dumps({"cases": table}, indent=1) + "\n")
    for row in table:
        print(row)


if __name__ == "__main__":
    main()
