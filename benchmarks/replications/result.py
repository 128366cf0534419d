"""A published result and ours, and the estimator that several replications share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Result:
    """A number that was published, and the same computed again.

    `tolerance` is relative (0.005: half a per cent) unless `low` and `high` bound ours: then the published
    number agrees if it lies between them. `published` None: published without a number for these data.
    """

    study: str
    result: str
    source: str
    published: float | None
    ours: float
    tolerance: float = 0.005
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether the two agree; None without a published number."""
        if self.published is None:
            return None
        if self.low is not None and self.high is not None:
            return self.low <= self.published <= self.high
        return abs(self.ours - self.published) <= self.tolerance * abs(self.published) + 1e-9

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "agrees": self.agrees}


def poisson_did(
    frame: pl.DataFrame, *, unit: str = "place", time: str = "period"
) -> tuple[float, float, float]:
    """Relative change while `treated` is 1, with a 95% interval: two-way Poisson, errors clustered by unit.

    `frame`: a row a unit and period with `n` and `treated`. Units without a record are left out, since they
    say nothing of a relative change.
    """
    import pyfixest as pf

    some = frame.filter(pl.col("n").sum().over(unit) > 0).select(unit, time, "n", "treated")
    data = some.with_columns(pl.col(time).cast(pl.String), pl.col("n").cast(pl.Float64)).to_pandas()
    fit = pf.fepois(f"n ~ treated | {unit} + {time}", data=data, vcov={"CRV1": unit})
    estimate, error = float(fit.coef()["treated"]), float(fit.se()["treated"])
    low, mean, high = (float(np.expm1(estimate + z * error)) for z in (-1.96, 0.0, 1.96))
    return mean, low, high
