"""EARS C1, C2 and C3: is a count above the mean of the last few by so many standard deviations?

Fricker, Hegler and Dunfee (2008); the thresholds are those of the methods' description by the US Centers for
Disease Control, for series too short for a seasonal baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from atlarge.errors import QuestionError
from atlarge.surveillance.series import CountSeries, count_alarms, draw, read_counts, to_frame, too_short
from atlarge.surveillance.validation import Bools, Floats, check_level

Method = Literal["C1", "C2", "C3"]
_LAG = {"C1": 0, "C2": 2, "C3": 2}
_ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}


@dataclass(frozen=True, repr=False)
class Ears:
    """What `ears` found.

    Attributes
    ----------
    upper
        Thresholds, [series, T]; NaN where the baseline is too short or not whole.
    alarm
        Whether the count exceeds the threshold, [series, T].
    series
        The counts that were read, with the names of series and times.
    """

    upper: Floats
    alarm: Bools
    series: CountSeries

    def __repr__(self) -> str:
        return f"Ears({count_alarms(self.alarm)}, {self.upper.shape[1]} times)"

    def summary(self) -> str:
        """How many alarms, in how many series, and how many counts had a baseline."""
        return (
            f"{count_alarms(self.alarm)}; "
            f"{int(np.isfinite(self.upper).sum())} of {self.upper.size} counts had a whole baseline."
        )

    def to_frame(self, like: Any = None) -> Any:
        """One row for each series and time; of the library the counts came from, or of `like` (a module)."""
        n = self.upper.shape[1]
        columns = {
            "unit": np.repeat(self.series.units, n),
            "time": np.tile(self.series.times, len(self.upper)),
            "observed": self.series.counts.ravel(),
            "upper": self.upper.ravel(),
            "alarm": self.alarm.ravel(),
        }
        return to_frame(columns, self.series.frame_library, like)

    def plot(self, unit: Any = None, ax: Any = None) -> Any:
        """Draw a series (None: the first) with its threshold and alarms; returns the axes."""
        shown = np.where(self.alarm, self.series.counts, np.nan)
        every = np.arange(self.upper.shape[1])
        return draw(self.series, every, unit, {"threshold": self.upper, "alarm": shown}, ax)


def ears(
    counts: Any,
    method: Method = "C1",
    *,
    unit: str | None = None,
    time: str | None = None,
    value: str | None = None,
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float | None = None,
) -> Ears:
    """EARS C1, C2 or C3: which counts exceed the mean of the last few by so many standard deviations.

    Parameters
    ----------
    counts : array or frame
        Counts [series, T], or a frame with one row a series and time.
    method : str
        "C1": the baseline is the `baseline` times before; "C2": those two times earlier; "C3": C2, adding up
        how far the two times before were above their own means by more than one standard deviation.
    unit, time, value : str, optional
        Columns of a frame: series, time and count.
    baseline : int
        Times in the baseline, at least 3.
    min_sigma : float
        Least standard deviation, a count.
    alpha : float, optional
        One-sided level; None: 0.001, and 0.025 for C3.

    Returns
    -------
    Ears
        Thresholds and alarms, [series, T].

    Raises
    ------
    QuestionError
        For counts or options that cannot be used, and for a past that is too short.

    Notes
    -----
    Source: Fricker, Hegler and Dunfee (2008), Stat. Med. 27. Equal to `earsC` of R's `surveillance`.

    Examples
    --------
    >>> ears([[4, 5, 6, 5, 4, 6, 5, 30]]).alarm[0, -1]
    np.True_
    """
    if method not in _LAG:
        raise QuestionError(f"no EARS method {method!r}; there are: C1, C2, C3")
    if baseline < 3:
        raise QuestionError(f"the baseline must hold at least 3 times, not {baseline}")
    if min_sigma < 0:
        raise QuestionError(f"min_sigma must not be negative, not {min_sigma:g}")
    if alpha is not None:
        check_level(alpha)
    series = read_counts(counts, unit=unit, time=time, value=value)
    y = series.counts
    n, lag = y.shape[1], _LAG[method]
    mean, sd = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    first = baseline + lag
    if n <= first:
        raise too_short(y, f"{method} needs {first + 1} times, and there are {n}", first + 1)
    windows = np.lib.stride_tricks.sliding_window_view(y, baseline, axis=1)[:, : n - first]
    mean[:, first:] = windows.mean(axis=2)
    sd[:, first:] = np.maximum(windows.std(axis=2, ddof=1), min_sigma)
    from scipy.special import ndtri

    z = float(ndtri(1.0 - (_ALPHA[method] if alpha is None else alpha)))
    upper = mean + z * sd if method != "C3" else _c3(y, mean, sd, z)
    with np.errstate(invalid="ignore"):
        return Ears(upper, y > upper, series)


def _c3(y: Floats, mean: Floats, sd: Floats, z: float) -> Floats:
    """The bound on the count at which the sum of three excesses reaches z."""
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.maximum((y - mean) / sd - 1.0, 0.0)
    upper = np.full(y.shape, np.nan)
    if y.shape[1] > 2:
        before = excess[:, 1:-1] + excess[:, :-2]
        with np.errstate(invalid="ignore"):  # a flat baseline and a rise: no bound is defined
            upper[:, 2:] = np.maximum(y[:, 2:] + sd[:, 2:] * (z - before), 0.0)
    return upper
