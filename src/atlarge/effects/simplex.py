"""Least squares on the simplex for many targets at once.

For a target b and donor rows X the weights minimise ||b - w'X||^2 with w >= 0 and sum(w) = 1. That is the
point of a convex hull nearest to b, and it equals a non-negative least-squares problem in one more
dimension: with a_j = (x_j - b, d), the u >= 0 that brings sum(u_j a_j) nearest to (0, d) gives w = u / sum(u)
for any d > 0. The problem is solved by the active-set method of Lawson and Hanson (Solving Least Squares
Problems, 1974, ch. 23), which ends after finitely many steps at the exact minimum. Every step here is done
for all targets together: one matrix product for the gradients, one stacked solve for the passive sets.
"""

from __future__ import annotations

import numpy as np

from atlarge.effects.typing import Bools, Floats, Ints


def simplex_weights(targets: Floats, donors: Floats, allowed: Bools | None = None) -> Floats:
    """Weights on donor rows that fit target rows best, none negative, adding up to one.

    Parameters
    ----------
    targets : array [M, T]
        Rows to fit.
    donors : array [N, T]
        Rows to fit them from.
    allowed : bool array [M, N], optional
        Which donor may serve which target (a unit never serves itself).

    Returns
    -------
    array [M, N]
        Weights; memory is M x N floats.

    Raises
    ------
    ValueError
        Where a target has no allowed donor.

    Examples
    --------
    >>> import numpy as np
    >>> donors = np.array([[0.0, 0.0, 4.0], [4.0, 0.0, 0.0]])
    >>> simplex_weights(np.array([[1.0, 0.0, 3.0]]), donors).round(2)
    array([[0.75, 0.25]])
    """
    targets = np.ascontiguousarray(targets, dtype=np.float64)
    donors = np.ascontiguousarray(donors, dtype=np.float64)
    if allowed is None:
        allowed = np.ones((len(targets), len(donors)), dtype=bool)
    if not allowed.any(axis=1).all():
        raise ValueError("a target has no donor")
    weights = np.zeros((len(targets), len(donors)))
    block = max(1, 4_000_000 // max(1, len(donors)))  # 32 MB of gradients at a time
    for first in range(0, len(targets), block):
        part = slice(first, first + block)
        weights[part] = _ActiveSet(targets[part], donors, allowed[part]).solve()
    return weights


class _ActiveSet:
    """The state of all problems of one block: their passive sets, padded to a common width."""

    def __init__(self, targets: Floats, donors: Floats, allowed: Bools) -> None:
        self.targets, self.donors, self.allowed = targets, donors, allowed.copy()
        n_targets, n_periods = targets.shape
        self.width = min(donors.shape[0], n_periods + 1) + 1
        self.passive: Ints = np.full((n_targets, self.width), -1, dtype=np.int64)
        self.size: Ints = np.zeros(n_targets, dtype=np.int64)
        self.u: Floats = np.zeros((n_targets, self.width))
        centre = donors.mean(axis=0)
        spread = np.sqrt(((targets - centre) ** 2).sum(1) + ((donors - centre) ** 2).sum(1).mean())
        self.d: Floats = np.where(spread > 0, spread, 1.0)
        # a candidate must lower the objective by more than rounding can
        self.tolerance: Floats = 1e-12 * self.d**2

    def solve(self) -> Floats:
        live = np.arange(len(self.targets))
        entering = np.ones(len(self.targets), dtype=bool)
        for _ in range(60 * self.width):
            done = np.zeros(len(live), dtype=bool)
            ask = entering[live]
            if ask.any():
                done[ask] = ~self._enter(live[ask])
            live = live[~done]
            if not len(live):
                break
            entering[live] = self._step(live)
        return self._weights()

    def _enter(self, rows: Ints) -> Bools:
        """Let the best candidate of each row into its passive set; False where none helps."""
        residual = self._residual(rows)
        gradient = residual @ self.donors.T
        gradient -= (residual * self.targets[rows]).sum(1)[:, None]
        total = self.u[rows].sum(1)
        gradient += (self.d[rows] ** 2 * (1.0 - total))[:, None]
        gradient[~self.allowed[rows]] = -np.inf
        taken = self.passive[rows]
        at, slot = np.nonzero(taken >= 0)
        gradient[at, taken[at, slot]] = -np.inf
        best = gradient.argmax(1)
        helps = gradient[np.arange(len(rows)), best] > self.tolerance[rows]
        helps &= self.size[rows] < self.width
        chosen = rows[helps]
        self.passive[chosen, self.size[chosen]] = best[helps]
        self.u[chosen, self.size[chosen]] = 0.0
        self.size[chosen] += 1
        return np.asarray(helps)

    def _columns(self, rows: Ints) -> tuple[Floats, Bools]:
        """Differences donor - target [R, width, T] of the passive sets, zero in the padding."""
        width = int(self.size[rows].max())
        index = self.passive[rows, :width]
        filled = index >= 0
        columns = self.donors[np.where(filled, index, 0)] - self.targets[rows][:, None, :]
        columns[~filled] = 0.0
        return columns, filled

    def _residual(self, rows: Ints) -> Floats:
        """Minus sum(u_j (x_j - b)): the first T entries of the residual."""
        if not self.size[rows].any():
            return np.zeros((len(rows), self.targets.shape[1]))
        columns, filled = self._columns(rows)
        moved: Floats = np.einsum("rk,rkt->rt", self.u[rows, : filled.shape[1]], columns)
        return -moved

    def _step(self, rows: Ints) -> Bools:
        """Move to the passive-set minimum, or to the first bound on the way; True where it was reached."""
        columns, filled = self._columns(rows)
        width = filled.shape[1]
        gram = columns @ columns.transpose(0, 2, 1)
        gram += (self.d[rows] ** 2)[:, None, None] * (filled[:, :, None] & filled[:, None, :])
        diagonal = np.arange(width)
        # a relative ridge far below the tolerance avoids a singular system when donors are equal
        gram[:, diagonal, diagonal] *= 1.0 + 1e-14
        gram[:, diagonal, diagonal] += ~filled * (self.d[rows] ** 2)[:, None]
        right = np.where(filled, (self.d[rows] ** 2)[:, None], 0.0)
        aim = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
        now = self.u[rows, :width]
        blocked = filled & (aim <= 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(blocked, now / (now - aim), np.inf)
        length = np.minimum(reach.min(1), 1.0)
        length = np.where(np.isnan(length), 0.0, length)
        moved = now + length[:, None] * (aim - now)
        free = ~blocked.any(1)
        moved[free] = aim[free]
        leave = filled & blocked & ((moved <= 1e-15) | (reach <= length[:, None]))
        self.u[rows, :width] = np.where(leave | ~filled, 0.0, np.maximum(moved, 0.0))
        if leave.any():
            self._compact(rows, leave)
        return np.asarray(free)

    def _compact(self, rows: Ints, leave: Bools) -> None:
        """Close the gaps that leaving donors left; one that leaves at once may not come back at once."""
        width = leave.shape[1]
        index = self.passive[rows, :width]
        kept = (index >= 0) & ~leave
        order = np.argsort(~kept, axis=1, kind="stable")
        index = np.where(kept, index, -1)
        self.passive[rows, :width] = np.take_along_axis(index, order, 1)
        self.u[rows, :width] = np.take_along_axis(self.u[rows, :width], order, 1)
        self.size[rows] = kept.sum(1)

    def _weights(self) -> Floats:
        weights = np.zeros((len(self.targets), len(self.donors)))
        at, slot = np.nonzero(self.passive >= 0)
        weights[at, self.passive[at, slot]] = self.u[at, slot]
        return np.asarray(weights / weights.sum(1, keepdims=True))
