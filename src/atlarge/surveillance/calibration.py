"""Calibration: a null world of the same size, calendar and scatter gives p <= u in a share u of times.

The correction for many tested windows is known for a Gaussian walk. Counts are discrete, and the thinner
they are, the more it overstates. So the baseline itself is simulated (seeded), scanned in the same
way, and the p-values are corrected by what that null world showed, for thin and thick series apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.surveillance.baseline import Baseline
from atlarge.surveillance.tails import scan_adjusted_p
from atlarge.surveillance.validation import Floats, Ints
from atlarge.surveillance.windows import judge

_LEVELS = np.array([0.004, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
_MEAN_EDGES = np.array([0.02, 0.06, 0.2, 0.6, 2.0, 6.0, 20.0])
_CELLS = 80_000
_SEED = 19650201
_SMALLEST = 1e-300
LEAST_FACTOR, _MOST_FACTOR = 2.0 / 3.0, 3.0
"""A p-value that comes out smaller than it should is raised; one that comes out too large is lowered by no
more than a third, so that a rare freak of the simulation cannot make alarms."""


@dataclass(frozen=True)
class Calibration:
    """Turns the p of a window into the p of the best window of its start, under the null world simulated.

    `ratio` [series, levels]: realised over nominal rate at each level of the Gaussian correction.
    """

    ratio: Floats
    profile: Floats
    lengths: int

    def paid(self, p: Floats, series: Ints) -> Floats:
        """Calibrated p [n] or [n, T], from the p of the window alone, for the series of each row."""
        paid = scan_adjusted_p(p, self.profile, self.lengths)
        where = np.interp(np.log(np.maximum(paid, _SMALLEST)), np.log(_LEVELS), np.arange(_LEVELS.size))
        low = np.minimum(where.astype(np.int64), _LEVELS.size - 2)
        share = where - low
        rows = series.reshape(series.shape + (1,) * (p.ndim - 1))
        factor = self.ratio[rows, low] * (1.0 - share) + self.ratio[rows, low + 1] * share
        result: Floats = np.minimum(paid * factor, 1.0)
        return result


def calibrate(base: Baseline, profile: Floats, lengths: int) -> Calibration:
    """Simulate the baseline of each class of series by size, and keep what its null world showed."""
    size_class = np.searchsorted(_MEAN_EDGES, base.expected.mean(axis=1))
    ratio = np.ones((len(base.expected), _LEVELS.size))
    for one in np.unique(size_class):
        rows = np.nonzero(size_class == one)[0]
        ratio[rows] = _realised(base, rows, profile, lengths)
    return Calibration(ratio, profile, lengths)


def _realised(base: Baseline, rows: Ints, profile: Floats, lengths: int) -> Floats:
    """Realised over nominal rate at each level, in a null world drawn from these series' baselines."""
    n = base.expected.shape[1]
    rng = np.random.default_rng([_SEED, n, rows.size])
    chosen = rng.choice(rows, size=max(1, -(-_CELLS // n)))
    mean = base.expected[chosen]
    phi = base.dispersion[chosen, :1]
    size = mean / np.maximum(phi - 1.0, 1e-6)
    y = rng.poisson(rng.gamma(np.maximum(size, 1e-12)) * np.maximum(phi - 1.0, 1e-6)).astype(np.float64)
    best, _ = judge(y, mean, np.repeat(phi, lengths, axis=1), worth=0.0, floor_sd=0.5)
    # a p-value far below the lowest level counts for all levels, whatever its correction
    far = 0.5 * _LEVELS[0] / lengths
    paid = scan_adjusted_p(np.maximum(best[:, : max(1, n - lengths)], far), profile, lengths).ravel()
    above = np.bincount(np.searchsorted(_LEVELS, paid), minlength=_LEVELS.size + 1)[:-1]
    rate = above.cumsum() / paid.size / _LEVELS
    clipped: Floats = np.clip(rate, LEAST_FACTOR, _MOST_FACTOR)
    return clipped
