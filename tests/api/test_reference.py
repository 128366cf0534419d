"""The API pages show every public name, and the examples of its docstring run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow_file


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:  # a function
        return None


ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))
NAMES = [name for page in PAGES for name in re.findall(r"^::: (\S+)", page.read_text("utf-8"), re.MULTILINE)]
# Five packages have the name of their main function, so that an attribute of the name would be the function.
PACKAGES = [name for name in NAMES if isinstance(_imported(name), ModuleType)]

WHOLE_ANSWERS = ("check", "explain", "export_charts", "pooled", "pooled_by_kind", "publish", "report")
"""Functions whose example takes seconds."""


def _functions(package: str) -> list[str]:
    module = importlib.import_module(package)
    return [name for name in module.__all__ if inspect.isfunction(getattr(module, name))]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_is_public(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(module.__all__, key=lambda n: (not n.isupper(), n[0].islower(), n))
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.slow
def test_the_pages_show_every_public_name() -> None:
    """And the site of the documentation is built without a warning."""
    program = Path(sys.executable).with_name("zensical")
    done = subprocess.run([program, "build", "--strict"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    built = "".join(p.read_text("utf-8") for p in (ROOT / "build" / "docs" / "reference").glob("*.html"))
    missing = []
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            thing = getattr(module, name)
            home = getattr(thing, "__module__", package)
            shown = any(f'id="{where}.{name}"' in built for where in (package, home))
            missing += (
                []
                if shown or not (inspect.isfunction(thing) or inspect.isclass(thing))
                else [f"{home}.{name}"]
            )
    assert not missing


@pytest.mark.parametrize(
    ("package", "name"),
    [
        pytest.param(package, name, marks=[pytest.mark.slow] if name in WHOLE_ANSWERS else [])
        for package in PACKAGES
        for name in _functions(package)
    ],
)
def test_a_function_has_an_example_that_runs(package: str, name: str) -> None:
    function = getattr(importlib.import_module(package), name)
    examples = [
        test
        for test in doctest.DocTestFinder(recurse=False).find(
            function, name, globs=vars(sys.modules[function.__module__]).copy()
        )
        if test.examples
    ]
    assert examples, "a numpydoc docstring with an example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS, verbose=False)
    for test in examples:
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("package", PACKAGES)
def test_a_function_says_what_it_takes_and_returns(package: str) -> None:
    """Every parameter (by ruff's D417 once there is a section of them), what comes back, and errors."""
    module = importlib.import_module(package)
    for name in _functions(package):
        function = getattr(module, name)
        text, signature = inspect.getdoc(function) or "", inspect.signature(function)
        wanted = {
            "Parameters": bool(signature.parameters),
            "Returns|Yields": signature.return_annotation != "None",
        }
        wanted["Raises"] = "raise QuestionError" in inspect.getsource(function)
        for section, is_wanted in wanted.items():
            assert not is_wanted or re.search(rf"^({section})\n-+$", text, re.MULTILINE), (
                f"{name}: no {section}"
            )
