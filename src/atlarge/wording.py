"""Numbers with their nouns, and texts of files, in what commands and errors print and pages link to."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape
from typing import Any

OBEYED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
)
"""Characters that a terminal obeys instead of showing: controls, escapes, and marks of writing direction."""


def printable(text: str) -> str:
    r"""A text of a file as it may be printed: what a terminal would obey becomes "?".

    Examples
    --------
    >>> printable("COUNTY \x1b[31mJAIL")
    'COUNTY ?[31mJAIL'
    """
    return OBEYED.sub("?", text)


def some(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun, in the singular for one.

    Examples
    --------
    >>> some(1, "row"), some(0, "row"), some(12_345, "agency", "agencies")
    ('1 row', '0 rows', '12,345 agencies')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


_AS_NEAR = 0.1


def did_you_mean(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """The question after a name that is not known, with the nearest, and one that is nearly as near; empty
    where none is near.

    `likeness`: from 0 to 1, how like a name must be, by difflib.

    Examples
    --------
    >>> did_you_mean("at_larg", ["arrests", "at_large"])
    'did you mean at_large?'
    """
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(name, list(known), n=2, cutoff=likeness)
    ratios = [difflib.SequenceMatcher(None, one, name).ratio() for one in near]
    near = [one for one, ratio in zip(near, ratios, strict=True) if ratio > ratios[0] - _AS_NEAR]
    return f"did you mean {' or '.join(near)}?" if near else ""


def notebook(text: str, *frames: Any) -> str:
    r"""What a notebook shows of a result: its text by paragraph, and its tables.

    Examples
    --------
    >>> notebook("One line.\n\n- a caveat")
    '<p>One line.</p><p>- a caveat</p>'
    """
    paragraphs = [f"<p>{escape(part.strip())}</p>" for part in text.split("\n") if part.strip()]
    return "".join([*paragraphs, *(frame._repr_html_() for frame in frames)])


_WEB_ADDRESS = re.compile(r"(?i:https?)://[^\s\x00-\x20\x7f/?#\"'<>]+[^\s\x00-\x20\x7f\"'<>]*")


def is_web_address(url: object) -> bool:
    """Whether a text may become a link: an http or https address with a host, without spaces or controls."""
    return isinstance(url, str) and _WEB_ADDRESS.fullmatch(url) is not None


def web_link(url: object) -> str:
    """An address that may become a link, or "" for any other text, such as javascript:."""
    return str(url) if is_web_address(url) else ""


def style_source(css: str) -> str:
    """The source of a Content-Security-Policy that allows just this style sheet."""
    return "sha256-" + base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
