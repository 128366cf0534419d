"""Agreements that stood before the first list, from other sources."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from rapidfuzz import fuzz

from atlarge.agreements.places import agency_key, resolve
from atlarge.agreements.spell import AgreementSpell, SpellTable

SIGNED_ANEW = {"jem": (dt.date(2020, 3, 1), dt.date(2020, 8, 31))}
"""Months in which ICE signed all agreements of a model anew: a signing then need not be the first."""
OLDER_ROSTER = dt.date(2017, 8, 1)
"""The newest roster before the lists; an agreement that it lacks began later."""


def with_older(
    spells: list[AgreementSpell], older: list[dict[str, Any]], first_day: dt.date | None, out: SpellTable
) -> list[AgreementSpell]:
    """Spells carried back by what other sources report of the time before the first list.

    An agreement of the same agency and model that stood on the first list goes on from its older signing; one
    that did not ended between the last day another source shows it and the first list, or on its known day.
    """
    spells_found = list(spells)
    for row in older:
        key, state, model = agency_key(row["agency"]), row["state"], row["model"]
        signed, ended, seen = row["signed"], row.get("ended"), row.get("last_seen")
        match = next(
            (k for k, s in enumerate(spells_found) if s.model == model and _is_same(s, row, first_day)), None
        )
        if match is not None and ended is None:
            spell = spells_found[match]
            begun = min(signed, spell.start)
            marks = tuple(sorted({*spell.rules, "renewed"})) if signed < spell.start else spell.rules
            spells_found[match] = replace(
                spell,
                start=begun,
                start_earliest=begun,
                start_latest=begun,
                signings=tuple(sorted({signed, *spell.signings})),
                rules=marks,
            )
            continue
        last = ended or seen or signed
        end_latest = ended or row.get("ended_by") or first_day
        place = resolve(row["agency"], state, row.get("county"), None)
        fips = row.get("fips") or place.fips
        switched = any(s.model != model and _is_same(s, row, first_day) for s in spells)
        spells_found.append(
            AgreementSpell(
                agency=row["agency"],
                state=state,
                model=model,
                level="state" if fips is None else ("city" if "police" in key else "county"),
                fips=fips,
                place_basis="older source",
                start=signed,
                start_earliest=signed,
                start_latest=signed,
                end=end_latest,
                end_earliest=ended or (last + dt.timedelta(days=1)),
                end_latest=end_latest,
                first_listed=signed,
                last_listed=last,
                signings=(signed,),
                rules=("signed", "switched" if switched else "left"),
                spellings=(row["agency"],),
                agency_key=key,
            )
        )
        out.rows["agreements from older sources"] += 1
    return spells_found


def signed_anew(spell: AgreementSpell, first_day: dt.date) -> AgreementSpell:
    """A spell whose only known signing may have taken the place of an older one: its start is an interval."""
    low, high = SIGNED_ANEW.get(spell.model, (dt.date.max, dt.date.min))
    if spell.first_listed != first_day or not low <= spell.start <= high or len(spell.signings) != 1:
        return spell
    rules = tuple(sorted({*spell.rules, "signed_anew"}))
    return replace(spell, start_earliest=OLDER_ROSTER + dt.timedelta(days=1), rules=rules)


def _is_same(spell: AgreementSpell, row: dict[str, Any], first_day: dt.date | None) -> bool:
    """Whether an agreement of another source is of the agency of a spell that stood on the first list."""
    if spell.state != row["state"] or spell.first_listed != first_day:
        return False
    key = agency_key(row["agency"])
    same_place = spell.fips == row.get("fips") if row.get("fips") else spell.level == "state"
    return spell.agency_key == key or (same_place and fuzz.token_set_ratio(spell.agency_key, key) >= 85)
