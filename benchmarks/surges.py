"""Surges: speed against R `surveillance`, calibration, power, and the whole nation.

Run: python benchmarks/surges.py            (needs Rscript with the package surveillance)
Prints tables and writes benchmarks/results/surges.json.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from atlarge.surges import find_surges  # noqa: E402
from atlarge.surveillance.farrington import Options, farrington_flexible  # noqa: E402
from atlarge.surveillance.scan import WEEKS, Scan, scan  # noqa: E402
from atlarge.surveillance.weekly import weeks_by_days  # noqa: E402
from surveillance.worlds import World, null_world, world_with_bursts  # noqa: E402

LEVELS = (0.1, 0.05, 0.01, 0.001)
WEEKS_JUDGED = 52


def _median_seconds(run: Any, times: int = 5) -> float:
    return float(np.median(timeit.repeat(run, number=1, repeat=times)))


def speed() -> list[dict[str, Any]]:
    """The same 20 series x 52 weeks by both; and whether the thresholds agree."""
    rng = np.random.default_rng(1)
    season = 6.0 * np.exp(0.3 * np.sin(2.0 * np.pi * np.arange(52 * 8) / 52.0))
    y = rng.negative_binomial(season, 0.5, (20, season.size))
    at = list(range(season.size - WEEKS_JUDGED, season.size))
    rows = []
    for periods in (1, 10):
        options = Options(periods=periods)
        got = farrington_flexible(y, at=at, options=options)
        ours = _median_seconds(lambda o=options: farrington_flexible(y, at=at, options=o))
        with tempfile.TemporaryDirectory() as folder:
            counts, bounds = Path(folder) / "y.csv", Path(folder) / "upper.csv"
            np.savetxt(counts, y.T, delimiter=",", fmt="%d")
            command = ["Rscript", str(HERE / "surges_peer.R"), str(counts), str(periods)]
            measured = subprocess.run(
                [*command, str(WEEKS_JUDGED), str(bounds)], capture_output=True, text=True, check=True
            )
            theirs = float(measured.stdout.split()[-1])
            upper = np.genfromtxt(bounds, delimiter=",", skip_header=1).T
        judged = y.shape[0] * WEEKS_JUDGED
        rows.append(
            {
                "periods": periods,
                "r_microseconds_per_series_week": theirs / judged * 1e6,
                "atlarge_microseconds_per_series_week": ours / judged * 1e6,
                "times_faster": theirs / ours,
                "largest_relative_difference": float(np.nanmax(np.abs(got.upper - upper) / upper)),
            }
        )
    return rows


def _by_week(world: World, by_day: Scan) -> Scan:
    counts, mondays = world.weeks()
    return weeks_by_days(counts, scan(counts, settings=WEEKS), mondays, by_day, world.days)


def _by_day(world: World) -> Scan:
    return scan(world.counts, cycle=world.cycle, classes=world.classes)


def calibration() -> list[dict[str, Any]]:
    """Realised over nominal false-alarm rate on null worlds with season, weekdays and holidays."""
    rows = []
    for mean in (0.1, 0.3, 1.0, 5.0, 30.0):
        for phi in (1.0, 2.0, 4.0):
            world = null_world(60, 1461, mean=mean, phi=phi, seed=11)
            by_day = _by_day(world)
            for every, found in (("day", by_day), ("week", _by_week(world, by_day))):
                p = found.p[np.isfinite(found.p)]
                rates = {f"at_{level}": float((p <= level).mean() / level) for level in LEVELS}
                listed = int((found.bursts.q <= 0.05).sum())
                rows.append({"every": every, "mean_per_day": mean, "phi": phi, **rates, "listed": listed})
    return rows


def farrington_calibration() -> list[dict[str, Any]]:
    """Realised over nominal alarm rate of Farrington flexible, which is R's: 9 years of null weeks."""
    rows = []
    for mean in (5.0, 30.0):
        for phi in (1.0, 2.0):
            world = null_world(40, 9 * 365, mean=mean / 7.0, phi=phi, seed=21)
            counts, mondays = world.weeks()
            at = list(range(counts.shape[1] - 2 * WEEKS_JUDGED, counts.shape[1]))
            for method in ("delta", "nbPlugin", "muan"):
                rates = {}
                for alpha in (0.05, 0.01):
                    options = Options(periods=10, method=method, alpha=alpha)
                    got = farrington_flexible(counts, times=list(mondays), at=at, options=options)
                    rates[f"at_{alpha}"] = float(got.alarm[got.status == "ok"].mean() / alpha)
                rows.append({"method": method, "mean_per_week": mean, "phi": phi, **rates})
    return rows


def power() -> list[dict[str, Any]]:
    """Share of bursts found by size, the share of their days inside, and false ones in the list."""
    rows = []
    for times_usual in (0.5, 1.0, 1.5, 2.0, 3.0, 5.0):
        world = world_with_bursts(40, 1461, mean=4.0, phi=2.0, times_usual=times_usual, seed=3, each=5)
        by_day = _by_day(world)
        _, mondays = world.weeks()
        offset = int((mondays[0] - world.days[0]).astype(int))
        weekly = _by_week(world, by_day)
        for every, found, length, first in (("day", by_day, 1, 0), ("week", weekly, 7, offset)):
            rows.append({"every": every, "times_usual": times_usual, **_score(world, found, length, first)})
    return rows


def _score(world: World, found: Scan, length: int, first: int) -> dict[str, float]:
    bursts = found.bursts
    start, end = first + bursts.start * length, first + bursts.end * length + length - 1
    listed = bursts.q <= 0.05
    inside, touched = [], np.zeros(listed.size, dtype=bool)
    for series, low, high, _ in world.bursts:
        hit = listed & (bursts.series == series) & (start <= high) & (end >= low)
        touched |= hit
        days = {d for i in np.nonzero(hit)[0] for d in range(start[i], end[i] + 1)}
        inside.append(len(days & set(range(low, high + 1))) / (high - low + 1))
    share = np.array(inside)
    by_burst = bursts.q_burst <= 0.05
    firm = [
        (by_burst & (bursts.series == series) & (start <= high) & (end >= low)).any()
        for series, low, high, _ in world.bursts
    ]
    return {
        "found": float((share > 0).mean()),
        "found_not_borderline": float(np.mean(firm)),
        "days_inside_when_found": float(share[share > 0].mean()) if (share > 0).any() else 0.0,
        "listed": int(listed.sum()),
        "false_share": float((listed & ~touched).sum() / max(listed.sum(), 1)),
        "false_share_not_borderline": float((by_burst & ~touched).sum() / max(by_burst.sum(), 1)),
    }


def nation() -> dict[str, Any]:
    """The embedded records, FY2016-19, by week: every county and office with an arrest."""
    measured: dict[str, Any] = {}
    for by in ("county", "office"):
        start, cpu = time.perf_counter(), time.process_time()
        found = find_surges(by=by, every="week")
        measured[by] = {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - cpu,
            "places": found.about["places"],
            "surges": len(found.surges),
        }
        start, cpu = time.perf_counter(), time.process_time()
        options = Options(years=2, periods=10, method="nbPlugin")
        judged = farrington_flexible(found.values, times=found.periods, options=options)
        measured[by]["farrington_seconds"] = time.perf_counter() - start
        measured[by]["farrington_cpu_seconds"] = time.process_time() - cpu
        measured[by]["farrington_series_weeks"] = int(judged.upper.size)
    measured["seconds"] = sum(measured[by]["seconds"] for by in ("county", "office"))
    measured["cpu_seconds"] = sum(measured[by]["cpu_seconds"] for by in ("county", "office"))
    return measured


def _print(title: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{title}")
    print("  ".join(f"{name:>14.14}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{v:14.3g}" if isinstance(v, float) else f"{v!s:>14}" for v in row.values()))


def main() -> None:
    """Run all and write the results."""
    results = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "peer": "R surveillance 1.20.3, farringtonFlexible",
        "speed": speed(),
        "calibration": calibration(),
        "farrington_calibration": farrington_calibration(),
        "power": power(),
        "nation": nation(),
    }
    for name in ("speed", "calibration", "farrington_calibration", "power"):
        _print(name, results[name])
    print("\nnation", json.dumps(results["nation"], indent=1))
    target = HERE / "results" / "surges.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
