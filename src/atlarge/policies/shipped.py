"""The registry that ships with the package, and its listings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from atlarge.calendar import as_day
from atlarge.policies.policy import Policy, kind_of, policy_from_row
from atlarge.policies.reading import read_registry
from atlarge.policies.registries import Registry
from atlarge.policies.tables import policy_table
from atlarge.reference import table


@cache
def registry() -> Registry:
    """The registry shipped with the package."""
    rows = policy_table()
    dated = rows.filter(pl.col("effective").is_not_null()).sort("id")
    undated = rows.filter(pl.col("effective").is_null())["id"].sort().to_list()
    return Registry(tuple(policy_from_row(row) for row in dated.iter_rows(named=True)), tuple(undated))


def as_registry(given: Registry | Iterable[Policy] | Path | str | None) -> Registry:
    """Convert an argument to a registry.

    Parameters
    ----------
    given : Registry, policies, path of a CSV, or None
        None: the shipped registry.

    Returns
    -------
    Registry
        Itself if it is one.

    Raises
    ------
    QuestionError
        For a CSV with a row that is not a policy; the line is named.

    Examples
    --------
    >>> only = as_registry([find_policy("travis-tx-2017")])
    >>> len(only.policies)
    1
    """
    if given is None:
        return registry()
    if isinstance(given, Registry):
        return given
    if isinstance(given, Path | str):
        return read_registry(given)
    return Registry(tuple(given))


def policies() -> tuple[Policy, ...]:
    """Every shipped policy that has a date, in the order of its id.

    Returns
    -------
    tuple of Policy
        287(g) agreements among them.

    Examples
    --------
    >>> {p.direction for p in policies()} == {"limits", "extends"}
    True
    """
    return registry().policies


def find_policy(name: str) -> Policy:
    """The shipped policy of an id.

    Parameters
    ----------
    name : str
        As `atlarge policies` lists it.

    Returns
    -------
    Policy
        The policy.

    Raises
    ------
    QuestionError
        With near ids if there is none of that id, or if the policy has no date.

    Examples
    --------
    >>> find_policy("travis-tx-2017").effective
    datetime.date(2017, 2, 1)
    """
    return registry().get(name)


def listed(
    *,
    state: str | None = None,
    direction: str | None = None,
    with_agreements: bool = False,
    kind: str | None = None,
    at: dt.date | str | None = None,
    place: str | None = None,
    given: Registry | None = None,
) -> list[dict[str, Any]]:
    """List policies: the registry, or with `at` what was in force on a day.

    Parameters
    ----------
    state, direction, kind, place : str, optional
        Narrow the list as `Registry.select` does.
    with_agreements : bool
        Whether 287(g) agreements are listed; with `at`, `place` or the kind 287g they always are.
    at : date or ISO text, optional
        A day. Without it, policies without a date are listed too.
    given : Registry, optional
        The registry; the shipped one if left out.

    Returns
    -------
    list of dict
        Rows in the order of their ids, in the fields of `Policy.to_row`; with `at` also `status`, "in force"
        or "possible".

    Raises
    ------
    QuestionError
        For a direction, kind, state or place that there is none of.

    Examples
    --------
    >>> [row["id"] for row in listed(state="TX", direction="limits", kind="detainers")]
    ['travis-tx-2017']
    """
    found = given or registry()
    is_287g = kind is not None and kind_of(kind) == "program_287g"
    all_agreements = with_agreements or at is not None or is_287g or place is not None
    wanted = {"kind": kind, "state": state, "direction": direction, "place": place}
    narrowed = found.select(**wanted)
    if at is not None:
        on = as_day(at)
        return [{**p.to_row(), "status": p.status(on)} for p in narrowed if p.status(on) != "not in force"]
    own = None if given is not None else set(table("policies")["id"].to_list())
    rows = [p.to_row() for p in narrowed if all_agreements or own is None or p.id in own]
    if given is None:
        empty = dict.fromkeys(("effective", "start", "start_earliest", "start_latest"))
        rows += [{**p.to_row(), **empty, "precision": "none"} for p in undated().select(**wanted)]
    return sorted(rows, key=lambda row: str(row["id"]))


@cache
def undated() -> Registry:
    """The policies without a date, as if they had begun on the first day of all."""
    rows = table("policies").filter(pl.col("effective").is_null()).iter_rows(named=True)
    return Registry(tuple(policy_from_row({**r, "effective": dt.date.min, "precision": "day"}) for r in rows))
