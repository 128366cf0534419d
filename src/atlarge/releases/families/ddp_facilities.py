"""The Deportation Data Project's list of detention facilities."""

from __future__ import annotations

import polars as pl

from atlarge.releases.areas import area_code
from atlarge.releases.family import Family, number, text


def _codes(frame: pl.DataFrame) -> pl.DataFrame:
    """The field office's name becomes the code of its area of responsibility."""
    return frame.with_columns(area_code(frame["aor"]).alias("aor")) if "aor" in frame.columns else frame


FAMILY = Family(
    id="ddp-facilities",
    title="Detention facilities with place",
    publisher="Deportation Data Project",
    url="https://deportationdata.org",
    table="facilities",
    covers="National; code, name, city, county, state, coordinates, field office.",
    columns={
        "facility_code": text("detention_facility_code"),
        "facility": text("name"),
        "city": text("city"),
        "county_fips": text("county_fips_code"),
        "state": text("state"),
        "aor": text("field_office", needed=False),
        "latitude": number("latitude"),
        "longitude": number("longitude"),
    },
    known=("address_full", "county", "state_fips_code"),
    spread=_codes,
    licence="CC0 1.0",
)
