"""The registry of dated policies: who limits or extends cooperation, from when to when, and by which source.

One `Registry` holds state laws, local decisions and 287(g) agreements. It is passed explicitly to every
function that needs it; `registry()` is the one shipped with the package.
"""

from __future__ import annotations

from atlarge.policies.icalendar import calendar_text
from atlarge.policies.policy import DIRECTIONS, HOUSING, KINDS, SCOPES, Policy, applies_to, from_date, kind_of
from atlarge.policies.reading import check_registry, read_registry
from atlarge.policies.registries import Conflict, Regime, Registry, Starts
from atlarge.policies.shipped import as_registry, find_policy, listed, policies, registry
from atlarge.policies.tables import policy_table

__all__ = [
    "DIRECTIONS",
    "HOUSING",
    "KINDS",
    "SCOPES",
    "Conflict",
    "Policy",
    "Regime",
    "Registry",
    "Starts",
    "applies_to",
    "as_registry",
    "calendar_text",
    "check_registry",
    "find_policy",
    "from_date",
    "kind_of",
    "listed",
    "policies",
    "policy_table",
    "read_registry",
    "registry",
]
