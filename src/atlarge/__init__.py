"""atlarge: what happens to immigration enforcement in a place when it changes how far it cooperates.

The public API is the dozen names below. They load on first use, so that `import atlarge` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from atlarge._lazy import lazy_names

if TYPE_CHECKING:
    from atlarge.claims import check
    from atlarge.detainers import detainer_report
    from atlarge.explain import explain
    from atlarge.ingest import ingest
    from atlarge.panel import panel
    from atlarge.places import resolve
    from atlarge.publish import publish
    from atlarge.records.store import open_store
    from atlarge.simulate import simulate
    from atlarge.surges import find_surges

__version__ = "0.2.0"

_HOMES = {
    "atlarge.records.store": "open_store",
    "atlarge.ingest": "ingest",
    "atlarge.places": "resolve",
    "atlarge.panel": "panel",
    "atlarge.detainers": "detainer_report",
    "atlarge.surges": "find_surges",
    "atlarge.explain": "explain",
    "atlarge.claims": "check",
    "atlarge.simulate": "simulate",
    "atlarge.publish": "publish",
}

__all__ = [
    "__version__",
    "check",
    "detainer_report",
    "explain",
    "find_surges",
    "ingest",
    "open_store",
    "panel",
    "publish",
    "resolve",
    "simulate",
]


# Five packages have the same name as their main function. The first import of a package sets its name on this
# module, so we import them here (they load nothing themselves) and delete the names again. From then on
# `atlarge.panel` is the function, while `from atlarge.panel import ...` still finds the package.
for _name in ("explain", "ingest", "panel", "publish", "simulate"):
    importlib.import_module(f"{__name__}.{_name}")
    del globals()[_name]
del _name


__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
