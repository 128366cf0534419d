"""Published figures: the project's own table, and files of a user's own.

A file of figures is read as people write them: other names for the columns, commas and percent signs in
numbers, ISO and US dates, fiscal years and quarters, places by name.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from atlarge.errors import QuestionError
from atlarge.reference import table
from atlarge.verify.figure import Figure
from atlarge.verify.user_file import Unreadable, read_figures


def figures(path: Path | str | None = None) -> list[Figure]:
    """The project's table of published figures, or those of a file.

    Parameters
    ----------
    path : path, optional
        CSV with a measure, a place, a value and either start and end or a window (FY2017, 2017-Q2, 2017-03)
        in each row; None: the table `published_figures`.

    Returns
    -------
    list of Figure

    Raises
    ------
    QuestionError
        For a file that cannot be read: it names the line and the column.

    Examples
    --------
    >>> len(figures()) >= 150
    True
    """
    if path is None:
        return list(_shipped())
    found = read_figures(path)
    for row in found:
        if isinstance(row, Unreadable):
            raise QuestionError(row.why)
    return [row for row in found if isinstance(row, Figure)]


@cache
def _shipped() -> tuple[Figure, ...]:
    known = set(Figure.__dataclass_fields__)
    rows = table("published_figures").with_columns(pl.col("read_on").alias("source")).to_dicts()
    return tuple(
        Figure(
            **{k: v for k, v in row.items() if k in known and v is not None}
            | {"scheme": row["scheme"] or "ddp"}
        )
        for row in rows
    )
