"""Delimited text: finding the header, checking every line, reading the rows as text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from atlarge.codes import LOOKED_AT, Coded, code, repeats
from atlarge.errors import ReleaseError
from atlarge.releases.catalogue import header_below, header_of
from atlarge.releases.encoding import is_ascii
from atlarge.releases.family import Family, plain
from atlarge.releases.guard import reading
from atlarge.releases.unknown import unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DELIMITERS = "|,\t;~^\x01\x1f "
_HEADER_WITHIN_LINES = 40
_MIB = 1024 * 1024
_PIECE = 64 * 1024
_FILLED = re.compile(rb"\S")
_DATE = r"\d[-/. ]\w+[-/. ]\d|^\d{8}"


@dataclass(frozen=True)
class Ragged:
    """A line whose number of fields is not the header's."""

    row: int
    reason: str


@dataclass(frozen=True)
class Table:
    """Rows of one sheet as text, or categories. `rows`: the number of each, as in a spreadsheet (from 1).

    `from_1904`: whether its workbook counts days from 1904; None where no file says so. `coded`: the columns
    whose distinct texts are known.
    """

    family: Family
    frame: pl.DataFrame
    rows: pl.Series
    ragged: list[Ragged]
    preamble: list[str]
    from_1904: bool | None = None
    coded: dict[str, Coded] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """Where and what the header is. `line`: its number from 0; `end`: where the rows begin, in bytes."""

    family: Family
    delimiter: str
    names: list[str]
    line: int
    end: int
    preamble: list[str]
    is_plain: bool = True
    """Whether its names stand bare or in double quotation marks; else in single ones, as the rows do."""

    @property
    def known(self) -> int:
        """How many of its names the family knows."""
        return len(self.family.plain_known.intersection(self.names))


def _check_encoding(path: Path, content: bytes, before: int) -> None:
    if is_ascii(content, least=1):
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = before + content.count(b"\n", 0, error.start) + 1
        raise ReleaseError(
            f"{path}: line {line} is not in UTF-8 (byte {content[error.start]:#04x}); save the file as UTF-8"
        ) from None
    zero = content.find(b"\0")
    if zero >= 0:
        line = before + content.count(b"\n", 0, zero) + 1
        raise ReleaseError(f"{path}: line {line} holds a zero byte: this is not a text table")


def _check_lines(path: Path, content: bytes, before: int) -> None:
    """Refuse a line of a mebibyte or more: no release has one, and it is how a broken file shows."""
    for start in range(0, len(content), _MIB):
        if content.find(b"\n", start, start + _MIB) < 0 and len(content) - start >= _MIB:
            line = before + content.count(b"\n", 0, start) + 1
            raise ReleaseError(
                f"{path}: line {line} is over a million characters long; the file is not a table"
            )


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _row_end(content: bytes, offset: int) -> int:
    """Where the row that begins here ends: a cell in quotation marks may hold line ends; -1 for the last."""
    end = content.find(b"\n", offset)
    for _ in range(_HEADER_WITHIN_LINES):
        if end < 0 or content.count(b'"', offset, end) % 2 == 0:
            return end
        end = content.find(b"\n", end + 1)
    return content.find(b"\n", offset)


def _header(
    line: str, before: str, number: int, end: int, above: list[str], delimiters: str
) -> Header | frozenset[str]:
    """A line as a header, alone or with the one before, or the most names that it may hold."""
    most = frozenset[str]()
    for delimiter in delimiters:
        cells = _fields(line, delimiter)
        family, names = header_of(cells)
        if family is None and before and delimiter != " ":
            family, names = header_below(_fields(before, delimiter), cells)
        if family is not None:
            return Header(family, delimiter, names, number, end, above, not _is_quoted(cells))
        if delimiter != " ":  # the words of a sentence are no names of columns
            most = max(most, frozenset(map(plain, cells)) - {""}, key=len)
    return most


def _find_header(path: Path, content: bytes) -> Header:
    """The header, and what stands above it: of two with nothing but single cells between, the fuller one."""
    offset, best = 0, frozenset[str]()
    preamble: list[str] = []
    found: Header | None = None
    before = ""
    for number in range(_HEADER_WITHIN_LINES):
        end = _row_end(content, offset)
        after = end + 1 if end >= 0 else len(content)
        line = content[offset:after].decode("utf-8").strip("\r\n\ufeff")
        delimiters = found.delimiter if found else _DELIMITERS
        is_filled = found is None or sum(map(bool, map(str.strip, _fields(line, delimiters)))) > 1
        above = [p for p in preamble if p]
        header = _header(line, before, number, after, above, delimiters) if is_filled else found
        if isinstance(header, frozenset):
            best = max(best, header, key=len)
        elif header is not None and (found is None or header.known > found.known):
            found = header
        if end < 0 or (found is not None and is_filled and found is not header):
            break
        preamble.append(line.strip('|,;\t "'))
        offset, before = after, "" if found else line
    if found is None:
        raise unknown(path, best, f"in its first {_HEADER_WITHIN_LINES} lines")
    return found


def _lines(body: bytes, delimiter: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of each record, and its number of fields: 0 for a blank line.

    Vectorised: a delimiter or a line end counts where an even number of quotes stands before it.
    """
    raw = np.frombuffer(body, dtype=np.uint8)
    inside = np.bitwise_xor.accumulate((raw == ord('"')).view(np.uint8))
    ends = np.flatnonzero((raw == ord("\n")) & (inside == 0))
    if not len(ends) or ends[-1] != len(raw) - 1:
        ends = np.append(ends, len(raw))
    between = np.flatnonzero((raw == ord(delimiter)) & (inside == 0))
    counts = np.diff(np.searchsorted(between, ends), prepend=0) + 1
    starts = np.concatenate([[0], ends[:-1] + 1])
    counts[ends - starts <= 1] = 0
    return starts, np.minimum(ends + 1, len(raw)), counts


def _without(body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> bytes:
    kept, at = [], 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        kept.append(body[at:start])
        at = end
    return b"".join([*kept, body[at:]])


def _check_quotes(path: Path, content: bytes) -> None:
    if content.count(b'"') % 2:
        raise ReleaseError(
            f"{path}: a quotation mark is opened and never closed: the file is cut short or was edited; "
            "download it again"
        )


def read_header(path: Path, content: bytes) -> Header:
    """The header of a delimited text, found in its first lines.

    Cells may be separated by commas, tabs, semicolons or bars, whatever was published.
    ReleaseError for a wrong encoding or an unknown header.
    """
    _check_encoding(path, content, 0)
    _check_lines(path, content, 0)
    return _find_header(path, content)


def read_body(path: Path, header: Header, body: bytes, before: int = 0, start: int = 0) -> Table:
    """Rows under the header as text; `before` is the number of rows read already, `start` where in `body` a
    line begins that is the first to be read.

    ReleaseError for an unclosed quotation mark, or rows most of which have the wrong number of fields.
    """
    line = header.line + before
    if body[start : start + 1] in (b"\r", b"\n"):
        rest = body[start:]
        body, start = rest.lstrip(b"\r\n"), 0
        line += rest.count(b"\n", 0, len(rest) - len(body))
    lines = _count(body, start, "\n") + (not body.endswith(b"\n") and start < len(body))
    found = _even_rows(path, body, header, lines, start)
    if found is not None:
        frame, coded = found
        rows = pl.int_range(line + 2, line + 2 + frame.height, dtype=pl.UInt32, eager=True).alias("row")
        return Table(header.family, frame, rows, [], header.preamble, coded=coded)
    return _uneven_rows(path, header, body[start:], lines, line)


def _count(body: bytes, start: int, letter: str) -> int:
    """How often a letter stands from there on; in pieces, which takes a fifth of the time of
    `bytes.count`."""
    raw = np.frombuffer(body, np.uint8)[start:]
    pieces = (raw[at : at + _PIECE] for at in range(0, len(raw), _PIECE))
    return sum(int(np.count_nonzero(piece == ord(letter))) for piece in pieces)


def _even_rows(path: Path, body: bytes, header: Header, lines: int, start: int) -> Parsed | None:
    """The rows, if it shows at once that every line is one row with all its fields; else None.

    A line with too many fields is an error of the reader; one with too few leaves its last field missing; an
    open quotation mark swallows the lines that follow it, or, in the last line, stands there alone.
    """
    if not header.is_plain or body.count(b'"', max(start, body.rfind(b"\n", start, len(body) - 1) + 1)) % 2:
        return None
    try:
        frame, coded = _read_rows(path, body, header.delimiter, header.names, start)
    except ReleaseError:
        return None
    whole = frame.height == lines and frame.width and not frame.to_series(frame.width - 1).null_count()
    return (frame, coded) if whole else None


def _uneven_rows(path: Path, header: Header, body: bytes, lines: int, line: int) -> Table:
    """The rows that have all their fields, and the others by their numbers."""
    delimiter, names = header.delimiter, header.names
    if not header.is_plain or body.count(b'"') % 2:
        body = _respelled(body, header) or body
    _check_quotes(path, body)
    bad_rows = np.array([], dtype=np.int64)
    counts = bad_rows
    width = len(names)
    if b'"' in body or body.count(delimiter.encode()) != lines * (width - 1):
        starts, ends, counts = _lines(body, delimiter)
        widths = np.bincount(counts, minlength=width + 1)
        filled = int(widths[1:].sum())
        width = width if widths[width] * 2 >= filled else int(widths[1:].argmax()) + 1
        bad_rows = np.flatnonzero((counts != width) & (counts > 0))
        again = _respelled(body, header) if len(bad_rows) * 100 > filled else None
        if again is not None:
            return _uneven_rows(path, replace(header, is_plain=True), again, lines, line)
        if len(bad_rows) * 2 > filled:
            raise _unfit(path, header, filled - int(widths[len(names)]), filled)
        body = _without(body, starts[bad_rows], ends[bad_rows]) if len(bad_rows) else body
    frame = _fitted_rows(path, header, body, width, len(bad_rows))
    numbers = np.arange(frame.height + len(bad_rows))
    rows = np.delete(numbers, bad_rows) if len(bad_rows) else numbers
    ragged = [
        Ragged(line + 2 + row, f"{counts[row]} fields where the header has {len(names)}")
        for row in bad_rows.tolist()
    ]
    series = pl.Series("row", rows + line + 2, dtype=pl.UInt32)
    return Table(header.family, frame, series, ragged, header.preamble)


def _fitted_rows(path: Path, header: Header, body: bytes, width: int, others: int) -> pl.DataFrame:
    """The rows, all of one number of cells, under the header's names; `others`: those of another number."""
    names = header.names
    beyond = [f"beyond {n}" for n in range(width - len(names))]
    refusal: ReleaseError
    try:
        frame, _ = _read_rows(path, body, header.delimiter, [*names, *beyond][:width])
        fitted = _fitted(frame, header)
        if fitted is not None:
            return fitted
        refusal = _unfit(path, header, frame.height, frame.height + others)
    except ReleaseError as error:
        refusal = error
    again = _respelled(body, header)
    if again is None:
        raise refusal
    return _read_rows(path, again, header.delimiter, names)[0]


def _unfit(path: Path, header: Header, wrong: int, of: int) -> ReleaseError:
    return ReleaseError(
        f"{path}: {wrong:,} of {of:,} lines do not have the {len(header.names)} columns of the header on "
        f"line {header.line + 1}; the file was not saved as published: write it "
        "again with quotation marks around its texts, or as .xlsx"
    )


def _fitted(frame: pl.DataFrame, header: Header) -> pl.DataFrame | None:
    """The rows under the header's names where they have another number of cells; None if it cannot be told.

    A program ends each line, or the header alone, with a delimiter; R writes names of rows without a name.
    """
    more = frame.width - len(header.names)
    if more <= 0:
        return frame if not any(header.names[frame.width :]) else None
    dated = [_dated(frame, header, moved) for moved in (0, 1)]
    if more == 1 and _has_row_names(frame.to_series(0), dated):
        return frame[:, 1:].rename(dict(zip(frame.columns[1:], frame.columns[:-1], strict=True)))
    is_blank = frame[:, -more:].select(pl.all().replace("", None).is_null().all()).row(0)
    return frame[:, :-more] if all(is_blank) and dated[0] > dated[1] else None


def _dated(frame: pl.DataFrame, header: Header, moved: int) -> float:
    """The share of cells that are written as dates in the column so far to the right of the family's date."""
    main = header.family.main
    at = next((i for i, name in enumerate(frame.columns) if main and name in main.plain_names), None)
    cells = None if at is None else frame.to_series(at + moved).cast(pl.String).replace("", None).drop_nulls()
    return 0.0 if cells is None or cells.is_empty() else int(cells.str.contains(_DATE).sum()) / len(cells)


def _has_row_names(first: pl.Series, dated: list[float]) -> bool:
    """Whether the first column numbers or names the rows: with it left out the dates are dates, else not."""
    if first.null_count() or not first.is_unique().all():
        return False
    numbers = first.cast(pl.String).cast(pl.Int64, strict=False)
    is_count = not numbers.null_count() and bool((numbers.diff().drop_nulls() >= 1).all())
    return (is_count and dated[0] <= dated[1]) or dated[0] < 0.5 <= dated[1]


_SPELLINGS: tuple[dict[str, Any], ...] = (
    {"quotechar": "'"},
    {"skipinitialspace": True},
    {"escapechar": "\\", "doublequote": False},
    {"quoting": csv.QUOTE_NONE},
)
"""How other programs write cells that hold a delimiter or a quotation mark."""


def _respelled(body: bytes, header: Header) -> bytes | None:
    """The rows as R and Excel would write them, where every line has all its cells in another spelling."""
    for spelling in _SPELLINGS:
        lines = StringIO(body.decode(), "")
        again = StringIO()
        write = csv.writer(again, delimiter=header.delimiter, lineterminator="\n").writerow
        try:
            for row in csv.reader(lines, delimiter=header.delimiter, strict=True, **spelling):
                is_odd = "quoting" in spelling or "quotechar" in spelling
                is_odd = is_odd and any(cell.startswith('"') for cell in row)
                if is_odd or len(row) not in (0, len(header.names)):
                    break
                write(row)
            else:
                return again.getvalue().encode()
        except csv.Error:
            continue
    return None


def _is_quoted(cells: list[str]) -> bool:
    return any(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)


def read_text(path: Path, content: bytes) -> Table:
    """Rows of a delimited text file, every cell as text. Raises as `read_header` and `read_body` do."""
    header = read_header(path, content)
    return read_body(path, header, content, start=header.end)


def _cut(path: Path, content: bytes, before: int) -> int:
    """Where the last whole row of a block ends: after a line end with an even number of quotes before it."""
    _check_lines(path, content, before)
    at = content.rfind(b"\n")
    quotes = content.count(b'"', 0, at + 1)
    while at >= 0 and quotes % 2:
        earlier = content.rfind(b"\n", 0, at)
        quotes -= content.count(b'"', earlier + 1, at)
        at = earlier
        if len(content) - at > _MIB:
            line = before + content.count(b"\n", 0, at) + 1
            raise ReleaseError(
                f"{path}: a quotation mark is opened near line {line} and not closed within a million "
                "characters: the file was edited or damaged; download it again"
            )
    return at + 1


def read_blocks(path: Path, first: bytes, rest: Iterator[bytes]) -> Iterator[Table]:
    """Rows of a long text, a block at a time, numbered through. Raises as `read_text` does."""
    at = _cut(path, first, 0)
    header = read_header(path, first[:at])
    body, carried = first[header.end : at], first[at:]
    lines, rows = header.line + 1, 0
    for block in chain(rest, [None]):
        _check_encoding(path, body, lines)
        table = read_body(path, header, body, rows)
        yield table
        lines += body.count(b"\n")
        rows += table.frame.height + len(table.ragged)
        if block is None:
            break
        content = carried + block
        at = _cut(path, content, lines)
        body, carried = content[:at], content[at:]
    if carried:
        _check_encoding(path, carried, lines)
        yield read_body(path, header, carried, rows)


Parsed = tuple[pl.DataFrame, dict[str, Coded]]


def _parse(body: bytes, delimiter: str, names: list[str], start: int) -> Parsed:
    columns = unique_names(names)
    kinds: dict[str, Any] = dict.fromkeys(columns, pl.String)
    if _FILLED.search(body, start) is None:
        return pl.DataFrame(schema=kinds), {}
    read = partial(
        pl.read_csv,
        separator=delimiter,
        has_header=False,
        skip_lines=body.count(b"\n", 0, start),
        new_columns=columns,
        infer_schema=False,
    )
    repeated = [
        first.name for first in read(body[: start + _MIB], schema=kinds, n_rows=LOOKED_AT) if repeats(first)
    ]
    if repeated:
        frame = read(body, schema=kinds | {name: pl.Categorical(pl.Categories.random()) for name in repeated})
        coded = {name: code(frame[name]) for name in repeated}
        if _is_whole(frame, coded, body, start):
            return frame, coded
    return read(body, schema=kinds), {}


def _is_whole(frame: pl.DataFrame, coded: dict[str, Coded], body: bytes, start: int) -> bool:
    """Whether the cells, the marks around them and the ends of lines are all that stands there, and no mark
    is within a cell.

    Polars refuses a cell with something after its closing mark, but not where it reads categories: there it
    cuts off a letter, or half of one.
    """
    others = [name for name in frame.columns if name not in coded]
    words = pl.concat([*(one.texts for one in coded.values()), *(frame[name] for name in others)])
    if words.cast(pl.Binary).bin.contains(b'"').any():
        return False
    lengths = [pl.col(name).cat.len_bytes() for name in coded] + [
        pl.col(name).str.len_bytes() for name in others
    ]
    size: int = frame.select(pl.sum_horizontal(length.sum() for length in lengths)).item()
    end = body.find(b"\n", start)
    line_end = 2 if body[end - 1 : end] == b"\r" else 1
    between = frame.height * (frame.width - 1 + line_end) - (0 if body.endswith(b"\n") else line_end)
    return size + _count(body, start, '"') + between == len(body) - start


def _read_rows(path: Path, body: bytes, delimiter: str, names: list[str], start: int = 0) -> Parsed:
    with reading(path, "rows of text"):
        return _parse(body, delimiter, names, start)


def unique_names(names: Sequence[str | None]) -> list[str]:
    """Plain and unique column names; a blank name becomes `unnamed`."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        base = plain(name or "") or "unnamed"
        seen[base] = seen.get(base, 0) + 1
        unique.append(base if seen[base] == 1 else f"{base}_{seen[base]}")
    return unique
