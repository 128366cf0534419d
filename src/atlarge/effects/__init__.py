"""Effects of dated changes on arrays of units x periods. Nothing here knows what the numbers count.

share_effect               the effect of a change on one unit, in one call: arrays or any dataframe
placebo_grid               every unit forecast from every date; totals compared with all placebos together
expected_counts            the forecast itself: discounted share of the whole and of the group
sdid_paths, sdid_grid      synthetic difference in differences, the second opinion
counterfactual             synthetic controls (plain, ridge-augmented) and differences, with placebos
watch_bursts, cap_bursts   a few days that stand out; counts without them
mix_switch                 when the mix within a total switched
decompose                  observed = baseline + trend + substitution + residual, with intervals
pooled_effect              one effect from many units that changed at different times
kitagawa, count_contributions  why a share changed: another mix of groups, other shares within them
change_point, change_points  when a series changed, without the date
pool_estimates, pool_rates, pool_ratio  partial pooling over units
q_values                   false-discovery rates of many answers
"""

from __future__ import annotations

from atlarge.effects.bursts import BurstWatch, watch_bursts
from atlarge.effects.cells import DEPARTURE_LAGS, Departure, PlaceboGrid, placebo_grid, sdid_grid
from atlarge.effects.change import ChangePoint, change_point, change_points
from atlarge.effects.conformal import Conformal, conformal_effect
from atlarge.effects.counterfactual import (
    Counterfactual,
    Detectable,
    counterfactual,
    minimum_detectable_effect,
    placebo_in_time,
)
from atlarge.effects.decompose import Decomposition, Part, decompose, decompose_grids, transfer_ratio
from atlarge.effects.event_study import PooledEffect
from atlarge.effects.frames import Panel, panel_of
from atlarge.effects.kitagawa import ShareChange, count_contributions, kitagawa
from atlarge.effects.mixes import MixSwitch, mix_switch
from atlarge.effects.multiplicity import q_values
from atlarge.effects.placebo import PlaceboSpace, placebo_in_space
from atlarge.effects.pooled import pooled_effect
from atlarge.effects.pooling import Pooled, PooledRates, Ratio, pool_estimates, pool_rates, pool_ratio
from atlarge.effects.prediction import Judged, PredictionErrors, learn_errors, unsteadiness
from atlarge.effects.sdid import sdid_paths
from atlarge.effects.share_effect import ShareEffect, share_effect
from atlarge.effects.shares import ShareSettings, cap_bursts, capped_share, expected_counts
from atlarge.effects.simplex import simplex_weights

__all__ = [
    "DEPARTURE_LAGS",
    "BurstWatch",
    "ChangePoint",
    "Conformal",
    "Counterfactual",
    "Decomposition",
    "Departure",
    "Detectable",
    "Judged",
    "MixSwitch",
    "Panel",
    "Part",
    "PlaceboGrid",
    "PlaceboSpace",
    "Pooled",
    "PooledEffect",
    "PooledRates",
    "PredictionErrors",
    "Ratio",
    "ShareChange",
    "ShareEffect",
    "ShareSettings",
    "cap_bursts",
    "capped_share",
    "change_point",
    "change_points",
    "conformal_effect",
    "count_contributions",
    "counterfactual",
    "decompose",
    "decompose_grids",
    "expected_counts",
    "kitagawa",
    "learn_errors",
    "minimum_detectable_effect",
    "mix_switch",
    "panel_of",
    "placebo_grid",
    "placebo_in_space",
    "placebo_in_time",
    "pool_estimates",
    "pool_rates",
    "pool_ratio",
    "pooled_effect",
    "q_values",
    "sdid_grid",
    "sdid_paths",
    "share_effect",
    "simplex_weights",
    "transfer_ratio",
    "unsteadiness",
    "watch_bursts",
]
