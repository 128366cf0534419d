"""Files of other programs: Arrow (Feather), Stata, SPSS and SAS."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.guard import reading

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
            frame: pl.DataFrame = read(copy.name, output_format="polars", **labels)[0]
    return frame
