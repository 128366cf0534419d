"""One agreement as a spell with a start and an end, and the table of all spells."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

MODELS = {
    "jem": "Jail Enforcement Model",
    "wso": "Warrant Service Officer",
    "tfm": "Task Force Model",
    "hybrid": "Hybrid Model",
}

_GENERIC = {"county", "sheriff", "police", "parish"}
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("fips", "other_fips", "ended_reason", "source_url"), pl.String),
    **dict.fromkeys(("ended", "end_earliest", "end_latest"), pl.Date),
}
_LATER_DAYS = ("end_earliest", "end_latest", "first_listed", "last_listed")


@dataclass(frozen=True)
class AgreementSpell:
    """One agreement of one agency from its start to its end.

    Attributes
    ----------
    agency, agency_key, spellings : str, and tuple of str
        Its usual spelling, the form in which spellings are compared, and every spelling of the lists.
    state, fips, other_fips : str or None, and tuple of str
        Two letters of the state, FIPS code of the county (None for a state's agency), and further counties.
    level : str
        state, county or city.
    place_basis : str
        Which words led to the county, or why none was found.
    model : str
        jem, wso, tfm or hybrid.
    start, start_earliest, start_latest : date
        The day it began, and the first and last day it can have begun.
    end, end_earliest, end_latest : date or None
        None while it stands on the newest list; else the first whole list without it (`end`, `end_latest`)
        and the day after the last list with it.
    first_listed, last_listed : date
        Days of the first and the last list that show it.
    signings : tuple of date
        Every printed day of signing.
    rules : tuple of str
        Names of the rules that produced this spell.
    """

    agency: str
    state: str
    model: str
    level: str
    fips: str | None
    place_basis: str
    start: dt.date
    start_earliest: dt.date
    start_latest: dt.date
    end: dt.date | None
    end_earliest: dt.date | None
    end_latest: dt.date | None
    first_listed: dt.date
    last_listed: dt.date
    signings: tuple[dt.date, ...]
    rules: tuple[str, ...]
    spellings: tuple[str, ...]
    agency_key: str = ""
    other_fips: tuple[str, ...] = ()


@dataclass
class SpellTable:
    """Spells, and an account of every row of every list. Returned by `agreements_of`.

    Attributes
    ----------
    spells : list of AgreementSpell
        By state, agency, model and start.
    lists : list of dict
        day, file, rows, partial and notes of each list.
    rows : Counter
        Rows of all lists, by what became of them.
    rules : Counter
        Spells, by the rules that produced them.
    unresolved : dict
        Agencies without a place, with the reason.
    """

    spells: list[AgreementSpell]
    lists: list[dict[str, Any]]
    rows: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    unresolved: dict[str, str] = field(default_factory=dict)

    def frame(self) -> pl.DataFrame:
        """The spells as a table in the columns of the reference table `agreements_287g`."""
        return _frame(self.spells)


def spell_id(spell: AgreementSpell) -> str:
    """Name of a spell: the agency's place, the state, the model and the day it began."""
    words = [w for w in spell.agency_key.split() if w not in _GENERIC] or spell.agency_key.split()
    if "parish" in spell.agency_key.split():
        words.append("parish")
    return f"{'-'.join(words)}-{spell.state.lower()}-287g-{spell.model}-{spell.start.isoformat()}"


def _frame(spells: Sequence[AgreementSpell]) -> pl.DataFrame:
    ids: Counter[str] = Counter()
    rows = []
    for spell in spells:
        name = spell_id(spell)
        ids[name] += 1
        if ids[name] > 1:
            name = f"{name}-{ids[name]}"
        is_known = spell.start_earliest == spell.start_latest
        by_name = spell.place_basis in ("agency's name", "agency of the state")
        why = "model switched" if "switched" in spell.rules else ("left the list" if spell.end else None)
        rows.append(
            {
                "id": name,
                **{column: getattr(spell, column) for column in ("agency", "level", "state", "fips")},
                "other_fips": " ".join(spell.other_fips) or None,
                "model": MODELS[spell.model],
                "signed": spell.start,
                **{day: getattr(spell, day) for day in ("start_earliest", "start_latest")},
                "ended": spell.end,
                **{day: getattr(spell, day) for day in _LATER_DAYS},
                "signings": len(spell.signings),
                "signing_days": " ".join(day.isoformat() for day in spell.signings),
                "place_basis": spell.place_basis,
                "rules": " ".join(spell.rules),
                "ended_reason": why,
                "confidence": "low" if not is_known else "high" if by_name else "medium",
                "source_url": None,
            }
        )
    return pl.DataFrame(rows, schema_overrides=_TYPES, infer_schema_length=None).sort("id")
