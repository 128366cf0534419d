"""The result for a published figure: how near the records come to it, and all figures of a run."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from atlarge.verify.figure import AT_LEAST, AT_MOST, TOLERANCE, Figure
from atlarge.wording import some

EQUAL, WITHIN, DIFFERS, NOT_TESTABLE = "equal", "within tolerance", "differs", "not testable"
EXPLAINED, CANNOT_BE_TOLD = "explained", "cannot be told from these records"
STATES = (CANNOT_BE_TOLD, EXPLAINED, WITHIN, EQUAL, NOT_TESTABLE)
"""What is known of a figure, in the order of the list: a difference is explained or cannot be told."""


def agreement(ours: float, figure: Figure, *, is_percent: bool = False, slack: float = 0.0) -> str:
    """Compare two numbers: equal as printed, within tolerance, or different.

    Parameters
    ----------
    ours : float
        The number from the records.
    figure : Figure
        The published one: its value, printed decimals, kind and tolerance.
    is_percent : bool
        Whether it is a printed percentage, which half of its last digit cannot tell from its neighbours.
    slack : float
        Share of the figure by which ours is uncertain itself.

    Returns
    -------
    str
        equal, within tolerance or differs.

    Examples
    --------
    >>> from atlarge.verify.figure import Figure
    >>> import datetime as dt
    >>> day = dt.date(2017, 1, 1)
    >>> agreement(22.3, Figure("a", "share_at_large", "US", day, day, 22.0), is_percent=True)
    'equal'
    """
    published = figure.value
    decimals = max(figure.decimals, 0 if published == int(published) else 1)
    if round(ours, decimals) == published:
        return EQUAL
    tolerance = max(tolerance_of(figure), slack)
    if figure.kind == AT_LEAST:
        return WITHIN if published <= ours <= published * (1 + tolerance) else DIFFERS
    if figure.kind == AT_MOST:
        return WITHIN if published * (1 - tolerance) <= ours <= published else DIFFERS
    return WITHIN if abs(ours - published) <= room_of(figure, tolerance, is_percent=is_percent) else DIFFERS


def room_of(figure: Figure, tolerance: float, *, is_percent: bool) -> float:
    """Largest difference that counts as agreement; for a printed percentage at least half of its last
    digit."""
    printed = 0.51 * 10.0 ** -max(figure.decimals, 0) if is_percent and figure.tolerance is None else 0.0
    return max(tolerance * abs(figure.value), printed)


def tolerance_of(figure: Figure) -> float:
    """Share of a figure within which a count agrees with it: its own, or that of its kind."""
    return TOLERANCE[figure.kind] if figure.tolerance is None else figure.tolerance


@dataclass(frozen=True)
class Checked:
    """A published figure compared with the records.

    Attributes
    ----------
    id, publisher, source, measure, place, start, end : str, and date or None
        What was published, by whom, of what, where and when.
    published, ours : float or None
        The two numbers; `ours` is None where it cannot be counted, and `published`, `start` and `end` where
        the line of a user's file cannot be read.
    difference, difference_pct : float or None
        ours - published, and that as a percentage of the published figure.
    verdict : str
        "equal", "within tolerance", "differs" or "not testable".
    why : str
        What explains the difference, or why it cannot be tested.
    definition : str
        How `ours` was counted.
    counted_in : str
        The places that it was counted in, by name, level and code: what the text of `place` was read as.
    understood : bool
        Whether the difference is explained by a definition that was computed, or by coverage; True for
        figures that agree.
    recorded, recovered : float or None
        For areas of responsibility: the count by the area that records name, and with those whose blank area
        is recovered from their landmark. None elsewhere.
    others : dict
        Counts by other definitions, by name.
    candidates : list of dict
        Every explanation that was computed, the nearest first: kind, label, value, low, high, difference_pct,
        reaches, rejected.
    search : dict
        For a figure that cannot be told: how many `definitions` were tried, `low` and `high` of what they
        give, the `nearest` (label, value, difference_pct), the one that serves the publication's figures best
        (`joint`: label, figures, worst_pct), for a county the `most` that records give which name no other
        and how many must name another (`bound`), how often as many definitions hit such a figure by chance
        (`by_chance`), and what `would_decide` it. Empty elsewhere.
    """

    id: str
    publisher: str
    source: str
    measure: str
    place: str
    start: dt.date | None
    end: dt.date | None
    published: float | None
    ours: float | None
    verdict: str
    why: str
    definition: str
    understood: bool
    recorded: float | None = None
    recovered: float | None = None
    others: dict[str, float] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    search: dict[str, Any] = field(default_factory=dict)
    counted_in: str = ""

    @property
    def state(self) -> str:
        """The verdict or, where it differs, whether that is explained or cannot be told."""
        if self.verdict != DIFFERS:
            return self.verdict
        return EXPLAINED if self.understood else CANNOT_BE_TOLD

    @property
    def difference(self) -> float | None:
        """ours - published."""
        return None if self.ours is None or self.published is None else self.ours - self.published

    @property
    def difference_pct(self) -> float | None:
        """The difference in per cent of the published figure."""
        if self.difference is None or not self.published:
            return None
        return round(100.0 * self.difference / self.published, 2)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the difference included."""
        return {
            **asdict(self),
            "state": self.state,
            "difference": self.difference,
            "difference_pct": self.difference_pct,
        }


@dataclass(frozen=True, repr=False)
class Verification:
    """All figures checked. Returned by `verify`.

    Attributes
    ----------
    rows : list of Checked
        Unexplained differences come first.
    """

    rows: list[Checked]

    def __repr__(self) -> str:
        return f"Verification({self.summary()})"

    def summary(self) -> str:
        """How many agree."""
        number = {v: sum(r.verdict == v for r in self.rows) for v in (EQUAL, WITHIN, DIFFERS, NOT_TESTABLE)}
        open_ = sum(not r.understood for r in self.rows)
        figures = some(len(self.rows), "published figure")
        return (
            f"{figures}: {number[EQUAL]} equal, {number[WITHIN]} within tolerance, "
            f"{number[DIFFERS]} differ ({open_} of them cannot be told from these records), "
            f"{number[NOT_TESTABLE]} not testable"
        )

    def to_frame(self) -> pl.DataFrame:
        """One row for each figure."""
        rows = [
            {k: v for k, v in r.to_dict().items() if k not in ("others", "candidates", "search")}
            for r in self.rows
        ]
        return pl.DataFrame(rows, infer_schema_length=None)
