"""Encounters, arrests and removals by area of responsibility and day."""

from __future__ import annotations

import polars as pl

from atlarge.releases.family import Family, count, day, text
from atlarge.releases.spreads import figures

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "994921567c6303d7f0e3d704166a051b36cb6ae5/us/export/output/"
)


def _spread(frame: pl.DataFrame) -> pl.DataFrame:
    names = {"n_encounters": "encounters", "n_arrests": "arrests", "n_removals": "removals"}
    return figures(frame, names, date=pl.col("date"), every="day", place=pl.col("place"), place_kind="aor")


FAMILY = Family(
    id="enforcement-days",
    is_exact=True,
    title="ICE encounters, arrests and removals by area of responsibility and day, FY2016 to FY2019",
    publisher="UWCHR, from ICE FOIA 2019-ICFO-53623",
    url="https://github.com/UWCHR/ice-enforce",
    table="aggregates",
    covers="Areas, 2015-10-01 to 2019-09-01; rows without an area or of headquarters left out.",
    columns={
        "date": day("date"),
        "place": text("aor", filled=True),
        "n_encounters": count("n_encounters"),
        "n_arrests": count("n_arrests"),
        "n_removals": count("n_removals"),
    },
    known=("quarter", "fy"),
    delimiters=("|",),
    spread=_spread,
    fetch={
        _FROM + "enforcement.csv.gz": ("74e46f0773284d50106b4ed0ae3f6f56f860c8bc7774115904ebf8cea9c97697"),
    },
    licence="GPL-3.0 repository",
)
