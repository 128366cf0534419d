"""Prisons: a name counts beside a word that says prison."""

from __future__ import annotations

from atlarge.places.case import Answer, Case, county
from atlarge.places.choose import OUTSIDE_BY_HAND, Pick, choose
from atlarge.places.gazetteer import Named
from atlarge.places.name_rule import JAILS, is_here
from atlarge.places.scan import COUNTY_WORDS, Hit, PrisonHit


def prison_rule(case: Case) -> Answer | None:
    """A prison's name beside a word that says prison."""
    if (
        not case.found.prisons
        or case.has("no_prison")
        or case.has("docket")
        or case.has("general_area")
        or case.has("office")
    ):
        return None
    best: tuple[float, int, Hit, Pick] | None = None
    hits = case.found.prisons
    for hit in hits:
        # of two names that overlap the first holds: PLEASANT VALLEY STATE PRISON is not VALLEY STATE
        if any(_covers(o, hit) for o in hits if _prison_names(case, o)):
            continue
        names = _prison_names(case, hit)
        if not names or (hit.end < len(case.words) and case.words[hit.end] in COUNTY_WORDS):
            continue
        pick = choose(case.gaz, names, case.context)
        outside = pick.how.startswith("outside")
        if pick.fips is None or (outside and not _sure_outside(case, hit, names)):
            continue
        factor = max(pick.factor, OUTSIDE_BY_HAND) if outside else pick.factor
        if _county_jail(case, hit, pick.fips):
            continue
        if best is None or (factor, hit.end - hit.start) > best[:2]:
            best = (factor, hit.end - hit.start, Hit(hit.start, hit.end, "", names), pick)
    if best is None:
        return None
    basis = f"prison named: '{case.phrase(best[2])}'; {best[3].how}"
    return county(case, str(best[3].fips), case.gaz.confidence["prison"] * best[0], basis)


def _county_jail(case: Case, hit: PrisonHit, fips: str) -> bool:
    """Say whether another county here has a prison's name before a word for its jail: SMITH DET CTR."""
    if case.words[hit.end : hit.end + 1] not in [[word] for word in JAILS]:
        return False
    counties = [h for h in case.found.bare_counties if h.start <= hit.start and h.end == hit.end]
    return any(n.fips != fips and is_here(case, n.fips) for h in counties for n in h.names)


def _covers(other: PrisonHit, hit: PrisonHit) -> bool:
    """Say whether another name begins before this one and runs into it, or is this one and more."""
    longer = other.start == hit.start and other.end > hit.end
    return longer or other.start < hit.start < other.end


def _sure_outside(case: Case, hit: PrisonHit, names: list[Named]) -> bool:
    """Say whether a prison may be believed outside the area: a federal one, or a name of two words."""
    if names[0].source == "federal":
        return True
    before = case.words[hit.start - 1] if hit.start > 0 else ""
    return hit.end - hit.start >= 2 and before not in ("NORTH", "SOUTH", "EAST", "WEST")


def _prison_names(case: Case, hit: PrisonHit) -> list[Named]:
    """Keep the prisons whose kind of word stands in the text; a federal word rules a state's prison out."""
    names = [Named(p.fips, 1.0, p.needs) for p in hit.prisons if case.has(p.needs)]
    if case.has("federal_only"):
        return [n for n in names if n.source == "federal"]
    state_run = [n for n in names if n.source != "federal"]
    return state_run or names
