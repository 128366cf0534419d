"""What all estimators share: masks of periods, usable units, missing values and the scale of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atlarge.effects.typing import Bools, Floats, Ints
from atlarge.errors import QuestionError

Periods = int | slice | Sequence[int] | NDArray[np.bool_] | NDArray[np.int64]

MIN_PRE_PERIODS = 6
MIN_DONORS = 5
MAX_MISSING_SHARE = 0.25


def check_level(level: float) -> None:
    """QuestionError unless the level of an interval lies between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise QuestionError(f"level must lie between 0 and 1, such as 0.9, not {level:g}")


def as_numbers(y: ArrayLike) -> Floats:
    """A float array; NaN where a masked array is masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(y, dtype=np.float64), np.nan))


def as_panel(y: ArrayLike) -> Floats:
    """A float array [units, T]; QuestionError for anything else, such as a long dataframe."""
    try:
        panel = as_numbers(y)
    except (TypeError, ValueError):
        raise QuestionError(
            "expected numbers, units x periods; for a dataframe with one row a unit and period, pass "
            "panel_of(data, unit=..., time=..., value=...) in its place"
        ) from None
    if panel.ndim != 2:
        raise QuestionError(f"expected an array of units x periods, got {panel.ndim} dimension(s)")
    return panel


def as_series(values: ArrayLike, name: str) -> Floats:
    """A float array of one dimension; QuestionError, with the argument's name, for anything else."""
    try:
        series = as_numbers(values)
    except (TypeError, ValueError):
        raise QuestionError(f"{name} must be numbers, one series") from None
    if series.ndim != 1:
        raise QuestionError(f"{name} must be one series, not an array of {series.ndim} dimensions")
    return series


def period_mask(periods: Periods, n_periods: int) -> Bools:
    """A bool mask [T] from a number of first periods, a slice, indices or a mask."""
    mask = np.zeros(n_periods, dtype=bool)
    if isinstance(periods, int | np.integer):
        mask[: int(periods)] = True
    elif isinstance(periods, slice):
        mask[periods] = True
    else:
        index = np.asarray(periods)
        if index.dtype == bool and index.shape != (n_periods,):
            raise ValueError(f"a period mask needs {n_periods} entries, got {index.shape}")
        mask[index] = True
    return mask


def pre_post(pre: Periods, post: Periods | None, n_periods: int) -> tuple[Bools, Bools]:
    """Masks of the periods before and after; `post` left out: all that follow the last pre-period."""
    if isinstance(pre, int | np.integer) and pre > n_periods:
        raise QuestionError(
            f"{pre} periods before the change, but only {n_periods} columns: rows must be units and columns "
            "periods, with some after the change"
        )
    before = period_mask(pre, n_periods)
    if not before.any():
        raise QuestionError(
            "no period before the change: the records must start earlier, or the date be later"
        )
    if post is None:
        after = np.zeros(n_periods, dtype=bool)
        after[np.flatnonzero(before).max() + 1 :] = True
    else:
        after = period_mask(post, n_periods) & ~before
    if not after.any():
        raise QuestionError("no period after the change: it lies after the end of the records")
    return before, after


@dataclass(frozen=True)
class Setting:
    """A prepared problem: complete rows, the target in row 0, its donors below.

    y            [1 + J, T] values, gaps filled; row 0 the target
    rows         [1 + J] index of each row in the caller's panel (-1 where the target is a sum of units)
    pre, post    [T] masks without the periods in which the target is missing
    unit         [1 + J] what one unit of the scaled rows is worth in the units of y
    is_relative  the scale is each unit's own pre-mean
    imputed      number of donor cells that were filled
    dropped      number of candidate donors left out (missing too often, or without a level)
    """

    y: Floats
    rows: Ints
    pre: Bools
    post: Bools
    unit: Floats
    is_relative: bool
    imputed: int
    dropped: int

    @property
    def scaled(self) -> Floats:
        """Counts by their unit of size."""
        return np.asarray(self.y / self.unit[:, None])


def prepare(
    y: ArrayLike,
    treated: int | Sequence[int],
    pre: Periods,
    post: Periods | None = None,
    donors: ArrayLike | None = None,
    scale: str = "auto",
) -> Setting:
    """Make a problem ready for the estimators, or raise QuestionError saying what is wanting.

    `scale`: "mean" divides each unit by its pre-period mean, so that units of all sizes can be compared;
    "raw" leaves the values; "auto" is "mean" for values that are nowhere negative, else "raw".
    """
    panel = as_panel(y)
    try:
        members = np.atleast_1d(np.asarray(treated, dtype=np.int64))
    except (TypeError, ValueError):
        raise QuestionError(
            f"treated is a row number, not {treated!r}; of a panel, panel.row({treated!r})"
        ) from None
    if (out := members[(members < 0) | (members >= len(panel))]).size:
        raise QuestionError(f"no row {out[0]}: there are {len(panel)}, from 0")
    before, after = pre_post(pre, post, panel.shape[1])
    target = panel[members].sum(axis=0)
    seen = np.isfinite(target)
    before, after = before & seen, after & seen
    _check_target(target, before, after)
    mask = np.ones(len(panel), dtype=bool) if donors is None else np.asarray(donors, dtype=bool).copy()
    mask[members] = False
    if scale == "auto":
        scale = "mean" if np.nanmin(panel) >= 0 else "raw"
    used = before | after
    candidates = np.flatnonzero(mask)
    values = panel[candidates]
    missing = ~np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(missing, 0.0, values)[:, before].sum(1) / (~missing[:, before]).sum(1)
    good = (missing[:, used].mean(1) <= MAX_MISSING_SHARE) & np.isfinite(level)
    if scale == "mean":
        good &= level > 0
    if good.sum() < MIN_DONORS:
        raise QuestionError(
            f"only {int(good.sum())} units can serve as comparison; at least {MIN_DONORS} with records "
            "before and after the change are needed"
        )
    filled, imputed = _fill(values[good], used)
    rows = np.concatenate([members if len(members) == 1 else [-1], candidates[good]]).astype(np.int64)
    full = np.vstack([np.where(seen, target, 0.0), filled])
    unit = full[:, before].mean(1) if scale == "mean" else np.full(len(full), _one_scale(full[:, before]))
    return Setting(full, rows, before, after, unit, scale == "mean", imputed, int((~good).sum()))


def _check_target(target: Floats, before: Bools, after: Bools) -> None:
    if before.sum() < MIN_PRE_PERIODS:
        raise QuestionError(
            f"there are records in only {int(before.sum())} of the periods before the change; "
            f"at least {MIN_PRE_PERIODS} are needed"
        )
    if not after.any():
        raise QuestionError("no period after the change has records for this unit")
    if not target[before].any():
        raise QuestionError(
            "all values before the change are zero: nothing to project from; ask for a larger unit or measure"
        )


def _one_scale(values: Floats) -> float:
    spread = float(values.std())
    return spread if spread > 0 else 1.0


def _fill(values: Floats, used: Bools) -> tuple[Floats, int]:
    """Fill gaps of donors by unit level x period level (both from what is there)."""
    missing = ~np.isfinite(values)
    count = int(missing[:, used].sum())
    if not missing.any():
        return values, 0
    known = np.where(missing, 0.0, values)
    unit = known.sum(1) / np.maximum((~missing).sum(1), 1)
    expected = np.where(missing, 0.0, unit[:, None]).sum(0)  # sum over the units with a record in the period
    factor = np.where(expected > 0, known.sum(0) / np.where(expected > 0, expected, 1.0), 1.0)
    return np.where(missing, unit[:, None] * factor, values), count
