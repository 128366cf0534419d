"""Resolve columns of texts: each unique combination once, then a join back to the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from atlarge.errors import QuestionError
from atlarge.places.gazetteer import aor_code, gazetteer, state_code
from atlarge.places.text import trimmed

COLUMNS = {
    "place_kind": pl.String,
    "county_fips": pl.String,
    "office": pl.String,
    "aor_resolved": pl.String,
    "state_resolved": pl.String,
    "place_confidence": pl.Float32,
    "place_basis": pl.String,
    "place_name": pl.String,
}
"""Columns of a resolved frame and their types."""


def resolve(
    texts: Any,
    *,
    text: str = "landmark",
    aor: str | None = "aor",
    state: str | None = None,
    city: str | None = None,
    facility_code: str | None = None,
) -> pl.DataFrame:
    """The place of every row of texts, in its order.

    Parameters
    ----------
    texts : DataFrame, str or sequence of str
        One row a text: a frame of polars, pandas or pyarrow, or the texts alone.
    text, aor, state, city, facility_code : str
        Names of columns; all but `text` may be None or hold nulls. An area of responsibility may be a code,
        a name or a long name; a state, letters or a name.

    Returns
    -------
    polars.DataFrame
        One row a row, columns as of COLUMNS: `place_kind` is county, office_area, aor, state or unresolved;
        `place_confidence` is the probability (0 to 1) that the place is right; `place_basis` names the
        words and the rule.

    Raises
    ------
    QuestionError
        If there is no column `text`, or `texts` is neither texts nor a frame of them.

    Examples
    --------
    >>> import polars as pl
    >>> found = resolve(pl.DataFrame({"landmark": ["TRAVIS COUNTY JAIL, AUSTIN, TX"], "aor": ["SNA"]}))
    >>> found["county_fips", "place_name"].row(0)
    ('48453', 'Travis County, TX')
    >>> resolve("COBB COUNTY JAIL")["place_name"].item()
    'Cobb County, GA'
    """
    frame = _frame(texts, text)
    if text not in frame.columns:
        raise QuestionError(f"no column {text!r} to read places from; there are: {', '.join(frame.columns)}")
    wanted = {"text": text, "aor": aor, "state": state, "city": city, "code": facility_code}
    given = {
        name: column for name, column in wanted.items() if column is not None and column in frame.columns
    }
    keys = frame.select(
        **{
            name: trimmed(pl.col(column).cast(pl.String))
            if name != "text"
            else pl.col(column).cast(pl.String)
            for name, column in given.items()
        }
    )
    unique = keys.unique(maintain_order=True)
    answers = pl.concat([unique, resolve_unique(unique)], how="horizontal")
    return keys.join(answers, on=list(given), how="left", nulls_equal=True, maintain_order="left").select(
        *COLUMNS
    )


def _frame(texts: Any, name: str) -> pl.DataFrame:
    """Texts, or a frame of any library, as a frame of polars; QuestionError for anything else."""
    if isinstance(texts, pl.DataFrame):
        return texts
    import narwhals as nw

    try:
        if isinstance(texts, str):
            return pl.DataFrame({name: [texts]})
        if isinstance(texts, Sequence):
            return pl.DataFrame({name: pl.Series(list(texts), dtype=pl.String)})
        given = nw.from_native(texts, eager_only=True, allow_series=True)
        if isinstance(given, nw.Series):
            return pl.DataFrame({name: given.to_polars()})
        frame: pl.DataFrame = given.to_polars()
        return frame
    except (TypeError, ValueError):
        pass
    raise QuestionError(
        f"{type(texts).__name__}: places are read from texts, or from a frame with a column {name!r} of them"
    )


def resolve_unique(keys: pl.DataFrame) -> pl.DataFrame:
    """Resolve unique combinations (columns text, aor, state, city, code; all but text optional)."""
    gaz = gazetteer()
    codes: dict[str | None, str | None] = {None: None}
    if "aor" in keys.columns:
        codes |= {name: aor_code(name) for name in keys["aor"].unique().to_list()}
    empty = [None] * keys.height
    states: dict[str | None, str | None] = {None: None}
    if "state" in keys.columns:
        states |= {name: state_code(name) for name in keys["state"].unique().to_list()}
    columns = [
        keys[name].to_list() if name in keys.columns else empty
        for name in ("text", "aor", "state", "city", "code")
    ]
    from atlarge.places.case import Query
    from atlarge.places.rules import resolve_one  # not needed to find a place by its name

    answers = [
        resolve_one(gaz, Query(text, codes[aor], states[state], city, code))
        for text, aor, state, city, code in zip(*columns, strict=True)
    ]
    return pl.DataFrame(
        [
            (a.kind, a.fips, a.office, a.aor, a.state, round(a.confidence, 3), a.basis, a.name)
            for a in answers
        ],
        schema=COLUMNS,
        orient="row",
    )
