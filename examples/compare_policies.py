# %% [markdown]
# # Several places: does the same account fit everywhere?
#
# Ask the same question of several policies, and look at the intervals before the verdicts.
#
# Open this as a notebook (`jupytext --to ipynb`, or by right click in Jupyter) or run it:
# `python examples/compare_policies.py`.

# %%
from __future__ import annotations

import altair as alt
import polars as pl

from atlarge import explain
from atlarge.errors import AtlargeError

alt.renderers.enable("png")  # figures that need no network

QUESTIONS = {
    "travis-tx-2017": "Travis County, TX",
    "mecklenburg-nc-2018": "Mecklenburg County, NC",
    "suffolk-ny-2018": "Suffolk County, NY",
    "philadelphia-pa-2016": "Philadelphia County, PA",
}

# %% [markdown]
# One line an account, or why there is no answer.

# %%
rows = []
for policy, place in QUESTIONS.items():
    print(f"{place} ({policy})")
    try:
        answer = explain(place, policy=policy)
    except AtlargeError as error:
        print(f"  no answer: {error}")
        continue
    if answer.change_point.date:
        print(f"  jail handoffs changed around {answer.change_point.date}")
    for judged in answer.verdicts.values():
        print(f"  {judged.title}: {judged.verdict} ({judged.rule})")
    effect = answer.to_dict()["effect"]
    rows.append({"place": place, **effect, "smallest detectable effect": answer.to_dict()["mde"]})

# %% [markdown]
# Arrests at large above (or below) what was expected, with the interval. An interval over zero tells
# nothing of the direction; the last column of the table says how large an effect would have to be to show
# at all.

# %%
effects = pl.DataFrame(rows, infer_schema_length=None)
print(effects)

# %%
base = alt.Chart(effects.drop_nulls("low"), width=420).encode(y=alt.Y("place:N", title=None))
interval = base.mark_rule(strokeWidth=2).encode(
    x=alt.X("low:Q", title="arrests at large, above expected"), x2="high:Q"
)
zero = alt.Chart(pl.DataFrame({"zero": [0]})).mark_rule(strokeDash=[4, 4], color="#888888").encode(x="zero:Q")
chart = zero + interval + base.mark_point(filled=True, size=70).encode(x="value:Q")
chart.properties(title="Arrests at large, by policy")
