"""Drafting a ledger from an article: each claim with its speaker, and what is still open."""

from __future__ import annotations

from atlarge.claims.drafting.draft import (
    Draft,
    Drafted,
    Marked,
    draft_article,
    draft_ledger,
    mark,
    mark_article,
)
from atlarge.claims.drafting.writing import ledger_text, open_points

__all__ = [
    "Draft",
    "Drafted",
    "Marked",
    "draft_article",
    "draft_ledger",
    "ledger_text",
    "mark",
    "mark_article",
    "open_points",
]
