"""Switches of method within one label: the arrests of an office go on, but under another method."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from atlarge.calendar import add_months
from atlarge.effects import mix_switch
from atlarge.effects.mixes import REACH
from atlarge.errors import QuestionError
from atlarge.explain.answer import Area, Interval
from atlarge.explain.daily import Daily
from atlarge.explain.estimate import estimate_in
from atlarge.explain.periods import Months
from atlarge.explain.quantities import MethodSwitch, NamingShift
from atlarge.explain.study import Study
from atlarge.policies import Policy

NEAR_MONTHS = 6
HALF_YEAR = 6
LEAST_NAMED = 100.0
NAMING_SHIFT = 0.2
LABELS = {"office": "only the office area", "county": "the county"}


def method_switches(study: Study, policy: Policy, months: Months) -> list[MethodSwitch]:
    """Switches in the share at large of the labels of the area, found without the policy's date.

    A label's switch is near the policy from half a year before it was known to its end. The estimate that it
    does not touch is of at-large arrests and handoffs together.
    """
    found = []
    robust: tuple[Interval, float | None, float | None, str] | None = None
    for area in (study.where.office, study.where.county):
        if area is None:
            continue
        counts = study.level(area) if area.level in ("county", "office", "aor") else study.main
        switch = _switch(counts["at_large"], counts["handoffs"].recorded, area)
        if switch is None:
            continue
        first = add_months(policy.known, -NEAR_MONTHS)
        if first <= switch.date < months.policy_end:
            robust = robust or _robust(study, area, months)
            switch = replace(
                switch, near_policy=True, robust=robust[0], robust_expected=robust[1], robust_p=robust[2],
                robust_measure=robust[3],
            )  # fmt: skip
        found.append(switch)
    return found


def naming_shift(study: Study, until: dt.date) -> NamingShift | None:
    """Whether records of jail handoffs began to name counties more or less often, over all places together.

    Compared are all half years before `until`. What a jail lost is then not what its name lost: neither its
    own records nor those of the others count as they did. None where the share moved by less than a fifth,
    or where what is studied is larger than a county.
    """
    if study.exposure_area.level != "county":
        return None
    sums = []
    for level in (study.county, study.aor):
        values, firsts = level["handoffs"].recorded.calendar()
        whole = np.nansum(values, axis=0)[[month < until for month in firsts]]
        whole = whole[len(whole) % HALF_YEAR :]
        sums.append(whole.reshape(-1, HALF_YEAR).sum(1))
    named, every = sums
    if len(named) != len(every):  # these were not recorded over the same time
        return None
    enough = np.flatnonzero(every >= LEAST_NAMED)
    if len(enough) < 2:
        return None
    share = np.clip(named[enough] / every[enough], 0.0, 1.0)
    first, last = sorted((int(share.argmin()), int(share.argmax())))
    if abs(share[last] - share[first]) < NAMING_SHIFT:
        return None
    return NamingShift(before=float(share[first]), after=float(share[last]))


def _switch(at_large: Daily, handoffs: Daily, area: Area) -> MethodSwitch | None:
    row, other = at_large.row(area.code), handoffs.row(area.code)
    if row is None or other is None:
        return None
    try:
        part, firsts = at_large.calendar()
        rest, _ = handoffs.calendar()
        months = rest.shape[1]
        found = mix_switch(part[row, :months], part[row, :months] + rest[other])
    except QuestionError:
        return None
    if not found.is_switch:
        return None
    return MethodSwitch(
        place=area.code,
        place_name=area.name,
        label=LABELS.get(area.level, area.name),
        date=firsts[found.index],
        low=firsts[found.low],
        high=firsts[found.high],
        share_before=found.before,
        share_after=found.after,
        p=found.p,
        first=firsts[max(0, found.index - REACH)],
        last=add_months(firsts[min(len(firsts) - 1, found.index + REACH - 1)], 1) - dt.timedelta(days=1),
    )


def _robust(study: Study, area: Area, months: Months) -> tuple[Interval, float | None, float | None, str]:
    """The effect on a sum that the switch leaves alone, its expected count, p and name."""
    main = study.main["at_large"]
    is_office = area.level == "office" and study.around is not None
    other = study.around if is_office and study.around is not None else study.main["handoffs"]
    name = "at_large+area_handoffs" if is_office else "all"
    if other.keys != main.keys:
        return Interval(None), None, None, name
    try:
        found = estimate_in(study, main.plus(other), months, only_total=True).totals["policy"]
    except QuestionError:
        return Interval(None), None, None, name
    return found.effect, found.expected, found.p, name
