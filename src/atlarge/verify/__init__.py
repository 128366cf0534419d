"""Compare published figures with the same counts from the records.

A figure is counted by the measure and scheme that its publisher seems to use. Where it differs, other
definitions are computed too (areas as recorded, the agency's own at-large definition, other methods, wider
areas, other days, repeats, later completion), and the one that gives the published number is named. Where
none does that also serves the other figures of the publication, the figure is in a state of its own, "cannot
be told from these records", with what was tried, what it spans, what came nearest and what would decide it.
"""

from __future__ import annotations

from atlarge.verify.counting import AS_RECORDED, RECOVERED
from atlarge.verify.figure import TOLERANCE
from atlarge.verify.figures import figures
from atlarge.verify.result import (
    CANNOT_BE_TOLD,
    DIFFERS,
    EQUAL,
    EXPLAINED,
    NOT_TESTABLE,
    STATES,
    WITHIN,
    Checked,
    Verification,
    agreement,
)
from atlarge.verify.run import verify

__all__ = [
    "AS_RECORDED",
    "CANNOT_BE_TOLD",
    "DIFFERS",
    "EQUAL",
    "EXPLAINED",
    "NOT_TESTABLE",
    "RECOVERED",
    "STATES",
    "TOLERANCE",
    "WITHIN",
    "Checked",
    "Verification",
    "agreement",
    "figures",
    "verify",
]
