"""Codes of areas of responsibility and states, from the words that releases use for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

import polars as pl

from atlarge.reference import state_codes, table

_SUFFIX = re.compile(r"\s+(?:area of responsibility|aor|field office)$", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:ice\s+)?ero\s+", re.IGNORECASE)
_SAINT = re.compile(r"^(?:saint|st\.?)\s+", re.IGNORECASE)


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


@lru_cache(maxsize=4096)
def _area_code(word: str) -> str | None:
    bare = _PREFIX.sub("", _SUFFIX.sub("", word.strip()))
    return _area_codes().get(_SAINT.sub("st. ", bare).lower())


def _state_code(word: str) -> str | None:
    return state_codes().get(word.strip().lower())


def _coded(words: pl.Series, code_of: Callable[[str], str | None]) -> pl.Series:
    codes = [None if word is None else code_of(word) for word in words.to_list()]
    return pl.Series(words.name, codes, dtype=pl.String)


def area_code(words: pl.Series) -> pl.Series:
    """Three-letter codes of areas of responsibility; null where the words name none."""
    return _coded(words, _area_code)


def state_code(words: pl.Series) -> pl.Series:
    """Two-letter codes of states; null where the words name none."""
    return _coded(words, _state_code)


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
