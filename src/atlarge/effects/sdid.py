"""Synthetic difference in differences for every unit at once (Arkhangelsky and others 2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_panel
from atlarge.effects.smooth import smooth_simplex_weights
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

MIN_DONORS = 5
TINY = 1e-6


def sdid_paths(y: ArrayLike, start: int, stop: int, donors: ArrayLike, targets: ArrayLike) -> Floats:
    """Path of each target row had nothing changed, by synthetic difference in differences.

    Unit weights follow the target before `start` up to a constant, with the ridge of the paper; time weights
    make the periods before predict those from `start` to `stop` among the donors. Both are on the simplex.

    Parameters
    ----------
    y : array [N, T]
        Values without gaps, on the scale on which trends are parallel (square roots of counts, say).
    start, stop : int
        First period after the change; first one no longer counted.
    donors : bool array [N]
        Units that may serve; a target never serves itself.
    targets : int array [K]
        Rows that are fitted.

    Returns
    -------
    array [K, stop - start]

    Raises
    ------
    QuestionError
        With fewer than 5 donors or 2 periods before.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import sdid_paths
    >>> trend = np.arange(10.0)
    >>> y = np.array([trend + level for level in (1, 2, 3, 4, 5, 6)])
    >>> sdid_paths(y, 8, 10, np.arange(6) > 0, [0]).round(3).tolist()
    [[9.0, 10.0]]
    """
    values = as_panel(y)
    serve = np.flatnonzero(np.asarray(donors, dtype=bool))
    rows = np.atleast_1d(np.asarray(targets, dtype=np.int64))
    if len(serve) < MIN_DONORS or start < 2:
        raise QuestionError(
            f"{len(serve)} comparison units and {start} periods before the change: at least "
            f"{MIN_DONORS} and 2 are needed"
        )
    before, pool = values[:, :start], values[serve]
    steps = np.diff(pool[:, :start], axis=1)
    noise = max(float(steps.std()), TINY)
    zeta = ((stop - start) ** 0.25) * noise
    allowed = rows[:, None] != serve[None, :]
    centred = before - before.mean(1, keepdims=True)
    cost = np.full(len(serve), max(zeta**2 * start, TINY * float((centred**2).sum(1).mean() + 1.0)))
    unit = smooth_simplex_weights(centred[rows], centred[serve], allowed, cost)
    after = pool[:, start:stop].mean(1)
    columns = pool[:, :start].T
    time = smooth_simplex_weights(
        (after - after.mean())[None],
        columns - columns.mean(1, keepdims=True),
        np.ones((1, start), dtype=bool),
        np.full(start, max((TINY * noise) ** 2 * len(serve), TINY)),
    )[0]
    own = values[rows][:, :start] @ time
    theirs = unit @ (pool[:, :start] @ time)
    return np.asarray(own[:, None] - theirs[:, None] + unit @ pool[:, start:stop])
