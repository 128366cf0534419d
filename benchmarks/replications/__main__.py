"""Run all replications and save them: `python -m benchmarks.replications FOLDER_OF_THE_DATA`."""

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
)

OUT = Path(__file__).parents[1] / "results" / "replications.json"
MODULES = (
    sanctuary,
    secure_communities,
    agreements_287g,
    removals,
    gao_arrests,
    trac_arrests,
    texas_jails,
    detention_series,
)


def main() -> None:
    """Replicate, print and save."""
    data = Path(sys.argv[1])
    table = []
    for module in MODULES:
        about = " ".join((module.__doc__ or "").split())
        results = [one.to_dict() for one in module.replicate(data)]
        for one in results:
            print(one["agrees"], one["result"], one["published"], one["ours"], one["low"], one["high"])
        key = module.__name__.rpartition(".")[2]
        table.append({"key": key, "title": module.TITLE, "about": about, "results": results})
    OUT.write_text(json.dumps({"studies": table}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
