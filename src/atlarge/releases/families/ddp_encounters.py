"""Deportation Data Project encounters: forms A (2025), B (March 2026) and H (FY2012 to FY2023)."""

from __future__ import annotations

from typing import Any

from atlarge.releases.family import Family, mark, moment, text

_KNOWN = (
    "Responsible Site", "Lead Event Type", "Lead Source", "Event Type", "Final Program",
    "Final Program Group", "Case Status", "Case Category", "Departed Date", "Departure Country",
    "Final Order Yes No", "Final Order Date", "Birth Date", "Birth Year", "Citizenship Country",
    "Gender", "Alien File Number", "EID Case ID", "EID Subject ID", "file", "sheet", "row",
    "file_original", "sheet_original", "row_original",
)  # fmt: skip
_COLUMNS = {
    "moment": moment("Event Date"),
    "aor": text("Responsible AOR"),
    "landmark": text("Event Landmark"),
    "criminality": text("Encounter Criminality", needed=False),
    "disposition": text("Processing Disposition", needed=False),
    "subject": text("Unique Identifier", "Anonymized Identifier", needed=False),
    "published_likely": text("duplicate_likely", needed=False),
    "published_drop": text("duplicate_drop_row", needed=False),
}
_COMMON: dict[str, Any] = {
    "publisher": "ICE, FOIA, through the Deportation Data Project",
    "url": "https://deportationdata.org",
    "table": "encounters",
    "duplicates": "encounter_days",
    "first": "2003-03-01",
    "licence": "CC0 1.0",
}

FAMILIES = [
    Family(
        id="ddp-encounters-a",
        title="ICE encounters, 2025 release (2025-ICLI-00019)",
        covers="National; area, landmark, disposition, identifier.",
        columns=_COLUMNS,
        known=_KNOWN,
        rank=60,
        **_COMMON,
    ),
    Family(
        id="ddp-encounters-b",
        title="ICE encounters, March 2026 release (2026-ICLI-00005)",
        covers="National, 2022-10-01 to 2026-03-10; as form A, with operation and arresting agency.",
        columns={
            **_COLUMNS,
            "operation_mark": mark("Operation"),
            "threat_level": text("Encounter Threat Level"),
        },
        known=(*_KNOWN, "Arresting Agency"),
        latest=("encounters-latest",),
        rank=70,
        **_COMMON,
    ),
    Family(
        id="ddp-encounters-h",
        title="ICE encounters, FY2012 to FY2023 (2023-ICFO-42034)",
        covers="National, 2011-10 to 2023; landmark where recorded; identifier.",
        columns={
            "moment": moment("Event Date", "Encounter Date", "Event Date Time"),
            "aor": text("Event Area of Responsibility", "Area of Responsibility", "Event AOR", "AOR",
                        needed=False),
            "landmark": text("Event Landmark", "Landmark", "Encounter Landmark", needed=False),
            "operation_mark": mark("Operation", needed=False),
            "criminality": text("Encounter Criminality", needed=False),
            "disposition": text("Processing Disposition", needed=False),
            "subject": text("Anonymized Identifier", "Anonymized Identifer", "Unique Identifier"),
            "published_likely": text("duplicate_likely", needed=False),
            "published_drop": text("duplicate_drop_row", needed=False),
        },
        known=(*_KNOWN, "Case ID", "Subject ID", "Citizenship", "Event Program", "Current Program",
               "Event Created By", "Encounter Created By", "Birth Country", "Processing Disposition Code"),
        rank=30,
        **_COMMON,
    ),
]  # fmt: skip
