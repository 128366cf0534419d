# %% [markdown]
# # A researcher: does a model of my own agree with the project's?
#
# The panel as arrays, for any model; here a counterfactual of one area from all others, with a placebo in
# each.
#
# Open this as a notebook (`jupytext --to ipynb`, or by right click in Jupyter) or run it:
# `python examples/researcher.py`.

# %%
from __future__ import annotations

import datetime as dt

import altair as alt
import numpy as np
import polars as pl

import atlarge
from atlarge.effects import counterfactual, placebo_in_space

alt.renderers.enable("png")  # figures that need no network

# %% [markdown]
# Arrests at large by area of responsibility and month, under both schemes. Missing is NaN, never zero.

# %%
store = atlarge.open_store()
panels = {
    scheme: atlarge.panel(store, by="aor", every="month", measures=["at_large"], scheme=scheme)
    for scheme in ("ddp", "biglocal")
}
values, places, months = panels["ddp"].matrix("at_large", whole=True)
print(f"{len(places)} areas, {len(months)} months, {int(np.isnan(values).sum())} cells not covered")

# %% [markdown]
# How far do the schemes differ? Every question should be answered under both.

# %%
other, _, _ = panels["biglocal"].matrix("at_large", whole=True)
print(f"biglocal over ddp, all areas: {np.nansum(other) / np.nansum(values):.3f}")

# %% [markdown]
# A counterfactual of your own, on arrays: the areas are units, and one is treated from February 2017 on.
# Every other area is a placebo.

# %%
whole = ~np.isnan(values).any(axis=0)
y = values[:, whole]
kept = [month for month, is_whole in zip(months, whole, strict=True) if is_whole]
first = kept.index(dt.date(2017, 2, 1))
unit = places.index("SNA")
estimate = counterfactual(y, unit, slice(0, first))
after = slice(first, first + 8)
observed, expected = float(y[unit, after].sum()), float(np.asarray(estimate.fitted).ravel()[after].sum())
print(f"San Antonio, February to September 2017: {observed:.0f} observed, {expected:.0f} expected")

# %% [markdown]
# Where the two lines part before February 2017, the fit is not to be trusted after it.

# %%
fitted = np.asarray(estimate.fitted).ravel()
lines = pl.DataFrame(
    {
        "month": kept * 2,
        "arrests at large": [*y[unit].tolist(), *fitted.tolist()],
        "line": ["observed"] * len(kept) + ["expected"] * len(kept),
    }
)
chart = alt.Chart(lines, width=560, height=220).mark_line().encode(x="month:T", y="arrests at large:Q")
both = ["observed", "expected"]
chart = chart.encode(
    color=alt.Color("line:N").scale(domain=both, range=["#1b4f72", "#888888"]),
    strokeDash=alt.StrokeDash("line:N").scale(domain=both, range=[[1, 0], [4, 4]]),
)
chart.properties(title="San Antonio: observed, and expected from the other areas")

# %%
placebo = placebo_in_space(y, unit, slice(0, first))
print(f"placebo p over {len(places)} areas: {float(np.asarray(placebo.p).ravel()[0]):.3f}")

# %% [markdown]
# Bursts, found without being told where to look.

# %%
found = atlarge.find_surges(by="aor", measure="at_large", every="week")
for surge in found.to_dicts()[:5]:
    days = f"{surge['start']} to {surge['end']}"
    print(f"{surge['place_name']}: {days}, {surge['observed']} against {surge['expected']}")
