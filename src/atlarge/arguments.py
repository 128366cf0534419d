"""Checks of arguments of public functions: one name or several, and extensions of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from atlarge.errors import QuestionError

HTML = (".html", ".htm")
"""Extensions of a page."""


def names_of(given: str | Iterable[str], what: str) -> list[str]:
    """Accept one name or several, and return a list without repeats.

    Parameters
    ----------
    given : str or iterable of str
        One string, or an iterable of strings.
    what : str
        What is being named, for the error message: "measure", "place".

    Raises
    ------
    QuestionError
        If nothing is named, or a name is not a string.

    Examples
    --------
    >>> names_of("at_large", "measure"), names_of(["at_large", "handoffs"], "measure")
    (['at_large'], ['at_large', 'handoffs'])
    """
    named = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    for name in named:
        if not isinstance(name, str):
            raise QuestionError(f"a {what} is named by a text, not by {name!r}")
    if not named:
        raise QuestionError(f"no {what} was named")
    return list(dict.fromkeys(named))


def either(words: Sequence[str]) -> str:
    """Several words as a choice.

    Examples
    --------
    >>> either([".svg", ".png", ".csv"]), either([".html"])
    ('.svg, .png or .csv', '.html')
    """
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def extension_of(path: Path | str, allowed: Sequence[str]) -> str:
    """The extension of a file to write, in lower case.

    Raises
    ------
    QuestionError
        If it is not one of those allowed.

    Examples
    --------
    >>> extension_of("Travis.HTML", [".html", ".htm"])
    '.html'
    """
    found = Path(path).suffix.lower()
    if found not in allowed:
        raise QuestionError(f"{path}: the name must end in {either(allowed)}")
    return found


def one_of(name: str, names: Iterable[str], what: str) -> str:
    """A name, if it is one of those known.

    Parameters
    ----------
    name : str
        As given.
    names : iterable of str
        Those known, listed in the error.
    what : str
        What is being named: "level", "period".

    Raises
    ------
    QuestionError
        If it is none of them.

    Examples
    --------
    >>> one_of("week", ["day", "week"], "period")
    'week'
    """
    listed = list(names)
    if name not in listed:
        raise QuestionError(f"no {what} {name!r}; there are: {', '.join(listed)}")
    return name
