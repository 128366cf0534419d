"""A figure that no definition gives: what was tried, what came nearest, and what would decide it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from atlarge.messages import Message, render
from atlarge.panel import measures
from atlarge.verify.candidate import EXCLUSION, Candidate
from atlarge.verify.counting import table_of
from atlarge.verify.geography import NO_OTHER_COUNTY
from atlarge.verify.result import CANNOT_BE_TOLD, Checked

if TYPE_CHECKING:
    from atlarge.verify.checking import Checking


def cannot_be_told(
    row: Checked, checking: Checking, tried: list[Candidate], alike: list[Checking]
) -> Checked:
    """Describe a figure that no definition gives: what was tried, what came nearest, and what would settle
    it."""
    published, found = checking.figure.value, _search(row, checking, tried, alike)
    reached = sorted((c for c in tried if c.reaches), key=lambda c: c.kind == EXCLUSION)
    n = f"{len(tried)} definitions tried" if len(tried) != 1 else "the one definition tried"
    if not tried:
        said = "no other definition can be computed"
    elif reached:
        these = "; ".join(f"{c.in_words(published)} reaches it, but {c.rejected}" for c in reached[:3])
        more = f"; so do {len(reached) - 3} more" if len(reached) > 3 else ""
        said = f"of {n} {len(reached)} reach it, none to be believed: {these}{more}"
    else:
        none = f"none of {n} gives it" if len(tried) > 1 else f"{n} does not give it"
        said = f"{none}; {found['nearest']['words']}"
    if "bound" in found:
        said += (
            f"; records that name no other county give at most {found['bound']['most']:,.0f}, so that at "
            f"least {found['bound']['elsewhere']:,.0f} of those counted name another"
        )
    if "joint" in found:
        joint = found["joint"]
        said += (
            f"; none serves all {joint['figures']} figures of the publication, the best "
            f"({joint['label']}) is off by up to {joint['worst_pct']:.1f}%"
        )
    decides = render(Message(f"decides.{found['would_decide']}"))
    why = f"{CANNOT_BE_TOLD}: {said}; what would decide it: {decides}"
    return replace(row, why="; ".join(filter(None, (why, row.why))), search=found)


def _search(
    row: Checked, checking: Checking, tried: list[Candidate], alike: list[Checking]
) -> dict[str, Any]:
    """Summarise the search over definitions for a figure that none of them gives."""
    published = checking.figure.value
    found: dict[str, Any] = {"definitions": len(tried), "would_decide": would_decide(checking)}
    if not tried or row.ours is None:
        return found
    ends = [row.ours, *(end for c in tried for end in (c.value, c.low, c.high) if end is not None)]
    usual = Candidate("usual", row.definition, row.ours)
    nearest = min((usual, *tried), key=lambda c: (abs(c.value - published), c.low is not None))
    is_usual = abs(nearest.value - published) >= abs(row.ours - published)
    nearest = usual if is_usual else nearest
    words = (
        "none comes nearer than the usual count" if is_usual else f"nearest is {nearest.in_words(published)}"
    )
    spread = max(ends) - min(ends)
    share = min(1.0, 2 * checking.room / spread) if spread else 0.0
    found |= {
        "low": min(ends),
        "high": max(ends),
        "nearest": {
            **{key: nearest.to_dict(published)[key] for key in ("label", "value", "difference_pct")},
            "words": words,
        },
        "by_chance": round(1 - (1 - share) ** len(tried), 3),
    }
    own = next((c.value for c in tried if c.label == NO_OTHER_COUNTY), None)
    if own is not None and published > own:
        found["bound"] = {"most": own, "elsewhere": published - own}
    group = [o for o in alike if o.name == checking.name and o.query is not None and o.figure.value]
    if len(group) > 1:
        errors = [
            {"the usual count": abs(o.ours / o.figure.value - 1)}
            | {c.label: abs(c.value / o.figure.value - 1) for c in o.explanations() if c.low is None}
            for o in group
        ]
        shared = set.intersection(*(set(e) for e in errors))
        worst = {label: max(e[label] for e in errors) for label in shared}
        label = min(sorted(worst), key=lambda one: worst[one])
        found["joint"] = {"label": label, "figures": len(group), "worst_pct": round(100 * worst[label], 2)}
    return found


def would_decide(checking: Checking) -> str:
    """Key of what would settle a figure that cannot be told: its own, or else that of its kind."""
    figure, name = checking.figure, checking.name
    if figure.would_decide:
        return figure.would_decide
    if checking.query is None:
        return "days"
    is_county = any(s.level == "county" for s in checking.query.spots) and table_of(name) == "arrests"
    if name.startswith("counties_with_") or is_county:
        return "county_table"
    if "287g" in name and name not in measures():
        return "list"
    if table_of(name) is None:
        return "count_of_the_day"
    return "reports" if checking.counter.is_monthly(name) else "rows"
