"""One list of participating agencies as ICE published it: its day and its rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.records.prepare import prepare
from atlarge.releases import read_release
from atlarge.wording import some

_DAY_IN_NAME = (
    (re.compile(r"(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)"), (1, 2, 3)),
    (re.compile(r"(?<!\d)(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])[-_.]?(20\d\d)"), (3, 1, 2)),
)


@dataclass(frozen=True)
class AgencyList:
    """One list of participating agencies. Returned by `read_list`.

    Attributes
    ----------
    day : date
        The day of the list.
    file : str
        Name of the file.
    rows : DataFrame
        state, agency, model and signed, and county and agency_type where the list has them.
    notes : tuple of str
        What was noticed while it was read.
    """

    day: dt.date
    file: str
    rows: pl.DataFrame
    notes: tuple[str, ...] = ()


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
