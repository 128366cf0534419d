"""Arguments of public functions that may be one thing or several."""

from __future__ import annotations

from collections.abc import Iterable

from atlarge.errors import QuestionError


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
