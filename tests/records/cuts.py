"""Cut releases in every dimension, and read the cells that a store then has."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import polars as pl

from atlarge.errors import AtlargeError
from atlarge.ingest import ingest
from atlarge.panel import panel
from atlarge.records.store import Store, open_store
from atlarge.reference import table
from atlarge.releases import read_release

UW = "UWCHR__ice-enforce"
RELEASES = {
    "national arrests": (f"{UW}/EROArrests_FY2017.csv.gz", "arrests"),
    "encounters": (f"{UW}/EROEncounters_FY2017.csv.gz", "encounters"),
    "removals": (f"{UW}/ICERemovals_FY2018.csv.gz", "removals"),
    "NPR's detainers": (
        "nprapps__sanctuary-cities/rif-FOIA 15-87693 _07262015_LESA-STU_FINAL FY15YTD.xlsx", "detainers",
    ),
    "Pennsylvania's detainers": ("eads__geocode-pa-detainers/pa_detainers.csv", "detainers"),
    "Seattle arrests": (f"{UW}/arrests_with_state.csv.gz", "arrests"),
    "Seattle book-ins": (f"{UW}/bookins.csv.gz", "book_ins"),
    "Texas jail reports": (
        "jacobkap__texas_jails/texas_jails_immigrant_detainer_2011_2017.csv", "jail_counts",
    ),
}  # fmt: skip
"""Releases by what they are called, with their path and table."""
MEASURES = {
    "detainers": ("detainers_issued", "detainers_declined", "detainers_booked"),
    "encounters": ("encounters",),
    "removals": ("removals",),
    "book_ins": ("book_ins",),
    "jail_counts": ("jail_inmates_with_detainer", "jail_inmate_days_with_detainer", "jail_cost_dollars"),
    "arrests": ("arrests", "at_large", "custodial", "handoffs", "program_287g"),
}
LEVELS = ("nation", "aor", "state", "county", "office")
NUMBER = "the number of the row"
BIRTH_YEARS = tuple(map(str, range(1950, 2006)))
CRIMINALITY = (
    ("1 Convicted Criminal",) * 5
    + ("2 Pending Criminal Charges",) * 3
    + ("3 Other Immigration Violator",) * 2
)
_ARREST = {
    "Apprehension Date": "apprehension_date", "Apprehension Method": "apprehension_method",
    "Apprehension Criminality": CRIMINALITY, "Birth Year": BIRTH_YEARS, "Citizenship Country": "citizenship",
    "Gender": "gender",
}  # fmt: skip
_DETAINER = {
    "Detainer Prepared Date": "prepare_date", "Detention Facility": "detainer_detention_facility",
    "City": "city", "State": "state", "Detainer Lift Reason": "detainer_lift_reason",
    "Detainer Type": "detainer_type", "Detainer Prepared Criminality": CRIMINALITY, "Birth Year": BIRTH_YEARS,
    "Gender": ("Male",) * 9 + ("Female",),
    "Citizenship Country": ("MEXICO",) * 60 + ("GUATEMALA",) * 12 + ("HONDURAS",) * 9 + ("EL SALVADOR",) * 8
    + ("CUBA", "ECUADOR", "VENEZUELA", "COLOMBIA", "NICARAGUA", "BRAZIL", "JAMAICA", "HAITI", "PERU")
    + ("DOMINICAN REPUBLIC", "CHINA, PEOPLES REPUBLIC OF", "INDIA", "VIETNAM", "PHILIPPINES", "CANADA"),
}  # fmt: skip
_ENCOUNTER = {
    "Event Date": "event_date", "Responsible AOR": "event_area_of_responsibility",
    "Event Landmark": "landmark", "Processing Disposition": "processing_disposition",
    "Encounter Criminality": CRIMINALITY, "Birth Year": BIRTH_YEARS, "Citizenship Country": "citizenship",
    "Gender": "gender",
}  # fmt: skip
_REMOVAL = {
    "Departed Date": "removal_date", "Docket AOR": "area_of_responsibility", "Case Criminality": CRIMINALITY,
    "Processing Disposition": "processing_disposition_code", "Citizenship Country": "citizenship",
    "Gender": "gender", "Birth Year": BIRTH_YEARS,
}  # fmt: skip
_LANDMARK, _AREA = "apprehension_landmark", "area_of_responsibility"
_A, _B, _C = ({f"{word}Identifier": None} for word in ("Unique ", "Anonymized ", "Anonymized Unique "))
AT_LARGE = (
    pl.when(pl.col("apprehension_method").is_in(["Located", "Non-Custodial Arrest"]))
    .then(pl.lit("At-large"))
    .otherwise(pl.lit("Custodial"))
)
_NUMBERS = {"file_original": ("x.xlsx",), "sheet_original": ("Sheet1",), "row_original": NUMBER}
LATER: dict[str, tuple[str, int, dict[str, str | tuple[str, ...] | pl.Expr | None]]] = {
    "arrests, form a": ("national arrests", 7, {
        **_ARREST, "Apprehension AOR": _AREA, "Apprehension Site Landmark": _LANDMARK,
        "Apprehension State": ("",), **_A, **_NUMBERS,
    }),
    "arrests, form b": ("national arrests", 7, {
        **_ARREST, "TOA Current Duty AOR": _AREA, "Apprehension Site Landmark": _LANDMARK,
        **_B, "Operation": "operation", "TOA Current Duty Site": ("",), "Arresting Agency": ("ICE",),
    }),
    "arrests, form c": ("national arrests", 7, {
        **_ARREST, **_C, "AOR": _AREA, "Event Landmark": _LANDMARK, **_NUMBERS,
    }),
    "arrests joined to stays": ("national arrests", 7, {
        **_ARREST, **_C, "AOR": _AREA, "Event Landmark": _LANDMARK, "has_detention_stay": ("TRUE", "FALSE"),
    }),
    "arrests, FY2012 to FY2023": ("national arrests", 5, {**_ARREST, **_B, "Arrest Created By": ("ICE",)}),
    "arrests recoded": ("national arrests", 7, {
        "arrest_date": "apprehension_date", "apprehension_site_landmark": _LANDMARK,
        "arrest_street_custodial": AT_LARGE, "arrest_criminality": CRIMINALITY,
        "bln_person_id": None, "citizenship_country": "citizenship", "gender": "gender",
    }),
    "detainers, form b": ("NPR's detainers", 9, {
        **_DETAINER, **_B, "Detainer Lift Reason Code": ("X",), "TOD Current Duty Site": ("",),
    }),
    "detainers, form c": ("NPR's detainers", 9, {
        **_DETAINER, **_C, "TOD Final Program": ("ERO Criminal Alien Program",), **_NUMBERS,
    }),
    "detainers, FY2012 to FY2023": ("NPR's detainers", 7, {**_DETAINER, **_B}),
    "encounters, form a": ("encounters", 7, {**_ENCOUNTER, **_A, **_NUMBERS}),
    "encounters, form b": ("encounters", 7, {
        **_ENCOUNTER, **_B, "Operation": "operation", "Encounter Threat Level": ("1", "2", "3"),
    }),
    "removals, form a": ("removals", 6, {
        **_REMOVAL, **_A, "Latest Person Apprehension Date": ("2023-06-01",),
        "Port of Departure": ("EL PASO",), **_NUMBERS,
    }),
    "removals, FY2012 to FY2023": ("removals", 5, {
        **_REMOVAL, **_B, "Apprehension Date": ("2020-06-01",),
        "Current Program": ("ERO Criminal Alien Program",),
    }),
}  # fmt: skip
"""Later forms, made of the rows of older releases: the release, the years (of 52 weeks) that its days are
moved by, and the form's columns: a column of the release, what is worked out from one, values to draw
from, or None for identifiers."""
Cells = dict[tuple[str, str, dt.date, str], int | None]
Cut = Callable[[pl.DataFrame, str, random.Random], pl.DataFrame]


def some_values(rows: pl.DataFrame, column: str, draw: random.Random, most: int = 3) -> pl.DataFrame:
    """Rows with a few values of a column, drawn by how often they stand, or all but these."""
    counts = rows[column].drop_nulls().value_counts().sort(column)
    if counts.is_empty():
        return rows
    values = draw.choices(counts[column].to_list(), counts["count"].to_list(), k=draw.randint(1, most))
    inside = pl.col(column).is_in(values).fill_null(False)
    return rows.filter(inside if draw.random() < 0.6 else ~inside)


def by_column(*names: str) -> Cut:
    """A cut by the first of some columns that the release has; all rows where it has none."""

    def cut(rows: pl.DataFrame, day: str, draw: random.Random) -> pl.DataFrame:
        column = next((c for c in rows.columns for name in names if name in c.lower()), None)
        return some_values(rows, column, draw) if column else rows

    return cut


def by_day(keep: Callable[[random.Random, list[dt.date]], Callable[[dt.date], bool]]) -> Cut:
    """A cut by days: those for which what `keep` draws is true."""

    def cut(rows: pl.DataFrame, day: str, draw: random.Random) -> pl.DataFrame:
        days = sorted(set(rows["_day"].drop_nulls().to_list()))
        if not days:
            return rows
        is_kept = keep(draw, days)
        return rows.filter(pl.col("_day").is_in([d for d in days if is_kept(d)]))

    return cut


def _stretch(draw: random.Random, days: list[dt.date]) -> Callable[[dt.date], bool]:
    start = draw.choice(days)
    end = start + dt.timedelta(days=draw.choice([6, 20, 45, 100]))
    return lambda day: start <= day <= end


def _month(draw: random.Random, days: list[dt.date]) -> Callable[[dt.date], bool]:
    month = draw.choice(days).replace(day=1)
    return (
        (lambda d: d.replace(day=1) == month) if draw.random() < 0.5 else lambda d: d.replace(day=1) != month
    )


def _weekdays(draw: random.Random, days: list[dt.date]) -> Callable[[dt.date], bool]:
    kept = draw.sample(range(7), draw.choice([1, 2, 5, 6]))
    return lambda day: day.weekday() in kept


def landmark_text(rows: pl.DataFrame, day: str, draw: random.Random) -> pl.DataFrame:
    """Rows whose landmark or facility contains a word, or does not."""
    column = next((c for c in rows.columns for n in ("landmark", "facility", "city") if n in c.lower()), None)
    texts = rows[column].drop_nulls().to_list() if column else []
    if not column or not texts:
        return rows
    word = draw.choice(draw.choice(texts).split() or [""])
    inside = pl.col(column).str.contains(word, literal=True).fill_null(False)
    return rows.filter(inside if draw.random() < 0.5 else ~inside)


def kind_of_place(rows: pl.DataFrame, day: str, draw: random.Random) -> pl.DataFrame:
    """Rows whose landmark or facility is of a kind by its words, or is not: jails, what a county runs."""
    column = next((c for c in rows.columns for n in ("landmark", "facility") if n in c.lower()), None)
    if column is None:
        return rows
    word = draw.choice(
        ["JAIL", "COUNTY", "CENTER", "GENERAL" if "landmark" in column.lower() else "FACILITY"]
    )
    inside = pl.col(column).str.to_uppercase().str.contains(word, literal=True).fill_null(False)
    return rows.filter(inside if draw.random() < 0.5 else ~inside)


def two_columns(rows: pl.DataFrame, day: str, draw: random.Random) -> pl.DataFrame:
    """Rows cut by the values of two columns, one after the other."""
    for column in draw.sample([c for c in rows.columns if c != "_day" and rows[c].n_unique() > 1], 2):
        rows = some_values(rows, column, draw) if rows.height else rows
    return rows


_NEEDED = (
    "date",
    "landmark",
    "facility",
    "responsib",
    "aor",
    "state",
    "city",
    "method",
    "custodial",
    "lift",
    "type",
    "_day",
)


def others(rows: pl.DataFrame) -> list[str]:
    """Columns that say neither when, where nor how."""
    return [c for c in rows.columns if not any(word in c.lower() for word in _NEEDED)]


def saved_again(rows: pl.DataFrame, day: str, draw: random.Random) -> pl.DataFrame:
    """Two cuts at once, other columns dropped, rows in another order."""
    part = two_columns(rows, day, draw)
    part = part.drop(draw.sample(others(rows), min(2, len(others(rows)))))
    return part.sample(fraction=1.0, shuffle=True, seed=draw.randrange(10**6))


def _few(rows: pl.DataFrame, draw: random.Random) -> int:
    return max(5, int(rows.height * draw.choice([0.001, 0.02, 0.3])))


CUTS: dict[str, Cut] = {
    "state": by_column("state"),
    "area": by_column("area of responsibility", "aor", "responsible"),
    "county": by_column("county", "city"),
    "facility": by_column("facility", "landmark", "detloc", "det_facility"),
    "landmark text": landmark_text,
    "kind of place": kind_of_place,
    "method or outcome": by_column("method", "lift", "disposition", "departure"),
    "citizenship": by_column("citizenship", "country"),
    "criminality": by_column("criminality", "conviction", "charge", "threat", "gender"),
    "month": by_day(_month),
    "days": by_day(_stretch),
    "weekdays": by_day(_weekdays),
    "first rows": lambda rows, day, draw: rows.head(_few(rows, draw)),
    "last rows": lambda rows, day, draw: rows.tail(_few(rows, draw)),
    "every n-th row": lambda rows, day, draw: rows.gather_every(draw.choice([2, 3, 10, 50])),
    "random rows": lambda rows, day, draw: rows.sample(fraction=draw.choice([0.01, 0.1, 0.5, 0.9, 0.99]),
                                                       seed=draw.randrange(10**6)),
    "two columns": two_columns,
    "two columns, saved again": saved_again,
}  # fmt: skip


@lru_cache(maxsize=1)
def rows_of(path: Path) -> tuple[pl.DataFrame, str]:
    """All rows of a release as texts, with their day as `_day`, and the name of the column of the day.

    Reports of months have no such column: it is "", and `_day` empty. The release that was read last is kept.
    """
    release = read_release(path)
    rows = pl.concat([sheet.frame.cast(pl.String) for sheet in release.sheets], how="diagonal")
    dated = [c for name in ("date", "moment") if (c := release.family.columns.get(name))]
    day = next((name for column in dated for name in column.plain_names if name in rows.columns), "")
    if not day:
        return rows.with_columns(pl.lit(None, pl.Date).alias("_day")), day
    text = pl.col(day).str.strip_chars().str.slice(0, 10)
    days = [text.str.to_date(form, strict=False) for form in ("%m/%d/%Y", "%Y-%m-%d")]
    return rows.with_columns(pl.coalesce(days).alias("_day")), day


def release(name: str, data: Path, most: int = 80_000) -> tuple[pl.DataFrame, str, str]:
    """The rows of a release (so many of a later form), the column of their day, and their table."""
    source, years, columns = LATER.get(name, (name, 0, {}))
    path, table = RELEASES[source]
    rows, day = rows_of(data / path)
    if not columns:
        return rows, day, table
    draw = random.Random(name)
    if table == "detainers":  # later months have more of them
        rows = rows.sample(n=rows.height * 3 // 2, with_replacement=True, seed=1)
    rows = rows.sort("_day", maintain_order=True).head(most)
    moved = rows["_day"].dt.offset_by(f"{52 * years}w")
    made = {}
    for header, given in columns.items():
        if isinstance(given, pl.Expr):
            made[header] = rows.select(given).to_series()
        elif given == day:
            made[header] = moved.dt.strftime("%Y-%m-%d 10:00:00")
        elif given is None:
            made[header] = pl.Series([f"{draw.getrandbits(160):040x}" for _ in range(rows.height)])
        elif given == NUMBER:
            made[header] = pl.Series(range(8, rows.height + 8)).cast(pl.String)
        elif isinstance(given, tuple):
            made[header] = pl.Series(draw.choices(given, k=rows.height))
        else:
            made[header] = rows[given]
    return pl.DataFrame({**made, "_day": moved}), next(iter(columns)), table


def written(rows: pl.DataFrame, path: Path) -> Path:
    """A file of the rows."""
    rows.drop("_day").write_csv(path, separator="|", quote_style="always")
    return path


def moved(rows: pl.DataFrame, day: str) -> pl.DataFrame:
    """Rows some whole years of weeks later, beyond all that was published, as far as that is not to come."""
    first, last = rows["_day"].min(), rows["_day"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    years = max(5, (last - first).days // 364 + 1)
    later = rows.with_columns(pl.col("_day").dt.offset_by(f"{52 * years}w"))
    later = later.with_columns(pl.col("_day").dt.strftime("%m/%d/%Y").alias(day))
    return later.filter(pl.col("_day") < dt.date(2026, 10, 1))


def cells(store: Store, name: str, places: dict[str, list[str]]) -> Cells:
    """All cells of all panels by month that are whole months or have rows."""
    found: Cells = {}
    is_whole = pl.col("days_covered") == pl.col("days_in_period")
    columns = ("place", "period", "measure", "value")
    for by in LEVELS:
        together = list(MEASURES[name])
        for measures in [together, *([measure] for measure in together if len(together) > 1)]:
            try:
                frame = panel(store, by=by, measures=measures, places=places.get(by)).frame
            except AtlargeError:  # the one refused, or all: each alone
                continue
            rows = frame.filter(is_whole | (pl.col("value") > 0)).select(columns).iter_rows()
            found |= {(by, *cell): value for *cell, value in rows}
            if measures == together:
                break
    return found


def places_of(whole: Cells) -> dict[str, list[str]]:
    """The places of each level in some cells; an office that no table knows cannot be asked for."""
    named = {by: {place for level, place, _, _ in whole if level == by} for by in LEVELS if by != "nation"}
    named["office"] &= set(table("offices")["office"])
    return {by: sorted(found) for by, found in named.items() if found}


def of_file(path: Path, name: str, places: dict[str, list[str]], folder: Path) -> Cells | None:
    """The cells of a file; None if it is refused."""
    try:
        ingest([path], folder, allow_loss=True)
    except AtlargeError:
        return None
    return cells(open_store(folder), name, places)
