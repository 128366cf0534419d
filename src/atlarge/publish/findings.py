"""What a site shows besides counts: surges, answers, verdicts and forecasts, computed in parallel."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from atlarge.errors import CoverageError, QuestionError, StoreError
from atlarge.explain.answer import Answer
from atlarge.files import shipped_yaml
from atlarge.policies import Policy, policies
from atlarge.publish.claims_data import raw_claims
from atlarge.publish.forecast_view import past_forecast
from atlarge.publish.pooled_view import DIRECTIONS, pooled_finding
from atlarge.publish.site_data import Findings, Found, raw_surges, surge_levels
from atlarge.records.store import Store, open_store

Step = Callable[[str, int, int], None]
"""Called as work goes on: what is being built (findings, places), how many are done, how many there are."""


@contextmanager
def _without_script() -> Iterator[None]:
    """Start processes that do not run the caller's script again: they import functions of this package alone,
    so that a script needs no main guard."""
    main = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: main[name] for name in ("__spec__", "__file__") if name in main}
    try:
        main.update(dict.fromkeys(kept))
        yield
    finally:
        main.update(kept)


class Workers:
    """A few processes that run plain functions; `count` 1 runs them here."""

    def __init__(self, count: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if count > 1:
            from multiprocessing import get_context

            self._pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[Any]:
        """Results in the order of the jobs."""
        done = 0
        if self._pool is not None:
            try:
                with _without_script():
                    results = self._pool.map(function, jobs)
                for result in results:
                    done += 1
                    yield result
            except BrokenProcessPool:  # this system cannot start processes
                self._pool = None
        if self._pool is None:
            yield from map(function, jobs[done:])


def _worked_case() -> list[str]:
    return [str(shipped_yaml("atlarge", "examples.yaml")["demo"]["policy"])]


def _ids(wanted: Callable[[Policy], bool]) -> list[str]:
    return [p.id for p in policies() if wanted(p)]


def _is_well_dated(policy: Policy) -> bool:
    is_local = policy.level in ("county", "city") and policy.is_jail_rule
    is_known = policy.precision == "day" and policy.confidence == "high"
    return is_local and is_known and policy.direction == "limits"


ANSWERS: dict[str, Callable[[], list[str]]] = {
    "worked": _worked_case,
    "dated": lambda: _ids(_is_well_dated),
    "all": lambda: _ids(lambda _policy: True),
    "none": list,
}
"""Ids of the policies that each option stands for."""


def requested_policies(which: str) -> list[str]:
    """Ids of the policies that one of `ANSWERS` names; QuestionError for another word."""
    if which not in ANSWERS:
        raise QuestionError(f"no answers called {which!r}; there are: {', '.join(ANSWERS)}")
    return ANSWERS[which]()


def _answer(store: Store, policy_id: str) -> Answer | None:
    """The answer about a policy; None where the store cannot give one."""
    from atlarge.explain import explain, find_policy

    try:
        policy = find_policy(policy_id)
        return explain(policy.fips or policy.state, policy=policy_id, store=store)
    except (CoverageError, QuestionError, StoreError):
        return None


_FINDERS: dict[str, Callable[[Store, str], Any]] = {
    "surges": raw_surges,
    "claims": lambda store, _: raw_claims(store),
    "forecast": lambda store, _: past_forecast(store),
    "pooled": pooled_finding,
    "answer": _answer,
}


def find(job: tuple[str, Path, str]) -> Any:
    """Run one job: its kind, the store, and the level, direction or policy concerned."""
    kind, path, name = job
    return _FINDERS[kind](open_store(path), name)


def findings(
    crew: Workers,
    store: Store,
    levels: Sequence[str],
    policies: Sequence[str],
    *,
    pooled: bool,
    claims: bool,
    progress: Step | None,
) -> Findings:
    """Compute surges, answers and verdicts in parallel, the longest jobs first."""
    jobs = [("surges", store.path, level) for level in reversed(surge_levels(levels))]
    jobs += [("claims", store.path, ""), ("forecast", store.path, "")] if claims else []
    jobs += [("pooled", store.path, direction) for direction in DIRECTIONS if pooled]
    jobs += [("answer", store.path, policy) for policy in policies]
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for done, ((kind, _, _), result) in enumerate(zip(jobs, crew.map(find, jobs), strict=True), 1):
        if progress:
            progress("findings", done, len(jobs))
        if result is not None:
            found[kind].append(result)
    surges = Found()
    for of_level in found["surges"]:
        surges.add(of_level)
    rows, forecast = (next(iter(found[kind]), None) for kind in ("claims", "forecast"))
    return Findings(surges, found["answer"], rows or [], found["pooled"], forecast)
