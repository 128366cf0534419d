"""I-213 forms of the Seattle area of responsibility, geocoded by UWCHR."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

FAMILY = Family(
    id="i213-seattle",
    title="I-213 arrest forms of the Seattle area of responsibility, 2022 to 2025",
    publisher="ICE, FOIA, through UWCHR, who geocoded the place text",
    url="https://github.com/UWCHR/i-213-sea-22-25",
    table="arrests",
    covers="Seattle area, 2013-04-08 to 2025-12-31, a subset of arrests (87 before 2022, few in 2024).",
    columns={
        "aor": text("area_of_responsibility_code"),
        "disposition": text("processing_disposition_descr", needed=False),
        "date": day("apprehension_date"),
        "method": text("apprehension_method_descr"),
        "landmark": text("apprehension_landmark_descr_clean"),
        "criminality": text("criminal_charge_status", needed=False),
        "county": text("county"),
        "state": text("state"),
    },
    known=("site_code", "site_name", "document_type_descr"),
    scope="aor:SEA",
    rank=10,
    licence="none stated",
)
