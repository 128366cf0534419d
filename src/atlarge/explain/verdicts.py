"""Verdicts by rules on numbers: "fits", "does not fit", "cannot be told". Each rule is a small function.

All are symmetrical: a value is given only where the numbers exclude the other. An excess "fits" when chance
seldom gives as large a one, "does not fit" when a material one can be excluded, and "cannot be told" between.
Every word of direction comes from the estimate printed beside it. None of this speaks of anyone's reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from atlarge.explain.answer import Interval, Judgement, Verdict
from atlarge.explain.quantities import ALPHA_BURST, ALPHA_LASTING, MATERIAL, Bursts, Lasting, LeftBefore
from atlarge.messages import Message, say
from atlarge.surveillance.fdr import benjamini_hochberg

if TYPE_CHECKING:
    from atlarge.explain.answer import Answer

ALPHA = ALPHA_BURST + ALPHA_LASTING
REPLACED = 0.10
BAND = (0.67, 1.5)
PLACING_SHIFT = 0.10


def excess(effect: Interval, expected: float, p_high: float | None, alpha: float = ALPHA) -> Verdict:
    """Whether more than expected happened over one span, in the direction of an increase."""
    if effect.value is None or effect.low is None or effect.high is None:
        return "cannot be told"
    if p_high is not None and p_high <= alpha and effect.low > 0:
        return "fits"
    return "does not fit" if effect.high < MATERIAL * max(expected, 1.0) else "cannot be told"


def placing(before: float | None, during: float | None) -> Verdict:
    """Whether records named places as often before as during the policy: "fits" if so.

    A shift of a tenth of all records or more can make a place's count rise or fall by itself.
    """
    if before is None or during is None:
        return "fits"
    return "fits" if abs(during - before) < PLACING_SHIFT else "cannot be told"


def withheld(lasting: Lasting, left: LeftBefore | None, *, is_replaced: bool, is_steady: bool) -> str:
    """Why the verdict on the lasting excess is withheld; "" where it stands.

    A rise that replaced handoffs can explain, or a change in how records name places, does not single out.
    Where the place had left its comparison before the policy, the verdict must hold counted from there, too.
    """
    if lasting.verdict == "fits" and not is_steady:
        return "placing"
    if lasting.verdict == "fits" and is_replaced:
        return "replaced"
    if left is None or left.estimate_from.low is None or left.estimate_from.high is None:
        return ""
    if lasting.verdict == "fits" and left.estimate_from.low <= 0:
        return "left"
    return "left" if lasting.verdict == "does not fit" and left.estimate_from.high > lasting.material else ""


def lasting_rule(lasting: Lasting) -> str:
    """Name of what is to be said of the lasting excess, so that it never contradicts the range beside it: its
    verdict, a shortfall, or why no verdict is given.

    Where the 90% range leaves zero out and neither a rise nor a shortfall reaches the bar of a verdict:
    "more", "fewer", or "little_more" where a rise of a quarter can be excluded.
    """
    if lasting.withheld:
        return lasting.withheld
    if lasting.is_shortfall:
        return "shortfall"
    way = clear_way(lasting.effect)
    if lasting.verdict == "fits" or way == "unclear":
        return lasting.verdict
    return "little_more" if way == "more" and lasting.verdict == "does not fit" else way


def clear_way(effect: Interval | None) -> str:
    """ "more" or "fewer" where the 90% interval of a difference leaves zero out, else "unclear"."""
    if effect is None or effect.low is None or effect.high is None:
        return "unclear"
    return "more" if effect.low > 0 else "fewer" if effect.high < 0 else "unclear"


def singling_out(
    bursts: Bursts | None, lasting: Lasting, reason: Message, by_span: Mapping[str, str]
) -> Judgement:
    """Join burst and lasting excess: either fits, neither does, or it "cannot be told".

    The two bars (2 and 3%) together err in one of twenty.
    """
    burst = bursts.verdict if bursts is not None else "cannot be told"
    lasting_verdict, rule = lasting.verdict, lasting_rule(lasting)
    verdict: Verdict = "cannot be told"
    if "fits" in (burst, lasting_verdict):
        verdict = "fits"
    elif burst == lasting_verdict == "does not fit":
        verdict = "does not fit"
    rule_of_both = say(
        "rule.two",
        burst=say(f"rule.burst.{burst if bursts is not None else 'none'}"),
        lasting=say(f"rule.lasting.{rule}"),
    )
    spans = {**by_span, "burst": burst, "lasting": lasting_verdict}
    return _judgement("singling_out", verdict, reason, rule_of_both, spans, p=joint_p(bursts, lasting))


def joint_p(bursts: Bursts | None, lasting: Lasting) -> float | None:
    """One p for both tests, each by its share of the 5%: at most 0.05 just where either reaches its bar."""
    parts = [one.p * ALPHA / one.alpha for one in (bursts, lasting) if one is not None and one.p is not None]
    return min(1.0, *parts) if parts else None


def substitution(
    handoffs: Interval,
    expected: float,
    lasting: Lasting,
    *,
    extends: bool,
    is_before: bool,
    reason: Message,
    p: float | None = None,
    is_named_otherwise: bool = False,
) -> Judgement:
    """Whether arrests at large replaced handoffs; where a policy extends cooperation, the reverse.

    `handoffs`: observed less expected while the policy was in force, `expected` the latter. It fits only with
    a clear change of handoffs of the policy's own (`is_before`: it had come before the policy was known) and
    a clear lasting change of arrests at large the other way. It does not fit where a tenth of the expected
    handoffs can be excluded, or where a tenth of those missing cannot have come back at large.
    """
    name, sign = ("gain", 1.0) if extends else ("shortfall", -1.0)
    if handoffs.value is None or handoffs.low is None or handoffs.high is None or lasting.effect.low is None:
        return _replaced("cannot be told", "not_comparable", extends, reason, None)
    if is_named_otherwise:
        return _replaced("cannot be told", "named_otherwise", extends, reason, None)
    low, high = sorted((sign * handoffs.low, sign * handoffs.high))
    effect = lasting.effect
    most = -(effect.low or 0.0) if extends else (effect.high or 0.0)  # the most that can have moved
    is_moved = lasting.is_shortfall if extends else lasting.verdict == "fits"
    is_other_way = lasting.verdict == "fits" if extends else lasting.is_shortfall
    if high < REPLACED * max(expected, 1.0):
        return _replaced("does not fit", f"no_{name}", extends, reason, p)
    if low <= 0:
        return _replaced("cannot be told", f"{name}_unclear", extends, reason, p)
    if is_before:
        return _replaced("cannot be told", f"{name}_before", extends, reason, p)
    way = "fall" if extends else "rise"
    if is_moved:
        return _replaced("fits", f"{name}_and_{way}", extends, reason, p)
    if is_other_way or most < REPLACED * low:
        return _replaced("does not fit", f"{name}_no_{way}", extends, reason, p)
    return _replaced("cannot be told", f"{name}_{way}_unclear", extends, reason, p)


def _replaced(verdict: Verdict, rule: str, extends: bool, reason: Message, p: float | None) -> Judgement:
    return _judgement("substitution", verdict, reason, say(f"rule.{rule}"), {}, extends=extends, p=p)


def level_of(ratio: Interval) -> str:
    """Where the share of arrests over the share of people lies against the band 0.67 to 1.5.

    "proportionate" where the whole interval lies in the band, "above proportion" or "below proportion" where
    it lies beyond it, else "cannot be told".
    """
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return "cannot be told"
    if ratio.low > BAND[1]:
        return "above proportion"
    if ratio.high < BAND[0]:
        return "below proportion"
    return "proportionate" if ratio.low >= BAND[0] and ratio.high <= BAND[1] else "cannot be told"


def _unclear(ratio: Interval) -> str:
    """Which edge of the band the interval crosses."""
    if (ratio.low or 0.0) >= BAND[0]:
        return "proportion_or_above"
    return "proportion_or_below" if (ratio.high or 0.0) <= BAND[1] else "proportion_unclear"


def concentration(ratio: Interval, reason: Message, missing: str | None = None) -> Judgement:
    """Whether numbers of people explain the level: only where arrests are in proportion to them.

    `missing`: what the ratio could not be had for: population, nation or area.
    """
    level = level_of(ratio)
    if ratio.value is None:
        rule = f"no_{missing or 'population'}"
    else:
        rule = _unclear(ratio) if level == "cannot be told" else level.replace(" ", "_")
    found: Verdict = "cannot be told"
    if level == "proportionate":
        found = "fits"
    elif level != "cannot be told":
        found = "does not fit"
    return _judgement("concentration", found, reason, say(f"rule.{rule}"), {"level": level})


def _judgement(
    account: str,
    verdict: Verdict,
    reason: Message,
    rule: Message,
    by_span: Mapping[str, str],
    *,
    extends: bool = False,
    p: float | None = None,
) -> Judgement:
    title = say(f"account.{account}.extends" if extends else f"account.{account}")
    return Judgement(account, title, verdict, reason, rule, dict(by_span), p)


def with_q_values(answers: Sequence[Answer]) -> list[Answer]:
    """The answers with q-values over all accounts of all of them: for whoever shows them as a list."""
    tested = [(k, name) for k, answer in enumerate(answers) for name in answer.verdicts]
    found = q_of([answers[k].verdicts[name].p for k, name in tested])
    renewed = [dict(answer.verdicts) for answer in answers]
    for (k, name), q in zip(tested, found, strict=True):
        renewed[k][name] = replace(renewed[k][name], q=q)
    return [replace(answer, verdicts=verdicts) for answer, verdicts in zip(answers, renewed, strict=True)]


def q_of(p: Sequence[float | None]) -> list[float | None]:
    """Benjamini-Hochberg q-values; None stays None."""
    found = benjamini_hochberg([float("nan") if v is None else v for v in p])
    return [None if v is None else float(q) for v, q in zip(p, found, strict=True)]
