"""A ledger as YAML text: a draft with what is still open in comments, or a finished one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from atlarge.claims.drafting.language import word_table

if TYPE_CHECKING:
    from atlarge.claims.drafting.draft import Drafted

HEADING = [
    "# A draft: no claim in it is a finding until a person has confirmed it (atlarge claims finish, or take",
    "# away `status: draft`). Put each claim in your own words, finish what the comments ask, drop what is"
    " none.",
    "# `inferred` lists fields that the sentence itself does not give.",
]
QUESTIONS = word_table("writing.questions")
_PLAIN = re.compile(
    r"^[A-Za-z][\w .-]*$|^\d{4}-\d{2}(?:-\d{2})?(?:\.\.\d{4}-\d{2}(?:-\d{2})?)?$|^FY\d{4}$|^\d{4}-Q\d$"
)
_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}


def open_points(claim: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a claim still lacks, as fields and questions, in the order in which a person would answer them."""
    kind = claim["kind"]
    speaker = claim.get("speaker", {})
    wanted: list[str] = []
    if not speaker.get("name"):
        wanted.append("speaker")
    if speaker.get("heard", "unknown") == "unknown":
        wanted.append("heard")
    if kind in ("count", "share", "rank", "comparison", "timing"):
        wanted += [name for name in ("measure", "where", "when") if name not in claim]
        if kind == "share" and "of" not in claim:
            wanted.append("of")
        if kind == "comparison" and "against" not in claim:
            wanted.append("against")
        if kind in ("count", "share", "rank", "comparison") and "expected" not in claim:
            wanted.append("expected")
    elif kind in ("cause", "denial") and "implies" not in claim and "explanation" not in claim:
        wanted.append("implies")
    return [(name, QUESTIONS[name]) for name in wanted]


def ledger_text(
    drafted: Drafted,
    *,
    outlet: str | None = None,
    url: str | None = None,
    verdicts: Mapping[str, str] | None = None,
) -> str:
    """The YAML of a draft ledger. `verdicts` are lines by claim id: what the records say of it as drafted."""
    ledger = drafted.ledger(outlet=outlet, url=url)
    lines = [*HEADING, "ledger: 1", "article:"]
    lines += [f"  {name}: {yaml_value(value)}" for name, value in ledger["article"].items()]
    if "date" not in ledger["article"]:
        lines.append(
            "  # date: 2017-03-20   # the day of publication: without it no date without a year can be read"
        )
    lines += ["", "claims:"]
    for draft in drafted.drafts:
        lines += _claim_lines(draft.claim)
        hints = dict(draft.hints)
        for name, question in open_points(draft.claim):
            hint = hints.pop(name, None)
            example = f"{name}: {hint}   " if hint and name != "of" else f"{name}: "
            about = f" ({hint})" if hint and name == "of" else ""
            lines.append(f"    # {example}# {question}{about}")
        if verdicts and draft.claim["id"] in verdicts:
            lines.append(f"    # as drafted, the records say: {_one_line(verdicts[draft.claim['id']])}")
        lines.append("")
    if drafted.unclaimed:
        lines.append("# Quoted, but with nothing in it that records could tell:")
        lines += [
            f"#   {_one_line(name)}: {yaml_value(_one_line(words))}" for name, words in drafted.unclaimed
        ]
    if drafted.article.left_out:
        lines.append("# Left out as advertising, links, captions or credits:")
        lines += [f"#   {_one_line(line)[:110]}" for line in drafted.article.left_out]
    return "\n".join(lines) + "\n"


def plain_text(ledger: Mapping[str, Any]) -> str:
    """The YAML of a ledger as it stands, without comments."""
    lines = [f"ledger: {ledger.get('ledger', 1)}"]
    if "article" in ledger:
        lines.append("article:")
        lines += [f"  {name}: {yaml_value(value)}" for name, value in ledger["article"].items()]
    lines += ["", "claims:"]
    for claim in ledger["claims"]:
        lines += [*_claim_lines(claim), ""]
    return "\n".join(lines)


def _claim_lines(claim: Mapping[str, Any]) -> list[str]:
    """A claim, one field a line."""
    lines = []
    for i, (name, value) in enumerate(claim.items()):
        start = "  - " if i == 0 else "    "
        note = "  # put it in your own words" if name == "text" and claim.get("status") == "draft" else ""
        lines.append(f"{start}{name}: {yaml_value(value)}{note}")
    return lines


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def yaml_value(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {yaml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(yaml_value(v) for v in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = _one_line(str(value))
    is_plain = (
        _PLAIN.match(text) and text.lower() not in _WORDS and not text.isdigit() and text == text.strip()
    )
    return text if is_plain else json.dumps(text, ensure_ascii=False)
