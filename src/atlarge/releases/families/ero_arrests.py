"""ICE administrative arrests, national, FY2016 to FY2019, one file a fiscal year."""

from __future__ import annotations

from atlarge.releases.family import Family, day, mark, text

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
    rank=40,
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
