"""What the explanation of a place says of a claim of cause or a denial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atlarge.errors import AtlargeError
from atlarge.records.store import Store

if TYPE_CHECKING:
    from atlarge.explain import Answer

ACCOUNTS = {"retaliation": "singling_out", "substitution": "substitution", "concentration": "concentration"}
FITS, DOES_NOT_FIT, CANNOT_BE_TOLD = "fits", "does not fit", "cannot be told"


@dataclass(frozen=True)
class Linked:
    """The explanation's verdict on the claim's account, its reason, and an entry for the evidence."""

    verdict: str
    reason: str
    title: str = ""
    evidence: dict[str, Any] | None = None


def explained(claim: dict[str, Any], store: Store | None, kept: dict[Any, Any]) -> Linked | None:
    """The verdict of `explain` on a claim that names an `explanation`, a `policy` and one place.

    None when the claim links to none. `kept` holds answers already worked out. Where the explanation cannot
    be had the verdict is "cannot be told" and the reason says why.
    """
    if "explanation" not in claim:
        return None
    where = claim.get("where")
    if not isinstance(where, str | int) or "policy" not in claim:
        return Linked(CANNOT_BE_TOLD, "The explanation needs one place and a policy of the registry.")
    if store is None:
        return Linked(CANNOT_BE_TOLD, "The explanation needs a store with arrests.")
    key = (str(where), claim["policy"])
    if key not in kept:
        kept[key] = _answer(*key, store)
    answer = kept[key]
    if isinstance(answer, str):
        return Linked(CANNOT_BE_TOLD, f"The explanation cannot be told: {answer}")
    verdict = answer.verdicts.get(ACCOUNTS[claim["explanation"]])
    if verdict is None:
        return Linked(CANNOT_BE_TOLD, "The explanation does not judge this account.")
    evidence = {
        "role": "explanation",
        "measure": answer.measure,
        "place": answer.area.code,
        "place_name": answer.area.name,
        "from": answer.start.isoformat(),
        "to": answer.end.isoformat(),
        "value": answer.observed,
        "unit": "arrests",
        "source": "explain",
        "party": "this project, from the records",
        "rows": f"atlarge explain {key[0]!r} --policy {key[1]}",
        "says": str(verdict.reason),
        "expected_without_the_policy": answer.counterfactual.to_dict(),
        "effect": answer.effect.to_dict(),
        "p_placebo": answer.p_placebo,
    }
    return Linked(verdict.verdict, f"{verdict.reason} Rule: {verdict.rule}.", str(verdict.title), evidence)


def _answer(place: str, policy: str, store: Store) -> Answer | str:
    """The answer, or the reason why there is none."""
    from atlarge.explain import explain

    try:
        return explain(place, policy=policy, store=store)
    except AtlargeError as error:
        return str(error)
