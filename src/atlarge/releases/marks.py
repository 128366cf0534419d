"""Words that stand for nothing, and marks that stand for something withheld."""

from __future__ import annotations

BLANK = ("", "-", "--", "---", "NA", "N/A", "NULL", "None", "none", "nan", "NaN")

# FOIA exemptions as ICE writes them: (B)(6);(B)(7)(C)   b(6), b(7)c   (b)(7)e)   (B)(7)(E)
_ONE = r"[\(\[]?\s*b\s*[\)\]]?\s*[\(\[]\s*\d\s*[\)\]]\s*[\(\[]?\s*[a-f]?\s*[\)\]]?\s*[,;/]?\s*(?:and)?\s*"
REDACTION = rf"(?i)^\s*(?:{_ONE})+$"
