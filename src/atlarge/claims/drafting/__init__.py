"""Drafting a ledger from an article: each claim with its speaker, and what is still open."""

from __future__ import annotations

from atlarge.claims.drafting.draft import Draft, Drafted, draft_article
from atlarge.claims.drafting.writing import ledger_text, open_points

__all__ = ["Draft", "Drafted", "draft_article", "ledger_text", "open_points"]
