"""The policies that questions name: one view over the dated policies and the 287(g) agreements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.errors import QuestionError
from atlarge.reference import sidecar, table

HOUSING = "jail_contract"
_OTHER: ContextVar[tuple[Policy, ...] | None] = ContextVar("policies in use", default=None)


@dataclass(frozen=True)
class Policy:
    """A dated decision. `effective` is the first day that it can have applied; `latest` the last day it can
    have begun (the same for a policy known to the day). `ended` None: still in force when last read."""

    id: str
    level: str
    place_name: str
    state: str
    fips: str | None
    direction: str
    kind: str
    title: str
    announced: dt.date | None
    effective: dt.date
    latest: dt.date
    precision: str
    ended: dt.date | None
    confidence: str
    source_url: str
    note: str
    criteria: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)

    @property
    def known(self) -> dt.date:
        """First day that the policy was known of: announced, or in effect unannounced."""
        return min(self.announced or self.effective, self.effective)

    @property
    def is_window(self) -> bool:
        """Whether the first day is known to a month or year only."""
        return self.latest > self.effective


def _latest(effective: dt.date, precision: str) -> dt.date:
    """Last day of the month or year that a date stands for."""
    if precision == "month":
        following = dt.date(effective.year + effective.month // 12, effective.month % 12 + 1, 1)
        return following - dt.timedelta(days=1)
    if precision == "year":
        return dt.date(effective.year, 12, 31)
    return effective


def _policy(row: dict[str, Any]) -> Policy:
    fields: dict[str, Any] = {**row, "latest": _latest(row["effective"], row["precision"])}
    for key in ("title", "confidence", "source_url", "note", "criteria"):
        fields[key] = row[key] or ""
    return Policy(**fields)


def policy_table() -> pl.DataFrame:
    """Every policy, dated or not, and every 287(g) agreement: id, level, place_name, state, fips, direction,
    kind, title, announced, effective, precision, ended, criteria, confidence, source_url, note."""
    own = table("policies")
    names = table("counties").select("fips", pl.col("place_name").alias("county_name"))
    agreements = (
        table("agreements_287g")
        .join(names, on="fips", how="left")
        .select(
            "id",
            "level",
            pl.coalesce("county_name", pl.concat_str("agency", pl.lit(", "), "state")).alias("place_name"),
            "state",
            "fips",
            pl.lit("extends").alias("direction"),
            pl.lit("program_287g").alias("kind"),
            pl.concat_str(pl.lit("287(g) agreement of "), "agency", pl.lit(", "), "model").alias("title"),
            pl.col("signed").alias("announced"),
            pl.col("signed").alias("effective"),
            pl.when(pl.col("signed").is_null())
            .then(pl.lit("none"))
            .otherwise(pl.lit("day"))
            .alias("precision"),
            pl.lit(None, pl.Date).alias("ended"),
            pl.lit(None, pl.String).alias("criteria"),
            pl.lit("medium").alias("confidence"),
            pl.lit(str(sidecar("agreements_287g")["url"])).alias("source_url"),
            pl.lit(
                "In force in July 2025; day of the newest signing, not of the first officer's service"
            ).alias("note"),
        )
    )
    return pl.concat([own, agreements.select(own.columns)])


def policies() -> tuple[Policy, ...]:
    """Every policy that has a date, in the order of its id: of the registry, or of the one in use."""
    other = _OTHER.get()
    return _registry() if other is None else other


@contextmanager
def using(registry: Sequence[Policy] | None) -> Iterator[None]:
    """Let other policies stand for the registry inside the block; None changes nothing."""
    token = _OTHER.set(tuple(registry) if registry is not None else _OTHER.get())
    try:
        yield
    finally:
        _OTHER.reset(token)


def read_policies(path: Path | str) -> list[Policy]:
    """Policies from a CSV of the registry's own columns; id, effective and fips (or state) must be there.

    `direction` left out means limits, `level` county (state where there is no fips), `precision` day. Raises
    QuestionError that names the file, the line and the mend.
    """
    name = Path(path).name
    try:
        rows = pl.read_csv(path, infer_schema=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise QuestionError(
            f"{name}: cannot be read as a table of policies ({type(error).__name__})"
        ) from None
    if missing := {"id", "effective"} - set(rows.columns):
        raise QuestionError(f"{name}: no column {', '.join(sorted(missing))}; see: atlarge policies --json")
    return [_from_row(name, number, row) for number, row in enumerate(rows.iter_rows(named=True), start=2)]


def _from_row(name: str, number: int, row: dict[str, Any]) -> Policy:
    days: dict[str, dt.date | None] = {}
    for column in ("announced", "effective", "ended"):
        try:
            days[column] = dt.date.fromisoformat(row[column]) if row.get(column) else None
        except ValueError:
            raise QuestionError(
                f"{name}, line {number}: {column} {row[column]!r} is no day; write 2017-02-01"
            ) from None
    if not row.get("id") or days["effective"] is None or not (row.get("fips") or row.get("state")):
        raise QuestionError(f"{name}, line {number}: id, effective and fips (or state) are needed")
    fips = str(row["fips"]).zfill(5) if row.get("fips") else None
    level = row.get("level") or ("county" if fips else "state")
    told = {key: str(row.get(key) or "") for key in ("title", "confidence", "source_url", "note", "criteria")}
    fields: dict[str, Any] = {
        "id": str(row["id"]).lower(),
        "level": level,
        "place_name": row.get("place_name") or fips or row.get("state"),
        "state": row.get("state") or "",
        "fips": fips,
        "direction": row.get("direction") or "limits",
        "kind": row.get("kind") or "detainers",
        "precision": row.get("precision") or "day",
        **days,
        **told,
    }
    return _policy(fields)


@cache
def _registry() -> tuple[Policy, ...]:
    dated = policy_table().filter(pl.col("effective").is_not_null()).sort("id")
    return tuple(_policy(row) for row in dated.iter_rows(named=True))


@cache
def _registry_ids() -> tuple[str, ...]:
    return tuple(policy_table()["id"].sort().to_list())


def _ids() -> tuple[str, ...]:
    other = _OTHER.get()
    return _registry_ids() if other is None else tuple(sorted(policy.id for policy in other))


def near_ids(name: str, limit: int = 4) -> list[str]:
    """Ids most like a word that is none."""
    from rapidfuzz import fuzz, process

    wanted = name.lower().replace(" ", "-").replace(",", "").replace("-county", "")
    return [found[0] for found in process.extract(wanted, _ids(), scorer=fuzz.WRatio, limit=limit)]


def find_policy(name: str) -> Policy:
    """The policy of an id; QuestionError with near ids if there is none, or if no date is known for it."""
    wanted = name.strip().lower()
    for policy in policies():
        if policy.id == wanted:
            return policy
    if wanted in _ids():
        raise QuestionError(
            f"policy {wanted}: no date was found for it, so there is no before and after; "
            "name a day with --date, or add its date and source to reference/policies.csv"
        )
    raise QuestionError(
        f"no policy {name!r}; the nearest are {', '.join(near_ids(name))} (all: atlarge policies)"
    )


def from_date(day: dt.date, place: str, place_name: str) -> Policy:
    """A question about a day stands for a policy of that day that is still in force."""
    return Policy(
        id=f"date-{day.isoformat()}",
        level="",
        place_name=place_name,
        state="",
        fips=place if len(place) == 5 and place.isdigit() else None,
        direction="",
        kind="date",
        title=f"The day {day.isoformat()}",
        announced=None,
        effective=day,
        latest=day,
        precision="day",
        ended=None,
        confidence="",
        source_url="",
        note="A day named in the question; no policy is claimed.",
    )


def applies_to(policy: Policy, fips: str | None, state: str) -> bool:
    """Whether a policy is one of the county, or of its state."""
    if policy.level == "state":
        return policy.state == state
    return policy.fips is not None and policy.fips == fips


def changed_counties(start: dt.date, end: dt.date, kinds: Sequence[str] | None = None) -> dict[str, set[str]]:
    """Counties (FIPS) whose cooperation changed by a dated policy within the days, by direction.

    A change is the day a policy took effect or ended. Contracts to house detainees are left out, since they
    say nothing of handoffs; so are city policies outside the jail, unless `kinds` names them.
    """
    counties = table("counties").select("fips", "state")
    found: dict[str, set[str]] = {"limits": set(), "extends": set()}
    for policy in policies():
        if policy.kind == HOUSING or (kinds is not None and policy.kind not in kinds):
            continue
        days = [policy.effective, *([policy.ended] if policy.ended else [])]
        if not any(start <= day < end for day in days):
            continue
        if policy.level == "state":
            members = set(counties.filter(pl.col("state") == policy.state)["fips"].to_list())
        else:
            members = {policy.fips} if policy.fips else set()
        found[policy.direction] |= members
    return found


def listed(
    *, state: str | None = None, direction: str | None = None, with_agreements: bool = False
) -> list[dict[str, Any]]:
    """Rows of the policy table in the order of their ids, narrowed by state and direction.

    Raises QuestionError for a direction or state that no policy has.
    """
    rows = policy_table()
    if not with_agreements:
        rows = rows.filter(pl.col("id").is_in(table("policies")["id"].to_list()))
    if direction is not None:
        if direction not in ("limits", "extends"):
            raise QuestionError(f"no direction {direction!r}; there are: limits, extends")
        rows = rows.filter(pl.col("direction") == direction)
    if state is not None:
        rows = rows.filter(pl.col("state") == state.upper())
        if rows.is_empty():
            raise QuestionError(f"no policy of the state {state!r} is in the table; give two letters, as TX")
    return rows.sort("id").to_dicts()
