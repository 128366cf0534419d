"""Infer jail handoffs after July 2025, when the method column stops telling local jails from prisons.

Before the break the Criminal Alien Program had three methods (local, state, federal). They show how often a
custodial arrest with a given landmark, in a given place, was at a local jail. Each rate is shrunk towards
that of the next wider group, with most weight on recent months. The interval comes from applying the same
inference to months before the break with their methods hidden.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from atlarge.calendar import month_start
from atlarge.engines import collect, scan
from atlarge.errors import CoverageError
from atlarge.records.store import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOCAL, ELSEWHERE = "CAP Local Incarceration", ("CAP State Incarceration", "CAP Federal Incarceration")
PROGRAM = "287(g) Program"
MERGED = ("Custodial Arrest", "Criminal Alien Program")
"""Methods that do not name the kind of custody; from the break on they replace the three."""
LEVELS: tuple[tuple[str, ...], ...] = (
    ("landmark_class",),
    ("landmark_class", "facility_class"),
    ("landmark_class", "facility_class", "aor"),
    ("landmark_class", "facility_class", "aor", "state", "agreement"),
    ("landmark_class", "facility_class", "aor", "state", "county_fips", "office", "agreement"),
    ("landmark_class", "facility_class", "aor", "landmark"),
)
"""Groups whose rates are estimated, widest first; each is shrunk towards the one before it."""
STRENGTH = 20.0
"""Weight of the wider group, in rows, when a rate is shrunk towards it."""
HALF_LIFE_DAYS = 180
FEWEST = 200
"""Custodial arrests with a known method that are needed before the break."""
CONFIDENCE = 0.9
SIZES = (0, 5, 20, 100, 400)
"""Lower bounds of the size classes in which intervals are calibrated, by the number of arrests to be
classified in a period."""
_HIDDEN_DAYS, _STEP_DAYS, _WINDOWS, _ENOUGH = 365, 182, 3, 20
FEW_PLACES = 100
"""With at most this many places (states, areas), intervals must cover in nine of ten places, not only in nine
of ten months pooled over all."""
_LEAST_OF_PLACE = 6
_DRIFTS = (0.0, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
_FLOOR = 0.1
_DETAINER_DAYS = 365
_KEYS = ("county_fips", "office", "aor", "state", "landmark", "landmark_class")


@dataclass(frozen=True)
class Calibration:
    """Errors of inferred handoffs in months whose methods are known but were hidden.

    The half width of an interval is `factor` (by size class) times the square root of the sum of the binomial
    variance, the square of `drift` times the arrests to be classified, and a small constant.
    """

    drift: float
    factor: tuple[float, ...]
    periods: int
    hidden_from: dt.date | None
    error: float | None

    def half_width(self, merged: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Half width of the interval of a sum of `merged` arrests with this binomial variance; 0 if there are
        none."""
        scale = np.sqrt(variance + (self.drift * merged) ** 2 + _FLOOR)
        return np.asarray(np.where(merged > 0, np.array(self.factor)[_size(merged)] * scale, 0.0))

    def to_dict(self) -> dict[str, Any]:
        """The calibration as a document."""
        return {
            "confidence": CONFIDENCE,
            "drift": self.drift,
            "factor_by_size": dict(zip(map(str, SIZES), self.factor, strict=True)),
            "periods": self.periods,
            "hidden_from": None if self.hidden_from is None else self.hidden_from.isoformat(),
            "absolute_error_share": self.error,
        }


@cache
def _agreements(month: dt.date) -> frozenset[str]:
    """Counties with a jail-model 287(g) agreement that was, or may have been, in force on the first day of a
    month."""
    from atlarge.policies import registry
    from atlarge.policies.policy import JAIL_MODELS

    models = [p for p in registry() if p.is_agreement and p.model in JAIL_MODELS]
    return frozenset(c for p in models if p.status(month) != "not in force" for c in p.counties())


def _with_agreement(cells: pl.DataFrame) -> pl.DataFrame:
    """Add `agreement`: whether a jail-model agreement was in force in the row's county that month."""
    months = cells["date"].dt.truncate("1mo").unique().to_list()
    pairs = [(month, county) for month in months for county in sorted(_agreements(month_start(month)))]
    standing = pl.DataFrame(
        pairs, schema={"_month": pl.Date, "county_fips": pl.String}, orient="row"
    ).with_columns(pl.lit(True).alias("agreement"))
    joined = cells.with_columns(pl.col("date").dt.truncate("1mo").alias("_month")).join(
        standing, on=["_month", "county_fips"], how="left"
    )
    return joined.drop("_month").with_columns(pl.col("agreement").fill_null(False))


def _with_facility(rows: pl.DataFrame, store: Store, engine: str) -> pl.DataFrame:
    """Add `facility_class`: the kind of facility of the last detainer before the arrest with the same
    identifier."""
    import narwhals as nw

    from atlarge.places.landmark_class import classes_of

    frame = scan(store, "detainers", engine).select("subject_key", "date", "facility")
    known = collect(frame.filter(~nw.col("subject_key").is_null()).unique(), engine)
    detainers = known.with_columns(
        classes_of(known["facility"]).alias("facility_class"), pl.col("date").alias("prepared")
    ).drop("facility")
    near = rows.with_row_index("_row").drop_nulls("subject_key").select("_row", "subject_key", "date")
    found = near.sort("date").join_asof(
        detainers.drop_nulls("facility_class").sort("date"),
        on="date",
        by="subject_key",
        strategy="backward",
        tolerance=f"{_DETAINER_DAYS}d",
        check_sortedness=False,
    )
    joined = rows.with_row_index("_row").join(
        found.select("_row", "facility_class"), on="_row", how="left", maintain_order="left"
    )
    return joined.drop("_row")


def custodial_cells(store: Store, engine: str = "polars") -> pl.DataFrame:
    """Counts (`n`) of arrests in custody by day, method, place, landmark, detainer and agreement."""
    import narwhals as nw

    frame = scan(store, "arrests", engine)
    names = frame.collect_schema().names()
    has_detainers = "detainers" in store.tables() and "subject_key" in names
    kept = ["date", "method", *(k for k in _KEYS if k in names), *(["subject_key"] if has_detainers else [])]
    methods = [LOCAL, *ELSEWHERE, PROGRAM, *MERGED]
    chosen = (
        frame.filter(nw.col("method").is_in(methods)).group_by(*kept).agg(nw.col("n").cast(nw.Int64).sum())
    )
    rows = collect(chosen, engine).with_columns(pl.col("date").cast(pl.Date))
    rows = rows.with_columns(pl.lit(None, pl.String).alias(k) for k in _KEYS if k not in names)
    rows = (
        _with_facility(rows, store, engine)
        if has_detainers
        else rows.with_columns(pl.lit(None, pl.String).alias("facility_class"))
    )
    keys = ["date", "method", *_KEYS, "facility_class"]
    return _with_agreement(rows.group_by(keys).agg(pl.col("n").sum()).sort(keys, nulls_last=True))


def local_share(known: pl.DataFrame, rows: pl.DataFrame, as_of: dt.date) -> NDArray[np.float64]:
    """The chance that each row's arrests were at a local jail.

    `known`: cells with a method of the three; `as_of`: the day from which their age is counted.
    """
    age = (pl.lit(as_of) - pl.col("date")).dt.total_days()
    weighted = known.with_columns((pl.col("n") * 0.5 ** (age / HALF_LIFE_DAYS)).alias("w"))
    weighted = weighted.with_columns((pl.col("w") * (pl.col("method") == LOCAL)).alias("k"))
    share = float(weighted["k"].sum()) / float(weighted["w"].sum())
    found = rows.with_columns(pl.lit(share).alias("p"))
    for level in LEVELS:
        groups = weighted.group_by(level).agg(pl.col("k").sum(), pl.col("w").sum())
        if level[-1] == "landmark":
            groups = groups.drop_nulls("landmark")
        found = found.join(groups, on=level, how="left", nulls_equal=True, maintain_order="left")
        shrunk = (pl.col("k").fill_null(0) + STRENGTH * pl.col("p")) / (pl.col("w").fill_null(0) + STRENGTH)
        found = found.with_columns(shrunk.alias("p")).drop("k", "w")
    return found["p"].to_numpy()


def _by_period(rows: pl.DataFrame, place: pl.Expr, period: pl.Expr) -> pl.DataFrame:
    """Sums by place and period of rows with a probability `p`: arrests to be classified, mean, binomial
    variance."""
    return rows.group_by(place.alias("place"), period.alias("period")).agg(
        pl.col("n").sum().alias("merged"),
        (pl.col("n") * pl.col("p")).sum().alias("mean"),
        (pl.col("n") * pl.col("p") * (1 - pl.col("p"))).sum().alias("variance"),
        (pl.col("n") * (pl.col("method") == LOCAL)).sum().alias("truth"),
    )


def _scale(sums: pl.DataFrame, drift: float) -> NDArray[np.float64]:
    merged = sums["merged"].to_numpy().astype(float)
    return np.asarray(np.sqrt(sums["variance"].to_numpy() + (drift * merged) ** 2 + _FLOOR))


def _quantile(scores: NDArray[np.float64]) -> float:
    """The conformal quantile of scores."""
    rank = min(len(scores), math.ceil((len(scores) + 1) * CONFIDENCE))
    return float(np.sort(scores)[rank - 1])


def _size(merged: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.searchsorted(np.array(SIZES), merged, side="right") - 1)


def _hidden_windows(first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    """First and last days of the windows whose methods are hidden: a year each, half a year apart.

    Each has at least a year before it; where the records are too short for one, their last half is.
    """
    ends = [last - dt.timedelta(days=k * _STEP_DAYS) for k in range(_WINDOWS)]
    windows = [(end - dt.timedelta(days=_HIDDEN_DAYS), end) for end in ends]
    kept = [(a, b) for a, b in windows if (a - first).days >= _HIDDEN_DAYS]
    return kept or [(last - dt.timedelta(days=(last - first).days // 2), last)]


def _trials(known: pl.DataFrame, place: pl.Expr, period: pl.Expr) -> tuple[pl.DataFrame, dt.date | None]:
    """Inferred and true sums of the periods of every hidden window, and the first day hidden."""
    first, last = known["date"].min(), known["date"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    found, earliest = [], None
    for cut, end in _hidden_windows(first, last):
        before = known.filter(pl.col("date") < cut)
        hidden = known.filter(pl.col("date").is_between(cut, end))
        if before["n"].sum() < FEWEST or hidden.is_empty():
            continue
        p = pl.Series("p", local_share(before, hidden, cut))
        sums = _by_period(hidden.with_columns(p), place, period).drop_nulls("place")
        found.append(sums.with_columns(pl.lit(cut).alias("hidden_from")))
        earliest = cut
    return pl.concat(found) if found else pl.DataFrame(), earliest


def _factors(
    scores: NDArray[np.float64], size: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Multiplier of the scale for each size class: the conformal quantile of its scores.

    Errors of one place in one window are alike, since practice there changed or a new site opened: pooled
    months cover well what most places do and leave out some place for most of a year. Where there are
    `groups` (a place in a window; none: -1), the quantile is taken over places too: nine of ten places have
    nine of ten months inside.
    """
    own: dict[int, float] = {}
    for k in range(len(SIZES)):
        inside = size == k
        if inside.sum() < _ENOUGH:
            continue
        own[k] = _quantile(scores[inside])
        by_place = [scores[inside & (groups == g)] for g in np.unique(groups[inside]) if g >= 0]
        each = np.array([np.quantile(s, CONFIDENCE) for s in by_place if len(s) >= _LEAST_OF_PLACE])
        if len(each) >= _ENOUGH:
            own[k] = max(own[k], _quantile(each))
    widest = max(own.values(), default=_quantile(scores))
    return np.array([own.get(k, widest) for k in range(len(SIZES))])


def calibrate(known: pl.DataFrame, place: pl.Expr, period: pl.Expr) -> Calibration:
    """Intervals from windows before the break whose methods are hidden from the inference.

    `known`: cells with a method of the three, all before the break.
    """
    sums, earliest = _trials(known, place, period)
    if sums.height < _ENOUGH:
        return Calibration(0.1, (2.0,) * len(SIZES), 0, None, None)
    merged = sums["merged"].to_numpy().astype(float)
    off = np.abs(sums["truth"].to_numpy() - sums["mean"].to_numpy())
    size = _size(merged)
    groups = np.full(len(size), -1)
    if sums["place"].n_unique() <= FEW_PLACES:
        groups = sums.select(pl.struct("place", "hidden_from").rank("dense")).to_series().to_numpy()
    best: tuple[float, Calibration] | None = None
    for drift in _DRIFTS:
        scale = _scale(sums, drift)
        scores = off / scale
        factor = _factors(scores, size, groups)
        width = float((factor[size] * scale).sum())
        if best is None or width < best[0]:
            error = round(float(off.sum() / merged.sum()), 4)
            best = (width, Calibration(drift, tuple(factor.tolist()), sums.height, earliest, error))
    assert best is not None
    return best[1]


def inferred_counts(
    cells: pl.DataFrame, inside: pl.DataFrame, break_day: dt.date, place: pl.Expr, period: pl.Expr
) -> tuple[pl.DataFrame, Calibration | None]:
    """Handoffs by place and period: recorded before the break, inferred from then on.

    Parameters
    ----------
    cells : DataFrame
        Arrests in custody, as of `custodial_cells`; the rates are learned from them.
    inside : DataFrame
        Those of them that are to be counted.
    break_day : date
        First day on which the method does not say the kind of custody.
    place, period : Polars expression
        Expressions over the cells.

    Returns
    -------
    DataFrame
        place, period, value, low, high (integers).
    Calibration or None
        None where nothing had to be inferred.

    Raises
    ------
    CoverageError
        Where too few records before the break say the kind of custody.
    """
    is_after = pl.col("date") >= break_day
    sure = inside.filter(pl.col("method").is_in([LOCAL, PROGRAM]))
    recorded = sure.group_by(place.alias("place"), period.alias("period")).agg(
        pl.col("n").sum().alias("recorded")
    )
    merged = inside.filter(is_after, pl.col("method").is_in(MERGED))
    calibration = None
    sums = pl.DataFrame(
        schema={"place": pl.String, "period": pl.Date, "merged": pl.Int64, "mean": pl.Float64,
                "variance": pl.Float64, "truth": pl.Int64}
    )  # fmt: skip
    if not merged.is_empty():
        known = cells.filter(~is_after, pl.col("method").is_in([LOCAL, *ELSEWHERE]))
        if known["n"].sum() < FEWEST:
            raise CoverageError(
                f"handoffs_inferred needs {FEWEST} arrests before {break_day} whose method says the kind of "
                f"custody; the store has {known['n'].sum():,}: ingest a release that reaches further back"
            )
        calibration = calibrate(known, place, period)
        p = local_share(known, merged, break_day)
        sums = _by_period(merged.with_columns(pl.Series("p", p)), place, period)
    both = recorded.join(sums, on=["place", "period"], how="full", coalesce=True, nulls_equal=True)
    both = both.with_columns(
        pl.col("recorded", "merged").fill_null(0), pl.col("mean", "variance").fill_null(0.0)
    )
    half = np.zeros(both.height)
    if calibration is not None:
        half = calibration.half_width(both["merged"].to_numpy().astype(float), both["variance"].to_numpy())
    low, high = pl.Series("low", half), pl.Series("high", half)
    frame = both.select(
        "place",
        "period",
        (pl.col("recorded") + pl.col("mean").round()).cast(pl.Int64).alias("value"),
        (pl.col("recorded") + (pl.col("mean") - low).floor().clip(lower_bound=0)).cast(pl.Int64).alias("low"),
        (pl.col("recorded") + pl.min_horizontal((pl.col("mean") + high).ceil(), pl.col("merged")))
        .cast(pl.Int64)
        .alias("high"),
    )
    return frame, calibration


@dataclass(frozen=True)
class DailyInference:
    """Handoffs inferred by day from the break on, and what their error follows from.

    `sums`: place, period (day), merged, mean, variance.
    """

    sums: pl.DataFrame
    calibration: Calibration


def daily_inference(cells: pl.DataFrame, break_day: dt.date, place: pl.Expr) -> DailyInference | None:
    """Handoffs among the arrests of each place and day whose method does not say the kind of custody.

    `cells`: as of `custodial_cells`. None where no such arrest is recorded, or where too few records before
    the break say the kind of custody.
    """
    is_after = pl.col("date") >= break_day
    merged = cells.filter(is_after, pl.col("method").is_in(MERGED))
    known = cells.filter(~is_after, pl.col("method").is_in([LOCAL, *ELSEWHERE]))
    if merged.is_empty() or known["n"].sum() < FEWEST:
        return None
    p = pl.Series("p", local_share(known, merged, break_day))
    sums = _by_period(merged.with_columns(p), place, pl.col("date")).drop_nulls("place")
    return DailyInference(sums, calibrate(known, place, pl.col("date").dt.truncate("1mo")))


def definition(break_day: dt.date, calibration: Calibration | None) -> dict[str, Any]:
    """What stands on either side of the break, for readers."""
    return {
        "break": break_day.isoformat(),
        "before": "recorded: methods CAP Local Incarceration and 287(g) Program",
        "after": (
            "inferred: 287(g) Program as recorded, and of the arrests recorded as Custodial Arrest the share "
            "that, by landmark, place, detainer and agreement, was at local jails before the break"
        ),
        "calibration": None if calibration is None else calibration.to_dict(),
    }
