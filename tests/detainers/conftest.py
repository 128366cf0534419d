"""A store of the detainer and jail releases, ingested once."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlarge.records.store import Store, open_store


@pytest.fixture(scope="session")
def detainer_store(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    from atlarge.ingest import ingest

    raw = data_dir / "raw"
    files = [
        next((raw / "nprapps__sanctuary-cities").glob("rif-FOIA*.xlsx")),
        raw / "eads__geocode-pa-detainers" / "pa_detainers.csv",
        next((raw / "jacobkap__texas_jails").glob("*.csv")),
    ]
    store = tmp_path_factory.mktemp("detainers") / "store"
    ingest(files, store)
    return open_store(store)
