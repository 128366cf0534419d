"""The errors that a user can cause and correct.

Every message is one line that names the file or the word at fault, the place in it, and what to do.
The command line prints the message on stderr and exits with 1.
"""

from __future__ import annotations


class AtlargeError(Exception):
    """Base of all errors a user can act on: the data or the question do not allow an answer.

    The message is one line whatever the file's name or contents: what cannot be printed becomes "?". A ledger
    with several faults has a line for each.
    """

    def __init__(self, *lines: str) -> None:
        shown = ("".join(c if c.isprintable() else "?" for c in line) for line in lines)
        super().__init__("\n".join(shown))


class ReleaseError(AtlargeError):
    """A file cannot be read as a release: not one, empty, truncated, or refused."""


class StoreError(AtlargeError):
    """A store is missing, unreadable, locked or of another version."""


class PlaceError(AtlargeError):
    """A place, as the user named it, is unknown or names more than one place."""


class CoverageError(AtlargeError):
    """The question asks about times or places that the records do not cover."""


class QuestionError(AtlargeError):
    """The data are there, but do not allow an answer to this question."""
