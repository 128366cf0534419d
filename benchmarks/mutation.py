"""Mutation testing: small faults put into the code by chance, and how many of them the tests notice.

Run: python benchmarks/mutation.py [--rooms panel ...] [--sample 60] [--minutes 60] [--own] [--again]
[--map FILE].
Mutants (the operators of cosmic-ray) are drawn with a seed, spread over the modules of a room, and put into
a copy of the project. Each is tried on the tests that run its statement, the shortest first, as a run under
coverage found (`--map` keeps what it found); of a statement outside functions, on those that run anything of
its module; of one that no test runs, on all tests of the room.
Needs cosmic-ray, which the tests do not: pip install cosmic-ray. `--again` tries only the mutants that
survived the saved run and were not judged, on the tests as they are now. A survivor's verdict is a decision
of a person, with its reason, in `mutation_verdicts/<room>.yaml`: "equivalent" (no result can differ) or "gap"
(a test is owed). Tests were written for the survivors of one sample: another one (`--seed`, `--results`) is
the fairer judge of them.
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
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import accumulate, chain, zip_longest
from pathlib import Path

try:
    import cosmic_ray.ast
except ModuleNotFoundError:
    sys.exit("mutation testing needs cosmic-ray, which the tests do not: make mutation")
import coverage
import parso.python.tree  # noqa: F401  (before the operators, which import it in a circle)
import yaml
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "mutation.json"
VERDICTS = ROOT / "benchmarks" / "mutation_verdicts"
PARTS = ("src", "tests", "docs", "benchmarks", "tools", "pyproject.toml")
SEED, LIMIT_FACTOR, LEAST_SECONDS = 2017, 4, 90
"""A mutant may take so many times the time of its tests, and at least so many seconds."""
FIRST_SECONDS, MOST_SECONDS = 8, 90
"""Seconds of tests in the first trial, and in all where quick tests alone are tried, the shortest first."""
FEW_TESTS = 5
NOT_USED = ("RemoveDecorator", "VariableInserter", "VariableReplacer")
"""Not drawn: taking a decorator away (a cache: speed alone) and operators that need arguments."""
STATES = ("killed", "timed out", "survived")
POOL = (
    "panel",
    "surges",
    "surveillance",
    "disclosure",
    "explain",
    "publish",
    "engines",
    "claims",
    "detainers",
    "embed",
    "effects",
)
"""Folders whose tests run the rooms' lines in the process of the test; others start the program."""

EXAMPLES = "tests/api/test_reference.py"
"""The examples of every public function, which are tests of each room."""

ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # room: modules, the room's tests
    "panel": (("panel/*.py",), ("tests/panel", "tests/engines/test_engines.py", EXAMPLES)),
    "surges": (("surges/*.py",), ("tests/surges", EXAMPLES)),
    "surveillance": (("surveillance/*.py",), ("tests/surveillance", "tests/surges", EXAMPLES)),
    "effects": (("effects/*.py",), ("tests/effects", EXAMPLES)),
    "explain": (("explain/*.py",), ("tests/explain", EXAMPLES)),
    "disclosure": (("disclosure/*.py",), ("tests/disclosure", "tests/publish/test_attack.py", EXAMPLES)),
    "publish": (("publish/*.py", "publish/charts/*.py"), ("tests/publish", EXAMPLES)),
    "records": (("records/*.py",), ("tests/records", EXAMPLES)),
    "places": (("places/*.py",), ("tests/places", EXAMPLES)),
    "releases": (("releases/*.py", "releases/*/*.py"), ("tests/releases", "tests/hostile", EXAMPLES)),
    "detainers": (("detainers/*.py",), ("tests/detainers", EXAMPLES)),
    "forecast and verify": (("forecast/*.py", "verify/*.py"), ("tests/verify", EXAMPLES)),
}


@dataclass
class Mutant:
    """One fault: where it is, what it changes, what became of it, and what had when it was first tried."""

    room: str
    module: str
    line: int
    operator: str
    occurrence: int
    was: str
    now: str
    end: int = 0
    in_function: bool = True
    state: str = ""
    fresh: str = ""

    @property
    def key(self) -> str:
        return f"{self.module}: {self.was} -> {self.now}"


def _not_code(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Spans that no test can feel: type hints, what is written into an exception's message, and how a
    function is kept in a cache or a dataclass is made."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        hints = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Raise):
            hints.append(node.exc)
        hints += [one for one in getattr(node, "decorator_list", ()) if isinstance(one, ast.Call)
                  and ast.unparse(one.func) in ("dataclass", "lru_cache")]  # fmt: skip
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            hints.append(node)
        for hint in hints:
            if hint is not None:
                spans.append(((hint.lineno, hint.col_offset), (hint.end_lineno, hint.end_col_offset)))
    return spans


@cache
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


def _changed(source: str, name: str, occurrence: int) -> str | None:
    """The source with one mutant; None where the operator cannot write it (such as the star before keywords
    taken for a product, or an exception named with its module)."""
    try:
        changed = str(mutate_code(source, get_operator(name)(), occurrence))
        ast.parse(changed)
    except (AttributeError, SyntaxError):
        return None
    return changed


def _statement(source: str, line: int) -> tuple[int, int, bool]:
    """First and last line of the statement that a line is in (of one with a body, the lines before it), and
    whether it is in a function."""
    found, tree = (line, line), ast.parse(source)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    inside = any(n.body[0].lineno <= line <= (n.end_lineno or 0) for n in functions)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or line
            if line <= last:
                found = (node.lineno, max(line, last))
    return *found, inside


def draw(room: str, number: int, seed: int, root: Path) -> list[Mutant]:
    """A seeded sample of mutants of a room, one a place, shared out to the modules by their size."""
    base = root / "src" / "atlarge"
    files = sorted({f for pattern in ROOMS[room][0] for f in base.glob(pattern)})
    sites = {f: _sites(f) for f in files}
    whole, rng = sum(map(len, sites.values())), random.Random(f"{seed} {room}")
    drawn = []
    for file, places in sites.items():
        share = min(len(places), max(1, round(number * len(places) / whole))) if places else 0
        source = file.read_text(encoding="utf-8")
        for place in rng.sample(sorted(places), share):
            name, occurrence = rng.choice(places[place])
            changed = _changed(source, name, occurrence)
            if changed is None:
                continue
            both = zip(source.splitlines(), changed.splitlines(), strict=False)
            line, was, now = next((i, a, b) for i, (a, b) in enumerate(both, 1) if a != b)
            at = str(file.relative_to(root / "src" / "atlarge"))
            first, last, inside = _statement(source, line)
            drawn.append(Mutant(room, at, first, name, occurrence, was.strip(), now.strip(), last, inside))
    rng.shuffle(drawn)
    return drawn


@dataclass
class Map:
    """What a run under coverage found: the tests that run a line, their seconds, those that fail anyway."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def tests(self, mutant: Mutant) -> list[list[str]]:
        """The tests that run its statement, the room's and the shortest first: of a first trial, the rest."""
        of = self.lines.get(mutant.module, {})
        first, last = mutant.line, max(mutant.line, mutant.end)
        found = {t for line, of_line in of.items() if first <= line <= last for t in of_line}
        if not mutant.in_function:
            found = {t for of_line in of.values() for t in of_line}
        own = tuple(ROOMS[mutant.room][1])
        if found and len(found) < FEW_TESTS:  # what is kept in a cache is run by the first test that needs it
            found |= {t for t in self.seconds if t.startswith(own)}
        ordered = sorted(
            found - set(self.left_out), key=lambda t: (not t.startswith(own), self.seconds.get(t, 0.0), t)
        )
        if not ordered:  # of the quick tests none needs to run, since none would notice
            return [] if self.marks else [self.whole(mutant.room)]
        spent = list(accumulate(self.seconds.get(test, 0.0) for test in ordered))
        kept = max(1, sum(total <= FIRST_SECONDS for total in spent))
        last = max(1, sum(total <= MOST_SECONDS for total in spent)) if self.marks else None
        return [part for part in (ordered[:kept], ordered[kept:last]) if part]

    def whole(self, room: str) -> list[str]:
        """All tests of a room."""
        return [*ROOMS[room][1], *self.marks, *(f"--deselect={test}" for test in self.left_out)]

    def limit(self, tests: list[str]) -> float:
        """Seconds of processor time that a mutant may take on tests or folders of tests."""
        inside = (s for name, s in self.seconds.items() if any(name.startswith(t) for t in tests))
        return max(LEAST_SECONDS, LIMIT_FACTOR * sum(inside))


def mapped(slot: Slot, processes: int, rooms: list[str] | None = None) -> Map:
    """Run the tests once under coverage, on the unchanged code; of `rooms`, their own without slow ones."""
    log_file = slot.folder / "log.txt"
    tests = [f"tests/{name}" for name in POOL]
    marks = "not browser"
    if rooms is not None:
        tests = sorted({test for room in rooms for test in ROOMS[room][1]})
        marks = "not browser and not slow"
    options = ["-n", str(processes), "-m", marks, "-p", "no:cacheprovider"]
    options += ["--durations=0", "--durations-min=0"]  # the shortest too: else they are not known to be there
    measure = ["--cov=atlarge", "--cov-context=test", "--cov-report="]
    with log_file.open("w") as log:
        subprocess.run(
            [sys.executable, "-m", "pytest", *options, *measure, *tests],
            cwd=slot.folder,
            env=_environment(slot.folder),
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    text = log_file.read_text(encoding="utf-8")
    seconds: dict[str, float] = {}
    for took, name in re.findall(r"^([\d.]+)s (?:call|setup|teardown) +(\S.*)$", text, re.M):
        seconds[name] = seconds.get(name, 0.0) + float(took)
    if not seconds:
        sys.exit(f"the tests cannot be run on the unchanged code: {text[-2000:]}")
    found = Map(seconds=seconds, left_out=re.findall(r"^FAILED (\S+)", text, re.M))
    found.marks = ["-m", marks] if rooms is not None else []
    found.lines = _lines_of_tests(slot.folder, sorted(seconds))
    for test in found.left_out:
        print(f"left out, as it fails on the unchanged code: {test}", flush=True)
    return found


def _lines_of_tests(folder: Path, tests: list[str]) -> dict[str, dict[int, list[str]]]:
    """By module and line, the tests that run it; what a fixture runs counts for all tests of its file."""
    data = coverage.CoverageData(basename=str(folder / ".coverage"))
    data.read()
    by_file: dict[str, list[str]] = {}
    for test in tests:
        by_file.setdefault(test.split("::")[0], []).append(test)
    base = folder / "src" / "atlarge"
    lines: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        if not Path(file).is_relative_to(base):
            continue
        of = lines[str(Path(file).relative_to(base))] = {}
        for line, contexts in data.contexts_by_lineno(file).items():
            names: set[str] = set()
            for context in filter(None, contexts):
                test, _, phase = context.rpartition("|")
                names |= {test} if phase == "run" else set(by_file.get(test.split("::")[0], ()))
            of[line] = sorted(names)
    return lines


def _environment(folder: Path) -> dict[str, str]:
    data = os.environ.get("ATLARGE_DATA", str(ROOT.parent / "shared" / "data"))
    return {**os.environ, "PYTHONPATH": str(folder / "src"), "ATLARGE_DATA": data}


class Slot:
    """A copy of the project, in which one mutant at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, folder / part)

    def start(self, tests: list[str], limit_seconds: float) -> int:
        """Run tests in a child process; its exit code is pytest's. The process id."""
        child = os.fork()
        if child:
            return child
        os.setsid()
        os.chdir(self.folder)
        os.environ.update(_environment(self.folder))
        sys.path.insert(0, str(self.folder / "src"))
        seconds = int(limit_seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        signal.alarm(seconds * 6)  # for what waits and does not work
        with (self.folder / "log").open("w") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            import pytest

            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests])
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


def attempt(mutants: list[Mutant], slots: list[Slot], original: Path, until: float, known: Map) -> None:
    """Try mutants, one a slot at a time, and note what became of each; stop when the time is up.

    First on the shortest tests that run its statement; one that survives them, on the others that do.
    """
    waiting = [(m, known.tests(m)) for m in mutants]
    busy: dict[int, tuple[Mutant, list[list[str]], Slot]] = {}
    free = list(slots)
    while busy or (waiting and time.time() < until):
        while waiting and free and time.time() < until:
            mutant, tries = waiting.pop(0)
            if not tries:
                mutant.state = "survived"
                print(f"no quick test runs {mutant.module}:{mutant.line}  {mutant.was}", flush=True)
                continue
            (tests, *others), slot = tries, free.pop()
            slot.put(mutant)
            busy[slot.start(tests, known.limit(tests))] = (mutant, others, slot)
        if not busy:
            continue
        child, status = os.waitpid(-1, 0)
        mutant, others, slot = busy.pop(child)
        state = _outcome(status)
        slot.mend(mutant, original)
        free.append(slot)
        if state == "survived" and others:
            waiting.insert(0, (mutant, others))
            continue
        mutant.state = state
        print(f"{mutant.state:9} {mutant.module}:{mutant.line}  {mutant.was}  ->  {mutant.now}", flush=True)


def _figures(own: list[Mutant], places: int) -> dict[str, float]:
    count = {state: sum(m.state == state for m in own) for state in STATES}
    figures: dict[str, float] = {"places": places, "tried": len(own)}
    figures |= {state.replace(" ", "_"): n for state, n in count.items()}
    figures["survived_at_first"] = sum(m.fresh == "survived" for m in own)
    figures["score"] = round(1 - count["survived"] / len(own), 4)
    return figures


def verdicts() -> dict[str, str]:
    """The verdict on each mutant that was judged, by its key."""
    entries = [
        entry for f in sorted(VERDICTS.glob("*.yaml")) for entry in yaml.safe_load(f.read_text()) or []
    ]
    unknown = {entry["verdict"] for entry in entries} - {"equivalent", "gap"}
    if unknown or not all(entry["reason"] for entry in entries):
        sys.exit(f"{VERDICTS.name}: a verdict is equivalent or gap, with a reason; not {sorted(unknown)}")
    return {f"{e['module']}: {e['was']} -> {e['now']}": e["verdict"] for e in entries}


def save(mutants: list[Mutant], sites: dict[str, int], run: tuple[int | None, list[str]], file: Path) -> None:
    """Write the figures of the rooms tried, and the survivors with their verdicts; other rooms stay.

    `run`: the seed of what was drawn, None where nothing was, and the tests that were left out. A room that
    was drawn with another seed than the first has its own.
    """
    judged = verdicts()
    saved = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    tried = [m for m in mutants if m.state]
    for one in tried:
        one.fresh = one.fresh or one.state
    again = {m.room for m in tried}
    others = [Mutant(**m) for m in saved.get("mutants", []) if m["room"] not in again]
    kept = sorted([*others, *tried], key=lambda m: (m.room, m.module, m.line, m.now))
    before = saved.get("rooms", {})
    rooms = {r: of_room for r, of_room in before.items() if r not in again}
    seed = saved.get("seed", run[0])
    left_out = {*run[1], *(saved.get("left_out_tests", []) if rooms else [])}
    for r in again:
        own = before.get(r, {}).get("seed", seed) if run[0] is None else run[0]
        rooms[r] = ({"seed": own} if own != seed else {}) | _figures(
            [m for m in tried if m.room == r], sites[r]
        )
    survivors = [
        {"room": m.room, "place": f"{m.module}:{m.line}", "was": m.was, "now": m.now}
        | {"verdict": judged.get(m.key, "not judged")}
        for m in kept
        if m.state == "survived"
    ]
    for room, figures in rooms.items():
        alike = sum(s["room"] == room and s["verdict"] == "equivalent" for s in survivors)
        left = figures["tried"] - alike
        figures |= {
            "equivalent": alike,
            "score_of_others": round(1 - (figures["survived"] - alike) / left, 4),
            "score_of_others_at_first": round(1 - max(0, figures["survived_at_first"] - alike) / left, 4),
        }
    document = {
        "seed": seed,
        "left_out_tests": sorted(left_out),
        "rooms": {room: rooms[room] for room in ROOMS if room in rooms},
        "survivors": survivors,
        "mutants": [asdict(m) for m in kept],
    }
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for room, figures in document["rooms"].items():
        print(room, json.dumps(figures))


def _interleaved(rooms: list[str], sample: int, seed: int, root: Path) -> Iterator[Mutant]:
    drawn = [draw(room, sample, seed, root) for room in rooms]
    return (m for m in chain.from_iterable(zip_longest(*drawn)) if m is not None)


def _still_there(mutant: Mutant, root: Path) -> bool:
    """Whether a saved mutant is still one of the code as it is now; where its line moved, it is found."""
    file = root / "src" / "atlarge" / mutant.module
    source, operator = file.read_text(encoding="utf-8"), get_operator(mutant.operator)()
    places = (
        place
        for node in cosmic_ray.ast.ast_nodes(cosmic_ray.ast.get_ast(source))
        for place in operator.mutation_positions(node)
    )
    for occurrence, _ in enumerate(places):
        changed = _changed(source, mutant.operator, occurrence)
        if changed is None:
            continue
        both = zip(source.splitlines(), changed.splitlines(), strict=False)
        line, was, now = next(((i, a, b) for i, (a, b) in enumerate(both, 1) if a != b), (0, "", ""))
        if (was.strip(), now.strip()) == (mutant.was, mutant.now):
            mutant.occurrence = occurrence
            mutant.line, mutant.end, mutant.in_function = _statement(source, line)
            return True
    print(f"no more in the code: {mutant.key}", flush=True)
    return False


def _known(file: Path | None, slot: Slot, processes: int, rooms: list[str] | None) -> Map:
    """The map kept in a file, or one found now."""
    if file is not None and file.exists():
        kept = json.loads(file.read_text(encoding="utf-8"))
        kept["lines"] = {m: {int(i): t for i, t in of.items()} for m, of in kept["lines"].items()}
        return Map(**kept)
    found = mapped(slot, processes, rooms)
    if file is not None:
        file.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def main() -> None:
    """Draw and try, or try the survivors again; print and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", nargs="*", default=list(ROOMS), choices=list(ROOMS))
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--map", type=Path, help="file that keeps which tests run which line")
    parser.add_argument(
        "--own",
        action="store_true",
        help="only the rooms' own quick tests: strict",
    )
    parser.add_argument("--judge", action="store_true", help="only put the verdicts to the saved survivors")
    options = parser.parse_args()
    saved = json.loads(options.results.read_text(encoding="utf-8")) if options.again or options.judge else {}
    mutants = [Mutant(**m) for m in saved.get("mutants", [])]
    sites = {room: of_room["places"] for room, of_room in saved.get("rooms", {}).items()}
    if options.judge:
        save(mutants, sites, (None, saved["left_out_tests"]), options.results)
        return
    _load()
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / str(i) for i in range(options.processes + 1)]
        for home in homes:
            home.mkdir()
        slots = [Slot(home) for home in homes]
        original = slots.pop().folder
        known = _known(options.map, slots[0], options.processes, options.rooms if options.own else None)
        until = time.time() + 60 * options.minutes
        if options.again:
            mutants = [m for m in mutants if m.room in options.rooms]
            mutants = [m for m in mutants if m.state != "survived" or _still_there(m, original)]
            judged = verdicts()
            todo = [m for m in mutants if m.state == "survived" and m.key not in judged]
        else:
            mutants = todo = list(_interleaved(options.rooms, options.sample, options.seed, original))
            files = {
                r: [f for p in ROOMS[r][0] for f in (original / "src/atlarge").glob(p)] for r in options.rooms
            }
            sites = {room: sum(len(_sites(f)) for f in of) for room, of in files.items()}
        attempt(todo, slots, original, until, known)
        save(mutants, sites, (None if options.again else options.seed, known.left_out), options.results)


if __name__ == "__main__":
    main()
