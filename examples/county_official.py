# %% [markdown]
# # A county official: what our own records say, before and after a decision
#
# Open this as a notebook (Jupytext reads the cells) or run it: `python examples/county_official.py`.

# %%
from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import atlarge
from atlarge.errors import AtlargeError

# %% [markdown]
# Releases, as you receive them from a records request. Here they are made up (with a known truth), so that
# the example runs anywhere; put your files in their place.

# %%
folder = Path(tempfile.mkdtemp())
made = atlarge.simulate(folder / "releases", seed=3, arrests=20_000)
audit = atlarge.ingest([*made.arrests, made.detainers], folder / "store")
for release in audit.releases:
    dropped = sum(release.rows_dropped.values())
    print(
        f"{release.file}: {release.rows_read:,} rows read, {release.rows_kept:,} kept, {dropped:,} left out"
    )

# %% [markdown]
# Detainers by county and what became of them. Counts under five are held back. A missing outcome is not
# "honored".

# %%
store = atlarge.open_store(folder / "store")
report = atlarge.detainer_report(store, by="county", every="all")
shown = report.rows.sort("issued", descending=True, nulls_last=True).head(5)
for row in shown.iter_rows(named=True):
    print(
        f"{row['place_name']}: {row['issued']} issued, {row['declined']} declined, {row['missing']} not told"
    )

# %% [markdown]
# One question about one day. If the records do not allow an answer, one line says why: that is the answer.

# %%
place = shown["place_name"][0]
try:
    answer = atlarge.explain(place, date=dt.date(2017, 10, 1), store=folder / "store")
    print(answer.sentences[0])
except AtlargeError as error:
    print(f"no answer: {error}")
