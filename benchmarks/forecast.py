"""Forecasts of the embedded records from rolling origins at every level, beside peers on the same counts.

    python benchmarks/forecast.py

Nothing from the origin on is used for a forecast. Peers: the seasonal naive forecast, a flat one (the
quantiles of the last twelve periods), AutoETS of statsforecast and a structural model of statsmodels (local
level and yearly Fourier terms), by maximum likelihood and by a Bayesian sampler, all on the square root of
counts; those are left out where they are not installed (group `peers`). They are fitted place by place, to
some places of each level only. Coverage of our own intervals is measured from every month, and every fourth
week, that has enough before it: `--coverage` measures it alone. `--peer NAME` measures one peer, and leaves
the rest of the table as it is. `--registered FOLDER` registers forecasts on a store of the arrests of FY2016
to FY2018, and scores them in a store that has those of FY2019 too, as users do.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from atlarge.forecast import (
    PERIODS_A_YEAR,
    forecast,
    interval_score,
    learning_series,
    pinball,
    quantiles,
    score,
    seasonal_naive,
)
from atlarge.forecast.projection import LEAST_HISTORY
from atlarge.ingest import ingest
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
STEPS = {"week": 4, "month": 1}
"""Periods from one origin to the next where coverage alone is measured."""
MOST_FITTED = {"AutoETS": 60, "structural": 12, "Bayesian": 6}
"""Places of a level that a peer is fitted to: those of the largest counts, then every n-th."""
PRIOR_SCALES = {"sigma2.irregular": 0.5, "sigma2.level": 0.5}
"""Scales of the half-Cauchy priors of standard deviations: 0.5 is that of the root of a Poisson count."""
SEASON_SCALE = 0.05
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
    out = np.full((len(counts), horizon, 5), np.nan)
    for i, row in enumerate(np.sqrt(counts[:, :origin] + 0.4)):
        model = local_level(row, PERIODS_A_YEAR[every])
        found = model.fit(disp=False, maxiter=60).get_forecast(horizon)
        mean, sd = found.predicted_mean, found.se_mean
        out[i] = _squared(np.stack([mean + z * sd for z in Z.values()], axis=1))
    return out


def local_level(roots: np.ndarray, year: float) -> Any:
    """The structural model: a local level with yearly Fourier terms."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return UnobservedComponents(roots, level="llevel", freq_seasonal=[{"period": year, "harmonics": 1}])


def log_posterior(model: Any) -> Callable[[np.ndarray], float]:
    """Log density of the log standard deviations: likelihood, half-Cauchy priors and the Jacobian."""
    scales = np.array([PRIOR_SCALES.get(name, SEASON_SCALE) for name in model.param_names])

    def density(logs: np.ndarray) -> float:
        if np.abs(logs).max() > 15:
            return -np.inf
        sds = np.exp(logs)
        return float(model.loglike(sds**2) - np.log1p((sds / scales) ** 2).sum() + logs.sum())

    return density


def metropolis(
    density: Callable[[np.ndarray], float],
    start: np.ndarray,
    random: np.random.Generator,
    *,
    burn: int = 600,
    kept: int = 300,
    thin: int = 4,
) -> np.ndarray:
    """Draws [kept, n] of a random walk from the mode; its steps learn the covariance until burn-in ends.

    Source: Haario, Saksman and Tamminen (2001), An adaptive Metropolis algorithm, Bernoulli 7.
    """
    found = minimize(lambda x: min(-density(x), 1e10), start, method="Nelder-Mead", options={"maxfev": 300})
    at, here, n = found.x, density(found.x), len(start)
    root, drawn = 0.3 * np.eye(n), np.empty((burn + kept * thin, n))
    for i in range(len(drawn)):
        if 100 <= i <= burn and i % 50 == 0:
            root = np.linalg.cholesky(
                2.4**2 / n * np.cov(drawn[i // 2 : i].T).reshape(n, n) + 1e-4 * np.eye(n)
            )
        tried = at + root @ random.normal(size=n)
        there = density(tried)
        if np.log(random.random()) < there - here:
            at, here = tried, there
        drawn[i] = at
    return drawn[burn::thin]


def ahead(
    model: Any, sds: np.ndarray, horizon: int, random: np.random.Generator, paths: int = 4
) -> np.ndarray:
    """Simulated roots [paths, horizon] from the filtered state at one draw."""
    model.update(sds**2)
    seen = model.ssm.filter()
    state = random.multivariate_normal(seen.predicted_state[:, -1], seen.predicted_state_cov[..., -1], paths)
    move, design = model.ssm["transition"], model.ssm["design"][0]
    steps = model.ssm["selection"] @ np.sqrt(model.ssm["state_cov"])
    out = np.empty((paths, horizon))
    for h in range(horizon):
        out[:, h] = state @ design + np.sqrt(model.ssm["obs_cov"][0, 0]) * random.normal(size=paths)
        state = state @ move.T + random.normal(size=(paths, steps.shape[1])) @ steps.T
    return out


def bayesian(counts: np.ndarray, origin: int, horizon: int, every: str) -> np.ndarray:
    """The structural model with priors: quantiles of paths simulated from the draws of its posterior."""
    random = np.random.default_rng(origin)
    out = np.full((len(counts), horizon, 5), np.nan)
    for i, row in enumerate(np.sqrt(counts[:, :origin] + 0.4)):
        model = local_level(row, PERIODS_A_YEAR[every])
        draws = metropolis(log_posterior(model), np.log([0.5, 0.2, 0.02]), random)
        paths = np.concatenate([ahead(model, sds, horizon, random) for sds in np.exp(draws)])
        out[i] = np.quantile(_squared(paths), list(Z), axis=0).T
    return out


PEERS: dict[str, Callable[[np.ndarray, int, int, str], np.ndarray]] = {"seasonal_naive": naive, "flat": flat}
if importlib.util.find_spec("statsforecast"):
    PEERS["AutoETS"] = autoets
if importlib.util.find_spec("statsmodels"):
    PEERS |= {"structural": structural, "Bayesian": bayesian}


def fitted(counts: np.ndarray, most: int | None) -> np.ndarray:
    """Rows that a peer is fitted to."""
    if most is None or len(counts) <= most:
        return np.arange(len(counts))
    order = np.argsort(-np.nansum(counts, 1), kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, most).astype(int)])


def one(by: str, measure: str, every: str, horizon: int, peers: list[str]) -> dict[str, Any]:
    """Scores of one level, measure and period over all origins; each peer beside ours on its own counts."""
    found, extra = learning_series(open_store(None), measure, by, every, "ddp")
    n = found.shape[1]
    year = PERIODS_A_YEAR[every]
    first = max(int(n * 0.6), year + horizon + 10)
    total: dict[str, list[tuple[float, ...]]] = {name: [] for name in ("ours", *peers)}
    for origin in np.linspace(first, n - horizon, ORIGINS).astype(int).tolist():
        recent = np.nanmean(found[:, max(0, origin - 60) : origin], axis=1) >= 1.0
        counts = found[recent]
        own = np.arange(len(counts)) < int(recent[: len(found) - extra].sum())
        ours, _ = quantiles(counts, horizon, every, origin=origin)
        later = counts[:, origin : origin + horizon]
        chosen = np.nonzero(own)[0]
        for name in total:
            rows = chosen if name == "ours" else chosen[fitted(counts[chosen], MOST_FITTED.get(name))]
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


def coverage(by: str, measure: str, every: str, horizon: int) -> dict[str, Any]:
    """Share of later counts within our 90% interval, from every origin with enough before it."""
    found, extra = learning_series(open_store(None), measure, by, every, "ddp")
    least = LEAST_HISTORY[every]
    inside, seen = [], []
    for origin in range(least + horizon + 2, found.shape[1] - horizon + 1, STEPS[every]):
        kept = np.nanmean(found[:, origin - least : origin], axis=1) >= 1.0
        own = int(kept[: len(found) - extra].sum())
        figures = quantiles(found[kept], horizon, every, origin=origin)[0][:own]
        later = found[kept][:own, origin : origin + horizon]
        known = np.isfinite(later)
        inside.append(int(((later >= figures[:, :, 0]) & (later <= figures[:, :, 4]) & known).sum()))
        seen.append(int(known.sum()))
    return {
        "origins": len(seen),
        "counts": sum(seen),
        "coverage_90": round(sum(inside) / sum(seen), 3),
        "lowest_origin": round(min(i / n for i, n in zip(inside, seen, strict=True)), 3),
    }


def registered(data: Path) -> list[dict[str, Any]]:
    """Forecasts of the store of three years, scored when the fourth has come."""
    files = sorted(data.rglob("EROArrests_FY*.csv.gz"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        past, later = Path(folder) / "past", Path(folder) / "later"
        ingest(files[:3], past)
        ingest(files, later)
        for by, measure, every, periods in CASES:
            predicted = forecast(past, by=by, measure=measure, every=every, periods=periods)
            found = score(predicted, later)
            row = {
                "by": by,
                "measure": measure,
                "every": every,
                "as_of": str(predicted.as_of),
                "counts": found.n,
            }
            rows.append(row | {k: getattr(found, k) for k in ("coverage_90", "coverage_50", "skill")})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Run the cases asked for and save the table."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("by", nargs="*", default=LEVELS)
    parser.add_argument("--peer", action="append", choices=list(PEERS))
    parser.add_argument("--registered", type=Path)
    parser.add_argument("--coverage", action="store_true")
    options = parser.parse_args()
    if options.registered:
        rows = registered(options.registered)
        OUT.with_name("forecast_registered.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
        return
    for case in CASES:
        if case[0] in options.by:
            table = json.loads(OUT.read_text())["cases"]
            at = next(i for i, r in enumerate(table) if (r["by"], r["measure"], r["every"]) == case[:3])
            if options.coverage:
                new = table[at]
            else:
                new = one(*case, options.peer or list(PEERS))
            own = ("counts", "coverage_90", "interval_score")
            if options.peer:
                if any(table[at][k] != new[k] for k in own):
                    print("our own figures over all places are no longer those of the table", flush=True)
                new = table[at] | {"peers": table[at]["peers"] | new["peers"]}
            is_measured = options.peer and "every_origin" in table[at]
            table[at] = new | {"every_origin": table[at]["every_origin"] if is_measured else coverage(*case)}
            OUT.write_text(json.dumps({"cases": table}, indent=1) + "\n")
            print(json.dumps(new), flush=True)


if __name__ == "__main__":
    main()
