"""A made site, published once, and Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import made_store
from playwright.sync_api import Browser, sync_playwright

import chromium
from atlarge.publish.preview import server
from atlarge.publish.site import publish

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of the made store."""
    folder = tmp_path_factory.mktemp("made")
    store = made_store(folder / "store")
    publish(folder / "site", store, workers=1, answers=[], claims=False, every_county=False)
    return folder / "site"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The made site, served."""
    with server(site) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as tests/conftest.py finds it."""
    program = chromium.program()
    if program is None:
        pytest.fail("no Chromium here, and ATLARGE_REQUIRE asks for it")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
