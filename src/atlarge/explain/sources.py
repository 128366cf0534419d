"""Where an answer's numbers and facts are from."""

from __future__ import annotations

from typing import Any

from atlarge.policies import Policy
from atlarge.records.store import Store
from atlarge.reference import sidecar


def sources_of(store: Store, policy: Policy, concentration: dict[str, Any]) -> list[dict[str, str]]:
    """Title and address of the releases, the policy, the population estimate and the tables used."""
    found = [
        {"title": f"{c.release_id} ({c.start} to {c.end})", "url": ""} for c in store.coverage("arrests")
    ]
    if policy.source_url:
        found.append({"title": f"Policy: {policy.title}", "url": policy.source_url})
    if concentration.get("source_url"):
        name = concentration.get("population_source") or "pew_metros"
        found.append({"title": str(sidecar(name)["title"]), "url": str(concentration["source_url"])})
    elif concentration.get("population_kind") == "measured":
        title = f"Noncitizens: {concentration['population_source']}"
        found.append({"title": title, "url": "https://data.census.gov/table?q=B05001"})
    if concentration.get("born_abroad"):
        about = sidecar("county_foreign_born")
        found.append({"title": str(about["title"]), "url": str(about["url"])})
    for name in ("counties", "offices", "metro_counties"):
        found.append({"title": str(sidecar(name)["title"]), "url": str(sidecar(name).get("url", ""))})
    return found
