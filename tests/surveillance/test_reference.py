"""Equality with R's `surveillance` 1.20.3, from stored values (reference/make_reference.R makes them)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.surveillance.ears import ears
from atlarge.surveillance.farrington import Options, farrington_flexible

HERE = Path(__file__).parent / "reference"
# Both sides iterate alike in double precision; what is left is the order of sums.
RELATIVE = 1e-6

SERIES: dict[str, pl.DataFrame] = {
    str(name[0]): part.sort("time")
    for name, part in pl.read_csv(HERE / "series.csv", schema_overrides={"day": pl.String}).group_by("series")
}
CASES = pl.read_csv(HERE / "cases.csv").to_dicts()
EXPECTED = pl.read_csv(
    HERE / "farrington.csv", schema_overrides={"slope": pl.Float64}, infer_schema_length=None
)
EARS = pl.read_csv(HERE / "ears.csv", infer_schema_length=None)


def _counts(name: str) -> tuple[np.ndarray, list[dt.date] | None]:
    rows = SERIES[name]
    days = None if rows["day"][0] in (None, "") else [dt.date.fromisoformat(d) for d in rows["day"]]
    return rows["count"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), days


def _options(case: dict[str, Any]) -> Options:
    return Options(
        years=case["b"],
        half_width=case["w"],
        periods=case["noPeriods"],
        left_out=case["pastWeeksNotIncluded"],
        reweight=case["reweight"] in (True, "TRUE"),
        weights_threshold=case["weightsThreshold"],
        trend=case["trend"] in (True, "TRUE"),
        trend_p=case["pThresholdTrend"],
        least=(case["events"], case["times"]),
        power=case["powertrans"],
        method=case["thresholdMethod"],
        alpha=case["alpha"],
    )


def _same(got: np.ndarray, want: np.ndarray, what: str) -> None:
    assert np.array_equal(np.isnan(got), np.isnan(want)), what
    np.testing.assert_allclose(got, want, rtol=RELATIVE, atol=1e-12, err_msg=what)


@pytest.mark.parametrize("case", CASES, ids=[f"case{c['case']}" for c in CASES])
def test_farrington_equals_r(case: dict[str, Any]) -> None:
    rows = EXPECTED.filter(pl.col("case") == case["case"])
    assert rows.height
    for (name,), part in rows.group_by("series"):
        counts, days = _counts(str(name))
        part = part.sort("time")
        got = farrington_flexible(
            counts, times=days, at=part["time"].to_list(), options=_options(case), threads=1
        )
        where = f"case {case}, {name}"
        for column in ("upper", "expected", "p", "phi", "slope"):
            want = part[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            _same(getattr(got, column)[0], want, f"{column}, {where}")
        assert got.alarm[0].astype(int).tolist() == part["alarm"].fill_null(0).to_list(), where


def test_ears_equals_r() -> None:
    assert EARS["method"].n_unique() == 3
    groups = EARS.group_by("series", "method", "baseline", "min_sigma")
    for (name, method, baseline, sigma), part in groups:
        counts, _ = _counts(str(name))
        got = ears(counts, method, baseline=baseline, min_sigma=sigma)  # type: ignore[arg-type]
        at = part["time"].to_numpy()
        want = part["upper"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        _same(got.upper[0, at], want, f"{name} {method} {baseline} {sigma}")
        reported = part["alarm"].fill_null(0).to_numpy().astype(bool)
        assert np.array_equal(got.alarm[0, at], reported), f"{name} {method} {baseline} {sigma}"


def test_many_series_at_once_are_the_same_as_one_by_one() -> None:
    names = ["steady", "growing", "falling", "rare", "bursts", "gaps"]
    together = np.stack([_counts(n)[0] for n in names])
    at = range(440, 460)
    options = Options(periods=5)
    batch = farrington_flexible(together, at=at, options=options)
    for i in range(len(names)):
        one = farrington_flexible(together[i], at=at, options=options, threads=1)
        np.testing.assert_allclose(batch.upper[i], one.upper[0], rtol=1e-12)
        assert batch.status[i].tolist() == one.status[0].tolist()
