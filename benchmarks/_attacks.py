"""Attacks on what leaves the program: how many small counts each tries and recovers, with protection and
without.

The attacks are those of the tests (tests/publish, tests/detainers), which read finished files; each is made
on the same records published as they should be, and published without the protection.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent.parent / "tests"
for _room in ("publish", "detainers", "disclosure"):
    sys.path.insert(0, str(TESTS / _room))
sys.path.insert(0, str(TESTS))

Row = dict[str, Any]


@contextmanager
def _counted(patch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many small counts the attackers try meanwhile."""
    from attacker import Attacker

    tried: list[int] = []
    recovered, range_of = Attacker.recovered, Attacker.range_of

    def noted(self: Any, **options: Any) -> Any:
        tried.append(len(self.targets()))
        return recovered(self, **options)

    def one(self: Any, part: Any) -> Any:
        tried.append(1)
        return range_of(self, part)

    patch.setattr(Attacker, "recovered", noted)
    patch.setattr(Attacker, "range_of", one)
    yield tried


def _row(attack: str, records: str, ours: Callable[..., Any], naive: Callable[..., Any]) -> Row:
    """One line of the table: `ours` and `naive` take a folder and a patch and give what was recovered."""
    found: Row = {"attack": attack, "records": records}
    start = time.perf_counter()
    for name, run in (("ours", ours), ("naive", naive)):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            with _counted(patch) as tried:
                result = run(Path(folder), patch)
            if isinstance(result, tuple):
                result, n = result
                tried.append(n)
            found[name] = int(result)
            found["tried"] = max(int(found.get("tried", 0)), found[name], *tried)
    found["seconds"] = round(time.perf_counter() - start, 1)
    print(found, file=sys.stderr, flush=True)
    return found


def _of_protections() -> Iterator[Row]:
    import test_protections as of

    for name, run in of.PROTECTIONS.items():

        def both(is_protected: bool, run: Any = run) -> Callable[..., int]:
            return lambda folder, patch: run(folder, patch, protected=is_protected)

        records = "random" if name in ("sums of the tables", "numbers of rows") else "an answer"
        yield _row(name, records, both(True), both(False))


def _of_stores() -> Iterator[Row]:
    """Whole sites, all their files: for a value, for one known to within one, then in whole numbers."""
    import test_attack as of
    from area import area_rows, write_store

    import atlarge
    from atlarge.publish import site

    def area(folder: Path) -> Any:
        return write_store(folder / "area", area_rows())

    for name, make in {**of.STORES, "part of the embedded, an answer": area}.items():
        for says, options in (
            ("all files of a site", {}),
            ("all files, known to within one", {"width": 2}),
            ("all files, whole numbers (MILP)", {"width": 2, "whole": True}),
        ):
            if options.get("whole") and name != "part of the embedded, an answer":
                continue

            def run(
                is_naive: bool, folder: Path, patch: Any, make: Any = make, options: Any = options
            ) -> int:
                store = make(folder)
                if is_naive:
                    patch.setattr(of.disclosure, "search", of.only_small)
                patch.setattr(site, "LANGUAGES", ("en",))
                patch.setattr(site, "share_png", lambda *given, **named: b"")
                answers = []
                if make is area:
                    answers = [atlarge.explain("48453", policy="travis-tx-2017", store=store)]
                site.publish(
                    folder / "site", store, workers=1, answers=answers, claims=False, every_county=False
                )
                attacker, found = of.attack(folder / "site", store)
                if options:
                    singly = 40 if is_naive else 400
                    found = attacker.recovered(**options, singly=singly)
                return len(found)

            yield _row(
                says,
                {"made": "random", "simulated": "simulated, ingested"}.get(name, name),
                lambda folder, patch, run=run: run(False, folder, patch),
                lambda folder, patch, run=run: run(True, folder, patch),
            )


def _of_editions() -> Iterator[Row]:
    import test_editions as of
    from simulated_counts import simulated_store

    from atlarge.publish.release_table import site_cells

    for name, (first, second) in of.PAIRS.items():

        def run(knows: bool, folder: Path, first: Any = first, second: Any = second) -> int:
            store = simulated_store(folder / "store")
            one = site_cells(store, **first)
            before = {"before": of._edition(one)} if knows else {}
            return len(of._attack(store, one, site_cells(store, **second, **before)))

        yield _row(
            f"two editions: {name}",
            "random",
            lambda folder, patch, run=run: run(True, folder),
            lambda folder, patch, run=run: run(False, folder),
        )


def _of_measures() -> Iterator[Row]:
    """Subtraction among several measures of the same places and months."""
    import test_record_classes as of
    from simulated_counts import few_store

    from atlarge.publish.editions import Edition, record_of
    from atlarge.publish.release_table import site_cells

    for name, given in of.SETS.items():

        def run(knows: bool, folder: Path, given: Any = given) -> tuple[int, int]:
            store = few_store(folder / "store")
            return of._known([of._alone(store, of._windows(*given), knows=knows)], store)

        yield _row(
            f"one table of several measures: {name}",
            "random",
            lambda folder, patch, run=run: run(True, folder),
            lambda folder, patch, run=run: run(False, folder),
        )

    def three(knows: bool, folder: Path) -> tuple[int, int]:
        store = few_store(folder / "store")
        tables = [site_cells(store).table]
        before = Edition(record_of(tables[0]), ("site",))
        for measure in ("custodial", "prisons"):
            windows = of._windows([measure], members=of.FEW)
            if knows:
                tables.append(site_cells(store, windows, before=before, only_windows=True).table)
                before = Edition(record_of(tables[-1], before), ("table",))
            else:
                tables.append(of._alone(store, windows, knows=True))
        return of._known(tables, store)

    yield _row(
        "a site and two tables of measures that it does not have",
        "random",
        lambda folder, patch: three(True, folder),
        lambda folder, patch: three(False, folder),
    )


def _of_records() -> Iterator[Row]:
    """The attack whose unknowns are the records themselves."""
    import test_atoms as of
    import test_attack as whole
    from simulated_counts import simulated_store

    from atlarge.publish import monthly_ties
    from atlarge.publish.release_table import site_cells

    def exact(is_tied: bool, folder: Path, patch: Any) -> tuple[int, int]:
        if not is_tied:
            patch.setattr(monthly_ties, "LOOSE", -1)
        found = of.attack([site_cells(simulated_store(folder / "store"), threshold=3)])
        return len(found.known(width=1)), len(found.targets())

    yield _row(
        "single records, threshold 3",
        "random",
        lambda folder, patch: exact(True, folder, patch),
        lambda folder, patch: exact(False, folder, patch),
    )
    for name, make in of.OTHER_STORES.items():

        def beside(is_naive: bool, folder: Path, patch: Any, make: Any = make) -> tuple[int, int]:
            if is_naive:
                patch.setattr(whole.disclosure, "search", whole.only_small)
            store = make(folder)
            truth = of.records_of(store)
            given = {"windows": of.reports(truth), "only_windows": True}
            pair = (
                [site_cells(store), site_cells(store, **given)] if is_naive else of.editions(store, {}, given)
            )
            found = of.attack(pair, truth)
            return len(found.known(width=2, most=60)), min(60, len(found.targets()))

        yield _row(
            "single records of a site and a report beside it, within one",
            name,
            lambda folder, patch, run=beside: run(False, folder, patch),
            lambda folder, patch, run=beside: run(True, folder, patch),
        )


def _of_detainers() -> Iterator[Row]:
    import datetime as dt

    import test_detainer_reports as of  # the file of tests/detainers, by another name
    from joint import Joint, records, store_of

    from atlarge.publish.editions import record_of
    from atlarge.publish.release_table import site_cells

    def two(knows: bool, folder: Path) -> tuple[int, int]:
        rows = records(1)
        store = store_of(folder / "store", rows)
        first = of._disclosed(store, end="2016-08-31")
        joint = Joint(rows)
        joint.report(first)
        joint.report(of._disclosed(store, after=[first] if knows else ()))
        joint.month(dt.date(2016, 9, 1))
        return len(joint.known(width=2)), len(joint.targets)

    def beside(knows: bool, folder: Path) -> tuple[int, int]:
        rows = records(1)
        store = store_of(folder / "store", rows)
        site = record_of(site_cells(store).table)
        joint = Joint(rows)
        joint.site(site)
        joint.report(of._disclosed(store, beside=site if knows else None))
        return len(joint.known(width=2)), len(joint.targets)

    for name, run in (("two reports of detainers", two), ("a report of detainers beside a site", beside)):
        yield _row(
            f"{name}, whole numbers (MILP)",
            "random",
            lambda folder, patch, run=run: run(True, folder),
            lambda folder, patch, run=run: run(False, folder),
        )


def attacks() -> list[Row]:
    """All attacks, one line each: attack, records, tried, recovered from ours and from naive publications."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "test_detainer_reports", TESTS / "detainers" / "test_disclosed.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["test_detainer_reports"] = module
    spec.loader.exec_module(module)
    return [
        *_of_protections(),
        *_of_editions(),
        *_of_measures(),
        *_of_records(),
        *_of_detainers(),
        *_of_stores(),
    ]
