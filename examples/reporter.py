# %% [markdown]
# # A reporter: was a county singled out?
#
# In February 2017 a Texas sheriff stopped handing most people over to ICE, and officers came. Officials
# said that it was retaliation, that lost jail handoffs were made up for in the street, or that many people
# liable to arrest live there. What can be written?
#
# Open this as a notebook (`jupytext --to ipynb`, or by right click in Jupyter) or run it:
# `python examples/reporter.py`.

# %%
from __future__ import annotations

import tempfile
from pathlib import Path

import atlarge
from atlarge.claims.template import shipped
from atlarge.publish import export_charts, report


class Picture:
    """A PNG file, shown where a notebook shows what a cell gives."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()

    def _repr_png_(self) -> bytes:
        return self._content


# %% [markdown]
# The records ship with the package. The answer begins with three sentences: arrests at large, jail
# handoffs, and how well each account fits.

# %%
answer = atlarge.explain("Travis County, TX", policy="travis-tx-2017")
for sentence in answer.sentences:
    print("-", sentence)

# %% [markdown]
# What happened, beside what would have been expected without the policy, with its interval. What lies
# inside the interval is no news.

# %%
folder = Path(tempfile.mkdtemp())
charts = [path for path in export_charts(answer, folder) if path.suffix == ".png"]
print(f"{len(charts)} charts; the first: {charts[0].stem}")
Picture(charts[0])

# %% [markdown]
# What fits and what does not. None of the words is "proves", and none should be in the story.

# %%
for name, judged in answer.verdicts.items():
    print(f"{name}: {judged.to_dict()['verdict']}")

# %% [markdown]
# Read the warnings before the numbers. Each says what would make a sentence wrong.

# %%
for warned in answer.warnings:
    print("!", warned.to_dict()["text"])

# %% [markdown]
# The report for the editor: one file, charts and tables, small counts hidden.

# %%
out = Path("travis-report.html")
report(answer, out)
print(f"{out}: {out.stat().st_size:,} bytes")

# %% [markdown]
# What others said at the time, checked by the same records.

# %%
Path("claims.yaml").write_text(shipped("sanctuary-cities-2017"), encoding="utf-8")
for verdict in atlarge.check("claims.yaml"):
    print(f"{verdict.to_dict()['verdict']:13} {verdict.to_dict()['id']}")
