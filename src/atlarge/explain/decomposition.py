"""Trend, substitution and what remains; the rate of substitution is learnt from all other places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atlarge.calendar import add_months
from atlarge.effects import PlaceboGrid, placebo_grid
from atlarge.effects.decompose import (
    Decomposition,
    Surroundings,
    decompose_grids,
    surroundings,
    transfer_ratio,
)
from atlarge.effects.pooling import Ratio
from atlarge.effects.typing import Floats, Ints
from atlarge.errors import QuestionError
from atlarge.explain.daily import Daily
from atlarge.explain.estimate import LEVEL, Estimate, changed_periods, grid_of, of_like_size
from atlarge.explain.periods import Months
from atlarge.explain.study import Study, group_of
from atlarge.policies import Registry

MIN_RATE_MEAN = 2.0
MIN_LIKE_UNITS = 5


@dataclass(frozen=True)
class _Unknown(Ratio):
    """A rate of which nothing is known but that it lies between none and `cap`."""

    cap: float = 1.0

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Even draws from none to the cap."""
        return np.asarray(self.cap * rng.random(size))


def unknown_ratio(places: int, cap: float) -> Ratio:
    """A rate that `places` places leave open, from none to `cap` (1: all)."""
    return _Unknown(0.5 * cap, float("nan"), float("nan"), 0.0, cap, places, False, cap)


def learn_rate(
    outcome: Daily,
    exposure: Daily,
    key: str,
    months: Months,
    changed: set[str],
    policies: Registry,
    own: set[str] | None = None,
) -> Ratio:
    """Share of lost handoffs that turned up at large, pooled over all other places that limited cooperation.

    Both series by calendar month over all the records, so that each place is studied from its own start. The
    place `key` itself gives nothing but the size of error to expect, and units of the codes `own` nothing at
    all. Raises QuestionError where the place itself cannot be studied.
    """
    _, firsts = outcome.calendar()
    x, _ = exposure.calendar()
    steady = outcome.capped.calendar()[0]  # days of a burst are no replacement of lost handoffs
    row = outcome.keys.index(key)
    day, last = months.bounds(months.in_force)
    first = day.replace(day=1)
    pre = np.array([month < first for month in firsts])
    n_post = max(1, sum(first <= month <= last for month in firsts))
    starts = policies.starts(outcome.keys, firsts, "limits").month
    starts = np.where(np.nan_to_num(x[:, pre].mean(1)) >= MIN_RATE_MEAN, starts, -1)
    if own:
        starts = np.where(_not_in(outcome.keys, own), starts, -1)
    starts = _of_like_records(outcome.keys, row, starts)
    here = int(pre.sum())
    stops = [*firsts[1:], add_months(firsts[-1], 1)]
    moved = changed_periods("locality", outcome.keys, firsts, stops, policies)
    out = ~_not_in(outcome.keys, changed) & ~moved.any(1)
    out[row] = False

    def grid(values: Floats, capped: Floats) -> PlaceboGrid:
        return placebo_grid(
            values, row, here, n_post, capped=capped, changed=moved, leave_out=out,
            group=group_of("locality", outcome.keys), level=LEVEL,
        )  # fmt: skip

    main, path = grid(steady, steady), grid(x, exposure.capped.calendar()[0])
    return transfer_ratio(main, path, starts, row, n_post, level=LEVEL)


def _of_like_records(keys: tuple[str, ...], row: int, starts: Ints) -> Ints:
    """Starts of the units that are recorded as unit `row` is: with an office area, or without one.

    Where records name office areas, a county alone holds but part of its arrests, and of those that replace
    lost handoffs. All units where fewer than `MIN_LIKE_UNITS` are alike.
    """
    has_office = np.array(["+" in key for key in keys])
    alike = np.where(has_office == has_office[row], starts, -1)
    return alike if (np.delete(alike, row) >= 0).sum() >= MIN_LIKE_UNITS else starts


def _not_in(keys: tuple[str, ...], changed: set[str]) -> NDArray[np.bool_]:
    return np.array([not changed.intersection(key.split("+")) for key in keys])


def donors_of(
    series: Sequence[Floats], row: int, keys: tuple[str, ...], months: Months, changed: set[str]
) -> NDArray[np.bool_]:
    """Comparison units [N] for all of the series [N, T] together: none that changed, none much smaller."""
    return of_like_size([y[:, months.pre] for y in series], row, _not_in(keys, changed))


def parts_from(study: Study, main: Estimate, path: Estimate, ratio: Ratio) -> Decomposition:
    """Decompose the outcome of a place while the policy was in force, by the estimates of both series.

    A clear gain of handoffs recorded for the office area around it is taken for relabelling, not for loss.
    Raises QuestionError for estimates that are not by the discounted share.
    """
    if main.grid is None or path.grid is None:
        raise QuestionError("the parts need both series by their discounted share")
    months, mask = main.months, main.months.in_force
    ahead = np.flatnonzero(mask) - main.grid.here
    near: Surroundings | None = None
    around = study.around
    row = None if around is None else around.row(study.key)
    if around is not None and row is not None:
        changed = study.changed(months)
        near = surroundings(
            lambda: grid_of(around, row, main.area.level, months, changed=changed, policies=study.registry),
            ahead, around.binned(months)[row], months.pre, mask,
        )  # fmt: skip
    return decompose_grids(main.grid, path.grid, ahead, ratio, main.baseline, around=near)
