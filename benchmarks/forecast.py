"""Forecasts of the embedded records from rolling origins at every level, beside peers on the same counts.

    python benchmarks/forecast.py

Nothing from the origin on is used for a forecast. Peers: the seasonal naive forecast, a flat one (the
quantiles of the last twelve periods), AutoETS of statsforecast and a structural model of statsmodels (local
level and yearly Fourier terms), both on the square root of counts; the last two are left out where they are
not installed (group `peers`). They are fitted place by place, to some places of each level only.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from atlarge.forecast import (
    PERIODS_A_YEAR,
    interval_score,
    learning_series,
    pinball,
    quantiles,
    seasonal_naive,
)
from atlarge.records.store import open_store

OUT = Path(__file__).parent / "results" / "forecast.json"
LEVELS = ("nation", "aor", "state", "office", "county")
CASES = [
    (by, measure, every, horizon)
    for every, horizon in (("week", 12), ("month", 6))
    for by in LEVELS
    for measure in ("at_large", "handoffs")
]
ORIGINS = 4
MOST_FITTED = {"AutoETS": 60, "structural": 12}
"""Places of a level that a peer is fitted to: those of the largest counts, then every n-th."""
Z = {0.05: -1.645, 0.25: -0.674, 0.5: 0.0, 0.75: 0.674, 0.95: 1.645}


def flat(counts: np.ndarray, origin: int, horizon: int, every: str) -> np.ndarray:
    """Quantiles of the last twelve periods."""
    spread = np.nanquantile(counts[:, max(0, origin - 12) : origin], list(Z), axis=1).T
    return np.repeat(spread[:, None, :], horizon, axis=1)


def naive(counts: np.ndarray, origin: int, horizon: int, every: str) -> np.ndarray:
    """Quantiles of the seasonal naive forecast."""
    return seasonal_naive(counts, origin, horizon, PERIODS_A_YEAR[every])


def _squared(figures: np.ndarray) -> np.ndarray:
    return np.maximum(np.maximum(figures, 0.0) ** 2 - 0.4, 0.0)


def autoets(counts: np.ndarray, origin: int, horizon: int, every: str) -> np.ndarray:
    """AutoETS on square roots; weekly seasons are too long for it, so it has none there."""
    from statsforecast.models import AutoETS

    out = np.full((len(counts), horizon, 5), np.nan)
    for i, row in enumerate(np.sqrt(counts[:, :origin] + 0.4)):
        model = AutoETS(season_length=12 if every == "month" else 1)
        found = model.forecast(y=row, h=horizon, level=[50, 90])
        columns = ["lo-90", "lo-50", "mean", "hi-50", "hi-90"]
        out[i] = _squared(np.stack([found[c] for c in columns], axis=1))
    return out


def structural(counts: np.ndarray, origin: int, horizon: int, every: str) -> np.ndarray:
    """A local level with yearly Fourier terms on square roots, fitted by maximum likelihood."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    out = np.full((len(counts), horizon, 5), np.nan)
    for i, row in enumerate(np.sqrt(counts[:, :origin] + 0.4)):
        model = UnobservedComponents(
            row, level="llevel", freq_seasonal=[{"period": PERIODS_A_YEAR[every], "harmonics": 1}]
        )
        found = model.fit(disp=False, maxiter=60).get_forecast(horizon)
        mean, sd = found.predicted_mean, found.se_mean
        out[i] = _squared(np.stack([mean + z * sd for z in Z.values()], axis=1))
    return out


PEERS: dict[str, Callable[[np.ndarray, int, int, str], np.ndarray]] = {"seasonal_naive": naive, "flat": flat}
if importlib.util.find_spec("statsforecast"):
    PEERS["AutoETS"] = autoets
if importlib.util.find_spec("statsmodels"):
    PEERS["structural"] = structural


def fitted(counts: np.ndarray, most: int | None) -> np.ndarray:
    """Rows that a peer is fitted to."""
    if most is None or len(counts) <= most:
        return np.arange(len(counts))
    order = np.argsort(-np.nansum(counts, 1), kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, most).astype(int)])


def one(by: str, measure: str, every: str, horizon: int) -> dict[str, object]:
    """Scores of one level, measure and period over all origins; each peer beside ours on its own counts."""
    found, extra = learning_series(open_store(None), measure, by, every, "ddp")
    n = found.shape[1]
    year = PERIODS_A_YEAR[every]
    first = max(int(n * 0.6), year + horizon + 10)
    total: dict[str, list[tuple[float, ...]]] = {name: [] for name in ("ours", *PEERS)}
    for origin in np.linspace(first, n - horizon, ORIGINS).astype(int).tolist():
        recent = np.nanmean(found[:, max(0, origin - 60) : origin], axis=1) >= 1.0
        counts = found[recent]
        own = np.arange(len(counts)) < int(recent[: len(found) - extra].sum())
        ours, _ = quantiles(counts, horizon, every, origin=origin)
        later = counts[:, origin : origin + horizon]
        asked = np.nonzero(own)[0]
        for name in total:
            rows = asked if name == "ours" else asked[fitted(counts[asked], MOST_FITTED.get(name))]
            figures = ours[rows] if name == "ours" else PEERS[name](counts[rows], origin, horizon, every)
            seen = np.isfinite(later[rows]) & np.isfinite(figures).all(2)
            y, q, mine = later[rows][seen], figures[seen], ours[rows][seen]
            inside = (y >= q[:, 0]) & (y <= q[:, 4])
            total[name].append(
                (len(y), inside.sum(), pinball(y, q).sum(), pinball(y, mine).sum(),
                 interval_score(y, q[:, 0], q[:, 4]).sum(), interval_score(y, mine[:, 0], mine[:, 4]).sum())
            )  # fmt: skip
    sums = {name: np.sum(rows, axis=0) for name, rows in total.items()}
    counts_, inside, _, _, width, _ = sums.pop("ours")
    return {
        "by": by,
        "measure": measure,
        "every": every,
        "horizon": horizon,
        "counts": int(counts_),
        "coverage_90": round(float(inside / counts_), 3),
        "interval_score": round(float(width / counts_), 2),
        "peers": {
            name: {
                "counts": int(s[0]),
                "coverage_90": round(float(s[1] / s[0]), 3),
                "skill": round(float(1 - s[3] / s[2]), 3),
                "interval_skill": round(float(1 - s[5] / s[4]), 3),
            }
            for name, s in sums.items()
        },
    }


def main() -> None:
    """Run every case and save the table."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    cases = [c for c in CASES if len(sys.argv) < 2 or c[0] in sys.argv[1:]]
    table = []
    for case in cases:
        table.append(one(*case))
        print(json.dumps(table[-1]), flush=True)
    if len(sys.argv) < 2:
        OUT.write_text(json.dumps({"cases": table}, indent=1) + "\n")


if __name__ == "__main__":
    main()
