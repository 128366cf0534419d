"""People held, by detention facility and day."""

from __future__ import annotations

from atlarge.releases.family import Family, count, day, text

_FROM = (
    "https://raw.githubusercontent.com/CarwilB/ice-detention/"
    "d4dc30aa135ccc29e0904d737fe7dacabe083862/data/ddp/"
)

FAMILIES = [
    Family(
        id="ddp-facility-days",
        title="People held by facility and day, 2022 on",
        publisher="Deportation Data Project",
        url="https://deportationdata.org",
        table="facility_population",
        covers="National, 2022-10-01 to 2026-03-10.",
        columns={
            "facility_code": text("detention_facility_code", filled=True),
            "date": day("date"),
            "population": count("n_detained", filled=True),
            "population_at_midnight": count("n_detained_at_midnight"),
            "facility": text("detention_facility", needed=False),
        },
        known=("n_detained_male", "n_detained_female", "n_detained_convicted_criminal",
               "n_detained_possibly_under_18"),
        rank=40,
        fetch={
            _FROM + "facilities-daily-population-latest.parquet": (
                "649722ae79088a91aab26b8f4f7889a71e12e56a36ee102213ba632293312017"
            ),
        },
        licence="CC0 1.0",
    ),
    Family(
        id="uwchr-headcount",
        is_exact=True,
        title="People held by facility and day, FY2012 to January 2024",
        publisher="UWCHR, from ICE FOIA 2022-ICFO-09022",
        url="https://github.com/UWCHR/ice-detain",
        table="facility_population",
        covers="National, 2005-09-23 to 2024-01-04; before FY2012 only stays still open then.",
        columns={
            "facility_code": text("detention_facility_code", filled=True),
            "population": count("n", filled=True),
            "date": day("date"),
        },
        delimiters=("|",),
        rank=20,
        licence="GPL-3.0 repository",
    ),
]  # fmt: skip
