"""Pennsylvania's rows of NPR's detainers, 2007 to 2015."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

_FROM = (
    "https://raw.githubusercontent.com/eads/geocode-pa-detainers/bbd824aadcddee2cece66fe8bf69e9e1aa717ed2/"
)

FAMILY = Family(
    id="pa-detainers",
    title="ICE detainers with lift reason, Pennsylvania, 2007 to 2015",
    publisher="ICE LESA-STU, FOIA 15-87693, through NPR and a reader of it",
    url="https://github.com/eads/geocode-pa-detainers",
    table="detainers",
    covers="Pennsylvania, 2007-10-02 to 2015-07-18; the detainer type is blank before FY2015.",
    columns={
        "date": day("date"),
        "lift_reason": text("lift_reason"),
        "facility": text("det_facility"),
        "city": text("city"),
        "state": text("state"),
        "detainer_type": text("detainer_type"),
    },
    scope="state:PA",
    rank=20,
    fetch={
        _FROM + "pa_detainers.csv": ("50e4f3e3d94ff600d36e9d68817ece298713cf751c4d080145935fceae73f525"),
    },
    licence="none stated",
)
