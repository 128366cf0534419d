"""Registered forecasts of counts, and their scores when the records come.

A place's next counts are forecast from its own level, older periods discounted, times the usual season of all
places together. Quantiles come from the errors of the same forecast at earlier origins, pooled over places
and origins: the errors that judge an estimate (`effects.learn_errors`) are those that bound a forecast.
"""

from atlarge.forecast.projection import (
    PERIODS_A_YEAR,
    QUANTILES,
    interval_score,
    pinball,
    quantiles,
    seasonal_naive,
)
from atlarge.forecast.registered import Forecast, Scores, forecast, learning_series, score

__all__ = [
    "PERIODS_A_YEAR",
    "QUANTILES",
    "Forecast",
    "Scores",
    "forecast",
    "interval_score",
    "learning_series",
    "pinball",
    "quantiles",
    "score",
    "seasonal_naive",
]
