"""Arrests by landmark and area of responsibility: a vocabulary of landmarks."""

from __future__ import annotations

from atlarge.releases.family import Family, count, text

FAMILY = Family(
    id="landmark-totals",
    is_exact=True,
    title="Apprehension landmarks by area of responsibility, with total arrests",
    publisher="UWCHR, from ICE FOIA releases",
    url="https://github.com/UWCHR/ice-enforce",
    table="landmarks",
    covers="National, taken to be FY2012 to January 2023; no dates.",
    columns={
        "aor": text("aor"),
        "landmark": text("apprehension_landmark"),
        "arrests": count("total", filled=True),
    },
    licence="GPL-3.0 repository",
)
