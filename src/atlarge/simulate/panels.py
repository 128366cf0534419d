"""Simulated panels: places x weeks, with what was recorded and what truly happened."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlarge.simulate.world import World

Floats = NDArray[np.float32]
Counts = NDArray[np.int32]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Draw:
    """One drawn world. Counts are [places, weeks]; NaN where nothing was recorded.

    Attributes
    ----------
    at_large, handoffs, detainers, declined : array [places, weeks]
        Recorded under the place's own name.
    general_handoffs, general_at_large : array [places, weeks]
        Recorded under the office area and not under the place, by true place, so that areas can be summed.
    at_large_base, substituted, burst : array [places, weeks]
        True at-large arrests: without any policy, those that replace lost handoffs, and those of bursts.
    handoffs_true, lost : array [places, weeks]
        True handoffs, and those that the policy prevented (before the effective week by drift).
    unauthorized : array [places]
        Residents.
    area : int array [places]
        Area of responsibility.
    announced, effective, burst_week, relabel_week : int array [places]
        Weeks; -1 for none.
    substitution : array [places]
        Share of lost handoffs that is replaced.
    """

    at_large: Floats
    handoffs: Floats
    detainers: Floats
    declined: Floats
    general_handoffs: Floats
    general_at_large: Floats
    at_large_base: Counts
    substituted: Counts
    burst: Counts
    handoffs_true: Counts
    lost: Counts
    unauthorized: NDArray[np.float64]
    area: Ints
    announced: Ints
    effective: Ints
    burst_week: Ints
    relabel_week: Ints
    substitution: NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Places of a world, if they are not to be drawn.

    Attributes
    ----------
    unauthorized : array [places]
        Residents.
    area : int array [places]
        Area of responsibility.
    """

    unauthorized: NDArray[np.float64]
    area: Ints


def draw_worlds(
    world: World, n_worlds: int, seed: int, *, population: Population | None = None, threads: int = 2
) -> Iterator[Draw]:
    """Draw independent worlds, in order.

    Parameters
    ----------
    world : World
        Their parameters.
    n_worlds : int
        How many.
    seed : int
        The same seed gives the same worlds.
    population : Population, optional
        Places and their sizes; left out: drawn.
    threads : int
        At most threads + 1 worlds are in memory at a time; NumPy releases the interpreter lock while drawing.

    Yields
    ------
    Draw
        One world.

    Examples
    --------
    >>> from atlarge.simulate import World
    >>> len(list(draw_worlds(World(), 3, seed=1)))
    3
    """
    seeds = np.random.SeedSequence(seed).spawn(n_worlds)
    if threads <= 1:
        for each in seeds:
            yield draw_world(world, each, population=population)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[Draw]] = []
        for each in seeds:
            waiting.append(pool.submit(draw_world, world, each, population=population))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def draw_world(
    world: World,
    seed: int | np.random.SeedSequence,
    *,
    population: Population | None = None,
    starts: tuple[Ints, Ints] | None = None,
) -> Draw:
    """Draw one simulated world: counts by place and week, with the truth.

    Each part has its own stream of random numbers, so that a change in one leaves the others as they were.

    Parameters
    ----------
    world : World
        Its parameters.
    seed : int or SeedSequence
        The same seed gives the same world.
    population : Population, optional
        Places and their sizes; left out: drawn.
    starts : pair of arrays [places], optional
        Announced and effective week of each place's policy, -1 without one; left out: drawn.

    Returns
    -------
    Draw
        Counts [places, weeks] and what they consist of.

    Examples
    --------
    >>> from atlarge.simulate import World
    >>> world = World()
    >>> bool((draw_world(world, 1).at_large == draw_world(world, 1).at_large).all())
    True
    """
    streams = _streams(seed)
    rng = streams[0]
    if population is None:
        population = _population(world, rng)
    announced, effective = _policies(world, rng) if starts is None else starts
    relabel_week = _relabelling(world, effective, rng)
    base, usual = _at_large_base(world, population, streams[1])
    detained, kept, lost = _jail_path(world, population, effective, streams[2])
    substitution = _substitution_shares(world, rng)
    rng = streams[3]
    substituted = _substituted(world, lost, effective, substitution, rng)
    burst, burst_week = _bursts(world, usual, announced, rng)
    truth = base + substituted + burst
    named_at_large, general_at_large = _split_general(truth, world.general_area_share, rng)
    named, general = _relabelled(world, kept, relabel_week, rng)
    declined = rng.binomial(detained - kept, world.declined_recorded_share).astype(np.int32)
    hidden, delay = _recording(world, rng)
    return Draw(
        at_large=_recorded(named_at_large, hidden, delay, rng),
        handoffs=_recorded(named, hidden, delay, rng),
        detainers=_recorded(detained, hidden, delay, rng),
        declined=_recorded(declined, hidden, delay, rng),
        general_handoffs=_recorded(general, hidden, delay, rng),
        general_at_large=_recorded(general_at_large, hidden, delay, rng),
        at_large_base=base,
        substituted=substituted,
        burst=burst,
        handoffs_true=kept,
        lost=lost,
        unauthorized=population.unauthorized,
        area=population.area,
        announced=announced,
        effective=effective,
        burst_week=burst_week,
        relabel_week=relabel_week,
        substitution=substitution,
    )


def _streams(seed: int | np.random.SeedSequence) -> list[np.random.Generator]:
    """Four independent streams: one for each part of a world."""
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    keys = [np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, k)) for k in range(4)]
    return [np.random.default_rng(key) for key in keys]


def _population(world: World, rng: np.random.Generator) -> Population:
    size = world.unauthorized_median * np.exp(world.unauthorized_sigma * rng.standard_normal(world.places))
    return Population(np.sort(size)[::-1], rng.integers(0, max(1, world.areas), world.places))


def _policies(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Announced and effective week of each place; places are chosen at random."""
    effective = np.full(world.places, -1, dtype=np.int64)
    chosen = rng.choice(world.places, world.policies, replace=False)
    first, last = world.policy_window
    effective[chosen] = rng.integers(first, last + 1, world.policies)
    announced = np.where(effective >= 0, np.maximum(effective - world.announce_lead_weeks, 0), -1)
    return announced, effective


def _relabelling(world: World, effective: Ints, rng: np.random.Generator) -> Ints:
    week = np.full(world.places, -1, dtype=np.int64)
    if world.relabel_share <= 0:
        return week
    if world.relabel_at_policy:
        pool = np.flatnonzero(effective >= 0)
        chosen = pool[rng.random(len(pool)) < world.relabel_share]
        week[chosen] = np.clip(effective[chosen] + rng.integers(-20, 5, len(chosen)), 1, world.weeks - 1)
    else:
        chosen = np.flatnonzero(rng.random(world.places) < world.relabel_share)
        week[chosen] = rng.integers(world.weeks // 4, 3 * world.weeks // 4, len(chosen))
    return week


def _walk(rng: np.random.Generator, sigma: float, shape: tuple[int, ...]) -> Floats:
    steps = rng.standard_normal(shape, dtype=np.float32)
    return np.asarray(np.cumsum(steps * np.float32(sigma), axis=-1))


def _own_path(world: World, rng: np.random.Generator) -> Floats:
    """Stationary autoregression of each place's log rate."""
    shocks = rng.standard_normal((world.weeks, world.places), dtype=np.float32)
    memory = np.float32(world.place_memory)
    fresh = np.float32(world.place_sigma * np.sqrt(1 - world.place_memory**2))
    path = np.empty_like(shocks)
    path[0] = shocks[0] * np.float32(world.place_sigma)
    for t in range(1, world.weeks):
        path[t] = memory * path[t - 1] + fresh * shocks[t]
    return np.ascontiguousarray(path.T)


def _at_large_base(
    world: World, population: Population, rng: np.random.Generator
) -> tuple[Counts, NDArray[np.float64]]:
    """Counts without any policy, and the usual weekly level [places]."""
    week = np.arange(world.weeks, dtype=np.float32)
    onset = world.weeks // 2 if world.trend_week is None else world.trend_week
    nation = np.float32(world.trend_step) * np.clip((week - onset) / 8.0, 0.0, 1.0)
    nation = nation + _walk(rng, world.trend_sigma, (world.weeks,))
    loading = 1.0 + world.trend_loading_sigma * rng.standard_normal(world.places, dtype=np.float32)
    season = np.float32(world.season) * np.cos(2 * np.pi * week / np.float32(52.18)).astype(np.float32)
    area = _walk(rng, world.area_sigma, (max(1, world.areas), world.weeks))
    scale = float(np.median(population.unauthorized))
    people = scale * (population.unauthorized / scale) ** world.concentration / 10_000.0
    level = world.at_large_per_10k * people * np.exp(world.rate_sigma * rng.standard_normal(world.places))
    log_rate = loading[:, None] * nation + season + area[population.area % len(area)] + _own_path(world, rng)
    mean = level.astype(np.float32)[:, None] * np.exp(log_rate)
    return _negative_binomial(rng, mean, world.overdispersion), level


def _negative_binomial(rng: np.random.Generator, mean: Floats, overdispersion: float) -> Counts:
    """Counts with variance mean + overdispersion x mean^2."""
    if overdispersion > 0:
        mean = mean * rng.standard_gamma(1.0 / overdispersion, mean.shape, dtype=np.float32)
        mean *= np.float32(overdispersion)
    return rng.poisson(mean).astype(np.int32)


def _honored_path(world: World, effective: int) -> NDArray[np.float64]:
    """Share of otherwise honored detainers still honored, by week, in a place with a policy."""
    full = 1.0 - world.honored_share_policy / max(world.honored_share, 1e-12)
    fall = np.zeros(world.weeks)
    fall[effective:] = full
    if world.drift_weeks:
        first = max(0, effective - world.drift_weeks)
        ramp = np.arange(1, effective - first + 1) / world.drift_weeks
        fall[first:effective] = full * world.drift_share * ramp
    return np.clip(1.0 - fall, 0.0, 1.0)


def _jail_path(
    world: World, population: Population, effective: Ints, rng: np.random.Generator
) -> tuple[Counts, Counts, Counts]:
    """Detainers, handoffs and lost handoffs. Thinned Poisson counts are drawn part by part."""
    weekly = world.bookings_per_10k * world.detainer_share * population.unauthorized / 10_000.0
    level = weekly * np.exp(world.rate_sigma * rng.standard_normal(world.places))
    shape = (world.places, world.weeks)
    would = rng.poisson((level * world.honored_share)[:, None], shape).astype(np.int32)
    other = rng.poisson((level * (1 - world.honored_share))[:, None], shape).astype(np.int32)
    kept = would.copy()
    for place in np.flatnonzero(effective >= 0):
        kept[place] = rng.binomial(would[place], _honored_path(world, int(effective[place])))
    return would + other, kept, would - kept


def _substitution_shares(world: World, rng: np.random.Generator) -> NDArray[np.float64]:
    mean, sd = world.substitution_rate, world.substitution_sigma
    if sd <= 0 or not 0 < mean < 1:
        return np.full(world.places, mean)
    size = max(mean * (1 - mean) / sd**2 - 1, 1e-3)
    return rng.beta(mean * size, (1 - mean) * size, world.places)


def _substituted(
    world: World, lost: Counts, effective: Ints, share: NDArray[np.float64], rng: np.random.Generator
) -> Counts:
    moved = np.zeros_like(lost)
    rows = np.flatnonzero(effective >= 0)
    if len(rows) and world.substitution_rate > 0:
        taken = rng.binomial(lost[rows], share[rows, None]).astype(np.int32)
        delay = min(world.substitution_delay_weeks, world.weeks)
        moved[rows, delay:] = taken[:, : world.weeks - delay]
    return moved


def _bursts(
    world: World, usual: NDArray[np.float64], announced: Ints, rng: np.random.Generator
) -> tuple[Counts, Ints]:
    burst = np.zeros((world.places, world.weeks), dtype=np.int32)
    week = np.full(world.places, -1, dtype=np.int64)
    rows = np.flatnonzero(announced >= 0)
    rows = rows[rng.random(len(rows)) < world.retaliation_share]
    for place in rows:
        start = int(announced[place]) + world.retaliation_delay_weeks
        if start >= world.weeks:
            continue
        week[place] = start
        fade = world.retaliation_decay ** np.arange(world.weeks - start)
        burst[place, start:] = rng.poisson(usual[place] * world.retaliation_size * fade)
    return burst, week


def _split_general(counts: Counts, share: float, rng: np.random.Generator) -> tuple[Counts, Counts]:
    if share <= 0:
        return counts, np.zeros_like(counts)
    general = rng.binomial(counts, share).astype(np.int32)
    return counts - general, general


def _relabelled(world: World, kept: Counts, week: Ints, rng: np.random.Generator) -> tuple[Counts, Counts]:
    general = np.zeros_like(kept)
    rows = np.flatnonzero(week >= 0)
    for place in rows:
        start = int(week[place])
        general[place, start:] = rng.binomial(kept[place, start:], world.relabel_fraction)
    return kept - general, general


def _recording(world: World, rng: np.random.Generator) -> tuple[Bools | None, Floats | None]:
    """Cells without records, and the share of each week recorded by the end."""
    hidden = None
    if world.missing_share > 0:
        months = -(-world.weeks // 4)
        lost = rng.random((world.places, months)) < world.missing_share
        hidden = np.repeat(lost, 4, axis=1)[:, : world.weeks]
    delay = None
    if world.reporting_delay_weeks > 0:
        age = np.arange(world.weeks, 0, -1, dtype=np.float32)
        delay = 1.0 - np.exp(-age / np.float32(world.reporting_delay_weeks))
    return hidden, delay


def _recorded(counts: Counts, hidden: Bools | None, delay: Floats | None, rng: np.random.Generator) -> Floats:
    if delay is not None:
        counts = rng.binomial(counts, delay).astype(np.int32)
    seen = counts.astype(np.float32)
    if hidden is not None:
        seen[hidden] = np.nan
    return seen
