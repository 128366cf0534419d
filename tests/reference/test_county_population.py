"""People by county: sums that others published, and the area-level model on areas whose truth is known."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from atlarge.reference import sidecar, table

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    import importlib.util
    import sys

    spec = importlib.util.spec_from_file_location(
        "county_population", ROOT / "tools" / "county_population.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _modelled(kind: str) -> pl.DataFrame:
    return table("unauthorized_modelled").filter(pl.col("place_kind") == kind)


def test_residents_born_abroad_sum_to_the_survey() -> None:
    """ACS 2012-2016, table B05002: 42,194,354 residents born abroad, of whom some 60,000 live in Alaska."""
    assert table("county_foreign_born")["foreign_born"].sum() == pytest.approx(42_194_354, rel=0.002)


def test_nearly_every_county_has_a_modelled_number_within_its_interval() -> None:
    counties = _modelled("county")
    whole = table("counties").drop_nulls("population_2014")
    assert set(counties["place"]) <= set(whole["fips"])
    assert counties.height >= 0.99 * whole.height
    assert (counties["low"] <= counties["estimate"]).all()
    assert (counties["estimate"] <= counties["high"]).all()
    born = counties.join(table("county_foreign_born"), left_on="place", right_on="fips").drop_nulls(
        "foreign_born"
    )
    assert (born["estimate"] <= born["foreign_born"]).all()


@pytest.mark.parametrize("kind", ["county", "state", "aor"])
def test_places_of_every_level_sum_to_the_published_nation(kind: str) -> None:
    assert _modelled(kind)["estimate"].sum() == pytest.approx(11_100_000, rel=0.01)


def test_published_areas_are_met_within_their_margins() -> None:
    """The counties of an area that Pew published sum to about its number: raked, after some shrinking."""
    pew = table("pew_metros").filter((pl.col("year") == 2014) & (pl.col("place_kind") == "metro"))
    both = (
        pew.drop_nulls("cbsa_code")
        .drop_nulls("estimate")
        .join(_modelled("metro"), left_on="cbsa_code", right_on="place", suffix="_modelled")
    )
    assert both.height == 20
    margin = pl.coalesce("margin", 0.15 * pl.col("estimate"))
    assert both.select(((pl.col("estimate_modelled") - pl.col("estimate")).abs() <= margin).all()).item()


def test_states_that_others_published() -> None:
    """Pew, September 2016: about 2.3 million in California in 2014 (printed rounded)."""
    row = _modelled("state").row(by_predicate=pl.col("place") == "CA", named=True)
    assert row["low"] - 50_000 <= 2_300_000 <= row["high"]


def test_a_modelled_number_is_named_so_and_has_its_checks() -> None:
    about = sidecar("unauthorized_modelled")
    assert "modelled" in about["title"]
    assert about["model"]["areas_inside"] <= about["model"]["areas"]


def _simulated_areas(rng: np.random.Generator, n: int, power: float) -> tuple[np.ndarray, ...]:
    """Covariates, logits, sampling variances and sizes of areas; small ones scatter more if power > 0."""
    x = np.column_stack([np.ones(n), rng.normal(0, 0.5, n)])
    size = np.exp(rng.uniform(np.log(2e4), np.log(4e6), n))
    middle = np.log(size).mean()
    spread = 0.25 * np.exp(-0.5 * power * (np.log(size) - middle))
    return x, x @ np.array([-1.1, 0.9]) + spread * rng.normal(size=n), rng.uniform(0.005, 0.03, n), size


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_the_model_recovers_coefficients_and_the_spread_of_areas(tool: ModuleType, power: float) -> None:
    """300 areas of known truth: each parameter within four posterior standard deviations."""
    rng = np.random.default_rng(8)
    x, y, variance, size = _simulated_areas(rng, 300, power)
    found = tool.fit(x, y + rng.normal(0, variance**0.5), variance, size)
    for draws, truth in zip([*found.coefficients, found.between], [-1.1, 0.9, 0.25], strict=True):
        assert abs(draws.mean() - truth) < 4 * draws.std()
    assert abs(found.power.mean() - power) < 0.2


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_areas_left_out_lie_in_their_intervals_as_often_as_stated(tool: ModuleType, power: float) -> None:
    """Fit on 40 areas, fifteen times over; nine in ten of 40 others lie in the 90% interval."""
    rng = np.random.default_rng(9)
    inside = []
    for _ in range(15):
        x, y, variance, size = _simulated_areas(rng, 80, power)
        model = tool.fit(x[:40], (y + rng.normal(0, variance**0.5))[:40], variance[:40], size[:40])
        drawn = x[40:] @ model.coefficients
        drawn = drawn + model.variance(size[40:]) ** 0.5 * rng.normal(size=drawn.shape)
        low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
        inside += ((low <= y[40:]) & (y[40:] <= high)).tolist()
    assert 0.85 <= np.mean(inside) <= 0.95  # 600 areas of 15 fits


def test_the_scatter_of_counties_is_learnt_from_cities_whose_truth_is_simulated(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cities drawn with a known scatter: the posterior covers it."""
    truth, gain, own = 0.45, np.array([0.2, 0.5, 0.5, 0.75, 0.7]), 0.08
    rng = np.random.default_rng(10)
    printed: list[float] = []

    def of_cities(within: np.ndarray) -> dict[str, tuple[float, np.ndarray]]:
        logs = np.log(1e5) + gain * float(within) * standard + own * shared
        return {str(k): (printed[k], np.exp(logs[:, k])) for k in range(5)}

    standard, shared = rng.normal(size=(2000, 5)), rng.normal(size=(2000, 5))
    monkeypatch.setattr(tool, "simulate", lambda frame, areas, within: within)
    monkeypatch.setattr(tool, "of_cities", of_cities)
    inside, medians = [], []
    for _ in range(60):
        printed[:] = np.exp(np.log(1e5) + gain * truth * rng.normal(size=5) + own * rng.normal(size=5))
        found = tool.spread_within(pl.DataFrame(), pl.DataFrame())
        sums = np.cumsum(found.probability)
        low, high = np.interp([0.05, 0.95], sums, found.values)
        inside.append(low <= truth <= high)
        medians.append(found.median)
    assert np.mean(inside) >= 0.8
    assert 0.3 <= np.median(medians) <= 0.75  # the plain errors are near 0.24


def test_operations_that_others_led_lie_in_the_areas_named_and_have_a_source() -> None:
    rows = table("operations_other_agencies").join(
        table("counties").select("fips", "aor", "place_name"),
        left_on="place_code",
        right_on="fips",
        suffix="_of",
    )
    assert rows.height == table("operations_other_agencies").height
    assert rows["place_name"].to_list() == rows["place"].to_list()
    assert rows["aor"].to_list() == rows["aor_of"].to_list()
    assert rows["source_url"].str.starts_with("https://").all()
