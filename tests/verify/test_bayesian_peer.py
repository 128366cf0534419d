"""The Bayesian peer of the forecasts: its sampler against posteriors known another way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

pytestmark = pytest.mark.slow_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    sys.modules.pop("forecast", None)
    import forecast

    return forecast


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sampler_draws_a_conjugate_posterior(peer: Any, seed: int) -> None:
    """Normal data of known mean, inverse gamma prior of the variance: the posterior is inverse gamma too."""
    random = np.random.default_rng(seed)
    data = random.normal(0, random.uniform(0.3, 3), 25)
    exact = stats.invgamma(2 + 12.5, scale=1 + (data**2).sum() / 2)

    def density(logs: np.ndarray) -> float:
        sds = np.exp(logs)
        prior = stats.invgamma.logpdf(sds[0] ** 2, 2, scale=1) + 2 * logs[0]
        return float(prior + stats.norm.logpdf(data, 0, sds[0]).sum())

    drawn = np.exp(peer.metropolis(density, np.zeros(1), random, kept=1500)[:, 0]) ** 2
    assert len(drawn) == 1500
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    assert exact.cdf(np.quantile(drawn, levels)) == pytest.approx(levels, abs=0.06)


def test_the_sampler_draws_strongly_correlated_parameters(peer: Any) -> None:
    cov = np.array([[1.0, 1.4, 0.0], [1.4, 2.5, 0.1], [0.0, 0.1, 0.04]])
    whole = stats.multivariate_normal([1.0, -2.0, 0.5], cov)
    drawn = peer.metropolis(whole.logpdf, np.zeros(3), np.random.default_rng(4), burn=1500, kept=1500)
    assert drawn.mean(0) == pytest.approx(np.array([1.0, -2.0, 0.5]), abs=0.25)
    assert np.cov(drawn.T) == pytest.approx(cov, rel=0.25, abs=0.1)


@pytest.mark.slow
def test_draws_of_the_structural_model_agree_with_its_posterior_on_a_grid(peer: Any) -> None:
    pytest.importorskip("statsmodels")
    random = np.random.default_rng(5)
    roots = 6 + np.cumsum(random.normal(0, 0.3, 60)) + random.normal(0, 0.5, 60)
    density = peer.log_posterior(peer.local_level(roots, 12))
    axes = [np.linspace(-4, 0.5, 16), np.linspace(-4, 1, 16), np.linspace(-13, 0, 16)]
    grid = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], 1)
    logs = np.array([density(point) for point in grid])
    weight = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    drawn = np.exp(peer.metropolis(density, np.log([0.5, 0.2, 0.02]), random, kept=1500))
    assert drawn[:, :2].mean(0) == pytest.approx((weight @ np.exp(grid))[:2], rel=0.12)
    assert drawn[:, 2].mean() == pytest.approx(weight @ np.exp(grid[:, 2]), rel=0.3)


def test_paths_of_one_draw_have_the_mean_and_spread_that_statsmodels_forecasts(peer: Any) -> None:
    pytest.importorskip("statsmodels")
    random, sds = np.random.default_rng(6), np.array([0.5, 0.2, 0.05])
    roots = 6 + np.sin(np.arange(70) / 2) + random.normal(0, 0.5, 70)
    roots[20:23] = np.nan
    model = peer.local_level(roots, 12)
    paths = peer.ahead(model, sds, 6, random, paths=20_000)
    reported = model.filter(sds**2, cov_type="none").get_forecast(6)
    assert paths.mean(0) == pytest.approx(reported.predicted_mean, abs=0.03)
    assert paths.std(0) == pytest.approx(reported.se_mean, rel=0.03)


@pytest.mark.slow
def test_ranks_of_true_deviations_among_the_draws_are_uniform(peer: Any) -> None:
    """Simulation-based calibration (Talts and others, 2018): worlds drawn from the priors."""
    pytest.importorskip("statsmodels")
    random, ranks = np.random.default_rng(7), []
    blank = peer.local_level(np.zeros(60), 12)
    scales = [peer.PRIOR_SCALES.get(name, peer.SEASON_SCALE) for name in blank.param_names]
    for _ in range(60):
        sds = np.abs(random.standard_cauchy(3)) * scales
        path = blank.simulate(
            sds**2,
            60,
            initial_state=np.array([6.0, 0.5, 0.5]),
            measurement_shocks=random.normal(0, sds[0], (60, 1)),
            state_shocks=random.normal(0, sds[[1, 2, 2]], (60, 3)),
        )
        model = peer.local_level(np.ravel(path), 12)
        drawn = np.exp(peer.metropolis(peer.log_posterior(model), np.log([0.5, 0.2, 0.02]), random, kept=200))
        ranks.append((drawn < sds).mean(0))
    for parameter in np.array(ranks).T:
        assert stats.kstest(parameter, "uniform").pvalue > 0.005
