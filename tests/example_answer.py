"""An example answer, for those who draw answers and test the drawing. Its numbers describe no real place."""

from __future__ import annotations

import datetime as dt
from typing import Any

from atlarge.calendar import months_from
from atlarge.explain.answer import (
    ACCOUNTS,
    Answer,
    Area,
    ChangeStrip,
    EventPoint,
    Interval,
    Judgement,
    Placebo,
    Series,
    Span,
    Verdict,
    Warned,
)
from atlarge.explain.narrative import paragraphs
from atlarge.explain.numbers import CountKey, Number, difference
from atlarge.explain.quantities import Bursts
from atlarge.messages import Days, Message, Month, join, say

START, END = dt.date(2017, 3, 1), dt.date(2017, 10, 24)


def _key(start: dt.date, end: dt.date) -> CountKey:
    return CountKey("locality", "99001+EXA", "at_large", start, end)


def _months(first: dt.date, count: int) -> list[dt.date]:
    """`count` first days of months from `first` on."""
    return months_from(first, count)


def _series(area: Area, measure: str, label: str, pre: float, post: float) -> Series:
    months = _months(dt.date(2016, 1, 1), 24)
    expected = [20.0 + 0.4 * k for k in range(24)]
    observed = [round(e * (pre if k < 14 else post)) + (k * 7) % 5 - 2.0 for k, e in enumerate(expected)]
    return Series(
        measure=measure,
        label=label,
        unit="arrests",
        area=area,
        period=months,
        days=[30] * 24,
        observed=list(observed),
        counterfactual=list(expected),
        low=[e - 8 for e in expected],
        high=[e + 8 for e in expected],
    )


def _spans(area: Area) -> list[Span]:
    return [
        Span(
            name,  # type: ignore[arg-type]
            "at_large",
            area,
            dt.date(2017, 3, 1),
            end,
            observed,
            Interval(expected, expected - wide, expected + wide),
            Interval(observed - expected, observed - expected - wide, observed - expected + wide),
            p,
            58,
            11.0,
            0.8,
        )
        for name, end, observed, expected, p, wide in [
            ("month", dt.date(2017, 3, 31), 71.0, 26.0, 0.017, 9.0),
            ("quarter", dt.date(2017, 5, 31), 122.0, 79.0, 0.069, 9.0),
            ("policy", dt.date(2017, 10, 24), 205.0, 188.0, 0.41, 28.0),
        ]
    ]


def _gaps() -> list[Placebo]:
    return [
        Placebo(f"P{k:02d}", f"Other place {k}", [float((k * 13 + t * 7) % 17 - 8) for t in range(24)])
        for k in range(30)
    ]


def _events(at_large: Series) -> list[EventPoint]:
    return [
        EventPoint(k - 14, month, Interval(gap, gap - 8, gap + 8))
        for k, (month, seen, expected) in enumerate(
            zip(at_large.period, at_large.observed, at_large.counterfactual, strict=True)
        )
        if seen is not None and expected is not None
        for gap in [round(seen - expected, 1)]
    ]


def _reasons() -> tuple[Message, Message, Message]:
    place = "Example County, EX"
    burst = say(
        "burst.fits",
        n=Number(61.0, "count", (_key(dt.date(2017, 3, 9), dt.date(2017, 3, 12)),)),
        days=Days(dt.date(2017, 3, 9), dt.date(2017, 3, 12)),
        e=Number(4.1, "estimate"),
    )
    lasting = say(
        "lasting.says",
        when=say("when.policy"),
        o=Number(205.0, "count", (_key(START, END),)),
        e=Number(188.0, "estimate"),
        difference=difference(Interval(17.0, -11.0, 45.0), (_key(START, END),)),
    )
    change = say(
        "change.fell",
        before=Number(51.0, "mean"),
        after=Number(22.0, "mean"),
        month=Month(dt.date(2016, 10, 1)),
        moment=say("moment.before", n=5),
    )
    level = say(
        "level.says",
        rate=Number(24.5, "rate"),
        nation=Number(33.0, "rate"),
        place=say("level.people.metro", name="Example"),
        group=say("level.group.unauthorized residents"),
    )
    return join(burst, lasting), join(say("handoffs.none", at=say("at.locality", name=place)), change), level


BURST = dt.date(2017, 3, 9), dt.date(2017, 3, 12)


def _burst() -> dict[str, Any]:
    return {
        "start": BURST[0].isoformat(),
        "end": BURST[1].isoformat(),
        "observed": 61.0,
        "expected": 4.1,
        "score": 8.2,
        "p_placebo": 0.004,
        "places": 58,
        "elsewhere": 0,
    }


def _bursts() -> Bursts:
    return Bursts(
        observed=61.0,
        expected=4.1,
        effect=Interval(56.9),
        p=0.004,
        material=31.0,
        start=BURST[0],
        end=BURST[1],
        usual_month=31.0,
        score=8.2,
        places=58,
    )


def _verdicts() -> dict[str, Judgement]:
    rules = (
        say(
            "rule.two",
            burst=say("rule.burst.fits"),
            lasting=say("rule.lasting.cannot be told"),
        ),
        say("rule.shortfall_before"),
        say("rule.proportion_unclear"),
    )
    verdicts: tuple[Verdict, ...] = ("fits", "cannot be told", "cannot be told")
    spans: tuple[dict[str, str], ...] = ({"burst": "fits", "lasting": "cannot be told"}, {}, {})
    return {
        name: Judgement(name, say(f"account.{name}"), verdict, reason, rule, by_span)
        for name, verdict, reason, rule, by_span in zip(
            ACCOUNTS, verdicts, _reasons(), rules, spans, strict=True
        )
    }


def _concentration() -> dict[str, Any]:
    return {
        "verdict": "cannot be told",
        "population": 100_000,
        "population_low": 85_000,
        "population_high": 115_000,
        "population_place": "Example metro",
        "per_10k": Interval(24.5, 21.3, 28.8).to_dict(),
        "per_10k_nation": Interval(33.0, 32.5, 33.5).to_dict(),
        "share_ratio": Interval(0.74, 0.64, 0.87).to_dict(),
        "note": "",
    }


def _policy() -> dict[str, Any]:
    return {
        "id": "example-ex-2017",
        "title": "Sheriff declines detainers without a warrant",
        "direction": "limits",
        "announced": dt.date(2017, 2, 20),
        "effective": dt.date(2017, 3, 1),
        "ended": dt.date(2017, 10, 24),
        "precision": "day",
        "confidence": "high",
        "source_url": "https://example.org/policy",
        "note": "",
    }


def _surges() -> list[dict[str, Any]]:
    return [
        {
            "place": "EXA",
            "place_name": "Example office area",
            "start": "2017-03-09",
            "end": "2017-03-12",
            "observed": 61,
            "expected": 4.1,
            "threshold": 11.0,
            "p": 1e-9,
            "q": 1e-7,
            "score": 8.2,
            "rank": 3,
        }
    ]


def _sensitivity() -> list[dict[str, Any]]:
    return [
        {
            "variant": "main",
            "label": "Main estimate",
            "value": 17.0,
            "low": -11.0,
            "high": 45.0,
            "p_placebo": 0.41,
        },
        {
            "variant": "announced",
            "label": "From the announcement date",
            "value": 25.0,
            "low": -6.0,
            "high": 56.0,
            "p_placebo": 0.33,
        },
    ]


def _strip(county: Area, handoffs: Series) -> ChangeStrip:
    return ChangeStrip(
        "handoffs",
        "Jail handoffs",
        county,
        handoffs.period,
        handoffs.observed,
        dt.date(2016, 10, 1),
        dt.date(2016, 9, 1),
        dt.date(2016, 11, 1),
        51.0,
        22.0,
        0.002,
    )


def _checks() -> dict[str, Any]:
    """The fields that show how well the numbers stand."""
    return {
        "relabelling": {
            "verdict": "cannot be told",
            "jail_change": -29.0,
            "general_area_change": 5.0,
            "note": "",
        },
        "pre_fit": {"rmse": 4.2, "mean": 22.6, "relative_rmse": 0.19, "periods": 14, "donors": 58},
        "schemes": {
            "ddp": {"observed": 205.0, "effect": Interval(17.0, -11.0, 45.0).to_dict(), "p_placebo": 0.41},
            "biglocal": {
                "observed": 260.0,
                "effect": Interval(21.0, -16.0, 58.0).to_dict(),
                "p_placebo": 0.38,
            },
        },
        "sensitivity": _sensitivity(),
        "sources": [{"title": "Arrest records, FY2016-FY2019", "url": "https://example.org/records"}],
        "coverage": {"start": "2015-10-01", "end": "2019-09-01"},
        "method": {"estimator": "discounted share", "interval": 0.9},
    }


def example_answer() -> Answer:
    """A whole Answer of the imaginary Example County, every field filled; the same each time."""
    county = Area("county", "99001", "Example County, EX")
    area = Area(
        "locality", "99001+EXA", "Example County, EX and its office area (EXA)", "county and office area"
    )
    at_large = _series(area, "at_large", "At-large arrests", 1.0, 1.6)
    handoffs = _series(county, "handoffs", "Jail handoffs", 1.0, 0.4)
    strip = _strip(county, handoffs)
    return Answer(
        place="99001",
        place_name="Example County, EX",
        place_kind="county",
        policy=_policy(),
        measure="at_large",
        area=area,
        span="policy",
        start=dt.date(2017, 3, 1),
        end=dt.date(2017, 10, 24),
        observed=205.0,
        counterfactual=Interval(188.0, 160.0, 216.0),
        effect=Interval(17.0, -11.0, 45.0),
        p_placebo=0.41,
        mde=49.0,
        parts={
            "trend": Interval(32.0, 4.0, 60.0),
            "substitution": Interval(9.0, -4.0, 22.0),
            "residual": Interval(8.0, -23.0, 39.0),
        },
        baseline=156.0,
        concentration=_concentration(),
        change_point=strip,
        surges=_surges(),
        verdicts=_verdicts(),
        headline=say(
            "headline.burst_usual",
            n=Number(61.0, "count", (_key(dt.date(2017, 3, 9), dt.date(2017, 3, 12)),)),
            at=say("at.locality", name="Example County, EX"),
            days=Days(dt.date(2017, 3, 9), dt.date(2017, 3, 12)),
            ratio=Number(61.0 / 4.1, "estimate"),
            then=say("then.cannot be told"),
            lead=say("lead.none"),
        ),
        messages=paragraphs(_verdicts()),
        warnings=[
            Warned("counts_not_intent", say("caveat.counts_not_intent")),
            Warned(
                "handoffs_fell_before",
                say(
                    "caveat.handoffs_fell_before",
                    before=Number(51.0, "mean"),
                    after=Number(22.0, "mean"),
                    month=Month(dt.date(2016, 10, 1)),
                    n=5,
                ),
                "handoffs",
            ),
            Warned(
                "area_not_county",
                say("caveat.area_not_county", share=Number(0.93, "share"), county="Example County, EX"),
            ),
        ],
        spans=_spans(area),
        series=[at_large, handoffs],
        placebos=_gaps(),
        event_time=_events(at_large),
        change_strips=[strip],
        burst=_burst(),
        bursts=_bursts(),
        usual_month=31.0,
        **_checks(),
    )
