"""The same question put in other ways: other methods, dates, comparison places, areas and schemes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlarge.errors import AtlargeError
from atlarge.explain.areas import seat_of
from atlarge.explain.decomposition import donors_of
from atlarge.explain.estimate import Estimate, estimate_in
from atlarge.explain.periods import Months, months_of
from atlarge.explain.study import Study
from atlarge.policies import Policy
from atlarge.reference import lookup


def row_of(variant: str, label: str, found: Estimate) -> dict[str, Any]:
    """One line of the table: the effect while the policy was in force, and what it was measured in."""
    total = found.totals["policy"]
    return {
        "variant": variant,
        "label": label,
        "measure": found.measure,
        "area": found.area.name,
        **total.effect.to_dict(),
        "expected": round(total.expected, 1),
        "p_placebo": round(total.p, 4),
        "donors": found.donors,
        "note": "",
    }


def failed(variant: str, label: str, error: AtlargeError) -> dict[str, Any]:
    """A line that could not be computed, with the reason."""
    empty = dict.fromkeys(("value", "low", "high", "expected", "p_placebo", "donors"))
    return {"variant": variant, "label": label, "measure": None, "area": None, **empty, "note": str(error)}


def same_aor(study: Study) -> set[str]:
    """Codes of units in the area's own AOR: counties, and offices."""
    aor = study.where.aor
    if aor is None or study.area.level in ("aor", "state"):
        return set()
    inside = {fips for fips, code in lookup("counties", "fips", "aor").items() if code == aor.code}
    if study.area.level == "office":
        return {key for key in study.main["at_large"].keys if seat_of(key) in inside}
    return inside


@dataclass(frozen=True)
class _Query:
    """What all variants share."""

    study: Study
    main: Estimate

    def again(
        self,
        variant: str,
        label: str,
        months: Months,
        method: str = "share",
        leave_out: set[str] | None = None,
    ) -> dict[str, Any]:
        """The main estimate with something else: its line, or why there is none."""
        study, main = self.study, self.main
        counts, exposure = study.main["at_large"], study.exposure
        tuning = main.tuning if method == main.method else None
        try:
            donors = None
            has_rows = counts.row(study.key) is not None and exposure.row(study.key) is not None
            if method == "ascm" and has_rows:
                y, x = counts.binned(months), exposure.binned(months)
                donors = donors_of(
                    [y, x], counts.keys.index(study.key), counts.keys, months, study.changed(months)
                )
            found = estimate_in(
                study, counts, months, leave_out=leave_out, method=method, donors=donors, tuning=tuning,
                only_total=True, grid=main.grid if months is main.months and not leave_out else None,
            )  # fmt: skip
        except AtlargeError as error:
            return failed(variant, label, error)
        return row_of(variant, label, found)


def sensitivity_of(
    study: Study, policy: Policy, main: Estimate, handoff_change: dt.date | None
) -> list[dict[str, Any]]:
    """The main line and its variants for arrests at large in the headline area."""
    counts, months, query = study.main["at_large"], main.months, _Query(study, main)
    rows = [
        row_of("main", "Main estimate (discounted share)", main),
        query.again("sdid", "Synthetic difference in differences instead", months, "sdid"),
        query.again("ascm", "Ridge-augmented synthetic control instead", months, "ascm"),
    ]
    if policy.announced is not None and policy.announced < policy.effective:
        from_then = months_of(policy, counts.first, counts.last, anchor=policy.announced)
        rows.append(query.again("announced", f"From the announcement ({policy.announced}) on", from_then))
    if handoff_change is not None and handoff_change < policy.effective:
        label = f"Compared with the months before handoffs changed ({handoff_change:%Y-%m})"
        try:
            early = months_of(policy, counts.first, counts.last, known=handoff_change)
            rows.append(query.again("before_fall", label, early))
        except AtlargeError as error:
            rows.append(failed("before_fall", label, error))
    near = same_aor(study)
    if near:
        rows.append(query.again("other_aors", "Comparison places of other AORs only", months, leave_out=near))
    return rows


def in_time_of(study: Study, main: Estimate) -> dict[str, Any]:
    """A false policy in the last third of the months before: an effect there means a poor comparison."""
    label = "A false date, a third of the pre-period early"
    months = main.months
    index = np.flatnonzero(months.pre)
    left_out = np.zeros(len(months.pre), dtype=bool)
    left_out[index[-max(1, len(index) // 3) :]] = True
    false = Months(
        months.start, months.stop, months.offset, months.pre & ~left_out, months.between, left_out,
        np.zeros_like(left_out), months.policy_end, True,
    )  # fmt: skip
    try:
        found = estimate_in(study, study.main["at_large"], false, only_total=True)
        return row_of("in_time", label, found) | {"date": false.bounds(left_out)[0].isoformat()}
    except AtlargeError as error:
        return failed("in_time", label, error)
