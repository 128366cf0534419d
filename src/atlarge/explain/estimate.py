"""Estimate one measure in one area against its comparison places, for all spans at once."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atlarge.calendar import add_months
from atlarge.effects import (
    DEPARTURE_LAGS,
    Counterfactual,
    Judged,
    PlaceboGrid,
    PlaceboSpace,
    counterfactual,
    minimum_detectable_effect,
    placebo_grid,
    sdid_grid,
)
from atlarge.effects.placebo import learn_scale, quantile_pair, rank_p
from atlarge.effects.prediction import TooFewPlacebos, range_by_chance
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError
from atlarge.explain.answer import Area, EventPoint, Interval, Placebo, Series, Span
from atlarge.explain.daily import Daily
from atlarge.explain.periods import Months
from atlarge.explain.study import Study, change_arrays, group_of
from atlarge.panel import measure as measure_of
from atlarge.policies import Registry, registry

LEVEL = 0.9
SPAN_NAMES = ("month", "quarter", "rest", "policy")
MIN_DONOR_MEAN = 1.0
LIKE_SIZE = 0.25
MIN_LIKE = 40
MAX_SHOWN_PLACEBOS = 60
FEW = 20.0
"""Below this expected count, Poisson noise alone can exceed what placebos of other sizes show."""


@dataclass(frozen=True)
class Total:
    """A span's sums: effect = observed - expected with its placebo interval; scale, the usual size of its
    error; p-values two-sided, of an excess (`p_high`) and of a shortfall (`p_low`); `p_material`, the chance
    of so small an excess were a material one there (a quarter of what was expected); `power`, the chance
    that a material one would be found; the smallest excess found with 80% power (`mde`; None: placebos are
    too few for any); the numbers of placebo totals and places behind them, and the least chance that so many
    can show; how much of what was observed is inferred, with half of that interval."""

    observed: float
    expected: float
    effect: Interval
    scale: float
    p: float
    p_high: float
    mde: float | None
    placebos: int
    p_low: float = 1.0
    p_material: float | None = None
    power: float | None = None
    placebo_units: int | None = None
    p_least: float | None = None
    inferred: float = 0.0
    inferred_half: float = 0.0

    def widened(self, inferred: float, half: float) -> Total:
        """The same where `inferred` of what was observed is known to +- `half` only: both errors are added
        as independent ones, and p-values follow."""
        if inferred <= 0 or self.effect.value is None or self.effect.low is None or self.effect.high is None:
            return self
        value = self.effect.value
        low = value - float(np.hypot(value - self.effect.low, half))
        high = value + float(np.hypot(self.effect.high - value, half))
        scale = float(np.hypot(self.scale, half / 1.645))
        shrink = self.scale / scale if scale > 0 else 1.0

        def weaker(p: float) -> float:
            return 1 - NormalDist().cdf(NormalDist().inv_cdf(min(max(1 - p, 1e-9), 1 - 1e-9)) * shrink)

        p_high, p_low = weaker(self.p_high), weaker(self.p_low)
        low, high = range_by_chance(low, min(high, max(self.observed, value)), p_low, p_high, LEVEL)
        return replace(
            self,
            effect=Interval(value, low, high),
            scale=scale,
            p=min(1.0, 2 * min(p_high, p_low)),
            p_high=p_high,
            p_low=p_low,
            p_material=None if self.p_material is None else weaker(self.p_material),
            mde=self.mde / shrink if self.mde is not None and shrink > 0 else self.mde,
            inferred=inferred,
            inferred_half=half,
        )

    @property
    def counterfactual(self) -> Interval:
        """Expected count with its interval."""
        low = None if self.effect.high is None else max(0.0, self.observed - self.effect.high)
        high = None if self.effect.low is None else self.observed - self.effect.low
        return Interval(self.expected, low, high)


@dataclass(frozen=True)
class Estimate:
    """The result of one fit. `observed` and `fitted` are counts for each period of `months`.

    `fixed_band` and `fixed_gaps` belong to methods without a grid; with a grid they are computed on demand.
    """

    measure: str
    area: Area
    months: Months
    observed: Floats
    fitted: Floats
    totals: dict[str, Total]
    pre_rmse: float
    pre_mean: float
    donors: int
    donor_keys: tuple[str, ...]
    weights: tuple[tuple[str, float], ...]
    method: str
    tuning: float | None
    grid: PlaceboGrid | None = field(default=None, repr=False, compare=False)
    fixed_band: tuple[Floats, Floats] | None = field(default=None, repr=False, compare=False)
    fixed_gaps: Floats | None = field(default=None, repr=False, compare=False)

    def band(self) -> tuple[Floats, Floats]:
        """Interval of the count without a policy, by period."""
        if self.grid is None:
            assert self.fixed_band is not None
            return self.fixed_band
        n = len(self.months.start)
        low, high = self.grid.band()
        return low[:n], high[:n]

    def gaps(self, kept: slice) -> Floats:
        """Observed less fitted of some of the comparison places [places x periods]."""
        if self.grid is None:
            assert self.fixed_gaps is not None
            return np.asarray(self.fixed_gaps[1:][kept])
        return self.grid.gaps(len(self.months.start), kept)[1:]

    @property
    def baseline(self) -> float:
        """Count while the policy was in force at the mean daily rate of the pre-period."""
        days = np.array(self.months.days, dtype=float)
        before = self.months.pre & np.isfinite(self.observed)
        return float(self.observed[before].sum() / days[before].sum() * days[self.months.in_force].sum())

    @property
    def relative_rmse(self) -> float | None:
        """Pre-period error over the pre-period mean."""
        return self.pre_rmse / self.pre_mean if self.pre_mean > 0 else None


def estimate(
    counts: Daily,
    key: str,
    area: Area,
    measure: str,
    months: Months,
    changed: set[str],
    *,
    method: str = "share",
    leave_out: set[str] | None = None,
    donors: NDArray[np.bool_] | None = None,
    tuning: float | None = None,
    policies: Registry | None = None,
    only_total: bool = False,
    grid: PlaceboGrid | None = None,
) -> Estimate:
    """Fit the unit `key` from units that did not change, and total its gap over each span.

    `method` "share": the unit's discounted share of all units and of its area of responsibility, tested by
    placebos of all places and dates. Others ("sdid", "ascm", "sc", "did"): as `effects.counterfactual`, from
    units that did not change in these months (`changed`), of like size or in the mask `donors`, with
    placebos of the same date. `leave_out`: codes of places not to be used; `tuning`: a penalty already
    chosen; `grid`: that of another method for the same question. Raises QuestionError where the unit has no
    records, all zeros, or too few comparison units, and where a day with the policy in force is not covered.
    """
    row = counts.row(key)
    if row is None:
        raise QuestionError(f"{area.name}: no {_label(measure)} are recorded there; ask for a larger area")
    seen = counts.binned(months)[row]
    if not np.isfinite(seen[months.in_force]).all():
        first = months.start[int(np.flatnonzero(months.in_force & ~np.isfinite(seen))[0])]
        raise QuestionError(
            f"{area.name}: {_label(measure)} are not recorded throughout the month from {first} on"
        )
    try:
        if method in ("share", "sdid"):
            if grid is None:
                grid = grid_of(
                    counts, row, area.level, months, changed=changed, leave_out=leave_out, donors=donors,
                    policies=policies, only_total=only_total,
                )  # fmt: skip
            found = _by_share(counts, row, area, measure, months, grid, method, only_total)
        else:
            y = counts.binned(months)
            if donors is None:
                banned = changed | (leave_out or set())
                usable = np.array([banned.isdisjoint(k.split("+")) for k in counts.keys])
                donors = of_like_size([y[:, months.pre]], row, usable)
            found = _fit(counts, row, area, measure, months, y, donors, method, tuning)
    except TooFewPlacebos as error:
        raise QuestionError(
            f"{area.name}: too few places of like size to compare its {_label(measure)} with ({error})"
        ) from None
    except QuestionError as error:
        raise QuestionError(f"{area.name}, {_label(measure)}: {error}") from None
    if counts.inferred is None:
        return found
    totals = {}
    for name, total in found.totals.items():
        first, last = months.bounds(months.span(name))
        totals[name] = total.widened(*counts.inferred.over(first, last + dt.timedelta(days=1), row))
    return replace(found, totals=totals)


def estimate_in(
    study: Study,
    counts: Daily,
    months: Months,
    *,
    measure: str = "at_large",
    area: Area | None = None,
    **options: Any,
) -> Estimate:
    """The estimate of the place in question, from counts on the rows of its study."""
    return estimate(
        counts, study.key, area or study.area, measure, months, study.changed(months),
        policies=study.registry, **options,
    )  # fmt: skip


def bins_of(months: Months, last: dt.date) -> tuple[list[dt.date], list[dt.date]]:
    """The periods of `months`, and whole months after them to the end of the records."""
    start, stop = list(months.start), list(months.stop)
    origin, k = stop[-1], 0
    while add_months(origin, k + 1) <= last + dt.timedelta(days=1):
        start.append(add_months(origin, k))
        stop.append(add_months(origin, k + 1))
        k += 1
    return start, stop


def changed_periods(
    level: str,
    keys: tuple[str, ...],
    start: Sequence[dt.date],
    stop: Sequence[dt.date],
    policies: Registry | None = None,
) -> NDArray[np.bool_]:
    """Whether a unit's own cooperation changed in a period [units x periods]."""
    moved = np.zeros((len(keys), len(start)), dtype=bool)
    rows, days = change_arrays(level, keys, policies or registry(), start[0], stop[-1])
    edges = np.array(start, dtype="datetime64[D]")
    moved[rows, np.searchsorted(edges, days, side="right") - 1] = True
    return moved


def grid_of(
    counts: Daily,
    row: int,
    level: str,
    months: Months,
    *,
    changed: set[str] | None = None,
    leave_out: set[str] | None = None,
    donors: NDArray[np.bool_] | None = None,
    is_capped: bool = False,
    after: int = 0,
    policies: Registry | None = None,
    only_total: bool = False,
) -> PlaceboGrid:
    """The placebo grid of a question: history to the end of the pre-period, forecast from there.

    `changed`: codes of places that changed in these months: by the day of their own change where the registry
    has one, else they are left out throughout, as those of `leave_out` are. `donors`: a mask of the only
    units to use. `is_capped`: judge the counts with bursts capped. `after`: periods after the policy's end
    that are history too. `only_total`: forecast no further than the policy's end.
    """
    start, stop = bins_of(months, counts.last)
    y, capped = counts.sums(start, stop), counts.capped.sums(start, stop)
    here = int(np.flatnonzero(months.pre)[-1]) + 1
    in_force = np.flatnonzero(months.in_force)
    over = int(in_force[-1]) + 1 - here
    horizon = over if after else max(len(months.start) - here, over + max(DEPARTURE_LAGS))
    moved = changed_periods(level, counts.keys, start, stop, policies)
    moved[row, in_force[0]] = True
    undated = (changed or set()) - {
        c for k in np.flatnonzero(moved.any(1)) for c in counts.keys[k].split("+")
    }
    banned = undated | (leave_out or set())
    out = np.zeros(len(counts.keys), dtype=bool)
    if banned:
        out[:] = [not banned.isdisjoint(key.split("+")) for key in counts.keys]
    if donors is not None:
        out |= ~donors
    out[row] = False
    return placebo_grid(
        capped if is_capped else y, row, here, horizon, capped=capped, changed=moved,
        group=group_of(level, counts.keys), leave_out=out, after=after,
        calibrated_on=np.arange(over), level=LEVEL, only=over if only_total else None,
    )  # fmt: skip


def counting_noise(expected: float, observed: float) -> tuple[int, int, float, float]:
    """Poisson noise of a small expected count.

    Returns the 5% and 95% quantiles of the count, and the probabilities of `observed` or fewer and of
    `observed` or more.
    """
    from scipy.special import pdtr

    most = math.ceil(expected + 6 * math.sqrt(expected) + 6)
    below = pdtr(np.arange(most), expected)
    seen = math.floor(observed)
    fewer = float(below[min(seen, most - 1)])
    more = 1.0 if seen == 0 else float(1 - below[min(seen, most) - 1])
    tail = (1 - LEVEL) / 2
    return int(np.searchsorted(below, tail)), int(np.searchsorted(below, 1 - tail)), fewer, more


def total_of(compared: Judged) -> Total:
    """Convert a judged total for the answer; it is never more certain than Poisson noise allows."""
    low, high, p = compared.low, compared.high, compared.p
    p_low, p_high = compared.p_low, compared.p_high
    if 0 < compared.expected < FEW and math.isfinite(compared.observed):
        least, most, fewer, more = counting_noise(compared.expected, compared.observed)
        low, high = min(low, compared.observed - most), max(high, compared.observed - least)
        p_low, p_high, p = max(p_low, fewer), max(p_high, more), max(p, min(1.0, 2 * min(fewer, more)))
    return Total(
        observed=compared.observed,
        expected=compared.expected,
        effect=Interval(compared.effect, low, high),
        scale=(high - low) / (2 * 1.645),
        p=p,
        p_high=p_high,
        mde=compared.mde,
        placebos=compared.n_placebos,
        p_low=p_low,
        p_material=compared.p_material,
        power=compared.power,
        placebo_units=compared.n_units,
        p_least=compared.p_least,
    )


def _by_share(
    counts: Daily,
    row: int,
    area: Area,
    measure: str,
    months: Months,
    grid: PlaceboGrid,
    method: str,
    only_total: bool,
) -> Estimate:
    """Estimate the unit in `row` by its discounted share (or by synthetic difference in differences), for all
    spans at once."""
    if method == "sdid":
        grid = sdid_grid(grid, int(np.flatnonzero(months.in_force)[-1]) + 1 - grid.here)
    totals = {}
    for name in ("policy",) if only_total else SPAN_NAMES:
        mask = months.span(name)
        if mask.any():
            totals[name] = total_of(grid.judge(np.flatnonzero(mask) - grid.here))
    n = len(months.start)
    path = grid.path()[:n]
    observed = counts.binned(months)[row]
    rows = grid.others()
    before = months.pre & np.isfinite(path) & np.isfinite(observed)
    error = (observed - path)[before]
    return Estimate(
        measure=measure,
        area=area,
        months=months,
        observed=observed,
        fitted=path,
        totals=totals,
        pre_rmse=float(np.sqrt((error**2).mean())) if len(error) else float("nan"),
        pre_mean=float(np.nanmean(observed[months.pre])),
        donors=len(rows),
        donor_keys=tuple(counts.keys[grid.rows[k]] for k in rows),
        weights=(),
        method=method,
        tuning=None,
        grid=grid,
    )


def of_like_size(rows: Sequence[Floats], row: int, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Select comparison units that are not much smaller than the target, whose noise would swamp the fit.

    `rows`: one array [N, pre-periods] a measure. At least a record a month and a quarter of the target's
    mean of every measure; where fewer than 40 are left, the 40 that come nearest to that.
    """
    size = np.full(len(usable), np.inf)
    for pre in rows:
        with np.errstate(invalid="ignore"):
            mean = np.nan_to_num(pre.mean(1))
        usable = usable & (mean >= MIN_DONOR_MEAN)
        size = np.minimum(size, mean / max(float(mean[row]), MIN_DONOR_MEAN))
    size = np.where(np.arange(len(size)) == row, -1.0, size)
    large = usable & (size >= LIKE_SIZE)
    if large.sum() >= MIN_LIKE:
        return np.asarray(large)
    chosen = np.zeros(len(size), dtype=bool)
    chosen[np.argsort(-np.where(usable, size, -1.0), kind="stable")[:MIN_LIKE]] = True
    return np.asarray(chosen & usable)


def _label(measure: str) -> str:
    return measure_of(measure).label.lower()


def _fit(
    counts: Daily,
    row: int,
    area: Area,
    measure: str,
    months: Months,
    y: Floats,
    usable: NDArray[np.bool_],
    method: str,
    tuning: float | None,
) -> Estimate:
    result = counterfactual(
        y, row, months.pre, months.in_force, usable, method=method, level=LEVEL, tuning=tuning
    )
    totals = {}
    for name in SPAN_NAMES:
        mask = months.span(name)
        if mask.any():
            totals[name] = _total(y, row, mask, result)
    units = result.placebos.units
    order = np.argsort(-result.weights)[:8] if result.weights is not None else np.array([], dtype=int)
    return Estimate(
        measure=measure,
        area=area,
        months=months,
        observed=result.observed,
        fitted=result.fitted,
        totals=totals,
        pre_rmse=result.pre_rmse,
        pre_mean=result.pre_mean,
        donors=result.n_donors,
        donor_keys=tuple(counts.keys[u] for u in units[1:]),
        weights=tuple(
            (counts.keys[k], round(float(result.weights[k]), 3))
            for k in order
            if result.weights is not None and result.weights[k] > 0.01
        ),
        method=method,
        tuning=result.tuning,
        fixed_band=(result.low, result.high),
        fixed_gaps=result.placebos.gaps,
    )


def _total(y: Floats, row: int, mask: NDArray[np.bool_], result: Counterfactual) -> Total:
    """Total of one span from an existing fit: the gaps of all places over its periods, scaled and ranked
    again."""
    placebos = _over(result.placebos, np.vstack([y[row], y[result.placebos.units[1:]]]), mask)
    down, up = quantile_pair(placebos.statistic[1:], LEVEL)
    effect, scale = float(placebos.effect[0]), float(placebos.scale[0])
    seen = float(y[row, mask].sum())
    # a path of counts cannot be negative, so the effect cannot exceed the observed count
    high = min(effect - down * scale, max(seen, effect))
    return Total(
        observed=seen,
        expected=float(result.fitted[mask].sum()),
        effect=Interval(effect, effect - up * scale, high),
        scale=scale,
        p=placebos.p,
        p_high=placebos.p_high,
        mde=minimum_detectable_effect(placebos).total,
        placebos=placebos.n_placebos,
    )


def _over(space: PlaceboSpace, y: Floats, mask: NDArray[np.bool_]) -> PlaceboSpace:
    """The same placebo study, summed over other periods."""
    gaps = space.gaps[:, mask]
    effect = np.nansum(gaps, axis=1)
    level = np.maximum(np.nanmean(y[:, mask] - gaps, axis=1), 0.0)
    model = learn_scale(effect[1:], level[1:], space.pre_rmse[1:])
    size = model.predict(level, space.pre_rmse)
    statistic = effect / size
    return replace(
        space,
        effect=effect,
        scale=size,
        statistic=statistic,
        model=model,
        p=rank_p(np.abs(statistic)),
        p_high=rank_p(statistic),
    )


def span_of(found: Estimate, name: str, burst_share: float | None = None) -> Span | None:
    """One span of an estimate for the answer; None if the policy was too short for it."""
    total = found.totals.get(name)
    if total is None:
        return None
    start, end = found.months.bounds(found.months.span(name))
    return Span(
        span=name,  # type: ignore[arg-type]
        measure=found.measure,
        area=found.area,
        start=start,
        end=end,
        observed=total.observed,
        counterfactual=total.counterfactual,
        effect=total.effect,
        p_placebo=total.p,
        placebos=total.placebos,
        mde=total.mde,
        burst_share=burst_share,
        inferred=total.inferred,
    )


def series_of(found: Estimate) -> Series:
    """Observed and expected by period, for a chart."""
    about = measure_of(found.measure)
    low, high = found.band()

    def listed(values: Floats) -> list[float | None]:
        return [float(v) if np.isfinite(v) else None for v in values]

    return Series(
        measure=found.measure,
        label=about.label,
        unit=about.unit,
        area=found.area,
        period=list(found.months.start),
        days=found.months.days,
        observed=listed(found.observed),
        counterfactual=listed(found.fitted),
        low=listed(low),
        high=listed(high),
    )


def placebos_of(found: Estimate, names: dict[str, str]) -> list[Placebo]:
    """Gaps of the comparison places as if they had had the policy, for a chart; evenly thinned to at most
    60."""
    kept = slice(None, None, max(1, -(-len(found.donor_keys) // MAX_SHOWN_PLACEBOS)))
    keys = found.donor_keys[kept]
    return [
        Placebo(key, names.get(key, key), [float(v) if np.isfinite(v) else None for v in gaps])
        for key, gaps in zip(keys, found.gaps(kept), strict=True)
    ]


def event_time_of(found: Estimate) -> list[EventPoint]:
    """The gap of every month, before and after, with the band of placebo errors."""
    points = []
    low, high = found.band()
    for k, (start, offset) in enumerate(zip(found.months.start, found.months.offset, strict=True)):
        gap = found.observed[k] - found.fitted[k]
        if np.isfinite(gap):
            spread = Interval(
                float(gap), float(found.observed[k] - high[k]), float(found.observed[k] - low[k])
            )
            points.append(EventPoint(offset, start, spread))
    return points
