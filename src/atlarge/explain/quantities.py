"""Numbers and verdicts on bursts, on a lasting excess and on both sides of a policy that ended.

All are frozen dataclasses; `to_dict()` gives their JSON.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from atlarge.explain.answer import Interval, Plain, Verdict, plain

ALPHA_BURST = 0.02
ALPHA_LASTING = 0.03
MATERIAL = 0.25
NOTHING = Interval(None)


def relative(value: float | None, whole: float) -> float | None:
    """A number as a share of another; None where it is not known, or the other is not positive."""
    return value / whole if value is not None and whole > 0 else None


class _Plain(Plain):
    _digits = 4

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, and the verdict where there is one."""
        verdict = getattr(self, "verdict", None)
        return super().to_dict() if verdict is None else {**super().to_dict(), "verdict": verdict}


@dataclass(frozen=True, kw_only=True)
class Judged(_Plain):
    """An excess over some days and the evidence for it.

    `p`: one-sided chance of as large an excess with no effect; `p_low`: of as large a shortfall;
    `p_material`: of so small an excess were there a `material` one (a count); `power`: chance that a material
    excess would have been found; `mde`: the excess found with 80% power; `alpha`: the bar for p.
    """

    observed: float
    expected: float
    effect: Interval
    p: float | None = None
    p_low: float | None = None
    p_material: float | None = None
    material: float = 0.0
    power: float | None = None
    mde: float | None = None
    mde_relative: float | None = None
    alpha: float = ALPHA_LASTING

    @property
    def verdict(self) -> Verdict:
        """Whether an excess fits: p at the bar and the interval above zero; does not fit where a material
        one can be excluded; else "cannot be told"."""
        value, low, high = self.effect.value, self.effect.low, self.effect.high
        above = value is not None and value > 0 and (low is None or low > 0)
        if self.p is not None and self.p <= self.alpha and above:
            return "fits"
        below = value is not None and value < self.material and (high is None or high <= self.material)
        if self.p_material is not None and self.p_material <= self.alpha and below:
            return "does not fit"
        return "cannot be told"

    @property
    def is_shortfall(self) -> bool:
        """Whether clearly fewer than expected were recorded."""
        value, high = self.effect.value, self.effect.high
        below = value is not None and value < 0 and (high is None or high < 0)
        return self.p_low is not None and self.p_low <= self.alpha and below


@dataclass(frozen=True, kw_only=True)
class Bursts(Judged):
    """The clearest run of days in the watch after a policy became known (start None: none above usual).

    `usual_month`: a month's usual count, by which the run was scored; `elsewhere`: how many of the `places`
    compared had a run of their own on those days.
    """

    start: dt.date | None = None
    end: dt.date | None = None
    watch_start: dt.date | None = None
    watch_end: dt.date | None = None
    usual_month: float | None = None
    usual_note: str = ""
    score: float | None = None
    places: int = 0
    elsewhere: int = 0
    alpha: float = ALPHA_BURST

    def clearest(self) -> dict[str, Any] | None:
        """The run as plain values; None where there is none above usual."""
        if self.start is None or self.end is None:
            return None
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "observed": self.observed,
            "expected": round(self.expected, 2),
            "score": round(self.score or 0.0, 2),
            "p_placebo": round(self.p or 1.0, 4),
            "places": self.places,
            "elsewhere": self.elsewhere,
        }

    @property
    def in_usual_months(self) -> float | None:
        """The run's arrests as a number of usual months."""
        return self.observed / self.usual_month if self.usual_month else None

    @property
    def ratio(self) -> float | None:
        """The run's arrests over the usual number of as many days."""
        return relative(self.observed, self.expected)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, the verdict, and the run against a usual month and against as many days."""
        more = {"in_usual_months": plain(self.in_usual_months, 4), "ratio": plain(self.ratio, 4)}
        return {**super().to_dict(), **more}


@dataclass(frozen=True, kw_only=True)
class Lasting(Judged):
    """The whole time in force without its bursts; `bursts_removed` arrests are not in `observed`.

    `withheld`: why no verdict is given although the numbers alone would give one: "replaced" (handoffs that
    did not happen can explain a rise), "placing" (records began to name places otherwise), "left" (the place
    had left its comparison before, and counted from there the answer is another); "" where none is withheld.
    """

    start: dt.date | None = None
    end: dt.date | None = None
    months: int = 0
    bursts_removed: float = 0.0
    usual_month: float | None = None
    places: int = 0
    withheld: str = ""

    @property
    def verdict(self) -> Verdict:
        """As of any excess; "cannot be told" where it is withheld."""
        return "cannot be told" if self.withheld else super().verdict


@dataclass(frozen=True, kw_only=True)
class TwoSided(_Plain):
    """The time in force against the months before and after it: for a policy that ended."""

    start: dt.date
    end: dt.date
    observed: float
    expected: float
    effect: Interval
    p: float | None = None
    p_high: float | None = None
    months_before: int = 0
    months_after: int = 0
    assumption: str = "two_sided.assumption"

    @property
    def months(self) -> int:
        """Months in force, to the nearest."""
        return round((self.end - self.start).days / (365.25 / 12))


@dataclass(frozen=True, kw_only=True)
class LeftBefore(_Plain):
    """The place left its comparison before the policy was known; `ratio`: its level since over before."""

    date: dt.date
    low: dt.date | None = None
    high: dt.date | None = None
    ratio: Interval = NOTHING
    p: float | None = None
    estimate_from: Interval = NOTHING
    expected_from: float | None = None


@dataclass(frozen=True, kw_only=True)
class MethodSwitch(_Plain):
    """The mix of methods within one label changed; `robust`: the effect on a sum that it leaves alone.

    `first` and `last`: the days that the shares before and after it are of.
    """

    place: str
    place_name: str
    label: str
    date: dt.date
    low: dt.date | None = None
    high: dt.date | None = None
    share_before: float | None = None
    share_after: float | None = None
    p: float | None = None
    near_policy: bool = False
    robust: Interval = NOTHING
    robust_measure: str = "all"
    robust_expected: float | None = None
    robust_p: float | None = None
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class NamingShift(_Plain):
    """Shares of all jail handoffs that name a county, in the two half years that differ most."""

    before: float
    after: float
