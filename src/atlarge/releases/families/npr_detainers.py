"""NPR's national detainers with lift reason, FY2008 to FY2015 (one workbook a year)."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

_FROM = (
    "https://raw.githubusercontent.com/nprapps/sanctuary-cities/0bb16db80bd0f1d75a175209458cfb9d1ca80476/raw/"
)

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
    fetch={
        _FROM + "rif-FOIA%2015-87693%20_07262015_LESA-STU_FINAL%20FY15YTD.xlsx": (
            "d6352d3b597a8168c2dd68140e3b9266737756478394beb19695911658cdab06"
        ),
    },
    licence="to the best of NPR's knowledge, public domain",
)
