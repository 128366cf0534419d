"""What an answer carries. Counts are sums over the period named; months are counted from the policy's day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["fits", "does not fit", "cannot be told"]
ACCOUNTS = ("singling_out", "substitution", "concentration")


class Said(str):
    """A text that remembers what it was made of, so that it can be told in another language.

    It is its English text. `key` names its pattern; `values` fill it: numbers, days, texts, or further Said.
    """

    key: str
    values: dict[str, Any]

    def __new__(cls, text: str, key: str = "", **values: Any) -> Said:
        made = super().__new__(cls, text)
        made.key, made.values = key, values
        return made

    @classmethod
    def of(cls, key: str, pattern: str, **values: Any) -> Said:
        """The pattern, filled with the values as English text."""
        return cls(pattern.format(**values), key, **values)


@dataclass(frozen=True)
class Interval:
    """A value with its 90 % interval; None where it cannot be told."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_told(self) -> bool:
        """Whether there is a value at all."""
        return self.value is not None

    def to_dict(self) -> dict[str, float | None]:
        """Keys value, low, high."""
        return {"value": _round(self.value), "low": _round(self.low), "high": _round(self.high)}


@dataclass(frozen=True)
class Area:
    """Where records are counted: a county, an office area, both together ("locality"), an AOR, a state."""

    level: Literal["county", "office", "locality", "aor", "state"]
    code: str
    name: str
    note: str = ""

    def to_dict(self) -> dict[str, str]:
        """Keys level, code, name, note."""
        return {"level": self.level, "code": self.code, "name": self.name, "note": self.note}


@dataclass(frozen=True)
class Span:
    """One measure in one area over the month, the quarter or the whole life of the policy.

    `start` and `end` are inclusive days; `observed` and `counterfactual` are counts over them;
    `burst_share` is the share of the positive residual that lies in detected surges (None: no surges asked).
    """

    span: Literal["month", "quarter", "rest", "policy"]
    measure: str
    area: Area
    start: dt.date
    end: dt.date
    observed: float
    counterfactual: Interval
    effect: Interval
    p_placebo: float | None
    placebos: int
    mde: float | None
    burst_share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values; areas and intervals as their own dicts."""
        return {
            "span": self.span,
            "measure": self.measure,
            "area": self.area.to_dict(),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "observed": _round(self.observed),
            "counterfactual": self.counterfactual.to_dict(),
            "effect": self.effect.to_dict(),
            "p_placebo": _round(self.p_placebo, 4),
            "placebos": self.placebos,
            "mde": _round(self.mde),
            "burst_share": _round(self.burst_share, 3),
        }


@dataclass(frozen=True)
class Series:
    """Observed and expected counts by period, for a chart: lists of one length, None where not told.

    `period` is the first day of each; `days` its length (the last of a policy's life may be short).
    """

    measure: str
    label: str
    unit: str
    area: Area
    period: list[dt.date]
    days: list[int]
    observed: list[float | None]
    counterfactual: list[float | None]
    low: list[float | None]
    high: list[float | None]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists."""
        return {
            "measure": self.measure,
            "label": self.label,
            "unit": self.unit,
            "area": self.area.to_dict(),
            "period": [p.isoformat() for p in self.period],
            "days": self.days,
            "observed": [_round(v) for v in self.observed],
            "counterfactual": [_round(v) for v in self.counterfactual],
            "low": [_round(v) for v in self.low],
            "high": [_round(v) for v in self.high],
        }


@dataclass(frozen=True)
class Placebo:
    """The gap (observed less expected, counts) of a place without such a policy, by the series' periods."""

    place: str
    place_name: str
    gap: list[float | None]

    def to_dict(self) -> dict[str, Any]:
        """Keys place, place_name, gap."""
        return {"place": self.place, "place_name": self.place_name, "gap": [_round(v) for v in self.gap]}


@dataclass(frozen=True)
class EventPoint:
    """The gap in the k-th month from the policy's day (k < 0: before it)."""

    month: int
    start: dt.date
    effect: Interval

    def to_dict(self) -> dict[str, Any]:
        """Keys month, start, value, low, high."""
        return {"month": self.month, "start": self.start.isoformat(), **self.effect.to_dict()}


@dataclass(frozen=True)
class ChangeStrip:
    """A monthly series and the changes of level found in it without being told any date.

    `date` is the one nearest to the policy (None: none within a year of it), `low` and `high` its interval,
    `before` and `after` monthly means, `p` of no change; `changes` are all of them.
    """

    measure: str
    label: str
    area: Area
    period: list[dt.date]
    value: list[float | None]
    date: dt.date | None
    low: dt.date | None
    high: dt.date | None
    before: float | None
    after: float | None
    p: float | None
    changes: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; dates ISO."""
        return {
            "measure": self.measure,
            "label": self.label,
            "area": self.area.to_dict(),
            "period": [p.isoformat() for p in self.period],
            "values": [_round(v) for v in self.value],
            **self.point(),
        }

    def point(self) -> dict[str, Any]:
        """The change alone: date, low, high, before, after, p."""
        return {
            "measure": self.measure,
            "place": self.area.code,
            "date": self.date.isoformat() if self.date else None,
            "low": self.low.isoformat() if self.low else None,
            "high": self.high.isoformat() if self.high else None,
            "before": _round(self.before),
            "after": _round(self.after),
            "p": _round(self.p, 4),
            "all": self.changes,
        }


@dataclass(frozen=True)
class Judgement:
    """A verdict on one account, the rule that gave it, the numbers it rests on, and the verdicts by span."""

    account: str
    title: str
    verdict: Verdict
    reason: str
    rule: str
    by_span: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Keys account, title, verdict, reason, rule, by_span."""
        return {
            "account": self.account,
            "title": self.title,
            "verdict": self.verdict,
            "reason": self.reason,
            "rule": self.rule,
            "by_span": dict(self.by_span),
        }


@dataclass(frozen=True)
class Warned:
    """A warning that applies: its id in warnings.yaml, its words, and the numbers in them."""

    id: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, str]:
        """Keys id, text."""
        return {"id": self.id, "text": self.text}


@dataclass(frozen=True)
class Answer:
    """The answer for one place and one policy or date.

    `observed`, `counterfactual`, `effect`, `p_placebo`, `mde` are of `measure` in `area` over `span`.
    """

    place: str
    place_name: str
    place_kind: str
    policy: dict[str, Any]
    measure: str
    area: Area
    span: str
    start: dt.date
    end: dt.date
    observed: float
    counterfactual: Interval
    effect: Interval
    p_placebo: float | None
    mde: float | None
    parts: dict[str, Interval]
    baseline: float | None
    concentration: dict[str, Any]
    change_point: ChangeStrip
    surges: list[dict[str, Any]]
    verdicts: dict[str, Judgement]
    sentences: list[str]
    warnings: list[Warned]
    spans: list[Span]
    series: list[Series]
    placebos: list[Placebo]
    event_time: list[EventPoint]
    change_strips: list[ChangeStrip]
    relabelling: dict[str, Any]
    pre_fit: dict[str, Any]
    schemes: dict[str, dict[str, Any]]
    sensitivity: list[dict[str, Any]]
    sources: list[dict[str, str]]
    burst: dict[str, Any] | None = None
    substitution_rate: dict[str, Any] = field(default_factory=dict)
    coverage: dict[str, Any] = field(default_factory=dict)
    method: dict[str, Any] = field(default_factory=dict)
    scheme: str = "ddp"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `atlarge explain --json`."""
        return {
            "place": self.place,
            "place_name": self.place_name,
            "place_kind": self.place_kind,
            "policy": {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in self.policy.items()},
            "measure": self.measure,
            "area": self.area.to_dict(),
            "span": self.span,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "scheme": self.scheme,
            "observed": _round(self.observed),
            "counterfactual": _round(self.counterfactual.value),
            "counterfactual_interval": self.counterfactual.to_dict(),
            "effect": self.effect.to_dict(),
            "p_placebo": _round(self.p_placebo, 4),
            "mde": _round(self.mde),
            "baseline": _round(self.baseline),
            "parts": {name: part.to_dict() for name, part in self.parts.items()},
            "concentration": self.concentration,
            "change_point": self.change_point.point(),
            "change_points": [strip.point() for strip in self.change_strips],
            "surges": self.surges,
            "burst": self.burst,
            "substitution_rate": self.substitution_rate,
            "verdicts": {name: verdict.to_dict() for name, verdict in self.verdicts.items()},
            "sentences": self.sentences,
            "warnings": [warned.text for warned in self.warnings],
            "warning_ids": [warned.id for warned in self.warnings],
            "spans": [span.to_dict() for span in self.spans],
            "event_time": [point.to_dict() for point in self.event_time],
            "relabelling": self.relabelling,
            "pre_fit": self.pre_fit,
            "schemes": self.schemes,
            "sensitivity": self.sensitivity,
            "series": [series.to_dict() for series in self.series],
            "sources": self.sources,
            "coverage": self.coverage,
            "method": self.method,
        }


def _round(value: float | None, digits: int = 2) -> float | None:
    """Round for print; None stays None. Whole numbers stay whole."""
    return None if value is None else round(float(value), digits)
