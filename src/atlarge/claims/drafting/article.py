"""An article's plain text as clean sentences."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_OPENERS = '“"'
_DATELINE = re.compile(
    r"^[A-Z][A-Z. ]{2,}(?:, [A-Z][A-Za-z.]+)?(?: \([\w ]+\))?\s*[—–]\s*"
    r"|^[A-Z][A-Z. ]{2,}, [A-Z][a-z.]+ -{1,2} "
)


@cache
def vocabulary() -> dict[str, Any]:
    """What the drafting rules go by."""
    return dict(yaml.safe_load(files(__package__).joinpath("vocabulary.yaml").read_text(encoding="utf-8")))


@cache
def _boilerplate() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in vocabulary()["boilerplate"])


def is_boilerplate(line: str) -> bool:
    """Whether a line is advertising, navigation, credit or the like."""
    return any(pattern.search(line.strip()) for pattern in _boilerplate())


def paragraphs(text: str) -> list[str]:
    """Paragraphs with something said in them: boilerplate and fragments left out, wrapped lines joined.

    A paragraph ends at an empty line; where a text has none, every line is one.
    """
    text = text.replace("\r\n", "\n").replace("\u00a0", " ")
    blocks = re.split(r"\n\s*\n", text) if re.search(r"\n\s*\n", text) else text.split("\n")
    kept = []
    for block in blocks:
        lines = [line for line in block.split("\n") if line.strip() and not is_boilerplate(line)]
        joined = _DATELINE.sub("", " ".join(" ".join(lines).split()))
        is_said = re.search(r"[.!?][”\"’')]*$", joined) or any(q in joined for q in _OPENERS)
        if joined and is_said and len(joined.split()) >= 4 and not is_boilerplate(joined):
            kept.append(joined)
    return kept


def sentences(paragraph: str) -> list[str]:
    """Sentences of a paragraph; abbreviations, initials and decimals do not end one."""
    made, start = [], 0
    for found in re.finditer(r"[.!?]+[”\"’')\]]*(?=\s+|$)", paragraph):
        end = found.end()
        before = paragraph[start : found.start()]
        after = paragraph[end:].lstrip()
        last = re.split(r"[\s(“\"]", before)[-1].lower()
        if found.group().startswith(".") and found.group() in (".", ".)"):
            if last in vocabulary()["abbreviations"] or re.fullmatch(r"[a-z]", last):
                continue
            if re.fullmatch(r"(?:[a-z]\.)+[a-z]", last) and after[:1].islower():
                continue
        if after and not re.match(r"[“\"'‘(]?[A-Z0-9]", after):
            continue
        if _is_open(paragraph[start:end]) and not after[:1].isupper():
            continue
        made.append(paragraph[start:end].strip())
        start = end
    rest = paragraph[start:].strip()
    if rest:
        made.append(rest)
    return made


def _is_open(text: str) -> bool:
    """Whether a curly quotation is still open at the end of a text."""
    return text.count("“") > text.count("”")


def quotations(sentence: str) -> list[str]:
    """Words between quotation marks, two or more of them."""
    found = re.findall(r"“([^”]+)”|\"([^\"]+)\"", sentence)
    said = [(a or b).strip().rstrip(",.") for a, b in found]
    return [words for words in said if len(words.split()) >= 2]


def headline(text: str) -> str | None:
    """The first line, if it stands alone and is no sentence."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    is_title = 2 < len(first.split()) < 30 and not first.endswith((".", "!")) and not is_boilerplate(first)
    return first if is_title else None
