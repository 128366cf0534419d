"""The figures of the reference tables in one form, and the parties that gave them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from atlarge.files import shipped_yaml
from atlarge.periods import Period
from atlarge.reference import table

_TAIL = re.compile(r"\b(metropolitan area|metro area|metropolitan region|metro|city proper)$")


@dataclass(frozen=True)
class Figure:
    """One number with everything needed to trace it."""

    measure: str
    place: str
    place_kind: str
    place_code: str | None
    period: Period
    value: float | None
    unit: str
    party: str
    source: str
    row: str
    status: str = "published"
    is_of_record: bool = True
    margin: float | None = None
    note: str | None = None
    source_url: str | None = None
    names: frozenset[str] = field(default_factory=frozenset)
    is_additive: bool = False
    is_of_the_largest: bool = False
    rank: int | None = None

    def to_dict(self, role: str = "counted") -> dict[str, Any]:
        """The evidence entry of this figure."""
        return {
            "role": role,
            "measure": self.measure,
            "place": self.place_code,
            "place_name": self.place,
            "place_kind": self.place_kind,
            "from": self.period.start.isoformat(),
            "to": self.period.end.isoformat(),
            "value": plain(self.value),
            "margin": plain(self.margin),
            "unit": self.unit,
            "source": self.source,
            "party": self.party,
            "status": self.status,
            "of_record": self.is_of_record,
            "rank": self.rank,
            "rows": self.row,
            "source_url": self.source_url,
            "note": self.note,
        }


def plain(value: float | None) -> float | int | None:
    """A whole number as an int, so that 142.0 reads 142; others rounded to what floats can hold."""
    if value is None:
        return None
    return int(value) if float(value).is_integer() else round(float(value), 10)


def normal(name: str) -> str:
    """A place name for matching: lower case, no punctuation, no word for "metropolitan area"."""
    text = " ".join(re.sub(r"[^\w\s]", " ", str(name).lower()).split())
    return _TAIL.sub("", text).strip()


def _cell(row: dict[str, Any], column: Any, default: Any = None) -> Any:
    """A value of a row as figures.yaml says where it is."""
    if column is None:
        return default
    if isinstance(column, dict):
        return column["is"]
    return row[column]


def _period(row: dict[str, Any], columns: dict[str, Any], every: str | None) -> Period:
    """The period of a row."""
    start = _cell(row, columns["start"])
    if every == "year":
        return Period(dt.date(int(start), 1, 1), dt.date(int(start), 12, 31))
    if every == "month":
        last = calendar.monthrange(start.year, start.month)[1]
        return Period(start, start.replace(day=last))
    return Period(start, _cell(row, columns["end"]))


@cache
def figures() -> tuple[Figure, ...]:
    """All figures of all reference tables that figures.yaml names, in the order of their rows."""
    result: list[Figure] = []
    for name, about in shipped_yaml(__package__, "figures.yaml").items():
        columns = about["columns"]
        only = about.get("only", {})
        for i, row in enumerate(table(name).iter_rows(named=True), start=2):
            if any(row[column] != wanted for column, wanted in only.items()):
                continue
            place = str(_cell(row, columns["place"]))
            aliases = _cell(row, columns.get("aliases")) or ""
            code = _cell(row, columns.get("place_code"))
            names = {normal(n) for n in (place, *aliases.split(";"), code or "") if n}
            if _cell(row, columns["place_kind"]) == "nation":
                names |= {"us", "usa", "united states", "nation", "national", "nationwide"}
            result.append(
                Figure(
                    measure=_cell(row, columns["measure"]),
                    place=place,
                    place_kind=_cell(row, columns["place_kind"]),
                    place_code=code,
                    period=_period(row, columns, about.get("every")),
                    value=_cell(row, columns["value"]),
                    unit=_cell(row, columns["unit"]),
                    party=_cell(row, columns["party"]),
                    source=name,
                    row=f"{name}.csv line {i}",
                    status=_cell(row, columns["status"]),
                    is_of_record=bool(_cell(row, columns["is_of_record"])),
                    margin=_cell(row, columns.get("margin")),
                    note=_cell(row, columns.get("note")),
                    rank=_cell(row, columns.get("rank")),
                    source_url=_cell(row, columns.get("source_url")),
                    names=frozenset(names),
                    is_additive=about["is_additive"],
                    is_of_the_largest=bool(about.get("lists_the_largest", False)),
                )
            )
    return tuple(result)


@cache
def figure_measures() -> dict[str, tuple[str, ...]]:
    """Measures that the reference tables hold figures of, with the tables."""
    by_party: dict[str, set[str]] = {}
    for figure in figures():
        by_party.setdefault(figure.measure, set()).add(figure.source)
    return {name: tuple(sorted(by_party[name])) for name in sorted(by_party)}
