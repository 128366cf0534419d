"""What machines read of a page: schema.org metadata of the counts as a data set."""

from __future__ import annotations

import json
from typing import Any

import atlarge
from atlarge.publish.i18n import Words
from atlarge.publish.layout import name_of
from atlarge.publish.site_data import PlaceInfo, SiteData


def dataset_jsonld(data: SiteData, place: PlaceInfo | None, w: Words) -> str:
    """schema.org/Dataset of a place's counts, or of all of them, as JSON-LD safe inside a script element."""
    name = w("dataset.name", place=name_of(place, w)) if place else w("dataset.name_all")
    stem = f"data/{place.level}-{place.slug}" if place else "data/all"
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": name,
        "description": w("dataset.description", threshold=data.threshold),
        "inLanguage": w.language,
        "temporalCoverage": "/".join(day.isoformat()[:7] for day in data.whole_months()),
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "atlarge", "version": atlarge.__version__},
        "isBasedOn": [str(r["id"]) for r in data.releases],
        "variableMeasured": [m for some in data.groups.values() for m in some],
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": f"{data.base_url}{stem}.{ending}"}
            for kind, ending in (("text/csv", "csv"), ("application/vnd.apache.parquet", "parquet"))
        ],
    }
    if place:
        found["spatialCoverage"] = {"@type": "Place", "name": place.name, "identifier": place.code}
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
