"""Read and check a table of policies of one's own (CSV)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from atlarge.errors import QuestionError
from atlarge.policies.policy import (
    CONFIDENCES,
    DIRECTIONS,
    KIND_ALIASES,
    KINDS,
    LEVELS,
    PRECISIONS,
    SCOPES,
    TEXTS,
    Policy,
    policy_from_row,
)
from atlarge.policies.registries import Registry
from atlarge.reference import lookup
from atlarge.user_files import user_table
from atlarge.wording import is_web_address, printable

_DATES = ("announced", "effective", "ended", "deadline", "start_latest", "end_earliest", "end_latest")

Row = dict[str, str | None]


def read_registry(path: Path | str) -> Registry:
    r"""Read a registry from a CSV.

    Parameters
    ----------
    path : path
        A table in columns of `policy_table`; id, effective and fips (or state) must be there. `direction`
        left out means limits, `level` county (state where there is no fips), `precision` day. A row of
        precision none, without a day, is kept as undated.

    Returns
    -------
    Registry
        Its policies in the order of the file.

    Raises
    ------
    QuestionError
        For a file or row that cannot be read; names the file, the line and what to do.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "own.csv")
    ...     size = file.write_text("id,fips,effective\nours,48453,2017-02-01\n", encoding="utf-8")
    ...     read_registry(file).ids()
    ['ours']
    """
    dated, undated, _ = _read(path)
    try:
        return Registry(tuple(dated), tuple(undated))
    except QuestionError as error:
        raise QuestionError(f"{Path(path).name}: {error}") from None


def _read(path: Path | str) -> tuple[list[Policy], list[str], list[tuple[int, Row]]]:
    """The dated policies of a table, the ids of the undated ones, and its rows as text by line."""
    name = Path(path).name
    dated, undated, rows = [], [], []
    for number, texts in user_table(path, ("id", "effective")):
        # A text is one line, without controls and marks of writing direction, wherever it is shown.
        row = {key: text and " ".join(printable(text).split()) for key, text in texts.items()}
        rows.append((number, row))
        if row.get("precision") == "none" and not row["effective"] and row["id"]:
            undated.append(row["id"].lower())
        else:
            dated.append(_from_row(name, number, row))
    return dated, undated, rows


def _from_row(name: str, number: int, row: Row) -> Policy:
    where = f"{name}, line {number}"
    days = {column: _day(where, column, row.get(column)) for column in _DATES}
    if not row.get("id") or days["effective"] is None or not (row.get("fips") or row.get("state")):
        raise QuestionError(f"{where}: id, effective and fips (or state) are needed")
    fips = str(row["fips"]).zfill(5) if row.get("fips") else None
    if fips is not None and fips not in lookup("counties", "fips", "state"):
        raise QuestionError(f"{where}: fips {row['fips']!r} is not a county; give five digits, as 48453")
    values: dict[str, Any] = {
        "id": str(row["id"]).lower(),
        "level": row.get("level") or ("county" if fips else "state"),
        "place_name": row.get("place_name") or fips or row.get("state"),
        "state": row.get("state") or "",
        "fips": fips,
        "direction": row.get("direction") or "limits",
        "kind": KIND_ALIASES.get(row.get("kind") or "", row.get("kind") or "detainers"),
        "precision": row.get("precision") or "day",
        **days,
        **{key: str(row.get(key) or "") for key in TEXTS},
    }
    _check_words(where, values)
    return policy_from_row(values)


def _day(where: str, column: str, value: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        raise QuestionError(f"{where}: {column} {value!r} is not a date; write 2017-02-01") from None


def _check_words(where: str, row: Mapping[str, Any]) -> None:
    """Refuse what the schema does not allow, naming the line; the shipped tables pass the same check."""
    allowed: tuple[tuple[str, Iterable[str]], ...] = (
        ("direction", DIRECTIONS),
        ("level", LEVELS),
        ("precision", (*PRECISIONS, "interval")),
        ("confidence", (*CONFIDENCES, "")),
        ("scope", (*SCOPES, "")),
    )
    for column, words in allowed:
        if row[column] not in words:
            listed = ", ".join(w for w in words if w)
            raise QuestionError(f"{where}: {column} {row[column]!r} is none of {listed}")
    if row["ended"] and row["ended"] < row["effective"]:
        raise QuestionError(f"{where}: ended {row['ended']} lies before effective {row['effective']}")
    url = row["source_url"]
    if url and not is_web_address(url):
        raise QuestionError(f"{where}: source_url {url!r} is not a web address; it begins with https://")


def check_registry(path: Path | str) -> dict[str, int]:
    r"""Check a CSV of policies by the schema of the shipped one, strictly: every kind and source known.

    Parameters
    ----------
    path : path
        As for `read_registry`.

    Returns
    -------
    dict
        Counts: rows, dated, undated.

    Raises
    ------
    QuestionError
        Names the first faulty line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "own.csv")
    ...     size = file.write_text("id,fips,effective\nours,48453,2017-02-01\n", encoding="utf-8")
    ...     check_registry(file)
    {'rows': 1, 'dated': 1, 'undated': 0}
    """
    dated, undated, rows = _read(path)
    name = Path(path).name
    seen: dict[str, int] = {}
    for number, row in rows:
        where = f"{name}, line {number}"
        word = str(row["id"]).lower()
        if word in seen:
            raise QuestionError(f"{where}: id {word!r} stands in line {seen[word]} too")
        seen[word] = number
        kind = row.get("kind") or "detainers"
        if kind not in KINDS and kind not in KIND_ALIASES:
            raise QuestionError(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
        if "source_url" in row and not row["source_url"]:
            raise QuestionError(f"{where}: no source_url; name the page that the date was read on")
    return {"rows": len(rows), "dated": len(dated), "undated": len(undated)}
