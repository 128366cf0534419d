"""Where a ledger starts: the empty template, a draft from a file, and the shipped ledgers."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from atlarge.arguments import one_of
from atlarge.errors import QuestionError
from atlarge.files import shipped_text

if TYPE_CHECKING:
    from atlarge.claims.drafting import Drafted
    from atlarge.claims.drafting.opening import Opened


def template() -> str:
    """An empty ledger with one claim of each kind, valid as it stands."""
    return shipped_text(__package__, "template.yaml")


def shipped_names() -> list[str]:
    """Names of the ledgers that ship with the package."""
    found = files(__package__).joinpath("ledgers").iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in found if entry.name.endswith(".yaml"))


def shipped(name: str) -> str:
    """Text of a shipped ledger. QuestionError that lists them when there is none of that name."""
    one_of(name, shipped_names(), "shipped ledger")
    return shipped_text(__package__, "ledgers", f"{name}.yaml")


def drafted_from_file(article: Path, *, published: dt.date | None = None) -> tuple[Drafted, Opened]:
    """Read an article's file (text, HTML or PDF) and draft its claims; and what the file says of itself."""
    from atlarge.claims.drafting import draft_article
    from atlarge.claims.drafting.opening import open_article

    opened = open_article(article)
    try:
        return draft_article(opened.text, published or opened.published), opened
    except QuestionError as error:
        raise QuestionError(f"{article}: {error}") from None
