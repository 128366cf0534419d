"""Drafting a ledger from an article's plain text."""

from __future__ import annotations

from atlarge.claims.drafting.draft import Marked, draft_ledger, mark, mark_article

__all__ = ["Marked", "draft_ledger", "mark", "mark_article"]
