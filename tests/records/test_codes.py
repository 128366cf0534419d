"""Texts of many rows as numbers: those carried from reading to placing are those of the rows."""

from __future__ import annotations

from pathlib import Path

import ddp_forms
import polars as pl
import pytest

import simulated_files
from atlarge.codes import code
from atlarge.records.prepare import Prepared, prepare
from atlarge.releases import read_release

CHANGES = {
    "": {},
    "blank": dict.fromkeys(range(9), ""),
    "repeated header": dict(enumerate(simulated_files.ARRESTS_HEADER.split("|")[:8])),
    "no date": {1: "13/45/2017"},
    "formula": {3: "=1+1"},
    "to be trimmed": {2: "  Located ", 3: " TRAVIS COUNTY JAIL, AUSTIN, TX", 6: " MEXICO "},
    "nothing": {0: "", 2: "NA", 3: "-", 5: "(b)(6)", 6: "NULL"},
}


def agree(prepared: Prepared) -> bool:
    """Whether every column that is coded has, in each row, the text that its code stands for."""
    assert prepared.coded
    for name, (texts, rows) in prepared.coded.items():
        again = texts.extend_constant(None, 1).gather(rows)
        values = prepared.frame[name].cast(pl.String)  # a mark is coded as true or false
        if not again.equals(values.rename(again.name), null_equal=True):
            return False
        assert sorted(texts) == sorted(values.drop_nulls().unique())
    return True


@pytest.mark.parametrize("change", CHANGES)
def test_codes_of_arrests_are_those_of_their_rows(tmp_path: Path, change: str) -> None:
    rows = [line.split("|") for line in simulated_files.arrest_lines(200, seed=11)]
    for row in rows[7::20]:
        for at, cell in CHANGES[change].items():
            row[at] = cell
    lines = [simulated_files.ARRESTS_HEADER, *("|".join(row) for row in rows)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    prepared = prepare(read_release(path))
    if change in ("no date", "formula"):  # rows went, and with them what was known of the rows before
        assert prepared.frame.height < 200
        assert not prepared.coded
    else:
        assert agree(prepared)
        assert {"aor", "method", "landmark", "operation_mark", "_seen_citizenship"} <= prepared.coded.keys()


@pytest.mark.parametrize("family", ["ddp-arrests-b", "ddp-detainers-c", "ddp-stints-b"])
def test_codes_of_a_form_are_those_of_its_rows(tmp_path: Path, family: str) -> None:
    form = ddp_forms.make(tmp_path / "a.xlsx", family, rows=60)
    prepared = prepare(read_release(form.path))
    assert not prepared.coded or agree(prepared)


def test_texts_read_as_others_keep_their_rows() -> None:
    values = pl.Series(["a", " a", None, "b", "?", "a"])
    coded = code(values)
    read = {"a": "a", " a": "a", "b": "b"}
    words = coded.texts.extend_constant(None, 1).to_list()
    own = coded.read_as(pl.Series([read.get(word) for word in words], dtype=pl.String))
    assert own.texts.to_list() == ["a", "b"]
    assert own.texts.extend_constant(None, 1).gather(own.rows).to_list() == ["a", "a", None, "b", None, "a"]
