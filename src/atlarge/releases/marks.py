"""Words that mean a missing value, and marks of redaction."""

from __future__ import annotations

import polars as pl

_NOTHING = (
    "na", "n/a", "#n/a", "#na", "#n/a n/a", "null", "#null!", "none", "nan", "nat",
    "<na>", "<null>", "(null)",
    "(blank)", "(blanks)", "(none)", "[null]", "\\n", "#ref!", "#value!", "#div/0!", "#name?", "#num!",
)  # fmt: skip
BLANK: tuple[str, ...] = (
    "", "-", "--", "---", "\u2013", "\u2014", ".", "?", "\\N",
    *(spelling for word in _NOTHING for spelling in (word, word.upper(), word.capitalize(), word.title())),
    "NaN", "<Na>", "NaT",
)  # fmt: skip
"""What R, pandas, SQL, Stata and spreadsheet programs write for a missing value."""

# FOIA exemptions as ICE writes them: (B)(6);(B)(7)(C)   b(6), b(7)c   (b)(7)e)   (B)(7)(E)
_ONE = r"[\(\[]?\s*b\s*[\)\]]?\s*[\(\[]\s*\d\s*[\)\]]\s*[\(\[]?\s*[a-f]?\s*[\)\]]?\s*[,;/]?\s*(?:and)?\s*"
REDACTION = rf"(?i)^\s*(?:{_ONE})+$"


_TRIMMED = pl.col("word").str.strip_chars(" \t\r\n\u00a0\ufeff")
_BARE = pl.when(~(_TRIMMED.is_in(list(BLANK)) | _TRIMMED.str.contains(REDACTION))).then(_TRIMMED)


def bare_words(words: pl.Series) -> pl.Series:
    """Trimmed words, blanks and redaction marks null."""
    return words.to_frame("word").select(_BARE).to_series().alias(words.name)
