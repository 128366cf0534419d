"""The places of a release's rows, by their words; each distinct combination of words is read once.

Placing needs both records and places, so this module stands above both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from atlarge.codes import Coded, as_categories, code, combine
from atlarge.known_places import QUERY, known_places, resolve_queries
from atlarge.records.control_totals import daily, is_whole
from atlarge.records.gaps import shown
from atlarge.records.prepare import Prepared
from atlarge.records.tables import DATE_COLUMN, EVENTS, PLACE, PLACE_COLUMNS, TABLES, conform
from atlarge.releases.areas import area_code, county_code, state_code
from atlarge.wording import some

_WORDS = ("text", "aor", "state", "city", "facility_code", "county")
_TEXTS = ("landmark", "facility")
_SURE_ROWS, _SURE_SHARE = 20, 0.99
"""A landmark gives the area of rows that lack one if at least so many rows, and this share, agree on it."""
_FOUND = (
    "aor_basis", "office", "county_fips", "place_kind", "place_confidence", "place_basis", "landmark_class",
)  # fmt: skip

_PLACES = tuple(PLACE_COLUMNS.values())


class Words:
    """The words of each row that may name its place: `counted`, distinct combinations with their `_rows`.

    `text` is the landmark, else the facility. `row` gives for each row of the frame its combination. `coded`:
    columns that are coded already.
    """

    def __init__(self, frame: pl.DataFrame, coded: dict[str, Coded] | None = None) -> None:
        text = next((name for name in _TEXTS if name in frame.columns), None)
        named = {"text": text} if text else {}
        named |= {name: name for name in _WORDS[1:] if name in frame.columns}
        self.coded = dict(coded or {})
        for column in named.values():
            if column not in self.coded:
                self.coded[column] = code(frame[column])
        self.row, last, rows = combine([self.coded[column] for column in named.values()], frame.height)
        self.counted = pl.DataFrame(
            [frame[column].gather(last).cast(pl.String).alias(name) for name, column in named.items()]
            + [pl.Series("_rows", rows, dtype=pl.UInt32)]
        )

    def places(self, own: pl.DataFrame) -> pl.DataFrame:
        """The places of each combination; `own`: by words."""
        words = self.counted.drop("_rows")
        if words.width:
            own = words.join(own, on=words.columns, how="left", nulls_equal=True, maintain_order="left")
        return own.select(
            pl.col("_area").alias("aor"), pl.col("_code").alias("state"), *_FOUND, "_other_state"
        )


def combinations_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Distinct combinations of the words that decide the places of a release's rows, and the queries they
    become."""
    return _combinations([Words(frame).counted])


def _area_of_landmarks(combinations: pl.DataFrame) -> pl.DataFrame:
    """The area of responsibility that the rows of a landmark agree on, of those that lack it in some row:
    text, _landmark_aor."""
    lacking = combinations.filter(pl.col("_aor").is_null()).select("text").drop_nulls()
    known = combinations.filter(pl.col("_aor").is_not_null()).join(lacking, on="text", how="semi")
    by_area = known.group_by("text", "_aor").agg(pl.col("_rows").sum())
    return (
        by_area.sort("text", "_rows", "_aor", descending=[False, True, False])
        .group_by("text", maintain_order=True)
        .agg(
            pl.col("_aor").first().alias("_landmark_aor"),
            pl.col("_rows").first(),
            pl.col("_rows").sum().alias("_all"),
        )
        .filter((pl.col("_all") >= _SURE_ROWS) & (pl.col("_rows") >= _SURE_SHARE * pl.col("_all")))
        .select("text", "_landmark_aor")
    )


def _combinations(counted: list[pl.DataFrame]) -> pl.DataFrame:
    """Distinct combinations of words of a release, with the area recorded, else the landmark's."""
    columns = [name for name in counted[0].columns if name != "_rows"]
    has_text = "text" in columns
    found = counted[0]
    if len(counted) > 1:
        found = pl.concat(counted).group_by(columns).agg(pl.col("_rows").sum())
    found = found.with_columns(pl.lit(None, pl.String).alias(n) for n in _WORDS if n not in columns)
    found = found.with_columns(
        area_code(found["aor"]).alias("_aor"), state_code(found["state"]).alias("state_code")
    )
    found = found.join(_area_of_landmarks(found), on="text", how="left", maintain_order="left")
    return found.with_columns(
        pl.lit(has_text).alias("_has_text"),
        pl.coalesce("_aor", "_landmark_aor").alias("aor_code"),
        county_code(found["county"], found["state_code"]).alias("_stated"),
    )


def _joined(combinations: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    return combinations.join(places, on=list(QUERY), how="left", nulls_equal=True, maintain_order="left")


def _placed(joined: pl.DataFrame) -> pl.DataFrame:
    """The store's place columns for each combination of words."""
    reported = pl.col("_stated").is_not_null()
    # a release without location texts is placed by the columns it has
    by_area = ~pl.col("_has_text") & (pl.col("place_kind") == "unresolved") & pl.col("_aor").is_not_null()
    by_state = (
        ~pl.col("_has_text") & (pl.col("place_kind") == "unresolved") & pl.col("state_code").is_not_null()
    )
    by_state = by_state & ~by_area
    area = pl.coalesce("aor_code", "aor_resolved")

    def by_column(county: Any, aor: Any, state: Any, resolved: str) -> pl.Expr:
        """A value by what the release records of the place, else as its words were resolved."""
        chosen = pl.when(reported).then(county).when(by_area).then(aor).when(by_state).then(state)
        return chosen.otherwise(resolved).alias(resolved)

    return joined.select(
        *_WORDS,
        pl.when(pl.col("_aor").is_not_null())
        .then(pl.lit("recorded"))
        .when(area.is_not_null())
        .then(pl.lit("landmark"))
        .alias("aor_basis"),
        area.alias("_area"),
        "office",
        "landmark_class",
        pl.coalesce("_stated", "county_fips").alias("county_fips"),
        pl.coalesce("state_code", "state_resolved").alias("_code"),
        (~reported & (pl.col("place_kind") == "county") & (pl.col("state_code") != pl.col("state_resolved")))
        .fill_null(False)
        .alias("_other_state"),
        by_column(pl.lit("county"), pl.lit("aor"), pl.lit("state"), "place_kind"),
        by_column(1.0, 1.0, 1.0, "place_confidence").cast(pl.Float32),
        by_column(
            pl.lit("county column of the release"),
            pl.lit("area of responsibility recorded; the release has no text of place"),
            pl.lit("state recorded; the release has no text of place"),
            "place_basis",
        ),
    )


class Placer:
    """Places the rows of releases; each distinct combination of words is read once, in whatever file."""

    def __init__(self) -> None:
        self._known = known_places()

    def _resolved(self, combinations: pl.DataFrame) -> pl.DataFrame:
        """The combinations with their places, from memory where they were resolved before."""
        fresh = combinations.select(QUERY)
        if self._known is not None:
            found = _joined(combinations, self._known)
            if not found["place_kind"].null_count():
                return found
            combinations = found.select(combinations.columns)
            fresh = found.filter(pl.col("place_kind").is_null()).select(QUERY)
        resolved = resolve_queries(fresh.unique().sort(QUERY, nulls_last=False))
        self._known = resolved if self._known is None else pl.concat([self._known, resolved])
        return _joined(combinations, self._known)

    def read_words(self, table: str, counted: list[pl.DataFrame]) -> pl.DataFrame | None:
        """Places of the words of a release, from those of its parts; None if its table has no places."""
        if not set(PLACE) <= set(TABLES[table]):
            return None
        return _placed(self._resolved(_combinations(counted)))

    def read(self, prepared: Prepared) -> tuple[pl.DataFrame | None, Words]:
        """Places of the words of a release that is in memory as a whole, and these words."""
        words = Words(prepared.frame, prepared.coded)
        return self.read_words(prepared.audit.table, [words.counted]), words

    def place(self, prepared: Prepared) -> None:
        """Place the rows of a release that is in memory as a whole."""
        put_places(prepared, *self.read(prepared))


def put_places(prepared: Prepared, own: pl.DataFrame | None, words: Words, *, is_part: bool = False) -> None:
    """Give rows the places of their words and the class of their landmark, in the table's form.

    `own`: places and classes by the words of a row. `is_part`: the rows are a part of a release.
    """
    audit = prepared.audit
    coded, row = words.coded, None
    if own is not None:
        found = words.places(own)
        prepared.frame, placed = with_places(prepared.frame, words, found)
        coded, row = coded | placed, words.row
        rows = np.bincount(words.row, weights=prepared.frame["n"].to_numpy()).astype(np.int64)
        by_place = found.select(_PLACES).with_columns(pl.Series("n", rows)).group_by(_PLACES)
        prepared.places = by_place.agg(pl.col("n").sum())
        if others := int(rows[found["_other_state"].to_numpy()].sum()):
            audit.notes.append(
                f"the landmark names a county outside the state recorded in {some(others, 'row')}; "
                "each counts in both, and its county is not sure"
            )
        is_unresolved = found["place_kind"].fill_null("unresolved") == "unresolved"
        audit.unresolved_places = int(words.counted["_rows"].filter(is_unresolved).sum())
    day = DATE_COLUMN[audit.table] if audit.table in EVENTS and not is_part else None
    prepared.daily = daily(prepared.frame, day) if day else None
    if prepared.daily is None or not is_whole(prepared.family.id, prepared.daily):
        prepared.shown = shown(prepared.frame, audit.table, coded, row)
    lineage = {"release_id": audit.id, "file": audit.file}
    prepared.frame = as_categories(conform(prepared.frame, audit.table), prepared.coded, lineage)


def with_places(
    frame: pl.DataFrame, words: Words, found: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, Coded]]:
    """Rows with the places of their words, as categories, and the texts of `found`, the places of each
    combination of words, coded."""
    coded = {name: code(found[name]) for name, kind in found.schema.items() if kind == pl.String}
    places = found.select("place_confidence", *(c.categories(name) for name, c in coded.items()))
    return frame.with_columns(places[pl.Series(words.row.view(np.uint32))].get_columns()), coded
