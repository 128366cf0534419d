"""Whether a question can be put at all: does the name mean one place, and is the policy that place's own?

Both are settled before any record is read, so that a misspelt name or a policy of elsewhere is refused at
once, with what to ask instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlarge.errors import PlaceError, QuestionError
from atlarge.explain.areas import seat_of
from atlarge.places import Place, find_place
from atlarge.places import place_name as name_of
from atlarge.places.gazetteer import gazetteer
from atlarge.places.text import squash
from atlarge.policies import Policy, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from atlarge.explain.periods import Months

MIN_ARRESTS = 20
MIN_PER_MONTH = 1.0
HEADQUARTERS = "HQ"
_MOST_LISTED = 4
_KINDS = {"county": "county", "office": "ICE office area", "aor": "area of responsibility", "state": "state"}


def requested_place(name: str, policy: Policy | None = None) -> Place:
    """The one place that a name means; of counties of one name, the one whose policy is named.

    Raises PlaceError for a name of no place (with the nearest) or of several, QuestionError for a name that
    is a state's and also an area of responsibility's or a city's: their answers are about different people.
    """
    text = str(name).strip()
    gaz = gazetteer()
    key = squash(text)
    if key in gaz.state_names and text.upper() not in gaz.states:
        state = gaz.state_names[key]
        named = [gaz.aor_words.get(key), *gaz.office_cities.get(key, [])]
        others = dict.fromkeys(code for code in named if code in gaz.aors and code != HEADQUARTERS)
        if others:
            listed = ", ".join(
                f"{code} (ICE's {name_of('aor', code)} area of responsibility)" for code in others
            )
            raise QuestionError(
                f"'{text}' names a state and also a city with an ICE area; "
                f"ask for {state} (the state) or {listed}"
            )
    try:
        return find_place(text)
    except PlaceError:
        own = policy.fips if policy is not None else None
        if own is None or key not in {squash(n) for n in _names(own)}:
            raise
        return find_place(own)


def _names(fips: str) -> tuple[str, ...]:
    """A county's name with and without its type, as a user may write it without the state."""
    name = name_of("county", fips).partition(",")[0]
    county = gazetteer().counties.get(fips)
    return (name, county.base) if county is not None else (name,)


def which_policy(place: Place, registry: Registry) -> str:
    """What to name where neither a policy nor a day was: the place's own decisions, the latest last."""
    own: list[Policy] = []
    if place.kind in ("county", "state"):
        own = [p for p in registry.select(place=place.code) if p.level == place.kind]
    decisions = [p for p in own if not p.is_agreement] or own
    latest = sorted(decisions, key=lambda p: p.effective)[-_MOST_LISTED:]
    listed = ", ".join(f"{p.id} ({p.effective})" for p in latest)
    has = f"{place.name} has {listed}"
    if not own:
        has = f"no dated policy of {place.name} itself is on record"
        if place.kind == "county":
            has += f"; those of its state: atlarge policies --place {place.code}"
    return f"name a policy (--policy) or a day (--date); {has}"


def check_fit(policy: Policy, place: Place) -> None:
    """QuestionError unless the policy is that place's own: of the same place and the same level.

    A county's or city's policy applies to the county, and to the ICE office that has its seat there; a
    state's to the state. Days that stand for no policy apply to any place.
    """
    if policy.kind == "date":
        return
    here = f"{place.name} ({_KINDS.get(place.kind, place.kind)})"
    day = policy.effective.isoformat()
    if policy.level == "state":
        own, kind = policy.state, f"the state of {name_of('state', policy.state)}"
        fits = place.kind == "state" and place.code == policy.state
    elif policy.level == "nation":
        raise QuestionError(
            f"{policy.id} applies to the whole nation, so that no place is left to compare with; "
            f"ask what changed in one place then: atlarge explain {place.code} --date {day}"
        )
    else:
        own, kind = policy.fips or "", policy.place_name
        seat = seat_of(place.code) if place.kind == "office" else None
        fits = policy.fips is not None and policy.fips in (
            (place.code if place.kind == "county" else None),
            seat,
        )
        if policy.fips is None:
            raise QuestionError(
                f"{policy.id} names no county, so that its records cannot be found; "
                f"name a day instead: --date {day}"
            )
    if fits:
        return
    raise QuestionError(
        f"{policy.id} is a policy of {kind}, not of {here}; ask: atlarge explain {own} --policy {policy.id}; "
        f"or what happened in {place.name} around that day: atlarge explain {place.code} --date {day}"
    )


def check_enough(
    observed: np.ndarray, months: Months, area_name: str, nearest: Callable[[], str | None]
) -> None:
    """QuestionError, in one line, where a place's records are too few to say whether anything changed.

    `observed`: arrests at large by period of `months`; `nearest` finds what to ask instead.
    """
    import numpy as np  # not needed to refuse a name

    seen = float(np.nansum(observed))
    before = float(np.nansum(observed[months.pre])) / (sum(np.array(months.days)[months.pre]) / 30.44)
    if before > 0 and (seen >= MIN_ARRESTS or before >= MIN_PER_MONTH):
        return
    instead = nearest()
    hint = f"; the nearest answer is {instead}" if instead else ""
    if before == 0 and seen >= MIN_ARRESTS:
        raise QuestionError(
            f"{area_name}: the records place no arrest at large here in the months before, "
            f"so that nothing can be expected from them{hint}"
        )
    years = sum(months.days) / 365.25
    raise QuestionError(
        f"{area_name}: the records place too few arrests at large here to say whether anything changed: "
        f"{seen:.0f} in {years:.1f} years{hint}"
    )
