"""What all tests share: where releases and a browser are, and what is reported where they are not."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

import chromium

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "tests" / "samples"
DATA = Path(os.environ.get("ATLARGE_DATA", ROOT.parent / "shared" / "data"))
# What must be there, by name, so that its absence fails the tests instead of leaving some out.
REQUIRED = set(os.environ.get("ATLARGE_REQUIRE", "").replace(",", " ").split())
# A busy machine is slow by chance: no test fails for the time that it took.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# Processes that share the processors lose time if each has threads for all of them.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
# No test cuts the power, so that waiting for the disk proves nothing; tests/crash counts the calls.
os.fsync = lambda handle: None
# Limits on processes, signals and descriptors that these rooms need are of POSIX systems.
collect_ignore = ["crash", "hostile"] if sys.platform == "win32" else []
NO_DATA = "they read the published releases; set ATLARGE_DATA to the folder that holds raw/ and reference/"
SLOW_FILE = "\npytestmark = pytest.mark.slow_file\n"
VARIANTS = 3
"""So many variants of a test, evenly among all, are quick; the others are marked `variant`."""
NO_BROWSER = "they need a browser; install Chromium, or set ATLARGE_CHROMIUM to its program"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where files marked `slow_file` are left out, do not import them either: that takes seconds."""
    is_left_out = "not slow_file" in config.option.markexpr and collection_path.suffix == ".py"
    return (is_left_out and SLOW_FILE in collection_path.read_text(encoding="utf-8")) or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run on this machine, unless `ATLARGE_REQUIRE` says that it must."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    if processes > 1:
        items[:] = _slow_files_first(items, processes)
    _mark_variants(items)
    absent = []
    if not DATA.is_dir() and "data" not in REQUIRED:
        absent.append(("data", NO_DATA))
    if chromium.program() is None and "chromium" not in REQUIRED:
        absent.append(("browser", NO_BROWSER))
    for item in items:
        for mark, reason in absent:
            needs_data = mark == "data" and "data_dir" in getattr(item, "fixturenames", ())
            if item.get_closest_marker(mark) or needs_data:
                item.add_marker(pytest.mark.skip(reason=reason))


def _mark_variants(items: list[pytest.Item]) -> None:
    """Mark all but a few of the quick variants of each test."""
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        if not item.get_closest_marker("slow"):
            tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for variants in tests.values():
        kept = {round(k * (len(variants) - 1) / (VARIANTS - 1)) for k in range(VARIANTS)}
        for number, item in enumerate(variants):
            if len(variants) > VARIANTS and number not in kept:
                item.add_marker("variant")


def _slow_files_first(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Tests in the order in which processes get equal shares, so that each starts with slow files and ends
    with quick ones: then none waits at the end for a long test of another. What is slow of a room stays in
    one share, since its tests use the same sites, browsers and virtual machines."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    rooms: dict[Path, list[pytest.Item]] = {}
    quick: list[pytest.Item] = []
    for path, tests in files.items():
        is_slow = any(test.get_closest_marker(mark) for test in tests for mark in ("slow", "browser"))
        (rooms.setdefault(path.parent, []) if is_slow else quick).extend(tests)
    shares: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for tests in sorted(rooms.values(), key=len, reverse=True):
        min(shares, key=len).extend(tests)
    for number, share in enumerate(shares):
        room_left = (number + 1) * len(items) // processes - number * len(items) // processes - len(share)
        share.extend(quick[: max(room_left, 0)])
        del quick[: max(room_left, 0)]
    return [item for share in [*shares, quick] for item in share]


def pytest_runtest_teardown() -> None:
    """Close what a test drew: Matplotlib warns of more than twenty open figures."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason for which tests were not run."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    for reason, number in sorted(reasons.items()):
        terminalreporter.write_line(f"NOT RUN: {number} tests: {reason}", yellow=True)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the published releases: `ATLARGE_DATA`, else `../shared/data` beside the project."""
    if not DATA.is_dir():
        pytest.fail(f"{DATA}: no published releases there, and ATLARGE_REQUIRE asks for them")
    return DATA


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of small samples in the form of published releases; see tools/samples.py."""
    return SAMPLES


@pytest.fixture(scope="session")
def built_once(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str, Callable[[Path], object]], Path]:
    """Build a folder once for all processes of a run; the tests that share it only read it."""

    def build_once(name: str, build: Callable[[Path], object]) -> Path:
        if not hasattr(request.config, "workerinput"):
            folder = tmp_path_factory.mktemp(name)
            build(folder)
            return folder
        shared = tmp_path_factory.getbasetemp().parent
        with FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.done").exists():
                (shared / name).mkdir()
                build(shared / name)
                (shared / f"{name}.done").touch()
        return shared / name

    return build_once
