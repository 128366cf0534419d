"""When did the mix within a total switch? A share that moved while the total need not have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_series
from atlarge.effects.results import Result
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

MIN_SIDE = 3
REACH = 9
LEAST_SHIFT = 0.2
MIN_EVENTS = 10.0


@dataclass(frozen=True, repr=False)
class MixSwitch(Result):
    """What `mix_switch` gives.

    Attributes
    ----------
    index, low, high : int
        First period of the new mix, and the range of dates that fit nearly as well.
    before, after : float
        Share of the part in the periods (at most 9) before and after.
    p : float
        Chance of as large a switch somewhere in a series of one mix, its unsteadiness kept.
    is_switch : bool
        Whether p is at most `alpha` and the share moved by a fifth or more.
    """

    index: int
    low: int
    high: int
    before: float
    after: float
    p: float
    is_switch: bool


def mix_switch(
    part: ArrayLike, whole: ArrayLike, *, alpha: float = 0.05, draws: int = 399, seed: int = 0
) -> MixSwitch:
    """Find the clearest switch in the share of `part` in `whole`, without being given a date.

    Shares of the 9 periods on both sides of each date are compared; spread beyond chance is learnt from
    neighbouring periods, so that a slow drift or unsteady mix is not a switch. The p-value takes account of
    the search by redrawing the series with one mix (beta-binomial).

    Parameters
    ----------
    part, whole : array [T]
        Counts of the part and of all events; NaN where there is no record.
    alpha : float
        Size of the test.
    draws : int
        Number of redrawn series behind the p-value.
    seed : int
        Of the redrawn series: the same seed gives the same p-value.

    Returns
    -------
    MixSwitch
        The period of the clearest switch, the shares on both sides of it, and its p-value.

    Raises
    ------
    QuestionError
        With fewer than 8 periods or 20 events.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import mix_switch
    >>> whole = np.full(24, 40)
    >>> part = np.where(np.arange(24) < 12, 34, 6)
    >>> found = mix_switch(part, whole)
    >>> found.index, found.is_switch
    (12, True)
    """
    a, n = as_series(part, "part"), as_series(whole, "whole")
    if len(a) != len(n):
        raise QuestionError(f"part has {len(a)} periods and whole {len(n)}: they must be the same")
    where = np.flatnonzero(np.isfinite(a) & np.isfinite(n))
    if (over := where[(a[where] > n[where]) | (a[where] < 0)]).size:
        k = int(over[0])
        raise QuestionError(f"period {k}: {a[k]:g} of {n[k]:g}; a part lies between 0 and its whole")
    a, n = a[where], n[where]
    if len(where) < 2 * MIN_SIDE + 2 or n.sum() < 2 * MIN_EVENTS:
        raise QuestionError(
            f"{len(where)} periods with {n.sum():.0f} events: a switch in the mix needs at least 8 and 20"
        )
    share = float(a.sum() / n.sum())
    spread = _overdispersion(a, n)
    score = _scores(a[None], n, spread)[0]
    best = int(score.argmax())
    p = 1.0
    if score[best] > 0:  # otherwise every redrawn series has as large a switch
        rng = np.random.default_rng(seed)
        null = _scores(_redraw(rng, n, share, spread, draws), n, spread).max(1)
        p = (1 + float((null >= score[best]).sum())) / (draws + 1)
    at = best + MIN_SIDE
    left, right = slice(max(0, at - REACH), at), slice(at, at + REACH)
    before = float(a[left].sum() / max(n[left].sum(), 1e-9))
    after = float(a[right].sum() / max(n[right].sum(), 1e-9))
    near = np.flatnonzero(score >= score[best] - 1.645) + MIN_SIDE
    return MixSwitch(
        int(where[at]), int(where[near.min()]), int(where[near.max()]), before, after, p,
        p <= alpha and abs(after - before) >= LEAST_SHIFT,
    )  # fmt: skip


def _overdispersion(a: Floats, n: Floats) -> float:
    """Variance of shares of neighbouring periods over that of chance, not below one."""
    good = n >= 3
    if good.sum() < 4:
        return 1.0
    x, m = a[good] / n[good], n[good]
    share = float(np.clip(a.sum() / n.sum(), 0.02, 0.98))
    chance = share * (1 - share) * (1 / m[1:] + 1 / m[:-1])
    ratio = np.sort((x[1:] - x[:-1]) ** 2 / chance)
    kept = ratio[: max(3, len(ratio) - 2)]  # without the switch itself
    return max(1.0, 1.15 * float(kept.mean()))


def _scores(a: Floats, n: Floats, spread: float) -> Floats:
    """Standardised difference of shares at each date [S, T - 2 MIN_SIDE + 1]; zero where it is no fifth."""
    total = np.concatenate([np.zeros((len(a), 1)), a.cumsum(1)], axis=1)
    weight = np.concatenate([[0.0], n.cumsum()])
    at = np.arange(MIN_SIDE, len(n) - MIN_SIDE + 1)
    first, last = np.maximum(at - REACH, 0), np.minimum(at + REACH, len(n))
    left, right = total[:, at] - total[:, first], total[:, last] - total[:, at]
    m, k = weight[at] - weight[first], weight[last] - weight[at]
    both = np.clip((left + right) / np.maximum(m + k, 1e-9), 0.01, 0.99)
    difference = right / np.maximum(k, 1e-9) - left / np.maximum(m, 1e-9)
    error = np.sqrt(spread * both * (1 - both) * (1 / np.maximum(m, 1e-9) + 1 / np.maximum(k, 1e-9)))
    usable = (m >= MIN_EVENTS) & (k >= MIN_EVENTS) & (np.abs(difference) >= LEAST_SHIFT)
    return np.where(usable, np.abs(difference) / error, 0.0)


def _redraw(rng: np.random.Generator, n: Floats, share: float, spread: float, draws: int) -> Floats:
    """Series of one mix with the same unsteadiness [draws, T]."""
    typical = max(float(np.median(n[n > 0])), 2.0)
    correlation = min(max((spread - 1) / (typical - 1), 0.0), 0.5)
    mean = min(max(share, 0.01), 0.99)
    if correlation < 1e-3:
        chance = np.full((draws, len(n)), mean)
    else:
        size = 1 / correlation - 1
        chance = rng.beta(mean * size, (1 - mean) * size, (draws, len(n)))
    return rng.binomial(n.astype(np.int64), chance).astype(np.float64)
