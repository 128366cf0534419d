"""`--disclose`: counts as a table that may be passed on, by the same way as a site's."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlarge.cli._output import emit_json, note
from atlarge.wording import some

if TYPE_CHECKING:
    import polars as pl

    from atlarge.publish.day_ranges import Window
    from atlarge.records.store import Store

MOST = 50_000


def require_published(store: Store, windows: Sequence[Window], beside: Sequence[Path]) -> None:
    """QuestionError where one of some counts may not stand beside what a site published: a small count of the
    days between them would follow. Counts of days that the records do not cover are in no numbers."""
    from atlarge.disclosure.table import SHOWN
    from atlarge.errors import QuestionError
    from atlarge.publish.day_ranges import daily_counts, is_covered
    from atlarge.publish.editions import read_edition
    from atlarge.publish.release_table import site_cells

    daily = daily_counts(store, windows)
    windows = [window for window in windows if is_covered(daily, window)]
    table = site_cells(store, windows, before=read_edition(beside), only_windows=True).table
    keys = {(w.level, w.place, w.name, w.start, w.end) for w in windows}
    shown = table.frame.filter((table.frame["every"] == "window") & (table.frame["mark"] == SHOWN))
    missing = keys - set(shown.select("level", "place", "measure", "start", "end").rows())
    if missing:
        raise QuestionError(
            f"{', '.join(map(str, beside))}: small counts would follow from these numbers and that site "
            "together; ask for whole months or fiscal years that it covers"
        )


def emit_disclosed(
    store: Store, windows: Sequence[Window], *, as_json: bool, beside: Sequence[Path] | None = None
) -> None:
    """Print counts over days of places as disclosed: level, place, measure, start, end, value, mark."""
    from atlarge.errors import QuestionError
    from atlarge.files import csv_text
    from atlarge.publish.day_ranges import daily_counts
    from atlarge.publish.editions import read_edition
    from atlarge.publish.release_table import site_cells, window_cells

    if not windows:
        raise QuestionError("there are no counts to disclose")
    if len(windows) > MOST:
        raise QuestionError(f"{some(len(windows), 'count')} are too many for --disclose; name places or days")
    if not beside:
        table = window_cells((windows, daily_counts(store, windows)), store=store)
    else:
        table = site_cells(store, windows, before=read_edition(beside), only_windows=True).table
    wanted: pl.DataFrame = table.frame
    if not wanted.height:
        raise QuestionError("no period is covered in full: there are no counts to disclose")
    rows = wanted.filter(wanted["every"] == "window").drop("every").sort("level", "place", "measure", "start")
    if as_json:
        emit_json({"threshold": table.threshold, "rows": rows.to_dicts()}, disclosed=True)
    else:
        sys.stdout.write(csv_text(rows))
    hidden = table.suppressed
    note(f"{some(hidden['small'], 'small count')} and {hidden['withheld']:,} others are suppressed")
    if not beside:
        note("disclosed alone: beside a site or another table of the same records name it by --beside")


def panel_windows(frame: Any, by: str, every: str, scheme: str) -> list[Window]:
    """Counts of a panel as days of places; those that are not covered are left out."""
    from atlarge.calendar import period_end
    from atlarge.publish.day_ranges import Window

    rows = frame.drop_nulls("value").select("place", "measure", "period").iter_rows()
    return [
        Window(((by, place),), measure, day, period_end(day, every), scheme) for place, measure, day in rows
    ]
