"""Deportation Data Project detention stints (forms A, B and H) and stays.

Columns about religion, ethnicity, marital status, race and the like are known by name and never read.
"""

from __future__ import annotations

from typing import Any

from atlarge.releases.family import Family, count, moment, other_moment, text

_COMMON: dict[str, Any] = {
    "publisher": "ICE, FOIA, through the Deportation Data Project",
    "url": "https://deportationdata.org",
    "first": "1990-01-01",
    "licence": "CC0 1.0",
}
_PERSON = (
    "Religion", "Gender", "Marital Status", "Ethnicity", "Birth Country", "Citizenship Country",
    "Entry Status", "Known Terrorist Yes No", "Suspected Gang Yes No", "Birth Date", "Birth Year",
    "Race", "Entry Date",
)  # fmt: skip
_CASE = (
    "Stay Book Out Date", "MSC Charge", "MSC Sentence Days", "MSC Sentence Months", "MSC Sentence Years",
    "MSC Charge Code", "Aggravated Felon Yes No", "Offense INA 236C Yes No", "Case INA 236C Yes No",
    "Bond Posted Date", "Bond Posted Amount", "Case Status", "Case Category", "Final Order Yes No",
    "Final Order Date", "Case Threat Level", "Detainee Classification", "Final Charge", "Departed Date",
    "Departure Country", "Initial Bond Set Amount", "Initial Bond Set Date",
    "Apprehension Final Program", "MSC Charge Date", "MSC Conviction Date", "MSC Criminal Charge Status",
    "MSC Criminal Charge Status Code", "MSC Crime Class", "Book In Site",
)  # fmt: skip
_ADDED = (
    "stint_ID", "file", "sheet", "row", "file_original", "sheet_original", "row_original",
    "duplicate_likely_bond", "duplicate_likely_sameday", "detention_facility_county",
)  # fmt: skip

_FLAGS = {
    "published_likely": text("duplicate_likely", "likely_duplicate", needed=False),
    "published_drop": text("duplicate_drop_row", needed=False),
}

FAMILIES = [
    Family(
        id="ddp-stints-a",
        title="ICE detention stints, 2025 release (2025-ICLI-00019)",
        table="stints",
        covers="National, September 2023 on; stints with book-in, book-out and stay.",
        columns={
            "moment": moment("Book In Date Time", "Detention Book In Date Time"),
            "book_out": other_moment("Detention Book Out Date Time", needed=True),
            "stay_book_in": other_moment("Stay Book In Date Time", needed=True),
            "stay_book_out": other_moment("Stay Book Out Date Time", "Stay Book Out Date"),
            "facility": text("Detention Facility"),
            "facility_code": text("Detention Facility Code", needed=False),
            "release_reason": text("Detention Release Reason", needed=False),
            "stay_release_reason": text("Stay Release Reason", needed=False),
            "criminality": text("Book In Criminality", needed=False),
            "city": text("Detention Facility City", needed=False),
            "state": text("Detention Facility State", needed=False),
            "subject": text("Unique Identifier", "Anonymized Identifier", needed=False),
            **_FLAGS,
        },
        known=(*_PERSON, *_CASE, *_ADDED, "stay_ID", "Felon", "Final Program", "Final Program Group",
               "Most Serious Conviction Code", "Most Serious Conviction Charge Code",
               "Most Serious Conviction Charge", "Alien File Number", "EID Case ID", "EID Subject ID",
               "EID Detention ID"),
        duplicates="stints",
        rank=60,
        **_COMMON,
    ),
    Family(
        id="ddp-stints-h",
        title="ICE detention stints, FY2012 to FY2023 (2023-ICFO-42034)",
        table="stints",
        covers="National, 2011-10 to November 2023; stints with days of book-in and book-out, identifier.",
        columns={
            "moment": moment("Detention Book In Date", "Detention Book In Date And Time"),
            "book_out": other_moment(
                "Detention Book Out Date", "Detention Book Out Date Time", "Detention Book Out Date And Time"
            ),
            "stay_book_in": other_moment("Stay Book In Date", "Stay Book In Date Time"),
            "stay_book_out": other_moment("Stay Book Out Date", "Stay Book Out Date Time"),
            "facility": text("Detention Facility"),
            "facility_code": text("Detention Facility Code", needed=False),
            "release_reason": text("Detention Release Reason", needed=False),
            "stay_release_reason": text("Stay Release Reason", needed=False),
            "aor": text("Docket Control Office", "Book In DCO", needed=False),
            "subject": text(
                "Anonymized Identifier", "Anonymized Identifer", "Unique Identifier", needed=False
            ),
            **_FLAGS,
        },
        known=(*_PERSON, *_CASE, *_ADDED, "stay_ID", "Detention ID", "Case ID", "Subject ID", "Marital",
               "Alien File Number", "Charge", "Charge Code", "Charge Section Code", "Ethnic"),
        duplicates="stints",
        rank=30,
        **_COMMON,
    ),
    Family(
        id="ddp-stints-b",
        title="ICE detention stints, March 2026 release",
        table="stints",
        covers="National, stints in detention facilities with book-in, book-out and stay.",
        columns={
            "moment": moment("Book In Date Time"),
            "book_out": other_moment("Book Out Date Time"),
            "stay_book_in": other_moment("Stay Book In Date Time", needed=True),
            "stay_book_out": other_moment("Stay Book Out Date Time"),
            "facility": text("Detention Facility"),
            "facility_code": text("Detention Facility Code"),
            "release_reason": text("Detention Release Reason", needed=False),
            "stay_release_reason": text("Stay Release Reason", needed=False),
            "criminality": text("Book In Criminality", needed=False),
            "city": text("Detention Facility City", needed=False),
            "state": text("Detention Facility State", needed=False),
            "aor": text("Book In AOR", needed=False),
            "subject": text("Anonymized Identifier", "Unique Identifier"),
            **_FLAGS,
        },
        known=(*_PERSON, *_CASE, *_ADDED, "stay_ID"),
        latest=("detention-stints-latest",),
        duplicates="stints",
        rank=70,
        **_COMMON,
    ),
    Family(
        id="ddp-stays",
        title="ICE detention stays, one row a stay",
        table="stays",
        covers="National, stays built from stints by the Deportation Data Project.",
        columns={
            "stay": text("stay_ID", filled=True),
            "moment": moment("stay_book_in_date_time", "book_in_date_time_first"),
            "stay_book_out": other_moment("stay_book_out_date_time", "book_out_date_time_last"),
            "stints": count("n_stints"),
            "facility_code": text("detention_facility_code_first", needed=False),
            "facility": text("detention_facility_first", needed=False),
            "facility_code_longest": text("detention_facility_code_longest", needed=False),
            "facility_code_last": text("detention_facility_code_last", needed=False),
            "facility_codes_all": text("detention_facility_codes_all"),
            "stay_release_reason": text("stay_release_reason", needed=False),
            "subject": text("unique_identifier", "anonymized_identifier", needed=False),
        },
        known=(*_PERSON, *_CASE, *_ADDED),
        latest=("detention-stays-latest",),
        rank=70,
        **_COMMON,
    ),
]  # fmt: skip
