"""NPR's national detainers with lift reason, FY2008 to FY2015 (one workbook a year)."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

FAMILY = Family(
    id="npr-detainers",
    title="ICE detainers with lift reason, national, to July 2015",
    publisher="ICE LESA-STU, FOIA 15-87693, through NPR",
    url="https://github.com/nprapps/sanctuary-cities",
    table="detainers",
    covers="National, a workbook a fiscal year, FY2008 to 2015-07-19; facility, city, state; no identifier.",
    columns={
        "date": day("Prepare Date"),
        "detainer_type": text("Detainer Type"),
        "facility": text("Detainer Detention Facility"),
        "state": text("State"),
        "city": text("City"),
        "lift_reason": text("Detainer Lift Reason"),
    },
    rank=40,
    licence="to the best of NPR's knowledge, public domain",
)
