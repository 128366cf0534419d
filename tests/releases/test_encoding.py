"""Blocks of text end with a whole letter, wherever they are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from atlarge.releases.encoding import _end_of_letters

TEXT = st.text(alphabet=st.sampled_from("aé ñ—€😀\n7"), max_size=12)


@given(TEXT, st.integers(0, 60))
def test_a_block_is_cut_before_the_letter_that_it_ends_within(text: str, cut: int) -> None:
    block = text.encode()[:cut]
    end = _end_of_letters(block)
    assert text.startswith(block[:end].decode())  # an error, were it cut within a letter
    whole = max(k for k in range(len(text) + 1) if len(text[:k].encode()) <= len(block))
    assert end == len(text[:whole].encode()), "as much as is whole is kept"
