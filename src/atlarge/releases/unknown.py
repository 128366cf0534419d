"""What is said of a file whose header is no release's."""

from __future__ import annotations

from pathlib import Path

from atlarge.errors import ReleaseError
from atlarge.releases.catalogue import counted_by, dated_alone, nearest
from atlarge.releases.privacy import names_persons


def unknown(path: Path, header: frozenset[str], where: str) -> ReleaseError:
    """The refusal of a file: that it names persons, which release it is nearest to, or neither.

    `header`: the column names, in plain form, of what looked most like a header; `where` it was looked for.
    """
    near = nearest(header)
    named = [name for name in names_persons(header) if near is None or name not in near[0].plain_known]
    if named:
        return ReleaseError(
            f"{path}: not a known release, and column {named[0]!r} may name persons, their births or homes; "
            "refused"
        )
    counts = counted_by(header)
    if counts is not None:
        return ReleaseError(
            f"{path}: not a known release, but a table of counts (column {counts!r}); use the file of records"
        )
    alone = dated_alone(header)
    if alone is not None:
        date, family = alone
        needed = ", ".join(repr(c.names[0]) for c in family.columns.values() if c.is_needed and not c.is_main)
        return ReleaseError(
            f"{path}: its column {date!r} may be that of {family.id}, but no column beside it tells so; keep "
            f"one more of the release, such as {needed}"
        )
    if near is None:
        return ReleaseError(
            f"{path}: no header of a known release {where}; `atlarge releases` lists what is known (of a "
            "release that is a workbook, give the workbook, not one of its sheets)"
        )
    family, missing = near
    if not missing:
        return ReleaseError(
            f"{path}: not a known release; it has the columns of {family.id} and others beside: take them out"
        )
    lacks = ", ".join(repr(name) for name in missing)
    return ReleaseError(
        f"{path}: not a known release; nearest is {family.id}, whose column {lacks} it lacks: if another "
        "column holds it, give it that name"
    )
