"""Detect identifiers that cannot identify a person: placeholders, numbers truncated by a spreadsheet, one
value for all.

A row is dropped as a duplicate only because its identifier says that it is the same person. So a value that
says no such thing is taken as missing: its rows are all kept, and a note counts them.
"""

from __future__ import annotations

import polars as pl

from atlarge.wording import some

PERSON = "_person"
"""The column of what tells persons apart: a hash of birth year, or of citizenship and sex; never stored."""
_BORN = ("birth_year", "year_of_birth")
_OTHERS = (
    ("citizenship_country", "country_of_citizenship", "citizenship", "birth_country"),
    ("gender", "sex"),
)
_NO_ONE = (
    r"(?i)^\W*(?:unknown|unk|redacted|withheld|missing|(?:data )?not available|not (?:applicable|provided)"
    r"|not (?:recorded|known|found)|confidential|exempt|tbd|test|anonymous|anonymized|blank|empty|false|true"
    r"|yes|no|y|n|male|female|pending|deleted|void|no (?:data|id|value|identifier)|n\.\s?[ad]\.?"
    r"|desconocid[oa]|sin datos?|0{1,8}(?:\.0+)?|-\d{1,4}(?:\.0+)?|9{3,}(?:\.0+)?|x+|[*#?._\-\s]+)\W*$"
)
_SCIENTIFIC = r"^[+-]?\d(?:[.,]\d+)?[eE][+]?\d{2,3}$"
_LONG_NUMBER = r"^[1-9]\d{15,21}(?:\.0)?$"
_WHOLE_FLOAT = r"^(\d+)\.0$"
_AROUND = " \t'\"={}"
_ROW_NUMBERS, _FEWEST_NUMBERS, _LARGEST_NUMBER = 0.9, 20, 10_000_000
_TIMES, _FEWEST_WORDS = 4, 12
_OFTEN = 4
_MOST_SHARE = 0.05
_FEW = 8
_MOST_ROWS = 500


def usable(values: pl.Series) -> tuple[pl.Series, list[str]]:
    """Remove identifiers that cannot identify a person; returns the rest, and notes that count those removed
    by kind.

    `values`: identifiers as published, trimmed, one a row. A value is taken away if it is a word for nothing
    or a withheld person, a number that a spreadsheet wrote as 1.23E+12 or rounded to 15 digits, or the number
    of its row. Values in more rows than a person can have are found by `too_frequent`, over a whole release.
    What programs put around a text is taken off, and text is in lower case unless two values would be one.

    Examples
    --------
    >>> usable(pl.Series(["1.23457E+12", "a91f"]))[0].to_list()
    [None, 'a91f']
    """
    values = _plain(values.cast(pl.String))
    if _are_row_numbers(values):
        rows = some(len(values) - values.null_count(), "row")
        return values.clear(len(values)), [
            f"the identifier is the number of the row in {rows}: it is not used, and none is dropped by it"
        ]
    counted = values.drop_nulls().value_counts(name="_rows")
    if counted.is_empty():
        return values, []
    name = counted.columns[0]
    word = pl.col(name)
    if _are_words(counted[name], counted["_rows"]):
        rows = some(int(counted["_rows"].sum()), "row")
        return values.clear(len(values)), [
            f"the identifier is a word that others share in {rows}: it is not used, and none is dropped by it"
        ]
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


def persons(frame: pl.DataFrame) -> pl.Series | None:
    """What tells the persons of rows apart, as a hash; None where no column does."""
    born = next((name for name in _BORN if name in frame.columns), None)
    if born is not None:
        years = frame[born].cast(pl.String).cast(pl.Float64, strict=False)
        if years.null_count() * 2 <= len(years):
            return years.hash().to_frame(PERSON).select(pl.when(years.is_not_null()).then(PERSON)).to_series()
    names = [name for group in _OTHERS for name in group if name in frame.columns]
    if not names:
        return None
    first = [
        pl.col(n)
        .cast(pl.String)
        .str.strip_chars()
        .str.to_uppercase()
        .str.slice(0, 1 if n in _OTHERS[1] else None)
        for n in names
    ]
    words = frame.select(w.alias(n).replace("", None) for w, n in zip(first, names, strict=True))
    return words.select(
        pl.when(pl.all_horizontal(pl.all().is_not_null())).then(pl.struct(pl.all()).hash()).alias(PERSON)
    ).to_series()


def _plain(values: pl.Series) -> pl.Series:
    """Identifiers without the marks that programs put around them, in small letters unless that joins two."""
    bare = values.str.strip_chars(_AROUND)
    small = bare.str.to_lowercase()
    if not (small != bare).any():
        return bare
    return small if small.n_unique() == bare.n_unique() else bare


def _are_words(values: pl.Series, rows: pl.Series) -> bool:
    """Whether values are words, such as countries: none has a digit, and each stands in several rows."""
    return int(rows.sum()) >= _TIMES * len(rows) >= _FEWEST_WORDS and not values.str.contains(r"\d").any()


def _are_row_numbers(values: pl.Series) -> bool:
    """Whether values count rows: whole numbers, each one more than the last, perhaps begun again at times."""
    numbers = values.head(_FEWEST_NUMBERS).cast(pl.Int64, strict=False)
    if numbers.null_count() or len(numbers) < _FEWEST_NUMBERS:
        return False
    numbers = values.cast(pl.Int64, strict=False).drop_nulls()
    steps = numbers.diff().drop_nulls()
    if len(numbers) + values.null_count() < len(values) or int(numbers.max() or 0) > _LARGEST_NUMBER:  # type: ignore[arg-type]
        return False
    return bool((steps == 1).mean() >= _ROW_NUMBERS and not (steps == 0).any())  # type: ignore[operator]


def too_frequent(people: pl.Series) -> pl.Series:
    """Mask of rows whose identifier stands in more rows than one person can have; null people are not.

    It stands for all rows there are (at least eight), or in at least eight rows, eight times as many as the
    usual identifier of the release has, and four times as many as 99 of 100 have, a twentieth of all or over
    500.
    """
    counts = people.drop_nulls().value_counts(name="rows")
    if counts.is_empty():
        return pl.repeat(False, len(people), dtype=pl.Boolean, eager=True)
    usual = float(counts["rows"].median() or 0)  # type: ignore[arg-type]
    if counts.height == 1:
        most = float(_FEW) if counts["rows"][0] == len(people) else max(_FEW, _MOST_SHARE * len(people))
    else:
        often = _OFTEN * float(counts["rows"].quantile(0.99, "lower") or 0)
        most = max(_FEW, _FEW * usual, min(often, _MOST_SHARE * len(people), _MOST_ROWS))
    gone = counts.filter(pl.col("rows") >= most)[counts.columns[0]]
    return people.is_in(gone.to_list()).fill_null(False)
