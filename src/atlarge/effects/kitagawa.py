"""Why a share changed: another mix of groups, or other shares within them (Kitagawa 1955)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from math import factorial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from atlarge.effects.frames import framed
from atlarge.effects.results import new_axes
from atlarge.effects.typing import Floats
from atlarge.errors import QuestionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PARTS = 7


@dataclass(frozen=True)
class Component:
    """A part of a change: its value and the ends of its interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Value, low and high by name."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class ShareChange:
    """What `kitagawa` gives. Shares and contributions lie between -1 and 1.

    Attributes
    ----------
    before, after : float
        The share of cases in all, in the first and in the second period.
    change : Component
        after less before.
    composition, within : Component
        The parts of the change that come from another mix of groups, and from other shares within groups;
        they add up to `change`.
    groups : tuple of str
        The groups, in the order of their rows.
    weights, rates : array [2, groups]
        Share of each group in all, and share of cases within it, in both periods.
    by_group : array [2, groups]
        What each group contributes to composition (row 0) and to within (row 1).
    """

    before: float
    after: float
    change: Component
    composition: Component
    within: Component
    groups: tuple[Any, ...]
    weights: Floats
    rates: Floats
    by_group: Floats

    def to_frame(self) -> Any:
        """One row a group (Polars).

        Columns: group, weight_before, weight_after (its share in all), rate_before, rate_after (the share of
        cases in it; null where it has none), composition, within, total (its contributions to the change).
        """
        import polars as pl

        return pl.DataFrame(
            {
                "group": list(self.groups),
                "weight_before": self.weights[0],
                "weight_after": self.weights[1],
                "rate_before": self.rates[0],
                "rate_after": self.rates[1],
                "composition": self.by_group[0],
                "within": self.by_group[1],
                "total": self.by_group.sum(0),
            }
        ).with_columns(pl.col("rate_before", "rate_after").fill_nan(None))

    def summary(self) -> str:
        """The change and its two parts, in percentage points with their intervals."""

        def points(part: Component) -> str:
            return f"{100 * part.value:+.1f} points ({100 * part.low:+.1f} to {100 * part.high:+.1f})"

        return (
            f"share: {100 * self.before:.1f}% before, {100 * self.after:.1f}% after\n"
            f"change: {points(self.change)}\n"
            f"another mix of groups: {points(self.composition)}\n"
            f"other shares within groups: {points(self.within)}"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Contributions of each group in percentage points, as two bars (matplotlib)."""
        ax = ax if ax is not None else new_axes()
        at = np.arange(len(self.groups))
        ax.barh(at - 0.2, 100 * self.by_group[0], height=0.4, label="another mix of groups")
        ax.barh(at + 0.2, 100 * self.by_group[1], height=0.4, label="other shares within groups")
        ax.axvline(0.0, color="grey", linewidth=1)
        ax.set_yticks(at, [str(group) for group in self.groups])
        ax.set_xlabel("percentage points")
        ax.legend(frameon=False)
        return ax


def kitagawa(
    data: Any,
    *,
    group: str = "group",
    period: str = "period",
    size: str = "size",
    cases: str = "cases",
    before: Any = None,
    after: Any = None,
    confidence: float = 0.95,
) -> ShareChange:
    """Decompose the change of a share into another mix of groups and other shares within groups.

    The two parts are those of Kitagawa (1955), each weighted by the mean of both periods, so that they add up
    to the change without a remainder. A group's part of the mix is counted from the mean share: more of a
    group with a share above it raises the share of all.

    Parameters
    ----------
    data : dataframe
        Polars, pandas, PyArrow, ...; rows of one group and period are added up.
    group, period, size, cases : str
        Columns: the group, the period, the number of units, and how many of them are cases.
    before, after : hashable
        The two periods; left out where the frame has only two, which are then taken in order.
    confidence : float
        Of the intervals. They say how far chance would move the numbers if units were counted anew
        (Poisson counts, delta method).

    Returns
    -------
    ShareChange

    Raises
    ------
    QuestionError
        A column is missing, there are not two periods, a count is negative, missing or more than its size, or
        a period has no units.

    References
    ----------
    E. M. Kitagawa, Components of a difference between two rates, JASA 50 (1955) 1168-1194.

    Examples
    --------
    >>> import polars as pl
    >>> from atlarge.effects import kitagawa
    >>> frame = pl.DataFrame({
    ...     "group": ["jail", "street", "jail", "street"], "period": [1, 1, 2, 2],
    ...     "size": [80, 20, 40, 60], "cases": [56, 4, 28, 12],
    ... })
    >>> found = kitagawa(frame)
    >>> round(found.change.value, 3), round(found.composition.value, 3), round(found.within.value, 3)
    (-0.2, -0.2, 0.0)
    """
    if not 0 < confidence < 1:
        raise QuestionError(f"confidence is {confidence}: it lies between 0 and 1")
    groups, counts = _counts(data, (group, period, size, cases), before, after)
    weights, rates = _weights(counts), _rates(counts)
    parts = _parts(counts)
    deviation = NormalDist().inv_cdf(0.5 + confidence / 2)

    def component(of: Callable[[Floats], float]) -> Component:
        value = of(counts)
        error = deviation * _error(of, counts)
        return Component(value, value - error, value + error)

    totals = counts.sum((1, 2))
    share = counts[:, :, 0].sum(1) / totals
    return ShareChange(
        float(share[0]),
        float(share[1]),
        component(lambda c: float(_parts(c).sum())),
        component(lambda c: float(_parts(c)[0].sum())),
        component(lambda c: float(_parts(c)[1].sum())),
        groups,
        weights,
        rates,
        parts,
    )


def _counts(
    data: Any, names: tuple[str, str, str, str], before: Any, after: Any
) -> tuple[tuple[Any, ...], Floats]:
    """Groups, and counts [2 periods, groups, cases and others]."""
    frame = framed(data, *names)
    group, period, size, cases = (frame[name] for name in names)
    periods = sorted(set(period.to_list()))
    if before is None and after is None:
        if len(periods) != 2:
            raise QuestionError(f"the frame has {len(periods)} periods: name two of them by before and after")
        before, after = periods
    if before == after or any(name not in periods for name in (before, after)):
        raise QuestionError(f"before ({before}) and after ({after}) must be two of its periods")
    rows = list(zip(group.to_list(), period.to_list(), size.to_list(), cases.to_list(), strict=True))
    rows = [row for row in rows if row[1] in (before, after)]
    groups = tuple(sorted({row[0] for row in rows}, key=lambda name: (str(type(name)), name)))
    at = {name: k for k, name in enumerate(groups)}
    counts = np.zeros((2, len(groups), 2))
    for name, when, n, k in rows:
        if n is None or k is None or not 0 <= k <= n:
            raise QuestionError(f"{name} in {when}: {k} cases of {n}; cases lie between 0 and the size")
        counts[int(when == after), at[name]] += (k, n - k)
    for one, total in zip((before, after), counts.sum((1, 2)), strict=True):
        if total == 0:
            raise QuestionError(f"{one}: there are no units, so no share")
    kept = counts.sum((0, 2)) > 0
    return tuple(name for name, keep in zip(groups, kept, strict=True) if keep), counts[:, kept]


def _weights(counts: Floats) -> Floats:
    sizes = counts.sum(2)
    return np.asarray(sizes / sizes.sum(1, keepdims=True))


def _rates(counts: Floats) -> Floats:
    sizes = counts.sum(2)
    return np.where(sizes > 0, counts[:, :, 0] / np.where(sizes > 0, sizes, 1.0), np.nan)


def _parts(counts: Floats) -> Floats:
    """Contributions [mix and within, groups]; a group that is in one period only has no change within."""
    weights, rates = _weights(counts), _rates(counts)
    rates = np.where(np.isnan(rates), rates[::-1], rates)
    share = (weights * rates).sum(1)
    mix = (weights[1] - weights[0]) * (rates.mean(0) - share.mean())
    return np.stack([mix, (rates[1] - rates[0]) * weights.mean(0)])


def _error(of: Callable[[Floats], float], counts: Floats) -> float:
    """Standard error of a function of Poisson counts, by the delta method with numerical slopes."""
    variance = 0.0
    for index in np.ndindex(*counts.shape):
        if counts[index] == 0:
            continue
        step = 1e-4 * counts[index]
        up, down = counts.copy(), counts.copy()
        up[index] += step
        down[index] -= step
        variance += float(((of(up) - of(down)) / (2 * step)) ** 2 * counts[index])
    return float(np.sqrt(variance))


def count_contributions(
    before: Mapping[Any, float], after: Mapping[Any, float], cases: Any
) -> dict[Any, float]:
    """Parts of the change of a share that come from more, or fewer, of each kind of unit.

    A share of cases falls when there are fewer cases, and when there are more of the others. Each kind's
    count is moved from its value before to its value after, in every order; its part is the mean of what that
    changes (Shapley), so that the parts add up to the change.

    Parameters
    ----------
    before, after : mapping
        Counts, or counts per day where the periods are not of one length, by kind; at most 7 kinds.
    cases : hashable
        The kind whose share it is.

    Returns
    -------
    dict
        Part of the change by kind.

    Raises
    ------
    QuestionError
        The kinds differ or are more than 7, a count is negative, or a period has none.

    Examples
    --------
    >>> from atlarge.effects import count_contributions
    >>> parts = count_contributions({"case": 60, "other": 40}, {"case": 60, "other": 140}, "case")
    >>> {kind: round(part, 3) for kind, part in parts.items()}
    {'case': 0.0, 'other': -0.3}
    """
    kinds = list(before)
    if set(kinds) != set(after) or cases not in kinds or len(kinds) > _MOST_PARTS:
        raise QuestionError(
            f"both periods need counts of the same kinds, at most {_MOST_PARTS}, with {cases!r}"
        )
    if any(n < 0 for n in (*before.values(), *after.values())):
        raise QuestionError("a count is negative")
    if not sum(before.values()) or not sum(after.values()):
        raise QuestionError("a period has no units, so no share")

    def share(counts: Mapping[Any, float]) -> float:
        total = sum(counts.values())
        return counts[cases] / total if total else share(before)

    parts = dict.fromkeys(kinds, 0.0)
    for order in permutations(kinds):
        now = dict(before)
        for kind in order:
            was = share(now)
            now[kind] = after[kind]
            parts[kind] += share(now) - was
    return {kind: part / factorial(len(kinds)) for kind, part in parts.items()}
