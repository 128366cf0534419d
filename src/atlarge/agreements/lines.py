"""Agencies through the lists: rows of one agency and model, joined over spellings and misprinted states."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rapidfuzz import fuzz, process

from atlarge.agreements.lists import AgencyList
from atlarge.agreements.places import Resolved, agency_key, resolve
from atlarge.agreements.spell import MODELS, SpellTable
from atlarge.reference import states


def model_code(printed: str | None) -> str | None:
    """jem, wso, tfm or hybrid, from a printed support type; None where it names none."""
    words = (printed or "").lower()
    for mark, code in (("hybrid", "hybrid"), ("jail", "jem"), ("warrant", "wso"), ("task", "tfm")):
        if mark in words:
            return code
    bare = words.strip()
    return bare if bare in MODELS else None


@cache
def _codes_of_states() -> dict[str, str]:
    return {name.upper(): code for code, name in states().items()}


@cache
def mended_state(printed: str) -> str | None:
    """Two-letter code of a printed state, misspellings corrected where only one name is near."""
    names = _codes_of_states()
    words = re.sub(r"[^A-Z ]+", "", printed.upper()).strip()
    if words in names:
        return names[words]
    if words in names.values():
        return words
    near = process.extractOne(words, names.keys(), scorer=fuzz.ratio, score_cutoff=85)
    return names[near[0]] if near else None


@dataclass
class Line:
    """One agency and model through the lists: what each list that shows it prints."""

    state: str
    key: str
    model: str
    seen: dict[int, set[dt.date | None]] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    places: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The spelling most rows have."""
        return self.names.most_common(1)[0][0]

    @property
    def days(self) -> set[dt.date | None]:
        """Every printed day of signing."""
        return set().union(*self.seen.values()) - {None}

    @property
    def first(self) -> int:
        """Number of the first list that shows it."""
        return min(self.seen)

    @property
    def last(self) -> int:
        """Number of the last list that shows it."""
        return max(self.seen)

    def take(self, other: Line) -> None:
        """Add the rows of another line, which is the same agency."""
        for k, days in other.seen.items():
            self.seen.setdefault(k, set()).update(days)
        self.names.update(other.names)
        self.places.update(other.places)
        self.rules |= other.rules


def lines_of(lists: list[AgencyList], out: SpellTable) -> list[Line]:
    """Gather the rows of the lists by state, agency and model; rows without these are counted in `out`."""
    lines: dict[tuple[str, str, str], Line] = {}
    for k, one in enumerate(lists):
        seen: set[tuple[Any, ...]] = set()
        for row in one.rows.iter_rows(named=True):
            state = mended_state(row["state"])
            model = model_code(row["model"])
            out.rows["rows"] += 1
            if state is None or model is None:
                out.rows["no state" if state is None else "no model"] += 1
                what = f"{row['agency']}, {row['state']}, {row['model']}"
                out.unresolved[what] = "no state is named" if state is None else "no model is named"
                continue
            key = agency_key(row["agency"])
            mark = (state, key, model, row["signed"])
            if mark in seen:
                out.rows["repeats a row of the same list"] += 1
            seen.add(mark)
            line = lines.setdefault((state, key, model), Line(state, key, model))
            line.seen.setdefault(k, set()).add(row["signed"])
            line.names[row["agency"].strip()] += 1
            line.places[row.get("county"), row.get("agency_type")] += 1
    return list(lines.values())


def account(lines: list[Line], out: SpellTable) -> None:
    """Count the rows of every line under what was found of its place."""
    for line in lines:
        place = place_of(line)
        shown = sum(line.names.values())
        if place.level == "state":
            out.rows["agency of the state, no county"] += shown
        elif place.fips is None:
            out.rows["county not found"] += shown
            out.unresolved[f"{line.name}, {line.state}"] = place.reason
        else:
            out.rows["county found"] += shown


def place_of(line: Line) -> Resolved:
    """The place most rows of a line give; a place found goes before none."""
    votes: Counter[Resolved] = Counter()
    for (county, kind), n in line.places.items():
        votes[resolve(line.name, line.state, county, kind)] += n
    states = sum(n for place, n in votes.items() if place.level == "state")
    if states and states >= sum(votes.values()) - states:
        return next(place for place in votes if place.level == "state")
    found = {place: n for place, n in votes.items() if place.fips} or votes
    return max(found, key=lambda place: (found[place], place.basis, str(place.fips)))


def join_states(lines: list[Line]) -> list[Line]:
    """Lines printed under a wrong state, joined to the line of the state that has the county.

    A line is such a slip where the printed state has no county of the agency's name, and one other state has
    a line of the same agency, model and day of signing.
    """
    by_name: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        by_name[line.key, line.model].append(line)
    slips: set[int] = set()
    for line in lines:
        place = place_of(line)
        if place.level == "state" or place.fips is not None:
            continue
        others = [other for other in by_name[line.key, line.model] if other is not line]
        same = [other for other in others if place_of(other).fips and line.days & other.days]
        if len(same) == 1:
            same[0].seen.update({k: same[0].seen.get(k, set()) | d for k, d in line.seen.items()})
            same[0].names.update(line.names)
            same[0].rules.add("wrong_state")
            slips.add(id(line))
    return [line for line in lines if id(line) not in slips]


def join_spellings(lines: list[Line]) -> list[Line]:
    """Lines that are one agency under two spellings.

    Two lines of a state and model are one where their names are near, their places the same, no list shows
    both, and one ends on the list before the other begins or both print the same day of signing.
    """
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.state, line.model].append(line)
    kept: list[Line] = []
    for group in groups.values():
        group.sort(key=lambda line: (line.first, line.key))
        places = {id(line): place_of(line) for line in group}
        done: list[Line] = []
        for line in group:
            match, best = None, 0.0
            for other in done:
                if other.seen.keys() & line.seen.keys():
                    continue
                near = fuzz.ratio(_bare(other.key, line.state), _bare(line.key, line.state))
                same_place = places[id(other)].fips == places[id(line)].fips
                days = other.days & line.days
                next_to = line.first == other.last + 1 or other.first == line.last + 1
                is_one = same_place and (
                    (near >= 80 and (next_to or days)) or (near >= 60 and next_to and days)
                )
                if not same_place and near >= 93 and next_to and days:
                    is_one = True
                if is_one and near > best:
                    match, best = other, near
            if match is None:
                done.append(line)
            else:
                match.take(line)
                match.rules.add("respelled")
        kept += done
    return kept


@cache
def _bare(key: str, state: str) -> str:
    """An agency's key without the name of its state, which some lists leave out, and words said twice."""
    words = key.removeprefix(states()[state].lower()).split()
    return " ".join(dict.fromkeys(words)) or key
