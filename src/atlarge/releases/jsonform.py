"""Tables in JSON: a list of rows, one row a line, or a document that holds them, as delimited text."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from atlarge.errors import ReleaseError
from atlarge.releases.catalogue import header_of

_STARTS = re.compile(rb"\s*(?:\[\s*[\[{]|\{)")
_MEND = "save the table as CSV"


def is_json(content: bytes) -> bool:
    """Whether a text begins as a table in JSON does."""
    return _STARTS.match(content.removeprefix(b"\xef\xbb\xbf")) is not None


def _rows(path: Path, content: bytes) -> list[Any]:
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        if text.startswith(b"["):
            return list(json.loads(text))
        lines = [line for line in text.splitlines() if line.strip()]
        return [json.loads(line) for line in lines] if len(lines) > 1 else [json.loads(text)]
    except (ValueError, RecursionError) as error:
        if text.startswith(b"{"):
            raise ReleaseError(f"{path}: is a document in JSON, not a list of rows; {_MEND}") from None
        line = " ".join(str(error).split())[:160]
        raise ReleaseError(f"{path}: is JSON that cannot be read ({line}); download it again") from None


def _rows_of(document: dict[str, Any]) -> list[Any]:
    """The rows in a document of pandas (by columns, by rows, split) or of a data portal; itself if none.

    A value under each name is a column, or a row where the names within are those of a release.
    """
    values = list(document.values())
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        return [document["columns"], *document["data"]]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        if header_of(document)[0] is None:
            return values
        return [list(document), *([column.get(key) for column in values] for key in values[0])]
    if len(values) > 1 and all(isinstance(value, list) for value in values):
        return [list(document), *map(list, zip_longest(*values))]
    lists = [v for v in values if isinstance(v, list) and v and isinstance(v[0], dict)]
    if len(lists) == 1:
        return [row.get("properties", row) for row in lists[0] if isinstance(row, dict)]
    within = [value for value in values if isinstance(value, dict)]
    return _rows_of(within[0]) if len(within) == 1 else [document]


def json_as_text(path: Path, content: bytes) -> bytes:
    """Rows of JSON with a header first. ReleaseError if they are damaged, nested or no rows."""
    rows = _rows(path, content)
    if len(rows) == 1 and isinstance(rows[0], dict):
        rows = _rows_of(rows[0])
    if all(isinstance(row, dict) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        rows = [names, *([row.get(name) for name in names] for row in rows)]
    cells = (cell for row in rows if isinstance(row, list) for cell in row)
    is_nested = any(isinstance(cell, list | dict) for cell in cells)
    if is_nested or len(rows) < 2 or not all(isinstance(row, list) for row in rows):
        raise ReleaseError(f"{path}: is JSON, but no list of rows with one value a column; {_MEND}")
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
