"""Figures that others published, set beside the same counts from the records.

A figure is counted by the measure and scheme that its publisher seems to use. Where it differs, other
definitions are computed too (areas as recorded, the agency's own at-large definition, jails without 287(g),
the other scheme, larger areas), and a definition that gives the published number is named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.errors import CoverageError, QuestionError, StoreError
from atlarge.panel import measure, measures, panel, rows_counted
from atlarge.policies import registry
from atlarge.records.schemes import scheme as scheme_of
from atlarge.records.store import Store, open_store
from atlarge.reference import sidecar, table

__all__ = [
    "Checked",
    "Verification",
    "verify",
]

AGREEMENTS = "agreements_287g"
BOOK_INS = {
    "book_ins_national": ("book_ins_ice", "book_ins_cbp"),
    "book_ins_national_ice": ("book_ins_ice",),
    "book_ins_national_cbp": ("book_ins_cbp",),
}
EQUAL, WITHIN, DIFFERS, NOT_TESTABLE = "equal", "within tolerance", "differs", "not testable"
TOLERANCE = {"exact": 0.005, "rounded": 0.02}
"""Relative difference taken as agreement: later completion of records, and rounding in words."""
_NEEDED = ("id", "measure", "place", "start", "end", "value")
_OTHER_MEASURES = {
    "at_large": ("at_large_agency",),
    "handoffs": ("local_jails",),
    "at_large_agency": ("at_large",),
}


@dataclass(frozen=True)
class Checked:
    """A published figure and the records' own.

    Attributes
    ----------
    published, ours
        The two numbers; `ours` is None where it cannot be counted.
    difference, difference_pct
        ours - published, and that as a percentage of the published figure.
    verdict
        "equal", "within tolerance", "differs" or "not testable".
    why
        What explains the difference, or why it cannot be tested.
    definition
        How `ours` was counted.
    understood
        Whether the difference is explained by a definition that was computed, or by coverage; True for
        figures that agree.
    others
        Counts by other definitions, by name.
    """

    id: str
    publisher: str
    source: str
    measure: str
    place: str
    start: dt.date
    end: dt.date
    published: float
    ours: float | None
    verdict: str
    why: str
    definition: str
    understood: bool
    others: dict[str, float] = field(default_factory=dict)

    @property
    def difference(self) -> float | None:
        """ours - published."""
        return None if self.ours is None else self.ours - self.published

    @property
    def difference_pct(self) -> float | None:
        """The difference in per cent of the published figure."""
        if self.difference is None or not self.published:
            return None
        return round(100.0 * self.difference / self.published, 2)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the difference included."""
        return {**asdict(self), "difference": self.difference, "difference_pct": self.difference_pct}


@dataclass(frozen=True, repr=False)
class Verification:
    """All figures checked: differences that are not understood first."""

    rows: list[Checked]

    def __repr__(self) -> str:
        return f"Verification({self.summary()})"

    def summary(self) -> str:
        """How many agree."""
        number = {v: sum(r.verdict == v for r in self.rows) for v in (EQUAL, WITHIN, DIFFERS, NOT_TESTABLE)}
        open_ = sum(not r.understood for r in self.rows)
        return (
            f"{len(self.rows)} published figures: {number[EQUAL]} equal, {number[WITHIN]} within tolerance, "
            f"{number[DIFFERS]} differ ({open_} of them not understood), {number[NOT_TESTABLE]} not testable"
        )

    def to_frame(self) -> pl.DataFrame:
        """One row for each figure."""
        rows = [{k: v for k, v in r.to_dict().items() if k != "others"} for r in self.rows]
        return pl.DataFrame(rows, infer_schema_length=None)


def verify(store: Store | Path | str | None = None, figures: Path | str | None = None) -> Verification:
    """Set published figures beside the same counts from the records.

    Parameters
    ----------
    store
        Store, its folder, or None: the embedded records.
    figures
        CSV with the columns id, measure, place, start, end, value (and publisher, scheme, kind, note); None:
        the project's own table `published_figures`.

    Returns
    -------
    Verification
        A row for each figure; those outside the store's coverage are "not testable".

    Raises
    ------
    QuestionError
        For a file of figures that cannot be read: it names the line and the column.

    Examples
    --------
    >>> done = verify()
    >>> next(r.verdict for r in done.rows if r.id == "ice-fy2017-arrests")
    'equal'
    """
    opened = open_store(store)
    counter = _Counter(opened)
    rows = [_check(counter, figure) for figure in _figures(figures)]
    order = {DIFFERS: 0, WITHIN: 1, EQUAL: 2, NOT_TESTABLE: 3}
    return Verification(sorted(rows, key=lambda r: (r.understood, order[r.verdict], r.id)))


def _figures(path: Path | str | None) -> list[dict[str, Any]]:
    if path is None:
        return table("published_figures").to_dicts()
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise QuestionError(f"{path}: cannot be read as CSV ({str(error).splitlines()[0]})") from None
    if missing := [column for column in _NEEDED if column not in frame.columns]:
        raise QuestionError(f"{path}: no column {missing[0]!r}; figures need {', '.join(_NEEDED)}")
    return [_figure(path, line, row) for line, row in enumerate(frame.to_dicts(), 2)]


def _figure(path: Path | str, line: int, row: dict[str, Any]) -> dict[str, Any]:
    """One row of a user's file, typed; QuestionError names its line."""
    read = dict.fromkeys(sidecar("published_figures")["columns"]) | row
    for column in ("start", "end"):
        try:
            read[column] = dt.date.fromisoformat(str(row[column]).strip())
        except ValueError:
            raise QuestionError(
                f"{path}, line {line}: {column} {row[column]!r} is no date (2017-02-01)"
            ) from None
    if read["start"] > read["end"]:
        raise QuestionError(f"{path}, line {line}: ends ({read['end']}) before it starts ({read['start']})")
    try:
        read["value"] = float(str(row["value"]).replace(",", ""))
    except ValueError:
        raise QuestionError(f"{path}, line {line}: value {row['value']!r} is no number") from None
    for column in ("id", "measure", "place"):
        if not str(row[column] or "").strip():
            raise QuestionError(f"{path}, line {line}: {column} is empty")
        read[column] = str(row[column]).strip()
    read["kind"] = read["kind"] if read["kind"] in TOLERANCE else "exact"
    read["publisher"] = read["publisher"] or ""
    return read


class _Counter:
    """Counts of one store, each computed once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._found: dict[tuple[Any, ...], float] = {}

    def count(
        self, name: str, place: str, start: dt.date, end: dt.date, scheme: str, *, recorded: bool = False
    ) -> float:
        """Records of a measure in a place (several joined by +) on the days from start to end."""
        key = (name, place, start, end, scheme, recorded)
        if key not in self._found:
            parts = place.split("+")
            count = self._recorded if recorded else self._placed
            self._found[key] = sum(count(name, part, start, end, scheme) for part in parts)
        return self._found[key]

    def _placed(self, name: str, place: str, start: dt.date, end: dt.date, scheme: str) -> float:
        is_monthly = measure(name).is_reported
        counted = panel(
            self.store,
            by=_level(place),
            every="month" if is_monthly else "day",
            measures=[name],
            scheme=scheme,
            start=start,
            end=end,
            places=[place],
        )
        value = counted.frame["value"]
        if value.null_count():
            raise CoverageError(f"{value.null_count()} of {value.len()} periods are not covered there")
        return float(value.sum())

    def _recorded(self, name: str, place: str, start: dt.date, end: dt.date, scheme: str) -> float:
        counted = measure(name)
        import narwhals.stable.v1 as nw

        rows = self.store.scan(counted.table).filter(
            pl.col(counted.date).is_between(start, end),
            pl.col("aor") == place,
            pl.col("aor_basis") == "recorded",
        )
        condition = rows_counted(counted, scheme_of(scheme))
        if condition is not None:
            rows = nw.from_native(rows).filter(condition).to_native()
        return float(rows.select(pl.col(counted.value).sum()).collect().item())

    def last_day(self, name: str) -> dt.date:
        """Last day that the store covers for a measure."""
        return max(c.end for c in self.store.coverage(measure(name).table))

    def first_day(self, name: str) -> dt.date:
        """First day that the store covers for a measure."""
        return min(c.start for c in self.store.coverage(measure(name).table))


def _level(place: str) -> str:
    """Level of a place by the form of its code."""
    if place == "US":
        return "nation"
    if place.isdigit():
        return "county"
    return "aor" if len(place) == 3 else "state"


def _check(counter: _Counter, figure: dict[str, Any]) -> Checked:
    name, place, start, end = (figure[k] for k in ("measure", "place", "start", "end"))
    if name == AGREEMENTS:
        return _agreements(figure)
    if name in BOOK_INS:
        return _book_ins(figure)
    if name not in measures():
        return _untestable(figure, figure["note"] or f"no measure counts {name.replace('_', ' ')}")
    try:
        first, last = counter.first_day(name), counter.last_day(name)
    except (StoreError, CoverageError, ValueError):
        return _untestable(figure, f"the store has no {measure(name).table}")
    if end < first or start > last:
        return _untestable(figure, f"the store covers {name} from {first} to {last}")
    scheme = figure["scheme"] or "ddp"
    if start < first or end > last:
        short = (max(first - start, dt.timedelta()) + max(end - last, dt.timedelta())).days
        try:
            ours = counter.count(name, place, max(start, first), min(end, last), scheme)
        except (CoverageError, StoreError, QuestionError) as error:
            return _untestable(figure, str(error))
        return _row(
            figure, ours, DIFFERS, f"window: the records lack {short} of these days", "as placed", True
        )
    try:
        ours = counter.count(name, place, start, end, scheme)
    except (CoverageError, StoreError, QuestionError) as error:
        return _untestable(figure, str(error))
    return _judge(counter, figure, ours, scheme)


def _judge(counter: _Counter, figure: dict[str, Any], ours: float, scheme: str) -> Checked:
    """The verdict by the usual definition or, where that differs, by the one that gives the figure."""
    definition = f"{figure['measure']} ({scheme}), areas recovered from landmarks"
    others = dict(_definitions(counter, figure, scheme))
    published = figure["value"]
    if ours == published:
        return _row(figure, ours, EQUAL, "", definition, True, others)
    exact = next((k for k, v in others.items() if v == published), None)
    if exact is not None:
        return _row(
            figure, others[exact], EQUAL, f"counted as {exact}", exact, True, {**others, definition: ours}
        )
    tolerance = TOLERANCE[figure["kind"]]
    if abs(ours - published) <= tolerance * published:
        return _row(figure, ours, WITHIN, _offered(figure), definition, True, others)
    near = [k for k, v in others.items() if abs(v - published) <= tolerance * published]
    if near:
        why = f"counted as {near[0]}"
        return _row(figure, others[near[0]], WITHIN, why, near[0], True, {**others, definition: ours})
    why = _offered(figure)
    bracket = _bracket(published, ours, others)
    understood = bool(bracket) or figure["tested"] == "tested"
    return _row(
        figure, ours, DIFFERS, "; ".join(filter(None, (bracket, why))), definition, understood, others
    )


def _definitions(counter: _Counter, figure: dict[str, Any], scheme: str) -> Iterator[tuple[str, float]]:
    """Counts by other definitions that a publisher may have used."""
    name, place, start, end = (figure[k] for k in ("measure", "place", "start", "end"))
    table_name = measure(name).table
    options: list[tuple[str, tuple[str, str, str, bool]]] = []
    if all(_level(part) == "aor" for part in place.split("+")) and table_name == "arrests":
        options.append(("areas as recorded", (name, place, scheme, True)))
    for other in _OTHER_MEASURES.get(name, ()):
        options.append((f"{other}", (other, place, scheme, False)))
        if all(_level(part) == "aor" for part in place.split("+")):
            options.append((f"{other}, areas as recorded", (other, place, scheme, True)))
    if measure(name).category:
        options.append((f"{name} (biglocal)", (name, place, "biglocal", False)))
    if _level(place) == "county" and table_name == "arrests":
        row = table("counties").filter(pl.col("fips") == place)
        area = row["aor"].item() if row.height and "aor" in row.columns else None
        if area:
            options.append((f"the {area} area of responsibility around it", (name, area, scheme, False)))
    for label, (what, where, read_as, recorded) in options:
        try:
            yield label, counter.count(what, where, start, end, read_as, recorded=recorded)
        except (CoverageError, StoreError, QuestionError):
            continue


def _bracket(published: float, ours: float, others: dict[str, float]) -> str:
    """Whether the figure lies between the county by name and the area around it."""
    around = next(((k, v) for k, v in others.items() if k.startswith("the ")), None)
    if around and ours < published < around[1]:
        return (
            f"geography: records that name the county give {ours:,.0f}, {around[0]} {around[1]:,.0f}; "
            "the figure lies between"
        )
    return ""


def _offered(figure: dict[str, Any]) -> str:
    """The explanation that the table of figures offers, and whether it was tested."""
    if not figure.get("explanation"):
        return figure.get("note") or ""
    tested = f" ({figure['tested']})" if figure.get("tested") else ""
    return f"{figure['explanation']}{tested}" + (f": {figure['note']}" if figure.get("note") else "")


def _agreements(figure: dict[str, Any]) -> Checked:
    """287(g) agreements in force on the first day, by the registry's spells."""
    state = None if figure["place"] == "US" else figure["place"]
    found = registry().in_force(figure["start"], kind="287g", state=state)
    maybe = registry().in_force(figure["start"], kind="287g", state=state, possible=True)
    ours, most, published = float(len(found)), float(max(len(maybe), len(found))), figure["value"]
    definition = f"agreements surely in force on {figure['start']}"
    others = {"agreements surely or possibly in force": most}
    if published == ours:
        return _row(figure, ours, EQUAL, "", definition, True, others)
    if ours <= published <= most or abs(ours - published) <= TOLERANCE[figure["kind"]] * published:
        return _row(
            figure,
            ours,
            WITHIN,
            f"between {ours:,.0f} surely and {most:,.0f} possibly in force",
            definition,
            True,
            others,
        )
    return _row(figure, ours, DIFFERS, _offered(figure), definition, False, others)


def _book_ins(figure: dict[str, Any]) -> Checked:
    """National book-ins by arresting agency, of ICE's newest workbook of the year."""
    wanted, published = BOOK_INS[figure["measure"]], figure["value"]
    rows = table("detention_monthly").filter(
        pl.col("measure").is_in(wanted),
        pl.col("place") == figure["place"],
        pl.col("month").is_between(figure["start"], figure["end"]),
    )
    months = (
        (figure["end"].year - figure["start"].year) * 12 + figure["end"].month - figure["start"].month + 1
    )
    if rows.height != months * len(wanted):
        return _untestable(figure, "no workbook at hand holds these months")
    ours, definition = float(rows["value"].sum()), f"workbook {rows['source'].to_list()[-1]}"
    if ours == published:
        return _row(figure, ours, EQUAL, "", definition, True)
    near = abs(ours - published) <= TOLERANCE[figure["kind"]] * published
    return _row(figure, ours, WITHIN if near else DIFFERS, _offered(figure), definition, near)


def _untestable(figure: dict[str, Any], why: str) -> Checked:
    return _row(figure, None, NOT_TESTABLE, why, "", True)


def _row(
    figure: dict[str, Any],
    ours: float | None,
    verdict: str,
    why: str,
    definition: str,
    understood: bool,
    others: dict[str, float] | None = None,
) -> Checked:
    if figure.get("window_fitted") and verdict in (EQUAL, WITHIN):
        why = "; ".join(filter(None, (why, "the days were chosen because they agree: no evidence")))
    return Checked(
        id=figure["id"],
        publisher=figure["publisher"] or "",
        source=figure["read_on"] or "",
        measure=figure["measure"],
        place=figure["place"],
        start=figure["start"],
        end=figure["end"],
        published=figure["value"],
        ours=ours,
        verdict=verdict,
        why=why,
        definition=definition,
        understood=understood,
        others=others or {},
    )
