"""Small text files that people save, read whatever program wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from atlarge.errors import QuestionError
from atlarge.files import STREAM, is_stream

_SEPARATORS = ",;\t|"


def decoded(content: bytes, declared: Sequence[str] = ()) -> str:
    r"""A file as text: UTF-16 by its mark, UTF-8, an encoding that it declares, else Windows-1252.

    Examples
    --------
    >>> decoded("\ufeffDoña Ana".encode()), decoded("Doña Ana".encode("cp1252"))
    ('Doña Ana', 'Doña Ana')
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", *declared):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", errors="replace")


def user_lines(
    path: Path | str, *, comments: bool = False, blanks: bool = False
) -> tuple[list[tuple[int, list[str]]], str]:
    """Rows of a table with their line numbers, and the separator.

    Parameters
    ----------
    path : path
        A text table, separated by commas, semicolons, tabs or bars.
    comments : bool
        Whether rows that begin with # are left out.
    blanks : bool
        Whether rows whose cells are all blank are kept.

    Raises
    ------
    QuestionError
        For a file that cannot be read or is not a text table.
    """
    if is_stream(Path(path)):
        raise QuestionError(f"{path}: {STREAM}")
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise QuestionError(f"{path}: there is no such file; check the name") from None
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read ({error.strerror})") from None
    if content.startswith(b"PK"):
        raise QuestionError(f"{path}: is a workbook; save the sheet as CSV")
    text = decoded(content)
    if "\0" in text:
        raise QuestionError(f"{path}: is not a text table; save it as CSV")
    lines = list(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""))
    filled = [line for line in lines if line.strip() and not (comments and line.startswith("#"))]
    first = next((line for line in filled if any(c in line for c in _SEPARATORS)), "")
    most = max(lines[:20], key=lambda line: max(map(line.count, _SEPARATORS)), default="")
    separator = max(_SEPARATORS, key=(first if filled[:1] == [first] else most).count)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    found = []
    try:
        for row in reader:
            is_comment = comments and row[:1] and row[0].lstrip().startswith("#")
            if (any(cell.strip() for cell in row) or (blanks and row)) and not is_comment:
                found.append((reader.line_num, row))
    except csv.Error as error:
        raise QuestionError(f"{path}, line {reader.line_num}: cannot be read as CSV ({error})") from None
    return found, separator


def user_table(
    path: Path | str, needed: Sequence[str], *, blanks: bool = False
) -> list[tuple[int, dict[str, str | None]]]:
    """Rows by the names of their columns, in lower case, with their line numbers; a blank cell is None.

    Raises
    ------
    QuestionError
        For a file that is not a text table, lacks a `needed` column, or has a row with more cells than
        its header.
    """
    lines, _ = user_lines(path, blanks=blanks)
    names = [name.strip().lower() for name in (lines[0][1] if lines else [])]
    if missing := [name for name in needed if name not in names]:
        raise QuestionError(
            f"{path}: no column {missing[0]!r} in the header; the file needs the columns {', '.join(needed)}"
        )
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise QuestionError(f"{path}: column {twice[0]!r} stands twice in the header; leave one out")
    rows = []
    for number, cells in lines[1:]:
        if any(cell.strip() for cell in cells[len(names) :]):
            raise QuestionError(
                f"{path}, line {number}: has {len(cells)} cells where the header has {len(names)}; put a "
                "text with a comma in quotation marks"
            )
        cells = [*cells, *[""] * (len(names) - len(cells))]
        rows.append((number, {name: cell.strip() or None for name, cell in zip(names, cells, strict=False)}))
    return rows
