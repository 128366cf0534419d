"""ICE removals, national, FY2016 to FY2018."""

from __future__ import annotations

from atlarge.releases.family import Family, day, other_day, text

FAMILY = Family(
    id="ice-removals",
    title="ICE removals, FY2016 to FY2018",
    publisher="ICE ERO-LESA Statistical Tracking Unit, FOIA 2019-ICFO-53623, through UWCHR",
    url="https://github.com/UWCHR/ice-enforce",
    table="removals",
    covers="National, by removal date, 2015-10-01 to 2018-09-30; area of responsibility, no landmark.",
    columns={
        "aor": text("Area of Responsibility"),
        "date": day("Removal Date"),
        "departed_date": other_day("Departed Date"),
        "apprehension_date": other_day("Apprehension Date"),
        "disposition": text("Processing Disposition Code", needed=False),
    },
    known=("Birth Date", "Citizenship", "Gender", "RC Threat Level", "Final Charge Section"),
    delimiters=("|",),
    rank=40,
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
