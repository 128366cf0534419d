"""A draft ledger from an article: who said what, how it reached us, and what of it can be checked.

A draft is where a person starts, not a finding. It is written by rules over the whole article (the vocabulary
of each language is data beside this file): what the article leaves open stays open and is listed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import Any

from atlarge.calendar import as_day
from atlarge.claims.drafting.article import MOST_CHARACTERS, Article, quotations, read_article
from atlarge.claims.drafting.context import Filled, context_of, fill
from atlarge.claims.drafting.discourse import Discourse, Span
from atlarge.claims.drafting.kinds import Part, Split, split
from atlarge.errors import QuestionError


@dataclass(frozen=True)
class Draft:
    """One drafted claim: its fields as a ledger has them, and where its words stand in the article."""

    claim: dict[str, Any]
    paragraph: int
    start: int  # of its words in the paragraph
    end: int
    hints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drafted:
    """An article with its drafted claims."""

    article: Article
    drafts: tuple[Draft, ...]
    unclaimed: tuple[tuple[str, str], ...] = ()  # speaker and words that were quoted without a claim in them

    def ledger(self, *, outlet: str | None = None, url: str | None = None) -> dict[str, Any]:
        """The ledger as plain values."""
        about: dict[str, Any] = {"title": self.article.title or "title of the article"}
        if outlet:
            about["outlet"] = outlet
        if self.article.published:
            about["date"] = self.article.published.isoformat()
        if url:
            about["url"] = url
        return {"ledger": 1, "article": about, "claims": [draft.claim for draft in self.drafts]}


def draft_article(text: str, published: dt.date | str | None = None) -> Drafted:
    """Read an article and draft its claims.

    Raises QuestionError when it is longer than an article or holds nothing that could be a claim.
    """
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(
            f"over {MOST_CHARACTERS:,} characters long: it is not an article; cut it to the text itself"
        )
    article = read_article(text, published=as_day(published))
    discourse, splits = _read(article)
    people = frozenset(surname for surname in discourse.finder.surnames if " " not in surname)
    context = context_of(article, splits, people)
    drafts: list[Draft] = []
    for one in splits:
        alone = len(one.parts) == 1
        for part in one.parts:
            drafts.append(_draft(part, one, fill(part, one, context, article.language), alone))
    drafts = _numbered(drafts)
    if not drafts:
        raise QuestionError("the article holds no sentence with a number, a reason, a denial or a statement")
    unclaimed = [
        (one.spoken.spans[0].speaker.name, one.spoken.sentence.text)
        for one in splits
        if not one.parts and any(s.is_quoted for s in one.spoken.spans)
    ]
    return Drafted(article, tuple(drafts), tuple(unclaimed))


def _read(article: Article) -> tuple[Discourse, list[Split]]:
    """The sentences of an article, each with its speakers and claims."""
    discourse = Discourse(article)
    spoken = discourse.read()
    splits: list[Split] = []
    claimed: set[float] = set()  # numbers so far
    for one in spoken:
        splits.append(split(one, article.published, article.language, discourse.narrator, claimed))
        claimed |= {p.number.value for p in splits[-1].parts if p.number and p.number.value is not None}
    return discourse, splits


# --- one claim --------------------------------------------------------------------------------------------


def _draft(part: Part, one: Split, filled: Filled, is_alone: bool) -> Draft:
    """The claim of a part, its fields in the order in which a ledger writes them."""
    spoken, span = one.spoken, part.span
    text = spoken.sentence.text
    claim: dict[str, Any] = {"id": "", "status": "draft", "text": text}
    if not is_alone:
        claim["about"] = _about(part, text)
    quotes = list(quotations(text))
    if quotes:
        claim["quote"] = " / ".join(quotes)
    claim["paragraph"] = spoken.paragraph
    claim["speaker"] = speaker_fields(span)
    claim["kind"] = part.kind
    fields, inferred = dict(filled.fields), list(filled.inferred)
    needs: Any = None
    hints = dict(filled.hints)
    if part.kind in ("cause", "denial"):
        needs = "the records that would tell the reason"
    elif part.kind == "assertion":
        needs = "a document, or the word of someone who was there"
    elif "measure" in fields and not _is_testable(part.kind, fields):
        hints["measure"] = fields.pop("measure")
        if part.kind in ("share", "comparison"):
            fields.pop("of", None)
    if part.kind not in ("share", "rank", "comparison", "timing"):
        fields.pop("of", None)
    claim |= {
        name: fields[name]
        for name in ("measure", "where", "when", "of", "against", "expected")
        if name in fields
    }
    claim |= {name: fields[name] for name in ("explanation", "policy") if name in fields}
    if needs:
        claim["needs"] = needs
    if span.is_inferred:
        inferred.append("speaker")
    kept = [name for name in dict.fromkeys(inferred) if name in claim]
    if kept:
        claim["inferred"] = kept
    start = spoken.sentence.start + part.start
    return Draft(claim, spoken.paragraph, start, spoken.sentence.start + part.end, hints)


def _is_testable(kind: str, fields: dict[str, Any]) -> bool:
    """Whether a claim with a measure has all that its kind needs to be a valid test."""
    if kind == "share":
        return "of" in fields
    if kind == "comparison":
        return "against" in fields and "expected" in fields
    if kind == "timing":
        return False
    return "expected" in fields and "where" in fields


def _about(part: Part, text: str) -> str:
    """The words that make the claim: a number with what follows it, or the whole clause."""
    if part.kind == "rank":
        return text[part.start : part.end].strip(" ,;—–“”")
    start, end = part.clause if part.number is None else (part.start, min(len(text), part.end + 60))
    words = " ".join(text[start:end].split())
    if part.number is not None:
        words = " ".join(words.split()[: len(text[part.start : part.end].split()) + 4])
    return words.strip(" ,;—–“”") or text[part.start : part.end]


def speaker_fields(span: Span) -> dict[str, Any]:
    """The speaker of a span as a ledger writes it."""
    entity = span.speaker
    fields: dict[str, Any] = {"name": entity.name}
    role = "reporter" if entity.kind == "narrator" and entity.name == "anonymous" else entity.role
    if role and role != entity.name:
        fields["role"] = role
    fields["named"] = entity.is_named
    fields["heard"] = span.heard or ("report" if entity.kind == "narrator" else "unknown")
    if span.via:
        fields["via"] = span.via
    return fields


def _numbered(drafts: list[Draft]) -> list[Draft]:
    """The drafts with an id each: a number, two distinctive words, and the kind."""
    numbered = []
    for i, draft in enumerate(drafts, start=1):
        where = draft.claim.get("where")
        telling = where if isinstance(where, str) else draft.claim["text"]
        words = re.findall(r"[a-z]+", telling.lower())[:2]
        name = "-".join([f"c{i:02d}", *words, draft.claim["kind"]])
        numbered.append(replace(draft, claim={**draft.claim, "id": name}))
    return numbered
