"""Numbers with their nouns, in the lines that commands and errors print."""

from __future__ import annotations


def some(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun, in the singular for one.

    Examples
    --------
    >>> some(1, "row"), some(0, "row"), some(12_345, "agency", "agencies")
    ('1 row', '0 rows', '12,345 agencies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
