"""Expected counts from a unit's discounted share of all units and of its group; every unit and date at once.

A unit's share of the whole is a level that drifts. The best guess of such a level from counts weighs recent
periods more: exponential discounting is the point estimate of a local-level gamma-Poisson filter (West and
Harrison 1997, ch. 10; Harvey and Fernandes 1989). Two memories are combined,
a short one on the counts as they are and a long one on counts whose bursts are capped; what the unit's group
(its region) does beyond the whole is followed in part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atlarge.effects.arrays import as_panel
from atlarge.effects.typing import Bools, Floats, Ints


@dataclass(frozen=True)
class ShareSettings:
    """How a share is estimated and carried forward.

    Attributes
    ----------
    decay : tuple of float
        Weight of a period relative to the next one, one for each memory.
    on_capped : tuple of bool
        Whether that memory reads the counts with bursts capped.
    damping : float
        Power to which the group's own movement is followed (0: not at all, 1: wholly).
    reliable : float
        Group count a period at which the damping is halved: small groups move by chance.
    bounds : tuple of float
        Least and largest factor that the group's movement may amount to.
    """

    decay: tuple[float, ...] = (0.65, 0.88)
    on_capped: tuple[bool, ...] = (False, True)
    damping: float = 0.6
    reliable: float = 20.0
    bounds: tuple[float, float] = (0.3, 3.0)


USUAL = ShareSettings()
MAX_MISSING = 0.25


def expected_counts(
    y: ArrayLike,
    starts: ArrayLike,
    horizon: int,
    *,
    capped: ArrayLike | None = None,
    pool: ArrayLike | None = None,
    group: ArrayLike | None = None,
    after: int = 0,
    first: int = 0,
    settings: ShareSettings = USUAL,
) -> Floats:
    """Forecast `horizon` periods for every unit from every start date, as if it had changed then.

    Parameters
    ----------
    y : array [N, T]
        Counts; NaN where there is no record.
    starts : array [D]
        First period that is forecast; the periods before it are the history.
    horizon : int
        Number of periods to forecast.
    capped : array [N, T], optional
        The counts with bursts capped, for the long memory.
    pool : bool array [N] or [D, N], optional
        Units whose sum is "the whole"; a unit is never part of its own comparison.
    group : array [N], optional
        Label of each unit's group; left out: no groups.
    after : int
        Periods after the horizon that serve as history too (for a change that ended).
    first : int
        First period that serves as history.
    settings : ShareSettings
        How shares are estimated and carried forward.

    Returns
    -------
    array [N, D, horizon]
        NaN beyond the last period.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import expected_counts
    >>> y = np.tile([[2.0], [10.0], [20.0]], (1, 12))
    >>> expected_counts(y, [8], 2).round(2)[:, 0].tolist()
    [[2.0, 2.0], [10.0, 10.0], [20.0, 20.0]]
    """
    forecast = ShareForecast(
        as_panel(y), starts, horizon, capped=capped, pool=pool, group=group, after=after, first=first,
        settings=settings,
    )  # fmt: skip
    return forecast.of(np.arange(forecast.shape[0]))


class ShareForecast:
    """The same for the units that are wanted: what concerns all units is added up once.

    `shape` is that of all forecasts, [N, D, horizon].
    """

    def __init__(
        self,
        panel: Floats,
        starts: ArrayLike,
        horizon: int,
        *,
        capped: ArrayLike | None = None,
        pool: ArrayLike | None = None,
        group: ArrayLike | None = None,
        after: int = 0,
        first: int = 0,
        settings: ShareSettings = USUAL,
    ) -> None:
        smooth = panel if capped is None else np.asarray(capped, dtype=np.float64)
        begin = np.atleast_1d(np.asarray(starts, dtype=np.int64))
        n, periods = panel.shape
        usable = np.ones((len(begin), n), dtype=bool) if pool is None else np.asarray(pool, dtype=bool)
        if usable.ndim == 1:
            usable = np.tile(usable, (len(begin), 1))
        self.shape = n, len(begin), horizon
        self.settings = settings
        seen = np.isfinite(panel)
        covered = max(int(seen.any(0).sum()), 1)
        complete = seen.sum(1) >= (1 - MAX_MISSING) * covered
        self._whole = _filled(panel, seen)
        period = begin[:, None] + np.arange(horizon)[None, :]
        self._is_covered = period < periods
        # computed only for the K pairs of date and time that lie within the periods
        self._date, self._ahead = np.nonzero(self._is_covered)[0], period[self._is_covered]
        self._inside = (usable & complete[None, :]).astype(np.float64)  # [D, N]
        self._mask = seen.astype(np.float64)
        self._labels = None if group is None else np.unique(np.asarray(group), return_inverse=True)[1]
        whole_smooth = self._whole if smooth is panel else np.where(seen, smooth, self._whole)
        sums = {False: self._sums(self._whole)}
        if whole_smooth is not self._whole and any(settings.on_capped):
            sums[True] = self._sums(whole_smooth)
        total, by_group = sums[False]
        self._everyone = total[self._date, self._ahead]
        self._around = None if by_group is None else by_group[self._date, :, self._ahead]  # [K, G]
        self._memories = []
        for decay, on_capped in zip(settings.decay, settings.on_capped, strict=True):
            weight = np.stack(
                [
                    _weights(periods, int(s), min(int(s) + horizon, periods), decay, after, first)
                    for s in begin
                ],
                axis=1,
            )
            values = whole_smooth if on_capped else self._whole
            total, by_group = sums.get(on_capped, sums[False])
            heavy = None if by_group is None else by_group * weight.T[:, None, :]  # [D, G, T]
            self._memories.append((values, weight, weight * total.T, heavy))

    def _sums(self, values: Floats) -> tuple[Floats, Floats | None]:
        """Sums by period of all units inside [D, T], and of each group [D, G, T], for every date."""
        by_group = None
        if self._labels is not None:
            members = [np.flatnonzero(self._labels == g) for g in range(int(self._labels.max()) + 1)]
            by_group = np.stack([self._inside[:, m] @ values[m] for m in members], axis=1)
        return self._inside @ values, by_group

    def of(self, rows: Ints) -> Floats:
        """Forecasts of some units [len(rows), D, horizon]; NaN beyond the last period."""
        settings = self.settings
        out = np.empty((len(rows), *self.shape[1:]))
        out[:, ~self._is_covered] = np.nan
        inside, mask = self._inside.T[rows], self._mask[rows]
        own = self._whole[rows][:, self._ahead] * inside[:, self._date]
        everyone = np.maximum(self._everyone[None] - own, 0.0)
        movement = None
        if self._labels is not None and self._around is not None:
            around = np.maximum(self._around.T[self._labels[rows]] - own, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                movement = np.log(around / everyone)
        product = np.ones_like(own)
        for values, weight, weighted, heavy in self._memories:
            own, base, near, length = self._before(rows, inside, mask, values, weight, weighted, heavy)
            expected = (own / np.maximum(base, 1e-12))[:, self._date] * everyone
            if near is not None and movement is not None:
                with np.errstate(divide="ignore", invalid="ignore"):
                    factor = movement - np.log(near / base)[:, self._date]
                factor[~(factor < np.inf)] = 0.0  # nothing to compare with
                np.clip(factor, *np.log(settings.bounds), out=factor)
                size = near / np.maximum(length, 1e-12)
                power = settings.damping * size / (size + settings.reliable)
                factor *= power[:, self._date]
                expected *= np.exp(factor, out=factor)
            expected += 0.05
            product *= expected
        memories = len(self._memories)
        mean = np.sqrt(product) if memories == 2 else product ** (1 / memories)
        out[:, self._is_covered] = np.maximum(mean - 0.05, 0.0)
        return out

    def _before(
        self,
        rows: Ints,
        inside: Floats,
        mask: Floats,
        values: Floats,
        weight: Floats,
        weighted: Floats,
        heavy: Floats | None,
    ) -> tuple[Floats, Floats, Floats | None, Floats]:
        """Weighted over the periods in which the unit has a record: its own, those of all, of its group, and
        the weights themselves [len(rows), D]; `weight`, `weighted` [T, D]. A unit is not among the others."""
        own = (values[rows] * mask) @ weight
        base = np.maximum(mask @ weighted - own * inside, 0.0)
        length = mask @ weight
        if self._labels is None or heavy is None:
            return own, base, None, length
        labels = self._labels[rows]
        if bool((self._mask == self._mask[0]).all()):
            near = (heavy @ self._mask[0])[:, labels].T
        else:
            near = np.stack([(mask * heavy[d][labels]).sum(1) for d in range(len(heavy))], axis=1)
        return own, base, np.maximum(near - own * inside, 0.0), length


def _weights(periods: int, start: int, stop: int, decay: float, after: int, first: int) -> Floats:
    time = np.arange(periods)
    weight = np.where(time < start, decay ** np.maximum(start - 1.0 - time, 0), 0.0)
    weight[:first] = 0.0
    if after:
        late = (time >= stop) & (time < stop + after)
        weight = np.where(late, decay ** np.maximum(time - float(stop), 0), weight)
    return np.asarray(weight)


def _filled(panel: Floats, seen: Bools) -> Floats:
    """Gaps filled by unit level x period level, for the sums of others; zero where no unit has a record."""
    if seen.all():
        return panel
    known = np.where(seen, panel, 0.0)
    unit = known.sum(1) / np.maximum(seen.sum(1), 1)
    usual = (unit[:, None] * seen).sum(0)
    factor = np.where(usual > 0, known.sum(0) / np.where(usual > 0, usual, 1.0), 0.0)
    return np.where(seen, panel, unit[:, None] * factor)


def cap_bursts(weekly: ArrayLike, *, reach: int = 8, gap: int = 1, trim: int = 2) -> tuple[Floats, Floats]:
    """Split weekly counts into a local level with ordinary noise, and what stands out above it.

    The level of a week is the trimmed mean of the weeks around, the nearest left out. A week above
    ``level + 3 sqrt(1.3 level + 0.25) + 1.5`` is cut to ``level + 0.5 sqrt(level)``.

    Parameters
    ----------
    weekly : array [N, W]
        Counts; NaN where there is no record.
    reach, gap, trim : int
        Weeks on each side; weeks on each side (and the week itself) left out; weeks trimmed at each end.

    Returns
    -------
    kept, level : arrays [N, W]
        Counts without what stands out, and the local level.

    Examples
    --------
    >>> import numpy as np
    >>> from atlarge.effects import cap_bursts
    >>> weeks = np.full((1, 30), 2.0)
    >>> weeks[0, 15] = 40
    >>> kept, _ = cap_bursts(weeks)
    >>> round(float(weeks.sum() - kept.sum()), 1)
    37.3
    """
    counts = np.asarray(weekly, dtype=np.float64)
    unit, week = np.ogrid[: counts.shape[0], : counts.shape[1]]
    level = _level_around(counts, unit, week, reach, gap, trim)
    return _capped(counts, level), level


def capped_share(weekly: ArrayLike, *, reach: int = 8, gap: int = 1, trim: int = 2) -> Floats:
    """What `cap_bursts` keeps of each week, as a share of its count.

    Parameters
    ----------
    weekly : array [N, W]
        Counts; NaN is missing.
    reach, gap, trim : int
        As of `cap_bursts`. The level is found only for weeks that could stand out above a level of zero.

    Returns
    -------
    array [N, W]
        1 where a week is kept whole.

    Examples
    --------
    >>> import numpy as np
    >>> weekly = np.full((1, 30), 10.0)
    >>> weekly[0, 15] = 80
    >>> share = capped_share(weekly)[0]
    >>> bool(share[14] == 1), bool(share[15] < 0.2)
    (True, True)
    """
    counts = np.asarray(weekly, dtype=np.float64)
    unit, week = np.nonzero(counts > 3 * np.sqrt(0.25) + 1.5)
    seen = counts[unit, week]
    level = _level_around(counts, unit, week, reach, gap, trim)
    share = np.ones_like(counts)
    share[unit, week] = _capped(seen, level) / seen
    return share


def _capped(counts: Floats, level: Floats) -> Floats:
    high = counts > level + 3 * np.sqrt(1.3 * level + 0.25) + 1.5
    return np.where(high, np.minimum(counts, level + 0.5 * np.sqrt(level)), counts)


def _level_around(counts: Floats, unit: Ints, week: Ints, reach: int, gap: int, trim: int) -> Floats:
    """Trimmed mean of the weeks around each cell of counts [N, W]; `unit` and `week` are broadcast."""
    n = counts.shape[1]
    steps = np.array([k for k in range(-reach, reach + 1) if abs(k) > gap])
    index = np.abs(week[..., None] + steps)
    index = np.where(index > n - 1, 2 * (n - 1) - index, index).clip(0, n - 1)
    around = counts[unit[..., None], index]
    if np.isnan(around).any():
        seen = np.isfinite(around).sum(axis=-1)
        middle = np.where(seen > 0, np.nansum(around, axis=-1) / np.maximum(seen, 1), np.nan)
        around = np.where(np.isnan(around), middle[..., None], around)
    count = around.shape[-1]
    ordered = np.partition(around, (trim, count - trim - 1), axis=-1)
    return np.asarray(ordered[..., trim : count - trim].mean(-1))
