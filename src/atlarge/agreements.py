"""287(g) agreements: ICE's lists of participating agencies turned into spells with a start and an end.

A list shows which agreements were in force on its day. Lists of many days show when each began and ended,
within the days between two lists. The rules are stated once, beside the table `agreements_287g`, and counted
for every spell they touch.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.agreement_places import Resolved, agency_key, resolve
from atlarge.errors import ReleaseError
from atlarge.reference import states, table
from atlarge.wording import some

__all__ = ["AgencyList", "AgreementSpell", "SpellTable", "agreements_of", "read_list", "read_lists"]

MODELS = {
    "jem": "Jail Enforcement Model",
    "wso": "Warrant Service Officer",
    "tfm": "Task Force Model",
    "hybrid": "Hybrid Model",
}
PARTIAL_SHARE = 0.05
"""A list without this share of the agreements that stand on the lists before and after it is partial."""
LAST_PARTIAL_SHARE = 0.10
"""The same of the newest list, which has only a list before it."""
LATE_DAYS = 300
"""A signing printed this long before the first list that could have shown it is taken for a misprint."""
REDATED_DAYS = 45
"""A date that moves by no more than this between two lists is a correction, not a new signing."""

SIGNED_ANEW = {"jem": (dt.date(2020, 3, 1), dt.date(2020, 8, 31))}
"""Months in which ICE signed all agreements of a model anew: a signing then need not be the first."""
OLDER_ROSTER = dt.date(2017, 8, 1)
"""The newest roster before the lists; an agreement that it lacks began later."""


@dataclass(frozen=True)
class AgencyList:
    """One list: its day, its rows (state, agency, model, signed, ...) and notes made while reading it."""

    day: dt.date
    file: str
    rows: pl.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class AgreementSpell:
    """One agreement of one agency from its start to its end.

    `start`: the day it began, with the first and last day it can have begun. `end`: the day it was over by,
    None while it stands on the newest list; `end_earliest` is the day after the last list with it, `end` and
    `end_latest` the first whole list without it. `rules`: names of the rules that produced this spell.
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
    """Spells, and an account of every row of every list."""

    spells: list[AgreementSpell]
    lists: list[dict[str, Any]]
    rows: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    unresolved: dict[str, str] = field(default_factory=dict)

    def frame(self) -> pl.DataFrame:
        """The spells as a table in the columns of the reference table `agreements_287g`."""
        return _frame(self.spells)


# ---- reading ---------------------------------------------------------------------------------------------

_DAY_IN_NAME = (
    (re.compile(r"(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)"), (1, 2, 3)),
    (re.compile(r"(?<!\d)(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])[-_.]?(20\d\d)"), (3, 1, 2)),
)


def list_day(name: str, rows: pl.DataFrame) -> tuple[dt.date, str]:
    """The day of a list and its source: the file's name, the column LAST SEEN, or the newest signing."""
    for pattern, (year, month, day) in _DAY_IN_NAME:
        found = pattern.search(name)
        if found:
            try:
                return dt.date(*(int(found.group(k)) for k in (year, month, day))), "file name"
            except ValueError:
                continue
    if "last_seen" in rows.columns and rows["last_seen"].max() is not None:
        return rows["last_seen"].max(), "column LAST SEEN"  # type: ignore[return-value]
    newest = rows["signed"].max()
    if newest is None:
        raise ReleaseError(f"{name}: no day of the list in its name, and no row with a day of signing")
    return newest, "newest signing in it"  # type: ignore[return-value]


def read_list(path: Path | str) -> AgencyList:
    r"""Read one list of participating agencies.

    Parameters
    ----------
    path : path
        A workbook, CSV or Parquet file that has the list's columns.

    Returns
    -------
    AgencyList
        Its day and rows. Rows marked absent (a list kept as a log of all it ever saw) are left out and
        counted in `notes`.

    Raises
    ------
    ReleaseError
        For a file that holds no list, such as a workbook of summary sheets.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> head = "State,Law Enforcement Agency,Type,County,Support Type,Signed"
    >>> row = "TEXAS,Galveston County Sheriff's Office,County,Galveston,Jail Enforcement Model,3/1/2017"
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "participatingAgencies03052025.csv")
    ...     size = file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    ...     read_list(file).day
    datetime.date(2025, 3, 5)
    """
    from atlarge.records.prepare import prepare
    from atlarge.releases import read_release

    path = Path(path)
    try:
        release = read_release(path)
    except ReleaseError as error:
        if "no header of a known release" in str(error):
            raise ReleaseError(
                f"{path}: holds no list of agencies (summary sheets, or another table); a list has columns "
                "STATE, LAW ENFORCEMENT AGENCY, SUPPORT TYPE and SIGNED"
            ) from None
        raise
    if release.family.id != "participating-agencies":
        raise ReleaseError(f"{path}: is of {release.family.id}, not a list of participating agencies")
    prepared = prepare(release)
    rows, notes = prepared.frame, list(prepared.audit.notes)
    if prepared.audit.rows_dropped:
        dropped = ", ".join(f"{n} {why}" for why, n in prepared.audit.rows_dropped.items())
        notes.append(f"rows left out on reading: {dropped}")
    day, source = list_day(path.name, rows)
    notes.append(f"day of the list from: {source}")
    if "status" in rows.columns:
        gone = (
            rows["status"].str.to_lowercase().str.contains("absent|removed|ended|terminated").fill_null(False)
        )
        if gone.any():
            notes.append(f"{some(int(gone.sum()), 'row')} marked as no longer on the list, left out")
            rows = rows.filter(~gone)
    return AgencyList(day, path.name, rows, tuple(notes))


def read_lists(paths: Iterable[Path | str]) -> tuple[list[AgencyList], dict[str, str]]:
    r"""Lists of several files or folders.

    Parameters
    ----------
    paths : iterable of path
        Files, or folders that hold them.

    Returns
    -------
    lists : list of AgencyList
        In order of their days.
    left_out : dict
        Files that hold no list, with the reason of each.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> head = "State,Law Enforcement Agency,Type,County,Support Type,Signed"
    >>> row = "TEXAS,Galveston County Sheriff's Office,County,Galveston,Jail Enforcement Model,3/1/2017"
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "participatingAgencies03052025.csv")
    ...     size = file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    ...     lists, left_out = read_lists([folder])
    >>> len(lists), left_out
    (1, {})
    """
    lists: list[AgencyList] = []
    refused: dict[str, str] = {}
    for given in map(Path, paths):
        inside = sorted(p for p in given.iterdir() if p.is_file()) if given.is_dir() else [given]
        for path in inside:
            try:
                lists.append(read_list(path))
            except ReleaseError as error:
                refused[path.name] = str(error).removeprefix(f"{path}: ")
    return lists, refused


def agreements_of(lists: Sequence[AgencyList]) -> SpellTable:
    r"""Spells of 287(g) agreements from lists, carried back by the shipped table of older agreements.

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
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> head = "State,Law Enforcement Agency,Type,County,Support Type,Signed"
    >>> row = "TEXAS,Galveston County Sheriff's Office,County,Galveston,Jail Enforcement Model,3/1/2017"
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "participatingAgencies03052025.csv")
    ...     size = file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    ...     table = agreements_of(read_lists([folder])[0])
    >>> any("Galveston" in spell.agency for spell in table.spells)
    True
    """
    return make_spells(lists, table("agreements_287g_older").to_dicts())


# ---- identity --------------------------------------------------------------------------------------------


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
    """Two-letter code of a printed state, its misspellings mended where only one name is near."""
    from rapidfuzz import fuzz, process

    names = _codes_of_states()
    words = re.sub(r"[^A-Z ]+", "", printed.upper()).strip()
    if words in names:
        return names[words]
    if words in names.values():
        return words
    near = process.extractOne(words, names.keys(), scorer=fuzz.ratio, score_cutoff=85)
    return names[near[0]] if near else None


# ---- spells ----------------------------------------------------------------------------------------------


@dataclass
class _Line:
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
        return self.names.most_common(1)[0][0]

    @property
    def days(self) -> set[dt.date | None]:
        return set().union(*self.seen.values()) - {None}

    @property
    def first(self) -> int:
        return min(self.seen)

    @property
    def last(self) -> int:
        return max(self.seen)

    def take(self, other: _Line) -> None:
        for k, days in other.seen.items():
            self.seen.setdefault(k, set()).update(days)
        self.names.update(other.names)
        self.places.update(other.places)
        self.rules |= other.rules


def make_spells(lists: Sequence[AgencyList], older: Iterable[dict[str, Any]] = ()) -> SpellTable:
    """Spells from lists of many days.

    `older`: agreements known to have stood before the first list, from other sources: dicts of agency, state,
    model, fips, signed, and the last day seen or the day of the end where one is known. Every row of every
    list is either in a spell or counted under its reason in `rows`.
    """
    ordered = _distinct(sorted(lists, key=lambda one: (one.day, one.file)))
    out = SpellTable([], [])
    lines = _lines(ordered, out)
    lines = _join_spellings(_join_states(lines))
    _account(lines, out)
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
    out.spells = _with_older(out.spells, list(older), ordered[0].day if ordered else None, out)
    out.spells = [_signed_anew(spell, ordered[0].day) for spell in out.spells] if ordered else []
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


def _lines(lists: list[AgencyList], out: SpellTable) -> list[_Line]:
    lines: dict[tuple[str, str, str], _Line] = {}
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
            line = lines.setdefault((state, key, model), _Line(state, key, model))
            line.seen.setdefault(k, set()).add(row["signed"])
            line.names[row["agency"].strip()] += 1
            line.places[row.get("county"), row.get("agency_type")] += 1
    return list(lines.values())


def _account(lines: list[_Line], out: SpellTable) -> None:
    """Count the rows of every line under what was found of its place."""
    for line in lines:
        place = _place_of(line)
        shown = sum(line.names.values())
        if place.level == "state":
            out.rows["agency of the state, no county"] += shown
        elif place.fips is None:
            out.rows["county not found"] += shown
            out.unresolved[f"{line.name}, {line.state}"] = place.reason
        else:
            out.rows["county found"] += shown


def _place_of(line: _Line) -> Resolved:
    """The place most rows of a line give; a place found goes before none."""
    votes: Counter[Resolved] = Counter()
    for (county, kind), n in line.places.items():
        votes[resolve(line.name, line.state, county, kind)] += n
    states = sum(n for place, n in votes.items() if place.level == "state")
    if states and states >= sum(votes.values()) - states:
        return next(place for place in votes if place.level == "state")
    found = {place: n for place, n in votes.items() if place.fips} or votes
    return max(found, key=lambda place: (found[place], place.basis, str(place.fips)))


def _join_states(lines: list[_Line]) -> list[_Line]:
    """Lines printed under a wrong state, joined to the line of the state that has the county.

    A line is such a slip where the printed state has no county of the agency's name, and one other state has
    a line of the same agency, model and day of signing.
    """
    by_name: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        by_name[line.key, line.model].append(line)
    slips: set[int] = set()
    for line in lines:
        place = _place_of(line)
        if place.level == "state" or place.fips is not None:
            continue
        others = [other for other in by_name[line.key, line.model] if other is not line]
        same = [other for other in others if _place_of(other).fips and line.days & other.days]
        if len(same) == 1:
            same[0].seen.update({k: same[0].seen.get(k, set()) | d for k, d in line.seen.items()})
            same[0].names.update(line.names)
            same[0].rules.add("wrong_state")
            slips.add(id(line))
    return [line for line in lines if id(line) not in slips]


def _join_spellings(lines: list[_Line]) -> list[_Line]:
    """Lines that are one agency under two spellings.

    Two lines of a state and model are one where their names are near, their places the same, no list shows
    both, and one ends on the list before the other begins or both print the same day of signing.
    """
    from rapidfuzz import fuzz

    groups: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        groups[line.state, line.model].append(line)
    kept: list[_Line] = []
    for group in groups.values():
        group.sort(key=lambda line: (line.first, line.key))
        places = {id(line): _place_of(line) for line in group}
        done: list[_Line] = []
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


def _partial(lines: list[_Line], lists: list[AgencyList]) -> set[int]:
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


def _spells_of(line: _Line, lists: list[AgencyList], partial: set[int]) -> list[AgreementSpell]:
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
    place = _place_of(line)
    return [_spell(line, run, marks, lists, whole, place) for run, marks in zip(runs, rules, strict=True)]


def _is_slip(line: _Line, before: int, after: int, missed: list[int], lists: list[AgencyList]) -> bool:
    """Whether an absence is only a slip: it is on one list only, or the same signing day appears again
    afterwards."""
    same = (line.seen[before] & line.seen[after]) - {None}
    if same:
        return True
    newest = max((d for d in line.seen[after] if d), default=None)
    is_new = newest is not None and newest > lists[before].day
    return len(missed) == 1 and not is_new


def _spell(
    line: _Line,
    run: list[int],
    marks: set[str],
    lists: list[AgencyList],
    whole: list[int],
    place: Resolved,
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
    line: _Line, run: list[int], lists: list[AgencyList], day: dt.date, floor: dt.date | None
) -> tuple[dt.date, dt.date, dt.date, set[str]]:
    """Start, first and last day it can have begun, and the rules applied."""
    rules: set[str] = set()
    printed: list[tuple[int, dt.date]] = [(k, d) for k in run for d in sorted(x for x in line.seen[k] if x)]
    if not printed:
        return day, min(floor or day, day), day, {"unsigned"}
    usable = [(k, d) for k, d in printed if d <= lists[k].day]
    early = [d for _, d in usable if floor is None or d >= floor - dt.timedelta(days=LATE_DAYS)]
    if not early:
        mended = _mended_year(printed[0][1], day, floor)
        if mended is not None:
            return mended, mended, mended, {"misprinted_year"}
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


def _mended_year(printed: dt.date, first_listed: dt.date, floor: dt.date | None) -> dt.date | None:
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


def _with_older(
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


def _signed_anew(spell: AgreementSpell, first_day: dt.date) -> AgreementSpell:
    """A spell whose only known signing may have taken the place of an older one: its start is an interval."""
    low, high = SIGNED_ANEW.get(spell.model, (dt.date.max, dt.date.min))
    if spell.first_listed != first_day or not low <= spell.start <= high or len(spell.signings) != 1:
        return spell
    rules = tuple(sorted({*spell.rules, "signed_anew"}))
    return replace(spell, start_earliest=OLDER_ROSTER + dt.timedelta(days=1), rules=rules)


def _is_same(spell: AgreementSpell, row: dict[str, Any], first_day: dt.date | None) -> bool:
    """Whether an agreement of another source is of the agency of a spell that stood on the first list."""
    from rapidfuzz import fuzz

    if spell.state != row["state"] or spell.first_listed != first_day:
        return False
    key = agency_key(row["agency"])
    same_place = spell.fips == row.get("fips") if row.get("fips") else spell.level == "state"
    return spell.agency_key == key or (same_place and fuzz.token_set_ratio(spell.agency_key, key) >= 85)


# ---- the reference table ---------------------------------------------------------------------------------

_GENERIC = {"county", "sheriff", "police", "parish"}


def spell_id(spell: AgreementSpell) -> str:
    """Name of a spell: the agency's place, the state, the model and the day it began."""
    words = [w for w in spell.agency_key.split() if w not in _GENERIC] or spell.agency_key.split()
    if "parish" in spell.agency_key.split():
        words.append("parish")
    return f"{'-'.join(words)}-{spell.state.lower()}-287g-{spell.model}-{spell.start.isoformat()}"


_TYPES: dict[str, Any] = {
    **dict.fromkeys(("fips", "other_fips", "ended_reason", "source_url"), pl.String),
    **dict.fromkeys(("ended", "end_earliest", "end_latest"), pl.Date),
}


_LATER_DAYS = ("end_earliest", "end_latest", "first_listed", "last_listed")


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
