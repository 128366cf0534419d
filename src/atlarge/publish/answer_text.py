"""How the counts and estimates of an answer are written: in cells, in sentences, as heads of columns."""

from __future__ import annotations

from collections.abc import Iterable

from atlarge.disclosure.table import WITHHELD, mark_text
from atlarge.explain.answer import Answer, Interval, Span
from atlarge.publish.answers import Shown
from atlarge.publish.charts import Valued
from atlarge.publish.i18n import Words


def count_text(cell: tuple[int | None, str], shown: Shown, w: Words) -> str:
    """A count, or the mark that stands for it."""
    return mark_text(*cell, shown.table.threshold, w("cell.withheld"), w("cell.uncovered"))


def count_in_sentence(cell: tuple[int | None, str], shown: Shown, w: Words) -> str:
    """A count as written within a sentence."""
    return w("cell.hidden") if cell[1] == WITHHELD else count_text(cell, shown, w)


def interval_text(i: Interval | Valued, w: Words) -> str:
    """An interval with signs; unknown where there is none."""
    if i.low is None or i.high is None:
        return w("cell.unknown")
    return w("interval", low=w.signed(i.low), high=w.signed(i.high))


def column_heads(names: Iterable[str], w: Words) -> list[str]:
    """Heads of table columns."""
    return [w(f"report.col.{name}") for name in names]


def p_text(p: float | None, w: Words) -> str:
    """A p-value as print: two or three decimals."""
    if p is None:
        return w("cell.unknown")
    return "<0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def key_of_kind(key: str, answer: Answer) -> str:
    """The key of a text that is worded otherwise where the question names a day and no policy."""
    return f"{key}_date" if answer.policy.get("kind") == "date" else key


def span_name(span: Span, answer: Answer, w: Words) -> str:
    """What a span of an answer is called."""
    return w(key_of_kind("span.policy", answer) if span.span == "policy" else f"span.{span.span}")


def cell_text(value: float | None, w: Words) -> str:
    """A level with one decimal, never below zero; empty where there is none."""
    return "" if value is None else w.count(max(value, 0.0), 1)
