"""False-discovery rates where more than one answer is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.errors import QuestionError


def q_values(p: ArrayLike) -> NDArray[np.float64]:
    """Benjamini-Hochberg q-values of p-values; NaN (no answer) stays NaN and does not count.

    Parameters
    ----------
    p : array of any shape
        p-values.

    Returns
    -------
    array of the same shape

    Raises
    ------
    QuestionError
        For a value that is not a p-value.

    Examples
    --------
    >>> from atlarge.effects import q_values
    >>> q_values([0.01, 0.02, float("nan"), 0.6]).round(3).tolist()
    [0.03, 0.03, nan, 0.6]
    """
    values = np.asarray(p, dtype=np.float64)
    found = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    if known.any():
        given = values[known]
        if (given < 0).any() or (given > 1).any():
            raise QuestionError("a p-value lies outside 0 to 1")
        order = np.argsort(-given, kind="stable")
        ranks = np.arange(len(given), 0, -1)
        stepped = np.minimum.accumulate(given[order] * len(given) / ranks)
        adjusted = np.empty_like(given)
        adjusted[order] = np.minimum(stepped, 1.0)
        found[known] = adjusted
    return found
