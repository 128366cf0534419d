"""Where a ledger starts: the empty template, a draft from a file, and the shipped ledgers."""

from __future__ import annotations

import datetime as dt
from importlib.resources import files
from pathlib import Path

from atlarge.errors import QuestionError


def template() -> str:
    """An empty ledger with one claim of each kind, valid as it stands."""
    return files(__package__).joinpath("template.yaml").read_text(encoding="utf-8")


def shipped_names() -> list[str]:
    """Names of the ledgers that ship with the package."""
    found = files(__package__).joinpath("ledgers").iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in found if entry.name.endswith(".yaml"))


def shipped(name: str) -> str:
    """Text of a shipped ledger. QuestionError that lists them when there is none of that name."""
    if name not in shipped_names():
        raise QuestionError(f"no shipped ledger {name!r}; there are: {', '.join(shipped_names())}")
    return files(__package__).joinpath("ledgers", f"{name}.yaml").read_text(encoding="utf-8")


def draft_from_file(
    article: Path, *, outlet: str | None = None, published: dt.date | None = None, url: str | None = None
) -> str:
    """Draft a ledger from a text file. QuestionError when it cannot be read or holds nothing to claim."""
    from atlarge.claims.drafting import draft_ledger

    try:
        text = article.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise QuestionError(f"{article}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"{article}: cannot be read as UTF-8 text ({error}); save it as plain text"
        ) from None
    try:
        return draft_ledger(text, outlet=outlet, published=published, url=url)
    except QuestionError as error:
        raise QuestionError(f"{article}: {error}") from None
