"""Detect identifiers that cannot identify a person: placeholders, numbers truncated by a spreadsheet, one
value for all.

A row is dropped as a duplicate only because its identifier says that it is the same person. So a value that
says no such thing is taken as missing: its rows are all kept, and a note counts them.
"""

from __future__ import annotations

import polars as pl

from atlarge.wording import some

_NO_ONE = (
    r"(?i)^(?:unknown|unk|redacted|withheld|missing|not available|not applicable|not provided|not recorded"
    r"|confidential|exempt|tbd|test|anonymous|anonymized|blank|empty|false|true|yes|no|y|n|male|female"
    r"|0{1,8}(?:\.0+)?|9{6,}|[x*#?._\-\s]+)$"
)
_SCIENTIFIC = r"^[+-]?\d(?:[.,]\d+)?[eE][+]?\d{2,3}$"
_LONG_NUMBER = r"^[1-9]\d{15,21}(?:\.0)?$"
_WHOLE_FLOAT = r"^(\d+)\.0$"
_MOST_SHARE = 0.05
_FEW = 8
_MOST_ROWS = 500


def usable(values: pl.Series) -> tuple[pl.Series, list[str]]:
    """Remove identifiers that cannot identify a person; returns the rest, and notes that count those removed
    by kind.

    `values`: identifiers as published, trimmed, one a row. A value is taken away if it is a word for nothing
    or a withheld person, or a number that a spreadsheet wrote as 1.23E+12 or rounded to 15 digits. Values
    in more rows than a person can have are found by `too_frequent`, over a whole release.

    Examples
    --------
    >>> usable(pl.Series(["1.23457E+12", "a91f"]))[0].to_list()
    [None, 'a91f']
    """
    values = values.cast(pl.String)
    counted = values.drop_nulls().value_counts(name="_rows")
    if counted.is_empty():
        return values, []
    name = counted.columns[0]
    word = pl.col(name)
    rounded = word.str.contains(_LONG_NUMBER) & word.str.replace(r"\.0$", "").str.slice(15).str.contains(
        "^0+$"
    )
    kinds = (
        pl.when(word.str.contains(_NO_ONE)).then(pl.lit("a word for nobody"))
        .when(word.str.contains(_SCIENTIFIC) | rounded)
        .then(pl.lit("a number that a spreadsheet has cut short (as 1.23E+12 is)"))
    )  # fmt: skip
    classified = counted.with_columns(kinds.alias("_kind")).filter(pl.col("_kind").is_not_null())
    if not classified.is_empty():
        gone = classified[name].to_list()
        values = values.to_frame("v").select(pl.when(~pl.col("v").is_in(gone)).then(pl.col("v"))).to_series()
    if counted.select(word.str.contains(_WHOLE_FLOAT).any()).item():
        values = values.str.replace(_WHOLE_FLOAT, "$1")  # pandas writes 123 as 123.0 if any value is missing
    kinds_found = classified.group_by("_kind").agg(pl.col("_rows").sum()).sort("_kind")
    return values, [
        f"the identifier is {kind} in {some(rows, 'row')}: it is not used, and none of them is dropped by it"
        for kind, rows in kinds_found.iter_rows()
    ]


def too_frequent(people: pl.Series) -> pl.Series:
    """Mask of rows whose identifier stands in more rows than one person can have; null people are not.

    It stands for all rows there are (at least eight), or in at least eight rows, eight times as many as the
    usual identifier of the release has, and a twentieth of all or over 500.
    """
    counts = people.drop_nulls().value_counts(name="rows")
    if counts.is_empty():
        return pl.repeat(False, len(people), dtype=pl.Boolean, eager=True)
    usual = float(counts["rows"].median() or 0)  # type: ignore[arg-type]
    if counts.height == 1:
        most = float(_FEW) if counts["rows"][0] == len(people) else max(_FEW, _MOST_SHARE * len(people))
    else:
        most = max(_FEW, _FEW * usual, min(_MOST_SHARE * len(people), _MOST_ROWS))
    gone = counts.filter(pl.col("rows") >= most)[counts.columns[0]]
    return people.is_in(gone.to_list()).fill_null(False)
