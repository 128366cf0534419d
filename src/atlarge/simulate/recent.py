"""Simulated releases of 2022 to 2026, in the forms A, B and C of the Deportation Data Project.

On top of a `World`: who is arrested, where and by whom; the three methods of July 2025 that became one;
agreements under 287(g) that come in a wave; state laws; operations. The same seed gives the same world in
every form, so that the forms are vintages of one another.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlarge.arguments import one_of
from atlarge.errors import QuestionError
from atlarge.files import shipped_yaml
from atlarge.simulate.landmarks import Places, real_places
from atlarge.simulate.panels import Draw, draw_world
from atlarge.simulate.records import (
    AT_LARGE_DAYS,
    AT_LARGE_METHODS,
    AT_LARGE_SHARES,
    JAIL_DAYS,
    Simulated,
    clean_folder,
    packed,
    population_of,
    scaled,
)
from atlarge.simulate.truth import truth_document, write_truth
from atlarge.simulate.world import World

Ints = NDArray[np.int64]
START = dt.date(2022, 10, 3)
"""The Monday from which recent worlds are drawn."""
SURGE, MERGED_FROM, TYPED_FROM = dt.date(2025, 1, 20), dt.date(2025, 7, 21), dt.date(2025, 8, 4)
"""Days from which at-large arrests rise, the methods of custody are one, and the type is recorded."""
SPANS = {
    "a": (dt.date(2023, 9, 4), dt.date(2025, 7, 27)),
    "b": (START, dt.date(2026, 3, 8)),
    "c": (START, dt.date(2026, 8, 2)),
}
"""First and last day of each form."""
AT_LARGE, OPERATION, JAIL, STATE, FEDERAL = range(5)
_CAP = {
    JAIL: "CAP Local Incarceration",
    STATE: "CAP State Incarceration",
    FEDERAL: "CAP Federal Incarceration",
}
_CRIMINALITY = ("1 Convicted Criminal", "2 Pending Criminal Charges", "3 Other Immigration Violator")
_SITES = ("home_or_street", "courthouse", "office", "workplace", "unknown")


@cache
def _forms() -> dict[str, Any]:
    return dict(shipped_yaml(__package__, "forms.yaml"))


@dataclass(frozen=True)
class Recent:
    """How arrests of 2022 to 2026 come about and are recorded. Shares lie between 0 and 1.

    Custody
    state_per_handoff, federal_per_handoff  arrests at state and at federal prisons per handoff at a jail
    agreements              places that sign a 287(g) agreement in the wave of 2025
    agreement_share         share of a place's handoffs recorded under 287(g) from then on
    agreement_rise          further handoffs from then on, per handoff of before

    Policies and operations
    laws                    states whose law limits cooperation from a week in the middle third
    operations              operations, each in one area of responsibility
    operation_weeks         weeks that one lasts
    operation_size          arrests of an operation per usual at-large arrest of its area
    operation_cbp           share of an operation's arrests that CBP makes

    Who
    convicted, pending      shares at jails; those at large are `convicted_at_large`, `pending_at_large`
    convicted_fall          what the convicted share at large falls by from the surge on
    collateral              share of at-large arrests that are collateral

    Where
    sites                   shares of at-large arrests at homes or in the street, at courthouses, offices and
                            workplaces, and under a label that does not say
    general_custody         share of arrests in custody under the label of an office's area
    detainer_known          share of detainers before an arrest that carry its identifier
    blank_state, blank_county  shares of rows without a state, and in form C without a county

    The file
    weeks_earlier           weeks by which it ends before the last of its form: an earlier vintage
    """

    state_per_handoff: float = 0.25
    federal_per_handoff: float = 0.4
    agreements: int = 8
    agreement_share: float = 0.5
    agreement_rise: float = 0.3
    laws: int = 1
    operations: int = 2
    operation_weeks: int = 3
    operation_size: float = 3.0
    operation_cbp: float = 0.3
    convicted: float = 0.55
    pending: float = 0.3
    convicted_at_large: float = 0.5
    pending_at_large: float = 0.15
    convicted_fall: float = 0.2
    collateral: float = 0.3
    sites: tuple[float, ...] = (0.5, 0.05, 0.15, 0.1, 0.2)
    general_custody: float = 0.25
    detainer_known: float = 0.7
    blank_state: float = 0.05
    blank_county: float = 0.3
    weeks_earlier: int = 0

    def __post_init__(self) -> None:
        """Raises QuestionError naming the parameter that makes no sense."""
        if len(self.sites) != len(_SITES) or abs(sum(self.sites) - 1) > 1e-9 or min(self.sites) < 0:
            raise QuestionError(f"parameter sites needs {len(_SITES)} shares that add up to 1")
        rates = {"state_per_handoff", "federal_per_handoff", "agreement_rise", "operation_size"}
        for name, value in asdict(self).items():
            if isinstance(value, float) and (value < 0 or (value > 1 and name not in rates)):
                raise QuestionError(f"parameter {name} is {value}: a share lies between 0 and 1")
            if isinstance(value, int) and value < 0:
                raise QuestionError(f"parameter {name} is {value}: it cannot be negative")
        if self.convicted + self.pending > 1 or self.convicted_at_large + self.pending_at_large > 1:
            raise QuestionError("the shares convicted and pending add up to more than 1")
        if self.convicted_fall > self.convicted_at_large:
            raise QuestionError("convicted_fall is more than the share that could fall")


def recent_world(places: int = 150, policies: int = 6, **changes: Any) -> World:
    """A `World` from October 2022 to August 2026, its at-large arrests rising from 20 January 2025 on.

    Parameters
    ----------
    places, policies : int
        Number of counties, and of those that adopt a policy.
    changes
        Other parameters of `World`, by name.

    Returns
    -------
    World
        For `simulate_recent`.

    Raises
    ------
    QuestionError
        For a parameter that `World` does not have, or that makes no sense.

    Examples
    --------
    >>> recent_world(places=12, policies=1).weeks
    200
    """
    weeks = (SPANS["c"][1] - START).days // 7 + 1
    usual = {"trend_week": (SURGE - START).days // 7, "trend_step": 0.7}
    return World(places=places, weeks=weeks, policies=policies).but(**{**usual, **changes})


def simulate_recent(
    out: Path | str,
    *,
    form: str = "b",
    seed: int = 0,
    world: World | None = None,
    recent: Recent | None = None,
    arrests: int | None = None,
) -> Simulated:
    """Write one simulated world as a release of 2025 or 2026, with detainers and the truth beside it.

    Parameters
    ----------
    out : path
        Folder; files of an earlier simulation in it are replaced.
    form : str
        a (2025), b (March 2026) or c (later in 2026). The same seed gives the same world in each, and each
        has what its form has: type, agency, operation and duty site in b; county in c.
    seed : int
        The same seed gives the same bytes.
    world, recent : World and Recent, optional
        The parameters; None: `recent_world()` and `Recent()`. Of what `World` says of recording, only
        `reporting_delay_weeks` has a place here: late arrests are in a later release only.
    arrests : int, optional
        About how many arrests in the whole world; None: by its rates.

    Returns
    -------
    Simulated
        `truth_panel`: place (county), week and the true count of each measure, of what the form covers.

    Raises
    ------
    QuestionError
        For parameters that make no sense, or where `out` holds other files of these names.

    Examples
    --------
    >>> import tempfile
    >>> from atlarge.simulate import recent_world, simulate_recent
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     world = recent_world(places=12, policies=1)
    ...     simulated = simulate_recent(folder, form="c", world=world, arrests=2_000)
    ...     [path.name for path in simulated.arrests]
    ['arrests_form_c.csv.gz']
    """
    one_of(form, SPANS, "form")
    world, recent = world or recent_world(), recent or Recent()
    folder = clean_folder(out, "arrests_form_*.csv.gz", "detainers_form_*.csv.gz")
    places = real_places(world.places)
    people = population_of(world, places, seed)
    rng = np.random.default_rng([seed, 7])
    starts, laws = _starts(world, recent, places, rng)
    world = scaled(world, people, seed, arrests)
    draw = draw_world(world, seed, population=people, starts=starts)
    agreements, operations = _agreements(world, recent, places, rng), _operations(world, recent, places, rng)
    rows = _rows(world, recent, places, draw, agreements, operations, rng)
    detainers = _detainer_rows(rows, recent, draw, rng)
    first, last = SPANS[form]
    last -= dt.timedelta(weeks=recent.weeks_earlier)
    if last <= first:
        raise QuestionError(f"weeks_earlier is {recent.weeks_earlier}: form {form} ends before it begins")
    known = _known_by(world, rows, last, rng)
    kept = rows.filter(pl.Series(known) & pl.col("date").is_between(first, last))
    path = folder / f"arrests_form_{form}.csv.gz"
    _write_csv(path, _form(form, kept, places), seed)
    of_detainers = folder / f"detainers_form_{form}.csv.gz"
    issued = detainers.filter(pl.col("date").is_between(first, last))
    _write_csv(of_detainers, _detainer_form(form, issued, places), seed)
    counts = {"arrests": kept.height, "detainers": issued.height}
    document = truth_document(world, draw, places, START, seed, counts)
    document |= {
        "form": form,
        "form_start": str(first),
        "form_end": str(last),
        "recent": asdict(recent),
        "laws": [{"state": state, "from": str(_day(week))} for state, week in laws.items()],
        "agreements": [
            {"place": places.fips[i], "place_name": places.name[i], "from": str(_day(week))}
            for i, week in sorted(agreements.items())
        ],
        "operations": operations,
    }
    truth, panel = write_truth(folder, _truth_panel(kept, places), document)
    return Simulated([path], of_detainers, truth, panel, counts)


def _day(week: int) -> dt.date:
    return START + dt.timedelta(days=7 * int(week))


def _week(day: dt.date) -> int:
    return (day - START).days // 7


def _starts(
    world: World, recent: Recent, places: Places, rng: np.random.Generator
) -> tuple[tuple[Ints, Ints], dict[str, int]]:
    """Announced and effective weeks of each place, by local decisions and state laws, and the laws."""
    first, last = world.policy_window
    effective = np.full(world.places, -1, dtype=np.int64)
    states = np.array([name.rpartition(", ")[2] for name in places.name])
    names, sizes = np.unique(states, return_counts=True)
    # a law of a state with half of the places would leave too few to compare with
    eligible = [str(n) for n, k in zip(names, sizes, strict=True) if 2 <= k <= max(2, world.places // 10)]
    chosen = rng.permutation(eligible)[: recent.laws]
    laws = {str(state): int(rng.integers(first, last + 1)) for state in chosen}
    for state, week in laws.items():
        effective[states == state] = week
    free = np.flatnonzero(effective < 0)
    local = rng.permutation(free)[: world.policies]
    effective[local] = rng.integers(first, last + 1, len(local))
    announced = np.where(effective >= 0, np.maximum(effective - world.announce_lead_weeks, 0), -1)
    return (announced, effective), laws


def _agreements(world: World, recent: Recent, places: Places, rng: np.random.Generator) -> dict[int, int]:
    """Places that sign, and the week: half of the wave lies in its first third."""
    first, last = _week(dt.date(2025, 2, 3)), min(_week(dt.date(2026, 3, 2)), world.weeks - 1)
    if first >= last:
        return {}
    who = rng.permutation(len(places.fips))[: recent.agreements]
    when = first + ((last - first) * rng.beta(1.0, 2.0, len(who))).astype(int)
    return {int(i): int(week) for i, week in zip(who, when, strict=True)}


def _operations(
    world: World, recent: Recent, places: Places, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Operations: area, first day, last day."""
    areas = sorted(set(places.aor))
    first = _week(dt.date(2025, 6, 2))
    last = min(_week(dt.date(2026, 1, 26)), world.weeks - recent.operation_weeks)
    if first >= last:
        return []
    chosen = rng.permutation(areas)[: recent.operations]
    weeks = rng.integers(first, last, len(chosen))
    return [
        {
            "id": k + 1,
            "aor": str(area),
            "start": str(_day(int(week))),
            "end": str(_day(int(week) + recent.operation_weeks) - dt.timedelta(days=1)),
        }
        for k, (area, week) in enumerate(zip(chosen, weeks, strict=True))
    ]


def _rows(
    world: World,
    recent: Recent,
    places: Places,
    draw: Draw,
    agreements: dict[int, int],
    operations: list[dict[str, Any]],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Every arrest of the world: place, week, day, kind, site, criminality, type, agency, operation."""
    usual = draw.at_large_base + draw.substituted
    jail = draw.handoffs_true.astype(np.int64)
    for i, week in agreements.items():
        jail[i, week:] += rng.poisson(
            recent.agreement_rise * float(jail[i, :week].mean()), world.weeks - week
        )
    operation = np.zeros_like(jail)
    marks = np.zeros_like(jail)
    for one in operations:
        week = _week(dt.date.fromisoformat(one["start"]))
        at = np.flatnonzero(np.array(places.aor) == one["aor"])
        span = slice(week, week + recent.operation_weeks)
        mean = usual[at, max(0, week - 26) : week].mean(1, keepdims=True)
        operation[at, span] += rng.poisson(recent.operation_size * mean, (len(at), recent.operation_weeks))
        marks[at, span] = one["id"]
    counts = (
        usual + draw.burst, operation, jail,
        rng.poisson(recent.state_per_handoff * jail), rng.poisson(recent.federal_per_handoff * jail),
    )  # fmt: skip
    parts = []
    for kind, table in enumerate(counts):
        cells = np.flatnonzero(table)
        each = np.repeat(cells, table.ravel()[cells].astype(np.int64))
        parts.append(np.stack([np.full(len(each), kind), *np.divmod(each, world.weeks)]))
    kind, place, week = np.concatenate(parts, axis=1).astype(np.int64)
    n = len(kind)
    custody = kind >= JAIL
    day = np.where(custody, rng.choice(7, n, p=JAIL_DAYS), rng.choice(7, n, p=AT_LARGE_DAYS))
    since = 7 * week + day
    in_agreement = np.zeros(n, dtype=bool)
    for i, start in agreements.items():
        in_agreement |= (place == i) & (week >= start)
    program = (kind == JAIL) & in_agreement & (rng.random(n) < recent.agreement_share)
    site = rng.choice(len(_SITES), n, p=recent.sites)
    convicted = np.where(custody, recent.convicted, recent.convicted_at_large)
    convicted = convicted - np.where(~custody & (since >= (SURGE - START).days), recent.convicted_fall, 0.0)
    convicted = np.where(kind >= STATE, 0.97, convicted)
    pending = np.where(kind >= STATE, 0.02, np.where(custody, recent.pending, recent.pending_at_large))
    level = rng.random(n)
    return pl.DataFrame(
        {
            "row": np.arange(n),
            "place": place,
            "week": week,
            "kind": kind,
            "date": (np.datetime64(START) + since).astype("datetime64[D]"),
            "minute": rng.integers(0, 1440, n),
            "is_program": program,
            "way": rng.choice(3, n, p=AT_LARGE_SHARES),
            "site": np.where(custody, -1, site),
            "is_general": rng.random(n) < recent.general_custody,
            "criminality": np.where(level < convicted, 0, np.where(level < convicted + pending, 1, 2)),
            "is_collateral": ~custody & (rng.random(n) < recent.collateral),
            "is_cbp": (kind == OPERATION) & (rng.random(n) < recent.operation_cbp),
            "operation": np.where(kind == OPERATION, marks[place, week], 0),
            "is_blank_state": rng.random(n) < recent.blank_state,
            "is_blank_county": rng.random(n) < recent.blank_county,
        }
    )


def _known_by(world: World, rows: pl.DataFrame, last: dt.date, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which arrests are recorded by the end of a release: late ones are in a later release only."""
    delay = rng.exponential(max(world.reporting_delay_weeks, 1e-9), rows.height)
    age = ((pl.lit(last) - pl.col("date")).dt.total_days() / 7.0).alias("age")
    return np.asarray(delay <= rows.select(age).to_series().to_numpy() + 1e-6)


def _method() -> pl.Expr:
    """The method as recorded: from July 2025 on, one for the three of custody."""
    merged = (pl.col("kind") >= JAIL) & (pl.col("date") >= MERGED_FROM)
    at_large = pl.col("way").replace_strict(dict(enumerate(AT_LARGE_METHODS)), return_dtype=pl.String)
    return (
        pl.when("is_program").then(pl.lit("287(g) Program"))
        .when(merged).then(pl.lit("Custodial Arrest"))
        .otherwise(pl.col("kind").replace_strict(_CAP, default=None, return_dtype=pl.String))
        .fill_null(at_large)
    )  # fmt: skip


def _of_place(values: list[Any]) -> pl.Expr:
    return pl.col("place").replace_strict(
        pl.Series(range(len(values)), dtype=pl.Int64),
        pl.Series(values, dtype=pl.String),
        return_dtype=pl.String,
    )


def _landmark(places: Places) -> pl.Expr:
    """The landmark, by the kind of arrest and of site."""
    state = _of_place(places.state_name)
    county, general = _of_place(places.county), _of_place(places.general)
    office = _of_place(places.office)
    site = pl.col("site")
    return (
        pl.when((pl.col("kind") >= JAIL) & pl.col("is_general")).then(general)
        .when(pl.col("kind") == JAIL).then(_of_place(places.jail))
        .when(pl.col("kind") == STATE).then(pl.format("{} STATE PRISON", state))
        .when(pl.col("kind") == FEDERAL).then(pl.format("USBOP FCI, {}", state))
        .when(site == 0).then(pl.format("{} FUGITIVE OPERATIONS", office))
        .when(site == 1).then(county.str.replace(",", " COURTHOUSE,"))
        .when(site == 2).then(county.str.replace(",", " PROBATION OFFICE,"))
        .when(site == 3).then(county.str.replace(",", " WORKSITE,"))
        .otherwise(general)
    )  # fmt: skip


def _persons(rows: pl.Series) -> pl.Series:
    """An identifier of 40 hexadecimal digits for each arrest; none where there is no arrest."""
    names = [None if k is None else hashlib.sha1(b"%d" % k, usedforsecurity=False).hexdigest() for k in rows]
    return pl.Series(names, dtype=pl.String)


def _form(form: str, rows: pl.DataFrame, places: Places) -> pl.DataFrame:
    """Rows in the columns of a form; those that a simulation has nothing for are blank."""
    state = pl.when("is_blank_state").then(None).otherwise(_of_place(places.state_name))
    moment = (pl.col("date").cast(pl.Datetime) + pl.duration(minutes=pl.col("minute"))).dt.strftime(
        "%Y-%m-%d %H:%M:%S"
    )
    names = [text.partition(",")[0].removesuffix(" COUNTY") for text in places.county]
    county = pl.when(pl.col("is_blank_county") | (form != "c")).then(None).otherwise(_of_place(names))
    is_typed = pl.col("date") >= TYPED_FROM
    kind = pl.when("is_collateral").then(pl.lit("Collateral")).otherwise(pl.lit("Targeted"))
    area = _of_place(places.area_name)
    found = {
        "Apprehension Date": moment,
        "Apprehension State": state,
        "State": state,
        "Apprehension AOR": area,
        "TOA Current Duty AOR": area,
        "AOR": area,
        "County": county,
        "City": pl.lit(None),
        "Final Program": pl.when(pl.col("kind") >= JAIL).then(pl.lit("ERO Criminal Alien Program"))
        .otherwise(pl.lit("Fugitive Operations")),
        "Apprehension Method": _method(),
        "Apprehension Criminality": pl.col("criminality").replace_strict(
            dict(enumerate(_CRIMINALITY)), return_dtype=pl.String
        ),
        "Apprehension Site Landmark": _landmark(places),
        "Event Landmark": _landmark(places),
        "Apprehension Type": pl.when(is_typed).then(kind),
        "Arresting Agency": pl.when("is_cbp").then(pl.lit("CBP")).otherwise(pl.lit("ICE")),
        "Operation": pl.when(pl.col("operation") > 0).then(pl.format("OPERATION {}", "operation")),
        "TOA Current Duty Site": pl.format("{}, {}", _of_place(places.office), _of_place(places.state_name)),
        "Case Status": pl.lit("ACTIVE"),
        "Citizenship Country": pl.lit("UNKNOWN"),
        "Gender": pl.lit("Unknown"),
    }  # fmt: skip
    shuffled = rows.sort("date", "minute", "row")
    person = _persons(shuffled["row"])
    columns = []
    for name in _forms()["arrests"][form].split(" | "):
        value = (
            person.alias(name)
            if "Identifier" in name
            else found.get(name, pl.lit(None)).cast(pl.String).alias(name)
        )
        columns.append(value)
    return shuffled.select(columns)


def _detainer_rows(rows: pl.DataFrame, recent: Recent, draw: Draw, rng: np.random.Generator) -> pl.DataFrame:
    """Detainers: one before each arrest in local or state custody, and those that were not honored."""
    custody = rows.filter(pl.col("kind").is_in([JAIL, STATE]))
    before = pl.duration(days=pl.lit(pl.Series(rng.integers(0, 5, custody.height))))
    booked = custody.select(
        "place", "kind", pl.col("date") - before, "row", reason=pl.lit("Booked into Detention")
    )
    lost = np.maximum(np.nan_to_num(draw.detainers).astype(np.int64) - draw.handoffs_true, 0)
    declined = np.minimum(np.nan_to_num(draw.declined).astype(np.int64), lost)
    parts = [booked]
    for counts, reason in ((declined, "Detainer Declined by LEA"), (lost - declined, None)):
        cells = np.flatnonzero(counts)
        place, week = np.divmod(np.repeat(cells, counts.ravel()[cells]), counts.shape[1])
        day = rng.choice(7, len(place), p=JAIL_DAYS)
        parts.append(
            pl.DataFrame(
                {
                    "place": place,
                    "kind": np.full(len(place), JAIL),
                    "date": (np.datetime64(START) + 7 * week + day).astype("datetime64[D]"),
                }
            ).with_columns(pl.lit(None, pl.Int64).alias("row"), pl.lit(reason, pl.String).alias("reason"))
        )
    every = pl.concat(parts)
    is_known = pl.Series(rng.random(every.height) < recent.detainer_known)
    return every.with_columns(pl.when(is_known).then("row").alias("row")).sort("date", "place", "row")


def _detainer_form(form: str, rows: pl.DataFrame, places: Places) -> pl.DataFrame:
    """Detainers in the columns of a form; those that a simulation has nothing for are blank."""
    state = _of_place(places.state_name)
    is_local = pl.col("kind") == JAIL
    prison = pl.format("{} STATE PRISON", state)
    found: dict[str, Any] = {
        "date": pl.col("date").dt.strftime("%Y-%m-%d"),
        "state": state,
        "aor": _of_place(places.area_name),
        "facility": pl.when(is_local).then(_of_place(places.jail)).otherwise(prison),
        "city": pl.when(is_local).then(_of_place(places.city)),
        "reason": pl.col("reason"),
        "type": pl.lit("I247A - Immigration Detainer - Notice of Action"),
        "person": _persons(rows["row"]),
    }
    by_name = {published: found[name] for name, published in _forms()["filled"][form].items()}
    blank = pl.lit(None, pl.String)
    return rows.select(
        by_name[name].alias(name) if name in by_name else blank.alias(name)
        for name in _forms()["detainers"][form].split(" | ")
    )


def _write_csv(path: Path, frame: pl.DataFrame, seed: int) -> None:
    """Write a release whose first line says that it is simulated."""
    bare = "," * (frame.width - 1)
    head = [f'"Simulated records, seed {seed}: not real"{bare}', f'"atlarge simulate"{bare}', *[bare] * 4]
    with packed(path) as stream:
        stream.write(("\n".join(head) + "\n").encode())
        stream.write(frame.write_csv().encode())


def _truth_panel(rows: pl.DataFrame, places: Places) -> pl.DataFrame:
    """True counts of the rows by county and week, one row a measure."""
    custody = pl.col("kind") >= JAIL
    is_typed = pl.col("date") >= TYPED_FROM
    measures = {
        "arrests": pl.col("kind").is_not_null(),
        "at_large": ~custody,
        "handoffs": pl.col("kind") == JAIL,
        "program_287g": pl.col("is_program"),
        "convicted": pl.col("criminality") == 0,
        "pending": pl.col("criminality") == 1,
        "no_charge": pl.col("criminality") == 2,
        "targeted": is_typed & ~pl.col("is_collateral"),
        "collateral": is_typed & pl.col("is_collateral"),
        "arrested_by_cbp": pl.col("is_cbp"),
        "operation_marked": pl.col("operation") > 0,
        **{f"at_{name}": pl.col("site") == k for k, name in enumerate(_SITES[:-1])},
    }
    counts = rows.group_by("place", "week").agg(
        condition.sum().alias(name) for name, condition in measures.items()
    )
    states = [name.rpartition(", ")[2] for name in places.name]
    return (
        counts.with_columns(
            _of_place(states).alias("state"),
            _of_place(places.aor).alias("aor"),
            (pl.lit(START) + pl.duration(days=7 * pl.col("week"))).alias("week"),
            _of_place(places.fips).alias("place"),
        )
        .unpivot(
            list(measures),
            index=["place", "state", "aor", "week"],
            variable_name="measure",
            value_name="value",
        )
        .with_columns(pl.col("value").cast(pl.Int64))
        .sort("measure", "place", "week")
    )
