"""ICE removals, national, FY2016 to FY2018."""

from __future__ import annotations

from atlarge.releases.family import Family, day, other_day, text

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "ba31c1a40a2304696731ae272f3b52d0d5a442e4/us/import/frozen/"
)

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
    day_order="month",
    rank=40,
    fetch={
        _FROM + "ICERemovals_FY2016.csv.gz": (
            "d608a3e730b2f324a08f7bed52d773fa99574e57e658336c66ea58083351cb72"
        ),
        _FROM + "ICERemovals_FY2017.csv.gz": (
            "33bd12c68f77b675e169a76be203328d355e134d82f242b0bdf4a44ef41ca4ad"
        ),
        _FROM + "ICERemovals_FY2018.csv.gz": (
            "4deaeae95562201d05a067d4fca2989b695cffbf09840d2ed7adf326b8cefd84"
        ),
    },
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
