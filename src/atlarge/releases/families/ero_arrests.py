"""ICE administrative arrests, national, FY2016 to FY2019, one file a fiscal year."""

from __future__ import annotations

from atlarge.releases.family import Family, day, mark, text

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "ba31c1a40a2304696731ae272f3b52d0d5a442e4/us/import/frozen/"
)

FAMILY = Family(
    id="ero-arrests",
    title="ICE ERO administrative arrests, FY2016 to FY2019",
    publisher="ICE ERO-LESA Statistical Tracking Unit, FOIA 2019-ICFO-53623, through UWCHR",
    url="https://github.com/UWCHR/ice-enforce",
    table="arrests",
    covers="National, 2015-10-01 to 2019-09-01; place only in the landmark; no person identifier.",
    columns={
        "aor": text("Area of Responsibility"),
        "date": day("Apprehension Date"),
        "method": text("Apprehension Method"),
        "landmark": text("Apprehension Landmark"),
        "operation_mark": mark("Operation"),
        "disposition": text("Processing Disposition", needed=False),
    },
    known=("Birth Date", "Citizenship", "Gender"),
    delimiters=("|",),
    day_order="month",
    rank=40,
    fetch={
        _FROM + "EROArrests_FY2016.csv.gz": (
            "057a56ab5a32a4e870b2b3c671601e7f3f7f00b5202f0bcbb2aa37e3d5aee733"
        ),
        _FROM + "EROArrests_FY2017.csv.gz": (
            "49379e477eb81aeb0df3c8c82eb1070cd169af1a7869a94518f4a996e67a7137"
        ),
        _FROM + "EROArrests_FY2018.csv.gz": (
            "0fdc27a149d4460545b0f6ad2be3f40db41c1d6bc51a5866267513a0ad3091f2"
        ),
        _FROM + "EROArrests_FY2019.csv.gz": (
            "94bd7703fec8b39a4996600e5dcd4d03be2009879c6f2f26e1417df980a751a1"
        ),
    },
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
