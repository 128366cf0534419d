"""Codes of areas of responsibility and states, from the words that releases use for them."""

from __future__ import annotations

from functools import cache

import polars as pl

from atlarge.reference import state_codes, table

_SUFFIX = r"(?i)\s+(?:area of responsibility|aor|field office)$"
_PREFIX = r"(?i)^(?:ice\s+)?ero\s+"
_SAINT = r"(?i)^(?:saint|st\.?)\s+"


@cache
def _area_codes() -> dict[str, str]:
    areas = table("aors")
    codes: dict[str, str] = {}
    for code, name, long_name in areas.select("aor", "name", "long_name").iter_rows():
        short = str(long_name).lower().removesuffix(" area of responsibility")
        codes |= {
            str(code).lower(): code,
            str(name).lower(): code,
            short: code,
            short.removesuffix(" city"): code,
        }
    return codes


def _coded(words: pl.Series, codes: dict[str, str], *parts: tuple[str, str]) -> pl.Series:
    """The codes of words, whatever their capitals; of each pair in `parts` the first becomes the second."""
    if words.null_count() == len(words):
        return words.cast(pl.String)
    plain = pl.col(words.name).str.strip_chars()
    for part, by in parts:
        plain = plain.str.replace(part, by)
    found = plain.str.to_lowercase().replace_strict(
        list(codes), list(codes.values()), default=None, return_dtype=pl.String
    )
    return words.to_frame().select(found).to_series()


def area_code(words: pl.Series) -> pl.Series:
    """Three-letter codes of areas of responsibility; null where the words name none."""
    return _coded(words, _area_codes(), (_SUFFIX, ""), (_PREFIX, ""), (_SAINT, "st. "))


def state_code(words: pl.Series) -> pl.Series:
    """Two-letter codes of states; null where the words name none."""
    return _coded(words, state_codes())


@cache
def _county_codes() -> pl.DataFrame:
    counties = table("counties").select("state", pl.col("fips").alias("_fips"), "name")
    bare = _bare_county(counties["name"])
    whole = counties.with_columns(bare.alias("_county")).select("state", "_county", "_fips")
    return whole.unique(["state", "_county"], keep="none")


def _bare_county(words: pl.Series) -> pl.Series:
    """County names without the word for what they are, and without spaces or points."""
    return (
        words.str.to_lowercase()
        .str.replace(r"\s*\(.*\)$", "")
        .str.replace(r"\s+(?:county|parish|borough|census area|city and borough|municipality)$", "")
        .str.replace_all(r"\bst\.?\s", "saint ")
        .str.replace_all(r"[^a-z]", "")
    )


def county_code(words: pl.Series, states: pl.Series) -> pl.Series:
    """Five-digit codes of counties named with their state; null where they name none, or two."""
    if words.null_count() == len(words):
        return words.cast(pl.String)
    wanted = pl.DataFrame({"state": states, "_county": _bare_county(words)})
    return wanted.join(_county_codes(), on=["state", "_county"], how="left", maintain_order="left")["_fips"]
