"""Agreements and limits in force in each county by month, and when counties adopted or left them.

Everything here is counted from a `Registry`; `trace` names the policies behind any county's cell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from atlarge.calendar import as_day, month_start, months_apart, months_through
from atlarge.errors import QuestionError
from atlarge.policies import Policy, Registry, kind_of, registry
from atlarge.policies.policy import JAIL_MODELS
from atlarge.reference import county_residents, table

__all__ = [
    "COLUMNS",
    "county_regimes",
    "event_time",
    "monthly_totals",
    "months_between",
    "trace",
    "treatments",
    "with_residents",
]

COLUMNS = {
    "agreement_jail": "an agency of the county holds a jail enforcement or warrant service agreement",
    "agreement_task_force": "an agency of the county, or of a city in it, holds a task force agreement",
    "local_limit": "a county or city decision limits cooperation",
    "state_limit": "a state law or ruling that binds local agencies limits cooperation",
    "state_extends": "a state law that binds local agencies extends cooperation",
    "conflict": "a local decision stands against a state law of the other direction",
}
GOVERNING = ("limits", "extends", "both", "none")
"""What binds the jails: state law before local decision; `both` where neither direction takes precedence."""
_LAST_POPULATION = 2019


def months_between(first: dt.date | str, last: dt.date | str) -> list[dt.date]:
    """First days of the months from that of one day to that of another.

    Parameters
    ----------
    first, last : date or ISO text
        Any days of the first and of the last month.

    Returns
    -------
    list of date
        One for each month, both ends inside.

    Raises
    ------
    QuestionError
        If the last day lies before the first.

    Examples
    --------
    >>> len(months_between("2016-11-15", "2017-02-01"))
    4
    """
    first, last = as_day(first), as_day(last)
    if last < first:
        raise QuestionError(f"the months end ({last}) before they begin ({first})")
    return months_through(first, last)


def _counties() -> pl.DataFrame:
    """FIPS (`place`) and state of the counties of 2019, each once (Connecticut by county)."""
    rows = table("counties").filter(pl.col(f"population_{_LAST_POPULATION}").is_not_null())
    return rows.select(pl.col("fips").alias("place"), "state")


def county_regimes(
    months: Sequence[dt.date] | tuple[dt.date, dt.date],
    known: Registry | None = None,
    *,
    possible: bool = True,
) -> pl.DataFrame:
    """What was in force in every county of the states and DC on the first day of each month.

    Parameters
    ----------
    months : list of date, or tuple of two dates
        First days of months, or the first and last of a span.
    known : Registry, optional
        The policies; those shipped if left out.
    possible : bool
        False counts only what surely stood; the difference of the two is what dates known to an interval
        leave open.

    Returns
    -------
    DataFrame
        One row a county and month: place, month, the columns of `COLUMNS` (bool) and governing: limits,
        extends, none, or both where neither direction takes precedence.

    Examples
    --------
    >>> rows = county_regimes([dt.date(2019, 1, 1)])
    >>> rows.filter(pl.col("place") == "37119")["governing"].to_list()
    ['limits']
    """
    found = known or registry()
    days = list(months_between(*months)) if isinstance(months, tuple) and len(months) == 2 else list(months)
    counties = _counties()
    wanted = [p for p in found if p.is_cooperation]
    allowed = ("in force", "possible") if possible else ("in force",)
    parts = []
    for day in days:
        standing = [p for p in wanted if p.status(day) in allowed]
        parts.append(_on(day, standing, counties))
    return pl.concat(parts)


def _on(day: dt.date, standing: Iterable[Policy], counties: pl.DataFrame) -> pl.DataFrame:
    """The rows of one day, from the policies that stood."""
    flags: dict[str, set[str]] = {
        name: set() for name in ("agreement_jail", "agreement_task_force", "local_limit")
    }
    jail_local: dict[str, set[str]] = {"limits": set(), "extends": set()}
    by_state: dict[str, set[str]] = {"limits": set(), "extends": set()}
    jail_state: dict[str, set[str]] = {"limits": set(), "extends": set()}
    for p in standing:
        codes = p.counties()
        if p.level == "state":
            if codes:
                by_state[p.direction].add(p.state)
                if p.is_jail_rule:
                    jail_state[p.direction].add(p.state)
            continue
        if p.is_agreement:
            flags["agreement_jail" if p.model in JAIL_MODELS else "agreement_task_force"].update(codes)
        elif p.direction == "limits":
            flags["local_limit"].update(codes)
        if p.is_jail_rule:
            jail_local[p.direction].update(codes)

    def in_state(codes: set[str]) -> pl.Expr:
        return pl.col("state").is_in(sorted(codes))

    def in_county(codes: set[str]) -> pl.Expr:
        return pl.col("place").is_in(sorted(codes))

    above_limits, above_extends = in_state(jail_state["limits"]), in_state(jail_state["extends"])
    own_limits, own_extends = in_county(jail_local["limits"]), in_county(jail_local["extends"])
    is_above = above_limits | above_extends
    limits = pl.when(is_above).then(above_limits).otherwise(own_limits)
    extends = pl.when(is_above).then(above_extends).otherwise(own_extends)
    crossed = (above_limits & ~above_extends & own_extends) | (above_extends & ~above_limits & own_limits)
    governing = pl.when(limits & extends).then(pl.lit("both")).when(limits).then(pl.lit("limits"))
    return counties.select(
        "place",
        pl.lit(day).alias("month"),
        *(in_county(codes).alias(name) for name, codes in flags.items()),
        in_state(by_state["limits"]).alias("state_limit"),
        in_state(by_state["extends"]).alias("state_extends"),
        crossed.alias("conflict"),
        governing.when(extends).then(pl.lit("extends")).otherwise(pl.lit("none")).alias("governing"),
    )


def with_residents(regimes: pl.DataFrame) -> pl.DataFrame:
    """Add the residents of each county to the table of `county_regimes`.

    Parameters
    ----------
    regimes : DataFrame
        With place and month.

    Returns
    -------
    DataFrame
        The same rows with `residents`: of the month's year, of 2010 for earlier and of 2019 for later ones.

    Notes
    -----
    Census Bureau, population estimates of July of each year (`reference/counties`).

    Examples
    --------
    >>> rows = with_residents(county_regimes([dt.date(2019, 1, 1)]))
    >>> rows.filter(pl.col("place") == "48453")["residents"].item()
    1273954
    """
    long = county_residents().select("fips", "year", residents="people")
    year = (
        pl.col("month").dt.year().clip(pl.lit(long["year"].min()), pl.lit(long["year"].max())).cast(pl.Int32)
    )
    return (
        regimes.with_columns(year.alias("year"))
        .join(long, left_on=["place", "year"], right_on=["fips", "year"], how="left", maintain_order="left")
        .drop("year")
    )


def monthly_totals(regimes: pl.DataFrame) -> pl.DataFrame:
    """Count the counties and their residents under each regime, by month.

    Parameters
    ----------
    regimes : DataFrame
        As `county_regimes` gives it, with residents or without.

    Returns
    -------
    DataFrame
        month, regime, counties, residents. Regimes are the columns of `COLUMNS`, `agreement_any`, and
        `governing: ...`.

    Examples
    --------
    >>> totals = monthly_totals(county_regimes([dt.date(2019, 1, 1)]))
    >>> totals.filter(pl.col("regime").str.starts_with("governing"))["counties"].sum()
    3142
    """
    rows = regimes if "residents" in regimes.columns else with_residents(regimes)
    masks = {name: pl.col(name) for name in COLUMNS}
    masks["agreement_any"] = pl.col("agreement_jail") | pl.col("agreement_task_force")
    masks |= {f"governing: {word}": pl.col("governing") == word for word in GOVERNING}
    parts = [
        rows.group_by("month", maintain_order=True).agg(
            pl.lit(name).first().alias("regime"),
            mask.sum().cast(pl.Int64).alias("counties"),
            pl.col("residents").filter(mask).sum().cast(pl.Int64),
        )
        for name, mask in masks.items()
    ]
    return pl.concat(parts).sort("month", "regime")


def trace(place: str, day: dt.date | str, known: Registry | None = None) -> list[dict[str, Any]]:
    """List the policies behind a county's cell in `county_regimes`.

    Parameters
    ----------
    place : str
        FIPS code of the county.
    day : date or ISO text
        The day.
    known : Registry, optional
        The policies; those shipped if left out.

    Returns
    -------
    list of dict
        id, direction, kind, level, agency, model, status and source of each.

    Examples
    --------
    >>> [row["id"] for row in trace("48453", "2017-03-01") if row["level"] == "county"]
    ['travis-tx-2017']
    """
    on = as_day(day)
    found = (known or registry()).in_force(on, place=place)
    names = ("id", "direction", "kind", "level", "agency", "model")
    return [
        {**{name: getattr(p, name) for name in names}, "status": p.status(on), "source": p.source_url}
        for p in found
        if p.is_cooperation and (p.level != "state" or p.counties())
    ]


# ---- treatments ------------------------------------------------------------------------------------------


def treatments(
    first: dt.date | str,
    last: dt.date | str,
    *,
    kind: str = "287g",
    direction: str = "extends",
    models: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    known: Registry | None = None,
) -> pl.DataFrame:
    """Counties as adopters, leavers and never-adopters of a kind of policy within months, for event studies.

    A county is treated while any policy of the kind and direction applies in it.

    Parameters
    ----------
    first, last : date or ISO text
        Days of the first and the last month.
    kind, direction : str
        Of the policies, as `Registry.select` takes them.
    models : sequence of str, optional
        Narrows agreements, as ("Jail Enforcement Model",).
    units : sequence of str, optional
        FIPS codes, or codes joined with "+"; all counties if left out.
    known : Registry, optional
        The policies; those shipped if left out.

    Returns
    -------
    DataFrame
        One row a unit: unit; role; start, start_earliest, start_latest, end, end_earliest, end_latest of the
        first treatment that begins, or ends, within; start_month and end_month, the numbers of the first
        whole month with and without treatment (0 for that of `first`, null for none); ids. Roles are never,
        always (treated before `first` and to the end), adopter (began within and still treated), leaver
        (treated before and ended within), adopter-leaver, and returner (left and came back).

    Raises
    ------
    QuestionError
        For an unknown kind, or months that end before they begin.

    Examples
    --------
    >>> treatments("2016-01-01", "2018-12-01", units=["48453", "48167"])["role"].to_list()
    ['never', 'adopter']
    """
    found = known or registry()
    wanted = kind_of(kind)
    months = months_between(first, last)
    edge = month_start(months[-1], 1)
    by_county: dict[str, list[Policy]] = {}
    for p in found:
        if p.kind != wanted or p.direction != direction or (models and p.model not in models):
            continue
        for code in p.counties():
            by_county.setdefault(code, []).append(p)
    names = list(units) if units is not None else _counties()["place"].to_list()
    rows = []
    for unit in names:
        own = {p.id: p for code in unit.split("+") for p in by_county.get(code, [])}
        rows.append(_treatment(unit, list(own.values()), months, edge))
    return pl.DataFrame(rows, schema=_TREATMENT, orient="row")


_TREATMENT: dict[str, Any] = {
    "unit": pl.String,
    "role": pl.String,
    **dict.fromkeys(
        ("start", "start_earliest", "start_latest", "end", "end_earliest", "end_latest"), pl.Date
    ),
    "start_month": pl.Int64,
    "end_month": pl.Int64,
    "ids": pl.List(pl.String),
}


def _merged(policies: list[Policy]) -> list[list[Policy]]:
    """Group policies into runs without a gap: a switch of model or a second agency does not end a
    treatment."""
    runs: list[list[Policy]] = []
    reach: dt.date | None = None
    for p in sorted(policies, key=lambda p: (p.effective, p.id)):
        if runs and (reach is None or p.effective <= reach):
            runs[-1].append(p)
            reach = None if reach is None or p.ended is None else max(reach, p.ended)
        else:
            runs.append([p])
            reach = p.ended
    return runs


def _treatment(unit: str, policies: list[Policy], months: list[dt.date], edge: dt.date) -> tuple[Any, ...]:
    low = months[0]
    runs = [run for run in _merged(policies) if run[0].effective < edge]
    runs = [run for run in runs if any(p.ended is None or p.ended > low for p in run)]
    if not runs:
        return (unit, "never", *[None] * 8, [])
    begun = next((run for run in runs if run[0].effective >= low), None)
    closed = next((run for run in runs if (over := _over(run)) is not None and over < edge), None)
    is_before = runs[0][0].effective < low
    treated_last = (over := _over(runs[-1])) is None or over >= edge
    if is_before and closed is not None and begun is not None:
        role = "returner"
    elif is_before:
        role = "leaver" if closed is not None else "always"
    else:
        role = "adopter" if treated_last else "adopter-leaver"
    start = begun[0] if begun is not None else None
    end = _last(closed) if closed is not None else None
    return (
        unit,
        role,
        start.effective if start else None,
        start.spell.start_earliest if start else None,
        start.spell.start_latest if start else None,
        end.ended if end else None,
        end.spell.end_earliest if end else None,
        end.spell.end_latest if end else None,
        _month_number(start.effective, months) if start else None,
        _month_number(end.ended, months) if end and end.ended else None,
        sorted({p.id for run in runs for p in run}),
    )


def _over(run: list[Policy]) -> dt.date | None:
    """The day on which the last policy of a run was over; None while one stands."""
    ends = [p.ended for p in run]
    return None if None in ends else max(day for day in ends if day is not None)


def _last(run: list[Policy]) -> Policy:
    return max(run, key=lambda p: (p.ended or dt.date.max, p.id))


def _month_number(day: dt.date, months: list[dt.date]) -> int | None:
    """Number of the first whole month from a day on; None if that lies beyond the months."""
    number = months_apart(months[0], day) + (day.day > 1)
    return number if number < len(months) else None


def event_time(treated: pl.DataFrame, first: dt.date | str, last: dt.date | str) -> pl.DataFrame:
    """Spread treated units over months, with the time since treatment began.

    Parameters
    ----------
    treated : DataFrame
        As `treatments` gives it.
    first, last : date or ISO text
        Days of the first and the last month, the same as there.

    Returns
    -------
    DataFrame
        unit, role, month, event_month (0 in the first whole month of treatment, null for never-adopters) and
        is_certain, False in months between the first and the last day that the treatment can have begun.

    Examples
    --------
    >>> treated = treatments("2017-01-01", "2017-06-01", units=["48167"])
    >>> event_time(treated, "2017-01-01", "2017-06-01").height
    6
    """
    months = months_between(first, last)
    frame = pl.DataFrame({"month": months, "number": list(range(len(months)))})
    number = pl.col("number").cast(pl.Int64)
    crossed = treated.select("unit", "role", "start_month", "start_earliest", "start_latest").join(
        frame, how="cross"
    )
    inside = (pl.col("month") > pl.col("start_earliest").dt.truncate("1mo")) & (
        pl.col("month") <= pl.col("start_latest").dt.truncate("1mo")
    )
    return crossed.select(
        "unit",
        "role",
        "month",
        (number - pl.col("start_month")).alias("event_month"),
        (~inside.fill_null(False)).alias("is_certain"),
    )
