"""People by county: sums that others published, and the area-level model on areas whose truth is known."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from atlarge.reference import sidecar, table

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


def test_the_model_recovers_coefficients_and_the_spread_of_areas(tool: ModuleType) -> None:
    """300 areas of known truth: each coefficient within four standard errors, the spread within a quarter."""
    rng = np.random.default_rng(8)
    truth, between = np.array([-1.1, 0.8, 0.3]), 0.25
    x = np.column_stack([np.ones(300), rng.normal(0, 0.5, 300), rng.normal(0, 1, 300)])
    variance = rng.uniform(0.01, 0.08, 300)
    y = x @ truth + rng.normal(0, between, 300) + rng.normal(0, variance**0.5)
    found = tool.fit(x, y, variance)
    errors = np.abs(found.coefficients - truth) / np.sqrt(np.diag(found.covariance))
    assert errors.max() < 4
    assert found.between**0.5 == pytest.approx(between, rel=0.25)


def test_areas_left_out_lie_in_their_intervals_as_often_as_stated(tool: ModuleType) -> None:
    """Fit on half of 400 simulated areas; nine in ten of the others lie in the 90 % interval."""
    rng = np.random.default_rng(9)
    x = np.column_stack([np.ones(400), rng.normal(0, 0.5, 400)])
    y = x @ np.array([-1.0, 0.9]) + rng.normal(0, 0.2, 400)
    variance = np.full(400, 0.03)
    seen = y + rng.normal(0, variance**0.5)
    model = tool.fit(x[:200], seen[:200], variance[:200])
    spread = model.between + np.einsum("ij,jk,ik->i", x[200:], model.covariance, x[200:])
    inside = np.abs(y[200:] - x[200:] @ model.coefficients) <= 1.645 * spread**0.5
    assert 0.84 <= inside.mean() <= 0.96  # 200 areas: three standard errors are 0.064


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
