"""Run replications, all or those named, and save them: `python -m benchmarks.replications DATA [NAME...]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from . import (
    agreements_287g,
    detention_series,
    gao_arrests,
    removals,
    sanctuary,
    secure_communities,
    texas_jails,
    trac_arrests,
    trac_counties,
)

OUT = Path(__file__).parents[1] / "results" / "replications.json"
MODULES = (
    sanctuary,
    secure_communities,
    agreements_287g,
    removals,
    gao_arrests,
    trac_arrests,
    trac_counties,
    texas_jails,
    detention_series,
)


def main() -> None:
    """Replicate, print and save."""
    data, named = Path(sys.argv[1]), sys.argv[2:]
    kept = {one["key"]: one for one in json.loads(OUT.read_text(encoding="utf-8"))["studies"]}
    table = []
    for module in MODULES:
        key = module.__name__.rpartition(".")[2]
        if named and key not in named:
            table += [kept[key]] if key in kept else []
            continue
        about = " ".join((module.__doc__ or "").split())
        results = [one.to_dict() for one in module.replicate(data)]
        for one in results:
            print(one["agrees"], one["result"], one["published"], one["ours"], one["low"], one["high"])
        table.append({"key": key, "title": module.TITLE, "about": about, "results": results})
    OUT.write_text(json.dumps({"studies": table}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
