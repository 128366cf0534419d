"""`atlarge place`: what county a landmark names, and why, or that it names none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from atlarge.cli import _options as options
from atlarge.cli._output import emit_json, note
from atlarge.errors import PlaceError

if TYPE_CHECKING:
    import polars as pl


def place_command(
    text: Annotated[str | None, typer.Argument(help="A landmark or facility text.")] = None,
    aor: Annotated[
        str | None, typer.Option(help="Area of responsibility: code, name or long name; may be left out.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="CSV with the columns aor and landmark; all rows are resolved.")
    ] = None,
    worst: Annotated[
        int | None,
        typer.Option(min=1, help="List the N unresolved texts with the most records in the store."),
    ] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Turn a landmark into a county, an office area, an area of responsibility or a state, with the basis."""
    if sum(given is not None for given in (text, file, worst)) != 1:
        raise typer.BadParameter("give one of: a TEXT, --file in.csv, or --worst N")
    if worst is not None:
        rows = _worst(store, worst)
        if as_json:
            emit_json(rows)
        else:
            for row in rows:
                sys.stdout.write(
                    f"{row['n']:>9,}  {row['aor'] or '---'}  {row['landmark']}  [{row['basis']}]\n"
                )
            note("a decision in your own file (variable ATLARGE_PLACES) resolves a text; then ingest again")
        return
    frame = _one(text or "", aor) if file is None else _read(file)
    answers = _answers(frame)
    if as_json:
        emit_json(answers if file is not None else answers[0])
        return
    for answer in answers:
        code = answer["fips"] or answer["office"] or answer["aor"] or "-"
        name, confidence = answer["name"] or "-", f"{answer['confidence']:.2f}"
        sys.stdout.write("\t".join([answer["kind"], code, name, confidence, answer["basis"]]) + "\n")


def _one(text: str, aor: str | None) -> pl.DataFrame:
    import polars as pl

    from atlarge.places import aor_code

    if aor is not None and aor.strip() and aor_code(aor) is None:
        raise PlaceError(
            f"'{aor}' is not an area of responsibility: give a code such as SNA or a name such as San Antonio"
        )
    return pl.DataFrame({"aor": [aor], "landmark": [text]}, schema={"aor": pl.String, "landmark": pl.String})


def _read(path: Path) -> pl.DataFrame:
    import polars as pl

    from atlarge.user_files import user_table

    needed = ("aor", "landmark")
    rows = [row for _, row in user_table(path, needed, blanks=True)]
    return pl.DataFrame(
        {name: [row[name] for row in rows] for name in needed}, dict.fromkeys(needed, pl.String)
    )


_CODE = {"county": "county_fips", "office_area": "office", "aor": "aor_resolved", "state": "state_resolved"}
"""Column of a place's code by its kind."""


def _answers(frame: pl.DataFrame) -> list[dict[str, Any]]:
    from atlarge.places import resolve

    rows = resolve(frame).rows(named=True)
    return [
        {
            "kind": row["place_kind"],
            "place": row[_CODE[row["place_kind"]]] if row["place_kind"] in _CODE else None,
            "place_name": row["place_name"],
            "fips": row["county_fips"],
            "name": row["place_name"],
            "confidence": round(row["place_confidence"], 3),
            "basis": row["place_basis"],
            "office": row["office"],
            "aor": row["aor_resolved"],
            "state": row["state_resolved"],
        }
        for row in rows
    ]


def _worst(store: Path | None, count: int) -> list[dict[str, Any]]:
    import polars as pl

    from atlarge.records.store import open_store

    arrests = open_store(store).scan("arrests")
    if arrests.select(pl.col("landmark").is_not_null().any()).collect().item() is not True:
        raise PlaceError("this store keeps no landmarks; ingest a release and name its store with --store")
    found = (
        arrests.filter((pl.col("place_kind") == "unresolved") & pl.col("landmark").is_not_null())
        .group_by("aor", "landmark", "place_basis")
        .agg(pl.col("n").cast(pl.Int64).sum())
        .sort(["n", "aor", "landmark"], descending=[True, False, False], nulls_last=True)
        .head(count)
        .collect()
    )
    return [
        {"aor": aor, "landmark": landmark, "n": n, "basis": basis} for aor, landmark, basis, n in found.rows()
    ]
