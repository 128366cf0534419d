"""Arrests by landmark and area of responsibility: a vocabulary of landmarks."""

from __future__ import annotations

from atlarge.releases.family import Family, count, text

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "4dbcf7577d4f19542502a48d08969d5c0fb77614/analyze/note/"
)

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
    fetch={
        _FROM + "apprehension_landmark_aor.csv": (
            "40b2297a595ad2d8d1a5882cd380729b5d2255bec57304e206399fbc7e174115"
        ),
    },
    licence="GPL-3.0 repository",
)
