# %% [markdown]
# # A reporter: what happened in one county, and what may be written about it
#
# Open this as a notebook (Jupytext reads the cells) or run it: `python examples/reporter.py`.

# %%
from __future__ import annotations

from pathlib import Path

import atlarge
from atlarge.claims.template import shipped
from atlarge.publish import report

# %% [markdown]
# The question: a sheriff's policy of February 2017. The records ship with the package.

# %%
answer = atlarge.explain("Travis County, TX", policy="travis-tx-2017")
for sentence in answer.sentences:
    print("-", sentence)

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
