"""Lines of code by room, at a commit (the first edition by default) and now: python tools/lines.py [COMMIT].

Lines of code have neither docstrings nor comments nor blank lines. A file that git finds again, under
its name or another (three tenths alike), is continued; the others are new.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict

ROOT = "src/atlarge"
FIRST_EDITION = "f4b17d9"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def code_lines(source: str) -> int:
    """Lines of a module that are neither docstring nor comment nor blank."""
    prose: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            prose |= set(range(value.lineno, (value.end_lineno or value.lineno) + 1))
    return sum(
        number not in prose and bool(line.strip()) and not line.lstrip().startswith("#")
        for number, line in enumerate(source.splitlines(), 1)
    )


def room(path: str) -> str:
    """The room of a module; the package's own modules are one."""
    inside = path.removeprefix(f"{ROOT}/").split("/")
    return f"{inside[0]}/" if len(inside) > 1 else "single modules"


def main() -> None:
    """Print the table in Markdown."""
    since = sys.argv[1] if len(sys.argv) > 1 else FIRST_EDITION
    before: defaultdict[str, int] = defaultdict(int)
    kept: defaultdict[str, int] = defaultdict(int)
    new: defaultdict[str, int] = defaultdict(int)
    for path in _git("ls-tree", "-r", "--name-only", since, ROOT).splitlines():
        if path.endswith(".py"):
            before[room(path)] += code_lines(_git("show", f"{since}:{path}"))
    found = _git("diff", "-M30%", "-l0", "--name-status", since, "HEAD", "--", ROOT).splitlines()
    changed = {row.split("\t")[-1]: row[0] for row in found}
    for path in _git("ls-tree", "-r", "--name-only", "HEAD", ROOT).splitlines():
        if path.endswith(".py"):
            lines = code_lines(_git("show", f"HEAD:{path}"))
            (new if changed.get(path) == "A" else kept)[room(path)] += lines
    rooms = sorted({*before, *kept, *new}, key=lambda r: -(kept[r] + new[r]))
    print("| room | first edition | now | in continued files | in new files |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in rooms:
        print(f"| {name} | {before[name]:,} | {kept[name] + new[name]:,} | {kept[name]:,} | {new[name]:,} |")
    sums = [sum(part.values()) for part in (before, kept, new)]
    print(f"| all | {sums[0]:,} | {sums[1] + sums[2]:,} | {sums[1]:,} | {sums[2]:,} |")


if __name__ == "__main__":
    main()
