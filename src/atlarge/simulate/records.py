"""Simulated data as releases: record rows in the form of real families, written in chunks, and the truth
beside."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.calendar import as_day, fiscal_year
from atlarge.errors import QuestionError
from atlarge.simulate.landmarks import UNAUTHORIZED_SHARE, Places, real_places
from atlarge.simulate.panels import Draw, Population, draw_world
from atlarge.simulate.truth import truth_document, truth_panel, write_truth
from atlarge.simulate.world import World
from atlarge.wording import some

ROWS_AT_ONCE = 500_000
FIRST_MONDAY = dt.date(2015, 10, 5)
ARREST_COLUMNS = (
    "Area of Responsibility", "Apprehension Date", "Apprehension Method", "Apprehension Landmark",
    "Operation", "Processing Disposition", "Birth Date", "Citizenship", "Gender",
)  # fmt: skip
DETAINER_COLUMNS = (
    "Prepare Date", "Detainer Type", "Detainer Detention Facility", "State", "City", "Detainer Lift Reason",
    "Simulated",
)  # fmt: skip
AT_LARGE_METHODS = ("Non-Custodial Arrest", "Located", "Probation and Parole")
AT_LARGE_SHARES = (0.48, 0.46, 0.06)
# shares of the seven days from Monday: few arrests are made on weekends
AT_LARGE_DAYS = (0.19, 0.2, 0.2, 0.19, 0.13, 0.04, 0.05)
JAIL_DAYS = (0.16, 0.165, 0.165, 0.165, 0.185, 0.08, 0.08)
REDACTED = "(B)(6);(B)(7)(C) "
MARKED = "(B)(7)(E) "
MARKED_SHARE_OF_BURSTS = 0.7


@dataclass(frozen=True)
class Simulated:
    """Where the files of a simulated world are. Returned by `simulate` and `simulate_recent`.

    Attributes
    ----------
    arrests : list of Path
        One a fiscal year, or one of a form.
    detainers, truth, truth_panel : Path
        Detainers, truth.json and truth_panel.parquet.
    rows : dict
        Number of arrests and detainers written.
    """

    arrests: list[Path]
    detainers: Path
    truth: Path
    truth_panel: Path
    rows: dict[str, int]

    def summary(self) -> str:
        """Rows of each file, in one line."""
        return ", ".join(f"{name}: {some(rows, 'row')}" for name, rows in self.rows.items())

    __str__ = summary

    def __repr__(self) -> str:
        return (
            f"<Simulated in {self.truth.parent}: {some(len(self.arrests), 'file')} of arrests, "
            "one of detainers>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The paths of all files."""
        return {
            "arrests": [str(path) for path in self.arrests],
            "detainers": str(self.detainers),
            "truth": str(self.truth),
            "truth_panel": str(self.truth_panel),
            "rows": self.rows,
        }


def simulate(
    out: Path | str,
    *,
    seed: int = 0,
    world: World | None = None,
    arrests: int | None = None,
    start: dt.date | str = FIRST_MONDAY,
) -> Simulated:
    """Write the releases of one simulated world into a folder, and the truth about it.

    The places are the most populous real counties; their unauthorized residents are drawn around their
    population. Each file says that its records are simulated: its first line, or the column `Simulated`.

    Parameters
    ----------
    out : path
        The folder.
    seed : int
        The same seed gives the same files.
    world : World, optional
        Parameters of the world.
    arrests : int, optional
        About how many arrests in all; all rates are scaled to it. Memory does not grow with it.
    start : date or ISO string
        First day.

    Returns
    -------
    Simulated
        Where the files are: EROArrests_FY<year>.csv.gz (pipes, quotes, a preamble), detainers.csv.gz with
        the columns of the national release, truth.json and truth_panel.parquet.

    Raises
    ------
    QuestionError
        For parameters that make no sense, or where `out` holds other files of these names.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulated = simulate(folder, seed=1, arrests=2_000)
    ...     simulated.detainers.name
    'detainers.csv.gz'
    """
    world = World() if world is None else world
    if arrests is not None and arrests < 1:
        raise QuestionError(f"--arrests {arrests}: ask for at least one arrest")
    folder = clean_folder(out, "EROArrests_FY*.csv.gz", "detainers.csv.gz")
    start = as_day(start)
    start -= dt.timedelta(days=start.weekday())
    places = real_places(world.places)
    people = population_of(world, places, seed)
    world = scaled(world, people, seed, arrests)
    draw = draw_world(world, seed, population=people)
    rng = np.random.default_rng([seed, 1])
    writer = _FiscalYears(folder, seed)
    for _week, frame in _arrest_rows(world, draw, places, rng, start):
        writer.write(frame)
    paths = writer.close()
    detainers = folder / "detainers.csv.gz"
    n_detainers = _write_detainers(detainers, draw, places, rng, start)
    rows = {"arrests": writer.rows, "detainers": n_detainers}
    document = truth_document(world, draw, places, start, seed, rows)
    truth, panel = write_truth(folder, truth_panel(draw, places, start), document)
    return Simulated(paths, detainers, truth, panel, rows)


def clean_folder(out: Path | str, *patterns: str) -> Path:
    """The folder, created if it is not there; files of an earlier simulation are removed, nothing else.

    QuestionError where files of these names are there that no simulation wrote.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    named = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if named and not (folder / "truth.json").exists():
        raise QuestionError(f"{named[0]} is not from a simulation: give an empty folder with --out")
    for path in named:
        path.unlink()
    return folder


@contextmanager
def packed(path: Path) -> Iterator[gzip.GzipFile]:
    """A gzipped file that gets its name when it is complete; no name and no time are in it, so that the same
    content gives the same bytes."""
    partial = path.with_name(path.name + ".tmp")
    with partial.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as stream:
        yield stream
    partial.rename(path)


def population_of(world: World, places: Places, seed: int) -> Population:
    """Unauthorized residents: the national share of each county's residents, spread as the world says."""
    rng = np.random.default_rng([seed, 2])
    spread = world.unauthorized_sigma * 0.5  # since real counties already differ in size
    factor = np.exp(spread * rng.standard_normal(world.places) - spread**2 / 2)
    return Population(places.residents * UNAUTHORIZED_SHARE * factor, places.area)


def scaled(world: World, people: Population, seed: int, arrests: int | None) -> World:
    """Scale both rates so that the world has about so many arrests: one trial draw gives the factor."""
    if arrests is None:
        return world
    trial = draw_world(world, seed, population=people)
    total = sum(float(np.nansum(part)) for part in _arrest_parts(trial))
    if total <= 0:
        raise QuestionError("this world has no arrests at all: raise at_large_per_10k or bookings_per_10k")
    factor = arrests / total
    return world.but(
        at_large_per_10k=world.at_large_per_10k * factor, bookings_per_10k=world.bookings_per_10k * factor
    )


def _arrest_parts(draw: Draw) -> tuple[NDArray[np.float32], ...]:
    return draw.at_large, draw.general_at_large, draw.handoffs, draw.general_handoffs


def _arrest_rows(
    world: World, draw: Draw, places: Places, rng: np.random.Generator, start: dt.date
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows week by week, at most about `ROWS_AT_ONCE` at a time."""
    quoted = _Quoted(places)
    parts = [np.nan_to_num(part).astype(np.int64) for part in _arrest_parts(draw)]
    burst_share = draw.burst / np.maximum(draw.at_large_base + draw.substituted + draw.burst, 1)
    for week in range(world.weeks):
        for kind, counts in enumerate(parts):
            column = counts[:, week]
            for block in _blocks(column):
                who = np.repeat(np.arange(len(column))[block], column[block])
                if len(who):
                    yield week, quoted.rows(kind, who, burst_share[:, week], week, start, world, rng)


def _blocks(column: NDArray[np.int64]) -> Iterator[slice]:
    """Slices of places with about `ROWS_AT_ONCE` rows each (one place may have more)."""
    total = column.cumsum()
    begin = 0
    while begin < len(column):
        before = int(total[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, before + ROWS_AT_ONCE, side="right")))
        yield slice(begin, end)
        begin = end


class _Quoted:
    """Texts of arrest rows, quoted as the releases have them, looked up by place."""

    def __init__(self, places: Places) -> None:
        self.area = pl.Series([f'"{name}"' for name in places.area_name] + [""])
        self.county = pl.Series([f'"{text}"' for text in places.county])
        self.jail = pl.Series([f'"{text}"' for text in places.jail])
        self.general = pl.Series([f'"{text}"' for text in places.general])
        self.method = pl.Series([f'"{text}"' for text in (*AT_LARGE_METHODS, "CAP Local Incarceration")])

    def rows(
        self,
        kind: int,
        who: NDArray[np.int64],
        burst_share: NDArray[np.float64],
        week: int,
        start: dt.date,
        world: World,
        rng: np.random.Generator,
    ) -> pl.DataFrame:
        """Rows of one kind (0, 1 at large, named and general; 2, 3 jail, named and general) in one week."""
        n = len(who)
        is_jail = kind >= 2
        day = rng.choice(7, n, p=JAIL_DAYS if is_jail else AT_LARGE_DAYS)
        method = np.full(n, 3) if is_jail else rng.choice(3, n, p=AT_LARGE_SHARES)
        marked = np.zeros(n, dtype=bool)
        if not is_jail:
            marked = rng.random(n) < burst_share[who] * MARKED_SHARE_OF_BURSTS
        area = who
        if world.blank_area_share > 0:
            area = np.where(rng.random(n) < world.blank_area_share, len(self.area) - 1, who)
        landmark = self.general if kind % 2 else (self.jail if is_jail else self.county)
        dates = [start + dt.timedelta(days=7 * week + k) for k in range(7)]
        return pl.DataFrame(
            {
                "fiscal_year": np.array([fiscal_year(d) for d in dates])[day],
                "area": self.area.gather(area),
                "date": pl.Series([f"{d.month}/{d.day}/{d.year}" for d in dates]).gather(day),
                "method": self.method.gather(method),
                "landmark": landmark.gather(who),
                "operation": pl.Series(["", f'"{MARKED}"']).gather(marked.astype(np.int64)),
            }
        )


class _FiscalYears:
    """One compressed file a fiscal year."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed, self.rows = folder, seed, 0
        self.paths: list[Path] = []
        self.streams: dict[int, gzip.GzipFile] = {}
        self.stack = ExitStack()

    def write(self, frame: pl.DataFrame) -> None:
        self.rows += frame.height
        for (year,), part in frame.partition_by("fiscal_year", as_dict=True, maintain_order=True).items():
            buffer = io.BytesIO()
            lines = part.select(
                "area", "date", "method", "landmark", "operation",
                disposition=pl.lit('"Other"'), birth=pl.lit(f'"{REDACTED}"'),
                citizenship=pl.lit('"UNKNOWN"'), gender=pl.lit('"Unknown"'),
            )  # fmt: skip
            lines.write_csv(buffer, include_header=False, separator="|", quote_style="never")
            self._file(int(str(year))).write(buffer.getvalue())

    def _file(self, year: int) -> gzip.GzipFile:
        if year not in self.streams:
            self.paths.append(self.folder / f"EROArrests_FY{year}.csv.gz")
            self.streams[year] = self.stack.enter_context(packed(self.paths[-1]))
            self.streams[year].write(self._preamble(year).encode())
        return self.streams[year]

    def _preamble(self, year: int) -> str:
        bars = "|" * (len(ARREST_COLUMNS) - 1)
        first = [
            f'"Simulated records, seed {self.seed}: not real arrests"{bars}',
            f'"atlarge simulate"{bars}',
            bars,
            bars,
            f'"ERO Administrative Arrests for FY{year} (simulated)"{bars}',
            "|".join(f'"{name}"' for name in ARREST_COLUMNS),
        ]
        return "\n".join(first) + "\n"

    def close(self) -> list[Path]:
        self.stack.close()
        return sorted(self.paths)


def _write_detainers(path: Path, draw: Draw, places: Places, rng: np.random.Generator, start: dt.date) -> int:
    """Detainers by prepare date: booked where handed over, declined where recorded so, else without a
    reason."""
    issued, declined = np.nan_to_num(draw.detainers), np.nan_to_num(draw.declined)
    # handoffs of a week are those of its detainers; some may be hidden by a reporting delay
    booked = np.minimum(draw.handoffs_true, issued)
    declined = np.minimum(declined, issued - booked)
    counts = np.stack([booked, declined, issued - booked - declined]).astype(np.int64)
    reasons = pl.Series(["Booked into Detention", "Detainer Declined by LEA", None])
    facility, state = pl.Series(places.jail), pl.Series(places.state_name)
    city = pl.Series(places.city, dtype=pl.String)
    rows = 0
    with packed(path) as stream:
        stream.write((",".join(DETAINER_COLUMNS) + "\n").encode())
        for week in range(counts.shape[2]):
            for block in _blocks(counts[:, :, week].sum(0)):
                flat = counts[:, block, week]
                which = np.repeat(np.arange(flat.size), flat.ravel())
                reason, who = np.divmod(which, flat.shape[1])
                day = rng.choice(7, len(which), p=JAIL_DAYS)
                dates = [start + dt.timedelta(days=7 * week + k) for k in range(7)]
                frame = pl.DataFrame(
                    {
                        "date": pl.Series([str(d) for d in dates]).gather(day),
                        "type": pl.Series(["I247D"]).gather(np.zeros(len(which), dtype=np.int64)),
                        "facility": facility[block].gather(who),
                        "state": state[block].gather(who),
                        "city": city[block].gather(who),
                        "reason": reasons.gather(reason),
                        "simulated": pl.Series(["yes"]).gather(np.zeros(len(which), dtype=np.int64)),
                    }
                )
                buffer = io.BytesIO()
                frame.write_csv(buffer, include_header=False)
                stream.write(buffer.getvalue())
                rows += len(which)
    return rows
