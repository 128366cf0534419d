"""How commands print: one JSON document, or lines for a person, on stdout; notes on stderr."""

from __future__ import annotations

import datetime as dt
import json
import math
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlarge.wording import OBEYED, printable, some

if TYPE_CHECKING:
    from atlarge.explain import Answer
    from atlarge.records.store import Store


def _plain(value: Any) -> Any:
    """Make a value fit for JSON: ISO dates, paths as text, no NaN or infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item") and not isinstance(value, str | bytes):  # a NumPy scalar
        return _plain(value.item())
    return value


UNDISCLOSED = (
    "working output for this machine, not disclosed: small counts are in it as they are; --disclose gives a "
    "table that may be passed on"
)


def mark_undisclosed() -> None:
    """Note on stderr that the output has not passed disclosure control."""
    note(UNDISCLOSED)


def emit_json(document: Any, *, disclosed: bool | None = None) -> None:
    """Write one JSON document to stdout.

    `disclosed`: whether its counts have passed disclosure control, put into a document that is an object (a
    list stays a list) and, where they have not, reported on stderr. None for what holds no counts of records.
    """
    if disclosed is not None:
        if isinstance(document, dict):
            document = {**document, "disclosed": disclosed}
        if not disclosed:
            mark_undisclosed()
    text = json.dumps(_plain(document), ensure_ascii=False, indent=2)
    # Such characters occur only within strings, where JSON may escape any character.
    sys.stdout.write(OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def write_answer(answer: Answer, language: str = "en", *, details: bool = False) -> None:
    """Write an answer to stdout, as wide as the terminal."""
    from atlarge.explain.terminal import WIDTH, text_of

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    sys.stdout.write(text_of(answer, language, details=details, width=columns))
    mark_undisclosed()


class PrintableStream:
    """A stream on which texts of files give a terminal no orders (`printable`); else the stream itself."""

    def __init__(self, stream: Any) -> None:
        self.terminal = stream

    def write(self, text: str) -> int:
        """Write a text as it may be printed."""
        return int(self.terminal.write(printable(text)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.terminal, name)


def terminal_of(stream: Any) -> Any:
    """The stream to which tables and bars, of printable texts alone, may give orders."""
    return getattr(stream, "terminal", stream)


def note(text: str) -> None:
    """Write one line of progress or warning to stderr."""
    sys.stderr.write(text + "\n")


def note_open_end(store: Store, last: dt.date, table: str = "arrests") -> None:
    """Say on stderr that records are still to come, where what is shown reaches into their last weeks."""
    from atlarge.messages import render, say
    from atlarge.records.completeness import LONGEST, open_end

    found = open_end(store, table)
    if found is None or found.as_of is None:
        return
    if found.complete_until is None:
        if last > found.as_of - dt.timedelta(weeks=LONGEST):
            note(render(say("caveat.unknown_end", day=found.as_of), "en"))
    elif last > found.complete_until:
        note(render(say("break.incomplete", day=found.complete_until), "en"))


_MOST_LINES = 10


def revision_lines(revisions: list[dict[str, Any]]) -> list[str]:
    """What changed, the largest first, in at most some ten lines."""
    if not revisions:
        return []
    lines = [f"revised: {some(len(revisions), 'count')} of places and months; the largest:"]
    for row in revisions[:_MOST_LINES]:
        lines.append(
            f"  {row['date']} {row['place_kind']} {row['place']}, {row['measure']}: "
            f"{row['before']:,} to {row['after']:,} ({row['change']:+,})"
        )
    return lines


def overlap_line(overlap: dict[str, Any]) -> str:
    """What another release counts of this one's rows, or of its figures."""
    if overlap["by"] == ["figure"]:
        return f"{some(overlap['rows'], 'figure')} given anew in {overlap['won_file']}, which is counted"
    gone = overlap.get("no_longer_listed", 0)
    return (
        f"{some(overlap['rows'] - gone, 'row')} also in {overlap['won_file']}, which is counted "
        f"({overlap['matched']:,} matched one to one)"
        + (f"; not counted, as it is later and no longer lists them: {gone:,}" if gone else "")
    )
