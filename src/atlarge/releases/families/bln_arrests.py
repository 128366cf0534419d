"""Arrests as Big Local News recodes them for newsrooms: at large or custodial, joined to detention."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

FAMILY = Family(
    id="bln-arrests",
    title="ICE arrests recoded by Big Local News",
    publisher="Big Local News, Stanford, from the Deportation Data Project's releases",
    url="https://biglocalnews.org",
    table="arrests",
    covers="What the newsroom kept; landmark, at-large or custodial by its own reading, numbered persons.",
    columns={
        "date": day("arrest_date"),
        "landmark": text("apprehension_site_landmark"),
        "method": text("arrest_street_custodial"),
        "criminality": text("arrest_criminality", needed=False),
        "subject": text("bln_person_id", needed=False),
    },
    known=("orig_row_number", "bln_arrest_charge_code", "bln_charge", "detention_facility", "detention_state",
           "detention_city", "detention_county", "detainer_facility", "detainer_county", "birth_year",
           "citizenship_country", "case_status_recoded", "departed_date", "departure_country", "gender",
           "is_last_arrest", "arrest_method", "arrest_state", "arrest_aor"),
    first="2003-03-01",
    rank=50,
    licence="none stated",
    note="The method is the newsroom's reading in two words, not the agency's.",
)  # fmt: skip
