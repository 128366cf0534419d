# %% [markdown]
# # A county official: what became of the detainers sent to us?
#
# A supervisor asks how many of ICE's requests the jail declined, and how that compares with our neighbours.
#
# Open this as a notebook (`jupytext --to ipynb`, or by right click in Jupyter) or run it:
# `python examples/county_official.py`.

# %%
from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import altair as alt

import atlarge
from atlarge.errors import AtlargeError

alt.renderers.enable("png")  # figures that need no network

# %% [markdown]
# Releases, as you receive them from a records request. Here they are simulated (with a known truth), so that
# the example runs anywhere; put your files in their place.

# %%
folder = Path(tempfile.mkdtemp())
simulated = atlarge.simulate(folder / "releases", seed=3, arrests=20_000)
audit = atlarge.ingest([*simulated.arrests, simulated.detainers], folder / "store")
for release in audit.releases:
    dropped = sum(release.rows_dropped.values())
    print(
        f"{release.file}: {release.rows_read:,} rows read, {release.rows_kept:,} kept, {dropped:,} left out"
    )

# %% [markdown]
# Detainers by county and what became of them. Counts under five are suppressed. A missing outcome is not
# "honored".

# %%
store = atlarge.open_store(folder / "store")
report = atlarge.detainer_report(store, by="county", every="all")
shown = report.rows.sort("issued", descending=True, nulls_last=True).head(5)
for row in shown.iter_rows(named=True):
    outcomes = f"{row['declined']} declined, {row['missing']} not reported"
    print(f"{row['place_name']}: {row['issued']} issued, {outcomes}")

# %% [markdown]
# The same as a figure. A rate is given among detainers whose outcome is recorded, and its bar reaches from
# the best case (no missing outcome was a decline) to the worst (all were): what is not recorded can move it
# that far.

# %%
bars = alt.Chart(shown.drop_nulls("worst_case"), width=420)
place_axis = alt.Y("place_name:N", title=None, sort=None)
reach = bars.mark_bar(height=6, color="#b8c4ce").encode(y=place_axis, x="best_case:Q", x2="worst_case:Q")
rate = bars.mark_point(filled=True, size=70, color="#1b4f72").encode(
    y=place_axis, x=alt.X("decline_rate:Q", title="share declined").scale(domain=[0, 1]).axis(format="%")
)
chart = reach + rate
chart.properties(title="Detainers declined, of those issued")

# %% [markdown]
# One question about one day. If the records do not allow an answer, one line says why: that is the answer.

# %%
place = shown["place_name"][0]
try:
    answer = atlarge.explain(place, date=dt.date(2017, 10, 1), store=folder / "store")
    print(answer.sentences[0])
except AtlargeError as error:
    print(f"no answer: {error}")
