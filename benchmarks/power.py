"""Width, coverage and power of estimates and verdict rules, on real placebos and in simulated worlds.

    python benchmarks/power.py [--parts widths,chance,tried,rules,rises,bursts,worlds] [--worlds 400] [--docs]

Real records: units are split in two by a hash of their key, dates into four for tuning and the rest for
testing. What is learnt of errors (sizes, quantiles) is learnt on one half of the places at the tuning dates
and tested on the other half at the other dates, then the halves swap; random halves follow. `ascm` is the
estimator of version f4b17d9, place by place. Writes results/power.json; `--docs` writes
../docs/methods/power.md; `--parts "" --docs` only that.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import zlib
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from atlarge.effects import (
    Judged,
    ShareSettings,
    cap_bursts,
    expected_counts,
    learn_errors,
    placebo_grid,
    unsteadiness,
)
from atlarge.effects import bursts as burst_module
from atlarge.effects.prediction import root, unroot
from atlarge.effects.sdid import sdid_paths

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "power.json"
ANSWERS = HERE / "results" / "answers.json"
DOCS = HERE.parent / "docs" / "methods" / "power.md"
CLASSES = ((2, 5), (5, 10), (10, 20), (20, float("inf")))
CLASS_NAMES = ("2 to 5", "5 to 10", "10 to 20", "20 and over")
HORIZONS = (1, 3, 8, 12)
TUNING = (dt.date(2016, 10, 1), dt.date(2017, 4, 1), dt.date(2017, 10, 1), dt.date(2018, 4, 1))
FIRST_DATE = 8
SPLITS = 9
ALPHA_LASTING, ALPHA_BURST = 0.03, 0.02


@dataclass
class Records:
    """Monthly counts of localities: as they are, with bursts capped, and when a place itself changed."""

    y: np.ndarray
    capped: np.ndarray
    changed: np.ndarray
    group: np.ndarray
    half: np.ndarray
    months: list[dt.date]
    daily: np.ndarray
    changes: np.ndarray


def records() -> Records:
    """The embedded records, arrests at large by locality."""
    from atlarge.explain.data import daily, localities
    from atlarge.explain.estimate import changed_periods
    from atlarge.explain.periods import add_months
    from atlarge.explain.study import change_days, group_of
    from atlarge.policies import registry
    from atlarge.records.store import open_store

    store, measures = open_store(None), ("at_large",)
    counts = localities(daily(store, "county", measures), daily(store, "office", measures))["at_large"].both
    y, months = counts.calendar()
    kept = y.mean(1) >= 0.5
    stops = [*months[1:], add_months(months[-1], 1)]
    group = group_of("locality", counts.keys)
    assert group is not None
    position = np.cumsum(kept) - 1
    changes = [
        (position[k], (day - counts.first).days)
        for k, day in change_days("locality", counts.keys, registry(), counts.first, counts.last)
        if kept[k]
    ]
    return Records(
        y=y[kept],
        capped=counts.capped.calendar()[0][kept],
        changed=changed_periods("locality", counts.keys, months, stops)[kept],
        group=group[kept],
        half=np.array([zlib.crc32(key.encode()) % 2 for key in counts.keys])[kept],
        months=months,
        daily=counts.values[kept].astype(np.float64),
        changes=np.array(changes, dtype=np.int64).reshape(-1, 2),
    )


def grid_of(r: Records, horizon: int, after: int) -> dict[str, np.ndarray]:
    """Dates, who is a placebo when, level before and totals."""
    periods = r.y.shape[1]
    starts = np.arange(FIRST_DATE, periods - horizon - (3 if after else 0) + 1)
    quiet = np.stack([~r.changed[:, max(0, s - 6) : s + horizon + after].any(1) for s in starts], axis=1)
    pool = np.stack([~r.changed[:, max(0, s - 4) : s + horizon].any(1) for s in starts])
    level = np.stack([r.y[:, max(0, s - 12) : s].mean(1) for s in starts], axis=1)
    tuned = np.isin(starts, [r.months.index(day) for day in TUNING])
    return {"starts": starts, "quiet": quiet & (level >= 2), "pool": pool, "level": level, "tuned": tuned}


def totals(y: np.ndarray, starts: np.ndarray, horizon: int) -> np.ndarray:
    """Sums over the horizon from each start [N, D]."""
    return np.stack([y[:, s : s + horizon].sum(1) for s in starts], axis=1)


def share(r: Records, g: dict[str, np.ndarray], horizon: int, after: int, capped: bool) -> np.ndarray:
    """Expected totals by discounted share [N, D]."""
    return expected_counts(
        r.capped if capped else r.y, g["starts"], horizon, capped=r.capped, pool=g["pool"], group=r.group,
        after=after,
    ).sum(2)  # fmt: skip


def sdid(r: Records, g: dict[str, np.ndarray], horizon: int) -> np.ndarray:
    """Expected totals by synthetic difference in differences on square roots [N, D]; every third date."""
    out = np.full(g["quiet"].shape, np.nan)
    scale = root(r.y)
    for d, s in enumerate(g["starts"]):
        if d % 3 and not g["tuned"][d]:
            continue
        rows = np.flatnonzero(g["quiet"][:, d])
        out[rows, d] = unroot(sdid_paths(scale, int(s), int(s) + horizon, g["quiet"][:, d], rows)).sum(1)
    return out


def learnt(
    r: Records, g: dict[str, np.ndarray], y: np.ndarray, expected: np.ndarray, horizon: int
) -> np.ndarray:
    """Rows of the test cells: observed, expected, low, high, size, level, unit, date, p_high, p_low, and the
    standardised quantiles used."""
    seen = totals(y, g["starts"], horizon)
    unsteady = unsteadiness(r.y, g["starts"])
    unit = np.arange(len(y))[:, None] * np.ones_like(g["quiet"])
    date = g["starts"][None, :] * np.ones_like(g["quiet"])
    usable = g["quiet"] & np.isfinite(expected) & np.isfinite(seen)
    rows = []
    for h in (0, 1):
        train = usable & (r.half == h)[:, None] & g["tuned"][None, :]
        test = usable & (r.half != h)[:, None] & ~g["tuned"][None, :]
        bands = np.digitize(g["level"], [5, 10, 20])
        for band in range(len(CLASSES)):
            low, high = CLASSES[band]
            near = train & (g["level"] >= low / 2.5) & (g["level"] <= (high if high < 1e9 else 1e9) * 2.5)
            if len(np.unique(unit[near])) < 12:
                near = train
            model = learn_errors(
                seen[near], expected[near], unsteady[near], unit[near], date[near], length=horizon
            )
            at = test & (bands == band)
            if not at.any():
                continue
            e = expected[at] * model.factor
            size = model.size(e, unsteady[at])
            a, b = model.interval(e, unsteady[at], 0.9)
            z = (root(seen[at]) - root(e)) / size
            tails = np.array([model.tail(float(v)) for v in z])
            moved = (root(np.maximum(seen[at], 0)) - root(e)) / size  # a material effect added, then removed
            q = np.full(len(e), model.quantile(0.05)), np.full(len(e), model.quantile(0.95))
            rows.append(
                np.column_stack(
                    [seen[at], e, a, b, size, g["level"][at], unit[at], date[at], tails, *q, moved]
                )
            )
    return np.concatenate(rows)


def ascm(r: Records, g: dict[str, np.ndarray], horizon: int) -> np.ndarray:
    """The same rows by the estimator of version f4b17d9, place by place, at every third test date.

    Its donors are places of like size without a change in the months studied; each of them is fitted as well,
    and their standardised gaps over the span give the interval. No split is needed, as it learns on others.
    """
    from atlarge.effects import counterfactual
    from atlarge.effects.placebo import learn_scale, quantile_pair
    from atlarge.explain.estimate import of_like_size

    rows = []
    for d, s in enumerate(g["starts"]):
        if g["tuned"][d] or d % 3:
            continue
        y = r.y[:, : int(s) + horizon]
        pre = np.arange(y.shape[1]) < s
        quiet = ~r.changed[:, : y.shape[1]].any(1)
        for k in np.flatnonzero(g["quiet"][:, d]):
            usable = quiet.copy()
            usable[k] = True
            like = of_like_size([y[:, pre]], int(k), usable)
            space = counterfactual(y, int(k), pre, ~pre, like, method="ascm", level=0.9).placebos
            gap = space.gaps[:, ~pre].sum(1)
            observed = y[np.append(k, space.units[1:])][:, ~pre]
            level = np.maximum((observed - space.gaps[:, ~pre]).mean(1), 0.0)
            size = learn_scale(gap[1:], level[1:], space.pre_rmse[1:]).predict(level, space.pre_rmse)
            down, up = quantile_pair(gap[1:] / size[1:], 0.9)
            seen = float(observed[0].sum())
            path = max(seen - float(gap[0]), 0.0)
            rows.append(
                [seen, path, max(path + down * size[0], 0), max(path + up * size[0], 0), size[0],
                 g["level"][k, d], k, s, np.nan, np.nan, down, up, np.nan]
            )  # fmt: skip
    return np.array(rows)


def summary(rows: np.ndarray, is_root: bool) -> list[dict[str, float]]:
    """By class: cells, nominal coverage, and the log width at a realised coverage of 90%."""
    found = []
    band = np.digitize(rows[:, 5], [5, 10, 20])
    for k in range(len(CLASSES)):
        x = rows[band == k]
        if len(x) < 20:
            found.append({"cells": len(x), "coverage": float("nan"), "log_width": float("nan")})
            continue

        def bounds(stretch: float, x: np.ndarray = x) -> tuple[np.ndarray, np.ndarray]:
            if is_root:
                centre = root(x[:, 1])
                return unroot(centre + stretch * x[:, 10] * x[:, 4]), unroot(
                    centre + stretch * x[:, 11] * x[:, 4]
                )
            return np.maximum(x[:, 1] + stretch * x[:, 10] * x[:, 4], 0), x[:, 1] + stretch * x[:, 11] * x[
                :, 4
            ]

        low, high = 0.2, 5.0
        for _ in range(40):
            middle = (low * high) ** 0.5
            a, b = bounds(middle)
            covered = ((x[:, 0] >= a) & (x[:, 0] <= b)).mean()
            low, high = (middle, high) if covered < 0.9 else (low, middle)
        a, b = bounds(high)
        nominal = ((x[:, 0] >= x[:, 2]) & (x[:, 0] <= x[:, 3])).mean()
        found.append(
            {
                "cells": len(x), "places": len(np.unique(x[:, 6])), "coverage": float(nominal),
                "log_width": float(np.log(b - a + 0.5).mean()),
            }
        )  # fmt: skip
    return found


def over_splits(
    r: Records, g: dict[str, np.ndarray], y: np.ndarray, expected: np.ndarray, horizon: int
) -> list[dict[str, float]]:
    """`summary` over the split of places by their key and over random ones: means, and the range of coverage.

    One split tests a class on some tens of places, whose spans overlap: its coverage moves by several points.
    """
    rng = np.random.default_rng(20171)
    splits = [r.half, *(rng.integers(0, 2, len(r.y)) for _ in range(SPLITS - 1))]
    each = [summary(learnt(replace(r, half=half), g, y, expected, horizon), True) for half in splits]
    found = []
    for cells in zip(*each, strict=True):
        covered = [c["coverage"] for c in cells]
        found.append(
            {
                "cells": float(np.mean([c["cells"] for c in cells])),
                "coverage": float(np.mean(covered)),
                "coverage_first_split": covered[0],
                "coverage_least": min(covered),
                "coverage_most": max(covered),
                "log_width": float(np.mean([c["log_width"] for c in cells])),
            }
        )
    return found


def widths(r: Records) -> dict[str, Any]:
    """Widths at equal coverage, by design, horizon and class, as ratios to the baseline."""
    table: dict[str, Any] = {}
    for horizon in HORIZONS:
        g, two = grid_of(r, horizon, 0), grid_of(r, horizon, 6)
        base = summary(ascm(r, g, horizon), False)
        designs = {
            "discounted share": over_splits(r, g, r.y, share(r, g, horizon, 0, False), horizon),
            "the same, bursts apart": over_splits(r, g, r.capped, share(r, g, horizon, 0, True), horizon),
            "sdid": over_splits(r, g, r.y, sdid(r, g, horizon), horizon),
            "two-sided": over_splits(r, two, r.y, share(r, two, horizon, 6, False), horizon),
            "two-sided, bursts apart": over_splits(
                r, two, r.capped, share(r, two, horizon, 6, True), horizon
            ),
        }
        table[str(horizon)] = {"ascm": [c | {"ratio": 1.0} for c in base]} | {
            name: [
                c | {"ratio": float(np.exp(c["log_width"] - b["log_width"]))}
                for c, b in zip(cells, base, strict=True)
            ]
            for name, cells in designs.items()
        }
        print(
            horizon,
            {
                k: [(round(c["ratio"], 2), round(c["coverage"], 2)) for c in v]
                for k, v in table[str(horizon)].items()
            },
            flush=True,
        )
    return table


def chance(r: Records) -> dict[str, list[float]]:
    """Mean log width, by class, of the interval of a Poisson count of known mean: no method is narrower.

    The means are the discounted share's forecasts of the test cells.
    """
    from scipy.stats import poisson

    found = {}
    for horizon in HORIZONS:
        g = grid_of(r, horizon, 0)
        expected = share(r, g, horizon, 0, False)
        test = g["quiet"] & np.isfinite(expected) & ~g["tuned"][None, :]
        mean, band = expected[test], np.digitize(g["level"][test], [5, 10, 20])
        width = poisson.ppf(0.95, mean) - poisson.ppf(0.05, mean)
        found[str(horizon)] = [float(np.log(width + 0.5)[band == k].mean()) for k in range(len(CLASSES))]
    return found


def tried(r: Records) -> dict[str, Any]:
    """Designs weighed against the discounted share: widths at equal coverage as ratios to its own.

    A stack (weights of ten forecasts, not negative and adding up to one, by placebo loss of the tuning part
    on square roots), its mean with synthetic differences, one memory, three memories, and a gamma-Poisson
    filter with its own predictive distribution, whose discount is that of one memory.
    """
    kinds = {
        "one memory of .75": ShareSettings(decay=(0.75,), on_capped=(False,)),
        "one memory of .75, bursts capped": ShareSettings(decay=(0.75,), on_capped=(True,)),
        "three memories": ShareSettings(decay=(0.55, 0.75, 0.9), on_capped=(True, False, True)),
        "no damping": ShareSettings(damping=1.0),
        "no region": ShareSettings(damping=0.0),
    }
    others = [
        ShareSettings(decay=(decay,), on_capped=(capped,)) for decay in (0.5, 0.9) for capped in (True, False)
    ]
    table: dict[str, Any] = {}
    for horizon in HORIZONS:
        g = grid_of(r, horizon, 0)
        seen = totals(r.y, g["starts"], horizon)

        def forecast(how: ShareSettings, g: dict[str, np.ndarray] = g, horizon: int = horizon) -> np.ndarray:
            return expected_counts(
                r.y, g["starts"], horizon, capped=r.capped, pool=g["pool"], group=r.group, settings=how
            ).sum(2)

        main = forecast(ShareSettings())
        found = {name: forecast(how) for name, how in kinds.items()}
        parts = [main, *found.values(), *(forecast(how) for how in others)]
        other = sdid(r, g, horizon)
        found["mean with sdid"] = unroot(0.5 * (root(main) + root(other)))
        rng = np.random.default_rng(20172)
        logs: dict[str, list[np.ndarray]] = {}
        for half in [r.half, *(rng.integers(0, 2, len(r.y)) for _ in range(SPLITS - 1))]:
            split = replace(r, half=half)

            def width(expected: np.ndarray, r: Records = split, horizon: int = horizon, g: Any = g) -> Any:
                rows = learnt(r, g, r.y, expected, horizon)
                return np.array([c["log_width"] for c in summary(rows, True)])

            usual, few = width(main), width(np.where(np.isfinite(other), main, np.nan))
            for name, expected in found.items():
                logs.setdefault(name, []).append(
                    width(expected) - (few if name == "mean with sdid" else usual)
                )
            logs.setdefault("stack", []).append(width(_stacked(split, g, seen, parts)) - usual)
            rows = _filtered(r, g, seen, found["one memory of .75"], horizon, 0.75)
            logs.setdefault("gamma-Poisson filter", []).append(
                np.array([c["log_width"] for c in summary(rows, True)]) - usual
            )
        table[str(horizon)] = {name: np.exp(np.mean(each, axis=0)).tolist() for name, each in logs.items()}
        table[str(horizon)]["gamma-Poisson filter, coverage"] = [
            c["coverage"]
            for c in summary(_filtered(r, g, seen, found["one memory of .75"], horizon, 0.75), True)
        ]
        print(
            "tried", horizon, {k: np.round(v, 2).tolist() for k, v in table[str(horizon)].items()}, flush=True
        )
    return table


def _stacked(r: Records, g: dict[str, np.ndarray], seen: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """Weights learnt on one half at the tuning dates for the other half [N, D]."""
    from scipy.optimize import nnls

    out = np.full(seen.shape, np.nan)
    scale = [root(part) for part in parts]
    for half in (0, 1):
        train = g["quiet"] & np.isfinite(seen) & (r.half == half)[:, None] & g["tuned"][None, :]
        x, y = np.column_stack([part[train] for part in scale]), root(seen[train])
        one = 1e3 * np.ones((1, x.shape[1]))  # weights add up to one
        weight = nnls(np.vstack([x, one]), np.append(y, 1e3))[0]
        other = r.half != half
        out[other] = unroot(sum(w * part[other] for w, part in zip(weight, scale, strict=True)))
    return out


def _filtered(
    r: Records,
    g: dict[str, np.ndarray],
    seen: np.ndarray,
    expected: np.ndarray,
    horizon: int,
    discount: float,
) -> np.ndarray:
    """Rows of the test cells by a gamma-Poisson filter: the spread is that of its own negative binomial."""
    time = np.arange(r.y.shape[1])
    own = np.stack([r.y[:, :s] @ discount ** (s - 1.0 - time[:s]) for s in g["starts"]], axis=1) + 0.5
    size = np.sqrt(0.25 * (1 + expected / (own * discount ** ((horizon + 1) / 2))))
    test = g["quiet"] & np.isfinite(expected) & ~g["tuned"][None, :]
    unit, date = np.nonzero(test)
    e, spread = expected[test], size[test]
    low, high = unroot(root(e) - 1.645 * spread), unroot(root(e) + 1.645 * spread)
    none, q = np.full(len(e), np.nan), np.full(len(e), 1.645)
    return np.column_stack(
        [seen[test], e, low, high, spread, g["level"][test], unit, g["starts"][date], none, none, -q, q, none]
    )


def answered(
    r: Records, g: dict[str, np.ndarray], y: np.ndarray, expected: np.ndarray, horizon: int
) -> np.ndarray:
    """The rows of `learnt` as an answer has them: learnt from the other half of the places at all dates, that
    of the question among them."""
    seen, unsteady = totals(y, g["starts"], horizon), unsteadiness(r.y, g["starts"])
    usable = g["quiet"] & np.isfinite(expected) & np.isfinite(seen)
    bands = np.digitize(g["level"], [5, 10, 20])
    rows = []
    for h, band in product((0, 1), range(len(CLASSES))):
        low, high = CLASSES[band]
        near = usable & (r.half == h)[:, None] & (g["level"] >= low / 2.5) & (g["level"] <= high * 2.5)
        unit, date = np.nonzero(near)
        test = usable & (r.half != h)[:, None] & ~g["tuned"][None, :] & (bands == band)
        for d in np.flatnonzero(test.any(0)):
            model = learn_errors(
                seen[near], expected[near], unsteady[near], unit, g["starts"][date],
                length=horizon, here=int(g["starts"][d]),
            )  # fmt: skip
            at = np.flatnonzero(test[:, d])
            e = expected[at, d] * model.factor
            size = model.size(e, unsteady[at, d])
            a, b = model.interval(e, unsteady[at, d], 0.9)
            z = (root(seen[at, d]) - root(e)) / size
            tails = np.array([model.tail(float(v)) for v in z])
            bar = np.full(len(e), model._bar(ALPHA_LASTING))
            start = np.full(len(e), g["starts"][d])
            rows.append(
                np.column_stack([seen[at, d], e, a, b, size, g["level"][at, d], at, start, tails, bar])
            )
    return np.concatenate(rows)


def rules(r: Records) -> dict[str, Any]:
    """Lasting excess: coverage of the range that answers print, wrong "fits" without an effect, wrong "does
    not fit" with a material one, and power for
    0.5, 1, 2 and 4 usual months spread over the span; and both errors at the dates where they are worst."""
    found: dict[str, Any] = {}
    rng = np.random.default_rng(20171)
    splits = [r.half, *(rng.integers(0, 2, len(r.y)) for _ in range(SPLITS - 1))]
    for horizon in (3, 8, 12):
        g = grid_of(r, horizon, 0)
        expected = share(r, g, horizon, 0, True)
        rows = np.concatenate(
            [answered(replace(r, half=half), g, r.capped, expected, horizon) for half in splits]
        )
        band, dates = np.digitize(rows[:, 5], [5, 10, 20]), np.unique(rows[:, 7])
        wrong = {"wrong_fits": rows[:, 8] <= ALPHA_LASTING, "wrong_does_not_fit": rows[:, 9] <= ALPHA_LASTING}
        power = {}
        for months in (0.5, 1, 2, 4):
            z = (root(rows[:, 0] + months * rows[:, 1] / horizon) - root(rows[:, 1])) / rows[:, 4]
            power[str(months)] = [float((z >= rows[:, 10])[band == k].mean()) for k in range(len(CLASSES))]
        found[str(horizon)] = {
            "cells": len(rows) / SPLITS,
            "coverage": [
                float(((rows[:, 0] >= rows[:, 2]) & (rows[:, 0] <= rows[:, 3]))[band == k].mean())
                for k in range(len(CLASSES))
            ],
            **{
                name: [float(hit[band == k].mean()) for k in range(len(CLASSES))]
                for name, hit in wrong.items()
            },
            **{f"{name}_all": float(hit.mean()) for name, hit in wrong.items()},
            **{
                f"{name}_worst_date": max(float(hit[rows[:, 7] == d].mean()) for d in dates)
                for name, hit in wrong.items()
            },
            "power": power,
        }
        print("rules", horizon, found[str(horizon)], flush=True)
    return found


def rises(r: Records) -> dict[str, Any]:
    """How often a rise that lasts is found, by how long it is followed: the count times 1.5, 2 and 3.

    Also of spans without a burst alone ("no burst"), judged as answers do, by the errors of all spans as they
    are, and by those of spans with bursts capped.
    """
    found: dict[str, Any] = {}
    for horizon, name in (*((h, "all") for h in (3, 8, 12, 24)), (3, "no burst"), (8, "no burst")):
        g = grid_of(r, horizon, 0)
        removed = totals(r.y, g["starts"], horizon) - totals(r.capped, g["starts"], horizon)
        for is_capped in (True,) if name == "all" else (False, True):
            expected = share(r, g, horizon, 0, is_capped)
            rows = answered(r, g, r.capped if is_capped else r.y, expected, horizon)
            cell = rows[:, 6].astype(int), np.searchsorted(g["starts"], rows[:, 7])
            rows = rows[(removed[cell] < 0.5) | (name == "all")]
            band = np.digitize(rows[:, 5], [5, 10, 20])
            hits = {"none": rows[:, 8] <= ALPHA_LASTING}
            for times in (1.5, 2.0, 3.0):
                z = (root(times * rows[:, 0]) - root(rows[:, 1])) / rows[:, 4]
                hits[f"{times:g}"] = z >= rows[:, 10]
            how = "" if name == "all" else ", bursts capped" if is_capped else ", as they are"
            found[f"{horizon} months, {name}{how}"] = {
                key: [float(hit[band == k].mean()) for k in range(len(CLASSES))] for key, hit in hits.items()
            } | {"cells": [int((band == k).sum()) for k in range(len(CLASSES))]}
    print("rises", found, flush=True)
    return found


def bursts(r: Records, length: int = 31, draws: int = 12) -> dict[str, Any]:
    """The watch for bursts: found without any (false), and with three-day bursts of 0.5, 1, 2, 4 usual
    months planted; and how often a burst of a month is wrongly excluded."""
    total = np.zeros((len(r.daily), r.daily.shape[1] + 1))
    np.cumsum(r.daily, axis=1, out=total[:, 1:])
    holes = np.zeros(total.shape, dtype=np.int32)
    dates = np.arange(210, r.daily.shape[1] - length, length)
    near = burst_module._near_changes(len(r.daily), dates, length, r.changes)
    multiples = burst_module.MULTIPLES
    parts = np.array([0])
    rate, _, best, planted, usable = (
        np.stack(c, axis=1)
        for c in zip(
            *(burst_module._cells(r.daily, total, holes, int(d), parts, length) for d in dates), strict=True
        )
    )
    usable &= ~near & (rate * burst_module.MONTH_DAYS >= 2)
    month = rate * burst_module.MONTH_DAYS
    rng = np.random.default_rng(1)
    found: dict[str, list[bool]] = {"0": [], "excluded_wrongly": []}
    for unit, date in rng.permutation(np.argwhere(usable))[: 100 * draws]:
        like = usable & (rate >= rate[unit, date] / 3) & (rate <= rate[unit, date] * 3)
        like[unit] = False  # no date of the place itself
        null, same = best[like], best[usable[:, date] & (np.arange(len(best)) != unit), date]

        def p(score: float, null: np.ndarray = null, same: np.ndarray = same) -> float:
            return max((1 + (null >= score).sum()) / (len(null) + 1), float((same >= score).mean()))

        found["0"].append(p(best[unit, date]) <= ALPHA_BURST)
        for m in (0.5, 1.0, 2.0, 4.0):
            k = int(np.flatnonzero(multiples == m)[0])
            found.setdefault(f"{m:g}", []).append(p(planted[unit, date, k]) <= ALPHA_BURST)
            if m == 1.0:
                less = (1 + (planted[like][:, k] <= planted[unit, date, k]).sum()) / (like.sum() + 1)
                found["excluded_wrongly"].append(less <= ALPHA_BURST)
    out = {name: float(np.mean(hits)) for name, hits in found.items()}
    out["cells"] = len(found["0"])
    out["median_month"] = float(np.median(month[usable]))
    print("bursts", out, flush=True)
    return out


SETTINGS = (
    "plain", "pareto bursts", "pareto bursts taken apart", "region shocks", "level jumps", "half relabelled",
    "method switches", "national operation at the date",
)  # fmt: skip


def world(
    setting: str, seed: int, effect: float = 0.0
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, int, int]:
    """Counts [N, T], the same with bursts capped (None: monthly alone), groups, target and date.

    Levels are log-normal, shares drift as random walks; what is added is in the name of the setting.
    """
    rng = np.random.default_rng([seed, SETTINGS.index(setting), 2])
    n, periods, here = 140, 48, int(rng.integers(16, 32))
    group = rng.integers(0, 14, n)
    level = np.exp(rng.normal(2.0, 1.0, n))
    nation = np.exp(np.cumsum(rng.normal(0, 0.05, periods)))
    drift = np.exp(np.cumsum(rng.normal(0, 0.1, (n, periods)), axis=1))
    mean = level[:, None] * nation[None] * drift / drift.mean(1, keepdims=True)
    if setting == "region shocks":
        shock = np.exp(np.cumsum(rng.normal(0, 0.12, (14, periods)), axis=1))
        mean = mean * shock[group]
    if setting == "level jumps":
        for i in np.flatnonzero(rng.random(n) < 0.5):
            mean[i, rng.integers(4, periods) :] *= np.exp(rng.normal(0, 0.6))
    if setting in ("half relabelled", "method switches"):
        kept = 0.6 if setting == "half relabelled" else 0.2
        for i in np.flatnonzero(rng.random(n) < (0.5 if kept > 0.5 else 0.3)):
            at = int(rng.integers(4, periods))
            mean[i, at:] *= kept if rng.random() < 0.5 else 1 / kept
    target = int(rng.choice(np.flatnonzero(level >= 3)))
    mean[target, here : here + 8] *= 1 + effect
    y = rng.poisson(rng.gamma(4.0, mean / 4.0)).astype(float)
    burst = np.zeros_like(y)
    if setting in ("pareto bursts", "pareto bursts taken apart", "national operation at the date"):
        hit = rng.random(y.shape) < 0.03
        burst[hit] = np.floor(
            (rng.pareto(1.5, hit.sum()) + 1) * np.repeat(level[:, None], periods, 1)[hit] * 0.5
        )
    if setting == "national operation at the date":
        struck = rng.random(n) < 0.6
        burst[struck, here] += rng.poisson(level[struck])
    burst = np.minimum(burst, 50 * level[:, None])
    if setting != "pareto bursts taken apart":
        return y + burst, None, group, target, here
    weekly = rng.multinomial(y.astype(int), np.full(4, 0.25)).astype(float)
    week = rng.integers(0, 4, y.shape)
    np.put_along_axis(
        weekly, week[:, :, None], np.take_along_axis(weekly, week[:, :, None], 2) + burst[:, :, None], 2
    )
    kept, _ = cap_bursts(weekly.reshape(n, -1))
    return y + burst, kept.reshape(n, periods, 4).sum(2), group, target, here


def judged_world(setting: str, seed: int, effect: float = 0.0, after: int = 0) -> Judged:
    """A world's total of eight months as an answer judges it; with `after` months beyond as history, too."""
    y, capped, group, target, here = world(setting, seed, effect)
    used = y if capped is None else capped
    grid = placebo_grid(used, target, here, 8, capped=capped, group=group, after=after)
    return grid.judge(np.arange(8), alpha=ALPHA_LASTING)


def worlds(count: int) -> dict[str, Any]:
    """Coverage over eight months, wrong "fits" with no effect, wrong "does not fit" with a quarter more."""
    out = {}
    for setting in SETTINGS:
        cover, fits, unfit, lost, both = [], [], [], [], []
        for seed in range(count):
            judged = judged_world(setting, seed)
            cover.append(judged.low <= 0 <= judged.high)
            fits.append(judged.p_high <= ALPHA_LASTING)
            more = judged_world(setting, seed, 0.25)
            unfit.append(more.p_material <= ALPHA_LASTING)
            lost.append(more.power)
            two = judged_world(setting, seed, after=6)
            both.append(two.low <= 0 <= two.high)
        out[setting] = {
            "worlds": count, "coverage": float(np.mean(cover)), "wrong_fits": float(np.mean(fits)),
            "wrong_does_not_fit": float(np.mean(unfit)), "power_stated": float(np.mean(lost)),
            "coverage_both_sides": float(np.mean(both)),
        }  # fmt: skip
        print(setting, out[setting], flush=True)
    return out


PARTS = {"widths": widths, "chance": chance, "tried": tried, "rules": rules, "rises": rises, "bursts": bursts}


def document(found: dict[str, Any]) -> str:
    """The page, every number from the results; its words are in power.md.j2."""
    answers = json.loads(ANSWERS.read_text(encoding="utf-8"))
    cells = [
        cell
        for designs in found["widths"].values()
        for name, row in designs.items()
        if name != "ascm"
        for cell in row
    ]
    floor = {
        horizon: [np.exp(least - cell["log_width"]) for least, cell in zip(row, table["ascm"], strict=True)]
        for (horizon, row), table in zip(found["chance"].items(), found["widths"].values(), strict=True)
    }
    page = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return page.get_template("power.md.j2").render(
        **found,
        cells=len(cells),
        wide=sum(cell["ratio"] > 1 for cell in cells),
        off=sum(not 0.855 <= cell["coverage"] < 0.945 for cell in cells),
        floor=floor,
        asked=answers["answered"],
        open=answers["verdicts"]["singling_out"]["cannot be told"],
        few=answers["reach"]["few_places"],
        least=answers["reach"]["lasting_mde"],
        classes=CLASS_NAMES,
        splits=SPLITS,
    )


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="widths,chance,tried,rules,rises,bursts,worlds")
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--docs", action="store_true")
    given = parser.parse_args()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    laid: Records | None = None
    for part in [p for p in given.parts.split(",") if p]:
        if part == "worlds":
            found[part] = worlds(given.worlds)
        else:
            laid = laid or records()
            found[part] = PARTS[part](laid)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if given.docs:
        DOCS.write_text(document(found), encoding="utf-8")


if __name__ == "__main__":
    main()
