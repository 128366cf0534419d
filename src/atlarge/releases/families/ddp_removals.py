"""Deportation Data Project removals: forms A (2025), C (later in 2026) and H (FY2012 to FY2023)."""

from __future__ import annotations

from typing import Any

from atlarge.releases.family import Family, moment, other_day, text

_KNOWN = (
    "Port of Departure", "Departure Country", "Case Status", "Gender", "Birth Country",
    "Citizenship Country", "Birth Date", "Birth Year", "Entry Date", "Entry Status", "MSC NCIC Charge",
    "MSC NCIC Charge Code", "MSC Charge Date", "MSC Criminal Charge Status",
    "MSC Criminal Charge Status Code", "MSC Conviction Date", "Case Threat Level", "Felon",
    "Case Category", "Final Program", "Final Program Code", "Case Category Time of Arrest",
    "Latest Arrest Program Current", "Latest Arrest Program Current Code", "Final Order Yes No",
    "Final Order Date", "Final Charge Code", "Final Charge Section Code", "Prior Deport Yes No",
    "Latest Person Departed Date", "Alien File Number", "EID Case ID", "EID Subject ID", "file", "sheet",
    "row", "file_original", "sheet_original", "row_original",
)  # fmt: skip
_COLUMNS = {
    "moment": moment("Departed Date"),
    "state": text("Apprehension State", "State", needed=False),
    "county": text("Apprehension County", "County", needed=False),
    "criminality": text("Case Criminality", needed=False),
    "disposition": text("Processing Disposition", needed=False),
    "published_likely": text("duplicate_likely", needed=False),
    "published_drop": text("duplicate_drop_row", needed=False),
}
_COMMON: dict[str, Any] = {
    "publisher": "ICE, FOIA, through the Deportation Data Project",
    "url": "https://deportationdata.org",
    "table": "removals",
    "first": "2003-03-01",
    "licence": "CC0 1.0",
}

FAMILIES = [
    Family(
        id="ddp-removals-a",
        title="ICE removals, 2025 release (2025-ICLI-00019)",
        covers="National, by departure; docket area, state of apprehension where known, identifier.",
        columns={
            **_COLUMNS,
            "aor": text("Docket AOR"),
            "apprehension_date": other_day("Latest Person Apprehension Date", needed=True),
            "subject": text("Unique Identifier"),
        },
        known=_KNOWN,
        duplicates="removal_days",
        rank=60,
        **_COMMON,
    ),
    Family(
        id="ddp-removals-c",
        title="ICE removals, later 2026 releases (REM)",
        covers="National, by departure; city of apprehension and arresting agency, identifier.",
        columns={
            **_COLUMNS,
            "aor": text("Docket AOR", "AOR"),
            "city": text("Apprehension City", "City"),
            "apprehension_date": other_day(
                "Apprehension Date", "Latest Person Apprehension Date", needed=True
            ),
            "agency": text("Arresting Agency"),
            "subject": text("Anonymized Unique Identifier", "Unique Identifier", "Anonymized Identifier"),
        },
        known=(*_KNOWN, "Latest Apprehension Program", "Latest Apprehension Program Code"),
        duplicates="removal_days",
        rank=80,
        **_COMMON,
    ),
    Family(
        id="ddp-removals-h",
        title="ICE removals, FY2012 to FY2023 (2023-ICFO-42034)",
        covers="National, by departure, 2011-10 to 2023; no place of the arrest; identifier.",
        columns={
            "moment": moment("Departure Date", "Departed Date"),
            "apprehension_date": other_day("Apprehension Date"),
            "disposition": text("Processing Disposition", needed=False),
            "program": text("Current Program"),
            "aor": text("Docket AOR", "AOR", "Area of Responsibility", needed=False),
            "subject": text(
                "Anonymized Identifier", "Anonymized Identifer", "Unique Identifier", needed=False
            ),
            "published_likely": text("duplicate_likely", needed=False),
            "published_drop": text("duplicate_drop_row", needed=False),
        },
        known=(*_KNOWN, "Case ID", "Subject ID", "MSC Charge", "MSC Charge Code",
               "Processing Disposition Code", "Charge Section Code", "Charge Code"),
        duplicates="removal_days",
        rank=30,
        **_COMMON,
    ),
]  # fmt: skip
