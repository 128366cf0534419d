"""Statistical disclosure control for tables of counts: cell suppression, protection and audit.

Nothing here knows of enforcement. It needs NumPy and SciPy, and Narwhals where a frame comes in.

- `protect`: a table of counts with its margins, from any dataframe.
- `disclose`: a table with constraints of your own.
- `suppress`, `search`: the same on arrays; `ConstraintBuilder` and `LinearConstraints` say how cells add up.
- `audit`: how far what is published bounds each suppressed count.
"""

from __future__ import annotations

from atlarge.disclosure.audit import Audit, audit
from atlarge.disclosure.constraints import (
    COMPLEMENTARY,
    OPEN,
    PRIMARY,
    UNMARKED,
    UNPUBLISHED,
    ConstraintBuilder,
    Knowledge,
    LinearConstraints,
)
from atlarge.disclosure.margins import protect
from atlarge.disclosure.suppression import Suppression, search, suppress
from atlarge.disclosure.table import Counts, Disclosed, disclose, stack

__all__ = [
    "COMPLEMENTARY",
    "OPEN",
    "PRIMARY",
    "UNMARKED",
    "UNPUBLISHED",
    "Audit",
    "ConstraintBuilder",
    "Counts",
    "Disclosed",
    "Knowledge",
    "LinearConstraints",
    "Suppression",
    "audit",
    "disclose",
    "protect",
    "search",
    "stack",
    "suppress",
]
