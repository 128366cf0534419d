"""The parameters of a simulated world: every one named, with its unit and its usual value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from atlarge.errors import QuestionError


@dataclass(frozen=True)
class World:
    """How enforcement works in a simulated world. Rates are per week; shares lie between 0 and 1.

    Size
    places                  number of counties (the most populous real ones, in files)
    weeks                   number of weeks, from a Monday
    areas                   number of areas of responsibility that places fall into (panels only)
    unauthorized_median     unauthorized residents of the median place
    unauthorized_sigma      spread of their logarithm between places
    concentration           elasticity of the at-large rate in unauthorized residents (1 = proportional)

    At-large arrests without any policy
    at_large_per_10k        expected arrests per 10,000 unauthorized residents and week
    rate_sigma              spread of the log rate between places
    trend_step              lasting rise of the log rate of the nation ...
    trend_week              ... that sets in at this week over 8 weeks (None: in mid-period)
    trend_sigma             weekly random walk of the national log rate
    trend_loading_sigma     spread between places of how strongly they follow the national trend
    area_sigma              weekly random walk of each area's log rate
    place_sigma, place_memory  stationary spread and weekly autocorrelation of each place's own log rate
    season                  amplitude of the yearly wave of the log rate
    overdispersion          variance of weekly counts over their mean, minus 1, per expected arrest

    Jail path
    bookings_per_10k        bookings that meet a federal database per 10,000 unauthorized residents and week
    detainer_share          share of those that draw a detainer
    honored_share           share of detainers that end in a handoff where there is no policy
    declined_recorded_share share of detainers not honored that are recorded as declined

    Policies
    policies                number of places that limit cooperation
    policy_first_week, policy_last_week  range of the effective week (None: the middle third)
    announce_lead_weeks     weeks between announcement and effect
    honored_share_policy    share of detainers honored under the policy
    drift_weeks             weeks before the effect in which handoffs already fall ...
    drift_share             ... to this share of the full fall

    What follows
    substitution_rate       share of lost handoffs that become at-large arrests in the same place
    substitution_sigma      standard deviation of that share between places
    substitution_delay_weeks  weeks from the lost handoff to the arrest
    retaliation_share       share of policy places that are singled out
    retaliation_size        extra arrests in the first week of a burst, as a multiple of the usual week
    retaliation_delay_weeks weeks from announcement to the burst
    retaliation_decay       what is left of the burst a week later

    Recording
    general_area_share      share of at-large arrests recorded under an office area instead of a county
    relabel_share           share of places whose jail is relabelled at some week ...
    relabel_fraction        ... so that this share of its handoffs moves to the office area
    relabel_at_policy       True: policy places are the ones relabelled, around their policy
    blank_area_share        share of records without an area of responsibility (files only)
    missing_share           share of place-months without any record
    reporting_delay_weeks   mean delay until an arrest is recorded; the last weeks are short of records
    """

    places: int = 150
    weeks: int = 200
    areas: int = 24
    unauthorized_median: float = 12_000.0
    unauthorized_sigma: float = 1.1
    concentration: float = 1.0
    at_large_per_10k: float = 0.7
    rate_sigma: float = 0.4
    trend_step: float = 0.35
    trend_week: int | None = None
    trend_sigma: float = 0.02
    trend_loading_sigma: float = 0.25
    area_sigma: float = 0.01
    place_sigma: float = 0.15
    place_memory: float = 0.9
    season: float = 0.1
    overdispersion: float = 0.05
    bookings_per_10k: float = 4.0
    detainer_share: float = 0.4
    honored_share: float = 0.7
    declined_recorded_share: float = 0.5
    policies: int = 20
    policy_first_week: int | None = None
    policy_last_week: int | None = None
    announce_lead_weeks: int = 2
    honored_share_policy: float = 0.15
    drift_weeks: int = 0
    drift_share: float = 0.0
    substitution_rate: float = 0.25
    substitution_sigma: float = 0.05
    substitution_delay_weeks: int = 4
    retaliation_share: float = 0.0
    retaliation_size: float = 4.0
    retaliation_delay_weeks: int = 1
    retaliation_decay: float = 0.5
    general_area_share: float = 0.0
    relabel_share: float = 0.0
    relabel_fraction: float = 0.6
    relabel_at_policy: bool = False
    blank_area_share: float = 0.0
    missing_share: float = 0.0
    reporting_delay_weeks: float = 0.0

    def __post_init__(self) -> None:
        """Raises QuestionError naming the parameter that makes no sense."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or value is None:
                continue
            if value < 0 and field.name != "trend_step":
                raise QuestionError(f"parameter {field.name} is {value}: it cannot be negative")
            is_share = field.name.endswith(("_share", "_fraction")) or field.name in _SHARES
            if is_share and value > 1:
                raise QuestionError(f"parameter {field.name} is {value}: a share lies between 0 and 1")
        if self.places < 2 or self.weeks < 20:
            raise QuestionError("a world needs at least 2 places and 20 weeks")
        if self.policies > self.places:
            raise QuestionError(f"{self.policies} policies for {self.places} places: at most one each")

    def but(self, **changes: Any) -> World:
        """The same world with some parameters changed."""
        known = {field.name for field in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise QuestionError(f"no parameter named {unknown[0]!r}; see the documentation of World")
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Every setting by its name."""
        return asdict(self)

    @property
    def policy_window(self) -> tuple[int, int]:
        """First and last possible effective week."""
        first = self.weeks // 3 if self.policy_first_week is None else self.policy_first_week
        last = 2 * self.weeks // 3 if self.policy_last_week is None else self.policy_last_week
        return min(first, self.weeks - 1), max(first, min(last, self.weeks - 1))


_SHARES = {"substitution_rate", "honored_share_policy", "retaliation_decay", "place_memory"}


def read_settings(words: list[str], *models: type) -> dict[str, Any]:
    """Parameters of models (left out: `World`) from NAME=VALUE words.

    Raises QuestionError naming a word that is not of that form.
    """
    kinds = {field.name: str(field.type) for model in models or (World,) for field in fields(model)}
    found: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in kinds:
            raise QuestionError(
                f"--set {word}: no parameter named {name!r}; they are {', '.join(sorted(kinds))}"
            )
        try:
            if kinds[name].startswith("tuple"):
                found[name] = tuple(float(part) for part in value.split(","))
            elif kinds[name] == "bool":
                found[name] = {"true": True, "false": False}[value.lower()]
            else:
                found[name] = float(value) if kinds[name] == "float" else int(value)
        except (ValueError, KeyError):
            raise QuestionError(
                f"--set {word}: {value!r} is not a value for {name} ({kinds[name]})"
            ) from None
    return found
