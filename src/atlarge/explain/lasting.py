"""The lasting excess without bursts, both sides of a policy that ended, and a place that had left before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from atlarge.effects import Judged as Total
from atlarge.effects import PlaceboGrid
from atlarge.errors import QuestionError
from atlarge.explain.answer import Interval
from atlarge.explain.estimate import Estimate, grid_of, total_of
from atlarge.explain.periods import months_of
from atlarge.explain.quantities import ALPHA_LASTING, Lasting, LeftBefore, TwoSided, relative
from atlarge.explain.study import Study
from atlarge.policies import Policy

MIN_AFTER_MONTHS = 3
LONGEST = 1200
LEFT_P = 0.05


def lasting_of(study: Study, main: Estimate, usual_month: float) -> Lasting:
    """The whole time in force without the arrests of its bursts, tested on counts with bursts capped.

    Where there was no burst to take away, these are the very numbers of the main estimate.
    """
    grid, months, counts = _grid(main), main.months, study.main["at_large"]
    ahead = np.flatnonzero(months.in_force) - grid.here
    compared = grid.judge(ahead, alpha=ALPHA_LASTING)
    row = counts.keys.index(study.key)
    removed = round(float(compared.observed - np.nansum(counts.capped.binned(months)[row, months.in_force])))
    if removed >= 1:
        try:
            capped = grid_of(
                counts, row, main.area.level, months, changed=study.changed(months), policies=study.registry,
                is_capped=True,
            )  # fmt: skip
        except QuestionError:
            raise QuestionError(
                f"{main.area.name}: apart from bursts, the records place too few arrests at large here to "
                "say whether anything changed"
            ) from None
        compared = _whole(capped.judge(ahead, alpha=ALPHA_LASTING), compared.observed - removed)
    start, end = months.bounds(months.in_force)
    total = total_of(compared)
    return Lasting(
        observed=compared.observed,
        expected=compared.expected,
        effect=total.effect,
        p=total.p_high,
        p_low=total.p_low,
        p_material=compared.p_material,
        material=compared.material,
        power=compared.power,
        mde=compared.mde,
        mde_relative=relative(compared.mde, compared.expected),
        start=start,
        end=end,
        months=int(months.in_force.sum()),
        bursts_removed=float(max(removed, 0)),
        usual_month=usual_month,
        places=compared.n_units,
    )


def _whole(compared: Total, observed: float) -> Total:
    """The same with a whole number of arrests observed."""
    shift = observed - compared.observed
    return replace(
        compared, observed=observed, effect=compared.effect + shift, low=compared.low + shift,
        high=compared.high + shift,
    )  # fmt: skip


def two_sided_of(study: Study, main: Estimate, policy: Policy) -> TwoSided:
    """The whole time in force against the months before and after it.

    Other estimates follow a policy for three years, since a forecast from before alone soon knows little;
    with months after it as well, all of its time is compared with placebos as long.

    Raises QuestionError where it has not ended in the records, fewer than three months after it are recorded,
    or too few placebos are as long.
    """
    months, counts = main.months, study.main["at_large"]
    changed = study.changed(months)
    if months.is_cut and policy.ended is not None:
        months = months_of(policy, counts.first, counts.last, longest=LONGEST)
    row = counts.keys.index(study.key)
    y = counts.binned(months)[row]
    after = int((months.after & np.isfinite(y)).sum())
    if months.is_cut:
        raise QuestionError(f"it was still in force where the records end, at {months.policy_end}")
    if after < MIN_AFTER_MONTHS:
        raise QuestionError(f"only {after} whole months after its end are recorded, not {MIN_AFTER_MONTHS}")
    grid = grid_of(
        counts, row, main.area.level, months, changed=changed, policies=study.registry, after=after
    )
    compared = total_of(grid.judge(np.flatnonzero(months.in_force) - grid.here))
    start, end = months.bounds(months.in_force)
    return TwoSided(
        start=start,
        end=end,
        observed=compared.observed,
        expected=compared.expected,
        effect=compared.effect,
        p=compared.p,
        p_high=compared.p_high,
        months_before=int(months.pre.sum()),
        months_after=after,
    )


def left_before_of(main: Estimate) -> LeftBefore | None:
    """When the place left its comparison before the policy was known, and the effect counted from there: the
    time in force against a forecast of what was known before it left. None where it had not left clearly."""
    grid, months = _grid(main), main.months
    left = grid.departure()
    if left is None or left.p > LEFT_P:
        return None
    since = left.judged
    ratio = Interval(
        since.observed / max(since.expected, 1e-9),
        since.observed / max(since.observed - since.low, 1e-9),
        since.observed / max(since.observed - since.high, 1e-9),
    )
    ahead = np.flatnonzero(months.in_force) - grid.here + left.lag
    effect, expected = Interval(None), None
    if int(ahead.max()) < grid.horizon:
        try:
            early = total_of(grid.judge(ahead, start=left.start))
            effect, expected = early.effect, early.expected
        except QuestionError:
            pass
    return LeftBefore(
        date=months.start[left.start],
        low=months.start[max(0, left.start - 2)],
        high=months.start[min(left.start + 2, grid.here - 1)],
        ratio=ratio,
        p=left.p,
        estimate_from=effect,
        expected_from=expected,
    )


def _grid(main: Estimate) -> PlaceboGrid:
    if main.grid is None:
        raise QuestionError("this needs the estimate by the discounted share")
    return main.grid
