"""Releases: files as an agency or a researcher published them, recognised by content and read as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names
from atlarge.releases.catalogue import families, family
from atlarge.releases.family import Family

if TYPE_CHECKING:
    from atlarge.releases.reading import Release, read_release, read_releases
    from atlarge.releases.sheet import Sheet

__all__ = ["Family", "Release", "Sheet", "families", "family", "read_release", "read_releases"]

# a question about a store does not read files
__getattr__ = lazy_names(
    __name__,
    {"atlarge.releases.reading": "Release read_release read_releases", "atlarge.releases.sheet": "Sheet"},
)
