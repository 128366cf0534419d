"""Files of other programs: Arrow (Feather), Stata, SPSS and SAS."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.catalogue import header_of
from atlarge.releases.guard import reading
from atlarge.releases.textform import unique_names

_NAMES = {
    "stata": ("Stata", ".dta", "read_dta"),
    "spss": ("SPSS", ".sav", "read_sav"),
    "sas": ("SAS", ".sas7bdat", "read_sas7bdat"),
    "xport": ("SAS transport", ".xpt", "read_xport"),
}


def read_frame(path: Path, form: str, content: bytes) -> pl.DataFrame:
    """The table of an Arrow, Stata, SPSS or SAS file; labelled values as their labels.

    ReleaseError if it is damaged, or if the reader that it needs is not installed.
    """
    if form == "arrow":
        with reading(path, "Arrow (Feather)"):
            return pl.read_ipc(io.BytesIO(content))
    if form == "arrows":
        with reading(path, "an Arrow stream"):
            return pl.read_ipc_stream(io.BytesIO(content))
    name, ending, reader = _NAMES[form]
    try:
        import pyreadstat
    except ImportError:
        raise ReleaseError(
            f"{path}: is a {name} file; to read it: pip install 'atlarge[stata]', or export it as CSV"
        ) from None
    read = getattr(pyreadstat, reader)
    labels = {} if form in ("sas", "xport") else {"apply_value_formats": True, "formats_as_category": False}
    with tempfile.NamedTemporaryFile(suffix=ending) as copy:
        copy.write(content)
        copy.flush()
        with reading(path, name):
            frame, meta = read(copy.name, output_format="polars", **labels)
    return _labelled(frame, meta.column_labels)


def _labelled(frame: pl.DataFrame, labels: list[str | None]) -> pl.DataFrame:
    """The table under the labels of its columns, where these are the names that a release is known by."""
    whole = unique_names([label or name for label, name in zip(labels, frame.columns, strict=True)])
    by_name, by_label = (header_of(names)[0] for names in (frame.columns, whole))
    if by_label is not None and by_name is None:
        frame.columns = whole
    return frame
