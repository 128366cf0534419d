"""Answer for one place and one policy or day: collect the numbers, then derive verdicts and sentences."""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from atlarge.calendar import as_day
from atlarge.effects import Part
from atlarge.errors import CoverageError, QuestionError
from atlarge.explain.answer import Answer, Area, ChangeStrip, Estimated, Interval, Judgement, Series, Span
from atlarge.explain.areas import Where, aors_of, where_of
from atlarge.explain.burst import burst_shares
from atlarge.explain.caveats import caveats_of
from atlarge.explain.corroboration import corroborate
from atlarge.explain.data import daily
from atlarge.explain.elsewhere import elsewhere
from atlarge.explain.estimate import (
    LEVEL,
    SPAN_NAMES,
    Estimate,
    estimate,
    event_time_of,
    placebos_of,
    series_of,
    span_of,
)
from atlarge.explain.facts import Facts, changed_before, fell_before
from atlarge.explain.fit import attempt, gather, strips
from atlarge.explain.narrative import details, headline, paragraphs, reasons
from atlarge.explain.periods import months_of
from atlarge.explain.quantities import Lasting
from atlarge.explain.question import check_enough, check_fit, requested_place, which_policy
from atlarge.explain.sensitivity import sensitivity_of
from atlarge.explain.sources import sources_of
from atlarge.explain.study import MEASURES, Study, changed_units, study_of
from atlarge.explain.verdicts import (
    concentration,
    excess,
    placing,
    q_of,
    singling_out,
    substitution,
    withheld,
)
from atlarge.messages import Message, say
from atlarge.panel import panel
from atlarge.places import Place, place_name
from atlarge.policies import Policy, Registry, as_registry, from_date
from atlarge.records.store import Store, open_store
from atlarge.reference import table


def explain(
    place: str,
    *,
    policy: str | None = None,
    date: dt.date | str | None = None,
    store: Store | Path | str | None = None,
    scheme: str = "ddp",
    registry: Registry | Sequence[Policy] | Path | str | None = None,
    summary_only: bool = False,
) -> Answer:
    """Explain the arrests of a place around a dated policy, or around a day.

    Parameters
    ----------
    place : str
        A county ("Travis County, TX", 48453), an office code, an AOR ("San Antonio") or a state.
    policy : str, optional
        An id of `atlarge policies`; give either this or `date`.
    date : date or ISO string, optional
        A day on which something changed.
    store : Store or path, optional
        Left out: the embedded records.
    scheme : str
        How methods are read: "ddp" or "biglocal".
    registry : Registry, policies or path of a CSV, optional
        Policies that stand for the shipped ones, both as what can be queried and as who cannot serve as
        comparison.
    summary_only : bool
        Leave out what the summary does not print: other areas and spans, the series of charts, what else
        the records show, and the same question asked in other ways. Their lists are then empty; no number of
        the summary differs.

    Returns
    -------
    Answer
        Headline, verdicts, estimates, caveats; prints as a summary. Counts are arrests; effects are
        observed less expected, with 90% intervals.

    Raises
    ------
    PlaceError
        For an unknown place.
    QuestionError
        For an unknown policy or a question that the records do not allow (no months before, too few
        comparison places, nothing but zeros).
    CoverageError
        Where the day lies outside the records.

    Examples
    --------
    >>> import atlarge
    >>> answer = atlarge.explain("Travis County, TX", policy="travis-tx-2017")
    >>> sorted(answer.to_dict()["verdicts"])
    ['concentration', 'singling_out', 'substitution']
    """
    if policy is not None and date is not None:
        raise QuestionError("name a policy or a date, not both")
    date = as_day(date)

    policies = as_registry(registry)
    if policy is not None:
        requested = policies.get(policy)
        found = requested_place(str(place), requested)
        check_fit(requested, found)
    else:
        found = requested_place(str(place))
        if date is None:
            raise QuestionError(which_policy(found, policies))
        requested = from_date(date, found.code, found.name)
    where = where_of(found.kind, found.code, found.name)
    opened = open_store(store)
    covered = daily(opened, "county", MEASURES, scheme)["at_large"]
    months = months_of(requested, covered.first, covered.last)  # refuses before anything is summed
    study = study_of(opened, where, scheme, policies)
    counts = study.main["at_large"]
    row = counts.row(study.key)
    seen = np.zeros(len(months.start)) if row is None else counts.binned(months)[row]
    if not np.nansum(seen):  # no counts: there were none, or none are covered
        panel(opened, by=where.own.level, every="month", measures=["at_large"], places=[where.own.code])
    nearest = partial(nearest_of, where, requested.effective, opened)
    check_enough(seen, months, study.area.name, nearest)
    try:
        facts = gather(study, requested, months)
    except QuestionError as error:
        if (instead := nearest()) is None:
            raise
        raise QuestionError(f"{error}; the nearest answer is {instead}") from None
    return _answer(facts, study, found, summary_only=summary_only)


def nearest_of(where: Where, day: dt.date, store: Store) -> str | None:
    """What to query instead, as commands: counties with the same land under an older or newer code, otherwise
    the next larger place that the store covers."""
    if where.own.level == "county" and (others := _same_land(where.own.code)):
        names = ", ".join(f"{place_name('county', c)} (atlarge explain {c} --date {day})" for c in others)
        return f"under another name of the same land: {names}"
    if where.own.level not in ("county", "office", "state"):
        return None
    codes = aors_of(where)
    larger = [("aor", codes[0])] if len(codes) == 1 else []
    larger += [("state", where.state)] if where.state and where.own.level != "state" else []
    for level, code in larger:
        try:
            panel(store, by=level, every="month", measures=["at_large"], places=[code])
        except CoverageError:
            continue
        name = place_name(level, code)
        larger_place = f"its {name} area of responsibility" if level == "aor" else f"its state, {name}"
        return f"{larger_place} (atlarge explain {code} --date {day})"
    return None


def _same_land(fips: str) -> list[str]:
    """Counties with the same land as a county, under an older or newer code."""
    changes = table("county_changes")
    older = changes.filter(pl.col("new_fips") == fips)["old_fips"].to_list()
    newer = changes.filter(pl.col("old_fips") == fips)["new_fips"].to_list()
    return sorted({*older, *newer})


def settled(facts: Facts) -> Facts:
    """Withhold the verdict on the lasting excess where something else can explain it."""
    assert facts.lasting is not None
    lasting = dc.replace(facts.lasting, withheld="")
    residual = facts.parts.residual.low if facts.parts is not None else None
    by_numbers = dc.replace(facts, naming=None)
    is_replaced = _substitution(by_numbers, lasting, say("join")).verdict == "fits"
    why = withheld(
        lasting,
        facts.left_before,
        is_replaced=is_replaced and (residual is None or residual <= 0),
        is_steady=placing(facts.placed_before, facts.placed_during) == "fits",
    )
    return dc.replace(facts, lasting=dc.replace(lasting, withheld=why))


def verdicts_of(facts: Facts) -> dict[str, Judgement]:
    """Judge the three accounts by the rules in `verdicts`, with q-values over the tests of this answer."""
    assert facts.lasting is not None
    lasting, why = facts.lasting, reasons(facts)
    replaced = _substitution(facts, dc.replace(lasting, withheld=""), why["substitution"])
    by_span: dict[str, str] = {}
    for name in SPAN_NAMES:
        total = facts.main.totals.get(name)
        if total is not None:
            by_span[name] = excess(total.effect, total.expected, total.p_high)
    by_span["placing"] = placing(facts.placed_before, facts.placed_during)
    ratio = facts.concentration.get("share_ratio") or {}
    level = concentration(
        Interval(ratio.get("value"), ratio.get("low"), ratio.get("high")),
        why["concentration"],
        facts.concentration.get("missing"),
    )
    judgements = [singling_out(facts.bursts, lasting, why["singling_out"], by_span), replaced, level]
    found, more = q_of([one.p for one in judgements]), details(facts)
    return {
        one.account: dc.replace(one, q=q, details=more.get(one.account, ()))
        for one, q in zip(judgements, found, strict=True)
    }


def _substitution(facts: Facts, lasting: Lasting, reason: Message) -> Judgement:
    """Judge substitution, using the same estimate of handoffs that the answer prints."""
    extends = facts.policy.direction == "extends"
    if facts.handoffs is None:
        return substitution(Interval(None), 0.0, lasting, extends=extends, is_before=False, reason=reason)
    total = facts.handoffs.totals["policy"]
    is_before = facts.policy.kind != "date" and changed_before(facts, rose=extends)
    chances = [total.p, lasting.p_low if extends else lasting.p]
    return substitution(
        total.effect,
        total.expected,
        lasting,
        extends=extends,
        is_before=is_before,
        reason=reason,
        p=max((p for p in chances if p is not None), default=None),
        is_named_otherwise=facts.naming is not None,
    )


def _answer(facts: Facts, study: Study, place: Place, *, summary_only: bool) -> Answer:
    facts = settled(facts)
    verdicts = verdicts_of(facts)
    main, shares = facts.main, burst_shares(facts.main, facts.surges)
    whole = span_of(main, "policy")
    assert whole is not None
    others = [] if summary_only else _other_estimates(study, facts)
    jail = facts.jail_change or _no_change(study.area)
    facts.concentration["verdict"] = verdicts["concentration"].verdict
    return Answer(
        **{one.name: getattr(whole, one.name) for one in dc.fields(Estimated)},
        mde=whole.mde,
        place=place.code,
        place_name=place.name,
        place_kind=place.kind,
        policy=facts.policy.to_dict(),
        parts=_parts(facts),
        baseline=main.baseline,
        concentration=facts.concentration,
        change_point=jail,
        surges=facts.surges,
        verdicts=verdicts,
        headline=headline(facts),
        messages=paragraphs(verdicts),
        warnings=caveats_of(facts),
        spans=_spans(main, shares, facts, others),
        series=[] if summary_only else _series(main, facts, others),
        placebos=[] if summary_only else placebos_of(main, study.names()),
        event_time=[] if summary_only else event_time_of(main),
        change_strips=[]
        if summary_only
        else strips(study, main.months, facts.policy.effective, facts.jail_change),
        relabelling=facts.relabel.to_dict()
        if facts.relabel
        else {"verdict": "cannot be told", "since": None},
        pre_fit=_pre_fit(main),
        schemes=facts.schemes,
        sensitivity=[] if summary_only else _sensitivity(study, facts),
        sources=sources_of(study.store, facts.policy, facts.concentration),
        burst=facts.bursts.clearest() if facts.bursts else None,
        substitution_rate=_rate(facts),
        coverage={"start": study.main["at_large"].first, "end": study.main["at_large"].last},
        method=_method(main, facts, study),
        scheme=facts.scheme,
        bursts=facts.bursts,
        lasting=facts.lasting,
        two_sided=facts.two_sided,
        left_before=facts.left_before,
        method_switches=facts.method_switches,
        usual_month=facts.usual_month,
        store=study.store.path,
        corroboration=[] if summary_only else corroborate(study, facts),
        elsewhere=elsewhere(
            study.store, facts.policy.direction, facts.scheme, study.registry, has_reverse=not summary_only
        ),
        breaks=[b.to_dict() for b in facts.breaks],
        completeness=facts.completeness.to_dict() if facts.completeness else None,
    )


def _parts(facts: Facts) -> dict[str, Interval]:
    """Trend, substitution and residual; without handoffs only the trend is separated and the whole effect
    remains."""
    if facts.parts is not None:
        return {n: _interval(getattr(facts.parts, n)) for n in ("trend", "substitution", "residual")}
    total, baseline = facts.main.totals["policy"], facts.main.baseline
    expected = total.counterfactual

    def less(value: float | None) -> float | None:
        return None if value is None else value - baseline

    trend = Interval(less(expected.value), less(expected.low), less(expected.high))
    return {"trend": trend, "substitution": Interval(None), "residual": total.effect}


def _interval(part: Part) -> Interval:
    return Interval(part.value, part.low, part.high)


def _no_change(area: Area) -> ChangeStrip:
    return ChangeStrip("handoffs", "Jail handoffs", area, [], [], None, None, None, None, None, None)


def _other_estimates(study: Study, facts: Facts) -> list[Estimate]:
    """Estimates of both measures in the county, its office area and its AOR, wherever a comparison is
    possible."""
    where, months = study.where, facts.months
    found = []
    for area in (where.county, where.office, where.aor):
        if area is None or (area.level, area.code) == (study.area.level, study.area.code):
            continue
        level = study.level(area)
        for measure in ("at_large", "handoffs"):
            if measure == "handoffs" and facts.handoffs is not None and facts.handoffs.area == area:
                continue  # the county's own handoffs are there already
            counts = level[measure]
            changed = changed_units(area.level, months, counts.keys, study.registry)
            key = f"{area.level} {measure}"
            estimates = attempt(
                facts.notes,
                key,
                partial(estimate, counts, area.code, area, measure, months, changed, policies=study.registry),
            )
            if estimates is not None:
                found.append(estimates)
    return found


def _spans(
    main: Estimate, shares: dict[str, float | None], facts: Facts, others: list[Estimate]
) -> list[Span]:
    spans = [span_of(main, name, shares.get(name)) for name in SPAN_NAMES]
    for other in [facts.handoffs, *others]:
        if other is not None:
            spans += [span_of(other, name) for name in SPAN_NAMES]
    return [span for span in spans if span is not None]


def _series(main: Estimate, facts: Facts, others: list[Estimate]) -> list[Series]:
    found = [main, *([facts.handoffs] if facts.handoffs else []), *others]
    return [series_of(one) for one in found]


def _pre_fit(main: Estimate) -> dict[str, Any]:
    relative = main.relative_rmse
    return {
        "rmse": round(main.pre_rmse, 2),
        "mean": round(main.pre_mean, 2),
        "relative_rmse": None if relative is None else round(relative, 3),
        "periods": int(main.months.pre.sum()),
        "start": main.months.start[0].isoformat(),
        "end": main.months.bounds(main.months.pre)[1].isoformat(),
        "donors": main.donors,
    }


def _sensitivity(study: Study, facts: Facts) -> list[dict[str, Any]]:
    change = facts.jail_change.date if facts.jail_change and fell_before(facts) else None
    rows = [*sensitivity_of(study, facts.policy, facts.main, change), facts.in_time]
    for scheme, under_scheme in facts.schemes.items():
        if scheme != facts.scheme:
            rows.append(
                {
                    "variant": f"scheme_{scheme}",
                    "label": f"The other reading of the method column ({scheme})",
                    "measure": "at_large",
                    "area": study.area.name,
                    **under_scheme["effect"],
                    "expected": under_scheme["expected"],
                    "p_placebo": under_scheme["p_placebo"],
                    "donors": None,
                    "note": "",
                }
            )
    return rows


def _rate(facts: Facts) -> dict[str, Any]:
    if facts.parts is None:
        return {}
    ratio, loss, elsewhere = facts.parts.ratio, _interval(facts.parts.loss), facts.parts.elsewhere
    if facts.handoffs is not None:  # the one estimate of handoffs, counted downwards
        effect = facts.handoffs.totals["policy"].effect
        loss = Interval(*(None if v is None else -v for v in (effect.value, effect.high, effect.low)))
    return {
        "is_known": ratio.is_known,
        "value": round(ratio.value, 3) if ratio.is_known else None,
        "low": round(ratio.low, 3),
        "high": round(ratio.high, 3),
        "places": ratio.n,
        "lost_handoffs": loss.to_dict(),
        "elsewhere": None if elsewhere is None else _interval(elsewhere).to_dict(),
    }


def _method(main: Estimate, facts: Facts, study: Study) -> dict[str, Any]:
    names = study.names()
    return {
        "estimator": "discounted share",
        "interval": LEVEL,
        "donors": main.donors,
        "weights": [{"place": k, "place_name": names.get(k, k), "weight": w} for k, w in main.weights],
        "span": "numbers at the top are for the whole time in force, or as far as it is followed",
        "not_told": dict(facts.notes),
    }
