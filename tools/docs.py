"""Make the pages of docs/ that follow from the code or from what was measured.

Run: python tools/docs.py [--check]. With --check nothing is written; exit 1 names stale pages.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
RESULTS = ROOT / "benchmarks" / "results"
OWN_PAGES = {"answers": "answers.md"}
COLUMNS = Path(__file__).parent / "columns.yaml"
NOTICE = "<!-- Made by tools/docs.py; change the code, not this page. -->\n\n"
_MOST_ROWS = 40


def _cell(value: Any) -> str:
    text = " ".join(str("" if value is None else value).replace("|", "\\|").split())
    return f"`{text}`" if "][" in text else text  # code, and no reference to another page


def table(head: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines) + "\n"


def cli() -> str:
    """Every command with its help, arguments and options."""
    import typer.main

    import atlarge.cli

    if not atlarge.cli.app.registered_commands:
        atlarge.cli._load_commands()
    root = typer.main.get_command(atlarge.cli.app)
    text = f"# Commands\n\n{NOTICE}"
    text += (
        "Every command exits 0 when done, 1 when the data or the question do not allow an answer (one "
        "line on stderr says why), 2 when it was called wrongly. With `--json`, stdout holds one JSON "
        "document.\n\n"
    )
    return text + "".join(_command(name, command) for name, command in _commands(root, "atlarge"))


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _command(name: str, command: Any) -> str:
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        is_option = parameter.param_type_name == "option"
        spellings = [*parameter.opts, *parameter.secondary_opts]
        shown = ", ".join(spellings) if is_option else str(parameter.name).upper()
        if getattr(parameter, "required", False) and is_option:
            shown += " (required)"
        given = parameter.default
        default = "" if given is None or given is False or callable(given) or given == () else given
        if given is True and parameter.secondary_opts:
            default = parameter.opts[0]
        rows.append([f"`{shown}`", getattr(parameter, "help", ""), default])
    text = f"## `{name}`\n\n{inspect.cleandoc(command.help or '')}\n\n"
    return text + (table(["argument or option", "meaning", "default"], rows) if rows else "")


def data_dictionary() -> str:
    """Records tables, the panel, measures, schemes and reference tables."""
    from atlarge.panel import measures
    from atlarge.records.tables import LINEAGE, PLACE, TABLES
    from atlarge.reference import sidecar, tables

    words = yaml.safe_load(COLUMNS.read_text(encoding="utf-8"))
    common: dict[str, str] = words["common"]
    text = f"# Data dictionary\n\n{NOTICE}## Records tables\n\n"
    text += (
        "Each table also carries `n` and the lineage columns; tables of records carry the place columns.\n\n"
    )
    text += "### Columns of every table\n\n"
    rows = [[f"`{c}`", t, common[c]] for c, t in {"n": "UInt32", **LINEAGE}.items()]
    text += table(["column", "type", "meaning"], rows)
    text += "### Place columns\n\n"
    text += table(["column", "type", "meaning"], [[f"`{c}`", t, common[c]] for c, t in PLACE.items()])
    for name, columns in TABLES.items():
        own = words["tables"].get(name, {})
        shared = set(PLACE) <= set(columns)
        rows = [
            [f"`{c}`", t, own.get(c) or common[c]] for c, t in columns.items() if not (shared and c in PLACE)
        ]
        text += f"### {name}\n\n" + table(["column", "type", "meaning"], rows)
        text += "With the place columns.\n\n" if shared else ""
    text += "## The panel\n\n"
    text += table(["column", "type", "meaning"], [[f"`{c}`", t, m] for c, t, m in words["panel"]])
    text += "## Measures\n\n"
    rows = [[f"`{m.name}`", m.table, m.unit, m.description] for m in measures().values()]
    text += table(["measure", "counts rows of", "unit", "meaning"], rows)
    text += "## Reference tables\n\n"
    for name in tables():
        about = sidecar(name)
        text += f"### {name}\n\n{about['title']}. Source: {about['source']}. Licence: {about['licence']}. "
        text += f"Accessed {about['accessed']}. One row is {about['row']}.\n\n"
        columns = about["columns"].items()
        text += table(
            ["column", "type", "meaning"], [[f"`{c}`", a["type"], a["description"]] for c, a in columns]
        )
        for column in ("kinds", "scopes", "rules"):
            if column in about:
                text += table([column, "meaning"], [[f"`{w}`", says] for w, says in about[column].items()])
        for fault in about.get("known_faults") or []:
            text += f"Known fault: {_cell(fault)}\n\n"
    return text


def benchmarks() -> str:
    """Every figure that a benchmark saved."""
    text = f"# Benchmarks\n\n{NOTICE}`python -m benchmarks` measures all of it again. Times depend on the "
    text += "machine and on what else it does; ratios to a peer were measured in the same run.\n\n"
    for file in sorted(RESULTS.glob("*.json")):
        script = ROOT / "benchmarks" / f"{file.stem}.py"
        docstring = (
            ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) if script.exists() else None
        )
        text += f"## {file.stem}\n\n{(docstring or file.stem).splitlines()[0]}\n\n"
        found = json.loads(file.read_text(encoding="utf-8"))
        if file.stem in OWN_PAGES:
            text += f"Row by row: [{OWN_PAGES[file.stem]}]({OWN_PAGES[file.stem]}).\n\n"
            found = {key: value for key, value in found.items() if not isinstance(value, list)}
        text += "".join(_figures("", found))
    return text


def _figures(name: str, value: Any) -> Iterator[str]:
    """All single figures in one table, by their path; lists of objects as tables of their own."""
    single: list[list[Any]] = []
    lists: list[tuple[str, list[Any]]] = []

    def walk(path: str, inner: Any) -> None:
        if isinstance(inner, dict):
            for key, below in inner.items():
                walk(f"{path}.{key}" if path else str(key), below)
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lists.append((path, inner))
        else:
            single.append([f"`{path}`", _short(inner)])

    walk(name, value)
    if single:
        yield table(["figure", "value"], single)
    for path, rows in lists:
        yield from _listed(f"`{path}`" if path else "", rows)


def _listed(name: str, value: list[Any]) -> Iterator[str]:
    flat = [{k: _short(v) for k, v in row.items()} for row in value]
    head = list(dict.fromkeys(key for row in flat for key in row))
    more = f"The first {_MOST_ROWS} of {len(flat)} rows.\n\n" if len(flat) > _MOST_ROWS else ""
    yield f"{name}\n\n" + table(head, [[row.get(k) for k in head] for row in flat[:_MOST_ROWS]]) + more


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value) if not isinstance(value, dict | list) else json.dumps(value)[:120]
    return f"{value:,}" if abs(value) >= 10_000 else str(value)


def _results() -> dict[str, Any]:
    return {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in sorted(RESULTS.glob("*.json"))}


def filled(name: str) -> str:
    """A page from its template in tools/pages, with the figures last measured."""
    import jinja2

    from atlarge.reference import table

    results = _results()

    def figure(file: str, path: str, form: str = "{}") -> str:
        value: Any = results.get(file)
        for key in path.split("."):
            value = (
                {k.replace(".", "_"): v for k, v in value.items()}.get(key)
                if isinstance(value, dict)
                else None
            )
        return "not measured" if value is None else form.format(value)

    loader = jinja2.FileSystemLoader(Path(__file__).parent / "pages")
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    notice = NOTICE.replace(
        "change the code, not this page", f"change tools/pages/{name}.j2 or measure again"
    )
    checks: dict[str, dict[str, float]] = {}
    for check, key, value in table("checks").iter_rows():
        checks.setdefault(check, {})[key] = value
    template = environment.get_template(f"{name}.j2")
    return template.render(results=results, figure=figure, notice=notice, checks=checks)


PAGES = {"cli.md": cli, "data-dictionary.md": data_dictionary, "benchmarks.md": benchmarks}
FILLED = {
    "scale.md": "scale.md",
    "trust.md": "trust.md",
    "published-figures.md": "published-figures.md",
    "how-right.md": "how-right.md",
    "replications.md": "replications.md",
    "now.md": "now.md",
    "methods/forecast.md": "forecast.md",
    "methods/records.md": "records.md",
}
PAGES |= {page: (lambda name=name: filled(name)) for page, name in FILLED.items()}


def stale() -> list[str]:
    """Pages whose committed text is not what the code gives now."""
    found = []
    for name, make in PAGES.items():
        page = DOCS / name
        if not page.exists() or page.read_text(encoding="utf-8") != make():
            found.append(name)
    return found


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        old = stale()
        for name in old:
            sys.stderr.write(f"docs/{name} is not current: run python tools/docs.py\n")
        return 1 if old else 0
    import checks

    checks.main()  # the site's table of checks is of the same measurements
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
