"""What the explanation of a place says of a claim of cause, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atlarge.errors import AtlargeError

if TYPE_CHECKING:
    from atlarge.records.store import Store


def explained(claim: dict[str, Any], store: Store | None) -> list[str]:
    """Sentences from `explain` for a claim with `policy` (or `explanation`) and one place.

    A list of one line says why when the explanation cannot be had; empty when the claim links to none.
    """
    if "policy" not in claim and "explanation" not in claim:
        return []
    where = claim.get("where")
    if not isinstance(where, str | int) or "policy" not in claim:
        return ["The claim names no single place with a policy, so its explanation is not worked out here."]
    if store is None:
        return ["The explanation needs a store with arrests."]
    try:
        from atlarge.explain import explain

        answer = explain(str(where), policy=claim["policy"], store=store)
    except AtlargeError as error:
        return [f"The explanation cannot be told: {error}"]
    told = [str(line) for line in getattr(answer, "sentences", [])]
    return told or ["The explanation gives no sentence for this place."]
