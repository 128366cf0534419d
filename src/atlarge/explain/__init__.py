"""Explain a change in arrests: how much is trend, how much replaces lost jail handoffs, what remains, and
what cannot be told.

`explain` answers for one place and one policy or day; `Answer` is what it gives; `pooled` for all usable
localities together. `find_policy`, `policies` and `policy_table` are the dated policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.explain.answer import Answer
    from atlarge.explain.api import explain
    from atlarge.explain.pooled_answer import pooled, pooled_by_kind
    from atlarge.policies import Policy, find_policy, policies, policy_table

__all__ = [
    "Answer",
    "Policy",
    "explain",
    "find_policy",
    "policies",
    "policy_table",
    "pooled",
    "pooled_by_kind",
]

__getattr__ = lazy_names(
    __name__,
    {
        "atlarge.explain.answer": "Answer",
        "atlarge.explain.api": "explain",
        "atlarge.explain.pooled_answer": "pooled pooled_by_kind",
        "atlarge.policies": "Policy find_policy policies policy_table",
    },
)
