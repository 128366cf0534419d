"""Releases: files as an agency or a researcher published them, recognised by content and read as text."""

from __future__ import annotations

from atlarge.releases.catalogue import families, family
from atlarge.releases.family import Family
from atlarge.releases.opening import open_release
from atlarge.releases.reading import Release, Sheet, is_long, read_parts, read_release, read_releases

__all__ = [
    "Family",
    "Release",
    "Sheet",
    "families",
    "family",
    "is_long",
    "open_release",
    "read_parts",
    "read_release",
    "read_releases",
]
