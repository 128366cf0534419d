"""Reading a release: open, recognise by content, check for persons, hand back rows as text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from atlarge.errors import ReleaseError
from atlarge.releases import opening
from atlarge.releases.arrowform import arrow_bytes
from atlarge.releases.averages import refuse_averages, refuse_counts, refuse_repeated_sheets, refuse_twice
from atlarge.releases.catalogue import header_of
from atlarge.releases.family import Family, plain
from atlarge.releases.faults import faults_of
from atlarge.releases.frames import read_frame
from atlarge.releases.guard import reading
from atlarge.releases.opening import Opened, open_release
from atlarge.releases.parquetform import DamagedError, unpacked_bytes
from atlarge.releases.persons import public_name
from atlarge.releases.privacy import refuse_persons
from atlarge.releases.sheet import Sheet
from atlarge.releases.textform import Table, read_blocks, read_header, read_text, unique_names
from atlarge.releases.unknown import unknown
from atlarge.releases.unpacking import allowed_bytes, most_bytes
from atlarge.releases.workbook import read_workbook

_MOST_TEXT_RATIO = (
    1_000  # limit of the length of all texts of a Parquet file, repeats included, relative to its size
)
SIMULATED = "Simulated records"
"""How the first line of a simulated release begins."""
_LONGEST_TEXT = 1_000_000
_CELL_BYTES = 16  # of a cell in memory, to determine the rows in a block of Parquet


@dataclass(frozen=True)
class Release:
    """A file recognised as of a family, its rows not yet typed. Returned by `read_release`.

    Attributes
    ----------
    path, sha256 : Path and str
        The file, and the hash of its bytes.
    family : Family
        The family that its header was recognised as.
    sheets : list of Sheet
        Its tables of that family; one for most files.
    preamble : list of str
        Lines before the header.
    passed_sheets : list of str
        Names of sheets that are no table of a known family.
    notes : tuple of str
        What was noticed while it was read.
    """

    path: Path
    sha256: str
    family: Family
    sheets: list[Sheet]
    preamble: list[str]
    passed_sheets: list[str]
    notes: tuple[str, ...] = ()

    @property
    def is_simulated(self) -> bool:
        """Whether the file says above its header, or in a column, that its records are simulated."""
        above = any(line.startswith(SIMULATED) for line in self.preamble)
        return above or any("simulated" in sheet.frame.columns for sheet in self.sheets)

    @property
    def id(self) -> str:
        """The family and the start of the file's sha256: the same bytes always have the same id."""
        return f"{self.family.id}-{self.sha256[:12]}"

    @property
    def name(self) -> str:
        """The name of the file, as it is kept; its kind and hash where its name is a person's."""
        return public_name(self.path.name, f"{self.sha256[:12]}{''.join(self.path.suffixes[-2:])}")

    @property
    def rows_read(self) -> int:
        """Rows under the header, ragged and blank ones included."""
        return sum(sheet.frame.height + len(sheet.ragged) for sheet in self.sheets)


@dataclass(frozen=True)
class _Parquet:
    """What the footer of a Parquet release states."""

    family: Family
    rows: int
    names: list[str]

    @property
    def block(self) -> int:
        """Rows that are read at a time."""
        return max(1, opening.BLOCK // (_CELL_BYTES * max(1, len(self.names))))


def _refuse_bombs(opened: Opened, what: str, measure: Callable[[bytes], int]) -> None:
    """ReleaseError if a file's columns unpack to more than they may, by its own headers."""
    allowed = allowed_bytes(len(opened.content))
    try:
        size = measure(opened.content)
    except DamagedError as error:
        raise ReleaseError(f"{opened.path}: cannot be read as {what} ({error}); download it again") from None
    if size > allowed:
        raise ReleaseError(
            f"{opened.path}: unpacks to {size:,} bytes from {len(opened.content):,}; if the file is to be "
            "trusted, export it as CSV or raise ATLARGE_MAX_BYTES"
        )


def _text_sizes(opened: Opened, frame: pl.DataFrame) -> pl.Series:
    """Bytes of the texts of each row. ReleaseError if one of them is over a million characters long."""
    # A text that many rows share is stored once, so measure it without expanding it.
    lengths = [
        pl.col(name).str.len_bytes() if kind == pl.String else pl.col(name).cat.len_bytes()
        for name, kind in frame.schema.items()
        if kind in (pl.String, pl.Categorical) or isinstance(kind, pl.Enum)
    ]
    if not lengths:
        return pl.zeros(frame.height, pl.UInt32, eager=True)
    sizes = frame.select(length.fill_null(0) for length in lengths)
    longest = max((int(column.max() or 0) for column in sizes.iter_columns()), default=0)  # type: ignore[arg-type]
    if longest > _LONGEST_TEXT:
        raise ReleaseError(f"{opened.path}: holds a text of over a million characters: it is no release")
    return sizes.select(pl.sum_horizontal(pl.all().cast(pl.Int64))).to_series()


def _is_nested(kind: Any) -> bool:
    return bool(kind.is_nested()) or kind in (pl.Binary, pl.Object)


def _without_nested(frame: pl.LazyFrame) -> pl.DataFrame:
    """A frame whose columns of lists and bytes, as the geometry of a map, are empty: none of them is read."""
    nested = [name for name, kind in frame.collect_schema().items() if _is_nested(kind)]
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in nested).collect()


def _family_of(path: Path, schema: Mapping[str, Any]) -> tuple[Family, list[str]]:
    """The family of a file with typed columns, and their plain names.

    ReleaseError if it is none's, or one of the columns that it reads holds lists.
    """
    family, names = header_of(schema)
    if family is None:
        raise unknown(path, frozenset(names), "in its columns")
    for name, kind in schema.items():
        if _is_nested(kind) and plain(name) in family.plain_read:
            raise ReleaseError(
                f"{path}: its column {name!r} holds {kind}, not text, numbers or dates; take it out, or "
                "write it as text"
            )
    return family, unique_names(names)


def _parquet_footer(opened: Opened) -> _Parquet:
    _refuse_bombs(opened, "Parquet", unpacked_bytes)
    with reading(opened.path, "Parquet"):
        schema = pl.read_parquet_schema(io.BytesIO(opened.content))
        rows = pl.scan_parquet(io.BytesIO(opened.content)).select(pl.len()).collect().item()
    if rows * max(1, len(schema)) * 32 > most_bytes():
        raise ReleaseError(
            f"{opened.path}: holds {rows:,} rows of {len(schema)} columns, too many for ATLARGE_MAX_BYTES"
        )
    family, names = _family_of(opened.path, schema)
    return _Parquet(family, rows, names)


def _parquet_rows(opened: Opened, footer: _Parquet, first: int, count: int) -> Table:
    """Rows of a Parquet file from the one of index `first` on; only row groups that hold them are read."""
    with reading(opened.path, "Parquet"):
        frame = _without_nested(pl.scan_parquet(io.BytesIO(opened.content)).slice(first, count))
        frame = frame.with_columns(cs.enum().cast(pl.Categorical))
        frame.columns = footer.names
    numbers = pl.int_range(first + 1, first + 1 + frame.height, dtype=pl.UInt32, eager=True).alias("row")
    return Table(footer.family, frame, numbers, [], [])


def _count_text(opened: Opened, before: int, sizes: pl.Series) -> int:
    """Bytes of all texts so far. ReleaseError if they are more than they may be, written out."""
    total = before + int(sizes.sum())
    if total > allowed_bytes(len(opened.content), _MOST_TEXT_RATIO):
        raise ReleaseError(
            f"{opened.path}: the texts of its cells are over {total:,} bytes from {len(opened.content):,}; "
            "if the file is to be trusted, export it as CSV or raise ATLARGE_MAX_BYTES"
        )
    return total


def _read_parquet(opened: Opened) -> Table:
    footer = _parquet_footer(opened)
    table = _parquet_rows(opened, footer, 0, footer.rows)
    _count_text(opened, 0, _text_sizes(opened, table.frame))
    return table


def _read_frame(opened: Opened) -> Table:
    """Rows of an Arrow, Stata, SPSS or SAS file."""
    if opened.form in ("arrow", "arrows"):
        _refuse_bombs(opened, "Arrow (Feather)", arrow_bytes)
    frame = read_frame(opened.path, opened.form, opened.content).with_columns(cs.enum().cast(pl.Categorical))
    if frame.height * max(1, frame.width) * 32 > most_bytes():
        raise ReleaseError(
            f"{opened.path}: holds {frame.height:,} rows of {frame.width} columns, "
            "too many for ATLARGE_MAX_BYTES"
        )
    family, names = _family_of(opened.path, frame.schema)
    frame = _without_nested(frame.lazy())
    frame.columns = names
    _count_text(opened, 0, _text_sizes(opened, frame))
    numbers = pl.int_range(1, 1 + frame.height, dtype=pl.UInt32, eager=True).alias("row")
    return Table(family, frame, numbers, [], [])


def _parquet_blocks(opened: Opened) -> Iterator[Table]:
    footer = _parquet_footer(opened)
    total = 0
    for first in range(0, footer.rows, footer.block):
        table = _parquet_rows(opened, footer, first, footer.block)
        sizes = _text_sizes(opened, table.frame)
        total = _count_text(opened, total, sizes)
        parts = sizes.cum_sum() // opening.BLOCK  # long texts: fewer rows at a time
        for part in parts.unique(maintain_order=True):
            inside = parts == part
            yield replace(table, frame=table.frame.filter(inside), rows=table.rows.filter(inside))


def is_long(opened: Opened) -> bool:
    """Whether a release has more rows than are kept in memory at a time, if its family allows that."""
    if opened.form == "parquet":
        footer = _parquet_footer(opened)
        return footer.rows > footer.block and not _needs_all_rows(footer.family, opened)
    return opened.rest is not None


def _needs_all_rows(family: Family, opened: Opened) -> bool:
    """Whether a release must be read at once: rows that a known fault touches are counted in the whole."""
    return any(opened.sha256 in fault.whole_sha256 for fault in faults_of(family.id))


def _must_be_whole(path: Path, opened: Opened) -> bool:
    """The same of a long text, whose family its header shows."""
    family = read_header(path, opened.content[: opened.content.rfind(b"\n") + 1]).family
    return _needs_all_rows(family, opened)


def read_parts(path: Path, opened: Opened) -> Iterator[Release]:
    """A release in parts that fit into memory: one, unless it is long. Raises as `read_release` does.

    Every part is a release with the path, hash and family of the whole, and its rows numbered through.
    """
    if not is_long(opened):
        yield read_release(path, opened)
        return
    if opened.rest is None:
        tables = _parquet_blocks(opened)
    elif _must_be_whole(path, opened):
        whole = b"".join([opened.content, *opened.rest])
        yield read_release(path, replace(opened, content=whole, rest=None))
        return
    else:
        tables = read_blocks(path, opened.content, opened.rest)
    for table in tables:
        sheet = Sheet.of(None, table)
        refuse_persons(path, table.family, sheet)
        refuse_averages(path, table.family, sheet)
        refuse_twice(path, table.family, sheet)
        yield Release(path, opened.sha256, table.family, [sheet], table.preamble, [], tuple(opened.notes))


def read_release(path: str | Path, opened: Opened | None = None) -> Release:
    """Read a file, recognise its family by its header, and refuse what names or dates persons.

    Parameters
    ----------
    path : path
        The file.
    opened : Opened, optional
        The file if it is open already.

    Returns
    -------
    Release
        Family, hash and rows as text.

    Raises
    ------
    ReleaseError
        In one line that names the file, the place in it and what to do; also where a workbook's sheets are of
        several families (`read_releases` reads these).

    Examples
    --------
    >>> import atlarge
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulated = atlarge.simulate(folder, seed=1, arrests=2_000)
    ...     read_release(simulated.arrests[0]).family.id
    'ero-arrests'
    """
    found = read_releases(path, opened)
    if len(found) > 1:
        kinds = ", ".join(sorted(one.family.id for one in found))
        raise ReleaseError(
            f"{path}: its sheets are of several families ({kinds}); read it by `read_releases`"
        )
    return found[0]


def read_releases(path: str | Path, opened: Opened | None = None) -> list[Release]:
    """Read a file as `read_release` does: one release for each family of a workbook's sheets.

    Parameters
    ----------
    path : path
        The file.
    opened : Opened, optional
        The file if it is open already.

    Returns
    -------
    list of Release
        One for most files.

    Raises
    ------
    ReleaseError
        As `read_release`.

    Examples
    --------
    >>> import atlarge
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulated = atlarge.simulate(folder, seed=1, arrests=2_000)
    ...     len(read_releases(simulated.arrests[0]))
    1
    """
    path = Path(path)
    opened = opened or open_release(path)
    if opened.rest is not None:
        opened = replace(opened, content=b"".join([opened.content, *opened.rest]), rest=None)
    passed: list[str] = []
    notes = [*opened.notes]
    tables: dict[str | None, Table]
    if opened.form == "workbook":
        found, passed, more = read_workbook(path, opened.content)
        notes += more
        tables = {}
        tables.update(found)
    else:
        if opened.form == "text":
            one = read_text(path, opened.content)
        else:
            one = _read_parquet(opened) if opened.form == "parquet" else _read_frame(opened)
        tables = {None: one}
    named = {n: n and public_name(n, f"sheet {k}") for k, n in enumerate([*tables, *passed], 1)}
    passed = [str(named[name]) for name in passed]
    by_family: dict[str, list[tuple[str | None, Table]]] = {}
    for name, table in tables.items():
        by_family.setdefault(table.family.id, []).append((name, table))
    releases = []
    for parts in by_family.values():
        first = parts[0][1]
        sheets = [Sheet.of(named[name], table) for name, table in parts]
        for sheet in sheets:
            refuse_persons(path, first.family, sheet)
            refuse_averages(path, first.family, sheet)
            refuse_counts(path, first.family, sheet)
            refuse_twice(path, first.family, sheet)
        refuse_repeated_sheets(path, first.family, sheets)
        if not any(sheet.frame.height for sheet in sheets):
            raise ReleaseError(f"{path}: has the header of {first.family.id} and no rows; download it again")
        releases.append(
            Release(path, opened.sha256, first.family, sheets, first.preamble, passed, tuple(notes))
        )
    return releases
