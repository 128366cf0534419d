"""Every word has a stated reading, and the bands are what words.yaml says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlarge.claims.words import READINGS, band, find_word, precision, word_names, words

pytestmark = pytest.mark.slow_file


def test_every_word_has_readings_a_reason_and_is_listed_once_a_kind() -> None:
    for kind in ("count", "share", "rank", "comparison", "timing"):
        listed = [str(w) for entry in words() if kind in entry["for"] for w in entry["words"]]
        assert len(listed) == len(set(listed)), kind
    for entry in words():
        assert entry["reason"]
        if "order" not in entry:
            assert set(READINGS) <= set(entry)


@pytest.mark.parametrize(
    ("word", "kind", "value", "inside", "outside"),
    [
        ("nearly", "share", 60, [54, 60.86, 66], [53.9, 66.1]),
        ("about", "count", 100, [90, 110], [89, 111]),
        ("more than", "count", 140, [141, 1000], [140, 139]),
        ("at least", "count", 140, [140], [139]),
        ("fewer than", "count", 140, [139, 0], [140]),
        ("no more than", "count", 140, [140], [141]),
        ("most", "share", None, [50.1], [50, 49]),
        ("dozens", "count", None, [24, 99], [23, 100]),
        ("a third", "share", None, [33.3], [38, 29]),
        ("rose", "timing", None, [0.1], [0, -1]),
        ("unchanged", "comparison", None, [-10, 10], [11, -11]),
        ("doubled", "comparison", None, [100], [50, 150]),
    ],
)
def test_bands(word: str, kind: str, value: float | None, inside: list[float], outside: list[float]) -> None:
    allowed = band(find_word(word, kind), value)
    assert all(allowed.holds(v) for v in inside)
    assert not any(allowed.holds(v) for v in outside)


def test_a_bare_number_is_taken_at_its_precision() -> None:
    assert precision(142) == 0.5
    assert precision(68.9) == pytest.approx(0.05)
    assert band(None, 142).holds(142)
    assert not band(None, 142).holds(143)
    assert band(None, 11.1).holds(11.14)
    assert not band(None, 11.1).holds(11.2)


def test_strict_is_within_loose_for_words_with_a_number() -> None:
    banded = [e for e in words() if e.get("needs_value") and "exact" not in e["standard"]]
    assert len(banded) > 5
    for entry in banded:
        strict, loose = band(entry, 100.0, "strict"), band(entry, 100.0, "loose")
        assert loose.low <= strict.low
        assert strict.high <= loose.high


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(word_names("count")), st.floats(1, 1e7))
def test_a_stated_value_is_never_nan_and_bands_scale(word: str, value: float) -> None:
    entry = find_word(word, "count")
    assert entry is not None
    for reading in READINGS:
        allowed = band(entry, value, reading)
        assert not math.isnan(allowed.low)
        assert allowed.low <= allowed.high


def test_an_approximate_negative_value_keeps_its_band_in_order() -> None:
    allowed = band(find_word("about", "comparison"), -10.0)
    assert allowed.holds(-10)
    assert (allowed.low, allowed.high) == (-11.0, -9.0)
