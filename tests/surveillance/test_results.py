"""What results of surveillance give out: frames, sentences and pictures hold the numbers of their arrays."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest

from atlarge.errors import QuestionError
from atlarge.surveillance import Options, ears, farrington_flexible, reporting_delays, scan
from atlarge.surveillance.series import position, read_counts, to_frame

pytest.importorskip("matplotlib").use("Agg")

RNG = np.random.default_rng(11)
COUNTS = RNG.poisson([[9.0], [4.0], [0.02]], (3, 7 * 150)).astype(float)
COUNTS[0, 700:703] += 60
COUNTS[1, [300, 800]] += 40
MONTHS = RNG.poisson([[30.0], [12.0]], (2, 96)).astype(float)
MONTHS[1, -1] = 80


def _numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\.?\d*", text)]


def _lines(axes: Any) -> dict[str, np.ndarray]:
    return {line.get_label(): np.asarray(line.get_ydata(), dtype=float) for line in axes.lines}


@pytest.mark.parametrize("method", ["C1", "C2", "C3"])
def test_ears_counts_its_alarms_and_draws_them(method: str) -> None:
    found = ears(COUNTS, method)
    table = found.to_frame(like=pl)
    assert table["observed"].to_list() == COUNTS.ravel().tolist()
    assert table.filter("alarm").height == found.alarm.sum() > 0
    over = table.filter(pl.col("upper").is_finite() & (pl.col("observed") > pl.col("upper")))
    if method != "C3":  # its threshold is for a sum of three days
        assert over.height == found.alarm.sum()
    named, with_one, series, whole, counts = _numbers(found.summary())
    assert (named, with_one, series) == (found.alarm.sum(), found.alarm.any(1).sum(), 3)
    assert (whole, counts) == (np.isfinite(found.upper).sum(), COUNTS.size)
    for unit in (None, 1):
        row = unit or 0
        lines = _lines(found.plot(unit))
        assert np.array_equal(lines["observed"], COUNTS[row])
        assert np.array_equal(lines["threshold"], found.upper[row], equal_nan=True)
        assert (
            np.flatnonzero(np.isfinite(lines["alarm"])).tolist() == np.flatnonzero(found.alarm[row]).tolist()
        )


def test_a_scan_gives_its_bursts_as_rows_counts_them_and_draws_them() -> None:
    found = scan(COUNTS)
    rows = found.to_frame(like=pl)
    assert rows.height == found.bursts.p.size
    for row in rows.iter_rows(named=True):
        days = COUNTS[row["unit"], row["start"] : row["end"] + 1]
        assert days.sum() == pytest.approx(row["observed"])
    sure = rows.filter(pl.col("q") <= 0.05)
    assert {(0, 700, 702), (1, 300, 300), (1, 800, 800)} <= set(sure.select("unit", "start", "end").rows())
    bursts, rate, with_one, series, thin = _numbers(found.summary())
    assert (bursts, rate, with_one, series) == (sure.height, 0.05, sure["unit"].n_unique(), 3)
    assert thin == found.too_thin.sum()
    assert _numbers(repr(found.bursts)) == [rows.height, rows["unit"].n_unique()]
    assert found.too_thin.tolist() == [False, False, True]
    assert _numbers(found.summary(q=1.0))[0] == rows.height
    lines = _lines(found.plot(1))
    marked = {t for u, a, b in sure.select("unit", "start", "end").rows() if u == 1 for t in range(a, b + 1)}
    assert set(np.flatnonzero(np.isfinite(lines["alarm"])).tolist()) == marked
    assert np.array_equal(lines["expected"], found.baseline.expected[1], equal_nan=True)


def test_farrington_gives_rows_of_what_was_tested_and_draws_its_threshold() -> None:
    found = farrington_flexible(
        MONTHS, at=range(84, 96), options=Options(frequency=12, years=4, half_width=1)
    )
    rows = found.to_frame(like=pl)
    assert rows["observed"].to_list() == MONTHS[:, 84:].ravel().tolist()
    assert rows["upper"].to_list() == pytest.approx(found.upper.ravel().tolist())
    assert rows.filter("alarm").select("unit", "time").rows()[-1] == (1, 95)
    alarms, with_one, series, tested = _numbers(found.summary())
    assert (alarms, with_one, series, tested) == (found.alarm.sum(), found.alarm.any(1).sum(), 2, 24)
    lines = _lines(found.plot(1))
    assert np.array_equal(lines["observed"], MONTHS[1])
    assert np.isfinite(lines["alarm"][-1])


def test_delays_are_summed_up_by_their_median_and_drawn_with_their_interval() -> None:
    seen = np.array([[20.0, 45.0, 60.0, 96.0, 100.0]] * 6)
    found = reporting_delays(seen, [[0, 1, 2, 3, 4]] * 6, draws=50)
    assert found.share.tolist() == pytest.approx([0.2, 0.45, 0.6, 0.96, 1.0])
    median, _, after, records, periods = _numbers(found.summary())
    assert (median, after, records, periods) == (2, found.complete_after(), 600, 6)
    rows = found.to_frame(like=pl)
    assert rows["delay"].to_list() == [0, 1, 2, 3, 4]
    assert rows["share"].to_list() == pytest.approx(found.share.tolist())
    assert (rows["low"] <= rows["share"]).all()
    assert (rows["high"] >= rows["share"]).all()
    axes = found.plot()
    assert np.allclose(axes.lines[0].get_ydata(), found.share)
    assert axes.collections, "the interval"


def test_a_frame_is_of_the_library_named_or_of_any_there_is() -> None:
    import pandas as pd

    assert isinstance(to_frame({"a": [1]}, None, pd), pd.DataFrame)
    assert isinstance(to_frame({"a": [1]}, pd), pd.DataFrame)
    assert isinstance(to_frame({"a": [1]}, None), pl.DataFrame)


def test_a_series_is_found_by_its_name_and_the_message_names_five() -> None:
    names = list("abcdefg")
    frame = pl.DataFrame({"u": names, "t": [1] * 7, "n": [2] * 7})
    series = read_counts(frame, unit="u", time="t", value="n")
    assert [position(series, name) for name in (None, *names)] == [0, 0, 1, 2, 3, 4, 5, 6]
    with pytest.raises(QuestionError, match=r"no series 'h'; there are: a, b, c, d, e, \.\.\.$"):
        position(series, "h")


def test_without_matplotlib_a_picture_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    delays = reporting_delays([[50, 80, 100.0]] * 2, [[0, 1, 2]] * 2, draws=10)
    for result in (ears(COUNTS), scan(COUNTS), delays):
        with pytest.raises(QuestionError, match="pip install matplotlib"):
            result.plot()
