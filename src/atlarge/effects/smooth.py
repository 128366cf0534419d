"""Least squares on the simplex with a cost on squared weights, for many targets at once.

min over w >= 0, sum(w) = 1 of ||b - w'X||^2 + sum(p_j w_j^2) with all p_j > 0. The dual has only T + 1
unknowns whatever the number of donors: with the residual r and the multiplier v of the sum, the weights are
w_j = max(0, x_j . r + v) / p_j, and (r, v) maximise a concave, once differentiable function. Newton's
method with a line search finds the maximum in a few steps and ends exactly once the set of positive weights
is right (semismooth Newton; Qi and Sun 1993). The Hessians of all targets are one matrix product: the mask
of positive weights times the donors' outer products.
"""

from __future__ import annotations

import numpy as np

from atlarge.effects.typing import Bools, Floats

MAX_STEPS = 100
BLOCK_FLOATS = 8_000_000


def smooth_simplex_weights(targets: Floats, donors: Floats, allowed: Bools, penalty: Floats) -> Floats:
    """Weights [M, N] on donor rows [N, T] for target rows [M, T]; `allowed` [M, N]; `penalty` [N] > 0.

    Each target needs at least one allowed donor, each penalty must be positive; ValueError otherwise.
    """
    if not allowed.any(axis=1).all():
        raise ValueError("a target has no donor")
    if not (penalty > 0).all():
        raise ValueError("every donor needs a positive penalty; use simplex_weights for none")
    if donors.shape[1] > len(donors) + len(targets):  # only distances within their span matter
        both = np.asarray(np.linalg.qr(np.vstack([targets, donors]).T, mode="r")).T
        targets, donors = both[: len(targets)], both[len(targets) :]
    centre = donors.mean(axis=0)
    shifted, aims = donors - centre, targets - centre
    # a weight cannot use more than its own donor, so huge penalties only need to stay finite
    cost = np.minimum(penalty, 1e12 * float(penalty.min()))
    lifted = np.column_stack([shifted, np.ones(len(donors))])
    row, column = np.triu_indices(lifted.shape[1])  # the other half is the same
    outer = lifted[:, row] * lifted[:, column] / cost[:, None]
    weights = np.empty((len(targets), len(donors)))
    block = max(1, BLOCK_FLOATS // max(1, len(donors), outer.shape[1]))
    for first in range(0, len(targets), block):
        part = slice(first, first + block)
        weights[part] = _newton(aims[part], lifted, cost, outer, allowed[part])
    return weights


def _newton(aims: Floats, lifted: Floats, cost: Floats, outer: Floats, allowed: Bools) -> Floats:
    width = lifted.shape[1]
    goal = np.column_stack([aims, np.ones(len(aims))])
    state = _start(aims, lifted, cost, allowed)
    live = np.arange(len(aims))
    place = np.zeros((width, width), dtype=np.int64)
    place[np.triu_indices(width)] = np.arange(outer.shape[1])
    place = np.maximum(place, place.T)
    for _ in range(MAX_STEPS):
        weight = _weights(state[live], lifted, cost, allowed[live])
        gradient = goal[live] - weight @ lifted
        gradient[:, :-1] -= state[live, :-1]
        open_ = np.abs(gradient).max(1) > 1e-11 * (1.0 + np.abs(goal[live]).max(1))
        live, weight, gradient = live[open_], weight[open_], gradient[open_]
        if not len(live):
            break
        hessian = ((weight > 0).astype(np.float64) @ outer)[:, place]
        index = np.arange(width)
        hessian[:, index[:-1], index[:-1]] += 1.0
        hessian[:, -1, -1] += 1e-12 * (1.0 + hessian[:, -1, -1])
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        state[live] = _search(state[live], step, gradient, goal[live], lifted, cost, allowed[live])
    weight = _weights(state, lifted, cost, allowed)
    return np.asarray(weight / weight.sum(1, keepdims=True))


def _start(aims: Floats, lifted: Floats, cost: Floats, allowed: Bools) -> Floats:
    """Weights as the penalty alone would have them, the residual they leave, and a sum near one."""
    plain = allowed / cost
    share = plain.sum(1, keepdims=True)
    residual = aims - (plain / share) @ lifted[:, :-1]
    pull = (residual @ lifted[:, :-1].T * plain).sum(1, keepdims=True) / share
    return np.column_stack([residual, 1.0 / share - pull])


def _weights(state: Floats, lifted: Floats, cost: Floats, allowed: Bools) -> Floats:
    return np.asarray(np.maximum(state @ lifted.T, 0.0) / cost * allowed)


def _value(state: Floats, goal: Floats, lifted: Floats, cost: Floats, allowed: Bools) -> Floats:
    weight = _weights(state, lifted, cost, allowed)
    total = (state * goal).sum(1) - 0.5 * (state[:, :-1] ** 2).sum(1)
    return np.asarray(total - 0.5 * (weight**2 * cost).sum(1))


def _search(
    state: Floats, step: Floats, gradient: Floats, goal: Floats, lifted: Floats, cost: Floats, allowed: Bools
) -> Floats:
    """Halve the steps that do not rise enough."""
    now = _value(state, goal, lifted, cost, allowed)
    slope = (gradient * step).sum(1)
    length = np.ones(len(state))
    for _ in range(40):
        gain = _value(state + length[:, None] * step, goal, lifted, cost, allowed) - now
        short = gain < 1e-4 * length * slope - 1e-13 * np.abs(now)
        if not short.any():
            break
        length[short] *= 0.5
    return np.asarray(state + length[:, None] * step)
