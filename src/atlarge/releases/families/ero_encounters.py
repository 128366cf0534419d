"""ICE encounters, national, FY2016 and FY2017."""

from __future__ import annotations

from atlarge.releases.family import Family, day, mark, text

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "ba31c1a40a2304696731ae272f3b52d0d5a442e4/us/import/frozen/"
)

FAMILY = Family(
    id="ero-encounters",
    title="ICE ERO encounters, FY2016 and FY2017",
    publisher="ICE ERO-LESA Statistical Tracking Unit, FOIA 2019-ICFO-53623, through UWCHR",
    url="https://github.com/UWCHR/ice-enforce",
    table="encounters",
    covers="National, 2015-10-01 to 2017-09-30; landmark blank in 37 to 41 %; no person identifier.",
    columns={
        "aor": text("Event Area of Responsibility"),
        "date": day("Event Date"),
        "landmark": text("Landmark"),
        "operation_mark": mark("Operation", needed=False),
        "disposition": text("Processing Disposition", needed=False),
    },
    known=("Birth Date", "Citizenship", "Gender"),
    delimiters=("|",),
    day_order="month",
    rank=40,
    fetch={
        _FROM + "EROEncounters_FY2016.csv.gz": (
            "8a41fdd2756f7d4b1fa852096d9466b48163ccef0b5dd6ef67831820ff6bfe15"
        ),
        _FROM + "EROEncounters_FY2017.csv.gz": (
            "eaaaaffa3c4b07b2cf7e7059996a47d43bea519a39e9dd4b7de58cabf3f33c8b"
        ),
    },
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
