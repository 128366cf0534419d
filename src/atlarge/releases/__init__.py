"""Releases: files as an agency or a researcher published them, recognised by content and read as text."""

from __future__ import annotations

from atlarge.releases.catalogue import families, family
from atlarge.releases.family import Family
from atlarge.releases.reading import Release, Sheet, read_release, read_releases

__all__ = [
    "Family",
    "Release",
    "Sheet",
    "families",
    "family",
    "read_release",
    "read_releases",
]
