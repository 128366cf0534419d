"""One small chart for the results of this package."""

from __future__ import annotations

from typing import Any

from atlarge.errors import QuestionError


def bars(heights: dict[str, int], label: str, ax: Any = None) -> Any:
    """Bars with their numbers, on axes that are given or new; QuestionError without Matplotlib."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise QuestionError("plot() needs Matplotlib: pip install matplotlib") from None
    if ax is None:
        _, ax = plt.subplots(figsize=(5, 3))
    drawn = ax.bar(list(heights), list(heights.values()), color="#4269d0")
    ax.bar_label(drawn, [f"{n:,}" for n in heights.values()])
    ax.set_ylabel(label)
    return ax
