"""Prepare a release for the store: type its rows, apply known faults, drop duplicates, derive outcomes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from atlarge.codes import Coded, as_texts, is_text
from atlarge.errors import ReleaseError
from atlarge.known_places import known_texts
from atlarge.records.audit import ReleaseAudit
from atlarge.records.correct import apply_faults, apply_rules
from atlarge.records.coverage import Scope
from atlarge.records.dates import DateOrder
from atlarge.records.derived import derived_columns
from atlarge.records.duplicates import RULES, Duplicates, Rule, agreement
from atlarge.records.expected_rows import Numbers, take_numbers
from atlarge.records.identifiers import usable
from atlarge.records.missing import closed_questions
from atlarge.records.outcomes import outcome, request_type
from atlarge.records.schemes import spelled
from atlarge.records.tables import DERIVED, NOT_KEPT, TABLES
from atlarge.records.typed import Typed, type_release
from atlarge.reference import table
from atlarge.releases.areas import area_code, state_code
from atlarge.releases.averages import refuse_distinct
from atlarge.releases.catalogue import spellings
from atlarge.releases.family import Family
from atlarge.releases.marks import bare_words
from atlarge.releases.persons import how_named
from atlarge.releases.privacy import blank_persons
from atlarge.releases.reading import Release
from atlarge.releases.sheet import Sheet
from atlarge.wording import did_you_mean, some

_SALT = b"atlarge subject 1"
_MOST_WORDS = 20
_FEWEST_PASTED, _PASTED = 20, 0.95
"""Distinct rows, and the share of them that stand equally often, for a table to be pasted again."""
_WHOLE_LIST, _FEW_STATES, _SEVERAL = 0.85, 5, 5
"""Share of the agreements in force that a whole list has, the most states that a note of a part names, and
how many agreements a state has that is on every whole list."""


@dataclass
class Prepared:
    """A release's table rows, its quarantined rows and its account so far.

    `pieces`: files that hold the rows instead of `frame`, which then is empty. `covers`: places that the user
    says it covers. `daily`: its rows by day. `shown`: those by the values of columns that show what it lacks.
    `places`: those by place. `coded`: which of the rows in `frame` have which text, of columns where this is
    known. `numbers`: what the publisher's numbers of rows say.
    """

    family: Family
    frame: pl.DataFrame
    quarantine: pl.DataFrame
    audit: ReleaseAudit
    numbers: Numbers
    pieces: list[Path] = field(default_factory=list)
    covers: list[Scope] = field(default_factory=list)
    daily: pl.DataFrame | None = None
    shown: pl.DataFrame = field(default_factory=pl.DataFrame)
    places: pl.DataFrame | None = None
    coded: dict[str, Coded] = field(default_factory=dict)

    def rows(self) -> pl.DataFrame:
        """The rows, from memory or from disk."""
        return pl.read_parquet(self.pieces, glob=False) if self.pieces else self.frame


def subject_keys(identifiers: pl.Series) -> pl.Series:
    """Hashed identifiers, the same for the same identifier in every release; null stays null."""
    words = identifiers.unique().drop_nulls()
    keys = [hashlib.blake2b(word.encode(), digest_size=8, key=_SALT).hexdigest() for word in words.to_list()]
    return identifiers.replace_strict(words, pl.Series(keys, dtype=pl.String), default=None)


@dataclass
class Begun:
    """A release, or a part of one, typed and corrected; its duplicates are not removed yet."""

    family: Family
    typed: Typed
    audit: ReleaseAudit
    numbers: Numbers
    passed_sheets: list[str]

    @property
    def rule(self) -> Rule | None:
        """The rule that finds the release's duplicates; None if nothing identifies its persons."""
        if self.family.duplicates is None or "subject_key" not in self.typed.frame.columns:
            return None
        return RULES[self.family.duplicates]


def _drop_duplicates(begun: Begun, found: Duplicates) -> None:
    typed, audit = begun.typed, begun.audit
    if found.unusable is not None and (rows := int(found.unusable.sum())):
        audit.notes.append(
            "identifiers stand for several persons, or in more rows than a person can have, in "
            f"{some(rows, 'row')}: they are not used, and none of these is dropped by them"
        )
        key = pl.when(~found.unusable).then(pl.col("subject_key")).alias("subject_key")
        typed.frame = typed.frame.with_columns(key)
    agreed = agreement(typed.frame, found)
    if agreed:
        audit.checks["published_flags"] = agreed
    audit.checks["without_identifier"] = int(typed.frame["subject_key"].null_count())
    if found.dropped.any():
        typed.put(typed.frame.filter(~found.dropped))
    typed.drop("duplicate", int(found.dropped.sum()))


def _derive(family: Family, typed: Typed, audit: ReleaseAudit) -> None:
    """Add derived columns: day, outcome, request type."""
    frame = typed.frame
    if "moment" in frame.columns:
        typed.add(pl.col("moment").dt.date().alias("date"))
        if family.table == "stints":
            typed.add(pl.col("moment").alias("book_in"))
        if family.table == "stays":
            typed.add(pl.col("moment").alias("stay_book_in"))
    if family.table == "detainers" and "lift_reason" in frame.columns:
        outcomes, unlisted = outcome(frame["lift_reason"])
        typed.add(outcomes.alias("outcome"))
        for words, rows in unlisted.items():
            audit.notes.append(
                f"lift reason {words!r} is not in the vocabulary; read as other in {some(rows, 'row')}"
            )
    if "method" in frame.columns:
        written = frame["method"]
        methods, unknown = spelled(written, typed.words("method").to_list())
        if methods is not written:
            typed.add(methods.alias("method"))
        for method, rows in list(unknown.items())[:_MOST_WORDS]:
            audit.notes.append(
                f"apprehension method {method!r} is not in the vocabulary: in {some(rows, 'row')} a scheme "
                "reads it as any method that it does not list"
            )
    if family.table == "arrests":
        columns, unread = derived_columns(frame)
        typed.add(*columns)
        for (column, value), rows in unread.items():
            audit.notes.append(
                f"{column} {value!r} is not in the vocabulary; read as other in {some(rows, 'row')}"
            )
    if family.table == "detainers" and "detainer_type" in frame.columns:
        typed.add(request_type(frame["detainer_type"]).alias("request_type"))


def _unread(release: Release) -> list[str]:
    """A note of columns that the family does not know: they are left unread."""
    names = {n for sheet in release.sheets for n in sheet.frame.columns}
    known = release.family.plain_known | {"simulated"}
    unread = sorted(n for n in names - known if not n.startswith("unnamed"))
    shown = [n if how_named(n.replace("_", " ")) != "name" else "one that seems a person's" for n in unread]
    return [f"columns not known and left unread: {', '.join(shown)}"] if unread else []


def _unknown_places(family: Family, typed: Typed) -> list[str]:
    """Notes of words that stand where an area of responsibility or a state should, and name none."""
    if "place_kind" not in TABLES[family.table] or family.table == "aggregates":
        return []
    notes = []
    for name, what, coded in (("aor", "area of responsibility", area_code), ("state", "state", state_code)):
        if name not in typed.frame.columns:
            continue
        words = typed.words(name)
        for word in words.filter(coded(words).is_null()).to_list()[:_MOST_WORDS]:
            rows = int(typed.frame[name].is_in([word]).sum())
            notes.append(f"{word!r} names no {what} in {some(rows, 'row')}; it is read as not recorded")
    return notes


def _part_of_a_list(agreements: pl.DataFrame) -> list[str]:
    """A note if a list has fewer agreements than were in force on the last day of signing that it names."""
    known = table("agreements_287g")
    day = agreements["signed"].filter(agreements["signed"] <= known["last_listed"].max()).max()
    if day is None:
        return []
    ended = pl.col("end_earliest") <= day
    in_force = known.filter(pl.col("start_latest") <= day, ~ended.fill_null(False))
    states = sorted(set(agreements["state"].drop_nulls().to_list()))
    of_state = in_force.group_by("state").len().filter(pl.col("len") >= _SEVERAL)
    absent = sorted(set(of_state["state"]) - set(states))
    if agreements.height >= _WHOLE_LIST * in_force.height and not absent:
        return []
    named = f" (all in {', '.join(states)})" if len(states) <= _FEW_STATES else ""
    those = named or (f" (none in {', '.join(absent)})" if 0 < len(absent) <= _FEW_STATES else "")
    return [
        f"holds {some(agreements.height, 'agreement')}{those} of {in_force.height:,} that were in force on "
        f"{day!s}, the last day of signing that it names: it is part of a list, and agencies that it leaves "
        "out may take part all the same"
    ]


def identical(path: Path, hashes: list[pl.Series]) -> int:
    """Rows equal in every published column to an earlier row: without an identifier, no proof of anything.

    ReleaseError if nearly all rows stand twice, or three times: they were pasted again.
    """
    found = sum(len(h) - h.n_unique() for h in hashes)
    rows = sum(map(len, hashes))
    if found * 2 >= rows * _PASTED:
        times = pl.concat(hashes).unique_counts()
        again = next((n for n in (2, 3) if (times % n == 0).mean() >= _PASTED), None)  # type: ignore[operator]
        if again is not None and len(times) >= _FEWEST_PASTED:
            raise ReleaseError(
                f"{path}: every row stands {'twice' if again == 2 else 'three times'}, as in a file that was "
                "joined with itself or pasted again; take the copies out"
            )
    return found


def _check_columns(family: Family) -> None:
    """Refuse a family that fills a column its table does not have, or one that is worked out."""
    of = f"release family {family.id}"
    if family.table not in TABLES:
        raise ReleaseError(f"{of}: no table {family.table!r}; there are: {', '.join(TABLES)}")
    if family.spread is not None:
        return
    for name, source in DERIVED.get(family.table, {}).items():
        if name in family.columns:
            raise ReleaseError(
                f"{of}: {name!r} is worked out from {source!r}: call the published column that"
            )
    columns = [*TABLES[family.table], *NOT_KEPT]
    for name in sorted(set(family.columns) - set(columns)):
        near = did_you_mean(name, columns) or f"it has: {', '.join(TABLES[family.table])}"
        raise ReleaseError(f"{of}: table {family.table!r} has no column {name!r}; {near}")


def _joined_columns(family: Family, sheet: Sheet) -> tuple[Sheet, list[str]]:
    """A sheet of two forms joined: what one form's column leaves blank is taken from the other form's."""
    frame, notes = sheet.frame, []
    for name, column in family.columns.items():
        own = [spelling for spelling in column.plain_names if spelling in frame.columns]
        # a second date of the same form says something else; one word, as `county`, may be anybody's column
        others = sorted(n for n in spellings(name, family.table) - family.plain_known if "_" in n)
        beside = [*(own[1:] if column.kind == "text" else ()), *others]
        for other in beside if own else ():
            if other not in frame.columns or not _are_alike(frame[own[0]], frame[other]):
                continue
            is_blank, is_filled = _is_blank(frame[own[0]]), ~_is_blank(frame[other])
            if rows := int((is_blank & is_filled).sum()):
                kind = pl.String if is_text(frame[other]) else frame[other].dtype
                filled = frame[own[0]].cast(kind).zip_with(~is_blank, frame[other].cast(kind))
                frame = frame.with_columns(filled.alias(own[0]))
                notes.append(f"{own[0]}: blank in {some(rows, 'row')} that have {other}, which is read there")
            frame = frame.drop(other)
    return (sheet if frame is sheet.frame else replace(sheet, frame=frame)), notes


def _are_alike(first: pl.Series, second: pl.Series) -> bool:
    return first.dtype in (second.dtype, pl.Null) or (is_text(first) and is_text(second))


def _is_blank(cells: pl.Series) -> pl.Series:
    return bare_words(cells.cast(pl.String)).is_null()


def begin(release: Release, hashes: list[pl.Series] | None = None, order: DateOrder | None = None) -> Begun:
    """Type a release, apply what is known of it and hash its identifiers.

    Of a part of a release, `hashes` takes the hash of each row: identical rows are counted over the whole.
    `order`: what earlier parts showed of the order of day and month.
    """
    family = release.family
    _check_columns(family)
    joined = [_joined_columns(family, sheet) for sheet in release.sheets]
    blanked = [blank_persons(release.path, family, sheet, known_texts()) for sheet, _ in joined]
    release = replace(release, sheets=[sheet for sheet, _ in blanked])
    typed = type_release(release, order)
    audit = ReleaseAudit(
        id=release.id,
        family=family.id,
        table=family.table,
        file=release.name,
        sha256=release.sha256,
        rows_read=release.rows_read,
        rows_kept=0,
        rows_dropped={},
        notes=list(typed.notes),
        is_simulated=release.is_simulated,
    )
    audit.faults = apply_faults(release, typed)
    apply_rules(release, typed)
    numbers = take_numbers(typed, release.rows_read)
    if "subject" in typed.frame.columns:
        identifiers, notes = usable(typed.frame["subject"])
        audit.notes += notes
        without = identifiers.null_count()
        if without and not notes:
            audit.notes.append(
                f"no identifier in {some(without, 'row')}: none of them is dropped as a duplicate"
            )
        keys = subject_keys(identifiers).alias("subject_key")
        typed.frame = typed.frame.drop("subject").with_columns(keys)
    elif family.table in ("arrests", "detainers", "encounters", "removals"):
        found = [sheet.hashes() for sheet in release.sheets]
        if hashes is None:
            audit.checks["identical_rows"] = identical(release.path, found)
            if not audit.checks["identical_rows"]:
                for sheet in release.sheets:
                    refuse_distinct(release.path, family, sheet)
        else:
            hashes += found
    names = {name for sheet in release.sheets for name in sheet.frame.columns}
    audit.notes += closed_questions(family, names)
    audit.notes += release.notes
    audit.notes += [note for _, found in (*joined, *blanked) for note in found]
    audit.notes += _unread(release)
    if release.is_simulated:
        audit.notes.append("simulated records: places that they lack are not missed")
    return Begun(family, typed, audit, numbers, release.passed_sheets)


def finish(begun: Begun, found: Duplicates | None) -> Prepared:
    """Leave duplicates out, derive the table's columns, and account for every row."""
    family, typed, audit = begun.family, begun.typed, begun.audit
    if found is not None:
        _drop_duplicates(begun, found)
    audit.notes += _unknown_places(family, typed)
    _derive(family, typed, audit)
    frame = typed.frame
    audit.rows_kept = frame.height
    audit.rows_dropped = dict(sorted(typed.dropped.items()))
    if family.spread is not None:
        typed.put(frame := family.spread(as_texts(frame)))
    if family.table == "agreements":
        audit.notes += _part_of_a_list(frame)
    if "n" not in frame.columns:
        frame = frame.with_columns(pl.repeat(1, frame.height, dtype=pl.UInt32, eager=True).alias("n"))
    audit.values = frame.height
    audit.quarantine_reasons = dict(typed.quarantine.group_by("reason").len().sort("reason").iter_rows())
    if begun.passed_sheets:
        audit.notes.append(f"sheets without records passed over: {', '.join(begun.passed_sheets)}")
    return Prepared(family, frame, typed.quarantine, audit, begun.numbers, coded=typed.coded)


def prepare(release: Release) -> Prepared:
    """Type a release and account for every row of it."""
    begun = begin(release)
    rule = begun.rule
    return finish(begun, rule.judge_release(rule.looked_at(begun.typed.frame)) if rule else None)
