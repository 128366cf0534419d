"""Verdicts by rules on numbers: "fits", "does not fit", "cannot be told". Each rule is a small function.

An excess "fits" when its 90 % interval lies above zero, or its one-sided placebo p-value is at most 0.05. It
"does not fit" when the interval leaves no room for a material excess (a quarter of what was expected). All
else cannot be told. None of this speaks of anyone's reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atlarge.explain.answer import Interval, Judgement, Said, Verdict

MATERIAL = 0.25
ALPHA = 0.05
ALPHA_BURST = 0.02
ALPHA_LASTING = ALPHA - ALPHA_BURST
REPLACED = 0.10
MAX_SPREAD = 4.0
PLACING_SHIFT = 0.10
TITLES = {
    "singling_out": "The place was singled out",
    "substitution": "Lost jail handoffs were replaced by arrests at large",
    "concentration": "More people liable to arrest live there",
}

RULES = {
    "burst_and_lasting": "a burst and a lasting excess",
    "lasting": "a lasting excess",
    "burst_not_lasting": "a burst; not a lasting rise",
    "burst_or_replaced": "a burst; what lasted can be lost handoffs replaced",
    "burst_no_sign": "a burst; no sign of a lasting rise",
    "burst_untold": "a burst; whether it lasted cannot be told",
    "rise_explained": "a rise that lost handoffs, or a change in how places are named, can explain",
    "no_excess": "no excess, early or lasting",
    "excess_untold": "an excess is neither clear nor excluded",
    "not_comparable": "the series cannot be compared",
    "nothing_lost": "no handoffs were lost",
    "loss_untold": "whether handoffs were lost cannot be told",
    "loss_before": "a loss and a rise, but the loss came before the policy",
    "loss_and_rise": "a loss and a rise",
    "lost_not_more": "handoffs were lost, arrests at large not more",
    "lost_rise_untold": "handoffs were lost; a rise is neither clear nor excluded",
    "no_population": "no estimate of the population",
    "more_than_population": "more arrests than the population would give",
    "wide_margin": "the population's margin is too wide",
    "fewer_than_population": "fewer arrests than the population would give",
    "in_proportion": "in proportion to the population",
}
"""The rules by name, as the answer words them."""


def excess(effect: Interval, expected: float, p_high: float | None, alpha: float = ALPHA) -> Verdict:
    """Whether more than expected happened, in the direction of an increase.

    `alpha` below 5 %: a rule that is one of several, so that the interval above zero is not enough.
    """
    if effect.low is None or effect.high is None:
        return "cannot be told"
    is_clear = p_high is not None and p_high <= alpha and (effect.value or 0) > 0
    if is_clear or (alpha >= ALPHA and effect.low > 0):
        return "fits"
    return "does not fit" if effect.high < MATERIAL * max(expected, 1.0) else "cannot be told"


def burst_stands_out(p: float | None, observed: float, expected: float) -> Verdict:
    """Whether a run of days is clearer than those of nearly all other places in the same months.

    The bar is 2 % rather than 5: a lasting excess is judged beside it, and both together may err in 5 %.
    """
    if p is None:
        return "cannot be told"
    return "fits" if p <= ALPHA_BURST and observed >= 2 * expected and observed >= 5 else "does not fit"


def placing(before: float | None, during: float | None) -> Verdict:
    """Whether records named places as often before as during the policy: "fits" if so.

    A shift of a tenth of all records or more can make a place's count rise or fall by itself.
    """
    if before is None or during is None:
        return "fits"
    return "fits" if abs(during - before) < PLACING_SHIFT else "cannot be told"


def is_early_rise(by_span: Mapping[str, str]) -> bool:
    """Whether the first month and the first quarter both hold an excess."""
    return by_span.get("month") == "fits" and by_span.get("quarter") == "fits"


def singling_out(by_span: dict[str, Verdict], reason: str, rest_value: float | None = None) -> Judgement:
    """Join the verdicts on the month, the quarter, the rest, the whole life, the residual and the burst.

    A lasting excess that lost handoffs cannot explain fits ("lasting": its p at most 3 %, so that with the
    burst's 2 the two rules together err in one of twenty), unless records name places more often than
    before. So does a burst, as a burst: lost handoffs do not come back within days. A slower early rise can
    be lost handoffs replaced, so it is given no verdict by itself. It does not fit where neither the burst,
    the month nor the whole life leaves room for an excess. `rest_value`: the effect after the first month;
    where it is not above zero there is no sign of a lasting rise, even if none can be excluded.
    """
    whole = by_span.get("lasting", "cannot be told")
    rest = by_span.get("rest", whole)
    early = [by_span[name] for name in ("burst", "month", "quarter") if name in by_span]
    is_steady = by_span.get("placing", "fits") == "fits"
    if whole == "fits" and rest == "fits" and is_steady:
        scope = "burst_and_lasting" if by_span.get("burst") == "fits" else "lasting"
        return _judgement("singling_out", "fits", reason, scope, by_span)
    if by_span.get("burst") == "fits":
        if rest == "does not fit":
            scope = "burst_not_lasting"
        elif rest == "fits" and is_steady:
            scope = "burst_or_replaced"
        elif rest_value is not None and rest_value <= 0:
            scope = "burst_no_sign"
        else:
            scope = "burst_untold"
        return _judgement("singling_out", "fits", reason, scope, by_span)
    if rest == "fits" or is_early_rise(by_span):
        return _judgement("singling_out", "cannot be told", reason, "rise_explained", by_span)
    if whole == "does not fit" and all(v == "does not fit" for v in early):
        return _judgement("singling_out", "does not fit", reason, "no_excess", by_span)
    return _judgement("singling_out", "cannot be told", reason, "excess_untold", by_span)


def substitution(
    loss: Interval,
    effect: Interval,
    expected_handoffs: float,
    fell_before: bool,
    reason: str,
    has_fallen: bool = False,
) -> Judgement:
    """Whether arrests at large rose as jail handoffs were lost.

    `loss` is against what was expected; `has_fallen` tells that the series itself fell, by the change found
    without the date. Nothing to replace where handoffs cannot have fallen short by a tenth. Fits where both
    the loss and the rise are clear; does not fit where fewer than a tenth of the lost handoffs can have been
    replaced. A loss that came before the policy is not the policy's, whatever followed.
    """
    if loss.low is None or loss.high is None or effect.low is None or effect.high is None:
        return _judgement("substitution", "cannot be told", reason, "not_comparable")
    if loss.high < REPLACED * max(expected_handoffs, 1.0) and not has_fallen:
        return _judgement("substitution", "does not fit", reason, "nothing_lost")
    if loss.low <= 0 and not has_fallen:
        return _judgement("substitution", "cannot be told", reason, "loss_untold")
    if effect.low > 0:
        scope = "loss_before" if fell_before else "loss_and_rise"
        return _judgement("substitution", "fits", reason, scope)
    if effect.high < REPLACED * loss.low:
        return _judgement("substitution", "does not fit", reason, "lost_not_more")
    return _judgement("substitution", "cannot be told", reason, "lost_rise_untold")


def concentration(ratio: Interval, reason: str) -> Judgement:
    """Whether the place's share of arrests goes with its share of the unauthorized population."""
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return _judgement("concentration", "cannot be told", reason, "no_population")
    if ratio.low > 1:
        return _judgement("concentration", "does not fit", reason, "more_than_population")
    if ratio.high / max(ratio.low, 1e-9) > MAX_SPREAD:
        return _judgement("concentration", "cannot be told", reason, "wide_margin")
    scope = "fewer_than_population" if ratio.high < 1 else "in_proportion"
    return _judgement("concentration", "fits", reason, scope)


def _judgement(
    account: str, verdict: Verdict, reason: str, rule: str, by_span: dict[str, Any] | None = None
) -> Judgement:
    told = Said(RULES[rule], f"rule.{rule}")
    return Judgement(account, TITLES[account], verdict, reason, told, dict(by_span or {}))
