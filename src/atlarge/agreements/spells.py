"""Spells from lists of many days: when each agreement began and ended, and by which rules."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from atlarge.agreements.lines import Line, account, join_spellings, join_states, lines_of, place_of
from atlarge.agreements.lists import AgencyList
from atlarge.agreements.older import signed_anew, with_older
from atlarge.agreements.places import Resolved
from atlarge.agreements.spell import AgreementSpell, SpellTable
from atlarge.reference import table

PARTIAL_SHARE = 0.05
"""A list without this share of the agreements that stand on the lists before and after it is partial."""
LAST_PARTIAL_SHARE = 0.10
"""The same of the newest list, which has only a list before it."""
LATE_DAYS = 300
"""A signing printed this long before the first list that could have shown it is taken for a misprint."""
REDATED_DAYS = 45
"""A date that moves by no more than this between two lists is a correction, not a new signing."""


def agreements_of(lists: Sequence[AgencyList]) -> SpellTable:
    """Spells of 287(g) agreements from lists, carried back by the shipped table of older agreements.

    Parameters
    ----------
    lists : sequence of AgencyList
        As `read_lists` gives them.

    Returns
    -------
    SpellTable
        Agreements with start and end known to an interval, and notes.

    Examples
    --------
    >>> import polars as pl
    >>> row = {
    ...     "state": "TEXAS",
    ...     "agency": "Galveston County Sheriff's Office",
    ...     "county": "Galveston",
    ...     "model": "Jail Enforcement Model",
    ...     "signed": dt.date(2025, 3, 1),
    ... }
    >>> table = agreements_of([AgencyList(dt.date(2025, 3, 5), "list.csv", pl.DataFrame([row]))])
    >>> [spell.fips for spell in table.spells if spell.last_listed == dt.date(2025, 3, 5)]
    ['48167']
    """
    return make_spells(lists, table("agreements_287g_older").to_dicts())


def make_spells(lists: Sequence[AgencyList], older: Iterable[dict[str, Any]] = ()) -> SpellTable:
    """Spells from lists of many days.

    `older`: agreements known to have stood before the first list, from other sources: dicts of agency, state,
    model, fips, signed, and the last day seen or the day of the end where one is known. Every row of every
    list is either in a spell or counted under its reason in `rows`.
    """
    ordered = _distinct(sorted(lists, key=lambda one: (one.day, one.file)))
    out = SpellTable([], [])
    lines = lines_of(ordered, out)
    lines = join_spellings(join_states(lines))
    account(lines, out)
    partial = _partial(lines, ordered)
    for k, one in enumerate(ordered):
        out.lists.append(
            {
                "day": one.day,
                "file": one.file,
                "rows": one.rows.height,
                "partial": k in partial,
                "notes": list(one.notes),
            }
        )
    for line in lines:
        out.spells += _spells_of(line, ordered, partial)
    out.spells = _mark_switches(out.spells)
    out.spells = with_older(out.spells, list(older), ordered[0].day if ordered else None, out)
    out.spells = [signed_anew(spell, ordered[0].day) for spell in out.spells] if ordered else []
    out.spells.sort(key=lambda s: (s.state, s.agency_key, s.model, s.start))
    for spell in out.spells:
        out.rules.update(spell.rules)
    return out


def _distinct(lists: list[AgencyList]) -> list[AgencyList]:
    """One list a day: of several, the one with the most rows."""
    best: dict[dt.date, AgencyList] = {}
    for one in lists:
        if one.day not in best or one.rows.height > best[one.day].rows.height:
            best[one.day] = one
    return list(best.values())


def _partial(lines: list[Line], lists: list[AgencyList]) -> set[int]:
    """Lists that lack many of the agreements on both their neighbours (the newest: on the list before)."""
    shown = [{id(line) for line in lines if k in line.seen} for k in range(len(lists))]
    found: set[int] = set()
    for k in range(1, len(lists)):
        before = next((shown[j] for j in range(k - 1, -1, -1) if j not in found), None)
        if before is None:
            continue
        if k + 1 < len(lists):
            both = before & shown[k + 1]
            if both and len(both - shown[k]) > PARTIAL_SHARE * len(both):
                found.add(k)
        elif before and len(before - shown[k]) > LAST_PARTIAL_SHARE * len(before):
            found.add(k)
    if len(lists) > 2 and lists[1].day - lists[0].day < dt.timedelta(days=7):
        lacks = (shown[1] & shown[2]) - shown[0]
        if len(lacks) > 0.5 * len(shown[1]):
            found.add(0)
    return found


def _spells_of(line: Line, lists: list[AgencyList], partial: set[int]) -> list[AgreementSpell]:
    whole = [k for k in range(len(lists)) if k not in partial]
    shown = sorted(line.seen)
    runs: list[list[int]] = [[shown[0]]]
    rules: list[set[str]] = [set(line.rules)]
    for k in shown[1:]:
        missed = [j for j in whole if runs[-1][-1] < j < k]
        if missed and not _is_slip(line, runs[-1][-1], k, missed, lists):
            runs.append([k])
            rules.append(set())
            continue
        if missed:
            rules[-1].add("slip")
        elif any(runs[-1][-1] < j < k for j in partial):
            rules[-1].add("partial_list")
        runs[-1].append(k)
    place = place_of(line)
    return [_spell(line, run, marks, lists, whole, place) for run, marks in zip(runs, rules, strict=True)]


def _is_slip(line: Line, before: int, after: int, missed: list[int], lists: list[AgencyList]) -> bool:
    """Whether an absence is only a slip: it is on one list only, or the same signing day appears again
    afterwards."""
    same = (line.seen[before] & line.seen[after]) - {None}
    if same:
        return True
    newest = max((d for d in line.seen[after] if d), default=None)
    is_new = newest is not None and newest > lists[before].day
    return len(missed) == 1 and not is_new


def _spell(
    line: Line, run: list[int], marks: set[str], lists: list[AgencyList], whole: list[int], place: Resolved
) -> AgreementSpell:
    first, last = run[0], run[-1]
    day = lists[first].day
    before = max((j for j in whole if j < first), default=None)
    floor = lists[before].day + dt.timedelta(days=1) if before is not None else None
    start, earliest, latest, how = _start(line, run, lists, day, floor)
    marks = marks | how
    gone = min((j for j in whole if j > last), default=None)
    end = lists[gone].day if gone is not None else None
    end_earliest = lists[last].day + dt.timedelta(days=1) if gone is not None else None
    if end is not None:
        marks.add("left")
    signings = sorted({d for k in run for d in line.seen[k] if d})
    return AgreementSpell(
        agency=re.sub(r"\s+", " ", line.name),
        state=line.state,
        model=line.model,
        level=place.level,
        fips=place.fips,
        place_basis=place.basis or place.reason,
        start=start,
        start_earliest=earliest,
        start_latest=latest,
        end=end,
        end_earliest=end_earliest,
        end_latest=end,
        first_listed=day,
        last_listed=lists[last].day,
        signings=tuple(signings),
        rules=tuple(sorted(marks)),
        spellings=tuple(sorted(line.names)),
        agency_key=line.key,
        other_fips=tuple(code for code in place.others if code != place.fips),
    )


def _start(
    line: Line, run: list[int], lists: list[AgencyList], day: dt.date, floor: dt.date | None
) -> tuple[dt.date, dt.date, dt.date, set[str]]:
    """Start, first and last day it can have begun, and the rules applied."""
    rules: set[str] = set()
    printed: list[tuple[int, dt.date]] = [(k, d) for k in run for d in sorted(x for x in line.seen[k] if x)]
    if not printed:
        return day, min(floor or day, day), day, {"unsigned"}
    usable = [(k, d) for k, d in printed if d <= lists[k].day]
    early = [d for _, d in usable if floor is None or d >= floor - dt.timedelta(days=LATE_DAYS)]
    if not early:
        right = _corrected_year(printed[0][1], day, floor)
        if right is not None:
            return right, right, right, {"misprinted_year"}
        return day, min(floor or day, day), day, {"unsigned"}
    firsts = [d for k, d in usable if k == run[0] and d in early]
    own = min(firsts) if firsts else min(early)
    later = sorted({d for _, d in usable if d != own})
    low = high = own
    for other in later:
        if _is_redated(own, other, lists[run[0]].day):
            rules.add("redated")
            if other in early:
                low, high = min(low, other), max(high, other)
        elif other > own:
            rules.add("renewed")
    rules.add("signed")
    high = min(high, max(day, own))
    corrected = [d for k, d in usable if low <= d <= high and d in early]
    start = corrected[-1] if "redated" in rules and corrected else own
    return start, low, high, rules


def _is_redated(own: dt.date, other: dt.date, first_listed: dt.date) -> bool:
    """Whether another printed day corrects the first one rather than dating a new signing."""
    if other < own or abs((other - own).days) <= REDATED_DAYS:
        return True
    same_day = (own.month, own.day) == (other.month, other.day)
    swapped = own.year == other.year and (own.month, own.day) == (other.day, other.month)
    return (same_day and other <= first_listed) or swapped


def _corrected_year(printed: dt.date, first_listed: dt.date, floor: dt.date | None) -> dt.date | None:
    """The printed day in the year before the agreement was first listed; None if that does not fit either."""
    for year in (first_listed.year, first_listed.year - 1):
        try:
            day = printed.replace(year=year)
        except ValueError:
            continue
        if day <= first_listed and (floor is None or day >= floor - dt.timedelta(days=120)):
            return day
    return None


def _mark_switches(spells: list[AgreementSpell]) -> list[AgreementSpell]:
    """Mark an end that is a switch: the agency began another model between the same two lists."""
    by_agency: dict[tuple[str, str], list[AgreementSpell]] = defaultdict(list)
    for spell in spells:
        by_agency[spell.state, spell.agency_key].append(spell)
    out = []
    for spell in spells:
        if spell.end_latest is not None and spell.end_earliest is not None:
            for other in by_agency[spell.state, spell.agency_key]:
                if other.model != spell.model and spell.last_listed < other.first_listed <= spell.end_latest:
                    marks = tuple(sorted({*spell.rules, "switched"} - {"left"}))
                    spell = replace(spell, rules=marks)
                    break
        out.append(spell)
    return out
