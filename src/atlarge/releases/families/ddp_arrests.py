"""Deportation Data Project arrests: forms A (2025), B (March 2026), C (later in 2026), H (FY2012 to FY2023).

Each form is read as released and as cleaned by the project; the columns that only one of them has tell
them apart.
"""

from __future__ import annotations

from typing import Any

from atlarge.releases.family import Family, mark, moment, text

_PERSON = (
    "Birth Date", "Birth Year", "Citizenship Country", "Gender", "Alien File Number", "EID Case ID",
    "EID Subject ID",
)  # fmt: skip
_CASE = (
    "Case Status", "Case Category", "Case Threat Level", "Case Criminality", "Departed Date",
    "Departure Country", "Final Order Yes No", "Final Order Date", "Final Program",
    "Final Program Group",
)  # fmt: skip
_ADDED = (
    "file", "sheet", "row", "file_original", "sheet_original", "row_original",
    "apprehension_state_filled_in", "apprehension_state_fill_source", "apprehension_method_simple",
    "apprehension_city_common_case", "duplicate_possible", "duplicate_episode_identifier",
    "duplicate_episode_first",
)  # fmt: skip
_STAY = (
    "stay_ID", "stay_book_in_date_time", "stay_book_out_date_time", "n_stints",
    "detention_facility_codes_all", "detention_facility_code_first", "detention_facility_first",
    "detention_facility_city_first", "detention_facility_state_first", "detention_facility_county_first",
    "detention_facility_code_longest", "detention_facility_longest", "detention_facility_code_last",
    "detention_facility_last", "book_in_date_time_first", "book_out_date_time_last",
    "stay_release_reason", "file_original_arrest", "sheet_original_arrest", "row_original_arrest",
    "file_original_stay", "sheet_original_stay", "row_original_stay", "Apprehension Final Program",
)  # fmt: skip
_FLAGS = {
    "published_likely": text("duplicate_likely", needed=False),
    "published_drop": text("duplicate_drop_row", needed=False),
}
_TYPE_AND_AGENCY = {
    "apprehension_type": text("Apprehension Type", needed=False),
    "arresting_agency": text("Arresting Agency", needed=False),
}
_COMMON: dict[str, Any] = {
    "publisher": "ICE, FOIA, through the Deportation Data Project",
    "url": "https://deportationdata.org",
    "table": "arrests",
    "duplicates": "arrest_episodes",
    "first": "2003-03-01",
    "licence": "CC0 1.0",
}

FAMILIES = [
    Family(
        id="ddp-arrests-a",
        title="ICE arrests, 2025 release (2025-ICLI-00019)",
        covers="National, September 2023 on; area, state where known, landmark, identifier.",
        columns={
            "moment": moment("Apprehension Date Time", "Apprehension Date"),
            "state": text("Apprehension State"),
            "county": text("Apprehension County", needed=False),
            "aor": text("Apprehension AOR"),
            "method": text("Apprehension Method"),
            "criminality": text("Apprehension Criminality", needed=False),
            "landmark": text("Apprehension Site Landmark"),
            "subject": text("Unique Identifier"),
            **_FLAGS,
        },
        known=(*_CASE, *_PERSON, *_ADDED),
        rank=60,
        **_COMMON,
    ),
    Family(
        id="ddp-arrests-b",
        title="ICE arrests, March 2026 release (2026-ICLI-00005)",
        covers="National, 2022-10-01 to 2026-03-10; type, operation, agency and duty site; identifier.",
        columns={
            "moment": moment("Apprehension Date Time", "Apprehension Date"),
            "state": text("Apprehension State Original", "Apprehension State", "State", needed=False),
            "county": text("Apprehension County", "County", needed=False),
            "aor": text("TOA Current Duty AOR", "Apprehension AOR"),
            "method": text("Apprehension Method"),
            "criminality": text("Apprehension Criminality", needed=False),
            "landmark": text("Apprehension Site Landmark"),
            "operation_mark": mark("Operation", needed=False),
            "duty_site": text("TOA Current Duty Site"),
            **_TYPE_AND_AGENCY,
            "subject": text("Anonymized Identifier", "Unique Identifier", needed=False),
            **_FLAGS,
        },
        known=("Apprehension Final Program", *_CASE, *_PERSON, *_ADDED),
        rank=70,
        **_COMMON,
    ),
    Family(
        id="ddp-arrests-c",
        title="ICE arrests, later 2026 releases (ARS)",
        covers="National, 2022-10-01 to August 2026; state, county and city where known; identifier.",
        columns={
            "moment": moment("Apprehension Date Time", "Apprehension Date"),
            "aor": text("AOR", "Apprehension AOR"),
            "county": text("County", "Apprehension County", needed=False),
            "state": text("State", "Apprehension State Original", needed=False),
            "city": text("City", "Apprehension City Original", needed=False),
            "method": text("Apprehension Method"),
            "criminality": text("Apprehension Criminality", needed=False),
            "landmark": text("Event Landmark"),
            "subject": text("Anonymized Unique Identifier", "Unique Identifier", needed=False),
            **_FLAGS,
        },
        known=(*_CASE, *_PERSON, *_ADDED),
        latest=("arrests-latest",),
        rank=80,
        **_COMMON,
    ),
    Family(
        id="ddp-arrests-stays",
        title="ICE arrests joined to detention stays, 2026 releases",
        covers="National, one row an arrest episode; whether and where a detention stay followed.",
        columns={
            "moment": moment("Apprehension Date Time", "Apprehension Date"),
            "aor": text("Apprehension AOR", "AOR", "TOA Current Duty AOR", needed=False),
            "county": text("Apprehension County", "County", needed=False),
            "state": text("Apprehension State Original", "Apprehension State", "State", needed=False),
            "city": text("Apprehension City Original", "City", needed=False),
            "method": text("Apprehension Method"),
            "criminality": text("Apprehension Criminality", needed=False),
            "landmark": text("Event Landmark", "Apprehension Site Landmark", needed=False),
            "has_stay": text("has_detention_stay"),
            "operation_mark": mark("Operation", needed=False),
            "duty_site": text("TOA Current Duty Site", needed=False),
            **_TYPE_AND_AGENCY,
            "subject": text("Unique Identifier", "Anonymized Unique Identifier", "Anonymized Identifier",
                            needed=False),
            **_FLAGS,
        },
        known=(*_CASE, *_PERSON, *_ADDED, *_STAY),
        latest=("joined-arrests-detention-stays-latest",),
        note="Of the stay nothing is kept but that the row is an arrest; stays are a release of their own.",
        rank=75,
        **_COMMON,
    ),
    Family(
        id="ddp-arrests-h",
        title="ICE arrests, FY2012 to FY2023 (2023-ICFO-42034)",
        covers="National, 2011-10 to 2023-09; no place at all; identifier.",
        columns={
            "moment": moment("Apprehension Date"),
            "method": text("Apprehension Method"),
            "created_by": text("Arrest Created By"),
            "subject": text("Anonymized Identifier", "Unique Identifier"),
            **_FLAGS,
        },
        known=("Case ID", "Subject ID", *_PERSON, *_ADDED),
        rank=30,
        **_COMMON,
    ),
]  # fmt: skip
