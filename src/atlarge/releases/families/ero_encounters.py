"""ICE encounters, national, FY2016 and FY2017."""

from __future__ import annotations

from atlarge.releases.family import Family, day, mark, text

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
    rank=40,
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
