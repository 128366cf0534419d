"""Files of other programs: Arrow (Feather), Stata and SPSS."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import polars as pl

from atlarge.errors import ReleaseError
from atlarge.releases.guard import reading

_NAMES = {"stata": ("Stata", ".dta"), "spss": ("SPSS", ".sav")}


def read_frame(path: Path, form: str, content: bytes) -> pl.DataFrame:
    """The table of an Arrow, Stata or SPSS file; labelled values as their labels.

    ReleaseError if it is damaged, or if the reader that it needs is not installed.
    """
    if form == "arrow":
        with reading(path, "Arrow (Feather)"):
            return pl.read_ipc(io.BytesIO(content))
    name, ending = _NAMES[form]
    try:
        import pyreadstat
    except ImportError:
        raise ReleaseError(
            f"{path}: is a {name} file; to read it: pip install 'atlarge[stata]', or export it as CSV"
        ) from None
    read = pyreadstat.read_dta if form == "stata" else pyreadstat.read_sav
    with tempfile.NamedTemporaryFile(suffix=ending) as copy:
        copy.write(content)
        copy.flush()
        try:
            frame, _ = read(
                copy.name, output_format="polars", apply_value_formats=True, formats_as_category=False
            )
        except (
            pyreadstat.ReadstatError,
            pyreadstat.PyreadstatError,
            ValueError,
            OSError,
            UnicodeError,
        ) as error:
            message = " ".join(str(error).split())[:160]
            raise ReleaseError(
                f"{path}: cannot be read as {name} ({message}); download or write it again"
            ) from None
    return frame
