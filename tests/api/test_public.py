"""The public API: a dozen names, quick to import, each told in full."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import atlarge

pytestmark = pytest.mark.slow_file

NAMES = sorted({*atlarge.__all__} - {"__version__"})


def test_a_dozen_names() -> None:
    assert set(atlarge.__all__) == {*NAMES, "__version__"}
    assert len(atlarge.__all__) <= 12


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_function_that_says_what_it_does(name: str) -> None:
    function = getattr(atlarge, name)
    assert inspect.isfunction(function)
    reported = inspect.getdoc(function) or ""
    assert len(reported.split()) >= 15, "say what it does, in what shapes and units"
    assert "Error" in reported, "say what it raises"
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty


@pytest.mark.parametrize(
    "first", ["import atlarge.panel, atlarge.explain, atlarge.publish", "import atlarge.ingest", ""]
)
def test_names_stay_functions_whichever_module_comes_first(first: str) -> None:
    code = f"{first}\nfrom atlarge import panel, ingest, open_store\nimport atlarge\n"
    code += "assert callable(panel) and callable(ingest) and callable(atlarge.panel)\n"
    code += "from atlarge.panel import PLACE_COLUMN\nimport sys; assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'pannel'"):
        _ = atlarge.pannel
