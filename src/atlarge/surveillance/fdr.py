"""False discoveries among many tests (Benjamini and Hochberg 1995), counted by burst, not by day."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from atlarge.errors import QuestionError
from atlarge.surveillance.validation import Floats


def benjamini_hochberg(p: ArrayLike, n_tests: float | None = None) -> Floats:
    """False discovery rates (q-values) of p-values.

    Parameters
    ----------
    p : array
        p-values of any shape; NaN stays NaN and is not a test.
    n_tests : float, optional
        Tests in all, where only the smallest p-values of them are given; None: as many as are given.

    Returns
    -------
    numpy.ndarray
        q-values in the order given.

    Raises
    ------
    QuestionError
        For a p-value outside 0 to 1, and for fewer tests than p-values.

    Notes
    -----
    Source: Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57. Equal to R's `p.adjust(p, "BH")`.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.5]).round(2).tolist()
    [0.03, 0.06, 0.5]
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.isfinite(values)
    given = values[known]
    if ((given < 0) | (given > 1)).any():
        raise QuestionError("a p-value lies outside 0 to 1")
    m = float(given.size) if n_tests is None else float(n_tests)
    if m < given.size:
        raise QuestionError(f"{given.size} p-values were given of only {m:g} tests")
    order = np.argsort(given, kind="stable")
    ratio = given[order] * m / np.arange(1, given.size + 1)
    q_sorted = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    q = np.empty_like(given)
    q[order] = q_sorted
    result = np.full(values.shape, np.nan)
    result[known] = q
    return result


def q_at(p: Floats, tests: Floats) -> Floats:
    """q-values of some p-values among all `tests`: the least false discovery rate that takes each in."""
    ordered = np.sort(tests)
    if not ordered.size:
        return np.full(p.shape, np.nan)
    rate = ordered * ordered.size / np.arange(1, ordered.size + 1)
    rate = np.minimum(np.minimum.accumulate(rate[::-1])[::-1], 1.0)
    place = np.searchsorted(ordered, p * (1.0 - 1e-12))
    result: Floats = np.where(place < ordered.size, rate[np.minimum(place, ordered.size - 1)], 1.0)
    return result
