"""All published figures of a table beside the same counts from a store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from atlarge.records.store import Store, open_store
from atlarge.verify.checking import Checking
from atlarge.verify.counting import StoreCounter
from atlarge.verify.explaining import by_publication
from atlarge.verify.figure import Figure
from atlarge.verify.figures import figures as published_figures
from atlarge.verify.result import DIFFERS, EQUAL, NOT_TESTABLE, WITHIN, Checked, Verification
from atlarge.verify.user_file import Unreadable, read_figures


def verify(store: Store | Path | str | None = None, figures: Path | str | None = None) -> Verification:
    """Set published figures beside the same counts from the records.

    Parameters
    ----------
    store : Store or path, optional
        Store, its folder, or None: the embedded records.
    figures : path, optional
        CSV with a measure, a place, a value, and start and end or a window (FY2017, 2017-Q2, 2017-03) in
        each row (and id, publisher, source, scheme, level, kind, tolerance, published_on, note); None: the
        project's own table `published_figures`.

    Returns
    -------
    Verification
        A row for each figure; those outside the store's coverage are "not testable".

    Raises
    ------
    QuestionError
        For a file of which no line can be read: it names the line and the column. A line among others that
        cannot be read is "not testable", with the reason.
    StoreError
        For a store of which a file was changed since it was written.

    Examples
    --------
    >>> done = verify()
    >>> next(r.verdict for r in done.rows if r.id == "ice-fy2017-arrests")
    'equal'
    """
    counter = StoreCounter(open_store(store))
    for name in counter.store.tables():
        counter.store.files(name)  # a changed file stops everything; it is not one figure less to test
    rows_read = published_figures() if figures is None else read_figures(figures)
    rows = by_publication([Checking(counter, figure) for figure in rows_read if isinstance(figure, Figure)])
    rows += [_unread(line) for line in rows_read if isinstance(line, Unreadable)]
    order = {DIFFERS: 0, WITHIN: 1, EQUAL: 2, NOT_TESTABLE: 3}
    return Verification(sorted(rows, key=lambda r: (r.understood, order[r.verdict], r.id)))


def _unread(line: Unreadable) -> Checked:
    """The result for a line of a user's file that could not be read as a figure."""
    blank: dict[str, Any] = dict.fromkeys(("start", "end", "published", "ours"))
    return Checked(**asdict(line), **blank, verdict=NOT_TESTABLE, definition="", understood=True)
