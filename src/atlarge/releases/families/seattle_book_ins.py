"""Initial book-ins into detention, Seattle area of responsibility, 2012 to 2019."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

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
    constants={"aor": "SEA"},
    rank=20,
    licence="FOIA records; the repository that carries them is GPL-3.0",
)
