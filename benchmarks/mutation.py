"""Mutation testing: small faults put into the code by chance, and how many of them the tests notice.

Run: python benchmarks/mutation.py [--rooms panel ...] [--sample 60] [--minutes 30] [--again].
Mutants (the operators of cosmic-ray) are drawn with a seed, spread over the modules of a room, put into
a copy of the project and tried on the room's tests: the quick ones first, the slow ones on what survives.
Needs cosmic-ray, which the tests do not: pip install cosmic-ray. A score on the quick tests alone is the
least that it can be. `--again` tries only the mutants that survived the saved run, on the tests as they
are now. A survivor's verdict is a decision of a person, in `mutation_verdicts.yaml`.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain, zip_longest
from pathlib import Path

import cosmic_ray.ast
import parso.python.tree  # noqa: F401  (before the operators, which import it in a circle)
import yaml
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "mutation.json"
VERDICTS = ROOT / "benchmarks" / "mutation_verdicts.yaml"
PARTS = ("src", "tests", "pyproject.toml")
PROCESSES, SEED, LIMIT_FACTOR, LEAST_SECONDS = 2, 2017, 4, 20
# Not drawn: taking a decorator away (a cache: speed alone) and operators that need arguments.
NOT_USED = ("RemoveDecorator", "VariableInserter", "VariableReplacer")
LEFT_OUT: list[str] = []
STATES = ("killed", "timed out", "survived")

PUBLISH = ("disclosure", "suppression", "moves", "sums", "witnesses")
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # room: modules, quick tests, tests that only survivors of the quick ones are tried on
    "panel": (("panel.py",), ("tests/panel",), ("tests/engines/test_engines.py",)),
    "surges": (
        ("surges/*.py",),
        ("tests/surges", "--ignore=tests/surges/test_catalogue.py"),
        ("tests/surges/test_catalogue.py",),
    ),
    "explain": (
        ("explain/*.py",),
        ("tests/explain", "--ignore=tests/explain/test_explain.py"),
        ("tests/explain/test_explain.py",),
    ),
    "publish": (
        tuple(f"publish/{name}.py" for name in PUBLISH),
        ("tests/publish/test_suppression.py", "tests/publish/test_disclosed.py"),
        ("tests/publish/test_attack.py",),
    ),
}


@dataclass
class Mutant:
    """One fault: where it is, what it changes, and what became of it."""

    room: str
    module: str
    line: int
    operator: str
    occurrence: int
    was: str
    now: str
    first: str = ""
    state: str = ""

    @property
    def key(self) -> str:
        return f"{self.module}: {self.was} -> {self.now}"


def _not_code(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Spans that no test can feel: type hints, and what is written into an exception's message."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        hints = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Raise):
            hints.append(node.exc)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            hints.append(node)
        for hint in hints:
            if hint is not None:
                spans.append(((hint.lineno, hint.col_offset), (hint.end_lineno, hint.end_col_offset)))
    return spans


def _sites(path: Path) -> dict[tuple[int, int], list[tuple[str, int]]]:
    """By place in a file: the operators that can change something there, with their occurrence."""
    source = path.read_text(encoding="utf-8")
    tree, spans = cosmic_ray.ast.get_ast(source), _not_code(source)
    nodes = list(cosmic_ray.ast.ast_nodes(tree))
    sites: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if name.split("/")[1] in NOT_USED or operator.arguments():
            continue
        found = (place for node in nodes for place, _ in operator().mutation_positions(node))
        for occurrence, place in enumerate(found):
            if not any(first <= place < last for first, last in spans):
                sites.setdefault(place, []).append((name, occurrence))
    return sites


def _compiles(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def draw(room: str, number: int, root: Path) -> list[Mutant]:
    """A seeded sample of mutants of a room, one a place, shared out to the modules by their size."""
    base = root / "src" / "atlarge"
    files = sorted({f for pattern in ROOMS[room][0] for f in base.glob(pattern)})
    sites = {f: _sites(f) for f in files}
    whole, rng = sum(map(len, sites.values())), random.Random(f"{SEED} {room}")
    drawn = []
    for file, places in sites.items():
        share = min(len(places), max(1, round(number * len(places) / whole))) if places else 0
        source = file.read_text(encoding="utf-8")
        for place in rng.sample(sorted(places), share):
            name, occurrence = rng.choice(places[place])
            changed = mutate_code(source, get_operator(name)(), occurrence)
            if not _compiles(changed):  # such as the star before keywords taken for a product
                continue
            both = zip(source.splitlines(), changed.splitlines(), strict=False)
            line, was, now = next((i, a, b) for i, (a, b) in enumerate(both, 1) if a != b)
            at = str(file.relative_to(root / "src" / "atlarge"))
            drawn.append(Mutant(room, at, line, name, occurrence, was.strip(), now.strip()))
    rng.shuffle(drawn)
    return drawn


class Slot:
    """A copy of the project, in which one mutant at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, folder / part)

    def start(self, tests: tuple[str, ...], limit_seconds: float) -> int:
        """Run tests in a child process; its exit code is pytest's. The process id."""
        child = os.fork()
        if child:
            return child
        os.setsid()
        os.chdir(self.folder)
        os.environ["PYTHONPATH"] = str(self.folder / "src")
        os.environ.setdefault("ATLARGE_DATA", str(ROOT.parent / "shared" / "data"))
        sys.path.insert(0, str(self.folder / "src"))
        seconds = int(limit_seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        signal.alarm(seconds * 6)  # for what waits and does not work
        with (self.folder / "log").open("w") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            import pytest

            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests])
            os._exit(int(code))

    def put(self, mutant: Mutant) -> None:
        """Put a mutant into the copy."""
        file = self.folder / "src" / "atlarge" / mutant.module
        code = mutate_code(
            file.read_text(encoding="utf-8"), get_operator(mutant.operator)(), mutant.occurrence
        )
        file.unlink()
        file.write_text(code, encoding="utf-8")

    def mend(self, mutant: Mutant, original: Path) -> None:
        """Take it out again."""
        file = self.folder / "src" / "atlarge" / mutant.module
        file.unlink()
        shutil.copy2(original / "src" / "atlarge" / mutant.module, file)


def _load() -> None:
    """Load once what every child needs; nothing of the project, which each child reads changed."""
    for name in (
        "hypothesis",
        "narwhals",
        "polars",
        "pytest",
        "rapidfuzz",
        "scipy.optimize",
        "scipy.sparse",
        "scipy.stats",
    ):
        importlib.import_module(name)


def _outcome(status: int) -> str:
    if os.WIFSIGNALED(status):
        return (
            "timed out"
            if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL)
            else "killed"
        )
    return "survived" if os.WEXITSTATUS(status) in (0, 5) else "killed"


def _tests(room: str, stage: int) -> tuple[str, ...]:
    return (*ROOMS[room][1 + stage], *(f"--deselect={test}" for test in LEFT_OUT))


def _limits(slot: Slot, rooms: list[str], stage: int) -> dict[str, float]:
    """Seconds that a mutant may take, from the time of the unchanged code, whose tests must pass."""
    limits = {}
    for room in rooms:
        status = -1
        while status:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            _, status = os.waitpid(slot.start(_tests(room, stage), 900), 0)
            failed = re.findall(r"^FAILED (\S+)", (slot.folder / "log").read_text(encoding="utf-8"), re.M)
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 5:  # all of them are slow
                status = 0
            if status and not failed:
                sys.exit(f"the tests of {room} cannot be run on the unchanged code")
            LEFT_OUT.extend(failed)
            for test in failed:
                print(f"left out, as it fails on the unchanged code: {test}", flush=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        limits[room] = max(LEAST_SECONDS, LIMIT_FACTOR * used)
        print(f"{room}: unchanged code passes in {used:.1f} s of processor time", flush=True)
    return limits


def attempt(mutants: list[Mutant], slots: list[Slot], original: Path, until: float, stage: int) -> None:
    """Try mutants, one a slot at a time, and note what became of each; stop when the time is up."""
    limits = _limits(slots[0], sorted({m.room for m in mutants}), stage)
    waiting, busy, free = list(mutants), {}, list(slots)
    while busy or (waiting and time.time() < until):
        while waiting and free and time.time() < until:
            mutant, slot = waiting.pop(0), free.pop()
            slot.put(mutant)
            busy[slot.start(_tests(mutant.room, stage), limits[mutant.room])] = (mutant, slot)
        child, status = os.waitpid(-1, 0)
        mutant, slot = busy.pop(child)
        mutant.state = _outcome(status)
        slot.mend(mutant, original)
        free.append(slot)
        print(f"{mutant.state:9} {mutant.module}:{mutant.line}  {mutant.was}  ->  {mutant.now}", flush=True)


def save(mutants: list[Mutant], sites: dict[str, int]) -> None:
    """Write the figures and the survivors with their verdicts."""
    verdicts = yaml.safe_load(VERDICTS.read_text(encoding="utf-8")) if VERDICTS.exists() else None
    rooms = {}
    for room in ROOMS:
        own = [m for m in mutants if m.room == room and m.state]
        if own:
            count = {state: sum(m.state == state for m in own) for state in STATES}
            first = sum(m.first == "survived" for m in own)
            rooms[room] = {"places": sites[room], "tried": len(own)}
            rooms[room] |= {state.replace(" ", "_"): n for state, n in count.items()}
            rooms[room] |= {"survived_at_first": first, "score_at_first": round(1 - first / len(own), 4)}
            rooms[room]["score"] = round(1 - count["survived"] / len(own), 4)
    survivors = [
        {"room": m.room, "place": f"{m.module}:{m.line}", "was": m.was, "now": m.now}
        | {"state": m.state, "verdict": (verdicts or {}).get(m.key, "not judged")}
        for m in mutants
        if m.first == "survived"
    ]
    made = {
        "seed": SEED,
        "left_out_tests": LEFT_OUT,
        "rooms": rooms,
        "survivors": sorted(survivors, key=lambda s: (s["room"], s["place"])),
    }
    made["mutants"] = [asdict(m) for m in mutants if m.state]
    RESULTS.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    for room, told in rooms.items():
        print(room, json.dumps(told))


def _interleaved(rooms: list[str], sample: int, root: Path) -> Iterator[Mutant]:
    drawn = [draw(room, sample, root) for room in rooms]
    return (m for m in chain.from_iterable(zip_longest(*drawn)) if m is not None)


def main() -> None:
    """Draw and try, or try the survivors again; print and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", nargs="*", default=list(ROOMS), choices=list(ROOMS))
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--quick", action="store_true", help="leave the slow tests out")
    asked = parser.parse_args()
    until = time.time() + 60 * asked.minutes
    _load()
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(i) for i in range(PROCESSES + 1)]
        for home in homes:
            home.mkdir()
        slots = [Slot(home) for home in homes]
        original = slots.pop().folder
        if asked.again:
            saved = json.loads(RESULTS.read_text(encoding="utf-8"))
            mutants = [Mutant(**m) for m in saved["mutants"]]
            sites = {room: told["places"] for room, told in saved["rooms"].items()}
        else:
            mutants = list(_interleaved(asked.rooms, asked.sample, original))
            sites = {
                r: sum(len(_sites(f)) for p in ROOMS[r][0] for f in (original / "src/atlarge").glob(p))
                for r in asked.rooms
            }
        share = (0.7, 1.0)
        started = time.time()
        for stage in (0,) if asked.quick else (0, 1):
            todo = [m for m in mutants if m.state in (("survived",) if asked.again or stage else ("",))]
            todo = [m for m in todo if m.room in asked.rooms]
            stop = started + share[stage] * (until - started)
            if todo:
                attempt(todo, slots, original, stop, stage)
        for mutant in mutants:
            mutant.first = mutant.first or mutant.state
        save(mutants, sites)


if __name__ == "__main__":
    main()
