"""Effects of dated changes on arrays of units x periods. Nothing here knows what the numbers count.

counterfactual             the path of a unit had nothing changed, with intervals and placebo p-values
placebo_in_space           every unit as its own placebo, in one batched pass
placebo_in_time            the same study with the change moved earlier
minimum_detectable_effect  what the design could have found
decompose                  observed = baseline + trend + substitution + residual, with intervals
conformal_effect           a second interval, from the unit's own past
pooled_effect              one effect from many units that changed at different times
change_point, change_points  when a series changed, without the date
pool_estimates, pool_rates, pool_ratio  partial pooling over units
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
from atlarge.effects.mixes import MixSwitch, mix_switch
from atlarge.effects.multiplicity import q_values
from atlarge.effects.placebo import PlaceboSpace, placebo_in_space
from atlarge.effects.pooled import PooledEffect, pooled_effect
from atlarge.effects.pooling import (
    Pooled,
    PooledRates,
    Ratio,
    pool_estimates,
    pool_rates,
    pool_ratio,
)
from atlarge.effects.prediction import Judged, PredictionErrors, learn_errors, unsteadiness
from atlarge.effects.sdid import sdid_paths
from atlarge.effects.shares import ShareSettings, cap_bursts, expected_counts
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
    "Part",
    "PlaceboGrid",
    "PlaceboSpace",
    "Pooled",
    "PooledEffect",
    "PooledRates",
    "PredictionErrors",
    "Ratio",
    "ShareSettings",
    "cap_bursts",
    "change_point",
    "change_points",
    "conformal_effect",
    "counterfactual",
    "decompose",
    "decompose_grids",
    "expected_counts",
    "learn_errors",
    "minimum_detectable_effect",
    "mix_switch",
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
    "simplex_weights",
    "transfer_ratio",
    "unsteadiness",
    "watch_bursts",
]
