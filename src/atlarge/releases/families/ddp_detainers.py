"""Deportation Data Project detainers: forms A (2025), B (March 2026), C (later in 2026), H (before)."""

from __future__ import annotations

from typing import Any

from atlarge.releases.family import Family, moment, other_day, text

_PERSON = (
    "Birth Date", "Birth Year", "Birth Country", "Citizenship Country", "Gender", "Alien File Number",
    "EID Case ID", "EID Subject ID", "EID DTA ID", "Entry Date", "Entry Status",
)  # fmt: skip
_CASE = (
    "Port of Departure", "Departure Country", "Departed Date", "Case Status", "Case Category",
    "Detainer Prep Threat Level", "Detainer Prepared Threat Level", "Detainer Threat Level",
    "MSC Sentence Days", "MSC Sentence Months", "MSC Sentence Years", "MSC Charge Code",
    "MSC Charge Date", "MSC Conviction Date", "Sentence Days", "Sentence Months", "Sentence Years",
    "Felon", "Aggravated Felon Yes No", "Processing Disposition", "Arrest Time Case Category",
    "TOA Case Category", "TOA Case Category Code", "Time of Apprehension Case Category",
    "Arrest Time Current Program", "TOA Current Program", "Time of Apprehension Current Program",
    "Apprehension Method", "Final Order Yes No", "Final Order Date", "Final Program",
    "Final Program Group",
)  # fmt: skip
_YES_NO = tuple(
    f"{name} Yes No"
    for name in (
        "Prior Felony", "Multiple Prior Misd", "Violent Misdemeanor", "Illegal Entry", "Illegal Reentry",
        "Immigration Fraud", "Significant Risk", "Other Removal Reason", "Criminal Street Gang",
        "Aggravated Felony", "Deportation Ordered", "Order Show Cause Served", "Order to Show Cause Served",
        "Biometric Match", "Statements Made", "Unlawful Attempt", "Unlawful Entry", "Visa",
        "Federal Interest", "Resume Custody", "Active Investigation", "Notify Release Request",
        "Federal Register Notice",
    )
)  # fmt: skip
_ADDED = (
    "file", "sheet", "row", "file_original", "sheet_original", "row_original",
    "apprehension_method_simple", "request_type", "conviction", "duplicate_episode_identifier",
    "duplicate_episode_first",
)  # fmt: skip
_KNOWN = (*_PERSON, *_CASE, *_YES_NO, *_ADDED)
_COMMON: dict[str, Any] = {
    "publisher": "ICE, FOIA, through the Deportation Data Project",
    "url": "https://deportationdata.org",
    "table": "detainers",
    "first": "2003-03-01",
    "licence": "CC0 1.0",
}
_COLUMNS = {
    "moment": moment("Detainer Prepare Date", "Detainer Prepared Date"),
    "facility": text("Detention Facility", "Detainer Facility"),
    "facility_code": text("Detention Facility Code", "Detainer Facility Code", needed=False),
    "city": text("Facility City", "City", needed=False),
    "state": text("Facility State", "State", needed=False),
    "aor": text("Facility AOR", "AOR", needed=False),
    "detainer_type": text("Detainer Type", needed=False),
    "lift_reason": text("Detainer Lift Reason"),
    "criminality": text("Detainer Prepared Criminality", "Detainer Criminality", needed=False),
    "charge": text("Most Serious Conviction Charge", "MSC Charge", needed=False),
    "apprehension_date": other_day("Apprehension Date"),
    "subject": text(
        "Unique Identifier", "Anonymized Identifier", "Anonymized Unique Identifier", needed=False
    ),
    "published_likely": text("duplicate_likely", needed=False),
    "published_drop": text("duplicate_drop_row", needed=False),
}

FAMILIES = [
    Family(
        id="ddp-detainers-a",
        title="ICE detainers, 2025 release (2025-ICLI-00019)",
        covers="National; facility with code, city and state; lift reason; identifier in most rows.",
        columns={**_COLUMNS, "aor": text("Facility AOR")},
        known=_KNOWN,
        duplicates="detainer_days",
        rank=60,
        **_COMMON,
    ),
    Family(
        id="ddp-detainers-b",
        title="ICE detainers, March 2026 release (2026-ICLI-00005)",
        covers="National, 2022-10-01 to 2026-03-10; lift reason with its code, duty site.",
        columns={
            **_COLUMNS,
            "lift_reason_code": text("Detainer Lift Reason Code"),
            "duty_site": text("TOD Current Duty Site", needed=False),
        },
        known=_KNOWN,
        duplicates="detainer_days",
        rank=70,
        **_COMMON,
    ),
    Family(
        id="ddp-detainers-c",
        title="ICE detainers, later 2026 releases (DET)",
        covers="National, 2022-10 on; lift reason, request type, identifier.",
        columns={**_COLUMNS, "program": text("TOD Final Program")},
        known=_KNOWN,
        latest=("detainers-latest",),
        duplicates="detainer_episodes",
        rank=80,
        **_COMMON,
    ),
    Family(
        id="ddp-detainers-h",
        title="ICE detainers, FY2012 to FY2023 and their joined history",
        covers="National; facility where recorded, lift reason, identifier.",
        columns={
            **_COLUMNS,
            "facility": text(
                "Detainer Detention Facility", "Detention Facility", "Detainer Facility", "Facility"
            ),
            "facility_code": text(
                "Detainer Detention Facility Code", "Detention Facility Code", "Facility Code", needed=False
            ),
            "aor": text("Detainer AOR", "Facility AOR", "AOR", needed=False),
            "subject": text("Anonymized Identifier", "Anonymized Identifer", "Unique Identifier",
                            "Alien Number Unique Identifier", needed=False),
        },
        known=(*_KNOWN, "Case ID", "Subject ID", "Detainer ID", "Detainer Lift Date", "Program",
               "Detainer Lift Reason Code", "Detainer Prepare Fiscal Year"),
        duplicates="detainer_days",
        rank=30,
        **_COMMON,
    ),
]  # fmt: skip
