"""Initial book-ins into detention, Seattle area of responsibility, 2012 to 2019."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "159b4514e12fc80814f783f62c30be6467b915f1/aor-seattle/import/frozen/"
)

FAMILY = Family(
    id="seattle-book-ins",
    title="ICE initial book-ins of the Seattle area of responsibility, 2012 to 2019",
    publisher="ICE ERO-LESA Statistical Tracking Unit, FOIA, through UWCHR",
    url="https://github.com/UWCHR/ice-enforce",
    table="book_ins",
    covers="Seattle area, 2012-01 to 2019-07.",
    columns={
        "date": day("Book In Date"),
        "facility": text("Detention Facility"),
        "method": text("Apprehension Method"),
    },
    known=("Date of Birth", "Gender", "Country of Citizenship", "Most Serious Conviction"),
    delimiters=("|",),
    scope="aor:SEA",
    allows_formulas=True,
    constants={"aor": "SEA"},
    day_order="month",
    rank=20,
    fetch={
        _FROM + "bookins.csv.gz": ("104ab5bcf13d0879c376ad99debedbdd80bf2dc3e705104bdb922547da10edb6"),
    },
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
