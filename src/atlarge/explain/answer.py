"""What an answer carries. Counts are sums over the period named; months are counted from the policy's day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from atlarge.messages import Message, render
from atlarge.wording import notebook

if TYPE_CHECKING:
    from atlarge.explain.quantities import Bursts, Lasting, LeftBefore, MethodSwitch, TwoSided

Verdict = Literal["fits", "does not fit", "cannot be told"]
ACCOUNTS = ("singling_out", "substitution", "concentration")
MOST_CAVEATS = 3
QUIET = ("counts_not_intent",)
"""Caveats that every answer has; a page words them once for all."""

FINER = {"p": 4, "q": 4, "p_placebo": 4, "burst_share": 3}
"""Decimals of numbers in JSON where they are not two."""
DOCUMENT = (
    "place", "place_name", "place_kind", "headline", "policy", "measure", "area", "span", "start", "end",
    "scheme", "observed", "counterfactual", "counterfactual_interval", "effect", "p_placebo", "mde",
    "baseline", "parts", "concentration", "change_point", "change_points", "surges", "burst", "bursts",
    "lasting", "two_sided", "left_before", "method_switches", "usual_month", "corroboration", "elsewhere",
    "substitution_rate", "verdicts", "sentences", "warnings", "warning_ids", "caveats", "spans", "event_time",
    "relabelling", "pre_fit", "schemes", "sensitivity", "series", "sources", "coverage", "breaks",
    "completeness", "method",
)  # fmt: skip
"""Keys of an answer's JSON, in order."""


def plain(value: Any, digits: int = 2) -> Any:
    """Convert a value for JSON: dates to ISO text, floats rounded, objects by their own `to_dict`."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list):
        return [plain(one, digits) for one in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return round(float(value), digits) if isinstance(value, float) else value


class Plain:
    """Base of dataclasses whose `to_dict` has all their fields by name."""

    _digits: ClassVar[int] = 2

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, as plain values."""
        return {
            one.name: plain(getattr(self, one.name), FINER.get(one.name, self._digits))
            for one in fields(self)  # type: ignore[arg-type]
        }


@dataclass(frozen=True)
class Interval(Plain):
    """A value with its 90% interval; None where it cannot be told."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Area(Plain):
    """Where records are counted: a county, an office area, both together ("locality"), an AOR, a state."""

    level: Literal["county", "office", "locality", "aor", "state"]
    code: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Estimated(Plain):
    """One measure in one area over the month, the quarter or the whole time that the policy was in force.

    `start` and `end` are inclusive days; `observed` and `counterfactual` are counts over them.
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


@dataclass(frozen=True)
class Span(Estimated):
    """An estimate over one span, as answers list them.

    `burst_share` is the share of the positive residual that lies in detected surges (None: no surges
    requested); `inferred` is how much of `observed` is inferred, not recorded.
    """

    placebos: int
    mde: float | None
    burst_share: float | None = None
    inferred: float = 0.0


@dataclass(frozen=True)
class Series(Plain):
    """Observed and expected counts by period, for a chart: lists of one length, None where not known.

    `period` is the first day of each; `days` its length (the last one of the time in force may be short).
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


@dataclass(frozen=True)
class Placebo(Plain):
    """The gap (observed minus expected, in counts) of a place without such a policy, for each period of the
    series."""

    place: str
    place_name: str
    gap: list[float | None]


@dataclass(frozen=True)
class EventPoint:
    """The gap in the k-th month from the policy's day (k < 0: before it)."""

    month: int
    start: dt.date
    effect: Interval

    def to_dict(self) -> dict[str, Any]:
        """Keys month, start, value, low, high."""
        return {"month": self.month, "start": plain(self.start), **self.effect.to_dict()}


@dataclass(frozen=True)
class ChangeStrip:
    """A monthly series and the changes of level found in it without using any date.

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
        named = {"measure": self.measure, "label": self.label, "area": self.area.to_dict()}
        return {**named, "period": plain(self.period), "values": plain(self.value), **self.point()}

    @property
    def segments(self) -> list[dict[str, Any]]:
        """Segments of constant level between the changes: first day, first day of the next segment, level.

        For drawing. The levels are those of `changes`, never a mean over more than one segment.
        """
        if not self.changes or not self.period:
            return []
        edges = [self.period[0].isoformat(), *(c["date"] for c in self.changes), None]
        levels = [self.changes[0]["before"], *(c["after"] for c in self.changes)]
        return [
            {"start": start, "end": end, "level": level}
            for start, end, level in zip(edges, edges[1:], levels, strict=False)
        ]

    def point(self) -> dict[str, Any]:
        """The change alone: date, low, high, before, after, p; all changes, and the runs between them."""
        return {
            "measure": self.measure,
            "place": self.area.code,
            **{name: plain(getattr(self, name)) for name in ("date", "low", "high", "before", "after")},
            "p": plain(self.p, 4),
            "all": self.changes,
            "segments": self.segments,
        }


@dataclass(frozen=True)
class Judgement:
    """A verdict on one account, the rule that gave it, the numbers it rests on, and the verdicts by span.

    `p`: chance of evidence as strong with no effect, where the account has a test; `q`: the same corrected
    for all tests shown together (those of this answer, or of a list of answers). `details`: further messages
    about the account.
    """

    account: str
    title: Message
    verdict: Verdict
    reason: Message
    rule: Message
    by_span: dict[str, str] = field(default_factory=dict)
    p: float | None = None
    q: float | None = None
    details: tuple[Message, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Keys account, title, verdict, reason, rule, details, by_span, p, q; singling out also burst and
        lasting."""
        apart: dict[str, Any] = {}
        if self.account == "singling_out":
            apart = {name: self.by_span[name] for name in ("burst", "lasting") if name in self.by_span}
        return {
            "account": self.account,
            "title": str(self.title),
            "verdict": self.verdict,
            **apart,
            "reason": str(self.reason),
            "rule": str(self.rule),
            "details": [str(message) for message in self.details],
            "by_span": dict(self.by_span),
            "p": plain(self.p, 4),
            "q": plain(self.q, 4),
        }


@dataclass(frozen=True)
class Warned:
    """A caveat that applies: its id, its message, and the number it qualifies (count, interval, handoffs,
    level, policy or burst)."""

    id: str
    message: Message
    about: str = "count"

    @property
    def text(self) -> str:
        """In English."""
        return str(self.message)

    def to_dict(self) -> dict[str, str]:
        """Keys id, text, about."""
        return {"id": self.id, "text": self.text, "about": self.about}


@dataclass(frozen=True, repr=False)
class Answer(Estimated):
    """The answer for one place and one policy or date; printing it gives its summary.

    It is itself the main estimate, with its `mde`; `headline` and `messages` (one for each account) put it
    into words; `warnings` are all caveats, the weightiest first.
    """

    place: str
    place_name: str
    place_kind: str
    policy: dict[str, Any]
    mde: float | None
    parts: dict[str, Interval]
    baseline: float | None
    concentration: dict[str, Any]
    change_point: ChangeStrip
    surges: list[dict[str, Any]]
    verdicts: dict[str, Judgement]
    headline: Message
    messages: list[Message]
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
    bursts: Bursts | None = None
    lasting: Lasting | None = None
    two_sided: TwoSided | None = None
    left_before: LeftBefore | None = None
    method_switches: list[MethodSwitch] = field(default_factory=list)
    usual_month: float | None = None
    corroboration: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: dict[str, Any] = field(default_factory=dict)
    breaks: list[dict[str, Any]] = field(default_factory=list)
    completeness: dict[str, Any] | None = None
    store: Path | None = field(default=None, repr=False, compare=False)
    """Where the records are that it was computed from, for a report to be disclosed from."""

    @property
    def sentences(self) -> list[str]:
        """The three paragraphs in English."""
        return [str(message) for message in self.messages]

    @property
    def handoffs(self) -> Span | None:
        """Handoffs over the whole time in force, in the place or its county; None if they cannot be
        compared."""
        own = (self.area.code, *self.area.code.split("+"))
        return next(
            (s for s in self.spans if (s.span, s.measure) == ("policy", "handoffs") and s.area.code in own),
            None,
        )

    @property
    def main_caveats(self) -> list[Warned]:
        """The caveats that change how the answer is read: three at most, and that records are simulated."""
        loud = [warned for warned in self.warnings if warned.id not in QUIET]
        most = MOST_CAVEATS + any(warned.id == "simulated" for warned in loud[:1])
        return loud[:most]

    def __repr__(self) -> str:
        verdicts = ", ".join(f"{v.account}: {v.verdict}" for v in self.verdicts.values())
        return f"Answer({self.place_name}, {self.policy['id']}; {verdicts})"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return notebook(self.summary())

    def summary(self, language: str = "en") -> str:
        """Headline, a paragraph for each account, and what to know before quoting it."""
        lines = [render(self.headline, language), "", *(render(m, language) for m in self.messages), ""]
        lines += [f"- {render(warned.message, language)}" for warned in self.main_caveats]
        if "says" in self.elsewhere:
            lines += ["", render(self.elsewhere["says"], language)]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `atlarge explain --json`."""
        worded = {
            "headline": str(self.headline),
            "policy": {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in self.policy.items()},
            "observed": plain(float(self.observed)),
            "counterfactual": plain(self.counterfactual.value),
            "counterfactual_interval": self.counterfactual.to_dict(),
            "parts": {name: part.to_dict() for name, part in self.parts.items()},
            "change_point": self.change_point.point(),
            "change_points": [strip.point() for strip in self.change_strips],
            "corroboration": [
                {**row, "says": str(row["says"])} if "says" in row else row for row in self.corroboration
            ],
            "elsewhere": _worded(self.elsewhere),
            "verdicts": {name: verdict.to_dict() for name, verdict in self.verdicts.items()},
            "warnings": [warned.text for warned in self.warnings],
            "warning_ids": [warned.id for warned in self.warnings],
            "caveats": [warned.to_dict() for warned in self.main_caveats],
        }
        return {
            name: worded[name] if name in worded else plain(getattr(self, name), FINER.get(name, 2))
            for name in DOCUMENT
        }


def _worded(found: dict[str, Any]) -> dict[str, Any]:
    """The pooled answer with its messages in English."""
    return {
        k: str(v) if isinstance(v, Message) else _worded(v) if k == "reverse" else v for k, v in found.items()
    }
