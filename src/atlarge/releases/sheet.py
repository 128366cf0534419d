"""Rows of one sheet of a release, as published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from atlarge.codes import Coded, code, repeats

if TYPE_CHECKING:
    from atlarge.releases.textform import Ragged

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
        Rows as text, columns by plain name.
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

    def coded(self, name: str) -> Coded | None:
        """The distinct texts of a column; None where it is no text, or hardly any cell repeats another."""
        if name not in self._coded:
            cells = self.frame[name]
            self._coded[name] = code(cells) if cells.dtype == pl.String and repeats(cells) else None
        return self._coded[name]

    def words(self, name: str) -> pl.Series:
        """The distinct cells of a column that are filled."""
        coded = self.coded(name)
        return coded.texts if coded is not None else self.frame[name].unique().drop_nulls()

    def hashes(self) -> pl.Series:
        """A hash of each row: equal for rows that are equal in every column, in any part of a release."""
        whole = np.zeros(self.frame.height, np.uint64)
        for column in self.frame.get_columns():
            coded = self.coded(column.name)
            if coded is None:
                own = column.hash().to_numpy()
            else:
                own = coded.texts.extend_constant(None, 1).hash().to_numpy()[coded.rows]
            whole *= _FACTOR
            whole += own
        return pl.Series(whole)
