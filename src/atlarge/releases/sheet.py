"""Rows of one sheet of a release, as published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from atlarge.codes import Coded, code, is_text, repeats

if TYPE_CHECKING:
    from atlarge.releases.textform import Ragged, Table

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that a product of it loses nothing."""


@dataclass(frozen=True)
class Sheet:
    """Rows of one sheet, as published.

    Attributes
    ----------
    name : str or None
        Of the sheet; None for a file that has none.
    frame : DataFrame
        Rows as text, or categories, columns by plain name.
    rows : Series
        Row number of each in the file.
    ragged : list of Ragged
        Rows with too few or too many cells.
    from_1904 : bool or None
        Whether its workbook counts days from 1904; None where no file says so.
    """

    name: str | None
    frame: pl.DataFrame
    rows: pl.Series
    ragged: list[Ragged]
    from_1904: bool | None = None
    _coded: dict[str, Coded | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, name: str | None, table: Table) -> Sheet:
        """The sheet of this name that a reader has found."""
        sheet = cls(name, table.frame, table.rows, table.ragged, table.from_1904)
        sheet._coded.update(table.coded)
        return sheet

    def coded(self, name: str) -> Coded | None:
        """The distinct texts of a column; None where it is no text, or hardly any cell repeats another."""
        if name not in self._coded:
            cells = self.frame[name]
            self._coded[name] = code(cells) if is_text(cells) and repeats(cells) else None
        return self._coded[name]

    def words(self, name: str) -> pl.Series:
        """The distinct cells of a column that are filled."""
        coded = self.coded(name)
        if coded is not None:
            return coded.texts
        found = self.frame[name].unique().drop_nulls()
        return found.cast(pl.String) if is_text(found) else found

    def hashes(self) -> pl.Series:
        """A hash of each row: equal for rows that are equal in every column, in any part of a release."""
        whole = np.zeros(self.frame.height, np.uint64)
        columns = [(column, self.coded(column.name)) for column in self.frame.get_columns()]
        words = pl.concat(
            [pl.Series([None], dtype=pl.String), *(c.words for _, c in columns if c is not None)]
        )
        hashes, at = words.hash().to_numpy(), 1
        for column, coded in columns:
            whole *= _FACTOR
            if coded is None:
                whole += column.hash().to_numpy()
            else:
                end = at + len(coded.texts) + 1
                whole += hashes[at:end][coded.rows]
                at = end
        return pl.Series(whole)
