"""ICE removals of the Seattle area of responsibility, 2012 to 2019 (two sheets of one workbook)."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

FAMILY = Family(
    id="seattle-removals",
    title="ICE removals of the Seattle area of responsibility, 2012 to 2019",
    publisher="ICE ERO-LESA Statistical Tracking Unit, FOIA (UW v. DHS), through UWCHR",
    url="https://github.com/UWCHR/ice-enforce",
    table="removals",
    covers="Seattle area, by departure, 2012-01 to 2019-07; expedited and other removals.",
    columns={
        "date": day("Departed Date"),
        "disposition": text("Case Category"),
        "event_number": text("Event Number"),
        "conviction": text("Most Serious Conviction"),
    },
    known=("Date of Birth", "Gender", "Country of Citizenship"),
    delimiters=("|", ","),
    is_exact=True,
    scope="aor:SEA",
    constants={"aor": "SEA"},
    day_order="month",
    allows_formulas=True,
    rank=20,
    licence="FOIA records",
)
