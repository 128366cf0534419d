"""Made worlds of counts whose truth is known: season, weekdays, holidays, overdispersion, bursts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atlarge.surveillance.holidays import day_classes, weekdays

WEEKDAY = np.array([1.3, 1.4, 1.4, 1.3, 1.1, 0.25, 0.25])
HOLIDAY = np.array([1.0, 0.1, 0.6, 0.5])


@dataclass(frozen=True)
class World:
    """Counts [series, days] and their calendar; `bursts`: series, first day, last day, events added."""

    counts: np.ndarray
    days: np.ndarray
    cycle: np.ndarray
    classes: np.ndarray
    bursts: list[tuple[int, int, int, int]]

    def weeks(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts by whole week from Monday, and the Mondays."""
        first = int(np.nonzero(self.cycle == 0)[0][0])
        n = (self.counts.shape[1] - first) // 7
        whole = self.counts[:, first : first + 7 * n].reshape(len(self.counts), n, 7).sum(axis=2)
        return whole, self.days[first : first + 7 * n : 7]


def null_world(
    n_series: int, n_days: int, *, mean: float, phi: float, season: float = 0.3, seed: int = 0
) -> World:
    """No bursts: negative binomial counts of variance phi x mean around weekday, holiday and season."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2015-10-01") + np.arange(n_days)
    cycle, classes = weekdays(days), day_classes(days)
    phase = rng.uniform(0.0, 2.0 * np.pi, (n_series, 1))
    level = mean * np.exp(season * np.sin(2.0 * np.pi * np.arange(n_days) / 365.25 + phase))
    mu = level * WEEKDAY[cycle] * HOLIDAY[classes]
    counts = rng.poisson(mu) if phi == 1.0 else rng.negative_binomial(mu / (phi - 1.0), 1.0 / phi)
    return World(counts.astype(float), days, cycle, classes, [])


def world_with_bursts(
    n_series: int, n_days: int, *, mean: float, phi: float, times_usual: float, seed: int = 0, each: int = 6
) -> World:
    """A null world with bursts of 2 to 10 days that add `times_usual` of a usual weekday's count a day."""
    result = null_world(n_series, n_days, mean=mean, phi=phi, seed=seed)
    rng = np.random.default_rng(seed + 10_000)
    bursts = []
    for series in range(n_series):
        for slot in range(each):
            start = int((slot + 0.5) * n_days / each + rng.integers(-20, 21))
            length = int(rng.integers(2, 11))
            usual = np.maximum(WEEKDAY[result.cycle[start : start + length]], 0.5)
            added = rng.poisson(times_usual * mean * usual)
            result.counts[series, start : start + length] += added
            bursts.append((series, start, start + length - 1, int(added.sum())))
    return World(result.counts, result.days, result.cycle, result.classes, bursts)
