"""Simplex weights against another solver (SciPy's NNLS), the peer library and the optimality conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from atlarge.effects.simplex import simplex_weights
from atlarge.effects.smooth import smooth_simplex_weights


def _by_nnls(target: np.ndarray, donors: np.ndarray, penalty: np.ndarray | None = None) -> np.ndarray:
    """The same problem one at a time: homogenised non-negative least squares."""
    rows = [(donors - target).T]
    if penalty is not None:
        rows.append(np.diag(np.sqrt(penalty)))
    size = float(np.abs(donors - target).max()) + 1.0
    rows.append(np.full((1, len(donors)), size))
    matrix = np.vstack(rows)
    right = np.zeros(len(matrix))
    right[-1] = size
    u, _ = nnls(matrix, right, maxiter=100_000)
    return u / u.sum()


def _objective(
    target: np.ndarray, donors: np.ndarray, w: np.ndarray, penalty: np.ndarray | None = None
) -> float:
    extra = 0.0 if penalty is None else float((penalty * w**2).sum())
    return float(((target - w @ donors) ** 2).sum()) + extra


@pytest.mark.parametrize(("n", "periods"), [(30, 8), (40, 24), (12, 40)])
def test_all_units_at_once_equal_one_at_a_time(n: int, periods: int) -> None:
    rng = np.random.default_rng(n)
    y = rng.normal(size=(n, 2)) @ rng.normal(size=(2, periods)).cumsum(1) + rng.normal(size=(n, periods))
    allowed = ~np.eye(n, dtype=bool)
    weights = simplex_weights(y, y, allowed)
    for i in range(n):
        peer = _by_nnls(y[i], y[allowed[i]])
        # both solvers are exact up to rounding
        assert weights[i][allowed[i]] == pytest.approx(peer, abs=1e-8)


@pytest.mark.parametrize("seed", [0, 1])
def test_penalised_weights_equal_another_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = rng.lognormal(1.5, 1.0, 40)
    y = rng.poisson(level[:, None], (40, 16)) / level[:, None]
    penalty = 3 * 16 / level
    allowed = ~np.eye(40, dtype=bool)
    weights = smooth_simplex_weights(y, y, allowed, penalty)
    for i in range(0, 40, 5):
        mine = _objective(y[i], y[allowed[i]], weights[i][allowed[i]], penalty[allowed[i]])
        peer = _by_nnls(y[i], y[allowed[i]], penalty[allowed[i]])
        # no worse than the peer by more than rounding
        assert mine <= _objective(y[i], y[allowed[i]], peer, penalty[allowed[i]]) * (1 + 1e-9)


def test_objective_no_worse_than_pysyncon() -> None:
    from pysyncon import Synth

    rng = np.random.default_rng(5)
    y = rng.poisson(20, (25, 12)) + 1.0
    scaled = y / y.std(axis=0, ddof=1)
    weights = simplex_weights(scaled, scaled, ~np.eye(25, dtype=bool))
    frame = pd.DataFrame(y.T)
    for i in (0, 7):
        synth = Synth()
        others = frame.drop(columns=[i])
        synth.fit(X0=others, X1=frame[i], Z0=others, Z1=frame[i], custom_V=np.full(12, 1 / 12))
        keep = np.arange(25) != i
        theirs = _objective(scaled[i], scaled[keep], np.asarray(synth.W))
        assert _objective(scaled[i], scaled[keep], weights[i][keep]) <= theirs * (1 + 1e-6)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 12),
    periods=st.integers(1, 8),
    seed=st.integers(0, 10_000),
    copies=st.booleans(),
    is_penalised=st.booleans(),
)
def test_optimality_conditions(n: int, periods: int, seed: int, copies: bool, is_penalised: bool) -> None:
    rng = np.random.default_rng(seed)
    y = rng.poisson(3, (n, periods)).astype(float)
    if copies:
        y[1] = y[0]  # equal donors must not trouble the solver
    allowed = ~np.eye(n, dtype=bool)
    penalty = np.full(n, 0.5) if is_penalised else np.zeros(n)
    solve = smooth_simplex_weights(y, y, allowed, penalty) if is_penalised else simplex_weights(y, y, allowed)
    assert (solve >= 0).all()
    assert solve.sum(1) == pytest.approx(np.ones(n))
    assert not solve[~allowed].any()
    for i in range(n):
        gradient = y @ (solve[i] @ y - y[i]) + penalty * solve[i]
        mean = float(solve[i] @ gradient)
        # no allowed donor has a lower gradient than the weighted mean: nothing is gained by moving weight
        assert gradient[allowed[i]].min() >= mean - 1e-6 * (1 + np.abs(gradient).max())


def test_a_mixture_is_found_again() -> None:
    rng = np.random.default_rng(1)
    donors = rng.normal(size=(10, 20))
    true = np.zeros(10)
    true[[2, 5]] = [0.3, 0.7]
    assert simplex_weights((true @ donors)[None], donors)[0] == pytest.approx(true, abs=1e-8)


def test_a_target_without_donors_is_refused() -> None:
    y = np.ones((3, 4))
    with pytest.raises(ValueError, match="no donor"):
        simplex_weights(y, y, np.zeros((3, 3), dtype=bool))
    with pytest.raises(ValueError, match="no donor"):
        smooth_simplex_weights(y, y, np.zeros((3, 3), dtype=bool), np.ones(3))
    with pytest.raises(ValueError, match="positive penalty"):
        smooth_simplex_weights(y, y, np.ones((3, 3), dtype=bool), np.zeros(3))
