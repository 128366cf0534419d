"""Seattle arrests 2012 to 2019 with state, as UWCHR tidied them; from FY2016 on also in national files."""

from __future__ import annotations

from atlarge.releases.family import Family, day, text

_FROM = (
    "https://raw.githubusercontent.com/UWCHR/ice-enforce/"
    "159b4514e12fc80814f783f62c30be6467b915f1/aor-seattle/analyze/frozen/"
)

_KNOWN = (
    "date_of_birth", "gender", "country_of_citizenship", "event_number", "most_serious_conviction",
)  # fmt: skip

FAMILIES = [Family(
    id="seattle-arrests",
    title="ERO arrests of the Seattle area of responsibility with state, 2012 to 2019",
    publisher="ICE ERO, FOIA, through UWCHR, who tidied landmarks and added the state",
    url="https://github.com/UWCHR/ice-enforce",
    table="arrests",
    covers="Seattle area, 2012-01-01 to 2019-07-05; FY2012 lacks 287(g).",
    columns={
        "date": day("arrest_date"),
        "landmark": text("apprehension_landmark"),
        "method": text("arrest_method"),
        "state": text("state"),
    },
    known=(*_KNOWN, "year", "month", "day"),
    scope="aor:SEA",
    constants={"aor": "SEA"},
    day_order="month",
    rank=20,
    fetch={
        _FROM + "arrests_with_state.csv.gz": (
            "3e72d5687871f00e85a42fc6cc62943dc746068686ba32d5e6aff9fee9add07c"
        ),
    },
    licence="FOIA records; the repository that carries them is GPL-3.0",
), Family(
    id="seattle-arrests-foia",
    title="ERO arrests of the Seattle area of responsibility as released, 2012 to 2019",
    publisher="ICE ERO-LESA Statistical Tracking Unit, FOIA (UW v. DHS), through UWCHR",
    url="https://github.com/UWCHR/ice-enforce",
    table="arrests",
    covers="Seattle area, 2012-01-01 to 2019-07-06; FY2012 lacks 287(g); no state.",
    columns={
        "date": day("Arrest Date"),
        "landmark": text("Apprehension Landmark"),
        "method": text("Arrest Method"),
    },
    known=_KNOWN,
    delimiters=("|", ","),
    scope="aor:SEA",
    constants={"aor": "SEA"},
    day_order="month",
    allows_formulas=True,
    rank=15,
    licence="FOIA records",
)]  # fmt: skip
