"""Convert the text rows of a release to typed rows, counting every row left out by its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from atlarge.codes import Coded, as_texts, is_text
from atlarge.errors import ReleaseError
from atlarge.records.cells import read_cells
from atlarge.records.dates import (
    DateOrder,
    day_numbers,
    from_1900,
    is_from_1904,
    read_dates,
    refuse_exchanged_days,
    refuse_moved_midnights,
    refuse_utc,
)
from atlarge.records.expected_rows import number_columns
from atlarge.records.gaps import extra_columns
from atlarge.records.identifiers import persons
from atlarge.records.tables import LINEAGE
from atlarge.releases.catalogue import recognise
from atlarge.releases.family import Column, plain
from atlarge.releases.marks import bare_words
from atlarge.releases.persons import NUMBERS
from atlarge.releases.reading import Release
from atlarge.releases.sheet import Sheet
from atlarge.wording import some

QUARANTINE = LINEAGE | dict.fromkeys(("reason", "column", "value"), pl.String)
_WORDS = {
    "text": "formula in the cell",
    "day": "not a date within bounds",
    "moment": "not a date within bounds",
    "count": "not a whole number",
    "number": "not a number",
}
_SPOILT = {
    r"^ *#{3,} *$": "saved as ####, as a column too narrow shows it; widen it and save again",
    r"^ *\d{1,2}:\d{2}(?:[.:]\d{1,2})? *$": "a time without its day; show the day in it and save again",
}
"""Dates as a spreadsheet program saves those that it does not show, and the mend."""

_FEWEST_BESIDE, _MOST_SHARE = 4, 20
"""Fewest columns beside the date, and the most rows, one of so many, in which a date alone is no record."""
_LOOKED_AT, _FEWEST_NAMES = 200, 3
"""How many rows whose date cannot be read are looked at, and how many names of columns make a header."""
_DATES_LOOKED_AT, _FEWEST_DATES, _MANY_DATES = 5_000, 10, 100
_FEW_RIGHT = 0.02
"""No more dates are after those that come before them where the columns have changed places."""
_WORKED_BY_DAY = ("arrests", "detainers", "encounters")
"""Tables of what officers do by day; facilities book in and out at night as well."""


@dataclass
class Typed:
    """Typed rows of a release. `dropped`: rows left out, by reason, quarantine among them.

    `coded`: which rows have which text, of columns where this is known.
    """

    frame: pl.DataFrame
    quarantine: pl.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    coded: dict[str, Coded] = field(default_factory=dict)

    def put(self, frame: pl.DataFrame) -> None:
        """Replace the rows; what was cached about the previous ones is dropped."""
        self.frame, self.coded = frame, {}

    def words(self, name: str) -> pl.Series:
        """The distinct texts of a column, sorted."""
        texts = self.coded[name].texts if name in self.coded else self.frame[name].unique().drop_nulls()
        return texts.cast(pl.String).sort()

    def add(self, *columns: pl.Series | pl.Expr) -> None:
        """Add columns, or replace those of the same names."""
        self.frame = self.frame.with_columns(columns)
        for column in columns:
            self.coded.pop(column.name if isinstance(column, pl.Series) else column.meta.output_name(), None)

    def drop(self, reason: str, rows: int) -> None:
        """Count rows left out."""
        if rows:
            self.dropped[reason] = self.dropped.get(reason, 0) + rows


def _published(sheet: Sheet, column: Column) -> str | None:
    """The first of a column's spellings that the sheet has."""
    return next((name for name in column.plain_names if name in sheet.frame.columns), None)


def _has_blank(sheet: Sheet, name: str) -> bool:
    if sheet.frame[name].null_count():
        return True
    words = sheet.words(name)
    return words.dtype == pl.String and bool((words.str.strip_chars() == "").any())


def _blank(sheet: Sheet, names: list[str]) -> pl.Series | None:
    """Mask of rows without a filled cell in these columns; None if there is none.

    One column without blanks is enough to know it.
    """
    frame = sheet.frame.select(names)
    if frame.width == 0 or not all(_has_blank(sheet, name) for name in names):
        return None
    empty = pl.all_horizontal(
        pl.all().is_null() | (pl.all().cast(pl.String).str.strip_chars() == "").fill_null(True)
    )
    mask = frame.select(empty).to_series()
    return mask if mask.any() else None


def _dated_alone(release: Release, sheet: Sheet, source: dict[str, str]) -> tuple[str, pl.Series] | None:
    """The few rows that hold a date and nothing else, as the day below a table; None if there is none."""
    main = next((p for n, p in source.items() if release.family.columns[n].is_main), None)
    others = [name for name in sheet.frame.columns if name != main]
    if main is None or release.family.spread is not None or len(others) < _FEWEST_BESIDE:
        return None
    mask = _blank(sheet, others)
    return None if mask is None or int(mask.sum()) * _MOST_SHARE > len(mask) else (main, mask)


def _repeated_header(sheet: Sheet, columns: dict[str, str]) -> pl.Series | None:
    """Mask of rows that repeat the header, as pasted sheets have; None if there is none."""
    frame = sheet.frame
    names = list(dict.fromkeys(columns.values()))[:3]
    if len(names) < 2 or not all(is_text(frame[n]) for n in names):
        return None
    mask: pl.Series | None = None
    for name in names:
        words = sheet.words(name)
        bare = words.str.to_lowercase().str.replace_all("[^a-z0-9]", "") == name.replace("_", "")
        same = [w for w in words.filter(bare).to_list() if plain(w) == name]
        if not same:
            return None
        hit = frame[name].is_in(same).fill_null(False)
        mask = hit if mask is None else mask & hit
    return mask if mask is not None and mask.any() else None


def _refuse_other_header(
    release: Release, sheet: Sheet, source: dict[str, str], bad: dict[str, pl.Series]
) -> None:
    """Raise ReleaseError if a row among the records is a header of another table, or in another order."""
    for name in (n for n in bad if release.family.columns[n].is_main):
        for at in bad[name].arg_true().head(_LOOKED_AT).to_list():
            cells = [plain(str(cell or "")) for cell in sheet.frame.row(at)]
            other = recognise(frozenset(cells) - {""})
            if other is not None and other.table != release.family.table:
                raise ReleaseError(
                    f"{release.path}: row {sheet.rows[at]} is the header of another table ({other.id}): put "
                    "each table into a file of its own"
                )
            if cells[sheet.frame.columns.index(source[name])] not in release.family.plain_known:
                continue
            named = [(cell, own) for cell, own in zip(cells, sheet.frame.columns, strict=True) if cell]
            known = sum(cell in sheet.frame.columns for cell, _ in named)
            if known >= _FEWEST_NAMES and any(cell != own for cell, own in named):
                raise ReleaseError(
                    f"{release.path}: row {sheet.rows[at]} is a second header, with the columns in another "
                    "order: two files were joined; ingest each by itself"
                )


_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
_LETTERS = rf"(?i)^(?:[^\p{{L}}]|{_MONTHS}|[ap]\.?m\.?|utc|gmt|[tze]|[ecmp][sd]t)*$"
UNSHOWN = "(text not kept)"


def _shown(values: pl.Series) -> pl.Series:
    """Cells that cannot be read, as far as they are numbers or dates: other texts may be a person's."""
    short = values.cast(pl.String).str.slice(0, 80).alias("v").to_frame()
    is_number = pl.col("v").str.contains(_LETTERS) & ~pl.col("v").str.contains(NUMBERS)
    kept = pl.when(is_number | pl.col("v").is_null()).then("v").otherwise(pl.lit(UNSHOWN))
    return short.select(kept.alias("v")).to_series()


def _quarantined(
    release: Release, sheet: Sheet, rows: pl.Series, reason: str, column: str, values: pl.Series
) -> pl.DataFrame:
    height = len(rows)
    return pl.DataFrame(
        {
            "release_id": pl.repeat(release.id, height, eager=True),
            "file": pl.repeat(release.name, height, eager=True),
            "sheet": pl.repeat(sheet.name, height, dtype=pl.String, eager=True),
            "row": rows,
            "reason": pl.repeat(reason, height, eager=True),
            "column": pl.repeat(column, height, eager=True),
            "value": _shown(values),
        },
        schema=QUARANTINE,
    )


def _faulty(
    release: Release,
    frame: pl.DataFrame,
    typed: pl.DataFrame,
    bad: dict[str, pl.Series],
    source: dict[str, str],
) -> Iterator[tuple[pl.Series, str, str]]:
    """Masks of rows that fail, each with its reason and column; of a row that several are of, the first."""
    for name, column in release.family.columns.items():
        if name not in typed.columns:
            continue
        words = next(spelling for spelling in column.names if plain(spelling) == source[name])
        if name in bad and column.kind in ("day", "moment"):
            cells = frame[source[name]].cast(pl.String)
            for form, why in _SPOILT.items():
                if (spoilt := bad[name] & cells.str.contains(form).fill_null(False)).any():
                    yield spoilt, f"{words}: {why}", source[name]
        if name in bad:
            yield bad[name], f"{words}: {_WORDS[column.kind]}", source[name]
        if column.is_filled and typed[name].null_count():
            empty = typed[name].is_null() & ~bad[name] if name in bad else typed[name].is_null()
            if empty.any():
                yield empty, f"{words}: missing", source[name]


def _date_columns(release: Release, sheet: Sheet, source: dict[str, str]) -> list[str]:
    """The columns of a sheet that hold dates.

    A second column of a date fills the gaps of the first, and may be the one that shows the order.
    """
    columns = {name: release.family.columns[name] for name in source}
    read = [
        published
        for name, column in columns.items()
        if column.kind in ("day", "moment")
        for published in dict.fromkeys([source[name], *column.plain_names])
        if published in sheet.frame.columns
    ]
    return list(dict.fromkeys(read))


def _counted_from_1900(
    release: Release, sheet: Sheet, dates: list[str], order: DateOrder
) -> tuple[Sheet, list[str]]:
    """A sheet whose day numbers are all counted as most workbooks do, and a note if they were not."""
    cells = {name: sheet.words(name) for name in dates if not sheet.frame[name].dtype.is_temporal()}
    numbered = [name for name, words in cells.items() if day_numbers(words).count()]
    main = release.family.main
    first = next((name for name in numbered if main is not None and name in main.plain_names), None)
    if first is None or sheet.from_1904 is False:
        return sheet, []
    if sheet.from_1904 is None and order.from_1904 is None:
        written = [
            read_dates(bare_words(words.cast(pl.String)).filter(day_numbers(words).is_null()), order.now)
            for words in cells.values()
        ]
        written += [read_dates(sheet.words(name)) for name in dates if name not in cells]
        order.from_1904 = is_from_1904(
            release.path,
            first,
            day_numbers(sheet.frame[first]),
            pl.concat(written).dt.date().drop_nulls(),
            [(release.family.first, release.family.last), release.family.span],
        )
    if not (sheet.from_1904 or order.from_1904):
        return sheet, []
    frame = sheet.frame.with_columns(from_1900(sheet.frame[name]) for name in numbered)
    rows = some(day_numbers(sheet.frame[first]).count(), "row")
    note = f"{first}: days are counted from 1904, as older Macintosh programs do, in {rows}; read so"
    return replace(sheet, frame=frame), [note]


def _decide_order(release: Release, sheet: Sheet, dates: list[str], order: DateOrder) -> list[str]:
    """Look at all dates of a sheet that are text, and decide their order of day and month; a note if it is
    taken from what is usual alone."""
    named = []
    for published in dates:
        if is_text(sheet.frame[published]):
            before = order.doubtful
            order.look_at(sheet.words(published))
            if before != order.doubtful:
                named.append(published)
    if named:
        order.decide(release.path, named)
    if not order.either or order.month_first or order.now != "month":
        return []
    words = some(order.either, "date")
    return [f"no date shows whether day or month comes first in {words} written in numbers: read month first"]


def _refuse_changed_places(release: Release, sheet: Sheet, order: DateOrder) -> None:
    """Raise ReleaseError if the main date and one that follows it, or comes before it, have changed places.

    Most of the dates then contradict their order; of those that follow, cases that have not got so far lack
    the main one.
    """
    family = release.family
    main = _published(sheet, family.main) if family.main is not None else None
    pairs = [(plain(name), False) for name in family.followed_by]
    pairs += [(plain(name), True) for name in family.preceded_by]
    for other, is_before in pairs:
        if main is None or other not in sheet.frame.columns:
            continue
        few = sheet.frame.select(main, other).head(_DATES_LOOKED_AT)
        days = few.select(_any_days(few[name], order).dt.date() for name in (main, other))
        lacking = [days[name].null_count() for name in (main, other)]
        first, second = (days[name] for name in ((other, main) if is_before else (main, other)))
        both = first.is_not_null() & second.is_not_null()
        wrong = int((second < first).sum())
        if both.sum() < (_MANY_DATES if is_before else _FEWEST_DATES) or wrong * 2 <= both.sum():
            continue
        is_exchanged = lacking[0] > lacking[1]
        if is_before:  # what begins a case lies further back than what ends it
            is_exchanged = (second > first).sum() <= _FEW_RIGHT * int(both.sum())
            is_exchanged &= _length(second) >= _length(first)
        if is_exchanged:
            raise ReleaseError(
                f"{release.path}: {second.name!r} is before {first.name!r} in {wrong:,} of "
                f"{some(int(both.sum()), 'row')}: the columns or their dates have been exchanged; correct "
                "them and try again"
            )


def _length(days: pl.Series) -> int:
    """Days from the first to the last."""
    numbers = days.drop_nulls().to_physical()
    return int(numbers.max()) - int(numbers.min())  # type: ignore[arg-type]


def _days_beside(sheet: Sheet, column: Column, used: str, order: DateOrder) -> pl.Series | None:
    """The days of a second column of the same date that the sheet has beside the one used; None if none."""
    beside = [name for name in column.plain_names if name in sheet.frame.columns and name != used]
    if not beside:
        return None
    return _any_days(sheet.frame[beside[0]], order)


def _any_days(cells: pl.Series, order: DateOrder) -> pl.Series:
    """The dates of a column that are dates."""
    read = read_cells(cells, Column((cells.name,), "moment"), "1900-01-01", "2099-12-31", order.now)
    return _without(read.values, read.bad).alias(cells.name)


def _without(values: pl.Series, wrong: pl.Series | None) -> pl.Series:
    """Values without those that cannot be read."""
    if wrong is None:
        return values
    return values.to_frame("m").select(pl.when(~wrong).then(pl.col("m"))).to_series()


def _unless_dated(wrong: pl.Series | None, days: pl.Series, published: str, typed: Typed) -> pl.Series | None:
    """Which times cannot be read and have no day beside them either; the others are noted."""
    if wrong is None or not (dated := wrong & days.is_not_null()).any():
        return wrong
    rows = some(int(dated.sum()), "row")
    typed.notes.append(f"{published}: no time can be read in {rows}; the date beside it is taken")
    wrong = wrong & ~dated
    return wrong if wrong.any() else None


def _settle_days(times: pl.Series, days: pl.Series) -> tuple[pl.Series, int]:
    """Times filled and set right by the days of a second column, and how many were set right.

    Where a program has turned the clock to UTC, the time alone would put an evening's record on the next day:
    the day written as a date stands.
    """
    both = pl.DataFrame({"t": times, "d": days})
    apart = (pl.col("t").dt.date() - pl.col("d").dt.date()).dt.total_days().abs() == 1
    moved = int(both.select(apart.fill_null(False).sum()).item())
    clock = pl.col("d").dt.date().cast(pl.Datetime("us"))
    settled = both.select(pl.when(apart).then(clock).otherwise(pl.coalesce("t", "d")).alias("t"))
    return settled.to_series(), moved


def _read_columns(
    release: Release, sheet: Sheet, source: dict[str, str], order: DateOrder, typed: Typed
) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
    """Values of the columns, and masks of those that fail; a side date that fails costs its cell alone.

    What is noted and coded goes into `typed`.
    """
    family, frame, rows = release.family, sheet.frame, sheet.rows
    columns: dict[str, pl.Series] = {}
    bad: dict[str, pl.Series] = {}
    for name, published in source.items():
        column = family.columns[name]
        columns[name], wrong, distinct, coded = read_cells(
            frame[published], column, family.first, family.last, order.now, sheet.coded(published)
        )
        if coded is not None:
            typed.coded[name] = coded
        if column.is_main and column.kind in ("day", "moment"):
            refuse_exchanged_days(release.path, published, distinct)
            days = _days_beside(sheet, column, published, order) if column.kind == "moment" else None
            if days is None:
                refuse_moved_midnights(release.path, published, frame[published], order.now)
                if family.table in _WORKED_BY_DAY and column.kind == "moment":
                    refuse_utc(release.path, published, columns[name])
            else:
                columns[name] = _without(columns[name], wrong)
                wrong = _unless_dated(wrong, days, published, typed)
                columns[name], moved = _settle_days(columns[name], days)
                if moved:
                    typed.notes.append(
                        f"{published}: in {some(moved, 'row')} the time lies on another day than "
                        "the date beside "
                        "it; the date stands"
                    )
        if (
            wrong is not None
            and column.kind in ("day", "moment")
            and not (column.is_main or column.is_filled)
        ):
            first = _shown(frame[published].filter(wrong).head(1))[0]
            typed.notes.append(
                f"{published}: not a date within bounds in {some(int(wrong.sum()), 'row')} (such as "
                f"{str(first)[:40]!r} in row {rows.filter(wrong)[0]}); that cell is missing, the row is kept"
            )
            columns[name] = _without(columns[name], wrong)
            wrong = None
        if wrong is not None:
            bad[name] = wrong
    return columns, bad


def _type_sheet(release: Release, sheet: Sheet, order: DateOrder) -> Typed:
    family = release.family
    source = {n: p for n, c in family.columns.items() if (p := _published(sheet, c)) is not None}
    dates = _date_columns(release, sheet, source)
    notes = _decide_order(release, sheet, dates, order)
    sheet, more = _counted_from_1900(release, sheet, dates, order)
    _refuse_changed_places(release, sheet, order)
    typed = Typed(pl.DataFrame(), pl.DataFrame(schema=QUARANTINE), notes=[*notes, *more])
    for reason in ("blank_row", "repeated_header"):
        is_blank = reason == "blank_row"
        mask = _blank(sheet, sheet.frame.columns) if is_blank else _repeated_header(sheet, source)
        if mask is not None:
            typed.drop(reason, int(mask.sum()))
            sheet = replace(sheet, frame=sheet.frame.filter(~mask), rows=sheet.rows.filter(~mask))
    frame, rows = sheet.frame, sheet.rows
    extra = extra_columns(frame.columns)
    numbers = number_columns(frame.columns) if family.is_numbered else {}
    columns, bad = _read_columns(release, sheet, source, order, typed)
    _refuse_other_header(release, sheet, source, bad)
    table = pl.DataFrame({name: values.alias(name) for name, values in columns.items()})
    quarantined: list[pl.DataFrame] = []
    failing: pl.Series | None = None
    if (alone := _dated_alone(release, sheet, source)) is not None:
        published, failing = alone
        values = frame[published].filter(failing)
        quarantined.append(
            _quarantined(release, sheet, rows.filter(failing), "nothing but a date", published, values)
        )
    for mask, reason, column in _faulty(release, frame, table, bad, source):
        fresh = mask if failing is None else mask & ~failing
        failing = mask if failing is None else failing | mask
        if fresh.any():
            quarantined.append(
                _quarantined(release, sheet, rows.filter(fresh), reason, column, frame[column].filter(fresh))
            )
    table = table.with_columns(
        pl.lit(release.id).alias("release_id"),
        pl.lit(release.name).alias("file"),
        pl.lit(sheet.name, pl.String).alias("sheet"),
        rows.alias("row"),
        *[frame[published].alias(name) for name, published in (extra | numbers).items()],
        *([known] if "subject" in source and (known := persons(frame)) is not None else []),
    )
    if failing is not None:
        typed.put(table.filter(~failing))
    else:
        typed.frame = table
        typed.coded |= {name: c for name, p in extra.items() if (c := sheet.coded(p)) is not None}
    quarantined += [
        _quarantined(
            release,
            sheet,
            pl.Series([r.row], dtype=pl.UInt32),
            r.reason,
            "",
            pl.Series([None], dtype=pl.String),
        )
        for r in sheet.ragged
    ]
    typed.quarantine = pl.concat([typed.quarantine, *quarantined]).sort("sheet", "row", nulls_last=False)
    return typed


def type_release(release: Release, order: DateOrder | None = None) -> Typed:
    """Type every row of a release; rows that fail are in `quarantine`, with the column and the reason.

    `order` is what earlier parts of the same release showed of the order of day and month.
    """
    order = order or DateOrder(release.family.day_order)
    parts = [_type_sheet(release, sheet, order) for sheet in release.sheets]
    frame = parts[0].frame
    if len(parts) > 1:
        frame = pl.concat([as_texts(part.frame) for part in parts], how="diagonal")
    quarantine = pl.concat([p.quarantine for p in parts])
    whole = Typed(frame, quarantine, coded=parts[0].coded if len(parts) == 1 else {})
    for part in parts:
        whole.notes += part.notes
        for reason, rows in part.dropped.items():
            whole.drop(reason, rows)
    whole.drop("quarantine", quarantine.height)
    family = release.family
    said = {**family.constants, **(family.stated(release) if family.stated else {})}
    if "as_of" in said and said["as_of"] is None:
        whole.notes.append(
            "no line above the header states the day of the figures: it is missing, and a file of the same "
            "year that states its day is counted instead"
        )
    constants = [pl.lit(v).alias(n) for n, v in said.items() if n not in frame.columns]
    whole.frame = frame.with_columns(constants)
    return whole
