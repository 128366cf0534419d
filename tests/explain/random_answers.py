"""Answers over random numbers of every shape: what no record has shown yet, words must be right for too."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
from hand_facts import AOR, COUNTY, HERE, OFFICE, change, estimate, facts, parts, policy

from atlarge.errors import AtlargeError
from atlarge.explain.answer import Answer, Area, Interval
from atlarge.explain.api import _no_change, settled, verdicts_of
from atlarge.explain.areas import Where
from atlarge.explain.caveats import caveats_of
from atlarge.explain.estimate import Estimate, Total, span_of
from atlarge.explain.facts import Facts
from atlarge.explain.narrative import headline, paragraphs
from atlarge.explain.periods import Months, months_of
from atlarge.explain.quantities import Bursts, Lasting, LeftBefore, MethodSwitch, TwoSided
from atlarge.messages import say
from atlarge.panel.time_axis import breaks
from atlarge.policies import Policy

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2019, 9, 1)
STATE = Area("state", "TX", "Texas")
LONG = Area("county", "22103", "St. John the Baptist Parish, LA")
PLACES = [
    HERE,
    replace(HERE, office=None),
    replace(HERE, own=OFFICE, county=None),
    Where(AOR, None, None, AOR, ""),
    Where(STATE, None, None, None, "TX"),
    replace(HERE, own=LONG, county=LONG),
    replace(
        HERE,
        own=replace(COUNTY, name="El Paso County, TX"),
        county=replace(COUNTY, name="El Paso County, TX"),
    ),
]


def _size(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(-1.5, 8.0)))


def _interval(rng: np.random.Generator, value: float, scale: float) -> Interval:
    low, high = value - scale * rng.uniform(0.1, 2.5), value + scale * rng.uniform(0.1, 2.5)
    return Interval(value, low, high)


def _total(rng: np.random.Generator) -> Total:
    expected = _size(rng)
    observed = float(rng.poisson(expected * np.exp(rng.normal(0, 0.8))))
    effect = _interval(rng, observed - expected, np.sqrt(expected) * np.exp(rng.normal(0, 1)))
    p_high = float(np.clip(rng.beta(0.4, 0.4), 0.0005, 1.0))
    if effect.value is not None and effect.value < 0:
        p_high = max(p_high, 0.5)
    p = min(1.0, 2 * min(p_high, 1 - p_high + 0.001))
    return Total(observed, expected, effect, 5.0, p, p_high, _size(rng), int(rng.integers(5, 300)))


def _estimate(rng: np.random.Generator, laid: Months, area: Area, measure: str) -> Estimate:
    names = ["month", "quarter", "policy"] + (["rest"] if laid.in_force.sum() > 1 else [])
    return estimate({n: _total(rng) for n in names}, of=laid, area=area, measure=measure)


def _policy(rng: np.random.Generator) -> Policy:
    begun = dt.date(2016, 8, 1) + dt.timedelta(days=int(rng.integers(0, 900)))
    kinds = ["detainers", "program_287g", "jail_contract", "date", "state_law"]
    kind = str(rng.choice(kinds))
    return policy(
        effective=begun,
        announced=begun - dt.timedelta(days=int(rng.integers(0, 60))) if rng.random() < 0.4 else None,
        ended=begun + dt.timedelta(days=int(rng.integers(20, 700))) if rng.random() < 0.5 else None,
        direction="" if kind == "date" else str(rng.choice(["limits", "extends"])),
        level=str(rng.choice(["county", "city", "state"])),
        kind=kind,
        confidence=str(rng.choice(["high", "medium", "low"])),
    )


def _bursts(rng: np.random.Generator, laid: Months, usual: float) -> Bursts | None:
    if rng.random() < 0.1:
        return None
    start = laid.bounds(laid.in_force)[0] - dt.timedelta(days=int(rng.integers(0, 20)))
    watch = {"watch_start": start, "watch_end": start + dt.timedelta(days=30)}
    if rng.random() < 0.15:
        return Bursts(
            observed=0.0,
            expected=usual / 30,
            effect=Interval(-usual / 30),
            p=1.0,
            usual_month=usual,
            p_material=float(rng.random()),
            material=usual,
            places=50,
            **watch,
        )
    length = int(rng.integers(1, 8))
    first = start + dt.timedelta(days=int(rng.integers(0, 24)))
    last = first + dt.timedelta(days=length - 1)
    expected = usual * length / 30
    observed = float(rng.poisson(expected * np.exp(rng.uniform(0, 3))) + rng.integers(0, 4))
    effect = observed - expected
    p = float(rng.beta(0.4, 0.6))
    return Bursts(
        observed=observed,
        expected=expected,
        effect=Interval(effect, effect - usual, effect + usual) if rng.random() < 0.5 else Interval(effect),
        p=p,
        p_material=float(rng.beta(0.4, 0.6)),
        material=usual,
        start=first,
        end=last,
        usual_month=usual,
        score=3.0,
        places=int(rng.integers(1, 300)),
        elsewhere=int(rng.integers(0, 4)),
        **watch,
    )


def _lasting(
    rng: np.random.Generator, total: Total, laid: Months, usual: float, burst: Bursts | None
) -> Lasting:
    start, end = laid.bounds(laid.in_force)
    shared: dict[str, Any] = {
        "start": start,
        "end": end,
        "months": int(laid.in_force.sum()),
        "usual_month": usual,
    }
    p_low = 1.0 - total.p_high
    if burst is not None and burst.start is not None and rng.random() < 0.5 and burst.observed > 0:
        observed = max(0.0, total.observed - burst.observed)
        effect = _interval(rng, observed - total.expected, np.sqrt(total.expected))
        return Lasting(
            observed=observed,
            expected=total.expected,
            effect=effect,
            p=total.p_high,
            p_low=p_low,
            p_material=float(rng.beta(0.4, 0.6)),
            material=total.expected / 4,
            mde=None if rng.random() < 0.1 else _size(rng),
            places=int(rng.integers(1, 300)),
            bursts_removed=burst.observed,
            **shared,
        )
    return Lasting(
        observed=total.observed,
        expected=total.expected,
        effect=total.effect,
        p=total.p_high,
        p_low=p_low,
        p_material=float(rng.beta(0.4, 0.6)),
        material=total.expected / 4,
        mde=None if rng.random() < 0.1 else total.mde,
        places=int(rng.integers(1, 300)),
        **shared,
    )


def _concentration(rng: np.random.Generator) -> dict[str, Any]:
    nothing = Interval(None).to_dict()
    if rng.random() < 0.3:
        return {"population": None, "per_10k": nothing, "per_10k_nation": nothing, "share_ratio": nothing}
    ratio = float(np.exp(rng.normal(0, 0.6)))
    spread = float(np.exp(rng.uniform(0.02, 0.6)))
    rate = Interval(ratio * 40, ratio * 40 / spread, ratio * 40 * spread)
    return {
        "population": 100_000,
        "population_place": "Some metropolitan area",
        "population_year": 2014,
        "is_margin_known": bool(rng.random() < 0.5),
        "per_10k": rate.to_dict(),
        "per_10k_nation": Interval(40.0, 39.0, 41.0).to_dict(),
        "share_ratio": Interval(ratio, ratio / spread, ratio * spread).to_dict(),
    }


def random_facts(rng: np.random.Generator) -> Facts:
    """Facts of any shape that the estimates may have."""
    where = PLACES[int(rng.integers(len(PLACES)))]
    while True:
        of = _policy(rng)
        try:
            laid = months_of(of, FIRST, LAST)
            break
        except AtlargeError:  # no months before or after: no question
            continue
    main = _estimate(rng, laid, where.main, "at_large")
    usual = _size(rng) / 10
    bursts = _bursts(rng, laid, usual)
    has_jails = rng.random() < 0.85
    jails = _estimate(rng, laid, where.county or where.own, "handoffs") if has_jails else None
    level = sorted((_size(rng), _size(rng)), reverse=bool(rng.random() < 0.5))
    turn = of.effective + dt.timedelta(days=int(rng.integers(-300, 200)))
    strip = change(
        date=turn,
        low=turn - dt.timedelta(days=20),
        high=turn + dt.timedelta(days=20),
        before=level[0],
        after=level[1],
        area=where.county or where.own,
    )
    if rng.random() < 0.2:
        strip = replace(strip, date=None, low=None, high=None, after=None, p=None)
    start, end = laid.bounds(laid.in_force)
    whole = main.totals["policy"]
    two = TwoSided(start=start, end=end, observed=whole.observed, expected=_size(rng), effect=Interval(0.0))
    two = replace(two, effect=_interval(rng, two.observed - two.expected, 10.0))
    switch = MethodSwitch(
        place="AUS",
        place_name="Austin",
        label="AUS GENERAL AREA",
        date=turn,
        share_before=0.87,
        share_after=0.13,
        near_policy=True,
        robust=_interval(rng, 3.0, 9.0),
    )
    found = facts(
        policy=of,
        where=where,
        months=laid,
        main=main,
        handoffs=jails,
        jail_change=strip if rng.random() < 0.9 else None,
        bursts=bursts,
        usual_month=usual,
        lasting=_lasting(rng, whole, laid, usual, bursts),
        concentration=_concentration(rng),
        two_sided=two if rng.random() < 0.3 else None,
        left_before=LeftBefore(date=turn, estimate_from=_interval(rng, 5.0, 20.0))
        if rng.random() < 0.2
        else None,
        method_switches=[switch] if rng.random() < 0.2 else [],
        parts=parts(residual=_interval(rng, 5.0, 30.0)) if rng.random() < 0.7 else None,
        placed_before=float(rng.random()),
        placed_during=float(rng.random()),
        same_aor_donors=int(rng.integers(0, 3)),
        recovered=int(rng.integers(0, 3)),
        area_only_share=float(rng.random()),
        others=[say("other.from", title="A law", day=FIRST)] * int(max(0, rng.integers(-12, 4))),
    )
    if found.handoffs is not None and rng.random() < 0.2:
        total = found.handoffs.totals["policy"]
        part = float(rng.random()) * total.observed
        found.handoffs.totals["policy"] = replace(total, inferred=part, inferred_half=part / 10)
        found.breaks = breaks(("handoffs",), dt.date(2025, 1, 1), dt.date(2026, 1, 1))
    return found


def answer_of(found: Facts) -> Answer:
    """The answer that these facts make."""
    found = settled(found)
    verdicts, main = verdicts_of(found), found.main
    total = main.totals["policy"]
    start, end = main.months.bounds(main.months.in_force)
    estimates = [main] + ([found.handoffs] if found.handoffs else [])
    spans = [span_of(one, name) for one in estimates for name in ("month", "quarter", "rest", "policy")]
    baseline = total.observed - 10.0
    split = {"trend": Interval(4.0), "substitution": Interval(5.0), "residual": Interval(1.0)}
    return Answer(
        place=found.where.own.code,
        place_name=found.where.own.name,
        place_kind=found.where.own.level,
        policy=found.policy.to_dict(),
        measure="at_large",
        area=main.area,
        span="policy",
        start=start,
        end=end,
        observed=total.observed,
        counterfactual=total.counterfactual,
        effect=total.effect,
        p_placebo=total.p,
        mde=total.mde,
        parts=split,
        baseline=baseline,
        concentration=found.concentration,
        change_point=found.jail_change or _no_change(main.area),
        surges=[],
        verdicts=verdicts,
        headline=headline(found),
        messages=paragraphs(verdicts),
        warnings=caveats_of(found),
        spans=[s for s in spans if s is not None],
        series=[],
        placebos=[],
        event_time=[],
        change_strips=[found.jail_change] if found.jail_change else [],
        relabelling={},
        pre_fit={},
        schemes={},
        sensitivity=[],
        sources=[],
        burst=found.bursts.clearest() if found.bursts else None,
        bursts=found.bursts,
        lasting=found.lasting,
        two_sided=found.two_sided,
        left_before=found.left_before,
        method_switches=found.method_switches,
        usual_month=found.usual_month,
    )
