"""Run the examples as notebooks and keep them with what their cells gave.

Run: python tools/notebooks.py [FOLDER]
Each file of examples/ is a notebook in percent format. A cell that fails stops it, and the exit code is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
_CELL_SECONDS = 600


def execute(example: Path, folder: Path) -> Any:
    """Run a notebook's cells one by one in a kernel of its own, whose folder is `folder`; the notebook run.

    Raises nbclient.exceptions.CellExecutionError when a cell fails.
    """
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(example)
    client = NotebookClient(
        notebook, timeout=_CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def main(arguments: list[str]) -> int:
    """Write an executed .ipynb of every example into a folder (left out: notebooks/)."""
    import nbformat

    folder = Path(arguments[0] if arguments else ROOT / "notebooks")
    folder.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        notebook = execute(example, folder)
        nbformat.write(notebook, folder / f"{example.stem}.ipynb")
        print(folder / f"{example.stem}.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
