"""Numbers with their nouns, in the lines that commands and errors print."""

from __future__ import annotations

from html import escape
from typing import Any


def some(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun, in the singular for one.

    Examples
    --------
    >>> some(1, "row"), some(0, "row"), some(12_345, "agency", "agencies")
    ('1 row', '0 rows', '12,345 agencies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def notebook(text: str, *frames: Any) -> str:
    r"""What a notebook shows of a result: its text by paragraph, and its tables.

    Examples
    --------
    >>> notebook("One line.\n\n- a caveat")
    '<p>One line.</p><p>- a caveat</p>'
    """
    paragraphs = [f"<p>{escape(part.strip())}</p>" for part in text.split("\n") if part.strip()]
    return "".join([*paragraphs, *(frame._repr_html_() for frame in frames)])
