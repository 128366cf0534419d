"""The reader's view of a draft: the article beside its claims, each with what is still missing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlarge.claims.drafting import Drafted, open_points
from atlarge.claims.page import ledger_rows, render_template
from atlarge.claims.verdicts import Verdict, check_claims
from atlarge.records.store import Store


@dataclass(frozen=True)
class Preview:
    """What the records say of drafted claims already, by claim id."""

    verdicts: dict[str, Verdict]
    lines: dict[str, str]


def preview(drafted: Drafted, store: Store | Path | str | None = None) -> Preview:
    """Check the drafted claims that have all that a test needs."""
    ready = [draft.claim for draft in drafted.drafts if is_ready(draft.claim)]
    verdicts = check_claims(ready, store) if ready else []
    rows = ledger_rows(verdicts)
    found = {v.id: v for v in verdicts}
    lines = {}
    for row in rows:
        answer = row["answer"].removeprefix(row["draft"]).strip()
        lines[row["id"]] = f"{row['verdict']}: {answer}"
    return Preview(found, lines)


def is_ready(claim: dict[str, Any]) -> bool:
    """Whether a claim can be checked as it stands: what is counted and where, or an account and policy."""
    if claim["kind"] in ("cause", "denial"):
        return "explanation" in claim and "policy" in claim and "where" in claim
    return all(name in claim for name in ("measure", "where", "when"))


def render_draft(
    drafted: Drafted, found: Preview, *, outlet: str | None = None, url: str | None = None
) -> str:
    """The article beside its claims as one HTML page that loads nothing and runs no script."""
    paragraphs = []
    for paragraph in drafted.article.paragraphs:
        drafts = [draft for draft in drafted.drafts if draft.paragraph == paragraph.number]
        cards = [_card(draft.claim, found) for draft in drafts]
        paragraphs.append(
            {
                "number": paragraph.number,
                "turn": paragraph.turn,
                "pieces": _pieces(paragraph.text, drafts),
                "claims": cards,
            }
        )
    claims = [draft.claim for draft in drafted.drafts]
    return render_template(
        "draft.html.j2",
        article=drafted.ledger(outlet=outlet, url=url)["article"],
        paragraphs=paragraphs,
        left_out=drafted.article.left_out,
        total=len(claims),
        unfinished=sum(bool(open_points(claim)) for claim in claims),
        checked=len(found.lines),
    )


def _card(claim: dict[str, Any], found: Preview) -> dict[str, Any]:
    """A claim as the page shows it."""
    speaker = claim["speaker"]
    name = speaker["name"] if speaker["name"] != "anonymous" else "not named"
    if speaker.get("role") == "reporter":
        name = "the article itself"
    name_and_role = ", ".join(
        part for part in (name, speaker.get("role") if speaker.get("role") != "reporter" else "") if part
    )
    inferred = claim.get("inferred", [])
    fields = [
        {"name": label, "value": _shown(claim[field]), "is_inferred": field in inferred}
        for field, label in (("measure", "counts"), ("where", "where"), ("when", "when"), ("of", "of"),
                             ("against", "against"),
                             ("expected", "says"), ("explanation", "account"), ("policy", "policy"))
        if field in claim
    ]  # fmt: skip
    verdict = found.verdicts.get(claim["id"])
    return {
        "id": claim["id"],
        "number": claim["id"].split("-")[0].lstrip("c").lstrip("0"),
        "kind": claim["kind"],
        "about": claim.get("about") or claim["text"],
        "speaker": name_and_role,
        "is_speaker_inferred": "speaker" in inferred,
        "heard": speaker["heard"],
        "via": speaker.get("via"),
        "fields": fields,
        "open": open_points(claim),
        "verdict": verdict.verdict if verdict else None,
        "line": found.lines.get(claim["id"], ""),
    }


def _shown(value: Any) -> str:
    """A field's value in words."""
    if isinstance(value, dict):
        if "top" in value:
            return f"the {value['top']} largest ({value.get('kind', 'places')})"
        names = ("word", "value", "unit", "where", "measure", "when", "direction")
        return " ".join(str(value[name]) for name in names if value.get(name) is not None)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _pieces(text: str, drafts: list[Any]) -> list[dict[str, Any]]:
    """The text cut at the words of its claims, each piece with the numbers of the claims it is of."""
    edges = sorted(
        {0, len(text), *(min(d.start, len(text)) for d in drafts), *(min(d.end, len(text)) for d in drafts)}
    )
    pieces = []
    for start, end in itertools.pairwise(edges):
        inside = [d.claim["id"] for d in drafts if d.start <= start and end <= d.end]
        pieces.append({"text": text[start:end], "claims": inside})
    return pieces
