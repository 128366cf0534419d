"""How much of a change is trend, how much replaces lost handoffs, what remains; and what cannot be told."""

from __future__ import annotations

from atlarge.explain.answer import Answer

__all__ = ["Answer"]
