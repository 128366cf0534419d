"""Noncitizens with their margins: Census table B05001 in its published forms, and citizens of voting age.

A user brings them so that arrests can be set against people counted by a survey. Which survey a file is of
stands in its name alone (`ACSDT5Y2022.B05001-Data.csv`); a file without it is read, its years not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from atlarge.reference import table
from atlarge.releases.areas import county_code, state_code
from atlarge.releases.spreads import figures

if TYPE_CHECKING:
    from atlarge.releases.reading import Release

_SURVEY = re.compile(r"(?i)acs_?(?:dt|st|se)?_?([135])_?(?:yr?s?)?_?(20\d\d)")
_SPAN = re.compile(r"(?<!\d)(20[012]\d)\s*(?:-|_|to|through)\s*(20[0-3]\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20[012]\d)(?!\d)")


def survey_years(name: str, folder: str = "") -> tuple[int, int] | None:
    """First and last year of the survey that a file's name or its folder's states; None if neither does.

    Examples
    --------
    >>> survey_years("ACSDT5Y2022.B05001-Data.csv")
    (2018, 2022)
    >>> survey_years("County.csv", "CVAP_2015-2019_ACS_csv_files")
    (2015, 2019)
    >>> survey_years("B05001.csv")
    """
    for words in (name, folder):
        if found := _SURVEY.search(words):
            length, last = int(found[1]), int(found[2])
            return last - length + 1, last
        if (found := _SPAN.search(words)) and int(found[1]) <= int(found[2]) <= int(found[1]) + 4:
            return int(found[1]), int(found[2])
    found = _YEAR.search(name.replace("B05001", ""))
    return (int(found[1]), int(found[1])) if found else None


def stated(release: Release) -> Mapping[str, Any]:
    """First and last year of the survey, as the file's name says."""
    years = survey_years(release.path.name, release.path.parent.name)
    first, last = years or (None, None)
    return {"first_year": first, "last_year": last}


def _place(codes: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Kind and code of places, from identifiers such as 0500000US48453, 05000US48453, 48453 and 1001."""
    parts = codes.str.extract_groups(r"^(?:(\d{3})\w*US)?(\d*)$")
    level, digits = parts.struct.field("1"), parts.struct.field("2")
    frame = pl.DataFrame({"whole": codes, "level": level, "digits": digits})
    width = pl.col("digits").str.len_chars()
    kind = (
        pl.when(pl.col("level") == "010")
        .then(pl.lit("nation"))
        .when((pl.col("level") == "040") | (pl.col("level").is_null() & width.is_in([1, 2])))
        .then(pl.lit("state"))
        .when((pl.col("level") == "050") | (pl.col("level").is_null() & width.is_in([4, 5])))
        .then(pl.lit("county"))
    )
    frame = frame.with_columns(kind.alias("kind"))
    names = _state_of_fips()
    state = pl.col("digits").str.zfill(2).replace_strict(list(names), list(names.values()), default=None)
    place = (
        pl.when(pl.col("kind") == "nation")
        .then(pl.lit("US"))
        .when(pl.col("kind") == "state")
        .then(state)
        .when(pl.col("kind") == "county")
        .then(pl.col("digits").str.zfill(5))
        .otherwise(pl.col("whole"))
    )
    both = frame.select(pl.coalesce("kind", pl.lit("other area")).alias("kind"), place.alias("place"))
    return both["kind"], both["place"]


def _state_of_fips() -> dict[str, str]:
    rows = table("counties").select(pl.col("fips").str.slice(0, 2), "state").unique()
    return dict(rows.iter_rows())


def _number(name: str) -> pl.Expr:
    """A cell as the Census Bureau prints numbers: thousands separated, codes below zero for what is missing.

    A margin printed ***** or -555555555 belongs to a count that is controlled to be right: it is 0.
    """
    words = pl.col(name).str.replace_all(r"[,+±\s]", "")
    value = words.cast(pl.Float64, strict=False)
    controlled = (words == "*****") | (value == -555_555_555)
    return pl.when(controlled).then(0.0).when(value >= 0).then(value)


def spread(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a figure: noncitizens, their margin, and residents."""
    codes = frame["geo"] if "geo" in frame.columns else _codes(frame)
    kind, place = _place(codes.fill_null(""))
    frame = frame.with_columns(kind=kind, place=place)
    if "variable" in frame.columns:
        wanted = pl.col("variable").str.contains(r"(?i)^B05001_0*6E?$")
        frame = frame.filter(wanted.fill_null(False))
    read = [name for name in ("noncitizens", "noncitizens_margin", "residents") if name in frame.columns]
    frame = frame.with_columns([_number(name).alias(name) for name in read])
    if "citizens" in frame.columns:  # citizens of voting age: residents minus citizens are noncitizens
        margins = [_number(name) for name in ("residents_margin", "citizens_margin")]
        frame = frame.filter(pl.col("line").str.strip_chars().str.to_lowercase() == "total").with_columns(
            noncitizens=pl.max_horizontal(pl.col("residents") - _number("citizens"), 0.0),
            noncitizens_margin=(margins[0] ** 2 + margins[1] ** 2).sqrt(),
        )
    last = pl.col("last_year").cast(pl.Int32)
    if "year" in frame.columns:
        last = pl.coalesce(last, pl.col("year").cast(pl.Int32))
    first = pl.coalesce(pl.col("first_year").cast(pl.Int32), last)
    every = (
        pl.when(last.is_null())
        .then(pl.lit("survey of a year not stated"))
        .otherwise(pl.concat_str([pl.lit("survey of "), first, pl.lit(" to "), last]))
    )
    frame = frame.filter(pl.col("noncitizens").is_not_null())
    measures = {
        "noncitizens": "noncitizens",
        "noncitizens_margin": "noncitizens: margin",
        "residents": "residents",
    }
    return figures(
        frame, {name: measure for name, measure in measures.items() if name in frame.columns},
        date=pl.date(first, 1, 1), every=every, place=pl.col("place"), place_kind=pl.col("kind"),
        as_of=pl.date(last, 12, 31),
    )  # fmt: skip


def _codes(frame: pl.DataFrame) -> pl.Series:
    """Codes of an answer of the interface, which has state and county apart: their digits, or their names."""
    state = frame["state"].cast(pl.String)
    names = {name: fips for fips, name in _state_of_fips().items()}
    coded = state_code(state).replace_strict(list(names), list(names.values()), default=None)
    states = (
        pl.DataFrame({"s": state, "c": coded})
        .select(pl.when(pl.col("s").str.contains(r"^\d{1,2}$")).then(pl.col("s").str.zfill(2)).otherwise("c"))
        .to_series()
    )
    if "county" not in frame.columns:
        return states
    county = frame["county"].cast(pl.String)
    named = county_code(county, state_code(state))
    both = pl.DataFrame({"s": states, "c": county, "n": named})
    digits = pl.when(pl.col("c").str.contains(r"^\d{1,3}$")).then(
        pl.concat_str(["s", pl.col("c").str.zfill(3)])
    )
    return both.select(pl.coalesce(digits, "n", pl.lit("")).alias("geo")).to_series()
